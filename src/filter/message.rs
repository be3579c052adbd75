//! A message on its way through a session.

use super::action::Answer;
use super::header::Deletions;
use super::outbound::Watched;
use super::policy::Treatment;
use super::signing::Submission;
use super::who::{Connection, Origin};
use super::{Filter, decision::Note};
use crate::clock::UnixTime;
use crate::dmarc;
use crate::dns::Name;
use crate::driver::CheckerTransaction;
use crate::error::{Error, printable};
use crate::message::Splitter;
use crate::srs::{Outcome, Refusal};
use std::sync::Arc;

/// Octets of an address; as much as the rewriter takes.
const LONGEST_ADDRESS: usize = crate::srs::MOST_OCTETS;

/// Notes about a message.
const MOST_NOTES: usize = 50;

/// A recipient, as RCPT TO had it.
#[derive(Debug)]
pub(super) struct Recipient {
    pub(super) address: Vec<u8>,
    /// Whom it stands for, if it was rewritten here.
    pub(super) original: Option<Vec<u8>>,
}

/// A message on its way.
pub(super) struct Message {
    pub(super) now: f64,
    pub(super) login: Option<Vec<u8>>,
    pub(super) origin: Origin,
    /// The envelope sender without angle brackets.
    pub(super) sender: Vec<u8>,
    pub(super) recipients: Vec<Recipient>,
    /// Recipients that were not kept.
    pub(super) more: usize,
    pub(super) watched: Option<Watched>,
    pub(super) deletions: Deletions,
    pub(super) transaction: Option<CheckerTransaction>,
    pub(super) notes: Vec<Note>,
    splitter: Option<Splitter>,
    pub(super) content: Option<Content>,
}

/// What is known once the header is complete.
pub(super) struct Content {
    /// The domain in From, where nobody else finds it out.
    pub(super) author: Option<Name>,
    pub(super) submission: Option<Submission>,
}

pub(super) fn without_brackets(address: &[u8]) -> &[u8] {
    let address = address.trim_ascii();
    address
        .strip_prefix(b"<")
        .and_then(|rest| rest.strip_suffix(b">"))
        .unwrap_or(address)
}

impl Message {
    pub(super) fn begin(
        filter: &Filter,
        connection: &Connection,
        now: f64,
        sender: &[u8],
        login: Option<&[u8]>,
    ) -> Result<Message, Error> {
        let login = login.filter(|login| !login.is_empty()).map(<[u8]>::to_vec);
        let origin = connection.origin(login.is_some(), &filter.policy);
        let limits = crate::Limits {
            header_octets: filter.policy.limits.header_octets,
            header_fields: filter.policy.limits.header_fields,
            ..crate::Limits::default()
        };
        let sender = without_brackets(sender);
        let mut message = Message {
            now,
            origin,
            // As much as an address can have; what is longer is none, and is only shown.
            sender: sender[..sender.len().min(2 * LONGEST_ADDRESS)].to_vec(),
            recipients: Vec::new(),
            more: 0,
            watched: None,
            deletions: Deletions::new(&filter.policy),
            transaction: None,
            notes: Vec::new(),
            splitter: Some(Splitter::new(&limits)),
            content: None,
            login,
        };
        if origin == Origin::Outside && filter.policy.verify.enabled {
            let mut transaction = filter.checker.transaction_at(message.unix_time());
            if let Some(address) = connection.address {
                transaction.connect(address)?;
            }
            transaction.helo(&connection.helo)?;
            transaction.mail_from(&message.sender)?;
            message.transaction = Some(transaction);
        }
        Ok(message)
    }

    pub(super) fn unix_time(&self) -> UnixTime {
        UnixTime(self.now as i64)
    }

    /// Of many that say the same the first ones are enough.
    pub(super) fn note(&mut self, code: &'static str, text: impl Into<String>) {
        if self.notes.len() < MOST_NOTES {
            let text = text.into();
            self.notes.push(Note { code, text });
        }
    }

    /// The client turned out to have logged in: macros may come late.
    pub(super) fn logged_in(&mut self, login: &[u8]) {
        self.login = Some(login.to_vec());
        self.origin = Origin::Login;
        // What is submitted is not verified.
        self.transaction = None;
    }

    /// The login with the domain of logins that have none.
    pub(super) fn account(&self, filter: &Filter) -> Option<Vec<u8>> {
        Some(filter.policy.login(self.login.as_ref()?))
    }

    /// Takes a recipient, or says why not. Of a message that was submitted on this host none is refused.
    pub(super) fn recipient(
        &mut self,
        filter: &Filter,
        connection: &Connection,
        address: &[u8],
    ) -> Option<Refused> {
        let address = without_brackets(address);
        let lenient = connection.is_this_host();
        let long = address.len() > LONGEST_ADDRESS;
        if long || self.recipients.len() >= filter.policy.limits.recipients {
            if lenient {
                self.more += 1;
                return None;
            }
            return Some(match long {
                true => Refused::reject(501, "5.1.3", "the address is longer than any"),
                // RFC 5321 section 4.5.3.1.10: the client sends the rest in another transaction.
                false => Refused::defer(452, "4.5.3", "too many recipients"),
            });
        }
        let mut original = None;
        if let (Some(rewriter), Some(rules)) = (&filter.srs, &filter.policy.srs) {
            match rewriter.reverse(address, self.unix_time()) {
                Outcome::Rewritten(rewritten) => original = Some(rewritten.address),
                Outcome::Refused(why) if is_tampered(why) => {
                    if rules.refuse_tampered && !lenient {
                        let reason = why.to_string();
                        let filling = super::policy::Filling {
                            reason: &reason,
                            ..Default::default()
                        };
                        let text = rules.text.fill(&filling);
                        return Some(Refused::reject(550, "5.1.1", &text));
                    }
                    let shown = printable(address);
                    self.note("srs_not_reversed", format!("<{shown}> stays as it is: {why}"));
                }
                Outcome::Refused(_) | Outcome::Unchanged(_) => {}
            }
        }
        let address = address.to_vec();
        self.recipients.push(Recipient { address, original });
        None
    }

    /// Counts the message for its account, once all recipients are known: a recipient that the MTA refused after we took it is none.
    pub(super) fn count(&mut self, filter: &Filter, connection: &Connection) {
        let (Some(outbound), Some(rules)) = (&filter.outbound, &filter.policy.outbound) else {
            return;
        };
        if self.watched.is_some() || self.recipients.is_empty() {
            return;
        }
        let client = || {
            let address = connection
                .address
                .map(|address| address.to_canonical().to_string());
            address.unwrap_or_else(|| "local".to_owned()).into_bytes()
        };
        let account = match self.origin {
            Origin::Login if rules.watch.logins => self.account(filter),
            Origin::Local if rules.watch.local => match connection.user.is_empty() {
                false => Some(connection.user.clone()),
                true => Some(client()),
            },
            Origin::Internal | Origin::Originating if rules.watch.internal => Some(client()),
            _ => None,
        };
        let Some(mut account) = account else { return };
        // Whoever checks passwords may take a login in any case, and so would be many accounts.
        account.make_ascii_lowercase();
        if self.is_own_bounce() {
            // They are never stopped, and must not stop what else the client sends; but nobody is to escape by the null sender.
            account.extend_from_slice(b" <>");
        }
        let addresses: Vec<&[u8]> = self
            .recipients
            .iter()
            .map(|recipient| recipient.address.as_slice())
            .collect();
        let watched = outbound.count(&account, self.now, &addresses, self.more);
        if let Some(why) = &watched.not_counted {
            self.note("not_watched", format!("the account is not watched: {why}"));
        }
        self.watched = Some(watched);
    }

    /// A bounce that this host makes, or another report with the null reverse-path of a trusted client.
    pub(super) fn is_own_bounce(&self) -> bool {
        self.sender.is_empty() && !matches!(self.origin, Origin::Outside | Origin::Login)
    }

    /// A header field: the value as it stands after the colon, folds with CRLF.
    pub(super) fn header(&mut self, filter: &Filter, name: &[u8], value: &[u8]) -> Result<(), Error> {
        self.deletions.note(name, value, &filter.authserv_id);
        if let Some(splitter) = &mut self.splitter {
            splitter.field(name, value);
        }
        match &mut self.transaction {
            Some(transaction) => transaction.header(name, value),
            None => Ok(()),
        }
    }

    pub(super) fn end_of_headers(&mut self, filter: &Arc<Filter>) -> Result<(), Error> {
        let Some(mut splitter) = self.splitter.take() else {
            return Ok(());
        };
        splitter.end_of_header();
        let (header, anomaly) = splitter.into_parts();
        if let Some(transaction) = &mut self.transaction {
            transaction.end_of_headers()?;
        }
        let submission = self.origin.is_submission().then(|| {
            let account = self
                .account(filter)
                .map(|account| String::from_utf8_lossy(&account).into_owned());
            let (origin, account) = (self.origin, account.as_deref());
            Submission::begin(filter, origin, account, &header, anomaly, &self.deletions)
        });
        let author = match self.transaction {
            Some(_) => None,
            None => dmarc::author(&header).domains().first().cloned(),
        };
        self.content = Some(Content { author, submission });
        Ok(())
    }

    pub(super) fn body(&mut self, octets: &[u8]) -> Result<(), Error> {
        if let Some(Content {
            submission: Some(submission),
            ..
        }) = &mut self.content
        {
            submission.body(octets);
        }
        match &mut self.transaction {
            Some(transaction) => transaction.body(octets),
            None => Ok(()),
        }
    }
}

/// Whether an address looks like one of ours and is none.
fn is_tampered(why: Refusal) -> bool {
    matches!(
        why,
        Refusal::Incomplete { .. }
            | Refusal::ShortHash { .. }
            | Refusal::BadTimestamp
            | Refusal::WrongHash
            | Refusal::WeakHash
            | Refusal::Expired { .. }
    )
}

/// A command that is refused.
pub(super) struct Refused {
    pub(super) treatment: Treatment,
    pub(super) answer: Answer,
}

impl Refused {
    fn reject(code: u16, enhanced: &'static str, text: &str) -> Refused {
        Refused {
            treatment: Treatment::Reject,
            answer: Answer::new(code, enhanced, text),
        }
    }

    fn defer(code: u16, enhanced: &'static str, text: &str) -> Refused {
        Refused {
            treatment: Treatment::Defer,
            answer: Answer::new(code, enhanced, text),
        }
    }
}
