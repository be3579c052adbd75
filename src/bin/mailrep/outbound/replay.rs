//! `mailrep outbound replay`.

use super::arguments::{Format, Replay};
use super::lines::{Line, Lines, Read};
use super::log::{self, Found};
use super::session::{Judged, Session};
use super::state;
use crate::cli::Global;
use crate::failure::{Failure, system};
use crate::printable;
use mailrep::outbound::{Assessment, Event, Recipients};
use serde::Serialize;
use std::cell::RefCell;
use std::io::{self, BufWriter, StdoutLock, Write as _};

#[derive(Serialize)]
struct Answer<'a> {
    /// Of logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<&'a str>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    line: u64,
}

pub(crate) fn run(command: &Replay, global: &Global) -> Result<(), Failure> {
    let options = state::options(&command.judging)?;
    let mut replay = Replaying {
        session: Session::new(
            state::monitor(command.state.as_deref(), options)?,
            command.html.is_some(),
        ),
        out: RefCell::new(BufWriter::with_capacity(64 << 10, io::stdout().lock())),
        json: global.json,
    };
    let is_usable = match command.format {
        Format::Jsonl => replay.json_lines(command)?,
        Format::Postfix => replay.postfix(command, global)?,
    };
    let Replaying { mut session, out, .. } = replay;
    if is_usable && let Some(path) = &command.state {
        state::save(&session.monitor, path)?;
    }
    session.end();
    if is_usable && let Some(path) = &command.html {
        session
            .write_page(path)
            .map_err(|why| Failure::Input(format!("cannot write {}: {}", path.display(), system(&why))))?;
    }
    let mut out = out.into_inner();
    session
        .tell(&mut out, global.json)
        .and_then(|()| out.flush())
        .map_err(|why| Failure::output(&why))?;
    match (is_usable, command.format) {
        (true, _) => Ok(()),
        (false, Format::Jsonl) => Err(Failure::Input("no line could be used".to_owned())),
        (false, Format::Postfix) => Err(log::nothing()),
    }
}

struct Replaying {
    session: Session,
    out: RefCell<BufWriter<StdoutLock<'static>>>,
    json: bool,
}

impl Replaying {
    /// Says whether a line could be used, a message or a control.
    fn json_lines(&mut self, command: &Replay) -> Result<bool, Failure> {
        let mut is_usable = false;
        'files: for path in &command.files {
            let mut lines = Lines::new(super::open(path)?);
            loop {
                let read = lines
                    .next(|| self.out.borrow_mut().flush())
                    .map_err(|why| super::unreadable(path, &why))?;
                let done = match read {
                    Read::End => break,
                    Read::Blank => continue,
                    Read::Unusable(why) => Err(why),
                    Read::Line(line) => match line.control.as_deref() {
                        None => self.message(&line)?,
                        Some("end") => {
                            is_usable = true;
                            break 'files;
                        }
                        Some("config") if self.session.stats.events > 0 => {
                            Err("\"config\" comes before the first message".to_owned())
                        }
                        Some("config") => self.config(&line),
                        Some(control) => self.control(control, &line),
                    },
                };
                match done {
                    Ok(()) => is_usable = true,
                    Err(why) => self.unusable(&why, None, lines.number)?,
                }
            }
        }
        Ok(is_usable)
    }

    /// Says whether a line could be used.
    fn postfix(&mut self, command: &Replay, global: &Global) -> Result<bool, Failure> {
        let counts = log::read(&command.files, global.now, |found| match found {
            Found::Unusable(path, line) => {
                let name = path.display().to_string();
                self.unusable("it is cut off, or no line of a log", Some(&name), line)
            }
            Found::Message(message) => {
                let account = log::name(&message.account);
                let judged = log::with_event(message, |event| {
                    self.session.observe(event).map(|judged| (judged, event.time))
                });
                match judged {
                    Ok((judged, time)) => {
                        if message.failed > 0 {
                            self.session.monitor.failed(&message.account, message.failed);
                        }
                        self.judged(&account, Some(time), &judged)
                    }
                    // Its lines were whole; nobody has such a name.
                    Err(_) => {
                        self.session.stats.unusable += 1;
                        Ok(())
                    }
                }
            }
        })?;
        self.session.stats.other_lines = counts.other;
        Ok(counts.postfix > 0)
    }

    /// Whatever controls came before it stays so.
    fn config(&mut self, line: &Line) -> Result<(), String> {
        let Some(tolerance) = line.false_alarms_per_account_year else {
            return Ok(());
        };
        let monitor = &mut self.session.monitor;
        monitor
            .set_general_tolerance(tolerance)
            .map_err(|error| error.to_string())
    }

    fn message(&mut self, line: &Line) -> Result<Result<(), String>, Failure> {
        let judged = match self.observe(line) {
            Ok(judged) => judged,
            Err(why) => return Ok(Err(why)),
        };
        let account = line.account.as_deref().unwrap_or_default();
        self.judged(account, None, &judged).map(Ok)
    }

    fn observe(&mut self, line: &Line) -> Result<Judged, String> {
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
        self.session.observe(&event).map_err(|error| error.to_string())
    }

    fn control(&mut self, control: &str, line: &Line) -> Result<(), String> {
        let monitor = &self.session.monitor;
        let account = line
            .account
            .as_deref()
            .map(str::as_bytes)
            .ok_or(format!("\"{control}\" needs an \"account\""));
        match control {
            "allow" => {
                let recipients = line.recipients.ok_or("\"allow\" needs \"recipients\"")?;
                monitor.allow(account?, Line::count(recipients, "recipients")?);
            }
            "acknowledge" => {
                let account = account?;
                monitor.acknowledge(account);
                self.session.ended(account);
            }
            "failed" => {
                let recipients = line.recipients.ok_or("\"failed\" needs \"recipients\"")?;
                monitor.failed(account?, Line::count(recipients, "recipients")?);
            }
            "release" => {
                let account = account?;
                monitor.release(account);
                self.session.ended(account);
            }
            "tolerance" => {
                let tolerance = line
                    .false_alarms_per_account_year
                    .ok_or("\"tolerance\" needs \"false_alarms_per_account_year\"")?;
                monitor
                    .set_tolerance(account?, Some(tolerance).filter(|&tolerance| tolerance != 0.0))
                    .map_err(|error| error.to_string())?;
            }
            "reset" => {
                let account = account?;
                monitor.reset(account);
                self.session.ended(account);
            }
            other => return Err(format!("there is no control \"{other}\"")),
        }
        Ok(())
    }

    /// Tells what came out of a message; `time` is told of those in logs.
    fn judged(&self, account: &str, time: Option<f64>, judged: &Judged) -> Result<(), Failure> {
        let mut out = self.out.borrow_mut();
        let assessment = &judged.assessment;
        let written = if self.json {
            let named = time.map(|_| account);
            json(&mut *out, &answer(assessment, time, named))
        } else if judged.is_news {
            let reason = assessment.reason().unwrap_or_default();
            writeln!(out, "{}: {reason}", printable::line(account))
        } else {
            Ok(())
        };
        written.map_err(|why| Failure::output(&why))
    }

    /// Tells of a line that cannot be used. Of logs, a person is told only how many there are.
    fn unusable(&mut self, why: &str, file: Option<&str>, line: u64) -> Result<(), Failure> {
        self.session.stats.unusable += 1;
        let mut out = self.out.borrow_mut();
        let written = if self.json {
            json(
                &mut *out,
                &Unusable {
                    error: why,
                    file,
                    line,
                },
            )
        } else if file.is_none() {
            writeln!(out, "line {line} cannot be used: {}", printable::line(why))
        } else {
            Ok(())
        };
        written.map_err(|why| Failure::output(&why))
    }
}

fn answer<'a>(assessment: &'a Assessment, time: Option<f64>, account: Option<&'a str>) -> Answer<'a> {
    Answer {
        time,
        account,
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
    let text = serde_json::to_string(value)?;
    writeln!(out, "{}", printable::json(&text))
}
