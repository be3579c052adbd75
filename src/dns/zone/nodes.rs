//! The tree of names of a zone, as a table: what stands at each name, and what is above it.

use crate::dns::{Failure, Name, RecordSet, RecordType};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::Arc;

/// Most memory that a zone takes, as estimated below: 512 MiB. A file can ask for many times its size, by long
/// names that share nothing but an `$ORIGIN`.
const MOST_MEMORY: usize = 512 << 20;
/// What a name takes besides its text, and a record besides its data: a generous estimate.
const NAME_OVERHEAD: usize = 192;
const RECORD_OVERHEAD: usize = 96;

/// The zone needs more memory than it may.
#[derive(Debug)]
pub(super) struct OutOfMemory;

/// Where an alias leads; none if that name cannot be asked for.
#[derive(Debug, Clone)]
pub(super) struct Alias {
    pub(super) target: Option<Name>,
    pub(super) ttl: u32,
}

/// The failures of a name.
#[derive(Debug, Clone, Default)]
pub(super) struct Failures {
    /// By type of question, see [`rank`].
    pub(super) of: [Option<Failure>; 5],
    /// For the types that are not among those.
    pub(super) all: Option<Failure>,
}

/// What stands at one name.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    parent: Option<u32>,
    /// The child `*`.
    wildcard: Option<u32>,
    pub(super) sets: Vec<(RecordSet, u32)>,
    /// CNAME.
    pub(super) alias: Option<Box<Alias>>,
    /// DNAME.
    pub(super) alias_below: Option<Box<Alias>>,
    pub(super) failures: Option<Box<Failures>>,
    /// How long an SOA here lets negative answers be kept.
    pub(super) negative_ttl: Option<u32>,
    /// Whether there is a record, of any type, that must not stand beside an alias.
    pub(super) has_data: bool,
}

impl Node {
    pub(super) fn failure(&self, kind: RecordType) -> Option<&Failure> {
        let failures = self.failures.as_ref()?;
        failures.of[rank(kind)].as_ref().or(failures.all.as_ref())
    }

    pub(super) fn set(&self, kind: RecordType) -> Option<(&RecordSet, u32)> {
        let mut sets = self.sets.iter();
        sets.find(|(records, _)| records.kind() == kind)
            .map(|(records, ttl)| (records, *ttl))
    }
}

/// The place of a type in [`Failures::of`].
pub(super) fn rank(kind: RecordType) -> usize {
    match kind {
        RecordType::Txt => 0,
        RecordType::A => 1,
        RecordType::Aaaa => 2,
        RecordType::Mx => 3,
        RecordType::Ptr => 4,
    }
}

/// What a name leads to.
pub(super) enum Found<'n> {
    /// The name itself, or the wildcard that stands for it.
    Node(&'n Node),
    /// A DNAME above the name, and how many octets of the name stand before its owner and the dot.
    Below(&'n Alias, usize),
    /// Nothing; the node is the closest encloser.
    Nothing(&'n Node),
}

/// All names that exist, those without records too (RFC 8020 section 2, RFC 4592 section 2.2.2).
#[derive(Clone)]
pub(super) struct Nodes {
    names: HashMap<Box<str>, u32>,
    /// The first is the root, which always exists.
    nodes: Vec<Node>,
    /// An estimate, in octets.
    memory: usize,
    most_memory: usize,
}

impl Nodes {
    pub(super) fn new() -> Self {
        Nodes::with_most_memory(MOST_MEMORY)
    }

    pub(super) fn with_most_memory(most_memory: usize) -> Self {
        Nodes {
            most_memory,
            names: HashMap::from([("".into(), 0)]),
            nodes: vec![Node::default()],
            memory: 0,
        }
    }

    /// How many names exist, the root among them.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Counts `octets` of a record's data.
    pub(super) fn spend(&mut self, octets: usize) -> Result<(), OutOfMemory> {
        self.memory = self.memory.saturating_add(octets).saturating_add(RECORD_OVERHEAD);
        if self.memory > self.most_memory {
            Err(OutOfMemory)
        } else {
            Ok(())
        }
    }

    /// The node of a name; it and all above it exist from now on.
    pub(super) fn insert(&mut self, name: &Name) -> Result<u32, OutOfMemory> {
        let text = name.as_str();
        let mut missing = Vec::new();
        let mut rest = text;
        let mut at = loop {
            if let Some(&at) = self.names.get(rest) {
                break at;
            }
            missing.push(rest);
            rest = parent(rest);
        };
        for name in missing.into_iter().rev() {
            self.memory = self.memory.saturating_add(name.len() + NAME_OVERHEAD);
            // The estimate of memory keeps the count of nodes far below 2^32.
            let Ok(new) = u32::try_from(self.nodes.len()) else {
                return Err(OutOfMemory);
            };
            if self.memory > self.most_memory {
                return Err(OutOfMemory);
            }
            self.names.insert(name.into(), new);
            self.nodes.push(Node {
                parent: Some(at),
                ..Node::default()
            });
            if name == "*" || name.starts_with("*.") {
                self.nodes[at as usize].wildcard = Some(new);
            }
            at = new;
        }
        Ok(at)
    }

    /// A node by the number that [`Nodes::insert`] gave.
    pub(super) fn node_mut(&mut self, at: u32) -> &mut Node {
        &mut self.nodes[at as usize]
    }

    /// Looks a name up.
    pub(super) fn find(&self, name: &str) -> Found<'_> {
        if let Some(node) = self.get(name) {
            return Found::Node(node);
        }
        // RFC 4592 section 3.3.1: the closest encloser is the longest ancestor that exists; the root ends this.
        let mut rest = name;
        let encloser = loop {
            rest = parent(rest);
            match self.get(rest) {
                Some(node) => break node,
                None if rest.is_empty() => return Found::Nothing(&self.nodes[0]),
                None => {}
            }
        };
        // RFC 6672 section 3.2: a DNAME above the name goes before a wildcard.
        if let Some(alias) = &encloser.alias_below {
            let before = name.len() - rest.len() - usize::from(!rest.is_empty());
            return Found::Below(alias, before);
        }
        // RFC 4592 section 3.3.1: the source of synthesis is the child `*` of the closest encloser, no other.
        match encloser.wildcard {
            Some(at) => Found::Node(&self.nodes[at as usize]),
            None => Found::Nothing(encloser),
        }
    }

    fn get(&self, name: &str) -> Option<&Node> {
        self.names.get(name).map(|&at| &self.nodes[at as usize])
    }

    /// How long it may be kept that there is nothing: as the nearest SOA at or above the node says.
    pub(super) fn negative_ttl(&self, node: &Node) -> Option<u32> {
        let mut node = node;
        loop {
            if node.negative_ttl.is_some() {
                return node.negative_ttl;
            }
            node = &self.nodes[node.parent? as usize];
        }
    }

    /// Adds records, each with the number of its node and its TTL, behind those that are there.
    pub(super) fn add<T: Clone + Eq + Hash>(
        &mut self,
        mut records: Vec<(u32, u32, T)>,
        wrap: fn(Arc<[T]>) -> RecordSet,
        of: fn(&RecordSet) -> Option<&[T]>,
    ) {
        // Stable, so that the records of a name keep their order.
        records.sort_by_key(|&(at, ..)| at);
        for group in records.chunk_by(|(one, ..), (other, ..)| one == other) {
            let Some(&(at, ..)) = group.first() else { continue };
            let sets = &mut self.nodes[at as usize].sets;
            let old = sets.iter().position(|(set, _)| of(set).is_some());
            let (old, old_ttl) = match old.map(|place| sets.swap_remove(place)) {
                Some((set, ttl)) => (Some(set), ttl),
                None => (None, u32::MAX),
            };
            // RFC 2181 section 5.2: the TTLs of a set should be one; where they are not, the smallest.
            let ttl = group.iter().fold(old_ttl, |ttl, &(_, next, _)| ttl.min(next));
            let before = old.as_ref().and_then(of).unwrap_or_default().iter();
            let mut seen = HashSet::new();
            // RFC 2181 section 5: a record that is there already is suppressed, as every server does.
            let joined: Arc<[T]> = before
                .chain(group.iter().map(|(.., record)| record))
                .filter(|record| seen.insert(*record))
                .cloned()
                .collect();
            sets.push((wrap(joined), ttl));
        }
    }
}

/// The name above; the root above a single label.
fn parent(name: &str) -> &str {
    match memchr::memchr(b'.', name.as_bytes()) {
        // A dot is one octet of ASCII, so what follows it is text.
        Some(dot) => &name[dot + 1..],
        None => "",
    }
}
