//! The mails that reports are sent in (RFC 2045, RFC 5322). The same content gives the same octets: time is an argument, and boundaries
//! and Message-IDs come from the content.

use super::text::{file_name_part, header_value};
use crate::clock::UnixTime;
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use mail_parser::DateTime;

/// Characters of base64 on a line (RFC 2045 section 6.8).
const LINE: usize = 76;

/// A mail that is ready to be signed and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its subject.
    pub subject: String,
    /// The name of the file attached, for an aggregate report.
    pub file_name: Option<String>,
    /// All of it: ASCII, lines of 998 octets at most, with CRLF.
    pub octets: Vec<u8>,
}

/// A file in a mail.
pub(super) struct Attachment {
    pub(super) content_type: &'static str,
    pub(super) file_name: String,
    pub(super) octets: Vec<u8>,
}

/// A part of a mail.
pub(super) enum Part {
    /// Words to people, of ASCII.
    Text(String),
    /// A file.
    Attachment(Attachment),
    /// Fields for programs, of ASCII.
    Fields {
        content_type: &'static str,
        fields: String,
    },
    /// The header of another message, of any octets.
    Header(Vec<u8>),
}

/// What a mail is made of.
pub(super) struct Multipart<'a> {
    /// The subtype, with its parameters.
    pub(super) kind: &'a str,
    pub(super) from: &'a str,
    pub(super) to: &'a [String],
    pub(super) subject: &'a str,
    pub(super) submitter: &'a str,
    pub(super) now: UnixTime,
    pub(super) parts: Vec<Part>,
}

impl Multipart<'_> {
    pub(super) fn write(self) -> Mail {
        let mut file_name = None;
        let parts: Vec<String> = self
            .parts
            .iter()
            .map(|part| {
                if let Part::Attachment(attachment) = part {
                    file_name = Some(attachment.file_name.clone());
                }
                written(part)
            })
            .collect();
        let subject = header_value(self.subject);
        let identity = identity(&subject, self.submitter, &parts);
        // Nobody can write a part that has its own hash in it. '_' keeps it out of base64 as well.
        let boundary = format!("=_{identity}");
        let to: Vec<String> = self.to.iter().map(|address| header_value(address)).collect();
        let mut mail = String::new();
        let mut field = |name: &str, value: &str| {
            mail.push_str(name);
            mail.push_str(": ");
            mail.push_str(value);
            mail.push_str("\r\n");
        };
        field("From", &header_value(self.from));
        field("To", &to.join(",\r\n "));
        field("Date", &date(self.now));
        // RFC 9990 section 3.5.2 has the subject folded before its names.
        field(
            "Subject",
            &subject
                .replace(" Submitter:", "\r\n Submitter:")
                .replace(" Report-ID:", "\r\n Report-ID:"),
        );
        field(
            "Message-ID",
            &format!(
                "<{identity}@{}>",
                file_name_part(self.submitter).replace('@', "_")
            ),
        );
        // RFC 3834 section 5: nobody shall answer it.
        field("Auto-Submitted", "auto-generated");
        field("MIME-Version", "1.0");
        field(
            "Content-Type",
            &format!("multipart/{};\r\n boundary=\"{boundary}\"", self.kind),
        );
        mail.push_str("\r\n");
        for part in &parts {
            mail.push_str("--");
            mail.push_str(&boundary);
            mail.push_str("\r\n");
            mail.push_str(part);
            mail.push_str("\r\n");
        }
        mail.push_str(&format!("--{boundary}--\r\n"));
        Mail {
            subject,
            file_name,
            octets: mail.into_bytes(),
        }
    }
}

fn written(part: &Part) -> String {
    match part {
        Part::Text(text) => format!(
            "Content-Type: text/plain; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{text}"
        ),
        Part::Attachment(attachment) => format!(
            "Content-Type: {};\r\n name=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment;\r\n filename=\"{name}\"\r\n\r\n{}",
            attachment.content_type,
            base64_lines(&attachment.octets),
            name = attachment.file_name,
        ),
        Part::Fields { content_type, fields } => {
            format!("Content-Type: {content_type}\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{fields}")
        }
        Part::Header(octets) => header_part(octets),
    }
}

/// RFC 6522 section 4: the header alone. What is not ASCII, or has lines that mail does not carry, is written in base64, which a text
/// may be.
fn header_part(octets: &[u8]) -> String {
    let is_plain = octets.split(|&octet| octet == b'\n').all(|line| {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        line.len() <= 998
            && line
                .iter()
                .all(|&octet| octet == b'\t' || (b' '..=b'~').contains(&octet))
    });
    match std::str::from_utf8(octets) {
        Ok(text) if is_plain => {
            let lines: Vec<&str> = text.lines().collect();
            format!(
                "Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{}\r\n",
                lines.join("\r\n")
            )
        }
        _ => format!(
            "Content-Type: text/rfc822-headers\r\nContent-Transfer-Encoding: base64\r\n\r\n{}",
            base64_lines(octets)
        ),
    }
}

fn base64_lines(octets: &[u8]) -> String {
    let encoded = STANDARD.encode(octets);
    let mut lines = String::with_capacity(encoded.len() + encoded.len() / LINE * 2 + 2);
    for line in encoded.as_bytes().chunks(LINE) {
        lines.push_str(std::str::from_utf8(line).unwrap_or_default());
        lines.push_str("\r\n");
    }
    lines
}

/// 32 hexadecimal digits that stand for the content.
fn identity(subject: &str, submitter: &str, parts: &[String]) -> String {
    let all = [&[subject.to_owned(), submitter.to_owned()], parts].concat();
    hash(all.iter().map(String::as_str))
}

/// 32 hexadecimal digits of the SHA-256 of texts, each with its length before it.
pub(super) fn hash<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let mut context = digest::Context::new(&digest::SHA256);
    for text in texts {
        context.update(&(text.len() as u64).to_be_bytes());
        context.update(text.as_bytes());
    }
    let digest = context.finish();
    let half = digest.as_ref().iter().take(16);
    half.map(|octet| format!("{octet:02x}")).collect()
}

/// RFC 5322 section 3.3, within the years that it has.
pub(super) fn date(time: UnixTime) -> String {
    // From 1900 to the end of 9999.
    let seconds = time.0.clamp(-2_208_988_800, 253_402_300_799);
    DateTime::from_timestamp(seconds).to_rfc822()
}
