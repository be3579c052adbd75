//! What may stand on the command line.

use super::filter::arguments::{Filter, FilterCommand};
use super::help;
use super::outbound::arguments::{Outbound, OutboundCommand};
use super::policy::{Exceptions, Local, LocalDmarcPolicy, LocalPolicy};
use super::srs::Srs;
use super::values::{self, Claim, Text};
use clap::{Args, Parser, Subcommand, ValueEnum};
use mailrep::clock::UnixTime;
use mailrep::dkim::{Canonicalization, NewKey};
use mailrep::dmarc::OverrideError;
use mailrep::dns::Name;
use mailrep::spf::PolicyError;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Says whether mail is what it claims to be, and why: SPF, DKIM and DMARC. Signs mail with DKIM, and rewrites
/// envelope senders of forwarded mail (SRS).
#[derive(Debug, Parser)]
#[command(
    name = "mailrep",
    version,
    long_about = help::ABOUT,
    after_help = "'mailrep --help' says more; 'mailrep COMMAND --help' explains a command.",
    after_long_help = help::long_help(help::MAILREP, "the manual page mailrep(1): zone files, JSON, and all else"),
    arg_required_else_help = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Check),
    Spf(Spf),
    Dmarc(Dmarc),
    Sign(Sign),
    Keygen(Keygen),
    Srs(Srs),
    Outbound(Outbound),
    Filter(Filter),
}

/// Options that may stand before the command or after it. They are no global arguments of clap: those lose what
/// stands before the command if more stands after it, and do not conflict across it.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Global options (before the command or after it)")]
pub(crate) struct Global {
    /// Ask this nameserver instead of the system's; may be repeated.
    ///
    /// An IPv4 or IPv6 address, with a port where it is not 53: 192.0.2.53, 127.0.0.1:5353, [2001:db8::53]:5353.
    /// The file /etc/hosts is never consulted.
    #[arg(long, value_name = "IP:PORT", value_parser = values::nameserver)]
    pub(crate) nameserver: Vec<SocketAddr>,

    /// Answer DNS questions from this zone file, without any network; may be repeated.
    ///
    /// An RFC 1035 master file. Names without $ORIGIN are absolute, and names that are not in it do not exist. A
    /// line '$FAIL NAME [TYPE] SERVFAIL|REFUSED|TIMEOUT' makes a name fail. Not together with --nameserver.
    #[arg(long, value_name = "FILE")]
    pub(crate) zone: Vec<PathBuf>,

    /// Time that all DNS of the command may take, in seconds [default: 20].
    ///
    /// Fractions are allowed, up to 3600. Single tries are shorter. What is not known by then is a temperror. The time
    /// runs from the beginning for what is asked about the client, and from the end of a message's header for its
    /// signatures and policies, so that a message that trickles in is not judged by its slowness.
    #[arg(long, value_name = "S", value_parser = values::dns_timeout, allow_negative_numbers = true)]
    pub(crate) dns_timeout: Option<Duration>,

    /// Judge as if it were this time [default: now].
    ///
    /// Unix seconds, such as 1772355660, or RFC 3339, such as 2026-03-01T09:01:00Z. It governs when signatures
    /// were made and expire (t=, x=), SPF's %{t} and the days of SRS; never time-outs.
    #[arg(long, value_name = "TIME", value_parser = values::time, allow_negative_numbers = true)]
    pub(crate) now: Option<UnixTime>,

    /// Print one JSON object on a line instead of text.
    #[arg(long)]
    pub(crate) json: bool,

    /// When to use colour [default: auto, which is on a terminal only].
    #[arg(long, value_name = "WHEN")]
    pub(crate) color: Option<Color>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

/// Check a message: SPF, DKIM, DMARC and the client's name.
///
/// Reads a message from a file, or from the standard input if FILE is '-', and says what to do with it and why.
/// Without --ip, SPF and the client's name cannot be checked and DMARC rests on DKIM alone.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(help::CHECK, "the manual page mailrep-check(1): the fields of --json"))]
pub(crate) struct Check {
    /// Address of the client that delivered the message.
    #[arg(long, value_name = "IP", value_parser = values::address)]
    pub(crate) ip: Option<IpAddr>,

    /// Name that the client gave with HELO or EHLO.
    #[arg(long, value_name = "NAME", value_parser = values::helo(), allow_hyphen_values = true)]
    pub(crate) helo: Option<Text>,

    /// Envelope sender (MAIL FROM, the reverse-path).
    ///
    /// '' or '<>' is the null reverse-path of bounces, as is --ip without this option; SPF's result is HELO's
    /// then.
    #[arg(long, value_name = "ADDR", value_parser = values::mail_from(), allow_hyphen_values = true)]
    pub(crate) mail_from: Option<Text>,

    /// Account that the client has logged in to: the message is submitted here.
    ///
    /// Neither SPF nor DMARC is checked then, since they are about mail that comes in; signatures are.
    #[arg(long, value_name = "ACCOUNT", value_parser = values::account())]
    pub(crate) login: Option<Text>,

    /// Name to write results under [default: this host's name].
    #[arg(long, value_name = "ID", value_parser = values::authserv_id)]
    pub(crate) authserv_id: Option<String>,

    /// Also show every step: questions, records, terms.
    #[arg(long)]
    pub(crate) trace: bool,

    /// The message: a file, or '-' for the standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) policy: LocalPolicy,

    #[command(flatten)]
    pub(crate) dmarc_policy: LocalDmarcPolicy,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Check SPF alone: may this client send for this domain?
///
/// Both identities are checked (RFC 7208 sections 2.3 and 2.4). The result is MAIL FROM's; with the null
/// reverse-path it is HELO's. With --lint, the record that a domain publishes is looked through for faults instead.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(help::SPF, "the manual page mailrep-spf(1): the fields of --json"))]
pub(crate) struct Spf {
    /// Address of the client.
    #[arg(long, value_name = "IP", value_parser = values::address, required_unless_present = "lint")]
    pub(crate) ip: Option<IpAddr>,

    /// Name that the client gave with HELO or EHLO.
    #[arg(long, value_name = "NAME", value_parser = values::helo(), allow_hyphen_values = true,
          required_unless_present = "lint")]
    pub(crate) helo: Option<Text>,

    /// Envelope sender; '' or '<>' is the null reverse-path.
    #[arg(long, value_name = "ADDR", value_parser = values::mail_from(), allow_hyphen_values = true,
          required_unless_present = "lint")]
    pub(crate) mail_from: Option<Text>,

    /// Say what is wrong or unwise in the record of this domain, and what to do.
    ///
    /// Each finding names the rule that it rests on. All includes are followed, and what each of them costs is shown.
    /// The exit status is 0 whatever is found. With --spf-record it looks at a record that is not published yet, which may be
    /// broken. Not together with --ip, --helo, --mail-from, --spf-trust or --spf-explanation.
    #[arg(long, value_name = "DOMAIN", value_parser = values::domain,
          conflicts_with_all = ["ip", "helo", "mail_from", "spf_trust", "spf_explanation"])]
    pub(crate) lint: Option<Name>,

    /// Also show every step: questions, records, terms.
    #[arg(long)]
    pub(crate) trace: bool,

    #[command(flatten)]
    pub(crate) policy: LocalPolicy,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Evaluate DMARC for given results of SPF and DKIM.
///
/// Finds the policy of the author domain by the tree walk of RFC 9989 and says what follows from the results
/// that are given. With --lint, what a domain publishes is looked through for faults instead; 'mailrep dmarc report' reads the
/// reports that others send.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(help::DMARC, "the manual page mailrep-dmarc(1): the fields of --json"),
          subcommand_negates_reqs = true, disable_help_subcommand = true)]
pub(crate) struct Dmarc {
    #[command(subcommand)]
    pub(crate) instead: Option<DmarcCommand>,

    /// Author domain: the domain of the address in the From field.
    #[arg(long, value_name = "DOMAIN", value_parser = values::domain, required_unless_present = "lint")]
    pub(crate) from: Option<Name>,

    /// Domain that SPF checked, and its result.
    ///
    /// One of none, neutral, pass, fail, softfail, temperror, permerror.
    #[arg(long, value_name = "DOMAIN=RESULT", value_parser = values::spf_claim)]
    pub(crate) spf: Option<Claim>,

    /// Signing domain of a DKIM signature, and its result; may be repeated.
    ///
    /// One of none, pass, fail, policy, neutral, temperror, permerror.
    #[arg(long, value_name = "DOMAIN=RESULT", value_parser = values::dkim_claim)]
    pub(crate) dkim: Vec<Claim>,

    /// Say what is wrong or unwise in what this domain publishes for DMARC, and what to do.
    ///
    /// Each finding names the rule that it rests on. Where reports go to another organization, its consent is looked for.
    /// The exit status is 0 whatever is found. Not together with --from, --spf, --dkim, --dmarc-except or --dmarc-psl.
    #[arg(long, value_name = "DOMAIN", value_parser = values::domain, conflicts_with_all = ["from", "spf", "dkim", "dmarc_except", "dmarc_psl"])]
    pub(crate) lint: Option<Name>,

    /// Also show every step: questions and records.
    #[arg(long)]
    pub(crate) trace: bool,

    #[command(flatten)]
    pub(crate) exceptions: Exceptions,

    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DmarcCommand {
    Report(DmarcReport),
}

/// Say who sends as us, of the aggregate reports that others sent.
///
/// Reads any number of reports: XML, gzip, zip, or whole mails with these attached, also one in another. What a file is, its
/// octets say and not its name. For each author domain it tells which addresses sent how much, and whether it was aligned, with
/// what needs attention first. A report that comes twice is counted once. A file that cannot be read is named on the
/// standard error output and skipped.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(help::DMARC_REPORT, "the manual page mailrep-dmarc-report(1): the fields of --json"))]
pub(crate) struct DmarcReport {
    /// Show all addresses and domains, not only the first ones.
    #[arg(long)]
    pub(crate) all: bool,

    /// A file, a folder of files, a Maildir, or '-' for the standard input.
    ///
    /// Of a Maildir, the messages in cur and new are read; of another folder, its files but not its folders.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Sign a message with DKIM and print it.
///
/// Reads a message from a file, or from the standard input if FILE is '-', and prints it with its DKIM-Signature fields on top
/// and the rest untouched.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(help::SIGN, "the manual page mailrep-sign(1): the fields of --json"))]
pub(crate) struct Sign {
    /// Signing domain (d=).
    #[arg(long, value_name = "D", value_parser = values::signing_domain)]
    pub(crate) domain: String,

    /// Selector of the key (s=): it is published at SELECTOR._domainkey.DOMAIN.
    #[arg(long, value_name = "S", value_parser = values::selector)]
    pub(crate) selector: String,

    /// File with the private key in PEM, as 'mailrep keygen' writes it.
    #[arg(long, value_name = "FILE")]
    pub(crate) key: PathBuf,

    /// Sign with this selector and key as well; may be repeated.
    ///
    /// So that a message bears an RSA and an Ed25519 signature (RFC 8463 section 3).
    #[arg(long, value_name = "S2:FILE2", value_parser = values::selector_and_file())]
    pub(crate) also: Vec<(String, PathBuf)>,

    /// How much may change on the way, of the header and of the body: relaxed or simple [default: relaxed/relaxed].
    #[arg(long, value_name = "HEADER/BODY", value_parser = values::canonicalizations)]
    pub(crate) canonicalization: Option<(Canonicalization, Canonicalization)>,

    /// On whose behalf is signed (i=): an address, or '@' and a domain, at the signing domain or below it.
    #[arg(long, value_name = "ADDR")]
    pub(crate) identity: Option<String>,

    /// How long the signature is valid (x=): seconds, or a number and s, m, h or d [default: for ever].
    #[arg(long, value_name = "TIME", value_parser = values::lifetime)]
    pub(crate) expires_after: Option<Duration>,

    /// Sign this header field too where it is present; may be repeated.
    #[arg(long, value_name = "NAME")]
    pub(crate) field: Vec<String>,

    /// The message: a file, or '-' for the standard input.
    #[arg(value_name = "FILE|-")]
    pub(crate) file: PathBuf,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Make a key for DKIM and print the DNS record to publish.
///
/// The private key is written to a new file that its owner alone can read; an existing file is never touched. With --verify no key
/// is made: the one in the file is compared with what the DNS has.
#[derive(Debug, Args)]
#[command(after_long_help = help::long_help(help::KEYGEN, "the manual page mailrep-keygen(1): the fields of --json"))]
pub(crate) struct Keygen {
    /// Signing domain (d=).
    #[arg(long, value_name = "D", value_parser = values::signing_domain)]
    pub(crate) domain: String,

    /// Selector of the key (s=): a name of your choice, such as s2026.
    #[arg(long, value_name = "S", value_parser = values::selector)]
    pub(crate) selector: String,

    /// Type of the key [default: rsa].
    #[arg(long, value_name = "ALGORITHM", conflicts_with = "verify")]
    pub(crate) algorithm: Option<KeyAlgorithm>,

    /// Bits of an RSA key: 2048, 3072 or 4096 [default: 2048].
    #[arg(long, value_name = "BITS", value_parser = values::key_bits, conflicts_with = "verify")]
    pub(crate) bits: Option<NewKey>,

    /// File for the private key.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,

    /// Make no key: ask the DNS whether the key in the file is published.
    #[arg(long)]
    pub(crate) verify: bool,

    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum KeyAlgorithm {
    /// RSA, which everybody verifies.
    Rsa,
    /// Ed25519 (RFC 8463), whose records and signatures are short, and which not everybody verifies yet.
    Ed25519,
}

/// Options that must not stand together, or one that stands twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clash {
    /// An option that takes one value was given before the command and after it.
    Twice(&'static str),
    /// A zone file answers instead of a nameserver.
    ZoneAndNameserver,
    /// Keys for Ed25519 have one size.
    BitsOfEd25519,
    /// Local policy cannot be made of what was given.
    Policy(PolicyError),
    /// The same for DMARC.
    Override(OverrideError),
    /// Reports are not evaluated.
    ReportAndEvaluation,
}

impl From<PolicyError> for Clash {
    fn from(error: PolicyError) -> Clash {
        Clash::Policy(error)
    }
}

impl From<OverrideError> for Clash {
    fn from(error: OverrideError) -> Clash {
        Clash::Override(error)
    }
}

impl Cli {
    /// The command, the global options of both places, and local policy.
    pub(crate) fn into_parts(mut self) -> Result<(Global, Command, Local), Clash> {
        let local = match &self.command {
            Command::Check(command) => Local {
                spf: command.policy.policy(false)?,
                dmarc: command.dmarc_policy.overrides()?,
                organizational_domains: command.dmarc_policy.exceptions.organizational_domains(),
            },
            Command::Spf(command) => Local {
                spf: command.policy.policy(command.lint.is_some())?,
                ..Local::default()
            },
            Command::Dmarc(command) => Local {
                dmarc: command.exceptions.overrides()?,
                organizational_domains: command.exceptions.organizational_domains(),
                ..Local::default()
            },
            Command::Sign(_)
            | Command::Keygen(_)
            | Command::Srs(_)
            | Command::Outbound(_)
            | Command::Filter(_) => Local::default(),
        };
        let after = match &mut self.command {
            Command::Check(command) => &mut command.global,
            Command::Spf(command) => &mut command.global,
            Command::Dmarc(command) => {
                if let Some(DmarcCommand::Report(report)) = &mut command.instead {
                    if command.from.is_some()
                        || command.spf.is_some()
                        || !command.dkim.is_empty()
                        || command.exceptions.are_given()
                    {
                        return Err(Clash::ReportAndEvaluation);
                    }
                    let before = std::mem::take(&mut command.global);
                    command.global = before.and(std::mem::take(&mut report.global))?;
                }
                &mut command.global
            }
            Command::Sign(command) => &mut command.global,
            Command::Keygen(command) => {
                if command.bits.is_some() && command.algorithm == Some(KeyAlgorithm::Ed25519) {
                    return Err(Clash::BitsOfEd25519);
                }
                &mut command.global
            }
            Command::Srs(command) => {
                let before = std::mem::take(&mut command.global);
                command.global = before.and(std::mem::take(command.command.global()))?;
                &mut command.global
            }
            Command::Outbound(command) => {
                let after = match &mut command.what {
                    OutboundCommand::Replay(replay) => &mut replay.global,
                    OutboundCommand::Explain(explain) => &mut explain.global,
                    OutboundCommand::Merge(merge) => &mut merge.global,
                    OutboundCommand::Fit(fit) => &mut fit.global,
                    OutboundCommand::Status(status) => &mut status.global,
                    OutboundCommand::Release(release) => &mut release.global,
                    OutboundCommand::Acknowledge(close) => &mut close.global,
                    OutboundCommand::Allow(allow) => &mut allow.global,
                };
                let before = std::mem::take(&mut command.global);
                command.global = before.and(std::mem::take(after))?;
                &mut command.global
            }
            Command::Filter(command) => {
                let after = match &mut command.what {
                    FilterCommand::Check(check) => &mut check.global,
                    FilterCommand::Run(run) => &mut run.global,
                };
                let before = std::mem::take(&mut command.global);
                command.global = before.and(std::mem::take(after))?;
                &mut command.global
            }
        };
        let global = self.global.and(std::mem::take(after))?;
        Ok((global, self.command, local))
    }
}

impl Global {
    fn and(mut self, after: Global) -> Result<Global, Clash> {
        self.nameserver.extend(after.nameserver);
        self.zone.extend(after.zone);
        if !self.nameserver.is_empty() && !self.zone.is_empty() {
            return Err(Clash::ZoneAndNameserver);
        }
        Ok(Global {
            nameserver: self.nameserver,
            zone: self.zone,
            dns_timeout: one("--dns-timeout <S>", self.dns_timeout, after.dns_timeout)?,
            now: one("--now <TIME>", self.now, after.now)?,
            json: self.json || after.json,
            color: one("--color <WHEN>", self.color, after.color)?,
        })
    }
}

fn one<T>(option: &'static str, before: Option<T>, after: Option<T>) -> Result<Option<T>, Clash> {
    match (before, after) {
        (Some(_), Some(_)) => Err(Clash::Twice(option)),
        (before, after) => Ok(before.or(after)),
    }
}
