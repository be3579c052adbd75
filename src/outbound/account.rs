//! What is kept of one account, and what is usual for it.

mod stored;

use super::channel::{self, CHANNELS, Channel, Family, Measure, OWN};
use super::prior::{ChannelPrior, Limit};

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
/// Days after which an account's usual peak counts, and how much more than that is allowed; at most so many times what everybody is.
const USUAL_DAYS: u8 = 5;
const USUAL: f64 = 1.5;
const USUAL_MOST: f64 = 8.0;

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
    counts: [f32; CHANNELS],
    /// Of today: ln of the counter's highest value.
    peaks: [Log; CHANNELS],
    /// Mean of the daily peaks.
    means: [Fine; CHANNELS],
    /// Their variance, where limits are standardized by account.
    variances: [f32; OWN],
}

/// A logarithm from 0 to 14 in an octet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd)]
struct Log(u8);

impl Log {
    const STEPS: f64 = 18.0;

    fn of(count: f32) -> Log {
        if count <= 1.0 {
            return Log(0);
        }
        let steps = f64::from(count).ln() * Self::STEPS;
        Log(steps.round() as u8)
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
            counts: [0.0; CHANNELS],
            peaks: [Log::default(); CHANNELS],
            means: [Fine::default(); CHANNELS],
            variances: [0.0; OWN],
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

    /// The highest value of a day, as a rule.
    pub(super) fn usual(&self, at: usize) -> f64 {
        self.means[at].value().exp()
    }

    /// It is unusual at this time. Says whether that is news: it is once a day.
    pub(super) fn warn(&mut self, time: i64) -> bool {
        let day = day_of(time);
        std::mem::replace(&mut self.warned, day) != day
    }

    /// Takes what is above `most` out of a counter.
    pub(super) fn lower(&mut self, at: usize, most: f32) {
        self.counts[at] = self.counts[at].min(most);
    }

    /// Whether `time` begins another day for this account.
    pub(super) fn begins_day(&self, time: i64) -> bool {
        self.last >= 0 && day_of(time) > self.day
    }

    /// The day is over: its peaks are learned, unless there was an alarm.
    pub(super) fn close_day(&mut self, prior: impl Fn(usize) -> ChannelPrior, limits: &[Limit; CHANNELS]) {
        if !self.alarmed {
            let days = f64::from(self.days.min(DAYS_KEPT - 1)) + 1.0;
            for (at, channel) in channel::ALL.iter().enumerate() {
                let (mean, deviation) = self.moments(at, channel, &prior(at));
                let y = self.peaks[at].value().min(mean + limits[at].learned * deviation);
                let before = self.means[at].value();
                let after = before + (y - before) / days;
                self.means[at] = Fine::of(after);
                if let Some(own) = channel.own {
                    let variance = &mut self.variances[usize::from(own)];
                    let step = (((y - before) * (y - after) - f64::from(*variance)) / days) as f32;
                    *variance = (*variance + step).max(0.0);
                }
            }
            self.days = (self.days + 1).min(DAYS_KEPT);
        }
        self.peaks = [Log::default(); CHANNELS];
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
        let new = message.new.unwrap_or(0);
        let family = message.family();
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
                count += match channel.measure {
                    Measure::Slots(slot) => once(Channel::is_new_slot(slot, time, last)),
                    Measure::Messages => 1.0,
                    Measure::Recipients => as_count(message.recipients),
                    Measure::NewSlots(slot) => once(new > 0 && Channel::is_new_slot(slot, time, last_new)),
                    Measure::NewMessages => once(new > 0),
                    Measure::NewRecipients => as_count(new),
                };
                let peak = Log::of(count);
                if peak > self.peaks[at] {
                    self.peaks[at] = peak;
                }
            }
            self.counts[at] = count;
        }
        self.last = time;
        if new > 0 {
            self.last_new = time;
        }
    }

    /// 0 for an account that is known for some time, 1 for a young one.
    pub(super) fn age(&self) -> usize {
        let young = self.days < YOUNG_DAYS || self.last - i64::from(self.first_day) * DAY < YOUNG;
        usize::from(young)
    }

    /// Mean and predictive deviation of a day's y; 0 and 1 where all accounts share a limit.
    fn moments(&self, at: usize, channel: &Channel, prior: &ChannelPrior) -> (f64, f64) {
        let Some(own) = channel.own else {
            return (0.0, 1.0);
        };
        let days = f64::from(self.days);
        let known = self.means[at].value();
        let mean = (MEAN_WEIGHT * prior.mean + days * known) / (MEAN_WEIGHT + days);
        let spread = days * (f64::from(self.variances[usize::from(own)]) + (known - mean).powi(2));
        let variance = (VARIANCE_WEIGHT * prior.variance + spread) / (VARIANCE_WEIGHT + days);
        (mean, (variance * (1.0 + 1.0 / (MEAN_WEIGHT + days))).sqrt())
    }

    /// Above what a counter is an alarm, and above what a warning.
    pub(super) fn limits(&self, at: usize, prior: &ChannelPrior, limit: &Limit) -> (f32, f32) {
        let channel = &channel::ALL[at];
        let age = self.age();
        let within = |alarm: f32| alarm.max(channel.least).min(channel.most);
        if channel.own.is_some() {
            let (mean, deviation) = self.moments(at, channel, prior);
            let value = |x: f64| as_limit((mean + x * deviation).exp());
            return (within(value(limit.alarm[age])), value(limit.warning[age]));
        }
        let mut alarm = within(limit.alarm_count[age]);
        // What is far below the common limit is far below any.
        if self.days >= USUAL_DAYS && self.counts[at] > 0.3 * alarm {
            let usual = as_limit(USUAL * self.usual(at));
            alarm = alarm.max(usual.min(as_limit(USUAL_MOST) * alarm));
        }
        (alarm, limit.warning_count[age])
    }

    /// The day's y, standardized, for fitting.
    pub(super) fn standardized(&self, at: usize, prior: &ChannelPrior) -> f64 {
        let (mean, deviation) = self.moments(at, &channel::ALL[at], prior);
        (self.peaks[at].value() - mean) / deviation
    }

    /// The highest value of today, for fitting: nothing if it is not above what is never an alarm.
    pub(super) fn unusual_peak(&self, at: usize) -> bool {
        let channel = &channel::ALL[at];
        let peak = self.peaks[at].value().exp();
        let usual = channel.own.is_none() && self.days >= USUAL_DAYS && peak < USUAL * self.usual(at);
        peak > f64::from(channel.least) && !usual
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
