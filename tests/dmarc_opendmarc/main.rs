//! Generated records and identifiers, judged by us and by libopendmarc, where RFC 7489 and RFC 9989 agree and organizational domains
//! come of the public suffix list: every disagreement is explained by a clause.

#![cfg(feature = "psl")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod case;
mod clauses;
mod generate;
mod peer;
#[path = "../support/mod.rs"]
mod support;

use case::{Case, View, ours};
use clauses::{CLAUSES, Clause, Difference};
use peer::Peer;
use std::collections::BTreeMap;

const CASES: usize = 2_000;
/// Beyond this many of a hundred, the cases show little.
const MOST_DISAGREEMENTS: usize = 30;

/// What libopendmarc should say if it departs from the standard by these clauses and nowhere else.
fn by_clauses<'a>(case: &Case, clauses: impl Iterator<Item = &'a Clause> + Clone) -> View {
    let mut taken = case.clone();
    for clause in clauses.clone() {
        if let Difference::TakesFor(change) = clause.difference {
            change(&mut taken);
        }
    }
    let mut view = ours(&taken);
    for clause in clauses {
        if let Difference::Says(change) = clause.difference {
            change(&taken, &mut view);
        }
    }
    view
}

#[test]
fn rfc9989_generated_records_agree_with_libopendmarc_or_a_clause_says_why() {
    let Some(mut peer) = Peer::start() else {
        return;
    };
    let more = std::env::var("MAILREP_OPENDMARC_CASES").ok();
    let count = more.map_or(CASES, |count| count.parse().unwrap());
    let mut decisions = BTreeMap::<String, usize>::new();
    let mut seen = vec![0usize; CLAUSES.len()];
    let mut disagreements = 0;
    let mut unexplained = Vec::new();
    for case in generate::cases(count) {
        let (ours, theirs) = (ours(&case), peer.judge(&case));
        *decisions.entry(format!("{:?}", ours.decision)).or_default() += 1;
        let expected = by_clauses(&case, CLAUSES.iter());
        if theirs != expected {
            unexplained.push(format!(
                "{case:?}\n  ours     {ours:?}\n  theirs   {theirs:?}\n  expected {expected:?}"
            ));
        } else if theirs != ours {
            disagreements += 1;
            for (at, seen) in seen.iter_mut().enumerate() {
                let others = CLAUSES.iter().enumerate().filter(|(other, _)| *other != at);
                let without = by_clauses(&case, others.map(|(_, clause)| clause));
                *seen += usize::from(without != theirs);
            }
        }
    }
    println!(
        "{count} cases, {disagreements} disagreements with libopendmarc explained, {} not",
        unexplained.len()
    );
    println!("{decisions:?}");
    for (clause, seen) in CLAUSES.iter().zip(&seen) {
        println!("{seen:5}  {}: {}", clause.rule, clause.sentence);
    }
    assert!(
        unexplained.is_empty(),
        "{} disagreements with libopendmarc that no clause explains:\n{}",
        unexplained.len(),
        unexplained[..unexplained.len().min(20)].join("\n")
    );
    assert!(
        disagreements * 100 <= count * MOST_DISAGREEMENTS,
        "{disagreements} of {count} disagree"
    );
    for (clause, seen) in CLAUSES.iter().zip(seen) {
        assert!(
            seen > 0,
            "no difference any more: {}: {}",
            clause.rule,
            clause.sentence
        );
    }
}
