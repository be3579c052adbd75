//! Status codes and what they mean.

use super::{Border, guard};
use crate::error::Error;
use std::ffi::{CStr, c_char, c_int};

/// The call did its work.
pub const MAILREP_OK: c_int = 0;
/// A pointer was NULL that must not be.
pub const MAILREP_NULL: c_int = 1;
/// An argument or an option cannot be used.
pub const MAILREP_INVALID: c_int = 2;
/// The call came out of its turn; nothing was changed.
pub const MAILREP_SEQUENCE: c_int = 3;
/// No nameserver was given and the system names none.
pub const MAILREP_NO_NAMESERVER: c_int = 4;
/// A zone has a fault; the message gives line and column.
pub const MAILREP_ZONE: c_int = 5;
/// A file cannot be read or written.
pub const MAILREP_IO: c_int = 6;
/// The system refused a thread, a socket or memory.
pub const MAILREP_SYSTEM: c_int = 7;
/// A fault in mailrep itself, caught at the border; please report it. The handle can only be freed.
pub const MAILREP_PANIC: c_int = 8;
/// It cannot be told yet: questions are open. Answer them, and make the call again.
pub const MAILREP_AGAIN: c_int = 9;
/// The handle was freed already, or is of another kind. It is noticed where the handle is one of the last 1,024 that were freed.
pub const MAILREP_HANDLE: c_int = 10;
/// Another call on this handle is under way, in another thread or around this callback.
pub const MAILREP_BUSY: c_int = 11;
/// Nobody waits for this answer: it was given already, its time is over, or the message was given up.
pub const MAILREP_UNASKED: c_int = 12;
/// The DNS message was cut to fit; ask again over TCP.
pub const MAILREP_TRUNCATED: c_int = 13;

/// What a verdict's code is where there is nothing to tell: the check was not made, the index is beyond the last, the
/// handle is NULL.
pub const MAILREP_ABSENT: c_int = -1;

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// The library's version, such as "0.1.0". Before 1.0 a change of the second number may change the ABI; the soname
/// carries it.
///
/// @return text that is never freed
#[unsafe(no_mangle)]
pub extern "C" fn mailrep_version() -> *const c_char {
    VERSION.as_ptr()
}

/// What a status means, in a few words. What exactly happened is told by the handle: mailrep_transaction_error(),
/// mailrep_error_text().
///
/// @param status  one of MAILREP_OK to MAILREP_TRUNCATED; other numbers are "unknown status"
/// @return        text that is never freed
#[unsafe(no_mangle)]
pub extern "C" fn mailrep_status_text(status: c_int) -> *const c_char {
    guard(|| Words(words(status))).0.as_ptr()
}

fn words(status: c_int) -> &'static CStr {
    match status {
        MAILREP_OK => c"success",
        MAILREP_NULL => c"a pointer is NULL",
        MAILREP_INVALID => c"an argument cannot be used",
        MAILREP_SEQUENCE => c"the call came out of turn",
        MAILREP_NO_NAMESERVER => c"no nameserver",
        MAILREP_ZONE => c"the zone has a fault",
        MAILREP_IO => c"a file cannot be read or written",
        MAILREP_SYSTEM => c"the system refused a resource",
        MAILREP_PANIC => c"a fault in mailrep itself",
        MAILREP_AGAIN => c"questions are open",
        MAILREP_HANDLE => c"the handle was freed or is of another kind",
        MAILREP_BUSY => c"another call on the handle is under way",
        MAILREP_UNASKED => c"nobody waits for the answer",
        MAILREP_TRUNCATED => c"the DNS message was cut to fit",
        _ => c"unknown status",
    }
}

/// Words that live as long as the library.
pub(super) struct Words(pub(super) &'static CStr);

impl Border for Words {
    fn panicked(_: &str) -> Words {
        Words(c"")
    }
}

/// A number that stands for a result of a verdict.
pub(super) struct Code(pub(super) c_int);

impl Border for Code {
    fn panicked(_: &str) -> Code {
        Code(MAILREP_ABSENT)
    }
}

/// Why a call failed: the status and the words.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) status: c_int,
    pub(super) message: String,
}

impl Fault {
    /// `what` is the parameter's name.
    pub(super) fn null(what: &str) -> Fault {
        Fault {
            status: MAILREP_NULL,
            message: format!("{what} is NULL"),
        }
    }

    /// `what` is the parameter's name.
    pub(super) fn no_handle(what: &str) -> Fault {
        Fault {
            status: MAILREP_HANDLE,
            message: format!("{what} was freed already, or is no such handle"),
        }
    }

    pub(super) fn busy(what: &str) -> Fault {
        Fault {
            status: MAILREP_BUSY,
            message: format!("another call on this {what} is under way"),
        }
    }

    pub(super) fn panic(why: &str) -> Fault {
        Fault {
            status: MAILREP_PANIC,
            message: format!("a fault in mailrep itself: {why}"),
        }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Fault {
        Fault {
            status: MAILREP_INVALID,
            message: message.into(),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Fault {
        let status = match &error {
            Error::Sequence { .. } => MAILREP_SEQUENCE,
            Error::Invalid { .. } => MAILREP_INVALID,
            Error::Zone { .. } => MAILREP_ZONE,
            Error::Io { .. } | Error::Write { .. } => MAILREP_IO,
            Error::NoNameserver => MAILREP_NO_NAMESERVER,
            Error::System { .. } | Error::Listen { .. } => MAILREP_SYSTEM,
        };
        Fault {
            status,
            message: error.to_string(),
        }
    }
}

/// What a call that can fail returns.
pub(super) type Status = Result<(), Fault>;

/// The way of a status to C.
pub(super) trait IntoC {
    fn into_c(self) -> c_int;
}

impl IntoC for Status {
    fn into_c(self) -> c_int {
        match self {
            Ok(()) => MAILREP_OK,
            Err(fault) => fault.status,
        }
    }
}

impl Border for Status {
    fn panicked(why: &str) -> Status {
        Err(Fault::panic(why))
    }
}
