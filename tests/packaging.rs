//! What `make install` installs beside programs and libraries.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

const UNIT: &str = include_str!("../packaging/mailrep-srs.service.in");

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("mailrep-srs.service");
    let program = Path::new(env!("CARGO_BIN_EXE_mailrep"));
    let text = UNIT.replace("@BINDIR@", program.parent().unwrap().to_str().unwrap());
    fs::write(&unit, text).unwrap();
    let verified = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(&unit)
        .output();
    let Ok(output) = verified else {
        println!("skipped: systemd-analyze verify (systemd is not installed)");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    // Other units of this host are none of ours.
    let ours: Vec<_> = said.lines().filter(|line| line.contains("mailrep-srs")).collect();
    assert!(ours.is_empty(), "{said}");
}

#[test]
fn the_unit_runs_a_command_line_that_there_is() {
    let joined = UNIT.replace("\\\n", " ");
    let line = joined
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart=@BINDIR@/mailrep "))
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let line = line
        .replace("${SRS_DOMAIN}", "example.org")
        .replace("${CREDENTIALS_DIRECTORY}", folder.path().to_str().unwrap())
        .replace("$SRS_OPTIONS", "--local .example.org");
    // Everything is understood, but for the secret file, which is not there.
    let output = Command::new(env!("CARGO_BIN_EXE_mailrep"))
        .args(line.split_whitespace())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("srs.secret"), "{said}");
}
