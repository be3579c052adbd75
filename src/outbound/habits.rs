//! What a monitor believes normal for an account.

use super::assessment::{Evidence, rate, slots, span};
use super::channel::{self, CHANNELS, Channel, Family, Measure};
use super::monitor::{Alarm, Monitor};
use std::fmt;

/// What is believed normal for an account, in [`Monitor::habits`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Habits {
    /// Whether messages of this account are known; what was declared may be known without them.
    pub known: bool,
    /// Days on which the account sent something, as far as they count; at most 60 do.
    pub days: u8,
    /// The day of the first message, in seconds since 1970.
    pub first: Option<i64>,
    /// The last message, in milliseconds since 1970.
    pub last: Option<i64>,
    /// Recipients that could not be delivered to within a day ([`Monitor::failed`]).
    pub failed: f32,
    /// What is counted of its messages.
    pub channels: Vec<Habit>,
    /// What an open alarm rests on. It ends with the first message on a later day that is more than a day after its beginning.
    pub alarm: Option<Evidence>,
    /// Recipients in a day that were declared ([`Monitor::allow`]).
    pub declared: Option<u32>,
    /// The account's own tolerance ([`Monitor::set_tolerance`]); limits are those of it.
    pub tolerance: Option<f64>,
}

/// What is believed normal of one counter.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Habit {
    /// A stable code for what is counted, such as `new_slots_1s`.
    pub code: &'static str,
    /// What is usual, as [`Evidence::usual`] says; none without history. [`Habit::usual_words`] has it in words.
    pub usual: Option<f64>,
    /// The counter's value at the last message.
    pub count: f32,
    /// Above what it is an alarm, at the monitor's or the account's own tolerance; infinite where it is not watched because of a declaration.
    pub limit: f32,
    /// What was acknowledged: the limit is not below it.
    pub acknowledged: Option<f32>,
    measure: Measure,
    seconds: f32,
}

/// What is counted, in words, such as "messages to new recipients in different minutes".
impl fmt::Display for Habit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let within = span(f64::from(self.seconds));
        match self.measure {
            Measure::Slots(slot) => write!(f, "messages in different {}", slots(slot)),
            Measure::NewSlots(slot) => write!(f, "messages to new recipients in different {}", slots(slot)),
            Measure::Rate => write!(f, "messages within {within}"),
            Measure::NewRate => write!(f, "messages to new recipients within {within}"),
            Measure::Recipients => write!(f, "recipients within {within}"),
            Measure::NewRecipients => write!(f, "new recipients within {within}"),
        }
    }
}

impl Habit {
    /// What is usual, in words: "6 on its busiest day", "0.3 a day as a rule".
    pub fn usual_words(&self) -> Option<String> {
        let usual = self.usual?;
        Some(match (self.measure, self.seconds) {
            (Measure::Rate | Measure::NewRate, _) => format!("{} a day as a rule", rate(usual)),
            (Measure::Recipients, channel::DAY) => format!("{:.0} on a usual day", usual.round()),
            _ => format!("{:.0} on its busiest day", usual.round()),
        })
    }
}

impl Monitor {
    /// What is believed normal for an account; none if nothing is known of it. Of an account whose messages always or never told which
    /// recipients are new, only what is counted of such messages is told.
    pub fn habits(&self, account: &[u8]) -> Option<Habits> {
        let key = self.key.of(account);
        let part = self.part(key);
        let declared = part.declared.get(&key).copied();
        let acknowledged = part.acknowledged.get(&key);
        let tolerance = part.tolerances.get(&key).copied();
        let Some(account) = part.accounts.get(key) else {
            // Limits are those of anybody then.
            return (declared.is_some() || tolerance.is_some()).then(|| Habits {
                known: false,
                days: 0,
                first: None,
                last: None,
                failed: 0.0,
                channels: Vec::new(),
                alarm: None,
                declared,
                tolerance,
            });
        };
        let neither = !Family::ALL.iter().any(|family| account.has_seen(*family));
        let own_limits = self.own_limits(tolerance);
        let habit = |(at, channel): (usize, &Channel)| {
            let (own, _) = account.limits(at, self.prior.channel(at), &own_limits(at));
            let ceiling = acknowledged.map_or(0.0, |ceilings| ceilings[at]);
            Habit {
                code: channel.code(),
                usual: (account.days() > 0).then(|| account.usual(at)),
                count: account.as_number(at, account.count(at)),
                limit: account.as_number(at, channel.allowed(own / account.suspicion(), ceiling, declared)),
                acknowledged: (ceiling > 0.0).then(|| account.as_number(at, ceiling)),
                measure: channel.measure,
                seconds: channel.seconds,
            }
        };
        let evidence = |alarm: &Alarm| Evidence::new(account, alarm.worst, alarm.since);
        Some(Habits {
            known: true,
            days: account.days(),
            first: Some(i64::from(account.first_day()) * 86_400),
            last: Some(account.last()),
            failed: account.failed(),
            channels: (0..CHANNELS)
                .zip(&channel::ALL)
                .filter(|(_, channel)| neither || account.has_seen(channel.family))
                .map(habit)
                .collect(),
            alarm: part.alarms.get(&key).map(evidence),
            declared,
            tolerance,
        })
    }
}
