//! RFC 6376 section 3.4.

use super::super::canonical::{Body, header_field};
use super::*;
use Canonicalization::{Relaxed, Simple};
use proptest::prelude::*;

fn field(how: Canonicalization, raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    header_field(how, raw, &mut out);
    out
}

fn body_in<'a>(how: Canonicalization, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    let mut body = Body::new(how);
    for chunk in chunks {
        body.update(chunk, &mut |octets| out.extend_from_slice(octets));
    }
    body.finish(&mut |octets| out.extend_from_slice(octets));
    out
}

fn body(how: Canonicalization, octets: &[u8]) -> Vec<u8> {
    body_in(how, [octets])
}

#[test]
fn rfc6376_section_3_4_5_example_1_relaxed() {
    assert_eq!(field(Relaxed, b"A: X\r\n"), b"a:X");
    assert_eq!(field(Relaxed, b"B : Y\t\r\n\tZ  \r\n"), b"b:Y Z");
    assert_eq!(body(Relaxed, b" C \r\nD \t E\r\n\r\n\r\n"), b" C\r\nD E\r\n");
}

#[test]
fn rfc6376_section_3_4_5_example_2_simple() {
    assert_eq!(field(Simple, b"A: X\r\n"), b"A: X");
    assert_eq!(field(Simple, b"B : Y\t\r\n\tZ  \r\n"), b"B : Y\t\r\n\tZ  ");
    assert_eq!(body(Simple, b" C \r\nD \t E\r\n\r\n\r\n"), b" C \r\nD \t E\r\n");
}

#[test]
fn rfc6376_section_3_4_2_odd_fields() {
    let cases: &[(&[u8], &[u8])] = &[
        (b"Subject:\r\n", b"subject:"),
        (b"Subject: \t \r\n", b"subject:"),
        (b"Subject:\r\n \r\n\t\r\n", b"subject:"),
        (b"Subject:\r\n a\r\n \r\n b\r\n", b"subject:a b"),
        (b"From \t: a", b"from:a"),
        (b"X: a:b", b"x:a:b"),
        (b"X: a\rb\nc\r\r\n d", b"x:a\rb\nc\r d"),
        (b"X: \0 \xff\t\xfe ", b"x:\0 \xff \xfe"),
    ];
    for (raw, expected) in cases {
        assert_eq!(
            field(Relaxed, raw).escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
    }
}

#[test]
fn rfc6376_section_3_4_3_and_3_4_4_ends_of_bodies() {
    // Body, simple, relaxed.
    let cases: &[(&[u8], &[u8], &[u8])] = &[
        (b"", b"\r\n", b""),
        (b"\r\n", b"\r\n", b""),
        (b"\r\n\r\n", b"\r\n", b""),
        (b" ", b" \r\n", b""),
        (b" \t\r\n", b" \t\r\n", b""),
        (b"a", b"a\r\n", b"a\r\n"),
        (b"a \t", b"a \t\r\n", b"a\r\n"),
        (b"a\r\n \t \r\n", b"a\r\n \t \r\n", b"a\r\n"),
        (b"a\r\n\r\n \r\n", b"a\r\n\r\n \r\n", b"a\r\n"),
        (b"\r\n\r\na", b"\r\n\r\na\r\n", b"\r\n\r\na\r\n"),
        (b"a\r", b"a\r\r\n", b"a\r\r\n"),
        (b"a \r", b"a \r\r\n", b"a \r\r\n"),
        (b"a \r\r\n", b"a \r\r\n", b"a \r\r\n"),
        (b"\r", b"\r\r\n", b"\r\r\n"),
        (b"a\n", b"a\n\r\n", b"a\n\r\n"),
        (b"a  \n b\n\r\n", b"a  \n b\n\r\n", b"a \n b\n\r\n"),
        (b"a\r\n\r\r\n\r\n", b"a\r\n\r\r\n", b"a\r\n\r\r\n"),
        (b"\0\x80\xff  \0\r\n", b"\0\x80\xff  \0\r\n", b"\0\x80\xff \0\r\n"),
    ];
    for (given, simple, relaxed) in cases {
        for (how, expected) in [(Simple, simple), (Relaxed, relaxed)] {
            assert_eq!(
                body(how, given).escape_ascii().to_string(),
                expected.escape_ascii().to_string(),
                "{how:?} {:?}",
                given.escape_ascii().to_string()
            );
            assert_eq!(plain_body(how, given), *expected);
        }
    }
}

#[test]
fn rfc6376_section_3_4_3_and_3_4_4_hashes_of_the_empty_body() {
    let hash = |how| STANDARD.encode(digest(&SHA256, &body(how, b"")));
    assert_eq!(hash(Simple), "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
    assert_eq!(hash(Relaxed), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

#[test]
fn what_is_pending_is_counted_and_not_kept() {
    for how in [Simple, Relaxed] {
        for piece in [&b"\r\n"[..], b" ", b"\t", b" \r\n", b"\r", b"a  \r\n"] {
            let mut stream = Body::new(how);
            let chunk = piece.repeat(4_000);
            for _ in 0..500 {
                stream.update(&chunk, &mut |_| {});
            }
            assert!(
                stream.kept() <= 8 * 1024,
                "{how:?} {piece:?} keeps {} octets",
                stream.kept()
            );
        }
    }
}

#[test]
fn long_stretches_reach_the_digest_in_large_pieces() {
    let text = b"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\r\n".repeat(1_000);
    for how in [Simple, Relaxed] {
        let mut pieces = 0;
        Body::new(how).update(&text, &mut |_| pieces += 1);
        assert!(pieces <= 2, "{how:?} took {pieces} pieces");
    }
}

/// Octets that matter, and stretches long enough to leave the staging buffer.
fn odd_body() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        8 => prop::sample::select(vec![&b" "[..], b"\t", b"\r", b"\n", b"\r\n", b"a", b"\0", b"\xff", b"word"])
            .prop_map(<[u8]>::to_vec),
        1 => (1..5_000_usize).prop_map(|count| vec![b'x'; count]),
        1 => (1..600_usize).prop_map(|count| b"\r\n".repeat(count)),
        1 => (1..100_usize).prop_map(|count| vec![b' '; count]),
        1 => (1..900_usize).prop_map(|count| b"ab  c ".repeat(count)),
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

fn split<'a>(octets: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(octets.len() + 1)).collect();
    places.extend([0, octets.len()]);
    places.sort_unstable();
    places.windows(2).map(|pair| &octets[pair[0]..pair[1]]).collect()
}

proptest! {
    #[test]
    fn streaming_equals_the_plain_canonicalization(
        octets in odd_body(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        for how in [Simple, Relaxed] {
            let expected = plain_body(how, &octets);
            prop_assert_eq!(&body(how, &octets), &expected);
            prop_assert_eq!(&body_in(how, split(&octets, &cuts)), &expected);
        }
    }

    /// Blocks of octets are looked at together: blanks at every place in them, at their ends, and across.
    #[test]
    fn blanks_anywhere_in_blocks_equal_the_plain_canonicalization(
        octets in prop::collection::vec(prop::sample::select(b"aaaaaaaaaaa   \t\r\n\x01\0\xff".to_vec()), 0..700),
        line_end in prop::sample::select(vec![&b"\r\n"[..], b" \r\n", b"\r", b"  x\t"]),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut octets = octets;
        let at = cut.index(octets.len() + 1);
        octets.splice(at..at, line_end.iter().copied());
        let expected = plain_body(Relaxed, &octets);
        prop_assert_eq!(&body(Relaxed, &octets), &expected);
        prop_assert_eq!(&body_in(Relaxed, split(&octets, &[cut])), &expected);
    }

    #[test]
    fn octet_by_octet_equals_the_plain_canonicalization(
        octets in prop::collection::vec(prop::sample::select(b" \t\r\na\0".to_vec()), 0..60),
    ) {
        for how in [Simple, Relaxed] {
            prop_assert_eq!(body_in(how, octets.chunks(1)), plain_body(how, &octets));
        }
    }

    #[test]
    fn fields_equal_the_plain_canonicalization(
        value in prop::collection::vec(
            prop::sample::select(vec![" ", "\t", "\r", "\n", "\r\n ", "\r\n\t", "a", ":", "B", "\0"]), 0..30),
    ) {
        let raw = format!("Name \t:{}x", value.concat());
        prop_assert_eq!(field(Relaxed, raw.as_bytes()), plain_field(Relaxed, raw.as_bytes()));
        let raw = format!("Name:{}", value.concat());
        prop_assert_eq!(field(Simple, raw.as_bytes()), raw.strip_suffix("\r\n").unwrap_or(&raw).as_bytes());
    }
}
