//! The findings of one record: bounded, and the worst of them kept.

use super::finding::{Finding, Problem};
use crate::dns::Name;
use crate::severity::Severity;

/// Findings kept of one record. A record of 64 KB may hold 30,000 terms, each of them wrong.
const MOST_OF_RECORD: usize = 100;

/// What has been found so far.
#[derive(Default)]
pub(super) struct Kept {
    findings: Vec<Finding>,
    /// How many there are of each severity.
    counts: [usize; 3],
    left_out: usize,
}

impl Kept {
    /// Each severity has its own bound, so that a hundred trifles leave room for the one error behind them.
    pub(super) fn add(&mut self, finding: Finding) {
        let severity = finding.severity();
        if self.is_full(severity) {
            self.left_out += 1;
        } else {
            self.counts[index(severity)] += 1;
            self.findings.push(finding);
        }
    }

    /// Whether one more would be left out, so that it need not be made.
    pub(super) fn is_full(&self, severity: Severity) -> bool {
        self.counts[index(severity)] >= MOST_OF_RECORD
    }

    /// Counts one that was not made.
    pub(super) fn leave_out(&mut self) {
        self.left_out += 1;
    }

    /// The worst first, and how many there are besides.
    pub(super) fn finish(mut self, domain: &Name) -> Vec<Finding> {
        self.findings.sort_by_key(Finding::severity);
        let left_out = self.left_out + self.findings.len().saturating_sub(MOST_OF_RECORD);
        self.findings.truncate(MOST_OF_RECORD);
        if left_out > 0 {
            self.findings.push(Problem::Cut { left_out }.of(domain));
        }
        self.findings
    }
}

fn index(severity: Severity) -> usize {
    match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Notice => 2,
    }
}
