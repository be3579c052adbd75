//! Records at names where nobody looks for them.

use super::finding::{Finding, Problem};
use super::hints;
use crate::dmarc::Record;
use crate::dns::{Answer, Name, Question, RecordType, Resolver, Session};
use crate::trace::{StepKind, Tracer};
use futures_util::future::join_all;

/// What was found.
pub(super) struct Astray {
    pub(super) findings: Vec<Finding>,
    pub(super) complete: bool,
}

/// Looks where a record ends up by a slip: at the domain itself, at `dmarc` without the underscore, and at a name that was written
/// in full in a zone file without the final dot, so that the zone's name was added once more.
pub(super) async fn look<R: Resolver>(session: &Session<R>, domain: &Name, trace: &Tracer) -> Astray {
    let mut astray = Astray {
        findings: Vec::new(),
        complete: true,
    };
    let Ok(belongs) = domain.prefixed("_dmarc") else {
        return astray;
    };
    let twice = |zone: Name| zone.prefixed(belongs.as_str()).ok();
    let zone_above = domain.parent().filter(|parent| parent.label_count() > 1);
    let names: Vec<Name> = [
        Some(domain.clone()),
        domain.prefixed("dmarc").ok(),
        twice(domain.clone()),
        zone_above.and_then(twice),
    ]
    .into_iter()
    .flatten()
    .collect();
    let trace = trace.step(StepKind::Term, || format!("records of {domain} at other names"));
    let answers = join_all(names.iter().map(|name| session.txt(name, &trace))).await;
    for (at, answer) in names.into_iter().zip(answers) {
        match answer {
            Answer::Records { records, .. } => {
                let meant = |text: &[u8]| Record::parse(text).is_ok() || hints::near_miss(text).is_some();
                if records.iter().any(|text| meant(text)) {
                    let belongs = belongs.clone();
                    astray
                        .findings
                        .push(Problem::Misplaced { at, belongs }.of(domain));
                }
            }
            Answer::Failure(failure) => {
                astray.complete = false;
                let question = Question::new(at, RecordType::Txt);
                astray
                    .findings
                    .push(Problem::not_looked_up(question, &failure, false).of(domain));
            }
            Answer::NoData { .. } | Answer::NoSuchName { .. } | Answer::MalformedName(_) => {}
        }
    }
    astray
}
