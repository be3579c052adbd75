//! SPF's identities, and its verdicts.

use super::Place;
use serde_json::Value;

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
    let received = spf["received_spf"].as_str().unwrap();
    assert!(received.starts_with("pass ("), "{received}");
    assert!(
        received.contains("envelope-from=\"ada@example.org\""),
        "{received}"
    );
    let received = spf["helo"]["received_spf"].as_str().unwrap();
    assert!(received.contains("identity=helo"), "{received}");
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

#[test]
fn a_domain_at_the_beginning_of_a_sentence_keeps_its_letters() {
    let place = Place::new();
    place
        .run("spf --ip 192.0.2.1 --helo x --mail-from a@nowhere.example")
        .shows(&["\n  nowhere.example does not exist in the DNS"]);
}
