//! 50,000 messages of all kinds, by four clients at once, with reloads between. Its memory has to be steady after a fifth of them.

use crate::host::{Host, Mail, OUTSIDE, SUBMITTED, data, message};
use crate::process::{Process, mebibytes};
use crate::{signed, zone};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

const MESSAGES: u64 = 50_000;
const CLIENTS: usize = 4;
const RELOAD_EVERY: u64 = 5_000;
/// Memory is looked at so often, and the most of each block of so many messages is compared.
const LOOK_EVERY: u64 = 500;
const BLOCK: u64 = 5_000;
/// Blocks until all accounts are known and all caches full; what may come in addition afterwards.
const WARM_BLOCKS: usize = 2;
const MORE: f64 = 3.0;
const LARGE: usize = 1 << 20;

pub(crate) fn run() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "a secret of the soak, 32 octets and more\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secret, mode).unwrap();
    let policy = format!(
        "local_domains = [\"example.net\"]\n\
         [dmarc]\nhonour_policy = true\n\
         [srs]\ndomain = \"srs.example.net\"\nsecret_file = \"{}\"\nforwarded_recipients = [\"away@example.net\"]\n\
         [outbound]\nstate_file = \"{}\"\non_alarm = \"tag\"\n\
         [[sign]]\ndomains = [\"example.org\"]\nkeys = [{{ selector = \"s2026\", file = \"{}\" }}]\n",
        secret.display(),
        folder.path().join("state").display(),
        data("keys/rsa2048.pem").display(),
    );
    let main = "default_transport = discard:\nrelay_transport = discard:\nrelayhost =\n";
    let mut host = Host::of(zone(), main, "", &policy);
    let milter = Process::with_children(host.milter().pid());
    let letters = Letters::new(folder.path());
    let (next, kinds) = (AtomicU64::new(0), Mutex::new(BTreeMap::new()));
    let mut most: Vec<f64> = Vec::new();
    let begun = Instant::now();
    println!("{:>9} {:>9} {:>14}", "messages", "seconds", "resident, MiB");
    std::thread::scope(|scope| {
        let clients: [_; CLIENTS] = std::array::from_fn(|_| {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= MESSAGES {
                        return;
                    }
                    let kind = send(&host, &letters, number);
                    *kinds.lock().unwrap().entry(kind).or_insert(0_u64) += 1;
                }
            })
        });
        let (mut looked, mut reloaded) = (0, 0);
        while clients.iter().any(|client| !client.is_finished()) {
            std::thread::sleep(std::time::Duration::from_millis(50));
            let done = next.load(Ordering::Relaxed).min(MESSAGES);
            if done < looked + LOOK_EVERY {
                continue;
            }
            looked = done;
            let resident = mebibytes(milter.resident().0);
            let block = ((done - 1) / BLOCK) as usize;
            most.resize(most.len().max(block + 1), 0.0);
            most[block] = most[block].max(resident);
            if done / RELOAD_EVERY > reloaded {
                reloaded = done / RELOAD_EVERY;
                println!(
                    "{done:>9} {:>9.0} {resident:>14.1}",
                    begun.elapsed().as_secs_f64()
                );
                crate::milter::signal(host.milter.as_ref().unwrap().pid(), "HUP");
            }
        }
    });
    for (kind, count) in kinds.into_inner().unwrap() {
        println!("{count:>9} {kind}");
    }
    let reloads = host.milter().lines(&["the policy was taken anew"]).len();
    println!("{reloads} reloads; the most of each {BLOCK}: {most:.1?} MiB");
    assert!(reloads > 0, "no reload");
    let after = &most[WARM_BLOCKS..];
    let (first, last) = (after[0], after.iter().copied().fold(0.0, f64::max));
    assert!(
        last <= first + MORE,
        "memory grows: {first:.1} MiB, then {last:.1}"
    );
    let status = host.milter().stop();
    assert!(status.success(), "{status}");
    println!(
        "steady: {first:.1} MiB after {} messages, at most {last:.1} in those that followed",
        WARM_BLOCKS as u64 * BLOCK
    );
}

struct Letters {
    signed: Vec<u8>,
    tampered: Vec<u8>,
    large: Vec<u8>,
    forged: Vec<u8>,
    fields: Vec<u8>,
    submitted: Vec<u8>,
    broken: Vec<u8>,
}

impl Letters {
    fn new(folder: &Path) -> Letters {
        let signed = signed(folder, 2_600);
        let mut tampered = signed.clone();
        tampered.extend_from_slice(b"and a line more\r\n");
        let mut broken = message(
            "ada@example.org",
            "broken",
            "X-No-Space:value\nNo colon at all\nX-Eight: \u{e9}\u{fffd}\n",
        );
        broken.extend((0..=255_u8).filter(|octet| !b"\r\n.".contains(octet)));
        let results = "Authentication-Results: mx.example.net; dmarc=pass\n".repeat(10);
        Letters {
            large: crate::signed(folder, LARGE),
            forged: message("ceo@example.org", "forged", &results),
            fields: message("ada@example.org", "fields", &"X-Filler: of many\n".repeat(1_500)),
            submitted: message("ada@example.org", "submitted", ""),
            signed,
            tampered,
            broken,
        }
    }
}

/// Sends one message, or what looks like one; which kind.
fn send(host: &Host, letters: &Letters, number: u64) -> &'static str {
    let account = format!("user{}@example.org", number % 2_003);
    let stranger = format!("stranger{number}@example.com");
    let strangers: &[&str] = &[&stranger];
    let honest = Mail {
        content: &letters.signed,
        ..OUTSIDE
    };
    let taken = |mail: &Mail<'_>, code: u16| {
        let reply = host.send(mail);
        assert_eq!(reply.code, code, "{reply:?}");
    };
    match number % 20 {
        0 | 1 => {
            taken(
                &Mail {
                    ip: "203.0.113.66",
                    from: "eve@grift.test",
                    content: &letters.forged,
                    ..OUTSIDE
                },
                550,
            );
            "forged, and ten results that claim to be ours"
        }
        2..=6 => {
            taken(
                &Mail {
                    login: &account,
                    from: &account,
                    to: strangers,
                    content: &letters.submitted,
                    ..SUBMITTED
                },
                250,
            );
            "submitted, signed and watched"
        }
        7 => {
            taken(
                &Mail {
                    content: &letters.tampered,
                    ..honest
                },
                250,
            );
            "with a signature that fails"
        }
        8 => {
            taken(
                &Mail {
                    to: &["away@example.net"],
                    ..honest
                },
                250,
            );
            "forwarded by SRS"
        }
        9 => {
            let bounce = format!("SRS0=AAAA=AA=example.com=user{number}@srs.example.net");
            let mut client = host.client(&OUTSIDE);
            assert_eq!(client.say("MAIL FROM:<>").code, 250);
            assert_eq!(client.say(&format!("RCPT TO:<{bounce}>")).code / 100, 5);
            "to a made-up SRS address"
        }
        10 => {
            taken(
                &Mail {
                    content: &letters.broken,
                    ..OUTSIDE
                },
                250,
            );
            "broken"
        }
        11 => {
            let mut client = host.client(&OUTSIDE);
            assert_eq!(client.say("MAIL FROM:<ada@example.org>").code, 250);
            assert_eq!(client.say("RCPT TO:<bo@example.net>").code, 250);
            assert_eq!(client.say("DATA").code, 354);
            client.raw(&letters.signed[..1_000]);
            "whose client is gone in the middle"
        }
        12 => {
            let mut client = host.client(&OUTSIDE);
            for _ in 0..3 {
                assert_eq!(client.say("MAIL FROM:<ada@example.org>").code, 250);
                assert_eq!(client.say("RSET").code, 250);
            }
            let reply = client.hand_over("ada@example.org", "", &["bo@example.net"], &letters.signed);
            assert_eq!(reply.code, 250, "{reply:?}");
            "after three RSET"
        }
        13 if number % 400 == 13 => {
            taken(
                &Mail {
                    content: &letters.large,
                    ..OUTSIDE
                },
                250,
            );
            "of one mebibyte"
        }
        13 if number % 400 == 33 => {
            taken(
                &Mail {
                    content: &letters.fields,
                    ..OUTSIDE
                },
                250,
            );
            "with 1,500 header fields"
        }
        _ => {
            taken(&honest, 250);
            "honest and signed"
        }
    }
}
