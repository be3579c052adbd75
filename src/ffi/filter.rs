//! What to do with a message, by a policy file.

use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{Handle, ManyThreads, borrow, give, place, take_back};
use super::status::{Fault, IntoC as _, MAILREP_INVALID, MAILREP_IO, Status};
use super::text::{Text, keep, lent, lent_string, lent_text};
use crate::Severity;
use crate::filter::{self, PolicyError};
use std::collections::HashMap;
use std::ffi::{CString, c_char, c_int};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Keys that mailrep_filter_check_section() takes.
const MOST_KEYS: usize = 1_024;

/// A policy with all that it names loaded: keys, secrets, what is known of accounts. Any number of threads may use it at a time. It
/// never changes, but for what is learned of accounts.
pub struct Filter {
    filter: Arc<filter::Filter>,
    authserv_id: CString,
    dangers: Vec<CString>,
    explanation: OnceLock<CString>,
    /// Settings that were asked for, by section and key.
    settings: Mutex<HashMap<(String, String), Box<CString>>>,
}

impl Handle for Filter {
    const NAME: &'static str = "filter";
    type Shared = ManyThreads;
}

const _: () = {
    const fn many_threads<T: Send + Sync>() {}
    many_threads::<Filter>();
};

impl Filter {
    fn new(filter: filter::Filter) -> Filter {
        let findings = filter.explain().findings;
        let dangers = findings
            .iter()
            .filter(|finding| finding.severity != Severity::Notice)
            .map(|finding| {
                let place = finding.place.map(|place| format!("line {}: ", place.line));
                keep(format!(
                    "{}{}; {}",
                    place.unwrap_or_default(),
                    finding.message,
                    finding.fix
                ))
            });
        Filter {
            authserv_id: keep(filter.authserv_id()),
            dangers: dangers.collect(),
            explanation: OnceLock::new(),
            filter: Arc::new(filter),
            settings: Mutex::default(),
        }
    }

    pub(super) fn filter(&self) -> &Arc<filter::Filter> {
        &self.filter
    }
}

impl From<PolicyError> for Fault {
    fn from(error: PolicyError) -> Fault {
        // A fault without a line is a file that cannot be read.
        let unreadable = error.faults.iter().any(|fault| fault.place.line == 0);
        Fault {
            status: if unreadable { MAILREP_IO } else { MAILREP_INVALID },
            message: error.to_string(),
        }
    }
}

/// Reads a policy file and all that it names. docs/filter.md explains every key; "mailrep filter check FILE" says in words what a policy does.
///
/// @param path   the file; relative paths in it are below the folder that it is in
/// @param out    where the filter is left, to be freed with mailrep_filter_free(); NULL is left on failure
/// @param error  where the error is left, to be freed with mailrep_error_free(); NULL is left on success. Its text has a line for each
///               fault: FILE:LINE:COLUMN: what is wrong; what mends it. The argument may be NULL if words are not wanted
/// @return       MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a policy that cannot be used, or that names a file that cannot;
///               MAILREP_IO if the policy file itself cannot be read
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_read(
    path: *const c_char,
    out: *mut *mut Filter,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all three arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let path = lent_string("path", path)?.ok_or_else(|| Fault::null("path"))?;
            *out = give(Filter::new(filter::Filter::read(Path::new(path))?));
            Ok(())
        })
    })
    .into_c()
}

/// As mailrep_filter_read(), for a program that shall start in any case but that of a wrong policy: a state of accounts that cannot be used is
/// renamed (its name with ".unusable" behind), or not written if it cannot be renamed.
///
/// @param path   as for mailrep_filter_read()
/// @param out    as for mailrep_filter_read()
/// @param aside  where a sentence about that is left if it happened, else NULL, to be freed with mailrep_error_free(); may be NULL
/// @param error  as for mailrep_filter_read()
/// @return       as for mailrep_filter_read()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_read_aside(
    path: *const c_char,
    out: *mut *mut Filter,
    aside: *mut *mut ErrorWords,
    error: *mut *mut ErrorWords,
) -> c_int {
    if !aside.is_null() {
        // SAFETY: a place for a pointer by the header's rules.
        unsafe { aside.write(std::ptr::null_mut()) };
    }
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let path = lent_string("path", path)?.ok_or_else(|| Fault::null("path"))?;
            let (read, told) = filter::Filter::read_aside(Path::new(path))?;
            *out = give(Filter::new(read));
            if let Some(told) = told
                && !aside.is_null()
            {
                aside.write(give(ErrorWords::from(Fault {
                    status: MAILREP_INVALID,
                    message: told,
                })));
            }
            Ok(())
        })
    })
    .into_c()
}

/// As mailrep_filter_read(), for a policy that the program has as text.
///
/// @param text    TOML; need not be closed by 0
/// @param length  octets of text
/// @param name    what to call it in errors, such as "mailrep.toml"; NULL is "policy"
/// @param folder  where relative paths begin; NULL is the folder in which the program runs
/// @param out     where the filter is left, to be freed with mailrep_filter_free(); NULL is left on failure
/// @param error   as for mailrep_filter_read()
/// @return        MAILREP_OK; MAILREP_NULL; MAILREP_INVALID
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_parse(
    text: *const c_char,
    length: usize,
    name: *const c_char,
    folder: *const c_char,
    out: *mut *mut Filter,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let text = lent_text("text", text, length)?;
            let name = lent_string("name", name)?.unwrap_or("policy");
            let folder = lent_string("folder", folder)?.unwrap_or("");
            let policy = filter::Policy::parse(text, name, Path::new(folder))?;
            *out = give(Filter::new(filter::Filter::new(policy)?));
            Ok(())
        })
    })
    .into_c()
}

/// Reads a policy file anew. The new filter goes on with what the old one knows of accounts, alarms included, unless the policy names
/// another state file. Give the new one to sessions that begin from then on; the old one can be freed at once, sessions
/// that began with it keep what they need.
///
/// @param filter  the present one, which is as good as before whatever happens; may be used by other threads at the same time
/// @param path    the file
/// @param out     where the new filter is left, to be freed with mailrep_filter_free(); NULL is left on failure
/// @param error   as for mailrep_filter_read()
/// @return        as for mailrep_filter_read()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_reload(
    filter: *const Filter,
    path: *const c_char,
    out: *mut *mut Filter,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all four arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let before = borrow(filter)?;
            let path = lent_string("path", path)?.ok_or_else(|| Fault::null("path"))?;
            let policy = filter::Policy::read(Path::new(path))?;
            *out = give(Filter::new(before.filter.reload(policy)?));
            Ok(())
        })
    })
    .into_c()
}

/// Frees a filter. Sessions that came from it stay usable.
///
/// @param filter  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_free(filter: *mut Filter) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(filter) }
    });
}

/// Writes what is known of accounts to the policy's state_file; without one, nothing is done. Call it every few minutes, and at the end.
/// It takes a fraction of a second for a hundred thousand accounts; messages can be judged meanwhile.
///
/// @param filter  may be used by other threads at the same time
/// @param error   as for mailrep_filter_read()
/// @return        MAILREP_OK; MAILREP_NULL; MAILREP_IO: what was written before is kept
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_save_state(
    filter: *const Filter,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for both arguments.
    guard(|| unsafe {
        error::leave(error, || {
            borrow(filter)?.filter.save_state().map_err(|error| Fault {
                status: MAILREP_IO,
                message: error.to_string(),
            })
        })
    })
    .into_c()
}

/// The administrator says: what raised the alarm of this account was legitimate. Its mail goes on its way again, and as much will not
/// raise an alarm.
///
/// @param filter    may be used by other threads at the same time
/// @param account   as mailrep_decision_alarm_account() has it; any octets
/// @param length    octets of account
/// @param was_open  where 1 is left if the account had an alarm, else 0; may be NULL
/// @return          MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if the policy has no [outbound]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_acknowledge(
    filter: *const Filter,
    account: *const c_char,
    length: usize,
    was_open: *mut c_int,
) -> c_int {
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let (filter, account) = unsafe { (borrow(filter)?, lent("account", account, length)?) };
        let monitor = filter
            .filter
            .monitor()
            .ok_or_else(|| Fault::invalid("the policy has no [outbound], so that no account is watched"))?;
        let open = monitor.acknowledge(&account.to_ascii_lowercase());
        if !was_open.is_null() {
            // SAFETY: a place for an int by the header's rules.
            unsafe { was_open.write(open.into()) };
        }
        Ok(())
    })
    .into_c()
}

/// The name under which results are written.
///
/// @param filter  may be NULL
/// @return        text that lives as long as the filter; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_authserv_id(filter: *const Filter) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        Text::of(
            unsafe { borrow(filter) }
                .ok()
                .map(|filter| filter.authserv_id.as_c_str()),
        )
    })
}

/// How many things are dangerous or useless in a policy that can be used, such as a key file that others can read; those that
/// "mailrep filter check" calls notices do not count. A program logs them when it starts.
///
/// @param filter  may be NULL
/// @return        0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_danger_count(filter: *const Filter) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { borrow(filter) }.map_or(0, |filter| filter.dangers.len()))
}

/// Something dangerous or useless in the policy, and what to do, in a sentence; the worst first.
///
/// @param filter  may be NULL
/// @param at      from 0
/// @return        text that lives as long as the filter; absent beyond the last
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_danger(filter: *const Filter, at: usize) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let filter = unsafe { borrow(filter) }.ok();
        Text::of(
            filter
                .and_then(|filter| filter.dangers.get(at))
                .map(CString::as_c_str),
        )
    })
}

/// What the policy does, in words, with the records to publish and all that "mailrep filter check" finds: as a JSON object, which
/// "mailrep filter check --json" prints.
///
/// @param filter  may be used by other threads at the same time; may be NULL
/// @return        text that lives as long as the filter; absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_explanation_json(filter: *const Filter) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let filter = unsafe { borrow(filter) }.ok();
        Text::of(filter.map(|filter| {
            filter
                .explanation
                .get_or_init(|| keep(filter.filter.explanation_json().to_string()))
                .as_c_str()
        }))
    })
}

/// A value of a section of the policy file that is the program's own: "milter" or "log".
///
/// @param filter   may be used by other threads at the same time
/// @param section  "milter" or "log"
/// @param key      the key, such as "listen"
/// @return         text that lives as long as the filter: a text without its quotes, a number, "true" or "false"; of a list the members
///                 with line feeds between. Absent if the file does not have it
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_setting(
    filter: *const Filter,
    section: *const c_char,
    key: *const c_char,
) -> Text {
    guard(|| {
        // SAFETY: the header's rules.
        let arguments = unsafe {
            (
                borrow(filter),
                lent_string("section", section),
                lent_string("key", key),
            )
        };
        let (Ok(filter), Ok(Some(section)), Ok(Some(key))) = arguments else {
            return Text::ABSENT;
        };
        let Some(setting) = filter.filter.policy().setting(section, key) else {
            return Text::ABSENT;
        };
        let mut settings = filter.settings.lock().unwrap_or_else(PoisonError::into_inner);
        // The text is boxed and never taken out: its octets stay where they are.
        let kept = settings
            .entry((section.to_owned(), key.to_owned()))
            .or_insert_with(|| Box::new(keep(setting.value.as_str())));
        Text::of(Some(kept))
    })
}

/// Complains about keys of a section of the program's own that the program does not know.
///
/// @param filter   may be used by other threads at the same time
/// @param section  "milter" or "log"
/// @param keys     the keys that the program knows
/// @param count    how many, at most 1,024
/// @param error    where the error is left, with line and suggestion, as for mailrep_filter_read()
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if there is another key
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_filter_check_section(
    filter: *const Filter,
    section: *const c_char,
    keys: *const *const c_char,
    count: usize,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments; there are `count` pointers.
    guard(|| unsafe {
        error::leave(error, || {
            let filter = borrow(filter)?;
            let section = lent_string("section", section)?.ok_or_else(|| Fault::null("section"))?;
            if count > MOST_KEYS {
                return Err(Fault::invalid(format!(
                    "count is {count}; at most {MOST_KEYS} can be used"
                )));
            }
            if count > 0 && keys.is_null() {
                return Err(Fault::null("keys"));
            }
            let mut known = Vec::with_capacity(count);
            for at in 0..count {
                known.push(lent_string("key", keys.add(at).read())?.ok_or_else(|| Fault::null("a key"))?);
            }
            Ok(filter.filter.policy().check_section(section, &known)?)
        })
    })
    .into_c()
}
