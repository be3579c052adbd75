//! Records over the grammar of RFC 7208 section 12, slightly broken ones among them, in a small zone, and clients.

use crate::spf_table::{Entry, Table, name};
use mailrep::clock::UnixTime;
use mailrep::dns::{Failure, Mx};
use mailrep::spf::Request;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) table: Arc<Table>,
    pub(crate) request: Request,
}

/// Always the same ones.
pub(crate) fn cases(count: usize) -> Vec<Case> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = case();
    (0..count)
        .map(|_| strategy.new_tree(&mut runner).unwrap().current())
        .collect()
}

/// Names with SPF records.
const PUBLISHERS: [&str; 4] = ["example.com", "a.example.com", "b.example.com", "c.example.com"];
const HOSTS: [&str; 4] = [
    "mail.example.com",
    "mx.a.example.com",
    "host.example.net",
    "other.example.org",
];
const CLIENTS: [&str; 5] = [
    "192.0.2.1",
    "192.0.2.77",
    "198.51.100.7",
    "2001:db8::1",
    "::ffff:192.0.2.1",
];
const ADDRESSES: [&str; 4] = ["192.0.2.1", "192.0.2.2", "198.51.100.7", "203.0.113.5"];
const ADDRESSES6: [&str; 2] = ["2001:db8::1", "2001:db8::ffff"];
/// What macros expand to in `exists` and elsewhere.
const EXPANSIONS: [&str; 10] = [
    "1.2.0.192.x.example.com",
    "192.0.2.1.x.example.com",
    "user.x.example.com",
    "bad.strong.x.example.com",
    "user@example.com.x.example.com",
    "postmaster@example.com.x.example.com",
    "example.com.x.example.com",
    "com.example.x.example.com",
    "in-addr.x.example.com",
    "mail.example.com.x.example.com",
];

fn one_of(choices: &'static [&'static str]) -> impl Strategy<Value = String> + Clone {
    select(choices).prop_map(str::to_owned)
}

fn domain_spec() -> BoxedStrategy<String> {
    prop_oneof![
        30 => one_of(&["a.example.com", "b.example.com", "c.example.com"]),
        20 => select(&HOSTS[..]).prop_map(str::to_owned),
        20 => one_of(&[
            "%{ir}.x.example.com", "%{i}.x.example.com", "%{l}.x.example.com", "%{lr-}.x.example.com", "%{s}.x.example.com",
            "%{o}.x.example.com", "%{d}.x.example.com", "%{v}.x.example.com", "%{h}.x.example.com", "%{l1r-}.x.example.com",
            "a.%{d2}", "mx.%{d}", "%{d}", "%{o}", "b.%{o2}", "%{h}", "a.%{d1r}.%{d1}", "%{S}.x.example.com", "%{d20}",
        ]),
        3 => one_of(&["%{p}", "%{p}.x.example.com", "%{p2}"]),
        5 => one_of(&["void.example.com", "nothing.example.net"]),
        2 => one_of(&["fail.example.com"]),
        1 => one_of(&["%{dR}.x.example.com"]),
        2 => one_of(&["A.Example.COM", "alias.example.com", "mail.example.com."]),
        1 => one_of(&["%%.example.com", "%-.example.com", "%_.example.com", "a..example.com", "%{d-}.x.example.com"
        ]),
    ]
    .boxed()
}

fn cidr() -> BoxedStrategy<String> {
    prop_oneof![
        6 => Just(String::new()),
        2 => one_of(&["/0", "/24", "/30", "/32"]),
        1 => one_of(&["//0", "//64", "//128", "/24//64"]),
    ]
    .boxed()
}

fn mechanism() -> BoxedStrategy<String> {
    let address =
        || prop_oneof![3 => Just(String::new()), 5 => domain_spec().prop_map(|domain| format!(":{domain}"))];
    prop_oneof![
        10 => one_of(&["ip4:192.0.2.1", "ip4:192.0.2.0/25", "ip4:198.51.100.7/32", "ip4:203.0.113.0/24", "ip4:0.0.0.0/0", "IP4:10.0.0.1"]),
        5 => one_of(&["ip6:2001:db8::1", "ip6:2001:db8::/32", "ip6:::/0", "ip6:::ffff:192.0.2.1", "ip6:1:2:3:4:5:6:192.0.2.1/96"]),
        12 => (address(), cidr()).prop_map(|(domain, cidr)| format!("a{domain}{cidr}")),
        10 => (address(), cidr()).prop_map(|(domain, cidr)| format!("mx{domain}{cidr}")),
        4 => address().prop_map(|domain| format!("ptr{domain}")),
        12 => domain_spec().prop_map(|domain| format!("exists:{domain}")),
        14 => domain_spec().prop_map(|domain| format!("include:{domain}")),
        2 => one_of(&["all"]),
    ]
    .boxed()
}

fn directive() -> BoxedStrategy<String> {
    let qualifier = prop_oneof![4 => Just(String::new()), 4 => one_of(&["+", "-", "~", "?"])];
    (qualifier, mechanism())
        .prop_map(|(qualifier, mechanism)| qualifier + &mechanism)
        .boxed()
}

/// Look-ups that find something, and seldom match.
fn costly() -> BoxedStrategy<String> {
    one_of(&[
        "a:mail.example.com",
        "?a:mail.example.com",
        "-a:mail.example.com/28",
        "mx:example.net",
        "-exists:%{ir}.x.example.com",
    ])
    .boxed()
}

/// What a record should not hold, and what few do.
fn odd_term() -> BoxedStrategy<String> {
    prop_oneof![
        6 => one_of(&[
            "ipv4:192.0.2.1", "ip:192.0.2.1", "all.", "-all:example.com", "all/24", "ip4:300.1.1.1", "ip4:192.0.2.1/33",
            "ip4:192.0.2.1/032", "ip4:192.0.2", "ip4:192.0.2.1//64", "ip6:2001:db8::1/129", "ip6:1:2:3", "a/33", "a//129", "a/",
            "a:", "mx:", "ptr:", "ptr/24", "exists", "include", "exists:example.com/24", "a:192.0.2.1", "a:example", "a:example.123",
            "a:mail.example.com,", "=x", "-redirect=a.example.com", "redirect:a.example.com", "moo", "--all", "a=", "1x=y",
            "a:mail.example.com:25", "redirect=", "exp=", "redirect=example",
        ]),
        3 => one_of(&[
            "a:%{d0}.example.com", "a:%{x}.example.com", "exists:%{d.example.com", "a:%(d).example.com", "exists:%{dx}.example.com",
            "exists:%{d.2}.example.com", "exists:%{c}.example.com", "exists:%{r}.example.com", "exists:%{t}.example.com", "moo=%{d0}",
            "moo=%{c}", "moo=%{r}", "moo=%{t}", "moo=%{x}", "moo=%(", "moo=%{d",
        ]),
        2 => one_of(&["a:ma\til.example.com", "a:mail.example.com\n", "moo=\t", "a:m\u{e9}.example.com"]),
        5 => one_of(&["moo=1", "moo=2", "x-1.y_z=%{d}", "moo=%{p}", "MOO=", "op=auth", "unknown=a=b:c/d"]),
        3 => one_of(&["Redirect=a.example.com", "EXP=why.example.com", "redirect=b.example.com", "exp=why.example.com"]),
    ]
    .boxed()
}

fn record() -> BoxedStrategy<String> {
    let modifier = prop_oneof![
        3 => domain_spec().prop_map(|domain| format!("redirect={domain}")),
        3 => one_of(&["exp=why.example.com", "exp=%{d1r}.why.example.com", "exp=void.example.com", "exp=fail.example.com", "exp=two.example.com"]),
        2 => one_of(&["moo=1", "x-1.y_z=%{d}"]),
    ];
    let odd = prop_oneof![9 => Just(None), 1 => odd_term().prop_map(Some)];
    let end = prop_oneof![4 => one_of(&["-all"]), 2 => one_of(&["~all", "?all"]), 3 => Just(String::new())];
    let directives = prop_oneof![
        20 => prop::collection::vec(directive(), 0..5),
        2 => prop::collection::vec(directive(), 8..14),
        2 => prop::collection::vec(costly(), 8..13),
    ];
    let modifiers = prop_oneof![3 => Just(None), 2 => modifier.prop_map(Some)];
    let places = any::<(prop::sample::Index, prop::sample::Index)>();
    let version = prop_oneof![20 => Just("v=spf1"), 1 => Just("V=SPF1")];
    (
        version,
        directives,
        end,
        modifiers,
        odd,
        places,
        select(&[" ", " ", "  "][..]),
    )
        .prop_map(
            |(version, mut terms, end, modifier, odd, (first, second), blank)| {
                terms.extend(Some(end).filter(|end| !end.is_empty()));
                for (term, place) in [(modifier, first), (odd, second)] {
                    if let Some(term) = term {
                        terms.insert(place.index(terms.len() + 1), term);
                    }
                }
                terms.insert(0, version.to_owned());
                terms.join(blank)
            },
        )
        .boxed()
}

/// The TXT records of a name.
fn texts() -> BoxedStrategy<Vec<String>> {
    prop_oneof![
        20 => record().prop_map(|record| vec![record]),
        2 => record().prop_map(|record| vec!["another text".to_owned(), record]),
        1 => (record(), record()).prop_map(|(one, other)| vec![one, other]),
        1 => one_of(&["v=spf10 -all", "v=spf1\t-all", "another text"]).prop_map(|text| vec![text]),
        1 => Just(vec!["v=spf1\n".to_owned()]),
        1 => Just(Vec::new()),
    ]
    .boxed()
}

fn explanation() -> BoxedStrategy<Vec<String>> {
    prop_oneof![
        4 => one_of(&[
            "not you", "%{i} is not %{d}'s", "see http://%{d}/why?s=%{S}&i=%{I}", "%{c} %{r} %{t} %{h} %{v}", "%{l}%_of%_%{o}%-%%",
            "%{p} it is", "%{d2} %{dr} %{l1r-}",
        ])
        .prop_map(|text| vec![text]),
        1 => one_of(&["%{x}", "%{d", "100%", "", "caf\u{e9}", "%{d0}", "tab\there", "%{dx}"]).prop_map(|text| vec![text]),
        1 => Just(vec!["one".to_owned(), "two".to_owned()]),
    ]
    .boxed()
}

fn octets(text: &str) -> Box<[u8]> {
    text.chars().map(|octet| octet as u8).collect()
}

type Published = (
    Vec<Vec<String>>,
    Vec<Vec<usize>>,
    Vec<Vec<usize>>,
    Vec<usize>,
    Vec<bool>,
    Vec<String>,
);

fn table((texts, addresses, exchanges, names, expansions, explanations): Published) -> Table {
    let mut table = Table::default();
    let entry = table.entry("fail.example.com");
    entry.failure = Some(Failure::ServFail);
    table.entry("alias.example.com").cname = Some(name("a.example.com"));
    let places = PUBLISHERS.iter().chain(&HOSTS);
    for (place, addresses) in places.zip(&addresses) {
        let entry: &mut Entry = table.entry(place);
        for &address in addresses {
            match ADDRESSES.get(address) {
                Some(address) => entry.a.push(address.parse().unwrap()),
                None => entry
                    .aaaa
                    .push(ADDRESSES6[address - ADDRESSES.len()].parse().unwrap()),
            }
        }
    }
    // One host is always there, and one that has it for its mail.
    let entry = table.entry("mail.example.com");
    entry.a.push("203.0.113.99".parse().unwrap());
    entry.aaaa.push("2001:db8:99::1".parse().unwrap());
    table.entry("example.net").mx.push(Mx {
        preference: 10,
        exchange: name("mail.example.com"),
    });
    for ((place, texts), exchanges) in PUBLISHERS.iter().zip(&texts).zip(&exchanges) {
        let entry = table.entry(place);
        entry.txt = texts.iter().map(|text| octets(text)).collect();
        for (preference, &host) in exchanges.iter().enumerate() {
            let exchange = HOSTS.get(host).copied().unwrap_or(match host {
                4 => "void.example.com",
                5 => "fail.example.com",
                _ => "host.example.net",
            });
            // Of two with one preference, the order would be for each resolver to choose.
            let preference = u16::try_from(preference).unwrap();
            entry.mx.push(Mx {
                preference,
                exchange: name(exchange),
            });
        }
    }
    for owner in [
        "1.2.0.192.in-addr.arpa",
        "77.2.0.192.in-addr.arpa",
        &format!("1.{}8.b.d.0.1.0.0.2.ip6.arpa", "0.".repeat(23)),
    ] {
        for &host in &names {
            let entry = table.entry(owner);
            match HOSTS.get(host).or(PUBLISHERS.get(host.wrapping_sub(HOSTS.len()))) {
                Some(host) => entry.ptr.push(name(host)),
                None => entry.failure = Some(Failure::ServFail),
            }
        }
    }
    for (place, there) in EXPANSIONS.iter().zip(expansions) {
        if there {
            table.entry(place).a.push("127.0.0.2".parse().unwrap());
        }
    }
    table.entry("why.example.com").txt = explanations.iter().map(|text| octets(text)).collect();
    table
        .entry("example.why.example.com")
        .txt
        .push(octets("of the reversed domain"));
    table.entry("two.example.com").txt = vec![octets("one"), octets("two")];
    table
}

fn case() -> BoxedStrategy<Case> {
    let published = (
        prop::collection::vec(texts(), PUBLISHERS.len()),
        prop::collection::vec(
            prop::collection::vec(0..ADDRESSES.len() + ADDRESSES6.len(), 0..3),
            PUBLISHERS.len() + HOSTS.len(),
        ),
        prop::collection::vec(prop::collection::vec(0..7usize, 0..4), PUBLISHERS.len()),
        prop::collection::vec(0..9usize, 0..3),
        prop::collection::vec(any::<bool>(), EXPANSIONS.len()),
        explanation(),
    )
        .prop_map(table);
    let sender = prop_oneof![
        10 => one_of(&["user@example.com", "strong-bad@example.com", "user@a.example.com"]),
        2 => one_of(&["@example.com"]),
        1 => one_of(&["", "user@void.example.com", "user@fail.example.com"]),
    ];
    let helo = one_of(&[
        "mail.example.com",
        "mail.example.com",
        "example.com",
        "b.example.com",
    ]);
    (published, select(&CLIENTS[..]), helo, sender)
        .prop_map(|(table, client, helo, sender)| Case {
            table: Arc::new(table),
            request: Request {
                client: client.parse().unwrap(),
                helo: octets(&helo),
                mail_from: octets(&sender),
                receiver: "mx.receiver.example".into(),
                now: UnixTime(1_700_000_000),
            },
        })
        .boxed()
}
