//! Notices within a few messages that an account has been stolen, by the way it sends.
//!
//! A person's messages come in bursts that fall into few slots of time, and go to people he has written to before. A thief's program
//! sends evenly, to strangers. A [`Monitor`] keeps some twenty decaying counters for each account, of slots of time that have a
//! message to somebody new, of recipients, and of messages; it learns how high they go on a usual day of all accounts and of
//! this one, and raises an alarm when one is higher than chance allows.
//!
//! There is one dial, the false alarms that are tolerated in a year of an account. Nothing is learned while an alarm is open, nor more
//! of a day than a thousandth of all days have, so that a thief cannot teach the monitor what he is about to do. Neither accounts' names nor addresses
//! are kept.

mod account;
mod assessment;
mod channel;
mod event;
mod fit;
mod habits;
mod host;
mod key;
mod monitor;
mod novelty;
mod octets;
pub mod postfix;
mod prior;
mod snapshot;
mod table;
#[cfg(test)]
mod tests;

pub use assessment::{Assessment, Evidence, HostEvidence};
pub use event::{Event, EventError, Recipients};
pub use fit::{FitError, Sent, fit, fit_without};
pub use habits::{Habit, Habits};
pub use key::Key;
pub use monitor::{Monitor, MonitorError, MonitorOptions};
pub use prior::{Prior, PriorError};
pub use snapshot::SnapshotError;
