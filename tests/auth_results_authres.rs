//! What we write is read by the Python package authres as what was meant (RFC 8601 section 2.2).

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use futures_util::FutureExt as _;
use mailrep::auth_results::{AuthenticationResults, MethodResult, parse};
use mailrep::clock::UnixTime;
use mailrep::dns::zone::Zone;
use mailrep::transaction::{Context, Inline, Options, Transaction};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

/// A process that is started once and answers line by line.
struct Peer {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    /// None, having said so, where authres is not installed.
    fn start() -> Option<Peer> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let python = target.join("venv/bin/python");
        let there = Command::new(&python).args(["-c", "import authres"]).output();
        if !there.is_ok_and(|output| output.status.success()) {
            println!(
                "skipped: authres as a reader of Authentication-Results (scripts/install-test-tools installs it into target/venv)"
            );
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/authres_peer.py");
        let mut process = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Some(Peer {
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
        })
    }

    fn read(&mut self, value: &str) -> Value {
        let hexadecimal: String = value.bytes().map(|octet| format!("{octet:02x}")).collect();
        writeln!(self.input, "{hexadecimal}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    /// Whether it reads the same as we do.
    fn agrees(&mut self, value: &str) {
        let ours = parse(value.as_bytes()).unwrap();
        let theirs = self.read(value);
        assert_eq!(theirs["authserv_id"], ours.authserv_id, "{value}: {theirs}");
        let results = theirs["results"].as_array().unwrap();
        assert_eq!(results.len(), ours.results.len(), "{value}: {theirs}");
        for (theirs, ours) in results.iter().zip(&ours.results) {
            assert_eq!(theirs["method"], ours.method, "{value}");
            assert_eq!(theirs["result"], ours.result, "{value}");
            // authres leaves the backslashes of a quoted string where they are (RFC 5322 section 3.2.4 takes them out).
            let reason = theirs["reason"].as_str().map(|reason| reason.replace('\\', ""));
            let expected = ours.reason.as_ref().map(|reason| reason.replace('\\', ""));
            assert_eq!(reason, expected, "{value}");
            let properties: Vec<[String; 3]> = serde_json::from_value(theirs["properties"].clone()).unwrap();
            let expected: Vec<[String; 3]> = ours
                .properties
                .iter()
                .map(|found| [found.ptype.clone(), found.property.clone(), found.value.clone()])
                .collect();
            let bare = |all: Vec<[String; 3]>| -> Vec<[String; 3]> {
                all.into_iter()
                    .map(|one| one.map(|text| text.replace('\\', "")))
                    .collect()
            };
            assert_eq!(bare(properties), bare(expected), "{value}");
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn rfc8601_section_2_2_verdicts_on_the_bundled_messages_are_read_by_authres() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let context = Arc::new(Context::new(
        Zone::read(&folder.join("zone")).unwrap(),
        Options::default(),
    ));
    let mut count = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "eml") {
            continue;
        }
        let mut transaction = Transaction::at(&context, Arc::new(Inline), UnixTime(1_772_355_660));
        transaction.connect("192.0.2.25".parse().unwrap()).unwrap();
        transaction.helo(b"mail.example.org").unwrap();
        transaction.mail_from(b"<ada@example.org>").unwrap();
        transaction.data(&std::fs::read(path).unwrap()).unwrap();
        let verdict = transaction.finish().now_or_never().unwrap().unwrap();
        peer.agrees(&verdict.authentication_results);
        count += 1;
    }
    assert!(count > 20, "the bundled messages are there");
}

#[test]
fn rfc8601_section_2_2_hostile_results_are_read_by_authres() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    // Not empty: authres reads an empty quoted string as the end. Not of blanks alone, for folding may take those.
    let text = "[a-zA-Z0-9;=\"'@.,: /<>\r\n\t\0\u{e9}-]{0,20}[a-z]";
    // authres 1.2.0 leaves out a property whose value is quoted if another follows, so that there is one.
    let result = ("[a-z]{1,8}", "[a-z]{1,8}", proptest::option::of(text), text).prop_map(
        |(method, result, reason, domain)| {
            let mut made = MethodResult::new(method, result).property("header", "d", domain);
            made.reason = reason;
            made
        },
    );
    let field = (
        "[a-z]{1,9}(\\.[a-z]{1,9}){0,2}",
        proptest::collection::vec(result, 1..4),
    );
    let mut runner = TestRunner::new(Config::with_cases(1_000));
    let peer = std::cell::RefCell::new(&mut peer);
    runner
        .run(&field, |(authserv_id, results)| {
            let field = AuthenticationResults { authserv_id, results };
            peer.borrow_mut().agrees(&field.value());
            Ok(())
        })
        .unwrap();
}
