//! One message on its way through.

use super::desk::{Desk, Finishing, Message, Stepped};
use super::error::Kept;
use super::guard;
use super::handle::{borrow, borrow_mut, give, place, take_back};
use super::status::{Fault, IntoC as _, MAILREP_AGAIN, MAILREP_SEQUENCE, Status};
use super::text::{keep, lent, lent_text};
use super::verdict::Verdict;
use crate::driver::CheckerTransaction;
use crate::error::Error;
use crate::message::line_ends::Converter;
use std::ffi::{CString, c_char, c_int, c_void};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::task::Poll;

/// One message on its way through, used by one thread at a time (not always the same one).
///
/// The calls come in the order of SMTP: connect, helo, authenticated, mail_from, rcpt, then header ... end_of_headers, body ..., or
/// else data ..., then finish. Those for which there is nothing to tell are left out. A call out of turn is refused
/// with MAILREP_SEQUENCE and changes nothing.
pub struct Transaction {
    state: State,
    traced: bool,
    line_ends: Converter,
    /// The last error, in words.
    error: Option<CString>,
    /// The program's own, from mailrep_transaction_set_user().
    user: AtomicPtr<c_void>,
}

enum State {
    // Boxed, so that the other states are small.
    Open(Box<CheckerTransaction>),
    /// As `Open`, for a program that answers questions when it likes.
    Stepped(Box<Stepped>),
    /// It is complete, and questions are open.
    Finishing(Finishing),
    Finished,
    /// A panic has left it half-done.
    Broken,
}

impl Transaction {
    pub(super) fn new(transaction: CheckerTransaction, traced: bool) -> Self {
        Self::in_state(State::Open(Box::new(transaction)), traced)
    }

    /// A transaction for a program that answers questions when it likes.
    pub(super) fn stepped(message: Message, desk: Arc<Desk>, traced: bool) -> Self {
        let stepped = Stepped::new(message, desk);
        Self::in_state(State::Stepped(Box::new(stepped)), traced)
    }

    fn in_state(state: State, traced: bool) -> Self {
        Transaction {
            traced,
            state,
            line_ends: Converter::default(),
            error: None,
            user: AtomicPtr::default(),
        }
    }

    /// Runs a call on the open transaction and keeps what went wrong.
    fn run(&mut self, call: impl FnOnce(&mut Message, &mut Converter) -> Status) -> Status {
        let message: Result<&mut Message, Fault> = match &mut self.state {
            State::Open(open) => Ok(&mut *open),
            State::Stepped(stepped) => Ok(&mut stepped.message),
            State::Finishing(_) => Err(finishing()),
            State::Finished => Err(finished()),
            State::Broken => Err(broken()),
        };
        let status = match message {
            Ok(message) => {
                let line_ends = &mut self.line_ends;
                match catch_unwind(AssertUnwindSafe(move || call(message, line_ends))) {
                    Ok(status) => status,
                    Err(payload) => {
                        self.state = State::Broken;
                        Err(Fault::panic(super::message(&*payload)))
                    }
                }
            }
            Err(fault) => Err(fault),
        };
        self.told(status)
    }

    /// Judges; the transaction is over then, unless questions are open that the program answers: there is no verdict yet. `handle` is what
    /// C has for it.
    fn finish(&mut self, handle: *mut Transaction) -> Result<Option<Verdict>, Fault> {
        let mut finishing = match std::mem::replace(&mut self.state, State::Broken) {
            State::Open(open) => {
                let result = open.finish();
                self.state = State::Finished;
                return Ok(Some(Verdict::new(result?, self.traced)));
            }
            State::Stepped(stepped) => stepped.finish(handle),
            State::Finishing(finishing) => finishing,
            State::Finished => {
                self.state = State::Finished;
                return Err(finished());
            }
            State::Broken => return Err(broken()),
        };
        if finishing.is_the_parents() {
            // What it waits for is not here.
            std::mem::forget(finishing);
            self.state = State::Finished;
            let why = "the message was begun before the process forked, and only the parent can finish it";
            return Err(Fault::from(Error::Sequence { call: "finish", why }));
        }
        match finishing.poll() {
            Poll::Ready(result) => {
                self.state = State::Finished;
                Ok(Some(Verdict::new(result?, self.traced)))
            }
            Poll::Pending => {
                self.state = State::Finishing(finishing);
                Ok(None)
            }
        }
    }

    /// Keeps the words of what went wrong.
    fn told<T>(&mut self, result: Result<T, Fault>) -> Result<T, Fault> {
        // Even an empty text costs an allocation, which a call that succeeds need not pay.
        self.error = result.as_ref().err().map(|fault| keep(fault.message.as_str()));
        result
    }
}

fn finishing() -> Fault {
    Fault {
        status: MAILREP_SEQUENCE,
        message: "the message is complete already; answer the open questions and call finish again".into(),
    }
}

fn again() -> Fault {
    Fault {
        status: MAILREP_AGAIN,
        message: "questions are open; answer them and call finish again".into(),
    }
}

fn finished() -> Fault {
    Fault {
        status: MAILREP_SEQUENCE,
        message: "the message is finished; begin another transaction".into(),
    }
}

fn broken() -> Fault {
    Fault::panic("an earlier call failed, this transaction can only be freed")
}

/// Borrows the transaction, reads the arguments and runs the call.
///
/// # Safety
/// By the header's rules: `transaction` is NULL or living and used by this thread alone.
unsafe fn call<A>(
    transaction: *mut Transaction,
    arguments: impl FnOnce() -> Result<A, Fault>,
    call: impl FnOnce(&mut Message, &mut Converter, A) -> Result<(), Error>,
) -> c_int {
    guard(|| -> Status {
        // SAFETY: by the caller.
        let mut transaction = unsafe { borrow_mut(transaction) }?;
        match arguments() {
            Ok(arguments) => transaction.run(|open, line_ends| Ok(call(open, line_ends, arguments)?)),
            Err(fault) => transaction.told(Err(fault)),
        }
    })
    .into_c()
}

/// The client's address. Without it neither SPF nor iprev is checked. The look-up of the client's name begins.
///
/// @param transaction  no other call has come before
/// @param address      an IPv4 or IPv6 address as text, without brackets: "192.0.2.1", "2001:db8::1". It need not be
///                     closed by 0
/// @param length       octets of address
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when it is no address; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_connect(
    transaction: *mut Transaction,
    address: *const c_char,
    length: usize,
) -> c_int {
    let read = || {
        // SAFETY: the header's rules.
        client(unsafe { lent_text("address", address, length) }?)
    };
    // SAFETY: the header's rules.
    unsafe { call(transaction, read, |open, _, client| open.connect(client)) }
}

/// Reads a client's address.
pub(super) fn client(text: &str) -> Result<IpAddr, Fault> {
    text.trim().parse().map_err(|_| {
        Fault::from(Error::Invalid {
            what: "client address",
            value: crate::error::printable(text.as_bytes()),
            why: "it is an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1".into(),
        })
    })
}

/// The client's address in network order, as a struct in_addr or in6_addr holds it; otherwise like
/// mailrep_transaction_connect().
///
/// @param transaction  no other call has come before
/// @param address      4 octets (IPv4) or 16 (IPv6, of which ::ffff:0:0/96 is IPv4)
/// @param length       4 or 16
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for another length; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_connect_octets(
    transaction: *mut Transaction,
    address: *const c_void,
    length: usize,
) -> c_int {
    let read = || {
        // Other lengths are refused before anything is read.
        if length != 4 && length != 16 {
            return Err(Fault::invalid(format!(
                "an address has 4 or 16 octets, not {length}"
            )));
        }
        // SAFETY: the header's rules.
        let octets = unsafe { lent("address", address, length) }?;
        let v4 = <[u8; 4]>::try_from(octets).map(|octets| IpAddr::V4(Ipv4Addr::from(octets)));
        let v6 = <[u8; 16]>::try_from(octets).map(|octets| IpAddr::V6(Ipv6Addr::from(octets)));
        v4.or(v6)
            .map_err(|_| Fault::invalid("an address has 4 or 16 octets"))
    };
    // SAFETY: the header's rules.
    unsafe { call(transaction, read, |open, _, client| open.connect(client)) }
}

/// The name that the client gave with HELO or EHLO. If it is given several times, the last one counts.
///
/// @param transaction  before mail_from
/// @param name         any octets
/// @param length       octets of name
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_helo(
    transaction: *mut Transaction,
    name: *const c_char,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            transaction,
            || lent("name", name, length),
            |open, _, name| open.helo(name),
        )
    }
}

/// The client has logged in (RFC 4954), so that the message is submitted here and not received from elsewhere. SPF, iprev and
/// DMARC are not checked then: the Authentication-Results field has auth=pass in their place, without the client's
/// address, DMARC's result is none with the cause "authenticated", and signatures are verified if there are any.
///
/// (With libmilter: what the macro {auth_authen} gives in the callback of MAIL FROM, unless it is NULL or empty.)
///
/// @param transaction  before mail_from
/// @param account      the name that was logged in with, any octets
/// @param length       octets of account, 1 to 1,024
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an empty account, or one that is too long;
///                     MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_authenticated(
    transaction: *mut Transaction,
    account: *const c_char,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            transaction,
            || lent("account", account, length),
            |open, _, account| open.authenticated(account),
        )
    }
}

/// The reverse-path of MAIL FROM. SPF begins.
///
/// If this call is left out and there was a connect, the null reverse-path is assumed.
///
/// @param transaction  once, before rcpt and the header
/// @param address      any octets, with angle brackets or without; "" and "<>" are the null reverse-path
/// @param length       octets of address
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_mail_from(
    transaction: *mut Transaction,
    address: *const c_char,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            transaction,
            || lent("address", address, length),
            |open, _, address| open.mail_from(address),
        )
    }
}

/// A recipient, once for each. No check looks at recipients yet.
///
/// @param transaction  after mail_from, before the header
/// @param address      any octets, with angle brackets or without
/// @param length       octets of address
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_rcpt(
    transaction: *mut Transaction,
    address: *const c_char,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            transaction,
            || lent("address", address, length),
            |open, _, address| open.rcpt(address),
        )
    }
}

/// A header field, in the order of the message.
///
/// The octets must be those that were received, for DKIM hashes them: the value begins right after the colon, with its
/// blank if there is one, and its folds are CRLF. (With libmilter: negotiate SMFIP_HDR_LEADSPC, and turn the LF that it
/// has in folds into CRLF.)
///
/// @param transaction   before end_of_headers
/// @param name          the field's name, without the colon
/// @param name_length   octets of name
/// @param value         what stands after the colon, without the closing CRLF
/// @param value_length  octets of value
/// @return              MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_header(
    transaction: *mut Transaction,
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
        call(transaction, read, |open, _, (name, value)| {
            open.header(name, value)
        })
    }
}

/// The header is complete. Look-ups of keys and policies begin and go on while the body arrives.
///
/// @param transaction  after the header fields
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_end_of_headers(transaction: *mut Transaction) -> c_int {
    // SAFETY: the header's rules.
    unsafe { call(transaction, || Ok(()), |open, _, ()| open.end_of_headers()) }
}

/// Octets of the body, in chunks of any size, split anywhere. They are hashed and not kept.
///
/// @param transaction  after end_of_headers
/// @param octets       with line ends as they were received, CRLF; may be NULL if length is 0
/// @param length       how many
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_body(
    transaction: *mut Transaction,
    octets: *const c_void,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            transaction,
            || lent("octets", octets, length),
            |open, _, octets| open.body(octets),
        )
    }
}

/// Octets of the whole message, header and body, in chunks of any size, split anywhere; in place of header,
/// end_of_headers and body.
///
/// @param transaction  before end_of_headers
/// @param octets       with line ends as they were received, CRLF; may be NULL if length is 0
/// @param length       how many
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_data(
    transaction: *mut Transaction,
    octets: *const c_void,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            transaction,
            || lent("octets", octets, length),
            |open, _, octets| open.data(octets),
        )
    }
}

/// Like mailrep_transaction_data(), for a message that was stored in a file, where line ends may be LF. The first line
/// end decides: if it is LF, every LF without a CR before it becomes CRLF; if it is CRLF, the octets stay as they are.
///
/// @param transaction  before end_of_headers
/// @param octets       the file's octets in order; may be NULL if length is 0
/// @param length       how many
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_file_data(
    transaction: *mut Transaction,
    octets: *const c_void,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        call(
            transaction,
            || lent("octets", octets, length),
            |open, line_ends, octets| {
                let mut result = Ok(());
                line_ends.convert(octets, |piece| {
                    if result.is_ok() {
                        result = open.data(piece);
                    }
                });
                result
            },
        )
    }
}

/// The message is complete: waits for the look-ups that are still open, no longer than dns_time_ms, and judges.
///
/// A message that ends within its header, or is empty, has a verdict too. DNS trouble is a verdict (temperror), not an
/// error.
///
/// With a context that was made with questions it does not wait: while questions are open it returns MAILREP_AGAIN, and is to be called
/// again when mailrep_context_ready() says so.
///
/// @param transaction  takes no other call afterwards, except for its error, user and free
/// @param out          where the verdict is left, to be freed with mailrep_verdict_free(); NULL is left on failure
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE when it was finished already, or in a child of the process that
///                     began the message; MAILREP_SYSTEM when the system refused the thread that asks; MAILREP_AGAIN; MAILREP_HANDLE;
///                     MAILREP_BUSY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_finish(
    transaction: *mut Transaction,
    out: *mut *mut Verdict,
) -> c_int {
    let handle = transaction;
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let mut transaction = unsafe { borrow_mut(transaction) }?;
        // SAFETY: the header's rules.
        let out = match unsafe { place(out) } {
            Ok(out) => out,
            Err(fault) => return transaction.told(Err(fault)),
        };
        // A panic leaves the transaction broken; here it is caught so that its words are kept.
        let result = match catch_unwind(AssertUnwindSafe(|| transaction.finish(handle))) {
            Ok(result) => result.and_then(|verdict| verdict.ok_or_else(again)),
            Err(payload) => Err(Fault::panic(super::message(&*payload))),
        };
        *out = give(transaction.told(result)?);
        Ok(())
    })
    .into_c()
}

/// What the last call on this transaction said, as a sentence for a log.
///
/// @param transaction  may be NULL
/// @return             text that lives until the next call on this transaction; "" if that call succeeded, or for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_error(transaction: *const Transaction) -> *const c_char {
    guard(|| {
        // SAFETY: the header's rules.
        Kept(match unsafe { borrow(transaction) } {
            Ok(transaction) => transaction.error.as_deref().unwrap_or_default().as_ptr(),
            Err(_) => c"".as_ptr(),
        })
    })
    .0
}

/// Keeps a pointer of the program's with a transaction; the library never follows it.
///
/// @param transaction  may be NULL, and then nothing is kept
/// @param user         what mailrep_transaction_user() will return
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_set_user(transaction: *mut Transaction, user: *mut c_void) {
    guard(|| {
        // SAFETY: the header's rules.
        if let Ok(transaction) = unsafe { borrow(transaction.cast_const()) } {
            transaction.user.store(user, Ordering::Release);
        }
    });
}

/// The pointer that mailrep_transaction_set_user() was given last.
///
/// @param transaction  may be NULL
/// @return             NULL if there was none, and for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_user(transaction: *const Transaction) -> *mut c_void {
    let user = guard(|| {
        // SAFETY: the header's rules.
        let transaction = unsafe { borrow(transaction) };
        User(transaction.map_or(ptr::null_mut(), |transaction| {
            transaction.user.load(Ordering::Acquire)
        }))
    });
    user.0
}

struct User(*mut c_void);

impl super::Border for User {
    fn panicked(_: &str) -> User {
        User(ptr::null_mut())
    }
}

/// Frees a transaction, at any time: what is still under way is given up.
///
/// @param transaction  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_free(transaction: *mut Transaction) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(transaction) }
    });
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::status::MAILREP_PANIC;
    use super::*;
    use crate::dns::zone::Zone;
    use crate::driver::{Checker, Setup, Source};

    fn transaction() -> Transaction {
        let setup = Setup {
            source: Source::Zone(Zone::new()),
            ..Setup::default()
        };
        Transaction::new(
            Checker::new(setup)
                .unwrap()
                .transaction_at(crate::clock::UnixTime(0)),
            false,
        )
    }

    #[test]
    fn a_panic_leaves_a_transaction_that_can_only_be_freed_and_says_so() {
        let mut transaction = transaction();
        assert!(transaction.run(|open, _| Ok(open.helo(b"a")?)).is_ok());
        let fault = transaction.run(|_, _| panic!("in words")).unwrap_err();
        assert_eq!(fault.status, MAILREP_PANIC);
        let words = transaction.error.clone().unwrap();
        assert!(words.to_str().unwrap().ends_with("in words"));
        let fault = transaction.run(|open, _| Ok(open.helo(b"a")?)).unwrap_err();
        assert_eq!(fault.status, MAILREP_PANIC);
        let handle = std::ptr::null_mut();
        let fault = transaction.finish(handle).err().unwrap();
        assert_eq!(fault.status, MAILREP_PANIC);
        assert!(fault.message.contains("only be freed"));
    }
}
