#![allow(clippy::unwrap_used)]

use super::*;
use crate::clock::ManualTime;
use crate::dns::{Name, RecordSet, RecordType};
use futures_util::FutureExt;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

type Lookup<'a> = Pin<Box<dyn Future<Output = Answer> + Send + 'a>>;

struct Bench {
    time: ManualTime,
    resolver: CallbackResolver,
    question: Question,
}

fn bench() -> Bench {
    let time = ManualTime::default();
    let resolver = CallbackResolver::new(Clock::manual(&time));
    let question = Question::new(Name::parse(b"example.org").unwrap(), RecordType::A);
    Bench {
        time,
        resolver,
        question,
    }
}

impl Bench {
    /// Begins a look-up that has `seconds`, and polls it once.
    fn ask(&self, seconds: u64) -> Lookup<'_> {
        let deadline = self
            .resolver
            .shared
            .clock
            .now()
            .after(Duration::from_secs(seconds));
        let mut lookup: Lookup<'_> = Box::pin(self.resolver.lookup(&self.question, deadline));
        assert_eq!((&mut lookup).now_or_never(), None);
        lookup
    }
}

fn records() -> Answer {
    Answer::Records {
        records: RecordSet::A(Arc::new([[192, 0, 2, 1].into()])),
        ttl: 60,
    }
}

#[test]
fn questions_are_handed_out_once_oldest_first_and_answered_in_any_order() {
    let bench = bench();
    let (first, second) = (bench.ask(5), bench.ask(5));
    let open = bench.resolver.take_questions();
    assert_eq!(open.len(), 2);
    assert!(open[0].id < open[1].id);
    assert_eq!(open[0].question, bench.question);
    assert_eq!(open[0].deadline, Moment(Duration::from_secs(5)));
    assert!(bench.resolver.take_questions().is_empty());
    let third = bench.ask(5);
    let more = bench.resolver.take_questions();
    assert_eq!(more.len(), 1);

    assert!(bench.resolver.answer(more[0].id, records()));
    assert!(bench.resolver.answer(open[1].id, Answer::NoData { ttl: None }));
    assert!(
        bench
            .resolver
            .answer(open[0].id, Answer::NoSuchName { ttl: Some(1) })
    );
    assert_eq!(third.now_or_never(), Some(records()));
    assert_eq!(second.now_or_never(), Some(Answer::NoData { ttl: None }));
    assert_eq!(first.now_or_never(), Some(Answer::NoSuchName { ttl: Some(1) }));
    assert_eq!(bench.resolver.open_count(), 0);
    assert_eq!(bench.resolver.next_deadline(), None);
}

#[test]
fn unknown_and_answered_ids_are_refused() {
    let bench = bench();
    let lookup = bench.ask(5);
    let id = bench.resolver.take_questions()[0].id;
    assert!(!bench.resolver.answer(0, records()));
    assert!(!bench.resolver.answer(id + 1, records()));
    assert!(!bench.resolver.answer(u64::MAX, records()));
    assert!(bench.resolver.answer(id, records()));
    assert!(!bench.resolver.answer(id, Answer::NoData { ttl: None }));
    assert_eq!(lookup.now_or_never(), Some(records()));
}

#[test]
fn an_asker_that_goes_takes_its_question_along() {
    let bench = bench();
    let (untaken, taken) = (bench.ask(5), bench.ask(6));
    drop(untaken);
    let open = bench.resolver.take_questions();
    assert_eq!(open.len(), 1);
    assert_eq!(
        bench.resolver.next_deadline(),
        Some(Moment(Duration::from_secs(6)))
    );
    drop(taken);
    assert_eq!(bench.resolver.open_count(), 0);
    assert_eq!(bench.resolver.next_deadline(), None);
    assert!(!bench.resolver.answer(open[0].id, records()));
}

#[test]
fn an_answer_of_another_type_is_a_bad_answer() {
    let bench = bench();
    let lookup = bench.ask(5);
    let id = bench.resolver.take_questions()[0].id;
    let ttl = 60;
    let records = RecordSet::Txt(Arc::new([b"x".as_slice().into()]));
    assert!(bench.resolver.answer(id, Answer::Records { records, ttl }));
    let answer = lookup.now_or_never().unwrap();
    assert!(
        matches!(answer, Answer::Failure(Failure::BadAnswer(_))),
        "{answer:?}"
    );
}

#[test]
fn an_empty_set_is_no_data() {
    let bench = bench();
    let lookup = bench.ask(5);
    let id = bench.resolver.take_questions()[0].id;
    let records = RecordSet::A(Arc::new([]));
    assert!(bench.resolver.answer(id, Answer::Records { records, ttl: 60 }));
    assert_eq!(lookup.now_or_never(), Some(Answer::NoData { ttl: Some(60) }));
}

#[test]
fn deadlines_expire_in_their_order() {
    let bench = bench();
    let (long, short) = (bench.ask(9), bench.ask(3));
    assert_eq!(
        bench.resolver.next_deadline(),
        Some(Moment(Duration::from_secs(3)))
    );
    assert_eq!(bench.resolver.expire(), 0);
    bench.time.advance(Duration::from_secs(3));
    assert_eq!(bench.resolver.expire(), 1);
    assert_eq!(short.now_or_never(), Some(Answer::Failure(Failure::Deadline)));
    assert_eq!(
        bench.resolver.next_deadline(),
        Some(Moment(Duration::from_secs(9)))
    );
    let open = bench.resolver.take_questions();
    assert_eq!(open.len(), 1);

    // An answer after the deadline that nobody expired.
    bench.time.advance(Duration::from_secs(6));
    assert!(bench.resolver.answer(open[0].id, records()));
    assert_eq!(long.now_or_never(), Some(Answer::Failure(Failure::Deadline)));
    assert_eq!(bench.resolver.expire(), 0);
}

#[test]
fn a_deadline_in_the_past_is_not_asked() {
    let bench = bench();
    let answer = bench
        .resolver
        .lookup(&bench.question, Moment::default())
        .now_or_never();
    assert_eq!(answer, Some(Answer::Failure(Failure::Deadline)));
    assert!(bench.resolver.take_questions().is_empty());
}

#[test]
fn open_questions_are_bounded() {
    let time = ManualTime::default();
    let resolver = CallbackResolver::with_most_open(Clock::manual(&time), 1);
    let question = Question::new(Name::root(), RecordType::Txt);
    let deadline = Moment(Duration::from_secs(1));
    let mut first = Box::pin(resolver.lookup(&question, deadline));
    assert_eq!((&mut first).now_or_never(), None);
    let second = resolver.lookup(&question, deadline).now_or_never().unwrap();
    assert!(
        matches!(second, Answer::Failure(Failure::Network(_))),
        "{second:?}"
    );
    drop(first);
    let mut third = Box::pin(resolver.lookup(&question, deadline));
    assert_eq!((&mut third).now_or_never(), None);
}

#[test]
fn closing_fails_all_questions_present_and_future() {
    let bench = bench();
    let lookup = bench.ask(5);
    let id = bench.resolver.take_questions()[0].id;
    let clone = bench.resolver.clone();
    clone.close();
    let answer = lookup.now_or_never().unwrap();
    assert!(
        matches!(answer, Answer::Failure(Failure::Network(_))),
        "{answer:?}"
    );
    assert!(!bench.resolver.answer(id, records()));
    assert_eq!(bench.resolver.next_deadline(), None);
    let deadline = Moment(Duration::from_secs(5));
    let later = bench
        .resolver
        .lookup(&bench.question, deadline)
        .now_or_never()
        .unwrap();
    assert!(matches!(later, Answer::Failure(Failure::Network(_))), "{later:?}");
}

#[test]
fn the_notifier_hears_of_each_question_and_may_answer_it() {
    let bench = bench();
    let heard = Arc::new(AtomicUsize::new(0));
    let (count, resolver) = (Arc::clone(&heard), bench.resolver.clone());
    bench.resolver.set_notifier(Some(Box::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
        for open in resolver.take_questions() {
            assert!(resolver.answer(open.id, records()));
        }
    })));
    let deadline = Moment(Duration::from_secs(5));
    for _ in 0..3 {
        let answer = bench.resolver.lookup(&bench.question, deadline).now_or_never();
        assert_eq!(answer, Some(records()));
    }
    assert_eq!(heard.load(Ordering::SeqCst), 3);
    bench.resolver.set_notifier(None);
    let _unheard = bench.ask(5);
    assert_eq!(heard.load(Ordering::SeqCst), 3);
}

#[test]
fn an_answer_from_another_thread_wakes_the_asker() {
    let bench = bench();
    let resolver = bench.resolver.clone();
    let (wake, woken) = std::sync::mpsc::channel();
    bench
        .resolver
        .set_notifier(Some(Box::new(move || wake.send(()).unwrap_or_default())));
    let driver = std::thread::spawn(move || {
        while woken.recv().is_ok() {
            for open in resolver.take_questions() {
                resolver.answer(open.id, records());
            }
        }
    });
    for _ in 0..100 {
        let lookup = bench
            .resolver
            .lookup(&bench.question, Moment(Duration::from_secs(5)));
        assert_eq!(block_on(lookup), records());
    }
    // Takes the notifier away, which ends the driver's channel.
    bench.resolver.close();
    driver.join().unwrap();
}

/// Runs a future on this thread, which sleeps until it is woken.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(std::thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}
