#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use proptest::prelude::*;

/// 26 November 2026, 15:19:55 UTC.
const NOW: i64 = 1_795_706_395;

fn log() -> Log {
    Log::new(Clock::until(NOW))
}

fn read(lines: &str) -> Vec<Message> {
    let mut log = log();
    for line in lines.lines() {
        log.line(line.as_bytes());
    }
    log.end();
    std::iter::from_fn(|| log.next()).collect()
}

fn time_of(line: &str) -> Option<i64> {
    split(line.as_bytes(), &Clock::until(NOW)).map(|line| line.time)
}

fn accepted(id: &str, account: &str) -> String {
    format!(
        "Nov 26 09:00:00 mx postfix/smtps/smtpd[9]: {id}: client=h[192.0.2.1], sasl_method=PLAIN, sasl_username={account}\n"
    )
}

fn queued(second: u32, id: &str, count: u32) -> String {
    format!(
        "Nov 26 09:00:{second:02} mx postfix/qmgr[8]: {id}: from=<a@example.org>, size=1, nrcpt={count} (queue active)\n"
    )
}

fn to(second: u32, id: &str, address: &str) -> String {
    format!(
        "Nov 26 09:00:{second:02} mx postfix/smtp[7]: {id}: to=<{address}>, relay=none, delay=1, status=deferred (x)\n"
    )
}

#[test]
fn times_are_read_in_both_forms() {
    let tag = "mx postfix/qmgr[1]: 4C1F2: removed";
    for (time, expected) in [
        ("2026-11-26T15:19:55.123456+01:00", NOW * 1_000 - 3_600_000 + 123),
        ("2026-11-26T15:19:55Z", NOW * 1_000),
        ("2026-11-26T15:19:55.5-0530", NOW * 1_000 + 19_800_500),
        ("1970-01-01T00:00:00Z", 0),
        ("2000-02-29T00:00:00Z", 951_782_400_000),
        ("Nov 26 15:19:55", NOW * 1_000),
        ("Nov  6 15:19:55", (NOW - 20 * 86_400) * 1_000),
    ] {
        assert_eq!(time_of(&format!("{time} {tag}")), Some(expected), "{time}");
    }
    for time in [
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-26T24:00:00Z",
        "2026-11-26T15:19:55",
        "2026-11-26",
        "Nov 31 15:19:55",
        "Nov 00 15:19:55",
        "Nev 26 15:19:55",
        "Nov 26 15:19:5",
        "1969-12-31T23:59:59Z",
        "1970-01-01T00:00:00+01:00",
        "",
    ] {
        assert_eq!(time_of(&format!("{time} {tag}")), None, "{time}");
    }
}

#[test]
fn a_line_without_a_year_is_of_the_latest_year_that_is_not_after_now() {
    let tag = "mx postfix/qmgr[1]: 4C1F2: removed";
    let year = |time: &str, now: i64| {
        let line = format!("{time} {tag}");
        split(line.as_bytes(), &Clock::until(now)).map(|line| line.time / 1_000)
    };
    let new_year = 1_767_225_600; // 1 January 2026
    assert_eq!(year("Dec 31 23:59:59", new_year + 5), Some(new_year - 1));
    assert_eq!(year("Jan  1 00:00:01", new_year + 5), Some(new_year + 1));
    assert_eq!(
        year("Jan  3 00:00:00", new_year + 5),
        Some(new_year + 2 * 86_400 - 365 * 86_400)
    );
    // A host in Tonga is 13 hours ahead.
    assert_eq!(year("Jan  1 13:00:00", new_year + 5), Some(new_year + 13 * 3_600));
    assert_eq!(year("Feb 29 12:00:00", new_year), Some(1_709_208_000));
    assert_eq!(year("Feb 29 12:00:00", 0), None, "there was none since 1970");
}

#[test]
fn lines_of_a_message_are_joined_by_the_queue_id() {
    let lines = [
        accepted("4C1F2ABC", "ada"),
        accepted("4TbCxK2VlHz1xyz", "bob, the builder"),
        queued(1, "4TbCxK2VlHz1xyz", 2),
        queued(2, "4C1F2ABC", 1),
        to(3, "4C1F2ABC", "x@example.net"),
        to(4, "4TbCxK2VlHz1xyz", "y@example.net"),
        to(4, "4TbCxK2VlHz1xyz", "y@example.net"),
        to(5, "4TbCxK2VlHz1xyz", "z@example.net"),
        queued(6, "4C1F2ABC", 1),
    ];
    let messages = read(&lines.concat());
    let accounts: Vec<_> = messages
        .iter()
        .map(|message| message.account.as_slice())
        .collect();
    assert_eq!(
        accounts,
        [b"bob, the builder".as_slice(), b"ada"],
        "in the order of the queue"
    );
    assert_eq!((messages[0].count, messages[0].recipients.len()), (2, 2));
    assert!(messages[1].recipients.contains(b"x@example.net".as_slice()));
    assert_eq!(messages[1].time - messages[0].time, 1_000);
}

#[test]
fn what_nobody_authenticated_for_is_not_watched() {
    let lines = [
        "Nov 26 09:00:00 mx postfix/smtpd[9]: 4C1F2: client=h[192.0.2.1]\n".to_owned(),
        queued(1, "4C1F2", 1),
        "Nov 26 09:00:00 mx postfix/pickup[9]: 4C1F3: uid=0 from=<root>\n".to_owned(),
        queued(1, "4C1F3", 1),
        "Nov 26 09:00:00 mx postfix/smtpd[9]: NOQUEUE: reject: RCPT from x[192.0.2.1]: 554; to=<a@b>\n"
            .to_owned(),
        // It was never queued: its sender went away.
        accepted("4C1F4", "ada"),
    ];
    assert_eq!(read(&lines.concat()), []);
}

#[test]
fn instances_and_hosts_have_ids_of_their_own() {
    let ours = accepted("4C1F2", "ada");
    let lines = [
        ours.clone(),
        ours.replace(" postfix/smtps/", " postfix-out/")
            .replace("=ada", "=bob"),
        ours.replace(" mx ", " other ").replace("=ada", "=eve"),
        queued(1, "4C1F2", 1),
        queued(2, "4C1F2", 2).replace(" postfix/", " postfix-out/"),
        queued(3, "4C1F2", 3).replace(" mx ", " other "),
    ];
    let messages = read(&lines.concat());
    let found: Vec<_> = messages
        .iter()
        .map(|message| (message.account.as_slice(), message.count))
        .collect();
    assert_eq!(found, [(b"ada".as_slice(), 1), (b"bob", 2), (b"eve", 3)]);
}

#[test]
fn an_alias_is_the_one_recipient_that_was_written_to() {
    let delivered =
        |address: &str| to(3, "4C1F2", address).replace(">, relay", ">, orig_to=<all@example.org>, relay");
    let lines = [
        accepted("4C1F2", "ada"),
        queued(1, "4C1F2", 2),
        delivered("x@example.org"),
        delivered("y@example.org"),
    ];
    let messages = read(&lines.concat());
    assert_eq!(
        messages[0].recipients,
        BTreeSet::from([b"all@example.org".to_vec()])
    );
}

#[test]
fn a_message_waits_for_its_recipients_for_five_minutes() {
    let mut log = log();
    let mut line = |line: &str| {
        assert_eq!(log.line(line.trim_end().as_bytes()), Kind::Postfix, "{line}");
        log.next()
    };
    assert_eq!(line(&accepted("4C1F2", "ada")), None);
    assert_eq!(line(&queued(1, "4C1F2", 2)), None);
    assert_eq!(line(&to(2, "4C1F2", "x@example.net")), None);
    let later = "Nov 26 09:05:02 mx postfix/anvil[9]: statistics: max connection rate 1/60s";
    let message = line(later).unwrap();
    assert_eq!((message.count, message.recipients.len()), (2, 1));
}

#[test]
fn kinds_of_lines_are_told_apart() {
    for (line, kind) in [
        (
            "Nov 26 09:00:00 mx dovecot: imap-login: Login: user=<ada>",
            Kind::Other,
        ),
        ("Nov 26 09:00:00 mx last message repeated 2 times", Kind::Other),
        (
            "Nov 26 09:00:00 mx postfix/postfix-script[1]: starting the Postfix mail system",
            Kind::Postfix,
        ),
        (
            "Nov 26 09:00:00 mx postfix/qmgr[1]: 4C1F2: from=<a@example.org>, status=expired, returned to sender",
            Kind::Postfix,
        ),
        (
            "Nov 26 09:00:00 mx postfix/qmgr[1]: 4C1F2: from=<a@example.org>, size=1, nrc",
            Kind::Unusable,
        ),
        (
            "Nov 26 09:00:00 mx postfix/smtp[1]: 4C1F2: to=<bob@exam",
            Kind::Unusable,
        ),
        ("Nov 26 09:00:00 mx postfix/qm", Kind::Unusable),
        ("Nov 26 09:0", Kind::Unusable),
        ("", Kind::Unusable),
        ("{\"time\":1,\"account\":\"a\",\"recipients\":1}", Kind::Unusable),
        ("\u{1f}\u{8b}\u{8}", Kind::Unusable),
    ] {
        assert_eq!(log().line(line.as_bytes()), kind, "{line}");
    }
    assert_eq!(log().line(&vec![b'a'; 1 << 20]), Kind::Unusable);
}

#[test]
fn what_is_waited_for_is_bounded() {
    let mut log = log();
    for number in 0..3 * MOST_OPEN {
        log.line(accepted(&format!("{number:09X}"), "ada").trim_end().as_bytes());
    }
    assert!(log.waiting() <= MOST_OPEN + 1);
    let mut log = self::log();
    log.line(accepted("4C1F2", "ada").trim_end().as_bytes());
    log.line(queued(1, "4C1F2", u32::MAX).trim_end().as_bytes());
    for number in 0..2 * MOST_ADDRESSES {
        log.line(
            to(2, "4C1F2", &format!("{number}@example.net"))
                .trim_end()
                .as_bytes(),
        );
    }
    assert!(log.next().unwrap().recipients.len() <= MOST_ADDRESSES + 1);
    assert_eq!(log.waiting(), 0);
}

proptest! {
    #[test]
    fn no_line_does_harm(lines in prop::collection::vec("[ -~\\x00-\\xff]{0,120}", 0..40)) {
        let mut log = log();
        for line in &lines {
            log.line(line.as_bytes());
        }
    }

    /// Wherever a log is cut off, messages of which all was told before are the same.
    #[test]
    fn a_log_that_is_cut_off_says_the_same_of_what_was_told_before(cut in 0..900_usize) {
        let lines = [
            accepted("4C1F2", "ada"),
            queued(1, "4C1F2", 1),
            to(2, "4C1F2", "x@example.net"),
            accepted("4C1F3", "bob"),
            queued(3, "4C1F3", 1),
            to(4, "4C1F3", "y@example.net"),
        ]
        .concat();
        let whole = read(&lines);
        let messages = read(&lines[..cut.min(lines.len())]);
        prop_assert!(messages.len() <= whole.len());
        for (message, expected) in messages.iter().zip(&whole) {
            prop_assert_eq!(message.time, expected.time);
            prop_assert!(expected.account.starts_with(&message.account));
            prop_assert!(message.recipients.is_subset(&expected.recipients));
        }
    }
}
