//! Making what strangers wrote fit for XML, for a file's name and for a header field.

use std::borrow::Cow;

/// Octets of one value in a report, read or written. The names and addresses that it is about have 255 at most.
pub(super) const MOST_VALUE: usize = 1_024;

/// A value without characters that XML 1.0 section 2.2 does not have, nor other controls, on one line, of bounded length.
pub(super) fn value(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(MOST_VALUE));
    for c in text.trim().chars() {
        if out.len() + c.len_utf8() > MOST_VALUE {
            break;
        }
        match c {
            '\t' | '\r' | '\n' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// As [`value`], nothing if nothing is left.
pub(super) fn some_value(text: Option<&str>) -> Option<String> {
    text.map(value).filter(|text| !text.is_empty())
}

/// A domain or an identifier for a file's name or a subject: what neither has becomes `_`.
pub(super) fn file_name_part(text: &str) -> String {
    let fine = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
    let text: String = text
        .chars()
        .take(255)
        .map(|c| if fine(c) { c } else { '_' })
        .collect();
    if text.is_empty() { "_".to_owned() } else { text }
}

/// What may stand in a header field: printable ASCII, no more of it than one line has with the field's name (RFC 5322 section
/// 2.1.1).
pub(super) fn header_value(text: &str) -> String {
    text.chars()
        .filter(|c| (' '..='~').contains(c))
        .take(900)
        .collect()
}

/// XML as text. A byte order mark decides; else what is UTF-8 is taken as UTF-8, whatever the declaration says; else the declared
/// encoding counts, and windows-1252 without one, for which any octets are text.
pub(super) fn decode(octets: &[u8]) -> Cow<'_, str> {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(octets) {
        return encoding.decode(octets).0;
    }
    // XML 1.0 appendix F.1: UTF-16 without a mark begins so.
    match octets {
        [b'<', 0, ..] => return encoding_rs::UTF_16LE.decode(octets).0,
        [0, b'<', ..] => return encoding_rs::UTF_16BE.decode(octets).0,
        _ => {}
    }
    if let Ok(text) = std::str::from_utf8(octets) {
        return Cow::Borrowed(text);
    }
    let encoding = declared(octets).unwrap_or(encoding_rs::WINDOWS_1252);
    encoding.decode_without_bom_handling(octets).0
}

/// The encoding that an XML declaration names.
fn declared(octets: &[u8]) -> Option<&'static encoding_rs::Encoding> {
    let head = octets.get(..200).unwrap_or(octets);
    let end = memchr::memmem::find(head, b"?>")?;
    let at = memchr::memmem::find(&head[..end], b"encoding")?;
    let label = head[at..end]
        .split(|&octet| octet == b'"' || octet == b'\'')
        .nth(1)?;
    encoding_rs::Encoding::for_label(label)
}
