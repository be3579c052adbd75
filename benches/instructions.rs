//! Fixed work whose instructions `scripts/instruction-counts` counts under valgrind: `instructions WORKLOAD`.
//!
//! Without an argument it prints the names of the workloads. Only what runs inside [`counted_work`] is counted.

#![allow(clippy::unwrap_used, missing_docs)]

mod senders;
mod signed;

use futures_util::FutureExt as _;
use mailrep::Limits;
use mailrep::clock::{Clock, UnixTime};
use mailrep::dns::cache::{CacheOptions, CachedResolver};
use mailrep::dns::zone::Zone;
use mailrep::dns::{Name, Resolver, Session};
use mailrep::message::{HeaderFields, Splitter};
use mailrep::spf::{self, Environment, Records, RecordsOptions, Request, SpfResult};
use mailrep::trace::Tracer;
use mailrep::{dkim, dmarc};
use senders::requests;
use std::process::ExitCode;
use std::sync::Arc;

const CHECKS: usize = 200;
const PARSES: usize = 1_000;

/// Workloads whose name ends in `_crypto` are counted, but not compared: how many instructions cryptography takes depends on
/// the processor.
const WORKLOADS: [(&str, fn()); 12] = [
    ("spf_over_zone", spf_over_zone),
    ("spf_cache_warm", spf_cache_warm),
    ("spf_records_cached", spf_records_cached),
    ("spf_record_parse", spf_record_parse),
    ("dmarc_over_zone", dmarc_over_zone),
    ("dmarc_records_cached", dmarc_records_cached),
    ("dmarc_record_parse", dmarc_record_parse),
    ("name_parse", name_parse),
    ("dkim_relaxed_body_50_kb", dkim_relaxed_body),
    ("dkim_signature_parse", dkim_signature_parse),
    ("dkim_hostile_header_parse", dkim_hostile_header_parse),
    ("dkim_verify_50_kb_crypto", dkim_verify),
];

fn main() -> ExitCode {
    let Some(chosen) = std::env::args().nth(1) else {
        WORKLOADS.iter().for_each(|(name, _)| println!("{name}"));
        return ExitCode::SUCCESS;
    };
    match WORKLOADS.iter().find(|(name, _)| *name == chosen) {
        Some((_, run)) => {
            run();
            ExitCode::SUCCESS
        }
        None => {
            eprintln!("instructions: no workload {chosen}");
            ExitCode::from(2)
        }
    }
}

/// valgrind counts from its beginning to its end, and finds it by its name.
#[inline(never)]
fn counted_work(work: &mut dyn FnMut()) {
    work();
}

/// 200 checks with three includes each, of different senders.
fn spf_over_zone() {
    let zone = Arc::new(Zone::parse(senders::zone(CHECKS).as_bytes(), "senders").unwrap());
    let requests = requests(0..CHECKS);
    counted_work(&mut || requests.iter().for_each(|request| check(&zone, request)));
}

/// 200 checks of one sender whose answers are in the cache.
fn spf_cache_warm() {
    let zone = Zone::parse(senders::zone(1).as_bytes(), "senders").unwrap();
    let cached = Arc::new(CachedResolver::new(
        zone,
        Clock::system(),
        CacheOptions::default(),
    ));
    let requests = requests(0..1);
    check(&cached, &requests[0]);
    counted_work(&mut || (0..CHECKS).for_each(|_| check(&cached, &requests[0])));
}

/// 200 checks of one sender whose parsed records are kept.
fn spf_records_cached() {
    let zone = Arc::new(Zone::parse(senders::zone(1).as_bytes(), "senders").unwrap());
    let requests = requests(0..1);
    let limits = Limits::default();
    let records = Records::new(Clock::system(), RecordsOptions::default());
    let environment = Environment::from(&limits).with_records(&records);
    check_in(environment, &zone, &requests[0]);
    counted_work(&mut || (0..CHECKS).for_each(|_| check_in(environment, &zone, &requests[0])));
}

fn check<R: Resolver>(resolver: &Arc<R>, request: &Request) {
    check_in((&Limits::default()).into(), resolver, request);
}

fn check_in<R: Resolver>(environment: Environment<'_>, resolver: &Arc<R>, request: &Request) {
    let session = Session::new(Arc::clone(resolver), Clock::system(), &Limits::default());
    let verdict = spf::verify(&session, request, environment, &Tracer::off())
        .now_or_never()
        .unwrap();
    assert_eq!(verdict.evaluation.result, SpfResult::Pass);
}

fn spf_record_parse() {
    let record = b"v=spf1 a mx:mail.example.org/24 ip4:192.0.2.0/24 ip6:2001:db8::/32 exists:%{ir}.%{l1r-}._spf.%{d2} \
                   include:_spf.example.net ~all exp=explain.%{d}";
    counted_work(&mut || {
        for _ in 0..PARSES {
            assert_eq!(spf::Record::parse(record).unwrap().terms().len(), 8);
        }
    });
}

/// 200 times: discovery for a subdomain without a record of its own, and a verdict with SPF and DKIM aligned.
fn dmarc_over_zone() {
    let judge = judging(policy_zone(), dmarc::Environment::default());
    counted_work(&mut || (0..CHECKS).for_each(|_| judge()));
}

/// The same with all that is published being known.
fn dmarc_records_cached() {
    let records = dmarc::Records::new(Clock::system(), dmarc::RecordsOptions::default());
    let cached = CachedResolver::new(policy_zone(), Clock::system(), CacheOptions::default());
    let judge = judging(cached, dmarc::Environment::default().with_records(&records));
    // A zone does not say how long it holds that there is no record; its cache does, from the second time on.
    (0..2).for_each(|_| judge());
    counted_work(&mut || (0..CHECKS).for_each(|_| judge()));
}

fn policy_zone() -> Zone {
    let text = b"_dmarc.example.org. TXT \"v=DMARC1; p=reject; sp=quarantine; adkim=r\"\n\
                 news.example.org. A 192.0.2.1\n_dmarc.org. A 192.0.2.2\n";
    Zone::parse(text, "policy").unwrap()
}

fn judging<R: Resolver>(resolver: R, environment: dmarc::Environment<'_>) -> impl Fn() {
    let name = |text: &str| Name::parse(text.as_bytes()).unwrap();
    let author = dmarc::Author::from_domain(name("news.example.org"));
    let candidates = [name("bounces.example.org"), name("example.org")];
    let [spf, signature] = candidates.clone().map(|domain| dmarc::Identifier {
        domain,
        outcome: dmarc::Outcome::Pass,
    });
    let limits = Limits::default();
    let resolver = Arc::new(resolver);
    move || {
        let session = Session::new(Arc::clone(&resolver), Clock::system(), &limits);
        let trace = Tracer::off();
        let discovery = dmarc::discover_with(&session, &author, &candidates, environment, &trace)
            .now_or_never()
            .unwrap();
        let verdict = dmarc::evaluate(&discovery, Some(&spf), std::slice::from_ref(&signature));
        assert_eq!(verdict.result, dmarc::DmarcResult::Pass);
    }
}

fn dmarc_record_parse() {
    let record = b"v=DMARC1; p=reject; sp=quarantine; np=reject; adkim=s; aspf=r; t=n; \
                   rua=mailto:reports@example.org,mailto:dmarc@example.net; ruf=mailto:failures@example.org; fo=1:d";
    counted_work(&mut || {
        for _ in 0..PARSES {
            assert!(dmarc::Record::parse(record).is_ok());
        }
    });
}

fn name_parse() {
    counted_work(&mut || {
        for _ in 0..PARSES {
            let name = Name::parse(b"Selector-2024._domainkey.News.Example.ORG.").unwrap();
            assert_eq!(name.label_count(), 5);
        }
    });
}

/// A body of indented lines, 20 times, under the relaxed canonicalization; of which `l=0` leaves nothing to the digest.
fn dkim_relaxed_body() {
    let lines = (0..1_000).map(|line| {
        let end = if line % 9 == 0 { " \t" } else { "" };
        format!(
            "{:indent$}<td>a line of some fifty octets</td>{end}\r\n",
            "",
            indent = line * 7 % 24
        )
    });
    let body = lines.collect::<String>();
    let policy = dkim::Policy {
        accept_body_length: true,
        ..dkim::Policy::default()
    };
    let header = signature("l=0; h=from");
    let prepared = dkim::prepare(&header, None, UnixTime(0), &Limits::default(), &policy);
    let mut hashers: Vec<_> = (0..20).map(|_| prepared.body_hasher()).collect();
    assert_eq!(hashers[0].digests(), 1);
    counted_work(&mut || {
        hashers
            .iter_mut()
            .for_each(|hasher| hasher.update(body.as_bytes()))
    });
}

/// A header with a signature that may pass and has these tags.
fn signature(tags: &str) -> HeaderFields {
    let mut header = HeaderFields::default();
    let hash = "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=";
    let field = format!(
        "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org;\r\n s=s2024; t=1; i=news@mail.example.org; \
         {tags};\r\n bh={hash};\r\n b={}\r\n",
        [hash.trim_end_matches('='); 8].join("\r\n ")
    );
    assert!(header.push(field.as_bytes()));
    header
}

fn dkim_signature_parse() {
    let header = signature(
        "h=from:to:reply-to:subject:date:message-id:\r\n mime-version:content-type:list-unsubscribe",
    );
    counted_work(&mut || (0..PARSES).for_each(|_| assert_eq!(may_pass(&header), 1)));
}

/// 1,000 signatures, and one with 60,000 names: ten may pass.
fn dkim_hostile_header_parse() {
    let mut header = signature(&format!("h={}from", "x:".repeat(60_000)));
    let other = signature("h=from");
    for _ in 0..1_000 {
        other.iter().for_each(|field| assert!(header.push(field.raw())));
    }
    counted_work(&mut || assert_eq!(may_pass(&header), 10));
}

fn may_pass(header: &HeaderFields) -> usize {
    let (limits, policy) = (Limits::default(), dkim::Policy::default());
    dkim::prepare(header, None, UnixTime(2), &limits, &policy)
        .domains()
        .count()
}

/// Five messages of 50 KB with one Ed25519 signature.
fn dkim_verify() {
    let message = signed::Message::new(50_000);
    let zone = Arc::new(Zone::parse(message.zone.as_bytes(), "keys").unwrap());
    counted_work(&mut || (0..5).for_each(|_| verify(&zone, &message)));
}

fn verify(zone: &Arc<Zone>, message: &signed::Message) {
    let limits = Limits::default();
    let session = Session::new(Arc::clone(zone), Clock::system(), &limits);
    let mut splitter = Splitter::new(&limits);
    let mut rest = Vec::new();
    message.stream(|octets| {
        let begun = splitter.push(octets).map_or(octets.len(), |begun| begun.offset);
        rest.extend_from_slice(&octets[begun..]);
    });
    let (header, _) = splitter.into_parts();
    let prepared = dkim::prepare(
        &header,
        None,
        UnixTime(1_700_000_000),
        &limits,
        &dkim::Policy::default(),
    );
    let mut body = prepared.body_hasher();
    let checked = prepared
        .check_keys(Arc::new(header), &session, &Tracer::off())
        .now_or_never()
        .unwrap();
    body.update(&rest);
    let verdicts = checked.conclude(&body.finish());
    assert_eq!(verdicts[0].result, dkim::DkimResult::Pass);
}
