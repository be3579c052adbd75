//! The records of appendix B.2, as its zone files have them, and what the receiver of appendix B.3 makes of the first.

use super::*;
use crate::dmarc::{AlignmentMode, DmarcResult, Policies, Policy, Record, Unusable};
use crate::dns::zone::Zone;

/// The only record of a zone file.
fn published(origin: &str, entry: &str, owner: &str) -> Record {
    let zone = Zone::parse(format!("$ORIGIN {origin}.\n{entry}\n").as_bytes(), "appendix B").unwrap();
    let answer = zone.answer(&Question::new(name(owner), RecordType::Txt));
    let Answer::Records { records, .. } = answer else {
        panic!("{owner}: {answer}");
    };
    let texts = records.into_txt().unwrap();
    assert_eq!(texts.len(), 1);
    Record::parse(&texts[0]).unwrap()
}

fn mailboxes(uris: &[crate::dmarc::ReportUri]) -> Vec<&str> {
    uris.iter().map(|uri| uri.mailto().unwrap()).collect()
}

fn same(policy: Policy) -> Result<Policies, Unusable> {
    Ok(Policies {
        p: policy,
        sp: policy,
        np: policy,
    })
}

#[test]
fn appendix_b_2_1_entire_domain_monitoring_mode() {
    let entry = "_dmarc  IN TXT ( \"v=DMARC1; p=none; \"\n \"rua=mailto:dmarc-feedback@example.com\" )";
    let record = published("example.com", entry, "_dmarc.example.com");
    assert_eq!(record.policies(), same(Policy::None));
    assert_eq!(mailboxes(&record.rua), ["dmarc-feedback@example.com"]);
    // "no "t" tag present, so the default of "n" applies"
    assert!(!record.t && record.ruf.is_empty() && record.problems.is_empty());
    assert_eq!(
        (record.adkim, record.aspf),
        (AlignmentMode::Relaxed, AlignmentMode::Relaxed)
    );
}

#[test]
fn appendix_b_2_2_entire_domain_monitoring_mode_per_message_failure_reports() {
    let entry = "_dmarc  IN TXT ( \"v=DMARC1; p=none; \"\n \"rua=mailto:dmarc-feedback@example.com; \"\n \
                 \"ruf=mailto:auth-reports@example.com\" )";
    let record = published("example.com", entry, "_dmarc.example.com");
    assert_eq!(mailboxes(&record.rua), ["dmarc-feedback@example.com"]);
    assert_eq!(mailboxes(&record.ruf), ["auth-reports@example.com"]);
    assert!(record.fo.all_failed && !record.fo.any_failed && record.problems.is_empty());
}

#[test]
fn appendix_b_2_3_per_message_failure_reports_directed_to_third_party() {
    let entry = "_dmarc IN TXT ( \"v=DMARC1; p=none; \"\n \"rua=mailto:dmarc-feedback@example.com; \"\n \
                 \"ruf=mailto:auth-reports@thirdparty.example.net\" )";
    let record = published("example.com", entry, "_dmarc.example.com");
    assert_eq!(mailboxes(&record.ruf), ["auth-reports@thirdparty.example.net"]);
    // Accepts reports, and is no policy that could be applied.
    let entry = "example.com._report._dmarc   IN   TXT    \"v=DMARC1;\"";
    let owner = "example.com._report._dmarc.thirdparty.example.net";
    let record = published("thirdparty.example.net", entry, owner);
    assert_eq!(record.policies(), Err(Unusable { tag: "p" }));
}

#[test]
fn appendix_b_2_4_overriding_destination_addresses() {
    let entry = "example.com._report._dmarc   IN   TXT    (\n \"v=DMARC1; \"\n \
                 \"rua=mailto:aggregate-reports@thirdparty.example.net; \"\n \
                 \"ruf=mailto:failure-reports@thirdparty.example.net\" )";
    let owner = "example.com._report._dmarc.thirdparty.example.net";
    let record = published("thirdparty.example.net", entry, owner);
    assert_eq!(
        mailboxes(&record.rua),
        ["aggregate-reports@thirdparty.example.net"]
    );
    assert_eq!(mailboxes(&record.ruf), ["failure-reports@thirdparty.example.net"]);
}

#[test]
fn appendix_b_2_5_subdomain_testing_and_multiple_aggregate_report_uris() {
    let entry = "_dmarc IN  TXT  ( \"v=DMARC1; p=quarantine; \"\n \"rua=mailto:dmarc-feedback@example.com,\"\n \
                 \"mailto:tld-test@thirdparty.example.net; \"\n \"t=y\" )";
    let record = published("test.example.com", entry, "_dmarc.test.example.com");
    let both = ["dmarc-feedback@example.com", "tld-test@thirdparty.example.net"];
    assert_eq!((mailboxes(&record.rua), record.t), (both.to_vec(), true));
    assert_eq!(record.policies(), same(Policy::Quarantine));
    let text = "v=DMARC1; p=quarantine; rua=mailto:dmarc-feedback@example.com; t=y";
    let judged = |author: &str| {
        let memory = Memory::default().txt("_dmarc.test.example.com", &[text]);
        check(memory, &Author::from_domain(name(author)), None, &[]).0
    };
    let verdict = judged("test.example.com");
    assert_eq!(
        (verdict.policy, verdict.disposition),
        (Some(Policy::Quarantine), Some(Policy::None))
    );
    // "It is applied only to this subdomain"
    assert_eq!(judged("example.com").result, DmarcResult::None);
    let entry = "_dmarc IN  TXT  ( \"v=DMARC1; p=reject; \"\n \"rua=mailto:dmarc-feedback@example.com,\"\n \
                 \"mailto:tld-test@thirdparty.example.net\" )";
    let record = published("test.example.com", entry, "_dmarc.test.example.com");
    assert_eq!((record.policies(), record.t), (same(Policy::Reject), false));
}
