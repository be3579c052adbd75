//! What was decided about a message, and why.

use super::action::Action;
use super::policy::Treatment;
use super::who::Origin;
use crate::dkim::DkimResult;
use crate::dns::Name;
use crate::error::{printable, printable_text};
use crate::{json, transaction};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::net::IpAddr;

/// What is to be done with a message, and why.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Decision {
    /// What to do, in order. Nothing may be to do.
    pub actions: Vec<Action>,
    /// What becomes of the message, all in all.
    pub treatment: Treatment,
    /// What it rests on: a stable code, such as `dmarc_reject`; `none` for a message that goes on its way.
    pub cause: &'static str,
    /// The same in a sentence.
    pub reason: String,
    /// Where the message comes from.
    pub origin: Origin,
    /// The MTA's name for the message.
    pub queue_id: Vec<u8>,
    /// The client's address, if it is known.
    pub client: Option<IpAddr>,
    /// Who has logged in.
    pub login: Option<Vec<u8>>,
    /// The envelope sender as it came, without angle brackets.
    pub sender: Vec<u8>,
    /// The domain in From.
    pub from_domain: Option<Name>,
    /// How many recipients the message has.
    pub recipients: usize,
    /// What was verified, of mail from outside.
    pub verdict: Option<Box<transaction::Verdict>>,
    /// Who signed.
    pub signed: Vec<Signed>,
    /// Why nobody signed a submission: a stable code and a sentence.
    pub unsigned: Option<Note>,
    /// The open alarm of the account that sent it.
    pub alarm: Option<Alarm>,
    /// Why this message raised an alarm for the whole host.
    pub host_alarm: Option<String>,
    /// What else an administrator may want to know.
    pub notes: Vec<Note>,
}

/// A signature that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The signing domain.
    pub domain: Name,
    /// The selector.
    pub selector: Name,
}

/// Something to know, beside the decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// A stable code, such as `srs_forwarded`.
    pub code: &'static str,
    /// A sentence.
    pub text: String,
}

/// The open alarm of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The account, or what stands for one: a user of this host, a client's address.
    pub account: Vec<u8>,
    /// A stable code for what was counted, such as `new_slots_1s`.
    pub cause: &'static str,
    /// Why, in a sentence.
    pub reason: String,
    /// When it began: milliseconds since 1970.
    pub since: i64,
    /// Whether this message raised it, so that it is time to tell somebody.
    pub is_new: bool,
}

/// Signatures that a log line tells of.
const MOST_SIGNATURES: usize = 4;

impl Decision {
    /// One line for a log, without the time: `key=value` with blanks between, values with blanks in quotes. All that strangers wrote is
    /// made printable.
    pub fn summary(&self) -> String {
        let mut line = String::with_capacity(256);
        let mut add = |key: &str, value: &str| {
            let separator = if line.is_empty() { "" } else { " " };
            // Writing to a String cannot fail.
            let _ = write!(line, "{separator}{key}={}", quoted(value));
        };
        let address = |octets: &[u8]| format!("<{}>", printable(octets));
        add("queue", &or_dash(&self.queue_id));
        add(
            "client",
            &self
                .client
                .map_or_else(|| "-".to_owned(), |client| client.to_string()),
        );
        add("origin", self.origin.as_str());
        if let Some(login) = &self.login {
            add("login", &printable(login));
        }
        add("sender", &address(&self.sender));
        add("recipients", &self.recipients.to_string());
        if let Some(domain) = &self.from_domain {
            add("from", &printable(domain.as_str().as_bytes()));
        }
        if let Some(verdict) = &self.verdict {
            if let Some(spf) = &verdict.spf {
                add("spf", spf.evaluation.result.as_str());
            }
            add("dkim", &signatures(verdict));
            add("dmarc", verdict.dmarc.result.as_str());
            if let Some(iprev) = &verdict.iprev {
                add("iprev", iprev.result.as_str());
            }
        }
        if self.origin.is_submission() {
            let signed: Vec<String> = self
                .signed
                .iter()
                .map(|signed| format!("{}:{}", signed.domain, signed.selector))
                .collect();
            add("signed", if signed.is_empty() { "-" } else { "" });
            line.push_str(&signed.join(","));
            if let Some(unsigned) = &self.unsigned {
                let _ = write!(line, " unsigned={}", unsigned.code);
            }
        }
        if let Some(alarm) = &self.alarm {
            let _ = write!(line, " alarm={}", alarm.cause);
            // The sentence stands once, and not in each line while the alarm is open.
            if alarm.is_new {
                let told = format!("{}: {}", printable(&alarm.account), alarm.reason);
                let _ = write!(line, " alarm_reason={}", quoted(&printable_text(&told)));
            }
        }
        if let Some(host) = &self.host_alarm {
            let _ = write!(line, " host_alarm={}", quoted(&printable_text(host)));
        }
        let _ = write!(line, " action={}", self.treatment);
        if self.cause != "none" {
            let _ = write!(line, " cause={}", self.cause);
        }
        let told = match (&self.unsigned, self.cause) {
            (Some(unsigned), "none") => &unsigned.text,
            _ => &self.reason,
        };
        let _ = write!(line, " reason={}", quoted(&printable_text(told)));
        if !self.notes.is_empty() {
            let codes: Vec<&str> = self.notes.iter().map(|note| note.code).collect();
            let _ = write!(line, " notes={}", codes.join(","));
        }
        line
    }

    /// The decision as an object. Every name is always there, null where it does not apply.
    pub fn json(&self) -> Value {
        let text = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let note = |note: &Note| json!({ "code": note.code, "text": note.text });
        json!({
            "queue_id": text(&self.queue_id),
            "treatment": self.treatment.as_str(),
            "cause": self.cause,
            "reason": self.reason,
            "origin": self.origin.as_str(),
            "client": self.client.map(|client| client.to_string()),
            "login": self.login.as_deref().map(text),
            "sender": text(&self.sender),
            "from_domain": self.from_domain.as_ref().map(Name::to_string),
            "recipients": self.recipients,
            "actions": self.actions.iter().map(Action::json).collect::<Vec<_>>(),
            "verdict": self.verdict.as_ref().map(|verdict| json::check(verdict, false)),
            "signed": self.signed.iter().map(|signed| json!({
                "domain": signed.domain.as_str(),
                "selector": signed.selector.as_str(),
            })).collect::<Vec<_>>(),
            "unsigned": self.unsigned.as_ref().map(note),
            "alarm": self.alarm.as_ref().map(|alarm| json!({
                "account": text(&alarm.account),
                "cause": alarm.cause,
                "reason": alarm.reason,
                "since": alarm.since as f64 / 1_000.0,
                "new": alarm.is_new,
            })),
            "host_alarm": self.host_alarm,
            "notes": self.notes.iter().map(note).collect::<Vec<_>>(),
            "log": self.summary(),
        })
    }
}

fn or_dash(octets: &[u8]) -> String {
    match octets.is_empty() {
        true => "-".to_owned(),
        false => printable(octets),
    }
}

/// A value, in quotes if it has blanks or quotes.
fn quoted(value: &str) -> String {
    match value.contains([' ', '"']) {
        true => format!("\"{}\"", value.replace('"', "'")),
        false => value.to_owned(),
    }
}

fn signatures(verdict: &transaction::Verdict) -> String {
    if verdict.dkim.is_empty() {
        return "none".to_owned();
    }
    let mut told: Vec<String> = Vec::new();
    // Those that pass come first, whatever stands above them.
    let passing = |pass: bool| {
        verdict
            .dkim
            .iter()
            .filter(move |signature| (signature.result == DkimResult::Pass) == pass)
    };
    for signature in passing(true).chain(passing(false)).take(MOST_SIGNATURES) {
        let domain = signature.domain.as_deref().unwrap_or("-");
        told.push(format!(
            "{}:{}",
            signature.result.as_str(),
            printable(domain.as_bytes())
        ));
    }
    if verdict.dkim.len() > MOST_SIGNATURES {
        told.push(format!("and {} more", verdict.dkim.len() - MOST_SIGNATURES));
    }
    told.join(",")
}
