//! What can be wrong with the text of an SPF record.

use crate::slip::one_slip_apart;
use std::fmt;

/// Why a record cannot be read (RFC 7208 sections 4.6 and 12).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The term that is wrong, made printable and cut to 80 octets.
    pub term: String,
    /// Where the term begins in the record, in octets from 0.
    pub at: usize,
    /// What is wrong with it.
    pub kind: SyntaxErrorKind,
}

/// What is wrong with a term.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SyntaxErrorKind {
    /// There is no such mechanism. `meant` is what was probably intended.
    #[error("is no mechanism{}", hint(.meant))]
    UnknownMechanism {
        /// What was probably intended, such as `ip4`.
        meant: Option<&'static str>,
    },
    /// A modifier's name begins with a letter and holds letters, digits, `-`, `_` and `.` only.
    #[error("is no modifier: its name has a character that is not allowed")]
    ModifierName,
    /// The mechanism or modifier needs a domain.
    #[error("lacks its domain")]
    DomainMissing,
    /// The mechanism takes nothing after its name.
    #[error("has something after its name that does not belong there")]
    Surplus,
    /// A domain-spec ends in a dot and a top-level domain, or in a macro.
    #[error("does not end in a domain name such as 'example.org'{}", hint(.meant))]
    DomainEnd {
        /// What was probably intended, such as `ip4:`.
        meant: Option<&'static str>,
    },
    /// A macro, or a character of a macro-string, is wrong.
    #[error("cannot be read: {0}")]
    Macro(#[from] MacroError),
    /// The address after `ip4:`.
    #[error("has no IPv4 address")]
    Ip4,
    /// The address after `ip6:`.
    #[error("has no IPv6 address")]
    Ip6,
    /// A prefix length is at most 32 or 128, without leading zeros.
    #[error("has a prefix length that is not allowed")]
    PrefixLength,
    /// `redirect` and `exp` may each stand once (RFC 7208 section 6).
    #[error("stands for the second time, and it may stand once only")]
    Duplicate,
    /// The record does not begin with `v=spf1` and a blank.
    #[error("is not 'v=spf1'")]
    Version,
}

/// What is wrong with a macro-string (RFC 7208 section 7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MacroError {
    /// A `%` that begins nothing.
    #[error("a '%' that is not followed by '{{', '%', '_' or '-'")]
    LonePercent,
    /// No `}`.
    #[error("a macro that is not closed by '}}'")]
    Unclosed,
    /// No macro has this letter.
    #[error("there is no macro with the letter {}", octet(.0))]
    Letter(u8),
    /// c, r and t stand in explanations only.
    #[error("the macro letter '{0}' may stand in explanations only")]
    OnlyInExplanation(char),
    /// `%{d0}`.
    #[error("a macro that keeps 0 parts")]
    ZeroParts,
    /// Neither digits, `r` nor a delimiter.
    #[error("{} does not belong in a macro", octet(.0))]
    Transformer(u8),
    /// Outside printable ASCII.
    #[error("the character {} is not allowed", octet(.0))]
    Character(u8),
}

impl SyntaxErrorKind {
    /// A stable code, such as `unknown_mechanism`.
    pub fn code(&self) -> &'static str {
        match self {
            SyntaxErrorKind::UnknownMechanism { .. } => "unknown_mechanism",
            SyntaxErrorKind::ModifierName => "modifier_name",
            SyntaxErrorKind::DomainMissing => "domain_missing",
            SyntaxErrorKind::Surplus => "surplus",
            SyntaxErrorKind::DomainEnd { .. } => "domain_end",
            SyntaxErrorKind::Macro(_) => "macro",
            SyntaxErrorKind::Ip4 => "ip4",
            SyntaxErrorKind::Ip6 => "ip6",
            SyntaxErrorKind::PrefixLength => "prefix_length",
            SyntaxErrorKind::Duplicate => "duplicate",
            SyntaxErrorKind::Version => "version",
        }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' {}", self.term, self.kind)
    }
}

impl std::error::Error for SyntaxError {}

fn hint(meant: &Option<&'static str>) -> String {
    meant.map_or_else(String::new, |meant| format!(" (did you mean '{meant}'?)"))
}

fn octet(octet: &u8) -> String {
    if octet.is_ascii_graphic() {
        format!("'{}'", char::from(*octet))
    } else {
        format!("0x{octet:02x}")
    }
}

/// What the writer of an unknown mechanism probably meant; for the sentence, never for the verdict.
pub(super) fn meant_mechanism(name: &[u8]) -> Option<&'static str> {
    const KNOWN: [&str; 8] = ["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"];
    const MOST: usize = 16;
    if name.len() > MOST {
        return None;
    }
    let name = name.to_ascii_lowercase();
    match name.as_slice() {
        b"ipv4" | b"ip" | b"ip4v" | b"ipv4v" => return Some("ip4"),
        b"ipv6" | b"ip6v" => return Some("ip6"),
        b"redirect" => return Some("redirect="),
        b"exp" => return Some("exp="),
        _ => {}
    }
    let text = std::str::from_utf8(&name).unwrap_or_default();
    if text.parse::<std::net::Ipv4Addr>().is_ok() {
        return Some("ip4:");
    }
    KNOWN
        .into_iter()
        .filter(|known| known.len() > 2)
        .find(|known| one_slip_apart(&name, known.as_bytes()))
}
