//! One case of the table: how it is read and run.

use mailrep::dns::zone::Zone;
use mailrep::driver::Source;
use mailrep::filter::{Client, Decision, Filter, Glue, Policy, Reply, Session};
use mailrep::message::{HeaderFields, Splitter};
use mailrep::{Limits, message::line_ends::Converter};
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) why: String,
    /// Lines of TOML.
    pub(crate) policy: Vec<String>,
    /// Lines of a zone file; none is `tests/data/zone`.
    #[serde(default)]
    pub(crate) zone: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) ip: Option<String>,
    #[serde(default)]
    pub(crate) daemon: String,
    #[serde(default)]
    pub(crate) local: bool,
    #[serde(default)]
    pub(crate) user: String,
    #[serde(default)]
    pub(crate) helo: String,
    pub(crate) messages: Vec<Message>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    pub(crate) now: f64,
    #[serde(default)]
    pub(crate) mail_from: String,
    #[serde(default)]
    pub(crate) login: String,
    /// Told after the recipients.
    #[serde(default)]
    pub(crate) late_login: String,
    /// Recipients, and for those that are refused the beginning of the answer.
    #[serde(default)]
    pub(crate) rcpt: Vec<(String, Option<String>)>,
    /// Recipients beside: `{}` in the first is a number from 0, and there are as many as the second says.
    #[serde(default)]
    pub(crate) many: Option<(String, usize)>,
    /// A file in `tests/data` in place of header and body.
    #[serde(default)]
    pub(crate) file: Option<String>,
    #[serde(default)]
    pub(crate) header: Vec<(String, String)>,
    /// Header fields beside, so many times.
    #[serde(default)]
    pub(crate) flood: Option<(String, String, usize)>,
    #[serde(default)]
    pub(crate) body: Vec<String>,
    #[serde(default)]
    pub(crate) queue_id: String,
    /// The same so many times more, a second apart, before what is expected; `{}` in recipients is the number.
    #[serde(default)]
    pub(crate) before: usize,
    pub(crate) expect: Value,
}

/// How a case is told.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Way {
    /// Octets of a chunk of the body.
    pub(crate) chunk: usize,
    pub(crate) bare_lf: bool,
    pub(crate) without_data: bool,
}

impl Default for Way {
    fn default() -> Way {
        Way {
            chunk: 1 << 20,
            bare_lf: false,
            without_data: false,
        }
    }
}

/// Names and values of header fields.
pub(crate) type Fields = Vec<(Vec<u8>, Vec<u8>)>;

pub(crate) fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data")
}

pub(crate) fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(data().join("filter_cases.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn filter(policy: &str, zone: Option<&str>) -> Arc<Filter> {
    let policy = Policy::parse(policy, "mailrep.toml", &data()).unwrap_or_else(|error| panic!("{error}"));
    let zone = match zone {
        Some(text) => Zone::parse(text.as_bytes(), "zone").unwrap(),
        None => Zone::read(&data().join("zone")).unwrap(),
    };
    Arc::new(Filter::with_source(policy, Source::Zone(zone)).unwrap_or_else(|error| panic!("{error}")))
}

impl Case {
    pub(crate) fn expected(&self) -> impl Iterator<Item = &Value> {
        self.messages.iter().map(|message| &message.expect)
    }

    pub(crate) fn filter(&self) -> Arc<Filter> {
        filter(
            &self.policy.join("\n"),
            self.zone.as_ref().map(|lines| lines.join("\n")).as_deref(),
        )
    }

    pub(crate) fn connect(&self, filter: &Arc<Filter>, glue: Glue) -> Session {
        let mut session = Session::new(filter, glue);
        let mut client = match &self.ip {
            Some(ip) => Client::from(ip.parse::<std::net::IpAddr>().unwrap()),
            None => Client::default(),
        };
        client = client.with_daemon(self.daemon.as_bytes());
        if self.local {
            client = client.submitted_here(self.user.as_bytes());
        }
        session.connect(client).unwrap();
        session.helo(self.helo.as_bytes()).unwrap();
        session
    }

    /// The decisions as JSON, one for each message.
    pub(crate) fn run(&self, way: Way) -> Vec<Value> {
        let filter = self.filter();
        let glue = Glue {
            bare_lf: way.bare_lf,
            ..Glue::default()
        };
        let mut session = self.connect(&filter, glue);
        self.messages
            .iter()
            .map(|message| {
                for number in 0..message.before {
                    message.tell(&mut session, way, number);
                }
                message.tell(&mut session, way, message.before).json()
            })
            .collect()
    }
}

impl Message {
    fn tell(&self, session: &mut Session, way: Way, number: usize) -> Decision {
        session.set_time(Some(self.now + number as f64));
        session
            .mail_from(self.mail_from.as_bytes(), Some(self.login.as_bytes()))
            .unwrap();
        for (address, refusal) in &self.rcpt {
            let address = address.replace("{}", &number.to_string());
            let reply = session.rcpt(address.as_bytes()).unwrap();
            let told = match &reply {
                Reply::Continue => None,
                Reply::Defer(answer) | Reply::Reject(answer) => Some(answer.to_string()),
            };
            match (refusal, &told) {
                (None, None) => {}
                (Some(begin), Some(told)) if told.starts_with(begin) => {}
                _ => panic!("{address}: {told:?}, not {refusal:?}"),
            }
        }
        if let Some((pattern, count)) = &self.many {
            for number in 0..*count {
                let address = pattern.replace("{}", &number.to_string());
                session.rcpt(address.as_bytes()).unwrap();
            }
        }
        if !self.late_login.is_empty() {
            session.login(self.late_login.as_bytes()).unwrap();
        }
        if !way.without_data {
            session.data().unwrap();
        }
        let (header, body) = self.octets();
        for (name, value) in header {
            let value = match way.bare_lf {
                true => String::from_utf8(value)
                    .unwrap()
                    .replace("\r\n", "\n")
                    .into_bytes(),
                false => value,
            };
            session.header(&name, &value).unwrap();
        }
        session.end_of_headers().unwrap();
        for chunk in body.chunks(way.chunk) {
            session.body(chunk).unwrap();
        }
        session.end(self.queue_id.as_bytes()).unwrap()
    }

    fn octets(&self) -> (Fields, Vec<u8>) {
        if let Some(file) = &self.file {
            return split(&std::fs::read(data().join(file)).unwrap());
        }
        let mut header = Fields::new();
        if let Some((name, value, count)) = &self.flood {
            for number in 0..*count {
                let value = value.replace("{}", &number.to_string());
                header.push((name.clone().into_bytes(), value.into_bytes()));
            }
        }
        for (name, value) in &self.header {
            header.push((name.clone().into_bytes(), value.clone().into_bytes()));
        }
        let mut body = self.body.join("\r\n");
        if !body.is_empty() {
            body.push_str("\r\n");
        }
        (header, body.into_bytes())
    }
}

/// A stored message as fields and body.
pub(crate) fn split(message: &[u8]) -> (Fields, Vec<u8>) {
    let mut octets = Vec::new();
    Converter::default().convert(message, |piece| octets.extend_from_slice(piece));
    let mut splitter = Splitter::new(&Limits::default());
    let begun = splitter.push(&octets).expect("the message has a body");
    let (fields, _): (HeaderFields, _) = splitter.into_parts();
    let header = fields
        .iter()
        .map(|field| (field.name().to_vec(), field.value().to_vec()))
        .collect();
    let mut body = begun.before;
    body.extend_from_slice(&octets[begun.offset..]);
    (header, body)
}

/// Where `got` is not what the table expects: objects may have more names, lists may not have more members. A text that ends in an
/// ellipsis is the beginning of one, and one that begins and ends so stands somewhere within.
pub(crate) fn difference(expected: &Value, got: &Value, path: &str) -> Option<String> {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            expected.iter().find_map(|(name, value)| match got.get(name) {
                None => Some(format!("{path}.{name} is missing")),
                Some(got) => difference(value, got, &format!("{path}.{name}")),
            })
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => expected
            .iter()
            .zip(got)
            .enumerate()
            .find_map(|(at, (expected, got))| difference(expected, got, &format!("{path}[{at}]"))),
        (Value::String(expected), Value::String(got)) => {
            let same = match (expected.strip_prefix('…'), expected.strip_suffix('…')) {
                (Some(rest), Some(_)) => got.contains(rest.trim_end_matches('…')),
                (None, Some(begin)) => got.starts_with(begin),
                _ => expected == got,
            };
            (!same).then(|| format!("{path} is {got:?}, not {expected:?}"))
        }
        (expected, got) => (expected != got).then(|| format!("{path} is {got}, not {expected}")),
    }
}
