//! `check_host()` (RFC 7208 section 4): the evaluation of records.

use super::cause::{Cause, Exceeded, Matched, Missing, MissingWhy};
use super::explain::explain;
use super::identity::Subject;
use super::macros::{TargetError, Values};
use super::record::{
    Directive, DomainSpec, DualCidr, Mechanism, Qualifier, Record, Term, in_network4, in_network6,
};
use super::{Evaluation, Identity, Request, SpfResult};
use crate::clock::UnixTime;
use crate::dns::{Answer, Failure, Name, Question, RecordType, Resolver, Session};
use crate::limits::Limits;
use crate::trace::{StepKind, Tracer};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream;
use std::net::IpAddr;
use std::sync::Arc;

/// Checks one identity: `check_host(<ip>, <domain>, <sender>)` of RFC 7208 section 4.1.
///
/// For [`Identity::MailFrom`] the sender is the reverse-path, for [`Identity::Helo`] it is `postmaster` at the
/// HELO name; a null reverse-path makes the first the second (section 2.4). The time allowed is the session's.
pub async fn check_host<R: Resolver>(
    session: &Session<R>,
    request: &Request,
    identity: Identity,
    limits: &Limits,
    trace: &Tracer,
) -> Evaluation {
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
        explanation: None,
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
    let mut check = Check {
        session,
        limits,
        client,
        local_part: subject.local_part,
        sender_domain: name.clone(),
        helo: subject.helo,
        receiver: &request.receiver,
        now: request.now,
        lookups: 0,
        voids: 0,
        client_names: None,
        record_void: false,
    };
    let cause = match check.run(name, trace.clone()).await {
        Ok(Ending::Decided(decided)) => {
            let matched = decided.matched(&evaluation.domain, client);
            evaluation.mechanism = Some(matched.directive.clone());
            if matched.qualifier == Qualifier::Fail {
                evaluation.explanation = explain(&mut check, &decided, &trace).await;
            }
            Cause::Matched(Box::new(matched))
        }
        Ok(Ending::NoMatch(domain)) => Cause::NoMatch {
            domain: domain.to_string(),
            client,
        },
        Err(cause) => cause,
    };
    evaluation.dns_lookups = check.lookups;
    evaluation.void_lookups = check.voids;
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
        trace.outcome(|| format!("{}: {cause}", self.result));
        self.cause = cause;
    }
}

/// The state of one check.
pub(super) struct Check<'a, R> {
    pub(super) session: &'a Session<R>,
    limits: &'a Limits,
    client: IpAddr,
    local_part: &'a [u8],
    sender_domain: Name,
    helo: std::borrow::Cow<'a, [u8]>,
    receiver: &'a str,
    now: UnixTime,
    lookups: u32,
    voids: u32,
    /// Asked for once, if at all.
    client_names: Option<Arc<ClientNames>>,
    /// The record looked for last is missing because there is no text at all.
    record_void: bool,
}

/// How the evaluation of a record ends, if not by an error.
enum Ending {
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

/// What came of one mechanism.
enum Match {
    No,
    Yes,
    Included(Box<Decided>),
}

/// A term that is being evaluated.
struct Scope<'s> {
    domain: &'s Name,
    term: &'s str,
    trace: &'s Tracer,
    /// A void look-up of this term has been counted.
    void: bool,
}

/// The validated names of the client (RFC 7208 section 5.5).
pub(super) struct ClientNames {
    names: Vec<Name>,
    /// A query came to nothing.
    void: bool,
}

impl Decided {
    fn directive(&self) -> Option<&Directive> {
        match self.record.terms().get(self.term) {
            Some(Term::Directive(directive)) => Some(directive),
            _ => None,
        }
    }

    fn published(&self) -> &str {
        self.directive()
            .map_or("", |directive| self.record.published(directive))
    }

    fn qualifier(&self) -> Qualifier {
        self.directive()
            .map_or(Qualifier::Neutral, |directive| directive.qualifier)
    }

    fn matched(&self, domain: &str, client: IpAddr) -> Matched {
        let mut innermost = self;
        while let Some(inner) = &innermost.inner {
            innermost = inner;
        }
        Matched {
            domain: domain.to_owned(),
            client,
            qualifier: self.qualifier(),
            directive: self.published().to_owned(),
            record: self.domain.to_string(),
            inner: self
                .inner
                .is_some()
                .then(|| (innermost.published().to_owned(), innermost.domain.to_string())),
        }
    }
}

impl ClientNames {
    /// RFC 7208 section 7.3: the domain itself if it is among the names, else one below it, else any; "unknown"
    /// without one.
    pub(super) fn best_for(&self, domain: &Name) -> String {
        self.names
            .iter()
            .find(|name| *name == domain)
            .or_else(|| self.names.iter().find(|name| name.is_within(domain)))
            .or_else(|| self.names.first())
            .map_or_else(|| "unknown".to_owned(), |name| name.as_str().to_owned())
    }
}

impl<'a, R: Resolver> Check<'a, R> {
    /// Evaluates the record of a domain, and those that it redirects to.
    fn run<'s>(&'s mut self, domain: Name, trace: Tracer) -> BoxFuture<'s, Result<Ending, Cause>> {
        Box::pin(async move {
            let mut domain = domain;
            let mut record = self.record(&domain, &trace).await?;
            let mut trace = trace;
            loop {
                let here = trace.step(StepKind::Record, || shown_record(&domain, record.text()));
                if let Some((term, inner)) = self.first_match(&record, &domain, &here).await? {
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
        })
    }

    /// The first directive that matches: RFC 7208 section 4.6.2, from left to right.
    async fn first_match(
        &mut self,
        record: &Arc<Record>,
        domain: &Name,
        trace: &Tracer,
    ) -> Result<Option<(usize, Option<Box<Decided>>)>, Cause> {
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
    ) -> Result<(Name, Arc<Record>), Cause> {
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
                return Err(Cause::RedirectNone(missing(&scope, why)));
            }
        };
        match self.record_of_target(&target, trace).await {
            Ok(record) => Ok((target, record)),
            Err(cause) if cause.result() == SpfResult::None => {
                self.count_void_record();
                Err(Cause::RedirectNone(missing(&scope, MissingWhy::None(cause))))
            }
            Err(cause) => Err(cause),
        }
    }

    async fn evaluate(&mut self, mechanism: &Mechanism, scope: &mut Scope<'_>) -> Result<Match, Cause> {
        if mechanism.counts_as_lookup() {
            self.count_lookup(scope)?;
        }
        let client = self.client;
        let matches = match mechanism {
            // RFC 7208 section 5.1.
            Mechanism::All => true,
            // RFC 7208 section 5.6.
            Mechanism::Ip4(network, prefix) => match client {
                IpAddr::V4(address) => in_network4(*network, *prefix, address),
                IpAddr::V6(_) => false,
            },
            Mechanism::Ip6(network, prefix) => match client {
                IpAddr::V6(address) => in_network6(*network, *prefix, address),
                IpAddr::V4(_) => false,
            },
            Mechanism::Include(spec) => return self.include(spec, scope).await,
            Mechanism::A(spec, cidr) => match self.optional_target(spec.as_ref(), scope).await? {
                Some(name) => self.has_client(&name, *cidr, scope).await?,
                None => false,
            },
            Mechanism::Mx(spec, cidr) => match self.optional_target(spec.as_ref(), scope).await? {
                Some(name) => self.mx(&name, *cidr, scope).await?,
                None => false,
            },
            Mechanism::Ptr(spec) => match self.optional_target(spec.as_ref(), scope).await? {
                Some(name) => self.ptr(&name, scope).await?,
                None => false,
            },
            Mechanism::Exists(spec) => match self.optional_target(Some(spec), scope).await? {
                Some(name) => self.exists(&name, scope).await?,
                None => false,
            },
        };
        Ok(if matches { Match::Yes } else { Match::No })
    }

    /// RFC 7208 section 5.2, its table of results.
    async fn include(&mut self, spec: &DomainSpec, scope: &mut Scope<'_>) -> Result<Match, Cause> {
        let name = match self.target(spec, scope).await? {
            Ok(name) => name,
            // RFC 8616 section 4: such terms "do not match anything".
            Err(TargetError::LocalPart) => return Ok(Match::No),
            Err(error) => {
                return Err(Cause::IncludeNone(missing(scope, MissingWhy::Malformed(error))));
            }
        };
        let ending = if name.label_count() < 2 {
            Err(single_label(&name))
        } else {
            self.run(name, scope.trace.clone()).await
        };
        match ending {
            Ok(Ending::Decided(inner)) if inner.qualifier() == Qualifier::Pass => {
                Ok(Match::Included(Box::new(inner)))
            }
            Ok(_) => Ok(Match::No),
            Err(cause) if cause.result() == SpfResult::None => {
                self.count_void_record();
                Err(Cause::IncludeNone(missing(scope, MissingWhy::None(cause))))
            }
            Err(cause) => Err(cause),
        }
    }

    /// RFC 7208 section 5.3.
    async fn has_client(
        &mut self,
        name: &Name,
        cidr: DualCidr,
        scope: &mut Scope<'_>,
    ) -> Result<bool, Cause> {
        let answer = self.session.addresses(name, self.client, scope.trace).await;
        self.judge_addresses(answer, name, cidr, scope)
    }

    fn judge_addresses(
        &mut self,
        answer: Answer<Vec<IpAddr>>,
        name: &Name,
        cidr: DualCidr,
        scope: &mut Scope<'_>,
    ) -> Result<bool, Cause> {
        let addresses = self.records(answer, name, address_type(self.client), scope)?;
        Ok(addresses.is_some_and(|addresses| {
            addresses
                .into_iter()
                .any(|address| cidr.contains(address, self.client))
        }))
    }

    /// RFC 7208 section 5.4. The hosts are asked about together and judged in the order of preference, so that
    /// nothing depends on which answer comes first.
    async fn mx(&mut self, name: &Name, cidr: DualCidr, scope: &mut Scope<'_>) -> Result<bool, Cause> {
        let answer = self.session.mx(name, scope.trace).await;
        let Some(exchanges) = self.records(answer, name, RecordType::Mx, scope)? else {
            return Ok(false);
        };
        // RFC 7208 section 4.6.4: with more than 10, "the "mx" mechanism MUST produce a "permerror" result."
        if exchanges.len() > self.limits.spf_names {
            return Err(Cause::MxLimit(Exceeded {
                domain: scope.domain.to_string(),
                term: scope.term.to_owned(),
                limit: u64::try_from(self.limits.spf_names).unwrap_or(u64::MAX),
            }));
        }
        let mut exchanges: Vec<_> = exchanges
            .iter()
            .filter(|mx| !mx.exchange.is_root())
            .cloned()
            .collect();
        exchanges.sort_by_key(|mx| mx.preference);
        let (session, client, trace) = (self.session, self.client, scope.trace.clone());
        let trace = &trace;
        let ask = |host: Name| async move {
            let answer = session.addresses(&host, client, trace).await;
            (host, answer)
        };
        let together = exchanges.len().max(1);
        let hosts = exchanges.into_iter().map(|mx| ask(mx.exchange));
        let mut answers = stream::iter(hosts).buffered(together);
        while let Some((host, answer)) = answers.next().await {
            if self.judge_addresses(answer, &host, cidr, scope)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// RFC 7208 section 5.5.
    async fn ptr(&mut self, target: &Name, scope: &mut Scope<'_>) -> Result<bool, Cause> {
        let names = self.client_names(scope.trace).await;
        if names.void {
            self.count_void(scope)?;
        }
        Ok(names.names.iter().any(|name| name.is_within(target)))
    }

    /// RFC 7208 section 5.7: IPv4 addresses are asked for, even when the client has an IPv6 address.
    async fn exists(&mut self, name: &Name, scope: &mut Scope<'_>) -> Result<bool, Cause> {
        let answer = self.session.a(name, scope.trace).await;
        Ok(self.records(answer, name, RecordType::A, scope)?.is_some())
    }

    /// The validated names of the client: RFC 7208 section 5.5, errors being no names.
    pub(super) async fn client_names(&mut self, trace: &Tracer) -> Arc<ClientNames> {
        if let Some(names) = &self.client_names {
            return Arc::clone(names);
        }
        let answer = self.session.ptr(self.client, trace).await;
        let mut void = answer.is_void();
        let mut validated = Vec::new();
        if let Answer::Records { records, .. } = answer {
            // RFC 7208 section 4.6.4: "all records other than the first 10 MUST be ignored."
            let names = records.iter().take(self.limits.spf_names).cloned();
            let (session, client) = (self.session, self.client);
            let ask = |name: Name| async move {
                let answer = session.addresses(&name, client, trace).await;
                (name, answer)
            };
            let names: Vec<_> = names.map(ask).collect();
            let together = names.len().max(1);
            let mut answers = stream::iter(names).buffered(together);
            while let Some((name, answer)) = answers.next().await {
                void |= answer.is_void();
                // RFC 7208 section 5.5: a DNS error here means that this name is skipped and the search goes on.
                if let Answer::Records { records, .. } = answer
                    && records.contains(&client)
                {
                    validated.push(name);
                }
            }
        }
        let names = Arc::new(ClientNames {
            names: validated,
            void,
        });
        self.client_names = Some(Arc::clone(&names));
        names
    }

    /// The target-name of a term whose domain-spec may be left out. `None`: it is no name that can be asked for,
    /// and RFC 7208 section 4.8 lets the mechanism not match then.
    async fn optional_target(
        &mut self,
        spec: Option<&DomainSpec>,
        scope: &mut Scope<'_>,
    ) -> Result<Option<Name>, Cause> {
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
    async fn target(
        &mut self,
        spec: &DomainSpec,
        scope: &mut Scope<'_>,
    ) -> Result<Result<Name, TargetError>, Cause> {
        let mut validated = String::new();
        if spec.needs_validated() {
            let names = self.client_names(scope.trace).await;
            if names.void {
                self.count_void(scope)?;
            }
            validated = names.best_for(scope.domain);
        }
        Ok(spec.expand(&self.values(scope.domain, &validated)))
    }

    pub(super) fn values<'v>(&'v self, domain: &'v Name, validated: &'v str) -> Values<'v> {
        Values {
            local_part: self.local_part,
            sender_domain: &self.sender_domain,
            domain,
            client: self.client,
            validated,
            helo: &self.helo,
            receiver: self.receiver,
            now: self.now,
        }
    }

    async fn record_of_target(&mut self, name: &Name, trace: &Tracer) -> Result<Arc<Record>, Cause> {
        if name.label_count() < 2 {
            return Err(single_label(name));
        }
        self.record(name, trace).await
    }

    /// Finds and reads the record of a domain: RFC 7208 sections 4.4 to 4.6.
    async fn record(&mut self, domain: &Name, trace: &Tracer) -> Result<Arc<Record>, Cause> {
        let texts = match self.session.txt(domain, trace).await {
            Answer::Records { records, .. } => records,
            // RFC 7208 section 4.3: a domain that does not exist (RCODE 3) has the result none.
            Answer::NoSuchName { .. } => {
                self.record_void = true;
                return Err(Cause::NoSuchDomain {
                    domain: domain.to_string(),
                });
            }
            Answer::NoData { .. } => {
                self.record_void = true;
                return Err(Cause::NoRecord {
                    domain: domain.to_string(),
                });
            }
            // RFC 7208 section 4.4: any other error, or no answer in time, ends the check with temperror.
            Answer::Failure(failure) => return Err(dns(domain, RecordType::Txt, failure)),
            Answer::MalformedName(error) => {
                return Err(Cause::MalformedDomain {
                    domain: domain.to_string(),
                    error,
                });
            }
        };
        // RFC 7208 section 4.5: records without the version are discarded; none left is none, more than one a
        // permerror.
        let mut found = texts.iter().filter(|text| Record::is_record(text));
        let Some(text) = found.next() else {
            return Err(Cause::NoRecord {
                domain: domain.to_string(),
            });
        };
        let more = found.count();
        if more > 0 {
            return Err(Cause::SeveralRecords {
                domain: domain.to_string(),
                count: more + 1,
            });
        }
        // RFC 7208 section 4.6: a syntax error anywhere in the record is a permerror, and nothing of the record is
        // evaluated.
        match Record::parse(text) {
            Ok(record) => Ok(Arc::new(record)),
            Err(error) => {
                let step = trace.step(StepKind::Record, || {
                    shown_record(domain, &String::from_utf8_lossy(text))
                });
                step.outcome(|| format!("broken: {error}"));
                Err(Cause::Syntax {
                    domain: domain.to_string(),
                    error,
                })
            }
        }
    }

    /// What a term's query found: `None` for nothing, which is counted once for the term.
    fn records<T>(
        &mut self,
        answer: Answer<T>,
        name: &Name,
        kind: RecordType,
        scope: &mut Scope<'_>,
    ) -> Result<Option<T>, Cause> {
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
    fn count_lookup(&mut self, scope: &Scope<'_>) -> Result<(), Cause> {
        if self.lookups >= self.limits.spf_dns_lookups {
            return Err(Cause::LookupLimit(Exceeded {
                domain: scope.domain.to_string(),
                term: scope.term.to_owned(),
                limit: self.limits.spf_dns_lookups.into(),
            }));
        }
        self.lookups += 1;
        Ok(())
    }

    /// Counts the missing record of an `include` or `redirect`, whose result is a permerror anyway.
    fn count_void_record(&mut self) {
        if std::mem::take(&mut self.record_void) {
            self.voids += 1;
        }
    }

    /// RFC 7208 section 4.6.4: the limit is on "the number of "terms"" whose queries come to nothing, so a term
    /// counts once however many names it asks about.
    fn count_void(&mut self, scope: &mut Scope<'_>) -> Result<(), Cause> {
        if std::mem::replace(&mut scope.void, true) {
            return Ok(());
        }
        self.voids += 1;
        if self.voids > self.limits.spf_void_lookups {
            return Err(Cause::VoidLimit(Exceeded {
                domain: scope.domain.to_string(),
                term: scope.term.to_owned(),
                limit: self.limits.spf_void_lookups.into(),
            }));
        }
        Ok(())
    }
}

fn address_type(client: IpAddr) -> RecordType {
    match client {
        IpAddr::V4(_) => RecordType::A,
        IpAddr::V6(_) => RecordType::Aaaa,
    }
}

fn dns(name: &Name, kind: RecordType, failure: Failure) -> Cause {
    Cause::Dns {
        question: Question::new(name.clone(), kind),
        failure,
    }
}

fn missing(scope: &Scope<'_>, why: MissingWhy) -> Box<Missing> {
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
