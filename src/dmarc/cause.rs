//! Why a DMARC verdict came out as it did.

use super::evaluate::{AlignedIdentifier, Mechanism};
use super::{AuthorProblem, DmarcResult, Policy, Unusable};
use crate::dns::{Failure, Name};
use std::fmt;

/// What SPF had to say about the author domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpfFinding {
    /// It was not checked.
    NotChecked,
    /// It was not checked, because local policy trusts the client.
    TrustedClient,
    /// It was to be checked, and neither the envelope sender nor HELO gave a domain to check.
    NoDomain,
    /// It did not pass.
    NoPass {
        /// The domain that was checked.
        domain: Name,
        /// Whether a pass would have counted.
        aligned: bool,
    },
    /// It passed for a domain that is not aligned.
    NotAligned {
        /// That domain.
        domain: Name,
        /// Whether it is of the same organization, and only `aspf=s` stands against it.
        strict: bool,
    },
}

/// What DKIM had to say about the author domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DkimFinding {
    /// There is no signature.
    NoSignature,
    /// Signatures passed, of domains that are not aligned; this is the first of them.
    NotAligned {
        /// The signing domain.
        domain: Name,
        /// Whether it is of the same organization, and only `adkim=s` stands against it.
        strict: bool,
    },
    /// A signature that would have counted did not pass.
    NoPass {
        /// The signing domain.
        domain: Name,
    },
    /// Signatures did not pass, and would not have counted.
    OthersFailed,
}

/// The rule, record or question that decided. [`Cause::result`] is the only way from here to a result.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// An aligned identifier passed.
    Aligned {
        /// The author domain.
        author: Name,
        /// The first identifier that decided it.
        identifier: AlignedIdentifier,
        /// The organizational domain of the author domain.
        organizational: Name,
    },
    /// There is a policy, and nothing that is aligned passed.
    NotAligned {
        /// The author domain.
        author: Name,
        /// Where the policy stands.
        policy_domain: Name,
        /// The policy.
        policy: Policy,
        /// Whether the owner is testing it.
        testing: bool,
        /// What SPF said.
        spf: SpfFinding,
        /// What DKIM said.
        dkim: DkimFinding,
    },
    /// There is no policy record for the author domain, nor above it.
    NoRecord {
        /// The author domain.
        author: Name,
        /// A name whose records were discarded because there were several, and their number.
        several: Option<(Name, usize)>,
    },
    /// It could not be found out which policy applies.
    PolicyUnknown {
        /// The author domain.
        author: Name,
        /// The name that could not be looked at.
        at: Name,
        /// Why.
        failure: Failure,
    },
    /// It could not be found out whether the author domain exists, on which its policy depends.
    ExistenceUnknown {
        /// The author domain.
        author: Name,
        /// Why.
        failure: Failure,
    },
    /// Something passed of which it could not be found out whether it is aligned.
    AlignmentUnknown {
        /// The author domain.
        author: Name,
        /// What passed.
        mechanism: Mechanism,
        /// For which domain.
        identifier: Name,
        /// The name that could not be looked at.
        at: Name,
        /// Why.
        failure: Failure,
    },
    /// SPF or DKIM was a temporary error for a domain that might have given an aligned pass.
    IdentifierUnknown {
        /// The author domain.
        author: Name,
        /// What had the error.
        mechanism: Mechanism,
        /// For which domain.
        identifier: Name,
    },
    /// The organizational domain of something that passed was not looked for: there were too many, or it was not
    /// among the candidates.
    NotLookedUp {
        /// The author domain.
        author: Name,
        /// The domain.
        identifier: Name,
    },
    /// The record does not allow DMARC processing.
    RecordUnusable {
        /// The author domain.
        author: Name,
        /// Where the record stands.
        at: Name,
        /// What is wrong with it.
        why: Unusable,
    },
    /// The From field is not what DMARC rests on.
    Author(AuthorProblem),
    /// The client has logged in: the message is submitted here, and DMARC is about mail that comes in.
    Authenticated {
        /// The account, made printable.
        account: String,
    },
}

impl Cause {
    /// What follows from this cause: the one place where causes become results.
    pub fn result(&self) -> DmarcResult {
        match self {
            // Section 5.3.5.
            Cause::Aligned { .. } => DmarcResult::Pass,
            Cause::NotAligned { .. } => DmarcResult::Fail,
            // Sections 4.10.1 and 9.2: none is that no record exists for the author domain.
            Cause::NoRecord { .. } | Cause::Authenticated { .. } => DmarcResult::None,
            // Section 5.3.6: when DNS queries do not complete, the message neither passes nor fails. That holds for
            // those of SPF and DKIM too where they might have given an aligned pass.
            Cause::PolicyUnknown { .. }
            | Cause::ExistenceUnknown { .. }
            | Cause::AlignmentUnknown { .. }
            | Cause::IdentifierUnknown { .. } => DmarcResult::TempError,
            // Section 9.2: permerror is an error that a later attempt will not mend, such as an improperly formatted
            // record. Section 5.3.1: without an author domain validation is not possible; "none" would say that the
            // author domain has no record, which nobody knows.
            Cause::RecordUnusable { .. } | Cause::NotLookedUp { .. } | Cause::Author(_) => {
                DmarcResult::PermError
            }
        }
    }

    /// A stable code, such as `not_aligned`.
    pub fn code(&self) -> &'static str {
        match self {
            Cause::Aligned { .. } => "aligned",
            Cause::NotAligned { .. } => "not_aligned",
            Cause::NoRecord { several: None, .. } => "no_record",
            Cause::NoRecord { several: Some(_), .. } => "several_records",
            Cause::PolicyUnknown { .. } => "policy_unknown",
            Cause::ExistenceUnknown { .. } => "existence_unknown",
            Cause::AlignmentUnknown { .. } => "alignment_unknown",
            Cause::IdentifierUnknown { .. } => "identifier_unknown",
            Cause::NotLookedUp { .. } => "not_looked_up",
            Cause::RecordUnusable { .. } => "record_unusable",
            Cause::Author(problem) => problem.code(),
            Cause::Authenticated { .. } => "authenticated",
        }
    }
}

/// A full sentence for the administrator.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Aligned {
                author,
                identifier,
                organizational,
            } => {
                match identifier.mechanism {
                    Mechanism::Spf => write!(f, "SPF passed for {}", identifier.domain)?,
                    Mechanism::Dkim => write!(f, "a DKIM signature of {} passed", identifier.domain)?,
                }
                if identifier.domain == *author {
                    f.write_str(", the domain in From")
                } else {
                    write!(
                        f,
                        ", which belongs to the same organization ({organizational}) as {author}, the domain in From"
                    )
                }
            }
            Cause::NotAligned {
                author,
                policy_domain,
                policy,
                testing,
                spf,
                dkim,
            } => {
                match policy {
                    Policy::None => write!(
                        f,
                        "{policy_domain} asks for nothing to be done with mail that is not aligned"
                    )?,
                    policy => write!(f, "{policy_domain} asks to {policy} mail that is not aligned")?,
                }
                if policy_domain != author {
                    write!(f, " with {author}, the domain in From")?;
                }
                if *testing && *policy != Policy::None {
                    let lowered = policy.lowered();
                    write!(f, " (in testing, so that it counts as '{lowered}')")?;
                }
                f.write_str(": ")?;
                not_aligned(f, author, spf, dkim)
            }
            Cause::NoRecord {
                author,
                several: None,
            } => {
                write!(
                    f,
                    "neither {author} nor a domain above it publishes a DMARC policy"
                )
            }
            Cause::NoRecord {
                author,
                several: Some((at, count)),
            } => write!(
                f,
                "no DMARC policy applies to {author}: {at} has {count} DMARC records, so that none of them counts"
            ),
            Cause::PolicyUnknown { author, at, failure } => write!(
                f,
                "the DMARC policy for {author} could not be found out: _dmarc.{at} could not be looked up: {failure}"
            ),
            Cause::ExistenceUnknown { author, failure } => write!(
                f,
                "it could not be found out whether {author} exists, on which its DMARC policy depends: {failure}"
            ),
            Cause::AlignmentUnknown {
                author,
                mechanism,
                identifier,
                at,
                failure,
            } => write!(
                f,
                "{mechanism} passed for {identifier}, but whether that is the same organization as {author} could not be \
                 found out: _dmarc.{at} could not be looked up: {failure}"
            ),
            Cause::IdentifierUnknown {
                author,
                mechanism,
                identifier,
            } => write!(
                f,
                "{mechanism} could not be checked for {identifier} because of a temporary error, and a pass would count \
                 for {author}, the domain in From"
            ),
            Cause::NotLookedUp { author, identifier } => write!(
                f,
                "whether {identifier} is the same organization as {author}, the domain in From, was not looked up"
            ),
            Cause::RecordUnusable { author, at, why } => {
                write!(f, "the DMARC record of {at} cannot be used for {author}: {why}")
            }
            Cause::Author(problem) => problem.fmt(f),
            Cause::Authenticated { account } => write!(
                f,
                "the client has logged in as '{account}', so this mail is submitted here, and SPF and DMARC do not apply"
            ),
        }
    }
}

fn not_aligned(
    f: &mut fmt::Formatter<'_>,
    author: &Name,
    spf: &SpfFinding,
    dkim: &DkimFinding,
) -> fmt::Result {
    match spf {
        SpfFinding::NotChecked => f.write_str("SPF was not checked")?,
        SpfFinding::TrustedClient => {
            f.write_str("SPF was not checked, because local policy trusts the client")?;
        }
        SpfFinding::NoDomain => f.write_str("SPF had no domain to check")?,
        SpfFinding::NoPass {
            domain,
            aligned: true,
        } => write!(f, "SPF did not pass for {domain}")?,
        SpfFinding::NoPass {
            domain,
            aligned: false,
        } => {
            write!(f, "SPF did not pass for {domain}, which is another organization")?;
        }
        SpfFinding::NotAligned {
            domain,
            strict: false,
        } => {
            write!(f, "SPF passed for {domain}, which is another organization")?;
        }
        SpfFinding::NotAligned { domain, strict: true } => {
            write!(
                f,
                "SPF passed for {domain}, which is not the very domain that aspf=s asks for"
            )?;
        }
    }
    f.write_str(", and ")?;
    match dkim {
        DkimFinding::NoSignature => f.write_str("there is no DKIM signature"),
        DkimFinding::NoPass { domain } => write!(f, "the DKIM signature of {domain} did not pass"),
        DkimFinding::OthersFailed => write!(f, "no DKIM signature passed, none of them being of {author}"),
        DkimFinding::NotAligned {
            domain,
            strict: false,
        } => write!(
            f,
            "no DKIM signature of {author} passed, only that of {domain}, which is another organization"
        ),
        DkimFinding::NotAligned { domain, strict: true } => write!(
            f,
            "the DKIM signature that passed is of {domain}, which is not the very domain that adkim=s asks for"
        ),
    }
}
