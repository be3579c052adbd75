//! CPU time and memory of the milter by smtp-source(1), and the time that it adds to a message.

use crate::host::{Host, ID};
use crate::milter::Milter;
use crate::process::{Process, mebibytes};
use crate::support::postfix::port;
use crate::support::smtp::Client;
use crate::{signed, zone};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const MESSAGES: u32 = 5_000;
const WARM: u32 = 300;
const OCTETS: usize = 2_600;
/// Messages whose time is taken, at each door.
const TIMED: usize = 600;
/// Figures of the issue: CPU seconds per 1,000 messages, mebibytes, milliseconds.
const CPU: f64 = 0.5;
const RESIDENT: f64 = 30.0;
const ADDED: f64 = 2.0;

/// A port of Postfix, and who filters what comes in there.
struct Door {
    name: &'static str,
    address: SocketAddr,
    filter: Option<Process>,
}

pub(crate) fn run() {
    let folder = tempfile::tempdir().unwrap();
    let message = signed(folder.path(), OCTETS);
    let ports = [port(), port(), port()];
    // Postfix's daemons are in its queue.
    let master = format!(
        "127.0.0.1:{} inet n - y - - smtpd -o smtpd_milters=\n\
         127.0.0.1:{} inet n - y - - smtpd -o smtpd_milters=unix:milter\n\
         127.0.0.1:{} inet n - y - - smtpd -o smtpd_milters=unix:opendkim\n",
        ports[0], ports[1], ports[2]
    );
    // Mail goes nowhere: what is measured is how it comes in.
    let main = "default_transport = discard:\nrelay_transport = discard:\nrelayhost =\n";
    // What comes from this machine is from outside here, so that it is verified.
    let policy = "internal_networks = []\n[dmarc]\nhonour_policy = true\n[outbound]\n";
    let mut host = Host::of(zone(), main, &master, policy);
    let queue = host.postfix.queue();
    let by_unix = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}", queue.join("milter").display());
    let mut by_unix = Milter::start(by_unix.path(), &socket, &host.policy(policy));
    let peer = Opendkim::start(folder.path(), &queue.join("opendkim"));
    let door = |port: u16, name, filter| Door {
        name,
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, port)),
        filter,
    };
    let process = |pid| Some(Process::with_children(pid));
    let mut doors = vec![
        door(ports[0], "no milter", None),
        door(ports[1], "mailrep-milter, Unix socket", process(by_unix.pid())),
        door(
            host.postfix.address().port(),
            "mailrep-milter, TCP",
            process(host.milter().pid()),
        ),
    ];
    match &peer {
        Some(peer) => doors.push(door(
            ports[2],
            "opendkim, Unix socket, DKIM alone",
            process(peer.0.id()),
        )),
        None => println!("skipped: opendkim (it is not installed)"),
    }

    println!(
        "{} octets, signed with RSA 2048, SPF and DMARC; {MESSAGES} messages in 5 connections by smtp-source",
        message.len()
    );
    println!(
        "{:<34} {:>12} {:>16} {:>24}",
        "", "messages/s", "CPU s per 1,000", "resident, MiB (at most)"
    );
    let mut figures = (0.0, 0.0);
    for (at, door) in doors.iter().enumerate() {
        smtp_source(folder.path(), &message, door.address, WARM);
        let before = door.filter.as_ref().map(Process::cpu);
        let rate = smtp_source(folder.path(), &message, door.address, MESSAGES);
        let (Some(filter), Some(before)) = (&door.filter, before) else {
            println!("{:<34} {rate:>12.0}", door.name);
            continue;
        };
        let cpu = (filter.cpu() - before).as_secs_f64() * 1_000.0 / f64::from(MESSAGES);
        let (now, most) = filter.resident();
        let (now, most) = (mebibytes(now), mebibytes(most));
        println!(
            "{:<34} {rate:>12.0} {cpu:>16.3} {now:>15.1} ({most:.1})",
            door.name
        );
        if at == 1 {
            figures = (cpu, most);
        }
    }
    for milter in [host.milter(), &mut by_unix] {
        let log = milter.lines(&["dkim=pass", "spf=pass", "dmarc=pass"]);
        assert_eq!(log.len() as u32, WARM + MESSAGES, "all messages pass all checks");
    }

    println!(
        "\n{:<34} {:>12} {:>12}",
        "one after the other, ms a message", "p50", "p95"
    );
    let times = times(&doors, &message);
    for (door, times) in doors.iter().zip(&times) {
        println!(
            "{:<34} {:>12.2} {:>12.2}",
            door.name,
            share(times, 0.5),
            share(times, 0.95)
        );
    }
    let (cpu, most) = figures;
    let added = share(&times[1], 0.5) - share(&times[0], 0.5);
    println!(
        "\nfigures, Unix socket: {cpu:.3} CPU s per 1,000 (at most {CPU}), {most:.1} MiB (under {RESIDENT}), \
         {added:.2} ms added at p50 (under {ADDED})"
    );
}

/// Hands messages over; how many a second.
fn smtp_source(folder: &Path, message: &[u8], to: SocketAddr, messages: u32) -> f64 {
    let file = folder.join("message");
    std::fs::write(&file, String::from_utf8_lossy(message).replace("\r\n", "\n")).unwrap();
    let begun = Instant::now();
    let status = Command::new("smtp-source")
        .env("PATH", "/usr/sbin:/usr/bin:/bin")
        .args(["-s", "5", "-m", &messages.to_string(), "-M", "mail.example.org"])
        .args(["-f", "ada@loop.example.org", "-t", "bo@example.net", "-F"])
        .arg(&file)
        .arg(format!("inet:{}:{}", to.ip(), to.port()))
        .status()
        .unwrap();
    assert!(status.success(), "smtp-source: {status}");
    f64::from(messages) / begun.elapsed().as_secs_f64()
}

/// Milliseconds of each message at each door, which take turns.
fn times(doors: &[Door], message: &[u8]) -> Vec<Vec<f64>> {
    let mut clients: Vec<Client> = doors.iter().map(|door| Client::connect(door.address)).collect();
    let mut times = vec![Vec::new(); doors.len()];
    for round in 0..TIMED + 20 {
        for (client, times) in clients.iter_mut().zip(&mut times) {
            let begun = Instant::now();
            let reply = client.hand_over("ada@loop.example.org", "", &["bo@example.net"], message);
            let took = begun.elapsed().as_secs_f64() * 1_000.0;
            assert_eq!(reply.code, 250, "{reply:?}");
            if round >= 20 {
                times.push(took);
            }
        }
    }
    for times in &mut times {
        times.sort_by(f64::total_cmp);
    }
    times
}

fn share(sorted: &[f64], share: f64) -> f64 {
    sorted[(share * (sorted.len() - 1) as f64) as usize]
}

/// opendkim(8), verifying.
struct Opendkim(Child);

impl Opendkim {
    fn start(folder: &Path, socket: &Path) -> Option<Opendkim> {
        let key = std::fs::read_to_string(crate::host::data("zone")).unwrap();
        let record = key
            .lines()
            .find(|line| line.starts_with("s2026._domainkey.example.org."))
            .unwrap();
        let value: String = record.split('"').skip(1).step_by(2).collect();
        let keys = folder.join("keys");
        std::fs::write(&keys, format!("s2026._domainkey.example.org {value}\n")).unwrap();
        let conf = folder.join("opendkim.conf");
        let text = format!(
            "Mode v\nSocket local:{}\nUMask 000\nTestPublicKeys {}\nAuthservID {ID}\nSyslog no\nBackground no\nPidFile {}\n",
            socket.display(),
            keys.display(),
            folder.join("opendkim.pid").display()
        );
        std::fs::write(&conf, text).unwrap();
        let child = Command::new("/usr/sbin/opendkim")
            .args(["-f", "-x"])
            .arg(&conf)
            .stdin(Stdio::null())
            .spawn()
            .ok()?;
        let peer = Opendkim(child);
        let deadline = Instant::now() + Duration::from_secs(10);
        while UnixStream::connect(socket).is_err() {
            assert!(Instant::now() < deadline, "opendkim does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(peer)
    }
}

impl Drop for Opendkim {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
