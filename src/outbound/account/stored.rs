//! An account as octets, and two hosts' accounts as one.

use super::{Account, CHANNELS, DAY, DAYS_KEPT, Fine, Log, MOMENTS, MOST_FAILED, Past, Rate, channel};
use crate::outbound::event;
use crate::outbound::octets::{MOST_COUNT, Octets};

impl Account {
    /// Octets that [`Account::write`] writes.
    pub(in crate::outbound) const OCTETS: usize =
        8 + 8 + 8 + 4 + 4 + 1 + 4 + 1 + 4 + CHANNELS * (4 + 3) + 2 * 8 + MOMENTS * (2 + 4);

    pub(in crate::outbound) fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.key.to_le_bytes());
        out.extend_from_slice(&self.last.to_le_bytes());
        out.extend_from_slice(&self.last_new.to_le_bytes());
        out.extend_from_slice(&self.first_day.to_le_bytes());
        out.extend_from_slice(&self.day.to_le_bytes());
        out.push(self.days);
        out.extend_from_slice(&self.warned.to_le_bytes());
        out.push(u8::from(self.alarmed));
        out.extend_from_slice(&self.failed.to_le_bytes());
        out.extend(self.counts.iter().flat_map(|count| count.to_le_bytes()));
        for rate in &self.rates {
            rate.write(out);
        }
        for values in [&self.peaks, &self.records, &self.fortnight] {
            out.extend(values.iter().map(|value| value.0));
        }
        out.extend(self.means.iter().flat_map(|mean| mean.0.to_le_bytes()));
        out.extend(self.variances.iter().flat_map(|variance| variance.to_le_bytes()));
    }

    /// None if it is none that was ever written.
    pub(in crate::outbound) fn read(octets: &mut Octets<'_>) -> Option<Account> {
        let days = |octets: &mut Octets<'_>| {
            octets
                .i32()
                .filter(|day| event::is_moment(i64::from(*day).saturating_mul(DAY)))
        };
        let moment =
            |octets: &mut Octets<'_>| octets.i64().filter(|&time| time == -1 || event::is_moment(time));
        Some(Account {
            key: octets.u64()?,
            last: moment(octets)?,
            last_new: moment(octets)?,
            first_day: days(octets)?,
            day: days(octets)?,
            days: octets.u8().filter(|days| *days <= DAYS_KEPT)?,
            warned: octets.i32()?,
            alarmed: octets.u8().filter(|flag| *flag <= 1)? == 1,
            failed: octets.count().filter(|failed| *failed <= MOST_FAILED)?,
            counts: octets.each(Octets::count)?,
            rates: octets.each(Rate::read)?,
            peaks: octets.each(|octets| octets.u8().map(Log))?,
            records: octets.each(|octets| octets.u8().map(Log))?,
            fortnight: octets.each(|octets| octets.u8().map(Log))?,
            means: octets.each(|octets| octets.u16().map(Fine))?,
            // Of logarithms up to 14.
            variances: octets.each(|octets| octets.count().filter(|variance| *variance <= 1_000.0))?,
        })
    }

    /// Takes in what another host knows of this account, with either order the same. Whoever calls has closed the day of the one
    /// that is behind.
    ///
    /// Counters are added, as if the messages of both had gone through one host. The records are the higher ones. What is usual is the mean of both,
    /// weighted by the days known; the days known are those of the host that knows more, since the same days may be among them.
    pub(in crate::outbound) fn merge(&mut self, mut other: Account) {
        let time = self.last.max(other.last);
        self.forward(time);
        other.forward(time);
        let (ours, theirs) = (f64::from(self.days), f64::from(other.days));
        let days = (ours + theirs).max(1.0);
        for (at, channel) in channel::ALL.iter().enumerate() {
            self.counts[at] = (self.counts[at] + other.counts[at]).min(MOST_COUNT);
            self.peaks[at] = self.peaks[at].max(other.peaks[at]);
            self.records[at] = self.records[at].max(other.records[at]);
            self.fortnight[at] = self.fortnight[at].max(other.fortnight[at]);
            if let Past::Moments(place) = channel.past {
                let means = [self.means[place].value(), other.means[place].value()];
                let mean = (ours * means[0] + theirs * means[1]) / days;
                self.means[place] = Fine::of(mean);
                let spread =
                    |days: f64, variance: f32, own: f64| days * (f64::from(variance) + (own - mean).powi(2));
                let both = spread(ours, self.variances[place], means[0])
                    + spread(theirs, other.variances[place], means[1]);
                let variance = (both / days) as f32;
                self.variances[place] = variance.min(1_000.0);
            }
        }
        self.failed = (self.failed + other.failed).min(MOST_FAILED);
        for (rate, more) in self.rates.iter_mut().zip(other.rates) {
            rate.merge(more);
        }
        self.last_new = self.last_new.max(other.last_new);
        self.first_day = self.first_day.min(other.first_day);
        self.days = self.days.max(other.days);
        self.warned = self.warned.max(other.warned);
        self.alarmed |= other.alarmed;
    }

    /// The present day, since 1970.
    pub(in crate::outbound) fn day(&self) -> i32 {
        self.day
    }

    /// Begins a day, later than the present one, without a message.
    pub(in crate::outbound) fn begin_day(&mut self, day: i32) {
        self.day = day;
    }

    /// Whether messages were counted of whose recipients it was known, or not known, who is new.
    pub(in crate::outbound) fn has_seen(&self, family: channel::Family) -> bool {
        self.rates[family.index()].is_any()
            || channel::ALL.iter().enumerate().any(|(at, channel)| {
                let counted = self.counts[at] > 0.0 || self.records[at].0 > 0 || self.fortnight[at].0 > 0;
                channel.family == family && counted
            })
    }

    /// Lets the counters forget until `time`, which is not before the last message.
    fn forward(&mut self, time: i64) {
        if self.last < 0 || time <= self.last {
            return;
        }
        let elapsed = (time - self.last) as f32 / 1_000.0;
        for (count, channel) in self.counts.iter_mut().zip(&channel::ALL) {
            *count *= (-elapsed / channel.seconds).exp();
        }
        self.failed *= (-elapsed / channel::DAY).exp();
        for rate in &mut self.rates {
            rate.forget(elapsed);
        }
        self.last = time;
    }
}
