//! The DMARC policy record (RFC 9989 sections 4.7 and 4.8).

use super::Policy;
use crate::error::printable;
use std::fmt;

/// How exactly an identifier must match the author domain (`adkim`, `aspf`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum AlignmentMode {
    /// The same organizational domain is enough.
    #[default]
    Relaxed,
    /// The two must be identical.
    Strict,
}

/// What the record says about its domain being a public suffix (`psd`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PublicSuffix {
    /// `psd=y`: it is a public suffix; organizations are registered below it.
    Yes,
    /// `psd=n`: it is not, and it is an organizational domain.
    No,
    /// `psd=u`: it is not, and may or may not be an organizational domain.
    #[default]
    Unknown,
}

/// When failure reports are asked for (`fo`). It counts only if there is a `ruf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailureOptions {
    /// `0`: when nothing gave an aligned pass.
    pub all_failed: bool,
    /// `1`: when any mechanism gave no aligned pass.
    pub any_failed: bool,
    /// `d`: when a DKIM signature failed, aligned or not.
    pub dkim: bool,
    /// `s`: when SPF failed, aligned or not.
    pub spf: bool,
}

impl Default for FailureOptions {
    fn default() -> Self {
        FailureOptions {
            all_failed: true,
            any_failed: false,
            dkim: false,
            spf: false,
        }
    }
}

/// An address for reports, in valid URI syntax (RFC 3986); it need not be one that anybody supports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportUri(String);

impl ReportUri {
    /// The URI, without the obsolete size limit that may have followed it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of a `mailto:` URI, as it stands (percent-encoded, without header fields).
    ///
    /// ```
    /// let record = mailrep::dmarc::Record::parse(b"v=DMARC1; p=none; rua=mailto:d@example.org?subject=x").unwrap();
    /// assert_eq!(record.rua[0].mailto(), Some("d@example.org"));
    /// ```
    pub fn mailto(&self) -> Option<&str> {
        let (scheme, rest) = self.0.split_once(':')?;
        let address = rest.split_once('?').map_or(rest, |(address, _)| address);
        scheme.eq_ignore_ascii_case("mailto").then_some(address)
    }
}

impl fmt::Display for ReportUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a TXT record is no DMARC policy record at all and is passed by (section 4.7, `v`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// It does not begin with a tag `v`.
    #[error("the record does not begin with v=DMARC1")]
    NoVersion,
    /// It begins with a `v` of another value.
    #[error("the record's version is not DMARC1 (letter case counts)")]
    OtherVersion,
}

/// What is wrong with a part of a record; the rest of it stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordProblem {
    /// The value of a tag is not one that the tag can have, and was ignored.
    #[error("the value of {tag} cannot be used: '{value}'")]
    Value {
        /// The tag's name.
        tag: &'static str,
        /// The value, made printable.
        value: String,
    },
    /// One of several addresses is no valid URI, and was ignored.
    #[error("{tag} has an address that is no valid URI: '{uri}'")]
    Uri {
        /// `rua` or `ruf`.
        tag: &'static str,
        /// The address, made printable.
        uri: String,
    },
    /// A tag stands twice; the first stands.
    #[error("the tag {0} stands more than once; only the first counts")]
    Repeated(&'static str),
    /// There is no `p`.
    #[error("the tag p is missing")]
    NoPolicy,
    /// A part is no `tag=value`, and was ignored.
    #[error("'{0}' is no tag with a value")]
    NoTag(String),
    /// A tag of RFC 7489 that has no effect any more.
    #[error("the tag {0} has no effect since RFC 9989")]
    Historic(&'static str),
}

impl RecordProblem {
    /// What it occupies, roughly.
    pub(super) fn octets(&self) -> usize {
        let text = match self {
            RecordProblem::Value { value: text, .. }
            | RecordProblem::Uri { uri: text, .. }
            | RecordProblem::NoTag(text) => text.len(),
            RecordProblem::Repeated(_) | RecordProblem::NoPolicy | RecordProblem::Historic(_) => 0,
        };
        size_of::<RecordProblem>() + text
    }
}

/// Why no DMARC processing is applied although there is a record (section 4.10.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it has no valid {tag} and no valid rua that would let it stand as p=none")]
pub struct Unusable {
    /// `p`, `sp` or `np`.
    pub tag: &'static str,
}

/// The policies of a usable record, each with what stands in for it when it is absent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policies {
    /// For the domain itself.
    pub p: Policy,
    /// For its subdomains that exist.
    pub sp: Policy,
    /// For its subdomains that do not exist.
    pub np: Policy,
}

/// A DMARC policy record. Values that cannot be used are absent here and named in `problems`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Record {
    /// The policy for the domain.
    pub p: Option<Policy>,
    /// The policy for subdomains that exist.
    pub sp: Option<Policy>,
    /// The policy for subdomains that do not exist.
    pub np: Option<Policy>,
    /// How DKIM signing domains must match.
    pub adkim: AlignmentMode,
    /// How the SPF domain must match.
    pub aspf: AlignmentMode,
    /// Whether the owner is testing, so that policies count one level lower.
    pub t: bool,
    /// Whether the domain is a public suffix.
    pub psd: PublicSuffix,
    /// Where aggregate reports go.
    pub rua: Vec<ReportUri>,
    /// Where failure reports go.
    pub ruf: Vec<ReportUri>,
    /// When failure reports are asked for.
    pub fo: FailureOptions,
    /// What is wrong with the record, in the order in which it stands.
    pub problems: Vec<RecordProblem>,
    /// The first of `p`, `sp`, `np` that does not hold a valid policy.
    invalid: Option<&'static str>,
}

/// The registered tags (section 9.3), so that a repeated one is noticed.
pub(super) const TAGS: [&str; 14] = [
    "v", "p", "sp", "np", "adkim", "aspf", "t", "psd", "rua", "ruf", "fo", "pct", "rf", "ri",
];

impl Record {
    /// Reads the octets of one TXT record.
    ///
    /// ```
    /// use mailrep::dmarc::{Policy, Record};
    /// let record = Record::parse(b"v=DMARC1; p=reject; sp=nonsense; rua=mailto:dmarc@example.org").unwrap();
    /// // Section 4.10.1: a bad sp with a valid rua makes it a record with p=none.
    /// assert_eq!(record.policies().unwrap().p, Policy::None);
    /// ```
    ///
    /// # Errors
    /// When it is no DMARC policy record, which must be ignored then.
    pub fn parse(octets: &[u8]) -> Result<Record, RecordError> {
        let mut parts = octets.split(|&octet| octet == b';');
        // Section 4.7: v is the first tag and its value is exact, else the entire record is ignored. Section 4.8
        // allows no blank before it.
        let first = parts.next().unwrap_or_default();
        match tag_and_value(first) {
            Some((name, value))
                if name.eq_ignore_ascii_case(b"v") && !first.starts_with(b" ") && first[0] != b'\t' =>
            {
                if value != b"DMARC1" {
                    return Err(RecordError::OtherVersion);
                }
            }
            _ => return Err(RecordError::NoVersion),
        }
        let mut record = Record::default();
        let mut seen = [false; TAGS.len()];
        seen[0] = true;
        for part in parts {
            let Some((name, value)) = tag_and_value(part) else {
                if !trim(part).is_empty() {
                    record.problems.push(RecordProblem::NoTag(printable(trim(part))));
                }
                continue;
            };
            // Section 4.7: unknown tags are ignored.
            let Some(at) = TAGS
                .iter()
                .position(|tag| tag.as_bytes().eq_ignore_ascii_case(name))
            else {
                continue;
            };
            if seen[at] {
                record.problems.push(RecordProblem::Repeated(TAGS[at]));
                continue;
            }
            seen[at] = true;
            record.take(TAGS[at], value);
        }
        if !seen[1] {
            record.problems.push(RecordProblem::NoPolicy);
            record.invalid = Some("p");
        }
        Ok(record)
    }

    fn take(&mut self, tag: &'static str, value: &[u8]) {
        let fine = match tag {
            "p" | "sp" | "np" => {
                let policy = policy(value);
                match tag {
                    "p" => self.p = policy,
                    "sp" => self.sp = policy,
                    _ => self.np = policy,
                }
                if policy.is_none() {
                    self.invalid.get_or_insert(tag);
                }
                policy.is_some()
            }
            "adkim" | "aspf" => {
                let mode = match value {
                    b"r" | b"R" => Some(AlignmentMode::Relaxed),
                    b"s" | b"S" => Some(AlignmentMode::Strict),
                    _ => None,
                };
                let field = if tag == "adkim" {
                    &mut self.adkim
                } else {
                    &mut self.aspf
                };
                *field = mode.unwrap_or_default();
                mode.is_some()
            }
            "t" => {
                self.t = matches!(value, b"y" | b"Y");
                matches!(value, b"y" | b"Y" | b"n" | b"N")
            }
            "psd" => {
                let psd = match value {
                    b"y" | b"Y" => Some(PublicSuffix::Yes),
                    b"n" | b"N" => Some(PublicSuffix::No),
                    b"u" | b"U" => Some(PublicSuffix::Unknown),
                    _ => None,
                };
                self.psd = psd.unwrap_or_default();
                psd.is_some()
            }
            "rua" => {
                self.rua = uris(tag, value, &mut self.problems);
                true
            }
            "ruf" => {
                self.ruf = uris(tag, value, &mut self.problems);
                true
            }
            "fo" => {
                let options = failure_options(value);
                self.fo = options.unwrap_or_default();
                options.is_some()
            }
            _ => {
                // Section 9.3: pct, rf and ri are historic.
                self.problems.push(RecordProblem::Historic(tag));
                true
            }
        };
        // Section 4.8: syntax errors are discarded in favour of default values, or ignored outright.
        if !fine {
            let value = printable(value);
            self.problems.push(RecordProblem::Value { tag, value });
        }
    }

    /// The policies that the record stands for.
    ///
    /// # Errors
    /// When no DMARC processing may be applied because of it (section 4.10.1).
    pub fn policies(&self) -> Result<Policies, Unusable> {
        match (self.p, self.invalid) {
            (Some(p), None) => {
                // Section 4.7: without np, sp applies; without sp, p does.
                let sp = self.sp.unwrap_or(p);
                let np = self.np.unwrap_or(sp);
                Ok(Policies { p, sp, np })
            }
            // Section 4.10.1: without a valid p, or with an invalid sp or np, a valid rua makes it p=none. An absent
            // p is no valid p: section 4.7 refers to this rule for it.
            _ if !self.rua.is_empty() => Ok(Policies {
                p: Policy::None,
                sp: Policy::None,
                np: Policy::None,
            }),
            (_, invalid) => Err(Unusable {
                tag: invalid.unwrap_or("p"),
            }),
        }
    }
}

/// Section 4.8: `1*ALPHA equals 1*dmarc-value`, blanks around both.
pub(super) fn tag_and_value(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = memchr::memchr(b'=', part)?;
    let name = trim(&part[..equals]);
    let value = trim(&part[equals + 1..]);
    (!name.is_empty() && name.iter().all(u8::is_ascii_alphabetic) && !value.is_empty())
        .then_some((name, value))
}

/// WSP is space and tab, nothing else.
pub(super) fn trim(mut octets: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = octets {
        octets = rest;
    }
    octets
}

pub(super) fn policy(value: &[u8]) -> Option<Policy> {
    [Policy::None, Policy::Quarantine, Policy::Reject]
        .into_iter()
        .find(|policy| value.eq_ignore_ascii_case(policy.as_str().as_bytes()))
}

/// Section 4.7, `fo`: 0 and 1 exclude each other, each value once.
fn failure_options(value: &[u8]) -> Option<FailureOptions> {
    let mut options = FailureOptions {
        all_failed: false,
        any_failed: false,
        dkim: false,
        spf: false,
    };
    for option in value.split(|&octet| octet == b':') {
        let field = match trim(option) {
            b"0" => &mut options.all_failed,
            b"1" => &mut options.any_failed,
            b"d" | b"D" => &mut options.dkim,
            b"s" | b"S" => &mut options.spf,
            _ => return None,
        };
        if std::mem::replace(field, true) {
            return None;
        }
    }
    (!(options.all_failed && options.any_failed)).then_some(options)
}

/// Section 4.8: `dmarc-urilist`; what is no URI is ignored, the others stand.
fn uris(tag: &'static str, value: &[u8], problems: &mut Vec<RecordProblem>) -> Vec<ReportUri> {
    let mut found = Vec::new();
    for item in value.split(|&octet| octet == b',').map(trim) {
        match report_uri(item) {
            Some(uri) => found.push(uri),
            None => problems.push(RecordProblem::Uri {
                tag,
                uri: printable(item),
            }),
        }
    }
    found
}

/// One `dmarc-uri` or `obs-dmarc-uri`, whose size limit is dropped.
pub(super) fn report_uri(item: &[u8]) -> Option<ReportUri> {
    let text = std::str::from_utf8(item).ok()?;
    let uri = match text.split_once('!') {
        Some((uri, size)) => {
            let digits = size.trim_end_matches(['k', 'K', 'm', 'M', 'g', 'G', 't', 'T']);
            let units = size.len() - digits.len();
            if units > 1 || digits.is_empty() || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
                return None;
            }
            uri
        }
        None => text,
    };
    let (scheme, rest) = uri.split_once(':')?;
    // RFC 3986 section 3.1.
    let scheme_fine = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|octet| octet.is_ascii_alphanumeric() || b"+-.".contains(&octet));
    if !scheme_fine || !uri_characters(rest.as_bytes()) {
        return None;
    }
    let uri = ReportUri(uri.to_owned());
    match uri.mailto() {
        // RFC 6068: addr-spec; a mailto without a mailbox names nobody.
        Some(address) => {
            let (local, domain) = address.rsplit_once('@')?;
            (!local.is_empty() && !domain.is_empty()).then_some(uri)
        }
        None if rest.is_empty() => None,
        None => Some(uri),
    }
}

/// RFC 3986 section 2: the characters of URIs, percent signs before two hexadecimal digits only, one fragment.
fn uri_characters(mut octets: &[u8]) -> bool {
    let mut fragment = false;
    while let [first, rest @ ..] = octets {
        octets = match first {
            b'%' => match rest {
                [a, b, rest @ ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit() => rest,
                _ => return false,
            },
            b'#' if !fragment => {
                fragment = true;
                rest
            }
            _ if first.is_ascii_alphanumeric() || b"-._~:/?[]@$&'()*+,;=".contains(first) => rest,
            _ => return false,
        };
    }
    true
}
