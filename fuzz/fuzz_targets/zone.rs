//! A zone file is read or refused with a place in it; what was read answers every question, the same each time.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::dns::{Answer, Name, Question, RecordType, zone::Zone};

fuzz_target!(|data: &[u8]| {
    let zone = match Zone::parse(data, "fuzz.zone") {
        Ok(zone) => zone,
        Err(error) => {
            assert!(error.to_string().contains("fuzz.zone"), "{error}");
            return;
        }
    };
    // Ask for whatever looks like a name in the file, and for what stands below it.
    for word in data.split(|octet| octet.is_ascii_whitespace()).take(64) {
        let Ok(name) = Name::parse(word) else { continue };
        for name in [name.prefixed("_dmarc").unwrap_or_else(|_| name.clone()), name] {
            for kind in [
                RecordType::Txt,
                RecordType::A,
                RecordType::Aaaa,
                RecordType::Mx,
                RecordType::Ptr,
            ] {
                let question = Question::new(name.clone(), kind);
                let answer = zone.answer(&question);
                assert_eq!(answer, zone.answer(&question));
                assert!(!matches!(answer, Answer::MalformedName(_)), "{question}");
            }
        }
    }
});
