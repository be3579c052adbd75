//! The keys that domains publish, and those that were read before.

use super::key::{KeyProblem, KeyRecord};
use crate::clock::Clock;
use crate::dns::cache::Cache;
use crate::dns::{Name, Txt};
use std::sync::Arc;
use std::time::Duration;

/// Key records at one name that are tried.
const MOST_KEYS: usize = 4;
/// What an entry costs beside its keys: name, links and their place in the table.
const ENTRY_OCTETS: usize = 192;
/// Most that the words of a [`KeyProblem`] cost: what they quote is cut at 80 octets.
const PROBLEM_OCTETS: usize = 336;

/// How many keys are kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeysOptions {
    /// Names (selector and domain) whose keys are kept. Beyond, those used least recently go; 0 keeps none. Default 8,192.
    pub entries: usize,
    /// Octets of all keys kept, names and a flat cost for each included. Beyond, as for `entries`. Default 32 MiB.
    pub octets: usize,
    /// Keys are kept as long as their answer's time to live says, and no longer than this. Default 1 day.
    pub ttl_ceiling: Duration,
}

impl Default for KeysOptions {
    fn default() -> Self {
        KeysOptions {
            entries: 8_192,
            octets: 32 << 20,
            ttl_ceiling: Duration::from_secs(86_400),
        }
    }
}

/// Keys that are kept, read and ready, for their time to live, so that a domain which sends again costs neither a question
/// nor parsing. Broken records are kept too, with what is wrong with them; no failure is, and not that there is no key.
///
/// ```
/// use mailrep::{Limits, clock::{Clock, UnixTime}, dkim, message::HeaderFields};
/// use std::sync::Arc;
/// let keys = Arc::new(dkim::Keys::new(Clock::system(), dkim::KeysOptions::default()));
/// let (limits, policy) = (Limits::default(), dkim::Policy::default());
/// let prepared = dkim::prepare(&HeaderFields::default(), None, UnixTime(0), &limits, &policy).with_keys(&keys);
/// assert!(prepared.is_empty() && keys.is_empty());
/// ```
#[derive(Debug)]
pub struct Keys {
    clock: Clock,
    options: KeysOptions,
    kept: Cache<Name, Published>,
}

impl Keys {
    /// Nothing is kept yet. `clock` is the one of the checks.
    pub fn new(clock: Clock, options: KeysOptions) -> Self {
        Keys {
            clock,
            kept: Cache::new(options.entries, options.octets),
            options,
        }
    }

    /// Names kept now, expired ones included that nothing has displaced yet.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether nothing is kept.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// The octets of what is kept, roughly.
    pub fn octets(&self) -> usize {
        self.kept.octets()
    }

    pub(super) fn get(&self, name: &Name) -> Option<Published> {
        let (published, _) = self.kept.get(name, self.clock.now())?;
        Some(published)
    }

    /// Keeps what came of an answer with this time to live, in seconds.
    pub(super) fn keep(&self, name: &Name, published: &Published, ttl: u32) {
        let time = Duration::from_secs(ttl.into()).min(self.options.ttl_ceiling);
        if time.is_zero() {
            return;
        }
        let octets = ENTRY_OCTETS + name.as_str().len() + published.octets();
        let expires = self.clock.now().after(time);
        self.kept.insert(name.clone(), published.clone(), expires, octets);
    }
}

/// The records at one name, read.
#[derive(Debug, Clone)]
pub(super) struct Published(Arc<[Result<KeyRecord, KeyProblem>]>);

impl Published {
    /// Several records at one name are undefined by RFC 6376 section 3.6.2.2; section 6.1.2 lets a verifier try each in
    /// turn, and so the first [`MOST_KEYS`] are tried.
    pub(super) fn read(records: &[Txt]) -> Published {
        let read = |record: &Txt| KeyRecord::parse(record);
        Published(records.iter().take(MOST_KEYS).map(read).collect())
    }

    pub(super) fn records(&self) -> &[Result<KeyRecord, KeyProblem>] {
        &self.0
    }

    fn octets(&self) -> usize {
        let each = size_of::<Result<KeyRecord, KeyProblem>>();
        let more = |record: &Result<KeyRecord, KeyProblem>| match record {
            Ok(key) => key.key().octets(),
            Err(_) => PROBLEM_OCTETS,
        };
        self.0.iter().map(|record| each + more(record)).sum()
    }
}
