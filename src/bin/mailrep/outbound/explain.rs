//! `mailrep outbound explain`.

use super::arguments::Explain;
use super::{moment, state};
use crate::cli::Global;
use crate::failure::Failure;
use crate::page::{Page, Tone, print_json};
use mailrep::outbound::{Habit, Habits};
use serde_json::{Value, json};

pub(crate) fn run(command: &Explain, global: &Global) -> Result<(), Failure> {
    let monitor = state::existing(&command.state, state::options(&command.judging)?)?;
    let habits = monitor.habits(command.account.as_bytes());
    if global.json {
        return print_json(&object(&command.account, habits.as_ref()));
    }
    let mut page = Page::default();
    show(&mut page, &command.account, habits.as_ref());
    page.print()
}

fn object(account: &str, habits: Option<&Habits>) -> Value {
    let alarm = habits.and_then(|habits| habits.alarm.as_ref());
    json!({
        "account": account,
        "known": habits.is_some_and(|habits| habits.known),
        "days": habits.map(|habits| habits.days),
        "first": habits.and_then(|habits| habits.first),
        "last": habits.and_then(|habits| habits.last).map(seconds),
        "declared": habits.and_then(|habits| habits.declared),
        "tolerance": habits.and_then(|habits| habits.tolerance),
        "alarm": alarm.map(|alarm| json!({
            "since": seconds(alarm.since), "cause": alarm.code, "reason": alarm.to_string(),
        })),
        "channels": habits.map_or(&[][..], |habits| &habits.channels).iter().map(|habit| json!({
            "code": habit.code,
            "counted": habit.to_string(),
            "usual": habit.usual.map(rounded),
            "count": rounded(f64::from(habit.count)),
            "limit": habit.limit.is_finite().then(|| rounded(f64::from(habit.limit))),
            "acknowledged": habit.acknowledged.map(|ceiling| rounded(f64::from(ceiling))),
        })).collect::<Vec<_>>(),
    })
}

/// More digits say nothing.
fn rounded(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn seconds(milliseconds: i64) -> f64 {
    milliseconds as f64 / 1_000.0
}

fn show(page: &mut Page, account: &str, habits: Option<&Habits>) {
    let Some(habits) = habits else {
        let why = format!(
            "no message of {account} has been seen; its first ones are judged by what accounts in general do."
        );
        page.decision(Tone::Indifferent, "Unknown", &why);
        return;
    };
    match &habits.alarm {
        Some(alarm) => {
            let why = format!("an alarm of {account} is open since {}.", moment(alarm.since));
            page.decision(Tone::Bad, "Alarm", &why);
            page.sentence(&alarm.to_string());
        }
        None => page.decision(Tone::Good, "Quiet", &format!("no alarm of {account} is open.")),
    }
    page.heading("History");
    match (habits.first, habits.last) {
        (Some(first), Some(last)) => {
            page.line(
                1,
                &format!(
                    "first message on {}, last one {}",
                    &moment(first * 1_000)[..10],
                    moment(last)
                ),
            );
            page.line(
                1,
                &match habits.days {
                    0 => "no day of it was learned yet: it is judged as a new account".to_owned(),
                    1 => "1 day with messages was learned".to_owned(),
                    60 => "60 days with messages or more were learned".to_owned(),
                    days => format!("{days} days with messages were learned"),
                },
            );
        }
        _ => page.line(1, "no message was seen yet"),
    }
    if let Some(recipients) = habits.declared {
        page.line(
            1,
            &format!("{recipients} recipients in a day were declared: nothing but recipients is watched"),
        );
    }
    if let Some(tolerance) = habits.tolerance {
        page.line(
            1,
            &format!("it has a tolerance of its own: {tolerance} false alarms in a year"),
        );
    }
    if habits.failed >= 0.5 {
        page.line(
            1,
            &format!(
                "{:.0} recipients failed within a day, which lowers its limits",
                habits.failed.ceil()
            ),
        );
    }
    if habits.channels.is_empty() {
        return;
    }
    page.heading("What is normal, and what is an alarm");
    for habit in habits.channels.iter().filter(|habit| habit.limit.is_finite()) {
        page.line(1, &normal(habit));
    }
}

fn normal(habit: &Habit) -> String {
    let mut text = format!("{habit}: ");
    match habit.usual_words() {
        Some(usual) => text.push_str(&format!("{usual}, ")),
        None => text.push_str("nothing is usual yet, "),
    }
    text.push_str(&format!(
        "more than {:.0} are an alarm",
        habit.limit.floor().max(1.0)
    ));
    if let Some(ceiling) = habit.acknowledged {
        text.push_str(&format!(" ({:.0} were acknowledged)", ceiling.floor()));
    }
    text
}
