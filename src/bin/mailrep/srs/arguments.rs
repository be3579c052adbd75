//! What may stand behind `mailrep srs`.

use super::super::cli::Global;
use super::super::failure::{Failure, tell};
use super::super::help as sections;
use super::help;
use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Subcommand};
use mailrep::srs::{Accept, LongLocalParts, Mac, Secrets, Separator, Settings};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

/// Rewrite envelope senders of forwarded mail, and bounces back (SRS).
///
/// What is forwarded leaves with an envelope sender in a domain of this host, so that SPF passes; bounces that come to it get
/// the original address. The addresses are those of PostSRSd.
#[derive(Debug, Args)]
#[command(after_long_help = sections::long_help(help::SRS, "the manual pages mailrep-srs(1), mailrep-srs-forward(1) and mailrep-srs-reverse(1)"),
          disable_help_subcommand = true)]
pub(crate) struct Srs {
    #[command(subcommand)]
    pub(crate) command: SrsCommand,

    #[command(flatten)]
    pub(crate) global: Global,
}

#[derive(Debug, Subcommand)]
pub(crate) enum SrsCommand {
    /// Rewrite envelope senders for forwarded mail.
    ///
    /// 'alice@example.com' becomes 'SRS0=HHHH=TT=example.com=alice' in the alias domain. What needs no rewriting is left alone,
    /// and the reason is said.
    #[command(after_long_help = sections::long_help(help::FORWARD, "the manual page mailrep-srs-forward(1): the fields of --json"))]
    Forward(SrsAddresses),
    /// Give back the addresses that rewritten ones stand for.
    ///
    /// Refused is what was not made here: its hash is not ours, or it is too old, or it is no SRS address at all.
    #[command(after_long_help = sections::long_help(help::REVERSE, "the manual page mailrep-srs-reverse(1): the fields of --json"))]
    Reverse(SrsAddresses),
}

impl SrsCommand {
    pub(crate) fn global(&mut self) -> &mut Global {
        match self {
            SrsCommand::Forward(command) | SrsCommand::Reverse(command) => &mut command.global,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct SrsAddresses {
    #[command(flatten)]
    pub(crate) settings: SrsSettings,

    /// Addresses, or '-' for the standard input, one address a line.
    #[arg(value_name = "ADDRESS|-", required = true, value_parser = address())]
    pub(crate) addresses: Vec<Box<[u8]>>,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// How to rewrite: what all commands of SRS share.
#[derive(Debug, Args)]
#[command(next_help_heading = "Settings")]
pub(crate) struct SrsSettings {
    /// Alias domain, in which rewritten addresses are.
    ///
    /// Its MX and SPF records must name this host, so that bounces come here and SPF passes.
    #[arg(long, value_name = "D")]
    pub(crate) domain: String,

    /// File with the secrets of the alias domain, one a line: the first makes hashes, all are tried.
    ///
    /// That of PostSRSd will do. A secret has 16 octets or more.
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: PathBuf,

    /// Make the secret file if it is not there, with 32 random octets in base64, for its owner alone.
    #[arg(long)]
    pub(crate) create_secret: bool,

    /// Reverse addresses in this alias domain as well, with secrets of its own; may be repeated.
    #[arg(long, value_name = "D2:FILE2", value_parser = domain_and_file())]
    pub(crate) also: Vec<(String, PathBuf)>,

    /// Letters of the hash in new addresses, 4 to 27 [default: 4].
    #[arg(long, value_name = "N")]
    pub(crate) hash_length: Option<usize>,

    /// Letters that a hash must have to be believed [default: 4].
    #[arg(long, value_name = "N")]
    pub(crate) hash_min: Option<usize>,

    /// What follows SRS0 and SRS1 in new addresses: '=', '+' or '-' [default: =].
    ///
    /// All three are understood.
    #[arg(long, value_name = "C")]
    pub(crate) separator: Option<Separator>,

    /// Days for which an address can be reversed, 1 to 1022 [default: 21].
    #[arg(long, value_name = "DAYS")]
    pub(crate) max_age: Option<u16>,

    /// Form of the hash in new addresses [default: compat, or strong with '--accept strong'].
    ///
    /// 'compat' is that of the whole SRS family. Who has one such address can make others, by moving the border between host and
    /// user; 'strong' ends that, and only mailrep verifies it.
    #[arg(long, value_name = "compat|strong")]
    pub(crate) mac: Option<Mac>,

    /// Forms of the hash that are believed [default: both].
    ///
    /// Say 'strong' when the addresses that were made before '--mac strong' have expired.
    #[arg(long, value_name = "both|strong")]
    pub(crate) accept: Option<Accept>,

    /// Rewrite addresses of the alias domain, too.
    #[arg(long)]
    pub(crate) always: bool,

    /// Leave addresses of this domain alone; may be repeated.
    ///
    /// 'example.com' is that domain alone, '.example.com' all below it.
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) exclude: Vec<String>,

    /// A domain of this host, whose addresses it may use as they are; may be repeated.
    ///
    /// In the same form. It is left alone as with --exclude, and another reason is said.
    #[arg(long, value_name = "DOMAIN")]
    pub(crate) local: Vec<String>,

    /// Whether a new local part may have more than 64 octets [default: allow].
    ///
    /// No host must accept more (RFC 5321 section 4.5.3.1.1), and nearly all do.
    #[arg(long, value_name = "allow|refuse")]
    pub(crate) long: Option<LongLocalParts>,
}

impl SrsSettings {
    /// The library's settings. Reads the secret files, each time anew.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        let mut settings = Settings::new(self.domain.clone(), self.secrets()?);
        for (domain, file) in &self.also {
            settings.further.push((domain.clone(), read(file)?));
        }
        set(&mut settings.separator, self.separator);
        set(&mut settings.hash_length, self.hash_length);
        set(&mut settings.hash_minimum, self.hash_min);
        set(&mut settings.max_age, self.max_age);
        // Whoever believes the strong form alone cannot mean to make others.
        let implied = (self.accept == Some(Accept::Strong)).then_some(Mac::Strong);
        set(&mut settings.mint, self.mac.or(implied));
        set(&mut settings.accept, self.accept);
        set(&mut settings.long_local_parts, self.long);
        settings.always = self.always;
        settings.excluded.clone_from(&self.exclude);
        settings.local.clone_from(&self.local);
        Ok(settings)
    }

    fn secrets(&self) -> Result<Secrets, Failure> {
        let file = &self.secret_file;
        if file.symlink_metadata().is_ok() {
            return read(file);
        }
        if !self.create_secret {
            return Err(Failure::Input(format!(
                "there is no secret file '{}'; give that of PostSRSd, or --create-secret to have one made",
                file.display()
            )));
        }
        let secrets = Secrets::create(file)?;
        tell(&format!("made the secret file '{}'", file.display()));
        Ok(secrets)
    }
}

fn set<T>(setting: &mut T, given: Option<T>) {
    if let Some(given) = given {
        *setting = given;
    }
}

/// Reads secrets, and warns if others can read them too.
fn read(file: &Path) -> Result<Secrets, Failure> {
    let read = Secrets::read(file)?;
    if read.open_to_others {
        tell(&format!(
            "warning: every user of this host can read or write the secret file '{0}', and make addresses that are believed; \
             'chmod o= {0}' mends it",
            file.display()
        ));
    }
    Ok(read.secrets)
}

fn domain_and_file() -> impl TypedValueParser<Value = (String, PathBuf)> {
    OsStringValueParser::new().try_map(|value: OsString| {
        let octets = value.as_bytes();
        let colon = octets
            .iter()
            .position(|&octet| octet == b':')
            .filter(|&colon| colon > 0);
        match colon.and_then(|colon| Some((&octets[..colon], octets.get(colon + 1..)?))) {
            Some((domain, file)) if !file.is_empty() => Ok((
                String::from_utf8_lossy(domain).into_owned(),
                PathBuf::from(OsString::from_vec(file.to_vec())),
            )),
            _ => Err("expected DOMAIN:FILE, such as old.example.org:/etc/mail/old.secret"),
        }
    })
}

/// Marks an argument as an address. No argument that a process is given can have this octet.
const MARK: u8 = 0;

/// Addresses may begin with a hyphen: what does, and has an `@`, is no option, for there is none of one letter that takes a value.
pub(crate) fn marked(arguments: impl Iterator<Item = OsString>) -> impl Iterator<Item = OsString> {
    let mut only_values = false;
    arguments.map(move |argument| {
        let octets = argument.as_bytes();
        only_values |= octets == b"--";
        let address = octets.starts_with(b"-") && !octets.starts_with(b"--") && octets.contains(&b'@');
        if only_values || !address {
            return argument;
        }
        OsString::from_vec([&[MARK], octets].concat())
    })
}

fn address() -> impl TypedValueParser<Value = Box<[u8]>> {
    OsStringValueParser::new().map(|value: OsString| {
        let octets = value.into_vec();
        Box::from(octets.strip_prefix(&[MARK]).unwrap_or(&octets))
    })
}
