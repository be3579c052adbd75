//! Work that goes on beside the caller.

use crate::error::Error;
use futures_channel::oneshot;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

/// A future that owns all it needs and can be moved between threads.
pub type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send + 'static>>;

/// Runs futures beside the caller.
///
/// A transaction begins its look-ups long before it needs their answers. Whoever implements this takes them over;
/// whoever cannot gives them back, and they advance when [`Transaction::finish`](super::Transaction::finish) is
/// polled. A transaction that is dropped ends its futures.
pub trait Spawn: Send + Sync + 'static {
    /// Runs `future`, or gives it back.
    fn spawn(&self, future: BoxFuture) -> Option<BoxFuture>;
}

/// Gives every future back: all work is done where the transaction is polled. For programs that drive the futures
/// themselves.
#[derive(Debug, Clone, Copy, Default)]
pub struct Inline;

impl Spawn for Inline {
    fn spawn(&self, future: BoxFuture) -> Option<BoxFuture> {
        Some(future)
    }
}

/// Work that was begun; a future of what comes of it, or of an error if whoever ran it dropped it. Dropping it ends
/// the work, wherever that runs.
pub(crate) struct Job<T> {
    result: oneshot::Receiver<T>,
    /// The work itself, if nobody else runs it.
    work: Option<BoxFuture>,
    /// The process that began it.
    process: u32,
}

impl<T: Send + 'static> Job<T> {
    /// Begins `future` by way of `spawn`.
    pub(crate) fn begin(spawn: &dyn Spawn, future: impl Future<Output = T> + Send + 'static) -> Self {
        let (mut sender, result) = oneshot::channel();
        let work = spawn.spawn(Box::pin(async move {
            let mut future = pin!(future);
            let done = poll_fn(|context| match future.as_mut().poll(context) {
                Poll::Ready(output) => Poll::Ready(Some(output)),
                // A stranger who drops connections must not leave look-ups behind him, up to their deadlines.
                Poll::Pending => sender.poll_canceled(context).map(|()| None),
            });
            if let Some(output) = done.await {
                // Nobody waits any more if this fails: the transaction was dropped.
                let _ = sender.send(output);
            }
        }));
        Job {
            result,
            work,
            process: std::process::id(),
        }
    }
}

impl<T> Drop for Job<T> {
    fn drop(&mut self) {
        if self.process != std::process::id() {
            // Dropping wakes the work, whose runtime is the parent's: a thread of it may have held a lock while it forked.
            let (_, nobody) = oneshot::channel();
            std::mem::forget(std::mem::replace(&mut self.result, nobody));
            std::mem::forget(self.work.take());
        }
    }
}

impl<T> Future for Job<T> {
    type Output = Result<T, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<T, Error>> {
        if let Some(work) = &mut self.work
            && work.as_mut().poll(context).is_ready()
        {
            self.work = None;
        }
        Pin::new(&mut self.result)
            .poll(context)
            .map_err(|_| Error::System {
                what: "a check",
                why: "it was dropped, or failed, where it ran".into(),
            })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use futures_util::FutureExt;
    use std::sync::{Mutex, PoisonError};

    #[derive(Default)]
    struct Elsewhere(Mutex<Option<BoxFuture>>);

    impl Spawn for Elsewhere {
        fn spawn(&self, future: BoxFuture) -> Option<BoxFuture> {
            self.0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .replace(future)
        }
    }

    #[test]
    fn work_of_the_parent_is_left_alone_by_a_forked_child() {
        for (forked, ended) in [(0, true), (1, false)] {
            let elsewhere = Elsewhere::default();
            let mut job = Job::begin(&elsewhere, std::future::pending::<()>());
            let mut work = elsewhere.0.lock().unwrap().take().unwrap();
            assert!((&mut work).now_or_never().is_none());
            job.process = job.process.wrapping_add(forked);
            drop(job);
            assert_eq!(work.now_or_never().is_some(), ended);
        }
    }
}
