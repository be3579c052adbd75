//! DMARC beside libopendmarc, without a network: `cargo bench --bench dmarc --all-features`.
//!
//! The same author domain sends again and again. libopendmarc is given the record's text, parses it and decides; we find the record, and
//! that there is none above it, among those that are kept, and judge. CPU is the median of rounds in which both take their turn;
//! it holds on a machine that does nothing else.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod peers;
mod usage;

use futures_util::FutureExt as _;
use mailrep::Limits;
use mailrep::clock::Clock;
use mailrep::dmarc::{
    Author, DmarcResult, Environment, Identifier, Outcome, Records, RecordsOptions, discover_with, evaluate,
};
use mailrep::dns::cache::{CacheOptions, CachedResolver};
use mailrep::dns::zone::Zone;
use mailrep::dns::{Name, Session};
use mailrep::trace::Tracer;
use peers::Peer;
use std::sync::Arc;
use std::time::Duration;
use usage::{Cost, typical};

/// Messages in a round.
const MESSAGES: usize = 100_000;
const ROUNDS: usize = 15;
const RECORD: &str =
    "v=DMARC1; p=reject; sp=quarantine; rua=mailto:dmarc@example.org; ruf=mailto:failures@example.org; fo=1";

/// What is judged: the record stands at the author domain.
struct Message {
    name: &'static str,
    author: &'static str,
    spf: &'static str,
    dkim: &'static str,
    result: DmarcResult,
    /// The number of that in libopendmarc's header.
    decision: usize,
}

const MESSAGE: [Message; 3] = [
    Message {
        name: "SPF and DKIM pass for the author domain",
        author: "example.org",
        spf: "example.org",
        dkim: "example.org",
        result: DmarcResult::Pass,
        decision: 15,
    },
    Message {
        name: "SPF passes for a domain below, DKIM for it",
        author: "example.org",
        spf: "bounces.example.org",
        dkim: "example.org",
        result: DmarcResult::Pass,
        decision: 15,
    },
    Message {
        name: "both pass for another domain, and p=reject",
        author: "example.org",
        spf: "bounces.example.net",
        dkim: "example.net",
        result: DmarcResult::Fail,
        decision: 16,
    },
];

fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    println!(
        "DMARC of a known author domain; microseconds of CPU a message in {ROUNDS} rounds; load at the start {load}"
    );
    println!(
        "{:<46} {:>8} {:>13} {:>7}",
        "", "mailrep", "libopendmarc", "ratio"
    );
    let folder = tempfile::tempdir().unwrap();
    let suffixes = folder.path().join("suffixes");
    std::fs::write(&suffixes, "com\nnet\norg\nuk\nco.uk\n").unwrap();
    let peer = Peer::c(
        "libopendmarc",
        "opendmarc/dmarc.h",
        "libopendmarc-dev",
        &["-lopendmarc"],
        folder.path(),
    );
    if let Err(missing) = &peer {
        println!("skipped: {missing}");
    }
    for message in &MESSAGE {
        let ours = Ours::new(message);
        ours.judge(message, 1_000);
        let (mut our_costs, mut their_costs) = (Vec::new(), Vec::new());
        for round in 0..=ROUNDS {
            let cost = usage::of(|| ours.judge(message, MESSAGES)).each(MESSAGES);
            let theirs = peer.as_ref().ok().map(|peer| {
                let arguments = [
                    suffixes.to_str().unwrap(),
                    RECORD,
                    message.author,
                    message.spf,
                    message.dkim,
                    &message.decision.to_string(),
                    &MESSAGES.to_string(),
                ];
                peer.run(&arguments.map(str::to_owned), MESSAGES).each(MESSAGES)
            });
            // The first round warms caches of the processor.
            if round > 0 {
                our_costs.push(cost);
                their_costs.extend(theirs);
            }
        }
        println!("{}", line(message.name, &our_costs, &their_costs));
    }
}

fn line(name: &str, ours: &[Cost], theirs: &[Cost]) -> String {
    let ours = typical(ours).cpu;
    let shown = format!("{name:<46} {:>8.3}", microseconds(ours));
    if theirs.is_empty() {
        return shown;
    }
    let theirs = typical(theirs).cpu;
    let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
    let word = if ratio <= 0.25 { "within" } else { "ABOVE" };
    format!(
        "{shown} {:>13.3} {ratio:>7.2} ({word} 0.25)",
        microseconds(theirs)
    )
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// All that messages share.
struct Ours {
    resolver: Arc<CachedResolver<Zone>>,
    clock: Clock,
    limits: Limits,
    records: Records,
    author: Author,
    spf: Identifier,
    dkim: Identifier,
}

impl Ours {
    fn new(message: &Message) -> Ours {
        let zone = format!("_dmarc.{}. TXT \"{RECORD}\"\n", message.author);
        let zone = Zone::parse(zone.as_bytes(), "bench").unwrap();
        let clock = Clock::system();
        let name = |text: &str| Name::parse(text.as_bytes()).unwrap();
        let passing = |text| Identifier {
            domain: name(text),
            outcome: Outcome::Pass,
        };
        Ours {
            resolver: Arc::new(CachedResolver::new(zone, clock.clone(), CacheOptions::default())),
            limits: Limits::default(),
            records: Records::new(clock.clone(), RecordsOptions::default()),
            clock,
            author: Author::from_domain(name(message.author)),
            spf: passing(message.spf),
            dkim: passing(message.dkim),
        }
    }

    /// The session is that of the message's keys, and asks nothing.
    fn judge(&self, message: &Message, times: usize) {
        let trace = Tracer::off();
        let environment = Environment::default().with_records(&self.records);
        let session = Session::new(Arc::clone(&self.resolver), self.clock.clone(), &self.limits);
        let candidates = [self.spf.domain.clone(), self.dkim.domain.clone()];
        for _ in 0..times {
            let discovery = discover_with(&session, &self.author, &candidates, environment, &trace);
            let discovery = discovery.now_or_never().unwrap();
            let verdict = evaluate(&discovery, Some(&self.spf), std::slice::from_ref(&self.dkim));
            assert_eq!(verdict.result, message.result);
        }
    }
}
