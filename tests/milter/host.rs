//! A mail host of the test's own: nameserver, milter, Postfix, and the sink where all mail goes.

use crate::milter::{self, Milter};
use crate::support::dns_server::DnsServer;
use crate::support::postfix::{Postfix, port};
use crate::support::smtp::{Client, Delivered, Reply, Sink};
use mailrep::dns::zone::Zone;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The authserv-id of the host.
pub const ID: &str = "mx.example.net";

/// Why there is no host on this machine.
pub fn missing() -> Option<&'static str> {
    Postfix::missing().or_else(|| milter::program().err())
}

/// Says so and ends a test where something is missing.
macro_rules! needs_host {
    () => {
        if let Some(why) = crate::host::missing() {
            println!("skipped: the milter in Postfix ({why})");
            return;
        }
    };
}
pub(crate) use needs_host;

pub struct Host {
    pub milter: Option<Milter>,
    pub postfix: Postfix,
    pub dns: DnsServer,
    pub sink: Sink,
    pub socket: String,
    pub folder: TempDir,
}

/// A message on its way to the host.
#[derive(Clone, Copy)]
pub struct Mail<'a> {
    /// The client, by XCLIENT; empty is the loopback address.
    pub ip: &'a str,
    pub helo: &'a str,
    pub login: &'a str,
    pub from: &'a str,
    pub to: &'a [&'a str],
    /// Words after the addresses of MAIL.
    pub parameters: &'a str,
    pub content: &'a [u8],
}

pub const OUTSIDE: Mail<'static> = Mail {
    ip: "192.0.2.1",
    helo: "mail.example.org",
    login: "",
    from: "ada@example.org",
    to: &["bo@example.net"],
    parameters: "",
    content: b"",
};

pub const SUBMITTED: Mail<'static> = Mail {
    ip: "198.51.100.77",
    helo: "[198.51.100.77]",
    login: "bo@example.net",
    from: "bo@example.net",
    to: &["ada@example.org"],
    parameters: "",
    content: b"",
};

impl Host {
    /// A host whose policy begins with the name of the host and its nameserver, and goes on with this.
    pub fn start(policy: &str) -> Host {
        Host::with("", "", policy)
    }

    /// The same with lines of its own in main.cf and master.cf.
    pub fn with(main: &str, master: &str, policy: &str) -> Host {
        Host::of(Zone::new().and_read(&data("zone")).unwrap(), main, master, policy)
    }

    /// The same with a DNS of its own.
    pub fn of(zone: Zone, main: &str, master: &str, policy: &str) -> Host {
        let dns = DnsServer::start(zone);
        let sink = Sink::start();
        let port = port();
        let socket = format!("inet:{port}@127.0.0.1");
        let main = format!(
            "myhostname = {ID}\n\
             mydestination =\n\
             relay_domains = example.net srs.example.net\n\
             relayhost = [127.0.0.1]:{}\n\
             inet_protocols = all\n\
             mynetworks = 127.0.0.0/8 198.51.100.77\n\
             smtpd_authorized_xclient_hosts = 127.0.0.0/8\n\
             smtpd_client_connection_count_limit = 0\n\
             smtpd_milters = inet:127.0.0.1:{port}\n\
             non_smtpd_milters = inet:127.0.0.1:{port}\n\
             internal_mail_filter_classes = bounce\n\
             milter_default_action = tempfail\n\
             message_size_limit = 120000000\n\
             smtpd_timeout = 60s\n\
             {main}",
            sink.address().port()
        );
        let postfix = Postfix::start(&main, master);
        let folder = tempfile::tempdir().unwrap();
        let mut host = Host {
            milter: None,
            postfix,
            dns,
            sink,
            socket,
            folder,
        };
        host.start_milter(policy);
        host
    }

    /// What every policy begins with, and this.
    pub fn policy(&self, policy: &str) -> String {
        let dns = format!("[dns]\nnameservers = [\"{}\"]\n", self.dns.address());
        let (top, sections) = match policy.find("\n[") {
            _ if policy.starts_with('[') => ("", policy),
            Some(at) => policy.split_at(at + 1),
            None => (policy, ""),
        };
        let dns = if sections.contains("[dns]") {
            String::new()
        } else {
            dns
        };
        let sections = sections.replace("[dns]", dns_section(&self.dns).as_str());
        format!("authserv_id = \"{ID}\"\n{top}\n{dns}{sections}")
    }

    pub fn start_milter(&mut self, policy: &str) {
        self.milter = Some(Milter::start(
            self.folder.path(),
            &self.socket,
            &self.policy(policy),
        ));
    }

    pub fn milter(&mut self) -> &mut Milter {
        self.milter.as_mut().unwrap()
    }

    pub fn client(&self, mail: &Mail<'_>) -> Client {
        let mut client = Client::connect(self.postfix.address());
        if !mail.ip.is_empty() || !mail.login.is_empty() {
            let mut command = "XCLIENT".to_owned();
            if !mail.ip.is_empty() {
                let prefix = if mail.ip.contains(':') { "IPV6:" } else { "" };
                command.push_str(&format!(" NAME=[UNAVAILABLE] ADDR={prefix}{}", mail.ip));
            }
            if !mail.login.is_empty() {
                command.push_str(&format!(" LOGIN={}", mail.login));
            }
            let reply = client.say(&command);
            assert_eq!(reply.code, 220, "{command}: {reply:?}");
        }
        let reply = client.say(&format!("EHLO {}", mail.helo));
        assert_eq!(reply.code, 250, "{reply:?}");
        client
    }

    /// Hands a message over in a connection of its own.
    pub fn send(&self, mail: &Mail<'_>) -> Reply {
        self.client(mail)
            .hand_over(mail.from, mail.parameters, mail.to, mail.content)
    }

    /// Hands it over, and returns what came out of the host.
    pub fn pass(&self, mail: &Mail<'_>, subject: &str) -> Delivered {
        let reply = self.send(mail);
        assert_eq!(reply.code, 250, "{subject}: {reply:?}");
        self.sink.expect(subject)
    }
}

fn dns_section(dns: &DnsServer) -> String {
    format!("[dns]\nnameservers = [\"{}\"]", dns.address())
}

/// A file in tests/data.
pub fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data")
        .join(name)
}

/// A message with this subject.
pub fn message(from: &str, subject: &str, more: &str) -> Vec<u8> {
    let content = format!(
        "From: {from}\nTo: bo@example.net\nSubject: {subject}\n\
         Date: Sun, 01 Mar 2026 09:00:00 +0000\nMessage-ID: <{}@test>\n{more}\nHello\n",
        subject.replace(' ', "-")
    );
    content.replace('\n', "\r\n").into_bytes()
}

/// Values of all fields of this name, unfolded.
pub fn fields(message: &Delivered, name: &str) -> Vec<String> {
    let header = message.content.split("\r\n\r\n").next().unwrap();
    let mut found: Vec<String> = Vec::new();
    let mut within = false;
    for line in header.split("\r\n") {
        if line.starts_with([' ', '\t']) {
            if let (true, Some(last)) = (within, found.last_mut()) {
                last.push(' ');
                last.push_str(line.trim());
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        within = field.eq_ignore_ascii_case(name);
        if within {
            found.push(value.trim().to_owned());
        }
    }
    found
}

/// The results of the host in the message.
pub fn results(message: &Delivered) -> String {
    let fields = fields(message, "Authentication-Results");
    let ours: Vec<&String> = fields.iter().filter(|field| field.starts_with(ID)).collect();
    assert_eq!(ours.len(), 1, "{fields:#?}");
    ours[0].clone()
}
