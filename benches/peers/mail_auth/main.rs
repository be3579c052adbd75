//! DKIM verification by mail-auth: `mail-auth-peer RECORD MESSAGE COUNT`.
//!
//! Verifies the message in the file MESSAGE so many times, whose key's text record is in the file RECORD and known beforehand,
//! and prints the nanoseconds of wall time, of CPU time, nothing, and how often it passed.

use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::DomainKey;
use mail_auth::{AuthenticatedMessage, DkimResult, MessageAuthenticator, Parameters, ResolverCache, Txt};
use rustix::time::{ClockId, clock_gettime};
use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The one key that is known.
struct Known(Arc<DomainKey>);

impl ResolverCache<Box<str>, Txt> for Known {
    fn get<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        Some(Txt::DomainKey(Arc::clone(&self.0)))
    }

    fn remove<Q>(&self, _: &Q) -> Option<Txt>
    where
        Box<str>: Borrow<Q>,
        Q: Hash + Eq + ?Sized,
    {
        None
    }

    fn insert(&self, _: Box<str>, _: Txt, _: Instant) {}
}

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap(), time.tv_nsec.try_into().unwrap())
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, record, message, count] = &arguments[..] else {
        eprintln!("usage: mail-auth-peer RECORD MESSAGE COUNT");
        std::process::exit(2);
    };
    let record = std::fs::read(record).unwrap();
    let message = std::fs::read(message).unwrap();
    let count: u64 = count.parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let known = Known(Arc::new(DomainKey::parse(&record).unwrap()));
        // It is never asked.
        let authenticator = MessageAuthenticator::new_cloudflare().unwrap();
        let verify = async || {
            let parsed = AuthenticatedMessage::parse(&message).unwrap();
            let parameters = Parameters::new(&parsed).with_txt_cache(&known);
            let outputs = authenticator.verify_dkim(parameters).await;
            u64::from(outputs.len() == 1 && *outputs[0].result() == DkimResult::Pass)
        };
        // Once beforehand, for what is set up at the first use.
        verify().await;
        let (begun, before) = (Instant::now(), cpu());
        let mut passed = 0;
        for _ in 0..count {
            passed += verify().await;
        }
        let (wall, cpu) = (begun.elapsed(), cpu() - before);
        println!("{} {} 0 {passed}", wall.as_nanos(), cpu.as_nanos());
    });
}
