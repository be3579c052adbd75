//! `mailrep outbound fit`.

use super::arguments::{Fit, Format};
use super::lines::{Line, Lines, Read};
use super::log::{self, Found};
use crate::cli::Global;
use crate::failure::Failure;
use mailrep::outbound::{FitError, Sent, fit_without};
use std::collections::hash_map::RandomState;
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::io::{self, Write as _};

pub(crate) fn run(command: &Fit, global: &Global) -> Result<(), Failure> {
    let mut logs = Logs::default();
    match command.format {
        Format::Jsonl => logs.json_lines(command)?,
        Format::Postfix => logs.postfix(command, global)?,
    }
    let without: Vec<&str> = command.without.iter().map(String::as_str).collect();
    let prior = fit_without(&logs.sent, &without).map_err(|error| match error {
        FitError::NoCounter(_) => Failure::Usage(error.to_string()),
        _ => Failure::Input(error.to_string()),
    })?;
    io::stdout()
        .write_all(prior.to_json().as_bytes())
        .map_err(|why| Failure::output(&why))
}

#[derive(Default)]
struct Logs {
    sent: Vec<Sent>,
    accounts: HashMap<(usize, Vec<u8>), u64>,
    /// Hashes of accounts with recipients that they have written to.
    known: HashSet<u64>,
    hasher: RandomState,
}

impl Logs {
    fn account(&mut self, file: usize, name: Vec<u8>) -> u64 {
        let next = self.accounts.len() as u64;
        *self.accounts.entry((file, name)).or_insert(next)
    }

    /// To how many of these the account writes for the first time.
    fn new_of<'a>(&mut self, account: u64, recipients: impl Iterator<Item = &'a [u8]>) -> u32 {
        let new = recipients
            .filter(|address| {
                let pair = (account, address.to_ascii_lowercase());
                self.known.insert(self.hasher.hash_one(pair))
            })
            .count();
        u32::try_from(new).unwrap_or(u32::MAX)
    }

    fn json_lines(&mut self, command: &Fit) -> Result<(), Failure> {
        for (file, path) in command.files.iter().enumerate() {
            let mut lines = Lines::new(super::open(path)?);
            loop {
                let number = lines.number + 1;
                let why = |what: String| Failure::Input(format!("{}, line {number}: {what}", path.display()));
                let line = match lines
                    .next(|| Ok(()))
                    .map_err(|why| super::unreadable(path, &why))?
                {
                    Read::End => break,
                    Read::Blank => continue,
                    Read::Unusable(what) => return Err(why(what)),
                    Read::Line(line) if line.control.is_some() => continue,
                    Read::Line(line) => line,
                };
                let (Some(time), Some(account)) = (line.time, line.account) else {
                    return Err(why("it needs \"time\" and \"account\"".to_owned()));
                };
                let account = self.account(file, account.into_bytes());
                let (recipients, new) = match (line.recipient_list, line.recipients, line.new_recipients) {
                    (Some(list), ..) => (
                        u32::try_from(list.len()).unwrap_or(u32::MAX),
                        self.new_of(account, list.iter().map(String::as_bytes)),
                    ),
                    (None, Some(all), Some(new)) => (
                        Line::count(all, "recipients").map_err(why)?,
                        Line::count(new, "new_recipients").map_err(why)?,
                    ),
                    _ => {
                        return Err(why(
                            "it needs \"recipients\" and \"new_recipients\", or \"recipient_list\""
                                .to_owned(),
                        ));
                    }
                };
                self.sent.push(Sent {
                    account,
                    time,
                    recipients,
                    new,
                });
            }
        }
        Ok(())
    }

    fn postfix(&mut self, command: &Fit, global: &Global) -> Result<(), Failure> {
        let counts = log::read(&command.files, global.now, |found| {
            let Found::Message(message) = found else {
                return Ok(());
            };
            // Of whom nothing is known, nothing can be learned.
            if message.recipients.is_empty() {
                return Ok(());
            }
            let account = self.account(0, message.account.clone());
            let new = self.new_of(account, message.recipients.iter().map(Vec::as_slice));
            log::with_event(message, |event| {
                self.sent.push(Sent {
                    account,
                    time: event.time,
                    recipients: event.recipients.count(),
                    new,
                });
            });
            Ok(())
        })?;
        if counts.postfix == 0 {
            return Err(log::nothing());
        }
        Ok(())
    }
}
