//! SPF records: the strict parser by the ABNF of RFC 7208 section 12, and the parsed form.

use super::macros::{MacroString, Place, TargetError, Values};
use super::syntax::{MacroError, SyntaxError, SyntaxErrorKind, meant_mechanism};
use crate::dns::Name;
use crate::error::printable;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

pub(super) const VERSION: &[u8] = b"v=spf1";

/// A parsed SPF record. It knows nothing of the domain that publishes it, so it can be kept and shared.
///
/// `Display` gives the record in its canonical form: names of terms in lower case, no `+`, single blanks, no
/// prefix lengths that cover a whole address. Records are equal when these are.
///
/// ```
/// use mailrep::spf::Record;
/// let record = Record::parse(b"v=spf1 +A:mail.example.org/32  ip4:192.0.2.0/24 -all")?;
/// assert_eq!(record.to_string(), "v=spf1 a:mail.example.org ip4:192.0.2.0/24 -all");
/// assert!(Record::parse(b"v=spf1 ipv4:192.0.2.1 -all").is_err());
/// # Ok::<(), mailrep::spf::SyntaxError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Record {
    text: Box<str>,
    terms: Box<[Term]>,
    redirect: Option<usize>,
    explanation: Option<usize>,
}

/// A part of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Term {
    /// A mechanism with its qualifier.
    Directive(Directive),
    /// `redirect=`: the record of that domain decides where no mechanism matches (RFC 7208 section 6.1).
    Redirect(DomainSpec),
    /// `exp=`: where to find the explanation of a fail (RFC 7208 section 6.2).
    Explanation(DomainSpec),
    /// A modifier that RFC 7208 does not know; it changes nothing.
    Unknown {
        /// Its name, as published.
        name: Box<str>,
        /// Its value.
        value: MacroString,
    },
}

/// A mechanism with its qualifier.
#[derive(Debug, Clone)]
pub struct Directive {
    /// What follows from a match.
    pub qualifier: Qualifier,
    /// What is compared.
    pub mechanism: Mechanism,
    /// Where it stands in the record's text.
    begin: usize,
    end: usize,
}

/// What follows from a match (RFC 7208 section 4.6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Qualifier {
    /// `+`, or nothing.
    Pass,
    /// `-`
    Fail,
    /// `~`
    SoftFail,
    /// `?`
    Neutral,
}

/// What is compared with the client (RFC 7208 section 5). Without a domain-spec, the domain checked is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mechanism {
    /// Matches always.
    All,
    /// Matches when the check of that domain passes.
    Include(DomainSpec),
    /// The addresses of a name.
    A(Option<DomainSpec>, DualCidr),
    /// The addresses of the mail exchanges of a name.
    Mx(Option<DomainSpec>, DualCidr),
    /// The names of the client.
    Ptr(Option<DomainSpec>),
    /// An IPv4 network and its prefix length.
    Ip4(Ipv4Addr, u8),
    /// An IPv6 network and its prefix length.
    Ip6(Ipv6Addr, u8),
    /// Matches when the name has an IPv4 address, whatever it is.
    Exists(DomainSpec),
}

/// The prefix lengths for IPv4 and for IPv6 (`dual-cidr-length`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DualCidr {
    /// 0 to 32.
    pub ip4: u8,
    /// 0 to 128.
    pub ip6: u8,
}

/// A domain-spec: a macro-string that ends in a top-level domain or in a macro.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainSpec {
    string: MacroString,
    /// The name, where it is the same for every check.
    constant: Option<Result<Name, TargetError>>,
}

impl Record {
    /// Whether a TXT record is an SPF record at all (RFC 7208 section 4.5), right or wrong.
    pub fn is_record(octets: &[u8]) -> bool {
        // RFC 7208 section 4.5: the version is exactly "v=spf1", and a blank or the record's end follows; ABNF
        // strings are case-insensitive.
        octets
            .split_at_checked(VERSION.len())
            .is_some_and(|(version, rest)| {
                version.eq_ignore_ascii_case(VERSION) && matches!(rest.first(), None | Some(b' '))
            })
    }

    /// Parses a whole record.
    ///
    /// # Errors
    /// The first term that is wrong. RFC 7208 section 4.6: a syntax error anywhere makes the whole record one.
    pub fn parse(octets: &[u8]) -> Result<Record, SyntaxError> {
        let error = |begin: usize, end: usize, kind| SyntaxError {
            term: printable(octets.get(begin..end).unwrap_or_default()),
            at: begin,
            kind,
        };
        if !Record::is_record(octets) {
            return Err(error(0, octets.len(), SyntaxErrorKind::Version));
        }
        let mut terms = Vec::new();
        let (mut redirect, mut explanation) = (None, None);
        for (place, term) in terms_of(octets) {
            let term = term.map_err(|kind| error(place.start, place.end, kind))?;
            match term {
                Term::Redirect(_) => redirect = Some(terms.len()),
                Term::Explanation(_) => explanation = Some(terms.len()),
                _ => {}
            }
            terms.push(term);
        }
        // Terms that can be read are ASCII, so nothing is lost.
        let text = std::str::from_utf8(octets).unwrap_or_default();
        Ok(Record {
            text: text.into(),
            terms: terms.into_boxed_slice(),
            redirect,
            explanation,
        })
    }

    /// The terms, in the order of the record.
    pub fn terms(&self) -> &[Term] {
        &self.terms
    }

    /// The mechanisms with their qualifiers, in the order of the record.
    pub fn directives(&self) -> impl Iterator<Item = &Directive> {
        self.terms.iter().filter_map(|term| match term {
            Term::Directive(directive) => Some(directive),
            _ => None,
        })
    }

    /// Where `redirect=` points, if it is there.
    pub fn redirect(&self) -> Option<&DomainSpec> {
        match self.redirect.and_then(|at| self.terms.get(at)) {
            Some(Term::Redirect(target)) => Some(target),
            _ => None,
        }
    }

    /// Where `exp=` points, if it is there.
    pub fn explanation(&self) -> Option<&DomainSpec> {
        match self.explanation.and_then(|at| self.terms.get(at)) {
            Some(Term::Explanation(target)) => Some(target),
            _ => None,
        }
    }

    /// The record as it was published.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The octets that it occupies, roughly.
    pub(super) fn octets(&self) -> usize {
        let spec = |spec: &DomainSpec| {
            spec.string.octets() + spec.constant_name().map_or(0, |name| 40 + name.as_str().len())
        };
        let terms = self.terms.iter().map(|term| match term {
            Term::Directive(directive) => directive.mechanism.domain_spec().map_or(0, spec),
            Term::Redirect(target) | Term::Explanation(target) => spec(target),
            Term::Unknown { name, value } => name.len() + value.octets(),
        });
        size_of::<Record>() + self.text.len() + size_of_val(&*self.terms) + terms.sum::<usize>()
    }

    /// A directive of this record as it was published, such as `-ALL`.
    pub fn published(&self, directive: &Directive) -> &str {
        self.text.get(directive.begin..directive.end).unwrap_or_default()
    }
}

impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        self.terms == other.terms
    }
}

impl Eq for Record {}

impl PartialEq for Directive {
    fn eq(&self, other: &Self) -> bool {
        self.qualifier == other.qualifier && self.mechanism == other.mechanism
    }
}

impl Eq for Directive {}

impl Mechanism {
    /// Whether it counts against the limit of DNS look-ups (RFC 7208 section 4.6.4).
    pub fn counts_as_lookup(&self) -> bool {
        // RFC 7208 section 4.6.4: these mechanisms, and the "redirect" modifier.
        match self {
            Mechanism::Include(_)
            | Mechanism::A(..)
            | Mechanism::Mx(..)
            | Mechanism::Ptr(_)
            | Mechanism::Exists(_) => true,
            Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) => false,
        }
    }

    /// What the mechanism names instead of the domain checked.
    fn domain_spec(&self) -> Option<&DomainSpec> {
        match self {
            Mechanism::Include(spec) | Mechanism::Exists(spec) => Some(spec),
            Mechanism::A(spec, _) | Mechanism::Mx(spec, _) | Mechanism::Ptr(spec) => spec.as_ref(),
            Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) => None,
        }
    }
}

impl DualCidr {
    const WHOLE: DualCidr = DualCidr { ip4: 32, ip6: 128 };

    /// Whether `address` is in the network of `network`; addresses of two families never are.
    pub fn contains(self, network: IpAddr, address: IpAddr) -> bool {
        match (network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => in_network4(network, self.ip4, address),
            (IpAddr::V6(network), IpAddr::V6(address)) => in_network6(network, self.ip6, address),
            _ => false,
        }
    }
}

/// Whether the first `prefix` bits of both are the same.
pub(super) fn in_network4(network: Ipv4Addr, prefix: u8, address: Ipv4Addr) -> bool {
    let rest = 32u32.saturating_sub(u32::from(prefix));
    (network.to_bits() ^ address.to_bits())
        .checked_shr(rest)
        .unwrap_or(0)
        == 0
}

/// Whether the first `prefix` bits of both are the same.
pub(super) fn in_network6(network: Ipv6Addr, prefix: u8, address: Ipv6Addr) -> bool {
    let rest = 128u32.saturating_sub(u32::from(prefix));
    (network.to_bits() ^ address.to_bits())
        .checked_shr(rest)
        .unwrap_or(0)
        == 0
}

impl DomainSpec {
    fn parse(octets: &[u8]) -> Result<DomainSpec, SyntaxErrorKind> {
        if octets.is_empty() {
            return Err(SyntaxErrorKind::DomainMissing);
        }
        let string = MacroString::parse(octets, Place::Record)?;
        if !string.has_domain_end() {
            let address = std::str::from_utf8(octets).is_ok_and(|text| text.parse::<Ipv4Addr>().is_ok());
            return Err(SyntaxErrorKind::DomainEnd {
                meant: address.then_some("ip4:"),
            });
        }
        let constant = string.is_constant().then(|| string.expand_name(None));
        Ok(DomainSpec { string, constant })
    }

    fn constant_name(&self) -> Option<&Name> {
        self.constant.as_ref()?.as_ref().ok()
    }

    /// Whether it is the same for every check of a domain.
    pub(super) fn depends_on_domains_only(&self) -> bool {
        self.string.depends_on_domains_only()
    }

    /// Whether it is the same for every check.
    pub(super) fn is_constant(&self) -> bool {
        self.constant.is_some()
    }

    /// Whether the validated name of the client is needed to expand it.
    pub(super) fn needs_validated(&self) -> bool {
        !self.is_constant() && self.string.needs_validated()
    }

    /// The target-name in one check.
    pub(super) fn expand(&self, values: &Values<'_>) -> Result<Name, TargetError> {
        match &self.constant {
            Some(constant) => constant.clone(),
            None => self.string.expand_name(Some(values)),
        }
    }
}

/// The terms of a record, each with its place, those that cannot be read among them. `octets` begin with the version.
pub(super) fn terms_of(octets: &[u8]) -> impl Iterator<Item = (Range<usize>, Result<Term, SyntaxErrorKind>)> {
    let (mut redirect, mut explanation) = (false, false);
    let mut end = VERSION.len();
    std::iter::from_fn(move || {
        // RFC 7208 section 4.6.1: terms = *( 1*SP ( directive / modifier ) ); no other white space parts them.
        let begin = end + octets.get(end..)?.iter().position(|&octet| octet != b' ')?;
        end = memchr::memchr(b' ', &octets[begin..]).map_or(octets.len(), |length| begin + length);
        let mut term = parse_term(&octets[begin..end], begin);
        // RFC 7208 section 6: each of these two modifiers stands in a record once at most.
        let twice = match &term {
            Ok(Term::Redirect(_)) => std::mem::replace(&mut redirect, true),
            Ok(Term::Explanation(_)) => std::mem::replace(&mut explanation, true),
            _ => false,
        };
        if twice {
            term = Err(SyntaxErrorKind::Duplicate);
        }
        Some((begin..end, term))
    })
}

/// `at` is where the term begins in the record.
pub(super) fn parse_term(octets: &[u8], at: usize) -> Result<Term, SyntaxErrorKind> {
    // RFC 7208 section 4.6.1: a modifier has its "=" immediately after its name, before any ":" or "/", which
    // are what may follow a mechanism's name.
    let name_end = octets
        .iter()
        .position(|octet| matches!(octet, b':' | b'/' | b'='))
        .unwrap_or(octets.len());
    let (name, rest) = octets.split_at(name_end);
    if let Some((b'=', value)) = rest.split_first() {
        return parse_modifier(name, value);
    }
    let (qualifier, name) = match name.split_first() {
        Some((b'+', name)) => (Qualifier::Pass, name),
        Some((b'-', name)) => (Qualifier::Fail, name),
        Some((b'~', name)) => (Qualifier::SoftFail, name),
        Some((b'?', name)) => (Qualifier::Neutral, name),
        _ => (Qualifier::Pass, name),
    };
    Ok(Term::Directive(Directive {
        qualifier,
        mechanism: parse_mechanism(name, rest)?,
        begin: at,
        end: at + octets.len(),
    }))
}

fn parse_modifier(name: &[u8], value: &[u8]) -> Result<Term, SyntaxErrorKind> {
    // RFC 7208 section 12: name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." )
    let begins_well = name.first().is_some_and(u8::is_ascii_alphabetic);
    let allowed = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.');
    if !begins_well || !name.iter().all(allowed) {
        return Err(SyntaxErrorKind::ModifierName);
    }
    // A known name is never an unknown modifier: its value has to be a domain-spec.
    if name.eq_ignore_ascii_case(b"redirect") {
        Ok(Term::Redirect(DomainSpec::parse(value)?))
    } else if name.eq_ignore_ascii_case(b"exp") {
        Ok(Term::Explanation(DomainSpec::parse(value)?))
    } else {
        Ok(Term::Unknown {
            name: String::from_utf8_lossy(name).into(),
            value: MacroString::parse(value, Place::Record)?,
        })
    }
}

/// `rest` is empty, or begins with `:` or `/`.
fn parse_mechanism(name: &[u8], rest: &[u8]) -> Result<Mechanism, SyntaxErrorKind> {
    let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
    if is("all") {
        nothing(rest)?;
        Ok(Mechanism::All)
    } else if is("include") {
        Ok(Mechanism::Include(required_domain(rest)?))
    } else if is("a") {
        let (domain, cidr) = domain_and_cidr(rest)?;
        Ok(Mechanism::A(domain, cidr))
    } else if is("mx") {
        let (domain, cidr) = domain_and_cidr(rest)?;
        Ok(Mechanism::Mx(domain, cidr))
    } else if is("ptr") {
        match rest.split_first() {
            None => Ok(Mechanism::Ptr(None)),
            Some((b':', domain)) => Ok(Mechanism::Ptr(Some(DomainSpec::parse(domain)?))),
            Some(_) => Err(SyntaxErrorKind::Surplus),
        }
    } else if is("ip4") {
        let (network, prefix) = network(rest, 32, &SyntaxErrorKind::Ip4)?;
        Ok(Mechanism::Ip4(network, prefix))
    } else if is("ip6") {
        let (network, prefix) = network(rest, 128, &SyntaxErrorKind::Ip6)?;
        Ok(Mechanism::Ip6(network, prefix))
    } else if is("exists") {
        Ok(Mechanism::Exists(required_domain(rest)?))
    } else if let Some(&octet) = name.iter().find(|octet| !octet.is_ascii_graphic()) {
        Err(MacroError::Character(octet).into())
    } else {
        Err(SyntaxErrorKind::UnknownMechanism {
            meant: meant_mechanism(name),
        })
    }
}

fn nothing(rest: &[u8]) -> Result<(), SyntaxErrorKind> {
    if rest.is_empty() {
        Ok(())
    } else {
        Err(SyntaxErrorKind::Surplus)
    }
}

fn required_domain(rest: &[u8]) -> Result<DomainSpec, SyntaxErrorKind> {
    match rest.split_first() {
        Some((b':', domain)) => DomainSpec::parse(domain),
        Some(_) => Err(SyntaxErrorKind::Surplus),
        None => Err(SyntaxErrorKind::DomainMissing),
    }
}

/// `[ ":" domain-spec ] [ dual-cidr-length ]`
fn domain_and_cidr(rest: &[u8]) -> Result<(Option<DomainSpec>, DualCidr), SyntaxErrorKind> {
    // A domain-spec may hold slashes and digits, but it never ends in a slash and digits: what ends so is the
    // dual-cidr-length.
    let run = rest
        .iter()
        .rev()
        .take_while(|octet| octet.is_ascii_digit() || **octet == b'/')
        .count();
    let run_begin = rest.len() - run;
    let cidr_begin = memchr::memchr(b'/', &rest[run_begin..]).map_or(rest.len(), |at| run_begin + at);
    let (domain, cidr) = rest.split_at(cidr_begin);
    let domain = match domain.split_first() {
        None => None,
        Some((b':', domain)) => Some(DomainSpec::parse(domain)?),
        Some(_) => return Err(SyntaxErrorKind::PrefixLength),
    };
    Ok((domain, dual_cidr(cidr)?))
}

/// `dual-cidr-length = [ ip4-cidr-length ] [ "/" ip6-cidr-length ]`, each of the two with a slash of its own.
fn dual_cidr(octets: &[u8]) -> Result<DualCidr, SyntaxErrorKind> {
    let (ip4, ip6) = match memchr::memmem::find(octets, b"//") {
        Some(at) => (&octets[..at], Some(&octets[at + 2..])),
        None => (octets, None),
    };
    let mut cidr = DualCidr::WHOLE;
    match ip4.split_first() {
        None => {}
        Some((b'/', digits)) => cidr.ip4 = prefix_length(digits, 32)?,
        Some(_) => return Err(SyntaxErrorKind::PrefixLength),
    }
    if let Some(digits) = ip6 {
        cidr.ip6 = prefix_length(digits, 128)?;
    }
    Ok(cidr)
}

/// RFC 7208 section 12: `"0" / %x31-39 0*1DIGIT ; value range 0-32` and alike for 0-128: no leading zeros.
fn prefix_length(digits: &[u8], most: u8) -> Result<u8, SyntaxErrorKind> {
    let wrong = SyntaxErrorKind::PrefixLength;
    let value = match digits {
        [] => return Err(wrong),
        [b'0'] => 0,
        [b'1'..=b'9', ..] if digits.iter().all(u8::is_ascii_digit) && digits.len() <= 3 => digits
            .iter()
            .fold(0u16, |value, digit| value * 10 + u16::from(digit - b'0')),
        _ => return Err(wrong),
    };
    u8::try_from(value)
        .ok()
        .filter(|value| *value <= most)
        .ok_or(wrong)
}

/// `":" network [ "/" prefix length ]`
fn network<A: std::str::FromStr>(
    rest: &[u8],
    most: u8,
    wrong: &SyntaxErrorKind,
) -> Result<(A, u8), SyntaxErrorKind> {
    let Some((b':', value)) = rest.split_first() else {
        return Err(wrong.clone());
    };
    let (address, prefix) = match memchr::memchr(b'/', value) {
        Some(at) => (&value[..at], prefix_length(&value[at + 1..], most)?),
        None => (value, most),
    };
    let address = std::str::from_utf8(address)
        .ok()
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| wrong.clone())?;
    Ok((address, prefix))
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("v=spf1")?;
        for term in &self.terms {
            write!(f, " {term}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Term::Directive(directive) => directive.fmt(f),
            Term::Redirect(target) => write!(f, "redirect={target}"),
            Term::Explanation(target) => write!(f, "exp={target}"),
            Term::Unknown { name, value } => write!(f, "{name}={value}"),
        }
    }
}

impl fmt::Display for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.qualifier, self.mechanism)
    }
}

/// Nothing for a pass.
impl fmt::Display for Qualifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Qualifier::Pass => "",
            Qualifier::Fail => "-",
            Qualifier::SoftFail => "~",
            Qualifier::Neutral => "?",
        })
    }
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Mechanism::All => "all",
            Mechanism::Include(_) => "include",
            Mechanism::A(..) => "a",
            Mechanism::Mx(..) => "mx",
            Mechanism::Ptr(_) => "ptr",
            Mechanism::Ip4(..) => "ip4",
            Mechanism::Ip6(..) => "ip6",
            Mechanism::Exists(_) => "exists",
        };
        f.write_str(name)?;
        match self {
            Mechanism::All => {}
            Mechanism::Include(domain) | Mechanism::Exists(domain) => write!(f, ":{domain}")?,
            Mechanism::A(domain, _) | Mechanism::Mx(domain, _) | Mechanism::Ptr(domain) => {
                if let Some(domain) = domain {
                    write!(f, ":{domain}")?;
                }
            }
            Mechanism::Ip4(network, 32) => write!(f, ":{network}")?,
            Mechanism::Ip4(network, prefix) => write!(f, ":{network}/{prefix}")?,
            Mechanism::Ip6(network, 128) => write!(f, ":{network}")?,
            Mechanism::Ip6(network, prefix) => write!(f, ":{network}/{prefix}")?,
        }
        if let Mechanism::A(_, cidr) | Mechanism::Mx(_, cidr) = self {
            cidr.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for DualCidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ip4 != DualCidr::WHOLE.ip4 {
            write!(f, "/{}", self.ip4)?;
        }
        if self.ip6 != DualCidr::WHOLE.ip6 {
            write!(f, "//{}", self.ip6)?;
        }
        Ok(())
    }
}

impl fmt::Display for DomainSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.string.fmt(f)
    }
}
