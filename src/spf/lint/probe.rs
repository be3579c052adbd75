//! The names that terms ask for, once all records are known: do they exist, and have they addresses?

use super::Report;
use super::finding::{Finding, MetBy, Problem};
use super::walk::{Pointer, TOGETHER, not_looked_up};
use crate::dns::{Answer, Name, Question, RecordType, Resolver, Session};
use crate::limits::Limits;
use crate::spf::{MacroString, Place};
use crate::trace::{StepKind, Tracer};
use futures_util::future::{BoxFuture, join};
use futures_util::{StreamExt as _, stream};

/// A name that a term asks for.
pub(super) struct Probe {
    pub(super) pointer: Pointer,
    pub(super) name: Name,
    pub(super) what: What,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Addresses,
    Exchanges,
    Exists(Always),
    Explanation,
}

/// What follows if an `exists` matches every client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Always {
    /// The domain lets everybody pass.
    Opens,
    /// The record ends there.
    Ends,
    /// Nothing for the domain that is looked at.
    Nothing,
}

/// Terms that find nothing, as far as is known without asking for what they name.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Voids {
    /// Includes and redirects to what does not exist.
    pub(super) missing: u32,
    /// `exists` with macros: an answer is a match (RFC 7208 section 5.7), so that a client which they do not match finds
    /// nothing.
    pub(super) dependent: u32,
    /// Other terms that depend on the client, and may find nothing.
    pub(super) possible: u32,
}

impl Voids {
    pub(super) fn add(&mut self, other: Voids) {
        self.missing = self.missing.saturating_add(other.missing);
        self.dependent = self.dependent.saturating_add(other.dependent);
        self.possible = self.possible.saturating_add(other.possible);
    }
}

/// What came of a probe.
#[derive(Default)]
struct Seen {
    problems: Vec<Problem>,
    /// A question of an IPv4 client comes to nothing.
    void4: bool,
    /// A question of an IPv6 client comes to nothing.
    void6: bool,
    failed: bool,
}

/// Asks for all of them side by side, and completes the report.
pub(super) async fn all<R: Resolver>(
    session: &Session<R>,
    probes: Vec<Probe>,
    voids: Voids,
    limits: &Limits,
    trace: &Tracer,
    report: &mut Report,
) {
    let asked: Vec<BoxFuture<'_, (Pointer, Seen)>> = probes
        .into_iter()
        .map(|probe| -> BoxFuture<'_, _> { Box::pin(ask(session, probe, limits, trace)) })
        .collect();
    let known = voids.missing.saturating_add(voids.dependent);
    let (mut void4, mut void6) = (known, known);
    let mut done = stream::iter(asked).buffered(TOGETHER);
    while let Some((pointer, seen)) = done.next().await {
        void4 = void4.saturating_add(seen.void4.into());
        void6 = void6.saturating_add(seen.void6.into());
        report.complete &= !seen.failed;
        let findings = seen.problems.into_iter().map(|problem| match problem {
            // Once for all terms.
            Problem::UsedUp { .. } => problem.of(&report.domain),
            problem => pointer.finding(problem),
        });
        report.findings.extend(findings.collect::<Vec<Finding>>());
    }
    report.void_lookups = void4.max(void6);
    report.void_lookups_at_most = report.void_lookups.saturating_add(voids.possible);
    let limit = limits.spf_void_lookups;
    // RFC 7208 section 4.6.4: each family of clients has its own questions, so that the worse one counts.
    let (count, met_by) = if void4 > limit {
        (void4, MetBy::All)
    } else if void6 > limit {
        (void6, MetBy::Ipv6)
    } else if report.void_lookups_at_most > limit {
        (report.void_lookups_at_most, MetBy::Some)
    } else {
        return;
    };
    let problem = Problem::VoidLimit {
        count,
        limit,
        dependent: voids.dependent,
        met_by,
    };
    report.findings.push(problem.of(&report.domain));
}

async fn ask<R: Resolver>(
    session: &Session<R>,
    probe: Probe,
    limits: &Limits,
    trace: &Tracer,
) -> (Pointer, Seen) {
    let Probe { pointer, name, what } = probe;
    let trace = trace.step(StepKind::Term, || pointer.term.clone());
    let seen = match what {
        What::Addresses => addresses(session, &name, &trace).await,
        What::Exchanges => exchanges(session, &name, limits, &trace).await,
        What::Exists(always) => exists(session, &name, always, &trace).await,
        What::Explanation => explanation(session, name, &trace).await,
    };
    (pointer, seen)
}

impl Seen {
    /// Notes what came of a question: whether it came to nothing.
    fn void<T>(&mut self, answer: &Answer<T>, name: &Name, kind: RecordType) -> bool {
        if let Answer::Failure(failure) = answer {
            self.failed = true;
            let question = Question::new(name.clone(), kind);
            self.problems.push(not_looked_up(question, failure, false));
        }
        answer.is_void()
    }
}

async fn addresses<R: Resolver>(session: &Session<R>, name: &Name, trace: &Tracer) -> Seen {
    let mut seen = Seen::default();
    let (a, aaaa) = join(session.a(name, trace), session.aaaa(name, trace)).await;
    seen.void4 = seen.void(&a, name, RecordType::A);
    seen.void6 = seen.void(&aaaa, name, RecordType::Aaaa);
    if seen.void4 && seen.void6 {
        let exists = matches!(a, Answer::NoData { .. }) || matches!(aaaa, Answer::NoData { .. });
        seen.problems.push(Problem::VoidLookup {
            name: name.clone(),
            lacks: exists.then_some("address"),
        });
    }
    seen
}

async fn exchanges<R: Resolver>(session: &Session<R>, name: &Name, limits: &Limits, trace: &Tracer) -> Seen {
    let mut seen = Seen::default();
    let answer = session.mx(name, trace).await;
    if seen.void(&answer, name, RecordType::Mx) {
        (seen.void4, seen.void6) = (true, true);
        seen.problems.push(Problem::VoidLookup {
            name: name.clone(),
            lacks: matches!(answer, Answer::NoData { .. }).then(|| Problem::lack_of(RecordType::Mx)),
        });
    }
    let Answer::Records { records, .. } = answer else {
        return seen;
    };
    // RFC 7208 section 4.6.4: with more than 10, the mechanism "MUST produce a "permerror" result".
    if records.len() > limits.spf_names {
        let (count, limit) = (records.len(), limits.spf_names);
        seen.problems.push(Problem::MxLimit { count, limit });
        return seen;
    }
    // RFC 7505 section 3: a single exchange that is the root.
    if records.iter().all(|mx| mx.exchange.is_root()) {
        seen.problems.push(Problem::NullMx { name: name.clone() });
        return seen;
    }
    let hosts = records
        .iter()
        .map(|mx| &mx.exchange)
        .filter(|host| !host.is_root());
    let asked: Vec<BoxFuture<'_, (&Name, Seen)>> = hosts
        .map(|host| -> BoxFuture<'_, _> {
            Box::pin(async move { (host, addresses(session, host, trace).await) })
        })
        .collect();
    let mut done = stream::iter(asked).buffered(TOGETHER);
    while let Some((host, found)) = done.next().await {
        seen.void4 |= found.void4;
        seen.void6 |= found.void6;
        seen.failed |= found.failed;
        seen.problems
            .extend(found.problems.into_iter().map(|problem| match problem {
                Problem::VoidLookup { .. } => Problem::ExchangeWithoutAddress { host: host.clone() },
                problem => problem,
            }));
    }
    seen
}

/// RFC 7208 section 5.7: IPv4 addresses, whatever the client has.
async fn exists<R: Resolver>(session: &Session<R>, name: &Name, always: Always, trace: &Tracer) -> Seen {
    let mut seen = Seen::default();
    let answer = session.a(name, trace).await;
    if seen.void(&answer, name, RecordType::A) {
        (seen.void4, seen.void6) = (true, true);
        seen.problems.push(Problem::VoidLookup {
            name: name.clone(),
            lacks: matches!(answer, Answer::NoData { .. }).then(|| Problem::lack_of(RecordType::A)),
        });
    }
    // RFC 7208 section 5.7: "If any A record is returned, this mechanism matches", for whomever.
    if let Answer::Records { .. } = answer
        && always != Always::Nothing
    {
        seen.problems.push(Problem::ExistsAlways {
            name: name.clone(),
            opens: always == Always::Opens,
        });
    }
    seen
}

/// RFC 7208 section 6.2: no text, or several, or one that cannot be read, is no explanation. It counts against no limit.
async fn explanation<R: Resolver>(session: &Session<R>, target: Name, trace: &Tracer) -> Seen {
    let mut seen = Seen::default();
    let answer = session.txt(&target, trace).await;
    if seen.void(&answer, &target, RecordType::Txt) {
        seen.problems.push(Problem::ExplanationMissing { target });
    } else if let Answer::Records { records, .. } = answer {
        match &*records {
            [text] => {
                if let Err(error) = MacroString::parse(text, Place::Explanation) {
                    seen.problems.push(Problem::ExplanationSyntax { error });
                }
            }
            _ => seen.problems.push(Problem::ExplanationSeveral { target }),
        }
    }
    seen
}
