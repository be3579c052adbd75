//! Following includes and redirects, all targets of a record side by side.

use super::finding::{Finding, Problem};
use super::inspect::{self, Standing};
use super::kept::Kept;
use super::probe::{Always, Probe, Voids, What};
use super::terms::{self, Piece};
use super::{Found, Node};
use crate::dns::{Answer, Failure, Name, Question, RecordType, Resolver, Session, Txt};
use crate::error::printable;
use crate::limits::Limits;
use crate::spf::macros::TargetError;
use crate::spf::{DomainSpec, Environment, Mechanism, Policy, Qualifier, Record, Term};
use crate::trace::{StepKind, Tracer};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Nodes of the tree. Terms beyond are counted, and not shown or followed.
const MOST_NODES: usize = 1_000;
/// Targets of one record that are asked for side by side.
pub(super) const TOGETHER: usize = 16;

/// What came of following everything.
pub(super) struct Walked {
    pub(super) node: Node,
    pub(super) findings: Vec<Finding>,
    /// Names to be asked for, once all records are known.
    pub(super) probes: Vec<Probe>,
    pub(super) voids: Voids,
    pub(super) complete: bool,
}

/// The term that leads to a record.
#[derive(Clone)]
pub(super) struct Pointer {
    /// In whose record it stands.
    pub(super) domain: Name,
    /// As published, printable.
    pub(super) term: String,
    pub(super) place: Range<usize>,
}

impl Pointer {
    pub(super) fn finding(&self, problem: Problem) -> Finding {
        Finding {
            problem,
            domain: self.domain.clone(),
            term: Some(self.term.clone()),
            place: Some(self.place.clone()),
        }
    }
}

/// How a record is come to.
struct Way {
    pointer: Option<Pointer>,
    /// A `redirect`, or the domain itself.
    decides: bool,
    /// An `include`.
    include: bool,
    /// No qualifier on the way is other than that of a pass.
    passes: bool,
    /// The domains on the way, this one not among them.
    path: Vec<Name>,
}

struct Walker<'a, R> {
    session: &'a Session<R>,
    limits: &'a Limits,
    policy: Option<&'a Policy>,
    root: &'a Name,
    nodes: AtomicUsize,
}

pub(super) async fn walk<R: Resolver>(
    session: &Session<R>,
    root: &Name,
    environment: Environment<'_>,
    trace: &Tracer,
) -> Walked {
    let walker = Walker {
        session,
        limits: environment.limits,
        policy: environment.policy,
        root,
        nodes: AtomicUsize::new(0),
    };
    let way = Way {
        pointer: None,
        decides: true,
        include: false,
        passes: true,
        path: Vec::new(),
    };
    walker.record(root.clone(), way, trace.clone()).await
}

impl Walked {
    fn leaf(
        pointer: Option<&Pointer>,
        domain: Option<Name>,
        found: Found,
        problem: Option<Problem>,
    ) -> Walked {
        let at = |problem: Problem| match (pointer, &domain) {
            (Some(pointer), _) => Some(pointer.finding(problem)),
            (None, Some(domain)) => Some(problem.of(domain)),
            (None, None) => None,
        };
        let findings = problem.and_then(at).into_iter().collect();
        let complete = matches!(
            found,
            Found::Addresses
                | Found::NoRecord
                | Found::NoSuchName
                | Found::Several(_)
                | Found::Malformed
                | Found::Loop
        );
        Walked {
            node: Node {
                term: pointer.map(|pointer| pointer.term.clone()),
                domain,
                found,
                local: false,
                dns_lookups: u32::from(pointer.is_some()),
                children: Vec::new(),
            },
            findings,
            probes: Vec::new(),
            voids: Voids::default(),
            complete,
        }
    }

    /// What the term points to does not exist.
    fn missing(mut self) -> Walked {
        self.voids.missing = u32::from(self.node.term.is_some());
        self
    }
}

impl<R: Resolver> Walker<'_, R> {
    /// A record and all that it leads to.
    fn record(&self, domain: Name, way: Way, trace: Tracer) -> BoxFuture<'_, Walked> {
        Box::pin(async move {
            let pointer = way.pointer.as_ref();
            let missing = |no_such_name: bool| match (pointer, no_such_name) {
                (Some(_), no_such_name) => Problem::TargetMissing {
                    target: domain.clone(),
                    no_such_name,
                },
                (None, true) => Problem::NoSuchDomain,
                (None, false) => Problem::NoRecord,
            };
            // RFC 7208 section 4.3: nobody asks for a domain of one label.
            if domain.label_count() < 2 {
                let problem = if pointer.is_some() {
                    missing(false)
                } else {
                    Problem::SingleLabel
                };
                return Walked::leaf(pointer, Some(domain.clone()), Found::NoRecord, Some(problem));
            }
            let given = self.policy.and_then(|policy| policy.text(&domain));
            let answer = match given {
                Some(text) => {
                    let note = trace.step(StepKind::Note, || format!("{domain} TXT"));
                    note.outcome(|| "not asked: local policy replaces the record".into());
                    let text: Txt = text.as_bytes().into();
                    Answer::Records {
                        records: [text].into(),
                        ttl: 0,
                    }
                }
                None => self.session.txt(&domain, &trace).await,
            };
            let texts = match answer {
                Answer::Records { records, .. } => records,
                Answer::NoData { .. } => {
                    let problem = Some(missing(false));
                    let walked = Walked::leaf(pointer, Some(domain.clone()), Found::NoRecord, problem);
                    return walked.missing();
                }
                Answer::NoSuchName { .. } => {
                    let problem = Some(missing(true));
                    let walked = Walked::leaf(pointer, Some(domain.clone()), Found::NoSuchName, problem);
                    return walked.missing();
                }
                Answer::MalformedName(error) => {
                    let problem = Problem::TargetMalformed { error: error.into() };
                    return Walked::leaf(pointer, Some(domain), Found::Malformed, Some(problem));
                }
                Answer::Failure(failure) => {
                    let question = Question::new(domain.clone(), RecordType::Txt);
                    let problem = not_looked_up(question, &failure, pointer.is_none());
                    return Walked::leaf(pointer, Some(domain), Found::Failed(failure), Some(problem));
                }
            };
            let standing = Standing {
                decides: way.decides,
                // Who gives a record can change it.
                own: given.is_some() || self.is_own(&domain, &way),
                passes: way.passes,
            };
            let mut kept = Kept::default();
            let missed = standing.own && inspect::texts(&domain, &texts, &mut kept);
            let mut found = texts.iter().filter(|text| Record::is_record(text));
            let Some(octets) = found.next() else {
                // "v=spf1-all" is told as such, and that there is no record goes without saying.
                let told = pointer.is_none() && missed;
                let problem = (!told).then(|| missing(false));
                let mut walked = Walked::leaf(pointer, Some(domain.clone()), Found::NoRecord, problem);
                walked.findings.append(&mut kept.finish(&domain));
                walked.node.local = given.is_some();
                return walked;
            };
            let count = 1 + found.count();
            if count > 1 {
                let mut walked = Walked::leaf(pointer, Some(domain.clone()), Found::Several(count), None);
                kept.add(Problem::SeveralRecords { count }.of(&domain));
                walked.findings = kept.finish(&domain);
                return walked;
            }
            let octets: Box<[u8]> = octets.clone();
            let step = trace.step(StepKind::Record, || {
                format!("{domain}: {}", String::from_utf8_lossy(&octets))
            });
            let pieces = terms::read(&octets);
            inspect::record(&domain, self.root, &octets, &pieces, standing, &mut kept);
            let mut findings = kept.finish(&domain);
            if way.include
                && !inspect::may_pass(&pieces)
                && let Some(pointer) = pointer
            {
                findings.push(pointer.finding(Problem::NeverPasses {
                    target: domain.clone(),
                }));
            }
            let mut walked = self.terms(&domain, &octets, &pieces, &way, &step).await;
            findings.append(&mut walked.findings);
            step.outcome(|| format!("{} look-ups", walked.node.dns_lookups));
            walked.findings = findings;
            walked.node.term = way.pointer.map(|pointer| pointer.term);
            walked.node.dns_lookups += u32::from(walked.node.term.is_some());
            walked.node.domain = Some(domain);
            walked.node.found = Found::Record(octets);
            walked.node.local = given.is_some();
            walked
        })
    }

    /// All terms of a record that are evaluated in the worst case, which is that none matches before `all`.
    async fn terms(
        &self,
        domain: &Name,
        octets: &[u8],
        pieces: &[Piece],
        way: &Way,
        trace: &Tracer,
    ) -> Walked {
        let is_all = |piece: &Piece| piece.term.as_ref().is_ok_and(inspect::is_all);
        let all = pieces.iter().position(is_all);
        let mut ways: Vec<BoxFuture<'_, Walked>> = Vec::new();
        let mut probes = Vec::new();
        let mut uncounted = 0u32;
        // What a term costs that cannot be read is not known.
        let mut complete = pieces.iter().all(|piece| piece.term.is_ok());
        // Modifiers may stand anywhere, but the redirect is followed last.
        let redirects = |piece: &&Piece| matches!(piece.term, Ok(Term::Redirect(_)));
        let evaluated = pieces[..all.unwrap_or(pieces.len())]
            .iter()
            .filter(|piece| !redirects(piece));
        let redirect = pieces.iter().find(redirects).filter(|_| all.is_none());
        let explanation = pieces
            .iter()
            .filter(|piece| matches!(piece.term, Ok(Term::Explanation(_))));
        for piece in evaluated.chain(redirect) {
            let Ok(term) = &piece.term else { continue };
            let counts = match term {
                Term::Directive(directive) => directive.mechanism.counts_as_lookup(),
                Term::Redirect(_) => true,
                Term::Explanation(_) | Term::Unknown { .. } => false,
            };
            if !counts {
                continue;
            }
            if self.nodes.fetch_add(1, Ordering::Relaxed) >= MOST_NODES {
                uncounted = uncounted.saturating_add(1);
                complete = false;
                continue;
            }
            let pointer = Pointer {
                domain: domain.clone(),
                term: printable(octets.get(piece.place.clone()).unwrap_or_default()),
                place: piece.place.clone(),
            };
            ways.push(self.term(term, domain, pointer, way, trace));
        }
        // RFC 7208 section 6.2: the explanation is that of the record that decides.
        for piece in explanation.filter(|_| way.decides) {
            if let Ok(Term::Explanation(spec)) = &piece.term
                && let Some(Ok(name)) = self.target(spec, domain)
            {
                let pointer = Pointer {
                    domain: domain.clone(),
                    term: printable(octets.get(piece.place.clone()).unwrap_or_default()),
                    place: piece.place.clone(),
                };
                probes.push(Probe {
                    pointer,
                    name,
                    what: What::Explanation,
                });
            }
        }
        let mut whole = Walked::leaf(None, None, Found::Addresses, None);
        whole.complete = complete;
        whole.node.dns_lookups = uncounted;
        let mut done = stream::iter(ways).buffered(TOGETHER);
        while let Some(mut walked) = done.next().await {
            whole.node.dns_lookups = whole.node.dns_lookups.saturating_add(walked.node.dns_lookups);
            whole.node.children.push(walked.node);
            whole.findings.append(&mut walked.findings);
            whole.probes.append(&mut walked.probes);
            whole.voids.add(walked.voids);
            whole.complete &= walked.complete;
        }
        whole.probes.append(&mut probes);
        whole
    }

    /// A term that asks the DNS.
    fn term(
        &self,
        term: &Term,
        domain: &Name,
        pointer: Pointer,
        way: &Way,
        trace: &Tracer,
    ) -> BoxFuture<'_, Walked> {
        let done = |walked: Walked| -> BoxFuture<'_, Walked> { Box::pin(std::future::ready(walked)) };
        let (spec, what) = match term {
            Term::Redirect(spec) => (Some(spec), None),
            Term::Directive(directive) => match &directive.mechanism {
                Mechanism::Include(spec) => (Some(spec), None),
                Mechanism::A(spec, _) => (spec.as_ref(), Some(What::Addresses)),
                Mechanism::Mx(spec, _) => (spec.as_ref(), Some(What::Exchanges)),
                Mechanism::Exists(spec) => {
                    let always = if directive.qualifier == Qualifier::Pass && way.passes {
                        Always::Opens
                    } else if self.is_own(domain, way) {
                        Always::Ends
                    } else {
                        Always::Nothing
                    };
                    (Some(spec), Some(What::Exists(always)))
                }
                // The names of a client are nothing that could be asked for without one; it may have none.
                Mechanism::Ptr(_) => {
                    let mut walked = Walked::leaf(Some(&pointer), None, Found::Addresses, None);
                    walked.voids.possible = 1;
                    return done(walked);
                }
                Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) => {
                    return done(Walked::leaf(Some(&pointer), None, Found::Addresses, None));
                }
            },
            Term::Explanation(_) | Term::Unknown { .. } => {
                return done(Walked::leaf(Some(&pointer), None, Found::Addresses, None));
            }
        };
        let target = match spec {
            Some(spec) => self.target(spec, domain),
            None => Some(Ok(domain.clone())),
        };
        match (target, what) {
            (Some(Err(error)), _) => {
                let problem = Some(Problem::TargetMalformed { error });
                done(Walked::leaf(Some(&pointer), None, Found::Malformed, problem))
            }
            // "exists:%{i}._spf.example.org" is what macros are for, and costs 1 whatever it asks for.
            (None, Some(what)) => {
                let mut walked = Walked::leaf(Some(&pointer), None, Found::Unknowable, None);
                walked.complete = true;
                match what {
                    What::Exists(_) => walked.voids.dependent = 1,
                    _ => walked.voids.possible = 1,
                }
                done(walked)
            }
            (None, None) => {
                let problem = Some(Problem::Unknowable);
                done(Walked::leaf(Some(&pointer), None, Found::Unknowable, problem))
            }
            (Some(Ok(name)), Some(what)) => {
                let mut walked = Walked::leaf(Some(&pointer), Some(name.clone()), Found::Addresses, None);
                walked.probes.push(Probe { pointer, name, what });
                done(walked)
            }
            (Some(Ok(name)), None) => {
                if name == *domain || way.path.contains(&name) {
                    let problem = Some(Problem::Loop { target: name.clone() });
                    return done(Walked::leaf(Some(&pointer), Some(name), Found::Loop, problem));
                }
                let deepest = usize::try_from(self.limits.spf_dns_lookups)
                    .unwrap_or(usize::MAX)
                    .min(MOST_LEVELS);
                if way.path.len() >= deepest {
                    let problem = Some(Problem::TooDeep);
                    return done(Walked::leaf(
                        Some(&pointer),
                        Some(name),
                        Found::NotFollowed,
                        problem,
                    ));
                }
                let mut path = way.path.clone();
                path.push(domain.clone());
                let qualifier = match term {
                    Term::Directive(directive) => Some(directive.qualifier),
                    _ => None,
                };
                let way = Way {
                    decides: way.decides && qualifier.is_none(),
                    include: qualifier.is_some(),
                    // RFC 7208 section 6.1: a redirect passes if the other record does, and has no qualifier.
                    passes: way.passes && matches!(qualifier, None | Some(Qualifier::Pass)),
                    path,
                    pointer: Some(pointer),
                };
                self.record(name, way, trace.clone())
            }
        }
    }

    /// Whether all that is unwise in a record is to be told: whoever looks at the domain can change it, or it decides as if it
    /// were the domain's own.
    fn is_own(&self, domain: &Name, way: &Way) -> bool {
        way.decides || domain.is_within(self.root)
    }

    /// Where a term leads; none if that depends on the message.
    fn target(&self, spec: &DomainSpec, domain: &Name) -> Option<Result<Name, TargetError>> {
        inspect::target(spec, domain, self.root)
    }
}

/// Levels of includes that are followed, whatever the limit of look-ups.
const MOST_LEVELS: usize = 20;

/// What is to be said of a question that was not answered.
pub(super) fn not_looked_up(question: Question, failure: &Failure, root: bool) -> Problem {
    match failure {
        Failure::Questions | Failure::Deadline if !root => Problem::UsedUp {
            failure: failure.clone(),
        },
        failure => Problem::NotLookedUp {
            question,
            failure: failure.clone(),
            root,
        },
    }
}
