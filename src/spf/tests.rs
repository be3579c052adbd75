#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::macros::Values;
use super::*;
use crate::dns::NameError;

fn parse(text: &str) -> Record {
    Record::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> SyntaxError {
    Record::parse(text.as_bytes()).expect_err(text)
}

fn expand(string: &str, local_part: &[u8], client: &str) -> Result<Name, TargetError> {
    let name = Name::parse(b"email.example.com").unwrap();
    MacroString::parse(string.as_bytes(), Place::Record)
        .unwrap()
        .expand_name(Some(&Values {
            local_part,
            sender_domain: &name,
            domain: &name,
            client: client.parse().unwrap(),
            validated: "mx.example.org",
            helo: b"HELO host.example",
            receiver: "",
            now: UnixTime(1_700_000_000),
        }))
}

fn text(string: &str) -> String {
    let name = Name::parse(b"email.example.com").unwrap();
    let octets = MacroString::parse(string.as_bytes(), Place::Explanation)
        .unwrap()
        .expand_text(
            &Values {
                local_part: b"strong-bad",
                sender_domain: &name,
                domain: &name,
                client: "2001:db8::cb01".parse().unwrap(),
                validated: "mx.example.org",
                helo: b"HELO host.example",
                receiver: "",
                now: UnixTime(1_700_000_000),
            },
            1_000,
        );
    String::from_utf8(octets).unwrap()
}

#[test]
fn rfc7208_section_4_5_version_ends_at_a_blank_or_the_end() {
    for record in ["v=spf1", "v=spf1 ", "V=SPF1 -all", "v=Spf1 junk"] {
        assert!(Record::is_record(record.as_bytes()), "{record}");
    }
    for other in [
        "",
        "v=spf",
        "v=spf10",
        "v=spf1\t-all",
        " v=spf1",
        "v=spf1-all",
        "v=DKIM1",
    ] {
        assert!(!Record::is_record(other.as_bytes()), "{other}");
    }
}

#[test]
fn rfc7208_section_4_6_1_terms_are_parted_by_blanks_only() {
    assert_eq!(parse("v=spf1   a  mx   -all  ").to_string(), "v=spf1 a mx -all");
    let error = error("v=spf1 a\tmx -all");
    assert_eq!(error.at, 7);
    assert_eq!(error.term, "a\\x09mx");
    assert_eq!(error.kind, SyntaxErrorKind::Macro(MacroError::Character(9)));
}

#[test]
fn rfc7208_section_4_6_2_qualifiers() {
    let record = parse("v=spf1 +a -a ~a ?a a");
    let found: Vec<_> = record.directives().map(|directive| directive.qualifier).collect();
    use Qualifier::{Fail, Neutral, Pass, SoftFail};
    assert_eq!(found, [Pass, Fail, SoftFail, Neutral, Pass]);
    assert!(Record::parse(b"v=spf1 --all").is_err());
    assert!(Record::parse(b"v=spf1 -").is_err());
}

#[test]
fn rfc7208_section_4_6_a_directive_is_shown_as_published() {
    let record = parse("V=SPF1 +A:Mail.Example.ORG/32 -ALL");
    let published: Vec<_> = record
        .directives()
        .map(|directive| record.published(directive))
        .collect();
    assert_eq!(published, ["+A:Mail.Example.ORG/32", "-ALL"]);
}

#[test]
fn rfc7208_section_5_6_networks() {
    for good in [
        "ip4:192.0.2.0/24",
        "ip4:0.0.0.0/0",
        "ip6:2001:db8::/32",
        "ip6:::ffff:192.0.2.1/128",
    ] {
        parse(&format!("v=spf1 {good}"));
    }
    for (bad, kind) in [
        ("ip4", SyntaxErrorKind::Ip4),
        ("ip4:", SyntaxErrorKind::Ip4),
        ("ip4:192.0.2", SyntaxErrorKind::Ip4),
        ("ip4:192.0.2.01", SyntaxErrorKind::Ip4),
        ("ip4:192.0.2.1:25", SyntaxErrorKind::Ip4),
        ("ip4:2001:db8::1", SyntaxErrorKind::Ip4),
        ("ip4/24", SyntaxErrorKind::Ip4),
        ("ip4:192.0.2.1/33", SyntaxErrorKind::PrefixLength),
        ("ip4:192.0.2.1/024", SyntaxErrorKind::PrefixLength),
        ("ip4:192.0.2.1/", SyntaxErrorKind::PrefixLength),
        ("ip4:192.0.2.1/+4", SyntaxErrorKind::PrefixLength),
        ("ip6:192.0.2.1", SyntaxErrorKind::Ip6),
        ("ip6:fe80::1%eth0", SyntaxErrorKind::Ip6),
        ("ip6:[2001:db8::1]", SyntaxErrorKind::Ip6),
        ("ip6:2001:db8::/129", SyntaxErrorKind::PrefixLength),
        ("ip6:2001:db8::/1280", SyntaxErrorKind::PrefixLength),
        ("ip6:2001:db8:://64", SyntaxErrorKind::PrefixLength),
    ] {
        assert_eq!(error(&format!("v=spf1 {bad} -all")).kind, kind, "{bad}");
    }
}

#[test]
fn rfc7208_section_5_6_prefixes_compare_the_first_bits() {
    let contains = |network: &str, ip4, ip6, address: &str| {
        DualCidr { ip4, ip6 }.contains(network.parse().unwrap(), address.parse().unwrap())
    };
    assert!(contains("192.0.2.0", 24, 128, "192.0.2.255"));
    assert!(!contains("192.0.2.0", 25, 128, "192.0.2.128"));
    assert!(contains("192.0.2.0", 0, 128, "10.0.0.1"));
    assert!(!contains("192.0.2.0", 0, 0, "::1"));
    assert!(contains("2001:db8::", 32, 33, "2001:db8:7fff::1"));
    assert!(!contains("2001:db8::", 32, 33, "2001:db8:8000::1"));
    assert!(contains("2001:db8::", 32, 0, "::1"));
}

#[test]
fn rfc7208_section_12_dual_cidr_length() {
    for (written, ip4, ip6) in [
        ("a", 32, 128),
        ("a/0", 0, 128),
        ("a//0", 32, 0),
        ("a/24//64", 24, 64),
        ("mx:example.org/24//64", 24, 64),
        ("a:%{d}/24", 24, 128),
        ("a:foo/24.example/8", 8, 128),
    ] {
        match parse(&format!("v=spf1 {written}"))
            .directives()
            .next()
            .unwrap()
            .mechanism
        {
            Mechanism::A(_, cidr) | Mechanism::Mx(_, cidr) => {
                assert_eq!(cidr, DualCidr { ip4, ip6 }, "{written}");
            }
            ref other => panic!("{written}: {other}"),
        }
    }
    for bad in [
        "a/",
        "a//",
        "a/24/64",
        "a/24//",
        "a///64",
        "a/33",
        "a//129",
        "a/01",
        "a:example.org/24/",
    ] {
        let kind = error(&format!("v=spf1 {bad}")).kind;
        assert_eq!(kind, SyntaxErrorKind::PrefixLength, "{bad}");
    }
}

#[test]
fn rfc7208_section_7_1_domain_end() {
    for good in [
        "a:example.org",
        "a:example.org.",
        "a:x.xn--zckzah",
        "a:x.1-2",
        "a:%{d}",
        "a:foo%{d}",
        "a:foo%%",
        "a:foo:bar/baz.example",
        "a:.org",
        "exists:%{ir}.%{l1r-}._spf.%{d2}",
        "include:_spf.example.org",
    ] {
        parse(&format!("v=spf1 {good}"));
    }
    for bad in [
        "a:museum",
        "a:museum.",
        "a:x.123",
        "a:x.-com",
        "a:x.com-",
        "a:%{d}com",
        "a:x.c_m",
        "a:x..",
        "a:x.org:25",
    ] {
        let kind = error(&format!("v=spf1 {bad}")).kind;
        assert_eq!(kind, SyntaxErrorKind::DomainEnd { meant: None }, "{bad}");
    }
}

#[test]
fn rfc7208_section_6_redirect_and_exp_stand_once() {
    let record = parse("v=spf1 EXP=e.example.org a redirect=r.example.org");
    assert_eq!(record.redirect().unwrap().to_string(), "r.example.org");
    assert_eq!(record.explanation().unwrap().to_string(), "e.example.org");
    assert_eq!(
        error("v=spf1 redirect=a.org Redirect=a.org").kind,
        SyntaxErrorKind::Duplicate
    );
    assert_eq!(error("v=spf1 exp=a.org exp=b.org").at, 17);
    assert_eq!(error("v=spf1 redirect=").kind, SyntaxErrorKind::DomainMissing);
    assert_eq!(error("v=spf1 exp=").kind, SyntaxErrorKind::DomainMissing);
}

#[test]
fn rfc7208_section_6_unknown_modifiers_are_read_and_not_used() {
    parse("v=spf1 moo.cow-far_out=man:dog/cat ra= x=%{d} x=again");
    assert_eq!(error("v=spf1 1up=x").kind, SyntaxErrorKind::ModifierName);
    assert_eq!(error("v=spf1 =x").kind, SyntaxErrorKind::ModifierName);
    assert_eq!(error("v=spf1 -x=y").kind, SyntaxErrorKind::ModifierName);
    assert_eq!(
        error("v=spf1 x=%y").kind,
        SyntaxErrorKind::Macro(MacroError::LonePercent)
    );
}

#[test]
fn rfc7208_section_7_2_letters() {
    for good in ["s", "l", "o", "d", "i", "p", "v", "h", "S", "H"] {
        parse(&format!("v=spf1 a:%{{{good}}}.example.org"));
    }
    for only in ['c', 'r', 't', 'T'] {
        let kind = error(&format!("v=spf1 exp=%{{{only}}}.example.org")).kind;
        assert_eq!(kind, SyntaxErrorKind::Macro(MacroError::OnlyInExplanation(only)));
    }
    for (bad, kind) in [
        ("%{x}", MacroError::Letter(b'x')),
        ("%{}", MacroError::Letter(b'}')),
        ("%{", MacroError::Unclosed),
        ("%{d", MacroError::Unclosed),
        ("%{d0}", MacroError::ZeroParts),
        ("%{dr2}", MacroError::Transformer(b'2')),
        ("%{d!}", MacroError::Transformer(b'!')),
        ("%{d.r}", MacroError::Transformer(b'r')),
        ("%", MacroError::LonePercent),
        ("%a", MacroError::LonePercent),
    ] {
        let kind = SyntaxErrorKind::Macro(kind);
        assert_eq!(error(&format!("v=spf1 a:{bad}")).kind, kind, "{bad}");
    }
}

#[test]
fn rfc7208_section_7_4_expansion_examples() {
    for (string, wanted) in [
        ("%{o}", "email.example.com"),
        ("%{d}", "email.example.com"),
        ("%{d4}", "email.example.com"),
        ("%{d3}", "email.example.com"),
        ("%{d2}", "example.com"),
        ("%{d1}", "com"),
        ("%{dr}", "com.example.email"),
        ("%{d2r}", "example.email"),
        ("%{l}", "strong-bad"),
        ("%{l-}", "strong.bad"),
        ("%{lr}", "strong-bad"),
        ("%{lr-}", "bad.strong"),
        ("%{l1r-}", "strong"),
        ("%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"),
        ("%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"),
        (
            "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
            "bad.strong.lp.3.2.0.192.in-addr._spf.example.com",
        ),
        (
            "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
            "3.2.0.192.in-addr.strong.lp._spf.example.com",
        ),
        (
            "%{d2}.trusted-domains.example.net",
            "example.com.trusted-domains.example.net",
        ),
    ] {
        let name = expand(string, b"strong-bad", "192.0.2.3").unwrap();
        assert_eq!(name.as_str(), wanted, "{string}");
    }
    let name = expand("%{ir}.%{v}._spf.%{d2}", b"strong-bad", "2001:db8::cb01").unwrap();
    assert_eq!(
        name.as_str(),
        "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com"
    );
}

#[test]
fn rfc7208_section_7_3_all_letters_in_an_explanation() {
    assert_eq!(
        text("%{s} %{l} %{o} %{h}"),
        "strong-bad@email.example.com strong-bad email.example.com HELO host.example"
    );
    assert_eq!(
        text("%{c} %{v} %{p} %{r} %{t}"),
        "2001:db8::cb01 ip6 mx.example.org unknown 1700000000"
    );
    assert_eq!(text("100%% of%_%-"), "100% of %20");
    assert_eq!(
        text("%{S} %{H}"),
        "strong-bad%40email.example.com HELO%20host.example"
    );
    assert_eq!(text("%{s1-}"), "bad@email.example.com");
    assert_eq!(
        text("%{d127}%{d4294967296000}"),
        "email.example.comemail.example.com"
    );
}

#[test]
fn rfc7208_section_7_3_delimiters_are_parted_and_joined_with_dots() {
    let name = expand("%{l.-+,/_=}.x", b"a.b-c+d,e/f_g=h", "192.0.2.3").unwrap();
    assert_eq!(name.as_str(), "a.b.c.d.e.f.g.h.x");
    let name = expand("%{l2r+-}.x", b"foo-bar+zip+quux", "192.0.2.3").unwrap();
    assert_eq!(name.as_str(), "bar.foo.x");
}

#[test]
fn rfc7208_section_7_3_long_names_lose_labels_on_the_left() {
    let long = "%{l}.".repeat(40) + "example.org";
    let name = expand(&long, b"ten-octets", "192.0.2.3").unwrap();
    // 11 octets of example.org and 22 labels of 11 octets make 253.
    assert_eq!(name.as_str().len(), 253);
    assert!(name.as_str().starts_with("ten-octets."));
    let one_more = expand(&long, b"ten-octets1", "192.0.2.3").unwrap();
    assert_eq!(one_more.as_str().len(), 11 + 20 * 12);
    // The cut falls between labels also where a macro's value is longer than a name.
    let name = expand("%{l}.example.org", &b"label.".repeat(100)[..599], "192.0.2.3").unwrap();
    assert_eq!(name.as_str().len(), 11 + 40 * 6);
    // A name of 253 octets keeps its final dot out of the count.
    let fits = format!(
        "{}.{}.{}.{}.org.",
        "a".repeat(62),
        "b".repeat(62),
        "c".repeat(62),
        "d".repeat(60)
    );
    assert_eq!(fits.len(), 254);
    assert_eq!(expand(&fits, b"x", "192.0.2.3").unwrap().as_str().len(), 253);
}

#[test]
fn rfc7208_section_4_8_expansions_that_are_no_names() {
    let wrong = |string: &str, local_part: &[u8]| match expand(string, local_part, "192.0.2.3") {
        Err(TargetError::Name(error)) => error,
        other => panic!("{string}: {other:?}"),
    };
    assert_eq!(wrong("%{l}.example.org", b".a"), NameError::EmptyLabel);
    assert_eq!(wrong("%{l}.example.org", &[b'a'; 64]), NameError::LabelTooLong);
    assert_eq!(wrong("%{l1-}", b"a-"), NameError::Empty);
}

#[test]
fn rfc8616_section_4_local_parts_outside_ascii_make_no_names() {
    let local_part = "jürgen".as_bytes();
    for string in ["%{l}.example.org", "%{s}.example.org", "%{L}.example.org"] {
        assert_eq!(
            expand(string, local_part, "192.0.2.3"),
            Err(TargetError::LocalPart)
        );
    }
    assert!(expand("%{o}.example.org", local_part, "192.0.2.3").is_ok());
}

#[test]
fn mistakes_are_named_for_the_administrator() {
    for (record, sentence) in [
        (
            "v=spf1 ipv4:192.0.2.1 -all",
            "'ipv4:192.0.2.1' is no mechanism (did you mean 'ip4'?)",
        ),
        (
            "v=spf1 inlcude:a.org -all",
            "'inlcude:a.org' is no mechanism (did you mean 'include'?)",
        ),
        (
            "v=spf1 includes:a.org",
            "'includes:a.org' is no mechanism (did you mean 'include'?)",
        ),
        (
            "v=spf1 192.0.2.1 -all",
            "'192.0.2.1' is no mechanism (did you mean 'ip4:'?)",
        ),
        ("v=spf1 -al", "'-al' is no mechanism (did you mean 'all'?)"),
        (
            "v=spf1 redirect:a.org",
            "'redirect:a.org' is no mechanism (did you mean 'redirect='?)",
        ),
        ("v=spf1 spf2.0", "'spf2.0' is no mechanism"),
        (
            "v=spf1 a:192.0.2.1 -all",
            "'a:192.0.2.1' does not end in a domain name such as 'example.org' (did you mean 'ip4:'?)",
        ),
        ("v=spf1 include -all", "'include' lacks its domain"),
        (
            "v=spf1 all:x",
            "'all:x' has something after its name that does not belong there",
        ),
        (
            "v=spf1 a:%{d",
            "'a:%{d' cannot be read: a macro that is not closed by '}'",
        ),
        (
            "v=spf1 a:\u{e9}.org",
            "'a:\\xc3\\xa9.org' cannot be read: the character 0xc3 is not allowed",
        ),
    ] {
        assert_eq!(error(record).to_string(), sentence);
    }
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    fn macro_expand() -> impl Strategy<Value = String> {
        prop_oneof![
            "%\\{[slodipvhSLODIPVH](0{0,2}[1-9][0-9]{0,4})?[rR]?[.+,/_=-]{0,4}\\}",
            Just("%%".to_owned()),
            Just("%_".to_owned()),
            Just("%-".to_owned()),
        ]
    }

    fn domain_spec() -> impl Strategy<Value = String> {
        let piece = prop_oneof![macro_expand(), "[!-$&-~]{1,12}"];
        let end = prop_oneof![macro_expand(), "\\.[a-z][a-z0-9-]{0,5}[a-z0-9]\\.?"];
        (prop::collection::vec(piece, 0..4), end).prop_map(|(pieces, end)| pieces.concat() + &end)
    }

    fn cidr() -> impl Strategy<Value = String> {
        (prop::option::of(0..=32u8), prop::option::of(0..=128u8)).prop_map(|(ip4, ip6)| {
            ip4.map_or(String::new(), |ip4| format!("/{ip4}"))
                + &ip6.map_or(String::new(), |ip6| format!("//{ip6}"))
        })
    }

    fn term() -> impl Strategy<Value = String> {
        let domain =
            || prop::option::of(domain_spec()).prop_map(|it| it.map_or(String::new(), |it| format!(":{it}")));
        let mechanism = prop_oneof![
            "[aA][lL][lL]",
            (prop_oneof!["a", "A", "mx", "Mx"], domain(), cidr())
                .prop_map(|(name, domain, cidr)| name + &domain + &cidr),
            domain().prop_map(|domain| format!("ptr{domain}")),
            (prop_oneof!["include", "EXISTS"], domain_spec())
                .prop_map(|(name, domain)| format!("{name}:{domain}")),
            (any::<std::net::Ipv4Addr>(), 0..=32u8)
                .prop_map(|(network, prefix)| format!("ip4:{network}/{prefix}")),
            (any::<std::net::Ipv6Addr>(), 0..=128u8)
                .prop_map(|(network, prefix)| format!("ip6:{network}/{prefix}")),
        ];
        prop_oneof![
            4 => ("[+?~-]?", mechanism).prop_map(|(qualifier, mechanism)| qualifier + &mechanism),
            1 => ("x[a-zA-Z0-9._-]{0,6}", prop::collection::vec(macro_expand(), 0..3))
                .prop_map(|(name, value)| format!("{name}={}", value.concat())),
        ]
    }

    proptest! {
        #[test]
        fn a_printed_record_parses_to_the_same(
            terms in prop::collection::vec(term(), 0..8),
            redirect in prop::option::of(domain_spec()),
            explanation in prop::option::of(domain_spec()),
        ) {
            let mut text = format!("v=spf1 {}", terms.join("  "));
            if let Some(target) = redirect {
                text += &format!(" redirect={target}");
            }
            if let Some(target) = explanation {
                text += &format!(" Exp={target}");
            }
            let record = Record::parse(text.as_bytes()).map_err(|error| TestCaseError::fail(format!("{text}: {error}")))?;
            let printed = record.to_string();
            let again = Record::parse(printed.as_bytes()).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
            prop_assert_eq!(&record, &again);
            prop_assert_eq!(printed, again.to_string());
        }

        #[test]
        fn any_octets_are_read_or_refused(octets in prop::collection::vec(any::<u8>(), 0..200)) {
            let text = [b"v=spf1 ", octets.as_slice()].concat();
            match Record::parse(&text) {
                Ok(record) => {
                    let printed = record.to_string();
                    prop_assert!(Record::parse(printed.as_bytes()) == Ok(record));
                }
                Err(error) => prop_assert!(error.at < text.len() && error.to_string().is_ascii()),
            }
        }

        #[test]
        fn terms_of_the_alphabet_are_read_or_refused(text in "([-+?~]?(a|mx|ptr|all|ip4|ip6|exists|include|exp|redirect|x)[:/=]?[%{}sdr0-9./_:a-f-]{0,12} ?){0,6}") {
            if let Ok(record) = Record::parse(format!("v=spf1 {text}").as_bytes()) {
                let printed = record.to_string();
                prop_assert!(Record::parse(printed.as_bytes()) == Ok(record));
            }
        }
    }
}
