//! NLnet Labs' nsd with the senders' zone, on a free port of 127.0.0.1.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

/// A server that ends with this value.
pub(crate) struct Nameserver {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Nameserver {
    /// Starts it and waits until it answers; none if nsd is not installed.
    pub(crate) fn start(zone: &str) -> Option<Nameserver> {
        let program = program()?;
        let folder = tempfile::tempdir().unwrap();
        let address = free_address();
        fs::write(folder.path().join("zone"), zone).unwrap();
        let config = folder.path().join("nsd.conf");
        fs::write(&config, configuration(folder.path(), address)).unwrap();
        let mut child = Command::new(program)
            .arg("-d")
            .arg("-c")
            .arg(&config)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while !answers(address) {
            let ended = child.try_wait().unwrap();
            if ended.is_some() || begun.elapsed() > PATIENCE {
                let _ = child.kill();
                let log = fs::read_to_string(folder.path().join("log")).unwrap_or_default();
                panic!("nsd does not answer ({ended:?}):\n{log}");
            }
        }
        Some(Nameserver {
            child,
            address,
            _folder: folder,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Nameserver {
    fn drop(&mut self) {
        // SIGTERM, so that nsd ends the process that serves, too; the standard library knows SIGKILL only.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").arg(pid).status();
        let begun = Instant::now();
        while matches!(self.child.try_wait(), Ok(None)) && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn program() -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
    std::env::split_paths(&path)
        .map(|folder| folder.join("nsd"))
        .find(|program| program.is_file())
}

fn free_address() -> SocketAddr {
    for _ in 0..100 {
        let udp = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = udp.local_addr().unwrap();
        if TcpListener::bind(address).is_ok() {
            return address;
        }
    }
    panic!("no port is free for UDP and TCP");
}

/// The receive buffer holds the questions of 1,000 checks that begin at once: what is lost there is a matter of the
/// server, and would be measured as our waiting time.
fn configuration(folder: &Path, address: SocketAddr) -> String {
    format!(
        "server:\n ip-address: {ip}@{port}\n username: \"\"\n zonesdir: \"{folder}\"\n database: \"\"\n \
         pidfile: \"\"\n xfrdfile: \"{folder}/xfrd\"\n xfrdir: \"{folder}\"\n zonelistfile: \"{folder}/zones\"\n \
         logfile: \"{folder}/log\"\n server-count: 1\n rrl-ratelimit: 0\n receive-buffer-size: 8388608\n\
         remote-control:\n control-enable: no\nzone:\n name: bench.test\n zonefile: zone\n",
        ip = address.ip(),
        port = address.port(),
        folder = folder.display(),
    )
}

/// Whether a question for the zone's SOA is answered.
fn answers(address: SocketAddr) -> bool {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let question = b"\x12\x34\0\0\0\x01\0\0\0\0\0\0\x05bench\x04test\0\0\x06\0\x01";
    let mut answer = [0; 512];
    let length = socket
        .send_to(question, address)
        .and_then(|_| socket.recv(&mut answer));
    // NOERROR with an answer.
    matches!(length, Ok(length) if length > question.len() && answer[3] & 15 == 0 && answer[7] > 0)
}
