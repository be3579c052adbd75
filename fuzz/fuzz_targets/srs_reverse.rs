//! What is reversed has no controls, and forward takes it for an address of ours. With the strong form, an address that is ours is so no
//! longer when a character is changed or added.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::clock::UnixTime;
use mailrep::srs::{Accept, Mac, Outcome, Rewriter, Secrets, Settings, Unchanged};

fuzz_target!(|data: &[u8]| {
    let mut settings = Settings::new(
        "srs.example.org",
        Secrets::new(["a-secret-of-tests"]).expect("it is long enough"),
    );
    settings.hash_length = 27;
    settings.hash_minimum = 27;
    let compat = Rewriter::new(settings.clone()).expect("the settings can be used");
    settings.mint = Mac::Strong;
    settings.accept = Accept::Strong;
    let strong = Rewriter::new(settings).expect("the settings can be used");
    let now = UnixTime(1_763_812_800);
    for rewriter in [&compat, &strong] {
        let outcome = rewriter.reverse(data, now);
        if let Outcome::Rewritten(back) = &outcome {
            assert!(!back.address.iter().any(u8::is_ascii_control));
            assert_eq!(
                rewriter.forward(data, now),
                Outcome::Unchanged(Unchanged::AlreadyRewritten)
            );
        }
    }
    // One octet more or less, and it is not ours.
    if let Outcome::Rewritten(there) = strong.forward(data, now) {
        let at = there.address.len() - b"@srs.example.org".len() - usize::from(data.starts_with(b"\""));
        let mut longer = there.address.clone();
        longer.insert(at, b'a');
        assert!(matches!(strong.reverse(&longer, now), Outcome::Refused(_)));
        let mut other = there.address;
        let place = 5 + usize::from(data.starts_with(b"\""));
        other[place] = if other[place] == b'A' { b'B' } else { b'A' };
        assert!(matches!(strong.reverse(&other, now), Outcome::Refused(_)));
    }
});
