//! The runtime on which futures run.

use crate::error::{Error, plain};
use crate::transaction::{BoxFuture, Spawn};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};

/// How long the worker may take to end; it takes microseconds unless the host is overloaded.
const LONGEST_FAREWELL: Duration = Duration::from_secs(5);

/// A small tokio runtime of one worker thread or several, made on first use and again after a fork.
#[derive(Debug, Default)]
pub struct Driver {
    /// 0 counts as 1.
    threads: usize,
    started: Mutex<Option<Started>>,
}

#[derive(Debug)]
struct Started {
    pid: u32,
    runtime: Arc<Runtime>,
}

impl Driver {
    /// A driver with so many worker threads, one at least.
    pub fn with_threads(threads: usize) -> Self {
        Driver {
            threads,
            started: Mutex::default(),
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

    /// The runtime of this process.
    fn runtime(&self) -> Result<Arc<Runtime>, Error> {
        let pid = std::process::id();
        let mut started = self.started.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(present) = started.as_ref()
            && present.pid == pid
        {
            return Ok(Arc::clone(&present.runtime));
        }
        let mut builder = Builder::new_multi_thread();
        builder
            .worker_threads(self.threads.max(1))
            .max_blocking_threads(4)
            .thread_name("mailrep")
            .enable_all();
        let runtime = Arc::new(build(&mut builder)?);
        let before = started.replace(Started {
            pid,
            runtime: Arc::clone(&runtime),
        });
        // The threads of a runtime do not survive a fork: dropping it in the child would wait for them for ever.
        std::mem::forget(before);
        Ok(runtime)
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
        let started = self
            .started
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let Some(started) = started else { return };
        if started.pid != std::process::id() {
            std::mem::forget(started);
        } else if let Some(runtime) = Arc::into_inner(started.runtime) {
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
}

impl Spawn for Driver {
    fn spawn(&self, future: BoxFuture) -> Option<BoxFuture> {
        match self.runtime() {
            Ok(runtime) => {
                runtime.spawn(future);
                None
            }
            // Without a thread the work is done where it is awaited, which tells of the error.
            Err(_) => Some(future),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_the_system_refuses_is_an_error() {
        let mut builder = Builder::new_multi_thread();
        builder.worker_threads(1).thread_stack_size(usize::MAX / 4);
        let refused = build(&mut builder).err();
        assert!(matches!(refused, Some(Error::System { .. })), "{refused:?}");
    }
}
