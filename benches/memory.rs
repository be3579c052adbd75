//! Peak heap of checking a 25 MB message, counted by the allocator: `cargo bench --bench memory --all-features`.

#![allow(clippy::unwrap_used, missing_docs)]

mod signed;

use mailrep::clock::UnixTime;
use mailrep::dns::zone::Zone;
use mailrep::driver::{Checker, Setup, Source};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

fn main() {
    println!(
        "{:>10}  {:>12}  {:>12}  dkim",
        "message", "peak heap", "beyond idle"
    );
    for megabytes in [0, 1, 5, 25] {
        let message = signed::Message::new(megabytes << 20);
        let zone = Zone::parse(message.zone.as_bytes(), "bench").unwrap();
        let checker = Checker::new(Setup {
            source: Source::Zone(zone),
            ..Setup::default()
        })
        .unwrap();
        // The runtime's thread and the library's one-time tables are idle cost.
        check(&checker, &message);
        let idle = PeakAlloc.current_usage();
        PeakAlloc.reset_peak_usage();
        let result = check(&checker, &message);
        let peak = PeakAlloc.peak_usage();
        println!(
            "{megabytes:>7} MB  {:>9.2} MB  {:>9.3} MB  {result}",
            peak as f64 / 1e6,
            (peak - idle) as f64 / 1e6,
        );
        assert_eq!(result, "pass");
        assert!(peak < 10_000_000, "the figure to keep is 10 MB");
    }
}

/// Streams the message, made chunk by chunk so that the message itself takes no memory.
fn check(checker: &Checker, message: &signed::Message) -> &'static str {
    let mut transaction = checker.transaction_at(UnixTime(1_700_000_000));
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    transaction.helo(b"mail.example.org").unwrap();
    transaction.mail_from(b"alice@example.org").unwrap();
    message.stream(|octets| transaction.data(octets).unwrap());
    transaction.finish().unwrap().dkim[0].result.as_str()
}
