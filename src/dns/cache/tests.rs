#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::*;
use crate::clock::ManualTime;
use crate::dns::{Name, RecordType};
use proptest::prelude::*;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, Wake, Waker};

/// Answers each question when the test says so.
#[derive(Default)]
struct Scripted {
    asked: Mutex<Vec<(Question, Moment)>>,
    /// Answers given at once, before those that wait.
    ready: Mutex<VecDeque<Answer>>,
    waiting: Mutex<VecDeque<oneshot::Sender<Answer>>>,
    dropped: AtomicUsize,
}

impl Scripted {
    fn asked(&self) -> usize {
        lock(&self.asked).len()
    }

    /// Answers the question that has waited longest.
    fn answer(&self, answer: Answer) {
        let _ = lock(&self.waiting).pop_front().unwrap().send(answer);
    }
}

struct CountDrop<'a>(&'a AtomicUsize);

impl Drop for CountDrop<'_> {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Resolver for Scripted {
    async fn lookup(&self, question: &Question, deadline: Moment) -> Answer {
        let _count = CountDrop(&self.dropped);
        lock(&self.asked).push((question.clone(), deadline));
        let ready = lock(&self.ready).pop_front();
        if let Some(answer) = ready {
            return answer;
        }
        let (sender, receiver) = oneshot::channel();
        lock(&self.waiting).push_back(sender);
        receiver.await.unwrap()
    }
}

struct Setup {
    time: ManualTime,
    cache: CachedResolver<Scripted>,
}

impl Setup {
    fn new(options: CacheOptions) -> Self {
        let time = ManualTime::default();
        let cache = CachedResolver::new(Scripted::default(), Clock::manual(&time), options);
        Setup { time, cache }
    }

    /// Asks; the resolver below answers `answer` if it is asked at all.
    fn get(&self, name: &str, answer: Answer) -> Answer {
        let ready = &self.cache.inner().ready;
        lock(ready).push_back(answer);
        let got = self.cache.lookup(&question(name), far()).now_or_never().unwrap();
        lock(ready).clear();
        got
    }

    fn asked(&self) -> usize {
        self.cache.inner().asked()
    }
}

fn question(name: &str) -> Question {
    Question::new(Name::parse(name.as_bytes()).unwrap(), RecordType::Txt)
}

fn seconds(time: u64) -> Duration {
    Duration::from_secs(time)
}

fn at(time: u64) -> Moment {
    Moment(seconds(time))
}

fn far() -> Moment {
    at(1_000_000_000)
}

fn txt(text: &str, ttl: u32) -> Answer {
    let records: Arc<[crate::dns::Txt]> = vec![text.as_bytes().into()].into();
    Answer::Records {
        records: RecordSet::Txt(records),
        ttl,
    }
}

/// A lookup that is polled by hand, and how often it was woken.
struct Running<'a> {
    future: Pin<Box<dyn Future<Output = Answer> + 'a>>,
    woken: Arc<Woken>,
}

#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl<'a> Running<'a> {
    fn start(cache: &'a CachedResolver<Scripted>, question: &'a Question, deadline: Moment) -> Self {
        let mut running = Running {
            future: Box::pin(cache.lookup(question, deadline)),
            woken: Arc::default(),
        };
        assert_eq!(running.poll(), Poll::Pending);
        running
    }

    fn poll(&mut self) -> Poll<Answer> {
        let waker = Waker::from(Arc::clone(&self.woken));
        self.future.as_mut().poll(&mut Context::from_waker(&waker))
    }

    fn woken(&self) -> usize {
        self.woken.0.load(Ordering::SeqCst)
    }
}

#[test]
fn records_are_kept_for_their_time_and_handed_out_with_what_is_left() {
    let setup = Setup::new(CacheOptions::default());
    assert_eq!(setup.get("a.example", txt("one", 100)), txt("one", 100));
    setup.time.advance(seconds(40));
    assert_eq!(setup.get("a.example", txt("two", 100)), txt("one", 60));
    setup.time.advance(seconds(59));
    assert_eq!(setup.get("a.example", txt("two", 100)), txt("one", 1));
    setup.time.advance(seconds(1));
    assert_eq!(setup.get("a.example", txt("two", 100)), txt("two", 100));
    assert_eq!(setup.asked(), 2);
}

#[test]
fn types_and_names_are_kept_apart() {
    let setup = Setup::new(CacheOptions::default());
    setup.get("a.example", txt("one", 100));
    assert_eq!(setup.get("b.example", txt("two", 100)), txt("two", 100));
    let other = Question::new(Name::parse(b"a.example").unwrap(), RecordType::A);
    lock(&setup.cache.inner().ready).push_back(Answer::NoData { ttl: None });
    let got = setup.cache.lookup(&other, far()).now_or_never().unwrap();
    assert_eq!(got, Answer::NoData { ttl: None });
}

#[test]
fn the_floor_lengthens_and_the_ceiling_shortens() {
    let setup = Setup::new(CacheOptions {
        ttl_floor: seconds(5),
        ttl_ceiling: seconds(60),
        ..CacheOptions::default()
    });
    setup.get("short.example", txt("one", 1));
    setup.get("long.example", txt("one", 4_000_000_000));
    setup.time.advance(seconds(4));
    assert_eq!(setup.get("short.example", txt("two", 1)), txt("one", 1));
    assert_eq!(setup.get("long.example", txt("two", 1)), txt("one", 56));
    setup.time.advance(seconds(56));
    assert_eq!(setup.get("short.example", txt("two", 1)), txt("two", 1));
    assert_eq!(setup.get("long.example", txt("two", 1)), txt("two", 1));
}

#[test]
fn rfc1035_section_3_2_1_zero_ttl_is_not_kept() {
    let setup = Setup::new(CacheOptions {
        ttl_floor: seconds(5),
        ..CacheOptions::default()
    });
    setup.get("a.example", txt("one", 0));
    assert_eq!(setup.get("a.example", txt("two", 0)), txt("two", 0));
    assert_eq!(setup.cache.statistics().entries, 0);
}

#[test]
fn rfc2308_section_5_negative_answers_are_kept_for_their_ttl_or_the_default_within_the_ceiling() {
    let setup = Setup::new(CacheOptions::default());
    let none = |ttl| Answer::NoSuchName { ttl };
    let no_data = |ttl| Answer::NoData { ttl };
    assert_eq!(setup.get("said.example", none(Some(30))), none(Some(30)));
    assert_eq!(setup.get("unsaid.example", no_data(None)), no_data(None));
    assert_eq!(
        setup.get("long.example", no_data(Some(86_400))),
        no_data(Some(86_400))
    );
    assert_eq!(setup.get("zero.example", no_data(Some(0))), no_data(Some(0)));
    assert_eq!(setup.get("zero.example", txt("now", 1)), txt("now", 1));
    setup.time.advance(seconds(29));
    assert_eq!(setup.get("said.example", txt("now", 1)), none(Some(1)));
    assert_eq!(setup.get("unsaid.example", txt("now", 1)), no_data(Some(31)));
    assert_eq!(setup.get("long.example", txt("now", 1)), no_data(Some(3571)));
    setup.time.advance(seconds(1));
    assert_eq!(setup.get("said.example", txt("now", 1)), txt("now", 1));
    setup.time.advance(seconds(30));
    assert_eq!(setup.get("unsaid.example", txt("now", 1)), txt("now", 1));
    setup.time.advance(seconds(3540));
    assert_eq!(setup.get("long.example", txt("now", 1)), txt("now", 1));
}

#[test]
fn rfc9520_section_3_2_failures_are_kept_for_a_short_time() {
    let setup = Setup::new(CacheOptions::default());
    let failure = Answer::Failure(Failure::ServFail);
    assert_eq!(setup.get("a.example", failure.clone()), failure);
    setup.time.advance(Duration::from_millis(4999));
    assert_eq!(setup.get("a.example", txt("now", 1)), failure);
    setup.time.advance(Duration::from_millis(1));
    assert_eq!(setup.get("a.example", txt("now", 1)), txt("now", 1));

    let forever = Setup::new(CacheOptions {
        failure_time: seconds(86_400),
        ..CacheOptions::default()
    });
    forever.get("a.example", Answer::Failure(Failure::Timeout));
    forever.time.advance(seconds(300));
    assert_eq!(forever.get("a.example", txt("now", 1)), txt("now", 1));
}

#[test]
fn failures_that_say_nothing_about_the_question_are_not_kept() {
    for failure in [
        Failure::Deadline,
        Failure::Questions,
        Failure::NoNameserver,
        Failure::Network("down".into()),
    ] {
        let setup = Setup::new(CacheOptions::default());
        setup.get("a.example", Answer::Failure(failure));
        assert_eq!(setup.get("a.example", txt("now", 1)), txt("now", 1));
    }
}

#[test]
fn identical_questions_under_way_are_asked_once() {
    let setup = Setup::new(CacheOptions::default());
    let question = question("a.example");
    let mut all: Vec<_> = (0..10)
        .map(|later| Running::start(&setup.cache, &question, at(20 + later)))
        .collect();
    assert_eq!(setup.asked(), 1);
    setup.cache.inner().answer(txt("one", 100));
    for running in &mut all {
        assert!(running.woken() > 0);
        assert_eq!(running.poll(), Poll::Ready(txt("one", 100)));
    }
    let statistics = setup.cache.statistics();
    assert_eq!(
        (statistics.misses, statistics.coalesced, statistics.hits),
        (1, 9, 0)
    );
    assert_eq!(setup.get("a.example", txt("two", 1)), txt("one", 100));
    assert_eq!(setup.cache.statistics().hits, 1);
    assert!(lock(&setup.cache.core.flights).is_empty());
}

#[test]
fn a_waiter_drives_the_question_while_the_asker_is_not_polled() {
    let setup = Setup::new(CacheOptions::default());
    let question = question("a.example");
    let asker = Running::start(&setup.cache, &question, at(20));
    let mut waiter = Running::start(&setup.cache, &question, at(21));
    setup.cache.inner().answer(txt("one", 10));
    assert_eq!(waiter.poll(), Poll::Ready(txt("one", 10)));
    // The asker, still unpolled, holds no stale answer for those who come later.
    setup.time.advance(seconds(10));
    assert_eq!(setup.get("a.example", txt("two", 10)), txt("two", 10));
    drop(asker);
}

#[test]
fn when_the_asker_is_dropped_one_waiter_takes_over() {
    let setup = Setup::new(CacheOptions::default());
    let question = question("a.example");
    let asker = Running::start(&setup.cache, &question, at(20));
    let mut first = Running::start(&setup.cache, &question, at(21));
    let mut second = Running::start(&setup.cache, &question, at(22));
    drop(asker);
    assert!(first.woken() > 0 && second.woken() > 0);
    assert_eq!(first.poll(), Poll::Pending);
    assert_eq!(second.poll(), Poll::Pending);
    assert_eq!(setup.asked(), 2);
    assert_eq!(lock(&setup.cache.inner().asked)[1].1, at(21));
    // The abandoned question is cancelled once nobody holds it.
    assert_eq!(setup.cache.inner().dropped.load(Ordering::SeqCst), 1);
    lock(&setup.cache.inner().waiting).pop_front();
    setup.cache.inner().answer(txt("one", 10));
    assert_eq!(second.poll(), Poll::Ready(txt("one", 10)));
    assert_eq!(first.poll(), Poll::Ready(txt("one", 10)));
}

#[test]
fn whoever_waits_for_a_look_up_that_panics_asks_anew() {
    let setup = Setup::new(CacheOptions::default());
    let question = question("a.test");
    let mut asker = Running::start(&setup.cache, &question, far());
    let mut waiter = Running::start(&setup.cache, &question, far());
    assert!(asker.poll().is_pending() && waiter.poll().is_pending());
    assert_eq!(setup.asked(), 1);
    // As the timers of a runtime that has ended do, it panics in whoever polls it next.
    lock(&setup.cache.inner().waiting).clear();
    assert!(waiter.poll().is_pending());
    assert_eq!(setup.asked(), 2);
    setup.cache.inner().answer(txt("x", 60));
    assert_eq!(waiter.poll(), Poll::Ready(txt("x", 60)));
    let Poll::Ready(Answer::Failure(Failure::Network(_))) = asker.poll() else {
        panic!("the one who began it is told");
    };
}

#[test]
fn a_question_whose_askers_are_all_dropped_is_cancelled_and_forgotten() {
    let setup = Setup::new(CacheOptions::default());
    let question = question("a.example");
    let asker = Running::start(&setup.cache, &question, at(20));
    let waiter = Running::start(&setup.cache, &question, at(21));
    drop(waiter);
    drop(asker);
    assert_eq!(setup.cache.inner().dropped.load(Ordering::SeqCst), 1);
    assert!(lock(&setup.cache.core.flights).is_empty());
}

#[test]
fn a_waiter_with_more_time_than_the_asker_asks_again() {
    let setup = Setup::new(CacheOptions::default());
    let question = question("a.example");
    let mut asker = Running::start(&setup.cache, &question, at(20));
    let mut waiter = Running::start(&setup.cache, &question, at(30));
    setup.time.advance(seconds(20));
    setup.cache.inner().answer(Answer::Failure(Failure::Deadline));
    assert_eq!(asker.poll(), Poll::Ready(Answer::Failure(Failure::Deadline)));
    assert_eq!(waiter.poll(), Poll::Pending);
    assert_eq!(setup.asked(), 2);
    setup.cache.inner().answer(txt("one", 10));
    assert_eq!(waiter.poll(), Poll::Ready(txt("one", 10)));
}

#[test]
fn whoever_has_less_time_than_the_asker_asks_by_itself_and_later_ones_join_that() {
    let setup = Setup::new(CacheOptions::default());
    let question = question("a.example");
    let mut patient = Running::start(&setup.cache, &question, at(30));
    let mut hasty = Running::start(&setup.cache, &question, at(5));
    let mut hasty_too = Running::start(&setup.cache, &question, at(5));
    let mut patient_too = Running::start(&setup.cache, &question, at(31));
    assert_eq!(setup.asked(), 2);
    setup.time.advance(seconds(5));
    let first = lock(&setup.cache.inner().waiting).pop_front().unwrap();
    setup.cache.inner().answer(Answer::Failure(Failure::Deadline));
    assert_eq!(hasty.poll(), Poll::Ready(Answer::Failure(Failure::Deadline)));
    assert_eq!(hasty_too.poll(), Poll::Ready(Answer::Failure(Failure::Deadline)));
    assert_eq!(patient_too.poll(), Poll::Pending);
    first.send(txt("one", 10)).unwrap();
    assert_eq!(patient.poll(), Poll::Ready(txt("one", 10)));
    setup.cache.inner().answer(txt("two", 10));
    assert_eq!(patient_too.poll(), Poll::Ready(txt("two", 10)));
    assert!(lock(&setup.cache.core.flights).is_empty());
}

#[test]
fn a_resolver_that_always_answers_deadline_early_does_not_hold_a_waiter() {
    let setup = Setup::new(CacheOptions::default());
    let question = question("a.example");
    let early = Answer::Failure(Failure::Deadline);
    let _asker = Running::start(&setup.cache, &question, at(20));
    let mut waiter = Running::start(&setup.cache, &question, at(30));
    lock(&setup.cache.inner().ready).push_back(early.clone());
    setup.cache.inner().answer(early.clone());
    assert_eq!(waiter.poll(), Poll::Ready(early));
}

#[test]
fn a_waiter_joins_a_bounded_number_of_questions_that_end_early() {
    let setup = Setup::new(CacheOptions::default());
    let question = question("a.example");
    let mut askers = vec![Running::start(&setup.cache, &question, at(20))];
    let mut waiter = Running::start(&setup.cache, &question, at(30));
    for _ in 0..MOST_JOINED {
        assert_eq!(setup.asked(), askers.len());
        setup.cache.inner().answer(Answer::Failure(Failure::Deadline));
        let asker = askers.last_mut().unwrap();
        assert_eq!(asker.poll(), Poll::Ready(Answer::Failure(Failure::Deadline)));
        askers.push(Running::start(&setup.cache, &question, at(20)));
        assert_eq!(waiter.poll(), Poll::Pending);
    }
    assert_eq!(setup.asked(), askers.len() + 1);
    assert_eq!(lock(&setup.cache.inner().asked).last().unwrap().1, at(30));
}

#[test]
fn a_parents_question_is_not_waited_for_after_a_fork() {
    let setup = Setup::new(CacheOptions::default());
    let question = question("a.example");
    let _parents = Running::start(&setup.cache, &question, at(20));
    lock(&setup.cache.core.flights)
        .get_mut(&question)
        .unwrap()
        .process ^= 1;
    assert_eq!(setup.get("a.example", txt("one", 10)), txt("one", 10));
    assert_eq!(setup.asked(), 2);
}

#[test]
fn eviction_takes_what_was_used_least_recently() {
    let setup = Setup::new(CacheOptions {
        entries: 3,
        ..CacheOptions::default()
    });
    for name in ["a.example", "b.example", "c.example", "a.example", "d.example"] {
        setup.get(name, txt(name, 100));
    }
    assert_eq!(setup.cache.statistics().entries, 3);
    assert_eq!(setup.get("a.example", txt("new", 1)), txt("a.example", 100));
    assert_eq!(setup.get("b.example", txt("new", 1)), txt("new", 1));
}

#[test]
fn giant_answers_do_not_exceed_the_octets() {
    let setup = Setup::new(CacheOptions {
        octets: 100_000,
        ..CacheOptions::default()
    });
    let giant = "x".repeat(5_000);
    for number in 0..1000 {
        setup.get(&format!("n{number}.example"), txt(&giant, 100));
        assert!(setup.cache.statistics().octets <= 100_000);
    }
    assert!(setup.cache.statistics().entries > 0);
    setup.get("too-large.example", txt(&"x".repeat(100_000), 100));
    assert_eq!(setup.get("too-large.example", txt("new", 1)), txt("new", 1));
}

#[test]
fn a_cache_of_nothing_keeps_nothing() {
    let cache = Cache::new(0, 100);
    cache.insert(1, 1, far(), 1);
    assert_eq!(cache.get(&1, at(0)), None);
    assert!(cache.is_empty());
}

#[test]
fn a_large_cache_stays_within_both_bounds() {
    let cache = Cache::new(4096, 20_000);
    for key in 0..20_000u32 {
        cache.insert(key, key, far(), 4);
        assert!(cache.get(&key, at(0)).is_some());
    }
    assert_eq!((cache.len(), cache.octets()), (4096, 4 * 4096));
}

#[test]
fn a_large_cache_keeps_as_many_entries_as_it_may_however_keys_spread() {
    let cache = Cache::new(4096, 4 * 4096);
    for _ in 0..3 {
        (0..4096u32).for_each(|key| cache.insert(key, key, far(), 4));
        assert!((0..4096u32).all(|key| cache.get(&key, at(0)).is_some()));
    }
}

#[test]
fn where_octets_allow_a_large_cache_few_entries_every_key_finds_room() {
    let cache = Cache::new(4096, 64);
    for key in 0..1_000u32 {
        cache.insert(key, key, far(), 4);
        assert_eq!(cache.get(&key, at(0)), Some((key, far())));
        assert!(cache.len() <= 16 && cache.octets() <= 64);
    }
}

#[test]
fn threads_together_stay_within_both_bounds() {
    let cache = Cache::new(4096, 30_000);
    std::thread::scope(|scope| {
        for thread in 0..4u32 {
            let cache = &cache;
            scope.spawn(move || {
                for key in 0..10_000u32 {
                    cache.insert(key / 2 + thread, key, far(), 7);
                    cache.get(&(key / 3), at(0));
                    cache.remove(&(key / 5));
                }
            });
        }
    });
    let kept = (0..20_000u32).filter(|key| cache.get(key, at(0)).is_some());
    assert_eq!(kept.count(), cache.len());
    assert_eq!(cache.octets(), 7 * cache.len());
    assert!(cache.len() <= 4096 && cache.octets() <= 30_000);
}

/// The simplest thing that does the same: a list in the order of use.
struct Model {
    list: Vec<(u8, u32, Moment, usize)>,
    most_entries: usize,
    most_octets: usize,
}

impl Model {
    fn octets(&self) -> usize {
        self.list.iter().map(|entry| entry.3).sum()
    }

    fn take(&mut self, key: u8) -> Option<(u8, u32, Moment, usize)> {
        let place = self.list.iter().position(|entry| entry.0 == key)?;
        Some(self.list.remove(place))
    }

    fn get(&mut self, key: u8, now: Moment) -> Option<(u32, Moment)> {
        let entry = self.take(key)?;
        if entry.2 <= now {
            return None;
        }
        self.list.push(entry);
        Some((entry.1, entry.2))
    }

    fn insert(&mut self, key: u8, value: u32, expires: Moment, octets: usize) {
        self.take(key);
        if octets > self.most_octets || self.most_entries == 0 {
            return;
        }
        self.list.push((key, value, expires, octets));
        while self.list.len() > self.most_entries || self.octets() > self.most_octets {
            self.list.remove(0);
        }
    }
}

#[derive(Debug, Clone)]
enum Act {
    Get(u8),
    Insert(u8, u32, u64, usize),
    Remove(u8),
    Advance(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0..12u8).prop_map(Act::Get),
        4 => (0..12u8, any::<u32>(), 0..20u64, 0..40usize)
            .prop_map(|(key, value, time, octets)| Act::Insert(key, value, time, octets)),
        1 => (0..12u8).prop_map(Act::Remove),
        1 => (0..8u64).prop_map(Act::Advance),
    ]
}

proptest! {
    #[test]
    fn the_cache_does_what_a_list_does(
        acts in prop::collection::vec(act(), 0..200),
        most_entries in 0..10usize,
        most_octets in 0..100usize,
    ) {
        let cache = Cache::new(most_entries, most_octets);
        let mut model = Model { list: Vec::new(), most_entries, most_octets };
        let mut now = Moment::default();
        for act in acts {
            match act {
                Act::Get(key) => prop_assert_eq!(cache.get(&key, now), model.get(key, now)),
                Act::Insert(key, value, time, octets) => {
                    let expires = now.after(seconds(time));
                    cache.insert(key, value, expires, octets);
                    model.insert(key, value, expires, octets);
                }
                Act::Remove(key) => {
                    cache.remove(&key);
                    model.take(key);
                }
                Act::Advance(time) => now = now.after(seconds(time)),
            }
            prop_assert_eq!(cache.len(), model.list.len());
            prop_assert_eq!(cache.octets(), model.octets());
        }
    }
}
