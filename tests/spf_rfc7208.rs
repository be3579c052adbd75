//! RFC 7208, sentence by sentence: our own cases, beside the OpenSPF project's suite.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "spf_table/mod.rs"]
mod spf_table;

use mailrep::Limits;
use mailrep::clock::{Clock, ManualTime, UnixTime};
use mailrep::dns::{Failure, Mx, Name, RecordType, Session};
use mailrep::spf::{Cause, Evaluation, Identity, Request, SpfResult, Verdict, check_host};
use mailrep::trace::{StepKind, Tracer};
use proptest::prelude::*;
use spf_table::{Table, block_on, check, name};
use std::sync::Arc;
use std::time::Duration;

/// Lines of `name TYPE value`; types are those of records, and FAIL for SERVFAIL.
fn zone(lines: &[&str]) -> Arc<Table> {
    let mut table = Table::default();
    for line in lines {
        let mut words = line.splitn(3, ' ');
        let entry = table.entry(words.next().unwrap());
        let kind = words.next().unwrap();
        let value = words.next().unwrap_or_default();
        match kind {
            "TXT" => entry.txt.push(value.as_bytes().into()),
            "A" => entry.a.push(value.parse().unwrap()),
            "AAAA" => entry.aaaa.push(value.parse().unwrap()),
            "PTR" => entry.ptr.push(name(value)),
            "CNAME" => entry.cname = Some(name(value)),
            "MX" => {
                let (preference, host) = value.split_once(' ').unwrap();
                entry.mx.push(Mx {
                    preference: preference.parse().unwrap(),
                    exchange: if host == "." { Name::root() } else { name(host) },
                });
            }
            "FAIL" => entry.failure = Some(Failure::ServFail),
            other => panic!("a record of type {other}"),
        }
    }
    Arc::new(table)
}

fn request(client: &str, helo: &str, mail_from: &str) -> Request {
    Request {
        client: client.parse().unwrap(),
        helo: helo.as_bytes().into(),
        mail_from: mail_from.as_bytes().into(),
        receiver: "mx.receiver.example".into(),
        now: UnixTime(1_700_000_000),
    }
}

fn verdict(lines: &[&str], client: &str, helo: &str, mail_from: &str) -> Verdict {
    check(
        &zone(lines),
        &request(client, helo, mail_from),
        &Limits::default(),
    )
}

/// The check of `user@example.org`, with a HELO name that says nothing.
fn evaluate(lines: &[&str], client: &str) -> Evaluation {
    verdict(lines, client, "helo.example.net", "user@example.org").evaluation
}

fn result(lines: &[&str], client: &str) -> SpfResult {
    evaluate(lines, client).result
}

const CLIENT: &str = "192.0.2.1";

#[test]
fn rfc7208_section_2_3_and_2_4_both_identities_are_checked() {
    let zone = [
        "example.org TXT v=spf1 -all",
        "mail.example.net TXT v=spf1 ip4:192.0.2.1 -all",
    ];
    let found = verdict(&zone, CLIENT, "mail.example.net", "user@example.org");
    assert_eq!(found.evaluation.result, SpfResult::Fail);
    assert_eq!(found.evaluation.identity, Identity::MailFrom);
    assert_eq!(found.evaluation.domain, "example.org");
    assert_eq!(found.evaluation.domain_name(), Some(&name("example.org")));
    let helo = found.helo.unwrap();
    assert_eq!((helo.result, helo.identity), (SpfResult::Pass, Identity::Helo));
    assert_eq!(helo.domain, "mail.example.net");
    assert_eq!(helo.mechanism.as_deref(), Some("ip4:192.0.2.1"));
}

#[test]
fn rfc7208_section_2_4_null_reverse_path_is_postmaster_at_the_helo_name() {
    let zone = [
        "mail.example.net TXT v=spf1 exists:%{l}.%{o}.ok.example -all",
        "postmaster.mail.example.net.ok.example A 127.0.0.2",
    ];
    let found = verdict(&zone, CLIENT, "Mail.Example.Net", "");
    assert_eq!(found.evaluation.result, SpfResult::Pass);
    assert_eq!(found.evaluation.identity, Identity::Helo);
    assert_eq!(found.helo.as_ref(), Some(&found.evaluation));
    let nothing = verdict(&zone, CLIENT, "", "");
    assert_eq!(nothing.evaluation.cause, Cause::NoHelo);
    assert_eq!(nothing.evaluation.result, SpfResult::None);
    assert_eq!(nothing.helo, None);
    assert_eq!(verdict(&zone, CLIENT, "", "user@example.org").helo, None);
}

#[test]
fn rfc7208_section_4_3_what_is_no_domain_is_none() {
    let code = |helo: &str, mail_from: &str| {
        let found = verdict(&["example.org TXT v=spf1 -all"], CLIENT, helo, mail_from).evaluation;
        assert_eq!(found.result, SpfResult::None, "{helo} {mail_from}");
        assert_eq!(found.authenticated, None);
        assert_eq!(found.dns_lookups, 0);
        found.cause.code()
    };
    for literal in [
        "[192.0.2.1]",
        "[IPv6:2001:db8::1]",
        "192.0.2.1",
        "2001:db8::1",
        "[junk",
    ] {
        assert_eq!(code(literal, ""), "address_literal", "{literal}");
    }
    assert_eq!(code("h", "user@[192.0.2.1]"), "address_literal");
    assert_eq!(code("localhost", ""), "single_label");
    assert_eq!(code("h", "user@localhost."), "single_label");
    assert_eq!(code("h", "user"), "no_domain");
    assert_eq!(code("h", "user@"), "no_domain");
    assert_eq!(code("bad..example.org", ""), "malformed_domain");
    assert_eq!(code("bad host.example.org", ""), "malformed_domain");
    assert_eq!(code("bad\0.example.org", ""), "malformed_domain");
    let long = format!("{}.example.org", "a".repeat(64));
    assert_eq!(code(&long, ""), "malformed_domain");
    assert_eq!(
        code("h", &format!("user@{}org", "a.".repeat(130))),
        "malformed_domain"
    );
}

#[test]
fn rfc7208_section_4_3_missing_domain_and_missing_record_are_none() {
    let found = evaluate(&["example.net TXT v=spf1 -all"], CLIENT);
    assert_eq!(
        (found.result, found.cause.code()),
        (SpfResult::None, "no_such_domain")
    );
    let found = evaluate(&["example.org A 192.0.2.1"], CLIENT);
    assert_eq!((found.result, found.cause.code()), (SpfResult::None, "no_record"));
    let found = evaluate(&["example.org TXT v=spf2.0/pra -all"], CLIENT);
    assert_eq!((found.result, found.cause.code()), (SpfResult::None, "no_record"));
    assert_eq!(found.void_lookups, 0);
}

#[test]
fn rfc7208_section_4_3_local_parts() {
    let zone = [
        "example.org TXT v=spf1 -all exp=why.example.org",
        "why.example.org TXT %{l} of %{o}",
    ];
    for (mail_from, wanted) in [
        ("user@example.org", "user of example.org"),
        ("@example.org", "postmaster of example.org"),
        ("\"a@b\"@example.org", "\"a@b\" of example.org"),
        ("\"a\\\"@b\"@example.org", "\"a\\\"@b\" of example.org"),
        ("a@b@example.org", "a@b of example.org"),
        ("\"open@example.org", "\"open of example.org"),
        (
            "@relay.example,@other.example:user@example.org",
            "user of example.org",
        ),
        ("user@Example.ORG.", "user of example.org"),
        ("j\u{fc}rgen\r\n@example.org", "j??rgen   of example.org"),
    ] {
        let found = verdict(&zone, CLIENT, "h", mail_from).evaluation;
        assert_eq!(found.explanation.as_deref(), Some(wanted), "{mail_from}");
    }
}

#[test]
fn rfc8616_section_4_domains_are_checked_as_a_labels() {
    let zone = [
        "xn--bcher-kva.example TXT v=spf1 exists:%{d}.%{o}.ok.example -all",
        "xn--bcher-kva.example.xn--bcher-kva.example.ok.example A 127.0.0.2",
    ];
    let found = verdict(&zone, CLIENT, "h", "user@B\u{fc}cher.example").evaluation;
    assert_eq!(found.result, SpfResult::Pass);
    assert_eq!(found.domain, "xn--bcher-kva.example");
}

#[test]
fn rfc8616_section_4_terms_with_a_local_part_outside_ascii_match_nothing() {
    let zone = [
        "example.org TXT v=spf1 exists:%{l}.ok.example -include:%{s}.example.net ?all",
        "ok.example A 127.0.0.2",
    ];
    let found = verdict(&zone, CLIENT, "h", "j\u{fc}rgen@example.org").evaluation;
    assert_eq!(
        (found.result, found.mechanism.as_deref()),
        (SpfResult::Neutral, Some("?all"))
    );
    assert_eq!(found.void_lookups, 0);
    let zone = ["example.org TXT v=spf1 redirect=%{l}.example.net"];
    let found = verdict(&zone, CLIENT, "h", "j\u{fc}rgen@example.org").evaluation;
    assert_eq!(
        (found.result, found.cause.code()),
        (SpfResult::PermError, "redirect_none")
    );
}

#[test]
fn rfc7208_section_4_4_failures_of_the_dns_are_temperror() {
    let found = evaluate(&["example.org FAIL"], CLIENT);
    assert_eq!(
        (found.result, found.cause.code()),
        (SpfResult::TempError, "dns_failure")
    );
    assert_eq!(
        found.reason(),
        "the DNS gave no answer that SPF could rest on, asked for TXT records of example.org: the server failed \
         (SERVFAIL)"
    );
    for term in ["a", "mx", "exists", "include"] {
        let record = format!("example.org TXT v=spf1 {term}:bad.example.net -all");
        assert_eq!(
            result(&[&record, "bad.example.net FAIL"], CLIENT),
            SpfResult::TempError,
            "{term}"
        );
    }
    let zone = [
        "example.org TXT v=spf1 redirect=bad.example.net",
        "bad.example.net FAIL",
    ];
    assert_eq!(result(&zone, CLIENT), SpfResult::TempError);
}

#[test]
fn rfc7208_section_4_6_4_the_overall_time_limit_is_temperror() {
    let time = ManualTime::default();
    let limits = Limits::default();
    let table = zone(&["example.org TXT v=spf1 -all"]);
    let session = Session::new(table, Clock::manual(&time), &limits);
    time.advance(Duration::from_secs(21));
    let request = request(CLIENT, "h", "user@example.org");
    let found = block_on(check_host(
        &session,
        &request,
        Identity::MailFrom,
        &limits,
        &Tracer::off(),
    ));
    assert_eq!(found.result, SpfResult::TempError);
    assert!(matches!(
        found.cause,
        Cause::Dns {
            failure: Failure::Deadline,
            ..
        }
    ));
}

#[test]
fn rfc7208_section_4_5_two_records_are_permerror() {
    let found = evaluate(
        &[
            "example.org TXT v=spf1 -all",
            "example.org TXT V=SPF1 ?all",
            "example.org TXT other",
        ],
        CLIENT,
    );
    assert_eq!(
        (found.result, found.cause.code()),
        (SpfResult::PermError, "several_records")
    );
    assert_eq!(
        found.reason(),
        "example.org publishes 2 SPF records, and only one is allowed"
    );
}

#[test]
fn rfc7208_section_4_6_a_syntax_error_anywhere_is_permerror_before_any_evaluation() {
    let table = zone(&[
        "example.org TXT v=spf1 a ipv4:192.0.2.1 -all",
        "example.org A 192.0.2.1",
    ]);
    let found = check(
        &table,
        &request(CLIENT, "", "user@example.org"),
        &Limits::default(),
    )
    .evaluation;
    assert_eq!((found.result, found.dns_lookups), (SpfResult::PermError, 0));
    assert_eq!(
        found.reason(),
        "the SPF record of example.org is broken: 'ipv4:192.0.2.1' is no mechanism (did you mean 'ip4'?)"
    );
    assert!(
        table
            .asked
            .lock()
            .unwrap()
            .iter()
            .all(|question| question.kind == RecordType::Txt)
    );
}

#[test]
fn rfc7208_section_4_6_4_eleventh_lookup_is_permerror() {
    let record = |terms: usize| format!("example.org TXT v=spf1 {}ip4:192.0.2.1", "a ".repeat(terms));
    let ten = evaluate(&[&record(10), "example.org A 192.0.2.9"], CLIENT);
    assert_eq!((ten.result, ten.dns_lookups), (SpfResult::Pass, 10));
    let eleven = evaluate(&[&record(11), "example.org A 192.0.2.9"], CLIENT);
    assert_eq!(
        (eleven.result, eleven.cause.code()),
        (SpfResult::PermError, "lookup_limit")
    );
    assert_eq!(eleven.dns_lookups, 10);
}

#[test]
fn rfc7208_section_4_6_4_lookups_are_counted_through_includes_and_redirects() {
    let zone = |last: &str| {
        [
            "example.org TXT v=spf1 include:a.example.org include:b.example.org redirect=c.example.org"
                .to_owned(),
            "a.example.org TXT v=spf1 a a a".to_owned(),
            "a.example.org A 192.0.2.9".to_owned(),
            "b.example.org TXT v=spf1 include:a.example.org".to_owned(),
            format!("c.example.org TXT v=spf1 {last} -all"),
        ]
    };
    // Three for a, one for the include of it; once more within b; one for b; one for the redirect.
    let at_limit = zone("");
    let found = evaluate(&at_limit.each_ref().map(String::as_str), CLIENT);
    assert_eq!((found.result, found.dns_lookups), (SpfResult::Fail, 10));
    let beyond = zone("exists:example.org");
    let found = evaluate(&beyond.each_ref().map(String::as_str), CLIENT);
    assert_eq!(
        (found.result, found.cause.code()),
        (SpfResult::PermError, "lookup_limit")
    );
}

#[test]
fn rfc7208_section_4_6_4_loops_end_at_the_limit() {
    for record in [
        "redirect=example.org",
        "include:example.org",
        "-include:example.org ~all",
    ] {
        let found = evaluate(&[&format!("example.org TXT v=spf1 {record}")], CLIENT);
        assert_eq!(
            (found.result, found.cause.code()),
            (SpfResult::PermError, "lookup_limit")
        );
    }
}

#[test]
fn rfc7208_section_4_6_4_exp_counts_against_no_limit() {
    let record = format!(
        "example.org TXT v=spf1 {}-all exp=why.example.org",
        "a ".repeat(10)
    );
    let found = evaluate(
        &[&record, "example.org A 192.0.2.9", "why.example.org TXT because"],
        CLIENT,
    );
    assert_eq!((found.result, found.dns_lookups), (SpfResult::Fail, 10));
    assert_eq!(found.explanation.as_deref(), Some("because"));
}

#[test]
fn rfc7208_section_4_6_4_third_void_lookup_is_permerror() {
    let record = |terms: &str| format!("example.org TXT v=spf1 {terms} ?all");
    let two = evaluate(&[&record("a:x1.example.org exists:x2.example.org")], CLIENT);
    assert_eq!((two.result, two.void_lookups), (SpfResult::Neutral, 2));
    let three = evaluate(
        &[&record(
            "a:x1.example.org mx:x2.example.org exists:x3.example.org",
        )],
        CLIENT,
    );
    assert_eq!(
        (three.result, three.cause.code()),
        (SpfResult::PermError, "void_limit")
    );
    assert_eq!(three.void_lookups, 3);
    let limits = Limits {
        spf_void_lookups: 3,
        ..Limits::default()
    };
    let table = zone(&[&record(
        "a:x1.example.org mx:x2.example.org exists:x3.example.org",
    )]);
    let allowed = check(&table, &request(CLIENT, "", "user@example.org"), &limits).evaluation;
    assert_eq!(allowed.result, SpfResult::Neutral);
}

#[test]
fn rfc7208_section_4_6_4_two_identities_at_all_limits_fit_into_the_questions_of_a_check() {
    let mut lines = Vec::new();
    for domain in ["example.org", "example.net"] {
        // 1 + 10 * (1 + 10) questions, 1 + 10 for the client's names, and 1 for the explanation: 123.
        let terms: Vec<String> = (0..10).map(|at| format!("mx:m{at}.{domain}")).collect();
        lines.push(format!(
            "{domain} TXT v=spf1 {} exp=%{{p}}.{domain} -all",
            terms.join(" ")
        ));
        for (at, host) in (0..10).flat_map(|at| (0..10).map(move |host| (at, host))) {
            lines.push(format!("m{at}.{domain} MX {host} h{host}.m{at}.{domain}"));
            lines.push(format!("h{host}.m{at}.{domain} A 198.51.100.1"));
        }
    }
    lines.extend((0..10).map(|at| format!("1.2.0.192.in-addr.arpa PTR p{at}.example.com")));
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let found = verdict(&lines, "192.0.2.1", "example.net", "user@example.org");
    assert_eq!(found.evaluation.result, SpfResult::Fail);
    let helo = found.helo.unwrap();
    assert_eq!(helo.result, SpfResult::Fail, "{}", helo.reason());
}

#[test]
fn a_term_of_thousands_of_octets_makes_no_sentence_of_thousands() {
    let long = "%{d}".repeat(5_000);
    let missing = format!("redirect={}", "%{i1}.".repeat(5_000) + "example.net");
    let empty = "%{h}".repeat(5_000);
    for record in [
        format!("v=spf1 exists:{empty}%{{d}}"),
        format!("v=spf1 include:{long}"),
        format!("v=spf1 {}include:{long}", "a ".repeat(10)),
        format!("v=spf1 {missing}"),
    ] {
        let lines = [
            format!("example.org TXT {record}"),
            "example.org A 192.0.2.99".into(),
        ];
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let found = verdict(&lines, CLIENT, "", "user@example.org").evaluation;
        assert!(found.reason().len() < 600, "{}", found.reason().len());
    }
}

#[test]
fn rfc7208_section_4_6_4_void_lookups_are_counted_by_term() {
    // An IPv6 client, and three hosts with IPv4 addresses only: one term, and nobody asks for A.
    let table = zone(&[
        "example.org TXT v=spf1 mx a -all",
        "example.org MX 10 m1.example.org",
        "example.org MX 20 m2.example.org",
        "example.org MX 30 m3.example.org",
        "example.org A 192.0.2.1",
        "m1.example.org A 192.0.2.1",
        "m2.example.org A 192.0.2.1",
        "m3.example.org A 192.0.2.1",
    ]);
    let found = check(
        &table,
        &request("2001:db8::1", "", "user@example.org"),
        &Limits::default(),
    )
    .evaluation;
    assert_eq!((found.result, found.void_lookups), (SpfResult::Fail, 2));
    assert!(
        table
            .asked
            .lock()
            .unwrap()
            .iter()
            .all(|question| question.kind != RecordType::A)
    );
}

#[test]
fn rfc7208_section_4_6_4_mx_with_more_than_ten_names_is_permerror() {
    let hosts = |count: usize| {
        let mut lines = vec!["example.org TXT v=spf1 mx -all".to_owned()];
        for host in 0..count {
            lines.push(format!("example.org MX {host} m{host}.example.org"));
            lines.push(format!("m{host}.example.org A 192.0.2.{}", host + 100));
        }
        lines
    };
    let run = |count: usize, client: &str| {
        let lines = hosts(count);
        evaluate(&lines.iter().map(String::as_str).collect::<Vec<_>>(), client)
    };
    assert_eq!(run(10, "192.0.2.109").result, SpfResult::Pass);
    assert_eq!(run(10, "192.0.2.109").dns_lookups, 1);
    assert_eq!(run(11, "192.0.2.100").cause.code(), "mx_limit");
    assert_eq!(run(11, "192.0.2.100").result, SpfResult::PermError);
}

#[test]
fn rfc7208_section_4_6_4_names_of_the_client_beyond_ten_are_ignored() {
    let names = |before: usize| {
        let mut lines = vec![
            "example.org TXT v=spf1 ptr -all".to_owned(),
            "mail.example.org A 192.0.2.1".to_owned(),
        ];
        for host in 0..before {
            lines.push(format!("1.2.0.192.in-addr.arpa PTR h{host}.example.net"));
            lines.push(format!("h{host}.example.net A 192.0.2.1"));
        }
        lines.push("1.2.0.192.in-addr.arpa PTR mail.example.org".to_owned());
        lines
    };
    let run = |before: usize| {
        let lines = names(before);
        result(&lines.iter().map(String::as_str).collect::<Vec<_>>(), CLIENT)
    };
    assert_eq!(run(9), SpfResult::Pass);
    assert_eq!(run(10), SpfResult::Fail);
}

#[test]
fn rfc7208_section_4_7_default_is_neutral() {
    let found = evaluate(&["example.org TXT v=spf1 ip4:192.0.2.9"], CLIENT);
    assert_eq!(
        (found.result, found.cause.code()),
        (SpfResult::Neutral, "no_match")
    );
    assert_eq!(found.mechanism, None);
    assert_eq!(
        found.reason(),
        "the SPF record of example.org says nothing about 192.0.2.1: none of its mechanisms matches"
    );
}

#[test]
fn rfc7208_section_4_8_a_malformed_target_name_does_not_match() {
    let found = evaluate(
        &["example.org TXT v=spf1 a:a..example.org mx:a..b.example ptr:.org exists:%{l}..x.org ~all"],
        CLIENT,
    );
    assert_eq!((found.result, found.void_lookups), (SpfResult::SoftFail, 0));
    assert_eq!(found.dns_lookups, 4);
}

#[test]
fn rfc7208_section_5_ipv4_mapped_clients_are_ipv4() {
    let zone = [
        "example.org TXT v=spf1 -ip6:::ffff:192.0.2.1 a -all",
        "example.org A 192.0.2.1",
    ];
    let found = evaluate(&zone, "::ffff:192.0.2.1");
    assert_eq!(
        (found.result, found.mechanism.as_deref()),
        (SpfResult::Pass, Some("a"))
    );
    assert!(
        found
            .reason()
            .starts_with("192.0.2.1 is allowed to send for example.org")
    );
}

#[test]
fn rfc7208_section_5_1_nothing_after_all_is_tried() {
    let found = evaluate(
        &[
            "example.org TXT v=spf1 -all a:bad.example redirect=bad.example",
            "bad.example FAIL",
        ],
        CLIENT,
    );
    assert_eq!((found.result, found.dns_lookups), (SpfResult::Fail, 0));
    assert_eq!(
        found.reason(),
        "192.0.2.1 is not allowed to send for example.org: '-all' of its SPF record decided"
    );
}

#[test]
fn rfc7208_section_5_2_the_outer_qualifier_counts_at_each_level() {
    let zone = |outer: &str, middle: &str, inner: &str| {
        [
            format!("example.org TXT v=spf1 {outer}include:a.example.org ip4:192.0.2.1"),
            format!("a.example.org TXT v=spf1 {middle}include:b.example.org ?all"),
            format!("b.example.org TXT v=spf1 {inner}include:c.example.org -all"),
            "c.example.org TXT v=spf1 ip4:192.0.2.1 -all".to_owned(),
        ]
    };
    let run = |outer: &str, middle: &str, inner: &str| {
        let lines = zone(outer, middle, inner);
        evaluate(&lines.each_ref().map(String::as_str), CLIENT)
    };
    for (outer, wanted) in [
        ("", SpfResult::Pass),
        ("-", SpfResult::Fail),
        ("~", SpfResult::SoftFail),
        ("?", SpfResult::Neutral),
    ] {
        let found = run(outer, "", "");
        assert_eq!(found.result, wanted);
        assert_eq!(found.mechanism, Some(format!("{outer}include:a.example.org")));
        assert_eq!(found.dns_lookups, 3);
    }
    // A match with another qualifier is no pass, so the include above it does not match.
    for qualifier in ["-", "~", "?"] {
        assert_eq!(
            run("-", qualifier, "").mechanism.as_deref(),
            Some("ip4:192.0.2.1")
        );
        assert_eq!(
            run("-", "", qualifier).mechanism.as_deref(),
            Some("ip4:192.0.2.1")
        );
    }
    assert_eq!(
        run("-", "", "").reason(),
        "192.0.2.1 is not allowed to send for example.org: '-include:a.example.org' of its SPF record decided \
         (through 'ip4:192.0.2.1' of c.example.org)"
    );
}

#[test]
fn rfc7208_section_5_2_include_of_nothing_is_permerror() {
    for (target, reason) in [
        ("none.example.net", "does not exist in the DNS"),
        ("bare.example.net", "publishes no SPF record"),
        ("a..example.net", "the domain name has an empty label"),
        ("%{h}", "is not a fully qualified domain name"),
    ] {
        let record = format!("example.org TXT v=spf1 ?include:{target} +all");
        let found = verdict(
            &[&record, "bare.example.net A 192.0.2.1"],
            CLIENT,
            "host",
            "user@example.org",
        )
        .evaluation;
        assert_eq!(
            (found.result, found.cause.code()),
            (SpfResult::PermError, "include_none"),
            "{target}"
        );
        assert!(found.reason().contains(reason), "{}", found.reason());
        assert_eq!(found.mechanism, None);
    }
}

#[test]
fn rfc7208_section_5_2_errors_of_the_included_are_errors_of_the_whole() {
    let zone = [
        "example.org TXT v=spf1 include:a.example.org +all",
        "a.example.org TXT v=spf1 -all junk",
    ];
    let found = evaluate(&zone, CLIENT);
    assert_eq!(found.result, SpfResult::PermError);
    assert_eq!(
        found.reason(),
        "the SPF record of a.example.org is broken: 'junk' is no mechanism"
    );
    let zone = [
        "example.org TXT v=spf1 include:a.example.org +all",
        "a.example.org TXT v=spf1 a:b.example -all",
        "b.example FAIL",
    ];
    assert_eq!(result(&zone, CLIENT), SpfResult::TempError);
}

#[test]
fn rfc7208_section_5_2_the_domain_changes_within_an_include() {
    let zone = [
        "example.org TXT v=spf1 include:a.example.net -all",
        "a.example.net TXT v=spf1 exists:%{d}.%{o}.ok.example -all",
        "a.example.net.example.org.ok.example A 127.0.0.2",
    ];
    assert_eq!(result(&zone, CLIENT), SpfResult::Pass);
}

#[test]
fn rfc7208_section_5_4_hosts_are_judged_in_order_of_preference() {
    let zone = [
        "example.org TXT v=spf1 mx -all",
        "example.org MX 20 bad.example.org",
        "example.org MX 10 good.example.org",
        "good.example.org A 192.0.2.1",
        "bad.example.org FAIL",
    ];
    assert_eq!(result(&zone, CLIENT), SpfResult::Pass);
    assert_eq!(result(&zone, "192.0.2.9"), SpfResult::TempError);
}

#[test]
fn rfc7208_section_5_4_a_null_mx_has_no_hosts() {
    let found = evaluate(&["example.org TXT v=spf1 mx -all", "example.org MX 0 ."], CLIENT);
    assert_eq!((found.result, found.void_lookups), (SpfResult::Fail, 0));
}

#[test]
fn rfc7208_section_5_5_names_have_to_lead_back_to_the_client() {
    let zone = [
        "example.org TXT v=spf1 ptr:example.com -all",
        "1.2.0.192.in-addr.arpa PTR broken.example.com",
        "1.2.0.192.in-addr.arpa PTR forged.example.com",
        "broken.example.com FAIL",
        "forged.example.com A 192.0.2.9",
    ];
    assert_eq!(result(&zone, CLIENT), SpfResult::Fail);
    let mut with_true = zone.to_vec();
    with_true.extend([
        "1.2.0.192.in-addr.arpa PTR a.b.example.com",
        "a.b.example.com A 192.0.2.1",
    ]);
    assert_eq!(result(&with_true, CLIENT), SpfResult::Pass);
    // "notexample.com" is not below "example.com".
    let zone = [
        "example.org TXT v=spf1 ptr:example.com -all",
        "1.2.0.192.in-addr.arpa PTR notexample.com",
        "notexample.com A 192.0.2.1",
    ];
    assert_eq!(result(&zone, CLIENT), SpfResult::Fail);
}

#[test]
fn rfc7208_section_5_5_a_failed_ptr_lookup_does_not_match() {
    let zone = ["example.org TXT v=spf1 ptr ~all", "1.2.0.192.in-addr.arpa FAIL"];
    assert_eq!(result(&zone, CLIENT), SpfResult::SoftFail);
}

#[test]
fn rfc7208_section_5_7_exists_asks_for_a_only() {
    let table = zone(&[
        "example.org TXT v=spf1 exists:x.example.org -all",
        "x.example.org AAAA 2001:db8::1",
    ]);
    let found = check(
        &table,
        &request("2001:db8::1", "", "user@example.org"),
        &Limits::default(),
    )
    .evaluation;
    assert_eq!((found.result, found.void_lookups), (SpfResult::Fail, 1));
    let zone = [
        "example.org TXT v=spf1 exists:x.example.org -all",
        "x.example.org A 127.0.0.2",
    ];
    assert_eq!(result(&zone, "2001:db8::1"), SpfResult::Pass);
}

#[test]
fn rfc7208_section_6_1_redirect_takes_the_place_of_the_record() {
    let zone = [
        "example.org TXT v=spf1 ip4:192.0.2.9 redirect=r.example.net",
        "r.example.net TXT v=spf1 a -ALL",
        "r.example.net A 192.0.2.1",
    ];
    assert_eq!(evaluate(&zone, CLIENT).mechanism.as_deref(), Some("a"));
    let found = evaluate(&zone, "192.0.2.7");
    assert_eq!(
        (found.result, found.mechanism.as_deref()),
        (SpfResult::Fail, Some("-ALL"))
    );
    assert_eq!(found.domain, "example.org");
    assert_eq!(
        found.reason(),
        "192.0.2.7 is not allowed to send for example.org: example.org redirects to the SPF record of \
         r.example.net, where '-ALL' decided"
    );
}

#[test]
fn rfc7208_section_6_1_redirect_to_nothing_is_permerror() {
    for target in ["none.example.net", "bare.example.net", "a..example.net", "%{h}"] {
        let record = format!("example.org TXT v=spf1 redirect={target}");
        let found = verdict(
            &[&record, "bare.example.net A 192.0.2.1"],
            CLIENT,
            "host",
            "user@example.org",
        )
        .evaluation;
        assert_eq!(
            (found.result, found.cause.code()),
            (SpfResult::PermError, "redirect_none"),
            "{target}"
        );
    }
}

#[test]
fn rfc7208_section_6_2_the_explanation_is_that_of_the_record_that_decided() {
    let zone = [
        "example.org TXT v=spf1 include:i.example.net redirect=r.example.net exp=own.example.net",
        "i.example.net TXT v=spf1 -all exp=included.example.net",
        "r.example.net TXT v=spf1 -all exp=redirected.example.net",
        "own.example.net TXT own",
        "included.example.net TXT included",
        "redirected.example.net TXT redirected: %{d}",
    ];
    assert_eq!(
        evaluate(&zone, CLIENT).explanation.as_deref(),
        Some("redirected: r.example.net")
    );
}

#[test]
fn rfc7208_section_6_2_the_explanation_is_asked_for_on_fail_only() {
    for (qualifier, asked) in [("-", true), ("~", false), ("?", false), ("+", false)] {
        let record = format!("example.org TXT v=spf1 {qualifier}all exp=why.example.org");
        let table = zone(&[&record, "why.example.org TXT because"]);
        let found = check(
            &table,
            &request(CLIENT, "", "user@example.org"),
            &Limits::default(),
        )
        .evaluation;
        assert_eq!(found.explanation.is_some(), asked);
        let questions = table.asked.lock().unwrap();
        assert_eq!(
            questions
                .iter()
                .any(|question| question.name == name("why.example.org")),
            asked
        );
    }
}

#[test]
fn rfc7208_section_6_2_the_explanation_is_bounded_and_one_printable_line() {
    let text = format!("why.example.org TXT {}", "%{l}".repeat(5_000));
    let zone = ["example.org TXT v=spf1 -all exp=why.example.org", &text];
    let local_part = "\x1b[31m\n".repeat(100);
    let found = verdict(&zone, CLIENT, "h", &format!("{local_part}@example.org")).evaluation;
    let explanation = found.explanation.unwrap();
    assert_eq!(explanation.len(), 1_000);
    assert!(explanation.starts_with("?[31m ?[31m "));
}

#[test]
fn rfc7208_section_7_3_p_prefers_the_domain_then_names_below_it() {
    let zone = |names: &[&str]| {
        let mut lines = vec![
            "example.org TXT v=spf1 -all exp=why.example.org".to_owned(),
            "why.example.org TXT %{p}".to_owned(),
        ];
        for name in names {
            lines.push(format!("1.2.0.192.in-addr.arpa PTR {name}"));
            lines.push(format!("{name} A 192.0.2.1"));
        }
        lines
    };
    for (names, wanted) in [
        (
            &["x.example.net", "m.example.org", "example.org"][..],
            "example.org",
        ),
        (&["x.example.net", "m.example.org"], "m.example.org"),
        (&["x.example.net", "y.example.net"], "x.example.net"),
        (&[], "unknown"),
    ] {
        let lines = zone(names);
        let found = evaluate(&lines.iter().map(String::as_str).collect::<Vec<_>>(), CLIENT);
        assert_eq!(found.explanation.as_deref(), Some(wanted));
    }
}

#[test]
fn the_trace_tells_every_step() {
    let table = zone(&[
        "example.org TXT v=spf1 include:a.example.org -all",
        "a.example.org TXT v=spf1 a:x.example.org ip4:192.0.2.1",
    ]);
    let limits = Limits::default();
    let session = Session::new(table, Clock::system(), &limits);
    let trace = Tracer::on(limits.trace_steps);
    let request = request(CLIENT, "", "user@example.org");
    block_on(check_host(
        &session,
        &request,
        Identity::MailFrom,
        &limits,
        &trace,
    ));
    let steps = trace.steps();
    let mut lines = Vec::new();
    for step in &steps {
        let (mut depth, mut at) = (0, step.parent);
        while let Some(parent) = at {
            depth += 1;
            at = steps[parent].parent;
        }
        let kind = match step.kind {
            StepKind::Check => "check",
            StepKind::Question => "question",
            StepKind::Record => "record",
            StepKind::Term => "term",
            StepKind::Limit => "limit",
            _ => "other",
        };
        lines.push(format!(
            "{}{kind} {} -> {}",
            " ".repeat(depth),
            step.subject,
            step.outcome
        ));
    }
    let decided = "192.0.2.1 is allowed to send for example.org: 'include:a.example.org' of its SPF record decided \
                   (through 'ip4:192.0.2.1' of a.example.org)";
    assert_eq!(
        lines,
        [
            &format!(
                "check SPF of the envelope sender's domain 'example.org' for 192.0.2.1 -> pass: {decided}"
            ),
            " question example.org TXT -> \"v=spf1 include:a.example.org -all\"",
            " record example.org: v=spf1 include:a.example.org -all -> 'include:a.example.org' decides",
            "  term include:a.example.org -> matches",
            "   question a.example.org TXT -> \"v=spf1 a:x.example.org ip4:192.0.2.1\"",
            "   record a.example.org: v=spf1 a:x.example.org ip4:192.0.2.1 -> 'ip4:192.0.2.1' decides",
            "    term a:x.example.org -> does not match",
            "     question x.example.org A -> no such name",
            "    term ip4:192.0.2.1 -> matches",
            " limit terms that cause DNS look-ups -> 2 of 10",
            " limit terms that ask for what does not exist -> 1 of 2",
        ]
    );
}

proptest! {
    /// Whatever is published and whoever asks: the check ends, within its limits, with a reason.
    #[test]
    fn any_records_end_within_the_limits(
        records in prop::collection::vec("v=spf1( [-~?]?(all|a|mx|ptr|a:[a-d].org|mx:[a-d].org/24|include:[a-d].org|exists:%\\{[lhoip]r?\\}.[a-d].org|ip4:192.0.2.[0-9])){0,8}( redirect=[a-d].org)?( exp=[a-d].org)?", 4),
        mail_from in "[a-z@.\"\\\\]{0,8}@[a-d]\\.org",
        helo in prop::collection::vec(any::<u8>(), 0..30),
        client in any::<std::net::IpAddr>(),
    ) {
        let mut lines = Vec::new();
        for (name, record) in ["a.org", "b.org", "c.org", "d.org"].iter().zip(&records) {
            lines.push(format!("{name} TXT {record}"));
            lines.push(format!("{name} A 192.0.2.1"));
            lines.push(format!("{name} MX 10 {name}"));
        }
        let table = zone(&lines.iter().map(String::as_str).collect::<Vec<_>>());
        let mut request = request("192.0.2.1", "", &mail_from);
        request.client = client;
        request.helo = helo.into();
        let found = check(&table, &request, &Limits::default());
        prop_assert!(found.evaluation.void_lookups <= 3);
        prop_assert!(found.evaluation.reason().is_ascii());
        // Two runs, two identities; each with eleven terms of at most eleven questions, and the explanation's.
        prop_assert!(table.asked.lock().unwrap().len() <= 4 * (11 * 12 + 13));
    }
}
