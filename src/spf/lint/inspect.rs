//! What a record says by itself, without asking the DNS further.

use super::finding::Problem;
use super::kept::Kept;
use super::networks::{self, Network, Why};
use super::terms::{self, Piece};
use crate::clock::UnixTime;
use crate::dns::{Name, Txt};
use crate::severity::Severity;
use crate::spf::macros::{TargetError, Values};
use crate::spf::{Directive, DomainSpec, DualCidr, Mechanism, Qualifier, Record, SyntaxErrorKind, Term};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{IpAddr, Ipv4Addr};

/// RFC 7208 section 3.4: what the name and the text of all its records of one type may have together so that answers fit
/// into simple datagrams.
const MOST_OCTETS: usize = 450;

/// What a record is to the domain that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// It is the domain's own, or one that decides for it by `redirect`.
    pub(super) decides: bool,
    /// All of it is of concern: it decides, or it is below the domain, so that the administrator can change it.
    pub(super) own: bool,
    /// Whom it lets pass, the domain lets pass: no `include` on the way has another qualifier than `+`.
    pub(super) passes: bool,
}

/// What is wrong among all text records of a domain, beside the SPF record itself. Whether there is one that was probably
/// meant as an SPF record.
pub(super) fn texts(domain: &Name, texts: &[Txt], kept: &mut Kept) -> bool {
    let beside = texts.iter().any(|text| Record::is_record(text));
    let mut missed = false;
    for text in texts {
        if terms::is_sender_id(text) {
            kept.add(Problem::SenderId.of(domain));
        } else if let Some(why) = terms::near_miss(text) {
            missed = true;
            let text = crate::error::printable(text);
            kept.add(Problem::NearMiss { text, why, beside }.of(domain));
        }
    }
    let octets = domain.as_str().len() + texts.iter().map(|text| text.len()).sum::<usize>();
    // A record by itself is told as such.
    if beside && texts.len() > 1 && octets > MOST_OCTETS {
        kept.add(Problem::AnswerLength { octets }.of(domain));
    }
    missed
}

/// What is wrong with a record. Of those of strangers, only what breaks or opens the domain's own is told.
pub(super) fn record(
    domain: &Name,
    root: &Name,
    octets: &[u8],
    pieces: &[Piece],
    standing: Standing,
    kept: &mut Kept,
) {
    let mut inspection = Inspection {
        domain,
        root,
        octets,
        pieces,
        standing,
        joined: vec![false; pieces.len()],
        kept,
    };
    inspection.syntax();
    if standing.passes {
        inspection.opens();
    }
    if standing.own {
        inspection.unwise();
        inspection.networks();
        inspection.repeated();
        let together = domain.as_str().len() + octets.len();
        if together > MOST_OCTETS {
            let problem = Problem::RecordLength { octets: together };
            inspection.kept.add(problem.of(domain));
        }
        inspection.order();
    }
    if standing.decides {
        inspection.end();
    }
}

struct Inspection<'a> {
    domain: &'a Name,
    /// The domain that is looked at.
    root: &'a Name,
    octets: &'a [u8],
    pieces: &'a [Piece],
    standing: Standing,
    /// Terms that were told as a part of the one before, from which a blank parts them that does not belong there.
    joined: Vec<bool>,
    kept: &'a mut Kept,
}

impl Inspection<'_> {
    fn add(&mut self, at: usize, problem: Problem) {
        let place = self.pieces[at].place.clone();
        self.kept.add(problem.at(self.domain, self.octets, place));
    }

    fn add_all(&mut self, found: Vec<(usize, Problem)>) {
        for (at, problem) in found {
            self.add(at, problem);
        }
    }

    /// The terms that can be read by themselves.
    fn terms(&self) -> impl Iterator<Item = (usize, &Term)> + use<'_> {
        self.pieces
            .iter()
            .enumerate()
            .filter(|(at, _)| !self.joined[*at])
            .filter_map(|(at, piece)| Some((at, piece.term.as_ref().ok()?)))
    }

    /// The directives that are tested (RFC 7208 section 5.1): up to `all`, which is among them.
    fn tested(&self) -> impl Iterator<Item = (usize, &Directive)> + use<'_> {
        let mut ended = false;
        self.terms()
            .filter_map(|(at, term)| match term {
                Term::Directive(directive) => Some((at, directive)),
                _ => None,
            })
            .take_while(move |(_, directive)| {
                !std::mem::replace(&mut ended, directive.mechanism == Mechanism::All)
            })
    }

    fn syntax(&mut self) {
        for (at, piece) in self.pieces.iter().enumerate() {
            let Err(kind) = &piece.term else { continue };
            // A blank that does not belong there breaks two terms; the second is told with the first.
            if self.joined[at] {
                continue;
            }
            // What was meant is not sought for more than can be told.
            if self.kept.is_full(Severity::Error) {
                self.kept.leave_out();
                continue;
            }
            let next = self.pieces.get(at + 1);
            let next = next.map(|next| &self.octets[next.place.clone()]);
            let text = &self.octets[piece.place.clone()];
            if *kind != SyntaxErrorKind::Duplicate
                && let Some(meant) = terms::run_together(text)
            {
                self.add(at, Problem::RunTogether { meant });
                continue;
            }
            let hint = terms::hint(text, next, kind);
            let hint = hint.map(|(hint, takes_next)| {
                if takes_next && let Some(joined) = self.joined.get_mut(at + 1) {
                    *joined = true;
                }
                hint
            });
            let kind = kind.clone();
            self.add(at, Problem::Syntax { kind, hint });
        }
    }

    /// What lets pass everybody, or more than anybody has. A stranger's record that does makes the include do so; what a
    /// stranger has of ordinary size is the stranger's concern.
    fn opens(&mut self) {
        let mut found = Vec::new();
        for (at, directive) in self.tested() {
            if directive.qualifier != Qualifier::Pass {
                continue;
            }
            let size = match directive.mechanism {
                Mechanism::All => Some(networks::Size::Everyone),
                Mechanism::Ip4(_, prefix) => networks::size(prefix, 32),
                Mechanism::Ip6(_, prefix) => networks::size(prefix, 128),
                Mechanism::A(_, DualCidr { ip4, ip6 }) | Mechanism::Mx(_, DualCidr { ip4, ip6 }) => {
                    networks::size(ip4, 32).max(networks::size(ip6, 128))
                }
                Mechanism::Include(_) | Mechanism::Ptr(_) | Mechanism::Exists(_) => None,
            };
            match size {
                Some(networks::Size::Everyone) if directive.mechanism == Mechanism::All => {
                    found.push((at, Problem::PassAll));
                }
                Some(networks::Size::Everyone) => found.push((at, Problem::Everyone)),
                Some(networks::Size::Large { prefix, bits, huge }) if huge || self.standing.own => {
                    found.push((at, Problem::LargeRange { prefix, bits }));
                }
                _ => {}
            }
        }
        self.add_all(found);
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
                    // The value of a modifier that nobody knows may be anything.
                    let meant = terms::run_together(text);
                    let first =
                        |meant: &str| meant.split(' ').next().is_some_and(|first| !first.contains('='));
                    if let Some(meant) = meant.filter(|meant| first(meant)) {
                        found.push((at, Problem::RunTogether { meant }));
                        continue;
                    }
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
                if let Some(meant) = terms::run_together(text) {
                    found.push((at, Problem::RunTogether { meant }));
                    continue;
                }
                // A macro may have any delimiters; what stands outside of macros is to be a name.
                if spec.is_constant() && has_odd_octet(value, matches!(term, Term::Directive(_))) {
                    found.push((at, Problem::OddName));
                }
            }
        }
        self.add_all(found);
    }

    fn networks(&mut self) {
        let tested: Vec<(usize, &Directive)> = self.tested().collect();
        let mut all = Vec::new();
        // From behind: how far those reach that say the same.
        let mut until = tested.len();
        for (order, &(at, directive)) in tested.iter().enumerate().rev() {
            if tested
                .get(order + 1)
                .is_some_and(|(_, next)| next.qualifier != directive.qualifier)
            {
                until = order + 1;
            }
            let (address, prefix) = match directive.mechanism {
                Mechanism::Ip4(address, prefix) => (IpAddr::V4(address), prefix),
                Mechanism::Ip6(address, prefix) => (IpAddr::V6(address), prefix),
                _ => continue,
            };
            let everyone = prefix == 0 && directive.qualifier == Qualifier::Pass;
            all.push(Network {
                address,
                prefix,
                qualifier: directive.qualifier,
                order,
                until,
                // It is an error of its own, and goes anyway.
                goes: everyone && self.standing.passes,
                at,
            });
        }
        all.reverse();
        let mut found = Vec::new();
        for network in &all {
            found.extend(
                network
                    .problems()
                    .into_iter()
                    .map(|problem| (network.at, problem)),
            );
        }
        for (inner, outer, why) in networks::needless(&all) {
            let by = crate::error::printable(&self.octets[self.pieces[outer.at].place.clone()]);
            let same = inner.prefix == outer.prefix;
            let problem = match why {
                Why::SaidAlready => Problem::Covered { by, same },
                Why::DecidedBefore => Problem::Unreached { by, same },
            };
            found.push((inner.at, problem));
        }
        self.add_all(found);
    }

    /// Terms that ask for the same, however they write it; ranges are told with the ranges, and records by how often they
    /// are evaluated.
    fn repeated(&mut self) {
        let mut seen = HashMap::new();
        let mut found = Vec::new();
        for (at, term) in self.terms() {
            let Term::Directive(directive) = term else {
                continue;
            };
            let (kind, cidr) = match directive.mechanism {
                Mechanism::A(_, cidr) => ("a", Some((cidr.ip4, cidr.ip6))),
                Mechanism::Mx(_, cidr) => ("mx", Some((cidr.ip4, cidr.ip6))),
                Mechanism::Ptr(_) => ("ptr", None),
                Mechanism::Exists(_) => ("exists", None),
                Mechanism::Include(_) | Mechanism::All | Mechanism::Ip4(..) | Mechanism::Ip6(..) => continue,
            };
            let target = match domain_spec(term) {
                None => self.domain.as_str().to_owned(),
                Some(spec) => match target(spec, self.domain, self.root) {
                    Some(Ok(name)) => name.as_str().to_owned(),
                    _ => without_case(&spec.to_string()),
                },
            };
            match seen.entry((kind, target, cidr)) {
                Entry::Vacant(place) => {
                    place.insert(at);
                }
                Entry::Occupied(first) => found.push((at, *first.get())),
            }
        }
        for (at, first) in found {
            let of = crate::error::printable(&self.octets[self.pieces[first].place.clone()]);
            self.add(at, Problem::Duplicate { of });
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
        self.add_all(found);
    }

    /// How the record ends: only where it decides for the domain.
    fn end(&mut self) {
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
                self.kept.add(Problem::NoAll.of(self.domain));
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

/// Whether a record may pass at all, by itself or by another: RFC 7208 section 5.1, what stands behind `all` does nothing.
pub(super) fn may_pass(pieces: &[Piece]) -> bool {
    for piece in pieces {
        match &piece.term {
            Err(_) => return true,
            Ok(Term::Directive(directive)) if directive.qualifier == Qualifier::Pass => return true,
            Ok(Term::Directive(directive)) if directive.mechanism == Mechanism::All => return false,
            Ok(_) => {}
        }
    }
    pieces
        .iter()
        .any(|piece| matches!(piece.term, Ok(Term::Redirect(_))))
}

/// Where a term leads; none if that depends on the message.
pub(super) fn target(spec: &DomainSpec, domain: &Name, root: &Name) -> Option<Result<Name, TargetError>> {
    // %{d} and %{o} are known: the domain of the record, and the one that is looked at.
    spec.depends_on_domains_only().then(|| {
        spec.expand(&Values {
            local_part: b"postmaster",
            sender_domain: root,
            domain,
            client: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            validated: "unknown",
            helo: b"",
            receiver: "",
            now: UnixTime(0),
        })
    })
}

/// A domain-spec with lower-case letters where case does not matter: RFC 7208 section 7.3, the letter of a macro says by its
/// case whether the value is escaped.
fn without_case(spec: &str) -> String {
    let mut text = String::with_capacity(spec.len());
    let mut before = [' ', ' '];
    for c in spec.chars() {
        let letter = before == ['%', '{'];
        text.push(if letter { c } else { c.to_ascii_lowercase() });
        // "%%{" is no macro.
        before = if before[1] == '%' && c == '%' {
            [' ', ' ']
        } else {
            [before[1], c]
        };
    }
    text
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
