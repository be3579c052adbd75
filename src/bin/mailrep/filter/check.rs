//! `mailrep filter check`.

use super::arguments::FilterCheck;
use crate::cli::Global;
use crate::failure::Failure;
use crate::page::{Page, Tone, print_json};
use mailrep::Severity;
use mailrep::daemon;
use mailrep::filter::{Explanation, Filter, Policy};

pub(crate) fn run(command: &FilterCheck, global: Global) -> Result<(), Failure> {
    let as_json = global.json;
    let policy = Policy::read(&command.file).map_err(|error| super::unusable(&error, as_json))?;
    daemon::check_settings(&policy).map_err(|error| super::unusable(&error, as_json))?;
    let filter = super::loaded(policy, &global)?;
    match as_json {
        true => print_json(&filter.explanation_json()),
        false => show(&filter, &filter.explain()).print(),
    }
}

fn show(filter: &Filter, explanation: &Explanation) -> Page {
    let mut page = Page::default();
    let worst = explanation.findings.first().map(|finding| finding.severity);
    let (tone, what) = match worst {
        Some(Severity::Error) => (Tone::Bad, "It can be used, and is dangerous"),
        Some(Severity::Warning) => (Tone::Doubtful, "It can be used, with warnings"),
        Some(Severity::Notice) | None => (Tone::Good, "It can be used"),
    };
    page.decision(tone, what, &filter.policy().file);
    for (heading, sentences) in &explanation.parts {
        page.told(heading, sentences);
    }
    if !explanation.records.is_empty() {
        page.heading("DNS records to publish");
        for record in &explanation.records {
            for line in record.lines() {
                page.line(1, line.trim());
            }
        }
    }
    if !explanation.files.is_empty() {
        page.heading("Files");
        for file in &explanation.files {
            page.line(1, file);
        }
    }
    let foreign: Vec<&str> = filter.policy().foreign.keys().map(String::as_str).collect();
    if !foreign.is_empty() {
        page.told(
            "Sections that are not the filter's",
            &[format!(
                "the program that loads the filter reads [{}]",
                foreign.join("] and [")
            )],
        );
    }
    for finding in &explanation.findings {
        let tone = match finding.severity {
            Severity::Error => Tone::Bad,
            Severity::Warning => Tone::Doubtful,
            Severity::Notice => Tone::Indifferent,
        };
        let place = finding.place.map(|place| format!("line {}: ", place.line));
        let text = format!("{}{}", place.unwrap_or_default(), finding.message);
        page.finding(tone, finding.severity.as_str(), &text);
        page.sentence(&finding.fix);
    }
    page
}
