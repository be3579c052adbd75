//! The key record of a signer: how a zone file has it, and whether the DNS has it.

use super::crypto::Sha256;
use super::key::{KeyProblem, KeyRecord};
use super::signing_key::SigningKey;
use crate::dns::{Answer, Failure, Name, NameError, Resolver, Session};
use crate::trace::Tracer;

/// Octets of a character-string (RFC 1035 section 3.3).
const MOST_STRING: usize = 255;

/// A TXT record in the form of zone files (RFC 1035 section 5.1), in as many strings as it needs; readers join them without a
/// blank (RFC 6376 section 3.6.2.2).
///
/// ```
/// use mailrep::dkim::zone_entry;
/// use mailrep::dns::Name;
/// let name = Name::parse(b"s2026._domainkey.example.org")?;
/// assert_eq!(
///     zone_entry(&name, "v=DKIM1; k=ed25519; p=AAAA"),
///     "s2026._domainkey.example.org. IN TXT \"v=DKIM1; k=ed25519; p=AAAA\""
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn zone_entry(name: &Name, record: &str) -> String {
    let mut strings: Vec<String> = vec![String::new()];
    let mut octets = 0;
    for octet in record.bytes() {
        if octets == MOST_STRING {
            strings.push(String::new());
            octets = 0;
        }
        octets += 1;
        if let Some(string) = strings.last_mut() {
            match octet {
                b'"' | b'\\' => string.extend(['\\', char::from(octet)]),
                b' '..=b'~' => string.push(char::from(octet)),
                _ => string.push_str(&format!("\\{octet:03}")),
            }
        }
    }
    match strings.as_slice() {
        [string] => format!("{name}. IN TXT \"{string}\""),
        _ => format!("{name}. IN TXT ( \"{}\" )", strings.join("\"\n\t\"")),
    }
}

/// Whether verifiers will find the key of a signer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Publication {
    /// They will.
    #[error("the DNS has this key at {name}{}", if *.testing { ", with t=y: as a test only" } else { "" })]
    Published {
        /// Where.
        name: Name,
        /// The record says that the domain is only testing DKIM (`t=y`).
        testing: bool,
    },
    /// There is another key.
    #[error("the DNS has another key at {name}: signatures made with this one fail")]
    OtherKey {
        /// Where.
        name: Name,
    },
    /// There is no record.
    #[error("the DNS has no TXT record at {name}: signatures are not accepted before it is there")]
    Missing {
        /// Where.
        name: Name,
    },
    /// RFC 6376 section 3.6.2.2: what happens then is undefined.
    #[error("the DNS has {count} TXT records at {name}; there must be one, for verifiers take any of them")]
    Several {
        /// Where.
        name: Name,
        /// How many.
        count: usize,
    },
    /// The record is no key for mail.
    #[error("the record at {name} cannot be used: {problem}")]
    Unusable {
        /// Where.
        name: Name,
        /// Why not.
        problem: KeyProblem,
    },
    /// It is not known.
    #[error("the record at {name} could not be fetched: {failure}")]
    Unavailable {
        /// Where.
        name: Name,
        /// What failed.
        failure: Failure,
    },
    /// The name cannot be asked for.
    #[error("the name of the key cannot be asked for: {0}")]
    MalformedName(NameError),
    /// The library could not sign for lack of memory.
    #[error("the key could not be tried, for lack of memory most likely")]
    Untried,
}

impl Publication {
    /// A stable code, such as `published`.
    pub fn code(&self) -> &'static str {
        match self {
            Publication::Published { .. } => "published",
            Publication::OtherKey { .. } => "other_key",
            Publication::Missing { .. } => "no_key",
            Publication::Several { .. } => "several_keys",
            Publication::Unusable { problem, .. } => problem.code(),
            Publication::Unavailable { .. } => "key_unavailable",
            Publication::MalformedName(_) => "key_name",
            Publication::Untried => "untried",
        }
    }

    /// Whether verifiers will find the key; none if that could not be found out.
    pub fn is_published(&self) -> Option<bool> {
        match self {
            Publication::Published { .. } => Some(true),
            Publication::Unavailable { .. } | Publication::Untried => None,
            _ => Some(false),
        }
    }
}

/// Asks the DNS for the key record at `name` and tries it on a signature of `key`.
pub async fn publication<R: Resolver>(
    session: &Session<R>,
    name: &Name,
    key: &SigningKey,
    trace: &Tracer,
) -> Publication {
    let name = name.clone();
    let records = match session.txt(&name, trace).await {
        Answer::Records { records, .. } => records,
        Answer::NoData { .. } | Answer::NoSuchName { .. } => return Publication::Missing { name },
        Answer::Failure(failure) => return Publication::Unavailable { name, failure },
        Answer::MalformedName(error) => return Publication::MalformedName(error),
    };
    let record = match &*records {
        [record] => record,
        [] => return Publication::Missing { name },
        several => {
            let count = several.len();
            return Publication::Several { name, count };
        }
    };
    let record = match KeyRecord::parse(record) {
        Ok(record) => record,
        Err(problem) => return Publication::Unusable { name, problem },
    };
    let hash = Sha256::new().finish();
    let Some(signature) = key.sign(&hash) else {
        return Publication::Untried;
    };
    if record.key_type() == key.key_type() && record.key().verifies(&hash, &signature) {
        let testing = record.is_testing();
        Publication::Published { name, testing }
    } else {
        Publication::OtherKey { name }
    }
}
