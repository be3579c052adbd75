//! Verifying the signatures of a message (RFC 6376 section 6).

use super::body::{BodyHash, BodyHasher, BodyHashes, BodyPlan};
use super::cause::{Cause, DkimResult};
use super::crypto::Hash;
use super::header_hash::header_hash;
use super::hint::{HeaderHint, Hint};
use super::hypotheses::{self, Tries};
use super::key::{KeyProblem, KeyRecord};
use super::keys::{Keys, Published};
use super::select::HeaderIndex;
use super::signature::{self, Description, Policy, Signature};
use crate::clock::UnixTime;
use crate::dns::{Answer, Name, Resolver, Session};
use crate::limits::Limits;
use crate::message::HeaderFields;
use crate::trace::{StepKind, Tracer};
use std::collections::HashMap;
use std::sync::Arc;

/// The name of the field.
pub(super) const FIELD: &str = "DKIM-Signature";

/// What came of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SignatureVerdict {
    /// The result; it follows from the cause.
    pub result: DkimResult,
    /// Why.
    pub cause: Cause,
    /// The signing domain (`d=`): in ASCII and lower case if it is a domain name, else as it stands, made printable.
    pub domain: Option<String>,
    /// The selector (`s=`), likewise.
    pub selector: Option<String>,
    /// The identity (`i=`), decoded; by default `@` and the signing domain.
    pub identity: Option<String>,
    /// The algorithm (`a=`) as it stands, made printable.
    pub algorithm: Option<String>,
    /// Bits of the key, if one was found: of the modulus for RSA, 256 for Ed25519.
    pub key_bits: Option<u32>,
    /// Whether the domain is only testing DKIM (`t=y` in the key).
    pub testing: bool,
    /// The beginning of `b=`, for `header.b` (RFC 6008): 8 characters or as many as tell this message's signatures apart.
    pub signature_start: Option<String>,
    /// The place of the field among all header fields, from 0.
    pub header_index: usize,
    /// Whether the signature over the header fields is genuine; none if that was not found out.
    pub header_verified: Option<bool>,
    /// Whether the body is as signed, known even where the key could not be used; none if that was not found out.
    pub body_verified: Option<bool>,
    /// What became of the message after signing, where it is not as it was signed.
    pub hint: Option<Box<Hint>>,
    /// The signing domain, if it is a domain name.
    pub(crate) name: Option<Name>,
}

impl SignatureVerdict {
    /// The cause in a sentence.
    pub fn reason(&self) -> String {
        let test = if self.testing && self.result != DkimResult::Pass {
            " (the domain is only testing DKIM: t=y)"
        } else {
            ""
        };
        format!("{}{test}", self.cause)
    }

    /// The signing domain, if it is a domain name.
    pub fn domain_name(&self) -> Option<&Name> {
        self.name.as_ref()
    }
}

#[derive(Debug, Clone)]
struct Entry {
    index: usize,
    description: Description,
    state: State,
}

#[derive(Debug, Clone)]
enum State {
    /// It may pass.
    Ready(Box<Signature>),
    /// It cannot pass.
    Decided(Cause),
}

/// The signatures of a header, read.
#[derive(Debug, Clone)]
pub struct Prepared {
    /// In the order of the message.
    entries: Vec<Entry>,
    /// Places in `entries` of those that may pass, the most relevant first.
    ready: Vec<usize>,
    policy: Policy,
    keys: Option<Arc<Keys>>,
}

/// Reads the signatures of a header. It asks nobody.
///
/// Signatures that cannot pass (syntax, expired, ...) are decided here and ask nothing later. Of the others
/// [`Limits::signatures`] are kept: those of `author_domain` first, then of its parents and subdomains, of its siblings,
/// of others; the topmost first among equals.
pub fn prepare(
    header: &HeaderFields,
    author_domain: Option<&Name>,
    now: UnixTime,
    limits: &Limits,
    policy: &Policy,
) -> Prepared {
    let mut entries = Vec::new();
    let mut ready = Vec::new();
    for (index, field) in header.named(FIELD) {
        let (description, outcome) = signature::read(field, now, policy);
        let state = match outcome {
            Ok(signature) => {
                ready.push((kinship(author_domain, &signature.domain), entries.len()));
                State::Ready(signature)
            }
            Err(cause) => State::Decided(cause),
        };
        entries.push(Entry {
            index,
            description,
            state,
        });
    }
    ready.sort_by_key(|&(kinship, at)| (std::cmp::Reverse(kinship), at));
    let mut ready: Vec<usize> = ready.into_iter().map(|(_, at)| at).collect();
    let limit = limits.signatures;
    for at in ready.drain(limit.min(ready.len())..) {
        entries[at].state = State::Decided(Cause::OverLimit { limit });
    }
    shorten_starts(&mut entries);
    Prepared {
        entries,
        ready,
        policy: policy.clone(),
        keys: None,
    }
}

/// How near a signing domain is to the author domain, without asking where organizations begin.
fn kinship(author: Option<&Name>, domain: &Name) -> u8 {
    match author {
        Some(author) if author == domain => 3,
        Some(author) if author.is_within(domain) || domain.is_within(author) => 2,
        Some(author) if author.suffix(2) == domain.suffix(2) => 1,
        _ => 0,
    }
}

/// RFC 6008 section 3: at least the first eight characters of `b=`, and as many as make them differ.
fn shorten_starts(entries: &mut [Entry]) {
    if let [Entry { description, .. }] = entries {
        // There is nothing to tell it from.
        if let Some(start) = &mut description.signature_start {
            start.truncate(8);
        }
        return;
    }
    let start = |entry: &Entry, length| -> Option<String> {
        let text = entry.description.signature_start.as_ref()?;
        Some(text.chars().take(length).collect())
    };
    let mut shortened: Vec<Option<String>> = vec![None; entries.len()];
    for length in [8, 12, 16, 24, 32, 64] {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for entry in entries.iter() {
            if let Some(start) = start(entry, length) {
                *counts.entry(start).or_default() += 1;
            }
        }
        for (entry, shortened) in entries.iter().zip(&mut shortened) {
            if shortened.is_none() {
                *shortened =
                    start(entry, length).filter(|start| length == 64 || counts.get(start) == Some(&1));
            }
        }
        if shortened.iter().all(Option::is_some) {
            break;
        }
    }
    for (entry, shortened) in entries.iter_mut().zip(shortened) {
        entry.description.signature_start = shortened;
    }
}

impl Prepared {
    /// How many signatures there are, whatever their form.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is no signature.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// A hasher for the body that computes what the signatures need, each distinct canonicalization and length once.
    pub fn body_hasher(&self) -> BodyHasher {
        BodyHasher::new(self.signatures().map(|(_, signature)| plan(signature)))
    }

    /// The signing domains of the signatures that still can pass, the most relevant first; one may come twice.
    pub fn domains(&self) -> impl Iterator<Item = &Name> {
        self.signatures().map(|(_, signature)| &signature.domain)
    }

    /// Decides that no signature is verified, because header fields beyond the bounds were not kept.
    #[must_use]
    pub fn header_incomplete(mut self) -> Prepared {
        for at in self.ready.drain(..) {
            self.entries[at].state = State::Decided(Cause::HeaderIncomplete);
        }
        self
    }

    /// Uses the keys that are kept there, and keeps there what is read.
    #[must_use]
    pub fn with_keys(mut self, keys: &Arc<Keys>) -> Prepared {
        self.keys = Some(Arc::clone(keys));
        self
    }

    fn signatures(&self) -> impl Iterator<Item = (usize, &Signature)> {
        self.ready.iter().filter_map(|&at| match &self.entries[at].state {
            State::Ready(signature) => Some((at, &**signature)),
            State::Decided(_) => None,
        })
    }

    /// Fetches the keys, all side by side and each once, and verifies each signature over the header as its key
    /// arrives. `header` is the one that was prepared. The body need not have arrived.
    pub async fn check_keys<R: Resolver>(
        self,
        header: Arc<HeaderFields>,
        session: &Session<R>,
        trace: &Tracer,
    ) -> Checked {
        let mut findings: Vec<Option<Finding>> = vec![None; self.entries.len()];
        let mut steps: Vec<Tracer> = vec![Tracer::off(); self.entries.len()];
        let mut groups: Vec<(&Name, Vec<usize>)> = Vec::new();
        for (at, signature) in self.signatures() {
            steps[at] = trace.step(StepKind::Signature, || {
                format!("{}, {}", signature.key_name, signature.algorithm.as_str())
            });
            match groups.iter_mut().find(|(name, _)| **name == signature.key_name) {
                Some((_, members)) => members.push(at),
                None => groups.push((&signature.key_name, vec![at])),
            }
        }
        if !groups.is_empty() {
            let (index, tries) = (HeaderIndex::new(&header), Tries::default());
            let mut questions = Vec::with_capacity(groups.len());
            for (name, members) in &groups {
                questions.push(self.check_group(name, members, &steps, (&header, &index, &tries), session));
            }
            for (at, finding) in futures_util::future::join_all(questions)
                .await
                .into_iter()
                .flatten()
            {
                findings[at] = Some(finding);
            }
        }
        Checked {
            header,
            entries: self.entries,
            findings,
            steps,
        }
    }

    async fn check_group<R: Resolver>(
        &self,
        name: &Name,
        members: &[usize],
        steps: &[Tracer],
        (header, index, tries): (&HeaderFields, &HeaderIndex<'_>, &Tries),
        session: &Session<R>,
    ) -> Vec<(usize, Finding)> {
        // The question stands in the trace below the first signature that needs it.
        let keys = match members.first() {
            Some(&first) => self.published(name, session, &steps[first]).await,
            None => return Vec::new(),
        };
        let mut findings = Vec::with_capacity(members.len());
        for &at in members {
            if let Entry {
                index: own,
                state: State::Ready(signature),
                ..
            } = &self.entries[at]
            {
                let finding = match &keys {
                    Err(cause) => Finding::refused(cause.clone(), None),
                    Ok(keys) => {
                        let hash = || hash_signed(signature, *own, header, index);
                        let (mut finding, key) = self.judge(signature, keys.records(), hash);
                        if let (Ok(false), Some(key)) = (&finding.header, key) {
                            let step = &steps[at];
                            finding.changed = explain(signature, *own, header, key, tries, step);
                        }
                        finding
                    }
                };
                findings.push((at, finding));
            }
        }
        findings
    }

    /// RFC 6376 section 6.1.2, steps 1 to 3.
    async fn published<R: Resolver>(
        &self,
        name: &Name,
        session: &Session<R>,
        trace: &Tracer,
    ) -> Result<Published, Cause> {
        if let Some(known) = self.keys.as_ref().and_then(|keys| keys.get(name)) {
            let note = trace.step(StepKind::Note, || format!("{name} TXT"));
            note.outcome(|| "not asked: the key is known from an earlier check".into());
            return Ok(known);
        }
        match session.txt(name, trace).await {
            Answer::Records { records, ttl } => {
                let published = Published::read(&records);
                if let Some(keys) = &self.keys {
                    keys.keep(name, &published, ttl);
                }
                Ok(published)
            }
            Answer::NoData { .. } | Answer::NoSuchName { .. } => Err(Cause::NoKey { name: name.clone() }),
            Answer::Failure(failure) => Err(Cause::KeyUnavailable {
                name: name.clone(),
                failure,
            }),
            Answer::MalformedName(error) => Err(Cause::KeyName(error)),
        }
    }

    /// RFC 6376 section 6.1.2, steps 4 to 9, for each record until one verifies. With it the key that was tried, if any.
    fn judge<'k>(
        &self,
        signature: &Signature,
        keys: &'k [Result<KeyRecord, KeyProblem>],
        hash: impl Fn() -> Hash,
    ) -> (Finding, Option<&'k KeyRecord>) {
        let name = &signature.key_name;
        let unusable = |problem: KeyProblem| Cause::KeyUnusable {
            name: name.clone(),
            problem,
        };
        let mut hashed = None;
        let mut best: Option<(Finding, Option<&KeyRecord>)> = None;
        for key in keys {
            let finding = match key {
                Err(problem) => Finding::refused(unusable(problem.clone()), None),
                Ok(key) => match self.refusal(signature, key) {
                    Some(cause) => Finding::refused(cause, Some(key)),
                    None => {
                        let hash = hashed.get_or_insert_with(&hash);
                        Finding {
                            header: Ok(key.key().verifies(hash, &signature.signature)),
                            key_bits: Some(key.bits()),
                            testing: key.is_testing(),
                            changed: None,
                        }
                    }
                },
            };
            let key = key.as_ref().ok();
            if finding.header == Ok(true) {
                return (finding, key);
            }
            if best
                .as_ref()
                .is_none_or(|(best, _)| finding.weight() > best.weight())
            {
                best = Some((finding, key));
            }
        }
        best.unwrap_or_else(|| (Finding::refused(Cause::NoKey { name: name.clone() }, None), None))
    }

    /// Why a key that is sound may not be used for a signature.
    fn refusal(&self, signature: &Signature, key: &KeyRecord) -> Option<Cause> {
        let name = || signature.key_name.clone();
        let problem = |problem| {
            Some(Cause::KeyUnusable {
                name: name(),
                problem,
            })
        };
        let needed = signature.algorithm.key_type();
        if key.key_type() != needed {
            return problem(KeyProblem::TypeMismatch {
                key: key.key_type().as_str(),
                signature: needed.as_str(),
            });
        }
        // RFC 6376 section 3.6.1: with t=s the domain of i= MUST NOT be a subdomain of d=.
        if key.is_strict() && signature.identity_below {
            return problem(KeyProblem::Subdomain);
        }
        if needed == super::KeyType::Rsa {
            // RFC 8301 section 3.2: signatures with RSA keys under 1024 bits MUST NOT be considered valid.
            let minimum = self.policy.minimum_rsa_bits.max(1024);
            let maximum = self.policy.maximum_rsa_bits.min(8192);
            let bits = key.bits();
            if bits < minimum {
                return Some(Cause::KeyTooShort {
                    name: name(),
                    bits,
                    minimum,
                });
            }
            if bits > maximum {
                return Some(Cause::KeyTooLong {
                    name: name(),
                    bits,
                    maximum,
                });
            }
        }
        None
    }
}

/// RFC 6376 section 3.7: the value of `b=`, blanks around it included, is taken out of the signature's own field.
fn hash_signed(signature: &Signature, own: usize, header: &HeaderFields, index: &HeaderIndex<'_>) -> Hash {
    let (begin, end) = signature.b_span;
    let raw = header.get(own).map_or(&b""[..], |field| field.raw());
    let before = raw.get(..begin).unwrap_or_default();
    let after = raw.get(end..).unwrap_or_default();
    let places = index.select(&signature.names, own).into_iter();
    header_hash(signature.header, header, places, &[before, after].concat())
}

/// How the header was when the signature was made, if one of the changes that are made on the way explains it.
fn explain(
    signature: &Signature,
    own: usize,
    header: &HeaderFields,
    key: &KeyRecord,
    tries: &Tries,
    step: &Tracer,
) -> Option<HeaderHint> {
    let mut tried = 0;
    let changed = hypotheses::find(signature, own, header, tries, |former, own| {
        tried += 1;
        let hash = hash_signed(signature, own, former, &HeaderIndex::new(former));
        key.key().verifies(&hash, &signature.signature)
    });
    let note = step.step(StepKind::Note, || {
        "is the signature genuine over the header as it may have been?".into()
    });
    note.outcome(|| match &changed {
        Some(_) => format!("yes, as it was before a change on the way; it is number {tried} that was tried"),
        None => format!("not over any of {tried} that were tried"),
    });
    changed
}

fn plan(signature: &Signature) -> BodyPlan {
    BodyPlan {
        canonicalization: signature.body,
        length: signature.body_length,
    }
}

/// What came of a signature's key.
#[derive(Debug, Clone)]
struct Finding {
    /// Whether the signature over the header is genuine, or why that was not tried.
    header: Result<bool, Cause>,
    key_bits: Option<u32>,
    testing: bool,
    /// How the header came to differ from what was signed, where that was found out.
    changed: Option<HeaderHint>,
}

impl Finding {
    fn refused(cause: Cause, key: Option<&KeyRecord>) -> Finding {
        Finding {
            header: Err(cause),
            key_bits: key.map(KeyRecord::bits),
            testing: key.is_some_and(KeyRecord::is_testing),
            changed: None,
        }
    }

    /// Of several findings the one that says most is reported.
    fn weight(&self) -> u8 {
        match &self.header {
            Ok(true) => 4,
            Ok(false) => 3,
            Err(Cause::KeyUnusable {
                problem: KeyProblem::Version | KeyProblem::Syntax(_) | KeyProblem::NoKeyData,
                ..
            }) => 1,
            Err(_) => 2,
        }
    }
}

/// The signatures of a message, their headers verified; only the body is missing.
#[derive(Debug, Clone)]
pub struct Checked {
    header: Arc<HeaderFields>,
    entries: Vec<Entry>,
    findings: Vec<Option<Finding>>,
    steps: Vec<Tracer>,
}

impl Checked {
    /// The signing domains of the signatures that pass if the body is as signed; one may come twice.
    pub fn domains(&self) -> impl Iterator<Item = &Name> {
        self.entries
            .iter()
            .zip(&self.findings)
            .filter_map(|(entry, finding)| {
                let genuine = finding.as_ref().is_some_and(|finding| finding.header == Ok(true));
                entry.description.name.as_ref().filter(|_| genuine)
            })
    }

    /// Gives the verdicts, in the order of the fields in the message. `body` comes from the hasher of the same
    /// [`Prepared`].
    pub fn conclude(self, body: &BodyHashes) -> Vec<SignatureVerdict> {
        let Checked {
            header,
            entries,
            findings,
            steps,
        } = self;
        let mut verdicts = Vec::with_capacity(entries.len());
        for ((entry, finding), step) in entries.into_iter().zip(findings).zip(steps) {
            let verdict = conclude(entry, finding, body, &header);
            if let Some(hint) = &verdict.hint {
                let note = step.step(StepKind::Note, || "what became of the message".into());
                note.outcome(|| hint.to_string());
            }
            step.outcome(|| format!("{}: {}", verdict.result, verdict.reason()));
            verdicts.push(verdict);
        }
        verdicts
    }
}

fn conclude(
    entry: Entry,
    mut finding: Option<Finding>,
    body: &BodyHashes,
    header: &HeaderFields,
) -> SignatureVerdict {
    let key_bits = finding.as_ref().and_then(|finding| finding.key_bits);
    let testing = finding.as_ref().is_some_and(|finding| finding.testing);
    let changed = finding.as_mut().and_then(|finding| finding.changed.take());
    let (mut header_verified, mut body_verified, mut hint) = (None, None, None);
    let cause = match entry.state {
        State::Decided(cause) => cause,
        State::Ready(signature) => {
            let found = body.get(plan(&signature));
            let short = found.and_then(|found| {
                let signed = signature.body_length.filter(|&length| length > found.octets)?;
                Some((signed, found.octets))
            });
            let intact = |found: &BodyHash| short.is_none() && found.hash.octets() == signature.body_hash;
            body_verified = found.map(intact);
            let cause = match (finding.map(|finding| finding.header), body_verified) {
                (Some(Err(cause)), _) => cause,
                (Some(Ok(genuine)), Some(intact)) => {
                    header_verified = Some(genuine);
                    match (genuine, intact, short) {
                        // RFC 6376 section 3.5: l= MUST NOT be larger than the canonical body.
                        (_, _, Some((signed, present))) => Cause::BodyTooShort {
                            signed,
                            present,
                            header_genuine: genuine,
                        },
                        (true, true, None) => Cause::Verified,
                        (true, false, None) => Cause::BodyChanged,
                        (false, true, None) => Cause::HeaderChanged,
                        (false, false, None) => Cause::BodyAndHeaderChanged,
                    }
                }
                _ => Cause::BodyNotHashed,
            };
            hint = Hint::of(&cause, changed, &signature, entry.index, header).map(Box::new);
            cause
        }
    };
    let Description {
        domain,
        name,
        selector,
        identity,
        algorithm,
        signature_start,
    } = entry.description;
    SignatureVerdict {
        result: cause.result(),
        cause,
        domain,
        selector,
        identity,
        algorithm,
        key_bits,
        testing,
        signature_start,
        header_index: entry.index,
        header_verified,
        body_verified,
        hint,
        name,
    }
}
