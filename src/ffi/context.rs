//! The context: what a program's transactions share.

use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, give, place, take_back};
use super::options::{self, Options};
use super::status::{IntoC as _, Status};
use super::transaction::Transaction;
use crate::clock::UnixTime;
use crate::driver::Checker;
use std::ffi::c_int;

/// A resolver with its cache, the options, and the thread that asks. One for a program is enough; any number of
/// threads may use it at a time.
pub struct Context {
    checker: Checker,
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
            let setup = options::read(options)?;
            *out = give(Context {
                checker: Checker::new(setup)?,
            });
            Ok(())
        })
    })
    .into_c()
}

/// Frees a context. Transactions and verdicts that came from it stay usable.
///
/// @param context  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_context_free(context: *mut Context) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(context) }
    });
}

/// Begins a message that takes place now.
///
/// @param context  may be used by other threads at the same time
/// @param out      where the transaction is left, to be freed with mailrep_transaction_free(); NULL is left on failure
/// @return         MAILREP_OK; MAILREP_NULL
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
/// @return         MAILREP_OK; MAILREP_NULL
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
    *out = give(Transaction::new(context.checker.transaction_at(now), traced));
    Ok(())
}
