//! What checks share.

use super::{Policy, Records};
use crate::limits::Limits;

/// What checks are made with: limits, local policy, and the records that are known already. A reference to
/// [`Limits`] is one without the others.
#[derive(Debug, Clone, Copy)]
pub struct Environment<'a> {
    pub(super) limits: &'a Limits,
    pub(super) records: Option<&'a Records>,
    pub(super) policy: Option<&'a Policy>,
}

impl<'a> Environment<'a> {
    /// Applies this local policy.
    #[must_use]
    pub fn with_policy(self, policy: &'a Policy) -> Self {
        Environment {
            policy: Some(policy),
            ..self
        }
    }

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
            policy: None,
        }
    }
}
