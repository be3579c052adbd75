//! A resolver over a table, which remembers what it is asked.

#![allow(clippy::unwrap_used, clippy::panic)]

use mailrep::clock::{Clock, Moment};
use mailrep::dns::{Answer, Failure, Mx, Name, Question, RecordSet, RecordType, Resolver, Session};
use mailrep::spf::{Environment, Records, RecordsOptions, Request, Verdict, verify};
use mailrep::trace::Tracer;
use mailrep::{Limits, spf};
use std::collections::HashMap;
use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Everything that one name has.
#[derive(Debug, Default, Clone)]
pub(crate) struct Entry {
    pub(crate) txt: Vec<Box<[u8]>>,
    pub(crate) a: Vec<Ipv4Addr>,
    pub(crate) aaaa: Vec<Ipv6Addr>,
    pub(crate) mx: Vec<Mx>,
    pub(crate) ptr: Vec<Name>,
    pub(crate) cname: Option<Name>,
    /// The answer to any question that the entry has no records for.
    pub(crate) failure: Option<Failure>,
}

/// Names and what they have; names that are not listed do not exist, unless something below them does.
#[derive(Debug, Default)]
pub(crate) struct Table {
    pub(crate) entries: HashMap<Name, Entry>,
    pub(crate) asked: Mutex<Vec<Question>>,
}

impl Table {
    pub(crate) fn entry(&mut self, name: &str) -> &mut Entry {
        self.entries.entry(self::name(name)).or_default()
    }

    fn answer(&self, question: &Question) -> Answer {
        let mut name = question.name.clone();
        for _ in 0..8 {
            let Some(entry) = self.entries.get(&name) else {
                let below = self.entries.keys().any(|known| known.is_within(&name));
                return if below {
                    Answer::NoData { ttl: None }
                } else {
                    Answer::NoSuchName { ttl: None }
                };
            };
            if let Some(next) = &entry.cname {
                name = next.clone();
                continue;
            }
            let records = match question.kind {
                RecordType::Txt => RecordSet::Txt(entry.txt.clone().into()),
                RecordType::A => RecordSet::A(entry.a.clone().into()),
                RecordType::Aaaa => RecordSet::Aaaa(entry.aaaa.clone().into()),
                RecordType::Mx => RecordSet::Mx(entry.mx.clone().into()),
                RecordType::Ptr => RecordSet::Ptr(entry.ptr.clone().into()),
            };
            return match &entry.failure {
                _ if !records.is_empty() => Answer::Records { records, ttl: 300 },
                Some(failure) => Answer::Failure(failure.clone()),
                None => Answer::NoData { ttl: None },
            };
        }
        Answer::Failure(Failure::BadAnswer("a loop of aliases".into()))
    }
}

impl Resolver for Table {
    async fn lookup(&self, question: &Question, _deadline: Moment) -> Answer {
        self.asked.lock().unwrap().push(question.clone());
        self.answer(question)
    }
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text.as_bytes()).unwrap()
}

/// Runs a future whose parts never wait.
pub(crate) fn block_on<F: Future + Send>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..1_000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
    panic!("the future waits for something");
}

/// Checks both identities; the verdict has to be the same with and without a trace, and with and without records that
/// are known already, with and without questions asked ahead.
pub(crate) fn check(table: &Arc<Table>, request: &Request, limits: &Limits) -> Verdict {
    let run = |environment: Environment<'_>, tracer: &Tracer| {
        let session = Session::new(Arc::clone(table), Clock::system(), limits);
        block_on(verify(&session, request, environment, tracer))
    };
    let verdict = run(limits.into(), &Tracer::off());
    let asked = table.asked.lock().unwrap().clone();
    assert_eq!(verdict, run(limits.into(), &Tracer::on(limits.trace_steps)));
    let waiting = Limits {
        spf_questions_ahead: 0,
        ..limits.clone()
    };
    assert_eq!(verdict, run((&waiting).into(), &Tracer::off()));
    let records = Records::new(Clock::system(), RecordsOptions::default());
    for _ in 0..2 {
        let known = Environment::from(limits).with_records(&records);
        assert_eq!(verdict, run(known, &Tracer::off()));
    }
    *table.asked.lock().unwrap() = asked;
    for evaluation in [Some(&verdict.evaluation), verdict.helo.as_ref()]
        .into_iter()
        .flatten()
    {
        assert_eq!(evaluation.result, evaluation.cause.result());
        assert!(evaluation.dns_lookups <= limits.spf_dns_lookups);
        assert!(!evaluation.reason().is_empty() && !evaluation.reason().contains('\n'));
        assert!(evaluation.explanation.is_none() || evaluation.result == spf::SpfResult::Fail);
    }
    verdict
}
