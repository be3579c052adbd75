//! Which header fields a signature covers (RFC 6376 section 5.4.2).

use crate::message::HeaderFields;
use std::collections::HashMap;
use std::sync::OnceLock;

/// No field.
const NONE: u32 = u32::MAX;
/// Up to so many fields, and octets of names, it is quicker to look at all fields for each name than to make an index.
const FEW_FIELDS: usize = 64;
const FEW_NAMES: usize = 1_024;

/// The fields of a header by their names, so that choosing them takes time linear in fields and names.
#[derive(Debug)]
pub(super) struct HeaderIndex<'a> {
    header: &'a HeaderFields,
    /// Made when the first signature needs it.
    chains: OnceLock<Chains>,
}

impl<'a> HeaderIndex<'a> {
    pub(super) fn new(header: &'a HeaderFields) -> Self {
        HeaderIndex {
            header,
            chains: OnceLock::new(),
        }
    }

    /// The places of the fields that `names` (in lower case, colons between them) choose, in the order of `names`.
    /// `own` is the place of the signature itself.
    pub(super) fn select(&self, names: &[u8], own: usize) -> Vec<usize> {
        if self.header.len() <= FEW_FIELDS && names.len() <= FEW_NAMES {
            self.select_of_few(names, own)
        } else {
            self.chains
                .get_or_init(|| Chains::new(self.header))
                .select(names, own)
        }
    }

    fn select_of_few(&self, names: &[u8], own: usize) -> Vec<usize> {
        // RFC 6376 section 3.5: a signature never covers itself by `h=`; when it was made it was not there.
        let fields = self.header.iter().enumerate().filter(|(place, _)| *place != own);
        // RFC 6376 section 5.4.2: instances are taken from the bottom of the header upward.
        let mut left: Vec<(usize, &[u8])> =
            fields.rev().map(|(place, field)| (place, field.name())).collect();
        let mut chosen = Vec::with_capacity(left.len());
        for name in names.split(|&octet| octet == b':') {
            // RFC 6376 section 5.4: a name without a field (left) counts as the null string.
            if let Some(at) = left
                .iter()
                .position(|(_, field)| field.eq_ignore_ascii_case(name))
            {
                chosen.push(left.remove(at).0);
            }
        }
        chosen
    }
}

/// The fields of each name, chained from the bottom upward.
#[derive(Debug)]
struct Chains {
    /// Each name in lower case, and its place in `last`.
    names: HashMap<Box<[u8]>, usize>,
    /// The lowest field of each name.
    last: Vec<u32>,
    /// For each field the next one above it with the same name.
    above: Vec<u32>,
}

impl Chains {
    fn new(header: &HeaderFields) -> Self {
        let mut chains = Chains {
            names: HashMap::new(),
            last: Vec::new(),
            above: Vec::with_capacity(header.len()),
        };
        let mut name = Vec::new();
        for (place, field) in header.iter().enumerate() {
            name.clear();
            name.extend(field.name().iter().map(u8::to_ascii_lowercase));
            let place = u32::try_from(place).unwrap_or(NONE);
            match chains.names.get(name.as_slice()) {
                Some(&at) => {
                    chains.above.push(chains.last[at]);
                    chains.last[at] = place;
                }
                None => {
                    chains.names.insert(name.as_slice().into(), chains.last.len());
                    chains.above.push(NONE);
                    chains.last.push(place);
                }
            }
        }
        chains
    }

    /// As [`HeaderIndex::select`].
    fn select(&self, names: &[u8], own: usize) -> Vec<usize> {
        let mut next = self.last.clone();
        let chosen = names.split(|&octet| octet == b':').filter_map(|name| {
            let next = next.get_mut(*self.names.get(name)?)?;
            loop {
                let place = usize::try_from(*next).ok()?;
                *next = *self.above.get(place)?;
                if place != own {
                    return Some(place);
                }
            }
        });
        chosen.collect()
    }
}
