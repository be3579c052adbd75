//! The milter in a real Postfix: what becomes of mail that comes in, goes out, is forwarded, and of the milter itself when things go wrong.

#![cfg(feature = "cli")]
#![allow(unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod host;
mod inbound;
mod life;
mod milter;
mod odd;
mod outbound;
mod protocol;
mod srs;
#[path = "../support/mod.rs"]
mod support;
mod verdicts;
