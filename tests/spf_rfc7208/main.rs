//! RFC 7208, sentence by sentence: our own cases, beside the OpenSPF project's suite.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod asked_ahead;
mod known_records;
mod local_policy;
mod sections_2_to_4;
mod sections_5_to_7;
#[path = "../spf_table/mod.rs"]
mod spf_table;

use mailrep::Limits;
use mailrep::clock::{Clock, ManualTime, UnixTime};
use mailrep::dns::{Failure, Mx, Name, RecordType, Session};
use mailrep::spf::{Cause, Evaluation, Identity, Request, SpfResult, Verdict, check_host};
use mailrep::trace::{StepKind, Tracer};
use proptest::prelude::*;
use spf_table::{Table, block_on, check, name};
use std::sync::Arc;
use std::time::Duration;

/// Lines of `name TYPE value`; types are those of records, and FAIL for SERVFAIL.
fn zone(lines: &[&str]) -> Arc<Table> {
    let mut table = Table::default();
    for line in lines {
        let mut words = line.splitn(3, ' ');
        let entry = table.entry(words.next().unwrap());
        let kind = words.next().unwrap();
        let value = words.next().unwrap_or_default();
        match kind {
            "TXT" => entry.txt.push(value.as_bytes().into()),
            "A" => entry.a.push(value.parse().unwrap()),
            "AAAA" => entry.aaaa.push(value.parse().unwrap()),
            "PTR" => entry.ptr.push(name(value)),
            "CNAME" => entry.cname = Some(name(value)),
            "MX" => {
                let (preference, host) = value.split_once(' ').unwrap();
                entry.mx.push(Mx {
                    preference: preference.parse().unwrap(),
                    exchange: if host == "." { Name::root() } else { name(host) },
                });
            }
            "FAIL" => entry.failure = Some(Failure::ServFail),
            other => panic!("a record of type {other}"),
        }
    }
    Arc::new(table)
}

fn request(client: &str, helo: &str, mail_from: &str) -> Request {
    Request {
        client: client.parse().unwrap(),
        helo: helo.as_bytes().into(),
        mail_from: mail_from.as_bytes().into(),
        receiver: "mx.receiver.example".into(),
        now: UnixTime(1_700_000_000),
    }
}

fn verdict(lines: &[&str], client: &str, helo: &str, mail_from: &str) -> Verdict {
    check(
        &zone(lines),
        &request(client, helo, mail_from),
        &Limits::default(),
    )
}

/// The check of `user@example.org`, with a HELO name that says nothing.
fn evaluate(lines: &[&str], client: &str) -> Evaluation {
    verdict(lines, client, "helo.example.net", "user@example.org").evaluation
}

fn result(lines: &[&str], client: &str) -> SpfResult {
    evaluate(lines, client).result
}

const CLIENT: &str = "192.0.2.1";

proptest! {
    /// Whatever is published and whoever asks: the check ends, within its limits, with a reason.
    #[test]
    fn any_records_end_within_the_limits(
        records in prop::collection::vec("v=spf1( [-~?]?(all|a|mx|ptr|a:[a-d].org|mx:[a-d].org/24|include:[a-d].org|exists:%\\{[lhoip]r?\\}.[a-d].org|ip4:192.0.2.[0-9])){0,8}( redirect=[a-d].org)?( exp=[a-d].org)?", 4),
        mail_from in "[a-z@.\"\\\\]{0,8}@[a-d]\\.org",
        helo in prop::collection::vec(any::<u8>(), 0..30),
        client in any::<std::net::IpAddr>(),
    ) {
        let mut lines = Vec::new();
        for (name, record) in ["a.org", "b.org", "c.org", "d.org"].iter().zip(&records) {
            lines.push(format!("{name} TXT {record}"));
            lines.push(format!("{name} A 192.0.2.1"));
            lines.push(format!("{name} MX 10 {name}"));
        }
        let table = zone(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let mut request = request("192.0.2.1", "", &mail_from);
        request.client = client;
        request.helo = helo.into();
        let found = check(&table, &request, &Limits::default());
        prop_assert!(found.evaluation.void_lookups <= 3);
        prop_assert!(found.evaluation.reason().is_ascii());
        // Two identities; each with eleven terms of at most eleven questions, and the explanation's.
        prop_assert!(table.asked.lock().unwrap().len() <= 2 * (11 * 12 + 13));
    }
}
