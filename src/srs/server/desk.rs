//! Who answers: the rewriter of the moment.

use super::protocol::{Answer, Map};
use crate::clock::UnixTime;
use crate::srs::{Outcome, Rewriter};
use std::sync::{Arc, PoisonError, RwLock};

/// A rewriter that can be exchanged while it is asked, and the time at which it answers.
pub(super) struct Desk {
    rewriter: RwLock<Arc<Rewriter>>,
    now: fn() -> UnixTime,
}

impl Desk {
    pub(super) fn new(rewriter: Arc<Rewriter>, now: fn() -> UnixTime) -> Desk {
        Desk {
            rewriter: RwLock::new(rewriter),
            now,
        }
    }

    /// From now on `rewriter` answers.
    pub(super) fn exchange(&self, rewriter: Arc<Rewriter>) {
        *self.rewriter.write().unwrap_or_else(PoisonError::into_inner) = rewriter;
    }

    /// Tells `write` what the map says of `key`.
    pub(super) fn answer(&self, map: Map, key: &[u8], write: impl FnOnce(Answer<'_>)) {
        let rewriter = Arc::clone(&self.rewriter.read().unwrap_or_else(PoisonError::into_inner));
        let outcome = match map {
            Map::Forward => rewriter.forward(key, (self.now)()),
            Map::Reverse => rewriter.reverse(key, (self.now)()),
        };
        match &outcome {
            Outcome::Rewritten(rewritten) => write(Answer::Found(&rewritten.address)),
            // An error, permanent or not, would make Postfix answer 451 again and again: to an SRS address of another host that
            // passes through, or to the bounce that a spammer made up. What is not in the map stays as it is.
            Outcome::Unchanged(_) | Outcome::Refused(_) => write(Answer::NotFound(&outcome)),
        }
    }
}
