//! Other programs that sign and verify, each a process that is started once and answers line by line.

use crate::ours::{DOMAIN, NOW, Pair, SELECTOR};
use mailrep::dkim::{Algorithm, Canonicalization};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(crate) struct Peer {
    pub(crate) name: &'static str,
    algorithms: Vec<Algorithm>,
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// A signature that does not pass, or was not made, and why.
#[derive(Debug)]
pub(crate) struct No(pub(crate) String);

const INSTALLS: &str = "scripts/install-test-tools installs it";

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/peers")
        .join(name)
}

fn runs(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

impl Peer {
    /// None, having said so, where it is not installed; likewise for the others.
    pub(crate) fn dkimpy() -> Option<Peer> {
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let python = target.join("venv/bin/python");
        if !runs(Command::new(&python).args(["-c", "import dkim, nacl"])) {
            println!("skipped: dkimpy as a peer for DKIM ({INSTALLS} into target/venv)");
            return None;
        }
        let mut command = Command::new(python);
        command.arg(script("dkimpy_peer.py"));
        let both = vec![Algorithm::RsaSha256, Algorithm::Ed25519Sha256];
        Some(Peer::start("dkimpy", both, command))
    }

    pub(crate) fn mail_dkim() -> Option<Peer> {
        if !runs(Command::new("perl").args(["-MMail::DKIM::Signer", "-e1"])) {
            println!("skipped: Mail::DKIM as a peer for DKIM ({INSTALLS})");
            return None;
        }
        let mut command = Command::new("perl");
        command.arg(script("maildkim_peer.pl"));
        Some(Peer::start("Mail::DKIM", vec![Algorithm::RsaSha256], command))
    }

    pub(crate) fn libopendkim() -> Option<Peer> {
        let flags = Command::new("pkg-config")
            .args(["--cflags", "--libs", "opendkim"])
            .output();
        let Some(flags) = flags.ok().filter(|output| output.status.success()) else {
            println!("skipped: libopendkim as a peer for DKIM ({INSTALLS})");
            return None;
        };
        let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join("opendkim_peer");
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
            .arg(script("opendkim_peer.c"))
            .args(String::from_utf8(flags.stdout).unwrap().split_whitespace());
        assert!(compiler.status().unwrap().success());
        let mut peer = Peer::start("libopendkim", vec![Algorithm::RsaSha256], Command::new(program));
        if peer.line() == "ed25519" {
            peer.algorithms.push(Algorithm::Ed25519Sha256);
        } else {
            println!("skipped: Ed25519 by libopendkim (this build of it cannot)");
        }
        Some(peer)
    }

    fn start(name: &'static str, algorithms: Vec<Algorithm>, mut command: Command) -> Peer {
        let mut process = command
            .arg(NOW.0.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Peer {
            name,
            algorithms,
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    /// Keys of the algorithms that it knows.
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        let mut pairs = Vec::from(Pair::all());
        pairs.retain(|pair| self.algorithms.contains(&pair.algorithm));
        pairs
    }

    /// The signature field that the peer makes.
    pub(crate) fn sign(
        &mut self,
        pair: &Pair,
        header: Canonicalization,
        body: Canonicalization,
        message: &[u8],
    ) -> Result<Vec<u8>, No> {
        let (algorithm, header, body) = (pair.algorithm.as_str(), header.as_str(), body.as_str());
        let (key, message) = (hex(&pair.pem), hex(message));
        let answer = self.ask(&format!(
            "sign {algorithm} {header} {body} {DOMAIN} {SELECTOR} {key} {message}"
        ));
        match answer.strip_prefix("signed ") {
            Some(field) => Ok(octets(field)),
            None => Err(No(answer)),
        }
    }

    /// Whether the topmost signature is genuine to the peer.
    pub(crate) fn verify(&mut self, record: &str, message: &[u8]) -> Result<(), No> {
        let answer = self.ask(&format!("verify {} {}", hex(record.as_bytes()), hex(message)));
        match answer.as_str() {
            "pass" => Ok(()),
            _ => Err(No(answer)),
        }
    }

    fn ask(&mut self, request: &str) -> String {
        writeln!(self.input, "{request}").unwrap();
        self.line()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        let octets = self.output.read_line(&mut line).unwrap();
        assert!(octets > 0, "{} has died", self.name);
        line.trim_end().to_owned()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn hex(octets: &[u8]) -> String {
    let mut text = String::with_capacity(octets.len() * 2);
    for octet in octets {
        write!(text, "{octet:02x}").unwrap();
    }
    text
}

fn octets(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}
