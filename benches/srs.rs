//! SRS beside its limit: `cargo bench --bench srs --all-features`.
//!
//! The limit is one HMAC over the parts of the address, by the same library and with its key prepared as ours is. PostSRSd's own
//! rewriting takes part where its source is; its licence keeps it out of this repository. All take their turn in rounds;
//! nanoseconds are medians of CPU time for one address, and ratios are made round by round.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

#[expect(dead_code, reason = "other benches use more of it")]
mod peers;
#[expect(dead_code, reason = "the bench of SPF uses more of it")]
mod usage;

use hmac::{Hmac, KeyInit as _, Mac as _};
use mailrep::clock::UnixTime;
use mailrep::srs::{Mac, Outcome, Rewriter, Secrets, Settings};
use sha1::Sha1;
use sha2::Sha256;
use std::hint::black_box;

const ROUNDS: usize = 25;
/// Addresses in a round.
const TIMES: usize = 200_000;
const SECRET: &str = "club1-s3cret-key";
const NOW: UnixTime = UnixTime(1_763_812_800);
/// An address whose parts, timestamp included, have 49 octets.
const ADDRESS: &[u8] = b"somebody.important@mailing-lists.example.com.au.";

fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "SRS; nanoseconds of CPU an address, medians of {ROUNDS} rounds; load at the start {}",
        load.split(' ').next().unwrap_or("unknown")
    );
    println!(
        "{:<8} {:<8} {:>8} {:>8} {:>7}  to keep",
        "form", "way", "an HMAC", "mailrep", "ratio"
    );
    // What is hashed of the address; in the strong form, a label and three lengths besides.
    let parts = [
        b"56".as_slice(),
        b"mailing-lists.example.com.au.",
        b"somebody.important",
    ];
    let labelled = [
        b"SRS0\0\x02".as_slice(),
        parts[0],
        b"\0\x1d",
        parts[1],
        b"\0\x12",
        parts[2],
    ]
    .concat();
    let parts = parts.concat();
    let compat = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    let strong = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    compare(Mac::Compat, || {
        black_box(
            compat
                .clone()
                .chain_update(black_box(&parts))
                .finalize()
                .into_bytes(),
        );
    });
    compare(Mac::Strong, || {
        black_box(
            strong
                .clone()
                .chain_update(black_box(&labelled))
                .finalize()
                .into_bytes(),
        );
    });
}

fn compare(mac: Mac, hmac: impl Fn()) {
    let mut settings = Settings::new("club1.fr", Secrets::new([SECRET]).unwrap());
    settings.mint = mac;
    let rewriter = Rewriter::new(settings).unwrap();
    let Outcome::Rewritten(there) = rewriter.forward(ADDRESS, NOW) else {
        panic!("it is rewritten")
    };
    let forward = || {
        black_box(rewriter.forward(black_box(ADDRESS), NOW));
    };
    let reverse = || {
        black_box(rewriter.reverse(black_box(&there.address), NOW));
    };
    row(mac, "forward", &hmac, forward);
    row(mac, "reverse", &hmac, reverse);
}

fn row(mac: Mac, way: &str, hmac: impl Fn(), ours: impl Fn()) {
    let nanoseconds = |work: &dyn Fn()| {
        let cost = usage::of(|| (0..TIMES).for_each(|_| work()));
        cost.cpu.as_secs_f64() * 1e9 / TIMES as f64
    };
    ours();
    let mut rounds: Vec<(f64, f64)> = (0..ROUNDS)
        .map(|_| (nanoseconds(&hmac), nanoseconds(&ours)))
        .collect();
    rounds.sort_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)));
    let (limit, mailrep) = rounds[ROUNDS / 2];
    println!(
        "{:<8} {way:<8} {limit:>8.0} {mailrep:>8.0} {:>7.2}  1.7",
        mac.as_str(),
        mailrep / limit
    );
}
