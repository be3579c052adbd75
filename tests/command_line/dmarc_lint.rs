//! `mailrep dmarc --lint`: what is told of what domains publish for DMARC, and how.

use super::{Place, words};
use serde_json::Value;

const ZONE: &str = r#"
good.example.          A   192.0.2.1
_dmarc.good.example.   TXT "v=DMARC1; p=reject; rua=mailto:dmarc@good.example,mailto:good@reports.test"
good.example._report._dmarc.reports.test. TXT "v=DMARC1;"
reports.test.          MX  10 mail.reports.test.
sub.good.example.      A   192.0.2.1
typo.example.          A   192.0.2.1
_dmarc.typo.example.   TXT "v=DMARC1; p=none; sp=rejected; pct=50; rua=mailto:typo@reports.test"
hostile.example.       A   192.0.2.1
_dmarc.hostile.example. TXT "v=DMARC1; p=none; \027[31m\155red=x; rua=\027[31m"
$FAIL _dmarc.broken.example. TXT SERVFAIL
"#;

fn place() -> Place {
    let place = Place::new();
    place.file("lint", ZONE);
    place
}

fn codes(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect()
}

#[test]
fn a_record_that_is_fine_is_shown_with_what_it_asks_for() {
    let place = place();
    let done = place.run("--zone lint dmarc --lint good.example");
    assert!(done.out.starts_with("Good: "), "{}", done.out);
    done.shows(&[
        "nothing was found",
        "v=DMARC1; p=reject; rua=mailto:dmarc@good.example",
        "subdomains      reject",
        "mailto:dmarc@good.example (the same organization)",
        "mailto:good@reports.test (another organization, which agrees)",
    ]);
    let report = place.json("--zone lint dmarc --lint good.example");
    assert_eq!(
        (&report["domain"], &report["policy_domain"], &report["policy"]),
        (&"good.example".into(), &"good.example".into(), &"reject".into())
    );
    assert_eq!(
        (&report["findings"], &report["complete"], &report["trace"]),
        (&Value::Array(vec![]), &true.into(), &Value::Null)
    );
    let destination = &report["destinations"][1];
    assert_eq!(
        (
            &destination["host"],
            &destination["external"],
            &destination["authorized"]
        ),
        (&"reports.test".into(), &true.into(), &true.into())
    );
}

#[test]
fn findings_come_the_worst_first_with_the_place_the_rule_and_the_fix() {
    let place = place();
    let done = place.run("--zone lint dmarc --lint typo.example");
    assert!(done.out.starts_with("Faulty: "), "{}", done.out);
    done.shows(&[
        "2 errors, 1 warning",
        "Write 'sp=reject'.",
        "RFC 9989 section 4.10.1",
        "typo.example._report._dmarc.reports.test",
        "RFC 9990 section 4",
    ]);
    let lines: Vec<&str> = done.out.lines().collect();
    let mark = lines
        .iter()
        .position(|line| line.trim() == "^".repeat("sp=rejected".len()))
        .unwrap();
    let at = lines[mark].find('^').unwrap();
    assert_eq!(&lines[mark - 1][at..at + 11], "sp=rejected");
    let report = place.json("--zone lint dmarc --lint typo.example");
    assert_eq!(codes(&report), ["policy_value", "not_authorized", "historic_pct"]);
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["severity"], &finding["tag"], &finding["at"]),
        (&"error".into(), &"sp=rejected".into(), &18.into())
    );
    assert_eq!(
        (&finding["domain"], &finding["clause"], &finding["fix"]),
        (
            &"typo.example".into(),
            &"RFC 9989 section 4.10.1".into(),
            &"Write 'sp=reject'.".into()
        )
    );
}

#[test]
fn a_record_from_above_is_told_with_its_domain() {
    let place = place();
    place.run("--zone lint dmarc --lint sub.good.example").shows(&[
        "that of good.example applies",
        "Record of good.example",
        "sub.good.example reject",
    ]);
}

#[test]
fn the_exit_status_is_0_whatever_is_found() {
    let place = place();
    for (domain, code) in [
        ("absent.example", "no_such_domain"),
        ("_dmarc.good.example", "prefix_given"),
        ("broken.example", "not_looked_up"),
    ] {
        let report = place.json(&format!("--zone lint dmarc --lint {domain}"));
        assert_eq!(
            (codes(&report), &report["record"], &report["destinations"]),
            (vec![code], &Value::Null, &Value::Array(vec![])),
            "{domain}"
        );
    }
    place
        .run("--zone lint dmarc --lint broken.example")
        .shows(&["could not be looked up", "SERVFAIL"]);
}

#[test]
fn lint_stands_without_what_an_evaluation_needs() {
    let place = place();
    for options in [
        "--from a.example",
        "--spf a.example=pass",
        "--dkim a.example=pass",
    ] {
        let option = options.split(' ').next().unwrap();
        place
            .bare(words(&format!("--zone lint dmarc --lint good.example {options}")))
            .refused(2, &["--lint", option]);
    }
    place
        .run("dmarc --lint a..b")
        .refused(2, &["--lint", "empty label"]);
    place.run("dmarc").refused(2, &["--from", "required"]);
}

#[test]
fn a_trace_shows_the_questions() {
    let place = place();
    for command in ["--lint good.example", "--from good.example"] {
        place
            .run(&format!("--zone lint dmarc --trace {command}"))
            .shows(&["Trace", "_dmarc.good.example TXT"]);
        let report = place.json(&format!("--zone lint dmarc --trace {command}"));
        assert!(report["trace"].as_array().unwrap().len() > 3);
    }
}

#[test]
fn controls_in_a_record_never_reach_the_terminal() {
    let place = place();
    for line in [
        "--zone lint dmarc --trace --lint hostile.example",
        "--json --zone lint dmarc --trace --lint hostile.example",
    ] {
        let done = place.run(line);
        assert_eq!(done.status, Some(0), "{}", done.err);
        assert!(
            !done.out.chars().any(|c| c != '\n' && c.is_control()),
            "{:?}",
            done.out
        );
    }
}
