//! Keyed hashes: what is kept cannot be read back, and nobody can choose names that fall together.

use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;

/// The key of a monitor: 16 octets that are random and secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl From<[u8; 16]> for Key {
    fn from(octets: [u8; 16]) -> Key {
        Key(octets)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    pub(super) fn octets(&self) -> &[u8; 16] {
        &self.0
    }

    /// The hash of an account's name.
    pub(super) fn of(&self, name: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write(name);
        hasher.finish()
    }

    /// The hash of a number and octets, letter case aside.
    pub(super) fn of_lowercase(&self, number: u64, octets: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write_u64(number);
        for chunk in octets.chunks(64) {
            let mut lower = [0; 64];
            let lower = &mut lower[..chunk.len()];
            lower.copy_from_slice(chunk);
            lower.make_ascii_lowercase();
            hasher.write(lower);
        }
        hasher.finish()
    }
}
