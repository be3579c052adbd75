//! Reports, written and read. Section numbers are those of RFC 9990 unless another is named.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod adding_up;
mod failures;
mod hostile;
mod round_trip;
mod shapes;
mod written;

use super::{AggregateReport, Period, ReadError, Reading, Reporter, read};
use crate::clock::UnixTime;
use crate::dns::zone::Zone;
use crate::transaction::{Context, Inline, Options, Transaction, Verdict};
use flate2::{Compression, write::GzEncoder};
use futures_util::FutureExt;
use std::io::{Cursor, Write as _};
use std::sync::Arc;

pub(super) const NOW: UnixTime = UnixTime(1_772_355_660);

const ZONE: &[u8] = b"\
example.org. TXT \"v=spf1 ip4:192.0.2.1 -all\"
_dmarc.example.org. TXT \"v=DMARC1; p=reject; sp=quarantine; adkim=s; fo=1; rua=mailto:d@example.org; ruf=mailto:f@example.org\"
other.example. TXT \"v=spf1 ip4:192.0.2.0/24 -all\"
_dmarc.quiet.example. TXT \"v=DMARC1; p=none\"
_dmarc.open.example. TXT \"v=DMARC1; p=none; pct=20; rua=mailto:d@open.example; ruf=mailto:f@open.example\"
_dmarc.trial.example. TXT \"v=DMARC1; p=reject; t=y; rua=mailto:d@trial.example\"
_dmarc.suffix.example. TXT \"v=DMARC1; p=reject; psd=y; rua=mailto:d@suffix.example; ruf=mailto:f@suffix.example\"
host.example. TXT \"v=spf1 ip4:192.0.2.1 -all\"
";

/// The verdict on a message from a client.
pub(super) fn verdict(client: &str, helo: &str, mail_from: &str, message: &str) -> Verdict {
    verdict_with(Options::default(), client, helo, mail_from, message)
}

pub(super) fn verdict_with(
    options: Options,
    client: &str,
    helo: &str,
    mail_from: &str,
    message: &str,
) -> Verdict {
    let context = Arc::new(Context::new(Zone::parse(ZONE, "zone").unwrap(), options));
    let mut transaction = Transaction::at(&context, Arc::new(Inline), NOW);
    transaction.connect(client.parse().unwrap()).unwrap();
    transaction.helo(helo.as_bytes()).unwrap();
    transaction.mail_from(mail_from.as_bytes()).unwrap();
    transaction.data(message.as_bytes()).unwrap();
    let done = transaction.finish().now_or_never();
    done.expect("a zone answers at once").unwrap()
}

/// One of a person at this domain, from a client that may send for it or not.
pub(super) fn from(domain: &str, client: &str) -> Verdict {
    let message = format!("From: Ada <ada@{domain}>\r\nSubject: hello\r\n\r\nHello\r\n");
    verdict(client, "host.example", &format!("ada@{domain}"), &message)
}

pub(super) fn reporter() -> Reporter {
    Reporter {
        organization: "Mail & More".to_owned(),
        email: "postmaster@mx.example".to_owned(),
        extra_contact: None,
        submitter: "mx.example".to_owned(),
    }
}

pub(super) const PERIOD: Period = Period {
    begin: UnixTime(1_772_323_200),
    end: UnixTime(1_772_409_599),
};

pub(super) fn gzip(octets: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(octets).unwrap();
    encoder.finish().unwrap()
}

pub(super) fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, octets) in members {
        archive
            .start_file(*name, zip::write::SimpleFileOptions::default())
            .unwrap();
        archive.write_all(octets).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A mail with an attachment in base64.
pub(super) fn attached(content_type: &str, octets: &[u8]) -> Vec<u8> {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(octets);
    let lines: Vec<&str> = encoded
        .as_bytes()
        .chunks(76)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "From: dmarc@mx.example\r\nTo: d@example.org\r\nSubject: Report Domain: example.org\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nA report: see below\r\n--b\r\n\
         Content-Type: text/html\r\n\r\n<html><body>A report</body></html>\r\n--b\r\nContent-Type: {content_type}\r\n\
         Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename=\"report.dat\"\r\n\r\n{}\r\n--b--\r\n",
        lines.join("\r\n")
    )
    .into_bytes()
}

/// The one report in a file, without anything else in it.
#[track_caller]
pub(super) fn only(octets: &[u8]) -> AggregateReport {
    let Reading {
        mut reports,
        problems,
        unusable_records,
    } = read(octets).unwrap();
    assert_eq!((problems, unusable_records), (vec![], 0));
    assert_eq!(reports.len(), 1);
    reports.pop().unwrap()
}

#[track_caller]
pub(super) fn refused(octets: &[u8]) -> ReadError {
    read(octets).expect_err("it has no report")
}

/// A report of one record, with other XML in the places named.
pub(super) fn xml(record: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<feedback><report_metadata><org_name>mx.example</org_name>\
         <email>d@mx.example</email><report_id>r1</report_id><date_range><begin>1772323200</begin>\
         <end>1772409599</end></date_range></report_metadata><policy_published><domain>example.org</domain><p>reject</p>\
         </policy_published>{record}</feedback>\n"
    )
}

pub(super) const RECORD: &str = "<record><row><source_ip>192.0.2.7</source_ip><count>3</count><policy_evaluated>\
    <disposition>reject</disposition><dkim>fail</dkim><spf>fail</spf></policy_evaluated></row>\
    <identifiers><header_from>example.org</header_from></identifiers><auth_results><spf><domain>example.org</domain>\
    <result>softfail</result></spf></auth_results></record>";
