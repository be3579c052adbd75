//! `mailrep srs`: envelope senders, forward and back.

mod addresses;
mod arguments;
mod help;
mod lines;

use super::cli::Global;
use super::failure::Failure;
use arguments::SrsCommand;
pub(crate) use arguments::{Srs, SrsSettings, marked};
#[cfg(test)]
pub(crate) use help::{FORWARD, REVERSE, SRS};
use mailrep::Error;
use mailrep::srs::Rewriter;

pub(crate) fn run(command: Srs, global: Global) -> Result<(), Failure> {
    match command.command {
        SrsCommand::Forward(command) => addresses::run(&command, Rewriter::forward, &global),
        SrsCommand::Reverse(command) => addresses::run(&command, Rewriter::reverse, &global),
    }
}

/// Makes the rewriter that the options ask for.
pub(crate) fn rewriter(settings: &SrsSettings) -> Result<Rewriter, Failure> {
    Rewriter::new(settings.settings()?).map_err(|why: Error| Failure::Usage(why.to_string()))
}
