//! Where reports go: is there anybody who takes mail, and has another organization agreed to get it (RFC 9990 section 4)?

use super::Destination;
use super::finding::{Finding, Problem};
use super::inspect::Address;
use super::names::Looked;
use crate::dmarc::discover::{Relation, relation};
use crate::dmarc::{Record, ReportUri};
use crate::dns::{Answer, Name, NameError, Question, RecordType, Resolver, Session, Txt};
use crate::trace::{StepKind, Tracer};
use futures_util::future::{join, join_all};
use std::sync::Arc;

/// Destination hosts that are looked at: eight questions for the organizational domain of each, and four more.
pub(super) const MOST_HOSTS: usize = 10;

/// What came of looking at all destinations.
pub(super) struct Seen {
    pub(super) findings: Vec<Finding>,
    pub(super) destinations: Vec<Destination>,
    pub(super) complete: bool,
}

/// A destination host and the addresses at it.
struct Host<'a> {
    name: Name,
    addresses: Vec<&'a Address>,
}

/// What is to be said of one host, for its first address.
#[derive(Default)]
struct Told {
    problems: Vec<Problem>,
    incomplete: bool,
    external: Option<bool>,
    authorized: Option<bool>,
}

/// Looks at the destinations of the record of `domain`, whose octets are given, all side by side.
pub(super) async fn all<R: Resolver>(
    session: &Session<R>,
    mut looked: Looked,
    (domain, octets): (&Name, &[u8]),
    addresses: &[Address],
    trace: &Tracer,
) -> Seen {
    let mut seen = Seen {
        findings: Vec::new(),
        destinations: Vec::new(),
        complete: true,
    };
    let (hosts, malformed, left_out) = hosts(addresses);
    for (address, error) in malformed {
        let problem = Problem::DestinationMalformed { error };
        seen.findings
            .push(problem.at(domain, octets, address.place.clone()));
    }
    if left_out > 0 {
        seen.complete = false;
        let problem = Problem::DestinationsLeftOut { left_out };
        seen.findings.push(problem.of(domain));
    }
    // Who shares no label with the domain belongs to another organization, whatever stands in the DNS.
    let related: Vec<&Name> = hosts
        .iter()
        .map(|host| &host.name)
        .filter(|name| *name != domain && name.labels().next_back() == domain.labels().next_back())
        .collect();
    let mail = join_all(hosts.iter().map(|host| takes_mail(session, &host.name, trace)));
    let (mail, ()) = join(mail, looked.look(session, &related, trace)).await;
    let consents = join_all(hosts.iter().map(|host| {
        let relation = relation(&looked.names, domain, &host.name);
        consent(session, domain, host, relation, trace)
    }))
    .await;
    for ((host, mail), consent) in hosts.iter().zip(mail).zip(consents) {
        seen.complete &= !mail.incomplete && !consent.incomplete;
        // Who does not exist cannot agree either.
        let absent = |problem: &Problem| {
            matches!(
                problem,
                Problem::DestinationMissing {
                    no_such_name: true,
                    ..
                }
            )
        };
        let consents = consent
            .problems
            .iter()
            .filter(|_| !mail.problems.iter().any(absent));
        if let Some(first) = host.addresses.first() {
            let told = mail.problems.iter().chain(consents).cloned();
            seen.findings
                .extend(told.map(|problem| problem.at(domain, octets, first.place.clone())));
        }
        seen.destinations
            .extend(host.addresses.iter().map(|address| Destination {
                tag: address.tag,
                uri: address.uri.clone(),
                host: host.name.clone(),
                external: consent.external,
                authorized: consent.authorized,
            }));
    }
    seen
}

/// The hosts of mail addresses, those that are none, and how many hosts are beyond the limit.
fn hosts(addresses: &[Address]) -> (Vec<Host<'_>>, Vec<(&Address, NameError)>, usize) {
    let mut hosts: Vec<Host<'_>> = Vec::new();
    let mut malformed = Vec::new();
    let mut beyond: Vec<Name> = Vec::new();
    for address in addresses {
        let name = match host_of(&address.uri) {
            None => continue,
            Some(Ok(name)) => name,
            Some(Err(error)) => {
                malformed.push((address, error));
                continue;
            }
        };
        if let Some(host) = hosts.iter_mut().find(|host| host.name == name) {
            host.addresses.push(address);
        } else if hosts.len() < MOST_HOSTS {
            let addresses = vec![address];
            hosts.push(Host { name, addresses });
        } else if !beyond.contains(&name) {
            beyond.push(name);
        }
    }
    (hosts, malformed, beyond.len())
}

/// The domain of the address of a `mailto:` URI.
fn host_of(uri: &ReportUri) -> Option<Result<Name, NameError>> {
    let (_, domain) = uri.mailto()?.rsplit_once('@')?;
    Some(Name::parse(&decoded(domain.as_bytes())))
}

/// RFC 3986 section 2.1: octets may be percent-encoded.
fn decoded(mut octets: &[u8]) -> Vec<u8> {
    let digit = |octet: u8| {
        char::from(octet)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut text = Vec::with_capacity(octets.len());
    while let [first, rest @ ..] = octets {
        octets = match (first, rest) {
            (b'%', [high, low, rest @ ..]) => {
                if let (Some(high), Some(low)) = (digit(*high), digit(*low)) {
                    text.push(16 * high + low);
                }
                rest
            }
            _ => {
                text.push(*first);
                rest
            }
        };
    }
    text
}

impl Told {
    /// Notes a question that was not answered.
    fn failed<T>(&mut self, answer: &Answer<T>, name: &Name, kind: RecordType) {
        if let Answer::Failure(failure) = answer {
            self.incomplete = true;
            let question = Question::new(name.clone(), kind);
            self.problems
                .push(Problem::not_looked_up(question, failure, false));
        }
    }
}

/// RFC 5321 section 5.1: mail goes to the mail exchanges, and to the host itself if it has none.
async fn takes_mail<R: Resolver>(session: &Session<R>, host: &Name, trace: &Tracer) -> Told {
    let trace = trace.step(StepKind::Term, || format!("does {host} take mail?"));
    let mut told = Told::default();
    let answer = session.mx(host, &trace).await;
    told.failed(&answer, host, RecordType::Mx);
    let missing = |no_such_name| Problem::DestinationMissing {
        host: host.clone(),
        no_such_name,
    };
    match answer {
        // RFC 7505 section 3: a single exchange that is the root.
        Answer::Records { records, .. } if records.iter().all(|mx| mx.exchange.is_root()) => {
            let host = host.clone();
            told.problems.push(Problem::NullMx { host });
        }
        Answer::NoSuchName { .. } => told.problems.push(missing(true)),
        Answer::NoData { .. } => {
            let (a, aaaa) = join(session.a(host, &trace), session.aaaa(host, &trace)).await;
            told.failed(&a, host, RecordType::A);
            told.failed(&aaaa, host, RecordType::Aaaa);
            if a.is_void() && aaaa.is_void() {
                told.problems.push(missing(false));
            }
        }
        Answer::Records { .. } | Answer::Failure(_) | Answer::MalformedName(_) => {}
    }
    told
}

/// RFC 9990 section 4: another organization has to publish its consent.
async fn consent<R: Resolver>(
    session: &Session<R>,
    domain: &Name,
    host: &Host<'_>,
    relation: Relation<'_>,
    trace: &Tracer,
) -> Told {
    let mut told = Told::default();
    if relation == Relation::Same {
        told.external = Some(false);
        return told;
    }
    if relation == Relation::Other {
        told.external = Some(true);
    }
    let trace = trace.step(StepKind::Term, || {
        format!("does {} take reports for {domain}?", host.name)
    });
    // Steps 2 and 3. Step 4: without a name that can be asked there is no consent.
    let consent = host.name.prefixed(&format!("{domain}._report._dmarc")).ok();
    let answer = match &consent {
        Some(name) => Some(session.txt(name, &trace).await),
        None => None,
    };
    let refused = |other_text| Problem::NotAuthorized {
        host: host.name.clone(),
        consent: consent.clone(),
        other_text,
        failure_reports_only: host.addresses.iter().all(|address| address.tag == "ruf"),
    };
    let problem = match answer {
        Some(Answer::Failure(failure)) => {
            told.incomplete = true;
            let name = consent.clone().unwrap_or_else(|| host.name.clone());
            told.problems.push(Problem::not_looked_up(
                Question::new(name, RecordType::Txt),
                &failure,
                false,
            ));
            return told;
        }
        Some(Answer::Records { records, .. }) => match agreed(&records) {
            // Steps 7 and 8.
            Some(record) => {
                let elsewhere = consent
                    .as_ref()
                    .and_then(|consent| elsewhere(host, consent, &record));
                told.authorized = Some(elsewhere.is_none());
                told.problems.extend(elsewhere);
                return told;
            }
            None => refused(true),
        },
        _ => refused(false),
    };
    match relation {
        // It may be the same organization, which needs no consent.
        Relation::Unknown(at, failure) => {
            told.incomplete = true;
            let name = at.prefixed("_dmarc").unwrap_or_else(|_| at.clone());
            let question = Question::new(name, RecordType::Txt);
            told.problems
                .push(Problem::not_looked_up(question, failure, false));
        }
        _ => {
            told.authorized = Some(false);
            told.problems.push(problem);
        }
    }
    told
}

/// Step 6: at least one text begins with `v=DMARC1`.
fn agreed(texts: &Arc<[Txt]>) -> Option<Record> {
    texts.iter().find_map(|text| Record::parse(text).ok())
}

/// Step 9: the consent may name other addresses, at the same host only.
fn elsewhere(host: &Host<'_>, consent: &Name, record: &Record) -> Option<Problem> {
    let uses = |tag: &str| host.addresses.iter().any(|address| address.tag == tag);
    let lists = [("rua", &record.rua), ("ruf", &record.ruf)];
    let mut named = lists
        .into_iter()
        .filter(|(tag, _)| uses(tag))
        .flat_map(|(_, list)| list);
    let other = named.find(|uri| !matches!(host_of(uri), Some(Ok(name)) if name == host.name))?;
    Some(Problem::OverrideElsewhere {
        consent: consent.clone(),
        to: crate::error::printable(other.as_str().as_bytes()),
    })
}
