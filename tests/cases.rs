//! The bundled messages and the table of what is expected of them, through the command line. C and Python run the
//! same table.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;
use std::ffi::OsStr;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

/// What the command line says of a case, the DNS being that of `source`: an option and its value.
fn check(case: &Value, source: (&str, &OsStr)) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mailrep"));
    command.arg(source.0).arg(source.1).args(["--json", "check"]);
    command.arg("--now").arg(case["now"].to_string());
    for (option, name) in [
        ("--ip", "ip"),
        ("--helo", "helo"),
        ("--mail-from", "mail_from"),
        ("--authserv-id", "authserv_id"),
        ("--login", "account"),
        ("--spf-explanation", "spf_explanation"),
    ] {
        if let Some(value) = case[name].as_str() {
            command.arg(option).arg(value);
        }
    }
    for (option, name) in [
        ("--spf-trust", "spf_trusted"),
        ("--dmarc-trust", "dmarc_trusted"),
        ("--dmarc-list", "dmarc_lists"),
    ] {
        for value in case[name].as_array().into_iter().flatten() {
            command.arg(option).arg(value.as_str().unwrap());
        }
    }
    for (domain, disposition) in case["dmarc_exceptions"].as_object().into_iter().flatten() {
        let disposition = disposition.as_str().unwrap();
        command
            .arg("--dmarc-except")
            .arg(format!("{domain}={disposition}"));
    }
    if case["dmarc_psl"] == true {
        command.arg("--dmarc-psl");
    }
    for (domain, record) in case["spf_records"].as_object().into_iter().flatten() {
        let record = record.as_str().unwrap();
        command.arg("--spf-record").arg(format!("{domain}={record}"));
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

fn cases() -> Vec<Value> {
    let table = std::fs::read(data().join("cases.json")).unwrap();
    let cases: Vec<Value> = serde_json::from_slice(&table).unwrap();
    assert!(!cases.is_empty());
    cases
}

#[test]
fn the_bundled_messages_get_the_verdicts_of_the_table() {
    let zone = data().join("zone");
    let mut differences = Vec::new();
    for case in &cases() {
        compare(
            &case["expect"],
            &check(case, ("--zone", zone.as_os_str())),
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

/// NSD serving a zone on loopback, until it is dropped.
struct Nsd {
    process: Child,
    address: SocketAddr,
}

impl Nsd {
    /// Serves `zone`, a file in `directory`, as the root zone; none if NSD is not installed.
    fn start(directory: &Path, zone: &str) -> Option<Nsd> {
        let program = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .chain([PathBuf::from("/usr/sbin")])
            .map(|place| place.join("nsd"))
            .find(|program| program.is_file())?;
        let address = free_port();
        let place = directory.display();
        let configuration = format!(
            "server:\n ip-address: 127.0.0.1@{}\n username: \"\"\n chroot: \"\"\n server-count: 1\n rrl-ratelimit: 0\n \
             zonesdir: \"{place}\"\n zonelistfile: \"{place}/zone.list\"\n xfrdfile: \"{place}/xfrd.state\"\n \
             pidfile: \"{place}/nsd.pid\"\n logfile: \"{place}/nsd.log\"\n\
             remote-control:\n control-enable: no\nzone:\n name: \".\"\n zonefile: \"{zone}\"\n",
            address.port()
        );
        let path = directory.join("nsd.conf");
        std::fs::write(&path, configuration).unwrap();
        let process = Command::new(program)
            .arg("-d")
            .arg("-c")
            .arg(path)
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let nsd = Nsd { process, address };
        nsd.wait_until_it_answers(&directory.join("nsd.log"));
        Some(nsd)
    }

    fn wait_until_it_answers(&self, log: &Path) {
        // The root's SOA (RFC 1035 section 4.1): an ID, no flags, one question.
        let question = [0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1];
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let begun = Instant::now();
        let mut answer = [0; 512];
        while begun.elapsed() < Duration::from_secs(20) {
            let _ = socket.send_to(&question, self.address);
            if let Ok(length) = socket.recv(&mut answer)
                && length > question.len()
            {
                return;
            }
        }
        panic!(
            "NSD does not answer: {}",
            std::fs::read_to_string(log).unwrap_or_default()
        );
    }
}

impl Drop for Nsd {
    fn drop(&mut self) {
        // SIGTERM, for it has children of its own to end.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}

/// A port of loopback that is free for UDP and TCP.
fn free_port() -> SocketAddr {
    for _ in 0..100 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = udp.local_addr().unwrap();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port is free for UDP and TCP");
}

#[test]
fn a_nameserver_gives_the_verdicts_that_the_zone_file_gives() {
    let directory = TempDir::new().unwrap();
    // What makes names fail is our own; a nameserver does not know it.
    let text = std::fs::read_to_string(data().join("zone")).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("$FAIL")).collect();
    let zone = directory.path().join("zone");
    std::fs::write(&zone, lines.join("\n") + "\n").unwrap();
    let Some(nsd) = Nsd::start(directory.path(), "zone") else {
        println!("skipped: a nameserver and the zone file (NSD is not installed)");
        return;
    };
    let server = nsd.address.to_string();
    for case in &cases() {
        let offline = check(case, ("--zone", zone.as_os_str()));
        let online = check(case, ("--nameserver", OsStr::new(&server)));
        assert_eq!(online, offline, "{}", case["name"]);
    }
}
