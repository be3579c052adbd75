//! RFC 8601, sentence by sentence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::message::HeaderFields;
use proptest::prelude::*;

fn with(value: &str) -> String {
    let results = AuthenticationResults {
        authserv_id: "mx.example.org".into(),
        results: vec![MethodResult::new("spf", "fail").property("smtp", "helo", value)],
    };
    results.unfolded().split_once("smtp.helo=").unwrap().1.to_owned()
}

#[test]
fn rfc8601_section_2_2_no_result_is_none() {
    let results = AuthenticationResults {
        authserv_id: "mx.example.org".into(),
        results: vec![],
    };
    assert_eq!(results.value(), "mx.example.org; none");
    assert_eq!(parse(b"mx.example.org; none"), Ok(results.clone()));
    assert_eq!(parse(b" (c) mx.example.org 1 ; (c) NONE (c)"), Ok(results));
}

#[test]
fn rfc8601_section_2_2_values_are_tokens_quoted_strings_or_addresses() {
    assert_eq!(with("mail.example.net"), "mail.example.net");
    assert_eq!(with("ann+x@example.net"), "ann+x@example.net");
    assert_eq!(with("a/b=c@example.net"), "a/b=c@example.net");
    assert_eq!(with("@example.net"), "@example.net");
    assert_eq!(with(""), "\"\"");
    assert_eq!(with("a b"), "\"a b\"");
    assert_eq!(with("[192.0.2.1]"), "\"[192.0.2.1]\"");
    assert_eq!(with("2001:db8::1"), "\"2001:db8::1\"");
    assert_eq!(with("\"a b\"@example.net"), "\"\\\"a b\\\"@example.net\"");
    assert_eq!(with("a@b@example.net"), "\"a@b@example.net\"");
    assert_eq!(with("a@exa mple"), "\"a@exa mple\"");
    assert_eq!(with("A/b+c="), "\"A/b+c=\"");
}

#[test]
fn rfc8601_section_7_hostile_octets_never_break_out() {
    assert_eq!(with("x\r\nSubject: hi"), "\"x??Subject: hi\"");
    assert_eq!(with("x; dkim=pass"), "\"x; dkim=pass\"");
    assert_eq!(with("x\"; dkim=pass"), "\"x\\\"; dkim=pass\"");
    assert_eq!(with("x\\"), "\"x\\\\\"");
    assert_eq!(with("x\0\u{7f}\u{1b}[2J"), "\"x???[2J\"");
    assert_eq!(with("b\u{fc}cher"), "\"b?cher\"");
    let hostile = MethodResult {
        method: "sp\r\nf=".into(),
        result: "pa;ss".into(),
        reason: None,
        comment: Some("a) b (c \\ \r\n\u{e9}".into()),
        properties: vec![Property {
            ptype: "".into(),
            property: "a.b=c ".into(),
            value: "v".into(),
        }],
    };
    let results = AuthenticationResults {
        authserv_id: "mx example\n.org".into(),
        results: vec![hostile],
    };
    assert_eq!(
        results.unfolded(),
        "\"mx example?.org\"; spf=pass (a\\) b \\(c \\\\ ???) x.abc=v"
    );
}

#[test]
fn octets_that_are_not_utf8_become_question_marks() {
    let result = MethodResult::new("spf", "fail").property("smtp", "helo", b"a\xff\xfeb");
    let results = AuthenticationResults {
        authserv_id: "mx".into(),
        results: vec![result],
    };
    assert_eq!(results.unfolded(), "mx; spf=fail smtp.helo=\"a??b\"");
}

#[test]
fn rfc5322_section_2_1_1_lines_are_folded_and_never_longer_than_998() {
    let long = "x".repeat(5000);
    let results = AuthenticationResults {
        authserv_id: "mx.example.org".into(),
        results: vec![
            MethodResult::new("dkim", "pass")
                .comment("a rather long remark that goes on for a while and then a little longer than one line can hold")
                .property("header", "d", "example.org")
                .property("header", "s", long.as_str())
                .property("header", "b", "\"".repeat(3000)),
            MethodResult::new(long.as_str(), long.as_str()).property(&long, &long, &long).comment(long.as_str()),
        ],
    };
    let value = results.value();
    assert!(value.split("\r\n").all(|line| line.len() <= 998));
    let short: Vec<&str> = value
        .split("\r\n")
        .filter(|line| !line.contains("xxx") && !line.contains("\\\""))
        .collect();
    assert!(
        short.len() == 3 && short.iter().all(|line| line.len() <= 78),
        "{short:?}"
    );
    assert!(parse(value.as_bytes()).is_ok());
}

#[test]
fn rfc8601_appendix_b_examples_are_read() {
    let read = |text: &str| parse(text.as_bytes()).unwrap();
    assert_eq!(read("example.org 1; none").results, []);
    let one = read("example.com;\r\n          spf=pass smtp.mailfrom=example.net");
    assert_eq!(one.authserv_id, "example.com");
    assert_eq!(
        one.results,
        [MethodResult::new("spf", "pass").property("smtp", "mailfrom", "example.net")]
    );
    let several = read(
        "example.com;\r\n          auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n          spf=pass smtp.mailfrom=example.net",
    );
    assert_eq!(several.results[0].comment.as_deref(), Some("cram-md5"));
    assert_eq!(several.results[0].properties[0].value, "sender@example.net");
    let commented = read(
        "foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n      \
         policy (A dot can go here) . (like that) expired\r\n      (this surprised me) = (as I wasn't expecting it) 1362471462",
    );
    assert_eq!(commented.authserv_id, "foo.example.net");
    assert_eq!(
        commented.results,
        [MethodResult::new("dkim/1", "fail").property("policy", "expired", "1362471462")]
    );
    let reason = read(
        "example.com; dkim=pass reason=\"good signature\" header.i=@mail-router.example.net; dkim=fail reason=bad header.i=@x.example",
    );
    assert_eq!(reason.results[0].reason.as_deref(), Some("good signature"));
    assert_eq!(reason.results[0].properties[0].value, "@mail-router.example.net");
    assert_eq!(reason.results.len(), 2);
}

#[test]
fn rfc8601_section_2_2_what_is_malformed_is_refused_with_its_place() {
    for (text, at) in [
        ("", 0),
        ("mx", 2),
        ("mx; spf", 7),
        ("mx; spf=", 8),
        ("mx; spf=pass x", 14),
        ("mx; (", 5),
        ("\"mx", 3),
        ("mx 2; none", 4),
        ("mx; spf=pass;", 13),
    ] {
        assert_eq!(parse(text.as_bytes()).unwrap_err().at, at, "{text}");
    }
}

#[test]
fn rfc8601_section_5_fields_that_claim_our_name_are_found_in_every_disguise() {
    let ours = "mx.example.org";
    for text in [
        "mx.example.org; none",
        " MX.Example.ORG ; none",
        "mx.example.org",
        "mx.example.org.; none",
        "mx.example.org 1; none",
        "mx.example.org 99;",
        "\r\n\tmx.example.org;\r\n none",
        "(x (y) \\) ) mx.example.org (z);none",
        "\"mx.example.org\"; none",
        "\"m\\x.example.org\"; none",
        // Not well-formed, so it is ours if in doubt.
        "mx.example.org/1; none",
        "mx.example.org=; none",
        "mx.example.org spf=pass",
        "mx.(x)example.org; none",
        "mx . example . org; none",
        "\"mx.example.org; none",
        "(mx.example.org; none",
        "; mx.example.org; none",
        "mx.exa\0mple.org; none",
        "\" mx.example.org\"; none",
        "mx\r\n .example.org; none",
        "=?utf-8?q?mx.example.org?=; none",
        "\u{ff4d}\u{ff58}.example.org; none",
    ] {
        assert!(claims(text.as_bytes(), ours), "{text:?}");
        assert!(claims(text.as_bytes(), "MX.example.org."), "{text:?}");
    }
    for text in [
        "mx2.example.org; none",
        "example.org; spf=pass smtp.helo=mx.example.org",
        "example.net (mx.example.org); none",
        "mx.example.org.example.net; none",
        "",
        "\"\"; none",
        "example.net/1; none",
    ] {
        assert!(!claims(text.as_bytes(), ours), "{text:?}");
    }
}

#[test]
fn rfc8601_section_5_international_names_are_compared_as_a_labels() {
    for ours in ["b\u{fc}cher.example", "xn--bcher-kva.example"] {
        for text in [
            "b\u{fc}cher.example; none",
            "B\u{dc}CHER.example; none",
            "XN--bcher-kva.example; none",
            "bu\u{308}cher.example; none",
            "b\u{fc}cher.example/1; x",
        ] {
            assert!(claims(text.as_bytes(), ours), "{text} {ours}");
        }
    }
    assert!(claims(b"my host; none", "my host"));
}

#[test]
fn rfc8601_section_5_fields_to_remove_are_descending_places_among_all_fields() {
    let mut header = HeaderFields::default();
    for field in [
        "Authentication-Results: mx.example.org; none\r\n",
        "Subject: x\r\n",
        "AUTHENTICATION-results : mx.example.org; spf=pass\r\n",
        "Authentication-Results: other.example; spf=pass\r\n",
        "ARC-Authentication-Results: i=1; mx.example.org; none\r\n",
        "Authentication-Results:\r\n mx.example.org; none\r\n",
    ] {
        assert!(header.push(field.as_bytes()));
    }
    assert_eq!(fields_to_remove(&header, "mx.example.org"), [5, 2, 0]);
}

#[test]
fn fields_of_large_providers_are_read_leniently() {
    let read = |text: &str| {
        let read = parse_lenient(text.as_bytes());
        let short = |one: &MethodResult| {
            let properties: Vec<String> = one
                .properties
                .iter()
                .map(|p| format!("{}.{}={}", p.ptype, p.property, p.value))
                .collect();
            format!("{}={} {}", one.method, one.result, properties.join(" "))
        };
        (
            read.authserv_id.clone(),
            read.results.iter().map(short).collect::<Vec<_>>(),
        )
    };
    let (id, results) = read(
        "mx.google.example;\r\n       dkim=pass header.i=@example.org header.s=s1 header.b=\"AbC/+d=\";\r\n       spf=pass \
         (x.example: domain of ann@example.org designates 2001:db8::1 as permitted sender) smtp.mailfrom=ann@example.org;",
    );
    assert_eq!(id, "mx.google.example");
    assert_eq!(
        results,
        [
            "dkim=pass header.i=@example.org header.s=s1 header.b=AbC/+d=",
            "spf=pass smtp.mailfrom=ann@example.org"
        ]
    );
    let (id, results) = read(
        "spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=example.org; dkim=pass (signature was verified)\r\n \
         header.d=example.org;dmarc=pass action=none\r\n header.from=example.org;compauth=pass reason=100",
    );
    assert_eq!(id, "");
    assert_eq!(
        results,
        [
            "spf=pass smtp.mailfrom=example.org",
            "dkim=pass header.d=example.org",
            "dmarc=pass header.from=example.org",
            "compauth=pass "
        ]
    );
    assert_eq!(read("mx; spf=pass \"\\").1, ["spf=pass "]);
    assert_eq!(read("mx; ; =; spf pass; dkim=fail (").1, ["dkim=fail "]);
    assert_eq!(read("(x"), (String::new(), vec![]));
}

#[test]
fn hostile_fields_take_linear_work() {
    for part in ["(", "\"", "\\", ";", "a=b;", "a=b c ", "=", "()", ")"] {
        let text = part.repeat(300_000);
        let _ = parse_lenient(text.as_bytes());
        let _ = parse_lenient(format!("mx; spf=pass {text}").as_bytes());
        let _ = claims(text.as_bytes(), "mx.example.org");
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,200}",
        "[a-z.@\"\\\\;=()\r\n\t\0\u{80}-\u{ff}]{0,40}",
        "[a-z]{1,8}@[a-z]{1,8}\\.example",
        proptest::collection::vec(any::<u8>(), 0..300)
            .prop_map(|octets| String::from_utf8_lossy(&octets).into_owned()),
    ]
}

fn method() -> impl Strategy<Value = MethodResult> {
    let properties = proptest::collection::vec((text(), text(), text()), 0..4);
    (
        text(),
        text(),
        proptest::option::of(text()),
        proptest::option::of(text()),
        properties,
    )
        .prop_map(|(method, result, reason, comment, properties)| MethodResult {
            method,
            result,
            reason,
            comment,
            properties: properties
                .into_iter()
                .map(|(ptype, property, value)| Property {
                    ptype,
                    property,
                    value,
                })
                .collect(),
        })
}

#[test]
fn rfc5322_section_3_2_4_a_quoted_string_has_no_control_characters() {
    let error = parse(b"\"mx\0.example.net\"; spf=pass").unwrap_err();
    assert_eq!((error.expected, error.at), ("a printable character", 3));
    assert_eq!(
        parse(b"\"mx\texample\"; none").unwrap().authserv_id,
        "mx\texample"
    );
}

proptest! {
    #[test]
    fn whatever_goes_in_one_well_formed_field_comes_out(authserv_id in text(), results in proptest::collection::vec(method(), 0..4)) {
        let results = AuthenticationResults { authserv_id, results };
        let value = results.value();
        let unfolded = value.replace("\r\n    ", "\u{1}").replace('\u{1}', " ");
        prop_assert!(unfolded.bytes().all(|octet| (0x20..0x7f).contains(&octet)), "{unfolded:?}");
        prop_assert_eq!(&unfolded, &results.unfolded());
        let read = parse(value.as_bytes());
        prop_assert!(read.is_ok(), "{:?} {:?}", value, read);
        let read = read.unwrap();
        prop_assert_eq!(read.results.len(), results.results.len());
        for (read, written) in read.results.iter().zip(&results.results) {
            prop_assert_eq!(read.properties.len(), written.properties.len());
            for (read, written) in read.properties.iter().zip(&written.properties) {
                let printable: String = written.value.chars().map(|c| match c {
                    '\t' => ' ',
                    ' '..='~' => c,
                    _ => '?',
                }).collect();
                if printable.len() < 400 {
                    prop_assert_eq!(&read.value, &printable);
                }
            }
        }
        // What was read and is written again says the same.
        prop_assert_eq!(parse(read.value().as_bytes()).unwrap(), read);
    }

    #[test]
    fn what_can_be_represented_is_read_back(id in "[!-~]{1,30}", value in "[ -~]{0,60}", reason in "[ -~]{0,60}", comment in "[!-~]{1,9}( [!-~]{1,9}){0,20}") {
        let results = AuthenticationResults {
            authserv_id: id.clone(),
            results: vec![MethodResult::new("dkim", "pass").reason(reason).comment(comment).property("header", "d", value)],
        };
        let written = results.value();
        prop_assert_eq!(parse(written.as_bytes()).unwrap(), results);
        prop_assert!(claims(written.as_bytes(), &id));
    }

    #[test]
    fn any_octets_are_read_without_panic(octets in proptest::collection::vec(any::<u8>(), 0..200), id in ".{0,20}") {
        let strict = parse(&octets);
        let read = parse_lenient(&octets);
        if let Ok(strict) = strict {
            prop_assert_eq!(&read, &strict);
        }
        // Whatever was read can be written, and says the same again.
        let once = parse(read.value().as_bytes()).unwrap();
        prop_assert_eq!(parse(once.value().as_bytes()).unwrap(), once);
        let _ = claims(&octets, &id);
    }
}
