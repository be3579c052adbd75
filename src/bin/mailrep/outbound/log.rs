//! Logs of Postfix, one after the other.

use super::lines::Lines;
use crate::failure::{Failure, system, tell};
use crate::progress::Progress;
use mailrep::clock::UnixTime;
use mailrep::outbound::postfix::{Clock, Kind, Log, Message};
use mailrep::outbound::{Event, Recipients};
use std::io::BufRead;
use std::path::{Path, PathBuf};

/// Lines of logs, by what they are.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) postfix: u64,
    pub(super) other: u64,
    pub(super) unusable: u64,
}

/// What is found in a log.
pub(super) enum Found<'a> {
    Message(&'a Message),
    /// A line that cannot be used: the file, and the line from 1.
    Unusable(&'a Path, u64),
}

/// Reads logs, the one that begins first before the others. A file that cannot be read to its end is told of, and counts as a line that
/// cannot be used.
pub(super) fn read(
    paths: &[PathBuf],
    now: Option<UnixTime>,
    mut found: impl FnMut(Found<'_>) -> Result<(), Failure>,
) -> Result<Counts, Failure> {
    let clock = Clock::until(now.unwrap_or_else(UnixTime::now).0);
    let mut counts = Counts::default();
    let mut log = Log::new(clock);
    let mut progress = Progress::new();
    let mut files = Vec::new();
    for path in paths {
        let mut reader = super::open(path)?;
        files.push((begin(&mut reader, &clock), path, reader));
    }
    files.sort_by_key(|(begin, ..)| *begin);
    for (_, path, reader) in files {
        let mut lines = Lines::new(reader);
        loop {
            let kind = match lines.next_line(|| Ok(())) {
                Ok(None) => break,
                Ok(Some(Ok(line))) if line.trim_ascii().is_empty() => continue,
                Ok(Some(Ok(line))) => log.line(line.strip_suffix(b"\r").unwrap_or(line)),
                Ok(Some(Err(_))) => Kind::Unusable,
                Err(why) => {
                    progress.clear();
                    tell(&format!(
                        "{} cannot be read to its end: {}",
                        path.display(),
                        system(&why)
                    ));
                    counts.unusable += 1;
                    found(Found::Unusable(path, lines.number))?;
                    break;
                }
            };
            match kind {
                Kind::Postfix => counts.postfix += 1,
                Kind::Other => counts.other += 1,
                Kind::Unusable => {
                    counts.unusable += 1;
                    found(Found::Unusable(path, lines.number))?;
                }
            }
            while let Some(message) = log.next() {
                progress.clear();
                found(Found::Message(&message))?;
            }
            if lines.number.is_multiple_of(4_096) {
                progress.tell(|| format!("{}: {} lines", path.display(), lines.number));
            }
        }
    }
    progress.clear();
    log.end();
    while let Some(message) = log.next() {
        found(Found::Message(&message))?;
    }
    Ok(counts)
}

/// When a log begins; what has no time at its beginning comes last.
fn begin(reader: &mut impl BufRead, clock: &Clock) -> i64 {
    let beginning = reader.fill_buf().unwrap_or_default();
    let mut lines = beginning.split(|octet| *octet == b'\n').take(20);
    lines.find_map(|line| clock.time_of(line)).unwrap_or(i64::MAX)
}

/// Passes a message on as an event: with the recipients' addresses, if the log told of any.
pub(super) fn with_event<T>(message: &Message, take: impl FnOnce(&Event<'_>) -> T) -> T {
    let addresses: Vec<&[u8]> = message.recipients.iter().map(Vec::as_slice).collect();
    let time = message.time as f64 / 1_000.0;
    take(&Event {
        time,
        account: &message.account,
        recipients: if addresses.is_empty() {
            Recipients::Count(message.count)
        } else {
            Recipients::Addresses(&addresses)
        },
    })
}

/// No line of any file could be used.
pub(super) fn nothing() -> Failure {
    Failure::Input("no line could be used: these are no logs of Postfix".to_owned())
}

/// As it is shown.
pub(super) fn name(account: &[u8]) -> String {
    String::from_utf8_lossy(account).into_owned()
}
