//! A verdict's trace: every step that led to it.

use super::guard;
use super::handle::borrow;
use super::status::{Code, MAILREP_ABSENT};
use super::text::{Text, keep};
use super::verdict::Verdict;
use crate::trace::Step;
use std::ffi::{CStr, CString, c_int};

/// A step in the shape that C reads.
pub(super) struct StepView {
    parent: Option<usize>,
    microseconds: Option<u128>,
    kind: CString,
    subject: CString,
    outcome: CString,
}

impl StepView {
    pub(super) fn of(step: &Step) -> StepView {
        StepView {
            parent: step.parent,
            microseconds: step.elapsed.map(|time| time.as_micros()),
            kind: keep(step.kind.as_str()),
            subject: keep(step.subject.as_str()),
            outcome: keep(step.outcome.as_str()),
        }
    }
}

/// # Safety
/// By the header's rules: `verdict` is NULL or living; the text lives as long.
unsafe fn text(
    verdict: *const Verdict,
    index: usize,
    read: impl for<'a> FnOnce(&'a StepView) -> &'a CStr,
) -> Text {
    // SAFETY: by the caller.
    guard(|| match unsafe { borrow(verdict) } {
        Ok(verdict) => Text::of(verdict.steps().get(index).map(read)),
        Err(_) => Text::ABSENT,
    })
}

/// # Safety
/// By the header's rules: `verdict` is NULL or living.
unsafe fn number(
    verdict: *const Verdict,
    index: usize,
    read: impl FnOnce(&StepView) -> Option<u128>,
) -> c_int {
    let number = guard(|| {
        // SAFETY: by the caller.
        let verdict = unsafe { borrow(verdict) }.ok();
        let found = verdict
            .and_then(|verdict| verdict.steps().get(index))
            .and_then(read);
        Code(found.map_or(MAILREP_ABSENT, |number| {
            c_int::try_from(number).unwrap_or(c_int::MAX)
        }))
    });
    number.0
}

/// How many steps the trace has. The context's options have to ask for one (trace).
///
/// @param verdict  may be NULL
/// @return         0 for NULL, and without a trace
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_trace_count(verdict: *const Verdict) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { borrow(verdict) }.map_or(0, |verdict| verdict.steps().len()))
}

/// The step that a step belongs to, which stands before it. Steps form a tree.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         the index of the other; MAILREP_ABSENT at the top, and beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_trace_parent(verdict: *const Verdict, index: usize) -> c_int {
    // SAFETY: the header's rules.
    unsafe { number(verdict, index, |step| step.parent.map(|parent| parent as u128)) }
}

/// What kind of thing a step is: "check", "question", "record", "term", "signature", "limit" or "note"; more may come.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_trace_kind(verdict: *const Verdict, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, index, |step| &step.kind) }
}

/// What was done or looked at, such as "example.org TXT".
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_trace_subject(verdict: *const Verdict, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, index, |step| &step.subject) }
}

/// What came of a step; strangers' texts among it.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         "" where nothing came of it; absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_trace_outcome(verdict: *const Verdict, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, index, |step| &step.outcome) }
}

/// How long a step took.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         microseconds; MAILREP_ABSENT where that was not measured, and beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_trace_microseconds(verdict: *const Verdict, index: usize) -> c_int {
    // SAFETY: the header's rules.
    unsafe { number(verdict, index, |step| step.microseconds) }
}

/// The trace as one line of JSON, a list of objects, as in mailrep_verdict_json().
///
/// @param verdict  may be NULL
/// @return         "[]" without a trace; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_trace_json(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    guard(|| match unsafe { borrow(verdict) } {
        Ok(verdict) => Text::of(Some(verdict.trace_json())),
        Err(_) => Text::ABSENT,
    })
}
