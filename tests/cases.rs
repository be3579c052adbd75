//! The bundled messages and the table of what is expected of them, through the command line. C and Python run the
//! same table.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

fn check(case: &Value) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailrep"));
    command
        .arg("--zone")
        .arg(data().join("zone"))
        .args(["--json", "check"]);
    command.arg("--now").arg(case["now"].to_string());
    for (option, name) in [
        ("--ip", "ip"),
        ("--helo", "helo"),
        ("--mail-from", "mail_from"),
        ("--authserv-id", "authserv_id"),
    ] {
        if let Some(value) = case[name].as_str() {
            command.arg(option).arg(value);
        }
    }
    let output = command
        .arg(data().join(case["file"].as_str().unwrap()))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{}: {told}", case["name"]);
    assert_eq!(told, "", "{}", case["name"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "one object a line: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Every name that is expected has to be there and be equal; there may be more. Lists have the same length.
fn compare(expected: &Value, found: &Value, place: &str, differences: &mut Vec<String>) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (name, value) in expected {
                let place = format!("{place}.{name}");
                match found.get(name) {
                    Some(found) => compare(value, found, &place, differences),
                    None => differences.push(format!("{place} is missing")),
                }
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (at, (expected, found)) in expected.iter().zip(found).enumerate() {
                compare(expected, found, &format!("{place}[{at}]"), differences);
            }
        }
        _ if expected == found => {}
        _ => differences.push(format!("{place} is {found}, expected {expected}")),
    }
}

#[test]
fn the_bundled_messages_get_the_verdicts_of_the_table() {
    let table = std::fs::read(data().join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&table).unwrap();
    assert!(!cases.is_empty());
    let mut differences = Vec::new();
    for case in &cases {
        compare(
            &case["expect"],
            &check(case),
            case["name"].as_str().unwrap(),
            &mut differences,
        );
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

#[test]
fn the_comparison_sees_what_differs() {
    let differ = |expected: &str, found: &str| {
        let mut differences = Vec::new();
        let parse = |text| serde_json::from_str::<Value>(text).unwrap();
        compare(&parse(expected), &parse(found), "", &mut differences);
        differences.len()
    };
    assert_eq!(differ(r#"{"a":1}"#, r#"{"a":1,"b":2}"#), 0);
    assert_eq!(differ(r#"{"a":null}"#, "{}"), 1);
    assert_eq!(differ(r#"{"a":[]}"#, r#"{"a":[1]}"#), 1);
    assert_eq!(
        differ(r#"{"a":[{"b":1},{"b":2}]}"#, r#"{"a":[{"b":2},{"b":3}]}"#),
        2
    );
    assert_eq!(differ(r#"{"a":{}}"#, r#"{"a":null}"#), 1);
}
