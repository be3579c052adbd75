#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod stories;
mod submission;

use super::*;
use crate::clock::Clock;
use crate::dns::callback::CallbackResolver;
use crate::dns::zone::Zone;
use futures_util::FutureExt;
use futures_util::future::join_all;
use std::sync::Mutex;

const ZONE: &[u8] = b"\
example.org. TXT \"v=spf1 ip4:192.0.2.1 -all\"
_dmarc.example.org. TXT \"v=DMARC1; p=reject\"
_dmarc.bad.example. TXT \"v=DMARC1; p=reject; p=none\"
";

fn context() -> Arc<Context<Zone>> {
    Arc::new(Context::new(
        Zone::parse(ZONE, "zone").unwrap(),
        Options::default(),
    ))
}

fn verdict(transaction: Transaction<Zone>) -> Verdict {
    transaction
        .finish()
        .now_or_never()
        .expect("a zone answers at once")
        .unwrap()
}

/// The verdict on a message of which nothing else is known.
fn alone(message: &[u8]) -> Verdict {
    let mut transaction = Transaction::new(&context(), Arc::new(Inline));
    transaction.data(message).unwrap();
    verdict(transaction)
}

#[test]
fn the_reason_of_dmarc_says_once_that_the_client_is_not_known() {
    let failed = alone(b"From: a@example.org\r\n\r\n");
    assert_eq!(
        failed.dmarc_reason(),
        "example.org asks to reject mail that is not aligned: SPF was not checked, and there is no DKIM signature; the \
         client's address, which SPF needs, is not known"
    );
    let none = alone(b"From: a@example.net\r\n\r\n");
    assert_eq!(
        none.dmarc_reason(),
        "neither example.net nor a domain above it publishes a DMARC policy; SPF was not checked because the client's \
         address is not known"
    );
    for message in [
        &b"From: a@example.org\r\n"[..],
        b"From: a@example.net",
        b"no message",
        b"",
        b"From: a@bad.example\r\n\r\n",
    ] {
        let verdict = alone(message);
        let reason = verdict.dmarc_reason();
        assert_eq!(
            reason.matches("SPF").count(),
            if verdict.dmarc.cause.code() == "not_aligned" {
                2
            } else {
                1
            }
        );
        assert_eq!(reason.matches("not known").count(), 1, "{reason}");
        assert_eq!(reason.matches("was not checked").count(), 1, "{reason}");
        if let Some(anomaly) = verdict.anomaly {
            assert!(reason.ends_with(&format!("; {anomaly}")), "{reason}");
        }
    }
}

/// The verdict on a message of one's own client, by this local policy.
fn with_policy(policy: spf::Policy, sender: &str, author: &str) -> Verdict {
    let options = Options {
        spf: policy,
        ..Options::default()
    };
    let context = Arc::new(Context::new(Zone::parse(ZONE, "zone").unwrap(), options));
    let mut transaction = Transaction::new(&context, Arc::new(Inline));
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    transaction.helo(b"mail.example.org").unwrap();
    transaction.mail_from(sender.as_bytes()).unwrap();
    transaction
        .data(format!("From: {author}\r\n\r\n").as_bytes())
        .unwrap();
    verdict(transaction)
}

#[test]
fn the_reason_of_dmarc_says_that_local_policy_trusts_the_client() {
    let policy = spf::Policy::default().trust("192.0.2.0/24").unwrap();
    let failed = with_policy(policy.clone(), "a@example.org", "a@example.org");
    assert_eq!(
        failed.dmarc_reason(),
        "example.org asks to reject mail that is not aligned: SPF was not checked, because local policy trusts the client, and \
         there is no DKIM signature; nothing is to be done all the same, because local policy trusts the client"
    );
    let none = with_policy(policy, "a@example.net", "a@example.net");
    assert_eq!(
        none.dmarc_reason(),
        "neither example.net nor a domain above it publishes a DMARC policy; SPF was not checked because local policy \
         trusts the client"
    );
    assert!(failed.authentication_results.contains("spf=none"));
}

#[test]
fn a_result_of_dmarc_that_rests_on_a_replaced_record_says_so() {
    let replaced = "; local policy replaces the SPF record of example.org";
    for (record, author, result) in [
        ("v=spf1 ip4:192.0.2.1 -all", "a@example.org", "pass"),
        ("v=spf1 -all", "a@example.org", "fail"),
        ("v=spf1 -all", "a@example.net", "none"),
    ] {
        let policy = spf::Policy::default().replace("example.org", record).unwrap();
        let verdict = with_policy(policy, "a@example.org", author);
        assert_eq!(verdict.dmarc.result.as_str(), result);
        assert!(
            verdict.dmarc_reason().ends_with(replaced),
            "{}",
            verdict.dmarc_reason()
        );
        // Who reads a pass takes it for the domain's own word, unless told otherwise.
        let unfolded = verdict.authentication_results.replace("\r\n ", "");
        assert!(unfolded.contains(&replaced[1..]), "{unfolded}");
    }
    let elsewhere = spf::Policy::default()
        .replace("example.net", "v=spf1 -all")
        .unwrap();
    let verdict = with_policy(elsewhere, "a@example.org", "a@example.org");
    assert_eq!(verdict.dmarc_reason(), verdict.dmarc.reason());
    assert!(!verdict.authentication_results.contains("local policy"));
}

#[test]
fn the_reason_of_dmarc_says_when_spf_had_no_domain() {
    let mut transaction = Transaction::new(&context(), Arc::new(Inline));
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    transaction.mail_from(b"").unwrap();
    transaction.data(b"From: a@example.org\r\n\r\n").unwrap();
    let verdict = verdict(transaction);
    assert_eq!(
        verdict.spf.as_ref().unwrap().evaluation.result,
        spf::SpfResult::None
    );
    let reason = verdict.dmarc_reason();
    assert!(reason.contains("SPF had no domain to check"), "{reason}");
}

/// Keeps what it is given.
#[derive(Default)]
struct Elsewhere(Mutex<Vec<BoxFuture>>);

impl Spawn for Elsewhere {
    fn spawn(&self, future: BoxFuture) -> Option<BoxFuture> {
        self.0.lock().unwrap().push(future);
        None
    }
}

#[test]
fn a_transaction_that_is_dropped_ends_its_look_ups() {
    let resolver = CallbackResolver::new(Clock::system());
    let context = Arc::new(Context::new(resolver.clone(), Options::default()));
    let elsewhere = Arc::new(Elsewhere::default());
    let mut transaction = Transaction::new(&context, Arc::clone(&elsewhere) as _);
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    transaction.mail_from(b"a@example.org").unwrap();
    transaction.data(b"From: a@example.org\r\n\r\n").unwrap();
    let mut all = join_all(std::mem::take(&mut *elsewhere.0.lock().unwrap()));
    assert!((&mut all).now_or_never().is_none());
    assert!(resolver.open_count() >= 3);
    drop(transaction);
    assert!(all.now_or_never().is_some());
    assert_eq!(resolver.open_count(), 0);
}

#[test]
fn a_local_part_beyond_all_bounds_does_not_change_the_domain() {
    let mut transaction = Transaction::new(&context(), Arc::new(Inline));
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    let inner = format!("{}@example.org", "a".repeat(MOST_ENVELOPE - 12));
    transaction
        .mail_from(format!("<{inner}@example.net>").as_bytes())
        .unwrap();
    let spf = verdict(transaction).spf.unwrap().evaluation;
    assert_eq!(spf.domain, "example.net");
    assert_eq!(spf.result, spf::SpfResult::None);
}

#[test]
fn thousands_of_signatures_do_not_make_the_results_grow() {
    let mut message = "DKIM-Signature: v=1; d=example.org; s=a; b=AAAA\r\n".repeat(10_000);
    message.push_str("From: a@example.org\r\n\r\n");
    let verdict = alone(message.as_bytes());
    assert_eq!(verdict.dkim.len(), 10_000);
    let value = &verdict.authentication_results;
    assert!(value.len() < 10_000, "{}", value.len());
    assert!(
        value.contains("more signatures that did not pass are not listed"),
        "{value}"
    );
}

#[test]
fn a_message_comes_field_by_field_or_raw_and_a_call_out_of_turn_changes_nothing() {
    type Call = fn(&mut Transaction<Zone>) -> Result<(), Error>;
    let header: Call = |transaction| transaction.header(b"From", b" evil@example.net");
    let end: Call = |transaction| transaction.end_of_headers();
    let body: Call = |transaction| transaction.body(b"evil");
    let data: Call = |transaction| transaction.data(b"evil\r\n\r\n");
    let envelope: [Call; 4] = [
        |transaction| transaction.connect("192.0.2.9".parse().unwrap()),
        |transaction| transaction.helo(b"evil"),
        |transaction| transaction.mail_from(b"evil@example.net"),
        |transaction| transaction.rcpt(b"evil@example.net"),
    ];
    let refused = |transaction: &mut Transaction<Zone>, calls: &[Call]| {
        for call in calls.iter().chain(&envelope) {
            assert!(matches!(call(transaction), Err(Error::Sequence { .. })));
        }
    };
    let json = |transaction| crate::json::check(&verdict(transaction), false);

    let mut raw = Transaction::new(&context(), Arc::new(Inline));
    raw.data(b"From: a@example.org\r\nSub").unwrap();
    refused(&mut raw, &[header, end, body]);
    raw.data(b"ject: hello\r\n\r\nHel").unwrap();
    refused(&mut raw, &[header, end, body]);
    raw.data(b"lo\r\n").unwrap();

    let mut fields = Transaction::new(&context(), Arc::new(Inline));
    fields.header(b"From", b" a@example.org").unwrap();
    refused(&mut fields, &[body, data]);
    fields.header(b"Subject", b" hello").unwrap();
    fields.end_of_headers().unwrap();
    refused(&mut fields, &[header, end, data]);
    fields.body(b"Hello\r\n").unwrap();
    refused(&mut fields, &[header, end, data]);

    assert_eq!(json(raw), json(fields));
}
