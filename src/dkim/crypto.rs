//! The cryptography that DKIM needs; the only file that knows which library does it.

use aws_lc_rs::digest::{self, Context, Digest, SHA256};
use aws_lc_rs::signature::{
    ED25519, ParsedPublicKey, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RsaPublicKeyComponents,
};

mod private;

pub(super) use private::{PrivateKey, Refused, SIGNING_BITS};

/// A SHA-256 hash in the making.
#[derive(Clone)]
pub(super) struct Sha256(Context);

impl std::fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sha256")
    }
}

impl Sha256 {
    pub(super) fn new() -> Self {
        Sha256(Context::new(&SHA256))
    }

    pub(super) fn update(&mut self, octets: &[u8]) {
        #[cfg(test)]
        work::add(octets.len(), 0);
        self.0.update(octets);
    }

    pub(super) fn finish(self) -> Hash {
        Hash(self.0.finish())
    }
}

/// A finished SHA-256 hash.
#[derive(Clone, Copy)]
pub(super) struct Hash(Digest);

impl Hash {
    /// The hash of octets that are all there, which costs less than one in the making.
    pub(super) fn of(octets: &[u8]) -> Hash {
        #[cfg(test)]
        work::add(octets.len(), 0);
        Hash(digest::digest(&SHA256, octets))
    }

    pub(super) fn octets(&self) -> &[u8] {
        self.0.as_ref()
    }
}

impl std::fmt::Debug for Hash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hash({:?})", self.0)
    }
}

/// RSA modulus sizes that can be verified at all.
const RSA_BITS: std::ops::RangeInclusive<u32> = 1024..=8192;

/// A public key, read and ready for many signatures.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    bits: u32,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Rsa(ParsedPublicKey),
    /// A modulus of a size that is never verified.
    RsaOutside,
    Ed25519(ParsedPublicKey),
}

impl PublicKey {
    /// Reads an RSA key in DER: a SubjectPublicKeyInfo, or a bare RSAPublicKey.
    ///
    /// RFC 6376 section 3.6.1 says RSAPublicKey, its own examples (appendix C) and erratum 3017 have
    /// SubjectPublicKeyInfo; both are in use and other verifiers take both.
    pub(super) fn rsa(der: &[u8]) -> Option<PublicKey> {
        let (modulus, exponent) = rsa_numbers(der)?;
        let bits = bits_of(modulus);
        let kind = if RSA_BITS.contains(&bits) {
            let components = RsaPublicKeyComponents {
                n: modulus,
                e: exponent,
            };
            let parsed = components.to_parsed_public_key(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY);
            Kind::Rsa(parsed.ok()?)
        } else {
            Kind::RsaOutside
        };
        Some(PublicKey { bits, kind })
    }

    /// Reads an Ed25519 key: the 32 octets of RFC 8032 (RFC 8463 section 4).
    pub(super) fn ed25519(octets: &[u8]) -> Option<PublicKey> {
        let octets: &[u8; 32] = octets.try_into().ok()?;
        let parsed = ParsedPublicKey::new(&ED25519, octets).ok()?;
        Some(PublicKey {
            bits: 256,
            kind: Kind::Ed25519(parsed),
        })
    }

    /// Bits of the RSA modulus; 256 for Ed25519.
    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    /// The octets of memory that it occupies, roughly: the library keeps the key in several forms.
    pub(super) fn octets(&self) -> usize {
        const FLAT: usize = 1_024;
        const COPIES: usize = 6;
        let copies = match self.kind {
            Kind::Rsa(_) => COPIES,
            Kind::RsaOutside => return 0,
            Kind::Ed25519(_) => 1,
        };
        FLAT + copies * usize::try_from(self.bits / 8).unwrap_or(0)
    }

    /// Whether `signature` is one of this key over data with this hash.
    pub(super) fn verifies(&self, hash: &Hash, signature: &[u8]) -> bool {
        #[cfg(test)]
        work::add(0, 1);
        match &self.kind {
            Kind::Rsa(key) => key.verify_digest_sig(&hash.0, signature).is_ok(),
            Kind::RsaOutside => false,
            // RFC 8463 section 3: PureEdDSA over the SHA-256 hash, not over the data.
            Kind::Ed25519(key) => key.verify_sig(hash.octets(), signature).is_ok(),
        }
    }
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// rsaEncryption, 1.2.840.113549.1.1.1 (RFC 8017 appendix A.1).
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];

/// Modulus and exponent, without leading zeros.
fn rsa_numbers(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, rest) = element(der, SEQUENCE)?;
    if !rest.is_empty() {
        return None;
    }
    if content.first() == Some(&INTEGER) {
        let (modulus, rest) = element(content, INTEGER)?;
        let (exponent, rest) = element(rest, INTEGER)?;
        return rest
            .is_empty()
            .then_some((positive(modulus)?, positive(exponent)?));
    }
    let (algorithm, rest) = element(content, SEQUENCE)?;
    let (identifier, parameters) = element(algorithm, OBJECT_IDENTIFIER)?;
    let (bits, rest) = element(rest, BIT_STRING)?;
    // RFC 3279 section 2.3.1: the parameters are NULL; some leave them out.
    let proper = identifier == RSA_ENCRYPTION && matches!(parameters, [] | [5, 0]) && rest.is_empty();
    let key = bits.strip_prefix(&[0])?;
    // Only a bare key stands inside, so this goes no deeper.
    (proper && element(key, SEQUENCE)?.0.first() == Some(&INTEGER)).then_some(())?;
    rsa_numbers(key)
}

/// One DER element with this tag, and what follows it.
fn element(octets: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&found, rest) = octets.split_first()?;
    let (&length, rest) = rest.split_first()?;
    let (length, rest) = match (length, rest) {
        (0..=0x7f, _) => (usize::from(length), rest),
        (0x81, [one, rest @ ..]) => (usize::from(*one), rest),
        (0x82, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    (found == tag && length <= rest.len()).then(|| rest.split_at(length))
}

/// Bits of a number without leading zeros.
fn bits_of(number: &[u8]) -> u32 {
    let zeros = number.first().map_or(0, |first| first.leading_zeros());
    u32::try_from(number.len()).map_or(u32::MAX, |octets| octets.saturating_mul(8) - zeros)
}

/// A positive INTEGER without its leading zeros.
fn positive(integer: &[u8]) -> Option<&[u8]> {
    let begin = integer.iter().position(|&octet| octet != 0)?;
    (integer[0] < 0x80).then_some(&integer[begin..])
}

/// What was done on this thread, for tests that count work.
#[cfg(test)]
pub(super) mod work {
    use std::cell::Cell;

    thread_local! {
        static DONE: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
    }

    pub(super) fn add(octets: usize, operations: usize) {
        let (hashed, verified) = DONE.get();
        DONE.set((hashed + octets, verified + operations));
    }

    /// Octets hashed and public-key operations since this was last called.
    pub(in super::super) fn done() -> (usize, usize) {
        DONE.take()
    }
}
