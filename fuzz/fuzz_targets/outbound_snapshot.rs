//! A snapshot of any octets is refused, or gives a monitor that works, and that is written and read again as the same. Hashes are made
//! right first, so that what is behind them is reached.
#![no_main]

use aws_lc_rs::digest::{Context, SHA256};
use libfuzzer_sys::fuzz_target;
use mailrep::outbound::{Event, Key, Monitor, MonitorOptions, Recipients};
use std::sync::LazyLock;

fn options() -> MonitorOptions {
    let mut options = MonitorOptions::default();
    options.novelty_octets = 0;
    options
}

fn octets(monitor: &Monitor) -> Vec<u8> {
    let mut octets = Vec::new();
    monitor.write_snapshot(&mut octets).expect("memory");
    octets
}

fn event<'a>(time: f64, account: &'a [u8], recipients: &'a [&'a [u8]]) -> Event<'a> {
    Event {
        time,
        account,
        recipients: Recipients::Addresses(recipients),
    }
}

/// A snapshot of a monitor with accounts and an alarm.
static WHOLE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let monitor = Monitor::new(Key::from([7; 16]), options()).expect("a monitor");
    for second in 0..30_u32 {
        let recipient = format!("r{second}@example.net");
        let recipients = [recipient.as_bytes()];
        let sent = event(1.7e9 + f64::from(second), b"ada", &recipients);
        monitor.observe(&sent).expect("an event");
    }
    monitor.allow(b"news", 100);
    octets(&monitor)
});

/// The same with some octets changed, and right hashes.
fn changed(data: &[u8]) -> Vec<u8> {
    let mut octets = WHOLE.clone();
    for change in data.chunks_exact(3) {
        let at = usize::from(u16::from_le_bytes([change[0], change[1]])) % octets.len();
        octets[at] ^= change[2];
    }
    let mut before = octets[..12].to_vec();
    let mut at = 12;
    while let Some(length) = octets.get(at..at + 8) {
        let length = u64::from_le_bytes(length.try_into().expect("eight octets"));
        let Some(end) = usize::try_from(length)
            .ok()
            .and_then(|length| (at + 8).checked_add(length))
        else {
            break;
        };
        if end.checked_add(32).is_none_or(|end| end > octets.len()) {
            break;
        }
        let mut hash = Context::new(&SHA256);
        hash.update(&before);
        hash.update(&octets[at..end]);
        before = hash.finish().as_ref().to_vec();
        octets[end..end + 32].copy_from_slice(&before);
        at = end + 32;
    }
    octets
}

fuzz_target!(|data: &[u8]| {
    let _ = Monitor::read_snapshot(data, options());
    let Ok(monitor) = Monitor::read_snapshot(changed(data).as_slice(), options()) else {
        return;
    };
    let written = octets(&monitor);
    let again = Monitor::read_snapshot(written.as_slice(), options()).expect("what we write we read");
    assert_eq!(octets(&again), written);
    for (name, time) in [
        (b"ada", 1.7e9 + 40.0),
        (b"ada", 1.8e9),
        (b"bob", 1.8e9),
        (b"ada", 1.0),
    ] {
        let sent = event(time, name, &[b"r1@example.net"]);
        assert_eq!(monitor.observe(&sent), again.observe(&sent));
        assert_eq!(monitor.habits(name), again.habits(name));
    }
    monitor.acknowledge(b"ada");
    let twin = Monitor::read_snapshot(written.as_slice(), options()).expect("what we write we read");
    if monitor.merge(twin).is_ok() {
        let merged = octets(&monitor);
        assert!(Monitor::read_snapshot(merged.as_slice(), options()).is_ok());
    }
});
