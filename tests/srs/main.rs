//! SRS: the bundled table and the vectors of others, through Rust and through the command line; properties; and PostSRSd itself.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod case;
#[cfg(feature = "cli")]
mod command_line;
mod deviations;
mod postsrsd;
mod properties;
mod rust;
