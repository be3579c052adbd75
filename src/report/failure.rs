//! A failure report on one message (RFC 9991, over RFC 6591 and RFC 5965).

use super::mail::{Mail, Multipart, Part, date};
use super::tally::Reporter;
use super::text::{file_name_part, header_value};
use crate::clock::UnixTime;
use crate::dkim::{DkimResult, SignatureVerdict};
use crate::dmarc::{self, AlignmentMode, DmarcResult, PublicSuffix, Record, ReportUri};
use crate::dns::Name;
use crate::message::fold::{Lines, MOST_WORD};
use crate::spf::{Evaluation, SpfResult};
use crate::transaction::Verdict;
use mail_auth::report::{
    AuthFailureType, DeliveryResult, Feedback, FeedbackType, IdentityAlignment as Failed,
};

/// Octets of the message's header that a report carries; the rest is cut off at the end of a line.
const MOST_HEADER: usize = 64 * 1024;

/// Why there is no failure report on a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoFailure {
    /// There is no policy record that can be used.
    #[error("there is no policy record that can be used")]
    NoPolicy,
    /// The record has no `ruf`, or is a public suffix's, whose `ruf` must not be considered (RFC 9991 section 2).
    #[error("the domain owner asks for no failure reports")]
    NotAsked,
    /// The client's address is not known, without which a report is of no use.
    #[error("the client's address is not known")]
    NoClient,
    /// It did not fail in the way that `fo` asks to be told of.
    #[error("the message did not fail in the way that the domain owner asks to be told of")]
    NotFailed,
}

/// A failure report and where the domain owner wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailureReport {
    /// The author domain that it is about.
    pub domain: String,
    /// The `ruf` of the policy record. Destinations outside the policy domain's organization must have agreed to it (RFC 9990 section
    /// 4) before anything is sent there.
    pub destinations: Vec<ReportUri>,
    /// What programs read: the part of type `message/feedback-report`.
    pub fields: String,
    /// The message's header, as it was given, or the first 64 KiB of it.
    pub header: Vec<u8>,
    submitter: String,
    arrival: UnixTime,
}

/// A failure report on a message that was judged, if the domain owner asks for one: its `fo` has `0` and nothing was aligned and
/// passed, or `1` and one of SPF and DKIM did not. What `d` and `s` ask for are reports of other kinds (RFC 6651, RFC 6652), which
/// are not made here.
///
/// `header` is the message's header, octet for octet. It goes to whoever published the policy, with all the addresses in it: whether
/// that is wanted, and how often, is for the caller to decide (RFC 9991 sections 2 and 7). The body is never sent.
///
/// # Errors
/// When there is nothing to report, and why.
pub fn failure(verdict: &Verdict, header: &[u8], reporter: &Reporter) -> Result<FailureReport, NoFailure> {
    let dmarc = &verdict.dmarc;
    let record = dmarc.record.as_ref().ok_or(NoFailure::NoPolicy)?;
    if record.policies().is_err() {
        return Err(NoFailure::NoPolicy);
    }
    // RFC 9991 section 2: the ruf of a record with psd=y must not be considered.
    if record.ruf.is_empty() || record.psd == PublicSuffix::Yes {
        return Err(NoFailure::NotAsked);
    }
    let (Some(request), Some(spf)) = (&verdict.spf_request, &verdict.spf) else {
        return Err(NoFailure::NoClient);
    };
    let failed = match (dmarc.dkim_aligned, dmarc.spf_aligned) {
        (false, false) => Failed::DkimSpf,
        (false, true) => Failed::Dkim,
        (true, false) => Failed::Spf,
        (true, true) => Failed::None,
    };
    let is_judged = matches!(dmarc.result, DmarcResult::Fail | DmarcResult::Pass);
    // RFC 9989 section 4.7, fo.
    let is_asked = (record.fo.all_failed && failed == Failed::DkimSpf)
        || (record.fo.any_failed && failed != Failed::None);
    if !is_judged || !is_asked {
        return Err(NoFailure::NotFailed);
    }
    let domain = dmarc
        .from_domain
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let mut feedback = Feedback::new(FeedbackType::AuthFailure)
        .with_user_agent(concat!("mailrep/", env!("CARGO_PKG_VERSION")))
        .with_arrival_date(request.now.0.clamp(-2_208_988_800, 253_402_300_799))
        .with_source_ip(request.client.to_canonical())
        .with_original_mail_from(format!(
            "<{}>",
            header_value(&String::from_utf8_lossy(&request.mail_from))
        ))
        .with_reporting_mta(file_name_part(&reporter.submitter))
        .with_reported_domain(header_value(&domain))
        // It is folded, and without controls beside the folds.
        .with_authentication_results(verdict.authentication_results.clone());
    feedback.auth_failure = AuthFailureType::Dmarc;
    feedback.identity_alignment = failed;
    feedback.delivery_result = delivery(dmarc);
    if !dmarc.dkim_aligned
        && let Some(signature) = failed_signature(verdict, record)
    {
        // RFC 9991 section 4: required for a failure of an aligned identifier.
        let text = |value: &Option<String>| header_value(value.as_deref().unwrap_or_default());
        feedback = feedback
            .with_dkim_domain(text(&signature.domain))
            .with_dkim_identity(text(&signature.identity))
            .with_dkim_selector(text(&signature.selector));
    }
    if !dmarc.spf_aligned
        && spf.evaluation.result != SpfResult::Pass
        && would_align(dmarc, &spf.evaluation.domain, record.aspf)
    {
        feedback = feedback.with_spf_dns(spf_dns(&spf.evaluation));
    }
    Ok(FailureReport {
        domain,
        destinations: record.ruf.clone(),
        fields: feedback.to_arf(),
        header: clipped(header).to_vec(),
        submitter: reporter.submitter.clone(),
        arrival: request.now,
    })
}

impl FailureReport {
    /// The mail that brings the report (RFC 5965 section 2). `from` and `to` are addresses as they stand in a header field, from which
    /// what would break one is removed. The mail must be sent so that it passes DMARC itself, else reports on reports may follow.
    pub fn mail(&self, from: &str, to: &[String], now: UnixTime) -> Mail {
        let subject = format!("DMARC failure report on {}", header_value(&self.domain));
        let words = format!(
            "This is a DMARC failure report (RFC 9991) on a message that was received on\r\n{}.\r\n\
             It claims to be from {}.\r\n",
            date(self.arrival),
            header_value(&self.domain)
        );
        Multipart {
            kind: "report; report-type=feedback-report",
            from,
            to,
            subject: &subject,
            submitter: &self.submitter,
            now,
            parts: vec![
                Part::Text(words),
                Part::Fields {
                    content_type: "message/feedback-report",
                    fields: self.fields.clone(),
                },
                Part::Header(self.header.clone()),
            ],
        }
        .write()
    }
}

/// What the policy asks to be done, as far as RFC 6591 section 3.2.2 has words for it. What is done in the end nobody knows yet.
fn delivery(verdict: &dmarc::Verdict) -> DeliveryResult {
    match verdict.disposition {
        Some(dmarc::Policy::Reject) => DeliveryResult::Reject,
        Some(dmarc::Policy::Quarantine) => DeliveryResult::Spam,
        _ => DeliveryResult::Unspecified,
    }
}

/// Whether a pass for this domain would have counted. It chooses what is told, and decides nothing.
fn would_align(verdict: &dmarc::Verdict, domain: &str, mode: AlignmentMode) -> bool {
    let author = verdict.from_domain.as_ref().map_or("", Name::as_str);
    let organization = verdict
        .organizational_domain
        .as_ref()
        .map_or(author, Name::as_str);
    match mode {
        AlignmentMode::Strict => domain == author,
        AlignmentMode::Relaxed => domain
            .strip_suffix(organization)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.')),
    }
}

/// The first signature that would have counted and did not pass.
fn failed_signature<'a>(verdict: &'a Verdict, record: &Record) -> Option<&'a SignatureVerdict> {
    verdict.dkim.iter().find(|signature| {
        signature.result != DkimResult::Pass
            && signature
                .domain
                .as_deref()
                .is_some_and(|domain| would_align(&verdict.dmarc, domain, record.adkim))
    })
}

/// RFC 6591 section 3.2.6: the type, the domain, and the record as a quoted string, folded between its terms.
fn spf_dns(evaluation: &Evaluation) -> String {
    let record = evaluation.record.as_ref();
    let record = header_value(record.map_or("", |record| record.text()));
    let quoted: Vec<String> = record
        .split(' ')
        .map(|term| {
            // A term of only quotes is twice as long, and still no line is too long.
            let term = term.get(..MOST_WORD / 2).unwrap_or(term);
            term.replace('\\', "\\\\").replace('"', "\\\"")
        })
        .collect();
    let mut lines = Lines::of("SPF-DNS");
    lines.word("txt");
    lines.word(":");
    lines.word(&header_value(&evaluation.domain));
    lines.word(":");
    let last = quoted.len().saturating_sub(1);
    for (at, term) in quoted.iter().enumerate() {
        let open = if at == 0 { "\"" } else { "" };
        let close = if at == last { "\"" } else { "" };
        lines.word(&format!("{open}{term}{close}"));
    }
    lines.text()
}

fn clipped(header: &[u8]) -> &[u8] {
    match header.get(..MOST_HEADER) {
        Some(first) => &first[..memchr::memrchr(b'\n', first).map_or(0, |at| at + 1)],
        None => header,
    }
}
