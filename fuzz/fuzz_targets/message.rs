//! Streaming a message in pieces, cut anywhere, equals giving it at once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::Limits;
use mailrep::message::{Anomaly, HeaderFields, Splitter, line_ends::Converter};

fn split<'a>(
    limits: &Limits,
    chunks: impl Iterator<Item = &'a [u8]>,
) -> (HeaderFields, Option<Anomaly>, Vec<u8>) {
    let mut splitter = Splitter::new(limits);
    let mut body = Vec::new();
    let mut begun = false;
    for chunk in chunks {
        if begun {
            body.extend_from_slice(chunk);
        } else if let Some(start) = splitter.push(chunk) {
            begun = true;
            body.extend_from_slice(&start.before);
            body.extend_from_slice(&chunk[start.offset..]);
        }
    }
    if !begun {
        body = splitter.end_of_message();
    }
    let (header, anomaly) = splitter.into_parts();
    (header, anomaly, body)
}

fn convert<'a>(chunks: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut converter = Converter::default();
    let mut out = Vec::new();
    chunks.for_each(|chunk| converter.convert(chunk, |octets| out.extend_from_slice(octets)));
    out
}

fuzz_target!(|data: &[u8]| {
    // The first octets choose the bounds, the size of the pieces, and whether it is a file; the rest is the message.
    let [bounds, size, file, message @ ..] = data else {
        return;
    };
    let limits = match bounds {
        0..=127 => Limits::default(),
        bounds => Limits {
            header_octets: usize::from(bounds & 63) * 8,
            header_fields: usize::from(bounds & 7),
            ..Limits::default()
        },
    };
    let size = usize::from(*size).max(1);
    let converted = convert(std::iter::once(message));
    assert_eq!(
        converted,
        convert(message.chunks(size)),
        "line ends, in pieces of {size}"
    );
    let message = if file & 1 == 1 { &converted[..] } else { message };

    let whole = split(&limits, std::iter::once(message));
    assert_eq!(whole, split(&limits, message.chunks(size)), "in pieces of {size}");
    let (first, second) = message.split_at(message.len().min(size));
    assert_eq!(
        whole,
        split(&limits, [first, second].into_iter()),
        "cut at {size}"
    );

    let (header, anomaly, body) = whole;
    assert!(header.octets() <= limits.header_octets);
    assert!(header.len() <= limits.header_fields);
    // What was kept are the message's own octets, in order.
    let kept: Vec<u8> = header.iter().flat_map(|field| field.raw().to_vec()).collect();
    assert!(message.starts_with(&kept));
    assert!(message.ends_with(&body));
    if anomaly.is_none() {
        assert_eq!(
            kept.len() + 2 + body.len(),
            message.len(),
            "only the empty line is neither"
        );
    }
});
