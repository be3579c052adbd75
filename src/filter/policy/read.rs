//! From text to a policy.

use super::document::{Faults, Table};
use super::fault::{Place, PolicyError};
use super::values::{DomainSet, domain};
use super::{Policy, Setting};
use super::{beside, sections};
use crate::error::printable;
use crate::network::Network;
use std::collections::BTreeMap;
use std::path::Path;
use toml::de::{DeTable, DeValue};

/// Octets of an authserv-id.
const LONGEST_ID: usize = 255;

pub(super) fn policy(text: &str, file: &str, folder: &Path) -> Result<Policy, PolicyError> {
    let faults = Faults::of(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        // What follows a fault of syntax would be complained about as well, for no reason.
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            faults.add(
                faults.place(&span),
                format!("this is no TOML: {}", error.message().replace('\n', "; ")),
                None,
            );
        }
        return Err(PolicyError::new(file, faults.into_list()));
    }
    let read = root(Table::root(document.get_ref(), &faults), file, folder);
    let list = faults.into_list();
    match list.is_empty() {
        true => Ok(read),
        false => Err(PolicyError::new(file, list)),
    }
}

fn root(root: Table<'_>, file: &str, folder: &Path) -> Policy {
    let defaults = ["127.0.0.0/8", "::1/128"];
    let authserv_id = root.made(
        "authserv_id",
        authserv_id,
        "write the name of this host, such as \"mx.example.org\"",
    );
    let internal_networks = root.list(
        "internal_networks",
        network,
        "write \"192.0.2.0/24\" or \"2001:db8::/32\"",
    );
    let local = root.texts("local_domains");
    let mut local_domains = DomainSet::default();
    for entry in local.into_iter().flatten() {
        if let Err(why) = local_domains.add(&entry.value) {
            let fix = "write \"example.org\" for a domain, \".example.org\" for all below it";
            root.fault(entry.place, why, fix);
        }
    }
    let login_domain = root.made("login_domain", domain, "write \"example.org\"");
    let policy = Policy {
        file: file.to_owned(),
        authserv_id: authserv_id.map(|id| id.value),
        internal_networks: internal_networks
            .unwrap_or_else(|| defaults.iter().filter_map(|text| text.parse().ok()).collect()),
        originating_daemons: root
            .list("originating_daemons", daemon, "write \"ORIGINATING\"")
            .unwrap_or_else(|| vec!["ORIGINATING".to_owned()]),
        login_domain: login_domain.map(|name| name.value.to_string()),
        dns: sections::dns(root.section("dns"), folder),
        limits: sections::limits(root.section("limits")),
        verify: sections::verify(root.section("verify")),
        spf: sections::spf(root.section("spf")),
        dmarc: sections::dmarc(root.section("dmarc")),
        submission: sections::submission(root.section("submission")),
        sign: root
            .sections("sign")
            .into_iter()
            .filter_map(|table| sections::sign(table, folder))
            .collect(),
        srs: root
            .section("srs")
            .and_then(|table| sections::srs(table, folder, &local_domains)),
        outbound: root
            .section("outbound")
            .map(|table| sections::outbound(table, folder)),
        strip: sections::strip(root.section("strip")),
        control: beside::control(root.section("control"), folder),
        foreign: ["milter", "log"]
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), foreign(&root, &root.section(name)?))))
            .collect(),
        local_domains,
    };
    root.end();
    policy
}

/// The keys and values of a section that somebody else reads.
fn foreign(root: &Table<'_>, table: &Table<'_>) -> BTreeMap<String, Setting> {
    let mut settings = BTreeMap::new();
    for (key, place, value) in table.entries() {
        match plain(value) {
            Some(value) => {
                settings.insert(key, Setting { value, place });
            }
            None => root.fault(
                place,
                format!(
                    "'{}' is neither a value nor a list of values",
                    printable(key.as_bytes())
                ),
                "write a text, a number, true or false, or a list of these",
            ),
        }
    }
    settings
}

fn plain(value: &DeValue<'_>) -> Option<String> {
    Some(match value {
        DeValue::String(text) => text.clone().into_owned(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()?
            .to_string(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(is) => is.to_string(),
        DeValue::Array(list) => {
            let members: Option<Vec<String>> = list
                .iter()
                .map(|member| match member.get_ref() {
                    DeValue::Array(_) => None,
                    other => plain(other),
                })
                .collect();
            members?.join("\n")
        }
        DeValue::Datetime(_) | DeValue::Table(_) => return None,
    })
}

/// RFC 8601 section 2.2: a token, as this library writes it.
fn authserv_id(text: &str) -> Result<String, String> {
    let shown = printable(text.as_bytes());
    if text.is_empty() || text.len() > LONGEST_ID {
        return Err(format!("an authserv-id has 1 to {LONGEST_ID} octets"));
    }
    let token = |octet: u8| octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&octet);
    match text.bytes().all(token) {
        true => Ok(text.to_owned()),
        false => Err(format!("'{shown}' cannot be an authserv-id")),
    }
}

pub(super) fn network(text: &str) -> Result<Network, String> {
    text.parse()
        .map_err(|error: crate::network::NetworkError| error.to_string())
}

fn daemon(text: &str) -> Result<String, String> {
    match text.is_empty() || text.len() > LONGEST_ID || text.contains(char::is_whitespace) {
        true => Err(format!(
            "'{}' cannot be a daemon's name",
            printable(text.as_bytes())
        )),
        false => Ok(text.to_owned()),
    }
}

impl Default for Policy {
    fn default() -> Policy {
        let faults = Faults::of("");
        let empty = DeTable::new();
        root(Table::root(&empty, &faults), "", Path::new(""))
    }
}

/// The place where a section was expected that is not there.
pub(super) const NOWHERE: Place = Place { line: 1, column: 1 };
