//! Terms that cannot be read, or say something else than was meant.

use super::{codes, found, look, of};

#[test]
fn rfc7208_section_4_6_1_slips_are_told_with_what_was_meant() {
    for (terms, meant) in [
        ("ipv4:192.0.2.1", "ip4:192.0.2.1"),
        ("-ipv6:2001:db8::1", "-ip6:2001:db8::1"),
        ("ip:192.0.2.0/24", "ip4:192.0.2.0/24"),
        ("ip4:2001:db8::1", "ip6:2001:db8::1"),
        ("ip6:192.0.2.1", "ip4:192.0.2.1"),
        ("ip4:mail.b.example", "a:mail.b.example"),
        ("ip4192.0.2.1", "ip4:192.0.2.1"),
        ("ip4 192.0.2.1", "ip4:192.0.2.1"),
        ("ip4: 192.0.2.1", "ip4:192.0.2.1"),
        ("192.0.2.1/24", "ip4:192.0.2.1/24"),
        ("2001:db8::1", "ip6:2001:db8::1"),
        ("a:192.0.2.1", "ip4:192.0.2.1"),
        ("mx:192.0.2.0/24", "ip4:192.0.2.0/24"),
        ("include:192.0.2.1", "ip4:192.0.2.1"),
        ("ip4:192.0.2.0/255.255.255.0", "ip4:192.0.2.0/24"),
        ("ip4:192.0.2.1,192.0.2.2", "ip4:192.0.2.1 ip4:192.0.2.2"),
        ("ip4:192.0.2.1,ip4:192.0.2.2", "ip4:192.0.2.1 ip4:192.0.2.2"),
        ("ip4:192.0.2.1;", "ip4:192.0.2.1"),
        ("include", "include:..."),
        ("include: b.example", "include:b.example"),
        ("include b.example", "include:b.example"),
        ("incldue:b.example", "include:b.example"),
        ("includeb.example", "include:b.example"),
        ("spf.b.example", "include:spf.b.example"),
        ("redirect:b.example", "redirect=b.example"),
        ("exp:b.example", "exp=b.example"),
        ("~all.", "~all"),
        ("-all;", "-all"),
        ("- all", "-all"),
        ("~al", "~all"),
        ("-all:b.example", "-all"),
        ("-allv=spf1", "-all"),
        ("\\226\\128\\147all", "-all"),
        ("\\226\\128\\156a\\226\\128\\157", "a"),
        ("\\\"a\\\"", "a"),
        ("a\\009mx", "a mx"),
        ("a\\194\\160mx", "a mx"),
        ("mx:", "mx"),
        ("mx.b.example", "mx:b.example"),
        ("mail.b.example", "include:mail.b.example"),
        ("include:b\\195\\188cher.example", "include:xn--bcher-kva.example"),
        (
            "a:%{i}.b\\195\\188cher.example/24",
            "a:%{i}.xn--bcher-kva.example/24",
        ),
    ] {
        let report = of(&format!("v=spf1 {terms}"));
        let finding = found(&report, "syntax");
        if meant.ends_with("...") {
            assert!(
                finding.fix().contains("include:example.org"),
                "{terms}: {}",
                finding.fix()
            );
        } else {
            assert_eq!(finding.fix(), format!("Write '{meant}'."), "{terms}");
        }
        let count = report
            .findings
            .iter()
            .filter(|finding| finding.code() == "syntax")
            .count();
        assert_eq!(count, 1, "{terms}: {:#?}", report.findings);
    }
    // Nothing is suggested that would be another fault.
    for (terms, wrong) in [
        ("ip4:10.0.0.x", "a:10"),
        ("ip4:10.0.0.x/24", "a:10"),
        ("10.0.0.x", "include:10"),
        ("mx: include:x.b.example", "mx:include:"),
        ("include include:x.b.example", "include:include:"),
        ("exists exp=e", "exists:exp"),
        ("include a", "include:a"),
    ] {
        let fix = found(&of(&format!("v=spf1 {terms} -all")), "syntax").fix();
        assert!(!fix.contains(wrong), "{terms}: {fix}");
    }
    // Nothing is suggested that cannot be read.
    for term in [
        "foo",
        "a:b",
        "include:%{x}.b.example",
        "ip4:192.0.2.999",
        "=",
        "ip4:192.0.2.0/33",
        ",",
    ] {
        let report = of(&format!("v=spf1 {term} -all"));
        let fix = found(&report, "syntax").fix();
        assert!(!fix.is_empty() && !fix.contains("'foo'"), "{term}: {fix}");
    }
}

#[test]
fn rfc7208_section_4_6_1_a_domain_that_lacks_is_asked_for_with_the_term_s_own_name() {
    for (term, example) in [
        ("redirect=", "'redirect=_spf.example.org'"),
        ("exp=", "'exp=_spf.example.org'"),
        ("exists:", "'exists:%{i}._spf.example.org'"),
        ("include", "'include:example.org'"),
        ("-mx:/24", "'-mx/24'"),
        ("a:/24", "'a/24'"),
    ] {
        let fix = found(&of(&format!("v=spf1 {term}")), "syntax").fix();
        assert!(fix.contains(example), "{term}: {fix}");
    }
}

#[test]
fn rfc7208_section_4_6_1_a_qualifier_by_itself_is_told_once() {
    assert_eq!(codes(&of("v=spf1 - all")), ["syntax"]);
    assert_eq!(codes(&of("v=spf1 ip4:192.0.2.1 + all")), ["syntax"]);
    assert_eq!(codes(&of("v=spf1 ip4 192.0.2.1 -all")), ["syntax"]);
}

#[test]
fn rfc7208_section_3_3_strings_are_joined_without_a_blank() {
    for (strings, meant) in [
        (
            "include:b.example\" \"include:c.example",
            "include:b.example include:c.example",
        ),
        (
            "include:b.example\" \"-include:c.example",
            "include:b.example -include:c.example",
        ),
        (
            "ip4:192.0.2.1\" \"ip4:192.0.2.2\" \"ip4:192.0.2.3",
            "ip4:192.0.2.1 ip4:192.0.2.2 ip4:192.0.2.3",
        ),
        ("ip4:192.0.2.1\" \"-all", "ip4:192.0.2.1 -all"),
        ("include:b.example\" \"~all", "include:b.example ~all"),
        ("include:b.example\" \"-all", "include:b.example -all"),
        ("mx\" \"a:b.example", "mx a:b.example"),
        ("ip6:2001:db8::a\" \"a:b.example", "ip6:2001:db8::a a:b.example"),
        (
            "exists:%{i}.b.example\" \"ptr:b.example",
            "exists:%{i}.b.example ptr:b.example",
        ),
        (
            "redirect=b.example\" \"exp=c.example",
            "redirect=b.example exp=c.example",
        ),
        ("~all\" \"redirect=b.example", "~all redirect=b.example"),
        ("all\" \"redirect=b.example", "all redirect=b.example"),
    ] {
        let report = look(&format!("a.example. TXT \"v=spf1 {strings}\""));
        let finding = found(&report, "run_together");
        assert_eq!(finding.clause(), "RFC 7208 section 3.3");
        assert!(
            finding.fix().starts_with(&format!("Write '{meant}';")),
            "{strings}: {}",
            finding.fix()
        );
        assert!(!codes(&report).contains(&"odd_name"), "{strings}");
    }
    for fine in [
        "ip6:2001:db8:a::1",
        "foo=bara:b.example",
        "include:small.example",
        "a:mx-all.a.example",
    ] {
        assert!(
            !codes(&of(&format!("v=spf1 {fine} -all"))).contains(&"run_together"),
            "{fine}"
        );
    }
}

#[test]
fn rfc7208_section_4_6_all_errors_of_a_record_are_told_with_their_places() {
    let report = of("v=spf1 ipv4:192.0.2.1 a:foo exp=%x.b.example -all");
    let places: Vec<_> = report
        .findings
        .iter()
        .map(|finding| {
            (
                finding.code(),
                finding.place.clone().unwrap(),
                finding.term.clone().unwrap(),
            )
        })
        .collect();
    assert_eq!(places[0], ("syntax", 7..21, "ipv4:192.0.2.1".into()));
    assert_eq!(places[1], ("syntax", 22..27, "a:foo".into()));
    assert_eq!(places[2], ("syntax", 28..44, "exp=%x.b.example".into()));
    // What a term costs that cannot be read is not known.
    assert!(!report.complete);
}

#[test]
fn rfc7208_section_6_modifiers() {
    let report = of("v=spf1 redirect=b.example redirect=c.example");
    assert_eq!(found(&report, "syntax").clause(), "RFC 7208 section 6");
    assert_eq!(codes(&of("v=spf1 moo=cow -all")), ["unknown_modifier"]);
    let report = of("v=spf1 include=b.example ipv4=192.0.2.1 -all");
    assert_eq!(codes(&report), ["mechanism_as_modifier"; 2]);
    assert_eq!(report.findings[0].fix(), "Write 'include:b.example'.");
    assert_eq!(report.findings[1].fix(), "Write 'ip4:192.0.2.1'.");
    let report = of("v=spf1 ip4:192.0.2.1 -all v=spf1 ip4:192.0.2.2 -all");
    assert_eq!(codes(&report), ["glued_records", "after_all", "after_all"]);
}

#[test]
fn terms_that_stand_twice_and_odd_names() {
    let zone = "a.example. TXT \"v=spf1 a a:b.a.example A -all\"\n";
    let hosts = "a.example. A 192.0.2.1\na.example. AAAA 2001:db8::1\nb.a.example. A 192.0.2.1";
    assert_eq!(codes(&look(&format!("{zone}{hosts}"))), ["duplicate"]);
    let zone =
        "a.example. TXT \"v=spf1 a a:A.example. a:%{d} a/24 mx:%{o} -all\"\na.example. MX 0 a.example.\n";
    let report = look(&format!("{zone}{hosts}"));
    assert_eq!(codes(&report), ["duplicate"; 2]);
    assert_eq!(
        report.findings[1].to_string(),
        "'a:%{d}' asks for the same as 'a' before it"
    );
    // An upper-case letter escapes the value, and all other case is without meaning.
    let report = of("v=spf1 exists:%{l}.A.example ?exists:%{L}.a.example -all");
    assert_eq!(codes(&report), [""; 0]);
    let report = of("v=spf1 exists:%{lR}.A.example ?EXISTS:%{lr}.a.example -all");
    assert_eq!(codes(&report), ["duplicate"]);
    let report = of("v=spf1 include:ada@b.example -all");
    assert_eq!(codes(&report), ["include_none", "odd_name"]);
}
