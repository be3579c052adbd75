//! A key record means the same with an unknown tag at its end: "unrecognized tags MUST be ignored" (RFC 6376 section 3.2).
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::dkim::KeyRecord;

fuzz_target!(|data: &[u8]| {
    let meaning = |octets: &[u8]| {
        KeyRecord::parse(octets).map(|key| (key.key_type(), key.bits(), key.is_testing(), key.is_strict()))
    };
    let Ok(meant) = meaning(data) else { return };
    const UNKNOWN: &[u8] = b"zz_unknown=1";
    if data.windows(UNKNOWN.len()).any(|part| part == UNKNOWN) {
        return;
    }
    let open = !data.trim_ascii_end().ends_with(b";");
    let longer = [data, if open { b";" } else { b"" }, UNKNOWN].concat();
    assert_eq!(meaning(&longer), Ok(meant));
});
