//! libopendmarc, in a process that lives as long as the test.

use crate::case::{Case, Decision, SUFFIXES, Tags, View, organizational};
use mailrep::dmarc::{AlignmentMode, Outcome, Policy};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(crate) struct Peer {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Peer {
    pub(crate) fn start() -> Option<Peer> {
        if !Path::new("/usr/include/opendmarc/dmarc.h").exists() {
            println!(
                "skipped: libopendmarc as a peer for DMARC (scripts/install-test-tools installs libopendmarc-dev)"
            );
            return None;
        }
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let (program, suffixes) = (folder.join("opendmarc_peer"), folder.join("opendmarc_suffixes"));
        std::fs::write(&suffixes, SUFFIXES.join("\n") + "\n").unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/opendmarc_peer.c");
        let mut compiler = Command::new("gcc");
        compiler
            .args([
                "-std=gnu11",
                "-O1",
                "-Wall",
                "-Wextra",
                "-Wpedantic",
                "-Werror",
                "-o",
            ])
            .arg(&program)
            .arg(source)
            .arg("-lopendmarc");
        assert!(compiler.status().unwrap().success());
        let mut process = Command::new(program)
            .arg(suffixes)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Some(Peer {
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
        })
    }

    pub(crate) fn judge(&mut self, case: &Case) -> View {
        writeln!(self.input, "{}", request(case)).unwrap();
        let mut line = String::new();
        assert!(
            self.output.read_line(&mut line).unwrap() > 0,
            "libopendmarc has died of {case:?}"
        );
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["unusable", _] => View::no_record(),
            [adkim, aspf, p, sp, rua, ruf, fo, decision, spf, dkim] => {
                let p = policy(p).unwrap();
                let fo: u8 = fo.parse().unwrap();
                View {
                    tags: Some(Tags {
                        adkim: mode(adkim),
                        aspf: mode(aspf),
                        p,
                        sp: policy(sp).unwrap_or(p),
                        rua: list(rua),
                        ruf: list(ruf),
                        fo: [1, 2, 4, 8].map(|bit| fo & bit != 0),
                    }),
                    decision: match decision {
                        "15" => Decision::Pass,
                        "16" => Decision::Fail(Policy::Reject),
                        "17" => Decision::Fail(Policy::Quarantine),
                        "18" => Decision::Fail(Policy::None),
                        _ => panic!("libopendmarc decides {decision}: {case:?}"),
                    },
                    spf_aligned: spf == "1",
                    dkim_aligned: dkim == "1",
                }
            }
            _ => panic!("libopendmarc says {line:?}"),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn request(case: &Case) -> String {
    let identifier = |(domain, outcome): &(String, Outcome)| {
        let number = match outcome {
            Outcome::Pass => 1,
            Outcome::NoPass => 2,
            Outcome::TempError => 3,
        };
        format!("{domain}={number}")
    };
    let or_none = |text: String| if text.is_empty() { "-".into() } else { text };
    let dkim: Vec<String> = case.dkim.iter().map(identifier).collect();
    let above = if case.above {
        organizational(&case.author)
    } else {
        "-"
    };
    format!(
        "{} {} {above} {} {}",
        hex(&case.record),
        case.author,
        or_none(case.spf.as_ref().map(identifier).unwrap_or_default()),
        or_none(dkim.join(","))
    )
}

fn mode(letter: &str) -> AlignmentMode {
    match letter {
        "s" => AlignmentMode::Strict,
        "r" => AlignmentMode::Relaxed,
        _ => panic!("{letter} is no alignment"),
    }
}

fn policy(letter: &str) -> Option<Policy> {
    match letter {
        "n" => Some(Policy::None),
        "q" => Some(Policy::Quarantine),
        "r" => Some(Policy::Reject),
        _ => None,
    }
}

fn list(text: &str) -> Vec<String> {
    if text == "-" {
        return Vec::new();
    }
    text.split(',').map(octets).collect()
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |mut hex, octet| {
        write!(hex, "{octet:02x}").unwrap();
        hex
    })
}

fn octets(hex: &str) -> String {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| char::from(u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()))
        .collect()
}
