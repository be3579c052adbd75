//! What became of an address, and why.

use super::address::MOST_OCTETS;
use std::fmt;

/// What becomes of an address. `Display` is the reason, a sentence without a full stop; [`code`](Outcome::code) a stable word for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Another address takes its place.
    Rewritten(Rewritten),
    /// The address stays as it is.
    Unchanged(Unchanged),
    /// It is no address to rewrite: use it as it is, or refuse the mail. Nothing may be sent to what it claims to hold.
    Refused(Refusal),
}

/// A new address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rewritten {
    /// The address to use.
    pub address: Vec<u8>,
    /// What it is.
    pub how: Rewriting,
}

/// Which rule made the new address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rewriting {
    /// Forward: an ordinary address became an SRS0 address.
    Srs0,
    /// Forward: another forwarder's SRS0 or SRS1 address became an SRS1 address.
    Srs1,
    /// Reverse: an SRS0 address held the original address.
    FromSrs0,
    /// Reverse: an SRS1 address held the SRS0 address of the first forwarder.
    FromSrs1,
}

/// Why an address stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unchanged {
    /// The null sender, `<>` or nothing (RFC 5321 section 4.5.5).
    NullSender,
    /// An address of ours with a valid hash.
    AlreadyRewritten,
    /// An address in an alias domain: bounces come here anyway.
    AliasDomain,
    /// An address in a local domain.
    LocalDomain,
    /// An address in an excluded domain.
    Excluded,
}

/// Why an address is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// It has more octets than [`MOST_OCTETS`].
    TooLong {
        /// Its octets.
        octets: usize,
    },
    /// The new address would have more octets than [`MOST_OCTETS`].
    TooLongRewritten {
        /// The new address's octets.
        octets: usize,
    },
    /// The new local part would have more than 64 octets, and the settings refuse that.
    LongLocalPart {
        /// The local part's octets.
        octets: usize,
    },
    /// There is no `@`, and so no domain.
    NoDomain,
    /// Nothing stands before the `@`.
    NoUser,
    /// More than one `@` outside quotes.
    SeveralAts,
    /// A quoted local part does not end before the `@`.
    UnbalancedQuote,
    /// An octet that may not stand there: a control, or one that belongs in quotes.
    BadOctet {
        /// The octet.
        octet: u8,
        /// Where it stands, from 0.
        position: usize,
    },
    /// The domain, or the host within an SRS address, is neither a domain name nor an address literal.
    BadHost,
    /// Reverse: it is no SRS address.
    NotSrs,
    /// Reverse: an SRS address that is not in an alias domain.
    OtherDomain,
    /// Reverse: a part of the SRS address is missing.
    Incomplete {
        /// Which.
        missing: &'static str,
    },
    /// Reverse: the hash has fewer letters than the settings ask for.
    ShortHash {
        /// Its letters.
        found: usize,
        /// Letters it needs.
        least: usize,
    },
    /// Reverse: the timestamp is not two characters of base32.
    BadTimestamp,
    /// Reverse: the hash is not ours, so that somebody made the address up or changed it.
    WrongHash,
    /// Reverse: the hash is ours, but of the form that is no longer accepted.
    WeakHash,
    /// Reverse: the hash is ours and the address too old.
    Expired {
        /// Its age in days; addresses from the future count as very old.
        days: u16,
        /// The age until which it would have been valid.
        most: u16,
    },
}

impl Outcome {
    /// `rewritten`, `unchanged` or `refused`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Rewritten(_) => "rewritten",
            Outcome::Unchanged(_) => "unchanged",
            Outcome::Refused(_) => "refused",
        }
    }

    /// The address to use when `input` was given; none if it is refused.
    pub fn output<'a>(&'a self, input: &'a [u8]) -> Option<&'a [u8]> {
        match self {
            Outcome::Rewritten(rewritten) => Some(&rewritten.address),
            Outcome::Unchanged(_) => Some(input),
            Outcome::Refused(_) => None,
        }
    }

    /// A stable code, such as `already_rewritten`.
    pub fn code(&self) -> &'static str {
        match self {
            Outcome::Rewritten(rewritten) => rewritten.how.code(),
            Outcome::Unchanged(why) => why.code(),
            Outcome::Refused(why) => why.code(),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Rewritten(rewritten) => rewritten.how.fmt(f),
            Outcome::Unchanged(why) => why.fmt(f),
            Outcome::Refused(why) => why.fmt(f),
        }
    }
}

impl Rewriting {
    /// A stable code, such as `srs0`.
    pub fn code(self) -> &'static str {
        match self {
            Rewriting::Srs0 => "srs0",
            Rewriting::Srs1 => "srs1",
            Rewriting::FromSrs0 => "from_srs0",
            Rewriting::FromSrs1 => "from_srs1",
        }
    }
}

impl fmt::Display for Rewriting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Rewriting::Srs0 => "the address is now in the alias domain, where bounces come back to",
            Rewriting::Srs1 => {
                "another forwarder rewrote the address before: bounces go through the alias domain to the first forwarder"
            }
            Rewriting::FromSrs0 => "the hash is ours and the address not too old: this is the original sender",
            Rewriting::FromSrs1 => {
                "the hash is ours: this is the address at the first forwarder, which knows the original sender"
            }
        })
    }
}

impl Unchanged {
    /// A stable code, such as `null_sender`.
    pub fn code(self) -> &'static str {
        match self {
            Unchanged::NullSender => "null_sender",
            Unchanged::AlreadyRewritten => "already_rewritten",
            Unchanged::AliasDomain => "alias_domain",
            Unchanged::LocalDomain => "local_domain",
            Unchanged::Excluded => "excluded",
        }
    }
}

impl fmt::Display for Unchanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Unchanged::NullSender => "the null sender is never rewritten",
            Unchanged::AlreadyRewritten => "the address was rewritten here already: its hash is ours",
            Unchanged::AliasDomain => "the address is in the alias domain, so that bounces come here anyway",
            Unchanged::LocalDomain => "the address is in a local domain",
            Unchanged::Excluded => "the address is in a domain that is excluded from rewriting",
        })
    }
}

impl Refusal {
    /// A stable code, such as `wrong_hash`.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::TooLong { .. } => "too_long",
            Refusal::TooLongRewritten { .. } => "too_long_rewritten",
            Refusal::LongLocalPart { .. } => "long_local_part",
            Refusal::NoDomain => "no_domain",
            Refusal::NoUser => "no_user",
            Refusal::SeveralAts => "several_ats",
            Refusal::UnbalancedQuote => "unbalanced_quote",
            Refusal::BadOctet { .. } => "bad_octet",
            Refusal::BadHost => "bad_host",
            Refusal::NotSrs => "not_srs",
            Refusal::OtherDomain => "other_domain",
            Refusal::Incomplete { .. } => "incomplete",
            Refusal::ShortHash { .. } => "short_hash",
            Refusal::BadTimestamp => "bad_timestamp",
            Refusal::WrongHash => "wrong_hash",
            Refusal::WeakHash => "weak_hash",
            Refusal::Expired { .. } => "expired",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::TooLong { octets } => {
                write!(
                    f,
                    "the address has {octets} octets, and more than {MOST_OCTETS} are not looked at"
                )
            }
            Refusal::TooLongRewritten { octets } => write!(
                f,
                "the rewritten address would have {octets} octets, and more than {MOST_OCTETS} could not be reversed"
            ),
            Refusal::LongLocalPart { octets } => write!(
                f,
                "the rewritten local part would have {octets} octets, and 64 are what every host has to accept (RFC 5321 section \
                 4.5.3.1.1)"
            ),
            Refusal::NoDomain => f.write_str("there is no '@' with a domain behind it"),
            Refusal::NoUser => f.write_str("nothing stands before the '@'"),
            Refusal::SeveralAts => {
                f.write_str("there is more than one '@', and a local part that has one must stand in quotes")
            }
            Refusal::UnbalancedQuote => {
                f.write_str("the quoted local part does not end with a quote just before the '@'")
            }
            Refusal::BadOctet { octet, position } => {
                write!(f, "octet {position}, ")?;
                match octet {
                    b' ' => f.write_str("a blank")?,
                    0x21..=0x7e => write!(f, "'{}'", char::from(*octet))?,
                    _ => write!(f, "the control 0x{octet:02x}")?,
                }
                f.write_str(", may not stand in the local part of an address")?;
                match octet {
                    0x20..=0x7e => f.write_str(" without quotes (RFC 5321 section 4.1.2)"),
                    _ => Ok(()),
                }
            }
            Refusal::BadHost => f.write_str("the host is neither a domain name nor an address in brackets"),
            Refusal::NotSrs => {
                f.write_str("it is no SRS address: it does not begin with SRS0 or SRS1 and a separator")
            }
            Refusal::OtherDomain => {
                f.write_str("the domain is no alias domain of ours: another host rewrote the address")
            }
            Refusal::Incomplete { missing } => write!(f, "the SRS address has no {missing}"),
            Refusal::ShortHash { found, least } => {
                write!(
                    f,
                    "the hash has {found} letters, and at least {least} are asked for"
                )
            }
            Refusal::BadTimestamp => {
                f.write_str("the timestamp is not two characters of the letters and the digits 2 to 7")
            }
            Refusal::WrongHash => {
                f.write_str("the hash belongs to none of our secrets: the address was made up or changed")
            }
            Refusal::WeakHash => f.write_str(
                "the hash is ours, but of the interoperable form, and only the strong one is accepted",
            ),
            Refusal::Expired { days, most } => write!(
                f,
                "the address is {days} days old (modulo 1024, so that one from the future looks old), and valid for {most}"
            ),
        }
    }
}
