//! Who owns what: the ways of a value to C and back.
//!
//! Every handle is a box that C owns from `_new` to `_free`; what handles share (resolver, cache, threads) is counted
//! behind them, so that they may be freed in any order. C points to a slot that knows which kind of handle it is and whether it was
//! freed or is in use, so that mistakes become a status.

use super::auth_results::AuthResults;
use super::check::Checks;
use super::outbound::OutboundMonitor;
use super::outbound_assessment::Assessed;
use super::signer::{Signer, Table};
use super::signing::Signing;
use super::signing_key::Key;
use super::spf::SpfCheck;
use super::srs::Srs;
use super::srs_outcome::SrsOutcome;
use super::srs_server::SrsServer;
use super::status::Fault;
use super::{context::Context, error::ErrorWords, transaction::Transaction, verdict::Verdict};
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

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
impl Handle for Checks {
    const NAME: &'static str = "checks";
    type Shared = ManyThreads;
}
impl Handle for SpfCheck {
    const NAME: &'static str = "spf";
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
impl Handle for Key {
    const NAME: &'static str = "key";
    type Shared = ManyThreads;
}
impl Handle for Signer {
    const NAME: &'static str = "signer";
    type Shared = ManyThreads;
}
impl Handle for Table {
    const NAME: &'static str = "table";
    type Shared = ManyThreads;
}
impl Handle for Signing {
    const NAME: &'static str = "signing";
    type Shared = OneThread;
}
impl Handle for AuthResults {
    const NAME: &'static str = "results";
    type Shared = ManyThreads;
}

/// The compiler holds each handle to what the header promises of it.
const _: () = {
    const fn many_threads<T: Handle<Shared = ManyThreads> + Send + Sync>() {}
    const fn one_thread<T: Handle<Shared = OneThread> + Send>() {}
    many_threads::<Context>();
    many_threads::<Verdict>();
    many_threads::<ErrorWords>();
    many_threads::<Checks>();
    many_threads::<SpfCheck>();
    many_threads::<Srs>();
    many_threads::<SrsOutcome>();
    many_threads::<SrsServer>();
    many_threads::<OutboundMonitor>();
    many_threads::<Assessed>();
    many_threads::<Key>();
    many_threads::<Signer>();
    many_threads::<Table>();
    many_threads::<AuthResults>();
    one_thread::<Transaction>();
    one_thread::<Signing>();
};

/// What C points to. It outlives its value, so that a handle which is used after its free is noticed: see [`retire`].
struct Slot<T> {
    /// Which kind of handle it is, whether it is in use, or that it was freed.
    mark: AtomicUsize,
    /// Null once the handle was freed.
    value: AtomicPtr<T>,
}

/// The mark of a handle that was freed.
const FREED: usize = 0x6672_6565;
/// What a mark has while a call that changes the handle is under way.
const BUSY: usize = 1;

/// The mark of living handles of one kind, by its name (FNV-1a).
const fn mark<T: Handle>() -> usize {
    let name = T::NAME.as_bytes();
    let mut hash: u32 = 0x811c_9dc5;
    let mut at = 0;
    while at < name.len() {
        hash = (hash ^ name[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash as usize) << 1 & !BUSY
}

/// Hands a value over to C.
pub(super) fn give<T: Handle>(value: T) -> *mut T {
    let slot = Slot {
        mark: AtomicUsize::new(mark::<T>()),
        value: AtomicPtr::new(Box::into_raw(Box::new(value))),
    };
    Box::into_raw(Box::new(slot)).cast()
}

/// Looks at what C points to.
///
/// # Safety
/// `handle` is NULL, or came from [`give`] for a handle of any kind, freed or not.
unsafe fn slot<'a, T: Handle>(handle: *const T) -> Result<&'a Slot<T>, Fault> {
    let slot = handle.cast::<Slot<T>>();
    if slot.is_null() {
        return Err(Fault::null(T::NAME));
    }
    if !slot.is_aligned() {
        return Err(Fault::no_handle(T::NAME));
    }
    // SAFETY: by the caller; slots have one layout for all kinds, and stay for a while after their handle was freed.
    Ok(unsafe { &*slot })
}

impl<T: Handle> Slot<T> {
    fn fault(&self, mark: usize) -> Fault {
        if mark == self::mark::<T>() | BUSY {
            Fault::busy(T::NAME)
        } else {
            Fault::no_handle(T::NAME)
        }
    }
}

/// Takes a value back from C to drop it; NULL is nothing, and so is what was freed already or is in use by another call.
///
/// # Safety
/// As [`slot`].
pub(super) unsafe fn take_back<T: Handle>(handle: *mut T) {
    // SAFETY: by the caller.
    let Ok(slot) = (unsafe { slot(handle.cast_const()) }) else {
        return;
    };
    let (mine, order) = (mark::<T>(), Ordering::AcqRel);
    if slot
        .mark
        .compare_exchange(mine, FREED, order, Ordering::Relaxed)
        .is_err()
    {
        return;
    }
    let value = slot.value.swap(ptr::null_mut(), Ordering::AcqRel);
    // SAFETY: it came from Box::into_raw in `give`, and only the call that changed the mark gets here.
    let value = unsafe { Box::from_raw(value) };
    // SAFETY: a slot of `give` that was freed just now.
    unsafe { retire(handle.cast()) };
    drop(value);
}

/// The slots of the handles that were freed last.
static RETIRED: [AtomicPtr<Slot<()>>; 1024] = [const { AtomicPtr::new(ptr::null_mut()) }; 1024];
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// Keeps the slot of a handle until that many others were freed, and only then gives its memory back.
///
/// # Safety
/// `slot` came from [`give`], its value was taken, and it is given up.
unsafe fn retire(slot: *mut Slot<()>) {
    let place = &RETIRED[NEXT.fetch_add(1, Ordering::Relaxed) % RETIRED.len()];
    let old = place.swap(slot, Ordering::AcqRel);
    if !old.is_null() {
        // SAFETY: it came from Box::into_raw in `give`, where a slot has this layout whatever its kind, and was in the list
        // once. It has nothing to drop.
        drop(unsafe { Box::from_raw(old) });
    }
}

// What `retire` rests on.
const _: () = {
    assert!(size_of::<Slot<()>>() == size_of::<Slot<ErrorWords>>());
    assert!(align_of::<Slot<()>>() == align_of::<Slot<ErrorWords>>());
};

/// Borrows a handle for one call.
///
/// # Safety
/// As [`slot`], and nobody frees the handle during `'a`.
pub(super) unsafe fn borrow<'a, T: Handle>(handle: *const T) -> Result<&'a T, Fault> {
    // SAFETY: by the caller.
    let slot = unsafe { slot(handle) }?;
    let mark = slot.mark.load(Ordering::Acquire);
    if mark != self::mark::<T>() {
        return Err(slot.fault(mark));
    }
    // SAFETY: a handle of this kind that was not freed has a value, which nobody changes now or frees during `'a`.
    unsafe { slot.value.load(Ordering::Acquire).as_ref() }.ok_or_else(|| Fault::no_handle(T::NAME))
}

/// A handle that this call alone may use, for as long as this lives.
pub(super) struct Exclusive<'a, T: Handle> {
    slot: &'a Slot<T>,
    value: &'a mut T,
}

impl<T: Handle> Deref for Exclusive<'_, T> {
    type Target = T;
    fn deref(&self) -> &T {
        self.value
    }
}

impl<T: Handle> DerefMut for Exclusive<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value
    }
}

impl<T: Handle> Drop for Exclusive<'_, T> {
    fn drop(&mut self) {
        self.slot.mark.store(mark::<T>(), Ordering::Release);
    }
}

/// Borrows a handle for one call that changes it. A second such call that comes meanwhile, from another thread or out of a
/// callback, is refused.
///
/// # Safety
/// As [`slot`].
pub(super) unsafe fn borrow_mut<'a, T: Handle>(handle: *mut T) -> Result<Exclusive<'a, T>, Fault> {
    // SAFETY: by the caller.
    let slot = unsafe { slot(handle.cast_const()) }?;
    let (mine, order) = (mark::<T>(), Ordering::AcqRel);
    slot.mark
        .compare_exchange(mine, mine | BUSY, order, Ordering::Acquire)
        .map_err(|mark| slot.fault(mark))?;
    // SAFETY: a handle of this kind that was not freed has a value; while it is marked as busy nobody else uses or frees it.
    let value = unsafe { &mut *slot.value.load(Ordering::Acquire) };
    Ok(Exclusive { slot, value })
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::status::{MAILREP_BUSY, MAILREP_HANDLE};
    use super::*;

    fn words() -> *mut ErrorWords {
        give(ErrorWords::from(Fault::invalid("words")))
    }

    #[test]
    fn a_handle_that_was_freed_is_told_from_one_that_lives() {
        // SAFETY: handles of `give`.
        unsafe {
            let error = words();
            assert!(borrow(error.cast_const()).is_ok());
            take_back(error);
            assert_eq!(borrow(error.cast_const()).err().unwrap().status, MAILREP_HANDLE);
            assert_eq!(borrow_mut(error).err().unwrap().status, MAILREP_HANDLE);
            take_back(error);
        }
    }

    #[test]
    fn a_handle_of_another_kind_is_none() {
        // SAFETY: a handle of `give`, of another kind.
        unsafe {
            let error = words();
            let verdict = error.cast::<Verdict>();
            assert_eq!(borrow(verdict.cast_const()).err().unwrap().status, MAILREP_HANDLE);
            take_back(verdict);
            assert!(borrow(error.cast_const()).is_ok());
            take_back(error);
        }
    }

    #[test]
    fn a_second_call_at_the_same_time_is_refused_and_so_is_a_free() {
        // SAFETY: a handle of `give`.
        unsafe {
            let error = words();
            let first = borrow_mut(error).unwrap();
            assert_eq!(borrow_mut(error).err().unwrap().status, MAILREP_BUSY);
            assert_eq!(borrow(error.cast_const()).err().unwrap().status, MAILREP_BUSY);
            take_back(error);
            drop(first);
            assert!(borrow_mut(error).is_ok());
            take_back(error);
        }
    }
}
