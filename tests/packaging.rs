//! What `make install` installs beside programs and libraries.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::Path;
use std::process::Command;

const UNIT: &str = include_str!("../packaging/mailrep-srs.service.in");
const MILTER_UNIT: &str = include_str!("../packaging/mailrep-milter.service.in");

fn verified(name: &str, unit: &str) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let programs = Path::new(env!("CARGO_BIN_EXE_mailrep")).parent().unwrap();
    let text = unit
        .replace("@BINDIR@", programs.to_str().unwrap())
        // Any program will do: the milter may not be built here.
        .replace("@SBINDIR@/mailrep-milter", env!("CARGO_BIN_EXE_mailrep"));
    fs::write(&path, text).unwrap();
    let verified = Command::new("systemd-analyze")
        .args(["verify", "--man=no"])
        .arg(&path)
        .output();
    let Ok(output) = verified else {
        println!("skipped: systemd-analyze verify of {name} (systemd is not installed)");
        return;
    };
    let said = String::from_utf8_lossy(&output.stderr);
    // Other units of this host are none of ours.
    let ours: Vec<_> = said.lines().filter(|line| line.contains(name)).collect();
    assert!(ours.is_empty(), "{said}");
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit() {
    verified("mailrep-srs.service", UNIT);
}

#[test]
fn systemd_finds_nothing_wrong_with_the_unit_of_the_milter() {
    verified("mailrep-milter.service", MILTER_UNIT);
}

/// sendmail(1) asks for the addresses of the host by netlink, and hands a letter over by the group of postdrop(1), by two folders.
#[test]
fn the_unit_of_the_milter_lets_sendmail_hand_over_a_letter() {
    let families = MILTER_UNIT
        .lines()
        .find(|line| line.starts_with("RestrictAddressFamilies="));
    assert!(families.unwrap().contains("AF_NETLINK"));
    for line in [
        "SupplementaryGroups=postdrop",
        "-/var/spool/postfix/maildrop",
        "-/var/spool/postfix/public",
    ] {
        assert!(MILTER_UNIT.contains(line), "{line}");
    }
}

#[test]
fn the_packages_have_the_version_of_the_crate() {
    let begin = format!("mailrep ({}) ", env!("CARGO_PKG_VERSION"));
    assert!(include_str!("../debian/changelog").starts_with(&begin), "{begin}");
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
