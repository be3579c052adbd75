//! How many connections there may be, and which has to go.

use futures_channel::oneshot::{Receiver, Sender, channel};
use hashlink::LinkedHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Gives every connection a seat. If all are taken, the connection goes that was answered longest ago: those whom nobody uses
/// any more, and those that never finish their request.
pub(super) struct Seats {
    most: usize,
    state: Mutex<State>,
}

struct State {
    /// By the last answer, the oldest first.
    taken: LinkedHashMap<u64, Sender<()>>,
    next: u64,
    closed: bool,
}

impl State {
    fn make_room(&mut self) {
        if let Some((_, oldest)) = self.taken.pop_front() {
            // Whoever is gone meanwhile cannot be told.
            let _ = oldest.send(());
        }
    }
}

/// The seat of one connection.
pub(super) struct Seat {
    number: u64,
    seats: Arc<Seats>,
    call: Receiver<()>,
}

/// Why a connection shall end.
pub(super) enum Call {
    /// The server ends: what has arrived is answered.
    Finish,
    /// Another has its seat: it ends at once.
    Lost,
}

impl Seats {
    /// At least one.
    pub(super) fn new(most: usize) -> Arc<Seats> {
        Arc::new(Seats {
            most: most.max(1),
            state: Mutex::new(State {
                taken: LinkedHashMap::new(),
                next: 0,
                closed: false,
            }),
        })
    }

    /// A seat for a new connection, and whether another had to go for it.
    pub(super) fn take(self: &Arc<Self>) -> (Seat, bool) {
        let (sender, call) = channel();
        let mut state = self.state();
        let full = state.taken.len() >= self.most;
        if full {
            state.make_room();
        }
        let number = state.next;
        state.next += 1;
        if !state.closed {
            state.taken.insert(number, sender);
        }
        drop(state);
        let seats = Arc::clone(self);
        (Seat { number, seats, call }, full)
    }

    /// The connection goes that was answered longest ago.
    pub(super) fn make_room(&self) {
        self.state().make_room();
    }

    /// Everybody is asked to finish, whoever comes too.
    pub(super) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        // The senders are dropped, which is what the connections hear.
        state.taken.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// The connection was answered just now.
    pub(super) fn answered(&self) {
        self.seats.state().taken.to_back(&self.number);
    }

    /// Waits for a call to end; for ever if there was one `before`.
    pub(super) async fn called(&mut self, before: bool) -> Call {
        if before {
            std::future::pending().await
        }
        match (&mut self.call).await {
            Ok(()) => Call::Lost,
            // The server dropped the other end.
            Err(_) => Call::Finish,
        }
    }

    /// Waits until another has the seat.
    pub(super) async fn lost(&mut self) {
        if (&mut self.call).await.is_err() {
            std::future::pending().await
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.seats.state().taken.remove(&self.number);
    }
}
