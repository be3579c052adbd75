//! DNS round trips on the critical path of a full check, counted at a server on loopback that takes 20 ms for each
//! answer: `cargo bench --bench round_trips --all-features`.
//!
//! The message: SPF with three includes at one level, two signatures, DMARC found at the organizational domain. Nothing is
//! cached. A round trip is a wave of questions: those that arrive within 10 ms of the first of them.

#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../tests/support/mod.rs"]
mod support;
mod waves;

use mailrep::dns::hickory::HickoryOptions;
use mailrep::dns::zone::Zone;
use mailrep::driver::{Checker, CheckerTransaction, Setup, Source};
use std::time::{Duration, Instant};
use support::dns_server::DnsServer;

const DELAY: Duration = Duration::from_millis(20);
/// Between MAIL FROM, the end of the header and the last octet of the body.
const GAP: Duration = Duration::from_millis(60);

const ZONE: &str = "\
$ORIGIN example.org.
@ TXT \"v=spf1 include:one.example.org include:two.example.org include:three.example.org -all\"
one TXT \"v=spf1 ip4:198.51.100.1 -all\"
two TXT \"v=spf1 ip4:198.51.100.2 -all\"
three TXT \"v=spf1 ip4:192.0.2.1 -all\"
mail A 192.0.2.1
_dmarc TXT \"v=DMARC1; p=reject\"
a._domainkey.example.org. TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"
b._domainkey.example.org. TXT \"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"
1.2.0.192.in-addr.arpa. PTR mail.example.org.
";

fn main() {
    println!("answers take {} ms", DELAY.as_millis());
    println!(
        "{:<12} {:>9} {:>11} {:>14} {:>18}",
        "gaps", "questions", "round trips", "whole check", "wait in finish()"
    );
    for gap in [Duration::ZERO, GAP] {
        let zone = Zone::parse(ZONE.as_bytes(), "bench").unwrap();
        let server = DnsServer::start(zone);
        server.delay(DELAY);
        let network = HickoryOptions {
            nameservers: vec![server.address()],
            ..HickoryOptions::default()
        };
        let checker = Checker::new(Setup {
            source: Source::Network(network),
            ..Setup::default()
        })
        .unwrap();
        // The runtime starts outside the measurement.
        checker.transaction().finish().unwrap();
        server.forget();
        let begun = Instant::now();
        let transaction = feed(&checker, gap);
        let complete = Instant::now();
        let verdict = transaction.finish().unwrap();
        let ended = Instant::now();
        assert_eq!(verdict.spf.unwrap().evaluation.result.as_str(), "pass");
        assert_eq!(verdict.dmarc.result.as_str(), "pass");
        let seen = server.seen();
        println!(
            "{:<12} {:>9} {:>11} {:>11.1} ms {:>15.1} ms",
            format!("{} ms", gap.as_millis()),
            seen.len(),
            waves::count(&seen, DELAY),
            (ended - begun).as_secs_f64() * 1e3,
            (ended - complete).as_secs_f64() * 1e3,
        );
    }
}

fn feed(checker: &Checker, gap: Duration) -> CheckerTransaction {
    let signature = |selector: &str| {
        format!(
            "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org; s={selector}; h=from;\r\n \
             bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AAAA\r\n"
        )
    };
    let mut transaction = checker.transaction();
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    transaction.helo(b"mail.example.org").unwrap();
    transaction.mail_from(b"alice@example.org").unwrap();
    std::thread::sleep(gap);
    let header = format!(
        "{}{}From: alice@news.example.org\r\n\r\n",
        signature("a"),
        signature("b")
    );
    transaction.data(header.as_bytes()).unwrap();
    std::thread::sleep(gap);
    transaction.data(b"Hello\r\n").unwrap();
    transaction
}
