//! How the network resolver reads answers, word for word as a server may give them.
#![cfg(feature = "hickory")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use hickory_server::proto::op::ResponseCode;
use mailrep::dns::{Answer, Failure, RecordSet, RecordType};
use support::asker::{Asker, addresses, everything, failure};
use support::dns_server::{DnsServer, Reply, a, cname, ns, pointing, soa, txt};
use support::name;

#[test]
fn rfc1034_section_3_6_2_aliases_are_followed_and_the_smallest_ttl_counts() {
    let server = DnsServer::start(everything());
    // All in one answer, out of order.
    let reply = Reply {
        answers: vec![
            a("c.example", 50, "192.0.2.3"),
            cname("b.example", 40, "C.example"),
            cname("a.example", 60, "b.example"),
            a("c.example", 55, "192.0.2.4"),
        ],
        ..Reply::default()
    };
    server.reply("a.example", RecordType::A, reply);
    let asker = Asker::of(&[&server]);
    let expected = addresses(&["192.0.2.3", "192.0.2.4"], 40);
    assert_eq!(asker.ask("a.example", RecordType::A), expected);
    assert_eq!(server.seen().len(), 1);

    // One alias an answer.
    server.alias("one.example", "two.example", 30);
    server.alias("two.example", "example.org", 20);
    let expected = addresses(&["192.0.2.1", "192.0.2.2"], 20);
    assert_eq!(asker.ask("one.example", RecordType::A), expected);
    let asked: Vec<_> = server.seen().into_iter().map(|seen| seen.name).collect();
    assert_eq!(asked[1..], ["one.example", "two.example", "example.org"]);

    // The target has no such record, which is said about the target.
    server.alias("three.example", "empty.example.org", 20);
    assert_eq!(
        asker.ask("three.example", RecordType::A),
        Answer::NoData { ttl: Some(20) }
    );
}

#[test]
fn rfc6604_section_3_an_alias_to_nowhere_is_no_such_name() {
    let server = DnsServer::start(everything());
    let asker = Asker::of(&[&server]);
    server.alias("asked.example", "gone.example.org", 500);
    assert_eq!(
        asker.ask("asked.example", RecordType::A),
        Answer::NoSuchName { ttl: Some(80) }
    );
    let reply = Reply {
        code: ResponseCode::NXDomain,
        answers: vec![cname("told.example", 500, "gone.example.org")],
        authorities: vec![soa("example.org", 900, 90)],
        ..Reply::default()
    };
    server.reply("told.example", RecordType::A, reply);
    assert_eq!(
        asker.ask("told.example", RecordType::A),
        Answer::NoSuchName { ttl: Some(90) }
    );
}

#[test]
fn loops_and_endless_chains_of_aliases_are_failures() {
    let server = DnsServer::start(everything());
    let asker = Asker::of(&[&server]);
    server.alias("self.example", "self.example", 60);
    server.alias("a.example", "b.example", 60);
    server.alias("b.example", "a.example", 60);
    let answers = vec![
        cname("x.example", 60, "y.example"),
        cname("y.example", 60, "x.example"),
    ];
    let reply = Reply {
        answers,
        ..Reply::default()
    };
    server.reply("x.example", RecordType::Txt, reply);
    for (number, next) in (0..40).zip(1..) {
        server.alias(&format!("n{number}.example"), &format!("n{next}.example"), 60);
    }
    for (name, why) in [
        ("self.example", "its aliases form a loop"),
        ("a.example", "its aliases form a loop"),
        ("x.example", "its aliases form a loop"),
        ("n0.example", "its aliases are too many"),
    ] {
        let found = failure(asker.ask(name, RecordType::Txt));
        assert_eq!(found, Failure::BadAnswer(why.into()), "{name}");
    }
    // 16 aliases are followed.
    server.forget();
    asker.ask("n24.example", RecordType::Txt);
    assert_eq!(server.seen().len(), 17);
}

#[test]
fn records_that_do_not_belong_to_the_question_are_left_out() {
    let server = DnsServer::start(everything());
    let asker = Asker::of(&[&server]);
    let reply = Reply {
        answers: vec![
            a("victim.example", 50, "192.0.2.66"),
            txt("asked.example", 50, &[b"another type"]),
            cname("victim.example", 50, "asked.example"),
            a("asked.example", 60, "192.0.2.1"),
        ],
        ..Reply::default()
    };
    server.reply("asked.example", RecordType::A, reply);
    assert_eq!(
        asker.ask("asked.example", RecordType::A),
        addresses(&["192.0.2.1"], 60)
    );
    let reply = Reply {
        answers: vec![a("victim.example", 50, "192.0.2.66")],
        ..Reply::default()
    };
    server.reply("other.example", RecordType::A, reply);
    assert_eq!(
        asker.ask("other.example", RecordType::A),
        Answer::NoData { ttl: None }
    );
}

#[test]
fn rfc2308_section_5_negative_ttl_is_the_lesser_of_two_and_the_zones_own_word() {
    let server = DnsServer::start(everything());
    let asker = Asker::of(&[&server]);
    for (asked, record, expected) in [
        ("a.example", soa("example", 100, 30), Some(30)),
        ("b.example", soa("example", 20, 30), Some(20)),
        ("c.example", soa("c.example", 20, 30), Some(20)),
        ("d.example", soa("elsewhere", 20, 30), None),
        ("e.example", soa("sub.e.example", 20, 30), None),
        ("f.example", soa("example", 0x8000_0000, 30), Some(0)),
    ] {
        let reply = Reply {
            authorities: vec![record],
            ..Reply::default()
        };
        server.reply(asked, RecordType::A, reply);
        assert_eq!(
            asker.ask(asked, RecordType::A),
            Answer::NoData { ttl: expected },
            "{asked}"
        );
    }
}

#[test]
fn rfc2308_section_2_2_a_referral_is_no_answer() {
    let server = DnsServer::start(everything());
    let reply = Reply {
        authorities: vec![ns("example", 60, "ns.example")],
        refers: true,
        ..Reply::default()
    };
    server.reply("a.example", RecordType::A, reply);
    let asker = Asker::of(&[&server]);
    assert!(matches!(
        failure(asker.ask("a.example", RecordType::A)),
        Failure::BadAnswer(_)
    ));
}

#[test]
fn rfc2181_section_8_a_ttl_with_the_highest_bit_is_zero() {
    let server = DnsServer::start(everything());
    let reply = Reply {
        answers: vec![a("a.example", 0xffff_ffff, "192.0.2.1")],
        ..Reply::default()
    };
    server.reply("a.example", RecordType::A, reply);
    let asker = Asker::of(&[&server]);
    assert_eq!(
        asker.ask("a.example", RecordType::A),
        addresses(&["192.0.2.1"], 0)
    );
}

#[test]
fn rfc7208_section_3_3_character_strings_are_joined_as_octets_and_records_stay_apart() {
    let server = DnsServer::start(everything());
    let reply = Reply {
        answers: vec![
            txt(
                "a.example",
                60,
                &[b"v=spf1 inc", b"", b"lude:x\xc3", b"\xa9 -all"],
            ),
            txt("a.example", 60, &[b"second"]),
        ],
        ..Reply::default()
    };
    server.reply("a.example", RecordType::Txt, reply);
    let asker = Asker::of(&[&server]);
    let expected = [
        b"v=spf1 include:x\xc3\xa9 -all".as_slice().into(),
        b"second".as_slice().into(),
    ];
    assert_eq!(
        asker.ask("a.example", RecordType::Txt),
        Answer::Records {
            records: RecordSet::Txt(expected.into()),
            ttl: 60
        }
    );
}

#[test]
fn targets_that_are_no_names_are_left_out() {
    let server = DnsServer::start(everything());
    let asker = Asker::of(&[&server]);
    let odd: [&[&[u8]]; 2] = [&[b"dot.inside", b"example"], &[b"\xe9", b"example"]];
    for kind in [RecordType::Mx, RecordType::Ptr] {
        let asked = format!("{}.example", kind.as_str());
        let mut answers: Vec<_> = odd
            .iter()
            .map(|target| pointing(&asked, 60, kind, target))
            .collect();
        let reply = Reply {
            answers: answers.clone(),
            ..Reply::default()
        };
        server.reply(&asked, kind, reply);
        assert_eq!(asker.ask(&asked, kind), Answer::NoData { ttl: Some(60) });

        let asked = format!("some.{asked}");
        answers = odd
            .iter()
            .map(|target| pointing(&asked, 60, kind, target))
            .collect();
        answers.push(pointing(&asked, 60, kind, &[b"Good", b"Example"]));
        let reply = Reply {
            answers,
            ..Reply::default()
        };
        server.reply(&asked, kind, reply);
        match asker.ask(&asked, kind) {
            Answer::Records {
                records: RecordSet::Ptr(names),
                ..
            } => assert_eq!(*names, [name("good.example")]),
            Answer::Records {
                records: RecordSet::Mx(hosts),
                ..
            } => {
                assert_eq!(hosts.len(), 1);
                assert_eq!(hosts[0].exchange, name("good.example"));
            }
            other => panic!("{other:?}"),
        }
    }
}
