//! The explanation of a fail (RFC 7208 section 6.2).

use super::check_host::{Check, Decided};
use super::macros::{MacroString, Place};
use crate::dns::{Answer, Question, RecordSet, RecordType, Resolver};
use crate::trace::{StepKind, Tracer};

/// Octets of an explanation. It goes into SMTP replies, where a line has 512 (RFC 5321 section 4.5.3.1.5).
const MOST_OCTETS: usize = 1000;

/// An explanation, on one line of printable ASCII.
pub(super) struct Explanation {
    pub(super) text: String,
    /// It is that of local policy.
    pub(super) local: bool,
}

/// Fetches and expands what the record that decided has to say; if there is nothing, or it cannot be used, what local
/// policy says.
///
/// The record is that of the domain checked or, after a `redirect`, of its target; never one that was included.
pub(super) async fn explain<R: Resolver>(
    check: &mut Check<'_, R>,
    decided: &Decided,
    trace: &Tracer,
) -> Option<Explanation> {
    if let Some(spec) = decided.record.explanation() {
        let step = trace.step(StepKind::Term, || format!("exp={spec}"));
        let explanation = fetch(check, decided, &step).await;
        step.outcome(|| match &explanation {
            Ok(text) => format!("\"{text}\""),
            Err(why) => format!("not used: {why}"),
        });
        if let Ok(text) = explanation {
            return Some(Explanation { text, local: false });
        }
    }
    // RFC 7208 section 6.2: without one of the domain's, the default is that of the receiving host.
    let string = check.asker.policy?.explanation()?;
    let text = expand(check, decided, string, trace).await.ok()?;
    let note = trace.step(StepKind::Note, || "the explanation of local policy".into());
    note.outcome(|| format!("\"{text}\""));
    Some(Explanation { text, local: true })
}

async fn fetch<R: Resolver>(
    check: &mut Check<'_, R>,
    decided: &Decided,
    trace: &Tracer,
) -> Result<String, String> {
    let spec = decided.record.explanation().ok_or("there is none")?;
    let validated = validated(check, decided, spec.needs_validated(), trace).await;
    let target = spec
        .expand(&check.asker.sender.values(&decided.domain, &validated))
        .map_err(|error| error.to_string())?;
    // RFC 7208 section 6.2: with a DNS error, no record, more than one, or a syntax error in the text, go on as if
    // there were no "exp". Section 4.6.4: its query counts against no limit.
    let question = Question::new(target, RecordType::Txt);
    let answer = check.asker.ask(question, trace).await.answer;
    let text = match answer.only(RecordSet::into_txt) {
        Answer::Records { records, .. } => match &*records {
            [text] => text.clone(),
            _ => return Err("there is more than one text".into()),
        },
        other => return Err(other.map(|_| "").to_string()),
    };
    let string = MacroString::parse(&text, Place::Explanation).map_err(|error| error.to_string())?;
    expand(check, decided, &string, trace).await
}

async fn expand<R: Resolver>(
    check: &mut Check<'_, R>,
    decided: &Decided,
    string: &MacroString,
    trace: &Tracer,
) -> Result<String, String> {
    let validated = validated(check, decided, string.needs_validated(), trace).await;
    let text = string.expand_text(
        &check.asker.sender.values(&decided.domain, &validated),
        MOST_OCTETS,
    );
    if text.is_empty() {
        return Err("the text is empty".into());
    }
    Ok(one_line(&text))
}

async fn validated<R: Resolver>(
    check: &mut Check<'_, R>,
    decided: &Decided,
    needed: bool,
    trace: &Tracer,
) -> String {
    if !needed {
        return String::new();
    }
    check.client_names(trace).await.best_for(&decided.domain)
}

/// RFC 7208 section 6.2: the explanation is US-ASCII. The sender's part of it may hold anything.
fn one_line(text: &[u8]) -> String {
    text.iter()
        .map(|&octet| match octet {
            b' '..=b'~' => char::from(octet),
            b'\t' | b'\r' | b'\n' => ' ',
            _ => '?',
        })
        .collect()
}
