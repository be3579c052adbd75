//! Raw header fields, kept in one buffer.

/// The header fields of a message in the order in which they stand, octet for octet.
///
/// ```
/// let mut header = mailrep::message::HeaderFields::default();
/// header.push(b"Subject: hello\r\n there\r\n");
/// let field = header.get(0).unwrap();
/// assert_eq!(field.name(), b"Subject");
/// assert_eq!(field.value(), b" hello\r\n there");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HeaderFields {
    octets: Vec<u8>,
    /// End of each field in `octets`; a field begins where the one before it ends.
    fields: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    end: u32,
    /// Offset of the colon from the field's beginning.
    colon: u32,
}

/// One header field, borrowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderField<'a> {
    raw: &'a [u8],
    colon: usize,
}

impl<'a> HeaderField<'a> {
    /// The field's name as it stands, without blanks before the colon (RFC 5322 section 4.5.8).
    pub fn name(&self) -> &'a [u8] {
        self.raw[..self.colon].trim_ascii_end()
    }

    /// What follows the colon, folds included, without the final CRLF.
    pub fn value(&self) -> &'a [u8] {
        let value = &self.raw[self.colon + 1..];
        value.strip_suffix(b"\r\n").unwrap_or(value)
    }

    /// The whole field, its final CRLF included if it had one.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// Whether the field's name is `name`, letter case aside.
    pub fn is_named(&self, name: &str) -> bool {
        self.name().eq_ignore_ascii_case(name.as_bytes())
    }
}

impl HeaderFields {
    /// Adds a field: a name, a colon, a value, and a CRLF unless the message ended before it. Returns false,
    /// having kept nothing, if there is no colon or nothing before it.
    pub fn push(&mut self, raw: &[u8]) -> bool {
        self.push_parts(&[raw])
    }

    /// As [`HeaderFields::push`], the field being the parts joined.
    pub(crate) fn push_parts(&mut self, parts: &[&[u8]]) -> bool {
        let begin = self.octets.len();
        self.reserve();
        parts.iter().for_each(|part| self.octets.extend_from_slice(part));
        match memchr::memchr(b':', &self.octets[begin..]) {
            Some(colon) => self.complete(begin, colon),
            None => {
                self.octets.truncate(begin);
                false
            }
        }
    }

    /// As [`HeaderFields::push`], where it is known that the first colon stands at `colon`.
    pub(super) fn push_divided(&mut self, raw: &[u8], colon: usize) -> bool {
        let begin = self.octets.len();
        self.reserve();
        self.octets.extend_from_slice(raw);
        self.complete(begin, colon)
    }

    /// What an ordinary header has, so that it need not grow by and by.
    fn reserve(&mut self) {
        if self.octets.is_empty() {
            self.octets.reserve(4_096);
            self.fields.reserve(32);
        }
    }

    /// The octets from `begin` on are a field.
    fn complete(&mut self, begin: usize, colon: usize) -> bool {
        match (u32::try_from(self.octets.len()), u32::try_from(colon)) {
            (Ok(end), Ok(colon)) if colon > 0 => {
                self.fields.push(Span { end, colon });
                true
            }
            _ => {
                self.octets.truncate(begin);
                false
            }
        }
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Octets of all fields together.
    pub fn octets(&self) -> usize {
        self.octets.len()
    }

    /// The field at `index`, counted from the top.
    pub fn get(&self, index: usize) -> Option<HeaderField<'_>> {
        let span = self.fields.get(index)?;
        let begin = match index.checked_sub(1) {
            Some(before) => self.fields.get(before)?.end as usize,
            None => 0,
        };
        let raw = self.octets.get(begin..span.end as usize)?;
        Some(HeaderField {
            raw,
            colon: span.colon as usize,
        })
    }

    /// The fields from the top.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = HeaderField<'_>> + ExactSizeIterator {
        (0..self.len()).map(|index| {
            // The index is below the length, so there is a field; an empty one never stands in for it.
            self.get(index).unwrap_or(HeaderField { raw: b":", colon: 0 })
        })
    }

    /// RFC 2919 section 3: what stands in the last angle brackets of the only List-Id field.
    pub(crate) fn list_identifier(&self) -> Option<&[u8]> {
        let mut fields = self.named("List-Id");
        let (_, field) = fields.next()?;
        if fields.next().is_some() {
            return None;
        }
        let inside = field.value().trim_ascii().strip_suffix(b">")?;
        let begin = memchr::memrchr(b'<', inside)?;
        Some(inside[begin + 1..].trim_ascii())
    }

    /// The fields named `name`, letter case aside, from the top, with their places among all fields.
    pub fn named<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = (usize, HeaderField<'a>)> {
        self.iter()
            .enumerate()
            .filter(move |(_, field)| field.is_named(name))
    }
}
