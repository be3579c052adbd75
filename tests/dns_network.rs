//! What the network resolver sends, to whom, how often and for how long.
#![cfg(feature = "hickory")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use hickory_server::proto::op::ResponseCode;
use mailrep::Error;
use mailrep::clock::{Clock, Moment};
use mailrep::dns::cache::{CacheOptions, CachedResolver};
use mailrep::dns::hickory::{HickoryOptions, HickoryResolver};
use mailrep::dns::{Answer, Failure, RecordSet, RecordType, Resolver};
use std::fs;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::asker::{Asker, PATIENCE, addresses, closed_port, everything, failure, run};
use support::dns_server::{DnsServer, Fault};
use support::{Table, question, records_of};

const SERVFAIL: Fault = Fault::Code(ResponseCode::ServFail);
const REFUSED: Fault = Fault::Code(ResponseCode::Refused);

#[test]
fn every_type_and_every_kind_of_answer_arrives_as_the_server_gave_it() {
    let table = everything();
    let server = DnsServer::start(table.clone());
    let asker = Asker::of(&[&server]);
    for (name, kind) in [
        ("example.org", RecordType::Txt),
        ("example.org", RecordType::A),
        ("example.org", RecordType::Aaaa),
        ("example.org", RecordType::Mx),
        ("null.example.org", RecordType::Mx),
        ("1.2.0.192.in-addr.arpa", RecordType::Ptr),
        ("empty.example.org", RecordType::A),
        ("unsaid.example.org", RecordType::A),
        ("gone.example.org", RecordType::A),
        ("lost.example.org", RecordType::A),
    ] {
        let expected = run(table.lookup(&question(name, kind), Moment::default()));
        assert_eq!(asker.ask(name, kind), expected, "{name} {kind}");
    }
    assert!(server.seen().iter().all(|seen| !seen.tcp));
}

#[test]
fn response_codes_are_failures_with_their_names() {
    let server = DnsServer::start(Table::default());
    let asker = Asker::of(&[&server]);
    for (label, code, expected) in [
        ("s.example", ResponseCode::ServFail, Failure::ServFail),
        ("r.example", ResponseCode::Refused, Failure::Refused),
        (
            "f.example",
            ResponseCode::FormErr,
            Failure::ResponseCode("FORMERR".into()),
        ),
        (
            "n.example",
            ResponseCode::NotImp,
            Failure::ResponseCode("NOTIMP".into()),
        ),
        (
            "a.example",
            ResponseCode::NotAuth,
            Failure::ResponseCode("NOTAUTH".into()),
        ),
        (
            "u.example",
            ResponseCode::Unknown(12),
            Failure::ResponseCode("response code 12".into()),
        ),
    ] {
        server.fail(label, None, Fault::Code(code));
        server.forget();
        assert_eq!(failure(asker.ask(label, RecordType::Txt)), expected);
        assert_eq!(server.seen().len(), 1, "a code is not asked for again");
    }
}

#[test]
fn rfc7766_section_5_a_truncated_answer_is_asked_for_over_tcp() {
    let long = [b'x'; 20_000];
    let server = DnsServer::start(everything().txt("long.example.org", &[&long, b"short"]));
    server.fail("example.org", None, Fault::Truncated);
    let asker = Asker::of(&[&server]);
    assert_eq!(
        asker.ask("example.org", RecordType::A),
        addresses(&["192.0.2.1", "192.0.2.2"], 300)
    );
    assert_eq!(
        server.seen().iter().map(|seen| seen.tcp).collect::<Vec<_>>(),
        [false, true]
    );
    // Truncated by the server itself, for it does not fit.
    let expected = [long.as_slice().into(), b"short".as_slice().into()];
    assert_eq!(
        asker.ask("long.example.org", RecordType::Txt),
        records_of(RecordSet::Txt(expected.into()))
    );

    server.fail("never.example.org", None, Fault::TruncatedAlways);
    let found = failure(asker.ask("never.example.org", RecordType::A));
    assert_eq!(found, Failure::BadAnswer("truncated over TCP".into()));
}

#[test]
fn rfc6891_every_query_has_edns_without_dnssec() {
    let server = DnsServer::start(everything());
    server.fail("example.org", Some(RecordType::A), Fault::Truncated);
    let asker = Asker::of(&[&server]);
    asker.ask("example.org", RecordType::Txt);
    asker.ask("example.org", RecordType::A);
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for seen in seen {
        assert_eq!(seen.edns, Some(1232));
        assert!(!seen.dnssec_ok);
        assert!(seen.recursion_desired);
    }
}

#[test]
fn the_hosts_file_and_special_names_are_not_answered_here() {
    let table = Table::default()
        .a("localhost", &["192.0.2.7"])
        .txt("mail.localhost", &[b"v=spf1 -all"])
        .ptr("1.0.0.127.in-addr.arpa", &["from.the.server"])
        .a("x.invalid", &["192.0.2.8"])
        .a("x.onion", &["192.0.2.9"])
        .a("x.local", &["192.0.2.10"]);
    let server = DnsServer::start(table.clone());
    let asker = Asker::of(&[&server]);
    let questions = [
        ("localhost", RecordType::A),
        ("mail.localhost", RecordType::Txt),
        ("1.0.0.127.in-addr.arpa", RecordType::Ptr),
        ("x.invalid", RecordType::A),
        ("x.onion", RecordType::A),
        ("x.local", RecordType::A),
        // A single label: no search domain is added.
        ("single", RecordType::A),
    ];
    for (name, kind) in questions {
        let expected = run(table.lookup(&question(name, kind), Moment::default()));
        assert_eq!(asker.ask(name, kind), expected, "{name}");
    }
    // Whatever else this machine's file names.
    let hosts = fs::read_to_string("/etc/hosts").unwrap_or_default();
    let named: Vec<_> = hosts
        .lines()
        .filter_map(|line| line.split('#').next()?.split_whitespace().nth(1))
        .collect();
    for name in &named {
        asker.ask(name, RecordType::A);
    }
    let asked: Vec<_> = server.seen().into_iter().map(|seen| seen.name).collect();
    let expected: Vec<_> = questions.map(|(name, _)| name).into_iter().chain(named).collect();
    assert_eq!(asked, expected);
}

#[test]
fn names_are_sent_octet_by_octet() {
    let server = DnsServer::start(Table::default());
    let asker = Asker::of(&[&server]);
    let names = [
        "_dmarc.example.org",
        "s._domainkey.example.org",
        "a b.example",
        "-x-.example",
        "back\\slash.example",
        "\"quoted\"@x.example",
        "\u{1}\u{7f}.example",
        "xn--bcher-kva.example",
        "xn--.example",
        "*.example",
    ];
    for name in names {
        assert_eq!(
            asker.ask(name, RecordType::Txt),
            Answer::NoSuchName { ttl: Some(300) },
            "{name}"
        );
    }
    let asked: Vec<_> = server.seen().into_iter().map(|seen| seen.name).collect();
    assert_eq!(asked, names);
    // The root, and a name as long as names can be.
    asker.ask_within(&question(".", RecordType::Txt), PATIENCE);
    let longest = format!("{0}.{0}.{0}.{1}", "x".repeat(63), "y".repeat(61));
    asker.ask(&longest, RecordType::A);
    let seen = server.seen();
    assert_eq!(seen[seen.len() - 2].name, "");
    assert_eq!(seen[seen.len() - 1].name, longest);
}

#[test]
fn a_silent_server_is_asked_as_often_as_told_and_each_try_has_its_time() {
    let server = DnsServer::start(everything());
    server.fail_all(Fault::Silent);
    let asker = Asker::hasty(vec![server.address()], 60, 3);
    let begun = Instant::now();
    assert_eq!(failure(asker.ask("example.org", RecordType::A)), Failure::Timeout);
    assert!(begun.elapsed() >= Duration::from_millis(180));
    let seen = server.seen();
    assert_eq!(seen.len(), 3);
    for pair in seen.windows(2) {
        assert!(pair[1].at - pair[0].at >= Duration::from_millis(40));
    }
}

#[test]
fn a_lost_datagram_is_made_good_by_the_next_try() {
    let server = DnsServer::start(everything());
    server.fail_times("example.org", None, Fault::Silent, 2);
    let asker = Asker::hasty(vec![server.address()], 100, 20);
    assert_eq!(
        asker.ask("example.org", RecordType::A),
        addresses(&["192.0.2.1", "192.0.2.2"], 300)
    );
    assert!(server.seen().len() >= 3);
}

#[test]
fn a_lookup_ends_by_its_deadline_although_the_server_is_silent() {
    let server = DnsServer::start(everything());
    server.fail_all(Fault::Silent);
    let asker = Asker::of(&[&server]);
    let begun = Instant::now();
    let question = question("example.org", RecordType::A);
    let answer = asker.ask_within(&question, Duration::from_millis(100));
    assert_eq!(failure(answer), Failure::Deadline);
    assert!(begun.elapsed() >= Duration::from_millis(100));
    assert!(begun.elapsed() < Duration::from_secs(3), "a try's time");

    server.forget();
    let answer = asker.ask_within(&question, Duration::ZERO);
    assert_eq!(failure(answer), Failure::Deadline);
    assert!(server.seen().is_empty(), "nothing is asked after the deadline");
}

#[test]
fn a_lookup_ends_by_its_deadline_although_tcp_is_silent() {
    let server = DnsServer::start(everything());
    server.fail_times("example.org", None, Fault::TruncatedAlways, 1);
    server.fail_all(Fault::Silent);
    let asker = Asker::of(&[&server]);
    let question = question("example.org", RecordType::A);
    let answer = asker.ask_within(&question, Duration::from_millis(200));
    assert_eq!(failure(answer), Failure::Deadline);
}

#[test]
fn an_unreachable_server_is_known_at_once() {
    let asker = Asker::hasty(vec![closed_port()], 10_000, 2);
    let begun = Instant::now();
    match failure(asker.ask("example.org", RecordType::A)) {
        Failure::Network(why) => {
            assert!(why.starts_with("127.0.0.1"), "{why}");
            assert!(why.ends_with(": connection refused"), "{why}");
        }
        other => panic!("{other:?}"),
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn when_one_server_fails_another_is_asked() {
    for fault in [SERVFAIL, REFUSED, Fault::Silent, Fault::TruncatedAlways] {
        let bad = DnsServer::start(everything());
        bad.fail_all(fault);
        let good = DnsServer::start(everything());
        let asker = Asker::hasty(vec![bad.address(), good.address()], 300, 3);
        assert_eq!(
            asker.ask("example.org", RecordType::A),
            addresses(&["192.0.2.1", "192.0.2.2"], 300),
            "{fault:?}"
        );
        assert!(!bad.seen().is_empty() && !good.seen().is_empty());
    }
    let good = DnsServer::start(everything());
    let asker = Asker::hasty(vec![closed_port(), good.address()], 3000, 2);
    assert_eq!(
        asker.ask("gone.example.org", RecordType::A),
        Answer::NoSuchName { ttl: Some(80) }
    );
}

#[test]
fn no_such_name_is_an_answer_and_no_other_server_is_asked() {
    let first = DnsServer::start(Table::default());
    let second = DnsServer::start(everything());
    let asker = Asker::of(&[&first, &second]);
    assert_eq!(
        asker.ask("example.org", RecordType::A),
        Answer::NoSuchName { ttl: Some(300) }
    );
    assert!(second.seen().is_empty());
}

#[test]
fn a_silent_server_costs_its_time_once() {
    let silent = DnsServer::start(everything());
    silent.fail_all(Fault::Silent);
    let good = DnsServer::start(everything());
    let asker = Asker::hasty(vec![silent.address(), good.address()], 300, 10);
    for _ in 0..5 {
        let answer = asker.ask("example.org", RecordType::A);
        assert_eq!(answer, addresses(&["192.0.2.1", "192.0.2.2"], 300));
    }
    assert_eq!(silent.seen().len(), 1);
}

#[test]
fn of_several_failures_the_most_telling_is_reported() {
    let silent = DnsServer::start(everything());
    silent.fail_all(Fault::Silent);
    let failing = DnsServer::start(everything());
    failing.fail_all(SERVFAIL);
    for servers in [
        [silent.address(), failing.address()],
        [failing.address(), silent.address()],
    ] {
        failing.forget();
        let asker = Asker::hasty(servers.into(), 100, 2);
        let found = failure(asker.ask("example.org", RecordType::A));
        // A busy machine may be late with the first answer, not with both.
        assert_eq!(found, Failure::ServFail);
        assert!(failing.seen().len() <= 2);
    }
}

#[test]
fn rfc5452_section_9_1_answers_to_something_else_are_ignored() {
    // Each is sent before the true answer, which is "no such name".
    let forgeries: [fn(&mut Vec<u8>); 5] = [
        |answer| answer[0] ^= 0xff,
        |answer| answer[2] &= 0x7f,
        |answer| answer[13] ^= 1,
        |answer| answer.truncate(11),
        |answer| {
            answer[5] = 0;
            answer.truncate(12);
        },
    ];
    for forge in forgeries {
        let answer = against_raw_server(move |query| {
            let mut forged = answer_to(query, 0);
            forge(&mut forged);
            vec![forged, answer_to(query, 3)]
        });
        assert_eq!(answer, Answer::NoSuchName { ttl: None });
    }
}

#[test]
fn an_answer_that_does_not_parse_is_a_failure() {
    let answer = against_raw_server(|query| {
        let mut cut = answer_to(query, 0);
        cut[7] = 200;
        cut.extend([0xc0, 0x0c, 0, 1]);
        vec![cut]
    });
    assert!(matches!(failure(answer), Failure::BadAnswer(_)));
    // Some servers leave the question out when they cannot read it.
    let answer = against_raw_server(|query| {
        let mut bare = answer_to(query, 1);
        bare[5] = 0;
        bare.truncate(12);
        vec![bare]
    });
    assert_eq!(failure(answer), Failure::ResponseCode("FORMERR".into()));
}

#[test]
fn rfc6891_section_7_a_server_that_does_not_know_edns_is_asked_without() {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let asker = Asker::hasty(vec![socket.local_addr().unwrap()], 10_000, 1);
    let server = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        for code in [1, 3] {
            let (length, from) = socket.recv_from(&mut buffer).unwrap();
            let has_edns = buffer[11] == 1;
            assert_eq!(has_edns, code == 1);
            let end = length - if has_edns { 11 } else { 0 };
            buffer[2] |= 0x80;
            buffer[3] = 0x80 | code;
            buffer[11] = 0;
            socket.send_to(&buffer[..end], from).unwrap();
        }
    });
    let answer = asker.ask("example.org", RecordType::A);
    server.join().unwrap();
    assert_eq!(answer, Answer::NoSuchName { ttl: None });
}

/// The query as an answer without records, with a response code.
fn answer_to(query: &[u8], code: u8) -> Vec<u8> {
    // The additional section (EDNS) of 11 octets is left out.
    let mut answer = query[..query.len() - 11].to_vec();
    answer[2] |= 0x80;
    answer[3] = 0x80 | code;
    answer[11] = 0;
    answer
}

/// Asks a server that answers one datagram with several.
fn against_raw_server(answers: impl Fn(&[u8]) -> Vec<Vec<u8>> + Send + 'static) -> Answer {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let asker = Asker::hasty(vec![socket.local_addr().unwrap()], 10_000, 1);
    let server = std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        let (length, from) = socket.recv_from(&mut buffer).unwrap();
        for answer in answers(&buffer[..length]) {
            socket.send_to(&answer, from).unwrap();
        }
    });
    let answer = asker.ask("example.org", RecordType::A);
    server.join().unwrap();
    answer
}

#[test]
fn outside_a_runtime_the_answer_says_so() {
    let server = DnsServer::start(everything());
    let asker = Asker::of(&[&server]);
    let question = question("example.org", RecordType::A);
    let deadline = asker.clock.now().after(PATIENCE);
    let lookup = asker.resolver.lookup(&question, deadline);
    let answer = futures_util::FutureExt::now_or_never(lookup).unwrap();
    match failure(answer) {
        Failure::Network(why) => assert!(why.contains("runtime")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn one_resolver_serves_several_runtimes_one_after_the_other_and_together() {
    let server = DnsServer::start(everything());
    let asker = Arc::new(Asker::of(&[&server]));
    let expected = addresses(&["192.0.2.1", "192.0.2.2"], 300);
    for _ in 0..3 {
        assert_eq!(asker.ask("example.org", RecordType::A), expected);
    }
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let asker = Arc::clone(&asker);
            std::thread::spawn(move || asker.ask("example.org", RecordType::A))
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), expected);
    }
}

#[test]
fn identical_questions_through_the_cache_reach_the_server_once() {
    let server = DnsServer::start(everything());
    server.delay(Duration::from_millis(100));
    let asker = Asker::of(&[&server]);
    let deadline = asker.clock.now().after(PATIENCE);
    let cache = CachedResolver::new(asker.resolver, asker.clock, CacheOptions::default());
    let question = question("example.org", RecordType::A);
    run(async {
        let lookups = (0..50).map(|_| cache.lookup(&question, deadline));
        for answer in futures_util::future::join_all(lookups).await {
            assert_eq!(answer, addresses(&["192.0.2.1", "192.0.2.2"], 300));
        }
    });
    assert_eq!(server.seen().len(), 1);
    assert_eq!(cache.statistics().coalesced, 49);
}

#[test]
fn a_question_begun_in_a_runtime_that_ends_is_asked_anew_in_another() {
    let server = DnsServer::start(everything());
    server.fail_times("example.org", None, Fault::Silent, 1);
    let asker = Asker::of(&[&server]);
    let deadline = asker.clock.now().after(PATIENCE);
    let cache = CachedResolver::new(asker.resolver, asker.clock, CacheOptions::default());
    let first = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let theirs = cache.clone();
    first.spawn(async move {
        let question = question("example.org", RecordType::A);
        theirs.lookup(&question, deadline).await
    });
    while server.seen().is_empty() {
        std::thread::yield_now();
    }
    let ours = cache.clone();
    let waiting = std::thread::spawn(move || {
        let question = question("example.org", RecordType::A);
        run(ours.lookup(&question, deadline))
    });
    while cache.statistics().coalesced == 0 {
        std::thread::yield_now();
    }
    drop(first);
    assert_eq!(
        waiting.join().unwrap(),
        addresses(&["192.0.2.1", "192.0.2.2"], 300)
    );
    assert_eq!(server.seen().len(), 2);
}

#[test]
fn a_nameserver_needs_a_port() {
    let options = HickoryOptions {
        nameservers: vec!["192.0.2.1:0".parse().unwrap()],
        ..HickoryOptions::default()
    };
    let error = HickoryResolver::new(options, Clock::system()).unwrap_err();
    assert!(matches!(
        error,
        Error::Invalid {
            what: "nameserver",
            ..
        }
    ));
}
