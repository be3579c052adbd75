//! The senders that are checked, and what they publish.

use mailrep::clock::UnixTime;
use mailrep::spf::Request;
use std::fmt::Write as _;
use std::ops::Range;

/// A zone of `senders` domains with three includes each, of which the last one matches. No two share a name, so that
/// each check asks four questions that nobody has asked before.
pub(crate) fn zone(senders: usize) -> String {
    let mut zone = String::from(
        "$ORIGIN bench.test.\n$TTL 3600\n@ SOA ns host 1 3600 600 86400 120\n@ NS ns\nns A 127.0.0.1\n",
    );
    for number in 0..senders {
        writeln!(
            zone,
            "s{number} TXT \"v=spf1 include:a{number}.bench.test include:b{number}.bench.test \
             include:c{number}.bench.test -all\"\n\
             a{number} TXT \"v=spf1 ip4:198.51.100.0/24 ip4:203.0.113.0/25 -all\"\n\
             b{number} TXT \"v=spf1 ip4:203.0.113.128/25 ip6:2001:db8::/32 -all\"\n\
             c{number} TXT \"v=spf1 ip4:198.51.100.7 ip4:192.0.2.0/24 -all\""
        )
        .unwrap();
    }
    zone
}

/// Mail of these senders from a client that they all permit.
pub(crate) fn requests(senders: Range<usize>) -> Vec<Request> {
    senders
        .map(|number| Request {
            client: "192.0.2.1".parse().unwrap(),
            helo: Box::default(),
            mail_from: format!("alice@s{number}.bench.test").into_bytes().into(),
            receiver: "mx.example.org".into(),
            now: UnixTime(1_700_000_000),
        })
        .collect()
}
