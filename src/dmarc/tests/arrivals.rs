//! Answers that arrive in any order, one at a time.

use super::*;
use crate::dmarc::Discovery;
use futures_util::task::noop_waker_ref;
use proptest::prelude::*;
use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Answers a question when it is told to.
struct ByHand {
    memory: Memory,
    given: Mutex<HashSet<Question>>,
    waiting: Mutex<Vec<Waker>>,
}

impl ByHand {
    fn give(&self, question: Question) {
        self.given.lock().unwrap().insert(question);
        std::mem::take(&mut *self.waiting.lock().unwrap())
            .into_iter()
            .for_each(Waker::wake);
    }
}

impl Resolver for ByHand {
    async fn lookup(&self, question: &Question, deadline: Moment) -> Answer {
        let answer = self.memory.lookup(question, deadline).await;
        poll_fn(|context| {
            self.waiting.lock().unwrap().push(context.waker().clone());
            match self.given.lock().unwrap().contains(question) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
        answer
    }
}

/// What is known when the answers arrive in this order, as soon as nothing more is waited for, and which questions were open then.
fn arriving(
    memory: Memory,
    author: &str,
    candidates: &[Name],
    trace: &Tracer,
    mut next: impl FnMut(&[String]) -> usize,
) -> (Discovery, Vec<String>) {
    let resolver = Arc::new(ByHand {
        memory,
        given: Mutex::default(),
        waiting: Mutex::default(),
    });
    let clock = Clock::manual(&ManualTime::default());
    let session = Session::new(Arc::clone(&resolver), clock, &Limits::default());
    let author = Author::from_domain(name(author));
    let mut discovery = pin!(discover(&session, &author, candidates, trace));
    let mut context = Context::from_waker(noop_waker_ref());
    loop {
        let polled = discovery.as_mut().poll(&mut context);
        let given = resolver.given.lock().unwrap().clone();
        let is_given = |question: &String| given.iter().any(|other| other.to_string() == *question);
        let mut open = resolver.memory.asked();
        open.retain(|question| !is_given(question));
        if let Poll::Ready(discovery) = polled {
            return (discovery, open);
        }
        let chosen = &open[next(&open)];
        let (at, kind) = chosen.split_once(' ').unwrap();
        let kind = if kind == "A" {
            RecordType::A
        } else {
            RecordType::Txt
        };
        resolver.give(Question::new(name(at), kind));
    }
}

/// All but the last of these names, which never arrives.
fn all_but(slow: &'static str) -> impl FnMut(&[String]) -> usize {
    move |open| {
        let slow = format!("{slow} TXT");
        let quick = open.iter().position(|question| *question != slow);
        quick.unwrap_or_else(|| panic!("{slow} is waited for"))
    }
}

#[test]
fn section_4_10_step_2_nobody_waits_for_what_lies_above_a_record_that_stops_the_walk() {
    for record in ["v=DMARC1; p=reject; psd=n", "v=DMARC1; p=reject; psd=y"] {
        let memory = Memory::default()
            .txt("_dmarc.example.com", &[record])
            .failing("_dmarc.com", RecordType::Txt);
        let trace = Tracer::on(100);
        let candidates = [name("a.mail.example.com")];
        let (discovery, open) = arriving(
            memory,
            "mail.example.com",
            &candidates,
            &trace,
            all_but("_dmarc.com"),
        );
        assert_eq!(open, ["_dmarc.com TXT"]);
        assert_eq!(discovery.walk(&name("mail.example.com")).unwrap().failure(), None);
        let steps = trace.steps();
        let step = steps
            .iter()
            .find(|step| step.subject == "DMARC policy record of com");
        assert_eq!(step.unwrap().outcome, "not needed, and not waited for");
    }
}

#[test]
fn section_4_10_what_one_walk_needs_is_waited_for_though_another_is_decided() {
    let memory = || Memory::default().txt("_dmarc.mail.example.com", &["v=DMARC1; p=reject; psd=n"]);
    let mut seen = Vec::new();
    let candidates = [name("example.com")];
    let (_, open) = arriving(
        memory(),
        "mail.example.com",
        &candidates,
        &Tracer::off(),
        |open| {
            seen.push(open[0].clone());
            0
        },
    );
    assert_eq!(open, [""; 0]);
    assert_eq!(
        seen,
        [
            "_dmarc.mail.example.com TXT",
            "_dmarc.example.com TXT",
            "_dmarc.com TXT"
        ]
    );
    // Without that candidate, the author domain's record is all there is to know.
    let (_, open) = arriving(memory(), "mail.example.com", &[], &Tracer::off(), |_| 0);
    assert_eq!(open, ["_dmarc.example.com TXT", "_dmarc.com TXT"]);
}

#[test]
fn section_4_10_a_failure_ends_a_walk_and_so_does_the_wait() {
    let memory = Memory::default().failing("_dmarc.mail.example.com", RecordType::Txt);
    let (discovery, open) = arriving(
        memory,
        "mail.example.com",
        &[],
        &Tracer::off(),
        all_but("_dmarc.com"),
    );
    assert_eq!(open, ["_dmarc.example.com TXT", "_dmarc.com TXT"]);
    assert!(
        discovery
            .walk(&name("mail.example.com"))
            .unwrap()
            .failure()
            .is_some()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn section_4_10_the_order_in_which_answers_arrive_changes_no_verdict(
        space in walks::space(true),
        author in walks::node(),
        identifiers in proptest::collection::vec(walks::node(), 0..4),
        order in proptest::collection::vec(any::<proptest::sample::Index>(), 40),
    ) {
        let candidates: Vec<Name> = identifiers.iter().map(|at| name(at)).collect();
        let dkim: Vec<Identifier> = identifiers.iter().map(|at| passing(at)).collect();
        let (memory, session) = walks::memory(&space).session(&Limits::default());
        let claimed = Author::from_domain(name(&author));
        let trace = Tracer::off();
        let at_once = discover(&session, &claimed, &candidates, &trace).now_or_never().unwrap();
        let mut order = order.into_iter();
        let (arrived, open) = arriving(walks::memory(&space), &author, &candidates, &trace, |open| {
            order.next().map_or(0, |index| index.index(open.len()))
        });
        prop_assert_eq!(evaluate(&at_once, None, &dkim), evaluate(&arrived, None, &dkim));
        prop_assert!(at_once.policies().eq(arrived.policies()));
        for start in candidates.iter().chain(claimed.domains()) {
            let steps = |discovery: &Discovery| -> Option<Vec<String>> {
                Some(discovery.walk(start)?.steps().map(|step| format!("{step:?}")).collect())
            };
            prop_assert_eq!(steps(&at_once), steps(&arrived));
            let organizational = |discovery: &Discovery| Some(discovery.walk(start)?.organizational().clone());
            prop_assert_eq!(organizational(&at_once), organizational(&arrived));
            // What was still open lies above the end of every walk.
            for step in arrived.walk(start).iter().flat_map(|walk| walk.steps()) {
                let question = format!("_dmarc.{} TXT", step.at);
                prop_assert!(!open.contains(&question));
            }
        }
        drop(memory);
    }
}
