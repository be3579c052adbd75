//! Generated records and clients, judged by us and by pyspf: every disagreement is explained by a clause of RFC 7208.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod clauses;
mod generate;
#[path = "../spf_table/mod.rs"]
mod spf_table;

use clauses::{CLAUSES, Disagreement, Theirs};
use generate::Case;
use mailrep::Limits;
use mailrep::dns::{Answer, Question, RecordSet, RecordType, Resolver};
use serde_json::{Map, Value, json};
use spf_table::{Table, block_on, check};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

const CASES: usize = 2_000;
/// Beyond this many of a hundred, the cases show little.
const MOST_DISAGREEMENTS: usize = 15;

const TYPES: [RecordType; 5] = [
    RecordType::Txt,
    RecordType::A,
    RecordType::Aaaa,
    RecordType::Mx,
    RecordType::Ptr,
];

#[test]
fn rfc7208_generated_records_agree_with_pyspf_or_a_clause_says_why() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let python = target.join("venv/bin/python");
    let there = Command::new(&python).args(["-c", "import spf"]).output();
    if !there.is_ok_and(|output| output.status.success()) {
        println!("skipped: pyspf (scripts/install-test-tools installs it into target/venv)");
        return;
    }
    let more = std::env::var("MAILREP_PYSPF_CASES").ok();
    let count = more.map_or(CASES, |count| count.parse().unwrap());
    let cases = generate::cases(count);
    let answers = ask_pyspf(&python, &root.join("tests/peers/pyspf_peer.py"), &cases);
    assert_eq!(answers.len(), cases.len());

    let mut counts = vec![0usize; CLAUSES.len()];
    let mut unexplained = Vec::new();
    let mut results = BTreeMap::<&str, usize>::new();
    for (case, theirs) in cases.iter().zip(answers) {
        let ours = check(&case.table, &case.request, &Limits::default()).evaluation;
        *results.entry(ours.result.as_str()).or_default() += 1;
        let disagreement = Disagreement::new(case, ours, theirs);
        if disagreement.is_none() {
            continue;
        }
        match CLAUSES.iter().position(|clause| (clause.explains)(&disagreement)) {
            Some(at) => counts[at] += 1,
            None => unexplained.push(disagreement.to_string()),
        }
    }
    let explained: usize = counts.iter().sum();
    println!(
        "{count} cases, {explained} disagreements with pyspf explained, {} not",
        unexplained.len()
    );
    println!("{results:?}");
    for (clause, count) in CLAUSES.iter().zip(&counts) {
        println!("{count:5}  section {}: {}", clause.section, clause.sentence);
    }
    assert!(
        unexplained.is_empty(),
        "{} disagreements with pyspf that no clause explains:\n{}",
        unexplained.len(),
        unexplained[..unexplained.len().min(20)].join("\n")
    );
    assert!(
        explained * 100 <= count * MOST_DISAGREEMENTS,
        "{explained} of {count} disagree"
    );
}

fn ask_pyspf(python: &Path, driver: &Path, cases: &[Case]) -> Vec<Theirs> {
    let mut process = Command::new(python)
        .arg(driver)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = process.stdin.take().unwrap();
    let lines: String = cases.iter().map(|case| line(case) + "\n").collect();
    // Its answers would fill the pipe while it is still being written to.
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let output = process.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success());
    let answers = String::from_utf8(output.stdout).unwrap();
    answers.lines().map(Theirs::read).collect()
}

fn line(case: &Case) -> String {
    let request = &case.request;
    let text = |octets: &[u8]| String::from_utf8(octets.to_vec()).unwrap();
    json!({
        "zone": zone(&case.table),
        "client": request.client.to_string(),
        "helo": text(&request.helo),
        "sender": text(&request.mail_from),
        "receiver": request.receiver,
        "now": request.now.0,
    })
    .to_string()
}

/// All that there is to know, as pyspf will be told: aliases are followed already.
fn zone(table: &Table) -> Value {
    let mut zone = Map::new();
    for name in table.entries.keys() {
        let mut types = Map::new();
        for kind in TYPES {
            let question = Question::new(name.clone(), kind);
            let values = match block_on(table.lookup(&question, mailrep::clock::Moment::default())) {
                Answer::Records { records, .. } => values(&records),
                Answer::Failure(_) => vec![Value::Null],
                _ => continue,
            };
            types.insert(kind.to_string(), values.into());
        }
        zone.insert(name.to_string(), types.into());
    }
    zone.into()
}

fn values(records: &RecordSet) -> Vec<Value> {
    match records {
        RecordSet::Txt(texts) => texts
            .iter()
            .map(|text| {
                text.iter()
                    .map(|&octet| char::from(octet))
                    .collect::<String>()
                    .into()
            })
            .collect(),
        RecordSet::A(addresses) => addresses
            .iter()
            .map(|address| address.to_string().into())
            .collect(),
        RecordSet::Aaaa(addresses) => addresses
            .iter()
            .map(|address| address.to_string().into())
            .collect(),
        RecordSet::Mx(exchanges) => exchanges
            .iter()
            .map(|mx| json!([mx.preference, mx.exchange.to_string()]))
            .collect(),
        RecordSet::Ptr(names) => names.iter().map(|name| name.to_string().into()).collect(),
    }
}
