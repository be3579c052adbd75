//! Postfix's tcp_table(5): a line asks, a line answers.

use super::protocol::{Answer, Event, Fault, Map, Taken};
use memchr::memchr;
use std::borrow::Cow;
use std::fmt::{self, Write as _};

/// tcp_table(5): replies must be no longer than 4,096 characters, the line end included.
pub const MOST_REPLY: usize = 4_096;

/// The requests of one connection, which all ask the same map.
#[derive(Debug, Clone)]
pub struct TcpTable {
    map: Map,
    most: usize,
    /// The line that is going on was too long.
    passing_over: bool,
}

impl TcpTable {
    /// A connection to `map` whose lines may have `most` octets, the line end not counted.
    pub fn new(map: Map, most: usize) -> TcpTable {
        TcpTable {
            map,
            most,
            passing_over: false,
        }
    }

    /// Takes one request from the beginning of `input`.
    pub fn next<'a>(&mut self, input: &'a [u8]) -> Taken<'a> {
        let end = memchr(b'\n', input);
        if self.passing_over {
            self.passing_over = end.is_none();
            return (end.map_or(input.len(), |at| at + 1), None);
        }
        let Some(end) = end else {
            // The octet beyond may be the CR of a line end.
            if input.len() <= self.most + 1 {
                return (0, None);
            }
            self.passing_over = true;
            return (
                input.len(),
                Some(Event::Fault(Fault::TooLong { most: self.most })),
            );
        };
        let line = &input[..end];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let event = if line.len() > self.most {
            Event::Fault(Fault::TooLong { most: self.most })
        } else {
            self.request(line).unwrap_or_else(Event::Fault)
        };
        (end + 1, Some(event))
    }

    fn request<'a>(&self, line: &'a [u8]) -> Result<Event<'a>, Fault> {
        if let Some(key) = line.strip_prefix(b"get ") {
            let key = decode(key).ok_or(Fault::BadEncoding)?;
            Ok(Event::Request { map: self.map, key })
        } else if line.starts_with(b"put ") {
            Err(Fault::Put)
        } else {
            Err(Fault::UnknownCommand)
        }
    }
}

/// Writes the line that answers.
pub fn write_reply(answer: Answer<'_>, out: &mut Vec<u8>) {
    let begin = out.len();
    match answer {
        Answer::Found(value) => {
            out.extend_from_slice(b"200 ");
            encode(value, out);
            if out.len() - begin >= MOST_REPLY {
                out.truncate(begin);
                write_text(b"500 ", &"the value has too many octets for a reply", out);
            }
        }
        Answer::NotFound(why) => write_text(b"500 ", why, out),
        // There is no code for what will never be known.
        Answer::Temporary(why) | Answer::Permanent(why) => write_text(b"400 ", why, out),
    }
    out.push(b'\n');
}

/// What a `%XX` may stand for is replaced by it; none if a `%` stands alone.
fn decode(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    let Some(first) = memchr(b'%', text) else {
        return Some(Cow::Borrowed(text));
    };
    let mut octets = Vec::with_capacity(text.len());
    octets.extend_from_slice(&text[..first]);
    let mut rest = &text[first..];
    while let [octet, after @ ..] = rest {
        rest = after;
        if *octet != b'%' {
            octets.push(*octet);
            continue;
        }
        // tcp_table(5): the hexadecimal codes can be specified in any case.
        let [high, low, after @ ..] = rest else {
            return None;
        };
        octets.push(digit(*high)? << 4 | digit(*low)?);
        rest = after;
    }
    Some(Cow::Owned(octets))
}

fn digit(letter: u8) -> Option<u8> {
    char::from(letter)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// tcp_table(5): the `%`, each non-printing character and each whitespace character are replaced by `%XX`. What is not ASCII is, too.
fn encode(octets: &[u8], out: &mut Vec<u8>) {
    for &octet in octets {
        match octet {
            b'%' | ..=b' ' | 0x7f.. => push_code(octet, out),
            _ => out.push(octet),
        }
    }
}

fn push_code(octet: u8, out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    out.extend([
        b'%',
        DIGITS[usize::from(octet >> 4)],
        DIGITS[usize::from(octet & 15)],
    ]);
}

/// Words for people, whose blanks Postfix reads as they are; cut if they are too long for a reply.
fn write_text(code: &[u8; 4], words: &dyn fmt::Display, out: &mut Vec<u8>) {
    struct Words<'a> {
        out: &'a mut Vec<u8>,
        end: usize,
    }
    impl fmt::Write for Words<'_> {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            for octet in text.bytes() {
                if self.out.len() + 3 > self.end {
                    return Err(fmt::Error);
                }
                match octet {
                    b'%' | ..0x20 | 0x7f.. => push_code(octet, self.out),
                    _ => self.out.push(octet),
                }
            }
            Ok(())
        }
    }
    out.extend_from_slice(code);
    let end = out.len() - code.len() + MOST_REPLY - 1;
    // An error means that the words were cut.
    let _ = write!(Words { out, end }, "{words}");
}
