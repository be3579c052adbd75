//! Which header fields a signature covers (RFC 6376 section 5.4.2).

use crate::message::HeaderFields;
use std::collections::HashMap;

/// No field.
const NONE: u32 = u32::MAX;

/// The fields of a header by their names, so that choosing them takes time linear in fields and names.
#[derive(Debug)]
pub(super) struct HeaderIndex {
    /// Each name in lower case, and its place in `last`.
    names: HashMap<Box<[u8]>, usize>,
    /// The lowest field of each name.
    last: Vec<u32>,
    /// For each field the next one above it with the same name.
    above: Vec<u32>,
}

impl HeaderIndex {
    pub(super) fn new(header: &HeaderFields) -> Self {
        let mut index = HeaderIndex {
            names: HashMap::new(),
            last: Vec::new(),
            above: Vec::with_capacity(header.len()),
        };
        let mut name = Vec::new();
        for (place, field) in header.iter().enumerate() {
            name.clear();
            name.extend(field.name().iter().map(u8::to_ascii_lowercase));
            let place = u32::try_from(place).unwrap_or(NONE);
            match index.names.get(name.as_slice()) {
                Some(&at) => {
                    index.above.push(index.last[at]);
                    index.last[at] = place;
                }
                None => {
                    index.names.insert(name.as_slice().into(), index.last.len());
                    index.above.push(NONE);
                    index.last.push(place);
                }
            }
        }
        index
    }

    /// The places of the fields that `names` (in lower case, colons between them) choose, in the order of `names`.
    /// `own` is the place of the signature itself.
    pub(super) fn select<'a>(&'a self, names: &'a [u8], own: usize) -> impl Iterator<Item = usize> + 'a {
        let mut next = self.last.clone();
        names.split(|&octet| octet == b':').filter_map(move |name| {
            // RFC 6376 section 5.4: a name without a field (left) counts as the null string.
            let next = next.get_mut(*self.names.get(name)?)?;
            loop {
                // RFC 6376 section 5.4.2: instances are taken from the bottom of the header upward.
                let place = usize::try_from(*next).ok()?;
                *next = *self.above.get(place)?;
                // RFC 6376 section 3.5: a signature never covers itself by `h=`; when it was made it was not there.
                if place != own {
                    return Some(place);
                }
            }
        })
    }
}
