//! Finding the header fields in a stream of octets.

use super::HeaderFields;
use crate::limits::Limits;

/// What is odd about a message's form. It is no verdict, but verdicts mention it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Anomaly {
    /// There is not one header field: the first line is none. A file of another kind, most likely.
    NotAMessage,
    /// A line in the header is no header field; the header ends before it, as Postfix has it.
    NotAField,
    /// The message ended within the header, without the empty line that ends it.
    NoBody,
    /// The header fields are longer than [`Limits::header_octets`]; those beyond were not kept.
    HeaderTooLong {
        /// The limit in octets.
        limit: usize,
    },
    /// There are more header fields than [`Limits::header_fields`]; those beyond were not kept.
    TooManyFields {
        /// The limit.
        limit: usize,
    },
}

impl Anomaly {
    /// A stable code, such as `no_body`.
    pub fn code(self) -> &'static str {
        match self {
            Anomaly::NotAMessage => "not_a_message",
            Anomaly::NotAField => "not_a_field",
            Anomaly::NoBody => "no_body",
            Anomaly::HeaderTooLong { .. } => "header_too_long",
            Anomaly::TooManyFields { .. } => "too_many_fields",
        }
    }

    /// Whether header fields are missing from what was kept, so that nothing can be proven by it.
    pub fn is_incomplete(self) -> bool {
        matches!(
            self,
            Anomaly::HeaderTooLong { .. } | Anomaly::TooManyFields { .. }
        )
    }
}

impl std::fmt::Display for Anomaly {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Anomaly::NotAMessage => {
                f.write_str("this is not a mail message: its first line is no header field")
            }
            Anomaly::NotAField => {
                f.write_str("a line within the header is no header field; the body was taken to begin there")
            }
            Anomaly::NoBody => f.write_str("the message ends within its header and has no body"),
            Anomaly::HeaderTooLong { limit } => {
                write!(
                    f,
                    "the header is longer than the limit of {limit} octets and was not read to its end"
                )
            }
            Anomaly::TooManyFields { limit } => write!(
                f,
                "the header has more fields than the limit of {limit} and was not read to its end"
            ),
        }
    }
}

/// Splits a message that comes in chunks of any size into header fields and body.
///
/// Memory grows with the header up to its bounds, never with the body. Line ends must be CRLF already; a bare CR
/// or LF ends no line.
#[derive(Debug, Clone)]
pub struct Splitter {
    header_octets: usize,
    header_fields: usize,
    fields: HeaderFields,
    anomaly: Option<Anomaly>,
    state: State,
    /// Octets of the field that is being read, its complete lines and the one that has begun.
    pending: Vec<u8>,
    /// Where in `pending` the present line begins.
    line: usize,
    /// The last octet that was dropped beyond the bounds, to see a CRLF and what follows it.
    dropped: [u8; 2],
    dropped_line_is_empty: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    /// Beyond the bounds: octets are dropped until the empty line.
    Dropping,
    Body,
}

impl Splitter {
    /// A splitter at the beginning of a message.
    pub fn new(limits: &Limits) -> Self {
        Splitter {
            header_octets: limits.header_octets,
            header_fields: limits.header_fields,
            fields: HeaderFields::default(),
            anomaly: None,
            state: State::Header,
            pending: Vec::new(),
            line: 0,
            dropped: [0; 2],
            dropped_line_is_empty: false,
        }
    }

    /// Adds a field that came by itself, as mail filters get them: the value as it stands after the colon, with
    /// its blanks and folds. A CRLF is added.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        if self.state != State::Header {
            return;
        }
        let length = name.len().saturating_add(value.len()).saturating_add(3);
        if self.has_room(length) && !self.fields.push_parts(&[name, b":", value, b"\r\n"]) {
            self.anomaly.get_or_insert(Anomaly::NotAField);
        }
    }

    /// Whether a field of `length` octets may be kept; if not, nothing is kept from here on.
    fn has_room(&mut self, length: usize) -> bool {
        let problem = if self.fields.octets().saturating_add(length) > self.header_octets {
            Anomaly::HeaderTooLong {
                limit: self.header_octets,
            }
        } else if self.fields.len() >= self.header_fields {
            Anomaly::TooManyFields {
                limit: self.header_fields,
            }
        } else {
            return true;
        };
        self.anomaly = Some(problem);
        self.state = State::Dropping;
        self.pending = Vec::new();
        false
    }

    /// Takes the next octets of the header. Returns where the body begins in `chunk`, once it does.
    pub fn push(&mut self, chunk: &[u8]) -> Option<Begun> {
        let mut rest = chunk;
        loop {
            match self.state {
                State::Body => {
                    return Some(Begun {
                        offset: chunk.len() - rest.len(),
                        before: Vec::new(),
                    });
                }
                State::Dropping => {
                    let used = self.drop_header(rest)?;
                    rest = &rest[used..];
                }
                State::Header => {
                    let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
                    let room = (self.header_octets.saturating_add(2))
                        .saturating_sub(self.fields.octets().saturating_add(self.pending.len()));
                    if end > room {
                        // The line does not fit: what was seen of it is passed by, as if it had been dropped.
                        self.begin_dropping();
                        continue;
                    }
                    self.pending.extend_from_slice(&rest[..end]);
                    rest = &rest[end..];
                    if self.pending.ends_with(b"\r\n") {
                        if let Some(before) = self.line_complete() {
                            return Some(Begun {
                                offset: chunk.len() - rest.len(),
                                before,
                            });
                        }
                    } else if rest.is_empty() {
                        return None;
                    }
                }
            }
        }
    }

    /// A line of the header is complete. Returns what of it belongs to the body, once the header has ended.
    fn line_complete(&mut self) -> Option<Vec<u8>> {
        let line = &self.pending[self.line..];
        if line == b"\r\n" {
            self.pending.truncate(self.line);
            self.field_complete();
            self.state = State::Body;
            return Some(Vec::new());
        }
        let continues = matches!(line[0], b' ' | b'\t') && self.line > 0;
        if continues {
            self.line = self.pending.len();
            return None;
        }
        if !begins_field(line) {
            let body = self.pending.split_off(self.line);
            self.field_complete();
            if self.state != State::Dropping {
                let nothing = self.fields.is_empty();
                self.anomaly.get_or_insert(if nothing {
                    Anomaly::NotAMessage
                } else {
                    Anomaly::NotAField
                });
            }
            self.state = State::Body;
            return Some(body);
        }
        let next = self.pending.split_off(self.line);
        self.field_complete();
        if self.state == State::Dropping {
            self.dropped = *b"\r\n";
            self.dropped_line_is_empty = true;
            return None;
        }
        self.line = next.len();
        self.pending = next;
        None
    }

    /// What is pending is a whole field, or nothing.
    fn field_complete(&mut self) {
        self.line = 0;
        if self.pending.is_empty() {
            return;
        }
        let raw = std::mem::take(&mut self.pending);
        if self.has_room(raw.len()) && !self.fields.push(&raw) {
            self.anomaly.get_or_insert(Anomaly::NotAField);
        }
    }

    fn begin_dropping(&mut self) {
        self.anomaly = Some(Anomaly::HeaderTooLong {
            limit: self.header_octets,
        });
        self.state = State::Dropping;
        let tail = self.pending.last_chunk::<2>().copied().unwrap_or([0, 0]);
        self.dropped = if self.pending.len() == 1 {
            [0, self.pending[0]]
        } else {
            tail
        };
        self.dropped_line_is_empty = self.line == self.pending.len() && !self.pending.is_empty();
        self.pending = Vec::new();
        self.line = 0;
    }

    /// Drops octets of the header up to the end of its empty line. Returns how many, once it was seen.
    fn drop_header(&mut self, chunk: &[u8]) -> Option<usize> {
        for (at, &octet) in chunk.iter().enumerate() {
            let line_ends = octet == b'\n' && self.dropped[1] == b'\r';
            if line_ends && self.dropped_line_is_empty {
                self.state = State::Body;
                return Some(at + 1);
            }
            // A CR after a line end may be the first half of an empty line.
            let may_be_empty = self.dropped == *b"\r\n" && octet == b'\r';
            self.dropped_line_is_empty = line_ends || may_be_empty;
            if line_ends {
                self.dropped_line_is_empty = false;
            }
            self.dropped = [self.dropped[1], octet];
            if may_be_empty {
                self.dropped_line_is_empty = true;
            }
        }
        None
    }

    /// The header has ended, or the message has. Returns the fields and octets that turned out to be body.
    pub fn end(mut self) -> (HeaderFields, Option<Anomaly>, Vec<u8>) {
        let mut body = Vec::new();
        if self.state == State::Header && !self.pending.is_empty() {
            let line = &self.pending[self.line..];
            let continues = self.line > 0 && line.first().is_none_or(|octet| matches!(octet, b' ' | b'\t'));
            if !continues && !begins_field(line) {
                body = self.pending.split_off(self.line);
                let nothing = self.fields.is_empty() && self.pending.is_empty();
                self.anomaly.get_or_insert(if nothing {
                    Anomaly::NotAMessage
                } else {
                    Anomaly::NotAField
                });
            } else if !continues && self.line > 0 {
                let next = self.pending.split_off(self.line);
                self.field_complete();
                self.pending = next;
            }
            self.field_complete();
        }
        (self.fields, self.anomaly, body)
    }
}

/// Where the body begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Offset in the chunk that was given: octets from there on are body.
    pub offset: usize,
    /// Octets of the body that stand before those: a line that is no header field.
    pub before: Vec<u8>,
}

/// Whether a line begins a header field: printable ASCII other than a colon, blanks, a colon (RFC 5322 sections
/// 2.2 and 4.5).
fn begins_field(line: &[u8]) -> bool {
    let Some(colon) = memchr::memchr(b':', line) else {
        return false;
    };
    let name = line[..colon].trim_ascii_end();
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}
