//! Addresses and ranges.

use super::{codes, look, of};

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
