//! DKIM verification beside others, and beside the least it can cost: `cargo bench --bench dkim --all-features`.
//!
//! Every message has one signature, relaxed/relaxed, whose key is known. *limit* is SHA-256 over the body's octets as they
//! are and one public-key operation, both by the library that we use; *bare calls* also hashes the header and reads the key, as
//! calls of that library do. `OPENSSL_ia32cap=:~0x20000000` before the command measures a processor without instructions for
//! SHA-256, on which the hash weighs four times as much. *mailrep* takes raw octets and gives the signature's
//! verdict, *transaction* also DMARC's and the Authentication-Results. CPU time is the median of rounds in which all take their
//! turn, a ratio the median of the rounds' ratios; they hold on a machine that does nothing else.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

mod letters;
mod peers;
mod usage;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use futures_util::FutureExt as _;
use letters::{Content, Letter, Signer};
use mailrep::Limits;
use mailrep::clock::{Clock, UnixTime};
use mailrep::dkim::{self, DkimResult, Keys, KeysOptions};
use mailrep::dns::Session;
use mailrep::dns::cache::{CacheOptions, CachedResolver};
use mailrep::dns::zone::Zone;
use mailrep::message::Splitter;
use mailrep::trace::Tracer;
use mailrep::transaction::{Context, Inline, Options, Transaction};
use peers::Peer;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use usage::{Cost, typical};

const ROUNDS: usize = 15;
/// CPU time that a round of one subject takes, roughly.
const ROUND: Duration = Duration::from_millis(60);
/// How a mail server passes a message on.
const CHUNK: usize = 64 << 10;
const NOW: UnixTime = UnixTime(1_700_000_100);
/// The figures to keep: to the limit, and to libopendkim.
const TO_LIMIT: f64 = 1.10;
const TO_LIBOPENDKIM: f64 = 0.40;

/// Verifies a letter so many times.
type Verify<'a> = Box<dyn Fn(usize) -> Cost + 'a>;

struct Subject<'a> {
    name: &'static str,
    verify: Verify<'a>,
}

fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("unknown");
    println!(
        "DKIM, one signature, key known; CPU microseconds a message in {ROUNDS} rounds; load at the start {load}"
    );
    let folder = tempfile::tempdir().unwrap();
    let mut peers = Vec::new();
    for (name, peer) in [
        ("libopendkim", libopendkim(folder.path())),
        ("mail-auth", mail_auth()),
        (
            "dkimpy",
            Peer::python("dkimpy", "dkim, nacl", "dkimpy==1.1.8 pynacl"),
        ),
    ] {
        match peer {
            Ok(peer) => peers.push((name, peer)),
            Err(missing) => println!("skipped: {missing}"),
        }
    }
    let letters = [
        ("2 KB text, rsa-sha256", Content::Text, 2_000, Signer::Rsa2048),
        ("2 KB text, ed25519-sha256", Content::Text, 2_000, Signer::Ed25519),
        ("50 KB HTML, rsa-sha256", Content::Html, 50_000, Signer::Rsa2048),
        (
            "50 KB HTML, quoted-printable, rsa-sha256",
            Content::QuotedHtml,
            50_000,
            Signer::Rsa2048,
        ),
        (
            "1 MB base64, rsa-sha256",
            Content::Base64,
            1_000_000,
            Signer::Rsa2048,
        ),
        ("1 MB HTML, rsa-sha256", Content::Html, 1_000_000, Signer::Rsa2048),
        (
            "25 MB base64, rsa-sha256",
            Content::Base64,
            25_000_000,
            Signer::Rsa2048,
        ),
    ];
    let only = std::env::args()
        .skip(1)
        .find(|argument| !argument.starts_with('-'));
    for (name, content, octets, signer) in letters {
        if only.as_ref().is_none_or(|only| name.contains(only.as_str())) {
            compare(
                name,
                &Letter::new(content, octets, signer),
                signer,
                &peers,
                folder.path(),
            );
        }
    }
}

fn compare(name: &str, letter: &Letter, signer: Signer, peers: &[(&'static str, Peer)], folder: &Path) {
    println!("\n{name}: body of {} octets", letter.message.len() - letter.body);
    println!("{:<16} {:>12} {:>14}", "", "CPU", "to the limit");
    let files = ["record", "message"].map(|file| folder.join(file));
    std::fs::write(&files[0], &letter.record).unwrap();
    std::fs::write(&files[1], &letter.message).unwrap();
    let mut subjects = vec![
        Subject {
            name: "limit",
            verify: limit(letter, signer),
        },
        Subject {
            name: "mailrep",
            verify: core(letter),
        },
        Subject {
            name: "bare calls",
            verify: bare_calls(letter, signer),
        },
        Subject {
            name: "transaction",
            verify: transaction(letter),
        },
    ];
    for (name, peer) in peers {
        let paths = files.each_ref().map(|file| file.to_string_lossy().into_owned());
        let verify = move |count: usize| {
            let [record, message] = paths.clone();
            peer.run(&[record, message, count.to_string()], count)
        };
        subjects.push(Subject {
            name,
            verify: Box::new(verify),
        });
    }
    let counts: Vec<usize> = subjects
        .iter()
        .map(|subject| repetitions(&subject.verify))
        .collect();
    let mut costs = vec![Vec::new(); subjects.len()];
    for _ in 0..ROUNDS {
        for ((subject, costs), &count) in subjects.iter().zip(&mut costs).zip(&counts) {
            costs.push((subject.verify)(count).each(count));
        }
    }
    for (subject, costs_here) in subjects.iter().zip(&costs) {
        let ratio = ratio(costs_here, &costs[0]);
        let figure = match subject.name {
            "mailrep" => against(ratio, TO_LIMIT),
            _ => String::new(),
        };
        println!(
            "{:<16} {:>12.2} {ratio:>14.3} {figure}",
            subject.name,
            typical(costs_here).cpu.as_secs_f64() * 1e6,
        );
    }
    if let Some(at) = subjects.iter().position(|subject| subject.name == "libopendkim") {
        let ratio = ratio(&costs[1], &costs[at]);
        println!(
            "mailrep to libopendkim {ratio:>20.3} {}",
            against(ratio, TO_LIBOPENDKIM)
        );
    }
}

/// How often a letter is verified in a round.
fn repetitions(verify: &Verify<'_>) -> usize {
    let once = verify(4).each(4).cpu.max(Duration::from_micros(1));
    usize::try_from(ROUND.as_nanos() / once.as_nanos())
        .unwrap()
        .clamp(2, 20_000)
}

/// The median of the ratios in each round.
fn ratio(ours: &[Cost], theirs: &[Cost]) -> f64 {
    let pairs = ours.iter().zip(theirs);
    let mut ratios: Vec<f64> = pairs
        .map(|(ours, theirs)| ours.cpu.as_secs_f64() / theirs.cpu.as_secs_f64())
        .collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// Repeats what gives true if it verified.
fn repeated<'a>(verify: impl Fn() -> bool + 'a) -> Verify<'a> {
    Box::new(move |count| usage::of(|| (0..count).for_each(|_| assert!(verify()))))
}

/// The least that it can cost: one digest of the body, one public-key operation with a key that was read before.
fn limit<'a>(letter: &'a Letter, signer: Signer) -> Verify<'a> {
    let body = &letter.message[letter.body..];
    let hash = digest(&SHA256, &letter.signed);
    match signer {
        Signer::Rsa2048 => {
            let key = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &letter.public).unwrap();
            repeated(move || {
                black_box(digest(&SHA256, black_box(body)));
                key.verify_digest_sig(&hash, &letter.signature).is_ok()
            })
        }
        Signer::Ed25519 => {
            let key = ParsedPublicKey::new(&ED25519, &letter.public).unwrap();
            repeated(move || {
                black_box(digest(&SHA256, black_box(body)));
                key.verify_sig(hash.as_ref(), &letter.signature).is_ok()
            })
        }
    }
}

/// What the same library's calls cost that take all octets at once, and the key as it is published.
fn bare_calls(letter: &Letter, signer: Signer) -> Verify<'_> {
    let body = &letter.message[letter.body..];
    repeated(move || {
        black_box(digest(&SHA256, black_box(body)));
        match signer {
            Signer::Rsa2048 => UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &letter.public)
                .verify(&letter.signed, &letter.signature)
                .is_ok(),
            Signer::Ed25519 => UnparsedPublicKey::new(&ED25519, &letter.public)
                .verify(digest(&SHA256, &letter.signed).as_ref(), &letter.signature)
                .is_ok(),
        }
    })
}

/// From raw octets to the verdict on the signature.
fn core(letter: &Letter) -> Verify<'_> {
    let zone = Arc::new(Zone::parse(letter.zone().as_bytes(), "keys").unwrap());
    let keys = Arc::new(Keys::new(Clock::system(), KeysOptions::default()));
    let (limits, policy, trace) = (Limits::default(), dkim::Policy::default(), Tracer::off());
    repeated(move || {
        let mut splitter = Splitter::new(&limits);
        let mut chunks = letter.message.chunks(CHUNK);
        let mut rest = &letter.message[..0];
        for chunk in chunks.by_ref() {
            if let Some(begun) = splitter.push(chunk) {
                rest = &chunk[begun.offset..];
                break;
            }
        }
        let (header, _) = splitter.into_parts();
        let prepared = dkim::prepare(&header, None, NOW, &limits, &policy).with_keys(&keys);
        let mut body = prepared.body_hasher();
        let session = Session::new(Arc::clone(&zone), Clock::system(), &limits);
        let checked = prepared.check_keys(Arc::new(header), &session, &trace);
        let checked = checked.now_or_never().unwrap();
        body.update(rest);
        chunks.for_each(|chunk| body.update(chunk));
        checked.conclude(&body.finish())[0].result == DkimResult::Pass
    })
}

/// The same and DMARC, through the face that programs use, the answers known.
fn transaction(letter: &Letter) -> Verify<'_> {
    let zone = Zone::parse(letter.zone().as_bytes(), "keys").unwrap();
    let cached = CachedResolver::new(zone, Clock::system(), CacheOptions::default());
    let context = Arc::new(Context::new(cached, Options::default()));
    repeated(move || {
        let mut transaction = Transaction::at(&context, Arc::new(Inline), NOW);
        letter
            .message
            .chunks(CHUNK)
            .for_each(|chunk| transaction.data(chunk).unwrap());
        let verdict = transaction.finish().now_or_never().unwrap().unwrap();
        verdict.dkim[0].result == DkimResult::Pass
    })
}

fn libopendkim(folder: &Path) -> Result<Peer, String> {
    Peer::c(
        "libopendkim",
        "opendkim/dkim.h",
        "libopendkim-dev",
        &["-lopendkim"],
        folder,
    )
}

fn mail_auth() -> Result<Peer, String> {
    let target = peers::target().join("peers");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--release", "--locked", "--quiet", "--manifest-path"])
        .arg(peers::here("mail_auth/Cargo.toml"))
        .arg("--target-dir")
        .arg(&target)
        .output()
        .map_err(|error| format!("mail-auth (cargo does not start: {error})"))?;
    match output.status.success() {
        true => Ok(Peer {
            command: vec![target.join("release/mail-auth-peer")],
        }),
        false => Err(format!(
            "mail-auth (its program does not build: {})",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

/// The figure to keep, and whether it is kept.
fn against(measured: f64, figure: f64) -> String {
    let held = if measured <= figure { "held" } else { "MISSED" };
    format!("(at most {figure}: {held})")
}
