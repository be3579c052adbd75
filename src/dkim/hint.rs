//! What became of a message whose signature does not verify, as far as it can be told.

use super::canonical::Canonicalization;
use super::cause::Cause;
use super::select::HeaderIndex;
use super::signature::Signature;
use crate::error::printable;
use crate::message::HeaderFields;
use std::fmt;

/// Characters of a field's value that are shown.
const MOST_SHOWN: usize = 80;
/// Names of signed fields that are shown.
const MOST_NAMES: usize = 20;

/// A signed header field that was changed after signing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The field's name, as it stands.
    pub field: String,
    /// The beginning of its value, unfolded and made printable.
    pub is: String,
    /// The beginning of the value that was signed, likewise; none if there was no such field.
    pub was: Option<String>,
}

/// What was done to the signed header fields.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HeaderHint {
    /// These changes, and no other: without them the signature over the header is genuine.
    Changed(Vec<Change>),
    /// Blanks and line ends in folded fields were changed, and nothing else: unfolded, the signature over the header is genuine.
    Refolded,
    /// None of the changes that were thought of.
    Unknown {
        /// The names of the signed fields that the message has, each once.
        signed: Vec<String>,
        /// Whether the header's canonicalization is simple, so that a blank more is a change.
        simple: bool,
    },
}

/// What became of a message after signing, for a signature that is not one over it as it stands. It changes no result.
///
/// What it says of the header is proven, unless it is [`HeaderHint::Unknown`]: the signature verifies over the header as it says
/// that it was. What it says of the body is likely at best.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Hint {
    /// Of the signed fields; none if the signature over them is genuine.
    pub header: Option<HeaderHint>,
    /// Whether the body was changed.
    pub body_changed: bool,
    /// The mailing list by which the message came, by its own word (RFC 2919), made printable.
    pub mailing_list: Option<String>,
}

impl Hint {
    /// For a cause; `found` is what was found out about a header that is not as it was signed. `own` is the place of the signature.
    pub(super) fn of(
        cause: &Cause,
        found: Option<HeaderHint>,
        signature: &Signature,
        own: usize,
        header: &HeaderFields,
    ) -> Option<Hint> {
        let (header_changed, body_changed) = match cause {
            Cause::BodyChanged => (false, true),
            Cause::HeaderChanged => (true, false),
            Cause::BodyAndHeaderChanged => (true, true),
            Cause::BodyTooShort { header_genuine, .. } => (!header_genuine, true),
            _ => return None,
        };
        Some(Hint {
            header: header_changed.then(|| {
                found.unwrap_or_else(|| HeaderHint::Unknown {
                    signed: signed_names(signature, own, header),
                    simple: signature.header == Canonicalization::Simple,
                })
            }),
            body_changed,
            mailing_list: header.list_identifier().map(printable),
        })
    }

    /// Whether something of it is proven.
    pub fn is_proven(&self) -> bool {
        matches!(self.header, Some(HeaderHint::Changed(_) | HeaderHint::Refolded))
    }

    /// A stable code: `fields_changed`, `refolded`, `fields_unknown` or `body`.
    pub fn code(&self) -> &'static str {
        match &self.header {
            Some(HeaderHint::Changed(_)) => "fields_changed",
            Some(HeaderHint::Refolded) => "refolded",
            Some(HeaderHint::Unknown { .. }) => "fields_unknown",
            None => "body",
        }
    }

    /// The changes that are proven.
    pub fn changes(&self) -> &[Change] {
        match &self.header {
            Some(HeaderHint::Changed(changes)) => changes,
            _ => &[],
        }
    }
}

/// The names of the signed fields that are there, of a signature at the place `own`.
fn signed_names(signature: &Signature, own: usize, header: &HeaderFields) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    // In time linear in fields and names, whatever h= has.
    for place in HeaderIndex::new(header).select(&signature.names, own) {
        let name = header.get(place).map(|field| printable(field.name()));
        shown.extend(name.filter(|name| !shown.contains(name)));
        if shown.len() == MOST_NAMES {
            break;
        }
    }
    shown
}

/// A value for people: unfolded, and the beginning of it.
pub(super) fn shown(value: &[u8]) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => {
            let words = text.split_ascii_whitespace().flat_map(|word| [" ", word]).skip(1);
            let letters = words
                .flat_map(str::chars)
                .map(|letter| match letter.is_control() {
                    true => '?',
                    false => letter,
                });
            let mut shown: String = letters.take(MOST_SHOWN + 1).collect();
            if shown.chars().count() > MOST_SHOWN {
                shown.pop();
                shown.push_str("...");
            }
            shown
        }
        Err(_) => printable(value.trim_ascii()),
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { field, is, was } = self;
        match was {
            Some(was) => write!(f, "{field} was changed from '{was}' to '{is}'"),
            None => write!(f, "{field} was added ('{is}')"),
        }
    }
}

/// A sentence for the administrator.
impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.header {
            Some(HeaderHint::Changed(changes)) => {
                f.write_str("on the way, ")?;
                for (at, change) in changes.iter().enumerate() {
                    f.write_str(if at > 0 { " and " } else { "" })?;
                    change.fmt(f)?;
                }
                f.write_str("; without that, the signature over the header fields is genuine")?;
            }
            Some(HeaderHint::Refolded) => f.write_str(
                "on the way, header fields were folded anew, which a signature with c=simple does not survive; unfolded, it is \
                 genuine",
            )?,
            Some(HeaderHint::Unknown { signed, simple }) => {
                write!(f, "what was changed cannot be told: signed are {}", signed.join(", "))?;
                if *simple {
                    f.write_str(", to the last blank (c=simple)")?;
                }
                f.write_str("; or it was signed with another key, or not at all")?;
            }
            None => {}
        }
        let list = self.mailing_list.as_deref();
        let encoding = |change: &Change| change.field.eq_ignore_ascii_case("content-transfer-encoding");
        let body = match (self.body_changed, list) {
            (true, _) if self.changes().iter().any(encoding) => {
                "a host on the way has likely encoded the body anew".to_owned()
            }
            (true, Some(list)) => {
                format!(
                    "the mailing list {list}, by which the message says it came, has likely added to the body"
                )
            }
            (true, None) if self.header.is_some() => "the body was changed too".to_owned(),
            (true, None) => "a host on the way has likely added to the body or encoded it anew; or somebody has put another body \
                             below a genuine header"
                .to_owned(),
            (false, Some(list)) => format!("the message says that it came by the mailing list {list}"),
            (false, None) => return Ok(()),
        };
        match self.header {
            Some(_) => write!(f, "; {body}"),
            None => f.write_str(&body),
        }
    }
}
