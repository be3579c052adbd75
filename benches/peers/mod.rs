//! Other libraries, each in a process of its own that measures itself.

// Each bench uses a part.
#![allow(dead_code)]

use crate::usage::Cost;
use std::net::SocketAddr;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A program that checks senders of the zone by number.
pub(crate) struct Peer {
    command: Vec<PathBuf>,
}

impl Peer {
    /// libspf2, compiled into `folder`.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn libspf2(folder: &Path) -> Result<Peer, String> {
        compiled(
            folder,
            "libspf2",
            "spf2/spf.h",
            "libspf2-dev",
            &["-lspf2", "-ldl"],
        )
    }

    /// libopendmarc, compiled into `folder`.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn libopendmarc(folder: &Path) -> Result<Peer, String> {
        compiled(
            folder,
            "libopendmarc",
            "opendmarc/dmarc.h",
            "libopendmarc-dev",
            &["-lopendmarc"],
        )
    }

    /// pyspf, if the tests' Python has it.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn pyspf() -> Result<Peer, String> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
        let python = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(target)
            .join("venv/bin/python");
        let there = Command::new(&python)
            .args(["-W", "ignore", "-c", "import spf, dns.resolver"])
            .output()
            .is_ok_and(|output| output.status.success());
        match there {
            true => Ok(Peer {
                command: vec![python, here("pyspf.py")],
            }),
            false => Err("pyspf (target/venv/bin/python -m pip install pyspf==2.0.14 dnspython)".into()),
        }
    }

    /// Checks `senders` one after the other.
    pub(crate) fn check(&self, server: SocketAddr, senders: Range<usize>) -> Cost {
        let count = senders.len();
        let numbers = [server.port().into(), senders.start, count];
        self.run(&numbers.map(|number: usize| number.to_string()), count)
    }

    /// Runs with these arguments, and has to succeed so many times.
    pub(crate) fn run(&self, arguments: &[String], count: usize) -> Cost {
        let output = Command::new(&self.command[0])
            .args(&self.command[1..])
            .args(arguments)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<u64> = text
            .split_whitespace()
            .map_while(|number| number.parse().ok())
            .collect();
        let &[wall, user, system, passed] = &numbers[..] else {
            panic!(
                "{:?} says {text}{}",
                self.command,
                String::from_utf8_lossy(&output.stderr)
            );
        };
        assert_eq!(passed, count as u64, "{:?}: not every check passes", self.command);
        Cost {
            wall: Duration::from_nanos(wall),
            cpu: Duration::from_nanos(user + system),
            user: Duration::from_nanos(user),
        }
    }
}

/// Compiles the program of a library.
fn compiled(
    folder: &Path,
    name: &str,
    header: &str,
    package: &str,
    libraries: &[&str],
) -> Result<Peer, String> {
    if !Path::new("/usr/include").join(header).exists() {
        return Err(format!("{name} (Debian's {package} is not installed)"));
    }
    let program = folder.join(name);
    let output = Command::new("cc")
        .args(["-std=gnu11", "-O2", "-o"])
        .arg(&program)
        .arg(here(&format!("{name}.c")))
        .args(libraries)
        .output()
        .map_err(|error| format!("{name} (cc does not start: {error})"))?;
    match output.status.success() {
        true => Ok(Peer {
            command: vec![program],
        }),
        false => Err(format!(
            "{name} (its program does not compile: {})",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/peers")
        .join(file)
}
