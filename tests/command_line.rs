//! What DESIGN and the manual pages promise of the command line.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write as _;
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const ZONE: &str = r#"
example.org.            TXT "v=spf1 ip4:192.0.2.1 include:_spf.example.org -all exp=why.example.org"
_spf.example.org.       TXT "v=spf1 ip4:198.51.100.0/24 ?all"
why.example.org.        TXT "%{i} is not one of ours"
_dmarc.example.org.     TXT "v=DMARC1; p=reject"
mail.example.org.       A   192.0.2.1
mail.example.org.       TXT "v=spf1 a -all"
1.2.0.192.in-addr.arpa. PTR mail.example.org.
time.example.           TXT "v=spf1 exists:%{t}.time.example -all"
1772355660.time.example. A  127.0.0.2
receiver.example.       TXT "v=spf1 -all exp=why.receiver.example"
xn--bcher-kva.example.  TXT "v=spf1 -all"
_dmarc.xn--bcher-kva.example. TXT "v=DMARC1; p=quarantine"
nopolicy.example.       TXT "v=spf1 -all"
hostile.example.        TXT "v=spf1 \027[31mred -all"
slow.example.           TXT "v=spf1 -all"
$FAIL broken.example. TXT SERVFAIL
"#;

const MESSAGE: &str = "From: Ada <ada@example.org>\r\nTo: you@example.net\r\nSubject: hello\r\n\r\nHello\r\n";

/// A directory with the zone, a message, and what a test adds.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(TempDir::new().unwrap());
        place.file("zone", ZONE);
        place.file("message.eml", MESSAGE);
        place
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailrep"));
        command
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .env_clear();
        command
    }

    /// Runs with these arguments as they are.
    fn bare<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Done {
        Done::of(self.command().args(arguments).output().unwrap())
    }

    /// Runs offline, arguments separated by blanks; `''` is an empty one.
    fn run(&self, line: &str) -> Done {
        self.bare(["--zone", "zone"].into_iter().chain(words(line)))
    }

    /// As `run`, with JSON that has to come out well.
    fn json(&self, line: &str) -> Value {
        self.run(&format!("--json {line}")).json()
    }

    fn with_input(&self, line: &str, input: &[u8]) -> Done {
        let mut command = self.command();
        command
            .args(["--zone", "zone"])
            .args(words(line))
            .stdin(Stdio::piped());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who does not read to the end has said why.
        let _ = child.stdin.take().unwrap().write_all(input);
        Done::of(child.wait_with_output().unwrap())
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace()
        .map(|word| if word == "''" { "" } else { word })
}

struct Done {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Done {
    fn of(output: Output) -> Done {
        Done {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.status, Some(0), "{}", self.err);
        assert_eq!(self.out.lines().count(), 1, "one object a line: {}", self.out);
        assert!(self.out.ends_with('\n'));
        serde_json::from_str(&self.out).unwrap()
    }

    /// Nothing on the standard output, and words that say what is wrong.
    #[track_caller]
    fn refused(&self, status: i32, told: &[&str]) {
        assert_eq!(self.status, Some(status), "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        for word in told {
            assert!(self.err.contains(word), "'{word}' is not in: {}", self.err);
        }
        if status != 2 {
            assert_eq!(self.err.lines().count(), 1, "{}", self.err);
            assert!(self.err.starts_with("mailrep: "), "{}", self.err);
        }
    }

    #[track_caller]
    fn shows(&self, texts: &[&str]) {
        assert_eq!(self.status, Some(0), "{}", self.err);
        for text in texts {
            assert!(self.out.contains(text), "'{text}' is not in:\n{}", self.out);
        }
    }
}

const ENVELOPE: &str = "--ip 192.0.2.1 --helo mail.example.org --mail-from ada@example.org";

// The words of the command line.

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

// SPF's identities.

#[test]
fn the_result_of_spf_is_that_of_mail_from_and_helo_has_its_own() {
    let place = Place::new();
    let spf = place.json("spf --ip 192.0.2.1 --helo mail.example.org --mail-from ada@example.org");
    assert_eq!(
        (&spf["result"], &spf["identity"]),
        (&"pass".into(), &"mailfrom".into())
    );
    assert_eq!(
        (&spf["domain"], &spf["mechanism"]),
        (&"example.org".into(), &"ip4:192.0.2.1".into())
    );
    assert_eq!(
        (&spf["dns_lookups"], &spf["void_lookups"]),
        (&0.into(), &0.into())
    );
    assert_eq!(
        (&spf["helo"]["result"], &spf["helo"]["domain"]),
        (&"pass".into(), &"mail.example.org".into())
    );
    assert!(spf["reason"].as_str().unwrap().len() > 10);
    assert!(spf["cause"].is_string());
    let spf = place.json("spf --ip 198.51.100.7 --helo mail.example.org --mail-from ada@example.org");
    assert_eq!(
        (&spf["result"], &spf["mechanism"]),
        (&"pass".into(), &"include:_spf.example.org".into())
    );
    assert_eq!(
        (&spf["dns_lookups"], &spf["helo"]["result"]),
        (&1.into(), &"fail".into())
    );
}

#[test]
fn a_null_reverse_path_is_empty_or_brackets_or_left_out_beside_ip() {
    let place = Place::new();
    for sender in ["''", "<>"] {
        let spf = place.json(&format!(
            "spf --ip 192.0.2.1 --helo mail.example.org --mail-from {sender}"
        ));
        assert_eq!(
            (&spf["result"], &spf["identity"]),
            (&"pass".into(), &"helo".into()),
            "{sender}"
        );
    }
    for sender in ["--mail-from ''", "--mail-from <>", ""] {
        let check = place.json(&format!(
            "check --ip 192.0.2.1 --helo mail.example.org {sender} message.eml"
        ));
        assert_eq!(check["spf"]["identity"], "helo", "{sender}");
        assert_eq!(check["spf"]["result"], "pass", "{sender}");
    }
}

#[test]
fn a_reverse_path_may_stand_in_brackets() {
    let place = Place::new();
    for command in ["spf", "check message.eml"] {
        let plain = place.json(&format!(
            "{command} --ip 203.0.113.9 --helo x --mail-from ada@example.org"
        ));
        let brackets = place.json(&format!(
            "{command} --ip 203.0.113.9 --helo x --mail-from <ada@example.org>"
        ));
        assert_eq!(plain, brackets);
    }
}

#[test]
fn what_strangers_call_themselves_is_never_taken_for_an_option() {
    let place = Place::new();
    let spf = place.json("spf --ip 192.0.2.1 --helo --trace --mail-from --json@example.org");
    assert_eq!((&spf["result"], &spf["trace"]), (&"pass".into(), &Value::Null));
    let check = place.json("check message.eml --ip 192.0.2.1 --helo -h --mail-from -v");
    assert_eq!(check["spf"]["result"], "none");
}

#[test]
fn malformed_names_of_ordinary_length_get_a_verdict() {
    let place = Place::new();
    for sender in [
        "a@b..c",
        "@example",
        "a@[192.0.2.1]",
        &format!("a@{}.example", "l".repeat(64)),
        "a@",
        "a",
    ] {
        let done = place.run(&format!(
            "--json spf --ip 192.0.2.1 --helo x --mail-from {sender}"
        ));
        assert_eq!(done.json()["result"], "none", "{sender}");
    }
}

#[test]
fn spf_fail_carries_the_explanation() {
    let place = Place::new();
    let spf = place.json("spf --ip 203.0.113.9 --helo x --mail-from ada@example.org");
    assert_eq!(
        (&spf["result"], &spf["mechanism"]),
        (&"fail".into(), &"-all".into())
    );
    assert_eq!(spf["explanation"], "203.0.113.9 is not one of ours");
}

#[test]
fn now_governs_the_macro_t() {
    let place = Place::new();
    let line = "spf --ip 192.0.2.1 --helo x --mail-from a@time.example";
    // %{t} is for explanations only (RFC 7208 section 7.2), so the record is in error; the option is taken all the same.
    assert_eq!(
        place.json(&format!("{line} --now 1772355660"))["result"],
        "permerror"
    );
    place.file("why", "why.receiver.example. TXT \"at %{t}\"\n");
    let line = "--zone why spf --ip 192.0.2.1 --helo x --mail-from a@receiver.example";
    for now in [
        "1772355660",
        "1772355660.5",
        "2026-03-01T09:01:00Z",
        "2026-03-01T10:01:00+01:00",
    ] {
        assert_eq!(
            place.json(&format!("{line} --now {now}"))["explanation"],
            "at 1772355660",
            "{now}"
        );
    }
}

#[test]
fn a_temporary_error_is_a_verdict() {
    let place = Place::new();
    let done = place.run("--json spf --ip 192.0.2.1 --helo x --mail-from a@broken.example");
    assert_eq!(done.json()["result"], "temperror");
}

// Check.

#[test]
fn every_name_of_a_check_is_there() {
    let place = Place::new();
    let check = place.json(&format!("check {ENVELOPE} message.eml"));
    for name in [
        "spf",
        "dkim",
        "dmarc",
        "iprev",
        "authentication_results",
        "headers_to_remove",
    ] {
        assert!(check.get(name).is_some(), "{name}");
    }
    for name in [
        "result",
        "identity",
        "domain",
        "mechanism",
        "explanation",
        "dns_lookups",
        "void_lookups",
        "reason",
        "cause",
        "helo",
    ] {
        assert!(check["spf"].get(name).is_some(), "spf.{name}");
    }
    for name in [
        "result",
        "reason",
        "cause",
        "from_domain",
        "policy_domain",
        "organizational_domain",
        "policy",
        "disposition",
        "spf_aligned",
        "dkim_aligned",
    ] {
        assert!(check["dmarc"].get(name).is_some(), "dmarc.{name}");
    }
    assert_eq!(check["dkim"], Value::Array(Vec::new()));
    assert_eq!(check["dmarc"]["result"], "pass");
    assert_eq!(check["iprev"]["result"], "pass");
    assert_eq!(check["iprev"]["name"], "mail.example.org");
}

#[test]
fn without_ip_spf_and_iprev_are_null_and_dmarc_says_so() {
    let place = Place::new();
    let done = place.run("--json check message.eml");
    let check = done.json();
    assert_eq!((&check["spf"], &check["iprev"]), (&Value::Null, &Value::Null));
    assert_eq!(check["dmarc"]["result"], "fail");
    assert!(
        check["dmarc"]["reason"]
            .as_str()
            .unwrap()
            .contains("SPF was not checked"),
        "{check}"
    );
    assert_eq!(done.err, "");
    let warned = place.run("--json check --helo x --mail-from a@example.org message.eml");
    assert_eq!(warned.json()["spf"], Value::Null);
    assert!(warned.err.contains("--ip"), "{}", warned.err);
    place.run("check message.eml").shows(&["Reject:", "not checked"]);
}

#[test]
fn the_authserv_id_is_given_or_the_name_of_the_host() {
    let place = Place::new();
    let results = |line: &str| {
        let check = place.json(line);
        check["authentication_results"].as_str().unwrap().to_owned()
    };
    assert!(results("check --authserv-id mx.example.net message.eml").starts_with("mx.example.net;"));
    let host = rustix::system::uname().nodename().to_str().unwrap().to_owned();
    assert!(results("check message.eml").starts_with(&format!("{host};")));
}

#[test]
fn fields_that_claim_to_be_ours_are_to_be_removed() {
    let place = Place::new();
    place.file(
        "forged.eml",
        format!("Authentication-Results: mx; spf=pass\r\nX: y\r\nAuthentication-Results: mx; dkim=pass\r\n{MESSAGE}"),
    );
    let check = place.json("check --authserv-id mx forged.eml");
    assert_eq!(check["headers_to_remove"], serde_json::json!([2, 0]));
    place
        .run("check --authserv-id mx forged.eml")
        .shows(&["remove", "  2, 0\n"]);
}

#[test]
fn the_standard_input_is_read_for_a_dash() {
    let place = Place::new();
    let line = format!("--json check {ENVELOPE} --authserv-id mx -");
    let piped = place.with_input(&line, MESSAGE.as_bytes()).json();
    assert_eq!(
        piped,
        place.json(&format!("check {ENVELOPE} --authserv-id mx message.eml"))
    );
}

#[test]
fn line_ends_of_a_file_become_those_of_mail() {
    let place = Place::new();
    place.file("lf.eml", MESSAGE.replace("\r\n", "\n"));
    let line = format!("check {ENVELOPE} --authserv-id mx");
    assert_eq!(
        place.json(&format!("{line} lf.eml")),
        place.json(&format!("{line} message.eml"))
    );
}

#[test]
fn the_first_line_of_an_mbox_is_skipped_and_told() {
    let place = Place::new();
    let line = format!("--json check {ENVELOPE} --authserv-id mx");
    let expected = place.run(&format!("{line} message.eml")).json();
    place.file(
        "mbox",
        format!(
            "From ada@example.org Sun Mar  1 09:01:00 2026\n{}",
            MESSAGE.replace("\r\n", "\n")
        ),
    );
    let done = place.run(&format!("{line} mbox"));
    assert_eq!(done.json(), expected);
    assert!(done.err.contains("mbox"), "{}", done.err);
    // A blank before the colon is obsolete syntax, and no mbox (RFC 5322 section 4.5).
    place.file("blank.eml", MESSAGE.replace("From:", "From :"));
    let done = place.run(&format!("{line} blank.eml"));
    assert_eq!(done.json()["dmarc"]["from_domain"], "example.org");
    assert_eq!(done.err, "");
}

// Input that cannot be used.

#[test]
fn unreadable_and_empty_input_is_told_with_status_1() {
    let place = Place::new();
    place.file("empty", "");
    std::fs::create_dir(place.path("directory")).unwrap();
    place.run("check empty").refused(1, &["empty"]);
    place.run("check absent").refused(1, &["absent", "no such file"]);
    place
        .run("check directory")
        .refused(1, &["directory", "is a directory"]);
    place.run("check -").refused(1, &["standard input", "empty"]);
    place.run("--json check empty").refused(1, &["empty"]);
}

#[test]
fn a_faulty_zone_file_is_told_with_line_and_column() {
    let place = Place::new();
    place.file("faulty", "example.org. TXT \"a\"\nexample.org. A 300.1.2.3\n");
    place
        .bare(words("--zone faulty check message.eml"))
        .refused(1, &["faulty:2:16: "]);
    place
        .bare(words("--zone absent check message.eml"))
        .refused(1, &["absent: no such file or directory\n"]);
    place
        .bare(words("--zone . check message.eml"))
        .refused(1, &["directory"]);
}

#[test]
fn what_is_no_mail_gets_a_verdict_whose_reason_says_so() {
    let place = Place::new();
    let binary: Vec<u8> = (0..200_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    place.file("binary", binary);
    place.file("line", vec![b'x'; 3_000_000]);
    place.file("zeros", vec![0; 3_000_000]);
    place.file(
        "long.eml",
        format!("From: a@example.org\r\nX: {}\r\n\r\nbody", "y".repeat(2_000_000)),
    );
    place.file("many.eml", format!("{}\r\nbody", "X: y\r\n".repeat(20_000)));
    place.file("header.eml", "From: ada@example.org\r\nSubject: hello\r\n");
    place.file("newline", "\n");
    for (file, anomaly) in [
        ("binary", "not_a_message"),
        ("line", "not_a_message"),
        ("zeros", "not_a_message"),
        ("long.eml", "header_too_long"),
        ("many.eml", "too_many_fields"),
        ("header.eml", "no_body"),
    ] {
        let check = place.json(&format!("check {ENVELOPE} {file}"));
        assert_eq!(check["anomaly"]["code"], anomaly, "{file}");
        assert!(check["dmarc"]["reason"].as_str().unwrap().len() > 20, "{file}");
        if anomaly != "no_body" {
            assert_eq!(check["dmarc"]["result"], "permerror", "{file}");
        }
        place.run(&format!("check {ENVELOPE} {file}")).shows(&[anomaly]);
    }
    assert_eq!(place.json("check newline")["dmarc"]["result"], "permerror");
}

#[test]
fn a_line_of_a_hundred_megabytes_gets_a_verdict() {
    let place = Place::new();
    let mut command = place.command();
    command
        .args(words(&format!("--zone zone --json check {ENVELOPE} -")))
        .stdin(Stdio::piped());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let chunk = vec![b'a'; 1 << 20];
    for _ in 0..100 {
        stdin.write_all(&chunk).unwrap();
    }
    // What it holds at the end of the line is what it ever held: memory does not grow with the line.
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .unwrap();
        let kilobytes: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(kilobytes < 60_000, "{kilobytes} kB");
    }
    drop(stdin);
    assert_eq!(
        Done::of(child.wait_with_output().unwrap()).json()["anomaly"]["code"],
        "not_a_message"
    );
}

// DMARC.

#[test]
fn dmarc_is_evaluated_for_given_results() {
    let place = Place::new();
    let passed = place.json("dmarc --from example.org --spf bounce.example.org=pass --dkim example.com=fail");
    assert_eq!(
        (&passed["result"], &passed["spf_aligned"]),
        (&"pass".into(), &true.into())
    );
    assert_eq!(
        (&passed["policy"], &passed["policy_domain"]),
        (&"reject".into(), &"example.org".into())
    );
    let failed = place.json("dmarc --from www.example.org --spf example.net=PASS");
    assert_eq!(
        (&failed["result"], &failed["disposition"]),
        (&"fail".into(), &"reject".into())
    );
    assert_eq!(
        (&failed["from_domain"], &failed["spf_aligned"]),
        (&"www.example.org".into(), &false.into())
    );
    let several = place.json("dmarc --from example.org --dkim example.com=fail --dkim example.org=pass");
    assert_eq!(
        (&several["result"], &several["dkim_aligned"]),
        (&"pass".into(), &true.into())
    );
    let none = place.json("dmarc --from nopolicy.example");
    assert_eq!(
        (&none["result"], &none["policy"], &none["disposition"]),
        (&"none".into(), &Value::Null, &Value::Null)
    );
    assert_eq!(
        place.json("dmarc --from example.org --dkim example.org=temperror")["result"],
        "temperror"
    );
    assert_eq!(
        place.json("dmarc --from broken.example --spf broken.example=none")["result"],
        "none"
    );
}

#[test]
fn international_domains_are_taken_in_unicode() {
    let place = Place::new();
    let given = place.json("dmarc --from Bücher.example --dkim mail.bücher.example=pass");
    assert_eq!(
        (&given["result"], &given["from_domain"]),
        (&"pass".into(), &"xn--bcher-kva.example".into())
    );
}

// The DNS.

#[test]
fn a_silent_nameserver_is_a_temperror_within_the_time() {
    let place = Place::new();
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let server = silent.local_addr().unwrap().to_string();
    let begun = Instant::now();
    let line = format!("--json --nameserver {server} --dns-timeout 0.5 check {ENVELOPE} message.eml");
    let check = place.bare(words(&line)).json();
    assert_eq!(check["spf"]["result"], "temperror");
    assert_eq!(check["dmarc"]["result"], "temperror");
    assert_eq!(check["iprev"]["result"], "temperror");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_nameserver_that_refuses_is_a_temperror() {
    let place = Place::new();
    let server = UdpSocket::bind("127.0.0.1:0").unwrap();
    let address = server.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut question = [0; 1_500];
        while let Ok((length, from)) = server.recv_from(&mut question) {
            // QR and RCODE 5 (RFC 1035 section 4.1.1); the question stays as it is, without additional records.
            let mut answer = question[..length].to_vec();
            answer[2] |= 0x80;
            answer[3] = 5;
            let _ = server.send_to(&answer, from);
        }
    });
    let line = format!("--json --nameserver {address} spf --ip 192.0.2.1 --helo x --mail-from a@example.org");
    assert_eq!(place.bare(words(&line)).json()["result"], "temperror");
}

// What is printed.

#[test]
fn people_are_told_first_what_to_do_and_why() {
    let place = Place::new();
    for (line, first) in [
        (format!("check {ENVELOPE} message.eml"), "Accept: "),
        (
            "check --ip 203.0.113.9 --helo x --mail-from ada@example.org message.eml".into(),
            "Reject: ",
        ),
        ("dmarc --from bücher.example".into(), "Quarantine: "),
        ("dmarc --from nopolicy.example".into(), "Undecided: "),
        (
            "dmarc --from example.org --spf example.org=temperror".into(),
            "Try again later: ",
        ),
    ] {
        let done = place.run(&line);
        done.shows(&[]);
        assert!(done.out.starts_with(first), "{line}: {}", done.out);
        assert!(done.out.lines().next().unwrap().len() > first.len() + 20);
    }
    place.run(&format!("check {ENVELOPE} message.eml")).shows(&[
        "SPF",
        "DKIM",
        "DMARC",
        "iprev",
        "decided by",
        "ip4:192.0.2.1",
        "Authentication-Results: ",
    ]);
}

#[test]
fn a_trace_shows_questions_and_terms() {
    let place = Place::new();
    let line = "spf --ip 198.51.100.7 --helo x --mail-from ada@example.org";
    place.run(&format!("{line} --trace")).shows(&[
        "Trace",
        "example.org TXT",
        "include:_spf.example.org",
        "ip4:",
    ]);
    assert!(!place.run(line).out.contains("Trace"));
    let traced = place.json(&format!("{line} --trace"));
    let steps = traced["trace"].as_array().unwrap();
    assert!(steps.len() > 3);
    for (at, step) in steps.iter().enumerate() {
        assert!(
            step["parent"]
                .as_u64()
                .is_none_or(|parent| (parent as usize) < at)
        );
        assert!(
            step["subject"].is_string() && step["outcome"].is_string() && step.get("microseconds").is_some()
        );
    }
    assert_eq!(place.json(line)["trace"], Value::Null);
    let traced = place.json(&format!("check {ENVELOPE} --trace message.eml"));
    assert!(traced["trace"].as_array().unwrap().len() > 3);
}

#[test]
fn colour_is_used_on_a_terminal_or_when_asked_for() {
    let place = Place::new();
    let line = format!("check {ENVELOPE} message.eml");
    assert!(!place.run(&line).out.contains('\u{1b}'));
    assert!(
        place
            .run(&format!("{line} --color always"))
            .out
            .contains("\u{1b}[1m\u{1b}[32mAccept:")
    );
    assert!(!place.run(&format!("{line} --color never")).out.contains('\u{1b}'));
}

#[test]
fn controls_that_strangers_wrote_never_reach_the_terminal() {
    let place = Place::new();
    place.file(
        "hostile.eml",
        "From: \u{1b}]0;x\u{7}@hostile.example\r\nDKIM-Signature: v=1; a=\u{1b}[31m; d=\u{9b}31m; s=\u{202e}x\r\n\r\n",
    );
    let unsafe_octets = |text: &str| {
        text.chars()
            .any(|c| c != '\n' && (c.is_control() || c == '\u{202e}'))
    };
    for line in [
        "check --trace --ip 192.0.2.1 --helo \u{1b}[31m --mail-from \u{1b}[31m@\u{1b}[31m.example hostile.eml",
        "--json check --trace --ip 192.0.2.1 --helo \u{9b}31m --mail-from a@\u{7f}.example hostile.eml",
        "spf --trace --ip 192.0.2.1 --helo \u{7}.example --mail-from a@hostile.example",
    ] {
        let done = place.run(line);
        assert_eq!(done.status, Some(0), "{}", done.err);
        assert!(!unsafe_octets(&done.out), "{:?}", done.out);
        assert!(!unsafe_octets(&done.err), "{:?}", done.err);
    }
    let wrong = place.run("dmarc --from \u{1b}[31m");
    assert_eq!(wrong.status, Some(2));
    assert!(!unsafe_octets(&wrong.err), "{:?}", wrong.err);
    let absent = place.run("check \u{1b}[31m");
    absent.refused(1, &["\\u{1b}[31m"]);
}

#[test]
fn nobody_reading_ends_it_quietly() {
    let place = Place::new();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = place
        .command()
        .args(words(&format!("--zone zone check {ENVELOPE} message.eml")))
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(target_os = "linux")]
#[test]
fn a_verdict_that_cannot_be_written_is_told() {
    let place = Place::new();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = place
        .command()
        .args(words("--zone zone --json dmarc --from example.org"))
        .stdout(full)
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(75));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("mailrep: cannot write the verdict: "));
}
