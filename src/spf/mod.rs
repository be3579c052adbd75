//! SPF (RFC 7208): may this client send for that domain?
//!
//! [`verify`] checks both identities of a transaction side by side, [`check_host`] one of them. [`Record`] is
//! the parsed form of a published record, and knows nothing of evaluation. Every [`Evaluation`] carries the
//! [`Cause`] of its result.
//!
//! Look-ups: the TXT records of the domain, of each `include` tried and of a `redirect` followed; the addresses
//! (of the client's family only) of each `a` and of the hosts of each `mx`; IPv4 addresses for `exists`; the names
//! of the client and their addresses for `ptr` and `%{p}`; and TXT for `exp`, after a fail only. Of these, the TXT of includes and redirects, the addresses of `a` and `exists`, and
//! the hosts of `mx` and their addresses are asked for ahead, within
//! [`Limits::spf_questions_ahead`](crate::Limits::spf_questions_ahead): as soon as the record is read, all together.

mod asker;
mod cause;
mod check_host;
mod environment;
mod explain;
mod identity;
pub mod lint;
mod macros;
mod mechanism;
mod policy;
mod received;
mod record;
mod records;
mod syntax;

#[cfg(test)]
mod tests;

pub use cause::{Cause, Exceeded, Matched, Missing, MissingWhy};
pub use check_host::check_host;
pub use environment::Environment;
pub(crate) use identity::with_a_labels;
pub use macros::{MacroString, Place, TargetError};
pub use policy::{Policy, PolicyError};
pub use record::{Directive, DomainSpec, DualCidr, Mechanism, Qualifier, Record, Term};
pub use records::{Records, RecordsOptions};
pub use syntax::{MacroError, SyntaxError, SyntaxErrorKind};

use crate::clock::UnixTime;
use crate::dns::{Name, Resolver, Session};
use crate::trace::Tracer;
use serde::Serialize;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

/// What is known of a transaction when its sender is checked. Octets are as the client sent them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The address of the client. An IPv4-mapped IPv6 address is the IPv4 address (RFC 7208 section 5).
    pub client: IpAddr,
    /// The name in HELO or EHLO; empty if there was none.
    pub helo: Box<[u8]>,
    /// The reverse-path without its angle brackets; empty for the null reverse-path.
    pub mail_from: Box<[u8]>,
    /// The name of the receiving host, for `%{r}`; empty for "unknown".
    pub receiver: Box<str>,
    /// The time, for `%{t}`.
    pub now: UnixTime,
}

/// The results of RFC 7208 section 2.6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SpfResult {
    /// There is no record, or no domain to check.
    None,
    /// The domain says nothing of the client.
    Neutral,
    /// The client may send for the domain.
    Pass,
    /// The client must not send for the domain.
    Fail,
    /// The client probably may not send for the domain.
    SoftFail,
    /// The DNS did not answer; later it may.
    TempError,
    /// What the domain publishes cannot be evaluated.
    PermError,
}

impl SpfResult {
    /// The word of RFC 7208 and RFC 8601, such as `softfail`.
    pub fn as_str(self) -> &'static str {
        match self {
            SpfResult::None => "none",
            SpfResult::Neutral => "neutral",
            SpfResult::Pass => "pass",
            SpfResult::Fail => "fail",
            SpfResult::SoftFail => "softfail",
            SpfResult::TempError => "temperror",
            SpfResult::PermError => "permerror",
        }
    }
}

impl fmt::Display for SpfResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What is checked (RFC 7208 sections 2.3 and 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Identity {
    /// The envelope sender.
    MailFrom,
    /// The name that the client gave in HELO or EHLO.
    Helo,
}

impl Identity {
    /// `mailfrom` or `helo`.
    pub fn as_str(self) -> &'static str {
        match self {
            Identity::MailFrom => "mailfrom",
            Identity::Helo => "helo",
        }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What came of checking one identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// The result; it is [`Cause::result`] of `cause`.
    pub result: SpfResult,
    /// What was checked.
    pub identity: Identity,
    /// The domain checked, printable; empty if there was none.
    pub domain: String,
    /// The domain checked as a name, for alignment; none if it is not one. It is authenticated only when
    /// `result` is a pass.
    pub authenticated: Option<Name>,
    /// The outermost directive that decided, as published, such as `include:_spf.example.org` or `-all`.
    pub mechanism: Option<String>,
    /// The record of the domain checked, with which its reports tell of a failure (RFC 6591 section 3.2.6); none if there is none
    /// that can be read.
    pub record: Option<Arc<Record>>,
    /// For a fail: what the domain has to say to the sender, on one line of printable ASCII. It is the domain's
    /// word, not ours (RFC 7208 section 6.2), unless it gives none and [`Policy::explain`] does.
    pub explanation: Option<String>,
    /// Whether that explanation is [`Policy::explain`]'s.
    pub local_explanation: bool,
    /// The domains that the evaluation came to and whose record [`Policy::replace`] replaces, in the order in which it did; the
    /// result rests on them, and not on what they publish.
    pub local_records: Vec<Name>,
    /// The terms evaluated that count against [`Limits::spf_dns_lookups`](crate::Limits::spf_dns_lookups).
    pub dns_lookups: u32,
    /// The terms that asked for what does not exist, counted against [`Limits::spf_void_lookups`](crate::Limits::spf_void_lookups).
    pub void_lookups: u32,
    /// Why the result is what it is.
    pub cause: Cause,
}

impl Evaluation {
    /// Why the result is what it is, in a sentence; it names the domains whose record local policy replaces.
    pub fn reason(&self) -> String {
        match self.replaced() {
            Some(replaced) => format!("{}; {replaced}", self.cause),
            None => self.cause.to_string(),
        }
    }

    /// In a clause, whose records are not those that the domains publish.
    pub(crate) fn replaced(&self) -> Option<String> {
        // It goes into header fields.
        const MOST_NAMED: usize = 3;
        let mut parts: Vec<String> = self.local_records.iter().map(Name::to_string).collect();
        let more = parts.len().saturating_sub(MOST_NAMED);
        if more > 0 {
            parts.truncate(MOST_NAMED);
            parts.push(format!("{more} more"));
        }
        let (last, before) = parts.split_last()?;
        Some(match before {
            [] => format!("local policy replaces the SPF record of {last}"),
            before => format!(
                "local policy replaces the SPF records of {} and {last}",
                before.join(", ")
            ),
        })
    }

    /// The domain checked as a name, whatever the result; none if it is not one.
    pub fn domain_name(&self) -> Option<&Name> {
        self.authenticated.as_ref()
    }
}

impl Request {
    /// The domain that decides: MAIL FROM's, or HELO's for a null reverse-path; none if it is no domain name that SPF
    /// checks.
    pub fn domain(&self) -> Option<Name> {
        identity::Subject::of(self, Identity::MailFrom).domain.ok()
    }
}

/// What came of checking the sender of a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The evaluation that counts: MAIL FROM's, and HELO's only for a null reverse-path.
    pub evaluation: Evaluation,
    /// HELO's own evaluation; none if the client gave no name.
    pub helo: Option<Evaluation>,
}

/// Checks both identities of a transaction, side by side.
///
/// The envelope sender decides. RFC 7208 section 2.4: for a null reverse-path it is `postmaster` at the HELO name,
/// and then there is one check only. `environment` is [`Limits`](crate::Limits) alone, or an [`Environment`].
pub async fn verify<R: Resolver>(
    session: &Session<R>,
    request: &Request,
    environment: impl Into<Environment<'_>>,
    trace: &Tracer,
) -> Verdict {
    let environment = environment.into();
    let helo = check_host(session, request, Identity::Helo, environment, trace);
    if request.mail_from.is_empty() {
        let evaluation = helo.await;
        let helo = (!request.helo.is_empty()).then(|| evaluation.clone());
        return Verdict { evaluation, helo };
    }
    let mail_from = check_host(session, request, Identity::MailFrom, environment, trace);
    if request.helo.is_empty() {
        let evaluation = mail_from.await;
        return Verdict {
            evaluation,
            helo: None,
        };
    }
    let (evaluation, helo) = futures_util::future::join(mail_from, helo).await;
    Verdict {
        evaluation,
        helo: Some(helo),
    }
}
