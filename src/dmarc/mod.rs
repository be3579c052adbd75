//! DMARC after RFC 9989: does the domain in From vouch for this message, and what does it ask for if not?
//!
//! Three steps, each usable alone: [`author()`] reads the author domains out of the header, [`discover()`] asks the DNS
//! for policies and organizational domains, [`evaluate()`] judges what SPF and DKIM found, without any DNS. Section
//! numbers are those of RFC 9989.

mod author;
mod cause;
mod discover;
mod environment;
mod evaluate;
pub mod lint;
mod overrides;
mod record;
mod records;
#[cfg(test)]
pub(crate) mod tests;
mod walk;

pub use author::{Author, AuthorProblem, DomainError, MOST_AUTHOR_DOMAINS, author};
pub use cause::{Cause, DkimFinding, SpfFinding};
pub use discover::{Discovery, MOST_CANDIDATES, PolicyFinding, discover, discover_with};
pub use environment::{Environment, OrganizationalDomains};
pub use evaluate::{AlignedIdentifier, Identifier, Mechanism, Outcome, Verdict, evaluate};
pub use overrides::{Circumstances, MailingLists, Override, OverrideError, OverrideKind, Overrides};
pub use record::{
    AlignmentMode, FailureOptions, Policies, PublicSuffix, Record, RecordError, RecordProblem, ReportUri,
    Unusable,
};
pub use records::{Records, RecordsOptions};
pub use walk::{Absence, Found, Step, Walk};

use serde::Serialize;
use std::fmt;

/// What DMARC says about a message (section 9.2, the words of RFC 8601).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DmarcResult {
    /// No policy record exists for the author domain.
    None,
    /// A policy record exists, and an aligned identifier was authenticated.
    Pass,
    /// A policy record exists, and no aligned identifier was authenticated.
    Fail,
    /// It could not be found out now; a later attempt might.
    TempError,
    /// It cannot be found out: the record or the message is unusable.
    PermError,
}

impl DmarcResult {
    /// The word of the standard, such as `temperror`.
    pub fn as_str(self) -> &'static str {
        match self {
            DmarcResult::None => "none",
            DmarcResult::Pass => "pass",
            DmarcResult::Fail => "fail",
            DmarcResult::TempError => "temperror",
            DmarcResult::PermError => "permerror",
        }
    }
}

impl fmt::Display for DmarcResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a domain owner asks to be done with mail that fails (section 4.7, `p`, `sp` and `np`); later is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// Nothing is asked for.
    None,
    /// It is suspicious.
    Quarantine,
    /// It is not valid use of the domain.
    Reject,
}

impl Policy {
    /// The word of the standard, such as `quarantine`.
    pub fn as_str(self) -> &'static str {
        match self {
            Policy::None => "none",
            Policy::Quarantine => "quarantine",
            Policy::Reject => "reject",
        }
    }

    /// The policy one level below, as `t=y` asks (section 4.7).
    #[must_use]
    pub fn lowered(self) -> Policy {
        match self {
            Policy::Reject => Policy::Quarantine,
            Policy::Quarantine | Policy::None => Policy::None,
        }
    }
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
