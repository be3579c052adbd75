//! Where reports go, and what the DNS does not answer.

use super::*;

const CONSENT: &str = "a.example._report._dmarc.r.test. TXT";

/// A record whose reports go to another organization, with these lines about that.
fn abroad(tags: &str, lines: &str) -> Report {
    look(&format!(
        "a.example. A 192.0.2.1\nr.test. MX 10 mail.r.test.\n_dmarc.a.example. TXT \"v=DMARC1; p=reject; {tags}\"\n{lines}"
    ))
}

#[test]
fn rfc9990_section_4_another_organization_has_to_agree() {
    let tags = "rua=mailto:d@r.test";
    let report = abroad(tags, "");
    assert_eq!(codes(&report), ["not_authorized"]);
    let finding = &report.findings[0];
    assert!(
        finding.fix().contains("a.example._report._dmarc.r.test"),
        "{}",
        finding.fix()
    );
    assert_eq!(
        (finding.tag.as_deref(), finding.clause()),
        (Some("mailto:d@r.test"), "RFC 9990 section 4")
    );
    let destination = &report.applies.as_ref().unwrap().destinations[0];
    assert_eq!(
        (destination.external, destination.authorized),
        (Some(true), Some(false))
    );
    for consent in ["v=DMARC1", "v=DMARC1;", "v=DMARC1; rua=mailto:other@r.test"] {
        let report = abroad(tags, &format!("{CONSENT} \"{consent}\""));
        assert_eq!(codes(&report), [""; 0], "{consent}");
        let destination = &report.applies.as_ref().unwrap().destinations[0];
        assert_eq!(
            (destination.external, destination.authorized),
            (Some(true), Some(true))
        );
    }
    // "A TXT resource record at *._report._dmarc.example.com" is for all domains.
    assert_eq!(
        codes(&abroad(tags, "*._report._dmarc.r.test. TXT \"v=DMARC1\"")),
        [""; 0]
    );
    // Step 6: the version is mandatory and first.
    let report = abroad(tags, &format!("{CONSENT} \"yes, please\""));
    assert_eq!(codes(&report), ["not_authorized"]);
    assert!(report.findings[0].to_string().contains("is no consent"));
    // Step 8: one is enough.
    let report = abroad(tags, &format!("{CONSENT} \"yes\"\n{CONSENT} \"v=DMARC1\""));
    assert_eq!(codes(&report), [""; 0]);
}

#[test]
fn rfc9990_section_4_step_9_an_override_stays_at_the_same_host() {
    let report = abroad(
        "rua=mailto:d@r.test",
        &format!("{CONSENT} \"v=DMARC1; rua=mailto:d@s.test\""),
    );
    assert_eq!(codes(&report), ["override_elsewhere"]);
    // That of failure reports says nothing of aggregate reports.
    let report = abroad(
        "rua=mailto:d@r.test",
        &format!("{CONSENT} \"v=DMARC1; ruf=mailto:d@s.test\""),
    );
    assert_eq!(codes(&report), [""; 0]);
}

#[test]
fn rfc9990_section_4_step_4_a_name_too_long_is_no_consent() {
    let label = "x".repeat(60);
    let domain = format!("{label}.{label}.{label}.a.example");
    let host = format!("{label}.r.test");
    let zone =
        format!("_dmarc.{domain}. TXT \"v=DMARC1; p=reject; rua=mailto:d@\" \"{host}\"\n{host}. A 192.0.2.1");
    let report = look_at(&zone, &domain);
    assert_eq!(codes(&report), ["not_authorized"]);
    assert!(report.findings[0].to_string().contains("too long"));
}

#[test]
fn rfc9991_section_5_failure_reports_need_the_same_consent() {
    let report = abroad("rua=mailto:d@a.example; ruf=mailto:f@r.test", "");
    assert_eq!(codes(&report), ["not_authorized"]);
    assert_eq!(report.findings[0].clause(), "RFC 9991 section 5");
}

#[test]
fn rfc9990_section_4_the_same_organization_needs_no_consent() {
    let zone = "_dmarc.a.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@reports.a.example\"
        _dmarc.s.a.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@a.example\"
        a.example. A 192.0.2.1\nreports.a.example. MX 10 a.example.";
    for domain in ["a.example", "s.a.example"] {
        let report = look_at(zone, domain);
        assert_eq!(codes(&report), [""; 0], "{domain}");
        let destination = &report.applies.as_ref().unwrap().destinations[0];
        assert_eq!(
            (destination.external, destination.authorized),
            (Some(false), None)
        );
    }
    // A subdomain that is an organization of its own (psd=n) is another one.
    let zone = format!("{zone}\n_dmarc.reports.a.example. TXT \"v=DMARC1; p=reject; psd=n\"");
    assert_eq!(codes(&look(&zone)), ["not_authorized"]);
}

#[test]
fn rfc5321_section_5_1_an_address_takes_mail() {
    let rua = |host: &str| format!("_dmarc.a.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@{host}\"\n");
    let zone = |lines: &str| format!("{}{lines}", rua("m.a.example"));
    assert_eq!(codes(&look(&zone(""))), ["destination_missing"]);
    assert_eq!(
        codes(&look(&zone("m.a.example. TXT \"x\""))),
        ["destination_missing"]
    );
    assert_eq!(codes(&look(&zone("m.a.example. AAAA 2001:db8::1"))), [""; 0]);
    let report = look(&zone("m.a.example. MX 0 ."));
    assert_eq!(
        (codes(&report), report.findings[0].clause()),
        (vec!["null_mx"], "RFC 7505 section 3")
    );
    for host in ["a..example", "-%.example", "xn--a.example\\226\\128\\139"] {
        let report = look(&rua(host));
        assert!(!report.findings.is_empty(), "{host}");
    }
    assert_eq!(codes(&look(&rua("a..example"))), ["destination_malformed"]);
}

#[test]
fn failures_of_the_dns_make_the_report_incomplete_and_no_error() {
    for (zone, code) in [
        ("$FAIL _dmarc.a.example TXT SERVFAIL", "not_looked_up"),
        (
            "$FAIL a.example._report._dmarc.r.test TXT TIMEOUT",
            "not_looked_up",
        ),
        ("$FAIL r.test MX SERVFAIL", "not_looked_up"),
    ] {
        let own = if zone.contains("_dmarc.a.example TXT") {
            String::new()
        } else {
            "_dmarc.a.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@r.test\"\n".to_owned()
        };
        let consent = if zone.contains("_report") {
            String::new()
        } else {
            format!("{CONSENT} \"v=DMARC1\"\nr.test. TXT x\n")
        };
        let mail = if zone.contains("MX") {
            ""
        } else {
            "r.test. MX 10 m.r.test.\n"
        };
        let report = look(&format!("{own}{consent}{mail}a.example. A 192.0.2.1\n{zone}"));
        assert_eq!((codes(&report), report.complete), (vec![code], false), "{zone}");
    }
    // Whether that is the same organization is not known, and without consent it matters.
    let zone = "_dmarc.a.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@r.example\"
        r.example. MX 10 r.example.\n$FAIL _dmarc.r.example TXT SERVFAIL";
    let report = look(zone);
    assert_eq!((codes(&report), report.complete), (vec!["not_looked_up"], false));
    let zone = format!("{zone}\na.example._report._dmarc.r.example. TXT \"v=DMARC1\"");
    assert_eq!(codes(&look(&zone)), [""; 0]);
    // The organizational domain is unknown, the record is not.
    let zone = "_dmarc.s.a.example. TXT \"v=DMARC1; p=reject; rua=mailto:d@s.a.example\"
        s.a.example. A 192.0.2.1\n$FAIL _dmarc.a.example TXT SERVFAIL";
    let report = look_at(zone, "s.a.example");
    assert_eq!((codes(&report), report.complete), (vec!["not_looked_up"], false));
    assert_eq!(report.findings[0].severity(), Severity::Warning);
    assert_eq!(report.applies.unwrap().organizational, None);
}

#[test]
fn questions_are_bounded() {
    let list: Vec<String> = (0..40).map(|at| format!("mailto:d@r{at}.test")).collect();
    let strings: Vec<String> = list.chunks(8).map(|chunk| chunk.join(",")).collect();
    let zone = format!(
        "a.example. A 192.0.2.1\n_dmarc.a.example. TXT \"v=DMARC1; p=reject; rua={}\"",
        strings.join(",\" \"")
    );
    let report = look(&zone);
    let left_out = found(&report, "destinations_left_out");
    assert_eq!(left_out.problem, Problem::DestinationsLeftOut { left_out: 30 });
    assert!(!report.complete);
    let limits = Limits {
        dns_questions: 4,
        ..Limits::default()
    };
    let report = look_within(&zone, "a.example", &limits);
    let used_up = codes(&report).iter().filter(|code| **code == "used_up").count();
    assert_eq!((used_up, report.complete), (1, false));
    let none = Limits {
        dns_questions: 0,
        ..Limits::default()
    };
    assert_eq!(codes(&look_within(&zone, "a.example", &none)), ["not_looked_up"]);
}
