//! Telling somebody of an alarm: a command, a mail. Both are slow, and can hang; a thread of their own does it.

use super::Shared;
use crate::error::{plain, printable, printable_text};
use crate::filter::policy::AlarmRules;
use crate::filter::{Alarm, Decision};
use crate::{Error, Severity};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::ffi::OsStringExt as _;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Alarms that may wait to be announced.
const MOST_WAITING: usize = 256;
/// How long a command, or the handing over of a mail, may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long those that wait may take at the end, all together.
const PATIENCE_AT_END: Duration = Duration::from_secs(10);
const HOUR: Duration = Duration::from_secs(3_600);

/// An alarm that somebody is to be told of.
#[derive(Debug, Clone)]
pub(super) struct Announcement {
    /// None: the whole host.
    account: Option<Vec<u8>>,
    cause: &'static str,
    reason: String,
    queue_id: Vec<u8>,
    client: String,
    since: i64,
}

impl Announcement {
    pub(super) fn account(decision: &Decision, alarm: &Alarm) -> Announcement {
        Announcement {
            account: Some(alarm.account.clone()),
            cause: alarm.cause,
            reason: alarm.reason.clone(),
            since: alarm.since,
            ..Announcement::host(decision, "")
        }
    }

    pub(super) fn host(decision: &Decision, why: &str) -> Announcement {
        Announcement {
            account: None,
            cause: "host",
            reason: why.to_owned(),
            queue_id: decision.queue_id.clone(),
            client: decision
                .client
                .map(|client| client.to_string())
                .unwrap_or_default(),
            since: 0,
        }
    }

    fn whose(&self) -> String {
        match &self.account {
            Some(account) => format!("account {}", printable_text(&String::from_utf8_lossy(account))),
            None => "the whole host".to_owned(),
        }
    }
}

/// The thread that tells.
pub(super) struct Announcer {
    queue: Option<SyncSender<Announcement>>,
    thread: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
    end: Arc<End>,
}

/// When nobody is told any more, once that is known.
type End = OnceLock<Instant>;

fn is_over(end: &End) -> bool {
    end.get().is_some_and(|end| Instant::now() >= *end)
}

impl Announcer {
    pub(super) fn start(shared: Arc<Shared>) -> Result<Announcer, Error> {
        let (queue, waiting) = sync_channel(MOST_WAITING);
        let end = Arc::new(End::new());
        let (within, until) = (Arc::clone(&shared), Arc::clone(&end));
        let thread = thread::Builder::new()
            .name("mailrep-alarms".to_owned())
            .spawn(move || run(&within, &waiting, &until))
            .map_err(|error| Error::System {
                what: "a thread for alarms",
                why: plain(&error),
            })?;
        Ok(Announcer {
            queue: Some(queue),
            thread: Some(thread),
            shared,
            end,
        })
    }

    /// Has somebody told, some time; never waits.
    pub(super) fn tell(&self, announcement: Announcement) {
        let whose = announcement.whose();
        let is_full =
            |queue: &SyncSender<_>| matches!(queue.try_send(announcement), Err(TrySendError::Full(_)));
        if self.queue.as_ref().is_some_and(is_full) {
            (self.shared.notify)(
                Severity::Error,
                &format!("the alarm of {whose} is not announced: {MOST_WAITING} wait already"),
            );
        }
    }

    /// Ends once those that wait are told, or when that takes too long; those that are not told then are in the log.
    pub(super) fn end(&mut self) {
        self.queue = None;
        let _ = self.end.set(Instant::now() + PATIENCE_AT_END);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(shared: &Shared, waiting: &Receiver<Announcement>, end: &End) {
    let mut recent: VecDeque<Instant> = VecDeque::new();
    let mut silent: u64 = 0;
    while let Ok(announcement) = waiting.recv() {
        let filter = shared.filter();
        let Some(rules) = filter.policy().outbound.as_ref().map(|rules| &rules.alarm) else {
            continue;
        };
        if rules.command.is_empty() && rules.mail_to.is_empty() {
            continue;
        }
        if is_over(end) {
            (shared.notify)(
                Severity::Error,
                &format!(
                    "the alarm of {} is not announced: this is the end",
                    announcement.whose()
                ),
            );
            continue;
        }
        let now = Instant::now();
        while recent
            .front()
            .is_some_and(|then| now.duration_since(*then) > HOUR)
        {
            recent.pop_front();
        }
        if recent.len() >= rules.per_hour {
            silent += 1;
            (shared.notify)(
                Severity::Warning,
                &format!(
                    "the alarm of {} is not announced: there were {} in the last hour",
                    announcement.whose(),
                    rules.per_hour
                ),
            );
            continue;
        }
        recent.push_back(now);
        let told = |what: &str, result: Result<(), String>| match result {
            Ok(()) => (shared.notify)(
                Severity::Notice,
                &format!("{what} was told of the alarm of {}", announcement.whose()),
            ),
            Err(why) => (shared.notify)(
                Severity::Error,
                &format!(
                    "{what} could not be told of the alarm of {}: {why}",
                    announcement.whose()
                ),
            ),
        };
        if let Some(program) = rules.command.first() {
            told(
                &format!("the command {program}"),
                command(rules, &announcement, end),
            );
        }
        if !rules.mail_to.is_empty() {
            told(&rules.mail_to.join(", "), mail(rules, &announcement, silent, end));
            silent = 0;
        }
    }
}

/// What is put into an environment has no octet 0.
fn value(octets: &[u8]) -> OsString {
    OsString::from_vec(octets.iter().copied().filter(|&octet| octet != 0).collect())
}

fn command(rules: &AlarmRules, announcement: &Announcement, end: &End) -> Result<(), String> {
    let Some((program, arguments)) = rules.command.split_first() else {
        return Ok(());
    };
    let child = Command::new(program)
        .args(arguments)
        .env(
            "MAILREP_ACCOUNT",
            value(announcement.account.as_deref().unwrap_or_default()),
        )
        .env("MAILREP_CAUSE", announcement.cause)
        .env("MAILREP_REASON", value(announcement.reason.as_bytes()))
        .env("MAILREP_CLIENT", &announcement.client)
        .env("MAILREP_QUEUE_ID", value(&announcement.queue_id))
        .env("MAILREP_SINCE", (announcement.since / 1_000).to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| plain(&error))?;
    finish(child, end)
}

fn mail(rules: &AlarmRules, announcement: &Announcement, silent: u64, end: &End) -> Result<(), String> {
    let mut child = Command::new(&rules.sendmail)
        // The null sender: a letter about an alarm is not to be stopped by that alarm, and nobody answers it (RFC 3834 section 3.3).
        .args(["-i", "-f", "<>", "--"])
        .args(&rules.mail_to)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .map_err(|error| format!("{}: {}", rules.sendmail, plain(&error)))?;
    let text = letter(rules, announcement, silent);
    if let Some(mut input) = child.stdin.take() {
        // Some lines: they fit into the pipe.
        input.write_all(text.as_bytes()).map_err(|error| plain(&error))?;
    }
    finish(child, end)
}

fn letter(rules: &AlarmRules, announcement: &Announcement, silent: u64) -> String {
    let whose = announcement.whose();
    let mut text = format!(
        "From: mailrep <{}>\nTo: {}\nSubject: Alarm: {whose}\nAuto-Submitted: auto-generated\n\
         MIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\n\n",
        rules.mail_from,
        rules.mail_to.join(", ")
    );
    let _ = write!(
        text,
        "{whose} sends mail as nobody here does:\n\n    {}\n\n",
        printable_text(&announcement.reason)
    );
    if !announcement.client.is_empty() {
        let _ = writeln!(text, "Client: {}", announcement.client);
    }
    if !announcement.queue_id.is_empty() {
        let _ = writeln!(text, "Message: {}", printable(&announcement.queue_id));
    }
    if announcement.account.is_some() {
        text.push_str(
            "\nIf the account was stolen: change its password, then\n\n    mailrep outbound release ACCOUNT\n\n\
             If it was legitimate:\n\n    mailrep outbound acknowledge ACCOUNT\n\n\
             'mailrep outbound status' lists the accounts with alarms and their held mail.\n",
        );
    }
    if silent > 0 {
        let _ = writeln!(text, "\n{silent} alarms before this one were not announced.");
    }
    text
}

/// Waits for the end, for some time.
fn finish(mut child: Child, end: &End) -> Result<(), String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(format!("it ended with {status}")),
            Ok(None) if Instant::now() < deadline && !is_over(end) => {
                thread::sleep(Duration::from_millis(20));
            }
            Ok(None) => {
                let _ = child.kill();
                let _ = child.wait();
                return Err("it took too long".to_owned());
            }
            Err(error) => return Err(plain(&error)),
        }
    }
}
