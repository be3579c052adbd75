//! Records over the grammar of RFC 9989 section 4.8, slightly broken ones among them, and identifiers of related domains.

use crate::case::{Case, organizational};
use mailrep::dmarc::Outcome;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Always the same ones.
pub(crate) fn cases(count: usize) -> impl Iterator<Item = Case> {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let strategy = case();
    (0..count).map(move |_| strategy.new_tree(&mut runner).unwrap().current())
}

fn one_of(choices: &'static [&'static str]) -> BoxedStrategy<String> {
    select(choices).prop_map(str::to_owned).boxed()
}

fn version() -> BoxedStrategy<String> {
    prop_oneof![
        40 => one_of(&["v=DMARC1"]),
        3 => one_of(&["v = DMARC1 ", "V=DMARC1", "v\t=\tDMARC1"]),
        2 => one_of(&[" v=DMARC1", "v=dmarc1", "v=DMARC2", "v=DMARC 1", "x=1", "p=none", ""]),
    ]
    .boxed()
}

fn policy() -> BoxedStrategy<String> {
    prop_oneof![
        30 => one_of(&["none", "quarantine", "reject"]),
        3 => one_of(&["REJECT", "Quarantine", " none", "reject "]),
        1 => one_of(&["rej", "n", "quar", "re ject", "nothing", "rejected", "n=o", ""]),
    ]
    .boxed()
}

fn mode() -> BoxedStrategy<String> {
    prop_oneof![
        24 => one_of(&["r", "s"]),
        4 => one_of(&["R", "S", " s "]),
        1 => one_of(&["strict", "relaxed", "rel", "x", "ss", "s,r", ""]),
    ]
    .boxed()
}

fn uris() -> BoxedStrategy<String> {
    let uri = prop_oneof![
        24 => one_of(&[
            "mailto:dmarc@example.com", "mailto:reports@example.net", "https://example.org/dmarc", "mailto:d@example.org?subject=a%20b",
        ]),
        1 => one_of(&["mailto:big@example.com!10m", "mailto:big@example.com!1"]),
        1 => one_of(&["dmarc@example.com", "mailto:", "mailto:a b@example.com", "1:x", "mailto:x@example.com!10x", ""]),
    ];
    let comma = one_of(&[",", ", ", " ,"]);
    (prop::collection::vec(uri, 1..4), comma)
        .prop_map(|(uris, comma)| uris.join(&comma))
        .boxed()
}

fn failure_options() -> BoxedStrategy<String> {
    prop_oneof![
        9 => one_of(&["0", "1", "d", "s", "1:d", "0:d:s", "d:s", "D:S:1"]),
        1 => one_of(&["0:1", "d:d", "1: d", "2", "dkim", "1:x", "", "1:"]),
    ]
    .boxed()
}

fn tag() -> BoxedStrategy<String> {
    let named = |name: &'static str, value: BoxedStrategy<String>| {
        value.prop_map(move |value| format!("{name}={value}")).boxed()
    };
    prop_oneof![
        6 => named("p", policy()),
        10 => named("sp", policy()),
        9 => named("adkim", mode()),
        9 => named("aspf", mode()),
        9 => named("rua", uris()),
        6 => named("ruf", uris()),
        5 => named("fo", failure_options()),
        3 => one_of(&["pct=100", "pct=0", "PCT=50", "ri=3600", "rf=afrf", "psd=u", "psd=n", "t=n", "np=reject"]),
        1 => one_of(&["pct=101", "pct=x", "ri=1h", "rf=none", "t=y", "np=x"]),
        2 => one_of(&["zz=1", "x-y=1", "hello", "=1", "p2=none", "SP=none", "s p=reject"]),
        1 => one_of(&["v=DMARC1", "v=DMARC2"]),
    ]
    .boxed()
}

fn record() -> BoxedStrategy<String> {
    let first = prop_oneof![12 => policy().prop_map(|p| format!("p={p}")), 1 => tag()];
    let separator = one_of(&[";", "; ", " ; ", ";\t"]);
    let end = one_of(&["", "", ";", "; "]);
    let again = prop::bool::weighted(0.1);
    (
        version(),
        first,
        prop::collection::vec(tag(), 0..6),
        again,
        separator,
        end,
    )
        .prop_map(|(version, first, tags, again, separator, end)| {
            let mut parts: Vec<String> = vec![version];
            for tag in std::iter::once(first).chain(tags) {
                if again || !parts.iter().any(|part| name(part) == name(&tag)) {
                    parts.push(tag);
                }
            }
            parts.join(&separator) + &end
        })
        .boxed()
}

fn name(tag: &str) -> Option<&str> {
    tag.split_once('=').map(|(name, _)| name)
}

fn domain() -> BoxedStrategy<String> {
    prop_oneof![
        12 => one_of(&["example.com", "mail.example.com", "a.mail.example.com", "other.example.com"]),
        6 => one_of(&["example.co.uk", "news.example.co.uk", "other.example.co.uk"]),
        4 => one_of(&["example.net", "notexample.com", "example.com.example.org", "another.co.uk"]),
        2 => one_of(&["Mail.Example.COM", "EXAMPLE.COM", "Other.Example.COM"]),
        1 => one_of(&["com", "co.uk", "uk"]),
    ]
    .boxed()
}

fn identifier() -> BoxedStrategy<(String, Outcome)> {
    let outcome = prop_oneof![
        16 => Just(Outcome::Pass),
        8 => Just(Outcome::NoPass),
        1 => Just(Outcome::TempError),
    ];
    (domain(), outcome).boxed()
}

fn case() -> BoxedStrategy<Case> {
    let author = prop_oneof![
        5 => one_of(&["example.com", "mail.example.com", "a.mail.example.com"]),
        2 => one_of(&["example.co.uk", "news.example.co.uk"]),
    ];
    let spf = prop::option::weighted(0.8, identifier());
    let dkim = prop::collection::vec(identifier(), 0..4);
    (record(), author, any::<bool>(), spf, dkim)
        .prop_map(|(record, author, above, spf, dkim)| Case {
            above: above && organizational(&author) != author,
            record,
            author,
            spf,
            dkim,
        })
        .boxed()
}
