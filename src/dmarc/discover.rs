//! Finding policies and organizational domains: the DNS tree walk (RFC 9989 section 4.10).

use super::{Author, Policies, Policy, PublicSuffix, Record, Unusable};
use crate::dns::{Answer, Failure, Name, NameError, Resolver, Session, Txt};
use crate::trace::{StepKind, Tracer};
use futures_util::future::{join, join_all};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Identifiers whose organizational domain is looked for; those beyond count as not looked up.
pub const MOST_CANDIDATES: usize = 32;

/// Labels of the second name of a walk at most, so that no walk asks more than eight names (section 4.10).
const MOST_LABELS: usize = 7;

/// What a name of a walk holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One DMARC policy record.
    Record(Arc<Record>),
    /// None that counts.
    Nothing(Absence),
    /// It is not known, now.
    Failure(Failure),
}

/// Why a name holds no DMARC policy record that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// `_dmarc` does not exist there.
    NoSuchName,
    /// `_dmarc` exists, without text records.
    NoData,
    /// There are text records, none of them a DMARC policy record.
    NoDmarcRecord,
    /// There are so many DMARC policy records; all are discarded.
    Several(usize),
    /// The name with `_dmarc` before it cannot be asked.
    Malformed(NameError),
}

/// A name of a walk and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The domain, without the `_dmarc` that was asked for.
    pub at: Name,
    /// What is there.
    pub found: Found,
}

/// How organizational domains are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum OrganizationalDomains {
    /// By the DNS tree walk of RFC 9989 section 4.10.
    #[default]
    TreeWalk,
    /// By the public suffix list, as RFC 7489 section 3.2 has it, for receivers whose results have to match those of older ones: the
    /// policy is that of the author domain or of its organizational domain, and `psd` and `np` count for nothing. The list is that
    /// of the crate `psl` when this library was built.
    #[cfg(feature = "psl")]
    PublicSuffixList,
}

impl OrganizationalDomains {
    fn targets(self, start: &Name) -> Vec<Name> {
        match self {
            OrganizationalDomains::TreeWalk => Walk::targets(start),
            #[cfg(feature = "psl")]
            OrganizationalDomains::PublicSuffixList => {
                let organizational = listed(start);
                // RFC 7489 section 6.6.3: the author domain, then its organizational domain.
                let above = (organizational != *start).then_some(organizational);
                std::iter::once(start.clone()).chain(above).collect()
            }
        }
    }

    fn judge(self, start: &Name, known: &HashMap<Name, Found>) -> Walk {
        match self {
            OrganizationalDomains::TreeWalk => Walk::judge(start, known),
            #[cfg(feature = "psl")]
            OrganizationalDomains::PublicSuffixList => {
                let step = |at: Name| known.get(&at).cloned().map(|found| Step { at, found });
                Walk {
                    start: start.clone(),
                    steps: self.targets(start).into_iter().filter_map(step).collect(),
                    organizational: listed(start),
                    listed: true,
                }
            }
        }
    }
}

/// RFC 7489 section 3.2: the public suffix and one label more; a public suffix stands for itself.
#[cfg(feature = "psl")]
fn listed(domain: &Name) -> Name {
    let registered = psl::domain(domain.as_str().as_bytes());
    let labels = registered.map_or(0, |found| found.as_bytes().split(|&octet| octet == b'.').count());
    if labels == 0 {
        domain.clone()
    } else {
        domain.suffix(labels)
    }
}

/// One DNS tree walk, judged: from the name it began at up to where it stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Walk {
    /// Where it began.
    pub start: Name,
    /// The names that count, from the longest. All were asked at once; those above the stop are left out.
    pub steps: Vec<Step>,
    /// The organizational domain of `start`, as far as is known (below the first failure).
    pub organizational: Name,
    /// The organizational domain does not depend on what was found.
    listed: bool,
}

impl Walk {
    /// The names of a walk from `start`, from the longest to the shortest, at most eight.
    ///
    /// ```
    /// use mailrep::dmarc::Walk;
    /// use mailrep::dns::Name;
    /// let start = Name::parse(b"a.b.c.d.e.f.g.h.example.com")?;
    /// let targets = Walk::targets(&start);
    /// assert_eq!(targets.len(), 8);
    /// assert_eq!(targets[1].as_str(), "d.e.f.g.h.example.com");
    /// # Ok::<(), mailrep::dns::NameError>(())
    /// ```
    pub fn targets(start: &Name) -> Vec<Name> {
        // Section 4.10 step 4: one label less, but never more than seven.
        let labels = start.label_count();
        let rest = labels.saturating_sub(1).min(MOST_LABELS);
        let mut targets = vec![start.clone()];
        targets.extend((1..=rest).rev().map(|count| start.suffix(count)));
        targets
    }

    pub(super) fn judge(start: &Name, known: &HashMap<Name, Found>) -> Walk {
        let mut steps = Vec::new();
        let mut organizational = None;
        for at in Walk::targets(start) {
            let Some(found) = known.get(&at).cloned() else {
                break;
            };
            let mut stop = false;
            match &found {
                Found::Record(record) => {
                    // Section 4.10.2: psd=n is the organizational domain; psd=y stands one label above it, unless the
                    // walk began there (which has no label more); else it is the record with the fewest labels.
                    stop = record.psd != PublicSuffix::Unknown;
                    organizational = Some(if record.psd == PublicSuffix::Yes {
                        start.suffix(at.label_count() + 1)
                    } else {
                        at.clone()
                    });
                }
                Found::Nothing(_) => {}
                // What lies above cannot be judged: the walk might have stopped here.
                Found::Failure(_) => stop = true,
            }
            steps.push(Step { at, found });
            if stop {
                break;
            }
        }
        Walk {
            start: start.clone(),
            steps,
            // Section 4.10.2: without any record, the initial target.
            organizational: organizational.unwrap_or_else(|| start.clone()),
            listed: false,
        }
    }

    /// The first name that could not be looked at, if it may change the organizational domain.
    pub fn failure(&self) -> Option<(&Name, &Failure)> {
        self.unseen().filter(|_| !self.listed)
    }

    /// The first name that could not be looked at, if it may change the policy.
    fn unseen(&self) -> Option<(&Name, &Failure)> {
        match self.steps.last() {
            Some(Step {
                at,
                found: Found::Failure(failure),
            }) => Some((at, failure)),
            _ => None,
        }
    }

    fn record_at(&self, name: &Name) -> Option<&Arc<Record>> {
        self.steps.iter().find_map(|step| match &step.found {
            Found::Record(record) if step.at == *name => Some(record),
            _ => None,
        })
    }
}

/// Which policy applies to an author domain (section 4.10.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyFinding {
    /// There is no record.
    None,
    /// This record applies.
    Record {
        /// The policy domain.
        at: Name,
        /// Its record.
        record: Arc<Record>,
        /// The policy for this author domain, before `t` lowers it; or why none can be applied.
        policy: Result<Policy, Unusable>,
        /// Why it is not known whether the author domain exists, which decides between `sp` and `np`; `policy` is
        /// `sp` then.
        existence_unknown: Option<Failure>,
    },
    /// It cannot be found out now.
    Failure {
        /// The name that could not be looked at.
        at: Name,
        /// Why.
        failure: Failure,
    },
}

/// Whether two domains belong to one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Relation {
    Same,
    Other,
    /// A name could not be looked at.
    Unknown(Name, Failure),
    /// The identifier was not among the candidates.
    NotLookedUp,
}

/// All that DMARC needs of the DNS for one message. Cheap to share in an `Arc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    pub(super) author: Author,
    /// For each author domain, in order.
    pub(super) policies: Vec<PolicyFinding>,
    pub(super) walks: HashMap<Name, Walk>,
}

impl Discovery {
    /// The author domains that were looked up.
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// The policy for each author domain, in their order.
    pub fn policies(&self) -> &[PolicyFinding] {
        &self.policies
    }

    /// The walk that began at `name`, if there was one.
    pub fn walk(&self, name: &Name) -> Option<&Walk> {
        self.walks.get(name)
    }

    /// Whether `identifier` and `author` have the same organizational domain (section 4.10.2).
    pub(super) fn relation(&self, author: &Name, identifier: &Name) -> Relation {
        if author == identifier {
            return Relation::Same;
        }
        if shared_labels(author, identifier) == 0 {
            return Relation::Other;
        }
        let Some(ours) = self.walks.get(author) else {
            return Relation::NotLookedUp;
        };
        let unknown = |walk: &Walk| {
            walk.failure()
                .map(|(at, failure)| Relation::Unknown(at.clone(), failure.clone()))
        };
        let Some(theirs) = self.walks.get(identifier) else {
            return match unknown(ours) {
                Some(unknown) => unknown,
                // Both would have to be within the author's organizational domain.
                None if !identifier.is_within(&ours.organizational) => Relation::Other,
                None => Relation::NotLookedUp,
            };
        };
        if ours.organizational == theirs.organizational {
            // That holds even if a name above could not be looked at: from their common domain on, both walks ask the
            // same names, so whatever stands there moves both organizational domains to the same place.
            return Relation::Same;
        }
        unknown(ours)
            .or_else(|| unknown(theirs))
            .unwrap_or(Relation::Other)
    }
}

fn shared_labels(a: &Name, b: &Name) -> usize {
    a.labels()
        .rev()
        .zip(b.labels().rev())
        .take_while(|(a, b)| a == b)
        .count()
}

/// Looks up what DMARC needs: the policy for each author domain, and the organizational domains of the author domains and
/// of `candidates` (the MAIL FROM or HELO domain and the `d=` of the signatures), which relaxed alignment compares.
///
/// Organizational domains are those of the tree walk; [`discover_with`] leaves the choice.
///
/// All names of all walks are asked at once, each name once. A second round follows only where it is seldom: for `np`,
/// whether the author domain exists; and for candidates that share nothing but a top-level domain with the author domain,
/// if that top-level domain turned out to be the organizational domain. A candidate that equals an author domain, or
/// shares no label with any, is never walked.
pub async fn discover<R: Resolver>(
    session: &Session<R>,
    author: &Author,
    candidates: &[Name],
    trace: &Tracer,
) -> Discovery {
    discover_with(
        session,
        author,
        candidates,
        OrganizationalDomains::TreeWalk,
        trace,
    )
    .await
}

/// As [`discover`], with a choice of how organizational domains are found.
pub async fn discover_with<R: Resolver>(
    session: &Session<R>,
    author: &Author,
    candidates: &[Name],
    how: OrganizationalDomains,
    trace: &Tracer,
) -> Discovery {
    let authors = author.domains();
    let mut seen: HashSet<&Name> = authors.iter().collect();
    let closeness = |candidate: &Name| {
        let shared = |author: &Name| match shared_labels(author, candidate) {
            // One of the two is the other's parent: as close as can be, whatever the count.
            shared if shared > 0 && (author.is_within(candidate) || candidate.is_within(author)) => {
                usize::MAX
            }
            shared => shared,
        };
        authors.iter().map(shared).max().unwrap_or(0)
    };
    let (near, far): (Vec<_>, Vec<_>) = candidates
        .iter()
        .filter(|candidate| seen.insert(candidate))
        .map(|candidate| (candidate, closeness(candidate)))
        .filter(|(_, closeness)| *closeness > 0)
        .take(MOST_CANDIDATES)
        .partition(|(_, closeness)| *closeness > 1);

    let mut known = HashMap::new();
    let starts: Vec<&Name> = authors.iter().chain(near.iter().map(|(name, _)| *name)).collect();
    look(session, how, &starts, &mut known, trace).await;

    let walk = |name: &Name| (name.clone(), how.judge(name, &known));
    let mut walks: HashMap<Name, Walk> = starts.iter().map(|name| walk(name)).collect();
    let far: Vec<&Name> = far
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| {
            let ours = |author| {
                walks
                    .get(author)
                    .is_some_and(|walk: &Walk| name.is_within(&walk.organizational))
            };
            authors.iter().any(ours)
        })
        .collect();
    let mut policies: Vec<PolicyFinding> = Vec::new();
    let mut doubtful = Vec::new();
    for (at, name) in authors.iter().enumerate() {
        let (finding, np) = match walks.get(name) {
            Some(walk) => policy(walk),
            None => (PolicyFinding::None, None),
        };
        policies.push(finding);
        doubtful.extend(np.map(|np| (at, name, np)));
    }
    let existence = join_all(doubtful.iter().map(|(_, name, _)| exists(session, name, trace)));
    let (existence, ()) = join(existence, look(session, how, &far, &mut known, trace)).await;
    for ((at, _, np), existence) in doubtful.into_iter().zip(existence) {
        if let PolicyFinding::Record {
            policy,
            existence_unknown,
            ..
        } = &mut policies[at]
        {
            match existence {
                Ok(true) => {}
                Ok(false) => *policy = Ok(np),
                Err(failure) => *existence_unknown = Some(failure),
            }
        }
    }
    walks.extend(
        far.into_iter()
            .map(|name| (name.clone(), how.judge(name, &known))),
    );
    Discovery {
        author: author.clone(),
        policies,
        walks,
    }
}

/// Section 4.10.1: the record of the author domain, else of its organizational domain, else of its public suffix. Also
/// the `np` policy where it would make a difference and it is not known that the author domain exists.
pub(super) fn policy(walk: &Walk) -> (PolicyFinding, Option<Policy>) {
    let author = &walk.start;
    let found = |at: &Name, record: &Arc<Record>, policy| PolicyFinding::Record {
        at: at.clone(),
        record: Arc::clone(record),
        policy,
        existence_unknown: None,
    };
    if let Some(record) = walk.record_at(author) {
        let policy = record.policies().map(|policies| policies.p);
        return (found(author, record, policy), None);
    }
    if let Some((at, failure)) = walk.unseen() {
        let finding = PolicyFinding::Failure {
            at: at.clone(),
            failure: failure.clone(),
        };
        return (finding, None);
    }
    // The walk ends at its organizational domain or at the public suffix above it.
    let public_suffix = || {
        walk.steps.iter().rev().find_map(|step| match &step.found {
            Found::Record(record) if record.psd == PublicSuffix::Yes => Some((&step.at, record)),
            _ => None,
        })
    };
    let organizational = || {
        walk.record_at(&walk.organizational)
            .map(|record| (&walk.organizational, record))
    };
    let Some((at, record)) = organizational().or_else(public_suffix) else {
        return (PolicyFinding::None, None);
    };
    match record.policies() {
        Ok(Policies { sp, np, .. }) => {
            // RFC 8020: a name below the author domain that exists proves that the author domain does.
            let absent = matches!(
                walk.steps.first(),
                Some(Step {
                    found: Found::Nothing(Absence::NoSuchName | Absence::Malformed(_)),
                    ..
                })
            );
            (
                found(at, record, Ok(sp)),
                (absent && sp != np && !walk.listed).then_some(np),
            )
        }
        Err(unusable) => (found(at, record, Err(unusable)), None),
    }
}

/// Asks for all names of the walks from `starts` that are not known yet, at once.
pub(super) async fn look<R: Resolver>(
    session: &Session<R>,
    how: OrganizationalDomains,
    starts: &[&Name],
    known: &mut HashMap<Name, Found>,
    trace: &Tracer,
) {
    let mut asked = HashSet::new();
    let mut wanted = Vec::new();
    for target in starts.iter().flat_map(|start| how.targets(start)) {
        if !known.contains_key(&target) && asked.insert(target.clone()) {
            wanted.push(target);
        }
    }
    let found = join_all(wanted.iter().map(|name| find(session, name, trace))).await;
    known.extend(wanted.into_iter().zip(found.into_iter().map(|(found, _)| found)));
}

/// Section 4.10 steps 2 and 6: what one name holds, and all text records there.
pub(super) async fn find<R: Resolver>(
    session: &Session<R>,
    domain: &Name,
    trace: &Tracer,
) -> (Found, Option<Arc<[Txt]>>) {
    let step = trace.step(StepKind::Record, || format!("DMARC policy record of {domain}"));
    let answer = match domain.prefixed("_dmarc") {
        Ok(name) => session.txt(&name, &step).await,
        Err(error) => Answer::MalformedName(error),
    };
    let texts = match &answer {
        Answer::Records { records, .. } => Some(Arc::clone(records)),
        _ => None,
    };
    let found = match answer {
        Answer::Records { records, .. } => {
            // Records of another version are discarded; of several, none counts.
            let mut parsed = records.iter().filter_map(|record| Record::parse(record).ok());
            match (parsed.next(), parsed.count()) {
                (None, _) => Found::Nothing(Absence::NoDmarcRecord),
                (Some(record), 0) => Found::Record(Arc::new(record)),
                (Some(_), more) => Found::Nothing(Absence::Several(more + 1)),
            }
        }
        Answer::NoData { .. } => Found::Nothing(Absence::NoData),
        Answer::NoSuchName { .. } => Found::Nothing(Absence::NoSuchName),
        Answer::MalformedName(error) => Found::Nothing(Absence::Malformed(error)),
        Answer::Failure(failure) => Found::Failure(failure),
    };
    step.outcome(|| match &found {
        Found::Record(record) => {
            let problems: Vec<String> = record.problems.iter().map(ToString::to_string).collect();
            if problems.is_empty() {
                "found".into()
            } else {
                format!("found; {}", problems.join("; "))
            }
        }
        Found::Nothing(Absence::Several(count)) => format!("{count} records, so none of them counts"),
        Found::Nothing(_) => "none".into(),
        Found::Failure(failure) => failure.to_string(),
    });
    (found, texts)
}

/// Section 3.2.14 and appendix A.4: a domain exists unless the answer, to a question of any type, is that there is no
/// such name.
pub(super) async fn exists<R: Resolver>(
    session: &Session<R>,
    domain: &Name,
    trace: &Tracer,
) -> Result<bool, Failure> {
    let step = trace.step(StepKind::Term, || format!("np: does {domain} exist?"));
    let exists = match session.a(domain, &step).await {
        Answer::Records { .. } | Answer::NoData { .. } => Ok(true),
        Answer::NoSuchName { .. } | Answer::MalformedName(_) => Ok(false),
        Answer::Failure(failure) => Err(failure),
    };
    step.outcome(|| match &exists {
        Ok(true) => "yes".into(),
        Ok(false) => "no".into(),
        Err(failure) => failure.to_string(),
    });
    exists
}
