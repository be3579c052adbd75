//! Asking servers on loopback through the network resolver.

use super::Table;
use super::dns_server::DnsServer;
use mailrep::clock::Clock;
use mailrep::dns::hickory::{HickoryOptions, HickoryResolver};
use mailrep::dns::{Answer, Failure, Question, RecordSet, RecordType, Resolver};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

/// Long enough for a busy machine, short enough for one that hangs.
pub const PATIENCE: Duration = Duration::from_secs(20);

pub struct Asker {
    pub resolver: HickoryResolver,
    pub clock: Clock,
}

impl Asker {
    pub fn new(options: HickoryOptions) -> Self {
        let clock = Clock::system();
        let resolver = HickoryResolver::new(options, clock.clone()).unwrap();
        Asker { resolver, clock }
    }

    /// Asks these servers, with tries long enough for a busy machine.
    pub fn of(servers: &[&DnsServer]) -> Self {
        Asker::new(HickoryOptions {
            nameservers: servers.iter().map(|server| server.address()).collect(),
            ..HickoryOptions::default()
        })
    }

    /// Asks these servers, each `tries` times for `milliseconds`.
    pub fn hasty(nameservers: Vec<SocketAddr>, milliseconds: u64, tries: usize) -> Self {
        Asker::new(HickoryOptions {
            nameservers,
            try_time: Duration::from_millis(milliseconds),
            tries,
            ..HickoryOptions::default()
        })
    }

    pub fn ask_within(&self, question: &Question, time: Duration) -> Answer {
        let deadline = self.clock.now().after(time);
        run(self.resolver.lookup(question, deadline))
    }

    pub fn ask(&self, name: &str, kind: RecordType) -> Answer {
        self.ask_within(&super::question(name, kind), PATIENCE)
    }
}

/// Runs a future in a runtime of its own.
pub fn run<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

pub fn failure(answer: Answer) -> Failure {
    match answer {
        Answer::Failure(failure) => failure,
        other => panic!("not a failure: {other:?}"),
    }
}

pub fn addresses(texts: &[&str], ttl: u32) -> Answer {
    let records = texts.iter().map(|text| text.parse().unwrap()).collect();
    Answer::Records {
        records: RecordSet::A(records),
        ttl,
    }
}

/// A port of loopback where nobody listens, below those that the system gives to sockets without a port of
/// their own, so that none of ours gets it meanwhile.
pub fn closed_port() -> SocketAddr {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let begin = 10_000 + (std::process::id() % 1000) as u16 * 16;
    loop {
        let port = begin + NEXT.fetch_add(1, Ordering::Relaxed) % 16;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if UdpSocket::bind(address).is_ok() && TcpListener::bind(address).is_ok() {
            return address;
        }
    }
}

pub fn everything() -> Table {
    Table::default()
        .txt("example.org", &[b"v=spf1 -all", b"another \xff record", b""])
        .a("example.org", &["192.0.2.1", "192.0.2.2"])
        .aaaa("example.org", &["2001:db8::1"])
        .mx("example.org", &[(10, "a.example.org"), (20, "b.example.org")])
        .mx("null.example.org", &[(0, ".")])
        .ptr("1.2.0.192.in-addr.arpa", &["example.org", "www.example.org"])
        .with(
            "empty.example.org",
            RecordType::A,
            Answer::NoData { ttl: Some(70) },
        )
        .with("unsaid.example.org", RecordType::A, Answer::NoData { ttl: None })
        .with(
            "gone.example.org",
            RecordType::A,
            Answer::NoSuchName { ttl: Some(80) },
        )
        .with(
            "lost.example.org",
            RecordType::A,
            Answer::NoSuchName { ttl: None },
        )
}
