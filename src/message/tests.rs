#![allow(clippy::unwrap_used)]
use super::line_ends::Converter;
use super::*;
use crate::limits::Limits;
use proptest::prelude::*;

/// The whole message in chunks: fields, anomaly, body.
fn split(message: &[u8], cuts: &[usize], limits: &Limits) -> (Vec<Vec<u8>>, Option<Anomaly>, Vec<u8>) {
    let mut splitter = Splitter::new(limits);
    let mut body = Vec::new();
    let mut in_body = false;
    for chunk in chunks(message, cuts) {
        if in_body {
            body.extend_from_slice(chunk);
        } else if let Some(begun) = splitter.push(chunk) {
            in_body = true;
            body.extend_from_slice(&begun.before);
            body.extend_from_slice(&chunk[begun.offset..]);
        }
    }
    body.extend_from_slice(&splitter.end_of_message());
    let (fields, anomaly) = splitter.into_parts();
    (
        fields.iter().map(|field| field.raw().to_vec()).collect(),
        anomaly,
        body,
    )
}

fn chunks<'a>(message: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut % (message.len() + 1)).collect();
    places.extend([0, message.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &message[pair[0]..pair[1]]).collect()
}

#[test]
fn rfc5322_section_2_1_the_empty_line_ends_the_header() {
    let (fields, anomaly, body) = split(
        b"A: 1\r\nB: 2\r\n  3\r\n\r\nbody\r\n\r\n",
        &[],
        &Limits::default(),
    );
    assert_eq!(fields, [b"A: 1\r\n".to_vec(), b"B: 2\r\n  3\r\n".to_vec()]);
    assert_eq!((anomaly, body.as_slice()), (None, b"body\r\n\r\n".as_slice()));
}

#[test]
fn rfc5322_section_4_5_8_blanks_may_stand_before_the_colon() {
    let mut header = HeaderFields::default();
    assert!(header.push(b"From \t: a@example.org\r\n"));
    let field = header.get(0).unwrap();
    assert_eq!(
        (field.name(), field.value()),
        (&b"From"[..], &b" a@example.org"[..])
    );
    assert!(field.is_named("FROM"));
}

#[test]
fn a_bare_line_feed_or_carriage_return_ends_no_line() {
    let (fields, anomaly, body) = split(b"A: 1\nB: 2\r3\r\n\r\n\nx", &[], &Limits::default());
    assert_eq!(fields, [b"A: 1\nB: 2\r3\r\n".to_vec()]);
    assert_eq!((anomaly, body.as_slice()), (None, b"\nx".as_slice()));
}

#[test]
fn a_line_that_is_no_field_ends_the_header_and_belongs_to_the_body() {
    let (fields, anomaly, body) = split(b"A: 1\r\nno field\r\nB: 2\r\n\r\n", &[], &Limits::default());
    assert_eq!(fields, [b"A: 1\r\n".to_vec()]);
    assert_eq!(anomaly, Some(Anomaly::NotAField));
    assert_eq!(body, b"no field\r\nB: 2\r\n\r\n");
}

#[test]
fn a_binary_file_is_not_a_message() {
    let (fields, anomaly, body) = split(b"\x7fELF\0\0\r\n\0", &[], &Limits::default());
    assert!(fields.is_empty());
    assert_eq!((anomaly, body.len()), (Some(Anomaly::NotAMessage), 9));
}

#[test]
fn a_message_that_ends_in_its_header_has_no_body() {
    for message in [&b"A: 1\r\nB: 2\r\n"[..], b"A: 1\r\nB: 2"] {
        let (fields, anomaly, body) = split(message, &[], &Limits::default());
        assert_eq!((fields.len(), anomaly, body.len()), (2, Some(Anomaly::NoBody), 0));
    }
}

#[test]
fn an_endless_first_line_is_not_kept() {
    let mut splitter = Splitter::new(&Limits::default());
    let begun = splitter.push(&[b'x'; 100_000]).unwrap();
    assert_eq!(begun.before.len(), 1_000);
    assert_eq!(splitter.into_parts().1, Some(Anomaly::NotAMessage));
}

#[test]
fn fields_beyond_the_bounds_are_dropped_and_the_body_is_still_found() {
    let limits = Limits {
        header_octets: 20,
        header_fields: 3,
        ..Limits::default()
    };
    let (fields, anomaly, body) = split(b"A: 1\r\nB: 0123456789\r\nC: 3\r\n\r\nbody", &[], &limits);
    assert_eq!((fields.len(), body.as_slice()), (1, b"body".as_slice()));
    assert_eq!(anomaly, Some(Anomaly::HeaderTooLong { limit: 20 }));
    let (fields, anomaly, body) = split(b"A:\r\nB:\r\nC:\r\nD:\r\n\r\nbody", &[], &limits);
    assert_eq!((fields.len(), body.as_slice()), (3, b"body".as_slice()));
    assert_eq!(anomaly, Some(Anomaly::TooManyFields { limit: 3 }));
    // Exactly at the bound all is kept.
    let (fields, anomaly, body) = split(b"A: 1\r\nB: 012345678\r\n\r\nbody", &[], &limits);
    assert_eq!(
        (fields.len(), anomaly, body.as_slice()),
        (2, None, b"body".as_slice())
    );
}

#[test]
fn fields_near_the_bound_are_kept_or_dropped_alike_at_every_split() {
    let limits = |header_octets| Limits {
        header_octets,
        ..Limits::default()
    };
    for value in [100, 1_000, 1_500] {
        let message = format!(
            "A: {}\r\nLong-name: {}\r\n\r\nbody",
            "1".repeat(500),
            "2".repeat(value)
        );
        for header_octets in (500..530).chain(1_495..1_530).chain(2_000..2_040) {
            let limits = limits(header_octets);
            let whole = split(message.as_bytes(), &[], &limits);
            for cuts in [
                &[3][..],
                &[504],
                &[505],
                &[507, 509],
                &[520, 521],
                &[1_400, 1_510, 1_600],
            ] {
                assert_eq!(
                    split(message.as_bytes(), cuts, &limits),
                    whole,
                    "{value} {header_octets} {cuts:?}"
                );
            }
            let all: Vec<usize> = (0..message.len()).collect();
            assert_eq!(
                split(message.as_bytes(), &all, &limits),
                whole,
                "{value} {header_octets}"
            );
        }
    }
}

/// Octets that matter to the splitter, more often than chance would have them.
fn octets() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => Just(b"\r\n".to_vec()),
        2 => Just(b"A: b".to_vec()),
        1 => Just(b" ".to_vec()),
        1 => Just(b"\r".to_vec()),
        1 => Just(b"\n".to_vec()),
        1 => Just(b":".to_vec()),
        1 => Just(vec![b'x'; 997]),
        2 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_split_of_a_message_gives_the_same_fields_and_body(
        message in octets(),
        cuts in proptest::collection::vec(any::<usize>(), 0..12),
        header_octets in prop_oneof![Just(1usize << 20), 0usize..60],
        header_fields in 0usize..6,
    ) {
        let limits = Limits { header_octets, header_fields, ..Limits::default() };
        prop_assert_eq!(split(&message, &[], &limits), split(&message, &cuts, &limits));
    }

    #[test]
    fn nothing_is_lost_or_added_within_the_bounds(message in octets()) {
        let (fields, anomaly, body) = split(&message, &[], &Limits::default());
        let mut whole = fields.concat();
        if anomaly.is_none() {
            whole.extend_from_slice(b"\r\n");
        }
        whole.extend_from_slice(&body);
        prop_assert_eq!(whole, message);
    }

    #[test]
    fn line_ends_convert_alike_at_every_split(
        file in octets(),
        cuts in proptest::collection::vec(any::<usize>(), 0..12),
    ) {
        let convert = |cuts: &[usize]| {
            let mut converter = Converter::default();
            let mut out = Vec::new();
            for chunk in chunks(&file, cuts) {
                converter.convert(chunk, |octets| out.extend_from_slice(octets));
            }
            out
        };
        let whole = convert(&[]);
        prop_assert_eq!(&whole, &convert(&cuts));
        let first_is_crlf = file.iter().position(|&octet| octet == b'\n')
            .is_some_and(|at| at > 0 && file[at - 1] == b'\r');
        if first_is_crlf {
            prop_assert_eq!(whole, file);
        } else {
            let bare = whole.iter().enumerate()
                .any(|(at, &octet)| octet == b'\n' && (at == 0 || whole[at - 1] != b'\r'));
            prop_assert!(!bare);
        }
    }
}
