//! Keys that are kept for their time to live.

use super::*;
use crate::clock::ManualTime;
use crate::trace::StepKind;
use std::time::Duration;

const FROM: &str = "From: alice@example.org";
const NAME: &str = "s1._domainkey.example.org";

struct Host {
    table: Arc<Table>,
    time: ManualTime,
    keys: Arc<Keys>,
}

impl Host {
    fn new(table: Table, options: KeysOptions) -> Host {
        let time = ManualTime::default();
        Host {
            table: Arc::new(table),
            keys: Arc::new(Keys::new(Clock::manual(&time), options)),
            time,
        }
    }

    /// Checks a message with these signatures; also how many questions were asked.
    fn check(&self, signed: &[&str], trace: &Tracer) -> (Vec<SignatureVerdict>, usize) {
        let fields = header(&[signed, &[FROM]].concat());
        let limits = Limits::default();
        let prepared = prepare(&fields, None, NOW, &limits, &Policy::default()).with_keys(&self.keys);
        let hashes = prepared.body_hasher().finish();
        let session = Session::new(Arc::clone(&self.table), Clock::manual(&self.time), &limits);
        let checked = prepared.check_keys(Arc::new(fields), &session, trace);
        let verdicts = checked.now_or_never().unwrap().conclude(&hashes);
        (verdicts, self.table.asked.swap(0, Ordering::Relaxed))
    }

    fn asked(&self) -> usize {
        self.check(&[&sign(TAGS, &[FROM], b"")], &Tracer::off()).1
    }
}

#[test]
fn a_key_that_was_read_is_asked_for_again_after_its_time_to_live() {
    let host = Host::new(table(), KeysOptions::default());
    let signed = sign(TAGS, &[FROM], b"");
    let (first, asked) = host.check(&[&signed], &Tracer::off());
    assert_eq!((first[0].result, asked), (DkimResult::Pass, 1));
    assert_eq!((host.keys.len(), host.keys.is_empty()), (1, false));
    host.time.advance(Duration::from_secs(299));
    let (second, asked) = host.check(&[&signed], &Tracer::off());
    assert_eq!(asked, 0);
    assert_eq!(first, second);
    host.time.advance(Duration::from_secs(1));
    assert_eq!(host.asked(), 1);
}

#[test]
fn a_known_key_verifies_and_refuses_as_one_that_was_asked_for() {
    let host = Host::new(table(), KeysOptions::default());
    assert_eq!(host.asked(), 1);
    let signed = sign(TAGS, &[FROM], b"");
    let forged = sign(TAGS, &["From: eve@example.org"], b"");
    let rsa = TAGS.replace("ed25519-", "rsa-");
    let (verdicts, asked) = host.check(&[&signed, &forged, &sign(&rsa, &[FROM], b"")], &Tracer::off());
    let codes: Vec<_> = verdicts.iter().map(|verdict| verdict.cause.code()).collect();
    assert_eq!(codes, ["verified", "header_changed", "key_type_mismatch"]);
    assert_eq!(asked, 0);
}

#[test]
fn keys_are_kept_no_longer_than_the_ceiling() {
    let options = |ttl_ceiling| KeysOptions {
        ttl_ceiling,
        ..KeysOptions::default()
    };
    let host = Host::new(table(), options(Duration::from_secs(10)));
    assert_eq!((host.asked(), host.asked()), (1, 0));
    host.time.advance(Duration::from_secs(10));
    assert_eq!(host.asked(), 1);
    let host = Host::new(table(), options(Duration::ZERO));
    assert_eq!((host.asked(), host.asked()), (1, 1));
    assert!(host.keys.is_empty());
}

#[test]
fn keys_are_kept_within_bounds_of_number_and_octets() {
    let none = KeysOptions {
        entries: 0,
        ..KeysOptions::default()
    };
    let host = Host::new(table(), none);
    assert_eq!((host.asked(), host.asked()), (1, 1));
    let small = KeysOptions {
        octets: 1_000,
        ..KeysOptions::default()
    };
    let host = Host::new(table(), small);
    assert_eq!((host.asked(), host.asked()), (1, 1));
    assert_eq!((host.keys.len(), host.keys.octets()), (0, 0));
    let host = Host::new(table(), KeysOptions::default());
    host.asked();
    assert!(
        (1_000..4_000).contains(&host.keys.octets()),
        "{}",
        host.keys.octets()
    );
    // What a stranger publishes is kept in a form of bounded size.
    let long = format!("v=DKIM1; k={}; p=AAAA", "x".repeat(60_000));
    let host = Host::new(Table::default().with(NAME, &[&*long; 9]), KeysOptions::default());
    assert_eq!((host.asked(), host.asked()), (1, 0));
    assert!(host.keys.octets() < 4_000, "{}", host.keys.octets());
}

#[test]
fn what_cannot_be_used_is_known_with_its_cause_too() {
    let good = ed25519_record();
    for records in [
        &["v=DKIM1; p="][..],
        &["nonsense"],
        &["v=spf1 -all"],
        &["p=", &good],
        &["k=ed25519; p=AAAA"],
    ] {
        let host = Host::new(Table::default().with(NAME, records), KeysOptions::default());
        let signed = sign(TAGS, &[FROM], b"");
        let (first, asked) = host.check(&[&signed], &Tracer::off());
        assert_eq!(asked, 1);
        let (second, asked) = host.check(&[&signed], &Tracer::off());
        assert_eq!(asked, 0);
        assert_eq!(first, second);
    }
}

#[test]
fn void_answers_and_failures_are_no_keys_to_keep() {
    for table in [
        Table::default(),
        Table::default().with(NAME, &[]),
        Table::default().failing(NAME),
    ] {
        let host = Host::new(table, KeysOptions::default());
        assert_eq!((host.asked(), host.asked()), (1, 1));
        assert!(host.keys.is_empty());
    }
}

#[test]
fn the_trace_tells_that_a_key_was_known() {
    let host = Host::new(table(), KeysOptions::default());
    let signed = sign(TAGS, &[FROM], b"");
    let (unknown, known) = (Tracer::on(100), Tracer::on(100));
    host.check(&[&signed], &unknown);
    host.check(&[&signed], &known);
    let subjects = |trace: &Tracer| -> Vec<_> {
        let steps = trace.steps().into_iter();
        steps.map(|step| (step.parent, step.subject)).collect()
    };
    assert_eq!(subjects(&unknown), subjects(&known));
    let steps = known.steps();
    assert_eq!(
        (
            steps[1].kind,
            steps[1].subject.as_str(),
            steps[1].outcome.as_str()
        ),
        (
            StepKind::Note,
            "s1._domainkey.example.org TXT",
            "not asked: the key is known from an earlier check"
        )
    );
}
