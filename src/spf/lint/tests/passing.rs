//! Whom a record lets pass, and what decides.

use super::{codes, found, look, of};
use crate::spf::lint::Severity;

#[test]
fn rfc7208_section_5_1_all() {
    assert_eq!(codes(&of("v=spf1 ip4:192.0.2.1 +all")), ["pass_all"]);
    assert_eq!(codes(&of("v=spf1 ip4:192.0.2.1 all")), ["pass_all"]);
    assert_eq!(codes(&of("v=spf1 ip4:192.0.2.1 ?all")), ["neutral_all"]);
    assert_eq!(codes(&of("v=spf1 ip4:192.0.2.1")), ["no_all"]);
    assert_eq!(codes(&of("v=spf1")), ["no_all"]);
    assert_eq!(codes(&of("v=spf1 ~all")), ["softfail_only"]);
    let report = of("v=spf1 -all ip4:192.0.2.1");
    assert_eq!(codes(&report), ["after_all"]);
    assert_eq!(report.findings[0].term.as_deref(), Some("ip4:192.0.2.1"));
    // Terms after "all" ask nothing.
    assert_eq!(of("v=spf1 -all mx a include:b.example").dns_lookups, 0);
}

#[test]
fn rfc7208_section_5_1_pass_all_of_an_included_record_is_the_includers_concern() {
    let zone = "a.example. TXT \"v=spf1 include:b.example -all\"\nb.example. TXT \"v=spf1 +all\"";
    let report = look(zone);
    assert_eq!(codes(&report), ["pass_all"]);
    assert_eq!(report.findings[0].domain.as_str(), "b.example");
}

#[test]
fn rfc7208_section_5_2_only_includes_that_pass_carry_a_pass_on() {
    for (terms, expected) in [
        ("include:b.example", vec!["pass_all"]),
        ("-include:b.example", vec![]),
        ("?include:b.example", vec![]),
        ("include:c.example", vec!["pass_all"]),
        ("~include:c.example", vec![]),
        ("include:d.example", vec![]),
        ("include:e.example", vec!["pass_all"]),
        ("-include:e.example", vec![]),
    ] {
        let zone = format!(
            "a.example. TXT \"v=spf1 {terms} -all\"
            b.example. TXT \"v=spf1 +all\"
            c.example. TXT \"v=spf1 include:b.example -all\"
            d.example. TXT \"v=spf1 ip4:192.0.2.1 -include:b.example -all\"
            e.example. TXT \"v=spf1 redirect=b.example\""
        );
        assert_eq!(codes(&look(&zone)), expected, "{terms}");
    }
    // What lets all pass where it does not count is said of no one; that it is in one's own record is no matter.
    let zone = "a.example. TXT \"v=spf1 -include:b.a.example -all\"\nb.a.example. TXT \"v=spf1 a/0 ip4:192.0.0.0/3 +all\"
        b.a.example. A 192.0.2.1\nb.a.example. AAAA 2001:db8::1";
    assert_eq!(codes(&look(zone)), [""; 0]);
}

#[test]
fn rfc7208_section_5_2_a_stranger_s_range_of_everybody_lets_everybody_pass() {
    for (range, expected) in [
        ("ip4:0.0.0.0/0", vec!["everyone"]),
        ("ip6:::/0", vec!["everyone"]),
        ("a/0", vec!["everyone"]),
        ("mx/8//0", vec!["everyone"]),
        ("ip4:0.0.0.0/1 ip4:128.0.0.0/1", vec!["large_range"; 2]),
        ("-ip4:0.0.0.0/0 a", vec![]),
        ("-all ip4:0.0.0.0/0", vec!["never_passes"]),
        // What a stranger has of ordinary size is the stranger's concern.
        ("ip4:198.48.0.0/12 ptr", vec![]),
    ] {
        let zone = format!(
            "a.example. TXT \"v=spf1 include:big.example -all\"\nbig.example. TXT \"v=spf1 {range} -all\"
            big.example. A 192.0.2.1\nbig.example. AAAA 2001:db8::1
big.example. MX 0 big.example."
        );
        assert_eq!(codes(&look(&zone)), expected, "{range}");
    }
}

#[test]
fn rfc7208_section_6_1_a_record_that_decides_is_inspected_as_one_s_own() {
    let zone =
        "a.example. TXT \"v=spf1 redirect=r.example\"\nr.example. TXT \"v=spf1 ptr a/0 ip4:0.0.0.0/0 -all\"
        r.example. A 192.0.2.1\nr.example. AAAA 2001:db8::1";
    assert_eq!(codes(&look(zone)), ["everyone", "everyone", "ptr"]);
    let zone = "a.example. TXT \"v=spf1 redirect=_spf.example\"
        _spf.example. TXT \"v=spf1 ptr include=a.example.net ip4:10.0.0.1 -all ip4:192.0.2.9\"";
    let mut told = codes(&look(zone));
    told.sort_unstable();
    assert_eq!(
        told,
        ["after_all", "mechanism_as_modifier", "ptr", "special_range"]
    );
}

#[test]
fn rfc7208_section_5_7_an_exists_that_matches_always_is_all() {
    let any = "any.example. A 127.0.0.2\nany.example. AAAA 2001:db8::1";
    let with = |records: &str| {
        look(&format!(
            "{records}
{any}"
        ))
    };
    let report = with("a.example. TXT \"v=spf1 exists:any.example -all\"");
    assert_eq!(
        (codes(&report), report.findings[0].severity()),
        (vec!["exists_always"], Severity::Error)
    );
    let report = with("a.example. TXT \"v=spf1 -exists:any.example ip4:192.0.2.1 -all\"");
    assert_eq!(found(&report, "exists_always").severity(), Severity::Warning);
    // %{d} is the same for every message.
    let report = with("a.example. TXT \"v=spf1 exists:x.%{d} -all\"\nx.a.example. A 192.0.2.1");
    assert_eq!(found(&report, "exists_always").severity(), Severity::Error);
    // As with "all", a stranger's counts where a pass is carried on.
    let report = with(
        "a.example. TXT \"v=spf1 include:b.example -all\"\nb.example. TXT \"v=spf1 exists:any.example -all\"",
    );
    assert_eq!(
        (codes(&report), report.findings[0].domain.as_str()),
        (vec!["exists_always"], "b.example")
    );
    let report = with(
        "a.example. TXT \"v=spf1 ?include:b.example -all\"\nb.example. TXT \"v=spf1 exists:any.example -all\"",
    );
    assert_eq!(codes(&report), [""; 0]);
}

#[test]
fn rfc7208_section_5_1_what_stands_behind_all_lets_nobody_pass() {
    for (record, expected) in [
        ("?ip4:192.0.2.1 -all ip4:192.0.2.2", vec!["never_passes"]),
        ("-all redirect=c.example", vec!["never_passes"]),
        ("?ip4:192.0.2.1 redirect=c.example", vec![]),
        ("-ip4:192.0.2.1 +all", vec!["pass_all"]),
    ] {
        let zone = format!(
            "a.example. TXT \"v=spf1 include:b.example -all\"\nb.example. TXT \"v=spf1 {record}\"
            c.example. TXT \"v=spf1 ip4:192.0.2.1 -all\""
        );
        assert_eq!(codes(&look(&zone)), expected, "{record}");
    }
}

#[test]
fn rfc7208_section_6_1_redirect_beside_all_is_ignored() {
    let zone = "a.example. TXT \"v=spf1 redirect=b.example -all\"\nb.example. TXT \"v=spf1 mx ?all\"";
    let report = look(zone);
    assert_eq!(codes(&report), ["redirect_ignored"]);
    assert_eq!(report.dns_lookups, 0);
    let zone = "a.example. TXT \"v=spf1 redirect=b.example\"\nb.example. TXT \"v=spf1 ip4:192.0.2.1 ?all\"";
    let report = look(zone);
    assert_eq!((codes(&report), report.dns_lookups), (vec!["neutral_all"], 1));
}

#[test]
fn rfc7208_sections_5_2_and_6_1_targets_without_a_record() {
    let report = of("v=spf1 include:b.example -all");
    assert_eq!((codes(&report), report.void_lookups), (vec!["include_none"], 1));
    assert_eq!(report.findings[0].clause(), "RFC 7208 section 5.2");
    let report = look("a.example. TXT \"v=spf1 redirect=b.example\"\nb.example. TXT hello");
    assert_eq!((codes(&report), report.void_lookups), (vec!["redirect_none"], 0));
    let report =
        look("a.example. TXT \"v=spf1 include:b.example -all\"\nb.example. TXT \"v=spf1 ipv4:192.0.2.1\"");
    assert_eq!(codes(&report), ["syntax"]);
    assert_eq!(report.findings[0].domain.as_str(), "b.example");
    let report = look("a.example. TXT \"v=spf1 include:b.example -all\"\nb.example. TXT \"v=spf1 -all\"");
    assert_eq!(codes(&report), ["never_passes"]);
    let report = of("v=spf1 include:b..example -all");
    assert_eq!(codes(&report), ["target_malformed"]);
}
