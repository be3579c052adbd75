//! Checking a message.

use super::{ENVELOPE, MESSAGE, Place};
use serde_json::Value;

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
        "received_spf",
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
fn what_names_no_domain_is_told_apart_from_what_is_not_there() {
    let place = Place::new();
    place.file("zone", "_dmarc.example.org. TXT \"v=DMARC1; p=reject\"\n");
    place.file("unsigned.eml", "From: a@example.org\r\n\r\n");
    place.file(
        "broken.eml",
        "DKIM-Signature: v=1;; d=example.org\r\nFrom: a@example.org\r\n\r\n",
    );
    let reason = |line: &str| {
        let check = place.json(&format!("check {line}"));
        check["dmarc"]["reason"].as_str().unwrap().to_owned()
    };
    let plain = reason("--ip 192.0.2.1 --helo x.test --mail-from a@b.test unsigned.eml");
    assert!(
        plain.ends_with(
            "SPF did not pass for b.test, which is another organization, and there is no DKIM signature"
        ),
        "{plain}"
    );
    let broken = reason("--ip 192.0.2.1 --helo x.test --mail-from nobody broken.eml");
    assert!(
        broken.ends_with(
            "SPF had no domain to check, and no DKIM signature passed, none of them being of example.org"
        ),
        "{broken}"
    );
}

#[test]
fn international_domains_stay_domains_in_a_field_of_ascii() {
    let place = Place::new();
    place.file(
        "signed.eml",
        format!(
            "DKIM-Signature: v=1; a=rsa-sha256; d=b\u{fc}cher.test; i=\u{e4}@a.b\u{fc}cher.test\r\n{MESSAGE}"
        ),
    );
    let check = place.json(
        "check --authserv-id mx --ip 192.0.2.1 --helo m.b\u{fc}cher.test --mail-from \u{e4}da@b\u{fc}cher.test signed.eml",
    );
    assert_eq!(check["dkim"][0]["identity"], "\u{e4}@a.b\u{fc}cher.test");
    let results = check["authentication_results"].as_str().unwrap();
    for shown in [
        "smtp.mailfrom=\"?da@xn--bcher-kva.test\"",
        "smtp.helo=m.xn--bcher-kva.test",
        "header.i=\"?@a.xn--bcher-kva.test\"",
    ] {
        assert!(results.contains(shown), "{shown} in {results}");
    }
}

#[test]
fn thousands_of_signatures_make_no_field_of_megabytes() {
    let place = Place::new();
    place.file(
        "signed.eml",
        format!(
            "{}{MESSAGE}",
            "DKIM-Signature: v=1; a=rsa-sha256; d=example.org\r\n".repeat(5_000)
        ),
    );
    let check = place.json("check --authserv-id mx signed.eml");
    assert_eq!(check["dkim"].as_array().unwrap().len(), 5_000);
    let results = check["authentication_results"].as_str().unwrap();
    assert!(results.len() < 8_000, "{}", results.len());
    assert!(results.contains("(4980 more signatures that"), "{results}");
    assert!(results.contains("dmarc="), "{results}");
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
