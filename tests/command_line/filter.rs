//! `mailrep filter check` and `run`.

use super::*;

const POLICY: &str = "authserv_id = \"mx.example.net\"\n[dmarc]\nhonour_policy = true\n";

fn with_policy(policy: &str) -> Place {
    let place = Place::new();
    place.file("mailrep.toml", policy);
    place
}

#[test]
fn an_empty_policy_can_be_used_and_is_explained() {
    let place = with_policy("");
    let done = place.run("filter check mailrep.toml");
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    assert!(done.out.starts_with("It can be used"), "{}", done.out);
    for told in [
        "SPF, DKIM and DMARC are verified, and the client's name (iprev); the results are put on top.",
        "What an author domain wants rejected (p=reject) goes on its way.",
        "Nothing is signed.",
        "Envelope senders stay as they are.",
        "No account is watched.",
    ] {
        assert!(done.out.contains(told), "{told}\nis not in\n{}", done.out);
    }
    let object = place.json("filter check mailrep.toml");
    assert_eq!(object["valid"], true);
    assert_eq!(object["explanation"][0]["heading"], "Who is who");
}

#[test]
fn a_policy_with_faults_is_told_line_by_line_and_exits_with_1() {
    let place = with_policy("[dmark]\n[dns]\ntimeot = 1\n");
    let done = place.run("filter check mailrep.toml");
    assert_eq!((done.status, done.out.as_str()), (Some(1), ""));
    assert_eq!(
        done.err,
        "mailrep: mailrep.toml:1:2: there is no section [dmark]; did you mean 'dmarc'?\n\
         mailrep: mailrep.toml:3:1: there is no key 'timeot' in [dns]; did you mean 'timeout'?\n"
    );
    let done = place.run("--json filter check mailrep.toml");
    assert_eq!(done.status, Some(1));
    let object: Value = serde_json::from_str(&done.out).unwrap();
    assert_eq!(object["valid"], false);
    assert_eq!(object["faults"][1]["line"], 3);
    assert_eq!(object["faults"][1]["fix"], "did you mean 'timeout'?");
    for command in ["filter check no-such", "filter run --config no-such message.eml"] {
        let done = place.run(command);
        assert_eq!(done.status, Some(1));
        assert_eq!(
            done.err,
            "mailrep: cannot read no-such: no such file or directory\n"
        );
    }
}

#[test]
fn what_is_dangerous_is_shown_with_its_line_and_what_to_do() {
    let place = with_policy("");
    let done = place.run("keygen --domain example.org --selector s1 --algorithm ed25519 --out s1.pem");
    assert_eq!(done.status, Some(0));
    let record = done.out;
    place.file(
        "mailrep.toml",
        "authserv_id = \"mx.example.org\"\n[[sign]]\ndomains = [\"example.org\"]\nkeys = [{ selector = \"s1\", file = \"s1.pem\" }]\nsenders = \"anyone\"\n",
    );
    let done = place.run("filter check mailrep.toml");
    assert_eq!(done.status, Some(0));
    assert!(
        done.out
            .starts_with("It can be used, with warnings: mailrep.toml")
    );
    assert!(
        done.out.contains("Line 2: any login signs as these domains"),
        "{}",
        done.out
    );
    assert!(done.out.contains(record.trim()), "the record to publish is there");
}

#[test]
fn a_message_is_run_and_its_actions_are_shown() {
    let place = with_policy(POLICY);
    let good = "--ip 192.0.2.1 --helo mail.example.org --mail-from ada@example.org --rcpt bo@example.net message.eml";
    let done = place.run(&format!("filter run --config mailrep.toml {good}"));
    assert_eq!((done.status, done.err.as_str()), (Some(0), ""));
    assert!(
        done.out.starts_with("Accept: SPF passed for example.org"),
        "{}",
        done.out
    );
    assert!(
        done.out
            .contains("  insert header field 0: Authentication-Results: mx.example.net;\n"),
        "{}",
        done.out
    );
    let object = place.json(&format!(
        "filter run --config mailrep.toml --queue-id 4XyZ {good}"
    ));
    assert_eq!(object["treatment"], "accept");
    assert_eq!(object["actions"][0]["action"], "insert_header");
    assert!(
        object["log"]
            .as_str()
            .unwrap()
            .starts_with("queue=4XyZ client=192.0.2.1 ")
    );
    let done = place.run(
        "filter run --config mailrep.toml --ip 203.0.113.9 --mail-from eve@nopolicy.example --rcpt bo@example.net message.eml",
    );
    assert!(
        done.out.starts_with("Reject: example.org asks to reject"),
        "{}",
        done.out
    );
    assert!(done.out.contains("  reject: 550 5.7.1 DMARC: "), "{}", done.out);
}

#[test]
fn the_policys_own_zone_files_answer_where_no_option_does() {
    let place = with_policy(&format!("{POLICY}[dns]\nzone_files = [\"zone\"]\n"));
    let done = place.bare(words(
        "--json filter run --config mailrep.toml --ip 192.0.2.1 --mail-from ada@example.org message.eml",
    ));
    assert_eq!(done.json()["verdict"]["spf"]["result"], "pass");
}

#[test]
fn a_submission_and_local_mail_are_run_as_such() {
    let place = with_policy(POLICY);
    let login = place.json("filter run --config mailrep.toml --ip 203.0.113.9 --login ada --mail-from ada@example.org message.eml");
    assert_eq!(
        (&login["origin"], &login["login"]),
        (&"login".into(), &"ada".into())
    );
    let local =
        place.json("filter run --config mailrep.toml --local www --mail-from ada@example.org message.eml");
    assert_eq!(local["origin"], "local");
    let daemon =
        place.json("filter run --config mailrep.toml --ip 203.0.113.9 --daemon ORIGINATING message.eml");
    assert_eq!(daemon["origin"], "originating");
    let done = place.run("filter run --config mailrep.toml --ip 203.0.113.9 --local www message.eml");
    assert_eq!(done.status, Some(2));
}

#[test]
fn a_message_with_lf_from_the_standard_input_has_the_same_decision() {
    let place = with_policy(POLICY);
    let line = "--json filter run --config mailrep.toml --ip 192.0.2.1 --mail-from ada@example.org";
    let file = place.run(&format!("{line} message.eml"));
    let lf = place.with_input(&format!("{line} -"), MESSAGE.replace("\r\n", "\n").as_bytes());
    assert_eq!(lf.out, file.out);
    let header = place.with_input(&format!("{line} -"), b"From: ada@example.org\r\nSubject: x");
    assert_eq!(header.status, Some(0));
    assert_eq!(
        header.err,
        "mailrep: note: the message ends within its header and has no body\n"
    );
}
