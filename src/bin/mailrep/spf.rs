//! `mailrep spf`: SPF alone, or the linter of its records.

use super::cli::{Global, Spf};
use super::failure::Failure;
use super::page::{Page, print_json};
use super::policy::Local;
use super::{lint, setup, steps};
use mailrep::Limits;
use mailrep::dns::Name;
use mailrep::json;
use mailrep::spf::{Evaluation, Identity, Request, Verdict};

pub(crate) fn run(command: Spf, global: Global, local: Local) -> Result<(), Failure> {
    let (as_json, trace) = (global.json, command.trace);
    if let Some(domain) = &command.lint {
        let given: Vec<&Name> = command.policy.domains().collect();
        return lint::run(domain, trace, global, local, &given);
    }
    let (Some(client), Some(helo), Some(mail_from)) = (command.ip, command.helo, command.mail_from) else {
        return Err(Failure::Input(
            "--ip, --helo and --mail-from are needed together".to_owned(),
        ));
    };
    let (checker, now) = setup::checker(global, None, trace, local)?;
    let request = Request {
        client: client.to_canonical(),
        helo,
        mail_from: without_brackets(&mail_from).into(),
        receiver: checker.options().authserv_id.clone(),
        now,
    };
    let (verdict, taken) = checker.spf(&request)?;
    if as_json {
        return print_json(&json::spf(&verdict, &request, trace.then_some(&taken)));
    }
    let mut page = Page::default();
    show(&mut page, &verdict);
    if trace {
        steps::show(&mut page, &taken);
    }
    page.print()
}

fn without_brackets(address: &[u8]) -> &[u8] {
    let address = address.trim_ascii();
    address
        .strip_prefix(b"<")
        .and_then(|rest| rest.strip_suffix(b">"))
        .unwrap_or(address)
}

/// The result that counts, and HELO's own below it.
pub(crate) fn show(page: &mut Page, verdict: &Verdict) {
    let counts = &verdict.evaluation;
    page.check("SPF", counts.result.as_str(), &counts.reason());
    facts(page, counts);
    if counts.identity == Identity::MailFrom
        && let Some(helo) = &verdict.helo
    {
        page.check("  HELO", helo.result.as_str(), &helo.reason());
        facts(page, helo);
    }
}

fn facts(page: &mut Page, evaluation: &Evaluation) {
    let of = match evaluation.identity {
        Identity::MailFrom => "MAIL FROM",
        Identity::Helo => "HELO",
    };
    if !evaluation.domain.is_empty() {
        page.fact("domain", &format!("{} ({of})", evaluation.domain));
    }
    if let Some(mechanism) = &evaluation.mechanism {
        page.fact("decided by", mechanism);
    }
    if let Some(explanation) = &evaluation.explanation {
        let whose = if evaluation.local_explanation {
            "our explanation"
        } else {
            "its owner says"
        };
        page.fact(whose, &format!("\"{explanation}\""));
    }
    let limits = Limits::default();
    page.fact(
        "DNS look-ups",
        &format!(
            "{} of {}, void {} of {}",
            evaluation.dns_lookups, limits.spf_dns_lookups, evaluation.void_lookups, limits.spf_void_lookups
        ),
    );
}
