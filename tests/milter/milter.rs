//! The program `mailrep-milter`, as `make milter` builds it.

use crate::support::smtp::PATIENCE;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Builds it, once; why not, if it cannot be built here. `MAILREP_MILTER` names another one, as the bench does.
pub fn program() -> Result<&'static Path, &'static str> {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    if let Some(path) = std::env::var_os("MAILREP_MILTER") {
        return Ok(PROGRAM.get_or_init(|| path.into()));
    }
    if !Path::new("/usr/include/libmilter/mfapi.h").exists() {
        return Err("libmilter-dev is not installed");
    }
    Ok(PROGRAM.get_or_init(|| {
        // Each test is a process of its own.
        let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("milter.lock")).unwrap();
        lock.lock().unwrap();
        let mut make = Command::new("make");
        make.args(["--no-print-directory", "milter", "PROFILE=dev"])
            .current_dir(ROOT);
        // What cargo and nextest tell a test would have another cargo build everything anew.
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            let ours = ["CARGO_TARGET_DIR", "CARGO_HOME", "CARGO_INCREMENTAL"].contains(&&*text);
            if !ours
                && ["CARGO", "NEXTEST", "RUST_", "LD_", "MAKE"]
                    .iter()
                    .any(|begin| text.starts_with(begin))
            {
                make.env_remove(&name);
            }
        }
        let output = make.output().unwrap();
        assert!(
            output.status.success(),
            "make milter: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let debug = Path::new(env!("CARGO_BIN_EXE_mailrep")).parent().unwrap();
        debug.join("mailrep-milter")
    }))
}

/// A running milter, ended with the test.
pub struct Milter {
    pub folder: PathBuf,
    socket: String,
    process: Child,
}

impl Milter {
    /// Starts it with this policy, and waits until it listens. `folder` is for the policy and what it names.
    pub fn start(folder: &Path, socket: &str, policy: &str) -> Milter {
        Milter::start_by(Command::new(program().unwrap()), folder, socket, policy)
    }

    /// As [`Milter::start`], by a command that runs the program.
    pub fn start_by(mut command: Command, folder: &Path, socket: &str, policy: &str) -> Milter {
        write_policy(folder, socket, policy);
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join("log"))
            .unwrap();
        let process = command
            .arg("-c")
            .arg(folder.join("mailrep.toml"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut milter = Milter {
            folder: folder.to_owned(),
            socket: socket.to_owned(),
            process,
        };
        let before = milter.log().matches(" listens at ").count();
        milter.wait_until("it listens", |milter| {
            if let Ok(Some(status)) = milter.process.try_wait() {
                panic!("the milter ended: {status}: {}", milter.log());
            }
            milter.log().matches(" listens at ").count() > before || (before > 0 && milter.socket_answers())
        });
        milter
    }

    fn socket_answers(&self) -> bool {
        match self.socket.strip_prefix("unix:") {
            Some(path) => std::os::unix::net::UnixStream::connect(path).is_ok(),
            None => address(&self.socket).is_some_and(|address| TcpStream::connect(address).is_ok()),
        }
    }

    /// Its log so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    /// The lines of its log with these words.
    pub fn lines(&self, words: &[&str]) -> Vec<String> {
        let log = self.log();
        let with_words = log
            .lines()
            .filter(|line| words.iter().all(|word| line.contains(word)));
        with_words.map(str::to_owned).collect()
    }

    /// Waits until its log has a line with all these words.
    pub fn wait_for_log(&self, words: &[&str]) -> String {
        self.wait_for_another(words, 0)
    }

    /// Waits until its log has more than so many lines with all these words, and returns the first of those that are more.
    pub fn wait_for_another(&self, words: &[&str], before: usize) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(line) = self.lines(words).get(before) {
                return line.clone();
            }
            assert!(
                Instant::now() < deadline,
                "no line with {words:?} in\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn wait_until(&mut self, what: &str, mut is_so: impl FnMut(&mut Milter) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so(self) {
            assert!(
                Instant::now() < deadline,
                "waited in vain until {what}:\n{}",
                self.log()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Writes another policy and has it read.
    pub fn reload(&mut self, policy: &str) {
        write_policy(&self.folder, &self.socket, policy);
        self.signal("HUP");
    }

    pub fn signal(&self, name: &str) {
        signal(self.pid(), name);
    }

    /// The process that was started.
    pub fn pid(&self) -> u32 {
        self.process.id()
    }

    /// The processes that the milter has started: the one that does the work.
    pub fn children(&self) -> Vec<u32> {
        let pid = self.process.id();
        let listed = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap();
        listed
            .split_whitespace()
            .map(|pid| pid.parse().unwrap())
            .collect()
    }

    /// Waits for its end.
    pub fn wait(&mut self) -> ExitStatus {
        let mut status = None;
        self.wait_until("it ends", |milter| {
            status = milter.process.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap()
    }

    /// Ends it as an administrator does.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Milter {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the log of the milter:\n{}", self.log());
        }
        // Outright, both processes: an end in good order takes libmilter some seconds.
        if matches!(self.process.try_wait(), Ok(None)) {
            self.signal("STOP");
            for child in self.children() {
                signal(child, "KILL");
            }
            let _ = self.process.kill();
            let _ = self.process.wait();
        }
    }
}

pub fn signal(pid: u32, name: &str) {
    let status = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status();
    assert!(status.unwrap().success(), "kill -{name} {pid}");
}

fn write_policy(folder: &Path, socket: &str, policy: &str) {
    let milter = format!("[milter]\nsocket = \"{socket}\"\nsocket_mode = \"666\"\n");
    // What stands before the first section has to come first.
    fs::write(folder.join("mailrep.toml"), format!("{policy}\n{milter}")).unwrap();
}

/// Where `inet:PORT@ADDRESS` is.
fn address(socket: &str) -> Option<SocketAddr> {
    let (port, address) = socket.strip_prefix("inet:")?.split_once('@')?;
    format!("{address}:{port}").parse().ok()
}
