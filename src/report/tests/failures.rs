//! Failure reports. Section numbers are those of RFC 9991 unless another is named.

use super::*;
use crate::report::{FailureReport, NoFailure, failure};
use mail_parser::{MessageParser, MimeHeaders, PartType};

const HEADER: &[u8] = b"From: Ada <ada@example.org>\r\nSubject: hello\r\n";

fn report(client: &str, domain: &str) -> Result<FailureReport, NoFailure> {
    failure(&from(domain, client), HEADER, &reporter())
}

fn field<'a>(report: &'a FailureReport, name: &str) -> Option<&'a str> {
    let mut lines = report.fields.split("\r\n");
    lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[test]
fn section_4_the_fields_that_a_dmarc_failure_has() {
    let report = report("192.0.2.9", "example.org").unwrap();
    assert_eq!(report.domain, "example.org");
    assert_eq!(report.destinations[0].as_str(), "mailto:f@example.org");
    for (name, value) in [
        ("Feedback-Type", "auth-failure"),
        ("Version", "1"),
        ("Auth-Failure", "dmarc"),
        // "mechanism names that failed to authenticate an aligned identity"
        ("Identity-Alignment", "dkim, spf"),
        ("Delivery-Result", "reject"),
        ("SPF-DNS", "txt : example.org : \"v=spf1 ip4:192.0.2.1 -all\""),
        ("Source-IP", "192.0.2.9"),
        ("Original-Mail-From", "<ada@example.org>"),
        ("Reported-Domain", "example.org"),
        ("Reporting-MTA", "dns;mx.example"),
        ("Arrival-Date", "Sun, 1 Mar 2026 09:01:00 +0000"),
    ] {
        assert_eq!(field(&report, name), Some(value), "{name}");
    }
    assert!(field(&report, "User-Agent").unwrap().starts_with("mailrep/"));
    // mail-auth reads the same.
    let feedback = mail_auth::report::Feedback::parse_arf(report.fields.as_bytes()).unwrap();
    assert_eq!(feedback.source_ip(), Some("192.0.2.9".parse().unwrap()));
    assert!(feedback.authentication_results()[0].contains("dmarc=fail"));
}

#[test]
fn section_4_a_signature_of_an_aligned_domain_that_failed_is_named() {
    let message = "DKIM-Signature: v=1; a=rsa-sha256; d=other.example; s=o; h=from; bh=AAAA; b=AAAA\r\n\
        DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; i=ada@example.org; h=from; bh=AAAA; b=AAAA\r\n\
        From: ada@example.org\r\n\r\nx\r\n";
    let verdict = verdict("192.0.2.1", "host.example", "ada@example.org", message);
    // fo=1: SPF passed, DKIM did not.
    let report = failure(&verdict, HEADER, &reporter()).unwrap();
    assert_eq!(field(&report, "Identity-Alignment"), Some("dkim"));
    assert_eq!(field(&report, "DKIM-Domain"), Some("example.org"));
    assert_eq!(field(&report, "DKIM-Selector"), Some("s1"));
    assert_eq!(field(&report, "DKIM-Identity"), Some("ada@example.org"));
    assert_eq!(field(&report, "SPF-DNS"), None);
}

#[test]
fn rfc9989_section_4_7_fo_decides_what_is_reported() {
    // fo=1 by default of example.org: SPF passes, DKIM does not.
    assert!(report("192.0.2.1", "example.org").is_ok());
    // fo=0, and nothing passes: no record of SPF.
    assert!(report("192.0.2.1", "open.example").is_ok());
    let mut passed = from("open.example", "192.0.2.1");
    passed.dmarc.spf_aligned = true;
    assert_eq!(failure(&passed, HEADER, &reporter()), Err(NoFailure::NotFailed));
}

#[test]
fn section_2_who_asks_for_none_gets_none() {
    assert_eq!(report("192.0.2.9", "trial.example"), Err(NoFailure::NotAsked));
    // "must not consider ruf tags in records having a psd=y tag"
    assert_eq!(report("192.0.2.9", "suffix.example"), Err(NoFailure::NotAsked));
    assert_eq!(report("192.0.2.9", "nobody.example"), Err(NoFailure::NoPolicy));
}

#[test]
fn rfc5965_section_2_the_mail_has_three_parts() {
    let report = report("192.0.2.9", "example.org").unwrap();
    let mail = report.mail("dmarc@mx.example", &["f@example.org".to_owned()], NOW);
    let message = MessageParser::new().parse(&mail.octets).unwrap();
    let root = message.content_type().unwrap();
    assert_eq!((root.ctype(), root.subtype()), ("multipart", Some("report")));
    assert_eq!(root.attribute("report-type"), Some("feedback-report"));
    let types: Vec<String> = message
        .parts
        .iter()
        .skip(1)
        .map(|part| {
            let kind = part.content_type().unwrap();
            format!("{}/{}", kind.ctype(), kind.subtype().unwrap())
        })
        .collect();
    assert_eq!(
        types,
        ["text/plain", "message/feedback-report", "text/rfc822-headers"]
    );
    let text = String::from_utf8(mail.octets.clone()).unwrap();
    assert!(text.contains("\r\n\r\nFrom: Ada <ada@example.org>\r\nSubject: hello\r\n"));
    let peer = mail_auth::report::Feedback::parse_rfc5322(&mail.octets).unwrap();
    assert_eq!(peer.feedback_type(), mail_auth::report::FeedbackType::AuthFailure);
}

#[test]
fn a_hostile_header_is_carried_and_breaks_nothing() {
    let verdict = from("example.org", "192.0.2.9");
    let hostile = [
        &b"Subject: \xff\0\x1b\r\n--=_\r\n"[..],
        &b"x".repeat(100_000),
        b"\r\nlast: x\r\n",
    ]
    .concat();
    let report = failure(&verdict, &hostile, &reporter()).unwrap();
    // The line that goes beyond 64 KiB is cut off.
    assert_eq!(report.header, hostile[..hostile.len() - 100_011]);
    let mail = report.mail("dmarc@mx.example", &["f@example.org".to_owned()], NOW);
    assert!(mail.octets.is_ascii());
    let message = MessageParser::new().parse(&mail.octets).unwrap();
    assert_eq!(message.parts.len(), 4);
    let PartType::Text(_) = &message.parts[3].body else {
        panic!("{:?}", message.parts[3].body)
    };
    let text = String::from_utf8(mail.octets).unwrap();
    assert!(text.split("\r\n").all(|line| line.len() <= 998));
}

#[test]
fn rfc5322_section_2_1_1_no_line_is_too_long() {
    let long = format!(
        "v=spf1 x={} {}-all",
        "\"".repeat(2_000),
        "ip4:192.0.2.1 ".repeat(200)
    );
    let mut verdict = from("example.org", "192.0.2.9");
    let spf = &mut verdict.spf.as_mut().unwrap().evaluation;
    spf.record = Some(Arc::new(crate::spf::Record::parse(long.as_bytes()).unwrap()));
    verdict.spf_request.as_mut().unwrap().mail_from = vec![b'a'; 5_000].into();
    let report = failure(&verdict, HEADER, &reporter()).unwrap();
    let address = format!("{}@example.org", "f".repeat(3_000));
    let mail = report.mail(&address, &[address.clone(), address.clone()], NOW);
    let text = String::from_utf8(mail.octets).unwrap();
    assert!(text.contains("\r\nSPF-DNS: txt : example.org : \"v=spf1\r\n"));
    for line in text.split("\r\n") {
        assert!(line.len() <= 998, "{} octets: {line}", line.len());
    }
}

#[test]
fn a_hostile_envelope_breaks_no_field() {
    let mut verdict = from("example.org", "192.0.2.9");
    let request = verdict.spf_request.as_mut().unwrap();
    request.mail_from = b"a\r\nSource-IP: 203.0.113.1\r\n\0\xff@example.org"
        .as_slice()
        .into();
    let report = failure(&verdict, HEADER, &reporter()).unwrap();
    let sources = report
        .fields
        .split("\r\n")
        .filter(|line| line.starts_with("Source-IP"));
    assert_eq!(sources.count(), 1);
    assert!(report.fields.is_ascii());
}
