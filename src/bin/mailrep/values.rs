//! Reading the values of options. What is said of a bad one names what is expected.

use clap::builder::{OsStringValueParser, TypedValueParser};
use mailrep::clock::UnixTime;
use mailrep::dkim::{self, Canonicalization, NewKey};
use mailrep::dmarc::{self, Outcome, Overrides};
use mailrep::dns::{Name, NameError};
use mailrep::spf::{Policy, PolicyError};
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::time::Duration;

/// Octets of an account that the library takes.
const MOST_ACCOUNT: usize = 1_024;
/// Octets of an address that the library looks at; a longer one would be cut and so be another.
const MOST_ADDRESS: usize = 1_024;
/// Octets of a domain name in text form (RFC 1035 section 3.1).
const MOST_DOMAIN: usize = 253;
/// The longest time for DNS: an hour.
const MOST_SECONDS: f64 = 3_600.0;
/// 9999-12-31T23:59:59Z, the last second that RFC 3339 can write.
const LAST_SECOND: i64 = 253_402_300_799;

/// The longest time for which a signature is valid: ten years.
const MOST_LIFETIME: u64 = 10 * 366 * 86_400;

/// Octets as they were given, UTF-8 or not.
pub(crate) type Text = Box<[u8]>;

/// A domain for which a check was made, and its result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Claim {
    pub(crate) domain: Name,
    pub(crate) outcome: Outcome,
}

pub(crate) fn address(value: &str) -> Result<IpAddr, String> {
    value
        .parse()
        .map_err(|_| "expected an IPv4 or IPv6 address, such as 192.0.2.1 or 2001:db8::1".to_owned())
}

pub(crate) fn nameserver(value: &str) -> Result<SocketAddr, String> {
    const DNS: u16 = 53;
    let bare = value
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .filter(|inner| inner.contains(':'))
        .unwrap_or(value);
    let server = match (value.parse::<SocketAddr>(), bare.parse::<IpAddr>()) {
        (Ok(server), _) => server,
        (_, Ok(address)) => SocketAddr::new(address, DNS),
        _ => {
            return Err(
                "expected an IP address, with or without a port, such as 192.0.2.53, 127.0.0.1:5353 or \
                        [2001:db8::53]:5353"
                    .to_owned(),
            );
        }
    };
    if server.port() == 0 {
        return Err("port 0 cannot be asked".to_owned());
    }
    Ok(server)
}

pub(crate) fn dns_timeout(value: &str) -> Result<Duration, String> {
    // The comparison refuses what is not a number, too.
    match value.parse::<f64>() {
        Ok(seconds) if (0.001..=MOST_SECONDS).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(format!(
            "expected seconds, from 0.001 to {MOST_SECONDS}, such as 5 or 0.5"
        )),
    }
}

/// Unix seconds or RFC 3339. Protocols count whole seconds, so fractions are cut.
pub(crate) fn time(value: &str) -> Result<UnixTime, String> {
    let (whole, fraction) = value.split_once('.').unwrap_or((value, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let seconds = if digits(whole) && digits(fraction) {
        whole.parse().ok()
    } else {
        value
            .parse::<jiff::Timestamp>()
            .ok()
            .map(jiff::Timestamp::as_second)
    };
    match seconds {
        Some(seconds) if (0..=LAST_SECOND).contains(&seconds) => Ok(UnixTime(seconds)),
        Some(_) => Err("the time must lie in the years 1970 to 9999".to_owned()),
        None if digits(whole) && digits(fraction) => {
            Err("the time must lie in the years 1970 to 9999".to_owned())
        }
        None => Err(
            "expected Unix seconds, such as 1772355660, or RFC 3339, such as 2026-03-01T09:01:00Z \
                     (with an offset or Z)"
                .to_owned(),
        ),
    }
}

/// The name of HELO: any octets, since clients send any, but none that could never be a name for its length.
pub(crate) fn helo() -> impl TypedValueParser<Value = Text> {
    octets(|name| long_domain(name, "the name"))
}

/// The envelope sender, as it is or in angle brackets: any octets, but none whose domain is too long for a name.
pub(crate) fn mail_from() -> impl TypedValueParser<Value = Text> {
    octets(|address| {
        if address.len() > MOST_ADDRESS {
            return Err(format!(
                "the address has {} octets; more than {MOST_ADDRESS} cannot be an address",
                address.len()
            ));
        }
        let bare = address.strip_suffix(b">").unwrap_or(address);
        match bare.iter().rposition(|&octet| octet == b'@') {
            Some(at) => long_domain(&bare[at + 1..], "its domain"),
            None => long_domain(bare, "the address, which has no '@',"),
        }
    })
}

/// What somebody has logged in with: any octets.
pub(crate) fn account() -> impl TypedValueParser<Value = Text> {
    octets(|account| match account.len() {
        0 => Err("it is empty; leave the option out for a client that has not logged in".to_owned()),
        1..=MOST_ACCOUNT => Ok(()),
        more => Err(format!(
            "the account has {more} octets; at most {MOST_ACCOUNT} are taken"
        )),
    })
}

/// Malformed names get a verdict (RFC 7208 section 4.3); only what is far too long to be meant is refused here.
fn long_domain(domain: &[u8], what: &str) -> Result<(), String> {
    let length = domain.strip_suffix(b".").unwrap_or(domain).len();
    if length > MOST_DOMAIN {
        return Err(format!(
            "{what} has {length} octets; a domain name has at most {MOST_DOMAIN}"
        ));
    }
    Ok(())
}

fn octets(check: fn(&[u8]) -> Result<(), String>) -> impl TypedValueParser<Value = Text> {
    OsStringValueParser::new().try_map(move |value: OsString| {
        let octets = value.into_vec();
        check(&octets).map(|()| octets.into_boxed_slice())
    })
}

/// A domain name; international ones become A-labels.
pub(crate) fn domain(value: &str) -> Result<Name, String> {
    let example = "expected a domain such as example.org";
    if value.contains('@') {
        return Err(format!("this is an address; {example}"));
    }
    if value.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(format!(
            "a domain has no blanks and no control characters; {example}"
        ));
    }
    Name::parse(value.as_bytes()).map_err(|why| match why {
        NameError::TooLong => {
            format!(
                "it has {} octets; a domain name has at most {MOST_DOMAIN}",
                value.len()
            )
        }
        why => format!("{why}; {example}"),
    })
}

/// An SPF record that is given for a domain, read or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    pub(crate) domain: Name,
    pub(crate) record: String,
}

pub(crate) fn record(value: &str) -> Result<Given, String> {
    let example = "expected DOMAIN=RECORD, such as 'example.org=v=spf1 mx -all'";
    let lower = value.trim_start().to_ascii_lowercase();
    let (name, record) = match value.split_once('=') {
        // The record alone; its 'v' would do for a name.
        _ if lower.starts_with("v=spf1") => return Err(format!("the domain is missing; {example}")),
        Some((name, record)) if !record.trim().is_empty() => (name, record),
        _ => return Err(format!("the record is missing; {example}")),
    };
    let domain = domain(name)?;
    // RFC 7208 section 4.3.
    if domain.label_count() < 2 {
        return Err(format!(
            "SPF checks no domain of one label such as '{domain}'; {example}"
        ));
    }
    Ok(Given {
        domain,
        record: record.to_owned(),
    })
}

/// A network, which is given back as it is.
pub(crate) fn network(value: &str) -> Result<String, String> {
    match Policy::default().trust(value) {
        Ok(_) => Ok(value.to_owned()),
        Err(_) => Err(
            "expected an IP address, or one with a prefix length of at most 32 for IPv4 and 128 for IPv6, such as \
             192.0.2.25, 192.0.2.0/24 or 2001:db8::/32"
                .to_owned(),
        ),
    }
}

/// A mailing list's identifier, which is given back as it is.
pub(crate) fn list(value: &str) -> Result<String, String> {
    match Overrides::default().trust_list(value) {
        Ok(_) => Ok(value.to_owned()),
        Err(why) => Err(why.to_string()),
    }
}

/// An author domain, or all below one, and what becomes of its mail.
pub(crate) fn exception(value: &str) -> Result<(String, dmarc::Policy), String> {
    let expected = || {
        "expected DOMAIN=DISPOSITION, the disposition being one of none, quarantine, reject, such as 'example.org=none'"
            .to_owned()
    };
    let (domain, word) = value.rsplit_once('=').ok_or_else(expected)?;
    let all = [
        dmarc::Policy::None,
        dmarc::Policy::Quarantine,
        dmarc::Policy::Reject,
    ];
    let disposition = all
        .into_iter()
        .find(|policy| word.eq_ignore_ascii_case(policy.as_str()));
    let disposition = disposition.ok_or_else(expected)?;
    match Overrides::default().except(domain, disposition) {
        Ok(_) => Ok((domain.to_owned(), disposition)),
        Err(why) => Err(why.to_string()),
    }
}

/// The text of an explanation, which is given back as it is.
pub(crate) fn explanation(value: &str) -> Result<String, String> {
    if value.trim().is_empty() {
        return Err("it is empty; leave the option out to have none".to_owned());
    }
    match Policy::default().explain(value) {
        Ok(_) => Ok(value.to_owned()),
        Err(PolicyError::Explanation(why)) => Err(format!(
            "{why}; expected a macro-string, such as '%{{i}} may not send for %{{d}}', where '%%' stands for '%'"
        )),
        Err(why) => Err(why.to_string()),
    }
}

/// RFC 7208 section 2.6.
const SPF_RESULTS: &[&str] = &[
    "none",
    "neutral",
    "pass",
    "fail",
    "softfail",
    "temperror",
    "permerror",
];
/// RFC 8601 section 2.7.1.
const DKIM_RESULTS: &[&str] = &[
    "none",
    "pass",
    "fail",
    "policy",
    "neutral",
    "temperror",
    "permerror",
];

pub(crate) fn spf_claim(value: &str) -> Result<Claim, String> {
    claim(value, SPF_RESULTS)
}

pub(crate) fn dkim_claim(value: &str) -> Result<Claim, String> {
    claim(value, DKIM_RESULTS)
}

fn claim(value: &str, results: &[&str]) -> Result<Claim, String> {
    let expected = || {
        format!(
            "expected DOMAIN=RESULT, the result being one of {}",
            results.join(", ")
        )
    };
    let (name, result) = value.rsplit_once('=').ok_or_else(expected)?;
    let result = result.to_ascii_lowercase();
    if !results.contains(&result.as_str()) {
        return Err(expected());
    }
    Ok(Claim {
        domain: domain(name)?,
        // DMARC only minds whether an identifier was authenticated, or may be so later.
        outcome: match result.as_str() {
            "pass" => Outcome::Pass,
            "temperror" => Outcome::TempError,
            _ => Outcome::NoPass,
        },
    })
}

/// The domain of signatures (RFC 6376 section 3.5).
pub(crate) fn signing_domain(value: &str) -> Result<String, String> {
    domain(value)?;
    dkim::key_name(value, "s").map_err(|why| why.to_string())?;
    Ok(value.to_owned())
}

/// RFC 6376 section 3.1.
pub(crate) fn selector(value: &str) -> Result<String, String> {
    dkim::key_name("example.org", value).map_err(|why| why.to_string())?;
    Ok(value.to_owned())
}

/// A selector, a colon, and the file of its key, whose name may be any.
pub(crate) fn selector_and_file() -> impl TypedValueParser<Value = (String, PathBuf)> {
    OsStringValueParser::new().try_map(|value: OsString| {
        let octets = value.as_bytes();
        let colon = octets.iter().position(|&octet| octet == b':');
        let (name, file) = match colon {
            Some(colon) if colon + 1 < octets.len() => (&octets[..colon], &octets[colon + 1..]),
            _ => return Err("expected SELECTOR:FILE, such as e2026:/etc/mail/e2026.pem".to_owned()),
        };
        let name = selector(&String::from_utf8_lossy(name))?;
        Ok((name, PathBuf::from(OsString::from_vec(file.to_vec()))))
    })
}

/// RFC 6376 section 3.5, `c=`: the body's is simple where it is not said.
pub(crate) fn canonicalizations(value: &str) -> Result<(Canonicalization, Canonicalization), String> {
    let one = |word: &str| match word {
        "relaxed" => Some(Canonicalization::Relaxed),
        "simple" => Some(Canonicalization::Simple),
        _ => None,
    };
    let (header, body) = value.split_once('/').unwrap_or((value, "simple"));
    one(header)
        .zip(one(body))
        .ok_or_else(|| "expected relaxed/relaxed, relaxed/simple, simple/relaxed or simple/simple".to_owned())
}

/// Seconds, or a number and its unit.
pub(crate) fn lifetime(value: &str) -> Result<Duration, String> {
    let (number, unit) = match value.as_bytes().last() {
        Some(b's') => (&value[..value.len() - 1], 1),
        Some(b'm') => (&value[..value.len() - 1], 60),
        Some(b'h') => (&value[..value.len() - 1], 3_600),
        Some(b'd') => (&value[..value.len() - 1], 86_400),
        _ => (value, 1),
    };
    let digits = !number.is_empty() && number.bytes().all(|octet| octet.is_ascii_digit());
    let seconds = number.parse::<u64>().ok().filter(|_| digits);
    match seconds.and_then(|seconds| seconds.checked_mul(unit)) {
        Some(seconds @ 1..=MOST_LIFETIME) => Ok(Duration::from_secs(seconds)),
        _ => Err("expected 1 second to 10 years, such as 604800, 168h or 7d".to_owned()),
    }
}

/// The sizes of RSA keys that are made.
pub(crate) fn key_bits(value: &str) -> Result<NewKey, String> {
    match value {
        "2048" => Ok(NewKey::Rsa2048),
        "3072" => Ok(NewKey::Rsa3072),
        "4096" => Ok(NewKey::Rsa4096),
        _ => Err(
            "expected 2048, 3072 or 4096: fewer are too weak, and verifiers need not take more (RFC 8301 section 3.2)".to_owned(),
        ),
    }
}

/// RFC 8601 section 2.2: a `value` of RFC 2045, which is written here without quotes only.
pub(crate) fn authserv_id(value: &str) -> Result<String, String> {
    if value.is_empty() || value.len() > MOST_DOMAIN {
        return Err(format!(
            "expected a name of 1 to {MOST_DOMAIN} octets, such as mx.example.org"
        ));
    }
    match value.chars().find(|&c| !in_authserv_id(c)) {
        Some(c) => Err(format!(
            "it must not hold {c:?}; expected a name such as mx.example.org"
        )),
        None => Ok(value.to_owned()),
    }
}

/// A host's name as an authserv-id: what cannot stand in one is left out.
pub(crate) fn authserv_id_of_host(name: &str) -> String {
    let kept: String = name
        .chars()
        .filter(|&c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .take(MOST_DOMAIN)
        .collect();
    if kept.bytes().any(|octet| octet.is_ascii_alphanumeric()) {
        kept
    } else {
        "localhost".to_owned()
    }
}

/// RFC 2045 section 5.1 (token), and RFC 6532 beyond ASCII.
fn in_authserv_id(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_graphic() && !"()<>@,;:\\\"/[]?=".contains(c)
    } else {
        c.is_alphanumeric()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_nameserver_is_an_address_with_or_without_a_port() {
        for (value, expected) in [
            ("192.0.2.53", "192.0.2.53:53"),
            ("127.0.0.1:5353", "127.0.0.1:5353"),
            ("2001:db8::53", "[2001:db8::53]:53"),
            ("[2001:db8::53]", "[2001:db8::53]:53"),
            ("[::1]:5353", "[::1]:5353"),
        ] {
            assert_eq!(nameserver(value).unwrap().to_string(), expected);
        }
        for value in [
            "",
            "localhost",
            "127.0.0.1:",
            "127.0.0.1:0",
            "127.0.0.1:70000",
            "[127.0.0.1]",
            "[::1",
            "::1]:53",
        ] {
            assert!(nameserver(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_time_out_is_positive_and_bounded() {
        assert_eq!(dns_timeout("0.5").unwrap(), Duration::from_millis(500));
        assert_eq!(dns_timeout("20").unwrap(), Duration::from_secs(20));
        for value in ["0", "-1", "nan", "inf", "1e9", "", "5s"] {
            assert!(dns_timeout(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_time_is_unix_seconds_or_rfc_3339() {
        for value in [
            "1772355660",
            "1772355660.9",
            "2026-03-01T09:01:00Z",
            "2026-03-01T10:01:00+01:00",
        ] {
            assert_eq!(time(value).unwrap(), UnixTime(1_772_355_660), "{value}");
        }
        assert_eq!(time("0").unwrap(), UnixTime(0));
        for value in [
            "",
            ".",
            "1.",
            ".5",
            "-1",
            "1e9",
            "99999999999999999999",
            "253402300800",
            "2026-03-01",
            "now",
            "1969-12-31T00:00:00Z",
        ] {
            assert!(time(value).is_err(), "{value}");
        }
    }

    #[test]
    fn a_claim_is_a_domain_and_a_word_of_the_standard() {
        let given = spf_claim("Bücher.example=PASS").unwrap();
        assert_eq!(
            (given.domain.as_str(), given.outcome),
            ("xn--bcher-kva.example", Outcome::Pass)
        );
        assert_eq!(
            spf_claim("example.org=softfail").unwrap().outcome,
            Outcome::NoPass
        );
        assert_eq!(
            dkim_claim("example.org=temperror").unwrap().outcome,
            Outcome::TempError
        );
        for value in [
            "example.org",
            "=pass",
            "example.org=",
            "example.org=good",
            "a@example.org=pass",
            "a..b=pass",
        ] {
            assert!(spf_claim(value).is_err(), "{value}");
        }
        assert!(spf_claim("example.org=policy").is_err());
        assert!(dkim_claim("example.org=softfail").is_err());
    }

    #[test]
    fn rfc8601_section_2_2_an_authserv_id_is_a_token() {
        assert!(authserv_id("mx.example.org").is_ok());
        for value in ["", "a b", "a;b", "a\nb", "a=b", "\"a\"", "a\u{202e}b"] {
            assert!(authserv_id(value).is_err(), "{value}");
        }
        assert_eq!(authserv_id_of_host("mx 1;.example\n"), "mx1.example");
        assert_eq!(authserv_id_of_host("(none)"), "none");
        assert_eq!(authserv_id_of_host("-"), "localhost");
    }
}
