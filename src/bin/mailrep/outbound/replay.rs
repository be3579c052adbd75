//! `mailrep outbound replay`.

use super::arguments::Replay;
use super::lines::{Line, Lines, Read};
use crate::cli::Global;
use crate::failure::Failure;
use mailrep::outbound::{Assessment, Event, Key, Monitor, MonitorOptions, Prior, Recipients};
use serde::Serialize;
use std::cell::RefCell;
use std::io::{self, BufWriter, Write as _};

#[derive(Serialize)]
struct Answer<'a> {
    alarm: bool,
    host_alarm: bool,
    score: f32,
    reason: Option<String>,
    cause: Option<&'a str>,
    watched: bool,
}

#[derive(Serialize)]
struct Unusable<'a> {
    error: &'a str,
    line: u64,
}

#[derive(Serialize)]
struct End {
    stats: Stats,
}

#[derive(Default, Serialize)]
struct Stats {
    events: u64,
    unusable: u64,
    accounts: usize,
    alarms: u64,
    host_alarms: u64,
    bytes_per_account: usize,
}

pub(crate) fn run(command: &Replay, global: &Global) -> Result<(), Failure> {
    let prior = match &command.prior {
        None => None,
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|why| super::unreadable(path, &why))?;
            let prior = Prior::from_json(&text)
                .map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
            Some(prior)
        }
    };
    let monitor = |tolerance: Option<f64>| {
        let mut options = MonitorOptions::default();
        options.prior = prior.clone();
        options.false_alarms_per_account_year = tolerance.unwrap_or(options.false_alarms_per_account_year);
        // Nothing is kept beyond the replay.
        Monitor::new(Key::from([0; 16]), options).map_err(|error| error.to_string())
    };
    let mut replayed = Replayed {
        monitor: monitor(command.false_alarms).map_err(Failure::Usage)?,
        open: std::collections::HashSet::new(),
        stats: Stats::default(),
    };
    let out = RefCell::new(BufWriter::with_capacity(64 << 10, io::stdout().lock()));
    let mut lines = Lines::new(super::open(&command.file)?);
    loop {
        let read = lines
            .next(|| out.borrow_mut().flush())
            .map_err(|why| super::unreadable(&command.file, &why))?;
        let line = match read {
            Read::End => break,
            Read::Blank => continue,
            Read::Unusable(why) => Err(why),
            Read::Line(line) => match line.control.as_deref() {
                None => replayed.event(&line).map(Some),
                Some("end") => break,
                Some("config") => match line.false_alarms_per_account_year {
                    _ if replayed.stats.events > 0 => {
                        Err("\"config\" comes before the first message".to_owned())
                    }
                    tolerance => monitor(tolerance.or(command.false_alarms)).map(|monitor| {
                        replayed.monitor = monitor;
                        None
                    }),
                },
                Some(control) => replayed.control(control, &line).map(|()| None),
            },
        };
        let mut out = out.borrow_mut();
        let written = match line {
            Ok(None) => Ok(()),
            Ok(Some((account, assessment, news))) => {
                if global.json {
                    json(&mut *out, &answer(&assessment))
                } else if news {
                    writeln!(
                        out,
                        "{}: {}",
                        crate::printable::line(&account),
                        assessment.reason().unwrap_or_default()
                    )
                } else {
                    Ok(())
                }
            }
            Err(why) => {
                replayed.stats.unusable += 1;
                if global.json {
                    let error = why.as_str();
                    json(
                        &mut *out,
                        &Unusable {
                            error,
                            line: lines.number,
                        },
                    )
                } else {
                    writeln!(
                        out,
                        "line {} cannot be used: {}",
                        lines.number,
                        crate::printable::line(&why)
                    )
                }
            }
        };
        written.map_err(|why| Failure::output(&why))?;
    }
    let mut stats = replayed.stats;
    stats.accounts = replayed.monitor.accounts();
    stats.bytes_per_account = replayed.monitor.octets() / stats.accounts.max(1);
    let mut out = out.into_inner();
    let written = if global.json {
        json(
            &mut out,
            &End {
                stats: Stats { ..stats },
            },
        )
    } else {
        writeln!(
            out,
            "{} messages of {} accounts; {} alarms of accounts, {} of the host; {} lines could not be used",
            stats.events, stats.accounts, stats.alarms, stats.host_alarms, stats.unusable
        )
    };
    written
        .and_then(|()| out.flush())
        .map_err(|why| Failure::output(&why))?;
    match (stats.events, stats.unusable) {
        (0, unusable) if unusable > 0 => Err(Failure::Input("no line could be used".to_owned())),
        _ => Ok(()),
    }
}

struct Replayed {
    monitor: Monitor,
    /// Accounts whose alarm is open.
    open: std::collections::HashSet<String>,
    stats: Stats,
}

impl Replayed {
    fn event(&mut self, line: &Line) -> Result<(String, Assessment, bool), String> {
        let account = line.account.as_deref().ok_or("it has no \"account\"")?;
        let list: Vec<&[u8]>;
        let recipients = match (&line.recipient_list, line.recipients) {
            (Some(addresses), _) => {
                list = addresses.iter().map(String::as_bytes).collect();
                Recipients::Addresses(&list)
            }
            (None, Some(all)) => {
                let all = Line::count(all, "recipients")?;
                match line.new_recipients {
                    None => Recipients::Count(all),
                    Some(new) => Recipients::Counted {
                        all,
                        new: Line::count(new, "new_recipients")?,
                    },
                }
            }
            (None, None) => return Err("it has neither \"recipients\" nor \"recipient_list\"".to_owned()),
        };
        let event = Event {
            time: line.time.ok_or("it has no \"time\"")?,
            account: account.as_bytes(),
            recipients,
        };
        let assessment = self.monitor.observe(&event).map_err(|error| error.to_string())?;
        self.stats.events += 1;
        let begins = if assessment.alarm() {
            !self.open.contains(account) && self.open.insert(account.to_owned())
        } else {
            if !self.open.is_empty() {
                self.open.remove(account);
            }
            false
        };
        self.stats.alarms += u64::from(begins);
        self.stats.host_alarms += u64::from(assessment.host_alarm());
        let news = begins || assessment.host_alarm();
        Ok((account.to_owned(), assessment, news))
    }

    fn control(&mut self, control: &str, line: &Line) -> Result<(), String> {
        let account = || {
            line.account
                .as_deref()
                .ok_or(format!("\"{control}\" needs an \"account\""))
        };
        match control {
            "allow" => {
                let recipients = line.recipients.ok_or("\"allow\" needs \"recipients\"")?;
                self.monitor
                    .allow(account()?.as_bytes(), Line::count(recipients, "recipients")?);
            }
            "acknowledge" => {
                let account = account()?;
                self.monitor.acknowledge(account.as_bytes());
                self.open.remove(account);
            }
            "reset" => {
                let account = account()?;
                self.monitor.reset(account.as_bytes());
                self.open.remove(account);
            }
            other => return Err(format!("there is no control \"{other}\"")),
        }
        Ok(())
    }
}

fn answer(assessment: &Assessment) -> Answer<'_> {
    Answer {
        alarm: assessment.alarm(),
        host_alarm: assessment.host_alarm(),
        score: assessment.score,
        reason: assessment.reason(),
        cause: match (&assessment.evidence, &assessment.host_evidence) {
            (Some(evidence), _) => Some(evidence.code),
            (None, Some(_)) => Some("host"),
            (None, None) => None,
        },
        watched: assessment.watched,
    }
}

fn json(out: &mut impl io::Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
