//! Questions to the DNS, and the five kinds of answer that every verdict rests on telling apart.
//!
//! [`Resolver`] is the one door: a question in, an [`Answer`] out. [`zone`] answers from master files,
//! `hickory` from the network, [`callback`] from whoever drives the program; [`cache`] stands before any of
//! them. Evaluators ask through a [`Session`], which holds one check's deadline and budget of questions.

pub mod any;
pub mod cache;
pub mod callback;
#[cfg(feature = "hickory")]
pub mod hickory;
pub mod name;
mod session;
pub mod zone;

pub use name::{Name, NameError};
pub use session::Session;

use crate::clock::Moment;
use std::fmt;
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordType {
    /// Text (RFC 1035 section 3.3.14).
    Txt,
    /// IPv4 address.
    A,
    /// IPv6 address (RFC 3596).
    Aaaa,
    /// Mail exchange.
    Mx,
    /// The name of an address, asked below `in-addr.arpa` or `ip6.arpa`.
    Ptr,
}

impl RecordType {
    /// The type's mnemonic, such as `AAAA`.
    pub fn as_str(self) -> &'static str {
        match self {
            RecordType::Txt => "TXT",
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Mx => "MX",
            RecordType::Ptr => "PTR",
        }
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One question: a name and a type, in class IN.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// The name asked about.
    pub name: Name,
    /// What is asked for.
    pub kind: RecordType,
}

impl Question {
    /// The question for `kind` at `name`.
    pub fn new(name: Name, kind: RecordType) -> Self {
        Question { name, kind }
    }

    /// The question for addresses of `name`, of the family of `like`.
    pub(crate) fn addresses(name: Name, like: IpAddr) -> Self {
        Question::new(
            name,
            match like {
                IpAddr::V4(_) => RecordType::A,
                IpAddr::V6(_) => RecordType::Aaaa,
            },
        )
    }

    /// The question for the names of an address.
    pub fn reverse(address: IpAddr) -> Self {
        Question {
            name: Name::reverse(address),
            kind: RecordType::Ptr,
        }
    }
}

impl fmt::Display for Question {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.kind)
    }
}

/// A mail exchange: the host, and how much it is preferred (the lowest first).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mx {
    /// The preference; lower is preferred.
    pub preference: u16,
    /// The host; the root for a null MX (RFC 7505).
    pub exchange: Name,
}

/// Aliases followed for one question. Beyond, the answer is a failure. RFC 1034 section 3.6.2 forbids loops and sets no
/// number; this is more than any published chain has.
const MOST_ALIASES: usize = 16;

/// The octets of one TXT record, its character-strings joined without anything between.
pub type Txt = Box<[u8]>;

/// The records of one answer, all of the type that was asked for, aliases followed. Never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordSet {
    /// TXT records, one element each.
    Txt(Arc<[Txt]>),
    /// IPv4 addresses.
    A(Arc<[Ipv4Addr]>),
    /// IPv6 addresses.
    Aaaa(Arc<[Ipv6Addr]>),
    /// Mail exchanges, in the order of the answer.
    Mx(Arc<[Mx]>),
    /// Names of an address.
    Ptr(Arc<[Name]>),
}

impl RecordSet {
    /// The type of the records.
    pub fn kind(&self) -> RecordType {
        match self {
            RecordSet::Txt(_) => RecordType::Txt,
            RecordSet::A(_) => RecordType::A,
            RecordSet::Aaaa(_) => RecordType::Aaaa,
            RecordSet::Mx(_) => RecordType::Mx,
            RecordSet::Ptr(_) => RecordType::Ptr,
        }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        match self {
            RecordSet::Txt(records) => records.len(),
            RecordSet::A(records) => records.len(),
            RecordSet::Aaaa(records) => records.len(),
            RecordSet::Mx(records) => records.len(),
            RecordSet::Ptr(records) => records.len(),
        }
    }

    /// Whether there is no record; a [`Resolver`] answers [`Answer::NoData`] then.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(crate) fn into_txt(self) -> Option<Arc<[Txt]>> {
        match self {
            RecordSet::Txt(records) => Some(records),
            _ => None,
        }
    }

    pub(crate) fn into_a(self) -> Option<Arc<[Ipv4Addr]>> {
        match self {
            RecordSet::A(records) => Some(records),
            _ => None,
        }
    }

    pub(crate) fn into_aaaa(self) -> Option<Arc<[Ipv6Addr]>> {
        match self {
            RecordSet::Aaaa(records) => Some(records),
            _ => None,
        }
    }

    pub(crate) fn into_mx(self) -> Option<Arc<[Mx]>> {
        match self {
            RecordSet::Mx(records) => Some(records),
            _ => None,
        }
    }

    pub(crate) fn into_ptr(self) -> Option<Arc<[Name]>> {
        match self {
            RecordSet::Ptr(records) => Some(records),
            _ => None,
        }
    }

    /// Addresses, if they are of this type.
    pub(crate) fn into_addresses(self, kind: RecordType) -> Option<Vec<IpAddr>> {
        match self {
            RecordSet::A(records) if kind == RecordType::A => {
                Some(records.iter().copied().map(IpAddr::V4).collect())
            }
            RecordSet::Aaaa(records) if kind == RecordType::Aaaa => {
                Some(records.iter().copied().map(IpAddr::V6).collect())
            }
            _ => None,
        }
    }
}

impl fmt::Display for RecordSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn list<T>(f: &mut fmt::Formatter<'_>, items: &[T], show: impl Fn(&T) -> String) -> fmt::Result {
            for (at, item) in items.iter().enumerate() {
                write!(f, "{}{}", if at == 0 { "" } else { ", " }, show(item))?;
            }
            Ok(())
        }
        match self {
            RecordSet::Txt(records) => list(f, records, |text| {
                format!("\"{}\"", String::from_utf8_lossy(text).escape_debug())
            }),
            RecordSet::A(records) => list(f, records, Ipv4Addr::to_string),
            RecordSet::Aaaa(records) => list(f, records, Ipv6Addr::to_string),
            RecordSet::Mx(records) => list(f, records, |mx| format!("{} {}", mx.preference, mx.exchange)),
            RecordSet::Ptr(records) => list(f, records, Name::to_string),
        }
    }
}

/// Why a question was not answered although it may be, later.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The server said SERVFAIL.
    #[error("the server failed (SERVFAIL)")]
    ServFail,
    /// The server said REFUSED.
    #[error("the server refused the question (REFUSED)")]
    Refused,
    /// Another response code that is no answer.
    #[error("the server answered with {0}")]
    ResponseCode(String),
    /// No server answered in the time of single tries.
    #[error("no server answered in time")]
    Timeout,
    /// The time for all DNS of this check was used up ([`crate::Limits::dns_time`]).
    #[error("the time for this check's DNS was used up")]
    Deadline,
    /// The check's number of questions was used up ([`crate::Limits::dns_questions`]); this one was not asked.
    #[error("the number of DNS questions for this check was used up")]
    Questions,
    /// No nameserver is configured.
    #[error("no nameserver is configured")]
    NoNameserver,
    /// The answer cannot be used, such as a loop of aliases.
    #[error("the answer cannot be used: {0}")]
    BadAnswer(String),
    /// The network or the host failed.
    #[error("the question could not be asked: {0}")]
    Network(String),
}

impl Failure {
    /// A stable code, such as `servfail`.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::ServFail => "servfail",
            Failure::Refused => "refused",
            Failure::ResponseCode(_) => "response_code",
            Failure::Timeout => "timeout",
            Failure::Deadline => "deadline",
            Failure::Questions => "questions",
            Failure::NoNameserver => "no_nameserver",
            Failure::BadAnswer(_) => "bad_answer",
            Failure::Network(_) => "network",
        }
    }
}

/// What came of a question. `T` is [`RecordSet`] at the resolver and a slice of one type for evaluators.
/// Times to live are in seconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer<T = RecordSet> {
    /// There are records; `ttl` is the smallest of them and of the aliases followed.
    Records {
        /// The records.
        records: T,
        /// Seconds for which they may be kept.
        ttl: u32,
    },
    /// The name exists (or something below it does) without a record of this type.
    NoData {
        /// Seconds for which this may be kept (RFC 2308), if the server said so.
        ttl: Option<u32>,
    },
    /// Neither the name nor anything below it exists (RFC 8020).
    NoSuchName {
        /// Seconds for which this may be kept (RFC 2308), if the server said so.
        ttl: Option<u32>,
    },
    /// It is not known, now.
    Failure(Failure),
    /// The name cannot be encoded, so nobody was asked.
    MalformedName(NameError),
}

impl<T> Answer<T> {
    /// Changes the records, if there are any.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Answer<U> {
        match self {
            Answer::Records { records, ttl } => Answer::Records {
                records: change(records),
                ttl,
            },
            Answer::NoData { ttl } => Answer::NoData { ttl },
            Answer::NoSuchName { ttl } => Answer::NoSuchName { ttl },
            Answer::Failure(failure) => Answer::Failure(failure),
            Answer::MalformedName(error) => Answer::MalformedName(error),
        }
    }

    /// Whether the answer is that there is no such record: a void lookup (RFC 7208 section 4.6.4).
    pub fn is_void(&self) -> bool {
        matches!(self, Answer::NoData { .. } | Answer::NoSuchName { .. })
    }
}

impl Answer {
    /// The records of the type that was asked for; those of another are an answer that cannot be used.
    pub(crate) fn only<T>(self, take: impl FnOnce(RecordSet) -> Option<T>) -> Answer<T> {
        match self.map(take) {
            Answer::Records {
                records: Some(records),
                ttl,
            } => Answer::Records { records, ttl },
            Answer::Records { records: None, .. } => {
                Answer::Failure(Failure::BadAnswer("records of another type".into()))
            }
            Answer::NoData { ttl } => Answer::NoData { ttl },
            Answer::NoSuchName { ttl } => Answer::NoSuchName { ttl },
            Answer::Failure(failure) => Answer::Failure(failure),
            Answer::MalformedName(error) => Answer::MalformedName(error),
        }
    }
}

impl<T: fmt::Display> fmt::Display for Answer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Records { records, .. } => records.fmt(f),
            Answer::NoData { .. } => f.write_str("no such record"),
            Answer::NoSuchName { .. } => f.write_str("no such name"),
            Answer::Failure(failure) => failure.fmt(f),
            Answer::MalformedName(error) => write!(f, "not asked: {error}"),
        }
    }
}

/// Answers questions. Implementations follow aliases (CNAME), never consult `/etc/hosts`, and never keep
/// answers: [`cache::CachedResolver`] does that for all of them.
///
/// The future ends by `deadline`, a moment of the clock that the resolver was made with; after it the answer is
/// [`Failure::Deadline`].
pub trait Resolver: Send + Sync + 'static {
    /// Asks one question.
    fn lookup(&self, question: &Question, deadline: Moment) -> impl Future<Output = Answer> + Send;
}

impl<R: Resolver> Resolver for Arc<R> {
    fn lookup(&self, question: &Question, deadline: Moment) -> impl Future<Output = Answer> + Send {
        R::lookup(self, question, deadline)
    }
}
