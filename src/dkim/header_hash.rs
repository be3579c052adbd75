//! The hash over the signed header fields and the signature's own field (RFC 6376 section 3.7).

use super::canonical::{Canonicalization, header_field};
use super::crypto::{Hash, Sha256};
use crate::message::HeaderFields;

/// Hashes the fields at `places`, in that order, and then `own`: the DKIM-Signature field whose `b=` is empty.
pub(super) fn header_hash(
    how: Canonicalization,
    header: &HeaderFields,
    places: impl Iterator<Item = usize>,
    own: &[u8],
) -> Hash {
    let mut digest = Sha256::new();
    let mut canonical = Vec::with_capacity(1024);
    for field in places.filter_map(|place| header.get(place)) {
        canonical.clear();
        header_field(how, field.raw(), &mut canonical);
        canonical.extend_from_slice(b"\r\n");
        digest.update(&canonical);
    }
    // RFC 6376 section 3.7: no CRLF follows the signature's own field.
    canonical.clear();
    header_field(how, own, &mut canonical);
    digest.update(&canonical);
    digest.finish()
}
