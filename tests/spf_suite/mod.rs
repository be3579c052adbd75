//! The OpenSPF project's suite for RFC 7208, read from `$MAILREP_SUITES/suites/rfc7208-tests.yml`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use crate::spf_table::{Entry, Table, name};
use mailrep::clock::UnixTime;
use mailrep::dns::{Failure, Mx, Name};
use mailrep::spf::{Evaluation, Request};
use std::sync::Arc;
use yaml_rust2::{Yaml, YamlLoader};

/// As many as the suite has.
pub(crate) const CASES: usize = 203;

/// Cases that share their zone.
pub(crate) struct Scenario {
    pub(crate) table: Arc<Table>,
    pub(crate) cases: Vec<Case>,
}

pub(crate) struct Case {
    id: String,
    pub(crate) request: Request,
    /// Any of them is right.
    results: Vec<String>,
    explanation: Option<String>,
}

impl Case {
    /// What is wrong with a result; empty if nothing is.
    pub(crate) fn faults(&self, found: &Evaluation) -> Vec<String> {
        let mut faults = Vec::new();
        if !self.results.iter().any(|result| result == found.result.as_str()) {
            faults.push(format!(
                "{}: {} instead of {:?}: {}",
                self.id,
                found.result,
                self.results,
                found.reason()
            ));
        }
        // "DEFAULT" stands for: no text of the domain's.
        let explanation = found.explanation.as_deref().unwrap_or("DEFAULT");
        if let Some(wanted) = &self.explanation
            && wanted != explanation
        {
            faults.push(format!(
                "{}: explanation {explanation:?} instead of {wanted:?}",
                self.id
            ));
        }
        faults
    }
}

/// The suite; none where it is not to be found, and a line says that it is skipped.
pub(crate) fn scenarios() -> Option<Vec<Scenario>> {
    let Ok(suites) = std::env::var("MAILREP_SUITES") else {
        println!("skipped: the OpenSPF suite for RFC 7208 (MAILREP_SUITES is not set)");
        return None;
    };
    let path = std::path::Path::new(&suites).join("suites/rfc7208-tests.yml");
    let text = std::fs::read_to_string(&path).expect("the suite can be read");
    let documents = YamlLoader::load_from_str(&text).expect("the suite is YAML");
    Some(documents.iter().map(scenario).collect())
}

fn scenario(document: &Yaml) -> Scenario {
    let cases = document["tests"].as_hash().expect("a map of cases");
    Scenario {
        table: Arc::new(table(&document["zonedata"])),
        cases: cases
            .iter()
            .map(|(id, case)| Case {
                id: id.as_str().unwrap().to_owned(),
                request: request(case),
                results: match &case["result"] {
                    Yaml::Array(several) => several
                        .iter()
                        .map(|one| one.as_str().unwrap().to_owned())
                        .collect(),
                    one => vec![one.as_str().unwrap().to_owned()],
                },
                explanation: case["explanation"].as_str().map(str::to_owned),
            })
            .collect(),
    }
}

fn request(case: &Yaml) -> Request {
    let text = |key: &str| octets(case[key].as_str().unwrap_or_default());
    Request {
        client: case["host"].as_str().unwrap().parse().expect("an address"),
        helo: text("helo"),
        mail_from: text("mailfrom"),
        receiver: "receiver.example.net".into(),
        now: UnixTime(1_795_347_080),
    }
}

fn table(zone: &Yaml) -> Table {
    let mut table = Table::default();
    for (name, records) in zone.as_hash().expect("a map of names") {
        *table.entry(name.as_str().unwrap()) = entry(records);
    }
    table
}

/// Records of type SPF stand for TXT records too, where there is no TXT record (nor `TXT: NONE`); `TIMEOUT`
/// answers the questions that no record does.
fn entry(records: &Yaml) -> Entry {
    let mut entry = Entry::default();
    let mut spf = Vec::new();
    let mut has_txt = false;
    for record in records.as_vec().expect("a list of records") {
        if record.as_str() == Some("TIMEOUT") {
            entry.failure = Some(Failure::Timeout);
            continue;
        }
        let (kind, value) = record.as_hash().unwrap().iter().next().unwrap();
        let text = || value.as_str().unwrap();
        match kind.as_str().unwrap() {
            "SPF" => spf.push(joined(value)),
            "TXT" => {
                has_txt = true;
                if value.as_str() != Some("NONE") {
                    entry.txt.push(joined(value));
                }
            }
            "A" => entry.a.push(text().parse().unwrap()),
            "AAAA" => entry.aaaa.push(text().parse().unwrap()),
            "PTR" => entry.ptr.push(name(text())),
            "CNAME" => entry.cname = Some(name(text())),
            "MX" => entry.mx.push(Mx {
                preference: value[0].as_i64().unwrap().try_into().unwrap(),
                exchange: match value[1].as_str().unwrap() {
                    "" => Name::root(),
                    host => name(host),
                },
            }),
            other => panic!("a record of type {other}"),
        }
    }
    if !has_txt {
        entry.txt = spf;
    }
    entry
}

/// The character-strings of a text, joined.
fn joined(value: &Yaml) -> Box<[u8]> {
    match value {
        Yaml::Array(strings) => strings
            .iter()
            .flat_map(|string| octets(string.as_str().unwrap()))
            .collect(),
        string => octets(string.as_str().unwrap()),
    }
}

/// The suite writes octets as the characters of the same number.
fn octets(text: &str) -> Box<[u8]> {
    text.chars()
        .map(|octet| u8::try_from(u32::from(octet)).unwrap())
        .collect()
}
