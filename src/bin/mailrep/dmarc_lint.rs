//! `mailrep dmarc --lint`: what is wrong or unwise in what a domain publishes for DMARC.

use super::cli::Global;
use super::failure::Failure;
use super::findings::{self, Said, WHOLE, clip};
use super::page::{Page, print_json};
use super::policy::Local;
use super::{setup, steps};
use mailrep::dmarc::Policy;
use mailrep::dmarc::lint::{Applies, Destination, Finding, Report};
use mailrep::dns::Name;
use mailrep::json;

pub(crate) fn run(domain: &Name, trace: bool, global: Global) -> Result<(), Failure> {
    let as_json = global.json;
    let (checker, _) = setup::checker(global, None, trace, Local::default())?;
    let (report, taken) = checker.lint_dmarc(domain)?;
    if as_json {
        return print_json(&json::dmarc_lint(&report, trace.then_some(&taken)));
    }
    let mut page = Page::default();
    show(&mut page, &report);
    if trace {
        steps::show(&mut page, &taken);
    }
    page.print()
}

fn show(page: &mut Page, report: &Report) {
    let severities: Vec<_> = report.findings.iter().map(Finding::severity).collect();
    findings::headline(
        page,
        &format!("The DMARC record of {}", report.domain),
        &severities,
    );
    if let Some(applies) = &report.applies {
        if applies.from == report.domain {
            page.heading("Record");
        } else {
            page.heading(&format!("Record of {}", applies.from));
        }
        page.line(1, &clip(&applies.record(), WHOLE));
    }
    for finding in &report.findings {
        let said = Said {
            severity: finding.severity(),
            sentence: &finding.to_string(),
            marked: finding.place.as_ref().zip(report.record_of(&finding.domain)),
            elsewhere: (finding.domain != report.domain).then_some(&finding.domain),
            fix: &finding.fix(),
            clause: finding.clause(),
        };
        findings::show(page, &said);
    }
    if let Some(applies) = &report.applies {
        asks_for(page, report, applies);
    }
}

/// What the record asks for, and who gets reports.
fn asks_for(page: &mut Page, report: &Report, applies: &Applies) {
    page.heading("What is asked of receivers, for mail that fails");
    let lowered = |policy: Policy| match policy.lowered() {
        lowered if applies.testing && lowered != policy => format!("{lowered}, lowered from {policy} by t=y"),
        _ => policy.to_string(),
    };
    let Some((policy, policies)) = applies.policy.zip(applies.policies) else {
        page.line(1, "nothing, since the record does not count");
        return;
    };
    page.fact(&report.domain.to_string(), &lowered(policy));
    let organizational = applies.organizational.as_ref();
    if applies.from == report.domain && organizational.is_none_or(|domain| *domain == report.domain) {
        page.fact("subdomains", &lowered(policies.sp));
        page.fact("non-existent", &lowered(policies.np));
    }
    if let Some(domain) = organizational {
        page.fact("organization", &domain.to_string());
    }
    for destination in &applies.destinations {
        let what = match destination.tag {
            "ruf" => "failure reports",
            _ => "reports",
        };
        page.fact(what, &format!("{} ({})", destination.uri, consent(destination)));
    }
}

fn consent(destination: &Destination) -> &'static str {
    match (destination.external, destination.authorized) {
        (Some(false), _) => "the same organization",
        (_, Some(true)) => "another organization, which agrees",
        (_, Some(false)) => "another organization, which does not agree",
        (Some(true), None) => "another organization; whether it agrees is not known",
        (None, None) => "not known whether they get there",
    }
}
