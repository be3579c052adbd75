//! A policy record means the same with an unknown tag at its end: "Unknown tags MUST be ignored" (RFC 9989 section 4.8).
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::dmarc::Record;

fuzz_target!(|data: &[u8]| {
    let meaning = |octets: &[u8]| {
        Record::parse(octets).map(|record| {
            let policies = record.policies();
            (
                policies,
                record.adkim,
                record.aspf,
                record.t,
                record.psd,
                record.rua,
                record.ruf,
                record.fo,
            )
        })
    };
    let Ok(meant) = meaning(data) else { return };
    let longer = [data, b"; zz_unknown=1"].concat();
    assert_eq!(meaning(&longer), Ok(meant));
});
