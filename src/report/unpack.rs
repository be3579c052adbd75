//! What a file is, and what is packed in it: gzip, zip, mails, mboxes, one in another, within bounds.

use super::mime::{Content, Part};
use super::read::{ReadError, ReadLimits};
use flate2::read::GzDecoder;
use memchr::memmem;
use std::io::{Cursor, Read};
use zip::ZipArchive;

/// What octets look like. Names and types that files and attachments are given are often wrong, and nobody minds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Gzip,
    Zip,
    Xml,
    Mailbox,
    Mail,
    Unknown,
}

impl Kind {
    fn of(octets: &[u8]) -> Kind {
        match octets {
            [0x1f, 0x8b, ..] => return Kind::Gzip,
            // A member, or the end of an archive without any.
            [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Kind::Zip,
            // UTF-16, with a byte order mark or without.
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [b'<', 0, ..] | [0, b'<', ..] => return Kind::Xml,
            _ => {}
        }
        let octets = octets.strip_prefix(b"\xef\xbb\xbf").unwrap_or(octets);
        let text = octets.trim_ascii_start();
        if text.starts_with(b"<") {
            return Kind::Xml;
        }
        if text.starts_with(b"From ") {
            return Kind::Mailbox;
        }
        // RFC 5322 section 2.2: a header field begins with its name, of printable ASCII, and a colon.
        let name = text
            .iter()
            .take_while(|octet| octet.is_ascii_graphic() && **octet != b':');
        match name.count() {
            0 => Kind::Unknown,
            end => match text.get(end..).map(<[u8]>::trim_ascii_start) {
                Some([b':', ..]) => Kind::Mail,
                _ => Kind::Unknown,
            },
        }
    }
}

/// Finds the XML documents in a file, and hands them on.
pub(super) struct Unpacker<'a, F> {
    limits: &'a ReadLimits,
    /// Octets that may yet be unpacked.
    octets: usize,
    /// Members of archives and parts of mails that may yet come.
    members: usize,
    /// Gets each document.
    take: F,
    pub(super) problems: Vec<ReadError>,
}

/// Multiparts of a mail, one in another. Each is gone through for its own delimiters.
const MOST_NESTING: usize = 20;

/// Problems that are kept of one file.
const MOST_PROBLEMS: usize = 100;

impl<'a, F: FnMut(&[u8]) -> Result<(), ReadError>> Unpacker<'a, F> {
    pub(super) fn new(limits: &'a ReadLimits, take: F) -> Self {
        Unpacker {
            limits,
            octets: limits.unpacked_octets,
            members: limits.members,
            take,
            problems: Vec::new(),
        }
    }

    /// Goes through octets of any kind.
    pub(super) fn unpack(&mut self, octets: &[u8]) {
        self.open(octets, Kind::of(octets), 0);
    }

    fn open(&mut self, octets: &[u8], kind: Kind, depth: usize) {
        if depth > self.limits.depth {
            return self.problem(ReadError::TooDeep);
        }
        let done = match kind {
            Kind::Gzip => self.gzip(octets, depth),
            Kind::Zip => self.zip(octets, depth),
            Kind::Xml => (self.take)(octets),
            Kind::Mailbox => self.mailbox(octets, depth),
            Kind::Mail => self.mail(octets, depth),
            Kind::Unknown => Err(ReadError::UnknownKind),
        };
        if let Err(problem) = done {
            self.problem(problem);
        }
    }

    fn problem(&mut self, problem: ReadError) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn gzip(&mut self, octets: &[u8], depth: usize) -> Result<(), ReadError> {
        // What follows the first member is passed by: mail systems append line ends.
        let unpacked = self.inflate(GzDecoder::new(octets), ReadError::Gzip)?;
        self.open(&unpacked, Kind::of(&unpacked), depth + 1);
        Ok(())
    }

    fn zip(&mut self, octets: &[u8], depth: usize) -> Result<(), ReadError> {
        // Each member has an entry in the directory that begins so. Reading the directory takes memory for each.
        let entries = memmem::find_iter(octets, b"PK\x01\x02").take(self.members + 1);
        if entries.count() > self.members {
            return Err(ReadError::TooManyMembers);
        }
        let fault = |why: zip::result::ZipError| ReadError::Zip(super::text::value(&why.to_string()));
        let mut archive = ZipArchive::new(Cursor::new(octets)).map_err(fault)?;
        for index in 0..archive.len() {
            self.member()?;
            let member = match archive.by_index(index) {
                Ok(member) => member,
                Err(why) => {
                    self.problem(fault(why));
                    continue;
                }
            };
            // Macs add their own files beside each.
            if !member.is_file() || member.name().starts_with("__MACOSX/") {
                continue;
            }
            match self.inflate(member, ReadError::Zip) {
                Ok(unpacked) => self.open(&unpacked, Kind::of(&unpacked), depth + 1),
                Err(ReadError::TooLarge) => return Err(ReadError::TooLarge),
                Err(problem) => self.problem(problem),
            }
        }
        Ok(())
    }

    /// Reads to the end, or until it is too much, which is the end of unpacking for the whole file.
    fn inflate(
        &mut self,
        packed: impl Read,
        fault: impl Fn(String) -> ReadError,
    ) -> Result<Vec<u8>, ReadError> {
        let most = self.octets;
        let mut unpacked = Vec::new();
        let read = packed.take(most as u64 + 1).read_to_end(&mut unpacked);
        self.octets = most.saturating_sub(unpacked.len());
        if unpacked.len() > most {
            return Err(ReadError::TooLarge);
        }
        match read {
            Ok(_) => Ok(unpacked),
            Err(why) => Err(fault(super::text::value(&why.to_string()))),
        }
    }

    fn member(&mut self) -> Result<(), ReadError> {
        self.members = self.members.checked_sub(1).ok_or(ReadError::TooManyMembers)?;
        Ok(())
    }

    /// Messages of an mbox begin with a line `From ` after an empty one.
    fn mailbox(&mut self, octets: &[u8], depth: usize) -> Result<(), ReadError> {
        let octets = octets.trim_ascii_start();
        let begins = memmem::find_iter(octets, b"\nFrom ")
            .filter(|&at| octets[..at].ends_with(b"\n") || octets[..at].ends_with(b"\n\r"))
            .map(|at| at + 1)
            .chain([octets.len()]);
        let mut begin = 0;
        for end in begins {
            self.member()?;
            let message = &octets[begin..end];
            let line = memchr::memchr(b'\n', message).map_or(message.len(), |at| at + 1);
            self.open(&message[line..], Kind::Mail, depth + 1);
            begin = end;
        }
        Ok(())
    }

    fn mail(&mut self, octets: &[u8], depth: usize) -> Result<(), ReadError> {
        self.part(octets, false, depth, 0)
    }

    /// A mail or a part of one; `nesting` is how many multiparts it lies within.
    fn part(
        &mut self,
        octets: &[u8],
        in_digest: bool,
        depth: usize,
        nesting: usize,
    ) -> Result<(), ReadError> {
        self.member()?;
        let part = Part::of(octets, in_digest);
        match &part.content {
            Content::Multipart { .. } if nesting == MOST_NESTING => return Err(ReadError::TooDeep),
            Content::Multipart { boundary, is_digest } => {
                for inner in part.parts(boundary) {
                    self.part(inner, *is_digest, depth, nesting + 1)?;
                }
            }
            Content::Message if depth == self.limits.depth => return Err(ReadError::TooDeep),
            Content::Message => self.part(&part.decoded(), false, depth + 1, 0)?,
            Content::Html => {}
            Content::Other => {
                let octets = part.decoded();
                // Beside the report there are words to people, logos, signatures.
                match Kind::of(&octets) {
                    Kind::Xml if depth == self.limits.depth => return Err(ReadError::TooDeep),
                    Kind::Xml => match (self.take)(&octets) {
                        Ok(()) | Err(ReadError::OtherRoot(_)) => {}
                        Err(problem) => self.problem(problem),
                    },
                    kind @ (Kind::Gzip | Kind::Zip) => self.open(&octets, kind, depth + 1),
                    Kind::Mailbox | Kind::Mail | Kind::Unknown => {}
                }
            }
        }
        Ok(())
    }
}
