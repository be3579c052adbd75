//! A key file of any octets is a key that signs and can be written and read again, or is refused in words.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::dkim::{KeyRecord, SigningKey};

fuzz_target!(|data: &[u8]| match SigningKey::parse(data) {
    Ok(key) => {
        let again =
            SigningKey::parse(key.to_pem().expect("memory").as_bytes()).expect("what we write we read");
        assert_eq!(again.record(), key.record());
        let record = KeyRecord::parse(key.record().as_bytes()).expect("what we publish can be used");
        assert_eq!(record.bits(), key.bits());
    }
    Err(why) => assert!(!why.to_string().is_empty()),
});
