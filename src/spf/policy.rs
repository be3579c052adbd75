//! What the administrator of the receiving host decides, whatever domains publish.

use super::macros::{MacroString, Place};
use super::record::{Record, in_network4, in_network6};
use super::syntax::{MacroError, SyntaxError};
use crate::dns::{Name, NameError};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Local policy; by default there is none.
///
/// ```
/// use mailrep::spf::Policy;
/// let policy = Policy::default()
///     .trust("192.0.2.0/24")?
///     .replace("example.org", "v=spf1 ip4:198.51.100.7 -all")?
///     .explain("%{i} may not send for %{d}")?;
/// assert!(Policy::default().trust("192.0.2.0/33").is_err());
/// # Ok::<(), mailrep::spf::PolicyError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    trusted: Vec<(IpAddr, u8)>,
    replaced: BTreeMap<Box<str>, Arc<Record>>,
    explanation: Option<MacroString>,
}

/// What cannot be local policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not an address, nor an address with a prefix length.
    #[error("'{0}' is no network: it takes an address, or one with a prefix length such as 192.0.2.0/24")]
    Network(String),
    /// The domain cannot be a name.
    #[error("'{domain}' cannot be a domain name: {error}")]
    Domain {
        /// What was given.
        domain: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// The domain has one label only, and is never checked (RFC 7208 section 4.3).
    #[error("a record for '{domain}' would never apply: it is no full domain name such as example.org")]
    SingleLabel {
        /// What was given.
        domain: String,
    },
    /// The record for a domain is broken.
    #[error("the SPF record given for {domain} is broken: {error}")]
    Record {
        /// The domain.
        domain: String,
        /// What is wrong with the record.
        error: SyntaxError,
    },
    /// The default explanation is no macro-string.
    #[error("the default explanation cannot be read: {0}")]
    Explanation(MacroError),
}

impl Policy {
    /// Clients in this network, an address with or without a prefix length, are not checked: their result is `none`. That is
    /// for relays of one's own, to which the record of a sender's domain does not apply.
    ///
    /// In a [`Transaction`](crate::transaction::Transaction), DMARC then rests on DKIM alone. Without an aligned signature its
    /// result is `fail` as ever, but its disposition is `none` whatever the policy, and the reason says so: whoever handed the
    /// message to a relay of one's own is not known here any more, and the relay is the one to check it.
    ///
    /// Clients with IPv4-mapped IPv6 addresses are IPv4 clients (RFC 7208 section 5), and so are networks of them:
    /// `::ffff:192.0.2.0/120` is 192.0.2.0/24.
    ///
    /// # Errors
    /// [`PolicyError::Network`], also for an IPv4-mapped address with a prefix length below 96.
    pub fn trust(mut self, network: &str) -> Result<Self, PolicyError> {
        let fault = || PolicyError::Network(crate::error::printable(network.as_bytes()));
        let (address, length) = match network.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (network, None),
        };
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let most = match address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        };
        let length: u8 = match length {
            None => most,
            Some(length) if length.bytes().all(|octet| octet.is_ascii_digit()) => {
                length.parse().map_err(|_| fault())?
            }
            Some(_) => return Err(fault()),
        };
        if length > most {
            return Err(fault());
        }
        let network = match (address, address.to_canonical()) {
            (IpAddr::V6(_), mapped @ IpAddr::V4(_)) => (mapped, length.checked_sub(96).ok_or_else(fault)?),
            (address, _) => (address, length),
        };
        self.trusted.push(network);
        Ok(self)
    }

    /// This record stands for whatever `domain` publishes, for the domain itself and where other records lead to it.
    ///
    /// # Errors
    /// [`PolicyError::Domain`], [`PolicyError::SingleLabel`] and [`PolicyError::Record`].
    pub fn replace(mut self, domain: &str, record: &str) -> Result<Self, PolicyError> {
        let shown = || crate::error::printable(domain.as_bytes());
        let name = Name::parse(domain.as_bytes()).map_err(|error| PolicyError::Domain {
            domain: shown(),
            error,
        })?;
        if name.label_count() < 2 {
            return Err(PolicyError::SingleLabel { domain: shown() });
        }
        let record = Record::parse(record.as_bytes()).map_err(|error| PolicyError::Record {
            domain: shown(),
            error,
        })?;
        self.replaced.insert(name.as_str().into(), Arc::new(record));
        Ok(self)
    }

    /// The explanation of a fail where the domain gives none that can be used: a macro-string, as domains publish (RFC
    /// 7208 section 6.2).
    ///
    /// # Errors
    /// [`PolicyError::Explanation`].
    pub fn explain(mut self, text: &str) -> Result<Self, PolicyError> {
        let string = MacroString::parse(text.as_bytes(), Place::Explanation);
        self.explanation = Some(string.map_err(PolicyError::Explanation)?);
        Ok(self)
    }

    /// `client` is canonical: IPv4 where it is IPv4-mapped.
    pub(crate) fn trusts(&self, client: IpAddr) -> bool {
        self.trusted
            .iter()
            .any(|&(network, length)| match (network, client) {
                (IpAddr::V4(network), IpAddr::V4(client)) => in_network4(network, length, client),
                (IpAddr::V6(network), IpAddr::V6(client)) => in_network6(network, length, client),
                _ => false,
            })
    }

    pub(super) fn record(&self, domain: &Name) -> Option<&Arc<Record>> {
        self.replaced.get(domain.as_str())
    }

    pub(super) fn explanation(&self) -> Option<&MacroString> {
        self.explanation.as_ref()
    }
}
