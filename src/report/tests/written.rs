//! From verdicts to aggregate reports, and to mails.

use super::*;
use crate::dmarc::{AlignmentMode, Policy};
use crate::report::{Discovery, Disposition, NotReported, OverrideKind, Tally, aggregate};
use crate::spf::{Identity, SpfResult};

#[test]
fn section_3_1_1_6_what_is_the_same_is_counted_together() {
    let verdicts = [
        from("example.org", "192.0.2.1"),
        from("example.org", "192.0.2.9"),
        from("example.org", "192.0.2.1"),
        from("sub.example.org", "192.0.2.1"),
    ];
    let reports = aggregate(&verdicts, &reporter(), PERIOD);
    let [addressed] = &reports[..] else {
        panic!("{reports:?}")
    };
    assert_eq!(addressed.destinations[0].as_str(), "mailto:d@example.org");
    let report = &addressed.report;
    assert_eq!(report.organization, "Mail & More");
    assert_eq!(report.policy.domain, "example.org");
    assert_eq!(report.policy.discovery, Some(Discovery::TreeWalk));
    // Section 3.1.1.5: from p on, what was found or the default.
    assert_eq!(
        (report.policy.p, report.policy.sp, report.policy.np),
        (
            Some(Policy::Reject),
            Some(Policy::Quarantine),
            Some(Policy::Quarantine)
        )
    );
    assert_eq!(report.policy.adkim, Some(AlignmentMode::Strict));
    assert_eq!(report.policy.aspf, Some(AlignmentMode::Relaxed));
    assert_eq!(report.policy.fo.as_deref(), Some("1"));
    let rows: Vec<_> = report
        .records
        .iter()
        .map(|record| {
            (
                record.source.unwrap().to_string(),
                record.count,
                &*record.header_from,
                record.disposition.unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("192.0.2.1".to_owned(), 2, "example.org", Disposition::Pass),
            ("192.0.2.9".to_owned(), 1, "example.org", Disposition::Reject),
            (
                "192.0.2.1".to_owned(),
                1,
                "sub.example.org",
                Disposition::Quarantine
            ),
        ]
    );
    let spf = &report.records[1].spf[0];
    assert_eq!(
        (&*spf.domain, spf.scope, spf.result),
        ("example.org", Some(Identity::MailFrom), SpfResult::Fail)
    );
    assert_eq!(only(report.to_xml().as_bytes()), *report);
}

#[test]
fn section_3_1_each_policy_domain_has_its_own_report() {
    let verdicts = [
        from("example.org", "192.0.2.1"),
        from("open.example", "192.0.2.1"),
    ];
    let reports = aggregate(&verdicts, &reporter(), PERIOD);
    let domains: Vec<_> = reports.iter().map(|one| &*one.report.policy.domain).collect();
    assert_eq!(domains, ["example.org", "open.example"]);
    assert_ne!(reports[0].report.report_id, reports[1].report.report_id);
    // Section 3.1.5: errors of the policy record are told.
    assert_eq!(
        reports[1].report.errors,
        ["the tag pct has no effect since RFC 9989"]
    );
}

#[test]
fn section_3_5_1_the_same_report_has_the_same_identifier() {
    let verdicts = [from("example.org", "192.0.2.1")];
    let first = aggregate(&verdicts, &reporter(), PERIOD);
    assert_eq!(first, aggregate(&verdicts, &reporter(), PERIOD));
    let more = [from("example.org", "192.0.2.1"), from("example.org", "192.0.2.1")];
    assert_ne!(
        first[0].report.report_id,
        aggregate(&more, &reporter(), PERIOD)[0].report.report_id
    );
}

#[test]
fn section_3_1_1_8_a_policy_that_was_not_applied_has_a_reason() {
    let reports = aggregate(&[from("trial.example", "192.0.2.1")], &reporter(), PERIOD);
    let record = &reports[0].report.records[0];
    assert_eq!(record.disposition, Some(Disposition::Quarantine));
    assert_eq!(record.reasons[0].kind, OverrideKind::PolicyTestMode);
    assert!(reports[0].report.policy.testing);
}

#[test]
fn section_3_1_1_9_the_null_reverse_path_is_empty_and_helo_was_checked() {
    let bounce = verdict(
        "192.0.2.1",
        "host.example",
        "",
        "From: a@example.org\r\n\r\nx\r\n",
    );
    let reports = aggregate(&[bounce], &reporter(), PERIOD);
    let record = &reports[0].report.records[0];
    assert_eq!(record.envelope_from, "");
    assert_eq!(
        (&*record.spf[0].domain, record.spf[0].scope, record.spf[0].result),
        ("host.example", Some(Identity::MailFrom), SpfResult::Pass)
    );
}

#[test]
fn what_is_in_no_report_is_said_why() {
    let mut tally = Tally::new(1);
    assert_eq!(tally.add(&from("example.org", "192.0.2.1")), Ok(()));
    assert_eq!(
        tally.add(&from("quiet.example", "192.0.2.1")),
        Err(NotReported::NotAsked)
    );
    assert_eq!(
        tally.add(&from("nobody.example", "192.0.2.1")),
        Err(NotReported::NoPolicy)
    );
    let nobody = verdict("192.0.2.1", "host.example", "", "Subject: x\r\n\r\n");
    assert_eq!(tally.add(&nobody), Err(NotReported::NoAuthor));
    let mut unknown = from("example.org", "192.0.2.1");
    unknown.spf = None;
    assert_eq!(tally.add(&unknown), Err(NotReported::NoClient));
    // What is counted already is counted on; what is new is not kept, and the report says so.
    assert_eq!(tally.add(&from("example.org", "192.0.2.1")), Ok(()));
    assert_eq!(
        tally.add(&from("example.org", "192.0.2.2")),
        Err(NotReported::Full)
    );
    let report = &tally.reports(&reporter(), PERIOD)[0].report;
    assert_eq!(report.records.len(), 1);
    assert_eq!(report.records[0].count, 2);
    assert_eq!(
        report.errors,
        ["1 messages are missing: there were too many different ones"]
    );
}

#[test]
fn section_3_1_3_signatures_that_pass_and_are_aligned_come_first() {
    let base = include_str!("../../../tests/data/pass-all.eml").replace("\r\n", "\n");
    let zone = include_bytes!("../../../tests/data/zone");
    let context = Arc::new(Context::new(
        Zone::parse(zone, "zone").unwrap(),
        Options::default(),
    ));
    let mut transaction = Transaction::at(&context, Arc::new(Inline), NOW);
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    transaction.helo(b"mail.example.org").unwrap();
    transaction.mail_from(b"ada@example.org").unwrap();
    let broken = "DKIM-Signature: v=1; a=rsa-sha256; d=other.example; s=x; h=from; bh=AAAA; b=AAAA\r\n";
    transaction.data(broken.as_bytes()).unwrap();
    transaction.data(base.replace('\n', "\r\n").as_bytes()).unwrap();
    let verdict = transaction.finish().now_or_never().unwrap().unwrap();
    assert_eq!(
        verdict.dkim[0].domain.as_deref(),
        Some("other.example"),
        "it stands first"
    );
    let mut tally = Tally::default();
    let mut verdict = verdict;
    // The zone's record has no rua.
    let mut record = (**verdict.dmarc.record.as_ref().unwrap()).clone();
    record.rua = crate::dmarc::Record::parse(b"v=DMARC1; p=none; rua=mailto:a@b.example")
        .unwrap()
        .rua;
    verdict.dmarc.record = Some(Arc::new(record));
    tally.add(&verdict).unwrap();
    let report = &tally.reports(&reporter(), PERIOD)[0].report;
    let dkim = &report.records[0].dkim;
    assert_eq!(
        (&*dkim[0].domain, dkim[0].result),
        ("example.org", crate::dkim::DkimResult::Pass)
    );
    assert_eq!(dkim.last().unwrap().domain, "other.example");
    assert!(dkim.last().unwrap().human_result.is_some());
}

#[test]
fn section_3_5_2_the_mail_has_the_subject_and_the_file_name_of_the_standard() {
    let addressed = &aggregate(&[from("example.org", "192.0.2.1")], &reporter(), PERIOD)[0];
    let report = &addressed.report;
    let to = ["d@example.org".to_owned(), "e@example.org".to_owned()];
    let mail = report.mail("mx.example", "Reports <dmarc@mx.example>", &to, NOW);
    let id = &report.report_id;
    assert!(id.len() == 32 && id.bytes().all(|octet| octet.is_ascii_hexdigit()));
    assert_eq!(
        mail.file_name.as_deref(),
        Some(&*format!(
            "mx.example!example.org!1772323200!1772409599!{id}.xml.gz"
        ))
    );
    assert_eq!(
        mail.subject,
        format!("Report Domain: example.org Submitter: mx.example Report-ID: <{id}>")
    );
    let text = String::from_utf8(mail.octets.clone()).unwrap();
    assert!(text.is_ascii());
    assert!(
        text.contains("Date: Sun, 1 Mar 2026 09:01:00 +0000\r\n"),
        "{text}"
    );
    assert!(text.contains("Content-Type: application/gzip;"));
    assert!(text.contains("Auto-Submitted: auto-generated\r\n"));
    for line in text.split("\r\n") {
        assert!(line.len() <= 998 && !line.contains(['\r', '\n']), "{line}");
    }
    assert_eq!(only(&mail.octets), *report);
    assert_eq!(
        mail,
        report.mail("mx.example", "Reports <dmarc@mx.example>", &to, NOW)
    );
}

#[test]
fn nothing_breaks_a_header_field_or_the_xml() {
    let mut addressed = aggregate(&[from("example.org", "192.0.2.1")], &reporter(), PERIOD).remove(0);
    let hostile = "a\r\nBcc: x@example.net\r\n\r\n<x>&\"'\u{0}\u{1b}\u{fffe}\u{e9}]]>";
    let report = &mut addressed.report;
    report.organization = hostile.to_owned();
    report.policy.domain = hostile.to_owned();
    report.report_id = hostile.to_owned();
    report.records[0].header_from = hostile.to_owned();
    let mail = report.mail(hostile, hostile, &[hostile.to_owned()], NOW);
    let text = String::from_utf8(mail.octets.clone()).unwrap();
    let names: Vec<&str> = text
        .split("\r\n")
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with(' '))
        .map(|line| line.split(':').next().unwrap())
        .collect();
    assert_eq!(
        names,
        [
            "From",
            "To",
            "Date",
            "Subject",
            "Message-ID",
            "Auto-Submitted",
            "MIME-Version",
            "Content-Type"
        ]
    );
    let read = only(&mail.octets);
    assert_eq!(read.organization, "a  Bcc: x@example.net    <x>&\"'\u{e9}]]>");
    assert_eq!(read.records[0].header_from, read.organization);
}

#[cfg(feature = "psl")]
#[test]
fn section_3_1_1_5_the_way_in_which_the_policy_was_found_is_told() {
    use crate::dmarc::OrganizationalDomains;
    let by_the_list = Options {
        organizational_domains: OrganizationalDomains::PublicSuffixList,
        ..Options::default()
    };
    let message = "From: Ada <ada@sub.example.org>\r\n\r\n";
    let verdict = verdict_with(
        by_the_list,
        "192.0.2.1",
        "host.example",
        "ada@example.org",
        message,
    );
    let reports = aggregate(&[verdict], &reporter(), PERIOD);
    let report = &reports[0].report;
    assert_eq!(report.policy.domain, "example.org");
    assert_eq!(report.policy.discovery, Some(Discovery::PublicSuffixList));
    let xml = report.to_xml();
    assert!(xml.contains("<discovery_method>psl</discovery_method>"), "{xml}");
}
