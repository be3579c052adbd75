//! The table of cases `tests/data/filter_cases.json`: policies, the events of connections, and what is to be done.
#![cfg(feature = "filter")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod case;
mod milter;
mod policy;
mod properties;
mod reload;

use case::{Case, Way, cases, difference};

#[test]
fn every_case_of_the_table_comes_out_as_it_says() {
    let mut wrong = Vec::new();
    let all = cases();
    for case in &all {
        for (at, (expected, got)) in case.expected().zip(case.run(Way::default())).enumerate() {
            if let Some(why) = difference(expected, &got, "") {
                wrong.push(format!("{}, message {at}: {why}\n    {}", case.name, got["log"]));
            }
        }
    }
    assert!(all.len() >= 40, "only {} cases", all.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_message_in_chunks_of_any_size_has_the_same_decision() {
    for case in cases() {
        let whole = case.run(Way::default());
        for chunk in [1, 2, 7, 64] {
            let way = Way {
                chunk,
                ..Way::default()
            };
            assert_eq!(case.run(way), whole, "{} in chunks of {chunk}", case.name);
        }
    }
}

#[test]
fn a_message_by_libmilters_line_ends_has_the_same_decision_with_its_line_ends() {
    for case in cases() {
        let whole = case.run(Way::default());
        let way = Way {
            bare_lf: true,
            ..Way::default()
        };
        for (lf, crlf) in case.run(way).iter().zip(&whole) {
            let text = lf["actions"].to_string();
            assert!(!text.contains("\\r"), "{}: {text}", case.name);
            assert_eq!(
                text.replace("\\n", "\\r\\n"),
                crlf["actions"].to_string(),
                "{}",
                case.name
            );
            assert_eq!(lf["log"], crlf["log"], "{}", case.name);
        }
    }
}

#[test]
fn the_data_event_may_be_left_out() {
    for case in cases() {
        let way = Way {
            without_data: true,
            ..Way::default()
        };
        assert_eq!(case.run(way), case.run(Way::default()), "{}", case.name);
    }
}

/// Whoever reads the table must find there what it shows.
#[test]
fn every_case_says_why_it_is_there() {
    let mut names = std::collections::HashSet::new();
    for Case { name, why, .. } in cases() {
        assert!(why.len() > 20, "{name}");
        assert!(names.insert(name.clone()), "{name} is there twice");
    }
}
