//! Verdicts as JSON: the same objects from the command line, C and Python.
//!
//! Every name is always there, null where it does not apply. Results are the RFCs' lower-case words; `reason` is a
//! sentence, `cause` beside it a stable code. More names may be added.

use crate::dns::Name;
use crate::iprev::Iprev;
use crate::spf::lint;
use crate::trace::Step;
use crate::transaction::Verdict;
use crate::{dkim, dmarc, spf};
use serde_json::{Value, json};
use std::sync::Arc;

/// The verdict on a message: `spf`, `dkim`, `dmarc`, `iprev`, `authentication_results`, `headers_to_remove`,
/// `anomaly` and `trace`.
pub fn check(verdict: &Verdict, traced: bool) -> Value {
    let mut dmarc = dmarc_object(&verdict.dmarc);
    dmarc["reason"] = verdict.dmarc_reason().into();
    json!({
        "spf": verdict.spf.as_ref().zip(verdict.spf_request.as_ref()).map(spf_object),
        "dkim": verdict.dkim.iter().map(signature).collect::<Vec<_>>(),
        "dmarc": dmarc,
        "iprev": verdict.iprev.as_ref().map(iprev),
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

/// What is wrong or unwise in an SPF record, the worst first, and the tree of what it looks up.
pub fn spf_lint(report: &lint::Report, trace: Option<&[Step]>) -> Value {
    json!({
        "domain": report.domain.to_string(),
        "record": report.record(),
        "local": report.tree.local,
        "findings": report.findings.iter().map(finding).collect::<Vec<_>>(),
        "dns_lookups": report.dns_lookups,
        "void_lookups": report.void_lookups,
        "complete": report.complete,
        "tree": node(&report.tree),
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

/// The linter follows a bounded number of levels.
fn node(of: &lint::Node) -> Value {
    json!({
        "term": of.term,
        "domain": of.domain.as_ref().map(ToString::to_string),
        "found": of.found.code(),
        "record": of.record(),
        "local": of.local,
        "dns_lookups": of.dns_lookups,
        "terms": of.children.iter().map(node).collect::<Vec<_>>(),
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
