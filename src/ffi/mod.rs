//! The C ABI, from which `include/mailrep.h` is generated.
//!
//! The documentation here is written for C programs: it becomes the header. What every function relies on stands at
//! the header's top (`cbindgen.toml`), namely that pointers are NULL or valid and that a handle without `const` is
//! used by one thread at a time; the `SAFETY` comments below call this "the header's rules".
//!
//! Every entry point runs inside `guard`, so that no panic crosses the border, and every return type declares, by
//! `Border`, the value that means "it panicked".
// The only place where this is allowed: pointers from C have to be followed.
#![allow(unsafe_code)]
// The rules that callers keep are the same for all functions and stand once, at the top of the header.
#![allow(clippy::missing_safety_doc)]
#![deny(unsafe_op_in_unsafe_fn)]
// What looks like a link in documentation for C is not one: "[2001:db8::53]:5353", data[length].
#![allow(rustdoc::broken_intra_doc_links)]

pub mod auth_results;
pub mod check;
pub mod codes;
pub mod context;
pub mod daemon;
pub mod decision;
mod desk;
mod dmarc_policy;
pub mod dns;
pub mod error;
pub mod filter;
pub mod filter_session;
mod handle;
pub mod options;
pub mod outbound;
pub mod outbound_assessment;
pub mod outbound_batch;
pub mod outbound_options;
pub mod signer;
pub mod signing;
pub mod signing_key;
pub mod spf;
pub mod spf_policy;
pub mod srs;
pub mod srs_options;
pub mod srs_outcome;
pub mod srs_server;
pub mod status;
pub mod text;
pub mod trace;
pub mod transaction;
pub mod verdict;
pub mod verdict_dmarc;
mod views;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a function of the ABI can return.
trait Border {
    /// What C gets when the function panicked; `why` is the panic's message.
    fn panicked(why: &str) -> Self;
}

/// Runs an entry point; a panic in it becomes the value that its type declares.
fn guard<R: Border>(call: impl FnOnce() -> R) -> R {
    // Unwind safety: what the call may have left half-done is a transaction, which marks itself as unusable
    // (`transaction::Transaction::run`), or a value under construction, which is dropped.
    match catch_unwind(AssertUnwindSafe(call)) {
        Ok(value) => value,
        Err(payload) => {
            let value = R::panicked(message(&*payload));
            // A payload's own drop may panic.
            let _ = catch_unwind(AssertUnwindSafe(move || drop(payload)));
            value
        }
    }
}

/// The words of a panic.
fn message(payload: &(dyn Any + Send)) -> &str {
    match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (None, Some(text)) => text,
        (None, None) => "a panic without words",
    }
}

impl Border for () {
    fn panicked(_: &str) {}
}

impl Border for usize {
    fn panicked(_: &str) -> usize {
        0
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic)]
    use super::status::{IntoC as _, MAILREP_PANIC, Status};
    use super::*;

    #[test]
    fn a_panic_becomes_the_value_that_the_type_declares() {
        assert_eq!(guard(|| -> Status { panic!("in words") }).into_c(), MAILREP_PANIC);
        assert_eq!(guard(|| -> usize { panic!("number {}", 1) }), 0);
        assert_eq!(guard(|| 7_usize), 7);
    }

    #[test]
    fn a_payload_whose_drop_panics_does_not_unwind() {
        struct Nasty;
        impl Drop for Nasty {
            fn drop(&mut self) {
                panic!("again");
            }
        }
        assert_eq!(guard(|| -> usize { std::panic::panic_any(Nasty) }), 0);
    }
}
