//! Files that want to harm whoever reads them.

use super::*;
use crate::report::{ReadLimits, read_within};

fn small() -> ReadLimits {
    ReadLimits {
        file_octets: 1 << 20,
        unpacked_octets: 1 << 20,
        members: 10,
        depth: 3,
        items: 100,
    }
}

#[test]
fn what_swells_when_it_is_unpacked_is_refused() {
    let zeros = vec![b' '; 2 << 20];
    let bomb = gzip(&zeros);
    assert!(bomb.len() < 4096);
    assert_eq!(read_within(&bomb, &small()), Err(ReadError::TooLarge));
    assert_eq!(read_within(&gzip(&bomb), &small()), Err(ReadError::TooLarge));
    assert_eq!(
        read_within(&zip(&[("a.xml", &zeros)]), &small()),
        Err(ReadError::TooLarge)
    );
    assert_eq!(
        read_within(&attached("application/gzip", &bomb), &small()),
        Err(ReadError::TooLarge)
    );
    assert_eq!(read_within(&zeros, &small()), Err(ReadError::TooLarge));
}

#[test]
fn members_of_an_archive_share_the_bound() {
    let part = vec![b' '; 300 << 10];
    let four: Vec<(String, &[u8])> = (0..4).map(|at| (format!("{at}.xml"), &part[..])).collect();
    let four: Vec<(&str, &[u8])> = four.iter().map(|(name, octets)| (&**name, *octets)).collect();
    let reading = read_within(&zip(&four), &small());
    // The first three are no reports; the fourth is too much.
    assert_eq!(reading, Err(ReadError::UnknownKind));
    let report = xml(RECORD);
    let mut with = vec![("report.xml", report.as_bytes())];
    with.extend(&four);
    let reading = read_within(&zip(&with), &small()).unwrap();
    assert_eq!(reading.reports.len(), 1);
    assert_eq!(reading.problems.last(), Some(&ReadError::TooLarge));
}

#[test]
fn many_members_are_refused() {
    let names: Vec<String> = (0..11).map(|at| at.to_string()).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (&**name, &b""[..])).collect();
    assert_eq!(
        read_within(&zip(&members), &small()),
        Err(ReadError::TooManyMembers)
    );
    let mut mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n".to_vec();
    for _ in 0..20 {
        mail.extend_from_slice(b"--b\r\n\r\nx\r\n");
    }
    assert_eq!(read_within(&mail, &small()), Err(ReadError::TooManyMembers));
    let mbox = "From a\n\nFrom b\n\n".repeat(20);
    assert_eq!(
        read_within(mbox.as_bytes(), &small()),
        Err(ReadError::TooManyMembers)
    );
    let lines = format!("A: b\n{}", "a:\n".repeat(200_000));
    assert_eq!(read(lines.as_bytes()), Err(ReadError::NoReport));
}

#[test]
fn archives_in_archives_end_at_the_bound() {
    let mut octets = xml(RECORD).into_bytes();
    for _ in 0..3 {
        octets = gzip(&octets);
    }
    assert!(read_within(&octets, &small()).is_ok());
    assert_eq!(read_within(&gzip(&octets), &small()), Err(ReadError::TooDeep));
    let mut octets = xml(RECORD).into_bytes();
    for _ in 0..4 {
        octets = zip(&[("a.zip", &octets)]);
    }
    assert_eq!(read_within(&octets, &small()), Err(ReadError::TooDeep));
}

#[test]
fn mails_in_mails_end_at_the_bound_and_do_not_exhaust_the_stack() {
    use base64::Engine as _;
    let nested = |depth: usize| {
        let inner = format!("Content-Type: text/xml\r\n\r\n{}", xml(RECORD));
        "Content-Type: message/rfc822\r\n\r\n".repeat(depth) + &inner
    };
    assert_eq!(only(nested(4).as_bytes()).records.len(), 1);
    assert_eq!(refused(nested(60_000).as_bytes()), ReadError::TooDeep);
    let encoded = base64::engine::general_purpose::STANDARD.encode(nested(60_000));
    let mail =
        format!("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}\r\n");
    assert_eq!(refused(mail.as_bytes()), ReadError::TooDeep);
    let digests: String = (0..30_000)
        .map(|at| format!("Content-Type: multipart/digest; boundary=b{at}\r\n\r\n--b{at}\r\n"))
        .collect();
    assert_eq!(refused(digests.as_bytes()), ReadError::TooDeep);
}

#[test]
fn more_records_and_results_than_allowed_are_refused() {
    let many = xml(&RECORD.repeat(51));
    assert_eq!(
        read_within(many.as_bytes(), &small()),
        Err(ReadError::TooManyItems)
    );
    let many = xml(&RECORD.repeat(50));
    assert_eq!(
        read_within(many.as_bytes(), &small()).unwrap().reports[0]
            .records
            .len(),
        50
    );
    // Together with those of the other reports in the file.
    let both = zip(&[
        ("a", xml(&RECORD.repeat(30)).as_bytes()),
        ("b", xml(&RECORD.repeat(30)).as_bytes()),
    ]);
    let reading = read_within(&both, &small()).unwrap();
    assert_eq!(
        (reading.reports.len(), reading.problems),
        (1, vec![ReadError::TooManyItems])
    );
}

#[test]
fn elements_in_elements_end_at_a_bound() {
    let nested = |depth: usize| {
        xml(&format!(
            "{}{}{RECORD}",
            "<x>".repeat(depth),
            "</x>".repeat(depth)
        ))
    };
    assert_eq!(only(nested(100).as_bytes()).records.len(), 1);
    assert_eq!(refused(nested(101).as_bytes()), ReadError::TooDeep);
}

#[test]
fn entities_are_never_expanded() {
    let document = format!(
        "<?xml version=\"1.0\"?><!DOCTYPE feedback [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\
         <!ENTITY f SYSTEM \"file:///etc/passwd\">]>{}",
        xml(RECORD)
            .replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "")
            .replace("mx.example</org", "&b;&f;</org")
    );
    assert_eq!(only(document.as_bytes()).organization, "&b;&f;");
}

#[test]
fn values_are_clipped_and_without_controls() {
    let long = "x".repeat(100_000);
    let report = xml(RECORD)
        .replace(
            "mx.example</org",
            &format!("a&#27;[31mb&#x9b;c&#0;&#xd800;\u{7f}\n d{long}</org"),
        )
        .replace("r1</report_id", &format!("{long}</report_id"));
    let report = only(report.as_bytes());
    assert!(
        report.organization.starts_with("a[31mbc"),
        "{}",
        report.organization
    );
    assert!(!report.organization.contains(char::is_control));
    assert_eq!(report.organization.len(), 1024);
    assert_eq!(report.report_id.len(), 1024);
}

#[test]
fn a_report_that_was_cut_off_is_none() {
    let whole = xml(RECORD);
    let end = whole.rfind("</feedback>").unwrap();
    assert_eq!(refused(&whole.as_bytes()[..end]), ReadError::Truncated);
    let packed = gzip(whole.as_bytes());
    assert!(matches!(
        refused(&packed[..packed.len() - 20]),
        ReadError::Gzip(_)
    ));
    let packed = zip(&[("a.xml", whole.as_bytes())]);
    assert!(matches!(refused(&packed[..packed.len() - 20]), ReadError::Zip(_)));
    for end in 0..whole.rfind('>').unwrap() {
        assert!(read(&whole.as_bytes()[..end]).is_err(), "{end}");
    }
}

#[test]
fn what_is_no_report_is_said_to_be_none() {
    assert_eq!(refused(b""), ReadError::Empty);
    assert_eq!(refused(b"\x89PNG\r\n"), ReadError::UnknownKind);
    assert_eq!(refused(b"words without a colon"), ReadError::UnknownKind);
    assert_eq!(refused(b"<html></html>"), ReadError::OtherRoot("html".to_owned()));
    assert_eq!(
        refused(b"Subject: hello\r\n\r\nno report\r\n"),
        ReadError::NoReport
    );
    assert_eq!(refused(&zip(&[])), ReadError::NoReport);
    assert!(matches!(refused(b"<feedback></x>"), ReadError::Xml { .. }));
    assert!(matches!(
        refused(b"<feedback></feedback>"),
        ReadError::NotWhole(_)
    ));
    let encrypted = {
        let mut octets = zip(&[("a.xml", b"x")]);
        // The bit that says so, in both headers.
        octets[6] |= 1;
        let at = memchr::memmem::find(&octets, b"PK\x01\x02").unwrap();
        octets[at + 8] |= 1;
        octets
    };
    assert!(matches!(refused(&encrypted), ReadError::Zip(_)));
}
