//! `mailrep filter`: what to do with a message, by a policy file.

pub(crate) mod arguments;
mod check;
pub(crate) mod help;
mod run;

use crate::cli::Global;
use crate::failure::Failure;
use crate::page::print_json;
use crate::printable;
use arguments::{Filter, FilterCommand};
use mailrep::filter::PolicyError;
use serde_json::json;

pub(crate) fn run(command: Filter, global: Global) -> Result<(), Failure> {
    match command.what {
        FilterCommand::Check(check) => check::run(&check, global),
        FilterCommand::Run(run) => run::run(&run, global),
    }
}

/// Tells of a policy that cannot be used: a line for each fault.
fn unusable(error: &PolicyError, as_json: bool) -> Failure {
    if as_json {
        let faults: Vec<_> = error
            .faults
            .iter()
            .map(|fault| {
                let place = (fault.place.line > 0).then_some(fault.place);
                json!({
                    "line": place.map(|place| place.line),
                    "column": place.map(|place| place.column),
                    "message": fault.message,
                    "fix": fault.fix,
                })
            })
            .collect();
        let object = json!({ "valid": false, "file": error.file, "faults": faults });
        if let Err(failure) = print_json(&object) {
            return failure;
        }
    }
    let text = error.to_string();
    let mut lines = text.lines();
    let last = lines.next_back().unwrap_or_default().to_owned();
    for line in lines {
        crate::failure::tell(&printable::line(line));
    }
    Failure::Input(last)
}
