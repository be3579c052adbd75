//! Between our types and those of mail-auth, which nobody else sees.

use super::aggregate::{
    AggregateReport, Discovery, Disposition, DkimAuth, OverrideReason, PublishedPolicy, Record, SpfAuth,
};
use super::text::{some_value, value};
use crate::clock::UnixTime;
use crate::dkim::DkimResult;
use crate::dmarc::OverrideKind;
use crate::dmarc::{AlignmentMode, Policy};
use crate::spf::{Identity, SpfResult};
use mail_auth::report as peer;

/// For writing: what XML cannot hold is left out of every value.
pub(super) fn report_to_peer(report: &AggregateReport) -> peer::Report {
    peer::Report {
        // RFC 9990 section 3.1.1.2: it must be 1.0.
        version: 1.0,
        report_metadata: peer::ReportMetadata {
            org_name: value(&report.organization),
            email: value(&report.email),
            extra_contact_info: some_value(report.extra_contact.as_deref()),
            report_id: value(&report.report_id),
            date_range: peer::DateRange {
                begin: seconds(report.begin),
                end: seconds(report.end),
            },
            error: report.errors.iter().map(|error| value(error)).collect(),
            generator: some_value(report.generator.as_deref()),
        },
        policy_published: policy_to_peer(&report.policy),
        record: report.records.iter().map(record_to_peer).collect(),
        extensions: Vec::new(),
    }
}

/// Returns too how many records were left out because they tell no number of messages.
pub(super) fn report_from_peer(report: peer::Report) -> (AggregateReport, usize) {
    let metadata = report.report_metadata;
    let all = report.record.len();
    let records: Vec<Record> = report
        .record
        .into_iter()
        .filter(|record| record.row.count > 0)
        .map(record_from_peer)
        .collect();
    let left_out = all - records.len();
    let report = AggregateReport {
        organization: metadata.org_name,
        email: metadata.email,
        extra_contact: metadata.extra_contact_info,
        report_id: metadata.report_id,
        begin: unix_time(metadata.date_range.begin),
        end: unix_time(metadata.date_range.end),
        errors: metadata.error,
        generator: metadata.generator,
        policy: policy_from_peer(report.policy_published),
        records,
    };
    (report, left_out)
}

fn seconds(time: UnixTime) -> u64 {
    u64::try_from(time.0).unwrap_or(0)
}

fn unix_time(seconds: u64) -> UnixTime {
    UnixTime(i64::try_from(seconds).unwrap_or(i64::MAX))
}

fn policy_to_peer(policy: &PublishedPolicy) -> peer::PolicyPublished {
    peer::PolicyPublished {
        domain: value(&policy.domain),
        version_published: None,
        adkim: alignment_to_peer(policy.adkim),
        aspf: alignment_to_peer(policy.aspf),
        p: asked_to_peer(policy.p),
        sp: asked_to_peer(policy.sp),
        np: asked_to_peer(policy.np),
        testing: policy.testing,
        discovery_method: match policy.discovery {
            Some(Discovery::PublicSuffixList) => peer::Discovery::Psl,
            Some(Discovery::TreeWalk) => peer::Discovery::Treewalk,
            None => peer::Discovery::Unspecified,
        },
        fo: some_value(policy.fo.as_deref()),
    }
}

fn policy_from_peer(policy: peer::PolicyPublished) -> PublishedPolicy {
    PublishedPolicy {
        domain: policy.domain,
        discovery: match policy.discovery_method {
            peer::Discovery::Psl => Some(Discovery::PublicSuffixList),
            peer::Discovery::Treewalk => Some(Discovery::TreeWalk),
            peer::Discovery::Unspecified => None,
        },
        p: asked_from_peer(policy.p),
        sp: asked_from_peer(policy.sp),
        np: asked_from_peer(policy.np),
        adkim: alignment_from_peer(policy.adkim),
        aspf: alignment_from_peer(policy.aspf),
        testing: policy.testing,
        fo: policy.fo,
    }
}

fn alignment_to_peer(mode: Option<AlignmentMode>) -> peer::Alignment {
    match mode {
        Some(AlignmentMode::Relaxed) => peer::Alignment::Relaxed,
        Some(AlignmentMode::Strict) => peer::Alignment::Strict,
        None => peer::Alignment::Unspecified,
    }
}

fn alignment_from_peer(mode: peer::Alignment) -> Option<AlignmentMode> {
    match mode {
        peer::Alignment::Relaxed => Some(AlignmentMode::Relaxed),
        peer::Alignment::Strict => Some(AlignmentMode::Strict),
        peer::Alignment::Unspecified => None,
    }
}

fn asked_to_peer(policy: Option<Policy>) -> peer::Disposition {
    match policy {
        Some(Policy::None) => peer::Disposition::None,
        Some(Policy::Quarantine) => peer::Disposition::Quarantine,
        Some(Policy::Reject) => peer::Disposition::Reject,
        None => peer::Disposition::Unspecified,
    }
}

fn asked_from_peer(policy: peer::Disposition) -> Option<Policy> {
    match policy {
        peer::Disposition::None => Some(Policy::None),
        peer::Disposition::Quarantine => Some(Policy::Quarantine),
        peer::Disposition::Reject => Some(Policy::Reject),
        peer::Disposition::Unspecified => None,
    }
}

fn aligned_to_peer(aligned: bool) -> peer::DmarcResult {
    if aligned {
        peer::DmarcResult::Pass
    } else {
        peer::DmarcResult::Fail
    }
}

fn record_to_peer(record: &Record) -> peer::Record {
    peer::Record {
        row: peer::Row {
            source_ip: record.source,
            count: record.count,
            policy_evaluated: peer::PolicyEvaluated {
                disposition: match record.disposition {
                    Some(Disposition::None) => peer::ActionDisposition::None,
                    Some(Disposition::Pass) => peer::ActionDisposition::Pass,
                    Some(Disposition::Quarantine) => peer::ActionDisposition::Quarantine,
                    Some(Disposition::Reject) => peer::ActionDisposition::Reject,
                    None => peer::ActionDisposition::Unspecified,
                },
                dkim: aligned_to_peer(record.dkim_aligned),
                spf: aligned_to_peer(record.spf_aligned),
                reason: record.reasons.iter().map(reason_to_peer).collect(),
            },
        },
        identifiers: peer::Identifier {
            envelope_to: some_value(record.envelope_to.as_deref()),
            envelope_from: value(&record.envelope_from),
            header_from: value(&record.header_from),
        },
        auth_results: peer::AuthResult {
            dkim: record.dkim.iter().map(dkim_to_peer).collect(),
            spf: record.spf.iter().map(spf_to_peer).collect(),
        },
        extensions: Vec::new(),
    }
}

fn record_from_peer(record: peer::Record) -> Record {
    let evaluated = record.row.policy_evaluated;
    Record {
        source: record.row.source_ip.map(|address| address.to_canonical()),
        count: record.row.count,
        disposition: match evaluated.disposition {
            peer::ActionDisposition::None => Some(Disposition::None),
            peer::ActionDisposition::Pass => Some(Disposition::Pass),
            peer::ActionDisposition::Quarantine => Some(Disposition::Quarantine),
            peer::ActionDisposition::Reject => Some(Disposition::Reject),
            peer::ActionDisposition::Unspecified => None,
        },
        dkim_aligned: evaluated.dkim == peer::DmarcResult::Pass,
        spf_aligned: evaluated.spf == peer::DmarcResult::Pass,
        reasons: evaluated.reason.into_iter().map(reason_from_peer).collect(),
        header_from: record.identifiers.header_from,
        envelope_from: record.identifiers.envelope_from,
        envelope_to: record.identifiers.envelope_to,
        dkim: record.auth_results.dkim.into_iter().map(dkim_from_peer).collect(),
        spf: record.auth_results.spf.into_iter().map(spf_from_peer).collect(),
    }
}

fn reason_to_peer(reason: &OverrideReason) -> peer::PolicyOverrideReason {
    peer::PolicyOverrideReason {
        type_: match reason.kind {
            OverrideKind::LocalPolicy => peer::PolicyOverride::LocalPolicy,
            OverrideKind::MailingList => peer::PolicyOverride::MailingList,
            OverrideKind::PolicyTestMode => peer::PolicyOverride::PolicyTestMode,
            OverrideKind::TrustedForwarder => peer::PolicyOverride::TrustedForwarder,
            OverrideKind::Other => peer::PolicyOverride::Other,
        },
        comment: some_value(reason.comment.as_deref()),
    }
}

fn reason_from_peer(reason: peer::PolicyOverrideReason) -> OverrideReason {
    OverrideReason {
        kind: match reason.type_ {
            peer::PolicyOverride::LocalPolicy => OverrideKind::LocalPolicy,
            peer::PolicyOverride::MailingList => OverrideKind::MailingList,
            peer::PolicyOverride::PolicyTestMode => OverrideKind::PolicyTestMode,
            peer::PolicyOverride::TrustedForwarder => OverrideKind::TrustedForwarder,
            peer::PolicyOverride::Other => OverrideKind::Other,
        },
        comment: reason.comment,
    }
}

fn dkim_to_peer(auth: &DkimAuth) -> peer::DKIMAuthResult {
    peer::DKIMAuthResult {
        domain: value(&auth.domain),
        selector: value(&auth.selector),
        result: match auth.result {
            DkimResult::None => peer::DkimResult::None,
            DkimResult::Pass => peer::DkimResult::Pass,
            DkimResult::Fail => peer::DkimResult::Fail,
            DkimResult::Policy => peer::DkimResult::Policy,
            DkimResult::Neutral => peer::DkimResult::Neutral,
            DkimResult::TempError => peer::DkimResult::TempError,
            DkimResult::PermError => peer::DkimResult::PermError,
        },
        human_result: some_value(auth.human_result.as_deref()),
    }
}

fn dkim_from_peer(auth: peer::DKIMAuthResult) -> DkimAuth {
    DkimAuth {
        domain: auth.domain,
        selector: auth.selector,
        result: match auth.result {
            peer::DkimResult::None => DkimResult::None,
            peer::DkimResult::Pass => DkimResult::Pass,
            peer::DkimResult::Fail => DkimResult::Fail,
            peer::DkimResult::Policy => DkimResult::Policy,
            peer::DkimResult::Neutral => DkimResult::Neutral,
            peer::DkimResult::TempError => DkimResult::TempError,
            peer::DkimResult::PermError => DkimResult::PermError,
        },
        human_result: auth.human_result,
    }
}

fn spf_to_peer(auth: &SpfAuth) -> peer::SPFAuthResult {
    peer::SPFAuthResult {
        domain: value(&auth.domain),
        scope: match auth.scope {
            Some(Identity::MailFrom) => peer::SPFDomainScope::MailFrom,
            Some(Identity::Helo) => peer::SPFDomainScope::Helo,
            None => peer::SPFDomainScope::Unspecified,
        },
        result: match auth.result {
            SpfResult::None => peer::SpfResult::None,
            SpfResult::Neutral => peer::SpfResult::Neutral,
            SpfResult::Pass => peer::SpfResult::Pass,
            SpfResult::Fail => peer::SpfResult::Fail,
            SpfResult::SoftFail => peer::SpfResult::SoftFail,
            SpfResult::TempError => peer::SpfResult::TempError,
            SpfResult::PermError => peer::SpfResult::PermError,
        },
        human_result: some_value(auth.human_result.as_deref()),
    }
}

fn spf_from_peer(auth: peer::SPFAuthResult) -> SpfAuth {
    SpfAuth {
        domain: auth.domain,
        scope: match auth.scope {
            peer::SPFDomainScope::MailFrom => Some(Identity::MailFrom),
            peer::SPFDomainScope::Helo => Some(Identity::Helo),
            peer::SPFDomainScope::Unspecified => None,
        },
        result: match auth.result {
            peer::SpfResult::None => SpfResult::None,
            peer::SpfResult::Neutral => SpfResult::Neutral,
            peer::SpfResult::Pass => SpfResult::Pass,
            peer::SpfResult::Fail => SpfResult::Fail,
            peer::SpfResult::SoftFail => SpfResult::SoftFail,
            peer::SpfResult::TempError => SpfResult::TempError,
            peer::SpfResult::PermError => SpfResult::PermError,
        },
        human_result: auth.human_result,
    }
}
