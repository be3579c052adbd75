//! A record's text, part by part.

use crate::dmarc::record::{TAGS, tag_and_value, trim};
use std::ops::Range;

/// A part of a record, between two semicolons.
pub(super) struct Piece<'a> {
    /// Where it stands, without the blanks around it.
    pub(super) place: Range<usize>,
    /// Its octets.
    pub(super) text: &'a [u8],
    pub(super) shape: Shape<'a>,
}

/// What a part is.
pub(super) enum Shape<'a> {
    /// Nothing but blanks.
    Empty,
    /// No name, equals sign and value.
    NoTag,
    /// A tag that is not registered.
    Unknown { name: &'a [u8] },
    /// A registered tag.
    Known(Tag<'a>),
}

/// A registered tag and its value.
#[derive(Clone, Copy)]
pub(super) struct Tag<'a> {
    pub(super) name: &'static str,
    pub(super) value: &'a [u8],
    /// Where the value begins in the record.
    pub(super) value_at: usize,
    /// The tag stood before already.
    pub(super) repeated: bool,
}

/// All parts of a record, in its order, that which holds the version among them.
pub(super) fn read(octets: &[u8]) -> impl Iterator<Item = Piece<'_>> {
    let mut at = 0;
    let mut seen = [false; TAGS.len()];
    octets.split(|&octet| octet == b';').map(move |part| {
        let text = trim(part);
        let start = at + blanks_before(part);
        at += part.len() + 1;
        let shape = match tag_and_value(part) {
            None if text.is_empty() => Shape::Empty,
            None => Shape::NoTag,
            Some((name, value)) => match known(name) {
                None => Shape::Unknown { name },
                Some(index) => {
                    let equals = memchr::memchr(b'=', text).map_or(0, |equals| equals + 1);
                    let rest = text.get(equals..).unwrap_or_default();
                    Shape::Known(Tag {
                        name: TAGS[index],
                        value,
                        value_at: start + equals + blanks_before(rest),
                        repeated: std::mem::replace(&mut seen[index], true),
                    })
                }
            },
        };
        Piece {
            place: start..start + text.len(),
            text,
            shape,
        }
    })
}

/// The place of a tag in the list of those that are registered.
pub(super) fn known(name: &[u8]) -> Option<usize> {
    TAGS.iter()
        .position(|tag| tag.as_bytes().eq_ignore_ascii_case(name))
}

/// The items of a list of addresses, each with its place in the record.
pub(super) fn items(tag: Tag<'_>) -> impl Iterator<Item = (Range<usize>, &[u8])> {
    let mut at = tag.value_at;
    tag.value.split(|&octet| octet == b',').map(move |item| {
        let text = trim(item);
        let start = at + blanks_before(item);
        at += item.len() + 1;
        (start..start + text.len(), text)
    })
}

fn blanks_before(part: &[u8]) -> usize {
    let rest = part.iter().position(|octet| !matches!(octet, b' ' | b'\t'));
    rest.unwrap_or(part.len())
}
