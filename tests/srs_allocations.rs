//! Rewriting allocates its result and nothing else.

#![allow(clippy::unwrap_used, clippy::panic)]

use mailrep::clock::UnixTime;
use mailrep::srs::{Mac, Outcome, Rewriter, Secrets, Settings};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

/// The outcome, and the most octets that were allocated at once on the way to it.
fn measured(call: impl Fn() -> Outcome) -> (Outcome, usize) {
    let before = ALLOCATOR.current_usage();
    ALLOCATOR.reset_peak_usage();
    let outcome = call();
    (outcome, ALLOCATOR.peak_usage() - before)
}

/// The only test of this program: others would allocate meanwhile.
#[test]
fn nothing_is_allocated_beyond_the_result() {
    let now = UnixTime(1_763_812_800);
    for mac in [Mac::Compat, Mac::Strong] {
        let mut settings = Settings::new("srs.example.org", Secrets::new(["a-secret-of-tests"]).unwrap());
        settings.mint = mac;
        settings.excluded = vec![".example.net".to_owned()];
        let rewriter = Rewriter::new(settings).unwrap();
        let addresses: [&[u8]; 4] = [
            b"alice@example.com",
            b"\"john \\\" doe\"@example.com",
            &[b'a'; 70],
            b"<>",
        ];
        let mut results = 0;
        for address in addresses {
            let (there, octets) = measured(|| rewriter.forward(address, now));
            let Outcome::Rewritten(there) = there else {
                assert_eq!(octets, 0);
                continue;
            };
            assert_eq!(octets, there.address.len());
            let (again, octets) = measured(|| rewriter.forward(&there.address, now));
            assert_eq!((again.as_str(), octets), ("unchanged", 0));
            let (back, octets) = measured(|| rewriter.reverse(&there.address, now));
            assert_eq!(back.output(b"").unwrap().len(), octets);
            results += 1;
        }
        assert_eq!(results, 2);
        for address in [&b"a@b.example.net"[..], b"a b@c", b"a@@", b"\"a"] {
            assert_eq!(measured(|| rewriter.forward(address, now)).1, 0);
            assert_eq!(measured(|| rewriter.reverse(address, now)).1, 0);
        }
    }
}
