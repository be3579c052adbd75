//! What several integration tests and benches share.

// Each of them uses a part.
#![allow(dead_code, unreachable_pub)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[cfg(feature = "hickory")]
pub mod asker;
#[cfg(feature = "hickory")]
pub mod dns_server;
pub mod postfix;
pub mod smtp;

use mailrep::clock::Moment;
use mailrep::dns::{Answer, Mx, Name, Question, RecordSet, RecordType, Resolver};
use std::collections::HashMap;

/// Answers from a table; what is not in it does not exist.
#[derive(Debug, Default, Clone)]
pub struct Table(HashMap<Question, Answer>);

impl Table {
    pub fn with(mut self, name: &str, kind: RecordType, answer: Answer) -> Self {
        self.0.insert(question(name, kind), answer);
        self
    }

    pub fn txt(self, name: &str, texts: &[&[u8]]) -> Self {
        let records = texts.iter().map(|&text| text.into()).collect();
        self.with(name, RecordType::Txt, records_of(RecordSet::Txt(records)))
    }

    pub fn a(self, name: &str, addresses: &[&str]) -> Self {
        let records = addresses.iter().map(|text| text.parse().unwrap()).collect();
        self.with(name, RecordType::A, records_of(RecordSet::A(records)))
    }

    pub fn aaaa(self, name: &str, addresses: &[&str]) -> Self {
        let records = addresses.iter().map(|text| text.parse().unwrap()).collect();
        self.with(name, RecordType::Aaaa, records_of(RecordSet::Aaaa(records)))
    }

    pub fn mx(self, name: &str, exchanges: &[(u16, &str)]) -> Self {
        let records = exchanges
            .iter()
            .map(|&(preference, exchange)| Mx {
                preference,
                exchange: self::name(exchange),
            })
            .collect();
        self.with(name, RecordType::Mx, records_of(RecordSet::Mx(records)))
    }

    pub fn ptr(self, owner: &str, names: &[&str]) -> Self {
        let records = names.iter().map(|text| name(text)).collect();
        self.with(owner, RecordType::Ptr, records_of(RecordSet::Ptr(records)))
    }
}

impl Resolver for Table {
    async fn lookup(&self, question: &Question, _deadline: Moment) -> Answer {
        match self.0.get(question) {
            Some(answer) => answer.clone(),
            None => Answer::NoSuchName { ttl: Some(300) },
        }
    }
}

pub fn name(text: &str) -> Name {
    if text == "." {
        return Name::root();
    }
    Name::parse(text.as_bytes()).unwrap()
}

pub fn question(text: &str, kind: RecordType) -> Question {
    Question::new(name(text), kind)
}

/// Records with the time to live that [`Table`] gives.
pub fn records_of(records: RecordSet) -> Answer {
    Answer::Records { records, ttl: 300 }
}
