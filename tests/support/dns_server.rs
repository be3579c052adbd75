//! A nameserver on loopback, UDP and TCP on one port, that fails on request.

use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::proto::op::{Edns, Header, HeaderCounts, Message, Metadata, ResponseCode};
use hickory_server::proto::rr::rdata::{A, AAAA, CNAME, MX, NS, PTR, SOA, TXT};
use hickory_server::proto::rr::{Name as WireName, RData, Record, RecordType as WireType};
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use mailrep::clock::Moment;
use mailrep::dns::{Answer, Failure, Name, Question, RecordSet, RecordType, Resolver};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, UdpSocket};
use tokio::sync::oneshot;

/// A server that answers from a [`Resolver`]; it runs in a thread of its own and ends when it is dropped.
pub struct DnsServer {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    delay: Duration,
    seen: Vec<Seen>,
}

struct Rule {
    /// None for every name.
    name: Option<Name>,
    /// None for every type.
    kind: Option<RecordType>,
    action: Action,
    /// How often it still applies.
    left: usize,
}

#[derive(Clone)]
enum Action {
    Fault(Fault),
    Reply(Reply),
}

/// What goes wrong instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// No answer at all.
    Silent,
    /// Over UDP an empty truncated answer; over TCP the true one.
    Truncated,
    /// An empty truncated answer, over TCP too.
    TruncatedAlways,
    /// The response code, and nothing else.
    Code(ResponseCode),
}

/// An answer word for word.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    pub code: ResponseCode,
    pub answers: Vec<Record>,
    pub authorities: Vec<Record>,
    /// Neither authoritative nor recursive: what a server says that refers to others.
    pub refers: bool,
}

/// A question that arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub at: Instant,
    pub tcp: bool,
    /// The name in text form, octets as they came.
    pub name: String,
    pub kind: WireType,
    /// Octets that an answer over UDP may have, with EDNS.
    pub edns: Option<u16>,
    pub dnssec_ok: bool,
    pub recursion_desired: bool,
}

impl DnsServer {
    /// Starts a server on a free port of 127.0.0.1.
    pub fn start(resolver: impl Resolver) -> DnsServer {
        let state = Arc::new(Mutex::new(State::default()));
        let handler = Handler {
            resolver: Arc::new(resolver),
            state: Arc::clone(&state),
        };
        let (stop, stopped) = oneshot::channel();
        let (started, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async move {
                let (udp, tcp) = bind().await;
                started.send(udp.local_addr().unwrap()).unwrap();
                let mut server = Server::new(handler);
                server.register_socket(udp);
                server.register_listener(tcp, Duration::from_secs(30), 1 << 16);
                let _ = stopped.await;
            });
        });
        DnsServer {
            address: address.recv().unwrap(),
            state,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes the questions for a name (and a type, or all) fail.
    pub fn fail(&self, name: &str, kind: Option<RecordType>, fault: Fault) {
        self.fail_times(name, kind, fault, usize::MAX);
    }

    /// The same for the next `times` such questions.
    pub fn fail_times(&self, name: &str, kind: Option<RecordType>, fault: Fault, times: usize) {
        self.rule(Some(super::name(name)), kind, Action::Fault(fault), times);
    }

    /// Makes every question fail that no other rule is for.
    pub fn fail_all(&self, fault: Fault) {
        self.rule(None, None, Action::Fault(fault), usize::MAX);
    }

    /// Answers a question with these records.
    pub fn reply(&self, name: &str, kind: RecordType, reply: Reply) {
        self.rule(
            Some(super::name(name)),
            Some(kind),
            Action::Reply(reply),
            usize::MAX,
        );
    }

    /// Answers an alias by itself to every question for `from`; its target is to be asked for.
    pub fn alias(&self, from: &str, to: &str, ttl: u32) {
        let reply = Reply {
            answers: vec![cname(from, ttl, to)],
            ..Reply::default()
        };
        self.rule(Some(super::name(from)), None, Action::Reply(reply), usize::MAX);
    }

    /// Every answer comes so much later.
    pub fn delay(&self, time: Duration) {
        lock(&self.state).delay = time;
    }

    /// The questions that have arrived.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.state).seen.clone()
    }

    /// Forgets the questions that have arrived.
    pub fn forget(&self) {
        lock(&self.state).seen.clear();
    }

    fn rule(&self, name: Option<Name>, kind: Option<RecordType>, action: Action, left: usize) {
        lock(&self.state).rules.push(Rule {
            name,
            kind,
            action,
            left,
        });
    }
}

impl Drop for DnsServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap()
}

/// A UDP and a TCP socket with the same port.
async fn bind() -> (UdpSocket, TcpListener) {
    for _ in 0..100 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        if let Ok(tcp) = TcpListener::bind(udp.local_addr().unwrap()).await {
            return (udp, tcp);
        }
    }
    panic!("no port is free for UDP and TCP");
}

struct Handler<R> {
    resolver: Arc<R>,
    state: Arc<Mutex<State>>,
}

impl<R: Resolver> Handler<R> {
    async fn reply(&self, question: Option<&Question>, tcp: bool) -> Action {
        let Some(question) = question else {
            return Action::Fault(Fault::Code(ResponseCode::NotImp));
        };
        {
            let mut state = lock(&self.state);
            let rule = state.rules.iter_mut().find(|rule| {
                rule.left > 0
                    && rule.name.as_ref().is_none_or(|name| *name == question.name)
                    && rule.kind.is_none_or(|kind| kind == question.kind)
            });
            if let Some(rule) = rule {
                rule.left -= 1;
                match &rule.action {
                    Action::Fault(Fault::Truncated) if tcp => {}
                    action => return action.clone(),
                }
            }
        }
        let answer = self.resolver.lookup(question, Moment(Duration::MAX)).await;
        let soa = |ttl: Option<u32>| ttl.map(|ttl| soa(".", ttl, ttl)).into_iter().collect();
        Action::Reply(match answer {
            Answer::Records { records, ttl } => Reply {
                answers: wire_records(&question.name, &records, ttl),
                ..Reply::default()
            },
            Answer::NoData { ttl } => Reply {
                authorities: soa(ttl),
                ..Reply::default()
            },
            Answer::NoSuchName { ttl } => Reply {
                code: ResponseCode::NXDomain,
                authorities: soa(ttl),
                ..Reply::default()
            },
            Answer::Failure(Failure::Refused) => return Action::Fault(Fault::Code(ResponseCode::Refused)),
            Answer::Failure(Failure::Timeout | Failure::Deadline) => return Action::Fault(Fault::Silent),
            Answer::Failure(_) | Answer::MalformedName(_) => {
                return Action::Fault(Fault::Code(ResponseCode::ServFail));
            }
        })
    }
}

#[async_trait::async_trait]
impl<R: Resolver> RequestHandler for Handler<R> {
    async fn handle_request<H: ResponseHandler, T: Time>(
        &self,
        request: &Request,
        mut handle: H,
    ) -> ResponseInfo {
        let message = Message::from_vec(request.as_slice()).unwrap();
        let tcp = request.protocol() == Protocol::Tcp;
        let delay = {
            let mut state = lock(&self.state);
            if let Some(query) = message.queries.first() {
                state.seen.push(Seen {
                    at: Instant::now(),
                    tcp,
                    name: text(query.name()),
                    kind: query.query_type(),
                    edns: message.edns.as_ref().map(Edns::max_payload),
                    dnssec_ok: message.edns.as_ref().is_some_and(|edns| edns.flags().dnssec_ok),
                    recursion_desired: message.metadata.recursion_desired,
                });
            }
            state.delay
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let question = message.queries.first().and_then(|query| {
            let name = Name::from_labels(query.name().iter()).ok()?;
            Some(Question::new(name, house_type(query.query_type())?))
        });
        let mut metadata = Metadata::response_from_request(&request.metadata);
        metadata.recursion_available = true;
        let mut reply = Reply::default();
        match self.reply(question.as_ref(), tcp).await {
            Action::Fault(Fault::Silent) => return sent_nothing(metadata),
            Action::Fault(Fault::Code(code)) => reply.code = code,
            Action::Fault(Fault::Truncated | Fault::TruncatedAlways) => metadata.truncation = true,
            Action::Reply(given) => reply = given,
        }
        metadata.response_code = reply.code;
        metadata.recursion_available = !reply.refers;
        let mut builder = MessageResponseBuilder::from_message_request(request);
        let edns = message.edns.as_ref().map(|asked| {
            let mut edns = Edns::new();
            edns.set_max_payload(asked.max_payload()).set_version(0);
            edns
        });
        if let Some(edns) = &edns {
            builder.edns(edns);
        }
        let response = builder.build(metadata, &reply.answers, &reply.authorities, &[], &[]);
        match handle.send_response(response).await {
            Ok(info) => info,
            Err(_) => sent_nothing(metadata),
        }
    }
}

fn sent_nothing(metadata: Metadata) -> ResponseInfo {
    let counts = HeaderCounts::default();
    ResponseInfo::from(Header { metadata, counts })
}

fn house_type(kind: WireType) -> Option<RecordType> {
    Some(match kind {
        WireType::TXT => RecordType::Txt,
        WireType::A => RecordType::A,
        WireType::AAAA => RecordType::Aaaa,
        WireType::MX => RecordType::Mx,
        WireType::PTR => RecordType::Ptr,
        _ => return None,
    })
}

fn text(name: &WireName) -> String {
    let labels: Vec<_> = name.iter().map(String::from_utf8_lossy).collect();
    labels.join(".")
}

fn wire_records(owner: &Name, records: &RecordSet, ttl: u32) -> Vec<Record> {
    let wire = |name: &Name| WireName::from_labels(name.labels().map(str::as_bytes)).unwrap();
    let record = |data| Record::from_rdata(wire(owner), ttl, data);
    match records {
        RecordSet::Txt(records) => records.iter().map(|octets| record(txt_data(octets))).collect(),
        RecordSet::A(records) => records.iter().map(|&ip| record(RData::A(A(ip)))).collect(),
        RecordSet::Aaaa(records) => records.iter().map(|&ip| record(RData::AAAA(AAAA(ip)))).collect(),
        RecordSet::Mx(records) => records
            .iter()
            .map(|mx| record(RData::MX(MX::new(mx.preference, wire(&mx.exchange)))))
            .collect(),
        RecordSet::Ptr(records) => records
            .iter()
            .map(|name| record(RData::PTR(PTR(wire(name)))))
            .collect(),
    }
}

/// Text in character-strings of 255 octets.
fn txt_data(octets: &[u8]) -> RData {
    let mut strings: Vec<&[u8]> = octets.chunks(255).collect();
    if strings.is_empty() {
        strings.push(b"");
    }
    RData::TXT(TXT::from_bytes(strings))
}

/// A name of the wire, from text without escapes; every octet but the dot is taken as it is.
pub fn wire_name(text: &str) -> WireName {
    let labels = text.split('.').filter(|label| !label.is_empty());
    WireName::from_labels(labels.map(str::as_bytes)).unwrap()
}

pub fn a(owner: &str, ttl: u32, address: &str) -> Record {
    let data = RData::A(A(address.parse().unwrap()));
    Record::from_rdata(wire_name(owner), ttl, data)
}

pub fn cname(owner: &str, ttl: u32, target: &str) -> Record {
    let data = RData::CNAME(CNAME(wire_name(target)));
    Record::from_rdata(wire_name(owner), ttl, data)
}

pub fn ns(owner: &str, ttl: u32, host: &str) -> Record {
    Record::from_rdata(wire_name(owner), ttl, RData::NS(NS(wire_name(host))))
}

/// A TXT record of these character-strings.
pub fn txt(owner: &str, ttl: u32, strings: &[&[u8]]) -> Record {
    let data = RData::TXT(TXT::from_bytes(strings.to_vec()));
    Record::from_rdata(wire_name(owner), ttl, data)
}

/// A PTR or MX record with a target of these labels, whatever they hold.
pub fn pointing(owner: &str, ttl: u32, kind: RecordType, target: &[&[u8]]) -> Record {
    let target = WireName::from_labels(target.iter().copied()).unwrap();
    let data = match kind {
        RecordType::Mx => RData::MX(MX::new(10, target)),
        _ => RData::PTR(PTR(target)),
    };
    Record::from_rdata(wire_name(owner), ttl, data)
}

pub fn soa(owner: &str, ttl: u32, minimum: u32) -> Record {
    let data = SOA::new(
        wire_name("ns.invalid"),
        wire_name("host.invalid"),
        1,
        60,
        60,
        60,
        minimum,
    );
    Record::from_rdata(wire_name(owner), ttl, RData::SOA(data))
}
