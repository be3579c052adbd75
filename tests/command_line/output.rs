//! What is printed, and where.

use super::{ENVELOPE, Place, words};
use serde_json::Value;
use std::process::Stdio;

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
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("mailrep: cannot write the output: "));
}
