//! Running futures without a thread and without timers, for event loops.

use crate::process::PerProcess;
use crate::transaction::{BoxFuture, Spawn};
use futures_util::future::FutureExt as _;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// Runs futures in whatever thread calls [`Stepper::step`], as far as they come.
///
/// With it a program that has an event loop checks messages: their questions go out through a
/// [`CallbackResolver`](crate::dns::callback::CallbackResolver), and each answer is followed by a step. A forked child has no
/// futures of its parent's.
///
/// ```
/// use futures_util::FutureExt as _;
/// use mailrep::dns::callback::CallbackResolver;
/// use mailrep::dns::Answer;
/// use mailrep::driver::{Checker, Setup, Source, Stepper};
/// use mailrep::transaction::Transaction;
/// use std::sync::Arc;
/// let setup = Setup::default();
/// let dns = CallbackResolver::new(setup.options.clock.clone());
/// let checker = Checker::new(Setup { source: Source::Callback(dns.clone()), ..setup })?;
/// let stepper = Arc::new(Stepper::default());
/// let mut transaction = Transaction::new(&checker.context(), Arc::clone(&stepper) as _);
/// transaction.data(b"From: ada@example.org\r\n\r\nHello\r\n")?;
/// let mut finish = Box::pin(transaction.finish());
/// let verdict = loop {
///     if let Some(verdict) = (&mut finish).now_or_never() {
///         break verdict?;
///     }
///     for open in dns.take_questions() {
///         dns.answer(open.id, Answer::NoSuchName { ttl: None });
///     }
///     stepper.step();
/// };
/// assert_eq!(verdict.dmarc.result.as_str(), "none");
/// # Ok::<(), mailrep::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Stepper {
    running: PerProcess<Mutex<FuturesUnordered<BoxFuture>>>,
}

impl Stepper {
    /// Runs what can go on.
    pub fn step(&self) {
        self.advance(None);
    }

    /// Adds a future, if there is one, and runs what can go on.
    fn advance(&self, new: Option<BoxFuture>) {
        let mut running = self.running.here().lock().unwrap_or_else(PoisonError::into_inner);
        running.extend(new);
        let again = Arc::new(Again(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&again));
        // It gives way after a number of futures, and says so by the waker.
        while again.0.swap(false, Ordering::AcqRel) {
            while let Poll::Ready(Some(())) = running.poll_next_unpin(&mut Context::from_waker(&waker)) {}
        }
    }
}

struct Again(AtomicBool);

impl Wake for Again {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Release);
    }
}

impl Spawn for Stepper {
    fn spawn(&self, future: BoxFuture) -> Option<BoxFuture> {
        // One that panics must not take the others with it; whoever waits for it hears that it is gone.
        let quiet = AssertUnwindSafe(future).catch_unwind().map(|_| ());
        self.advance(Some(Box::pin(quiet)));
        None
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;
    use futures_channel::oneshot;

    #[test]
    fn futures_go_as_far_as_they_come_and_on_when_they_were_woken() {
        let stepper = Stepper::default();
        let (tell, told) = oneshot::channel::<u32>();
        let (answer, answered) = oneshot::channel::<u32>();
        stepper.spawn(Box::pin(async move {
            let number = told.await.unwrap();
            answer.send(number + 1).unwrap();
        }));
        let mut answered = Box::pin(answered);
        stepper.step();
        assert!((&mut answered).now_or_never().is_none());
        tell.send(1).unwrap();
        assert!((&mut answered).now_or_never().is_none());
        stepper.step();
        assert_eq!(answered.now_or_never(), Some(Ok(2)));
    }

    #[test]
    fn a_future_that_panics_takes_no_other_with_it() {
        let stepper = Stepper::default();
        let (tell, told) = oneshot::channel::<()>();
        let (answer, answered) = oneshot::channel::<()>();
        stepper.spawn(Box::pin(async move {
            let _ = told.await;
            answer.send(()).unwrap();
        }));
        stepper.spawn(Box::pin(async { panic!("in words") }));
        tell.send(()).unwrap();
        stepper.step();
        assert_eq!(answered.now_or_never(), Some(Ok(())));
    }
}
