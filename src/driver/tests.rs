#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::clock::Clock;
use crate::spf::SpfResult;
use std::time::Duration;

const MESSAGE: &[u8] = b"From: a@example.org\r\n\r\n";

fn is_send<T: Send>(_: &T) {}

fn begun(checker: &Checker) -> CheckerTransaction {
    let mut transaction = checker.transaction();
    transaction.connect("192.0.2.1".parse().unwrap()).unwrap();
    transaction.mail_from(b"a@example.org").unwrap();
    transaction.data(MESSAGE).unwrap();
    is_send(&transaction);
    transaction
}

#[test]
fn a_program_that_never_answers_is_a_temperror_at_the_deadline() {
    let clock = Clock::system();
    let callback = CallbackResolver::new(clock.clone());
    let mut options = Options {
        clock,
        ..Options::default()
    };
    options.limits.dns_time = Duration::from_millis(50);
    let checker = Checker::new(Setup {
        source: Source::Callback(callback.clone()),
        options,
        ..Setup::default()
    })
    .unwrap();
    let verdict = begun(&checker).finish().unwrap();
    assert_eq!(verdict.spf.unwrap().evaluation.result, SpfResult::TempError);
    assert_eq!(verdict.dmarc.result, crate::dmarc::DmarcResult::TempError);
    assert_eq!(callback.open_count(), 0);
}

#[test]
fn a_message_begun_before_a_fork_is_refused_in_the_child() {
    let checker = Checker::new(Setup {
        source: Source::Zone(Zone::new()),
        ..Setup::default()
    })
    .unwrap();
    assert!(begun(&checker).finish().is_ok());
    let mut transaction = begun(&checker);
    transaction.process = transaction.process.wrapping_add(1);
    let refused = transaction.finish().err();
    assert!(matches!(refused, Some(Error::Sequence { call: "finish", .. })));
}

#[test]
fn transactions_and_their_verdicts_move_between_threads() {
    let context = Checker::new(Setup {
        source: Source::Zone(Zone::new()),
        ..Setup::default()
    })
    .unwrap()
    .context();
    is_send(&Transaction::new(&context, Arc::new(crate::transaction::Inline)).finish());
}

#[test]
fn who_keeps_no_answers_keeps_no_records_and_no_keys() {
    let cache = CacheOptions {
        entries: 0,
        ttl_ceiling: Duration::from_secs(1),
        ..CacheOptions::default()
    };
    let checker = Checker::new(Setup {
        source: Source::Zone(Zone::new()),
        cache,
        ..Setup::default()
    })
    .unwrap();
    let context = checker.context();
    let options = context.options();
    assert_eq!((options.dkim_keys.entries, options.spf_records.entries), (0, 0));
    assert_eq!(options.dkim_keys.ttl_ceiling, Duration::from_secs(1));
    assert_eq!(
        options.dkim_keys.octets,
        CacheOptions::default().octets.min(32 << 20)
    );
}
