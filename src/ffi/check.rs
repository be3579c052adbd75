//! Whole messages in one call.

use super::context::Context;
use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, give, place, take_back};
use super::outbound::views;
use super::status::{Fault, IntoC as _, MAILREP_OK};
use super::text::{Octets, Text, keep, lent, lent_text};
use super::transaction::client;
use super::verdict::Verdict;
use crate::clock::UnixTime;
use crate::driver::Checker;
use crate::message::line_ends::Converter;
use crate::{json, transaction};
use std::ffi::{CString, c_char, c_int, c_void};

/// A message that is there as a whole, and how it came. What there is not to tell has NULL as its data: without an address there is no SPF.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Whole {
    /// The client's address as text.
    pub ip: Octets,
    /// The name that the client gave; any octets.
    pub helo: Octets,
    /// What the client has logged in to, as for mailrep_transaction_authenticated().
    pub account: Octets,
    /// The reverse-path, with angle brackets or without; any octets, none for the null one.
    pub mail_from: Octets,
    /// The message; if its first line end is LF, every LF counts as CRLF.
    pub message: Octets,
    /// Seconds since 1970-01-01T00:00:00Z, by which signatures expire; INT64_MIN is the present.
    pub now: i64,
}

/// What became of a message of many.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Checked {
    /// MAILREP_OK, or why there is no verdict, as for mailrep_check().
    pub status: c_int,
    /// The verdict as "mailrep --json check" prints it, or why there is none, in words.
    pub text: Text,
}

// Programs make arrays of them: they cannot grow.
const _: () = {
    assert!(size_of::<Whole>() == 5 * size_of::<Octets>() + size_of::<i64>());
    assert!(size_of::<Checked>() == 3 * size_of::<usize>());
};

/// The texts of many checks. They never change, and live until mailrep_checks_free().
pub struct Checks {
    /// Kept for what the results point to.
    _texts: Vec<CString>,
}

/// Checks a message that is there as a whole, as a transaction would: connect, helo, authenticated, mail_from, file_data, finish. Waits for the
/// DNS, no longer than the context's dns_time_ms. What there is not to tell is NULL: without an address there is no SPF.
///
/// @param context           one without questions; may be used by other threads at the same time
/// @param ip                the client's address as text, or NULL
/// @param ip_length         octets of ip
/// @param helo              the name that the client gave; any octets; or NULL
/// @param helo_length       octets of helo
/// @param account           what the client has logged in to, as for mailrep_transaction_authenticated(); or NULL
/// @param account_length    octets of account
/// @param mail_from         the reverse-path, with angle brackets or without; any octets, none for the null one; or NULL
/// @param mail_from_length  octets of mail_from
/// @param octets            the message; if its first line end is LF, every LF counts as CRLF; may be NULL if length is 0
/// @param length            octets of the message
/// @param now               seconds since 1970-01-01T00:00:00Z, by which signatures expire; INT64_MIN is the present
/// @param out               where the verdict is left, to be freed with mailrep_verdict_free(); NULL is left on failure
/// @param error             where the error is left, as for mailrep_context_new()
/// @return                  MAILREP_OK, whatever the verdict; MAILREP_NULL; MAILREP_INVALID when ip is no address; MAILREP_SEQUENCE for a
///                          context with questions, and within resolve; MAILREP_SYSTEM; MAILREP_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_check(
    context: *const Context,
    ip: *const c_char,
    ip_length: usize,
    helo: *const c_char,
    helo_length: usize,
    account: *const c_char,
    account_length: usize,
    mail_from: *const c_char,
    mail_from_length: usize,
    octets: *const c_void,
    length: usize,
    now: i64,
    out: *mut *mut Verdict,
    error: *mut *mut ErrorWords,
) -> c_int {
    let text = |data: *const c_char, length| Octets {
        data: data.cast(),
        length,
    };
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let checker = borrow(context)?.that_waits()?;
            let whole = Whole {
                ip: text(ip, ip_length),
                helo: text(helo, helo_length),
                account: text(account, account_length),
                mail_from: text(mail_from, mail_from_length),
                message: Octets { data: octets, length },
                now,
            };
            *out = give(Verdict::new(judged(checker, &whole)?, checker.options().trace));
            Ok(())
        })
    })
    .into_c()
}

/// As mailrep_check(), for many messages one after the other, for programs to which each call is dear. A message that cannot be checked is told of
/// in its result and stops no other.
///
/// @param context   one without questions; may be used by other threads at the same time
/// @param messages  the messages, and how they came
/// @param count     how many there are
/// @param results   where the results are left, with the same indices
/// @param out       where what their texts live in is left, to be freed with mailrep_checks_free(); NULL is left on failure
/// @param error     where the error is left, as for mailrep_context_new()
/// @return          MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a count beyond memory; MAILREP_SEQUENCE for a context with questions;
///                  MAILREP_HANDLE: nothing was checked
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_check_all(
    context: *const Context,
    messages: *const Whole,
    count: usize,
    results: *mut Checked,
    out: *mut *mut Checks,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let checker = borrow(context)?.that_waits()?;
            let messages = views("messages", messages, count)?;
            if results.is_null() && count > 0 {
                return Err(Fault::null("results"));
            }
            let mut texts = Vec::with_capacity(count);
            for (at, whole) in messages.iter().enumerate() {
                let (status, text) = match judged(checker, whole) {
                    Ok(verdict) => (
                        MAILREP_OK,
                        keep(json::check(&verdict, checker.options().trace).to_string()),
                    ),
                    Err(fault) => (fault.status, keep(fault.message)),
                };
                let view = Text::of(Some(&text));
                // Its octets stay where they are when it moves.
                texts.push(text);
                results.add(at).write(Checked { status, text: view });
            }
            *out = give(Checks { _texts: texts });
            Ok(())
        })
    })
    .into_c()
}

/// Frees the texts of many checks.
///
/// @param checks  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_checks_free(checks: *mut Checks) {
    // SAFETY: the header's rules: it came from this library and is not used again.
    guard(|| unsafe { take_back(checks) });
}

/// # Safety
/// By the header's rules: what there is in `whole` is lent.
unsafe fn judged(checker: &Checker, whole: &Whole) -> Result<transaction::Verdict, Fault> {
    let mut transaction = checker.transaction_at(match whole.now {
        i64::MIN => UnixTime::now(),
        seconds => UnixTime(seconds),
    });
    let told = |octets: &Octets| !octets.data.is_null();
    // SAFETY: by the caller.
    let octets = |what, octets: &Octets| unsafe { lent(what, octets.data, octets.length) };
    if told(&whole.ip) {
        // SAFETY: by the caller.
        let text = unsafe { lent_text("ip", whole.ip.data.cast(), whole.ip.length) }?;
        transaction.connect(client(text)?)?;
    }
    if told(&whole.helo) {
        transaction.helo(octets("helo", &whole.helo)?)?;
    }
    if told(&whole.account) {
        transaction.authenticated(octets("account", &whole.account)?)?;
    }
    if told(&whole.mail_from) {
        transaction.mail_from(octets("mail_from", &whole.mail_from)?)?;
    }
    let mut result = Ok(());
    Converter::default().convert(octets("message", &whole.message)?, |piece| {
        if result.is_ok() {
            result = transaction.data(piece);
        }
    });
    result?;
    Ok(transaction.finish()?)
}
