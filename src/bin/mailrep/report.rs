//! `mailrep dmarc report`: who sends as us, of the reports that others sent.

use super::cli::{DmarcReport, Global};
use super::failure::{Failure, system, tell};
use super::page::{Page, Tone, print_json};
use super::progress::Progress;
use mailrep::clock::UnixTime;
use mailrep::json;
use mailrep::report::{DomainSummary, Identified, ReadLimits, SourceSummary, Summary, read_within};
use std::fs::File;
use std::io::{self, IsTerminal as _, Read};
use std::path::{Path, PathBuf};

/// Addresses, domains and organizations that are shown unless all are asked for.
const MOST: usize = 20;
/// Characters of a name that are shown.
const NAME: usize = 80;
/// Files from which on it is told how far it is.
const MANY: usize = 10;

pub(crate) fn run(command: &DmarcReport, global: &Global) -> Result<(), Failure> {
    let limits = ReadLimits::default();
    let mut summary = Summary::default();
    let mut skipped = Vec::new();
    let mut progress = Progress::new();
    let files = files(&command.files, &mut skipped);
    for (at, file) in files.iter().enumerate() {
        if files.len() >= MANY {
            progress.tell(|| format!("reading reports: {at} of {} files", files.len()));
        }
        let name = shown_path(file);
        match contents(file, &limits).and_then(|octets| {
            let reading = read_within(&octets, &limits).map_err(|why| why.to_string());
            drop(octets);
            reading
        }) {
            Ok(reading) => {
                for report in &reading.reports {
                    summary.add(report);
                }
                progress.clear();
                for problem in &reading.problems {
                    tell(&format!("a part of {name} cannot be used: {problem}"));
                }
                if reading.unusable_records > 0 {
                    tell(&format!(
                        "{} of {name} {} left out: there is no count of messages in {}",
                        plural(reading.unusable_records as u64, "record"),
                        if reading.unusable_records == 1 {
                            "is"
                        } else {
                            "are"
                        },
                        if reading.unusable_records == 1 {
                            "it"
                        } else {
                            "them"
                        },
                    ));
                }
            }
            Err(why) => {
                progress.clear();
                tell(&format!("{name} is skipped: {why}"));
                skipped.push((name, why));
            }
        }
    }
    progress.clear();
    if summary.reports == 0 {
        return Err(Failure::Input("no file has a report that can be read".to_owned()));
    }
    if global.json {
        return print_json(&json::dmarc_report(&summary, &skipped));
    }
    let mut page = Page::default();
    show(
        &mut page,
        &summary,
        &summary.domains(),
        if command.all { usize::MAX } else { MOST },
    );
    page.print()
}

/// The files that are meant: of a Maildir those in `cur` and `new`, of another folder those in it, by name.
fn files(given: &[PathBuf], skipped: &mut Vec<(String, String)>) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for path in given {
        if path.as_os_str() == "-" || !path.is_dir() {
            all.push(path.clone());
            continue;
        }
        let folders = [path.join("cur"), path.join("new")];
        let is_maildir = folders.iter().all(|folder| folder.is_dir());
        let folders = if is_maildir {
            folders.to_vec()
        } else {
            vec![path.clone()]
        };
        for folder in folders {
            match listed(&folder) {
                Ok(files) => all.extend(files),
                Err(why) => {
                    let (name, why) = (shown_path(&folder), system(&why));
                    tell(&format!("{name} is skipped: cannot read it: {why}"));
                    skipped.push((name, why));
                }
            }
        }
    }
    all
}

fn listed(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
        // A pipe in a folder would be waited for.
        if !is_hidden && entry.path().is_file() {
            files.push(entry.path());
        }
    }
    files.sort();
    Ok(files)
}

/// A file, as far as it may be read: one octet more than is allowed is seen to be too much.
fn contents(path: &Path, limits: &ReadLimits) -> Result<Vec<u8>, String> {
    let mut octets = Vec::new();
    let most = limits.file_octets as u64 + 1;
    let read = if path.as_os_str() == "-" {
        if io::stdin().is_terminal() {
            tell("reading a report from the terminal; end it with Ctrl-D");
        }
        io::stdin().lock().take(most).read_to_end(&mut octets)
    } else {
        File::open(path).and_then(|file| file.take(most).read_to_end(&mut octets))
    };
    match read {
        Ok(_) => Ok(octets),
        Err(why) => Err(format!("cannot read it: {}", system(&why))),
    }
}

fn shown_path(path: &Path) -> String {
    if path.as_os_str() == "-" {
        "the standard input".to_owned()
    } else {
        path.display().to_string()
    }
}

fn show(page: &mut Page, summary: &Summary, domains: &[DomainSummary], most: usize) {
    let messages: u64 = domains.iter().map(|domain| domain.messages).sum();
    let unaligned: u64 = domains.iter().map(|domain| domain.unaligned).sum();
    match (messages, unaligned) {
        (0, _) => page.decision(Tone::Indifferent, "Nothing", "The reports tell of no messages."),
        (_, 0) => page.decision(Tone::Good, "Good", &format!("{} aligned.", all_of(messages))),
        _ => page.decision(
            Tone::Doubtful,
            "Look",
            &format!("{unaligned} of {} not aligned.", plural(messages, "message")),
        ),
    }
    page.heading("Reports");
    page.line(
        1,
        &format!(
            "{} from {}, {} to {}",
            plural(summary.reports, "report"),
            plural(summary.organizations.len() as u64, "organization"),
            day(summary.begin),
            day(summary.end)
        ),
    );
    if summary.duplicates > 0 {
        page.line(
            1,
            &format!(
                "{} more had been read already and {} not counted again",
                plural(summary.duplicates, "report"),
                if summary.duplicates == 1 { "was" } else { "were" }
            ),
        );
    }
    if summary.left_out > 0 {
        page.line(
            1,
            &format!(
                "{} of still more domains not counted below",
                plural(summary.left_out, "message")
            ),
        );
    }
    let mut organizations: Vec<_> = summary.organizations.iter().collect();
    organizations.sort_by(|a, b| (b.1.1, a.0).cmp(&(a.1.1, b.0)));
    for (name, (reports, messages)) in organizations.iter().take(most) {
        page.line(
            2,
            &format!(
                "{}: {}, {}",
                clip(name),
                plural(*reports, "report"),
                plural(*messages, "message")
            ),
        );
    }
    more(page, 2, organizations.len(), most, "organization");
    for domain in domains.iter().take(most) {
        show_domain(page, domain, most);
    }
    if domains.len() > most {
        page.heading("More");
        more(page, 1, domains.len(), most, "domain");
    }
}

fn show_domain(page: &mut Page, domain: &DomainSummary, most: usize) {
    let policy = domain
        .policy
        .map_or(String::new(), |policy| format!(" (policy {policy})"));
    page.heading(&format!(
        "{}: {} not aligned{policy}",
        clip(&domain.domain),
        of(domain.unaligned, domain.messages)
    ));
    for (address, source) in domain.sources.iter().take(most) {
        let address = address.map_or("no address".to_owned(), |address| address.to_string());
        page.line(
            1,
            &format!(
                "{address:<24} {} not aligned{}",
                of(source.unaligned, source.messages),
                treatment(source)
            ),
        );
        page.line(2, &format!("SPF   {}", identified(&source.spf)));
        page.line(2, &format!("DKIM  {}", identified(&source.dkim)));
        if let Some(hint) = hint(&domain.domain, source) {
            page.line(2, &hint);
        }
    }
    more(page, 1, domain.sources.len(), most, "address");
}

fn treatment(source: &SourceSummary) -> String {
    let mut parts = Vec::new();
    if source.rejected > 0 {
        parts.push(format!("{} refused", source.rejected));
    }
    if source.quarantined > 0 {
        parts.push(format!("{} quarantined", source.quarantined));
    }
    for (kind, messages) in &source.overrides {
        parts.push(format!("{messages} excused ({kind})"));
    }
    if parts.is_empty() {
        return String::new();
    }
    format!("; {}", parts.join(", "))
}

fn identified(all: &[Identified]) -> String {
    if all.is_empty() {
        return "nothing is told".to_owned();
    }
    let parts: Vec<String> = all
        .iter()
        .take(4)
        .map(|one| format!("{} {} ({})", clip(&one.domain), one.result, one.messages))
        .collect();
    let rest = if all.len() > 4 { ", ..." } else { "" };
    format!("{}{rest}", parts.join(", "))
}

/// What it probably is, for what is not aligned.
fn hint(domain: &str, source: &SourceSummary) -> Option<String> {
    if source.unaligned == 0 {
        return None;
    }
    let is_own = |other: &str| {
        let is_below = |a: &str, b: &str| a.strip_suffix(b).is_some_and(|rest| rest.ends_with('.'));
        other == domain || is_below(other, domain) || is_below(domain, other)
    };
    if let Some(broken) = source
        .dkim
        .iter()
        .find(|one| one.result == "fail" && is_own(&one.domain))
    {
        return Some(format!(
            "signatures of {} did not survive: perhaps a forwarder or a mailing list",
            clip(&broken.domain)
        ));
    }
    let passed = source
        .dkim
        .iter()
        .chain(&source.spf)
        .find(|one| one.result == "pass" && !is_own(&one.domain));
    Some(match passed {
        Some(one) => format!(
            "it proves to be {}: if it sends for you, it should sign as {}",
            clip(&one.domain),
            clip(domain)
        ),
        None => "nothing proves who it is".to_owned(),
    })
}

fn more(page: &mut Page, depth: usize, all: usize, most: usize, what: &str) {
    if all > most {
        page.line(
            depth,
            &format!("and {} more; --all shows them", plural((all - most) as u64, what)),
        );
    }
}

fn of(part: u64, all: u64) -> String {
    format!("{part} of {}", plural(all, "message"))
}

fn all_of(messages: u64) -> String {
    match messages {
        1 => "The one message is".to_owned(),
        _ => format!("All {messages} messages are"),
    }
}

fn plural(count: u64, what: &str) -> String {
    match (count, what) {
        (1, _) => format!("1 {what}"),
        (_, "address") => format!("{count} addresses"),
        _ => format!("{count} {what}s"),
    }
}

fn day(time: Option<UnixTime>) -> String {
    time.and_then(|time| jiff::Timestamp::from_second(time.0).ok())
        .map_or("?".to_owned(), |time| time.strftime("%Y-%m-%d").to_string())
}

fn clip(text: &str) -> String {
    match text.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
