//! Mechanisms, modifiers and macros: RFC 7208 sections 5 to 7; reasons and the trace.

use super::*;

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
fn rfc7208_section_5_4_the_order_of_the_answer_decides_nothing() {
    let hosts = [
        "example.org MX 10 g.example.org",
        "example.org MX 10 f.example.org",
    ];
    for (first, last) in [(0, 1), (1, 0)] {
        let found = evaluate(
            &[
                "example.org TXT v=spf1 mx -all",
                hosts[first],
                hosts[last],
                "f.example.org FAIL",
                "g.example.org A 192.0.2.1",
            ],
            CLIENT,
        );
        assert_eq!(found.result, SpfResult::TempError);
    }
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
fn reasons_stay_short_whatever_is_published() {
    let record = format!(
        "example.org TXT v=spf1 exists:{}example.net -all",
        "%{d}.".repeat(10_000)
    );
    let mut limits = Limits::default();
    for lookups in [10, 0] {
        limits.spf_dns_lookups = lookups;
        let table = zone(&[&record, "net A 192.0.2.1", "example.net A 192.0.2.1"]);
        let found = check(&table, &request(CLIENT, "", "user@example.org"), &limits).evaluation;
        assert!(found.reason().len() < 400, "{}", found.reason());
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
