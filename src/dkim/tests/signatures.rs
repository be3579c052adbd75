//! Tag lists and the DKIM-Signature field (RFC 6376 sections 3.2 and 3.5).

use super::super::tag::{Blanks, TagList, base64, number, quoted_printable};
use super::*;
use proptest::prelude::*;

fn tag_error(text: &str) -> Option<&'static str> {
    TagList::read(text.as_bytes(), Blanks::Folding)
        .1
        .map(|error| error.code())
}

#[test]
fn rfc6376_section_3_2_tag_lists() {
    let cases = [
        ("a=1", None),
        ("a=1;", None),
        ("a=1; \r\n\t", None),
        (" \t a \r\n = \t 1 2\r\n 3 \r\n\t; b=", None),
        ("a=b=c;A=1;a_1=x", None),
        ("a=é", None),
        ("", Some("empty")),
        (" ", Some("empty")),
        (";a=1", Some("empty")),
        ("a=1;;", Some("empty")),
        ("a=1; ;b=2", Some("empty")),
        ("a", Some("no_equals")),
        ("a=1;b", Some("no_equals")),
        ("=1", Some("name")),
        ("1a=1", Some("name")),
        ("a-b=1", Some("name")),
        ("a b=1", Some("name")),
        ("_a=1", Some("name")),
        ("a=\r1", Some("value")),
        ("a=x\r\ny", Some("value")),
        ("a=x\ny", Some("value")),
        ("a=x\0y", Some("value")),
        ("a=\x7f", Some("value")),
        ("a=1;b=2;a=1", Some("duplicate")),
    ];
    for (text, error) in cases {
        assert_eq!(tag_error(text), error, "{text:?}");
    }
    assert!(TagList::read(b"a=\xff", Blanks::Folding).1.is_some());
    let many: String = (0..1_001).map(|at| format!("t{at}=;")).collect();
    assert_eq!(tag_error(&many), Some("too_many"));
}

#[test]
fn rfc6376_section_3_2_blanks_around_values_are_not_part_of_them() {
    let (tags, error) = TagList::read(b" a = \r\n x y \t; b=\r\n ;c=3", Blanks::Folding);
    assert_eq!(error, None);
    assert_eq!(tags.get("a"), Some(&b"x y"[..]));
    assert_eq!(tags.get("b"), Some(&b""[..]));
    assert_eq!(tags.get("A"), None, "names are case-sensitive");
}

/// The ABNF of RFC 6376 section 3.2 one rule after the other: the names and values of a list, or none if it is not one.
fn plain_tags(text: &str) -> Option<Vec<(String, String)>> {
    // FWS becomes blanks; a CR or LF that is left is none.
    let text = text.replace("\r\n ", "  ").replace("\r\n\t", "  ");
    let trim = |part: &str| part.trim_matches([' ', '\t']).to_owned();
    let mut specs: Vec<String> = text.split(';').map(trim).collect();
    if specs.len() > 1 && specs.last().is_some_and(String::is_empty) {
        specs.pop();
    }
    let mut tags = Vec::new();
    for spec in specs {
        let (name, value) = spec.split_once('=')?;
        let (name, value) = (trim(name), trim(value));
        let word = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let named = name.starts_with(|char: char| char.is_ascii_alphabetic()) && name.chars().all(word);
        let control = |char: char| char.is_ascii_control() && char != '\t';
        if !named || value.chars().any(control) || tags.iter().any(|(known, _)| *known == name) {
            return None;
        }
        tags.push((name, value));
    }
    Some(tags)
}

proptest! {
    #[test]
    fn rfc6376_section_3_2_lists_are_those_of_the_abnf(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "a", "b", "bh", "t_1", "=", "=", ";", ";", " ", "\t", "\r\n ", "\r\n\t", "\r\n", "\r", "\n", "\0", "\x7f", "é", "a-b",
                "0123456789abcdefghijklmnopqrstuvwxyz", "0123456789abcde ", "x",
            ]),
            0..24,
        ),
    ) {
        let text = parts.concat();
        let (list, error) = TagList::read(text.as_bytes(), Blanks::Folding);
        match plain_tags(&text) {
            None => prop_assert!(error.is_some(), "{text:?}"),
            Some(tags) => {
                prop_assert_eq!(error, None, "{:?}", text);
                for (name, value) in tags {
                    let found = list.get(&name).map(|found| String::from_utf8_lossy(found).into_owned());
                    let found = found.map(|found| found.replace("\r\n ", "  ").replace("\r\n\t", "  "));
                    prop_assert_eq!(found, Some(value), "{:?}", text);
                }
            }
        }
    }
}

#[test]
fn values() {
    assert_eq!(base64(b"AQ I=\r\n").as_deref(), Some(&[1, 2][..]));
    assert_eq!(
        base64(b"AQI").as_deref(),
        Some(&[1, 2][..]),
        "RFC 6376 section 2.10: padding is optional"
    );
    assert_eq!(base64(b""), None);
    assert_eq!(base64(b"A"), None);
    assert_eq!(base64(b"AQ*="), None);
    assert_eq!(quoted_printable(b"a=3D=\r\n 4a b").as_deref(), Some(&b"a=Jb"[..]));
    assert_eq!(quoted_printable(b"a=4"), None);
    assert_eq!(quoted_printable(b"a=4G"), None);
    assert_eq!(number(b"007"), Some(7));
    assert_eq!(number(b"99999999999999999999999"), Some(u64::MAX));
    assert_eq!((number(b""), number(b"-1"), number(b"1 ")), (None, None, None));
}

/// The cause for the tags of a signature that is otherwise good.
fn code(tags: &str) -> (DkimResult, &'static str) {
    let verdict = verdict_of(tags);
    assert!(!verdict.reason().is_empty());
    (verdict.result, verdict.cause.code())
}

#[test]
fn rfc6376_section_3_5_tags() {
    use DkimResult::{Fail, Pass, PermError, Policy};
    let with = |change: &str| format!("{TAGS}; {change}");
    let instead = |old: &str, new: &str| {
        assert!(TAGS.contains(old));
        TAGS.replace(old, new)
    };
    let cases = [
        (TAGS.to_owned(), Pass, "verified"),
        (with("unknown=1; z=From:x|To:y"), Pass, "verified"),
        (instead("v=1", "v = 1 "), Pass, "verified"),
        (instead("v=1", "v=2"), PermError, "version"),
        (instead("v=1", "v=1.0"), PermError, "version"),
        (instead("v=1; ", ""), PermError, "missing_tag"),
        (instead("d=example.org; ", ""), PermError, "missing_tag"),
        (instead("s=s1; ", ""), PermError, "missing_tag"),
        (instead("; h=from", ""), PermError, "missing_tag"),
        (instead("a=ed25519-sha256; ", ""), PermError, "missing_tag"),
        (with("d=example.org"), PermError, "syntax"),
        (instead("a=ed25519-sha256", "a=rsa-sha1"), PermError, "rsa_sha1"),
        (
            instead("a=ed25519-sha256", "a=rsa-sha512"),
            PermError,
            "unknown_algorithm",
        ),
        (
            instead("c=relaxed/relaxed", "c=nowsp"),
            PermError,
            "unknown_canonicalization",
        ),
        (
            instead("c=relaxed/relaxed", "c=relaxed/"),
            PermError,
            "unknown_canonicalization",
        ),
        (instead("; c=relaxed/relaxed", ""), Pass, "verified"),
        (instead("c=relaxed/relaxed", "c=relaxed"), Pass, "verified"),
        (instead("c=relaxed/relaxed", "c=simple/relaxed"), Pass, "verified"),
        (instead("d=example.org", "d=EXAMPLE.org"), Pass, "verified"),
        (instead("d=example.org", "d=org"), PermError, "bad_value"),
        (instead("d=example.org", "d=example..org"), PermError, "bad_value"),
        (instead("d=example.org", "d=example.org."), PermError, "bad_value"),
        (instead("d=example.org", "d=exam ple.org"), PermError, "bad_value"),
        (instead("d=example.org", "d=-example.org"), PermError, "bad_value"),
        (instead("s=s1", "s="), PermError, "bad_value"),
        (instead("h=from", "h=to:subject"), PermError, "from_unsigned"),
        (instead("h=from", "h="), PermError, "bad_value"),
        (instead("h=from", "h=from:"), PermError, "bad_value"),
        (instead("h=from", "h=from::to"), PermError, "bad_value"),
        (instead("h=from", "h=From \r\n : \r\n To"), Pass, "verified"),
        (with("q=dns/txt"), Pass, "verified"),
        (with("q=http/well-known : dns/txt"), Pass, "verified"),
        (with("q=dns"), PermError, "unknown_query"),
        (with("i=@example.org"), Pass, "verified"),
        (with("i=alice@example.org"), Pass, "verified"),
        (with("i=a=40b@MAIL.example.org"), Pass, "verified"),
        (with("i=@badexample.org"), PermError, "identity_outside_domain"),
        (with("i=@org"), PermError, "bad_value"),
        (with("i=alice"), PermError, "bad_value"),
        (with("i=al=zz@example.org"), PermError, "bad_value"),
        (with("t=1795347080"), Pass, "verified"),
        (with("t=1795347380"), Pass, "verified"),
        (with("t=1795347381"), Policy, "in_future"),
        (with("t=99999999999999999999999999"), Policy, "in_future"),
        (with("t=now"), PermError, "bad_value"),
        (with("t="), PermError, "bad_value"),
        (with("x=1795347080"), Pass, "verified"),
        (with("x=1795347079"), Policy, "expired"),
        (with("x=0"), Policy, "expired"),
        (with("x=99999999999999999999999999"), Pass, "verified"),
        (with("t=1795347080; x=1795347081"), Pass, "verified"),
        (
            with("t=1795347080; x=1795347080"),
            PermError,
            "expires_before_made",
        ),
        (with("l=5"), Policy, "body_length"),
        (with("l=0"), Policy, "body_length"),
        (
            with("t=1; l=0x1").replace(" l=0x1", "l=0x1"),
            PermError,
            "bad_value",
        ),
        (instead("s=s1", "s=other"), PermError, "no_key"),
        (instead("h=from", "h=from:subject\r\n :date"), Pass, "verified"),
    ];
    for (tags, result, cause) in cases {
        assert_eq!(code(&tags), (result, cause), "{tags}");
    }
    // A signed tag that was changed afterwards.
    let from = "From: alice@example.org";
    let signed = sign(TAGS, &[from], b"").replace("c=relaxed/relaxed", "c=relaxed/relaxed; t=1");
    let verdict = verdict(&[&signed, from], b"", table());
    assert_eq!((verdict.result, verdict.cause.code()), (Fail, "header_changed"));
}

#[test]
fn rfc6376_section_3_5_hash_and_signature_must_be_there_and_base64() {
    let from = "From: alice@example.org";
    let signed = sign(TAGS, &[from], b"");
    let (start, signature) = signed.rsplit_once("b=").unwrap();
    let body_hash = start.split("bh=").nth(1).unwrap().split(';').next().unwrap();
    let cases = [
        (start.to_owned(), "missing_tag"),
        (format!("{start}b="), "bad_value"),
        (format!("{start}b=*"), "bad_value"),
        (signed.replace(body_hash, "AQID"), "bad_value"),
        (signed.replace(body_hash, ""), "bad_value"),
        (format!("{start}b=AAAA"), "header_changed"),
        (
            format!(
                "{start}b= \r\n {} \r\n {} \r\n ",
                &signature[..9],
                &signature[9..]
            ),
            "verified",
        ),
    ];
    for (field, cause) in cases {
        assert_eq!(
            verdict(&[&field, from], b"", table()).cause.code(),
            cause,
            "{field}"
        );
    }
}

#[test]
fn a_verdict_says_whose_signature_it_is_even_if_it_is_malformed() {
    let fields =
        ["DKIM-Signature: v=1; a=rsa-sha1; d=Example.ORG; s=S1; i=al=69ce@example.org; b=abc def ghi; d=x"];
    let verdict = verdict(&fields, b"", table());
    assert_eq!(verdict.cause, Cause::Syntax(TagError::Duplicate("d".into())));
    assert_eq!(verdict.domain.as_deref(), Some("example.org"));
    assert_eq!(verdict.domain_name().map(Name::as_str), Some("example.org"));
    assert_eq!(verdict.selector.as_deref(), Some("s1"));
    assert_eq!(verdict.identity.as_deref(), Some("alice@example.org"));
    assert_eq!(verdict.algorithm.as_deref(), Some("rsa-sha1"));
    assert_eq!(verdict.signature_start.as_deref(), Some("abcdefgh"));
}

#[test]
fn rfc8616_section_4_international_names() {
    let from = "From: alice@bücher.example";
    let tags = "v=1; a=ed25519-sha256; c=relaxed/relaxed; d=Bücher.example; s=schlüssel; i=jürgen@post.bücher.example; h=from";
    let records = ed25519_record();
    let table = Table::default().with("xn--schlssel-95a._domainkey.xn--bcher-kva.example", &[&records]);
    let name = Name::parse("schlüssel.x".as_bytes()).unwrap();
    assert_eq!(name.as_str(), "xn--schlssel-95a.x");
    let verdict = verdict(&[&sign(tags, &[from], b""), from], b"", table);
    assert_eq!(verdict.cause, Cause::Verified);
    assert_eq!(verdict.domain.as_deref(), Some("xn--bcher-kva.example"));
    assert_eq!(verdict.identity.as_deref(), Some("jürgen@post.bücher.example"));
}

#[test]
fn a_key_name_that_is_too_long_is_never_asked_for() {
    let long = ["a".repeat(60), "b".repeat(60), "c".repeat(60), "d".repeat(60)].join(".");
    let tags = format!("v=1; a=ed25519-sha256; d={long}; s={}; h=from", "e".repeat(20));
    let table = Arc::new(Table::default());
    let from = "From: alice@example.org";
    let verdicts = Check::default().run(header(&[&sign(&tags, &[from], b""), from]), b"", &table);
    assert_eq!(verdicts[0].cause.code(), "key_name");
    assert_eq!(verdicts[0].result, DkimResult::PermError);
    assert_eq!(table.asked.load(Ordering::Relaxed), 0);
}
