//! The `mailrep` command line.

mod check;
mod cli;
#[cfg(test)]
mod completions;
mod decision;
mod dmarc;
mod dmarc_lint;
mod failure;
mod filter;
mod findings;
mod help;
mod input;
mod keygen;
mod lint;
#[cfg(test)]
mod man_pages;
mod outbound;
mod page;
mod policy;
mod printable;
mod progress;
mod report;
mod setup;
mod sign;
mod spf;
mod srs;
mod steps;
mod values;

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser as _};
use cli::{Clash, Cli, Color, Command};
use mailrep::spf::PolicyError;
use std::process::ExitCode;

fn main() -> ExitCode {
    let (global, command, local) = match Cli::try_parse_from(srs::marked(std::env::args_os()))
        .and_then(|cli| cli.into_parts().map_err(clash))
    {
        Ok(parts) => parts,
        Err(error) => return usage(&error),
    };
    match global.color {
        Some(Color::Always) => anstream::ColorChoice::Always.write_global(),
        Some(Color::Never) => anstream::ColorChoice::Never.write_global(),
        Some(Color::Auto) | None => {}
    }
    let done = match command {
        Command::Check(command) => check::run(command, global, local),
        Command::Spf(command) => spf::run(command, global, local),
        Command::Dmarc(command) => dmarc::run(command, global, local),
        Command::Sign(command) => sign::run(command, global),
        Command::Keygen(command) => keygen::run(command, global),
        Command::Srs(command) => srs::run(command, global),
        Command::Outbound(command) => outbound::run(command, &global),
        Command::Filter(command) => filter::run(command, global),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => ExitCode::from(failure.tell()),
    }
}

fn clash(clash: Clash) -> clap::Error {
    let what = match clash {
        Clash::Twice(option) => format!("the argument '{option}' cannot be used multiple times"),
        Clash::ZoneAndNameserver => {
            "the argument '--zone <FILE>' cannot be used with '--nameserver <IP:PORT>': \
                                     a zone file answers instead of a nameserver"
                .to_owned()
        }
        Clash::ReportAndEvaluation => {
            "the subcommand 'report' cannot be used with '--from', '--spf', '--dkim', '--dmarc-except' or '--dmarc-psl': it reads reports and evaluates nothing"
                .to_owned()
        }
        Clash::BitsOfEd25519 => {
            "the argument '--bits <BITS>' cannot be used with '--algorithm ed25519': its keys have one size"
                .to_owned()
        }
        Clash::Policy(PolicyError::Twice { domain }) => format!(
            "the argument '--spf-record <DOMAIN=RECORD>' is given twice for {domain}: \
             give the one record that is to stand for what it publishes"
        ),
        Clash::Policy(PolicyError::Record { domain, error }) => format!(
            "the argument '--spf-record <DOMAIN=RECORD>' cannot be used for {domain}: \
             {error}; 'mailrep spf --lint {domain}' with the same option says what to do"
        ),
        Clash::Policy(error) => error.to_string(),
        Clash::Override(error) => format!("the argument '--dmarc-except <DOMAIN=DISPOSITION>' cannot be used: {error}"),
    };
    Cli::command().error(ErrorKind::ArgumentConflict, what)
}

/// Help, the version, or what is wrong with the command line.
fn usage(error: &clap::Error) -> ExitCode {
    // Scripts pass on what strangers wrote, and what is wrong quotes it. If it holds controls, it is shown without
    // them, and without colour.
    let hostile = std::env::args_os().any(|word| word.to_string_lossy().contains(printable::is_unsafe));
    if hostile && error.use_stderr() {
        use std::io::Write as _;
        let text = error.to_string();
        let lines: Vec<_> = text.lines().map(printable::line).collect();
        let _ = writeln!(anstream::stderr().lock(), "{}", lines.join("\n"));
    } else {
        // Nobody is left to be told that nobody reads.
        let _ = error.print();
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}
