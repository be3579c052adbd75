//! What is kept, until when, and within which bounds.

use crate::clock::Moment;
use hashlink::LinkedHashMap;
use hashlink::linked_hash_map::RawEntryMut;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Caches at least this large are divided, so that threads seldom meet at one lock.
const LARGE: usize = 4096;
/// Parts of a large cache.
const PARTS: usize = 16;

/// Values that expire, bounded in number and in octets; what was used least recently goes first.
///
/// Keys are hashed with a secret of this process, so that strangers who choose keys cannot make them collide.
/// All methods take a lock for the time of one table operation and none waits for anything else.
///
/// ```
/// use mailrep::clock::Moment;
/// use mailrep::dns::cache::Cache;
/// use std::time::Duration;
/// let cache = Cache::new(100, 10_000);
/// let expires = Moment::default().after(Duration::from_secs(60));
/// cache.insert("key", 1, expires, 8);
/// assert_eq!(cache.get(&"key", Moment::default()), Some((1, expires)));
/// assert_eq!(cache.get(&"key", expires), None);
/// ```
pub struct Cache<K, V> {
    parts: Box<[Mutex<Part<K, V>>]>,
    hasher: RandomState,
    /// Bounds of each part.
    most_entries: usize,
    most_octets: usize,
}

struct Part<K, V> {
    /// In the order of their last use, the least recent first.
    entries: LinkedHashMap<K, Entry<V>, RandomState>,
    octets: usize,
}

struct Entry<V> {
    value: V,
    expires: Moment,
    octets: usize,
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    /// An empty cache for at most so many entries of at most so many octets together, as they are stated to
    /// [`Cache::insert`]. One of 4,096 entries and more is divided into 16 equal parts, each with its share of
    /// both bounds.
    pub fn new(most_entries: usize, most_octets: usize) -> Self {
        let parts = if most_entries >= LARGE { PARTS } else { 1 };
        let hasher = RandomState::new();
        Cache {
            parts: (0..parts)
                .map(|_| {
                    Mutex::new(Part {
                        entries: LinkedHashMap::with_hasher(hasher.clone()),
                        octets: 0,
                    })
                })
                .collect(),
            hasher,
            most_entries: most_entries / parts,
            most_octets: most_octets / parts,
        }
    }

    /// The value kept for `key` and when it expires, unless that is `now` or was before.
    pub fn get(&self, key: &K, now: Moment) -> Option<(V, Moment)> {
        let hash = self.hasher.hash_one(key);
        let mut part = self.part(hash);
        let RawEntryMut::Occupied(mut found) =
            part.entries.raw_entry_mut().from_key_hashed_nocheck(hash, key)
        else {
            return None;
        };
        if found.get().expires > now {
            found.to_back();
            let entry = found.get();
            return Some((entry.value.clone(), entry.expires));
        }
        let gone = found.remove();
        part.octets -= gone.octets;
        None
    }

    /// Keeps `value` until `expires` in place of what was kept for `key`. `octets` is what the entry occupies, by
    /// the caller's reckoning. A value larger than the cache (or a part of it) is not kept.
    pub fn insert(&self, key: K, value: V, expires: Moment, octets: usize) {
        let hash = self.hasher.hash_one(&key);
        let mut part = self.part(hash);
        if let RawEntryMut::Occupied(old) = part.entries.raw_entry_mut().from_key_hashed_nocheck(hash, &key) {
            let old = old.remove();
            part.octets -= old.octets;
        }
        if octets > self.most_octets || self.most_entries == 0 {
            return;
        }
        // Neither subtraction can wrap: `octets` is within the bound, and so is what the loop leaves.
        while part.entries.len() >= self.most_entries || part.octets > self.most_octets - octets {
            let Some((_, evicted)) = part.entries.pop_front() else {
                break;
            };
            part.octets -= evicted.octets;
        }
        part.octets += octets;
        let entry = Entry {
            value,
            expires,
            octets,
        };
        if let RawEntryMut::Vacant(place) = part.entries.raw_entry_mut().from_key_hashed_nocheck(hash, &key) {
            place.insert_hashed_nocheck(hash, key, entry);
        }
    }

    /// Forgets what is kept for `key`.
    pub fn remove(&self, key: &K) {
        let hash = self.hasher.hash_one(key);
        let mut part = self.part(hash);
        if let Some(gone) = part.entries.remove(key) {
            part.octets -= gone.octets;
        }
    }

    fn part(&self, hash: u64) -> MutexGuard<'_, Part<K, V>> {
        // The table uses the hash's lowest and highest bits, so these are from between.
        let at = (hash >> 40) as usize % self.parts.len();
        lock(&self.parts[at])
    }
}

impl<K, V> Cache<K, V> {
    /// How many entries there are, expired ones included that nothing has displaced yet.
    pub fn len(&self) -> usize {
        self.parts.iter().map(|part| lock(part).entries.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The octets of all entries together.
    pub fn octets(&self) -> usize {
        self.parts.iter().map(|part| lock(part).octets).sum()
    }
}

impl<K, V> fmt::Debug for Cache<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache")
            .field("entries", &self.len())
            .field("octets", &self.octets())
            .finish_non_exhaustive()
    }
}

/// Every change below a lock is complete when something could panic, so a poisoned lock is as good as any.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
