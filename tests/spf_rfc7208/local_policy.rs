//! What the receiving host decides, whatever domains publish.

use super::*;
use mailrep::dns::Question;
use mailrep::spf::lint::{Found, Report, lint};
use mailrep::spf::{Environment, Policy, PolicyError, verify};

/// The verdict on user@example.org, and what was asked for it.
fn judged(lines: &[&str], client: &str, policy: &Policy) -> (Verdict, Vec<Question>) {
    let (table, limits) = (zone(lines), Limits::default());
    let session = Session::new(Arc::clone(&table), Clock::system(), &limits);
    let verdict = block_on(verify(
        &session,
        &request(client, "helo.example.net", "user@example.org"),
        Environment::from(&limits).with_policy(policy),
        &Tracer::off(),
    ));
    let asked = table.asked.lock().unwrap().clone();
    (verdict, asked)
}

#[test]
fn trusted_clients_are_not_checked() {
    let policy = Policy::default().trust("192.0.2.0/24").unwrap();
    let policy = policy.trust("2001:db8::1").unwrap();
    let lines = ["example.org TXT v=spf1 -all"];
    for client in ["192.0.2.255", "::ffff:192.0.2.1", "2001:db8::1"] {
        let (verdict, asked) = judged(&lines, client, &policy);
        for found in [&verdict.evaluation, verdict.helo.as_ref().unwrap()] {
            assert_eq!(
                (found.result, found.cause.code()),
                (SpfResult::None, "trusted_client")
            );
        }
        assert!(asked.is_empty());
        assert!(
            verdict
                .evaluation
                .reason()
                .ends_with("is trusted by local policy, so SPF was not checked")
        );
    }
    for client in ["192.0.3.0", "2001:db8::2"] {
        let (verdict, _) = judged(&lines, client, &policy);
        assert_eq!(verdict.evaluation.result, SpfResult::Fail);
    }
}

#[test]
fn rfc7208_section_5_an_ipv4_mapped_network_is_the_ipv4_network() {
    let lines = ["example.org TXT v=spf1 -all"];
    for (network, trusted, not) in [
        ("::ffff:192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("::ffff:192.0.2.0/120", "192.0.2.255", "192.0.3.0"),
        ("::ffff:0:0/96", "203.0.113.9", "2001:db8::1"),
        ("::/0", "2001:db8::1", "192.0.2.1"),
    ] {
        let policy = Policy::default().trust(network).unwrap();
        let result = |client| judged(&lines, client, &policy).0.evaluation.result;
        assert_eq!(
            (result(trusted), result(not)),
            (SpfResult::None, SpfResult::Fail),
            "{network}"
        );
    }
}

#[test]
fn a_record_of_local_policy_stands_for_what_the_domain_publishes() {
    let policy = Policy::default();
    let policy = policy
        .replace("Example.ORG.", "v=spf1 include:b.example.net -all")
        .unwrap();
    let policy = policy.replace("b.example.net", "v=spf1 ip4:192.0.2.1").unwrap();
    for lines in [
        &["example.org TXT v=spf1 -all", "example.org TXT v=spf1 -all"][..],
        &["example.org FAIL"],
        &[],
    ] {
        let (verdict, asked) = judged(lines, CLIENT, &policy);
        assert_eq!(verdict.evaluation.result, SpfResult::Pass);
        assert!(
            asked
                .iter()
                .all(|question| question.to_string() == "helo.example.net TXT")
        );
        assert_eq!(
            judged(lines, "192.0.2.2", &policy).0.evaluation.result,
            SpfResult::Fail
        );
    }
}

#[test]
fn a_verdict_names_the_domains_whose_record_local_policy_replaces() {
    let policy = |domains: &[&str]| {
        domains.iter().fold(Policy::default(), |policy, domain| {
            policy.replace(domain, "v=spf1 ip4:198.51.100.1").unwrap()
        })
    };
    let including = |domains: &[&str]| {
        let includes: String = domains
            .iter()
            .map(|domain| format!(" include:{domain}"))
            .collect();
        format!("example.org TXT v=spf1{includes} -all")
    };
    let names = ["a.example.net", "b.example.net", "c.example.net", "d.example.net"];
    for (count, told) in [
        (1, "the SPF record of a.example.net"),
        (2, "the SPF records of a.example.net and b.example.net"),
        (
            3,
            "the SPF records of a.example.net, b.example.net and c.example.net",
        ),
        (
            4,
            "the SPF records of a.example.net, b.example.net, c.example.net and 1 more",
        ),
    ] {
        // Some are replaced that nothing leads to, and one is come to twice.
        let reached = &names[..count];
        let twice = [reached, &names[..1]].concat();
        let (verdict, _) = judged(&[&including(&twice)], CLIENT, &policy(&names));
        let found = verdict.evaluation;
        assert_eq!(found.result, SpfResult::Fail);
        let replaced: Vec<String> = found.local_records.iter().map(ToString::to_string).collect();
        assert_eq!(replaced, reached);
        assert_eq!(
            found.reason(),
            format!("{}; local policy replaces {told}", found.cause)
        );
        assert!(verdict.helo.unwrap().local_records.is_empty());
    }
    let (verdict, _) = judged(&["example.org TXT v=spf1 -all"], CLIENT, &policy(&names));
    assert_eq!(verdict.evaluation.reason(), verdict.evaluation.cause.to_string());
}

#[test]
fn what_replaces_a_record_may_be_broken_or_none() {
    for (text, result, code) in [
        ("v=spf1 ipv4:192.0.2.1", SpfResult::PermError, "syntax"),
        ("v=spf1-all", SpfResult::None, "no_record"),
        ("v=spf1 +all", SpfResult::Pass, "directive_matched"),
    ] {
        let policy = Policy::default().replace_with_text("example.org", text).unwrap();
        let (verdict, _) = judged(&["example.org TXT v=spf1 ?all"], CLIENT, &policy);
        let found = verdict.evaluation;
        assert_eq!((found.result, found.cause.code()), (result, code), "{text}");
        assert!(
            found
                .reason()
                .ends_with("; local policy replaces the SPF record of example.org")
        );
    }
}

fn linted(lines: &[&str], domain: &str, policy: &Policy) -> (Report, Vec<Question>) {
    let (table, limits) = (zone(lines), Limits::default());
    let session = Session::new(Arc::clone(&table), Clock::system(), &limits);
    let environment = Environment::from(&limits).with_policy(policy);
    let report = block_on(lint(&session, &name(domain), environment, &Tracer::off()));
    let asked = table.asked.lock().unwrap().clone();
    (report, asked)
}

#[test]
fn the_linter_looks_at_what_local_policy_gives_in_place_of_what_is_published() {
    let policy = Policy::default()
        .replace_with_text("Example.ORG", "v=spf1 include:b.example.net ipv4:192.0.2.1 -all")
        .unwrap()
        .replace_with_text("b.example.net", "v=spf1 ptr")
        .unwrap();
    let lines = ["example.org TXT v=spf1 -all", "b.example.net TXT v=spf1 -all"];
    let (report, asked) = linted(&lines, "example.org", &policy);
    let found: Vec<_> = report
        .findings
        .iter()
        .map(|finding| (finding.code(), finding.domain.to_string()))
        .collect();
    // That of another domain is looked through as one's own: who gives it can change it.
    assert!(found.contains(&("syntax", "example.org".into())), "{found:?}");
    assert!(found.contains(&("ptr", "b.example.net".into())), "{found:?}");
    assert!(report.tree.local && report.tree.children[0].local);
    assert_eq!(
        report.record().as_deref(),
        Some("v=spf1 include:b.example.net ipv4:192.0.2.1 -all")
    );
    assert!(
        asked.iter().all(|question| question.kind != RecordType::Txt),
        "{asked:?}"
    );
    // Without policy the same walk is of what is published.
    let (report, _) = linted(&lines, "example.org", &Policy::default());
    assert!(report.findings.is_empty() && !report.tree.local);
}

#[test]
fn the_linter_says_so_of_a_text_that_is_no_record() {
    let given = |text| {
        let policy = Policy::default().replace_with_text("example.org", text).unwrap();
        linted(&["example.org TXT v=spf1 -all"], "example.org", &policy).0
    };
    let codes =
        |report: &Report| -> Vec<_> { report.findings.iter().map(|finding| finding.code()).collect() };
    for (text, code) in [
        ("v=spf1-all", "near_miss"),
        ("hello", "no_record"),
        ("", "no_record"),
    ] {
        let report = given(text);
        assert_eq!(codes(&report), [code], "{text}");
        assert_eq!((&report.tree.found, report.tree.local), (&Found::NoRecord, true));
    }
}

#[test]
fn rfc7208_section_6_2_a_default_explanation_where_the_domain_gives_none() {
    let policy = Policy::default()
        .explain("%{i} may not send for %{d} (%{r})")
        .unwrap();
    let ours = "192.0.2.1 may not send for example.org (mx.receiver.example)";
    let explained = |lines: &[&str]| {
        let found = judged(lines, CLIENT, &policy).0.evaluation;
        (found.explanation, found.local_explanation)
    };
    let ours = (Some(ours.to_owned()), true);
    assert_eq!(explained(&["example.org TXT v=spf1 -all"]), ours);
    assert_eq!(
        explained(&["example.org TXT v=spf1 -all exp=none.example.org"]),
        ours
    );
    let theirs = [
        "example.org TXT v=spf1 -all exp=e.example.org",
        "e.example.org TXT theirs",
    ];
    assert_eq!(explained(&theirs), (Some("theirs".into()), false));
    assert_eq!(explained(&["example.org TXT v=spf1 ~all"]), (None, false));
}

#[test]
fn what_cannot_be_policy_is_refused_in_words() {
    for network in [
        "",
        "192.0.2.0/",
        "192.0.2.0/33",
        "192.0.2.0/+8",
        "::/129",
        "::ffff:192.0.2.0/95",
        "example.org",
        "192.0.2.0/8/8",
        "::ffff:192.0.2.0/24",
    ] {
        let error = Policy::default().trust(network).unwrap_err();
        assert!(matches!(error, PolicyError::Network(_)));
        assert!(
            error
                .to_string()
                .starts_with(&format!("'{network}' is no network"))
        );
    }
    let wrong = |domain, record| Policy::default().replace(domain, record).unwrap_err().to_string();
    assert_eq!(
        wrong("example.org", "v=spf1 ipv4:192.0.2.1"),
        "the SPF record given for example.org is broken: 'ipv4:192.0.2.1' is no mechanism (did you mean 'ip4'?)"
    );
    assert!(wrong("a..b", "v=spf1").starts_with("'a..b' cannot be a domain name: "));
    assert_eq!(
        wrong("localhost", "v=spf1"),
        "'localhost' has one label only, and SPF checks no such domain"
    );
    // Names have no case, and U-labels are A-labels.
    for again in ["EXAMPLE.org.", "example.org"] {
        let policy = Policy::default().replace("example.org", "v=spf1 -all").unwrap();
        assert_eq!(
            policy.replace(again, "v=spf1 -all").unwrap_err().to_string(),
            "two SPF records are given for example.org, and only one can stand for what it publishes"
        );
    }
    let error = Policy::default().explain("%{x}").unwrap_err();
    assert!(matches!(error, PolicyError::Explanation(_)));
}
