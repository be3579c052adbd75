//! `mailrep srs serve`.

use crate::support::postfix::port;
use crate::wiring::{EXCLUDED, MAIN};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// Where our server is to listen, and with which secrets; it runs and stops at will.
pub struct Ours {
    secret_file: PathBuf,
    pub forward: u16,
    pub reverse: u16,
    socket: Option<PathBuf>,
    process: Option<Child>,
}

impl Ours {
    /// Starts a server, which listens on a Unix socket too, if one is given.
    pub fn start(secret_file: &Path, socket: Option<&Path>) -> Ours {
        let mut ours = Ours {
            secret_file: secret_file.to_owned(),
            forward: port(),
            reverse: port(),
            socket: socket.map(Path::to_owned),
            process: None,
        };
        ours.start_again();
        ours
    }

    /// Starts it where it was before, and waits until it is ready.
    pub fn start_again(&mut self) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailrep"));
        command
            .args(["--json", "srs", "serve", "--domain", MAIN, "--exclude", EXCLUDED])
            .args(["--tcp-forward", &format!("localhost:{}", self.forward)])
            .args(["--tcp-reverse", &format!("localhost:{}", self.reverse)])
            .arg("--secret-file")
            .arg(&self.secret_file);
        if let Some(socket) = &self.socket {
            command.args(["--socket-mode", "666", "--socketmap"]);
            command.arg(format!("unix:{}", socket.display()));
        }
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert!(line.contains("\"ready\":true"), "{line:?}");
        self.process = Some(process);
    }

    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.stop();
    }
}
