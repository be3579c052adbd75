//! The parts of a mail (RFC 2045, RFC 2046), as far as it takes to find what is attached.
//!
//! mail-parser reads whole mails too, but it takes memory for each field and each part without a bound, and stack for each mail in a mail
//! when it drops them. Here it reads the header of one part at a time, and how deep to go is the caller's decision.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{MessageParser, MimeHeaders as _};
use memchr::memmem;
use std::borrow::Cow;

/// Octets of a header that are looked at.
const MOST_HEADER: usize = 256 * 1024;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// What a part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// It has parts.
    Multipart {
        /// What stands between them.
        boundary: String,
        /// Whether they are mails unless they say otherwise (RFC 2046 section 5.1.5).
        is_digest: bool,
    },
    /// It is a mail.
    Message,
    /// It is for people.
    Html,
    /// Anything else.
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Base64,
    QuotedPrintable,
    Identity,
}

/// A mail, or a part of one.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub(super) content: Content,
    encoding: Encoding,
    body: &'a [u8],
}

impl<'a> Part<'a> {
    /// Reads the header of a part; `in_digest` if it is one of a multipart/digest.
    pub(super) fn of(octets: &'a [u8], in_digest: bool) -> Part<'a> {
        let (header, body) = split(octets);
        let header = header.get(..MOST_HEADER).unwrap_or(header);
        let message = MessageParser::new().parse_headers(header);
        let fields = message.as_ref().and_then(|message| message.parts.first());
        let content_type = fields.and_then(|fields| fields.content_type());
        let content = match content_type {
            None if in_digest => Content::Message,
            None => Content::Other,
            Some(content_type) => {
                let main = content_type.ctype().to_ascii_lowercase();
                let sub = content_type.subtype().unwrap_or_default().to_ascii_lowercase();
                match (&*main, &*sub, content_type.attribute("boundary")) {
                    ("multipart", _, Some(boundary)) if !boundary.is_empty() => Content::Multipart {
                        boundary: boundary.to_owned(),
                        is_digest: sub == "digest",
                    },
                    ("message", "rfc822" | "global", _) => Content::Message,
                    ("text", "html", _) => Content::Html,
                    _ => Content::Other,
                }
            }
        };
        let encoding = fields
            .and_then(|fields| fields.content_transfer_encoding())
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let encoding = match &*encoding {
            "base64" => Encoding::Base64,
            "quoted-printable" => Encoding::QuotedPrintable,
            _ => Encoding::Identity,
        };
        Part {
            content,
            encoding,
            body,
        }
    }

    /// What it holds.
    pub(super) fn decoded(&self) -> Cow<'a, [u8]> {
        match self.encoding {
            Encoding::Identity => Cow::Borrowed(self.body),
            Encoding::QuotedPrintable => match quoted_printable_decode(self.body) {
                Some(decoded) => Cow::Owned(decoded),
                None => Cow::Borrowed(self.body),
            },
            Encoding::Base64 => Cow::Owned(decode_base64(self.body)),
        }
    }

    /// Its parts, if there is something between them.
    pub(super) fn parts<'b>(&self, boundary: &'b str) -> Parts<'a, 'b> {
        let mut parts = Parts {
            rest: Some(self.body),
            boundary,
        };
        // RFC 2046 section 5.1.1: what stands before the first delimiter is none of them.
        parts.next();
        parts
    }
}

/// RFC 5322 section 2.1: an empty line separates header and body.
fn split(octets: &[u8]) -> (&[u8], &[u8]) {
    let mut begin = 0;
    for end in memchr::memchr_iter(b'\n', octets) {
        if matches!(&octets[begin..end], b"" | b"\r") {
            return (&octets[..begin], &octets[end + 1..]);
        }
        begin = end + 1;
    }
    (octets, &[])
}

/// RFC 2045 section 6.8: what is not of the alphabet is passed by, and '=' is the end.
fn decode_base64(body: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> = body
        .iter()
        .copied()
        .take_while(|&octet| octet != b'=')
        .filter(|octet| octet.is_ascii_alphanumeric() || b"+/".contains(octet))
        .collect();
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    BASE64.decode(&digits).unwrap_or_default()
}

/// The parts of a multipart, from one delimiter to the next.
#[derive(Debug)]
pub(super) struct Parts<'a, 'b> {
    /// What follows the last delimiter; nothing after the closing one.
    rest: Option<&'a [u8]>,
    boundary: &'b str,
}

impl<'a> Iterator for Parts<'a, '_> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest.take()?;
        let mut from = 0;
        while let Some(found) = memmem::find(&rest[from..], self.boundary.as_bytes()) {
            let at = from + found;
            from = at + self.boundary.len();
            // RFC 2046 section 5.1.1: two hyphens at the beginning of a line, the boundary, and blanks; or two hyphens at the end.
            let Some(before) = rest[..at].strip_suffix(b"--") else {
                continue;
            };
            if !before.is_empty() && !before.ends_with(b"\n") {
                continue;
            }
            let end = memchr::memchr(b'\n', &rest[from..]).map_or(rest.len(), |end| from + end + 1);
            match rest[from..end].trim_ascii() {
                b"" => self.rest = Some(&rest[end..]),
                after if after.starts_with(b"--") => {}
                _ => continue,
            }
            return Some(before);
        }
        Some(rest)
    }
}
