//! What was done, step by step, for those who ask why.
//!
//! Steps form a tree: a [`Tracer`] is a place in it, [`Tracer::step`] adds a child. Checks that run side by side
//! write into the same tree. A tracer that is off costs a branch.

use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What kind of thing a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum StepKind {
    /// A whole check, such as SPF for one identity.
    Check,
    /// A DNS question and its answer.
    Question,
    /// A published record that was found and read.
    Record,
    /// A term of a record, or a rule, that was tried.
    Term,
    /// A DKIM signature.
    Signature,
    /// A limit, and how much of it was used.
    Limit,
    /// A remark.
    Note,
}

impl StepKind {
    /// Its word, as JSON has it, such as `question`.
    pub fn as_str(self) -> &'static str {
        match self {
            StepKind::Check => "check",
            StepKind::Question => "question",
            StepKind::Record => "record",
            StepKind::Term => "term",
            StepKind::Signature => "signature",
            StepKind::Limit => "limit",
            StepKind::Note => "note",
        }
    }
}

/// One step. `parent` is the index of the step it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The index of the step that this one belongs to; none at the top.
    pub parent: Option<usize>,
    /// What kind of thing it is.
    pub kind: StepKind,
    /// What was done or looked at, at most some 4,000 octets of it.
    pub subject: String,
    /// What came of it, at most some 4,000 octets of it; empty until known.
    pub outcome: String,
    /// How long it took, in microseconds, where that was measured.
    #[serde(rename = "microseconds", serialize_with = "microseconds")]
    pub elapsed: Option<Duration>,
}

fn microseconds<S: serde::Serializer>(elapsed: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    elapsed
        .map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX))
        .serialize(to)
}

/// Octets of a step's subject and of its outcome. Beyond, they are cut and end in `...`.
const MOST_TEXT: usize = 4096;

fn bounded(mut text: String) -> String {
    if text.len() > MOST_TEXT {
        text.truncate(text.floor_char_boundary(MOST_TEXT));
        text.push_str("...");
        text.shrink_to_fit();
    }
    text
}

#[derive(Debug)]
struct Shared {
    steps: Mutex<Vec<Step>>,
    most: usize,
}

impl Shared {
    fn steps(&self) -> MutexGuard<'_, Vec<Step>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a trace, or nothing at all when tracing is off.
///
/// ```
/// use mailrep::trace::{StepKind, Tracer};
/// let trace = Tracer::on(100);
/// let check = trace.step(StepKind::Check, || "spf for example.org".into());
/// check.step(StepKind::Term, || "ip4:192.0.2.1".into()).outcome(|| "matches".into());
/// check.outcome(|| "pass".into());
/// assert_eq!(trace.steps().len(), 2);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Tracer {
    shared: Option<Arc<Shared>>,
    at: Option<usize>,
}

impl Tracer {
    /// A tracer that keeps nothing.
    pub fn off() -> Self {
        Tracer::default()
    }

    /// A tracer that keeps at most `most` steps, and then one that says it was cut.
    pub fn on(most: usize) -> Self {
        Tracer {
            shared: Some(Arc::new(Shared {
                steps: Mutex::default(),
                most,
            })),
            at: None,
        }
    }

    /// Whether steps are kept.
    pub fn is_on(&self) -> bool {
        self.shared.is_some()
    }

    /// Adds a step below this place and returns its place. `subject` is only called when tracing is on.
    pub fn step(&self, kind: StepKind, subject: impl FnOnce() -> String) -> Tracer {
        let Some(shared) = &self.shared else {
            return Tracer::off();
        };
        let subject = bounded(subject());
        let mut steps = shared.steps();
        let at = steps.len();
        if at > shared.most {
            return Tracer::off();
        }
        steps.push(if at == shared.most {
            let subject = format!("the trace was cut after {at} steps");
            Step {
                parent: None,
                kind: StepKind::Limit,
                subject,
                outcome: String::new(),
                elapsed: None,
            }
        } else {
            Step {
                parent: self.at,
                kind,
                subject,
                outcome: String::new(),
                elapsed: None,
            }
        });
        if at == shared.most {
            return Tracer::off();
        }
        Tracer {
            shared: Some(Arc::clone(shared)),
            at: Some(at),
        }
    }

    /// Says what came of this step.
    pub fn outcome(&self, outcome: impl FnOnce() -> String) {
        if self.at.is_some() {
            let outcome = bounded(outcome());
            self.change(|step| step.outcome = outcome);
        }
    }

    /// Says how long this step took.
    pub fn elapsed(&self, time: Duration) {
        self.change(|step| step.elapsed = Some(time));
    }

    fn change(&self, change: impl FnOnce(&mut Step)) {
        if let (Some(shared), Some(at)) = (&self.shared, self.at)
            && let Some(step) = shared.steps().get_mut(at)
        {
            change(step);
        }
    }

    /// All steps so far, parents before children.
    pub fn steps(&self) -> Vec<Step> {
        self.shared
            .as_ref()
            .map(|shared| shared.steps().clone())
            .unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_form_a_tree_and_keep_their_outcomes() {
        let trace = Tracer::on(10);
        let check = trace.step(StepKind::Check, || "spf".into());
        let term = check.step(StepKind::Term, || "mx".into());
        term.elapsed(Duration::from_micros(7));
        check.outcome(|| "pass".into());
        trace.step(StepKind::Note, || "end".into());
        let steps = trace.steps();
        let parents: Vec<_> = steps.iter().map(|step| step.parent).collect();
        assert_eq!(parents, [None, Some(0), None]);
        assert_eq!(steps[0].outcome, "pass");
        assert_eq!(serde_json::json!(steps[1])["microseconds"], 7);
        for step in &steps {
            assert_eq!(serde_json::json!(step)["kind"], step.kind.as_str());
        }
    }

    #[test]
    fn a_trace_is_cut_at_its_bound_and_says_so() {
        let trace = Tracer::on(3);
        let steps: Vec<_> = (0..10)
            .map(|at| trace.step(StepKind::Note, || at.to_string()))
            .collect();
        steps.iter().for_each(|step| step.outcome(|| "done".into()));
        let steps = trace.steps();
        assert_eq!(steps.len(), 4);
        assert_eq!(steps[3].subject, "the trace was cut after 3 steps");
        assert_eq!(
            (steps[2].outcome.as_str(), steps[3].outcome.as_str()),
            ("done", "")
        );
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let trace = Tracer::on(1);
        let step = trace.step(StepKind::Note, || "\u{e9}".repeat(MOST_TEXT));
        step.outcome(|| format!("a{}", "\u{e9}".repeat(MOST_TEXT)));
        let steps = trace.steps();
        assert_eq!(steps[0].subject.len(), MOST_TEXT + 3);
        assert_eq!(steps[0].outcome.len(), MOST_TEXT + 2);
        assert!(steps[0].outcome.ends_with("\u{e9}..."));
    }

    #[test]
    fn a_tracer_that_is_off_asks_for_no_text() {
        let trace = Tracer::off();
        let mut asked = false;
        let step = trace.step(StepKind::Note, || {
            asked = true;
            String::new()
        });
        step.outcome(String::new);
        assert!(!asked && trace.steps().is_empty());
    }
}
