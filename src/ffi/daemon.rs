//! What runs beside a filter.

use super::decision::Decision;
use super::error::{self, ErrorWords};
use super::filter::Filter;
use super::guard;
use super::handle::{Handle, ManyThreads, borrow, give, place, take_back};
use super::status::{Fault, IntoC as _, MAILREP_IO};
use super::text::keep;
use crate::Severity;
use crate::daemon;
use std::ffi::{c_char, c_int, c_void};
use std::sync::Arc;

/// Something failed.
pub const MAILREP_NOTICE_ERROR: c_int = 0;
/// Something an administrator should look at.
pub const MAILREP_NOTICE_WARNING: c_int = 1;
/// Something that was done.
pub const MAILREP_NOTICE_INFO: c_int = 2;

/// What runs beside a filter: threads that tell of alarms, the control socket, SRS servers. Any number of threads may use it at a time.
pub struct Daemon {
    daemon: daemon::Daemon,
}

impl Handle for Daemon {
    const NAME: &'static str = "daemon";
    type Shared = ManyThreads;
}

const _: () = {
    const fn many_threads<T: Send + Sync>() {}
    many_threads::<Daemon>();
};

/// Is told what belongs into the log, by any thread and by several at a time: MAILREP_NOTICE_..., a sentence, and the pointer given beside.
pub type Notify = Option<unsafe extern "C" fn(severity: c_int, text: *const c_char, user: *mut c_void)>;

/// A function of the program's, with the pointer that it wants.
struct Told {
    call: unsafe extern "C" fn(c_int, *const c_char, *mut c_void),
    user: *mut c_void,
}

// SAFETY: by the rules of mailrep_daemon_start() any thread may call it with that pointer.
unsafe impl Send for Told {}
// SAFETY: as above, several at a time.
unsafe impl Sync for Told {}

impl Told {
    fn tell(&self, severity: Severity, text: &str) {
        let severity = match severity {
            Severity::Error => MAILREP_NOTICE_ERROR,
            Severity::Warning => MAILREP_NOTICE_WARNING,
            Severity::Notice => MAILREP_NOTICE_INFO,
        };
        let text = keep(text);
        // SAFETY: by the rules of mailrep_daemon_start(); the text lives as long as the call.
        unsafe { (self.call)(severity, text.as_ptr(), self.user) }
    }
}

/// Complains about what mailrep-milter(8) cannot use in its own sections, "milter" and "log". Programs with other keys there call
/// mailrep_filter_check_section() instead.
///
/// @param filter  may be used by other threads at the same time
/// @param error   where the error is left, with a line for each fault, as for mailrep_filter_read()
/// @return        MAILREP_OK; MAILREP_NULL; MAILREP_INVALID
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_daemon_check_settings(
    filter: *const Filter,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for both arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let filter = borrow(filter)?;
            Ok(daemon::check_settings(filter.filter().policy())?)
        })
    })
    .into_c()
}

/// Starts what the policy of a filter asks for beside filtering: who is told of alarms ([outbound]), the control socket ([control]), SRS
/// servers ([srs]). The threads take no signals if the calling thread has blocked them. In a child of this process there are none.
///
/// @param filter  may be freed while the daemon runs
/// @param notify  is told what belongs into the log; NULL is nobody. It must not call mailrep_daemon_stop()
/// @param user    is handed to notify; it has to live as long as the daemon
/// @param out     where the daemon is left, to be ended with mailrep_daemon_stop(); NULL is left on failure
/// @param error   where the error is left, as for mailrep_filter_read()
/// @return        MAILREP_OK; MAILREP_NULL; MAILREP_SYSTEM: an address or socket that cannot be listened on, or no thread
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_daemon_start(
    filter: *const Filter,
    notify: Notify,
    user: *mut c_void,
    out: *mut *mut Daemon,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let filter = borrow(filter)?;
            let notify: daemon::Notify = match notify {
                Some(call) => {
                    let told = Told { call, user };
                    Arc::new(move |severity, text: &str| told.tell(severity, text))
                }
                None => Arc::new(|_, _: &str| ()),
            };
            let daemon = daemon::Daemon::start(filter.filter(), notify)?;
            *out = give(Daemon { daemon });
            Ok(())
        })
    })
    .into_c()
}

/// Goes on with another filter, as after mailrep_filter_reload(). What cannot be changed without a restart is told to notify.
///
/// @param daemon  may be used by other threads at the same time
/// @param filter  may be freed while the daemon runs
/// @return        MAILREP_OK; MAILREP_NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_daemon_exchange(daemon: *const Daemon, filter: *const Filter) -> c_int {
    guard(|| {
        // SAFETY: the header's rules.
        let (daemon, filter) = unsafe { (borrow(daemon)?, borrow(filter)?) };
        daemon.daemon.exchange(filter.filter());
        Ok(())
    })
    .into_c()
}

/// Tells of a decision that was carried out: a new alarm is announced, mail that is held for one is remembered. It does not wait.
///
/// @param daemon    may be used by other threads at the same time
/// @param decision  may be freed afterwards
/// @return          MAILREP_OK; MAILREP_NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_daemon_told(daemon: *const Daemon, decision: *const Decision) -> c_int {
    guard(|| {
        // SAFETY: the header's rules.
        let (daemon, decision) = unsafe { (borrow(daemon)?, borrow(decision)?) };
        daemon.daemon.told(decision.decision());
        Ok(())
    })
    .into_c()
}

/// Writes what is known of accounts, as mailrep_filter_save_state() does, and which of them have alarms.
///
/// @param daemon  may be used by other threads at the same time
/// @param error   where the error is left, as for mailrep_filter_read()
/// @return        MAILREP_OK; MAILREP_NULL; MAILREP_IO: what was written before is kept
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_daemon_save(daemon: *const Daemon, error: *mut *mut ErrorWords) -> c_int {
    // SAFETY: the header's rules, for both arguments.
    guard(|| unsafe {
        error::leave(error, || {
            borrow(daemon)?.daemon.save().map_err(|message| Fault {
                status: MAILREP_IO,
                message,
            })
        })
    })
    .into_c()
}

/// Ends it: alarms that wait are announced first, as many as can be within 10 seconds; the others are told to notify.
///
/// @param daemon  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_daemon_stop(daemon: *mut Daemon) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(daemon) }
    });
}
