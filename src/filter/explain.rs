//! A policy in words: what it will do, and what about it is dangerous.

mod dangers;

use super::Filter;
use super::policy::{Place, Treatment};
use crate::Severity;
use crate::dkim::{Senders, Signer, zone_entry};
use serde_json::{Value, json};
use std::sync::Arc;

/// What a filter will do, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// Headings, each with sentences.
    pub parts: Vec<(&'static str, Vec<String>)>,
    /// The records of keys, as zone files have them: all of them have to be published.
    pub records: Vec<String>,
    /// Files that were read.
    pub files: Vec<String>,
    /// What is dangerous or useless, the worst first.
    pub findings: Vec<Finding>,
}

/// Something dangerous or useless in a policy that can be used nevertheless.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// A stable code, such as `file_open`.
    pub code: &'static str,
    /// What it is, in a sentence.
    pub message: String,
    /// What to do.
    pub fix: String,
    /// Where, if it stands at one place.
    pub place: Option<Place>,
}

impl Filter {
    /// [`Filter::explain`] as an object: `valid` (true), `file`, `authserv_id`, `explanation`, `records`, `files` and `findings`.
    pub fn explanation_json(&self) -> Value {
        let explanation = self.explain();
        json!({
            "valid": true,
            "file": self.policy().file,
            "authserv_id": self.authserv_id(),
            "explanation": explanation
                .parts
                .iter()
                .map(|(heading, sentences)| json!({ "heading": heading, "sentences": sentences }))
                .collect::<Vec<_>>(),
            "records": explanation.records,
            "files": explanation.files,
            "findings": explanation.findings.iter().map(|finding| json!({
                "severity": finding.severity.as_str(),
                "code": finding.code,
                "message": finding.message,
                "fix": finding.fix,
                "line": finding.place.map(|place| place.line),
            })).collect::<Vec<_>>(),
        })
    }

    /// Says in words what the filter will do.
    pub fn explain(&self) -> Explanation {
        let mut files = Vec::new();
        let mut file = |path: &std::path::Path, what: &str| files.push(format!("{}: {what}", path.display()));
        for rule in &self.policy.sign {
            for key in &rule.keys {
                file(&key.file.value, "a private key");
            }
        }
        if let Some(srs) = &self.policy.srs {
            file(&srs.secret_file.value, "secrets of SRS");
        }
        if let Some(rules) = &self.policy.outbound {
            if let Some(state) = &rules.state_file {
                file(&state.value, "what is known of accounts; written, too");
            }
            if let Some(key) = &rules.key_file {
                file(&key.value, "the key of a new state");
            }
        }
        for zone in &self.policy.dns.zone_files {
            file(zone, "DNS answers");
        }
        Explanation {
            parts: vec![
                ("Who is who", self.who()),
                ("Mail from outside", self.outside()),
                ("Submissions", self.submissions()),
                ("Forwarded mail", self.forwarding()),
                ("Stolen accounts", self.accounts()),
                ("Header fields", self.fields()),
            ],
            records: self.records(),
            files,
            findings: dangers::of(self),
        }
    }

    fn who(&self) -> Vec<String> {
        let policy = &self.policy;
        let mut told = vec![
            format!("results are written as {}", self.authserv_id),
            "mail is submitted, and not verified, when the client has logged in".to_owned(),
        ];
        let networks: Vec<String> = policy.internal_networks.iter().map(ToString::to_string).collect();
        told.push(match networks.is_empty() {
            true => "no client is internal, not even this host".to_owned(),
            false => format!("so it is when the client is in {}", networks.join(", ")),
        });
        if !policy.originating_daemons.is_empty() {
            told.push(format!(
                "and when it comes through a daemon called {}",
                policy.originating_daemons.join(" or ")
            ));
        }
        if let Some(domain) = &policy.login_domain {
            told.push(format!("a login without a domain stands for one at {domain}"));
        }
        if !policy.local_domains.is_empty() {
            told.push(format!(
                "local domains are {}",
                policy.local_domains.written().join(", ")
            ));
        }
        told
    }

    fn outside(&self) -> Vec<String> {
        let policy = &self.policy;
        if !policy.verify.enabled {
            return vec!["nothing is verified".to_owned()];
        }
        let client = if policy.verify.iprev {
            ", and the client's name (iprev)"
        } else {
            ""
        };
        let tag = &policy.verify.tag_field;
        let becomes = |treatment: Treatment| match treatment {
            Treatment::Accept => "goes on its way".to_owned(),
            Treatment::Tag => format!("goes on its way with the field {tag}"),
            Treatment::Hold => "is held for a person".to_owned(),
            Treatment::Defer => "is deferred: the client tries again".to_owned(),
            Treatment::Reject => "is rejected".to_owned(),
        };
        let mut told = vec![
            format!("SPF, DKIM and DMARC are verified{client}; the results are put on top"),
            format!(
                "what an author domain wants rejected (p=reject) {}",
                becomes(policy.dmarc.on_reject)
            ),
            format!(
                "what it wants quarantined (p=quarantine) {}",
                becomes(policy.dmarc.on_quarantine)
            ),
        ];
        for exception in &policy.dmarc.exceptions {
            told.push(format!("an exception from that is {exception}"));
        }
        if policy.dmarc.public_suffix_list {
            told.push("organizational domains are those of the public suffix list (RFC 7489)".to_owned());
        }
        told.push(format!(
            "what fails SPF, and does not pass DMARC, {}",
            becomes(policy.spf.on_fail)
        ));
        if !policy.spf.trusted_relays.is_empty() {
            let relays = policy.spf.trusted_relays.join(", ");
            told.push(format!("SPF is not checked of clients in {relays}"));
        }
        told.push(format!(
            "what cannot be told because the DNS fails {}",
            becomes(policy.verify.on_temperror)
        ));
        let seconds = policy.dns.timeout.as_secs_f64();
        told.push(
            match (
                policy.dns.zone_files.is_empty(),
                policy.dns.nameservers.as_slice(),
            ) {
                (false, _) => "DNS questions are answered by zone files alone".to_owned(),
                (true, []) => format!("the system's nameservers are asked, {seconds} s for a check at most"),
                (true, servers) => {
                    let servers: Vec<String> = servers.iter().map(ToString::to_string).collect();
                    format!(
                        "the nameservers {} are asked, {seconds} s for a check at most",
                        servers.join(", ")
                    )
                }
            },
        );
        told
    }

    fn submissions(&self) -> Vec<String> {
        let policy = &self.policy;
        let mut told = Vec::new();
        for rule in &policy.sign {
            let domains: Vec<&str> = rule
                .domains
                .iter()
                .map(|pattern| pattern.value.as_str())
                .collect();
            let by = match &rule.signing_domain {
                Some(domain) => format!(" as {}", domain.value),
                None => String::new(),
            };
            let selectors: Vec<&str> = rule.keys.iter().map(|key| key.selector.value.as_str()).collect();
            let who = match &rule.senders {
                Senders::OwnDomain => "logins at that domain or above".to_owned(),
                Senders::Accounts(accounts) if accounts.is_empty() => "no login".to_owned(),
                Senders::Accounts(accounts) => format!("the logins {}", accounts.join(", ")),
                _ => "any login".to_owned(),
            };
            let also = match rule.without_login {
                true => ", and of clients that are trusted without a login",
                false => "",
            };
            let expires = match rule.options.expires_after {
                Some(time) => format!("; it expires after {} days", time.as_secs() / 86_400),
                None => String::new(),
            };
            told.push(format!(
                "mail of {} is signed{by} with {}, of {who}{also}{expires}",
                domains.join(", "),
                selectors.join(" and ")
            ));
        }
        if policy.sign.is_empty() {
            told.push("nothing is signed".to_owned());
        }
        told.push(match policy.submission.unsigned {
            Treatment::Reject => {
                "what nobody signs is rejected, except for mail of this host and bounces".to_owned()
            }
            _ => "what nobody signs goes on its way unsigned, and the log says why".to_owned(),
        });
        if policy.submission.auth_results {
            told.push("an Authentication-Results field tells the login (auth=pass)".to_owned());
        }
        told
    }

    fn forwarding(&self) -> Vec<String> {
        let Some(rules) = &self.policy.srs else {
            return vec!["envelope senders stay as they are".to_owned()];
        };
        let domain = &rules.domain.value;
        let mut told = Vec::new();
        told.push(match rules.forward {
            true => format!(
                "where a recipient is elsewhere and the sender is not ours, the sender becomes an address at {domain}; not of mail of clients that have \
                 logged in"
            ),
            false => "envelope senders stay as they are".to_owned(),
        });
        if !rules.forwarded_recipients.is_empty() {
            told.push(format!(
                "{} recipients in local domains count as elsewhere",
                rules.forwarded_recipients.len()
            ));
        }
        told.push(format!(
            "what comes back to {domain} goes to whom the address stands for"
        ));
        told.push(match rules.refuse_tampered {
            true => format!("recipients at {domain} that look so and are not by us are refused"),
            false => format!("recipients at {domain} that look so and are not by us are left to the MTA"),
        });
        told
    }

    fn accounts(&self) -> Vec<String> {
        let Some(rules) = &self.policy.outbound else {
            return vec!["no account is watched".to_owned()];
        };
        let mut whose = Vec::new();
        if rules.watch.logins {
            whose.push("logins");
        }
        if rules.watch.local {
            whose.push("users of this host");
        }
        if rules.watch.internal {
            whose.push("internal clients");
        }
        let mut told = vec![
            format!(
                "the mail of {} is watched; {} false alarms in a year of an account are tolerated",
                whose.join(", "),
                rules.false_alarms_per_account_year
            ),
            match rules.on_alarm {
                Treatment::Accept => "an alarm stops nothing, and is told in the log".to_owned(),
                Treatment::Tag => format!(
                    "while an alarm is open the account's mail has the field {}",
                    self.policy.verify.tag_field
                ),
                Treatment::Hold => {
                    "while an alarm is open the account's mail is held for a person".to_owned()
                }
                Treatment::Defer => "while an alarm is open the account's mail is deferred".to_owned(),
                Treatment::Reject => "while an alarm is open the account's mail is rejected".to_owned(),
            },
        ];
        if rules.on_alarm > Treatment::Hold {
            told.push("mail of this host itself is held instead, for nobody would try again".to_owned());
        }
        for (account, recipients) in &rules.declared {
            told.push(format!("{account} may send to {recipients} recipients a day"));
        }
        told
    }

    fn fields(&self) -> Vec<String> {
        let strip = &self.policy.strip;
        let mut told = vec![
            format!(
                "Authentication-Results fields that claim to come from {} are taken out of all mail; those of others stay",
                self.authserv_id
            ),
            format!("so are fields called {}", self.policy.verify.tag_field),
        ];
        if !strip.fields.is_empty() {
            told.push(format!("so are {}", strip.fields.join(", ")));
        }
        if !strip.of_submissions.is_empty() {
            told.push(format!(
                "of submissions {} are taken out, too",
                strip.of_submissions.join(", ")
            ));
        }
        told
    }

    /// Every signer once.
    pub(super) fn signers(&self) -> Vec<Arc<Signer>> {
        let mut all: Vec<Arc<Signer>> = Vec::new();
        for signer in self.logins.all_signers() {
            let same = |known: &&Arc<Signer>| known.key_name() == signer.key_name();
            if !all.iter().any(|known| same(&known)) {
                all.push(Arc::clone(signer));
            }
        }
        all.sort_by(|one, two| one.key_name().as_str().cmp(two.key_name().as_str()));
        all
    }

    fn records(&self) -> Vec<String> {
        self.signers()
            .iter()
            .map(|signer| zone_entry(signer.key_name(), &signer.key().record()))
            .collect()
    }
}
