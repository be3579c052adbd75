//! SPF beside others: `cargo bench --bench spf --all-features`.
//!
//! Every sender's record has three includes, of which the last matches: four questions. nsd answers them on loopback. No two
//! senders share a name and each round begins with an empty cache, so that nothing asked is known. CPU and wall are
//! medians of rounds in which all take their turn, user the mean; they hold on a machine that does nothing else.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod datagrams;
mod nameserver;
mod peers;
mod senders;
#[path = "../tests/support/mod.rs"]
mod support;
mod usage;
mod waves;

use futures_util::FutureExt as _;
use futures_util::future::{join_all, join3};
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::Name as WireName;
use hickory_resolver::{Resolver as BareResolver, TokioResolver};
use mailrep::Limits;
use mailrep::clock::Clock;
use mailrep::dns::cache::{CacheOptions, CachedResolver};
use mailrep::dns::hickory::{HickoryOptions, HickoryResolver};
use mailrep::dns::zone::Zone;
use mailrep::dns::{Resolver, Session};
use mailrep::spf::{self, Environment, Records, RecordsOptions, Request, SpfResult};
use mailrep::trace::Tracer;
use nameserver::Nameserver;
use peers::Peer;
use senders::requests;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use support::dns_server::DnsServer;
use tokio::runtime::Runtime;
use usage::{Cost, typical};

/// Checks in a round.
const SENDERS: usize = 2_000;
const ROUNDS: usize = 9;
/// Time for an answer where round trips are counted.
const DELAY: Duration = Duration::from_millis(20);

/// Checks these senders, asking this nameserver.
type Check = Box<dyn Fn(SocketAddr, Range<usize>) -> Cost>;

/// What is compared over the network.
struct Subject {
    name: &'static str,
    /// Slow ones check fewer in a round.
    senders: usize,
    check: Check,
}

fn main() {
    let text = senders::zone(SENDERS);
    let zone = Zone::parse(text.as_bytes(), "bench").unwrap();
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    println!("SPF with 3 includes; microseconds a check in {ROUNDS} rounds; load at the start {load}");
    match Nameserver::start(&text) {
        Some(nsd) => {
            over_network(nsd.address(), &zone);
            at_once(nsd.address());
        }
        None => println!("skipped: SPF over the network (nsd is not installed)"),
    }
    in_memory(&zone);
}

/// Checks one after the other, nothing cached.
fn over_network(nsd: SocketAddr, zone: &Zone) {
    println!("\nover the network, one after the other, nothing cached");
    println!(
        "{:<44} {:>8} {:>8} {:>8} {:>10} {:>12}",
        "", "CPU", "user", "wall", "questions", "round trips"
    );
    let folder = tempfile::tempdir().unwrap();
    let mut subjects = vec![
        Subject {
            name: "mailrep",
            senders: SENDERS,
            check: Box::new(|server, senders| checks(server, senders, 1)),
        },
        Subject {
            name: "hickory-resolver, the questions in turn",
            senders: SENDERS,
            check: Box::new(|server, senders| questions(server, senders, false)),
        },
        Subject {
            name: "hickory-resolver, includes together",
            senders: SENDERS,
            check: Box::new(|server, senders| questions(server, senders, true)),
        },
        Subject {
            name: "datagrams alone, a socket a question",
            senders: SENDERS,
            check: Box::new(|server, senders| datagrams::questions(server, senders, true)),
        },
        Subject {
            name: "datagrams alone, one socket",
            senders: SENDERS,
            check: Box::new(|server, senders| datagrams::questions(server, senders, false)),
        },
    ];
    for (name, senders, peer) in [
        ("libspf2", SENDERS, libspf2(folder.path())),
        (
            "pyspf",
            SENDERS / 20,
            Peer::python("pyspf", "spf, dns.resolver", "pyspf==2.0.14 dnspython"),
        ),
    ] {
        match peer {
            Ok(peer) => subjects.push(Subject {
                name,
                senders,
                check: Box::new(move |server, senders| {
                    let numbers = [server.port().into(), senders.start, senders.len()];
                    peer.run(&numbers.map(|number: usize| number.to_string()), senders.len())
                }),
            }),
            Err(missing) => println!("skipped: {missing}"),
        }
    }
    let mut costs = vec![Vec::new(); subjects.len()];
    for round in 0..=ROUNDS {
        for (subject, costs) in subjects.iter().zip(&mut costs) {
            let cost = (subject.check)(nsd, 0..subject.senders).each(subject.senders);
            // The first round warms caches of the processor and the server's memory.
            if round > 0 {
                costs.push(cost);
            }
        }
    }
    let costs: Vec<Cost> = costs.iter().map(|costs| typical(costs)).collect();
    let slow = DnsServer::start(zone.clone());
    slow.delay(DELAY);
    for (subject, cost) in subjects.iter().zip(&costs) {
        slow.forget();
        (subject.check)(slow.address(), 0..1);
        let seen = slow.seen();
        println!(
            "{:<44} {:>8.1} {:>8.1} {:>8.1} {:>10} {:>12}",
            subject.name,
            microseconds(cost.cpu),
            microseconds(cost.user),
            microseconds(cost.wall),
            seen.len(),
            waves::count(&seen, DELAY),
        );
    }
    for (bare, subject) in costs.iter().zip(&subjects).skip(1).take(2) {
        let ratio = costs[0].cpu.as_secs_f64() / bare.cpu.as_secs_f64();
        println!(
            "{:<44} {ratio:>8.2} {}",
            format!("CPU, mailrep to {}", subject.name),
            against(ratio, 1.15)
        );
    }
}

fn libspf2(folder: &Path) -> Result<Peer, String> {
    Peer::c(
        "libspf2",
        "spf2/spf.h",
        "libspf2-dev",
        &["-lspf2", "-ldl"],
        folder,
    )
}

/// Many checks begun at the same time on one thread.
fn at_once(nsd: SocketAddr) {
    println!("\nover the network, checks at once on one thread, nothing cached");
    println!("{:<44} {:>8} {:>8} {:>8}", "", "CPU", "user", "wall");
    for together in [1, 100, 1_000] {
        let costs: Vec<Cost> = (0..ROUNDS)
            .map(|_| checks(nsd, 0..SENDERS, together).each(SENDERS))
            .collect();
        let cost = typical(&costs);
        println!(
            "{:<44} {:>8.1} {:>8.1} {:>8.1}",
            format!("mailrep, {together} at once"),
            microseconds(cost.cpu),
            microseconds(cost.user),
            microseconds(cost.wall),
        );
    }
}

/// Checks that wait for nobody.
fn in_memory(zone: &Zone) {
    println!("\nwithout a network");
    println!("{:<44} {:>8}", "", "CPU");
    let requests = requests(0..SENDERS);
    let zone = Arc::new(zone.clone());
    let cached = Arc::new(cached((*zone).clone()));
    check_now(&cached, &requests);
    report("zone resolver", 12.0, || check_now(&zone, &requests));
    report("resolver cache warm, one sender", 9.8, || {
        for _ in 0..SENDERS {
            check_now(&cached, &requests[..1]);
        }
    });
    report(&format!("resolver cache warm, {SENDERS} senders"), 9.8, || {
        check_now(&cached, &requests);
    });
    let limits = Limits::default();
    let records = Records::new(Clock::system(), RecordsOptions::default());
    let known = Environment::from(&limits).with_records(&records);
    let check_known = |requests: &[Request]| {
        for request in requests {
            check_in(known, &cached, request).now_or_never().unwrap();
        }
    };
    report("parsed records cached, one sender", 1.2, || {
        for _ in 0..SENDERS {
            check_known(&requests[..1]);
        }
    });
    report(&format!("parsed records cached, {SENDERS} senders"), 1.2, || {
        check_known(&requests);
    });
}

/// Measures checks of as many senders as there are.
fn report(name: &str, figure: f64, work: impl Fn()) {
    work();
    let costs: Vec<Cost> = (0..ROUNDS * 3).map(|_| usage::of(&work).each(SENDERS)).collect();
    let time = microseconds(typical(&costs).cpu);
    println!("{name:<44} {time:>8.2} {}", against(time, figure));
}

/// Our checks over the network, so many at once.
fn checks(server: SocketAddr, senders: Range<usize>, together: usize) -> Cost {
    let requests = requests(senders);
    let runtime = runtime();
    let options = HickoryOptions {
        nameservers: vec![server],
        ..HickoryOptions::default()
    };
    let clock = Clock::system();
    let resolver = Arc::new(cached(HickoryResolver::new(options, clock).unwrap()));
    usage::of(|| {
        runtime.block_on(async {
            for batch in requests.chunks(together) {
                join_all(batch.iter().map(|request| check(&resolver, request))).await;
            }
        });
    })
}

/// The questions of our checks, asked of hickory-resolver: the sender's, then those of its includes together or in turn. Its
/// cache is off, which costs it less than keeping what is never asked again.
fn questions(server: SocketAddr, senders: Range<usize>, includes_together: bool) -> Cost {
    let name = |letter: char, number| WireName::from_ascii(format!("{letter}{number}.bench.test.")).unwrap();
    let names: Vec<[WireName; 4]> = senders
        .map(|number| ['s', 'a', 'b', 'c'].map(|letter| name(letter, number)))
        .collect();
    let runtime = runtime();
    let mut connection = ConnectionConfig::udp();
    connection.port = server.port();
    let server = NameServerConfig::new(server.ip(), true, vec![connection]);
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![server]);
    let mut builder = BareResolver::builder_with_config(config, TokioRuntimeProvider::default());
    builder.options_mut().cache_size = 0;
    let resolver = builder.build().unwrap();
    usage::of(|| {
        runtime.block_on(async {
            for [sender, one, two, three] in names {
                ask(&resolver, sender).await;
                if includes_together {
                    join3(ask(&resolver, one), ask(&resolver, two), ask(&resolver, three)).await;
                } else {
                    for name in [one, two, three] {
                        ask(&resolver, name).await;
                    }
                }
            }
        });
    })
}

async fn ask(resolver: &TokioResolver, name: WireName) {
    let answer = resolver.txt_lookup(name).await.unwrap();
    assert_eq!(answer.answers().len(), 1);
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
}

fn cached<R: Resolver>(resolver: R) -> CachedResolver<R> {
    CachedResolver::new(resolver, Clock::system(), CacheOptions::default())
}

async fn check<R: Resolver>(resolver: &Arc<R>, request: &Request) {
    check_in((&Limits::default()).into(), resolver, request).await;
}

async fn check_in<R: Resolver>(environment: Environment<'_>, resolver: &Arc<R>, request: &Request) {
    let session = Session::new(Arc::clone(resolver), Clock::system(), &Limits::default());
    let verdict = spf::verify(&session, request, environment, &Tracer::off()).await;
    let evaluation = verdict.evaluation;
    assert_eq!(evaluation.result, SpfResult::Pass, "{}", evaluation.reason());
    assert_eq!(evaluation.dns_lookups, 3);
}

/// Checks whose resolver never waits.
fn check_now<R: Resolver>(resolver: &Arc<R>, requests: &[Request]) {
    for request in requests {
        check(resolver, request).now_or_never().unwrap();
    }
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// The figure to keep, and whether it is kept.
fn against(measured: f64, figure: f64) -> String {
    let held = if measured <= figure { "held" } else { "MISSED" };
    format!("(at most {figure}: {held})")
}
