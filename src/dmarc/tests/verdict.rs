use super::*;
use crate::dmarc::{AuthorProblem, Cause, DmarcResult, Policy};
use DmarcResult::{Fail, None as NoResult, Pass, PermError, TempError};

fn zone(record: &str) -> Memory {
    Memory::default().txt("_dmarc.example.com", &[record])
}

fn result(memory: Memory, author: &str, spf: Option<Identifier>, dkim: &[Identifier]) -> Verdict {
    check(memory, &Author::from_domain(name(author)), spf, dkim).0
}

#[test]
fn appendix_b_1_1_spf_alignment_examples() {
    let spf = |author, from| {
        let verdict = result(zone("v=DMARC1; p=reject"), author, Some(passing(from)), &[]);
        (verdict.result, verdict.spf_aligned)
    };
    assert_eq!(spf("example.com", "example.com"), (Pass, true));
    assert_eq!(spf("example.com", "child.example.com"), (Pass, true));
    assert_eq!(spf("child.example.com", "example.net"), (Fail, false));
    let strict = |author, from| {
        result(
            zone("v=DMARC1; p=reject; aspf=s"),
            author,
            Some(passing(from)),
            &[],
        )
        .result
    };
    assert_eq!(strict("example.com", "example.com"), Pass);
    assert_eq!(strict("example.com", "child.example.com"), Fail);
}

#[test]
fn appendix_b_1_2_dkim_alignment_examples() {
    let dkim = |record, author, domain| {
        let verdict = result(
            zone(record),
            author,
            None,
            &[passing("other.example"), passing(domain)],
        );
        (verdict.result, verdict.dkim_aligned)
    };
    assert_eq!(
        dkim("v=DMARC1; p=reject", "example.com", "example.com"),
        (Pass, true)
    );
    assert_eq!(
        dkim("v=DMARC1; p=reject", "child.example.com", "example.com"),
        (Pass, true)
    );
    assert_eq!(
        dkim("v=DMARC1; p=reject", "child.example.com", "example.net"),
        (Fail, false)
    );
    assert_eq!(
        dkim("v=DMARC1; p=reject; adkim=s", "child.example.com", "example.com"),
        (Fail, false)
    );
}

#[test]
fn section_5_3_5_only_what_passed_counts() {
    let spf = identifier("example.com", Outcome::NoPass);
    let verdict = result(zone("v=DMARC1; p=reject"), "example.com", Some(spf), &[]);
    assert_eq!((verdict.result, verdict.spf_aligned), (Fail, false));
    assert_eq!(verdict.disposition, Some(Policy::Reject));
    assert_eq!(
        verdict.reason(),
        "example.com asks to reject mail that is not aligned: SPF did not pass for example.com, and there is no DKIM \
         signature"
    );
}

#[test]
fn section_4_7_t_lowers_the_disposition_one_step_and_not_the_policy() {
    for (p, disposition) in [
        ("none", Policy::None),
        ("quarantine", Policy::None),
        ("reject", Policy::Quarantine),
    ] {
        let verdict = result(zone(&format!("v=DMARC1; p={p}; t=y")), "example.com", None, &[]);
        assert_eq!(verdict.policy.map(Policy::as_str), Some(p));
        assert_eq!(verdict.disposition, Some(disposition));
        assert!(verdict.testing);
    }
}

#[test]
fn section_4_10_1_sp_is_for_subdomains_and_p_for_the_domain_and_pass_asks_for_nothing() {
    let verdict = result(zone("v=DMARC1; p=reject; sp=none"), "mail.example.com", None, &[]);
    assert_eq!(
        (verdict.policy, verdict.disposition),
        (Some(Policy::None), Some(Policy::None))
    );
    let spf = Some(passing("example.com"));
    let verdict = result(zone("v=DMARC1; p=reject; sp=none"), "example.com", spf, &[]);
    assert_eq!(
        (verdict.policy, verdict.disposition),
        (Some(Policy::Reject), Some(Policy::None))
    );
}

#[test]
fn section_9_2_without_a_record_the_result_is_none() {
    let verdict = result(
        Memory::default(),
        "example.com",
        Some(passing("example.com")),
        &[],
    );
    assert_eq!(verdict.result, NoResult);
    assert_eq!(
        (verdict.policy, verdict.disposition, verdict.policy_domain),
        (None, None, None)
    );
    assert_eq!(
        verdict.from_domain.as_ref().map(Name::as_str),
        Some("example.com")
    );
    let memory = Memory::default().txt("_dmarc.example.com", &["v=DMARC1;p=none", "v=DMARC1;p=reject"]);
    let verdict = result(memory, "example.com", None, &[]);
    assert_eq!(
        (verdict.result, verdict.cause.code()),
        (NoResult, "several_records")
    );
    assert_eq!(
        verdict.reason(),
        "no DMARC policy applies to example.com: example.com has 2 DMARC records, so that none of them counts"
    );
}

#[test]
fn section_9_2_an_unusable_record_is_permerror() {
    let verdict = result(
        zone("v=DMARC1; p=rejekt"),
        "example.com",
        Some(passing("example.com")),
        &[],
    );
    assert_eq!(
        (verdict.result, verdict.cause.code()),
        (PermError, "record_unusable")
    );
    assert_eq!((verdict.policy, verdict.disposition), (None, None));
    let verdict = result(
        zone("v=DMARC1; p=rejekt; rua=mailto:d@example.com"),
        "example.com",
        None,
        &[],
    );
    assert_eq!((verdict.result, verdict.disposition), (Fail, Some(Policy::None)));
}

#[test]
fn section_5_3_6_a_failure_that_hides_the_policy_is_temperror() {
    let memory = Memory::default().failing("_dmarc.example.com", RecordType::Txt);
    let verdict = result(memory, "example.com", Some(passing("example.com")), &[]);
    assert_eq!(
        (verdict.result, verdict.cause.code()),
        (TempError, "policy_unknown")
    );
    assert_eq!((verdict.policy, verdict.organizational_domain), (None, None));
    let memory = zone("v=DMARC1; p=reject").failing("_dmarc.com", RecordType::Txt);
    assert_eq!(result(memory, "mail.example.com", None, &[]).result, TempError);
}

#[test]
fn section_4_10_a_failure_above_the_stop_does_not_count() {
    let memory = zone("v=DMARC1; p=reject; psd=n").failing("_dmarc.com", RecordType::Txt);
    let verdict = result(memory, "mail.example.com", None, &[passing("other.example.com")]);
    assert_eq!(
        (verdict.result, verdict.policy_domain.as_ref().map(Name::as_str)),
        (Pass, Some("example.com"))
    );
}

#[test]
fn section_5_3_5_a_pass_that_is_certain_stands_whatever_failed() {
    let memory = || zone("v=DMARC1; p=reject").failing("_dmarc.com", RecordType::Txt);
    // Identity is certain.
    assert_eq!(
        result(memory(), "example.com", Some(passing("example.com")), &[]).result,
        Pass
    );
    // Both walks meet below the failing name: whatever stands there, it is one organization.
    assert_eq!(
        result(memory(), "example.com", Some(passing("a.example.com")), &[]).result,
        Pass
    );
    // A public suffix at com would make these two organizations.
    let memory = || memory().txt("_dmarc.other.com", &["v=DMARC1; p=none"]);
    let verdict = result(memory(), "example.com", Some(passing("other.com")), &[]);
    assert_eq!(
        (verdict.result, verdict.cause.code()),
        (TempError, "alignment_unknown")
    );
    assert_eq!(
        (verdict.policy, verdict.disposition),
        (Some(Policy::Reject), Some(Policy::None))
    );
    // What did not pass cannot make a pass of it.
    let spf = identifier("other.com", Outcome::NoPass);
    assert_eq!(result(memory(), "example.com", Some(spf), &[]).result, Fail);
    // Strict alignment needs no walk.
    let strict = zone("v=DMARC1; p=reject; aspf=s").failing("_dmarc.com", RecordType::Txt);
    assert_eq!(
        result(strict, "example.com", Some(passing("a.example.com")), &[]).result,
        Fail
    );
}

#[test]
fn section_5_3_6_a_temporary_error_of_what_might_have_passed_is_temperror() {
    let temp = |domain| Some(identifier(domain, Outcome::TempError));
    let verdict = result(
        zone("v=DMARC1; p=reject"),
        "example.com",
        temp("a.example.com"),
        &[],
    );
    assert_eq!(
        (verdict.result, verdict.cause.code()),
        (TempError, "identifier_unknown")
    );
    assert_eq!(
        result(
            zone("v=DMARC1; p=reject"),
            "example.com",
            temp("example.net"),
            &[]
        )
        .result,
        Fail
    );
    let dkim = [passing("example.com")];
    assert_eq!(
        result(
            zone("v=DMARC1; p=reject"),
            "example.com",
            temp("a.example.com"),
            &dkim
        )
        .result,
        Pass
    );
}

#[test]
fn appendix_a_4_not_knowing_whether_a_domain_exists_is_temperror_unless_it_passes() {
    let memory = || {
        zone("v=DMARC1; p=none; np=reject")
            .answering(
                Question::new(name("x.example.com"), RecordType::A),
                Answer::Failure(Failure::Timeout),
            )
            .answering(
                Question::new(name("_dmarc.x.example.com"), RecordType::Txt),
                Answer::NoSuchName { ttl: None },
            )
    };
    let verdict = result(memory(), "x.example.com", None, &[]);
    assert_eq!(
        (verdict.result, verdict.cause.code()),
        (TempError, "existence_unknown")
    );
    assert_eq!((verdict.policy, verdict.disposition), (None, None));
    assert_eq!(
        result(memory(), "x.example.com", None, &[passing("example.com")]).result,
        Pass
    );
}

#[test]
fn section_5_3_1_without_an_author_domain_it_is_permerror() {
    for (value, code) in [
        ("Ann", "from_without_address"),
        ("a@[192.0.2.1]", "from_address_literal"),
        ("a@b..c", "from_domain_malformed"),
    ] {
        let (verdict, asked) = check(Memory::default(), &from(value), Some(passing("example.com")), &[]);
        assert_eq!((verdict.result, verdict.cause.code()), (PermError, code));
        assert_eq!(
            (verdict.from_domain, verdict.policy, asked.len()),
            (None, None, 0)
        );
    }
}

#[test]
fn section_11_5_all_author_domains_are_judged_and_the_strictest_that_fails_stands() {
    let memory = || {
        zone("v=DMARC1; p=quarantine")
            .txt("_dmarc.example.net", &["v=DMARC1; p=none"])
            .txt("_dmarc.bank.example", &["v=DMARC1; p=reject"])
    };
    let author = from("a@example.net, b@bank.example, c@example.com");
    let (verdict, _) = check(memory(), &author, Some(passing("example.net")), &[]);
    assert_eq!(
        (verdict.result, verdict.disposition),
        (Fail, Some(Policy::Reject))
    );
    assert_eq!(
        verdict.from_domain.as_ref().map(Name::as_str),
        Some("bank.example")
    );
    let dkim = [passing("bank.example"), passing("example.com")];
    let (verdict, _) = check(memory(), &author, Some(passing("example.net")), &dkim);
    assert_eq!(verdict.result, Pass);
    // One of the author domains has no record: the message as a whole does not pass.
    let author = from("a@example.net, b@unprotected.example");
    let (verdict, _) = check(memory(), &author, Some(passing("example.net")), &[]);
    assert_eq!(
        (verdict.result, verdict.from_domain.as_ref().map(Name::as_str)),
        (NoResult, Some("unprotected.example"))
    );
}

#[test]
fn section_4_4_a_message_with_a_repeated_from_can_fail_but_not_pass() {
    let mut header = HeaderFields::default();
    header.push(b"From: a@example.net\r\n");
    header.push(b"From: b@example.com\r\n");
    let author = crate::dmarc::author(&header);
    let memory = || zone("v=DMARC1; p=reject").txt("_dmarc.example.net", &["v=DMARC1; p=none"]);
    let (verdict, _) = check(memory(), &author, Some(passing("example.net")), &[]);
    assert_eq!(
        (verdict.result, verdict.disposition),
        (Fail, Some(Policy::Reject))
    );
    assert!(verdict.reason().ends_with(
        "; moreover, the message has 2 From fields where exactly one is allowed, so its author cannot be told"
    ));
    let (verdict, _) = check(
        memory(),
        &author,
        Some(passing("example.net")),
        &[passing("example.com")],
    );
    assert_eq!(verdict.result, PermError);
    assert_eq!(verdict.cause, Cause::Author(AuthorProblem::SeveralFrom(2)));
    assert_eq!(
        (verdict.policy, verdict.disposition, verdict.spf_aligned),
        (None, None, false)
    );
}

#[test]
fn a_header_that_was_cut_proves_nothing() {
    let author = Author::from_domain(name("example.com")).with_problem(AuthorProblem::HeaderIncomplete);
    let (verdict, _) = check(
        zone("v=DMARC1; p=reject"),
        &author,
        Some(passing("example.com")),
        &[],
    );
    assert_eq!(
        (verdict.result, verdict.cause.code()),
        (PermError, "header_incomplete")
    );
}

#[test]
fn an_identifier_that_was_not_looked_up_is_no_silent_failure() {
    let author = Author::from_domain(name("example.com"));
    let (_, session) = zone("v=DMARC1; p=reject").session(&Limits::default());
    let trace = Tracer::off();
    let discovery = discover(&session, &author, &[], &trace).now_or_never().unwrap();
    let verdict = evaluate(&discovery, Some(&passing("a.example.com")), &[]);
    assert_eq!(
        (verdict.result, verdict.cause.code()),
        (PermError, "not_looked_up")
    );
    assert_eq!(
        evaluate(&discovery, Some(&passing("a.example.org")), &[]).result,
        Fail
    );
    assert_eq!(
        evaluate(&discovery, Some(&passing("example.com")), &[]).result,
        Pass
    );
}

#[test]
fn reasons_are_sentences() {
    let memory = || zone("v=DMARC1; p=reject");
    let spf = Some(passing("bounce.example.net"));
    let verdict = result(
        memory(),
        "example.com",
        spf.clone(),
        &[identifier("example.net", Outcome::NoPass)],
    );
    assert_eq!(
        verdict.reason(),
        "example.com asks to reject mail that is not aligned: SPF passed for bounce.example.net, which is another \
         organization, and no DKIM signature passed, none of them being of example.com"
    );
    let verdict = result(
        memory(),
        "mail.example.com",
        spf,
        &[identifier("example.com", Outcome::NoPass)],
    );
    assert_eq!(
        verdict.reason(),
        "example.com asks to reject mail that is not aligned with mail.example.com, the domain in From: SPF passed for \
         bounce.example.net, which is another organization, and the DKIM signature of example.com did not pass"
    );
    let verdict = result(memory(), "example.com", None, &[passing("a.example.com")]);
    assert_eq!(
        verdict.reason(),
        "a DKIM signature of a.example.com passed, which belongs to the same organization (example.com) as example.com, \
         the domain in From"
    );
    let memory = Memory::default().failing("_dmarc.example.com", RecordType::Txt);
    assert_eq!(
        result(memory, "example.com", None, &[]).reason(),
        "the DMARC policy for example.com could not be found out: _dmarc.example.com could not be looked up: the server \
         failed (SERVFAIL)"
    );
}

#[test]
fn section_5_3_6_a_pass_of_the_author_domain_is_certain_where_a_record_is_known_to_apply() {
    let memory = || Memory::default().failing("_dmarc.org", RecordType::Txt);
    let with_record = || memory().txt("_dmarc.example.org", &["v=DMARC1; p=reject"]);
    let author = Author::from_domain(name("mail.example.org"));
    let result = |memory, spf: &str| check(memory, &author, Some(passing(spf)), &[]).0.result;
    assert_eq!(result(with_record(), "mail.example.org"), DmarcResult::Pass);
    // Whether relaxed alignment is allowed, the record above might decide.
    assert_eq!(result(with_record(), "example.org"), DmarcResult::TempError);
    // There may be no record, and then it is none.
    assert_eq!(result(memory(), "mail.example.org"), DmarcResult::TempError);
    let unusable = memory().txt("_dmarc.example.org", &["v=DMARC1; p=perhaps"]);
    assert_eq!(result(unusable, "mail.example.org"), DmarcResult::TempError);
}
