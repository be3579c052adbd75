//! Reading aggregate reports as they come.

use super::aggregate::AggregateReport;
use super::convert;
use super::text::{decode, value};
use super::unpack::Unpacker;
use super::xml::{Fault, canonical};

/// How much one file may hold, whoever packed it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadLimits {
    /// Octets of the file itself; by default 64 MiB. Beyond: [`ReadError::TooLarge`].
    pub file_octets: usize,
    /// Octets of all that is packed in it, one in another, together; by default 128 MiB. Beyond: [`ReadError::TooLarge`].
    pub unpacked_octets: usize,
    /// Members of archives, parts of mails and mails of an mbox, together; by default 10,000. Beyond:
    /// [`ReadError::TooManyMembers`].
    pub members: usize,
    /// How many archives and mails may lie one in another; by default 5. Beyond: [`ReadError::TooDeep`].
    pub depth: usize,
    /// Records, results of SPF and DKIM, reasons and errors of all reports together; by default 500,000. Beyond:
    /// [`ReadError::TooManyItems`].
    pub items: usize,
}

impl Default for ReadLimits {
    fn default() -> Self {
        ReadLimits {
            file_octets: 64 << 20,
            unpacked_octets: 128 << 20,
            members: 10_000,
            depth: 5,
            items: 500_000,
        }
    }
}

/// Why a file, or something in it, is no report that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// It is empty.
    #[error("it is empty")]
    Empty,
    /// It is none of the kinds that are read.
    #[error("it is neither XML, gzip, zip nor a mail")]
    UnknownKind,
    /// There is no aggregate report in it.
    #[error("there is no DMARC aggregate report in it")]
    NoReport,
    /// It, or what is packed in it, has more octets than are allowed.
    #[error("it is larger than is allowed when it is unpacked")]
    TooLarge,
    /// It has more members, parts or mails than are allowed.
    #[error("it has more members or parts than are allowed")]
    TooManyMembers,
    /// More lies one in another than is allowed: archives and mails, or elements of XML.
    #[error("archives, mails or XML elements lie one in another, deeper than is allowed")]
    TooDeep,
    /// It has more records and results than are allowed.
    #[error("it has more records than are allowed")]
    TooManyItems,
    /// The gzip file is broken.
    #[error("the gzip file is broken: {0}")]
    Gzip(String),
    /// The zip archive is broken, or encrypted.
    #[error("the zip archive cannot be read: {0}")]
    Zip(String),
    /// It is not well-formed XML.
    #[error("the XML is broken at octet {at}: {why}")]
    Xml {
        /// Where, from 0, in UTF-8.
        at: u64,
        /// What is wrong.
        why: String,
    },
    /// The XML ends too early.
    #[error("the XML ends before the report does")]
    Truncated,
    /// It is an XML document of another kind.
    #[error("it is no DMARC aggregate report: its root element is '{0}' and not 'feedback'")]
    OtherRoot(String),
    /// A part that every report has is missing.
    #[error("the report is not whole: {0}")]
    NotWhole(String),
}

/// What was read of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reading {
    /// The reports in it, one or more.
    pub reports: Vec<AggregateReport>,
    /// What else was in it and could not be read.
    pub problems: Vec<ReadError>,
    /// Records that were left out because they do not tell how many messages they are about.
    pub unusable_records: usize,
}

/// Reads the aggregate reports in a file: XML in any encoding, gzip, zip, a mail with any of these attached, an mbox of such mails, and
/// one in another. What it is, its octets say; names and media types do not count. Limits are the default ones.
///
/// Reports after RFC 9990 and RFC 7489 are read, with and without a namespace, and with what both have optional
/// missing.
///
/// ```
/// let xml = "<feedback><report_metadata><org_name>example.net</org_name><report_id>1</report_id></report_metadata>
///     <policy_published><domain>example.org</domain><p>reject</p></policy_published>
///     <record><row><source_ip>192.0.2.1</source_ip><count>2</count></row></record></feedback>";
/// let reading = mailrep::report::read(xml.as_bytes())?;
/// assert_eq!(reading.reports[0].records[0].count, 2);
/// # Ok::<(), mailrep::report::ReadError>(())
/// ```
///
/// # Errors
/// When there is no report in it that can be read: the first problem that was met.
pub fn read(octets: &[u8]) -> Result<Reading, ReadError> {
    read_within(octets, &ReadLimits::default())
}

/// As [`read`], within other limits.
///
/// # Errors
/// When there is no report in it that can be read: the first problem that was met.
pub fn read_within(octets: &[u8], limits: &ReadLimits) -> Result<Reading, ReadError> {
    if octets.is_empty() {
        return Err(ReadError::Empty);
    }
    if octets.len() > limits.file_octets {
        return Err(ReadError::TooLarge);
    }
    let mut reading = Reading::default();
    let mut items = limits.items;
    let mut unpacker = Unpacker::new(limits, |document: &[u8]| {
        let (report, unusable) = report(document, &mut items)?;
        reading.reports.push(report);
        reading.unusable_records += unusable;
        Ok(())
    });
    unpacker.unpack(octets);
    let problems = unpacker.problems;
    if reading.reports.is_empty() {
        return Err(problems.into_iter().next().unwrap_or(ReadError::NoReport));
    }
    reading.problems = problems;
    Ok(reading)
}

fn report(document: &[u8], items: &mut usize) -> Result<(AggregateReport, usize), ReadError> {
    let text = decode(document);
    let xml = canonical(&text, items).map_err(|fault| match fault {
        Fault::Malformed(at, why) => ReadError::Xml { at, why: value(&why) },
        Fault::Truncated => ReadError::Truncated,
        Fault::OtherRoot(name) => ReadError::OtherRoot(name),
        Fault::TooDeep => ReadError::TooDeep,
        Fault::TooManyItems => ReadError::TooManyItems,
    })?;
    drop(text);
    let report = mail_auth::report::Report::parse_xml(xml.as_bytes())
        .map_err(|why| ReadError::NotWhole(value(&why)))?;
    Ok(convert::report_from_peer(report))
}
