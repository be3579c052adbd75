//! The real PostSRSd.

use crate::support::postfix::port;
use crate::support::smtp::PATIENCE;
use crate::wiring::EXCLUDED;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running PostSRSd, ended with the test.
pub struct PostSrsd {
    process: Child,
    pub forward: u16,
    pub reverse: u16,
}

impl PostSrsd {
    /// Whether it is installed.
    pub fn is_there() -> bool {
        Command::new(PROGRAM)
            .arg("-v")
            .stdout(Stdio::null())
            .status()
            .is_ok()
    }

    /// Starts it and waits until it answers.
    pub fn start(domain: &str, secret_file: &Path) -> PostSrsd {
        let (forward, reverse) = (port(), port());
        let mut process = Command::new(PROGRAM)
            .arg("-4")
            .args(["-l", "127.0.0.1", "-d", domain, &format!("-X{EXCLUDED}")])
            .args(["-f", &forward.to_string(), "-r", &reverse.to_string()])
            .arg("-s")
            .arg(secret_file)
            .spawn()
            .unwrap();
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, reverse)).is_err() {
            assert!(matches!(process.try_wait(), Ok(None)), "PostSRSd ended");
            assert!(Instant::now() < deadline, "PostSRSd does not answer");
            std::thread::sleep(Duration::from_millis(10));
        }
        PostSrsd {
            process,
            forward,
            reverse,
        }
    }

    /// The address that it makes of this one.
    pub fn mint(&self, address: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.forward)).unwrap();
        writeln!(stream, "get {address}").unwrap();
        let mut reply = String::new();
        BufReader::new(stream).read_line(&mut reply).unwrap();
        reply.strip_prefix("200 ").unwrap().trim_end().to_owned()
    }
}

impl Drop for PostSrsd {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

const PROGRAM: &str = "/usr/sbin/postsrsd";
