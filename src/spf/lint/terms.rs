//! A record's text, term by term: all that is wrong with it, and what was probably meant.

use crate::dns::Name;
use crate::error::printable;
use crate::spf::record::{VERSION, parse_term, terms_of};
use crate::spf::{Record, SyntaxErrorKind, Term};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Octets of a term for which a correction is sought.
const MOST_TERM: usize = 256;

/// One term of a record.
pub(super) struct Piece {
    pub(super) place: Range<usize>,
    pub(super) term: Result<Term, SyntaxErrorKind>,
}

/// What was probably meant by a term that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    /// What it was probably to be, such as `ip4:192.0.2.1`; empty for nothing at all.
    pub meant: String,
    /// The slip.
    pub why: &'static str,
}

impl Hint {
    pub(super) fn fix(&self) -> String {
        if self.meant.is_empty() {
            "Remove it.".to_owned()
        } else {
            format!("Write '{}'.", self.meant)
        }
    }
}

/// All terms, those that cannot be read among them. `octets` begin with the version.
pub(super) fn read(octets: &[u8]) -> Vec<Piece> {
    terms_of(octets)
        .map(|(place, term)| Piece { place, term })
        .collect()
}

/// What was probably meant by a term that cannot be read, and whether `next`, the term behind it, is a part of that.
pub(super) fn hint(term: &[u8], next: Option<&[u8]>, kind: &SyntaxErrorKind) -> Option<(Hint, bool)> {
    if term.len() > MOST_TERM || *kind == SyntaxErrorKind::Duplicate {
        return None;
    }
    let text = String::from_utf8_lossy(term);
    if let Some(hint) = next.and_then(|next| joined(&text, next)) {
        return Some((hint, true));
    }
    alone(&text).map(|hint| (hint, false))
}

/// A term and the next, where a blank parts them that does not belong there.
fn joined(text: &str, next: &[u8]) -> Option<Hint> {
    let next = printable(next);
    if matches!(text, "+" | "-" | "~" | "?") {
        let meant = format!("{text}{next}");
        let why = "no blank may stand between a qualifier and its mechanism";
        return reads(&meant).then_some(Hint { meant, why });
    }
    // What is a term by itself belongs to no other.
    if is_term(&next) {
        return None;
    }
    let name = text.strip_suffix([':', '=']).unwrap_or(text);
    let sign = match name
        .trim_start_matches(['+', '-', '~', '?'])
        .to_ascii_lowercase()
        .as_str()
    {
        "include" | "ip4" | "ip6" | "exists" | "a" | "mx" | "ptr" => ':',
        "redirect" | "exp" => '=',
        _ => return None,
    };
    let meant = format!("{name}{sign}{next}");
    let why = "no blank may stand between the name and what belongs to it";
    reads(&meant).then_some(Hint { meant, why })
}

/// Whether a text is a term by itself, perhaps with a fault in what follows its name.
fn is_term(text: &str) -> bool {
    let bare = text.strip_prefix(['+', '-', '~', '?']).unwrap_or(text);
    let name = bare.split([':', '=', '/']).next().unwrap_or_default();
    let known = [
        "all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists", "redirect", "exp",
    ];
    known.iter().any(|known| name.eq_ignore_ascii_case(known)) || reads(text)
}

/// What was probably meant by a term by itself.
fn alone(text: &str) -> Option<Hint> {
    let hint = |meant: String, why| Some(Hint { meant, why });
    if let Some(found) = odd_characters(text) {
        return Some(found);
    }
    if let Some(found) = with_a_labels(text) {
        return Some(found);
    }
    let lower = text.to_ascii_lowercase();
    if let Some(at) = lower.find("v=spf1").filter(|at| *at > 0) {
        let before = &text[..at];
        let why = "two records were joined without a blank, and only one may begin";
        return hint(
            if reads(before) {
                before.to_owned()
            } else {
                String::new()
            },
            why,
        );
    }
    let trimmed = text.trim_matches(|c| ",;.\"'`".contains(c));
    if trimmed.is_empty() {
        return hint(String::new(), "terms are parted by blanks and by nothing else");
    }
    if trimmed.len() < text.len() && reads(trimmed) {
        return hint(
            trimmed.to_owned(),
            "there is a character too many at its end or beginning",
        );
    }
    if let Some(parts) = split_at_commas(text) {
        return hint(parts, "terms are parted by blanks, never by commas or semicolons");
    }
    mechanism(text)
}

/// Whether a term can be read.
fn reads(term: &str) -> bool {
    parse_term(term.as_bytes(), 0).is_ok()
}

/// Characters that word processors and copied web pages bring.
fn odd_characters(text: &str) -> Option<Hint> {
    let (odd, why): (fn(char) -> bool, _) = if text.contains(is_dash) {
        (is_dash, "it has a dash of a word processor in place of '-'")
    } else if text.contains(is_quote) {
        (is_quote, "it has quotation marks of a word processor")
    } else if text.contains(is_blank) {
        (
            is_blank,
            "it has a tab or another character that looks like a blank and is none",
        )
    } else if text.contains('"') {
        (|c| c == '"', "the quotation marks became a part of the record")
    } else {
        return None;
    };
    let meant: String = text
        .chars()
        .filter_map(|c| match c {
            c if odd(c) && is_dash(c) => Some('-'),
            c if odd(c) && is_blank(c) && !matches!(c, '\u{200b}' | '\u{feff}') => Some(' '),
            c if odd(c) => None,
            c => Some(c),
        })
        .collect();
    let meant = meant.trim();
    let fine = meant.split(' ').filter(|part| !part.is_empty()).all(reads);
    Some(Hint {
        meant: if fine {
            meant.to_owned()
        } else {
            printable(meant.as_bytes())
        },
        why,
    })
}

fn is_dash(c: char) -> bool {
    matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn is_quote(c: char) -> bool {
    matches!(c, '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}')
}

fn is_blank(c: char) -> bool {
    (c.is_whitespace() && c != ' ') || matches!(c, '\u{200b}' | '\u{feff}')
}

fn split_at_commas(text: &str) -> Option<String> {
    if !text.contains([',', ';']) {
        return None;
    }
    let parts: Vec<&str> = text.split([',', ';']).filter(|part| !part.is_empty()).collect();
    // "ip4:192.0.2.1,192.0.2.2": the name of the first is meant for all.
    let name = parts.first()?.split_once(':').map_or("", |(name, _)| name);
    let named: Vec<String> = parts
        .iter()
        .map(|part| match part {
            part if reads(part) => (*part).to_owned(),
            part => format!("{name}:{part}"),
        })
        .collect();
    named.iter().all(|part| reads(part)).then(|| named.join(" "))
}

/// Slips in a mechanism's name, or in what follows it.
fn mechanism(text: &str) -> Option<Hint> {
    let (qualifier, bare) = match text.as_bytes().first() {
        Some(b'+' | b'-' | b'~' | b'?') => text.split_at(1),
        _ => ("", text),
    };
    let checked = |meant: String, why| {
        let meant = format!("{qualifier}{meant}");
        reads(&meant).then_some(Hint { meant, why })
    };
    if let Ok(address) = bare.split('/').next().unwrap_or_default().parse::<IpAddr>() {
        return checked(
            format!("{}:{bare}", family(address)),
            "an address needs a mechanism before it",
        );
    }
    let (name, rest) = match bare.find([':', '=', '/']) {
        Some(at) => bare.split_at(at),
        None => (bare, ""),
    };
    let value = rest.get(1..).unwrap_or_default();
    let name = name.to_ascii_lowercase();
    if matches!(name.as_str(), "redirect" | "exp") && rest.starts_with(':') {
        return checked_modifier(&name, value);
    }
    // Nothing behind the colon, where nothing is needed.
    if rest == ":" && matches!(name.as_str(), "a" | "mx" | "ptr") {
        return checked(name, "the colon announces a domain, and none follows");
    }
    // What is written as an address is one, whatever the mechanism says.
    let address = value
        .split('/')
        .next()
        .unwrap_or_default()
        .trim_matches(['[', ']']);
    if let Ok(address) = address.parse::<IpAddr>() {
        let prefix = value.find('/').map_or("", |at| &value[at..]);
        let whole = format!("{}:{address}{prefix}", family(address));
        let why = match (address, name.as_str()) {
            (IpAddr::V6(_), "ip4") => "the address is one of IPv6",
            (IpAddr::V4(_), "ip6") => "the address is one of IPv4",
            (_, "ipv4" | "ipv6" | "ip") => "the mechanisms are called 'ip4' and 'ip6'",
            (_, "a" | "mx" | "include" | "ptr" | "exists") => "this mechanism takes a name and no address",
            _ => "this is probably a slip of the pen",
        };
        return checked(whole, why).or_else(|| {
            let netmask: Ipv4Addr = prefix.get(1..)?.parse().ok()?;
            let bits = netmask.to_bits();
            let length = bits.leading_ones();
            (length + bits.trailing_zeros() >= 32).then(|| {
                checked(
                    format!("ip4:{address}/{length}"),
                    "a prefix length stands in place of a netmask",
                )
            })?
        });
    }
    // "ip4192.0.2.1" and "ip4192...": the colon is missing.
    for known in ["include", "exists", "ip4", "ip6"] {
        if let Some(value) = name.strip_prefix(known)
            && !value.is_empty()
            && !matches!(name.as_str(), "ip4v" | "ip6v")
        {
            let value = format!("{value}{rest}");
            let address = value.split('/').next().unwrap_or_default();
            let fits = match known {
                "ip4" => address.parse::<Ipv4Addr>().is_ok(),
                "ip6" => address.parse::<Ipv6Addr>().is_ok(),
                _ => value.contains('.'),
            };
            if fits {
                return checked(format!("{known}:{value}"), "the colon is missing");
            }
        }
    }
    if matches!(name.as_str(), "ip4" | "ip6") && looks_like_a_name(value) {
        return checked(
            format!("a:{value}"),
            "'ip4' and 'ip6' take addresses, and 'a' takes names",
        );
    }
    if name == "all" && !rest.is_empty() {
        return checked("all".to_owned(), "nothing follows 'all'");
    }
    if let Some(meant) = crate::spf::syntax::meant_mechanism(name.as_bytes()) {
        let meant = meant.trim_end_matches([':', '=']);
        let sign = rest.get(..1).unwrap_or_default();
        return checked(
            format!("{meant}{sign}{value}"),
            "this is probably a slip of the pen",
        );
    }
    if looks_like_a_name(bare) {
        if let Some((name, rest)) = bare.split_once('.')
            && matches!(
                name.to_ascii_lowercase().as_str(),
                "include" | "a" | "mx" | "ptr" | "exists"
            )
            && looks_like_a_name(rest)
        {
            return checked(format!("{name}:{rest}"), "a dot stands in place of the colon");
        }
        return checked(
            format!("include:{bare}"),
            "a name needs a mechanism before it, 'include:' for the record of a service or 'a:' for a host",
        );
    }
    None
}

/// The terms of a text where blanks between them are missing.
///
/// RFC 7208 section 3.3: the strings of one TXT record are joined without a blank, so that "...b.example" "include:..." is
/// one term; it may even be read as one, for a domain-spec may hold a colon.
pub(super) fn run_together(text: &[u8]) -> Option<String> {
    if text.len() > MOST_TERM || !text.is_ascii() {
        return None;
    }
    let mut rest = std::str::from_utf8(text).ok()?;
    let mut parts = Vec::new();
    while let Some(at) = (1..rest.len()).find(|&at| begins_a_term(&rest[at..]) && reads(&rest[..at])) {
        let (part, after) = rest.split_at(at);
        parts.push(part);
        rest = after;
    }
    if parts.is_empty() || !reads(rest) {
        return None;
    }
    parts.push(rest);
    Some(parts.join(" "))
}

/// Whether a term begins here as certainly as it can: by a name with its sign, or by an `all` with a qualifier at the end.
fn begins_a_term(text: &str) -> bool {
    const WITH_SIGN: [&str; 9] = [
        "include:",
        "a:",
        "mx:",
        "ptr:",
        "ip4:",
        "ip6:",
        "exists:",
        "redirect=",
        "exp=",
    ];
    let bare = text.strip_prefix(['+', '-', '~', '?']);
    let begins = |text: &str, known: &str| {
        text.get(..known.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(known))
    };
    bare.is_some_and(|bare| bare.eq_ignore_ascii_case("all"))
        || WITH_SIGN.iter().any(|known| begins(bare.unwrap_or(text), known))
}

/// The term with A-labels in place of U-labels (RFC 5890 section 2.3.2.1): a record is ASCII.
fn with_a_labels(text: &str) -> Option<Hint> {
    if text.is_ascii() {
        return None;
    }
    let (name, value) = text.split_at(text.find([':', '='])? + 1);
    let (value, prefix) = value.split_at(value.find('/').unwrap_or(value.len()));
    let labels: Option<Vec<String>> = value
        .split('.')
        .map(|label| match label {
            label if label.is_ascii() => Some(label.to_owned()),
            label => Some(Name::parse(label.as_bytes()).ok()?.as_str().to_owned()),
        })
        .collect();
    let meant = format!("{name}{}{prefix}", labels?.join("."));
    let why = "a name stands in a record in ASCII, with its A-labels";
    reads(&meant).then_some(Hint { meant, why })
}

fn checked_modifier(name: &str, value: &str) -> Option<Hint> {
    let meant = format!("{name}={value}");
    let why = "'redirect' and 'exp' are modifiers and take '='";
    reads(&meant).then_some(Hint { meant, why })
}

fn family(address: IpAddr) -> &'static str {
    match address {
        IpAddr::V4(_) => "ip4",
        IpAddr::V6(_) => "ip6",
    }
}

fn looks_like_a_name(text: &str) -> bool {
    // "10.0.0.x" and "192.0.2.1-all" are addresses with a fault.
    let numbers = text.split('.').take(3);
    let numbers = numbers.filter(|label| label.bytes().all(|octet| octet.is_ascii_digit()));
    numbers.count() < 3
        && text.split('.').count() > 1
        && text.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet))
        })
        && text
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().any(|octet| octet.is_ascii_alphabetic()))
}

/// What a modifier was to be whose name is a mechanism's, such as `include=example.org`.
pub(super) fn mechanism_as_modifier(name: &str, text: &str) -> Option<String> {
    let value = text.split_once('=').map_or("", |(_, value)| value);
    let name = name.to_ascii_lowercase();
    let name = match name.as_str() {
        "ipv4" | "ip" => "ip4",
        "ipv6" => "ip6",
        "include" | "a" | "mx" | "ptr" | "ip4" | "ip6" | "exists" => &name,
        _ => return None,
    };
    let meant = format!("{name}:{value}");
    Some(if reads(&meant) {
        meant
    } else {
        format!("{name}:...")
    })
}

/// Why a text record that was probably meant as an SPF record is not read as one.
pub(super) fn near_miss(octets: &[u8]) -> Option<&'static str> {
    if Record::is_record(octets) {
        return None;
    }
    const LOOKED_AT: usize = 32;
    let begin = &octets[..octets.len().min(LOOKED_AT)];
    let begin = String::from_utf8_lossy(begin).to_ascii_lowercase();
    let plain = begin.trim_start_matches(|c: char| {
        c == '"' || c == '\'' || c.is_whitespace() || is_quote(c) || is_blank(c)
    });
    if plain.starts_with("v=spf1") {
        if plain.len() < begin.len() {
            return Some("there is something before 'v=spf1'");
        }
        return Some(match plain.as_bytes().get(VERSION.len()) {
            Some(b'0'..=b'9' | b'.') => "the version is exactly 'v=spf1'",
            Some(b',' | b';') => "a blank follows 'v=spf1', and no comma or semicolon",
            _ => "a blank has to follow 'v=spf1'",
        });
    }
    let squeezed: String = plain
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '"')
        .collect();
    let version = ["v=spf", "v:spf", "spf1", "spf=", "vspf1", "v=sfp", "v-spf"];
    if version.iter().any(|begin| squeezed.starts_with(begin)) {
        return Some("it has to begin with 'v=spf1' and a blank");
    }
    None
}

/// Whether it is a record of Sender ID (RFC 4406).
pub(super) fn is_sender_id(octets: &[u8]) -> bool {
    octets
        .get(.."spf2.".len())
        .is_some_and(|begin| begin.eq_ignore_ascii_case(b"spf2."))
}
