//! What is rewritten is a bounded address in the alias domain, is recognized, and comes home: an ordinary address as it was, an SRS
//! address to the first forwarder. Nothing that came from an address breaks a line.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::clock::UnixTime;
use mailrep::srs::{
    Accept, MOST_OCTETS, Mac, Outcome, Rewriter, Rewriting, Secrets, Separator, Settings, Unchanged,
};

const ALIAS: &[u8] = b"srs.example.org";

fuzz_target!(|data: &[u8]| {
    let [choices, address @ ..] = data else { return };
    let mut settings = Settings::new(
        "srs.example.org",
        Secrets::new(["a-secret-of-tests"]).expect("it is long enough"),
    );
    settings.separator = Separator::ALL[usize::from(choices & 3) % 3];
    settings.always = choices & 4 != 0;
    if choices & 8 != 0 {
        settings.mint = Mac::Strong;
        settings.accept = Accept::Strong;
    }
    let rewriter = Rewriter::new(settings).expect("the settings can be used");
    let now = UnixTime(i64::from(choices >> 4) * 86_400 * 500);
    let outcome = rewriter.forward(address, now);
    let Outcome::Rewritten(there) = &outcome else {
        assert_eq!(
            outcome.output(address).is_none(),
            matches!(outcome, Outcome::Refused(_))
        );
        return;
    };
    assert!(there.address.len() <= MOST_OCTETS);
    assert!(there.address.ends_with(ALIAS));
    assert!(!there.address.iter().any(u8::is_ascii_control));
    assert_eq!(there.address.starts_with(b"\""), address.starts_with(b"\""));
    assert_eq!(
        rewriter.forward(&there.address, now),
        Outcome::Unchanged(Unchanged::AlreadyRewritten)
    );
    let Outcome::Rewritten(back) = rewriter.reverse(&there.address, now) else {
        panic!("what was rewritten is reversed")
    };
    match there.how {
        Rewriting::Srs0 => assert_eq!(back.address, address),
        _ => assert_eq!(back.how, Rewriting::FromSrs1),
    }
});
