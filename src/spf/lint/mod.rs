//! What is wrong or unwise in a published record, with the clause that says so and what to do about it.

mod finding;
mod inspect;
mod kept;
mod networks;
mod probe;
mod terms;
mod walk;
mod words;

#[cfg(test)]
mod tests;

pub use crate::severity::Severity;
pub use finding::{Finding, MetBy, Problem};
pub use terms::Hint;

use crate::dns::{Failure, Name, Resolver, Session};
use crate::limits::Limits;
use crate::spf::Environment;
use crate::trace::{StepKind, Tracer};

/// Findings in a report.
const MOST_FINDINGS: usize = 500;

/// What the linter says of a domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The domain looked at.
    pub domain: Name,
    /// What is wrong or unwise, the worst first.
    pub findings: Vec<Finding>,
    /// Terms that ask the DNS when all are evaluated: the worst case, to be held against
    /// [`Limits::spf_dns_lookups`].
    pub dns_lookups: u32,
    /// Terms that ask for what does not exist when none matches, for IPv4 or IPv6 clients, whichever has more; to be held
    /// against [`Limits::spf_void_lookups`].
    pub void_lookups: u32,
    /// The same with the terms that find something for some clients and nothing for others without matching: `ptr`, and
    /// `a` and `mx` with macros.
    pub void_lookups_at_most: u32,
    /// Whether everything could be looked up; if not, there may be more of both.
    pub complete: bool,
    /// The record and all terms that ask the DNS, with what they lead to.
    pub tree: Node,
}

/// A record, or a term that asks the DNS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// The term as published, printable and cut to 80 octets; none for the domain itself.
    pub term: Option<String>,
    /// The domain whose record this is, or the name that the term asks for; none if that depends on the message.
    pub domain: Option<Name>,
    /// What was found there.
    pub found: Found,
    /// Whether that is what local policy gives ([`Policy::replace_with_text`](super::Policy::replace_with_text)), and not what
    /// the domain publishes.
    pub local: bool,
    /// What this costs: 1 for the term itself, and all that is below.
    pub dns_lookups: u32,
    /// The terms of the record that ask the DNS, in its order.
    pub children: Vec<Node>,
}

/// What was found where a term leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Found {
    /// An SPF record, right or wrong; its octets as published.
    Record(Box<[u8]>),
    /// The term leads to no record: `a`, `mx`, `ptr` or `exists`.
    Addresses,
    /// There is no SPF record.
    NoRecord,
    /// There is no such name.
    NoSuchName,
    /// There are several SPF records, of which none counts; this many.
    Several(usize),
    /// It leads back to where it came from.
    Loop,
    /// It was not followed, since it is nested too deeply or too much was followed already.
    NotFollowed,
    /// It depends on the message.
    Unknowable,
    /// It makes no name that can be asked for.
    Malformed,
    /// The DNS did not answer.
    Failed(Failure),
}

impl Found {
    /// A stable code, such as `no_record`.
    pub fn code(&self) -> &'static str {
        match self {
            Found::Record(_) => "record",
            Found::Addresses => "addresses",
            Found::NoRecord => "no_record",
            Found::NoSuchName => "no_such_name",
            Found::Several(_) => "several_records",
            Found::Loop => "loop",
            Found::NotFollowed => "not_followed",
            Found::Unknowable => "unknowable",
            Found::Malformed => "malformed",
            Found::Failed(_) => "not_looked_up",
        }
    }
}

impl Node {
    /// The record as text; octets that are not UTF-8 are replaced.
    pub fn record(&self) -> Option<String> {
        match &self.found {
            Found::Record(octets) => Some(String::from_utf8_lossy(octets).into_owned()),
            _ => None,
        }
    }
}

impl Report {
    /// The domain's record as text, if it has just one; octets that are not UTF-8 are replaced.
    pub fn record(&self) -> Option<String> {
        self.tree.record()
    }

    /// The octets of the record of a domain, wherever in the tree it is.
    pub fn record_of(&self, domain: &Name) -> Option<&[u8]> {
        let mut open = vec![&self.tree];
        while let Some(node) = open.pop() {
            if let Found::Record(octets) = &node.found
                && node.domain.as_ref() == Some(domain)
            {
                return Some(octets);
            }
            open.extend(&node.children);
        }
        None
    }
}

/// Looks at the record of a domain, and at all that it includes and redirects to.
///
/// Look-ups: the TXT records of the domain and of all targets that do not depend on the message, side by side; the
/// addresses of each `a` and of the hosts of each `mx`, of both families; IPv4 addresses for `exists`; TXT for `exp`.
/// What they may be is bounded by the session's questions and time, includes by [`Limits::spf_dns_lookups`] levels.
/// Nothing is an error: what could not be looked up is a finding. `environment` is [`Limits`] alone, or an [`Environment`]: what
/// its [`Policy`](super::Policy) gives for a domain is looked at in place of what that publishes, and no known records are used.
///
/// ```
/// # use futures_util::FutureExt as _;
/// use mailrep::dns::{Name, Session, zone::Zone};
/// use mailrep::{Limits, clock::Clock, spf::lint, trace::Tracer};
/// let zone = Zone::parse(b"example.org. TXT \"v=spf1 ipv4:192.0.2.1 -all\"", "zone")?;
/// let (limits, trace) = (Limits::default(), Tracer::off());
/// let session = Session::new(zone.into(), Clock::system(), &limits);
/// let domain = Name::parse(b"example.org")?;
/// let report = lint::lint(&session, &domain, &limits, &trace)
///     .now_or_never()
///     .ok_or("a zone answers at once")?;
/// assert_eq!(report.findings[0].code(), "syntax");
/// assert_eq!(report.findings[0].fix(), "Write 'ip4:192.0.2.1'.");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub async fn lint<R: Resolver>(
    session: &Session<R>,
    domain: &Name,
    environment: impl Into<Environment<'_>>,
    trace: &Tracer,
) -> Report {
    let environment = environment.into();
    let limits = environment.limits;
    let trace = trace.step(StepKind::Check, || format!("the SPF record of {domain}"));
    let walked = walk::walk(session, domain, environment, &trace).await;
    let mut report = Report {
        domain: domain.clone(),
        findings: walked.findings,
        dns_lookups: walked.node.dns_lookups,
        void_lookups: 0,
        void_lookups_at_most: 0,
        complete: walked.complete,
        tree: walked.node,
    };
    probe::all(session, walked.probes, walked.voids, limits, &trace, &mut report).await;
    report.count(limits);
    report.sort();
    trace.outcome(|| format!("{} findings", report.findings.len()));
    report
}

impl Report {
    /// The limit on terms that ask the DNS (RFC 7208 section 4.6.4), over all records together.
    fn count(&mut self, limits: &Limits) {
        const DEAREST: usize = 12;
        let (count, limit) = (self.dns_lookups, limits.spf_dns_lookups);
        if count > limit {
            let term = |node: &Node| Some((node.term.clone()?, node.dns_lookups));
            let mut costs: Vec<_> = self.tree.children.iter().filter_map(term).collect();
            costs.sort_by_key(|(_, cost)| std::cmp::Reverse(*cost));
            costs.truncate(DEAREST);
            self.findings
                .push(Problem::LookupLimit { count, limit, costs }.of(&self.domain));
        } else if limit > 1 && count + 1 >= limit {
            self.findings
                .push(Problem::NearLookupLimit { count, limit }.of(&self.domain));
        }
        let mut seen = std::collections::HashMap::<Name, usize>::new();
        let mut open = vec![&self.tree];
        while let Some(node) = open.pop() {
            if let (Found::Record(_), Some(domain)) = (&node.found, &node.domain) {
                *seen.entry(domain.clone()).or_default() += 1;
            }
            open.extend(&node.children);
        }
        let mut twice: Vec<_> = seen.into_iter().filter(|(_, times)| *times > 1).collect();
        twice.sort();
        for (target, times) in twice {
            self.findings
                .push(Problem::IncludedTwice { target, times }.of(&self.domain));
        }
    }

    fn sort(&mut self) {
        for finding in &mut self.findings {
            // Once for all terms that could not be looked up.
            if matches!(finding.problem, Problem::UsedUp { .. }) {
                (finding.domain, finding.term, finding.place) = (self.domain.clone(), None, None);
            }
        }
        self.findings.sort_by_key(Finding::severity);
        // The same record reached twice would say everything twice.
        let mut seen = std::collections::HashSet::new();
        self.findings.retain(|finding| {
            seen.insert((finding.to_string(), finding.domain.clone(), finding.place.clone()))
        });
        // What single records left out is told in one.
        let mut left_out = 0;
        self.findings.retain(|finding| match finding.problem {
            Problem::Cut { left_out: more } => {
                left_out += more;
                false
            }
            _ => true,
        });
        left_out += self.findings.len().saturating_sub(MOST_FINDINGS);
        self.findings.truncate(MOST_FINDINGS);
        if left_out > 0 {
            self.findings.push(Problem::Cut { left_out }.of(&self.domain));
        }
    }
}
