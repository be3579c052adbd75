//! What many reports say together: who sends as us, how much, and whether it is aligned.

use super::aggregate::{AggregateReport, Disposition, Record};
use crate::clock::UnixTime;
use crate::dkim::DkimResult;
use crate::dmarc::OverrideKind;
use crate::dmarc::Policy;
use crate::spf::SpfResult;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::IpAddr;

/// Different addresses, for all author domains together, that are kept apart; those beyond are counted under no address.
const MOST_SOURCES: usize = 1_000_000;
/// Author domains that are kept; messages of those beyond are counted in [`Summary::left_out`].
const MOST_DOMAINS: usize = 100_000;
/// Results of SPF and of DKIM that are kept for one address.
const MOST_IDENTIFIED: usize = 20;

/// What SPF or DKIM said of a domain, and of how many messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identified {
    /// The domain that SPF checked, or that signed.
    pub domain: String,
    /// The result, as RFC 8601 has it.
    pub result: &'static str,
    /// How many messages.
    pub messages: u64,
}

/// What one address sent for one author domain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceSummary {
    /// All messages.
    pub messages: u64,
    /// Those for which neither SPF nor DKIM passed for an aligned domain.
    pub unaligned: u64,
    /// Those for which SPF did.
    pub spf_aligned: u64,
    /// Those for which DKIM did.
    pub dkim_aligned: u64,
    /// Those that were treated as suspicious.
    pub quarantined: u64,
    /// Those that were refused.
    pub rejected: u64,
    /// Messages that were treated otherwise than the policy asks, by the reason given.
    pub overrides: BTreeMap<OverrideKind, u64>,
    /// What SPF said, the most messages first; 20 at most.
    pub spf: Vec<Identified>,
    /// What signatures said, likewise.
    pub dkim: Vec<Identified>,
}

/// What was sent for one author domain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DomainSummary {
    /// The author domain.
    pub domain: String,
    /// The policy that the latest report tells of: `p`, or `sp` for a subdomain of the policy domain.
    pub policy: Option<Policy>,
    /// All messages.
    pub messages: u64,
    /// Those for which neither SPF nor DKIM passed for an aligned domain.
    pub unaligned: u64,
    /// By address, the most unaligned messages first; none stands for records without a usable address.
    pub sources: Vec<(Option<IpAddr>, SourceSummary)>,
}

#[derive(Debug, Default)]
struct Domain {
    policy: Option<Policy>,
    told: Option<UnixTime>,
    sources: HashMap<Option<IpAddr>, SourceSummary>,
}

/// What tells a report from others.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Identity {
    organization: String,
    report_id: String,
    policy_domain: String,
    /// The period, for a report without an identifier.
    period: Option<(UnixTime, UnixTime)>,
}

/// Adds reports up.
#[derive(Debug, Default)]
pub struct Summary {
    seen: HashSet<Identity>,
    domains: HashMap<String, Domain>,
    sources: usize,
    /// Reports that were added.
    pub reports: u64,
    /// Reports that were not, because they had been already.
    pub duplicates: u64,
    /// By the name of the organization: reports, and messages.
    pub organizations: BTreeMap<String, (u64, u64)>,
    /// When the first reporting period begins.
    pub begin: Option<UnixTime>,
    /// When the last one ends.
    pub end: Option<UnixTime>,
    /// Messages that are not kept apart, since they are of more author domains than are kept.
    pub left_out: u64,
}

impl Summary {
    /// Adds a report, unless it was already: false then. RFC 9990 section 3.5.1: an organization's identifier is unique among its
    /// reports about one domain. Without one, the period counts.
    pub fn add(&mut self, report: &AggregateReport) -> bool {
        let period = report.report_id.is_empty().then_some((report.begin, report.end));
        let identity = Identity {
            organization: report.organization.clone(),
            report_id: report.report_id.clone(),
            policy_domain: report.policy.domain.to_ascii_lowercase(),
            period,
        };
        if !self.seen.insert(identity) {
            self.duplicates += 1;
            return false;
        }
        self.reports += 1;
        self.begin = Some(self.begin.map_or(report.begin, |begin| begin.min(report.begin)));
        self.end = Some(self.end.map_or(report.end, |end| end.max(report.end)));
        let counts = report.records.iter().map(|record| u64::from(record.count));
        let organization = self.organizations.entry(report.organization.clone()).or_default();
        organization.0 += 1;
        organization.1 += counts.sum::<u64>();
        for record in &report.records {
            self.record(report, record);
        }
        true
    }

    fn record(&mut self, report: &AggregateReport, record: &Record) {
        let policy_domain = report.policy.domain.to_ascii_lowercase();
        let policy_domain = policy_domain.trim_end_matches('.');
        let author = record.header_from.to_ascii_lowercase();
        let author = match author.trim_end_matches('.') {
            "" => policy_domain,
            author => author,
        };
        if !self.domains.contains_key(author) {
            if self.domains.len() == MOST_DOMAINS {
                self.left_out += u64::from(record.count);
                return;
            }
            self.domains.insert(author.to_owned(), Domain::default());
        }
        let Some(domain) = self.domains.get_mut(author) else {
            return;
        };
        if domain.told.is_none_or(|told| told <= report.end) {
            domain.told = Some(report.end);
            domain.policy = if author == policy_domain {
                report.policy.p
            } else {
                report.policy.sp.or(report.policy.p)
            };
        }
        let source = match record.source {
            Some(_) if !domain.sources.contains_key(&record.source) => {
                if self.sources < MOST_SOURCES {
                    self.sources += 1;
                    record.source
                } else {
                    None
                }
            }
            source => source,
        };
        domain.sources.entry(source).or_default().add(record);
    }

    /// By author domain, the most unaligned messages first.
    pub fn domains(&self) -> Vec<DomainSummary> {
        let mut domains: Vec<DomainSummary> = self
            .domains
            .iter()
            .map(|(name, domain)| {
                let mut sources: Vec<_> = domain
                    .sources
                    .iter()
                    .map(|(address, source)| (*address, source.sorted()))
                    .collect();
                sources.sort_by_key(|(address, source)| {
                    (Reverse(source.unaligned), Reverse(source.messages), *address)
                });
                DomainSummary {
                    domain: name.clone(),
                    policy: domain.policy,
                    messages: sources.iter().map(|(_, source)| source.messages).sum(),
                    unaligned: sources.iter().map(|(_, source)| source.unaligned).sum(),
                    sources,
                }
            })
            .collect();
        domains
            .sort_by(|a, b| (b.unaligned, b.messages, &a.domain).cmp(&(a.unaligned, a.messages, &b.domain)));
        domains
    }
}

impl SourceSummary {
    fn add(&mut self, record: &Record) {
        let count = u64::from(record.count);
        self.messages += count;
        if !record.aligned() {
            self.unaligned += count;
        }
        if record.spf_aligned {
            self.spf_aligned += count;
        }
        if record.dkim_aligned {
            self.dkim_aligned += count;
        }
        match record.disposition {
            Some(Disposition::Quarantine) => self.quarantined += count,
            Some(Disposition::Reject) => self.rejected += count,
            Some(Disposition::None | Disposition::Pass) | None => {}
        }
        let kinds: HashSet<OverrideKind> = record.reasons.iter().map(|reason| reason.kind).collect();
        for kind in kinds {
            *self.overrides.entry(kind).or_default() += count;
        }
        for spf in &record.spf {
            identify(&mut self.spf, &spf.domain, spf.result.as_str(), count);
        }
        for dkim in &record.dkim {
            identify(&mut self.dkim, &dkim.domain, dkim.result.as_str(), count);
        }
    }

    fn sorted(&self) -> SourceSummary {
        let mut source = self.clone();
        for all in [&mut source.spf, &mut source.dkim] {
            all.sort_by(|a, b| (b.messages, &a.domain, a.result).cmp(&(a.messages, &b.domain, b.result)));
        }
        source
    }
}

fn identify(all: &mut Vec<Identified>, domain: &str, result: &'static str, messages: u64) {
    // Some reporters write an element that says nothing where there is no signature.
    let says_nothing = result == SpfResult::None.as_str() || result == DkimResult::None.as_str();
    if domain.is_empty() && says_nothing {
        return;
    }
    let known = all
        .iter()
        .position(|one| one.result == result && one.domain.eq_ignore_ascii_case(domain));
    match known {
        Some(at) => all[at].messages += messages,
        None if all.len() < MOST_IDENTIFIED => all.push(Identified {
            domain: domain.to_ascii_lowercase(),
            result,
            messages,
        }),
        None => {}
    }
}
