//! SRS in a real Postfix: what happens to local, forwarded and outbound mail and to bounces, with PostSRSd and with ours.

#![cfg(feature = "cli")]
#![allow(unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod postsrsd;
mod scenarios;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod wiring;

use postsrsd::PostSrsd;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use support::postfix::Postfix;
use support::smtp::Sink;
use tempfile::TempDir;

#[test]
fn the_table_of_the_guide_is_what_postfix_does() {
    if let Some(why) = missing() {
        println!("skipped: SRS in Postfix ({why})");
        return;
    }
    let secrets = Secrets::new();
    let server = PostSrsd::start(wiring::MAIN, &secrets.file);
    let sink = Sink::start();
    let seed = wiring::seed(sink.address(), server.forward, server.reverse);
    let in_seed = scenarios::observe(&mut Postfix::start(&seed.main, &seed.master), &sink);

    let sink = Sink::start();
    let (forward, reverse) = (server.forward, server.reverse);
    let (forward, reverse) = (
        format!("tcp:127.0.0.1:{forward}"),
        format!("tcp:127.0.0.1:{reverse}"),
    );
    let other = wiring::forwarded_only(sink.address(), secrets.folder.path(), &forward, &reverse);
    let in_other = scenarios::observe(&mut Postfix::start(&other.main, &other.master), &sink);

    table::compare(&table::render(&in_seed, &in_other));
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
