//! What a replay comes to: the monitor, and the alarms that it raised.

use super::html::Charts;
use super::moment;
use crate::printable;
use mailrep::outbound::{Assessment, Event, EventError, Monitor};
use serde::Serialize;
use std::collections::HashMap;
use std::fmt;
use std::io::{self, Write};
use std::path::Path;

/// Alarms that are told one by one.
const MOST_ALARMS: usize = 10_000;
/// Alarms that are shown to a person.
const MOST_SHOWN: usize = 50;

pub(super) struct Session {
    pub(super) monitor: Monitor,
    pub(super) stats: Stats,
    summary: Summary,
    /// Accounts whose alarm is open.
    open: HashMap<Vec<u8>, Open>,
    /// Messages of each account.
    messages: HashMap<Vec<u8>, u64>,
    /// Where a page is wanted.
    charts: Option<Charts>,
}

/// An open alarm: when it began, and its place in the summary, unless it began before the replay or there were too many.
struct Open {
    since: i64,
    place: Option<usize>,
}

#[derive(Default, Serialize)]
pub(super) struct Stats {
    pub(super) events: u64,
    pub(super) unusable: u64,
    pub(super) other_lines: u64,
    accounts: usize,
    alarms: u64,
    host_alarms: u64,
    bytes_per_account: usize,
}

#[derive(Default, Serialize)]
struct Summary {
    begin: Option<f64>,
    end: Option<f64>,
    alarms: Vec<Alarm>,
    host_alarms: Vec<HostAlarm>,
}

#[derive(Serialize)]
pub(super) struct Alarm {
    /// As it was named, and as it is shown.
    #[serde(skip)]
    pub(super) name: Vec<u8>,
    pub(super) account: String,
    pub(super) time: f64,
    pub(super) cause: &'static str,
    pub(super) reason: String,
    messages_before: u64,
    pub(super) messages_stopped: u64,
    recipients_stopped: u64,
}

#[derive(Serialize)]
struct HostAlarm {
    time: f64,
    reason: String,
}

/// What was said of a message, and whether that is news.
pub(super) struct Judged {
    pub(super) assessment: Assessment,
    pub(super) is_news: bool,
}

impl Session {
    pub(super) fn new(monitor: Monitor, with_charts: bool) -> Session {
        Session {
            monitor,
            stats: Stats::default(),
            summary: Summary::default(),
            open: HashMap::new(),
            messages: HashMap::new(),
            charts: with_charts.then(Charts::default),
        }
    }

    pub(super) fn observe(&mut self, event: &Event<'_>) -> Result<Judged, EventError> {
        let assessment = self.monitor.observe(event)?;
        self.stats.events += 1;
        let (begin, end) = (&mut self.summary.begin, &mut self.summary.end);
        *begin = Some(begin.map_or(event.time, |begin| begin.min(event.time)));
        *end = Some(end.map_or(event.time, |end| end.max(event.time)));
        let before = match self.messages.get_mut(event.account) {
            Some(messages) => {
                *messages += 1;
                *messages - 1
            }
            None => {
                self.messages.insert(event.account.to_vec(), 1);
                0
            }
        };
        let begins = self.account_alarm(event, &assessment, before);
        if let Some(charts) = &mut self.charts {
            let habits = self.monitor.habits(event.account);
            charts.add(
                event.account,
                event.time,
                assessment.alarm() && !begins,
                habits.as_ref(),
            );
        }
        if let Some(host) = &assessment.host_evidence {
            self.stats.host_alarms += 1;
            if self.summary.host_alarms.len() < MOST_ALARMS {
                self.summary.host_alarms.push(HostAlarm {
                    time: event.time,
                    reason: host.to_string(),
                });
            }
        }
        Ok(Judged {
            is_news: begins || assessment.host_alarm(),
            assessment,
        })
    }

    /// Says whether an alarm of the account begins.
    fn account_alarm(&mut self, event: &Event<'_>, assessment: &Assessment, before: u64) -> bool {
        let Some(evidence) = &assessment.evidence else {
            if !self.open.is_empty() {
                self.open.remove(event.account);
            }
            return false;
        };
        if let Some(open) = self
            .open
            .get(event.account)
            .filter(|open| open.since == evidence.since)
        {
            if let Some(alarm) = open.place.and_then(|place| self.summary.alarms.get_mut(place)) {
                alarm.messages_stopped += 1;
                alarm.recipients_stopped += u64::from(event.recipients.count());
            }
            return false;
        }
        // What the state had is no news.
        let begins = evidence.since >= (event.time * 1_000.0) as i64;
        self.stats.alarms += u64::from(begins);
        let place = (begins && self.summary.alarms.len() < MOST_ALARMS).then(|| {
            self.summary.alarms.push(Alarm {
                name: event.account.to_vec(),
                account: super::log::name(event.account),
                time: event.time,
                cause: evidence.code,
                reason: evidence.to_string(),
                messages_before: before,
                messages_stopped: 0,
                recipients_stopped: 0,
            });
            self.summary.alarms.len() - 1
        });
        let since = evidence.since;
        self.open.insert(event.account.to_vec(), Open { since, place });
        begins
    }

    /// All messages were observed.
    pub(super) fn end(&mut self) {
        self.stats.accounts = self.monitor.accounts();
        self.stats.bytes_per_account = self.monitor.octets_per_account();
    }

    /// The account's alarm has ended by what an administrator said.
    pub(super) fn ended(&mut self, account: &[u8]) {
        self.open.remove(account);
    }

    /// Writes the page of charts, if one is wanted.
    pub(super) fn write_page(&self, path: &Path) -> io::Result<()> {
        match &self.charts {
            Some(charts) => charts.write(path, &self.summary.alarms, &self.stats.to_string()),
            None => Ok(()),
        }
    }

    /// Tells of everything.
    pub(super) fn tell(&self, out: &mut impl Write, json: bool) -> io::Result<()> {
        #[derive(Serialize)]
        struct End<'a> {
            stats: &'a Stats,
            summary: &'a Summary,
        }
        let (stats, summary) = (&self.stats, &self.summary);
        if json {
            let text = serde_json::to_string(&End { stats, summary })?;
            return writeln!(out, "{}", printable::json(&text));
        }
        writeln!(out, "{stats}")?;
        if let (Some(begin), Some(end)) = (summary.begin, summary.end) {
            writeln!(out, "the first one at {}, the last one at {}", at(begin), at(end))?;
        }
        for alarm in summary.alarms.iter().take(MOST_SHOWN) {
            let account = printable::line(&alarm.account);
            writeln!(
                out,
                "\n{account}: alarm at {}, after {} messages\n  {}\n  {} messages to {} recipients followed while it was open: they would have been stopped",
                at(alarm.time),
                alarm.messages_before,
                alarm.reason,
                alarm.messages_stopped,
                alarm.recipients_stopped
            )?;
        }
        for alarm in summary.host_alarms.iter().take(MOST_SHOWN) {
            writeln!(out, "\nthe host: alarm at {}\n  {}", at(alarm.time), alarm.reason)?;
        }
        let all = stats.alarms + stats.host_alarms;
        let shown = summary.alarms.len().min(MOST_SHOWN) + summary.host_alarms.len().min(MOST_SHOWN);
        match all.saturating_sub(shown as u64) {
            0 => Ok(()),
            more => writeln!(out, "\n{more} more alarms are not shown; --json has them"),
        }
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        write!(
            f,
            "{} of {}; {} of accounts, {} of the host; {} could not be used",
            some(self.events, "message"),
            some(self.accounts as u64, "account"),
            some(self.alarms, "alarm"),
            self.host_alarms,
            some(self.unusable, "line"),
        )
    }
}

impl Alarm {
    /// When it began, as RFC 3339.
    pub(super) fn began(&self) -> String {
        at(self.time)
    }
}

fn at(seconds: f64) -> String {
    moment((seconds * 1_000.0) as i64)
}
