//! What a record says by itself, without asking the DNS further.

use super::finding::{Finding, Problem};
use super::networks::{self, Network};
use super::terms::{self, Piece};
use crate::dns::{Name, Txt};
use crate::spf::{DomainSpec, DualCidr, Mechanism, Qualifier, Record, Term};
use std::collections::HashSet;
use std::net::IpAddr;

/// Findings kept of one record. A record of 64 KB may hold 30,000 terms, each of them wrong.
pub(super) const MOST_OF_RECORD: usize = 100;
/// Octets of a record beyond which RFC 7208 section 3.4 expects trouble.
const LONG_RECORD: usize = 450;

/// What a record is to the domain that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// It is the domain's own, or one that decides for it by `redirect`.
    pub(super) decides: bool,
    /// The administrator can change it: it is at the domain or below.
    pub(super) own: bool,
}

/// What is wrong among all text records of a domain, beside the SPF record itself.
pub(super) fn texts(domain: &Name, texts: &[Txt]) -> Vec<Finding> {
    let beside = texts.iter().any(|text| Record::is_record(text));
    let mut findings = Vec::new();
    for text in texts.iter().take(MOST_OF_RECORD) {
        if terms::is_sender_id(text) {
            findings.push(Problem::SenderId.of(domain));
        } else if let Some(why) = terms::near_miss(text) {
            let text = crate::error::printable(text);
            findings.push(Problem::NearMiss { text, why, beside }.of(domain));
        }
    }
    // RFC 7208 section 3.4: all TXT records of the name count. 12 octets of header, the question's 4 and the name's 2 more
    // than its text; each record has 12 more, and each of its strings of 255 octets one.
    let records: usize = texts
        .iter()
        .map(|text| 12 + text.len() + text.len().div_ceil(255).max(1))
        .sum();
    let octets = 12 + domain.as_str().len() + 2 + 4 + records;
    if beside && octets > super::finding::SIMPLE_DATAGRAM {
        findings.push(Problem::AnswerLength { octets }.of(domain));
    }
    findings
}

/// What is wrong with a record. Of those of strangers, only what breaks or opens the domain's own is told.
pub(super) fn record(domain: &Name, octets: &[u8], pieces: &[Piece], standing: Standing) -> Vec<Finding> {
    let mut inspection = Inspection {
        domain,
        octets,
        pieces,
        findings: Vec::new(),
    };
    inspection.syntax();
    inspection.passes_all();
    if standing.own {
        inspection.unwise();
        inspection.networks();
        inspection.repeated();
        if octets.len() > LONG_RECORD {
            let problem = Problem::RecordLength { octets: octets.len() };
            inspection.findings.push(problem.of(domain));
        }
        inspection.order();
    }
    if standing.decides {
        inspection.end(standing.own);
    }
    let mut findings = inspection.findings;
    findings.truncate(MOST_OF_RECORD);
    findings
}

struct Inspection<'a> {
    domain: &'a Name,
    octets: &'a [u8],
    pieces: &'a [Piece],
    findings: Vec<Finding>,
}

impl Inspection<'_> {
    fn add(&mut self, at: usize, problem: Problem) {
        if self.findings.len() < MOST_OF_RECORD {
            let place = self.pieces[at].place.clone();
            self.findings.push(problem.at(self.domain, self.octets, place));
        }
    }

    /// The terms that can be read.
    fn terms(&self) -> impl Iterator<Item = (usize, &Term)> + use<'_> {
        self.pieces
            .iter()
            .enumerate()
            .filter_map(|(at, piece)| Some((at, piece.term.as_ref().ok()?)))
    }

    fn syntax(&mut self) {
        // A blank that does not belong there breaks two terms; the second is told with the first.
        let mut told = false;
        for (at, piece) in self.pieces.iter().enumerate() {
            let Err(kind) = &piece.term else {
                told = false;
                continue;
            };
            if std::mem::take(&mut told) {
                continue;
            }
            let next = self
                .pieces
                .get(at + 1)
                .map(|next| &self.octets[next.place.clone()]);
            let text = &self.octets[piece.place.clone()];
            let hint = terms::hint(text, next, kind);
            told = hint.as_ref().is_some_and(|hint| {
                next.is_some_and(|next| {
                    let next = crate::error::printable(next);
                    hint.meant.ends_with(&next) && hint.meant.len() > next.len()
                })
            });
            let kind = kind.clone();
            self.add(at, Problem::Syntax { kind, hint });
            if self.findings.len() >= MOST_OF_RECORD {
                return;
            }
        }
    }

    /// `+all`, wherever it is: a stranger's record that passes for all makes the include pass for all.
    fn passes_all(&mut self) {
        let found = self.terms().find(|(_, term)| is_all(term));
        if let Some((at, Term::Directive(directive))) = found
            && directive.qualifier == Qualifier::Pass
        {
            self.add(at, Problem::PassAll);
        }
    }

    /// Terms that are allowed, and should not be published.
    fn unwise(&mut self) {
        let mut found = Vec::new();
        for (at, term) in self.terms() {
            let text = &self.octets[self.pieces[at].place.clone()];
            match term {
                Term::Unknown { name, .. } if name.eq_ignore_ascii_case("v") => {
                    found.push((at, Problem::Glued))
                }
                Term::Unknown { name, .. } => {
                    let text = crate::error::printable(text);
                    found.push((
                        at,
                        match terms::mechanism_as_modifier(name, &text) {
                            Some(meant) => Problem::MechanismAsModifier { meant },
                            None => Problem::UnknownModifier,
                        },
                    ));
                }
                Term::Directive(directive) => {
                    if let Mechanism::Ptr(_) = directive.mechanism {
                        found.push((at, Problem::Ptr));
                    }
                    if let Mechanism::A(_, cidr) | Mechanism::Mx(_, cidr) = directive.mechanism
                        && directive.qualifier == Qualifier::Pass
                    {
                        found.extend(wide(cidr).map(|problem| (at, problem)));
                    }
                }
                Term::Redirect(_) | Term::Explanation(_) => {}
            }
            if let Some(spec) = domain_spec(term) {
                if spec.needs_validated() {
                    found.push((at, Problem::MacroP));
                }
                let value = text
                    .iter()
                    .skip_while(|octet| !matches!(octet, b':' | b'='))
                    .skip(1);
                // A macro may have any delimiters; what stands outside of macros is to be a name.
                if spec.is_constant() && has_odd_octet(value, matches!(term, Term::Directive(_))) {
                    found.push((at, Problem::OddName));
                }
            }
        }
        for (at, problem) in found {
            self.add(at, problem);
        }
    }

    fn networks(&mut self) {
        let mut places = Vec::new();
        let mut all = Vec::new();
        for (at, term) in self.terms() {
            let Term::Directive(directive) = term else {
                continue;
            };
            let (address, prefix) = match directive.mechanism {
                Mechanism::Ip4(address, prefix) => (IpAddr::V4(address), prefix),
                Mechanism::Ip6(address, prefix) => (IpAddr::V6(address), prefix),
                _ => continue,
            };
            places.push(at);
            all.push(Network {
                address,
                prefix,
                passes: directive.qualifier == Qualifier::Pass,
                qualifier: sign(directive.qualifier),
                place: self.pieces[at].place.clone(),
            });
        }
        for (network, at) in all.iter().zip(&places) {
            for problem in network.problems() {
                self.add(*at, problem);
            }
        }
        for (inner, outer, same) in networks::covered(&all).into_iter().take(MOST_OF_RECORD) {
            let by = crate::error::printable(&self.octets[all[outer].place.clone()]);
            self.add(places[inner], Problem::Covered { by, same });
        }
    }

    /// Terms that stand twice; ranges are told with the ranges, and records by how often they are evaluated.
    fn repeated(&mut self) {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for (at, term) in self.terms() {
            if let Term::Directive(directive) = term
                && directive.mechanism.counts_as_lookup()
                && !matches!(directive.mechanism, Mechanism::Include(_))
                && !seen.insert(directive.mechanism.to_string().to_ascii_lowercase())
            {
                found.push(at);
            }
        }
        for at in found {
            self.add(at, Problem::Duplicate);
        }
    }

    /// RFC 7208 section 5.1: mechanisms after `all` are never tested, and `redirect` is ignored where there is `all`.
    fn order(&mut self) {
        let Some((all, _)) = self.terms().find(|(_, term)| is_all(term)) else {
            return;
        };
        let mut found = Vec::new();
        for (at, term) in self.terms() {
            match term {
                Term::Directive(_) if at > all => found.push((at, Problem::AfterAll)),
                Term::Redirect(_) => found.push((at, Problem::RedirectIgnored)),
                _ => {}
            }
        }
        for (at, problem) in found {
            self.add(at, problem);
        }
    }

    /// How the record ends: only where it decides for the domain.
    fn end(&mut self, own: bool) {
        let all = self.terms().find_map(|(at, term)| match term {
            Term::Directive(directive) if directive.mechanism == Mechanism::All => {
                Some((at, directive.qualifier))
            }
            _ => None,
        });
        let readable = self.pieces.iter().all(|piece| piece.term.is_ok());
        let only = self
            .terms()
            .filter(|(_, term)| matches!(term, Term::Directive(_)))
            .count()
            == 1;
        match all {
            Some((at, Qualifier::Neutral)) => self.add(at, Problem::NeutralAll),
            Some((at, Qualifier::SoftFail)) if only && readable => self.add(at, Problem::SoftFailOnly),
            // What cannot be read may have been the "all".
            None if readable && !self.terms().any(|(_, term)| matches!(term, Term::Redirect(_))) => {
                self.findings.push(Problem::NoAll.of(self.domain));
            }
            _ => {}
        }
        let fails = self.terms().any(
            |(_, term)| matches!(term, Term::Directive(directive) if directive.qualifier == Qualifier::Fail),
        );
        let explanation = self
            .terms()
            .find(|(_, term)| matches!(term, Term::Explanation(_)));
        if let Some((at, _)) = explanation
            && own
            && readable
            && !fails
        {
            self.add(at, Problem::ExplanationUnused);
        }
    }
}

pub(super) fn is_all(term: &Term) -> bool {
    matches!(term, Term::Directive(directive) if directive.mechanism == Mechanism::All)
}

/// Whether a record may pass at all, by itself or by another.
pub(super) fn may_pass(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| match &piece.term {
        Ok(Term::Directive(directive)) => directive.qualifier == Qualifier::Pass,
        Ok(Term::Redirect(_)) | Err(_) => true,
        Ok(_) => false,
    })
}

/// The domain-spec of a term.
fn domain_spec(term: &Term) -> Option<&DomainSpec> {
    match term {
        Term::Redirect(spec) | Term::Explanation(spec) => Some(spec),
        Term::Unknown { .. } => None,
        Term::Directive(directive) => match &directive.mechanism {
            Mechanism::Include(spec) | Mechanism::Exists(spec) => Some(spec),
            Mechanism::A(spec, _) | Mechanism::Mx(spec, _) | Mechanism::Ptr(spec) => spec.as_ref(),
            Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) => None,
        },
    }
}

/// Octets that stand in no name of a host or of a service. A slash may begin a prefix length.
fn has_odd_octet<'o>(value: impl Iterator<Item = &'o u8>, slash: bool) -> bool {
    let mut value = value.skip_while(|octet| octet.is_ascii_alphanumeric() || b".-_%".contains(octet));
    value.next().is_some_and(|first| !slash || *first != b'/')
        || value.any(|octet| !b"/0123456789".contains(octet))
}

fn wide(cidr: DualCidr) -> Option<Problem> {
    networks::size(cidr.ip4, 32).or_else(|| networks::size(cidr.ip6, 128))
}

fn sign(qualifier: Qualifier) -> &'static str {
    match qualifier {
        Qualifier::Pass => "",
        Qualifier::Fail => "-",
        Qualifier::SoftFail => "~",
        Qualifier::Neutral => "?",
    }
}
