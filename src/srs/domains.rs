//! Sets of domains: `example.com` is that domain alone, `.example.com` all below it.

use crate::error::{Error, printable};
use std::collections::HashSet;

/// Octets of the longest domain (RFC 5321 section 4.5.3.1.2), with a dot before it.
const LONGEST: usize = 256;

#[derive(Debug, Default)]
pub(super) struct Domains {
    /// In lower case, those for subdomains with their dot.
    entries: HashSet<Box<[u8]>>,
}

impl Domains {
    pub(super) fn new(what: &'static str, entries: &[String]) -> Result<Domains, Error> {
        let entries = entries
            .iter()
            .map(|entry| {
                domain(what, entry, entry.strip_prefix('.').unwrap_or(entry))?;
                Ok(entry.to_ascii_lowercase().into_bytes().into_boxed_slice())
            })
            .collect::<Result<_, Error>>()?;
        Ok(Domains { entries })
    }

    pub(super) fn contain(&self, host: &[u8]) -> bool {
        if self.entries.is_empty() || host.len() > LONGEST {
            return false;
        }
        let mut buffer = [0; LONGEST];
        let host = {
            let lower = &mut buffer[..host.len()];
            lower.copy_from_slice(host);
            lower.make_ascii_lowercase();
            &*lower
        };
        self.entries.contains(host)
            || memchr::memchr_iter(b'.', host).any(|dot| dot > 0 && self.entries.contains(&host[dot..]))
    }
}

/// Whether text is a domain that addresses can have; `value` is what was given.
pub(super) fn domain(what: &'static str, value: &str, text: &str) -> Result<(), Error> {
    let fault = |why: &str| {
        Err(Error::Invalid {
            what,
            value: printable(value.as_bytes()),
            why: why.to_owned(),
        })
    };
    if text.is_empty() {
        return fault("it is empty; it takes a domain such as example.org");
    }
    if !text.is_ascii() {
        return match idna::domain_to_ascii(text) {
            Ok(ascii) => fault(&format!("write it in ASCII, as the DNS has it: {ascii}")),
            Err(_) => fault("it is no domain name; it takes one such as example.org"),
        };
    }
    // RFC 1035 section 2.3.4.
    if text.len() > 253 {
        return fault("it is longer than the 253 octets of a domain name");
    }
    for label in text.split('.') {
        if label.is_empty() {
            return fault("it has an empty label: take out the dot at the end, or one of two");
        }
        if label.len() > 63 {
            return fault("one of its labels is longer than 63 octets");
        }
        let allowed = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
        if !label.bytes().all(allowed) {
            return fault("a domain has letters, digits, hyphens and dots only, such as example.org");
        }
    }
    Ok(())
}
