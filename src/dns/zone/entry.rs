//! What the entries of a master file say: directives are kept in mind, records and failures are handed out.

use super::labels::Labels;
use super::rdata::{self, Data};
use super::scan::{Entry, Fault, Place, Scanner, Token};
use super::types;
use crate::dns::{Failure, RecordType};
use crate::error::printable;

/// Seconds for which a record may be kept when the file does not say.
const DEFAULT_TTL: u32 = 3600;

/// What one entry adds to a zone.
#[derive(Debug)]
pub(super) enum Statement {
    Record {
        owner: Labels,
        ttl: u32,
        kind: u16,
        data: Data,
    },
    /// `$FAIL`: questions for `kind`, or for all types, fail.
    Fail {
        owner: Labels,
        kind: Option<RecordType>,
        failure: Failure,
    },
}

/// Reads statements, one after the other.
#[derive(Debug)]
pub(super) struct Statements<'a> {
    scanner: Scanner<'a>,
    entry: Entry<'a>,
    origin: Labels,
    owner: Option<Labels>,
    dollar_ttl: Option<u32>,
    last_ttl: Option<u32>,
}

impl<'a> Statements<'a> {
    pub(super) fn new(text: &'a [u8]) -> Self {
        Statements {
            scanner: Scanner::new(text),
            entry: Entry::default(),
            origin: Labels::default(),
            owner: None,
            dollar_ttl: None,
            last_ttl: None,
        }
    }

    /// The next statement and where it begins; none at the end of the file.
    pub(super) fn next(&mut self) -> Result<Option<(Statement, Place)>, Fault> {
        loop {
            let mut entry = std::mem::take(&mut self.entry);
            let more = self.scanner.next(&mut entry);
            let statement = match more {
                Ok(true) => self.read(&entry),
                Ok(false) => return Ok(None),
                Err(fault) => Err(fault),
            };
            let place = entry.tokens.first().map(|token| token.place);
            self.entry = entry;
            if let (Some(statement), Some(place)) = (statement?, place) {
                return Ok(Some((statement, place)));
            }
        }
    }

    fn read(&mut self, entry: &Entry<'_>) -> Result<Option<Statement>, Fault> {
        let Some((first, rest)) = entry.tokens.split_first() else {
            return Ok(None);
        };
        if !first.quoted && first.raw.starts_with(b"$") {
            if entry.indented {
                return Err(first.fault("a directive must stand at the beginning of its line"));
            }
            return self.directive(first, rest);
        }
        if entry.indented {
            let Some(owner) = self.owner.clone() else {
                return Err(
                    first.fault("no owner: this line begins with a blank, but no record stands before it")
                );
            };
            return self.record(owner, first, &entry.tokens).map(Some);
        }
        let owner = Labels::parse(first, &self.origin)?;
        self.owner = Some(owner.clone());
        self.record(owner, first, rest).map(Some)
    }

    fn directive(&mut self, first: &Token<'_>, rest: &[Token<'_>]) -> Result<Option<Statement>, Fault> {
        if first.is_word(b"$ORIGIN") {
            let name = only(first, rest, "$ORIGIN needs a name")?;
            self.origin = Labels::parse(name, &self.origin)?;
            Ok(None)
        } else if first.is_word(b"$TTL") {
            // RFC 2308 section 4.
            let token = only(first, rest, "$TTL needs a number of seconds")?;
            self.dollar_ttl = Some(time(token)?);
            Ok(None)
        } else if first.is_word(b"$FAIL") {
            self.fail(first, rest).map(Some)
        } else if first.is_word(b"$INCLUDE") {
            Err(first.fault("$INCLUDE is not supported; name every file on its own"))
        } else {
            Err(first.fault(format_args!(
                "the directive '{}' is not known",
                printable(first.raw)
            )))
        }
    }

    /// `$FAIL NAME [TYPE] SERVFAIL|REFUSED|TIMEOUT`, which is ours.
    fn fail(&self, first: &Token<'_>, rest: &[Token<'_>]) -> Result<Statement, Fault> {
        const FORM: &str = "a failure is written $FAIL NAME [TYPE] SERVFAIL|REFUSED|TIMEOUT";
        let (name, kind, result) = match rest {
            [name, result] => (name, None, result),
            [name, kind, result] => (name, Some(kind), result),
            [_, _, _, surplus, ..] => return Err(surplus.fault(FORM)),
            [] | [_] => return Err(after(first, rest).fault(FORM)),
        };
        let kind = match kind {
            None => None,
            Some(token) => Some(asked_type(token).ok_or_else(|| {
                token.fault(format_args!(
                    "the type that fails must be TXT, A, AAAA, MX or PTR, not '{}'",
                    printable(token.raw)
                ))
            })?),
        };
        let failure = if result.is_word(b"SERVFAIL") {
            Failure::ServFail
        } else if result.is_word(b"REFUSED") {
            Failure::Refused
        } else if result.is_word(b"TIMEOUT") {
            Failure::Timeout
        } else {
            return Err(result.fault(format_args!(
                "the failure must be SERVFAIL, REFUSED or TIMEOUT, not '{}'",
                printable(result.raw)
            )));
        };
        Ok(Statement::Fail {
            owner: Labels::parse(name, &self.origin)?,
            kind,
            failure,
        })
    }

    /// `[TTL] [class] type RDATA`, or class and TTL the other way round (RFC 1035 section 5.1).
    fn record(&mut self, owner: Labels, first: &Token<'_>, tokens: &[Token<'_>]) -> Result<Statement, Fault> {
        let (mut ttl, mut class) = (None, false);
        let mut rest = tokens;
        let mut last = first;
        loop {
            let Some((token, behind)) = rest.split_first() else {
                return Err(after(last, &[]).fault("the record has no type"));
            };
            rest = behind;
            last = token;
            if token.quoted {
                return Err(token.fault("a record type must stand here, not text in quotes"));
            }
            if !class && is_class(token)? {
                class = true;
            } else if ttl.is_none() && token.raw.first().is_some_and(u8::is_ascii_digit) {
                ttl = Some(time(token)?);
            } else {
                break;
            }
        }
        let Some(kind) = types::number(last.raw) else {
            return Err(last.fault(format_args!(
                "'{}' is not a known record type",
                printable(last.raw)
            )));
        };
        if ttl.is_some() {
            self.last_ttl = ttl;
        }
        // RFC 2308 section 4: $TTL is for records that state none. RFC 1035 section 5.1: else the last one stated.
        let ttl = ttl.or(self.dollar_ttl).or(self.last_ttl).unwrap_or(DEFAULT_TTL);
        let data = rdata::read(kind, last, rest, &self.origin)?;
        Ok(Statement::Record {
            owner,
            ttl,
            kind,
            data,
        })
    }
}

/// The place behind the last of the tokens, for what is missing there.
pub(super) fn after(first: &Token<'_>, rest: &[Token<'_>]) -> Place {
    let last = rest.last().unwrap_or(first);
    last.place.plus(last.raw.len() + usize::from(last.quoted))
}

/// The one token that must follow `first`.
fn only<'t, 'a>(first: &Token<'_>, rest: &'t [Token<'a>], missing: &str) -> Result<&'t Token<'a>, Fault> {
    match rest {
        [token] => Ok(token),
        [] => Err(after(first, rest).fault(missing)),
        [_, surplus, ..] => Err(surplus.fault("nothing more may stand here")),
    }
}

fn asked_type(token: &Token<'_>) -> Option<RecordType> {
    match types::number(token.raw)? {
        types::TXT => Some(RecordType::Txt),
        types::A => Some(RecordType::A),
        types::AAAA => Some(RecordType::Aaaa),
        types::MX => Some(RecordType::Mx),
        types::PTR => Some(RecordType::Ptr),
        _ => None,
    }
}

/// Whether the token is class IN; an error for another class.
fn is_class(token: &Token<'_>) -> Result<bool, Fault> {
    if token.is_word(b"IN") || token.is_word(b"CLASS1") {
        return Ok(true);
    }
    let numbered = token.raw.len() > 5
        && token.raw[..5].eq_ignore_ascii_case(b"CLASS")
        && token.raw[5..].iter().all(u8::is_ascii_digit);
    if numbered
        || [&b"CH"[..], b"HS", b"CS"]
            .iter()
            .any(|class| token.is_word(class))
    {
        return Err(token.fault("only records of class IN can be used"));
    }
    Ok(false)
}

/// A time in seconds, or in BIND's units as in `1h30m`.
pub(super) fn time(token: &Token<'_>) -> Result<u32, Fault> {
    let parse = || -> Option<u32> {
        let mut sum: u32 = 0;
        let mut digits: Option<u32> = None;
        for &octet in token.raw {
            if octet.is_ascii_digit() {
                let digit = u32::from(octet - b'0');
                digits = Some(digits.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                continue;
            }
            let unit: u32 = match octet.to_ascii_lowercase() {
                b's' => 1,
                b'm' => 60,
                b'h' => 3600,
                b'd' => 86_400,
                b'w' => 604_800,
                _ => return None,
            };
            sum = sum.checked_add(digits.take()?.checked_mul(unit)?)?;
        }
        match digits {
            Some(digits) => sum.checked_add(digits),
            None => (!token.raw.is_empty()).then_some(sum),
        }
    };
    // RFC 2181 section 8: from 0 to 2^31 - 1.
    parse()
        .filter(|&seconds| seconds <= 0x7fff_ffff && !token.quoted)
        .ok_or_else(|| {
            token.fault(format_args!(
                "'{}' is not a time: seconds up to 2147483647, or numbers with the units w, d, h, m, s",
                printable(token.raw)
            ))
        })
}
