//! The network resolver against NLnet Labs' nsd, if it is installed.
#![cfg(feature = "hickory")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use mailrep::dns::{Answer, Failure, RecordSet, RecordType};
use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use support::asker::{Asker, PATIENCE, addresses, closed_port, failure};

/// A server of others that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn answers_of_nsd_are_read_as_its_zone_says() {
    let found = Command::new("sh").args(["-c", "command -v nsd"]).output();
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
    let program = match found {
        Ok(output) if output.status.success() => "nsd".to_owned(),
        _ => match std::env::split_paths(&path).find(|folder| folder.join("nsd").is_file()) {
            Some(folder) => folder.join("nsd").to_string_lossy().into_owned(),
            None => {
                println!("skipped: nsd is not installed");
                return;
            }
        },
    };
    let folder = tempfile::tempdir().unwrap();
    let long = "x".repeat(255);
    let strings = format!("\"{long}\" ").repeat(12);
    let zone = format!(
        "$ORIGIN example.org.\n\
         $TTL 600\n\
         @ 3600 SOA ns.example.org. host.example.org. 1 3600 600 86400 120\n\
         @ NS ns\n\
         ns A 192.0.2.53\n\
         @ TXT \"v=spf1 include:_spf\" \".example.org -all\"\n\
         @ MX 10 mail\n\
         mail 60 A 192.0.2.1\n\
         mail 60 AAAA 2001:db8::1\n\
         alias 30 CNAME mail\n\
         nowhere CNAME gone\n\
         _spf TXT \"v=spf1 ip4:192.0.2.0/24\"\n\
         deep.inside A 192.0.2.9\n\
         long TXT {strings}\n"
    );
    fs::write(folder.path().join("example.org.zone"), zone).unwrap();
    let address = closed_port();
    let config = format!(
        "server:\n ip-address: 127.0.0.1@{port}\n username: \"\"\n zonesdir: \"{folder}\"\n \
         database: \"\"\n pidfile: \"\"\n xfrdfile: \"{folder}/xfrd\"\n xfrdir: \"{folder}\"\n \
         zonelistfile: \"{folder}/zones\"\n logfile: \"{folder}/log\"\n server-count: 1\n \
         rrl-ratelimit: 0\nremote-control:\n control-enable: no\n\
         zone:\n name: example.org\n zonefile: example.org.zone\n",
        port = address.port(),
        folder = folder.path().display(),
    );
    let config_file = folder.path().join("nsd.conf");
    fs::write(&config_file, config).unwrap();
    let child = Command::new(program)
        .arg("-d")
        .arg("-c")
        .arg(&config_file)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _running = Running(child);

    let asker = Asker::hasty(vec![address], 200, 1);
    let begun = Instant::now();
    while let Answer::Failure(failure) = asker.ask("example.org", RecordType::Mx) {
        let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
        assert!(
            begun.elapsed() < PATIENCE,
            "nsd does not answer: {failure}\n{log}"
        );
        std::thread::yield_now();
    }
    let asker = Asker::hasty(vec![address], 5000, 2);
    let text = |octets: &[u8], ttl| Answer::Records {
        records: RecordSet::Txt([octets.into()].into()),
        ttl,
    };
    assert_eq!(
        asker.ask("example.org", RecordType::Txt),
        text(b"v=spf1 include:_spf.example.org -all", 600)
    );
    assert_eq!(
        asker.ask("alias.example.org", RecordType::A),
        addresses(&["192.0.2.1"], 30)
    );
    assert_eq!(
        asker.ask("alias.example.org", RecordType::Txt),
        Answer::NoData { ttl: Some(30) }
    );
    assert_eq!(
        asker.ask("nowhere.example.org", RecordType::A),
        Answer::NoSuchName { ttl: Some(120) }
    );
    assert_eq!(
        asker.ask("gone.example.org", RecordType::A),
        Answer::NoSuchName { ttl: Some(120) }
    );
    assert_eq!(
        asker.ask("inside.example.org", RecordType::A),
        Answer::NoData { ttl: Some(120) }
    );
    assert_eq!(
        asker.ask("long.example.org", RecordType::Txt),
        text("x".repeat(255 * 12).as_bytes(), 600)
    );
    assert_eq!(
        failure(asker.ask("elsewhere.example", RecordType::A)),
        Failure::Refused
    );
}
