//! Local SPF policy: relays that are trusted, records that stand for published ones, an explanation of one's own.

use super::{Done, ENVELOPE, Place, words};
use serde_json::{Value, json};

const STRANGER: &str = "--ip 203.0.113.9 --helo relay.example.net --mail-from ada@example.org";
/// It lets the stranger through.
const RECORD: &str = "example.org=v=spf1 ip4:203.0.113.0/24 -all";
const REPLACED: &str = "; local policy replaces the SPF record of example.org";

/// Runs offline: words that are parted by blanks, then options whose values may have some.
fn run(place: &Place, line: &str, more: &[&str]) -> Done {
    let line = ["--zone", "zone"].into_iter().chain(words(line));
    place.bare(line.chain(more.iter().copied()))
}

fn told(place: &Place, line: &str, more: &[&str]) -> Value {
    run(place, &format!("--json {line}"), more).json()
}

#[test]
fn a_trusted_client_is_not_checked_and_all_say_so() {
    let place = Place::new();
    for network in ["203.0.113.9", "203.0.113.0/24", "::ffff:203.0.113.0/120"] {
        let trust = ["--spf-trust", "2001:db8::/32", "--spf-trust", network];
        let spf = told(&place, &format!("spf {STRANGER}"), &trust);
        for found in [&spf, &spf["helo"]] {
            assert_eq!(
                (&found["result"], &found["cause"]),
                (&"none".into(), &"trusted_client".into())
            );
        }
        let check = told(&place, &format!("check {STRANGER} message.eml"), &trust);
        assert_eq!(check["spf"]["cause"], "trusted_client");
        let reason = check["dmarc"]["reason"].as_str().unwrap();
        assert!(
            reason.ends_with(", because local policy trusts the client"),
            "{reason}"
        );
        assert!(!reason.contains("did not pass"), "{reason}");
    }
    let trust = ["--spf-trust", "203.0.113.9"];
    let done = run(&place, &format!("check {STRANGER} message.eml"), &trust);
    done.shows(&["203.0.113.9 is trusted by local policy, so SPF was not checked."]);
    let first = done.out.lines().next().unwrap();
    assert!(
        first.contains("because local policy trusts the client"),
        "{first}"
    );
    // Others are checked as before.
    let spf = told(
        &place,
        &format!("spf {STRANGER}"),
        &["--spf-trust", "203.0.113.8"],
    );
    assert_eq!(spf["result"], "fail");
}

#[test]
fn a_record_stands_for_the_published_one_and_all_say_so() {
    let place = Place::new();
    let record = ["--spf-record", RECORD];
    let spf = told(&place, &format!("spf {STRANGER} --trace"), &record);
    assert_eq!(
        (&spf["result"], &spf["mechanism"]),
        (&"pass".into(), &"ip4:203.0.113.0/24".into())
    );
    assert_eq!(
        (&spf["local_records"], &spf["helo"]["local_records"]),
        (&json!(["example.org"]), &json!([]))
    );
    let reason = spf["reason"].as_str().unwrap();
    assert!(reason.ends_with(REPLACED), "{reason}");
    let received = spf["received_spf"].as_str().unwrap().replace("\r\n", "");
    assert!(received.contains("local policy replaces"), "{received}");
    let steps = spf["trace"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["subject"] == "example.org TXT"
        && step["outcome"] == "not asked: local policy replaces the record"));

    let done = run(&place, &format!("check {STRANGER} message.eml"), &record);
    done.shows(&["Authentication-Results: ", REPLACED]);
    let first = done.out.lines().next().unwrap();
    assert!(
        first.starts_with("Accept: ") && first.ends_with(&format!("{REPLACED}.")),
        "{first}"
    );
    let check = told(&place, &format!("check {STRANGER} message.eml"), &record);
    assert_eq!(
        (&check["dmarc"]["result"], &check["spf"]["local_records"]),
        (&"pass".into(), &json!(["example.org"]))
    );
    let results = check["authentication_results"]
        .as_str()
        .unwrap()
        .replace("\r\n ", "");
    assert!(results.contains(&REPLACED[1..]), "{results}");

    // Who is not concerned is told nothing.
    let spf = told(
        &place,
        &format!("spf {ENVELOPE}"),
        &["--spf-record", "other.example=v=spf1 -all"],
    );
    assert_eq!(
        (&spf["result"], &spf["local_records"]),
        (&"pass".into(), &json!([]))
    );
    assert!(!spf["reason"].as_str().unwrap().contains("local policy"));
}

#[test]
fn records_are_followed_from_one_to_the_other() {
    let place = Place::new();
    let records = [
        "--spf-record",
        "Example.ORG.=v=spf1 include:_spf.example.org include:xn--bcher-kva.example -all",
        "--spf-record",
        "_spf.example.org=v=spf1 redirect=%{i}.spf.example",
        "--spf-record",
        "203.0.113.9.spf.example=v=spf1 ?all",
        "--spf-record",
        "b\u{fc}cher.example=v=spf1 ip4:203.0.113.9",
    ];
    let spf = told(&place, &format!("spf {STRANGER}"), &records);
    assert_eq!(
        (&spf["result"], &spf["mechanism"]),
        (&"pass".into(), &"include:xn--bcher-kva.example".into())
    );
    let reason = spf["reason"].as_str().unwrap();
    assert!(
        reason.ends_with(
            "; local policy replaces the SPF records of example.org, _spf.example.org, 203.0.113.9.spf.example and 1 more"
        ),
        "{reason}"
    );
    assert_eq!(spf["local_records"].as_array().unwrap().len(), 4);
}

#[test]
fn a_fail_without_an_explanation_is_explained_by_local_policy() {
    let place = Place::new();
    let ours = ["--spf-explanation", "%{i} may not send for %{d}%_-%_see %{r}"];
    let line = "check --authserv-id mx.example.net --ip 192.0.2.1 --helo x --mail-from a@nopolicy.example message.eml";
    let check = told(&place, line, &ours);
    assert_eq!(
        (&check["spf"]["explanation"], &check["spf"]["local_explanation"]),
        (
            &"192.0.2.1 may not send for nopolicy.example - see mx.example.net".into(),
            &true.into()
        )
    );
    run(&place, line, &ours).shows(&["our explanation \"192.0.2.1 may not send for nopolicy.example"]);
    // The domain's own word comes first.
    let spf = told(&place, &format!("spf {STRANGER}"), &ours);
    assert_eq!(
        (&spf["explanation"], &spf["local_explanation"]),
        (&"203.0.113.9 is not one of ours".into(), &false.into())
    );
    run(&place, &format!("spf {STRANGER}"), &ours)
        .shows(&["its owner says  \"203.0.113.9 is not one of ours\""]);
}

#[test]
fn a_record_is_linted_before_it_is_published() {
    let place = Place::new();
    let broken = [
        "--spf-record",
        "example.org=v=spf1 include:_spf.example.org ipv4:192.0.2.1 -all",
    ];
    let done = run(&place, "spf --lint example.org", &broken);
    done.shows(&[
        "Faulty: The SPF record given for example.org: 1 error.",
        "Record, as given and not as published\n  v=spf1 include:_spf.example.org ipv4:192.0.2.1 -all",
        "Write 'ip4:192.0.2.1'.",
        "1  example.org (as given)",
        "1    include:_spf.example.org\n",
    ]);
    assert_eq!(done.err, "");
    let report = told(&place, "spf --lint example.org", &broken);
    assert_eq!(
        (&report["local"], &report["record"]),
        (
            &true.into(),
            &"v=spf1 include:_spf.example.org ipv4:192.0.2.1 -all".into()
        )
    );
    assert_eq!(
        (&report["tree"]["local"], &report["tree"]["terms"][0]["local"]),
        (&true.into(), &false.into())
    );
    assert_eq!(report["findings"][0]["code"], "syntax");
    // What is no record at all is told as such, too.
    let report = told(
        &place,
        "spf --lint example.org",
        &["--spf-record", "example.org=v=spf1-all"],
    );
    assert_eq!(
        (&report["findings"][0]["code"], &report["local"]),
        (&"near_miss".into(), &true.into())
    );
    assert_eq!(told(&place, "spf --lint example.org", &[])["local"], false);
}

#[test]
fn a_record_that_nothing_leads_to_is_told_to_the_writer() {
    let place = Place::new();
    let records = [
        "--spf-record",
        "_spf.example.org=v=spf1 ?all",
        "--spf-record",
        "exmaple.org=v=spf1 -all",
    ];
    let done = run(&place, "spf --lint example.org", &records);
    done.shows(&["include:_spf.example.org (as given)"]);
    assert_eq!(
        done.err,
        "mailrep: warning: the record of example.org does not lead to that of exmaple.org, so what --spf-record gives for \
         exmaple.org was not looked at\n"
    );
}

#[test]
fn policy_that_cannot_be_used_is_named_with_what_mends_it() {
    let place = Place::new();
    let spf = format!("spf {STRANGER}");
    let check = format!("check {STRANGER} message.eml");
    for (option, value, told) in [
        ("--spf-trust", "", ["--spf-trust <NETWORK>", "192.0.2.0/24"]),
        (
            "--spf-trust",
            "192.0.2.0/33",
            ["'192.0.2.0/33'", "at most 32 for IPv4"],
        ),
        (
            "--spf-trust",
            "relay.example.org",
            ["'relay.example.org'", "expected an IP address"],
        ),
        (
            "--spf-record",
            "example.org",
            ["the record is missing", "example.org=v=spf1 mx -all"],
        ),
        (
            "--spf-record",
            "example.org= ",
            ["the record is missing", "example.org=v=spf1 mx -all"],
        ),
        (
            "--spf-record",
            "v=spf1 mx -all",
            ["the domain is missing", "example.org=v=spf1 mx -all"],
        ),
        ("--spf-record", "=v=spf1 mx -all", ["empty", "example.org"]),
        (
            "--spf-record",
            "a..b=v=spf1 mx -all",
            ["empty label", "example.org"],
        ),
        (
            "--spf-record",
            "a@b.c=v=spf1 mx -all",
            ["this is an address", "example.org"],
        ),
        (
            "--spf-record",
            "localhost=v=spf1 mx -all",
            ["one label", "example.org=v=spf1 mx -all"],
        ),
        (
            "--spf-record",
            "a.b=v=spf1 ipv4:192.0.2.1",
            ["for a.b: 'ipv4:192.0.2.1'", "'ip4'"],
        ),
        (
            "--spf-record",
            "a.b=hello",
            ["for a.b: 'hello' is not 'v=spf1'", "mailrep spf --lint a.b"],
        ),
        (
            "--spf-explanation",
            "",
            ["--spf-explanation <TEXT>", "leave the option out"],
        ),
        ("--spf-explanation", "100%", ["'%'", "'%%' stands for '%'"]),
        (
            "--spf-explanation",
            "%{x}",
            ["letter 'x'", "'%{i} may not send for %{d}'"],
        ),
        (
            "--spf-explanation",
            "\u{fc}",
            ["0xc3 is not allowed", "'%{i} may not send for %{d}'"],
        ),
    ] {
        for line in [&spf, &check] {
            run(&place, line, &[option, value]).refused(2, &[told[0], told[1], option]);
        }
    }
}

#[test]
fn a_domain_has_one_record_and_an_explanation_one_text() {
    let place = Place::new();
    let twice = [
        "--spf-record",
        "example.org=v=spf1 -all",
        "--spf-record",
        "EXAMPLE.org.=v=spf1 -all",
    ];
    for line in [&format!("spf {STRANGER}"), "spf --lint example.org"] {
        run(&place, line, &twice).refused(
            2,
            &["--spf-record", "given twice for example.org", "the one record"],
        );
    }
    let twice = ["--spf-explanation", "a", "--spf-explanation", "b"];
    run(&place, &format!("spf {STRANGER}"), &twice).refused(2, &["--spf-explanation", "multiple times"]);
}

#[test]
fn policy_stands_only_where_it_is_of_use() {
    let place = Place::new();
    for option in ["--spf-trust", "--spf-explanation"] {
        run(&place, "spf --lint example.org", &[option, "192.0.2.1"]).refused(2, &["--lint", option]);
    }
    for option in ["--spf-trust", "--spf-record", "--spf-explanation"] {
        run(&place, "dmarc --from example.org", &[option, "192.0.2.1"]).refused(2, &[option, "unexpected"]);
    }
    let idle = [
        "--spf-trust",
        "192.0.2.1",
        "--spf-record",
        RECORD,
        "--spf-explanation",
        "no",
    ];
    let done = run(&place, "check message.eml", &idle);
    assert_eq!(done.status, Some(0));
    for told in ["--ip", "--spf-trust, --spf-record, --spf-explanation"] {
        assert!(done.err.contains(told), "{}", done.err);
    }
}

#[test]
fn controls_in_policy_never_reach_the_terminal() {
    let place = Place::new();
    for (line, option, value) in [
        (
            "spf --lint example.org",
            "--spf-record",
            "example.org=v=spf1 \u{1b}[31mred \u{202e}x -all",
        ),
        (
            &*format!("spf {STRANGER}"),
            "--spf-record",
            "example.org=v=spf1 \u{1b}[31mred -all",
        ),
        (
            &*format!("spf {STRANGER}"),
            "--spf-record",
            "a\u{1b}.org=v=spf1 -all",
        ),
        (&*format!("spf {STRANGER}"), "--spf-explanation", "\u{1b}[31m"),
        (&*format!("spf {STRANGER}"), "--spf-trust", "\u{9b}31m"),
    ] {
        let done = run(&place, line, &[option, value]);
        for text in [&done.out, &done.err] {
            let fine = |c: char| c == '\n' || !(c.is_control() || c == '\u{202e}');
            assert!(text.chars().all(fine), "{text:?}");
        }
        assert!(!(done.out.is_empty() && done.err.is_empty()));
    }
}
