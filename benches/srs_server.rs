//! `mailrep srs serve` under load: `cargo bench --bench srs_server --all-features`.
//!
//! One connection that asks and waits for each answer, as Postfix does; a thousand at once, each asking again when it has its answer; and
//! one beside a thousand that are stuck. The client shares the machine with the server. PostSRSd is asked the same over one
//! connection, if it is installed; it serves one request after the other in a process for each connection.

#![allow(clippy::unwrap_used, clippy::panic, missing_docs)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What has to be reached over one connection.
const AT_LEAST: f64 = 10_000.0;
const LOOK_UPS: usize = 100_000;
const CONNECTIONS: usize = 1_000;
const ROUNDS: usize = 100;
const CLIENT_THREADS: usize = 4;
const SECRET: &str = "0123456789abcdef, the secret of a bench\n";

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Client(BufReader<TcpStream>);

impl Client {
    fn connect(address: &str) -> Client {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Client(BufReader::new(stream))
    }

    fn ask(&mut self, number: usize) {
        let request = format!("get user{number}@example.com\n");
        self.0.get_mut().write_all(request.as_bytes()).unwrap();
    }

    fn answer(&mut self, line: &mut String) {
        line.clear();
        self.0.read_line(line).unwrap();
        assert!(line.starts_with("200 SRS0="), "{line}");
    }
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, SECRET).unwrap();
    let (ours, forward) = ours(&secret);

    let rate = sequential(&forward);
    println!("one connection                {rate:9.0} look-ups a second (at least {AT_LEAST:.0})");
    match postsrsd(&secret) {
        Some((_server, address)) => {
            let theirs = sequential(&address);
            println!(
                "  PostSRSd                    {theirs:9.0}, ours / theirs {:.2}",
                rate / theirs
            );
        }
        None => println!("  PostSRSd is not installed"),
    }

    let (all, mut times) = at_once(&forward);
    times.sort_unstable();
    println!("{CONNECTIONS} connections at once      {all:9.0} look-ups a second in all");
    let percentile = |part: usize| times[times.len() * part / 1_000 - 1];
    println!(
        "  an answer after             {:9.1} ms (median), {:.1} ms (99 of 100), {:.1} ms (the slowest)",
        milliseconds(percentile(500)),
        milliseconds(percentile(990)),
        milliseconds(percentile(1_000)),
    );

    let stuck: Vec<_> = (0..CONNECTIONS - 1)
        .map(|number| {
            let mut client = Client::connect(&forward);
            client
                .0
                .get_mut()
                .write_all(&b"get half@a"[..number % 10])
                .unwrap();
            client
        })
        .collect();
    let beside = sequential(&forward);
    println!(
        "one beside {} stuck ones     {beside:9.0} look-ups a second ({:.2} of that alone)",
        stuck.len(),
        beside / rate
    );
    println!("resident memory of the server {:9} kB", resident(&ours));
}

/// Look-ups a second over one connection.
fn sequential(address: &str) -> f64 {
    let mut client = Client::connect(address);
    let mut line = String::new();
    let mut best = Duration::MAX;
    for _ in 0..3 {
        let began = Instant::now();
        for number in 0..LOOK_UPS / 3 {
            client.ask(number);
            client.answer(&mut line);
        }
        best = best.min(began.elapsed());
    }
    per_second(LOOK_UPS / 3, best)
}

/// Look-ups a second over all connections together, and how long each answer took.
fn at_once(address: &str) -> (f64, Vec<Duration>) {
    let mut shares: Vec<Vec<Client>> = Vec::new();
    for _ in 0..CLIENT_THREADS {
        shares.push(
            (0..CONNECTIONS / CLIENT_THREADS)
                .map(|_| Client::connect(address))
                .collect(),
        );
    }
    let began = Instant::now();
    let times: Vec<Duration> = thread::scope(|scope| {
        let threads: Vec<_> = shares
            .iter_mut()
            .map(|clients| scope.spawn(|| rounds(clients)))
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    (per_second(times.len(), began.elapsed()), times)
}

fn rounds(clients: &mut [Client]) -> Vec<Duration> {
    let mut times = Vec::with_capacity(clients.len() * ROUNDS);
    let mut line = String::new();
    for round in 0..ROUNDS {
        let asked: Vec<_> = clients
            .iter_mut()
            .map(|client| {
                client.ask(round);
                Instant::now()
            })
            .collect();
        for (client, asked) in clients.iter_mut().zip(asked) {
            client.answer(&mut line);
            times.push(asked.elapsed());
        }
    }
    times
}

fn ours(secret: &Path) -> (Server, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_mailrep"))
        .args([
            "--json",
            "srs",
            "serve",
            "--domain",
            "srs.example.org",
            "--tcp-forward",
            "127.0.0.1:0",
        ])
        .arg("--secret-file")
        .arg(secret)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
    let address = ready["listen"][0]["address"].as_str().unwrap().to_owned();
    (Server(process), address)
}

fn postsrsd(secret: &Path) -> Option<(Server, String)> {
    let [forward, reverse] = [free_port(), free_port()];
    let process = Command::new("/usr/sbin/postsrsd")
        .args([
            "-4",
            "-l",
            "127.0.0.1",
            "-d",
            "srs.example.org",
            "-f",
            &forward,
            "-r",
            &reverse,
            "-s",
        ])
        .arg(secret)
        .spawn()
        .ok()?;
    let (server, address) = (Server(process), format!("127.0.0.1:{forward}"));
    for _ in 0..500 {
        if TcpStream::connect(&address).is_ok() {
            return Some((server, address));
        }
        thread::sleep(Duration::from_millis(10));
    }
    None
}

fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

fn resident(server: &Server) -> String {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.0.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.unwrap().trim().trim_end_matches(" kB").to_owned()
}

fn per_second(count: usize, time: Duration) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let count = count as f64;
    count / time.as_secs_f64()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}
