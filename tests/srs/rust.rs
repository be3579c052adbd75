//! The cases through the library.

use crate::case::{Case, bundled, vectors};

fn run(cases: &[Case]) {
    let difference = |case: &Case| {
        let rewriter = case.rewriter();
        let outcome = match case.forward {
            true => rewriter.forward(&case.input, case.now()),
            false => rewriter.reverse(&case.input, case.now()),
        };
        assert!(!outcome.to_string().is_empty());
        case.difference(outcome.as_str(), outcome.code(), outcome.output(&case.input))
    };
    let differences: Vec<String> = cases.iter().filter_map(difference).collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_bundled_addresses_become_what_the_table_says() {
    run(&bundled());
}

#[test]
fn postsrsd_and_mail_srs_give_these_octets() {
    run(&vectors());
}

#[test]
fn the_comparison_sees_what_differs() {
    let case = bundled().remove(0);
    let (outcome, cause) = case.told.clone().unwrap();
    let output = case.output.as_deref();
    assert_eq!(case.difference(&outcome, &cause, output), None);
    assert!(case.difference("refused", &cause, output).is_some());
    assert!(case.difference(&outcome, "other", output).is_some());
    assert!(case.difference(&outcome, &cause, None).is_some());
}
