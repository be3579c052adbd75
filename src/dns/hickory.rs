//! Answers from nameservers over the network.
//!
//! The messages are hickory's (`hickory-proto`), and `resolv-conf` reads `/etc/resolv.conf`; who is asked, when
//! and how often is decided here. hickory's own resolver answers `localhost`, `.invalid` and `.onion` by
//! itself and leaves tasks in the runtime that first used it. Here every name goes to a nameserver, and every
//! question has a socket of its own, so that nothing outlives it: one resolver serves any number of runtimes,
//! one after the other or together, and a process that has forked.

mod exchange;
mod reply;
pub mod wire;

use super::{Answer, Failure, Question, Resolver};
use crate::clock::{Clock, Moment};
use crate::error::Error;
use exchange::{Query, Received};
use hickory_proto::op::{Message, ResponseCode};
use hickory_proto::rr::Name as WireName;
use reply::{Chain, Step};
use resolv_conf::ScopedIp;
use std::net::{SocketAddr, SocketAddrV6};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Whom to ask and how patiently. All nameservers together take at most
/// `nameservers.len() * tries * try_time` for one question (twice that if every answer needs TCP, or if the servers do
/// not know EDNS and are asked again without), and never
/// longer than the deadline of the question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HickoryOptions {
    /// The nameservers; they must recurse. Default none: those of the system (`/etc/resolv.conf`; its search
    /// domains and options are not used).
    pub nameservers: Vec<SocketAddr>,
    /// How long one try waits: for the answer over UDP, and again for connection and answer over TCP if the
    /// first was truncated. Default 3 s.
    pub try_time: Duration,
    /// How often each nameserver is asked until one answers; 0 counts as 1. One that has refused the question or
    /// failed with a response code is not asked again. Default 3, the most that RFC 9520 section 3.1 allows.
    pub tries: usize,
    /// Octets that an answer over UDP may have (RFC 6891 section 6.2.3); beyond, the server truncates and is
    /// asked over TCP. 512 to 4,096, other values are brought there. Default 1,232, which no path fragments.
    pub udp_payload: u16,
}

impl Default for HickoryOptions {
    fn default() -> Self {
        HickoryOptions {
            nameservers: Vec::new(),
            try_time: Duration::from_secs(3),
            tries: 3,
            udp_payload: wire::MOST_UDP,
        }
    }
}

/// Asks nameservers over UDP with EDNS, and over TCP after truncation. The hosts file, search domains and
/// DNSSEC validation are not used; nothing is kept.
///
/// A lookup has to be polled inside a tokio runtime with its I/O and time enabled; outside any it answers
/// [`Failure::Network`]. The nameservers are asked in order, beginning with the one that answered last.
///
/// What makes which answer:
/// - NOERROR with records of the type at the end of the aliases: [`Answer::Records`]. MX and PTR records whose name
///   is no [`Name`](super::Name) (octets outside ASCII, a dot inside a label) are left out, for nobody could be
///   asked for it; if none is left, [`Answer::NoData`] with the records' time to live, for asking again would
///   not help.
/// - NOERROR without: [`Answer::NoData`]. An alias whose target is not in the answer is asked on.
/// - NXDOMAIN, also for the target of an alias (RFC 6604 section 3): [`Answer::NoSuchName`].
/// - other response codes, silence, unreachable servers, referrals, loops of aliases: [`Answer::Failure`], the
///   most telling one if several nameservers failed.
#[derive(Debug)]
pub struct HickoryResolver {
    nameservers: Box<[SocketAddr]>,
    /// Where to begin: the index of the nameserver that answered last.
    preferred: AtomicUsize,
    try_time: Duration,
    tries: usize,
    udp_payload: u16,
    clock: Clock,
}

impl HickoryResolver {
    /// A resolver whose deadlines are moments of `clock`. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::NoNameserver`] when no nameserver is given and the system names none; [`Error::Invalid`] for a
    /// nameserver with port 0.
    pub fn new(options: HickoryOptions, clock: Clock) -> Result<Self, Error> {
        let nameservers = if options.nameservers.is_empty() {
            system_nameservers()
        } else {
            options.nameservers
        };
        if nameservers.is_empty() {
            return Err(Error::NoNameserver);
        }
        if let Some(server) = nameservers.iter().find(|server| server.port() == 0) {
            return Err(Error::Invalid {
                what: "nameserver",
                value: server.to_string(),
                why: "no server has port 0".into(),
            });
        }
        Ok(HickoryResolver {
            nameservers: nameservers.into(),
            preferred: AtomicUsize::new(0),
            try_time: options.try_time,
            tries: options.tries.max(1),
            udp_payload: options.udp_payload.clamp(512, exchange::MOST_UDP),
            clock,
        })
    }

    /// The nameservers that are asked, in their order.
    pub fn nameservers(&self) -> &[SocketAddr] {
        &self.nameservers
    }

    /// Asks until the end of the aliases is known.
    async fn resolve(&self, question: &Question) -> Answer {
        let kind = reply::wire_type(question.kind);
        let labels = question.name.labels().map(str::as_bytes);
        let Ok(name) = WireName::from_labels(labels) else {
            // `Name` holds to the same lengths, so this is not reached.
            return Answer::Failure(Failure::BadAnswer("the name has no wire form".into()));
        };
        let mut chain = Chain::new(name);
        loop {
            let query = Query::new(chain.end().clone(), kind, self.udp_payload);
            let message = match self.ask(&query).await {
                Ok(message) => message,
                Err(failure) => return Answer::Failure(failure),
            };
            match chain.advance(&message, question.kind) {
                Step::Answer(answer) => return answer,
                Step::Ask => {}
            }
        }
    }

    /// Asks the nameservers in turn until one gives an answer.
    async fn ask(&self, query: &Query) -> Result<Message, Failure> {
        let servers = &*self.nameservers;
        let first = self.preferred.load(Ordering::Relaxed);
        let mut given_up = vec![false; servers.len()];
        let mut unreachable = false;
        let mut failure = Failure::NoNameserver;
        for _ in 0..self.tries {
            for step in 0..servers.len() {
                let at = first.wrapping_add(step) % servers.len();
                if given_up[at] {
                    continue;
                }
                match self.try_server(servers[at], query).await {
                    Ok(message) => {
                        if unreachable {
                            self.preferred.store(at, Ordering::Relaxed);
                        }
                        return Ok(message);
                    }
                    Err(found) => {
                        // A code is the server's answer to this very question, and asking again would bring
                        // it again. Silence and a broken network say nothing about the question.
                        given_up[at] = !matches!(found, Failure::Timeout | Failure::Network(_));
                        unreachable |=
                            matches!(found, Failure::Timeout | Failure::Network(_) | Failure::Refused);
                        if telling(&found) >= telling(&failure) {
                            failure = found;
                        }
                    }
                }
            }
        }
        Err(failure)
    }

    async fn try_server(&self, server: SocketAddr, query: &Query) -> Result<Message, Failure> {
        let mut message = self.exchange(server, query).await?;
        // RFC 6891 section 7: so answers who does not know EDNS.
        if message.metadata.response_code == ResponseCode::FormErr
            && message.edns.is_none()
            && let Ok(second) = self.exchange(server, &query.without_edns()).await
        {
            message = second;
        }
        reply::check(&message)?;
        Ok(message)
    }

    async fn exchange(&self, server: SocketAddr, query: &Query) -> Result<Message, Failure> {
        let received = within(self.try_time, query.over_udp(server)).await?;
        match received {
            Received::Whole(message) => Ok(message),
            // RFC 7766 section 5: a truncated answer is asked for again over TCP.
            Received::Truncated => match within(self.try_time, query.over_tcp(server)).await? {
                Received::Whole(message) => Ok(message),
                Received::Truncated => Err(Failure::BadAnswer("truncated over TCP".into())),
            },
        }
    }
}

impl Resolver for HickoryResolver {
    async fn lookup(&self, question: &Question, deadline: Moment) -> Answer {
        if let Err(failure) = in_runtime() {
            return Answer::Failure(failure);
        }
        let left = deadline.since(self.clock.now());
        if left.is_zero() {
            return Answer::Failure(Failure::Deadline);
        }
        match tokio::time::timeout(left, self.resolve(question)).await {
            Ok(answer) => answer,
            Err(_) => Answer::Failure(Failure::Deadline),
        }
    }
}

async fn within(
    time: Duration,
    work: impl Future<Output = Result<Received, Failure>>,
) -> Result<Received, Failure> {
    in_runtime()?;
    tokio::time::timeout(time, work)
        .await
        .unwrap_or(Err(Failure::Timeout))
}

/// Sockets and timers of tokio panic outside a runtime, so this is asked before they are made.
fn in_runtime() -> Result<(), Failure> {
    match tokio::runtime::Handle::try_current() {
        Ok(_) => Ok(()),
        Err(_) => {
            let why = "the network can be asked inside a tokio runtime only";
            Err(Failure::Network(why.into()))
        }
    }
}

/// How much a failure says about the question: of several, the one that says most is reported.
fn telling(failure: &Failure) -> u8 {
    match failure {
        Failure::NoNameserver => 0,
        Failure::Timeout => 1,
        Failure::Network(_) => 2,
        Failure::BadAnswer(_) => 3,
        Failure::ResponseCode(_) | Failure::Refused => 4,
        _ => 5,
    }
}

/// The system's nameservers; none if its configuration is missing, unreadable or names none.
fn system_nameservers() -> Vec<SocketAddr> {
    match std::fs::read("/etc/resolv.conf") {
        Ok(octets) => nameservers_in(&octets),
        Err(error) => {
            tracing::debug!(%error, "/etc/resolv.conf cannot be read");
            Vec::new()
        }
    }
}

/// The nameservers of a `resolv.conf`. Each is read by itself, so that a fault in another line costs nothing.
fn nameservers_in(octets: &[u8]) -> Vec<SocketAddr> {
    let server = |line: &[u8]| {
        let config = resolv_conf::Config::parse(line).ok()?;
        Some(match config.nameservers.first()? {
            ScopedIp::V6(address, Some(scope)) => {
                SocketAddrV6::new(*address, 53, 0, interface_index(scope)?).into()
            }
            address => SocketAddr::new(address.into(), 53),
        })
    };
    octets
        .split(|&octet| octet == b'\n')
        .filter(|line| line.trim_ascii_start().starts_with(b"nameserver"))
        .filter_map(server)
        .collect()
}

/// The index of the interface in an address such as `fe80::1%eth0` (RFC 4007 section 11.2); none if there is no such
/// interface.
fn interface_index(scope: &str) -> Option<u32> {
    if let Ok(index) = scope.parse() {
        return Some(index);
    }
    if scope.contains('/') || scope.starts_with('.') {
        return None;
    }
    let index = std::fs::read_to_string(format!("/sys/class/net/{scope}/ifindex")).ok()?;
    index.trim_ascii().parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn nameservers_are_read_from_resolv_conf_whatever_else_stands_there() {
        let text = "# comment\nsearch bad..domain \u{e9}\nnameserver 192.0.2.53\n\toptions nonsense:x\n\
                    nameserver  2001:db8::53\nnameserver not-an-address\nnameserver\n";
        let expected: [SocketAddr; 2] = [
            "192.0.2.53:53".parse().unwrap(),
            "[2001:db8::53]:53".parse().unwrap(),
        ];
        assert_eq!(nameservers_in(text.as_bytes()), expected);
        assert!(nameservers_in(b"search example.org\n").is_empty());
        assert!(nameservers_in(b"nameserver fe80::1%no-such/interface\n").is_empty());
        // RFC 4007 section 11.2: without its zone a link-local address leads nowhere.
        let expected = SocketAddrV6::new("fe80::1".parse().unwrap(), 53, 0, 7);
        assert_eq!(
            nameservers_in(b"nameserver fe80::1%7\n"),
            [SocketAddr::from(expected)]
        );
        assert!(nameservers_in(b"").is_empty());
    }

    #[test]
    fn without_nameservers_those_of_the_system_are_asked() {
        match HickoryResolver::new(HickoryOptions::default(), Clock::system()) {
            Ok(resolver) => assert_eq!(resolver.nameservers(), system_nameservers()),
            Err(error) => {
                assert_eq!(error, Error::NoNameserver);
                assert!(system_nameservers().is_empty());
            }
        }
    }
}
