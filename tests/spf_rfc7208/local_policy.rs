//! What the receiving host decides, whatever domains publish.

use super::*;
use mailrep::dns::Question;
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
fn rfc7208_section_5_a_network_of_ipv4_mapped_addresses_is_one_of_ipv4() {
    let lines = ["example.org TXT v=spf1 -all"];
    for (network, inside, outside) in [
        ("::ffff:192.0.2.0/120", "192.0.2.255", "192.0.3.0"),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.7", "192.0.2.6"),
        ("::ffff:0:0/96", "203.0.113.1", "2001:db8::1"),
    ] {
        let policy = Policy::default().trust(network).unwrap();
        let code = |client| judged(&lines, client, &policy).0.evaluation.cause.code();
        assert_eq!(code(inside), "trusted_client", "{network}");
        assert_eq!(code(outside), "directive_matched", "{network}");
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
fn rfc7208_section_6_2_a_default_explanation_where_the_domain_gives_none() {
    let policy = Policy::default()
        .explain("%{i} may not send for %{d} (%{r})")
        .unwrap();
    let ours = "192.0.2.1 may not send for example.org (mx.receiver.example)";
    let explained = |lines: &[&str]| judged(lines, CLIENT, &policy).0.evaluation.explanation;
    assert_eq!(explained(&["example.org TXT v=spf1 -all"]).as_deref(), Some(ours));
    assert_eq!(
        explained(&["example.org TXT v=spf1 -all exp=none.example.org"]).as_deref(),
        Some(ours)
    );
    let theirs = [
        "example.org TXT v=spf1 -all exp=e.example.org",
        "e.example.org TXT theirs",
    ];
    assert_eq!(explained(&theirs).as_deref(), Some("theirs"));
    assert_eq!(explained(&["example.org TXT v=spf1 ~all"]), None);
}

#[test]
fn what_cannot_be_policy_is_refused_in_words() {
    for network in [
        "",
        "192.0.2.0/",
        "192.0.2.0/33",
        "192.0.2.0/+8",
        "::/129",
        "example.org",
        "192.0.2.0/8/8",
        "::ffff:192.0.2.0/24",
        "::ffff:192.0.2.0/95",
    ] {
        let error = Policy::default().trust(network).unwrap_err();
        assert_eq!(error, PolicyError::Network(network.into()));
        assert!(error.to_string().contains("prefix length"));
    }
    let wrong = |domain, record| Policy::default().replace(domain, record).unwrap_err().to_string();
    assert_eq!(
        wrong("example.org", "v=spf1 ipv4:192.0.2.1"),
        "the SPF record given for example.org is broken: 'ipv4:192.0.2.1' is no mechanism (did you mean 'ip4'?)"
    );
    assert_eq!(
        wrong("localhost", "v=spf1 -all"),
        "a record for 'localhost' would never apply: it is no full domain name such as example.org"
    );
    assert!(wrong("a..b", "v=spf1").starts_with("'a..b' cannot be a domain name: "));
    let error = Policy::default().explain("%{x}").unwrap_err();
    assert!(matches!(error, PolicyError::Explanation(_)));
}
