//! Round trips, told by when questions arrived at a server that takes its time for each answer.

use crate::support::dns_server::Seen;
use std::time::{Duration, Instant};

/// The number of waves of questions: those that arrive within half of `delay` after the first of them are one.
pub(crate) fn count(seen: &[Seen], delay: Duration) -> usize {
    let mut times: Vec<Instant> = seen.iter().map(|seen| seen.at).collect();
    times.sort_unstable();
    let mut waves = 0;
    let mut first: Option<Instant> = None;
    for at in times {
        if first.is_none_or(|first| at - first > delay / 2) {
            waves += 1;
            first = Some(at);
        }
    }
    waves
}
