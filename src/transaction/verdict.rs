//! What came of all checks together.

use super::context::Options;
use crate::auth_results::{AuthenticationResults, MethodResult, fields_to_remove};
use crate::dmarc::{Identifier, Outcome};
use crate::iprev::Iprev;
use crate::message::{Anomaly, HeaderFields};
use crate::spf::{Identity, SpfResult};
use crate::trace::{Step, Tracer};
use crate::{dkim, dmarc, spf};
use std::net::IpAddr;

/// The verdict on one message.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// SPF of both identities; none when the client's address is not known.
    pub spf: Option<spf::Verdict>,
    /// One verdict for each DKIM signature, in the order of the header; empty without signatures.
    pub dkim: Vec<dkim::SignatureVerdict>,
    /// DMARC, which rests on the two before.
    pub dmarc: dmarc::Verdict,
    /// Forward-confirmed reverse DNS; none when the client's address is not known.
    pub iprev: Option<Iprev>,
    /// The value of the Authentication-Results field to add (RFC 8601), folded with CRLF and blanks.
    pub authentication_results: String,
    /// Fields to remove because they claim to be ours: places among all fields from 0, the last first. Fields beyond
    /// the bounds of the header are not among them; [`Anomaly::is_incomplete`] tells that there are such.
    pub headers_to_remove: Vec<usize>,
    /// What is odd about the message's form.
    pub anomaly: Option<Anomaly>,
    /// The steps of all checks; empty unless they were asked for.
    pub trace: Vec<Step>,
}

impl Verdict {
    /// DMARC's reason, and what the reader has to know beside it: a client that is not known, an odd message.
    pub fn dmarc_reason(&self) -> String {
        let mut reason = self.dmarc.reason();
        let told = matches!(
            self.dmarc.cause,
            dmarc::Cause::NotAligned {
                spf: dmarc::SpfFinding::NotChecked,
                ..
            }
        );
        reason.push_str(match (&self.spf, told) {
            (None, false) => "; SPF was not checked because the client's address is not known",
            (None, true) => "; the client's address, which SPF needs, is not known",
            (Some(_), true) => "; there was no domain that SPF could check",
            (Some(_), false) => "",
        });
        if let Some(anomaly) = self.anomaly.filter(|anomaly| !anomaly.is_incomplete()) {
            reason.push_str(&format!("; {anomaly}"));
        }
        reason
    }
}

/// Results of signatures that are written, whichever they are, even with a low [`Limits::signatures`].
///
/// [`Limits::signatures`]: crate::Limits::signatures
const LEAST_TOLD: usize = 10;

/// All that a verdict is made of.
pub(super) struct Parts<'a> {
    pub(super) options: &'a Options,
    pub(super) client: Option<IpAddr>,
    pub(super) helo: &'a [u8],
    pub(super) mail_from: &'a [u8],
    pub(super) header: &'a HeaderFields,
    pub(super) anomaly: Option<Anomaly>,
    pub(super) iprev: Option<Iprev>,
    pub(super) spf: Option<spf::Verdict>,
    pub(super) dkim: Vec<dkim::SignatureVerdict>,
    pub(super) policy: dmarc::Discovery,
    pub(super) trace: &'a Tracer,
}

impl Parts<'_> {
    pub(super) fn conclude(self) -> Verdict {
        let dmarc = dmarc::evaluate(
            &self.policy,
            self.spf_identifier().as_ref(),
            &self.dkim_identifiers(),
        );
        let mut results = Vec::with_capacity(self.dkim.len() + 4);
        self.spf_results(&mut results);
        self.dkim_results(&mut results);
        results.push(dmarc_result(&dmarc));
        self.iprev_result(&mut results);
        let authserv_id = self.options.authserv_id.to_string();
        Verdict {
            headers_to_remove: fields_to_remove(self.header, &authserv_id),
            authentication_results: AuthenticationResults { authserv_id, results }.value(),
            spf: self.spf,
            dkim: self.dkim,
            dmarc,
            iprev: self.iprev,
            anomaly: self.anomaly,
            trace: self.trace.steps(),
        }
    }

    fn spf_identifier(&self) -> Option<Identifier> {
        let evaluation = &self.spf.as_ref()?.evaluation;
        let outcome = match evaluation.result {
            SpfResult::Pass => Outcome::Pass,
            SpfResult::TempError => Outcome::TempError,
            _ => Outcome::NoPass,
        };
        Some(Identifier {
            domain: evaluation.domain_name()?.clone(),
            outcome,
        })
    }

    fn dkim_identifiers(&self) -> Vec<Identifier> {
        let identifier = |verdict: &dkim::SignatureVerdict| {
            let outcome = match verdict.result {
                dkim::DkimResult::Pass => Outcome::Pass,
                dkim::DkimResult::TempError => Outcome::TempError,
                _ => Outcome::NoPass,
            };
            Some(Identifier {
                domain: verdict.domain_name()?.clone(),
                outcome,
            })
        };
        self.dkim.iter().filter_map(identifier).collect()
    }

    /// RFC 8601 section 2.7.2: one result for each identity.
    fn spf_results(&self, results: &mut Vec<MethodResult>) {
        let Some(spf) = &self.spf else { return };
        let result = |evaluation: &spf::Evaluation| {
            let result = MethodResult::new("spf", evaluation.result.as_str());
            let result = match evaluation.result {
                SpfResult::Pass => result,
                _ => result.reason(evaluation.reason()),
            };
            match evaluation.identity {
                Identity::MailFrom => result.property("smtp", "mailfrom", self.mail_from),
                Identity::Helo => result.property("smtp", "helo", self.helo),
            }
        };
        results.push(result(&spf.evaluation));
        if let Some(helo) = spf
            .helo
            .as_ref()
            .filter(|_| spf.evaluation.identity != Identity::Helo)
        {
            results.push(result(helo));
        }
    }

    /// RFC 8601 section 2.7.1, with `header.a` and `header.s` of RFC 8601 and `header.b` of RFC 6008.
    fn dkim_results(&self, results: &mut Vec<MethodResult>) {
        // All that passed, of which there are few; of the others so many that strangers cannot make the field grow.
        let most = self.options.limits.signatures.max(LEAST_TOLD);
        let mut left_out = 0;
        for verdict in &self.dkim {
            if verdict.result != dkim::DkimResult::Pass && results.len() >= most {
                left_out += 1;
                continue;
            }
            let mut result = MethodResult::new("dkim", verdict.result.as_str());
            if verdict.result != dkim::DkimResult::Pass {
                result = result.reason(verdict.reason());
            }
            let properties = [
                ("d", &verdict.domain),
                ("i", &verdict.identity),
                ("s", &verdict.selector),
                ("a", &verdict.algorithm),
                ("b", &verdict.signature_start),
            ];
            for (property, value) in properties {
                if let Some(value) = value {
                    result = result.property("header", property, value);
                }
            }
            results.push(result);
        }
        if self.dkim.is_empty() {
            results.push(MethodResult::new("dkim", "none"));
        }
        if left_out > 0 {
            let why = format!("{left_out} more signatures did not pass and are not listed");
            results.push(MethodResult::new("dkim", "policy").reason(why));
        }
    }

    /// RFC 8601 section 3.
    fn iprev_result(&self, results: &mut Vec<MethodResult>) {
        let (Some(iprev), Some(client)) = (&self.iprev, self.client) else {
            return;
        };
        let result = MethodResult::new("iprev", iprev.result.as_str());
        results.push(result.property("policy", "iprev", client.to_string()));
    }
}

/// RFC 9989 section 9.1 and RFC 8601 section 2.7.
fn dmarc_result(verdict: &dmarc::Verdict) -> MethodResult {
    let mut result = MethodResult::new("dmarc", verdict.result.as_str());
    if verdict.result != dmarc::DmarcResult::Pass {
        result = result.reason(verdict.reason());
    }
    if let Some(domain) = &verdict.from_domain {
        result = result.property("header", "from", domain);
    }
    if let Some(disposition) = verdict.disposition {
        result = result.property("policy", "dmarc", disposition.as_str());
    }
    result
}
