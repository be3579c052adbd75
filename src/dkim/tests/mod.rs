//! A signer that shares no code with what it tests, a table for a resolver, and plain canonicalizations.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod canonical;
mod hints;
mod hostile;
mod keys;
mod known_keys;
mod sections;
mod sign;
mod signatures;
mod verify;

use super::*;
use crate::clock::{Clock, Moment, UnixTime};
use crate::dns::{Answer, Failure, Name, Question, RecordSet, Resolver, Session, Txt};
use crate::limits::Limits;
use crate::message::HeaderFields;
use crate::trace::Tracer;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::FutureExt as _;
use std::collections::HashMap;
use std::future::{Future, ready};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

const NOW: UnixTime = UnixTime(1_795_347_080);

/// Text records by name, none where the query fails; counts what is asked.
#[derive(Debug, Default)]
struct Table {
    records: HashMap<String, Option<Vec<Txt>>>,
    asked: AtomicUsize,
}

impl Table {
    fn with(mut self, name: &str, records: &[&str]) -> Self {
        let records = records.iter().map(|text| Txt::from(text.as_bytes())).collect();
        self.records.insert(name.into(), Some(records));
        self
    }

    fn failing(mut self, name: &str) -> Self {
        self.records.insert(name.into(), None);
        self
    }
}

impl Resolver for Table {
    fn lookup(&self, question: &Question, _: Moment) -> impl Future<Output = Answer> + Send {
        self.asked.fetch_add(1, Ordering::Relaxed);
        ready(match self.records.get(question.name.as_str()) {
            Some(Some(records)) if records.is_empty() => Answer::NoData { ttl: None },
            Some(Some(records)) => Answer::Records {
                records: RecordSet::Txt(records.clone().into()),
                ttl: 300,
            },
            Some(None) => Answer::Failure(Failure::ServFail),
            None => Answer::NoSuchName { ttl: None },
        })
    }
}

fn ed25519() -> &'static Ed25519KeyPair {
    static KEY: OnceLock<Ed25519KeyPair> = OnceLock::new();
    KEY.get_or_init(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap())
}

fn ed25519_record() -> String {
    format!(
        "v=DKIM1; k=ed25519; p={}",
        STANDARD.encode(ed25519().public_key().as_ref())
    )
}

/// The key that [`sign`] uses, at the name that it says.
fn table() -> Table {
    Table::default().with("s1._domainkey.example.org", &[&ed25519_record()])
}

fn header(fields: &[&str]) -> HeaderFields {
    let mut header = HeaderFields::default();
    for field in fields {
        assert!(header.push(format!("{field}\r\n").as_bytes()));
    }
    header
}

/// The tags of a signature by `example.org` that covers From, without `bh` and `b`.
const TAGS: &str = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=s1; h=from";

/// RFC 6376 section 3.4 in the plainest words: the whole body at once.
fn plain_body(how: Canonicalization, body: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<u8>> = vec![Vec::new()];
    let mut at = 0;
    while at < body.len() {
        if body[at..].starts_with(b"\r\n") {
            lines.push(Vec::new());
            at += 2;
        } else {
            lines.last_mut().unwrap().push(body[at]);
            at += 1;
        }
    }
    if how == Canonicalization::Relaxed {
        lines.iter_mut().for_each(|line| *line = plain_blanks(line));
    }
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    if lines.is_empty() {
        return if how == Canonicalization::Simple {
            b"\r\n".to_vec()
        } else {
            Vec::new()
        };
    }
    lines
        .into_iter()
        .flat_map(|mut line| {
            line.extend(b"\r\n");
            line
        })
        .collect()
}

/// Blanks joined, and those at the end left out.
fn plain_blanks(line: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::new();
    for &octet in line {
        match octet {
            b' ' | b'\t' if out.last() == Some(&b' ') => {}
            b' ' | b'\t' => out.push(b' '),
            _ => out.push(octet),
        }
    }
    if out.last() == Some(&b' ') {
        out.pop();
    }
    out
}

/// A header field without its final CRLF.
fn plain_field(how: Canonicalization, field: &[u8]) -> Vec<u8> {
    if how == Canonicalization::Simple {
        return field.to_vec();
    }
    let colon = field.iter().position(|&octet| octet == b':').unwrap();
    let mut unfolded = Vec::new();
    for (at, &octet) in field.iter().enumerate().skip(colon + 1) {
        let blank_at = |at: usize| matches!(field.get(at), Some(b' ' | b'\t'));
        let cr = octet == b'\r' && field.get(at + 1) == Some(&b'\n') && blank_at(at + 2);
        let lf = octet == b'\n' && field[at - 1] == b'\r' && blank_at(at + 1);
        if !cr && !lf {
            unfolded.push(octet);
        }
    }
    let mut out = plain_blanks(&field[..colon]).to_ascii_lowercase();
    out.push(b':');
    let value = plain_blanks(&unfolded);
    out.extend(value.strip_prefix(b" ").unwrap_or(&value));
    out
}

/// Signs with [`ed25519`] and puts the field on top. `tags` lack `bh` and `b`; `chosen` are the fields that `h=` means.
fn sign_with(tags: &str, chosen: &[&str], body: &[u8], sign: impl Fn(&[u8]) -> Vec<u8>) -> String {
    let how = |word: &str| {
        if word == "relaxed" {
            Canonicalization::Relaxed
        } else {
            Canonicalization::Simple
        }
    };
    let c = tags
        .split("c=")
        .nth(1)
        .map_or("simple/simple", |rest| rest.split(';').next().unwrap().trim());
    let (for_header, for_body) = c.split_once('/').unwrap_or((c, "simple"));
    let mut canonical = plain_body(how(for_body), body);
    if let Some(l) = tags.split(" l=").nth(1) {
        let length: usize = l.split(';').next().unwrap().trim().parse().unwrap();
        canonical.truncate(length);
    }
    let body_hash = STANDARD.encode(digest(&SHA256, &canonical));
    let unsigned = format!("DKIM-Signature: {tags};\r\n bh={body_hash}; b=");
    let mut data = Vec::new();
    for field in chosen {
        data.extend(plain_field(how(for_header), field.as_bytes()));
        data.extend(b"\r\n");
    }
    data.extend(plain_field(how(for_header), unsigned.as_bytes()));
    format!("{unsigned}{}", STANDARD.encode(sign(&data)))
}

fn sign(tags: &str, chosen: &[&str], body: &[u8]) -> String {
    // RFC 8463 section 3: the hash is what is signed.
    sign_with(tags, chosen, body, |data| {
        ed25519().sign(digest(&SHA256, data).as_ref()).as_ref().to_vec()
    })
}

struct Check {
    policy: Policy,
    limits: Limits,
    author: Option<&'static str>,
    trace: Tracer,
}

impl Default for Check {
    fn default() -> Self {
        Check {
            policy: Policy::default(),
            limits: Limits::default(),
            author: None,
            trace: Tracer::off(),
        }
    }
}

impl Check {
    fn run(&self, header: HeaderFields, body: &[u8], table: &Arc<Table>) -> Vec<SignatureVerdict> {
        let author = self.author.map(|name| Name::parse(name.as_bytes()).unwrap());
        let prepared = prepare(&header, author.as_ref(), NOW, &self.limits, &self.policy);
        let mut hasher = prepared.body_hasher();
        let session = Session::new(Arc::clone(table), Clock::system(), &self.limits);
        let checked = prepared
            .check_keys(Arc::new(header), &session, &self.trace)
            .now_or_never()
            .unwrap();
        hasher.update(body);
        checked.conclude(&hasher.finish())
    }
}

/// The only verdict, with everything at its default.
fn verdict(fields: &[&str], body: &[u8], table: Table) -> SignatureVerdict {
    let mut verdicts = Check::default().run(header(fields), body, &Arc::new(table));
    assert_eq!(verdicts.len(), 1);
    verdicts.remove(0)
}

/// The verdict on a message of one field, From, signed with `tags`.
fn verdict_of(tags: &str) -> SignatureVerdict {
    let from = "From: alice@example.org";
    verdict(&[&sign(tags, &[from], b"hello\r\n"), from], b"hello\r\n", table())
}
