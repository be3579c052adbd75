//! Verdicts as JSON: the same objects from the command line, C and Python.
//!
//! Every name is always there, null where it does not apply. Results are the RFCs' lower-case words; `reason` is a
//! sentence, `cause` beside it a stable code. More names may be added.

use crate::dns::Name;
use crate::iprev::Iprev;
#[cfg(feature = "report")]
use crate::report::{DomainSummary, Identified, Summary};
use crate::spf::lint;
use crate::trace::Step;
use crate::transaction::Verdict;
use crate::{dkim, dmarc, spf};
use serde_json::{Value, json};
use std::collections::HashSet;
use std::sync::Arc;

/// The verdict on a message: `account`, `spf`, `dkim`, `dmarc`, `iprev`, `story`, `authentication_results`, `headers_to_remove`,
/// `anomaly` and `trace`.
pub fn check(verdict: &Verdict, traced: bool) -> Value {
    let mut dmarc = dmarc_object(&verdict.dmarc);
    dmarc["reason"] = verdict.dmarc_reason().into();
    let story = verdict.story();
    json!({
        "account": verdict.account,
        "spf": verdict.spf.as_ref().zip(verdict.spf_request.as_ref()).map(spf_object),
        "dkim": verdict.dkim.iter().map(signature).collect::<Vec<_>>(),
        "dmarc": dmarc,
        "iprev": verdict.iprev.as_ref().map(iprev),
        "story": {
            "claimed": story.claimed,
            "proven": story.proven,
            "decides": story.decides,
            "advice": story.advice,
        },
        "authentication_results": verdict.authentication_results,
        "headers_to_remove": verdict.headers_to_remove,
        "anomaly": verdict.anomaly.map(|anomaly| json!({
            "code": anomaly.code(),
            "reason": anomaly.to_string(),
        })),
        "trace": traced.then_some(&verdict.trace),
    })
}

/// SPF's verdict on a request alone, with its `trace` if there is one.
pub fn spf(verdict: &spf::Verdict, request: &spf::Request, trace: Option<&[Step]>) -> Value {
    let mut object = spf_object((verdict, request));
    object["trace"] = json!(trace);
    object
}

/// What is wrong or unwise in an SPF record, the worst first, and the tree of what it looks up. In the tree, `record` is null
/// where the record of that `domain` is shown above.
pub fn spf_lint(report: &lint::Report, trace: Option<&[Step]>) -> Value {
    json!({
        "domain": report.domain.to_string(),
        "record": report.record(),
        "local": report.tree.local,
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "dns_lookups": report.dns_lookups,
        "void_lookups": report.void_lookups,
        "void_lookups_at_most": report.void_lookups_at_most,
        "complete": report.complete,
        "tree": node(&report.tree, &mut HashSet::new()),
        "trace": trace,
    })
}

fn finding(finding: &lint::Finding) -> Value {
    json!({
        "severity": finding.severity().as_str(),
        "code": finding.code(),
        "reason": finding.to_string(),
        "clause": finding.clause(),
        "fix": finding.fix(),
        "domain": finding.domain.to_string(),
        "term": finding.term,
        "at": finding.place.as_ref().map(|place| place.start),
    })
}

/// The linter follows a bounded number of levels. A record that is come to several times is there once: three hundred
/// includes of one of 60 KB are not 18 MB.
fn node<'r>(of: &'r lint::Node, shown: &mut HashSet<&'r Name>) -> Value {
    let mut fresh = || of.domain.as_ref().is_none_or(|domain| shown.insert(domain));
    let record = of.record().filter(|_| fresh());
    json!({
        "term": of.term,
        "domain": of.domain.as_ref().map(ToString::to_string),
        "found": of.found.code(),
        "record": record,
        "local": of.local,
        "dns_lookups": of.dns_lookups,
        "terms": of.children.iter().map(|child| node(child, shown)).collect::<Vec<_>>(),
    })
}

/// What is wrong or unwise in what a domain publishes for DMARC, the worst first, and what applies to the domain.
pub fn dmarc_lint(report: &dmarc::lint::Report, trace: Option<&[Step]>) -> Value {
    let applies = report.applies.as_ref();
    let policies = applies.and_then(|applies| applies.policies);
    let domain = |name: Option<&Name>| name.map(ToString::to_string);
    json!({
        "domain": report.domain.to_string(),
        "record": applies.map(dmarc::lint::Applies::record),
        "policy_domain": domain(applies.map(|applies| &applies.from)),
        "organizational_domain": domain(applies.and_then(|applies| applies.organizational.as_ref())),
        "policy": applies.and_then(|applies| applies.policy).map(dmarc::Policy::as_str),
        "p": policies.map(|policies| policies.p.as_str()),
        "sp": policies.map(|policies| policies.sp.as_str()),
        "np": policies.map(|policies| policies.np.as_str()),
        "testing": applies.map(|applies| applies.testing),
        "findings": report.findings.iter().map(dmarc_finding).collect::<Vec<_>>(),
        "destinations": applies.map_or_else(Vec::new, |applies| {
            applies.destinations.iter().map(destination).collect::<Vec<_>>()
        }),
        "complete": report.complete,
        "trace": trace,
    })
}

fn dmarc_finding(finding: &dmarc::lint::Finding) -> Value {
    json!({
        "severity": finding.severity().as_str(),
        "code": finding.code(),
        "reason": finding.to_string(),
        "clause": finding.clause(),
        "fix": finding.fix(),
        "domain": finding.domain.to_string(),
        "tag": finding.tag,
        "at": finding.place.as_ref().map(|place| place.start),
    })
}

fn destination(destination: &dmarc::lint::Destination) -> Value {
    json!({
        "tag": destination.tag,
        "uri": destination.uri.as_str(),
        "host": destination.host.to_string(),
        "external": destination.external,
        "authorized": destination.authorized,
    })
}

/// What DMARC aggregate reports say together. `skipped` are the files that could not be read, and why.
#[cfg(feature = "report")]
pub fn dmarc_report(summary: &Summary, skipped: &[(String, String)]) -> Value {
    json!({
        "reports": summary.reports,
        "duplicates": summary.duplicates,
        "begin": summary.begin.map(|time| time.0),
        "end": summary.end.map(|time| time.0),
        "messages_left_out": summary.left_out,
        "organizations": summary.organizations.iter().map(|(name, (reports, messages))| json!({
            "name": name,
            "reports": reports,
            "messages": messages,
        })).collect::<Vec<_>>(),
        "domains": summary.domains().iter().map(domain_summary).collect::<Vec<_>>(),
        "skipped": skipped.iter().map(|(file, reason)| json!({
            "file": file,
            "reason": reason,
        })).collect::<Vec<_>>(),
    })
}

#[cfg(feature = "report")]
fn domain_summary(domain: &DomainSummary) -> Value {
    let identified = |all: &[Identified]| -> Vec<Value> {
        all.iter()
            .map(|one| json!({"domain": one.domain, "result": one.result, "messages": one.messages}))
            .collect()
    };
    json!({
        "domain": domain.domain,
        "policy": domain.policy.map(dmarc::Policy::as_str),
        "messages": domain.messages,
        "unaligned": domain.unaligned,
        "sources": domain.sources.iter().map(|(address, source)| json!({
            "address": address.map(|address| address.to_string()),
            "messages": source.messages,
            "unaligned": source.unaligned,
            "spf_aligned": source.spf_aligned,
            "dkim_aligned": source.dkim_aligned,
            "quarantined": source.quarantined,
            "rejected": source.rejected,
            "overrides": source.overrides.iter()
                .map(|(kind, messages)| json!({"type": kind.as_str(), "messages": messages}))
                .collect::<Vec<_>>(),
            "spf": identified(&source.spf),
            "dkim": identified(&source.dkim),
        })).collect::<Vec<_>>(),
    })
}

/// DMARC's verdict alone, with its `trace` if there is one.
pub fn dmarc(verdict: &dmarc::Verdict, trace: Option<&[Step]>) -> Value {
    let mut object = dmarc_object(verdict);
    object["trace"] = json!(trace);
    object
}

fn spf_object((verdict, request): (&spf::Verdict, &spf::Request)) -> Value {
    let mut object = evaluation(&verdict.evaluation, request);
    let helo = verdict.helo.as_ref();
    object["helo"] = helo.map(|helo| evaluation(helo, request)).into();
    object
}

fn evaluation(evaluation: &spf::Evaluation, request: &spf::Request) -> Value {
    json!({
        "result": evaluation.result.as_str(),
        "identity": evaluation.identity.as_str(),
        "domain": evaluation.domain,
        "mechanism": evaluation.mechanism,
        "explanation": evaluation.explanation,
        "local_explanation": evaluation.local_explanation,
        "local_records": evaluation.local_records.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "dns_lookups": evaluation.dns_lookups,
        "void_lookups": evaluation.void_lookups,
        "reason": evaluation.reason(),
        "cause": evaluation.cause.code(),
        "received_spf": evaluation.received_spf(request),
    })
}

fn signature(verdict: &dkim::SignatureVerdict) -> Value {
    json!({
        "result": verdict.result.as_str(),
        "reason": verdict.reason(),
        "cause": verdict.cause.code(),
        "domain": verdict.domain,
        "selector": verdict.selector,
        "identity": verdict.identity,
        "algorithm": verdict.algorithm,
        "key_bits": verdict.key_bits,
        "testing": verdict.testing,
        "header_verified": verdict.header_verified,
        "body_verified": verdict.body_verified,
        "header_index": verdict.header_index,
        "hint": verdict.hint.as_ref().map(|hint| json!({
            "code": hint.code(),
            "reason": hint.to_string(),
            "proven": hint.is_proven(),
            "changes": hint.changes().iter().map(|change| json!({
                "field": change.field,
                "is": change.is,
                "was": change.was,
            })).collect::<Vec<_>>(),
            "mailing_list": hint.mailing_list,
        })),
    })
}

fn dmarc_object(verdict: &dmarc::Verdict) -> Value {
    let shown = |domain: &Option<Name>| domain.as_ref().map(Name::to_string);
    json!({
        "result": verdict.result.as_str(),
        "reason": verdict.reason(),
        "cause": verdict.cause.code(),
        "from_domain": shown(&verdict.from_domain),
        "policy_domain": shown(&verdict.policy_domain),
        "organizational_domain": shown(&verdict.organizational_domain),
        "policy": verdict.policy.map(dmarc::Policy::as_str),
        "disposition": verdict.disposition.map(dmarc::Policy::as_str),
        "testing": verdict.testing,
        "override": verdict.overridden.as_ref().map(|overridden| json!({
            "type": overridden.kind.as_str(),
            "comment": overridden.comment,
        })),
        "spf_aligned": verdict.spf_aligned,
        "dkim_aligned": verdict.dkim_aligned,
    })
}

/// What came of signing a message: `signatures`, each with the `field` to put on top, and `warnings` of what may break them.
pub fn signatures(
    signers: &[Arc<dkim::Signer>],
    fields: &[dkim::SignatureField],
    risks: &[dkim::TransferRisk],
) -> Value {
    let signatures: Vec<Value> = signers
        .iter()
        .zip(fields)
        .map(|(signer, field)| {
            json!({
                "domain": signer.domain().as_str(),
                "selector": signer.selector().as_str(),
                "identity": signer.options().identity,
                "algorithm": signer.key().algorithm().as_str(),
                "key_bits": signer.key().bits(),
                "field": field.value(),
            })
        })
        .collect();
    let warnings: Vec<Value> = risks
        .iter()
        .map(|risk| {
            json!({
                "code": risk.code(),
                "line": risk.line(),
                "reason": risk.to_string(),
            })
        })
        .collect();
    json!({ "signatures": signatures, "warnings": warnings })
}

/// A key for DKIM: the record to publish for it and, if that was looked up, whether the DNS has it.
pub fn key(name: &Name, key: &dkim::SigningKey, file: &str, found: Option<&dkim::Publication>) -> Value {
    json!({
        "name": name.as_str(),
        "record": key.record(),
        "zone_entry": dkim::zone_entry(name, &key.record()),
        "file": file,
        "algorithm": key.key_type().as_str(),
        "key_bits": key.bits(),
        "published": found.and_then(dkim::Publication::is_published),
        "reason": found.map(ToString::to_string),
        "cause": found.map(dkim::Publication::code),
    })
}

fn iprev(iprev: &Iprev) -> Value {
    json!({
        "result": iprev.result.as_str(),
        "name": iprev.name,
        "reason": iprev.reason(),
        "cause": iprev.cause.code(),
    })
}
