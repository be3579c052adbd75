//! Where a program that answers DNS questions itself meets the checks that ask them.

use super::transaction::Transaction;
use crate::dns::callback::CallbackResolver;
use crate::driver::{CheckerResolver, Stepper};
use crate::error::Error;
use crate::process::PerProcess;
use crate::transaction::Verdict;
use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

/// The message behind a transaction, whoever runs its checks.
pub(super) type Message = crate::transaction::Transaction<CheckerResolver>;

/// What a context without threads is made of: questions, the checks that wait for answers, and the transactions that go on.
#[derive(Debug)]
pub(super) struct Desk {
    pub(super) resolver: CallbackResolver,
    pub(super) stepper: Arc<Stepper>,
    ready: PerProcess<Mutex<VecDeque<usize>>>,
}

impl Desk {
    pub(super) fn new(resolver: CallbackResolver) -> Self {
        Desk {
            resolver,
            stepper: Arc::default(),
            ready: PerProcess::default(),
        }
    }

    /// Ends what has waited long enough, and lets all go on that can.
    pub(super) fn step(&self) {
        self.resolver.expire();
        self.stepper.step();
    }

    fn ready(&self) -> MutexGuard<'_, VecDeque<usize>> {
        self.ready.here().lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands out a transaction whose `finish` may have its verdict now.
    pub(super) fn next_ready(&self) -> Option<*mut Transaction> {
        let address = self.ready().pop_front()?;
        Some(std::ptr::with_exposed_provenance_mut(address))
    }
}

/// Puts a transaction on the list of those that can go on.
#[derive(Debug)]
struct Ring {
    desk: Arc<Desk>,
    /// The handle.
    address: usize,
    /// Changed under the list's lock alone.
    listed: AtomicBool,
    over: AtomicBool,
}

impl Ring {
    fn new(desk: &Arc<Desk>, address: usize) -> Arc<Ring> {
        Arc::new(Ring {
            desk: Arc::clone(desk),
            address,
            listed: AtomicBool::new(false),
            over: AtomicBool::new(false),
        })
    }

    /// The transaction is asked now: if it is listed, it need not be any more.
    fn answered(&self) {
        let mut ready = self.desk.ready();
        if self.listed.swap(false, Ordering::Relaxed) {
            ready.retain(|&address| address != self.address);
        }
    }

    /// The transaction will be gone.
    fn close(&self) {
        self.answered();
        let _ready = self.desk.ready();
        self.over.store(true, Ordering::Relaxed);
    }
}

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        let mut ready = self.desk.ready();
        if !self.over.load(Ordering::Relaxed) && !self.listed.swap(true, Ordering::Relaxed) {
            ready.push_back(self.address);
        }
    }
}

/// A message of a program that answers questions when it likes.
pub(super) struct Stepped {
    pub(super) message: Message,
    desk: Arc<Desk>,
    /// The process that began it.
    process: u32,
}

impl Stepped {
    pub(super) fn new(message: Message, desk: Arc<Desk>) -> Stepped {
        Stepped {
            message,
            desk,
            process: std::process::id(),
        }
    }

    /// The message is complete; `handle` is what C has for it.
    pub(super) fn finish(self, handle: *mut Transaction) -> Finishing {
        Finishing {
            verdict: Box::pin(self.message.finish()),
            handle: handle.expose_provenance(),
            ring: None,
            desk: self.desk,
            process: self.process,
        }
    }
}

/// Such a message that is complete, while questions are open.
pub(super) struct Finishing {
    verdict: Pin<Box<dyn Future<Output = Result<Verdict, Error>> + Send>>,
    desk: Arc<Desk>,
    /// What C has for it.
    handle: usize,
    /// Once it waits.
    ring: Option<Arc<Ring>>,
    process: u32,
}

impl Finishing {
    /// Whether it was begun before this process was forked.
    pub(super) fn is_the_parents(&self) -> bool {
        self.process != std::process::id()
    }

    pub(super) fn poll(&mut self) -> Poll<Result<Verdict, Error>> {
        if self.ring.is_none() {
            // Mostly all is known already, and nobody has to wait.
            let polled = self
                .verdict
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            if polled.is_ready() {
                return polled;
            }
        }
        // Only now it is known which keys and policies are asked for, where the message ended within its header.
        self.desk.step();
        let ring = self
            .ring
            .get_or_insert_with(|| Ring::new(&self.desk, self.handle));
        ring.answered();
        let waker = Waker::from(Arc::clone(ring));
        self.verdict.as_mut().poll(&mut Context::from_waker(&waker))
    }
}

impl Drop for Finishing {
    fn drop(&mut self) {
        if let Some(ring) = self.ring.take() {
            if self.is_the_parents() {
                std::mem::forget(ring);
            } else {
                ring.close();
            }
        }
    }
}

/// Counts the calls of the program's own function that are under way, so that its context can wait for them.
#[derive(Debug, Default)]
pub(super) struct Gate {
    state: PerProcess<(Mutex<Calls>, Condvar)>,
}

#[derive(Debug, Default)]
struct Calls {
    closed: bool,
    threads: Vec<usize>,
}

/// Something that tells living threads apart, and leaves nothing behind in a thread of the program.
fn this_thread() -> usize {
    thread_local!(static PLACE: u8 = const { 0 });
    PLACE.with(|place| std::ptr::from_ref(place).addr())
}

impl Gate {
    /// Makes a call, unless the gate is closed.
    pub(super) fn call<T>(&self, call: impl FnOnce() -> T) -> Option<T> {
        let (calls, ended) = self.state.here();
        let me = this_thread();
        {
            let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
            if calls.closed {
                return None;
            }
            calls.threads.push(me);
        }
        let result = call();
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(at) = calls.threads.iter().position(|&thread| thread == me) {
            calls.threads.swap_remove(at);
        }
        drop(calls);
        ended.notify_all();
        Some(result)
    }

    /// Lets no call begin any more, and waits until those of other threads have ended.
    pub(super) fn close(&self) {
        let (calls, ended) = self.state.here();
        let me = this_thread();
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        calls.closed = true;
        while calls.threads.iter().any(|&thread| thread != me) {
            calls = ended.wait(calls).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_gate_closes_when_the_calls_of_others_have_ended_and_within_one_at_once() {
        let gate = Arc::new(Gate::default());
        let (begun, wait) = std::sync::mpsc::channel();
        let (go, held) = std::sync::mpsc::channel::<()>();
        let other = {
            let gate = Arc::clone(&gate);
            std::thread::spawn(move || {
                gate.call(|| {
                    begun.send(()).unwrap();
                    held.recv().unwrap();
                })
            })
        };
        wait.recv().unwrap();
        go.send(()).unwrap();
        gate.close();
        assert!(other.join().unwrap().is_some());
        assert!(gate.call(|| ()).is_none());
        let own = Gate::default();
        assert_eq!(own.call(|| own.close()), Some(()));
    }
}
