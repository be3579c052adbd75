//! Private keys: reading, making and using them.

use super::{
    Hash, INTEGER, OBJECT_IDENTIFIER, RSA_ENCRYPTION, SEQUENCE, bits_of, element, positive, rsa_numbers,
};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use zeroize::Zeroizing;

/// RSA modulus sizes that can be signed with: the library begins at 2048 bits, and RFC 8301 section 3.2 obliges nobody to
/// verify more than 4096.
pub(in crate::dkim) const SIGNING_BITS: std::ops::RangeInclusive<u32> = 2048..=4096;

/// id-Ed25519, 1.3.101.112 (RFC 8410 section 3).
const ED25519_IDENTIFIER: &[u8] = &[0x2b, 0x65, 0x70];
/// id-ecPublicKey, 1.2.840.10045.2.1 (RFC 5480 section 2.1.1).
const ELLIPTIC_CURVE_IDENTIFIER: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const OCTET_STRING: u8 = 0x04;

/// Why octets are no key to sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dkim) enum Refused {
    /// They are no key of that form, or its numbers contradict each other.
    Broken,
    /// An RSA key whose size is not in [`SIGNING_BITS`].
    Size(u32),
    /// A key for ECDSA or ECDH.
    EllipticCurve,
    /// A key of some other type.
    OtherType,
}

/// A private key, ready to sign.
pub(in crate::dkim) enum PrivateKey {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl PrivateKey {
    /// Reads a PrivateKeyInfo in DER (RFC 5208 section 5, RFC 5958).
    pub(in crate::dkim) fn from_pkcs8(der: &[u8]) -> Result<PrivateKey, Refused> {
        let (identifier, key) = pkcs8_parts(der).ok_or(Refused::Broken)?;
        match identifier {
            RSA_ENCRYPTION => {
                check_size(key)?;
                let pair = RsaKeyPair::from_pkcs8(der).map_err(|_| Refused::Broken)?;
                Ok(PrivateKey::Rsa(pair))
            }
            ED25519_IDENTIFIER => {
                let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| Refused::Broken)?;
                Ok(PrivateKey::Ed25519(pair))
            }
            ELLIPTIC_CURVE_IDENTIFIER => Err(Refused::EllipticCurve),
            _ => Err(Refused::OtherType),
        }
    }

    /// Reads an RSAPrivateKey in DER (RFC 8017 appendix A.1.2).
    pub(in crate::dkim) fn from_pkcs1(der: &[u8]) -> Result<PrivateKey, Refused> {
        check_size(der)?;
        let pair = RsaKeyPair::from_der(der).map_err(|_| Refused::Broken)?;
        Ok(PrivateKey::Rsa(pair))
    }

    /// Takes the 32 octets of an Ed25519 private key (RFC 8032 section 5.1.5).
    pub(in crate::dkim) fn from_seed(seed: &[u8]) -> Result<PrivateKey, Refused> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| Refused::Broken)?;
        Ok(PrivateKey::Ed25519(pair))
    }

    /// Makes an RSA key of 2048, 3072 or 4096 bits. None for other sizes, or if the system has no randomness.
    pub(in crate::dkim) fn generate_rsa(bits: u32) -> Option<PrivateKey> {
        let size = match bits {
            2048 => KeySize::Rsa2048,
            3072 => KeySize::Rsa3072,
            4096 => KeySize::Rsa4096,
            _ => return None,
        };
        RsaKeyPair::generate(size).ok().map(PrivateKey::Rsa)
    }

    /// Makes an Ed25519 key. None if the system has no randomness.
    pub(in crate::dkim) fn generate_ed25519() -> Option<PrivateKey> {
        Ed25519KeyPair::generate().ok().map(PrivateKey::Ed25519)
    }

    /// The key as PrivateKeyInfo in DER, version 1, which every tool reads.
    pub(in crate::dkim) fn to_pkcs8(&self) -> Option<Zeroizing<Vec<u8>>> {
        match self {
            PrivateKey::Rsa(pair) => {
                let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
                Some(Zeroizing::new(der.as_ref().to_vec()))
            }
            PrivateKey::Ed25519(pair) => {
                let document = pair.to_pkcs8v1().ok()?;
                Some(Zeroizing::new(document.as_ref().to_vec()))
            }
        }
    }

    /// What is published in `p=`: a SubjectPublicKeyInfo for RSA (RFC 6376 appendix C), the 32 octets for Ed25519 (RFC 8463
    /// section 4).
    pub(in crate::dkim) fn public_octets(&self) -> Option<Vec<u8>> {
        match self {
            PrivateKey::Rsa(pair) => {
                let der: PublicKeyX509Der<'_> = pair.public_key().as_der().ok()?;
                Some(der.as_ref().to_vec())
            }
            PrivateKey::Ed25519(pair) => Some(pair.public_key().as_ref().to_vec()),
        }
    }

    /// Bits of the RSA modulus; 256 for Ed25519.
    pub(in crate::dkim) fn bits(&self) -> u32 {
        match self {
            PrivateKey::Rsa(pair) => {
                rsa_numbers(pair.public_key().as_ref()).map_or(0, |(modulus, _)| bits_of(modulus))
            }
            PrivateKey::Ed25519(_) => 256,
        }
    }

    /// A signature over data with this hash. None if the library fails, which it does for lack of memory only.
    pub(in crate::dkim) fn sign(&self, hash: &Hash) -> Option<Vec<u8>> {
        match self {
            PrivateKey::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign_digest(&RSA_PKCS1_SHA256, &hash.0, &mut signature)
                    .ok()?;
                Some(signature)
            }
            // RFC 8463 section 3: PureEdDSA over the SHA-256 hash, not over the data.
            PrivateKey::Ed25519(pair) => {
                let signature = pair.try_sign(hash.octets()).ok()?;
                Some(signature.as_ref().to_vec())
            }
        }
    }
}

/// The algorithm of a PrivateKeyInfo, and the key inside.
fn pkcs8_parts(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (content, _) = element(der, SEQUENCE)?;
    let (_version, rest) = element(content, INTEGER)?;
    let (algorithm, rest) = element(rest, SEQUENCE)?;
    let (identifier, _parameters) = element(algorithm, OBJECT_IDENTIFIER)?;
    let (key, _) = element(rest, OCTET_STRING)?;
    Some((identifier, key))
}

/// The library refuses sizes without saying so.
fn check_size(pkcs1: &[u8]) -> Result<(), Refused> {
    let modulus = || {
        let (content, _) = element(pkcs1, SEQUENCE)?;
        let (_version, rest) = element(content, INTEGER)?;
        positive(element(rest, INTEGER)?.0)
    };
    let bits = bits_of(modulus().ok_or(Refused::Broken)?);
    if SIGNING_BITS.contains(&bits) {
        Ok(())
    } else {
        Err(Refused::Size(bits))
    }
}
