//! Which accounts have alarms, and which of their messages are held: the monitor itself knows accounts by a keyed hash alone.

use crate::filter::{Alarm, Filter};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Accounts that are kept; the oldest alarm makes room.
const MOST_ACCOUNTS: usize = 10_000;
/// Queue ids of an account that are kept; beyond, they are counted.
const MOST_HELD: usize = 10_000;
/// Octets of a queue id that is kept.
const LONGEST_ID: usize = 64;
/// Octets of the file.
const MOST_OCTETS: u64 = 64 << 20;
/// An alarm that is over and whose held mail nobody asked for is forgotten after so many milliseconds: thirty days.
const FORGOTTEN: i64 = 30 * 86_400_000;

/// What is known of an account with an alarm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    /// Milliseconds since 1970.
    pub(super) since: i64,
    pub(super) cause: String,
    pub(super) reason: String,
    /// Queue ids.
    #[serde(default)]
    pub(super) held: Vec<String>,
    /// Held messages beyond.
    #[serde(default)]
    pub(super) held_beyond: u64,
    /// Messages that did not go on their way because of the alarm.
    #[serde(default)]
    pub(super) stopped: u64,
}

#[derive(Debug, Default)]
pub(super) struct Book {
    path: Option<PathBuf>,
    entries: BTreeMap<Vec<u8>, Entry>,
    /// What was allowed by the control socket.
    allowed: BTreeMap<Vec<u8>, u32>,
    changed: bool,
}

/// The file. Accounts are octets, in hexadecimal digits.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    version: u32,
    alarms: BTreeMap<String, Entry>,
    allowed: BTreeMap<String, u32>,
}

impl Book {
    /// Reads the file; what cannot be used is told, and the book begins anew.
    pub(super) fn read(path: Option<PathBuf>) -> (Book, Option<String>) {
        let mut book = Book {
            path,
            ..Book::default()
        };
        let Some(path) = &book.path else {
            return (book, None);
        };
        let fault = |why: &dyn std::fmt::Display| {
            let shown = path.display();
            Some(format!(
                "the alarms in {shown} cannot be used, and the list begins anew: {why}"
            ))
        };
        let mut octets = Vec::new();
        let read = fs::File::open(path).and_then(|file| file.take(MOST_OCTETS).read_to_end(&mut octets));
        if let Err(why) = read {
            let told = if why.kind() == ErrorKind::NotFound {
                None
            } else {
                fault(&why)
            };
            return (book, told);
        }
        match serde_json::from_slice::<Written>(&octets) {
            Ok(written) if written.version == 1 => {
                let names = |name: String| unhex(&name);
                book.entries = (written.alarms.into_iter())
                    .filter_map(|(name, entry)| Some((names(name)?, entry)))
                    .collect();
                book.allowed = (written.allowed.into_iter())
                    .filter_map(|(name, recipients)| Some((names(name)?, recipients)))
                    .collect();
                (book, None)
            }
            Ok(_) => {
                let told = fault(&"it is of another version");
                (book, told)
            }
            Err(why) => {
                let told = fault(&why);
                (book, told)
            }
        }
    }

    /// The file is another one from now on. What is in that already is taken in; of what both know, this book's counts.
    pub(super) fn moved(&mut self, path: Option<PathBuf>) -> Option<String> {
        if path == self.path {
            return None;
        }
        let (there, fault) = Book::read(path);
        self.path = there.path;
        for (account, entry) in there.entries {
            self.entries.entry(account).or_insert(entry);
        }
        for (account, recipients) in there.allowed {
            self.allowed.entry(account).or_insert(recipients);
        }
        self.changed = true;
        fault
    }

    /// Declares to a filter what was allowed.
    pub(super) fn apply(&self, filter: &Filter) {
        if let Some(monitor) = filter.monitor() {
            for (account, recipients) in &self.allowed {
                monitor.allow(account, *recipients);
            }
        }
    }

    pub(super) fn note(&mut self, alarm: &Alarm, held: Option<&[u8]>, stopped: bool) {
        if !self.entries.contains_key(&alarm.account) && self.entries.len() >= MOST_ACCOUNTS {
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.since);
            if let Some(account) = oldest.map(|(account, _)| account.clone()) {
                self.entries.remove(&account);
            }
        }
        let entry = self
            .entries
            .entry(alarm.account.clone())
            .or_insert_with(|| Entry {
                since: alarm.since,
                cause: String::new(),
                reason: String::new(),
                held: Vec::new(),
                held_beyond: 0,
                stopped: 0,
            });
        entry.since = alarm.since;
        alarm.cause.clone_into(&mut entry.cause);
        entry.reason.clone_from(&alarm.reason);
        entry.stopped += u64::from(stopped);
        if let Some(id) = held {
            match is_queue_id(id) && entry.held.len() < MOST_HELD {
                true => entry.held.push(String::from_utf8_lossy(id).into_owned()),
                false => entry.held_beyond += 1,
            }
        }
        self.changed = true;
    }

    /// The accounts with an alarm, or with mail that is held for one that is over; the newest first.
    pub(super) fn list(&self, filter: &Filter) -> Vec<(Vec<u8>, Entry, bool)> {
        let mut list: Vec<_> = self
            .entries
            .iter()
            .map(|(account, entry)| {
                let is_open = filter
                    .monitor()
                    .is_some_and(|monitor| monitor.alarm(account).is_some());
                (account.clone(), entry.clone(), is_open)
            })
            .filter(|(_, entry, is_open)| *is_open || !entry.held.is_empty())
            .collect();
        list.sort_by_key(|(_, entry, _)| -entry.since);
        list
    }

    /// The alarm is over: what was known of it.
    pub(super) fn close(&mut self, account: &[u8]) -> Option<Entry> {
        self.changed = true;
        self.entries.remove(account)
    }

    pub(super) fn allow(&mut self, account: &[u8], recipients: u32) {
        match recipients {
            0 => self.allowed.remove(account),
            _ => self.allowed.insert(account.to_vec(), recipients),
        };
        self.changed = true;
    }

    /// How many recipients a day the control socket allowed.
    pub(super) fn allowed(&self) -> &BTreeMap<Vec<u8>, u32> {
        &self.allowed
    }

    /// Writes the file if something changed.
    pub(super) fn save(&mut self, filter: &Filter) -> Result<(), String> {
        let Some(path) = &self.path else { return Ok(()) };
        if !self.changed {
            return Ok(());
        }
        let newest = self.entries.values().map(|entry| entry.since).max().unwrap_or(0);
        let monitor = filter.monitor();
        self.entries.retain(|account, entry| {
            let is_open = monitor.is_some_and(|monitor| monitor.alarm(account).is_some());
            is_open || (!entry.held.is_empty() && entry.since > newest - FORGOTTEN)
        });
        let written = Written {
            version: 1,
            alarms: (self.entries.iter())
                .map(|(account, entry)| (hex(account), entry.clone()))
                .collect(),
            allowed: (self.allowed.iter())
                .map(|(account, recipients)| (hex(account), *recipients))
                .collect(),
        };
        let octets = serde_json::to_vec(&written).map_err(|error| error.to_string())?;
        write(path, &octets)
            .map_err(|error| format!("the alarms cannot be written to {}: {error}", path.display()))?;
        self.changed = false;
        Ok(())
    }
}

/// In the place of the old file, once it is whole on the disk.
fn write(path: &Path, octets: &[u8]) -> std::io::Result<()> {
    let mut name = path.to_owned().into_os_string();
    name.push(".new");
    let mut file = fs::File::options()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(&name)?;
    file.write_all(octets)?;
    file.sync_all()?;
    fs::rename(&name, path)
}

/// It is put into a command line.
fn is_queue_id(id: &[u8]) -> bool {
    (1..=LONGEST_ID).contains(&id.len()) && id.iter().all(u8::is_ascii_alphanumeric)
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex(digits: &str) -> Option<Vec<u8>> {
    let digits = digits.as_bytes();
    if !digits.len().is_multiple_of(2) {
        return None;
    }
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::filter::Policy;

    fn alarm(account: &[u8], since: i64) -> Alarm {
        Alarm {
            account: account.to_vec(),
            cause: "new_slots_1s",
            reason: "too many".to_owned(),
            since,
            is_new: true,
        }
    }

    #[test]
    fn held_mail_is_kept_over_a_restart_and_what_is_no_queue_id_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alarms");
        let filter =
            Filter::new(Policy::parse("[dns]\nnameservers = [\"127.0.0.1\"]\n", "", Path::new("")).unwrap())
                .unwrap();
        let (mut book, fault) = Book::read(Some(path.clone()));
        assert_eq!(fault, None);
        book.note(&alarm(b"ada\xff", 5), Some(b"4XyZ"), true);
        book.note(&alarm(b"ada\xff", 5), Some(b"; rm -rf /"), true);
        book.allow(b"news", 700);
        book.save(&filter).unwrap();
        let (mut book, fault) = Book::read(Some(path.clone()));
        assert_eq!(fault, None);
        assert_eq!(book.allowed().get(&b"news"[..]), Some(&700));
        let list = book.list(&filter);
        assert_eq!(list.len(), 1);
        let (account, entry, is_open) = &list[0];
        assert_eq!((&account[..], *is_open), (&b"ada\xff"[..], false));
        assert_eq!(
            (&entry.held[..], entry.held_beyond, entry.stopped),
            (&["4XyZ".to_owned()][..], 1, 2)
        );
        assert_eq!(book.close(b"ada\xff").unwrap().held, ["4XyZ"]);
        assert_eq!(book.list(&filter).len(), 0);
        // What another file has is taken in, and all of it is written there.
        let other = folder.path().join("others");
        let (mut others, _) = Book::read(Some(other.clone()));
        others.note(&alarm(b"eve", 7), Some(b"5AbC"), true);
        others.allow(b"news", 9);
        others.save(&filter).unwrap();
        assert_eq!(book.moved(Some(other.clone())), None);
        book.save(&filter).unwrap();
        let (book, fault) = Book::read(Some(other));
        assert_eq!(fault, None);
        assert_eq!(book.allowed().get(&b"news"[..]), Some(&700));
        assert_eq!(book.list(&filter)[0].1.held, ["5AbC"]);
        // What is broken begins anew, and says so.
        fs::write(&path, "{").unwrap();
        let (book, fault) = Book::read(Some(path));
        assert!(fault.unwrap().contains("begins anew"));
        assert_eq!(book.entries.len(), 0);
    }
}
