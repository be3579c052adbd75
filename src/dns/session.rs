//! The DNS side of one check: its deadline, its budget of questions, its trace.

use super::{Answer, Failure, Mx, Name, NameError, Question, RecordSet, RecordType, Resolver, Txt};
use crate::clock::{Clock, Moment};
use crate::limits::Limits;
use crate::trace::{StepKind, Tracer};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// One check's access to a resolver: of iprev, of SPF, or of keys and DMARC together. Its deadline runs from
/// [`Session::new`].
#[derive(Debug)]
pub struct Session<R> {
    resolver: Arc<R>,
    clock: Clock,
    deadline: Moment,
    questions_left: AtomicU32,
}

impl<R: Resolver> Session<R> {
    /// Begins a check now: `limits` say how long its DNS may take and how much it may ask. `clock` is the one
    /// that the resolver uses.
    pub fn new(resolver: Arc<R>, clock: Clock, limits: &Limits) -> Self {
        let deadline = clock.now().after(limits.dns_time);
        Session {
            resolver,
            clock,
            deadline,
            questions_left: AtomicU32::new(limits.dns_questions),
        }
    }

    /// Asks for text records.
    pub async fn txt(&self, name: &Name, trace: &Tracer) -> Answer<Arc<[Txt]>> {
        let question = Question::new(name.clone(), RecordType::Txt);
        self.ask(question, trace).await.only(RecordSet::into_txt)
    }

    /// Asks for IPv4 addresses.
    pub async fn a(&self, name: &Name, trace: &Tracer) -> Answer<Arc<[Ipv4Addr]>> {
        let question = Question::new(name.clone(), RecordType::A);
        self.ask(question, trace).await.only(RecordSet::into_a)
    }

    /// Asks for IPv6 addresses.
    pub async fn aaaa(&self, name: &Name, trace: &Tracer) -> Answer<Arc<[Ipv6Addr]>> {
        let question = Question::new(name.clone(), RecordType::Aaaa);
        self.ask(question, trace).await.only(RecordSet::into_aaaa)
    }

    /// Asks for addresses of the family of `like`.
    pub async fn addresses(&self, name: &Name, like: IpAddr, trace: &Tracer) -> Answer<Vec<IpAddr>> {
        let question = Question::addresses(name.clone(), like);
        let kind = question.kind;
        self.ask(question, trace)
            .await
            .only(|records| records.into_addresses(kind))
    }

    /// Asks for mail exchanges.
    pub async fn mx(&self, name: &Name, trace: &Tracer) -> Answer<Arc<[Mx]>> {
        let question = Question::new(name.clone(), RecordType::Mx);
        self.ask(question, trace).await.only(RecordSet::into_mx)
    }

    /// Asks for the names of an address.
    pub async fn ptr(&self, address: IpAddr, trace: &Tracer) -> Answer<Arc<[Name]>> {
        let question = Question::reverse(address);
        self.ask(question, trace).await.only(RecordSet::into_ptr)
    }

    /// Records in the trace that a name could not be asked, and answers so.
    pub fn malformed<T>(&self, name: &[u8], kind: RecordType, error: NameError, trace: &Tracer) -> Answer<T> {
        let step = trace.step(StepKind::Question, || {
            format!("{} {kind}", crate::error::printable(name))
        });
        step.outcome(|| format!("not asked: {error}"));
        Answer::MalformedName(error)
    }

    /// Asks a question that counts.
    pub(crate) async fn ask(&self, question: Question, trace: &Tracer) -> Answer {
        let step = trace.step(StepKind::Question, || question.to_string());
        let counted = if self.clock.now() < self.deadline {
            self.count_question()
        } else {
            Err(Failure::Deadline)
        };
        let (answer, elapsed) = match counted {
            Ok(()) => self.ask_uncounted(&question).await,
            Err(failure) => (Answer::Failure(failure), Duration::ZERO),
        };
        step.elapsed(elapsed);
        step.outcome(|| answer.to_string());
        answer
    }

    /// Asks a question that counts only when its answer is used: [`Session::count_question`] then. Whoever calls this
    /// has a bound of its own. Also how long it took.
    pub(crate) async fn ask_uncounted(&self, question: &Question) -> (Answer, Duration) {
        let begun = self.clock.now();
        let answer = if begun >= self.deadline {
            Answer::Failure(Failure::Deadline)
        } else {
            self.resolver.lookup(question, self.deadline).await
        };
        (answer, self.clock.now().since(begun))
    }

    /// Takes a question from the budget, if there is one left.
    pub(crate) fn count_question(&self) -> Result<(), Failure> {
        let take = |left: u32| left.checked_sub(1);
        self.questions_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
            .map(|_| ())
            .map_err(|_| Failure::Questions)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::clock::ManualTime;
    use futures_util::FutureExt as _;

    /// Answers every question with one address, and takes a second for it.
    struct Slow(ManualTime, AtomicU32);

    impl Resolver for Slow {
        async fn lookup(&self, _: &Question, _: Moment) -> Answer {
            self.0.advance(Duration::from_secs(1));
            self.1.fetch_add(1, Ordering::Relaxed);
            Answer::Records {
                records: RecordSet::A([Ipv4Addr::LOCALHOST].into()),
                ttl: 1,
            }
        }
    }

    fn session(limits: &Limits) -> (Session<Slow>, Name) {
        let time = ManualTime::default();
        let clock = Clock::manual(&time);
        let session = Session::new(Arc::new(Slow(time, AtomicU32::new(0))), clock, limits);
        (session, Name::parse(b"example.org").unwrap())
    }

    #[test]
    fn a_question_beyond_the_budget_is_not_asked() {
        let (session, name) = session(&Limits {
            dns_questions: 2,
            ..Limits::default()
        });
        let ask = || session.a(&name, &Tracer::off()).now_or_never().unwrap();
        assert!(matches!(ask(), Answer::Records { .. }));
        assert!(matches!(ask(), Answer::Records { .. }));
        assert_eq!(ask(), Answer::Failure(Failure::Questions));
        assert_eq!(session.resolver.1.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_question_after_the_deadline_is_not_asked() {
        let limits = Limits {
            dns_time: Duration::from_millis(1_500),
            ..Limits::default()
        };
        let (session, name) = session(&limits);
        let ask = || session.a(&name, &Tracer::off()).now_or_never().unwrap();
        assert!(matches!(ask(), Answer::Records { .. }));
        assert!(matches!(ask(), Answer::Records { .. }));
        assert_eq!(ask(), Answer::Failure(Failure::Deadline));
        assert_eq!(session.resolver.1.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn an_answer_of_another_type_is_a_failure() {
        let (session, name) = session(&Limits::default());
        let answer = session.txt(&name, &Tracer::off()).now_or_never().unwrap();
        assert!(matches!(answer, Answer::Failure(Failure::BadAnswer(_))));
    }

    #[test]
    fn questions_are_traced_with_answer_and_time() {
        let (session, name) = session(&Limits::default());
        let trace = Tracer::on(10);
        session.a(&name, &trace).now_or_never().unwrap();
        let steps = trace.steps();
        assert_eq!(
            (steps[0].subject.as_str(), steps[0].outcome.as_str()),
            ("example.org A", "127.0.0.1")
        );
        assert_eq!(steps[0].elapsed, Some(Duration::from_secs(1)));
    }
}
