//! The DKIM-Signature field (RFC 6376 section 3.5).

use super::canonical::Canonicalization;
use super::cause::Cause;
use super::key::KeyType;
use super::tag::{self, Blanks, TagList};
use crate::clock::UnixTime;
use crate::dns::Name;
use crate::error::printable;
use crate::message::HeaderField;
use std::borrow::Cow;
use std::time::Duration;

/// What is accepted beyond what the standards settle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Whether a signature over a part of the body (`l=`) may pass. Anybody can add to such a message. Default: no; it is
    /// `policy` then.
    pub accept_body_length: bool,
    /// How far in the future a signature may claim to be made (`t=`). Default 300 s.
    pub clock_skew: Duration,
    /// Fewest bits of an RSA key; never below the 1024 of RFC 8301 section 3.2, which is the default.
    pub minimum_rsa_bits: u32,
    /// Most bits of an RSA key; never above 8192, which is the default. RFC 8301 section 3.2 asks for 4096.
    pub maximum_rsa_bits: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Policy {
            accept_body_length: false,
            clock_skew: Duration::from_secs(300),
            minimum_rsa_bits: 1024,
            maximum_rsa_bits: 8192,
        }
    }
}

/// A signature algorithm that can pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// RSA PKCS#1 v1.5 with SHA-256.
    RsaSha256,
    /// Ed25519 over a SHA-256 hash (RFC 8463).
    Ed25519Sha256,
}

impl Algorithm {
    /// The word in `a=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::RsaSha256 => "rsa-sha256",
            Algorithm::Ed25519Sha256 => "ed25519-sha256",
        }
    }

    /// The type of key that it needs.
    pub fn key_type(self) -> KeyType {
        match self {
            Algorithm::RsaSha256 => KeyType::Rsa,
            Algorithm::Ed25519Sha256 => KeyType::Ed25519,
        }
    }
}

/// Octets of a SHA-256 hash.
const HASH_OCTETS: usize = 32;
/// Characters of an identity that are shown: more than any address has.
const MOST_IDENTITY: usize = 320;
/// Characters of `b=` that are kept for telling signatures apart.
const MOST_SIGNATURE_START: usize = 64;

/// What a signature says of itself, as far as it can be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Description {
    /// `d=`: in ASCII and lower case, or as it stands if it is no domain name.
    pub(super) domain: Option<String>,
    pub(super) name: Option<Name>,
    pub(super) selector: Option<String>,
    pub(super) identity: Option<String>,
    pub(super) algorithm: Option<String>,
    /// The beginning of `b=`.
    pub(super) signature_start: Option<String>,
}

/// A signature that may pass.
#[derive(Debug, Clone)]
pub(super) struct Signature {
    pub(super) algorithm: Algorithm,
    pub(super) header: Canonicalization,
    pub(super) body: Canonicalization,
    pub(super) domain: Name,
    pub(super) key_name: Name,
    /// Whether `i=` is in a subdomain of `d=`.
    pub(super) identity_below: bool,
    /// The names of `h=` in lower case, with single colons between them.
    pub(super) names: Vec<u8>,
    pub(super) body_length: Option<u64>,
    pub(super) body_hash: [u8; HASH_OCTETS],
    pub(super) signature: Vec<u8>,
    /// Where the value of `b=` stands in the raw field.
    pub(super) b_span: (usize, usize),
}

/// Reads a DKIM-Signature field: what it says of itself, and the signature or the reason why it cannot pass.
pub(super) fn read(
    field: HeaderField<'_>,
    now: UnixTime,
    policy: &Policy,
) -> (Description, Result<Box<Signature>, Cause>) {
    let (tags, error) = TagList::read(field.value(), Blanks::Folding);
    let selector = tags.get("s").and_then(domain_name);
    let identity = tags.get("i").map(tag::quoted_printable);
    let description = describe(&tags, selector.as_ref(), identity.as_ref());
    let outcome = match error {
        Some(error) => Err(Cause::Syntax(error)),
        None => {
            let names = (description.name.clone(), selector, identity);
            evaluate(&tags, names, field, now, policy).map(Box::new)
        }
    };
    (description, outcome)
}

/// The value of `i=`, decoded; none inside if it cannot be.
type Identity<'a> = Option<Cow<'a, [u8]>>;

fn describe(tags: &TagList<'_>, selector: Option<&Name>, identity: Option<&Identity<'_>>) -> Description {
    let shown = |value: &[u8], parsed: Option<&Name>| match parsed {
        Some(name) => name.as_str().to_owned(),
        None => printable(value),
    };
    let name = tags.get("d").and_then(signing_domain);
    let identity = match identity {
        Some(decoded) => decoded.as_deref().map(shown_identity),
        None => name.as_ref().map(|name| ["@", name.as_str()].concat()),
    };
    Description {
        domain: tags.get("d").map(|value| shown(value, name.as_ref())),
        selector: tags.get("s").map(|value| shown(value, selector)),
        identity,
        algorithm: tags.get("a").map(printable),
        signature_start: tags.get("b").and_then(signature_start),
        name,
    }
}

/// The first characters of `b=`, without the blanks between them.
fn signature_start(value: &[u8]) -> Option<String> {
    let head = &value[..value.len().min(MOST_SIGNATURE_START)];
    let octets = if head.iter().all(u8::is_ascii_graphic) {
        head.to_vec()
    } else {
        let graphic = value.iter().copied().filter(u8::is_ascii_graphic);
        graphic.take(MOST_SIGNATURE_START).collect()
    };
    String::from_utf8(octets).ok().filter(|start| !start.is_empty())
}

/// RFC 8616 section 4: the local part may be UTF-8, and is shown so.
fn shown_identity(octets: &[u8]) -> String {
    match std::str::from_utf8(octets) {
        Ok(text) if !text.contains(char::is_control) => {
            let end = text.char_indices().nth(MOST_IDENTITY);
            text[..end.map_or(text.len(), |(at, _)| at)].to_owned()
        }
        _ => printable(octets),
    }
}

/// A name made of letters, digits, hyphens inside labels, and underscores.
///
/// RFC 6376 section 3.5 takes `sub-domain` from RFC 5321, which has no underscore; selectors with one are in wide use
/// and harmless. RFC 8616 section 4 adds U-labels.
pub(super) fn domain_name(value: &[u8]) -> Option<Name> {
    // Longer than any U-labels of 253 octets in ASCII; what follows need not see a megabyte.
    const MOST: usize = 1_000;
    if value.len() > MOST || value.ends_with(b".") {
        return None;
    }
    let name = Name::parse(value).ok()?;
    let proper = |label: &str| {
        let octets = label.as_bytes();
        let inner = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-');
        octets.iter().all(inner) && !octets.starts_with(b"-") && !octets.ends_with(b"-")
    };
    let all_proper = name.labels().all(proper);
    all_proper.then_some(name)
}

/// RFC 6376 section 3.5, domain-name: two labels at least.
pub(super) fn signing_domain(value: &[u8]) -> Option<Name> {
    domain_name(value).filter(|name| name.label_count() >= 2)
}

fn evaluate(
    tags: &TagList<'_>,
    (domain, selector, identity): (Option<Name>, Option<Name>, Option<Identity<'_>>),
    field: HeaderField<'_>,
    now: UnixTime,
    policy: &Policy,
) -> Result<Signature, Cause> {
    let required = |tag| tags.get(tag).ok_or(Cause::MissingTag(tag));
    let bad = |tag, value: &[u8], why| Cause::BadValue {
        tag,
        value: printable(value),
        why,
    };

    // RFC 6376 section 3.5: `v=` MUST be 1, compared as strings.
    let version = required("v")?;
    if version != b"1" {
        return Err(Cause::Version(printable(version)));
    }
    let algorithm = match required("a")? {
        b"rsa-sha256" => Algorithm::RsaSha256,
        b"ed25519-sha256" => Algorithm::Ed25519Sha256,
        // RFC 8301 section 3.1: rsa-sha1 MUST NOT be used for verifying.
        b"rsa-sha1" => return Err(Cause::RsaSha1),
        other => return Err(Cause::UnknownAlgorithm(printable(other))),
    };
    let (header, body) = canonicalizations(tags.get("c"))?;

    let value = required("d")?;
    let domain = domain.ok_or_else(|| bad("d", value, "it is no domain name"))?;
    let value = required("s")?;
    let selector = selector.ok_or_else(|| bad("s", value, "it is no selector"))?;
    let key_name = [selector.as_str(), "._domainkey.", domain.as_str()].concat();
    let key_name = Name::parse(key_name.as_bytes()).map_err(Cause::KeyName)?;
    let identity_below = match (tags.get("i"), identity) {
        (Some(value), Some(decoded)) => identity_below(value, decoded.as_deref(), &domain)?,
        _ => false,
    };
    let names = signed_names(required("h")?)?;

    // RFC 6376 section 3.5: `q=` is a list of methods; unknown ones are passed over.
    if let Some(value) = tags.get("q")
        && !tag::elements(value, Blanks::Folding).any(|method| method == b"dns/txt")
    {
        return Err(Cause::UnknownQuery(printable(value)));
    }
    let number = |tag| {
        let read = |value| tag::number(value).ok_or_else(|| bad(tag, value, "it is no number"));
        tags.get(tag).map(read).transpose()
    };
    let body_length = number("l")?;
    let made = number("t")?;
    let expires = number("x")?;

    let value = required("bh")?;
    let decoded = tag::base64(value).ok_or_else(|| bad("bh", value, "it is no base64"))?;
    let body_hash = <[u8; HASH_OCTETS]>::try_from(decoded)
        .map_err(|_| bad("bh", value, "a SHA-256 hash has 32 octets"))?;
    let value = required("b")?;
    let signature = tag::base64(value).ok_or_else(|| bad("b", value, "it is no base64"))?;
    let (begin, end) = tags.b_span().ok_or(Cause::MissingTag("b"))?;
    let before = memchr::memchr(b':', field.raw()).map_or(0, |colon| colon + 1);

    // RFC 6376 section 3.5: `x=` MUST be greater than `t=` if both are there.
    if let (Some(made), Some(expires)) = (made, expires)
        && expires <= made
    {
        return Err(Cause::ExpiresBeforeMade { made, expires });
    }
    let now = u64::try_from(now.0).unwrap_or(0);
    if let Some(expires) = expires.filter(|&expires| expires < now) {
        let ago = now - expires;
        return Err(Cause::Expired { expires, ago });
    }
    // RFC 6376 section 3.5: signatures from the future MAY be ignored.
    if let Some(made) = made.filter(|&made| made > now.saturating_add(policy.clock_skew.as_secs())) {
        let ahead = made - now;
        return Err(Cause::InFuture { made, ahead });
    }
    // RFC 6376 section 8.2: what `l=` leaves open is an open door.
    if let Some(length) = body_length.filter(|_| !policy.accept_body_length) {
        return Err(Cause::BodyLength { length });
    }
    Ok(Signature {
        algorithm,
        header,
        body,
        domain,
        key_name,
        identity_below,
        names,
        body_length,
        body_hash,
        signature,
        b_span: (before + begin, before + end),
    })
}

/// RFC 6376 section 3.5, `c=`: header, then body; the body's default is simple.
fn canonicalizations(value: Option<&[u8]>) -> Result<(Canonicalization, Canonicalization), Cause> {
    use Canonicalization::{Relaxed, Simple};
    match value {
        None | Some(b"simple" | b"simple/simple") => Ok((Simple, Simple)),
        Some(b"relaxed" | b"relaxed/simple") => Ok((Relaxed, Simple)),
        Some(b"simple/relaxed") => Ok((Simple, Relaxed)),
        Some(b"relaxed/relaxed") => Ok((Relaxed, Relaxed)),
        Some(other) => Err(Cause::UnknownCanonicalization(printable(other))),
    }
}

/// RFC 6376 section 3.5, `i=`: an address whose domain is `d=` or below it. Returns whether it is below.
fn identity_below(value: &[u8], decoded: Option<&[u8]>, domain: &Name) -> Result<bool, Cause> {
    let bad = |why| Cause::BadValue {
        tag: "i",
        value: printable(value),
        why,
    };
    let decoded = decoded.ok_or_else(|| bad("it is not DKIM-Quoted-Printable"))?;
    let at = memchr::memrchr(b'@', decoded).ok_or_else(|| bad("it has no '@'"))?;
    let identity = &decoded[at + 1..];
    if identity.eq_ignore_ascii_case(domain.as_str().as_bytes()) {
        return Ok(false);
    }
    let identity = signing_domain(identity).ok_or_else(|| bad("it has no domain name after '@'"))?;
    if !identity.is_within(domain) {
        return Err(Cause::IdentityOutsideDomain {
            identity: shown_identity(decoded),
            domain: domain.clone(),
        });
    }
    Ok(identity != *domain)
}

/// RFC 6376 section 3.5, `h=`: names of header fields with colons between them.
fn signed_names(value: &[u8]) -> Result<Vec<u8>, Cause> {
    let mut names = Vec::with_capacity(value.len());
    let mut from = false;
    for name in tag::elements(value, Blanks::Folding) {
        // RFC 5322 section 3.6.8: printable ASCII but no colon.
        if name.is_empty() || !name.iter().all(u8::is_ascii_graphic) {
            return Err(Cause::BadValue {
                tag: "h",
                value: printable(name),
                why: "it is no name of a header field",
            });
        }
        if !names.is_empty() {
            names.push(b':');
        }
        names.extend_from_slice(name);
        from |= name.eq_ignore_ascii_case(b"from");
    }
    names.make_ascii_lowercase();
    // RFC 6376 section 5.4: From MUST be signed.
    if from { Ok(names) } else { Err(Cause::FromUnsigned) }
}
