//! `include/mailrep.h` is what `src/ffi` says. `make header` writes it anew.
#![cfg(feature = "capi")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The order of the header: numbers, then what a program does first.
const FILES: [&str; 31] = [
    "status",
    "codes",
    "text",
    "error",
    "spf_policy",
    "dmarc_policy",
    "dns",
    "options",
    "context",
    "transaction",
    "verdict",
    "verdict_dmarc",
    "trace",
    "check",
    "spf",
    "signing_key",
    "signer",
    "signing",
    "auth_results",
    "srs_options",
    "srs",
    "srs_outcome",
    "srs_server",
    "outbound_options",
    "outbound",
    "outbound_assessment",
    "outbound_batch",
    "filter",
    "filter_session",
    "decision",
    "daemon",
];

/// The header as it is made from the code, for the given files.
fn made(root: &Path) -> String {
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml is right");
    let builder = FILES
        .iter()
        .fold(cbindgen::Builder::new().with_config(config), |builder, file| {
            builder.with_src(root.join(format!("src/ffi/{file}.rs")))
        });
    let mut made = Vec::new();
    builder
        .generate()
        .expect("the header can be made")
        .write(&mut made);
    String::from_utf8(made).unwrap()
}

#[test]
fn the_committed_header_is_what_the_code_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = made(root);
    let path = root.join("include/mailrep.h");
    if std::env::var_os("MAILREP_BLESS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &made).unwrap();
    }
    let committed = fs::read_to_string(&path).expect("include/mailrep.h can be read");
    assert!(
        committed == made,
        "include/mailrep.h is not what src/ffi says; `make header` writes it anew"
    );
}

/// The functions that the header declares.
fn functions(header: &str) -> BTreeSet<String> {
    let mut code = String::new();
    let mut rest = header;
    while let Some((before, comment)) = rest.split_once("/*") {
        code.push_str(before);
        rest = comment.split_once("*/").unwrap().1;
    }
    code.push_str(rest);
    code.match_indices("mailrep_")
        .filter_map(|(at, _)| code[at..].split_once('('))
        .map(|(name, _)| name)
        .filter(|name| {
            name.bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'_')
        })
        .map(str::to_owned)
        .collect()
}

/// In the form of deb-symbols(5): each function with the version since which the library has it.
#[test]
fn the_symbols_file_lists_the_functions_of_the_header() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = root.join("include/mailrep.symbols");
    let version = env!("CARGO_PKG_VERSION");
    let (minor, _) = version.rsplit_once('.').unwrap();
    let header = made(root);
    let known = fs::read_to_string(&path).unwrap_or_default();
    let since = |name: &str| {
        let line = known
            .lines()
            .find_map(|line| line.strip_prefix(&format!(" {name}@Base ")));
        line.unwrap_or(version).to_owned()
    };
    let mut listed = format!("libmailrep.so.{minor} libmailrep{minor} #MINVER#\n");
    for name in functions(&header) {
        listed.push_str(&format!(" {name}@Base {}\n", since(&name)));
    }
    if std::env::var_os("MAILREP_BLESS").is_some() {
        fs::write(&path, &listed).unwrap();
    }
    assert!(listed.lines().count() > 100);
    assert!(
        fs::read_to_string(&path).unwrap() == listed,
        "include/mailrep.symbols does not list the functions of the header; `make header` writes it anew"
    );
}

#[test]
fn no_function_of_the_abi_stands_in_a_file_that_the_header_is_not_made_from() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let made = made(root);
    let mut count = 0;
    for entry in fs::read_dir(root.join("src/ffi")).unwrap() {
        let code = fs::read_to_string(entry.unwrap().path()).unwrap();
        for function in code
            .split("pub extern \"C\" fn ")
            .chain(code.split("pub unsafe extern \"C\" fn "))
            .skip(1)
        {
            let Some(name) = function
                .split('(')
                .next()
                .filter(|name| name.starts_with("mailrep_"))
            else {
                continue;
            };
            assert!(made.contains(&format!("{name}(")), "{name} is not in the header");
            count += 1;
        }
    }
    assert!(count > 50, "only {count} functions were found");
}
