//! What a monitor says of a message.

use super::account::{Account, day_of};
use super::channel::{self, DAY, Measure};
use std::fmt;

/// What a message says about the account that sent it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Assessment {
    /// How near the account is to an alarm: the largest counter in proportion to its limit. Above 1 it is one.
    pub score: f32,
    /// What an open alarm rests on; none without an alarm.
    pub evidence: Option<Evidence>,
    /// What an alarm of the whole host rests on: too many accounts are unusual at once.
    pub host_evidence: Option<HostEvidence>,
    /// Whether the account is watched: there is a bound to how many are.
    pub watched: bool,
}

impl Assessment {
    /// Whether an alarm is open for the account.
    pub fn alarm(&self) -> bool {
        self.evidence.is_some()
    }

    /// Whether this message raised an alarm for the host.
    pub fn host_alarm(&self) -> bool {
        self.host_evidence.is_some()
    }

    /// Why there is an alarm, in a sentence; none without one.
    pub fn reason(&self) -> Option<String> {
        match (&self.evidence, &self.host_evidence) {
            (Some(evidence), None) => Some(evidence.to_string()),
            (None, Some(host)) => Some(host.to_string()),
            (Some(evidence), Some(host)) => Some(format!("{evidence}; {host}")),
            (None, None) => None,
        }
    }

    pub(super) fn unwatched() -> Assessment {
        Assessment {
            score: 0.0,
            evidence: None,
            host_evidence: None,
            watched: false,
        }
    }
}

/// What an account's alarm rests on. Its `Display` is a sentence for an administrator.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Evidence {
    /// A stable code for what was counted, such as `new_slots_1s`.
    pub code: &'static str,
    /// The counter when it was highest above its limit. It forgets with time, so that it is no whole number.
    pub count: f32,
    /// Above what it is an alarm.
    pub limit: f32,
    /// What is usual for this account: the counter's highest value on its busiest day, as far as that is remembered; of recipients within a day, on a
    /// day as a rule; of messages within a day, their number in one.
    pub usual: f64,
    /// Days on which the account sent something, as far as they are known; at most 60 count.
    pub days: u8,
    /// Days since the account's first message.
    pub known: i32,
    /// Recipients that could not be delivered to within a day, which lowered the limit ([`super::Monitor::failed`]).
    pub failed: f32,
    /// When the alarm began: milliseconds since 1970.
    pub since: i64,
    measure: Measure,
    seconds: f32,
}

impl Evidence {
    pub(super) fn new(account: &Account, (at, count, limit): (usize, f32, f32), since: i64) -> Evidence {
        let channel = &channel::ALL[at];
        Evidence {
            code: channel.code(),
            count: account.as_number(at, count),
            limit: account.as_number(at, limit),
            usual: account.usual(at),
            days: account.days(),
            known: day_of(account.last()) - account.first_day(),
            failed: account.failed(),
            since,
            measure: channel.measure,
            seconds: channel.seconds,
        }
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.count.round().max(1.0);
        let within = span(f64::from(self.seconds));
        match self.measure {
            Measure::Slots(slot) => write!(f, "{count} messages in {count} different {}", slots(slot))?,
            Measure::NewSlots(slot) => write!(
                f,
                "{count} messages to new recipients in {count} different {}",
                slots(slot)
            )?,
            Measure::Rate => write!(f, "some {count} messages within {within}")?,
            Measure::NewRate => write!(f, "some {count} messages to new recipients within {within}")?,
            Measure::Recipients => write!(f, "some {count} recipients within {within}")?,
            Measure::NewRecipients => write!(f, "some {count} new recipients within {within}")?,
        }
        write!(
            f,
            ", where more than {:.0} are too many",
            self.limit.floor().max(1.0)
        )?;
        if self.failed >= 0.5 {
            write!(f, ", since {:.0} recipients failed", self.failed.ceil())?;
        }
        if self.days == 0 {
            return f.write_str("; this account has no history yet");
        }
        let usual = self.usual.round();
        match (self.measure, self.seconds) {
            (Measure::Rate | Measure::NewRate, _) => {
                write!(f, "; this account sends {} a day", rate(self.usual))?
            }
            (Measure::Recipients, DAY) => write!(f, "; on a usual day of this account there are {usual:.0}")?,
            _ => write!(f, "; this account's busiest day had {usual:.0}")?,
        }
        write!(
            f,
            " ({} {} known, the first {} {} ago)",
            self.days,
            if self.days == 1 { "day" } else { "days" },
            self.known,
            if self.known == 1 { "day" } else { "days" },
        )
    }
}

/// Messages in a day, with as many digits as are of use.
pub(super) fn rate(messages: f64) -> String {
    if messages < 0.1 {
        "less than 0.1".to_owned()
    } else if messages < 9.95 {
        format!("{messages:.1}")
    } else {
        format!("{messages:.0}")
    }
}

/// What an alarm of the host rests on.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct HostEvidence {
    /// Accounts that have become unusual; it forgets with time.
    pub accounts: f64,
    /// Within how many seconds.
    pub seconds: f64,
}

impl fmt::Display for HostEvidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:.0} accounts of this host have become unusual within {}",
            self.accounts.round(),
            span(self.seconds)
        )
    }
}

pub(super) fn slots(milliseconds: u32) -> String {
    match milliseconds {
        1_000 => "seconds".to_owned(),
        60_000 => "minutes".to_owned(),
        other => format!("spans of {} minutes", other / 60_000),
    }
}

pub(super) fn span(seconds: f64) -> String {
    match seconds {
        ..=90.0 => format!("{seconds:.0} seconds"),
        ..=5_400.0 => format!("{:.0} minutes", seconds / 60.0),
        ..=80_000.0 => format!("{:.0} hours", seconds / 3_600.0),
        _ => "a day".to_owned(),
    }
}
