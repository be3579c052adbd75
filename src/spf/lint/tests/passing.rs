//! Whom a record lets pass, and what decides.

use super::{codes, look, of};

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
