//! A verdict in the shape that C reads: numbers, and texts closed by 0.

use super::codes;
use super::status::MAILREP_ABSENT;
use super::text::keep;
use crate::dkim::SignatureVerdict;
use crate::dns::Name;
use crate::{dmarc, iprev, spf, transaction};
use std::ffi::{CString, c_int};

/// All that can be asked of a verdict.
#[derive(Debug)]
pub(super) struct Views {
    pub(super) account: Option<CString>,
    pub(super) spf: Option<Spf>,
    pub(super) dkim: Vec<Signature>,
    pub(super) dmarc: Dmarc,
    pub(super) iprev: Option<Iprev>,
    pub(super) anomaly: Option<Anomaly>,
    pub(super) authentication_results: CString,
    pub(super) headers_to_remove: Vec<c_int>,
}

#[derive(Debug)]
pub(super) struct Spf {
    pub(super) identity: c_int,
    pub(super) main: Evaluation,
    pub(super) helo: Option<Evaluation>,
}

#[derive(Debug)]
pub(super) struct Evaluation {
    pub(super) result: c_int,
    pub(super) domain: CString,
    pub(super) mechanism: Option<CString>,
    pub(super) explanation: Option<CString>,
    pub(super) dns_lookups: c_int,
    pub(super) void_lookups: c_int,
    pub(super) reason: CString,
    pub(super) cause: CString,
}

#[derive(Debug)]
pub(super) struct Signature {
    pub(super) result: c_int,
    pub(super) domain: Option<CString>,
    pub(super) selector: Option<CString>,
    pub(super) identity: Option<CString>,
    pub(super) algorithm: Option<CString>,
    pub(super) key_bits: c_int,
    pub(super) testing: c_int,
    pub(super) reason: CString,
    pub(super) cause: CString,
    pub(super) hint: Option<CString>,
}

#[derive(Debug)]
pub(super) struct Dmarc {
    pub(super) result: c_int,
    pub(super) from_domain: Option<CString>,
    pub(super) policy_domain: Option<CString>,
    pub(super) organizational_domain: Option<CString>,
    pub(super) policy: c_int,
    pub(super) disposition: c_int,
    /// Type and comment.
    pub(super) overridden: Option<(CString, CString)>,
    pub(super) spf_aligned: c_int,
    pub(super) dkim_aligned: c_int,
    pub(super) reason: CString,
    pub(super) cause: CString,
}

#[derive(Debug)]
pub(super) struct Iprev {
    pub(super) result: c_int,
    pub(super) name: Option<CString>,
    pub(super) reason: CString,
    pub(super) cause: CString,
}

#[derive(Debug)]
pub(super) struct Anomaly {
    pub(super) reason: CString,
    pub(super) code: CString,
}

impl Views {
    pub(super) fn of(verdict: &transaction::Verdict) -> Views {
        Views {
            account: optional(&verdict.account),
            spf: verdict.spf.as_ref().map(Spf::of),
            dkim: verdict.dkim.iter().map(Signature::of).collect(),
            dmarc: Dmarc::of(&verdict.dmarc, verdict.dmarc_reason()),
            iprev: verdict.iprev.as_ref().map(Iprev::of),
            anomaly: verdict.anomaly.map(|anomaly| Anomaly {
                reason: keep(anomaly.to_string()),
                code: keep(anomaly.code()),
            }),
            authentication_results: keep(verdict.authentication_results.as_str()),
            headers_to_remove: verdict
                .headers_to_remove
                .iter()
                .map(|&place| number(place))
                .collect(),
        }
    }
}

impl Spf {
    fn of(verdict: &spf::Verdict) -> Spf {
        Spf {
            identity: codes::identity(verdict.evaluation.identity),
            main: Evaluation::of(&verdict.evaluation),
            helo: verdict.helo.as_ref().map(Evaluation::of),
        }
    }
}

impl Evaluation {
    fn of(evaluation: &spf::Evaluation) -> Evaluation {
        Evaluation {
            result: codes::spf(evaluation.result),
            domain: keep(evaluation.domain.as_str()),
            mechanism: optional(&evaluation.mechanism),
            explanation: optional(&evaluation.explanation),
            dns_lookups: number(evaluation.dns_lookups),
            void_lookups: number(evaluation.void_lookups),
            reason: keep(evaluation.reason()),
            cause: keep(evaluation.cause.code()),
        }
    }
}

impl Signature {
    fn of(verdict: &SignatureVerdict) -> Signature {
        Signature {
            result: codes::dkim(verdict.result),
            domain: optional(&verdict.domain),
            selector: optional(&verdict.selector),
            identity: optional(&verdict.identity),
            algorithm: optional(&verdict.algorithm),
            key_bits: verdict.key_bits.map_or(MAILREP_ABSENT, number),
            testing: verdict.testing.into(),
            reason: keep(verdict.reason()),
            cause: keep(verdict.cause.code()),
            hint: verdict.hint.as_ref().map(|hint| keep(hint.to_string())),
        }
    }
}

impl Dmarc {
    fn of(verdict: &dmarc::Verdict, reason: String) -> Dmarc {
        Dmarc {
            result: codes::dmarc(verdict.result),
            from_domain: shown(&verdict.from_domain),
            policy_domain: shown(&verdict.policy_domain),
            organizational_domain: shown(&verdict.organizational_domain),
            policy: codes::policy(verdict.policy),
            disposition: codes::policy(verdict.disposition),
            overridden: verdict
                .overridden
                .as_ref()
                .map(|found| (keep(found.kind.as_str()), keep(found.comment.as_str()))),
            spf_aligned: verdict.spf_aligned.into(),
            dkim_aligned: verdict.dkim_aligned.into(),
            reason: keep(reason),
            cause: keep(verdict.cause.code()),
        }
    }
}

impl Iprev {
    fn of(iprev: &iprev::Iprev) -> Iprev {
        Iprev {
            result: codes::iprev(iprev.result),
            name: iprev.name.as_ref().map(|name| keep(name.to_string())),
            reason: keep(iprev.reason()),
            cause: keep(iprev.cause.code()),
        }
    }
}

fn shown(domain: &Option<Name>) -> Option<CString> {
    domain.as_ref().map(|domain| keep(domain.to_string()))
}

fn optional(text: &Option<String>) -> Option<CString> {
    text.as_deref().map(keep)
}

/// Counts are far below the largest `int`; one that were not would be shown as that.
fn number(value: impl TryInto<c_int>) -> c_int {
    value.try_into().unwrap_or(c_int::MAX)
}
