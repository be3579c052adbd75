//! Fitting the [`Prior`] on logs: what accounts in general send on a day.
//!
//! Only ordinary sending belongs in: no attack is needed, and the few that a log holds do no harm.

use super::account::{Account, Counted, DAY, day_of};
use super::channel::{self, CHANNELS, Channel, Family};
use super::prior::{ChannelPrior, FamilyPrior, LEARNED, Limit, Prior, PriorError, Tail};
use std::collections::BTreeMap;

/// A message of a log.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sent {
    /// Who sent it: any number that tells accounts apart.
    pub account: u64,
    /// Seconds since 1970.
    pub time: f64,
    /// To how many.
    pub recipients: u32,
    /// How many of them were new to the account.
    pub new: u32,
}

/// Why there is no prior.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// There is no counter with this code.
    #[error("nothing is counted that is called '{0}'; there are {codes}", codes = codes())]
    NoCounter(String),
    /// Too few days with a message.
    #[error(
        "half of the accounts have {0} days on which they sent something; {FEWEST_DAYS} are needed at least"
    )]
    TooFew(usize),
    /// What came out is impossible.
    #[error("nothing can be fitted to these logs: {0}")]
    Prior(#[from] PriorError),
}

/// Days of accounts that are needed.
const FEWEST_DAYS: usize = 2_500;
/// Tails are fitted to this share of the days; of young accounts there are fewer.
const TOP: [f64; 2] = [0.005, 0.01];
/// The tail of a day's largest surprise is fitted to this share.
const TOP_SURPRISES: f64 = 0.003;
/// Days after which an account's mean and variance count.
const SETTLED: u8 = 5;
/// What is learned of a day depends on the tails, and they on what is learned.
const PASSES: usize = 3;
const YEAR: f64 = 365.25 * DAY as f64;

/// Fits a prior on messages, in the order of time.
///
/// How surprising the days of accounts are is judged by what was fitted on the other half of the accounts: by what was fitted on
/// themselves they would look more ordinary than those of strangers do.
///
/// # Errors
/// [`FitError::TooFew`] if there is too little.
pub fn fit(sent: &[Sent]) -> Result<Prior, FitError> {
    fit_without(sent, &[])
}

/// The codes of all counters, as an error tells them.
fn codes() -> String {
    let mut codes: Vec<&str> = channel::ALL.iter().map(Channel::code).collect();
    codes.sort_unstable();
    codes.dedup();
    codes.join(", ")
}

/// The same, without the counters of these codes ([`super::Evidence::code`]): a monitor with this prior raises no alarm by them, and the others
/// have their share of the tolerance. It is for a host on which a counter has no use, and it shows what each is worth.
///
/// # Errors
/// [`FitError::NoCounter`] for another code, and those of [`fit`].
pub fn fit_without(sent: &[Sent], codes: &[&str]) -> Result<Prior, FitError> {
    let is_one = |code: &str| channel::ALL.iter().any(|channel| channel.code() == code);
    if let Some(code) = codes.iter().find(|code| !is_one(code)) {
        return Err(FitError::NoCounter((*code).to_owned()));
    }
    let mut others = Days::default();
    for half in [false, true] {
        let fitted = channels(sent, codes, |account| is_odd(account) == half)?;
        for family in Family::ALL {
            others.replay(sent, family, &fitted, true, |account| is_odd(account) != half);
        }
    }
    let families = Family::ALL.map(|family| {
        let surprises = &mut others.surprises[family.index()];
        let days = surprises.len() as f64;
        FamilyPrior {
            tail: Tail::fit(surprises, TOP_SURPRISES).unwrap_or(FLAT),
            days_in_year: days / others.years[family.index()].max(1e-9),
        }
    });
    Ok(Prior::new(channels(sent, codes, |_| true)?, families.to_vec())?)
}

/// Nothing is surprising.
const FLAT: Tail = Tail {
    begin: 0.0,
    share: 1.0,
    scale: 1.0,
    shape: 0.0,
};

/// Which half an account is of.
fn is_odd(account: u64) -> bool {
    // Numbers may be in the order of first messages, or hashes: mixed, the halves are alike.
    account.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 63 == 1
}

/// What accounts of which `wanted` says so do on a day.
fn channels(
    sent: &[Sent],
    without: &[&str],
    wanted: impl Fn(u64) -> bool,
) -> Result<Vec<ChannelPrior>, FitError> {
    let unknown = |channel: &Channel| ChannelPrior {
        mean: 0.0,
        variance: 0.05,
        tails: [FLAT; 2],
        watched: !without.contains(&channel.code()),
    };
    let mut channels: Vec<ChannelPrior> = channel::ALL.iter().map(unknown).collect();
    for pass in 0..=PASSES {
        let mut days = Days::default();
        for family in Family::ALL {
            days.replay(sent, family, &channels, pass > 0, &wanted);
        }
        let found = days.surprises[0].len();
        if found < FEWEST_DAYS {
            return Err(FitError::TooFew(found));
        }
        for (at, (channel, values)) in channels.iter_mut().zip(&mut days.values).enumerate() {
            if pass == 0 {
                let (mean, variance) = days.settled[at].center();
                channel.mean = mean;
                channel.variance = variance.max(1e-4);
            }
            for (tail, (values, share)) in channel.tails.iter_mut().zip(values.iter_mut().zip(TOP)) {
                *tail = Tail::fit(values, share).unwrap_or(*tail);
            }
        }
    }
    Ok(channels)
}

/// What the days of all accounts had.
#[derive(Default)]
struct Days {
    /// Of each channel, y of accounts known for some time and of young ones.
    values: [[Vec<f64>; 2]; CHANNELS],
    settled: [Settled; CHANNELS],
    /// Of each family, the largest surprise of each day.
    surprises: [Vec<f64>; 2],
    /// Of each family, the time between the first and the last message of all accounts together.
    years: [f64; 2],
}

/// Means of accounts.
#[derive(Default)]
struct Settled {
    accounts: f64,
    means: f64,
    variances: f64,
}

impl Settled {
    fn center(&self) -> (f64, f64) {
        let accounts = self.accounts.max(1.0);
        (self.means / accounts, self.variances / accounts)
    }
}

/// An account while it is replayed.
struct Replayed {
    account: Account,
    first: f64,
    last: f64,
    /// Number, sum and sum of squares of each channel's y.
    days: f64,
    sums: [(f64, f64); CHANNELS],
}

impl Days {
    fn replay(
        &mut self,
        sent: &[Sent],
        family: Family,
        channels: &[ChannelPrior],
        learn: bool,
        wanted: impl Fn(u64) -> bool,
    ) {
        let limits: [Limit; CHANNELS] = std::array::from_fn(|at| {
            Limit::none(if learn {
                channels[at].tails[0].quantile(LEARNED)
            } else {
                f64::INFINITY
            })
        });
        // In an order that is always the same, so that sums are.
        let mut accounts: BTreeMap<u64, Replayed> = BTreeMap::new();
        for message in sent.iter().filter(|message| wanted(message.account)) {
            let Some(time) = super::event::milliseconds(message.time) else {
                continue;
            };
            let replayed = accounts.entry(message.account).or_insert_with(|| Replayed {
                account: Account::new(message.account, time),
                first: message.time,
                last: message.time,
                days: 0.0,
                sums: [(0.0, 0.0); CHANNELS],
            });
            if replayed.account.begins_day(time) {
                self.close(time, replayed, family, channels, &limits);
            }
            replayed.last = replayed.last.max(message.time);
            replayed.account.add(Counted {
                time,
                recipients: message.recipients,
                new: (family == Family::Known).then_some(message.new),
            });
        }
        for replayed in accounts.values_mut() {
            let last = replayed.account.last();
            self.close(last, replayed, family, channels, &limits);
            self.years[family.index()] += (replayed.last - replayed.first) * 1_000.0 / YEAR;
            if replayed.account.days() >= SETTLED {
                for at in (0..CHANNELS).filter(|&at| channel::ALL[at].family == family) {
                    let (sum, squares) = replayed.sums[at];
                    let mean = sum / replayed.days;
                    let settled = &mut self.settled[at];
                    settled.accounts += 1.0;
                    settled.means += mean;
                    settled.variances += (squares / replayed.days - mean * mean).max(0.0);
                }
            }
        }
    }

    fn close(
        &mut self,
        time: i64,
        replayed: &mut Replayed,
        family: Family,
        channels: &[ChannelPrior],
        limits: &[Limit; CHANNELS],
    ) {
        let account = &mut replayed.account;
        let age = account.age();
        let mut largest: f64 = 0.0;
        for (at, channel) in channel::ALL
            .iter()
            .enumerate()
            .filter(|(_, channel)| channel.family == family)
        {
            let y = account.peak(at);
            replayed.sums[at].0 += y;
            replayed.sums[at].1 += y * y;
            let standardized = account.standardized(at, &channels[at]);
            self.values[at][age].push(standardized);
            if channels[at].watched && account.unusual_peak(at) {
                let surprise = channels[at].tails[age].surprise(standardized);
                largest = largest.max(surprise + f64::from(channel.shares[age].ln()));
            }
        }
        replayed.days += 1.0;
        self.surprises[family.index()].push(largest);
        account.close_day(day_of(time), |at| channels[at], limits);
    }
}
