//! The DNS tree walk (RFC 9989 section 4.10): which names it looks at, and what they come to.

use super::{OrganizationalDomains, PublicSuffix, Record, Records};
use crate::clock::Moment;
use crate::dns::{Failure, Name, NameError};
use std::sync::Arc;

/// Labels of the second name of a walk at most, so that no walk asks more than eight names (section 4.10).
const MOST_LABELS: usize = 7;

/// What a name of a walk holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// One DMARC policy record.
    Record(Arc<Record>),
    /// None that counts.
    Nothing(Absence),
    /// It is not known, now.
    Failure(Failure),
}

/// Why a name holds no DMARC policy record that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// `_dmarc` does not exist there.
    NoSuchName,
    /// `_dmarc` exists, without text records.
    NoData,
    /// There are text records, none of them a DMARC policy record.
    NoDmarcRecord,
    /// There are so many DMARC policy records; all are discarded.
    Several(usize),
    /// The name with `_dmarc` before it cannot be asked.
    Malformed(NameError),
}

/// A name of a walk and what it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step<'a> {
    /// The domain, without the `_dmarc` that was asked for.
    pub at: &'a Name,
    /// What is there.
    pub found: &'a Found,
}

/// One DNS tree walk, judged: from the name it began at up to where it stopped.
#[derive(Debug, Clone, Copy)]
pub struct Walk<'a> {
    names: &'a Names,
    start: usize,
    judged: Judged,
}

impl<'a> Walk<'a> {
    /// The names of a walk from `start`, from the longest to the shortest, at most eight.
    ///
    /// ```
    /// use mailrep::dmarc::Walk;
    /// use mailrep::dns::Name;
    /// let start = Name::parse(b"a.b.c.d.e.f.g.h.example.com")?;
    /// let targets = Walk::targets(&start);
    /// assert_eq!(targets.len(), 8);
    /// assert_eq!(targets[1].as_str(), "d.e.f.g.h.example.com");
    /// # Ok::<(), mailrep::dns::NameError>(())
    /// ```
    pub fn targets(start: &Name) -> Vec<Name> {
        std::iter::successors(Some(start.clone()), |at| Some(at.ending(target_above(at)?))).collect()
    }

    /// Where it began.
    pub fn start(&self) -> &'a Name {
        self.names.at(self.start)
    }

    /// The names that count, from the longest. All are asked at once; those above the stop are left out.
    pub fn steps(&self) -> impl Iterator<Item = Step<'a>> + use<'a> {
        let (names, last) = (self.names, self.judged.last);
        let above = move |&at: &usize| names.0[at].above.filter(|_| Some(at) != last);
        std::iter::successors(last.map(|_| self.start), above).map_while(|at| {
            Some(Step {
                at: names.at(at),
                found: names.found(at)?,
            })
        })
    }

    /// The organizational domain of the start, as far as is known (below the first failure).
    pub fn organizational(&self) -> &'a Name {
        self.names.at(self.judged.organizational)
    }

    /// The first name that could not be looked at, if it may change the organizational domain.
    pub fn failure(&self) -> Option<(&'a Name, &'a Failure)> {
        self.unseen().filter(|_| !self.judged.listed)
    }

    /// The first name that could not be looked at, if it may change the policy.
    pub(super) fn unseen(&self) -> Option<(&'a Name, &'a Failure)> {
        // A walk stops there.
        let last = self.judged.last?;
        match self.names.found(last) {
            Some(Found::Failure(failure)) => Some((self.names.at(last), failure)),
            _ => None,
        }
    }

    /// Whether the organizational domain does not depend on what was found.
    pub(super) fn is_listed(&self) -> bool {
        self.judged.listed
    }

    /// The record where the walk began.
    pub(super) fn own_record(&self) -> Option<&'a Arc<Record>> {
        self.names.record(self.start)
    }

    /// The record of the organizational domain, if the walk has found one there.
    pub(super) fn organizational_record(&self) -> Option<&'a Arc<Record>> {
        let place = Some(self.judged.organizational).filter(|_| self.judged.is_target);
        self.names.record(place?)
    }
}

/// What a walk came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Judged {
    /// The last name that counts; none if records do not matter.
    last: Option<usize>,
    /// The place of the organizational domain.
    organizational: usize,
    /// Whether the walk may have come by there: with many labels it leaves some out.
    is_target: bool,
    listed: bool,
}

/// Whether a walk begins at a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    None,
    /// One whose names are looked at now.
    Open,
    Judged(Judged),
}

/// The names of all walks of a message, each once: a walk goes up from one to the next.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Names(Vec<Node>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Node {
    at: Name,
    /// Nothing while it has not been looked at.
    found: Option<Found>,
    /// The next name of walks that come by here; none if they stop here.
    above: Option<usize>,
    start: Start,
}

/// What was known before the message came.
pub(super) type Known<'a> = Option<(&'a Records, Moment)>;

impl Names {
    pub(super) fn with_capacity(names: usize) -> Names {
        Names(Vec::with_capacity(names))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn at(&self, place: usize) -> &Name {
        &self.0[place].at
    }

    pub(super) fn found(&self, place: usize) -> Option<&Found> {
        self.0[place].found.as_ref()
    }

    pub(super) fn learn(&mut self, place: usize, found: Found) {
        self.0[place].found = Some(found);
    }

    fn record(&self, place: usize) -> Option<&Arc<Record>> {
        match self.found(place) {
            Some(Found::Record(record)) => Some(record),
            _ => None,
        }
    }

    /// A name whose record does not matter.
    fn add(&mut self, name: Name) -> usize {
        self.place(name.as_str()).unwrap_or_else(|| self.push(name, None))
    }

    /// Begins a walk of which nothing has to be looked at, for the organizational domain is on the list.
    pub(super) fn begin_listed(&mut self, start: &Name, organizational: Name) {
        let place = self.add(start.clone());
        self.0[place].start = Start::Judged(Judged {
            last: None,
            organizational: self.add(organizational),
            is_target: false,
            listed: true,
        });
    }

    /// Begins a walk, with its names as far as it may lead by what is known.
    pub(super) fn begin(&mut self, start: &Name, how: OrganizationalDomains, known: Known<'_>) {
        let begun = self.place(start.as_str()).unwrap_or_else(|| {
            match known.and_then(|(records, now)| records.get(start.as_str(), now)) {
                Some((name, found)) => self.push(name, Some(found)),
                None => self.push(start.clone(), None),
            }
        });
        let mut at = begun;
        // What has a name above it was here before.
        while self.0[at].above.is_none() && !self.stops(at, how) {
            let name = &self.0[at].at;
            let listed = how.listed(name);
            let text = match &listed {
                // RFC 7489 section 6.6.3: the author domain, then its organizational domain.
                Some(organizational) if organizational == name => break,
                Some(organizational) => organizational.as_str(),
                None => match target_above(name) {
                    Some(text) => text,
                    None => break,
                },
            };
            let (place, is_new) = match self.place(text) {
                Some(place) => (place, false),
                None => match known.and_then(|(records, now)| records.get(text, now)) {
                    Some((name, found)) => (self.push(name, Some(found)), true),
                    None => {
                        let name = name.ending(text);
                        (self.push(name, None), true)
                    }
                },
            };
            self.0[at].above = Some(place);
            if !is_new {
                break;
            }
            at = place;
        }
        self.0[begun].start = Start::Open;
    }

    /// Whether a walk begins here.
    pub(super) fn is_begun(&self, name: &Name) -> bool {
        let start = self.place(name.as_str()).map(|place| self.0[place].start);
        start.is_some_and(|start| start != Start::None)
    }

    fn place(&self, name: &str) -> Option<usize> {
        self.0.iter().position(|node| node.at.as_str() == name)
    }

    fn push(&mut self, at: Name, found: Option<Found>) -> usize {
        self.0.push(Node {
            at,
            found,
            above: None,
            start: Start::None,
        });
        self.0.len() - 1
    }

    /// Whether walks end here, whatever lies above.
    fn stops(&self, place: usize, how: OrganizationalDomains) -> bool {
        match &self.0[place].found {
            // Section 4.10 steps 2 and 6. By the list, nothing but a missing record leads further.
            Some(Found::Record(record)) => {
                how != OrganizationalDomains::TreeWalk || record.psd != PublicSuffix::Unknown
            }
            // What lies above cannot be judged: the walk might have stopped here.
            Some(Found::Failure(_)) => true,
            Some(Found::Nothing(_)) | None => false,
        }
    }

    /// The names of walks under way that have to be looked at, from the longest of each.
    pub(super) fn unknown(&self, how: OrganizationalDomains) -> impl Iterator<Item = usize> {
        let open = (0..self.0.len()).filter(|&place| self.0[place].start == Start::Open);
        open.flat_map(move |start| {
            let next = move |&at: &usize| self.0[at].above.filter(|_| !self.stops(at, how));
            std::iter::successors(Some(start), next).filter(|&at| self.0[at].found.is_none())
        })
    }

    /// Whether something is unknown.
    pub(super) fn are_incomplete(&self) -> bool {
        self.0.iter().any(|node| node.found.is_none())
    }

    /// Judges the walks under way, with all that was found.
    pub(super) fn judge(&mut self, how: OrganizationalDomains) {
        for start in 0..self.0.len() {
            if self.0[start].start == Start::Open {
                self.0[start].start = Start::Judged(self.judge_one(start, how));
            }
        }
    }

    fn judge_one(&mut self, start: usize, how: OrganizationalDomains) -> Judged {
        let listed = how.listed(self.at(start));
        let is_listed = listed.is_some();
        // Section 4.10.2: without any record, the initial target.
        let mut organizational = listed.map_or(start, |listed| self.add(listed));
        let mut is_target = true;
        let mut last = None;
        let mut next = Some(start);
        while let Some(at) = next {
            match &self.0[at].found {
                // Section 4.10.2: psd=n is the organizational domain; psd=y stands one label above it, unless the
                // walk began there (which has no label more); else it is the record with the fewest labels.
                Some(Found::Record(record)) if !is_listed => {
                    organizational = at;
                    if let (PublicSuffix::Yes, Some(before)) = (record.psd, last) {
                        let labels = self.at(at).label_count() + 1;
                        is_target = self.at(before).label_count() == labels;
                        organizational = match is_target {
                            true => before,
                            false => {
                                let below = self.at(start).suffix(labels);
                                self.add(below)
                            }
                        };
                    }
                }
                Some(_) => {}
                None => break,
            }
            last = Some(at);
            next = self.0[at].above.filter(|_| !self.stops(at, how));
        }
        Judged {
            last,
            organizational,
            is_target,
            listed: is_listed,
        }
    }

    /// The walk that begins here, once it is judged.
    pub(super) fn walk(&self, start: &Name) -> Option<Walk<'_>> {
        let start = self.0.iter().position(|node| node.at == *start)?;
        let Start::Judged(judged) = self.0[start].start else {
            return None;
        };
        Some(Walk {
            names: self,
            start,
            judged,
        })
    }
}

/// Section 4.10 step 4: one label less, but never more than seven. None above a single label.
fn target_above(name: &Name) -> Option<&str> {
    let text = name.as_str();
    let dot = text.bytes().position(|octet| octet == b'.')?;
    let above = &text[dot + 1..];
    let dots = above.bytes().filter(|&octet| octet == b'.').count();
    match dots < MOST_LABELS {
        true => Some(above),
        false => Some(name.suffix_str(MOST_LABELS)),
    }
}
