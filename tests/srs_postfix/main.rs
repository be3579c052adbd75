//! SRS in a real Postfix: what happens to local, forwarded and outbound mail and to bounces, with PostSRSd and with ours.

#![cfg(feature = "cli")]
#![allow(unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod ours;
mod postsrsd;
mod scenarios;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod wiring;

use ours::Ours;
use postsrsd::PostSrsd;
use scenarios::{ADA, accept};
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::thread;
use support::postfix::Postfix;
use support::smtp::Sink;
use tempfile::TempDir;
use wiring::{MAIN, Wiring};

/// Mail of all kinds in the wiring of PostSRSd: with the real one, then with ours in its place.
#[test]
fn ours_in_place_of_postsrsd_changes_nothing() {
    if let Some(why) = missing() {
        println!("skipped: SRS in Postfix beside PostSRSd ({why})");
        return;
    }
    let secrets = Secrets::new();
    let theirs = PostSrsd::start(MAIN, &secrets.file);
    let minted = theirs.mint(ADA);
    let sink = Sink::start();
    let wiring = wiring::seed(sink.address(), theirs.forward, theirs.reverse);
    let before = scenarios::observe(&mut Postfix::start(&wiring.main, &wiring.master), &sink);
    drop(theirs);

    let ours = Ours::start(&secrets.file, None);
    let sink = Sink::start();
    let wiring = wiring::seed(sink.address(), ours.forward, ours.reverse);
    let mut postfix = Postfix::start(&wiring.main, &wiring.master);
    assert_eq!(scenarios::observe(&mut postfix, &sink), before);
    // What PostSRSd made last week comes home.
    accept(&postfix, "", &minted, "last week");
    assert_eq!(sink.expect("last week").recipients, [ADA]);
}

#[test]
fn the_table_of_the_guide_is_what_postfix_does() {
    if let Some(why) = Postfix::missing() {
        println!("skipped: SRS in Postfix ({why})");
        return;
    }
    let secrets = Secrets::new();
    let observe = |ours: &mut Ours, wiring: &Wiring, sink: &Sink| {
        let mut postfix = Postfix::start(&wiring.main, &wiring.master);
        let mut rows = scenarios::observe(&mut postfix, sink);
        rows.extend(scenarios::observe_without_server(&postfix, sink, ours));
        rows
    };
    let (in_seed, in_other) = thread::scope(|scope| {
        let in_seed = scope.spawn(|| {
            let (mut ours, sink) = (Ours::start(&secrets.file, None), Sink::start());
            let wiring = wiring::seed(sink.address(), ours.forward, ours.reverse);
            observe(&mut ours, &wiring, &sink)
        });
        let in_other = scope.spawn(|| {
            let (mut ours, sink) = (Ours::start(&secrets.file, None), Sink::start());
            let [forward, reverse] = [ours.forward, ours.reverse].map(|port| format!("tcp:127.0.0.1:{port}"));
            let wiring = wiring::forwarded_only(sink.address(), secrets.folder.path(), &forward, &reverse);
            observe(&mut ours, &wiring, &sink)
        });
        (in_seed.join().unwrap(), in_other.join().unwrap())
    });
    table::compare(&table::render(&in_seed, &in_other));
}

#[test]
fn a_unix_socket_does_the_same() {
    if let Some(why) = Postfix::missing() {
        println!("skipped: SRS in Postfix by socketmap ({why})");
        return;
    }
    let secrets = Secrets::new();
    let observe = |forward: &str, reverse: &str, start: &dyn Fn(&Postfix) -> Option<Ours>| {
        let sink = Sink::start();
        let wiring = wiring::forwarded_only(sink.address(), secrets.folder.path(), forward, reverse);
        let mut postfix = Postfix::start(&wiring.main, &wiring.master);
        let _ours = start(&postfix);
        scenarios::observe(&mut postfix, &sink)
    };
    let [forward, reverse] = ["forward", "reverse"].map(|map| format!("socketmap:unix:srs/socket:{map}"));
    let by_socketmap = observe(&forward, &reverse, &|postfix| {
        let folder = postfix.queue().join("srs");
        std::fs::create_dir(&folder).unwrap();
        Some(Ours::start(&secrets.file, Some(&folder.join("socket"))))
    });
    let ours = Ours::start(&secrets.file, None);
    let [forward, reverse] = [ours.forward, ours.reverse].map(|port| format!("tcp:127.0.0.1:{port}"));
    assert_eq!(by_socketmap, observe(&forward, &reverse, &|_| None));
}

fn missing() -> Option<&'static str> {
    Postfix::missing().or_else(|| (!PostSrsd::is_there()).then_some("PostSRSd is not installed"))
}

/// A folder that the daemons of Postfix get through, with a file of secrets.
struct Secrets {
    folder: TempDir,
    file: PathBuf,
}

impl Secrets {
    fn new() -> Secrets {
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        let file = folder.path().join("secret");
        std::fs::write(&file, "the secret of these tests, and of nothing else\n").unwrap();
        Secrets { folder, file }
    }
}
