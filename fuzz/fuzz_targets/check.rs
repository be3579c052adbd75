//! A message checked against a zone, both hostile: it ends, within the limits, and the Authentication-Results value is
//! one well-formed field.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::clock::UnixTime;
use mailrep::dns::zone::Zone;
use mailrep::transaction::{Context, Inline, Options, Transaction};
use mailrep::{Limits, auth_results, json};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};

fuzz_target!(|data: &[u8]| {
    // The first line of octets is the sender, up to 0x00; then the zone, up to 0x00; the rest is the message.
    let mut parts = data.splitn(3, |&octet| octet == 0);
    let (Some(sender), Some(zone), Some(message)) = (parts.next(), parts.next(), parts.next()) else {
        return;
    };
    let Ok(zone) = Zone::parse(zone, "fuzz") else {
        return;
    };
    let limits = Limits::default();
    let context = Arc::new(Context::new(
        zone,
        Options {
            trace: true,
            ..Options::default()
        },
    ));
    let mut transaction = Transaction::at(&context, Arc::new(Inline), UnixTime(1_700_000_000));
    transaction.connect([192, 0, 2, 1].into()).expect("in turn");
    transaction.helo(sender).expect("in turn");
    transaction.mail_from(sender).expect("in turn");
    for chunk in message.chunks(100) {
        transaction.data(chunk).expect("in turn");
    }
    let mut finish = pin!(transaction.finish());
    let Poll::Ready(verdict) = finish
        .as_mut()
        .poll(&mut std::task::Context::from_waker(Waker::noop()))
    else {
        panic!("a zone answers at once");
    };
    let verdict = verdict.expect("nothing runs elsewhere");
    let spf = verdict.spf.as_ref().expect("the client is known");
    assert!(spf.evaluation.dns_lookups <= limits.spf_dns_lookups);
    assert!(verdict.trace.len() <= limits.trace_steps + 1);
    let written = auth_results::parse(verdict.authentication_results.as_bytes()).expect("it is well-formed");
    assert_eq!(written.authserv_id, "localhost");
    assert!(written.results.len() >= 4, "spf, dkim, dmarc and iprev are there");
    assert!(json::check(&verdict, true)["dmarc"]["reason"].is_string());
});
