//! The stories of those who have to live with alarms.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod learning;

use super::account::Account;
use super::*;
use proptest::prelude::*;

const BEGIN: f64 = 1_700_000_000.0;
const DAY: f64 = 86_400.0;

fn monitor() -> Monitor {
    Monitor::new(Key::from([7; 16]), MonitorOptions::default()).unwrap()
}

fn event(account: &str, time: f64, all: u32, new: u32) -> Event<'_> {
    Event {
        time,
        account: account.as_bytes(),
        recipients: Recipients::Counted { all, new },
    }
}

/// A quiet host: so many accounts write on each of so many days, mostly to those they know.
fn quiet_host(monitor: &Monitor, accounts: u32, days: u32) {
    for day in 0..days {
        for account in 0..accounts {
            let messages = 1 + (account * 7 + day * 3) % 6;
            for message in 0..messages {
                let time =
                    BEGIN + f64::from(day) * DAY + f64::from(message) * 4_000.0 + f64::from(account) * 61.0;
                let new = u32::from((account + day + message) % 11 == 0);
                let assessment = monitor
                    .observe(&event(&format!("user{account}"), time, 1 + message % 2, new))
                    .unwrap();
                assert!(
                    !assessment.alarm(),
                    "user{account}, day {day}: {:?}",
                    assessment.reason()
                );
                assert!(!assessment.host_alarm());
            }
        }
    }
}

/// Messages until the alarm, one every `seconds` to somebody new.
fn until_alarm(monitor: &Monitor, account: &str, begin: f64, seconds: f64, most: u32) -> Option<u32> {
    (0..most).find_map(|message| {
        let assessment = monitor
            .observe(&event(account, begin + f64::from(message) * seconds, 1, 1))
            .unwrap();
        assessment.alarm().then_some(message + 1)
    })
}

#[test]
fn the_incident_one_mail_a_second_is_an_alarm_within_four_and_no_other_account_is_touched() {
    let monitor = monitor();
    quiet_host(&monitor, 50, 90);
    let theft = BEGIN + 90.0 * DAY + 10_000.0;
    let messages = until_alarm(&monitor, "user7", theft, 1.0, 600).unwrap();
    assert!(messages <= 4, "{messages} messages");
    for account in (0..50).filter(|&account| account != 7) {
        let name = format!("user{account}");
        let assessment = monitor.observe(&event(&name, theft + 60.0, 1, 0)).unwrap();
        assert!(!assessment.alarm(), "{name}: {:?}", assessment.reason());
    }
}

#[test]
fn slower_thefts_are_found_too() {
    let monitor = monitor();
    quiet_host(&monitor, 20, 90);
    let theft = BEGIN + 90.0 * DAY + 10_000.0;
    for (account, seconds, most) in [("user3", 60.0, 14), ("user4", 300.0, 22), ("nobody", 1.0, 9)] {
        let messages = until_alarm(&monitor, account, theft, seconds, 600).unwrap();
        assert!(messages <= most, "{account}: {messages} messages");
    }
    let spray = monitor.observe(&event("user5", theft, 500, 500)).unwrap();
    assert!(spray.alarm());
}

#[test]
fn a_card_to_sixty_and_a_storm_of_replies_are_no_alarm() {
    let monitor = monitor();
    quiet_host(&monitor, 10, 60);
    let day = BEGIN + 60.0 * DAY + 10_000.0;
    let card = monitor.observe(&event("user1", day, 60, 30)).unwrap();
    assert!(!card.alarm(), "{:?}", card.reason());
    for message in 0..40 {
        let all = [1, 1, 5, 10][message % 4];
        let reply = monitor
            .observe(&event("user2", day + 90.0 * message as f64, all, 0))
            .unwrap();
        assert!(!reply.alarm(), "{:?}", reply.reason());
    }
}

#[test]
fn a_declared_newsletter_is_no_alarm_and_more_than_declared_is() {
    let monitor = monitor();
    monitor.allow(b"news", 2_000);
    for message in 0..40 {
        let part = monitor
            .observe(&event("news", BEGIN + 15.0 * f64::from(message), 50, 50))
            .unwrap();
        assert!(!part.alarm(), "{:?}", part.reason());
    }
    let more = monitor
        .observe(&event("news", BEGIN + 900.0, 1_000, 1_000))
        .unwrap();
    assert!(more.alarm());
    monitor.allow(b"news", 0);
    let undeclared = monitor
        .observe(&event("news", BEGIN + 40.0 * DAY, 500, 500))
        .unwrap();
    assert!(undeclared.alarm());
}

#[test]
fn what_was_acknowledged_raises_no_alarm_again_and_much_more_does() {
    let monitor = monitor();
    assert!(!monitor.acknowledge(b"shop"), "there is nothing to acknowledge");
    let burst = |begin: f64, messages: u32| {
        let alarms = (0..messages).filter(|&message| {
            let time = begin + 2.0 * f64::from(message);
            monitor.observe(&event("shop", time, 1, 1)).unwrap().alarm()
        });
        alarms.count()
    };
    assert!(burst(BEGIN, 30) > 0);
    assert!(monitor.acknowledge(b"shop"));
    assert_eq!(burst(BEGIN + 2.0 * DAY, 30), 0);
    assert!(burst(BEGIN + 4.0 * DAY, 3_000) > 0);
}

#[test]
fn an_alarm_stays_open_for_a_day_and_what_is_left_of_it_raises_none() {
    let monitor = monitor();
    assert!(until_alarm(&monitor, "a", BEGIN, 1.0, 60).is_some());
    let later = |hours: f64| {
        monitor
            .observe(&event("a", BEGIN + hours * 3_600.0, 1, 0))
            .unwrap()
    };
    assert!(later(5.0).alarm(), "it is open");
    let reason = later(6.0).reason().unwrap();
    assert!(
        reason.contains("new recipients") && reason.contains("too many"),
        "{reason}"
    );
    assert!(!later(49.0).alarm(), "it has ended");
}

#[test]
fn a_released_account_goes_on_without_an_alarm_and_the_next_theft_is_found_as_soon() {
    let monitor = monitor();
    quiet_host(&monitor, 5, 90);
    let begin = BEGIN + 90.0 * DAY + 10_000.0;
    assert!(!monitor.release(b"user1"), "there is nothing to release");
    let first = until_alarm(&monitor, "user1", begin, 1.0, 60).unwrap();
    let limit = |code: &str| {
        let channels = monitor.habits(b"user1").unwrap().channels;
        channels.iter().find(|habit| habit.code == code).unwrap().limit
    };
    let before = limit("new_slots_1s");
    for second in 0..600 {
        let time = begin + 60.0 + f64::from(second);
        assert!(monitor.observe(&event("user1", time, 1, 1)).unwrap().alarm());
    }
    assert_eq!(monitor.alarmed(), 1);
    assert!(monitor.release(b"user1") && !monitor.release(b"user1"));
    assert_eq!((monitor.alarmed(), monitor.alarm(b"user1")), (0, None));
    // The owner writes to somebody new, a minute after all that.
    let owner = monitor.observe(&event("user1", begin + 720.0, 1, 1)).unwrap();
    assert!(!owner.alarm(), "{:?}", owner.reason());
    assert_eq!(limit("new_slots_1s"), before, "no limit has risen");
    let again = until_alarm(&monitor, "user1", begin + 2.0 * DAY, 1.0, 60).unwrap();
    assert!(again <= first, "{again} messages after {first}");
}

#[test]
fn an_account_is_judged_by_its_own_tolerance() {
    let messages = |tolerance: Option<f64>| {
        let monitor = monitor();
        monitor.set_tolerance(b"user3", tolerance).unwrap();
        quiet_host(&monitor, 5, 90);
        let theft = BEGIN + 90.0 * DAY + 10_000.0;
        let own = until_alarm(&monitor, "user3", theft, 60.0, 600).unwrap();
        let other = until_alarm(&monitor, "user4", theft, 60.0, 600).unwrap();
        (own, other, monitor.habits(b"user3").unwrap().tolerance)
    };
    let (usual, other, none) = messages(None);
    let (strict, same, some) = messages(Some(1.0));
    let (lenient, ..) = messages(Some(1e-6));
    assert!(strict < usual && usual < lenient, "{strict}, {usual}, {lenient}");
    assert_eq!((other, none, some), (same, None, Some(1.0)));
}

#[test]
fn the_general_tolerance_as_an_accounts_own_changes_nothing() {
    let (own, general) = (monitor(), monitor());
    own.set_tolerance(b"a", Some(0.01)).unwrap();
    let mut late = Monitor::new(
        Key::from([7; 16]),
        MonitorOptions {
            false_alarms_per_account_year: 1.0,
            ..MonitorOptions::default()
        },
    )
    .unwrap();
    late.set_general_tolerance(0.01).unwrap();
    for message in 0..40 {
        let event = event("a", BEGIN + 30.0 * f64::from(message), 3, 1);
        let expected = general.observe(&event).unwrap();
        assert_eq!(own.observe(&event).unwrap(), expected);
        assert_eq!(late.observe(&event).unwrap(), expected);
    }
}

#[test]
fn a_tolerance_that_is_no_number_of_alarms_is_refused_and_the_room_for_them_is_bounded() {
    let options = MonitorOptions {
        accounts: 64,
        ..MonitorOptions::default()
    };
    let mut monitor = Monitor::new(Key::from([7; 16]), options).unwrap();
    monitor.set_tolerance(b"a", Some(10.0)).unwrap();
    for tolerance in [0.0, -1.0, 10.1, f64::NAN, f64::INFINITY] {
        let refused = monitor.set_tolerance(b"a", Some(tolerance));
        assert!(
            matches!(refused, Err(MonitorError::Tolerance(_))),
            "{tolerance}: {refused:?}"
        );
        assert!(monitor.set_general_tolerance(tolerance).is_err());
    }
    assert_eq!(monitor.habits(b"a").unwrap().tolerance, Some(10.0));
    let name = |number: u32| format!("user{number}");
    let set = |number: &u32| monitor.set_tolerance(name(*number).as_bytes(), Some(0.1)).is_ok();
    assert!((0..1_000).filter(set).count() < 64);
    assert!(matches!(
        (0..1_000).find_map(|number| monitor.set_tolerance(name(number).as_bytes(), Some(0.1)).err()),
        Some(MonitorError::TooMany(1))
    ));
    monitor.set_tolerance(b"a", Some(5.0)).unwrap();
    monitor.set_tolerance(b"a", None).unwrap();
    assert_eq!(monitor.habits(b"a"), None);
}

#[test]
fn an_open_alarm_is_told_of_until_it_ends() {
    let monitor = monitor();
    assert_eq!((monitor.alarmed(), monitor.alarm(b"a")), (0, None));
    assert!(until_alarm(&monitor, "a", BEGIN, 1.0, 60).is_some());
    let last = monitor.observe(&event("a", BEGIN + 60.0, 1, 1)).unwrap();
    assert_eq!((monitor.alarmed(), monitor.alarm(b"a")), (1, last.evidence));
    assert!(monitor.reset(b"a"));
    assert_eq!((monitor.alarmed(), monitor.alarm(b"a")), (0, None));
}

#[test]
fn an_alarm_ends_after_a_day_whenever_the_account_sends() {
    let monitor = monitor();
    // From nine o'clock in the evening on, so that another day begins while it is open.
    let evening = BEGIN - BEGIN % DAY + 21.0 * 3_600.0;
    assert!(until_alarm(&monitor, "a", evening, 1.0, 60).is_some());
    let at = |hours: f64| {
        let event = event("a", evening + hours * 3_600.0, 1, 0);
        monitor.observe(&event).unwrap().alarm()
    };
    assert!(at(4.0) && at(23.5), "it is open on the next day");
    assert!(!at(24.5), "it ends within that day");
}

#[test]
fn a_slow_ramp_does_not_teach_its_way_up() {
    let monitor = monitor();
    quiet_host(&monitor, 5, 60);
    let mut sent = 0;
    let mut alarmed = None;
    for day in 0..10 {
        let messages = 4 << day;
        for message in 0..messages {
            sent += 1;
            let time = BEGIN + (60.0 + f64::from(day)) * DAY + f64::from(message) * DAY / f64::from(messages);
            if monitor.observe(&event("user2", time, 1, 1)).unwrap().alarm() {
                alarmed = alarmed.or(Some(sent));
            }
        }
    }
    assert!(alarmed.is_some_and(|sent| sent <= 124), "{alarmed:?}");
}

#[test]
fn twenty_accounts_that_send_a_little_each_are_an_alarm_of_the_host() {
    let monitor = monitor();
    quiet_host(&monitor, 60, 60);
    let theft = BEGIN + 60.0 * DAY + 10_000.0;
    let mut sent = 0;
    let found = (0..20).any(|round| {
        (0..20).any(|account| {
            sent += 1;
            let name = format!("user{account}");
            let time = theft + f64::from(round) * 180.0 + f64::from(account) * 9.0;
            let assessment = monitor.observe(&event(&name, time, 1, 1)).unwrap();
            assessment.host_alarm() || assessment.alarm()
        })
    });
    assert!(found && sent <= 80, "{sent} messages");
}

#[test]
fn clocks_that_jump_and_messages_out_of_order_do_no_harm() {
    let monitor = monitor();
    quiet_host(&monitor, 5, 30);
    let now = BEGIN + 30.0 * DAY;
    // A host whose clock is a year ahead, and back again.
    for time in [
        now,
        now + 365.0 * DAY,
        now + 60.0,
        now + 120.0,
        now - 5.0 * DAY,
        now + 180.0,
    ] {
        let assessment = monitor.observe(&event("user1", time, 1, 0)).unwrap();
        assert!(!assessment.alarm(), "{:?}", assessment.reason());
    }
    let messages = until_alarm(&monitor, "user1", now + DAY, 1.0, 60).unwrap();
    assert!(messages <= 9, "{messages} messages");
}

#[test]
fn events_that_cannot_be_are_refused_and_count_nothing() {
    let monitor = monitor();
    let long = vec![b'a'; 10_000];
    let refused = [
        (
            Event {
                time: f64::NAN,
                ..event("a", 0.0, 1, 0)
            },
            "time",
        ),
        (
            Event {
                time: -1.0,
                ..event("a", 0.0, 1, 0)
            },
            "time",
        ),
        (
            Event {
                time: f64::INFINITY,
                ..event("a", 0.0, 1, 0)
            },
            "time",
        ),
        (
            Event {
                time: 1e300,
                ..event("a", 0.0, 1, 0)
            },
            "time",
        ),
        (event("a", BEGIN, 0, 0), "no_recipients"),
        (event("", BEGIN, 1, 0), "no_account"),
        (
            Event {
                account: &long,
                ..event("a", BEGIN, 1, 0)
            },
            "account_too_long",
        ),
        (
            Event {
                recipients: Recipients::Addresses(&[]),
                ..event("a", BEGIN, 1, 0)
            },
            "no_recipients",
        ),
    ];
    for (event, code) in refused {
        assert_eq!(monitor.observe(&event).map_err(EventError::code), Err(code));
    }
    assert_eq!(monitor.accounts(), 0);
    let billion = monitor
        .observe(&event("a", BEGIN, 1_000_000_000, 1_000_000_000))
        .unwrap();
    assert!(billion.alarm());
    assert!(monitor.reset(b"a") && !monitor.reset(b"a"));
    assert!(!monitor.observe(&event("a", BEGIN, 1, 0)).unwrap().alarm());
}

#[test]
fn accounts_are_bounded_and_idle_ones_make_room_but_new_ones_displace_nobody() {
    let options = MonitorOptions {
        accounts: 640,
        novelty_octets: 1 << 16,
        ..MonitorOptions::default()
    };
    let monitor = Monitor::new(Key::from([7; 16]), options).unwrap();
    let many = |begin: f64, prefix: &str| {
        let watched = (0..5_000).filter(|account| {
            monitor
                .observe(&event(&format!("{prefix}{account}"), begin, 1, 0))
                .unwrap()
                .watched
        });
        watched.count()
    };
    let first = many(BEGIN, "old");
    assert!((500..=640).contains(&first), "{first}");
    let octets = monitor.octets();
    assert_eq!(
        many(BEGIN + 30.0 * DAY, "new"),
        0,
        "nobody is displaced within a month"
    );
    assert_eq!((monitor.accounts(), monitor.octets()), (first, octets));
    assert!(
        many(BEGIN + 500.0 * DAY, "later") >= 500,
        "who was silent for a year makes room"
    );
    assert!(monitor.octets() <= octets * 2);
}

#[test]
fn an_account_with_twenty_recipients_takes_less_than_256_octets() {
    let monitor = monitor();
    assert_eq!(monitor.octets_per_account(), 0);
    for account in 0..1_000 {
        for contact in 0..20 {
            let (name, contact) = (format!("user{account}"), format!("friend{contact}@example.net"));
            let addresses = [contact.as_bytes()];
            let recipients = Recipients::Addresses(&addresses);
            let event = Event {
                recipients,
                ..event(&name, BEGIN, 1, 0)
            };
            monitor.observe(&event).unwrap();
        }
    }
    let octets = monitor.octets_per_account();
    assert!((140..=256).contains(&octets), "{octets} octets");
}

#[test]
fn an_account_takes_less_than_its_share_of_memory() {
    assert!(size_of::<Account>() <= 160, "{} octets", size_of::<Account>());
}

#[test]
fn a_prior_is_read_back_as_it_was_written_and_others_are_refused() {
    let prior = Prior::built_in().unwrap();
    assert_eq!(Prior::from_json(&prior.to_json()).unwrap(), prior);
    for text in ["", "{}", "[]", r#"{"channels":[],"families":[]}"#] {
        assert!(Prior::from_json(text).is_err(), "{text}");
    }
    let broken = prior.to_json().replacen("\"scale\":", "\"scale\":-", 1);
    assert!(matches!(Prior::from_json(&broken), Err(PriorError::Numbers)));
    for tolerance in [0.0, -1.0, f64::NAN, 1e9] {
        let options = MonitorOptions {
            false_alarms_per_account_year: tolerance,
            ..MonitorOptions::default()
        };
        assert!(Monitor::new(Key::from([0; 16]), options).is_err(), "{tolerance}");
    }
}

#[test]
fn too_little_is_no_prior() {
    let sent = [Sent {
        account: 1,
        time: BEGIN,
        recipients: 1,
        new: 0,
    }];
    assert!(matches!(fit(&sent), Err(FitError::TooFew(_))));
}

/// Messages of some accounts, in the order of time.
fn sending() -> impl Strategy<Value = Vec<(u8, u32, u32, u32)>> {
    let message = (0..6_u8, 0..4_000_u32, 1..80_u32, 0..80_u32);
    prop::collection::vec(message, 1..300)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// What one account does changes nothing for another, in whatever order they are seen.
    #[test]
    fn permuting_messages_of_different_accounts_changes_nothing(messages in sending()) {
        let mut time = BEGIN;
        let timed: Vec<(u8, f64, u32, u32)> = messages
            .iter()
            .map(|&(account, gap, all, new)| {
                time += f64::from(gap);
                (account, time, all, new)
            })
            .collect();
        let one_by_one = monitor();
        let all_together = monitor();
        let judge = |monitor: &Monitor, &(account, time, all, new): &(u8, f64, u32, u32)| {
            let assessment = monitor.observe(&event(&format!("user{account}"), time, all, new)).unwrap();
            (assessment.score, assessment.evidence)
        };
        let together: Vec<_> = timed.iter().map(|message| judge(&all_together, message)).collect();
        for account in 0..6 {
            for (message, expected) in timed.iter().zip(&together).filter(|(message, _)| message.0 == account) {
                prop_assert_eq!(&judge(&one_by_one, message), expected);
            }
        }
    }

    /// Whatever raised it and at whatever tolerance, an alarm that was released is over: the next message is none too many.
    #[test]
    fn what_was_released_raises_no_alarm_by_what_is_left_of_it(messages in sending(), tolerance in -3.0..1.0_f64) {
        let monitor = monitor();
        let mut time = BEGIN;
        for (account, gap, all, new) in messages {
            time += f64::from(gap % 600);
            let name = format!("user{account}");
            monitor.set_tolerance(name.as_bytes(), Some(10_f64.powf(tolerance))).unwrap();
            if monitor.observe(&event(&name, time, all, new)).unwrap().alarm() {
                prop_assert!(monitor.release(name.as_bytes()));
                time += 1.0;
                let next = monitor.observe(&event(&name, time, 1, 1)).unwrap();
                prop_assert!(!next.alarm(), "{:?}", next.reason());
            }
        }
    }

    /// A prior with any one number changed is refused, or judges: what is written of it is read, and scores are numbers.
    #[test]
    fn no_number_in_a_prior_does_harm(at in 0..400_usize, number in prop::num::f64::ANY, tolerance in -6.0..1.0_f64) {
        let mut json: serde_json::Value = serde_json::from_str(&Prior::built_in().unwrap().to_json()).unwrap();
        let (mut leaves, mut waiting) = (0, vec![&mut json]);
        while let Some(value) = waiting.pop() {
            match value {
                serde_json::Value::Array(members) => waiting.extend(members),
                serde_json::Value::Object(members) => waiting.extend(members.values_mut()),
                leaf => {
                    if leaves == at {
                        *leaf = number.into();
                    }
                    leaves += 1;
                }
            }
        }
        if let Ok(prior) = Prior::from_json(&json.to_string()) {
            prop_assert!(Prior::from_json(&prior.to_json()).is_ok());
            let options = MonitorOptions {
                prior: Some(prior),
                false_alarms_per_account_year: 10_f64.powf(tolerance),
                ..MonitorOptions::default()
            };
            let monitor = Monitor::new(Key::from([7; 16]), options).unwrap();
            for day in 0..8 {
                for message in 0..5 {
                    let time = BEGIN + f64::from(day) * DAY + f64::from(message);
                    for event in [event("a", time, 3, 1), Event { recipients: Recipients::Count(2), ..event("b", time, 1, 0) }] {
                        let score = monitor.observe(&event).unwrap().score;
                        prop_assert!(score.is_finite() && score >= 0.0, "{}", score);
                    }
                }
            }
        }
    }

    /// Whatever comes, nothing panics, scores are numbers, and memory is bounded.
    #[test]
    fn nothing_that_comes_does_harm(
        messages in prop::collection::vec(
            (0..4_u8, prop::num::f64::ANY, any::<u32>(), any::<u32>(), any::<bool>()), 0..200),
    ) {
        let monitor = monitor();
        for (account, time, all, new, known) in messages {
            let name = format!("user{account}");
            let recipients = if known { Recipients::Counted { all, new } } else { Recipients::Count(all) };
            let event = Event { time: time.abs() % 3e11, account: name.as_bytes(), recipients };
            if let Ok(assessment) = monitor.observe(&event) {
                prop_assert!(assessment.score.is_finite() && assessment.score >= 0.0);
                prop_assert_eq!(assessment.alarm(), assessment.evidence.is_some());
            }
            if new % 7 == 0 {
                monitor.acknowledge(name.as_bytes());
            }
        }
        prop_assert!(monitor.accounts() <= 4);
    }
}

#[test]
fn what_is_usual_for_an_account_is_told_as_it_judges() {
    let monitor = monitor();
    assert_eq!(monitor.habits(b"user1"), None);
    monitor.allow(b"news", 100);
    let declared = monitor.habits(b"news").unwrap();
    assert_eq!((declared.known, declared.declared), (false, Some(100)));
    quiet_host(&monitor, 2, 60);
    let habits = monitor.habits(b"user1").unwrap();
    assert!(habits.known && habits.alarm.is_none());
    assert_eq!(habits.first, Some((BEGIN / DAY) as i64 * 86_400));
    assert_eq!(habits.days, 60, "the last day is not over");
    assert_eq!(
        habits.channels.len(),
        5,
        "which recipients are new was always known"
    );
    for habit in &habits.channels {
        assert!(
            habit.limit >= 1.0 && habit.usual.is_some_and(|usual| usual > 0.0),
            "{habit}: {habit:?}"
        );
    }
    let assessment = monitor
        .observe(&event("user1", BEGIN + 60.0 * DAY, 1, 1))
        .unwrap();
    let nearest = monitor.habits(b"user1").unwrap().channels;
    let nearest = nearest
        .iter()
        // Of a rate the number is told, and judged is how improbable it is.
        .filter(|habit| habit.count >= 1.0 && !habit.code.ends_with("messages_1d"))
        .map(|habit| habit.count / habit.limit);
    assert_eq!(nearest.fold(0.0, f32::max), assessment.score);
}
