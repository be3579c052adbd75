//! `mailrep srs forward` and `mailrep srs reverse`. The addresses themselves are in `tests/srs`.

use super::*;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

const FORWARD: &str = "srs forward --domain srs.example.org --secret-file secret --now 1763812800";
const REVERSE: &str = "srs reverse --domain srs.example.org --secret-file secret --now 1763812800";
const OURS: &str = "SRS0=7YZb=56=example.com=alice@srs.example.org";

fn with_secret() -> Place {
    let place = Place::new();
    place.secret("secret", 0o600);
    place
}

impl Place {
    fn secret(&self, name: &str, mode: u32) {
        let path = self.file(name, "a-secret-of-tests\n");
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    fn mode(&self, name: &str) -> u32 {
        std::fs::metadata(self.path(name)).unwrap().permissions().mode() & 0o777
    }
}

#[test]
fn an_address_is_rewritten_and_comes_back() {
    let place = with_secret();
    let there = place.json(&format!("{FORWARD} alice@example.com"));
    assert_eq!(
        there,
        serde_json::json!({
            "input": "alice@example.com",
            "input_hex": null,
            "outcome": "rewritten",
            "output": OURS,
            "output_hex": null,
            "reason": "the address is now in the alias domain, where bounces come back to",
            "cause": "srs0",
        })
    );
    let back = place.json(&format!("{REVERSE} {OURS}"));
    assert_eq!(
        (&back["output"], &back["cause"]),
        (&"alice@example.com".into(), &"from_srs0".into())
    );
}

#[test]
fn people_are_told_the_outcome_and_the_reason() {
    let place = with_secret();
    let done = place.run(&format!("{FORWARD} alice@example.com bob@srs.example.org nobody"));
    done.shows(&[
        &format!("Rewritten: {OURS}\n  The address is now in the alias domain"),
        "Unchanged: bob@srs.example.org\n  The address is in the alias domain",
        "Refused: nobody\n  There is no '@'",
    ]);
    let done = place.bare(
        FORWARD
            .split(' ')
            .map(OsStr::new)
            .chain([OsStr::from_bytes(b"j\xf6rg\x1b[31m@example.com")]),
    );
    done.shows(&["Refused: j\\xf6rg\\u{1b}[31m@example.com"]);
    assert!(!done.out.contains('\u{1b}'));
}

#[test]
fn a_refused_address_is_an_answer_and_has_no_output() {
    let place = with_secret();
    let answer = place.json(&format!(
        "{REVERSE} SRS0=AAAA=56=example.com=alice@srs.example.org"
    ));
    assert_eq!(answer["outcome"], "refused");
    assert_eq!(answer["cause"], "wrong_hash");
    assert!(answer["output"].is_null() && answer["output_hex"].is_null());
}

#[test]
fn options_of_all_commands_may_stand_before_between_and_after() {
    let place = with_secret();
    let rest = "--domain srs.example.org --secret-file secret alice@example.com";
    for line in [
        format!("--json --now 1763812800 srs forward {rest}"),
        format!("srs --json --now 2025-11-22T12:00:00Z forward {rest}"),
        format!("srs forward {rest} --now 1763812800 --json"),
    ] {
        assert_eq!(place.run(&line).json()["output"], OURS, "{line}");
    }
    let twice = format!("srs --now 1 forward {rest} --now 1");
    place.run(&twice).refused(2, &["--now <TIME>", "multiple times"]);
}

#[test]
fn addresses_that_begin_with_a_hyphen_are_no_options() {
    let place = with_secret();
    for line in [
        format!("{FORWARD} -dash@example.com --json"),
        format!("{FORWARD} --json -- -dash@example.com"),
    ] {
        assert_eq!(place.run(&line).json()["input"], "-dash@example.com");
    }
    place
        .run(&format!("{FORWARD} -dash"))
        .refused(2, &["unexpected argument '-d'"]);
}

#[test]
fn octets_that_are_not_utf8_are_told_in_hexadecimal() {
    let place = with_secret();
    let done = place.with_input(&format!("--json {FORWARD} -"), b"j\xf6rg@example.com\n");
    let answer = done.json();
    assert_eq!(answer["input_hex"], "6af67267406578616d706c652e636f6d");
    assert!(answer["input"].is_null() && answer["output"].is_null());
    let output = answer["output_hex"].as_str().unwrap();
    assert!(
        output.starts_with("535253303d") && output.contains("6af67267"),
        "{output}"
    );
}

#[test]
fn each_line_of_the_standard_input_has_an_answer() {
    let place = with_secret();
    let done = place.with_input(
        &format!("--json {FORWARD} -"),
        b"alice@example.com\r\n\nbob\nalice@example.com",
    );
    let causes: Vec<String> = done
        .out
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["cause"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(
        (done.status, causes),
        (
            Some(0),
            ["srs0", "null_sender", "no_domain", "srs0"]
                .map(str::to_owned)
                .to_vec()
        )
    );
    place
        .with_input(&format!("{FORWARD} -"), b"")
        .refused(1, &["the standard input is empty"]);
}

#[test]
fn a_secret_file_is_made_only_when_asked_and_never_written_over() {
    let place = Place::new();
    let line = FORWARD.replace("--secret-file secret", "--secret-file new");
    place
        .run(&format!("{line} a@example.com"))
        .refused(1, &["there is no secret file 'new'", "--create-secret"]);
    assert!(!place.path("new").exists());
    let made = place.run(&format!("{line} --create-secret --json a@example.com"));
    assert_eq!(made.err, "mailrep: made the secret file 'new'\n");
    assert_eq!(place.mode("new"), 0o600);
    let secret = std::fs::read_to_string(place.path("new")).unwrap();
    assert_eq!((secret.len(), secret.ends_with("=\n")), (45, true), "{secret}");
    let again = place.run(&format!("{line} --create-secret --json a@example.com"));
    assert_eq!((again.out, again.err), (made.out, String::new()));
    assert_eq!(std::fs::read_to_string(place.path("new")).unwrap(), secret);
    let nowhere = FORWARD.replace("--secret-file secret", "--secret-file no/such/folder");
    place
        .run(&format!("{nowhere} --create-secret a@example.com"))
        .refused(1, &["cannot write no/such/folder", "no such file"]);
}

#[test]
fn a_secret_that_everybody_can_read_is_told() {
    let place = Place::new();
    place.secret("secret", 0o644);
    let done = place.run(&format!("{FORWARD} a@example.com"));
    assert_eq!(done.status, Some(0));
    assert!(
        done.err
            .starts_with("mailrep: warning: every user of this host can read"),
        "{}",
        done.err
    );
    assert!(done.err.contains("chmod o= secret"));
}

#[test]
fn secrets_that_cannot_be_used_are_refused_with_the_fix() {
    let place = Place::new();
    for (content, told) in [
        ("", "there is no secret"),
        ("\n\r\n", "there is no secret"),
        ("fifteen-octets!\n", "secret 1 has 15 octets"),
        ("a-secret-of-tests\nshort\n", "secret 2 has 5 octets"),
        (&"a-secret-of-tests\n".repeat(17), "more than 16 secrets"),
        (&"x".repeat(70_000), "longer than 65536 octets"),
    ] {
        place.file("secret", content);
        let done = place.run(&format!("{FORWARD} a@example.com"));
        done.refused(1, &["secret file 'secret' cannot be used", told]);
        assert!(!done.err.contains("a-secret-of-tests"), "secrets are not told");
    }
    std::fs::remove_file(place.path("secret")).unwrap();
    std::fs::create_dir(place.path("secret")).unwrap();
    place
        .run(&format!("{FORWARD} a@example.com"))
        .refused(1, &["cannot read secret"]);
}

#[test]
fn settings_that_cannot_be_used_are_wrong_usage_and_say_what_they_take() {
    let place = with_secret();
    for (options, told) in [
        (
            "--hash-length 3",
            "hash length '3' cannot be used: it takes 4 to 27 letters",
        ),
        ("--hash-length 28", "it takes 4 to 27 letters"),
        (
            "--hash-min 5",
            "4 letters or more, up to the hash length, which is 4",
        ),
        ("--hash-min 3", "4 letters or more"),
        ("--hash-length many", "invalid value 'many'"),
        (
            "--max-age 0",
            "maximum age '0' cannot be used: it takes 1 to 1022 days",
        ),
        ("--max-age 1023", "1 to 1022 days"),
        ("--separator x", "it takes '=', '+' or '-'"),
        ("--mac md5", "it takes compat or strong"),
        ("--accept all", "it takes both or strong"),
        (
            "--accept strong --mac compat",
            "form of hash 'compat' cannot be used",
        ),
        ("--long maybe", "it takes allow or refuse"),
        ("--exclude ''", "excluded domain '' cannot be used: it is empty"),
        ("--exclude *.example.com", "letters, digits, hyphens and dots"),
        (
            "--local a..b",
            "local domain 'a..b' cannot be used: it has an empty label",
        ),
        ("--also old.example.org", "expected DOMAIN:FILE"),
        ("--also SRS.example.org:secret", "it is there twice"),
        ("--domain other.example", "cannot be used multiple times"),
    ] {
        place
            .run(&format!("{FORWARD} {options} a@example.com"))
            .refused(2, &[told]);
    }
    for (domain, told) in [
        ("srs.example.org.", "take out the dot"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("a@b", "letters, digits, hyphens and dots"),
        ("''", "it takes a domain such as example.org"),
    ] {
        let line = FORWARD.replace("srs.example.org", domain);
        place
            .run(&format!("{line} a@example.com"))
            .refused(2, &["alias domain", told]);
    }
    place
        .run("srs forward --domain srs.example.org a@b")
        .refused(2, &["--secret-file <FILE>"]);
    place.run(FORWARD).refused(2, &["<ADDRESS|->"]);
    place.run("srs").refused(2, &["Usage: mailrep srs"]);
}

#[test]
fn settings_reach_the_rewriter() {
    let place = with_secret();
    place.file("old", "an-older-secret!!\n");
    std::fs::set_permissions(place.path("old"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let cause = |line: String| place.json(&line)["cause"].clone();
    assert_eq!(
        cause(format!("{FORWARD} --local example.com a@example.com")),
        "local_domain"
    );
    assert_eq!(
        cause(format!("{FORWARD} --exclude .example.com a@b.example.com")),
        "excluded"
    );
    assert_eq!(cause(format!("{FORWARD} --always a@srs.example.org")), "srs0");
    assert_eq!(cause(format!("{REVERSE} --accept strong {OURS}")), "weak_hash");
    assert_eq!(
        cause(format!("{REVERSE} --hash-length 8 --hash-min 8 {OURS}")),
        "short_hash"
    );
    let long = format!("{}@example.com", "a".repeat(60));
    assert_eq!(
        cause(format!("{FORWARD} --long refuse {long}")),
        "long_local_part"
    );
    let at_old = place.json(
        "srs forward --separator + --domain old.example.org --secret-file old --now 1763812800 a@example.com",
    );
    let at_old = at_old["output"].as_str().unwrap();
    assert!(
        at_old.starts_with("SRS0+") && at_old.ends_with("@old.example.org"),
        "{at_old}"
    );
    assert_eq!(cause(format!("{REVERSE} {at_old}")), "other_domain");
    assert_eq!(
        cause(format!("{REVERSE} --also old.example.org:old {at_old}")),
        "from_srs0"
    );
}
