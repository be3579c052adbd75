//! Outbound detection with a million accounts: `cargo bench --bench outbound --no-default-features`.
//!
//! Nanoseconds of CPU for one message, by one thread and by two that share the monitor, and octets for one account as the allocator
//! counts them. Accounts take their turn as by chance, so that hardly any is in the processor's caches. *count* has a number of
//! recipients of whom nothing is known; *known* also says how many are new; *address* has one address, whose novelty is found out.

#![allow(clippy::unwrap_used, missing_docs)]

#[expect(dead_code, reason = "the bench of SPF uses more of it")]
mod usage;

use mailrep::outbound::{Event, Key, Monitor, MonitorOptions, Recipients};
use peak_alloc::PeakAlloc;
use std::hint::black_box;
use std::time::Instant;

#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ACCOUNTS: u32 = 1_000_000;
const MESSAGES: u32 = 2_000_000;
/// Recipients that each account writes to.
const CONTACTS: u32 = 20;
const BEGIN: f64 = 1_795_347_080.0;

fn main() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!(
        "outbound, {ACCOUNTS} accounts; load at the start {}",
        load.split(' ').next().unwrap_or("unknown")
    );
    println!(
        "{:<10} {:>12} {:>16} {:>22}",
        "recipients", "one thread", "two threads", "octets an account"
    );
    for kind in ["count", "known", "address"] {
        let before = ALLOCATOR.current_usage();
        let mut options = MonitorOptions::default();
        options.novelty_octets = 64 << 20;
        let monitor = Monitor::new(Key::from([7; 16]), options).unwrap();
        // Every account with all its contacts is known first.
        let rounds = if kind == "address" { CONTACTS } else { 2 };
        for round in 0..rounds {
            for account in 0..ACCOUNTS {
                send(&monitor, kind, account, round, BEGIN + f64::from(round) * 3_600.0);
            }
        }
        let octets = (ALLOCATOR.current_usage() - before) as f64 / f64::from(ACCOUNTS);
        let later = BEGIN + 100.0 * 3_600.0;
        let run = |seed: u32, messages: u32| {
            let mut state = u64::from(seed) | 1;
            for message in 0..messages {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                let account = u32::try_from((state >> 33) % u64::from(ACCOUNTS)).unwrap();
                send(
                    &monitor,
                    kind,
                    account,
                    message,
                    later + f64::from(message) / 100.0,
                );
            }
        };
        let one = usage::of(|| run(1, MESSAGES)).cpu.as_secs_f64() / f64::from(MESSAGES) * 1e9;
        let begun = Instant::now();
        std::thread::scope(|scope| {
            scope.spawn(|| run(2, MESSAGES));
            scope.spawn(|| run(3, MESSAGES));
        });
        let two = begun.elapsed().as_secs_f64() / f64::from(2 * MESSAGES) * 1e9;
        println!("{kind:<10} {one:>9.0} ns {two:>13.0} ns {octets:>22.0}");
    }
}

fn send(monitor: &Monitor, kind: &str, account: u32, message: u32, time: f64) {
    let name = numbered(*b"account0000000@example.org", account);
    let contact = numbered(*b"contact0000000@example.net", message % CONTACTS);
    let addresses = [&contact[..]];
    let event = Event {
        time,
        account: &name,
        recipients: match kind {
            "count" => Recipients::Count(1),
            "known" => Recipients::Counted {
                all: 1,
                new: u32::from(message.is_multiple_of(10)),
            },
            _ => Recipients::Addresses(&addresses),
        },
    };
    black_box(monitor.observe(black_box(&event)).unwrap());
}

/// A name with a number in it, made in no time.
fn numbered<const OCTETS: usize>(mut name: [u8; OCTETS], mut number: u32) -> [u8; OCTETS] {
    for digit in name[7..14].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
    name
}
