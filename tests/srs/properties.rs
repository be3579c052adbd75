//! What holds for any address, and for any octets.

use mailrep::clock::UnixTime;
use mailrep::srs::{
    Accept, LongLocalParts, MOST_OCTETS, Mac, Outcome, Rewriter, Secrets, Separator, Settings, Unchanged,
};
use proptest::prelude::*;

const ALIAS: &str = "srs.example.org";

fn rewriter(mac: Mac, accept: Accept, separator: Separator, always: bool) -> Rewriter {
    let mut settings = Settings::new(ALIAS, Secrets::new(["a-secret-of-tests"]).unwrap());
    settings.mint = mac;
    settings.accept = accept;
    settings.separator = separator;
    settings.always = always;
    Rewriter::new(settings).unwrap()
}

fn rewriters() -> impl Strategy<Value = Rewriter> {
    let mac = prop::sample::select(Mac::ALL);
    let separator = prop::sample::select(Separator::ALL);
    (mac, separator, any::<bool>())
        .prop_map(|(mac, separator, always)| rewriter(mac, Accept::Both, separator, always))
}

/// What is no ASCII: RFC 6531 section 3.3, and what mailers send besides.
const UTF8: &str = "[\u{80}-\u{7ff}ぁ-ん\u{1f600}-\u{1f64f}]";

/// RFC 5321 section 4.1.2: Dot-string, Quoted-string; RFC 6531 section 3.3. At most 64 octets.
fn local_parts() -> impl Strategy<Value = String> {
    let atom = format!("([A-Za-z0-9!#$%&'*+/=?^_`{{|}}~-]|{UTF8}){{1,12}}");
    let dots = prop::collection::vec(proptest::string::string_regex(&atom).unwrap(), 1..5)
        .prop_map(|atoms| atoms.join("."));
    let quoted =
        proptest::string::string_regex(&format!(r#"([ !#-\[\]-~]|\\[ -~]|{UTF8}){{0,31}}"#)).unwrap();
    let tagged = proptest::string::string_regex("[sS][rR][sS][0-2][a-z=+@-]{0,12}").unwrap();
    prop_oneof![
        4 => dots,
        3 => quoted.prop_map(|text| format!("\"{text}\"")),
        1 => tagged.prop_map(|text| format!("\"{text}\"")),
    ]
    .prop_filter("RFC 5321 section 4.5.3.1.1", |local| local.len() <= 64)
}

/// Domain and address-literal of RFC 5321 section 4.1.2, and U-labels of RFC 6531.
fn hosts() -> impl Strategy<Value = String> {
    let label = format!("([A-Za-z0-9]|{UTF8})([A-Za-z0-9-]{{0,20}}[A-Za-z0-9])?");
    let names = prop::collection::vec(proptest::string::string_regex(&label).unwrap(), 1..6)
        .prop_map(|labels| labels.join("."));
    prop_oneof![
        8 => names,
        1 => any::<std::net::Ipv4Addr>().prop_map(|address| format!("[{address}]")),
        1 => any::<std::net::Ipv6Addr>().prop_map(|address| format!("[IPv6:{address}]")),
    ]
}

/// Ordinary addresses: those that look like SRS addresses are rewritten to what leads one forwarder back.
fn addresses() -> impl Strategy<Value = String> {
    (local_parts(), hosts()).prop_map(|(local, host)| format!("{local}@{host}"))
}

fn is_srs(address: &str) -> bool {
    let local = address.trim_start_matches('"').as_bytes();
    let tag = local.get(..4).unwrap_or_default();
    (tag.eq_ignore_ascii_case(b"SRS0") || tag.eq_ignore_ascii_case(b"SRS1"))
        && matches!(local.get(4), Some(b'=' | b'+' | b'-'))
}

fn times() -> impl Strategy<Value = UnixTime> {
    prop_oneof![
        any::<i32>().prop_map(|seconds| UnixTime(seconds.into())),
        any::<i64>().prop_map(UnixTime),
    ]
}

#[track_caller]
fn rewritten(outcome: Outcome) -> Vec<u8> {
    match outcome {
        Outcome::Rewritten(rewritten) => rewritten.address,
        other => panic!("{other:?}"),
    }
}

/// Splits an address as RFC 5321 section 4.1.2 does.
fn split(address: &[u8]) -> (&[u8], &[u8]) {
    let mut quoted = false;
    let mut escaped = false;
    for (at, &octet) in address.iter().enumerate() {
        match octet {
            b'"' if !escaped => quoted = !quoted,
            b'@' if !quoted => return (&address[..at], &address[at + 1..]),
            _ => {}
        }
        escaped = quoted && octet == b'\\' && !escaped;
    }
    panic!("{} has no domain", address.escape_ascii());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_was_rewritten_comes_home(rewriter in rewriters(), address in addresses(), now in times(), age in 0..=21_i64) {
        prop_assume!(!is_srs(&address));
        let there = rewritten(rewriter.forward(address.as_bytes(), now));
        let (local, host) = split(&there);
        prop_assert_eq!(host, ALIAS.as_bytes());
        prop_assert_eq!(local.starts_with(b"\""), address.starts_with('"'));
        let later = UnixTime(now.0.saturating_add(age * 86_400));
        prop_assert_eq!(rewritten(rewriter.reverse(&there, later)), address.as_bytes());
    }

    #[test]
    fn an_srs_address_goes_one_forwarder_back(rewriter in rewriters(), address in addresses(), separator in "[=+-]", now in times()) {
        let (local, host) = address.rsplit_once('@').unwrap();
        let local = local.trim_matches('"').replace(['@', '"', '\\', ' ', '<', '>', '(', ')', ',', ';'], "");
        let address = format!("SRS0{separator}{local}@{host}");
        let there = rewritten(rewriter.forward(address.as_bytes(), now));
        prop_assert!(there.starts_with(b"SRS1"));
        prop_assert_eq!(rewritten(rewriter.reverse(&there, now)), address.as_bytes());
        // Whoever forwards that again leads back to the same first forwarder.
        let other = self::rewriter(Mac::Strong, Accept::Both, Separator::Minus, false);
        let mut settings = Settings::new("other.example", Secrets::new(["another-secret-of-tests"]).unwrap());
        settings.mint = Mac::Compat;
        let second = rewritten(Rewriter::new(settings).unwrap().forward(&there, now));
        let third = rewritten(other.forward(&second, now));
        prop_assert_eq!(rewritten(other.reverse(&third, now)), address.as_bytes());
    }

    #[test]
    fn forwarding_twice_is_forwarding_once(rewriter in rewriters(), address in addresses(), now in times()) {
        let there = rewritten(rewriter.forward(address.as_bytes(), now));
        prop_assert_eq!(rewriter.forward(&there, now), Outcome::Unchanged(Unchanged::AlreadyRewritten));
    }

    #[test]
    fn the_case_of_letters_does_not_matter_on_the_way_back(rewriter in rewriters(), address in addresses(), now in times(), upper in any::<bool>()) {
        prop_assume!(!is_srs(&address));
        let mut there = rewritten(rewriter.forward(address.as_bytes(), now));
        if upper { there.make_ascii_uppercase() } else { there.make_ascii_lowercase() }
        let back = rewritten(rewriter.reverse(&there, now));
        prop_assert!(back.eq_ignore_ascii_case(address.as_bytes()));
    }

    #[test]
    fn one_character_changed_is_refused_where_only_the_strong_form_is_accepted(
        address in addresses(), now in times(), at in any::<prop::sample::Index>(), octet in any::<u8>()
    ) {
        let rewriter = rewriter(Mac::Strong, Accept::Strong, Separator::Equals, false);
        let there = rewritten(rewriter.forward(address.as_bytes(), now));
        // Hash, timestamp, host and user: what stands between the tag with its separator and the alias domain.
        let begin = if there[0] == b'"' { 6 } else { 5 };
        let end = split(&there).0.len() - usize::from(there[0] == b'"');
        let mut changed = there.clone();
        let place = begin + at.index(end - begin);
        changed[place] = octet;
        prop_assume!(!changed.eq_ignore_ascii_case(&there));
        let outcome = rewriter.reverse(&changed, now);
        prop_assert!(matches!(outcome, Outcome::Refused(_)), "{}: {outcome:?}", changed.escape_ascii());
    }

    #[test]
    fn any_octets_have_an_outcome_and_what_comes_out_is_bounded(
        rewriter in rewriters(), now in times(), octets in prop::collection::vec(any::<u8>(), 0..1_200)
    ) {
        for outcome in [rewriter.forward(&octets, now), rewriter.reverse(&octets, now)] {
            if let Outcome::Rewritten(rewritten) = &outcome {
                prop_assert!(rewritten.address.len() <= MOST_OCTETS);
            }
            prop_assert!(!outcome.to_string().contains(char::is_control));
        }
    }

    #[test]
    fn what_looks_like_srs_has_an_outcome_without_controls(
        rewriter in rewriters(), now in times(), text in "\"?[sS]RS[01][=+-]([A-Za-z0-9+/=\\\\ \"@.\u{0}-\u{1f}\u{7f}é-]{0,40})\"?(@srs\\.example\\.org)?"
    ) {
        for outcome in [rewriter.forward(text.as_bytes(), now), rewriter.reverse(text.as_bytes(), now)] {
            if let Outcome::Rewritten(rewritten) = &outcome {
                prop_assert!(!rewritten.address.iter().any(u8::is_ascii_control));
                split(&rewritten.address);
            }
        }
    }

    #[test]
    fn local_parts_longer_than_64_octets_are_refused_where_that_is_asked(address in addresses(), now in times()) {
        let mut settings = Settings::new(ALIAS, Secrets::new(["a-secret-of-tests"]).unwrap());
        let allowed = rewritten(Rewriter::new(settings.clone()).unwrap().forward(address.as_bytes(), now));
        settings.long_local_parts = LongLocalParts::Refuse;
        let outcome = Rewriter::new(settings).unwrap().forward(address.as_bytes(), now);
        let octets = split(&allowed).0.len();
        match outcome {
            Outcome::Rewritten(rewritten) => prop_assert!(octets <= 64 && rewritten.address == allowed),
            refused => prop_assert!(octets > 64 && refused.to_string().contains(&octets.to_string())),
        }
    }
}
