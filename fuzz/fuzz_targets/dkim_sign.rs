//! What we sign, we verify; the signature does not depend on the chunks; and no line of the field is longer than 998 octets.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::clock::{Clock, UnixTime};
use mailrep::dkim::{
    Canonicalization, DkimResult, MessageSigning, Policy, Signer, SignerOptions, SigningKey, prepare,
};
use mailrep::dns::{Session, zone::Zone};
use mailrep::message::Splitter;
use mailrep::trace::Tracer;
use mailrep::{Limits, dkim};
use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll, Waker};

const NOW: UnixTime = UnixTime(1_795_347_080);

/// The seed of 32 octets of 7, in base64: an Ed25519 key.
static KEY: LazyLock<Arc<SigningKey>> = LazyLock::new(|| {
    let key = SigningKey::parse(b"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    Arc::new(key.expect("a seed"))
});

fn signer(options: SignerOptions) -> Arc<Signer> {
    Arc::new(Signer::new("example.org", "s1", Arc::clone(&KEY), options).expect("it makes sense"))
}

fn verify(message: &[u8], signer: &Signer) -> Vec<DkimResult> {
    let entry = dkim::zone_entry(signer.key_name(), &signer.key().record());
    let zone = Zone::parse(format!("{entry}\n").as_bytes(), "fuzz").expect("our own entry");
    let limits = Limits {
        header_octets: 2 << 20,
        ..Limits::default()
    };
    let mut splitter = Splitter::new(&limits);
    let body = match splitter.push(message) {
        Some(begun) => [&begun.before, &message[begun.offset..]].concat(),
        None => splitter.end_of_message(),
    };
    let (header, _) = splitter.into_parts();
    let prepared = prepare(&header, None, NOW, &limits, &Policy::default());
    let mut hasher = prepared.body_hasher();
    hasher.update(&body);
    let session = Session::new(Arc::new(zone), Clock::system(), &limits);
    let trace = Tracer::off();
    let mut checked = pin!(prepared.check_keys(Arc::new(header), &session, &trace));
    let Poll::Ready(checked) = checked.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("a zone answers at once");
    };
    let verdicts = checked.conclude(&hasher.finish());
    verdicts.iter().map(|verdict| verdict.result).collect()
}

fuzz_target!(|data: &[u8]| {
    let [how, size, message @ ..] = data else {
        return;
    };
    let canonicalization = |bit: u8| match how & bit {
        0 => Canonicalization::Relaxed,
        _ => Canonicalization::Simple,
    };
    let signer = signer(SignerOptions {
        header: canonicalization(1),
        body: canonicalization(2),
        ..SignerOptions::default()
    });
    let limits = Limits::default();
    let mut whole = MessageSigning::new(vec![Arc::clone(&signer)], &limits);
    let _ = whole.data(message);
    let fields = whole.finish(NOW);
    let mut pieces = MessageSigning::new(vec![Arc::clone(&signer)], &limits);
    for chunk in message.chunks(usize::from(*size).max(1)) {
        let _ = pieces.data(chunk);
    }
    assert_eq!(pieces.finish(NOW), fields);
    let Ok(fields) = fields else {
        return;
    };
    let mut signed = fields[0].to_string().into_bytes();
    assert!(
        signed
            .split(|&octet| octet == b'\n')
            .all(|line| line.len() <= 999)
    );
    signed.extend_from_slice(message);
    assert_eq!(verify(&signed, &signer)[0], DkimResult::Pass);
});
