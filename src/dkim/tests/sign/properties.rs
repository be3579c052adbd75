//! What holds for every message.

use super::*;
use proptest::prelude::*;

fn how() -> impl Strategy<Value = Canonicalization> {
    prop_oneof![Just(Canonicalization::Relaxed), Just(Canonicalization::Simple)]
}

/// Octets that matter to canonicalizations, and others.
fn octets(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        6 => prop::sample::select(vec![&b"\r\n"[..], b" ", b"\t", b"\r", b"\n", b"a", b":", b".", b"\0", b"\xc3\xa9"]).prop_map(<[u8]>::to_vec),
        1 => any::<u8>().prop_map(|octet| vec![octet]),
    ];
    proptest::collection::vec(piece, 0..most).prop_map(|pieces| pieces.concat())
}

/// Values of header fields: no line end but in a fold.
fn value() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        &b"\r\n "[..],
        b"\r\n\t",
        b" ",
        b"\t",
        b"a",
        b"Z",
        b":",
        b"=",
        b"\xc3\xa9",
        b"\0",
        b"\r",
    ]);
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn message() -> impl Strategy<Value = Vec<u8>> {
    let name = prop::sample::select(vec![
        "To",
        "subject",
        "Cc ",
        "X-Other",
        "List-Id",
        "resent-to",
        "Date\t",
    ]);
    let field = (name, value()).prop_map(|(name, value)| [name.as_bytes(), b":", &value, b"\r\n"].concat());
    (proptest::collection::vec(field, 0..6), octets(30), 0usize..6).prop_map(|(mut fields, body, at)| {
        fields.insert(at.min(fields.len()), b"From: a@example.org\r\n".to_vec());
        let mut message = fields.concat();
        message.extend(b"\r\n");
        message.extend(body);
        message
    })
}

fn signers(header: Canonicalization, body: Canonicalization) -> [Arc<Signer>; 1] {
    [signer_with(SignerOptions {
        header,
        body,
        ..SignerOptions::default()
    })]
}

/// The places of octets that a signature covers under simple/simple: the fields named in `h=` and the body up to its last
/// line that is not empty.
fn covered(message: &[u8]) -> Vec<usize> {
    let mut splitter = Splitter::new(&Limits::default());
    let begun = splitter.push(message).unwrap();
    let (header, _) = splitter.into_parts();
    let mut places = Vec::new();
    let mut at = 0;
    for field in header.iter() {
        let octets = field.raw().len();
        if !field.is_named("X-Other") {
            places.extend(at..at + octets);
        }
        at += octets;
    }
    let mut body = &message[begun.offset..];
    while let Some(rest) = body.strip_suffix(b"\r\n") {
        body = rest;
    }
    places.extend(begun.offset..begun.offset + body.len());
    places
}

proptest! {
    #[test]
    fn what_we_sign_we_verify_in_whatever_chunks_it_comes(
        message in message(), header in how(), body in how(), cuts in proptest::collection::vec(0usize..200, 0..6),
    ) {
        let signers = signers(header, body);
        let whole = sign_message(&signers, &message);
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(message.len())).collect();
        cuts.extend([0, message.len()]);
        cuts.sort_unstable();
        let mut signing = MessageSigning::new(signers.to_vec(), &Limits::default());
        for cut in cuts.windows(2) {
            let _ = signing.data(&message[cut[0]..cut[1]]);
        }
        prop_assert_eq!(&signing.finish(NOW), &whole);
        prop_assert_eq!(cause(&signers, &signed(&signers, &message)), "verified");
    }

    #[test]
    fn changing_any_signed_octet_fails(message in message(), at in any::<prop::sample::Index>(), with in any::<u8>()) {
        use Canonicalization::Simple;
        let signers = signers(Simple, Simple);
        let whole = signed(&signers, &message);
        let field = whole.len() - message.len();
        let places = covered(&message);
        let place = places[at.index(places.len())];
        prop_assume!(message[place] != with);
        let mut changed = whole.clone();
        changed[field + place] = with;
        let passes = verify(&signers, &changed).iter().any(|verdict| verdict.result == DkimResult::Pass);
        prop_assert!(!passes, "octet {} of {:?}", place, message);
    }
}
