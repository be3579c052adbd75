#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod destinations;

use super::*;
use crate::Limits;
use crate::clock::Clock;
use crate::dns::zone::Zone;
use futures_util::FutureExt as _;
use proptest::prelude::*;

fn look_within(zone: &str, domain: &str, limits: &Limits) -> Report {
    // A line of a zone that begins with a blank belongs to the name before it.
    let zone: String = zone
        .lines()
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    let zone = Zone::parse(zone.as_bytes(), "zone").unwrap();
    let session = Session::new(Arc::new(zone), Clock::system(), limits);
    lint(&session, &Name::parse(domain.as_bytes()).unwrap(), &Tracer::off())
        .now_or_never()
        .expect("a zone answers at once")
}

fn look_at(zone: &str, domain: &str) -> Report {
    look_within(zone, domain, &Limits::default())
}

fn look(zone: &str) -> Report {
    look_at(zone, "a.example")
}

/// The report on a record of a domain that takes mail.
fn of(record: &str) -> Report {
    look(&format!(
        "a.example. A 192.0.2.1\nb.example. A 192.0.2.1\n_dmarc.a.example. TXT \"{record}\""
    ))
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

/// Each of these tags, beside a record that is fine, leads to one finding: its code and what is to be written.
#[track_caller]
fn slips(code: &str, cases: &[(&str, &str)]) {
    for (tags, meant) in cases {
        let report = of(&format!("v=DMARC1; p=reject; rua=mailto:d@a.example; {tags}"));
        assert_eq!(codes(&report), [code], "{tags}");
        assert_eq!(report.findings[0].fix(), format!("Write '{meant}'."), "{tags}");
    }
}

#[test]
fn nothing_is_said_of_records_that_are_fine() {
    for record in [
        "v=DMARC1; p=reject; rua=mailto:d@a.example",
        "v=DMARC1;p=quarantine;sp=reject;np=reject;rua=mailto:d@a.example;",
        "v=DMARC1 ; p = reject ; rua = mailto:d@a.example , mailto:e@a.example ; ",
        "V=DMARC1; p=REJECT; adkim=s; aspf=S; t=n; psd=n; fo=1:d:s; rua=MAILTO:d@A.Example; ruf=mailto:f@a.example",
        "v=DMARC1; p=reject; rua=mailto:d@a.example?subject=p=none",
        "v=DMARC1; p=reject; rua=mailto:d%40x@a.example",
    ] {
        let report = of(record);
        assert_eq!(codes(&report), [""; 0], "{record}: {:#?}", report.findings);
        assert!(report.complete);
    }
}

#[test]
fn section_4_10_1_no_record() {
    let report = look("a.example. A 192.0.2.1");
    assert_eq!(codes(&report), ["no_record"]);
    assert_eq!((report.complete, report.applies), (true, None));
    assert_eq!(codes(&look("b.example. A 192.0.2.1")), ["no_such_domain"]);
}

#[test]
fn section_4_10_1_a_record_from_above_applies_with_sp_or_np_or_p() {
    let zone = |tags: &str, domain: &str| {
        let zone = format!(
            "_dmarc.a.example. TXT \"v=DMARC1; {tags}; rua=mailto:d@a.example\"
             a.example. A 192.0.2.1
             there.a.example. A 192.0.2.1"
        );
        look_at(&zone, domain)
    };
    for (tags, domain, policy, by, exists) in [
        ("p=reject", "there.a.example", Policy::Reject, "p", None),
        ("p=none;sp=reject", "there.a.example", Policy::Reject, "sp", None),
        (
            "p=quarantine;np=reject",
            "there.a.example",
            Policy::Quarantine,
            "p",
            Some(true),
        ),
        (
            "p=quarantine;np=reject",
            "not.a.example",
            Policy::Reject,
            "np",
            Some(false),
        ),
        (
            "p=none;sp=quarantine;np=reject",
            "there.a.example",
            Policy::Quarantine,
            "sp",
            Some(true),
        ),
    ] {
        let report = zone(tags, domain);
        let finding = found(&report, "inherited");
        let wanted = Problem::Inherited {
            from: Name::parse(b"a.example").unwrap(),
            policy: Some(policy),
            by,
            exists,
            suffix: false,
        };
        assert_eq!(finding.problem, wanted, "{tags}");
        let applies = report.applies.as_ref().unwrap();
        assert_eq!(
            (applies.from.as_str(), applies.policy),
            ("a.example", Some(policy)),
            "{tags}"
        );
    }
    let report = zone("p=none;sp=quarantine", "there.a.example");
    assert_eq!(found(&report, "policy_none").domain.as_str(), "a.example");
}

#[test]
fn section_4_10_1_an_unusable_record_from_above_is_told_as_such() {
    let zone = "_dmarc.a.example. TXT \"v=DMARC1; p=rejekt\"\nthere.a.example. A 192.0.2.1";
    let report = look_at(zone, "there.a.example");
    assert_eq!(codes(&report), ["policy_value", "inherited"]);
    assert_eq!(report.findings[0].domain.as_str(), "a.example");
    let applies = report.applies.unwrap();
    assert_eq!((applies.policy, applies.policies), (None, None));
}

#[test]
fn section_4_10_1_the_record_of_a_public_suffix_is_a_warning() {
    let zone = "_dmarc.example. TXT \"v=DMARC1; p=reject; psd=y\"\na.example. A 192.0.2.1";
    let report = look(zone);
    assert_eq!(codes(&report), ["inherited_from_suffix", "no_rua"]);
    assert_eq!(report.findings[0].severity(), Severity::Warning);
}

#[test]
fn section_4_10_more_than_one_record() {
    let zone = "a.example. A 192.0.2.1
        _dmarc.a.example. TXT \"v=DMARC1; p=none\"
        _dmarc.a.example. TXT \"v=DMARC1; p=reject\"";
    let report = look(zone);
    assert_eq!((codes(&report), report.applies), (vec!["several_records"], None));
    // Above, too: what applies to a subdomain is lost as well.
    let report = look_at(zone, "sub.a.example");
    assert_eq!(found(&report, "several_records").domain.as_str(), "a.example");
}

#[test]
fn section_4_7_what_was_meant_as_a_record() {
    for (text, why) in [
        ("v=DMARC1 p=none", "a semicolon has to follow"),
        ("v=DMARC1p=none", "a semicolon has to follow"),
        ("v=DMARC1, p=none", "a semicolon has to follow"),
        ("v=DMARC1:p=none", "a semicolon has to follow"),
        ("v=dmarc1; p=none", "capital letters"),
        ("v=DMARC2; p=none", "the version is exactly"),
        ("v=DMARC10; p=none", "the version is exactly"),
        ("v=DMARC; p=none", "the version is exactly"),
        (" v=DMARC1; p=none", "a blank before"),
        ("\\\"v=DMARC1; p=none\\\"", "something before"),
        ("\\226\\128\\156v=DMARC1; p=none", "something before"),
        ("p=none; v=DMARC1", "the first tag"),
        ("p=none; rua=mailto:d@a.example", "begin with 'v=DMARC1;'"),
        ("DMARC1; p=none", "exactly 'v=DMARC1;'"),
        ("v:DMARC1; p=none", "exactly 'v=DMARC1;'"),
    ] {
        let report = of(text);
        assert_eq!(codes(&report), ["near_miss"], "{text}: {:#?}", report.findings);
        let finding = &report.findings[0];
        assert!(finding.to_string().contains(why), "{text}: {finding}");
        assert_eq!(finding.severity(), Severity::Error);
    }
    let beside = "_dmarc.a.example. TXT \"v=DMARC1; p=reject\"\n_dmarc.a.example. TXT \"v=dmarc1; p=none\"";
    assert_eq!(found(&look(beside), "near_miss").severity(), Severity::Warning);
    let other = "_dmarc.a.example. TXT \"v=DMARC1; p=reject\"\n_dmarc.a.example. TXT \"v=spf1 -all\"";
    assert_eq!(codes(&look(other)), ["other_text", "no_rua"]);
}

#[test]
fn section_4_5_records_at_wrong_names() {
    for at in ["a.example.", "dmarc.a.example.", "_dmarc.a.example.a.example."] {
        let report = look(&format!("{at} TXT \"v=DMARC1; p=none\"\na.example. A 192.0.2.1"));
        assert_eq!(codes(&report), ["misplaced"], "{at}");
        assert_eq!(report.findings[0].fix(), "Move it to _dmarc.a.example.");
    }
    let zone = "_dmarc.s.a.example.a.example. TXT \"v=DMARC1; p=none\"\ns.a.example. A 192.0.2.1";
    assert_eq!(codes(&look_at(zone, "s.a.example")), ["misplaced"]);
    assert_eq!(codes(&look_at("", "_dmarc.a.example")), ["prefix_given"]);
}

#[test]
fn section_4_10_1_without_p_and_rua_a_record_does_not_count() {
    assert_eq!(codes(&of("v=DMARC1")), ["unusable"]);
    assert_eq!(codes(&of("v=DMARC1; sp=reject")), ["unusable"]);
    assert_eq!(codes(&of("v=DMARC1; rua=mailto:d@a.example")), ["no_policy"]);
    let report = of("v=DMARC1; p=rejct");
    assert_eq!(codes(&report), ["policy_value"]);
    assert!(report.findings[0].to_string().contains("does not count"));
    let report = of("v=DMARC1; p=reject; sp=rejct; rua=mailto:d@a.example");
    assert_eq!(codes(&report), ["policy_value"]);
    assert!(report.findings[0].to_string().contains("'p=none'"));
}

#[test]
fn section_4_7_policies_that_are_none_are_told_with_what_was_meant() {
    slips(
        "policy_value",
        &[
            ("sp=quarentine", "sp=quarantine"),
            ("sp=rejected", "sp=reject"),
            ("np=block", "np=reject"),
            ("sp=\\\"reject\\\"", "sp=reject"),
            ("sp=reject.", "sp=reject"),
            ("np=quarantined", "np=quarantine"),
        ],
    );
    let report = of("v=DMARC1; p=banana");
    assert_eq!(
        report.findings[0].fix(),
        "Write 'none', 'quarantine' or 'reject'."
    );
}

#[test]
fn section_4_8_values_that_do_not_exist_are_told_with_what_was_meant() {
    slips(
        "value",
        &[
            ("adkim=strict", "adkim=s"),
            ("aspf=relaxed", "aspf=r"),
            ("t=no", "t=n"),
            ("psd=no", "psd=n"),
            ("ruf=mailto:f@a.example; fo=1,d", "fo=1:d"),
            ("ruf=mailto:f@a.example; fo=0:1:s", "fo=1:s"),
        ],
    );
    let report = of("v=DMARC1; p=reject; rua=mailto:d@a.example; adkim=x");
    assert_eq!(
        report.findings[0].fix(),
        "Write 'adkim=s' or 'adkim=r', or remove it."
    );
}

#[test]
fn section_4_7_unknown_tags_are_told_with_what_was_meant() {
    slips(
        "unknown_tag",
        &[
            ("fuf=mailto:f@a.example", "ruf=mailto:f@a.example"),
            ("adkm=s", "adkim=s"),
            ("aspff=strict", "aspf=s"),
            ("subdomain=reject", "sp=reject"),
        ],
    );
    let report = of("v=DMARC1; policy=reject; rua=mailto:d@a.example");
    assert_eq!(codes(&report), ["unknown_tag", "no_policy"]);
    assert_eq!(found(&report, "unknown_tag").fix(), "Write 'p=reject'.");
    let report = of("v=DMARC1; p=reject; rua=mailto:d@a.example; ruas=mailto:e@a.example");
    assert!(report.findings[0].fix().ends_with("is there already."));
    let report = of("v=DMARC1; p=reject; rua=mailto:d@a.example; x=y");
    assert_eq!(codes(&report), ["unknown_tag"]);
    assert_eq!(report.findings[0].severity(), Severity::Notice);
    // What was meant as rua is not told as missing.
    assert_eq!(
        codes(&of("v=DMARC1; p=none; rau=mailto:d@a.example")),
        ["unknown_tag", "policy_none"]
    );
}

#[test]
fn section_4_8_a_semicolon_parts_tags() {
    for (record, meant) in [
        ("p=none rua=mailto:d@a.example", "p=none; rua=mailto:d@a.example"),
        ("p=nonerua=mailto:d@a.example", "p=none; rua=mailto:d@a.example"),
        (
            "p=reject,rua=mailto:d@a.example",
            "p=reject; rua=mailto:d@a.example",
        ),
        ("p=reject; adkim=s aspf=s", "adkim=s; aspf=s"),
        ("p=reject; pct=100ri=3600", "pct=100; ri=3600"),
    ] {
        let report = of(&format!("v=DMARC1; {record}"));
        assert_eq!(codes(&report)[0], "no_separator", "{record}");
        assert_eq!(report.findings[0].fix(), format!("Write '{meant}'."));
    }
    for (list, meant) in [
        (
            "rua=mailto:d@a.example, ruf=mailto:f@a.example",
            "rua=mailto:d@a.example; ruf=mailto:f@a.example",
        ),
        (
            "rua=mailto:d@a.exampleruf=mailto:f@a.example",
            "rua=mailto:d@a.example; ruf=mailto:f@a.example",
        ),
        (
            "rua=mailto:d@a.example sp=none",
            "rua=mailto:d@a.example; sp=none",
        ),
    ] {
        let report = of(&format!("v=DMARC1; p=reject; {list}"));
        assert_eq!(codes(&report), ["no_separator"], "{list}");
        assert_eq!(report.findings[0].fix(), format!("Write '{meant}'."));
    }
}

#[test]
fn section_4_8_parts_that_are_no_tags() {
    slips(
        "no_tag",
        &[("sp:none", "sp=none"), ("\\\"sp=none\\\"", "sp=none")],
    );
    for part in ["nonsense", "\\\"", "sp=", "p2=none"] {
        let report = of(&format!("v=DMARC1; p=reject; rua=mailto:d@a.example; {part}"));
        assert_eq!(codes(&report), ["no_tag"], "{part}");
        assert_eq!(report.findings[0].fix(), "Remove it.");
    }
    assert_eq!(
        codes(&of("v=DMARC1;; p=reject; rua=mailto:d@a.example;")),
        ["empty_part"]
    );
}

#[test]
fn section_4_6_commas_part_addresses() {
    let report = of("v=DMARC1; p=reject; rua=mailto:d@a.example; mailto:e@a.example");
    assert_eq!(codes(&report), ["stray_address"]);
    let finding = &report.findings[0];
    assert_eq!(finding.tag.as_deref(), Some("mailto:e@a.example"));
    assert_eq!(finding.place, Some(44..62));
}

#[test]
fn rfc6376_section_3_2_a_tag_stands_once() {
    let report = of("v=DMARC1; p=reject; p=none; rua=mailto:d@a.example");
    assert_eq!(codes(&report), ["repeated_tag"]);
    assert_eq!(report.findings[0].place, Some(20..26));
    let report = of("v=DMARC1; p=reject; rua=mailto:d@a.example; v=DMARC1; p=none");
    assert_eq!(codes(&report), ["glued_records", "repeated_tag"]);
}

#[test]
fn section_9_3_historic_tags() {
    let report = of("v=DMARC1; p=reject; pct=50; rf=afrf; ri=86400; rua=mailto:d@a.example");
    assert_eq!(codes(&report), ["historic_pct", "historic_tag", "historic_tag"]);
    assert_eq!(report.findings[0].severity(), Severity::Warning);
    assert!(report.findings[0].fix().contains("'t=y'"));
    let report = of("v=DMARC1; p=reject; pct=100; rua=mailto:d@a.example");
    assert_eq!(found(&report, "historic_pct").severity(), Severity::Notice);
    let report = of("v=DMARC1; p=reject; pct=0; rua=mailto:d@a.example");
    assert!(found(&report, "historic_pct").fix().starts_with("Write 't=y'"));
    let report = of("v=DMARC1; p=reject; pct=half; rua=mailto:d@a.example");
    assert_eq!(found(&report, "historic_pct").severity(), Severity::Notice);
}

#[test]
fn rfc7489_section_6_4_p_was_to_be_the_second_tag() {
    let report = of("v=DMARC1; rua=mailto:d@a.example; p=reject");
    assert_eq!(codes(&report), ["policy_not_second"]);
}

#[test]
fn section_4_8_addresses_that_are_no_uris() {
    for (item, meant) in [
        ("d@a.example", "mailto:d@a.example"),
        ("mail:d@a.example", "mailto:d@a.example"),
        ("mailto: d@a.example", "mailto:d@a.example"),
        ("mailto:<d@a.example>", "mailto:d@a.example"),
        ("mailto://d@a.example", "mailto:d@a.example"),
        ("mailto=d@a.example", "mailto:d@a.example"),
        ("d@a.example!10m", "mailto:d@a.example"),
    ] {
        let report = of(&format!("v=DMARC1; p=reject; rua={item},mailto:e@a.example"));
        let finding = found(&report, "uri");
        assert_eq!(finding.fix(), format!("Write '{meant}'."), "{item}");
        assert_eq!(finding.tag.as_deref(), Some(item));
    }
    let report = of("v=DMARC1; p=reject; rua=mailto:d@a.example,");
    assert!(found(&report, "uri").to_string().contains("comma"));
    let report = of("v=DMARC1; p=reject; rua=nobody");
    assert_eq!(codes(&report), ["uri"]);
}

#[test]
fn section_4_7_only_mail_must_be_supported() {
    let report = of("v=DMARC1; p=reject; rua=https://a.example/dmarc");
    assert_eq!(codes(&report), ["not_mailto"]);
}

#[test]
fn section_4_8_size_limits_are_obsolete() {
    let report = of("v=DMARC1; p=reject; rua=mailto:d@a.example!10m");
    assert_eq!(codes(&report), ["size_limit"]);
    assert_eq!(report.findings[0].fix(), "Write 'mailto:d@a.example'.");
}

#[test]
fn section_5_1_policies_that_protect_nobody() {
    let report = of("v=DMARC1; p=none");
    assert_eq!(codes(&report), ["none_without_reports"]);
    assert_eq!(report.findings[0].severity(), Severity::Warning);
    let report = of("v=DMARC1; p=none; rua=mailto:d@a.example");
    assert_eq!(codes(&report), ["policy_none"]);
    assert_eq!(report.findings[0].severity(), Severity::Notice);
    assert_eq!(codes(&of("v=DMARC1; p=reject")), ["no_rua"]);
}

#[test]
fn section_4_7_subdomains_are_not_to_be_weaker() {
    let rua = "rua=mailto:d@a.example";
    let report = of(&format!("v=DMARC1; p=reject; sp=none; {rua}"));
    assert_eq!(codes(&report), ["sp_weaker"]);
    assert!(report.findings[0].fix().contains("'np=reject'"));
    let report = of(&format!("v=DMARC1; p=reject; sp=quarantine; np=reject; {rua}"));
    assert_eq!(codes(&report), ["sp_weaker"]);
    assert!(!report.findings[0].fix().contains("np"));
    let report = of(&format!("v=DMARC1; p=reject; np=none; {rua}"));
    assert_eq!(codes(&report), ["np_weaker"]);
    let report = of(&format!("v=DMARC1; p=none; sp=reject; np=quarantine; {rua}"));
    assert_eq!(codes(&report), ["np_weaker", "policy_none"]);
}

#[test]
fn section_4_7_sp_below_the_organizational_domain_is_ignored() {
    let zone = "_dmarc.a.example. TXT \"v=DMARC1; p=reject\"
        _dmarc.s.a.example. TXT \"v=DMARC1; p=reject; sp=none; rua=mailto:d@a.example\"
        a.example. A 192.0.2.1";
    let report = look_at(zone, "s.a.example");
    assert_eq!(codes(&report), ["subdomain_policy_ignored"]);
    let zone = zone
        .replace("sp=none; rua=mailto:d@a", "sp=none; psd=n; rua=mailto:d@s.a")
        .replace("a.example. A 192.0.2.1", "s.a.example. A 192.0.2.1");
    assert_eq!(codes(&look_at(&zone, "s.a.example")), ["sp_weaker"]);
}

#[test]
fn section_4_7_testing() {
    let report = of("v=DMARC1; p=reject; t=y; rua=mailto:d@a.example");
    assert_eq!(codes(&report), ["testing"]);
    assert!(
        report.findings[0]
            .to_string()
            .contains("reject counts as quarantine")
    );
    assert_eq!(report.findings[0].severity(), Severity::Notice);
    let report = of("v=DMARC1; p=quarantine; t=y");
    assert_eq!(found(&report, "testing").severity(), Severity::Warning);
    let report = of("v=DMARC1; p=none; t=y; rua=mailto:d@a.example");
    assert_eq!(codes(&report), ["policy_none", "testing_without_effect"]);
}

#[test]
fn section_4_7_psd() {
    let report = of("v=DMARC1; p=reject; psd=y; rua=mailto:d@a.example; ruf=mailto:f@a.example");
    assert_eq!(codes(&report), ["public_suffix", "public_suffix_ruf"]);
    assert_eq!(report.findings[1].clause(), "RFC 9991 section 2");
}

#[test]
fn section_5_2_a_top_level_domain_has_psd_y() {
    let zone = |tags: &str| {
        format!(
            "_dmarc.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@nic.example{tags}\"\nnic.example. A 192.0.2.1"
        )
    };
    assert_eq!(codes(&look_at(&zone(""), "example"))[0], "public_suffix_missing");
    let report = look_at(&zone("; psd=y"), "example");
    assert!(
        !codes(&report)
            .iter()
            .any(|code| code.starts_with("public_suffix")),
        "{report:#?}"
    );
}

#[test]
fn section_4_7_fo_needs_ruf() {
    let report = of("v=DMARC1; p=reject; rua=mailto:d@a.example; fo=1");
    assert_eq!(codes(&report), ["fo_without_ruf"]);
}

#[test]
fn rfc1035_section_4_2_1_long_records_and_answers() {
    let list = vec!["mailto:somebody@a.example"; 20].join(",");
    let (first, rest) = list.split_at(200);
    let (second, third) = rest.split_at(200);
    let report = of(&format!(
        "v=DMARC1; p=reject; rua=\" \"{first}\" \"{second}\" \"{third}"
    ));
    assert_eq!(codes(&report), ["record_length"]);
    let text = "x".repeat(200);
    let zone = format!(
        "a.example. A 192.0.2.1\n_dmarc.a.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@a.example\"
         _dmarc.a.example. TXT \"1{text}\"\n_dmarc.a.example. TXT \"2{text}\""
    );
    assert_eq!(codes(&look(&zone)), ["other_text", "other_text", "answer_length"]);
}

#[test]
fn findings_are_bounded() {
    let part = "x=y;".repeat(60);
    // The length is told last.
    let parts = vec![part; 60].join("\" \"");
    let report = of(&format!(
        "v=DMARC1; p=reject; rua=mailto:d@a.example;\" \"{parts}"
    ));
    assert_eq!(report.findings.len(), 101);
    let cut = Problem::Cut { left_out: 3_501 };
    assert_eq!(found(&report, "cut").problem, cut);
    let report = of(&format!(
        "v=DMARC1; p=reject;\" \"{parts}\" \"rua=nobody; sp=rejekt"
    ));
    assert_eq!(codes(&report)[..2], ["uri", "policy_value"]);
    assert_eq!(report.findings.len(), 101);
}

proptest! {
    /// Whatever stands in a record, the place of a finding holds what the finding quotes, each finding has words, and what the
    /// parser of records complains of is told.
    #[test]
    fn every_finding_quotes_what_stands_at_its_place(
        tail in proptest::collection::vec(
            prop_oneof![
                Just(b";".to_vec()), Just(b"=".to_vec()), Just(b",".to_vec()), Just(b" ".to_vec()),
                Just(b"p".to_vec()), Just(b"sp=none".to_vec()), Just(b"rua=".to_vec()), Just(b"mailto:a@b.test".to_vec()),
                Just(b"v=DMARC1".to_vec()), Just(b"!10m".to_vec()), Just(b"reject".to_vec()), Just(b"%".to_vec()),
                proptest::collection::vec(any::<u8>(), 0..6),
            ],
            0..24,
        )
    ) {
        let octets = [b"v=DMARC1;".to_vec(), tail.concat()].concat();
        if let Ok(record) = Record::parse(&octets) {
            let domain = Name::parse(b"a.example").unwrap();
            let inspected = inspect::record(&domain, &octets, &record, Some(&domain));
            for finding in &inspected.findings {
                prop_assert!(!finding.to_string().is_empty() && !finding.fix().is_empty());
                if let Some(place) = &finding.place {
                    let quoted = crate::error::printable(&octets[place.clone()]);
                    prop_assert_eq!(finding.tag.as_ref(), Some(&quoted));
                }
            }
            let complains = !record.problems.is_empty() || record.policies().is_err();
            prop_assert!(!complains || !inspected.findings.is_empty());
            for address in &inspected.addresses {
                prop_assert!(octets[address.place.clone()].starts_with(address.uri.as_str().as_bytes()));
            }
        }
    }
}
