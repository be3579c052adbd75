//! What is kept of one account, and what is usual for it.

mod rate;
mod stored;

use super::channel::{self, CHANNELS, Channel, Family, MOMENTS, Measure, Past};
use super::prior::{ChannelPrior, Limit};
use rate::Rate;

pub(super) const DAY: i64 = 86_400_000;
/// After so many times its span nothing is left of a counter: e^-16 of it.
const FORGOTTEN: f32 = 16.0;
/// Days that an account's own habits are remembered.
const DAYS_KEPT: u8 = 60;
/// How many days the population's mean weighs, and its variance.
const MEAN_WEIGHT: f64 = 3.0;
const VARIANCE_WEIGHT: f64 = 100.0;
/// A clock that goes back by more than this was wrong before, and counts anew; by less, messages came by different ways.
const DISORDER: i64 = 3_600_000;
/// An account is young for six weeks, and until it has sent on three days.
const YOUNG: i64 = 42 * DAY;
const YOUNG_DAYS: u8 = 3;
/// Days of a fortnight. What an account does in one moves its limits only in the next, so that nobody can teach them within days what he is
/// about to do.
const FORTNIGHT: i32 = 14;
/// What the logarithm of a record loses in a fortnight in which it is not reached.
const RECORD_FADES: f64 = 0.1;
/// Failed recipients within a day that make an account as suspicious as failures can; and what is counted of them at most.
const SUSPICIOUS: f32 = 10.0;
const MOST_FAILED: f32 = 1e6;
/// How much of an account's record is its own; the rest is what anybody's next burst is above his last.
const RECORD_WEIGHT: f64 = 0.8;

/// What is kept of one account. Its name is not.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Account {
    /// The keyed hash of its name.
    pub(super) key: u64,
    /// Milliseconds since 1970 of the last message, and of the last one to a new recipient (-1: none).
    last: i64,
    last_new: i64,
    /// Days since 1970: of the first message, and the present one.
    first_day: i32,
    day: i32,
    /// Days with a message that were learned, up to [`DAYS_KEPT`].
    days: u8,
    /// Days since 1970: when it was last unusual enough for a warning.
    warned: i32,
    /// An alarm is open, or was today: nothing is learned of this day.
    pub(super) alarmed: bool,
    /// Recipients that could not be delivered to; it forgets within a day.
    failed: f32,
    /// Counters; of a rate, how surprising the last one was.
    counts: [f32; CHANNELS],
    /// Messages, and messages to new recipients.
    rates: [Rate; 2],
    /// Of today: ln of the counter's highest value.
    peaks: [Log; CHANNELS],
    /// The highest of the days before the present fortnight, and of those in it.
    records: [Log; CHANNELS],
    fortnight: [Log; CHANNELS],
    /// Mean and variance of the daily peaks, where limits are standardized by account.
    means: [Fine; MOMENTS],
    variances: [f32; MOMENTS],
}

/// A logarithm from 0 to 14 in an octet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Log(u8);

impl Log {
    const STEPS: f64 = 18.0;

    fn of(count: f32) -> Log {
        if count <= 1.0 {
            return Log(0);
        }
        Log::near(f64::from(count).ln())
    }

    /// The nearest to a logarithm.
    fn near(value: f64) -> Log {
        Log((value * Self::STEPS).round() as u8)
    }

    fn value(self) -> f64 {
        f64::from(self.0) / Self::STEPS
    }
}

/// The same in two octets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Fine(u16);

impl Fine {
    const STEPS: f64 = 4_096.0;

    fn of(value: f64) -> Fine {
        Fine((value * Self::STEPS).round() as u16)
    }

    fn value(self) -> f64 {
        f64::from(self.0) / Self::STEPS
    }
}

/// A message as the counters see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counted {
    /// Milliseconds since 1970.
    pub(super) time: i64,
    pub(super) recipients: u32,
    /// New ones among them, if that is known.
    pub(super) new: Option<u32>,
}

impl Counted {
    fn family(&self) -> Family {
        if self.new.is_some() {
            Family::Known
        } else {
            Family::Unknown
        }
    }
}

impl Account {
    pub(super) fn new(key: u64, time: i64) -> Account {
        Account {
            key,
            last: -1,
            last_new: -1,
            first_day: day_of(time),
            day: day_of(time),
            days: 0,
            warned: i32::MIN,
            alarmed: false,
            failed: 0.0,
            counts: [0.0; CHANNELS],
            rates: [Rate::default(); 2],
            peaks: [Log::default(); CHANNELS],
            records: [Log::default(); CHANNELS],
            fortnight: [Log::default(); CHANNELS],
            means: [Fine::default(); MOMENTS],
            variances: [0.0; MOMENTS],
        }
    }

    /// When it sent last, in milliseconds since 1970.
    pub(super) fn last(&self) -> i64 {
        self.last
    }

    /// Days with a message that it is known for.
    pub(super) fn days(&self) -> u8 {
        self.days
    }

    /// The first day with a message, since 1970.
    pub(super) fn first_day(&self) -> i32 {
        self.first_day
    }

    pub(super) fn count(&self, at: usize) -> f32 {
        self.counts[at]
    }

    /// What is usual: the highest value of all its days as far as it is remembered, of a day as a rule, or messages in a day.
    pub(super) fn usual(&self, at: usize) -> f64 {
        let channel = &channel::ALL[at];
        match channel.past {
            Past::Record => self.records[at].max(self.fortnight[at]).value().exp(),
            Past::Moments(place) => self.means[place].value().exp(),
            Past::None => self.rates[channel.family.index()].in_a_day(self.known_days()),
        }
    }

    /// A value of the channel as a number of messages or recipients.
    pub(super) fn as_number(&self, at: usize, value: f32) -> f32 {
        let channel = &channel::ALL[at];
        if !channel.measure.is_rate() || !value.is_finite() {
            return value;
        }
        self.rates[channel.family.index()].count_of(f64::from(value), self.known_days()) as f32
    }

    /// Days since the first message, up to the last.
    fn known_days(&self) -> f64 {
        (self.last as f64 / DAY as f64 - f64::from(self.first_day)).max(0.0)
    }

    /// It is unusual at this time. Says whether that is news: it is once a day.
    pub(super) fn warn(&mut self, time: i64) -> bool {
        let day = day_of(time);
        std::mem::replace(&mut self.warned, day) != day
    }

    /// So many recipients could not be delivered to, of the messages so far.
    pub(super) fn fail(&mut self, recipients: u32) {
        self.failed = (self.failed + as_count(recipients)).min(MOST_FAILED);
    }

    /// Recipients that could not be delivered to within a day.
    pub(super) fn failed(&self) -> f32 {
        self.failed
    }

    /// What limits are divided by, because recipients failed: 1 without any, 2 from [`SUSPICIOUS`] on.
    pub(super) fn suspicion(&self) -> f32 {
        1.0 + (self.failed / SUSPICIOUS).min(1.0)
    }

    /// Takes so much out of a counter that it is at half of `limit` at most, and that one more message is none too many.
    pub(super) fn lower(&mut self, at: usize, limit: f32) {
        let channel = &channel::ALL[at];
        if channel.measure.is_rate() {
            let days = self.known_days();
            self.rates[channel.family.index()].lower(f64::from(limit), days);
        }
        self.counts[at] = self.counts[at].min(0.5 * limit).min((limit - 1.0).max(0.0));
    }

    /// Whether `time` begins another day for this account.
    pub(super) fn begins_day(&self, time: i64) -> bool {
        self.last >= 0 && day_of(time) > self.day
    }

    /// The day is over, and another one begins, `next`: the day's peaks are learned, unless there was an alarm.
    pub(super) fn close_day(
        &mut self,
        next: i32,
        prior: impl Fn(usize) -> ChannelPrior,
        limits: &[Limit; CHANNELS],
    ) {
        if !self.alarmed {
            let days = f64::from(self.days.min(DAYS_KEPT - 1)) + 1.0;
            for (at, channel) in channel::ALL.iter().enumerate() {
                let (mean, deviation) = self.moments(at, channel, &prior(at));
                let y = self.peaks[at].value().min(mean + limits[at].learned * deviation);
                match channel.past {
                    Past::Record => self.fortnight[at] = self.fortnight[at].max(Log::near(y)),
                    Past::Moments(place) => {
                        let before = self.means[place].value();
                        let after = before + (y - before) / days;
                        self.means[place] = Fine::of(after);
                        let variance = &mut self.variances[place];
                        let step = (((y - before) * (y - after) - f64::from(*variance)) / days) as f32;
                        *variance = (*variance + step).max(0.0);
                    }
                    Past::None => {}
                }
            }
            self.days = (self.days + 1).min(DAYS_KEPT);
        }
        self.peaks = [Log::default(); CHANNELS];
        if next.div_euclid(FORTNIGHT) > self.day.div_euclid(FORTNIGHT) {
            for (record, fortnight) in self.records.iter_mut().zip(&mut self.fortnight) {
                let faded = Log::near(record.value() * (1.0 - RECORD_FADES));
                *record = faded.max(std::mem::take(fortnight));
            }
        }
    }

    /// Counts a message. Whoever calls has closed the day before it.
    pub(super) fn add(&mut self, message: Counted) {
        if self.last >= 0 && message.time < self.last - DISORDER {
            self.last = message.time;
            self.last_new = self.last_new.min(message.time);
        }
        let time = message.time.max(self.last);
        self.day = day_of(time);
        let elapsed = if self.last < 0 {
            0.0
        } else {
            (time - self.last) as f32 / 1_000.0
        };
        let last = (self.last >= 0).then_some(self.last);
        let last_new = (self.last_new >= 0).then_some(self.last_new);
        self.last = time;
        let new = message.new.unwrap_or(0);
        let family = message.family();
        if self.failed > 0.0 {
            self.failed *= (-elapsed / channel::DAY).exp();
        }
        let surprise = self.count_for_rate(family, elapsed, family == Family::Unknown || new > 0);
        for (at, channel) in channel::ALL.iter().enumerate() {
            let mut count = self.counts[at];
            if count > 0.0 && elapsed > 0.0 {
                let spans = elapsed / channel.seconds;
                count = if spans < FORGOTTEN {
                    count * (-spans).exp()
                } else {
                    0.0
                };
            }
            if channel.family == family {
                let once = |counts: bool| f32::from(u8::from(counts));
                count = match channel.measure {
                    Measure::Slots(slot) => count + once(Channel::is_new_slot(slot, time, last)),
                    Measure::Recipients => count + as_count(message.recipients),
                    Measure::NewSlots(slot) => {
                        count + once(new > 0 && Channel::is_new_slot(slot, time, last_new))
                    }
                    Measure::NewRecipients => count + as_count(new),
                    Measure::Rate | Measure::NewRate => surprise,
                };
                let peak = Log::of(count);
                if peak > self.peaks[at] {
                    self.peaks[at] = peak;
                }
            }
            self.counts[at] = count;
        }
        if new > 0 {
            self.last_new = time;
        }
    }

    /// How surprising the number of messages within a day is, with this one if it counts.
    fn count_for_rate(&mut self, family: Family, elapsed: f32, counts: bool) -> f32 {
        for rate in &mut self.rates {
            rate.forget(elapsed);
        }
        if !counts {
            return 0.0;
        }
        let (days, learn) = (self.known_days(), !self.alarmed);
        self.rates[family.index()].add(days, learn)
    }

    /// 0 for an account that is known for some time, 1 for a young one.
    pub(super) fn age(&self) -> usize {
        let young = self.days < YOUNG_DAYS || self.last - i64::from(self.first_day) * DAY < YOUNG;
        usize::from(young)
    }

    /// Where a day's y is expected, and its predictive deviation; the latter is 1 where all accounts share it.
    fn moments(&self, at: usize, channel: &Channel, prior: &ChannelPrior) -> (f64, f64) {
        let place = match channel.past {
            Past::Moments(place) => place,
            Past::Record => return (RECORD_WEIGHT * self.records[at].value(), 1.0),
            Past::None => return (0.0, 1.0),
        };
        let days = f64::from(self.days);
        let known = self.means[place].value();
        let mean = (MEAN_WEIGHT * prior.mean + days * known) / (MEAN_WEIGHT + days);
        let spread = days * (f64::from(self.variances[place]) + (known - mean).powi(2));
        let variance = (VARIANCE_WEIGHT * prior.variance + spread) / (VARIANCE_WEIGHT + days);
        (mean, (variance * (1.0 + 1.0 / (MEAN_WEIGHT + days))).sqrt())
    }

    /// Above what a counter is an alarm, and above what a warning.
    pub(super) fn limits(&self, at: usize, prior: &ChannelPrior, limit: &Limit) -> (f32, f32) {
        let channel = &channel::ALL[at];
        if !(prior.watched && self.watches(channel)) {
            return (f32::INFINITY, f32::INFINITY);
        }
        let age = self.age();
        let within = |alarm: f32| alarm.max(channel.least).min(channel.most);
        let (mean, deviation) = match channel.past {
            // Most accounts have no record: exponentials that everybody shares.
            Past::Record if self.records[at] == Log::default() => (0.0, 1.0),
            Past::None => (0.0, 1.0),
            Past::Record | Past::Moments(_) => self.moments(at, channel, prior),
        };
        if mean == 0.0 && deviation == 1.0 {
            return (within(limit.alarm_count[age]), limit.warning_count[age]);
        }
        let value = |x: f64| as_limit((mean + x * deviation).exp());
        (within(value(limit.alarm[age])), value(limit.warning[age]))
    }

    /// Of an account's first day nothing is known; where it is not known either who is new, a digest of some sixty messages in as many
    /// seconds is nothing unusual.
    fn watches(&self, channel: &Channel) -> bool {
        self.days > 0 || channel.measure != Measure::Slots(1_000)
    }

    /// The day's y, standardized, for fitting.
    pub(super) fn standardized(&self, at: usize, prior: &ChannelPrior) -> f64 {
        let (mean, deviation) = self.moments(at, &channel::ALL[at], prior);
        (self.peaks[at].value() - mean) / deviation
    }

    /// Whether today's highest value is above what is never an alarm, for fitting.
    pub(super) fn unusual_peak(&self, at: usize) -> bool {
        let channel = &channel::ALL[at];
        self.watches(channel) && self.peaks[at].value().exp() > f64::from(channel.least)
    }

    /// The day's y.
    pub(super) fn peak(&self, at: usize) -> f64 {
        self.peaks[at].value()
    }
}

fn as_count(count: u32) -> f32 {
    count as f32
}

fn as_limit(value: f64) -> f32 {
    value as f32
}

/// The day of a time in milliseconds, since 1970, in UTC.
pub(super) fn day_of(time: i64) -> i32 {
    i32::try_from(time.div_euclid(DAY)).unwrap_or(i32::MAX)
}
