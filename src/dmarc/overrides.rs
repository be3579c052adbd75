//! What the administrator of the receiving host decides, whatever policies ask (RFC 9989 section 5.4, RFC 9990).

use super::{DmarcResult, Policy, Verdict};
use crate::dns::Name;
use crate::error::printable;
use crate::message::HeaderFields;
use crate::network::{Network, NetworkError};
use std::collections::HashMap;
use std::fmt;
use std::net::IpAddr;

/// Why a disposition is not the one that the policy asks for: the types of RFC 9990's `PolicyOverrideType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum OverrideKind {
    /// An exception of the administrator's own.
    LocalPolicy,
    /// The message came by a mailing list.
    MailingList,
    /// The domain owner is testing the policy (`t=y`).
    PolicyTestMode,
    /// The client is a forwarder that is trusted.
    TrustedForwarder,
    /// Any other reason, in reports; among them `forwarded` and `sampled_out` of RFC 7489.
    Other,
}

impl OverrideKind {
    /// The word of RFC 9990.
    pub fn as_str(self) -> &'static str {
        match self {
            OverrideKind::LocalPolicy => "local_policy",
            OverrideKind::MailingList => "mailing_list",
            OverrideKind::PolicyTestMode => "policy_test_mode",
            OverrideKind::TrustedForwarder => "trusted_forwarder",
            OverrideKind::Other => "other",
        }
    }
}

impl fmt::Display for OverrideKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An override that was applied: the type and the comment of RFC 9990's `PolicyOverrideReason`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// Its type.
    pub kind: OverrideKind,
    /// In words.
    pub comment: String,
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.comment)
    }
}

/// Which mailing lists may change messages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MailingLists {
    /// None.
    #[default]
    None,
    /// Those with these identifiers (RFC 2919): `dev.lists.example.net` is one list, `*.lists.example.net` all below.
    Known(Vec<String>),
    /// All.
    Any,
}

/// Overrides; by default there are none. They change the disposition of messages that fail, and never the result.
///
/// ```
/// use mailrep::dmarc::{MailingLists, Overrides, Policy};
/// let overrides = Overrides::default()
///     .trust_forwarder("192.0.2.0/24")?
///     .except("example.org", Policy::None)?
///     .mailing_lists(MailingLists::Known(vec!["*.lists.example.net".into()]));
/// # Ok::<(), mailrep::dmarc::OverrideError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    forwarders: Vec<Network>,
    lists: MailingLists,
    exact: HashMap<Name, Policy>,
    below: HashMap<Name, Policy>,
}

/// What cannot be an override.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OverrideError {
    /// Not an address, nor an address with a prefix length.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Neither a domain nor `*.` and a domain.
    #[error("'{0}' is no author domain: 'example.org' is one, and '*.example.org' is all below it")]
    Domain(String),
    /// Neither a list's identifier nor `*.` and what it is below.
    #[error(
        "'{0}' is no identifier of a mailing list: 'dev.lists.example.net' is one, '*.lists.example.net' is all below it, and '*' is any"
    )]
    List(String),
    /// There is an exception for it already.
    #[error("there is an exception for '{0}' already")]
    Twice(String),
}

/// What is known of a message beside its verdict.
#[derive(Debug, Clone, Copy)]
pub struct Circumstances<'a> {
    /// The address of the client, if it is known.
    pub client: Option<IpAddr>,
    /// The header.
    pub header: &'a HeaderFields,
    /// The domains for which SPF or a DKIM signature passed.
    pub passed: &'a [Name],
}

impl Overrides {
    /// Messages that come from this network, an address with or without a prefix length, have the disposition `none`: it forwards
    /// mail and checks it before.
    ///
    /// # Errors
    /// [`OverrideError::Network`].
    pub fn trust_forwarder(mut self, network: &str) -> Result<Self, OverrideError> {
        self.forwarders.push(network.parse()?);
        Ok(self)
    }

    /// Messages of these lists have the disposition `none`. A list is believed only if SPF or a DKIM signature passed for a domain that
    /// its identifier is within, `lists.example.net` for `dev.lists.example.net`, since anybody can write a `List-Id`.
    #[must_use]
    pub fn mailing_lists(mut self, lists: MailingLists) -> Self {
        self.lists = lists;
        self
    }

    /// As [`Overrides::mailing_lists`], for one list more, all of a host (`*.lists.example.net`), or all (`*`).
    ///
    /// # Errors
    /// [`OverrideError::List`].
    pub fn trust_list(mut self, pattern: &str) -> Result<Self, OverrideError> {
        let name = pattern.strip_prefix("*.").unwrap_or(pattern);
        let is_name = || Name::parse(name.as_bytes()).is_ok_and(|name| !name.is_root());
        match (&mut self.lists, pattern) {
            (lists, "*") => *lists = MailingLists::Any,
            _ if !is_name() => return Err(OverrideError::List(printable(pattern.as_bytes()))),
            (MailingLists::Any, _) => {}
            (MailingLists::Known(known), _) => known.push(pattern.to_owned()),
            (lists @ MailingLists::None, _) => *lists = MailingLists::Known(vec![pattern.to_owned()]),
        }
        Ok(self)
    }

    /// Failing messages of this author domain, or with `*.` of all below it, have this disposition at most. A domain comes before the
    /// patterns above it, and the nearest of those first.
    ///
    /// # Errors
    /// [`OverrideError::Domain`] and [`OverrideError::Twice`].
    pub fn except(mut self, pattern: &str, disposition: Policy) -> Result<Self, OverrideError> {
        let shown = || printable(pattern.as_bytes());
        let name = |text: &str| {
            let name = Name::parse(text.as_bytes()).ok().filter(|name| !name.is_root());
            name.ok_or_else(|| OverrideError::Domain(shown()))
        };
        let before = match pattern.strip_prefix("*.") {
            Some(parent) => self.below.insert(name(parent)?, disposition),
            None => self.exact.insert(name(pattern)?, disposition),
        };
        match before {
            Some(_) => Err(OverrideError::Twice(shown())),
            None => Ok(self),
        }
    }

    /// Applies to a verdict the first override that there is: an exception, a forwarder, a mailing list.
    pub fn apply(&self, verdict: &mut Verdict, circumstances: &Circumstances<'_>) {
        let (DmarcResult::Fail, Some(asked @ (Policy::Quarantine | Policy::Reject))) =
            (verdict.result, verdict.disposition)
        else {
            return;
        };
        let found = self
            .exception(verdict)
            .or_else(|| Some((self.forwarder(circumstances)?, Policy::None)))
            .or_else(|| Some((self.list(circumstances)?, Policy::None)));
        if let Some((overridden, disposition)) = found.filter(|(_, disposition)| *disposition < asked) {
            verdict.disposition = Some(disposition);
            verdict.overridden = Some(overridden);
        }
    }

    fn exception(&self, verdict: &Verdict) -> Option<(Override, Policy)> {
        let author = verdict.from_domain.as_ref()?;
        let disposition = self.exact.get(author).or_else(|| {
            let mut above = author.parent();
            while let Some(name) = above {
                if let Some(found) = self.below.get(&name) {
                    return Some(found);
                }
                above = name.parent();
            }
            None
        })?;
        let overridden = Override {
            kind: OverrideKind::LocalPolicy,
            comment: format!("an exception for {author} is made here"),
        };
        Some((overridden, *disposition))
    }

    fn forwarder(&self, circumstances: &Circumstances<'_>) -> Option<Override> {
        let client = circumstances.client?;
        self.forwarders
            .iter()
            .any(|network| network.contains(client))
            .then(|| Override {
                kind: OverrideKind::TrustedForwarder,
                comment: format!("the client {client} is trusted to forward mail"),
            })
    }

    fn list(&self, circumstances: &Circumstances<'_>) -> Option<Override> {
        let known = |list: &Name| match &self.lists {
            MailingLists::None => false,
            MailingLists::Any => true,
            MailingLists::Known(patterns) => patterns.iter().any(|pattern| {
                let (below, text) = match pattern.strip_prefix("*.") {
                    Some(parent) => (true, parent),
                    None => (false, pattern.as_str()),
                };
                Name::parse(text.as_bytes()).is_ok_and(|name| {
                    if below {
                        list.is_within(&name) && *list != name
                    } else {
                        *list == name
                    }
                })
            }),
        };
        if self.lists == MailingLists::None {
            return None;
        }
        let list = Name::parse(circumstances.header.list_identifier()?).ok()?;
        let vouches = |domain: &&Name| domain.label_count() >= 2 && list.is_within(domain);
        let by = circumstances.passed.iter().find(vouches)?;
        known(&list).then(|| Override {
            kind: OverrideKind::MailingList,
            comment: format!("the message came by the mailing list {list}, for which {by} vouches"),
        })
    }
}
