//! What terms ask the DNS for, and what that costs.

use super::{codes, found, look, look_within, of};
use crate::limits::Limits;
use crate::spf::lint::Severity;
use std::fmt::Write as _;

#[test]
fn rfc7208_section_4_6_4_look_ups_are_counted_through_includes_and_redirects() {
    let mut zone = "a.example. TXT \"v=spf1 include:b.example exists:%{i}.x.example redirect=c.example\"
        b.example. TXT \"v=spf1 include:d.example ptr ip4:192.0.2.1 -all mx\"
        c.example. TXT \"v=spf1 exists:%{i}.y.example -all\"
        d.example. TXT \"v=spf1 exists:%{s}.1.example exists:%{s}.2.example exists:%{s}.3.example -all\"\n"
        .to_owned();
    let report = look(&zone);
    assert_eq!(report.dns_lookups, 9);
    assert_eq!(codes(&report), ["void_limit", "near_lookup_limit"]);
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
fn rfc7208_section_4_6_4_an_exists_that_does_not_match_is_a_void_look_up() {
    let report = of("v=spf1 exists:%{i}.a.a.example exists:%{i}.b.a.example exists:%{i}.c.a.example -all");
    assert_eq!((codes(&report), report.void_lookups), (vec!["void_limit"], 3));
    let finding = &report.findings[0];
    assert_eq!(finding.severity(), Severity::Error);
    assert!(
        finding
            .to_string()
            .ends_with("3 of them are 'exists' with macros"),
        "{finding}"
    );
    assert!(report.complete);
    // The qualifier does not matter, and two are allowed; behind "all" nothing is asked.
    let report = of("v=spf1 ?exists:%{i}.a.a.example -exists:%{l}.b.a.example -all exists:%{i}.c.a.example");
    assert_eq!((report.void_lookups, report.void_lookups_at_most), (2, 2));
    // Those of all records count together, and with names that do not exist.
    let zone = "a.example. TXT \"v=spf1 a:x.a.example include:b.example exists:%{i}.a.a.example -all\"
        b.example. TXT \"v=spf1 exists:%{p}.b.example -all\"";
    let report = look(zone);
    assert_eq!(
        (report.void_lookups, report.findings[0].code()),
        (3, "void_limit")
    );
}

#[test]
fn rfc7208_section_4_6_4_terms_that_may_find_nothing_are_told_as_such() {
    let zone = "a.example. TXT \"v=spf1 a:%{l}.a.example a:x.a.example exists:%{i}.a.a.example -all\"";
    let report = look(zone);
    assert_eq!((report.void_lookups, report.void_lookups_at_most), (2, 3));
    let finding = found(&report, "void_limit_possible");
    assert_eq!(finding.severity(), Severity::Warning);
    assert!(finding.to_string().starts_with("up to 3 terms"), "{finding}");
    // The client may have no name.
    let report = of("v=spf1 ptr:a.example mx:%{l}.a.example ?ptr -all");
    assert_eq!((report.void_lookups, report.void_lookups_at_most), (0, 3));
    found(&report, "void_limit_possible");
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
