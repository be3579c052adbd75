//! The cases through `mailrep --json srs`, those with the same settings together.

use crate::case::{Case, bundled, strings, unhex, vectors};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

fn run(cases: &[Case]) {
    let mut groups: BTreeMap<String, Vec<&Case>> = BTreeMap::new();
    for case in cases {
        let settings = format!("{} {} {}", case.forward, case.now, case.config);
        groups.entry(settings).or_default().push(case);
    }
    let mut differences = Vec::new();
    for group in groups.values() {
        // A line holds all octets but its end; an argument all but NUL.
        let (arguments, lines): (Vec<&Case>, Vec<&Case>) = group
            .iter()
            .copied()
            .partition(|case| case.input.contains(&b'\n'));
        let input: Vec<u8> = lines
            .iter()
            .flat_map(|case| [&case.input[..], b"\r\n"].concat())
            .collect();
        for (cases, arguments, input) in [
            (&lines, vec![&b"-"[..]], input),
            (
                &arguments,
                arguments.iter().map(|case| &case.input[..]).collect(),
                Vec::new(),
            ),
        ] {
            if cases.is_empty() {
                continue;
            }
            let answers = answers(cases[0], &arguments, &input);
            assert_eq!(answers.len(), cases.len());
            for (case, answer) in cases.iter().zip(&answers) {
                assert!(
                    octets(answer, "input").as_deref() == Some(&case.input[..]),
                    "{}: another input",
                    case.name
                );
                let text = |name: &str| answer[name].as_str().unwrap();
                let output = octets(answer, "output");
                differences.extend(case.difference(text("outcome"), text("cause"), output.as_deref()));
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn octets(answer: &Value, name: &str) -> Option<Vec<u8>> {
    match answer[format!("{name}_hex")].as_str() {
        Some(hex) => Some(unhex(hex)),
        None => answer[name].as_str().map(|text| text.as_bytes().to_vec()),
    }
}

/// What the command line says of these arguments and of this input, with the settings of a case.
fn answers(case: &Case, arguments: &[&[u8]], input: &[u8]) -> Vec<Value> {
    let place = TempDir::new().unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailrep"));
    command.args(["--json", "srs", if case.forward { "forward" } else { "reverse" }]);
    command.arg("--now").arg(case.now.to_string());
    options(&mut command, &case.config, place.path());
    command
        .arg("--")
        .args(arguments.iter().map(|octets| OsStr::from_bytes(octets)));
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*told), (Some(0), ""), "{}", case.name);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn options(command: &mut Command, config: &Value, place: &Path) {
    let file = |name: &str, of: &Value| -> PathBuf {
        let path = place.join(name);
        std::fs::write(&path, strings(&of["secrets"]).join("\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    };
    command.arg("--domain").arg(config["domain"].as_str().unwrap());
    command.arg("--secret-file").arg(file("secret", config));
    for further in config["further"].as_array().into_iter().flatten() {
        let domain = further["domain"].as_str().unwrap();
        let file = file(domain, further);
        command.arg("--also").arg(format!("{domain}:{}", file.display()));
    }
    for (option, name) in [
        ("--separator", "separator"),
        ("--hash-length", "hash_length"),
        ("--hash-min", "hash_minimum"),
        ("--max-age", "max_age"),
        ("--mac", "mac"),
        ("--accept", "accept"),
        ("--long", "long"),
    ] {
        match &config[name] {
            Value::Null => {}
            Value::String(word) => {
                command.arg(option).arg(word);
            }
            number => {
                command.arg(option).arg(number.to_string());
            }
        }
    }
    if config["always"] == true {
        command.arg("--always");
    }
    for domain in strings(&config["excluded"]) {
        command.arg("--exclude").arg(domain);
    }
    for domain in strings(&config["local"]) {
        command.arg("--local").arg(domain);
    }
}

#[test]
fn the_bundled_addresses_become_what_the_table_says() {
    run(&bundled());
}

#[test]
fn postsrsd_and_mail_srs_give_these_octets() {
    run(&vectors());
}
