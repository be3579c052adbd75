//! Hashing a body in one pass for all signatures.

use super::canonical::{Body, Canonicalization};
use super::crypto::{Hash, Sha256};

/// What a signature needs of the body. Equal ones are computed once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BodyPlan {
    pub(super) canonicalization: Canonicalization,
    /// Octets of the canonical body that are hashed (`l=`); all without it.
    pub(super) length: Option<u64>,
}

/// Hashes a body that comes in chunks of any size. Its memory does not grow with the body.
#[derive(Debug, Clone)]
pub struct BodyHasher {
    streams: Vec<Stream>,
}

#[derive(Debug, Clone)]
struct Stream {
    canonicalization: Canonicalization,
    body: Body,
    digests: Digests,
}

#[derive(Debug, Clone, Default)]
struct Digests {
    /// Octets of the canonical body so far.
    octets: u64,
    each: Vec<(Option<u64>, Sha256)>,
}

impl Digests {
    fn update(&mut self, octets: &[u8]) {
        for (length, digest) in &mut self.each {
            let left = length.map_or(u64::MAX, |length| length.saturating_sub(self.octets));
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(octets.len());
            if take > 0 {
                digest.update(&octets[..take]);
            }
        }
        self.octets += octets.len() as u64;
    }
}

impl BodyHasher {
    pub(super) fn new(plans: impl Iterator<Item = BodyPlan>) -> Self {
        let mut streams: Vec<Stream> = Vec::new();
        for plan in plans {
            let known = |stream: &Stream| stream.canonicalization == plan.canonicalization;
            let at = streams.iter().position(known).unwrap_or_else(|| {
                streams.push(Stream {
                    canonicalization: plan.canonicalization,
                    body: Body::new(plan.canonicalization),
                    digests: Digests::default(),
                });
                streams.len() - 1
            });
            let each = &mut streams[at].digests.each;
            if !each.iter().any(|(length, _)| *length == plan.length) {
                each.push((plan.length, Sha256::new()));
            }
        }
        BodyHasher { streams }
    }

    /// How many digests are computed: one for each distinct canonicalization and length; 0 if no signature can pass.
    pub fn digests(&self) -> usize {
        self.streams.iter().map(|stream| stream.digests.each.len()).sum()
    }

    /// Takes the next octets of the body.
    pub fn update(&mut self, octets: &[u8]) {
        for Stream { body, digests, .. } in &mut self.streams {
            body.update(octets, &mut |canonical| digests.update(canonical));
        }
    }

    /// The body has ended.
    pub fn finish(self) -> BodyHashes {
        let mut hashes = Vec::new();
        for mut stream in self.streams {
            let digests = &mut stream.digests;
            stream.body.finish(&mut |canonical| digests.update(canonical));
            let octets = stream.digests.octets;
            for (length, digest) in stream.digests.each {
                let plan = BodyPlan {
                    canonicalization: stream.canonicalization,
                    length,
                };
                hashes.push(BodyHash {
                    plan,
                    octets,
                    hash: digest.finish(),
                });
            }
        }
        BodyHashes { hashes }
    }
}

/// The hashes of one body.
#[derive(Debug, Clone)]
pub struct BodyHashes {
    hashes: Vec<BodyHash>,
}

#[derive(Debug, Clone)]
pub(super) struct BodyHash {
    plan: BodyPlan,
    /// Octets of the whole canonical body.
    pub(super) octets: u64,
    pub(super) hash: Hash,
}

impl BodyHashes {
    pub(super) fn get(&self, plan: BodyPlan) -> Option<&BodyHash> {
        self.hashes.iter().find(|hash| hash.plan == plan)
    }
}
