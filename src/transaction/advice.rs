//! What can be done about a verdict, by who receives such mail and by who sends it.

use super::verdict::Verdict;
use crate::dkim::{self, DkimResult, HeaderHint, Hint, KeyProblem, SignatureVerdict};
use crate::dmarc::{Cause, DkimFinding, Policy, SpfFinding};
use crate::dns::Name;
use crate::spf::{self, SpfResult};

/// Sentences, the one for the host that received the message first.
pub(super) fn advice(verdict: &Verdict) -> Vec<String> {
    match &verdict.dmarc.cause {
        Cause::Aligned { author, .. } => of_pass(verdict, author),
        Cause::NotAligned {
            author, spf, dkim, ..
        } => {
            let mut all = of_receiver(verdict);
            // What a list does, the author's domain cannot keep it from.
            if mailing_list(verdict).is_some() {
                return all;
            }
            let spf = of_spf_finding(verdict, author, spf);
            let dkim = of_dkim_finding(verdict, author, dkim);
            let both: Vec<String> = [spf, dkim].into_iter().flatten().collect();
            all.extend((!both.is_empty()).then(|| if_yours(author, &both.join("; and "))));
            all
        }
        Cause::NoRecord {
            author,
            several: None,
        } => vec![if_yours(
            author,
            "publish a DMARC record, 'v=DMARC1; p=none; rua=mailto:...' to begin with",
        )],
        Cause::NoRecord {
            several: Some((at, _)),
            ..
        } => vec![if_yours(at, "keep one DMARC record and remove the others")],
        Cause::PolicyUnknown { at, .. } | Cause::AlignmentUnknown { at, .. } => defer(at),
        Cause::ExistenceUnknown { author, .. } => defer(author),
        Cause::IdentifierUnknown { identifier, .. } => defer(identifier),
        Cause::NotLookedUp { .. } => Vec::new(),
        Cause::RecordUnusable { at, .. } => vec![if_yours(
            at,
            &format!("repair its DMARC record; 'mailrep dmarc --lint {at}' says how"),
        )],
        Cause::Author(_) => vec![
            "refuse it, or decide by your own rules: mail has one From field with an address in a domain (RFC 5322 section 3.6.2), \
             and programs that write mail by the standard have no trouble with that"
                .to_owned(),
        ],
        Cause::Authenticated { .. } => vec![match &verdict.dmarc.from_domain {
            Some(domain) => format!("accept it if the account may write as {domain}, and sign it"),
            None => "ask for a From field with an address before it is sent on".to_owned(),
        }],
    }
}

fn if_yours(domain: &Name, what: &str) -> String {
    format!("if {domain} is yours: {what}")
}

fn defer(at: &Name) -> Vec<String> {
    vec![
        "answer with a temporary error (4xx), so that the client tries again".to_owned(),
        format!("if it stays so, look whether the nameservers of {at} answer you, and your own resolver"),
    ]
}

/// What may break later where all is well now.
fn of_pass(verdict: &Verdict, author: &Name) -> Vec<String> {
    let dmarc = &verdict.dmarc;
    let failed = |result| matches!(result, SpfResult::Fail | SpfResult::SoftFail);
    if dmarc.dkim_aligned {
        let spf = verdict.spf.as_ref().map(|spf| spf.evaluation.result);
        return match spf.is_some_and(failed) {
            true => vec![
                "nothing has to be done: SPF does not pass where mail was forwarded, and the signature is enough".to_owned(),
            ],
            false => Vec::new(),
        };
    }
    let organization = dmarc.organizational_domain.as_ref().unwrap_or(author);
    let own = |signature: &&SignatureVerdict| {
        let domain = signature.domain_name();
        domain.is_some_and(|domain| domain.is_within(organization))
    };
    let what = match verdict.dkim.iter().find(own) {
        Some(signature) => of_signature(signature),
        None => Some(format!("sign its mail with DKIM for {author}")),
    };
    let what = what
        .map(|what| format!("it rests on SPF alone, which does not pass where mail is forwarded; {what}"));
    what.map(|what| if_yours(author, &what)).into_iter().collect()
}

/// For who received a message that failed.
fn of_receiver(verdict: &Verdict) -> Vec<String> {
    let asked = match verdict.dmarc.disposition {
        Some(Policy::Reject) => "refuse it in the SMTP dialogue (5xx), so that whoever sent it learns of it",
        Some(Policy::Quarantine) => "put it into the folder for junk, or hold it",
        Some(Policy::None) | None => return Vec::new(),
    };
    let mut all = vec![asked.to_owned()];
    if let Some(list) = mailing_list(verdict) {
        all.push(format!(
            "if your users read the mailing list {list}: name it among the lists that local DMARC policy lets through; its operator \
             can avoid this by not changing messages, or by putting the list's own address into From"
        ));
    } else if let Some(request) = &verdict.spf_request
        // Who adds an author forwards nothing.
        && verdict.dmarc.author_problem.is_none()
        && hints(verdict).any(|hint| hint.is_proven() || hint.body_changed)
    {
        all.push(format!(
            "if {} forwards mail to you: let it forward without changing messages, or trust it in local DMARC policy",
            request.client
        ));
    }
    all
}

fn hints(verdict: &Verdict) -> impl Iterator<Item = &Hint> {
    verdict
        .dkim
        .iter()
        .filter_map(|signature| signature.hint.as_deref())
}

fn mailing_list(verdict: &Verdict) -> Option<&str> {
    hints(verdict).find_map(|hint| hint.mailing_list.as_deref())
}

fn of_spf_finding(verdict: &Verdict, author: &Name, spf: &SpfFinding) -> Option<String> {
    match spf {
        SpfFinding::NoPass { aligned: true, .. } => of_spf(&verdict.spf.as_ref()?.evaluation),
        SpfFinding::NoPass { aligned: false, .. } | SpfFinding::NotAligned { strict: false, .. } => Some(
            format!("send with an envelope sender of {author}, so that SPF counts"),
        ),
        SpfFinding::NotAligned { strict: true, .. } => Some(format!(
            "send with an envelope sender of {author} itself, or leave aspf=s out of the DMARC record"
        )),
        SpfFinding::NotChecked | SpfFinding::TrustedClient | SpfFinding::NoDomain => None,
    }
}

/// What the owner of a domain can do for its SPF to pass.
fn of_spf(evaluation: &spf::Evaluation) -> Option<String> {
    let domain = &evaluation.domain;
    let lint = |what: &str| Some(format!("{what}; 'mailrep spf --lint {domain}' says how"));
    match &evaluation.cause {
        spf::Cause::Matched(matched) => Some(format!(
            "let the SPF record of {domain} permit {}, if that is one of the hosts that send for you",
            matched.client
        )),
        spf::Cause::NoMatch { client, .. } => Some(format!(
            "let the SPF record of {domain} permit {client}, if that is one of the hosts that send for you"
        )),
        spf::Cause::NoRecord { .. } => Some(format!("publish an SPF record for {domain}")),
        spf::Cause::Syntax { .. } | spf::Cause::SeveralRecords { .. } => lint("repair the SPF record"),
        spf::Cause::IncludeNone(_) | spf::Cause::RedirectNone(_) => {
            lint("take out of the SPF record what points to a domain without one")
        }
        spf::Cause::LookupLimit(_) | spf::Cause::VoidLimit(_) | spf::Cause::MxLimit(_) => {
            lint("let the SPF record cost fewer look-ups")
        }
        spf::Cause::Dns { .. } => Some(format!("look whether the nameservers of {domain} answer")),
        // Nothing was asked of a domain that one can publish for.
        spf::Cause::NoSuchDomain { .. }
        | spf::Cause::Literal { .. }
        | spf::Cause::SingleLabel { .. }
        | spf::Cause::MalformedDomain { .. }
        | spf::Cause::NoDomain { .. }
        | spf::Cause::NoHelo => Some("send with an envelope sender whose domain exists".to_owned()),
        spf::Cause::TrustedClient { .. } => None,
    }
}

fn of_dkim_finding(verdict: &Verdict, author: &Name, dkim: &DkimFinding) -> Option<String> {
    match dkim {
        DkimFinding::NoSignature | DkimFinding::OthersFailed => {
            Some(format!("sign your mail with DKIM for {author}"))
        }
        DkimFinding::NotAligned {
            strict: false,
            domain,
        } => Some(format!(
            "let your mail be signed for {author} too, and not only for {domain}"
        )),
        DkimFinding::NotAligned { strict: true, .. } => Some(format!(
            "sign for {author} itself, or leave adkim=s out of the DMARC record"
        )),
        DkimFinding::NoPass { domain } => {
            let failed = |signature: &&SignatureVerdict| {
                signature.domain_name() == Some(domain) && signature.result != DkimResult::Pass
            };
            of_signature(verdict.dkim.iter().find(failed)?)
        }
    }
}

/// What the owner of a signing domain can do for its signatures to pass.
fn of_signature(signature: &SignatureVerdict) -> Option<String> {
    use dkim::Cause::*;
    Some(match &signature.cause {
        Verified => return None,
        BodyChanged | HeaderChanged | BodyAndHeaderChanged | BodyTooShort { .. } => {
            let hint = signature.hint.as_ref()?;
            match &hint.header {
                Some(HeaderHint::Refolded) => "sign with relaxed canonicalization (c=relaxed/relaxed)".to_owned(),
                Some(HeaderHint::Changed(changes)) => {
                    let fields: Vec<&str> = changes.iter().map(|change| change.field.as_str()).collect();
                    let fields = fields.join(" and ");
                    format!("look whether one of your own hosts changes {fields} after signing")
                }
                Some(HeaderHint::Unknown { simple: true, .. }) => {
                    "sign last, after all that changes messages on your own hosts, and with relaxed canonicalization (c=relaxed/relaxed)"
                        .to_owned()
                }
                Some(HeaderHint::Unknown { .. }) => {
                    "sign last, after all that changes messages on your own hosts, with the key that is published; \
                     'mailrep keygen --verify' compares them"
                        .to_owned()
                }
                None => "look whether one of your own hosts changes the body after signing, such as by a footer".to_owned(),
            }
        }
        Syntax(_)
        | MissingTag(_)
        | BadValue { .. }
        | Version(_)
        | UnknownAlgorithm(_)
        | UnknownCanonicalization(_)
        | UnknownQuery(_)
        | IdentityOutsideDomain { .. }
        | ExpiresBeforeMade { .. }
        | KeyName(_) => "set your signer right: what it writes is no signature by RFC 6376".to_owned(),
        RsaSha1 => "sign with rsa-sha256".to_owned(),
        FromUnsigned => "let your signer cover the From field (h=)".to_owned(),
        NoKey { name } => format!("publish the key at {name}, or sign with one that is published"),
        KeyUnusable {
            name,
            problem: KeyProblem::Revoked,
        } => format!("the key at {name} is revoked: sign with another one"),
        KeyUnusable { name, .. } => {
            format!("repair the key record at {name}; 'mailrep keygen --verify' compares it")
        }
        KeyTooShort { .. } | KeyTooLong { .. } => {
            "make a key of 2048 bits and publish it ('mailrep keygen')".to_owned()
        }
        BodyLength { .. } => "sign the whole body (no l=)".to_owned(),
        Expired { .. } => {
            "let signatures be valid for longer (x=), a week at least: mail may wait in a queue".to_owned()
        }
        InFuture { .. } => "set the clock of your signer".to_owned(),
        KeyUnavailable { name, .. } => format!("look whether the nameservers answer for {name}"),
        OverLimit { .. } | HeaderIncomplete | BodyNotHashed => return None,
    })
}
