//! An aggregate report (RFC 9990 section 3.1.1), and its forms: XML, gzip, a mail.

use super::convert;
use super::mail::{Attachment, Mail, Multipart, Part};
use super::text::file_name_part;
use crate::clock::UnixTime;
use crate::dkim::DkimResult;
use crate::dmarc::{AlignmentMode, OverrideKind, Policy};
use crate::spf::{Identity, SpfResult};
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;
use std::net::IpAddr;

/// How a policy record was found (RFC 9990 section 3.1.1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Discovery {
    /// By the public suffix list, after RFC 7489.
    PublicSuffixList,
    /// By the tree walk of RFC 9989.
    TreeWalk,
}

/// What was done with messages (`ActionDispositionType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Disposition {
    /// Nothing.
    None,
    /// Nothing, since they passed where the policy asks for more than `none`.
    Pass,
    /// They were treated as suspicious.
    Quarantine,
    /// They were refused.
    Reject,
}

impl Disposition {
    /// The word of RFC 9990.
    pub fn as_str(self) -> &'static str {
        match self {
            Disposition::None => "none",
            Disposition::Pass => "pass",
            Disposition::Quarantine => "quarantine",
            Disposition::Reject => "reject",
        }
    }
}

/// An override and what the receiver says of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OverrideReason {
    /// Its type.
    pub kind: OverrideKind,
    /// In words.
    pub comment: Option<String>,
}

/// The policy that a report is about (RFC 9990 section 3.1.1.5). What a report does not tell is none.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PublishedPolicy {
    /// The policy domain.
    pub domain: String,
    /// How it was found.
    pub discovery: Option<Discovery>,
    /// The policy for the domain.
    pub p: Option<Policy>,
    /// For its subdomains that exist.
    pub sp: Option<Policy>,
    /// For its subdomains that do not exist.
    pub np: Option<Policy>,
    /// How DKIM signing domains must match.
    pub adkim: Option<AlignmentMode>,
    /// How the SPF domain must match.
    pub aspf: Option<AlignmentMode>,
    /// Whether the owner is testing.
    pub testing: bool,
    /// When failure reports are asked for, as published.
    pub fo: Option<String>,
}

/// What a receiver found of one DKIM signature.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DkimAuth {
    /// The signing domain.
    pub domain: String,
    /// The selector; empty where it is not told, as RFC 7489 allowed.
    pub selector: String,
    /// The result; `none` where the word is not one of RFC 8601.
    pub result: DkimResult,
    /// More of it in words.
    pub human_result: Option<String>,
}

/// What a receiver found of SPF.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SpfAuth {
    /// The domain checked.
    pub domain: String,
    /// Where it came from. RFC 9990 has MAIL FROM alone, older reports HELO too.
    pub scope: Option<Identity>,
    /// The result; `none` where the word is not one of RFC 8601.
    pub result: SpfResult,
    /// More of it in words.
    pub human_result: Option<String>,
}

/// Messages of which the same is to be said.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Record {
    /// The client's address; none where a report tells none that is one.
    pub source: Option<IpAddr>,
    /// How many messages.
    pub count: u32,
    /// What was done with them; none where it is not told.
    pub disposition: Option<Disposition>,
    /// Whether a signature of an aligned domain passed.
    pub dkim_aligned: bool,
    /// Whether SPF passed for an aligned domain.
    pub spf_aligned: bool,
    /// Why the disposition is not what the policy asks for.
    pub reasons: Vec<OverrideReason>,
    /// The author domain.
    pub header_from: String,
    /// The domain in MAIL FROM; empty for the null reverse-path, or where it is not told.
    pub envelope_from: String,
    /// The domain of the recipient, if the receiver tells it.
    pub envelope_to: Option<String>,
    /// One for each signature.
    pub dkim: Vec<DkimAuth>,
    /// SPF; one at most in what we write.
    pub spf: Vec<SpfAuth>,
}

impl Record {
    /// Whether DMARC passed: an aligned identifier was authenticated.
    pub fn aligned(&self) -> bool {
        self.dkim_aligned || self.spf_aligned
    }
}

/// An aggregate report. What is read stands as the reporter wrote it, without controls, and clipped to 1,024 octets a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AggregateReport {
    /// The name of the reporting organization.
    pub organization: String,
    /// Whom to ask about the report.
    pub email: String,
    /// More to the same end.
    pub extra_contact: Option<String>,
    /// Unique among the organization's reports about one domain.
    pub report_id: String,
    /// Where the reporting period begins.
    pub begin: UnixTime,
    /// Where it ends.
    pub end: UnixTime,
    /// What was wrong with the policy record, in words.
    pub errors: Vec<String>,
    /// The program that made the report.
    pub generator: Option<String>,
    /// The policy.
    pub policy: PublishedPolicy,
    /// The messages.
    pub records: Vec<Record>,
}

impl AggregateReport {
    /// The report as XML (RFC 9990 appendix A).
    pub fn to_xml(&self) -> String {
        convert::report_to_peer(self).to_xml()
    }

    /// The report as XML, compressed (RFC 9990 section 3.5.2: it should be).
    pub fn to_gzip(&self) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        // Writing to memory does not fail.
        let _ = encoder.write_all(self.to_xml().as_bytes());
        encoder.finish().unwrap_or_default()
    }

    /// The name of the file, compressed (RFC 9990 section 3.5.2): `receiver!policy-domain!begin!end!id.xml.gz`, the last only if the
    /// report's identifier can stand there. `submitter` is the domain of who makes the report.
    pub fn file_name(&self, submitter: &str) -> String {
        let receiver = file_name_part(submitter);
        let domain = file_name_part(&self.policy.domain);
        // unique-id = 1*(ALPHA / DIGIT), and it must be the Report-ID.
        let id = &self.report_id;
        let is_id = !id.is_empty() && id.len() <= 64 && id.bytes().all(|octet| octet.is_ascii_alphanumeric());
        let unique = if is_id { format!("!{id}") } else { String::new() };
        format!(
            "{receiver}!{domain}!{}!{}{unique}.xml.gz",
            self.begin.0, self.end.0
        )
    }

    /// The subject of the mail (RFC 9990 section 3.5.2).
    pub fn subject(&self, submitter: &str) -> String {
        format!(
            "Report Domain: {} Submitter: {} Report-ID: <{}>",
            file_name_part(&self.policy.domain),
            file_name_part(submitter),
            file_name_part(&self.report_id)
        )
    }

    /// The mail that brings the report. `submitter` is the domain of who makes it; `from` and `to` are addresses as they stand
    /// in a header field, from which what would break one is removed. The mail must be sent so that it passes DMARC itself.
    ///
    /// The same report gives the same octets, so that one that is sent again has the same name and Message-ID.
    pub fn mail(&self, submitter: &str, from: &str, to: &[String], now: UnixTime) -> Mail {
        let subject = self.subject(submitter);
        let file_name = self.file_name(submitter);
        let words = format!(
            "This is a DMARC aggregate report (RFC 9990).\r\n\r\n{}\r\n",
            subject
                .replace(" Submitter:", "\r\nSubmitter:")
                .replace(" Report-ID:", "\r\nReport-ID:")
        );
        Multipart {
            kind: "mixed",
            from,
            to,
            subject: &subject,
            submitter,
            now,
            parts: vec![
                Part::Text(words),
                Part::Attachment(Attachment {
                    // RFC 6713.
                    content_type: "application/gzip",
                    file_name,
                    octets: self.to_gzip(),
                }),
            ],
        }
        .write()
    }
}
