//! The texts of a verdict in the shape that C reads: closed by 0.

use super::text::keep;
use crate::dkim::SignatureVerdict;
use crate::dns::Name;
use crate::{dmarc, iprev, spf, transaction};
use std::ffi::{CString, c_int};

/// All texts that can be asked of a verdict.
#[derive(Debug)]
pub(super) struct Views {
    pub(super) account: Option<CString>,
    pub(super) spf: Option<Spf>,
    pub(super) dkim: Vec<Signature>,
    pub(super) dmarc: Dmarc,
    pub(super) iprev: Option<Iprev>,
    pub(super) anomaly: Option<Anomaly>,
}

#[derive(Debug)]
pub(super) struct Spf {
    pub(super) main: Evaluation,
    pub(super) helo: Option<Evaluation>,
}

#[derive(Debug)]
pub(super) struct Evaluation {
    pub(super) domain: CString,
    pub(super) mechanism: Option<CString>,
    pub(super) explanation: Option<CString>,
    pub(super) reason: CString,
    pub(super) cause: CString,
}

#[derive(Debug)]
pub(super) struct Signature {
    pub(super) domain: Option<CString>,
    pub(super) selector: Option<CString>,
    pub(super) identity: Option<CString>,
    pub(super) algorithm: Option<CString>,
    pub(super) reason: CString,
    pub(super) cause: CString,
    pub(super) hint: Option<CString>,
}

#[derive(Debug)]
pub(super) struct Dmarc {
    pub(super) from_domain: Option<CString>,
    pub(super) policy_domain: Option<CString>,
    pub(super) organizational_domain: Option<CString>,
    /// Type and comment.
    pub(super) overridden: Option<(CString, CString)>,
    pub(super) reason: CString,
    pub(super) cause: CString,
}

#[derive(Debug)]
pub(super) struct Iprev {
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
        }
    }
}

impl Spf {
    fn of(verdict: &spf::Verdict) -> Spf {
        Spf {
            main: Evaluation::of(&verdict.evaluation),
            helo: verdict.helo.as_ref().map(Evaluation::of),
        }
    }
}

impl Evaluation {
    fn of(evaluation: &spf::Evaluation) -> Evaluation {
        Evaluation {
            domain: keep(evaluation.domain.as_str()),
            mechanism: optional(&evaluation.mechanism),
            explanation: optional(&evaluation.explanation),
            reason: keep(evaluation.reason()),
            cause: keep(evaluation.cause.code()),
        }
    }
}

impl Signature {
    fn of(verdict: &SignatureVerdict) -> Signature {
        Signature {
            domain: optional(&verdict.domain),
            selector: optional(&verdict.selector),
            identity: optional(&verdict.identity),
            algorithm: optional(&verdict.algorithm),
            reason: keep(verdict.reason()),
            cause: keep(verdict.cause.code()),
            hint: verdict.hint.as_ref().map(|hint| keep(hint.to_string())),
        }
    }
}

impl Dmarc {
    fn of(verdict: &dmarc::Verdict, reason: String) -> Dmarc {
        Dmarc {
            from_domain: shown(&verdict.from_domain),
            policy_domain: shown(&verdict.policy_domain),
            organizational_domain: shown(&verdict.organizational_domain),
            overridden: verdict
                .overridden
                .as_ref()
                .map(|found| (keep(found.kind.as_str()), keep(found.comment.as_str()))),
            reason: keep(reason),
            cause: keep(verdict.cause.code()),
        }
    }
}

impl Iprev {
    fn of(iprev: &iprev::Iprev) -> Iprev {
        Iprev {
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
pub(super) fn number(value: impl TryInto<c_int>) -> c_int {
    value.try_into().unwrap_or(c_int::MAX)
}
