//! The numbers that stand for the words of the standards.
//!
//! A number never changes its meaning; new words get new numbers. Rust's enums do not cross the border: each is
//! translated by a function that the compiler holds to be complete.

use super::guard;
use super::status::{MAILREP_ABSENT, Words};
use crate::dkim::DkimResult;
use crate::dmarc::{DmarcResult, Policy};
use crate::iprev::IprevResult;
use crate::spf::{Identity, SpfResult};
use std::ffi::{CStr, c_char, c_int};

/// The domain does not say who may send for it, or there is no domain (RFC 7208 section 2.6).
pub const MAILREP_SPF_NONE: c_int = 0;
/// The domain says nothing about this client.
pub const MAILREP_SPF_NEUTRAL: c_int = 1;
/// The client may send for the domain.
pub const MAILREP_SPF_PASS: c_int = 2;
/// The client may not send for the domain.
pub const MAILREP_SPF_FAIL: c_int = 3;
/// The client probably may not send for the domain.
pub const MAILREP_SPF_SOFTFAIL: c_int = 4;
/// The DNS did not answer; a later attempt might succeed.
pub const MAILREP_SPF_TEMPERROR: c_int = 5;
/// The published record cannot be used.
pub const MAILREP_SPF_PERMERROR: c_int = 6;

/// The reverse-path was checked.
pub const MAILREP_IDENTITY_MAILFROM: c_int = 0;
/// The HELO name was checked, because the reverse-path is null.
pub const MAILREP_IDENTITY_HELO: c_int = 1;

/// The message is not signed (RFC 8601 section 2.7.1; a signature never has it).
pub const MAILREP_DKIM_NONE: c_int = 0;
/// The signature is genuine.
pub const MAILREP_DKIM_PASS: c_int = 1;
/// The signature does not match the message.
pub const MAILREP_DKIM_FAIL: c_int = 2;
/// The signature is not accepted here, such as one too many.
pub const MAILREP_DKIM_POLICY: c_int = 3;
/// The signature cannot be read.
pub const MAILREP_DKIM_NEUTRAL: c_int = 4;
/// The DNS did not answer; a later attempt might succeed.
pub const MAILREP_DKIM_TEMPERROR: c_int = 5;
/// The signature or its key can never be used.
pub const MAILREP_DKIM_PERMERROR: c_int = 6;

/// The author domain has no policy.
pub const MAILREP_DMARC_NONE: c_int = 0;
/// An aligned identifier was authenticated.
pub const MAILREP_DMARC_PASS: c_int = 1;
/// No aligned identifier was authenticated.
pub const MAILREP_DMARC_FAIL: c_int = 2;
/// It cannot be told now; a later attempt might succeed.
pub const MAILREP_DMARC_TEMPERROR: c_int = 3;
/// The message or the policy record is unusable.
pub const MAILREP_DMARC_PERMERROR: c_int = 4;

/// The domain owner asks for nothing.
pub const MAILREP_POLICY_NONE: c_int = 0;
/// The domain owner asks that the message be treated as suspicious.
pub const MAILREP_POLICY_QUARANTINE: c_int = 1;
/// The domain owner asks that the message be rejected.
pub const MAILREP_POLICY_REJECT: c_int = 2;

/// The client's address and name point to each other (RFC 8601 section 2.7.3).
pub const MAILREP_IPREV_PASS: c_int = 0;
/// The client's address and name do not point to each other.
pub const MAILREP_IPREV_FAIL: c_int = 1;
/// The DNS did not answer; a later attempt might succeed.
pub const MAILREP_IPREV_TEMPERROR: c_int = 2;
/// The client's address has no name.
pub const MAILREP_IPREV_PERMERROR: c_int = 3;

pub(super) fn spf(result: SpfResult) -> c_int {
    match result {
        SpfResult::None => MAILREP_SPF_NONE,
        SpfResult::Neutral => MAILREP_SPF_NEUTRAL,
        SpfResult::Pass => MAILREP_SPF_PASS,
        SpfResult::Fail => MAILREP_SPF_FAIL,
        SpfResult::SoftFail => MAILREP_SPF_SOFTFAIL,
        SpfResult::TempError => MAILREP_SPF_TEMPERROR,
        SpfResult::PermError => MAILREP_SPF_PERMERROR,
    }
}

pub(super) fn identity(identity: Identity) -> c_int {
    match identity {
        Identity::MailFrom => MAILREP_IDENTITY_MAILFROM,
        Identity::Helo => MAILREP_IDENTITY_HELO,
    }
}

pub(super) fn dkim(result: DkimResult) -> c_int {
    match result {
        DkimResult::None => MAILREP_DKIM_NONE,
        DkimResult::Pass => MAILREP_DKIM_PASS,
        DkimResult::Fail => MAILREP_DKIM_FAIL,
        DkimResult::Policy => MAILREP_DKIM_POLICY,
        DkimResult::Neutral => MAILREP_DKIM_NEUTRAL,
        DkimResult::TempError => MAILREP_DKIM_TEMPERROR,
        DkimResult::PermError => MAILREP_DKIM_PERMERROR,
    }
}

pub(super) fn dmarc(result: DmarcResult) -> c_int {
    match result {
        DmarcResult::None => MAILREP_DMARC_NONE,
        DmarcResult::Pass => MAILREP_DMARC_PASS,
        DmarcResult::Fail => MAILREP_DMARC_FAIL,
        DmarcResult::TempError => MAILREP_DMARC_TEMPERROR,
        DmarcResult::PermError => MAILREP_DMARC_PERMERROR,
    }
}

pub(super) fn policy(policy: Option<Policy>) -> c_int {
    match policy {
        None => MAILREP_ABSENT,
        Some(Policy::None) => MAILREP_POLICY_NONE,
        Some(Policy::Quarantine) => MAILREP_POLICY_QUARANTINE,
        Some(Policy::Reject) => MAILREP_POLICY_REJECT,
    }
}

pub(super) fn iprev(result: IprevResult) -> c_int {
    match result {
        IprevResult::Pass => MAILREP_IPREV_PASS,
        IprevResult::Fail => MAILREP_IPREV_FAIL,
        IprevResult::TempError => MAILREP_IPREV_TEMPERROR,
        IprevResult::PermError => MAILREP_IPREV_PERMERROR,
    }
}

/// The word at the number's place; "" for a number that is no result.
fn word(words: &'static [&'static CStr], code: c_int) -> *const c_char {
    guard(|| {
        Words(
            usize::try_from(code)
                .ok()
                .and_then(|at| words.get(at))
                .copied()
                .unwrap_or_default(),
        )
    })
    .0
    .as_ptr()
}

const SPF_WORDS: [&CStr; 7] = [
    c"none",
    c"neutral",
    c"pass",
    c"fail",
    c"softfail",
    c"temperror",
    c"permerror",
];
const DKIM_WORDS: [&CStr; 7] = [
    c"none",
    c"pass",
    c"fail",
    c"policy",
    c"neutral",
    c"temperror",
    c"permerror",
];
const DMARC_WORDS: [&CStr; 5] = [c"none", c"pass", c"fail", c"temperror", c"permerror"];
const POLICY_WORDS: [&CStr; 3] = [c"none", c"quarantine", c"reject"];
const IPREV_WORDS: [&CStr; 4] = [c"pass", c"fail", c"temperror", c"permerror"];

/// The word for an SPF result, such as "softfail".
///
/// @param result  one of MAILREP_SPF_NONE to MAILREP_SPF_PERMERROR
/// @return        text that is never freed; "" for any other number
#[unsafe(no_mangle)]
pub extern "C" fn mailrep_spf_result_text(result: c_int) -> *const c_char {
    word(&SPF_WORDS, result)
}

/// The word for a DKIM result, such as "neutral".
///
/// @param result  one of MAILREP_DKIM_NONE to MAILREP_DKIM_PERMERROR
/// @return        text that is never freed; "" for any other number
#[unsafe(no_mangle)]
pub extern "C" fn mailrep_dkim_result_text(result: c_int) -> *const c_char {
    word(&DKIM_WORDS, result)
}

/// The word for a DMARC result, such as "fail".
///
/// @param result  one of MAILREP_DMARC_NONE to MAILREP_DMARC_PERMERROR
/// @return        text that is never freed; "" for any other number
#[unsafe(no_mangle)]
pub extern "C" fn mailrep_dmarc_result_text(result: c_int) -> *const c_char {
    word(&DMARC_WORDS, result)
}

/// The word for a DMARC policy or disposition, such as "quarantine".
///
/// @param policy  one of MAILREP_POLICY_NONE to MAILREP_POLICY_REJECT
/// @return        text that is never freed; "" for any other number
#[unsafe(no_mangle)]
pub extern "C" fn mailrep_policy_text(policy: c_int) -> *const c_char {
    word(&POLICY_WORDS, policy)
}

/// The word for an iprev result, such as "pass".
///
/// @param result  one of MAILREP_IPREV_PASS to MAILREP_IPREV_PERMERROR
/// @return        text that is never freed; "" for any other number
#[unsafe(no_mangle)]
pub extern "C" fn mailrep_iprev_result_text(result: c_int) -> *const c_char {
    word(&IPREV_WORDS, result)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn text(words: &[&CStr], code: c_int) -> String {
        words[usize::try_from(code).unwrap()].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_words_of_c_are_those_of_rust() {
        use DkimResult as D;
        use DmarcResult as M;
        use IprevResult as I;
        use SpfResult as S;
        for result in [
            S::None,
            S::Neutral,
            S::Pass,
            S::Fail,
            S::SoftFail,
            S::TempError,
            S::PermError,
        ] {
            assert_eq!(text(&SPF_WORDS, spf(result)), result.as_str());
        }
        for result in [
            D::None,
            D::Pass,
            D::Fail,
            D::Policy,
            D::Neutral,
            D::TempError,
            D::PermError,
        ] {
            assert_eq!(text(&DKIM_WORDS, dkim(result)), result.as_str());
        }
        for result in [M::None, M::Pass, M::Fail, M::TempError, M::PermError] {
            assert_eq!(text(&DMARC_WORDS, dmarc(result)), result.as_str());
        }
        for asked in [Policy::None, Policy::Quarantine, Policy::Reject] {
            assert_eq!(text(&POLICY_WORDS, policy(Some(asked))), asked.as_str());
        }
        for result in [I::Pass, I::Fail, I::TempError, I::PermError] {
            assert_eq!(text(&IPREV_WORDS, iprev(result)), result.as_str());
        }
    }

    #[test]
    fn a_number_that_is_no_result_has_no_word() {
        for code in [-1, 7, c_int::MIN, c_int::MAX] {
            // SAFETY: a string of the library.
            assert!(unsafe { CStr::from_ptr(mailrep_spf_result_text(code)) }.is_empty());
        }
    }
}
