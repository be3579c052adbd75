#![allow(clippy::unwrap_used)]

use super::*;
use proptest::prelude::*;

fn name(text: &str) -> Name {
    Name::parse(text.as_bytes()).unwrap()
}

#[test]
fn rfc1035_section_2_3_1_a_final_dot_says_nothing() {
    assert_eq!(name("example.org."), name("example.org"));
    assert_eq!(Name::parse(b"example.org.."), Err(NameError::EmptyLabel));
    assert_eq!(Name::parse(b""), Err(NameError::Empty));
    assert_eq!(Name::parse(b"."), Err(NameError::Empty));
    assert_eq!(Name::parse(b".."), Err(NameError::EmptyLabel));
    assert_eq!(Name::parse(b".example.org"), Err(NameError::EmptyLabel));
    assert_eq!(Name::parse(b"example..org"), Err(NameError::EmptyLabel));
}

#[test]
fn rfc1035_section_2_3_3_case_does_not_count() {
    assert_eq!(name("WWW.Example.ORG").as_str(), "www.example.org");
    assert_eq!(
        Name::from_labels([b"WWW".as_slice(), b"Org"].into_iter()).unwrap(),
        name("www.org")
    );
}

#[test]
fn rfc1035_section_2_3_4_a_label_has_at_most_63_octets() {
    let label = "x".repeat(63);
    assert!(Name::parse(format!("{label}.org").as_bytes()).is_ok());
    assert_eq!(
        Name::parse(format!("{label}x.org").as_bytes()),
        Err(NameError::LabelTooLong)
    );
    assert_eq!(
        Name::from_labels([[b'x'; 64].as_slice()].into_iter()),
        Err(NameError::LabelTooLong)
    );
}

#[test]
fn rfc1035_section_2_3_4_a_name_has_at_most_255_octets_on_the_wire() {
    let label = "x".repeat(63);
    let longest = format!("{label}.{label}.{label}.{}", "y".repeat(61));
    assert_eq!(longest.len(), 253);
    assert_eq!(name(&longest).label_count(), 4);
    assert_eq!(name(&format!("{longest}.")), name(&longest));
    assert_eq!(
        Name::parse(format!("{longest}y").as_bytes()),
        Err(NameError::TooLong)
    );
    let of_300 = format!("{}example.org", "a1234567.".repeat(33));
    assert!(of_300.len() > 300);
    assert_eq!(Name::parse(of_300.as_bytes()), Err(NameError::TooLong));
    assert_eq!(name(&longest).prefixed("a"), Err(NameError::TooLong));
    assert_eq!(name(&"a.".repeat(127)).label_count(), 127);
}

#[test]
fn rfc5891_section_4_4_labels_outside_ascii_become_a_labels() {
    assert_eq!(name("bücher.example").as_str(), "xn--bcher-kva.example");
    assert_eq!(name("BÜCHER.Example").as_str(), "xn--bcher-kva.example");
    // Decomposed: u and a combining diaeresis.
    assert_eq!(name("bu\u{308}cher.example").as_str(), "xn--bcher-kva.example");
    assert_eq!(name("例え.テスト").as_str(), "xn--r8jz45g.xn--zckzah");
    assert_eq!(name("XN--BCHER-KVA.example"), name("bücher.example"));
    assert_eq!(
        name("_dmarc.bücher.example").as_str(),
        "_dmarc.xn--bcher-kva.example"
    );
    assert_eq!(name("a_b c.bücher").as_str(), "a_b c.xn--bcher-kva");
}

#[test]
fn rfc3490_section_3_1_ideographic_full_stops_part_labels() {
    assert_eq!(name("bücher。example"), name("bücher.example"));
    assert_eq!(name("a。b．c｡d").as_str(), "a.b.c.d");
    assert_eq!(Name::parse("a。。b".as_bytes()), Err(NameError::EmptyLabel));
}

#[test]
fn a_final_ideographic_full_stop_says_nothing_either() {
    assert_eq!(name("例え。テスト。"), name("例え.テスト"));
    assert_eq!(name("example.org。"), name("example.org"));
    for text in ["例え。.", "例え。。", "。"] {
        assert_eq!(Name::parse(text.as_bytes()), Err(NameError::EmptyLabel), "{text}");
    }
}

#[test]
fn octets_that_are_no_name_are_not_encodable() {
    for octets in [
        &b"\xff.example"[..],
        b"b\xfccher.example",
        b"\xe4\xbe.example",
        b"a.\x80",
    ] {
        assert_eq!(Name::parse(octets), Err(NameError::NotEncodable), "{octets:?}");
    }
    // Not assigned in Unicode; a private use character.
    for text in ["\u{378}.example", "\u{e000}.example"] {
        assert_eq!(
            Name::parse(text.as_bytes()),
            Err(NameError::NotEncodable),
            "{text}"
        );
    }
    // What the mapping takes away leaves nothing.
    assert_eq!(
        Name::parse("\u{ad}.example".as_bytes()),
        Err(NameError::EmptyLabel)
    );
}

#[test]
fn a_u_label_whose_a_label_is_too_long_is_refused() {
    let long = "ü".repeat(100);
    let error = Name::parse(format!("{long}.example").as_bytes()).unwrap_err();
    assert!(
        matches!(error, NameError::LabelTooLong | NameError::TooLong),
        "{error:?}"
    );
}

#[test]
fn names_of_megabytes_are_refused_at_once() {
    for text in ["ü".repeat(1 << 20), "ü.".repeat(1 << 20), "x".repeat(1 << 20)] {
        assert_eq!(Name::parse(text.as_bytes()), Err(NameError::TooLong));
    }
}

#[test]
fn labels_of_a_message_may_hold_anything_but_dots_and_octets_outside_ascii() {
    let of = |labels: &[&[u8]]| Name::from_labels(labels.iter().copied());
    assert_eq!(of(&[]).unwrap(), Name::root());
    assert_eq!(
        of(&[b"a b", b"\x00;\"\\"]).unwrap().to_string(),
        "a\\032b.\\000;\"\\"
    );
    assert_eq!(of(&[b"a.b", b"org"]), Err(NameError::NotEncodable));
    assert_eq!(of(&[b"\xff"]), Err(NameError::NotEncodable));
    assert_eq!(of(&[b"a", b"", b"b"]), Err(NameError::EmptyLabel));
}

#[test]
fn parent_and_suffix_take_labels_from_the_left() {
    let long = name("a.b.example.org");
    assert_eq!(long.parent(), Some(name("b.example.org")));
    assert_eq!(name("org").parent(), None);
    assert_eq!(Name::root().parent(), None);
    assert_eq!(long.suffix(0), Name::root());
    assert_eq!(long.suffix(1), name("org"));
    assert_eq!(long.suffix(3), name("b.example.org"));
    assert_eq!(long.suffix(4), long);
    assert_eq!(long.suffix(usize::MAX), long);
    assert_eq!(Name::root().suffix(1), Name::root());
    assert_eq!(long.labels().collect::<Vec<_>>(), ["a", "b", "example", "org"]);
    assert_eq!(long.labels().next_back(), Some("org"));
    assert_eq!(Name::root().label_count(), 0);
}

#[test]
fn is_within_goes_by_labels_and_not_by_octets() {
    let ancestor = name("example.org");
    assert!(ancestor.is_within(&ancestor));
    assert!(name("a.example.org").is_within(&ancestor));
    assert!(name("A.B.Example.Org").is_within(&ancestor));
    assert!(!name("badexample.org").is_within(&ancestor));
    assert!(!name("org").is_within(&ancestor));
    assert!(!name("example.org.net").is_within(&ancestor));
    assert!(ancestor.is_within(&Name::root()));
    assert!(Name::root().is_within(&Name::root()));
    assert!(!Name::root().is_within(&ancestor));
}

#[test]
fn prefixed_puts_labels_before() {
    assert_eq!(
        name("example.org").prefixed("_dmarc").unwrap(),
        name("_dmarc.example.org")
    );
    assert_eq!(
        name("example.org").prefixed("a.b").unwrap(),
        name("a.b.example.org")
    );
    assert_eq!(Name::root().prefixed("org").unwrap(), name("org"));
    assert_eq!(name("org").prefixed(""), Err(NameError::EmptyLabel));
    assert_eq!(name("org").prefixed("a."), Err(NameError::EmptyLabel));
    assert_eq!(
        name("org").prefixed(&"x".repeat(64)),
        Err(NameError::LabelTooLong)
    );
}

#[test]
fn rfc1035_section_3_5_reverse_of_an_ipv4_address() {
    let reverse = Name::reverse("192.0.2.10".parse().unwrap());
    assert_eq!(reverse.as_str(), "10.2.0.192.in-addr.arpa");
}

#[test]
fn rfc3596_section_2_5_reverse_of_an_ipv6_address() {
    let reverse = Name::reverse("4321:0:1:2:3:4:567:89ab".parse().unwrap());
    assert_eq!(
        reverse.as_str(),
        "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.0.0.0.0.1.2.3.4.ip6.arpa"
    );
}

#[test]
fn names_are_shown_with_what_is_not_printable_escaped() {
    assert_eq!(Name::root().to_string(), ".");
    assert_eq!(name("a\r\n\tb.org").to_string(), "a\\013\\010\\009b.org");
    assert_eq!(format!("{:?}", name("a b")), "Name(a\\032b)");
}

#[test]
fn each_error_has_its_code_and_sentence() {
    use NameError::{Empty, EmptyLabel, LabelTooLong, NotEncodable, TooLong};
    let all = [Empty, EmptyLabel, LabelTooLong, TooLong, NotEncodable];
    let codes: std::collections::BTreeSet<_> = all.iter().map(|error| error.code()).collect();
    let texts: std::collections::BTreeSet<_> = all.iter().map(ToString::to_string).collect();
    assert_eq!((codes.len(), texts.len()), (all.len(), all.len()));
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..300),
        "\\PC{0,40}(\\.\\PC{0,40}){0,5}".prop_map(String::into_bytes),
        "[a-zA-Z0-9_.-]{0,300}".prop_map(String::into_bytes),
        "[a-z.。．｡ßİüΣς\u{200d}\u{ad}]{0,20}".prop_map(String::into_bytes),
    ]
}

proptest! {
    /// Whatever is parsed is what the type promises, and parses to itself.
    #[test]
    fn parsed_names_are_lower_case_ascii_within_their_bounds(octets in octets()) {
        if let Ok(name) = Name::parse(&octets) {
            let text = name.as_str();
            prop_assert!(text.is_ascii() && !text.bytes().any(|octet| octet.is_ascii_uppercase()));
            prop_assert!((1..=253).contains(&text.len()));
            prop_assert!(text.split('.').all(|label| (1..=63).contains(&label.len())));
            prop_assert_eq!(&Name::parse(text.as_bytes()).unwrap(), &name);
            prop_assert_eq!(&Name::from_labels(name.labels().map(str::as_bytes)).unwrap(), &name);
        }
    }

    /// A name is its first label before its parent, and its ends are what it lies within.
    #[test]
    fn parents_suffixes_and_prefixes_agree(labels in prop::collection::vec("[a-z0-9_-]{1,8}", 1..10)) {
        let name = name(&labels.join("."));
        prop_assert_eq!(name.label_count(), labels.len());
        let mut above = Some(name.clone());
        for count in (1..=labels.len()).rev() {
            let suffix = name.suffix(count);
            prop_assert_eq!(above.as_ref(), Some(&suffix));
            prop_assert!(name.is_within(&suffix));
            prop_assert_eq!(suffix.is_within(&name), count == labels.len());
            above = suffix.parent();
            let first = &labels[labels.len() - count];
            let below = above.clone().unwrap_or_else(Name::root);
            prop_assert_eq!(below.prefixed(first).unwrap(), suffix);
        }
        prop_assert_eq!(above, None);
    }

    /// As many labels as are equal from the right.
    #[test]
    fn shared_labels_are_whole_labels(a in "((a|aa|b)\\.){0,3}(a|aa|b)", b in "((a|aa|b)\\.){0,3}(a|aa|b)") {
        let (a, b) = (name(&a), name(&b));
        let same = a.labels().rev().zip(b.labels().rev()).take_while(|(a, b)| a == b).count();
        prop_assert_eq!(a.shared_labels(&b), same);
        prop_assert_eq!(a.shared_labels(&a), a.label_count());
        prop_assert_eq!(a.shares_top_level(&b), same > 0);
        prop_assert_eq!(a.shared_labels(&Name::root()), 0);
    }

    /// An address comes back from its reverse name.
    #[test]
    fn reverse_names_hold_the_address(v4 in any::<std::net::Ipv4Addr>(), v6 in any::<std::net::Ipv6Addr>()) {
        let reverse = Name::reverse(v4.into());
        let mut labels: Vec<_> = reverse.labels().take(4).collect();
        labels.reverse();
        prop_assert_eq!(labels.join(".").parse::<std::net::Ipv4Addr>().unwrap(), v4);
        let reverse = Name::reverse(v6.into());
        let digits: String = reverse.labels().take(32).collect::<Vec<_>>().into_iter().rev().collect();
        prop_assert_eq!(u128::from_str_radix(&digits, 16).unwrap(), v6.to_bits());
        prop_assert_eq!(Name::parse(reverse.as_str().as_bytes()).unwrap(), reverse);
    }
}
