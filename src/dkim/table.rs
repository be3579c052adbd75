//! Who signs for which author domain, and on whose behalf.

use super::signer::Signer;
use crate::dns::Name;
use crate::error::printable;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// Accounts that may send as an author domain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Senders {
    /// Whoever may submit mail at all.
    Anyone,
    /// Accounts whose name is an address at the author domain, or at a domain above it: `ada@example.org` for `example.org` and
    /// `news.example.org`. It keeps the customers of one host from signing as one another.
    OwnDomain,
    /// These accounts, letter case aside: `ada@example.org` is one account, `@example.org` all of that domain.
    Accounts(Vec<String>),
}

/// Why a message is not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotSigned {
    /// No rule is for the author domain.
    #[error("nobody signs for {domain} here")]
    NoRule {
        /// The author domain.
        domain: Name,
    },
    /// The rule does not allow this account.
    #[error("{} may not sign for {domain}", sender(.account.as_deref()))]
    NotAllowed {
        /// The author domain.
        domain: Name,
        /// The account, made printable; none if nobody logged in.
        account: Option<String>,
    },
}

fn sender(account: Option<&str>) -> String {
    match account {
        Some(account) => format!("the account '{account}'"),
        None => "a sender who did not log in".to_owned(),
    }
}

impl NotSigned {
    /// A stable code, such as `no_rule`.
    pub fn code(&self) -> &'static str {
        match self {
            NotSigned::NoRule { .. } => "no_rule",
            NotSigned::NotAllowed { .. } => "not_allowed",
        }
    }
}

/// A pattern that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// Neither a domain, nor `*.` and a domain, nor `*`.
    #[error("'{0}' is no pattern for author domains: 'example.org', '*.example.org' or '*' are")]
    Pattern(String),
    /// There is a rule for it already.
    #[error("there is a rule for '{0}' already")]
    Twice(String),
}

/// Rules by author domain.
///
/// ```
/// use mailrep::dkim::{NewKey, Senders, Signer, SignerOptions, SigningKey, SigningTable};
/// use mailrep::dns::Name;
/// use std::sync::Arc;
/// let key = Arc::new(SigningKey::generate(NewKey::Ed25519)?);
/// let signer = Arc::new(Signer::new("example.org", "s2026", key, SignerOptions::default())?);
/// let mut table = SigningTable::default();
/// table.add("example.org", vec![Arc::clone(&signer)], Senders::OwnDomain)?;
/// table.add("*.example.org", vec![signer], Senders::Accounts(vec!["ada@example.org".into()]))?;
/// let author = Name::parse(b"news.example.org")?;
/// assert!(table.signers(&author, Some("ada@example.org")).is_ok());
/// assert!(table.signers(&author, Some("bob@example.org")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct SigningTable {
    exact: HashMap<Name, Rule>,
    /// Rules for the names below these.
    below: HashMap<Name, Rule>,
    any: Option<Rule>,
}

#[derive(Debug, Clone)]
struct Rule {
    signers: Vec<Arc<Signer>>,
    senders: Senders,
}

impl SigningTable {
    /// Adds a rule: `pattern` is an author domain, `*.` and a domain for all names below it, or `*` for all that no other rule is
    /// for. The most specific rule counts, and only that one: a name before the patterns above it, the nearest of those first.
    ///
    /// # Errors
    /// [`TableError`].
    pub fn add(
        &mut self,
        pattern: &str,
        signers: Vec<Arc<Signer>>,
        senders: Senders,
    ) -> Result<(), TableError> {
        let shown = || printable(pattern.as_bytes());
        let name = |text: &str| {
            super::signature::domain_name(text.as_bytes()).ok_or_else(|| TableError::Pattern(shown()))
        };
        let rule = Rule { signers, senders };
        let vacant = match pattern.strip_prefix("*.") {
            _ if pattern == "*" => return self.add_any(rule),
            Some(parent) => self.below.entry(name(parent)?),
            None => self.exact.entry(name(pattern)?),
        };
        match vacant {
            Entry::Occupied(_) => Err(TableError::Twice(shown())),
            Entry::Vacant(vacant) => {
                vacant.insert(rule);
                Ok(())
            }
        }
    }

    fn add_any(&mut self, rule: Rule) -> Result<(), TableError> {
        if self.any.is_some() {
            return Err(TableError::Twice("*".to_owned()));
        }
        self.any = Some(rule);
        Ok(())
    }

    /// The number of rules.
    pub fn len(&self) -> usize {
        self.exact.len() + self.below.len() + usize::from(self.any.is_some())
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All signers, in no order; those of several rules come several times.
    #[cfg(feature = "filter")]
    pub(crate) fn all_signers(&self) -> impl Iterator<Item = &Arc<Signer>> {
        let rules = self.exact.values().chain(self.below.values()).chain(&self.any);
        rules.flat_map(|rule| &rule.signers)
    }

    /// Who signs a message of this author domain that `account` submitted; none if nobody logged in.
    ///
    /// # Errors
    /// [`NotSigned`].
    pub fn signers(&self, author: &Name, account: Option<&str>) -> Result<&[Arc<Signer>], NotSigned> {
        let rule = self.rule(author).ok_or_else(|| NotSigned::NoRule {
            domain: author.clone(),
        })?;
        if rule.senders.allow(author, account) {
            Ok(&rule.signers)
        } else {
            Err(NotSigned::NotAllowed {
                domain: author.clone(),
                account: account.map(|account| printable(account.as_bytes())),
            })
        }
    }

    fn rule(&self, author: &Name) -> Option<&Rule> {
        if let Some(rule) = self.exact.get(author) {
            return Some(rule);
        }
        let mut above = author.parent();
        while let Some(name) = above {
            if let Some(rule) = self.below.get(&name) {
                return Some(rule);
            }
            above = name.parent();
        }
        self.any.as_ref()
    }
}

impl Senders {
    fn allow(&self, author: &Name, account: Option<&str>) -> bool {
        match (self, account) {
            (Senders::Anyone, _) => true,
            (_, None) => false,
            (Senders::OwnDomain, Some(account)) => account
                .rsplit_once('@')
                .and_then(|(_, domain)| super::signature::domain_name(domain.as_bytes()))
                .is_some_and(|domain| author.is_within(&domain)),
            (Senders::Accounts(allowed), Some(account)) => allowed.iter().any(|pattern| {
                let begin = match pattern.strip_prefix('@') {
                    Some(_) => account.rfind('@').unwrap_or(0),
                    None => 0,
                };
                account[begin..].eq_ignore_ascii_case(pattern)
            }),
        }
    }
}
