//! The context: what a program's transactions share.

use super::desk::{Desk, Gate};
use super::dns::DnsQuestion;
use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, give, place, take_back};
use super::options::{self, Options};
use super::status::{Fault, IntoC as _, MAILREP_SEQUENCE, Status};
use super::transaction::Transaction;
use crate::clock::UnixTime;
use crate::dns::callback::CallbackResolver;
use crate::driver::Checker;
use crate::transaction;
use std::ffi::c_int;
use std::sync::Arc;

/// Questions that are handed out by one call.
const MOST_QUESTIONS: usize = 65_536;

/// A resolver with its cache, the options, and the thread that asks. One for a program is enough; any number of
/// threads may use it at a time.
pub struct Context {
    checker: Checker,
    answers: Answers,
}

/// Who answers DNS questions.
#[derive(Debug)]
pub(super) enum Answers {
    /// Nameservers or a zone.
    Library,
    /// The program's function.
    Called(CallbackResolver, Arc<Gate>),
    /// The program, which takes them when it likes.
    Asked(Arc<Desk>),
}

impl Context {
    /// The questions that the program answers.
    pub(super) fn answered_by_program(&self) -> Result<&CallbackResolver, Fault> {
        match &self.answers {
            Answers::Library => Err(Fault {
                status: MAILREP_SEQUENCE,
                message: "the context was made without resolve or questions: it asks by itself".into(),
            }),
            Answers::Called(resolver, _) => Ok(resolver),
            Answers::Asked(desk) => Ok(&desk.resolver),
        }
    }

    /// Lets checks go on whose questions were answered; where the library has threads, they do that.
    pub(super) fn step(&self) {
        if let Answers::Asked(desk) = &self.answers {
            desk.step();
        }
    }

    /// What waits for the DNS, which a context that was made with `questions` never does.
    pub(super) fn that_waits(&self) -> Result<&Checker, Fault> {
        match &self.answers {
            Answers::Asked(_) => Err(Fault {
                status: MAILREP_SEQUENCE,
                message: "the context was made with questions, so that nothing waits: use a transaction"
                    .into(),
            }),
            _ => Ok(&self.checker),
        }
    }

    /// The desk of a context that was made with `questions`.
    fn desk(&self) -> Result<&Arc<Desk>, Fault> {
        match &self.answers {
            Answers::Asked(desk) => Ok(desk),
            _ => Err(Fault {
                status: MAILREP_SEQUENCE,
                message: "the context was made without questions".into(),
            }),
        }
    }
}

impl Context {
    /// Nobody can answer any more: what is open fails, and what would be asked later. No call of the program's function is under way in
    /// other threads afterwards.
    fn close(&self) {
        match &self.answers {
            Answers::Library => {}
            Answers::Called(resolver, gate) => {
                resolver.close();
                gate.close();
            }
            Answers::Asked(desk) => {
                desk.resolver.close();
                desk.step();
            }
        }
    }
}

/// Makes a context. Nothing is asked of the network yet, and no thread is started.
///
/// A context made before fork() works in the child, with a cache and a thread of its own there.
///
/// @param options  from mailrep_options_init(), or NULL for all defaults; not needed any more after the call
/// @param out      where the context is left, to be freed with mailrep_context_free(); NULL is left on failure
/// @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The
///                 argument may be NULL if words are not wanted
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used;
///                 MAILREP_NO_NAMESERVER; MAILREP_ZONE; MAILREP_IO
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_context_new(
    options: *const Options,
    out: *mut *mut Context,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all three arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let (setup, answers) = options::read(options)?;
            *out = give(Context {
                checker: Checker::new(setup)?,
                answers,
            });
            Ok(())
        })
    })
    .into_c()
}

/// Frees a context. Transactions and verdicts that came from it stay usable.
///
/// Where the program answers DNS questions, nobody does afterwards: those that are open fail, so that transactions end with temperror
/// where an answer was missing. The call waits until calls of resolve in other threads have returned; resolve is not called again.
///
/// @param context  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_context_free(context: *mut Context) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again. Calls that are under way in the program's function
        // may still use it, so that they are waited for first.
        unsafe {
            if let Ok(context) = borrow(context.cast_const()) {
                context.close();
            }
            take_back(context);
        }
    });
}

/// Begins a message that takes place now.
///
/// @param context  may be used by other threads at the same time
/// @param out      where the transaction is left, to be freed with mailrep_transaction_free(); NULL is left on failure
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_new(
    context: *const Context,
    out: *mut *mut Transaction,
) -> c_int {
    // SAFETY: the header's rules.
    guard(|| unsafe { begin(context, None, out) }).into_c()
}

/// Begins a message that takes place at a given time, for tests and for mail that was received earlier.
///
/// @param context  may be used by other threads at the same time
/// @param now      seconds since 1970-01-01T00:00:00Z; signatures expire by it (t=, x=), and SPF's %{t} is it. Time
///                 limits on DNS do not go by it
/// @param out      where the transaction is left, to be freed with mailrep_transaction_free(); NULL is left on failure
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_transaction_new_at(
    context: *const Context,
    now: i64,
    out: *mut *mut Transaction,
) -> c_int {
    // SAFETY: the header's rules.
    guard(|| unsafe { begin(context, Some(UnixTime(now)), out) }).into_c()
}

/// # Safety
/// By the header's rules: `context` is NULL or living, `out` is NULL or a place for a pointer.
unsafe fn begin(context: *const Context, now: Option<UnixTime>, out: *mut *mut Transaction) -> Status {
    // SAFETY: by the caller.
    let (out, context) = unsafe { (place(out)?, borrow(context)?) };
    let now = now.unwrap_or_else(UnixTime::now);
    let traced = context.checker.options().trace;
    *out = give(match &context.answers {
        Answers::Asked(desk) => {
            let spawn = Arc::clone(&desk.stepper) as _;
            let stepped = transaction::Transaction::at(&context.checker.context(), spawn, now);
            Transaction::stepped(stepped, Arc::clone(desk), traced)
        }
        _ => Transaction::new(context.checker.transaction_at(now), traced),
    });
    Ok(())
}

/// Takes the DNS questions that have not been taken yet, the oldest first. For contexts that were made with questions.
///
///   mailrep_question questions[16];
///   size_t count;
///   while (mailrep_context_questions(context, questions, 16, &count) == MAILREP_OK && count > 0)
///       for (size_t at = 0; at < count; at++)
///           send_query(&questions[at]);
///
/// Each has to be answered by one of the mailrep_context_answer functions; what is not answered in its time ends in temperror.
/// A question that is asked for several messages is handed out once.
///
/// @param context    may be used by other threads at the same time
/// @param questions  where the questions are left
/// @param capacity   how many there is room for
/// @param count      where the number of questions is left
/// @return           MAILREP_OK; MAILREP_NULL; MAILREP_SEQUENCE for a context that was made otherwise; MAILREP_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_context_questions(
    context: *const Context,
    questions: *mut DnsQuestion,
    capacity: usize,
    count: *mut usize,
) -> c_int {
    guard(|| -> Status {
        if count.is_null() {
            return Err(Fault::null("count"));
        }
        // SAFETY: places of the program by the header's rules, and `capacity` of them.
        unsafe {
            count.write(0);
            if questions.is_null() && capacity > 0 {
                return Err(Fault::null("questions"));
            }
            let desk = borrow(context)?.desk()?;
            desk.step();
            let taken = desk.resolver.take_some_questions(capacity.min(MOST_QUESTIONS));
            for (at, open) in taken.iter().enumerate() {
                questions
                    .add(at)
                    .write(DnsQuestion::of(open, desk.resolver.clock()));
            }
            count.write(taken.len());
        }
        Ok(())
    })
    .into_c()
}

/// How long an event loop may sleep: until then no question comes to its end. For contexts that were made with questions. After
/// that time, call mailrep_context_ready().
///
/// @param context  may be used by other threads at the same time
/// @return         milliseconds, for poll(2) or epoll_wait(2); -1 when no question is open, and for a context that was made otherwise
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_context_wait_ms(context: *const Context) -> c_int {
    let wait = guard(|| {
        // SAFETY: the header's rules.
        let Some(desk) = unsafe { borrow(context) }
            .ok()
            .and_then(|context| context.desk().ok())
        else {
            return Wait(-1);
        };
        Wait(desk.resolver.next_deadline().map_or(-1, |deadline| {
            // Rounded up, or the loop would wake a moment too early and spin.
            let left = deadline.since(desk.resolver.clock().now());
            c_int::try_from(left.as_micros().div_ceil(1000)).unwrap_or(c_int::MAX)
        }))
    });
    wait.0
}

struct Wait(c_int);

impl super::Border for Wait {
    fn panicked(_: &str) -> Wait {
        Wait(0)
    }
}

/// A transaction whose mailrep_transaction_finish() returned MAILREP_AGAIN and can go on now: call it again. For contexts
/// that were made with questions; to be called until it returns NULL after answers were given, and when mailrep_context_wait_ms() is
/// over.
///
/// @param context  may be used by other threads at the same time
/// @return         one of the transactions that the program has begun, each once; NULL if there is none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_context_ready(context: *const Context) -> *mut Transaction {
    let ready = guard(|| {
        // SAFETY: the header's rules.
        let Some(desk) = unsafe { borrow(context) }
            .ok()
            .and_then(|context| context.desk().ok())
        else {
            return Ready(std::ptr::null_mut());
        };
        desk.step();
        Ready(desk.next_ready().unwrap_or(std::ptr::null_mut()))
    });
    ready.0
}

struct Ready(*mut Transaction);

impl super::Border for Ready {
    fn panicked(_: &str) -> Ready {
        Ready(std::ptr::null_mut())
    }
}
