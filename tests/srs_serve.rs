//! `mailrep srs serve` as a process: what it says at start, over sockets, and on signals.

#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use serde_json::Value;
use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

const PATIENCE: Duration = Duration::from_secs(20);
const SECRET: &str = "0123456789abcdef, the secret of a test\n";

/// A folder with a secret file.
struct Place(TempDir);

impl Place {
    fn new() -> Place {
        let place = Place(TempDir::new().unwrap());
        place.secret(SECRET);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn secret(&self, secrets: &str) {
        fs::write(self.path("secret"), secrets).unwrap();
        fs::set_permissions(self.path("secret"), Permissions::from_mode(0o600)).unwrap();
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mailrep"));
        command.current_dir(self.0.path()).args(["srs", "serve"]).args(
            arguments
                .replace("HERE", self.0.path().to_str().unwrap())
                .split(' '),
        );
        command
    }

    /// Runs what shall not even begin.
    fn refused(&self, arguments: &str, status: i32, words: &[&str]) {
        let Output {
            status: found,
            stderr,
            ..
        } = self.command(arguments).output().unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(found.code(), Some(status), "{arguments}: {stderr}");
        for word in words {
            assert!(stderr.contains(word), "{arguments}: no '{word}' in: {stderr}");
        }
    }

    /// Starts a server with these options, and the usual domain and secret.
    fn start(&self, options: &str) -> Served {
        let mut process = self
            .command(&format!(
                "--json --domain srs.example.org --secret-file secret {options}"
            ))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(ready["ready"], true);
        Served {
            said: BufReader::new(process.stderr.take().unwrap()),
            listen: ready["listen"].clone(),
            process,
        }
    }
}

/// A server, ended with the test.
struct Served {
    process: Child,
    said: BufReader<ChildStderr>,
    listen: Value,
}

impl Served {
    fn address(&self, index: usize) -> String {
        self.listen[index]["address"].as_str().unwrap().to_owned()
    }

    fn connect(&self, index: usize) -> Client<TcpStream> {
        let stream = TcpStream::connect(self.address(index)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Client(BufReader::new(stream))
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Its next line on the standard error output.
    fn says(&mut self) -> String {
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        line
    }

    fn ends(&mut self) -> Option<i32> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.process.try_wait().unwrap() {
                return status.code();
            }
            assert!(Instant::now() < deadline, "it does not end");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct Client<S>(BufReader<S>);

impl<S: Read + Write> Client<S> {
    fn send(&mut self, octets: &str) {
        self.0.get_mut().write_all(octets.as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line
    }

    fn get(&mut self, key: &str) -> String {
        self.send(&format!("get {key}\n"));
        self.line()
    }

    fn is_over(&mut self) -> bool {
        // A connection that is closed with unread octets is reset.
        matches!(self.0.read(&mut [0]), Ok(0) | Err(_))
    }
}

#[test]
fn without_anything_to_listen_on_the_usage_is_wrong() {
    let place = Place::new();
    place.refused(
        "--domain example.org --secret-file secret",
        2,
        &["--tcp-forward", "--socketmap"],
    );
    for (value, word) in [
        ("10001", "IP:PORT"),
        ("example.org:10001", "IP:PORT"),
        ("127.0.0.1:99999", "IP:PORT"),
        ("unix:relative", "begins with '/'"),
    ] {
        let arguments = format!("--domain example.org --secret-file secret --tcp-forward {value}");
        place.refused(&arguments, 2, &["--tcp-forward", word]);
    }
    let listen = "--domain example.org --secret-file secret --tcp-forward 127.0.0.1:0";
    place.refused(&format!("{listen} --idle 0"), 2, &["--idle"]);
    place.refused(&format!("{listen} --connections 0"), 2, &["--connections"]);
    place.refused(&format!("{listen} --socket-mode 1777"), 2, &["--socket-mode"]);
    place.refused(&format!("{listen} --unheard-of"), 2, &["--unheard-of"]);
}

#[test]
fn what_is_wrong_with_secrets_is_said_at_start_with_what_to_do() {
    let place = Place::new();
    let with = |file: &str| format!("--domain example.org --secret-file {file} --tcp-forward 127.0.0.1:0");
    place.refused(&with("missing"), 1, &["'missing'", "--create-secret"]);
    place.secret("");
    place.refused(&with("secret"), 1, &["no secret", "openssl rand"]);
    place.secret("short\n");
    place.refused(&with("secret"), 1, &["16", "openssl rand"]);
    assert!(!place.path("missing").exists());
}

#[test]
fn a_domain_that_cannot_be_one_is_refused_at_start() {
    let place = Place::new();
    let arguments = "--domain exa_mple..org --secret-file secret --tcp-forward 127.0.0.1:0";
    place.refused(arguments, 2, &["exa_mple..org"]);
}

#[test]
fn an_address_that_others_can_reach_has_to_be_allowed() {
    let place = Place::new();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:10001", "[::ffff:192.0.2.1]:1"] {
        let arguments = format!("--domain example.org --secret-file secret --socketmap {address}");
        place.refused(&arguments, 2, &["--public", address]);
    }
    let served = place.start("--socketmap 0.0.0.0:0 --public");
    assert!(served.address(0).starts_with("0.0.0.0:"));
}

#[test]
fn an_address_in_use_is_exit_status_75() {
    let place = Place::new();
    let served = place.start("--tcp-forward 127.0.0.1:0 --socketmap unix:HERE/socket");
    for listen in [
        format!("--tcp-reverse {}", served.address(0)),
        "--socketmap unix:HERE/socket".to_owned(),
    ] {
        let arguments = format!("--domain example.org --secret-file secret {listen}");
        place.refused(&arguments, 75, &["cannot listen", "in use", "PostSRSd"]);
    }
    // Somebody who listens, and takes nobody.
    let _deaf = UnixListener::bind(place.path("deaf")).unwrap();
    place.refused(
        "--domain example.org --secret-file secret --socketmap unix:HERE/deaf",
        75,
        &["in use"],
    );
    let arguments = "--domain example.org --secret-file secret --socketmap unix:HERE/nowhere/socket";
    place.refused(arguments, 75, &["directory"]);
    place.refused(
        "--domain example.org --secret-file secret --socketmap unix:HERE/secret",
        75,
        &["no socket"],
    );
    assert_eq!(fs::read_to_string(place.path("secret")).unwrap(), SECRET);
}

#[test]
fn a_socket_file_that_nobody_listens_on_any_more_is_replaced_and_removed_at_the_end() {
    let place = Place::new();
    let path = place.path("socket");
    drop(UnixListener::bind(&path).unwrap());
    assert!(path.exists());
    let mut served = place.start("--socketmap unix:HERE/socket --socket-mode 640");
    let found = fs::symlink_metadata(&path).unwrap();
    assert!(found.file_type().is_socket());
    assert_eq!(found.permissions().mode() & 0o7777, 0o640);
    let stream = UnixStream::connect(&path).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut client = Client(BufReader::new(stream));
    client.send("23:forward bob@example.com,");
    let mut reply = [0; 40];
    client.0.read_exact(&mut reply).unwrap();
    assert!(
        reply.starts_with(b"47:OK SRS0="),
        "{}",
        String::from_utf8_lossy(&reply)
    );
    served.signal("TERM");
    assert_eq!(served.ends(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_secret_is_made_only_if_asked_for_and_for_its_owner_alone() {
    let place = Place::new();
    fs::remove_file(place.path("secret")).unwrap();
    let mut served = place.start("--create-secret --tcp-forward 127.0.0.1:0");
    assert!(served.says().contains("made the secret file"));
    let file = place.path("secret");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);
    // One that is gone later is not made again: all addresses would be lost.
    let before = served.connect(0).get("a@example.com");
    fs::remove_file(&file).unwrap();
    served.signal("HUP");
    assert!(served.says().contains("no secret file"));
    assert!(served.says().contains("secrets from before"));
    assert!(!file.exists());
    assert_eq!(served.connect(0).get("a@example.com"), before);
}

#[test]
fn on_hangup_secrets_are_read_again_and_kept_if_the_new_ones_cannot_be_used() {
    let place = Place::new();
    let mut served = place.start("--tcp-forward 127.0.0.1:0 --tcp-reverse 127.0.0.1:0");
    let (mut forward, mut reverse) = (served.connect(0), served.connect(1));
    let old = forward.get("a@example.com");
    place.secret(&format!("another secret, which mints from now on\n{SECRET}"));
    served.signal("HUP");
    assert_eq!(served.says(), "mailrep: read the secrets again\n");
    // In connections that are there.
    let new = forward.get("a@example.com");
    assert_ne!(new, old);
    for minted in [&old, &new] {
        let minted = minted.strip_prefix("200 ").unwrap().trim_end();
        assert_eq!(reverse.get(minted), "200 a@example.com\n");
    }
    place.secret("short\n");
    served.signal("HUP");
    assert!(served.says().contains("openssl rand"));
    assert_eq!(served.says(), "mailrep: goes on with the secrets from before\n");
    assert_eq!(forward.get("a@example.com"), new);
}

#[test]
fn what_was_asked_before_the_end_is_answered_and_the_exit_status_is_0() {
    for signal in ["TERM", "INT"] {
        let place = Place::new();
        let mut served = place.start("--tcp-forward 127.0.0.1:0");
        let mut idle = served.connect(0);
        let mut half = served.connect(0);
        half.send("get a@exam");
        let mut busy = served.connect(0);
        assert!(busy.get("a@example.com").starts_with("200 "));
        busy.send(&"get b@example.com\n".repeat(500));
        // One that the server has not even taken yet, it may be.
        let mut late = served.connect(0);
        late.send("get b@example.com\n");
        served.signal(signal);
        assert!(late.line().starts_with("200 "));
        for _ in 0..500 {
            assert!(busy.line().ends_with("=example.com=b@srs.example.org\n"));
        }
        assert!(busy.is_over() && half.is_over() && idle.is_over());
        assert_eq!(served.ends(), Some(0));
    }
}

#[test]
fn stuck_clients_delay_no_other_and_their_octets_are_bounded() {
    let place = Place::new();
    let served = place.start("--tcp-forward 127.0.0.1:0 --socketmap 127.0.0.1:0");
    let mut stuck = Vec::new();
    for index in 0..20 {
        // Half a request; one that never reads; a line, and a netstring, without an end.
        let mut half = served.connect(index % 2);
        half.send(["get a@exam", "30:forwa"][index % 2]);
        let mut deaf = served.connect(0);
        deaf.0.get_ref().set_nonblocking(true).unwrap();
        let many = "get a@example.com\n".repeat(10_000);
        while deaf.0.get_mut().write(many.as_bytes()).is_ok() {}
        let mut endless = served.connect(index % 2);
        endless.0.get_ref().set_nonblocking(true).unwrap();
        if index % 2 == 1 {
            let _ = endless.0.get_mut().write(b"999999999:");
        }
        let _ = endless.0.get_mut().write("x".repeat(1 << 20).as_bytes());
        stuck.extend([half, deaf, endless]);
    }
    let began = Instant::now();
    let mut lively = served.connect(0);
    for _ in 0..1_000 {
        assert!(lively.get("a@example.com").starts_with("200 "));
    }
    assert!(began.elapsed() < PATIENCE, "{:?}", began.elapsed());
    // Two thousand connections at most, and all these hold little.
    let status = fs::read_to_string(format!("/proc/{}/status", served.process.id())).unwrap();
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .unwrap();
    let kilobytes: usize = resident.trim().trim_end_matches(" kB").parse().unwrap();
    assert!(kilobytes < 60_000, "{kilobytes} kB");
}

#[test]
fn for_one_connection_too_many_the_one_goes_that_was_answered_longest_ago() {
    let place = Place::new();
    let mut served = place.start("--tcp-reverse 127.0.0.1:0 --connections 3");
    let mut first = served.connect(0);
    first.get("a");
    let mut second = served.connect(0);
    second.get("a");
    let mut third = served.connect(0);
    third.get("a");
    first.get("a");
    let mut fourth = served.connect(0);
    assert!(fourth.get("a").starts_with("500 "));
    assert!(second.is_over());
    assert!(first.get("a").starts_with("500 ") && third.get("a").starts_with("500 "));
    assert!(served.says().contains("there are 3 connections"));
}

#[test]
fn who_asks_nothing_for_the_idle_time_is_let_go() {
    let place = Place::new();
    let served = place.start("--tcp-reverse 127.0.0.1:0 --idle 1");
    let mut silent = served.connect(0);
    let mut slow = served.connect(0);
    slow.send("get a");
    assert!(silent.is_over() && slow.is_over());
}

#[test]
fn the_time_of_a_server_is_not_changed() {
    let place = Place::new();
    let mut served = place.start("--tcp-forward 127.0.0.1:0 --now 1000000000");
    assert!(served.says().contains("--now"));
    let minted = served.connect(0).get("a@example.com");
    let mut then = Command::new(env!("CARGO_BIN_EXE_mailrep"));
    then.current_dir(place.0.path())
        .args(["--json", "--now", "1000000000", "srs", "forward"]);
    then.args([
        "--domain",
        "srs.example.org",
        "--secret-file",
        "secret",
        "a@example.com",
    ]);
    let then: Value = serde_json::from_slice(&then.output().unwrap().stdout).unwrap();
    assert!(minted.starts_with("200 SRS0="));
    assert_ne!(
        minted.trim_start_matches("200 ").trim_end(),
        then["output"].as_str().unwrap()
    );
}

/// What `postmap -q` sees, if Postfix is installed.
#[test]
fn postfix_reads_every_address_as_it_was_meant() {
    let postmap = ["/usr/sbin/postmap", "/usr/bin/postmap"]
        .into_iter()
        .find(|path| fs::metadata(path).is_ok());
    let Some(postmap) = postmap else {
        println!("skipped: postmap as a client of ours (Postfix is not installed)");
        return;
    };
    let place = Place::new();
    let served = place.start(
        "--tcp-forward 127.0.0.1:0 --tcp-reverse 127.0.0.1:0 --socketmap 127.0.0.1:0 --socketmap unix:HERE/socket",
    );
    let ask = |table: &str, key: &str| {
        let output = Command::new(postmap).args(["-q", key, table]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{table} {key}");
        String::from_utf8(output.stdout)
            .unwrap()
            .trim_end_matches('\n')
            .to_owned()
    };
    let maps = [
        [
            format!("tcp:{}", served.address(0)),
            format!("tcp:{}", served.address(1)),
        ],
        ["forward", "reverse"].map(|map| format!("socketmap:inet:{}:{map}", served.address(2))),
        ["forward", "reverse"].map(|map| format!("socketmap:{}:{map}", served.address(3))),
    ];
    for key in [
        "ada@example.com",
        "\"john doe\"@example.com",
        "50%25@example.com",
        "j\u{f6}rg@b\u{fc}cher.example",
        "\"a\\\"b@c\"@example.com",
        "SRS0=abcd=56=example.com=alice@elsewhere.example",
    ] {
        for [forward, reverse] in &maps {
            let minted = ask(forward, key);
            assert!(minted.contains("SRS"), "{key} became {minted}");
            assert_eq!(ask(reverse, &minted), key);
            // Postfix asks again with what it got.
            assert_eq!(ask(forward, &minted), "");
        }
    }
}
