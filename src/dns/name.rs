//! Domain names that can be asked.

use smol_str::SmolStr;
use std::borrow::Borrow;
use std::fmt;
use std::net::IpAddr;

/// Octets of a name in text form, without the final dot: 255 on the wire (RFC 1035 section 3.1).
const MOST_OCTETS: usize = 253;
/// Octets of a label (RFC 1035 section 3.1).
const MOST_LABEL: usize = 63;
/// Octets of a name as it is written: far more than any that becomes 253 octets, so that IDNA's work is bounded.
const MOST_WRITTEN: usize = 4096;

/// A domain name that the DNS can be asked for: absolute, ASCII in lower case, without the final dot.
///
/// International labels are A-labels (RFC 5891). Labels may hold any other ASCII octet except a dot. The root is
/// the empty name, shown as `.`. Cloning is cheap.
///
/// ```
/// use mailrep::dns::Name;
/// let name = Name::parse("Bücher.Example.".as_bytes())?;
/// assert_eq!(name.as_str(), "xn--bcher-kva.example");
/// assert!(name.is_within(&Name::parse(b"example")?));
/// # Ok::<(), mailrep::dns::NameError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Name(SmolStr);

/// Why a name cannot be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing is there.
    #[error("the domain name is empty")]
    Empty,
    /// Two dots in a row, or one at the beginning.
    #[error("the domain name has an empty label")]
    EmptyLabel,
    /// A label is longer than 63 octets.
    #[error("a label of the domain name is longer than 63 octets")]
    LabelTooLong,
    /// The name is longer than 253 octets.
    #[error("the domain name is longer than 253 octets")]
    TooLong,
    /// Octets outside ASCII that are not UTF-8, or not allowed by IDNA.
    #[error("the domain name has octets that no host name can have")]
    NotEncodable,
}

impl NameError {
    /// A stable code, such as `label_too_long`.
    pub fn code(self) -> &'static str {
        match self {
            NameError::Empty => "empty",
            NameError::EmptyLabel => "empty_label",
            NameError::LabelTooLong => "label_too_long",
            NameError::TooLong => "too_long",
            NameError::NotEncodable => "not_encodable",
        }
    }
}

impl Name {
    /// Reads a name as it stands in an address or a record. One final dot is allowed, and says nothing.
    ///
    /// # Errors
    /// When the name is empty or cannot be encoded; it must not be asked for then.
    pub fn parse(octets: &[u8]) -> Result<Name, NameError> {
        let without_dot = octets.strip_suffix(b".");
        let octets = without_dot.unwrap_or(octets);
        if octets.is_empty() {
            return Err(NameError::Empty);
        }
        if octets.len() > MOST_WRITTEN {
            return Err(NameError::TooLong);
        }
        if octets.is_ascii() {
            return Name::from_ascii(octets);
        }
        // Each label by itself: the ASCII ones are not IDNA's concern, whatever octets they hold.
        let mut ascii = Vec::with_capacity(octets.len() + 8);
        for (at, label) in octets.split(|&octet| octet == b'.').enumerate() {
            if at > 0 {
                ascii.push(b'.');
            }
            if label.is_ascii() {
                ascii.extend_from_slice(label);
                continue;
            }
            let deny = idna::AsciiDenyList::EMPTY;
            let a_label = idna::uts46::Uts46::new()
                .to_ascii(
                    label,
                    deny,
                    idna::uts46::Hyphens::Allow,
                    idna::uts46::DnsLength::Ignore,
                )
                .map_err(|_| NameError::NotEncodable)?;
            // A full stop of another script maps to '.', which would make two labels of one: that is a
            // different name and is split as such below.
            ascii.extend(a_label.bytes());
        }
        // The final dot may be one of another script too.
        if without_dot.is_none() && ascii.last() == Some(&b'.') {
            ascii.pop();
        }
        Name::from_ascii(&ascii)
    }

    /// Makes a name of the labels of a DNS message.
    ///
    /// # Errors
    /// As for [`Name::parse`]; also for a label that holds a dot or an octet outside ASCII.
    pub fn from_labels<'a>(labels: impl Iterator<Item = &'a [u8]>) -> Result<Name, NameError> {
        let mut ascii = Vec::with_capacity(32);
        for (at, label) in labels.enumerate() {
            if !label.is_ascii() || label.contains(&b'.') {
                return Err(NameError::NotEncodable);
            }
            if at > 0 {
                ascii.push(b'.');
            }
            ascii.extend_from_slice(label);
        }
        if ascii.is_empty() {
            Ok(Name::root())
        } else {
            Name::from_ascii(&ascii)
        }
    }

    fn from_ascii(octets: &[u8]) -> Result<Name, NameError> {
        let mut lower = [0; MOST_OCTETS];
        let lower = lower.get_mut(..octets.len()).ok_or(NameError::TooLong)?;
        lower.copy_from_slice(octets);
        lower.make_ascii_lowercase();
        for label in lower.split(|&octet| octet == b'.') {
            match label.len() {
                0 => return Err(NameError::EmptyLabel),
                1..=MOST_LABEL => {}
                _ => return Err(NameError::LabelTooLong),
            }
        }
        let text = std::str::from_utf8(lower).map_err(|_| NameError::NotEncodable)?;
        Ok(Name(text.into()))
    }

    /// The root of the DNS.
    pub fn root() -> Name {
        Name("".into())
    }

    /// The name below `in-addr.arpa` or `ip6.arpa` that stands for an address.
    pub fn reverse(address: IpAddr) -> Name {
        use std::fmt::Write as _;
        let mut text = String::with_capacity(73);
        match address {
            IpAddr::V4(v4) => {
                for octet in v4.octets().iter().rev() {
                    // Writing to a String cannot fail.
                    let _ = write!(text, "{octet}.");
                }
                text.push_str("in-addr.arpa");
            }
            IpAddr::V6(v6) => {
                for octet in v6.octets().iter().rev() {
                    let _ = write!(text, "{:x}.{:x}.", octet & 0xf, octet >> 4);
                }
                text.push_str("ip6.arpa");
            }
        }
        Name(text.into())
    }

    /// The name in text form, without the final dot; empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The labels from left to right; none for the root.
    pub fn labels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split('.').filter(|label| !label.is_empty())
    }

    /// How many labels there are; 0 for the root.
    pub fn label_count(&self) -> usize {
        // No label is empty.
        let dots = self.0.bytes().filter(|&octet| octet == b'.').count();
        if self.is_root() { 0 } else { dots + 1 }
    }

    /// The name without its leftmost label; none above a single label.
    pub fn parent(&self) -> Option<Name> {
        self.0.split_once('.').map(|(_, parent)| Name(parent.into()))
    }

    /// The name that ends with the last `count` labels of this one, or the whole name if it has fewer.
    pub fn suffix(&self, count: usize) -> Name {
        Name(self.suffix_str(count).into())
    }

    /// The text of [`Name::suffix`].
    pub(crate) fn suffix_str(&self, count: usize) -> &str {
        let skip = self.label_count().saturating_sub(count);
        let mut rest: &str = &self.0;
        for _ in 0..skip {
            rest = rest.split_once('.').map_or("", |(_, parent)| parent);
        }
        rest
    }

    /// The name of a text that is some last labels of this one.
    pub(crate) fn ending(&self, text: &str) -> Name {
        debug_assert!(self.0.ends_with(text));
        Name(text.into())
    }

    /// Whether the two have the same top-level domain.
    pub(crate) fn shares_top_level(&self, other: &Name) -> bool {
        // It is short: comparing beats searching.
        for (a, b) in self.0.bytes().rev().zip(other.0.bytes().rev()) {
            if a != b {
                return false;
            }
            if a == b'.' {
                return true;
            }
        }
        // The shorter one is a single label.
        self.shared_labels(other) > 0
    }

    /// How many labels the two have in common, counted from the right.
    pub(crate) fn shared_labels(&self, other: &Name) -> usize {
        let mut octets = self.0.bytes().rev().zip(other.0.bytes().rev());
        let (mut labels, mut same) = (0, 0);
        if octets.all(|(a, b)| {
            let is_same = a == b;
            same += usize::from(is_same);
            labels += usize::from(is_same && a == b'.');
            is_same
        }) {
            // The shorter one is the end of the longer one: its first label is shared if the other's begins there too.
            let longer = if self.0.len() > other.0.len() { self } else { other };
            let before = longer.0.len() - same;
            let begins = before == 0 || longer.0.as_bytes()[before - 1] == b'.';
            labels += usize::from(begins && same > 0);
        }
        labels
    }

    /// Whether this name is `ancestor` or below it.
    pub fn is_within(&self, ancestor: &Name) -> bool {
        ancestor.is_root()
            || self
                .0
                .strip_suffix(ancestor.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }

    /// The name with `prefix` (one or more labels) before it.
    ///
    /// # Errors
    /// When the whole is too long, or the prefix cannot be encoded.
    pub fn prefixed(&self, prefix: &str) -> Result<Name, NameError> {
        if self.is_root() {
            return Name::parse(prefix.as_bytes());
        }
        Name::parse(format!("{prefix}.{}", self.0).as_bytes())
    }
}

/// Shows the name for a person: octets that are not printable, and blanks, as `\DDD` (RFC 1035 section 5.1).
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_root() {
            return f.write_str(".");
        }
        if self.0.bytes().all(|octet| octet.is_ascii_graphic()) {
            return f.write_str(&self.0);
        }
        for octet in self.0.bytes() {
            if octet.is_ascii_graphic() {
                fmt::Write::write_char(f, char::from(octet))?;
            } else {
                write!(f, "\\{octet:03}")?;
            }
        }
        Ok(())
    }
}

/// So that a part of a name can be looked for among names.
impl Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Name({self})")
    }
}

#[cfg(test)]
mod tests;
