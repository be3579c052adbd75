//! Identities, records and limits: RFC 7208 sections 2 to 4.

use super::*;

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
    assert_eq!(code("192.0.2.1.", ""), "address_literal");
    assert_eq!(code("h", "user@2001:db8::1."), "address_literal");
    // An "@" within quotes parts nothing (RFC 5321 section 4.1.2).
    assert_eq!(code("h", "\"a@b.example\""), "no_domain");
    assert_eq!(code("h", "\"a\\\"@b.example\""), "no_domain");
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
