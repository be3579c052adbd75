//! However a connection's octets are divided, the same requests are read; what is answered is one line within bounds, which reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::srs::server::Map;
use mailrep::srs::server::protocol::{Answer, Event};
use mailrep::srs::server::tcp_table::{MOST_REPLY, TcpTable, write_reply};

const MOST: usize = 64;

fn read(octets: &[u8], piece: usize) -> Vec<String> {
    let mut table = TcpTable::new(Map::Forward, MOST);
    let (mut seen, mut buffer) = (Vec::new(), Vec::new());
    for part in octets.chunks(piece) {
        buffer.extend_from_slice(part);
        loop {
            let (used, event) = table.next(&buffer);
            assert!(used <= buffer.len());
            assert!(used > 0 || event.is_none());
            if let Some(event) = event {
                seen.push(format!("{event:?}"));
            }
            buffer.drain(..used);
            if used == 0 {
                break;
            }
        }
        // What waits for its end is bounded, whatever is sent.
        assert!(buffer.len() <= MOST + 1);
    }
    seen
}

fuzz_target!(|data: &[u8]| {
    let Some((piece, octets)) = data.split_first() else {
        return;
    };
    let piece = usize::from(*piece).max(1);
    assert_eq!(read(octets, piece), read(octets, 1));

    let mut reply = Vec::new();
    write_reply(Answer::Found(octets), &mut reply);
    assert!(reply.len() <= MOST_REPLY);
    assert_eq!(
        reply.iter().position(|octet| *octet == b'\n'),
        Some(reply.len() - 1)
    );
    if let Some(text) = reply.strip_prefix(b"200 ") {
        let request = [b"get ", text].concat();
        let (used, event) = TcpTable::new(Map::Reverse, MOST_REPLY).next(&request);
        assert_eq!(used, request.len());
        let Some(Event::Request {
            map: Map::Reverse,
            key,
        }) = event
        else {
            panic!("{event:?}")
        };
        assert_eq!(&key[..], octets);
    } else {
        assert!(reply.starts_with(b"500 ") && octets.len() * 3 + 5 > MOST_REPLY);
    }
    let mut reply = Vec::new();
    write_reply(Answer::NotFound(&String::from_utf8_lossy(octets)), &mut reply);
    assert!(reply.len() <= MOST_REPLY && reply.starts_with(b"500 "));
    assert_eq!(
        reply.iter().position(|octet| *octet == b'\n'),
        Some(reply.len() - 1)
    );
});
