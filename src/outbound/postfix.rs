//! Messages of accounts, of the log of Postfix.
//!
//! `smtpd` tells who authenticated, the queue manager how many recipients a message has, and delivery agents who they are; the
//! queue id joins these lines. Messages that nobody authenticated for are not watched: they came from outside or from this host.

mod line;

pub use line::Clock;
use line::{Line, Said, split};
use std::collections::{BTreeSet, HashMap, VecDeque};

/// Octets of a line; syslog daemons write at most some 8 kB.
const MOST_LINE: usize = 64 << 10;
/// Messages that are waited for at once, and addresses of all of them.
const MOST_OPEN: usize = 100_000;
const MOST_ADDRESSES: usize = 400_000;
/// Milliseconds of the log's time in which all recipients of a message are told of, as a rule.
const WAIT: i64 = 300_000;
/// Milliseconds between authentication and the end of a message, at most.
const ACCEPTING: i64 = 7_200_000;

/// A message that an account sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// When the queue manager took it: milliseconds since 1970.
    pub time: i64,
    /// `sasl_username`, as it stands in the log.
    pub account: Vec<u8>,
    /// Recipients that the queue manager counted.
    pub count: u32,
    /// Those among them that could not be delivered to, as far as the log told before the message was given.
    pub failed: u32,
    /// Those that the log told of, as the account wrote them (`orig_to`, where it is there).
    pub recipients: BTreeSet<Vec<u8>>,
}

/// What a line of a log is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Postfix wrote it.
    Postfix,
    /// Another program wrote it.
    Other,
    /// It is no line of a log, or it is cut off.
    Unusable,
}

/// Reads lines, and gives messages in the order in which they were queued.
///
/// A message is given when the log has told of all its recipients, or that it was removed from the queue, or when five minutes have
/// passed in the log; and when all that were queued before it were given. What was deferred and is tried again is the same message.
///
/// ```
/// use mailrep::outbound::postfix::{Clock, Log};
/// let mut log = Log::new(Clock::until(1_795_706_395));
/// for line in [
///     "Nov 26 09:19:55 mx postfix/submission/smtpd[81]: 4C1F2: client=x[192.0.2.1], sasl_method=PLAIN, sasl_username=ada",
///     "Nov 26 09:19:56 mx postfix/qmgr[80]: 4C1F2: from=<ada@example.org>, size=712, nrcpt=1 (queue active)",
///     "Nov 26 09:19:57 mx postfix/smtp[82]: 4C1F2: to=<bob@example.net>, relay=none, delay=1, status=sent (250 ok)",
/// ] {
///     log.line(line.as_bytes());
/// }
/// let message = log.next().expect("all is known of it");
/// assert_eq!((message.account.as_slice(), message.count), (b"ada".as_slice(), 1));
/// ```
#[derive(Debug)]
pub struct Log {
    clock: Clock,
    /// The time of the last line.
    time: i64,
    open: HashMap<Vec<u8>, Open>,
    /// Those that are accepted, and since when; they may be queued already.
    accepted: VecDeque<(Vec<u8>, u64)>,
    /// Those that are queued, in this order.
    queued: VecDeque<(Vec<u8>, u64)>,
    ready: VecDeque<Message>,
    addresses: usize,
    opened: u64,
}

/// A message of which not all is known.
#[derive(Debug)]
struct Open {
    /// A number of its own: ids come again.
    number: u64,
    since: i64,
    is_queued: bool,
    is_removed: bool,
    message: Message,
}

impl Open {
    fn is_complete(&self) -> bool {
        self.is_removed || self.message.recipients.len() >= self.message.count as usize
    }
}

impl Log {
    /// A log of which nothing was read. `clock` says which year lines are of that tell none.
    pub fn new(clock: Clock) -> Log {
        Log {
            clock,
            time: 0,
            open: HashMap::new(),
            accepted: VecDeque::new(),
            queued: VecDeque::new(),
            ready: VecDeque::new(),
            addresses: 0,
            opened: 0,
        }
    }

    /// Reads a line, without its end.
    pub fn line(&mut self, line: &[u8]) -> Kind {
        if line.len() > MOST_LINE {
            return Kind::Unusable;
        }
        let Some(line) = split(line, &self.clock) else {
            return Kind::Unusable;
        };
        self.time = line.time;
        let kind = match line.said {
            Said::Other => Kind::Other,
            Said::CutOff => Kind::Unusable,
            Said::Nothing => Kind::Postfix,
            Said::Accepted { .. } | Said::Queued { .. } | Said::To { .. } | Said::Removed => {
                self.take(&line);
                Kind::Postfix
            }
        };
        self.give(WAIT);
        kind
    }

    /// The next message of which all is known that will be.
    #[expect(
        clippy::should_implement_trait,
        reason = "more come after the last one, when lines were read"
    )]
    pub fn next(&mut self) -> Option<Message> {
        self.ready.pop_front()
    }

    /// The log has ended: nothing more becomes known of the messages that are queued.
    pub fn end(&mut self) {
        self.give(-1);
        self.open.clear();
        self.accepted.clear();
        self.addresses = 0;
    }

    /// Messages that are waited for.
    pub fn waiting(&self) -> usize {
        self.open.len()
    }

    fn take(&mut self, line: &Line<'_>) {
        let id = [line.host, b" ", line.instance, b" ", line.id].concat();
        match line.said {
            Said::Accepted { account } => {
                self.opened += 1;
                self.accepted.push_back((id.clone(), self.opened));
                let open = Open {
                    number: self.opened,
                    since: line.time,
                    is_queued: false,
                    is_removed: false,
                    message: Message {
                        time: line.time,
                        account: account.to_vec(),
                        count: 0,
                        failed: 0,
                        recipients: BTreeSet::new(),
                    },
                };
                // An id that comes again while its message is queued: that one has been given before long.
                if self.open.get(&id).is_some_and(|open| open.is_queued) {
                    self.close(&id);
                }
                self.open.insert(id, open);
            }
            Said::Queued { count } => {
                if let Some(open) = self.open.get_mut(&id).filter(|open| !open.is_queued) {
                    open.is_queued = true;
                    open.since = line.time;
                    open.message.time = line.time;
                    open.message.count = count;
                    self.queued.push_back((id, open.number));
                }
            }
            Said::To { address, bounced } => {
                if let Some(open) = self.open.get_mut(&id).filter(|open| open.is_queued) {
                    let is_another = open.message.recipients.insert(address.to_vec());
                    self.addresses += usize::from(is_another);
                    open.message.failed += u32::from(is_another && bounced);
                }
            }
            Said::Removed => {
                if let Some(open) = self.open.get_mut(&id) {
                    open.is_removed = true;
                }
            }
            Said::Other | Said::CutOff | Said::Nothing => {}
        }
    }

    /// Gives what is complete, and what has waited for more than `wait`, in order; and what is too much.
    fn give(&mut self, wait: i64) {
        while let Some((id, number)) = self.queued.front() {
            let Some(open) = self.open.get(id).filter(|open| open.number == *number) else {
                self.queued.pop_front();
                continue;
            };
            // A clock that was set back ends the waiting too.
            let waited = (self.time - open.since).abs() > wait;
            let many = self.open.len() > MOST_OPEN || self.addresses > MOST_ADDRESSES;
            if !(open.is_complete() || waited || many) {
                break;
            }
            if let Some((id, _)) = self.queued.pop_front() {
                self.close(&id);
            }
        }
        while let Some((id, number)) = self.accepted.front() {
            let open = self
                .open
                .get(id)
                .filter(|open| open.number == *number && !open.is_queued);
            let is_over = open.is_none_or(|open| (self.time - open.since).abs() > ACCEPTING);
            if !is_over && self.accepted.len() <= MOST_OPEN {
                break;
            }
            if open.is_some() {
                self.open.remove(id);
            }
            self.accepted.pop_front();
        }
    }

    fn close(&mut self, id: &[u8]) {
        if let Some(open) = self.open.remove(id) {
            self.addresses -= open.message.recipients.len();
            self.ready.push_back(open.message);
        }
    }
}

#[cfg(test)]
mod tests;
