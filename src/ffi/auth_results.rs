//! Authentication-Results fields: written, read, and told from those that pretend to be ours (RFC 8601).

use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, borrow_mut, give, place, take_back};
use super::status::{Code, Fault, IntoC as _, MAILREP_ABSENT, MAILREP_SEQUENCE};
use super::text::{Text, keep, lent, lent_string};
use crate::auth_results::{self, AuthenticationResults, MethodResult};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::sync::OnceLock;

/// Results in one field that can be added, and properties of one result.
const MOST: usize = 1_024;
/// Octets of a field that is read.
const MOST_OCTETS: usize = 1 << 20;

/// What one host says about a message. It is filled or read first and used then: results are added while no other thread uses it;
/// otherwise any number of threads may read it at a time.
pub struct AuthResults {
    results: AuthenticationResults,
    views: OnceLock<Views>,
}

/// The texts, in the shape that C reads.
struct Views {
    authserv_id: CString,
    value: CString,
    unfolded: CString,
    results: Vec<ResultView>,
}

struct ResultView {
    method: CString,
    result: CString,
    reason: Option<CString>,
    comment: Option<CString>,
    properties: Vec<[CString; 3]>,
}

impl AuthResults {
    fn new(results: AuthenticationResults) -> AuthResults {
        AuthResults {
            results,
            views: OnceLock::new(),
        }
    }

    fn views(&self) -> &Views {
        self.views.get_or_init(|| Views {
            authserv_id: keep(self.results.authserv_id.as_str()),
            value: keep(self.results.value()),
            unfolded: keep(self.results.unfolded()),
            results: self.results.results.iter().map(ResultView::of).collect(),
        })
    }
}

impl ResultView {
    fn of(result: &MethodResult) -> ResultView {
        let properties = result
            .properties
            .iter()
            .map(|it| [&it.ptype, &it.property, &it.value].map(|text| keep(text.as_str())));
        ResultView {
            method: keep(result.method.as_str()),
            result: keep(result.result.as_str()),
            reason: result.reason.as_deref().map(keep),
            comment: result.comment.as_deref().map(keep),
            properties: properties.collect(),
        }
    }
}

/// Begins a field without results.
///
/// @param authserv_id  who says it, usually the host's name
/// @param out          where the results are left, to be freed with mailrep_auth_results_free(); NULL is left on failure
/// @param error        where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may
///                     be NULL if words are not wanted
/// @return             MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for what is empty or not UTF-8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_new(
    authserv_id: *const c_char,
    out: *mut *mut AuthResults,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let name = wanted("authserv_id", authserv_id)?;
            if name.is_empty() {
                return Err(Fault::invalid("authserv_id is empty"));
            }
            *out = give(AuthResults::new(AuthenticationResults {
                authserv_id: name.to_owned(),
                results: Vec::new(),
            }));
            Ok(())
        })
    })
    .into_c()
}

/// # Safety
/// By the header's rules: `text` is NULL or a C string.
unsafe fn wanted<'a>(what: &str, text: *const c_char) -> Result<&'a str, Fault> {
    // SAFETY: by the caller.
    unsafe { lent_string(what, text) }?.ok_or_else(|| Fault::null(what))
}

/// Adds the result of one method. Whatever the texts hold, the field that is written is well-formed: what may not stand there is
/// quoted, replaced or left out.
///
/// @param results  used by this thread alone; texts that came from it before are not valid any more
/// @param method   such as "dkim": letters, digits and hyphens
/// @param result   such as "pass": letters, digits and hyphens
/// @param reason   why, for programs (reason=); NULL for none
/// @param comment  a remark for people; NULL for none
/// @param error    as for mailrep_auth_results_new()
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for what is not UTF-8, or for more than 1,024 results; MAILREP_HANDLE;
///                 MAILREP_BUSY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_add(
    results: *mut AuthResults,
    method: *const c_char,
    result: *const c_char,
    reason: *const c_char,
    comment: *const c_char,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let mut results = borrow_mut(results)?;
            let (method, result) = (wanted("method", method)?, wanted("result", result)?);
            let (reason, comment) = (lent_string("reason", reason)?, lent_string("comment", comment)?);
            if results.results.results.len() == MOST {
                return Err(Fault::invalid(format!("there are {MOST} results already")));
            }
            let mut new = MethodResult::new(method, result);
            new.reason = reason.map(str::to_owned);
            new.comment = comment.map(str::to_owned);
            results.results.results.push(new);
            results.views = OnceLock::new();
            Ok(())
        })
    })
    .into_c()
}

/// Adds a property to the result that was added last, such as smtp.mailfrom=ada@example.org.
///
/// @param results   used by this thread alone, after a result was added; texts that came from it before are not valid any more
/// @param ptype     "smtp", "header", "body" or "policy"
/// @param property  such as "mailfrom"
/// @param value     any octets; those that are not UTF-8 become ?
/// @param length    octets of value
/// @param error     as for mailrep_auth_results_new()
/// @return          as mailrep_auth_results_add(); MAILREP_SEQUENCE if there is no result yet
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_add_property(
    results: *mut AuthResults,
    ptype: *const c_char,
    property: *const c_char,
    value: *const c_void,
    length: usize,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let mut results = borrow_mut(results)?;
            let (ptype, property) = (wanted("ptype", ptype)?, wanted("property", property)?);
            let value = lent("value", value, length)?;
            let last = results.results.results.pop().ok_or_else(|| Fault {
                status: MAILREP_SEQUENCE,
                message: "a property belongs to a result: add one first".into(),
            })?;
            let full = last.properties.len() == MOST;
            let last = if full {
                last
            } else {
                last.property(ptype, property, value)
            };
            results.results.results.push(last);
            results.views = OnceLock::new();
            if full {
                return Err(Fault::invalid(format!("there are {MOST} properties already")));
            }
            Ok(())
        })
    })
    .into_c()
}

/// Reads the value of a field.
///
/// @param value    what stands after the colon, folds included; any octets
/// @param length   octets of value, at most 1 MiB
/// @param lenient  0: what does not follow the grammar of RFC 8601 is refused. Not 0: all that can be read of it is read, as fields of large
///                 providers need; a missing authserv-id is empty then
/// @param out      where the results are left, to be freed with mailrep_auth_results_free(); NULL is left on failure
/// @param error    as for mailrep_auth_results_new()
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID, and the words say what is missing where
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_parse(
    value: *const c_void,
    length: usize,
    lenient: c_int,
    out: *mut *mut AuthResults,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let value = lent("value", value, length)?;
            if value.len() > MOST_OCTETS {
                return Err(Fault::invalid(format!(
                    "value has more than {MOST_OCTETS} octets"
                )));
            }
            let results = if lenient != 0 {
                auth_results::parse_lenient(value)
            } else {
                let wrong = |error| Fault::invalid(format!("the field does not follow RFC 8601: {error}"));
                auth_results::parse(value).map_err(wrong)?
            };
            *out = give(AuthResults::new(results));
            Ok(())
        })
    })
    .into_c()
}

/// Whether a field says that a host of this name has written it, so that it has to be removed from mail that comes from elsewhere
/// (RFC 8601 section 5). Letter case, comments, quotes and folds make no difference; in doubt it does.
///
/// @param value        the value of an Authentication-Results field; any octets
/// @param length       octets of value
/// @param authserv_id  the own name
/// @return             1 or 0; MAILREP_ABSENT if an argument is NULL or not UTF-8
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_claims(
    value: *const c_void,
    length: usize,
    authserv_id: *const c_char,
) -> c_int {
    let claims = guard(|| {
        // SAFETY: the header's rules.
        let read = unsafe {
            lent("value", value, length).and_then(|value| Ok((value, wanted("authserv_id", authserv_id)?)))
        };
        Code(read.map_or(MAILREP_ABSENT, |(value, id)| {
            auth_results::claims(value, id).into()
        }))
    });
    claims.0
}

/// # Safety
/// By the header's rules: `results` is NULL or living; the text lives as long.
unsafe fn text(
    results: *const AuthResults,
    read: impl for<'a> FnOnce(&'a Views) -> Option<&'a CStr>,
) -> Text {
    // SAFETY: by the caller.
    guard(|| match unsafe { borrow(results) } {
        Ok(results) => Text::of(read(results.views())),
        Err(_) => Text::ABSENT,
    })
}

/// The field's value, folded with CRLF, to stand after "Authentication-Results: ".
///
/// @param results  may be NULL
/// @return         text that lives until the next result or property is added; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_value(results: *const AuthResults) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(results, |views| Some(&views.value)) }
}

/// The same value on one line.
///
/// @param results  may be NULL
/// @return         text that lives until the next result or property is added; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_unfolded(results: *const AuthResults) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(results, |views| Some(&views.unfolded)) }
}

/// Who says it.
///
/// @param results  may be NULL
/// @return         "" where a field that was read leniently does not say; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_authserv_id(results: *const AuthResults) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(results, |views| Some(&views.authserv_id)) }
}

/// How many results there are.
///
/// @param results  may be NULL
/// @return         0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_count(results: *const AuthResults) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { borrow(results) }.map_or(0, |results| results.results.results.len()))
}

/// The method of a result, such as "spf".
///
/// @param results  may be NULL
/// @param index    from 0
/// @return         absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_method(results: *const AuthResults, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(results, |views| Some(&views.results.get(index)?.method)) }
}

/// The word of a result, such as "pass".
///
/// @param results  may be NULL
/// @param index    from 0
/// @return         absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_result(results: *const AuthResults, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(results, |views| Some(&views.results.get(index)?.result)) }
}

/// The reason of a result (reason=).
///
/// @param results  may be NULL
/// @param index    from 0
/// @return         absent where there is none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_reason(results: *const AuthResults, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(results, |views| views.results.get(index)?.reason.as_deref()) }
}

/// The first comment after a result.
///
/// @param results  may be NULL
/// @param index    from 0
/// @return         absent where there is none
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_comment(results: *const AuthResults, index: usize) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(results, |views| views.results.get(index)?.comment.as_deref()) }
}

/// How many properties a result has.
///
/// @param results  may be NULL
/// @param index    from 0
/// @return         0 beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_property_count(
    results: *const AuthResults,
    index: usize,
) -> usize {
    guard(|| {
        // SAFETY: the header's rules.
        let results = unsafe { borrow(results) }.ok();
        let result = results.and_then(|results| results.results.results.get(index));
        result.map_or(0, |result| result.properties.len())
    })
}

/// One of the three texts of a property.
///
/// # Safety
/// By the header's rules: `results` is NULL or living; the text lives as long.
unsafe fn property(results: *const AuthResults, index: usize, at: usize, part: usize) -> Text {
    // SAFETY: by the caller.
    unsafe {
        text(results, |views| {
            let property = views.results.get(index)?.properties.get(at)?;
            property.get(part).map(CString::as_c_str)
        })
    }
}

/// The type of a property, such as "smtp" in smtp.mailfrom=ada@example.org.
///
/// @param results  may be NULL
/// @param index    of the result, from 0
/// @param at       of the property, from 0
/// @return         absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_property_type(
    results: *const AuthResults,
    index: usize,
    at: usize,
) -> Text {
    // SAFETY: the header's rules.
    unsafe { property(results, index, at, 0) }
}

/// The name of a property, such as "mailfrom".
///
/// @param results  may be NULL
/// @param index    of the result, from 0
/// @param at       of the property, from 0
/// @return         absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_property_name(
    results: *const AuthResults,
    index: usize,
    at: usize,
) -> Text {
    // SAFETY: the header's rules.
    unsafe { property(results, index, at, 1) }
}

/// The value of a property, such as "ada@example.org", without quotes.
///
/// @param results  may be NULL
/// @param index    of the result, from 0
/// @param at       of the property, from 0
/// @return         absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_property_value(
    results: *const AuthResults,
    index: usize,
    at: usize,
) -> Text {
    // SAFETY: the header's rules.
    unsafe { property(results, index, at, 2) }
}

/// Frees results and all their texts.
///
/// @param results  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_auth_results_free(results: *mut AuthResults) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(results) }
    });
}
