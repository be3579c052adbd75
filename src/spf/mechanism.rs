//! The mechanisms (RFC 7208 section 5): which of them matches the client.

use super::SpfResult;
use super::asker::hosts;
use super::cause::{Cause, Exceeded, Fallible, MissingWhy};
use super::check_host::{Check, Decided, Ending, Scope, missing, single_label};
use super::macros::TargetError;
use super::record::{DomainSpec, DualCidr, Mechanism, Qualifier, in_network4, in_network6};
use crate::dns::{Answer, Name, Question, RecordSet, RecordType, Resolver};
use crate::trace::Tracer;
use std::net::IpAddr;
use std::sync::Arc;

/// What came of one mechanism.
pub(super) enum Match {
    No,
    Yes,
    Included(Box<Decided>),
}

/// The validated names of the client (RFC 7208 section 5.5).
pub(super) struct ClientNames {
    names: Vec<Name>,
    /// A query came to nothing.
    pub(super) void: bool,
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

impl<R: Resolver> Check<'_, R> {
    pub(super) async fn evaluate(&mut self, mechanism: &Mechanism, scope: &mut Scope<'_>) -> Fallible<Match> {
        if mechanism.counts_as_lookup() {
            self.count_lookup(scope)?;
        }
        let matches = match mechanism {
            Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) => {
                matches_without_dns(mechanism, self.client)
            }
            Mechanism::Include(spec) => return self.include(spec, scope).await,
            // In boxes: a check that only includes shall not carry the room for these, once for each level.
            Mechanism::A(spec, cidr) => match self.optional_target(spec.as_ref(), scope).await? {
                Some(name) => Box::pin(self.has_client(&name, *cidr, scope)).await?,
                None => false,
            },
            Mechanism::Mx(spec, cidr) => match self.optional_target(spec.as_ref(), scope).await? {
                Some(name) => Box::pin(self.mx(&name, *cidr, scope)).await?,
                None => false,
            },
            Mechanism::Ptr(spec) => match self.optional_target(spec.as_ref(), scope).await? {
                Some(name) => Box::pin(self.ptr(&name, scope)).await?,
                None => false,
            },
            Mechanism::Exists(spec) => match self.optional_target(Some(spec), scope).await? {
                Some(name) => Box::pin(self.exists(&name, scope)).await?,
                None => false,
            },
        };
        Ok(if matches { Match::Yes } else { Match::No })
    }

    /// RFC 7208 section 5.2, its table of results.
    async fn include(&mut self, spec: &DomainSpec, scope: &mut Scope<'_>) -> Fallible<Match> {
        let name = match self.target(spec, scope).await? {
            Ok(name) => name,
            // RFC 8616 section 4: such terms "do not match anything".
            Err(TargetError::LocalPart) => return Ok(Match::No),
            Err(error) => {
                return Err(Box::new(Cause::IncludeNone(missing(
                    scope,
                    MissingWhy::Malformed(error),
                ))));
            }
        };
        let ending = if name.label_count() < 2 {
            Err(Box::new(single_label(&name)))
        } else {
            Box::pin(self.run(name, scope.trace.clone())).await
        };
        match ending {
            Ok(Ending::Decided(inner)) if inner.qualifier() == Qualifier::Pass => {
                Ok(Match::Included(Box::new(inner)))
            }
            Ok(_) => Ok(Match::No),
            Err(cause) if cause.result() == SpfResult::None => {
                self.count_void_record();
                Err(Box::new(Cause::IncludeNone(missing(
                    scope,
                    MissingWhy::None(*cause),
                ))))
            }
            Err(cause) => Err(cause),
        }
    }

    /// RFC 7208 section 5.3.
    async fn has_client(&mut self, name: &Name, cidr: DualCidr, scope: &mut Scope<'_>) -> Fallible<bool> {
        let answer = self.asker.addresses(name, scope.trace).await;
        let kind = Question::addresses(name.clone(), self.client).kind;
        let addresses = self.records(answer, name, kind, scope)?;
        Ok(addresses.is_some_and(|addresses| {
            addresses
                .into_iter()
                .any(|address| cidr.contains(address, self.client))
        }))
    }

    /// RFC 7208 section 5.4. The hosts are asked about together and judged in the order of preference, so that
    /// nothing depends on which answer comes first.
    async fn mx(&mut self, name: &Name, cidr: DualCidr, scope: &mut Scope<'_>) -> Fallible<bool> {
        let question = Question::new(name.clone(), RecordType::Mx);
        let answer = self.asker.ask(question, scope.trace).await.answer;
        let answer = answer.only(RecordSet::into_mx);
        let Some(exchanges) = self.records(answer, name, RecordType::Mx, scope)? else {
            return Ok(false);
        };
        // RFC 7208 section 4.6.4: with more than 10, "the "mx" mechanism MUST produce a "permerror" result."
        if exchanges.len() > self.limits.spf_names {
            return Err(Box::new(Cause::MxLimit(Exceeded {
                domain: scope.domain.to_string(),
                term: scope.term.to_owned(),
                limit: u64::try_from(self.limits.spf_names).unwrap_or(u64::MAX),
            })));
        }
        let hosts = hosts(&exchanges);
        self.begin_addresses(&hosts, scope.trace);
        let mut matches = false;
        for host in &hosts {
            matches = self.has_client(host, cidr, scope).await?;
            if matches {
                break;
            }
        }
        self.asker.forget_begun();
        Ok(matches)
    }

    fn begin_addresses(&mut self, hosts: &[Name], trace: &Tracer) {
        for host in hosts {
            self.asker
                .begin(Question::addresses(host.clone(), self.client), trace);
        }
    }

    /// RFC 7208 section 5.5.
    async fn ptr(&mut self, target: &Name, scope: &mut Scope<'_>) -> Fallible<bool> {
        let names = self.client_names(scope.trace).await;
        if names.void {
            self.count_void(scope)?;
        }
        Ok(names.names.iter().any(|name| name.is_within(target)))
    }

    /// RFC 7208 section 5.7: IPv4 addresses are asked for, even when the client has an IPv6 address.
    async fn exists(&mut self, name: &Name, scope: &mut Scope<'_>) -> Fallible<bool> {
        let question = Question::new(name.clone(), RecordType::A);
        let answer = self.asker.ask(question, scope.trace).await.answer;
        let answer = answer.only(RecordSet::into_a);
        Ok(self.records(answer, name, RecordType::A, scope)?.is_some())
    }

    /// The validated names of the client: RFC 7208 section 5.5, errors being no names.
    pub(super) async fn client_names(&mut self, trace: &Tracer) -> Arc<ClientNames> {
        if let Some(names) = &self.client_names {
            return Arc::clone(names);
        }
        let question = Question::reverse(self.client);
        let answer = self.asker.ask(question, trace).await.answer;
        let mut void = answer.is_void();
        let mut validated = Vec::new();
        if let Answer::Records { records, .. } = answer.only(RecordSet::into_ptr) {
            // RFC 7208 section 4.6.4: "all records other than the first 10 MUST be ignored."
            let mut names: Vec<Name> = Vec::new();
            for name in records.iter().take(self.limits.spf_names) {
                if !names.contains(name) {
                    names.push(name.clone());
                }
            }
            self.begin_addresses(&names, trace);
            for name in names {
                let answer = self.asker.addresses(&name, trace).await;
                void |= answer.is_void();
                // RFC 7208 section 5.5: a DNS error here means that this name is skipped and the search goes on.
                if let Answer::Records { records, .. } = answer
                    && records.contains(&self.client)
                {
                    validated.push(name);
                }
            }
            self.asker.forget_begun();
        }
        let names = Arc::new(ClientNames {
            names: validated,
            void,
        });
        self.client_names = Some(Arc::clone(&names));
        names
    }
}

/// Whether a mechanism matches that needs no DNS; false for the others.
pub(super) fn matches_without_dns(mechanism: &Mechanism, client: IpAddr) -> bool {
    match (mechanism, client) {
        // RFC 7208 section 5.1.
        (Mechanism::All, _) => true,
        // RFC 7208 section 5.6.
        (Mechanism::Ip4(network, prefix), IpAddr::V4(address)) => in_network4(*network, *prefix, address),
        (Mechanism::Ip6(network, prefix), IpAddr::V6(address)) => in_network6(*network, *prefix, address),
        _ => false,
    }
}
