//! Signing one message.

use super::error::Kept;
use super::guard;
use super::handle::{borrow, borrow_mut, give, place, take_back};
use super::signer::{Signer, Table, several};
use super::status::{Fault, IntoC as _, MAILREP_PANIC, MAILREP_SEQUENCE, MAILREP_SYSTEM, Status};
use super::text::{Text, keep, lent};
use crate::Limits;
use crate::clock::UnixTime;
use crate::dkim::{MessageSigning, NotSigned, SignError};
use crate::message::line_ends::Converter;
use std::ffi::{CString, c_char, c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

/// Octets of an account's name that are taken.
const MOST_ACCOUNT: usize = 1_024;

/// A message that is being signed, used by one thread at a time (not always the same one).
///
/// The message comes as header ... end_of_headers, body ..., or else as data ..., then finish. It has to be the message that goes over the
/// wire: line ends are CRLF, no dots are doubled, and nothing is changed afterwards.
pub struct Signing {
    state: State,
    form: Form,
    line_ends: Converter,
    /// Why nobody signs, once that is known.
    refusal: Arc<Mutex<Option<NotSigned>>>,
    refused: Option<(CString, CString)>,
    fields: Vec<CString>,
    /// The last error, in words.
    error: Option<CString>,
}

enum State {
    Open(Box<MessageSigning>),
    Finished,
    /// A panic has left it half-done.
    Broken,
}

/// How the message comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Unknown,
    Fields,
    Body,
    Octets,
}

impl Signing {
    fn new(signing: MessageSigning, refusal: Arc<Mutex<Option<NotSigned>>>) -> Signing {
        Signing {
            state: State::Open(Box::new(signing)),
            form: Form::Unknown,
            line_ends: Converter::default(),
            refusal,
            refused: None,
            fields: Vec::new(),
            error: None,
        }
    }

    /// Runs a call on the open message and keeps what went wrong. `from` are the forms in which the call is in turn, `to` is the
    /// form that the message has then.
    fn run(
        &mut self,
        (from, to): (&[Form], Form),
        call: impl FnOnce(&mut MessageSigning, &mut Converter) -> Result<(), SignError>,
    ) -> Status {
        let status = match &mut self.state {
            State::Open(_) if !from.contains(&self.form) => Err(Fault {
                status: MAILREP_SEQUENCE,
                message: "the call came out of turn: header, end_of_headers, body, or else data".into(),
            }),
            State::Open(open) => {
                self.form = to;
                let line_ends = &mut self.line_ends;
                match catch_unwind(AssertUnwindSafe(move || call(open, line_ends))) {
                    Ok(result) => result.map_err(unsignable),
                    Err(payload) => {
                        self.state = State::Broken;
                        Err(Fault::panic(super::message(&*payload)))
                    }
                }
            }
            State::Finished => Err(finished()),
            State::Broken => Err(broken()),
        };
        self.told(status)
    }

    fn finish(&mut self, now: UnixTime) -> Status {
        let open = match std::mem::replace(&mut self.state, State::Broken) {
            State::Open(open) => open,
            State::Finished => {
                self.state = State::Finished;
                return Err(finished());
            }
            State::Broken => return Err(broken()),
        };
        let result = open.finish(now);
        self.state = State::Finished;
        let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.refused = refusal.map(|why| (keep(why.to_string()), keep(why.code())));
        self.fields = result
            .map_err(unsignable)?
            .iter()
            .map(|field| keep(field.value()))
            .collect();
        Ok(())
    }

    fn told(&mut self, status: Status) -> Status {
        // Even an empty text costs an allocation, which a call that succeeds need not pay.
        self.error = status.as_ref().err().map(|fault| keep(fault.message.as_str()));
        status
    }
}

fn finished() -> Fault {
    Fault {
        status: MAILREP_SEQUENCE,
        message: "the message is finished; begin another signing".into(),
    }
}

fn broken() -> Fault {
    Fault {
        status: MAILREP_PANIC,
        message: "an earlier call failed, this signing can only be freed".into(),
    }
}

fn unsignable(error: SignError) -> Fault {
    let fault = Fault::invalid(format!("the message cannot be signed: {error}"));
    match error {
        SignError::Refused => Fault {
            status: MAILREP_SYSTEM,
            ..fault
        },
        _ => fault,
    }
}

/// Begins a message that the given signers sign.
///
/// @param signers  each adds a signature; they may be freed and used by other threads meanwhile
/// @param count    how many, at most 64
/// @param out      where the signing is left, to be freed with mailrep_signing_free(); NULL is left on failure
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for too many; MAILREP_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_new(
    signers: *const *const Signer,
    count: usize,
    out: *mut *mut Signing,
) -> c_int {
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let (out, signers) = unsafe { (place(out)?, several(signers, count)?) };
        *out = give(Signing::new(
            MessageSigning::new(signers, &Limits::default()),
            Arc::default(),
        ));
        Ok(())
    })
    .into_c()
}

/// Begins a message that those sign whom a table names for its author domain, that of the From field, once the header is complete. If
/// there is nobody, or the account may not send as that domain, the message has no signature: see mailrep_signing_refusal().
///
/// @param table    kept as it is now; it may be used by other threads at the same time
/// @param account  who has logged in, as UTF-8; NULL if nobody has
/// @param length   octets of account, at most 1,024
/// @param out      where the signing is left, to be freed with mailrep_signing_free(); NULL is left on failure
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an account that is too long; MAILREP_HANDLE; MAILREP_BUSY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_new_by_table(
    table: *const Table,
    account: *const c_char,
    length: usize,
    out: *mut *mut Signing,
) -> c_int {
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let (out, table) = unsafe { (place(out)?, Arc::clone(&borrow(table)?.table)) };
        let account = if account.is_null() && length == 0 {
            None
        } else {
            // SAFETY: the header's rules.
            let octets = unsafe { lent("account", account, length) }?;
            if octets.len() > MOST_ACCOUNT {
                return Err(Fault::invalid(format!(
                    "account has more than {MOST_ACCOUNT} octets"
                )));
            }
            Some(String::from_utf8_lossy(octets).into_owned())
        };
        let refusal = Arc::new(Mutex::new(None));
        let told = Arc::clone(&refusal);
        let signing = MessageSigning::chosen_by(
            move |header| {
                let author = crate::dmarc::author(header);
                // Without an author the message cannot be signed by anyone: that is said by who would sign for all.
                let domain = author
                    .domains()
                    .first()
                    .cloned()
                    .unwrap_or_else(crate::dns::Name::root);
                match table.signers(&domain, account.as_deref()) {
                    Ok(signers) => signers.to_vec(),
                    Err(why) => {
                        *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                        Vec::new()
                    }
                }
            },
            &Limits::default(),
        );
        *out = give(Signing::new(signing, refusal));
        Ok(())
    })
    .into_c()
}

/// Borrows the signing, reads the arguments and runs the call.
///
/// # Safety
/// By the header's rules: `signing` is NULL or living and used by this thread alone.
unsafe fn call<A>(
    signing: *mut Signing,
    turn: (&[Form], Form),
    arguments: impl FnOnce() -> Result<A, Fault>,
    call: impl FnOnce(&mut MessageSigning, &mut Converter, A) -> Result<(), SignError>,
) -> c_int {
    guard(|| -> Status {
        // SAFETY: by the caller.
        let mut signing = unsafe { borrow_mut(signing) }?;
        match arguments() {
            Ok(arguments) => signing.run(turn, |open, line_ends| call(open, line_ends, arguments)),
            Err(fault) => signing.told(Err(fault)),
        }
    })
    .into_c()
}

/// A header field, in the order of the message, as in mailrep_transaction_header().
///
/// @param signing       before end_of_headers
/// @param name          the field's name, without the colon
/// @param name_length   octets of name
/// @param value         what stands after the colon, with its blank, without the closing CRLF; folds are CRLF
/// @param value_length  octets of value
/// @return              MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE; MAILREP_HANDLE; MAILREP_BUSY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_header(
    signing: *mut Signing,
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
    let turn = (&[Form::Unknown, Form::Fields][..], Form::Fields);
    // SAFETY: the header's rules.
    unsafe {
        call(signing, turn, read, |open, _, (name, value)| {
            open.header(name, value)
        })
    }
}

/// The header is complete.
///
/// @param signing  after the header fields
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if the message cannot be signed; MAILREP_SEQUENCE; MAILREP_HANDLE; MAILREP_BUSY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_end_of_headers(signing: *mut Signing) -> c_int {
    let turn = (&[Form::Unknown, Form::Fields][..], Form::Body);
    // SAFETY: the header's rules.
    unsafe { call(signing, turn, || Ok(()), |open, _, ()| open.end_of_headers()) }
}

/// Octets of the body, in chunks of any size, split anywhere. They are hashed and not kept.
///
/// @param signing  after end_of_headers
/// @param octets   with line ends as they will be sent, CRLF; may be NULL if length is 0
/// @param length   how many
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID; MAILREP_SEQUENCE; MAILREP_HANDLE; MAILREP_BUSY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_body(
    signing: *mut Signing,
    octets: *const c_void,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    let read = || unsafe { lent("octets", octets, length) };
    let turn = (&[Form::Body][..], Form::Body);
    // SAFETY: the header's rules.
    unsafe { call(signing, turn, read, |open, _, octets| open.data(octets)) }
}

/// Octets of the whole message, header and body, in chunks of any size, split anywhere; in place of header, end_of_headers and
/// body.
///
/// @param signing  before end_of_headers
/// @param octets   with line ends as they will be sent, CRLF; may be NULL if length is 0
/// @param length   how many
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if the message cannot be signed; MAILREP_SEQUENCE; MAILREP_HANDLE; MAILREP_BUSY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_data(
    signing: *mut Signing,
    octets: *const c_void,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    let read = || unsafe { lent("octets", octets, length) };
    let turn = (&[Form::Unknown, Form::Octets][..], Form::Octets);
    // SAFETY: the header's rules.
    unsafe { call(signing, turn, read, |open, _, octets| open.data(octets)) }
}

/// Like mailrep_signing_data(), for a message that was stored in a file, where line ends may be LF, as in
/// mailrep_transaction_file_data(): it is signed as it is sent.
///
/// @param signing  before end_of_headers
/// @param octets   the file's octets in order; may be NULL if length is 0
/// @param length   how many
/// @return         as mailrep_signing_data()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_file_data(
    signing: *mut Signing,
    octets: *const c_void,
    length: usize,
) -> c_int {
    // SAFETY: the header's rules.
    let read = || unsafe { lent("octets", octets, length) };
    let turn = (&[Form::Unknown, Form::Octets][..], Form::Octets);
    let convert = |open: &mut MessageSigning, line_ends: &mut Converter, octets: &[u8]| {
        let mut result = Ok(());
        line_ends.convert(octets, |piece| {
            if result.is_ok() {
                result = open.data(piece);
            }
        });
        result
    };
    // SAFETY: the header's rules.
    unsafe { call(signing, turn, read, convert) }
}

/// The message is complete: makes the signatures.
///
/// @param signing  takes no other call afterwards, except to read it and free it
/// @param now      seconds since 1970-01-01T00:00:00Z, such as time(NULL), which is written to t=
/// @return         MAILREP_OK, with a signature for each signer; MAILREP_NULL; MAILREP_INVALID if the message cannot be signed;
///                 MAILREP_SEQUENCE when it was finished already; MAILREP_SYSTEM; MAILREP_HANDLE; MAILREP_BUSY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_finish(signing: *mut Signing, now: i64) -> c_int {
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let mut signing = unsafe { borrow_mut(signing) }?;
        // A panic leaves it broken; here it is caught so that its words are kept.
        let status = match catch_unwind(AssertUnwindSafe(|| signing.finish(UnixTime(now)))) {
            Ok(status) => status,
            Err(payload) => Err(Fault::panic(super::message(&*payload))),
        };
        signing.told(status)
    })
    .into_c()
}

/// How many signatures there are: 0 before finish.
///
/// @param signing  may be NULL
/// @return         0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_count(signing: *const Signing) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { borrow(signing) }.map_or(0, |signing| signing.fields.len()))
}

/// The value of a DKIM-Signature field, to be put above all others of the message: "DKIM-Signature: ", this, and CRLF. Its folds are
/// CRLF (libmilter's smfi_insheader() wants LF there: drop each CR).
///
/// @param signing  may be NULL
/// @param index    from 0, in the order of the signers
/// @return         absent beyond the last, and before finish
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_field(signing: *const Signing, index: usize) -> Text {
    // SAFETY: the header's rules.
    guard(|| match unsafe { borrow(signing) } {
        Ok(signing) => Text::of(signing.fields.get(index).map(CString::as_c_str)),
        Err(_) => Text::ABSENT,
    })
}

/// Why nobody signs a message, in words, such as "nobody signs for example.net here".
///
/// @param signing  from mailrep_signing_new_by_table(), after finish; may be NULL
/// @return         absent if the table has signers for it
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_refusal(signing: *const Signing) -> Text {
    // SAFETY: the header's rules.
    guard(|| match unsafe { borrow(signing) } {
        Ok(signing) => Text::of(signing.refused.as_ref().map(|(reason, _)| reason.as_c_str())),
        Err(_) => Text::ABSENT,
    })
}

/// The same as a stable code: "no_rule" or "not_allowed".
///
/// @param signing  from mailrep_signing_new_by_table(), after finish; may be NULL
/// @return         absent if the table has signers for it
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_refusal_code(signing: *const Signing) -> Text {
    // SAFETY: the header's rules.
    guard(|| match unsafe { borrow(signing) } {
        Ok(signing) => Text::of(signing.refused.as_ref().map(|(_, code)| code.as_c_str())),
        Err(_) => Text::ABSENT,
    })
}

/// What the last call on this signing said, as a sentence for a log.
///
/// @param signing  may be NULL
/// @return         text that lives until the next call on this signing; "" if that call succeeded, or for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_error(signing: *const Signing) -> *const c_char {
    guard(|| {
        // SAFETY: the header's rules.
        Kept(match unsafe { borrow(signing) } {
            Ok(signing) => signing.error.as_deref().unwrap_or_default().as_ptr(),
            Err(_) => c"".as_ptr(),
        })
    })
    .0
}

/// Frees a signing, at any time, and all its texts.
///
/// @param signing  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_free(signing: *mut Signing) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(signing) }
    });
}
