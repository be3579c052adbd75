//! What came of all checks together.

use super::context::Options;
use crate::auth_results::{AuthenticationResults, MethodResult, fields_to_remove};
use crate::clock::UnixTime;
use crate::dmarc::{DkimFinding, DmarcResult, Identifier, Outcome, SpfFinding};
use crate::dns::Name;
use crate::iprev::Iprev;
use crate::message::{Anomaly, HeaderFields};
use crate::spf::{Identity, SpfResult, with_a_labels};
use crate::trace::{Step, Tracer};
use crate::{dkim, dmarc, spf};
use std::net::IpAddr;

/// Signatures that did not pass and are named in the Authentication-Results field.
const MOST_UNPROVEN: usize = 20;

/// The verdict on one message.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The account that the client has logged in to; none for mail that comes from elsewhere.
    pub account: Option<String>,
    /// SPF of both identities; none when the client's address is not known, and for mail that is submitted.
    pub spf: Option<spf::Verdict>,
    /// What SPF was asked, for [`spf::Evaluation::received_spf`]; there where `spf` is.
    pub spf_request: Option<spf::Request>,
    /// One verdict for each DKIM signature, in the order of the header; empty without signatures.
    pub dkim: Vec<dkim::SignatureVerdict>,
    /// DMARC, which rests on the two before.
    pub dmarc: dmarc::Verdict,
    /// Forward-confirmed reverse DNS; none when the client's address is not known, and for mail that is submitted.
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
    /// DMARC's reason, and what the reader has to know beside it: a client that is not known, or that local policy trusts; an SPF
    /// record of local policy, where the result rests on SPF; an odd message.
    pub fn dmarc_reason(&self) -> String {
        let mut reason = self.dmarc.reason();
        let told = match &self.dmarc.cause {
            dmarc::Cause::NotAligned { spf, .. } => Some(spf),
            _ => None,
        };
        match (&self.spf, told) {
            _ if self.account.is_some() => {}
            (_, Some(SpfFinding::TrustedClient)) => {}
            (None, Some(SpfFinding::NotChecked)) => {
                reason.push_str("; the client's address, which SPF needs, is not known");
            }
            (None, _) => reason.push_str("; SPF was not checked because the client's address is not known"),
            // A signature that passes needs no excuse for SPF.
            (Some(spf), _) if is_trusted(spf) && self.dmarc.result != DmarcResult::Pass => {
                reason.push_str("; SPF was not checked because local policy trusts the client");
            }
            (Some(_), _) => {}
        }
        if let Some(replaced) = self.spf.as_ref().and_then(|spf| spf.evaluation.replaced())
            && !self.dmarc.dkim_aligned
            && matches!(
                self.dmarc.result,
                DmarcResult::Pass | DmarcResult::Fail | DmarcResult::None
            )
        {
            reason.push_str("; ");
            reason.push_str(&replaced);
        }
        if let Some(anomaly) = self.anomaly.filter(|anomaly| !anomaly.is_incomplete()) {
            reason.push_str(&format!("; {anomaly}"));
        }
        reason
    }
}

/// Whether local policy left the client unchecked.
fn is_trusted(spf: &spf::Verdict) -> bool {
    matches!(spf.evaluation.cause, spf::Cause::TrustedClient { .. })
}

/// All that a verdict is made of.
pub(super) struct Parts<'a> {
    pub(super) options: &'a Options,
    pub(super) client: Option<IpAddr>,
    pub(super) helo: &'a [u8],
    pub(super) mail_from: &'a [u8],
    pub(super) account: Option<String>,
    pub(super) now: UnixTime,
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
        let dmarc = match &self.account {
            Some(account) => dmarc::Verdict::for_submission(self.policy.author(), account),
            None => self.evaluate(),
        };
        let mut results = Vec::with_capacity(self.dkim.len() + 4);
        match &self.account {
            Some(account) => self.submission_results(account, &mut results),
            None => {
                self.spf_results(&mut results);
                self.dkim_results(&mut results);
                results.push(dmarc_result(&dmarc));
                self.iprev_result(&mut results);
            }
        }
        let authserv_id = self.options.authserv_id.to_string();
        Verdict {
            headers_to_remove: fields_to_remove(self.header, &authserv_id),
            authentication_results: AuthenticationResults { authserv_id, results }.value(),
            spf_request: self.spf_request(),
            account: self.account,
            spf: self.spf,
            dkim: self.dkim,
            dmarc,
            iprev: self.iprev,
            anomaly: self.anomaly,
            trace: self.trace.steps(),
        }
    }

    fn evaluate(&self) -> dmarc::Verdict {
        let (spf_identifier, dkim_identifiers) = (self.spf_identifier(), self.dkim_identifiers());
        let mut dmarc = dmarc::evaluate(&self.policy, spf_identifier.as_ref(), &dkim_identifiers);
        if self.trusts_client() {
            dmarc = dmarc.for_trusted_client();
        }
        let identifiers = spf_identifier.iter().chain(&dkim_identifiers);
        let passed: Vec<Name> = identifiers
            .filter(|identifier| identifier.outcome == Outcome::Pass)
            .map(|identifier| identifier.domain.clone())
            .collect();
        let circumstances = dmarc::Circumstances {
            client: self.client,
            header: self.header,
            passed: &passed,
        };
        self.options.dmarc.apply(&mut dmarc, &circumstances);
        // What names no domain is no identifier, and DMARC was told nothing of it; but it was there.
        if let dmarc::Cause::NotAligned { spf, dkim, .. } = &mut dmarc.cause {
            if self.spf.is_some() && *spf == SpfFinding::NotChecked {
                *spf = SpfFinding::NoDomain;
            }
            if !self.dkim.is_empty() && *dkim == DkimFinding::NoSignature {
                *dkim = DkimFinding::OthersFailed;
            }
        }
        dmarc
    }

    /// RFC 8601 section 2.7.4. What says that something did not pass is left out where nothing could: whoever reads mail
    /// would take it for a verdict on a stranger.
    fn submission_results(&self, account: &str, results: &mut Vec<MethodResult>) {
        let account = match account.contains('@') {
            true => with_a_labels(account.as_bytes()),
            false => account.as_bytes().into(),
        };
        results.push(MethodResult::new("auth", "pass").property("smtp", "auth", account));
        if !self.dkim.is_empty() {
            self.dkim_results(results);
        }
    }

    fn spf_request(&self) -> Option<spf::Request> {
        self.spf.as_ref()?;
        Some(spf::Request {
            client: self.client?,
            helo: self.helo.into(),
            mail_from: self.mail_from.into(),
            receiver: self.options.authserv_id.clone(),
            now: self.now,
        })
    }

    /// Whether SPF was left out for this client, whatever its envelope says.
    fn trusts_client(&self) -> bool {
        let policy = &self.options.spf;
        self.client
            .is_some_and(|client| policy.trusts(client.to_canonical()))
    }

    /// None for a client that is not to be checked: "did not pass" would not be true.
    fn spf_identifier(&self) -> Option<Identifier> {
        if self.trusts_client() {
            return None;
        }
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
                // That the domain itself would have it so is not said where local policy replaces its record.
                SpfResult::Pass if evaluation.local_records.is_empty() => result,
                _ => result.reason(evaluation.reason()),
            };
            match evaluation.identity {
                Identity::MailFrom => result.property("smtp", "mailfrom", with_a_labels(self.mail_from)),
                Identity::Helo => result.property("smtp", "helo", with_a_labels(self.helo)),
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

    /// RFC 8601 section 2.7.1, with `header.a` and `header.s` of RFC 8601 and `header.b` of RFC 6008. All signatures that
    /// pass are named, and of the others the first, so that a stranger's thousands do not make a field of megabytes.
    fn dkim_results(&self, results: &mut Vec<MethodResult>) {
        let (mut named, mut left_out) = (0, 0);
        for verdict in &self.dkim {
            if verdict.result != dkim::DkimResult::Pass {
                if named == MOST_UNPROVEN {
                    left_out += 1;
                    continue;
                }
                named += 1;
            }
            results.push(dkim_result(verdict));
        }
        if left_out > 0
            && let Some(last) = results.last_mut()
        {
            last.comment = Some(format!(
                "{left_out} more signatures that did not pass are not listed"
            ));
        }
        if self.dkim.is_empty() {
            results.push(self.no_signature());
        }
    }

    /// RFC 8601 section 2.7.1: `none` says that the message was not signed, which nobody knows of a header that was not read
    /// to its end.
    fn no_signature(&self) -> MethodResult {
        match self.anomaly.filter(|anomaly| anomaly.is_incomplete()) {
            Some(anomaly) => {
                let mut result = MethodResult::new("dkim", "permerror");
                result.reason = Some(anomaly.to_string());
                result
            }
            None => MethodResult::new("dkim", "none"),
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

fn dkim_result(verdict: &dkim::SignatureVerdict) -> MethodResult {
    let mut result = MethodResult::new("dkim", verdict.result.as_str());
    if verdict.result != dkim::DkimResult::Pass {
        result = result.reason(verdict.reason());
    }
    let identity = verdict.identity.as_ref().map(|identity| {
        let written = with_a_labels(identity.as_bytes());
        String::from_utf8_lossy(&written).into_owned()
    });
    let properties = [
        ("d", &verdict.domain),
        ("i", &identity),
        ("s", &verdict.selector),
        ("a", &verdict.algorithm),
        ("b", &verdict.signature_start),
    ];
    for (property, value) in properties {
        if let Some(value) = value {
            result = result.property("header", property, value);
        }
    }
    result
}

/// RFC 9989 section 9.1 and RFC 8601 section 2.7.
fn dmarc_result(verdict: &dmarc::Verdict) -> MethodResult {
    let mut result = MethodResult::new("dmarc", verdict.result.as_str());
    if verdict.result != dmarc::DmarcResult::Pass {
        result = result.reason(verdict.reason());
    }
    if let Some(domain) = &verdict.from_domain {
        result = result.property("header", "from", domain.to_string());
    }
    if let Some(disposition) = verdict.disposition {
        result = result.property("policy", "dmarc", disposition.as_str());
    }
    result
}
