//! The records of appendix B.2, as its zone files have them, and the receiver of appendix B.3. Those of B.1 stand in `verdict`, of B.4 in
//! `discovery`.

use super::*;
use crate::dmarc::{
    AlignmentMode, Circumstances, DmarcResult, OverrideKind, Overrides, Policies, Policy, Record, Unusable,
};
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

/// Author domain, identifiers and record of appendix B.3.1.
fn smtp_session(spf: Outcome, dkim: Outcome) -> (Verdict, Vec<String>) {
    let record = "v=DMARC1; p=reject; aspf=r; rua=mailto:dmarc-feedback@example.com";
    check(
        Memory::default().txt("_dmarc.example.com", &[record]),
        &Author::from_domain(name("example.com")),
        Some(identifier("mail.example.com", spf)),
        &[identifier("example.com", dkim)],
    )
}

#[test]
fn appendix_b_3_1_smtp_session_example_passes_by_both_identifiers() {
    let (verdict, asked) = smtp_session(Outcome::Pass, Outcome::Pass);
    // The policy record, and what relaxed alignment of mail.example.com needs.
    assert_eq!(
        asked,
        [
            "_dmarc.example.com TXT",
            "_dmarc.com TXT",
            "_dmarc.mail.example.com TXT"
        ]
    );
    assert_eq!(verdict.result, DmarcResult::Pass);
    assert!(verdict.spf_aligned && verdict.dkim_aligned);
    // "avoiding the "reject" policy that is requested to be applied to email that fails"
    assert_eq!(
        (verdict.policy, verdict.disposition),
        (Some(Policy::Reject), Some(Policy::None))
    );
    let record = verdict.record.unwrap();
    assert_eq!(mailboxes(&record.rua), ["dmarc-feedback@example.com"]);
    // No AFRF-based reporting is requested.
    assert!(record.ruf.is_empty() && record.problems.is_empty());
}

#[test]
fn appendix_b_3_1_smtp_session_example_without_an_aligned_identifier() {
    // One of both is enough.
    assert_eq!(
        smtp_session(Outcome::Pass, Outcome::NoPass).0.result,
        DmarcResult::Pass
    );
    assert_eq!(
        smtp_session(Outcome::NoPass, Outcome::Pass).0.result,
        DmarcResult::Pass
    );
    let (verdict, _) = smtp_session(Outcome::NoPass, Outcome::NoPass);
    assert_eq!(
        (verdict.result, verdict.disposition),
        (DmarcResult::Fail, Some(Policy::Reject))
    );
    // "from a known and trusted forwarder (that happens to break both SPF and DKIM)"
    let mut trusted = verdict;
    let circumstances = Circumstances {
        client: Some("192.0.2.1".parse().unwrap()),
        header: &HeaderFields::default(),
        passed: &[],
    };
    Overrides::default()
        .trust_forwarder("192.0.2.1")
        .unwrap()
        .apply(&mut trusted, &circumstances);
    assert_eq!(
        (trusted.result, trusted.disposition),
        (DmarcResult::Fail, Some(Policy::None))
    );
    assert_eq!(trusted.overridden.unwrap().kind, OverrideKind::TrustedForwarder);
    // "transient network errors": a 4xy code, so neither a pass nor a fail.
    assert_eq!(
        smtp_session(Outcome::NoPass, Outcome::TempError).0.result,
        DmarcResult::TempError
    );
    assert_eq!(
        smtp_session(Outcome::Pass, Outcome::TempError).0.result,
        DmarcResult::Pass
    );
}

#[test]
fn appendix_b_4_where_the_result_is_not_pass_the_record_of_the_policy_domain_decides() {
    let fails = |memory: Memory, author: &str, spf: &str, dkim: &str| {
        let (spf, dkim) = (
            identifier(spf, Outcome::NoPass),
            identifier(dkim, Outcome::NoPass),
        );
        let verdict = check(memory, &Author::from_domain(name(author)), Some(spf), &[dkim]).0;
        assert_eq!(verdict.result, DmarcResult::Fail);
        (
            verdict.policy_domain.unwrap().to_string(),
            verdict.disposition.unwrap(),
        )
    };
    let signing = || {
        Memory::default()
            .txt("_dmarc.example.com", &["v=DMARC1; p=quarantine; sp=reject"])
            .txt("_dmarc.signing.example.com", &["v=DMARC1; p=none"])
            .txt("com", &["a top-level domain"])
    };
    // B.4.1
    assert_eq!(
        fails(signing(), "example.com", "example.com", "signing.example.com"),
        ("example.com".into(), Policy::Quarantine)
    );
    // B.4.2: sp, or rather np, for the author domain does not exist; its default is sp.
    assert_eq!(
        fails(
            signing(),
            "a.b.c.d.e.f.g.h.i.j.k.example.com",
            "example.com",
            "signing.example.com"
        ),
        ("example.com".into(), Policy::Reject)
    );
    // B.4.3: an identifier that passes without being aligned is none.
    let bank = Memory::default()
        .txt("_dmarc.bank.example", &["v=DMARC1; p=none; psd=y"])
        .txt("_dmarc.giant.bank.example", &["v=DMARC1; p=reject"]);
    let author = Author::from_domain(name("giant.bank.example"));
    let verdict = check(bank, &author, None, &[passing("mail.mega.bank.example")]).0;
    assert_eq!(
        (verdict.result, verdict.disposition),
        (DmarcResult::Fail, Some(Policy::Reject))
    );
}
