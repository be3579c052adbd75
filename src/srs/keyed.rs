//! HMAC (RFC 2104) whose key is taken in once. An address mostly fits into one block: its hash then costs two compressions, and no
//! hasher is copied.

use sha1::Digest as _;
use std::slice::from_ref;
use zeroize::Zeroize as _;

/// Octets of a block of SHA-1 and of SHA-256.
const BLOCK: usize = 64;

type Block = [u8; BLOCK];

/// A key for HMAC over a hash function whose state has so many words.
pub(super) struct Keyed<const WORDS: usize> {
    compress: fn(&mut [u32; WORDS], &[Block]),
    /// The states after the block of the key, for the inner and the outer hash.
    inner: [u32; WORDS],
    outer: [u32; WORDS],
}

impl<const WORDS: usize> Drop for Keyed<WORDS> {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

impl Keyed<5> {
    /// HMAC-SHA1.
    pub(super) fn sha1(key: &[u8]) -> Keyed<5> {
        // FIPS 180-4 section 5.3.1.
        let initial = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
        let long = (key.len() > BLOCK).then(|| sha1::Sha1::digest(key));
        Keyed::new(initial, sha1::block_api::compress, long.as_deref().unwrap_or(key))
    }
}

impl Keyed<8> {
    /// HMAC-SHA256.
    pub(super) fn sha256(key: &[u8]) -> Keyed<8> {
        // FIPS 180-4 section 5.3.3.
        let initial = [
            0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
        ];
        let long = (key.len() > BLOCK).then(|| sha2::Sha256::digest(key));
        Keyed::new(
            initial,
            sha2::block_api::compress256,
            long.as_deref().unwrap_or(key),
        )
    }
}

impl<const WORDS: usize> Keyed<WORDS> {
    /// The key has at most a block.
    fn new(initial: [u32; WORDS], compress: fn(&mut [u32; WORDS], &[Block]), key: &[u8]) -> Keyed<WORDS> {
        let state = |pad: u8| {
            let mut block = [pad; BLOCK];
            for (octet, key) in block.iter_mut().zip(key) {
                *octet ^= key;
            }
            let mut state = initial;
            compress(&mut state, from_ref(&block));
            block.zeroize();
            state
        };
        Keyed {
            compress,
            inner: state(0x36),
            outer: state(0x5c),
        }
    }

    pub(super) fn begin(&self) -> Message<'_, WORDS> {
        Message {
            key: self,
            state: self.inner,
            block: [0; BLOCK],
            filled: 0,
            octets: 0,
        }
    }
}

/// A message that is being hashed.
pub(super) struct Message<'a, const WORDS: usize> {
    key: &'a Keyed<WORDS>,
    state: [u32; WORDS],
    /// Zero from `filled` on.
    block: Block,
    /// Octets of the block that are taken: never all of them.
    filled: usize,
    /// Octets of the blocks before.
    octets: usize,
}

impl<const WORDS: usize> Message<'_, WORDS> {
    /// Takes octets as they are.
    pub(super) fn add(&mut self, octets: &[u8]) {
        self.take(octets, |_| ());
    }

    /// Takes octets, ASCII letters in lower case.
    pub(super) fn add_lower(&mut self, octets: &[u8]) {
        self.take(octets, lower);
    }

    fn take(&mut self, mut octets: &[u8], change: impl Fn(&mut [u8])) {
        while !octets.is_empty() {
            let (now, later) = octets.split_at(octets.len().min(BLOCK - self.filled));
            let place = &mut self.block[self.filled..self.filled + now.len()];
            place.copy_from_slice(now);
            change(place);
            self.filled += now.len();
            if self.filled == BLOCK {
                (self.key.compress)(&mut self.state, from_ref(&self.block));
                self.block = [0; BLOCK];
                self.filled = 0;
                self.octets += BLOCK;
            }
            octets = later;
        }
    }

    /// The words of the hash, the first one first.
    pub(super) fn finish(&mut self) -> [u32; WORDS] {
        let octets = BLOCK + self.octets + self.filled;
        self.block[self.filled] = 0x80;
        // FIPS 180-4 section 5.1.1: the length takes the last eight octets.
        if self.filled >= BLOCK - 8 {
            (self.key.compress)(&mut self.state, from_ref(&self.block));
            self.block = [0; BLOCK];
        }
        self.end(octets);
        let state = std::mem::replace(&mut self.state, self.key.outer);
        self.block = [0; BLOCK];
        for (place, word) in self.block.chunks_exact_mut(4).zip(state) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        self.block[4 * WORDS] = 0x80;
        self.end(BLOCK + 4 * WORDS);
        self.state
    }

    /// Compresses the last block of a hash over so many octets.
    fn end(&mut self, octets: usize) {
        let bits = (octets as u64) * 8;
        self.block[BLOCK - 8..].copy_from_slice(&bits.to_be_bytes());
        (self.key.compress)(&mut self.state, from_ref(&self.block));
    }
}

/// As `make_ascii_lowercase`, eight octets at once: what is short takes longest there.
fn lower(octets: &mut [u8]) {
    const AT_ONCE: usize = 8;
    let (words, rest) = octets.as_chunks_mut::<AT_ONCE>();
    for word in words {
        word.make_ascii_lowercase();
    }
    if rest.is_empty() {
        return;
    }
    // Letters that are lower already stay so.
    match octets.last_chunk_mut::<AT_ONCE>() {
        Some(last) => last.make_ascii_lowercase(),
        None => octets.make_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex<const WORDS: usize>(key: &Keyed<WORDS>, message: &[u8]) -> String {
        let mut hashed = key.begin();
        // In pieces, so that they cross blocks.
        for piece in message.chunks(7) {
            hashed.add(piece);
        }
        hashed.finish().iter().map(|word| format!("{word:08x}")).collect()
    }

    #[test]
    fn rfc2202_section_3_hmac_sha1() {
        assert_eq!(
            hex(&Keyed::sha1(b"Jefe"), b"what do ya want for nothing?"),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"
        );
        assert_eq!(
            hex(&Keyed::sha1(&[0xaa; 20]), &[0xdd; 50]),
            "125d7342b9ac11cd91a39af48aa17b4f63f175d3"
        );
    }

    #[test]
    fn rfc4231_section_4_hmac_sha256() {
        assert_eq!(
            hex(&Keyed::sha256(b"Jefe"), b"what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(&Keyed::sha256(&[0xaa; 20]), &[0xdd; 50]),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"
        );
    }

    #[test]
    fn letters_are_made_lower_at_every_length() {
        for length in 0..40 {
            let mut octets = b"aB@[`{Z9".repeat(5)[..length].to_vec();
            let expected = octets.to_ascii_lowercase();
            lower(&mut octets);
            assert_eq!(octets, expected);
        }
    }

    #[test]
    fn messages_and_keys_of_any_length_hash_as_those_of_aws_lc() {
        use aws_lc_rs::hmac;
        let octets: Vec<u8> = (0..300).map(|n| (n * 7 % 26) as u8 + b'a').collect();
        for length in 0..octets.len() {
            let (key, message) = (&octets[..(length * 5) % 160], &octets[..length]);
            let theirs = |algorithm| {
                let tag = hmac::sign(&hmac::Key::new(algorithm, key), message);
                tag.as_ref()
                    .iter()
                    .map(|octet| format!("{octet:02x}"))
                    .collect::<String>()
            };
            assert_eq!(
                hex(&Keyed::sha1(key), message),
                theirs(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)
            );
            assert_eq!(hex(&Keyed::sha256(key), message), theirs(hmac::HMAC_SHA256));
        }
    }
}
