//! What a signature does not survive.

use super::*;
use TransferRisk::{BareLineEnd, EightBit, EightBitHeader, LoneDot, LongLine, Nul};
use proptest::prelude::*;

fn risks(message: &[u8]) -> Vec<TransferRisk> {
    let mut check = TransferCheck::default();
    check.data(message);
    check.finish()
}

#[test]
fn risks_are_told_with_the_first_line_where_they_are() {
    let long = format!("From: a\r\n\r\n{}\r\n{}\r\n", "x".repeat(998), "x".repeat(999));
    let long_header = format!("From: {}\r\n\r\n", "x".repeat(999));
    let cases: Vec<(&[u8], Vec<TransferRisk>)> = vec![
        (MESSAGE, vec![]),
        (b"", vec![]),
        (b"From: a\r\n\r\n..\r\n.x\r\n . \r\n", vec![]),
        (b"From: a\r\n\r\nx\r\n.\r\n.\r\n", vec![LoneDot { line: 4 }]),
        (b"From: a\r\n\r\n.", vec![LoneDot { line: 3 }]),
        (b"From: a\r\n\r\n.\r.", vec![BareLineEnd { line: 3 }]),
        (b"From: a\r\n\r\na\nb\r\nc\rd\r\n", vec![BareLineEnd { line: 3 }]),
        (b"From: a\r\n\r\na\r", vec![BareLineEnd { line: 3 }]),
        (b"From: a\r\n\r\na\r\r\n", vec![BareLineEnd { line: 3 }]),
        (long.as_bytes(), vec![LongLine { line: 4 }]),
        (long_header.as_bytes(), vec![LongLine { line: 1 }]),
        (b"From: a\r\n\r\n\0\r\n", vec![Nul { line: 3 }]),
        (b"From: a\r\n\r\n\xc3\xa9\r\n", vec![EightBit { line: 3 }]),
        (
            b"From: a\r\nTo: \xc3\xa9\r\n\r\n\xc3\xa9",
            vec![EightBitHeader { line: 2 }, EightBit { line: 4 }],
        ),
    ];
    for (message, expected) in cases {
        assert_eq!(risks(message), expected, "{}", String::from_utf8_lossy(message));
    }
}

proptest! {
    #[test]
    fn chunks_make_no_difference(message in proptest::collection::vec(prop::sample::select(&b"\r\n.\0a\xc3"[..]), 0..40), at in 0usize..40) {
        let (first, second) = message.split_at(at.min(message.len()));
        let mut check = TransferCheck::default();
        check.data(first);
        check.data(second);
        prop_assert_eq!(check.finish(), risks(&message));
    }
}
