#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::clock::Clock;
use crate::dns::zone::Zone;
use futures_util::FutureExt as _;
use std::fmt::Write as _;
use std::sync::Arc;

fn look_within(zone: &str, domain: &str, limits: &Limits) -> Report {
    // A line of a zone that begins with a blank belongs to the name before it.
    let zone: String = zone
        .lines()
        .map(|line| format!("{}\n", line.trim_start()))
        .collect();
    let zone = Zone::parse(zone.as_bytes(), "zone").unwrap();
    let session = Session::new(Arc::new(zone), Clock::system(), limits);
    let domain = Name::parse(domain.as_bytes()).unwrap();
    lint(&session, &domain, limits, &Tracer::off())
        .now_or_never()
        .expect("a zone answers at once")
}

fn look(zone: &str) -> Report {
    look_within(zone, "a.example", &Limits::default())
}

/// The report on a record, without anything else in the DNS.
fn of(record: &str) -> Report {
    look(&format!("a.example. TXT \"{record}\""))
}

fn codes(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(Finding::code).collect()
}

#[track_caller]
fn found<'r>(report: &'r Report, code: &str) -> &'r Finding {
    report
        .findings
        .iter()
        .find(|finding| finding.code() == code)
        .unwrap_or_else(|| panic!("no {code} in {:#?}", report.findings))
}

#[test]
fn nothing_is_said_of_records_that_are_fine() {
    for record in [
        "v=spf1 -all",
        "v=spf1 ip4:192.0.2.0/24 -all",
        "V=SPF1 IP4:192.0.2.0/24 IP6:2001:DB8::/32 ~ALL",
        "v=spf1 -ip4:192.0.2.1 ip4:192.0.2.0/24 -all",
        "v=spf1 exists:%{i}._spf.a.example -all",
        "v=spf1 ip4:192.0.2.1 ?exists:%{l1r-}._spf.%{d2} -all",
    ] {
        assert_eq!(codes(&of(record)), [""; 0], "{record}");
    }
    let zone = "
        a.example. TXT \"v=spf1 a:mail.a.example include:s.example mx redirect=_spf.a.example\"
        a.example. MX 10 mail.a.example.
        mail.a.example. A 192.0.2.1
        s.example. TXT \"v=spf1 ip4:198.51.100.0/24 ?all\"
        _spf.a.example. TXT \"v=spf1 ip4:203.0.113.0/24 -all exp=why.a.example\"
        why.a.example. TXT \"%{i} is not ours: 50%% sure\"";
    let report = look(zone);
    assert_eq!(codes(&report), [""; 0]);
    assert_eq!((report.dns_lookups, report.complete), (4, true));
    // The hosts have no IPv6 addresses, which is within the limit.
    assert_eq!(report.void_lookups, 2);
}

#[test]
fn rfc7208_section_4_3_domains_that_cannot_have_a_record() {
    let report = look("b.example. TXT x");
    assert_eq!(codes(&report), ["no_such_domain"]);
    let report = look_within("localhost. TXT \"v=spf1 -all\"", "localhost", &Limits::default());
    assert_eq!(codes(&report), ["single_label"]);
}

#[test]
fn rfc7208_section_4_5_no_record_and_what_was_meant_as_one() {
    assert_eq!(codes(&of("hello")), ["no_record"]);
    assert_eq!(codes(&look("a.example. A 192.0.2.1")), ["no_record"]);
    for text in [
        "v=spf1-all",
        "v=spf1include:b.example -all",
        "v=spf1; a -all",
        "v=spf10 -all",
        " v=spf1 -all",
        "\\\"v=spf1 -all\\\"",
        "\\226\\128\\156v=spf1 -all",
        "v=spf -all",
        "v = spf1 -all",
        "spf1 -all",
        "v=sfp1 -all",
        "v=spf1\\009-all",
    ] {
        let report = of(text);
        assert_eq!(codes(&report), ["near_miss"], "{text}");
        assert_eq!(report.findings[0].severity(), Severity::Error);
    }
    let report = look("a.example. TXT \"v=spf1 -all\"\na.example. TXT \"v=spf1include:b.example -all\"");
    assert_eq!(found(&report, "near_miss").severity(), Severity::Warning);
    let report = look("a.example. TXT \"v=spf1 -all\"\na.example. TXT \"spf2.0/pra -all\"");
    assert_eq!(codes(&report), ["sender_id"]);
}

#[test]
fn rfc7208_section_3_2_more_than_one_record() {
    let report = look("a.example. TXT \"v=spf1 a -all\"\na.example. TXT \"v=spf1 mx -all\"");
    assert_eq!(codes(&report), ["several_records"]);
    assert_eq!((report.record(), &report.tree.found), (None, &Found::Several(2)));
    let zone = "a.example. TXT \"v=spf1 include:b.example -all\"
        b.example. TXT \"v=spf1 a -all\"\nb.example. TXT \"v=spf1 mx -all\"";
    let report = look(zone);
    assert_eq!(found(&report, "several_records").domain.as_str(), "b.example");
}

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
fn rfc7208_section_4_6_4_look_ups_are_counted_through_includes_and_redirects() {
    let mut zone = "a.example. TXT \"v=spf1 include:b.example exists:%{i}.x.example redirect=c.example\"
        b.example. TXT \"v=spf1 include:d.example ptr ip4:192.0.2.1 -all mx\"
        c.example. TXT \"v=spf1 exists:%{i}.y.example -all\"
        d.example. TXT \"v=spf1 exists:%{s}.1.example exists:%{s}.2.example exists:%{s}.3.example -all\"\n"
        .to_owned();
    let report = look(&zone);
    assert_eq!(report.dns_lookups, 9);
    assert_eq!(codes(&report), ["near_lookup_limit"]);
    let costs: Vec<_> = report
        .tree
        .children
        .iter()
        .map(|child| child.dns_lookups)
        .collect();
    assert_eq!(costs, [6, 1, 2]);
    zone = zone.replace("ptr", "ptr exists:%{i}.a.example exists:%{i}.b.example");
    let report = look(&zone);
    let limit = found(&report, "lookup_limit");
    assert_eq!((report.dns_lookups, limit.severity()), (11, Severity::Error));
    assert_eq!(limit.clause(), "RFC 7208 section 4.6.4");
    assert_eq!(
        limit.to_string(),
        "the record needs 11 DNS look-ups and 10 are allowed: 'include:b.example' 8, 'redirect=c.example' 2, \
         'exists:%{i}.x.example' 1"
    );
}

#[test]
fn rfc7208_section_4_6_4_a_record_that_is_included_twice_counts_twice() {
    let zone = "a.example. TXT \"v=spf1 include:b.example include:c.example -all\"
        b.example. TXT \"v=spf1 include:c.example -all\"
        c.example. TXT \"v=spf1 ip4:192.0.2.1 -all\"";
    let report = look(zone);
    assert_eq!(report.dns_lookups, 3);
    assert!(
        found(&report, "included_twice")
            .to_string()
            .contains("c.example is evaluated 2 times")
    );
}

#[test]
fn rfc7208_section_4_6_4_void_look_ups() {
    let zone = "a.example. TXT \"v=spf1 a:x.a.example exists:y.a.example -all\"\nx.a.example. TXT x";
    let report = look(zone);
    assert_eq!((codes(&report), report.void_lookups), (vec!["void_lookup"; 2], 2));
    assert!(
        report.findings[0]
            .to_string()
            .ends_with("x.a.example, which has no address")
    );
    assert!(
        report.findings[1]
            .to_string()
            .ends_with("y.a.example, which does not exist")
    );
    let zone = zone.replace("exists:y", "mx exists:y");
    let report = look(&zone);
    assert_eq!(report.void_lookups, 3);
    assert_eq!(report.findings[0].code(), "void_limit");
    // Hosts with IPv4 addresses only are void for IPv6 clients.
    let zone = "a.example. TXT \"v=spf1 a a:b.a.example a:c.a.example -all\"
        a.example. A 192.0.2.1\nb.a.example. A 192.0.2.2\nc.a.example. A 192.0.2.3";
    let report = look(zone);
    assert_eq!(codes(&report), ["void_limit_ipv6"]);
    assert_eq!(report.findings[0].severity(), Severity::Warning);
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

#[test]
fn rfc7208_section_4_6_4_loops_end() {
    let report = look("a.example. TXT \"v=spf1 include:a.example -all\"");
    assert_eq!(codes(&report), ["loop"]);
    let zone = "a.example. TXT \"v=spf1 include:b.example -all\"\nb.example. TXT \"v=spf1 a:a.example redirect=A.example\"
        a.example. A 192.0.2.1\na.example. AAAA 2001:db8::1";
    let report = look(zone);
    assert_eq!(codes(&report), ["loop"]);
    assert_eq!(report.findings[0].domain.as_str(), "b.example");
}

#[test]
fn rfc7208_section_4_6_4_wide_and_deep_records_are_bounded() {
    let mut zone = String::new();
    for at in 0..40 {
        let _ = writeln!(
            zone,
            "n{at}.example. TXT \"v=spf1 include:n{}.example -all\"",
            at + 1
        );
    }
    let report = look_within(&zone, "n0.example", &Limits::default());
    found(&report, "too_deep");
    assert_eq!((report.dns_lookups, report.complete), (11, false));
    // Each of ten records includes all ten below: 10^10 look-ups, were they followed.
    let mut zone = String::new();
    for level in 0..10 {
        let includes: String = (0..10)
            .map(|at| format!("include:n{at}.l{}.example ", level + 1))
            .collect();
        for at in 0..10 {
            let strings: Vec<String> = includes
                .as_bytes()
                .chunks(200)
                .map(|part| format!("\"{}\"", String::from_utf8_lossy(part)))
                .collect();
            let _ = writeln!(
                zone,
                "n{at}.l{level}.example. TXT \"v=spf1 \" {} \"-all\"",
                strings.join(" ")
            );
        }
    }
    let report = look_within(&zone, "n0.l0.example", &Limits::default());
    found(&report, "lookup_limit");
    assert!(!report.complete);
    assert!(
        report
            .findings
            .iter()
            .filter(|finding| finding.code() == "used_up")
            .count()
            == 1
    );
}

#[test]
fn a_hostile_record_is_bounded_in_findings_and_nodes() {
    let many = |term: &str| {
        let strings: Vec<String> = (0..250)
            .map(|_| format!("\"{}\"", format!("{term} ").repeat(200 / (term.len() + 1))))
            .collect();
        look(&format!("a.example. TXT \"v=spf1 \" {}", strings.join(" ")))
    };
    for term in [
        "x",
        "a",
        "include:a.b",
        "ip4:10.0.0.1/8",
        "-",
        "v=spf1",
        "+all",
        "exp=a.b",
        "%{p}",
    ] {
        let report = many(term);
        assert!(report.findings.len() <= MOST_FINDINGS + 1, "{term}");
        assert!(report.tree.children.len() <= 1_000, "{term}");
    }
    assert_eq!(many("a").dns_lookups, 25_000);
}

#[test]
fn rfc7208_section_5_5_ptr_and_macro_p() {
    assert_eq!(codes(&of("v=spf1 ptr -all")), ["ptr"]);
    assert_eq!(codes(&of("v=spf1 exists:%{p}.b.example -all")), ["macro_p"]);
}

#[test]
fn rfc7208_section_7_targets_that_depend_on_the_message() {
    let report = of("v=spf1 include:%{i}.b.example -all");
    assert_eq!(
        (codes(&report), report.dns_lookups, report.complete),
        (vec!["unknowable"], 1, false)
    );
    // %{d} is the domain, which is known.
    let zone = "a.example. TXT \"v=spf1 include:%{d}.b.example -all\"
        a.example.b.example. TXT \"v=spf1 ip4:192.0.2.1 -all\"";
    let report = look(zone);
    assert_eq!((codes(&report), report.complete), (vec![], true));
}

#[test]
fn rfc7208_section_5_4_mail_exchanges() {
    let mut zone = "a.example. TXT \"v=spf1 mx -all\"\n".to_owned();
    for at in 0..11 {
        let _ = writeln!(
            zone,
            "a.example. MX 10 m{at}.a.example.\nm{at}.a.example. A 192.0.2.1"
        );
    }
    assert_eq!(codes(&look(&zone)), ["mx_limit"]);
    let report = look("a.example. TXT \"v=spf1 mx -all\"\na.example. MX 0 .");
    assert_eq!(
        (codes(&report), report.findings[0].clause()),
        (vec!["null_mx"], "RFC 7505 section 3")
    );
    let zone = "a.example. TXT \"v=spf1 mx -all\"\na.example. MX 0 m.a.example.\na.example. MX 5 n.a.example.
        m.a.example. A 192.0.2.1";
    let report = look(zone);
    assert_eq!(
        (codes(&report), report.void_lookups),
        (vec!["exchange_without_address"], 1)
    );
}

#[test]
fn rfc7208_section_5_6_ranges() {
    for (terms, expected) in [
        ("ip4:10.1.2.3", vec!["special_range"]),
        ("ip4:127.0.0.1", vec!["special_range"]),
        ("ip4:100.64.0.0/16", vec!["special_range"]),
        ("ip4:224.0.0.1", vec!["special_range"]),
        ("ip6:fd00::1", vec!["special_range"]),
        ("ip6:fe80::1", vec!["special_range"]),
        ("ip6:::1", vec!["special_range"]),
        ("ip6:::ffff:192.0.2.1", vec!["special_range"]),
        ("ip4:198.0.0.0/8", vec!["large_range"]),
        ("ip4:198.18.0.0/15", vec!["large_range"]),
        ("ip4:198.51.0.0/16", vec![]),
        ("?ip4:198.0.0.0/8", vec![]),
        ("ip6:2001::/16", vec!["large_range"]),
        ("ip4:0.0.0.0/0 ip4:192.0.2.1", vec!["everyone"]),
        ("ip6:::/0", vec!["everyone"]),
        ("ip4:192.0.2.1 ip4:192.0.2.1", vec!["covered"]),
        ("ip4:192.0.2.0/25 ip4:192.0.2.0/24", vec!["covered"]),
        ("ip4:192.0.2.0/24 -ip4:192.0.2.1", vec!["covered"]),
        ("ip4:192.0.2.0/25 ip4:192.0.2.128/25", vec![]),
        ("ip6:2001:db8::/32 ip6:2001:db8:1::/48", vec!["covered"]),
    ] {
        assert_eq!(codes(&of(&format!("v=spf1 {terms} -all"))), expected, "{terms}");
    }
    let report = of("v=spf1 ip4:192.0.2.7/24 ~ip6:2001:db8::7/64 -all");
    assert_eq!(codes(&report), ["host_bits"; 2]);
    assert!(report.findings[0].fix().contains("'ip4:192.0.2.0/24'"));
    assert!(report.findings[1].fix().contains("'~ip6:2001:db8::/64'"));
    let zone = "a.example. TXT \"v=spf1 a/8 -all\"\na.example. A 192.0.2.1\na.example. AAAA 2001:db8::1";
    assert_eq!(codes(&look(zone)), ["large_range"]);
    assert!(look(zone).findings[0].to_string().contains("16777216 addresses"));
}

#[test]
fn terms_that_stand_twice_and_odd_names() {
    let zone = "a.example. TXT \"v=spf1 a a:b.a.example A -all\"\n";
    let hosts = "a.example. A 192.0.2.1\na.example. AAAA 2001:db8::1\nb.a.example. A 192.0.2.1";
    assert_eq!(codes(&look(&format!("{zone}{hosts}"))), ["duplicate"]);
    let report = of("v=spf1 include:ada@b.example -all");
    assert_eq!(codes(&report), ["include_none", "odd_name"]);
}

#[test]
fn rfc7208_section_3_4_long_records() {
    let record = |count: u8| {
        let ranges: Vec<String> = (0..count)
            .map(|at| format!("\" ip4:192.0.2.{}\"", u32::from(at) * 2))
            .collect();
        look(&format!(
            "a.example. TXT \"v=spf1\" {} \" -all\"",
            ranges.join(" ")
        ))
    };
    // Several strings of one record are joined without anything between (section 3.3).
    assert_eq!(codes(&record(20)), [""; 0]);
    let severity = |report: &Report| found(report, "record_length").severity();
    assert_eq!(severity(&record(32)), Severity::Notice);
    assert_eq!(severity(&record(40)), Severity::Warning);
    let mut zone = "a.example. TXT \"v=spf1 -all\"\n".to_owned();
    for at in 0..8 {
        let _ = writeln!(
            zone,
            "a.example. TXT \"site-verification={at}{}\"",
            "x".repeat(50)
        );
    }
    assert_eq!(codes(&look(&zone)), ["answer_length"]);
}

#[test]
fn rfc7208_section_6_2_explanations() {
    let zone = "a.example. TXT \"v=spf1 -all exp=why.a.example\"\n";
    assert_eq!(codes(&look(zone)), ["explanation_missing"]);
    let with = |texts: &str| look(&format!("{zone}{texts}"));
    assert_eq!(
        codes(&with("why.a.example. TXT \"50% off\"")),
        ["explanation_syntax"]
    );
    let several = with("why.a.example. TXT one\nwhy.a.example. TXT two");
    assert_eq!(codes(&several), ["explanation_several"]);
    assert_eq!(codes(&with("why.a.example. TXT \"ask %{r}\"")), [""; 0]);
    let report =
        look("a.example. TXT \"v=spf1 ip4:192.0.2.1 ~all exp=why.a.example\"\nwhy.a.example. TXT no");
    assert_eq!(codes(&report), ["explanation_unused"]);
}

#[test]
fn rfc7208_section_2_6_6_what_could_not_be_looked_up_is_told() {
    let report = look("$FAIL a.example. TXT SERVFAIL");
    assert_eq!((codes(&report), report.complete), (vec!["not_looked_up"], false));
    assert_eq!(report.findings[0].severity(), Severity::Error);
    let report = look(
        "a.example. TXT \"v=spf1 include:b.example a -all\"\n$FAIL b.example. TIMEOUT\n$FAIL a.example. A REFUSED",
    );
    assert_eq!(codes(&report)[..2], ["not_looked_up"; 2]);
    assert!(report.findings[0].to_string().contains("could not be looked up"));
    assert_eq!(
        (report.findings[0].severity(), report.complete),
        (Severity::Warning, false)
    );
    let limits = Limits {
        dns_questions: 2,
        ..Limits::default()
    };
    let zone = "a.example. TXT \"v=spf1 include:b.example include:c.example include:d.example -all\"
        b.example. TXT \"v=spf1 ip4:192.0.2.1 -all\"";
    let report = look_within(zone, "a.example", &limits);
    assert_eq!((codes(&report), report.complete), (vec!["used_up"], false));
}

#[test]
fn every_finding_has_a_clause_and_a_fix() {
    let zone = "a.example. TXT \"v=spf1 a mx/0 include:a.example ptr ipv4:192.0.2.1 foo=bar +all redirect=b exp=x.example\"";
    for finding in look(zone).findings {
        assert!(finding.clause().starts_with("RFC "));
        assert!(finding.fix().ends_with('.'), "{}", finding.fix());
        assert!(!finding.to_string().ends_with('.'), "{finding}");
        assert!(
            finding
                .code()
                .bytes()
                .all(|octet| octet.is_ascii_lowercase() || octet.is_ascii_digit() || octet == b'_')
        );
    }
}
