//! Canonicalization (RFC 6376 section 3.4), octet-exact. A bare CR or LF is an ordinary octet.

use super::blanks::Blanks;
use serde::Serialize;

/// How much a message may change on its way without breaking the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Canonicalization {
    /// Nothing but empty lines at the end of the body (RFC 6376 sections 3.4.1 and 3.4.3).
    Simple,
    /// Blanks may be folded and joined (RFC 6376 sections 3.4.2 and 3.4.4).
    Relaxed,
}

impl Canonicalization {
    /// The word in `c=`.
    pub fn as_str(self) -> &'static str {
        match self {
            Canonicalization::Simple => "simple",
            Canonicalization::Relaxed => "relaxed",
        }
    }
}

pub(super) fn is_blank(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t')
}

/// Appends the canonical form of a header field, given with or without its final CRLF, without one.
pub(super) fn header_field(how: Canonicalization, raw: &[u8], out: &mut Vec<u8>) {
    let raw = raw.strip_suffix(b"\r\n").unwrap_or(raw);
    let colon = match (how, memchr::memchr(b':', raw)) {
        (Canonicalization::Relaxed, Some(colon)) => colon,
        // RFC 6376 section 3.4.1: the field is not changed in any way.
        _ => return out.extend_from_slice(raw),
    };
    // RFC 6376 section 3.4.2: the name in lower case, no blanks around the colon.
    let mut name = &raw[..colon];
    while let [rest @ .., b' ' | b'\t'] = name {
        name = rest;
    }
    let begin = out.len();
    out.extend_from_slice(name);
    out[begin..].make_ascii_lowercase();
    out.push(b':');
    unfolded(&raw[colon + 1..], out);
}

/// Appends the value of a field with its folds undone, each run of blanks one space, and none at its ends.
fn unfolded(value: &[u8], out: &mut Vec<u8>) {
    let empty = out.len();
    // Words with single spaces between them stay as they are, and go together: what begins at `kept` was not appended yet.
    let (mut at, mut kept) = (0, 0);
    while let Some(word) = value
        .get(at..)
        .and_then(|rest| rest.iter().position(|&octet| octet <= b' '))
    {
        at += word;
        let after = blanks_end(value, at);
        if after == at {
            // A control character is an octet like others.
            at += 1;
            continue;
        }
        let last = after == value.len();
        if value[at..after] != *b" " || last || at == 0 {
            out.extend_from_slice(&value[kept..at]);
            // RFC 6376 section 3.4.2: blanks at the end are left out, and those at the beginning.
            if !last && out.len() > empty {
                out.push(b' ');
            }
            kept = after;
        }
        at = after;
    }
    out.extend_from_slice(value.get(kept..).unwrap_or_default());
}

/// Where the blanks end that begin at `at`; a CRLF is one only before a blank (RFC 6376 section 3.4.2).
fn blanks_end(value: &[u8], mut at: usize) -> usize {
    loop {
        at += match value.get(at..) {
            Some([b' ' | b'\t', ..]) => 1,
            Some([b'\r', b'\n', b' ' | b'\t', ..]) => 3,
            _ => return at,
        };
    }
}

/// A body on its way to a digest. What is pending is counted, never kept.
#[derive(Debug, Clone)]
pub(super) struct Body {
    lines: Lines,
    blanks: Option<Blanks>,
}

impl Body {
    pub(super) fn new(how: Canonicalization) -> Self {
        let relaxed = how == Canonicalization::Relaxed;
        Body {
            lines: Lines::default(),
            blanks: relaxed.then(Blanks::default),
        }
    }

    /// Takes the next octets of the body and passes canonical ones on.
    pub(super) fn update(&mut self, chunk: &[u8], pass: &mut impl FnMut(&[u8])) {
        match &mut self.blanks {
            Some(blanks) => blanks.update(chunk, &mut self.lines, pass),
            None => self.lines.update(chunk, pass),
        }
    }

    /// Octets that are kept at this moment.
    #[cfg(test)]
    pub(super) fn kept(&self) -> usize {
        self.blanks.as_ref().map_or(0, Blanks::kept)
    }

    /// The body has ended.
    pub(super) fn finish(mut self, pass: &mut impl FnMut(&[u8])) {
        if let Some(mut blanks) = self.blanks {
            blanks.finish(&mut self.lines, pass);
            // RFC 6376 section 3.4.4: a body of which nothing is left stays empty.
            if !self.lines.begun && !self.lines.cr {
                return;
            }
        }
        self.lines.finish(pass);
    }
}

/// Leaves out empty lines at the end: the whole of "simple", and the second half of "relaxed".
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    /// CRLFs that were not passed on, because the body may end with them.
    pending: u64,
    /// A CR after those, of which it is not known yet whether an LF follows.
    cr: bool,
    /// Whether anything was passed on.
    begun: bool,
}

impl Lines {
    pub(super) fn update(&mut self, mut octets: &[u8], pass: &mut impl FnMut(&[u8])) {
        if self.cr && !octets.is_empty() {
            self.cr = false;
            if let Some(rest) = octets.strip_prefix(b"\n") {
                self.pending += 1;
                octets = rest;
            } else {
                self.release(pass);
                pass(b"\r");
            }
        }
        let (mut content, cr) = match octets.strip_suffix(b"\r") {
            Some(rest) => (rest, true),
            None => (octets, false),
        };
        let mut ends = 0;
        while let Some(rest) = content.strip_suffix(b"\r\n") {
            content = rest;
            ends += 1;
        }
        if !content.is_empty() {
            self.release(pass);
            pass(content);
        }
        self.pending += ends;
        self.cr |= cr;
    }

    /// More content follows, so what was pending belongs to the body.
    fn release(&mut self, pass: &mut impl FnMut(&[u8])) {
        const LINES: u64 = 256;
        const ENDS: [u8; 512] = {
            let mut ends = [b'\r'; 512];
            let mut at = 1;
            while at < ends.len() {
                ends[at] = b'\n';
                at += 2;
            }
            ends
        };
        self.begun = true;
        while self.pending >= LINES {
            pass(&ENDS);
            self.pending -= LINES;
        }
        // Below 256 now, and each is two octets.
        let rest = usize::try_from(self.pending).unwrap_or(0) * 2;
        if rest > 0 {
            pass(&ENDS[..rest]);
        }
        self.pending = 0;
    }

    fn finish(&mut self, pass: &mut impl FnMut(&[u8])) {
        if self.cr {
            self.release(pass);
            pass(b"\r");
        }
        // RFC 6376 section 3.4.3: all CRLFs at the end become one; one is added if there is none.
        pass(b"\r\n");
    }
}
