//! From verdicts to aggregate reports.

use super::aggregate::{
    AggregateReport, Discovery, Disposition, DkimAuth, OverrideReason, PublishedPolicy, Record, SpfAuth,
};
use super::mail::hash;
use super::text::value;
use crate::clock::UnixTime;
use crate::dkim::{DkimResult, SignatureVerdict};
use crate::dmarc::{
    self, DmarcResult, FailureOptions, Mechanism, OrganizationalDomains, OverrideKind, Policy, ReportUri,
};
use crate::dns::Name;
use crate::spf::{Identity, SpfResult};
use crate::transaction::Verdict;
use hashlink::LinkedHashMap;

/// Signatures that a record tells of (RFC 9990 section 3.1.3).
const MOST_SIGNATURES: usize = 100;
/// Problems of a policy record that a report tells of.
const MOST_PROBLEMS: usize = 10;

/// Who makes reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reporter {
    /// The name of the organization.
    pub organization: String,
    /// Whom to ask about reports.
    pub email: String,
    /// More to the same end.
    pub extra_contact: Option<String>,
    /// The domain of who makes them, a part of their name and of their identifiers.
    pub submitter: String,
}

/// The time that reports are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// Where it begins.
    pub begin: UnixTime,
    /// Where it ends.
    pub end: UnixTime,
}

/// A report and where the domain owner wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addressed {
    /// The report.
    pub report: AggregateReport,
    /// The `rua` of the policy record. Destinations outside the policy domain's organization must have agreed to it (RFC 9990 section 4)
    /// before anything is sent there.
    pub destinations: Vec<ReportUri>,
}

/// Why a verdict is in no report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotReported {
    /// The client's address is not known, and every record has one.
    #[error("the client's address is not known")]
    NoClient,
    /// There is no author domain.
    #[error("the message has no author domain")]
    NoAuthor,
    /// There is no policy record, or none that can be used.
    #[error("there is no policy record that can be used")]
    NoPolicy,
    /// The policy record has no `rua`.
    #[error("the domain owner asks for no aggregate reports")]
    NotAsked,
    /// There are as many records as are kept; the report says that messages are missing.
    #[error("there are as many records as are kept")]
    Full,
}

#[derive(Debug, Clone, Default)]
struct Group {
    /// Messages of which the same is to be said, by a record whose count is 0; in the order in which they came.
    records: LinkedHashMap<Record, u32>,
    destinations: Vec<ReportUri>,
    errors: Vec<String>,
    left_out: u64,
}

/// Counts verdicts, those of which the same is to be said together, for one reporting period.
///
/// RFC 9990 section 3.1: there is one report for each policy domain, and for each policy that it had in the period.
#[derive(Debug, Clone)]
pub struct Tally {
    groups: LinkedHashMap<PublishedPolicy, Group>,
    most: usize,
    records: usize,
}

impl Default for Tally {
    fn default() -> Self {
        Tally::new(100_000)
    }
}

impl Tally {
    /// Keeps this many different records and policies at most; by default 100,000. A record takes about 1 KB.
    pub fn new(most: usize) -> Self {
        Tally {
            groups: LinkedHashMap::new(),
            most,
            records: 0,
        }
    }

    /// Counts one message.
    ///
    /// # Errors
    /// When it is in no report, and why.
    pub fn add(&mut self, verdict: &Verdict) -> Result<(), NotReported> {
        let record = record(verdict)?;
        let dmarc = &verdict.dmarc;
        let (Some(domain), Some(published)) = (&dmarc.policy_domain, &dmarc.record) else {
            return Err(NotReported::NoPolicy);
        };
        let policy = published_policy(dmarc, domain.as_str(), published).ok_or(NotReported::NoPolicy)?;
        // RFC 9990 section 3.4: rua asks for reports.
        if published.rua.is_empty() {
            return Err(NotReported::NotAsked);
        }
        let is_full = self.records >= self.most;
        if !self.groups.contains_key(&policy) {
            if is_full {
                return Err(NotReported::Full);
            }
            let group = Group {
                destinations: published.rua.clone(),
                errors: published
                    .problems
                    .iter()
                    .take(MOST_PROBLEMS)
                    .map(|problem| value(&problem.to_string()))
                    .collect(),
                ..Group::default()
            };
            self.groups.insert(policy.clone(), group);
        }
        let Some(group) = self.groups.get_mut(&policy) else {
            return Err(NotReported::Full);
        };
        match group.records.get_mut(&record) {
            Some(count) => *count = count.saturating_add(1),
            None if is_full => {
                group.left_out += 1;
                return Err(NotReported::Full);
            }
            None => {
                group.records.insert(record, 1);
                self.records += 1;
            }
        }
        Ok(())
    }

    /// The reports. The same verdicts give the same reports, with the same identifiers.
    pub fn reports(&self, reporter: &Reporter, period: Period) -> Vec<Addressed> {
        self.groups
            .iter()
            .map(|(policy, group)| {
                let mut errors = group.errors.clone();
                if group.left_out > 0 {
                    errors.push(format!(
                        "{} messages are missing: there were too many different ones",
                        group.left_out
                    ));
                }
                let records = group.records.iter().map(|(record, &count)| Record {
                    count,
                    ..record.clone()
                });
                let mut report = AggregateReport {
                    organization: value(&reporter.organization),
                    email: value(&reporter.email),
                    extra_contact: reporter.extra_contact.as_deref().map(value),
                    report_id: String::new(),
                    begin: period.begin,
                    end: period.end,
                    errors,
                    generator: Some(concat!("mailrep ", env!("CARGO_PKG_VERSION")).to_owned()),
                    policy: policy.clone(),
                    records: records.collect(),
                };
                // RFC 9990 section 3.5.1: unique among the reports about this domain, and the same whenever it is sent.
                report.report_id = hash([reporter.submitter.as_str(), &report.to_xml()]);
                Addressed {
                    report,
                    destinations: group.destinations.clone(),
                }
            })
            .collect()
    }
}

/// The aggregate reports on some verdicts; those that belong in none are passed by. For many, or to know why, use a [`Tally`].
pub fn aggregate<'a>(
    verdicts: impl IntoIterator<Item = &'a Verdict>,
    reporter: &Reporter,
    period: Period,
) -> Vec<Addressed> {
    let mut tally = Tally::default();
    for verdict in verdicts {
        let _ = tally.add(verdict);
    }
    tally.reports(reporter, period)
}

/// RFC 9990 section 3.1.1.5: from `p` on, what was found or the default.
fn published_policy(
    verdict: &dmarc::Verdict,
    domain: &str,
    record: &dmarc::Record,
) -> Option<PublishedPolicy> {
    let policies = record.policies().ok()?;
    Some(PublishedPolicy {
        domain: value(domain),
        discovery: Some(match verdict.organizational_domains {
            OrganizationalDomains::TreeWalk => Discovery::TreeWalk,
            #[cfg(feature = "psl")]
            OrganizationalDomains::PublicSuffixList => Discovery::PublicSuffixList,
        }),
        p: Some(policies.p),
        sp: Some(policies.sp),
        np: Some(policies.np),
        adkim: Some(record.adkim),
        aspf: Some(record.aspf),
        testing: record.t,
        fo: Some(failure_options(record.fo)),
    })
}

fn failure_options(options: FailureOptions) -> String {
    let set = [
        (options.all_failed, "0"),
        (options.any_failed, "1"),
        (options.dkim, "d"),
        (options.spf, "s"),
    ];
    let words: Vec<&str> = set.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
    words.join(":")
}

/// What a message adds to a report; its count is 0.
fn record(verdict: &Verdict) -> Result<Record, NotReported> {
    let dmarc = &verdict.dmarc;
    let (Some(request), Some(spf)) = (&verdict.spf_request, &verdict.spf) else {
        return Err(NotReported::NoClient);
    };
    let author = dmarc
        .from_domain
        .as_ref()
        .map(Name::as_str)
        .ok_or(NotReported::NoAuthor)?;
    let evaluation = &spf.evaluation;
    // RFC 9990 section 3.1.1.11: MAIL FROM alone, which is HELO's domain for the null reverse-path (RFC 7208 section 2.4). Without a
    // domain nothing was checked.
    let spf = (!evaluation.domain.is_empty()).then(|| SpfAuth {
        domain: value(&evaluation.domain),
        scope: Some(Identity::MailFrom),
        result: evaluation.result,
        human_result: (evaluation.result != SpfResult::Pass).then(|| words(evaluation.cause.code())),
    });
    Ok(Record {
        source: Some(request.client.to_canonical()),
        count: 0,
        disposition: Some(disposition(dmarc)),
        dkim_aligned: dmarc.dkim_aligned,
        spf_aligned: dmarc.spf_aligned,
        reasons: overrides(dmarc),
        header_from: value(author),
        envelope_from: match evaluation.identity {
            Identity::MailFrom => value(&evaluation.domain),
            // RFC 9990 section 3.1.1.9: empty for the null reverse-path.
            Identity::Helo => String::new(),
        },
        envelope_to: None,
        dkim: signatures(verdict),
        spf: spf.into_iter().collect(),
    })
}

/// RFC 9990 appendix A, `ActionDispositionType`: `pass` is for what passes where the policy asks for more than `none`.
fn disposition(verdict: &dmarc::Verdict) -> Disposition {
    match (verdict.result, verdict.policy) {
        (DmarcResult::Pass, Some(Policy::Quarantine | Policy::Reject)) => Disposition::Pass,
        _ => match verdict.disposition {
            Some(Policy::Quarantine) => Disposition::Quarantine,
            Some(Policy::Reject) => Disposition::Reject,
            Some(Policy::None) | None => Disposition::None,
        },
    }
}

/// RFC 9990 section 3.1.1.8: there must be a reason if what fails is not treated as the policy asks.
fn overrides(verdict: &dmarc::Verdict) -> Vec<OverrideReason> {
    if let Some(overridden) = &verdict.overridden {
        return vec![OverrideReason {
            kind: overridden.kind,
            comment: Some(overridden.comment.clone()),
        }];
    }
    // A temporary error neither passes nor fails, and the policy is not applied to it.
    if verdict.result == DmarcResult::TempError && verdict.policy.is_some_and(|policy| policy != Policy::None)
    {
        return vec![OverrideReason {
            kind: OverrideKind::Other,
            comment: Some(words(verdict.cause.code())),
        }];
    }
    Vec::new()
}

/// RFC 9990 section 3.1.3: aligned ones that pass first, strictly aligned ones before; then others that pass, then the rest.
fn signatures(verdict: &Verdict) -> Vec<DkimAuth> {
    let author = verdict.dmarc.from_domain.as_ref().map(Name::as_str);
    let rank = |signature: &SignatureVerdict| match signature.result {
        DkimResult::Pass if signature.domain.as_deref() == author => 0,
        DkimResult::Pass if is_aligned(&verdict.dmarc, signature.domain_name()) => 1,
        DkimResult::Pass => 2,
        _ => 3,
    };
    let mut ranked: Vec<&SignatureVerdict> = verdict.dkim.iter().collect();
    ranked.sort_by_key(|signature| rank(signature));
    ranked
        .into_iter()
        .take(MOST_SIGNATURES)
        .map(|signature| DkimAuth {
            domain: value(signature.domain.as_deref().unwrap_or_default()),
            selector: value(signature.selector.as_deref().unwrap_or_default()),
            result: signature.result,
            human_result: (signature.result != DkimResult::Pass).then(|| words(signature.cause.code())),
        })
        .collect()
}

/// Whether a signature that passed counts for the author domain.
pub(super) fn is_aligned(verdict: &dmarc::Verdict, domain: Option<&Name>) -> bool {
    verdict
        .aligned_identifiers
        .iter()
        .any(|aligned| aligned.mechanism == Mechanism::Dkim && Some(&aligned.domain) == domain)
}

/// A cause's code as words. Its sentence has details of one message, and no two messages would be counted together.
fn words(code: &str) -> String {
    code.replace('_', " ")
}
