//! DMARC reports: what receivers tell a domain owner of the mail that bears the domain.
//!
//! [`Tally`] counts verdicts and makes aggregate reports of them (RFC 9990), [`failure()`] makes a failure report of one (RFC 9991).
//! [`read()`] reads the aggregate reports that others send, as they come: XML, gzip, zip, whole mails. [`Summary`] adds them up: who
//! sends as us, how much, and whether it is aligned.
//!
//! The XML and the fields of failure reports are written and read by the crate `mail-auth`; no other module knows it, and none of its
//! types is part of a signature here. What it is given to read was unpacked and bounded before, and is
//! well-formed XML of the elements that reports have.

mod aggregate;
mod convert;
mod failure;
mod mail;
mod mime;
mod read;
mod summary;
mod tally;
#[cfg(test)]
mod tests;
mod text;
mod unpack;
mod xml;

pub use crate::dmarc::OverrideKind;
pub use aggregate::{
    AggregateReport, Discovery, Disposition, DkimAuth, OverrideReason, PublishedPolicy, Record, SpfAuth,
};
pub use failure::{FailureReport, NoFailure, failure};
pub use mail::Mail;
pub use read::{ReadError, ReadLimits, Reading, read, read_within};
pub use summary::{DomainSummary, Identified, SourceSummary, Summary};
pub use tally::{Addressed, NotReported, Period, Reporter, Tally, aggregate};
