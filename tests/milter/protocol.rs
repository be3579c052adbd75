//! Corners of the protocol, told by miltertest.

use crate::host::data;
use crate::milter::{Milter, program};
use std::path::Path;
use std::process::Command;

#[test]
fn an_mta_that_offers_little_is_served_all_the_same() {
    if let Err(why) = program() {
        println!("skipped: miltertest ({why})");
        return;
    }
    if Command::new("miltertest").arg("-V").output().is_err() {
        println!("skipped: miltertest (not installed)");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}/socket", folder.path().display());
    let policy = format!(
        "authserv_id = \"mx.example.net\"\n[dns]\nzone_files = [\"{}\"]\n",
        data("zone").display()
    );
    let milter = Milter::start(folder.path(), &socket, &policy);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/milter/lua/corners.lua");
    let output = Command::new("miltertest")
        .args(["-D", &format!("socket={socket}"), "-s"])
        .arg(script)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}: {}", milter.log());
    // The one that was given up has no line.
    assert_eq!(milter.lines(&["queue=-", "action=accept"]).len(), 2);
    assert_eq!(milter.lines(&["the MTA does not offer all"]).len(), 1);
    assert_eq!(milter.lines(&["failed="]).len(), 0);
}
