//! The runtime on which futures run.

use crate::error::{Error, plain};
use crate::transaction::{BoxFuture, Spawn};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// How long the worker may take to end; it takes microseconds unless the host is overloaded.
const LONGEST_FAREWELL: Duration = Duration::from_secs(5);

/// A small tokio runtime of one worker thread or several, made on first use and again after a fork.
#[derive(Debug, Default)]
pub struct Driver {
    /// 0 counts as 1.
    threads: usize,
    started: Started,
}

/// The runtime of the process that made it, and those of its children, of which each has its own copy of this.
#[derive(Debug, Default)]
struct Started {
    here: OnceLock<(u32, Arc<Runtime>)>,
    in_child: OnceLock<Box<Started>>,
}

impl Driver {
    /// A driver with so many worker threads, one at least.
    pub fn with_threads(threads: usize) -> Self {
        Driver {
            threads,
            started: Started::default(),
        }
    }

    /// Runs `future` to its end, blocking this thread.
    ///
    /// # Errors
    /// [`Error::System`] when the system refuses the worker thread; [`Error::Sequence`] on a thread that is running
    /// futures already, which must await instead.
    pub fn block_on<F: Future>(&self, future: F) -> Result<F::Output, Error> {
        if Handle::try_current().is_ok() {
            return Err(Error::Sequence {
                call: "a blocking call",
                why: "this thread is running futures; use the asynchronous face there",
            });
        }
        Ok(self.runtime()?.block_on(future))
    }

    /// The runtime of this process. No lock is held that a fork could leave locked in the child.
    fn runtime(&self) -> Result<Arc<Runtime>, Error> {
        let pid = std::process::id();
        let mut place = &self.started;
        loop {
            match place.here.get() {
                Some((of, runtime)) if *of == pid => return Ok(Arc::clone(runtime)),
                Some(_) => place = place.in_child.get_or_init(Box::default),
                None => {
                    let mut builder = Builder::new_multi_thread();
                    builder
                        .worker_threads(self.threads.max(1))
                        .max_blocking_threads(4)
                        .thread_name("mailrep")
                        .enable_all();
                    let runtime = Arc::new(build(&mut builder)?);
                    if place.here.set((pid, Arc::clone(&runtime))).is_err()
                        && let Some(runtime) = Arc::into_inner(runtime)
                    {
                        // Another thread was quicker.
                        runtime.shutdown_background();
                    }
                }
            }
        }
    }
}

/// tokio returns an error when the system refuses a descriptor, but panics when it refuses the thread.
fn build(builder: &mut Builder) -> Result<Runtime, Error> {
    let refused = |why: String| Error::System {
        what: "a worker thread",
        why,
    };
    match catch_unwind(AssertUnwindSafe(|| builder.build())) {
        Ok(built) => built.map_err(|error| refused(plain(&error))),
        Err(_) => Err(refused("it could not be started".into())),
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let mut place = std::mem::take(&mut self.started);
        loop {
            if let Some((pid, runtime)) = place.here.take() {
                end(pid, runtime);
            }
            match place.in_child.take() {
                Some(next) => place = *next,
                None => return,
            }
        }
    }
}

fn end(pid: u32, runtime: Arc<Runtime>) {
    if pid != std::process::id() {
        // The threads of a runtime do not survive a fork: dropping it in the child would wait for them for ever.
        std::mem::forget(runtime);
    } else if let Some(runtime) = Arc::into_inner(runtime) {
        if Handle::try_current().is_ok() {
            // A thread that runs futures, perhaps the worker itself, must not wait for the worker.
            runtime.shutdown_background();
        } else {
            // What still runs belongs to nobody and stops at its next await. The thread is waited for: whoever has
            // freed a checker may unload the library next.
            runtime.shutdown_timeout(LONGEST_FAREWELL);
        }
    }
}

/// Goes as far as this thread can without waiting. Where the answers are known already, the work is done then, and no other thread is woken.
fn begin(runtime: &Runtime, mut future: BoxFuture) {
    let _sockets_and_timers = runtime.enter();
    let mut here = Context::from_waker(Waker::noop());
    match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(&mut here))) {
        Ok(Poll::Pending) => {
            // Another thread polls it at once, with a waker of its own.
            runtime.spawn(future);
        }
        Ok(Poll::Ready(())) => {}
        // As in a task: whoever waits for it learns that it is gone, by its being dropped.
        Err(_) => {}
    }
}

impl Spawn for Driver {
    fn spawn(&self, future: BoxFuture) -> Option<BoxFuture> {
        match self.runtime() {
            Ok(runtime) => {
                begin(&runtime, future);
                None
            }
            // Without a thread the work is done where it is awaited, which tells of the error.
            Err(_) => Some(future),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::*;

    #[test]
    fn what_need_not_wait_is_done_where_it_begins() {
        let driver = Driver::default();
        let (tell, told) = std::sync::mpsc::channel();
        let here = tell.clone();
        assert!(
            driver
                .spawn(Box::pin(async move {
                    here.send(std::thread::current().id()).unwrap()
                }))
                .is_none()
        );
        assert_eq!(told.try_recv().unwrap(), std::thread::current().id());
        // What waits goes on in the worker.
        let (answer, question) = tokio::sync::oneshot::channel();
        let wait = async move {
            question.await.unwrap();
            tell.send(std::thread::current().id()).unwrap();
        };
        assert!(driver.spawn(Box::pin(wait)).is_none());
        assert!(told.try_recv().is_err());
        answer.send(()).unwrap();
        assert_ne!(told.recv().unwrap(), std::thread::current().id());
    }

    #[test]
    fn a_panic_where_it_begins_ends_that_work_alone() {
        let driver = Driver::default();
        let (kept, gone) = tokio::sync::oneshot::channel::<()>();
        let work = async move {
            let _kept = kept;
            panic!("a bug");
        };
        assert!(driver.spawn(Box::pin(work)).is_none());
        assert!(driver.block_on(gone).unwrap().is_err());
    }

    #[test]
    fn a_thread_that_the_system_refuses_is_an_error() {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_stack_size(usize::MAX / 4);
        let refused = build(&mut builder).err();
        assert!(matches!(refused, Some(Error::System { .. })), "{refused:?}");
    }
}
