//! Other libraries, each in a process of its own that measures itself.

// Each bench uses a part.
#![allow(dead_code)]

use crate::usage::Cost;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A program that repeats some work and prints the nanoseconds of wall time, of user and of system CPU time that it took, and how
/// often it passed.
pub(crate) struct Peer {
    pub(crate) command: Vec<PathBuf>,
}

impl Peer {
    /// A C program beside this file, compiled into `folder` with these flags, if the header is there that `package` installs.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn c(
        name: &str,
        header: &str,
        package: &str,
        flags: &[&str],
        folder: &Path,
    ) -> Result<Peer, String> {
        if !Path::new("/usr/include").join(header).exists() {
            return Err(format!("{name} (Debian's {package} is not installed)"));
        }
        Peer::compiled(name, flags, folder)
    }

    /// PostSRSd's own rewriting, if its source is in the build folder: its licence keeps it out of this repository.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn postsrsd(folder: &Path) -> Result<Peer, String> {
        let source = target().join("postsrsd-1.10");
        if !source.join("srs2.c").exists() {
            return Err(
                "postsrsd (its source is not in target/postsrsd-1.10; CONTRIBUTING.md says where it is from)"
                    .to_owned(),
            );
        }
        let file = |name: &str| source.join(name).display().to_string();
        let mut flags = vec![format!("-I{}", source.display()), file("srs2.c"), file("sha1.c")];
        // What its build finds out; -w, for nobody mends it here.
        for flag in [
            "-w",
            "-DHAVE_ALLOCA_H",
            "-DHAVE_SYS_TYPES_H",
            "-DHAVE_SYS_TIME_H",
            "-DHAVE_TIME_H",
            "-DHAVE_STRCASECMP",
            "-DHAVE_STRNCASECMP",
            "-DSIZEOF_UNSIGNED_LONG=8",
            "-DBYTEORDER=0x1234",
        ] {
            flags.push(flag.to_owned());
        }
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        Peer::compiled("postsrsd", &flags, folder)
    }

    fn compiled(name: &str, flags: &[&str], folder: &Path) -> Result<Peer, String> {
        let program = folder.join(name);
        let output = Command::new("cc")
            .args(["-std=gnu11", "-O2", "-o"])
            .arg(&program)
            .arg(here(&format!("{name}.c")))
            .args(flags)
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

    /// A Python program beside this file, if the tests' Python has `modules`, which `packages` install.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn python(name: &str, modules: &str, packages: &str) -> Result<Peer, String> {
        let python = target().join("venv/bin/python");
        let there = Command::new(&python)
            .args(["-W", "ignore", "-c", &format!("import {modules}")])
            .output()
            .is_ok_and(|output| output.status.success());
        match there {
            true => Ok(Peer {
                command: vec![python, here(&format!("{name}.py"))],
            }),
            false => Err(format!(
                "{name} (target/venv/bin/python -m pip install {packages})"
            )),
        }
    }

    /// Runs it with these arguments, which make it repeat its work `count` times.
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

/// Where cargo builds.
pub(crate) fn target() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    Path::new(env!("CARGO_MANIFEST_DIR")).join(target)
}

/// A file of this folder.
pub(crate) fn here(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("benches/peers")
        .join(file)
}
