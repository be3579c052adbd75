//! `check_host()` (RFC 7208 section 4): the evaluation of records.

use super::asker::{Asker, KnownFrom, Sender};
use super::cause::{Cause, Exceeded, Fallible, Matched, Missing, MissingWhy};
use super::explain::explain;
use super::identity::Subject;
use super::macros::TargetError;
use super::mechanism::{ClientNames, Match};
use super::record::{Directive, DomainSpec, Qualifier, Record, Term};
use super::records::Published;
use super::{Environment, Evaluation, Identity, Request, SpfResult};
use crate::dns::{Answer, Failure, Name, Question, RecordSet, RecordType, Resolver, Session};
use crate::limits::Limits;
use crate::trace::{StepKind, Tracer};
use std::net::IpAddr;
use std::sync::Arc;

/// Checks one identity: `check_host(<ip>, <domain>, <sender>)` of RFC 7208 section 4.1.
///
/// For [`Identity::MailFrom`] the sender is the reverse-path, for [`Identity::Helo`] it is `postmaster` at the
/// HELO name; a null reverse-path makes the first the second (section 2.4). The time allowed is the session's.
/// `environment` is [`Limits`] alone, or an [`Environment`].
pub async fn check_host<R: Resolver>(
    session: &Session<R>,
    request: &Request,
    identity: Identity,
    environment: impl Into<Environment<'_>>,
    trace: &Tracer,
) -> Evaluation {
    let environment = environment.into();
    let limits = environment.limits;
    let client = request.client.to_canonical();
    let subject = Subject::of(request, identity);
    let trace = trace.step(StepKind::Check, || {
        format!("SPF of {} for {client}", subject.description())
    });
    let mut evaluation = Evaluation {
        result: SpfResult::None,
        identity: subject.identity,
        domain: subject.shown,
        authenticated: None,
        mechanism: None,
        record: None,
        explanation: None,
        local_explanation: false,
        local_records: Vec::new(),
        dns_lookups: 0,
        void_lookups: 0,
        cause: Cause::NoHelo,
    };
    let name = match subject.domain {
        Ok(name) => name,
        Err(cause) => {
            evaluation.conclude(cause, &trace);
            return evaluation;
        }
    };
    evaluation.authenticated = Some(name.clone());
    if environment.policy.is_some_and(|policy| policy.trusts(client)) {
        evaluation.conclude(Cause::TrustedClient { client }, &trace);
        return evaluation;
    }
    let sender = Sender {
        client,
        local_part: subject.local_part,
        domain: name.clone(),
        helo: subject.helo,
        receiver: &request.receiver,
        now: request.now,
    };
    let mut check = Check {
        asker: Asker::new(session, environment, sender),
        limits,
        client,
        lookups: 0,
        voids: 0,
        client_names: None,
        record_void: false,
        local_records: Vec::new(),
        first: None,
    };
    let cause = match check.run(name, trace.clone()).await {
        Ok(Ending::Decided(decided)) => {
            let matched = decided.matched(&check.asker.sender.domain, client);
            evaluation.mechanism = Some(matched.directive.clone());
            if matched.qualifier == Qualifier::Fail
                && let Some(explanation) = explain(&mut check, &decided, &trace).await
            {
                evaluation.local_explanation = explanation.local;
                evaluation.explanation = Some(explanation.text);
            }
            Cause::Matched(Box::new(matched))
        }
        Ok(Ending::NoMatch(domain)) => Cause::NoMatch {
            domain: domain.to_string(),
            client,
        },
        Err(cause) => *cause,
    };
    check.asker.finish(&trace);
    evaluation.record = check.first.take();
    evaluation.dns_lookups = check.lookups;
    evaluation.void_lookups = check.voids;
    evaluation.local_records = std::mem::take(&mut check.local_records);
    trace
        .step(StepKind::Limit, || "terms that cause DNS look-ups".into())
        .outcome(|| format!("{} of {}", check.lookups, limits.spf_dns_lookups));
    trace
        .step(StepKind::Limit, || {
            "terms that ask for what does not exist".into()
        })
        .outcome(|| format!("{} of {}", check.voids, limits.spf_void_lookups));
    evaluation.conclude(cause, &trace);
    evaluation
}

impl Evaluation {
    fn conclude(&mut self, cause: Cause, trace: &Tracer) {
        self.result = cause.result();
        self.cause = cause;
        trace.outcome(|| format!("{}: {}", self.result, self.reason()));
    }
}

/// The state of one check.
pub(super) struct Check<'a, R> {
    pub(super) asker: Asker<'a, R>,
    pub(super) limits: &'a Limits,
    pub(super) client: IpAddr,
    lookups: u32,
    voids: u32,
    /// Asked for once, if at all.
    pub(super) client_names: Option<Arc<ClientNames>>,
    /// The record looked for last is missing because there is no text at all.
    record_void: bool,
    /// Domains whose record local policy replaced, each once.
    local_records: Vec<Name>,
    /// The record that was found first: the one of the domain that is checked.
    first: Option<Arc<Record>>,
}

/// How the evaluation of a record ends, if not by an error.
pub(super) enum Ending {
    Decided(Decided),
    /// The domain of the last record.
    NoMatch(Name),
}

/// The directive that matched, and where it stands.
pub(super) struct Decided {
    pub(super) domain: Name,
    pub(super) record: Arc<Record>,
    term: usize,
    /// For an `include`: what matched there.
    inner: Option<Box<Decided>>,
}

/// A term that is being evaluated.
pub(super) struct Scope<'s> {
    pub(super) domain: &'s Name,
    pub(super) term: &'s str,
    pub(super) trace: &'s Tracer,
    /// A void look-up of this term has been counted.
    pub(super) void: bool,
}

impl Decided {
    fn published(&self) -> &str {
        published(&self.record, self.term)
    }

    pub(super) fn qualifier(&self) -> Qualifier {
        directive(&self.record, self.term).map_or(Qualifier::Neutral, |directive| directive.qualifier)
    }

    fn matched(&self, domain: &Name, client: IpAddr) -> Matched {
        let mut innermost = self;
        while let Some(inner) = &innermost.inner {
            innermost = inner;
        }
        Matched {
            domain: domain.clone(),
            client,
            qualifier: self.qualifier(),
            directive: self.published().to_owned(),
            record: self.domain.clone(),
            inner: self
                .inner
                .is_some()
                .then(|| (innermost.published().to_owned(), innermost.domain.clone())),
        }
    }
}

impl<R: Resolver> Check<'_, R> {
    /// Evaluates the record of a domain, and those that it redirects to.
    pub(super) async fn run(&mut self, domain: Name, trace: Tracer) -> Fallible<Ending> {
        let mut domain = domain;
        let mut record = self.record(&domain, &trace).await?;
        self.first.get_or_insert_with(|| Arc::clone(&record));
        let mut trace = trace;
        loop {
            let here = trace.step(StepKind::Record, || shown_record(&domain, record.text()));
            self.asker.look_ahead(&domain, &record);
            let first = self.first_match(&record, &domain, &here).await;
            here.outcome(|| match &first {
                Ok(Some((term, _))) => format!("'{}' decides", published(&record, *term)),
                Ok(None) => "none of its mechanisms matches".into(),
                Err(cause) => format!("ends with {}", cause.result()),
            });
            if let Some((term, inner)) = first? {
                return Ok(Ending::Decided(Decided {
                    domain,
                    record,
                    term,
                    inner,
                }));
            }
            // RFC 7208 section 6.1: the redirect counts only where no mechanism matches.
            let Some(target) = record.redirect() else {
                return Ok(Ending::NoMatch(domain));
            };
            let term = format!("redirect={target}");
            let step = here.step(StepKind::Term, || term.clone());
            let followed = self.redirect(target, &domain, &term, &step).await;
            step.outcome(|| match &followed {
                Ok((target, _)) => format!("the record of {target} decides"),
                Err(cause) => format!("{}: {cause}", cause.result()),
            });
            (domain, record) = followed?;
            trace = step;
        }
    }

    /// The first directive that matches: RFC 7208 section 4.6.2, from left to right.
    async fn first_match(
        &mut self,
        record: &Arc<Record>,
        domain: &Name,
        trace: &Tracer,
    ) -> Fallible<Option<(usize, Option<Box<Decided>>)>> {
        for (at, term) in record.terms().iter().enumerate() {
            let Term::Directive(directive) = term else {
                continue;
            };
            let term = record.published(directive);
            let step = trace.step(StepKind::Term, || term.to_owned());
            let mut scope = Scope {
                domain,
                term,
                trace: &step,
                void: false,
            };
            let outcome = self.evaluate(&directive.mechanism, &mut scope).await;
            step.outcome(|| match &outcome {
                Ok(Match::No) => "does not match".into(),
                Ok(Match::Yes | Match::Included(_)) => "matches".into(),
                Err(cause) => format!("{}: {cause}", cause.result()),
            });
            match outcome? {
                Match::No => {}
                Match::Yes => return Ok(Some((at, None))),
                Match::Included(inner) => return Ok(Some((at, Some(inner)))),
            }
        }
        Ok(None)
    }

    async fn redirect(
        &mut self,
        target: &DomainSpec,
        domain: &Name,
        term: &str,
        trace: &Tracer,
    ) -> Fallible<(Name, Arc<Record>)> {
        let mut scope = Scope {
            domain,
            term,
            trace,
            void: false,
        };
        self.count_lookup(&scope)?;
        // RFC 7208 section 6.1: no record there, or a malformed target-name, is a permerror rather than none.
        let target = match self.target(target, &mut scope).await? {
            Ok(name) => name,
            Err(error) => {
                let why = MissingWhy::Malformed(error);
                return Err(Box::new(Cause::RedirectNone(missing(&scope, why))));
            }
        };
        match self.record_of_target(&target, trace).await {
            Ok(record) => Ok((target, record)),
            Err(cause) if cause.result() == SpfResult::None => {
                self.count_void_record();
                Err(Box::new(Cause::RedirectNone(missing(
                    &scope,
                    MissingWhy::None(*cause),
                ))))
            }
            Err(cause) => Err(cause),
        }
    }

    /// The target-name of a term whose domain-spec may be left out. `None`: it is no name that can be asked for,
    /// and RFC 7208 section 4.8 lets the mechanism not match then.
    pub(super) async fn optional_target(
        &mut self,
        spec: Option<&DomainSpec>,
        scope: &mut Scope<'_>,
    ) -> Fallible<Option<Name>> {
        let Some(spec) = spec else {
            return Ok(Some(scope.domain.clone()));
        };
        let target = self.target(spec, scope).await?;
        if let Err(error) = &target {
            let note = scope.trace.step(StepKind::Note, || spec.to_string());
            note.outcome(|| format!("not asked: {error}"));
        }
        Ok(target.ok())
    }

    /// Expands a domain-spec (RFC 7208 section 4.8).
    pub(super) async fn target(
        &mut self,
        spec: &DomainSpec,
        scope: &mut Scope<'_>,
    ) -> Fallible<Result<Name, TargetError>> {
        let mut validated = String::new();
        if spec.needs_validated() {
            let names = Box::pin(self.client_names(scope.trace)).await;
            if names.void {
                self.count_void(scope)?;
            }
            validated = names.best_for(scope.domain);
        }
        Ok(spec.expand(&self.asker.sender.values(scope.domain, &validated)))
    }

    async fn record_of_target(&mut self, name: &Name, trace: &Tracer) -> Fallible<Arc<Record>> {
        if name.label_count() < 2 {
            return Err(Box::new(single_label(name)));
        }
        self.record(name, trace).await
    }

    /// Finds and reads the record of a domain: RFC 7208 sections 4.4 to 4.6.
    async fn record(&mut self, domain: &Name, trace: &Tracer) -> Fallible<Arc<Record>> {
        if let Some(known) = self.asker.known_record(domain) {
            let note = trace.step(StepKind::Note, || format!("{domain} {}", RecordType::Txt));
            note.outcome(|| format!("not asked: {}", known.from));
            if known.from == KnownFrom::Policy && !self.local_records.contains(domain) {
                self.local_records.push(domain.clone());
            }
            return use_published(known.published, domain, trace);
        }
        let question = Question::new(domain.clone(), RecordType::Txt);
        let landed = self.asker.ask(question, trace).await;
        if let Some(published) = landed.published {
            return use_published(published, domain, trace);
        }
        let (texts, ttl) = match landed.answer.only(RecordSet::into_txt) {
            Answer::Records { records, ttl } => (records, ttl),
            // RFC 7208 section 4.3: a domain that does not exist (RCODE 3) has the result none.
            Answer::NoSuchName { .. } => {
                self.record_void = true;
                return Err(Box::new(Cause::NoSuchDomain {
                    domain: domain.to_string(),
                }));
            }
            Answer::NoData { .. } => {
                self.record_void = true;
                return Err(Box::new(Cause::NoRecord {
                    domain: domain.to_string(),
                }));
            }
            // RFC 7208 section 4.4: any other error, or no answer in time, ends the check with temperror.
            Answer::Failure(failure) => return Err(dns(domain, RecordType::Txt, failure)),
            Answer::MalformedName(error) => {
                return Err(Box::new(Cause::MalformedDomain {
                    domain: domain.to_string(),
                    error,
                }));
            }
        };
        let published = Published::read(&texts);
        self.asker.keep_record(domain, &published, ttl);
        use_published(published, domain, trace)
    }

    /// What a term's query found: `None` for nothing, which is counted once for the term.
    pub(super) fn records<T>(
        &mut self,
        answer: Answer<T>,
        name: &Name,
        kind: RecordType,
        scope: &mut Scope<'_>,
    ) -> Fallible<Option<T>> {
        match answer {
            Answer::Records { records, .. } => Ok(Some(records)),
            Answer::NoData { .. } | Answer::NoSuchName { .. } => {
                self.count_void(scope)?;
                Ok(None)
            }
            // RFC 7208 section 5: any other error than RCODE 3, or no answer in time, stops the processing of
            // mechanisms with temperror.
            Answer::Failure(failure) => Err(dns(name, kind, failure)),
            Answer::MalformedName(_) => Ok(None),
        }
    }

    /// RFC 7208 section 4.6.4: "SPF implementations MUST limit the total number of those terms to 10 during SPF
    /// evaluation", over all records of the check together; beyond it the result is permerror.
    pub(super) fn count_lookup(&mut self, scope: &Scope<'_>) -> Fallible<()> {
        if self.lookups >= self.limits.spf_dns_lookups {
            return Err(Box::new(Cause::LookupLimit(Exceeded {
                domain: scope.domain.to_string(),
                term: scope.term.to_owned(),
                limit: self.limits.spf_dns_lookups.into(),
            })));
        }
        self.lookups += 1;
        Ok(())
    }

    /// Counts the missing record of an `include` or `redirect`, whose result is a permerror anyway.
    pub(super) fn count_void_record(&mut self) {
        if std::mem::take(&mut self.record_void) {
            self.voids += 1;
        }
    }

    /// RFC 7208 section 4.6.4: the limit is on "the number of "terms"" whose queries come to nothing, so a term
    /// counts once however many names it asks about.
    pub(super) fn count_void(&mut self, scope: &mut Scope<'_>) -> Fallible<()> {
        if std::mem::replace(&mut scope.void, true) {
            return Ok(());
        }
        self.voids += 1;
        if self.voids > self.limits.spf_void_lookups {
            return Err(Box::new(Cause::VoidLimit(Exceeded {
                domain: scope.domain.to_string(),
                term: scope.term.to_owned(),
                limit: self.limits.spf_void_lookups.into(),
            })));
        }
        Ok(())
    }
}

fn directive(record: &Record, term: usize) -> Option<&Directive> {
    match record.terms().get(term) {
        Some(Term::Directive(directive)) => Some(directive),
        _ => None,
    }
}

fn published(record: &Record, term: usize) -> &str {
    directive(record, term).map_or("", |directive| record.published(directive))
}

/// The record to evaluate, or the cause that its domain gives for there being none.
fn use_published(published: Published, domain: &Name, trace: &Tracer) -> Fallible<Arc<Record>> {
    match published {
        Published::Record(record) => Ok(record),
        Published::Nothing => Err(Box::new(Cause::NoRecord {
            domain: domain.to_string(),
        })),
        Published::Several(count) => Err(Box::new(Cause::SeveralRecords {
            domain: domain.to_string(),
            count,
        })),
        Published::Broken(broken) => {
            let step = trace.step(StepKind::Record, || shown_record(domain, &broken.text));
            step.outcome(|| format!("broken: {}", broken.error));
            Err(Box::new(Cause::Syntax {
                domain: domain.to_string(),
                error: broken.error.clone(),
            }))
        }
    }
}

fn dns(name: &Name, kind: RecordType, failure: Failure) -> Box<Cause> {
    Box::new(Cause::Dns {
        question: Question::new(name.clone(), kind),
        failure,
    })
}

pub(super) fn missing(scope: &Scope<'_>, why: MissingWhy) -> Box<Missing> {
    Box::new(Missing {
        domain: scope.domain.to_string(),
        term: scope.term.to_owned(),
        why,
    })
}

/// RFC 7208 section 4.3: a domain that "is not a multi-label domain name" is none.
pub(super) fn single_label(name: &Name) -> Cause {
    Cause::SingleLabel {
        domain: name.to_string(),
    }
}

/// A record for the trace: printable, and not longer than a person reads.
fn shown_record(domain: &Name, text: &str) -> String {
    const MOST: usize = 2_000;
    let mut shown = format!("{domain}: ");
    shown.extend(text.chars().take(MOST).flat_map(char::escape_debug));
    if text.chars().nth(MOST).is_some() {
        shown.push_str("...");
    }
    shown
}
