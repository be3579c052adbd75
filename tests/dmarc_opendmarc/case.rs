//! A record with what SPF and DKIM found, and what comes of it.

use crate::support::{Table, name};
use futures_util::FutureExt as _;
use mailrep::Limits;
use mailrep::clock::Clock;
use mailrep::dmarc::{
    AlignmentMode, Author, DmarcResult, Identifier, OrganizationalDomains, Outcome, Policy, Record,
    discover_with, evaluate,
};
use mailrep::dns::Session;
use mailrep::trace::Tracer;
use std::sync::Arc;

/// Public suffixes that the names of cases end in; for all of them the list of the crate psl says the same.
pub(crate) const SUFFIXES: [&str; 5] = ["com", "net", "org", "uk", "co.uk"];

#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) record: String,
    pub(crate) author: String,
    /// Whether the record stands at the organizational domain and not at the author domain.
    pub(crate) above: bool,
    pub(crate) spf: Option<(String, Outcome)>,
    pub(crate) dkim: Vec<(String, Outcome)>,
}

/// The tags that RFC 7489 and RFC 9989 both know and libopendmarc tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tags {
    pub(crate) adkim: AlignmentMode,
    pub(crate) aspf: AlignmentMode,
    pub(crate) p: Policy,
    /// What stands in for an absent one included.
    pub(crate) sp: Policy,
    pub(crate) rua: Vec<String>,
    pub(crate) ruf: Vec<String>,
    /// 0, 1, d, s. Only if there is a `ruf`, for it counts for nothing otherwise.
    pub(crate) fo: [bool; 4],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Decision {
    /// There is no record that could be used.
    NoRecord,
    Pass,
    Fail(Policy),
    TempError,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) tags: Option<Tags>,
    pub(crate) decision: Decision,
    pub(crate) spf_aligned: bool,
    pub(crate) dkim_aligned: bool,
}

impl View {
    pub(crate) fn no_record() -> View {
        View {
            tags: None,
            decision: Decision::NoRecord,
            spf_aligned: false,
            dkim_aligned: false,
        }
    }
}

/// The public suffix and a label more; a public suffix stands for itself.
pub(crate) fn organizational(domain: &str) -> &str {
    let mut labels = domain;
    loop {
        match labels.split_once('.') {
            Some((_, parent)) if !SUFFIXES.contains(&parent) && !SUFFIXES.contains(&labels) => {
                labels = parent
            }
            _ => return labels,
        }
    }
}

fn tags(record: &str) -> Option<Tags> {
    let record = Record::parse(record.as_bytes()).ok()?;
    let policies = record.policies().ok()?;
    let list = |uris: &[mailrep::dmarc::ReportUri]| uris.iter().map(ToString::to_string).collect();
    let fo = [
        record.fo.all_failed,
        record.fo.any_failed,
        record.fo.dkim,
        record.fo.spf,
    ];
    Some(Tags {
        adkim: record.adkim,
        aspf: record.aspf,
        p: policies.p,
        sp: policies.sp,
        rua: list(&record.rua),
        ruf: list(&record.ruf),
        fo: if record.ruf.is_empty() { [false; 4] } else { fo },
    })
}

/// What we make of it.
pub(crate) fn ours(case: &Case) -> View {
    let Some(tags) = tags(&case.record) else {
        return View::no_record();
    };
    let at = match case.above {
        true => organizational(&case.author),
        false => &case.author,
    };
    let table = Table::default().txt(&format!("_dmarc.{at}"), &[case.record.as_bytes()]);
    let session = Session::new(Arc::new(table), Clock::system(), &Limits::default());
    let identifier = |(domain, outcome): &(String, Outcome)| Identifier {
        domain: name(domain),
        outcome: *outcome,
    };
    let spf = case.spf.as_ref().map(identifier);
    let dkim: Vec<Identifier> = case.dkim.iter().map(identifier).collect();
    let candidates: Vec<_> = spf.iter().chain(&dkim).map(|one| one.domain.clone()).collect();
    let author = Author::from_domain(name(&case.author));
    let how = OrganizationalDomains::PublicSuffixList;
    let trace = Tracer::off();
    let discovery = discover_with(&session, &author, &candidates, how.into(), &trace);
    let discovery = discovery.now_or_never().unwrap();
    let verdict = evaluate(&discovery, spf.as_ref(), &dkim);
    View {
        tags: Some(tags),
        decision: match verdict.result {
            DmarcResult::Pass => Decision::Pass,
            DmarcResult::Fail => Decision::Fail(verdict.disposition.unwrap()),
            DmarcResult::TempError => Decision::TempError,
            DmarcResult::None | DmarcResult::PermError => Decision::NoRecord,
        },
        spf_aligned: verdict.spf_aligned,
        dkim_aligned: verdict.dkim_aligned,
    }
}
