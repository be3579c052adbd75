//! A message of any length with a valid Ed25519 signature, produced chunk by chunk.
//!
//! Header and body are written in the form that the relaxed canonicalization gives, so that signing needs no
//! canonicalization of its own.

use aws_lc_rs::digest::{Context, SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::prelude::{BASE64_STANDARD, Engine as _};

const LINE: &[u8] = b"Seventy octets of plain text and a line end: what a long mail is made of.\r\n";

pub(crate) struct Message {
    header: String,
    lines: usize,
    pub(crate) zone: String,
}

impl Message {
    /// A message with a body of some `octets`.
    pub(crate) fn new(octets: usize) -> Self {
        let key = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let lines = octets.div_ceil(LINE.len()).max(1);
        let mut body = Context::new(&SHA256);
        (0..lines).for_each(|_| body.update(LINE));
        let from = "from:alice@example.org\r\n";
        let tags = format!(
            "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s=bench; h=from; bh={}; b=",
            BASE64_STANDARD.encode(body.finish()),
        );
        let hash = digest(&SHA256, format!("{from}dkim-signature:{tags}").as_bytes());
        let signature = BASE64_STANDARD.encode(key.sign(hash.as_ref()));
        let public = BASE64_STANDARD.encode(key.public_key());
        Message {
            header: format!("DKIM-Signature: {tags}{signature}\r\nFrom: alice@example.org\r\n\r\n"),
            lines,
            zone: format!(
                "example.org. TXT \"v=spf1 ip4:192.0.2.1 -all\"\n\
                 _dmarc.example.org. TXT \"v=DMARC1; p=reject\"\n\
                 bench._domainkey.example.org. TXT \"v=DKIM1; k=ed25519; p={public}\"\n"
            ),
        }
    }

    /// Passes the message on in chunks.
    pub(crate) fn stream(&self, mut pass: impl FnMut(&[u8])) {
        pass(self.header.as_bytes());
        let chunk = LINE.repeat(800);
        let mut left = self.lines * LINE.len();
        while left > 0 {
            let octets = left.min(chunk.len());
            pass(&chunk[..octets]);
            left -= octets;
        }
    }
}
