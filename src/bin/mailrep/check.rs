//! `mailrep check`: a whole message.

use super::cli::{Check, Global};
use super::failure::{Failure, tell};
use super::input::Message;
use super::page::{Page, print_json, yes};
use super::policy::{Local, LocalPolicy};
use super::{decision, dmarc, setup, spf, steps};
use mailrep::dkim::SignatureVerdict;
use mailrep::driver::CheckerTransaction;
use mailrep::iprev::Iprev;
use mailrep::json;
use mailrep::transaction::Verdict;

pub(crate) fn run(command: Check, global: Global, local: Local) -> Result<(), Failure> {
    let (as_json, trace) = (global.json, command.trace);
    let (checker, now) = setup::checker(global, command.authserv_id.clone(), trace, local)?;
    let message = Message::open(&command.file)?;
    let mut transaction = checker.transaction_at(now);
    envelope(&command, &mut transaction)?;
    message.pass_to(&mut transaction)?;
    let verdict = transaction.finish()?;
    if as_json {
        return print_json(&json::check(&verdict, trace));
    }
    let mut page = Page::default();
    show(&mut page, &verdict);
    if trace {
        steps::show(&mut page, &verdict.trace);
    }
    page.print()
}

/// What is known of the SMTP dialogue.
fn envelope(command: &Check, transaction: &mut CheckerTransaction) -> Result<(), Failure> {
    match command.ip {
        Some(address) => transaction.connect(address)?,
        None => warn_of_idle_options(command),
    }
    if let Some(name) = &command.helo {
        transaction.helo(name)?;
    }
    if let Some(account) = &command.login {
        transaction.authenticated(account)?;
    }
    if let Some(address) = &command.mail_from {
        transaction.mail_from(address)?;
    }
    Ok(())
}

/// What was given for a check of SPF that is not made.
fn warn_of_idle_options(command: &Check) {
    let LocalPolicy {
        spf_trust,
        spf_record,
        spf_explanation,
    } = &command.policy;
    let given: Vec<&str> = [
        (command.helo.is_some(), "--helo"),
        (command.mail_from.is_some(), "--mail-from"),
        (!spf_trust.is_empty(), "--spf-trust"),
        (!spf_record.is_empty(), "--spf-record"),
        (spf_explanation.is_some(), "--spf-explanation"),
    ]
    .into_iter()
    .filter_map(|(given, name)| given.then_some(name))
    .collect();
    if !given.is_empty() {
        tell(&format!(
            "warning: SPF is not checked without --ip, the address of the client, so this is of no use: {}",
            given.join(", ")
        ));
    }
}

fn show(page: &mut Page, verdict: &Verdict) {
    decision::message(page, verdict);
    let story = verdict.story();
    page.told("Who claims to have sent it", &[story.claimed]);
    page.told("What was proven", &story.proven);
    if !story.advice.is_empty() {
        page.told("What to do", &story.advice);
    }
    match &verdict.spf {
        Some(spf) => spf::show(page, spf),
        None if verdict.account.is_some() => {
            page.check("SPF", "not checked", "the client has logged in (--login)")
        }
        None => page.check("SPF", "not checked", "the client's address is not known (--ip)"),
    }
    match verdict.anomaly {
        _ if !verdict.dkim.is_empty() => {}
        Some(anomaly) if anomaly.is_incomplete() => page.check("DKIM", "permerror", &anomaly.to_string()),
        _ => page.check("DKIM", "none", "the message has no DKIM signature"),
    }
    for signature in &verdict.dkim {
        show_signature(page, signature);
    }
    match verdict.account {
        None => dmarc::show(page, &verdict.dmarc),
        Some(_) => page.check("DMARC", "not checked", "the client has logged in (--login)"),
    }
    match &verdict.iprev {
        Some(iprev) => show_iprev(page, iprev),
        None if verdict.account.is_some() => {}
        None => page.check("iprev", "not checked", "the client's address is not known (--ip)"),
    }
    if let Some(anomaly) = verdict.anomaly {
        page.check("Form", anomaly.code(), &anomaly.to_string());
    }
    page.heading("Header field to add");
    for (at, line) in verdict.authentication_results.split("\r\n").enumerate() {
        match at {
            0 => page.line(1, &format!("Authentication-Results: {}", line.trim())),
            _ => page.line(3, line.trim()),
        }
    }
    if !verdict.headers_to_remove.is_empty() {
        page.heading(
            "Header fields to remove, since they claim to be ours (the first of the message is number 0)",
        );
        let places: Vec<String> = verdict.headers_to_remove.iter().map(usize::to_string).collect();
        page.line(1, &places.join(", "));
    }
}

fn show_signature(page: &mut Page, signature: &SignatureVerdict) {
    page.check("DKIM", signature.result.as_str(), &signature.reason());
    let facts = [
        ("signing domain", &signature.domain),
        ("selector", &signature.selector),
        ("identity", &signature.identity),
    ];
    for (name, value) in facts {
        if let Some(value) = value {
            page.fact(name, value);
        }
    }
    if let Some(algorithm) = &signature.algorithm {
        let bits = signature
            .key_bits
            .map(|bits| format!(", key of {bits} bits"))
            .unwrap_or_default();
        page.fact("algorithm", &format!("{algorithm}{bits}"));
    }
    if signature.testing {
        page.fact("testing", yes(true));
    }
}

fn show_iprev(page: &mut Page, iprev: &Iprev) {
    page.check("iprev", iprev.result.as_str(), &iprev.reason());
    if let Some(name) = &iprev.name {
        page.fact("name", &name.to_string());
    }
}
