//! Stolen accounts: how accounts send.

use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, give, place, take_back};
use super::outbound_assessment::Assessed;
use super::outbound_options::{self, OutboundOptions};
use super::status::{Fault, IntoC as _, MAILREP_INVALID, MAILREP_IO, Status};
use super::text::{Octets, lent, lent_string};
use crate::outbound::{Event, EventError, Monitor, MonitorError, MonitorOptions, Recipients, SnapshotError};
use std::ffi::{c_char, c_int, c_void};
use std::path::Path;

/// Watches how accounts send, and raises an alarm for one that sends as its owner never did. Any number of threads may use it at a time;
/// two accounts seldom wait for one another.
pub struct OutboundMonitor {
    pub(super) monitor: Monitor,
}

/// Makes a monitor that knows no account yet.
///
/// @param options  from mailrep_monitor_options_init(); not needed any more after the call
/// @param out      where the monitor is left, to be freed with mailrep_monitor_free(); NULL is left on failure
/// @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The
///                 argument may be NULL if words are not wanted
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used, a file that has no key or no prior
///                 among them; MAILREP_IO; MAILREP_SYSTEM
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_new(
    options: *const OutboundOptions,
    out: *mut *mut OutboundMonitor,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all three arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let (given, options) = outbound_options::read(options)?;
            let monitor = Monitor::new(given.key()?, options)?;
            *out = give(OutboundMonitor { monitor });
            Ok(())
        })
    })
    .into_c()
}

/// Makes a monitor as mailrep_monitor_save() wrote it, with its key. What was known is kept even if the options have less room.
///
/// @param path     the file, which is never changed
/// @param options  from mailrep_monitor_options_init(); key and key_file are not used. Not needed any more after the call
/// @param out      where the monitor is left, to be freed with mailrep_monitor_free(); NULL is left on failure
/// @param error    where the error is left, as for mailrep_monitor_new()
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used, and for a file that is damaged, of a later
///                 version or something else; MAILREP_IO if it cannot be read or is not there
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_restore(
    path: *const c_char,
    options: *const OutboundOptions,
    out: *mut *mut OutboundMonitor,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let path = lent_string("path", path)?.ok_or_else(|| Fault::null("path"))?;
            let (_, options) = outbound_options::read(options)?;
            let monitor =
                Monitor::restore(Path::new(path), options).map_err(|error| state(path, "read", &error))?;
            *out = give(OutboundMonitor { monitor });
            Ok(())
        })
    })
    .into_c()
}

/// Writes all that is known into a file, for its owner alone (mode 0600), since the key is in it. Names and addresses cannot be read back
/// from it.
///
/// It is written beside and takes the file's place when all of it is on the disk: whatever happens, there is the old one or the new
/// one. Messages can be observed in the meantime.
///
/// @param monitor  may be used by other threads at the same time
/// @param path     the file
/// @param error    where the error is left, as for mailrep_monitor_new()
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_IO
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_save(
    monitor: *const OutboundMonitor,
    path: *const c_char,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let monitor = borrow(monitor)?;
            let path = lent_string("path", path)?.ok_or_else(|| Fault::null("path"))?;
            let saved = monitor.monitor.save(Path::new(path));
            saved.map_err(|error| state(path, "written", &error))
        })
    })
    .into_c()
}

/// Takes in what another host's monitor knows, as if one host had seen the messages of both. The other one stays as it is. Each message may
/// have been observed by one of them only.
///
/// @param monitor  may be used by other threads at the same time
/// @param other    the same; a monitor that has the same key, since it was restored from the same file once, or given the key
/// @param error    where the error is left, as for mailrep_monitor_new()
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for another key, or if both are one
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_merge(
    monitor: *const OutboundMonitor,
    other: *const OutboundMonitor,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let ours = borrow(monitor)?;
            let theirs = borrow(other).map_err(|_| Fault::null("other"))?;
            if std::ptr::eq(monitor, other) {
                return Err(Fault::invalid(
                    "other is the same monitor: each message would count twice",
                ));
            }
            let mut copy = Vec::new();
            let written = theirs.monitor.write_snapshot(&mut copy);
            // What was known is kept, and no room beyond is asked for.
            let no_room = MonitorOptions {
                novelty_octets: 0,
                accounts: 0,
                ..MonitorOptions::default()
            };
            written
                .map_err(SnapshotError::from)
                .and_then(|()| Monitor::read_snapshot(copy.as_slice(), no_room))
                .and_then(|copy| ours.monitor.merge(copy))
                .map_err(|error| Fault::invalid(format!("the two cannot be merged: {error}")))
        })
    })
    .into_c()
}

/// Frees a monitor. Assessments that came from it stay usable.
///
/// @param monitor  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_free(monitor: *mut OutboundMonitor) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(monitor) }
    });
}

/// Takes notice of a message, of which it is not known who of its recipients is new to the account; and judges the account.
///
/// @param monitor         may be used by other threads at the same time
/// @param account         who sent it, as the server authenticated him: 1 to 1,024 octets, compared as they are
/// @param account_length  how many octets
/// @param time            when: seconds since 1970-01-01T00:00:00Z, with fractions
/// @param recipients      how many it has, at least 1
/// @param out             where the assessment is left, to be freed with mailrep_assessment_free(); NULL is left on failure
/// @param error           where the error is left, as for mailrep_monitor_new()
/// @return                MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a message that cannot be: nothing was counted
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_observe(
    monitor: *const OutboundMonitor,
    account: *const c_void,
    account_length: usize,
    time: f64,
    recipients: u32,
    out: *mut *mut Assessed,
    error: *mut *mut ErrorWords,
) -> c_int {
    let account = Octets {
        data: account,
        length: account_length,
    };
    // SAFETY: the header's rules.
    guard(|| unsafe { observe(monitor, account, time, Recipients::Count(recipients), out, error) }).into_c()
}

/// As mailrep_monitor_observe(), of a message of which the program knows to how many of its recipients the account never wrote before.
///
/// @param monitor         may be used by other threads at the same time
/// @param account         as for mailrep_monitor_observe()
/// @param account_length  how many octets
/// @param time            as for mailrep_monitor_observe()
/// @param recipients      how many it has, at least 1
/// @param new_recipients  how many of them are new to the account; more than recipients counts as recipients
/// @param out             as for mailrep_monitor_observe()
/// @param error           as for mailrep_monitor_observe()
/// @return                as from mailrep_monitor_observe()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_observe_counted(
    monitor: *const OutboundMonitor,
    account: *const c_void,
    account_length: usize,
    time: f64,
    recipients: u32,
    new_recipients: u32,
    out: *mut *mut Assessed,
    error: *mut *mut ErrorWords,
) -> c_int {
    let account = Octets {
        data: account,
        length: account_length,
    };
    let recipients = Recipients::Counted {
        all: recipients,
        new: new_recipients,
    };
    // SAFETY: the header's rules.
    guard(|| unsafe { observe(monitor, account, time, recipients, out, error) }).into_c()
}

/// As mailrep_monitor_observe(), with the recipients' addresses, of which the monitor finds out who is new. Thefts are noticed much
/// earlier so; addresses are not kept.
///
/// @param monitor         may be used by other threads at the same time
/// @param account         as for mailrep_monitor_observe()
/// @param account_length  how many octets
/// @param time            as for mailrep_monitor_observe()
/// @param addresses       the recipients, without angle brackets; letter case does not matter
/// @param count           how many, at least 1
/// @param out             as for mailrep_monitor_observe()
/// @param error           as for mailrep_monitor_observe()
/// @return                as from mailrep_monitor_observe()
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_observe_addresses(
    monitor: *const OutboundMonitor,
    account: *const c_void,
    account_length: usize,
    time: f64,
    addresses: *const Octets,
    count: usize,
    out: *mut *mut Assessed,
    error: *mut *mut ErrorWords,
) -> c_int {
    let account = Octets {
        data: account,
        length: account_length,
    };
    // SAFETY: the header's rules.
    guard(|| unsafe {
        // Emptied on every way out.
        let emptied = place(out).map(drop);
        let addresses = views("addresses", addresses, count).and_then(|views| {
            let lent = |view: &Octets| lent("address", view.data, view.length);
            views.iter().map(lent).collect::<Result<Vec<&[u8]>, Fault>>()
        });
        match emptied.and(addresses) {
            Ok(addresses) => observe(
                monitor,
                account,
                time,
                Recipients::Addresses(&addresses),
                out,
                error,
            ),
            Err(fault) => error::leave(error, || Err(fault)),
        }
    })
    .into_c()
}

/// Says that what raised the account's alarm was legitimate: the alarm ends, and as much and some more will not raise it again.
///
/// @param monitor  may be used by other threads at the same time
/// @param account  its name
/// @param length   how many octets
/// @param was      where 1 is left if an alarm was open, and 0 if there was none and nothing was changed; may be NULL
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a length beyond memory
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_acknowledge(
    monitor: *const OutboundMonitor,
    account: *const c_void,
    length: usize,
    was: *mut c_int,
) -> c_int {
    // SAFETY: the header's rules.
    guard(|| unsafe { tell(Monitor::acknowledge, monitor, account, length, was) }).into_c()
}

/// Says that so many recipients of an account's messages could not be delivered to: they bounced, or were refused. It raises no alarm, but
/// lowers the account's limits for the next messages: with ten failed recipients within a day to half, with five to two thirds.
///
/// @param monitor     may be used by other threads at the same time
/// @param account     its name
/// @param length      how many octets
/// @param recipients  how many
/// @return            MAILREP_OK, also for an account that is not known, of which nothing is kept; MAILREP_NULL; MAILREP_INVALID for a length
///                    beyond memory
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_failed(
    monitor: *const OutboundMonitor,
    account: *const c_void,
    length: usize,
    recipients: u32,
) -> c_int {
    let failed = |monitor: &Monitor, account: &[u8]| monitor.failed(account, recipients);
    // SAFETY: the header's rules.
    guard(|| unsafe { tell(failed, monitor, account, length, std::ptr::null_mut()) }).into_c()
}

/// Says that what raised the account's alarm was a theft, and that it is over: the password has been changed. The alarm ends, no limit rises,
/// and what is left in the counters raises it no more.
///
/// @param monitor  may be used by other threads at the same time
/// @param account  its name
/// @param length   how many octets
/// @param was      where 1 is left if an alarm was open, and 0 if there was none and nothing was changed; may be NULL
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a length beyond memory
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_release(
    monitor: *const OutboundMonitor,
    account: *const c_void,
    length: usize,
    was: *mut c_int,
) -> c_int {
    // SAFETY: the header's rules.
    guard(|| unsafe { tell(Monitor::release, monitor, account, length, was) }).into_c()
}

/// Forgets what an account has sent and what was acknowledged, as if it had never sent. What was declared, and a tolerance of its own,
/// stay.
///
/// @param monitor  may be used by other threads at the same time
/// @param account  its name
/// @param length   how many octets
/// @param was      where 1 is left if it was known, otherwise 0; may be NULL
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a length beyond memory
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_reset(
    monitor: *const OutboundMonitor,
    account: *const c_void,
    length: usize,
    was: *mut c_int,
) -> c_int {
    // SAFETY: the header's rules.
    guard(|| unsafe { tell(Monitor::reset, monitor, account, length, was) }).into_c()
}

/// Declares that an account sends to so many recipients, on a day or at once: a newsletter, a list. Of it nothing else is watched.
///
/// @param monitor     may be used by other threads at the same time
/// @param account     its name
/// @param length      how many octets
/// @param recipients  how many; 0 takes the declaration back
/// @return            MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a length beyond memory
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_allow(
    monitor: *const OutboundMonitor,
    account: *const c_void,
    length: usize,
    recipients: u32,
) -> c_int {
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let (monitor, account) = unsafe { (borrow(monitor)?, lent("account", account, length)?) };
        monitor.monitor.allow(account, recipients);
        Ok(())
    })
    .into_c()
}

/// Gives an account a tolerance of its own.
///
/// @param monitor  may be used by other threads at the same time
/// @param account  its name
/// @param length   how many octets
/// @param false_alarms_per_account_year  above 0 and up to 10; 0 takes it back
/// @param error    where the error is left, as for mailrep_monitor_new()
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for another number, or if as many accounts have one as there may be
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_set_tolerance(
    monitor: *const OutboundMonitor,
    account: *const c_void,
    length: usize,
    false_alarms_per_account_year: f64,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules.
    guard(|| unsafe {
        error::leave(error, || {
            let (monitor, account) = (borrow(monitor)?, lent("account", account, length)?);
            let tolerance = Some(false_alarms_per_account_year).filter(|&alarms| alarms != 0.0);
            Ok(monitor.monitor.set_tolerance(account, tolerance)?)
        })
    })
    .into_c()
}

/// Whether an alarm is open for an account, and why. Nothing is counted.
///
/// @param monitor  may be used by other threads at the same time
/// @param account  its name
/// @param length   how many octets
/// @param out      where the assessment is left, to be freed with mailrep_assessment_free(); NULL is left on failure
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a length beyond memory
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_alarm(
    monitor: *const OutboundMonitor,
    account: *const c_void,
    length: usize,
    out: *mut *mut Assessed,
) -> c_int {
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let (out, monitor, account) =
            unsafe { (place(out)?, borrow(monitor)?, lent("account", account, length)?) };
        let is_known = monitor.monitor.habits(account).is_some_and(|habits| habits.known);
        *out = give(Assessed::of_account(monitor.monitor.alarm(account), is_known));
        Ok(())
    })
    .into_c()
}

/// How many accounts have an open alarm.
///
/// @param monitor  may be used by other threads at the same time; may be NULL
/// @return         0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_alarmed(monitor: *const OutboundMonitor) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { borrow(monitor) }.map_or(0, |monitor| monitor.monitor.alarmed()))
}

/// How many accounts are watched.
///
/// @param monitor  may be used by other threads at the same time; may be NULL
/// @return         0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_accounts(monitor: *const OutboundMonitor) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { borrow(monitor) }.map_or(0, |monitor| monitor.monitor.accounts()))
}

/// How many octets of memory all takes that is kept of accounts.
///
/// @param monitor  may be used by other threads at the same time; may be NULL
/// @return         0 for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_octets(monitor: *const OutboundMonitor) -> usize {
    // SAFETY: the header's rules.
    guard(|| unsafe { borrow(monitor) }.map_or(0, |monitor| monitor.monitor.octets()))
}

/// # Safety
/// By the header's rules: `monitor` is NULL or living, `account` is NULL or has its octets, `out` and `error` are NULL or places for a
/// pointer.
unsafe fn observe(
    monitor: *const OutboundMonitor,
    account: Octets,
    time: f64,
    recipients: Recipients<'_>,
    out: *mut *mut Assessed,
    error: *mut *mut ErrorWords,
) -> Status {
    // SAFETY: by the caller.
    unsafe {
        error::leave(error, || {
            let (out, monitor) = (place(out)?, borrow(monitor)?);
            let event = Event {
                time,
                account: lent("account", account.data, account.length)?,
                recipients,
            };
            *out = give(Assessed::from(monitor.monitor.observe(&event)?));
            Ok(())
        })
    }
}

/// # Safety
/// By the header's rules: `monitor` is NULL or living, `account` is NULL or has `length` octets, `was` is NULL or a place for a number.
unsafe fn tell(
    what: impl FnOnce(&Monitor, &[u8]) -> bool,
    monitor: *const OutboundMonitor,
    account: *const c_void,
    length: usize,
    was: *mut c_int,
) -> Status {
    // SAFETY: by the caller.
    let (monitor, account, was) = unsafe {
        if !was.is_null() {
            was.write(0);
        }
        (borrow(monitor)?, lent("account", account, length)?, was.as_mut())
    };
    let told = what(&monitor.monitor, account);
    if let Some(was) = was {
        *was = told.into();
    }
    Ok(())
}

/// Reads an array that C lends.
///
/// # Safety
/// `data` is NULL or an array of `count` values that nobody changes during `'a`, and every pattern of octets is a value.
pub(super) unsafe fn views<'a, T>(what: &str, data: *const T, count: usize) -> Result<&'a [T], Fault> {
    if count == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Fault::null(what));
    }
    let octets = count.checked_mul(size_of::<T>());
    if octets.is_none_or(|octets| isize::try_from(octets).is_err()) {
        return Err(Fault::invalid(format!(
            "{what}: {count} are more than memory can hold"
        )));
    }
    if !data.is_aligned() {
        return Err(Fault::invalid(format!("{what} is not aligned")));
    }
    // SAFETY: not NULL, aligned, `count` values that are not changed by the caller's promise, no more than isize::MAX octets.
    Ok(unsafe { std::slice::from_raw_parts(data, count) })
}

impl From<EventError> for Fault {
    fn from(error: EventError) -> Fault {
        Fault::invalid(error.to_string())
    }
}

impl From<MonitorError> for Fault {
    fn from(error: MonitorError) -> Fault {
        Fault::invalid(error.to_string())
    }
}

fn state(path: &str, done: &str, error: &SnapshotError) -> Fault {
    let status = match error {
        SnapshotError::Io(_) => MAILREP_IO,
        _ => MAILREP_INVALID,
    };
    let message = match error {
        // It is not the file's fault.
        SnapshotError::Monitor(error) => error.to_string(),
        SnapshotError::Io(_) => format!("{path} cannot be {done}: {error}"),
        _ => format!("{path} cannot be used: {error}"),
    };
    Fault { status, message }
}
