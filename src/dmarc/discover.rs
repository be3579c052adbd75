//! Finding policies and organizational domains in the DNS (RFC 9989 section 4.10).

use super::records::Published;
use super::walk::{Absence, Found, Known, Names, Walk};
use super::{Author, Environment, OrganizationalDomains, Policies, Policy, PublicSuffix, Record, Unusable};
use crate::dns::{Answer, Failure, Name, Resolver, Session, Txt};
use crate::trace::{StepKind, Tracer};
use futures_util::future::{join, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

/// Identifiers whose organizational domain is looked for; those beyond count as not looked up.
pub const MOST_CANDIDATES: usize = 32;

/// Which policy applies to an author domain (section 4.10.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyFinding<'a> {
    /// There is no record.
    None,
    /// This record applies.
    Record {
        /// The policy domain.
        at: &'a Name,
        /// Its record.
        record: &'a Arc<Record>,
        /// The policy for this author domain, before `t` lowers it; or why none can be applied.
        policy: Result<Policy, Unusable>,
        /// Why it is not known whether the author domain exists, which decides between `sp` and `np`; `policy` is
        /// `sp` then.
        existence_unknown: Option<&'a Failure>,
    },
    /// It cannot be found out now.
    Failure {
        /// The name that could not be looked at.
        at: &'a Name,
        /// Why.
        failure: &'a Failure,
    },
}

/// Whether two domains belong to one organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Relation<'a> {
    Same,
    Other,
    /// A name could not be looked at.
    Unknown(&'a Name, &'a Failure),
    /// The identifier was not among the candidates.
    NotLookedUp,
}

/// All that DMARC needs of the DNS for one message. Cheap to share in an `Arc`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    author: Author,
    organizational_domains: OrganizationalDomains,
    names: Names,
    /// Whether author domains exist, where that decides which policy applies.
    existence: Vec<(Name, Result<bool, Failure>)>,
}

impl Discovery {
    /// Nothing was looked up: no policy is known for the author.
    pub(crate) fn of_nothing(author: Author) -> Self {
        Discovery {
            author,
            organizational_domains: OrganizationalDomains::default(),
            names: Names::with_capacity(0),
            existence: Vec::new(),
        }
    }

    /// The author domains that were looked up.
    pub fn author(&self) -> &Author {
        &self.author
    }

    /// How organizational domains were found.
    pub fn organizational_domains(&self) -> OrganizationalDomains {
        self.organizational_domains
    }

    /// The policy for each author domain, in their order.
    pub fn policies(&self) -> impl Iterator<Item = PolicyFinding<'_>> {
        self.author.domains().iter().map(|author| self.policy(author))
    }

    fn policy(&self, author: &Name) -> PolicyFinding<'_> {
        let Some(walk) = self.walk(author) else {
            return PolicyFinding::None;
        };
        let (mut finding, np) = policy(walk);
        if let PolicyFinding::Record {
            policy,
            existence_unknown,
            ..
        } = &mut finding
            && let Some(np) = np
        {
            match self.existence.iter().find(|(name, _)| name == author) {
                Some((_, Ok(true))) | None => {}
                Some((_, Ok(false))) => *policy = Ok(np),
                Some((_, Err(failure))) => *existence_unknown = Some(failure),
            }
        }
        finding
    }

    /// The walk that began at `name`, if there was one.
    pub fn walk(&self, name: &Name) -> Option<Walk<'_>> {
        self.names.walk(name)
    }

    /// Whether `identifier` and `author` have the same organizational domain (section 4.10.2).
    pub(super) fn relation(&self, author: &Name, identifier: &Name) -> Relation<'_> {
        relation(&self.names, author, identifier)
    }
}

/// Whether `identifier` and `author` have the same organizational domain (section 4.10.2).
pub(super) fn relation<'a>(names: &'a Names, author: &Name, identifier: &Name) -> Relation<'a> {
    if author == identifier {
        return Relation::Same;
    }
    let (ours, theirs) = (names.walk(author), names.walk(identifier));
    if let (Some(ours), Some(theirs)) = (ours, theirs)
        && ours.organizational() == theirs.organizational()
    {
        // That holds even if a name above could not be looked at: from their common domain on, both walks ask the
        // same names, so whatever stands there moves both organizational domains to the same place.
        return Relation::Same;
    }
    if !author.shares_top_level(identifier) {
        return Relation::Other;
    }
    let Some(ours) = ours else {
        return Relation::NotLookedUp;
    };
    let unknown = |walk: Walk<'a>| {
        let (at, failure) = walk.failure()?;
        Some(Relation::Unknown(at, failure))
    };
    match theirs {
        Some(theirs) => unknown(ours)
            .or_else(|| unknown(theirs))
            .unwrap_or(Relation::Other),
        None => match unknown(ours) {
            Some(unknown) => unknown,
            // Both would have to be within the author's organizational domain.
            None if !identifier.is_within(ours.organizational()) => Relation::Other,
            None => Relation::NotLookedUp,
        },
    }
}

/// Looks up what DMARC needs: the policy for each author domain, and the organizational domains of the author domains and
/// of `candidates` (the MAIL FROM or HELO domain and the `d=` of the signatures), which relaxed alignment compares.
///
/// Organizational domains are those of the tree walk, and no record is known before; [`discover_with`] leaves the choice.
///
/// All names of all walks are asked at once, each name once, and waited for until every walk is decided: what lies above
/// a record with `psd=n` or `psd=y` is not. A second round follows only where it is seldom: for `np`,
/// whether the author domain exists; and for candidates that share nothing but a top-level domain with the author domain,
/// if that top-level domain turned out to be the organizational domain. A candidate that equals an author domain, or
/// shares no label with any, is never walked.
pub async fn discover<R: Resolver>(
    session: &Session<R>,
    author: &Author,
    candidates: &[Name],
    trace: &Tracer,
) -> Discovery {
    discover_with(session, author, candidates, Environment::default(), trace).await
}

/// As [`discover`], with a choice of how organizational domains are found, and with records that are known: their names are
/// not asked for.
pub async fn discover_with<R: Resolver>(
    session: &Session<R>,
    author: &Author,
    candidates: &[Name],
    environment: Environment<'_>,
    trace: &Tracer,
) -> Discovery {
    let authors = author.domains();
    let mut search = Search {
        session,
        environment,
        known: environment.records.map(|records| (records, records.now())),
        trace,
        names: Names::with_capacity(4),
    };
    for author in authors {
        search.begin(author, true);
    }
    let mut far = Vec::new();
    let mut chosen = 0;
    for candidate in candidates {
        if chosen == MOST_CANDIDATES {
            break;
        }
        if search.names.is_begun(candidate) {
            continue;
        }
        match closeness(authors, candidate) {
            0 => continue,
            1 if far.contains(&candidate) => continue,
            1 => far.push(candidate),
            _ => search.begin(candidate, false),
        }
        chosen += 1;
    }
    search.look().await;

    let doubtful = |author: &&Name| {
        search
            .names
            .walk(author)
            .is_some_and(|walk| policy(walk).1.is_some())
    };
    let existence: Vec<Name> = authors.iter().filter(doubtful).cloned().collect();
    for candidate in far {
        let ours = |author| search.names.walk(author).map(|walk| walk.organizational());
        if authors
            .iter()
            .filter_map(ours)
            .any(|above| candidate.is_within(above))
        {
            search.begin(candidate, false);
        }
    }
    let existence = match existence.is_empty() {
        true => {
            search.look().await;
            Vec::new()
        }
        false => {
            let exist = join_all(existence.iter().map(|author| exists(session, author, trace)));
            let (exist, ()) = join(exist, search.look()).await;
            existence.iter().cloned().zip(exist).collect()
        }
    };
    Discovery {
        author: author.clone(),
        organizational_domains: environment.organizational_domains,
        names: search.names,
        existence,
    }
}

/// How many labels an identifier has in common with the author domain that is the closest.
fn closeness(authors: &[Name], candidate: &Name) -> usize {
    let shared = |author: &Name| {
        if candidate.is_root() {
            0
        } else if author.is_within(candidate) || candidate.is_within(author) {
            // One of the two is the other's parent: as close as can be, whatever the count.
            usize::MAX
        } else if !author.shares_top_level(candidate) {
            0
        } else {
            author.shared_labels(candidate)
        }
    };
    authors.iter().map(shared).max().unwrap_or(0)
}

/// Section 4.10.1: the record of the author domain, else of its organizational domain, else of its public suffix. Also
/// the `np` policy where it would make a difference and it is not known that the author domain exists.
pub(super) fn policy(walk: Walk<'_>) -> (PolicyFinding<'_>, Option<Policy>) {
    fn found<'a>(
        at: &'a Name,
        record: &'a Arc<Record>,
        policy: Result<Policy, Unusable>,
    ) -> PolicyFinding<'a> {
        PolicyFinding::Record {
            at,
            record,
            policy,
            existence_unknown: None,
        }
    }
    let author = walk.start();
    if let Some(record) = walk.own_record() {
        let policy = record.policies().map(|policies| policies.p);
        return (found(author, record, policy), None);
    }
    if let Some((at, failure)) = walk.unseen() {
        return (PolicyFinding::Failure { at, failure }, None);
    }
    // The walk ends at its organizational domain or at the public suffix above it.
    let public_suffix = || {
        walk.steps().find_map(|step| match step.found {
            Found::Record(record) if record.psd == PublicSuffix::Yes => Some((step.at, record)),
            _ => None,
        })
    };
    let organizational = || Some((walk.organizational(), walk.organizational_record()?));
    let Some((at, record)) = organizational().or_else(public_suffix) else {
        return (PolicyFinding::None, None);
    };
    match record.policies() {
        Ok(Policies { sp, np, .. }) => {
            // RFC 8020: a name below the author domain that exists proves that the author domain does.
            let absent = matches!(
                walk.steps().next().map(|step| step.found),
                Some(Found::Nothing(Absence::NoSuchName | Absence::Malformed(_)))
            );
            (
                found(at, record, Ok(sp)),
                (absent && sp != np && !walk.is_listed()).then_some(np),
            )
        }
        Err(unusable) => (found(at, record, Err(unusable)), None),
    }
}

/// The walks of one message, under way.
struct Search<'a, R> {
    session: &'a Session<R>,
    environment: Environment<'a>,
    known: Known<'a>,
    trace: &'a Tracer,
    names: Names,
}

impl<R: Resolver> Search<'_, R> {
    /// Begins a walk with what is known.
    fn begin(&mut self, start: &Name, is_author: bool) {
        let how = self.environment.organizational_domains;
        // For the organizational domain of an identifier, that is enough.
        if !is_author && let Some(organizational) = how.listed(start) {
            return self.names.begin_listed(start, organizational);
        }
        let before = self.names.len();
        self.names.begin(start, how, self.known);
        if self.trace.is_on() {
            for place in before..self.names.len() {
                if let Some(found) = self.names.found(place) {
                    let step = record_step(self.names.at(place), self.trace);
                    let note = step.step(StepKind::Note, || format!("_dmarc.{} TXT", self.names.at(place)));
                    note.outcome(|| "not asked: the record is known from an earlier check".into());
                    step.outcome(|| in_words(found));
                }
            }
        }
    }

    /// Asks for all names of the walks under way, at once, and waits until every walk is decided. What is still open then
    /// is not needed.
    async fn look(&mut self) {
        let how = self.environment.organizational_domains;
        if self.names.are_incomplete() {
            let mut wanted = Vec::new();
            for place in self.names.unknown(how) {
                if !wanted.contains(&place) {
                    wanted.push(place);
                }
            }
            // In a box: where all is known, nobody carries the room for it.
            Box::pin(self.ask(&wanted)).await;
        }
        self.names.judge(how);
    }

    async fn ask(&mut self, wanted: &[usize]) {
        let how = self.environment.organizational_domains;
        let (session, trace) = (self.session, self.trace);
        let (names, records) = (&mut self.names, self.environment.records);
        let steps: Vec<Tracer> = wanted
            .iter()
            .map(|&at| record_step(names.at(at), trace))
            .collect();
        let ask = |(&place, step)| {
            let name = names.at(place).clone();
            async move { (place, find(session, &name, step).await) }
        };
        let mut asked: FuturesUnordered<_> = wanted.iter().zip(&steps).map(ask).collect();
        poll_fn(|context| {
            // All that has arrived, and at first: each is polled once, so that all are asked.
            while let Poll::Ready(landed) = asked.poll_next_unpin(context) {
                let Some((place, published)) = landed else {
                    return Poll::Ready(());
                };
                if let Some(records) = records {
                    records.keep(names.at(place), &published);
                }
                names.learn(place, published.found);
            }
            match names.unknown(how).next() {
                None => Poll::Ready(()),
                Some(_) => Poll::Pending,
            }
        })
        .await;
        drop(asked);
        for (&place, step) in wanted.iter().zip(&steps) {
            if names.found(place).is_none() {
                step.outcome(|| "not needed, and not waited for".into());
            }
        }
    }
}

pub(super) fn record_step(domain: &Name, trace: &Tracer) -> Tracer {
    trace.step(StepKind::Record, || format!("DMARC policy record of {domain}"))
}

/// The texts of one name.
pub(super) async fn texts<R: Resolver>(
    session: &Session<R>,
    domain: &Name,
    step: &Tracer,
) -> Answer<Arc<[Txt]>> {
    match domain.prefixed("_dmarc") {
        Ok(name) => session.txt(&name, step).await,
        Err(error) => Answer::MalformedName(error),
    }
}

/// What one name holds.
async fn find<R: Resolver>(session: &Session<R>, domain: &Name, step: &Tracer) -> Published {
    read(texts(session, domain, step).await, step)
}

/// What the texts of one name come to.
pub(super) fn read(texts: Answer<Arc<[Txt]>>, step: &Tracer) -> Published {
    let published = Published::read(texts);
    step.outcome(|| in_words(&published.found));
    published
}

fn in_words(found: &Found) -> String {
    match found {
        Found::Record(record) if record.problems.is_empty() => "found".into(),
        Found::Record(record) => {
            let problems: Vec<String> = record.problems.iter().map(ToString::to_string).collect();
            format!("found; {}", problems.join("; "))
        }
        Found::Nothing(Absence::Several(count)) => format!("{count} records, so none of them counts"),
        Found::Nothing(_) => "none".into(),
        Found::Failure(failure) => failure.to_string(),
    }
}

/// Section 3.2.13 and appendix A.4: a domain exists unless the answer, to a question of any type, is that there is no
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
