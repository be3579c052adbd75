//! A name that was read is within the bounds of the DNS, and reads the same when it is written out.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::dns::Name;

fuzz_target!(|data: &[u8]| {
    let Ok(name) = Name::parse(data) else { return };
    let text = name.as_str();
    assert!(text.len() <= 253, "{text}");
    assert!(text.is_ascii());
    assert!(
        name.labels().all(|label| (1..=63).contains(&label.len())),
        "{text}"
    );
    assert_eq!(name.labels().count(), name.label_count());
    if !name.is_root() {
        assert_eq!(Name::parse(text.as_bytes()).as_ref(), Ok(&name));
    }
    let mut above = name.parent();
    let mut count = name.label_count();
    while let Some(parent) = above {
        count -= 1;
        assert_eq!(parent.label_count(), count);
        assert!(name.is_within(&parent));
        assert_eq!(name.suffix(count), parent);
        above = parent.parent();
    }
    if let Ok(longer) = name.prefixed("_dmarc") {
        assert_eq!(longer.parent(), Some(name));
    }
});
