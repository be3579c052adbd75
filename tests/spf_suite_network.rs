//! The OpenSPF project's suite for RFC 7208 again, through the network: the same results and explanations, the answers coming
//! from a nameserver on loopback.
#![cfg(feature = "hickory")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// What is shared with other tests has more than this one needs.
#![allow(dead_code)]

mod spf_suite;
mod spf_table;
mod support;

use futures_util::future::join_all;
use mailrep::Limits;
use mailrep::clock::Clock;
use mailrep::dns::Session;
use mailrep::dns::hickory::{HickoryOptions, HickoryResolver};
use mailrep::spf::verify;
use mailrep::trace::Tracer;
use spf_suite::Scenario;
use std::sync::Arc;
use std::time::Duration;
use support::asker::run;
use support::dns_server::DnsServer;

/// All cases of a scenario at once, since some wait for answers that never come.
fn faults(scenario: &Scenario) -> Vec<String> {
    let server = DnsServer::start(Arc::clone(&scenario.table));
    for (name, entry) in &scenario.table.entries {
        if let Some(target) = &entry.cname {
            server.alias(name.as_str(), target.as_str(), 300);
        }
    }
    let options = HickoryOptions {
        nameservers: vec![server.address()],
        // Long for a loopback, and no answer is awaited for more than a second.
        try_time: Duration::from_millis(500),
        tries: 2,
        ..HickoryOptions::default()
    };
    let limits = Limits::default();
    run(async {
        let clock = Clock::system();
        let resolver = Arc::new(HickoryResolver::new(options, clock.clone()).unwrap());
        let checks = scenario.cases.iter().map(|case| {
            let session = Session::new(Arc::clone(&resolver), clock.clone(), &limits);
            let limits = &limits;
            async move {
                let verdict = verify(&session, &case.request, limits, &Tracer::off()).await;
                case.faults(&verdict.evaluation)
            }
        });
        let found: Vec<String> = join_all(checks).await.concat();
        assert!(!server.seen().is_empty(), "nothing was asked through the network");
        found
    })
}

#[test]
fn rfc7208_openspf_suite_through_the_network() {
    let Some(scenarios) = spf_suite::scenarios() else {
        return;
    };
    let faults: Vec<String> = scenarios.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let cases: usize = scenarios.iter().map(|scenario| scenario.cases.len()).sum();
    assert_eq!(cases, spf_suite::CASES);
    println!("{cases} cases of the OpenSPF suite for RFC 7208 through the network");
}
