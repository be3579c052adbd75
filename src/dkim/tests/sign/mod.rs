//! Signing (RFC 6376 section 5): what we sign, we verify, and nothing else.

mod files;
mod properties;
mod published;
mod signatures;
mod transfer;
mod who;

use super::*;
use crate::message::Splitter;
use std::time::Duration;

/// A key that is made once.
fn signing_key(new: NewKey) -> Arc<SigningKey> {
    static KEYS: OnceLock<[Arc<SigningKey>; 2]> = OnceLock::new();
    let [rsa, ed25519] = KEYS.get_or_init(|| {
        [NewKey::Rsa2048, NewKey::Ed25519].map(|new| SigningKey::generate(new).unwrap().into())
    });
    Arc::clone(if new == NewKey::Ed25519 { ed25519 } else { rsa })
}

fn signer_with(options: SignerOptions) -> Arc<Signer> {
    let signer = Signer::new("example.org", "s1", signing_key(NewKey::Ed25519), options);
    Arc::new(signer.unwrap())
}

fn signer() -> Arc<Signer> {
    signer_with(SignerOptions::default())
}

/// The fields, each with its CRLF, that signing a message gives.
fn sign_message(signers: &[Arc<Signer>], message: &[u8]) -> Result<Vec<SignatureField>, SignError> {
    let mut signing = MessageSigning::new(signers.to_vec(), &Limits::default());
    signing.data(message)?;
    signing.finish(NOW)
}

/// The message with its signatures on top.
fn signed(signers: &[Arc<Signer>], message: &[u8]) -> Vec<u8> {
    let fields = sign_message(signers, message).unwrap();
    let mut whole: Vec<u8> = fields
        .iter()
        .flat_map(|field| field.to_string().into_bytes())
        .collect();
    whole.extend_from_slice(message);
    whole
}

/// What comes of verifying a message, every signer's key being published.
fn verify_at(signers: &[Arc<Signer>], message: &[u8], now: UnixTime) -> Vec<SignatureVerdict> {
    let mut table = Table::default();
    for signer in signers {
        table = table.with(signer.key_name().as_str(), &[&signer.key().record()]);
    }
    let mut splitter = Splitter::new(&Limits::default());
    let body = match splitter.push(message) {
        Some(begun) => [&begun.before, &message[begun.offset..]].concat(),
        None => splitter.end_of_message(),
    };
    let (header, _) = splitter.into_parts();
    let limits = Limits::default();
    let prepared = prepare(&header, None, now, &limits, &Policy::default());
    let mut hasher = prepared.body_hasher();
    let session = Session::new(Arc::new(table), Clock::system(), &limits);
    let checked = prepared
        .check_keys(Arc::new(header), &session, &Tracer::off())
        .now_or_never()
        .unwrap();
    hasher.update(&body);
    checked.conclude(&hasher.finish())
}

fn verify(signers: &[Arc<Signer>], message: &[u8]) -> Vec<SignatureVerdict> {
    verify_at(signers, message, NOW)
}

/// The only verdict's cause.
fn cause(signers: &[Arc<Signer>], message: &[u8]) -> &'static str {
    let verdicts = verify(signers, message);
    assert_eq!(verdicts.len(), 1);
    verdicts[0].cause.code()
}

const MESSAGE: &[u8] = b"From: Alice <alice@example.org>\r\nTo: bob@example.net\r\nSubject: a  subject\r\n\twith a fold\r\n\
    Date: Thu, 26 Nov 2026 11:00:00 +0000\r\nMessage-ID: <1@example.org>\r\nX-Other: not signed\r\n\r\nHello  Bob,\r\n\r\nbye \r\n\r\n";
