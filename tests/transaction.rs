//! A message on its way through: splits, order of calls, bounds.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use futures_util::FutureExt as _;
use mailrep::clock::UnixTime;
use mailrep::dns::zone::Zone;
use mailrep::transaction::{Context, Inline, Options, Transaction, Verdict};
use mailrep::{Error, Limits, json, spf};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

const NOW: UnixTime = UnixTime(1_772_356_000);

fn data(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(file)
}

static CONTEXT: LazyLock<Arc<Context<Zone>>> = LazyLock::new(|| context(Limits::default()));

fn context(limits: Limits) -> Arc<Context<Zone>> {
    let options = Options {
        limits,
        authserv_id: "mx.example.net".into(),
        ..Options::default()
    };
    Arc::new(Context::new(Zone::read(&data("zone")).unwrap(), options))
}

/// The bundled messages, line ends as mail has them.
static MESSAGES: LazyLock<Vec<(String, Vec<u8>)>> = LazyLock::new(|| {
    let mut messages: Vec<_> = std::fs::read_dir(data(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "eml"))
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    messages.sort();
    assert!(messages.len() > 20, "the bundled messages are there");
    messages
});

fn begin(context: &Arc<Context<Zone>>) -> Transaction<Zone> {
    let mut transaction = Transaction::at(context, Arc::new(Inline), NOW);
    transaction.connect("192.0.2.25".parse().unwrap()).unwrap();
    transaction.helo(b"mail.example.org").unwrap();
    transaction.mail_from(b"<ada@example.org>").unwrap();
    transaction.rcpt(b"<grace@example.net>").unwrap();
    transaction
}

fn finish(transaction: Transaction<Zone>) -> Verdict {
    transaction
        .finish()
        .now_or_never()
        .expect("a zone answers at once")
        .unwrap()
}

fn raw(context: &Arc<Context<Zone>>, chunks: &[&[u8]]) -> Value {
    let mut transaction = begin(context);
    chunks.iter().for_each(|chunk| transaction.data(chunk).unwrap());
    json::check(&finish(transaction), false)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]
    #[test]
    fn any_split_of_a_message_gives_the_same_verdict(
        at in any::<prop::sample::Index>(),
        cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let (name, message) = at.get(&MESSAGES);
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(message.len() + 1)).collect();
        places.extend([0, message.len()]);
        places.sort_unstable();
        let chunks: Vec<&[u8]> = places.windows(2).map(|pair| &message[pair[0]..pair[1]]).collect();
        prop_assert_eq!(raw(&CONTEXT, &chunks), raw(&CONTEXT, &[message]), "{}", name);
    }
}

#[test]
fn octet_by_octet_gives_the_same_verdict() {
    for (name, message) in MESSAGES.iter().filter(|(_, message)| message.len() < 20_000) {
        let octets: Vec<&[u8]> = message.chunks(1).collect();
        assert_eq!(raw(&CONTEXT, &octets), raw(&CONTEXT, &[message]), "{name}");
    }
}

#[test]
fn field_by_field_gives_the_same_verdict_as_raw_octets() {
    for (name, message) in MESSAGES.iter() {
        let mut splitter = mailrep::message::Splitter::new(&Limits::default());
        // A mail filter is given well-formed fields; the odd messages come as raw octets only.
        let Some(begun) = splitter.push(message) else {
            continue;
        };
        let (header, anomaly) = splitter.into_parts();
        if anomaly.is_some()
            || header
                .iter()
                .any(|field| !field.raw().starts_with(&[field.name(), b":"].concat()))
        {
            continue;
        }
        let mut transaction = begin(&CONTEXT);
        header
            .iter()
            .for_each(|field| transaction.header(field.name(), field.value()).unwrap());
        transaction.end_of_headers().unwrap();
        message[begun.offset..]
            .chunks(7)
            .for_each(|chunk| transaction.body(chunk).unwrap());
        let verdict = json::check(&finish(transaction), false);
        assert_eq!(verdict, raw(&CONTEXT, &[message]), "{name}");
    }
}

/// Steps of [`Transaction`], each with the name it has in errors.
type Call = (&'static str, fn(&mut Transaction<Zone>) -> Result<(), Error>);

const CALLS: [Call; 8] = [
    ("connect", |transaction| {
        transaction.connect("192.0.2.25".parse().unwrap())
    }),
    ("helo", |transaction| transaction.helo(b"mail.example.org")),
    ("mail_from", |transaction| {
        transaction.mail_from(b"ada@example.org")
    }),
    ("rcpt", |transaction| transaction.rcpt(b"grace@example.net")),
    ("header", |transaction| {
        transaction.header(b"From", b" ada@example.org")
    }),
    ("end_of_headers", |transaction| transaction.end_of_headers()),
    ("body", |transaction| transaction.body(b"Hello\r\n")),
    ("data", |transaction| transaction.data(b"Hello\r\n")),
];

fn call(transaction: &mut Transaction<Zone>, name: &str) -> Result<(), Error> {
    let (_, call) = CALLS.iter().find(|(called, _)| *called == name).unwrap();
    call(transaction)
}

#[test]
fn calls_out_of_turn_are_refused_by_name_and_change_nothing() {
    let refused: [(&[&str], &str); 12] = [
        (&["connect"], "connect"),
        (&["helo"], "connect"),
        (&["mail_from"], "helo"),
        (&["mail_from"], "mail_from"),
        (&["connect"], "rcpt"),
        (&["mail_from", "header"], "rcpt"),
        (&["header"], "mail_from"),
        (&["header"], "body"),
        (&["end_of_headers"], "header"),
        (&["end_of_headers"], "end_of_headers"),
        (&["mail_from"], "body"),
        (&["end_of_headers"], "helo"),
    ];
    for (before, out_of_turn) in refused {
        let mut transaction = Transaction::at(&CONTEXT, Arc::new(Inline), NOW);
        before
            .iter()
            .for_each(|name| call(&mut transaction, name).unwrap());
        let error = call(&mut transaction, out_of_turn).unwrap_err();
        assert!(
            matches!(error, Error::Sequence { call, .. } if call == out_of_turn),
            "{before:?} then {out_of_turn}: {error}"
        );
    }
}

proptest! {
    #[test]
    fn no_order_of_calls_panics_or_hangs(calls in proptest::collection::vec(0..CALLS.len(), 0..12)) {
        let mut transaction = Transaction::at(&CONTEXT, Arc::new(Inline), NOW);
        for at in calls {
            let (name, call) = CALLS[at];
            if let Err(error) = call(&mut transaction) {
                prop_assert!(matches!(error, Error::Sequence { call, .. } if call == name), "{}", error);
            }
        }
        let verdict = json::check(&finish(transaction), false);
        prop_assert!(verdict["dmarc"]["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
    }
}

#[test]
fn a_message_without_a_client_has_neither_spf_nor_iprev_and_says_so() {
    let mut transaction = Transaction::at(&CONTEXT, Arc::new(Inline), NOW);
    transaction
        .data(&std::fs::read(data("pass-all.eml")).unwrap())
        .unwrap();
    let verdict = json::check(&finish(transaction), false);
    assert_eq!((&verdict["spf"], &verdict["iprev"]), (&Value::Null, &Value::Null));
    assert_eq!(verdict["dmarc"]["result"], "pass");
    assert!(
        verdict["dmarc"]["reason"]
            .as_str()
            .unwrap()
            .contains("SPF was not checked")
    );
}

#[test]
fn without_mail_from_the_reverse_path_is_null_and_helo_decides() {
    let mut transaction = Transaction::at(&CONTEXT, Arc::new(Inline), NOW);
    transaction.connect("192.0.2.25".parse().unwrap()).unwrap();
    transaction.helo(b"mail.example.org").unwrap();
    transaction.data(b"From: ada@example.org\r\n\r\n").unwrap();
    let verdict = json::check(&finish(transaction), false);
    assert_eq!(verdict["spf"]["identity"], "helo");
    assert_eq!(verdict["spf"]["result"], verdict["spf"]["helo"]["result"]);
}

#[test]
fn what_is_odd_about_a_message_stands_in_the_reason() {
    let cases: [(&[u8], &str); 3] = [
        (b"From: ada@example.org\r\nSubject: no body", "no_body"),
        (b"\x7fELF\x02\x01\x01\0\r\n\0\0", "not_a_message"),
        (b"From: ada@example.org\r\nnot a field\r\n\r\nx", "not_a_field"),
    ];
    for (message, code) in cases {
        let verdict = raw(&CONTEXT, &[message]);
        assert_eq!(verdict["anomaly"]["code"], code);
        let (reason, anomaly) = (&verdict["dmarc"]["reason"], &verdict["anomaly"]["reason"]);
        assert!(
            reason.as_str().unwrap().contains(anomaly.as_str().unwrap()),
            "{reason}"
        );
    }
    assert_eq!(raw(&CONTEXT, &[&MESSAGES[0].1])["anomaly"], Value::Null);
}

#[test]
fn a_header_over_the_bounds_passes_nothing_and_is_no_way_around_a_policy() {
    let message = std::fs::read(data("pass-all.eml")).unwrap();
    assert_eq!(raw(&CONTEXT, &[&message])["dmarc"]["result"], "pass");
    let padding = b"X: 0123456789\r\n".repeat(1_000);
    let padded = [
        &message[..message.windows(4).position(|end| end == b"\r\n\r\n").unwrap() + 2],
        &padding,
        b"\r\nbody\r\n",
    ]
    .concat();
    let bounds = [
        Limits {
            header_fields: 500,
            ..Limits::default()
        },
        Limits {
            header_octets: 10_000,
            ..Limits::default()
        },
    ];
    for limits in bounds {
        let verdict = raw(&context(limits), &[&padded]);
        assert_eq!(verdict["dmarc"]["result"], "permerror");
        assert_eq!(verdict["dmarc"]["cause"], "header_incomplete");
        assert_eq!(
            (&verdict["dmarc"]["policy"], &verdict["dmarc"]["disposition"]),
            (&json!("reject"), &json!("reject"))
        );
        for signature in verdict["dkim"].as_array().unwrap() {
            assert_eq!(
                (&signature["result"], &signature["cause"]),
                (&json!("policy"), &json!("header_incomplete"))
            );
        }
        assert!(verdict["anomaly"]["reason"].as_str().unwrap().contains("limit"));
    }
}

/// A message without a signature, from a domain that asks to reject, through a relay of one's own.
fn through_a_relay(client: &str, helo: &[u8], mail_from: &[u8], message: &[u8]) -> Value {
    let policy = spf::Policy::default().trust("198.51.100.0/24").unwrap();
    let options = Options {
        limits: Limits {
            header_fields: 500,
            ..Limits::default()
        },
        spf: policy,
        ..Options::default()
    };
    let context = Arc::new(Context::new(Zone::read(&data("zone")).unwrap(), options));
    let mut transaction = Transaction::at(&context, Arc::new(Inline), NOW);
    transaction.connect(client.parse().unwrap()).unwrap();
    transaction.helo(helo).unwrap();
    transaction.mail_from(mail_from).unwrap();
    transaction.data(message).unwrap();
    json::check(&finish(transaction), false)
}

#[test]
fn rfc9989_section_5_4_local_policy_that_trusts_the_client_overrides_the_disposition() {
    let unsigned: &[u8] = b"From: ada@example.org\r\n\r\nx";
    let verdict = through_a_relay("198.51.100.7", b"mx2.example.net", b"<ada@example.org>", unsigned);
    assert_eq!(verdict["spf"]["cause"], "trusted_client");
    let dmarc = &verdict["dmarc"];
    assert_eq!(
        (&dmarc["result"], &dmarc["policy"], &dmarc["disposition"]),
        (&json!("fail"), &json!("reject"), &json!("none"))
    );
    let reason = dmarc["reason"].as_str().unwrap();
    assert!(
        reason.contains("SPF was not checked, because local policy trusts the client")
            && reason.ends_with("nothing is to be done all the same, because local policy trusts the client")
            && !reason.contains("did not pass"),
        "{reason}"
    );
    let field = verdict["authentication_results"].as_str().unwrap();
    assert!(
        field.contains("dmarc=fail") && field.contains("policy.dmarc=none"),
        "{field}"
    );
    // The envelope does not matter: there may be no domain to check.
    for (helo, mail_from) in [
        (&b"[198.51.100.7]"[..], &b"<>"[..]),
        (b"mx2", b"<ada>"),
        (b"mx2", b"<ada@elsewhere.example>"),
    ] {
        let verdict = through_a_relay("::ffff:198.51.100.7", helo, mail_from, unsigned);
        assert_eq!(verdict["dmarc"]["disposition"], "none");
        assert!(
            verdict["dmarc"]["reason"]
                .as_str()
                .unwrap()
                .contains("trusts the client")
        );
    }
    // Nor does a header that is too long.
    let long = [&unsigned[..23], &b"X: 0123456789\r\n".repeat(1_000), b"\r\nx"].concat();
    let verdict = through_a_relay("198.51.100.7", b"mx2.example.net", b"<ada@example.org>", &long);
    assert_eq!(
        (&verdict["dmarc"]["cause"], &verdict["dmarc"]["disposition"]),
        (&json!("header_incomplete"), &json!("none"))
    );
    // DKIM counts as ever, and clients that are not trusted are judged.
    let signed = std::fs::read(data("pass-all.eml")).unwrap();
    let verdict = through_a_relay("198.51.100.7", b"mx2.example.net", b"<ada@example.org>", &signed);
    assert_eq!(verdict["dmarc"]["result"], "pass");
    assert!(!verdict["dmarc"]["reason"].as_str().unwrap().contains("trusts"));
    let verdict = through_a_relay("203.0.113.77", b"mx2.example.net", b"<ada@example.org>", unsigned);
    assert_eq!(verdict["dmarc"]["disposition"], "reject");
}

#[test]
fn transactions_of_one_context_share_the_keys_that_they_read() {
    let options = Options {
        trace: true,
        ..Options::default()
    };
    let context = Arc::new(Context::new(Zone::read(&data("zone")).unwrap(), options));
    let message = std::fs::read(data("pass-all.eml")).unwrap();
    let check = || {
        let mut transaction = begin(&context);
        transaction.data(&message).unwrap();
        let verdict = finish(transaction);
        let known = |step: &&mailrep::trace::Step| {
            step.outcome == "not asked: the key is known from an earlier check"
        };
        (verdict.trace.iter().filter(known).count(), verdict.dkim)
    };
    let (known, first) = check();
    let keys = context.dkim_keys().len();
    assert!(keys > 0 && known == 0);
    let (known, second) = check();
    assert_eq!((known, context.dkim_keys().len()), (keys, keys));
    assert_eq!(first, second);
}

/// What a verdict says, but for the places of fields, which move when a field is put on top.
fn said(mut verdict: Value) -> Value {
    for signature in verdict["dkim"].as_array_mut().unwrap() {
        signature["header_index"] = Value::Null;
    }
    verdict["headers_to_remove"] = Value::Null;
    verdict
}

#[test]
fn rfc8601_section_5_a_message_that_bears_our_field_gets_the_same_verdict_again() {
    for (name, message) in MESSAGES.iter() {
        let first = verdict_of(message);
        let mut marked = format!(
            "Authentication-Results: {}\r\n",
            first["authentication_results"].as_str().unwrap()
        )
        .into_bytes();
        marked.extend_from_slice(message);
        let second = verdict_of(&marked);
        if first["anomaly"].is_null() {
            assert_eq!(said(second.clone()), said(first.clone()), "{name}");
            // And the field of the first pass is among those to remove, the last of them to go.
            let remove = second["headers_to_remove"].as_array().unwrap();
            assert_eq!(remove.last(), Some(&json!(0)), "{name}");
            assert_eq!(
                remove.len(),
                first["headers_to_remove"].as_array().unwrap().len() + 1,
                "{name}"
            );
        }
    }
}

fn verdict_of(message: &[u8]) -> Value {
    let mut transaction = begin(&CONTEXT);
    transaction.data(message).unwrap();
    json::check(&finish(transaction), false)
}
