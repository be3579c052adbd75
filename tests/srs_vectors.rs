//! The vectors on which PostSRSd and Mail::SRS agree, found through `MAILREP_SUITES`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use mailrep::clock::UnixTime;
use mailrep::srs::{Rewriter, Secrets, Separator, Settings};
use serde_json::Value;

fn octets(hex: &Value) -> Option<Vec<u8>> {
    let pair = |at: &[u8]| u8::from_str_radix(std::str::from_utf8(at).unwrap(), 16).unwrap();
    hex.as_str()
        .map(|hex| hex.as_bytes().chunks(2).map(pair).collect())
}

fn strings(list: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(text).collect()
}

fn rewriter(config: &Value) -> Rewriter {
    let number = |name: &str| usize::try_from(config[name].as_u64().unwrap()).unwrap();
    let secrets = Secrets::new(strings(&config["secrets"])).unwrap();
    let mut settings = Settings::new(config["domain"].as_str().unwrap(), secrets);
    settings.separator = config["separator"]
        .as_str()
        .unwrap()
        .parse::<Separator>()
        .unwrap();
    settings.hash_length = number("hashlength");
    settings.hash_minimum = number("hashmin");
    settings.max_age = u16::try_from(number("maxage")).unwrap();
    settings.always = config["always"].as_bool().unwrap();
    settings.excluded = strings(&config["exclude"]);
    Rewriter::new(settings).unwrap()
}

#[test]
fn postsrsd_and_mail_srs_give_these_octets() {
    let Some(folder) = std::env::var_os("MAILREP_SUITES") else {
        println!("skipped: srs/vectors.json");
        return;
    };
    let file = std::path::Path::new(&folder).join("srs/vectors.json");
    let table: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let mut differences = Vec::new();
    let vectors = table["vectors"].as_array().unwrap();
    assert_eq!(table["count"].as_u64(), Some(vectors.len() as u64));
    for vector in vectors {
        let rewriter = rewriter(&vector["config"]);
        let input = octets(&vector["input_hex"]).unwrap();
        let now = UnixTime(vector["now"].as_i64().unwrap());
        let outcome = match vector["op"].as_str().unwrap() {
            "forward" => rewriter.forward(&input, now),
            "reverse" => rewriter.reverse(&input, now),
            other => panic!("an operation '{other}'"),
        };
        if outcome.output(&input) != octets(&vector["output_hex"]).as_deref() {
            differences.push(format!(
                "{}: {} {} gave {outcome:?}, expected {}",
                vector["id"], vector["op"], vector["input"], vector["output"]
            ));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
