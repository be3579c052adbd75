//! The sections of a policy file, one function each; a section that is not there has its defaults.

use super::beside;
use super::document::{Located, Table};
use super::read::network;
use super::treatment::{Template, Treatment, places};
use super::values::{DomainSet, RecipientSet, domain, field_name};
use super::{
    DmarcRules, Dns, Limits, OutboundRules, SignKey, SignRule, SpfRules, SrsRules, Strip, Submission, Verify,
    Watch,
};
use crate::dkim::{Canonicalization, Senders, SignerOptions};
use crate::dmarc::{Overrides, Policy as Disposition};
use crate::error::printable;
use crate::outbound::MonitorOptions;
use crate::spf;
use crate::srs::{Accept, LongLocalParts, Mac, Separator};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use toml::de::DeValue;

const SECONDS_IN_DAY: u64 = 86_400;

/// Runs over a section if it is there.
fn with<T>(table: Option<Table<'_>>, mut value: T, read: impl FnOnce(&Table<'_>, &mut T)) -> T {
    if let Some(table) = table {
        read(&table, &mut value);
        table.end();
    }
    value
}

/// Takes a value's place if there is one.
fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

fn template(table: &Table<'_>, place: &mut Template) {
    let given = table.made("text", Template::parse, &places());
    set(place, given.map(|text| text.value));
}

/// A path, below the policy's folder if it is relative.
fn path(table: &Table<'_>, key: &'static str, folder: &Path) -> Option<Located<PathBuf>> {
    table.made(
        key,
        |text| match text.is_empty() {
            true => Err(format!("'{key}' is empty")),
            false => Ok(folder.join(text)),
        },
        "write the path of a file",
    )
}

pub(super) fn dns(table: Option<Table<'_>>, folder: &Path) -> Dns {
    let defaults = Dns {
        nameservers: Vec::new(),
        timeout: Duration::from_secs(10),
        zone_files: Vec::new(),
    };
    with(table, defaults, |table, dns| {
        let fix = "write \"192.0.2.53\", \"127.0.0.1:5353\" or \"[2001:db8::53]:53\"";
        set(&mut dns.nameservers, table.list("nameservers", nameserver, fix));
        let timeout = table.number("timeout", 0.1, 120.0, "seconds");
        set(
            &mut dns.timeout,
            timeout.map(|seconds| Duration::from_secs_f64(seconds.value)),
        );
        let zones = table.list(
            "zone_files",
            |text| Ok::<_, String>(folder.join(text)),
            "write the path of a file",
        );
        set(&mut dns.zone_files, zones);
        if let Some(place) = table.place_of("nameservers")
            && !dns.nameservers.is_empty()
            && !dns.zone_files.is_empty()
        {
            table.fault(
                place,
                "there are both nameservers and zone files",
                "zone files answer in place of nameservers: take one of the two out",
            );
        }
    })
}

fn nameserver(text: &str) -> Result<SocketAddr, String> {
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let parsed = text
        .parse::<SocketAddr>()
        .or_else(|_| bare.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53)));
    match parsed {
        Ok(server) if server.port() != 0 => Ok(server),
        _ => Err(format!(
            "'{}' is no address of a nameserver",
            printable(text.as_bytes())
        )),
    }
}

pub(super) fn limits(table: Option<Table<'_>>) -> Limits {
    let standard = crate::Limits::default();
    let defaults = Limits {
        recipients: 10_000,
        header_octets: standard.header_octets,
        header_fields: standard.header_fields,
        signatures: standard.signatures,
    };
    with(table, defaults, |table, limits| {
        let value = |number: Option<Located<usize>>| number.map(|number| number.value);
        set(
            &mut limits.recipients,
            value(table.whole("recipients", 1, 1_000_000, "recipients")),
        );
        set(
            &mut limits.header_octets,
            value(table.whole("header_octets", 1_024, 64 << 20, "octets")),
        );
        set(
            &mut limits.header_fields,
            value(table.whole("header_fields", 10, 1_000_000, "header fields")),
        );
        set(
            &mut limits.signatures,
            value(table.whole("signatures", 1, 100, "signatures")),
        );
    })
}

pub(super) fn verify(table: Option<Table<'_>>) -> Verify {
    let defaults = Verify {
        enabled: true,
        iprev: true,
        on_temperror: Treatment::Accept,
        tag_field: "X-Mailrep-Tag".to_owned(),
    };
    with(table, defaults, |table, verify| {
        set(&mut verify.enabled, table.boolean("enabled"));
        set(&mut verify.iprev, table.boolean("iprev"));
        let words = words(&[Treatment::Accept, Treatment::Defer]);
        let treatment = table.word("on_temperror", &words);
        set(
            &mut verify.on_temperror,
            treatment.map(|treatment| treatment.value),
        );
        let field = table.made("tag_field", tag_field, "write a name such as \"X-Mailrep-Tag\"");
        set(&mut verify.tag_field, field.map(|field| field.value));
    })
}

/// Fields of that name are removed from messages: none may be taken that messages need.
fn tag_field(text: &str) -> Result<String, String> {
    let name = field_name(text)?;
    match name.len() > 2 && name[..2].eq_ignore_ascii_case("x-") {
        true => Ok(name),
        false => Err(format!(
            "'{name}' does not begin with 'X-', and messages may need their own"
        )),
    }
}

fn words(treatments: &[Treatment]) -> Vec<(&'static str, Treatment)> {
    treatments
        .iter()
        .map(|treatment| (treatment.as_str(), *treatment))
        .collect()
}

const ANY: [Treatment; 4] = [
    Treatment::Accept,
    Treatment::Tag,
    Treatment::Hold,
    Treatment::Reject,
];

pub(super) fn spf(table: Option<Table<'_>>) -> SpfRules {
    let defaults = SpfRules {
        on_fail: Treatment::Accept,
        policy: spf::Policy::default(),
        trusted_relays: Vec::new(),
        text: Template::built_in("SPF: {reason}"),
    };
    with(table, defaults, |table, rules| {
        let treatment = table.word("on_fail", &words(&ANY));
        set(&mut rules.on_fail, treatment.map(|treatment| treatment.value));
        let relays = table.list(
            "trusted_relays",
            |text| network(text).map(|_| text.to_owned()),
            "write \"192.0.2.0/24\" or \"2001:db8::/32\"",
        );
        for relay in relays.into_iter().flatten() {
            if let Ok(policy) = rules.policy.clone().trust(&relay) {
                rules.policy = policy;
                rules.trusted_relays.push(relay);
            }
        }
        template(table, &mut rules.text);
    })
}

pub(super) fn dmarc(table: Option<Table<'_>>) -> DmarcRules {
    let defaults = DmarcRules {
        on_reject: Treatment::Accept,
        on_quarantine: Treatment::Accept,
        overrides: Overrides::default(),
        exceptions: Vec::new(),
        public_suffix_list: false,
        text: Template::built_in("DMARC: {reason}"),
    };
    with(table, defaults, |table, rules| {
        let honour = table.boolean("honour_policy");
        if honour == Some(true) {
            (rules.on_reject, rules.on_quarantine) = (Treatment::Reject, Treatment::Tag);
        }
        let (reject, quarantine) = (
            table.word("on_reject", &words(&ANY)),
            table.word("on_quarantine", &words(&ANY)),
        );
        for given in [&reject, &quarantine].into_iter().flatten() {
            if honour == Some(false) && given.value != Treatment::Accept {
                table.fault(
                    given.place,
                    "honour_policy is false, and this honours it",
                    "leave honour_policy out, or take this out",
                );
            }
        }
        set(&mut rules.on_reject, reject.map(|treatment| treatment.value));
        set(
            &mut rules.on_quarantine,
            quarantine.map(|treatment| treatment.value),
        );
        overrides(table, rules);
        set(&mut rules.public_suffix_list, table.boolean("public_suffix_list"));
        template(table, &mut rules.text);
    })
}

fn overrides(table: &Table<'_>, rules: &mut DmarcRules) {
    for relay in table.texts("trusted_forwarders").into_iter().flatten() {
        match rules.overrides.clone().trust_forwarder(&relay.value) {
            Ok(overrides) => {
                rules.overrides = overrides;
                rules.exceptions.push(format!("what {} delivers", relay.value));
            }
            Err(error) => table.fault(
                relay.place,
                error.to_string(),
                "write \"192.0.2.0/24\" or \"2001:db8::/32\"",
            ),
        }
    }
    for list in table.texts("trusted_lists").into_iter().flatten() {
        match rules.overrides.clone().trust_list(&list.value) {
            Ok(overrides) => {
                rules.overrides = overrides;
                rules.exceptions.push(match list.value.as_str() {
                    "*" => "any mailing list for whose domain SPF or DKIM passes".to_owned(),
                    name => format!("the mailing list {name}, if SPF or DKIM passes for its domain"),
                });
            }
            Err(error) => table.fault(
                list.place,
                error.to_string(),
                "write what stands in List-Id, such as \"dev.lists.example.net\"",
            ),
        }
    }
    let Some(exceptions) = table.section("exceptions") else {
        return;
    };
    let words = [Disposition::None, Disposition::Quarantine, Disposition::Reject];
    for (domain, place, value) in exceptions.entries() {
        let text = if let DeValue::String(text) = value {
            text.as_ref()
        } else {
            ""
        };
        let Some(most) = words.iter().find(|word| word.as_str() == text) else {
            table.fault(
                place,
                format!("the disposition of '{}' is none", printable(domain.as_bytes())),
                "write \"none\", \"quarantine\" or \"reject\"",
            );
            continue;
        };
        match rules.overrides.clone().except(&domain, *most) {
            Ok(overrides) => {
                rules.overrides = overrides;
                rules
                    .exceptions
                    .push(format!("author domain {domain}: {most} at most"));
            }
            Err(error) => table.fault(place, error.to_string(), "write \"example.org\" = \"none\""),
        }
    }
}

pub(super) fn submission(table: Option<Table<'_>>) -> Submission {
    let defaults = Submission {
        unsigned: Treatment::Accept,
        auth_results: false,
        text: Template::built_in("{reason}"),
    };
    with(table, defaults, |table, submission| {
        let words = words(&[Treatment::Accept, Treatment::Reject]);
        let treatment = table.word("unsigned", &words);
        set(
            &mut submission.unsigned,
            treatment.map(|treatment| treatment.value),
        );
        set(&mut submission.auth_results, table.boolean("auth_results"));
        template(table, &mut submission.text);
    })
}

pub(super) fn sign(table: Table<'_>, folder: &Path) -> Option<SignRule> {
    let mut options = SignerOptions::default();
    let days = table.whole("expire_days", 1, 3_650, "days");
    options.expires_after =
        days.map(|days| Duration::from_secs(SECONDS_IN_DAY * u64::try_from(days.value).unwrap_or(1)));
    if let Some(how) = table.made(
        "canonicalization",
        canonicalization,
        "write \"relaxed/relaxed\", which is the default",
    ) {
        (options.header, options.body) = how.value;
    }
    let fix = "write names of header fields, such as [\"From\", \"To\"]";
    set(&mut options.signed, table.list("signed_fields", field_name, fix));
    set(
        &mut options.oversigned,
        table.list("oversigned_fields", field_name, fix),
    );
    let rule = SignRule {
        domains: table.texts("domains").unwrap_or_default(),
        signing_domain: table.text("signing_domain"),
        keys: table
            .sections("keys")
            .into_iter()
            .filter_map(|key| sign_key(key, folder))
            .collect(),
        senders: senders(&table),
        without_login: table.boolean("without_login").unwrap_or(true),
        options,
        place: table.place,
    };
    let lacks = |key: &str, what: &str, fix: &str| {
        table.fault(table.place, format!("[[sign]] has no '{key}', {what}"), fix)
    };
    if table.place_of("domains").is_none() || table.is_empty_list("domains") {
        lacks(
            "domains",
            "and nobody knows for whom it signs",
            "write domains = [\"example.org\"]",
        );
    }
    if table.place_of("keys").is_none() || table.is_empty_list("keys") {
        lacks(
            "keys",
            "and nobody knows what to sign with",
            "write keys = [{ selector = \"s2026\", file = \"s2026.pem\" }]; 'mailrep keygen' makes one",
        );
    }
    table.end();
    Some(rule)
}

fn sign_key(table: Table<'_>, folder: &Path) -> Option<SignKey> {
    let (selector, file) = (table.text("selector"), path(&table, "file", folder));
    for key in ["selector", "file"] {
        if table.place_of(key).is_none() {
            let fix = "write { selector = \"s2026\", file = \"s2026.pem\" }";
            table.fault(table.place, format!("the key has no '{key}'"), fix);
        }
    }
    table.end();
    let (selector, file) = (selector?, file?);
    Some(SignKey { selector, file })
}

fn senders(table: &Table<'_>) -> Senders {
    let Some(given) = table.texts("senders") else {
        return Senders::OwnDomain;
    };
    match given.as_slice() {
        [one] if one.value == "anyone" => Senders::Anyone,
        [one] if one.value == "own_domain" => Senders::OwnDomain,
        list => {
            for entry in list {
                let reserved = ["anyone", "own_domain"].contains(&entry.value.as_str());
                if entry.value.is_empty() || reserved {
                    table.fault(
                        entry.place,
                        format!("'{}' is no account among others", entry.value),
                        "write \"anyone\" or \"own_domain\" alone, or a list of logins: [\"ada@example.org\", \"@example.org\"]",
                    );
                }
            }
            Senders::Accounts(list.iter().map(|entry| entry.value.clone()).collect())
        }
    }
}

fn canonicalization(text: &str) -> Result<(Canonicalization, Canonicalization), String> {
    let one = |word: &str| match word {
        "relaxed" => Some(Canonicalization::Relaxed),
        "simple" => Some(Canonicalization::Simple),
        _ => None,
    };
    let (header, body) = text.split_once('/').unwrap_or((text, "simple"));
    match (one(header), one(body)) {
        (Some(header), Some(body)) => Ok((header, body)),
        _ => Err(format!("'{}' is no canonicalization", printable(text.as_bytes()))),
    }
}

pub(super) fn srs(table: Table<'_>, folder: &Path, local: &DomainSet) -> Option<SrsRules> {
    let (domain, secret_file) = (table.text("domain"), path(&table, "secret_file", folder));
    for (key, fix) in [
        (
            "domain",
            "write the domain of rewritten addresses: domain = \"srs.example.org\"",
        ),
        (
            "secret_file",
            "write the path of a file with a secret a line; 'openssl rand -base64 32' prints a good one",
        ),
    ] {
        if table.place_of(key).is_none() {
            table.fault(table.place, format!("[srs] has no '{key}'"), fix);
        }
    }
    let forward = table.boolean("forward").unwrap_or(true);
    if forward && local.is_empty() {
        table.fault(
            table.place,
            "[srs] cannot tell what is forwarded: no domain is local",
            "write local_domains = [\"example.org\"] at the top of the file, or forward = false here",
        );
    }
    let mut forwarded_recipients = RecipientSet::default();
    for entry in table.texts("forwarded_recipients").into_iter().flatten() {
        if let Err(why) = forwarded_recipients.add(&entry.value) {
            table.fault(entry.place, why, "write \"ada@example.org\" or \"@example.org\"");
        }
    }
    let whole = |key, least, most, what| table.whole(key, least, most, what).map(|number| number.value);
    let rules = SrsRules {
        forward,
        forwarded_recipients,
        refuse_tampered: table.boolean("refuse_tampered").unwrap_or(true),
        excluded_domains: table
            .list(
                "excluded_domains",
                excluded,
                "write \"example.org\", or \".example.org\" for all below it",
            )
            .unwrap_or_default(),
        separator: srs_word(&table, "separator", Separator::ALL, Separator::as_str),
        hash_length: whole("hash_length", 4, 27, "letters"),
        hash_minimum: whole("hash_minimum", 4, 27, "letters"),
        max_age_days: whole("max_age_days", 1, 1_022, "days").and_then(|days| u16::try_from(days).ok()),
        mint: srs_word(&table, "mint", Mac::ALL, Mac::as_str),
        accept: srs_word(&table, "accept", Accept::ALL, Accept::as_str),
        long_local_parts: srs_word(
            &table,
            "long_local_parts",
            LongLocalParts::ALL,
            LongLocalParts::as_str,
        ),
        text: {
            let mut text = Template::built_in("{reason}");
            template(&table, &mut text);
            text
        },
        serve: beside::serve(&table),
        domain: domain.unwrap_or_else(nowhere),
        secret_file: secret_file.unwrap_or_else(nowhere),
    };
    table.end();
    Some(rules)
}

/// What stands in for a value whose absence is a fault.
fn nowhere<T: Default>() -> Located<T> {
    Located {
        value: T::default(),
        place: super::read::NOWHERE,
    }
}

fn srs_word<T: Copy>(
    table: &Table<'_>,
    key: &'static str,
    all: &[T],
    word: fn(T) -> &'static str,
) -> Option<T> {
    let words: Vec<(&str, T)> = all.iter().map(|&value| (word(value), value)).collect();
    table.word(key, &words).map(|found| found.value)
}

fn excluded(text: &str) -> Result<String, String> {
    domain(text.strip_prefix('.').unwrap_or(text)).map(|_| text.to_owned())
}

pub(super) fn outbound(table: Table<'_>, folder: &Path) -> OutboundRules {
    let standard = MonitorOptions::default();
    let on_alarm = [
        Treatment::Accept,
        Treatment::Tag,
        Treatment::Hold,
        Treatment::Defer,
        Treatment::Reject,
    ];
    let mut rules = OutboundRules {
        state_file: path(&table, "state_file", folder),
        key_file: path(&table, "key_file", folder),
        on_alarm: table
            .word("on_alarm", &words(&on_alarm))
            .map_or(Treatment::Accept, |treatment| treatment.value),
        false_alarms_per_account_year: table
            .number(
                "false_alarms_per_account_year",
                1e-6,
                10.0,
                "alarms in a year of an account",
            )
            .map_or(standard.false_alarms_per_account_year, |number| number.value),
        accounts: table
            .whole("accounts", 64, 100_000_000, "accounts")
            .map_or(standard.accounts, |number| number.value),
        watch: Watch {
            logins: true,
            local: true,
            internal: true,
        },
        declared: BTreeMap::new(),
        alarm: beside::alarm(&table),
        text: Template::built_in(
            "Sending from this account is suspended because it may be in the hands of somebody else; ask your postmaster",
        ),
    };
    if let Some(list) = table.texts("watch") {
        let is = |word: &str| list.iter().any(|entry| entry.value == word);
        rules.watch = Watch {
            logins: is("logins"),
            local: is("local"),
            internal: is("internal"),
        };
        for entry in &list {
            if !["logins", "local", "internal"].contains(&entry.value.as_str()) {
                table.fault(
                    entry.place,
                    format!("'{}' cannot be watched", printable(entry.value.as_bytes())),
                    "write \"logins\", \"local\" or \"internal\"",
                );
            }
        }
    }
    if let Some(declared) = table.section("declared") {
        for (account, place, value) in declared.entries() {
            let number = match value {
                DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
                _ => None,
            };
            match number.filter(|&recipients| recipients > 0 && !account.is_empty()) {
                Some(recipients) => {
                    rules.declared.insert(account, recipients);
                }
                None => table.fault(
                    place,
                    format!(
                        "'{}' declares no number of recipients",
                        printable(account.as_bytes())
                    ),
                    "write \"news@example.org\" = 5000: so many recipients on a day",
                ),
            }
        }
    }
    template(&table, &mut rules.text);
    table.end();
    rules
}

pub(super) fn strip(table: Option<Table<'_>>) -> Strip {
    with(table, Strip::default(), |table, strip| {
        for (key, list) in [
            ("fields", &mut strip.fields),
            ("of_submissions", &mut strip.of_submissions),
        ] {
            let fix = "write names of header fields, such as [\"X-Spam-Flag\"]; a message needs its From, Date and DKIM-Signature";
            set(list, table.list(key, strippable, fix));
        }
    })
}

/// Fields without which a message is broken, or nobody can verify it.
fn strippable(text: &str) -> Result<String, String> {
    const NEEDED: [&str; 6] = [
        "From",
        "Date",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
        "DKIM-Signature",
    ];
    let name = field_name(text)?;
    match NEEDED.iter().any(|needed| needed.eq_ignore_ascii_case(&name)) {
        true => Err(format!(
            "without '{name}' messages are broken or cannot be verified"
        )),
        false => Ok(name),
    }
}
