//! `mailrep filter run`.

use super::arguments::FilterRun;
use crate::cli::Global;
use crate::failure::{Failure, tell};
use crate::input::Message;
use crate::page::{Page, Tone, print_json};
use crate::setup;
use mailrep::Limits;
use mailrep::filter::policy::Treatment;
use mailrep::filter::{Client, Decision, Filter, Glue, Policy, Reply, Session};
use mailrep::message::Splitter;
use std::sync::Arc;

pub(crate) fn run(command: &FilterRun, global: Global) -> Result<(), Failure> {
    let as_json = global.json;
    let unusable = |error| super::unusable(&error, as_json);
    let mut policy = Policy::read(&command.config).map_err(unusable)?;
    if let Some(time) = global.dns_timeout {
        policy.dns.timeout = time;
    }
    let filter = match global.zone.is_empty() && global.nameserver.is_empty() {
        true => Filter::new(policy),
        false => {
            let source = setup::source(&global, policy.dns.timeout)?;
            Filter::with_source(policy, source)
        }
    };
    let filter = Arc::new(filter.map_err(unusable)?);
    let mut session = Session::new(&filter, Glue::default());
    session.set_time(global.now.map(|now| now.0 as f64));
    envelope(command, &mut session)?;
    message(Message::open(&command.message)?, &mut session)?;
    let decision = session.end(command.queue_id.as_bytes())?;
    match as_json {
        true => print_json(&decision.json()),
        false => show(&decision).print(),
    }
}

fn envelope(command: &FilterRun, session: &mut Session) -> Result<(), Failure> {
    let mut client = command.ip.map_or_else(Client::default, Client::from);
    client = client.with_daemon(command.daemon.as_deref().unwrap_or_default().as_bytes());
    if let Some(user) = &command.local {
        client = client.submitted_here(user.as_bytes());
    }
    session.connect(client)?;
    if let Some(name) = &command.helo {
        session.helo(name)?;
    }
    let sender = command.mail_from.as_deref().unwrap_or_default();
    session.mail_from(sender, command.login.as_deref())?;
    for address in &command.rcpt {
        match session.rcpt(address)? {
            Reply::Continue => {}
            Reply::Defer(answer) | Reply::Reject(answer) => {
                let shown = String::from_utf8_lossy(address);
                tell(&format!("the recipient {shown} is refused: {answer}"));
            }
        }
    }
    Ok(session.data().map(|_| ())?)
}

/// Tells the message field by field, as mail servers do.
fn message(message: Message, session: &mut Session) -> Result<(), Failure> {
    let mut header = Some(Splitter::new(&Limits::default()));
    message.pass(
        |_| Ok(()),
        |octets| {
            let Some(splitter) = &mut header else {
                return Ok(session.body(octets)?);
            };
            let Some(begun) = splitter.push(octets) else {
                return Ok(());
            };
            if let Some(splitter) = header.take() {
                fields(splitter, session)?;
            }
            session.body(&begun.before)?;
            Ok(session.body(&octets[begun.offset..])?)
        },
    )?;
    if let Some(mut splitter) = header {
        // The message ended within its header.
        let before = splitter.end_of_message();
        fields(splitter, session)?;
        session.body(&before)?;
    }
    Ok(())
}

fn fields(splitter: Splitter, session: &mut Session) -> Result<(), Failure> {
    let (header, anomaly) = splitter.into_parts();
    if let Some(anomaly) = anomaly {
        tell(&format!("note: {anomaly}"));
    }
    for field in header.iter() {
        session.header(field.name(), field.value())?;
    }
    Ok(session.end_of_headers()?)
}

fn show(decision: &Decision) -> Page {
    let mut page = Page::default();
    let (tone, what) = match decision.treatment {
        Treatment::Accept => (Tone::Good, "Accept"),
        Treatment::Tag => (Tone::Doubtful, "Accept, tagged"),
        Treatment::Hold => (Tone::Doubtful, "Hold"),
        Treatment::Defer => (Tone::Doubtful, "Defer"),
        Treatment::Reject => (Tone::Bad, "Reject"),
    };
    page.decision(tone, what, &decision.reason);
    page.heading("Actions");
    if decision.actions.is_empty() {
        page.line(1, "none");
    }
    for action in &decision.actions {
        for (at, line) in action.to_string().split("\r\n").enumerate() {
            page.line(if at == 0 { 1 } else { 3 }, line.trim());
        }
    }
    page.heading("Where it comes from");
    page.fact("origin", decision.origin.as_str());
    if let Some(domain) = &decision.from_domain {
        page.fact("author domain", &domain.to_string());
    }
    for signed in &decision.signed {
        page.fact(
            "signed by",
            &format!("{}, selector {}", signed.domain, signed.selector),
        );
    }
    if let Some(unsigned) = &decision.unsigned {
        page.fact("not signed", &unsigned.text);
    }
    if let Some(verdict) = &decision.verdict {
        if let Some(spf) = &verdict.spf {
            page.check("SPF", spf.evaluation.result.as_str(), &spf.evaluation.reason());
        }
        for signature in &verdict.dkim {
            page.check("DKIM", signature.result.as_str(), &signature.reason());
        }
        page.check("DMARC", verdict.dmarc.result.as_str(), &verdict.dmarc_reason());
    }
    if let Some(alarm) = &decision.alarm {
        page.told(
            "Alarm",
            &[format!(
                "{}: {}",
                String::from_utf8_lossy(&alarm.account),
                alarm.reason
            )],
        );
    }
    if !decision.notes.is_empty() {
        let notes: Vec<String> = decision.notes.iter().map(|note| note.text.clone()).collect();
        page.told("Notes", &notes);
    }
    page.heading("Log line");
    page.line(1, &decision.summary());
    page
}
