//! Records that are kept for their time to live.

use super::*;
use crate::dmarc::{Environment, Records, RecordsOptions, discover_with};
use crate::trace::StepKind;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

struct Host {
    memory: Arc<Memory>,
    time: ManualTime,
    records: Records,
}

impl Host {
    fn new(memory: Memory, options: RecordsOptions) -> Host {
        let time = ManualTime::default();
        Host {
            memory: Arc::new(memory),
            records: Records::new(Clock::manual(&time), options),
            time,
        }
    }

    /// Checks a message of `author` for which SPF passed for `spf`; also what was asked.
    fn check(&self, author: &str, spf: &str, trace: &Tracer) -> (Verdict, Vec<String>) {
        let clock = Clock::manual(&self.time);
        let session = Session::new(Arc::clone(&self.memory), clock, &Limits::default());
        let (author, spf) = (Author::from_domain(name(author)), passing(spf));
        let candidates = [spf.domain.clone()];
        let environment = Environment::default().with_records(&self.records);
        let discovery = discover_with(&session, &author, &candidates, environment, trace);
        let discovery = discovery.now_or_never().unwrap();
        let asked = std::mem::take(&mut *self.memory.asked.lock().unwrap());
        (evaluate(&discovery, Some(&spf), &[]), asked)
    }

    fn asked(&self) -> Vec<String> {
        self.check("example.org", "mail.example.org", &Tracer::off()).1
    }
}

/// Names that do not exist, for as long as the answer says.
fn absent(memory: Memory, names: &[&str], ttl: Option<u32>) -> Memory {
    names.iter().fold(memory, |memory, at| {
        memory.answering(
            Question::new(name(at), RecordType::Txt),
            Answer::NoSuchName { ttl },
        )
    })
}

fn zone() -> Memory {
    let memory = Memory::default().txt("_dmarc.example.org", &["v=DMARC1; p=reject"]);
    absent(memory, &["_dmarc.org", "_dmarc.mail.example.org"], Some(600))
}

const ALL: [&str; 3] = [
    "_dmarc.example.org TXT",
    "_dmarc.org TXT",
    "_dmarc.mail.example.org TXT",
];

#[test]
fn a_record_that_was_read_is_asked_for_again_after_its_time_to_live() {
    let host = Host::new(zone(), RecordsOptions::default());
    let (first, asked) = host.check("example.org", "mail.example.org", &Tracer::off());
    assert_eq!(asked, ALL);
    assert_eq!((host.records.len(), host.records.is_empty()), (3, false));
    host.time.advance(Duration::from_secs(299));
    let (second, asked) = host.check("example.org", "mail.example.org", &Tracer::off());
    assert_eq!(asked, [""; 0]);
    assert_eq!(first, second);
    // The record is gone, its absence elsewhere is not.
    host.time.advance(Duration::from_secs(1));
    assert_eq!(host.asked(), ALL[..1]);
    host.time.advance(Duration::from_secs(300));
    assert_eq!(host.asked(), ALL);
}

#[test]
fn what_is_known_of_one_walk_is_known_to_others() {
    let host = Host::new(zone(), RecordsOptions::default());
    host.asked();
    let (verdict, asked) = host.check("mail.example.org", "a.mail.example.org", &Tracer::off());
    assert_eq!(asked, ["_dmarc.a.mail.example.org TXT"]);
    assert_eq!(verdict.policy_domain, Some(name("example.org")));
    assert_eq!(verdict.aligned_identifiers.len(), 1);
}

#[test]
fn section_4_10_step_2_nothing_is_asked_above_a_record_that_is_known_to_stop_walks() {
    let memory = || Memory::default().txt("_dmarc.example.org", &["v=DMARC1; p=reject; psd=n"]);
    let host = Host::new(memory(), RecordsOptions::default());
    assert_eq!(host.asked(), ALL);
    let (verdict, asked) = host.check("example.org", "mail.example.org", &Tracer::off());
    assert_eq!(asked, ["_dmarc.mail.example.org TXT"]);
    assert_eq!(verdict.organizational_domain, Some(name("example.org")));
}

#[test]
fn records_and_their_absence_are_kept_no_longer_than_the_ceilings() {
    let short = RecordsOptions {
        ttl_ceiling: Duration::from_secs(10),
        negative_ceiling: Duration::from_secs(20),
        ..RecordsOptions::default()
    };
    let host = Host::new(zone(), short);
    assert_eq!(host.asked(), ALL);
    host.time.advance(Duration::from_secs(10));
    assert_eq!(host.asked(), ALL[..1]);
    host.time.advance(Duration::from_secs(10));
    assert_eq!(host.asked(), ALL);
    let none = RecordsOptions {
        ttl_ceiling: Duration::ZERO,
        negative_ceiling: Duration::ZERO,
        ..RecordsOptions::default()
    };
    let host = Host::new(zone(), none);
    assert_eq!((host.asked().len(), host.asked().len()), (3, 3));
    assert!(host.records.is_empty());
}

#[test]
fn records_are_kept_within_bounds_of_number_and_octets() {
    let none = RecordsOptions {
        entries: 0,
        ..RecordsOptions::default()
    };
    let host = Host::new(zone(), none);
    assert_eq!((host.asked().len(), host.asked().len()), (3, 3));
    let small = RecordsOptions {
        octets: 2_000,
        ..RecordsOptions::default()
    };
    let addresses = vec!["mailto:dmarc@example.org"; 100].join(",");
    let long = || {
        Memory::default().txt(
            "_dmarc.example.org",
            &[&format!("v=DMARC1; p=reject; rua={addresses}")],
        )
    };
    let host = Host::new(long(), small);
    assert_eq!(host.asked(), ALL);
    assert_eq!((host.records.len(), host.records.octets()), (0, 0));
    let host = Host::new(long(), RecordsOptions::default());
    host.asked();
    assert!(
        host.records.octets() > addresses.len(),
        "{}",
        host.records.octets()
    );
}

#[test]
fn what_does_not_count_is_known_with_its_cause_too() {
    for texts in [
        &["v=DMARC1; p=reject", "v=DMARC1; p=none"][..],
        &["v=spf1 -all"],
        &["v=DMARC1; p=nothing"],
    ] {
        let memory = Memory::default().txt("_dmarc.example.org", texts);
        let host = Host::new(
            absent(memory, &["_dmarc.org", "_dmarc.mail.example.org"], Some(300)),
            RecordsOptions::default(),
        );
        let (first, asked) = host.check("example.org", "mail.example.org", &Tracer::off());
        assert_eq!(asked, ALL);
        let (second, asked) = host.check("example.org", "mail.example.org", &Tracer::off());
        assert_eq!(asked, [""; 0]);
        assert_eq!(first, second);
    }
}

#[test]
fn failures_are_never_kept_nor_what_no_answer_says_how_long_it_holds() {
    let question = || Question::new(name("_dmarc.example.org"), RecordType::Txt);
    for answer in [
        Answer::Failure(Failure::ServFail),
        Answer::NoSuchName { ttl: None },
        Answer::NoData { ttl: None },
        Answer::NoData { ttl: Some(0) },
    ] {
        let memory = Memory::default().answering(question(), answer);
        let host = Host::new(memory, RecordsOptions::default());
        assert_eq!(host.asked(), host.asked());
        host.time.advance(HOUR);
        assert!(host.records.is_empty());
    }
}

#[test]
fn the_trace_tells_that_a_record_was_known() {
    let host = Host::new(zone(), RecordsOptions::default());
    let (unknown, known) = (Tracer::on(100), Tracer::on(100));
    host.check("example.org", "mail.example.org", &unknown);
    host.check("example.org", "mail.example.org", &known);
    let shape = |trace: &Tracer, kind| -> Vec<_> {
        let steps = trace.steps().into_iter().filter(|step| step.kind == kind);
        let mut shape: Vec<_> = steps.map(|step| (step.subject, step.outcome)).collect();
        shape.sort();
        shape
    };
    assert_eq!(shape(&unknown, StepKind::Record), shape(&known, StepKind::Record));
    assert_eq!(shape(&known, StepKind::Question), []);
    assert!(shape(&known, StepKind::Note).contains(&(
        "_dmarc.example.org TXT".into(),
        "not asked: the record is known from an earlier check".into()
    )));
}
