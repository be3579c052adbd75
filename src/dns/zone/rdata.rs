//! The data of records, in the form of its type or in the generic one (RFC 3597 section 5).

use super::entry::{after, time};
use super::labels::Labels;
use super::scan::{Fault, Token};
use super::types;
use crate::dns::{Mx, Name, Txt};
use crate::error::printable;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

/// Octets of RDATA (RFC 1035 section 3.2.1: RDLENGTH has 16 bits).
const MOST_RDATA: usize = 65_535;
/// Octets of a character-string (RFC 1035 section 3.3).
const MOST_STRING: usize = 255;

/// The data of one record. A name that nobody can ask for is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Data {
    Txt(Txt),
    A(Ipv4Addr),
    Aaaa(Ipv6Addr),
    Mx(Option<Mx>),
    Ptr(Option<Name>),
    /// Of CNAME and of DNAME.
    Alias(Option<Name>),
    /// The MINIMUM of an SOA.
    Soa(u32),
    /// Of a type that is never asked for.
    Other,
}

/// Reads the data of a record of type `kind` from the tokens after its type, which is `at`.
pub(super) fn read(kind: u16, at: &Token<'_>, tokens: &[Token<'_>], origin: &Labels) -> Result<Data, Fault> {
    if let Some((mark, rest)) = tokens.split_first()
        && !mark.quoted
        && mark.raw == b"\\#"
    {
        let octets = generic(mark, rest)?;
        return from_wire(kind, &octets)
            .ok_or_else(|| mark.fault("these octets are not data of this record's type"));
    }
    match kind {
        types::TXT => texts(at, tokens).map(Data::Txt),
        types::A => {
            let [address] = fields(at, tokens, "an IPv4 address")?;
            Ok(Data::A(number(address, "an IPv4 address")?))
        }
        types::AAAA => {
            let [address] = fields(at, tokens, "an IPv6 address")?;
            Ok(Data::Aaaa(number(address, "an IPv6 address")?))
        }
        types::MX => {
            let [preference, exchange] = fields(at, tokens, "a preference and a host")?;
            let preference = number(preference, "a preference from 0 to 65535")?;
            let exchange = Labels::parse(exchange, origin)?.to_name();
            Ok(Data::Mx(exchange.map(|exchange| Mx { preference, exchange })))
        }
        types::PTR => {
            let [name] = fields(at, tokens, "a name")?;
            Ok(Data::Ptr(Labels::parse(name, origin)?.to_name()))
        }
        types::CNAME | types::DNAME => {
            let [name] = fields(at, tokens, "a name")?;
            Ok(Data::Alias(Labels::parse(name, origin)?.to_name()))
        }
        types::SOA => {
            let [server, mailbox, serial, refresh, retry, expire, minimum] =
                fields(at, tokens, "a server, a mailbox, a serial number, and four times")?;
            Labels::parse(server, origin)?;
            Labels::parse(mailbox, origin)?;
            number::<u32>(serial, "a serial number")?;
            for token in [refresh, retry, expire] {
                time(token)?;
            }
            Ok(Data::Soa(time(minimum)?))
        }
        // RFC 3123 section 5: the list of an APL may be empty.
        types::APL => Ok(Data::Other),
        _ if tokens.is_empty() => Err(after(at, tokens).fault("the record has no data")),
        _ => Ok(Data::Other),
    }
}

/// Exactly `N` tokens.
fn fields<'t, 'a, const N: usize>(
    at: &Token<'_>,
    tokens: &'t [Token<'a>],
    what: &str,
) -> Result<&'t [Token<'a>; N], Fault> {
    tokens.try_into().map_err(|_| match tokens.get(N) {
        Some(surplus) => surplus.fault(format_args!("nothing more may stand here, after {what}")),
        None => after(at, tokens).fault(format_args!("{what} must stand here")),
    })
}

fn number<T: FromStr>(token: &Token<'_>, what: &str) -> Result<T, Fault> {
    std::str::from_utf8(token.raw)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| token.fault(format_args!("'{}' is not {what}", printable(token.raw))))
}

/// RFC 1035 section 3.3.14: one or more character-strings; joined without anything between.
fn texts(at: &Token<'_>, tokens: &[Token<'_>]) -> Result<Txt, Fault> {
    if tokens.is_empty() {
        return Err(after(at, tokens).fault("a TXT record needs at least one text"));
    }
    let mut joined = Vec::new();
    for token in tokens {
        let start = joined.len();
        token.octets(|octet, _, place| {
            if joined.len() - start == MOST_STRING {
                return Err(place.fault(
                    "the text is longer than 255 octets; write it as several texts in quotes, which are joined",
                ));
            }
            joined.push(octet);
            Ok(())
        })?;
    }
    // Each character-string has one octet of length besides.
    if joined.len() + tokens.len() > MOST_RDATA {
        return Err(at.fault("the record is longer than 65535 octets"));
    }
    Ok(joined.into())
}

/// RFC 3597 section 5: `\#`, a length, and that many octets in hexadecimal.
fn generic(mark: &Token<'_>, rest: &[Token<'_>]) -> Result<Vec<u8>, Fault> {
    let Some((length, words)) = rest.split_first() else {
        return Err(after(mark, rest).fault("the length of the data must stand here"));
    };
    let length_is: u16 = number(length, "a length from 0 to 65535")?;
    let mut octets = Vec::with_capacity(usize::from(length_is));
    for word in words {
        // RFC 3597 section 5: each word contains an even number of hexadecimal digits.
        if word.raw.len() % 2 != 0 || !word.raw.iter().all(u8::is_ascii_hexdigit) {
            return Err(word.fault("data must stand here, as pairs of hexadecimal digits"));
        }
        if octets.len() + word.raw.len() / 2 > usize::from(length_is) {
            return Err(word.fault(format_args!(
                "there is more data than the stated {length_is} octets"
            )));
        }
        let digit = |octet: u8| char::from(octet).to_digit(16).unwrap_or(0) as u8;
        octets.extend(
            word.raw
                .chunks_exact(2)
                .map(|pair| digit(pair[0]) << 4 | digit(pair[1])),
        );
    }
    if octets.len() < usize::from(length_is) {
        return Err(after(length, words).fault(format_args!(
            "there are {} octets of data, not the stated {length_is}",
            octets.len()
        )));
    }
    Ok(octets)
}

fn from_wire(kind: u16, octets: &[u8]) -> Option<Data> {
    let only_name = |octets: &[u8]| match Labels::from_wire(octets)? {
        (labels, []) => Some(labels.to_name()),
        _ => None,
    };
    match kind {
        types::TXT => {
            let mut joined = Vec::with_capacity(octets.len());
            let mut rest = octets;
            while let Some((&length, after)) = rest.split_first() {
                let (text, next) = after.split_at_checked(usize::from(length))?;
                joined.extend(text);
                rest = next;
            }
            (!octets.is_empty()).then(|| Data::Txt(joined.into()))
        }
        types::A => <[u8; 4]>::try_from(octets)
            .ok()
            .map(|octets| Data::A(octets.into())),
        types::AAAA => <[u8; 16]>::try_from(octets)
            .ok()
            .map(|octets| Data::Aaaa(octets.into())),
        types::MX => {
            let (preference, name) = octets.split_first_chunk::<2>()?;
            let preference = u16::from_be_bytes(*preference);
            let exchange = only_name(name)?;
            Some(Data::Mx(exchange.map(|exchange| Mx { preference, exchange })))
        }
        types::PTR => only_name(octets).map(Data::Ptr),
        types::CNAME | types::DNAME => only_name(octets).map(Data::Alias),
        types::SOA => {
            let (_, rest) = Labels::from_wire(octets)?;
            let (_, rest) = Labels::from_wire(rest)?;
            // SERIAL, REFRESH, RETRY, EXPIRE, MINIMUM (RFC 1035 section 3.3.13).
            let numbers: [u8; 20] = rest.try_into().ok()?;
            let minimum = numbers.last_chunk::<4>()?;
            Some(Data::Soa(u32::from_be_bytes(*minimum)))
        }
        _ => Some(Data::Other),
    }
}
