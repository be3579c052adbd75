//! SRS beside its limit: `cargo bench --bench srs --all-features`.
//!
//! The limit is one HMAC over the parts of the address, by the same library and with its key prepared as ours is. PostSRSd's own
//! rewriting takes part if its source is at hand, as CONTRIBUTING.md says. All take their turn in rounds;
//! nanoseconds are medians of CPU time for one address, and ratios are made round by round.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod peers;
#[expect(dead_code, reason = "the bench of SPF uses more of it")]
mod usage;

use hmac::{Hmac, KeyInit as _, Mac as _};
use mailrep::clock::UnixTime;
use mailrep::srs::{Mac, Outcome, Rewriter, Secrets, Settings};
use peers::Peer;
use sha1::Sha1;
use sha2::Sha256;
use std::hint::black_box;

const ROUNDS: usize = 25;
/// Addresses in a round.
const TIMES: usize = 200_000;
const SECRET: &str = "club1-s3cret-key";
/// An address whose parts, timestamp included, have 49 octets.
const ADDRESS: &[u8] = b"somebody.important@mailing-lists.example.com.au.";

/// What PostSRSd 1.10 takes on another machine, for where its source is not at hand.
const PUBLISHED: f64 = 2_000.0;

fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "SRS; nanoseconds of CPU an address, medians of {ROUNDS} rounds; load at the start {}",
        load.split(' ').next().unwrap_or("unknown")
    );
    let folder = tempfile::TempDir::new().unwrap();
    let peer = peers::Peer::postsrsd(folder.path());
    if let Err(missing) = &peer {
        println!("skipped: {missing}; its column is the published figure, {PUBLISHED}");
    }
    let peer = peer.ok();
    println!(
        "{:<8} {:<8} {:>8} {:>8} {:>9} {:>9} {:>10}",
        "form", "way", "an HMAC", "mailrep", "PostSRSd", "/ HMAC", "/ PostSRSd"
    );
    println!(
        "{:<8} {:<8} {:>8} {:>8} {:>9} {:>9} {:>10}",
        "", "", "", "", "to keep:", "1.70", "0.25"
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
    compare(Mac::Compat, peer.as_ref(), || {
        black_box(
            compat
                .clone()
                .chain_update(black_box(&parts))
                .finalize()
                .into_bytes(),
        );
    });
    compare(Mac::Strong, peer.as_ref(), || {
        black_box(
            strong
                .clone()
                .chain_update(black_box(&labelled))
                .finalize()
                .into_bytes(),
        );
    });
}

fn rewriter(mac: Mac) -> Rewriter {
    let mut settings = Settings::new("club1.fr", Secrets::new([SECRET]).unwrap());
    settings.mint = mac;
    Rewriter::new(settings).unwrap()
}

fn compare(mac: Mac, peer: Option<&Peer>, hmac: impl Fn()) {
    let rewriter = rewriter(mac);
    // PostSRSd asks what day it is, and knows one form.
    let now = UnixTime::now();
    let [there, theirs] = [&rewriter, &self::rewriter(Mac::Compat)].map(|rewriter| {
        let Outcome::Rewritten(there) = rewriter.forward(ADDRESS, now) else {
            panic!("it is rewritten")
        };
        there.address
    });
    let forward = || {
        black_box(rewriter.forward(black_box(ADDRESS), now));
    };
    let reverse = || {
        black_box(rewriter.reverse(black_box(&there), now));
    };
    row(mac, "forward", peer, ADDRESS, &hmac, forward);
    row(mac, "reverse", peer, &theirs, &hmac, reverse);
}

fn row(mac: Mac, way: &str, peer: Option<&Peer>, address: &[u8], hmac: impl Fn(), ours: impl Fn()) {
    let nanoseconds = |work: &dyn Fn()| {
        let cost = usage::of(|| (0..TIMES).for_each(|_| work()));
        cost.cpu.as_secs_f64() * 1e9 / TIMES as f64
    };
    let address = String::from_utf8_lossy(address).into_owned();
    let arguments = [SECRET, "club1.fr", &address, &TIMES.to_string()].map(str::to_owned);
    let postsrsd = || {
        let cost = peer.map(|peer| peer.run(&arguments, TIMES).cpu);
        cost.map_or(PUBLISHED, |cost| cost.as_secs_f64() * 1e9 / TIMES as f64)
    };
    ours();
    let rounds: Vec<[f64; 3]> = (0..ROUNDS)
        .map(|_| [nanoseconds(&hmac), nanoseconds(&ours), postsrsd()])
        .collect();
    let median = |of: &dyn Fn(&[f64; 3]) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[ROUNDS / 2]
    };
    let [an_hmac, mailrep, theirs] = [0, 1, 2].map(|column| median(&|round| round[column]));
    let (to_hmac, to_peer) = (
        median(&|round| round[1] / round[0]),
        median(&|round| round[1] / round[2]),
    );
    println!(
        "{:<8} {way:<8} {an_hmac:>8.0} {mailrep:>8.0} {theirs:>9.0} {to_hmac:>9.2} {to_peer:>10.2}",
        mac.as_str()
    );
}
