//! The table of cases that all faces share, through Postfix: the results that the milter writes are those that the table expects.

use crate::host::{Host, Mail, OUTSIDE, data, message, needs_host, results};
use mailrep::dns::zone::Zone;
use serde_json::Value;
use std::collections::BTreeSet;

/// Cases that need another time, other settings, or octets that no mail server passes on as they are.
const OTHERWISE: &[(&str, &str)] = &[
    ("before-expiry", "another time"),
    ("trusted-relay", "settings"),
    ("record-on-trial", "settings"),
    ("explained-here", "settings"),
    ("forwarder-trusted", "settings"),
    ("list-trusted", "settings"),
    ("exception", "settings"),
    ("by-the-list", "settings"),
    ("submission", "settings"),
    ("no-client", "Postfix always knows one"),
    ("ipv4-in-ipv6", "Postfix takes it for IPv4"),
    ("lf", "Postfix makes CRLF of it, see the odd ones"),
    ("no-final-line-end", "SMTP ends the last line"),
    ("not-a-message", "Postfix makes a header of it"),
    ("broken-header", "Postfix ends the header where it is broken"),
    ("no-from", "Postfix adds one when it delivers"),
];

#[test]
fn every_result_of_the_table_is_written_through_postfix() {
    needs_host!();
    let host = Host::start("");
    let text = std::fs::read_to_string(data("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_str(&text).unwrap();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut faults = Vec::new();
    let mut run = 0;
    for case in &cases {
        let name = case["name"].as_str().unwrap();
        if OTHERWISE.iter().any(|(other, _)| *other == name) {
            continue;
        }
        let content = std::fs::read(data(case["file"].as_str().unwrap())).unwrap();
        let mail = Mail {
            ip: case["ip"].as_str().unwrap(),
            helo: case["helo"].as_str().unwrap(),
            from: case["mail_from"].as_str().unwrap(),
            parameters: "BODY=8BITMIME",
            content: &content,
            ..OUTSIDE
        };
        let before = host.sink.arrived().len();
        let reply = host.send(&mail);
        assert_eq!(reply.code, 250, "{name}: {reply:?}");
        let results = results(&host.sink.expect_nth(before, name));
        run += 1;
        let mut expect = |method: &str, result: Option<&str>| {
            let Some(result) = result else { return };
            seen.insert(format!("{method}={result}"));
            // Results that say nothing are "dkim=none" alone.
            if !results.contains(&format!("{method}={result}")) {
                faults.push(format!("{name}: {method}={result} is not in {results}"));
            }
        };
        expect("spf", case["expect"]["spf"]["result"].as_str());
        expect("dmarc", case["expect"]["dmarc"]["result"].as_str());
        expect("iprev", case["expect"]["iprev"]["result"].as_str());
        let signatures = case["expect"]["dkim"].as_array().unwrap();
        for signature in signatures {
            expect("dkim", signature["result"].as_str());
        }
        if signatures.is_empty() {
            expect("dkim", Some("none"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
    assert!(run > 35, "{run}");
    let words = |method: &str, results: &[&str]| {
        results
            .iter()
            .map(|result| format!("{method}={result}"))
            .collect::<Vec<_>>()
    };
    let mut wanted = words("spf", &["pass", "fail", "none", "temperror", "permerror"]);
    wanted.extend(words(
        "dkim",
        &["pass", "fail", "none", "policy", "temperror", "permerror"],
    ));
    wanted.extend(words(
        "dmarc",
        &["pass", "fail", "none", "temperror", "permerror"],
    ));
    for result in wanted {
        assert!(seen.contains(&result), "no case has {result}");
    }
}

/// RFC 7208 section 2.6: what the table's domains do not publish.
#[test]
fn softfail_and_neutral_of_spf_are_written_through_postfix() {
    needs_host!();
    let zone = "soft.test. TXT \"v=spf1 ~all\"\nneutral.test. TXT \"v=spf1 ?all\"\n";
    let host = Host::of(Zone::parse(zone.as_bytes(), "zone").unwrap(), "", "", "");
    for (domain, result) in [("soft.test", "softfail"), ("neutral.test", "neutral")] {
        let from = format!("ada@{domain}");
        let content = message(&from, result, "");
        let mail = Mail {
            from: &from,
            content: &content,
            ..OUTSIDE
        };
        let results = results(&host.pass(&mail, result));
        assert!(
            results.contains(&format!("spf={result}")) && results.contains("dmarc=none"),
            "{results}"
        );
    }
}
