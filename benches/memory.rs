//! Peak heap of checking and of signing a 25 MB message, counted by the allocator: `cargo bench --bench memory --all-features`.

#![allow(clippy::unwrap_used, missing_docs)]

mod signed;

use mailrep::Limits;
use mailrep::clock::UnixTime;
use mailrep::dkim::{MessageSigning, NewKey, Signer, SignerOptions, SigningKey};
use mailrep::dns::zone::Zone;
use mailrep::driver::{Checker, Setup, Source};
use peak_alloc::PeakAlloc;
use std::sync::Arc;

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
    sign(&signed::Message::new(25 << 20));
}

/// Signs with RSA and Ed25519 in one pass.
fn sign(message: &signed::Message) {
    let signers: Vec<Arc<Signer>> = [("r", NewKey::Rsa2048), ("e", NewKey::Ed25519)]
        .map(|(selector, new)| {
            let key = Arc::new(SigningKey::generate(new).unwrap());
            Arc::new(Signer::new("example.org", selector, key, SignerOptions::default()).unwrap())
        })
        .into();
    let idle = PeakAlloc.current_usage();
    PeakAlloc.reset_peak_usage();
    let mut signing = MessageSigning::new(signers, &Limits::default());
    message.stream(|octets| signing.data(octets).unwrap());
    let fields = signing.finish(UnixTime(1_700_000_000)).unwrap();
    let peak = PeakAlloc.peak_usage();
    println!(
        "     25 MB  {:>9.2} MB  {:>9.3} MB  signed, {} signatures",
        peak as f64 / 1e6,
        (peak - idle) as f64 / 1e6,
        fields.len()
    );
    assert_eq!(fields.len(), 2);
    assert!(peak < 10_000_000, "the figure to keep is 10 MB");
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
