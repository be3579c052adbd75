//! Who owns what: the ways of a value to C and back.
//!
//! Every handle is a box that C owns from `_new` to `_free`; what handles share (resolver, cache, threads) is counted
//! behind them, so that they may be freed in any order.

use super::outbound::OutboundMonitor;
use super::outbound_assessment::Assessed;
use super::srs::Srs;
use super::srs_outcome::SrsOutcome;
use super::srs_server::SrsServer;
use super::status::Fault;
use super::{context::Context, error::ErrorWords, transaction::Transaction, verdict::Verdict};

/// A type that C owns through a pointer which came from [`give`].
pub(super) trait Handle: Sized {
    /// The parameter's name in the header.
    const NAME: &'static str;
    /// Whether C may use the handle from several threads at a time through a `const` pointer.
    type Shared: Choice;
}

/// Used through `const` pointers by several threads at a time.
pub(super) struct ManyThreads;
/// Used by one thread at a time.
pub(super) struct OneThread;
pub(super) trait Choice {}
impl Choice for ManyThreads {}
impl Choice for OneThread {}

impl Handle for Context {
    const NAME: &'static str = "context";
    type Shared = ManyThreads;
}
impl Handle for Transaction {
    const NAME: &'static str = "transaction";
    type Shared = OneThread;
}
impl Handle for Verdict {
    const NAME: &'static str = "verdict";
    type Shared = ManyThreads;
}
impl Handle for ErrorWords {
    const NAME: &'static str = "error";
    type Shared = ManyThreads;
}
impl Handle for Srs {
    const NAME: &'static str = "srs";
    type Shared = ManyThreads;
}
impl Handle for SrsServer {
    const NAME: &'static str = "server";
    type Shared = ManyThreads;
}
impl Handle for SrsOutcome {
    const NAME: &'static str = "outcome";
    type Shared = ManyThreads;
}
impl Handle for OutboundMonitor {
    const NAME: &'static str = "monitor";
    type Shared = ManyThreads;
}
impl Handle for Assessed {
    const NAME: &'static str = "assessment";
    type Shared = ManyThreads;
}

/// The compiler holds each handle to what the header promises of it.
const _: () = {
    const fn many_threads<T: Handle<Shared = ManyThreads> + Send + Sync>() {}
    const fn one_thread<T: Handle<Shared = OneThread> + Send>() {}
    many_threads::<Context>();
    many_threads::<Verdict>();
    many_threads::<ErrorWords>();
    many_threads::<Srs>();
    many_threads::<SrsOutcome>();
    many_threads::<SrsServer>();
    many_threads::<OutboundMonitor>();
    many_threads::<Assessed>();
    one_thread::<Transaction>();
};

/// Hands a value over to C.
pub(super) fn give<T: Handle>(value: T) -> *mut T {
    Box::into_raw(Box::new(value))
}

/// Takes a value back from C to drop it; NULL is nothing.
///
/// # Safety
/// `handle` is NULL or came from [`give`] and is not used again.
pub(super) unsafe fn take_back<T: Handle>(handle: *mut T) {
    if !handle.is_null() {
        // SAFETY: it came from Box::into_raw in `give`, and the caller gives it up.
        drop(unsafe { Box::from_raw(handle) });
    }
}

/// Borrows a handle for one call.
///
/// # Safety
/// `handle` is NULL or a living handle, which no other thread changes during `'a`.
pub(super) unsafe fn borrow<'a, T: Handle>(handle: *const T) -> Result<&'a T, Fault> {
    // SAFETY: not NULL means living, by the caller.
    unsafe { handle.as_ref() }.ok_or_else(|| Fault::null(T::NAME))
}

/// Borrows a handle for one call that changes it.
///
/// # Safety
/// `handle` is NULL or a living handle, which nobody else uses during `'a`.
pub(super) unsafe fn borrow_mut<'a, T: Handle>(handle: *mut T) -> Result<&'a mut T, Fault> {
    // SAFETY: not NULL means living and used by this call alone, by the caller.
    unsafe { handle.as_mut() }.ok_or_else(|| Fault::null(T::NAME))
}

/// The place where a call leaves a new handle: emptied first, so that a call that fails leaves NULL there.
///
/// # Safety
/// `out` is NULL or a place for a pointer that nobody else uses during `'a`.
pub(super) unsafe fn place<'a, T: Handle>(out: *mut *mut T) -> Result<&'a mut *mut T, Fault> {
    if out.is_null() {
        return Err(Fault::null("out"));
    }
    // SAFETY: a place for a pointer, by the caller; written before it is read, since it may be uninitialized.
    unsafe {
        out.write(std::ptr::null_mut());
        Ok(&mut *out)
    }
}
