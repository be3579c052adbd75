//! The questions of one check: those that a term needs now, and those that are asked ahead.
//!
//! When a record has been read, the questions of all its terms go out together, and when one of them leads to another
//! record or to mail exchanges, so do theirs. Terms are judged in their order all the same, and a term takes its answer
//! as if it had asked then: only then the question counts, and only then a failure matters. What is asked ahead is
//! bounded by [`Limits::spf_questions_ahead`] and by the number of terms that may ask at all.
//!
//! There is no runtime here: whoever waits for an answer polls all questions under way.

use super::macros::Values;
use super::mechanism::matches_without_dns;
use super::record::{DomainSpec, Mechanism, Record};
use super::records::Published;
use super::{Environment, Policy, Records};
use crate::clock::{Moment, UnixTime};
use crate::dns::{Answer, Mx, Name, Question, RecordSet, RecordType, Resolver, Session};
use crate::limits::Limits;
use crate::trace::{StepKind, Tracer};
use futures_util::future::BoxFuture;
use std::borrow::Cow;
use std::fmt;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

/// Who sends: what macros stand for.
pub(super) struct Sender<'a> {
    pub(super) client: IpAddr,
    pub(super) local_part: &'a [u8],
    pub(super) domain: Name,
    pub(super) helo: Cow<'a, [u8]>,
    pub(super) receiver: &'a str,
    pub(super) now: UnixTime,
}

impl Sender<'_> {
    pub(super) fn values<'v>(&'v self, domain: &'v Name, validated: &'v str) -> Values<'v> {
        Values {
            local_part: self.local_part,
            sender_domain: &self.domain,
            domain,
            client: self.client,
            validated,
            helo: &self.helo,
            receiver: self.receiver,
            now: self.now,
        }
    }
}

pub(super) struct Asker<'a, R> {
    session: &'a Session<R>,
    limits: &'a Limits,
    records: Option<&'a Records>,
    pub(super) policy: Option<&'a Policy>,
    pub(super) sender: Sender<'a>,
    /// Under way, or answered and not taken yet.
    asked: Vec<Asked<'a>>,
    /// Domains whose records have been or are being looked through.
    seen: Vec<Seen>,
    /// Terms that may still be looked through.
    terms_left: u32,
    /// Questions that may still be asked ahead.
    questions_left: u32,
}

/// A domain whose record is looked through for questions.
struct Seen {
    domain: Name,
    /// The record if it was known, until the evaluation takes it.
    known: Option<Known>,
}

/// What is known of a record, and from where.
pub(super) struct Known {
    pub(super) published: Published,
    pub(super) from: KnownFrom,
}

struct Asked<'a> {
    question: Question,
    /// No term needs it yet.
    ahead: bool,
    state: State<'a>,
}

enum State<'a> {
    Flying(BoxFuture<'a, (Answer, Duration)>),
    Landed(Landed),
}

/// From where a record is known that is not asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum KnownFrom {
    Policy,
    Earlier,
}

impl fmt::Display for KnownFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KnownFrom::Policy => "local policy replaces the record",
            KnownFrom::Earlier => "the record is known from an earlier check",
        })
    }
}

/// An answer.
pub(super) struct Landed {
    pub(super) answer: Answer,
    /// What it comes to, where a record was looked for and the answer has been read already.
    pub(super) published: Option<Published>,
    elapsed: Duration,
}

impl From<Answer> for Landed {
    fn from(answer: Answer) -> Self {
        Landed {
            answer,
            published: None,
            elapsed: Duration::ZERO,
        }
    }
}

impl<'a, R: Resolver> Asker<'a, R> {
    pub(super) fn new(session: &'a Session<R>, environment: Environment<'a>, sender: Sender<'a>) -> Self {
        let limits = environment.limits;
        Asker {
            session,
            limits,
            records: environment.records,
            policy: environment.policy,
            sender,
            asked: Vec::new(),
            seen: Vec::new(),
            terms_left: limits.spf_dns_lookups,
            questions_left: limits.spf_questions_ahead,
        }
    }

    /// What is known of the record of a domain; not where it has been asked for ahead.
    pub(super) fn known_record(&mut self, domain: &Name) -> Option<Known> {
        let asks =
            |asked: &Asked<'_>| asked.question.kind == RecordType::Txt && asked.question.name == *domain;
        if self.asked.iter().any(asks) {
            return None;
        }
        let seen = self.seen.iter_mut().find(|seen| seen.domain == *domain);
        if let Some(known) = seen.and_then(|seen| seen.known.take()) {
            return Some(known);
        }
        self.known(domain, self.records.map(Records::now))
    }

    /// `now` is the time of the records that are kept, if any are.
    fn known(&self, domain: &Name, now: Option<Moment>) -> Option<Known> {
        if let Some(published) = self.policy.and_then(|policy| policy.published(domain)) {
            return Some(Known {
                published: published.clone(),
                from: KnownFrom::Policy,
            });
        }
        Some(Known {
            published: self.records?.get(domain, now?)?,
            from: KnownFrom::Earlier,
        })
    }

    /// Keeps what came of an answer with this time to live, in seconds.
    pub(super) fn keep_record(&self, domain: &Name, published: &Published, ttl: u32) {
        if let Some(records) = self.records {
            records.keep(domain, published, ttl);
        }
    }

    pub(super) async fn addresses(&mut self, name: &Name, trace: &Tracer) -> Answer<Vec<IpAddr>> {
        let question = Question::addresses(name.clone(), self.sender.client);
        let kind = question.kind;
        let landed = self.ask(question, trace).await;
        landed.answer.only(|records| records.into_addresses(kind))
    }

    /// Asks, or takes the answer to what was asked already.
    pub(super) async fn ask(&mut self, question: Question, trace: &Tracer) -> Landed {
        let Some(at) = self.place(&question) else {
            let session = self.session;
            // In a box, as those asked ahead are: what asks nothing shall not carry the room for it.
            let answer = self.alongside(Box::pin(session.ask(question, trace))).await;
            return answer.into();
        };
        let step = if self.asked[at].ahead {
            let step = trace.step(StepKind::Question, || shown(&question));
            if let Err(failure) = self.session.count_question() {
                step.outcome(|| failure.to_string());
                return Answer::Failure(failure).into();
            }
            step
        } else {
            Tracer::off()
        };
        // Only this method removes anything, so the place stays the same meanwhile.
        poll_fn(|context| match self.asked[at].state {
            State::Landed(_) => Poll::Ready(()),
            State::Flying(_) => {
                self.poll_asked(context);
                match self.asked[at].state {
                    State::Landed(_) => Poll::Ready(()),
                    State::Flying(_) => Poll::Pending,
                }
            }
        })
        .await;
        match self.asked.swap_remove(at).state {
            State::Landed(landed) => {
                step.elapsed(landed.elapsed);
                step.outcome(|| landed.answer.to_string());
                landed
            }
            State::Flying(flight) => flight.await.0.into(),
        }
    }

    /// Begins to ask what a term needs together with other answers.
    pub(super) fn begin(&mut self, question: Question, trace: &Tracer) {
        if self.place(&question).is_some() {
            return;
        }
        let (session, trace, asked) = (self.session, trace.clone(), question.clone());
        self.asked.push(Asked {
            question,
            ahead: false,
            state: State::Flying(Box::pin(async move {
                (session.ask(asked, &trace).await, Duration::ZERO)
            })),
        });
    }

    /// Drops what was begun and is not taken.
    pub(super) fn forget_begun(&mut self) {
        self.asked.retain(|asked| asked.ahead);
    }

    /// Asks ahead what the terms of a record will need, which is evaluated from now on.
    pub(super) fn look_ahead(&mut self, domain: &Name, record: &Record) {
        let alone = self.asked.is_empty();
        let questions = self.questions_of(domain, record);
        // A single question is the one that the evaluation asks next.
        if !alone || questions.len() > 1 {
            self.begin_ahead(questions);
        }
    }

    /// Tells the trace what was asked and is not needed.
    pub(super) fn finish(&self, trace: &Tracer) {
        for asked in self.asked.iter().filter(|asked| asked.ahead) {
            let step = trace.step(StepKind::Question, || shown(&asked.question));
            match &asked.state {
                State::Flying(_) => step.outcome(|| "not needed, and not waited for".into()),
                State::Landed(landed) => {
                    step.elapsed(landed.elapsed);
                    step.outcome(|| format!("not needed: {}", landed.answer));
                }
            }
        }
    }

    fn place(&self, question: &Question) -> Option<usize> {
        self.asked.iter().position(|asked| asked.question == *question)
    }

    /// Awaits something while what is under way goes on.
    async fn alongside<F: Future>(&mut self, future: F) -> F::Output {
        let mut future = pin!(future);
        poll_fn(|context| {
            let done = future.as_mut().poll(context);
            if done.is_pending() {
                self.poll_asked(context);
            }
            done
        })
        .await
    }

    fn poll_asked(&mut self, context: &mut Context<'_>) {
        let mut at = 0;
        // What lands may add questions, at the end.
        while let Some(asked) = self.asked.get_mut(at) {
            if let State::Flying(flight) = &mut asked.state
                && let Poll::Ready((answer, elapsed)) = flight.as_mut().poll(context)
            {
                self.land(at, answer, elapsed);
            }
            at += 1;
        }
    }

    fn land(&mut self, at: usize, answer: Answer, elapsed: Duration) {
        let ahead = self.asked[at].ahead;
        let mut further = Vec::new();
        let mut published = None;
        if ahead && let Answer::Records { records, ttl } = &answer {
            let name = self.asked[at].question.name.clone();
            match records {
                RecordSet::Txt(texts) => {
                    let read = Published::read(texts);
                    self.keep_record(&name, &read, *ttl);
                    if let Published::Record(record) = &read {
                        further = self.questions_of(&name, record);
                    }
                    published = Some(read);
                }
                RecordSet::Mx(exchanges) if exchanges.len() <= self.limits.spf_names => {
                    further = hosts(exchanges)
                        .into_iter()
                        .map(|host| Question::addresses(host, self.sender.client))
                        .collect();
                }
                _ => {}
            }
        }
        self.asked[at].state = State::Landed(Landed {
            answer,
            published,
            elapsed,
        });
        self.begin_ahead(further);
    }

    fn begin_ahead(&mut self, questions: Vec<Question>) {
        for question in questions {
            if self.place(&question).is_some() {
                continue;
            }
            let Some(left) = self.questions_left.checked_sub(1) else {
                return;
            };
            self.questions_left = left;
            let (session, asked) = (self.session, question.clone());
            self.asked.push(Asked {
                question,
                ahead: true,
                state: State::Flying(Box::pin(async move { session.ask_uncounted(&asked).await })),
            });
        }
    }

    /// What the terms of a record will ask first, and those of the records that they lead to and that are known.
    fn questions_of(&mut self, domain: &Name, record: &Record) -> Vec<Question> {
        let mut questions = Vec::new();
        if self.questions_left == 0 || self.has_seen(domain) {
            return questions;
        }
        let now = self.records.map(Records::now);
        self.seen.push(Seen {
            domain: domain.clone(),
            known: None,
        });
        // What is known is seen from then on, and looked through in its turn.
        let mut next = self.seen.len();
        self.questions_of_terms(domain, record, now, &mut questions);
        while let Some(seen) = self.seen.get(next) {
            next += 1;
            if let Some(Known {
                published: Published::Record(record),
                ..
            }) = &seen.known
            {
                let (domain, record) = (seen.domain.clone(), Arc::clone(record));
                self.questions_of_terms(&domain, &record, now, &mut questions);
            }
        }
        questions
    }

    /// As [`Asker::questions_of`], but of one record.
    fn questions_of_terms(
        &mut self,
        domain: &Name,
        record: &Record,
        now: Option<Moment>,
        questions: &mut Vec<Question>,
    ) {
        for directive in record.directives() {
            let mechanism = &directive.mechanism;
            // RFC 7208 section 4.6.2: what follows a mechanism that matches is not evaluated.
            if matches_without_dns(mechanism, self.sender.client) {
                return;
            }
            if mechanism.counts_as_lookup() {
                if !self.take_term() {
                    return;
                }
                let question = self.first_question(mechanism, domain);
                self.add_question(question, now, questions);
            }
        }
        if let Some(target) = record.redirect()
            && self.take_term()
        {
            let question = self.record_question(target, domain);
            self.add_question(question, now, questions);
        }
    }

    /// RFC 7208 section 4.6.4: beyond the limit there is nothing to be evaluated.
    fn take_term(&mut self) -> bool {
        let left = self.terms_left.checked_sub(1);
        self.terms_left = left.unwrap_or_default();
        left.is_some()
    }

    /// Adds the question of a term, or what is known instead.
    fn add_question(
        &mut self,
        question: Option<Question>,
        now: Option<Moment>,
        questions: &mut Vec<Question>,
    ) {
        let Some(question) = question else { return };
        let known = match question.kind {
            RecordType::Txt => self.known(&question.name, now),
            _ => None,
        };
        if known.is_none() {
            questions.push(question);
        } else if !self.has_seen(&question.name) {
            self.seen.push(Seen {
                domain: question.name,
                known,
            });
        }
    }

    fn has_seen(&self, domain: &Name) -> bool {
        self.seen.iter().any(|seen| seen.domain == *domain)
    }

    /// None: it is not known before the evaluation gets there, or there is none.
    fn first_question(&self, mechanism: &Mechanism, domain: &Name) -> Option<Question> {
        let target = |spec: Option<&DomainSpec>| match spec {
            Some(spec) => self.target(spec, domain),
            None => Some(domain.clone()),
        };
        match mechanism {
            Mechanism::Include(spec) => self.record_question(spec, domain),
            Mechanism::A(spec, _) => {
                target(spec.as_ref()).map(|name| Question::addresses(name, self.sender.client))
            }
            Mechanism::Mx(spec, _) => target(spec.as_ref()).map(|name| Question::new(name, RecordType::Mx)),
            // RFC 7208 section 5.7: IPv4 addresses are asked for, even when the client has an IPv6 address.
            Mechanism::Exists(spec) => self
                .target(spec, domain)
                .map(|name| Question::new(name, RecordType::A)),
            Mechanism::Ptr(_) | Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) => None,
        }
    }

    fn record_question(&self, spec: &DomainSpec, domain: &Name) -> Option<Question> {
        let name = self.target(spec, domain)?;
        (name.label_count() >= 2).then(|| Question::new(name, RecordType::Txt))
    }

    fn target(&self, spec: &DomainSpec, domain: &Name) -> Option<Name> {
        if spec.needs_validated() {
            return None;
        }
        spec.expand(&self.sender.values(domain, "")).ok()
    }
}

/// The hosts in the order of preference, then of their names, each once: an answer has no order.
pub(super) fn hosts(exchanges: &[Mx]) -> Vec<Name> {
    let mut exchanges: Vec<&Mx> = exchanges.iter().filter(|mx| !mx.exchange.is_root()).collect();
    exchanges.sort_by(|a, b| (a.preference, &a.exchange).cmp(&(b.preference, &b.exchange)));
    let mut hosts: Vec<Name> = Vec::with_capacity(exchanges.len());
    for mx in exchanges {
        if !hosts.contains(&mx.exchange) {
            hosts.push(mx.exchange.clone());
        }
    }
    hosts
}

fn shown(question: &Question) -> String {
    format!("{question}, asked ahead")
}
