//! One query to one server, over UDP or TCP.

use crate::dns::Failure;
use crate::error::plain;
use hickory_proto::op::{Edns, Message, Query as WireQuestion};
use hickory_proto::rr::{Name, RecordType};
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

/// Octets of the longest answer over UDP that is read.
pub(super) const MOST_UDP: u16 = 4096;
/// Octets of a message's header (RFC 1035 section 4.1.1).
const HEADER: usize = 12;

/// A question in the form that goes to a server.
pub(super) struct Query {
    question: WireQuestion,
    /// None for a query without EDNS.
    udp_payload: Option<u16>,
}

/// What came back.
pub(super) enum Received {
    /// The answer.
    Whole(Message),
    /// The answer did not fit.
    Truncated,
}

impl Query {
    pub(super) fn new(name: Name, kind: RecordType, udp_payload: u16) -> Self {
        Query {
            question: WireQuestion::query(name, kind),
            udp_payload: Some(udp_payload),
        }
    }

    /// The same for a server that does not know EDNS.
    pub(super) fn without_edns(&self) -> Self {
        Query {
            question: self.question.clone(),
            udp_payload: None,
        }
    }

    /// The message under a fresh random ID, and that ID.
    fn encode(&self) -> Result<(u16, Vec<u8>), Failure> {
        let id = Message::query().metadata.id;
        Ok((id, self.encode_as(id)?))
    }

    /// The message under this ID.
    pub(super) fn encode_as(&self, id: u16) -> Result<Vec<u8>, Failure> {
        let mut message = Message::query();
        message.metadata.id = id;
        message.metadata.recursion_desired = true;
        message.add_query(self.question.clone());
        if let Some(udp_payload) = self.udp_payload {
            // RFC 6891 section 6.1: the DO bit stays clear, for nothing is validated here.
            let mut edns = Edns::new();
            edns.set_max_payload(udp_payload).set_version(0);
            message.set_edns(edns);
        }
        message
            .to_vec()
            .map_err(|error| Failure::BadAnswer(format!("the question cannot be encoded: {error}")))
    }

    /// Asks from a new socket, whose port the system chooses at random (RFC 5452 section 9.2).
    pub(super) async fn over_udp(&self, server: SocketAddr) -> Result<Received, Failure> {
        let (id, octets) = self.encode()?;
        let network = |error| unreachable(server, &error);
        let socket = open_udp(server).await.map_err(network)?;
        socket.send(&octets).await.map_err(network)?;
        let mut buffer = vec![0; usize::from(MOST_UDP)];
        loop {
            let length = socket.recv(&mut buffer).await.map_err(network)?;
            // RFC 5452 section 9.1: what is not the answer to this query is ignored, and waiting goes on.
            if let Some(received) = self.read(id, &buffer[..length]) {
                return received;
            }
        }
    }

    /// Asks over a connection that is closed afterwards.
    pub(super) async fn over_tcp(&self, server: SocketAddr) -> Result<Received, Failure> {
        let (id, octets) = self.encode()?;
        let network = |error| unreachable(server, &error);
        let mut stream = TcpStream::connect(server).await.map_err(network)?;
        // RFC 7766 section 8: the length and the message in one write.
        let length = u16::try_from(octets.len()).unwrap_or(u16::MAX);
        let mut framed = Vec::with_capacity(octets.len() + 2);
        framed.extend(length.to_be_bytes());
        framed.extend(&octets);
        stream.write_all(&framed).await.map_err(network)?;
        let length = stream.read_u16().await.map_err(network)?;
        let mut buffer = vec![0; usize::from(length)];
        stream.read_exact(&mut buffer).await.map_err(network)?;
        self.read(id, &buffer)
            .unwrap_or_else(|| Err(Failure::BadAnswer("an answer to another question".into())))
    }

    /// Reads a message; none if it is not the answer to this query under `id`.
    pub(super) fn read(&self, id: u16, octets: &[u8]) -> Option<Result<Received, Failure>> {
        if octets.len() < HEADER || octets[..2] != id.to_be_bytes() {
            return None;
        }
        let is_answer = octets[2] & 0x80 != 0;
        let is_truncated = octets[2] & 0x02 != 0;
        let code = octets[3] & 0x0f;
        let questions = u16::from_be_bytes([octets[4], octets[5]]);
        // Servers that did not read the question may leave it out of FORMERR and the like; nothing else may.
        if !is_answer || questions > 1 || (questions == 0 && matches!(code, 0 | 3)) {
            return None;
        }
        if is_truncated {
            return Some(Ok(Received::Truncated));
        }
        let message = match Message::from_vec(octets) {
            Ok(message) => message,
            Err(error) => return Some(Err(Failure::BadAnswer(format!("it does not parse: {error}")))),
        };
        if questions == 1 && message.queries.first() != Some(&self.question) {
            return None;
        }
        Some(Ok(Received::Whole(message)))
    }
}

/// A socket that takes datagrams from `server` only, and hears of its being unreachable. While the process or
/// the system has no descriptor left, it waits for one, for a second at most.
async fn open_udp(server: SocketAddr) -> io::Result<UdpSocket> {
    /// EMFILE and ENFILE, the same numbers on every Unix; the standard library has no names for them.
    const NO_DESCRIPTOR: [i32; 2] = [24, 23];
    const PAUSE: Duration = Duration::from_millis(10);
    const PAUSES: usize = 100;
    let local: SocketAddr = if server.is_ipv4() {
        (Ipv4Addr::UNSPECIFIED, 0).into()
    } else {
        (Ipv6Addr::UNSPECIFIED, 0).into()
    };
    let exhausted = |error: &io::Error| {
        error
            .raw_os_error()
            .is_some_and(|code| NO_DESCRIPTOR.contains(&code))
    };
    let mut pauses = 0;
    let socket = loop {
        match UdpSocket::bind(local).await {
            Err(error) if pauses < PAUSES && exhausted(&error) => {
                pauses += 1;
                tokio::time::sleep(PAUSE).await;
            }
            bound => break bound?,
        }
    };
    socket.connect(server).await?;
    Ok(socket)
}

fn unreachable(server: SocketAddr, error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => Failure::Network(format!("{server}: it closed the connection")),
        _ => Failure::Network(format!("{server}: {}", plain(error))),
    }
}
