//! How often an account sends, and how improbable it is that it sends as much as it has within a day: a Gamma-Poisson model.
//!
//! An account's rate, in messages a day, has a Gamma distribution whose parameters are what was sent and the days it was sent in. Days of people differ
//! by more than chance, so that the number of messages in one is taken as negative binomial. The surprise of a number is -ln of the
//! probability that it is reached, by Chernoff's bound.

use crate::outbound::octets::{MOST_COUNT, Octets};

/// Days that messages are remembered, here; and how many of each are believed before there is any.
const DAYS_KEPT: f64 = 60.0;
const PRIOR_MESSAGES: f64 = 0.3;
const PRIOR_DAYS: f64 = 0.3;
/// The size of the negative binomial: how much days differ.
const SIZE: f64 = 24.0;
/// What is more surprising than this is not learned: less probable than one in 160,000.
const LEARNED: f64 = 12.0;
const DAY: f64 = 86_400.0;

/// Messages of an account.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Rate {
    /// Within a day: each falls to 1/e in one.
    within_day: f32,
    /// Those that were learned, forgotten within [`DAYS_KEPT`].
    learned: f32,
}

impl Rate {
    /// So many seconds have passed.
    pub(super) fn forget(&mut self, seconds: f32) {
        let days = -f64::from(seconds) / DAY;
        // Nothing to forget: two exponentials less, for most accounts of one kind of message.
        if self.learned > 0.0 || self.within_day > 0.0 {
            self.within_day *= days.exp() as f32;
            self.learned *= (days / DAYS_KEPT).exp() as f32;
        }
    }

    /// Counts a message of an account that has been known for so many days. How surprising the number of those within a day is.
    pub(super) fn add(&mut self, days: f64, learn: bool) -> f32 {
        self.within_day += 1.0;
        let surprise = surprise(f64::from(self.within_day), self.in_a_day(days));
        if learn && surprise < LEARNED {
            self.learned += 1.0;
        }
        surprise as f32
    }

    /// Messages in a day, as a rule.
    pub(super) fn in_a_day(&self, days: f64) -> f64 {
        let known = DAYS_KEPT * -(-days / DAYS_KEPT).exp_m1();
        (PRIOR_MESSAGES + f64::from(self.learned)) / (PRIOR_DAYS + known)
    }

    /// The number of messages that is so surprising.
    pub(super) fn count_of(&self, wanted: f64, days: f64) -> f64 {
        let mean = self.in_a_day(days);
        let (mut low, mut high) = (mean, f64::from(MOST_COUNT));
        if surprise(high, mean) <= wanted {
            return high;
        }
        // The surprise grows with the number.
        while high - low > 0.01 * low.max(1.0) {
            let middle = if high > 2.0 * low.max(1.0) {
                (low.max(1.0) * high).sqrt()
            } else {
                0.5 * (low + high)
            };
            if surprise(middle, mean) < wanted {
                low = middle;
            } else {
                high = middle;
            }
        }
        high
    }

    /// Takes so many messages out of the day that their surprise is half of `limit` at most, and that one more does not reach the limit.
    /// A message is worth the more surprise the rarer the account sends: half of a low limit may be one message away from it.
    pub(super) fn lower(&mut self, limit: f64, days: f64) {
        const NEARLY: f64 = 0.98;
        let half = self.count_of(0.5 * limit, days);
        let one_less = NEARLY * self.count_of(limit, days) - 1.0;
        self.within_day = self.within_day.min(half.min(one_less).max(0.0) as f32);
    }

    /// Whether there was any message.
    pub(super) fn is_any(&self) -> bool {
        self.within_day > 0.0 || self.learned > 0.0
    }

    /// Takes in the messages of another host, up to the same moment.
    pub(super) fn merge(&mut self, other: Rate) {
        self.within_day = (self.within_day + other.within_day).min(MOST_COUNT);
        self.learned = (self.learned + other.learned).min(MOST_COUNT);
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.within_day.to_le_bytes());
        out.extend_from_slice(&self.learned.to_le_bytes());
    }

    pub(super) fn read(octets: &mut Octets<'_>) -> Option<Rate> {
        Some(Rate {
            within_day: octets.count()?,
            learned: octets.count()?,
        })
    }
}

/// -ln of a bound of the probability that there are `count` messages or more, where there are `mean` as a rule; 0 for one message, which is no
/// number yet, and for what is usual.
fn surprise(count: f64, mean: f64) -> f64 {
    const NO_NUMBER: f64 = 1.5;
    if count <= NO_NUMBER || count <= mean {
        return 0.0;
    }
    count * (count * (SIZE + mean) / (mean * (SIZE + count))).ln()
        - SIZE * ((SIZE + count) / (SIZE + mean)).ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sum of the negative binomial's probabilities from `count` on.
    fn tail(count: u32, mean: f64) -> f64 {
        let (success, mut term, mut below) = (SIZE / (SIZE + mean), 1.0_f64, 0.0);
        term *= success.powf(SIZE);
        for number in 0..count {
            below += term;
            term *= (SIZE + f64::from(number)) / f64::from(number + 1) * (1.0 - success);
        }
        1.0 - below
    }

    #[test]
    fn the_surprise_bounds_the_probability_that_so_many_are_sent() {
        for mean in [0.05, 0.5, 3.0, 20.0] {
            for count in 2..40 {
                let (surprise, tail) = (surprise(f64::from(count), mean), tail(count, mean));
                // Sums of numbers near 1 have no more digits than this.
                if tail > 1e-10 {
                    assert!((-surprise).exp() >= tail, "{count} at {mean}: {surprise}, {tail}");
                    assert!(
                        surprise > 0.3 * -tail.ln() - 1.5,
                        "{count} at {mean}: {surprise}, {tail}"
                    );
                }
            }
        }
    }

    #[test]
    fn the_number_of_a_surprise_is_the_one_that_has_it() {
        let mut rate = Rate::default();
        for _ in 0..30 {
            rate.forget(40_000.0);
            rate.add(10.0, true);
        }
        for wanted in [0.5, 3.0, 12.0, 60.0, 5_000.0] {
            let count = rate.count_of(wanted, 10.0);
            let back = surprise(count, rate.in_a_day(10.0));
            assert!((back / wanted - 1.0).abs() < 0.1, "{wanted}: {count}, {back}");
        }
        assert!(rate.count_of(f64::INFINITY, 10.0).is_finite());
    }

    #[test]
    fn one_more_message_than_what_was_lowered_is_below_the_limit() {
        for days in [0.0, 0.3, 2.0, 40.0, 1_000.0] {
            for limit in [0.3, 1.0, 4.0, 9.0, 30.0, 400.0] {
                let mut rate = Rate::default();
                let reached = (0..100_000).any(|_| rate.add(days, false) > limit as f32);
                assert!(reached, "{limit}");
                rate.lower(limit, days);
                let next = rate.add(days, true);
                assert!(next < limit as f32, "{next} of {limit}, known for {days} days");
            }
        }
    }

    #[test]
    fn what_is_too_surprising_is_not_learned() {
        let mut rate = Rate::default();
        for _ in 0..100_000 {
            rate.add(100.0, true);
        }
        assert!(rate.in_a_day(100.0) < 1.0, "{}", rate.in_a_day(100.0));
    }
}
