#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod look_ups;
mod passing;
mod publishing;
mod ranges;
mod slips;

use super::*;
use crate::clock::Clock;
use crate::dns::zone::Zone;
use futures_util::FutureExt as _;
use std::sync::Arc;

fn look_within(zone: &str, domain: &str, limits: &Limits) -> Report {
    // A line of a zone that begins with a blank belongs to the name before it.
    let zone: String = zone
        .lines()
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    let zone = Zone::parse(zone.as_bytes(), "zone").unwrap();
    let session = Session::new(Arc::new(zone), Clock::system(), limits);
    let domain = Name::parse(domain.as_bytes()).unwrap();
    lint(&session, &domain, limits, &Tracer::off())
        .now_or_never()
        .expect("a zone answers at once")
}

fn look(zone: &str) -> Report {
    look_within(zone, "a.example", &Limits::default())
}

/// The report on a record, without anything else in the DNS.
fn of(record: &str) -> Report {
    look(&format!("a.example. TXT \"{record}\""))
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(Finding::code).collect()
}

#[track_caller]
fn found<'r>(report: &'r Report, code: &str) -> &'r Finding {
    report
        .findings
        .iter()
        .find(|finding| finding.code() == code)
        .unwrap_or_else(|| panic!("no {code} in {:#?}", report.findings))
}

#[test]
fn nothing_is_said_of_records_that_are_fine() {
    for record in [
        "v=spf1 -all",
        "v=spf1 ip4:192.0.2.0/24 -all",
        "V=SPF1 IP4:192.0.2.0/24 IP6:2001:DB8::/32 ~ALL",
        "v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/24 -all",
        "v=spf1 exists:%{i}._spf.a.example -all",
        "v=spf1 ip4:192.0.2.1 ?exists:%{l1r-}._spf.%{d2} -all",
    ] {
        assert_eq!(codes(&of(record)), [""; 0], "{record}");
    }
    let zone = "
        a.example. TXT \"v=spf1 a:mail.a.example include:s.example mx redirect=_spf.a.example\"
        a.example. MX 10 mail.a.example.
        mail.a.example. A 192.0.2.1
        s.example. TXT \"v=spf1 ip4:198.51.100.0/24 ?all\"
        _spf.a.example. TXT \"v=spf1 ip4:203.0.113.0/24 -all exp=why.a.example\"
        why.a.example. TXT \"%{i} is not ours: 50%% sure\"";
    let report = look(zone);
    assert_eq!(codes(&report), [""; 0]);
    assert_eq!((report.dns_lookups, report.complete), (4, true));
    // The hosts have no IPv6 addresses, which is within the limit.
    assert_eq!(report.void_lookups, 2);
}

#[test]
fn a_hostile_record_is_bounded_in_findings_and_nodes() {
    let many = |term: &str| {
        let strings: Vec<String> = (0..250)
            .map(|_| format!("\"{}\"", format!("{term} ").repeat(200 / (term.len() + 1))))
            .collect();
        look(&format!("a.example. TXT \"v=spf1 \" {}", strings.join(" ")))
    };
    for term in [
        "x",
        "a",
        "include:a.b",
        "ip4:10.0.0.1/8",
        "-",
        "v=spf1",
        "+all",
        "exp=a.b",
        "%{p}",
    ] {
        let report = many(term);
        assert!(report.findings.len() <= MOST_FINDINGS + 1, "{term}");
        assert!(report.tree.children.len() <= 1_000, "{term}");
    }
    assert_eq!(many("a").dns_lookups, 25_000);
}

#[test]
fn however_many_trifles_there_are_no_error_is_left_out() {
    let trifles: Vec<String> = (0..=100).map(|at| format!("\"u{at}=x \"")).collect();
    let record = |terms: &str| {
        look(&format!(
            "a.example. TXT \"v=spf1 \" {} \"{terms}\"",
            trifles.join(" ")
        ))
    };
    let report = record("ip4:0.0.0.0/0 ?all");
    assert_eq!(codes(&report)[..3], ["everyone", "record_length", "neutral_all"]);
    // What is left out is told.
    assert_eq!(report.findings.len(), 101);
    let cut = report.findings.last().unwrap();
    assert_eq!((cut.code(), cut.severity()), ("cut", Severity::Notice));
    assert!(
        cut.to_string().starts_with("4 more findings") || cut.to_string().starts_with("5 more"),
        "{cut}"
    );
    // Many text records hide none of them either.
    let mut zone = String::new();
    for at in 0..200 {
        zone.push_str(&format!("a.example. TXT \"spf2.0/pra x{at}\"\n"));
    }
    let report = look(&format!(
        "{zone}a.example. TXT \"v=spf1 +all\"\na.example. TXT \"v=spf1-all\""
    ));
    assert_eq!(codes(&report)[..2], ["pass_all", "near_miss"]);
    found(&report, "cut");
    // Of errors too there are only so many.
    let wrong: Vec<String> = (0..300).map(|at| format!("\"x{at} \"")).collect();
    let report = look(&format!("a.example. TXT \"v=spf1 \" {}", wrong.join(" ")));
    assert_eq!(codes(&report)[..100], ["syntax"; 100]);
    assert!(
        found(&report, "cut").to_string().starts_with("20"),
        "{}",
        found(&report, "cut")
    );
}

#[test]
fn every_finding_has_a_clause_and_a_fix() {
    let zone = "a.example. TXT \"v=spf1 a mx/0 include:a.example ptr ipv4:192.0.2.1 foo=bar +all redirect=b exp=x.example\"";
    for finding in look(zone).findings {
        assert!(finding.clause().starts_with("RFC "));
        assert!(finding.fix().ends_with('.'), "{}", finding.fix());
        assert!(!finding.to_string().ends_with('.'), "{finding}");
        assert!(
            finding
                .code()
                .bytes()
                .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'_')
        );
    }
}
