//! Names as a master file can write them, which is more than can be asked for.

use super::scan::{Fault, Token};
use crate::dns::Name;

/// Octets of a name on the wire without the root's label (RFC 1035 section 3.1).
const MOST_WIRE: usize = 254;
const MOST_LABEL: usize = 63;

/// A domain name of any octets: its labels, each after its length. Always absolute.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Labels(Vec<u8>);

impl Labels {
    /// Reads a name (RFC 1035 section 5.1): `@` is the origin, a name without a final dot is below it.
    pub(super) fn parse(token: &Token<'_>, origin: &Labels) -> Result<Labels, Fault> {
        if token.is_word(b"@") {
            return Ok(origin.clone());
        }
        if token.raw == b"." {
            return Ok(Labels::default());
        }
        let mut wire: Vec<u8> = Vec::with_capacity(token.raw.len().min(MOST_WIRE) + 1);
        let mut label: Vec<u8> = Vec::with_capacity(MOST_LABEL);
        let mut absolute = false;
        token.octets(|octet, escaped, place| {
            absolute = false;
            if octet == b'.' && !escaped {
                if label.is_empty() {
                    return Err(place.fault("the name has an empty label"));
                }
                append(&mut wire, &label);
                label.clear();
                absolute = true;
            } else {
                if !escaped && !octet.is_ascii() {
                    // Silently kept, it would be a name that no question ever reaches.
                    return Err(place.fault("a name outside ASCII must be written in A-labels (xn--...)"));
                }
                if label.len() == MOST_LABEL {
                    return Err(place.fault("the label is longer than 63 octets"));
                }
                label.push(octet);
            }
            // Labels still to be appended count too, so that memory is bounded by the length of a name.
            if wire.len() + label.len() > MOST_WIRE {
                return Err(place.fault("the name is longer than 255 octets"));
            }
            Ok(())
        })?;
        if !label.is_empty() {
            append(&mut wire, &label);
        }
        if wire.is_empty() {
            return Err(token.fault("the name is empty"));
        }
        if !absolute {
            wire.extend(&origin.0);
        }
        if wire.len() > MOST_WIRE {
            return Err(token.fault("the name is longer than 255 octets"));
        }
        Ok(Labels(wire))
    }

    /// Reads an uncompressed name from the front of RDATA in generic form (RFC 3597 section 5); also the rest.
    pub(super) fn from_wire(octets: &[u8]) -> Option<(Labels, &[u8])> {
        let mut rest = octets;
        let mut length = 0;
        loop {
            let (&head, after) = rest.split_first()?;
            if head == 0 {
                return Some((Labels(octets.get(..length)?.to_vec()), after));
            }
            let label = usize::from(head);
            length += 1 + label;
            // RFC 3597 section 4: no compression; so a head above 63 is no length.
            if label > MOST_LABEL || length > MOST_WIRE {
                return None;
            }
            rest = after.get(label..)?;
        }
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut rest = self.0.as_slice();
        std::iter::from_fn(move || {
            let (&head, after) = rest.split_first()?;
            let (label, next) = after.split_at_checked(usize::from(head))?;
            rest = next;
            Some(label)
        })
    }

    /// The name that can be asked for; none if a label holds a dot or an octet outside ASCII.
    pub(super) fn to_name(&self) -> Option<Name> {
        Name::from_labels(self.iter()).ok()
    }

    /// The longest end of the name that can be asked for, and whether that is all of it.
    pub(super) fn to_nearest_name(&self) -> (Name, bool) {
        if let Some(name) = self.to_name() {
            return (name, true);
        }
        let askable = |label: &[u8]| label.is_ascii() && !label.contains(&b'.');
        let bad = self
            .iter()
            .enumerate()
            .filter(|(_, label)| !askable(label))
            .map(|(at, _)| at);
        let skip = bad.last().map_or(0, |at| at + 1);
        (
            Name::from_labels(self.iter().skip(skip)).unwrap_or_else(|_| Name::root()),
            false,
        )
    }
}

fn append(wire: &mut Vec<u8>, label: &[u8]) {
    // A label is at most 63 octets here.
    wire.push(label.len() as u8);
    wire.extend(label);
}
