//! The words of a master file (RFC 1035 section 5.1): entries of tokens, each with its place.

use std::fmt::Display;

/// Most tokens of one entry. RDATA has at most 65,535 octets, and a token that counts fills at least one.
const MOST_TOKENS: usize = 66_000;

/// A place in the file, both from 1; the column counts octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// What is wrong, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) place: Place,
    pub(super) message: String,
}

impl Place {
    pub(super) fn fault(self, message: impl Display) -> Fault {
        Fault {
            place: self,
            message: message.to_string(),
        }
    }

    /// The place `octets` further on the same line.
    pub(super) fn plus(self, octets: usize) -> Place {
        Place {
            line: self.line,
            column: self.column + octets,
        }
    }
}

/// One token; it never spans lines.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// The octets as written, escapes not resolved, without quotes.
    pub(super) raw: &'a [u8],
    /// Whether it stood in quotes.
    pub(super) quoted: bool,
    /// Where `raw` begins.
    pub(super) place: Place,
}

impl Token<'_> {
    pub(super) fn fault(&self, message: impl Display) -> Fault {
        self.place.fault(message)
    }

    /// Whether this is the unquoted word, in any case.
    pub(super) fn is_word(&self, word: &[u8]) -> bool {
        !self.quoted && self.raw.eq_ignore_ascii_case(word)
    }

    /// Hands every octet to `take`, with whether it was escaped and where it stands, escapes resolved
    /// (RFC 1035 section 5.1: `\X` and `\DDD`).
    pub(super) fn octets(
        &self,
        mut take: impl FnMut(u8, bool, Place) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut at = 0;
        while let Some(&octet) = self.raw.get(at) {
            let place = self.place.plus(at);
            if octet != b'\\' {
                take(octet, false, place)?;
                at += 1;
                continue;
            }
            match self.raw.get(at + 1) {
                None => return Err(place.fault("a backslash must be followed by what it escapes")),
                Some(digit) if digit.is_ascii_digit() => {
                    let value = self
                        .raw
                        .get(at + 1..at + 4)
                        .filter(|digits| digits.iter().all(u8::is_ascii_digit))
                        .map(|digits| digits.iter().fold(0u32, |sum, d| sum * 10 + u32::from(d - b'0')))
                        .and_then(|value| u8::try_from(value).ok())
                        .ok_or_else(|| place.fault("an escape \\DDD needs three digits, from 000 to 255"))?;
                    take(value, true, place)?;
                    at += 4;
                }
                Some(&escaped) => {
                    take(escaped, true, place)?;
                    at += 2;
                }
            }
        }
        Ok(())
    }
}

/// One entry: the tokens up to a line end outside parentheses. Never without a token.
#[derive(Debug, Default)]
pub(super) struct Entry<'a> {
    pub(super) tokens: Vec<Token<'a>>,
    /// Whether its first line begins with a blank, which stands for the owner before.
    pub(super) indented: bool,
}

/// Reads entries, one after the other.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    line_start: usize,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        // Editors on Windows put a byte order mark before UTF-8.
        let at = if text.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Scanner {
            text,
            at,
            line: 1,
            line_start: at,
        }
    }

    fn place(&self) -> Place {
        Place {
            line: self.line,
            column: self.at - self.line_start + 1,
        }
    }

    fn end_line(&mut self) {
        self.at += 1;
        self.line += 1;
        self.line_start = self.at;
    }

    /// Reads the next entry into `entry`; false at the end of the file.
    pub(super) fn next(&mut self, entry: &mut Entry<'a>) -> Result<bool, Fault> {
        entry.tokens.clear();
        entry.indented = self.at_blank();
        let mut open: Vec<Place> = Vec::new();
        while let Some(&octet) = self.text.get(self.at) {
            match octet {
                b'\n' => {
                    self.end_line();
                    // RFC 1035 section 5.1: line terminations are not recognized within parentheses.
                    if open.is_empty() {
                        if !entry.tokens.is_empty() {
                            return Ok(true);
                        }
                        entry.indented = self.at_blank();
                    }
                }
                b' ' | b'\t' | b'\r' => self.at += 1,
                b';' => {
                    let rest = self.text.get(self.at..).unwrap_or_default();
                    self.at += memchr::memchr(b'\n', rest).unwrap_or(rest.len());
                }
                b'(' => {
                    // Nesting says nothing, but is accepted by other servers; its depth is bounded.
                    if open.len() >= 64 {
                        return Err(self.place().fault("parentheses are nested too deeply"));
                    }
                    open.push(self.place());
                    self.at += 1;
                }
                b')' => {
                    if open.pop().is_none() {
                        return Err(self.place().fault("this ')' closes nothing"));
                    }
                    self.at += 1;
                }
                _ => {
                    if entry.tokens.len() >= MOST_TOKENS {
                        return Err(self.place().fault("this entry holds more than a record can"));
                    }
                    let token = if octet == b'"' {
                        self.quoted()?
                    } else {
                        self.word()?
                    };
                    entry.tokens.push(token);
                }
            }
        }
        match open.last() {
            Some(place) => Err(place.fault("this '(' is never closed")),
            None => Ok(!entry.tokens.is_empty()),
        }
    }

    fn at_blank(&self) -> bool {
        matches!(self.text.get(self.at), Some(b' ' | b'\t'))
    }

    /// RFC 1035 section 5.1 lets a text in quotes run over line ends. Here it must not, as in BIND: a quote
    /// that was forgotten is then found where it was forgotten.
    fn quoted(&mut self) -> Result<Token<'a>, Fault> {
        let opened = self.place();
        self.at += 1;
        let (start, place) = (self.at, self.place());
        loop {
            match self.text.get(self.at) {
                Some(b'"') => {
                    let raw = self.text.get(start..self.at).unwrap_or_default();
                    self.at += 1;
                    return Ok(Token {
                        raw,
                        quoted: true,
                        place,
                    });
                }
                None | Some(b'\n') => {
                    return Err(opened.fault("this quote is not closed on its line"));
                }
                Some(b'\\') => self.escape()?,
                Some(_) => self.at += 1,
            }
        }
    }

    fn word(&mut self) -> Result<Token<'a>, Fault> {
        let (start, place) = (self.at, self.place());
        while let Some(&octet) = self.text.get(self.at) {
            match octet {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'(' | b')' | b'"' => break,
                b'\\' => self.escape()?,
                _ => self.at += 1,
            }
        }
        Ok(Token {
            raw: self.text.get(start..self.at).unwrap_or_default(),
            quoted: false,
            place,
        })
    }

    fn escape(&mut self) -> Result<(), Fault> {
        match self.text.get(self.at + 1) {
            None | Some(b'\n' | b'\r') => Err(self
                .place()
                .fault("a backslash must be followed by what it escapes")),
            Some(_) => {
                self.at += 2;
                Ok(())
            }
        }
    }
}
