//! The verdict, and the ways to read it.

use super::codes;
use super::guard;
use super::handle::{borrow, take_back};
use super::status::{Code, MAILREP_ABSENT};
use super::text::{Text, keep};
use super::trace::StepView;
use super::views::{Evaluation, Signature, Spf, Views, number};
use crate::{json, transaction};
use std::ffi::{CStr, CString, c_int};
use std::sync::OnceLock;

/// What the checks said about one message. It never changes, any number of threads may read it, and it needs neither
/// the transaction nor the context that it came from. All its texts live until mailrep_verdict_free().
pub struct Verdict {
    verdict: transaction::Verdict,
    /// Whether JSON has a trace.
    traced: bool,
    // Made when first asked for: a program that wants the numbers pays for no texts.
    views: OnceLock<Views>,
    field: OnceLock<CString>,
    json: OnceLock<CString>,
    steps: OnceLock<Vec<StepView>>,
    trace_json: OnceLock<CString>,
}

impl Verdict {
    pub(super) fn new(verdict: transaction::Verdict, traced: bool) -> Self {
        Verdict {
            verdict,
            traced,
            views: OnceLock::new(),
            field: OnceLock::new(),
            json: OnceLock::new(),
            steps: OnceLock::new(),
            trace_json: OnceLock::new(),
        }
    }

    pub(super) fn steps(&self) -> &[StepView] {
        self.steps
            .get_or_init(|| self.verdict.trace.iter().map(StepView::of).collect())
    }

    pub(super) fn trace_json(&self) -> &CStr {
        self.trace_json
            .get_or_init(|| keep(serde_json::json!(self.verdict.trace).to_string()))
    }

    fn views(&self) -> &Views {
        self.views.get_or_init(|| Views::of(&self.verdict))
    }

    fn field(&self) -> &CStr {
        self.field
            .get_or_init(|| keep(self.verdict.authentication_results.as_str()))
    }

    fn json(&self) -> &CStr {
        self.json
            .get_or_init(|| keep(json::check(&self.verdict, self.traced).to_string()))
    }
}

/// Reads a text.
///
/// # Safety
/// By the header's rules: `verdict` is NULL or living; the text lives as long.
pub(super) unsafe fn text(
    verdict: *const Verdict,
    read: impl for<'a> FnOnce(&'a Views) -> Option<&'a CStr>,
) -> Text {
    // SAFETY: by the caller.
    guard(|| match unsafe { borrow(verdict) } {
        Ok(verdict) => Text::of(read(verdict.views())),
        Err(_) => Text::ABSENT,
    })
}

/// Reads a number.
///
/// # Safety
/// By the header's rules: `verdict` is NULL or living.
pub(super) unsafe fn code(
    verdict: *const Verdict,
    read: impl FnOnce(&transaction::Verdict) -> Option<c_int>,
) -> c_int {
    // SAFETY: by the caller.
    guard(|| match unsafe { borrow(verdict) } {
        Ok(verdict) => Code(read(&verdict.verdict).unwrap_or(MAILREP_ABSENT)),
        Err(_) => Code(MAILREP_ABSENT),
    })
    .0
}

/// Reads how many there are.
///
/// # Safety
/// By the header's rules: `verdict` is NULL or living.
pub(super) unsafe fn count(
    verdict: *const Verdict,
    read: impl FnOnce(&transaction::Verdict) -> usize,
) -> usize {
    // SAFETY: by the caller.
    guard(|| unsafe { borrow(verdict) }.map_or(0, |verdict| read(&verdict.verdict)))
}

fn spf(views: &Views) -> Option<&Evaluation> {
    views.spf.as_ref().map(|spf| &spf.main)
}

fn helo(views: &Views) -> Option<&Evaluation> {
    views.spf.as_ref().and_then(|spf: &Spf| spf.helo.as_ref())
}

fn helo_of(told: &transaction::Verdict) -> Option<&crate::spf::Evaluation> {
    told.spf.as_ref().and_then(|spf| spf.helo.as_ref())
}

fn signature(views: &Views, index: usize) -> Option<&Signature> {
    views.dkim.get(index)
}

/// The account that the client has logged in to, as mailrep_transaction_authenticated() had it.
///
/// @param verdict  may be NULL
/// @return         absent for mail that comes from elsewhere
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_account(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, |views| views.account.as_deref()) }
}

/// SPF's result: that of the reverse-path, or of the HELO name where the reverse-path is null.
///
/// @param verdict  may be NULL
/// @return         MAILREP_SPF_NONE to MAILREP_SPF_PERMERROR; MAILREP_ABSENT when SPF was not checked (no connect)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_spf_result(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        code(verdict, |told| {
            told.spf.as_ref().map(|it| codes::spf(it.evaluation.result))
        })
    }
}

/// Whose result that is.
///
/// @param verdict  may be NULL
/// @return         MAILREP_IDENTITY_MAILFROM or MAILREP_IDENTITY_HELO; MAILREP_ABSENT when SPF was not checked (no connect)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_spf_identity(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        code(verdict, |told| {
            told.spf
                .as_ref()
                .map(|it| codes::identity(it.evaluation.identity))
        })
    }
}

/// The domain that SPF checked, made printable.
///
/// @param verdict  may be NULL
/// @return         "" where there is none; absent when SPF was not checked (no connect)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_spf_domain(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, |views| spf(views).map(|it| it.domain.as_c_str())) }
}

/// The directive that decided, as the domain publishes it, such as "ip4:192.0.2.0/24" or "-all".
///
/// @param verdict  may be NULL
/// @return         absent where none matched
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_spf_mechanism(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, |views| spf(views).and_then(|it| it.mechanism.as_deref())) }
}

/// The domain's own explanation of a fail (RFC 7208 section 6.2), which is a stranger's text; where it gives none, that of
/// spf_explanation.
///
/// @param verdict  may be NULL
/// @return         absent where there is none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_spf_explanation(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            spf(views).and_then(|it| it.explanation.as_deref())
        })
    }
}

/// Terms that caused DNS queries, counted against the limit.
///
/// @param verdict  may be NULL
/// @return         0 or more; MAILREP_ABSENT when SPF was not checked (no connect)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_spf_dns_lookups(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        code(verdict, |told| {
            told.spf.as_ref().map(|it| number(it.evaluation.dns_lookups))
        })
    }
}

/// Queries that had no answer, counted against the limit.
///
/// @param verdict  may be NULL
/// @return         0 or more; MAILREP_ABSENT when SPF was not checked (no connect)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_spf_void_lookups(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        code(verdict, |told| {
            told.spf.as_ref().map(|it| number(it.evaluation.void_lookups))
        })
    }
}

/// Why SPF came out so, as a sentence; it names the domains whose record one of spf_records replaced.
///
/// @param verdict  may be NULL
/// @return         absent when SPF was not checked (no connect)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_spf_reason(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, |views| spf(views).map(|it| it.reason.as_c_str())) }
}

/// The same as a stable code for programs, such as "directive_matched".
///
/// @param verdict  may be NULL
/// @return         absent when SPF was not checked (no connect)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_spf_cause(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, |views| spf(views).map(|it| it.cause.as_c_str())) }
}

/// SPF's result for the HELO name.
///
/// @param verdict  may be NULL
/// @return         MAILREP_SPF_NONE to MAILREP_SPF_PERMERROR; MAILREP_ABSENT where it was not checked
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_helo_result(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe { code(verdict, |told| helo_of(told).map(|it| codes::spf(it.result))) }
}

/// The HELO name that SPF checked.
///
/// @param verdict  may be NULL
/// @return         absent where it was not checked
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_helo_domain(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, |views| helo(views).map(|it| it.domain.as_c_str())) }
}

/// Why that came out so, as a sentence.
///
/// @param verdict  may be NULL
/// @return         absent where it was not checked
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_helo_reason(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, |views| helo(views).map(|it| it.reason.as_c_str())) }
}

/// The same as a stable code.
///
/// @param verdict  may be NULL
/// @return         absent where it was not checked
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_helo_cause(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, |views| helo(views).map(|it| it.cause.as_c_str())) }
}

/// How many DKIM signatures the message has. They are numbered in the order of the message.
///
/// @param verdict  may be NULL
/// @return         0 for an unsigned message and for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_count(verdict: *const Verdict) -> usize {
    // SAFETY: the header's rules.
    unsafe { count(verdict, |told| told.dkim.len()) }
}

/// A signature's result.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         MAILREP_DKIM_PASS to MAILREP_DKIM_PERMERROR; MAILREP_ABSENT beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_result(verdict: *const Verdict, index: usize) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        code(verdict, |told| {
            told.dkim.get(index).map(|it| codes::dkim(it.result))
        })
    }
}

/// The signing domain (d=).
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         absent where the signature does not say it legibly
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_domain(verdict: *const Verdict, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            signature(views, index).and_then(|it| it.domain.as_deref())
        })
    }
}

/// The selector (s=).
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         absent where the signature does not say it legibly
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_selector(verdict: *const Verdict, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            signature(views, index).and_then(|it| it.selector.as_deref())
        })
    }
}

/// The agent or user identifier (i=), or what stands for it where it is left out.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         absent where the signature does not say it legibly
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_identity(verdict: *const Verdict, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            signature(views, index).and_then(|it| it.identity.as_deref())
        })
    }
}

/// The algorithm (a=), such as "rsa-sha256".
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         absent where the signature does not say it legibly
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_algorithm(verdict: *const Verdict, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            signature(views, index).and_then(|it| it.algorithm.as_deref())
        })
    }
}

/// The size of the key in bits.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         MAILREP_ABSENT where no key was read
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_key_bits(verdict: *const Verdict, index: usize) -> c_int {
    // SAFETY: the header's rules.
    unsafe { code(verdict, |told| told.dkim.get(index)?.key_bits.map(number)) }
}

/// Whether the key says that its domain is testing DKIM (t=y).
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         0 or 1; MAILREP_ABSENT beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_testing(verdict: *const Verdict, index: usize) -> c_int {
    // SAFETY: the header's rules.
    unsafe { code(verdict, |told| told.dkim.get(index).map(|it| it.testing.into())) }
}

/// Why a signature's result came out so, as a sentence.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_reason(verdict: *const Verdict, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            signature(views, index).map(|it| it.reason.as_c_str())
        })
    }
}

/// The same as a stable code.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_cause(verdict: *const Verdict, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            signature(views, index).map(|it| it.cause.as_c_str())
        })
    }
}

/// What became of the message after signing, as a sentence: which signed field was changed, from what to what, where the signature
/// proves it, and what is likely where it does not. It changes no result. The JSON has it in parts.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         absent unless the message differs from what was signed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dkim_hint(verdict: *const Verdict, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            signature(views, index).and_then(|it| it.hint.as_deref())
        })
    }
}

/// What is odd about the message's form, such as a header beyond the limits, as a sentence.
///
/// @param verdict  may be NULL
/// @return         absent where nothing is
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_anomaly_reason(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            views.anomaly.as_ref().map(|it| it.reason.as_c_str())
        })
    }
}

/// The same as a stable code.
///
/// @param verdict  may be NULL
/// @return         absent where nothing is
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_anomaly_code(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            views.anomaly.as_ref().map(|it| it.code.as_c_str())
        })
    }
}

/// The value of the Authentication-Results field (RFC 8601) to insert at the top of the message, without the field's name,
/// the blank after its colon and the last line end. Its folds are CRLF; for libmilter, which wants LF in them, leave the CR
/// out.
///
/// @param verdict  may be NULL
/// @return         absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_authentication_results(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    guard(|| match unsafe { borrow(verdict) } {
        Ok(verdict) => Text::of(Some(verdict.field())),
        Err(_) => Text::ABSENT,
    })
}

/// How many header fields of the message claim to be results of this host and have to be removed (RFC 8601 section 5).
///
/// @param verdict  may be NULL
/// @return         0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_headers_to_remove_count(verdict: *const Verdict) -> usize {
    // SAFETY: the header's rules.
    unsafe { count(verdict, |told| told.headers_to_remove.len()) }
}

/// One of these fields, as its place among all header fields of the message, counted from 0. They come in descending
/// order, so that removing one does not move the next.
///
/// @param verdict  may be NULL
/// @param index    from 0
/// @return         0 or more; MAILREP_ABSENT beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_header_to_remove(verdict: *const Verdict, index: usize) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        code(verdict, |told| {
            told.headers_to_remove.get(index).map(|&place| number(place))
        })
    }
}

/// The whole verdict as one line of JSON, the same that "mailrep --json check" prints, and with the trace if the
/// context's options ask for it.
///
/// @param verdict  may be NULL
/// @return         absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_json(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    guard(|| match unsafe { borrow(verdict) } {
        Ok(verdict) => Text::of(Some(verdict.json())),
        Err(_) => Text::ABSENT,
    })
}

/// Frees a verdict and all its texts.
///
/// @param verdict  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_free(verdict: *mut Verdict) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(verdict) }
    });
}
