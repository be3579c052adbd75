//! Who signs, and what a signature covers.

use super::canonical::Canonicalization;
use super::signature::{domain_name, signing_domain};
use super::signing_key::SigningKey;
use super::verify::FIELD;
use crate::clock::UnixTime;
use crate::dns::{Name, NameError};
use crate::error::printable;
use crate::message::HeaderFields;
use crate::message::fold::Lines;
use std::sync::Arc;
use std::time::Duration;

/// Signed where they are present: the fields of RFC 6376 section 5.4.1, those that say how the body is to be read, and
/// the one that RFC 8058 section 4 wants covered.
const SIGNED: &[&str] = &[
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "reply-to",
    "message-id",
    "mime-version",
    "content-type",
    "content-transfer-encoding",
    "sender",
    "in-reply-to",
    "references",
    "resent-date",
    "resent-from",
    "resent-sender",
    "resent-to",
    "resent-cc",
    "resent-message-id",
    "list-id",
    "list-help",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-subscribe",
    "list-post",
    "list-owner",
    "list-archive",
];

/// Signed once more than they are present, so that none can be added: RFC 6376 section 8.15.
const OVERSIGNED: &[&str] = &[
    "from",
    "to",
    "cc",
    "subject",
    "date",
    "reply-to",
    "message-id",
    "mime-version",
    "content-type",
];

/// Fields that change on every way. RFC 6376 section 5.4.1 has such fields left out.
const NEVER_SIGNED: &[&str] = &["return-path", "received", "dkim-signature"];

/// Octets of `h=`. libopendkim, which many verify with, reads no more than 4,095.
const MOST_NAMES: usize = 4_000;
/// Octets of `i=` (RFC 5321 section 4.5.3.1: 64 for a local part, 255 for a domain, and the sign between), so that its line is none
/// that servers break, whatever has to be quoted in it.
const MOST_IDENTITY: usize = 320;

/// What a signature covers and says. The defaults suit all mail.
///
/// ```
/// let options = mailrep::dkim::SignerOptions {
///     expires_after: Some(std::time::Duration::from_secs(7 * 86_400)),
///     ..mailrep::dkim::SignerOptions::default()
/// };
/// assert!(options.oversigned.iter().any(|name| name == "from"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignerOptions {
    /// How much the header may change on its way (`c=`). Default relaxed.
    pub header: Canonicalization,
    /// How much the body may change on its way (`c=`). Default relaxed.
    pub body: Canonicalization,
    /// The agent or user on whose behalf is signed (`i=`): an address, or `@` and a domain, at the signing domain or below it.
    /// An international domain is written in ASCII. Default none, which says `@` and the signing domain.
    pub identity: Option<String>,
    /// How long the signature is valid (`x=`), from the time of signing; whole seconds. Default none: for ever.
    pub expires_after: Option<Duration>,
    /// Names of header fields that are signed where they are present, letter case aside. Default: those of RFC 6376 section 5.4.1,
    /// and `Sender`, `Message-ID`, `MIME-Version`, `Content-Type`, `Content-Transfer-Encoding` and `List-Unsubscribe-Post`.
    pub signed: Vec<String>,
    /// Names of header fields that are signed and of which no more can be added without breaking the signature, none if
    /// there is none (RFC 6376 section 8.15). Default: `From`, `To`, `Cc`, `Subject`, `Date`, `Reply-To`, `Message-ID`, `MIME-Version`,
    /// `Content-Type`.
    pub oversigned: Vec<String>,
}

impl Default for SignerOptions {
    fn default() -> Self {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        SignerOptions {
            header: Canonicalization::Relaxed,
            body: Canonicalization::Relaxed,
            identity: None,
            expires_after: None,
            signed: owned(SIGNED),
            oversigned: owned(OVERSIGNED),
        }
    }
}

/// What makes a signer impossible.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignerError {
    /// `d=` must be a domain name of two labels at least.
    #[error("'{0}' is no domain that can sign: a name such as example.org is needed")]
    Domain(String),
    /// `s=` must be one label or several.
    #[error(
        "'{0}' is no selector: letters, digits and hyphens, in parts with dots between them, such as s2026"
    )]
    Selector(String),
    /// Both together are too long for the DNS.
    #[error("the key's name, selector._domainkey.domain, cannot be asked for: {0}")]
    KeyName(NameError),
    /// `i=` must be at `d=` or below.
    #[error("the identity '{identity}' is not at {domain} or below it, as RFC 6376 section 3.5 wants i=")]
    Identity {
        /// The identity given.
        identity: String,
        /// The signing domain.
        domain: Name,
    },
    /// `i=` is longer than any address.
    #[error(
        "the identity has {0} octets; no address has more than {MOST_IDENTITY} (RFC 5321 section 4.5.3.1)"
    )]
    IdentityTooLong(usize),
    /// A name that no header field can have.
    #[error("'{0}' is no name of a header field")]
    FieldName(String),
    /// A field that changes on the way of every message.
    #[error(
        "the field '{0}' changes on the way, so that a signature over it would break (RFC 6376 section 5.4.1)"
    )]
    Changing(String),
    /// From is not among the signed fields.
    #[error("From has to be signed (RFC 6376 section 5.4)")]
    FromUnsigned,
}

/// Why a message cannot be signed. Nothing is wrong with the signer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// There is no From field.
    #[error("the message has no From field, which a signature has to cover (RFC 6376 section 5.4)")]
    NoFrom,
    /// RFC 5322 section 3.6 allows one.
    #[error(
        "the message has {0} From fields; one is allowed (RFC 5322 section 3.6), and nobody knows which would be shown"
    )]
    SeveralFrom(usize),
    /// There are more fields to sign than a signature can name.
    #[error("the message has too many header fields to sign: their names have more than {MOST_NAMES} octets")]
    TooManyFields,
    /// What stands before the body is no header, or not all of it could be kept.
    #[error("{0}")]
    Form(crate::message::Anomaly),
    /// The cryptographic library failed for lack of memory.
    #[error("the cryptographic library refused to sign, for lack of memory most likely")]
    Refused,
}

/// Signs for one domain with one key. It can be shared by threads, and a message can be signed by several at once.
///
/// ```
/// use mailrep::dkim::{NewKey, Signer, SignerOptions, SigningKey};
/// let key = SigningKey::generate(NewKey::Ed25519)?;
/// let signer = Signer::new("example.org", "s2026", key.into(), SignerOptions::default())?;
/// assert_eq!(signer.key_name().to_string(), "s2026._domainkey.example.org");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Signer {
    domain: Name,
    selector: Name,
    key_name: Name,
    key: Arc<SigningKey>,
    options: SignerOptions,
    /// Each name once, in lower case, in the order of `h=`, and whether none may be added.
    covered: Vec<(Box<str>, bool)>,
    /// The tags that are the same in every signature.
    beginning: Lines,
}

impl Signer {
    /// A signer for `domain` (`d=`) with the key that is published at `selector` (`s=`). International names are written in
    /// ASCII (RFC 8616 section 3).
    ///
    /// # Errors
    /// [`SignerError`].
    pub fn new(
        domain: &str,
        selector: &str,
        key: Arc<SigningKey>,
        mut options: SignerOptions,
    ) -> Result<Signer, SignerError> {
        let (name, label, key_name) = names(domain, selector)?;
        if let Some(identity) = &mut options.identity {
            if identity.len() > MOST_IDENTITY {
                return Err(SignerError::IdentityTooLong(identity.len()));
            }
            let (local_part, at) = identity.rsplit_once('@').unwrap_or_default();
            let within = signing_domain(at.as_bytes()).filter(|at| at.is_within(&name));
            let Some(at) = within.filter(|_| !identity.contains(char::is_control)) else {
                return Err(SignerError::Identity {
                    identity: printable(identity.as_bytes()),
                    domain: name,
                });
            };
            // RFC 6376 section 3.5: international domain names MUST be encoded as A-labels, here as in `d=`.
            *identity = format!("{local_part}@{}", at.as_str());
        }
        Ok(Signer {
            covered: covered(&options)?,
            beginning: beginning(&name, &label, &key, &options),
            domain: name,
            selector: label,
            key_name,
            key,
            options,
        })
    }

    /// The signing domain (`d=`).
    pub fn domain(&self) -> &Name {
        &self.domain
    }

    /// The selector (`s=`).
    pub fn selector(&self) -> &Name {
        &self.selector
    }

    /// Where the key has to be published.
    pub fn key_name(&self) -> &Name {
        &self.key_name
    }

    /// The key.
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// What a signature covers and says.
    pub fn options(&self) -> &SignerOptions {
        &self.options
    }

    /// The fields of a header that are signed.
    pub(super) fn choose(&self, header: &HeaderFields) -> Result<Chosen, SignError> {
        let mut places: Vec<(usize, usize)> = Vec::new();
        for (place, field) in header.iter().enumerate().rev() {
            let name = field.name();
            let at = self
                .covered
                .iter()
                .position(|(covered, _)| name.eq_ignore_ascii_case(covered.as_bytes()));
            places.extend(at.map(|at| (at, place)));
        }
        // RFC 6376 section 5.4.2: instances of a name from the bottom upward, which a stable sort keeps.
        places.sort_by_key(|&(at, _)| at);
        let mut names = String::with_capacity(512);
        let mut rest = places.as_slice();
        for (at, (name, oversigned)) in self.covered.iter().enumerate() {
            let count = rest.iter().take_while(|&&(of, _)| of == at).count();
            rest = &rest[count..];
            if &**name == "from" && count != 1 {
                return Err(match count {
                    0 => SignError::NoFrom,
                    more => SignError::SeveralFrom(more),
                });
            }
            // RFC 6376 section 5.4: a name beyond the instances that there are stands for none being added.
            let times = count + usize::from(*oversigned);
            if names.len() + times * (name.len() + 1) > MOST_NAMES {
                return Err(SignError::TooManyFields);
            }
            for _ in 0..times {
                names.push_str(name);
                names.push(':');
            }
        }
        Ok(Chosen {
            places: places.into_iter().map(|(_, place)| place).collect(),
            names: names.trim_end_matches(':').into(),
        })
    }

    /// The value of the field up to its last tag, `b=`, which is empty yet.
    pub(super) fn unsigned_value(&self, names: &str, body_hash: &str, now: UnixTime) -> Lines {
        let mut lines = self.beginning.clone();
        let now = now.0.max(0);
        lines.word(&format!("t={now};"));
        if let Some(time) = self.options.expires_after {
            // RFC 6376 section 3.5: `x=` MUST be greater than `t=`.
            let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX).max(1);
            lines.word(&format!("x={};", now.saturating_add(seconds)));
        }
        lines.word("h=");
        for piece in names.split_inclusive(':') {
            lines.piece(piece);
        }
        lines.append(";");
        lines.word(&format!("bh={body_hash};"));
        lines.word("b=");
        lines
    }
}

/// The name at which the key of a selector is published (RFC 6376 section 3.6.2.1).
///
/// # Errors
/// [`SignerError::Domain`], [`SignerError::Selector`] and [`SignerError::KeyName`].
pub fn key_name(domain: &str, selector: &str) -> Result<Name, SignerError> {
    Ok(names(domain, selector)?.2)
}

/// Signing domain, selector, and where the key is.
fn names(domain: &str, selector: &str) -> Result<(Name, Name, Name), SignerError> {
    let shown = |text: &str| printable(text.as_bytes());
    let name = signing_domain(domain.as_bytes()).ok_or_else(|| SignerError::Domain(shown(domain)))?;
    let label = domain_name(selector.as_bytes()).ok_or_else(|| SignerError::Selector(shown(selector)))?;
    let key_name = name
        .prefixed(&format!("{}._domainkey", label.as_str()))
        .map_err(SignerError::KeyName)?;
    Ok((name, label, key_name))
}

/// What a signature covers of one header.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    /// The places of the fields, in the order in which they are hashed.
    pub(super) places: Vec<usize>,
    /// The value of `h=`, oversigned names included.
    pub(super) names: Box<str>,
}

fn covered(options: &SignerOptions) -> Result<Vec<(Box<str>, bool)>, SignerError> {
    let mut covered: Vec<(Box<str>, bool)> = Vec::new();
    let given = options.signed.iter().chain(&options.oversigned);
    for name in given {
        // RFC 5322 section 3.6.8: printable ASCII but no colon; a semicolon would end the tag.
        let proper = |octet: u8| octet.is_ascii_graphic() && octet != b':' && octet != b';';
        if name.is_empty() || name.len() > 77 || !name.bytes().all(proper) {
            return Err(SignerError::FieldName(printable(name.as_bytes())));
        }
        let name = name.to_ascii_lowercase();
        if NEVER_SIGNED.contains(&name.as_str()) {
            return Err(SignerError::Changing(name));
        }
        if !covered.iter().any(|(known, _)| **known == *name) {
            let oversigned = options
                .oversigned
                .iter()
                .any(|other| other.eq_ignore_ascii_case(&name));
            covered.push((name.into(), oversigned));
        }
    }
    if !covered.iter().any(|(name, _)| &**name == "from") {
        return Err(SignerError::FromUnsigned);
    }
    Ok(covered)
}

fn beginning(domain: &Name, selector: &Name, key: &SigningKey, options: &SignerOptions) -> Lines {
    let mut lines = Lines::of(FIELD);
    lines.word("v=1;");
    lines.word(&format!("a={};", key.algorithm().as_str()));
    let (header, body) = (options.header.as_str(), options.body.as_str());
    lines.word(&format!("c={header}/{body};"));
    lines.word(&format!("d={};", domain.as_str()));
    lines.word(&format!("s={};", selector.as_str()));
    if let Some(identity) = &options.identity {
        lines.word(&format!("i={};", quoted_printable(identity)));
    }
    lines
}

/// DKIM-Quoted-Printable (RFC 6376 section 2.11): what may not stand in a tag's value is written in hexadecimal.
fn quoted_printable(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for octet in text.bytes() {
        match octet {
            0x21..=0x7e if !matches!(octet, b'=' | b';') => written.push(char::from(octet)),
            _ => written.push_str(&format!("={octet:02X}")),
        }
    }
    written
}
