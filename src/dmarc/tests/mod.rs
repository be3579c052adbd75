//! DMARC, sentence by sentence. Section numbers are those of RFC 9989.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod appendix_b;
mod arrivals;
mod discovery;
mod from_fields;
mod known_records;
mod overrides;
#[cfg(feature = "psl")]
mod public_suffixes;
mod record;
mod verdict;
mod walks;

use super::{Author, Identifier, Outcome, Verdict, discover, evaluate};
use crate::clock::{Clock, ManualTime, Moment};
use crate::dns::{Answer, Failure, Name, Question, RecordSet, RecordType, Resolver, Session};
use crate::limits::Limits;
use crate::message::HeaderFields;
use crate::trace::Tracer;
use futures_util::FutureExt;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

/// Answers from memory, and a record of what was asked.
#[derive(Default)]
pub(crate) struct Memory {
    answers: HashMap<Question, Answer>,
    asked: Mutex<Vec<String>>,
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text.as_bytes()).unwrap()
}

impl Memory {
    pub(crate) fn txt(mut self, at: &str, texts: &[&str]) -> Self {
        let texts = texts.iter().map(|text| text.as_bytes().into()).collect();
        self.answers.insert(
            Question::new(name(at), RecordType::Txt),
            Answer::Records {
                records: RecordSet::Txt(texts),
                ttl: 300,
            },
        );
        self
    }

    pub(crate) fn ptr(mut self, address: &str, names: &[&str]) -> Self {
        self.answers.insert(
            Question::reverse(address.parse().unwrap()),
            Answer::Records {
                records: RecordSet::Ptr(names.iter().map(|at| name(at)).collect()),
                ttl: 300,
            },
        );
        self
    }

    pub(crate) fn address(mut self, at: &str, address: &str) -> Self {
        let (kind, records) = match address.parse().unwrap() {
            IpAddr::V4(v4) => (RecordType::A, RecordSet::A(Arc::new([v4]))),
            IpAddr::V6(v6) => (RecordType::Aaaa, RecordSet::Aaaa(Arc::new([v6]))),
        };
        let answer = Answer::Records { records, ttl: 300 };
        self.answers.insert(Question::new(name(at), kind), answer);
        self
    }

    pub(crate) fn failing(self, at: &str, kind: RecordType) -> Self {
        self.answering(Question::new(name(at), kind), Answer::Failure(Failure::ServFail))
    }

    pub(crate) fn answering(mut self, question: Question, answer: Answer) -> Self {
        self.answers.insert(question, answer);
        self
    }

    pub(crate) fn session(self, limits: &Limits) -> (Arc<Memory>, Session<Memory>) {
        let memory = Arc::new(self);
        let clock = Clock::manual(&ManualTime::default());
        (Arc::clone(&memory), Session::new(memory, clock, limits))
    }

    /// What was asked, in order, as `NAME TYPE`.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolver for Memory {
    async fn lookup(&self, question: &Question, _: Moment) -> Answer {
        self.asked.lock().unwrap().push(question.to_string());
        let exists = || {
            self.answers
                .keys()
                .any(|known| known.name.is_within(&question.name))
        };
        match self.answers.get(question) {
            Some(answer) => answer.clone(),
            None if exists() => Answer::NoData { ttl: None },
            None => Answer::NoSuchName { ttl: None },
        }
    }
}

fn from(value: &str) -> Author {
    let mut header = HeaderFields::default();
    header.push(b"Subject: From: nobody@example.net\r\n");
    header.push(format!("From: {value}\r\n").as_bytes());
    super::author(&header)
}

fn passing(domain: &str) -> Identifier {
    identifier(domain, Outcome::Pass)
}

fn identifier(domain: &str, outcome: Outcome) -> Identifier {
    Identifier {
        domain: name(domain),
        outcome,
    }
}

/// Discovers and evaluates. Returns what was asked, too.
fn check(
    memory: Memory,
    author: &Author,
    spf: Option<Identifier>,
    dkim: &[Identifier],
) -> (Verdict, Vec<String>) {
    let (memory, session) = memory.session(&Limits::default());
    let candidates: Vec<Name> = spf.iter().chain(dkim).map(|one| one.domain.clone()).collect();
    let trace = Tracer::off();
    let future = discover(&session, author, &candidates, &trace);
    fn is_send<T: Send>(value: T) -> T {
        value
    }
    let discovery = is_send(future).now_or_never().unwrap();
    (evaluate(&discovery, spf.as_ref(), dkim), memory.asked())
}
