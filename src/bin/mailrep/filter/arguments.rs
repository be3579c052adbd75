//! What may stand after `mailrep filter`.

use super::help as sections;
use crate::cli::Global;
use crate::help;
use crate::values::{self, Text};
use clap::{Args, Subcommand};
use std::net::IpAddr;
use std::path::PathBuf;

/// Say what to do with messages, by a policy file.
#[derive(Debug, Args)]
#[command(disable_help_subcommand = true)]
pub(crate) struct Filter {
    #[command(subcommand)]
    pub(crate) what: FilterCommand,

    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FilterCommand {
    Check(FilterCheck),
    Run(FilterRun),
}

/// Look whether a policy can be used, and say in words what it will do.
///
/// All files that it names are read. Each fault is told with its line and what mends it; of a policy that can be used, what is dangerous
/// about it. Nothing is written, and nothing is asked of the network.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(sections::CHECK, "the manual page mailrep-filter-check(1): the fields of --json"))]
pub(crate) struct FilterCheck {
    /// The policy, such as /etc/mailrep/mailrep.toml.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Show what a policy does with one message.
///
/// The message is told to the filter as a mail server would, and the actions are shown that the server would carry out. Nothing
/// is written: what is learned of the account is forgotten.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(sections::RUN, "the manual page mailrep-filter-run(1): the fields of --json"))]
pub(crate) struct FilterRun {
    /// The policy.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: PathBuf,

    /// Address of the client.
    #[arg(long, value_name = "IP", value_parser = values::address, conflicts_with = "local")]
    pub(crate) ip: Option<IpAddr>,

    /// Name that the client gave with HELO or EHLO.
    #[arg(long, value_name = "NAME", value_parser = values::helo(), allow_hyphen_values = true)]
    pub(crate) helo: Option<Text>,

    /// Envelope sender; '' or '<>' or nothing is the null reverse-path.
    #[arg(long, value_name = "ADDR", value_parser = values::mail_from(), allow_hyphen_values = true)]
    pub(crate) mail_from: Option<Text>,

    /// A recipient; may be repeated.
    #[arg(long, value_name = "ADDR", value_parser = values::mail_from(), allow_hyphen_values = true)]
    pub(crate) rcpt: Vec<Text>,

    /// Account that the client has logged in to.
    #[arg(long, value_name = "ACCOUNT", value_parser = values::account())]
    pub(crate) login: Option<Text>,

    /// Name of the server's daemon, Postfix's {daemon_name}.
    #[arg(long, value_name = "NAME")]
    pub(crate) daemon: Option<String>,

    /// The message is submitted on this host, by this user; '' if that is not known.
    #[arg(long, value_name = "USER", allow_hyphen_values = true)]
    pub(crate) local: Option<String>,

    /// The server's name for the message.
    #[arg(long, value_name = "ID", default_value = "")]
    pub(crate) queue_id: String,

    /// The message: a file, or '-' for the standard input.
    #[arg(value_name = "MESSAGE|-")]
    pub(crate) message: PathBuf,

    #[command(flatten)]
    pub(crate) global: Global,
}
