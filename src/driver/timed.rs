//! Deadlines for resolvers that keep no time of their own.

use crate::clock::{Clock, Moment};
use crate::dns::any::AnyResolver;
use crate::dns::{Answer, Failure, Question, Resolver};
use std::sync::Arc;
use tokio::runtime::Handle;

/// Ends look-ups by their deadlines even if the program that answers questions never does. Outside a tokio runtime,
/// where there are no timers, that is left to the program; one that it is polled in has its time enabled.
#[derive(Debug)]
pub struct TimedResolver {
    resolver: Arc<AnyResolver>,
    clock: Clock,
}

impl TimedResolver {
    pub(super) fn new(resolver: Arc<AnyResolver>, clock: Clock) -> Self {
        TimedResolver { resolver, clock }
    }
}

impl Resolver for TimedResolver {
    async fn lookup(&self, question: &Question, deadline: Moment) -> Answer {
        let lookup = self.resolver.lookup(question, deadline);
        let keeps_time = match *self.resolver {
            AnyResolver::Hickory(_) | AnyResolver::Zone(_) => true,
            AnyResolver::Callback(_) => Handle::try_current().is_err(),
        };
        if keeps_time {
            return lookup.await;
        }
        let left = deadline.since(self.clock.now());
        match tokio::time::timeout(left, lookup).await {
            Ok(answer) => answer,
            Err(_) => Answer::Failure(Failure::Deadline),
        }
    }
}
