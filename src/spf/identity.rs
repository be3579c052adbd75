//! What an identity is checked for: its domain and its local-part (RFC 7208 sections 2.3, 2.4 and 4.3).

use super::cause::Cause;
use super::check_host::single_label;
use super::{Identity, Request};
use crate::dns::{Name, NameError};
use crate::error::printable;
use std::borrow::Cow;
use std::net::IpAddr;

/// Octets of a local-part that macros see. RFC 5321 section 4.5.3.1.1 allows 64.
const MOST_LOCAL_PART: usize = 1_024;
/// Octets of a HELO name that macros see; a domain name has 253.
const MOST_HELO: usize = 1_024;

/// The sender of one check.
pub(super) struct Subject<'a> {
    pub(super) identity: Identity,
    /// The domain for a person: a name if it is one, else what was given; empty if nothing was.
    pub(super) shown: String,
    /// The domain to check, or why there is none.
    pub(super) domain: Result<Name, Cause>,
    pub(super) local_part: &'a [u8],
    /// The HELO name for `%{h}`.
    pub(super) helo: Cow<'a, [u8]>,
}

impl<'a> Subject<'a> {
    pub(super) fn of(request: &'a Request, identity: Identity) -> Subject<'a> {
        let helo = helo_for_macros(&request.helo);
        // RFC 7208 section 2.4: for a null reverse-path, MAIL FROM is "postmaster" at the HELO identity.
        if identity == Identity::Helo || request.mail_from.is_empty() {
            let domain = if request.helo.is_empty() {
                Err(Cause::NoHelo)
            } else {
                domain_to_check(&request.helo)
            };
            return Subject::new(Identity::Helo, &request.helo, domain, b"postmaster", helo);
        }
        match split_at_domain(&request.mail_from) {
            Some((local_part, domain)) => {
                // RFC 7208 section 4.3: "If the <sender> has no local-part, substitute the string "postmaster"".
                let local_part: &[u8] = if local_part.is_empty() {
                    b"postmaster"
                } else {
                    &local_part[..local_part.len().min(MOST_LOCAL_PART)]
                };
                let checked = domain_to_check(domain);
                Subject::new(Identity::MailFrom, domain, checked, local_part, helo)
            }
            None => {
                let cause = Cause::NoDomain {
                    sender: printable(&request.mail_from),
                };
                Subject::new(Identity::MailFrom, b"", Err(cause), b"", helo)
            }
        }
    }

    fn new(
        identity: Identity,
        given: &[u8],
        domain: Result<Name, Cause>,
        local_part: &'a [u8],
        helo: Cow<'a, [u8]>,
    ) -> Subject<'a> {
        let shown = match &domain {
            Ok(name) => name.to_string(),
            Err(_) => printable(given),
        };
        Subject {
            identity,
            shown,
            domain,
            local_part,
            helo,
        }
    }

    pub(super) fn description(&self) -> String {
        match self.identity {
            Identity::MailFrom => format!("the envelope sender's domain '{}'", self.shown),
            Identity::Helo => format!("the HELO name '{}'", self.shown),
        }
    }
}

/// RFC 8616 section 4: U-labels become A-labels before they are used.
fn helo_for_macros(helo: &[u8]) -> Cow<'_, [u8]> {
    if helo.is_ascii() {
        return Cow::Borrowed(&helo[..helo.len().min(MOST_HELO)]);
    }
    match Name::parse(helo) {
        Ok(name) => Cow::Owned(name.as_str().as_bytes().to_vec()),
        Err(_) => Cow::Borrowed(&helo[..helo.len().min(MOST_HELO)]),
    }
}

/// An address or a domain for a field of ASCII only: its U-labels become A-labels (RFC 5890 section 2.3.2.1), since without
/// its domain it would be of no use. A local-part has no such form.
pub(crate) fn with_a_labels(address: &[u8]) -> Cow<'_, [u8]> {
    let domain_begin = memchr::memrchr(b'@', address).map_or(0, |at| at + 1);
    let (local_part, domain) = address.split_at(domain_begin);
    if domain.is_ascii() {
        return Cow::Borrowed(address);
    }
    match Name::parse(domain) {
        Ok(name) => Cow::Owned([local_part, name.as_str().as_bytes()].concat()),
        Err(_) => Cow::Borrowed(address),
    }
}

/// Splits a reverse-path into local-part and domain. `None`: it has no domain.
fn split_at_domain(path: &[u8]) -> Option<(&[u8], &[u8])> {
    // RFC 5321 section 4.1.1.3: a source route before the mailbox is ignored.
    let path = match (path.first(), memchr::memchr(b':', path)) {
        (Some(b'@'), Some(colon)) => &path[colon + 1..],
        _ => path,
    };
    let at = match last_unquoted_at(path) {
        Ok(last) => last?,
        Err(Unclosed) => memchr::memrchr(b'@', path)?,
    };
    let (local_part, domain) = (&path[..at], &path[at + 1..]);
    (!domain.is_empty()).then_some((local_part, domain))
}

/// The quotes of a local-part do not close, so that they are no quotes.
struct Unclosed;

/// The last `@` outside a quoted string (RFC 5321 section 4.1.2); within one it parts nothing.
fn last_unquoted_at(path: &[u8]) -> Result<Option<usize>, Unclosed> {
    let (mut last, mut quoted, mut escaped) = (None, false, false);
    for (at, &octet) in path.iter().enumerate() {
        if escaped {
            escaped = false;
            continue;
        }
        match octet {
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b'@' if !quoted => last = Some(at),
            _ => {}
        }
    }
    if quoted { Err(Unclosed) } else { Ok(last) }
}

/// RFC 7208 section 4.3: a domain that is malformed, or has one label only, is none.
fn domain_to_check(octets: &[u8]) -> Result<Name, Cause> {
    let domain = || printable(octets);
    let text = std::str::from_utf8(octets).unwrap_or_default();
    // An address is none the less one with the dot that may end a name.
    let text = text.strip_suffix('.').unwrap_or(text);
    if octets.first() == Some(&b'[') || text.parse::<IpAddr>().is_ok() {
        return Err(Cause::Literal { domain: domain() });
    }
    let malformed = |error: NameError| Cause::MalformedDomain {
        domain: domain(),
        error,
    };
    let name = Name::parse(octets).map_err(malformed)?;
    if !name.as_str().bytes().all(|octet| octet.is_ascii_graphic()) {
        return Err(malformed(NameError::NotEncodable));
    }
    if name.label_count() < 2 {
        return Err(single_label(&name));
    }
    Ok(name)
}
