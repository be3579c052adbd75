//! SPF alone, before there is a message.

use super::codes;
use super::context::Context;
use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, give, place, take_back};
use super::status::{Code, Fault, IntoC as _, MAILREP_ABSENT};
use super::text::{Text, keep, lent, lent_text};
use crate::clock::UnixTime;
use crate::{json, spf, transaction};
use std::ffi::{CString, c_char, c_int};
use std::sync::OnceLock;

/// What SPF said of a client, for the reverse-path and for the HELO name. It never changes, any number of threads may read it, and it
/// does not need the context that it came from. All its texts live until mailrep_spf_free().
pub struct SpfCheck {
    verdict: spf::Verdict,
    json: CString,
    // Made when first asked for.
    reason: OnceLock<CString>,
    cause: OnceLock<CString>,
}

/// Checks SPF alone, for a policy server or before a message is taken; the client's name is not looked up. Waits for the DNS, no longer
/// than the context's dns_time_ms.
///
/// @param context           one without questions; may be used by other threads at the same time
/// @param ip                the client's address as text, as for mailrep_transaction_connect()
/// @param ip_length         octets of ip
/// @param helo              the name that the client gave; any octets; may be NULL if helo_length is 0
/// @param helo_length       octets of helo
/// @param mail_from         the reverse-path, with angle brackets or without; any octets; empty for the null one, for which the HELO
///                          name is checked; may be NULL if mail_from_length is 0
/// @param mail_from_length  octets of mail_from
/// @param now               seconds since 1970-01-01T00:00:00Z, which SPF's %{t} is; INT64_MIN is the present
/// @param out               where the result is left, to be freed with mailrep_spf_free(); NULL is left on failure
/// @param error             where the error is left, as for mailrep_context_new()
/// @return                  MAILREP_OK, whatever the result; MAILREP_NULL; MAILREP_INVALID when ip is no address; MAILREP_SEQUENCE for a
///                          context with questions, and within resolve; MAILREP_SYSTEM; MAILREP_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_spf_check(
    context: *const Context,
    ip: *const c_char,
    ip_length: usize,
    helo: *const c_char,
    helo_length: usize,
    mail_from: *const c_char,
    mail_from_length: usize,
    now: i64,
    out: *mut *mut SpfCheck,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let checker = borrow(context)?.that_waits()?;
            let client = super::transaction::client(lent_text("ip", ip, ip_length)?)?;
            let (helo, mail_from) = (
                lent("helo", helo, helo_length)?,
                lent("mail_from", mail_from, mail_from_length)?,
            );
            let request = spf::Request {
                client,
                helo: transaction::bounded(helo),
                mail_from: transaction::bounded(transaction::without_brackets(mail_from.trim_ascii())),
                receiver: checker.options().authserv_id.clone(),
                now: if now == i64::MIN {
                    UnixTime::now()
                } else {
                    UnixTime(now)
                },
            };
            let (verdict, steps) = checker.spf(&request).map_err(Fault::from)?;
            let trace = checker.options().trace.then_some(&*steps);
            let json = keep(json::spf(&verdict, &request, trace).to_string());
            *out = give(SpfCheck {
                verdict,
                json,
                reason: OnceLock::new(),
                cause: OnceLock::new(),
            });
            Ok(())
        })
    })
    .into_c()
}

/// The result for the reverse-path, or for the HELO name if that is null.
///
/// @param spf  may be NULL
/// @return     MAILREP_SPF_NONE to MAILREP_SPF_PERMERROR; MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_spf_result(spf: *const SpfCheck) -> c_int {
    // SAFETY: the header's rules.
    guard(|| match unsafe { borrow(spf) } {
        Ok(spf) => Code(codes::spf(spf.verdict.evaluation.result)),
        Err(_) => Code(MAILREP_ABSENT),
    })
    .0
}

/// Why, as a sentence.
///
/// @param spf  may be NULL
/// @return     text that lives as long as spf; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_spf_reason(spf: *const SpfCheck) -> Text {
    // SAFETY: the header's rules.
    guard(|| match unsafe { borrow(spf) } {
        Ok(spf) => Text::of(Some(
            spf.reason.get_or_init(|| keep(spf.verdict.evaluation.reason())),
        )),
        Err(_) => Text::ABSENT,
    })
}

/// Why, as a stable code.
///
/// @param spf  may be NULL
/// @return     text that lives as long as spf; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_spf_cause(spf: *const SpfCheck) -> Text {
    // SAFETY: the header's rules.
    guard(|| match unsafe { borrow(spf) } {
        Ok(spf) => Text::of(Some(
            spf.cause
                .get_or_init(|| keep(spf.verdict.evaluation.cause.code())),
        )),
        Err(_) => Text::ABSENT,
    })
}

/// All of it as a JSON object, as "mailrep --json spf" prints it.
///
/// @param spf  may be NULL
/// @return     text that lives as long as spf; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_spf_json(spf: *const SpfCheck) -> Text {
    // SAFETY: the header's rules.
    guard(|| match unsafe { borrow(spf) } {
        Ok(spf) => Text::of(Some(&spf.json)),
        Err(_) => Text::ABSENT,
    })
}

/// Frees the result, and with it all texts that came from it.
///
/// @param spf  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_spf_free(spf: *mut SpfCheck) {
    // SAFETY: the header's rules: it came from this library and is not used again.
    guard(|| unsafe { take_back(spf) });
}
