//! A record that was read is what was published, and each of its directives reads the same by itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::spf::Record;

fuzz_target!(|data: &[u8]| {
    let Ok(record) = Record::parse(data) else { return };
    assert!(Record::is_record(data));
    assert_eq!(record.text().as_bytes(), data);
    assert_eq!(Record::parse(record.text().as_bytes()).as_ref(), Ok(&record));
    for directive in record.directives() {
        let published = record.published(directive);
        let alone =
            Record::parse(format!("v=spf1 {published}").as_bytes()).expect("it was valid in the record");
        let [only] = &alone.directives().collect::<Vec<_>>()[..] else {
            panic!("'{published}' is one directive");
        };
        assert_eq!(alone.published(only), published);
        assert_eq!(
            (&only.qualifier, &only.mechanism),
            (&directive.qualifier, &directive.mechanism)
        );
    }
});
