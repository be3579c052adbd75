//! Every author domain stands in the From fields, in their order and as a domain may be written; a field more is a problem and hides no
//! domain of the others; and none is found in what is quoted.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::dmarc::{Author, AuthorProblem, MOST_AUTHOR_DOMAINS, author};
use mailrep::message::HeaderFields;

fn of(values: &[&[u8]]) -> Author {
    let mut header = HeaderFields::default();
    for value in values {
        header.push(&[b"From:", *value, b"\r\n"].concat());
    }
    author(&header)
}

/// The letters and digits of a text, in lower case: what blanks, comments and dots between them cannot change.
fn letters(octets: &[u8]) -> Vec<u8> {
    let kept = octets.iter().filter(|octet| octet.is_ascii_alphanumeric());
    kept.map(u8::to_ascii_lowercase).collect()
}

/// Whether the octets of `part` stand in `whole` in their order.
fn stands_in(part: &[u8], whole: &[u8]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|octet| rest.any(|other| other == octet))
}

fuzz_target!(|data: &[u8]| {
    // A line that ends begins another field.
    let fields: Vec<&[u8]> = data.split(|&octet| octet == 0).take(4).collect();
    let found = of(&fields);
    assert!(found.domains().len() <= MOST_AUTHOR_DOMAINS);
    assert!(found.problem().is_some() || !found.domains().is_empty());
    if fields.len() > 1 {
        assert_eq!(found.problem(), Some(&AuthorProblem::SeveralFrom(fields.len())));
    }
    let alone: Vec<Author> = fields.iter().map(|field| of(&[field])).collect();
    let mut all = Vec::new();
    for domain in alone.iter().flat_map(Author::domains) {
        if !all.contains(domain) {
            all.push(domain.clone());
        }
    }
    all.truncate(MOST_AUTHOR_DOMAINS);
    assert_eq!(found.domains(), all, "each field by itself has them");
    for (field, author) in fields.iter().zip(&alone) {
        for domain in author.domains() {
            // IDNA maps other characters; those are for the target `name`.
            if field.is_ascii() {
                let (domain, field) = (letters(domain.as_str().as_bytes()), letters(field));
                assert!(stands_in(&domain, &field), "{domain:?} stands in {field:?}");
            }
        }
    }
    // As the text of a quoted display name and of a comment, it says nothing.
    if let [field] = fields[..]
        && !field.iter().any(|octet| b"\\\"()\r\n".contains(octet))
    {
        for around in [[&b"\""[..], b"\" <a@example.org>"], [b"(", b") a@example.org"]] {
            let quoted = of(&[&[around[0], field, around[1]].concat()]);
            assert_eq!(quoted.problem(), None);
            let [only] = quoted.domains() else {
                panic!("{quoted:?}");
            };
            assert_eq!(only.as_str(), "example.org");
        }
    }
});
