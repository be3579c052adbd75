//! What became of addresses.

use super::guard;
use super::handle::{borrow, take_back};
use super::status::{Code, MAILREP_ABSENT};
use super::text::{Octets, Text, keep};
use crate::srs::Outcome;
use std::ffi::{CString, c_int};
use std::sync::OnceLock;

/// Another address takes the address's place.
pub const MAILREP_SRS_REWRITTEN: c_int = 0;
/// The address stays as it is.
pub const MAILREP_SRS_UNCHANGED: c_int = 1;
/// The address is refused.
pub const MAILREP_SRS_REFUSED: c_int = 2;

/// What became of one address, or of many: each has its index, from 0.
#[derive(Debug, Default)]
pub struct SrsOutcome {
    list: Vec<Kept>,
}

#[derive(Debug)]
struct Kept {
    outcome: Outcome,
    /// The address to use, closed by 0.
    address: Option<CString>,
    /// Words are made when they are asked for.
    reason: OnceLock<CString>,
    cause: OnceLock<CString>,
}

impl SrsOutcome {
    pub(super) fn add(&mut self, outcome: Outcome, input: &[u8]) {
        // An address that is not refused has no octet 0.
        let address = outcome.output(input).and_then(|octets| CString::new(octets).ok());
        self.list.push(Kept {
            outcome,
            address,
            reason: OnceLock::new(),
            cause: OnceLock::new(),
        });
    }
}

/// Frees outcomes, and with them all texts and octets that came from them.
///
/// @param outcome  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_outcome_free(outcome: *mut SrsOutcome) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(outcome) }
    });
}

/// How many addresses the outcomes are for.
///
/// @param outcome  may be NULL
/// @return         1 after mailrep_srs_forward(); 0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_outcome_count(outcome: *const SrsOutcome) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { borrow(outcome) }.map_or(0, |outcome| outcome.list.len()))
}

/// What became of an address.
///
/// @param outcome  may be NULL
/// @param at       the address's index, 0 for a single one
/// @return         MAILREP_SRS_REWRITTEN, MAILREP_SRS_UNCHANGED or MAILREP_SRS_REFUSED; MAILREP_ABSENT beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_outcome_kind(outcome: *const SrsOutcome, at: usize) -> c_int {
    guard(|| {
        // SAFETY: the header's rules.
        Code(
            unsafe { kept(outcome, at) }.map_or(MAILREP_ABSENT, |kept| match kept.outcome {
                Outcome::Rewritten(_) => MAILREP_SRS_REWRITTEN,
                Outcome::Unchanged(_) => MAILREP_SRS_UNCHANGED,
                Outcome::Refused(_) => MAILREP_SRS_REFUSED,
            }),
        )
    })
    .0
}

/// The address to use: the new one, or that which was given if it stays. After the octets comes a 0, so that it can be used as
/// a C string.
///
/// @param outcome  may be NULL
/// @param at       the address's index, 0 for a single one
/// @return         octets that live as long as the outcome; absent (NULL) if the address is refused
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_outcome_address(outcome: *const SrsOutcome, at: usize) -> Octets {
    guard(|| {
        // SAFETY: the header's rules.
        let kept = unsafe { kept(outcome, at) };
        Octets::of(kept.and_then(|kept| kept.address.as_deref()))
    })
}

/// Why, in a sentence for a log.
///
/// @param outcome  may be NULL
/// @param at       the address's index, 0 for a single one
/// @return         text that lives as long as the outcome; absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_outcome_reason(outcome: *const SrsOutcome, at: usize) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let kept = unsafe { kept(outcome, at) };
        Text::of(kept.map(|kept| &**kept.reason.get_or_init(|| keep(kept.outcome.to_string()))))
    })
}

/// Why, as a code that stays, such as "already_rewritten"; mailrep-srs-forward(1) lists them.
///
/// @param outcome  may be NULL
/// @param at       the address's index, 0 for a single one
/// @return         text that lives as long as the outcome; absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_outcome_cause(outcome: *const SrsOutcome, at: usize) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let kept = unsafe { kept(outcome, at) };
        Text::of(kept.map(|kept| &**kept.cause.get_or_init(|| keep(kept.outcome.code()))))
    })
}

/// # Safety
/// By the header's rules: `outcome` is NULL or living during `'a`.
unsafe fn kept<'a>(outcome: *const SrsOutcome, at: usize) -> Option<&'a Kept> {
    // SAFETY: by the caller.
    unsafe { borrow(outcome) }.ok()?.list.get(at)
}
