//! Whether a domain has one record, and how long it may be.

use super::{codes, found, look, look_within, of};
use crate::limits::Limits;
use crate::spf::lint::{Found, Report, Severity};
use std::fmt::Write as _;

#[test]
fn rfc7208_section_4_3_domains_that_cannot_have_a_record() {
    let report = look("b.example. TXT x");
    assert_eq!(codes(&report), ["no_such_domain"]);
    let report = look_within("localhost. TXT \"v=spf1 -all\"", "localhost", &Limits::default());
    assert_eq!(codes(&report), ["single_label"]);
}

#[test]
fn rfc7208_section_4_5_no_record_and_what_was_meant_as_one() {
    assert_eq!(codes(&of("hello")), ["no_record"]);
    assert_eq!(codes(&look("a.example. A 192.0.2.1")), ["no_record"]);
    for text in [
        "v=spf1-all",
        "v=spf1include:b.example -all",
        "v=spf1; a -all",
        "v=spf10 -all",
        " v=spf1 -all",
        "\\\"v=spf1 -all\\\"",
        "\\226\\128\\156v=spf1 -all",
        "v=spf -all",
        "v = spf1 -all",
        "spf1 -all",
        "v=sfp1 -all",
        "v=spf1\\009-all",
    ] {
        let report = of(text);
        assert_eq!(codes(&report), ["near_miss"], "{text}");
        assert_eq!(report.findings[0].severity(), Severity::Error);
    }
    let report = look("a.example. TXT \"v=spf1 -all\"\na.example. TXT \"v=spf1include:b.example -all\"");
    assert_eq!(found(&report, "near_miss").severity(), Severity::Warning);
    let report = look("a.example. TXT \"v=spf1 -all\"\na.example. TXT \"spf2.0/pra -all\"");
    assert_eq!(codes(&report), ["sender_id"]);
}

#[test]
fn rfc7208_section_3_2_more_than_one_record() {
    let report = look("a.example. TXT \"v=spf1 a -all\"\na.example. TXT \"v=spf1 mx -all\"");
    assert_eq!(codes(&report), ["several_records"]);
    assert_eq!((report.record(), &report.tree.found), (None, &Found::Several(2)));
    let zone = "a.example. TXT \"v=spf1 include:b.example -all\"
        b.example. TXT \"v=spf1 a -all\"\nb.example. TXT \"v=spf1 mx -all\"";
    let report = look(zone);
    assert_eq!(found(&report, "several_records").domain.as_str(), "b.example");
}

#[test]
fn rfc7208_section_3_4_long_records() {
    let record = |count: u8| {
        let ranges: Vec<String> = (0..count)
            .map(|at| format!("\" ip4:192.0.2.{}\"", u32::from(at) * 2))
            .collect();
        look(&format!(
            "a.example. TXT \"v=spf1\" {} \" -all\"",
            ranges.join(" ")
        ))
    };
    // Several strings of one record are joined without anything between (section 3.3).
    assert_eq!(codes(&record(20)), [""; 0]);
    let severity = |report: &Report| found(report, "record_length").severity();
    assert_eq!(severity(&record(32)), Severity::Notice);
    assert_eq!(severity(&record(40)), Severity::Warning);
    let mut zone = "a.example. TXT \"v=spf1 -all\"\n".to_owned();
    for at in 0..8 {
        let _ = writeln!(
            zone,
            "a.example. TXT \"site-verification={at}{}\"",
            "x".repeat(50)
        );
    }
    assert_eq!(codes(&look(&zone)), ["answer_length"]);
    // The name, the record and the other text: 9 + 11 + 430 and one more.
    let beside = |octets: usize| {
        let strings: Vec<String> = [200, octets - 200]
            .map(|length| format!("\"{}\"", "x".repeat(length)))
            .into();
        look(&format!(
            "a.example. TXT \"v=spf1 -all\"\na.example. TXT {}",
            strings.join(" ")
        ))
    };
    assert_eq!(codes(&beside(430)), [""; 0]);
    assert_eq!(codes(&beside(431)), ["answer_length"]);
    assert!(beside(431).findings[0].to_string().contains("451 octets"));
}
