//! Where PostSRSd 1.10 gives something else, each time with what decides for us. Each has to happen.

use crate::postsrsd::ALIAS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Forward,
    Reverse,
}

pub(crate) struct Deviation {
    pub(crate) way: Way,
    pub(crate) sentence: &'static str,
    pub(crate) covers: Covers,
}

/// Says so of the input, our new address and theirs.
type Covers = fn(&[u8], Option<&[u8]>, Option<&[u8]>) -> bool;

/// What stands before the first `@`, and behind it.
fn split(address: &[u8]) -> (&[u8], &[u8]) {
    let at = address.iter().position(|&octet| octet == b'@');
    at.map_or((address, b""), |at| (&address[..at], &address[at + 1..]))
}

fn is_quoted(address: &[u8]) -> bool {
    address.starts_with(b"\"")
}

fn has_tag(local: &[u8], tag: &[u8]) -> bool {
    local
        .get(..4)
        .is_some_and(|begin| begin.eq_ignore_ascii_case(tag))
}

fn has_separator(local: &[u8]) -> bool {
    matches!(local.get(4), Some(b'=' | b'+' | b'-'))
}

/// Whether a local part without quotes has what needs them.
fn needs_quotes(local: &[u8]) -> bool {
    local
        .iter()
        .any(|octet| octet.is_ascii_control() || b" \"\\<>(),;".contains(octet))
}

/// Whether no domain name and no address literal can look so.
fn no_host(host: &[u8]) -> bool {
    let literal = host.starts_with(b"[");
    host.is_empty()
        || host
            .iter()
            .any(|octet| b"@= \"\\<>'%!#+/".contains(octet) || (*octet == b':' && !literal))
}

pub(crate) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        way: Way::Forward,
        sentence: "RFC 5321 section 4.1.2: a quoted local part is one; PostSRSd ends it at an '@' and puts its quotes in the middle",
        covers: |input, _, theirs| is_quoted(input) && theirs.is_some(),
    },
    Deviation {
        way: Way::Forward,
        sentence: "RFC 5321 section 4.1.2: controls, blanks, quotes and brackets do not stand in a local part as they are",
        covers: |input, ours, theirs| {
            !is_quoted(input) && needs_quotes(split(input).0) && ours.is_none() && theirs.is_some()
        },
    },
    Deviation {
        way: Way::Forward,
        sentence: "RFC 5321 section 4.1.2: there is a host, and it is a domain name or an address literal; PostSRSd takes \
            'a@b@c', whose parts then cannot be told apart",
        covers: |input, ours, theirs| no_host(split(input).1) && ours.is_none() && theirs.is_some(),
    },
    Deviation {
        way: Way::Forward,
        sentence: "RFC 5321 section 4.1.2: something stands before the '@'",
        covers: |input, ours, theirs| input.starts_with(b"@") && ours.is_none() && theirs.is_some(),
    },
    Deviation {
        way: Way::Forward,
        sentence: "a local part 'SRS0' or 'SRS1' without a separator is somebody's; PostSRSd takes its end for a separator",
        covers: |input, ours, _| {
            let local = split(input).0;
            local.len() == 4 && (has_tag(local, b"SRS0") || has_tag(local, b"SRS1")) && ours.is_some()
        },
    },
    Deviation {
        way: Way::Forward,
        sentence: "'SRS1=...' that lacks a part, or whose host is none, is somebody's local part; PostSRSd refuses it, or makes an \
            address that leads to no host",
        covers: |input, ours, _| {
            let local = split(input).0;
            has_tag(local, b"SRS1")
                && has_separator(local)
                && ours.is_some_and(|ours| ours.starts_with(b"SRS0"))
        },
    },
    Deviation {
        way: Way::Reverse,
        sentence: "an address is reversed in its alias domain alone; PostSRSd takes any domain",
        covers: |input, ours, theirs| {
            !split(input).1.eq_ignore_ascii_case(ALIAS.as_bytes()) && ours.is_none() && theirs.is_some()
        },
    },
    Deviation {
        way: Way::Reverse,
        sentence: "every letter of a hash counts; PostSRSd does not look at those beyond its hash length",
        covers: |input, ours, theirs| {
            let after_tag = split(input).0.get(5..).unwrap_or_default();
            let letters = after_tag.iter().position(|&octet| octet == b'=');
            letters.is_some_and(|letters| letters > 4) && ours.is_none() && theirs.is_some()
        },
    },
    Deviation {
        way: Way::Reverse,
        sentence: "RFC 5321 section 4.1.2: a quoted local part can be an SRS address",
        covers: |input, ours, theirs| is_quoted(input) && ours.is_some() && theirs.is_none(),
    },
    Deviation {
        way: Way::Reverse,
        sentence: "RFC 5321 section 4.1.2: controls, blanks, quotes and brackets do not stand in a local part as they are; in quotes, as \
            Postfix sends it, such an address of PostSRSd's is reversed",
        covers: |input, ours, theirs| {
            !is_quoted(input) && needs_quotes(split(input).0) && ours.is_none() && theirs.is_some()
        },
    },
    Deviation {
        way: Way::Reverse,
        sentence: "RFC 5321 section 4.1.2: there are a user and a host, and the host is a domain name or an address literal",
        covers: |_, ours, theirs| {
            let bad = |theirs: &[u8]| {
                let (user, host) = split(theirs);
                user.is_empty() || no_host(host)
            };
            theirs.is_some_and(bad) && ours.is_none()
        },
    },
];
