//! Whatever comes in whatever order.

use super::case::{Case, Way, cases, filter};
use mailrep::Error;
use mailrep::filter::policy::Policy;
use mailrep::filter::{Action, Client, Filter, Glue, Session};
use proptest::prelude::*;
use std::path::Path;
use std::sync::{Arc, LazyLock};

const POLICY: &str = r#"
authserv_id = "mx.example.net"
local_domains = ["example.net"]
[limits]
recipients = 3
header_fields = 20
header_octets = 4096
[dmarc]
honour_policy = true
[submission]
auth_results = true
[[sign]]
domains = ["example.org"]
keys = [{ selector = "e2026", file = "keys/ed25519.pem" }]
[srs]
domain = "srs.example.net"
secret_file = "filter.secret"
[outbound]
on_alarm = "hold"
[strip]
fields = ["X-Spam"]
of_submissions = ["Received"]
"#;

static FILTER: LazyLock<Arc<Filter>> = LazyLock::new(|| filter(POLICY, None));

#[derive(Debug, Clone)]
enum Event {
    Connect(u8),
    Helo(Vec<u8>),
    MailFrom(Vec<u8>, bool),
    Login,
    Rcpt(Vec<u8>),
    Data,
    Header(Vec<u8>, Vec<u8>),
    EndOfHeaders,
    Body(Vec<u8>),
    End,
    Abort,
}

/// What a session is in the middle of.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Stage {
    Start,
    Idle,
    Mail,
    Data,
    Body,
}

fn octets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..40),
        prop::sample::select(vec![
            "<ada@example.org>",
            "",
            "<>",
            "SRS0=AAAA=56=example.com=alice@srs.example.net",
            " mx.example.net; dmarc=pass",
            " ada@example.org",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ]
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..12),
        prop::sample::select(vec![
            "From",
            "Authentication-Results",
            "X-Spam ",
            "received",
            "DKIM-Signature",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ]
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        1 => any::<u8>().prop_map(Event::Connect),
        1 => octets().prop_map(Event::Helo),
        4 => (octets(), any::<bool>()).prop_map(|(sender, login)| Event::MailFrom(sender, login)),
        1 => Just(Event::Login),
        4 => octets().prop_map(Event::Rcpt),
        2 => Just(Event::Data),
        6 => (name(), octets()).prop_map(|(name, value)| Event::Header(name, value)),
        3 => Just(Event::EndOfHeaders),
        3 => octets().prop_map(Event::Body),
        4 => Just(Event::End),
        1 => Just(Event::Abort),
    ]
}

/// Whether the event is in turn, and what comes then.
fn next(stage: Stage, event: &Event) -> Option<Stage> {
    use Stage::*;
    let within = |from: Stage, to: Stage, then: Stage| (from <= stage && stage <= to).then_some(then);
    match event {
        Event::Connect(_) => within(Start, Start, Idle),
        Event::Helo(_) => within(Idle, Body, Idle),
        Event::MailFrom(..) => within(Idle, Idle, Mail),
        Event::Login => within(Mail, Data, stage),
        Event::Rcpt(_) => within(Mail, Mail, Mail),
        Event::Data => within(Mail, Mail, Data),
        Event::Header(..) => within(Mail, Data, Data),
        Event::EndOfHeaders => within(Mail, Data, Body),
        Event::Body(_) => within(Body, Body, Body),
        Event::End => within(Mail, Body, Idle),
        Event::Abort => Some(if stage > Idle { Idle } else { stage }),
    }
}

fn tell(session: &mut Session, event: &Event) -> Result<(), Error> {
    match event {
        Event::Connect(0) => session.connect(Client::default()),
        Event::Connect(1) => session.connect(Client::default().submitted_here(b"ada")),
        Event::Connect(2) => session.connect(Client::from(std::net::IpAddr::from([127, 0, 0, 1]))),
        Event::Connect(last) => session.connect(Client::from(std::net::IpAddr::from([192, 0, 2, *last]))),
        Event::Helo(name) => session.helo(name),
        Event::MailFrom(sender, login) => session
            .mail_from(sender, login.then_some(b"ada@example.org"))
            .map(drop),
        Event::Login => session.login(b"ada@example.org"),
        Event::Rcpt(address) => session.rcpt(address).map(drop),
        Event::Data => session.data().map(drop),
        Event::Header(name, value) => session.header(name, value),
        Event::EndOfHeaders => session.end_of_headers(),
        Event::Body(octets) => session.body(octets),
        Event::End => {
            let decision = session.end(b"id")?;
            // Deletions come first, the last field first, and a refusal comes alone.
            let places: Vec<usize> = decision
                .actions
                .iter()
                .filter_map(|action| match action {
                    Action::DeleteHeader { place, .. } => Some(*place),
                    _ => None,
                })
                .collect();
            assert!(
                places.is_sorted_by(|one, two| one > two),
                "{:?}",
                decision.actions
            );
            let kinds: Vec<&str> = decision.actions.iter().map(Action::kind).collect();
            assert!(kinds[..places.len()].iter().all(|kind| *kind == "delete_header"));
            if kinds.iter().any(|kind| ["reject", "defer"].contains(kind)) {
                assert_eq!(kinds.len(), 1);
            }
            let line = decision.summary();
            assert!(
                line.bytes().all(|octet| (b' '..=b'~').contains(&octet)),
                "{line:?}"
            );
            assert!(decision.json()["log"].is_string());
            Ok(())
        }
        Event::Abort => {
            session.abort();
            Ok(())
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn events_in_any_order_never_panic_and_those_out_of_turn_change_nothing(
        first in 0_u8..10,
        events in proptest::collection::vec(event(), 0..60),
        leading_space: bool,
        bare_lf: bool,
    ) {
        let mut session = Session::new(&FILTER, Glue { leading_space, bare_lf });
        session.set_time(Some(1_772_355_660.0));
        let mut stage = Stage::Start;
        let first = first.checked_sub(1).map(Event::Connect);
        for event in first.iter().chain(&events) {
            match (next(stage, event), tell(&mut session, event)) {
                (Some(then), Ok(())) => stage = then,
                (None, Err(Error::Sequence { .. })) => {}
                (turn, result) => prop_assert!(false, "{event:?} in {stage:?}: {turn:?}, {result:?}"),
            }
        }
    }

    #[test]
    fn a_message_in_any_chunks_has_the_same_decision(which in any::<prop::sample::Index>(), chunk in 1_usize..300) {
        static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
            cases().into_iter().filter(|case| case.messages.iter().all(|message| message.before == 0)).collect()
        });
        let case = &CASES[which.index(CASES.len())];
        prop_assert_eq!(case.run(Way { chunk, ..Way::default() }), case.run(Way::default()));
    }

    #[test]
    fn any_text_is_a_policy_or_has_faults_with_lines_in_it(lines in proptest::collection::vec(line(), 0..12)) {
        let text = lines.join("\n");
        if let Err(error) = Policy::parse(&text, "policy", Path::new("")) {
            prop_assert!(!error.faults.is_empty());
            for fault in &error.faults {
                prop_assert!((1..=lines.len() + 1).contains(&fault.place.line), "{error}");
                prop_assert!(fault.place.column >= 1);
            }
        }
    }
}

fn line() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "[dmarc]",
        "[[sign]]",
        "[srs]",
        "[outbound]",
        "[dmarc.exceptions]",
        "[milter]",
        "honour_policy = true",
        "on_reject = \"hold\"",
        "domains = [\"example.org\", 1]",
        "keys = [{}]",
        "domain = \"x.example\"",
        "timeout = 1e400",
        "timeout = nan",
        "recipients = 99999999999999999999",
        "text = \"{{reason}}\"",
        "authserv_id = \"ä\"",
        "a = [[[",
        "\"\" = 1",
        "declared = 1979-05-27",
    ]);
    prop_oneof![4 => words.prop_map(str::to_owned), 1 => "[ -~]{0,30}"]
}
