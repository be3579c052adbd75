//! A filter: a policy, and all that it names loaded.

use super::outbound::{self, Outbound};
use super::policy::{Fault, Located, Place, Policy, PolicyError, SignRule};
use crate::dkim::{Senders, Signer, SigningKey, SigningTable};
use crate::dmarc::OrganizationalDomains;
use crate::dns::hickory::HickoryOptions;
use crate::dns::zone::Zone;
use crate::driver::{Checker, Setup, Source};
use crate::error::Error;
use crate::srs::{Rewriter, Secrets, Settings};
use crate::transaction::Options;
use crate::{limits, transaction};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Once};

/// Tries that fit into the time for all DNS, at the least.
const TRIES: u32 = 3;

/// A policy with all that it names loaded: keys, secrets, what is known of accounts. It never changes, but for what is learned of accounts,
/// and any number of threads share it. To take a policy anew, make another with [`Filter::reload`] and let sessions that begin use
/// that; those that are under way keep the old one.
pub struct Filter {
    pub(super) policy: Policy,
    pub(super) authserv_id: Box<str>,
    pub(super) checker: Checker,
    /// Who signs for logins.
    pub(super) logins: SigningTable,
    /// Who signs for clients that are trusted without a login.
    pub(super) trusted: SigningTable,
    pub(super) srs: Option<Arc<Rewriter>>,
    pub(super) outbound: Option<Outbound>,
    /// Files that others can read.
    pub(super) open_files: Vec<String>,
    /// It has taken effect.
    in_force: Once,
}

impl std::fmt::Debug for Filter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Filter")
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

impl Filter {
    /// Reads a policy file and all that it names. Relative paths are below the file's folder.
    ///
    /// # Errors
    /// [`PolicyError`] with all faults, each with its line.
    pub fn read(path: &Path) -> Result<Filter, PolicyError> {
        Filter::new(Policy::read(path)?)
    }

    /// As [`Filter::read`], for a program that shall start in any case but that of a wrong policy: a state of accounts that cannot be used
    /// is moved aside, or is not written if it cannot be moved, and a sentence says so.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn read_aside(path: &Path) -> Result<(Filter, Option<String>), PolicyError> {
        let error = match Filter::read(path) {
            Ok(filter) => return Ok((filter, None)),
            Err(error) => error,
        };
        let mut policy = Policy::read(path)?;
        match policy.outbound.as_mut().and_then(outbound::set_aside) {
            Some(told) => Ok((Filter::new(policy)?, Some(told))),
            None => Err(error),
        }
    }

    /// Makes a filter, which asks the nameservers or the zone files that the policy names.
    ///
    /// # Errors
    /// [`PolicyError`]: a file that cannot be used, a rule that contradicts another.
    pub fn new(policy: Policy) -> Result<Filter, PolicyError> {
        Filter::made(policy, None, None)
    }

    /// As [`Filter::new`], where somebody else answers DNS questions.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn with_source(policy: Policy, source: Source) -> Result<Filter, PolicyError> {
        Filter::made(policy, Some(source), None)
    }

    /// A filter by another policy that goes on with what this one knows of accounts, unless the policy names another file for that which is
    /// there. Alarms stay open. The DNS cache begins anew. It takes effect with its first session; one that is dropped before has changed
    /// nothing.
    ///
    /// # Errors
    /// [`PolicyError`]; this filter is as good as before.
    pub fn reload(&self, policy: Policy) -> Result<Filter, PolicyError> {
        Filter::made(policy, None, self.outbound.as_ref())
    }

    fn made(
        policy: Policy,
        source: Option<Source>,
        before: Option<&Outbound>,
    ) -> Result<Filter, PolicyError> {
        let mut faults = Loading::default();
        let authserv_id: Box<str> = match &policy.authserv_id {
            Some(id) => id.as_str().into(),
            None => host_name().into(),
        };
        let (mut logins, mut trusted) = (SigningTable::default(), SigningTable::default());
        for rule in &policy.sign {
            faults.sign(rule, &mut logins, &mut trusted);
        }
        if !logins.is_empty() {
            // The first use of the generator takes some 50 ms, which no message is to wait for. Without randomness signing fails, and says so.
            let _ = aws_lc_rs::rand::fill(&mut [0]);
        }
        let srs = faults.srs(&policy);
        let outbound = match &policy.outbound {
            None => None,
            Some(rules) => outbound::open(rules, before)
                .map_err(|fault| faults.list.push(fault))
                .ok(),
        };
        let source = match source {
            Some(source) => Some(source),
            None => faults.source(&policy),
        };
        let checker = source.and_then(|source| {
            let setup = Setup {
                source,
                options: options(&policy, &authserv_id),
                ..Setup::default()
            };
            let place = Place { line: 1, column: 1 };
            Checker::new(setup)
                .map_err(|error| {
                    faults.fault(
                        place,
                        error.to_string(),
                        "write nameservers = [\"127.0.0.1\"] in [dns]",
                    );
                })
                .ok()
        });
        match checker {
            Some(checker) if faults.list.is_empty() => Ok(Filter {
                policy,
                authserv_id,
                checker,
                logins,
                trusted,
                srs,
                outbound,
                open_files: faults.open_files,
                in_force: Once::new(),
            }),
            _ => Err(PolicyError::new(&policy.file, faults.list)),
        }
    }

    /// The policy is in force from now on: what it declares of accounts is declared, and what it does not declare any more is watched again.
    /// The first session does it; until then, nothing of the policy before is changed.
    pub(crate) fn take_effect(&self) {
        self.take_effect_with(&BTreeMap::new());
    }

    /// The same, for who allows accounts something beside the policy: how many recipients on a day.
    pub(crate) fn take_effect_with(&self, allowed: &BTreeMap<Vec<u8>, u32>) {
        if let (Some(outbound), Some(rules)) = (&self.outbound, &self.policy.outbound) {
            self.in_force
                .call_once(|| outbound.declare(&self.policy, rules, allowed));
        }
    }

    /// The policy.
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The name under which results are written.
    pub fn authserv_id(&self) -> &str {
        &self.authserv_id
    }

    /// What rewrites senders, if anything does.
    pub fn rewriter(&self) -> Option<Arc<Rewriter>> {
        self.srs.clone()
    }

    /// What watches accounts, if anything does.
    pub fn monitor(&self) -> Option<&Arc<crate::outbound::Monitor>> {
        self.outbound.as_ref().map(|outbound| &outbound.monitor)
    }
}

/// Loading files, with what is wrong with them.
#[derive(Default)]
struct Loading {
    list: Vec<Fault>,
    open_files: Vec<String>,
}

impl Loading {
    fn fault(&mut self, place: Place, message: impl Into<String>, fix: &str) {
        self.list.push(Fault {
            place,
            message: message.into(),
            fix: (!fix.is_empty()).then(|| fix.to_owned()),
        });
    }

    fn error(&mut self, place: Place, error: &Error) {
        let fix = match error {
            Error::Io { .. } => "look at the path, and whether the user that the filter runs as may read it",
            _ => "",
        };
        self.fault(place, error.to_string(), fix);
    }

    fn sign(&mut self, rule: &SignRule, logins: &mut SigningTable, trusted: &mut SigningTable) {
        let mut keys = Vec::new();
        for key in &rule.keys {
            match SigningKey::read(&key.file.value) {
                Ok(read) => {
                    if read.open_to_others {
                        self.open_files.push(key.file.value.display().to_string());
                    }
                    keys.push((&key.selector, Arc::new(read.key)));
                }
                Err(error) => self.error(key.file.place, &error),
            }
        }
        for pattern in &rule.domains {
            let Some(domain) = signing_domain(rule, pattern) else {
                self.fault(
                    pattern.place,
                    "'*' stands for any author domain, and nobody knows which domain signs",
                    "write signing_domain = \"example.org\"",
                );
                continue;
            };
            let mut signers = Vec::new();
            for (selector, key) in &keys {
                match Signer::new(domain, &selector.value, Arc::clone(key), rule.options.clone()) {
                    Ok(signer) => signers.push(Arc::new(signer)),
                    Err(error) => self.fault(selector.place, error.to_string(), ""),
                }
            }
            let senders = rule.senders.clone();
            let added = logins
                .add(&pattern.value, signers.clone(), senders)
                .and_then(|()| {
                    match rule.without_login {
                        true => trusted.add(&pattern.value, signers, Senders::Anyone),
                        // It is for this rule to say, and no wider one.
                        false => trusted.add(&pattern.value, signers, Senders::Accounts(Vec::new())),
                    }
                });
            if let Err(error) = added {
                self.fault(pattern.place, error.to_string(), "");
            }
        }
    }

    fn srs(&mut self, policy: &Policy) -> Option<Arc<Rewriter>> {
        let rules = policy.srs.as_ref()?;
        let file = Secrets::read(&rules.secret_file.value)
            .map_err(|error| self.error(rules.secret_file.place, &error))
            .ok()?;
        if file.open_to_others {
            self.open_files
                .push(rules.secret_file.value.display().to_string());
        }
        let mut settings = Settings::new(rules.domain.value.clone(), file.secrets);
        settings.local = policy.local_domains.written().to_vec();
        settings.excluded = rules.excluded_domains.clone();
        macro_rules! given {
            ($($setting:ident = $key:ident),+ $(,)?) => {
                $(if let Some(value) = rules.$key { settings.$setting = value; })+
            };
        }
        given!(
            separator = separator,
            hash_length = hash_length,
            hash_minimum = hash_minimum,
            max_age = max_age_days,
            mint = mint,
            accept = accept,
            long_local_parts = long_local_parts,
        );
        Rewriter::new(settings)
            .map(Arc::new)
            .map_err(|error| self.error(rules.domain.place, &error))
            .ok()
    }

    fn source(&mut self, policy: &Policy) -> Option<Source> {
        if policy.dns.zone_files.is_empty() {
            let standard = HickoryOptions::default();
            return Some(Source::Network(HickoryOptions {
                nameservers: policy.dns.nameservers.clone(),
                try_time: standard.try_time.min(policy.dns.timeout / TRIES),
                ..standard
            }));
        }
        let mut zone = Zone::new();
        for path in &policy.dns.zone_files {
            match zone.and_read(path) {
                Ok(more) => zone = more,
                Err(error) => {
                    let place = Place { line: 1, column: 1 };
                    self.error(place, &error);
                    return None;
                }
            }
        }
        Some(Source::Zone(zone))
    }
}

/// The domain that signs for authors of a pattern: the one given, or the pattern's own.
pub(super) fn signing_domain<'a>(rule: &'a SignRule, pattern: &'a Located<String>) -> Option<&'a str> {
    match &rule.signing_domain {
        Some(domain) => Some(&domain.value),
        None if pattern.value == "*" => None,
        None => Some(pattern.value.strip_prefix("*.").unwrap_or(&pattern.value)),
    }
}

fn options(policy: &Policy, authserv_id: &str) -> Options {
    Options {
        limits: limits::Limits {
            header_octets: policy.limits.header_octets,
            header_fields: policy.limits.header_fields,
            signatures: policy.limits.signatures,
            dns_time: policy.dns.timeout,
            ..limits::Limits::default()
        },
        authserv_id: authserv_id.into(),
        spf: policy.spf.policy.clone(),
        dmarc: policy.dmarc.overrides.clone(),
        organizational_domains: match policy.dmarc.public_suffix_list {
            true => OrganizationalDomains::PublicSuffixList,
            false => OrganizationalDomains::TreeWalk,
        },
        iprev: policy.verify.iprev,
        ..transaction::Options::default()
    }
}

/// The host's name as an authserv-id: what cannot stand in one is left out.
fn host_name() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    let kept: String = name
        .chars()
        .filter(|&c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
        .take(255)
        .collect();
    match kept.bytes().any(|octet| octet.is_ascii_alphanumeric()) {
        true => kept,
        false => "localhost".to_owned(),
    }
}
