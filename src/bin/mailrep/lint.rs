//! `mailrep spf --lint`: what is wrong or unwise in a published record.

use super::cli::Global;
use super::failure::{Failure, tell};
use super::findings::{self, Said, WHOLE, clip};
use super::page::{Page, print_json};
use super::policy::Local;
use super::{setup, steps};
use mailrep::dns::Name;
use mailrep::spf::lint::{Finding, Found, Node, Report};
use mailrep::{Limits, json};

/// Lines of the tree of look-ups.
const MOST_LINES: usize = 200;
/// Deepest level of the tree that is indented further.
const DEEPEST: usize = 20;

/// `given` are the domains for which policy gives a record.
pub(crate) fn run(
    domain: &Name,
    trace: bool,
    global: Global,
    local: Local,
    given: &[&Name],
) -> Result<(), Failure> {
    let as_json = global.json;
    let (checker, _) = setup::checker(global, None, trace, local)?;
    let (report, taken) = checker.lint_spf(domain)?;
    for given in given.iter().filter(|given| !leads_to(&report, given)) {
        tell(&format!(
            "warning: the record of {domain} does not lead to that of {given}, so what --spf-record gives for {given} was \
             not looked at"
        ));
    }
    if as_json {
        return print_json(&json::spf_lint(&report, trace.then_some(&taken)));
    }
    let mut page = Page::default();
    show(&mut page, &report, &checker.options().limits);
    if trace {
        steps::show(&mut page, &taken);
    }
    page.print()
}

/// Whether the record of a domain is somewhere in the tree.
fn leads_to(report: &Report, domain: &Name) -> bool {
    let mut open = vec![&report.tree];
    while let Some(node) = open.pop() {
        if node.local && node.domain.as_ref() == Some(domain) {
            return true;
        }
        open.extend(&node.children);
    }
    false
}

fn show(page: &mut Page, report: &Report, limits: &Limits) {
    headline(page, report);
    if let Found::Record(octets) = &report.tree.found {
        page.heading(if report.tree.local {
            "Record, as given and not as published"
        } else {
            "Record"
        });
        page.line(1, &clip(&String::from_utf8_lossy(octets), WHOLE));
    }
    for finding in &report.findings {
        show_finding(page, report, finding);
    }
    if let Found::Record(_) = report.tree.found {
        costs(page, report, limits);
    }
}

fn headline(page: &mut Page, report: &Report) {
    let severities: Vec<_> = report.findings.iter().map(Finding::severity).collect();
    let of = if report.tree.local { "given for" } else { "of" };
    findings::headline(
        page,
        &format!("The SPF record {of} {}", report.domain),
        &severities,
    );
}

fn show_finding(page: &mut Page, report: &Report, finding: &Finding) {
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

/// The tree of terms that ask the DNS, each with what it costs.
fn costs(page: &mut Page, report: &Report, limits: &Limits) {
    let least = if report.complete { "" } else { "at least " };
    let most = match report.void_lookups_at_most {
        most if most > report.void_lookups => format!(" to {most}"),
        _ => String::new(),
    };
    page.heading(&format!(
        "DNS look-ups when no term matches: {least}{} of {}, void {}{most} of {}",
        report.dns_lookups, limits.spf_dns_lookups, report.void_lookups, limits.spf_void_lookups
    ));
    let mut open = vec![(&report.tree, 0)];
    let mut lines = 0;
    while let Some((node, depth)) = open.pop() {
        if lines == MOST_LINES {
            page.line(1, "...");
            return;
        }
        lines += 1;
        let indent = 2 * depth.min(DEEPEST);
        page.line(
            1,
            &format!("{:>3}  {:indent$}{}", node.dns_lookups, "", describe(node)),
        );
        open.extend(node.children.iter().rev().map(|child| (child, depth + 1)));
    }
}

fn describe(node: &Node) -> String {
    let domain = node.domain.as_ref().map(Name::to_string).unwrap_or_default();
    let term = node.term.clone().unwrap_or(domain);
    let what = match &node.found {
        Found::Record(_) if node.local => "as given",
        Found::Record(_) | Found::Addresses => return term,
        Found::NoRecord => "no SPF record",
        Found::NoSuchName => "no such name",
        Found::Several(_) => "several SPF records",
        Found::Loop => "leads back",
        Found::NotFollowed => "not followed",
        Found::Unknowable => "depends on the message",
        Found::Malformed => "no name",
        Found::Failed(failure) => return format!("{term} ({failure})"),
        _ => "not known",
    };
    format!("{term} ({what})")
}
