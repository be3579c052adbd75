//! Tag lists (RFC 6376 section 3.2): `name=value` pairs with semicolons between them.

use crate::error::printable;

/// Tags kept of one list. No list that means well comes near it.
const MOST_TAGS: usize = 1_000;

/// Why octets are no tag list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TagError {
    /// There is nothing between two semicolons, or nothing at all.
    #[error("it has an empty tag")]
    Empty,
    /// A tag has no equals sign.
    #[error("it has a tag without '=': '{0}'")]
    NoEquals(String),
    /// A tag's name has octets that names cannot have.
    #[error("it has a tag with an impossible name: '{0}'")]
    Name(String),
    /// A tag's value has octets that values cannot have.
    #[error("the value of its tag '{0}' has octets that are not allowed there")]
    Value(String),
    /// A tag stands twice.
    #[error("it has the tag '{0}' twice")]
    Duplicate(String),
    /// There are more tags than are read.
    #[error("it has more than 1000 tags")]
    TooMany,
}

impl TagError {
    /// A stable code, such as `duplicate`.
    pub fn code(&self) -> &'static str {
        match self {
            TagError::Empty => "empty",
            TagError::NoEquals(_) => "no_equals",
            TagError::Name(_) => "name",
            TagError::Value(_) => "value",
            TagError::Duplicate(_) => "duplicate",
            TagError::TooMany => "too_many",
        }
    }
}

/// What counts as a blank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blanks {
    /// Folding white space of a header field: a CRLF only before a space or tab (RFC 6376 section 2.8).
    Folding,
    /// The same, and CR and LF anywhere: zone files carry stray line ends into key records, and every verifier
    /// passes over them.
    Any,
}

impl Blanks {
    /// How many octets of `octets`, from its beginning, are the first blank; 0 if it begins with none.
    fn length(self, octets: &[u8]) -> usize {
        match octets {
            [b' ' | b'\t', ..] => 1,
            [b'\r', b'\n', b' ' | b'\t', ..] => 3,
            [b'\r' | b'\n', ..] if self == Blanks::Any => 1,
            _ => 0,
        }
    }

    /// Where the first octet stands that a blank can begin with.
    fn find(self, octets: &[u8]) -> Option<usize> {
        let found = memchr::memchr3(b' ', b'\t', b'\r', octets);
        match self {
            Blanks::Folding => found,
            Blanks::Any => {
                let before = &octets[..found.unwrap_or(octets.len())];
                memchr::memchr(b'\n', before).or(found)
            }
        }
    }

    fn trim_start(self, mut octets: &[u8]) -> &[u8] {
        loop {
            match self.length(octets) {
                0 => return octets,
                blank => octets = &octets[blank..],
            }
        }
    }

    fn trim_end(self, mut octets: &[u8]) -> &[u8] {
        loop {
            octets = match octets {
                [rest @ .., b' ' | b'\t'] => rest.strip_suffix(b"\r\n").unwrap_or(rest),
                [rest @ .., b'\r' | b'\n'] if self == Blanks::Any => rest,
                _ => return octets,
            }
        }
    }

    /// Without blanks at both ends.
    pub(super) fn trim(self, octets: &[u8]) -> &[u8] {
        self.trim_end(self.trim_start(octets))
    }
}

/// One tag; the value is without the blanks around it, those inside are still there.
#[derive(Debug, Clone, Copy)]
struct Tag<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

/// A tag list, borrowed from the octets it was read from.
#[derive(Debug, Clone)]
pub(super) struct TagList<'a> {
    /// In the order of names, which finds duplicates.
    tags: Vec<Tag<'a>>,
    first: Option<&'a [u8]>,
    /// Where the value of `b` stands in the octets, blanks around it included.
    b_span: Option<(usize, usize)>,
}

impl<'a> TagList<'a> {
    /// Reads a list. With an error come the tags before it, so that it can be said whose list it is.
    pub(super) fn read(octets: &'a [u8], blanks: Blanks) -> (TagList<'a>, Option<TagError>) {
        let mut list = TagList {
            tags: Vec::with_capacity(16),
            first: None,
            b_span: None,
        };
        let mut problem = list.collect(octets, blanks).err();
        list.first = list.tags.first().map(|tag| tag.name);
        // A stable sort: of two tags with one name the first stays first.
        list.tags.sort_by_key(|tag| tag.name);
        // RFC 6376 section 3.2: tags with duplicate names MUST NOT occur; the whole list is then invalid.
        if problem.is_none()
            && let Some(pair) = list.tags.windows(2).find(|pair| pair[0].name == pair[1].name)
        {
            problem = Some(TagError::Duplicate(printable(pair[0].name)));
        }
        (list, problem)
    }

    fn collect(&mut self, octets: &'a [u8], blanks: Blanks) -> Result<(), TagError> {
        let mut at = 0;
        loop {
            let rest = &octets[at..];
            let end = memchr::memchr(b';', rest);
            let spec = &rest[..end.unwrap_or(rest.len())];
            if blanks.trim(spec).is_empty() {
                // RFC 6376 section 3.2: one semicolon may end the list; blanks after it are in wide use.
                return match end {
                    None if !self.tags.is_empty() => Ok(()),
                    _ => Err(TagError::Empty),
                };
            }
            if self.tags.len() == MOST_TAGS {
                return Err(TagError::TooMany);
            }
            let Some(equals) = memchr::memchr(b'=', spec) else {
                return Err(TagError::NoEquals(printable(blanks.trim(spec))));
            };
            let name = blanks.trim(&spec[..equals]);
            let proper = name.first().is_some_and(u8::is_ascii_alphabetic)
                && name
                    .iter()
                    .all(|octet| octet.is_ascii_alphanumeric() || *octet == b'_');
            if !proper {
                return Err(TagError::Name(printable(name)));
            }
            let value = blanks.trim(&spec[equals + 1..]);
            if !is_value(value, blanks) {
                return Err(TagError::Value(printable(name)));
            }
            if name == b"b" && self.b_span.is_none() {
                self.b_span = Some((at + equals + 1, at + spec.len()));
            }
            self.tags.push(Tag { name, value });
            match end {
                Some(end) => at += end + 1,
                None => return Ok(()),
            }
            if at == octets.len() {
                return Ok(());
            }
        }
    }

    /// The value of a tag. Names are case-sensitive.
    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        let named = |tag: &&Tag<'_>| tag.name == name.as_bytes();
        self.tags.iter().find(named).map(|tag| tag.value)
    }

    /// The name of the tag that stands first.
    pub(super) fn first(&self) -> Option<&'a [u8]> {
        self.first
    }

    /// Beginning and end of the value of `b`, blanks around it included.
    pub(super) fn b_span(&self) -> Option<(usize, usize)> {
        self.b_span
    }
}

/// RFC 6376 section 3.2, tag-value: printable ASCII but no semicolon, folding white space within; RFC 8616 section 4
/// adds UTF-8.
fn is_value(value: &[u8], blanks: Blanks) -> bool {
    // All octets that are not of words have to be of blanks: counting the ones and walking along the others is quicker than
    // looking at each.
    let odd = value
        .iter()
        .filter(|&&octet| octet <= b' ' || octet == 0x7f)
        .count();
    let mut in_blanks = 0;
    let mut rest = value;
    while in_blanks < odd
        && let Some(begin) = blanks.find(rest)
    {
        rest = &rest[begin..];
        match blanks.length(rest) {
            0 => return false,
            blank => {
                in_blanks += blank;
                rest = &rest[blank..];
            }
        }
    }
    if in_blanks != odd {
        return false;
    }
    value.is_ascii() || std::str::from_utf8(value).is_ok()
}

/// A value without any blanks.
pub(super) fn without_blanks(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    // Where long values are folded.
    while let Some(at) = memchr::memchr3(b' ', b'\r', b'\n', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    if out.contains(&b'\t') || out.contains(&b'\x0c') {
        out.retain(|octet| !octet.is_ascii_whitespace());
    }
    out
}

/// The elements of a value that is a list with colons, blanks around each one removed.
pub(super) fn elements(value: &[u8], blanks: Blanks) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&octet| octet == b':')
        .map(move |element| blanks.trim(element))
}

/// Decodes a `base64string` (RFC 6376 section 2.10): blanks anywhere, padding optional. None if it is not one or empty.
pub(super) fn base64(value: &[u8]) -> Option<Vec<u8>> {
    use base64::Engine as _;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    ENGINE
        .decode(without_blanks(value))
        .ok()
        .filter(|octets| !octets.is_empty())
}

/// Decodes DKIM-Quoted-Printable (RFC 6376 section 2.11); blanks mean nothing. None if a code is malformed.
pub(super) fn quoted_printable(value: &[u8]) -> Option<Vec<u8>> {
    let digit = |octet: u8| {
        char::from(octet)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut decoded = Vec::with_capacity(value.len());
    let mut octets = value.iter().copied().filter(|octet| !octet.is_ascii_whitespace());
    while let Some(octet) = octets.next() {
        decoded.push(match octet {
            b'=' => (digit(octets.next()?)? << 4) | digit(octets.next()?)?,
            other => other,
        });
    }
    Some(decoded)
}

/// Reads a number of decimal digits; beyond 64 bits it is the largest one. None if it is not one.
pub(super) fn number(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Some(value.iter().fold(0, add))
}
