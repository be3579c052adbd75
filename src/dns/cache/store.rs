//! What is kept, until when, and within which bounds.

use crate::clock::Moment;
use hashlink::LinkedHashMap;
use hashlink::linked_hash_map::RawEntryMut;
use std::borrow::Borrow;
use std::fmt;
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
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
    bounds: Bounds,
}

/// In the order of their last use, the least recent first.
type Part<K, V> = LinkedHashMap<K, Entry<V>, RandomState>;

struct Entry<V> {
    value: V,
    expires: Moment,
    octets: usize,
}

/// What all parts hold together, and what they may. Parts have no bounds of their own: keys do not spread evenly, so one
/// part would be full, and lose what is still used, while others have room.
struct Bounds {
    entries: AtomicUsize,
    octets: AtomicUsize,
    most_entries: usize,
    most_octets: usize,
}

impl Bounds {
    /// An entry counts before it is kept, so that what all threads keep together never exceeds the bounds.
    fn count(&self, octets: usize) {
        self.entries.fetch_add(1, Ordering::Relaxed);
        self.octets.fetch_add(octets, Ordering::Relaxed);
    }

    fn uncount(&self, octets: usize) {
        self.entries.fetch_sub(1, Ordering::Relaxed);
        self.octets.fetch_sub(octets, Ordering::Relaxed);
    }

    fn are_exceeded(&self) -> bool {
        self.entries.load(Ordering::Relaxed) > self.most_entries
            || self.octets.load(Ordering::Relaxed) > self.most_octets
    }
}

impl<K: Hash + Eq, V: Clone> Cache<K, V> {
    /// An empty cache for at most so many entries of at most so many octets together, as they are stated to
    /// [`Cache::insert`]. One of 4,096 entries and more is divided into 16 parts with a lock each; within a part, what
    /// was used least recently goes first.
    pub fn new(most_entries: usize, most_octets: usize) -> Self {
        let parts = if most_entries >= LARGE { PARTS } else { 1 };
        let hasher = RandomState::new();
        Cache {
            parts: (0..parts)
                .map(|_| Mutex::new(LinkedHashMap::with_hasher(hasher.clone())))
                .collect(),
            hasher,
            bounds: Bounds {
                entries: AtomicUsize::new(0),
                octets: AtomicUsize::new(0),
                most_entries,
                most_octets,
            },
        }
    }

    /// The value kept for `key` and when it expires, unless that is `now` or was before.
    pub fn get<Q>(&self, key: &Q, now: Moment) -> Option<(V, Moment)>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        let hash = self.hasher.hash_one(key);
        let mut part = lock(self.part(hash));
        let RawEntryMut::Occupied(mut found) = part.raw_entry_mut().from_key_hashed_nocheck(hash, key) else {
            return None;
        };
        if found.get().expires > now {
            found.to_back();
            let entry = found.get();
            return Some((entry.value.clone(), entry.expires));
        }
        let gone = found.remove();
        self.bounds.uncount(gone.octets);
        None
    }

    /// Keeps `value` until `expires` in place of what was kept for `key`. `octets` is what the entry occupies, by
    /// the caller's reckoning. A value larger than the cache (or, if it is divided, a sixteenth of it) is not kept.
    pub fn insert(&self, key: K, value: V, expires: Moment, octets: usize) {
        let hash = self.hasher.hash_one(&key);
        self.remove_hashed(hash, &key);
        if octets > self.bounds.most_octets / self.parts.len() {
            return;
        }
        self.bounds.count(octets);
        if !self.make_room(hash) {
            self.bounds.uncount(octets);
            return;
        }
        let entry = Entry {
            value,
            expires,
            octets,
        };
        let mut part = lock(self.part(hash));
        match part.raw_entry_mut().from_key_hashed_nocheck(hash, &key) {
            RawEntryMut::Vacant(place) => {
                place.insert_hashed_nocheck(hash, key, entry);
            }
            // Another thread was faster.
            RawEntryMut::Occupied(mut other) => {
                let other = std::mem::replace(other.get_mut(), entry);
                self.bounds.uncount(other.octets);
            }
        }
    }

    /// Forgets what is kept for `key`.
    pub fn remove(&self, key: &K) {
        self.remove_hashed(self.hasher.hash_one(key), key);
    }

    fn remove_hashed(&self, hash: u64, key: &K) {
        let mut part = lock(self.part(hash));
        if let RawEntryMut::Occupied(old) = part.raw_entry_mut().from_key_hashed_nocheck(hash, key) {
            let old = old.remove();
            self.bounds.uncount(old.octets);
        }
    }

    /// Removes entries until all is within the bounds, first from the part of this hash; whether that was enough.
    fn make_room(&self, hash: u64) -> bool {
        let (before, from) = self.parts.split_at(self.place(hash));
        for part in from.iter().chain(before) {
            if !self.bounds.are_exceeded() {
                return true;
            }
            let mut part = lock(part);
            while self.bounds.are_exceeded() {
                let Some((_, evicted)) = part.pop_front() else {
                    break;
                };
                self.bounds.uncount(evicted.octets);
            }
        }
        !self.bounds.are_exceeded()
    }

    fn part(&self, hash: u64) -> &Mutex<Part<K, V>> {
        &self.parts[self.place(hash)]
    }

    fn place(&self, hash: u64) -> usize {
        // The table uses the hash's lowest and highest bits, so these are from between.
        (hash >> 40) as usize % self.parts.len()
    }
}

impl<K, V> Cache<K, V> {
    /// How many entries there are, expired ones included that nothing has displaced yet.
    pub fn len(&self) -> usize {
        self.bounds.entries.load(Ordering::Relaxed)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The octets of all entries together.
    pub fn octets(&self) -> usize {
        self.bounds.octets.load(Ordering::Relaxed)
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
