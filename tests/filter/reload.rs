//! A policy taken anew while mail goes on.

use super::case::{data, filter};
use mailrep::filter::policy::{Policy, Treatment};
use mailrep::filter::{Client, Decision, Filter, Glue, Session};
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

fn policy(text: &str, folder: &Path) -> Policy {
    Policy::parse(text, "mailrep.toml", folder).unwrap_or_else(|error| panic!("{error}"))
}

/// Sends a message of an account, a second after the one before.
fn send(filter: &Arc<Filter>, account: &[u8], number: u32) -> Decision {
    let mut session = Session::new(filter, Glue::default());
    session.set_time(Some(1_772_355_660.0 + f64::from(number)));
    session
        .connect(Client::from(IpAddr::from([192, 0, 2, 9])))
        .unwrap();
    session.mail_from(b"a@example.org", Some(account)).unwrap();
    session
        .rcpt(format!("stranger{number}@example.net").as_bytes())
        .unwrap();
    session.end(b"").unwrap()
}

fn alarmed(filter: &Arc<Filter>, account: &[u8]) -> u32 {
    (0..40)
        .find(|&number| send(filter, account, number).alarm.is_some())
        .expect("one message a second to strangers is an alarm")
}

const REJECT: &str = "[dns]\nzone_files = [\"zone\"]\n[outbound]\non_alarm = \"reject\"\n";

#[test]
fn a_reload_keeps_alarms_and_takes_the_new_rules() {
    let old = filter(REJECT, None);
    alarmed(&old, b"ada");
    let new = Arc::new(
        old.reload(policy(&REJECT.replace("reject", "hold"), &data()))
            .unwrap(),
    );
    assert_eq!(send(&old, b"ada", 60).treatment, Treatment::Reject);
    assert_eq!(send(&new, b"ada", 61).treatment, Treatment::Hold);
}

#[test]
fn a_session_keeps_the_filter_that_it_began_with() {
    let old = filter(REJECT, None);
    alarmed(&old, b"ada");
    let mut session = Session::new(&old, Glue::default());
    session.connect(Client::default()).unwrap();
    let new = old
        .reload(policy("[dns]\nzone_files = [\"zone\"]\n", &data()))
        .unwrap();
    assert!(new.monitor().is_none());
    drop(old);
    session.set_time(Some(1_772_355_720.0));
    session.mail_from(b"a@example.org", Some(b"ada")).unwrap();
    session.rcpt(b"x@example.net").unwrap();
    assert_eq!(session.end(b"").unwrap().treatment, Treatment::Reject);
}

#[test]
fn what_is_declared_no_more_is_watched_again() {
    let declared = format!("{REJECT}[outbound.declared]\nada = 100000\n");
    let old = filter(&declared, None);
    for number in 0..40 {
        assert!(send(&old, b"ada", number).alarm.is_none());
    }
    let new = Arc::new(old.reload(policy(REJECT, &data())).unwrap());
    assert!((40..80).any(|number| send(&new, b"ada", number).alarm.is_some()));
}

#[test]
fn while_declarations_are_made_anew_none_is_missing() {
    let many: String = (0..3_000)
        .map(|number| format!("\"list{number}@example.net\" = 9\n"))
        .collect();
    let declared = format!("{REJECT}[outbound.declared]\n{many}\"zz\" = 100000\n");
    let old = filter(&declared, None);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..20 {
                let new = Arc::new(old.reload(policy(&declared, &data())).unwrap());
                drop(Session::new(&new, Glue::default()));
            }
            done.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        let mut number = 0;
        while !done.load(std::sync::atomic::Ordering::Relaxed) {
            assert!(send(&old, b"zz", number).alarm.is_none());
            number += 1;
        }
        assert!(number > 0);
    });
}

#[test]
fn a_login_in_any_case_and_with_its_domain_or_without_is_one_account() {
    let text = "login_domain = \"Example.org\"\n[dns]\nzone_files = [\"zone\"]\n[outbound]\non_alarm = \"reject\"\n[outbound.declared]\nNEWS = 100000\n";
    let filter = filter(text, None);
    let forms: [&[u8]; 4] = [b"ada", b"Ada", b"ADA@example.org", b"ada@EXAMPLE.ORG"];
    let alarm = (0..40).find_map(|number| send(&filter, forms[number as usize % 4], number).alarm);
    assert_eq!(alarm.unwrap().account, b"ada@example.org");
    for number in 0..40 {
        assert!(send(&filter, b"News", number).alarm.is_none());
    }
}

#[test]
fn a_reload_that_fails_leaves_declarations_as_they_are() {
    let declared = format!("{REJECT}[outbound.declared]\nada = 100000\n");
    let old = filter(&declared, None);
    let broken = format!(
        "{REJECT}[srs]\ndomain = \"srs.example.org\"\nsecret_file = \"not-there\"\nforward = false\n"
    );
    assert!(old.reload(policy(&broken, &data())).is_err());
    for number in 0..40 {
        assert!(send(&old, b"ada", number).alarm.is_none());
    }
}

#[test]
fn a_filter_that_never_came_into_force_leaves_declarations_as_they_are() {
    let declared = format!("{REJECT}[outbound.declared]\nada = 100000\n");
    let old = filter(&declared, None);
    drop(old.reload(policy(REJECT, &data())).unwrap());
    for number in 0..40 {
        assert!(send(&old, b"ada", number).alarm.is_none());
    }
}

#[test]
fn another_tolerance_or_another_number_of_accounts_keeps_what_is_known() {
    let old = filter(REJECT, None);
    alarmed(&old, b"ada");
    for changed in ["false_alarms_per_account_year = 0.05\n", "accounts = 5000\n"] {
        let new = Arc::new(
            old.reload(policy(&format!("{REJECT}{changed}"), &data()))
                .unwrap(),
        );
        assert_eq!(send(&new, b"ada", 70).treatment, Treatment::Reject, "{changed}");
    }
}

#[test]
fn a_state_that_is_to_be_kept_elsewhere_is_the_same_unless_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(data().join("zone"), folder.path().join("zone")).unwrap();
    let of = |name: &str| policy(&format!("{REJECT}state_file = \"{name}\"\n"), folder.path());
    let old = Arc::new(Filter::new(of("state")).unwrap());
    old.save_state().unwrap();
    alarmed(&old, b"ada");
    let moved = Arc::new(old.reload(of("elsewhere")).unwrap());
    assert_eq!(send(&moved, b"ada", 70).treatment, Treatment::Reject);
    // That one was written before the alarm.
    let back = Arc::new(moved.reload(of("state")).unwrap());
    assert!(send(&back, b"ada", 71).alarm.is_none());
}

#[test]
fn the_state_of_accounts_outlives_the_program_and_a_damaged_one_is_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(data().join("zone"), folder.path().join("zone")).unwrap();
    let text = format!("{REJECT}state_file = \"state\"\n");
    let first = Arc::new(Filter::new(policy(&text, folder.path())).unwrap());
    alarmed(&first, b"ada");
    first.save_state().unwrap();
    drop(first);
    let second = Arc::new(Filter::new(policy(&text, folder.path())).unwrap());
    assert_eq!(send(&second, b"ada", 70).treatment, Treatment::Reject);
    let path = folder.path().join("state");
    std::fs::write(&path, b"damaged").unwrap();
    assert!(Filter::new(policy(&text, folder.path())).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), b"damaged");
    std::fs::remove_dir_all(folder.path()).unwrap();
    let error = second.save_state().unwrap_err().to_string();
    assert!(error.contains("cannot be written to"), "{error}");
}

#[test]
fn states_that_begin_with_one_key_file_can_be_merged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(data().join("zone"), folder.path().join("zone")).unwrap();
    std::fs::write(folder.path().join("key"), "00112233445566778899AABBCCDDEEFF\n").unwrap();
    let text = |key: &str| format!("[dns]\nzone_files = [\"zone\"]\n[outbound]\n{key}");
    let of = |key: &str| Filter::new(policy(&text(key), folder.path())).unwrap();
    let (one, two, other) = (of("key_file = \"key\""), of("key_file = \"key\""), of(""));
    let copy = |filter: &Filter| {
        let mut octets = Vec::new();
        filter.monitor().unwrap().write_snapshot(&mut octets).unwrap();
        mailrep::outbound::Monitor::read_snapshot(octets.as_slice(), Default::default()).unwrap()
    };
    assert!(one.monitor().unwrap().merge(copy(&two)).is_ok());
    assert!(one.monitor().unwrap().merge(copy(&other)).is_err());
}
