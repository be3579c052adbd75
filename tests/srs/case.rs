//! The cases of `tests/data/srs_cases.json` and of the vectors on which PostSRSd and Mail::SRS agree, which are found through
//! `MAILREP_SUITES`.

use mailrep::clock::UnixTime;
use mailrep::srs::{Rewriter, Secrets, Settings};
use serde_json::Value;
use std::path::Path;

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) forward: bool,
    pub(crate) now: i64,
    /// In the words of the table.
    pub(crate) config: Value,
    pub(crate) input: Vec<u8>,
    /// None where the address is refused.
    pub(crate) output: Option<Vec<u8>>,
    /// The outcome and the cause; the vectors do not tell them.
    pub(crate) told: Option<(String, String)>,
}

impl Case {
    /// What is wrong with an outcome, a cause and an output.
    pub(crate) fn difference(&self, outcome: &str, cause: &str, output: Option<&[u8]>) -> Option<String> {
        let as_told = self
            .told
            .as_ref()
            .is_none_or(|told| (told.0.as_str(), told.1.as_str()) == (outcome, cause));
        if as_told && output == self.output.as_deref() {
            return None;
        }
        let shown = |octets: Option<&[u8]>| octets.map(|octets| octets.escape_ascii().to_string());
        Some(format!(
            "{}: {outcome}, {cause}, {:?}; expected {:?}, {:?}",
            self.name,
            shown(output),
            self.told,
            shown(self.output.as_deref())
        ))
    }

    pub(crate) fn rewriter(&self) -> Rewriter {
        Rewriter::new(settings(&self.config)).unwrap()
    }

    pub(crate) fn now(&self) -> UnixTime {
        UnixTime(self.now)
    }
}

pub(crate) fn bundled() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/srs_cases.json");
    let table: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert!(!table.is_empty());
    let read = |case: &Value| Case {
        name: case["name"].as_str().unwrap().to_owned(),
        forward: forward(case),
        now: case["now"].as_i64().unwrap(),
        config: case["config"].clone(),
        input: octets(case, "input").unwrap(),
        output: octets(&case["expect"], "output"),
        told: Some((
            case["expect"]["outcome"].as_str().unwrap().to_owned(),
            case["expect"]["cause"].as_str().unwrap().to_owned(),
        )),
    };
    table.iter().map(read).collect()
}

/// The vectors; none, having said so, if it is not known where they are.
pub(crate) fn vectors() -> Vec<Case> {
    let Some(suites) = std::env::var_os("MAILREP_SUITES") else {
        println!("skipped: srs/vectors.json");
        return Vec::new();
    };
    let path = Path::new(&suites).join("srs/vectors.json");
    let table: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let vectors = table["vectors"].as_array().unwrap();
    assert_eq!(table["count"].as_u64(), Some(vectors.len() as u64));
    let read = |vector: &Value| {
        let config = &vector["config"];
        Case {
            name: format!("vector {}", vector["id"]),
            forward: forward(vector),
            now: vector["now"].as_i64().unwrap(),
            config: serde_json::json!({
                "domain": config["domain"],
                "secrets": config["secrets"],
                "separator": config["separator"],
                "hash_length": config["hashlength"],
                "hash_minimum": config["hashmin"],
                "max_age": config["maxage"],
                "always": config["always"],
                "excluded": config["exclude"],
            }),
            input: octets(vector, "input").unwrap(),
            output: octets(vector, "output"),
            told: None,
        }
    };
    vectors.iter().map(read).collect()
}

fn forward(case: &Value) -> bool {
    match case["op"].as_str().unwrap() {
        "forward" => true,
        "reverse" => false,
        other => panic!("an operation '{other}'"),
    }
}

/// `NAME_hex`, `NAME_repeat` (a text, how often, what follows) or `NAME`; none if it is null or not there.
fn octets(case: &Value, name: &str) -> Option<Vec<u8>> {
    if let Some(hex) = case[format!("{name}_hex")].as_str() {
        return Some(unhex(hex));
    }
    if let Some([piece, times, rest]) = case[format!("{name}_repeat")].as_array().map(Vec::as_slice) {
        let times = usize::try_from(times.as_u64().unwrap()).unwrap();
        return Some((piece.as_str().unwrap().repeat(times) + rest.as_str().unwrap()).into_bytes());
    }
    case[name].as_str().map(|text| text.as_bytes().to_vec())
}

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    let pair = |at: &[u8]| u8::from_str_radix(std::str::from_utf8(at).unwrap(), 16).unwrap();
    hex.as_bytes().chunks(2).map(pair).collect()
}

pub(crate) fn strings(list: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.as_array().into_iter().flatten().map(text).collect()
}

fn settings(config: &Value) -> Settings {
    let text = |name: &str| config[name].as_str();
    let number = |name: &str| {
        config[name]
            .as_u64()
            .map(|number| usize::try_from(number).unwrap())
    };
    let secrets = |of: &Value| Secrets::new(strings(&of["secrets"])).unwrap();
    let mut settings = Settings::new(text("domain").unwrap(), secrets(config));
    for further in config["further"].as_array().into_iter().flatten() {
        let domain = further["domain"].as_str().unwrap().to_owned();
        settings.further.push((domain, secrets(further)));
    }
    if let Some(separator) = text("separator") {
        settings.separator = separator.parse().unwrap();
    }
    if let Some(letters) = number("hash_length") {
        settings.hash_length = letters;
    }
    if let Some(letters) = number("hash_minimum") {
        settings.hash_minimum = letters;
    }
    if let Some(days) = number("max_age") {
        settings.max_age = days.try_into().unwrap();
    }
    if let Some(word) = text("long") {
        settings.long_local_parts = word.parse().unwrap();
    }
    if let Some(word) = text("mac") {
        settings.mint = word.parse().unwrap();
    }
    if let Some(word) = text("accept") {
        settings.accept = word.parse().unwrap();
    }
    settings.always = config["always"].as_bool().unwrap_or(false);
    settings.excluded = strings(&config["excluded"]);
    settings.local = strings(&config["local"]);
    settings
}
