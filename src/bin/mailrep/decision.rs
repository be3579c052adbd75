//! What an administrator is to do with a message.

use super::page::{Page, Tone};
use mailrep::dmarc::{self, DmarcResult, Policy};
use mailrep::spf::SpfResult;
use mailrep::transaction::Verdict;

/// The first line: what to do with a message, and why.
pub(crate) fn message(page: &mut Page, verdict: &Verdict) {
    let (tone, what) = what_to_do(&verdict.dmarc);
    let mut why = verdict.dmarc_reason();
    if what == UNDECIDED {
        // The domain asks for nothing: what SPF said is all there is to go by.
        match verdict.spf.as_ref().map(|spf| spf.evaluation.result) {
            Some(SpfResult::Fail) => {
                why.push_str("; SPF says that this client must not send for that domain")
            }
            Some(SpfResult::Pass) => why.push_str("; SPF passes for the envelope sender"),
            _ => {}
        }
        why.push_str("; your own rules decide");
    }
    page.decision(tone, what, &sentence(why));
}

/// The same for given results.
pub(crate) fn results(page: &mut Page, verdict: &dmarc::Verdict) {
    let (tone, what) = what_to_do(verdict);
    page.decision(tone, what, &sentence(verdict.reason()));
}

const UNDECIDED: &str = "Undecided";

fn what_to_do(verdict: &dmarc::Verdict) -> (Tone, &'static str) {
    match (verdict.result, verdict.disposition) {
        _ if matches!(verdict.cause, dmarc::Cause::Authenticated { .. }) => (Tone::Good, "Submission"),
        (DmarcResult::Pass, _) => (Tone::Good, "Accept"),
        (DmarcResult::Fail, Some(Policy::Reject)) => (Tone::Bad, "Reject"),
        (DmarcResult::Fail, Some(Policy::Quarantine)) => (Tone::Doubtful, "Quarantine"),
        (DmarcResult::Fail, _) => (Tone::Doubtful, UNDECIDED),
        (DmarcResult::TempError, _) => (Tone::Doubtful, "Try again later"),
        (DmarcResult::PermError | DmarcResult::None, _) => (Tone::Indifferent, UNDECIDED),
    }
}

fn sentence(mut text: String) -> String {
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    text
}
