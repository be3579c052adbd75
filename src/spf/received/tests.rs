//! RFC 7208 section 9.1, sentence by sentence.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::clock::{Clock, UnixTime};
use crate::dns::Session;
use crate::dns::zone::Zone;
use crate::limits::Limits;
use crate::spf::verify;
use crate::trace::Tracer;
use futures_util::FutureExt;
use proptest::prelude::*;
use std::sync::Arc;

const ZONE: &str = "\
example.com. TXT \"v=spf1 ip4:192.0.2.1 ip6:2001:db8::1 ~include:_spf.example.com -exists:%{l}.no.example.com -all\"
_spf.example.com. TXT \"v=spf1 ip4:192.0.2.2\"
foo.example.com. TXT \"v=spf1 ip4:192.0.2.1\"
broken.example.com. TXT \"v=spf1 ipv4:192.0.2.1 -all\"
$FAIL slow.example.com. TXT SERVFAIL
";

fn request(client: &str, helo: &[u8], mail_from: &[u8], receiver: &str) -> Request {
    Request {
        client: client.parse().unwrap(),
        helo: helo.into(),
        mail_from: mail_from.into(),
        receiver: receiver.into(),
        now: UnixTime(1_700_000_000),
    }
}

fn evaluate(request: &Request) -> Evaluation {
    let zone = Zone::parse(ZONE.as_bytes(), "zone").unwrap();
    let limits = Limits::default();
    let session = Session::new(Arc::new(zone), Clock::system(), &limits);
    let tracer = Tracer::off();
    verify(&session, request, &limits, &tracer)
        .now_or_never()
        .unwrap()
        .evaluation
}

/// The field without its folds.
fn written(client: &str, helo: &str, mail_from: &str) -> String {
    let request = request(client, helo.as_bytes(), mail_from.as_bytes(), "mybox.example.org");
    let value = evaluate(&request).received_spf(&request);
    read(&value);
    value.replace("\r\n   ", "")
}

/// The result and the pairs of a field, by the grammar of RFC 7208 section 9.1 word for word; panics where it is broken.
fn read(value: &str) -> (String, Vec<(String, String)>) {
    for line in value.split("\r\n").skip(1) {
        assert!(line.starts_with("    ") && !line.trim().is_empty(), "{value:?}");
    }
    let unfolded = value.replace("\r\n    ", " ");
    assert!(
        unfolded.bytes().all(|octet| (b' '..=b'~').contains(&octet)),
        "{value:?}"
    );
    let (result, rest) = unfolded.split_once(' ').unwrap();
    let comment = comment_length(rest);
    let mut rest = rest[comment..].strip_prefix(' ').unwrap();
    let mut pairs = Vec::new();
    loop {
        let (key, after) = rest.split_once('=').unwrap();
        assert!(
            key.bytes()
                .all(|octet| octet.is_ascii_lowercase() || octet == b'-')
        );
        let (text, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let (atom, after) = after.split_at(after.find(';').unwrap_or(after.len()));
                assert!(is_dot_atom(atom), "{value:?}");
                (atom.to_owned(), after)
            }
        };
        pairs.push((key.to_owned(), text));
        match after.strip_prefix("; ") {
            Some(more) => rest = more,
            None => {
                assert_eq!(after, "", "{value:?}");
                return (result.to_owned(), pairs);
            }
        }
    }
}

/// Of a comment without comments within.
fn comment_length(text: &str) -> usize {
    assert!(text.starts_with('('));
    let mut escaped = false;
    for (at, octet) in text.bytes().enumerate().skip(1) {
        match octet {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => panic!("{text}"),
            b')' => return at + 1,
            _ => {}
        }
    }
    panic!("{text}");
}

fn unquote(text: &str) -> (String, &str) {
    let mut content = String::new();
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => {
                content.push(character);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return (content, &text[at + 1..]),
            _ => content.push(character),
        }
    }
    panic!("{text}");
}

#[test]
fn rfc7208_section_9_1_first_example() {
    let request = request(
        "192.0.2.1",
        b"foo.example.com",
        b"myname@example.com",
        "mybox.example.org",
    );
    assert_eq!(
        evaluate(&request).received_spf(&request),
        "pass (mybox.example.org: 192.0.2.1 is allowed to send for\r\n    \
         example.com: 'ip4:192.0.2.1' of its SPF record decided)\r\n    \
         identity=mailfrom; client-ip=192.0.2.1;\r\n    \
         envelope-from=\"myname@example.com\"; helo=foo.example.com;\r\n    \
         receiver=mybox.example.org; mechanism=\"ip4:192.0.2.1\""
    );
}

#[test]
fn rfc7208_section_9_1_second_example() {
    assert_eq!(
        written("198.51.100.1", "foo.example.com", "myname@example.com"),
        "fail (mybox.example.org: 198.51.100.1 is not allowed to send for example.com: '-all' of its SPF record \
         decided) identity=mailfrom; client-ip=198.51.100.1; envelope-from=\"myname@example.com\"; \
         helo=foo.example.com; receiver=mybox.example.org; mechanism=all"
    );
}

#[test]
fn rfc7208_section_9_1_helo_is_there_even_if_the_client_gave_none() {
    let value = written("192.0.2.1", "", "myname@example.com");
    assert!(value.contains("; helo=\"\"; receiver="), "{value}");
}

#[test]
fn rfc5890_section_2_3_2_1_names_are_written_with_a_labels() {
    let value = written("192.0.2.1", "ex\u{e4}mple.org", "ada@b\u{fc}cher.example");
    assert!(value.contains("; helo=xn--exmple-cua.org;"), "{value}");
    assert!(
        value.contains("envelope-from=\"ada@xn--bcher-kva.example\""),
        "{value}"
    );
}

#[test]
fn rfc7208_section_9_1_the_helo_identity_has_no_envelope_sender() {
    assert_eq!(
        written("192.0.2.1", "foo.example.com", ""),
        "pass (mybox.example.org: 192.0.2.1 is allowed to send for foo.example.com: 'ip4:192.0.2.1' of its SPF \
         record decided) identity=helo; client-ip=192.0.2.1; helo=foo.example.com; receiver=mybox.example.org; \
         mechanism=\"ip4:192.0.2.1\""
    );
}

#[test]
fn rfc7208_section_9_1_mechanism_is_default_where_none_matched() {
    assert!(written("192.0.2.9", "foo.example.com", "").ends_with("; mechanism=default"));
    for sender in ["a@none.example.com", "a@broken.example.com", "a@slow.example.com"] {
        assert!(!written("192.0.2.9", "foo.example.com", sender).contains("mechanism="));
    }
    let softfail = written("192.0.2.2", "foo.example.com", "a@example.com");
    assert!(softfail.starts_with("softfail ("), "{softfail}");
    assert!(
        softfail.ends_with("; mechanism=\"include:_spf.example.com\""),
        "{softfail}"
    );
}

#[test]
fn rfc7208_section_9_1_problem_tells_of_errors_only() {
    for (sender, result, end) in [
        ("a@broken.example.com", "permerror (", "; problem=syntax"),
        ("a@slow.example.com", "temperror (", "; problem=dns_failure"),
    ] {
        let value = written("192.0.2.1", "foo.example.com", sender);
        assert!(value.starts_with(result) && value.ends_with(end), "{value}");
    }
    for sender in ["a@none.example.com", "a@example.com", "a@[192.0.2.1]", "nobody"] {
        assert!(!written("192.0.2.1", "foo.example.com", sender).contains("problem="));
    }
}

#[test]
fn rfc7208_section_9_1_values_are_dot_atoms_or_quoted_strings() {
    let value = written("2001:db8::1", "[IPv6:2001:db8::1]", "\"a b\"@example.com");
    assert!(value.contains("client-ip=\"2001:db8::1\""), "{value}");
    assert!(value.contains("helo=\"[IPv6:2001:db8::1]\""), "{value}");
    assert!(
        value.contains("envelope-from=\"\\\"a b\\\"@example.com\""),
        "{value}"
    );
    let value = written("::ffff:192.0.2.1", "foo.example.com.", "a@example.com");
    assert!(value.contains("client-ip=192.0.2.1; "), "{value}");
    assert!(value.contains("helo=\"foo.example.com.\""), "{value}");
}

#[test]
fn what_is_not_known_is_left_out() {
    let request = request("192.0.2.1", b"", b"a@example.com", "");
    let (_, pairs) = read(&evaluate(&request).received_spf(&request));
    let keys: Vec<_> = pairs.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(
        keys,
        ["identity", "client-ip", "envelope-from", "helo", "mechanism"]
    );
}

#[test]
fn rfc7208_section_9_1_malicious_data_of_the_sender_does_not_break_out() {
    let value = written(
        "192.0.2.1",
        "x\r\nReceived-SPF: pass",
        "a\"; identity=helo; x=\"@example.com",
    );
    assert!(value.contains("; helo=\"x??Received-SPF: pass\";"), "{value}");
    assert!(
        value.contains("; envelope-from=\"a\\\"; identity=helo; x=\\\"@example.com\";"),
        "{value}"
    );
    let value = written("192.0.2.1", "foo.example.com", "a@x) y (z\\");
    assert!(value.starts_with("none (mybox.example.org: "), "{value}");
}

#[test]
fn rfc7208_section_9_1_the_field_is_not_excessively_long() {
    let request = request(
        "192.0.2.1",
        &[b'h'; 1 << 16],
        &[b'"'; 1 << 16],
        &"r".repeat(1 << 16),
    );
    let value = evaluate(&request).received_spf(&request);
    read(&value);
    assert!(value.split("\r\n").all(|line| line.len() <= 998));
    assert!(value.len() < 8_000, "{}", value.len());
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z]{1,8}(@[a-z]{1,8})?(\\.example)?\\.com".prop_map(String::into_bytes),
        "[a-z()\\\\\";=@, \r\n\t.]{0,40}(@example\\.com)?".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..300),
    ]
}

fn text() -> impl Strategy<Value = String> {
    octets().prop_map(|octets| String::from_utf8_lossy(&octets).into_owned())
}

proptest! {
    #[test]
    fn whatever_goes_in_one_well_formed_field_comes_out(
        client in any::<std::net::IpAddr>(),
        helo in octets(),
        mail_from in octets(),
        receiver in text(),
        mechanism in prop::option::of(text()),
    ) {
        let request = Request { client, ..request("192.0.2.1", &helo, &mail_from, &receiver) };
        let mut evaluation = evaluate(&request);
        if mechanism.is_some() {
            evaluation.mechanism = mechanism;
        }
        let value = evaluation.received_spf(&request);
        let (result, pairs) = read(&value);
        prop_assert_eq!(result, evaluation.result.as_str());
        for line in format!("Received-SPF: {value}").split("\r\n") {
            // A line is longer only where a single word is.
            prop_assert!(line.len() <= 78 || !line.trim_start().contains(' ') || line.contains('"'), "{value:?}");
        }
        let mut expected = vec![
            ("identity", evaluation.identity.as_str().to_owned()),
            ("client-ip", client.to_canonical().to_string()),
        ];
        if evaluation.identity == Identity::MailFrom {
            expected.push(("envelope-from", printable(in_ascii(&mail_from).as_bytes())));
        }
        expected.push(("helo", printable(in_ascii(&helo).as_bytes())));
        for (at, (key, text)) in expected.into_iter().enumerate() {
            prop_assert_eq!(&pairs[at].0, key);
            prop_assert_eq!(&pairs[at].1, &text);
        }
    }
}

fn printable(octets: &[u8]) -> String {
    let text = String::from_utf8_lossy(octets);
    let printable = |character| match character {
        '\t' => ' ',
        ' '..='~' => character,
        _ => '?',
    };
    text.chars().map(printable).collect()
}
