//! tcp_table(5) and socketmap_table(5), sentence by sentence.

use crate::srs::server::protocol::{Answer, Event, Fault, Map, Taken};
use crate::srs::server::socketmap::{self, Socketmap};
use crate::srs::server::tcp_table::{self, MOST_REPLY, TcpTable};
use proptest::prelude::*;

const MOST: usize = 50;

fn line(octets: &[u8]) -> Taken<'_> {
    TcpTable::new(Map::Forward, MOST).next(octets)
}

fn netstring(octets: &[u8]) -> Taken<'_> {
    Socketmap::new(MOST).next(octets)
}

fn request(map: Map, key: &[u8]) -> Option<Event<'static>> {
    Some(Event::Request {
        map,
        key: key.to_vec().into(),
    })
}

fn fault(fault: Fault) -> Option<Event<'static>> {
    Some(Event::Fault(fault))
}

fn tcp_reply(answer: Answer<'_>) -> String {
    let mut out = Vec::new();
    tcp_table::write_reply(answer, &mut out);
    String::from_utf8(out).unwrap()
}

fn socketmap_reply(answer: Answer<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    socketmap::write_reply(answer, &mut out);
    out
}

#[test]
fn tcp_table_a_request_is_get_space_key_newline() {
    assert_eq!(
        line(b"get a@b.example\n"),
        (16, request(Map::Forward, b"a@b.example"))
    );
    let reverse = TcpTable::new(Map::Reverse, MOST).next(b"get a@b.example\nget ");
    assert_eq!(reverse, (16, request(Map::Reverse, b"a@b.example")));
    assert_eq!(line(b"get \n"), (5, request(Map::Forward, b"")));
}

#[test]
fn tcp_table_a_carriage_return_before_the_newline_is_no_part_of_the_key() {
    assert_eq!(
        line(b"get a@b.example\r\n"),
        (17, request(Map::Forward, b"a@b.example"))
    );
    assert_eq!(line(b"get a\r\r\n"), (8, request(Map::Forward, b"a\r")));
}

#[test]
fn tcp_table_part_of_a_line_is_no_request_yet() {
    for part in [&b""[..], b"g", b"get a@b.example", b"get a@b.example\r"] {
        assert_eq!(line(part), (0, None));
    }
}

#[test]
fn tcp_table_hexadecimal_codes_can_be_specified_in_any_case() {
    assert_eq!(
        line(b"get %22john%20doe%22@%c3%A9\n").1,
        request(Map::Forward, b"\"john doe\"@\xc3\xa9")
    );
    assert_eq!(line(b"get %2525%0a\n").1, request(Map::Forward, b"%25\n"));
}

#[test]
fn tcp_table_a_client_that_leaves_blanks_as_they_are_is_understood() {
    assert_eq!(
        line(b"get \"john doe\"@x\n").1,
        request(Map::Forward, b"\"john doe\"@x")
    );
}

#[test]
fn tcp_table_a_percent_sign_without_two_digits_is_a_fault_and_the_next_line_is_read() {
    for bad in [
        &b"get %\nget"[..],
        b"get %4\nget",
        b"get %4g\nget",
        b"get a%%41\nget",
        b"get %+1\nget",
    ] {
        let used = bad.len() - 3;
        assert_eq!(line(bad), (used, fault(Fault::BadEncoding)));
    }
}

#[test]
fn tcp_table_an_update_request_is_rejected() {
    assert_eq!(line(b"put key value\n"), (14, fault(Fault::Put)));
    assert_eq!(
        tcp_reply(Fault::Put.answer()),
        "500 nothing can be put into this table\n"
    );
}

#[test]
fn tcp_table_other_lines_are_an_error_condition() {
    for bad in [
        &b"\n"[..],
        b"get\n",
        b"GET a\n",
        b" get a\n",
        b"HELO x\n",
        b"\0\xff\n",
    ] {
        assert_eq!(line(bad), (bad.len(), fault(Fault::UnknownCommand)));
    }
    let reply = tcp_reply(Fault::UnknownCommand.answer());
    assert_eq!(reply, "400 the request is not 'get', a space and a key\n");
}

#[test]
fn tcp_table_a_line_that_is_too_long_is_passed_over() {
    let too_long = Fault::TooLong { most: MOST };
    let exact = [b"get ".as_slice(), &[b'x'; MOST - 4], b"\r\n"].concat();
    assert_eq!(line(&exact), (MOST + 2, request(Map::Forward, &[b'x'; MOST - 4])));
    let whole = [b"get ".as_slice(), &[b'x'; MOST - 3], b"\n"].concat();
    assert_eq!(line(&whole), (MOST + 2, fault(too_long)));

    let mut table = TcpTable::new(Map::Forward, MOST);
    let part = [b'x'; MOST + 2];
    assert_eq!(table.next(&part[..MOST + 1]), (0, None));
    assert_eq!(table.next(&part), (MOST + 2, fault(too_long)));
    assert_eq!(table.next(&part), (MOST + 2, None));
    assert_eq!(table.next(b"xx\nget a\n"), (3, None));
    assert_eq!(table.next(b"get a\n"), (6, request(Map::Forward, b"a")));
}

#[test]
fn tcp_table_200_has_the_requested_data_encoded() {
    assert_eq!(tcp_reply(Answer::Found(b"a@b.example")), "200 a@b.example\n");
    assert_eq!(
        tcp_reply(Answer::Found(b"\"50% off\"@\xc3\xa9\r\n\x7f\t")),
        "200 \"50%25%20off\"@%C3%A9%0D%0A%7F%09\n"
    );
}

#[test]
fn tcp_table_500_says_that_the_data_does_not_exist_and_400_to_retry_later() {
    assert_eq!(tcp_reply(Answer::NotFound(&"not found")), "500 not found\n");
    assert_eq!(tcp_reply(Answer::Temporary(&"try later")), "400 try later\n");
    assert_eq!(
        tcp_reply(Answer::NotFound(&"100%\n200 x")),
        "500 100%25%0A200 x\n"
    );
}

#[test]
fn tcp_table_replies_must_be_no_longer_than_4096_characters_including_the_newline() {
    let fits = tcp_reply(Answer::Found(&[b'x'; MOST_REPLY - 5]));
    assert_eq!((fits.len(), &fits[..5]), (MOST_REPLY, "200 x"));
    // An encoded value is never cut: that would be another.
    assert_eq!(
        tcp_reply(Answer::Found(&[b'x'; MOST_REPLY - 4])),
        "500 the value has too many octets for a reply\n"
    );
    assert_eq!(
        tcp_reply(Answer::Found(&[b' '; 1_400])),
        "500 the value has too many octets for a reply\n"
    );
    let cut = tcp_reply(Answer::NotFound(&"%".repeat(2_000)));
    assert!(
        cut.len() <= MOST_REPLY && cut.len() > MOST_REPLY - 4,
        "{}",
        cut.len()
    );
    assert!(cut.starts_with("500 %25") && cut.ends_with("%25\n"));
}

#[test]
fn socketmap_a_request_is_one_netstring_of_name_space_key() {
    assert_eq!(netstring(b"9:forward a,"), (12, request(Map::Forward, b"a")));
    assert_eq!(
        netstring(b"13:reverse a b,x,5:"),
        (17, request(Map::Reverse, b"a b,x"))
    );
    assert_eq!(netstring(b"8:forward ,"), (11, request(Map::Forward, b"")));
}

#[test]
fn socketmap_part_of_a_netstring_is_no_request_yet() {
    let whole = b"10:forward ab,";
    for length in 0..whole.len() {
        assert_eq!(netstring(&whole[..length]), (0, None));
    }
}

#[test]
fn socketmap_an_unknown_name_is_answered_and_the_next_request_is_read() {
    for bad in [
        &b"7:forward,"[..],
        b"8:onward a,",
        b"0:,",
        b"10:forwards a,",
        b"9:FORWARD a,",
    ] {
        assert_eq!(netstring(bad), (bad.len(), fault(Fault::UnknownMap)));
    }
    assert!(!Fault::UnknownMap.is_fatal());
    let reply = socketmap_reply(Fault::UnknownMap.answer());
    assert_eq!(
        reply,
        b"65:PERM the request is not 'forward' or 'reverse', a space and a key,"
    );
}

#[test]
fn socketmap_after_what_is_no_netstring_nothing_more_is_read() {
    for bad in [
        &b":"[..],
        b"x",
        b"-1:",
        b" 1:",
        b"1 :",
        b"01:a,",
        b"00:,",
        b"get a\n",
        b"1:ab,",
        b"1234567890",
        b"9999999999:",
    ] {
        assert_eq!(netstring(bad), (bad.len(), fault(Fault::BadNetstring)), "{bad:?}");
    }
    assert!(Fault::BadNetstring.is_fatal());
    assert_eq!(
        socketmap_reply(Fault::BadNetstring.answer()),
        b"32:TEMP the request is no netstring,"
    );
}

#[test]
fn socketmap_a_request_that_is_too_long_is_passed_over() {
    let mut map = Socketmap::new(MOST);
    let mut input = format!("{}:forward ", MOST + 1).into_bytes();
    assert_eq!(map.next(&input), (3, fault(Fault::TooLong { most: MOST })));
    input.drain(..3);
    assert_eq!(map.next(&input), (8, None));
    let rest = [&[b'x'; MOST - 7][..], b",9:forward a,"].concat();
    assert_eq!(map.next(&rest), (MOST - 6, None));
    assert_eq!(map.next(&rest[MOST - 6..]), (12, request(Map::Forward, b"a")));

    let mut map = Socketmap::new(MOST);
    assert_eq!(map.next(b"51:").0, 3);
    assert_eq!(map.next(&[b'x'; 52]), (52, fault(Fault::BadNetstring)));
}

#[test]
fn socketmap_replies_are_netstrings_of_a_status_and_what_belongs_to_it() {
    assert_eq!(
        socketmap_reply(Answer::Found(b"a b%\xc3\xa9")),
        b"9:OK a b%\xc3\xa9,"
    );
    assert_eq!(
        socketmap_reply(Answer::NotFound(&"no SRS address")),
        b"9:NOTFOUND ,"
    );
    assert_eq!(socketmap_reply(Answer::Temporary(&"busy")), b"9:TEMP busy,");
    assert_eq!(socketmap_reply(Answer::Permanent(&"no")), b"7:PERM no,");
}

/// What a connection reads when its octets come in pieces of these sizes, over and over.
fn events(
    mut next: impl FnMut(&[u8]) -> (usize, Option<String>, bool),
    octets: &[u8],
    pieces: &[usize],
) -> Vec<String> {
    let (mut seen, mut buffer, mut at, mut piece) = (Vec::new(), Vec::new(), 0, 0);
    while at < octets.len() {
        let end = octets.len().min(at + pieces[piece % pieces.len()]);
        buffer.extend_from_slice(&octets[at..end]);
        (at, piece) = (end, piece + 1);
        loop {
            let (used, event, fatal) = next(&buffer);
            buffer.drain(..used);
            seen.extend(event);
            if fatal {
                return seen;
            }
            if used == 0 {
                break;
            }
        }
    }
    seen
}

fn told((used, event): Taken<'_>) -> (usize, Option<String>, bool) {
    let fatal = matches!(event, Some(Event::Fault(fault)) if fault.is_fatal());
    (used, event.map(|event| format!("{event:?}")), fatal)
}

fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let word = prop_oneof![
        Just(b"get ".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(b"9:forward a,".to_vec()),
        Just(b"60:".to_vec()),
        Just(vec![b'x'; 30]),
        Just(b"%4".to_vec()),
        prop::collection::vec(any::<u8>(), 0..5),
    ];
    prop::collection::vec(word, 0..20).prop_map(|words| words.concat())
}

proptest! {
    #[test]
    fn how_octets_are_divided_into_pieces_makes_no_difference(
        octets in hostile(), pieces in prop::collection::vec(1_usize..80, 1..6),
    ) {
        let run = |pieces: &[usize]| {
            let mut table = TcpTable::new(Map::Forward, MOST);
            let mut map = Socketmap::new(MOST);
            (
                events(|octets| told(table.next(octets)), &octets, pieces),
                events(|octets| told(map.next(octets)), &octets, pieces),
            )
        };
        prop_assert_eq!(run(&pieces), run(&[1]));
    }

    #[test]
    fn what_tcp_table_encodes_it_reads_again(value in prop::collection::vec(any::<u8>(), 0..1_000)) {
        let reply = tcp_reply(Answer::Found(&value));
        prop_assert!(reply.len() <= MOST_REPLY);
        let text = reply.strip_prefix("200 ").unwrap();
        prop_assert!(!text.trim_end_matches('\n').contains([' ', '\n', '\r']));
        let request = format!("get {text}");
        let mut table = TcpTable::new(Map::Reverse, MOST_REPLY);
        let (used, event) = table.next(request.as_bytes());
        prop_assert_eq!(used, request.len());
        prop_assert_eq!(event, Some(Event::Request { map: Map::Reverse, key: value.into() }));
    }

    #[test]
    fn a_socketmap_key_comes_through_whatever_it_holds(key in prop::collection::vec(any::<u8>(), 0..200)) {
        let request = [format!("{}:reverse ", key.len() + 8).as_bytes(), &key, b","].concat();
        let mut map = Socketmap::new(1_000);
        let (used, event) = map.next(&request);
        prop_assert_eq!(used, request.len());
        prop_assert_eq!(event, Some(Event::Request { map: Map::Reverse, key: key.into() }));
    }
}
