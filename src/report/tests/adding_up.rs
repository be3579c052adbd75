//! What many reports say together.

use super::*;
use crate::dmarc::Policy;
use crate::report::{OverrideKind, Summary};

fn reports(records: &str, id: &str) -> AggregateReport {
    only(
        xml(records)
            .replace("r1</report_id", &format!("{id}</report_id"))
            .as_bytes(),
    )
}

fn record(source: &str, count: u32, dkim: &str, domain: &str) -> String {
    format!(
        "<record><row><source_ip>{source}</source_ip><count>{count}</count><policy_evaluated><disposition>none</disposition>\
         <dkim>{dkim}</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>{domain}</header_from></identifiers>\
         <auth_results><dkim><domain>Example.org</domain><result>{dkim}</result></dkim></auth_results></record>"
    )
}

#[test]
fn sources_and_domains_stand_by_what_needs_attention() {
    let mut summary = Summary::default();
    let records = [
        record("192.0.2.1", 1000, "pass", "example.org"),
        record("192.0.2.2", 5, "fail", "example.org"),
        record("192.0.2.3", 7, "fail", "EXAMPLE.org."),
        record("192.0.2.3", 2, "pass", "example.org"),
        record("192.0.2.4", 50, "fail", "sub.example.org"),
        record("nonsense", 1, "fail", "example.org"),
    ];
    assert!(summary.add(&reports(&records.concat(), "a")));
    let domains = summary.domains();
    let told: Vec<_> = domains
        .iter()
        .map(|domain| (&*domain.domain, domain.messages, domain.unaligned))
        .collect();
    assert_eq!(told, [("sub.example.org", 50, 50), ("example.org", 1015, 13)]);
    assert_eq!(
        domains[0].policy,
        Some(Policy::Reject),
        "p stands for a missing sp"
    );
    let sources: Vec<_> = domains[1]
        .sources
        .iter()
        .map(|(address, source)| {
            (
                address.map(|address| address.to_string()),
                source.messages,
                source.unaligned,
            )
        })
        .collect();
    assert_eq!(
        sources,
        [
            (Some("192.0.2.3".to_owned()), 9, 7),
            (Some("192.0.2.2".to_owned()), 5, 5),
            (None, 1, 1),
            (Some("192.0.2.1".to_owned()), 1000, 0),
        ]
    );
    let dkim = &domains[1].sources[0].1.dkim;
    let told: Vec<_> = dkim
        .iter()
        .map(|one| (&*one.domain, one.result, one.messages))
        .collect();
    assert_eq!(told, [("example.org", "fail", 7), ("example.org", "pass", 2)]);
}

#[test]
fn section_3_5_1_a_report_that_comes_twice_counts_once() {
    let mut summary = Summary::default();
    let first = reports(RECORD, "a");
    assert!(summary.add(&first));
    assert!(!summary.add(&first));
    assert!(summary.add(&reports(RECORD, "b")));
    // The identifier is unique among an organization's reports about one domain, not beyond.
    let mut other = first.clone();
    other.policy.domain = "example.net".to_owned();
    assert!(summary.add(&other));
    let mut other = first.clone();
    other.organization = "someone else".to_owned();
    assert!(summary.add(&other));
    // Without an identifier, the period tells them apart.
    let mut nameless = first.clone();
    nameless.report_id.clear();
    assert!(summary.add(&nameless));
    assert!(!summary.add(&nameless));
    nameless.end = UnixTime(nameless.end.0 + 1);
    assert!(summary.add(&nameless));
    assert_eq!((summary.reports, summary.duplicates), (6, 2));
    assert_eq!(summary.organizations["mx.example"], (5, 15));
    assert_eq!(
        (summary.begin, summary.end),
        (Some(PERIOD.begin), Some(nameless.end))
    );
}

#[test]
fn dispositions_and_their_reasons_are_counted() {
    let mut summary = Summary::default();
    let with = RECORD.replace(
        "</policy_evaluated>",
        "<reason><type>mailing_list</type></reason><reason><type>mailing_list</type></reason>\
         <reason><type>forwarded</type></reason></policy_evaluated>",
    );
    summary.add(&reports(&format!("{RECORD}{with}"), "a"));
    let domains = summary.domains();
    let (_, source) = &domains[0].sources[0];
    assert_eq!((source.messages, source.rejected, source.quarantined), (6, 6, 0));
    assert_eq!(source.overrides[&OverrideKind::MailingList], 3);
    assert_eq!(source.overrides[&OverrideKind::Other], 3);
    assert_eq!(source.spf[0].result, "softfail");
}
