//! The events of a connection in any order: those out of turn are refused, decisions are in order and printable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mailrep::dns::zone::Zone;
use mailrep::driver::Source;
use mailrep::filter::{Action, Client, Decision, Filter, Glue, Policy, Session};
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, LazyLock};

static FILTER: LazyLock<Arc<Filter>> = LazyLock::new(|| {
    let text = "authserv_id = \"mx.example.net\"\n[limits]\nrecipients = 3\nheader_fields = 20\nheader_octets = 4096\n\
                [dmarc]\nhonour_policy = true\n[spf]\non_fail = \"hold\"\n[submission]\nauth_results = true\nunsigned = \"reject\"\n\
                [outbound]\non_alarm = \"defer\"\n[strip]\nfields = [\"X-Spam\"]\nof_submissions = [\"Received\"]\n";
    let policy = Policy::parse(text, "policy", Path::new("")).expect("a policy");
    let zone = Zone::parse(
        b"_dmarc.a.example. TXT \"v=DMARC1; p=reject\"\na.example. TXT \"v=spf1 -all\"\n",
        "zone",
    );
    let source = Source::Zone(zone.expect("a zone"));
    Arc::new(Filter::with_source(policy, source).expect("a filter"))
});

fn look_at(decision: &Decision) {
    let places: Vec<usize> = decision
        .actions
        .iter()
        .filter_map(|action| match action {
            Action::DeleteHeader { place, .. } => Some(*place),
            _ => None,
        })
        .collect();
    assert!(places.is_sorted_by(|one, two| one > two));
    let kinds: Vec<&str> = decision.actions.iter().map(Action::kind).collect();
    assert!(kinds[..places.len()].iter().all(|kind| *kind == "delete_header"));
    for action in &decision.actions {
        if let Action::Reject(answer) | Action::Defer(answer) = action {
            assert_eq!(kinds.len(), 1);
            assert!((1..=8).contains(&answer.lines().len()));
            for line in answer.lines() {
                assert!(line.len() <= 400);
                assert!(
                    line.bytes()
                        .all(|octet| (b' '..=b'~').contains(&octet) && octet != b'%')
                );
            }
        }
    }
    assert!(
        decision
            .summary()
            .bytes()
            .all(|octet| (b' '..=b'~').contains(&octet))
    );
    assert!(decision.json()["treatment"].is_string());
}

fuzz_target!(|data: &[u8]| {
    let (Some(&glue), rest) = (data.first(), data.get(1..).unwrap_or_default()) else {
        return;
    };
    let glue = Glue {
        leading_space: glue & 1 == 0,
        bare_lf: glue & 2 != 0,
    };
    let mut session = Session::new(&FILTER, glue);
    session.set_time(Some(1_772_355_660.0));
    // Each event is an octet and what follows it up to the next 0.
    for event in rest.split(|&octet| octet == 0) {
        let Some((&kind, octets)) = event.split_first() else {
            continue;
        };
        // Those out of turn are errors, and change nothing.
        let _ = match kind % 12 {
            0 => session.connect(Client::from(IpAddr::from([192, 0, 2, octets.len() as u8]))),
            1 => session.connect(Client::default().submitted_here(octets)),
            2 => session.helo(octets),
            3 => session.mail_from(octets, None).map(drop),
            4 => session.mail_from(b"x@a.example", Some(octets)).map(drop),
            5 => session.rcpt(octets).map(drop),
            6 => session.data().map(drop),
            7 => {
                let (name, value) = octets.split_at(
                    octets
                        .iter()
                        .position(|&octet| octet == b':')
                        .unwrap_or(octets.len()),
                );
                session.header(name, value.strip_prefix(b":").unwrap_or(value))
            }
            8 => session.end_of_headers(),
            9 => session.body(octets),
            10 => session.login(octets),
            _ => session.end(octets).map(|decision| look_at(&decision)),
        };
    }
});
