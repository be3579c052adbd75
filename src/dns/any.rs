//! One resolver out of several, chosen when the program runs.

use super::callback::CallbackResolver;
#[cfg(feature = "hickory")]
use super::hickory::HickoryResolver;
use super::zone::Zone;
use super::{Answer, Question, Resolver};
use crate::clock::Moment;

/// The resolver that a program's configuration asks for.
#[derive(Debug)]
#[non_exhaustive]
pub enum AnyResolver {
    /// Nameservers.
    #[cfg(feature = "hickory")]
    Hickory(HickoryResolver),
    /// Master files; no network.
    Zone(Zone),
    /// The program's own event loop.
    Callback(CallbackResolver),
}

#[cfg(feature = "hickory")]
impl From<HickoryResolver> for AnyResolver {
    fn from(resolver: HickoryResolver) -> Self {
        AnyResolver::Hickory(resolver)
    }
}

impl From<Zone> for AnyResolver {
    fn from(zone: Zone) -> Self {
        AnyResolver::Zone(zone)
    }
}

impl From<CallbackResolver> for AnyResolver {
    fn from(resolver: CallbackResolver) -> Self {
        AnyResolver::Callback(resolver)
    }
}

impl Resolver for AnyResolver {
    async fn lookup(&self, question: &Question, deadline: Moment) -> Answer {
        match self {
            #[cfg(feature = "hickory")]
            AnyResolver::Hickory(resolver) => resolver.lookup(question, deadline).await,
            AnyResolver::Zone(zone) => zone.lookup(question, deadline).await,
            AnyResolver::Callback(resolver) => resolver.lookup(question, deadline).await,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::clock::Clock;
    use crate::dns::{Name, RecordType};
    use futures_util::FutureExt;
    use std::time::Duration;

    #[test]
    fn each_kind_answers_as_itself() {
        let question = Question::new(Name::parse(b"example.org").unwrap(), RecordType::A);
        let later = Moment(Duration::from_secs(u64::MAX));
        let zone = AnyResolver::from(Zone::parse(b"example.org. A 192.0.2.1", "test").unwrap());
        let answer = zone.lookup(&question, later).now_or_never().unwrap();
        assert_eq!(answer.to_string(), "192.0.2.1");

        let callback = CallbackResolver::new(Clock::system());
        let any = AnyResolver::from(callback.clone());
        let mut lookup = Box::pin(any.lookup(&question, later));
        assert_eq!((&mut lookup).now_or_never(), None);
        let open = callback.take_questions();
        assert!(callback.answer(open[0].id, Answer::NoData { ttl: Some(7) }));
        assert_eq!(lookup.now_or_never(), Some(Answer::NoData { ttl: Some(7) }));
    }
}
