//! What is known of accounts in general: how much they send on a day, and how often it is much more. Fitted on logs.

use super::channel::{self, CHANNELS, Family};
use serde::{Deserialize, Serialize};

/// The tail of a distribution: a generalized Pareto distribution above `begin`, which is exceeded with probability `share`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Tail {
    pub(super) begin: f64,
    pub(super) share: f64,
    pub(super) scale: f64,
    pub(super) shape: f64,
}

impl Tail {
    /// What is exceeded with a probability of exp(-`surprise`).
    pub(super) fn quantile(&self, surprise: f64) -> f64 {
        let beyond = surprise + self.share.ln();
        if beyond <= 0.0 {
            self.begin
        } else if self.shape.abs() > 1e-3 {
            self.begin + self.scale / self.shape * (self.shape * beyond).exp_m1()
        } else {
            self.begin + self.scale * beyond
        }
    }

    /// -ln of the probability that `x` is exceeded; 0 below the tail.
    pub(super) fn surprise(&self, x: f64) -> f64 {
        let above = (x - self.begin) / self.scale;
        if above <= 0.0 {
            return 0.0;
        }
        let beyond = if self.shape.abs() > 1e-3 {
            (self.shape * above).ln_1p() / self.shape
        } else {
            above
        };
        beyond - self.share.ln()
    }

    /// Fitted to the largest of `values`, a fraction `share` of them, by probability-weighted moments. None for too few values.
    pub(super) fn fit(values: &mut [f64], share: f64) -> Option<Tail> {
        const FEWEST: usize = 30;
        // Below 0 the tail would end somewhere, beyond which nothing is possible; above, nothing would ever be surprising.
        const SHAPES: std::ops::RangeInclusive<f64> = 0.0..=0.4;
        values.sort_by(f64::total_cmp);
        let count = |number: usize| number as f64;
        let top = ((count(values.len()) * share) as usize).max(FEWEST);
        let at = values.len().checked_sub(top + 1)?;
        let begin = values[at];
        let beyond: Vec<f64> = values[at + 1..]
            .iter()
            .map(|value| value - begin)
            .filter(|&value| value > 0.0)
            .collect();
        let size = count(beyond.len());
        if beyond.len() < 3 {
            return Some(Tail {
                begin,
                share: 1.0 / count(values.len()),
                scale: 0.1,
                shape: 0.0,
            });
        }
        let mean = beyond.iter().sum::<f64>() / size;
        let weighted = beyond
            .iter()
            .enumerate()
            .map(|(at, value)| value * (1.0 - (count(at) + 0.65) / size));
        let weighted = weighted.sum::<f64>() / size;
        let shape = (2.0 - mean / (mean - 2.0 * weighted)).clamp(*SHAPES.start(), *SHAPES.end());
        Some(Tail {
            begin,
            share: size / count(values.len()),
            scale: (mean * (1.0 - shape)).max(1e-3),
            shape,
        })
    }
}

/// What is known of one channel. The statistic is y, the logarithm of the counter's highest value on a day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct ChannelPrior {
    /// Mean of y.
    pub(super) mean: f64,
    /// Mean of the accounts' variances of y.
    pub(super) variance: f64,
    /// Tails of y (standardized, for channels that are so by account), of accounts known for some time and of young ones.
    pub(super) tails: [Tail; 2],
    /// Whether it is looked at; [`super::fit_without`] leaves channels out.
    #[serde(default = "is_watched", skip_serializing_if = "Clone::clone")]
    pub(super) watched: bool,
}

fn is_watched() -> bool {
    true
}

/// What all channels of a family say together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct FamilyPrior {
    /// The tail of a day's largest surprise.
    pub(super) tail: Tail,
    /// Days with a message in a year of an account.
    pub(super) days_in_year: f64,
}

/// What is known of accounts in general, fitted on logs by [`super::fit`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Prior {
    /// In the order of the model's channels.
    channels: Vec<ChannelPrior>,
    families: Vec<FamilyPrior>,
}

/// Why something is no prior.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PriorError {
    /// It is no JSON of that form.
    #[error("it is no prior: {0}")]
    Form(#[from] serde_json::Error),
    /// It is one of another version of the model.
    #[error("it has {0} channels, and this version's model has {CHANNELS}")]
    Channels(usize),
    /// A number is impossible.
    #[error("it has numbers that no fit gives")]
    Numbers,
}

impl Prior {
    pub(super) fn new(channels: Vec<ChannelPrior>, families: Vec<FamilyPrior>) -> Result<Prior, PriorError> {
        let prior = Prior { channels, families };
        prior.checked()
    }

    /// The one that is built in, fitted on the dev accounts of two public streams (docs/outbound.md).
    ///
    /// # Errors
    /// None that is built in has any; a test reads it.
    pub fn built_in() -> Result<Prior, PriorError> {
        Prior::from_json(include_str!("prior.json"))
    }

    /// Reads what [`Prior::to_json`] wrote.
    ///
    /// # Errors
    /// [`PriorError`].
    pub fn from_json(text: &str) -> Result<Prior, PriorError> {
        serde_json::from_str::<Prior>(text)?.checked()
    }

    /// Writes it as JSON, a line for each channel.
    pub fn to_json(&self) -> String {
        let lines = |parts: Vec<String>| parts.join(",\n  ");
        let channels = self
            .channels
            .iter()
            .map(|channel| serde_json::to_string(channel).unwrap_or_default());
        let families = self
            .families
            .iter()
            .map(|family| serde_json::to_string(family).unwrap_or_default());
        format!(
            "{{\"channels\": [\n  {}\n ],\n \"families\": [\n  {}\n ]}}\n",
            lines(channels.collect()),
            lines(families.collect()),
        )
    }

    fn checked(self) -> Result<Prior, PriorError> {
        if self.channels.len() != CHANNELS || self.families.len() != Family::ALL.len() {
            return Err(PriorError::Channels(self.channels.len()));
        }
        let tails = self.channels.iter().flat_map(|channel| channel.tails);
        let tails = tails.chain(self.families.iter().map(|family| family.tail));
        let positive = |number: f64| number.is_finite() && number > 0.0;
        let proper = |tail: Tail| {
            tail.begin.is_finite()
                && positive(tail.scale)
                && (0.0..=1.0).contains(&tail.shape)
                && positive(tail.share)
                && tail.share <= 1.0
        };
        let moments = self
            .channels
            .iter()
            .all(|channel| channel.mean.is_finite() && positive(channel.variance));
        let days = self.families.iter().all(|family| positive(family.days_in_year));
        let all = tails.into_iter().all(proper) && moments && days;
        if all { Ok(self) } else { Err(PriorError::Numbers) }
    }

    pub(super) fn channel(&self, at: usize) -> &ChannelPrior {
        &self.channels[at]
    }

    /// How surprising a day may be of which there are so many in an account's year, before it is an alarm.
    pub(super) fn surprise(&self, family: Family, alarms_in_year: f64) -> f64 {
        // Other hosts' tails are heavier than those of the hosts it was fitted on.
        const CAUTION: f64 = 0.8;
        let family = &self.families[family.index()];
        family
            .tail
            .quantile(-(CAUTION * alarms_in_year / family.days_in_year).ln())
    }
}

/// A channel's limits for everybody: what does not depend on the account.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limit {
    /// Standardized y that is an alarm, and one that is a warning; of known accounts and of young ones.
    pub(super) alarm: [f64; 2],
    pub(super) warning: [f64; 2],
    /// The same as counts, where all accounts share them.
    pub(super) alarm_count: [f32; 2],
    pub(super) warning_count: [f32; 2],
    /// What is learned of a day is at most this.
    pub(super) learned: f64,
}

/// A day as surprising as one in a hundred is a warning: too many of them on one host are its alarm.
const WARNING: f64 = 4.6;
/// Nothing more surprising than one day in a thousand is learned, so that a slow ramp cannot teach its way up.
pub(super) const LEARNED: f64 = 6.9;

impl Limit {
    pub(super) fn new(prior: &Prior, at: usize, surprises: [f64; 2]) -> Limit {
        let channel = &channel::ALL[at];
        let surprise = surprises[channel.family.index()];
        let prior = prior.channel(at);
        let limit = |age: usize| prior.tails[age].quantile(surprise - f64::from(channel.shares[age].ln()));
        let alarm = [limit(0), limit(1)];
        let warning = prior.tails.map(|tail| tail.quantile(WARNING));
        let count = |y: f64| y.exp() as f32;
        Limit {
            alarm,
            warning,
            alarm_count: alarm.map(count),
            warning_count: warning.map(count),
            learned: prior.tails[0].quantile(LEARNED),
        }
    }

    /// No limits at all: what is learned of a day is at most `learned`.
    pub(super) fn none(learned: f64) -> Limit {
        Limit {
            alarm: [f64::INFINITY; 2],
            warning: [f64::INFINITY; 2],
            alarm_count: [f32::INFINITY; 2],
            warning_count: [f32::INFINITY; 2],
            learned,
        }
    }
}
