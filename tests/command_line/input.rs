//! Input that cannot be used, and input that is no mail.

use super::{Done, ENVELOPE, Place, words};
use std::io::Write as _;
use std::process::Stdio;

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
        let results = check["authentication_results"].as_str().unwrap();
        if ["header_too_long", "too_many_fields"].contains(&anomaly) {
            // Whether it was signed is not known.
            assert!(results.contains("dkim=permerror"), "{file}");
            let done = place.run(&format!("check {ENVELOPE} {file}"));
            done.shows(&["DKIM    permerror", "was not read to its end"]);
        } else {
            assert!(results.contains("dkim=none;"), "{file}");
        }
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
