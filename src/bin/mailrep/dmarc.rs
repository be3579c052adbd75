//! `mailrep dmarc`: DMARC for given results, or the linter of its records.

use super::cli::{Dmarc, DmarcCommand, Global};
use super::failure::Failure;
use super::page::{Page, print_json, yes};
use super::policy::Local;
use super::values::Claim;
use super::{decision, dmarc_lint, report, setup, steps};
use mailrep::dmarc::{Author, DmarcResult, Identifier, Policy, Verdict};
use mailrep::json;

pub(crate) fn run(command: Dmarc, global: Global, local: Local) -> Result<(), Failure> {
    if let Some(DmarcCommand::Report(reports)) = command.instead {
        return report::run(&reports, &global);
    }
    let (as_json, trace) = (global.json, command.trace);
    if let Some(domain) = &command.lint {
        return dmarc_lint::run(domain, trace, global);
    }
    let Some(from) = command.from else {
        // clap asks for it where there is neither.
        return Err(Failure::Usage("--from is missing".to_owned()));
    };
    let (checker, _) = setup::checker(global, None, trace, local)?;
    let spf = command.spf.map(identifier);
    let dkim: Vec<Identifier> = command.dkim.into_iter().map(identifier).collect();
    let (verdict, taken) = checker.dmarc(&Author::from_domain(from), spf.as_ref(), &dkim)?;
    if as_json {
        return print_json(&json::dmarc(&verdict, trace.then_some(&taken)));
    }
    let mut page = Page::default();
    decision::results(&mut page, &verdict);
    show(&mut page, &verdict);
    if trace {
        steps::show(&mut page, &taken);
    }
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
