//! `mailrep outbound status`, `release`, `acknowledge` and `allow`: what an administrator asks the milter.

use super::arguments::{Allow, Close, Control, Release, Status};
use super::moment;
use crate::cli::Global;
use crate::failure::Failure;
use crate::page::{Page, Tone, print_json};
use mailrep::daemon::{Answer, OpenAlarm, Request, ask};
use std::process::Command;

/// Queue ids in a line that is printed.
const IDS: usize = 20;

fn asked(control: &Control, request: &Request) -> Result<Answer, Failure> {
    ask(&control.socket, request).map_err(|error| Failure::Input(error.to_string()))
}

fn print(answer: &Answer, global: &Global, show: impl FnOnce(&mut Page)) -> Result<(), Failure> {
    if global.json {
        let object = serde_json::to_value(answer).map_err(|error| Failure::NoVerdict(error.to_string()))?;
        return print_json(&object);
    }
    let mut page = Page::default();
    show(&mut page);
    page.print()
}

pub(crate) fn status(command: &Status, global: &Global) -> Result<(), Failure> {
    let answer = asked(&command.control, &Request::Status {})?;
    print(&answer, global, |page| {
        let watched = format!("{} accounts are watched", answer.accounts);
        match answer.alarms.len() {
            0 => page.decision(
                Tone::Good,
                "Quiet",
                &format!("no account has an alarm; {watched}"),
            ),
            1 => page.decision(Tone::Bad, "Alarm", &format!("1 account has an alarm; {watched}")),
            many => page.decision(
                Tone::Bad,
                "Alarms",
                &format!("{many} accounts have alarms; {watched}"),
            ),
        }
        for alarm in &answer.alarms {
            page.heading(&alarm.account);
            page.line(1, &format!("since: {}", moment(alarm.since)));
            if !alarm.open {
                page.line(1, "the alarm is over");
            }
            page.line(1, &format!("why: {}", alarm.reason));
            page.line(1, &format!("stopped: {}", alarm.stopped));
            page.line(1, &format!("held: {}", held(alarm)));
        }
        for (account, recipients) in &answer.allowed {
            page.line(0, &format!("allowed: {account}, {recipients} recipients a day"));
        }
    })
}

fn held(alarm: &OpenAlarm) -> u64 {
    alarm.held.len() as u64 + alarm.held_beyond
}

pub(crate) fn release(command: &Release, global: &Global) -> Result<(), Failure> {
    let account = command.account.clone();
    let answer = asked(&command.control, &Request::Release { account })?;
    let mut leaving = 0;
    let mut failure = None;
    if command.requeue {
        for ids in answer.alarms.iter().flat_map(|alarm| alarm.held.chunks(IDS)) {
            match requeue(ids) {
                Ok(()) => leaving += ids.len(),
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
    }
    let verb = "may send again, and is watched as before";
    // Whatever went wrong: nobody else knows these queue ids any more.
    print(&answer, global, |page| {
        closed(page, &command.account, &answer, verb, leaving)
    })?;
    failure.map_or(Ok(()), Err)
}

pub(crate) fn acknowledge(command: &Close, global: &Global) -> Result<(), Failure> {
    let account = command.account.clone();
    let answer = asked(&command.control, &Request::Acknowledge { account })?;
    let verb = "may send as much as it did";
    print(&answer, global, |page| {
        closed(page, &command.account, &answer, verb, 0)
    })
}

pub(crate) fn allow(command: &Allow, global: &Global) -> Result<(), Failure> {
    let (account, recipients) = (command.account.clone(), command.recipients);
    let answer = asked(&command.control, &Request::Allow { account, recipients })?;
    print(&answer, global, |page| {
        let why = match recipients {
            0 => format!("{} is watched as others are", command.account),
            _ => format!("{} may have {recipients} recipients a day", command.account),
        };
        page.decision(Tone::Good, "Done", &why);
    })
}

/// `leaving` is how many of the held messages, in their order, are on their way.
fn closed(page: &mut Page, account: &str, answer: &Answer, verb: &str, mut leaving: usize) {
    match answer.was_open {
        true => page.decision(Tone::Good, "Done", &format!("{account} {verb}")),
        false => page.decision(
            Tone::Indifferent,
            "Nothing to end",
            &format!("{account} had no open alarm"),
        ),
    }
    for alarm in &answer.alarms {
        let (gone, here) = alarm.held.split_at(leaving.min(alarm.held.len()));
        leaving -= gone.len();
        if !gone.is_empty() {
            page.line(
                0,
                &format!(
                    "{} held messages leave with the next run of the queue",
                    gone.len()
                ),
            );
        }
        for ids in here.chunks(IDS) {
            page.line(0, &format!("postsuper -H {}", ids.join(" -H ")));
        }
        if alarm.held_beyond > 0 {
            page.line(
                0,
                &format!(
                    "{} held messages more: mailq lists them, marked with !",
                    alarm.held_beyond
                ),
            );
        }
    }
}

fn requeue(ids: &[String]) -> Result<(), Failure> {
    let mut command = Command::new("postsuper");
    for id in ids {
        command.args(["-H", id]);
    }
    let failed = |why: String| Failure::NoVerdict(format!("postsuper -H {}: {why}", ids.join(" -H ")));
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(status.to_string())),
        Err(error) => Err(failed(error.to_string())),
    }
}
