//! Addresses, as octets: where the local part ends, and what may stand in it.

use super::outcome::Refusal;

/// Octets of an address, given or made. RFC 5321 section 4.5.3.1 knows no path over 256; chains of forwarders and hosts that
/// do not count make longer ones.
pub const MOST_OCTETS: usize = 1024;

/// An address that was looked through.
#[derive(Debug, Clone, Copy)]
pub(super) struct Address<'a> {
    /// The local part, without the quotes around it.
    pub(super) local: &'a [u8],
    /// Whether it stood in quotes: then it may have blanks, and a backslash before an octet.
    pub(super) quoted: bool,
    /// What follows the `@`. It may be anything: see [`is_host`].
    pub(super) host: &'a [u8],
}

/// Nothing, or the null reverse-path (RFC 5321 section 4.5.5).
pub(super) fn is_null(octets: &[u8]) -> bool {
    octets.is_empty() || octets == b"<>"
}

impl<'a> Address<'a> {
    /// Reads `local@host`, RFC 5321 section 4.1.2 and RFC 6531 section 3.3.
    ///
    /// Dots may stand anywhere in a local part, as they do in the world. So may what is in brackets, for a host that is an
    /// address literal stands in the local part of an SRS address, and the SRS family does not quote it.
    pub(super) fn parse(octets: &'a [u8]) -> Result<Address<'a>, Refusal> {
        if octets.len() > MOST_OCTETS {
            return Err(Refusal::TooLong { octets: octets.len() });
        }
        let address = match octets.strip_prefix(b"\"") {
            Some(rest) => Address::quoted(rest)?,
            None => Address::plain(octets)?,
        };
        if address.host.is_empty() {
            return Err(Refusal::NoDomain);
        }
        if address.host.contains(&b'@') {
            return Err(Refusal::SeveralAts);
        }
        Ok(address)
    }

    fn plain(octets: &'a [u8]) -> Result<Address<'a>, Refusal> {
        let end = memchr::memchr(b'@', octets).ok_or(Refusal::NoDomain)?;
        let (local, host) = (&octets[..end], &octets[end + 1..]);
        if local.is_empty() {
            return Err(Refusal::NoUser);
        }
        match local.iter().position(|&octet| needs_quotes(octet)) {
            Some(position) => Err(Refusal::BadOctet {
                octet: local[position],
                position,
            }),
            None => Ok(Address {
                local,
                quoted: false,
                host,
            }),
        }
    }

    /// Reads what follows the first quote.
    fn quoted(octets: &'a [u8]) -> Result<Address<'a>, Refusal> {
        let mut escaped = false;
        for (index, &octet) in octets.iter().enumerate() {
            if is_control(octet) {
                let position = index + 1;
                return Err(Refusal::BadOctet { octet, position });
            }
            match octet {
                b'"' if !escaped => {
                    let host = octets[index + 1..]
                        .strip_prefix(b"@")
                        .ok_or(Refusal::UnbalancedQuote)?;
                    return Ok(Address {
                        local: &octets[..index],
                        quoted: true,
                        host,
                    });
                }
                b'\\' => escaped = !escaped,
                _ => escaped = false,
            }
        }
        Err(Refusal::UnbalancedQuote)
    }
}

fn is_control(octet: u8) -> bool {
    octet < b' ' || octet == 0x7f
}

fn needs_quotes(octet: u8) -> bool {
    is_control(octet)
        || matches!(
            octet,
            b' ' | b'"' | b'\\' | b'<' | b'>' | b'(' | b')' | b',' | b';'
        )
}

/// Whether octets are a domain name or an address literal, by the octets that may stand there. Labels are not looked at
/// closer: underscores and a final dot are seen in the world, and UTF-8 is RFC 6531's.
pub(super) fn is_host(octets: &[u8]) -> bool {
    let (inner, literal) = match octets.strip_prefix(b"[") {
        Some(rest) => match rest.strip_suffix(b"]") {
            Some(inner) => (inner, true),
            None => return false,
        },
        None => (octets, false),
    };
    let allowed = |&octet: &u8| match octet {
        b':' => literal,
        b'.' | b'-' | b'_' => true,
        _ => octet.is_ascii_alphanumeric() || octet >= 0x80,
    };
    // RFC 5321 section 4.5.3.1.2: a domain has at most 255 octets.
    !inner.is_empty() && octets.len() <= 255 && inner.iter().all(allowed)
}
