//! How a header may have been before it was changed on the way. Whether it was so, the signature says.

use super::canonical::Canonicalization;
use super::hint::{Change, HeaderHint, shown};
use super::select::HeaderIndex;
use super::signature::Signature;
use crate::error::printable;
use crate::message::{HeaderField, HeaderFields};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Headers that are tried for one message, whatever its signatures: each costs hashing the header and one operation with the
/// public key.
pub(super) const MOST_TRIES: usize = 16;
/// Octets of a header of which none is tried.
pub(super) const MOST_HEADER: usize = 64 * 1024;
/// Octets of a tag in a Subject, brackets included.
const MOST_TAG: usize = 64;

/// What is left of [`MOST_TRIES`].
#[derive(Debug)]
pub(super) struct Tries(AtomicUsize);

impl Default for Tries {
    fn default() -> Self {
        Tries(AtomicUsize::new(MOST_TRIES))
    }
}

impl Tries {
    fn are_left(&self) -> bool {
        self.0.load(Ordering::Relaxed) > 0
    }

    fn take(&self) -> bool {
        let one_less = |left: usize| left.checked_sub(1);
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_less)
            .is_ok()
    }
}

/// One field as it may have been.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Edit {
    place: usize,
    /// The value that follows the colon; none if there was no such field.
    was: Option<Vec<u8>>,
}

/// Tries what forwarders and mailing lists do to the signed fields. `own` is the place of the signature in `header`; `verifies` says
/// whether the signature, at that place of that header, is genuine. A header with a change is as bounded as the one given.
pub(super) fn find(
    signature: &Signature,
    own: usize,
    header: &HeaderFields,
    tries: &Tries,
    mut verifies: impl FnMut(&HeaderFields, usize) -> bool,
) -> Option<HeaderHint> {
    if header.octets() > MOST_HEADER || !tries.are_left() {
        return None;
    }
    let places = HeaderIndex::new(header).select(&signature.names, own);
    let edits = edits(header, &places);
    let changed = |edits: &[&Edit]| {
        let changes = edits.iter().filter_map(|edit| change(edit, header));
        Some(HeaderHint::Changed(changes.collect()))
    };
    let mut holds = |edits: &[&Edit]| {
        tries.take() && {
            let (former, own) = with_edits(header, edits, own);
            verifies(&former, own)
        }
    };
    for edit in &edits {
        if holds(&[edit]) {
            return changed(&[edit]);
        }
    }
    // RFC 6376 section 3.4.1: simple does not survive folding anew. What else there was to unfold is gone.
    if signature.header == Canonicalization::Simple {
        let unfolded: Vec<Edit> = places.iter().filter_map(|&place| unfold(header, place)).collect();
        let all: Vec<&Edit> = unfolded.iter().collect();
        if !all.is_empty() && holds(&all) {
            return Some(HeaderHint::Refolded);
        }
    }
    for (at, first) in edits.iter().enumerate() {
        for second in edits
            .iter()
            .skip(at + 1)
            .filter(|second| second.place != first.place)
        {
            if holds(&[first, second]) {
                return changed(&[first, second]);
            }
        }
    }
    None
}

fn change(edit: &Edit, header: &HeaderFields) -> Option<Change> {
    let field = header.get(edit.place)?;
    Some(Change {
        field: printable(field.name()),
        is: shown(field.value()),
        was: edit.was.as_deref().map(shown),
    })
}

/// The header before the edits, and the place of the signature in it.
fn with_edits(header: &HeaderFields, edits: &[&Edit], own: usize) -> (HeaderFields, usize) {
    let mut former = HeaderFields::default();
    let mut own_place = own;
    for (place, field) in header.iter().enumerate() {
        match edits.iter().find(|edit| edit.place == place) {
            None => {
                former.push(field.raw());
            }
            Some(Edit { was: Some(was), .. }) => {
                let name = field.raw().get(..field.raw().len() - after_colon(field).len());
                former.push_parts(&[name.unwrap_or_default(), was, b"\r\n"]);
            }
            Some(Edit { was: None, .. }) if place < own => own_place -= 1,
            Some(Edit { was: None, .. }) => {}
        }
    }
    (former, own_place)
}

/// What follows the colon, the final CRLF included.
fn after_colon(field: HeaderField<'_>) -> &[u8] {
    let raw = field.raw();
    memchr::memchr(b':', raw).map_or(&[], |colon| &raw[colon + 1..])
}

/// What may have been done to one field, the most frequent first. `places` are those of the signed fields.
fn edits(header: &HeaderFields, places: &[usize]) -> Vec<Edit> {
    let mut edits = Vec::new();
    let signed = |name: &'static str| {
        let named = move |place: &&usize| header.get(**place).is_some_and(|field| field.is_named(name));
        places.iter().copied().find(|place| named(&place))
    };
    if let Some(place) = signed("subject")
        && let Some(field) = header.get(place)
    {
        edits.extend(former_subjects(field.value()).map(|was| Edit {
            place,
            was: Some(was),
        }));
    }
    if let Some(place) = signed("from")
        && let Some(field) = header.get(place)
    {
        // What mailing lists put in when they put their own address into From.
        for name in ["X-Original-From", "Original-From", "X-From", "Reply-To"] {
            let original = header.named(name).next().map(|(_, original)| original.value());
            let original = original.filter(|original| original.trim_ascii() != field.value().trim_ascii());
            edits.extend(original.map(|original| Edit {
                place,
                was: Some(original.to_vec()),
            }));
        }
    }
    if let Some(place) = signed("content-transfer-encoding")
        && let Some(field) = header.get(place)
    {
        for encoding in ["8bit", "7bit", "quoted-printable", "base64"] {
            if !field
                .value()
                .trim_ascii()
                .eq_ignore_ascii_case(encoding.as_bytes())
            {
                let was = Some(format!(" {encoding}").into_bytes());
                edits.push(Edit { place, was });
            }
        }
    }
    // A name that is signed more often than there are fields keeps others from being added (RFC 6376 section 5.4); who adds one
    // breaks the signature. What every message has is not taken away.
    const WANTED: [&str; 5] = ["from", "to", "subject", "date", "message-id"];
    let may_be_added = |place: &usize| {
        header.get(*place).is_some_and(|field| {
            let alike = |other: &usize| {
                header
                    .get(*other)
                    .is_some_and(|other| other.name().eq_ignore_ascii_case(field.name()))
            };
            !WANTED.iter().any(|name| field.is_named(name))
                || places.iter().filter(|other| alike(other)).count() > 1
        })
    };
    let added = places
        .iter()
        .take(4 * MOST_TRIES)
        .copied()
        .filter(|place| may_be_added(place));
    edits.extend(added.map(|place| Edit { place, was: None }).take(MOST_TRIES));
    edits
}

/// A folded field on one line.
fn unfold(header: &HeaderFields, place: usize) -> Option<Edit> {
    let value = header.get(place)?.value();
    memchr::memchr(b'\r', value)?;
    let mut was = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some(at) = memchr::memchr(b'\r', rest) {
        let (before, after) = rest.split_at(at);
        was.extend_from_slice(before);
        rest = after.strip_prefix(b"\r\n").unwrap_or_else(|| {
            was.push(b'\r');
            &after[1..]
        });
    }
    was.extend_from_slice(rest);
    Some(Edit {
        place,
        was: Some(was),
    })
}

/// Subjects without what hosts on the way put into them: a tag in brackets or a word with a colon before, a tag after.
fn former_subjects(value: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let text = value.trim_ascii();
    let blanks = &value[..value.len() - value.trim_ascii_start().len()];
    let mut former: Vec<Vec<u8>> = Vec::new();
    let mut push = |parts: &[&[u8]]| {
        let whole = [blanks, &parts.concat()].concat();
        if whole != value && !former.contains(&whole) {
            former.push(whole);
        }
    };
    if let Some((tag, rest)) = leading_tag(text) {
        push(&[rest]);
        match leading_tag(rest) {
            // Mailman puts '[tag] Re: x' in place of 'Re: [tag] x'.
            Some((word, after)) if word.ends_with(b":") => push(&[word, b" ", tag, b" ", after]),
            Some((_, after)) => push(&[after]),
            None => {}
        }
        // 'Re: [tag] x'
        if tag.ends_with(b":")
            && let Some((_, after)) = leading_tag(rest)
        {
            push(&[tag, b" ", after]);
        }
    }
    if let Some(before) = trailing_tag(text) {
        push(&[before]);
    }
    former.into_iter()
}

/// A tag such as `[list]`, `(Spam?)`, `{Spam}`, `***SPAM***`, `Fwd:`, and what follows it.
fn leading_tag(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let close = match text.first()? {
        b'[' => b']',
        b'(' => b')',
        b'{' => b'}',
        b'*' => b' ',
        letter if letter.is_ascii_alphabetic() => b':',
        _ => return None,
    };
    let near = &text[..text.len().min(MOST_TAG)];
    let end = memchr::memchr(close, near)? + usize::from(close != b' ');
    let tag = &text[..end];
    // 'Fwd:' is one word, 'On Monday:' is not a tag.
    if close == b':' && tag.iter().any(u8::is_ascii_whitespace) {
        return None;
    }
    let rest = text[end..].trim_ascii_start();
    (!rest.is_empty()).then_some((tag, rest))
}

/// What stands before a tag such as `(Spam?)` at the end.
fn trailing_tag(text: &[u8]) -> Option<&[u8]> {
    let open = match text.last()? {
        b']' => b'[',
        b')' => b'(',
        b'}' => b'{',
        _ => return None,
    };
    let begin = memchr::memrchr(open, text)?;
    let before = text[..begin].trim_ascii_end();
    (text.len() - begin <= MOST_TAG && !before.is_empty()).then_some(before)
}
