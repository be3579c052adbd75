use super::*;
use crate::dmarc::{Absence, Discovery, DmarcResult, Found, Policy, PolicyFinding, Walk};

fn look_up(memory: Memory, author: &str, candidates: &[&str]) -> (Discovery, Vec<String>) {
    let (memory, session) = memory.session(&Limits::default());
    let candidates: Vec<Name> = candidates.iter().map(|at| name(at)).collect();
    let author = Author::from_domain(name(author));
    let trace = Tracer::off();
    let discovery = discover(&session, &author, &candidates, &trace)
        .now_or_never()
        .unwrap();
    (discovery, memory.asked())
}

/// The names of a walk that count, from the first to the one it stopped at.
fn counted(discovery: &Discovery, start: &str) -> Vec<String> {
    let walk = discovery.walk(&name(start)).unwrap();
    walk.steps().map(|step| format!("_dmarc.{}", step.at)).collect()
}

fn organizational(discovery: &Discovery, start: &str) -> String {
    discovery.walk(&name(start)).unwrap().organizational().to_string()
}

#[test]
fn section_4_10_a_full_walk_asks_eight_names() {
    let targets = Walk::targets(&name("a.b.c.d.e.f.g.h.i.j.mail.example.com"));
    let targets: Vec<&str> = targets.iter().map(Name::as_str).collect();
    assert_eq!(
        targets,
        [
            "a.b.c.d.e.f.g.h.i.j.mail.example.com",
            "g.h.i.j.mail.example.com",
            "h.i.j.mail.example.com",
            "i.j.mail.example.com",
            "j.mail.example.com",
            "mail.example.com",
            "example.com",
            "com"
        ]
    );
}

#[test]
fn section_4_10_step_4_seven_eight_and_nine_labels() {
    let count = |text: &str| {
        let targets = Walk::targets(&name(text));
        (targets.len(), targets.get(1).map(Name::label_count))
    };
    assert_eq!(count("com"), (1, None));
    assert_eq!(count("a.com"), (2, Some(1)));
    assert_eq!(count("a.b.c.d.e.f.com"), (7, Some(6)));
    assert_eq!(count("a.b.c.d.e.f.g.com"), (8, Some(7)));
    assert_eq!(count("a.b.c.d.e.f.g.h.com"), (8, Some(7)));
}

#[test]
fn appendix_b_4_1_simple_organizational_and_policy_example() {
    let memory = Memory::default()
        .txt("_dmarc.example.com", &["v=DMARC1; p=reject"])
        .txt("_dmarc.signing.example.com", &["v=DMARC1; p=none"])
        .txt("com", &["a top-level domain"]);
    let (discovery, asked) = look_up(memory, "example.com", &["example.com", "signing.example.com"]);
    // Each name once, all at once: the walk for signing.example.com needs one name more than the author's.
    assert_eq!(
        asked,
        [
            "_dmarc.example.com TXT",
            "_dmarc.com TXT",
            "_dmarc.signing.example.com TXT"
        ]
    );
    assert_eq!(
        counted(&discovery, "example.com"),
        ["_dmarc.example.com", "_dmarc.com"]
    );
    assert_eq!(
        counted(&discovery, "signing.example.com"),
        ["_dmarc.signing.example.com", "_dmarc.example.com", "_dmarc.com"]
    );
    assert_eq!(organizational(&discovery, "example.com"), "example.com");
    assert_eq!(organizational(&discovery, "signing.example.com"), "example.com");
    let verdict = evaluate(
        &discovery,
        Some(&passing("example.com")),
        &[passing("signing.example.com")],
    );
    assert!(verdict.spf_aligned && verdict.dkim_aligned);
    assert_eq!(verdict.result, DmarcResult::Pass);
    assert_eq!(
        verdict.policy_domain.as_ref().map(Name::as_str),
        Some("example.com")
    );
    assert_eq!(verdict.policy, Some(Policy::Reject));
}

#[test]
fn appendix_b_4_2_deep_tree_walk_example() {
    let author = "a.b.c.d.e.f.g.h.i.j.k.example.com";
    let memory = Memory::default()
        .txt("_dmarc.example.com", &["v=DMARC1; p=reject; sp=quarantine"])
        .txt("_dmarc.signing.example.com", &["v=DMARC1; p=none"]);
    let (discovery, asked) = look_up(memory, author, &["example.com", "signing.example.com"]);
    assert_eq!(
        asked,
        [
            "_dmarc.a.b.c.d.e.f.g.h.i.j.k.example.com TXT",
            "_dmarc.g.h.i.j.k.example.com TXT",
            "_dmarc.h.i.j.k.example.com TXT",
            "_dmarc.i.j.k.example.com TXT",
            "_dmarc.j.k.example.com TXT",
            "_dmarc.k.example.com TXT",
            "_dmarc.example.com TXT",
            "_dmarc.com TXT",
            "_dmarc.signing.example.com TXT",
        ]
    );
    // The names that count are all those of the walk, in their order: only the last two have a record, or may have one.
    assert_eq!(
        counted(&discovery, author),
        [
            "_dmarc.a.b.c.d.e.f.g.h.i.j.k.example.com",
            "_dmarc.g.h.i.j.k.example.com",
            "_dmarc.h.i.j.k.example.com",
            "_dmarc.i.j.k.example.com",
            "_dmarc.j.k.example.com",
            "_dmarc.k.example.com",
            "_dmarc.example.com",
            "_dmarc.com",
        ]
    );
    assert_eq!(
        counted(&discovery, "example.com"),
        ["_dmarc.example.com", "_dmarc.com"]
    );
    assert_eq!(
        counted(&discovery, "signing.example.com"),
        ["_dmarc.signing.example.com", "_dmarc.example.com", "_dmarc.com"]
    );
    for start in [author, "example.com", "signing.example.com"] {
        assert_eq!(organizational(&discovery, start), "example.com");
    }
    let verdict = evaluate(
        &discovery,
        Some(&passing("example.com")),
        &[passing("signing.example.com")],
    );
    assert!(verdict.spf_aligned && verdict.dkim_aligned);
    assert_eq!(
        verdict.policy_domain.as_ref().map(Name::as_str),
        Some("example.com")
    );
    assert_eq!(verdict.policy, Some(Policy::Quarantine));
}

#[test]
fn appendix_b_4_3_example_with_a_psd_policy_record() {
    let memory = Memory::default()
        .txt("_dmarc.bank.example", &["v=DMARC1; p=none; psd=y"])
        .txt("_dmarc.giant.bank.example", &["v=DMARC1; p=reject"]);
    let candidates = ["mail.giant.bank.example", "mail.mega.bank.example"];
    let (discovery, asked) = look_up(memory, "giant.bank.example", &candidates);
    assert_eq!(
        asked,
        [
            "_dmarc.giant.bank.example TXT",
            "_dmarc.bank.example TXT",
            "_dmarc.example TXT",
            "_dmarc.mail.giant.bank.example TXT",
            "_dmarc.mail.mega.bank.example TXT",
            "_dmarc.mega.bank.example TXT",
        ]
    );
    // The walks stop at psd=y: _dmarc.example was asked beside the others and does not count.
    assert_eq!(
        counted(&discovery, "giant.bank.example"),
        ["_dmarc.giant.bank.example", "_dmarc.bank.example"]
    );
    assert_eq!(
        counted(&discovery, "mail.giant.bank.example"),
        [
            "_dmarc.mail.giant.bank.example",
            "_dmarc.giant.bank.example",
            "_dmarc.bank.example"
        ]
    );
    assert_eq!(
        counted(&discovery, "mail.mega.bank.example"),
        [
            "_dmarc.mail.mega.bank.example",
            "_dmarc.mega.bank.example",
            "_dmarc.bank.example"
        ]
    );
    assert_eq!(
        organizational(&discovery, "giant.bank.example"),
        "giant.bank.example"
    );
    assert_eq!(
        organizational(&discovery, "mail.giant.bank.example"),
        "giant.bank.example"
    );
    assert_eq!(
        organizational(&discovery, "mail.mega.bank.example"),
        "mega.bank.example"
    );
    let spf = passing("mail.giant.bank.example");
    let verdict = evaluate(&discovery, Some(&spf), &[passing("mail.mega.bank.example")]);
    assert!(verdict.spf_aligned && !verdict.dkim_aligned);
    assert_eq!(
        verdict.policy_domain.as_ref().map(Name::as_str),
        Some("giant.bank.example")
    );
}

#[test]
fn section_4_10_2_the_three_closing_examples() {
    let memory = Memory::default()
        .txt("_dmarc.mail.example.com", &["v=DMARC1; p=none"])
        .txt("_dmarc.example.com", &["v=DMARC1; p=none; sp=reject"]);
    let (discovery, _) = look_up(memory, "a.mail.example.com", &[]);
    assert_eq!(organizational(&discovery, "a.mail.example.com"), "example.com");
    // Section 4.10.1: records between the author domain and its organizational domain set no policy.
    let Some(PolicyFinding::Record { at, policy, .. }) = discovery.policies().next() else {
        panic!("{discovery:?}");
    };
    assert_eq!((at.as_str(), policy), ("example.com", Ok(Policy::Reject)));
    let memory = Memory::default()
        .txt("_dmarc.mail.example.com", &["v=DMARC1; p=none; psd=n"])
        .txt("_dmarc.example.com", &["v=DMARC1; p=none"]);
    let (discovery, _) = look_up(memory, "a.mail.example.com", &[]);
    assert_eq!(
        organizational(&discovery, "a.mail.example.com"),
        "mail.example.com"
    );
    let memory = Memory::default().txt("_dmarc.com", &["v=DMARC1; p=reject; psd=y"]);
    let (discovery, _) = look_up(memory, "a.mail.example.com", &[]);
    assert_eq!(organizational(&discovery, "a.mail.example.com"), "example.com");
    // Section 4.10.1: the public suffix's record applies where the organizational domain has none.
    let Some(PolicyFinding::Record { at, policy, .. }) = discovery.policies().next() else {
        panic!("{discovery:?}");
    };
    assert_eq!((at.as_str(), policy), ("com", Ok(Policy::Reject)));
}

#[test]
fn section_4_10_2_psd_y_where_the_walk_begins_is_the_organizational_domain() {
    let memory = Memory::default().txt("_dmarc.bank.example", &["v=DMARC1; p=reject; psd=y"]);
    let (discovery, _) = look_up(memory, "bank.example", &[]);
    assert_eq!(organizational(&discovery, "bank.example"), "bank.example");
    assert_eq!(counted(&discovery, "bank.example"), ["_dmarc.bank.example"]);
}

#[test]
fn section_4_10_2_without_a_record_the_initial_target_is_the_organizational_domain() {
    let (discovery, asked) = look_up(Memory::default(), "a.mail.example.com", &[]);
    assert_eq!(
        organizational(&discovery, "a.mail.example.com"),
        "a.mail.example.com"
    );
    assert_eq!(asked.len(), 4);
}

#[test]
fn section_4_10_step_2_of_several_records_none_counts_and_others_are_discarded() {
    let memory = Memory::default()
        .txt(
            "_dmarc.mail.example.com",
            &["v=DMARC1; p=reject", "v=DMARC1; p=none"],
        )
        .txt(
            "_dmarc.example.com",
            &["v=spf1 -all", "v=DMARC1; p=quarantine", "V=dmarc1; p=none"],
        );
    let (discovery, _) = look_up(memory, "mail.example.com", &[]);
    let walk = discovery.walk(&name("mail.example.com")).unwrap();
    let first = walk.steps().next().unwrap();
    assert_eq!(first.found, &Found::Nothing(Absence::Several(2)));
    let Some(PolicyFinding::Record { at, policy, .. }) = discovery.policies().next() else {
        panic!("{discovery:?}");
    };
    assert_eq!((at.as_str(), policy), ("example.com", Ok(Policy::Quarantine)));
}

#[test]
fn a_candidate_that_is_the_author_domain_or_shares_no_label_is_never_walked() {
    let memory = Memory::default().txt("_dmarc.example.com", &["v=DMARC1; p=reject"]);
    let (_, asked) = look_up(
        memory,
        "example.com",
        &["example.com", "mail.example.net", "example.org"],
    );
    assert_eq!(asked, ["_dmarc.example.com TXT", "_dmarc.com TXT"]);
}

#[test]
fn a_candidate_that_shares_only_a_top_level_domain_is_walked_if_that_is_the_organizational_domain() {
    let memory = Memory::default().txt("_dmarc.example.com", &["v=DMARC1; p=reject"]);
    let (discovery, asked) = look_up(memory, "example.com", &["mail.other.com"]);
    assert_eq!(asked, ["_dmarc.example.com TXT", "_dmarc.com TXT"]);
    let verdict = evaluate(&discovery, Some(&passing("mail.other.com")), &[]);
    assert_eq!(verdict.result, DmarcResult::Fail);

    let memory = Memory::default()
        .txt("_dmarc.com", &["v=DMARC1; p=reject"])
        .txt("_dmarc.mail.third.com", &["v=DMARC1; p=none; psd=n"]);
    let (discovery, asked) = look_up(memory, "example.com", &["mail.other.com", "mail.third.com"]);
    assert_eq!(
        asked,
        [
            "_dmarc.example.com TXT",
            "_dmarc.com TXT",
            "_dmarc.mail.other.com TXT",
            "_dmarc.other.com TXT",
            "_dmarc.mail.third.com TXT",
            "_dmarc.third.com TXT"
        ]
    );
    let verdict = evaluate(
        &discovery,
        Some(&passing("mail.other.com")),
        &[passing("mail.third.com")],
    );
    assert!(verdict.spf_aligned && !verdict.dkim_aligned);
}

#[test]
fn candidates_and_questions_are_bounded() {
    let many: Vec<String> = (0..500).map(|at| format!("d{at}.example.com")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let (_, asked) = look_up(Memory::default(), "example.com", &many);
    assert_eq!(asked.len(), 2 + crate::dmarc::MOST_CANDIDATES);
}

#[test]
fn a_name_too_long_for_the_label_before_it_is_not_asked_and_holds_nothing() {
    let label = "a".repeat(62);
    let long = format!("{label}.{label}.{label}.{label}");
    let memory = Memory::default().txt("_dmarc.example.com", &["v=DMARC1; p=reject"]);
    let (discovery, asked) = look_up(memory, &long, &[]);
    assert_eq!(asked.len(), 3);
    assert!(discovery.policies().eq([PolicyFinding::None]));
}

#[test]
fn appendix_a_4_np_is_for_domains_that_do_not_exist() {
    let zone = || {
        Memory::default().txt(
            "_dmarc.example.com",
            &["v=DMARC1; p=none; sp=quarantine; np=reject"],
        )
    };
    let policy = |memory, author| {
        let (discovery, asked) = look_up(memory, author, &[]);
        let Some(PolicyFinding::Record { policy, .. }) = discovery.policies().next() else {
            panic!("{discovery:?}");
        };
        (
            policy.unwrap(),
            asked.iter().any(|question| question.ends_with(" A")),
        )
    };
    assert_eq!(policy(zone(), "none.example.com"), (Policy::Reject, true));
    // Any record makes it exist, and so does anything below it (RFC 8020).
    assert_eq!(
        policy(zone().txt("www.example.com", &["x"]), "www.example.com"),
        (Policy::Quarantine, true)
    );
    let below = zone().address("a.b.example.com", "192.0.2.1");
    assert_eq!(policy(below, "b.example.com"), (Policy::Quarantine, true));
    // _dmarc below it answered: no further question.
    let below = zone().txt("_dmarc.www.example.com", &["x"]);
    assert_eq!(policy(below, "www.example.com"), (Policy::Quarantine, false));
    // The domain itself, and a record where it makes no difference.
    assert_eq!(policy(zone(), "example.com"), (Policy::None, false));
    let same = Memory::default().txt("_dmarc.example.com", &["v=DMARC1; p=none; sp=reject"]);
    assert_eq!(policy(same, "none.example.com"), (Policy::Reject, false));
}
