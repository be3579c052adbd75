//! `mailrep outbound`: stolen accounts, of JSON lines and of logs of Postfix.

use super::{Done, Place};
use serde_json::{Value, json};
use std::io::Write as _;

pub(super) const BEGIN: u32 = 1_700_000_000;
pub(super) const DAY: u32 = 86_400;

pub(super) fn line(time: u32, account: &str, new: u32) -> String {
    format!("{{\"time\":{time},\"account\":\"{account}\",\"recipients\":1,\"new_recipients\":{new}}}\n")
}

/// Two messages a day of each of four accounts.
pub(super) fn quiet(days: std::ops::Range<u32>) -> String {
    let mut lines = String::new();
    for day in days {
        for message in 0..8 {
            let time = BEGIN + day * DAY + message * 4_000;
            lines.push_str(&line(
                time,
                &format!("user{}", message % 4),
                u32::from(message == day % 8),
            ));
        }
    }
    lines
}

/// A message a second to strangers.
pub(super) fn theft(begin: u32, account: &str, messages: u32) -> String {
    (0..messages)
        .map(|second| line(begin + second, account, 1))
        .collect()
}

/// What was answered to each message, and the end.
#[track_caller]
fn answers(done: &Done) -> (Vec<Value>, Value) {
    assert_eq!(done.status, Some(0), "{}", done.err);
    let mut all: Vec<Value> = done
        .out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let end = all.pop().unwrap();
    assert!(end["stats"].is_object() && end["summary"].is_object(), "{end}");
    (all, end)
}

fn first_alarm(answers: &[Value]) -> Option<usize> {
    answers.iter().position(|answer| answer["alarm"] == true)
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_state_goes_on_where_it_was() {
    let place = Place::new();
    let (before, after) = (
        quiet(0..40),
        quiet(40..42) + &theft(BEGIN + 42 * DAY, "user1", 20),
    );
    place.file("whole", before.clone() + &after);
    place.file("before", before);
    place.file("after", after);
    let (whole, _) = answers(&place.run("--json outbound replay whole"));
    let (first, _) = answers(&place.run("--json outbound replay --state state before"));
    let (second, end) = answers(&place.run("--json outbound replay --state state after"));
    assert_eq!([first, second].concat(), whole);
    assert_eq!(end["stats"]["alarms"], 1);
    let alarm = &end["summary"]["alarms"][0];
    let before_alarm = alarm["messages_before"].as_u64().unwrap();
    assert_eq!(alarm["account"], "user1");
    assert_eq!(
        before_alarm + 1 + alarm["messages_stopped"].as_u64().unwrap(),
        4 + 20
    );
    // The alarm is open still, which is no news.
    place.file("more", line(BEGIN + 42 * DAY + 100, "user1", 0));
    let (more, end) = answers(&place.run("--json outbound replay --state state more"));
    assert_eq!(
        (&more[0]["alarm"], &end["stats"]["alarms"]),
        (&json!(true), &json!(0))
    );
    assert_eq!(end["summary"]["alarms"], json!([]));
}

#[test]
fn a_state_that_cannot_be_used_is_an_error_and_kept() {
    let place = Place::new();
    place.file("log", quiet(0..2));
    place
        .run("outbound replay --state good log")
        .shows(&["16 messages of 4 accounts"]);
    let good = std::fs::read(place.path("good")).unwrap();
    let half = &good[..good.len() / 2];
    for (name, octets) in [
        ("foreign", b"what is this?".as_slice()),
        ("empty", b""),
        ("half", half),
    ] {
        place.file(name, octets);
        for command in [
            "replay --state FILE log",
            "explain --state FILE user1",
            "merge --out FILE FILE good",
        ] {
            let done = place.run(&format!("outbound {}", command.replace("FILE", name)));
            done.refused(1, &[name, "cannot be used, and is kept"]);
        }
        assert_eq!(std::fs::read(place.path(name)).unwrap(), octets);
    }
    // Nothing could be used, so that nothing is known now that was not before.
    place.file("junk", "junk\n");
    assert_eq!(place.run("outbound replay --state good junk").status, Some(1));
    assert_eq!(place.run("outbound replay --state new junk").status, Some(1));
    assert_eq!(std::fs::read(place.path("good")).unwrap(), good);
    assert!(!place.path("new").exists());
    assert_eq!(
        place.run("outbound replay --state none/state log").status,
        Some(1)
    );
}

#[test]
fn a_config_line_keeps_the_state() {
    let place = Place::new();
    place.file("log", quiet(0..30));
    place
        .run("outbound replay --state state log")
        .shows(&["240 messages"]);
    place.file(
        "config",
        "{\"control\":\"config\",\"false_alarms_per_account_year\":0.1}\n".to_owned() + &quiet(30..31),
    );
    let (_, end) = answers(&place.run("--json outbound replay --state state config"));
    assert_eq!(end["stats"]["accounts"], 4);
    let known = place.json("outbound explain --state state user2");
    assert!(known["days"].as_u64().unwrap() >= 29, "{known}");
}

#[test]
fn what_was_declared_before_a_config_line_stays_declared() {
    let place = Place::new();
    let lines = [
        "{\"control\":\"allow\",\"account\":\"user1\",\"recipients\":500}\n",
        "{\"control\":\"tolerance\",\"account\":\"user2\",\"false_alarms_per_account_year\":2}\n",
        "{\"control\":\"config\",\"false_alarms_per_account_year\":0.1}\n",
        &quiet(0..1),
    ];
    place.file("log", lines.concat());
    answers(&place.run("--json outbound replay --state state log"));
    let told = |account: &str| place.json(&format!("outbound explain --state state {account}"));
    assert_eq!(told("user1")["declared"], 500);
    assert_eq!(told("user2")["tolerance"], 2.0);
    place.file(
        "wrong",
        "{\"control\":\"config\",\"false_alarms_per_account_year\":20}\n".to_owned() + &quiet(1..2),
    );
    let (told, end) = answers(&place.run("--json outbound replay --state state wrong"));
    assert!(
        told[0]["error"]
            .as_str()
            .unwrap()
            .contains("20 false alarms per account-year")
    );
    assert_eq!(end["stats"]["unusable"], 1);
}

#[test]
fn an_alarm_is_released_an_account_reset_and_another_tolerance_given() {
    let place = Place::new();
    let control = |what: &str| format!("{{\"control\":\"{what}\",\"account\":\"user1\"}}\n");
    let begin = BEGIN + 60 * DAY;
    let after = |what: &str| {
        let lines = [
            quiet(0..60),
            theft(begin, "user1", 30),
            control(what),
            line(begin + 60, "user1", 0),
            theft(begin + 2 * DAY, "user1", 30),
        ];
        place.file("log", lines.concat());
        let (all, end) = answers(&place.run("--json outbound replay log"));
        assert_eq!(end["stats"]["alarms"], 2, "{what}");
        assert_eq!(
            end["summary"]["alarms"][1]["messages_stopped"].as_u64().unwrap(),
            29 - first_alarm(&all[511..]).unwrap() as u64
        );
        (first_alarm(&all[480..510]), first_alarm(&all[510..]))
    };
    let (first, again) = after("release");
    assert!(first.is_some_and(|first| first <= 5), "{first:?}");
    // The owner's message is before it.
    assert!(again.unwrap() <= 1 + first.unwrap(), "{again:?}");
    let (_, forgotten) = after("reset");
    assert!(forgotten > again, "it is a new account: {forgotten:?}");

    let tolerated = |number: &str| {
        let lines = [
            format!(
                "{{\"control\":\"tolerance\",\"account\":\"user1\",\"false_alarms_per_account_year\":{number}}}\n"
            ),
            quiet(0..60),
            theft(begin, "user1", 30),
        ];
        place.file("log", lines.concat());
        let (all, end) = answers(&place.run("--json outbound replay --state state log"));
        let told = place.json("outbound explain --state state user1")["tolerance"].clone();
        std::fs::remove_file(place.path("state")).unwrap();
        let unusable = end["stats"]["unusable"].as_u64().unwrap();
        (first_alarm(&all[unusable as usize + 480..]), told, unusable)
    };
    assert_eq!(tolerated("0"), (first, json!(null), 0));
    let (strict, told, _) = tolerated("5");
    assert!(strict < first && told == 5.0, "{strict:?}, {told}");
    assert_eq!(tolerated("-1"), (first, json!(null), 1));
    assert_eq!(tolerated("null"), (first, json!(null), 1));
}

#[test]
fn an_administrator_tells_a_kept_state_without_a_message() {
    let place = Place::new();
    place.file("log", quiet(0..10) + &theft(BEGIN + 10 * DAY, "user1", 30));
    place
        .run("outbound replay --state state log")
        .shows(&["1 alarm of accounts"]);
    let alarm = || place.json("outbound explain --state state user1")["alarm"].clone();
    assert!(alarm().is_object());
    let release = b"{\"control\":\"release\",\"account\":\"user1\"}\n";
    let done = place.with_input("outbound replay --state state -", release);
    assert_eq!((done.status, alarm()), (Some(0), json!(null)));
    let known = place.json("outbound explain --state state user1");
    assert!(known["days"].as_u64().unwrap() >= 9, "{known}");
}

#[test]
fn what_is_normal_is_explained() {
    let place = Place::new();
    let lines = [
        quiet(0..50),
        theft(BEGIN + 50 * DAY, "user1", 20),
        theft(BEGIN + 50 * DAY, "user2", 20),
        "{\"control\":\"acknowledge\",\"account\":\"user2\"}\n".to_owned(),
        "{\"control\":\"allow\",\"account\":\"user3\",\"recipients\":500}\n".to_owned(),
    ];
    place.file("log", lines.concat());
    place
        .run("outbound replay --state state log")
        .shows(&["2 alarms of accounts"]);
    let stolen = place.json("outbound explain --state state user1");
    assert_eq!(
        (&stolen["known"], &stolen["declared"]),
        (&json!(true), &json!(null))
    );
    assert_eq!(stolen["first"], BEGIN / DAY * DAY);
    assert!(stolen["alarm"]["since"].as_f64().unwrap() >= f64::from(BEGIN + 50 * DAY));
    assert!(stolen["alarm"]["reason"].as_str().unwrap().contains("too many"));
    let channels = stolen["channels"].as_array().unwrap();
    assert_eq!(channels.len(), 5);
    for channel in channels {
        assert!(
            channel["limit"].as_f64().unwrap() >= 1.0 && channel["usual"].as_f64().unwrap() > 0.0,
            "{channel}"
        );
    }
    let acknowledged = place.json("outbound explain --state state user2");
    assert_eq!(acknowledged["alarm"], json!(null));
    assert!(
        acknowledged["channels"]
            .as_array()
            .unwrap()
            .iter()
            .any(|channel| {
                channel["acknowledged"]
                    .as_f64()
                    .is_some_and(|ceiling| ceiling <= channel["limit"].as_f64().unwrap())
            })
    );
    let declared = place.json("outbound explain --state state user3");
    assert_eq!(declared["declared"], 500);
    assert_eq!(declared["channels"][0]["limit"], json!(null));

    place.run("outbound explain --state state user1").shows(&[
        "Alarm: an alarm of user1 is open since 2024-01-0",
        "first message on 2023-11-14, last one 2024-01-0",
        "days with messages were learned",
        "messages to new recipients in different seconds: 1 on its busiest day, more than ",
    ]);
    place
        .run("outbound explain --state state user2")
        .shows(&["Quiet: no alarm of user2 is open.", "were acknowledged)"]);
    place
        .run("outbound explain --state state user3")
        .shows(&["500 recipients in a day were declared"]);
    place
        .run("outbound explain --state state stranger")
        .shows(&["Unknown: no message of stranger has been seen"]);
    assert_eq!(
        place.json("outbound explain --state state stranger")["known"],
        false
    );
    place
        .run("outbound explain --state missing user1")
        .refused(1, &["missing", "no such file"]);
    place.run("outbound explain user1").refused(2, &["--state"]);
}

#[test]
fn states_of_two_hosts_become_one_in_either_order() {
    let place = Place::new();
    place.file("common", quiet(0..30));
    place
        .run("outbound replay --state one common")
        .shows(&["240 messages"]);
    std::fs::copy(place.path("one"), place.path("two")).unwrap();
    place.file("stranger", line(BEGIN, "stranger", 1));
    place
        .run("outbound replay --state two stranger")
        .shows(&["1 message of 5 accounts"]);
    place.run("outbound merge --out three one two").shows(&[]);
    place.run("outbound merge --out four two one").shows(&[]);
    let read = |name: &str| std::fs::read(place.path(name)).unwrap();
    assert_eq!(read("three"), read("four"));
    assert_eq!(
        place.json("outbound explain --state three stranger")["known"],
        true
    );
    place
        .run("outbound replay --state foreign common")
        .shows(&["240 messages"]);
    place
        .run("outbound merge --out five one foreign")
        .refused(1, &["one and foreign cannot be merged", "different keys"]);
    assert!(!place.path("five").exists());
}

/// A message in the log of Postfix, at so many seconds of a day that is given.
fn logged(day: &str, second: u32, account: &str, id: u32, recipients: &[&str]) -> String {
    let time = |second: u32| {
        let clock = format!("{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60);
        match day.contains('-') {
            true => format!("{day}T{clock}.250000+00:00 mx"),
            false => format!("{day} {clock} mx"),
        }
    };
    let mut lines = format!(
        "{} postfix/submission/smtpd[7]: {id:X}FFFF: client=h[192.0.2.1], sasl_method=PLAIN, sasl_username={account}\n\
         {} postfix/qmgr[8]: {id:X}FFFF: from=<{account}@example.org>, size=99, nrcpt={} (queue active)\n",
        time(second),
        time(second),
        recipients.len()
    );
    for recipient in recipients {
        lines.push_str(&format!(
            "{} postfix/smtp[9]: {id:X}FFFF: to=<{recipient}>, relay=mx[192.0.2.9]:25, delay=1, dsn=2.0.0, status=sent (ok)\n",
            time(second + 1)
        ));
    }
    lines + &format!("{} postfix/qmgr[8]: {id:X}FFFF: removed\n", time(second + 1))
}

/// A month of quiet, and a theft on its last day: in syslog's form up to 10 March, and with RFC 3339 times from then on.
fn logs() -> (String, String) {
    let (mut old, mut new) = (String::new(), String::new());
    let mut id = 1;
    for day in 0..40_u32 {
        let (is_old, date) = match day {
            0..=10 => (true, format!("Jan {:2}", day + 21)),
            11..=38 => (true, format!("Feb {:2}", day - 10)),
            _ => (false, format!("2026-03-{:02}", day - 38)),
        };
        let log = if is_old { &mut old } else { &mut new };
        for (second, account) in [(30_000, "ada"), (40_000, "bob"), (50_000, "ada")] {
            id += 1;
            log.push_str(&logged(&date, second, account, id, &["friend@example.net"]));
        }
        log.push_str("Feb 28 23:59:00 mx dovecot: imap-login: Login: user=<ada>\n");
    }
    for second in 0..30 {
        id += 1;
        let victim = format!("victim{second}@example.com");
        new.push_str(&logged("2026-03-01", 60_000 + second, "ada", id, &[&victim]));
    }
    (old, new)
}

#[test]
fn a_theft_is_found_in_logs_of_postfix_in_either_form_also_packed() {
    let place = Place::new();
    let (old, new) = logs();
    place.file("mail.log.1.gz", gzip(&old));
    place.file("mail.log", new);
    // The shell's order is not that of time.
    let command = "--json --now 2026-03-02T00:00:00Z outbound replay --format postfix mail.log mail.log.1.gz";
    let (messages, end) = answers(&place.run(command));
    assert_eq!(messages.len(), 40 * 3 + 30);
    assert!(
        messages
            .windows(2)
            .all(|pair| pair[0]["time"].as_f64() <= pair[1]["time"].as_f64())
    );
    let alarm = first_alarm(&messages).unwrap();
    // The account is known for less than six weeks.
    assert!((120..=128).contains(&alarm), "{alarm}");
    assert_eq!(messages[alarm]["account"], "ada");
    let summary = &end["summary"];
    assert_eq!(summary["begin"], 1_768_983_600.0, "21 January 2026");
    assert_eq!(summary["alarms"].as_array().unwrap().len(), 1);
    assert_eq!(summary["alarms"][0]["messages_stopped"], 149 - alarm);
    assert!(
        summary["alarms"][0]["cause"]
            .as_str()
            .unwrap()
            .starts_with("new_slots"),
        "recipients were known"
    );
    assert_eq!(
        (&end["stats"]["other_lines"], &end["stats"]["unusable"]),
        (&json!(40), &json!(0))
    );

    let text = place.run(command.strip_prefix("--json ").unwrap());
    text.shows(&[
        "150 messages of 2 accounts; 1 alarm of accounts, 0 of the host; 0 lines could not be used",
        "the first one at 2026-01-21T08:20:00",
        "\nada: alarm at 2026-03-01T16:40:0",
        "followed while it was open: they would have been stopped",
    ]);
    // The same log a year later, without any year in it.
    let (earlier, end) = answers(
        &place.run("--json --now 2025-06-01T00:00:00Z outbound replay --format postfix mail.log.1.gz"),
    );
    assert_eq!((earlier.len(), first_alarm(&earlier)), (117, None));
    assert_eq!(end["summary"]["begin"], 1_737_447_600.0, "21 January 2025");
}

#[test]
fn lines_that_cannot_be_used_are_counted_and_a_log_that_is_none_is_refused() {
    let place = Place::new();
    let message = logged("Mar  1", 100, "ada", 5, &["bob@example.net"]);
    let odd = "Mar  1 00:01:40 mx postfix/qmgr[8]: 4C1F2: from=<a@example.org>, si\nMar  1 00:0\n\nMar  1 00:01:40 mx cron[1]: x\n";
    place.file("odd", message + odd);
    let done = place.run("--now 2026-03-02T00:00:00Z outbound replay --format postfix odd");
    done.shows(&["1 message of 1 account", "2 lines could not be used"]);
    let (answers, end) =
        answers(&place.run("--json --now 2026-03-02T00:00:00Z outbound replay --format postfix odd"));
    assert_eq!(
        (&answers[1]["file"], &answers[1]["line"]),
        (&json!("odd"), &json!(5))
    );
    assert_eq!(
        (&end["stats"]["unusable"], &end["stats"]["other_lines"]),
        (&json!(2), &json!(1))
    );

    place.file(
        "none",
        "{\"time\":1,\"account\":\"a\",\"recipients\":1}\n\u{0}\u{1}\n",
    );
    place.file("others", "Mar  1 00:01:40 mx cron[1]: x\n");
    place.file("empty", "");
    let empty = place.run("outbound replay empty");
    assert_eq!(empty.status, Some(1));
    assert!(empty.err.contains("no line could be used"), "{}", empty.err);
    for file in ["none", "others", "empty"] {
        for command in ["replay", "fit"] {
            let done = place.run(&format!("outbound {command} --format postfix {file}"));
            assert_eq!(done.status, Some(1), "{command} {file}");
            assert!(done.err.contains("these are no logs of Postfix"), "{}", done.err);
        }
    }
    // A file that ends within what gzip packed: what was read before counts.
    let whole = gzip(
        &(0..2_000)
            .map(|id| logged("Mar  1", id, "ada", id + 1, &["b@example.net"]))
            .collect::<String>(),
    );
    place.file("half.gz", &whole[..whole.len() / 2]);
    let half = place.run("--now 2026-03-02T00:00:00Z outbound replay --format postfix half.gz");
    half.shows(&["messages of 1 account"]);
    assert!(
        half.err.contains("half.gz cannot be read to its end"),
        "{}",
        half.err
    );
}

#[test]
fn a_prior_is_fitted_on_logs_of_postfix_and_used() {
    let place = Place::new();
    let mut log = String::new();
    let mut id = 0;
    for day in 0..30_u32 {
        for account in 0..200_u32 {
            for message in 0..1 + (account + day) % 3 {
                id += 1;
                let to = format!("r{}@example.net", (account + day * message) % 50);
                let name = format!("user{account}");
                log.push_str(&logged(
                    &format!("2026-01-{:02}", day + 1),
                    account + message * 7_000,
                    &name,
                    id,
                    &[&to],
                ));
            }
        }
    }
    place.file("log.gz", gzip(&log));
    let done = place.run("outbound fit --format postfix log.gz");
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    place.file("prior", &done.out);
    let (answers, end) = answers(&place.run("--json outbound replay --format postfix --prior prior log.gz"));
    assert_eq!(answers.len() as u64, end["stats"]["events"].as_u64().unwrap());
    place.file("short", logged("2026-01-01", 1, "ada", 1, &["b@example.net"]));
    place
        .run("outbound fit --format postfix short")
        .refused(1, &["are needed at least"]);
}
