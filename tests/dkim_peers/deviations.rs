//! Where the peers depart from the standard on an odd message, each time with the clause that decides for us. Versions: dkimpy
//! 1.1.8, libopendkim 2.11.0 (beta 2), Mail::DKIM 1.20230212.

use crate::Case;
use mailrep::dkim::Canonicalization::{self, Relaxed, Simple};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// What they sign fails here, or they do not sign.
    TheySign,
    /// What we sign fails there.
    TheyVerify,
}

/// It shows with each algorithm in every one of the messages, canonicalizations and ways that it names, and nowhere else.
pub(crate) struct Deviation {
    pub(crate) peer: &'static str,
    /// Both if none.
    way: Option<Way>,
    pub(crate) messages: &'static [&'static str],
    /// Any if none.
    header: Option<Canonicalization>,
    body: Option<Canonicalization>,
    pub(crate) rule: &'static str,
    pub(crate) sentence: &'static str,
    /// The message that the peer takes this one for, if there is such a message: signatures over that one pass between us.
    pub(crate) taken_for: Option<Change>,
}

type Change = fn(&[u8]) -> Vec<u8>;

impl Deviation {
    pub(crate) fn covers(&self, peer: &str, way: Way, case: &Case<'_>) -> bool {
        self.peer == peer
            && self.way.is_none_or(|it| it == way)
            && self.messages.contains(&case.message)
            && self.header.is_none_or(|it| it == case.header)
            && self.body.is_none_or(|it| it == case.body)
    }
}

pub(crate) const DEVIATIONS: &[Deviation] = &[
    Deviation {
        peer: "dkimpy",
        way: None,
        messages: &["bare LFs in the body", "a bare LF at the end"],
        header: None,
        body: None,
        rule: "RFC 6376 section 3.4.3",
        sentence: "of a simple body nothing but empty lines at the end is changed, and of a relaxed one blanks; \
            dkimpy makes CRLF of a bare LF, which is for signers to do before they sign (section 5.3)",
        taken_for: Some(|message| {
            let text: Vec<&[u8]> = message.split(|&octet| octet == b'\n').collect();
            let lines = text.iter().map(|line| line.strip_suffix(b"\r").unwrap_or(line));
            lines.collect::<Vec<_>>().join(&b"\r\n"[..])
        }),
    },
    Deviation {
        peer: "dkimpy",
        way: None,
        messages: &["bare LFs in values"],
        header: None,
        body: None,
        rule: "RFC 5322 section 2.2",
        sentence: "a header field ends with CRLF; dkimpy ends it at a bare LF, and refuses what follows",
        taken_for: None,
    },
    Deviation {
        peer: "dkimpy",
        way: None,
        messages: &["spaces before the colon", "tabs before the colon"],
        header: None,
        body: None,
        rule: "RFC 6376 section 3.4.2",
        sentence: "blanks before the colon are deleted (RFC 5322 section 4.5.8 allows them); dkimpy refuses the message",
        taken_for: None,
    },
    Deviation {
        peer: "dkimpy",
        way: None,
        messages: &[
            "bare CRs in values",
            "VT and FF before values",
            "VT and FF after values",
        ],
        header: Some(Relaxed),
        body: None,
        rule: "RFC 6376 section 3.4.2",
        sentence: "spaces and tabs are deleted at the ends of a value (section 2.8); dkimpy deletes CR, VT and FF too",
        taken_for: Some(|message| with_values(message, |value| trim_start(trim_end(value)).to_vec())),
    },
    Deviation {
        peer: "dkimpy",
        way: None,
        messages: &[
            "blanks and no CRLF at the end",
            "a line of blanks and no CRLF at the end",
        ],
        header: None,
        body: Some(Relaxed),
        rule: "RFC 6376 section 3.4.4",
        sentence: "blanks at the ends of lines are ignored, of the last one too; dkimpy leaves one if no CRLF follows",
        taken_for: None,
    },
    Deviation {
        peer: "libopendkim",
        way: None,
        messages: &[
            "no CRLF at the end",
            "blanks and no CRLF at the end",
            "a bare CR at the end",
            "a bare LF at the end",
        ],
        header: None,
        body: Some(Relaxed),
        rule: "RFC 6376 section 3.4.4",
        sentence: "a body that does not end with CRLF gets one; libopendkim refuses the message, or adds none after blanks",
        taken_for: None,
    },
    Deviation {
        peer: "libopendkim",
        way: None,
        messages: &["bare CRs in the body"],
        header: None,
        body: Some(Relaxed),
        rule: "RFC 6376 section 3.4.4",
        sentence: "of a relaxed body blanks are changed, and empty lines at the end; libopendkim drops bare CRs",
        taken_for: None,
    },
    Deviation {
        peer: "libopendkim",
        way: None,
        messages: &[
            "bare LFs in the body",
            "a bare LF at the end",
            "a bare CR at the end",
            "CR CR LF",
        ],
        header: None,
        body: Some(Simple),
        rule: "RFC 6376 section 3.4.3",
        sentence: "of a simple body nothing but empty lines at the end is changed; libopendkim drops octets where CR or LF is bare, \
            and takes a line of CRs for an empty one",
        taken_for: None,
    },
    Deviation {
        peer: "libopendkim",
        way: None,
        messages: &["NULs in values"],
        header: Some(Relaxed),
        body: None,
        rule: "RFC 6376 section 3.4.2",
        sentence: "of a relaxed value blanks are changed; libopendkim ends it at a NUL",
        taken_for: Some(|message| {
            let begin = |value: &[u8]| value.split(|&octet| octet == 0).next().unwrap().to_vec();
            with_values(message, begin)
        }),
    },
    Deviation {
        peer: "libopendkim",
        way: None,
        messages: &[
            "bare CRs in values",
            "bare LFs in values",
            "VT and FF within values",
            "VT and FF after values",
        ],
        header: Some(Relaxed),
        body: None,
        rule: "RFC 6376 section 3.4.2",
        sentence: "spaces and tabs are blanks (section 2.8); libopendkim counts bare CR and LF, VT and FF among them",
        taken_for: Some(|message| {
            let blank = |&octet: &u8| if is_space(octet) { b' ' } else { octet };
            with_values(message, |value| value.iter().map(blank).collect())
        }),
    },
    Deviation {
        peer: "libopendkim",
        way: None,
        messages: &["VT and FF before values"],
        header: Some(Relaxed),
        body: None,
        rule: "RFC 6376 section 3.4.2",
        sentence: "spaces and tabs are blanks (section 2.8); libopendkim makes one space of VT and FF, which it leaves before the value",
        taken_for: None,
    },
    Deviation {
        peer: "libopendkim",
        way: None,
        messages: &["tabs before the colon"],
        header: None,
        body: None,
        rule: "RFC 6376 section 3.4.2",
        sentence: "blanks before the colon are deleted (RFC 5322 section 4.5.8 allows them); libopendkim refuses tabs there",
        taken_for: None,
    },
    Deviation {
        peer: "Mail::DKIM",
        way: None,
        messages: &[
            "no CRLF at the end",
            "blanks and no CRLF at the end",
            "a line of blanks and no CRLF at the end",
            "a bare CR at the end",
            "a bare LF at the end",
        ],
        header: None,
        body: Some(Simple),
        rule: "RFC 6376 section 3.4.3",
        sentence: "a body that does not end with CRLF gets one; Mail::DKIM adds none",
        taken_for: None,
    },
    Deviation {
        peer: "Mail::DKIM",
        way: None,
        messages: &["VT and FF before values"],
        header: Some(Relaxed),
        body: None,
        rule: "RFC 6376 section 3.4.2",
        sentence: "spaces and tabs are deleted before a value (section 2.8); Mail::DKIM deletes VT and FF too",
        taken_for: Some(|message| with_values(message, |value| trim_start(value).to_vec())),
    },
];

/// As C, Perl and Python have it.
fn is_space(octet: u8) -> bool {
    octet.is_ascii_whitespace() || octet == b'\x0b'
}

fn trim_start(value: &[u8]) -> &[u8] {
    let begin = value.iter().position(|&octet| !is_space(octet));
    &value[begin.unwrap_or(value.len())..]
}

fn trim_end(value: &[u8]) -> &[u8] {
    let end = value.iter().rposition(|&octet| !is_space(octet));
    &value[..end.map_or(0, |last| last + 1)]
}

/// The message with the values of its fields changed; none of them is folded.
fn with_values(message: &[u8], change: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let mut changed = Vec::new();
    let mut rest = message;
    while !rest.starts_with(b"\r\n") {
        let end = rest.windows(2).position(|pair| pair == b"\r\n").unwrap();
        let colon = rest.iter().position(|&octet| octet == b':').unwrap();
        changed.extend_from_slice(&rest[..=colon]);
        changed.extend(change(&rest[colon + 1..end]));
        changed.extend_from_slice(b"\r\n");
        rest = &rest[end + 2..];
    }
    changed.extend_from_slice(rest);
    changed
}
