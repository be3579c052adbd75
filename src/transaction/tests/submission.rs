//! Mail that somebody submits who has logged in.

use super::*;
use crate::auth_results;
use proptest::prelude::*;

fn submitted(account: &[u8], message: &[u8]) -> Verdict {
    let mut transaction = Transaction::new(&context(), Arc::new(Inline));
    transaction.connect("203.0.113.9".parse().unwrap()).unwrap();
    transaction.helo(b"laptop").unwrap();
    transaction.authenticated(account).unwrap();
    transaction.mail_from(b"ada@example.org").unwrap();
    transaction.data(message).unwrap();
    verdict(transaction)
}

#[test]
fn rfc8601_section_2_7_4_a_submission_has_auth_and_no_verdict_on_a_stranger() {
    // From an address that example.org's SPF record forbids, without a signature: as received mail it is to be rejected.
    let verdict = submitted(b"ada", b"From: ada@example.org\r\n\r\nHello\r\n");
    assert_eq!(
        verdict.authentication_results,
        "localhost;\r\n    auth=pass smtp.auth=ada"
    );
    assert_eq!(verdict.account.as_deref(), Some("ada"));
    assert!(verdict.spf.is_none() && verdict.spf_request.is_none() && verdict.iprev.is_none());
    let dmarc = &verdict.dmarc;
    assert_eq!(
        (dmarc.result, dmarc.cause.code()),
        (dmarc::DmarcResult::None, "authenticated")
    );
    assert_eq!((dmarc.policy, dmarc.disposition), (None, None));
    assert_eq!(dmarc.from_domain.as_ref().map(Name::as_str), Some("example.org"));
    assert_eq!(
        verdict.dmarc_reason(),
        "the client has logged in as 'ada', so this mail is submitted here, and SPF and DMARC do not apply"
    );
    let json = crate::json::check(&verdict, false);
    assert_eq!(json["account"], "ada");
    assert_eq!(
        crate::json::check(&alone(b"From: a@example.org\r\n\r\n"), false)["account"],
        serde_json::Value::Null
    );
    // The address of who submits is nobody's business.
    assert!(!verdict.authentication_results.contains("203.0.113.9"));
}

#[test]
fn a_submission_asks_for_keys_alone() {
    let resolver = CallbackResolver::new(Clock::system());
    let context = Arc::new(Context::new(resolver.clone(), Options::default()));
    let elsewhere = Arc::new(Elsewhere::default());
    let mut transaction = Transaction::new(&context, Arc::clone(&elsewhere) as _);
    transaction.authenticated(b"ada").unwrap();
    transaction.mail_from(b"a@example.org").unwrap();
    transaction
        .data(
            b"DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=s1; h=from; bh=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=; b=AA==\r\n\
              From: a@example.org\r\n\r\n",
        )
        .unwrap();
    let mut all = join_all(std::mem::take(&mut *elsewhere.0.lock().unwrap()));
    assert!((&mut all).now_or_never().is_none());
    assert_eq!(resolver.open_count(), 1);
}

#[test]
fn signatures_of_a_submission_are_verified_and_told() {
    let verdict = submitted(b"ada", b"DKIM-Signature: v=2\r\nFrom: ada@example.org\r\n\r\n");
    assert_eq!(verdict.dkim.len(), 1);
    let value = &verdict.authentication_results;
    assert!(
        value.contains("auth=pass smtp.auth=ada;\r\n    dkim=permerror"),
        "{value}"
    );
    assert!(!value.contains("dmarc") && !value.contains("spf"), "{value}");
}

#[test]
fn an_account_that_is_empty_or_too_long_is_refused_and_nobody_has_logged_in() {
    for account in [&b""[..], &[b'a'; MOST_ACCOUNT + 1]] {
        let mut transaction = Transaction::new(&context(), Arc::new(Inline));
        transaction.connect("203.0.113.9".parse().unwrap()).unwrap();
        assert!(matches!(
            transaction.authenticated(account),
            Err(Error::Invalid { .. })
        ));
        transaction.mail_from(b"ada@example.org").unwrap();
        transaction.data(b"From: ada@example.org\r\n\r\n").unwrap();
        let verdict = verdict(transaction);
        assert_eq!(
            (verdict.account, verdict.dmarc.result),
            (None, dmarc::DmarcResult::Fail)
        );
    }
}

#[test]
fn rfc4954_section_4_nobody_logs_in_during_a_mail_transaction() {
    let mut transaction = Transaction::new(&context(), Arc::new(Inline));
    transaction.mail_from(b"ada@example.org").unwrap();
    let refused = transaction.authenticated(b"ada");
    assert!(matches!(
        refused,
        Err(Error::Sequence {
            call: "authenticated",
            ..
        })
    ));
}

#[test]
fn the_domain_of_an_account_is_written_in_a_labels() {
    let verdict = submitted("zoë@bücher.example".as_bytes(), b"From: ada@example.org\r\n\r\n");
    let value = &verdict.authentication_results;
    assert!(
        value.ends_with("smtp.auth=\"zo?@xn--bcher-kva.example\""),
        "{value}"
    );
}

proptest! {
    #[test]
    fn whatever_the_account_is_named_the_field_has_one_result_and_it_is_auth(
        account in prop_oneof![
            proptest::collection::vec(any::<u8>(), 1..1_024),
            "[a-z.@\"\\\\;=()\r\n\t\0 ]{1,60}".prop_map(String::into_bytes),
            Just(b"x\r\nBcc: all@example.org\r\n\r\n".to_vec()),
            Just(b"ada; dmarc=pass header.from=bank.example".to_vec()),
        ],
    ) {
        let verdict = submitted(&account, b"From: ada@example.org\r\n\r\n");
        let value = &verdict.authentication_results;
        prop_assert!(value.len() < 1_000, "{}", value.len());
        let unfolded = value.replace("\r\n    ", " ");
        prop_assert!(unfolded.bytes().all(|octet| (0x20..0x7f).contains(&octet)), "{unfolded:?}");
        let read = auth_results::parse(value.as_bytes());
        prop_assert!(read.is_ok(), "{value:?} {read:?}");
        let read = read.unwrap();
        prop_assert_eq!(read.results.len(), 1);
        prop_assert_eq!((&*read.results[0].method, &*read.results[0].result), ("auth", "pass"));
        prop_assert_eq!(read.results[0].properties.len(), 1);
        prop_assert!(!verdict.dmarc_reason().contains(char::is_control));
    }
}
