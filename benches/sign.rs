//! Signing with DKIM beside its limit: `cargo bench --bench sign --all-features`.
//!
//! The limit is the bare digest of the body's octets and one operation with the private key, by the same library. Both take their
//! turn in rounds; microseconds are medians of CPU time for one message, of which the ratio is made round by round.

#![allow(clippy::unwrap_used, missing_docs)]

#[expect(dead_code, reason = "only the bodies are needed")]
mod letters;
#[expect(dead_code, reason = "the bench of SPF uses more of it")]
mod usage;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256};
use letters::Content;
use mailrep::Limits;
use mailrep::clock::UnixTime;
use mailrep::dkim::{MessageSigning, NewKey, Signer, SignerOptions, SigningKey};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

const ROUNDS: usize = 15;
/// What a round takes, roughly.
const ROUND: Duration = Duration::from_millis(60);
const HEADER: &str = "From: Ada Lovelace <ada@example.org>\r\nTo: Charles Babbage <charles@example.net>\r\n\
    Subject: Notes on the engine, and what it might compose\r\nDate: Thu, 26 Nov 2026 11:00:00 +0000\r\n\
    Message-ID: <20261126110000.1234@mail.example.org>\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\
    Content-Transfer-Encoding: 8bit\r\nX-Mailer: engine\r\n\r\n";

/// An operation with a private key on a digest.
type Operation = Box<dyn Fn(&[u8])>;

fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "signing, relaxed/relaxed; microseconds of CPU a message, medians of {ROUNDS} rounds; load at the start {}",
        load.split(' ').next().unwrap_or("unknown")
    );
    println!(
        "{:<12} {:<8} {:>10} {:>10} {:>7}",
        "message", "key", "limit", "mailrep", "ratio"
    );
    let messages = [
        ("2 KB text", Content::Text, 2_000),
        ("50 KB HTML", Content::Html, 50_000),
        ("1 MB base64", Content::Base64, 1_000_000),
        ("1 MB HTML", Content::Html, 1_000_000),
        ("25 MB base64", Content::Base64, 25_000_000),
    ];
    for (name, content, octets) in messages {
        let body = letters::body(content, octets);
        compare(name, ("rsa", 1.05), &body, NewKey::Rsa2048, rsa());
        compare(name, ("ed25519", 1.15), &body, NewKey::Ed25519, ed25519());
    }
}

fn rsa() -> Operation {
    let key = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let random = SystemRandom::new();
    Box::new(move |octets| {
        let mut signature = vec![0; key.public_modulus_len()];
        key.sign(&RSA_PKCS1_SHA256, &random, octets, &mut signature)
            .unwrap();
        black_box(signature);
    })
}

fn ed25519() -> Operation {
    let key = Ed25519KeyPair::generate().unwrap();
    Box::new(move |octets| {
        black_box(key.sign(octets));
    })
}

fn compare(name: &str, (kind, figure): (&str, f64), body: &[u8], new: NewKey, operation: Operation) {
    let key = Arc::new(SigningKey::generate(new).unwrap());
    let signer = Arc::new(Signer::new("example.org", "s2026", key, SignerOptions::default()).unwrap());
    let message = [HEADER.as_bytes(), body].concat();
    let limits = Limits::default();
    let bare = || operation(digest(&SHA256, black_box(body)).as_ref());
    let ours = || {
        let mut signing = MessageSigning::new(vec![Arc::clone(&signer)], &limits);
        for chunk in message.chunks(64 << 10) {
            signing.data(black_box(chunk)).unwrap();
        }
        black_box(signing.finish(UnixTime(1_795_347_080)).unwrap());
    };
    ours();
    let once = usage::of(bare).cpu.max(Duration::from_micros(10));
    let times = usize::try_from((ROUND.as_nanos() / once.as_nanos()).max(1)).unwrap();
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| {
            let limit = usage::of(|| (0..times).for_each(|_| bare())).each(times).cpu;
            let mailrep = usage::of(|| (0..times).for_each(|_| ours())).each(times).cpu;
            (limit.as_secs_f64() * 1e6, mailrep.as_secs_f64() * 1e6)
        })
        .collect();
    rounds.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    let (limit, mailrep) = rounds[ROUNDS / 2];
    let ratio = mailrep / limit;
    let held = if ratio <= figure { "held" } else { "MISSED" };
    println!("{name:<12} {kind:<8} {limit:>10.1} {mailrep:>10.1} {ratio:>7.3} (at most {figure}: {held})");
}
