//! What is wrong or unwise in what a domain publishes for DMARC, with the clause that says so and what to do about it.

mod astray;
mod destinations;
mod finding;
mod hints;
mod inspect;
mod names;
mod pieces;
mod words;

#[cfg(test)]
mod tests;

pub use crate::severity::Severity;
pub use finding::{Finding, Problem};

use super::discover::{PolicyFinding, exists, policy};
use super::walk::{Absence, Found, Walk};
use super::{Policies, Policy, PublicSuffix, Record, ReportUri};
use crate::dns::{Name, Question, RecordType, Resolver, Session};
use crate::trace::{StepKind, Tracer};
use names::Looked;
use std::collections::HashSet;
use std::sync::Arc;

/// What the linter says of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The domain looked at.
    pub domain: Name,
    /// What is wrong or unwise, the worst first.
    pub findings: Vec<Finding>,
    /// Whether everything could be looked up; if not, there may be more to find.
    pub complete: bool,
    /// The record that applies to the domain, its own or one above it, and what it asks for.
    pub applies: Option<Applies>,
}

/// The record that applies to a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applies {
    /// The policy domain: whose record it is.
    pub from: Name,
    /// The organizational domain, if that is known.
    pub organizational: Option<Name>,
    /// The octets of the record, as published.
    pub octets: Box<[u8]>,
    /// What is asked for mail of the domain that fails, before `t=y` lowers it; none if the record is unusable.
    pub policy: Option<Policy>,
    /// All policies of the record; none if it is unusable.
    pub policies: Option<Policies>,
    /// Whether `t=y` lowers them by one step.
    pub testing: bool,
    /// Where reports go by mail, in the order of the record's hosts.
    pub destinations: Vec<Destination>,
}

/// An address for reports, and whether they get there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    /// `rua` or `ruf`.
    pub tag: &'static str,
    /// The address.
    pub uri: ReportUri,
    /// Its domain.
    pub host: Name,
    /// Whether that belongs to another organization; none if that is not known.
    pub external: Option<bool>,
    /// Whether that other organization has agreed; none if that is not needed, or not known.
    pub authorized: Option<bool>,
}

impl Applies {
    /// The record as text; octets that are not UTF-8 are replaced.
    pub fn record(&self) -> String {
        String::from_utf8_lossy(&self.octets).into_owned()
    }
}

impl Report {
    /// The octets of the record of a domain, if it is the one that applies.
    pub fn record_of(&self, domain: &Name) -> Option<&[u8]> {
        let applies = self.applies.as_ref()?;
        (applies.from == *domain).then_some(&*applies.octets)
    }
}

/// Looks at what a domain publishes for DMARC, or at what applies to it from above.
///
/// Look-ups: the names of the tree walk (at most eight), side by side; without a record of its own, whether the domain
/// exists, and names at which records are published by mistake; then, for each domain that reports go to (ten at most), its mail
/// exchange or address, its own tree walk, and its consent (RFC 9990 section 4). The session's questions and time
/// bound them all. Nothing is an error: what could not be looked up is a finding.
///
/// ```
/// # use futures_util::FutureExt as _;
/// use mailrep::dns::{Name, Session, zone::Zone};
/// use mailrep::{Limits, clock::Clock, dmarc::lint, trace::Tracer};
/// let zone = Zone::parse(b"_dmarc.example.org. TXT \"v=DMARC1; p=rejected\"", "zone")?;
/// let session = Session::new(zone.into(), Clock::system(), &Limits::default());
/// let domain = Name::parse(b"example.org")?;
/// let report = lint::lint(&session, &domain, &Tracer::off())
///     .now_or_never()
///     .ok_or("a zone answers at once")?;
/// assert_eq!(report.findings[0].code(), "policy_value");
/// assert_eq!(report.findings[0].fix(), "Write 'p=reject'.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn lint<R: Resolver>(session: &Session<R>, domain: &Name, trace: &Tracer) -> Report {
    let trace = trace.step(StepKind::Check, || format!("the DMARC record of {domain}"));
    let mut report = Report {
        domain: domain.clone(),
        findings: Vec::new(),
        complete: true,
        applies: None,
    };
    if let (Some("_dmarc"), Some(meant)) = (domain.labels().next(), domain.parent()) {
        report.findings.push(Problem::PrefixGiven { meant }.of(domain));
        return report;
    }
    let mut looked = Looked::new();
    looked.look(session, &[domain], &trace).await;
    let applied = match looked.walk(domain) {
        Some(walk) => {
            report.own(walk, &looked);
            report.discover(session, walk, &trace).await
        }
        None => None,
    };
    if let Some(applied) = applied {
        // The text that was parsed is found again as the one that can be.
        let texts = looked.texts(&applied.from).cloned();
        let text = texts
            .iter()
            .flat_map(|texts| texts.iter())
            .find(|text| Record::parse(text).is_ok());
        if let Some(octets) = text {
            report.inspect(session, looked, applied, octets, &trace).await;
        }
    }
    report.sort();
    trace.outcome(|| format!("{} findings", report.findings.len()));
    report
}

impl Report {
    /// What stands at the domain's own name, and which names of the walk have records of which none counts.
    fn own(&mut self, walk: Walk<'_>, looked: &Looked) {
        if let Some(texts) = looked.texts(&self.domain) {
            self.findings.extend(inspect::texts(&self.domain, texts));
        }
        for step in walk.steps() {
            if let Found::Nothing(Absence::Several(count)) = *step.found {
                self.findings.push(Problem::SeveralRecords { count }.of(step.at));
            }
        }
        if let Some((at, failure)) = walk.failure() {
            self.complete = false;
            // With a record of its own, only the organizational domain is in doubt.
            let own = matches!(walk.steps().next().map(|step| step.found), Some(Found::Record(_)));
            self.findings
                .push(Problem::not_looked_up(record_question(at), failure, !own).of(&self.domain));
        }
    }

    /// Which record applies (section 4.10.1), and what keeps the domain's own from it.
    async fn discover<R: Resolver>(
        &mut self,
        session: &Session<R>,
        walk: Walk<'_>,
        trace: &Tracer,
    ) -> Option<Applied> {
        let (finding, np) = policy(walk);
        let own = matches!(&finding, PolicyFinding::Record { at, .. } if **at == self.domain);
        if own
            || matches!(
                walk.steps().next().map(|step| step.found),
                Some(Found::Failure(_))
            )
        {
            return match finding {
                PolicyFinding::Record {
                    at, record, policy, ..
                } => Some(Applied {
                    from: at.clone(),
                    record: Arc::clone(record),
                    policy: policy.ok(),
                }),
                PolicyFinding::None | PolicyFinding::Failure { .. } => None,
            };
        }
        let misplaced = astray::look(session, &self.domain, trace).await;
        self.complete &= misplaced.complete;
        self.findings.extend(misplaced.findings);
        let exists = match walk.steps().next().map(|step| step.found) {
            // RFC 8020: a name below the domain that exists proves that the domain does.
            Some(Found::Nothing(Absence::NoSuchName | Absence::Malformed(_))) => {
                exists(session, &self.domain, trace).await
            }
            _ => Ok(true),
        };
        if let Err(failure) = &exists {
            self.complete = false;
            let question = Question::new(self.domain.clone(), RecordType::A);
            self.findings
                .push(Problem::not_looked_up(question, failure, false).of(&self.domain));
        }
        match finding {
            PolicyFinding::Record {
                at, record, policy, ..
            } => {
                let policy = self.inherited((at, record), policy.ok(), np, exists.ok());
                Some(Applied {
                    from: at.clone(),
                    record: Arc::clone(record),
                    policy,
                })
            }
            PolicyFinding::None => {
                // What was published and does not count has been told, and that there is no record goes without saying.
                let told = self.findings.iter().any(|finding| {
                    finding.domain == self.domain
                        && matches!(
                            finding.problem,
                            Problem::SeveralRecords { .. }
                                | Problem::NearMiss { .. }
                                | Problem::Misplaced { .. }
                        )
                });
                if !told {
                    let problem = match exists {
                        Ok(false) => Problem::NoSuchDomain,
                        _ => Problem::NoRecord,
                    };
                    self.findings.push(problem.of(&self.domain));
                }
                None
            }
            PolicyFinding::Failure { .. } => None,
        }
    }

    /// The record of another domain applies; what it asks for.
    fn inherited(
        &mut self,
        (from, record): (&Name, &Arc<Record>),
        sp: Option<Policy>,
        np: Option<Policy>,
        exists: Option<bool>,
    ) -> Option<Policy> {
        // `np` is there if it makes a difference.
        let (policy, by) = match (np, exists) {
            (Some(np), Some(false)) => (Some(np), "np"),
            _ if record.sp.is_some() => (sp, "sp"),
            _ => (sp, "p"),
        };
        let problem = Problem::Inherited {
            from: from.clone(),
            policy,
            by,
            exists: exists.filter(|_| np.is_some()),
            // Section 4.10.1: the public suffix comes last.
            suffix: record.psd == PublicSuffix::Yes,
        };
        self.findings.push(problem.of(&self.domain));
        policy
    }

    /// Looks at the record that applies, wherever it is.
    async fn inspect<R: Resolver>(
        &mut self,
        session: &Session<R>,
        mut looked: Looked,
        applied: Applied,
        octets: &[u8],
        trace: &Tracer,
    ) {
        let certain = |looked: &Looked, start: &Name| {
            let walk = looked.walk(start).filter(|walk| walk.failure().is_none())?;
            Some(walk.organizational().clone())
        };
        let own = certain(&looked, &self.domain);
        let Applied { from, record, policy } = applied;
        let step = trace.step(StepKind::Record, || {
            format!("_dmarc.{from}: {}", String::from_utf8_lossy(octets))
        });
        // A record that applies from above is where a walk of its own begins: the names above are known already.
        looked.look(session, &[&from], &step).await;
        let organizational = certain(&looked, &from);
        let inspected = inspect::record(&from, octets, &record, organizational.as_ref());
        let seen = destinations::all(session, looked, (&from, octets), &inspected.addresses, &step).await;
        self.complete &= seen.complete;
        self.findings.extend(inspected.findings);
        self.findings.extend(seen.findings);
        self.applies = Some(Applies {
            organizational: own,
            octets: octets.into(),
            policy,
            policies: record.policies().ok(),
            testing: record.t,
            destinations: seen.destinations,
            from,
        });
    }

    fn sort(&mut self) {
        for finding in &mut self.findings {
            // Once for all that could not be looked up.
            if matches!(finding.problem, Problem::UsedUp { .. }) {
                (finding.domain, finding.tag, finding.place) = (self.domain.clone(), None, None);
            }
        }
        self.findings.sort_by_key(Finding::severity);
        let mut seen = HashSet::new();
        self.findings.retain(|finding| {
            seen.insert((finding.to_string(), finding.domain.clone(), finding.place.clone()))
        });
    }
}

/// The record that applies, and what it asks for.
struct Applied {
    from: Name,
    record: Arc<Record>,
    policy: Option<Policy>,
}

/// The question for the record of a domain.
fn record_question(domain: &Name) -> Question {
    Question::new(
        domain.prefixed("_dmarc").unwrap_or_else(|_| domain.clone()),
        RecordType::Txt,
    )
}
