//! The milter in a real Postfix. `make bench-milter` says what it costs, beside opendkim; `make soak` sends 50,000 messages of all kinds
//! and looks whether its memory is steady.
//!
//! Both take the milter that `MAILREP_MILTER` names, the release build.

#![allow(missing_docs, unreachable_pub, dead_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

// A bench takes a part of what the tests have.
#[allow(unused_macros, unused_imports)]
#[path = "../../tests/milter/host.rs"]
mod host;
#[path = "../../tests/milter/milter.rs"]
mod milter;
mod process;
mod soak;
mod speed;
#[path = "../../tests/support/mod.rs"]
mod support;

use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    if let Some(why) = host::missing() {
        println!("skipped: the milter in Postfix ({why})");
        return;
    }
    match std::env::args().any(|argument| argument == "soak") {
        true => soak::run(),
        false => speed::run(),
    }
}

/// The DNS of the host: that of the tests, and who sends from this machine.
fn zone() -> mailrep::dns::zone::Zone {
    let mut text = std::fs::read_to_string(host::data("zone")).unwrap();
    text.push_str(
        "loop.example.org. TXT \"v=spf1 ip4:127.0.0.1 -all\"\n\
         localhost. A 127.0.0.1\n\
         1.0.0.127.in-addr.arpa. PTR localhost.\n",
    );
    mailrep::dns::zone::Zone::parse(text.as_bytes(), "zone").unwrap()
}

/// A message of so many octets in lines of text, with an RSA signature of example.org.
fn signed(folder: &Path, octets: usize) -> Vec<u8> {
    let mut text = String::from_utf8(host::message("ada@example.org", "plums", "")).unwrap();
    let mut number = 0;
    // The signature takes some 700.
    while text.len() + 700 < octets {
        number += 1;
        text.push_str(&format!(
            "Line {number} of a letter about eleven crates of plums.\r\n"
        ));
    }
    let file = folder.join("unsigned");
    std::fs::write(&file, &text).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_mailrep"))
        .args(["sign", "--domain", "example.org", "--selector", "s2026", "--key"])
        .args([&host::data("keys/rsa2048.pem"), &file])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "mailrep sign");
    output.stdout
}
