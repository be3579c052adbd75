//! The host as a whole: too many accounts that are unusual at once are a theft that no single account shows.

use super::octets::{MOST_COUNT, Octets};

const DAY: f64 = 86_400.0;
/// Seconds by which messages may come out of order.
const DISORDER: f64 = 3_600.0;
/// Windows in seconds.
const WINDOWS: [f64; 3] = [900.0, 3_600.0, 21_600.0];
/// False alarms of a host in a year.
const FALSE_IN_YEAR: f64 = 0.2;
/// Fewer accounts than this are no alarm.
const FEWEST: f64 = 6.0;
/// Warnings in a day, before anything is known.
const USUAL: f64 = 2.0;
/// They come three times as dense by day.
const BY_DAY: f64 = 3.0;
/// Days that the rate of warnings is remembered.
const DAYS_KEPT: f64 = 30.0;
/// How warnings cluster: the size of a negative binomial.
const SIZE: f64 = 2.0;

/// Counts accounts that have newly become unusual.
#[derive(Debug, Clone, Default)]
pub(super) struct Host {
    counts: [f64; WINDOWS.len()],
    /// Seconds since 1970 of the last warning.
    last: Option<f64>,
    rate: Option<f64>,
}

impl Host {
    /// An account has become unusual, for the first time in a day. Gives how many have, within which window, if they are too
    /// many.
    pub(super) fn warn(&mut self, time: f64) -> Option<(f64, f64)> {
        // As for an account: a clock that goes back by much was wrong before.
        let last = self.last.filter(|&last| time >= last - DISORDER).unwrap_or(time);
        let elapsed = (time - last).max(0.0);
        self.last = Some(last.max(time));
        let rate = self.rate.unwrap_or(USUAL);
        let mut alarm = None;
        for (count, window) in self.counts.iter_mut().zip(WINDOWS) {
            *count = *count * (-elapsed / window).exp() + 1.0;
            let mean = (BY_DAY * rate * window / DAY).max(0.02);
            let level = (FALSE_IN_YEAR / 365.0 / 3.0 / 8.0_f64).ln();
            let many = *count >= FEWEST && *count > BY_DAY + BY_DAY * mean;
            if alarm.is_none() && many && log_probability(*count, mean) < level {
                alarm = Some((*count, window));
            }
        }
        // What is an alarm is not learned.
        if alarm.is_none() {
            self.rate = Some(rate * (-elapsed / (DAYS_KEPT * DAY)).exp() + 1.0 / DAYS_KEPT);
        }
        alarm
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        out.extend(self.counts.iter().flat_map(|count| count.to_le_bytes()));
        for number in [self.last, self.rate] {
            out.push(u8::from(number.is_some()));
            out.extend_from_slice(&number.unwrap_or_default().to_le_bytes());
        }
    }

    /// None if it is none that was ever written.
    pub(super) fn read(octets: &mut Octets<'_>) -> Option<Host> {
        let optional = |octets: &mut Octets<'_>| match (octets.u8()?, octets.long_count()?) {
            (0, _) => Some(None),
            (1, number) => Some(Some(number)),
            _ => None,
        };
        Some(Host {
            counts: octets.each(Octets::long_count)?,
            last: optional(octets)?,
            rate: optional(octets)?,
        })
    }

    /// Takes in what another host knows: warnings of both, as if there were one host. Either order gives the same.
    pub(super) fn merge(&mut self, mut other: Host) {
        let last = match (self.last, other.last) {
            (Some(one), Some(two)) => Some(one.max(two)),
            (one, two) => one.or(two),
        };
        for host in [&mut *self, &mut other] {
            if let (Some(last), Some(own)) = (last, host.last) {
                for (count, window) in host.counts.iter_mut().zip(WINDOWS) {
                    *count *= (-(last - own) / window).exp();
                }
                host.rate = host
                    .rate
                    .map(|rate| rate * (-(last - own) / (DAYS_KEPT * DAY)).exp());
            }
        }
        for (count, more) in self.counts.iter_mut().zip(other.counts) {
            *count = (*count + more).min(f64::from(MOST_COUNT));
        }
        self.last = last;
        self.rate = match (self.rate, other.rate) {
            (Some(one), Some(two)) => Some((one + two).min(f64::from(MOST_COUNT))),
            (one, two) => one.or(two),
        };
    }
}

/// ln of the probability of `count` where `mean` are usual, negative binomial.
fn log_probability(count: f64, mean: f64) -> f64 {
    let p = SIZE / (SIZE + mean);
    log_gamma(count + SIZE) - log_gamma(SIZE) - log_gamma(count + 1.0)
        + SIZE * p.ln()
        + count * (1.0 - p).ln()
}

/// Stirling's formula, good to three digits from 2 on.
fn log_gamma(x: f64) -> f64 {
    (x - 0.5) * x.ln() - x + 0.5 * std::f64::consts::TAU.ln() + 1.0 / (12.0 * x)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_account_after_the_other_is_no_alarm_and_twenty_at_once_are() {
        let mut host = Host::default();
        for day in 0..60 {
            assert_eq!(host.warn(f64::from(day) * 43_200.0), None);
        }
        let begin = 60.0 * 43_200.0;
        let alarm = (0..20).find_map(|minute| host.warn(begin + f64::from(minute) * 20.0));
        assert!(alarm.is_some_and(|(count, window)| count < 12.0 && window <= 21_600.0));
    }

    #[test]
    fn one_message_from_the_future_does_not_stop_the_clock_of_the_host() {
        let mut host = Host::default();
        assert_eq!(host.warn(1e9), None);
        for day in 0..60 {
            assert_eq!(host.warn(f64::from(day) * 43_200.0), None, "day {day}");
        }
    }
}
