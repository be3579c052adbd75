//! Answers are kept for as long as they may be, and asked for once at a time.
//!
//! [`CachedResolver`] stands before any [`Resolver`]. [`Cache`] under it is for everybody who keeps something
//! for a time, such as parsed records.

mod store;
#[cfg(test)]
mod tests;

pub use store::Cache;

use super::{Answer, Failure, Question, RecordSet, Resolver};
use crate::clock::{Clock, Moment};
use futures_channel::oneshot;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Either, Shared, WeakShared, select};
use std::collections::HashMap;
use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use store::lock;

/// The longest that a failure is kept (RFC 2308 section 7, RFC 9520 section 3.2).
const MOST_FAILURE_TIME: Duration = Duration::from_secs(300);
/// How often one lookup joins questions of others that end by their earlier deadlines, before it asks by itself.
const MOST_JOINED: usize = 3;
/// What an entry costs beside its octets: key, value, links and their place in the table.
const ENTRY_OCTETS: usize = 192;

/// What is kept and for how long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheOptions {
    /// Answers kept. Beyond, those used least recently go. Default 65,536.
    pub entries: usize,
    /// Octets of all answers kept, names and a flat cost for each included. Beyond, as for `entries`. Default
    /// 32 MiB.
    pub octets: usize,
    /// Records are kept at least so long, unless their time to live is 0: those are never kept (RFC 1035 section
    /// 3.2.1). Default 0: for as long as the answer says.
    pub ttl_floor: Duration,
    /// Records are kept no longer. It wins over the floor. Default 1 day.
    pub ttl_ceiling: Duration,
    /// Time for which it is kept that there is no such record or name, when the answer does not say how long.
    /// Default 60 s.
    pub negative_ttl: Duration,
    /// That there is no such record or name is kept no longer. Default 1 h (RFC 2308 section 5 advises 1 to 3).
    pub negative_ceiling: Duration,
    /// Time for which failures are kept, at most 5 minutes; 0 keeps none. Not kept are those that say nothing
    /// about the question: the check's own bounds, no nameserver, a broken network. Default 5 s (RFC 9520
    /// section 3.2: at least 1 s).
    pub failure_time: Duration,
}

impl Default for CacheOptions {
    fn default() -> Self {
        CacheOptions {
            entries: 65_536,
            octets: 32 << 20,
            ttl_floor: Duration::ZERO,
            ttl_ceiling: Duration::from_secs(86_400),
            negative_ttl: Duration::from_secs(60),
            negative_ceiling: Duration::from_secs(3600),
            failure_time: Duration::from_secs(5),
        }
    }
}

impl CacheOptions {
    /// For how long an answer may be kept; none if not at all.
    fn lifetime(&self, answer: &Answer) -> Option<Duration> {
        let time = match answer {
            Answer::Records { ttl: 0, .. } => Duration::ZERO,
            Answer::Records { ttl, .. } => Duration::from_secs((*ttl).into())
                .max(self.ttl_floor)
                .min(self.ttl_ceiling),
            Answer::NoData { ttl } | Answer::NoSuchName { ttl } => ttl
                .map_or(self.negative_ttl, |ttl| Duration::from_secs(ttl.into()))
                .min(self.negative_ceiling),
            Answer::Failure(failure) => match failure {
                Failure::ServFail
                | Failure::Refused
                | Failure::ResponseCode(_)
                | Failure::Timeout
                | Failure::BadAnswer(_) => self.failure_time.min(MOST_FAILURE_TIME),
                Failure::Deadline | Failure::Questions | Failure::NoNameserver | Failure::Network(_) => {
                    Duration::ZERO
                }
            },
            Answer::MalformedName(_) => Duration::ZERO,
        };
        (!time.is_zero()).then_some(time)
    }
}

/// What a cache has done since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheStatistics {
    /// Questions answered with what was kept.
    pub hits: u64,
    /// Questions passed on.
    pub misses: u64,
    /// Questions that waited for the answer to an identical one.
    pub coalesced: u64,
    /// Answers kept now, expired ones included that nothing has displaced yet.
    pub entries: usize,
    /// Octets of these.
    pub octets: usize,
}

/// A resolver whose answers are kept; cloning it shares what is kept.
///
/// Answers from the cache carry the time to live that is left. An identical question that comes while one is
/// under way shares that one's future: whoever is polled drives it for all, so that none depends on another's
/// being polled. When the one who began it is dropped, one of the others asks anew, since the old future may
/// belong to a runtime that is ending.
///
/// **Deadlines.** There is no timer here: a question ends because the resolver below ends it, by the deadline
/// it was given. So a lookup joins only questions whose deadline is not after its own. If such a question ends
/// by its deadline and ours is later, the lookup goes on (it joins or asks again); a lookup with an earlier
/// deadline than the question under way asks by itself, and later ones join that. With equal time for all
/// checks that never happens, since who comes later has the later deadline.
///
/// After a fork, the child neither waits for questions of its parent nor loses what was kept. As with any lock,
/// no other thread may be inside a lookup at the moment of the fork.
pub struct CachedResolver<R> {
    core: Arc<Core<R>>,
}

struct Core<R> {
    inner: R,
    clock: Clock,
    options: CacheOptions,
    kept: Cache<Question, Answer>,
    /// Of several identical questions under way, the one with the earliest deadline. Lock order: this before
    /// those of `kept`; no future is dropped or polled below it.
    flights: Mutex<HashMap<Question, Flight>>,
    /// Tells flights apart; only counts up.
    number: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    coalesced: AtomicU64,
}

type Flying = Shared<BoxFuture<'static, Option<Answer>>>;
type Left = Shared<oneshot::Receiver<()>>;

/// A question under way.
struct Flight {
    deadline: Moment,
    number: u64,
    /// The process that asks. A forked child sees its parent's flights, which nobody there ever lands.
    process: u32,
    answer: WeakShared<BoxFuture<'static, Option<Answer>>>,
    /// Ends when the one who began it has its answer or is dropped.
    left: Left,
}

/// What a lookup that is not answered by the cache does.
enum Way<R> {
    Kept(Answer),
    Join(Flying, Left),
    Lead(Flying, Lead<R>),
}

/// Held by the one who began a flight. Dropping it takes the flight off the table, then tells the others.
struct Lead<R> {
    core: Arc<Core<R>>,
    question: Question,
    number: u64,
    _left: oneshot::Sender<()>,
}

impl<R> Drop for Lead<R> {
    fn drop(&mut self) {
        self.core.land(&self.question, self.number);
    }
}

impl<R> Core<R> {
    fn kept_answer(&self, question: &Question) -> Option<Answer> {
        let now = self.clock.now();
        let (answer, expires) = self.kept.get(question, now)?;
        self.hits.fetch_add(1, Ordering::Relaxed);
        let left = u32::try_from(expires.since(now).as_secs()).unwrap_or(u32::MAX);
        Some(match answer {
            Answer::Records { records, .. } => Answer::Records { records, ttl: left },
            Answer::NoData { .. } => Answer::NoData { ttl: Some(left) },
            Answer::NoSuchName { .. } => Answer::NoSuchName { ttl: Some(left) },
            other => other,
        })
    }

    fn keep(&self, question: &Question, answer: &Answer) {
        if let Some(time) = self.options.lifetime(answer) {
            let octets = ENTRY_OCTETS + question.name.as_str().len() + octets(answer);
            let expires = self.clock.now().after(time);
            self.kept
                .insert(question.clone(), answer.clone(), expires, octets);
        }
    }

    /// Takes a flight off the table, if it is still there.
    fn land(&self, question: &Question, number: u64) {
        let mut flights = lock(&self.flights);
        if flights
            .get(question)
            .is_some_and(|flight| flight.number == number)
        {
            flights.remove(question);
        }
    }
}

impl<R: Resolver> CachedResolver<R> {
    /// A cache before `inner`, which must use the same clock.
    pub fn new(inner: R, clock: Clock, options: CacheOptions) -> Self {
        CachedResolver {
            core: Arc::new(Core {
                inner,
                clock,
                kept: Cache::new(options.entries, options.octets),
                options,
                flights: Mutex::default(),
                number: AtomicU64::new(0),
                hits: AtomicU64::new(0),
                misses: AtomicU64::new(0),
                coalesced: AtomicU64::new(0),
            }),
        }
    }

    /// The resolver below.
    pub fn inner(&self) -> &R {
        &self.core.inner
    }

    /// What the cache has done so far.
    pub fn statistics(&self) -> CacheStatistics {
        CacheStatistics {
            hits: self.core.hits.load(Ordering::Relaxed),
            misses: self.core.misses.load(Ordering::Relaxed),
            coalesced: self.core.coalesced.load(Ordering::Relaxed),
            entries: self.core.kept.len(),
            octets: self.core.kept.octets(),
        }
    }

    /// Looks what is under way. `join` says whether to wait for others.
    fn way(&self, question: &Question, deadline: Moment, join: bool) -> Way<R> {
        let core = &self.core;
        let process = std::process::id();
        let mut flights = lock(&core.flights);
        // A flight is kept before it lands, so whoever finds neither may ask.
        if let Some(answer) = core.kept_answer(question) {
            return Way::Kept(answer);
        }
        if join
            && let Some(flight) = flights.get(question)
            && flight.process == process
            && flight.deadline <= deadline
            && let Some(answer) = flight.answer.upgrade()
        {
            core.coalesced.fetch_add(1, Ordering::Relaxed);
            return Way::Join(answer, flight.left.clone());
        }
        core.misses.fetch_add(1, Ordering::Relaxed);
        let number = core.number.fetch_add(1, Ordering::Relaxed);
        let answer = fly(Arc::clone(core), question.clone(), deadline, number)
            .boxed()
            .shared();
        let (sender, left) = oneshot::channel();
        if let Some(weak) = answer.downgrade() {
            flights.insert(
                question.clone(),
                Flight {
                    deadline,
                    number,
                    process,
                    answer: weak,
                    left: left.shared(),
                },
            );
        }
        Way::Lead(
            answer,
            Lead {
                core: Arc::clone(core),
                question: question.clone(),
                number,
                _left: sender,
            },
        )
    }

    async fn ask(&self, question: &Question, deadline: Moment) -> Answer {
        let mut joined = 0;
        loop {
            let (answer, left) = match self.way(question, deadline, joined < MOST_JOINED) {
                Way::Kept(answer) => return answer,
                Way::Lead(answer, lead) => {
                    let answer = answer.await;
                    drop(lead);
                    return answer.unwrap_or_else(|| {
                        Answer::Failure(Failure::Network("the look-up broke off".to_owned()))
                    });
                }
                Way::Join(answer, left) => (answer, left),
            };
            joined += 1;
            // `left` is polled first: after it, the flight may only be looked at when it has landed, for its
            // runtime may be gone.
            let answer = match select(left, answer).await {
                Either::Left((_, answer)) => answer.peek().cloned().flatten(),
                Either::Right((answer, _)) => answer,
            };
            match answer {
                // The other one's time was up, not ours.
                Some(Answer::Failure(Failure::Deadline)) if self.core.clock.now() < deadline => {}
                Some(answer) => return answer,
                None => {}
            }
        }
    }
}

/// Asks, keeps the answer, and lands. None if the look-up panicked: a runtime can end between two polls, and the timers of
/// tokio that belong to it panic then in whoever polls them next.
async fn fly<R: Resolver>(
    core: Arc<Core<R>>,
    question: Question,
    deadline: Moment,
    number: u64,
) -> Option<Answer> {
    // What has panicked is not polled again, and nothing of it is looked at.
    let lookup = AssertUnwindSafe(core.inner.lookup(&question, deadline));
    let answer = lookup.catch_unwind().await.ok();
    if let Some(answer) = &answer {
        core.keep(&question, answer);
    }
    core.land(&question, number);
    answer
}

impl<R: Resolver> Resolver for CachedResolver<R> {
    async fn lookup(&self, question: &Question, deadline: Moment) -> Answer {
        match self.core.kept_answer(question) {
            Some(answer) => answer,
            None => self.ask(question, deadline).await,
        }
    }
}

impl<R> Clone for CachedResolver<R> {
    fn clone(&self) -> Self {
        CachedResolver {
            core: Arc::clone(&self.core),
        }
    }
}

impl<R: fmt::Debug> fmt::Debug for CachedResolver<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedResolver")
            .field("inner", &self.core.inner)
            .field("kept", &self.core.kept)
            .finish_non_exhaustive()
    }
}

/// Octets that an answer holds on the heap, roughly.
fn octets(answer: &Answer) -> usize {
    let Answer::Records { records, .. } = answer else {
        return match answer {
            Answer::Failure(Failure::ResponseCode(text) | Failure::BadAnswer(text)) => text.len(),
            _ => 0,
        };
    };
    /// A name is a pointer, two counters and its octets; a text a pointer and its octets.
    const EACH: usize = 40;
    match records {
        RecordSet::Txt(records) => records.iter().map(|text| EACH + text.len()).sum(),
        RecordSet::A(records) => records.len() * 4,
        RecordSet::Aaaa(records) => records.len() * 16,
        RecordSet::Mx(records) => records.iter().map(|mx| EACH + mx.exchange.as_str().len()).sum(),
        RecordSet::Ptr(records) => records.iter().map(|name| EACH + name.as_str().len()).sum(),
    }
}
