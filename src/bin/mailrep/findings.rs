//! How the linters show what they found.

use super::page::{Page, Tone};
use super::printable;
use mailrep::Severity;
use mailrep::dns::Name;
use std::ops::Range;

/// Characters of a record that are shown around the place of a finding.
const AROUND: usize = 36;
/// Characters of a term that are marked.
const MARKED: usize = 60;
/// Characters of a record that are shown as a whole.
pub(crate) const WHOLE: usize = 2_000;

/// What is said of a finding.
pub(crate) struct Said<'a> {
    pub(crate) severity: Severity,
    pub(crate) sentence: &'a str,
    /// Where it stands, in which record.
    pub(crate) marked: Option<(&'a Range<usize>, &'a [u8])>,
    /// Whose record that is, if it is not that of the domain looked at.
    pub(crate) elsewhere: Option<&'a Name>,
    pub(crate) fix: &'a str,
    pub(crate) clause: &'a str,
}

/// How good it is as a whole, and how many findings there are.
pub(crate) fn headline(page: &mut Page, subject: &str, severities: &[Severity]) {
    let count = |wanted| severities.iter().filter(|severity| **severity == wanted).count();
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
    page.decision(tone, what, &format!("{subject}: {found}."));
}

/// A finding, with the place marked, the fix and the rule.
pub(crate) fn show(page: &mut Page, said: &Said<'_>) {
    let tone = match said.severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Doubtful,
        Severity::Notice => Tone::Indifferent,
    };
    page.finding(tone, said.severity.as_str(), said.sentence);
    if let Some((place, octets)) = said.marked {
        let (excerpt, mark) = marked(octets, place);
        page.line(2, &excerpt);
        page.line(2, &mark);
    }
    if let Some(domain) = said.elsewhere {
        page.fact("in the record of", &domain.to_string());
    }
    page.fact("what to do", said.fix);
    page.fact("rule", said.clause);
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

/// The beginning of a text.
pub(crate) fn clip(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
