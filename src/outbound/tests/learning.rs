//! What an account's own past, and what became of its messages, do to its limits.

use super::*;

/// Messages of nobody known to be new, one every `seconds`, at `begin`; whether any raised an alarm.
fn burst(monitor: &Monitor, account: &str, begin: f64, messages: u32, seconds: f64) -> bool {
    (0..messages)
        .map(|message| {
            let event = Event {
                time: begin + f64::from(message) * seconds,
                account: account.as_bytes(),
                recipients: Recipients::Count(1),
            };
            monitor.observe(&event).unwrap().alarm()
        })
        .fold(false, |before, alarm| before | alarm)
}

fn limit(monitor: &Monitor, account: &str, code: &str) -> f32 {
    let habits = monitor.habits(account.as_bytes()).unwrap();
    let habit = habits.channels.iter().find(|habit| habit.code == code);
    habit.unwrap_or_else(|| panic!("no {code}")).limit
}

#[test]
fn failed_recipients_lower_the_limits() {
    let found = |failing: bool| {
        let monitor = monitor();
        quiet_host(&monitor, 5, 90);
        let theft = BEGIN + 90.0 * DAY + 10_000.0;
        (0..100).find_map(|message| {
            let assessment = monitor
                .observe(&event("user2", theft + f64::from(message) * 60.0, 1, 1))
                .unwrap();
            if failing && message % 3 == 0 {
                assert!(monitor.failed(b"user2", 1));
            }
            assessment.alarm().then_some((message + 1, assessment.reason()))
        })
    };
    let (whole, reason) = found(false).unwrap();
    assert!(!reason.unwrap().contains("failed"));
    let (failing, reason) = found(true).unwrap();
    assert!(failing < whole, "{failing} messages instead of {whole}");
    assert!(reason.unwrap().contains("recipients failed"));
    println!("{failing} messages with every third recipient failing, {whole} without");
}

#[test]
fn failed_recipients_alone_raise_no_alarm_halve_limits_at_most_and_are_forgotten() {
    let monitor = monitor();
    assert!(!monitor.failed(b"nobody", 5), "of nobody known nothing is kept");
    assert_eq!(monitor.accounts(), 0);
    quiet_host(&monitor, 5, 60);
    let before = limit(&monitor, "user2", "new_slots_60s");
    for failed in [5, 5, u32::MAX, u32::MAX] {
        monitor.failed(b"user2", failed);
    }
    let after = limit(&monitor, "user2", "new_slots_60s");
    assert!((after / before - 0.5).abs() < 1e-3, "{before}, then {after}");
    let later = BEGIN + 60.0 * DAY;
    assert!(!monitor.observe(&event("user2", later, 1, 0)).unwrap().alarm());
    for day in 1..40 {
        let time = later + f64::from(day) * DAY;
        monitor.observe(&event("user2", time, 1, 0)).unwrap();
    }
    assert!(limit(&monitor, "user2", "new_slots_60s") > 0.95 * before);
}

#[test]
fn what_an_account_does_in_a_fortnight_moves_its_limits_only_in_the_next() {
    let monitor = monitor();
    // A day of the calendar's fortnights begins one.
    let fortnights = (BEGIN / DAY / 14.0).ceil() * 14.0 * DAY + 28_800.0;
    let day = |day: u32| fortnights + f64::from(day) * DAY;
    for number in 0..56 {
        assert!(!burst(&monitor, "ada", day(number), 1, 1.0));
    }
    let before = limit(&monitor, "ada", "slots_60s");
    // Each day's burst is a little larger, and none an alarm.
    for number in 56..69 {
        assert!(!burst(&monitor, "ada", day(number), 2 + (number - 56) / 4, 61.0));
        assert_eq!(limit(&monitor, "ada", "slots_60s"), before, "day {number}");
    }
    assert!(!burst(&monitor, "ada", day(70), 1, 61.0));
    let after = limit(&monitor, "ada", "slots_60s");
    assert!(after > 1.3 * before, "{before}, then {after}");
}

#[test]
fn a_digest_on_an_accounts_first_day_is_no_alarm_where_it_is_not_known_who_is_new() {
    let monitor = monitor();
    assert!(!burst(&monitor, "digest", BEGIN, 60, 1.0));
    assert!(burst(&monitor, "thief", BEGIN, 300, 1.0));
}

#[test]
fn the_number_of_messages_is_judged_by_the_accounts_own_rate() {
    let monitor = monitor();
    // Every hour, to somebody new: a busy shop. And one message in three days.
    let mut shop = false;
    for hour in 0..24 * 90 {
        let time = BEGIN + f64::from(hour) * 3_600.0;
        shop |= monitor.observe(&event("shop", time, 1, 1)).unwrap().alarm() && hour > 24 * 45;
        if hour % 72 == 0 {
            monitor.observe(&event("quiet", time, 1, 1)).unwrap();
        }
    }
    assert!(!shop, "a shop that has always sent so much");
    let (shop, quiet) = (
        limit(&monitor, "shop", "new_messages_1d"),
        limit(&monitor, "quiet", "new_messages_1d"),
    );
    assert!(shop > 24.0 && quiet < 20.0, "{shop} and {quiet}");
}

#[test]
fn a_fit_without_a_counter_names_one_that_there_is() {
    let nothing = fit_without(&[], &["new_slots_1s", "slots_7s"]);
    let told = nothing.unwrap_err().to_string();
    assert!(
        told.contains("'slots_7s'") && told.contains("new_slots_60s"),
        "{told}"
    );
}

#[test]
fn a_counter_that_is_left_out_raises_no_alarm() {
    let text = Prior::built_in().unwrap().to_json();
    let first = text.find("]}").unwrap();
    let without = format!("{},\"watched\":false{}", &text[..=first], &text[first + 1..]);
    let prior = Prior::from_json(&without).unwrap();
    assert_ne!(prior, Prior::built_in().unwrap());
    assert_eq!(Prior::from_json(&prior.to_json()).unwrap(), prior);
    let options = MonitorOptions {
        prior: Some(prior),
        ..MonitorOptions::default()
    };
    let monitor = Monitor::new(Key::from([7; 16]), options).unwrap();
    burst(&monitor, "ada", BEGIN, 1, 1.0);
    burst(&monitor, "ada", BEGIN + DAY, 1, 1.0);
    assert!(limit(&monitor, "ada", "slots_1s").is_infinite());
    assert!(limit(&monitor, "ada", "slots_60s").is_finite());
}
