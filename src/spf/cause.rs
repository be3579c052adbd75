//! Why an SPF result is what it is.

use super::record::Qualifier;
use super::syntax::SyntaxError;
use super::{SpfResult, TargetError};
use crate::dns::{Failure, Name, NameError, Question};
use std::fmt;
use std::net::IpAddr;

/// Why a check ended as it did. `Display` says it to an administrator, [`Cause::code`] to a program, and
/// [`Cause::result`] is the one place where the result comes from. Domains and terms in it are printable.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// A directive matched the client (RFC 7208 section 4.6.2).
    Matched(Box<Matched>),
    /// No mechanism matched, and there is no `redirect` (RFC 7208 section 4.7).
    NoMatch {
        /// The domain whose record said nothing.
        domain: String,
        /// The client.
        client: IpAddr,
    },
    /// The domain exists without an SPF record (RFC 7208 section 4.5).
    NoRecord {
        /// The domain.
        domain: String,
    },
    /// The domain does not exist (RFC 7208 section 4.3).
    NoSuchDomain {
        /// The domain.
        domain: String,
    },
    /// An address stands in the place of a domain (RFC 7208 section 4.3).
    Literal {
        /// The address literal.
        domain: String,
    },
    /// The domain has one label only (RFC 7208 section 4.3).
    SingleLabel {
        /// The domain.
        domain: String,
    },
    /// The domain cannot be asked for (RFC 7208 section 4.3).
    MalformedDomain {
        /// The domain.
        domain: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// The reverse-path has no domain (RFC 7208 section 4.3).
    NoDomain {
        /// The reverse-path.
        sender: String,
    },
    /// Local policy trusts the client, so that it is not checked ([`Policy::trust`](super::Policy::trust)).
    TrustedClient {
        /// The client.
        client: IpAddr,
    },
    /// The client gave no HELO name, and there is nothing else to check.
    NoHelo,
    /// A record is broken (RFC 7208 section 4.6).
    Syntax {
        /// The domain that publishes it.
        domain: String,
        /// What is wrong, and where.
        error: SyntaxError,
    },
    /// The domain publishes more than one SPF record (RFC 7208 section 4.5).
    SeveralRecords {
        /// The domain.
        domain: String,
        /// How many.
        count: usize,
    },
    /// An `include` names a domain without an SPF record (RFC 7208 section 5.2).
    IncludeNone(Box<Missing>),
    /// The `redirect` names a domain without an SPF record (RFC 7208 section 6.1).
    RedirectNone(Box<Missing>),
    /// More terms than allowed cause DNS queries (RFC 7208 section 4.6.4).
    LookupLimit(Exceeded),
    /// More terms than allowed ask for what does not exist (RFC 7208 section 4.6.4).
    VoidLimit(Exceeded),
    /// An `mx` has more mail exchanges than allowed (RFC 7208 section 4.6.4).
    MxLimit(Exceeded),
    /// The DNS did not answer a question that the result depends on (RFC 7208 section 2.6.6).
    Dns {
        /// The question.
        question: Question,
        /// What went wrong.
        failure: Failure,
    },
}

/// What a part of the evaluation comes to, or why it ends the check. The cause is in a box, for it is large and seldom
/// there, and results go through many hands.
pub(super) type Fallible<T> = Result<T, Box<Cause>>;

/// The directive that decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matched {
    /// The domain checked.
    pub domain: Name,
    /// The client.
    pub client: IpAddr,
    /// What follows from the match.
    pub qualifier: Qualifier,
    /// The outermost directive, as published.
    pub directive: String,
    /// The domain in whose record it stands: the one checked, or one that it redirects to.
    pub record: Name,
    /// For an `include`: the innermost directive that matched, and the domain in whose record it stands.
    pub inner: Option<(String, Name)>,
}

/// A term that points to a domain without a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// The domain in whose record the term stands.
    pub domain: String,
    /// The term as published, or as read.
    pub term: String,
    /// Why there is no record.
    pub why: MissingWhy,
}

/// Why there is no record where a term points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MissingWhy {
    /// The check of that domain came to nothing.
    None(Cause),
    /// The term does not expand to a domain name.
    Malformed(TargetError),
}

/// A limit that a record goes beyond.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exceeded {
    /// The domain in whose record the term stands.
    pub domain: String,
    /// The term at which the limit was passed.
    pub term: String,
    /// The limit.
    pub limit: u64,
}

impl Cause {
    /// The result that follows.
    pub fn result(&self) -> SpfResult {
        match self {
            // RFC 7208 section 4.6.2.
            Cause::Matched(matched) => match matched.qualifier {
                Qualifier::Pass => SpfResult::Pass,
                Qualifier::Fail => SpfResult::Fail,
                Qualifier::SoftFail => SpfResult::SoftFail,
                Qualifier::Neutral => SpfResult::Neutral,
            },
            // RFC 7208 section 4.7: as if "?all" were the last directive.
            Cause::NoMatch { .. } => SpfResult::Neutral,
            // RFC 7208 sections 4.3 and 4.5. Nothing was checked for a trusted client.
            Cause::NoRecord { .. }
            | Cause::NoSuchDomain { .. }
            | Cause::Literal { .. }
            | Cause::SingleLabel { .. }
            | Cause::MalformedDomain { .. }
            | Cause::NoDomain { .. }
            | Cause::TrustedClient { .. }
            | Cause::NoHelo => SpfResult::None,
            // RFC 7208 sections 4.5, 4.6, 4.6.4, 5.2 and 6.1.
            Cause::Syntax { .. }
            | Cause::SeveralRecords { .. }
            | Cause::IncludeNone(_)
            | Cause::RedirectNone(_)
            | Cause::LookupLimit(_)
            | Cause::VoidLimit(_)
            | Cause::MxLimit(_) => SpfResult::PermError,
            // RFC 7208 sections 4.4 and 5: any failure but "no such name" is a temperror.
            Cause::Dns { .. } => SpfResult::TempError,
        }
    }

    /// A stable code, such as `lookup_limit`.
    pub fn code(&self) -> &'static str {
        match self {
            Cause::Matched(_) => "directive_matched",
            Cause::NoMatch { .. } => "no_match",
            Cause::NoRecord { .. } => "no_record",
            Cause::NoSuchDomain { .. } => "no_such_domain",
            Cause::Literal { .. } => "address_literal",
            Cause::SingleLabel { .. } => "single_label",
            Cause::MalformedDomain { .. } => "malformed_domain",
            Cause::NoDomain { .. } => "no_domain",
            Cause::TrustedClient { .. } => "trusted_client",
            Cause::NoHelo => "no_helo",
            Cause::Syntax { .. } => "syntax",
            Cause::SeveralRecords { .. } => "several_records",
            Cause::IncludeNone(_) => "include_none",
            Cause::RedirectNone(_) => "redirect_none",
            Cause::LookupLimit(_) => "lookup_limit",
            Cause::VoidLimit(_) => "void_limit",
            Cause::MxLimit(_) => "mx_limit",
            Cause::Dns { .. } => "dns_failure",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Matched(matched) => matched.fmt(f),
            Cause::NoMatch { domain, client } => write!(
                f,
                "the SPF record of {domain} says nothing about {client}: none of its mechanisms matches"
            ),
            Cause::NoRecord { domain } => write!(f, "{domain} publishes no SPF record"),
            Cause::NoSuchDomain { domain } => {
                write!(f, "{domain} does not exist in the DNS, so it has no SPF record")
            }
            Cause::Literal { domain } => write!(
                f,
                "'{domain}' is an address and not a domain name, so there is no SPF record to look for"
            ),
            Cause::SingleLabel { domain } => write!(
                f,
                "'{domain}' is not a fully qualified domain name, so there is no SPF record to look for"
            ),
            Cause::MalformedDomain { domain, error } => write!(
                f,
                "'{domain}' cannot be a domain name, so there is no SPF record to look for: {error}"
            ),
            Cause::NoDomain { sender } => write!(
                f,
                "the envelope sender '{sender}' has no domain, so there is no SPF record to look for"
            ),
            Cause::TrustedClient { client } => {
                write!(f, "{client} is trusted by local policy, so SPF was not checked")
            }
            Cause::NoHelo => {
                f.write_str("the client gave no HELO name, so there is no SPF record to look for")
            }
            Cause::Syntax { domain, error } => write!(f, "the SPF record of {domain} is broken: {error}"),
            Cause::SeveralRecords { domain, count } => {
                write!(
                    f,
                    "{domain} publishes {count} SPF records, and only one is allowed"
                )
            }
            Cause::IncludeNone(missing) => write!(
                f,
                "the SPF record of {} is broken: '{}' points to no SPF record ({})",
                missing.domain,
                Short(&missing.term),
                missing.why
            ),
            Cause::RedirectNone(missing) => write!(
                f,
                "the SPF record of {} is broken: '{}' points to no SPF record ({})",
                missing.domain,
                Short(&missing.term),
                missing.why
            ),
            Cause::LookupLimit(at) => write!(
                f,
                "the SPF record needs more than {} DNS look-ups, includes and redirects counted; the limit was \
                 passed at '{}' in the record of {}",
                at.limit,
                Short(&at.term),
                at.domain
            ),
            Cause::VoidLimit(at) => write!(
                f,
                "the SPF record has more than {} terms that ask for what does not exist in the DNS; the limit was \
                 passed at '{}' in the record of {}",
                at.limit,
                Short(&at.term),
                at.domain
            ),
            Cause::MxLimit(at) => write!(
                f,
                "the SPF record of {} is broken: '{}' names more than {} mail exchanges",
                at.domain,
                Short(&at.term),
                at.limit
            ),
            Cause::Dns { question, failure } => write!(
                f,
                "the DNS gave no answer that SPF could rest on, asked for {} records of {}: {failure}",
                question.kind, question.name
            ),
        }
    }
}

/// A term in a sentence: a record may hold one of 64 KB.
struct Short<'a>(&'a str);

impl fmt::Display for Short<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 120;
        match self.0.floor_char_boundary(MOST) {
            end if end < self.0.len() => write!(f, "{}...", &self.0[..end]),
            _ => f.write_str(self.0),
        }
    }
}

impl fmt::Display for Matched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Matched { domain, client, .. } = self;
        let directive = Short(&self.directive);
        match self.qualifier {
            Qualifier::Pass => write!(f, "{client} is allowed to send for {domain}")?,
            Qualifier::Fail => write!(f, "{client} is not allowed to send for {domain}")?,
            Qualifier::SoftFail => write!(f, "{client} is probably not allowed to send for {domain}")?,
            Qualifier::Neutral => write!(
                f,
                "{domain} does not say whether {client} is allowed to send for it"
            )?,
        }
        if self.record == *domain {
            write!(f, ": '{directive}' of its SPF record decided")?;
        } else {
            write!(
                f,
                ": {domain} redirects to the SPF record of {}, where '{directive}' decided",
                self.record
            )?;
        }
        match &self.inner {
            Some((inner, domain)) => write!(f, " (through '{}' of {domain})", Short(inner)),
            None => Ok(()),
        }
    }
}

impl fmt::Display for MissingWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            MissingWhy::None(cause) => cause.fmt(f),
            MissingWhy::Malformed(error) => error.fmt(f),
        }
    }
}
