//! What domains publish, and the records that were read before.

use super::record::Record;
use super::syntax::SyntaxError;
use crate::clock::{Clock, Moment};
use crate::dns::cache::Cache;
use crate::dns::{Name, Txt};
use std::sync::Arc;
use std::time::Duration;

/// What an entry costs beside its octets: key, value, links and their place in the table.
const ENTRY_OCTETS: usize = 192;

/// How many records are kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsOptions {
    /// Domains whose record is kept. Beyond, those used least recently go; 0 keeps none. Default 8,192.
    pub entries: usize,
    /// Octets of all records kept, names and a flat cost for each included. Beyond, as for `entries`. Default 16 MiB.
    pub octets: usize,
    /// Records are kept as long as their answer's time to live says, and no longer than this. Default 1 day.
    pub ttl_ceiling: Duration,
}

impl Default for RecordsOptions {
    fn default() -> Self {
        RecordsOptions {
            entries: 8_192,
            octets: 16 << 20,
            ttl_ceiling: Duration::from_secs(86_400),
        }
    }
}

/// Parsed records that are kept for their time to live, so that a domain which sends again costs neither a question nor
/// parsing. Broken records are kept too, and that there is none among a domain's texts; no failure is, and not that a
/// domain has no text at all.
///
/// ```
/// use mailrep::clock::Clock;
/// use mailrep::spf::{Environment, Records, RecordsOptions};
/// let records = Records::new(Clock::system(), RecordsOptions::default());
/// let limits = mailrep::Limits::default();
/// let environment = Environment::from(&limits).with_records(&records);
/// ```
#[derive(Debug)]
pub struct Records {
    clock: Clock,
    options: RecordsOptions,
    kept: Cache<Name, Published>,
}

impl Records {
    /// Nothing is kept yet. `clock` is the one of the checks.
    pub fn new(clock: Clock, options: RecordsOptions) -> Self {
        Records {
            clock,
            kept: Cache::new(options.entries, options.octets),
            options,
        }
    }

    /// Domains kept now, expired ones included that nothing has displaced yet.
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

    /// The present moment on the clock of what is kept.
    pub(super) fn now(&self) -> Moment {
        self.clock.now()
    }

    pub(super) fn get(&self, domain: &Name, now: Moment) -> Option<Published> {
        let (published, _) = self.kept.get(domain, now)?;
        Some(published)
    }

    /// Keeps what came of an answer with this time to live, in seconds.
    pub(super) fn keep(&self, domain: &Name, published: &Published, ttl: u32) {
        let time = Duration::from_secs(ttl.into()).min(self.options.ttl_ceiling);
        if time.is_zero() {
            return;
        }
        let octets = ENTRY_OCTETS + domain.as_str().len() + published.octets();
        let expires = self.clock.now().after(time);
        self.kept
            .insert(domain.clone(), published.clone(), expires, octets);
    }
}

/// What the texts of a domain come to: RFC 7208 sections 4.5 and 4.6.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Published {
    Record(Arc<Record>),
    /// No SPF record is among the texts.
    Nothing,
    /// So many are.
    Several(usize),
    /// The only one cannot be read.
    Broken(Arc<Broken>),
}

/// A record that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    pub(super) text: Box<str>,
    pub(super) error: SyntaxError,
}

impl Published {
    pub(super) fn read(texts: &[Txt]) -> Published {
        // RFC 7208 section 4.5: records without the version are discarded; none left is none, more than one a
        // permerror.
        let mut found = texts.iter().filter(|text| Record::is_record(text));
        let Some(text) = found.next() else {
            return Published::Nothing;
        };
        let more = found.count();
        if more > 0 {
            return Published::Several(more + 1);
        }
        // RFC 7208 section 4.6: a syntax error anywhere in the record is a permerror, and nothing of the record is
        // evaluated.
        match Record::parse(text) {
            Ok(record) => Published::Record(Arc::new(record)),
            Err(error) => Published::Broken(Arc::new(Broken {
                text: String::from_utf8_lossy(text).into(),
                error,
            })),
        }
    }

    fn octets(&self) -> usize {
        match self {
            Published::Record(record) => record.octets(),
            Published::Nothing | Published::Several(_) => 0,
            Published::Broken(broken) => size_of::<Broken>() + broken.text.len() + broken.error.term.len(),
        }
    }
}
