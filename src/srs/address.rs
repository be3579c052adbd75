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
        if unfit(local) & unfit::PLAIN != 0 {
            return Err(bad_octet(local, unfit::PLAIN, 0));
        }
        Ok(Address {
            local,
            quoted: false,
            host,
        })
    }

    /// Reads what follows the first quote.
    fn quoted(octets: &'a [u8]) -> Result<Address<'a>, Refusal> {
        let mut escaped = false;
        for (index, &octet) in octets.iter().enumerate() {
            match octet {
                b'"' if !escaped => {
                    let host = octets[index + 1..]
                        .strip_prefix(b"@")
                        .ok_or(Refusal::UnbalancedQuote)?;
                    let local = &octets[..index];
                    if unfit(local) & unfit::QUOTED != 0 {
                        return Err(bad_octet(local, unfit::QUOTED, 1));
                    }
                    return Ok(Address {
                        local,
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

/// What an octet may not be part of, as bits.
mod unfit {
    /// A local part without quotes.
    pub(super) const PLAIN: u8 = 1;
    /// A local part in quotes.
    pub(super) const QUOTED: u8 = 2;
    /// A domain name.
    pub(super) const NAME: u8 = 4;
    /// An address literal.
    pub(super) const LITERAL: u8 = 8;
}

static UNFIT: [u8; 256] = unfit_for();

const fn unfit_for() -> [u8; 256] {
    let mut table = [0; 256];
    let mut octet = 0_u8;
    loop {
        let mut bits = 0;
        if octet.is_ascii_control() {
            bits |= unfit::PLAIN | unfit::QUOTED;
        }
        if matches!(
            octet,
            b' ' | b'"' | b'\\' | b'<' | b'>' | b'(' | b')' | b',' | b';'
        ) {
            bits |= unfit::PLAIN;
        }
        if !(octet.is_ascii_alphanumeric() || matches!(octet, b'.' | b'-' | b'_') || octet >= 0x80) {
            bits |= unfit::NAME;
            if octet != b':' {
                bits |= unfit::LITERAL;
            }
        }
        table[octet as usize] = bits;
        if octet == u8::MAX {
            return table;
        }
        octet += 1;
    }
}

/// Names the first octet that may not be part of it; before the local part stand `offset` octets.
fn bad_octet(local: &[u8], of: u8, offset: usize) -> Refusal {
    let is_unfit = |&octet: &u8| UNFIT[usize::from(octet)] & of != 0;
    let at = local.iter().position(is_unfit).unwrap_or_default();
    Refusal::BadOctet {
        octet: local.get(at).copied().unwrap_or_default(),
        position: at + offset,
    }
}

/// All that the octets may not be part of. Four at a time need not wait for one another.
fn unfit(octets: &[u8]) -> u8 {
    let bits = |octet: u8| UNFIT[usize::from(octet)];
    let (fours, rest) = octets.as_chunks();
    let all = fours.iter().fold(0, |all, &[a, b, c, d]| {
        all | (bits(a) | bits(b)) | (bits(c) | bits(d))
    });
    rest.iter().fold(all, |all, &octet| all | bits(octet))
}

/// Whether octets are a domain name or an address literal, by the octets that may stand there. Labels are not looked at
/// closer: underscores and a final dot are seen in the world, and UTF-8 is RFC 6531's.
pub(super) fn is_host(octets: &[u8]) -> bool {
    // RFC 5321 section 4.5.3.1.2: a domain has at most 255 octets.
    if octets.is_empty() || octets.len() > 255 {
        return false;
    }
    match octets.strip_prefix(b"[") {
        None => unfit(octets) & unfit::NAME == 0,
        Some([inner @ .., b']']) => !inner.is_empty() && unfit(inner) & unfit::LITERAL == 0,
        Some(_) => false,
    }
}
