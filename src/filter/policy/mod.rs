//! The policy: what an administrator decides, from a TOML file.
//!
//! Every key, its default and what follows from it stand in `docs/filter.md`. A file is read as a whole, and all that is wrong with it is
//! told at once, each fault with its line and what mends it.

mod beside;
mod document;
mod fault;
mod keys;
mod read;
mod sections;
mod treatment;
mod values;

pub use beside::{AlarmRules, ControlRules, ServeRules};
pub use document::Located;
pub use fault::{Fault, Place, PolicyError};
pub(crate) use treatment::Filling;
pub use treatment::{Template, Treatment};
pub use values::{DomainSet, RecipientSet};

use crate::dkim::{Senders, SignerOptions};
use crate::dmarc::Overrides;
use crate::network::Network;
use crate::{spf, srs};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Octets of a policy file.
const MOST_OCTETS: u64 = 4 << 20;

/// What an administrator decides. The default verifies what comes from outside, adds an Authentication-Results field, and does nothing
/// else.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Policy {
    /// The file's name, for messages.
    pub file: String,
    /// Who writes results; none is the host's name.
    pub authserv_id: Option<String>,
    /// Clients whose mail is submitted without a login. Default: this host's own addresses, 127.0.0.0/8 and ::1.
    pub internal_networks: Vec<Network>,
    /// Names of daemons (`{daemon_name}`) whose mail is submitted. Default `ORIGINATING`.
    pub originating_daemons: Vec<String>,
    /// Domains of this host.
    pub local_domains: DomainSet,
    /// The domain of logins that have none.
    pub login_domain: Option<String>,
    /// How the DNS is asked.
    pub dns: Dns,
    /// Bounds on what strangers send.
    pub limits: Limits,
    /// What is verified.
    pub verify: Verify,
    /// What follows from SPF.
    pub spf: SpfRules,
    /// What follows from DMARC.
    pub dmarc: DmarcRules,
    /// What is submitted.
    pub submission: Submission,
    /// Who signs.
    pub sign: Vec<SignRule>,
    /// Envelope senders of forwarded mail; none is left as it is.
    pub srs: Option<SrsRules>,
    /// Watching accounts; none is watched.
    pub outbound: Option<OutboundRules>,
    /// What is taken out of headers.
    pub strip: Strip,
    /// `[control]`.
    pub control: ControlRules,
    /// Sections of whoever loads the file, `milter` and `log`: their keys and values as text.
    pub foreign: BTreeMap<String, BTreeMap<String, Setting>>,
}

/// A value of a section that is not the filter's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The value: a text without its quotes, a number or `true` or `false` as written, of a list the members with line feeds between.
    pub value: String,
    /// Where the key stands.
    pub place: Place,
}

/// How the DNS is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dns {
    /// Nameservers; none are the system's.
    pub nameservers: Vec<SocketAddr>,
    /// Time for all questions of one check. Default 10 s.
    pub timeout: Duration,
    /// Zone files that answer instead of nameservers.
    pub zone_files: Vec<PathBuf>,
}

/// Bounds on what strangers send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Recipients of a message. Default 10,000.
    pub recipients: usize,
    /// As [`crate::Limits::header_octets`].
    pub header_octets: usize,
    /// As [`crate::Limits::header_fields`].
    pub header_fields: usize,
    /// As [`crate::Limits::signatures`].
    pub signatures: usize,
}

/// What is verified of mail from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verify {
    /// Whether anything is.
    pub enabled: bool,
    /// Whether the client's name is looked up.
    pub iprev: bool,
    /// What becomes of a message whose result the DNS did not give: accept or defer.
    pub on_temperror: Treatment,
    /// The field that tags; fields of that name are taken out of all messages.
    pub tag_field: String,
}

/// What follows from SPF.
#[derive(Debug, Clone)]
pub struct SpfRules {
    /// What becomes of a message that fails, unless DMARC passes.
    pub on_fail: Treatment,
    /// Whose clients are not checked.
    pub policy: spf::Policy,
    /// The networks of `policy`, as they were written.
    pub trusted_relays: Vec<String>,
    /// The words of a rejection.
    pub text: Template,
}

/// What follows from DMARC.
#[derive(Debug, Clone)]
pub struct DmarcRules {
    /// What becomes of a message that the author domain wants rejected.
    pub on_reject: Treatment,
    /// What becomes of a message that the author domain wants quarantined.
    pub on_quarantine: Treatment,
    /// Exceptions.
    pub overrides: Overrides,
    /// The exceptions in words.
    pub exceptions: Vec<String>,
    /// Whether organizational domains are those of the public suffix list.
    pub public_suffix_list: bool,
    /// The words of a rejection.
    pub text: Template,
}

/// What is submitted.
#[derive(Debug, Clone)]
pub struct Submission {
    /// What becomes of a message that nobody signs: accept or reject.
    pub unsigned: Treatment,
    /// Whether an Authentication-Results field tells the account.
    pub auth_results: bool,
    /// The words of a rejection.
    pub text: Template,
}

/// Who signs for author domains.
#[derive(Debug, Clone)]
pub struct SignRule {
    /// Patterns of author domains.
    pub domains: Vec<Located<String>>,
    /// The domain that signs (`d=`); none is the author domain of each pattern.
    pub signing_domain: Option<Located<String>>,
    /// Selectors and files of keys; each signs.
    pub keys: Vec<SignKey>,
    /// Logins that may sign by this rule.
    pub senders: Senders,
    /// Whether clients may that are trusted without a login.
    pub without_login: bool,
    /// What a signature covers and says.
    pub options: SignerOptions,
    /// Where the rule begins.
    pub place: Place,
}

/// A key to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignKey {
    /// The selector.
    pub selector: Located<String>,
    /// The file of the private key.
    pub file: Located<PathBuf>,
}

/// Envelope senders of forwarded mail.
#[derive(Debug, Clone)]
pub struct SrsRules {
    /// The domain of rewritten addresses.
    pub domain: Located<String>,
    /// The file of secrets.
    pub secret_file: Located<PathBuf>,
    /// Whether senders are rewritten; recipients that come back always are.
    pub forward: bool,
    /// Recipients in local domains whose mail goes elsewhere.
    pub forwarded_recipients: RecipientSet,
    /// Whether recipients are refused that look rewritten and are not by us.
    pub refuse_tampered: bool,
    /// Domains whose senders stay.
    pub excluded_domains: Vec<String>,
    /// As [`srs::Settings::separator`].
    pub separator: Option<srs::Separator>,
    /// As [`srs::Settings::hash_length`].
    pub hash_length: Option<usize>,
    /// As [`srs::Settings::hash_minimum`].
    pub hash_minimum: Option<usize>,
    /// As [`srs::Settings::max_age`].
    pub max_age_days: Option<u16>,
    /// As [`srs::Settings::mint`].
    pub mint: Option<srs::Mac>,
    /// As [`srs::Settings::accept`].
    pub accept: Option<srs::Accept>,
    /// As [`srs::Settings::long_local_parts`].
    pub long_local_parts: Option<srs::LongLocalParts>,
    /// The words of a refusal.
    pub text: Template,
    /// Where it is served to the MTA beside.
    pub serve: ServeRules,
}

/// Watching accounts.
#[derive(Debug, Clone)]
pub struct OutboundRules {
    /// Where what is known of accounts is kept; none is forgotten at the end.
    pub state_file: Option<Located<PathBuf>>,
    /// A file with the key of a new state.
    pub key_file: Option<Located<PathBuf>>,
    /// What becomes of messages of an account with an alarm.
    pub on_alarm: Treatment,
    /// The one dial.
    pub false_alarms_per_account_year: f64,
    /// Accounts that are kept.
    pub accounts: usize,
    /// Whose messages count.
    pub watch: Watch,
    /// Recipients on a day that accounts declared.
    pub declared: BTreeMap<String, u32>,
    /// The words of a rejection or a deferral.
    pub text: Template,
    /// Who is told.
    pub alarm: AlarmRules,
}

/// Whose messages count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// Those of clients that logged in, by login.
    pub logins: bool,
    /// Those submitted on this host, by user or client address.
    pub local: bool,
    /// Those of internal networks and originating daemons, by client address.
    pub internal: bool,
}

/// What is taken out of headers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strip {
    /// Names of fields, of all messages.
    pub fields: Vec<String>,
    /// Names of fields, of submissions alone.
    pub of_submissions: Vec<String>,
}

impl Policy {
    /// Reads a policy from text. Relative paths are below `folder`.
    ///
    /// # Errors
    /// [`PolicyError`] with all faults.
    pub fn parse(text: &str, file: &str, folder: &Path) -> Result<Policy, PolicyError> {
        read::policy(text, file, folder)
    }

    /// Reads a policy file. Relative paths in it are below the folder that it is in.
    ///
    /// # Errors
    /// [`PolicyError`], with one fault if the file cannot be read.
    pub fn read(path: &Path) -> Result<Policy, PolicyError> {
        let name = path.display().to_string();
        let unreadable = |why: String| {
            let message = format!("cannot read {name}: {why}");
            let (place, fix) = (Place::default(), None);
            PolicyError::new(&name, vec![Fault { place, message, fix }])
        };
        let octets = crate::private_file::read(path, MOST_OCTETS)
            .map_err(|error| match error {
                crate::Error::Io { why, .. } => unreadable(why),
                other => unreadable(other.to_string()),
            })?
            .octets;
        if octets.len() as u64 > MOST_OCTETS {
            return Err(unreadable(format!(
                "it has more than {MOST_OCTETS} octets, which no policy has"
            )));
        }
        let text = std::str::from_utf8(&octets).map_err(|error| {
            let line = octets[..error.valid_up_to()]
                .split(|&octet| octet == b'\n')
                .count();
            unreadable(format!("line {line} is not UTF-8, which TOML has to be"))
        })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Policy::parse(text, &name, folder)
    }

    /// A login, with the domain of logins that have none.
    pub(crate) fn login(&self, login: &[u8]) -> Vec<u8> {
        match &self.login_domain {
            Some(domain) if !login.contains(&b'@') => {
                [login, b"@".as_slice(), domain.to_ascii_lowercase().as_bytes()].concat()
            }
            _ => login.to_vec(),
        }
    }

    /// A value of a section that is not the filter's own, such as `listen` of `milter`.
    pub fn setting(&self, section: &str, key: &str) -> Option<&Setting> {
        self.foreign.get(section)?.get(key)
    }

    /// Complains about keys of a section that its owner does not know. The filter's own sections are checked already.
    ///
    /// # Errors
    /// [`PolicyError`] with a fault for each key.
    pub fn check_section(&self, section: &str, keys: &[&str]) -> Result<(), PolicyError> {
        let mut faults = Vec::new();
        for (key, setting) in self.foreign.get(section).into_iter().flatten() {
            if keys.contains(&key.as_str()) {
                continue;
            }
            let shown = crate::error::printable(key.as_bytes());
            let near = document::nearest(key, keys.iter().copied());
            faults.push(Fault {
                place: setting.place,
                message: format!("there is no key '{shown}' in [{section}]"),
                fix: Some(match near {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("[{section}] knows {}", keys.join(", ")),
                }),
            });
        }
        match faults.is_empty() {
            true => Ok(()),
            false => Err(PolicyError::new(&self.file, faults)),
        }
    }
}
