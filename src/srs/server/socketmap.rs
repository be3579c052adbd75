//! Postfix's socketmap_table(5): a netstring asks, a netstring answers.

use super::protocol::{Answer, Event, Fault, Map, Taken};
use std::borrow::Cow;
use std::io::Write as _;

/// Digits of a length that are read: 999,999,999 octets are more than anybody will pass over.
const MOST_DIGITS: usize = 9;

/// The requests of one connection, each of which names its map.
#[derive(Debug, Clone)]
pub struct Socketmap {
    most: usize,
    /// Octets of a request that is too long, and its comma, that are still to come.
    to_pass_over: usize,
}

impl Socketmap {
    /// A connection whose requests may have `most` octets, not counting what makes them a netstring.
    pub fn new(most: usize) -> Socketmap {
        Socketmap {
            most,
            to_pass_over: 0,
        }
    }

    /// Takes one request from the beginning of `input`.
    pub fn next<'a>(&mut self, input: &'a [u8]) -> Taken<'a> {
        if self.to_pass_over > 0 {
            let used = self.to_pass_over.min(input.len());
            self.to_pass_over -= used;
            let is_broken = self.to_pass_over == 0 && input.get(used - 1).is_some_and(|last| *last != b',');
            return (used, is_broken.then_some(Event::Fault(Fault::BadNetstring)));
        }
        let (length, begin) = match length(input) {
            Ok(Some(found)) => found,
            Ok(None) => return (0, None),
            Err(fault) => return (input.len(), Some(Event::Fault(fault))),
        };
        if length > self.most {
            self.to_pass_over = length + 1;
            return (begin, Some(Event::Fault(Fault::TooLong { most: self.most })));
        }
        let Some(request) = input.get(begin..begin + length + 1) else {
            return (0, None);
        };
        let event = match request.split_last() {
            Some((b',', request)) => self::request(request).unwrap_or_else(Event::Fault),
            _ => return (input.len(), Some(Event::Fault(Fault::BadNetstring))),
        };
        (begin + length + 1, Some(event))
    }
}

/// The length that a netstring begins with, and where its octets begin; none if more has to come.
fn length(input: &[u8]) -> Result<Option<(usize, usize)>, Fault> {
    let digits = input.iter().take_while(|octet| octet.is_ascii_digit()).count();
    let is_bad = digits > MOST_DIGITS
        // The length is written without leading zeros.
        || (digits > 1 && input.first() == Some(&b'0'))
        || input.get(digits).is_some_and(|octet| *octet != b':' || digits == 0);
    if is_bad {
        return Err(Fault::BadNetstring);
    }
    if digits == input.len() {
        return Ok(None);
    }
    let length = input[..digits]
        .iter()
        .fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    Ok(Some((length, digits + 1)))
}

/// socketmap_table(5): the name, a space and the key.
fn request(octets: &[u8]) -> Result<Event<'_>, Fault> {
    [Map::Forward, Map::Reverse]
        .into_iter()
        .find_map(|map| {
            let rest = octets.strip_prefix(map.as_str().as_bytes())?;
            let key = Cow::Borrowed(rest.strip_prefix(b" ")?);
            Some(Event::Request { map, key })
        })
        .ok_or(Fault::UnknownMap)
}

/// Writes the netstring that answers.
pub fn write_reply(answer: Answer<'_>, out: &mut Vec<u8>) {
    match answer {
        Answer::Found(value) => write_netstring(b"OK ", value, out),
        // socketmap_table(5) has no words here.
        Answer::NotFound(_) => write_netstring(b"NOTFOUND ", b"", out),
        Answer::Temporary(why) => write_netstring(b"TEMP ", why.to_string().as_bytes(), out),
        Answer::Permanent(why) => write_netstring(b"PERM ", why.to_string().as_bytes(), out),
    }
}

fn write_netstring(status: &[u8], value: &[u8], out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{}:", status.len() + value.len());
    out.extend_from_slice(status);
    out.extend_from_slice(value);
    out.push(b',');
}
