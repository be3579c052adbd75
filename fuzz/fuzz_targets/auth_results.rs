//! What is written parses to the same, and what claims our name in a parsed field is found as claiming it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::auth_results::{claims, parse, parse_lenient};

fuzz_target!(|data: &[u8]| {
    // Reading leniently ends, whatever stands there.
    parse_lenient(data);
    let Ok(results) = parse(data) else { return };
    // Ours is the name of a host; others are shown with a mark where they are not UTF-8.
    let id = &results.authserv_id;
    assert!(!id.is_ascii() || claims(data, id), "the field names {id:?}");
    let value = results.value();
    assert!(
        value
            .bytes()
            .all(|octet| matches!(octet, b' '..=b'~' | b'\r' | b'\n'))
    );
    assert!(
        value
            .split("\r\n")
            .skip(1)
            .all(|line| line.starts_with(' ') && line.trim() != "")
    );
    // Characters outside ASCII and long values are written as others; what was written once stays.
    let written = parse(value.as_bytes()).expect("what is written can be read");
    assert_eq!(parse(written.value().as_bytes()).as_ref(), Ok(&written));
});
