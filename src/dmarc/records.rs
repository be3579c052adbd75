//! What domains publish, and the records that were read before.

use super::record::{Record, RecordProblem};
use super::walk::{Absence, Found};
use crate::clock::{Clock, Moment};
use crate::dns::cache::Cache;
use crate::dns::{Answer, Name, Txt};
use std::sync::Arc;
use std::time::Duration;

/// What an entry costs beside its octets: key, value, links and their place in the table.
const ENTRY_OCTETS: usize = 192;

/// How many records are kept, and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordsOptions {
    /// Domains whose record, or its absence, is kept. Beyond, those used least recently go; 0 keeps none. Default 8,192.
    pub entries: usize,
    /// Octets of all records kept, names and a flat cost for each included. Beyond, as for `entries`. Default 16 MiB.
    pub octets: usize,
    /// Records are kept as long as their answer's time to live says, and no longer than this. Default 1 day.
    pub ttl_ceiling: Duration,
    /// That there is no such record or name is kept no longer than this. Default 1 h (RFC 2308 section 5 advises 1 to 3).
    pub negative_ceiling: Duration,
}

impl Default for RecordsOptions {
    fn default() -> Self {
        RecordsOptions {
            entries: 8_192,
            octets: 16 << 20,
            ttl_ceiling: Duration::from_secs(86_400),
            negative_ceiling: Duration::from_secs(3600),
        }
    }
}

/// Parsed policy records that are kept for their time to live, so that an author domain which sends again costs neither questions
/// nor parsing. Names without a record are kept too, for walks ask more of these than of others, if the answer says for how long;
/// failures are not.
///
/// ```
/// use mailrep::clock::Clock;
/// use mailrep::dmarc::{Environment, Records, RecordsOptions};
/// let records = Records::new(Clock::system(), RecordsOptions::default());
/// let environment = Environment::default().with_records(&records);
/// ```
#[derive(Debug)]
pub struct Records {
    clock: Clock,
    options: RecordsOptions,
    /// The name again, so that a part of a longer one can be looked up and need not be copied.
    kept: Cache<Name, (Name, Found)>,
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

    pub(super) fn get(&self, domain: &str, now: Moment) -> Option<(Name, Found)> {
        let (kept, _) = self.kept.get(domain, now)?;
        Some(kept)
    }

    /// Keeps what came of an answer.
    pub(super) fn keep(&self, domain: &Name, published: &Published) {
        let (ttl, ceiling) = match published.lives {
            Lives::Records(ttl) => (ttl, self.options.ttl_ceiling),
            Lives::Absence(ttl) => (ttl, self.options.negative_ceiling),
            Lives::Unknown => return,
        };
        let time = Duration::from_secs(ttl.into()).min(ceiling);
        if time.is_zero() {
            return;
        }
        let octets = ENTRY_OCTETS + domain.as_str().len() + octets(&published.found);
        let kept = (domain.clone(), published.found.clone());
        self.kept
            .insert(domain.clone(), kept, self.clock.now().after(time), octets);
    }
}

/// For how many seconds an answer holds.
#[derive(Debug, Clone, Copy)]
enum Lives {
    Records(u32),
    Absence(u32),
    Unknown,
}

/// What an answer comes to.
pub(super) struct Published {
    pub(super) found: Found,
    lives: Lives,
}

impl Published {
    /// RFC 9989 section 4.10 steps 2 and 6.
    pub(super) fn read(answer: Answer<Arc<[Txt]>>) -> Published {
        let absent = |why, ttl: Option<u32>| Published {
            found: Found::Nothing(why),
            lives: ttl.map_or(Lives::Unknown, Lives::Absence),
        };
        match answer {
            Answer::Records { records, ttl } => {
                // Records of another version are discarded; of several, none counts.
                let mut parsed = records.iter().filter_map(|record| Record::parse(record).ok());
                let found = match (parsed.next(), parsed.count()) {
                    (None, _) => Found::Nothing(Absence::NoDmarcRecord),
                    (Some(record), 0) => Found::Record(Arc::new(record)),
                    (Some(_), more) => Found::Nothing(Absence::Several(more + 1)),
                };
                Published {
                    found,
                    lives: Lives::Records(ttl),
                }
            }
            Answer::NoData { ttl } => absent(Absence::NoData, ttl),
            Answer::NoSuchName { ttl } => absent(Absence::NoSuchName, ttl),
            Answer::MalformedName(error) => absent(Absence::Malformed(error), None),
            Answer::Failure(failure) => Published {
                found: Found::Failure(failure),
                lives: Lives::Unknown,
            },
        }
    }
}

fn octets(found: &Found) -> usize {
    let Found::Record(record) = found else {
        return 0;
    };
    let uris = record.rua.iter().chain(&record.ruf);
    let uris: usize = uris.map(|uri| size_of_val(uri) + uri.as_str().len()).sum();
    let problems = record.problems.iter().map(RecordProblem::octets);
    size_of::<Record>() + uris + problems.sum::<usize>()
}
