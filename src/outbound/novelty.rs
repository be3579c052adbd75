//! Which recipients an account wrote to before, in bounded memory and without their addresses.

use super::key::Key;
use super::octets::Octets;

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

    /// Octets of memory that pairs take.
    pub(super) fn used(&self) -> usize {
        let pairs: usize = self.filters.iter().map(|filter| filter.pairs).sum();
        pairs * BITS_FOR_PAIR / 8
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

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&(self.filters.len() as u64).to_le_bytes());
        for filter in &self.filters {
            out.extend_from_slice(&(filter.bits.len() as u64).to_le_bytes());
            out.extend_from_slice(&(filter.pairs as u64).to_le_bytes());
            out.extend(filter.bits.iter().flat_map(|word| word.to_le_bytes()));
        }
    }

    /// Knows what [`Novelty::write`] wrote, and grows from there to its own bound, or the size that it has already; none if the octets
    /// are not of a filter.
    pub(super) fn fill(&mut self, octets: &mut Octets<'_>) -> Option<()> {
        for _ in 0..octets.u64()? {
            let words = usize::try_from(octets.u64()?).ok()?;
            let pairs = usize::try_from(octets.u64()?).ok()?;
            let (bits, _) = octets.some(words.checked_mul(8)?)?.as_chunks();
            let bits: Vec<u64> = bits.iter().map(|word| u64::from_le_bytes(*word)).collect();
            let ordered = self.filters.last().is_none_or(|last| last.bits.len() <= words);
            if words == 0 || pairs > words * 64 || !ordered {
                return None;
            }
            self.most = self.most.max(words);
            self.filters.push(Filter { bits, pairs });
        }
        Some(())
    }

    /// From now on also knows what another one of the same key knows; either order gives the same. Filters of one size become one, from the
    /// newest on, so that until it is forgotten one that was full in both takes a new recipient for a known one in some 4 of 100 cases.
    pub(super) fn merge(&mut self, other: Novelty) {
        self.most = self.most.max(other.most);
        let mut theirs = other.filters;
        for filter in self.filters.iter_mut().rev() {
            if let Some(at) = theirs
                .iter()
                .rposition(|other| other.bits.len() == filter.bits.len())
            {
                filter.merge(&theirs.remove(at));
            }
        }
        self.filters.append(&mut theirs);
        self.filters.sort_by_key(|filter| filter.bits.len());
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

    fn merge(&mut self, other: &Filter) {
        for (word, more) in self.bits.iter_mut().zip(&other.bits) {
            *word |= more;
        }
        // Both may know the same pairs, so that these are not added but estimated by the bits that are set.
        let set: u64 = self.bits.iter().map(|word| u64::from(word.count_ones())).sum();
        let pairs = {
            let bits = (self.bits.len() * 64) as f64;
            let free = (1.0 - set as f64 / bits).max(1.0 / bits);
            (-free.ln() * bits / PROBES as f64).min(bits) as usize
        };
        self.pairs = pairs.max(self.pairs).max(other.pairs);
    }

    fn is_full(&self) -> bool {
        self.pairs * BITS_FOR_PAIR >= self.bits.len() * 64
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

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

    #[test]
    fn what_either_host_knows_both_know_and_neither_order_matters() {
        let host = |numbers: std::ops::Range<u32>| {
            let mut novelty = Novelty::new(1 << 14, Key::from([7; 16]));
            for number in numbers {
                novelty.is_new(1, format!("u{number}@example.net").as_bytes());
            }
            novelty
        };
        let written = |novelty: &Novelty| {
            let mut octets = Vec::new();
            novelty.write(&mut octets);
            octets
        };
        for (ours, theirs) in [(0..10, 5..500), (0..3_000, 3_000..9_000), (0..0, 0..900)] {
            let (mut one, mut two) = (host(ours.clone()), host(theirs.clone()));
            one.merge(host(theirs.clone()));
            two.merge(host(ours));
            assert_eq!(written(&one), written(&two));
            assert!(one.octets() <= 1 << 15, "{} octets", one.octets());
            let octets = written(&one);
            let mut read = Novelty::new(1 << 14, Key::from([7; 16]));
            read.fill(&mut Octets(&octets)).unwrap();
            assert_eq!(written(&read), octets);
            let latest = format!("u{}@example.net", theirs.end - 1);
            assert!(!read.is_new(1, latest.as_bytes()));
        }
    }
}
