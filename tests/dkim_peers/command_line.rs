//! Messages of files with LF, signed by `mailrep sign`.

use crate::deviations::Way;
use crate::ours::{DOMAIN, NOW, Pair, SELECTOR};
use crate::peer::Peer;
use crate::{Judge, messages, one_way_each};
use std::process::Command;
use tempfile::TempDir;

/// The command line makes CRLF of the file's LF before it signs, and writes LF; whoever sends the file makes CRLF of them again.
#[test]
fn rfc6376_section_5_3_files_with_lf_signed_by_the_command_line_pass_dkimpy_with_crlf() {
    let Some(mut peer) = Peer::dkimpy() else {
        return;
    };
    let directory = TempDir::new().unwrap();
    let mut odd = messages::odd();
    odd.retain(|message| {
        let file = to_lf(&message.octets);
        !file.contains(&b'\r') && to_crlf(&file) == message.octets
    });
    assert!(odd.len() > 20);
    let pairs = Pair::all();
    let mut judge = Judge::default();
    for case in one_way_each(&odd, &pairs) {
        let file = directory.path().join("message.eml");
        let key = directory.path().join("key.pem");
        std::fs::write(&key, &case.pair.pem).unwrap();
        let octets = to_lf(case.octets);
        std::fs::write(&file, &octets).unwrap();
        let signed = Command::new(env!("CARGO_BIN_EXE_mailrep"))
            .args(["sign", "--domain", DOMAIN, "--selector", SELECTOR])
            .args(["--now", &NOW.0.to_string(), "--field", "x-odd", "--key"])
            .arg(&key)
            .arg("--canonicalization")
            .arg(format!("{}/{}", case.header.as_str(), case.body.as_str()))
            .arg(&file)
            .output()
            .unwrap();
        assert!(signed.status.success(), "{case}: {signed:?}");
        let field = signed.stdout.strip_suffix(octets.as_slice()).unwrap();
        assert!(!field.contains(&b'\r'), "{case}");
        let outcome = peer.verify(&case.pair.record, &to_crlf(&signed.stdout));
        judge.hears(peer.name, Way::TheyVerify, &case, &outcome);
    }
    judge.concludes(peer.name);
}

fn to_lf(message: &[u8]) -> Vec<u8> {
    let mut octets = Vec::with_capacity(message.len());
    for (at, &octet) in message.iter().enumerate() {
        if octet != b'\r' || message.get(at + 1) != Some(&b'\n') {
            octets.push(octet);
        }
    }
    octets
}

fn to_crlf(file: &[u8]) -> Vec<u8> {
    let lines: Vec<&[u8]> = file.split(|&octet| octet == b'\n').collect();
    lines.join(&b"\r\n"[..])
}
