//! The hash in an address: made, and compared.

use super::keyed::{Keyed, Message};
use super::settings::Mac;

/// Letters of a whole interoperable hash, without base64's padding.
pub(super) const COMPAT_LETTERS: usize = 27;
/// Characters of a strong hash: 80 bits.
pub(super) const STRONG_LETTERS: usize = 16;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
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
pub(super) struct Keys {
    compat: Keyed<5>,
    strong: Keyed<8>,
}

/// Keys are not shown.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys")
    }
}

/// A hash. It is written in letters only where they go: what was stored in small pieces is slow to copy.
pub(super) struct Hash {
    mac: Mac,
    /// Of HMAC-SHA1, the first five.
    words: [u32; 8],
}

impl Hash {
    /// The first letters: six bits each in base64, or five in base32.
    pub(super) fn letters(&self, count: usize) -> impl Iterator<Item = u8> {
        let (alphabet, bits): (&[u8], _) = match self.mac {
            Mac::Compat => (BASE64, 6),
            Mac::Strong => (BASE32, 5),
        };
        let mut words = self.words.iter();
        let (mut taken, mut left) = (0_u64, 0);
        (0..count).map(move |_| {
            if left < bits {
                taken = taken << 32 | u64::from(words.next().copied().unwrap_or(0));
                left += 32;
            }
            left -= bits;
            alphabet[(taken >> left) as usize % alphabet.len()]
        })
    }
}

impl Keys {
    pub(super) fn new(secret: &[u8]) -> Keys {
        Keys {
            compat: Keyed::sha1(secret),
            strong: Keyed::sha256(secret),
        }
    }

    pub(super) fn hash(&self, mac: Mac, hashed: Hashed<'_>) -> Hash {
        let mut words = [0; 8];
        match mac {
            Mac::Compat => {
                let mut message = self.compat.begin();
                for part in hashed.parts {
                    add(&mut message, part, hashed.quoted);
                }
                words[..5].copy_from_slice(&message.finish());
            }
            Mac::Strong => {
                let mut message = self.strong.begin();
                message.add(hashed.label);
                for part in hashed.parts {
                    let length = match hashed.quoted {
                        true => unescaped(part).count(),
                        false => part.len(),
                    };
                    // Addresses are bounded, so that 16 bits hold every length.
                    message.add(&[(length >> 8) as u8, length as u8]);
                    add(&mut message, part, hashed.quoted);
                }
                words = message.finish();
            }
        }
        Hash { mac, words }
    }

    /// Whether `given` is the hash, or the beginning of an interoperable one.
    pub(super) fn verify(&self, mac: Mac, hashed: Hashed<'_>, given: &[u8]) -> bool {
        let fits = match mac {
            Mac::Compat => given.len() <= COMPAT_LETTERS,
            Mac::Strong => given.len() == STRONG_LETTERS,
        };
        if !fits {
            return false;
        }
        // Relays change the case of letters; PostSRSd 2 writes base64 in the alphabet for URLs. Every letter is looked at, so
        // that the time does not tell how many are right.
        let read = |letter: u8| match letter {
            b'-' if mac == Mac::Compat => b'+',
            b'_' if mac == Mac::Compat => b'/',
            letter => letter.to_ascii_lowercase(),
        };
        let hash = self.hash(mac, hashed);
        let pairs = hash.letters(given.len()).zip(given);
        let differences = pairs.fold(0, |all, (expected, &given)| {
            all | (expected.to_ascii_lowercase() ^ read(given))
        });
        std::hint::black_box(differences) == 0
    }
}

fn add<const WORDS: usize>(message: &mut Message<'_, WORDS>, part: &[u8], quoted: bool) {
    if quoted {
        for octet in unescaped(part) {
            message.add_lower(&[octet]);
        }
    } else {
        message.add_lower(part);
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

/// The character for the lowest five bits.
pub(super) fn base32(bits: u16) -> u8 {
    BASE32[usize::from(bits & 31)]
}

/// The five bits of a character, whatever its case.
pub(super) fn from_base32(letter: u8) -> Option<u16> {
    match letter.to_ascii_uppercase() {
        letter @ b'A'..=b'Z' => Some(u16::from(letter - b'A')),
        digit @ b'2'..=b'7' => Some(u16::from(digit - b'2') + 26),
        _ => None,
    }
}
