//! What the administrator of the receiving host decides, whatever domains publish.

use super::macros::{MacroString, Place};
use super::record::Record;
use super::records::Published;
use super::syntax::{MacroError, SyntaxError};
use crate::dns::{Name, NameError};
use crate::network::{Network, NetworkError};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::net::IpAddr;

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
    trusted: Vec<Network>,
    replaced: BTreeMap<Box<str>, Replacement>,
    explanation: Option<MacroString>,
}

/// What stands for all that a domain publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Replacement {
    text: Box<str>,
    read: Published,
}

/// What cannot be local policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// Not an address, nor an address with a prefix length.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The domain cannot be a name.
    #[error("'{domain}' cannot be a domain name: {error}")]
    Domain {
        /// What was given.
        domain: String,
        /// What is wrong with it.
        error: NameError,
    },
    /// The domain has one label only, and such a domain is not checked (RFC 7208 section 4.3).
    #[error("'{domain}' has one label only, and SPF checks no such domain")]
    SingleLabel {
        /// The domain.
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
    /// There is a record for this domain already. Which of two is meant nobody can know.
    #[error("two SPF records are given for {domain}, and only one can stand for what it publishes")]
    Twice {
        /// The domain.
        domain: String,
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
        self.trusted.push(network.parse()?);
        Ok(self)
    }

    /// This record stands for whatever `domain` publishes, for the domain itself and where other records lead to it.
    ///
    /// # Errors
    /// [`PolicyError::Domain`], [`PolicyError::SingleLabel`], [`PolicyError::Record`] and [`PolicyError::Twice`].
    pub fn replace(self, domain: &str, record: &str) -> Result<Self, PolicyError> {
        if let Err(error) = Record::parse(record.as_bytes()) {
            // What is wrong with the domain comes first.
            name_of(domain)?;
            return Err(PolicyError::Record {
                domain: crate::error::printable(domain.as_bytes()),
                error,
            });
        }
        self.replace_with_text(domain, record)
    }

    /// As [`Policy::replace`], with any text, as if it were the only one that `domain` publishes: of one that is no SPF record
    /// a check finds none, and a broken one is a permerror. It is for [`lint`](super::lint::lint()), which says what is
    /// wrong with it.
    ///
    /// ```
    /// # use futures_util::FutureExt as _;
    /// use mailrep::dns::{Name, Session, zone::Zone};
    /// use mailrep::spf::{Environment, Policy, lint::lint};
    /// use mailrep::{Limits, clock::Clock, trace::Tracer};
    /// let policy = Policy::default().replace_with_text("example.org", "v=spf1 ipv4:192.0.2.1 -all")?;
    /// let limits = Limits::default();
    /// let session = Session::new(Zone::new().into(), Clock::system(), &limits);
    /// let environment = Environment::from(&limits).with_policy(&policy);
    /// let report = lint(&session, &Name::parse(b"example.org")?, environment, &Tracer::off())
    ///     .now_or_never()
    ///     .ok_or("a zone answers at once")?;
    /// assert_eq!(report.findings[0].fix(), "Write 'ip4:192.0.2.1'.");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`PolicyError::Domain`], [`PolicyError::SingleLabel`] and [`PolicyError::Twice`].
    pub fn replace_with_text(mut self, domain: &str, text: &str) -> Result<Self, PolicyError> {
        let name = name_of(domain)?;
        let replacement = Replacement {
            text: text.into(),
            read: Published::read(&[text.as_bytes().into()]),
        };
        match self.replaced.entry(name.as_str().into()) {
            Entry::Vacant(place) => place.insert(replacement),
            Entry::Occupied(_) => {
                return Err(PolicyError::Twice {
                    domain: name.to_string(),
                });
            }
        };
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

    pub(crate) fn trusts(&self, client: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(client))
    }

    /// What stands for the record of a domain.
    pub(super) fn published(&self, domain: &Name) -> Option<&Published> {
        Some(&self.replaced.get(domain.as_str())?.read)
    }

    /// What stands for the texts of a domain, as it was given.
    pub(super) fn text(&self, domain: &Name) -> Option<&str> {
        Some(&self.replaced.get(domain.as_str())?.text)
    }

    pub(super) fn explanation(&self) -> Option<&MacroString> {
        self.explanation.as_ref()
    }
}

fn name_of(domain: &str) -> Result<Name, PolicyError> {
    let shown = || crate::error::printable(domain.as_bytes());
    match Name::parse(domain.as_bytes()) {
        // RFC 7208 section 4.3.
        Ok(name) if name.label_count() < 2 => Err(PolicyError::SingleLabel { domain: shown() }),
        Ok(name) => Ok(name),
        Err(error) => Err(PolicyError::Domain {
            domain: shown(),
            error,
        }),
    }
}
