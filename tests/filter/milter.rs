//! What a milter must get right: the sentences that are about decisions, beside the table, whose cases are named there.

use super::case::{Fields, cases, data, filter, split};
use mailrep::clock::UnixTime;
use mailrep::dns::zone::Zone;
use mailrep::driver::{Checker, Setup, Source};
use mailrep::filter::policy::Treatment;
use mailrep::filter::{Action, Client, Decision, Filter, Glue, Origin, Policy, Session};
use mailrep::transaction::Options;
use std::net::IpAddr;
use std::sync::Arc;

const SIGN: &str = "authserv_id = \"mx.example.net\"\n[[sign]]\ndomains = [\"example.org\"]\n\
                    keys = [{ selector = \"s2026\", file = \"keys/rsa2048.pem\" }, { selector = \"e2026\", file = \"keys/ed25519.pem\" }]\n";
const NOW: i64 = 1_772_355_660;

fn stranger() -> Client<'static> {
    Client::from(IpAddr::from([203, 0, 113, 66]))
}

/// A session within a message, before its header.
fn begun(policy: &str, glue: Glue, login: &[u8]) -> Session {
    let mut session = Session::new(&filter(policy, None), glue);
    session.set_time(Some(NOW as f64));
    session.connect(stranger()).unwrap();
    session.helo(b"mail.grift.test").unwrap();
    session.mail_from(b"<ada@example.org>", Some(login)).unwrap();
    session.rcpt(b"<bo@example.net>").unwrap();
    session
}

/// The message after the actions were carried out as Postfix carries them out: an index counts the fields of a name as they are at
/// that moment.
fn carried_out(mut header: Fields, decision: &Decision) -> Fields {
    for action in &decision.actions {
        match action {
            Action::DeleteHeader { name, occurrence, .. } => {
                let mut seen = 0;
                let at = header.iter().position(|(other, _)| {
                    seen += usize::from(other.trim_ascii_end().eq_ignore_ascii_case(name));
                    seen == *occurrence
                });
                header.remove(at.expect("the field is there"));
            }
            Action::InsertHeader { place, name, value } => {
                header.insert(*place, (name.clone().into_bytes(), value.clone()));
            }
            _ => {}
        }
    }
    header
}

/// What a receiver makes of a message.
fn verified(header: &[(Vec<u8>, Vec<u8>)], body: &[u8]) -> Vec<&'static str> {
    let checker = Checker::new(Setup {
        source: Source::Zone(Zone::read(&data().join("zone")).unwrap()),
        options: Options::default(),
        ..Setup::default()
    })
    .unwrap();
    let mut transaction = checker.transaction_at(UnixTime(NOW));
    for (name, value) in header {
        transaction.header(name, value).unwrap();
    }
    transaction.end_of_headers().unwrap();
    transaction.body(body).unwrap();
    let verdict = transaction.finish().unwrap();
    verdict
        .dkim
        .iter()
        .map(|signature| signature.result.as_str())
        .collect()
}

fn submission() -> (Fields, Vec<u8>) {
    let text = b"Received: from [203.0.113.66]\r\nAuthentication-Results: mx.example.net;\r\n\tspf=pass\r\nFrom: Ada <ada@example.org>\r\n\
                 To: bo@example.net\r\nSubject: eleven\r\n crates\r\nAuthentication-Results: other.example; spf=fail\r\nReceived: by x\r\n\
                 Date: Sun, 01 Mar 2026 09:00:00 +0000\r\nMessage-ID: <a@example.org>\r\n\r\nEleven crates.\r\n";
    split(text)
}

#[test]
fn what_is_signed_verifies_when_the_actions_were_carried_out() {
    let policy = format!(
        "{SIGN}[strip]\nof_submissions = [\"Received\", \"Subject\"]\n[submission]\nauth_results = true\n"
    );
    let (header, body) = submission();
    let mut session = begun(&policy, Glue::default(), b"ada@example.org");
    for (name, value) in &header {
        session.header(name, value).unwrap();
    }
    session.end_of_headers().unwrap();
    session.body(&body).unwrap();
    let decision = session.end(b"id").unwrap();
    let left = carried_out(header, &decision);
    let names: Vec<&[u8]> = left.iter().map(|(name, _)| name.as_slice()).collect();
    let expected: [&[u8]; 8] = [
        b"Authentication-Results",
        b"DKIM-Signature",
        b"DKIM-Signature",
        b"From",
        b"To",
        b"Authentication-Results",
        b"Date",
        b"Message-ID",
    ];
    assert_eq!(names, expected);
    assert!(left[5].1.starts_with(b" other.example;"), "a foreign one stays");
    assert_eq!(verified(&left, &body), ["pass", "pass"]);
}

#[test]
fn folded_values_with_bare_lf_become_crlf_before_they_are_signed_and_lf_on_insert() {
    let (header, body) = submission();
    let mut session = begun(SIGN, Glue::LIBMILTER, b"ada@example.org");
    for (name, value) in &header {
        let value = String::from_utf8(value.clone()).unwrap().replace("\r\n", "\n");
        session.header(name, value.as_bytes()).unwrap();
    }
    session.end_of_headers().unwrap();
    session.body(&body).unwrap();
    let decision = session.end(b"id").unwrap();
    let mut left = carried_out(header, &decision);
    for (_, value) in &mut left[..2] {
        assert!(!value.contains(&b'\r') && value.contains(&b'\n') && value.starts_with(b" v=1;"));
        *value = String::from_utf8(value.clone())
            .unwrap()
            .replace('\n', "\r\n")
            .into_bytes();
    }
    assert_eq!(verified(&left, &body), ["pass", "pass"]);
}

#[test]
fn the_space_after_the_colon_is_kept_exactly_so_that_simple_canonicalization_verifies() {
    let (header, body) = split(&std::fs::read(data().join("simple-simple.eml")).unwrap());
    let verdict = |glue: Glue, tell: &dyn Fn(&[u8]) -> Vec<u8>| {
        let mut session = begun("authserv_id = \"mx.example.net\"", glue, b"");
        for (name, value) in &header {
            session.header(name, &tell(value)).unwrap();
        }
        session.end_of_headers().unwrap();
        session.body(&body).unwrap();
        session.end(b"").unwrap().verdict.unwrap().dkim[0].result.as_str()
    };
    let exact = |value: &[u8]| value.to_vec();
    let stripped = |value: &[u8]| value.strip_prefix(b" ").unwrap_or(value).to_vec();
    assert_eq!(verdict(Glue::default(), &exact), "pass");
    // Glue that strips it says so, and then it is put back.
    assert_eq!(
        verdict(
            Glue {
                leading_space: false,
                ..Glue::default()
            },
            &stripped
        ),
        "pass"
    );
    assert_eq!(verdict(Glue::default(), &stripped), "fail");
}

#[test]
fn the_queue_id_is_the_one_of_the_end_of_the_message() {
    let mut session = begun("", Glue::default(), b"");
    let decision = session.end(b"4XyZ\n evil=1").unwrap();
    assert!(
        decision.summary().starts_with("queue=\"4XyZ\\x0a evil=1\" "),
        "{}",
        decision.summary()
    );
}

#[test]
fn recipients_are_counted_at_data_and_not_at_each_rcpt() {
    let filter = filter("[outbound]\non_alarm = \"reject\"\n", None);
    let mut session = Session::new(&filter, Glue::default());
    session.connect(stranger()).unwrap();
    // A client that names strangers and gives up before DATA has sent nothing.
    for number in 0..50 {
        session.set_time(Some(NOW as f64 + f64::from(number)));
        session.mail_from(b"a@b", Some(b"ada")).unwrap();
        session
            .rcpt(format!("stranger{number}@example.net").as_bytes())
            .unwrap();
        session.abort();
    }
    assert_eq!(filter.monitor().unwrap().accounts(), 0);
    session.mail_from(b"a@b", Some(b"ada")).unwrap();
    session.rcpt(b"x@example.net").unwrap();
    session.data().unwrap();
    assert_eq!(filter.monitor().unwrap().accounts(), 1);
    assert!(session.end(b"").unwrap().alarm.is_none());
}

#[test]
fn a_message_is_counted_once() {
    let filter = filter("[outbound]\n", None);
    for with_data in [true, false] {
        let mut session = Session::new(&filter, Glue::default());
        session.connect(stranger()).unwrap();
        session.set_time(Some(NOW as f64));
        let account: &[u8] = if with_data { b"with" } else { b"without" };
        session.mail_from(b"a@b", Some(account)).unwrap();
        session.rcpt(b"x@example.net").unwrap();
        if with_data {
            session.data().unwrap();
        }
        session.header(b"From", b" a@b").unwrap();
        session.end_of_headers().unwrap();
        session.end(b"").unwrap();
        let habits = filter.monitor().unwrap().habits(account);
        let counted = format!("{habits:?}");
        let single = super::case::filter("[outbound]\n", None);
        let event = mailrep::outbound::Event {
            time: NOW as f64,
            account,
            recipients: mailrep::outbound::Recipients::Addresses(&[b"x@example.net"]),
        };
        single.monitor().unwrap().observe(&event).unwrap();
        assert_eq!(
            counted,
            format!("{:?}", single.monitor().unwrap().habits(account))
        );
    }
}

#[test]
fn abort_resets_the_message_and_the_end_of_a_message_too() {
    let mut session = begun(
        "[dmarc]\nhonour_policy = true\n",
        Glue::default(),
        b"ada@example.org",
    );
    session.header(b"X-Mailrep-Tag", b" forged").unwrap();
    session.abort();
    session.mail_from(b"<x@example.com>", None).unwrap();
    session.header(b"From", b" x@example.com").unwrap();
    let decision = session.end(b"").unwrap();
    assert_eq!((decision.origin, decision.recipients), (Origin::Outside, 0));
    assert!(decision.login.is_none());
    let deletes = decision
        .actions
        .iter()
        .any(|action| action.kind() == "delete_header");
    assert!(!deletes, "nothing of the message before is deleted");
    assert!(session.end(b"").is_err());
    // EHLO gives up a message as well (RFC 5321 section 4.1.4).
    session.mail_from(b"<x@example.com>", None).unwrap();
    session.helo(b"again").unwrap();
    assert!(session.rcpt(b"a@b").is_err());
    assert!(session.mail_from(b"", None).is_ok());
}

#[test]
fn a_bounce_of_this_host_with_more_forged_fields_than_the_limit_is_held() {
    let policy = "authserv_id = \"mx.example.net\"\n[limits]\nheader_fields = 10\n";
    let treatment = |fields: u32| {
        let mut session = Session::new(&filter(policy, None), Glue::default());
        session
            .connect(Client::from(IpAddr::from([127, 0, 0, 1])))
            .unwrap();
        session.helo(b"localhost").unwrap();
        session.mail_from(b"<>", None).unwrap();
        session.rcpt(b"<bo@example.net>").unwrap();
        for _ in 0..fields {
            session
                .header(b"Authentication-Results", b" mx.example.net; dkim=pass")
                .unwrap();
        }
        session.end(b"").unwrap().treatment
    };
    // Other faults of a bounce are forgiven.
    assert_eq!(
        (treatment(10), treatment(12)),
        (Treatment::Accept, Treatment::Hold)
    );
}

#[test]
fn replies_have_an_enhanced_code_and_escape_everything_from_outside() {
    let policy = "[submission]\nunsigned = \"reject\"\ntext = \"No.\\n{account} % {reason} {client}\"\n";
    let mut session = begun(
        &format!("{policy}{SIGN}").replace("authserv_id", "[limits]\n#"),
        Glue::default(),
        "eve\r\n250 ok\u{e9}\u{1b}%s".as_bytes(),
    );
    session.header(b"From", b" ada@example.org").unwrap();
    let decision = session.end(b"").unwrap();
    let [Action::Reject(answer)] = decision.actions.as_slice() else {
        panic!("{:?}", decision.actions);
    };
    assert_eq!((answer.code(), answer.enhanced()), (550, "5.7.1"));
    assert_eq!(answer.lines()[0], "No.");
    for line in answer.lines() {
        assert!(
            line.bytes()
                .all(|octet| (b' '..=b'~').contains(&octet) && octet != b'%'),
            "{line:?}"
        );
    }
    assert!(
        answer.lines()[1].starts_with("eve\\x0d\\x0a250 ok"),
        "{:?}",
        answer.lines()
    );
}

#[test]
fn replies_are_bounded() {
    let long = "x".repeat(900);
    let policy = format!(
        "[submission]\nunsigned = \"reject\"\ntext = \"{{account}} {long} {{account}}\\n1\\n2\\n3\\n4\\n5\\n6\\n7\\n8\\n9\"\n{}",
        SIGN.replace("authserv_id = \"mx.example.net\"\n", "")
    );
    let mut session = begun(&policy, Glue::default(), "\u{e9}".repeat(500).as_bytes());
    session.header(b"From", b" ada@example.org").unwrap();
    let decision = session.end(b"").unwrap();
    let [Action::Reject(answer)] = decision.actions.as_slice() else {
        panic!("{:?}", decision.actions);
    };
    assert_eq!(answer.lines().len(), 8);
    assert_eq!(answer.lines()[7], "...");
    assert!(answer.lines().iter().all(|line| line.len() <= 400));
}

#[test]
fn dead_nameservers_never_stop_mail_unless_the_policy_says_so() {
    // Nobody listens there, or whoever does is no nameserver.
    let policy =
        "[dns]\nnameservers = [\"127.0.0.1:1\"]\ntimeout = 0.2\n[dmarc]\nhonour_policy = true\n[verify]\n";
    for (more, expected) in [("", "accept"), ("on_temperror = \"defer\"", "defer")] {
        let policy = Policy::parse(&format!("{policy}{more}\n"), "policy", &data()).unwrap();
        let mut session = Session::new(&Arc::new(Filter::new(policy).unwrap()), Glue::default());
        session.connect(stranger()).unwrap();
        session.mail_from(b"<ada@example.org>", None).unwrap();
        session.header(b"From", b" ada@example.org").unwrap();
        let decision = session.end(b"").unwrap();
        assert_eq!(decision.treatment.as_str(), expected);
        assert_eq!(decision.verdict.unwrap().dmarc.result.as_str(), "temperror");
    }
}

#[test]
fn on_alarm_one_line_is_logged_that_an_administrator_understands() {
    let filter = filter("[outbound]\n", None);
    let mut lines = Vec::new();
    for number in 0..30 {
        let mut session = Session::new(&filter, Glue::default());
        session.set_time(Some(NOW as f64 + f64::from(number)));
        session.connect(stranger()).unwrap();
        session.mail_from(b"a@b", Some(b"ada")).unwrap();
        session
            .rcpt(format!("stranger{number}@example.net").as_bytes())
            .unwrap();
        lines.push(session.end(b"").unwrap().summary());
    }
    let told: Vec<&String> = lines
        .iter()
        .filter(|line| line.contains("alarm_reason="))
        .collect();
    assert_eq!(told.len(), 1, "{lines:#?}");
    assert!(
        told[0].contains("alarm_reason=\"ada: ") && told[0].contains("are too many"),
        "{}",
        told[0]
    );
    assert!(
        lines[29].contains(" alarm="),
        "the code stays while the alarm is open"
    );
}

#[test]
fn an_account_for_which_there_is_no_room_may_send_and_that_is_told() {
    let filter = filter("[outbound]\naccounts = 64\non_alarm = \"reject\"\n", None);
    let mut told = 0;
    for number in 0..400 {
        let mut session = Session::new(&filter, Glue::default());
        session.set_time(Some(NOW as f64));
        session.connect(stranger()).unwrap();
        session
            .mail_from(b"a@b", Some(format!("account{number}").as_bytes()))
            .unwrap();
        session.rcpt(b"x@example.net").unwrap();
        let decision = session.end(b"").unwrap();
        assert_eq!(decision.treatment.as_str(), "accept");
        told += usize::from(decision.notes.iter().any(|note| note.code == "not_watched"));
    }
    assert!(told > 100, "{told} of 400");
}

#[test]
fn a_login_that_is_too_long_is_nobody_elses() {
    let mut login = vec![b'x'; 1_012];
    login.extend_from_slice(b"@example.org.evil.example");
    let mut session = begun(SIGN, Glue::default(), &login);
    session.header(b"From", b" ada@example.org").unwrap();
    let decision = session.end(b"").unwrap();
    assert_eq!(decision.origin, Origin::Login);
    assert!(
        decision.signed.is_empty(),
        "cut at 1,024 octets it would end in @example.org"
    );
}

/// Each sentence that is about decisions has its case in the table or its test here.
#[test]
fn the_table_has_the_cases_that_the_sentences_ask_for() {
    let names: Vec<String> = cases().into_iter().map(|case| case.name).collect();
    for (sentence, case) in [
        ("a missing macro is normal", "macro-missing"),
        (
            "{auth_authen} comes at MAIL, DATA, EOH and EOM",
            "login-comes-late",
        ),
        (
            "delete headers last to first; insert at index 0",
            "forged-results",
        ),
        ("several messages in one connection", "several-messages"),
        ("a DNS failure never stops mail", "temperror-accepted"),
        ("unless the policy says so", "temperror-deferred"),
        ("sign when the client is authenticated", "login-is-signed"),
        ("or in the internal networks", "internal-is-signed"),
        ("or {daemon_name} is ORIGINATING", "originating-is-signed"),
        ("do not verify submissions", "login-is-signed"),
        ("verify what comes from outside", "defaults-verify"),
        (
            "behind a proxy every client looks like 127.0.0.1",
            "proxy-without-xclient",
        ),
        ("local submissions come as 127.0.0.1", "loopback-is-local"),
        (
            "and must never be rejected or tempfailed at RCPT",
            "local-is-never-refused-at-rcpt",
        ),
        ("own bounces must not be rejected", "own-bounce"),
        (
            "a login may sign only for domains that it may use",
            "login-of-another-domain",
        ),
        ("foreign results stay", "forged-results"),
        (
            "no aligned signature on forwarded mail is told",
            "srs-forward-unaligned",
        ),
        ("the account is {auth_authen}", "outbound-alarm-logged"),
        ("without it the submitting user", "outbound-local-is-held"),
        ("or the client address", "outbound-by-address"),
        ("on alarm: tag, hold, defer or reject", "outbound-alarm-held"),
    ] {
        assert!(names.iter().any(|name| name == case), "{sentence}: {case}");
    }
}
