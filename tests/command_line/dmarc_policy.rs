//! Local DMARC policy: forwarders, mailing lists, exceptions, the public suffix list; and mail that is submitted.

use super::Place;
use serde_json::{Value, json};

const STRANGER: &str = "--ip 203.0.113.9 --helo relay.example.net --mail-from ada@example.org";
const POLICIES: &str = r#"
_dmarc.example.org.       TXT "v=DMARC1; p=reject"
_dmarc.lighthouse.test.   TXT "v=DMARC1; p=none; sp=quarantine; np=reject"
lists.example.net.        TXT "v=spf1 ip4:203.0.113.9 -all"
"#;

fn place() -> Place {
    let place = Place::new();
    place.file("policies", POLICIES);
    place.file(
        "list.eml",
        "List-Id: <dev.lists.example.net>\r\nFrom: ada@example.org\r\n\r\nHello\r\n",
    );
    place
}

fn told(place: &Place, line: &str, more: &[&str]) -> Value {
    let words = ["--zone", "policies", "--json"]
        .into_iter()
        .chain(line.split(' '));
    place.bare(words.chain(more.iter().copied())).json()
}

fn disposition(found: &Value) -> (&str, &str, &Value) {
    let dmarc = if found["dmarc"].is_null() {
        found
    } else {
        &found["dmarc"]
    };
    assert_eq!(dmarc["result"], "fail");
    (
        dmarc["policy"].as_str().unwrap(),
        dmarc["disposition"].as_str().unwrap(),
        &dmarc["override"]["type"],
    )
}

#[test]
fn each_override_changes_the_disposition_and_names_itself() {
    let place = place();
    let check = format!("check {STRANGER} list.eml");
    let list = "check --ip 203.0.113.9 --mail-from a@lists.example.net list.eml";
    for (line, more, expected) in [
        (&*check, &[][..], ("reject", "reject", Value::Null)),
        (
            &*check,
            &["--dmarc-trust", "203.0.113.0/24"],
            ("reject", "none", json!("trusted_forwarder")),
        ),
        (
            &*check,
            &["--dmarc-trust", "203.0.112.0/24"],
            ("reject", "reject", Value::Null),
        ),
        (&*check, &["--dmarc-list", "*"], ("reject", "reject", Value::Null)),
        (
            list,
            &["--dmarc-list", "*"],
            ("reject", "none", json!("mailing_list")),
        ),
        (
            list,
            &["--dmarc-list", "dev.lists.example.net"],
            ("reject", "none", json!("mailing_list")),
        ),
        (
            list,
            &["--dmarc-list", "*.lists.example.net"],
            ("reject", "none", json!("mailing_list")),
        ),
        (
            list,
            &["--dmarc-list", "other.lists.example.net"],
            ("reject", "reject", Value::Null),
        ),
        (
            &*check,
            &["--dmarc-except", "example.org=quarantine"],
            ("reject", "quarantine", json!("local_policy")),
        ),
        (
            &*check,
            &["--dmarc-except", "*.example.org=none"],
            ("reject", "reject", Value::Null),
        ),
    ] {
        let found = told(&place, line, more);
        let (policy, asked, kind) = disposition(&found);
        assert_eq!((policy, asked, kind.clone()), expected, "{more:?}");
    }
    let page = place.bare(
        ["--zone", "policies"]
            .into_iter()
            .chain(check.split(' '))
            .chain(["--dmarc-trust", "203.0.113.9"]),
    );
    page.shows(&[
        "Undecided: ",
        "because the client 203.0.113.9 is trusted to forward mail",
    ]);
}

#[test]
fn dmarc_alone_takes_exceptions_and_the_public_suffix_list() {
    let place = place();
    let ghost = "dmarc --from ghost.lighthouse.test";
    assert_eq!(
        disposition(&told(&place, ghost, &[])),
        ("reject", "reject", &Value::Null)
    );
    assert_eq!(
        disposition(&told(&place, ghost, &["--dmarc-psl"])),
        ("quarantine", "quarantine", &Value::Null)
    );
    let except = ["--dmarc-except", "*.lighthouse.test=none"];
    assert_eq!(
        disposition(&told(&place, ghost, &except)),
        ("reject", "none", &json!("local_policy"))
    );
    let check = told(&place, &format!("check {STRANGER} list.eml"), &["--dmarc-psl"]);
    assert_eq!(check["dmarc"]["organizational_domain"], "example.org");
}

#[test]
fn what_cannot_be_meant_is_wrong_usage() {
    let place = place();
    for (line, why) in [
        ("check --dmarc-trust 192.0.2.0/33 list.eml", "192.0.2.0/24"),
        (
            "check --dmarc-list a..b list.eml",
            "no identifier of a mailing list",
        ),
        ("check --dmarc-except example.org list.eml", "DOMAIN=DISPOSITION"),
        (
            "check --dmarc-except example.org=discard list.eml",
            "none, quarantine, reject",
        ),
        ("check --dmarc-except a..b=none list.eml", "no author domain"),
        (
            "check --dmarc-except a.example=none --dmarc-except A.example=reject list.eml",
            "already",
        ),
        ("dmarc --lint example.org --dmarc-psl", "cannot be used with"),
        ("dmarc --dmarc-psl report x.xml", "cannot be used with"),
        ("check --login= list.eml", "it is empty"),
    ] {
        let done = place.bare(["--zone", "policies"].into_iter().chain(line.split(' ')));
        assert_eq!(done.status, Some(2), "{line}: {}", done.err);
        assert!(done.err.contains(why), "{line}: {}", done.err);
    }
}

#[test]
fn a_submission_is_told_as_such() {
    let place = place();
    let line = format!("check {STRANGER} --login ada --authserv-id mx.example.net list.eml");
    let found = told(&place, &line, &[]);
    assert_eq!(found["account"], "ada");
    assert_eq!(
        found["authentication_results"],
        "mx.example.net;\r\n    auth=pass smtp.auth=ada"
    );
    assert_eq!((&found["spf"], &found["iprev"]), (&Value::Null, &Value::Null));
    assert_eq!(found["dmarc"]["cause"], "authenticated");
    let page = place.bare(["--zone", "policies"].into_iter().chain(line.split(' ')));
    page.shows(&[
        "Submission: the client has logged in as 'ada'",
        "Accept it if the account may write as example.org, and sign it.",
    ]);
}
