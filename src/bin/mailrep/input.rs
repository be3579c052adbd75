//! Reading a message from a file or the standard input, in chunks, into a transaction.

use super::failure::{Failure, system, tell};
use mailrep::driver::CheckerTransaction;
use mailrep::message::line_ends::Converter;
use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal as _, Read};
use std::path::Path;

/// Octets that are read at once.
const CHUNK: usize = 64 * 1024;

/// A message that can be read and is not empty; its first octets are here already.
pub(crate) struct Message {
    source: Box<dyn Read>,
    name: String,
    chunk: Vec<u8>,
    length: usize,
    begin: usize,
}

impl Message {
    /// Opens a file, or the standard input for `-`.
    pub(crate) fn open(path: &Path) -> Result<Message, Failure> {
        let (source, name): (Box<dyn Read>, String) = if path.as_os_str() == "-" {
            if io::stdin().is_terminal() {
                tell("reading the message from the terminal; end it with Ctrl-D");
            }
            (Box::new(io::stdin()), "the standard input".to_owned())
        } else {
            let name = path.display().to_string();
            let file = File::open(path).map_err(|why| unreadable(&name, &why))?;
            (Box::new(file), name)
        };
        let mut message = Message {
            source,
            name,
            chunk: vec![0; CHUNK],
            length: 0,
            begin: 0,
        };
        message.fill_first()?;
        if message.length == 0 {
            return Err(Failure::Input(format!(
                "{} is empty: there is no message in it",
                message.name
            )));
        }
        message.skip_separator();
        Ok(message)
    }

    /// Passes the whole message on, its line ends made CRLF.
    pub(crate) fn pass_to(self, transaction: &mut CheckerTransaction) -> Result<(), Failure> {
        self.pass(|_| Ok(()), |octets| Ok(transaction.data(octets)?))?;
        Ok(())
    }

    /// Passes the whole message on twice: as it stands in the file, and with its line ends made CRLF. Returns whether the file
    /// has LF for line ends.
    pub(crate) fn pass(
        mut self,
        mut raw: impl FnMut(&[u8]) -> Result<(), Failure>,
        mut converted: impl FnMut(&[u8]) -> Result<(), Failure>,
    ) -> Result<bool, Failure> {
        let mut converter = Converter::default();
        loop {
            let chunk = &self.chunk[self.begin..self.length];
            let mut result = raw(chunk);
            converter.convert(chunk, |octets| {
                if result.is_ok() {
                    result = converted(octets);
                }
            });
            result?;
            self.begin = 0;
            self.length = self.read_into(0)?;
            if self.length == 0 {
                return Ok(converter.converts());
            }
        }
    }

    /// Reads until the chunk is full, so that a first line that comes in pieces is seen whole.
    fn fill_first(&mut self) -> Result<(), Failure> {
        loop {
            let read = self.read_into(self.length)?;
            let begin = self.length;
            self.length += read;
            let line = self.chunk[begin..self.length].contains(&b'\n');
            if read == 0 || line || self.length == CHUNK {
                return Ok(());
            }
        }
    }

    fn read_into(&mut self, begin: usize) -> Result<usize, Failure> {
        loop {
            match self.source.read(&mut self.chunk[begin..]) {
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                result => return result.map_err(|why| unreadable(&self.name, &why)),
            }
        }
    }

    /// Skips the line with which an mbox begins a message.
    fn skip_separator(&mut self) {
        if let Some(line) = separator(&self.chunk[..self.length]) {
            self.begin = line;
            tell(&format!(
                "note: the first line of {} is that of an mbox and was skipped; what follows is taken as one message",
                self.name
            ));
        }
    }
}

/// The length of a first line `From SENDER DATE`. `From : ...` is a header field (RFC 5322 section 4.5).
fn separator(octets: &[u8]) -> Option<usize> {
    let rest = octets.strip_prefix(b"From ")?;
    if rest.trim_ascii_start().starts_with(b":") {
        return None;
    }
    Some(octets.iter().position(|&octet| octet == b'\n')? + 1)
}

fn unreadable(name: &str, why: &io::Error) -> Failure {
    Failure::Input(format!("cannot read {name}: {}", system(why)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_an_mbox_is_told_from_a_header_field() {
        assert_eq!(
            separator(b"From a@b Mon Jan  1 00:00:00 2026\nFrom: a@b\n"),
            Some(34)
        );
        assert_eq!(separator(b"From  : a@b\r\n"), None);
        assert_eq!(separator(b"From: a@b\r\n"), None);
        assert_eq!(separator(b"From a@b without an end"), None);
        assert_eq!(separator(b""), None);
    }
}
