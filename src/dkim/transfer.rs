//! What of a message will not arrive as it was signed.

use std::fmt;

/// Octets of a line that every server takes, its CRLF aside (RFC 5321 section 4.5.3.1.6).
const MOST_LINE: u64 = 998;

/// Why a signature over a message will break on its way through SMTP, or may. Lines are counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TransferRisk {
    /// A CR or LF that is not part of a CRLF. RFC 5321 section 2.3.8 forbids them; servers make line ends of them, drop
    /// them, or refuse the message.
    BareLineEnd {
        /// The line.
        line: u64,
    },
    /// A line of more than 998 octets, which servers break (RFC 5321 section 4.5.3.1.6).
    LongLine {
        /// The line.
        line: u64,
    },
    /// A NUL, which servers drop or refuse (RFC 5322 section 3.5).
    Nul {
        /// The line.
        line: u64,
    },
    /// Octets beyond ASCII in the body. A server that meets another without 8BITMIME encodes them anew (RFC 6152 section 3;
    /// RFC 6376 section 5.3).
    EightBit {
        /// The line.
        line: u64,
    },
    /// Octets beyond ASCII in the header, which only SMTPUTF8 transports (RFC 6531).
    EightBitHeader {
        /// The line.
        line: u64,
    },
    /// A line that is nothing but a dot. Programs that forget to double it end the message there (RFC 5321 section 4.5.2).
    LoneDot {
        /// The line.
        line: u64,
    },
}

impl TransferRisk {
    /// A stable code, such as `long_line`.
    pub fn code(self) -> &'static str {
        match self {
            TransferRisk::BareLineEnd { .. } => "bare_line_end",
            TransferRisk::LongLine { .. } => "long_line",
            TransferRisk::Nul { .. } => "nul",
            TransferRisk::EightBit { .. } => "eight_bit",
            TransferRisk::EightBitHeader { .. } => "eight_bit_header",
            TransferRisk::LoneDot { .. } => "lone_dot",
        }
    }

    /// The first line of the message, from 1, where it is so.
    pub fn line(self) -> u64 {
        match self {
            TransferRisk::BareLineEnd { line }
            | TransferRisk::LongLine { line }
            | TransferRisk::Nul { line }
            | TransferRisk::EightBit { line }
            | TransferRisk::EightBitHeader { line }
            | TransferRisk::LoneDot { line } => line,
        }
    }
}

impl fmt::Display for TransferRisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line();
        match self {
            TransferRisk::BareLineEnd { .. } => write!(
                f,
                "line {line} holds a CR or LF that is no line end; servers change it and so break the signature"
            ),
            TransferRisk::LongLine { .. } => write!(
                f,
                "line {line} has more than {MOST_LINE} octets; servers break such lines and with them the signature"
            ),
            TransferRisk::Nul { .. } => write!(
                f,
                "line {line} holds a NUL; servers drop it, which breaks the signature, or refuse the message"
            ),
            TransferRisk::EightBit { .. } => write!(
                f,
                "line {line} holds octets beyond ASCII; a server that meets one without 8BITMIME encodes them anew and breaks the \
                signature, so that quoted-printable or base64 is safer"
            ),
            TransferRisk::EightBitHeader { .. } => write!(
                f,
                "line {line} of the header holds octets beyond ASCII; only servers with SMTPUTF8 pass them on as they are"
            ),
            TransferRisk::LoneDot { .. } => write!(
                f,
                "line {line} is a lone dot; a program that does not double it ends the message there"
            ),
        }
    }
}

/// Looks through a message, in chunks of any size, for what a signature will not survive.
///
/// ```
/// use mailrep::dkim::{TransferCheck, TransferRisk};
/// let mut check = TransferCheck::default();
/// check.data(b"Subject: dots\r\n\r\n");
/// check.data(b".\r\n");
/// assert_eq!(check.finish(), [TransferRisk::LoneDot { line: 3 }]);
/// ```
#[derive(Debug, Clone)]
pub struct TransferCheck {
    /// The line, from 1.
    line: u64,
    /// Its octets so far.
    octets: u64,
    /// It began with a dot.
    dot: bool,
    /// The octet before was a CR.
    cr: bool,
    header: bool,
    first: [Option<u64>; KINDS],
}

const KINDS: usize = 6;
const BARE: usize = 0;
const LONG: usize = 1;
const NUL: usize = 2;
const EIGHT: usize = 3;
const EIGHT_HEADER: usize = 4;
const DOT: usize = 5;

impl Default for TransferCheck {
    fn default() -> Self {
        TransferCheck {
            line: 1,
            octets: 0,
            dot: false,
            cr: false,
            header: true,
            first: [None; KINDS],
        }
    }
}

impl TransferCheck {
    /// Octets of the message.
    pub fn data(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while !rest.is_empty() {
            let end = memchr::memchr2(b'\r', b'\n', rest).unwrap_or(rest.len());
            let (text, after) = rest.split_at(end);
            self.text(text);
            rest = after;
            if let Some((&octet, after)) = rest.split_first() {
                self.line_end(octet);
                rest = after;
            }
        }
    }

    /// Octets that are neither CR nor LF.
    fn text(&mut self, text: &[u8]) {
        let Some(first) = text.first() else {
            return;
        };
        self.bare_cr();
        if self.octets == 0 {
            self.dot = *first == b'.';
        }
        self.octets += text.len() as u64;
        if self.octets > MOST_LINE {
            self.found(LONG);
        }
        if !text.is_ascii() {
            self.found(if self.header { EIGHT_HEADER } else { EIGHT });
        }
        if self.first[NUL].is_none() && memchr::memchr(0, text).is_some() {
            self.found(NUL);
        }
    }

    fn line_end(&mut self, octet: u8) {
        match (octet, self.cr) {
            (b'\n', true) => {
                self.cr = false;
                if self.dot && self.octets == 1 {
                    self.found(DOT);
                }
                self.header &= self.octets != 0;
                self.line += 1;
                self.octets = 0;
                self.dot = false;
            }
            (b'\n', false) => {
                self.found(BARE);
                self.octets += 1;
            }
            _ => {
                self.bare_cr();
                self.cr = true;
            }
        }
    }

    /// A CR came before, and no LF after it.
    fn bare_cr(&mut self) {
        if std::mem::take(&mut self.cr) {
            self.found(BARE);
            self.octets += 1;
        }
    }

    fn found(&mut self, kind: usize) {
        let line = self.line;
        self.first[kind].get_or_insert(line);
    }

    /// What was found, each kind once with the first line where it is so, in the order of their lines.
    pub fn finish(mut self) -> Vec<TransferRisk> {
        self.bare_cr();
        if self.dot && self.octets == 1 {
            self.found(DOT);
        }
        let kinds: [fn(u64) -> TransferRisk; KINDS] = [
            |line| TransferRisk::BareLineEnd { line },
            |line| TransferRisk::LongLine { line },
            |line| TransferRisk::Nul { line },
            |line| TransferRisk::EightBit { line },
            |line| TransferRisk::EightBitHeader { line },
            |line| TransferRisk::LoneDot { line },
        ];
        let mut risks: Vec<TransferRisk> = kinds
            .iter()
            .zip(self.first)
            .filter_map(|(kind, line)| line.map(kind))
            .collect();
        risks.sort_by_key(|risk| (risk.line(), *risk));
        risks
    }
}
