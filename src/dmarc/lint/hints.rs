//! What was probably meant by what cannot be read.

use super::pieces::known;
use crate::dmarc::record::{TAGS, report_uri, trim};
use crate::dmarc::{Policy, Record, RecordProblem};
use crate::error::printable;
use crate::slip::one_slip_apart;

/// Octets of a part for which a correction is sought.
const MOST_PART: usize = 512;
/// Equals signs of a value that are looked at.
const MOST_EQUALS: usize = 16;

/// Whether a tag can have this value.
pub(super) fn fits(tag: &str, value: &[u8]) -> bool {
    if value.is_empty() || value.contains(&b';') {
        return false;
    }
    match tag {
        "v" => false,
        // They have no effect, whatever they hold.
        "pct" | "ri" => value.iter().all(u8::is_ascii_digit),
        "rf" => value.iter().all(u8::is_ascii_alphanumeric),
        _ => {
            let record = [b"v=DMARC1;", tag.as_bytes(), b"=", value].concat();
            let misfit = |problem: &RecordProblem| {
                matches!(problem, RecordProblem::Value { .. } | RecordProblem::Uri { .. })
            };
            Record::parse(&record).is_ok_and(|record| !record.problems.iter().any(misfit))
        }
    }
}

/// `p=none rua=...` and `p=nonerua=...`: with the semicolon that is missing.
pub(super) fn separated(tag: &str, value: &[u8]) -> Option<String> {
    if value.len() > MOST_PART {
        return None;
    }
    // There are no blanks around the value, so that what stands before it in `before` does so in `value`.
    let value = trim(value);
    for equals in memchr::memchr_iter(b'=', value).take(MOST_EQUALS) {
        let before = trim(&value[..equals]);
        for name in TAGS {
            let Some(start) = before.len().checked_sub(name.len()) else {
                continue;
            };
            let (first, last) = before.split_at(start);
            if !last.eq_ignore_ascii_case(name.as_bytes()) {
                continue;
            }
            // Addresses may hold an equals sign. That it is another tag's shows in a blank, or in what follows.
            let apart = first.last().is_some_and(|octet| b" \t,".contains(octet));
            let address = matches!(name, "rua" | "ruf")
                && trim(&value[equals + 1..])
                    .get(..7)
                    .is_some_and(|scheme| scheme.eq_ignore_ascii_case(b"mailto:"));
            if matches!(tag, "rua" | "ruf") && !apart && !address {
                continue;
            }
            let kept = first.trim_ascii_end();
            let kept = trim(kept.strip_suffix(b",").unwrap_or(kept));
            if fits(tag, kept) {
                let (kept, rest) = (printable(kept), printable(&value[first.len()..]));
                return Some(format!("{tag}={kept}; {rest}"));
            }
        }
    }
    None
}

/// A value that the tag can have.
pub(super) fn value(tag: &str, value: &[u8]) -> Option<String> {
    if value.len() > MOST_PART {
        return None;
    }
    let text = String::from_utf8_lossy(value).to_ascii_lowercase();
    let bare = text.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let meant = match tag {
        "p" | "sp" | "np" => policy(bare)?.as_str().to_owned(),
        "adkim" | "aspf" => match bare {
            "s" | "strict" => "s".to_owned(),
            "r" | "relaxed" => "r".to_owned(),
            _ => return None,
        },
        "t" => match bare {
            "y" | "yes" | "true" | "1" => "y".to_owned(),
            "n" | "no" | "false" | "0" => "n".to_owned(),
            _ => return None,
        },
        "psd" => match bare {
            "y" | "yes" => "y".to_owned(),
            "n" | "no" => "n".to_owned(),
            _ => return None,
        },
        "fo" => {
            let options: Vec<&str> = bare
                .split(|c: char| !c.is_ascii_alphanumeric())
                .filter(|option| !option.is_empty())
                .collect();
            // 1 asks for all that 0 asks for.
            let both = options.contains(&"0") && options.contains(&"1");
            let mut kept: Vec<&str> = Vec::new();
            for option in options {
                if !(kept.contains(&option) || (both && option == "0")) {
                    kept.push(option);
                }
            }
            kept.join(":")
        }
        _ => return None,
    };
    fits(tag, meant.as_bytes()).then(|| format!("{tag}={meant}"))
}

fn policy(text: &str) -> Option<Policy> {
    let known = [Policy::None, Policy::Quarantine, Policy::Reject];
    let close = |policy: &Policy| {
        let word = policy.as_str();
        text == word
            || text
                .strip_prefix(word)
                .is_some_and(|end| matches!(end, "ed" | "d" | "ion"))
            || one_slip_apart(text.as_bytes(), word.as_bytes())
    };
    known.into_iter().find(close).or(match text {
        "monitor" | "monitoring" | "off" | "no" | "nothing" | "allow" => Some(Policy::None),
        "spam" | "junk" | "quarentine" | "quarintine" | "quarrantine" => Some(Policy::Quarantine),
        "block" | "deny" | "drop" | "fail" | "discard" => Some(Policy::Reject),
        _ => None,
    })
}

/// A tag that is registered.
pub(super) fn tag(name: &[u8]) -> Option<&'static str> {
    const LONGEST: usize = 20;
    if name.len() > LONGEST {
        return None;
    }
    let name = name.to_ascii_lowercase();
    match name.as_slice() {
        b"policy" | b"pol" | b"action" => return Some("p"),
        b"subpolicy" | b"spolicy" | b"subdomain" | b"subdomainpolicy" | b"spp" => return Some("sp"),
        b"nspolicy" | b"nxpolicy" => return Some("np"),
        b"dkim" | b"dkimalign" => return Some("adkim"),
        b"spf" | b"spfalign" => return Some("aspf"),
        b"test" | b"testing" => return Some("t"),
        b"report" | b"reports" | b"aggregate" => return Some("rua"),
        b"forensic" | b"failure" => return Some("ruf"),
        _ => {}
    }
    let mut close = TAGS
        .into_iter()
        .filter(|tag| tag.len() > 2 && one_slip_apart(&name, tag.as_bytes()));
    // "rux" may be either.
    close.next().filter(|_| close.next().is_none())
}

/// A part that is no tag with a value, such as `p:none`.
pub(super) fn part(text: &[u8]) -> Option<String> {
    if text.len() > MOST_PART {
        return None;
    }
    let bare = text.strip_prefix(b"\"").unwrap_or(text);
    let bare = bare.strip_suffix(b"\"").unwrap_or(bare);
    let at = bare.iter().position(|octet| matches!(octet, b':' | b'='))?;
    let (name, value) = (trim(&bare[..at]), trim(&bare[at + 1..]));
    let name = TAGS[known(name)?];
    fits(name, value).then(|| format!("{name}={}", printable(value)))
}

/// An address in a URI that names it.
pub(super) fn uri(item: &[u8]) -> Option<String> {
    if item.len() > MOST_PART {
        return None;
    }
    let text = std::str::from_utf8(item).ok()?;
    let squeezed: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !"<>\"'\u{200b}\u{feff}".contains(*c))
        .collect();
    // The limit of size is obsolete.
    let squeezed = squeezed.split('!').next().unwrap_or_default();
    let squeezed = squeezed.trim_matches(|c| ".:".contains(c));
    let (local, domain) = squeezed.rsplit_once('@')?;
    // What stands before the local part: "mail:", "mailto//", "mailto=", or nothing.
    let local = local.rsplit([':', '/', '=']).next().unwrap_or(local);
    if local.is_empty() || local.contains('@') || !domain.contains('.') {
        return None;
    }
    let meant = format!("mailto:{local}@{domain}");
    report_uri(meant.as_bytes()).map(|_| meant)
}

/// Whether a URI has a scheme that was probably to be `mailto`, or is it.
pub(super) fn is_mail_scheme(uri: &str) -> bool {
    let scheme = uri.split(':').next().unwrap_or_default().to_ascii_lowercase();
    matches!(scheme.as_str(), "mail" | "email" | "e-mail" | "mailto")
        || one_slip_apart(scheme.as_bytes(), b"mailto")
}

/// Why a text record that was probably meant as a DMARC record is not read as one.
pub(super) fn near_miss(octets: &[u8]) -> Option<&'static str> {
    if Record::parse(octets).is_ok() {
        return None;
    }
    const LOOKED_AT: usize = 64;
    const VERSION: &[u8] = b"v=DMARC1";
    let begin = &octets[..octets.len().min(LOOKED_AT)];
    if let Some(rest) = begin.strip_prefix(VERSION) {
        return Some(match rest.first() {
            Some(b'0'..=b'9' | b'.') => "the version is exactly 'DMARC1'",
            _ => {
                "a semicolon has to follow 'v=DMARC1' (the strings of a TXT record are joined without anything between)"
            }
        });
    }
    let squeezed: String = String::from_utf8_lossy(begin)
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "=;:".contains(*c))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    if squeezed.starts_with("v=dmarc1") {
        return Some(match begin.first() {
            Some(b'v' | b'V') if begin.windows(6).any(|word| word == b"DMARC1") => {
                "it has to begin with exactly 'v=DMARC1;'"
            }
            Some(b'v' | b'V') => "'DMARC1' is written in capital letters",
            Some(b' ' | b'\t') => "there is a blank before 'v=DMARC1'",
            _ => "there is something before 'v=DMARC1'",
        });
    }
    if squeezed.starts_with("v=dmarc") {
        return Some("the version is exactly 'DMARC1'");
    }
    if [
        "dmarc1", "v:dmarc", "vdmarc", "=dmarc1", "v=dmrac", "v=drmac", "v=damrc",
    ]
    .iter()
    .any(|begin| squeezed.starts_with(begin))
    {
        return Some("it has to begin with exactly 'v=DMARC1;'");
    }
    if squeezed.contains(";v=dmarc1") {
        return Some("'v=DMARC1' has to be the first tag");
    }
    let policies = [
        "p=none",
        "p=quarantine",
        "p=reject",
        "rua=mailto",
        "sp=none",
        "sp=reject",
    ];
    policies
        .iter()
        .any(|begin| squeezed.starts_with(begin))
        .then_some("it has to begin with 'v=DMARC1;'")
}
