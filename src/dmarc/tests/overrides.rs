//! What is decided here, whatever policies ask (RFC 9989 section 5.4, RFC 9990).

use super::*;
use crate::dmarc::{
    Circumstances, DmarcResult, MailingLists, OverrideError, OverrideKind, Overrides, Policy,
};

/// A verdict on a message of example.org for which nothing passed.
fn failing(record: &str) -> Verdict {
    let memory = Memory::default().txt("_dmarc.example.org", &[record]);
    check(memory, &Author::from_domain(name("example.org")), None, &[]).0
}

fn header(list_id: &[&str]) -> HeaderFields {
    let mut header = HeaderFields::default();
    header.push(b"From: ada@example.org\r\n");
    for value in list_id {
        header.push(format!("List-Id: {value}\r\n").as_bytes());
    }
    header
}

/// Disposition and kind of override.
fn applied(
    overrides: &Overrides,
    record: &str,
    client: &str,
    list_id: &[&str],
    passed: &[&str],
) -> (Policy, Option<OverrideKind>) {
    let mut verdict = failing(record);
    let passed: Vec<Name> = passed.iter().map(|domain| name(domain)).collect();
    let circumstances = Circumstances {
        client: Some(client.parse().unwrap()),
        header: &header(list_id),
        passed: &passed,
    };
    overrides.apply(&mut verdict, &circumstances);
    // The result is never changed.
    assert_eq!(verdict.result, DmarcResult::Fail);
    let overridden = verdict.overridden.map(|overridden| {
        assert!(!overridden.comment.is_empty());
        overridden.kind
    });
    (verdict.disposition.unwrap(), overridden)
}

const REJECT: &str = "v=DMARC1; p=reject";

#[test]
fn without_overrides_policies_stand() {
    let none = Overrides::default();
    assert_eq!(
        applied(
            &none,
            REJECT,
            "192.0.2.1",
            &["<a.lists.example.net>"],
            &["lists.example.net"]
        ),
        (Policy::Reject, None)
    );
    assert_eq!(
        applied(&none, "v=DMARC1; p=none", "192.0.2.1", &[], &[]),
        (Policy::None, None)
    );
}

#[test]
fn section_4_7_a_policy_in_testing_is_an_override_that_reports_can_tell() {
    let none = Overrides::default();
    let testing = Some(OverrideKind::PolicyTestMode);
    assert_eq!(
        applied(&none, "v=DMARC1; p=reject; t=y", "192.0.2.1", &[], &[]),
        (Policy::Quarantine, testing)
    );
    assert_eq!(
        applied(&none, "v=DMARC1; p=quarantine; t=y", "192.0.2.1", &[], &[]),
        (Policy::None, testing)
    );
    assert_eq!(
        applied(&none, "v=DMARC1; p=none; t=y", "192.0.2.1", &[], &[]),
        (Policy::None, None)
    );
}

#[test]
fn mail_of_a_trusted_forwarder_is_taken() {
    let overrides = Overrides::default().trust_forwarder("192.0.2.0/24").unwrap();
    let forwarder = (Policy::None, Some(OverrideKind::TrustedForwarder));
    assert_eq!(applied(&overrides, REJECT, "192.0.2.9", &[], &[]), forwarder);
    assert_eq!(
        applied(&overrides, REJECT, "::ffff:192.0.2.9", &[], &[]),
        forwarder
    );
    assert_eq!(
        applied(&overrides, REJECT, "192.0.3.9", &[], &[]),
        (Policy::Reject, None)
    );
}

#[test]
fn rfc2919_mail_of_a_list_is_taken_if_somebody_vouches_for_the_list() {
    let known = |patterns: &[&str]| {
        let patterns = patterns.iter().map(|&pattern| pattern.to_owned()).collect();
        Overrides::default().mailing_lists(MailingLists::Known(patterns))
    };
    let list = (Policy::None, Some(OverrideKind::MailingList));
    let stands = (Policy::Reject, None);
    let one = known(&["dev.lists.example.net"]);
    let id = "Developers (of <it>) <dev.lists.example.net>";
    assert_eq!(
        applied(&one, REJECT, "192.0.2.1", &[id], &["lists.example.net"]),
        list
    );
    assert_eq!(
        applied(
            &one,
            REJECT,
            "192.0.2.1",
            &["<DEV.Lists.Example.NET>"],
            &["example.net"]
        ),
        list
    );
    // Anybody can write a List-Id.
    assert_eq!(applied(&one, REJECT, "192.0.2.1", &[id], &[]), stands);
    assert_eq!(
        applied(
            &one,
            REJECT,
            "192.0.2.1",
            &[id],
            &["thief.example.com", "net", "other.example.net"]
        ),
        stands
    );
    assert_eq!(
        applied(
            &one,
            REJECT,
            "192.0.2.1",
            &["<other.lists.example.net>"],
            &["lists.example.net"]
        ),
        stands
    );
    for odd in [
        "dev.lists.example.net",
        "<>",
        "<dev.lists.example.net> x",
        "<dev lists>",
        "",
    ] {
        assert_eq!(
            applied(&one, REJECT, "192.0.2.1", &[odd], &["lists.example.net"]),
            stands,
            "{odd}"
        );
    }
    // Of two fields nobody knows which counts.
    assert_eq!(
        applied(&one, REJECT, "192.0.2.1", &[id, id], &["lists.example.net"]),
        stands
    );
    let below = known(&["*.lists.example.net"]);
    assert_eq!(
        applied(&below, REJECT, "192.0.2.1", &[id], &["lists.example.net"]),
        list
    );
    assert_eq!(
        applied(
            &below,
            REJECT,
            "192.0.2.1",
            &["<lists.example.net>"],
            &["lists.example.net"]
        ),
        stands
    );
    let any = Overrides::default().mailing_lists(MailingLists::Any);
    assert_eq!(
        applied(&any, REJECT, "192.0.2.1", &[id], &["lists.example.net"]),
        list
    );
    assert_eq!(
        applied(&any, REJECT, "192.0.2.1", &[id], &["example.com"]),
        stands
    );
}

#[test]
fn an_exception_comes_before_all_else_and_never_makes_a_disposition_stricter() {
    let overrides = Overrides::default()
        .except("example.org", Policy::Quarantine)
        .unwrap()
        .trust_forwarder("0.0.0.0/0")
        .unwrap();
    let exception = Some(OverrideKind::LocalPolicy);
    assert_eq!(
        applied(&overrides, REJECT, "192.0.2.1", &[], &[]),
        (Policy::Quarantine, exception)
    );
    let stricter = Overrides::default()
        .except("example.org", Policy::Reject)
        .unwrap();
    assert_eq!(
        applied(&stricter, "v=DMARC1; p=quarantine", "192.0.2.1", &[], &[]),
        (Policy::Quarantine, None)
    );
    let below = Overrides::default().except("*.org", Policy::None).unwrap();
    assert_eq!(
        applied(&below, REJECT, "192.0.2.1", &[], &[]),
        (Policy::None, exception)
    );
    let deeper = Overrides::default()
        .except("*.example.org", Policy::None)
        .unwrap();
    assert_eq!(
        applied(&deeper, REJECT, "192.0.2.1", &[], &[]),
        (Policy::Reject, None)
    );
}

#[test]
fn what_passes_or_has_no_result_is_left_alone() {
    let overrides = Overrides::default().except("example.org", Policy::None).unwrap();
    let author = Author::from_domain(name("example.org"));
    let memory = || Memory::default().txt("_dmarc.example.org", &[REJECT]);
    for spf in [
        identifier("example.org", Outcome::Pass),
        identifier("example.org", Outcome::TempError),
    ] {
        let (before, _) = check(memory(), &author, Some(spf), &[]);
        let mut after = before.clone();
        let circumstances = Circumstances {
            client: None,
            header: &header(&[]),
            passed: &[],
        };
        overrides.apply(&mut after, &circumstances);
        assert_eq!(after, before);
    }
}

#[test]
fn what_cannot_be_an_override_is_refused() {
    assert!(matches!(
        Overrides::default().trust_forwarder("x"),
        Err(OverrideError::Network(_))
    ));
    for pattern in ["", ".", "a..b", "*.", "*.."] {
        assert!(
            matches!(
                Overrides::default().except(pattern, Policy::None),
                Err(OverrideError::Domain(_))
            ),
            "{pattern}"
        );
    }
    let twice = Overrides::default().except("example.org", Policy::None).unwrap();
    assert!(matches!(
        twice.except("EXAMPLE.org.", Policy::None),
        Err(OverrideError::Twice(_))
    ));
}
