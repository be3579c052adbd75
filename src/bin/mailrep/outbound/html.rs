//! The page of `mailrep outbound replay --html`: who sent how much on which day, what would have been stopped, and above what. One file,
//! without scripts and outside resources.

use super::envelope::{Counters, Envelope};
use super::moment;
use super::session::Alarm;
use crate::printable;
use mailrep::outbound::Habits;
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::path::Path;

/// Charts of accounts on a page.
const MOST_CHARTS: usize = 100;
/// Bars of a chart, at most; where there are more days, a bar is of several.
const MOST_BARS: i64 = 400;
const WIDTH: f64 = 800.0;
const HEIGHT: f64 = 140.0;
/// Counters that are drawn of an account: those that raised its alarms.
const MOST_ROWS: usize = 3;
const ROW: f64 = 70.0;
/// Room above a row, for what it counts.
const HEAD: f64 = 26.0;
const DAY_MILLISECONDS: i64 = 86_400_000;

const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1b1b;--faint:#5f6368;--line:#d8dade;--sent:#2f6db3;--stopped:#c62828;--usual:#2e7d4f}\
@media(prefers-color-scheme:dark){:root{--paper:#16181c;--ink:#e6e6e6;--faint:#9aa0a6;--line:#3a3d42;--sent:#7fb2e8;--stopped:#ff7b72;--usual:#7cc49a}}\
body{margin:2rem auto;max-width:54rem;padding:0 1rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}\
h1{font-size:1.5rem}h2{font-size:1.1rem;margin:2rem 0 .25rem;overflow-wrap:anywhere}p{margin:.25rem 0}\
svg{width:100%;height:auto;display:block;margin-top:.5rem}text{fill:var(--faint);font:11px system-ui,sans-serif}\
.grid{stroke:var(--line)}.sent{fill:var(--sent)}.stopped{fill:var(--stopped)}.alarm{stroke:var(--stopped);stroke-dasharray:3 3}\
polyline{fill:none;stroke-width:1.5}.usual{stroke:var(--usual)}.limit{stroke:var(--stopped)}\
.key span{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em}.key .a{background:var(--sent);margin-left:0}.key .b,.key .d{background:var(--stopped)}.key .c{background:var(--usual)}.key .c,.key .d{height:2px;vertical-align:.3em}";

/// Messages of a day.
#[derive(Debug, Default, Clone, Copy)]
struct Volume {
    sent: u64,
    /// Those within an open alarm.
    stopped: u64,
}

/// What is drawn of a day.
#[derive(Debug, Default, Clone)]
struct Day {
    volume: Volume,
    /// Of accounts.
    envelope: Envelope,
}

type Days = BTreeMap<i64, Day>;

/// What the charts show.
#[derive(Debug, Default)]
pub(super) struct Charts {
    accounts: HashMap<Vec<u8>, Days>,
    host: Days,
    counters: Counters,
}

impl Charts {
    /// Counts a message, at a time in seconds since 1970, that would have been stopped or not; `habits` are the account's after it.
    pub(super) fn add(&mut self, account: &[u8], time: f64, is_stopped: bool, habits: Option<&Habits>) {
        let day = (time / 86_400.0) as i64;
        if !self.accounts.contains_key(account) {
            self.accounts.insert(account.to_vec(), Days::new());
        }
        let mut of_account = self.accounts.get_mut(account);
        if let (Some(days), Some(habits)) = (&mut of_account, habits) {
            self.counters
                .add(&mut days.entry(day).or_default().envelope, habits);
        }
        for days in of_account.into_iter().chain([&mut self.host]) {
            let volume = &mut days.entry(day).or_default().volume;
            volume.sent += u64::from(!is_stopped);
            volume.stopped += u64::from(is_stopped);
        }
    }

    /// Writes the page beside and renames it.
    pub(super) fn write(&self, path: &Path, alarms: &[Alarm], told: &str) -> io::Result<()> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(self.page(alarms, told).as_bytes())?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }

    fn page(&self, alarms: &[Alarm], told: &str) -> String {
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
             <title>Outbound mail: alarms</title>\n<link rel=\"icon\" href=\"data:,\">\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <h1>Outbound mail: what the alarms would have stopped</h1>\n<p>{}</p>\n\
             <p class=\"key\"><span class=\"a\"></span>messages of a day (UTC)<span class=\"b\"></span>would have been stopped; \
             each line is ten times the one below it</p>\n\
             <p class=\"key\">Below, of an account, what raised its alarm, at most on each day: <span class=\"c\"></span>on a usual day\
             <span class=\"d\"></span>an alarm above it</p>\n",
            escaped(told)
        );
        let range = match (self.host.first_key_value(), self.host.last_key_value()) {
            (Some((first, _)), Some((last, _))) => (*first, *last),
            _ => (0, 0),
        };
        page.push_str("<h2>The host</h2>\n");
        page.push_str(&self.chart(&self.host, range, &[]));
        let mut shown: Vec<&str> = Vec::new();
        for alarm in alarms {
            if shown.len() == MOST_CHARTS || shown.contains(&alarm.account.as_str()) {
                continue;
            }
            shown.push(&alarm.account);
            let own: Vec<&Alarm> = alarms
                .iter()
                .filter(|other| other.account == alarm.account)
                .collect();
            // Nobody reads an open text; writing to a String cannot fail.
            let _ = writeln!(page, "<h2>{}</h2>", escaped(&alarm.account));
            for alarm in &own {
                let _ = writeln!(
                    page,
                    "<p>Alarm at {}: {}. {} messages followed while it was open.</p>",
                    alarm.began(),
                    escaped(&alarm.reason),
                    alarm.messages_stopped
                );
            }
            if let Some(days) = self.accounts.get(&alarm.name) {
                page.push_str(&self.chart(days, range, &own));
            }
        }
        page.push_str("</body>\n</html>\n");
        page
    }

    /// Bars of days on a logarithmic scale, and when alarms began; below them, the counters that raised them.
    fn chart(&self, days: &Days, (first, last): (i64, i64), alarms: &[&Alarm]) -> String {
        let days_of_bar = ((last - first + 1) as u64).div_ceil(MOST_BARS as u64).max(1) as i64;
        let mut bars: BTreeMap<i64, Volume> = BTreeMap::new();
        for (number, day) in days {
            let bar = bars.entry((number - first) / days_of_bar).or_default();
            bar.sent += day.volume.sent;
            bar.stopped += day.volume.stopped;
        }
        let date = |day: i64| moment(day * DAY_MILLISECONDS)[..10].to_owned();
        let x = |day: f64| (day - first as f64) / days_of_bar as f64;
        let count = (last - first) / days_of_bar + 1;
        let width = WIDTH / count as f64;
        let mut causes: Vec<&str> = Vec::new();
        for alarm in alarms {
            if !causes.contains(&alarm.cause) && causes.len() < MOST_ROWS {
                causes.push(alarm.cause);
            }
        }
        let envelopes = || days.iter().map(|(day, of_day)| (*day, &of_day.envelope));
        let rows: Vec<String> = causes
            .iter()
            .enumerate()
            .filter_map(|(at, cause)| {
                let place = (HEIGHT + HEAD + at as f64 * (ROW + HEAD), WIDTH, ROW);
                let middle = |day: i64| x(day as f64 + 0.425) * width;
                self.counters.row(cause, envelopes(), middle, place, date)
            })
            .collect();
        let bottom = HEIGHT + rows.len() as f64 * (ROW + HEAD);
        let highest = bars.values().map(|bar| bar.sent + bar.stopped).max().unwrap_or(0);
        let top = ((highest + 1) as f64).log10().max(1.0);
        let height = |messages: u64| ((messages + 1) as f64).log10() / top * HEIGHT;
        let mut svg = format!(
            "<svg viewBox=\"-40 -8 {} {}\" role=\"img\" aria-label=\"Messages of each day\">\n",
            WIDTH + 48.0,
            bottom + 30.0
        );
        let mut messages = 1;
        while messages <= highest {
            let y = HEIGHT - height(messages);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"0\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"-4\" y=\"{:.1}\" text-anchor=\"end\">{messages}</text>",
                y + 4.0
            );
            messages = messages.saturating_mul(10);
        }
        for (at, bar) in &bars {
            let (sent, all) = (height(bar.sent), height(bar.sent + bar.stopped));
            let (x, wide) = (*at as f64 * width, (width * 0.85).max(0.8));
            let day = date(first + at * days_of_bar);
            let _ = writeln!(
                svg,
                "<g><title>{day}: {} messages, and {} that would have been stopped</title>\
             <rect class=\"sent\" x=\"{x:.2}\" y=\"{:.1}\" width=\"{wide:.2}\" height=\"{sent:.1}\"/>\
             <rect class=\"stopped\" x=\"{x:.2}\" y=\"{:.1}\" width=\"{wide:.2}\" height=\"{:.1}\"/></g>",
                bar.sent,
                bar.stopped,
                HEIGHT - sent,
                HEIGHT - all,
                all - sent
            );
        }
        for alarm in alarms {
            let x = x(alarm.time / 86_400.0) * width;
            let _ = writeln!(
                svg,
                "<line class=\"alarm\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"-8\" y2=\"{bottom}\"><title>alarm at {}</title></line>",
                alarm.began()
            );
        }
        svg.extend(rows);
        let _ = writeln!(
            svg,
            "<text x=\"0\" y=\"{y}\">{}</text><text x=\"{WIDTH}\" y=\"{y}\" text-anchor=\"end\">{}</text>\n</svg>",
            date(first),
            date(last),
            y = bottom + 16.0
        );
        svg
    }
}

/// What strangers wrote, as text of a page.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in printable::line(text).chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
