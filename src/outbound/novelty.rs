//! Which recipients an account wrote to before, in bounded memory and without their addresses.

use super::key::Key;

/// A filter of pairs of account and recipient. It grows to its bound, and then forgets the older half of them when it is full;
/// whoever is written to again stays. Addresses cannot be read back from it: it holds bits of a keyed hash.
///
/// It may take a new recipient for a known one, in one of some hundred cases; never a known one for new that it still remembers.
#[derive(Debug)]
pub(super) struct Novelty {
    key: Key,
    /// The last one is filled, those before it are full. Each has twice the room of the one before it, until one has half of the
    /// bound: then there are two of that size.
    filters: Vec<Filter>,
    /// Words that a filter may have.
    most: usize,
}

#[derive(Debug, Clone)]
struct Filter {
    bits: Vec<u64>,
    pairs: usize,
}

/// Bits set for a pair, and bits of memory for one: a full filter has a false "known" in 0.2 % of cases.
const PROBES: u64 = 6;
const BITS_FOR_PAIR: usize = 14;
/// Words of the first filter: room for some hundred pairs.
const FIRST: usize = 16;

impl Novelty {
    /// A filter of so many octets at most, rounded up to a multiple of 16. It has none until it is used.
    pub(super) fn new(octets: usize, key: Key) -> Novelty {
        Novelty {
            key,
            filters: Vec::new(),
            most: octets.div_ceil(16).max(1),
        }
    }

    /// Octets of memory.
    pub(super) fn octets(&self) -> usize {
        self.filters.iter().map(|filter| filter.bits.len() * 8).sum()
    }

    /// Whether the account writes to this recipient for the first time, as far as it is remembered; from now on it is known.
    pub(super) fn is_new(&mut self, account: u64, recipient: &[u8]) -> bool {
        let hash = self.hash(account, recipient);
        let place = self.filters.iter().rposition(|filter| filter.has(hash));
        if place.is_none_or(|place| place + 1 < self.filters.len()) {
            self.put(hash);
        }
        place.is_none()
    }

    fn put(&mut self, hash: u64) {
        let last = self.filters.last();
        if last.is_none_or(Filter::is_full) {
            let words = last.map_or(FIRST, |last| last.bits.len() * 2).min(self.most);
            if last.is_some_and(|last| last.bits.len() == self.most) {
                self.filters.drain(..self.filters.len() - 1);
            }
            self.filters.push(Filter {
                bits: vec![0; words],
                pairs: 0,
            });
        }
        if let Some(filter) = self.filters.last_mut() {
            filter.put(hash);
        }
    }

    fn hash(&self, account: u64, recipient: &[u8]) -> u64 {
        // RFC 5321 section 2.4: domains are compared without letter case; local parts are, by nearly every server.
        self.key.of_lowercase(account, recipient)
    }
}

impl Filter {
    fn places(&self, hash: u64) -> impl Iterator<Item = (usize, u64)> + use<> {
        let bits = self.bits.len() as u64 * 64;
        // Two hashes of 32 bits make as many as are wanted.
        let (one, two) = (hash & 0xffff_ffff, (hash >> 32) | 1);
        (0..PROBES).map(move |probe| {
            let mixed = one
                .wrapping_add(probe.wrapping_mul(two))
                .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let bit = ((u128::from(mixed) * u128::from(bits)) >> 64) as usize;
            (bit / 64, 1 << (bit % 64))
        })
    }

    fn has(&self, hash: u64) -> bool {
        self.places(hash).all(|(word, bit)| self.bits[word] & bit != 0)
    }

    fn put(&mut self, hash: u64) {
        for (word, bit) in self.places(hash) {
            self.bits[word] |= bit;
        }
        self.pairs += 1;
    }

    fn is_full(&self) -> bool {
        self.pairs * BITS_FOR_PAIR >= self.bits.len() * 64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_recipient_is_new_once_for_each_account_whatever_the_letter_case() {
        let mut novelty = Novelty::new(1 << 16, Key::from([7; 16]));
        assert!(novelty.is_new(1, b"bob@example.net"));
        assert!(!novelty.is_new(1, b"Bob@EXAMPLE.net"));
        assert!(novelty.is_new(2, b"bob@example.net"));
        assert!(novelty.is_new(1, b"bob@example.com"));
    }

    #[test]
    fn who_is_written_to_again_stays_and_others_age_out() {
        let mut novelty = Novelty::new(4_096, Key::from([7; 16]));
        let name = |number: u32| format!("u{number}@example.net");
        assert!(novelty.is_new(1, b"friend@example.net"));
        let mut again = 0;
        for number in 0..20_000 {
            novelty.is_new(1, name(number).as_bytes());
            if number % 500 == 0 {
                again += u32::from(novelty.is_new(1, b"friend@example.net"));
            }
        }
        assert_eq!(again, 0, "the friend was forgotten");
        assert!(novelty.is_new(1, name(0).as_bytes()), "the oldest is still known");
        assert!(novelty.octets() <= 4_096, "memory is bounded");
    }

    #[test]
    fn few_new_recipients_are_taken_for_known_ones() {
        let mut novelty = Novelty::new(64 << 10, Key::from([7; 16]));
        let pairs: u64 = 20_000;
        let mistaken = (0..pairs)
            .filter(|number| !novelty.is_new(*number, b"x@example.net"))
            .count();
        assert!(mistaken < 600, "{mistaken} of {pairs}");
    }
}
