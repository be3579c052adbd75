//! What the manual pages promise of the command line.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod check;
mod dmarc_lint;
mod dmarc_policy;
mod filter;
mod input;
mod lint;
mod outbound;
mod outbound_control;
mod outbound_page;
mod output;
mod policy;
mod report;
mod sign;
mod spf;
mod srs;
mod usage;
mod verdicts;

use serde_json::Value;
use std::ffi::OsStr;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const ZONE: &str = r#"
example.org.            TXT "v=spf1 ip4:192.0.2.1 include:_spf.example.org -all exp=why.example.org"
_spf.example.org.       TXT "v=spf1 ip4:198.51.100.0/24 ?all"
why.example.org.        TXT "%{i} is not one of ours"
_dmarc.example.org.     TXT "v=DMARC1; p=reject"
mail.example.org.       A   192.0.2.1
mail.example.org.       TXT "v=spf1 a -all"
1.2.0.192.in-addr.arpa. PTR mail.example.org.
time.example.           TXT "v=spf1 exists:%{t}.time.example -all"
1772355660.time.example. A  127.0.0.2
receiver.example.       TXT "v=spf1 -all exp=why.receiver.example"
xn--bcher-kva.example.  TXT "v=spf1 -all"
_dmarc.xn--bcher-kva.example. TXT "v=DMARC1; p=quarantine"
nopolicy.example.       TXT "v=spf1 -all"
hostile.example.        TXT "v=spf1 \027[31mred -all"
$FAIL broken.example. TXT SERVFAIL
"#;

const MESSAGE: &str = "From: Ada <ada@example.org>\r\nTo: you@example.net\r\nSubject: hello\r\n\r\nHello\r\n";

/// A directory with the zone, a message, and what a test adds.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(TempDir::new().unwrap());
        place.file("zone", ZONE);
        place.file("message.eml", MESSAGE);
        place
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailrep"));
        command
            .current_dir(self.0.path())
            .stdin(Stdio::null())
            .env_clear();
        command
    }

    /// Runs with these arguments as they are.
    fn bare<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Done {
        Done::of(self.command().args(arguments).output().unwrap())
    }

    /// Runs offline, arguments separated by blanks; `''` is an empty one.
    fn run(&self, line: &str) -> Done {
        self.bare(["--zone", "zone"].into_iter().chain(words(line)))
    }

    /// As `run`, with JSON that has to come out well.
    fn json(&self, line: &str) -> Value {
        self.run(&format!("--json {line}")).json()
    }

    fn with_input(&self, line: &str, input: &[u8]) -> Done {
        let mut command = self.command();
        command
            .args(["--zone", "zone"])
            .args(words(line))
            .stdin(Stdio::piped());
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Who does not read to the end has said why.
        let _ = child.stdin.take().unwrap().write_all(input);
        Done::of(child.wait_with_output().unwrap())
    }
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split_whitespace()
        .map(|word| if word == "''" { "" } else { word })
}

struct Done {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Done {
    fn of(output: Output) -> Done {
        Done {
            status: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    #[track_caller]
    fn json(&self) -> Value {
        assert_eq!(self.status, Some(0), "{}", self.err);
        assert_eq!(self.out.lines().count(), 1, "one object a line: {}", self.out);
        assert!(self.out.ends_with('\n'));
        serde_json::from_str(&self.out).unwrap()
    }

    /// Nothing on the standard output, and words that say what is wrong.
    #[track_caller]
    fn refused(&self, status: i32, told: &[&str]) {
        assert_eq!(self.status, Some(status), "{}{}", self.out, self.err);
        assert_eq!(self.out, "");
        for word in told {
            assert!(self.err.contains(word), "'{word}' is not in: {}", self.err);
        }
        if status != 2 {
            assert_eq!(self.err.lines().count(), 1, "{}", self.err);
            assert!(self.err.starts_with("mailrep: "), "{}", self.err);
        }
    }

    #[track_caller]
    fn shows(&self, texts: &[&str]) {
        assert_eq!(self.status, Some(0), "{}", self.err);
        for text in texts {
            assert!(self.out.contains(text), "'{text}' is not in:\n{}", self.out);
        }
    }
}

const ENVELOPE: &str = "--ip 192.0.2.1 --helo mail.example.org --mail-from ada@example.org";
