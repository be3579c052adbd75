//! The hash in an address: made, and compared.

use super::settings::Mac;
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Letters of a whole interoperable hash, without base64's padding.
pub(super) const COMPAT_LETTERS: usize = 27;
/// Characters of a strong hash: 80 bits.
pub(super) const STRONG_LETTERS: usize = 16;

const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What is hashed of an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashed<'a> {
    /// Tells the kinds of address apart in the strong form.
    pub(super) label: &'static [u8; 4],
    /// The parts, in their order.
    pub(super) parts: &'a [&'a [u8]],
    /// They stand in quotes. A backslash does not count then: relays take out those that are not needed.
    pub(super) quoted: bool,
}

/// A secret, ready to hash with.
#[derive(Debug)]
pub(super) struct Keys {
    compat: hmac::Key,
    strong: hmac::Key,
}

/// A hash as it stands in an address.
pub(super) struct Hash {
    letters: [u8; COMPAT_LETTERS + 1],
    length: usize,
}

impl Hash {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.letters[..self.length]
    }
}

impl Keys {
    pub(super) fn new(secret: &[u8]) -> Keys {
        Keys {
            compat: hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret),
            strong: hmac::Key::new(hmac::HMAC_SHA256, secret),
        }
    }

    /// The hash; an interoperable one has at most `letters`.
    pub(super) fn hash(&self, mac: Mac, hashed: Hashed<'_>, letters: usize) -> Hash {
        match mac {
            Mac::Compat => self.compat(hashed, letters),
            Mac::Strong => self.strong(hashed),
        }
    }

    /// Whether `given` is the hash, or the beginning of an interoperable one.
    pub(super) fn verify(&self, mac: Mac, hashed: Hashed<'_>, given: &[u8]) -> bool {
        let expected = self.hash(mac, hashed, given.len());
        let expected = expected.as_bytes();
        if expected.len() != given.len() {
            return false;
        }
        // Relays change the case of letters; PostSRSd 2 writes base64 in the alphabet for URLs. Every letter is looked at, so
        // that the time does not tell how many are right.
        let read = |letter: u8| match letter {
            b'-' if mac == Mac::Compat => b'+',
            b'_' if mac == Mac::Compat => b'/',
            letter => letter.to_ascii_lowercase(),
        };
        let differences = expected.iter().zip(given).fold(0, |all, (expected, &given)| {
            all | (expected.to_ascii_lowercase() ^ read(given))
        });
        std::hint::black_box(differences) == 0
    }

    fn compat(&self, hashed: Hashed<'_>, letters: usize) -> Hash {
        let mut lower = Lower::new(&self.compat);
        for part in hashed.parts {
            lower.add(part, hashed.quoted);
        }
        let mut hash = Hash {
            letters: [0; COMPAT_LETTERS + 1],
            length: letters.min(COMPAT_LETTERS),
        };
        let encoded = STANDARD.encode_slice(lower.sign(), &mut hash.letters);
        debug_assert_eq!(
            encoded,
            Ok(COMPAT_LETTERS + 1),
            "20 octets are 27 letters and the padding"
        );
        hash
    }

    fn strong(&self, hashed: Hashed<'_>) -> Hash {
        let mut lower = Lower::new(&self.strong);
        lower.add(hashed.label, false);
        for part in hashed.parts {
            // Addresses are bounded, so that 16 bits hold every length.
            let length = if hashed.quoted {
                unescaped(part).count()
            } else {
                part.len()
            };
            lower.push(&[(length >> 8) as u8, length as u8]);
            lower.add(part, hashed.quoted);
        }
        let mut hash = Hash {
            letters: [0; COMPAT_LETTERS + 1],
            length: STRONG_LETTERS,
        };
        let tag = lower.sign();
        let bits = tag
            .as_ref()
            .iter()
            .take(10)
            .fold(0_u128, |bits, &octet| bits << 8 | u128::from(octet));
        for (index, letter) in hash.letters.iter_mut().take(STRONG_LETTERS).enumerate() {
            *letter = base32((bits >> (75 - 5 * index)) as usize);
        }
        hash
    }
}

/// The character for the lowest five bits.
pub(super) fn base32(bits: usize) -> u8 {
    BASE32[bits & 31]
}

/// The five bits of a character, whatever its case.
pub(super) fn from_base32(letter: u8) -> Option<u16> {
    match letter.to_ascii_uppercase() {
        letter @ b'A'..=b'Z' => Some(u16::from(letter - b'A')),
        digit @ b'2'..=b'7' => Some(u16::from(digit - b'2') + 26),
        _ => None,
    }
}

/// The octets that a quoted text stands for.
fn unescaped(quoted: &[u8]) -> impl Iterator<Item = u8> {
    let mut escaped = false;
    quoted.iter().filter_map(move |&octet| {
        escaped = octet == b'\\' && !escaped;
        (!escaped).then_some(octet)
    })
}

/// Hashes ASCII letters in lower case, some at a time.
struct Lower {
    context: hmac::Context,
    buffer: [u8; 128],
    filled: usize,
}

impl Lower {
    fn new(key: &hmac::Key) -> Lower {
        Lower {
            context: hmac::Context::with_key(key),
            buffer: [0; 128],
            filled: 0,
        }
    }

    fn add(&mut self, part: &[u8], quoted: bool) {
        if quoted && memchr::memchr(b'\\', part).is_some() {
            for octet in unescaped(part) {
                self.push(&[octet.to_ascii_lowercase()]);
            }
            return;
        }
        for chunk in part.chunks(64) {
            let begin = self.push(chunk);
            self.buffer[begin..self.filled].make_ascii_lowercase();
        }
    }

    /// Takes at most 64 octets as they are, and returns where they begin in the buffer.
    fn push(&mut self, octets: &[u8]) -> usize {
        if self.buffer.len() - self.filled < octets.len() {
            self.context.update(&self.buffer[..self.filled]);
            self.filled = 0;
        }
        let begin = self.filled;
        self.filled += octets.len();
        self.buffer[begin..self.filled].copy_from_slice(octets);
        begin
    }

    fn sign(mut self) -> hmac::Tag {
        self.context.update(&self.buffer[..self.filled]);
        self.context.sign()
    }
}
