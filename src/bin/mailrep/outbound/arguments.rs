//! What may stand after `mailrep outbound`.

use crate::cli::Global;
use crate::help;
use clap::{Args, Subcommand};
use std::path::PathBuf;

/// Find stolen accounts by the way they send.
#[derive(Debug, Args)]
pub(crate) struct Outbound {
    #[command(subcommand)]
    pub(crate) what: OutboundCommand,

    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Debug, Subcommand)]
pub(crate) enum OutboundCommand {
    Replay(Replay),
    Fit(Fit),
}

/// Judge messages one after the other, as if they were sent now.
///
/// Reads JSON lines, one for each message and in the order of time, and answers each with a line that says whether there is an
/// alarm for the account or for the host, and why.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(super::help::REPLAY, "the manual page mailrep-outbound-replay(1): the lines read and written"))]
pub(crate) struct Replay {
    /// False alarms that are tolerated in a year of an account [default: 0.01, one in a hundred years].
    ///
    /// A line {"control":"config",...} at the beginning of the input does the same, and prevails.
    #[arg(long, value_name = "N", value_parser = tolerance, allow_negative_numbers = true)]
    pub(crate) false_alarms: Option<f64>,

    /// What is known of accounts in general, as 'mailrep outbound fit' writes it [default: built in].
    #[arg(long, value_name = "FILE")]
    pub(crate) prior: Option<PathBuf>,

    /// The messages: a file of JSON lines, or '-' for the standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Learn from logs what accounts send in general, and print it.
///
/// Reads JSON lines like those of 'mailrep outbound replay', of ordinary sending over months, and prints a prior for its --prior.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(super::help::FIT, "the manual page mailrep-outbound-fit(1)"))]
pub(crate) struct Fit {
    /// Logs: files of JSON lines, or '-' for the standard input. Accounts of different files are different ones.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) global: Global,
}

fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 && number <= 10.0 => Ok(number),
        _ => Err("a number above 0, up to 10: false alarms in a year of an account".to_owned()),
    }
}
