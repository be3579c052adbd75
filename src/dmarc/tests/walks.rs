//! The tree walk against a literal transcription of sections 4.10 and 4.10.2, over all shapes of a small name space.

use super::*;
use crate::dmarc::{DmarcResult, PolicyFinding};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What `_dmarc` below a name holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Held {
    Nothing,
    Psd(char),
    Several,
    Fails,
}

pub(super) type Space = BTreeMap<String, Held>;

/// Names below `t`, up to five labels.
pub(super) fn node() -> impl Strategy<Value = String> {
    "((a|b)\\.){0,4}t"
}

pub(super) fn space(fails: bool) -> impl Strategy<Value = Space> {
    let held = prop_oneof![
        2 => Just(Held::Nothing),
        3 => Just(Held::Psd('u')),
        2 => Just(Held::Psd('y')),
        1 => Just(Held::Psd('n')),
        1 => Just(Held::Several),
        (if fails { 3 } else { 0 }) => Just(Held::Fails),
    ];
    proptest::collection::btree_map(node(), held, 0..10)
}

pub(super) fn memory(space: &Space) -> Memory {
    space.iter().fold(Memory::default(), |memory, (at, held)| {
        let at = format!("_dmarc.{at}");
        match held {
            Held::Nothing => memory,
            Held::Psd(psd) => memory.txt(&at, &[&format!("v=DMARC1; p=reject; psd={psd}")]),
            Held::Several => memory.txt(&at, &["v=DMARC1; p=none; psd=n", "v=DMARC1; p=none; psd=y"]),
            Held::Fails => memory.failing(&at, RecordType::Txt),
        }
    })
}

/// Section 4.10, steps 1 to 7 (names of these tests have fewer than eight labels), and the selection of 4.10.2.
fn by_the_letter(space: &Space, start: &str) -> (String, Vec<(String, char)>) {
    let mut retrieved: Vec<(String, char)> = Vec::new();
    let mut target = start.to_owned();
    loop {
        if let Some(Held::Psd(psd)) = space.get(&target) {
            retrieved.push((target.clone(), *psd));
            if *psd != 'u' {
                break;
            }
        }
        match target.split_once('.') {
            Some((_, rest)) => target = rest.to_owned(),
            None => break,
        }
    }
    for (at, psd) in &retrieved {
        if *psd == 'n' {
            return (at.clone(), retrieved);
        }
        if *psd == 'y' && at != start {
            let below = start.strip_suffix(&format!(".{at}")).unwrap();
            let label = below.rsplit('.').next().unwrap();
            return (format!("{label}.{at}"), retrieved);
        }
    }
    let organizational = retrieved.last().map_or(start, |(at, _)| at).to_owned();
    (organizational, retrieved)
}

fn judged(space: &Space, author: &str, identifier: &str) -> Verdict {
    check(
        memory(space),
        &Author::from_domain(name(author)),
        Some(passing(identifier)),
        &[],
    )
    .0
}

/// Every way in which the failing names may turn out.
fn outcomes(space: &Space) -> Vec<Space> {
    let mut all = vec![space.clone()];
    for at in space
        .iter()
        .filter(|(_, held)| **held == Held::Fails)
        .map(|(at, _)| at)
    {
        let answers = [
            Held::Nothing,
            Held::Psd('u'),
            Held::Psd('y'),
            Held::Psd('n'),
            Held::Several,
        ];
        all = all
            .iter()
            .flat_map(|space| {
                answers.iter().map(|held| {
                    let mut space = space.clone();
                    space.insert(at.clone(), *held);
                    space
                })
            })
            .collect();
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn section_4_10_2_as_a_literal_reading_has_it(space in space(false), author in node(), identifier in node()) {
        let (memory, session) = memory(&space).session(&Limits::default());
        let trace = Tracer::off();
        let claimed = Author::from_domain(name(&author));
        let candidates = [name(&identifier)];
        let discovery = discover(&session, &claimed, &candidates, &trace).now_or_never().unwrap();
        let (ours, retrieved) = by_the_letter(&space, &author);
        prop_assert_eq!(discovery.walk(&name(&author)).unwrap().organizational().as_str(), &ours);
        // Section 4.10.1: the author domain's record, its organizational domain's, its public suffix's.
        let at = [Some(&author), Some(&ours), retrieved.last().map(|(at, _)| at)]
            .into_iter()
            .flatten()
            .find(|at| matches!(space.get(*at), Some(Held::Psd(_))));
        let found = match discovery.policies().next().unwrap() {
            PolicyFinding::Record { at, .. } => Some(at.to_string()),
            _ => None,
        };
        prop_assert_eq!(found.as_ref(), at);
        let (theirs, _) = by_the_letter(&space, &identifier);
        let verdict = evaluate(&discovery, Some(&passing(&identifier)), &[]);
        let aligned = author == identifier || ours == theirs;
        let expected = match (at, aligned) {
            (None, _) => DmarcResult::None,
            (_, true) => DmarcResult::Pass,
            (_, false) => DmarcResult::Fail,
        };
        prop_assert_eq!(verdict.result, expected);
        let mut asked = memory.asked();
        asked.sort();
        let before = asked.len();
        asked.dedup();
        prop_assert_eq!(asked.len(), before, "a name was asked twice");
    }

    #[test]
    fn section_5_3_6_a_verdict_in_spite_of_failures_is_what_it_would_be_without(
        space in space(true),
        author in node(),
        identifier in node(),
    ) {
        prop_assume!(space.values().filter(|held| **held == Held::Fails).count() <= 3);
        let verdict = judged(&space, &author, &identifier);
        if verdict.result != DmarcResult::TempError {
            for outcome in outcomes(&space) {
                let other = judged(&outcome, &author, &identifier);
                prop_assert_eq!(other.result, verdict.result, "{:?}", outcome);
                // A pass of the author domain itself is certain before it is known whose policy would have applied.
                if verdict.policy_domain.is_some() || verdict.result != DmarcResult::Pass {
                    prop_assert_eq!(&other.policy_domain, &verdict.policy_domain);
                }
            }
        }
    }
}
