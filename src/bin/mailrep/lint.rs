//! `mailrep spf --lint`: what is wrong or unwise in a published record.

use super::cli::Global;
use super::failure::{Failure, tell};
use super::page::{Page, Tone, print_json};
use super::{printable, setup, steps};
use mailrep::dns::Name;
use mailrep::spf::Policy;
use mailrep::spf::lint::{Finding, Found, Node, Report, Severity};
use mailrep::{Limits, json};
use std::ops::Range;

/// Characters of a record that are shown around the place of a finding.
const AROUND: usize = 36;
/// Characters of a term that are marked.
const MARKED: usize = 60;
/// Characters of a record that are shown as a whole.
const WHOLE: usize = 2_000;
/// Lines of the tree of look-ups.
const MOST_LINES: usize = 200;
/// Deepest level of the tree that is indented further.
const DEEPEST: usize = 20;

/// `given` are the domains for which policy gives a record.
pub(crate) fn run(
    domain: &Name,
    trace: bool,
    global: Global,
    policy: Policy,
    given: &[&Name],
) -> Result<(), Failure> {
    let as_json = global.json;
    let (checker, _) = setup::checker(global, None, trace, policy)?;
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
    let count = |severity| {
        report
            .findings
            .iter()
            .filter(|finding| finding.severity() == severity)
            .count()
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let (tone, what) = match (errors, warnings) {
        (0, 0) => (Tone::Good, "Good"),
        (0, _) => (Tone::Doubtful, "Doubtful"),
        _ => (Tone::Bad, "Faulty"),
    };
    let counts: Vec<String> = [Severity::Error, Severity::Warning, Severity::Notice]
        .into_iter()
        .filter_map(|severity| match count(severity) {
            0 => None,
            1 => Some(format!("1 {severity}")),
            number => Some(format!("{number} {severity}s")),
        })
        .collect();
    let found = if counts.is_empty() {
        "nothing was found".to_owned()
    } else {
        counts.join(", ")
    };
    let of = if report.tree.local { "given for" } else { "of" };
    page.decision(
        tone,
        what,
        &format!("The SPF record {of} {}: {found}.", report.domain),
    );
}

fn show_finding(page: &mut Page, report: &Report, finding: &Finding) {
    let severity = finding.severity();
    let tone = match severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Doubtful,
        Severity::Notice => Tone::Indifferent,
    };
    page.finding(tone, severity.as_str(), &finding.to_string());
    if let Some(place) = &finding.place
        && let Some(octets) = report.record_of(&finding.domain)
    {
        let (excerpt, mark) = marked(octets, place);
        page.line(2, &excerpt);
        page.line(2, &mark);
    }
    if finding.domain != report.domain {
        page.fact("in the record of", &finding.domain.to_string());
    }
    page.fact("what to do", &finding.fix());
    page.fact("rule", finding.clause());
}

/// The surroundings of a place in a record, and a line that marks it.
fn marked(octets: &[u8], place: &Range<usize>) -> (String, String) {
    let part = |range: Range<usize>| {
        let text = String::from_utf8_lossy(octets.get(range).unwrap_or_default()).into_owned();
        printable::line(&text).into_owned()
    };
    let from = place.start.saturating_sub(AROUND);
    let to = place.end.saturating_add(AROUND).min(octets.len());
    let dots = |cut: bool| if cut { "..." } else { "" };
    let before = format!("{}{}", dots(from > 0), part(from..place.start));
    let term = clip(&part(place.clone()), MARKED);
    let after = format!("{}{}", part(place.end..to), dots(to < octets.len()));
    let mark = format!(
        "{}{}",
        " ".repeat(before.chars().count()),
        "^".repeat(term.chars().count().max(1))
    );
    (format!("{before}{term}{after}"), mark)
}

fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
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
