//! Signing and verifying here.

use futures_util::FutureExt as _;
use mailrep::Limits;
use mailrep::clock::{Clock, Moment, UnixTime};
use mailrep::dkim::{
    self, Algorithm, Canonicalization, DkimResult, MessageSigning, Policy, Signer, SignerOptions, SigningKey,
};
use mailrep::dns::{Answer, Question, RecordSet, RecordType, Resolver, Session, Txt};
use mailrep::message::{HeaderFields, Splitter};
use mailrep::trace::Tracer;
use std::future::{Future, ready};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub(crate) const NOW: UnixTime = UnixTime(1_700_000_000);
pub(crate) const DOMAIN: &str = "example.org";
pub(crate) const SELECTOR: &str = "s";

/// A key pair, as peers want it too.
pub(crate) struct Pair {
    pub(crate) algorithm: Algorithm,
    pub(crate) pem: Vec<u8>,
    pub(crate) record: String,
    key: Arc<SigningKey>,
}

impl Pair {
    /// One for each algorithm.
    pub(crate) fn all() -> [Pair; 2] {
        ["rsa2048.pem", "ed25519.pem"].map(|name| {
            let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/keys");
            Pair::of(std::fs::read(keys.join(name)).unwrap())
        })
    }

    fn of(pem: Vec<u8>) -> Pair {
        let key = SigningKey::parse(&pem).unwrap();
        Pair {
            algorithm: key.algorithm(),
            record: key.record(),
            key: Arc::new(key),
            pem,
        }
    }
}

/// The signature field of a message: of all its fields but those that are never signed.
pub(crate) fn sign(pair: &Pair, header: Canonicalization, body: Canonicalization, message: &[u8]) -> String {
    let mut options = SignerOptions {
        header,
        body,
        ..SignerOptions::default()
    };
    let names = split(message).0;
    let names = names.iter().filter(|field| !field.is_named("DKIM-Signature"));
    options
        .signed
        .extend(names.map(|field| String::from_utf8(field.name().to_vec()).unwrap()));
    sign_as(pair, DOMAIN, SELECTOR, options, message)
}

/// The signature field with an identity, and an end in a week.
pub(crate) fn sign_with_every_option(
    pair: &Pair,
    domain: &str,
    selector: &str,
    identity: &str,
    message: &[u8],
) -> String {
    let options = SignerOptions {
        identity: Some(identity.to_owned()),
        expires_after: Some(Duration::from_secs(7 * 86_400)),
        ..SignerOptions::default()
    };
    sign_as(pair, domain, selector, options, message)
}

/// The fields of both in one pass, of selectors of their own.
pub(crate) fn sign_by_both(pairs: &[Pair; 2], message: &[u8]) -> [String; 2] {
    let signers = pairs.iter().zip([SELECTOR, "s2"]).map(|(pair, selector)| {
        let key = Arc::clone(&pair.key);
        Arc::new(Signer::new(DOMAIN, selector, key, SignerOptions::default()).unwrap())
    });
    let mut signing = MessageSigning::new(signers.collect(), &Limits::default());
    signing.data(message).unwrap();
    let fields = signing.finish(NOW).unwrap();
    [fields[0].to_string(), fields[1].to_string()]
}

fn sign_as(pair: &Pair, domain: &str, selector: &str, options: SignerOptions, message: &[u8]) -> String {
    let signer = Signer::new(domain, selector, Arc::clone(&pair.key), options).unwrap();
    let mut signing = MessageSigning::new(vec![Arc::new(signer)], &Limits::default());
    signing.data(message).unwrap();
    signing.finish(NOW).unwrap()[0].to_string()
}

/// What comes of the topmost signature, and why.
pub(crate) fn verify(record: &str, message: &[u8]) -> (DkimResult, String) {
    let (header, body) = split(message);
    let limits = Limits::default();
    let prepared = dkim::prepare(&header, None, NOW, &limits, &Policy::default());
    let mut hasher = prepared.body_hasher();
    hasher.update(&body);
    let session = Session::new(Arc::new(Record(record.into())), Clock::system(), &limits);
    let checked = prepared
        .check_keys(Arc::new(header), &session, &Tracer::off())
        .now_or_never()
        .unwrap();
    let verdicts = checked.conclude(&hasher.finish());
    (verdicts[0].result, verdicts[0].reason())
}

fn split(message: &[u8]) -> (HeaderFields, Vec<u8>) {
    let mut splitter = Splitter::new(&Limits::default());
    let body = match splitter.push(message) {
        Some(begun) => [&begun.before, &message[begun.offset..]].concat(),
        None => splitter.end_of_message(),
    };
    (splitter.into_parts().0, body)
}

/// Stands for the DNS: one record, whatever the name.
struct Record(String);

impl Resolver for Record {
    fn lookup(&self, question: &Question, _: Moment) -> impl Future<Output = Answer> + Send {
        assert_eq!(question.kind, RecordType::Txt);
        ready(Answer::Records {
            records: RecordSet::Txt(vec![Txt::from(self.0.as_bytes())].into()),
            ttl: 300,
        })
    }
}
