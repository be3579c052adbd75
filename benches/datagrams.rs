//! The floor: the same questions as datagrams that are ready, whose answers nobody reads. What is left is the kernel's.

use crate::usage::{self, Cost};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::ops::Range;
use std::time::Duration;

/// Asks for the four records of each of `senders` in turn; with `many_sockets` each question has a socket of its own.
pub(crate) fn questions(server: SocketAddr, senders: Range<usize>, many_sockets: bool) -> Cost {
    let questions: Vec<Vec<u8>> = senders
        .flat_map(|number| ['s', 'a', 'b', 'c'].map(|letter| question(&format!("{letter}{number}"))))
        .collect();
    let open = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        socket.connect(server).unwrap();
        socket
    };
    let socket = open();
    socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let mut buffer = [0; 4096];
    usage::of(|| {
        for question in &questions {
            let own = many_sockets.then(open);
            let socket = own.as_ref().unwrap_or(&socket);
            socket.send(question).unwrap();
            let length = socket.recv(&mut buffer).unwrap();
            assert!(length > question.len());
        }
    })
}

/// A question for the TXT records of a name in `bench.test` (RFC 1035 section 4.1).
fn question(label: &str) -> Vec<u8> {
    let mut octets = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0".to_vec();
    for label in [label, "bench", "test"] {
        octets.push(u8::try_from(label.len()).unwrap());
        octets.extend(label.as_bytes());
    }
    octets.extend(b"\0\0\x10\0\x01");
    octets
}
