//! Addresses and ranges.

use super::{codes, look, of};
use crate::spf::lint::Severity;
use crate::spf::record::in_network4;
use crate::spf::{Mechanism, Record};
use proptest::collection::vec;
use proptest::prelude::*;
use std::net::Ipv4Addr;

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
        ("ip4:198.18.0.0/15", vec!["large_range", "special_range"]),
        ("ip4:192.0.0.8", vec!["special_range"]),
        ("ip6:100::1", vec!["special_range"]),
        // Some of the addresses are of use.
        ("ip4:0.0.0.0/1", vec!["large_range"]),
        ("ip4:192.160.0.0/11", vec!["large_range"]),
        ("ip6:fc00::/6", vec!["large_range"]),
        ("ip4:198.51.0.0/16", vec![]),
        ("?ip4:198.0.0.0/8", vec![]),
        ("ip6:2001::/16", vec!["large_range"]),
        ("ip4:0.0.0.0/0 ip4:192.0.2.1", vec!["everyone"]),
        ("ip6:::/0", vec!["everyone"]),
        ("ip4:192.0.2.1 ip4:192.0.2.1", vec!["covered"]),
        ("ip4:192.0.2.0/25 ip4:192.0.2.0/24", vec!["covered"]),
        ("ip4:192.0.2.0/24 -ip4:192.0.2.1", vec!["unreached"]),
        ("-ip4:0.0.0.0/0 ip4:192.0.2.1", vec!["unreached"]),
        ("ip4:192.0.2.1 -ip4:192.0.2.1", vec!["unreached"]),
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
fn rfc7208_section_4_6_2_a_range_is_needless_only_if_the_verdict_stays_without_it() {
    for (terms, expected) in [
        (
            "ip4:192.0.2.10 -exists:%{ir}.bl.a.example ip4:192.0.2.0/24",
            vec![],
        ),
        (
            "ip4:192.0.2.10 exists:%{ir}.wl.a.example ip4:192.0.2.0/24",
            vec!["covered ip4:192.0.2.10"],
        ),
        // The exception behind the first range is dead, and the first is not needless for the sake of the last.
        (
            "ip4:192.0.2.0/28 -ip4:192.0.2.1 ip4:192.0.2.0/24",
            vec!["unreached -ip4:192.0.2.1"],
        ),
        // An exception that counts, and all between the two is of its kind.
        (
            "-ip4:192.0.2.1 -ip4:192.0.2.0/28 ip4:192.0.2.0/24",
            vec!["covered -ip4:192.0.2.1"],
        ),
        // The first that covers it decides.
        (
            "ip4:192.0.2.0/24 -ip4:192.0.2.0/28 -ip4:192.0.2.1",
            vec!["unreached -ip4:192.0.2.0/28", "unreached -ip4:192.0.2.1"],
        ),
        (
            "ip4:192.0.2.1 ip4:192.0.2.0/28 -ip4:192.0.2.9 ip4:192.0.2.0/24",
            vec!["unreached -ip4:192.0.2.9", "covered ip4:192.0.2.1"],
        ),
        // What stands behind "all" covers nothing.
        (
            "ip4:192.0.2.1 -all ip4:192.0.2.0/24",
            vec!["after_all ip4:192.0.2.0/24"],
        ),
    ] {
        let report = of(&format!("v=spf1 {terms} -all"));
        let told: Vec<String> = report
            .findings
            .iter()
            .filter(|finding| finding.term.as_deref() != Some("-all"))
            .map(|finding| format!("{} {}", finding.code(), finding.term.clone().unwrap()))
            .collect();
        assert_eq!(told, expected, "{terms}");
    }
    let report = of("v=spf1 ip4:192.0.2.0/24 -ip4:192.0.2.7 -all");
    assert_eq!(report.findings[0].severity(), Severity::Warning);
    assert_eq!(
        report.findings[0].fix(),
        "Move it before 'ip4:192.0.2.0/24', or remove it."
    );
    let report = of("v=spf1 ip4:192.0.2.7 -ip4:192.0.2.7 -all");
    assert!(
        !report.findings[0].to_string().contains("twice"),
        "{}",
        report.findings[0]
    );
    assert_eq!(
        report.findings[0].fix(),
        "Keep one of the two; now the first counts."
    );
}

proptest! {
    /// Whoever follows the advice "remove it" gets the same verdicts.
    #[test]
    fn rfc7208_section_4_6_2_removing_what_is_covered_changes_no_verdict(
        terms in vec((0usize..3, 0u8..4, 28u8..=32), 1..8),
    ) {
        let terms: Vec<String> = terms
            .iter()
            .map(|(qualifier, low, prefix)| format!("{}ip4:192.0.2.{}/{prefix}", ["", "-", "?"][*qualifier], low * 5))
            .collect();
        let decide = |terms: &[String], last: u8| {
            let record = Record::parse(format!("v=spf1 {}", terms.join(" ")).as_bytes()).unwrap();
            let client = Ipv4Addr::new(192, 0, 2, last);
            record.directives().find_map(|directive| match directive.mechanism {
                Mechanism::Ip4(network, prefix) if in_network4(network, prefix, client) => Some(directive.qualifier),
                _ => None,
            })
        };
        let report = of(&format!("v=spf1 {} -all", terms.join(" ")));
        let advised = report.findings.iter().filter(|finding| matches!(finding.code(), "covered" | "unreached"));
        let advised: Vec<usize> = advised.map(|finding| finding.place.clone().unwrap().start).collect();
        let without = |places: &[usize]| {
            let mut end = "v=spf1".len();
            let mut left = terms.clone();
            left.retain(|term| {
                let begin = end + 1;
                end = begin + term.len();
                !places.contains(&begin)
            });
            left
        };
        // One by one, and all of them.
        for places in advised.chunks(1).chain([&*advised]) {
            let fewer = without(places);
            prop_assert_eq!(fewer.len() + places.len(), terms.len());
            for last in 0..=32 {
                prop_assert_eq!(decide(&terms, last), decide(&fewer, last), "{:?}", fewer);
            }
        }
    }
}
