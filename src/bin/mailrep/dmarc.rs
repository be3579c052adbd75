//! `mailrep dmarc`: DMARC for given results.

use super::cli::{Dmarc, Global};
use super::failure::Failure;
use super::page::{Page, print_json, yes};
use super::values::Claim;
use super::{decision, setup};
use mailrep::dmarc::{Author, DmarcResult, Identifier, Policy, Verdict};
use mailrep::{json, spf};

pub(crate) fn run(command: Dmarc, global: Global) -> Result<(), Failure> {
    let as_json = global.json;
    let (checker, _) = setup::checker(global, None, false, spf::Policy::default())?;
    let spf = command.spf.map(identifier);
    let dkim: Vec<Identifier> = command.dkim.into_iter().map(identifier).collect();
    let (verdict, _) = checker.dmarc(&Author::from_domain(command.from), spf.as_ref(), &dkim)?;
    if as_json {
        return print_json(&json::dmarc(&verdict, None));
    }
    let mut page = Page::default();
    decision::results(&mut page, &verdict);
    show(&mut page, &verdict);
    page.print()
}

fn identifier(claim: Claim) -> Identifier {
    Identifier {
        domain: claim.domain,
        outcome: claim.outcome,
    }
}

/// The result and what it rests on; the reason stands on the first line already.
pub(crate) fn show(page: &mut Page, verdict: &Verdict) {
    page.result("DMARC", verdict.result.as_str());
    let domains = [
        ("author domain", &verdict.from_domain),
        ("policy domain", &verdict.policy_domain),
        ("organization", &verdict.organizational_domain),
    ];
    for (name, value) in domains {
        if let Some(value) = value {
            page.fact(name, &value.to_string());
        }
    }
    if let Some(policy) = verdict.policy {
        let testing = if verdict.testing { ", in testing (t=y)" } else { "" };
        let asked = match (verdict.result, verdict.disposition) {
            (DmarcResult::Pass, _) => ", for mail that fails".to_owned(),
            (_, Some(disposition)) if disposition != Policy::None => {
                format!("; asks to {disposition} this message")
            }
            _ => "; asks for nothing to be done with this message".to_owned(),
        };
        page.fact("policy", &format!("{policy}{testing}{asked}"));
    }
    page.fact(
        "aligned",
        &format!(
            "SPF {}, DKIM {}",
            yes(verdict.spf_aligned),
            yes(verdict.dkim_aligned)
        ),
    );
}
