//! Key records (RFC 6376 section 3.6.1, RFC 8463 section 4).

use super::crypto::PublicKey;
use super::tag::{self, Blanks, TagError, TagList};
use crate::error::printable;

/// What is wrong with a key record, by itself or for one signature.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyProblem {
    /// The record is no tag list.
    #[error("the record is malformed: {0}")]
    Syntax(TagError),
    /// The record has another version, so it is no DKIM key.
    #[error("the record is not a DKIM key of version DKIM1")]
    Version,
    /// The record has no `p=`.
    #[error("the record has no key (p=)")]
    NoKeyData,
    /// The key was revoked: `p=` is empty.
    #[error("the key was revoked by its owner")]
    Revoked,
    /// The key is of an unknown type.
    #[error("the key has the unknown type '{0}'")]
    UnknownType(String),
    /// `p=` is no base64.
    #[error("the key is not valid base64")]
    Base64,
    /// `p=` is no RSA key.
    #[error("the key is not an RSA public key")]
    Rsa,
    /// `p=` is no Ed25519 key.
    #[error("the key is not an Ed25519 public key of 32 octets")]
    Ed25519,
    /// The key is not for mail (`s=`).
    #[error("the key is not for mail but for '{0}'")]
    Service(String),
    /// The key is not for SHA-256 (`h=`).
    #[error("the key may only be used with the hash '{0}', not with sha256")]
    Hash(String),
    /// The key's type is not the signature's.
    #[error("the key is of type {key}, the signature needs {signature}")]
    TypeMismatch {
        /// The key's type.
        key: &'static str,
        /// The type that the signature needs.
        signature: &'static str,
    },
    /// `i=` is a subdomain of `d=`, which the key forbids (`t=s`).
    #[error("the key does not allow identities in subdomains, and the signature has one")]
    Subdomain,
}

impl KeyProblem {
    /// A stable code, such as `key_revoked`.
    pub fn code(&self) -> &'static str {
        match self {
            KeyProblem::Syntax(_) => "key_syntax",
            KeyProblem::Version => "key_version",
            KeyProblem::NoKeyData => "key_missing_data",
            KeyProblem::Revoked => "key_revoked",
            KeyProblem::UnknownType(_) => "key_unknown_type",
            KeyProblem::Base64 => "key_base64",
            KeyProblem::Rsa => "key_not_rsa",
            KeyProblem::Ed25519 => "key_not_ed25519",
            KeyProblem::Service(_) => "key_not_for_mail",
            KeyProblem::Hash(_) => "key_hash",
            KeyProblem::TypeMismatch { .. } => "key_type_mismatch",
            KeyProblem::Subdomain => "key_subdomain",
        }
    }
}

/// The type of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// RSA.
    Rsa,
    /// Ed25519 (RFC 8463).
    Ed25519,
}

impl KeyType {
    /// The word in `k=`.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyType::Rsa => "rsa",
            KeyType::Ed25519 => "ed25519",
        }
    }
}

/// A key that was published for mail signed with SHA-256, ready to verify.
#[derive(Debug, Clone)]
pub struct KeyRecord {
    kind: KeyType,
    key: PublicKey,
    testing: bool,
    strict: bool,
}

impl KeyRecord {
    /// Reads a TXT record.
    ///
    /// # Errors
    /// When no signature made with SHA-256 over mail can be verified with it; the first reason in the order of RFC 6376
    /// section 6.1.2.
    ///
    /// ```
    /// use mailrep::dkim::{KeyProblem, KeyRecord};
    /// assert_eq!(KeyRecord::parse(b"v=DKIM1; p=").unwrap_err(), KeyProblem::Revoked);
    /// ```
    pub fn parse(record: &[u8]) -> Result<KeyRecord, KeyProblem> {
        let blanks = Blanks::Any;
        let (tags, error) = TagList::read(record, blanks);
        // RFC 6376 section 3.6.1: `v=` MUST be the first tag if it is there, and be DKIM1; other records MUST be
        // discarded. Whatever else stands in such a record is none of our business.
        let version = tags
            .get("v")
            .is_none_or(|v| v == b"DKIM1" && tags.first() == Some(b"v"));
        if !version {
            return Err(KeyProblem::Version);
        }
        if let Some(error) = error {
            return Err(KeyProblem::Syntax(error));
        }
        let data = tags.get("p").ok_or(KeyProblem::NoKeyData)?;
        if data.is_empty() {
            return Err(KeyProblem::Revoked);
        }
        let kind = match tags.get("k") {
            None | Some(b"rsa") => KeyType::Rsa,
            Some(b"ed25519") => KeyType::Ed25519,
            Some(other) => return Err(KeyProblem::UnknownType(printable(other))),
        };
        // RFC 6376 section 3.6.1: verifiers MUST ignore records whose service types do not suit; unknown ones are
        // passed over.
        let suits = |service: &[u8]| matches!(service, b"*" | b"email");
        if let Some(services) = tags
            .get("s")
            .filter(|list| !tag::elements(list, blanks).any(suits))
        {
            return Err(KeyProblem::Service(printable(services)));
        }
        let suits = |hash: &[u8]| hash == b"sha256";
        if let Some(hashes) = tags
            .get("h")
            .filter(|list| !tag::elements(list, blanks).any(suits))
        {
            return Err(KeyProblem::Hash(printable(hashes)));
        }
        let octets = tag::base64(data).ok_or(KeyProblem::Base64)?;
        let key = match kind {
            KeyType::Rsa => PublicKey::rsa(&octets).ok_or(KeyProblem::Rsa)?,
            KeyType::Ed25519 => PublicKey::ed25519(&octets).ok_or(KeyProblem::Ed25519)?,
        };
        let flag = |flag: &[u8]| {
            tags.get("t")
                .is_some_and(|flags| tag::elements(flags, blanks).any(|element| element == flag))
        };
        Ok(KeyRecord {
            kind,
            key,
            testing: flag(b"y"),
            strict: flag(b"s"),
        })
    }

    /// The key's type.
    pub fn key_type(&self) -> KeyType {
        self.kind
    }

    /// Bits of the RSA modulus; 256 for Ed25519.
    pub fn bits(&self) -> u32 {
        self.key.bits()
    }

    /// Whether the domain is only testing DKIM (`t=y`).
    pub fn is_testing(&self) -> bool {
        self.testing
    }

    /// Whether identities must be in the signing domain itself (`t=s`).
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    pub(super) fn key(&self) -> &PublicKey {
        &self.key
    }
}
