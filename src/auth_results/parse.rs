//! Reading Authentication-Results fields, and telling which of them claim to be ours.

use super::write::is_token_octet;
use super::{AuthenticationResults, FIELD_NAME, MethodResult, Property};
use crate::dns::Name;
use crate::message::HeaderFields;

/// Why a field's value is not what RFC 8601 section 2.2 describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{expected} is missing at octet {at}")]
pub struct ParseError {
    /// What should stand there.
    pub expected: &'static str,
    /// Where, counted from 0.
    pub at: usize,
}

/// Reads a field's value, folds included. The first comment after a result is kept, others are passed by.
///
/// Stricter than the wild and looser than the grammar in one respect: a value without quotes may hold `:`, `/`, `=`, `[`, `]`
/// and octets outside ASCII, as addresses and base64 in fields of others do.
///
/// # Errors
/// When the value does not follow the grammar of RFC 8601 section 2.2.
pub fn parse(value: &[u8]) -> Result<AuthenticationResults, ParseError> {
    let mut reader = Reader { octets: value, at: 0 };
    reader.blanks()?;
    let authserv_id = reader.value()?;
    reader.blanks()?;
    if reader.peek().is_some_and(|octet| octet.is_ascii_digit()) {
        // RFC 8601 section 2.2: authres-version, 1 being the only one there is.
        if reader.run(|octet| octet.is_ascii_digit()) != b"1" {
            return Err(reader.missing("version 1"));
        }
        reader.blanks()?;
    }
    reader.exactly(b';', "';'")?;
    reader.blanks()?;
    let mut results = Vec::new();
    let begin = reader.at;
    if reader.run(is_keyword_octet).eq_ignore_ascii_case(b"none") {
        reader.blanks()?;
        if reader.peek().is_none() {
            return Ok(AuthenticationResults { authserv_id, results });
        }
    }
    reader.at = begin;
    loop {
        results.push(reader.method_result(false)?);
        if reader.peek().is_none() {
            return Ok(AuthenticationResults { authserv_id, results });
        }
        reader.exactly(b';', "';'")?;
        reader.blanks()?;
    }
}

/// Reads what can be read of a field's value that does not follow the grammar, as those of large providers often do not:
/// a missing authserv-id is empty, words that are no property are passed by, and so are parts that are no result.
///
/// ```
/// use mailrep::auth_results::parse_lenient;
/// let read = parse_lenient(b"spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=example.net; dmarc=pass action=none header.from=example.net");
/// assert_eq!(read.authserv_id, "");
/// assert_eq!(read.results[1].method, "dmarc");
/// assert_eq!(read.results[1].properties[0].value, "example.net");
/// ```
pub fn parse_lenient(value: &[u8]) -> AuthenticationResults {
    if let Ok(read) = parse(value) {
        return read;
    }
    let mut reader = Reader { octets: value, at: 0 };
    reader.skip(|_| true);
    let begin = reader.at;
    let authserv_id = match reader.value() {
        Ok(id) => {
            let _ = reader.blanks();
            // What is followed by an equals sign is a method already.
            if reader.peek() == Some(b'=') {
                reader.at = begin;
                String::new()
            } else {
                reader.skip(|octet| octet == b';');
                id
            }
        }
        Err(_) => {
            reader.at = begin;
            String::new()
        }
    };
    let mut results = Vec::new();
    while reader.peek().is_some() {
        if reader.peek() == Some(b';') {
            reader.at += 1;
            reader.skip(|_| true);
            continue;
        }
        match reader.method_result(true) {
            Ok(result) => results.push(result),
            Err(_) => reader.skip(|octet| octet == b';'),
        }
    }
    AuthenticationResults { authserv_id, results }
}

fn is_keyword_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_')
}

struct Reader<'a> {
    octets: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn missing(&self, expected: &'static str) -> ParseError {
        ParseError {
            expected,
            at: self.at,
        }
    }

    fn peek(&self) -> Option<u8> {
        self.octets.get(self.at).copied()
    }

    fn next(&mut self) -> Option<u8> {
        let octet = self.peek()?;
        self.at += 1;
        Some(octet)
    }

    fn exactly(&mut self, octet: u8, expected: &'static str) -> Result<(), ParseError> {
        if self.peek() != Some(octet) {
            return Err(self.missing(expected));
        }
        self.at += 1;
        Ok(())
    }

    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let begin = self.at;
        while self.peek().is_some_and(&belongs) {
            self.at += 1;
        }
        &self.octets[begin..self.at]
    }

    fn keyword(&mut self, expected: &'static str) -> Result<String, ParseError> {
        let word = self.run(is_keyword_octet);
        if word.is_empty() {
            return Err(self.missing(expected));
        }
        Ok(String::from_utf8_lossy(word).into_owned())
    }

    /// CFWS: blanks, folds and comments. Returns the first comment.
    fn blanks(&mut self) -> Result<Option<String>, ParseError> {
        let mut first = None;
        loop {
            self.run(|octet| matches!(octet, b' ' | b'\t' | b'\r' | b'\n'));
            if self.peek() != Some(b'(') {
                return Ok(first);
            }
            let text = self.comment()?;
            first.get_or_insert(text);
        }
    }

    /// A comment, nested ones within it as they stand.
    fn comment(&mut self) -> Result<String, ParseError> {
        let mut text = Vec::new();
        let mut depth = 0_usize;
        while let Some(octet) = self.next() {
            match octet {
                b'(' => depth += 1,
                b')' => depth -= 1,
                _ => {}
            }
            match octet {
                b'(' if depth == 1 => {}
                b')' if depth == 0 => {
                    let text = String::from_utf8_lossy(&text);
                    let words: Vec<&str> = text.split_ascii_whitespace().collect();
                    return Ok(words.join(" "));
                }
                b'\\' => {
                    text.extend(self.next());
                }
                _ => text.push(octet),
            }
        }
        Err(self.missing("the end of a comment"))
    }

    fn quoted(&mut self) -> Result<String, ParseError> {
        self.exactly(b'"', "a quoted string")?;
        let mut text = Vec::new();
        while let Some(octet) = self.next() {
            match octet {
                b'"' => return Ok(String::from_utf8_lossy(&text).into_owned()),
                b'\\' => {
                    text.extend(self.next());
                }
                // A fold within a quoted string is no part of it.
                b'\r' | b'\n' => {}
                // RFC 5322 section 3.2.4: qtext has no control characters.
                _ if octet.is_ascii_control() && octet != b'\t' => {
                    self.at -= 1;
                    return Err(self.missing("a printable character"));
                }
                _ => text.push(octet),
            }
        }
        Err(self.missing("the end of a quoted string"))
    }

    /// A token or a quoted string.
    fn value(&mut self) -> Result<String, ParseError> {
        if self.peek() == Some(b'"') {
            return self.quoted();
        }
        let token = self.run(is_token_octet);
        if token.is_empty() {
            return Err(self.missing("a value"));
        }
        Ok(String::from_utf8_lossy(token).into_owned())
    }

    fn property_value(&mut self) -> Result<String, ParseError> {
        let belongs = |octet: u8| is_token_octet(octet) || octet >= 0x80 || b"@:/=[]?".contains(&octet);
        let quoted = self.peek() == Some(b'"');
        let mut text = if quoted { self.quoted()? } else { String::new() };
        if !quoted || self.peek() == Some(b'@') {
            let rest = self.run(belongs);
            if rest.is_empty() {
                return Err(self.missing("a value"));
            }
            text.push_str(&String::from_utf8_lossy(rest));
        }
        Ok(text)
    }

    /// One resinfo, up to the semicolon or the end. Where `lenient`, what is no property is passed by.
    fn method_result(&mut self, lenient: bool) -> Result<MethodResult, ParseError> {
        let mut method = self.keyword("a method")?;
        self.blanks()?;
        if self.peek() == Some(b'/') {
            // method-version; it goes with the method, since its results may mean something else.
            self.at += 1;
            self.blanks()?;
            method = format!("{method}/{}", self.keyword("a method's version")?);
            self.blanks()?;
        }
        self.exactly(b'=', "'='")?;
        self.blanks()?;
        let result = self.keyword("a result")?;
        let mut found = MethodResult::new(method, result);
        found.comment = match self.blanks() {
            Err(_) if lenient => None,
            comment => comment?,
        };
        while !matches!(self.peek(), None | Some(b';')) {
            match self.property(&mut found) {
                Err(_) if lenient => self.skip(|octet| matches!(octet, b';' | b' ' | b'\t' | b'\r' | b'\n')),
                other => other?,
            }
        }
        Ok(found)
    }

    /// Moves to the next octet that ends what cannot be read, and behind blanks there.
    fn skip(&mut self, ends: impl Fn(u8) -> bool) {
        self.run(|octet| !ends(octet));
        if self.blanks().is_err() {
            self.at = self.octets.len();
        }
    }

    /// A reasonspec or propspec, and the blanks behind it.
    fn property(&mut self, found: &mut MethodResult) -> Result<(), ParseError> {
        let ptype = self.keyword("a property")?;
        self.blanks()?;
        if self.peek() == Some(b'=') && ptype.eq_ignore_ascii_case("reason") && found.properties.is_empty() {
            self.at += 1;
            self.blanks()?;
            found.reason = Some(self.value()?);
            self.blanks()?;
            return Ok(());
        }
        self.exactly(b'.', "'.'")?;
        self.blanks()?;
        let property = self.keyword("a property")?;
        self.blanks()?;
        self.exactly(b'=', "'='")?;
        self.blanks()?;
        let value = self.property_value()?;
        found.properties.push(Property {
            ptype,
            property,
            value,
        });
        self.blanks()?;
        Ok(())
    }
}

/// Whether a field's value says that `authserv_id` wrote it. Letter case, comments, quotes, a version, a final dot and the
/// form of international names make no difference. Where the beginning of the value is not well-formed, so that
/// readers may disagree who is named, it claims to be ours if our name is anywhere in it.
///
/// ```
/// use mailrep::auth_results::claims;
/// assert!(claims(b" (hi) \"MX.example.org\" 1; spf=pass", "mx.example.org"));
/// assert!(!claims(b"mx.example.org.example.net; spf=pass", "mx.example.org"));
/// ```
pub fn claims(value: &[u8], authserv_id: &str) -> bool {
    let ours = normal(authserv_id.as_bytes());
    match named(value) {
        Some(id) => normal(&id) == ours,
        None => {
            let unicode = Name::parse(authserv_id.as_bytes())
                .map(|name| idna::domain_to_unicode(name.as_str()).0)
                .unwrap_or_default();
            let ours = [ours.as_slice(), unicode.as_bytes(), authserv_id.as_bytes()];
            let ours = ours.map(|id| squeezed(id, false));
            [squeezed(value, true), squeezed(value, false)]
                .iter()
                .any(|text| {
                    ours.iter()
                        .any(|id| !id.is_empty() && memchr::memmem::find(text, id).is_some())
                })
        }
    }
}

/// The places, among all fields and descending, of the fields that claim `authserv_id` and have to go before ours is added
/// (RFC 8601 section 5).
pub fn fields_to_remove(header: &HeaderFields, authserv_id: &str) -> Vec<usize> {
    header
        .named(FIELD_NAME)
        .rev()
        .filter(|(_, field)| claims(field.value(), authserv_id))
        .map(|(at, _)| at)
        .collect()
}

/// The authserv-id, if nobody can be in doubt about it.
fn named(value: &[u8]) -> Option<Vec<u8>> {
    let mut reader = Reader { octets: value, at: 0 };
    reader.blanks().ok()?;
    let id = if reader.peek() == Some(b'"') {
        reader.quoted().ok()?.into_bytes()
    } else {
        reader
            .run(|octet| is_token_octet(octet) || octet >= 0x80)
            .to_vec()
    };
    let doubtful = |text: &str| {
        text.chars()
            .any(|c| c.is_control() || c == '\u{fffd}' || c.is_whitespace())
    };
    if id.is_empty() || std::str::from_utf8(&id).map_or(true, doubtful) {
        return None;
    }
    reader.blanks().ok()?;
    reader.run(|octet| octet.is_ascii_digit());
    reader.blanks().ok()?;
    matches!(reader.peek(), None | Some(b';')).then_some(id)
}

/// One form for all spellings of a name.
fn normal(id: &[u8]) -> Vec<u8> {
    match Name::parse(id) {
        Ok(name) => name.as_str().as_bytes().to_vec(),
        Err(_) => normal_octets(id),
    }
}

fn normal_octets(id: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(id).to_lowercase().into_bytes()
}

/// The text in lower case without what readers may pass by: blanks, controls, quotes and backslashes, and comments too
/// where `comments` says so.
fn squeezed(value: &[u8], comments: bool) -> Vec<u8> {
    let mut depth = 0_usize;
    let kept: Vec<u8> = value
        .iter()
        .copied()
        .filter(|octet| {
            match octet {
                b'(' => depth += 1,
                b')' => {
                    depth = depth.saturating_sub(1);
                    return false;
                }
                _ => {}
            }
            (depth == 0 || !comments) && *octet > b' ' && !matches!(octet, 0x7f | b'"' | b'\\' | b'(')
        })
        .collect();
    normal_octets(&kept)
}
