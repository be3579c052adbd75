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

/// Longest line, in octets, that is looked at before it is decided whether it begins a header field: RFC 5322
/// section 2.1.1 allows 998.
const UNDECIDED_LINE: usize = 1_000;

/// Splits a message that comes in chunks of any size into header fields and body.
///
/// Memory grows with the header up to its bounds, never with the body. Line ends must be CRLF already; a bare CR
/// or LF ends no line.
///
/// ```
/// use mailrep::message::Splitter;
/// let mut splitter = Splitter::new(&mailrep::Limits::default());
/// assert_eq!(splitter.push(b"Subject: hi\r\nFrom: a@exam"), None);
/// let chunk = b"ple.org\r\n\r\nBody";
/// let begun = splitter.push(chunk).expect("the empty line is there");
/// assert_eq!(&chunk[begun.offset..], b"Body");
/// let (header, anomaly) = splitter.into_parts();
/// assert_eq!((header.len(), anomaly), (2, None));
/// ```
#[derive(Debug, Clone)]
pub struct Splitter {
    header_octets: usize,
    header_fields: usize,
    fields: HeaderFields,
    anomaly: Option<Anomaly>,
    state: State,
    /// The field that is being read: its complete lines, and the line that has begun.
    pending: Vec<u8>,
    /// Where in `pending` the present line begins.
    line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Header,
    /// Beyond the bounds: octets are dropped until the empty line, of whose CRLF CRLF so many were seen.
    Dropping(u8),
    Body,
}

/// Where the body begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Begun {
    /// Offset in the chunk that was given: octets from there on are body.
    pub offset: usize,
    /// Octets of the body that stand before those: a line that is no header field.
    pub before: Vec<u8>,
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
        }
    }

    /// Adds a field that came by itself, as mail filters get them: the value as it stands after the colon, with
    /// its blanks and folds. A CRLF is added. A field without a name is passed over.
    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        if self.state != State::Header {
            return;
        }
        let length = name.len().saturating_add(value.len()).saturating_add(3);
        if self.has_room(length) && !self.fields.push_parts(&[name, b":", value, b"\r\n"]) {
            self.anomaly.get_or_insert(Anomaly::NotAField);
        }
    }

    /// Takes the next octets of the message. Says where the body begins, once it does; octets from there on are
    /// not taken, and later chunks are body.
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
                State::Dropping(seen) => {
                    let (used, seen) = find_empty_line(rest, seen);
                    self.state = if seen == 4 {
                        State::Body
                    } else {
                        State::Dropping(seen)
                    };
                    rest = &rest[used..];
                    if seen != 4 {
                        return None;
                    }
                }
                State::Header => {
                    if self.pending.is_empty() {
                        rest = self.take_whole_fields(rest);
                    }
                    if rest.is_empty() {
                        return None;
                    }
                    if let Some(before) = self.take_of_line(&mut rest) {
                        return Some(Begun {
                            offset: chunk.len() - rest.len(),
                            before,
                        });
                    }
                }
            }
        }
    }

    /// Takes the fields at the beginning of `octets` that are there to their ends, as long as nothing about them is odd, without
    /// gathering them line by line. Returns the octets after them.
    fn take_whole_fields<'a>(&mut self, mut octets: &'a [u8]) -> &'a [u8] {
        while self.fields.len() < self.header_fields {
            // Near the bound it matters what follows the field, up to where that is judged.
            let near = self.fields.octets().saturating_add(UNDECIDED_LINE);
            let most = self.header_octets.saturating_sub(near);
            match whole_field(&octets[..octets.len().min(most)]) {
                Some((end, colon)) if self.fields.push_divided(&octets[..end], colon) => {
                    octets = &octets[end..]
                }
                _ => break,
            }
        }
        octets
    }

    /// Takes octets up to the end of a line. Returns what of them belongs to the body, once the header has ended.
    fn take_of_line(&mut self, rest: &mut &[u8]) -> Option<Vec<u8>> {
        let kept = self.fields.octets().saturating_add(self.pending.len());
        // Two more than may be kept, for the empty line.
        let room = self.header_octets.saturating_add(2).saturating_sub(kept);
        if room == 0 {
            self.drop_from_here(Anomaly::HeaderTooLong {
                limit: self.header_octets,
            });
            return None;
        }
        let mut most = rest.len().min(room);
        let in_line = self.pending.len() - self.line;
        if in_line < UNDECIDED_LINE {
            most = most.min(UNDECIDED_LINE - in_line);
        }
        let taken = memchr::memchr(b'\n', &rest[..most]).map_or(most, |at| at + 1);
        self.pending.extend_from_slice(&rest[..taken]);
        *rest = &rest[taken..];
        let complete = self.pending[self.line..].ends_with(b"\r\n");
        let decided = self.pending.len() - self.line == UNDECIDED_LINE;
        if complete || decided {
            self.judge_line(complete)
        } else {
            None
        }
    }

    /// Judges the present line of the header, complete or long enough. Returns what of it belongs to the body,
    /// once the header has ended.
    fn judge_line(&mut self, complete: bool) -> Option<Vec<u8>> {
        let line = &self.pending[self.line..];
        if line == b"\r\n" {
            self.pending.truncate(self.line);
            self.field_complete();
            self.state = State::Body;
            return Some(Vec::new());
        }
        let continues = self.line > 0 && matches!(line.first(), Some(b' ' | b'\t'));
        if !continues && colon_of(line).is_none() {
            return Some(self.not_a_field());
        }
        if !continues && self.line > 0 {
            let next = self.pending.split_off(self.line);
            self.field_complete();
            if self.state != State::Header {
                // The field before did not fit; this line is dropped with it.
                self.state = State::Dropping(find_empty_line(&next, 2).1);
                return None;
            }
            self.pending = next;
        }
        if complete {
            self.line = self.pending.len();
        }
        None
    }

    /// The present line is no header field: the header ends before it.
    fn not_a_field(&mut self) -> Vec<u8> {
        let body = self.pending.split_off(self.line);
        self.field_complete();
        let nothing = self.fields.is_empty() && self.anomaly.is_none();
        self.anomaly.get_or_insert(if nothing {
            Anomaly::NotAMessage
        } else {
            Anomaly::NotAField
        });
        self.state = State::Body;
        body
    }

    /// What is pending is a whole field, or nothing.
    fn field_complete(&mut self) {
        self.line = 0;
        let raw = std::mem::take(&mut self.pending);
        if !raw.is_empty() && self.has_room(raw.len()) && !self.fields.push(&raw) {
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
        self.drop_from_here(problem);
        false
    }

    fn drop_from_here(&mut self, problem: Anomaly) {
        self.anomaly = Some(problem);
        // A line has begun, unless octets of it are pending.
        let line = self.pending.get(self.line..).unwrap_or_default();
        let tail = &line[line.len().saturating_sub(4)..];
        let seen = if line.len() > 4 { 0 } else { 2 };
        self.state = State::Dropping(find_empty_line(tail, seen).1);
        self.pending = Vec::new();
        self.line = 0;
    }

    /// The header has ended, as the caller knows from elsewhere.
    pub fn end_of_header(&mut self) {
        self.field_complete();
        self.state = State::Body;
    }

    /// The message has ended. If its header had not, that is an anomaly; returns octets that turned out to be
    /// body: a last line that is no header field.
    pub fn end_of_message(&mut self) -> Vec<u8> {
        if self.state == State::Body {
            return Vec::new();
        }
        let line = self.pending.get(self.line..).unwrap_or_default();
        let continues = self.line > 0 && matches!(line.first(), Some(b' ' | b'\t'));
        let mut body = Vec::new();
        if self.state == State::Header && !line.is_empty() && !continues {
            if colon_of(line).is_none() {
                body = self.not_a_field();
            } else if self.line > 0 {
                let next = self.pending.split_off(self.line);
                self.field_complete();
                self.pending = next;
            }
        }
        if self.state == State::Header {
            self.field_complete();
            self.anomaly.get_or_insert(Anomaly::NoBody);
        }
        self.state = State::Body;
        body
    }

    /// The fields that were kept, and what was odd about the message's form.
    pub fn into_parts(self) -> (HeaderFields, Option<Anomaly>) {
        (self.fields, self.anomaly)
    }
}

/// Looks for CRLF CRLF, of which `seen` octets stood before `octets`. Returns how many octets were looked at and
/// how many of the four were seen at their end.
fn find_empty_line(octets: &[u8], mut seen: u8) -> (usize, u8) {
    for (at, octet) in octets.iter().enumerate() {
        seen = match (seen, octet) {
            (0 | 1 | 3, b'\r') => 1,
            (1, b'\n') => 2,
            (2, b'\r') => 3,
            (3, b'\n') => return (at + 1, 4),
            _ => 0,
        };
    }
    (octets.len(), seen)
}

/// The length of the header field at the beginning of `octets` and the place of its colon, if it is one of ordinary lines and
/// the octet after it is there as well, by which it is known that the field ends.
fn whole_field(octets: &[u8]) -> Option<(usize, usize)> {
    let (mut end, mut colon) = (0, None);
    loop {
        let rest = octets.get(end..)?;
        let line = &rest[..memchr::memchr(b'\n', rest)? + 1];
        let ordinary = line.len() < UNDECIDED_LINE && line.ends_with(b"\r\n");
        if !ordinary || (end == 0 && line.starts_with(b"\r")) {
            return None;
        }
        let colon = match colon {
            Some(colon) => colon,
            None => *colon.insert(colon_of(line)?),
        };
        end += line.len();
        if !matches!(octets.get(end)?, b' ' | b'\t') {
            return Some((end, colon));
        }
    }
}

/// Where the colon stands in a line that begins a header field: printable ASCII other than a colon, blanks, a colon (RFC 5322
/// sections 2.2 and 4.5).
fn colon_of(line: &[u8]) -> Option<usize> {
    // A byte at a time: names are short.
    let name = line
        .iter()
        .position(|octet| *octet == b':' || !octet.is_ascii_graphic())?;
    let blanks = line[name..]
        .iter()
        .position(|octet| !octet.is_ascii_whitespace())?;
    (name > 0 && line[name + blanks] == b':').then_some(name + blanks)
}
