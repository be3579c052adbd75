//! What is written is read the same.

use super::*;
use crate::dkim::DkimResult;
use crate::dmarc::{AlignmentMode, Policy};
use crate::report::{
    Discovery, Disposition, DkimAuth, OverrideKind, OverrideReason, PublishedPolicy, Record, SpfAuth,
};
use crate::spf::{Identity, SpfResult};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

/// Values of any characters but those that XML cannot hold or that are made one line, without blanks around.
fn text() -> impl Strategy<Value = String> {
    "[^\\p{Cc}\u{fffe}\u{ffff}]{0,40}".prop_map(|text| text.trim().to_owned())
}

fn some_text() -> impl Strategy<Value = Option<String>> {
    option::of(text()).prop_map(|text| text.filter(|text| !text.is_empty()))
}

fn time() -> impl Strategy<Value = UnixTime> {
    (0..i64::from(u32::MAX)).prop_map(UnixTime)
}

fn asked() -> impl Strategy<Value = Option<Policy>> {
    option::of(select(vec![Policy::None, Policy::Quarantine, Policy::Reject]))
}

fn mode() -> impl Strategy<Value = Option<AlignmentMode>> {
    option::of(select(vec![AlignmentMode::Relaxed, AlignmentMode::Strict]))
}

prop_compose! {
    fn policy()(
        domain in text(),
        discovery in option::of(select(vec![Discovery::PublicSuffixList, Discovery::TreeWalk])),
        // Section 3.1.1.5: p is required.
        p in asked().prop_map(|p| p.or(Some(Policy::None))),
        (sp, np) in (asked(), asked()),
        (adkim, aspf) in (mode(), mode()),
        testing: bool,
        fo in some_text(),
    ) -> PublishedPolicy {
        PublishedPolicy { domain, discovery, p, sp, np, adkim, aspf, testing, fo }
    }
}

prop_compose! {
    fn dkim()(
        (domain, selector) in (text(), text()),
        result in select(vec![
            DkimResult::None, DkimResult::Pass, DkimResult::Fail, DkimResult::Policy, DkimResult::Neutral,
            DkimResult::TempError, DkimResult::PermError,
        ]),
        human_result in some_text(),
    ) -> DkimAuth {
        DkimAuth { domain, selector, result, human_result }
    }
}

prop_compose! {
    fn spf()(
        domain in text(),
        scope in option::of(Just(Identity::MailFrom)),
        result in select(vec![
            SpfResult::None, SpfResult::Neutral, SpfResult::Pass, SpfResult::Fail, SpfResult::SoftFail,
            SpfResult::TempError, SpfResult::PermError,
        ]),
        human_result in some_text(),
    ) -> SpfAuth {
        SpfAuth { domain, scope, result, human_result }
    }
}

prop_compose! {
    fn reason()(
        kind in select(vec![
            OverrideKind::LocalPolicy, OverrideKind::MailingList, OverrideKind::PolicyTestMode,
            OverrideKind::TrustedForwarder, OverrideKind::Other,
        ]),
        comment in some_text(),
    ) -> OverrideReason {
        OverrideReason { kind, comment }
    }
}

prop_compose! {
    fn record()(
        source in option::of(any::<std::net::IpAddr>().prop_map(|address| address.to_canonical())),
        count in 1..=u32::MAX,
        disposition in select(vec![Disposition::None, Disposition::Pass, Disposition::Quarantine, Disposition::Reject]),
        (dkim_aligned, spf_aligned) in any::<(bool, bool)>(),
        reasons in prop::collection::vec(reason(), 0..3),
        (header_from, envelope_from, envelope_to) in (text(), text(), some_text()),
        dkim in prop::collection::vec(dkim(), 0..4),
        spf in prop::collection::vec(spf(), 0..2),
    ) -> Record {
        Record {
            source, count, disposition: Some(disposition), dkim_aligned, spf_aligned, reasons,
            header_from, envelope_from, envelope_to, dkim, spf,
        }
    }
}

prop_compose! {
    fn report()(
        (organization, email, report_id) in (text(), text(), text()),
        (extra_contact, generator, error) in (some_text(), some_text(), some_text()),
        (begin, end) in (time(), time()),
        policy in policy(),
        records in prop::collection::vec(record(), 0..5),
    ) -> AggregateReport {
        AggregateReport {
            organization, email, extra_contact, report_id, begin, end,
            errors: error.into_iter().collect(), generator, policy, records,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn what_is_written_is_read_the_same(report in report()) {
        prop_assert_eq!(&only(report.to_xml().as_bytes()), &report);
        prop_assert_eq!(&only(&report.to_gzip()), &report);
        let mail = report.mail("mx.example", "a@mx.example", &["d@example.org".to_owned()], NOW);
        prop_assert_eq!(&only(&mail.octets), &report);
        prop_assert!(mail.octets.is_ascii());
    }

    #[test]
    fn octets_of_any_kind_are_read_or_refused(
        octets in prop::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        value: u8,
    ) {
        let _ = read(&octets);
        // And files with one octet changed.
        let packed = zip(&[("a.xml", xml(RECORD).as_bytes())]);
        for file in [xml(RECORD).into_bytes(), gzip(xml(RECORD).as_bytes()), attached("x/y", &packed), packed] {
            let mut file = file;
            let index = at.index(file.len());
            file[index] = value;
            let _ = read(&file);
        }
    }
}
