//! DKIM (RFC 6376, with RFC 8301, 8463 and 8616): does a message bear a genuine signature, and whose?
//!
//! Verifying: a message streams. [`prepare`] reads the signatures at the end of the header, [`Prepared::body_hasher`] takes the
//! body in chunks of any size, and meanwhile [`Prepared::check_keys`] fetches the keys and verifies the signatures over
//! the header. [`Checked::conclude`] puts both together. Memory grows with the header, never with the body.
//!
//! Signing: a [`Signer`] is a domain, a selector and a [`SigningKey`]; [`Signing`] takes a message as it streams, and gives a
//! [`SignatureField`] for each signer. A [`SigningTable`] says who signs for which author domain.
//!
//! ```
//! use mailrep::{Limits, clock::UnixTime, dkim, message::HeaderFields};
//! let mut header = HeaderFields::default();
//! header.push(b"DKIM-Signature: v=1; a=rsa-sha1; d=example.org; s=s1; h=from; bh=AA==; b=AA==\r\n");
//! header.push(b"From: alice@example.org\r\n");
//! let prepared = dkim::prepare(&header, None, UnixTime(0), &Limits::default(), &dkim::Policy::default());
//! assert_eq!(prepared.domains().count(), 0); // rsa-sha1 cannot pass, so no key is asked for
//! ```

mod blanks;
mod body;
mod canonical;
mod cause;
mod crypto;
mod header_hash;
mod hint;
mod hypotheses;
mod key;
mod keys;
mod publish;
mod select;
mod sign;
mod signature;
mod signer;
mod signing_key;
mod table;
mod tag;
mod transfer;
mod verify;

#[cfg(test)]
mod tests;

pub use body::{BodyHasher, BodyHashes};
pub use canonical::Canonicalization;
pub use cause::{Cause, DkimResult};
pub use hint::{Change, HeaderHint, Hint};
pub use key::{KeyProblem, KeyRecord, KeyType};
pub use keys::{Keys, KeysOptions};
pub use publish::{Publication, publication, zone_entry};
pub use sign::{MessageSigning, SignatureField, Signing};
pub use signature::{Algorithm, Policy};
pub use signer::{SignError, Signer, SignerError, SignerOptions, key_name};
pub use signing_key::{KeyFile, NewKey, SigningKey, SigningKeyError};
pub use table::{NotSigned, Senders, SigningTable, TableError};
pub use tag::TagError;
pub use transfer::{TransferCheck, TransferRisk};
pub use verify::{Checked, Prepared, SignatureVerdict, prepare};
