//! SRS: addresses forward and back.

use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, give, place, take_back};
use super::srs_options::{self, SrsOptions};
use super::srs_outcome::SrsOutcome;
use super::status::{Fault, IntoC as _, Status};
use super::text::{Octets, lent, lent_string};
use crate::clock::UnixTime;
use crate::srs::{Outcome, Rewriter, Secrets};
use std::ffi::{c_char, c_int, c_void};
use std::path::Path;

/// Rewrites envelope senders (SRS). It never changes, and any number of threads may use it at a time.
pub struct Srs {
    rewriter: Rewriter,
}

/// Makes a rewriter.
///
/// @param options  from mailrep_srs_options_init(), with domain and secrets or secret_file set; not needed any more after
///                 the call
/// @param out      where the rewriter is left, to be freed with mailrep_srs_free(); NULL is left on failure
/// @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The
///                 argument may be NULL if words are not wanted
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used, such as a secret of fewer
///                 than 16 octets; MAILREP_IO
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_new(
    options: *const SrsOptions,
    out: *mut *mut Srs,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all three arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let rewriter = Rewriter::new(srs_options::read(options)?)?;
            *out = give(Srs { rewriter });
            Ok(())
        })
    })
    .into_c()
}

/// Frees a rewriter. Outcomes that came from it stay usable.
///
/// @param srs  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_free(srs: *mut Srs) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(srs) }
    });
}

/// Makes a secret file: one secret of 32 random octets in base64, for its owner alone (mode 0600).
///
/// @param path   the file; one that is there already is not touched, and the call fails
/// @param error  where the error is left, as for mailrep_srs_new()
/// @return       MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if the file is there already; MAILREP_IO; MAILREP_SYSTEM
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_create_secret(
    path: *const c_char,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for both arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let path = lent_string("path", path)?.ok_or_else(|| Fault::null("path"))?;
            Secrets::create(Path::new(path))?;
            Ok(())
        })
    })
    .into_c()
}

/// Rewrites the envelope sender of mail that is forwarded.
///
/// Left alone are the null sender ("" or "<>"), addresses that are rewritten already, and those in the alias domain or in a local
/// or excluded domain. An address that is none is refused, which is an outcome and no error.
///
/// @param srs      may be used by other threads at the same time
/// @param address  the address, without angle brackets; any octets
/// @param length   how many octets
/// @param now      seconds since 1970-01-01T00:00:00Z, such as time(NULL)
/// @param out      where the outcome is left, at index 0 of it, to be freed with mailrep_srs_outcome_free(); NULL is left on
///                 failure
/// @return         MAILREP_OK; MAILREP_NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_forward(
    srs: *const Srs,
    address: *const c_void,
    length: usize,
    now: i64,
    out: *mut *mut SrsOutcome,
) -> c_int {
    let addresses = Octets {
        data: address,
        length,
    };
    // SAFETY: the header's rules.
    guard(|| unsafe { rewrite(Rewriter::forward, srs, &addresses, 1, now, out) }).into_c()
}

/// Gives back the address that a rewritten one stands for, so that a bounce finds its way.
///
/// Refused is what was not made here: its hash is not ours, or it is too old, or it is no SRS address. That is an outcome and
/// no error; the recipient does not exist then.
///
/// @param srs      may be used by other threads at the same time
/// @param address  the address, without angle brackets; any octets
/// @param length   how many octets
/// @param now      seconds since 1970-01-01T00:00:00Z, such as time(NULL)
/// @param out      where the outcome is left, as for mailrep_srs_forward()
/// @return         MAILREP_OK; MAILREP_NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_reverse(
    srs: *const Srs,
    address: *const c_void,
    length: usize,
    now: i64,
    out: *mut *mut SrsOutcome,
) -> c_int {
    let addresses = Octets {
        data: address,
        length,
    };
    // SAFETY: the header's rules.
    guard(|| unsafe { rewrite(Rewriter::reverse, srs, &addresses, 1, now, out) }).into_c()
}

/// As mailrep_srs_forward() for many addresses, whose outcomes have the same indices.
///
/// @param srs        may be used by other threads at the same time
/// @param addresses  the addresses
/// @param count      how many
/// @param now        seconds since 1970-01-01T00:00:00Z
/// @param out        where the outcomes are left, to be freed with mailrep_srs_outcome_free(); NULL is left on failure
/// @return           MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a count beyond memory
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_forward_all(
    srs: *const Srs,
    addresses: *const Octets,
    count: usize,
    now: i64,
    out: *mut *mut SrsOutcome,
) -> c_int {
    // SAFETY: the header's rules.
    guard(|| unsafe { rewrite(Rewriter::forward, srs, addresses, count, now, out) }).into_c()
}

/// As mailrep_srs_reverse() for many addresses, whose outcomes have the same indices.
///
/// @param srs        may be used by other threads at the same time
/// @param addresses  the addresses
/// @param count      how many
/// @param now        seconds since 1970-01-01T00:00:00Z
/// @param out        where the outcomes are left, to be freed with mailrep_srs_outcome_free(); NULL is left on failure
/// @return           MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a count beyond memory
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_reverse_all(
    srs: *const Srs,
    addresses: *const Octets,
    count: usize,
    now: i64,
    out: *mut *mut SrsOutcome,
) -> c_int {
    // SAFETY: the header's rules.
    guard(|| unsafe { rewrite(Rewriter::reverse, srs, addresses, count, now, out) }).into_c()
}

/// # Safety
/// By the header's rules: `srs` is NULL or living, `addresses` is NULL or has `count` views, `out` is NULL or a place for a
/// pointer.
unsafe fn rewrite(
    way: fn(&Rewriter, &[u8], UnixTime) -> Outcome,
    srs: *const Srs,
    addresses: *const Octets,
    count: usize,
    now: i64,
    out: *mut *mut SrsOutcome,
) -> Status {
    // SAFETY: by the caller.
    let (out, srs) = unsafe { (place(out)?, borrow(srs)?) };
    if count > 0 && addresses.is_null() {
        return Err(Fault::null("addresses"));
    }
    if count
        .checked_mul(size_of::<Octets>())
        .is_none_or(|octets| isize::try_from(octets).is_err())
    {
        return Err(Fault::invalid(format!(
            "count is {count}, more than memory can hold"
        )));
    }
    let mut outcomes = SrsOutcome::default();
    for at in 0..count {
        // SAFETY: there are `count` views by the caller, each NULL or valid.
        let address = unsafe {
            let view = addresses.add(at).read();
            lent("address", view.data, view.length)?
        };
        outcomes.add(way(&srs.rewriter, address, UnixTime(now)), address);
    }
    *out = give(outcomes);
    Ok(())
}
