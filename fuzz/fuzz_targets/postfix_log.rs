//! A log of any octets gives messages that were queued in it, in the order of the log's time, whichever lines of other programs stand between
//! its own, and what is waited for is bounded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::outbound::postfix::{Clock, Kind, Log, Message};

const NOW: i64 = 1_795_706_395;

fn read<'a>(lines: impl Iterator<Item = &'a [u8]>) -> (Vec<Message>, usize) {
    let mut log = Log::new(Clock::until(NOW));
    let (mut messages, mut ours) = (Vec::new(), 0);
    for line in lines {
        let kind = log.line(line);
        assert_eq!(
            kind == Kind::Unusable,
            log_time(line).is_none() || is_cut_off(line, kind)
        );
        ours += usize::from(kind == Kind::Postfix);
        assert!(log.waiting() <= ours);
        messages.extend(std::iter::from_fn(|| log.next()));
    }
    log.end();
    assert_eq!(log.waiting(), 0);
    messages.extend(std::iter::from_fn(|| log.next()));
    (messages, ours)
}

fn log_time(line: &[u8]) -> Option<i64> {
    Clock::until(NOW).time_of(line)
}

/// It has a time, and Postfix wrote the beginning of it.
fn is_cut_off(line: &[u8], kind: Kind) -> bool {
    kind == Kind::Unusable && line.windows(7).any(|word| word == b"postfix")
}

fuzz_target!(|data: &[u8]| {
    let lines = || data.split(|octet| *octet == b'\n');
    let (messages, ours) = read(lines());
    // Two lines make a message.
    assert!(messages.len() <= ours / 2);
    for message in &messages {
        assert!(!message.account.is_empty());
        let queued = |line: &[u8]| log_time(line) == Some(message.time);
        assert!(lines().any(queued), "it was queued when some line was written");
    }
    // What other programs write in the same moments changes nothing.
    let mut between = Vec::new();
    for line in lines() {
        between.push(line.to_vec());
        if log_time(line).is_some()
            && let Some(end) = line.iter().position(|octet| *octet == b' ')
        {
            let time = match line.first() {
                Some(b'0'..=b'9') => &line[..end],
                _ => &line[..15],
            };
            between.push([time, b" mx dovecot: imap-login: Login: user=<ada>"].concat());
        }
    }
    assert_eq!(read(between.iter().map(Vec::as_slice)).0, messages);
});
