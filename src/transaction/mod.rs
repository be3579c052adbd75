//! One message from the first command to the verdict.
//!
//! A [`Transaction`] is fed as the message arrives. Each check begins as soon as what it needs is known: iprev at
//! [`Transaction::connect`], SPF at [`Transaction::mail_from`], DKIM keys and the DMARC walk at the end of the
//! header, while the body still arrives. [`Transaction::finish`] waits for what is still open.
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use mailrep::dns::zone::Zone;
//! use mailrep::transaction::{Context, Inline, Options, Transaction};
//! use std::sync::Arc;
//!
//! let zone = Zone::parse(b"example.org. TXT \"v=spf1 ip4:192.0.2.1 -all\"", "zone")?;
//! let context = Arc::new(Context::new(zone, Options::default()));
//! let mut transaction = Transaction::new(&context, Arc::new(Inline));
//! transaction.connect("192.0.2.1".parse()?)?;
//! transaction.helo(b"mail.example.org")?;
//! transaction.mail_from(b"<ada@example.org>")?;
//! transaction.data(b"From: ada@example.org\r\n\r\nHello\r\n")?;
//! let verdict = transaction.finish().await?;
//! println!("{}: {}", verdict.dmarc.result.as_str(), verdict.dmarc_reason());
//! # assert_eq!(verdict.spf.map(|spf| spf.evaluation.result.as_str()), Some("pass"));
//! # Ok(())
//! # }
//! # use futures_util::FutureExt as _;
//! # example().now_or_never().expect("a zone answers at once").expect("a verdict");
//! ```

mod advice;
mod context;
mod job;
mod story;
mod verdict;

#[cfg(test)]
mod tests;

pub use context::{Context, Options};
pub use job::{BoxFuture, Inline, Spawn};
pub use story::Story;
pub use verdict::Verdict;

use crate::clock::UnixTime;
use crate::dns::{Name, Resolver};
use crate::error::Error;
use crate::message::{Anomaly, HeaderFields, Splitter};
use crate::trace::Tracer;
use crate::{dkim, dmarc, iprev, spf};
use job::Job;
use std::net::IpAddr;
use std::sync::Arc;

/// Octets of an envelope address or HELO name that are looked at, the last ones: there an address has its domain. RFC
/// 5321 section 4.5.3.1 allows 256 and 255; a domain that is longer cannot be a valid name, and is told so.
const MOST_ENVELOPE: usize = 1_024;

/// Octets of an account's name that are taken; those of the largest providers have no more than an address.
const MOST_ACCOUNT: usize = 1_024;

/// A message on its way through. Calls come in the order of SMTP; one out of turn is refused and changes nothing.
///
/// Either the header comes field by field ([`header`](Self::header), [`end_of_headers`](Self::end_of_headers),
/// [`body`](Self::body)), as mail filters get it, or as raw octets ([`data`](Self::data)). Line ends are CRLF.
pub struct Transaction<R: Resolver> {
    context: Arc<Context<R>>,
    spawn: Arc<dyn Spawn>,
    trace: Tracer,
    now: UnixTime,
    stage: Stage,
    /// Whether the message comes as raw octets, not field by field.
    raw: bool,
    client: Option<IpAddr>,
    helo: Box<[u8]>,
    /// The reverse-path without angle brackets.
    mail_from: Option<Box<[u8]>>,
    /// Who has logged in, for a message that is submitted.
    account: Option<String>,
    splitter: Splitter,
    iprev: Option<Job<iprev::Iprev>>,
    spf: Option<Job<spf::Verdict>>,
    /// The domain that SPF checks, and that DMARC may have to align.
    spf_domain: Option<Name>,
    content: Option<Content>,
}

/// What is known and under way once the header is complete.
struct Content {
    header: Arc<HeaderFields>,
    anomaly: Option<Anomaly>,
    body: dkim::BodyHasher,
    keys: Job<dkim::Checked>,
    policy: Job<dmarc::Discovery>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Start,
    Connected,
    Greeted,
    Mail,
    Header,
    Body,
}

impl<R: Resolver> Transaction<R> {
    /// A transaction whose protocol time is the system's present one.
    pub fn new(context: &Arc<Context<R>>, spawn: Arc<dyn Spawn>) -> Self {
        Self::at(context, spawn, UnixTime::now())
    }

    /// A transaction that takes place at `now`, which governs `t=`, `x=` and `%{t}`.
    pub fn at(context: &Arc<Context<R>>, spawn: Arc<dyn Spawn>, now: UnixTime) -> Self {
        let options = context.options();
        Transaction {
            trace: if options.trace {
                Tracer::on(options.limits.trace_steps)
            } else {
                Tracer::off()
            },
            splitter: Splitter::new(&options.limits),
            context: Arc::clone(context),
            spawn,
            now,
            stage: Stage::Start,
            raw: false,
            client: None,
            helo: Box::default(),
            mail_from: None,
            account: None,
            iprev: None,
            spf: None,
            spf_domain: None,
            content: None,
        }
    }

    /// The client's address. Without this call there is no SPF and no iprev. IPv4-mapped addresses are IPv4.
    ///
    /// # Errors
    /// [`Error::Sequence`] after any other call.
    pub fn connect(&mut self, client: IpAddr) -> Result<(), Error> {
        self.turn("connect", Stage::Start, "it is the first call, made once")?;
        let client = client.to_canonical();
        self.stage = Stage::Connected;
        self.client = Some(client);
        if !self.context.options().iprev {
            return Ok(());
        }
        let session = self.context.session();
        let (context, trace) = (Arc::clone(&self.context), self.trace.clone());
        self.iprev = Some(Job::begin(&*self.spawn, async move {
            iprev::verify(&session, client, &context.options().limits, &trace).await
        }));
        Ok(())
    }

    /// The name that the client gave with HELO or EHLO; the last one counts.
    ///
    /// # Errors
    /// [`Error::Sequence`] after MAIL FROM.
    pub fn helo(&mut self, name: &[u8]) -> Result<(), Error> {
        self.turn("helo", Stage::Greeted, "it comes before MAIL FROM and the header")?;
        self.stage = Stage::Greeted;
        self.helo = bounded(name);
        Ok(())
    }

    /// The client has logged in to `account` (RFC 4954): the message is submitted here, and not received from elsewhere.
    ///
    /// SPF, iprev and DMARC are about hosts that deliver mail of their own domains, and say nothing of a customer at a hotel:
    /// they are not checked, nothing is asked for them, and the Authentication-Results field has `auth=pass smtp.auth=account`
    /// (RFC 8601 section 2.7.4) in their place, without the client's address. Signatures are verified, if there are any. DMARC's
    /// cause is [`dmarc::Cause::Authenticated`].
    ///
    /// # Errors
    /// [`Error::Sequence`] after MAIL FROM; [`Error::Invalid`] for an empty account, which says that nobody has logged in, and for one of
    /// more than 1,024 octets.
    pub fn authenticated(&mut self, account: &[u8]) -> Result<(), Error> {
        // RFC 4954 section 4: AUTH is not permitted during a mail transaction.
        self.turn(
            "authenticated",
            Stage::Greeted,
            "it comes before MAIL FROM and the header",
        )?;
        if account.is_empty() || account.len() > MOST_ACCOUNT {
            return Err(Error::Invalid {
                what: "account",
                value: crate::error::printable(account),
                why: format!(
                    "it has 1 to {MOST_ACCOUNT} octets; leave the call out for a client that has not logged in"
                ),
            });
        }
        self.stage = Stage::Greeted;
        self.account = Some(String::from_utf8_lossy(account).into_owned());
        self.iprev = None;
        Ok(())
    }

    /// The reverse-path, with or without angle brackets; empty for the null one. SPF begins here.
    ///
    /// # Errors
    /// [`Error::Sequence`] when there was one already, or after the header began.
    pub fn mail_from(&mut self, address: &[u8]) -> Result<(), Error> {
        self.turn(
            "mail_from",
            Stage::Greeted,
            "it comes once, before the recipients and the header",
        )?;
        self.stage = Stage::Mail;
        let address = bounded(without_brackets(address.trim_ascii()));
        self.mail_from = Some(address.clone());
        let Some(client) = self.client.filter(|_| self.account.is_none()) else {
            return Ok(());
        };
        let request = spf::Request {
            client,
            helo: self.helo.clone(),
            mail_from: address,
            receiver: self.context.options().authserv_id.clone(),
            now: self.now,
        };
        self.spf_domain = request.domain();
        let session = self.context.session();
        let (context, trace) = (Arc::clone(&self.context), self.trace.clone());
        self.spf = Some(Job::begin(&*self.spawn, async move {
            spf::verify(&session, &request, context.spf(), &trace).await
        }));
        Ok(())
    }

    /// A recipient. No check looks at it yet; the order of the calls is watched.
    ///
    /// # Errors
    /// [`Error::Sequence`] before MAIL FROM or after the header began.
    pub fn rcpt(&mut self, _address: &[u8]) -> Result<(), Error> {
        if self.stage != Stage::Mail {
            return Err(Error::Sequence {
                call: "rcpt",
                why: "it comes after MAIL FROM, before the header",
            });
        }
        Ok(())
    }

    /// A header field: the value as it stands after the colon, with its blanks and with CRLF in its folds.
    ///
    /// # Errors
    /// [`Error::Sequence`] after the end of the header, and when raw octets have come.
    pub fn header(&mut self, name: &[u8], value: &[u8]) -> Result<(), Error> {
        self.by_field("header")?;
        self.begin_header("header")?;
        self.splitter.field(name, value);
        Ok(())
    }

    /// The header is complete; look-ups of keys and policies begin.
    ///
    /// # Errors
    /// [`Error::Sequence`] when it was complete already, and when raw octets have come.
    pub fn end_of_headers(&mut self) -> Result<(), Error> {
        self.by_field("end_of_headers")?;
        self.begin_header("end_of_headers")?;
        self.splitter.end_of_header();
        self.content = Some(self.begin_content());
        Ok(())
    }

    /// Octets of the body, in chunks of any size.
    ///
    /// # Errors
    /// [`Error::Sequence`] before the end of the header, and when raw octets have come.
    pub fn body(&mut self, octets: &[u8]) -> Result<(), Error> {
        self.by_field("body")?;
        self.hash_body(octets)
    }

    fn hash_body(&mut self, octets: &[u8]) -> Result<(), Error> {
        match &mut self.content {
            Some(content) => {
                content.body.update(octets);
                Ok(())
            }
            None => Err(Error::Sequence {
                call: "body",
                why: "it comes after the end of the header",
            }),
        }
    }

    /// Octets of the whole message, header and body, in chunks of any size.
    ///
    /// # Errors
    /// [`Error::Sequence`] when the message has begun to come field by field.
    pub fn data(&mut self, octets: &[u8]) -> Result<(), Error> {
        if !self.raw && self.stage >= Stage::Header {
            return Err(Error::Sequence {
                call: "data",
                why: "the message comes field by field already",
            });
        }
        if self.content.is_some() {
            return self.hash_body(octets);
        }
        self.begin_header("data")?;
        self.raw = true;
        match self.splitter.push(octets) {
            None => Ok(()),
            Some(begun) => {
                self.content = Some(self.begin_content());
                self.hash_body(&begun.before)?;
                self.hash_body(&octets[begun.offset..])
            }
        }
    }

    /// The message is complete; the future waits for what is still open. DNS trouble is a verdict, not an error.
    ///
    /// # Errors
    /// [`Error::System`] when whoever runs the futures dropped one of them.
    pub async fn finish(mut self) -> Result<Verdict, Error> {
        let mut content = match self.content.take() {
            Some(content) => content,
            None => {
                // The message ended within its header; the octets are a last line that is no field.
                self.begin_header("finish")?;
                let octets = self.splitter.end_of_message();
                let mut content = self.begin_content();
                content.body.update(&octets);
                content
            }
        };
        let (iprev, spf, keys, policy) = futures_util::join!(
            optional(self.iprev.take()),
            optional(self.spf.take()),
            &mut content.keys,
            &mut content.policy,
        );
        let (iprev, spf, keys, policy) = (iprev?, spf?, keys?, policy?);
        let hashes = content.body.finish();
        Ok(verdict::Parts {
            options: self.context.options(),
            client: self.client,
            helo: &self.helo,
            mail_from: self.mail_from.as_deref().unwrap_or_default(),
            account: self.account,
            now: self.now,
            header: &content.header,
            anomaly: content.anomaly,
            iprev,
            spf,
            dkim: keys.conclude(&hashes),
            policy,
            trace: &self.trace,
        }
        .conclude())
    }

    fn by_field(&self, call: &'static str) -> Result<(), Error> {
        if self.raw {
            let why = "the message comes as raw octets already";
            return Err(Error::Sequence { call, why });
        }
        Ok(())
    }

    fn turn(&self, call: &'static str, latest: Stage, why: &'static str) -> Result<(), Error> {
        if self.stage > latest {
            Err(Error::Sequence { call, why })
        } else {
            Ok(())
        }
    }

    fn begin_header(&mut self, call: &'static str) -> Result<(), Error> {
        self.turn(call, Stage::Header, "the header has ended")?;
        if self.client.is_some() && self.mail_from.is_none() {
            // A message whose sender nobody named is treated as one from the null reverse-path.
            self.mail_from(b"")?;
        }
        self.stage = Stage::Header;
        Ok(())
    }

    /// The header is complete: begins all that rests on it.
    fn begin_content(&mut self) -> Content {
        self.stage = Stage::Body;
        let options = self.context.options();
        let splitter = std::mem::replace(&mut self.splitter, Splitter::new(&options.limits));
        let (header, anomaly) = splitter.into_parts();
        let header = Arc::new(header);
        let mut author = dmarc::author(&header);
        let domain = author.domains().first();
        let mut prepared = dkim::prepare(&header, domain, self.now, &options.limits, &options.dkim)
            .with_keys(self.context.dkim_keys());
        if anomaly.is_some_and(Anomaly::is_incomplete) {
            // What was not kept may hold another From field, or fields that a signature is about.
            prepared = prepared.header_incomplete();
            author = author.with_problem(dmarc::AuthorProblem::HeaderIncomplete);
        }
        let body = prepared.body_hasher();
        let mut candidates: Vec<Name> = prepared.domains().cloned().collect();
        candidates.extend(self.spf_domain.take());
        let session = Arc::new(self.context.session());
        let trace = self.trace.clone();
        let policy = {
            let (session, context, trace) = (Arc::clone(&session), Arc::clone(&self.context), trace.clone());
            let submitted = self.account.is_some();
            async move {
                if submitted {
                    return dmarc::Discovery::of_nothing(author);
                }
                dmarc::discover_with(&session, &author, &candidates, context.dmarc(), &trace).await
            }
        };
        let keys = {
            let header = Arc::clone(&header);
            async move { prepared.check_keys(header, &session, &trace).await }
        };
        Content {
            anomaly,
            body,
            keys: Job::begin(&*self.spawn, keys),
            policy: Job::begin(&*self.spawn, policy),
            header,
        }
    }
}

async fn optional<T: Send + 'static>(job: Option<Job<T>>) -> Result<Option<T>, Error> {
    match job {
        Some(job) => job.await.map(Some),
        None => Ok(None),
    }
}

pub(crate) fn without_brackets(address: &[u8]) -> &[u8] {
    address
        .strip_prefix(b"<")
        .and_then(|rest| rest.strip_suffix(b">"))
        .unwrap_or(address)
}

pub(crate) fn bounded(octets: &[u8]) -> Box<[u8]> {
    octets[octets.len().saturating_sub(MOST_ENVELOPE)..].into()
}
