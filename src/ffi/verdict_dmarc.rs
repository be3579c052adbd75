//! What a verdict says about DMARC, and about the client's name.

use super::codes;
use super::text::Text;
use super::verdict::{Verdict, code, text};
use super::views::{Dmarc, Views};
use std::ffi::c_int;

fn dmarc(views: &Views) -> &Dmarc {
    &views.dmarc
}

/// DMARC's result.
///
/// @param verdict  may be NULL
/// @return         MAILREP_DMARC_NONE to MAILREP_DMARC_PERMERROR; MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_result(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe { code(verdict, |told| Some(codes::dmarc(told.dmarc.result))) }
}

/// The author domain, from the From field.
///
/// @param verdict  may be NULL
/// @return         absent where it cannot be told
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_from_domain(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            Some(dmarc(views)).and_then(|it| it.from_domain.as_deref())
        })
    }
}

/// The domain whose policy applies.
///
/// @param verdict  may be NULL
/// @return         absent without a policy
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_policy_domain(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            Some(dmarc(views)).and_then(|it| it.policy_domain.as_deref())
        })
    }
}

/// The author domain's organizational domain.
///
/// @param verdict  may be NULL
/// @return         absent where it was not found
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_organizational_domain(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            Some(dmarc(views)).and_then(|it| it.organizational_domain.as_deref())
        })
    }
}

/// The policy that the domain publishes for this author domain.
///
/// @param verdict  may be NULL
/// @return         MAILREP_POLICY_NONE to MAILREP_POLICY_REJECT; MAILREP_ABSENT without a policy
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_policy(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe { code(verdict, |told| Some(codes::policy(told.dmarc.policy))) }
}

/// What is to be done with this message, by the policy or by what overrides it: MAILREP_POLICY_NONE unless DMARC failed.
///
/// @param verdict  may be NULL
/// @return         MAILREP_POLICY_NONE to MAILREP_POLICY_REJECT; MAILREP_ABSENT without a policy
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_disposition(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe { code(verdict, |told| Some(codes::policy(told.dmarc.disposition))) }
}

/// Why the disposition is not what the policy asks for: a word of RFC 9990, "local_policy", "mailing_list", "policy_test_mode" or
/// "trusted_forwarder".
///
/// @param verdict  may be NULL
/// @return         absent where it is what the policy asks for
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_override_type(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            dmarc(views).overridden.as_ref().map(|(kind, _)| kind.as_c_str())
        })
    }
}

/// The same in words.
///
/// @param verdict  may be NULL
/// @return         absent where it is what the policy asks for
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_override_comment(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            dmarc(views)
                .overridden
                .as_ref()
                .map(|(_, comment)| comment.as_c_str())
        })
    }
}

/// Whether SPF passed for a domain that is aligned with the author domain.
///
/// @param verdict  may be NULL
/// @return         0 or 1; MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_spf_aligned(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe { code(verdict, |told| Some(told.dmarc.spf_aligned.into())) }
}

/// Whether a signature passed whose domain is aligned with the author domain.
///
/// @param verdict  may be NULL
/// @return         0 or 1; MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_dkim_aligned(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe { code(verdict, |told| Some(told.dmarc.dkim_aligned.into())) }
}

/// Why DMARC came out so, as a sentence.
///
/// @param verdict  may be NULL
/// @return         absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_reason(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, |views| Some(dmarc(views)).map(|it| it.reason.as_c_str())) }
}

/// The same as a stable code.
///
/// @param verdict  may be NULL
/// @return         absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_dmarc_cause(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(verdict, |views| Some(dmarc(views)).map(|it| it.cause.as_c_str())) }
}

/// Whether the client's address and name point to each other.
///
/// @param verdict  may be NULL
/// @return         MAILREP_IPREV_PASS to MAILREP_IPREV_PERMERROR; MAILREP_ABSENT where it was not checked (no connect)
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_iprev_result(verdict: *const Verdict) -> c_int {
    // SAFETY: the header's rules.
    unsafe {
        code(verdict, |told| {
            told.iprev.as_ref().map(|it| codes::iprev(it.result))
        })
    }
}

/// The client's name, verified.
///
/// @param verdict  may be NULL
/// @return         absent unless iprev passed
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_iprev_name(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            views.iprev.as_ref().and_then(|it| it.name.as_deref())
        })
    }
}

/// Why that came out so, as a sentence.
///
/// @param verdict  may be NULL
/// @return         absent where it was not checked
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_iprev_reason(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            views.iprev.as_ref().map(|it| it.reason.as_c_str())
        })
    }
}

/// The same as a stable code.
///
/// @param verdict  may be NULL
/// @return         absent where it was not checked
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_verdict_iprev_cause(verdict: *const Verdict) -> Text {
    // SAFETY: the header's rules.
    unsafe {
        text(verdict, |views| {
            views.iprev.as_ref().map(|it| it.cause.as_c_str())
        })
    }
}
