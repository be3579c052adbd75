//! What is said of an account.

use super::handle::{borrow, take_back};
use super::status::{Code, MAILREP_ABSENT};
use super::text::{Text, keep};
use super::{Border, guard};
use crate::outbound::{Assessment, Evidence, HostEvidence};
use std::ffi::{CString, c_int};
use std::sync::OnceLock;

/// What a message says of the account that sent it, or whether an alarm is open for an account.
#[derive(Debug)]
pub struct Assessed {
    score: f32,
    watched: bool,
    evidence: Option<Evidence>,
    host: Option<HostEvidence>,
    /// Words are made when they are asked for.
    reason: OnceLock<Option<CString>>,
    cause: OnceLock<Option<CString>>,
}

impl From<Assessment> for Assessed {
    fn from(assessment: Assessment) -> Assessed {
        Assessed {
            score: assessment.score,
            watched: assessment.watched,
            evidence: assessment.evidence,
            host: assessment.host_evidence,
            reason: OnceLock::new(),
            cause: OnceLock::new(),
        }
    }
}

impl Assessed {
    /// Of an account, whatever it sends next.
    pub(super) fn of_account(evidence: Option<Evidence>, watched: bool) -> Assessed {
        Assessed {
            score: evidence
                .as_ref()
                .map_or(0.0, |evidence| evidence.count / evidence.limit),
            watched,
            evidence,
            host: None,
            reason: OnceLock::new(),
            cause: OnceLock::new(),
        }
    }

    fn words(&self) -> Option<String> {
        match (&self.evidence, &self.host) {
            (Some(evidence), None) => Some(evidence.to_string()),
            (None, Some(host)) => Some(host.to_string()),
            (Some(evidence), Some(host)) => Some(format!("{evidence}; {host}")),
            (None, None) => None,
        }
    }

    fn code(&self) -> Option<&'static str> {
        match (&self.evidence, &self.host) {
            (Some(evidence), _) => Some(evidence.code),
            (None, Some(_)) => Some("host"),
            (None, None) => None,
        }
    }
}

/// Frees an assessment and its texts.
///
/// @param assessment  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_free(assessment: *mut Assessed) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(assessment) }
    });
}

/// Whether an alarm is open for the account. It is for a day, or until it is acknowledged or released.
///
/// @param assessment  may be NULL
/// @return            1 or 0; MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_alarm(assessment: *const Assessed) -> c_int {
    // SAFETY: the header's rules.
    unsafe { flag(assessment, |assessment| assessment.evidence.is_some()) }
}

/// Whether this message raised an alarm for the host: too many accounts have become unusual at once.
///
/// @param assessment  may be NULL
/// @return            1 or 0; MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_host_alarm(assessment: *const Assessed) -> c_int {
    // SAFETY: the header's rules.
    unsafe { flag(assessment, |assessment| assessment.host.is_some()) }
}

/// Whether the account is watched: accounts of mailrep_monitor_options bounds how many are.
///
/// @param assessment  may be NULL
/// @return            1 or 0; MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_watched(assessment: *const Assessed) -> c_int {
    // SAFETY: the header's rules.
    unsafe { flag(assessment, |assessment| assessment.watched) }
}

/// How near the account is to an alarm: the largest of its counters in proportion to its limit. Above 1 it is one. From
/// mailrep_monitor_alarm() it is that of the alarm when it was highest.
///
/// @param assessment  may be NULL
/// @return            0 or more; 0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_score(assessment: *const Assessed) -> f32 {
    guard(|| {
        // SAFETY: the header's rules.
        Number(unsafe { borrow(assessment) }.map_or(0.0, |assessment| assessment.score))
    })
    .0
}

/// Why there is an alarm, in a sentence for an administrator.
///
/// @param assessment  may be NULL
/// @return            text that lives as long as the assessment; absent without an alarm
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_reason(assessment: *const Assessed) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let assessment = unsafe { borrow(assessment) }.ok();
        Text::of(assessment.and_then(|assessment| {
            let words = || assessment.words().map(keep);
            assessment.reason.get_or_init(words).as_deref()
        }))
    })
}

/// Why there is an alarm, as a code that stays: what was counted, such as "new_slots_1s", or "host".
///
/// @param assessment  may be NULL
/// @return            text that lives as long as the assessment; absent without an alarm
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_cause(assessment: *const Assessed) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let assessment = unsafe { borrow(assessment) }.ok();
        Text::of(assessment.and_then(|assessment| {
            let code = || assessment.code().map(keep);
            assessment.cause.get_or_init(code).as_deref()
        }))
    })
}

/// When the account's alarm began.
///
/// @param assessment  may be NULL
/// @return            milliseconds since 1970-01-01T00:00:00Z; MAILREP_ABSENT without an alarm
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_since(assessment: *const Assessed) -> i64 {
    guard(|| {
        // SAFETY: the header's rules.
        let evidence = unsafe { evidence(assessment) };
        Number(evidence.map_or(MAILREP_ABSENT.into(), |evidence| evidence.since))
    })
    .0
}

/// The counter that the account's alarm rests on, when it was highest above its limit. Counters forget with time, so that it is no
/// whole number.
///
/// @param assessment  may be NULL
/// @return            0 without an alarm
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_count(assessment: *const Assessed) -> f64 {
    // SAFETY: the header's rules.
    unsafe { number(assessment, |evidence| evidence.count.into()) }
}

/// Above what that counter is an alarm.
///
/// @param assessment  may be NULL
/// @return            0 without an alarm
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_limit(assessment: *const Assessed) -> f64 {
    // SAFETY: the header's rules.
    unsafe { number(assessment, |evidence| evidence.limit.into()) }
}

/// The highest value of that counter on a usual day of this account.
///
/// @param assessment  may be NULL
/// @return            0 without an alarm
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_assessment_usual(assessment: *const Assessed) -> f64 {
    // SAFETY: the header's rules.
    unsafe { number(assessment, |evidence| evidence.usual) }
}

/// # Safety
/// By the header's rules: `assessment` is NULL or living.
unsafe fn flag(assessment: *const Assessed, of: fn(&Assessed) -> bool) -> c_int {
    guard(|| {
        // SAFETY: by the caller.
        Code(unsafe { borrow(assessment) }.map_or(MAILREP_ABSENT, |assessment| of(assessment).into()))
    })
    .0
}

/// # Safety
/// By the header's rules: `assessment` is NULL or living.
unsafe fn number(assessment: *const Assessed, of: fn(&Evidence) -> f64) -> f64 {
    guard(|| {
        // SAFETY: by the caller.
        Number(unsafe { evidence(assessment) }.map_or(0.0, of))
    })
    .0
}

/// # Safety
/// By the header's rules: `assessment` is NULL or living during `'a`.
unsafe fn evidence<'a>(assessment: *const Assessed) -> Option<&'a Evidence> {
    // SAFETY: by the caller.
    unsafe { borrow(assessment) }.ok()?.evidence.as_ref()
}

/// A number of an assessment.
struct Number<T>(T);

impl Border for Number<f32> {
    fn panicked(_: &str) -> Self {
        Number(0.0)
    }
}

impl Border for Number<f64> {
    fn panicked(_: &str) -> Self {
        Number(0.0)
    }
}

impl Border for Number<i64> {
    fn panicked(_: &str) -> Self {
        Number(MAILREP_ABSENT.into())
    }
}
