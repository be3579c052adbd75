//! What checks share.

use super::Records;
use crate::limits::Limits;

/// What checks are made with: limits, and the records that are known already. A reference to [`Limits`] is one
/// without known records.
#[derive(Debug, Clone, Copy)]
pub struct Environment<'a> {
    pub(super) limits: &'a Limits,
    pub(super) records: Option<&'a Records>,
}

impl<'a> Environment<'a> {
    /// Uses the records that are kept there, and keeps there what is read.
    #[must_use]
    pub fn with_records(self, records: &'a Records) -> Self {
        Environment {
            records: Some(records),
            ..self
        }
    }
}

impl<'a> From<&'a Limits> for Environment<'a> {
    fn from(limits: &'a Limits) -> Self {
        Environment {
            limits,
            records: None,
        }
    }
}
