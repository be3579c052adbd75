//! Tag lists (RFC 6376 section 3.2): `name=value` pairs with semicolons between them.

use crate::error::printable;
use std::borrow::Cow;

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
    /// In the order of the list.
    tags: Vec<Tag<'a>>,
    /// Where the value of `b` stands in the octets, blanks around it included.
    b_span: Option<(usize, usize)>,
}

impl<'a> TagList<'a> {
    /// Reads a list. With an error come the tags before it, so that it can be said whose list it is.
    pub(super) fn read(octets: &'a [u8], blanks: Blanks) -> (TagList<'a>, Option<TagError>) {
        let mut list = TagList {
            tags: Vec::with_capacity(16),
            b_span: None,
        };
        let mut problem = list.collect(octets, blanks).err();
        // RFC 6376 section 3.2: tags with duplicate names MUST NOT occur; the whole list is then invalid.
        if problem.is_none()
            && let Some(name) = list.duplicate()
        {
            problem = Some(TagError::Duplicate(printable(name)));
        }
        (list, problem)
    }

    /// Looks at each octet once, as far as the list is one.
    fn collect(&mut self, octets: &'a [u8], blanks: Blanks) -> Result<(), TagError> {
        let mut at = 0;
        loop {
            let rest = octets.get(at..).unwrap_or_default();
            let Some((name, begin)) = tag_name(rest, blanks).filter(|_| self.tags.len() < MOST_TAGS) else {
                return self.no_tag(rest, blanks);
            };
            let (value, length) = tag_value(rest.get(begin..).unwrap_or_default(), blanks)
                .ok_or_else(|| TagError::Value(printable(name)))?;
            let end = at + begin + length;
            if name == b"b" && self.b_span.is_none() {
                self.b_span = Some((at + begin, end));
            }
            self.tags.push(Tag { name, value });
            at = end + 1;
            // RFC 6376 section 3.2: one semicolon may end the list.
            if at >= octets.len() {
                return Ok(());
            }
        }
    }

    /// Why no tag stands at the beginning of `rest`; blanks after the last semicolon are none, and in wide use.
    fn no_tag(&self, rest: &[u8], blanks: Blanks) -> Result<(), TagError> {
        let end = memchr::memchr(b';', rest);
        let spec = blanks.trim(&rest[..end.unwrap_or(rest.len())]);
        if spec.is_empty() {
            return match end {
                None if !self.tags.is_empty() => Ok(()),
                _ => Err(TagError::Empty),
            };
        }
        if self.tags.len() == MOST_TAGS {
            return Err(TagError::TooMany);
        }
        Err(match memchr::memchr(b'=', spec) {
            None => TagError::NoEquals(printable(spec)),
            Some(equals) => TagError::Name(printable(blanks.trim(&spec[..equals]))),
        })
    }

    /// A name that stands twice.
    fn duplicate(&self) -> Option<&'a [u8]> {
        // Up to so many tags it is quicker to compare each with each.
        const FEW: usize = 32;
        if self.tags.len() <= FEW {
            let mut tags = self.tags.iter();
            while let Some(tag) = tags.next() {
                if tags.clone().any(|other| other.name == tag.name) {
                    return Some(tag.name);
                }
            }
            return None;
        }
        let mut names: Vec<&[u8]> = self.tags.iter().map(|tag| tag.name).collect();
        names.sort_unstable();
        let pair = names.array_windows().find(|[one, other]| one == other)?;
        Some(pair[0])
    }

    /// The value of a tag. Names are case-sensitive.
    pub(super) fn get(&self, name: &str) -> Option<&'a [u8]> {
        let name = name.as_bytes();
        // Names have a letter or two: the first one tells most of them apart.
        let named = |tag: &&Tag<'_>| tag.name.first() == name.first() && tag.name == name;
        self.tags.iter().find(named).map(|tag| tag.value)
    }

    /// The name of the tag that stands first.
    pub(super) fn first(&self) -> Option<&'a [u8]> {
        self.tags.first().map(|tag| tag.name)
    }

    /// Beginning and end of the value of `b`, blanks around it included.
    pub(super) fn b_span(&self) -> Option<(usize, usize)> {
        self.b_span
    }
}

/// The name at the beginning of `octets`, and where the value begins after its equals sign.
fn tag_name(octets: &[u8], blanks: Blanks) -> Option<(&[u8], usize)> {
    let rest = blanks.trim_start(octets);
    // RFC 6376 section 3.2, tag-name: a letter, then letters, digits and underscores.
    let word = |octet: &u8| octet.is_ascii_alphanumeric() || *octet == b'_';
    let length = rest.iter().position(|octet| !word(octet))?;
    let (name, rest) = rest.split_at_checked(length)?;
    let value = blanks.trim_start(rest).strip_prefix(b"=")?;
    name.first()
        .is_some_and(u8::is_ascii_alphabetic)
        .then_some((name, octets.len() - value.len()))
}

/// The value at the beginning of `octets` without the blanks around it, and the length of both together.
///
/// RFC 6376 section 3.2, tag-value: printable ASCII but no semicolon, folding white space within; RFC 8616 section 4
/// adds UTF-8.
fn tag_value(octets: &[u8], blanks: Blanks) -> Option<(&[u8], usize)> {
    let begin = octets.len() - blanks.trim_start(octets).len();
    let (mut at, mut end, mut ascii) = (begin, begin, true);
    loop {
        let rest = octets.get(at..).unwrap_or_default();
        let word = word_length(rest);
        if word > 0 {
            at += word;
            end = at;
        }
        match rest.get(word) {
            None | Some(b';') => break,
            Some(0x80..) => {
                ascii = false;
                at += 1;
                end = at;
            }
            Some(_) => match blanks.length(&rest[word..]) {
                0 => return None,
                blank => at += blank,
            },
        }
    }
    let value = &octets[begin..end];
    (ascii || std::str::from_utf8(value).is_ok()).then_some((value, at))
}

/// How many octets at the beginning of `octets` are printable ASCII but no semicolon.
fn word_length(octets: &[u8]) -> usize {
    let other = |octet: u8| !(0x21..=0x7e).contains(&octet) | (octet == b';');
    // Hashes and signatures are long words: sixteen octets at once, without a branch between them.
    let (sixteens, _) = octets.as_chunks::<16>();
    let whole = |sixteen: &&[u8; 16]| !sixteen.iter().fold(false, |any, &octet| any | other(octet));
    let begin = 16 * sixteens.iter().take_while(whole).count();
    let rest = &octets[begin..];
    begin + rest.iter().position(|&octet| other(octet)).unwrap_or(rest.len())
}

/// A value without any blanks.
fn without_blanks(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len());
    let mut rest = value;
    // Where long values are folded.
    while let Some(at) = memchr::memchr3(b' ', b'\r', b'\n', rest) {
        out.extend_from_slice(&rest[..at]);
        rest = &rest[at + 1..];
    }
    out.extend_from_slice(rest);
    if memchr::memchr(b'\t', &out).is_some() {
        out.retain(|&octet| octet != b'\t');
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
    let folded =
        memchr::memchr3(b' ', b'\r', b'\n', value).is_some() || memchr::memchr(b'\t', value).is_some();
    let decoded = if folded {
        ENGINE.decode(without_blanks(value))
    } else {
        ENGINE.decode(value)
    };
    decoded.ok().filter(|octets| !octets.is_empty())
}

/// Decodes DKIM-Quoted-Printable (RFC 6376 section 2.11); blanks mean nothing. None if a code is malformed.
pub(super) fn quoted_printable(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !value
        .iter()
        .any(|&octet| octet == b'=' || octet.is_ascii_whitespace())
    {
        return Some(Cow::Borrowed(value));
    }
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
    Some(Cow::Owned(decoded))
}

/// Reads a number of decimal digits; beyond 64 bits it is the largest one. None if it is not one.
pub(super) fn number(value: &[u8]) -> Option<u64> {
    if value.is_empty() || !value.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |sum: u64, digit: &u8| sum.saturating_mul(10).saturating_add(u64::from(digit - b'0'));
    Some(value.iter().fold(0, add))
}
