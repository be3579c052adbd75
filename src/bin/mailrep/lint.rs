//! `mailrep spf --lint`: what is wrong or unwise in a published record.

use super::cli::Global;
use super::failure::Failure;
use super::findings::{self, Said, WHOLE, clip};
use super::page::{Page, print_json};
use super::{setup, steps};
use mailrep::dns::Name;
use mailrep::spf::lint::{Finding, Found, Node, Report};
use mailrep::{Limits, json};

/// Lines of the tree of look-ups.
const MOST_LINES: usize = 200;
/// Deepest level of the tree that is indented further.
const DEEPEST: usize = 20;

pub(crate) fn run(domain: &Name, trace: bool, global: Global) -> Result<(), Failure> {
    let as_json = global.json;
    let (checker, _) = setup::checker(global, None, trace)?;
    let (report, taken) = checker.lint_spf(domain)?;
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

fn show(page: &mut Page, report: &Report, limits: &Limits) {
    headline(page, report);
    if let Found::Record(octets) = &report.tree.found {
        page.heading("Record");
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
    findings::headline(page, &format!("The SPF record of {}", report.domain), &severities);
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
    page.heading(&format!(
        "DNS look-ups when no term matches: {least}{} of {}, void {} of {}",
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
