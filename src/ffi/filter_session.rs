//! A connection that goes through a filter.

use super::decision::Decision;
use super::error::Kept;
use super::filter::Filter;
use super::guard;
use super::handle::{Handle, OneThread, borrow, borrow_mut, give, place, take_back};
use super::status::{Code, Fault, IntoC as _, MAILREP_ABSENT, Status};
use super::text::{Text, keep, lent, lent_text};
use crate::error::Error;
use crate::filter::{Answer, Client, Glue, Reply, Session};
use std::ffi::{CString, c_char, c_int, c_void};
use std::net::IpAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The glue strips the blank after the colon of header fields, or does not know it. One is put there; signatures with simple
/// canonicalization may not verify. (Without SMFIP_HDR_LEADSPC.)
pub const MAILREP_GLUE_NO_LEADING_SPACE: c_int = 1;
/// Folds within header values are a bare LF, as libmilter has them: they become CRLF, and values to insert have LF.
pub const MAILREP_GLUE_BARE_LF: c_int = 2;

/// Go on.
pub const MAILREP_REPLY_CONTINUE: c_int = 0;
/// Refuse the command for now (4xx).
pub const MAILREP_REPLY_DEFER: c_int = 1;
/// Refuse the command (5xx).
pub const MAILREP_REPLY_REJECT: c_int = 2;

/// A connection and the messages that come over it, used by one thread at a time (not always the same one; libmilter runs one for each
/// connection).
///
/// The calls come in the order of SMTP: connect or connect_local, helo, then for each message mail_from, rcpt ..., data, header ...,
/// end_of_headers, body ..., end. A message that is given up is aborted; the connection stays. A call out of turn is refused with
/// MAILREP_SEQUENCE and changes nothing.
pub struct FilterSession {
    /// None: a panic has left it half-done.
    session: Option<Session>,
    reply: Option<KeptReply>,
    /// The last error, in words.
    error: CString,
}

struct KeptReply {
    kind: c_int,
    answer: KeptAnswer,
}

/// An answer in the shape that C reads.
#[derive(Debug)]
pub(super) struct KeptAnswer {
    pub(super) code: c_int,
    pub(super) enhanced: CString,
    pub(super) lines: Vec<CString>,
}

impl KeptAnswer {
    pub(super) fn of(answer: &Answer) -> KeptAnswer {
        KeptAnswer {
            code: answer.code().into(),
            enhanced: keep(answer.enhanced()),
            lines: answer.lines().iter().map(|line| keep(line.as_str())).collect(),
        }
    }
}

impl Handle for FilterSession {
    const NAME: &'static str = "session";
    type Shared = OneThread;
}

const _: () = {
    const fn one_thread<T: Send>() {}
    one_thread::<FilterSession>();
};

impl FilterSession {
    /// Runs a call on the session and keeps what went wrong.
    fn run<T>(&mut self, call: impl FnOnce(&mut Session) -> Result<T, Fault>) -> Result<T, Fault> {
        self.reply = None;
        let Some(mut session) = self.session.take() else {
            let fault = Fault::panic("an earlier call failed, this session can only be freed");
            return self.told(Err(fault));
        };
        let result = match catch_unwind(AssertUnwindSafe(|| call(&mut session))) {
            Ok(result) => {
                self.session = Some(session);
                result
            }
            Err(payload) => Err(Fault::panic(super::message(&*payload))),
        };
        self.told(result)
    }

    fn told<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        self.error = match &result {
            Ok(_) => CString::default(),
            Err(fault) => keep(fault.message.as_str()),
        };
        result
    }

    fn replied(&mut self, reply: &Reply) {
        self.reply = match reply {
            Reply::Continue => None,
            Reply::Defer(answer) => Some((MAILREP_REPLY_DEFER, answer)),
            Reply::Reject(answer) => Some((MAILREP_REPLY_REJECT, answer)),
        }
        .map(|(kind, answer)| KeptReply {
            kind,
            answer: KeptAnswer::of(answer),
        });
    }
}

/// Borrows the session, reads the arguments and runs the call.
///
/// # Safety
/// By the header's rules: `session` is NULL or living and used by this thread alone.
unsafe fn call<A>(
    session: *mut FilterSession,
    arguments: impl FnOnce() -> Result<A, Fault>,
    call: impl FnOnce(&mut Session, A) -> Result<Reply, Error>,
) -> c_int {
    guard(|| -> Status {
        // SAFETY: by the caller.
        let session = unsafe { borrow_mut(session) }?;
        let arguments = match arguments() {
            Ok(arguments) => arguments,
            Err(fault) => return session.told(Err(fault)),
        };
        let reply = session.run(|open| Ok(call(open, arguments)?))?;
        session.replied(&reply);
        Ok(())
    })
    .into_c()
}

/// Begins a connection.
///
/// @param filter  may be used by other threads at the same time, and freed before the session is
/// @param glue    MAILREP_GLUE_NO_LEADING_SPACE and MAILREP_GLUE_BARE_LF, added up, or 0. With libmilter, where SMFIP_HDR_LEADSPC was
///                negotiated: MAILREP_GLUE_BARE_LF
/// @param out     where the session is left, to be freed with mailrep_filter_session_free(); NULL is left on failure
/// @return        MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a glue that this version does not know
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_new(
    filter: *const Filter,
    glue: c_int,
    out: *mut *mut FilterSession,
) -> c_int {
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let (out, filter) = unsafe { (place(out)?, borrow(filter)?) };
        let known = MAILREP_GLUE_NO_LEADING_SPACE | MAILREP_GLUE_BARE_LF;
        if glue & !known != 0 {
            return Err(Fault::invalid(format!(
                "glue {glue} is not known to this version"
            )));
        }
        let glue = Glue {
            leading_space: glue & MAILREP_GLUE_NO_LEADING_SPACE == 0,
            bare_lf: glue & MAILREP_GLUE_BARE_LF != 0,
        };
        *out = give(FilterSession {
            session: Some(Session::new(filter.filter(), glue)),
            reply: None,
            error: CString::default(),
        });
        Ok(())
    })
    .into_c()
}

/// Frees a session, at any time: a message that is under way is given up.
///
/// @param session  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_free(session: *mut FilterSession) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(session) }
    });
}

/// Messages that begin from now on take place at a given time, for tests and for mail that came earlier.
///
/// @param session  the connection
/// @param now      seconds since 1970-01-01T00:00:00Z, with fractions; below 0 is the present again
/// @return         MAILREP_OK; MAILREP_NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_set_time(session: *mut FilterSession, now: f64) -> c_int {
    let set = |open: &mut Session, ()| {
        open.set_time(Some(now).filter(|now| *now >= 0.0));
        Ok(Reply::Continue)
    };
    // SAFETY: the header's rules.
    unsafe { call(session, || Ok(()), set) }
}

/// An SMTP client has connected. Once, as the first call.
///
/// @param session        the connection
/// @param address        an IPv4 or IPv6 address as text, without brackets; NULL if it is not known, as of a Unix socket
/// @param length         octets of address
/// @param daemon         the name of the MTA's daemon, the macro {daemon_name}; may be NULL
/// @param daemon_length  octets of daemon
/// @return               MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when it is no address; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_connect(
    session: *mut FilterSession,
    address: *const c_char,
    length: usize,
    daemon: *const c_char,
    daemon_length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    let read = || unsafe {
        let text = lent_text("address", address, length)?;
        let address = match text.trim() {
            "" => None,
            text => Some(text.parse::<IpAddr>().map_err(|_| {
                Fault::from(Error::Invalid {
                    what: "client address",
                    value: crate::error::printable(text.as_bytes()),
                    why: "it is an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1".into(),
                })
            })?),
        };
        Ok((address, lent("daemon", daemon, daemon_length)?))
    };
    // SAFETY: the header's rules.
    unsafe {
        call(session, read, |open, (address, daemon)| {
            let client = address.map_or_else(Client::default, Client::from);
            open.connect(client.with_daemon(daemon)).map(|()| Reply::Continue)
        })
    }
}

/// In place of mailrep_filter_session_connect(), for mail that is submitted on this host and not by SMTP, where the MTA lets that be known.
/// (Postfix tells non_smtpd_milters of a client at 127.0.0.1, which is treated in the same way.)
///
/// @param session  the connection
/// @param user     who submits; may be NULL if that is not known
/// @param length   octets of user
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_connect_local(
    session: *mut FilterSession,
    user: *const c_char,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            session,
            || lent("user", user, length),
            |open, user| {
                open.connect(Client::default().submitted_here(user))
                    .map(|()| Reply::Continue)
            },
        )
    }
}

/// The name that the client gives with HELO or EHLO, any number of times. A message that is under way is given up.
///
/// @param session  after connect
/// @param name     any octets
/// @param length   octets of name
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_helo(
    session: *mut FilterSession,
    name: *const c_char,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            session,
            || lent("name", name, length),
            |open, name| open.helo(name).map(|()| Reply::Continue),
        )
    }
}

/// A message begins. What is to be answered is told by mailrep_filter_session_reply().
///
/// @param session       after connect, and after the message before it has ended or was aborted
/// @param address       the envelope sender, any octets, with angle brackets or without; "" and "<>" are the null reverse-path
/// @param length        octets of address
/// @param login         who has logged in, the macro {auth_authen}; NULL or empty if nobody has
/// @param login_length  octets of login
/// @return              MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_mail_from(
    session: *mut FilterSession,
    address: *const c_char,
    length: usize,
    login: *const c_char,
    login_length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    let read = || unsafe {
        Ok((
            lent("address", address, length)?,
            lent("login", login, login_length)?,
        ))
    };
    // SAFETY: the header's rules.
    unsafe {
        call(session, read, |open, (address, login)| {
            open.mail_from(address, Some(login))
        })
    }
}

/// Who has logged in, where the MTA tells it later than with the sender: sites change which macros come when. The message is a
/// submission from then on. If mailrep_filter_session_mail_from() told it already, nothing happens.
///
/// @param session  after mail_from, before end_of_headers
/// @param login    the macro {auth_authen}; empty is nobody
/// @param length   octets of login
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_login(
    session: *mut FilterSession,
    login: *const c_char,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            session,
            || lent("login", login, length),
            |open, login| open.login(login).map(|()| Reply::Continue),
        )
    }
}

/// A recipient. What is to be answered is told by mailrep_filter_session_reply(); a recipient that is refused is none.
///
/// @param session  after mail_from, before data
/// @param address  any octets, with angle brackets or without
/// @param length   octets of address
/// @return         MAILREP_OK, also if the recipient is to be refused; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_rcpt(
    session: *mut FilterSession,
    address: *const c_char,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            session,
            || lent("address", address, length),
            |open, address| open.rcpt(address),
        )
    }
}

/// DATA: the recipients are complete, and the message counts for its account. It may be left out where the glue has no such event.
///
/// @param session  after rcpt
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_data(session: *mut FilterSession) -> c_int {
    // SAFETY: the header's rules.
    unsafe { call(session, || Ok(()), |open, ()| open.data()) }
}

/// A header field, in the order of the message, as the session's glue has it.
///
/// @param session       after mail_from, before end_of_headers
/// @param name          the field's name, without the colon
/// @param name_length   octets of name
/// @param value         what stands after the colon, with its blank unless MAILREP_GLUE_NO_LEADING_SPACE was given, without the closing
///                      line end; its folds are CRLF, or LF with MAILREP_GLUE_BARE_LF
/// @param value_length  octets of value
/// @return              MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_header(
    session: *mut FilterSession,
    name: *const c_char,
    name_length: usize,
    value: *const c_char,
    value_length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    let read = || unsafe {
        Ok((
            lent("name", name, name_length)?,
            lent("value", value, value_length)?,
        ))
    };
    // SAFETY: the header's rules.
    unsafe {
        call(session, read, |open, (name, value)| {
            open.header(name, value).map(|()| Reply::Continue)
        })
    }
}

/// The header is complete. Look-ups of keys and policies begin and go on while the body arrives.
///
/// @param session  after mail_from and the header fields
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_end_of_headers(session: *mut FilterSession) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            session,
            || Ok(()),
            |open, ()| open.end_of_headers().map(|()| Reply::Continue),
        )
    }
}

/// Octets of the body, in chunks of any size, split anywhere. They are hashed and not kept.
///
/// @param session  after end_of_headers
/// @param octets   with CRLF for line ends, as libmilter has them too; may be NULL if length is 0
/// @param length   how many
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_body(
    session: *mut FilterSession,
    octets: *const c_void,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            session,
            || lent("octets", octets, length),
            |open, octets| open.body(octets).map(|()| Reply::Continue),
        )
    }
}

/// The message is complete: waits for look-ups that are still open, no longer than the policy's timeout, and decides. The session is ready
/// for the next message. Whatever fails within, such as the DNS or a key, is told in the decision and is no error.
///
/// @param session   after mail_from
/// @param queue_id  the MTA's name for the message, the macro i, which Postfix knows only now; may be NULL
/// @param length    octets of queue_id
/// @param out       where the decision is left, to be freed with mailrep_decision_free(); NULL is left on failure
/// @return          MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_end(
    session: *mut FilterSession,
    queue_id: *const c_char,
    length: usize,
    out: *mut *mut Decision,
) -> c_int {
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let session = unsafe { borrow_mut(session) }?;
        // SAFETY: the header's rules.
        let arguments = unsafe { place(out).and_then(|out| Ok((out, lent("queue_id", queue_id, length)?))) };
        let (out, queue_id) = match arguments {
            Ok(arguments) => arguments,
            Err(fault) => return session.told(Err(fault)),
        };
        let decision = session.run(|open| Ok(Decision::new(open.end(queue_id)?)))?;
        *out = give(decision);
        Ok(())
    })
    .into_c()
}

/// The message is given up; the connection stays. Outside a message it does nothing.
///
/// @param session  the connection
/// @return         MAILREP_OK; MAILREP_NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_abort(session: *mut FilterSession) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            session,
            || Ok(()),
            |open, ()| {
                open.abort();
                Ok(Reply::Continue)
            },
        )
    }
}

/// What the last call on this session said, as a sentence for a log.
///
/// @param session  may be NULL
/// @return         text that lives until the next call on this session; "" if that call succeeded, or for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_error(session: *const FilterSession) -> *const c_char {
    guard(|| {
        // SAFETY: the header's rules.
        Kept(match unsafe { borrow(session) } {
            Ok(session) => session.error.as_ptr(),
            Err(_) => c"".as_ptr(),
        })
    })
    .0
}

/// What to answer to the command that the last call on this session told of.
///
/// @param session  may be NULL
/// @return         MAILREP_REPLY_CONTINUE, MAILREP_REPLY_DEFER or MAILREP_REPLY_REJECT; MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_reply(session: *const FilterSession) -> c_int {
    guard(|| {
        // SAFETY: the header's rules.
        Code(match unsafe { borrow(session) } {
            Ok(session) => session
                .reply
                .as_ref()
                .map_or(MAILREP_REPLY_CONTINUE, |reply| reply.kind),
            Err(_) => MAILREP_ABSENT,
        })
    })
    .0
}

/// The code of a refusal, such as 550.
///
/// @param session  may be NULL
/// @return         MAILREP_ABSENT if nothing is refused
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_reply_code(session: *const FilterSession) -> c_int {
    // SAFETY: the header's rules.
    guard(|| Code(unsafe { answer(session) }.map_or(MAILREP_ABSENT, |answer| answer.code))).0
}

/// The enhanced status code of a refusal, such as "5.1.1".
///
/// @param session  may be NULL
/// @return         text that lives until the next call on this session; absent if nothing is refused
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_reply_enhanced(session: *const FilterSession) -> Text {
    // SAFETY: the header's rules.
    guard(|| Text::of(unsafe { answer(session) }.map(|answer| answer.enhanced.as_c_str())))
}

/// How many lines of text a refusal has.
///
/// @param session  may be NULL
/// @return         1 to 8; 0 if nothing is refused
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_reply_line_count(session: *const FilterSession) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { answer(session) }.map_or(0, |answer| answer.lines.len()))
}

/// A line of a refusal, without any code: printable ASCII without '%', at most 400 octets.
///
/// @param session  may be NULL
/// @param at       from 0
/// @return         text that lives until the next call on this session; absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_session_reply_line(session: *const FilterSession, at: usize) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let answer = unsafe { answer(session) };
        Text::of(
            answer
                .and_then(|answer| answer.lines.get(at))
                .map(CString::as_c_str),
        )
    })
}

/// # Safety
/// By the header's rules: `session` is NULL or living during `'a`.
unsafe fn answer<'a>(session: *const FilterSession) -> Option<&'a KeptAnswer> {
    // SAFETY: by the caller.
    let session = unsafe { borrow(session) }.ok()?;
    session.reply.as_ref().map(|reply| &reply.answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::status::MAILREP_PANIC;
    use super::*;
    use crate::dns::zone::Zone;
    use crate::driver::Source;
    use crate::filter;
    use std::sync::Arc;

    #[test]
    fn a_panic_leaves_a_session_that_can_only_be_freed_and_says_so() {
        let filter =
            filter::Filter::with_source(filter::Policy::default(), Source::Zone(Zone::new())).unwrap();
        let mut session = FilterSession {
            session: Some(Session::new(&Arc::new(filter), Glue::default())),
            reply: None,
            error: CString::default(),
        };
        assert!(session.run(|open| Ok(open.connect(Client::default())?)).is_ok());
        let fault = session
            .run(|_| -> Result<(), Fault> { panic!("in words") })
            .unwrap_err();
        assert_eq!(fault.status, MAILREP_PANIC);
        assert!(session.error.to_str().unwrap().ends_with("in words"));
        let fault = session.run(|open| Ok(open.helo(b"a")?)).unwrap_err();
        assert_eq!(fault.status, MAILREP_PANIC);
        assert!(fault.message.contains("only be freed"));
    }
}
