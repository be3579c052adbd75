//! `mailrep spf --lint`: what is told of published records, and how.

use super::{Place, words};
use serde_json::Value;

const ZONE: &str = r#"
good.example.      TXT "v=spf1 ip4:192.0.2.0/24 include:_spf.good.example -all"
_spf.good.example. TXT "v=spf1 ip4:198.51.100.0/24 exists:%{i}.x.example -all"
typo.example.      TXT "v=spf1 ip4:192.0.2.9 ipv4:192.0.2.1 ptr ?all"
deep.example.      TXT "v=spf1 include:typo.example -all"
hostile.example.   TXT "v=spf1 \027[31m\155red -all"
$FAIL broken.example. TXT SERVFAIL
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
fn a_record_that_is_fine_is_shown_with_what_it_costs() {
    let place = place();
    let done = place.run("--zone lint spf --lint good.example");
    assert!(done.out.starts_with("Good: "), "{}", done.out);
    done.shows(&[
        "nothing was found",
        "v=spf1 ip4:192.0.2.0/24 include:_spf.good.example -all",
        "2 of 10, void 1 of 2",
        "include:_spf.good.example",
        "exists:%{i}.x.example",
    ]);
    let report = place.json("--zone lint spf --lint good.example");
    assert_eq!(
        (&report["domain"], &report["findings"]),
        (&"good.example".into(), &Value::Array(vec![]))
    );
    assert_eq!(
        (
            &report["dns_lookups"],
            &report["void_lookups"],
            &report["complete"]
        ),
        (&2.into(), &1.into(), &true.into())
    );
    let include = &report["tree"]["terms"][0];
    assert_eq!(
        (&include["term"], &include["dns_lookups"]),
        (&"include:_spf.good.example".into(), &2.into())
    );
    assert_eq!(
        (&report["trace"], &report["tree"]["term"]),
        (&Value::Null, &Value::Null)
    );
}

#[test]
fn findings_come_the_worst_first_with_the_place_the_rule_and_the_fix() {
    let place = place();
    let done = place.run("--zone lint spf --lint typo.example");
    assert!(done.out.starts_with("Faulty: "), "{}", done.out);
    done.shows(&[
        "1 error, 2 warnings",
        "Write 'ip4:192.0.2.1'.",
        "RFC 7208 section 4.6.1",
    ]);
    let lines: Vec<&str> = done.out.lines().collect();
    let mark = lines
        .iter()
        .position(|line| line.trim() == "^".repeat("ipv4:192.0.2.1".len()))
        .unwrap();
    let at = lines[mark].find('^').unwrap();
    assert_eq!(&lines[mark - 1][at..at + 14], "ipv4:192.0.2.1");
    let report = place.json("--zone lint spf --lint typo.example");
    assert_eq!(codes(&report), ["syntax", "ptr", "neutral_all"]);
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["severity"], &finding["term"], &finding["at"]),
        (&"error".into(), &"ipv4:192.0.2.1".into(), &21.into())
    );
    assert_eq!(
        (&finding["domain"], &finding["clause"], &finding["fix"]),
        (
            &"typo.example".into(),
            &"RFC 7208 section 4.6.1".into(),
            &"Write 'ip4:192.0.2.1'.".into()
        )
    );
    assert!(finding["reason"].as_str().unwrap().contains("is no mechanism"));
}

#[test]
fn a_fault_of_an_included_record_is_told_with_its_domain() {
    let place = place();
    place
        .run("--zone lint spf --lint deep.example")
        .shows(&["in the record of typo.example", "'ipv4:192.0.2.1'"]);
}

#[test]
fn the_exit_status_is_0_whatever_is_found() {
    let place = place();
    for (domain, code) in [
        ("absent.example", "no_such_domain"),
        ("x.good.example", "no_such_domain"),
        ("localhost", "single_label"),
        ("broken.example", "not_looked_up"),
    ] {
        let report = place.json(&format!("--zone lint spf --lint {domain}"));
        assert_eq!(
            (codes(&report), &report["record"]),
            (vec![code], &Value::Null),
            "{domain}"
        );
    }
    place
        .run("--zone lint spf --lint broken.example")
        .shows(&["could not be looked up", "SERVFAIL"]);
}

#[test]
fn lint_stands_without_what_a_check_needs() {
    let place = place();
    for options in ["--ip 192.0.2.1", "--helo x", "--mail-from a@b.example"] {
        let option = options.split(' ').next().unwrap();
        place
            .bare(words(&format!("--zone lint spf --lint good.example {options}")))
            .refused(2, &["--lint", option]);
    }
    place
        .run("spf --lint a@b.example")
        .refused(2, &["--lint", "address"]);
    place
        .run("spf --lint a..b")
        .refused(2, &["--lint", "empty label"]);
    place.run("spf").refused(2, &["--ip", "required"]);
}

#[test]
fn a_trace_shows_the_questions_of_the_linter() {
    let place = place();
    place
        .run("--zone lint spf --trace --lint good.example")
        .shows(&["Trace", "_spf.good.example TXT"]);
    let report = place.json("--zone lint spf --trace --lint good.example");
    assert!(report["trace"].as_array().unwrap().len() > 3);
}

#[test]
fn controls_in_a_record_never_reach_the_terminal() {
    let place = place();
    for line in [
        "--zone lint spf --trace --lint hostile.example",
        "--json --zone lint spf --trace --lint hostile.example",
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

#[test]
fn a_record_that_is_included_often_is_given_once() {
    let place = Place::new();
    let includes: String = (0..300).map(|_| "\"include:big.example \" ").collect();
    let big: String = (0..200).map(|_| format!("\"{} \" ", "x".repeat(250))).collect();
    place.file(
        "lint",
        format!("many.example. TXT \"v=spf1 \" {includes} \"-all\"\nbig.example. TXT \"v=spf1 \" {big}\n"),
    );
    let done = place.run("--json --zone lint spf --lint many.example");
    let report = done.json();
    let terms = report["tree"]["terms"].as_array().unwrap();
    assert_eq!(terms.len(), 300);
    assert!(terms[0]["record"].as_str().unwrap().len() > 50_000);
    assert!(terms[1..].iter().all(|term| term["record"].is_null()));
    // As many as there may be questions.
    let known = terms.iter().filter(|term| term["found"] == "record");
    assert!(known.count() > 20);
    assert!(done.out.len() < 300_000, "{}", done.out.len());
    // What is void or an address at that name hides no record.
    place.file(
        "lint",
        "a.example. TXT \"v=spf1 a:b.example include:b.example -all\"\nb.example. TXT \"v=spf1 mx -all\"\n",
    );
    let report = place.json("--zone lint spf --lint a.example");
    assert_eq!(report["tree"]["terms"][1]["record"], "v=spf1 mx -all");
}

#[test]
fn trifles_hide_no_error() {
    let place = Place::new();
    let trifles: String = (0..=100).map(|at| format!("\"u{at}=x \" ")).collect();
    place.file(
        "lint",
        format!("a.example. TXT \"v=spf1 \" {trifles} \"ip4:0.0.0.0/0 ?all\"\n"),
    );
    let done = place.run("--zone lint spf --lint a.example");
    assert!(done.out.starts_with("Faulty: "), "{}", done.out);
    done.shows(&["covers all addresses", "more findings were left out"]);
}
