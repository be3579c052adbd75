//! Mail reputation: is a message what it claims to be?
//!
//! `mailrep` checks SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989), streams messages of any size in
//! bounded memory, and says for every verdict why it came out so. See the [`transaction`] module for a
//! whole message, and [`spf`], [`dkim`] and [`dmarc`] for one check alone. [`srs`] rewrites envelope senders of forwarded mail.
//!
//! Evaluators are futures over [`dns::Resolver`] and need no runtime. With the default feature `hickory`
//! there is a resolver for the network and a [`driver`] that runs the futures. With the default feature `report`, DMARC
//! reports are made and read, in the module `report`.

pub mod auth_results;
pub mod clock;
#[cfg(feature = "filter")]
pub mod daemon;
pub mod dkim;
pub mod dmarc;
pub mod dns;
#[cfg(feature = "hickory")]
pub mod driver;
mod error;
#[cfg(feature = "capi")]
pub mod ffi;
#[cfg(feature = "filter")]
pub mod filter;
pub mod iprev;
pub mod json;
pub mod limits;
pub mod message;
pub mod network;
pub mod outbound;
mod private_file;
mod process;
#[cfg(feature = "report")]
pub mod report;
mod severity;
mod slip;
pub mod spf;
pub mod srs;
pub mod trace;
pub mod transaction;

pub use error::Error;
pub use limits::Limits;
pub use severity::Severity;
