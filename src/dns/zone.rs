//! Answers from master files (RFC 1035 section 5), without a network.
//!
//! # The file
//! As RFC 1035 section 5.1 says, with `$ORIGIN`, `$TTL` (RFC 2308 section 4), parentheses, comments, texts in
//! quotes, `\DDD`, and data in generic form (RFC 3597 section 5). Names without `$ORIGIN` are absolute; the class
//! is IN; a missing TTL is `$TTL`, or the last one stated, or 3600 seconds; times may be written as `1h30m`.
//! A text of more than 255 octets must be split into several in quotes, which are joined. A text in quotes ends on
//! its line. `$INCLUDE` is an error. Besides, a line
//!
//! ```text
//! $FAIL NAME [TYPE] SERVFAIL|REFUSED|TIMEOUT
//! ```
//!
//! makes questions for NAME fail, those for one type or all of them; the time-out comes at once. A failure of a type
//! goes before one of all types, and a later line before an earlier one.
//!
//! # The answers
//! All files are one view of the DNS: what they do not hold does not exist, there are no referrals below NS, and
//! DNSSEC is not looked at. CNAME and DNAME are followed, wildcards stand for names as RFC 4592 says. Records of types
//! that [`RecordType`] lacks only make their name exist; so do records that lead to a name no
//! [`Name`] can be. An empty file is a zone without names.

mod entry;
mod labels;
mod nodes;
mod rdata;
mod scan;
#[cfg(test)]
mod tests;
mod types;

use self::entry::{Statement, Statements};
use self::labels::Labels;
use self::nodes::{Alias, Failures, Found, Nodes, OutOfMemory, rank};
use self::rdata::Data;
use self::scan::{Fault, Place};
use super::{Answer, Failure, MOST_ALIASES, Mx, Name, Question, RecordSet, RecordType, Resolver, Txt};
use crate::clock::Moment;
use crate::error::{Error, plain};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::sync::Arc;

/// Most octets of a file: 64 MiB.
const MOST_OCTETS: u64 = 64 << 20;

/// A view of the DNS that was read from master files. Cloning is cheap.
///
/// ```
/// use mailrep::dns::zone::Zone;
/// use mailrep::dns::{Answer, Name, Question, RecordType};
///
/// let zone = Zone::parse(
///     b"$ORIGIN example.org.\n@ TXT \"v=spf1 mx \" \"-all\"\n$FAIL mail A SERVFAIL\n",
///     "example.zone",
/// )?;
/// let ask = |name: &[u8], kind| Ok::<_, mailrep::dns::NameError>(Question::new(Name::parse(name)?, kind));
/// let answer = zone.answer(&ask(b"example.org", RecordType::Txt)?);
/// assert_eq!(answer.to_string(), "\"v=spf1 mx -all\"");
/// let answer = zone.answer(&ask(b"mail.example.org", RecordType::A)?);
/// assert!(matches!(answer, Answer::Failure(_)));
/// let answer = zone.answer(&ask(b"example.net", RecordType::A)?);
/// assert!(matches!(answer, Answer::NoSuchName { .. }));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Zone {
    nodes: Arc<Nodes>,
}

/// Records of one file, before they become sets: number of the node, TTL, data.
#[derive(Default)]
struct Records {
    txt: Vec<(u32, u32, Txt)>,
    a: Vec<(u32, u32, Ipv4Addr)>,
    aaaa: Vec<(u32, u32, Ipv6Addr)>,
    mx: Vec<(u32, u32, Mx)>,
    ptr: Vec<(u32, u32, Name)>,
}

impl Zone {
    /// A zone in which no name exists but the root.
    pub fn new() -> Self {
        Zone {
            nodes: Arc::new(Nodes::new()),
        }
    }

    /// Reads one master file that is in memory already; `file_name` is for messages.
    ///
    /// # Errors
    /// [`Error::Zone`], with line and column, when the file cannot be understood, has a CNAME beside other data
    /// (RFC 1034 section 3.6.2), or needs more than 512 MiB of memory.
    pub fn parse(text: &[u8], file_name: &str) -> Result<Zone, Error> {
        Zone::new().and_parse(text, file_name)
    }

    /// Reads one master file of at most 64 MiB.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read or is larger, and as for [`Zone::parse`].
    pub fn read(path: &Path) -> Result<Zone, Error> {
        Zone::new().and_read(path)
    }

    /// Adds what another master file holds, as if it were appended to this zone; its `$ORIGIN`, `$TTL` and owner
    /// begin anew. Records of a name that is there already come behind the old ones.
    ///
    /// # Errors
    /// As for [`Zone::parse`].
    pub fn and_parse(mut self, text: &[u8], file_name: &str) -> Result<Zone, Error> {
        match Arc::make_mut(&mut self.nodes).load(text) {
            Ok(()) => Ok(self),
            Err(Fault { place, message }) => Err(Error::Zone {
                file: file_name.to_owned(),
                line: place.line,
                column: place.column,
                message,
            }),
        }
    }

    /// Adds what another master file of at most 64 MiB holds, as [`Zone::and_parse`] does.
    ///
    /// # Errors
    /// As for [`Zone::read`].
    pub fn and_read(self, path: &Path) -> Result<Zone, Error> {
        let name = path.display().to_string();
        let failed = |why: String| Error::Io {
            path: name.clone(),
            why,
        };
        let file = File::open(path).map_err(|error| failed(plain(&error)))?;
        let mut text = Vec::new();
        // A pipe has no length to ask for, and a file may grow: so what is read is counted.
        file.take(MOST_OCTETS + 1)
            .read_to_end(&mut text)
            .map_err(|error| failed(plain(&error)))?;
        if text.len() as u64 > MOST_OCTETS {
            return Err(failed("a zone file must not be larger than 64 MiB".to_owned()));
        }
        self.and_parse(&text, &name)
    }

    /// How many names exist, the root and names without records among them.
    pub fn name_count(&self) -> usize {
        self.nodes.len()
    }

    /// Answers one question, at once.
    pub fn answer(&self, question: &Question) -> Answer {
        let mut ttl = u32::MAX;
        let mut name = question.name.clone();
        for _ in 0..=MOST_ALIASES {
            let alias = match self.nodes.find(name.as_str()) {
                Found::Node(node) => {
                    if let Some(failure) = node.failure(question.kind) {
                        return Answer::Failure(failure.clone());
                    }
                    if let Some(alias) = &node.alias {
                        ttl = ttl.min(alias.ttl);
                        alias.target.clone()
                    } else if let Some((records, own)) = node.set(question.kind) {
                        return Answer::Records {
                            records: records.clone(),
                            ttl: ttl.min(own),
                        };
                    } else {
                        return Answer::NoData {
                            ttl: self.nodes.negative_ttl(node).map(|own| own.min(ttl)),
                        };
                    }
                }
                Found::Below(alias, before) => {
                    ttl = ttl.min(alias.ttl);
                    let prefix = name.as_str().get(..before).unwrap_or_default();
                    match alias.target.as_ref().map(|target| target.prefixed(prefix)) {
                        None => None,
                        Some(Ok(target)) => Some(target),
                        // RFC 6672 section 2.2: a name that becomes too long is answered with YXDOMAIN.
                        Some(Err(_)) => return Answer::Failure(Failure::ResponseCode("YXDOMAIN".to_owned())),
                    }
                }
                Found::Nothing(encloser) => {
                    // RFC 2308 section 2.1: what an alias leads to decides whether the name exists.
                    return Answer::NoSuchName {
                        ttl: self.nodes.negative_ttl(encloser).map(|own| own.min(ttl)),
                    };
                }
            };
            let Some(target) = alias else {
                let why = format!("an alias at {name} leads to a name that cannot be asked for");
                return Answer::Failure(Failure::BadAnswer(why));
            };
            name = target;
        }
        // RFC 1034 section 3.6.2: loops of aliases are signalled as an error.
        let why = format!("more than {MOST_ALIASES} aliases follow one another, or they run in a circle");
        Answer::Failure(Failure::BadAnswer(why))
    }
}

impl Nodes {
    fn load(&mut self, text: &[u8]) -> Result<(), Fault> {
        let mut statements = Statements::new(text);
        let mut records = Records::default();
        while let Some((statement, place)) = statements.next()? {
            match statement {
                Statement::Record {
                    owner,
                    ttl,
                    kind,
                    data,
                } => self.load_record(&owner, ttl, kind, data, place, &mut records)?,
                Statement::Fail { owner, kind, failure } => {
                    self.load_failure(&owner, kind, failure, place)?
                }
            }
        }
        self.add(records.txt, RecordSet::Txt, |set| match set {
            RecordSet::Txt(records) => Some(records),
            _ => None,
        });
        self.add(records.a, RecordSet::A, |set| match set {
            RecordSet::A(records) => Some(records),
            _ => None,
        });
        self.add(records.aaaa, RecordSet::Aaaa, |set| match set {
            RecordSet::Aaaa(records) => Some(records),
            _ => None,
        });
        self.add(records.mx, RecordSet::Mx, |set| match set {
            RecordSet::Mx(records) => Some(records),
            _ => None,
        });
        self.add(records.ptr, RecordSet::Ptr, |set| match set {
            RecordSet::Ptr(records) => Some(records),
            _ => None,
        });
        Ok(())
    }

    fn load_record(
        &mut self,
        owner: &Labels,
        ttl: u32,
        kind: u16,
        data: Data,
        place: Place,
        records: &mut Records,
    ) -> Result<(), Fault> {
        // An owner that cannot be asked for makes the names above it exist, and nothing else.
        let (name, whole) = owner.to_nearest_name();
        let at = self.insert(&name).map_err(|full| full.at(place))?;
        if !whole {
            return Ok(());
        }
        let octets = match &data {
            Data::Txt(text) => text.len(),
            Data::Mx(Some(Mx { exchange: name, .. })) | Data::Ptr(Some(name)) | Data::Alias(Some(name)) => {
                name.as_str().len()
            }
            _ => 0,
        };
        self.spend(octets).map_err(|full| full.at(place))?;
        let node = self.node_mut(at);
        // RFC 1034 section 3.6.2: a CNAME stands alone; RFC 2181 section 10.1: and there is one.
        if kind == types::CNAME {
            if node.alias.is_some() {
                return Err(place.fault(format_args!("{name} has a CNAME already")));
            }
            if node.has_data {
                return Err(place.fault(format_args!("{name} has other records, so it can have no CNAME")));
            }
        } else if !types::may_stand_beside_alias(kind) {
            if node.alias.is_some() {
                return Err(place.fault(format_args!("{name} has a CNAME, so it can have no other record")));
            }
            node.has_data = true;
        }
        match data {
            Data::Txt(text) => records.txt.push((at, ttl, text)),
            Data::A(address) => records.a.push((at, ttl, address)),
            Data::Aaaa(address) => records.aaaa.push((at, ttl, address)),
            Data::Mx(mx) => records.mx.extend(mx.map(|mx| (at, ttl, mx))),
            Data::Ptr(name) => records.ptr.extend(name.map(|name| (at, ttl, name))),
            Data::Alias(target) if kind == types::CNAME => node.alias = Some(Box::new(Alias { target, ttl })),
            Data::Alias(target) => {
                // RFC 6672 section 2.4: there is one DNAME at a name.
                if node.alias_below.is_some() {
                    return Err(place.fault(format_args!("{name} has a DNAME already")));
                }
                node.alias_below = Some(Box::new(Alias { target, ttl }));
            }
            // RFC 2308 section 5: the smaller of the SOA's own TTL and its MINIMUM.
            Data::Soa(minimum) => node.negative_ttl = Some(minimum.min(ttl)),
            Data::Other => {}
        }
        Ok(())
    }

    fn load_failure(
        &mut self,
        owner: &Labels,
        kind: Option<RecordType>,
        failure: Failure,
        place: Place,
    ) -> Result<(), Fault> {
        let (name, whole) = owner.to_nearest_name();
        let at = self.insert(&name).map_err(|full| full.at(place))?;
        if whole {
            self.spend(size_of::<Failures>()).map_err(|full| full.at(place))?;
            let failures = self.node_mut(at).failures.get_or_insert_default();
            match kind {
                Some(kind) => failures.of[rank(kind)] = Some(failure),
                None => failures.all = Some(failure),
            }
        }
        Ok(())
    }
}

impl OutOfMemory {
    fn at(self, place: Place) -> Fault {
        place.fault("up to here the zone needs more than 512 MiB of memory, which is the most it may have")
    }
}

impl Default for Zone {
    fn default() -> Self {
        Zone::new()
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Zone({} names)", self.name_count())
    }
}

impl Resolver for Zone {
    async fn lookup(&self, question: &Question, _deadline: Moment) -> Answer {
        self.answer(question)
    }
}
