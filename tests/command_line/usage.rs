//! The words of the command line.

use super::{ENVELOPE, Place, words};
use std::ffi::OsStr;

#[test]
fn global_options_may_stand_anywhere() {
    let place = Place::new();
    let expected = place.json(&format!(
        "check {ENVELOPE} --now 1772355660 --authserv-id mx message.eml"
    ));
    assert_eq!(expected["spf"]["result"], "pass");
    for line in [
        format!("--json --zone zone --now 1772355660 check {ENVELOPE} --authserv-id mx message.eml"),
        format!("check --json --zone zone {ENVELOPE} --now 1772355660 --authserv-id mx message.eml"),
        format!("--now=1772355660 check message.eml {ENVELOPE} --authserv-id mx --zone=zone --json"),
        format!(
            "--zone zone check message.eml --authserv-id mx {ENVELOPE} --json --now 2026-03-01T09:01:00Z"
        ),
    ] {
        assert_eq!(place.bare(words(&line)).json(), expected, "{line}");
    }
}

#[test]
fn zone_files_may_be_several_before_and_after_the_command() {
    let place = Place::new();
    place.file("more", "more.example. TXT \"v=spf1 include:example.org -all\"\n");
    let spf = "spf --ip 192.0.2.1 --helo x --mail-from a@more.example";
    assert_eq!(place.json(&format!("{spf} --zone more"))["result"], "pass");
    assert_eq!(place.json(&format!("--zone more {spf}"))["result"], "pass");
}

#[test]
fn a_zone_and_a_nameserver_exclude_each_other_wherever_they_stand() {
    let place = Place::new();
    for line in [
        "--zone zone --nameserver 127.0.0.1 check message.eml",
        "--zone zone check --nameserver 127.0.0.1 message.eml",
        "--nameserver 127.0.0.1 check --zone zone message.eml",
        "check --zone zone --nameserver 127.0.0.1 message.eml",
    ] {
        place.bare(words(line)).refused(2, &["--zone", "--nameserver"]);
    }
}

#[test]
fn an_option_with_one_value_is_not_given_twice() {
    let place = Place::new();
    place
        .run("--now 1 check --now 2 message.eml")
        .refused(2, &["--now", "multiple times"]);
    place
        .run("check --now 1 --now 2 message.eml")
        .refused(2, &["--now", "multiple times"]);
    place
        .run("--dns-timeout 1 check message.eml --dns-timeout 1")
        .refused(2, &["--dns-timeout"]);
    place
        .run("check --ip 192.0.2.1 --ip 192.0.2.2 message.eml")
        .refused(2, &["--ip"]);
}

#[test]
fn wrong_usage_names_the_option_and_what_is_expected() {
    let place = Place::new();
    let long = format!("{}.example", ["a"; 150].join("."));
    assert!(long.len() > 300);
    for (line, told) in [
        (
            "check --ip 300.1.1.1 message.eml".to_owned(),
            ["300.1.1.1", "--ip", "IPv4 or IPv6"],
        ),
        (
            "check --ip '' message.eml".into(),
            ["--ip", "IPv4 or IPv6", "192.0.2.1"],
        ),
        (
            format!("spf --ip 192.0.2.1 --helo {long} --mail-from a@b.c"),
            ["--helo", "octets", "253"],
        ),
        (
            format!("spf --ip 192.0.2.1 --helo x --mail-from a@{long}"),
            ["--mail-from", "octets", "253"],
        ),
        (
            format!("check --ip 192.0.2.1 --mail-from <a@{long}> message.eml"),
            ["--mail-from", "octets", "253"],
        ),
        (format!("dmarc --from {long}"), ["--from", "octets", "253"]),
        (
            format!("dmarc --from example.org --spf {long}=pass"),
            ["--spf", "octets", "253"],
        ),
        (
            format!("dmarc --from example.org --dkim {long}=pass"),
            ["--dkim", "octets", "253"],
        ),
        (
            "dmarc --from ada@example.org".into(),
            ["--from", "address", "example.org"],
        ),
        (
            "dmarc --from a..b".into(),
            ["--from", "empty label", "example.org"],
        ),
        ("dmarc --from ''".into(), ["--from", "empty", "example.org"]),
        (
            "dmarc --from example.org --spf pass".into(),
            ["--spf", "DOMAIN=RESULT", "softfail"],
        ),
        (
            "dmarc --from example.org --spf example.org=good".into(),
            ["--spf", "DOMAIN=RESULT", "softfail"],
        ),
        (
            "dmarc --from example.org --spf a.b=pass --spf a.b=pass".into(),
            ["--spf", "multiple", "times"],
        ),
        (
            "dmarc --from example.org --dkim example.org=softfail".into(),
            ["--dkim", "DOMAIN=RESULT", "policy"],
        ),
        (
            "check --nameserver localhost message.eml".into(),
            ["--nameserver", "127.0.0.1:5353", "[2001:db8::53]"],
        ),
        (
            "check --dns-timeout 0 message.eml".into(),
            ["--dns-timeout", "seconds", "3600"],
        ),
        (
            "check --dns-timeout=-1 message.eml".into(),
            ["--dns-timeout", "seconds", "3600"],
        ),
        (
            "check --now yesterday message.eml".into(),
            ["--now", "Unix seconds", "RFC 3339"],
        ),
        (
            "check --authserv-id a;b message.eml".into(),
            ["--authserv-id", "';'", "mx.example.org"],
        ),
        ("check".into(), ["FILE|-", "Usage", "--help"]),
        (
            "spf --ip 192.0.2.1 --helo x".into(),
            ["--mail-from", "required", "Usage"],
        ),
        (
            "spf --ip 192.0.2.1 --mail-from a@b.c".into(),
            ["--helo", "required", "Usage"],
        ),
        (
            "spf --helo x --mail-from a@b.c".into(),
            ["--ip", "required", "Usage"],
        ),
        ("dmarc".into(), ["--from", "required", "Usage"]),
        ("chekc message.eml".into(), ["chekc", "check", "Usage"]),
        (
            "check --verbose message.eml".into(),
            ["--verbose", "Usage", "--help"],
        ),
    ] {
        place.run(&line).refused(2, &told);
    }
    place
        .bare([""; 0])
        .refused(2, &["Usage", "check", "spf", "dmarc"]);
}

#[test]
fn octets_that_are_not_utf_8_are_taken_where_smtp_has_them() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::new();
    let sender = OsStr::from_bytes(b"\xff\xfe@example.org");
    let line = [
        "--zone",
        "zone",
        "--json",
        "spf",
        "--ip",
        "192.0.2.1",
        "--helo",
        "x",
        "--mail-from",
    ];
    let done = place.bare(line.iter().map(OsStr::new).chain([sender]));
    assert_eq!(done.json()["result"], "pass");
}

#[test]
fn help_goes_to_the_standard_output_and_says_where_more_is() {
    let place = Place::new();
    for (line, shown) in [
        ("-h", ["Usage: mailrep", "check", "--help"]),
        ("--help", ["Examples:", "Exit status:", "mailrep(1)"]),
        ("check --help", ["Examples:", "Exit status:", "mailrep-check(1)"]),
        ("spf --help", ["Examples:", "Exit status:", "mailrep-spf(1)"]),
        ("dmarc --help", ["Examples:", "Exit status:", "mailrep-dmarc(1)"]),
        ("help check", ["Examples:", "Exit status:", "mailrep-check(1)"]),
    ] {
        let done = place.bare(words(line));
        done.shows(&shown);
        assert_eq!(done.err, "");
        assert!(!done.out.contains('\u{1b}'), "no colour in a pipe");
    }
    assert!(place.bare(["-h"]).out.lines().count() < place.bare(["--help"]).out.lines().count());
    let version = place.bare(["--version"]);
    assert_eq!(version.out, concat!("mailrep ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn a_negative_number_is_a_value_that_cannot_be_used_and_no_option() {
    let place = Place::new();
    place
        .run("check --dns-timeout -1 message.eml")
        .refused(2, &["--dns-timeout", "from 0.001 to 3600"]);
}
