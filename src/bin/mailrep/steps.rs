//! The trace as a tree.

use super::page::Page;
use mailrep::trace::Step;

/// Deepest step that is indented further; what is below stands at the same depth.
const DEEPEST: usize = 20;

/// Adds all steps, each below the one that it belongs to. Checks that ran side by side come one after the other.
pub(crate) fn show(page: &mut Page, steps: &[Step]) {
    page.heading("Trace");
    if steps.is_empty() {
        page.line(1, "no step was taken");
    }
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); steps.len()];
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (at, step) in steps.iter().enumerate() {
        match step.parent {
            // Parents come before children, so that nothing can go round in circles.
            Some(parent) if parent < at => children[parent].push(at),
            _ => open.push((at, 1)),
        }
    }
    open.reverse();
    while let Some((at, depth)) = open.pop() {
        page.line(depth.min(DEEPEST), &describe(&steps[at]));
        open.extend(children[at].iter().rev().map(|&child| (child, depth + 1)));
    }
}

fn describe(step: &Step) -> String {
    let mut text = step.subject.clone();
    if !step.outcome.is_empty() {
        text.push_str(" -> ");
        text.push_str(&step.outcome);
    }
    if let Some(time) = step.elapsed {
        text.push_str(&match time.as_millis() {
            0 => format!(" [{} us]", time.as_micros()),
            _ => format!(" [{:.1} ms]", time.as_secs_f64() * 1_000.0),
        });
    }
    text
}
