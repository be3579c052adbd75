#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::outbound::{Assessment, Event, Recipients};
use proptest::prelude::*;

const BEGIN: f64 = 1_700_000_000.0;
const KEY: [u8; 16] = [7; 16];

fn options() -> MonitorOptions {
    MonitorOptions {
        novelty_octets: 1 << 12,
        ..MonitorOptions::default()
    }
}

fn monitor() -> Monitor {
    Monitor::new(Key::from(KEY), options()).unwrap()
}

/// An account, seconds since the message before, recipients, and what kind of message it is.
type Message = (u8, u32, u32, u8);

fn sending(most: usize) -> impl Strategy<Value = Vec<Message>> {
    prop::collection::vec((0..6_u8, 0..40_000_u32, 1..80_u32, 0..13_u8), 1..most)
}

/// Takes notice of messages from `begin` on, and of what an administrator says of some.
fn send(monitor: &Monitor, begin: f64, messages: &[Message]) -> Vec<Assessment> {
    let mut time = begin;
    let mut all = Vec::new();
    for &(account, gap, count, kind) in messages {
        // Half of them come in bursts.
        time += if gap % 2 == 0 { 1.0 } else { f64::from(gap) };
        let name = format!("user{account}");
        let address = format!("r{count}@example.net");
        let addresses = [address.as_bytes()];
        let recipients = match kind % 3 {
            0 => Recipients::Count(count),
            1 => Recipients::Counted {
                all: count,
                new: count / 2,
            },
            _ => Recipients::Addresses(&addresses),
        };
        let event = Event {
            time,
            account: name.as_bytes(),
            recipients,
        };
        all.push(monitor.observe(&event).unwrap());
        match kind {
            9 => {
                monitor.acknowledge(name.as_bytes());
            }
            10 => monitor.allow(name.as_bytes(), count),
            11 => {
                monitor.release(name.as_bytes());
            }
            12 => {
                let tolerance = (count > 20).then(|| f64::from(count) / 10.0);
                monitor.set_tolerance(name.as_bytes(), tolerance).unwrap();
            }
            _ => {}
        }
    }
    all
}

fn octets(monitor: &Monitor) -> Vec<u8> {
    let mut octets = Vec::new();
    monitor.write_snapshot(&mut octets).unwrap();
    octets
}

fn read(octets: &[u8]) -> Result<Monitor, SnapshotError> {
    Monitor::read_snapshot(octets, options())
}

/// A monitor with an alarm, an acknowledgement, a declaration and a tolerance.
fn eventful() -> Monitor {
    let monitor = monitor();
    let burst: Vec<Message> = (0..60).map(|at| (at % 2, 0, at.into(), 2)).collect();
    send(&monitor, BEGIN, &burst);
    assert!(monitor.acknowledge(b"user0"));
    send(&monitor, BEGIN, &[(3, 0, 70, 10), (3, 0, 70, 12)]);
    monitor
}

#[test]
fn every_truncation_is_refused() {
    let octets = octets(&eventful());
    for length in 0..octets.len() {
        let why = read(&octets[..length]).unwrap_err();
        let expected = if length < 12 {
            matches!(why, SnapshotError::Foreign)
        } else {
            matches!(why, SnapshotError::Truncated)
        };
        assert!(expected, "{length} octets: {why:?}");
    }
    let longer = [octets.as_slice(), b"x"].concat();
    assert!(matches!(read(&longer), Err(SnapshotError::Damaged(_))));
}

#[test]
fn every_changed_octet_is_refused() {
    let mut octets = octets(&eventful());
    for at in 0..octets.len() {
        let before = octets[at];
        for changed in [!before, before ^ 1] {
            octets[at] = changed;
            assert!(read(&octets).is_err(), "octet {at}: {before} as {changed}");
        }
        octets[at] = before;
    }
    read(&octets).unwrap();
}

#[test]
fn a_length_that_lies_takes_no_memory() {
    let mut octets = octets(&monitor());
    octets[12..20].copy_from_slice(&u64::MAX.to_le_bytes());
    assert!(matches!(read(&octets), Err(SnapshotError::Truncated)));
}

#[test]
fn other_files_and_later_versions_are_told_apart() {
    let whole = octets(&monitor());
    assert!(matches!(read(b""), Err(SnapshotError::Foreign)));
    assert!(matches!(
        read(b"{\"time\":1,\"account\":\"a\"}"),
        Err(SnapshotError::Foreign)
    ));
    let mut later = whole.clone();
    for version in [0, 3] {
        later[8] = version;
        assert!(matches!(read(&later), Err(SnapshotError::Version(number)) if number == u32::from(version)));
    }
    // A section with a right hash, of a model that counts other things.
    let mut other = whole[..12].to_vec();
    write_section(&mut other, &whole[..12], &[0; 100]).unwrap();
    assert!(matches!(read(&other), Err(SnapshotError::Model)));
}

#[test]
fn what_no_monitor_ever_writes_is_refused_though_the_hash_is_right() {
    let whole = octets(&eventful());
    let head = u64::from_le_bytes(whole[12..20].try_into().unwrap()) as usize;
    let parts = 12 + 8 + head + SHA256_OUTPUT_LEN;
    let before = &whole[parts - SHA256_OUTPUT_LEN..parts];
    for claim in [1, 1 << 20, u64::MAX] {
        let mut forged = whole[..parts].to_vec();
        // No account follows, so many as are claimed.
        let content = [i64::MIN.to_le_bytes(), claim.to_le_bytes()].concat();
        write_section(&mut forged, before, &content).unwrap();
        assert!(matches!(read(&forged), Err(SnapshotError::Damaged(_))), "{claim}");
    }
}

/// The contents of a snapshot's sections.
fn sections(octets: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, mut all) = (&octets[12..], Vec::new());
    while let Some((length, after)) = rest.split_first_chunk() {
        let (content, after) = after.split_at(u64::from_le_bytes(*length) as usize);
        all.push(content.to_vec());
        rest = &after[SHA256_OUTPUT_LEN..];
    }
    all
}

fn with_sections(version: u32, sections: &[Vec<u8>]) -> Vec<u8> {
    let mut octets = [MAGIC.as_slice(), &version.to_le_bytes()].concat();
    let mut before = octets.clone();
    for content in sections {
        let digest = write_section(&mut octets, &before, content).unwrap();
        before = digest.as_ref().to_vec();
    }
    octets
}

#[test]
fn a_tolerance_that_no_monitor_takes_is_refused() {
    let monitor = monitor();
    monitor.set_tolerance(b"a", Some(2.0)).unwrap();
    let mut parts = sections(&octets(&monitor));
    let number = Monitor::part_of(monitor.key.of(b"a"));
    for tolerance in [0.0, f64::NAN, 11.0] {
        let end = parts[1 + number].len();
        parts[1 + number][end - 8..].copy_from_slice(&f64::to_le_bytes(tolerance));
        let refused = read(&with_sections(VERSION, &parts));
        assert!(matches!(refused, Err(SnapshotError::Damaged(_))), "{tolerance}");
    }
}

#[test]
fn the_alarm_of_an_account_that_was_forgotten_does_not_make_a_snapshot_unreadable() {
    let options = MonitorOptions {
        accounts: 64,
        ..options()
    };
    let monitor = Monitor::new(Key::from(KEY), options.clone()).unwrap();
    let observe = |name: &str, time: f64| {
        let recipients = Recipients::Counted { all: 500, new: 500 };
        let account = name.as_bytes();
        monitor
            .observe(&Event {
                time,
                account,
                recipients,
            })
            .unwrap()
    };
    assert!(observe("a", BEGIN).alarm());
    let part = Monitor::part_of(monitor.key.of(b"a"));
    let neighbour = (0..)
        .map(|number| format!("b{number}"))
        .find(|name| Monitor::part_of(monitor.key.of(name.as_bytes())) == part);
    assert!(observe(&neighbour.unwrap(), BEGIN + 500.0 * 86_400.0).watched);
    assert_eq!((monitor.accounts(), monitor.alarm(b"a")), (1, None));
    let restored = Monitor::read_snapshot(octets(&monitor).as_slice(), options).unwrap();
    assert_eq!((restored.alarmed(), monitor.alarmed()), (1, 1));
}

#[test]
fn hosts_of_other_keys_are_not_merged() {
    let ours = monitor();
    let before = octets(&ours);
    let stranger = Monitor::new(Key::from([8; 16]), options()).unwrap();
    assert!(matches!(ours.merge(stranger), Err(SnapshotError::Keys)));
    assert_eq!(octets(&ours), before);
}

#[test]
fn what_one_host_knows_both_know_after_merging() {
    let (ours, theirs) = (monitor(), eventful());
    send(&ours, BEGIN, &[(5, 1, 3, 2)]);
    ours.merge(theirs).unwrap();
    assert_eq!(ours.accounts(), 4);
    let assess = |account: u8, count: u32| send(&ours, BEGIN + 100.0, &[(account, 1, count, 2)]).remove(0);
    assert!(assess(1, 7).alarm(), "the other host's alarm is open here too");
    assert!(!assess(0, 8).alarm(), "it was acknowledged there");
    assert_eq!(
        ours.habits(b"user3").unwrap().tolerance,
        Some(7.0),
        "it is its own there"
    );
}

#[test]
fn two_halves_of_a_theft_are_an_alarm_together() {
    let hosts = [monitor(), monitor()];
    // Recipients that no message was sent to yet, a minute apart, by either host in turn.
    for at in 0..40 {
        let message = (1, 61, 100 + at, 2);
        let assessments = send(&hosts[at as usize % 2], BEGIN + 60.0 * f64::from(at), &[message]);
        if assessments[0].alarm() {
            break;
        }
        let [ours, theirs] = [
            read(&octets(&hosts[0])).unwrap(),
            read(&octets(&hosts[1])).unwrap(),
        ];
        ours.merge(theirs).unwrap();
        let together = send(&ours, BEGIN + 60.0 * f64::from(at + 1), &[(1, 61, 1_000, 2)]);
        if together[0].alarm() {
            return;
        }
    }
    panic!("one host was not slower than both together");
}

#[test]
fn a_file_is_for_its_owner_alone_and_takes_the_place_of_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("state");
    eventful().save(&path).unwrap();
    let restored = Monitor::restore(&path, options()).unwrap();
    assert_eq!(octets(&restored), octets(&eventful()));
    monitor().save(&path).unwrap();
    assert_eq!(Monitor::restore(&path, options()).unwrap().accounts(), 0);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let link = folder.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        eventful().save(&link).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(Monitor::restore(&path, options()).unwrap().accounts(), 3);
        fs::remove_file(&link).unwrap();
    }
    let names: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(names.len(), 1, "nothing is left beside: {names:?}");
}

#[test]
fn what_cannot_be_written_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("none").join("state");
    assert!(matches!(monitor().save(&missing), Err(SnapshotError::Io(_))));
    // A folder is in the way, so that the last step fails.
    let folder_in_the_way = folder.path().join("state");
    fs::create_dir(&folder_in_the_way).unwrap();
    assert!(matches!(
        monitor().save(&folder_in_the_way),
        Err(SnapshotError::Io(_))
    ));
    assert!(matches!(
        Monitor::restore(&folder_in_the_way, options()),
        Err(SnapshotError::Foreign)
    ));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn restoring_a_snapshot_changes_nothing(before in sending(120), after in sending(120)) {
        let kept = monitor();
        send(&kept, BEGIN, &before);
        let restored = read(&octets(&kept)).unwrap();
        prop_assert_eq!(octets(&restored), octets(&kept));
        let later = BEGIN + 200_000.0;
        prop_assert_eq!(send(&restored, later, &after), send(&kept, later, &after));
        prop_assert_eq!(octets(&restored), octets(&kept));
    }

    #[test]
    fn merging_is_commutative(ours in sending(120), theirs in sending(120), apart in 0..4_000_000_u32) {
        let host = |begin: f64, messages: &[Message]| {
            let host = monitor();
            send(&host, begin, messages);
            host
        };
        let later = BEGIN + f64::from(apart);
        let one = host(BEGIN, &ours);
        one.merge(host(later, &theirs)).unwrap();
        let two = host(later, &theirs);
        two.merge(host(BEGIN, &ours)).unwrap();
        let merged = octets(&one);
        prop_assert_eq!(&merged, &octets(&two));
        prop_assert!(read(&merged).is_ok(), "what was merged can be written and read");
    }
}
