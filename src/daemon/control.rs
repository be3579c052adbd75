//! The control socket: an administrator asks, one request and one answer for each connection, each a line of JSON. Who may connect is a
//! matter of the socket's permissions.

use super::Shared;
use super::book::Entry;
use crate::error::{Error, plain, printable};
use crate::{Severity, filter::Filter};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// Octets of a request.
const MOST_REQUEST: usize = 64 << 10;
/// Octets of an answer.
const MOST_ANSWER: u64 = 256 << 20;
/// How long a client may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// What an administrator asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Request {
    /// Which accounts have alarms, and which of their mail is held.
    Status {},
    /// It was a theft, and it is over: see [`crate::outbound::Monitor::release`].
    Release {
        /// The account.
        account: String,
    },
    /// It was legitimate: see [`crate::outbound::Monitor::acknowledge`].
    Acknowledge {
        /// The account.
        account: String,
    },
    /// It may send to so many recipients a day: see [`crate::outbound::Monitor::allow`]. Kept over restarts and reloads; 0 takes it back.
    Allow {
        /// The account.
        account: String,
        /// How many.
        recipients: u32,
    },
}

/// An alarm, or mail that was held for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenAlarm {
    /// The account, its odd octets replaced.
    pub account: String,
    /// Whether it is open still.
    pub open: bool,
    /// When it began: milliseconds since 1970.
    pub since: i64,
    /// A stable code.
    pub cause: String,
    /// In a sentence.
    pub reason: String,
    /// Queue ids of messages that are held.
    pub held: Vec<String>,
    /// Held messages beyond those.
    pub held_beyond: u64,
    /// Messages that did not go on their way because of it.
    pub stopped: u64,
}

/// What is answered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Why nothing was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// How many accounts are watched.
    #[serde(default)]
    pub accounts: usize,
    /// The alarms asked for; of `release` and `acknowledge`, the one that was closed.
    #[serde(default)]
    pub alarms: Vec<OpenAlarm>,
    /// What [`Request::Allow`] allowed: accounts, and recipients a day.
    #[serde(default)]
    pub allowed: Vec<(String, u32)>,
    /// Whether there was an open alarm.
    #[serde(default)]
    pub was_open: bool,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// Nobody listens, or may not be asked.
    #[error("the milter cannot be asked at {}: {why}", .path.display())]
    Connect {
        /// The socket.
        path: PathBuf,
        /// The system's reason.
        why: String,
    },
    /// What came is no answer.
    #[error("the milter's answer cannot be read: {0}")]
    Answer(String),
    /// It says why not.
    #[error("{0}")]
    Refused(String),
}

/// Asks the daemon that listens at a path.
///
/// # Errors
/// [`ControlError`].
pub fn ask(path: &Path, request: &Request) -> Result<Answer, ControlError> {
    let connect = |error: std::io::Error| ControlError::Connect {
        path: path.to_owned(),
        why: plain(&error),
    };
    let mut stream = UnixStream::connect(path).map_err(connect)?;
    stream.set_read_timeout(Some(PATIENCE * 4)).map_err(connect)?;
    let mut line = serde_json::to_vec(request).map_err(|error| ControlError::Answer(error.to_string()))?;
    line.push(b'\n');
    stream.write_all(&line).map_err(connect)?;
    let mut answer = Vec::new();
    BufReader::new(stream.take(MOST_ANSWER))
        .read_until(b'\n', &mut answer)
        .map_err(|error| match error.kind() {
            ErrorKind::WouldBlock | ErrorKind::TimedOut => {
                ControlError::Answer(format!("there is none within {} s", PATIENCE.as_secs() * 4))
            }
            _ => connect(error),
        })?;
    let answer: Answer =
        serde_json::from_slice(&answer).map_err(|error| ControlError::Answer(error.to_string()))?;
    match answer.error {
        Some(why) => Err(ControlError::Refused(why)),
        None => Ok(answer),
    }
}

/// The thread that answers.
pub(super) struct Listener {
    path: PathBuf,
    mode: u32,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Listener {
    pub(super) fn start(path: PathBuf, mode: u32, shared: Arc<Shared>) -> Result<Listener, Error> {
        let refused = |error: std::io::Error| Error::Listen {
            address: path.display().to_string(),
            why: plain(&error),
        };
        // What a process that was killed left behind; of one that lives it is not taken.
        let is_socket = fs::symlink_metadata(&path).is_ok_and(|found| found.file_type().is_socket());
        if is_socket && UnixStream::connect(&path).is_err() {
            fs::remove_file(&path).map_err(refused)?;
        }
        let listener = UnixListener::bind(&path).map_err(refused)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).map_err(refused)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new()
            .name("mailrep-control".to_owned())
            .spawn(move || {
                for stream in listener.incoming() {
                    if stopped.load(Ordering::Relaxed) {
                        return;
                    }
                    match stream {
                        Ok(stream) => serve(stream, &shared),
                        // Too many open files, say: it passes.
                        Err(_) => thread::sleep(Duration::from_millis(100)),
                    }
                }
            })
            .map_err(refused)?;
        Ok(Listener {
            path,
            mode,
            stop,
            thread: Some(thread),
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn mode(&self) -> u32 {
        self.mode
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let woken = UnixStream::connect(&self.path).is_ok();
        let _ = fs::remove_file(&self.path);
        if let (true, Some(thread)) = (woken, self.thread.take()) {
            let _ = thread.join();
        }
    }
}

fn serve(stream: UnixStream, shared: &Shared) {
    let _ = stream.set_write_timeout(Some(PATIENCE));
    let Some(line) = request_line(&stream) else {
        return;
    };
    let answer = match serde_json::from_slice(&line) {
        Ok(request) => answer(&request, shared),
        Err(error) => refused(&format!("this is no request: {error}")),
    };
    if let Ok(mut line) = serde_json::to_vec(&answer) {
        line.push(b'\n');
        // Who asks and does not read gets nothing.
        let _ = (&stream).write_all(&line);
    }
}

/// A line, within the time and the length that there is for a whole one: who sends an octet now and then holds up nobody for longer.
fn request_line(mut stream: &UnixStream) -> Option<Vec<u8>> {
    let deadline = Instant::now() + PATIENCE;
    let mut line = Vec::new();
    let mut some = [0; 4_096];
    while !line.ends_with(b"\n") && line.len() < MOST_REQUEST {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() || stream.set_read_timeout(Some(left)).is_err() {
            return None;
        }
        match stream.read(&mut some) {
            Ok(0) => break,
            Ok(count) => line.extend_from_slice(&some[..count]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return None,
        }
    }
    (!line.is_empty()).then_some(line)
}

fn refused(why: &str) -> Answer {
    Answer {
        error: Some(why.to_owned()),
        ..Answer::default()
    }
}

fn shown(account: &[u8], entry: Entry, open: bool) -> OpenAlarm {
    OpenAlarm {
        account: String::from_utf8_lossy(account).into_owned(),
        open,
        since: entry.since,
        cause: entry.cause,
        reason: entry.reason,
        held: entry.held,
        held_beyond: entry.held_beyond,
        stopped: entry.stopped,
    }
}

fn answer(request: &Request, shared: &Shared) -> Answer {
    let filter = shared.filter();
    let Some(monitor) = filter.monitor() else {
        return refused("the policy has no [outbound], so that no account is watched");
    };
    let mut answer = Answer {
        accounts: monitor.accounts(),
        ..Answer::default()
    };
    let said = |words: String| (shared.notify)(Severity::Notice, &format!("by the control socket: {words}"));
    match request {
        Request::Status {} => {
            let book = shared.book();
            answer.alarms = (book.list(&filter).into_iter())
                .map(|(account, entry, open)| shown(&account, entry, open))
                .collect();
            answer.allowed = (book.allowed().iter())
                .map(|(account, recipients)| (String::from_utf8_lossy(account).into_owned(), *recipients))
                .collect();
        }
        Request::Release { account } => {
            let account = known(shared, &filter, account);
            answer.was_open = monitor.release(&account);
            answer.alarms = closed(shared, &account);
            said(format!("account {} is released", printable(&account)));
        }
        Request::Acknowledge { account } => {
            let account = known(shared, &filter, account);
            answer.was_open = monitor.acknowledge(&account);
            answer.alarms = closed(shared, &account);
            said(format!(
                "the alarm of account {} is acknowledged",
                printable(&account)
            ));
        }
        Request::Allow { account, recipients } => {
            let account = known(shared, &filter, account);
            monitor.allow(&account, *recipients);
            shared.book().allow(&account, *recipients);
            said(format!(
                "account {} may have {recipients} recipients a day",
                printable(&account)
            ));
        }
    }
    answer
}

fn closed(shared: &Shared, account: &[u8]) -> Vec<OpenAlarm> {
    let entry = shared.book().close(account);
    entry
        .map(|entry| shown(account, entry, false))
        .into_iter()
        .collect()
}

/// The octets of an account, which `status` may have shown with some replaced. Case does not count; nor need the domain of logins without one be
/// said for those in the list.
fn known(shared: &Shared, filter: &Filter, account: &str) -> Vec<u8> {
    let account = account.to_ascii_lowercase();
    let list = shared.book().list(filter);
    let domain = filter.policy().login_domain.as_ref();
    let whole = domain.map(|domain| format!("{account}@{}", domain.to_ascii_lowercase()));
    let shown = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
    let find = |wanted: &str| list.iter().find(|(octets, _, _)| shown(octets) == wanted);
    let found = find(&account).or_else(|| find(whole.as_deref()?));
    found.map_or_else(|| account.clone().into_bytes(), |(octets, _, _)| octets.clone())
}
