//! Watching accounts: the monitor, its state, and what an alarm does.

use super::decision::Alarm;
use super::policy::{Fault, Located, OutboundRules, Place, Policy};
use crate::outbound::{Event, Key, Monitor, MonitorOptions, Recipients, SnapshotError};
use crate::private_file;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use zeroize::Zeroizing;

/// The state cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the state of accounts cannot be written to {}: {error}", .path.display())]
pub struct StateError {
    /// Where.
    path: PathBuf,
    /// Why.
    error: SnapshotError,
}

/// What watches, and where it is kept.
#[derive(Debug)]
pub(super) struct Outbound {
    pub(super) monitor: Arc<Monitor>,
    path: Option<PathBuf>,
    tolerance: f64,
    accounts: usize,
}

/// States that were set aside; with more of them nobody looks.
const MOST_ASIDE: u32 = 100;
/// Octets of a key file: 32 digits, and some blanks.
const MOST_KEY_OCTETS: u64 = 64;

pub(super) fn open(rules: &OutboundRules, before: Option<&Outbound>) -> Result<Outbound, Fault> {
    let path = rules.state_file.as_ref().map(|file| file.value.clone());
    // What was learned since the last save goes on being known. A state that is kept elsewhere from now on is the same one, unless there is
    // one already.
    let before =
        before.filter(|before| before.path == path || !path.as_ref().is_some_and(|path| path.exists()));
    let monitor = match before {
        Some(before)
            if before.tolerance == rules.false_alarms_per_account_year
                && before.accounts == rules.accounts =>
        {
            Arc::clone(&before.monitor)
        }
        Some(before) => Arc::new(
            with_options(&before.monitor, options(rules)).map_err(|error| Fault {
                place: Place { line: 1, column: 1 },
                message: format!("what is known of accounts cannot be taken over: {error}"),
                fix: None,
            })?,
        ),
        None => Arc::new(load(rules)?),
    };
    Ok(Outbound {
        monitor,
        path,
        tolerance: rules.false_alarms_per_account_year,
        accounts: rules.accounts,
    })
}

impl Outbound {
    /// The policy is in force: what it declares is declared, and what was `allowed` beside it, and nothing else. Before, the monitor
    /// may be that of a policy that stays in force.
    pub(super) fn declare(&self, policy: &Policy, rules: &OutboundRules, allowed: &BTreeMap<Vec<u8>, u32>) {
        let mut declared = BTreeMap::new();
        for (account, recipients) in &rules.declared {
            let name = account.to_ascii_lowercase().into_bytes();
            // Without a domain it may be a login, or a user of this host.
            declared.insert(policy.login(&name), *recipients);
            declared.insert(name, *recipients);
        }
        for (account, recipients) in allowed {
            declared.insert(account.clone(), *recipients);
        }
        self.monitor.declare_only(
            declared
                .iter()
                .map(|(account, recipients)| (account.as_slice(), *recipients)),
        );
    }
}

fn options(rules: &OutboundRules) -> MonitorOptions {
    MonitorOptions {
        false_alarms_per_account_year: rules.false_alarms_per_account_year,
        accounts: rules.accounts,
        ..MonitorOptions::default()
    }
}

/// The same monitor with other options. What is observed by the old one meanwhile is not in it.
fn with_options(monitor: &Monitor, options: MonitorOptions) -> Result<Monitor, SnapshotError> {
    // The key is in it.
    let mut snapshot = Zeroizing::new(Vec::new());
    monitor.write_snapshot(&mut *snapshot)?;
    Monitor::read_snapshot(&snapshot[..], options)
}

fn load(rules: &OutboundRules) -> Result<Monitor, Fault> {
    let options = options(rules);
    let fault = |place: Place, message: String, fix: &str| Fault {
        place,
        message,
        fix: (!fix.is_empty()).then(|| fix.to_owned()),
    };
    if let Some(file) = &rules.state_file {
        match Monitor::restore(&file.value, options.clone()) {
            Ok(monitor) => return Ok(monitor),
            Err(SnapshotError::Io(why)) if why.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                let shown = file.value.display();
                return Err(fault(
                    file.place,
                    format!("the state of accounts in {shown} cannot be used: {error}"),
                    "put a copy of an older one in its place, or move it away to begin anew; it was not touched",
                ));
            }
        }
    }
    let key = match &rules.key_file {
        Some(file) => read_key(file)?,
        None => {
            let mut key = [0; 16];
            aws_lc_rs::rand::fill(&mut key).map_err(|_| {
                fault(
                    Place { line: 1, column: 1 },
                    "the system gives no random numbers for a key".to_owned(),
                    "",
                )
            })?;
            Key::from(key)
        }
    };
    Monitor::new(key, options).map_err(|error| fault(Place { line: 1, column: 1 }, error.to_string(), ""))
}

/// Moves a state that cannot be used aside, and says so; none if it can be used. If it cannot be moved, it is left alone, and nothing is kept.
pub(super) fn set_aside(rules: &mut OutboundRules) -> Option<String> {
    let file = rules.state_file.as_ref()?.value.clone();
    let error = match Monitor::restore(&file, MonitorOptions::default()) {
        Ok(_) => return None,
        Err(SnapshotError::Io(why)) if why.kind() == ErrorKind::NotFound => return None,
        Err(error) => error,
    };
    let shown = file.display();
    for number in 0..MOST_ASIDE {
        let mut name = file.clone().into_os_string();
        name.push(match number {
            0 => ".unusable".to_owned(),
            _ => format!(".unusable.{number}"),
        });
        let aside = PathBuf::from(name);
        if aside.exists() {
            continue;
        }
        if std::fs::rename(&file, &aside).is_ok() {
            return Some(format!(
                "the state of accounts in {shown} cannot be used: {error}; it is now {}, and accounts are learned anew",
                aside.display()
            ));
        }
        break;
    }
    rules.state_file = None;
    Some(format!(
        "the state of accounts in {shown} cannot be used nor moved aside: {error}; accounts are learned anew, and nothing of it is kept"
    ))
}

fn read_key(file: &Located<PathBuf>) -> Result<Key, Fault> {
    let shown = file.value.display();
    let fault = |message: String| Fault {
        place: file.place,
        message,
        fix: Some("'openssl rand -hex 16' prints a key".to_owned()),
    };
    let read = private_file::read(&file.value, MOST_KEY_OCTETS).map_err(|error| fault(error.to_string()))?;
    let digits = std::str::from_utf8(&read.octets).unwrap_or_default().trim();
    let mut key = Zeroizing::new([0; 16]);
    let is_key = digits.len() == 32 && digits.bytes().all(|octet| octet.is_ascii_hexdigit());
    for (at, octet) in key.iter_mut().enumerate().filter(|_| is_key) {
        *octet = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap_or_default();
    }
    match is_key {
        true => Ok(Key::from(*key)),
        false => Err(fault(format!(
            "{shown} holds no key: it takes 32 hexadecimal digits"
        ))),
    }
}

impl super::Filter {
    /// Writes what is known of accounts to the policy's `state_file`; without one nothing is done. Whoever runs the filter calls it every
    /// few minutes and at the end. Messages can be judged meanwhile.
    ///
    /// # Errors
    /// [`StateError`]; what was written before is kept.
    pub fn save_state(&self) -> Result<(), StateError> {
        let Some(Outbound {
            monitor,
            path: Some(path),
            ..
        }) = &self.outbound
        else {
            return Ok(());
        };
        monitor.save(path).map_err(|error| StateError {
            path: path.clone(),
            error,
        })
    }
}

/// What the monitor says of a message.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched {
    pub(super) alarm: Option<Alarm>,
    /// Why there is an alarm of the whole host.
    pub(super) host_alarm: Option<String>,
    /// Why it was not counted.
    pub(super) not_counted: Option<String>,
}

impl Outbound {
    /// Counts a message. `more` is how many recipients there are beyond those that are known.
    pub(super) fn count(&self, account: &[u8], time: f64, recipients: &[&[u8]], more: usize) -> Watched {
        let all = recipients.len().saturating_add(more);
        let event = Event {
            time,
            account,
            recipients: match more {
                0 => Recipients::Addresses(recipients),
                _ => Recipients::Count(u32::try_from(all).unwrap_or(u32::MAX)),
            },
        };
        let assessment = match self.monitor.observe(&event) {
            Ok(assessment) => assessment,
            Err(error) => {
                return Watched {
                    not_counted: Some(error.to_string()),
                    ..Watched::default()
                };
            }
        };
        let began = |since: i64| since >= (time * 1_000.0) as i64;
        Watched {
            alarm: assessment.evidence.as_ref().map(|evidence| Alarm {
                account: account.to_vec(),
                cause: evidence.code,
                reason: evidence.to_string(),
                since: evidence.since,
                is_new: began(evidence.since),
            }),
            host_alarm: assessment.host_evidence.as_ref().map(ToString::to_string),
            not_counted: (!assessment.watched)
                .then(|| "more accounts send than the monitor has room for".to_owned()),
        }
    }
}
