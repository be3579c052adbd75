//! What discoveries share.

use super::Records;
#[cfg(feature = "psl")]
use crate::dns::Name;

/// How organizational domains are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OrganizationalDomains {
    /// By the DNS tree walk of RFC 9989 section 4.10.
    #[default]
    TreeWalk,
    /// By the public suffix list, as RFC 7489 section 3.2 has it, for receivers whose results have to match those of older ones: the
    /// policy is that of the author domain or of its organizational domain, and `psd` and `np` count for nothing. The list is that
    /// of the crate `psl` when this library was built.
    #[cfg(feature = "psl")]
    PublicSuffixList,
}

impl OrganizationalDomains {
    /// The organizational domain, where it does not depend on the DNS.
    #[cfg(feature = "psl")]
    #[inline]
    pub(super) fn listed(self, domain: &Name) -> Option<Name> {
        (self == OrganizationalDomains::PublicSuffixList).then(|| registered(domain))
    }

    /// The organizational domain, where it does not depend on the DNS.
    #[cfg(not(feature = "psl"))]
    pub(super) fn listed(self, _: &crate::dns::Name) -> Option<crate::dns::Name> {
        None
    }
}

/// RFC 7489 section 3.2: the public suffix and one label more; a public suffix stands for itself.
#[cfg(feature = "psl")]
fn registered(domain: &Name) -> Name {
    let registered = psl::domain(domain.as_str().as_bytes());
    let labels = registered.map_or(0, |found| found.as_bytes().split(|&octet| octet == b'.').count());
    if labels == 0 {
        domain.clone()
    } else {
        domain.suffix(labels)
    }
}

/// What discoveries are made with: how organizational domains are found, and the records that are known already. The default is
/// the tree walk, without known records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Environment<'a> {
    pub(super) organizational_domains: OrganizationalDomains,
    pub(super) records: Option<&'a Records>,
}

impl<'a> Environment<'a> {
    /// Finds organizational domains in this way.
    #[must_use]
    pub fn with_organizational_domains(self, how: OrganizationalDomains) -> Self {
        Environment {
            organizational_domains: how,
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

impl From<OrganizationalDomains> for Environment<'_> {
    fn from(how: OrganizationalDomains) -> Self {
        Environment::default().with_organizational_domains(how)
    }
}
