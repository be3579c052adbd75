//! What is dangerous or useless in a policy that can be used.

use super::Finding;
use crate::Severity::{self, Error, Notice, Warning};
use crate::dkim::{KeyType, Senders};
use crate::dns::Name;
use crate::filter::Filter;
use crate::filter::load::signing_domain;
use crate::filter::policy::{Place, Treatment};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

/// Postfix waits so long for an answer to a command.
const COMMAND_TIME: Duration = Duration::from_secs(30);
/// Mail waits in queues for some days.
const SHORT_LIFE: Duration = Duration::from_secs(4 * 86_400);
/// Fields that signatures cover as a rule.
const OFTEN_SIGNED: [&str; 10] = [
    "To",
    "Cc",
    "Subject",
    "Reply-To",
    "Message-ID",
    "Sender",
    "In-Reply-To",
    "References",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
];

pub(super) fn of(filter: &Filter) -> Vec<Finding> {
    let mut all = Findings {
        filter,
        list: Vec::new(),
    };
    all.files();
    all.who();
    all.dns();
    all.verdicts();
    all.signing();
    all.senders();
    all.srs();
    all.outbound();
    let mut list = all.list;
    list.sort_by_key(|finding| finding.severity);
    list
}

struct Findings<'a> {
    filter: &'a Filter,
    list: Vec<Finding>,
}

impl Findings<'_> {
    fn add(
        &mut self,
        severity: Severity,
        code: &'static str,
        place: Option<Place>,
        message: impl Into<String>,
        fix: impl Into<String>,
    ) {
        self.list.push(Finding {
            severity,
            code,
            message: message.into(),
            fix: fix.into(),
            place,
        });
    }

    fn files(&mut self) {
        for file in self.filter.open_files.clone() {
            let message = format!("every user of this host can read or write {file}");
            self.add(
                Error,
                "file_open",
                None,
                message,
                format!("'chmod o= {file}' mends it"),
            );
        }
    }

    fn who(&mut self) {
        let policy = &self.filter.policy;
        let id = self.filter.authserv_id.to_string();
        if policy.authserv_id.is_none() && !id.contains('.') {
            self.add(
                Warning,
                "authserv_id",
                None,
                format!("the host is called {id}, which other hosts may be called too, so that their results would be taken for ours"),
                "set authserv_id to the full name of this host",
            );
        }
        for network in &policy.internal_networks {
            let text = network.to_string();
            let bits: u8 = text
                .rsplit_once('/')
                .and_then(|(_, bits)| bits.parse().ok())
                .unwrap_or(128);
            if bits < 8 {
                self.add(
                    Error,
                    "internal_everybody",
                    None,
                    format!("the internal network {text} is a large part of the Internet, whose mail is signed and not verified"),
                    "name the networks of your own hosts in internal_networks",
                );
            }
        }
        let this_host = IpAddr::V4(Ipv4Addr::LOCALHOST);
        if !policy
            .internal_networks
            .iter()
            .any(|network| network.contains(this_host))
        {
            self.add(
                Notice,
                "internal_nobody",
                None,
                "what programs of this host submit without a login, and its bounces, are verified as if strangers sent them, and perhaps refused",
                "if that is not meant, write 127.0.0.0/8 and ::1/128 into internal_networks, too",
            );
        }
        if policy.originating_daemons.contains(&id) {
            self.add(
                Error,
                "daemon_everybody",
                None,
                format!("{id} is what Postfix calls every daemon that has no name, so that all mail would count as submitted"),
                "give the submission service a name: -o milter_macro_daemon_name=ORIGINATING in master.cf",
            );
        }
    }

    fn dns(&mut self) {
        let policy = &self.filter.policy;
        if !policy.dns.zone_files.is_empty() && policy.verify.enabled {
            let rejects =
                policy.dmarc.on_reject == Treatment::Reject || policy.spf.on_fail == Treatment::Reject;
            let severity = if rejects { Error } else { Warning };
            self.add(
                severity,
                "offline",
                None,
                "no nameserver is asked: what is not in the zone files does not exist, so that no real mail passes",
                "take zone_files out of [dns]; they are for tests",
            );
        }
        if policy.dns.timeout >= COMMAND_TIME {
            self.add(
                Warning,
                "dns_timeout",
                None,
                format!(
                    "DNS may take {} s; Postfix waits {} s for an answer to a command by default",
                    policy.dns.timeout.as_secs_f64(),
                    COMMAND_TIME.as_secs()
                ),
                "set timeout in [dns] to 20 at most",
            );
        }
    }

    fn verdicts(&mut self) {
        let policy = &self.filter.policy;
        let acts = [
            policy.dmarc.on_reject,
            policy.dmarc.on_quarantine,
            policy.spf.on_fail,
            policy.verify.on_temperror,
        ]
        .iter()
        .any(|treatment| *treatment > Treatment::Accept);
        if acts && !policy.verify.enabled {
            self.add(
                Warning,
                "verify_off",
                None,
                "[spf], [dmarc] or on_temperror decide over mail, and nothing is verified",
                "take enabled = false out of [verify]",
            );
        }
        if policy.spf.on_fail == Treatment::Reject {
            self.add(
                Notice,
                "spf_reject",
                None,
                "forwarded mail whose author domain has no DMARC policy is rejected when it fails SPF, even if it is genuine",
                "leave it to DMARC (honour_policy in [dmarc]), or set on_fail = \"tag\"",
            );
        }
        let signed: Vec<String> = policy
            .strip
            .fields
            .iter()
            .filter(|name| OFTEN_SIGNED.iter().any(|known| known.eq_ignore_ascii_case(name)))
            .cloned()
            .collect();
        if !signed.is_empty() {
            self.add(
                Warning,
                "strip_signed",
                None,
                format!(
                    "{} are covered by signatures as a rule: without them mail that is forwarded, or read later, does not verify",
                    signed.join(", ")
                ),
                "take them out of fields in [strip], or write them in of_submissions",
            );
        }
    }

    fn signing(&mut self) {
        let policy = &self.filter.policy;
        if policy.sign.is_empty() && policy.submission.unsigned == Treatment::Reject {
            self.add(
                Error,
                "all_rejected",
                None,
                "nobody signs, and what nobody signs is rejected: nothing can be submitted",
                "add a [[sign]], or take unsigned = \"reject\" out of [submission]",
            );
        }
        for rule in &policy.sign {
            for pattern in &rule.domains {
                self.alignment(rule, pattern);
            }
            if rule.options.expires_after.is_some_and(|time| time < SHORT_LIFE) {
                self.add(
                    Warning,
                    "expires_soon",
                    Some(rule.place),
                    "signatures expire while mail may still wait in a queue",
                    "set expire_days to 7 or more",
                );
            }
        }
        let signers = self.filter.signers();
        for signer in &signers {
            let others = signers
                .iter()
                .any(|other| other.domain() == signer.domain() && other.key().key_type() == KeyType::Rsa);
            if signer.key().key_type() == KeyType::Ed25519 && !others {
                self.add(
                    Warning,
                    "only_ed25519",
                    None,
                    format!(
                        "{} signs with Ed25519 alone, which not everybody verifies yet",
                        signer.domain()
                    ),
                    "add a key for RSA to the rule's keys",
                );
            }
        }
    }

    /// A signature of another organization says nothing of the author to DMARC.
    fn alignment(
        &mut self,
        rule: &crate::filter::policy::SignRule,
        pattern: &crate::filter::policy::Located<String>,
    ) {
        let name = |text: &str| Name::parse(text.as_bytes()).ok();
        let author = name(pattern.value.strip_prefix("*.").unwrap_or(&pattern.value));
        let signing = signing_domain(rule, pattern).and_then(name);
        let related = match (&author, &signing) {
            _ if pattern.value == "*" => false,
            (Some(author), Some(signing)) => author.is_within(signing) || signing.is_within(author),
            _ => true,
        };
        if let (false, Some(signing)) = (related, &signing) {
            self.add(
                Warning,
                "unaligned",
                Some(pattern.place),
                format!(
                    "{signing} signs for authors of '{}', which DMARC does not count for them",
                    pattern.value
                ),
                "sign with a key of the author's own domain, and leave signing_domain out",
            );
        }
    }

    fn senders(&mut self) {
        let policy = &self.filter.policy;
        for rule in &policy.sign {
            match &rule.senders {
                Senders::Anyone => self.add(
                    Warning,
                    "anyone_signs",
                    Some(rule.place),
                    "any login signs as these domains, so that a stolen account can write as anybody of them",
                    "leave senders out, so that only logins at the domain sign, or list them",
                ),
                Senders::Accounts(accounts) => {
                    let without_domain: Vec<&str> = accounts
                        .iter()
                        .filter(|account| !account.contains('@'))
                        .map(String::as_str)
                        .collect();
                    if let (Some(domain), false) = (&policy.login_domain, without_domain.is_empty()) {
                        self.add(
                            Warning,
                            "sender_never_matches",
                            Some(rule.place),
                            format!(
                                "logins get the domain {domain}, so that {} is never one",
                                without_domain.join(", ")
                            ),
                            "write the logins with their domain",
                        );
                    }
                    if accounts.is_empty() && !rule.without_login {
                        self.add(
                            Warning,
                            "rule_unused",
                            Some(rule.place),
                            "nobody may sign by this rule",
                            "list logins in senders",
                        );
                    }
                }
                _ => {}
            }
        }
    }

    fn srs(&mut self) {
        let Some(rules) = &self.filter.policy.srs else {
            return;
        };
        let place = Some(rules.domain.place);
        if rules.forward && rules.forwarded_recipients.is_empty() {
            self.add(
                Notice,
                "aliases_unseen",
                place,
                "aliases and .forward files are followed after the filter has seen the recipients, so that what they send elsewhere is not rewritten",
                "name such recipients in forwarded_recipients, or use 'mailrep srs serve' (docs/from-postsrsd.md)",
            );
        }
    }

    fn outbound(&mut self) {
        let Some(rules) = &self.filter.policy.outbound else {
            return;
        };
        if rules.state_file.is_none() {
            self.add(
                Warning,
                "state_forgotten",
                None,
                "what is learned of accounts is forgotten whenever the program ends, and so are alarms",
                "write state_file = \"/var/lib/mailrep/outbound\" in [outbound]",
            );
        }
        if !(rules.watch.logins || rules.watch.local || rules.watch.internal) {
            self.add(
                Warning,
                "nobody_watched",
                None,
                "[outbound] watches nobody",
                "take watch = [] out",
            );
        }
    }
}
