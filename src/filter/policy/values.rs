//! What values are made of: domains, addresses.

use crate::dns::Name;
use crate::error::printable;
use std::collections::HashSet;

/// Domains: `example.com` is that domain alone, `.example.com` all below it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainSet {
    exact: HashSet<Name>,
    below: HashSet<Name>,
    written: Vec<String>,
}

impl DomainSet {
    /// Adds one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let below = text.strip_prefix('.');
        let name = domain(below.unwrap_or(text))?;
        self.written.push(match below {
            Some(_) => format!(".{name}"),
            None => name.to_string(),
        });
        match below {
            Some(_) => self.below.insert(name),
            None => self.exact.insert(name),
        };
        Ok(())
    }

    /// Whether a domain is one of them.
    pub fn contains(&self, name: &Name) -> bool {
        if self.exact.contains(name) {
            return true;
        }
        let mut above = name.parent();
        while let Some(name) = above {
            if self.below.contains(&name) {
                return true;
            }
            above = name.parent();
        }
        false
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.written.is_empty()
    }

    /// As they were written.
    pub fn written(&self) -> &[String] {
        &self.written
    }
}

/// Recipients: `ada@example.org` is one address, `@example.org` all of that domain. Letter case does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RecipientSet {
    addresses: HashSet<Vec<u8>>,
}

impl RecipientSet {
    /// Adds one.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn add(&mut self, text: &str) -> Result<(), String> {
        let fault = || format!("'{}' is no address", printable(text.as_bytes()));
        let (_, host) = text.rsplit_once('@').ok_or_else(fault)?;
        domain(host).map_err(|_| fault())?;
        self.addresses.insert(text.to_ascii_lowercase().into_bytes());
        Ok(())
    }

    /// Whether a recipient is one of them.
    pub fn contains(&self, address: &[u8]) -> bool {
        if self.addresses.is_empty() {
            return false;
        }
        let address = address.to_ascii_lowercase();
        let Some(at) = memchr::memrchr(b'@', &address) else {
            return false;
        };
        let listed = |address: &[u8]| self.addresses.contains(address);
        // Postfix finds an alias without the extension, too (recipient_delimiter).
        let bare = memchr::memchr(b'+', &address[..at]).filter(|&plus| plus > 0);
        let without_extension = || bare.map(|plus| [&address[..plus], &address[at..]].concat());
        listed(&address)
            || listed(&address[at..])
            || without_extension().is_some_and(|address| listed(&address))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.addresses.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }
}

/// A domain name.
pub(super) fn domain(text: &str) -> Result<Name, String> {
    match Name::parse(text.as_bytes()) {
        Ok(name) if !name.is_root() => Ok(name),
        _ => Err(format!("'{}' is no domain", printable(text.as_bytes()))),
    }
}

/// The name of a header field (RFC 5322 section 2.2).
pub(super) fn field_name(text: &str) -> Result<String, String> {
    let visible = |octet: u8| octet.is_ascii_graphic() && octet != b':';
    match (1..=76).contains(&text.len()) && text.bytes().all(visible) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "'{}' is no name of a header field",
            printable(text.as_bytes())
        )),
    }
}
