//! The reports that we write, read by parsedmarc: without a warning, and with the same in them.

#![cfg(feature = "report")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::Engine as _;
use futures_util::FutureExt as _;
use mailrep::clock::UnixTime;
use mailrep::dns::zone::Zone;
use mailrep::report::{Period, Reporter, aggregate, failure};
use mailrep::transaction::{Context, Inline, Options, Transaction, Verdict};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;

const NOW: UnixTime = UnixTime(1_772_355_660);

const ZONE: &[u8] = b"\
example.org. TXT \"v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 -all\"
_dmarc.example.org. TXT \"v=DMARC1; p=reject; sp=quarantine; aspf=s; fo=1:d; rua=mailto:d@example.org; ruf=mailto:f@example.org; pct=5\"
_dmarc.trial.example. TXT \"v=DMARC1; p=reject; t=y; rua=mailto:d@trial.example\"
xn--bcher-kva.example. TXT \"v=spf1 -all\"
_dmarc.xn--bcher-kva.example. TXT \"v=DMARC1; p=none; rua=mailto:d@xn--bcher-kva.example\"
";

const SIGNATURES: &str = "DKIM-Signature: v=1; a=rsa-sha256; d=other.example; s=o; h=from; bh=AAAA; b=AAAA\r\n\
    DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; i=ada@example.org; h=from; bh=AAAA; b=AAAA\r\n";

fn verdict(client: &str, mail_from: &str, header: &str) -> Verdict {
    let context = Arc::new(Context::new(
        Zone::parse(ZONE, "zone").unwrap(),
        Options::default(),
    ));
    let mut transaction = Transaction::at(&context, Arc::new(Inline), NOW);
    transaction.connect(client.parse().unwrap()).unwrap();
    transaction.helo(b"host.example").unwrap();
    transaction.mail_from(mail_from.as_bytes()).unwrap();
    transaction
        .data(format!("{header}\r\nHello\r\n").as_bytes())
        .unwrap();
    transaction.finish().now_or_never().unwrap().unwrap()
}

fn python() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = target.join("venv/bin/python");
    let there = Command::new(&python).args(["-c", "import parsedmarc"]).output();
    if there.is_ok_and(|output| output.status.success()) {
        return Some(python);
    }
    println!("skipped: parsedmarc (scripts/install-test-tools installs it into target/venv)");
    None
}

/// Each mail as parsedmarc reads it.
fn read(python: &Path, mails: &[Vec<u8>]) -> Vec<Value> {
    let peer = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/parsedmarc_peer.py");
    let mut process = Command::new(python)
        .arg(peer)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    let lines: String = mails
        .iter()
        .map(|mail| base64::engine::general_purpose::STANDARD.encode(mail) + "\n")
        .collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    answers
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

fn reporter() -> Reporter {
    Reporter {
        organization: "Mail & More <Zürich>".to_owned(),
        email: "postmaster@mx.example".to_owned(),
        extra_contact: Some("https://mx.example/dmarc".to_owned()),
        submitter: "mx.example".to_owned(),
    }
}

#[test]
fn rfc9990_aggregate_reports_are_read_by_parsedmarc_without_a_warning() {
    let Some(python) = python() else { return };
    let from = |domain: &str| format!("From: Ada <ada@{domain}>\r\nSubject: hello\r\n");
    let verdicts = [
        verdict("192.0.2.1", "ada@example.org", &from("example.org")),
        verdict("192.0.2.1", "ada@example.org", &from("example.org")),
        verdict(
            "2001:db8::9",
            "ada@example.org",
            &format!("{SIGNATURES}{}", from("example.org")),
        ),
        verdict("192.0.2.7", "", &from("sub.example.org")),
        verdict("192.0.2.7", "x@other.example", &from("trial.example")),
        verdict("192.0.2.7", "x@bücher.example", &from("bücher.example")),
    ];
    let period = Period {
        begin: UnixTime(1_772_323_200),
        end: UnixTime(1_772_409_599),
    };
    let reports = aggregate(&verdicts, &reporter(), period);
    let domains: Vec<&str> = reports.iter().map(|one| &*one.report.policy.domain).collect();
    assert_eq!(domains, ["example.org", "trial.example", "xn--bcher-kva.example"]);
    let mails: Vec<Vec<u8>> = reports
        .iter()
        .map(|one| {
            let to = ["d@example.org".to_owned()];
            one.report
                .mail("mx.example", "Reports <dmarc@mx.example>", &to, NOW)
                .octets
        })
        .collect();
    let answers = read(&python, &mails);
    assert_eq!(answers.len(), reports.len());
    for (answer, ours) in answers.iter().zip(&reports) {
        assert_eq!(answer["warnings"], json!([]), "{answer}");
        assert_eq!(answer["type"], "aggregate");
        let theirs = &answer["report"];
        let metadata = &theirs["report_metadata"];
        assert_eq!(metadata["org_name"], "Mail & More <Zürich>");
        assert_eq!(metadata["report_id"], ours.report.report_id);
        assert_eq!(metadata["errors"], json!(ours.report.errors));
        assert_eq!(theirs["policy_published"]["domain"], ours.report.policy.domain);
        let records = theirs["records"].as_array().unwrap();
        assert_eq!(records.len(), ours.report.records.len());
        for (theirs, ours) in records.iter().zip(&ours.report.records) {
            assert_eq!(theirs["source"]["ip_address"], ours.source.unwrap().to_string());
            assert_eq!(theirs["count"], ours.count);
            assert_eq!(theirs["identifiers"]["header_from"], ours.header_from);
            assert_eq!(
                theirs["policy_evaluated"]["disposition"],
                ours.disposition.unwrap().as_str()
            );
            assert_eq!(theirs["alignment"]["dmarc"], ours.aligned());
            let results = &theirs["auth_results"];
            let pairs = |name: &str| -> Vec<(String, String)> {
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                results[name]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| (text(&one["domain"]), text(&one["result"])))
                    .collect()
            };
            let dkim: Vec<_> = ours
                .dkim
                .iter()
                .map(|one| (one.domain.clone(), one.result.to_string()))
                .collect();
            assert_eq!(pairs("dkim"), dkim);
            let spf: Vec<_> = ours
                .spf
                .iter()
                .map(|one| (one.domain.clone(), one.result.to_string()))
                .collect();
            assert_eq!(pairs("spf"), spf);
        }
    }
}

#[test]
fn rfc9991_failure_reports_are_read_by_parsedmarc_without_a_warning() {
    let Some(python) = python() else { return };
    let header = format!(
        "{SIGNATURES}From: Ada <ada@example.org>\r\nTo: you@example.net\r\nSubject: hello\r\n\
         Date: Sun, 1 Mar 2026 09:00:00 +0000\r\nMessage-ID: <1@example.org>\r\n"
    );
    let verdict = verdict("192.0.2.7", "ada@example.org", &header);
    let report = failure(&verdict, header.as_bytes(), &reporter()).unwrap();
    let mail = report.mail("dmarc@mx.example", &["f@example.org".to_owned()], NOW);
    let answers = read(&python, &[mail.octets]);
    let [answer] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(answer["warnings"], json!([]), "{answer}");
    assert!(
        ["failure", "forensic"].contains(&answer["type"].as_str().unwrap()),
        "{answer}"
    );
    let theirs = &answer["report"];
    assert_eq!(theirs["source"]["ip_address"], "192.0.2.7");
    assert_eq!(theirs["reported_domain"], "example.org");
    assert_eq!(theirs["auth_failure"], json!(["dmarc"]));
    assert_eq!(theirs["dkim_domain"], "example.org");
    assert_eq!(theirs["original_mail_from"], "<ada@example.org>");
    assert_eq!(theirs["arrival_date_utc"], "2026-03-01 09:01:00");
    assert_eq!(theirs["parsed_sample"]["subject"], "hello");
}
