//! A policy file: it is a policy, or it has faults that stand at lines of the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::filter::Policy;
use std::path::Path;

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // Files that it names are not read.
    let Err(error) = Policy::parse(text, "policy", Path::new("")) else {
        return;
    };
    assert!(!error.faults.is_empty());
    let lines = text.split('\n').count();
    for fault in &error.faults {
        assert!((1..=lines).contains(&fault.place.line), "{error}");
        assert!(fault.place.column >= 1);
    }
    assert!(error.to_string().starts_with("policy:"));
});
