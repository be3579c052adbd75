//! What may stand after `mailrep outbound`.

use crate::cli::Global;
use crate::help;
use clap::{Args, Subcommand, ValueEnum};
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
    Explain(Explain),
    Merge(Merge),
    Fit(Fit),
    Status(Status),
    Release(Release),
    Acknowledge(Close),
    Allow(Allow),
}

/// How accounts are judged.
#[derive(Debug, Args)]
pub(crate) struct Judging {
    /// False alarms that are tolerated in a year of an account [default: 0.01, one in a hundred years].
    #[arg(long, value_name = "N", value_parser = tolerance, allow_negative_numbers = true)]
    pub(crate) false_alarms: Option<f64>,

    /// What is known of accounts in general, as 'mailrep outbound fit' writes it [default: built in].
    #[arg(long, value_name = "FILE")]
    pub(crate) prior: Option<PathBuf>,
}

/// What messages are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// JSON lines.
    Jsonl,
    /// Logs of Postfix.
    Postfix,
}

/// Judge messages one after the other, as if they were sent now.
///
/// Reads JSON lines, one for each message and in the order of time, or logs of Postfix. Tells of each message whether there is an
/// alarm for the account or for the host, and why; at the end, which alarms there were, and how many messages would have been stopped.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(super::help::REPLAY, "the manual page mailrep-outbound-replay(1): the lines read and written"))]
pub(crate) struct Replay {
    /// What the files are.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub(crate) format: Format,

    /// Go on with what is known of accounts from this file, and write it back at the end.
    ///
    /// If it is not there, nothing is known yet, and it is made, for its owner alone: names and addresses cannot be read
    /// back from it, but a key is in it. A file that cannot be used is an error, and is kept as it is. Replay nothing twice.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// Write a page with a chart for the host and one for each account with an alarm.
    ///
    /// It tells how many messages each day had, and which of them would have been stopped. The page is one file that needs nothing else.
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,

    /// The messages: files, of which gzip may have packed some, or '-' for the standard input.
    #[arg(value_name = "FILE|-", required = true)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) judging: Judging,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Say what is believed normal for an account.
///
/// Tells how long it has been known, how much of each kind it sends on a usual day, above what it would be an alarm, what was
/// declared, acknowledged or tolerated, and whether an alarm is open.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(super::help::EXPLAIN, "the manual page mailrep-outbound-explain(1): the fields of --json"))]
pub(crate) struct Explain {
    /// What is known, as 'mailrep outbound replay --state' wrote it.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: PathBuf,

    /// The account, as its messages named it.
    #[arg(value_name = "ACCOUNT")]
    pub(crate) account: String,

    #[command(flatten)]
    pub(crate) judging: Judging,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Make one state of those of several hosts.
///
/// The accounts of all are judged as if one host had seen all messages. Hosts can be merged that began with a copy of one file, so
/// that they have its key.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(super::help::MERGE, "the manual page mailrep-outbound-merge(1)"))]
pub(crate) struct Merge {
    /// Where to write it; a file that is there is replaced.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// States that 'mailrep outbound replay --state' wrote. Each host's messages may be in one of them only.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Which milter is asked.
#[derive(Debug, Args)]
pub(crate) struct Control {
    /// The milter's control socket, as [control] of its policy names it.
    #[arg(long, value_name = "PATH", default_value = "/run/mailrep/control")]
    pub(crate) socket: PathBuf,
}

/// List the accounts with alarms, and how much of their mail is held.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(super::help::CONTROL, "the manual page mailrep-outbound-status(1)"))]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) control: Control,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// End the alarm of an account that was stolen and is no more, and print what lets its held mail go.
///
/// The lines printed are for postsuper(1): look at the mail first (postcat -q ID), for much of it may be the thief's.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(super::help::CONTROL, "the manual page mailrep-outbound-release(1)"))]
pub(crate) struct Release {
    /// The account, as 'mailrep outbound status' shows it.
    pub(crate) account: String,

    /// Run these lines.
    #[arg(long)]
    pub(crate) requeue: bool,

    #[command(flatten)]
    pub(crate) control: Control,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// End the alarm of an account that was legitimate: as much and some more raises none again.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(super::help::CONTROL, "the manual page mailrep-outbound-acknowledge(1)"))]
pub(crate) struct Close {
    /// The account, as 'mailrep outbound status' shows it.
    pub(crate) account: String,

    #[command(flatten)]
    pub(crate) control: Control,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Let an account have so many recipients a day, as [outbound.declared] of the policy does.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(super::help::CONTROL, "the manual page mailrep-outbound-allow(1)"))]
pub(crate) struct Allow {
    /// The account.
    pub(crate) account: String,

    /// Recipients a day; 0 takes it back.
    pub(crate) recipients: u32,

    #[command(flatten)]
    pub(crate) control: Control,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Learn from logs what accounts send in general, and print it.
///
/// Reads JSON lines like those of 'mailrep outbound replay', or logs of Postfix, of ordinary sending over months, and prints a prior
/// for its --prior.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(super::help::FIT, "the manual page mailrep-outbound-fit(1)"))]
pub(crate) struct Fit {
    /// What the files are.
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    pub(crate) format: Format,

    /// A counter to leave out, by its code such as new_slots_60s: with this prior it raises no alarm. May be repeated.
    #[arg(long, value_name = "CODE")]
    pub(crate) without: Vec<String>,

    /// Files, of which gzip may have packed some, or '-' for the standard input. Accounts of different files of JSON lines are different
    /// ones.
    #[arg(value_name = "FILE|-", required = true)]
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
