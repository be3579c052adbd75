//! Questions answered by whoever drives the program: an event loop, or a program in C.
//!
//! A look-up puts an [`OpenQuestion`] into a queue and suspends. The driver takes questions with
//! [`CallbackResolver::take_questions`] and gives each an answer with [`CallbackResolver::answer`], in any order and
//! from any thread; that wakes the future that asked. The driver also keeps the time: it calls
//! [`CallbackResolver::expire`] when [`CallbackResolver::next_deadline`] has come, or look-ups wait for ever.

use super::{Answer, Failure, Question, Resolver};
use crate::clock::{Clock, Moment};
use crate::process::PerProcess;
use futures_channel::oneshot;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Most questions that are open at one time, unless [`CallbackResolver::with_most_open`] says otherwise.
pub const MOST_OPEN: usize = 65_536;

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuestion {
    /// Stands for the question in [`CallbackResolver::answer`]; never used twice by one resolver.
    pub id: u64,
    /// What is asked.
    pub question: Question,
    /// When the asker gives up, on the resolver's clock.
    pub deadline: Moment,
}

/// A resolver that hands its questions out. Clones share one queue. A forked child has an empty queue of its own: questions that
/// were open belong to the parent.
///
/// ```
/// use futures_util::FutureExt;
/// use mailrep::clock::Clock;
/// use mailrep::dns::callback::CallbackResolver;
/// use mailrep::dns::{Answer, Name, Question, RecordType, Resolver};
/// use std::time::Duration;
///
/// let clock = Clock::system();
/// let resolver = CallbackResolver::new(clock.clone());
/// let question = Question::new(Name::parse(b"example.org")?, RecordType::Txt);
/// let mut lookup = Box::pin(resolver.lookup(&question, clock.now().after(Duration::from_secs(20))));
/// assert_eq!((&mut lookup).now_or_never(), None);
/// for open in resolver.take_questions() {
///     assert!(resolver.answer(open.id, Answer::NoSuchName { ttl: None }));
/// }
/// assert_eq!(lookup.now_or_never(), Some(Answer::NoSuchName { ttl: None }));
/// # Ok::<(), mailrep::dns::NameError>(())
/// ```
#[derive(Clone)]
pub struct CallbackResolver {
    shared: Arc<Shared>,
}

type Notifier = Arc<dyn Fn() + Send + Sync>;
/// What a resolver calls in every process; it gets the resolver.
type Built = Box<dyn Fn(&CallbackResolver) + Send + Sync>;

struct Shared {
    clock: Clock,
    most_open: usize,
    /// Children too give no id that their parent gave before.
    last_id: AtomicU64,
    built_in: Option<Built>,
    /// Never locked while foreign code runs: wakers and the notifier are called after it is released.
    queue: PerProcess<Mutex<Queue>>,
}

#[derive(Default)]
struct Queue {
    closed: bool,
    /// The last id that was handed out; ids grow, so all above it are still to be.
    handed_out: u64,
    open: BTreeMap<u64, Open>,
    deadlines: BTreeSet<(Moment, u64)>,
    notifier: Option<Notifier>,
}

struct Open {
    question: Question,
    deadline: Moment,
    asker: oneshot::Sender<Answer>,
}

impl Queue {
    fn remove(&mut self, id: u64) -> Option<Open> {
        let open = self.open.remove(&id)?;
        self.deadlines.remove(&(open.deadline, id));
        Some(open)
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        // No code that can panic changes the queue, so what a poisoned lock guards is whole.
        self.queue.here().lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallbackResolver {
    /// A resolver without questions. `clock` is the one that deadlines are measured on.
    pub fn new(clock: Clock) -> Self {
        CallbackResolver::with_most_open(clock, MOST_OPEN)
    }

    /// As [`CallbackResolver::new`], with at most `most_open` questions open at one time; one more is not put in
    /// the queue and fails with [`Failure::Network`].
    pub fn with_most_open(clock: Clock, most_open: usize) -> Self {
        CallbackResolver::built(clock, most_open, None)
    }

    /// As [`CallbackResolver::with_most_open`], with a notifier that stays, in forked children too, and is given the resolver.
    /// [`CallbackResolver::set_notifier`] adds another one.
    pub fn with_notifier(
        clock: Clock,
        most_open: usize,
        notifier: impl Fn(&CallbackResolver) + Send + Sync + 'static,
    ) -> Self {
        CallbackResolver::built(clock, most_open, Some(Box::new(notifier)))
    }

    fn built(clock: Clock, most_open: usize, built_in: Option<Built>) -> Self {
        CallbackResolver {
            shared: Arc::new(Shared {
                clock,
                most_open,
                last_id: AtomicU64::new(0),
                built_in,
                queue: PerProcess::default(),
            }),
        }
    }

    /// The clock that deadlines are measured on.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// Installs what is called after each question that is put in the queue, in the thread that polls the look-up;
    /// none takes it away. It may call this resolver. It should do little: wake an event loop, say. If it holds a clone
    /// of the resolver, both live until it is taken away or the resolver is closed.
    pub fn set_notifier(&self, notifier: Option<Box<dyn Fn() + Send + Sync>>) {
        let notifier = notifier.map(Notifier::from);
        // The old one is dropped after the lock is released: its captures may be anything.
        let _old = std::mem::replace(&mut self.shared.queue().notifier, notifier);
    }

    /// Hands out the questions that have not been handed out yet, the oldest first.
    pub fn take_questions(&self) -> Vec<OpenQuestion> {
        self.take_some_questions(usize::MAX)
    }

    /// As [`CallbackResolver::take_questions`], at most `most` of them; the others are handed out later.
    pub fn take_some_questions(&self, most: usize) -> Vec<OpenQuestion> {
        let mut queue = self.shared.queue();
        let taken: Vec<OpenQuestion> = queue
            .open
            .range(queue.handed_out + 1..)
            .take(most)
            .map(|(&id, open)| OpenQuestion {
                id,
                question: open.question.clone(),
                deadline: open.deadline,
            })
            .collect();
        if let Some(last) = taken.last() {
            queue.handed_out = last.id;
        }
        taken
    }

    /// The question that stands behind an id, while it is open.
    pub fn question(&self, id: u64) -> Option<Question> {
        let queue = self.shared.queue();
        queue.open.get(&id).map(|open| open.question.clone())
    }

    /// Answers a question and wakes whoever asked it. False, and nothing happens, when the question is not open:
    /// it was answered, has expired, was given up by its asker, or never was.
    ///
    /// Records of another type than was asked for become [`Failure::BadAnswer`], a set without records becomes
    /// [`Answer::NoData`], and an answer at or after the deadline becomes [`Failure::Deadline`].
    pub fn answer(&self, id: u64, answer: Answer) -> bool {
        let Some(open) = self.shared.queue().remove(id) else {
            return false;
        };
        let answer = match answer {
            _ if open.deadline <= self.shared.clock.now() => Answer::Failure(Failure::Deadline),
            Answer::Records { records, .. } if records.kind() != open.question.kind => {
                Answer::Failure(Failure::BadAnswer(format!(
                    "records of type {} where {} was asked for",
                    records.kind(),
                    open.question.kind
                )))
            }
            Answer::Records { records, ttl } if records.is_empty() => Answer::NoData { ttl: Some(ttl) },
            answer => answer,
        };
        open.asker.send(answer).is_ok()
    }

    /// Fails all questions whose deadline has come with [`Failure::Deadline`], and says how many they were.
    pub fn expire(&self) -> usize {
        let now = self.shared.clock.now();
        let mut expired = Vec::new();
        {
            let mut queue = self.shared.queue();
            while let Some(&(deadline, id)) = queue.deadlines.first()
                && deadline <= now
            {
                queue.deadlines.pop_first();
                expired.extend(queue.open.remove(&id));
            }
        }
        let count = expired.len();
        for open in expired {
            // An asker that has just gone needs no answer.
            let _ = open.asker.send(Answer::Failure(Failure::Deadline));
        }
        count
    }

    /// The earliest deadline of an open question; none when no question is open.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.shared
            .queue()
            .deadlines
            .first()
            .map(|&(deadline, _)| deadline)
    }

    /// How many questions are open, handed out or not.
    pub fn open_count(&self) -> usize {
        self.shared.queue().open.len()
    }

    /// Fails all open questions and every later one with [`Failure::Network`]. For all clones, and for good.
    pub fn close(&self) {
        let (open, _notifier) = {
            let mut queue = self.shared.queue();
            queue.closed = true;
            queue.deadlines.clear();
            (std::mem::take(&mut queue.open), queue.notifier.take())
        };
        for open in open.into_values() {
            let _ = open.asker.send(closed());
        }
    }

    /// Puts a question in the queue.
    fn ask(
        &self,
        question: &Question,
        deadline: Moment,
    ) -> Result<(Waiter, oneshot::Receiver<Answer>), Answer> {
        if deadline <= self.shared.clock.now() {
            return Err(Answer::Failure(Failure::Deadline));
        }
        let mut queue = self.shared.queue();
        if queue.closed {
            return Err(closed());
        }
        if queue.open.len() >= self.shared.most_open {
            let why = format!("{} questions are open already", queue.open.len());
            return Err(Answer::Failure(Failure::Network(why)));
        }
        let (asker, answer) = oneshot::channel();
        // Under the lock, so that ids stand in the queue in the order in which they were given.
        let id = self.shared.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        queue.deadlines.insert((deadline, id));
        queue.open.insert(
            id,
            Open {
                question: question.clone(),
                deadline,
                asker,
            },
        );
        let notifier = queue.notifier.clone();
        drop(queue);
        // Made before foreign code runs, so that the question goes even if that code panics.
        let waiter = Waiter {
            shared: Arc::clone(&self.shared),
            id,
        };
        if let Some(notify) = &self.shared.built_in {
            notify(self);
        }
        if let Some(notify) = notifier {
            notify();
        }
        Ok((waiter, answer))
    }
}

fn closed() -> Answer {
    let why = "the program that answers questions has closed its resolver";
    Answer::Failure(Failure::Network(why.to_owned()))
}

/// Takes the question out of the queue when the look-up is dropped.
struct Waiter {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Waiter {
    fn drop(&mut self) {
        // Bound to a name, so that it is dropped after the lock is released.
        let _open = self.shared.queue().remove(self.id);
    }
}

impl Resolver for CallbackResolver {
    async fn lookup(&self, question: &Question, deadline: Moment) -> Answer {
        match self.ask(question, deadline) {
            // Every way out of the queue sends an answer first; were one not to, the question would have failed.
            Ok((_waiter, answer)) => answer.await.unwrap_or_else(|_| closed()),
            Err(answer) => answer,
        }
    }
}

impl fmt::Debug for CallbackResolver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CallbackResolver({} open)", self.open_count())
    }
}

#[cfg(test)]
mod tests;
