//! An error of a call that has no handle to keep it.

use super::handle::{borrow, give, place, take_back};
use super::status::{Code, Fault, MAILREP_OK, Status};
use super::text::keep;
use super::{Border, guard};
use std::ffi::{CString, c_char, c_int};

/// Why a handle could not be made; the caller frees it with mailrep_error_free().
#[derive(Debug)]
pub struct ErrorWords {
    status: c_int,
    message: CString,
}

impl From<Fault> for ErrorWords {
    fn from(fault: Fault) -> Self {
        ErrorWords {
            status: fault.status,
            message: keep(fault.message),
        }
    }
}

/// Runs a call that has no handle to keep its error, and leaves the error where C wants it.
///
/// # Safety
/// By the header's rules: `error` is NULL or a place for a pointer.
pub(super) unsafe fn leave(error: *mut *mut ErrorWords, call: impl FnOnce() -> Status) -> Status {
    let status = guard(call);
    // SAFETY: by the caller.
    if let Ok(place) = unsafe { place(error) } {
        return status.map_err(|fault| {
            let again = Fault {
                status: fault.status,
                message: String::new(),
            };
            *place = give(ErrorWords::from(fault));
            again
        });
    }
    status
}

/// A pointer to a C string that its handle keeps.
pub(super) struct Kept(pub(super) *const c_char);

impl Border for Kept {
    fn panicked(_: &str) -> Kept {
        Kept(c"".as_ptr())
    }
}

/// The sentence that says what went wrong, for a log.
///
/// @param error  may be NULL
/// @return       text that lives as long as the error; "" for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_error_text(error: *const ErrorWords) -> *const c_char {
    guard(|| {
        // SAFETY: the header's rules.
        Kept(match unsafe { borrow(error) } {
            Ok(error) => error.message.as_ptr(),
            Err(_) => c"".as_ptr(),
        })
    })
    .0
}

/// The status that came with the error.
///
/// @param error  may be NULL
/// @return       one of MAILREP_NULL to MAILREP_TRUNCATED; MAILREP_OK for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_error_status(error: *const ErrorWords) -> c_int {
    guard(|| {
        // SAFETY: the header's rules.
        Code(unsafe { borrow(error) }.map_or(MAILREP_OK, |error| error.status))
    })
    .0
}

/// Frees an error and its text.
///
/// @param error  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_error_free(error: *mut ErrorWords) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(error) }
    });
}
