//! A whole message in one call.

use super::context::Context;
use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, give, place};
use super::status::{Fault, IntoC as _};
use super::text::{lent, lent_text};
use super::transaction::client;
use super::verdict::Verdict;
use crate::clock::UnixTime;
use crate::message::line_ends::Converter;
use std::ffi::{c_char, c_int, c_void};

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
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let context = borrow(context)?;
            let checker = context.that_waits()?;
            let mut transaction = checker.transaction_at(match now {
                i64::MIN => UnixTime::now(),
                seconds => UnixTime(seconds),
            });
            if !ip.is_null() {
                transaction.connect(client(lent_text("ip", ip, ip_length)?)?)?;
            }
            if !helo.is_null() {
                transaction.helo(lent("helo", helo, helo_length)?)?;
            }
            if !account.is_null() {
                transaction.authenticated(lent("account", account, account_length)?)?;
            }
            if !mail_from.is_null() {
                transaction.mail_from(lent("mail_from", mail_from, mail_from_length)?)?;
            }
            let mut told = Ok(());
            Converter::default().convert(lent("octets", octets, length)?, |piece| {
                if told.is_ok() {
                    told = transaction.data(piece);
                }
            });
            told?;
            *out = give(Verdict::new(transaction.finish()?, checker.options().trace));
            Ok::<(), Fault>(())
        })
    })
    .into_c()
}
