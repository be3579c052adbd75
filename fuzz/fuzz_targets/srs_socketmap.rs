//! However a connection's octets are divided, the same requests are read, and any key comes through.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::srs::server::Map;
use mailrep::srs::server::protocol::{Answer, Event};
use mailrep::srs::server::socketmap::{Socketmap, write_reply};

const MOST: usize = 64;

fn read(octets: &[u8], piece: usize) -> Vec<String> {
    let mut map = Socketmap::new(MOST);
    let (mut seen, mut buffer) = (Vec::new(), Vec::new());
    for part in octets.chunks(piece) {
        buffer.extend_from_slice(part);
        loop {
            let (used, event) = map.next(&buffer);
            assert!(used <= buffer.len());
            assert!(used > 0 || event.is_none());
            if let Some(event) = event {
                seen.push(format!("{event:?}"));
                if matches!(event, Event::Fault(fault) if fault.is_fatal()) {
                    return seen;
                }
            }
            buffer.drain(..used);
            if used == 0 {
                break;
            }
        }
        // What waits for its end is bounded: digits, colon, request, comma.
        assert!(buffer.len() <= 10 + MOST + 1);
    }
    seen
}

fuzz_target!(|data: &[u8]| {
    let Some((piece, octets)) = data.split_first() else {
        return;
    };
    let piece = usize::from(*piece).max(1);
    assert_eq!(read(octets, piece), read(octets, 1));

    let request = [format!("{}:reverse ", octets.len() + 8).as_bytes(), octets, b","].concat();
    let (used, event) = Socketmap::new(1 << 20).next(&request);
    assert_eq!(used, request.len());
    let Some(Event::Request {
        map: Map::Reverse,
        key,
    }) = event
    else {
        panic!("{event:?}")
    };
    assert_eq!(&key[..], octets);

    let mut reply = Vec::new();
    write_reply(Answer::Found(octets), &mut reply);
    assert_eq!(
        reply,
        [format!("{}:OK ", octets.len() + 3).as_bytes(), octets, b","].concat()
    );
});
