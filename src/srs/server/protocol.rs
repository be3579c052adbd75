//! What the two protocols have in common: requests, answers, and what is wrong with octets that are neither.

use std::borrow::Cow;
use std::fmt;

/// Which direction is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Map {
    /// The rewritten address of an envelope sender.
    Forward,
    /// The original address in a rewritten one.
    Reverse,
}

impl Map {
    /// `forward` or `reverse`: its name in the socketmap protocol.
    pub fn as_str(self) -> &'static str {
        match self {
            Map::Forward => "forward",
            Map::Reverse => "reverse",
        }
    }
}

/// What a connection's octets begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<'a> {
    /// A request: what does this map say of this key?
    Request {
        /// The map.
        map: Map,
        /// The key, decoded.
        key: Cow<'a, [u8]>,
    },
    /// Octets that are no request that can be answered, other than by a complaint.
    Fault(Fault),
}

/// Octets taken, and what they were: nothing yet if more have to come.
pub type Taken<'a> = (usize, Option<Event<'a>>);

/// What is wrong with a request. `Display` is a sentence for the protocol's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// More octets than are allowed; the rest of the request is passed over.
    TooLong {
        /// How many are.
        most: usize,
    },
    /// tcp_table: neither `get` and a key nor `put`.
    UnknownCommand,
    /// tcp_table: `put`, which changes a table.
    Put,
    /// tcp_table: a `%` without two hexadecimal digits.
    BadEncoding,
    /// socketmap: no netstring. Where the next request begins is not known.
    BadNetstring,
    /// socketmap: not the name `forward` or `reverse`, a space and a key.
    UnknownMap,
}

impl Fault {
    /// Whether the connection has to end, since the next request cannot be found.
    pub fn is_fatal(self) -> bool {
        self == Fault::BadNetstring
    }

    /// The answer that the protocols have for it.
    pub fn answer(&self) -> Answer<'_> {
        match self {
            // tcp_table(5): in case of an update request, the request was rejected.
            Fault::Put => Answer::NotFound(self),
            // Asking again does not help, the name in main.cf has to be changed.
            Fault::UnknownMap => Answer::Permanent(self),
            Fault::TooLong { .. } | Fault::UnknownCommand | Fault::BadEncoding | Fault::BadNetstring => {
                Answer::Temporary(self)
            }
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::TooLong { most } => write!(f, "the request has more than {most} octets"),
            Fault::UnknownCommand => f.write_str("the request is not 'get', a space and a key"),
            Fault::Put => f.write_str("nothing can be put into this table"),
            Fault::BadEncoding => f.write_str("the key has a '%' without two hexadecimal digits"),
            Fault::BadNetstring => f.write_str("the request is no netstring"),
            Fault::UnknownMap => f.write_str("the request is not 'forward' or 'reverse', a space and a key"),
        }
    }
}

/// What is answered to a request.
#[derive(Clone, Copy)]
pub enum Answer<'a> {
    /// The value.
    Found(&'a [u8]),
    /// There is none, and why.
    NotFound(&'a dyn fmt::Display),
    /// That is not known now, and why.
    Temporary(&'a dyn fmt::Display),
    /// That will never be known, and why.
    Permanent(&'a dyn fmt::Display),
}
