//! `mailrep sign` and `mailrep keygen`.

use super::*;
use std::os::unix::fs::PermissionsExt as _;

const SIGN: &str = "sign --domain example.org --selector s1 --key s1.pem";

/// A place with a key, and its record in a zone of its own.
fn with_key() -> Place {
    let place = Place::new();
    place.key("s1", "--algorithm ed25519");
    place
}

impl Place {
    /// Makes a key and adds its record to the zone.
    fn key(&self, selector: &str, more: &str) {
        let done = self.run(&format!(
            "keygen --domain example.org --selector {selector} --out {selector}.pem {more}"
        ));
        assert_eq!(done.status, Some(0), "{}", done.err);
        let zone = std::fs::read_to_string(self.path("zone")).unwrap();
        self.file("zone", format!("{zone}{}", done.out));
    }

    /// The causes of the verdicts on the signatures of a message.
    fn causes(&self, file: &str) -> Vec<String> {
        let verdict = self.json(&format!("check {file}"));
        let causes = verdict["dkim"].as_array().unwrap().iter();
        causes
            .map(|signature| signature["cause"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[test]
fn a_signed_message_is_the_message_with_its_field_on_top_and_passes() {
    let place = with_key();
    let done = place.run(&format!("{SIGN} message.eml"));
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    let field = done.out.strip_suffix(MESSAGE).expect("the rest is untouched");
    assert!(field.starts_with(
        "DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.org;\r\n    s=s1; t="
    ));
    assert!(field.ends_with("\r\n"));
    place.file("signed.eml", &done.out);
    assert_eq!(place.causes("signed.eml"), ["verified"]);
}

#[test]
fn a_file_with_lf_is_signed_as_it_goes_over_the_wire_and_keeps_its_lf() {
    let place = with_key();
    let text = MESSAGE.replace("\r\n", "\n");
    let done = place.with_input(&format!("{SIGN} -"), text.as_bytes());
    assert!(done.out.ends_with(&text));
    assert!(!done.out.contains('\r'));
    place.file("lf.eml", &done.out);
    place.file("crlf.eml", done.out.replace('\n', "\r\n"));
    assert_eq!(place.causes("lf.eml"), ["verified"]);
    assert_eq!(place.causes("crlf.eml"), ["verified"]);
}

#[test]
fn a_second_key_signs_beside_the_first() {
    let place = with_key();
    place.key("r1", "");
    let done = place.run(&format!("{SIGN} --also r1:r1.pem message.eml"));
    place.file("signed.eml", &done.out);
    assert_eq!(place.causes("signed.eml"), ["verified", "verified"]);
    let verdict = place.json("check signed.eml");
    assert_eq!(verdict["dkim"][0]["algorithm"], "ed25519-sha256");
    assert_eq!(verdict["dkim"][1]["algorithm"], "rsa-sha256");
    assert_eq!(verdict["dkim"][1]["key_bits"], 2048);
}

#[test]
fn options_reach_the_signature() {
    let place = with_key();
    let options = "--canonicalization simple --identity ada@news.example.org --expires-after 7d --field X-Mine --now 1700000000";
    let done = place.run(&format!("{SIGN} {options} message.eml"));
    let value: String = done
        .out
        .split("\r\nFrom:")
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    for part in [
        "c=simple/simple;",
        "i=ada@news.example.org;",
        "t=1700000000;x=1700604800;",
    ] {
        assert!(value.contains(part), "{part} is not in {value}");
    }
    place.file("signed.eml", &done.out);
    assert_eq!(
        place.json("--now 1700604800 check signed.eml")["dkim"][0]["result"],
        "pass"
    );
    assert_eq!(
        place.json("--now 1700604801 check signed.eml")["dkim"][0]["cause"],
        "expired"
    );
}

#[test]
fn json_has_the_fields_and_the_warnings_and_not_the_message() {
    let place = with_key();
    place.file("odd.eml", "From: a@example.org\r\n\r\n.\r\nbare\nline\r\n");
    let object = place.json(&format!("{SIGN} odd.eml"));
    let signature = &object["signatures"][0];
    assert_eq!(signature["domain"], "example.org");
    assert_eq!(signature["selector"], "s1");
    assert_eq!(signature["identity"], Value::Null);
    assert_eq!(signature["algorithm"], "ed25519-sha256");
    assert_eq!(signature["key_bits"], 256);
    assert!(signature["field"].as_str().unwrap().starts_with("v=1; "));
    assert_eq!(object["warnings"][0]["code"], "lone_dot");
    assert_eq!(object["warnings"][0]["line"], 3);
    assert_eq!(object["warnings"][1]["code"], "bare_line_end");
    let done = place.run(&format!("{SIGN} odd.eml"));
    assert_eq!(done.err.lines().count(), 2, "{}", done.err);
    assert!(done.err.starts_with("mailrep: warning: line 3 is a lone dot"));
    assert_eq!(done.status, Some(0));
}

#[test]
fn a_message_larger_than_what_is_kept_in_memory_is_printed_whole() {
    let place = with_key();
    let text = format!("{MESSAGE}{}", "a line of a long message\r\n".repeat(240_000));
    let done = place.with_input(&format!("{SIGN} -"), text.as_bytes());
    assert!(done.out.ends_with(&text));
    place.file("signed.eml", &done.out);
    assert_eq!(place.causes("signed.eml"), ["verified"]);
}

#[test]
fn what_cannot_be_signed_is_told_and_nothing_is_printed() {
    let place = with_key();
    for (content, told) in [
        (&b""[..], "is empty"),
        (b"To: a@example.org\r\n\r\n", "no From field"),
        (b"From: a@example.org\nFrom: b@example.org\n\nx", "2 From fields"),
        (b"\x7fELF\x00\x01\x02", "not a mail message"),
        (b"From: a@example.org\r\nno field\r\n\r\n", "is no header field"),
    ] {
        place.file("bad.eml", content);
        place.run(&format!("{SIGN} bad.eml")).refused(1, &[told]);
    }
    place
        .run(&format!("{SIGN} missing.eml"))
        .refused(1, &["missing.eml", "no such file"]);
    place.file("bad.eml", format!("From: {}\r\n\r\n", "x".repeat(2 << 20)));
    place
        .run(&format!("{SIGN} bad.eml"))
        .refused(1, &["longer than the limit"]);
}

#[test]
fn a_key_file_that_is_none_is_told() {
    let place = with_key();
    for (content, told) in [
        (&b""[..], "it is empty"),
        (b"\x00\xff\x00", "no PEM file"),
        (
            b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            "public key",
        ),
    ] {
        place.file("bad.pem", content);
        let line = "sign --domain example.org --selector s1 --key bad.pem message.eml";
        place.run(line).refused(1, &["bad.pem", told]);
        let line = format!("{SIGN} --also s2:bad.pem message.eml");
        place.run(&line).refused(1, &["bad.pem", told]);
    }
    let line = "sign --domain example.org --selector s1 --key none.pem message.eml";
    place.run(line).refused(1, &["none.pem", "no such file"]);
    std::fs::set_permissions(place.path("s1.pem"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let done = place.run(&format!("{SIGN} message.eml"));
    assert_eq!(done.status, Some(0));
    assert!(
        done.err.contains("every user of this host") && done.err.contains("s1.pem"),
        "{}",
        done.err
    );
}

#[test]
fn wrong_usage_of_sign_is_told() {
    let place = with_key();
    for (line, told) in [
        ("sign --selector s1 --key s1.pem message.eml", "--domain"),
        (
            "sign --domain org --selector s1 --key s1.pem message.eml",
            "no domain that can sign",
        ),
        (
            "sign --domain example.org --selector s; --key s1.pem message.eml",
            "no selector",
        ),
        (&format!("{SIGN} --also s2 message.eml"), "SELECTOR:FILE"),
        (&format!("{SIGN} --also :s1.pem message.eml"), "no selector"),
        (
            &format!("{SIGN} --canonicalization loose message.eml"),
            "relaxed/relaxed",
        ),
        (
            &format!("{SIGN} --expires-after 0 message.eml"),
            "1 second to 10 years",
        ),
        (
            &format!("{SIGN} --expires-after 7w message.eml"),
            "1 second to 10 years",
        ),
    ] {
        place.run(line).refused(2, &[told]);
    }
    for (option, told) in [
        ("--identity a@example.net", "not at example.org or below it"),
        ("--field Received", "changes on the way"),
        ("--field a:b", "no name of a header field"),
    ] {
        let done = place.run(&format!("{SIGN} {option} message.eml"));
        assert_eq!((done.status, done.out.as_str()), (Some(2), ""));
        assert!(done.err.contains(told), "{}", done.err);
    }
}

#[test]
fn keygen_writes_a_private_file_and_prints_the_record() {
    let place = Place::new();
    for (more, bits, words) in [
        ("", 2048, "v=DKIM1; k=rsa; p="),
        ("--bits 3072", 3072, "v=DKIM1; k=rsa; p="),
        ("--algorithm rsa --bits 4096", 4096, "v=DKIM1; k=rsa; p="),
        ("--algorithm ed25519", 256, "v=DKIM1; k=ed25519; p="),
    ] {
        let object = place.json(&format!(
            "keygen --domain example.org --selector k{bits} --out k{bits}.pem {more}"
        ));
        assert_eq!(object["name"], format!("k{bits}._domainkey.example.org"));
        assert_eq!(object["key_bits"], bits);
        assert!(object["record"].as_str().unwrap().starts_with(words));
        assert_eq!(object["published"], Value::Null);
        let file = place.path(&format!("k{bits}.pem"));
        assert_eq!(
            std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(
            std::fs::read_to_string(file)
                .unwrap()
                .starts_with("-----BEGIN PRIVATE KEY-----\n")
        );
        // The record as a zone file has it is the record.
        place.file("zone", format!("{}\n", object["zone_entry"].as_str().unwrap()));
        let line = format!("keygen --verify --domain example.org --selector k{bits} --out k{bits}.pem");
        assert_eq!(place.json(&line)["published"], true);
    }
}

#[test]
fn keygen_never_touches_a_file_that_is_there() {
    let place = Place::new();
    let path = place.file("precious", "precious");
    let line = "keygen --domain example.org --selector s1 --out precious";
    place.run(line).refused(1, &["precious", "already"]);
    assert_eq!(std::fs::read_to_string(path).unwrap(), "precious");
    place
        .run("keygen --domain example.org --selector s1 --out no/where")
        .refused(1, &["cannot write no/where"]);
    place
        .run("keygen --domain example.org --selector s1 --out .")
        .refused(1, &["already"]);
}

#[test]
fn keygen_verify_says_what_the_dns_has() {
    let place = with_key();
    place.key("s2", "--algorithm ed25519");
    let line =
        |selector: &str| format!("keygen --verify --domain example.org --selector {selector} --out s1.pem");
    place
        .run(&line("s1"))
        .shows(&["Published: the DNS has this key at s1._domainkey.example.org."]);
    place.run(&line("s2")).shows(&[
        "Not published: the DNS has another key",
        "Record to publish",
        "k=ed25519",
    ]);
    place
        .run(&line("s3"))
        .shows(&["Not published: the DNS has no TXT record"]);
    let zone = std::fs::read_to_string(place.path("zone")).unwrap();
    place.file(
        "zone",
        format!("{zone}$FAIL s4._domainkey.example.org TXT SERVFAIL\n"),
    );
    let object = place.json(&line("s4"));
    assert_eq!(object["published"], Value::Null);
    assert_eq!(object["cause"], "key_unavailable");
    place.run(&line("s4")).shows(&["Not known: "]);
}

#[test]
fn wrong_usage_of_keygen_is_told() {
    let place = Place::new();
    let keygen = "keygen --domain example.org --selector s1 --out new.pem";
    for (line, told) in [
        ("keygen --domain example.org --selector s1", "--out"),
        (&format!("{keygen} --algorithm dsa"), "rsa, ed25519"),
        (&format!("{keygen} --bits 1024"), "2048, 3072 or 4096"),
        (&format!("{keygen} --algorithm ed25519 --bits 2048"), "one size"),
        (&format!("{keygen} --verify --bits 2048"), "--verify"),
        (
            "keygen --domain a@example.org --selector s1 --out new.pem",
            "this is an address",
        ),
    ] {
        place.run(line).refused(2, &[told]);
    }
    assert!(!place.path("new.pem").exists());
}
