//! The hash over the signed header fields and the signature's own field (RFC 6376 section 3.7).

use super::canonical::{Canonicalization, header_field};
use super::crypto::{Hash, Sha256};
use crate::message::HeaderFields;

/// Octets of header fields that go to the digest together: each call of it costs as much as some dozen octets.
const GATHERED: usize = 2_048;

/// Hashes the fields at `places`, in that order, and then `own`: the DKIM-Signature field whose `b=` is empty.
pub(super) fn header_hash(
    how: Canonicalization,
    header: &HeaderFields,
    places: impl Iterator<Item = usize>,
    own: &[u8],
) -> Hash {
    let mut digest = None;
    let mut canonical = Vec::with_capacity(GATHERED);
    for field in places.filter_map(|place| header.get(place)) {
        if canonical.len() + field.raw().len() > GATHERED {
            digest.get_or_insert_with(Sha256::new).update(&canonical);
            canonical.clear();
        }
        header_field(how, field.raw(), &mut canonical);
        canonical.extend_from_slice(b"\r\n");
    }
    // RFC 6376 section 3.7: no CRLF follows the signature's own field.
    header_field(how, own, &mut canonical);
    match digest {
        None => Hash::of(&canonical),
        Some(mut digest) => {
            digest.update(&canonical);
            digest.finish()
        }
    }
}
