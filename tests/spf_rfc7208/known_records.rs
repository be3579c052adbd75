//! Records that are kept for their time to live.

use super::*;
use mailrep::spf::{Environment, Records, RecordsOptions};

const HOUR: Duration = Duration::from_secs(3600);

struct Host {
    table: Arc<Table>,
    time: ManualTime,
    records: Records,
}

impl Host {
    fn new(lines: &[&str], options: RecordsOptions) -> Host {
        let time = ManualTime::default();
        Host {
            table: zone(lines),
            records: Records::new(Clock::manual(&time), options),
            time,
        }
    }

    /// Checks user@example.org; also what was asked.
    fn check(&self, trace: &Tracer) -> (Evaluation, Vec<String>) {
        let limits = Limits::default();
        let session = Session::new(Arc::clone(&self.table), Clock::manual(&self.time), &limits);
        let found = block_on(check_host(
            &session,
            &request(CLIENT, "", "user@example.org"),
            Identity::MailFrom,
            Environment::from(&limits).with_records(&self.records),
            trace,
        ));
        let asked = std::mem::take(&mut *self.table.asked.lock().unwrap());
        (found, asked.iter().map(ToString::to_string).collect())
    }

    fn asked(&self) -> Vec<String> {
        self.check(&Tracer::off()).1
    }
}

const ZONE: [&str; 3] = [
    "example.org TXT v=spf1 include:a.example.org a -all",
    "example.org A 192.0.2.1",
    "a.example.org TXT v=spf1 -all",
];

#[test]
fn a_record_that_was_read_is_asked_for_again_after_its_time_to_live() {
    let host = Host::new(&ZONE, RecordsOptions::default());
    let (first, asked) = host.check(&Tracer::off());
    assert_eq!(asked, ["example.org TXT", "a.example.org TXT", "example.org A"]);
    assert_eq!((host.records.len(), host.records.is_empty()), (2, false));
    host.time.advance(Duration::from_secs(299));
    let (second, asked) = host.check(&Tracer::off());
    assert_eq!(asked, ["example.org A"]);
    assert_eq!(first, second);
    host.time.advance(Duration::from_secs(1));
    assert_eq!(host.asked().len(), 3);
}

#[test]
fn records_are_kept_no_longer_than_the_ceiling() {
    let options = |ttl_ceiling| RecordsOptions {
        ttl_ceiling,
        ..RecordsOptions::default()
    };
    let host = Host::new(&ZONE, options(Duration::from_secs(10)));
    assert_eq!(host.asked().len(), 3);
    host.time.advance(Duration::from_secs(10));
    assert_eq!(host.asked().len(), 3);
    let host = Host::new(&ZONE, options(Duration::ZERO));
    assert_eq!(host.asked().len(), 3);
    assert!(host.records.is_empty());
}

#[test]
fn records_are_kept_within_bounds_of_number_and_octets() {
    let none = RecordsOptions {
        entries: 0,
        ..RecordsOptions::default()
    };
    let host = Host::new(&ZONE, none);
    assert_eq!((host.asked().len(), host.asked().len()), (3, 3));
    let small = RecordsOptions {
        octets: 1_000,
        ..RecordsOptions::default()
    };
    // Its parsed form has a piece for every two octets of its text.
    let long = format!("example.org TXT v=spf1 x={} -all", "%%".repeat(2_000));
    let host = Host::new(&[&long], small);
    assert_eq!(host.check(&Tracer::off()).0.result, SpfResult::Fail);
    assert_eq!((host.records.len(), host.records.octets()), (0, 0));
    let host = Host::new(&[&long], RecordsOptions::default());
    host.asked();
    assert!(host.records.octets() > 4 * 4_000, "{}", host.records.octets());
}

#[test]
fn what_cannot_be_evaluated_is_known_with_its_cause_too() {
    for lines in [
        &["example.org TXT v=spf1 ipv4:192.0.2.1 -all"][..],
        &["example.org TXT v=spf1 -all", "example.org TXT v=spf1 ~all"],
        &["example.org TXT hello"],
        &[
            "example.org TXT v=spf1 redirect=a.example.org",
            "a.example.org TXT v=spf1 a:",
        ],
    ] {
        let host = Host::new(lines, RecordsOptions::default());
        let (first, asked) = host.check(&Tracer::off());
        assert!(!asked.is_empty());
        let (second, asked) = host.check(&Tracer::off());
        assert_eq!(asked, [""; 0]);
        assert_eq!(first, second);
    }
}

#[test]
fn void_answers_and_failures_are_no_records_to_keep() {
    for lines in [
        &["example.net A 192.0.2.1"][..],
        &["example.org FAIL"],
        &["example.org A 192.0.2.1"],
    ] {
        let host = Host::new(lines, RecordsOptions::default());
        assert_eq!(host.asked(), host.asked());
        host.time.advance(HOUR);
        assert!(host.records.is_empty());
    }
}

#[test]
fn the_trace_tells_that_a_record_was_known() {
    let host = Host::new(&ZONE, RecordsOptions::default());
    let (unknown, known) = (Tracer::on(100), Tracer::on(100));
    host.check(&unknown);
    host.check(&known);
    let subjects = |trace: &Tracer| -> Vec<_> {
        let steps = trace.steps().into_iter();
        steps
            .map(|step| (step.parent, step.subject.replace(", asked ahead", "")))
            .collect()
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
            "example.org TXT",
            "not asked: the record is known from an earlier check"
        )
    );
}
