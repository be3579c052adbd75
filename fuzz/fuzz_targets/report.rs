//! A file of any kind is read or refused, within bounds; what was read and is written is read the same from then on.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::report::{AggregateReport, ReadLimits, Summary, read, read_within};

/// What is written drops what the standard has no place for, such as SPF's results for HELO.
fn written(report: &AggregateReport) -> AggregateReport {
    let reading = read(&report.to_gzip()).expect("what is written can be read");
    assert!(reading.problems.is_empty());
    reading.reports.into_iter().next().expect("one report")
}

fuzz_target!(|octets: &[u8]| {
    let limits = ReadLimits {
        file_octets: 1 << 20,
        unpacked_octets: 1 << 22,
        members: 100,
        depth: 3,
        items: 10_000,
    };
    let Ok(reading) = read_within(octets, &limits) else {
        return;
    };
    let mut summary = Summary::default();
    for report in &reading.reports {
        summary.add(report);
        let once = written(report);
        assert_eq!(once, written(&once));
        assert_eq!(once.records.len(), report.records.len());
    }
    for domain in summary.domains() {
        let messages: u64 = domain.sources.iter().map(|(_, source)| source.messages).sum();
        assert_eq!(messages, domain.messages);
    }
});
