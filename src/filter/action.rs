//! What is to be done with a message.

use serde_json::{Value, json};

/// One thing to do. They are to be done in the order in which they come: fields are deleted last to first, since MTAs number the rest
/// anew after each deletion, and only then are fields inserted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Delete a header field.
    DeleteHeader {
        /// Its name, as it stands in the message.
        name: Vec<u8>,
        /// Which of the fields of that name, letter case aside, counted from 1 at the top (libmilter's `smfi_chgheader`).
        occurrence: usize,
        /// Its place among all fields of the message as it came, from 0.
        place: usize,
    },
    /// Insert a header field before the field at `place`, 0 being the top.
    InsertHeader {
        /// Where, among all fields, from 0.
        place: usize,
        /// Its name.
        name: String,
        /// The value as [`Glue`](super::Glue) wants it: with a blank before it or without, folded with CRLF or LF.
        value: Vec<u8>,
    },
    /// Another envelope sender.
    ChangeSender {
        /// Without angle brackets.
        address: Vec<u8>,
    },
    /// One recipient more.
    AddRecipient {
        /// Without angle brackets.
        address: Vec<u8>,
    },
    /// Take a recipient out.
    DeleteRecipient {
        /// As RCPT TO had it, without angle brackets.
        address: Vec<u8>,
    },
    /// Keep the message back until a person lets it go (libmilter's `smfi_quarantine`).
    Hold {
        /// Why, in one line.
        reason: String,
    },
    /// Ask the client to try again later.
    Defer(Answer),
    /// Refuse the message.
    Reject(Answer),
}

/// The answer of an SMTP server: a code, an enhanced status code (RFC 3463), and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    code: u16,
    enhanced: &'static str,
    lines: Vec<String>,
}

/// Octets of a line of text, so that a line with codes has less than RFC 5321's 512.
const LONGEST_LINE: usize = 400;
/// Lines of a text.
const MOST_LINES: usize = 8;

impl Answer {
    /// Makes an answer of text that may hold anything: what is no printable ASCII is escaped, `%` too, which some MTAs take for a
    /// command; what is too long is broken into lines, and what is more than eight lines is cut.
    pub(super) fn new(code: u16, enhanced: &'static str, text: &str) -> Answer {
        let mut lines = Vec::new();
        for paragraph in text.trim().split('\n') {
            fold(&escaped(paragraph.trim_end_matches('\r')), &mut lines);
        }
        if lines.len() > MOST_LINES {
            lines.truncate(MOST_LINES - 1);
            lines.push("...".to_owned());
        }
        Answer {
            code,
            enhanced,
            lines,
        }
    }

    /// The reply code, such as 550.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// The enhanced status code, such as `5.7.1`.
    pub fn enhanced(&self) -> &'static str {
        self.enhanced
    }

    /// The lines of text, at least one, without any code: printable ASCII without `%`, at most 400 octets each, at most eight.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.code, self.enhanced, self.lines.join(" "))
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '%' => out.push_str("\\x25"),
            ' '..='~' => out.push(character),
            other => {
                let mut octets = [0; 4];
                for octet in other.encode_utf8(&mut octets).bytes() {
                    out.push_str(&format!("\\x{octet:02x}"));
                }
            }
        }
    }
    out
}

/// Breaks text at blanks, or where there are none.
fn fold(text: &str, lines: &mut Vec<String>) {
    let mut rest = text;
    while rest.len() > LONGEST_LINE && lines.len() <= MOST_LINES {
        // ASCII: every octet is a character.
        let end = rest[..LONGEST_LINE]
            .rfind(' ')
            .filter(|&at| at > 0)
            .unwrap_or(LONGEST_LINE);
        lines.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    lines.push(rest.to_owned());
}

impl Action {
    /// A stable word for the kind of action, such as `insert_header`.
    pub fn kind(&self) -> &'static str {
        match self {
            Action::DeleteHeader { .. } => "delete_header",
            Action::InsertHeader { .. } => "insert_header",
            Action::ChangeSender { .. } => "change_sender",
            Action::AddRecipient { .. } => "add_recipient",
            Action::DeleteRecipient { .. } => "delete_recipient",
            Action::Hold { .. } => "hold",
            Action::Defer(_) => "defer",
            Action::Reject(_) => "reject",
        }
    }

    /// The action as an object: `action` and what belongs to it.
    pub fn json(&self) -> Value {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        match self {
            Action::DeleteHeader {
                name,
                occurrence,
                place,
            } => {
                json!({ "action": self.kind(), "name": text(name), "occurrence": occurrence, "place": place })
            }
            Action::InsertHeader { place, name, value } => {
                json!({ "action": self.kind(), "place": place, "name": name, "value": text(value) })
            }
            Action::ChangeSender { address }
            | Action::AddRecipient { address }
            | Action::DeleteRecipient { address } => {
                json!({ "action": self.kind(), "address": text(address) })
            }
            Action::Hold { reason } => json!({ "action": self.kind(), "reason": reason }),
            Action::Defer(answer) | Action::Reject(answer) => json!({
                "action": self.kind(),
                "code": answer.code,
                "enhanced": answer.enhanced,
                "text": answer.lines,
            }),
        }
    }
}

/// For a person, in one line.
impl std::fmt::Display for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |octets: &[u8]| crate::error::printable(octets);
        match self {
            Action::DeleteHeader {
                name,
                occurrence,
                place,
            } => write!(
                f,
                "delete header field {place}, {} number {occurrence}",
                shown(name)
            ),
            Action::InsertHeader { place, name, value } => {
                let value = String::from_utf8_lossy(value);
                write!(f, "insert header field {place}: {name}: {}", value.trim_start())
            }
            Action::ChangeSender { address } => write!(f, "change the sender to <{}>", shown(address)),
            Action::AddRecipient { address } => write!(f, "add the recipient <{}>", shown(address)),
            Action::DeleteRecipient { address } => write!(f, "delete the recipient <{}>", shown(address)),
            Action::Hold { reason } => write!(f, "hold: {reason}"),
            Action::Defer(answer) => write!(f, "defer: {answer}"),
            Action::Reject(answer) => write!(f, "reject: {answer}"),
        }
    }
}
