//! Messages as they are sent, made from a seed and signed relaxed/relaxed with a canonicalization of the bench's own.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair as RsaKeyPair;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256};
use base64::prelude::{BASE64_STANDARD, Engine as _};

/// What a body is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Content {
    /// Plain text in lines of some 70 octets.
    Text,
    /// A newsletter's tables: short lines, indented by blanks, a tab here and there.
    Html,
    /// The same, quoted-printable: soft line ends, `=20` before hard ones.
    QuotedHtml,
    /// A small text and an attachment in base64.
    Base64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signer {
    Rsa2048,
    Ed25519,
}

/// A signed message.
pub(crate) struct Letter {
    pub(crate) message: Vec<u8>,
    /// Where the body begins in `message`.
    pub(crate) body: usize,
    /// The text record at [`KEY_NAME`].
    pub(crate) record: String,
    /// The signer's public key, as the library takes it, with what it signed and the signature.
    pub(crate) public: Vec<u8>,
    pub(crate) signed: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

pub(crate) const KEY_NAME: &str = "bench._domainkey.example.org";

const SIGNED_FIELDS: [(&str, &str); 9] = [
    ("From", "\"The Reading Room\" <news@example.org>"),
    ("To", "Alice <alice@example.net>"),
    ("Reply-To", "The Reading Room <readers@example.org>"),
    (
        "Subject",
        "What we read in May, and what we shall\r\n read in June",
    ),
    ("Date", "Tue, 14 Nov 2023 22:13:20 +0000"),
    ("Message-ID", "<1700000000.4711.reading-room@mail.example.org>"),
    ("MIME-Version", "1.0"),
    (
        "Content-Type",
        "multipart/mixed;\r\n boundary=\"=_part_4711_reading\"",
    ),
    (
        "List-Unsubscribe",
        "<https://example.org/unsubscribe/6f1c9e>,\r\n <mailto:leave@example.org>",
    ),
];

const OTHER_FIELDS: [&str; 5] = [
    "Return-Path: <bounces-4711@example.org>",
    "Received: from mail.example.org (mail.example.org [192.0.2.1])\r\n\tby mx.example.net (Postfix) with ESMTPS id 4SVx5d2Ghz\
     \r\n\tfor <alice@example.net>; Tue, 14 Nov 2023 22:13:22 +0000 (UTC)",
    "Received: from worker-7.example.org (localhost [127.0.0.1])\r\n\tby mail.example.org (Postfix) with ESMTP id 9C2F17A003\
     \r\n\tfor <alice@example.net>; Tue, 14 Nov 2023 22:13:21 +0000 (UTC)",
    "X-Mailer: reading-room 3.2",
    "Precedence: bulk",
];

impl Letter {
    /// A message with a body of some `octets`.
    pub(crate) fn new(content: Content, octets: usize, signer: Signer) -> Letter {
        let body = body(content, octets);
        let names = SIGNED_FIELDS.map(|(name, _)| name.to_ascii_lowercase()).join(":");
        let algorithm = match signer {
            Signer::Rsa2048 => "rsa-sha256",
            Signer::Ed25519 => "ed25519-sha256",
        };
        let unsigned = format!(
            "DKIM-Signature: v=1; a={algorithm}; c=relaxed/relaxed; d=example.org;\r\n s=bench; t=1700000000; i=news@example.org;\
             \r\n h={names};\r\n bh={};\r\n b=",
            BASE64_STANDARD.encode(digest(&SHA256, &relaxed_body(&body))),
        );
        let mut signed = String::new();
        for (name, value) in SIGNED_FIELDS {
            signed += &relaxed_field(&format!("{name}: {value}"));
            signed += "\r\n";
        }
        signed += &relaxed_field(&unsigned);
        let (signature, public, record) = sign(signer, signed.as_bytes());
        let folded: Vec<String> = BASE64_STANDARD
            .encode(&signature)
            .as_bytes()
            .chunks(72)
            .map(|line| String::from_utf8_lossy(line).into_owned())
            .collect();
        let mut header = format!(
            "{}\r\n{unsigned}{}\r\n",
            OTHER_FIELDS.join("\r\n"),
            folded.join("\r\n ")
        );
        for (name, value) in SIGNED_FIELDS {
            header += &format!("{name}: {value}\r\n");
        }
        header += "\r\n";
        Letter {
            body: header.len(),
            message: [header.as_bytes(), &body].concat(),
            record,
            public,
            signed: signed.into_bytes(),
            signature,
        }
    }

    pub(crate) fn zone(&self) -> String {
        // A string of a text record holds 255 octets.
        let strings: Vec<String> = self
            .record
            .as_bytes()
            .chunks(255)
            .map(|part| format!("\"{}\"", String::from_utf8_lossy(part)))
            .collect();
        format!(
            "{KEY_NAME}. TXT {}\n_dmarc.example.org. TXT \"v=DMARC1; p=reject\"\n",
            strings.join(" ")
        )
    }
}

fn sign(signer: Signer, data: &[u8]) -> (Vec<u8>, Vec<u8>, String) {
    match signer {
        Signer::Rsa2048 => {
            let pem = include_str!("../tests/data/keys/rsa2048.pem");
            let base64: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            let key = RsaKeyPair::from_pkcs8(&BASE64_STANDARD.decode(base64).unwrap()).unwrap();
            let mut signature = vec![0; key.public_modulus_len()];
            key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), data, &mut signature)
                .unwrap();
            let public = key.public_key().as_ref().to_vec();
            let record = format!("v=DKIM1; k=rsa; p={}", BASE64_STANDARD.encode(spki(&public)));
            (signature, public, record)
        }
        Signer::Ed25519 => {
            let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
            let signature = key.sign(digest(&SHA256, data).as_ref()).as_ref().to_vec();
            let public = key.public_key().as_ref().to_vec();
            let record = format!("v=DKIM1; k=ed25519; p={}", BASE64_STANDARD.encode(&public));
            (signature, public, record)
        }
    }
}

/// The form in which keys are published: a SubjectPublicKeyInfo around the RSAPublicKey of 2048 bits.
fn spki(public: &[u8]) -> Vec<u8> {
    let element = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82][..], &length, content].concat()
    };
    let algorithm = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    let bits = element(3, &[&[0][..], public].concat());
    element(0x30, &[&algorithm[..], &bits].concat())
}

/// RFC 6376 section 3.4.4, the plain way.
fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let mut lines: Vec<String> = text.split("\r\n").map(joined_blanks).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
        .iter()
        .flat_map(|line| [line.as_bytes(), b"\r\n"].concat())
        .collect()
}

/// RFC 6376 section 3.4.2, the plain way.
fn relaxed_field(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap();
    let value = joined_blanks(&value.replace("\r\n", ""));
    format!("{}:{}", name.to_ascii_lowercase(), value.trim_start())
}

fn joined_blanks(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for character in line.chars() {
        match character {
            ' ' | '\t' if out.ends_with(' ') => {}
            '\t' => out.push(' '),
            other => out.push(other),
        }
    }
    out.truncate(out.trim_end_matches(' ').len());
    out
}

/// Numbers that are the same in every run: Marsaglia's xorshift.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % bound
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }
}

const WORDS: [&str; 24] = [
    "a",
    "the",
    "of",
    "and",
    "in",
    "to",
    "that",
    "we",
    "read",
    "letters",
    "garden",
    "harbour",
    "evening",
    "chapter",
    "twice",
    "because",
    "nobody",
    "remembers",
    "which",
    "translation",
    "margins",
    "Thursday",
    "between",
    "quietly",
];

pub(crate) fn body(content: Content, octets: usize) -> Vec<u8> {
    let mut seeded = Seeded(0x2545_f491_4f6c_dd1d);
    let mut body = String::with_capacity(octets + 200);
    match content {
        Content::Text => text(&mut seeded, octets, &mut body),
        Content::Html => html(&mut seeded, octets, &mut body),
        Content::QuotedHtml => {
            let mut plain = String::new();
            html(&mut seeded, octets * 9 / 10, &mut plain);
            quoted_printable(&plain, &mut body);
        }
        Content::Base64 => {
            body += "--=_part_4711_reading\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n";
            text(&mut seeded, 600, &mut body);
            body += "\r\n--=_part_4711_reading\r\nContent-Type: application/pdf; name=\"june.pdf\"\r\n\
                     Content-Transfer-Encoding: base64\r\n\r\n";
            while body.len() < octets {
                let line: Vec<u8> = (0..57)
                    .map(|_| u8::try_from(seeded.below(256)).unwrap())
                    .collect();
                body += &BASE64_STANDARD.encode(line);
                body += "\r\n";
            }
            body += "--=_part_4711_reading--\r\n";
        }
    }
    body.into_bytes()
}

fn words(seeded: &mut Seeded, octets: usize, out: &mut String) {
    let end = out.len() + octets;
    while out.len() < end {
        out.push_str(seeded.pick(&WORDS));
        out.push_str(seeded.pick(&[" ", " ", " ", " ", " ", ", ", ". "]));
    }
    out.truncate(out.trim_end().len());
}

fn text(seeded: &mut Seeded, octets: usize, out: &mut String) {
    let end = out.len() + octets;
    while out.len() < end {
        let line = 55 + seeded.below(15);
        words(seeded, line, out);
        out.push_str("\r\n");
        if seeded.below(7) == 0 {
            out.push_str("\r\n");
        }
    }
}

/// Tags open and close at random between two and twelve levels, two blanks each.
fn html(seeded: &mut Seeded, octets: usize, out: &mut String) {
    out.push_str(
        "<!DOCTYPE html>\r\n<html>\r\n<head>\r\n  <meta charset=\"utf-8\">\r\n</head>\r\n<body>\r\n",
    );
    let end = out.len() + octets.saturating_sub(out.len());
    let mut level = 2;
    while out.len() < end {
        if seeded.below(40) == 0 {
            out.push('\t');
        } else {
            (0..level).for_each(|_| out.push_str("  "));
        }
        match seeded.below(10) {
            0..=2 if level < 12 => {
                out.push_str(seeded.pick(&[
                    "<tr>",
                    "<td align=\"left\" valign=\"top\" style=\"padding:0 24px 12px; font-family:Georgia,serif;\">",
                    "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" cellspacing=\"0\" border=\"0\">",
                    "<div class=\"column\">",
                ]));
                level += 1;
            }
            3..=5 if level > 2 => {
                level -= 1;
                out.push_str(seeded.pick(&["</tr>", "</td>", "</table>", "</div>"]));
            }
            6 => {
                out.push_str("<a href=\"https://example.org/r/");
                (0..12).for_each(|_| out.push(char::from(b"0123456789abcdef"[seeded.below(16)])));
                out.push_str("\" style=\"color:#1a5276;\">");
                words(seeded, 18, out);
                out.push_str("</a>");
            }
            7 => out.push_str("<img src=\"https://example.org/i/cover.jpg\" width=\"280\" alt=\"\">"),
            _ => {
                let length = 20 + seeded.below(60);
                words(seeded, length, out);
            }
        }
        // Templates leave blanks at the ends of lines, and empty lines.
        if seeded.below(25) == 0 {
            out.push(' ');
        }
        out.push_str("\r\n");
        if seeded.below(30) == 0 {
            out.push_str("\r\n");
        }
    }
    out.push_str("</body>\r\n</html>\r\n");
}

fn quoted_printable(text: &str, out: &mut String) {
    for line in text.split_inclusive("\r\n") {
        let content = line.trim_end_matches("\r\n");
        let mut column = 0;
        for (at, octet) in content.bytes().enumerate() {
            let last = at + 1 == content.len();
            let code = match octet {
                b'=' => "=3D",
                b' ' if last => "=20",
                _ => "",
            };
            if column + 4 > 76 {
                out.push_str("=\r\n");
                column = 0;
            }
            if code.is_empty() {
                out.push(char::from(octet));
                column += 1;
            } else {
                out.push_str(code);
                column += 3;
            }
        }
        out.push_str("\r\n");
    }
}
