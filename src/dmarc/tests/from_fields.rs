use super::*;
use crate::dmarc::{AuthorProblem, DomainError, MOST_AUTHOR_DOMAINS};
use crate::dns::NameError;
use proptest::prelude::*;

#[track_caller]
fn one(value: &str, domain: &str) {
    let author = from(value);
    let domains: Vec<&str> = author.domains().iter().map(Name::as_str).collect();
    assert_eq!((domains, author.problem()), (vec![domain], None), "{value}");
}

#[track_caller]
fn problem(value: &str, domains: &[&str], problem: AuthorProblem) {
    let author = from(value);
    let found: Vec<&str> = author.domains().iter().map(Name::as_str).collect();
    assert_eq!(
        (found.as_slice(), author.problem()),
        (domains, Some(&problem)),
        "{value}"
    );
}

#[test]
fn section_5_3_1_the_domain_of_the_address_in_from() {
    one("a@example.org", "example.org");
    one("<a@example.org>", "example.org");
    one("Ann <a@EXAMPLE.org>", "example.org");
    one("a@example.org.", "example.org");
    one("\"a b\"@example.org", "example.org");
    one("\"a@bank.example\"@example.org", "example.org");
    one("Ann\r\n <a@example\r\n .org>", "example.org");
    one("a.b@mail.example.org (Ann)", "mail.example.org");
}

#[test]
fn section_5_3_1_display_names_and_comments_are_no_addresses() {
    one("\"ceo@bank.example\" <a@example.org>", "example.org");
    one(
        "\"ceo@bank.example\\\" <b@bank.example>\" <a@example.org>",
        "example.org",
    );
    one("ceo@bank.example <a@example.org>", "example.org");
    one("=?utf-8?q?ceo=40bank.example=3E?= <a@example.org>", "example.org");
    one(
        "(ceo@bank.example, (nested) \\) b@bank.example) a@example.org",
        "example.org",
    );
    one("a(b)@(c)example(d).org(e)", "example.org");
    one("Doe, John <a@example.org>", "example.org");
}

#[test]
fn rfc5322_section_3_4_groups_hold_addresses() {
    one("Team: a@example.org;", "example.org");
    one("Team: a@example.org, b@example.org;,", "example.org");
    problem("undisclosed:;", &[], AuthorProblem::NoAddress);
}

#[test]
fn rfc5322_section_4_4_obsolete_forms() {
    one("<@relay.example,@other.example:a@example.org>", "example.org");
    one(",,a . b @ example . org,", "example.org");
}

#[test]
fn section_5_3_1_international_domains_become_a_labels() {
    one("a@b\u{fc}cher.example", "xn--bcher-kva.example");
    one("a@xn--bcher-kva.example", "xn--bcher-kva.example");
}

#[test]
fn section_5_3_1_several_mailboxes_give_all_their_domains_once() {
    let author = from("a@example.org, \"x, y\" <b@example.net>, c@Example.ORG");
    assert_eq!(author.domains(), [name("example.org"), name("example.net")]);
    assert_eq!(author.problem(), None);
}

#[test]
fn section_11_5_too_many_domains_are_a_problem_of_their_own() {
    let list: Vec<String> = (0..40).map(|at| format!("a@d{at}.example")).collect();
    let author = from(&list.join(","));
    assert_eq!(author.domains().len(), MOST_AUTHOR_DOMAINS);
    assert_eq!(author.problem(), Some(&AuthorProblem::TooManyDomains(40)));
}

#[test]
fn section_4_4_no_from_and_repeated_from() {
    let author = crate::dmarc::author(&HeaderFields::default());
    assert_eq!(author.problem(), Some(&AuthorProblem::NoFrom));
    let mut header = HeaderFields::default();
    header.push(b"from: a@example.org\r\n");
    header.push(b"FROM : b@bank.example\r\n");
    let author = crate::dmarc::author(&header);
    assert_eq!(author.problem(), Some(&AuthorProblem::SeveralFrom(2)));
    assert_eq!(author.domains(), [name("example.org"), name("bank.example")]);
}

#[test]
fn section_5_3_1_what_is_no_address_has_a_problem() {
    use AuthorProblem::*;
    problem("", &[], NoAddress);
    problem("Ann", &[], NoAddress);
    problem("<>", &[], NoAddress);
    problem("=?utf-8?q?a=40bank.example?=", &[], NoAddress);
    problem("a@[192.0.2.1]", &[], AddressLiteral);
    problem("a@", &[], MalformedDomain(DomainError::Broken));
    problem(
        "a@b..example",
        &[],
        MalformedDomain(DomainError::Name(NameError::EmptyLabel)),
    );
    problem(
        "a@=?utf-8?q?bank.example?=",
        &[],
        MalformedDomain(DomainError::Character),
    );
    problem("a@bank\0.example", &[], MalformedDomain(DomainError::Character));
    problem(
        "a@bank\r.example x",
        &["bank.example"],
        MalformedDomain(DomainError::Broken),
    );
    let long = format!("a@{}.example", "x".repeat(64));
    problem(
        &long,
        &[],
        MalformedDomain(DomainError::Name(NameError::LabelTooLong)),
    );
}

#[test]
fn section_11_5_malformed_addresses_hide_no_domain() {
    use AuthorProblem::Malformed;
    let several = Malformed("an address has more than one '@'");
    problem(
        "a@bank.example@example.org",
        &["bank.example", "example.org"],
        several,
    );
    let behind = Malformed("an address stands behind another without a comma");
    problem(
        "<a@bank.example> <b@example.org>",
        &["bank.example", "example.org"],
        behind,
    );
    let behind = Malformed("something stands behind an address in angle brackets");
    problem(
        "<a@example.org> b@bank.example",
        &["example.org", "bank.example"],
        behind,
    );
    let unended = Malformed("a '<' stands without its '>'");
    problem("Ann <a@bank.example", &["bank.example"], unended);
    let group = Malformed("an address stands where the name of a group should");
    problem(
        "a@bank.example: b@example.org;",
        &["bank.example", "example.org"],
        group,
    );
    let nested = Malformed("a '<' stands within angle brackets");
    problem(
        "<a@bank.example<b@example.org>",
        &["bank.example", "example.org"],
        nested,
    );
    problem(
        "a@bank.example (x",
        &["bank.example"],
        Malformed("a comment does not end"),
    );
    problem(
        "\"x a@bank.example",
        &["bank.example"],
        Malformed("a quoted string does not end"),
    );
    let comment = Malformed("a comment does not end");
    problem("(x <a@bank.example>", &["bank.example"], comment.clone());
    problem(
        "a@example.org (((\"x <a@bank.example>",
        &["example.org", "bank.example"],
        comment,
    );
    let literal = Malformed("an address literal does not end");
    problem(
        "<a@example.org [x b@bank.example",
        &["example.org", "bank.example"],
        literal,
    );
    problem(
        "x y@bank.example",
        &["bank.example"],
        Malformed("the part before the '@' of an address is broken"),
    );
    problem(
        "@bank.example",
        &["bank.example"],
        Malformed("an address has nothing before its '@'"),
    );
}

#[test]
fn hostile_from_fields_take_linear_work() {
    for part in ["(", "\"", "<", "@", "a@b,", "a@b:", "\\", "[", "<a@b>", "(("] {
        let author = from(&part.repeat(300_000));
        assert!(
            author.problem().is_some() || author.domains() == [name("b")],
            "{part}"
        );
    }
}

proptest! {
    #[test]
    fn any_octets_are_read_without_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut header = HeaderFields::default();
        header.push(&[b"From:", octets.as_slice()].concat());
        let author = crate::dmarc::author(&header);
        prop_assert!(!author.domains().is_empty() || author.problem().is_some());
    }

    #[test]
    fn pieces_of_addresses_never_hide_the_domain_in_angle_brackets(
        before in proptest::collection::vec(prop::sample::select(vec!["a", " ", "\"q@x.example\"", "(c@x.example)", ".", "b@y.example", ",", "=?utf-8?q?=40?="]), 0..8),
    ) {
        let author = from(&format!("{} <a@bank.example>", before.concat()));
        prop_assert!(author.domains().contains(&name("bank.example")) || author.domains().len() == MOST_AUTHOR_DOMAINS);
        prop_assert!(!author.domains().contains(&name("x.example")));
    }
}
