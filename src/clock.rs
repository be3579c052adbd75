//! Time, as an input: the protocols' time is an argument, deadlines and TTLs use a [`Clock`] that is given.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Seconds since 1970-01-01T00:00:00Z, as DKIM's `t=` and `x=` and SPF's `%{t}` count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixTime(pub i64);

impl UnixTime {
    /// The system's time of day. Evaluators never call this; programs do, once for each message.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        UnixTime(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
    }
}

/// A point on a [`Clock`]: the time since that clock's origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(pub Duration);

impl Moment {
    /// The moment `time` later; it saturates.
    #[must_use]
    pub fn after(self, time: Duration) -> Moment {
        Moment(self.0.saturating_add(time))
    }

    /// How long from `earlier` to this moment; zero if it is not earlier.
    pub fn since(self, earlier: Moment) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// A monotonic clock: the system's, or one that is moved by hand.
///
/// ```
/// use mailrep::clock::{Clock, ManualTime};
/// use std::time::Duration;
/// let time = ManualTime::default();
/// let clock = Clock::manual(&time);
/// let before = clock.now();
/// time.advance(Duration::from_secs(3));
/// assert_eq!(clock.now().since(before), Duration::from_secs(3));
/// ```
#[derive(Debug, Clone)]
pub struct Clock(Source);

#[derive(Debug, Clone)]
enum Source {
    System(Instant),
    Manual(ManualTime),
}

/// The hands of a clock that is moved by hand.
#[derive(Debug, Clone, Default)]
pub struct ManualTime(Arc<AtomicU64>);

impl ManualTime {
    /// Moves the clock forward; all clones see it. Nanoseconds are kept, some 584 years of them.
    pub fn advance(&self, time: Duration) {
        let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.0.fetch_add(nanoseconds, Ordering::SeqCst);
    }
}

impl Clock {
    /// The system's monotonic clock, its origin being now.
    pub fn system() -> Self {
        Clock(Source::System(Instant::now()))
    }

    /// A clock that shows what `time` says.
    pub fn manual(time: &ManualTime) -> Self {
        Clock(Source::Manual(time.clone()))
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        match &self.0 {
            Source::System(origin) => Moment(origin.elapsed()),
            Source::Manual(time) => Moment(Duration::from_nanos(time.0.load(Ordering::SeqCst))),
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Clock::system()
    }
}
