//! DKIM (RFC 6376, with RFC 8301, 8463 and 8616): does a message bear a genuine signature, and whose?
//!
//! A message streams: [`prepare`] reads the signatures at the end of the header, [`Prepared::body_hasher`] takes the
//! body in chunks of any size, and meanwhile [`Prepared::check_keys`] fetches the keys and verifies the signatures over
//! the header. [`Checked::conclude`] puts both together. Memory grows with the header, never with the body.
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
mod key;
mod keys;
mod select;
mod signature;
mod tag;
mod verify;

#[cfg(test)]
mod tests;

pub use body::{BodyHasher, BodyHashes};
pub use canonical::Canonicalization;
pub use cause::{Cause, DkimResult};
pub use key::{KeyProblem, KeyRecord, KeyType};
pub use keys::{Keys, KeysOptions};
pub use signature::{Algorithm, Policy};
pub use tag::TagError;
pub use verify::{Checked, Prepared, SignatureVerdict, prepare};
