//! A connection, and the messages that come over it.

use super::action::Answer;
use super::decision::Decision;
use super::message::Message;
use super::policy::Treatment;
use super::who::Connection;
use super::{Filter, conclude};
use crate::error::Error;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Octets of a name that is kept of a connection: HELO's, the daemon's, the user's.
const LONGEST_NAME: usize = 1_024;

/// How an MTA hands over header fields, and wants them back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glue {
    /// Values begin with the blank after the colon, octet for octet as they came, and inserted ones need it. Default yes. Without it
    /// a blank is put there, and signatures with `simple` canonicalization over fields that had none, or more, do not verify. (With libmilter:
    /// negotiate `SMFIP_HDR_LEADSPC`.)
    pub leading_space: bool,
    /// Folds within values are a bare LF, as libmilter has them: each becomes CRLF, and inserted values have LF. Default no.
    pub bare_lf: bool,
}

impl Default for Glue {
    fn default() -> Glue {
        Glue {
            leading_space: true,
            bare_lf: false,
        }
    }
}

impl Glue {
    /// What Postfix and libmilter do once `SMFIP_HDR_LEADSPC` is negotiated.
    pub const LIBMILTER: Glue = Glue {
        leading_space: true,
        bare_lf: true,
    };

    /// A value as it stands in the message.
    fn taken<'a>(&self, value: &'a [u8]) -> Cow<'a, [u8]> {
        let needs_fold = self.bare_lf && memchr::memchr(b'\n', value).is_some();
        if self.leading_space && !needs_fold {
            return Cow::Borrowed(value);
        }
        let mut made = Vec::with_capacity(value.len() + 16);
        if !self.leading_space {
            made.push(b' ');
        }
        for &octet in value {
            if octet == b'\n' && self.bare_lf && made.last() != Some(&b'\r') {
                made.push(b'\r');
            }
            made.push(octet);
        }
        Cow::Owned(made)
    }

    /// A value of ours, folded with CRLF, as the MTA wants it.
    pub(super) fn given(&self, value: &str) -> Vec<u8> {
        let value = match self.bare_lf {
            true => value.replace("\r\n", "\n"),
            false => value.to_owned(),
        };
        match self.leading_space {
            true => format!(" {value}").into_bytes(),
            false => value.into_bytes(),
        }
    }
}

/// Who has connected.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct Client<'a> {
    /// The address; none where it is not known, as of a Unix socket.
    pub address: Option<IpAddr>,
    /// The name of the MTA's daemon (`{daemon_name}`), empty if it is not known.
    pub daemon: &'a [u8],
    /// The message is submitted on this host and not by SMTP (Postfix's `non_smtpd_milters`), if the MTA lets that be known. A client at
    /// 127.0.0.1 or ::1 is treated so anyway, if those are internal.
    pub local: bool,
    /// The user who submits on this host, empty if not known.
    pub user: &'a [u8],
}

impl From<IpAddr> for Client<'_> {
    fn from(address: IpAddr) -> Self {
        Client {
            address: Some(address),
            ..Client::default()
        }
    }
}

impl<'a> Client<'a> {
    /// The same, with the name of the MTA's daemon.
    #[must_use]
    pub fn with_daemon(self, daemon: &'a [u8]) -> Client<'a> {
        Client { daemon, ..self }
    }

    /// The same, submitted on this host by a user, who may be unknown.
    #[must_use]
    pub fn submitted_here(self, user: &'a [u8]) -> Client<'a> {
        Client {
            local: true,
            user,
            ..self
        }
    }
}

/// The answer to a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Go on.
    Continue,
    /// Refuse this command for now (4xx).
    Defer(Answer),
    /// Refuse this command (5xx).
    Reject(Answer),
}

/// A connection: one `connect`, then any number of messages. Calls come in the order of SMTP; one out of turn is refused and changes
/// nothing. Used by one thread at a time.
pub struct Session {
    filter: Arc<Filter>,
    glue: Glue,
    connection: Option<Connection>,
    message: Option<Message>,
    stage: Stage,
    fixed_time: Option<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Start,
    Idle,
    Mail,
    Data,
    Body,
}

impl Session {
    /// A connection that begins.
    pub fn new(filter: &Arc<Filter>, glue: Glue) -> Session {
        filter.take_effect();
        Session {
            filter: Arc::clone(filter),
            glue,
            connection: None,
            message: None,
            stage: Stage::Start,
            fixed_time: None,
        }
    }

    /// The filter that the connection began with.
    pub fn filter(&self) -> &Arc<Filter> {
        &self.filter
    }

    /// Messages that begin from now on take place at this time, in seconds since 1970; none is the present. For tests, and for mail
    /// that came earlier.
    pub fn set_time(&mut self, seconds: Option<f64>) {
        self.fixed_time = seconds.filter(|seconds| seconds.is_finite());
    }

    /// Who has connected. Once, first.
    ///
    /// # Errors
    /// [`Error::Sequence`].
    pub fn connect(&mut self, client: Client<'_>) -> Result<(), Error> {
        self.turn(
            "connect",
            Stage::Start,
            Stage::Start,
            "it is the first call, made once",
        )?;
        self.stage = Stage::Idle;
        self.connection = Some(Connection {
            address: client.address.map(|address| address.to_canonical()),
            daemon: bounded(client.daemon),
            local: client.local,
            user: bounded(client.user),
            helo: Vec::new(),
        });
        Ok(())
    }

    /// The name that the client gives with HELO or EHLO, any number of times. A message that is under way is given up, as RFC 5321
    /// section 4.1.4 has it.
    ///
    /// # Errors
    /// [`Error::Sequence`] before `connect`.
    pub fn helo(&mut self, name: &[u8]) -> Result<(), Error> {
        self.turn("helo", Stage::Idle, Stage::Body, "connect comes first")?;
        self.abort();
        if let Some(connection) = &mut self.connection {
            connection.helo = bounded(name);
        }
        Ok(())
    }

    /// A message begins: its envelope sender, with angle brackets or without, and who has logged in, if anybody has (`{auth_authen}`; empty
    /// is nobody).
    ///
    /// # Errors
    /// [`Error::Sequence`] before `connect` and within a message.
    pub fn mail_from(&mut self, address: &[u8], login: Option<&[u8]>) -> Result<Reply, Error> {
        let why = "it comes after connect, and after the message before it has ended";
        self.turn("mail_from", Stage::Idle, Stage::Idle, why)?;
        let now = self.fixed_time.unwrap_or_else(present);
        if let Some(connection) = &self.connection {
            let message = Message::begin(
                &self.filter,
                connection,
                now,
                address,
                bounded_login(login).as_deref(),
            )?;
            self.message = Some(message);
            self.stage = Stage::Mail;
        }
        Ok(Reply::Continue)
    }

    /// Who has logged in, where the MTA tells it later than with the sender. A message is a submission from then on.
    ///
    /// # Errors
    /// [`Error::Sequence`] outside a message, and after its header.
    pub fn login(&mut self, account: &[u8]) -> Result<(), Error> {
        let why = "it comes after mail_from and before the end of the header";
        self.turn("login", Stage::Mail, Stage::Data, why)?;
        if let (Some(message), Some(login)) = (&mut self.message, bounded_login(Some(account)))
            && message.login.is_none()
        {
            message.logged_in(&login);
        }
        Ok(())
    }

    /// A recipient, with angle brackets or without. What is refused is none.
    ///
    /// # Errors
    /// [`Error::Sequence`] before `mail_from` and after `data`.
    pub fn rcpt(&mut self, address: &[u8]) -> Result<Reply, Error> {
        let why = "it comes after mail_from, before data and the header";
        self.turn("rcpt", Stage::Mail, Stage::Mail, why)?;
        let refused = match (&mut self.message, &self.connection) {
            (Some(message), Some(connection)) => message.recipient(&self.filter, connection, address),
            _ => None,
        };
        Ok(match refused {
            None => Reply::Continue,
            Some(refused) if refused.treatment == Treatment::Defer => Reply::Defer(refused.answer),
            Some(refused) => Reply::Reject(refused.answer),
        })
    }

    /// DATA: the recipients are complete, and the message counts for its account. It may be left out, as some glue has no such event; then
    /// the first header field stands for it.
    ///
    /// # Errors
    /// [`Error::Sequence`] before `mail_from`, and when the header has begun.
    pub fn data(&mut self) -> Result<Reply, Error> {
        self.turn(
            "data",
            Stage::Mail,
            Stage::Mail,
            "it comes after the recipients, once",
        )?;
        self.begin_data();
        Ok(Reply::Continue)
    }

    fn begin_data(&mut self) {
        self.stage = self.stage.max(Stage::Data);
        if let (Some(message), Some(connection)) = (&mut self.message, &self.connection) {
            message.count(&self.filter, connection);
        }
    }

    /// A header field: its name, and its value as [`Glue`] says.
    ///
    /// # Errors
    /// [`Error::Sequence`] outside a message, and after its header.
    pub fn header(&mut self, name: &[u8], value: &[u8]) -> Result<(), Error> {
        let why = "it comes after mail_from and before the end of the header";
        self.turn("header", Stage::Mail, Stage::Data, why)?;
        if self.stage == Stage::Mail {
            self.begin_data();
        }
        let value = self.glue.taken(value);
        match &mut self.message {
            Some(message) => message.header(&self.filter, name, &value),
            None => Ok(()),
        }
    }

    /// The header is complete: look-ups of keys and policies begin, or signers choose what they sign.
    ///
    /// # Errors
    /// [`Error::Sequence`] outside a message, and when the header was complete already.
    pub fn end_of_headers(&mut self) -> Result<(), Error> {
        let why = "it comes once, after mail_from";
        self.turn("end_of_headers", Stage::Mail, Stage::Data, why)?;
        // A login may have come after the recipients were counted.
        self.begin_data();
        self.stage = Stage::Body;
        match &mut self.message {
            Some(message) => message.end_of_headers(&self.filter),
            None => Ok(()),
        }
    }

    /// Octets of the body, in chunks of any size, with CRLF for line ends.
    ///
    /// # Errors
    /// [`Error::Sequence`] before `end_of_headers`.
    pub fn body(&mut self, octets: &[u8]) -> Result<(), Error> {
        self.turn(
            "body",
            Stage::Body,
            Stage::Body,
            "it comes after the end of the header",
        )?;
        match &mut self.message {
            Some(message) => message.body(octets),
            None => Ok(()),
        }
    }

    /// The message is complete: waits for look-ups that are still open, and decides. `queue_id` is the MTA's name for the message, which
    /// Postfix knows only now; it may be empty. The session is ready for the next message. It blocks; within an asynchronous runtime it cannot,
    /// and nothing is verified then (note `not_verified`).
    ///
    /// # Errors
    /// [`Error::Sequence`] outside a message. Whatever fails within is told in the decision.
    pub fn end(&mut self, queue_id: &[u8]) -> Result<Decision, Error> {
        self.turn(
            "end",
            Stage::Mail,
            Stage::Body,
            "there is no message that could end",
        )?;
        if self.stage < Stage::Body {
            self.end_of_headers()?;
        }
        self.stage = Stage::Idle;
        match (self.message.take(), &self.connection) {
            (Some(message), Some(connection)) => Ok(conclude::conclude(
                &self.filter,
                self.glue,
                connection,
                message,
                &bounded(queue_id),
            )),
            _ => Err(Error::Sequence {
                call: "end",
                why: "there is no message that could end",
            }),
        }
    }

    /// The message is given up; the connection stays. Outside a message it does nothing.
    pub fn abort(&mut self) {
        self.message = None;
        self.stage = self.stage.min(Stage::Idle);
    }

    fn turn(&self, call: &'static str, from: Stage, to: Stage, why: &'static str) -> Result<(), Error> {
        match (from..=to).contains(&self.stage) {
            true => Ok(()),
            false => Err(Error::Sequence { call, why }),
        }
    }
}

fn present() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |time| time.as_secs_f64())
}

fn bounded(octets: &[u8]) -> Vec<u8> {
    octets[..octets.len().min(LONGEST_NAME)].to_vec()
}

/// A login that is too long stays one, and is none that a rule knows: what is cut off may be its domain.
fn bounded_login(login: Option<&[u8]>) -> Option<Vec<u8>> {
    let login = login.filter(|login| !login.is_empty())?;
    if login.len() <= LONGEST_NAME {
        return Some(login.to_vec());
    }
    let mark = b"...";
    Some([&login[..LONGEST_NAME - mark.len()], mark].concat())
}
