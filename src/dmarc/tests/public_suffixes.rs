//! Organizational domains by the public suffix list, as RFC 7489 sections 3.2 and 6.6.3 have them.

use super::*;
use crate::dmarc::{DmarcResult, OrganizationalDomains, Policy, discover_with};

fn listed(memory: Memory, author: &str, spf: Option<&str>) -> (Verdict, Vec<String>) {
    let (memory, session) = memory.session(&Limits::default());
    let spf = spf.map(passing);
    let candidates: Vec<Name> = spf.iter().map(|one| one.domain.clone()).collect();
    let author = Author::from_domain(name(author));
    let how = OrganizationalDomains::PublicSuffixList;
    let trace = Tracer::off();
    let discovery = discover_with(&session, &author, &candidates, how.into(), &trace)
        .now_or_never()
        .unwrap();
    (evaluate(&discovery, spf.as_ref(), &[]), memory.asked())
}

#[test]
fn rfc7489_section_6_6_3_the_author_domain_is_asked_and_then_its_organizational_domain() {
    let memory = || Memory::default().txt("_dmarc.example.co.uk", &["v=DMARC1; p=reject; sp=quarantine"]);
    let (verdict, asked) = listed(memory(), "a.b.example.co.uk", None);
    assert_eq!(
        asked,
        ["_dmarc.a.b.example.co.uk TXT", "_dmarc.example.co.uk TXT"]
    );
    assert_eq!(verdict.policy, Some(Policy::Quarantine));
    assert_eq!(
        verdict.organizational_domain.as_ref().map(Name::as_str),
        Some("example.co.uk")
    );
    assert_eq!(
        listed(memory(), "example.co.uk", None).1,
        ["_dmarc.example.co.uk TXT"]
    );
}

#[test]
fn rfc7489_section_3_1_1_alignment_is_by_the_list_and_not_by_records() {
    // A record between does not make an organizational domain, and psd counts for nothing.
    let memory = || {
        Memory::default()
            .txt("_dmarc.mail.example.com", &["v=DMARC1; p=reject; psd=n"])
            .txt("_dmarc.com", &["v=DMARC1; p=none; psd=y"])
    };
    assert_eq!(
        listed(memory(), "mail.example.com", Some("example.com")).0.result,
        DmarcResult::Pass
    );
    assert_eq!(
        listed(memory(), "mail.example.com", Some("other.com")).0.result,
        DmarcResult::Fail
    );
    let (memory, session) = memory().session(&Limits::default());
    let author = Author::from_domain(name("mail.example.com"));
    let trace = Tracer::off();
    let walked = discover(&session, &author, &[name("example.com")], &trace)
        .now_or_never()
        .unwrap();
    drop(memory);
    assert_eq!(
        evaluate(&walked, Some(&passing("example.com")), &[]).result,
        DmarcResult::Fail
    );
}

#[test]
fn rfc7489_section_3_2_a_public_suffix_is_its_own_organizational_domain() {
    let memory = Memory::default().txt("_dmarc.co.uk", &["v=DMARC1; p=reject"]);
    let (verdict, _) = listed(memory, "co.uk", Some("example.co.uk"));
    assert_eq!(
        verdict.organizational_domain.as_ref().map(Name::as_str),
        Some("co.uk")
    );
    assert_eq!(verdict.result, DmarcResult::Fail);
}

#[test]
fn rfc7489_section_6_6_3_a_name_that_cannot_be_looked_at_is_a_temperror() {
    let memory = Memory::default().failing("_dmarc.example.com", RecordType::Txt);
    assert_eq!(
        listed(memory, "mail.example.com", None).0.result,
        DmarcResult::TempError
    );
    // But alignment does not depend on it.
    let memory = Memory::default()
        .failing("_dmarc.example.com", RecordType::Txt)
        .txt("_dmarc.mail.example.com", &["v=DMARC1; p=reject"]);
    assert_eq!(
        listed(memory, "mail.example.com", Some("example.com")).0.result,
        DmarcResult::Pass
    );
}
