//! The verdict told to an administrator: who claims to have sent the message, what was proven, what decides, what to do.

use super::advice::advice;
use super::verdict::Verdict;
use crate::dkim::{Cause, DkimResult, SignatureVerdict};
use crate::dmarc::{AlignedIdentifier, Mechanism};
use crate::dns::Name;
use crate::error::printable;
use crate::iprev::IprevResult;
use crate::spf::{SpfResult, with_a_labels};

/// Signatures that are told of.
const MOST_SIGNATURES: usize = 10;

/// The verdict in sentences, without their full stops. What strangers wrote is made printable.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Story {
    /// Who claims to have sent the message.
    pub claimed: String,
    /// What was proven, and what was not; never empty.
    pub proven: Vec<String>,
    /// What decides: DMARC's reason.
    pub decides: String,
    /// What can be done, by who receives such mail and by who sends it.
    pub advice: Vec<String>,
}

impl Verdict {
    /// The verdict as a story.
    pub fn story(&self) -> Story {
        Story {
            claimed: self.claimed(),
            proven: self.proven(),
            decides: self.dmarc_reason(),
            advice: advice(self),
        }
    }

    fn claimed(&self) -> String {
        let mut claimed = match &self.dmarc.from_domain {
            Some(domain) => format!("the From field says that it comes from {domain}"),
            None => "the From field does not say from which domain it comes".to_owned(),
        };
        if let Some(request) = &self.spf_request {
            claimed.push_str(&match request.mail_from.is_empty() {
                true => "; it has no envelope sender, as a bounce".to_owned(),
                false => format!(
                    "; the envelope sender is {}",
                    printable(&with_a_labels(&request.mail_from))
                ),
            });
            claimed.push_str(&format!("; {} delivered it", request.client));
            if !request.helo.is_empty() {
                claimed.push_str(&format!(", calling itself {}", printable(&request.helo)));
            }
        }
        claimed
    }

    fn proven(&self) -> Vec<String> {
        let (mut proven, mut not) = (Vec::new(), Vec::new());
        if let Some(account) = &self.account {
            let account = printable(account.as_bytes());
            proven.push(format!("by AUTH: the client has logged in as '{account}'"));
        }
        if let Some(spf) = &self.spf
            && let Some(domain) = spf.evaluation.domain_name()
            && let Some(request) = &self.spf_request
        {
            let client = request.client;
            match spf.evaluation.result {
                SpfResult::Pass => proven.push(format!(
                    "by SPF: {client} may send for {domain}{}",
                    self.relation(Mechanism::Spf, domain)
                )),
                SpfResult::Fail | SpfResult::SoftFail => not.push(format!(
                    "not by SPF: {domain} does not let {client} send for it; that host forwards mail, or is a stranger"
                )),
                _ => not.push(format!("not by SPF: {}", spf.evaluation.reason())),
            }
        }
        for signature in self.dkim.iter().take(MOST_SIGNATURES) {
            let passes = signature.result == DkimResult::Pass;
            let told = if passes { &mut proven } else { &mut not };
            let sentence = self.of_signature(signature);
            if !told.contains(&sentence) {
                told.push(sentence);
            }
        }
        if proven.is_empty() {
            proven.push("nothing that says who wrote it".to_owned());
        }
        proven.append(&mut not);
        if let Some(iprev) = &self.iprev
            && iprev.result == IprevResult::Pass
            && let Some(name) = &iprev.name
        {
            proven.push(format!(
                "the client is {name}: its name and its address point to each other"
            ));
        }
        proven
    }

    fn of_signature(&self, signature: &SignatureVerdict) -> String {
        let domain = signature
            .domain
            .as_deref()
            .unwrap_or("a domain that cannot be read");
        match (&signature.cause, &signature.hint) {
            (Cause::Verified, _) => {
                let relation = signature
                    .domain_name()
                    .map(|name| self.relation(Mechanism::Dkim, name));
                format!(
                    "by DKIM: {domain} signed it as it stands{}",
                    relation.unwrap_or_default()
                )
            }
            (Cause::BodyChanged, Some(hint)) => {
                format!("not by DKIM: the header is as {domain} signed it, the body is not: {hint}")
            }
            (Cause::HeaderChanged, Some(hint)) => {
                format!("not by DKIM: the body is as {domain} signed it, the header is not: {hint}")
            }
            (Cause::BodyAndHeaderChanged | Cause::BodyTooShort { .. }, Some(hint)) => {
                format!("not by DKIM: it is not as {domain} signed it: {hint}")
            }
            _ => format!("not by DKIM, for {domain}: {}", signature.reason()),
        }
    }

    /// Whether that counts for DMARC.
    fn relation(&self, mechanism: Mechanism, domain: &Name) -> String {
        let aligned = |one: &AlignedIdentifier| one.mechanism == mechanism && one.domain == *domain;
        match &self.dmarc.from_domain {
            None => String::new(),
            _ if self.account.is_some() => String::new(),
            Some(from) if from == domain => ", the domain in From".to_owned(),
            Some(from) if self.dmarc.aligned_identifiers.iter().any(aligned) => {
                format!(", which belongs to the same organization as {from}, the domain in From")
            }
            Some(from) => format!(", which says nothing about {from}, the domain in From"),
        }
    }
}
