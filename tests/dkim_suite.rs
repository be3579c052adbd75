//! The DKIM cases of other packages' test suites, found through `MAILREP_SUITES`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use base64::Engine as _;
use futures_util::FutureExt as _;
use mailrep::Limits;
use mailrep::clock::{Clock, Moment, UnixTime};
use mailrep::dkim::{self, DkimResult, Policy};
use mailrep::dns::{Answer, Failure, Question, RecordSet, RecordType, Resolver, Session, Txt};
use mailrep::message::HeaderFields;
use mailrep::trace::Tracer;
use std::collections::HashMap;
use std::future::{Future, ready};
use std::sync::Arc;

/// Text records by name; none where the query fails.
struct Table(HashMap<String, Option<Vec<Txt>>>);

impl Resolver for Table {
    fn lookup(&self, question: &Question, _: Moment) -> impl Future<Output = Answer> + Send {
        assert_eq!(question.kind, RecordType::Txt);
        ready(match self.0.get(question.name.as_str()) {
            Some(Some(records)) => Answer::Records {
                records: RecordSet::Txt(records.clone().into()),
                ttl: 300,
            },
            Some(None) => Answer::Failure(Failure::ServFail),
            None => Answer::NoSuchName { ttl: None },
        })
    }
}

fn table(zone: &serde_json::Value) -> Table {
    let records = |list: &serde_json::Value| {
        let list = list.as_array().unwrap();
        if list.iter().any(|record| record[1] == "SERVFAIL") {
            return None;
        }
        let text = |record: &serde_json::Value| Txt::from(record[1].as_str().unwrap().as_bytes());
        Some(list.iter().map(text).collect())
    };
    let zone = zone.as_object().unwrap().iter();
    Table(
        zone.map(|(name, list)| (name.trim_end_matches('.').to_lowercase(), records(list)))
            .collect(),
    )
}

/// Splits a message whose lines end in CRLF.
fn split(message: &[u8]) -> (HeaderFields, &[u8]) {
    let mut header = HeaderFields::default();
    let mut rest = message;
    while !rest.is_empty() {
        if let Some(body) = rest.strip_prefix(b"\r\n") {
            return (header, body);
        }
        let ends = rest
            .windows(2)
            .enumerate()
            .filter(|(_, pair)| pair == b"\r\n")
            .map(|(at, _)| at + 2);
        let folded = |end: &usize| !matches!(rest.get(*end), Some(b' ' | b'\t'));
        let end = ends.into_iter().find(folded).unwrap_or(rest.len());
        header.push(&rest[..end]);
        rest = &rest[end..];
    }
    (header, rest)
}

fn results(case: &serde_json::Value, policy: &Policy) -> (Vec<DkimResult>, String) {
    let message = base64::engine::general_purpose::STANDARD
        .decode(case["message_b64"].as_str().unwrap())
        .unwrap();
    let (header, body) = split(&message);
    let limits = Limits::default();
    let now = UnixTime(case["now"].as_i64().unwrap());
    let prepared = dkim::prepare(&header, None, now, &limits, policy);
    let mut hasher = prepared.body_hasher();
    for chunk in body.chunks(7) {
        hasher.update(chunk);
    }
    let session = Session::new(Arc::new(table(&case["zone"])), Clock::system(), &limits);
    let checked = prepared
        .check_keys(Arc::new(header), &session, &Tracer::off())
        .now_or_never()
        .unwrap();
    let verdicts = checked.conclude(&hasher.finish());
    let reasons: Vec<String> = verdicts
        .iter()
        .map(|verdict| format!("{}: {}", verdict.result, verdict.reason()))
        .collect();
    (
        verdicts.iter().map(|verdict| verdict.result).collect(),
        reasons.join("; "),
    )
}

/// The cases; none, having said so, if it is not known where they are.
fn cases() -> Vec<serde_json::Value> {
    let Ok(suites) = std::env::var("MAILREP_SUITES") else {
        println!("skipped: dkim-cases.json");
        return Vec::new();
    };
    let path = format!("{suites}/suites/dkim-cases.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn cases_of_mail_dkim_and_dkimpy() {
    let cases = cases();
    let mut wrong = 0;
    for case in &cases {
        let (results, reasons) = results(case, &Policy::default());
        let overall = if results.contains(&DkimResult::Pass) {
            "pass"
        } else {
            "notpass"
        };
        let expected = case["expect"]["dkim"].as_array().unwrap();
        let id = case["id"].as_str().unwrap();
        if std::env::var("MAILREP_VERBOSE").is_ok() {
            println!("{id}: {reasons}");
        }
        if !expected.iter().any(|word| word == overall) {
            wrong += 1;
            println!(
                "{id}: {overall}, expected {expected:?} ({reasons}); {}",
                case["note"]
            );
        }
    }
    println!("{} of {} cases as expected", cases.len() - wrong, cases.len());
    assert_eq!(wrong, 0);
}

#[test]
fn cases_with_a_body_length_pass_where_that_is_accepted() {
    let cases = cases();
    let policy = Policy {
        accept_body_length: true,
        ..Policy::default()
    };
    let with_length = |case: &&serde_json::Value| {
        case["note"]
            .as_str()
            .is_some_and(|note| note.contains("says pass") && note.contains("(l=)"))
    };
    for case in cases.iter().filter(with_length) {
        let (with, reasons) = results(case, &policy);
        assert!(with.contains(&DkimResult::Pass), "{}: {reasons}", case["id"]);
        let (without, _) = results(case, &Policy::default());
        assert_eq!(without, [DkimResult::Policy], "{}", case["id"]);
    }
}

#[test]
fn cases_whose_query_fails_are_temperror() {
    let cases = cases();
    for case in &cases {
        if case["id"].as_str().unwrap().starts_with("maildkim-resigned/")
            && case["zone"].to_string().contains("SERVFAIL")
        {
            assert_eq!(
                results(case, &Policy::default()).0,
                [DkimResult::TempError],
                "{}",
                case["id"]
            );
        }
    }
}
