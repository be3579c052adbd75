//! Results, and the causes they follow from.

use super::key::KeyProblem;
use super::tag::TagError;
use crate::dns::{Failure, Name, NameError};
use serde::Serialize;

/// The result for one signature, or for a message (RFC 8601 section 2.7.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DkimResult {
    /// The message was not signed.
    None,
    /// The signature is genuine.
    Pass,
    /// The signature is not one over this message.
    Fail,
    /// The signature is not accepted here, whether genuine or not.
    Policy,
    /// The signature could not be processed.
    Neutral,
    /// The key could not be fetched now.
    TempError,
    /// The signature or its key is beyond repair.
    PermError,
}

impl DkimResult {
    /// The word of RFC 8601.
    pub fn as_str(self) -> &'static str {
        match self {
            DkimResult::None => "none",
            DkimResult::Pass => "pass",
            DkimResult::Fail => "fail",
            DkimResult::Policy => "policy",
            DkimResult::Neutral => "neutral",
            DkimResult::TempError => "temperror",
            DkimResult::PermError => "permerror",
        }
    }
}

impl std::fmt::Display for DkimResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a signature came out as it did. [`Cause::result`] gives the result that follows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// Body and signed header fields are as they were signed.
    #[error("the body and the signed header fields are as they were signed")]
    Verified,

    /// The signature over the header verifies; the body hash does not.
    #[error("the body was changed after signing; the signature over the header fields is genuine")]
    BodyChanged,
    /// The body hash verifies; the signature over the header does not.
    #[error("the body is as signed; a signed header field was changed or the key is another one")]
    HeaderChanged,
    /// Neither the body hash nor the signature over the header verifies.
    #[error(
        "neither the body nor the signed header fields are as they were signed, or the signature is forged"
    )]
    BodyAndHeaderChanged,
    /// `l=` is larger than the body.
    #[error("the signature covers {signed} octets of the body (l=), but the body has only {present}{}",
        if *.header_genuine { "; the signature over the header fields is genuine" } else { "" })]
    BodyTooShort {
        /// Octets that were signed.
        signed: u64,
        /// Octets of the canonical body.
        present: u64,
        /// Whether the signature over the header verifies.
        header_genuine: bool,
    },

    /// The field is no tag list.
    #[error("the DKIM-Signature field is malformed: {0}")]
    Syntax(TagError),
    /// A required tag is missing.
    #[error("the DKIM-Signature field lacks the required tag {0}=")]
    MissingTag(&'static str),
    /// A tag has a value that it cannot have.
    #[error("the tag {tag}= of the DKIM-Signature field has the impossible value '{value}': {why}")]
    BadValue {
        /// The tag.
        tag: &'static str,
        /// Its value, made printable.
        value: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The version is not 1.
    #[error("the signature has version '{0}'; only version 1 exists")]
    Version(String),
    /// The algorithm is none that is known.
    #[error("the signature has the unknown algorithm '{0}'")]
    UnknownAlgorithm(String),
    /// The algorithm is rsa-sha1.
    #[error("the signature is made with rsa-sha1, which is broken and must not be accepted (RFC 8301)")]
    RsaSha1,
    /// A canonicalization is none that is known.
    #[error("the signature has the unknown canonicalization '{0}'")]
    UnknownCanonicalization(String),
    /// No query method is known.
    #[error("the signature's key is to be fetched by '{0}', of which no method is known")]
    UnknownQuery(String),
    /// The signature does not cover From.
    #[error("the signature does not cover the From field, so it says nothing about the author")]
    FromUnsigned,
    /// The identity is outside the signing domain.
    #[error("the identity '{identity}' (i=) is not within the signing domain {domain} (d=)")]
    IdentityOutsideDomain {
        /// `i=`, made printable.
        identity: String,
        /// `d=`.
        domain: Name,
    },
    /// A signature that expires before it was made.
    #[error("the signature expires (x={expires}) no later than it was made (t={made})")]
    ExpiresBeforeMade {
        /// `t=`
        made: u64,
        /// `x=`
        expires: u64,
    },
    /// Selector and domain together make no name that can be asked for.
    #[error("selector and domain make no name that can be asked for: {0}")]
    KeyName(NameError),

    /// There is no key.
    #[error("there is no key at {name}")]
    NoKey {
        /// The name that was asked for.
        name: Name,
    },
    /// The key cannot be used, for anything or for this signature.
    #[error("the key at {name} cannot be used: {problem}")]
    KeyUnusable {
        /// The name that was asked for.
        name: Name,
        /// What is wrong with the key.
        problem: KeyProblem,
    },

    /// The RSA key is too short.
    #[error("the key at {name} has only {bits} bits; fewer than {minimum} are not accepted (RFC 8301)")]
    KeyTooShort {
        /// The name that was asked for.
        name: Name,
        /// Bits of the modulus.
        bits: u32,
        /// The fewest accepted.
        minimum: u32,
    },
    /// The RSA key is longer than is verified here.
    #[error("the key at {name} has {bits} bits; more than {maximum} are not verified")]
    KeyTooLong {
        /// The name that was asked for.
        name: Name,
        /// Bits of the modulus.
        bits: u32,
        /// The most accepted.
        maximum: u32,
    },
    /// The signature covers a part of the body only, and that is not accepted.
    #[error(
        "the signature covers only the first {length} octets of the body (l=), so anything could be added; \
        that is not accepted here"
    )]
    BodyLength {
        /// `l=`
        length: u64,
    },
    /// The signature has expired.
    #[error("the signature expired at {expires} (x=), {ago} seconds ago")]
    Expired {
        /// `x=`, Unix seconds.
        expires: u64,
        /// Seconds since then.
        ago: u64,
    },
    /// The signature was made in the future.
    #[error("the signature claims to be made at {made} (t=), {ahead} seconds in the future")]
    InFuture {
        /// `t=`, Unix seconds.
        made: u64,
        /// Seconds until then.
        ahead: u64,
    },
    /// The message has more signatures than are verified.
    #[error(
        "not checked: only {limit} signatures of a message are verified, those of the author's domain first"
    )]
    OverLimit {
        /// The limit.
        limit: usize,
    },
    /// The header was not kept to its end, so nothing can be proven by it.
    #[error("not checked: the header is beyond the bounds and was not read to its end")]
    HeaderIncomplete,

    /// The key could not be fetched.
    #[error("the key at {name} could not be fetched: {failure}")]
    KeyUnavailable {
        /// The name that was asked for.
        name: Name,
        /// What failed.
        failure: Failure,
    },

    /// The caller gave hashes of another message's body.
    #[error("not checked: the body was not hashed for this signature")]
    BodyNotHashed,
}

impl Cause {
    /// The result that follows (RFC 8601 section 2.7.1).
    pub fn result(&self) -> DkimResult {
        match self {
            Cause::Verified => DkimResult::Pass,
            Cause::BodyChanged
            | Cause::HeaderChanged
            | Cause::BodyAndHeaderChanged
            | Cause::BodyTooShort { .. } => DkimResult::Fail,
            Cause::Syntax(_)
            | Cause::MissingTag(_)
            | Cause::BadValue { .. }
            | Cause::Version(_)
            | Cause::UnknownAlgorithm(_)
            | Cause::RsaSha1
            | Cause::UnknownCanonicalization(_)
            | Cause::UnknownQuery(_)
            | Cause::FromUnsigned
            | Cause::IdentityOutsideDomain { .. }
            | Cause::ExpiresBeforeMade { .. }
            | Cause::KeyName(_)
            | Cause::NoKey { .. }
            | Cause::KeyUnusable { .. } => DkimResult::PermError,
            Cause::KeyTooShort { .. }
            | Cause::KeyTooLong { .. }
            | Cause::BodyLength { .. }
            | Cause::Expired { .. }
            | Cause::InFuture { .. }
            | Cause::OverLimit { .. }
            | Cause::HeaderIncomplete => DkimResult::Policy,
            Cause::KeyUnavailable { .. } => DkimResult::TempError,
            Cause::BodyNotHashed => DkimResult::Neutral,
        }
    }

    /// A stable code, such as `body_changed`.
    pub fn code(&self) -> &'static str {
        match self {
            Cause::Verified => "verified",
            Cause::BodyChanged => "body_changed",
            Cause::HeaderChanged => "header_changed",
            Cause::BodyAndHeaderChanged => "body_and_header_changed",
            Cause::BodyTooShort { .. } => "body_too_short",
            Cause::Syntax(_) => "syntax",
            Cause::MissingTag(_) => "missing_tag",
            Cause::BadValue { .. } => "bad_value",
            Cause::Version(_) => "version",
            Cause::UnknownAlgorithm(_) => "unknown_algorithm",
            Cause::RsaSha1 => "rsa_sha1",
            Cause::UnknownCanonicalization(_) => "unknown_canonicalization",
            Cause::UnknownQuery(_) => "unknown_query",
            Cause::FromUnsigned => "from_unsigned",
            Cause::IdentityOutsideDomain { .. } => "identity_outside_domain",
            Cause::ExpiresBeforeMade { .. } => "expires_before_made",
            Cause::KeyName(_) => "key_name",
            Cause::NoKey { .. } => "no_key",
            Cause::KeyUnusable { problem, .. } => problem.code(),
            Cause::KeyTooShort { .. } => "key_too_short",
            Cause::KeyTooLong { .. } => "key_too_long",
            Cause::BodyLength { .. } => "body_length",
            Cause::Expired { .. } => "expired",
            Cause::InFuture { .. } => "in_future",
            Cause::OverLimit { .. } => "over_limit",
            Cause::HeaderIncomplete => "header_incomplete",
            Cause::KeyUnavailable { .. } => "key_unavailable",
            Cause::BodyNotHashed => "body_not_hashed",
        }
    }
}
