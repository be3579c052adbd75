//! Both ends of SMTP (RFC 5321) for tests with a real mail server between them: a client that says what the server answered, and a sink
//! that takes what the server sends out.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long anything may take before a test gives up.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a server answered: the last line's code and all text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub code: u16,
    pub text: String,
}

/// A conversation with a server.
pub struct Client {
    reader: BufReader<TcpStream>,
}

impl Client {
    /// Connects and greets.
    pub fn connect(server: SocketAddr) -> Client {
        let stream = TcpStream::connect_timeout(&server, PATIENCE).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut client = Client {
            reader: BufReader::new(stream),
        };
        assert_eq!(client.reply().code, 220);
        assert_eq!(client.say("EHLO client.test").code, 250);
        client
    }

    /// A command and its answer.
    pub fn say(&mut self, command: &str) -> Reply {
        let line = format!("{command}\r\n");
        self.reader.get_mut().write_all(line.as_bytes()).unwrap();
        self.reply()
    }

    /// Hands over one message. The answer is that to RCPT if that was refused, else that to the whole.
    pub fn send(&mut self, sender: &str, recipient: &str, content: &str) -> Reply {
        let mail = self.say(&format!("MAIL FROM:<{sender}>"));
        if mail.code != 250 {
            return mail;
        }
        let rcpt = self.say(&format!("RCPT TO:<{recipient}>"));
        if rcpt.code != 250 {
            self.say("RSET");
            return rcpt;
        }
        assert_eq!(self.say("DATA").code, 354);
        self.say(&format!("{}\r\n.", content.trim_end().replace('\n', "\r\n")))
    }

    /// Hands over one message whose octets are sent as they are, but for dots. The answer is the first that is no success: to MAIL, to the
    /// last recipient, or to the whole.
    pub fn hand_over(
        &mut self,
        sender: &str,
        parameters: &str,
        recipients: &[&str],
        content: &[u8],
    ) -> Reply {
        let mail = self.say(&format!("MAIL FROM:<{sender}> {parameters}"));
        if mail.code != 250 {
            return mail;
        }
        for recipient in recipients {
            let rcpt = self.say(&format!("RCPT TO:<{recipient}>"));
            if rcpt.code != 250 {
                self.say("RSET");
                return rcpt;
            }
        }
        let data = self.say("DATA");
        if data.code != 354 {
            return data;
        }
        self.data(content)
    }

    /// What comes after DATA, with its end.
    pub fn data(&mut self, content: &[u8]) -> Reply {
        let mut octets = Vec::with_capacity(content.len() + 1024);
        for line in content.split_inclusive(|&octet| octet == b'\n') {
            if line.first() == Some(&b'.') {
                octets.push(b'.');
            }
            octets.extend_from_slice(line);
        }
        if !octets.ends_with(b"\r\n") {
            octets.extend_from_slice(b"\r\n");
        }
        octets.extend_from_slice(b".\r\n");
        self.raw(&octets);
        self.reply()
    }

    /// Octets, without waiting for an answer.
    pub fn raw(&mut self, octets: &[u8]) {
        self.reader.get_mut().write_all(octets).unwrap();
    }

    /// The next answer.
    pub fn reply(&mut self) -> Reply {
        let mut text = String::new();
        loop {
            let mut line = String::new();
            self.reader.read_line(&mut line).unwrap();
            assert!(line.len() > 3, "the server hung up after {text:?}");
            text.push_str(line[4..].trim_end());
            if line.as_bytes()[3] == b' ' {
                let code = line[..3].parse().unwrap();
                return Reply { code, text };
            }
            text.push('\n');
        }
    }
}

/// A message that arrived, as its envelope and its text say.
#[derive(Debug, Clone)]
pub struct Delivered {
    pub sender: String,
    pub recipients: Vec<String>,
    pub content: String,
}

impl Delivered {
    /// The value of the first header field of this name.
    pub fn field(&self, name: &str) -> &str {
        let header = self.content.split("\r\n\r\n").next().unwrap();
        header
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .unwrap_or_else(|| panic!("no field {name} in\n{header}"))
    }
}

/// A server on loopback that takes everything, except for recipients that begin with `refused`.
pub struct Sink {
    address: SocketAddr,
    arrived: Arc<Arrived>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Arrived {
    messages: Mutex<Vec<Delivered>>,
    another: Condvar,
    stop: AtomicBool,
}

impl Sink {
    pub fn start() -> Sink {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let arrived = Arc::new(Arrived::default());
        let shared = Arc::clone(&arrived);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.stop.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&shared);
                // It ends when the client hangs up, which the mail server does before the test is over.
                std::thread::spawn(move || serve(stream.unwrap(), &shared));
            }
        });
        Sink {
            address,
            arrived,
            thread: Some(thread),
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits for the message whose Subject field says this.
    pub fn expect(&self, subject: &str) -> Delivered {
        let line = format!("Subject: {subject}\r\n");
        self.expect_where(subject, |message| message.content.contains(&line))
    }

    /// Waits for a message; `what` names it if it does not come.
    pub fn expect_where(&self, what: &str, is_it: impl Fn(&Delivered) -> bool) -> Delivered {
        let deadline = Instant::now() + PATIENCE;
        let mut messages = self.arrived.messages.lock().unwrap();
        loop {
            if let Some(message) = messages.iter().find(|message| is_it(message)) {
                return message.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "{what} did not arrive; what did is {messages:#?}"
            );
            messages = self.arrived.another.wait_timeout(messages, left).unwrap().0;
        }
    }

    /// Waits for the message that comes after so many; `what` names it if it does not come.
    pub fn expect_nth(&self, before: usize, what: &str) -> Delivered {
        let deadline = Instant::now() + PATIENCE;
        let mut messages = self.arrived.messages.lock().unwrap();
        loop {
            if let Some(message) = messages.get(before) {
                return message.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what} did not arrive");
            messages = self.arrived.another.wait_timeout(messages, left).unwrap().0;
        }
    }

    /// What has arrived so far.
    pub fn arrived(&self) -> Vec<Delivered> {
        self.arrived.messages.lock().unwrap().clone()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        self.arrived.stop.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(stream: TcpStream, arrived: &Arrived) {
    let _ = stream.set_read_timeout(Some(PATIENCE));
    let mut reader = BufReader::new(stream);
    let say = |reader: &mut BufReader<TcpStream>, line: &str| {
        let _ = reader.get_mut().write_all(format!("{line}\r\n").as_bytes());
    };
    say(&mut reader, "220 sink.test ESMTP");
    let mut message = empty();
    while let Some(line) = line(&mut reader) {
        let command = line.trim_end();
        let word = command.get(..4).unwrap_or(command).to_ascii_uppercase();
        let answer = match word.as_str() {
            "EHLO" => "250-sink.test\r\n250-8BITMIME\r\n250 SMTPUTF8",
            "HELO" | "NOOP" => "250 sink.test",
            "RSET" => {
                message = empty();
                "250 forgotten"
            }
            "MAIL" => {
                message.sender = path(command);
                "250 sender taken"
            }
            "RCPT" if path(command).starts_with("refused") => "550 5.1.1 nobody of that name",
            "RCPT" => {
                message.recipients.push(path(command));
                "250 recipient taken"
            }
            "DATA" => {
                say(&mut reader, "354 go on");
                while let Some(text) = self::line(&mut reader) {
                    if text == ".\r\n" {
                        break;
                    }
                    message.content.push_str(text.strip_prefix('.').unwrap_or(&text));
                }
                arrived
                    .messages
                    .lock()
                    .unwrap()
                    .push(std::mem::replace(&mut message, empty()));
                arrived.another.notify_all();
                "250 taken"
            }
            "QUIT" => {
                say(&mut reader, "221 bye");
                return;
            }
            _ => "502 not known",
        };
        say(&mut reader, answer);
    }
}

fn empty() -> Delivered {
    Delivered {
        sender: String::new(),
        recipients: Vec::new(),
        content: String::new(),
    }
}

fn line(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut octets = Vec::new();
    match reader.read_until(b'\n', &mut octets) {
        Ok(1..) => Some(String::from_utf8_lossy(&octets).into_owned()),
        _ => None,
    }
}

/// The address between the angle brackets of MAIL and RCPT.
fn path(command: &str) -> String {
    let from = command.find('<').map_or(command.len(), |at| at + 1);
    let to = command.rfind('>').unwrap_or(command.len());
    command.get(from..to).unwrap_or_default().to_owned()
}
