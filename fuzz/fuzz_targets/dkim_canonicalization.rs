//! Signatures made with a plain canonicalization, written from the words of RFC 6376 section 3.4 one after the other, verify: of
//! any field and any body, in pieces of any size, under every canonicalization and with any `l=`.
#![no_main]

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use libfuzzer_sys::fuzz_target;
use mailrep::Limits;
use mailrep::clock::{Clock, UnixTime};
use mailrep::dkim::{self, Policy};
use mailrep::dns::Session;
use mailrep::dns::zone::Zone;
use mailrep::message::HeaderFields;
use mailrep::trace::Tracer;
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Poll, Waker};

static KEY: LazyLock<Ed25519KeyPair> =
    LazyLock::new(|| Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a seed of 32 octets"));
static ZONE: LazyLock<Arc<Zone>> = LazyLock::new(|| {
    let public = BASE64_STANDARD.encode(KEY.public_key());
    let text = format!("s._domainkey.example.org. TXT \"k=ed25519; p={public}\"");
    Arc::new(Zone::parse(text.as_bytes(), "keys").expect("a zone"))
});

fn is_wsp(octet: Option<&u8>) -> bool {
    matches!(octet, Some(b' ' | b'\t'))
}

/// "Reduce all sequences of WSP within a line to a single SP character."
fn reduce(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, &octet) in line.iter().enumerate() {
        if !is_wsp(Some(&octet)) {
            out.push(octet);
        } else if at == 0 || !is_wsp(line.get(at - 1)) {
            out.push(b' ');
        }
    }
    out
}

/// "Ignore all whitespace at the end of lines."
fn without_end(mut line: &[u8]) -> &[u8] {
    while is_wsp(line.last()) {
        line = &line[..line.len() - 1];
    }
    line
}

/// RFC 6376 sections 3.4.3 and 3.4.4.
fn body(relaxed: bool, octets: &[u8]) -> Vec<u8> {
    let mut lines = vec![Vec::new()];
    let mut at = 0;
    while at < octets.len() {
        if octets[at..].starts_with(b"\r\n") {
            lines.push(Vec::new());
            at += 2;
        } else {
            lines.last_mut().expect("there is a line").push(octets[at]);
            at += 1;
        }
    }
    if relaxed {
        for line in &mut lines {
            *line = reduce(without_end(line));
        }
    }
    // "Ignore all empty lines at the end of the message body."
    while lines.last().is_some_and(Vec::is_empty) {
        lines.pop();
    }
    // "If there is no body or no trailing CRLF on the message body, a CRLF is added." Relaxed: "if the body is non-empty".
    if lines.is_empty() && !relaxed {
        lines.push(Vec::new());
    }
    lines
        .iter()
        .flat_map(|line| [line, &b"\r\n"[..]].concat())
        .collect()
}

/// RFC 6376 sections 3.4.1 and 3.4.2, without the CRLF at the end.
fn field(relaxed: bool, field: &[u8]) -> Vec<u8> {
    if !relaxed {
        return field.to_vec();
    }
    let colon = field.iter().position(|&octet| octet == b':').expect("a colon");
    // "Convert all header field names to lowercase."
    let name = without_end(&field[..colon]).to_ascii_lowercase();
    // "Unfold all header field continuation lines."
    let mut value = Vec::new();
    let mut rest = &field[colon + 1..];
    while let Some(&octet) = rest.first() {
        if rest.starts_with(b"\r\n") && is_wsp(rest.get(2)) {
            rest = &rest[2..];
        } else {
            value.push(octet);
            rest = &rest[1..];
        }
    }
    let value = reduce(without_end(&value));
    // "Delete any WSP characters remaining before and after the colon."
    [&name, &b":"[..], value.strip_prefix(b" ").unwrap_or(&value)].concat()
}

fuzz_target!(|data: &[u8]| {
    // The size of the pieces, l=, and how many octets are the value of a field; the rest is the body.
    let [size, length, at, rest @ ..] = data else {
        return;
    };
    let (value, octets) = rest.split_at(rest.len().min(usize::from(*at)));
    let subject = [b"Subject \t:", value].concat();
    let mut header = HeaderFields::default();
    for c in [
        "simple/simple",
        "simple/relaxed",
        "relaxed/simple",
        "relaxed/relaxed",
    ] {
        let (for_header, for_body) = (c.starts_with("relaxed"), c.ends_with("relaxed"));
        for limited in [false, true] {
            let mut canonical = body(for_body, octets);
            let mut tags =
                format!("v=1; a=ed25519-sha256; c={c}; d=example.org; s=s; h=from:subject:subject");
            if limited {
                canonical.truncate(usize::from(*length));
                tags += &format!("; l={}", canonical.len());
            }
            let hash = BASE64_STANDARD.encode(digest(&SHA256, &canonical));
            let unsigned = format!("DKIM-Signature: {tags}; bh={hash}; b=");
            let data = [
                field(for_header, b"From: a@example.org"),
                field(for_header, &subject),
                field(for_header, unsigned.as_bytes()),
            ]
            .join(&b"\r\n"[..]);
            let signature = BASE64_STANDARD.encode(KEY.sign(digest(&SHA256, &data).as_ref()));
            assert!(header.push(format!("{unsigned}{signature}\r\n").as_bytes()));
        }
    }
    assert!(header.push(b"From: a@example.org\r\n"));
    assert!(header.push(&[&subject, &b"\r\n"[..]].concat()));

    let policy = Policy {
        accept_body_length: true,
        ..Policy::default()
    };
    let limits = Limits::default();
    let prepared = dkim::prepare(&header, None, UnixTime(0), &limits, &policy);
    let mut hasher = prepared.body_hasher();
    let session = Session::new(Arc::clone(&ZONE), Clock::system(), &limits);
    let trace = Tracer::off();
    let mut checked = pin!(prepared.check_keys(Arc::new(header), &session, &trace));
    let Poll::Ready(checked) = checked
        .as_mut()
        .poll(&mut std::task::Context::from_waker(Waker::noop()))
    else {
        panic!("a zone answers at once");
    };
    // Small pieces, and large ones in which whole blocks fit.
    let size = if size % 2 == 0 {
        usize::from(*size) * 8
    } else {
        usize::from(*size)
    };
    octets.chunks(size.max(1)).for_each(|chunk| hasher.update(chunk));
    for verdict in checked.conclude(&hasher.finish()) {
        assert_eq!(
            verdict.cause.code(),
            "verified",
            "signature {}",
            verdict.header_index
        );
    }
});
