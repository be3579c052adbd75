//! Judging what SPF and DKIM found against the policy (RFC 9989 sections 4.10.2, 5.3.4 to 5.3.6). No DNS here.

use super::cause::{DkimFinding, SpfFinding};
use super::discover::Relation;
use super::overrides::{Override, OverrideKind};
use super::walk::{Absence, Found, Step};
use super::{
    AlignmentMode, Author, AuthorProblem, Cause, Discovery, DmarcResult, OrganizationalDomains, Policy,
    PolicyFinding, Record,
};
use crate::dns::Name;
use crate::error::printable;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;

/// What a check said about an identifier, as far as DMARC minds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It authenticated the identifier.
    Pass,
    /// It did not, for whatever lasting reason.
    NoPass,
    /// It was a temporary error, and may pass later.
    TempError,
}

/// A domain that SPF or a DKIM signature speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identifier {
    /// The MAIL FROM domain (HELO's for a null reverse-path), or the signing domain.
    pub domain: Name,
    /// What came of it.
    pub outcome: Outcome,
}

/// What authenticates an identifier (section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Mechanism {
    /// RFC 7208.
    Spf,
    /// RFC 6376.
    Dkim,
}

impl fmt::Display for Mechanism {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Mechanism::Spf => "SPF",
            Mechanism::Dkim => "DKIM",
        })
    }
}

/// An identifier that passed and is aligned with the author domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlignedIdentifier {
    /// What authenticated it.
    pub mechanism: Mechanism,
    /// Its domain.
    pub domain: Name,
}

/// What DMARC says, and why. With several author domains it is the strictest verdict of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The result.
    pub result: DmarcResult,
    /// What decided.
    pub cause: Cause,
    /// What is wrong with the From field besides, where a policy in it decided nevertheless.
    pub author_problem: Option<AuthorProblem>,
    /// The author domain that was judged.
    pub from_domain: Option<Name>,
    /// Where the policy record stands.
    pub policy_domain: Option<Name>,
    /// The author domain's organizational domain.
    pub organizational_domain: Option<Name>,
    /// How that was found.
    pub organizational_domains: OrganizationalDomains,
    /// The policy that applies, of `p`, `sp` and `np`, before `t=y` lowers it. Absent without a usable record, and
    /// while it is not known which one applies.
    pub policy: Option<Policy>,
    /// What is asked to be done with this message: none unless it fails. Absent just where `policy` is.
    pub disposition: Option<Policy>,
    /// Whether SPF passed for an aligned domain.
    pub spf_aligned: bool,
    /// Whether a DKIM signature of an aligned domain passed.
    pub dkim_aligned: bool,
    /// All identifiers that passed and are aligned, SPF first.
    pub aligned_identifiers: Vec<AlignedIdentifier>,
    /// Whether the record says `t=y`.
    pub testing: bool,
    /// Why the disposition is not what the policy asks for, where it is not: `t=y`, or an override of the administrator's.
    pub overridden: Option<Override>,
    /// The policy record.
    pub record: Option<Arc<Record>>,
}

impl Verdict {
    /// The cause as a sentence, what else is wrong with the From field, and whether local policy overrides the record.
    pub fn reason(&self) -> String {
        let mut reason = self.cause.to_string();
        if let Some(problem) = &self.author_problem {
            reason.push_str(&format!("; moreover, {problem}"));
        }
        // That a policy is in testing is said where the policy is.
        let overridden = self.overridden.as_ref();
        if let Some(overridden) =
            overridden.filter(|overridden| overridden.kind != OverrideKind::PolicyTestMode)
        {
            reason.push_str(match self.disposition {
                Some(Policy::Quarantine) => "; it is to be quarantined only",
                _ => "; nothing is to be done all the same",
            });
            reason.push_str(&format!(", because {overridden}"));
        }
        reason
    }

    /// The verdict on a message from a client that local policy trusts, for which SPF was not checked. The result stays;
    /// but it rests on the client's address less than it should, so that nothing is to be done because of it.
    #[must_use]
    pub fn for_trusted_client(mut self) -> Verdict {
        if let Cause::NotAligned { spf, .. } = &mut self.cause {
            *spf = SpfFinding::TrustedClient;
        }
        // Section 5.4: a receiver may depart from the policy for reasons of its own.
        if self
            .disposition
            .is_some_and(|disposition| disposition > Policy::None)
        {
            self.disposition = Some(Policy::None);
            self.overridden = Some(Override {
                kind: OverrideKind::TrustedForwarder,
                comment: "local policy trusts the client".to_owned(),
            });
        }
        self
    }

    /// The verdict on a message that somebody who has logged in submits here: none, and no policy is looked for.
    #[must_use]
    pub fn for_submission(author: &Author, account: &str) -> Verdict {
        let cause = Cause::Authenticated {
            account: printable(account.as_bytes()),
        };
        Verdict {
            from_domain: author.domains().first().cloned(),
            ..Verdict::without_policy(cause)
        }
    }

    /// Nothing but a cause.
    fn without_policy(cause: Cause) -> Verdict {
        Verdict {
            result: cause.result(),
            cause,
            author_problem: None,
            from_domain: None,
            policy_domain: None,
            organizational_domain: None,
            organizational_domains: OrganizationalDomains::default(),
            policy: None,
            disposition: None,
            spf_aligned: false,
            dkim_aligned: false,
            aligned_identifiers: Vec::new(),
            testing: false,
            overridden: None,
            record: None,
        }
    }

    /// How strict it is: "apply the most strict policy selected among the checks that fail" (section 11.5), and
    /// nothing but a pass for every author domain is a pass.
    fn strictness(&self) -> (u8, Option<Policy>, Option<Policy>) {
        let rank = match self.result {
            DmarcResult::Fail => 4,
            DmarcResult::TempError => 3,
            DmarcResult::PermError => 2,
            DmarcResult::None => 1,
            DmarcResult::Pass => 0,
        };
        (rank, self.disposition, self.policy)
    }
}

/// Judges a message: `spf` is the MAIL FROM identity (HELO's for a null reverse-path), `dkim` one identifier for each
/// signature. Their domains should have been among the candidates of [`super::discover()`].
///
/// A message whose From field has a problem ([`super::AuthorProblem`]) can fail, by the policy of any domain that was
/// found in it, but never pass: section 4.4 rules out alignment for it.
pub fn evaluate(discovery: &Discovery, spf: Option<&Identifier>, dkim: &[Identifier]) -> Verdict {
    let author = discovery.author();
    let incomplete = author.problem() == Some(&AuthorProblem::HeaderIncomplete);
    // What was cut off may hold another From field: nothing counts in favor of the message.
    let (spf, dkim) = if incomplete { (None, &[][..]) } else { (spf, dkim) };
    let policies = author.domains().iter().zip(discovery.policies());
    let mut verdicts = policies.map(|(domain, policy)| judge(discovery, domain, policy, spf, dkim));
    let mut strictest = verdicts.next();
    for verdict in verdicts {
        if strictest
            .as_ref()
            .is_none_or(|other| verdict.strictness() > other.strictness())
        {
            strictest = Some(verdict);
        }
    }
    match (strictest, author.problem()) {
        (Some(verdict), None) => verdict,
        // No result can be had, but a header that is too long is no way around a policy: its disposition stands.
        (Some(verdict), Some(problem)) if incomplete => {
            let cause = Cause::Author(problem.clone());
            Verdict {
                result: cause.result(),
                cause,
                ..verdict
            }
        }
        (Some(verdict), Some(problem))
            if matches!(verdict.result, DmarcResult::Fail | DmarcResult::TempError) =>
        {
            Verdict {
                author_problem: Some(problem.clone()),
                ..verdict
            }
        }
        (verdict, problem) => unusable(verdict, problem.cloned().unwrap_or(AuthorProblem::NoAddress)),
    }
}

/// The verdict on a message whose From field says no more than a domain, if that.
fn unusable(judged: Option<Verdict>, problem: AuthorProblem) -> Verdict {
    Verdict {
        from_domain: judged.and_then(|verdict| verdict.from_domain),
        ..Verdict::without_policy(Cause::Author(problem))
    }
}

/// An identifier of SPF or DKIM.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    mechanism: Mechanism,
    identifier: &'a Identifier,
}

/// One identifier compared with one author domain.
struct Compared<'a> {
    mechanism: Mechanism,
    identifier: &'a Identifier,
    relation: Relation<'a>,
    aligned: bool,
    /// Whether a failed or omitted question leaves it open if it is aligned.
    open: bool,
}

/// An author domain and what was found out about its policy.
struct Judging<'a> {
    discovery: &'a Discovery,
    author: &'a Name,
    policy: PolicyFinding<'a>,
}

impl<'a> Judging<'a> {
    fn record(&self) -> Option<&'a Arc<Record>> {
        match self.policy {
            PolicyFinding::Record { record, .. } => Some(record),
            _ => None,
        }
    }

    fn compare(
        &self,
        Candidate {
            mechanism,
            identifier,
        }: Candidate<'a>,
    ) -> Compared<'a> {
        let relation = self.discovery.relation(self.author, &identifier.domain);
        let mode = self.record().map(|record| match mechanism {
            Mechanism::Spf => record.aspf,
            Mechanism::Dkim => record.adkim,
        });
        // Section 4.4: strict is identity, relaxed is the same organizational domain. While the policy is unknown only
        // identity is certain; without one it does not matter, and the default tells what there is.
        let strict = match (mode, self.policy) {
            (Some(mode), _) => mode == AlignmentMode::Strict,
            (None, PolicyFinding::Failure { .. }) => true,
            (None, _) => false,
        };
        let (aligned, open) = match (relation, strict) {
            (_, true) => (identifier.domain == *self.author, false),
            (Relation::Same, false) => (true, false),
            (Relation::Other, false) => (false, false),
            (Relation::Unknown(..) | Relation::NotLookedUp, false) => (false, true),
        };
        Compared {
            mechanism,
            identifier,
            relation,
            aligned,
            open,
        }
    }
}

fn judge(
    discovery: &Discovery,
    author: &Name,
    policy: PolicyFinding<'_>,
    spf: Option<&Identifier>,
    dkim: &[Identifier],
) -> Verdict {
    let judging = Judging {
        discovery,
        author,
        policy,
    };
    let candidate = |mechanism| {
        move |identifier| Candidate {
            mechanism,
            identifier,
        }
    };
    let dkim = dkim.iter().map(candidate(Mechanism::Dkim));
    let all = spf.map(candidate(Mechanism::Spf)).into_iter().chain(dkim);
    let aligned_identifiers: Vec<AlignedIdentifier> = all
        .clone()
        .filter(|one| one.identifier.outcome == Outcome::Pass && judging.compare(*one).aligned)
        .map(|one| AlignedIdentifier {
            mechanism: one.mechanism,
            domain: one.identifier.domain.clone(),
        })
        .collect();
    let has = |mechanism| aligned_identifiers.iter().any(|one| one.mechanism == mechanism);
    let walk = discovery.walk(author);
    let organizational = walk.map_or(author, |walk| walk.organizational());
    let cause = decide(&judging, all, aligned_identifiers.first(), organizational);
    let result = cause.result();
    let record = judging.record();
    let testing = record.is_some_and(|record| record.t);
    let (policy_domain, policy) = match policy {
        PolicyFinding::Record {
            at,
            policy,
            existence_unknown,
            ..
        } => (
            Some(at.clone()),
            policy.ok().filter(|_| existence_unknown.is_none()),
        ),
        _ => (None, None),
    };
    let lowered =
        policy.filter(|policy| result == DmarcResult::Fail && testing && policy.lowered() != *policy);
    let disposition = policy.map(|policy| match (result, testing) {
        // Section 4.7, t: one level below.
        (DmarcResult::Fail, true) => policy.lowered(),
        (DmarcResult::Fail, false) => policy,
        // Section 5.3.6: it cannot be applied to what neither passes nor fails.
        _ => Policy::None,
    });
    Verdict {
        result,
        cause,
        author_problem: None,
        from_domain: Some(author.clone()),
        policy_domain,
        // It is not known while a name of the walk is not.
        organizational_domain: walk
            .filter(|walk| walk.failure().is_none())
            .map(|walk| walk.organizational().clone()),
        organizational_domains: discovery.organizational_domains(),
        policy,
        disposition,
        spf_aligned: has(Mechanism::Spf),
        dkim_aligned: has(Mechanism::Dkim),
        aligned_identifiers,
        testing,
        overridden: lowered.map(|policy| Override {
            kind: OverrideKind::PolicyTestMode,
            comment: format!(
                "the policy is in testing (t=y), so that '{policy}' counts as '{}'",
                policy.lowered()
            ),
        }),
        record: record.cloned(),
    }
}

fn decide<'a>(
    judging: &Judging<'a>,
    all: impl Iterator<Item = Candidate<'a>>,
    passed: Option<&AlignedIdentifier>,
    organizational: &Name,
) -> Cause {
    let (discovery, author) = (judging.discovery, judging.author);
    let author_name = || author.clone();
    let (policy_domain, record, policy) = match judging.policy {
        PolicyFinding::None => {
            let several = discovery.walk(author).and_then(|walk| {
                walk.steps().find_map(|step| match step.found {
                    Found::Nothing(Absence::Several(count)) => Some((step.at.clone(), *count)),
                    _ => None,
                })
            });
            return Cause::NoRecord {
                author: author_name(),
                several,
            };
        }
        PolicyFinding::Failure { at, failure } => {
            // The very author domain passed, and a record applies to it, wherever the walk would have ended. That the one above, if
            // that counts, cannot be used is the only doubt, and too far-fetched to defer mail for.
            let applies =
                |step: Step<'_>| matches!(step.found, Found::Record(record) if record.policies().is_ok());
            let walk = discovery.walk(author);
            if let Some(identifier) = passed
                && walk.is_some_and(|walk| walk.steps().any(applies))
            {
                return Cause::Aligned {
                    author: author_name(),
                    identifier: identifier.clone(),
                    organizational: organizational.clone(),
                };
            }
            // Otherwise there may be no record at all.
            return Cause::PolicyUnknown {
                author: author_name(),
                at: at.clone(),
                failure: failure.clone(),
            };
        }
        PolicyFinding::Record {
            at,
            record,
            policy,
            existence_unknown,
        } => match policy {
            Ok(policy) => (at, record, (policy, existence_unknown)),
            Err(why) => {
                return Cause::RecordUnusable {
                    author: author_name(),
                    at: at.clone(),
                    why,
                };
            }
        },
    };
    // Section 5.3.5: one aligned identifier is enough, whatever else is not known.
    if let Some(identifier) = passed {
        return Cause::Aligned {
            author: author_name(),
            identifier: identifier.clone(),
            organizational: organizational.clone(),
        };
    }
    let all: Vec<Compared> = all.map(|one| judging.compare(one)).collect();
    for one in &all {
        let identifier = || one.identifier.domain.clone();
        match (one.identifier.outcome, one.relation) {
            (Outcome::Pass, Relation::Unknown(at, failure)) if one.open => {
                return Cause::AlignmentUnknown {
                    author: author_name(),
                    mechanism: one.mechanism,
                    identifier: identifier(),
                    at: at.clone(),
                    failure: failure.clone(),
                };
            }
            (Outcome::TempError, _) if one.aligned || one.open => {
                return Cause::IdentifierUnknown {
                    author: author_name(),
                    mechanism: one.mechanism,
                    identifier: identifier(),
                };
            }
            (Outcome::Pass, _) if one.open => {
                return Cause::NotLookedUp {
                    author: author_name(),
                    identifier: identifier(),
                };
            }
            _ => {}
        }
    }
    let (policy, existence_unknown) = policy;
    if let Some(failure) = existence_unknown {
        return Cause::ExistenceUnknown {
            author: author_name(),
            failure: failure.clone(),
        };
    }
    Cause::NotAligned {
        author: author_name(),
        policy_domain: policy_domain.clone(),
        policy,
        testing: record.t,
        spf: spf_finding(&all),
        dkim: dkim_finding(&all),
    }
}

fn spf_finding(all: &[Compared]) -> SpfFinding {
    let Some(spf) = all.iter().find(|one| one.mechanism == Mechanism::Spf) else {
        return SpfFinding::NotChecked;
    };
    let domain = spf.identifier.domain.clone();
    match spf.identifier.outcome {
        Outcome::Pass => SpfFinding::NotAligned {
            domain,
            strict: spf.relation == Relation::Same,
        },
        _ => SpfFinding::NoPass {
            domain,
            aligned: spf.aligned || spf.open,
        },
    }
}

fn dkim_finding(all: &[Compared]) -> DkimFinding {
    let mut finding = DkimFinding::NoSignature;
    for one in all.iter().filter(|one| one.mechanism == Mechanism::Dkim) {
        let domain = one.identifier.domain.clone();
        if one.aligned {
            // What ought to have passed is what somebody can mend.
            return DkimFinding::NoPass { domain };
        }
        let passed = one.identifier.outcome == Outcome::Pass;
        if passed && !matches!(finding, DkimFinding::NotAligned { .. }) {
            finding = DkimFinding::NotAligned {
                domain,
                strict: one.relation == Relation::Same,
            };
        } else if finding == DkimFinding::NoSignature {
            finding = DkimFinding::OthersFailed;
        }
    }
    finding
}
