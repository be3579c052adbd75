//! The lines of JSON that messages come in.

use serde::Deserialize;
use std::io::{self, BufRead};

/// Octets of a line: a message to a hundred thousand recipients has some 3 MB.
const MOST: usize = 16 << 20;

/// A line, as far as it is known what it says.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Line {
    pub(crate) control: Option<String>,
    pub(crate) time: Option<f64>,
    pub(crate) account: Option<String>,
    pub(crate) recipients: Option<f64>,
    pub(crate) new_recipients: Option<f64>,
    pub(crate) recipient_list: Option<Vec<String>>,
    pub(crate) false_alarms_per_account_year: Option<f64>,
}

/// Reads lines of bounded length.
pub(crate) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    /// The number of the line that was read last, from 1.
    pub(crate) number: u64,
}

/// What a line turned out to be.
pub(crate) enum Read {
    Line(Box<Line>),
    /// It cannot be used, and why.
    Unusable(String),
    /// An empty one.
    Blank,
    End,
}

impl<R: BufRead> Lines<R> {
    pub(crate) fn new(reader: R) -> Self {
        Lines {
            reader,
            line: Vec::new(),
            number: 0,
        }
    }

    /// The next line, and what a message it is. `before_waiting` is called where reading may have to wait for more input.
    pub(crate) fn next(&mut self, before_waiting: impl FnMut() -> io::Result<()>) -> io::Result<Read> {
        Ok(match self.next_line(before_waiting)? {
            None => Read::End,
            Some(Err(why)) => Read::Unusable(why),
            Some(Ok(line)) if line.trim_ascii().is_empty() => Read::Blank,
            Some(Ok(line)) => match serde_json::from_slice::<Line>(line) {
                Ok(line) => Read::Line(Box::new(line)),
                Err(error) => Read::Unusable(format!("it is no JSON object of a message: {error}")),
            },
        })
    }

    /// The next line without its end, or why it cannot be used; none after the last one.
    pub(crate) fn next_line(
        &mut self,
        mut before_waiting: impl FnMut() -> io::Result<()>,
    ) -> io::Result<Option<Result<&[u8], String>>> {
        self.line.clear();
        self.number += 1;
        let mut dropped = false;
        loop {
            let buffer = self.reader.fill_buf()?;
            if buffer.is_empty() {
                if self.line.is_empty() && !dropped {
                    return Ok(None);
                }
                break;
            }
            let end = memchr::memchr(b'\n', buffer);
            let taken = end.unwrap_or(buffer.len());
            if dropped || self.line.len() + taken > MOST {
                dropped = true;
                self.line.clear();
            } else {
                self.line.extend_from_slice(&buffer[..taken]);
            }
            let used = taken + usize::from(end.is_some());
            let rest = used == buffer.len();
            self.reader.consume(used);
            if end.is_some() {
                if rest {
                    before_waiting()?;
                }
                break;
            }
        }
        Ok(Some(if dropped {
            Err(format!("the line is longer than {} MiB", MOST >> 20))
        } else {
            Ok(&self.line)
        }))
    }
}

impl Line {
    /// A count of recipients: a whole number; more than there are people is as many as can be counted.
    pub(crate) fn count(number: f64, what: &str) -> Result<u32, String> {
        if !(number >= 0.0 && number.fract() == 0.0) {
            return Err(format!("\"{what}\" is no count: {number}"));
        }
        Ok(number as u32)
    }
}
