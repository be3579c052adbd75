//! Macro-strings (RFC 7208 section 7): what a domain-spec and an explanation are written in.

use super::syntax::MacroError;
use crate::clock::UnixTime;
use crate::dns::{Name, NameError};
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

/// Octets of a domain name in text form (RFC 7208 section 7.3).
const MOST_NAME: usize = 253;

/// Where a macro-string stands, which says what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In a record: a domain-spec, or the value of an unknown modifier.
    Record,
    /// In the text that `exp` points to: blanks, and the letters c, r and t, are allowed as well.
    Explanation,
}

/// A parsed macro-string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MacroString {
    pieces: Box<[Piece]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(Box<str>),
    /// `%%`
    Percent,
    /// `%_`
    Blank,
    /// `%-`
    UrlBlank,
    Expansion(Expansion),
}

/// One `%{...}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Expansion {
    letter: Letter,
    /// The letter was upper-case: the value is URL-escaped.
    escaped: bool,
    /// How many right-hand parts are kept; 0 for all.
    parts: u32,
    reversed: bool,
    delimiters: Delimiters,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Letter {
    Sender,
    LocalPart,
    SenderDomain,
    Domain,
    Client,
    Validated,
    Version,
    Helo,
    ReadableClient,
    Receiver,
    Time,
}

impl Letter {
    const ALL: [(u8, Letter); 11] = [
        (b's', Letter::Sender),
        (b'l', Letter::LocalPart),
        (b'o', Letter::SenderDomain),
        (b'd', Letter::Domain),
        (b'i', Letter::Client),
        (b'p', Letter::Validated),
        (b'v', Letter::Version),
        (b'h', Letter::Helo),
        (b'c', Letter::ReadableClient),
        (b'r', Letter::Receiver),
        (b't', Letter::Time),
    ];

    fn parse(octet: u8) -> Option<Letter> {
        let lower = octet.to_ascii_lowercase();
        Self::ALL
            .iter()
            .find(|(known, _)| *known == lower)
            .map(|&(_, letter)| letter)
    }

    fn octet(self) -> u8 {
        Self::ALL
            .iter()
            .find(|&&(_, letter)| letter == self)
            .map_or(b'?', |&(octet, _)| octet)
    }

    fn only_in_explanation(self) -> bool {
        matches!(self, Letter::ReadableClient | Letter::Receiver | Letter::Time)
    }
}

/// A set of the delimiters that ABNF allows, one bit for each; none stands for the dot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Delimiters(u8);

impl Delimiters {
    const ALL: &'static [u8; 7] = b".-+,/_=";
    const DOT: Delimiters = Delimiters(1);

    fn add(&mut self, octet: u8) -> bool {
        match Self::ALL.iter().position(|&known| known == octet) {
            Some(bit) => {
                self.0 |= 1 << bit;
                true
            }
            None => false,
        }
    }

    fn or_dot(self) -> Delimiters {
        if self.0 == 0 { Delimiters::DOT } else { self }
    }

    fn contains(self, octet: u8) -> bool {
        Self::ALL
            .iter()
            .position(|&known| known == octet)
            .is_some_and(|bit| self.0 & (1 << bit) != 0)
    }
}

/// What the letters stand for in one check (RFC 7208 section 7.2).
#[derive(Debug, Clone, Copy)]
pub(super) struct Values<'a> {
    pub(super) local_part: &'a [u8],
    pub(super) sender_domain: &'a Name,
    pub(super) domain: &'a Name,
    pub(super) client: IpAddr,
    /// The validated name of the client, or `unknown`; only looked at where [`MacroString::needs_validated`].
    pub(super) validated: &'a str,
    pub(super) helo: &'a [u8],
    pub(super) receiver: &'a str,
    pub(super) now: UnixTime,
}

/// Why an expanded domain-spec is no name that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// The name cannot be encoded.
    #[error(transparent)]
    Name(#[from] NameError),
    /// `%{s}` or `%{l}`, and the local-part has octets outside ASCII (RFC 8616 section 4).
    #[error("the local-part is not ASCII, so no domain name can be made of it")]
    LocalPart,
}

impl MacroString {
    /// Parses a macro-string, or an explanation's text.
    ///
    /// # Errors
    /// What is wrong with it, by the ABNF of RFC 7208 sections 7.1 and 12.
    pub fn parse(octets: &[u8], place: Place) -> Result<MacroString, MacroError> {
        let mut pieces = Vec::new();
        let mut rest = octets;
        while let Some(&first) = rest.first() {
            if first != b'%' {
                let end = memchr::memchr(b'%', rest).unwrap_or(rest.len());
                let (literal, after) = rest.split_at(end);
                pieces.push(Piece::Literal(parse_literal(literal, place)?));
                rest = after;
                continue;
            }
            // RFC 7208 section 7.1: a '%' that is not followed by '{', '%', '-' or '_' is a syntax error.
            rest = match rest.get(1) {
                Some(b'%') => {
                    pieces.push(Piece::Percent);
                    &rest[2..]
                }
                Some(b'_') => {
                    pieces.push(Piece::Blank);
                    &rest[2..]
                }
                Some(b'-') => {
                    pieces.push(Piece::UrlBlank);
                    &rest[2..]
                }
                Some(b'{') => {
                    let (expansion, after) = Expansion::parse(&rest[2..], place)?;
                    pieces.push(Piece::Expansion(expansion));
                    after
                }
                _ => return Err(MacroError::LonePercent),
            };
        }
        Ok(MacroString {
            pieces: pieces.into_boxed_slice(),
        })
    }

    /// Whether this ends as a domain-spec must: `domain-end = ( "." toplabel [ "." ] ) / macro-expand`.
    pub(super) fn has_domain_end(&self) -> bool {
        match self.pieces.last() {
            None => false,
            Some(Piece::Literal(text)) => {
                let text = text.strip_suffix('.').unwrap_or(text);
                text.rsplit_once('.').is_some_and(|(_, last)| is_toplabel(last))
            }
            Some(_) => true,
        }
    }

    /// Whether the expansion is the same for every check.
    pub(super) fn is_constant(&self) -> bool {
        !self.expansions().any(|_| true)
    }

    /// Whether the expansion is the same for every check of a domain: `%{d}` and `%{o}` are.
    pub(super) fn depends_on_domains_only(&self) -> bool {
        self.expansions()
            .all(|expansion| matches!(expansion.letter, Letter::Domain | Letter::SenderDomain))
    }

    /// Whether the validated name of the client is needed (`%{p}`), which has to be asked for.
    pub(super) fn needs_validated(&self) -> bool {
        self.expansions()
            .any(|expansion| expansion.letter == Letter::Validated)
    }

    /// The octets that its pieces occupy.
    pub(super) fn octets(&self) -> usize {
        let literal = |piece: &Piece| match piece {
            Piece::Literal(text) => text.len(),
            _ => 0,
        };
        size_of_val(&*self.pieces) + self.pieces.iter().map(literal).sum::<usize>()
    }

    fn expansions(&self) -> impl Iterator<Item = &Expansion> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Expansion(expansion) => Some(expansion),
            _ => None,
        })
    }

    /// Expands to the name to ask for. `None` for values expands constants only.
    pub(super) fn expand_name(&self, values: Option<&Values<'_>>) -> Result<Name, TargetError> {
        // Most domain-specs are a name and nothing else.
        if let [Piece::Literal(text)] = &*self.pieces {
            return Ok(Name::parse(cut_left(text.as_bytes()))?);
        }
        // RFC 8616 section 4: with a local-part outside ASCII, terms with %{s} or %{l} match nothing.
        let takes_local_part =
            |expansion: &Expansion| matches!(expansion.letter, Letter::Sender | Letter::LocalPart);
        if values.is_some_and(|values| !values.local_part.is_ascii())
            && self.expansions().any(takes_local_part)
        {
            return Err(TargetError::LocalPart);
        }
        // Only the right-hand end counts, so a hostile record costs no more than that.
        let mut pieces: Vec<Cow<'_, [u8]>> = Vec::with_capacity(self.pieces.len().min(16));
        let mut length = 0usize;
        for piece in self.pieces.iter().rev() {
            if length > MOST_NAME + 1 {
                break;
            }
            let octets = piece.expand(values);
            length += octets.len();
            pieces.push(octets);
        }
        let mut name = Vec::with_capacity(length);
        for octets in pieces.iter().rev() {
            name.extend_from_slice(octets);
        }
        Ok(Name::parse(cut_left(&name))?)
    }

    /// Expands to text of at most some `most` octets.
    pub(super) fn expand_text(&self, values: &Values<'_>, most: usize) -> Vec<u8> {
        let mut text = Vec::new();
        for piece in &self.pieces {
            text.extend_from_slice(&piece.expand(Some(values)));
            if text.len() > most {
                text.truncate(most);
                break;
            }
        }
        text
    }
}

impl fmt::Display for MacroString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for piece in &self.pieces {
            match piece {
                Piece::Literal(text) => f.write_str(text)?,
                Piece::Percent => f.write_str("%%")?,
                Piece::Blank => f.write_str("%_")?,
                Piece::UrlBlank => f.write_str("%-")?,
                Piece::Expansion(expansion) => expansion.fmt(f)?,
            }
        }
        Ok(())
    }
}

impl Piece {
    fn expand(&self, values: Option<&Values<'_>>) -> Cow<'_, [u8]> {
        match self {
            Piece::Literal(text) => Cow::Borrowed(text.as_bytes()),
            Piece::Percent => Cow::Borrowed(b"%"),
            Piece::Blank => Cow::Borrowed(b" "),
            Piece::UrlBlank => Cow::Borrowed(b"%20"),
            Piece::Expansion(expansion) => match values {
                Some(values) => Cow::Owned(expansion.expand(values)),
                None => Cow::Borrowed(b""),
            },
        }
    }
}

impl Expansion {
    /// Parses what follows `%{`, and returns what follows the `}`.
    fn parse(octets: &[u8], place: Place) -> Result<(Expansion, &[u8]), MacroError> {
        let (&first, mut rest) = octets.split_first().ok_or(MacroError::Unclosed)?;
        let letter = Letter::parse(first).ok_or(MacroError::Letter(first))?;
        // RFC 7208 section 7.2: the letters c, r and t are allowed in "exp" text only.
        if letter.only_in_explanation() && place == Place::Record {
            return Err(MacroError::OnlyInExplanation(char::from(first)));
        }
        let mut parts = 0u32;
        let digits = rest.iter().take_while(|octet| octet.is_ascii_digit()).count();
        for &digit in &rest[..digits] {
            parts = parts.saturating_mul(10).saturating_add(u32::from(digit - b'0'));
        }
        // RFC 7208 section 7.3: a number of parts is not zero.
        if digits > 0 && parts == 0 {
            return Err(MacroError::ZeroParts);
        }
        rest = &rest[digits..];
        let reversed = rest
            .first()
            .is_some_and(|octet| octet.eq_ignore_ascii_case(&b'r'));
        if reversed {
            rest = &rest[1..];
        }
        let mut delimiters = Delimiters::default();
        loop {
            let (&octet, after) = rest.split_first().ok_or(MacroError::Unclosed)?;
            rest = after;
            if octet == b'}' {
                break;
            }
            if !delimiters.add(octet) {
                return Err(MacroError::Transformer(octet));
            }
        }
        let expansion = Expansion {
            letter,
            escaped: first.is_ascii_uppercase(),
            parts,
            reversed,
            delimiters,
        };
        Ok((expansion, rest))
    }

    fn expand(&self, values: &Values<'_>) -> Vec<u8> {
        let value = self.value(values);
        let plain = self.parts == 0 && !self.reversed && self.delimiters.or_dot() == Delimiters::DOT;
        let transformed = if plain {
            value.into_owned()
        } else {
            self.transform(&value)
        };
        if self.escaped {
            url_escape(&transformed)
        } else {
            transformed
        }
    }

    fn value<'v>(&self, values: &Values<'v>) -> Cow<'v, [u8]> {
        match self.letter {
            Letter::Sender => {
                let domain = values.sender_domain.as_str().as_bytes();
                Cow::Owned([values.local_part, b"@", domain].concat())
            }
            Letter::LocalPart => Cow::Borrowed(values.local_part),
            Letter::SenderDomain => Cow::Borrowed(values.sender_domain.as_str().as_bytes()),
            Letter::Domain => Cow::Borrowed(values.domain.as_str().as_bytes()),
            Letter::Client => Cow::Owned(dotted(values.client)),
            Letter::Validated => Cow::Borrowed(values.validated.as_bytes()),
            Letter::Version => Cow::Borrowed(match values.client {
                IpAddr::V4(_) => b"in-addr",
                IpAddr::V6(_) => b"ip6",
            }),
            Letter::Helo => Cow::Borrowed(values.helo),
            Letter::ReadableClient => Cow::Owned(values.client.to_string().into_bytes()),
            // RFC 7208 section 7.3: the word "unknown" where there is no such name.
            Letter::Receiver if values.receiver.is_empty() => Cow::Borrowed(b"unknown"),
            Letter::Receiver => Cow::Borrowed(values.receiver.as_bytes()),
            Letter::Time => Cow::Owned(values.now.0.to_string().into_bytes()),
        }
    }

    /// RFC 7208 section 7.3: the value is split at the delimiters, perhaps reversed, cut to its right-hand
    /// parts, and joined with dots whatever the delimiters were.
    fn transform(&self, value: &[u8]) -> Vec<u8> {
        let delimiters = self.delimiters.or_dot();
        let mut parts: Vec<&[u8]> = value.split(|&octet| delimiters.contains(octet)).collect();
        if self.reversed {
            parts.reverse();
        }
        let keep = match usize::try_from(self.parts) {
            Ok(0) | Err(_) => parts.len(),
            Ok(most) => most.min(parts.len()),
        };
        parts[parts.len() - keep..].join(&b'.')
    }
}

impl fmt::Display for Expansion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let letter = char::from(self.letter.octet());
        let letter = if self.escaped {
            letter.to_ascii_uppercase()
        } else {
            letter
        };
        write!(f, "%{{{letter}")?;
        if self.parts != 0 {
            write!(f, "{}", self.parts)?;
        }
        if self.reversed {
            f.write_str("r")?;
        }
        for &octet in Delimiters::ALL {
            if self.delimiters.contains(octet) {
                write!(f, "{}", char::from(octet))?;
            }
        }
        f.write_str("}")
    }
}

fn parse_literal(literal: &[u8], place: Place) -> Result<Box<str>, MacroError> {
    // RFC 7208 section 12: macro-literal = %x21-24 / %x26-7E, and explain-string allows SP as well.
    let allowed = |octet: &u8| octet.is_ascii_graphic() || (*octet == b' ' && place == Place::Explanation);
    if let Some(&octet) = literal.iter().find(|octet| !allowed(octet)) {
        return Err(MacroError::Character(octet));
    }
    String::from_utf8(literal.to_vec())
        .map(String::into_boxed_str)
        .map_err(|_| MacroError::Character(0xff))
}

/// RFC 7208 section 7.1: `toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" )
/// alphanum )`, the letters-digits-hyphen rule plus: not all digits.
fn is_toplabel(label: &str) -> bool {
    let octets = label.as_bytes();
    let ends_well = |octet: Option<&u8>| octet.is_some_and(|octet| octet.is_ascii_alphanumeric());
    octets
        .iter()
        .all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
        && ends_well(octets.first())
        && ends_well(octets.last())
        && octets.iter().any(|octet| !octet.is_ascii_digit())
}

/// RFC 7208 section 7.3: of a name that exceeds 253 characters, labels are removed on the left, with their dots,
/// until it does not.
fn cut_left(name: &[u8]) -> &[u8] {
    let name = name.strip_suffix(b".").unwrap_or(name);
    let Some(from) = name.len().checked_sub(MOST_NAME + 1) else {
        return name;
    };
    match memchr::memchr(b'.', &name[from..]) {
        Some(dot) => &name[from + dot + 1..],
        None => name,
    }
}

/// RFC 7208 section 7.3: `%{i}` is the dotted quad, or the 32 nibbles of an IPv6 address with dots between.
fn dotted(client: IpAddr) -> Vec<u8> {
    match client {
        IpAddr::V4(address) => address.to_string().into_bytes(),
        IpAddr::V6(address) => {
            // Upper-case as in the openspf.org suite; names are compared in lower case whatever this is.
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            let mut text = Vec::with_capacity(63);
            for octet in address.octets() {
                for nibble in [octet >> 4, octet & 15] {
                    if !text.is_empty() {
                        text.push(b'.');
                    }
                    text.push(DIGITS[usize::from(nibble)]);
                }
            }
            text
        }
    }
}

/// RFC 7208 section 7.3: upper-case letters expand as lower-case ones do, and all but the unreserved characters
/// (RFC 3986 section 2.3) are then percent-encoded.
fn url_escape(octets: &[u8]) -> Vec<u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let mut text = Vec::with_capacity(octets.len());
    for &octet in octets {
        if octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.' | b'_' | b'~') {
            text.push(octet);
        } else {
            text.extend([
                b'%',
                DIGITS[usize::from(octet >> 4)],
                DIGITS[usize::from(octet & 15)],
            ]);
        }
    }
    text
}
