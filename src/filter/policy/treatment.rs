//! What becomes of a message, and the words of a refusal.

use std::fmt;

/// What becomes of a message; later is stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Treatment {
    /// It goes on its way.
    Accept,
    /// It goes on its way with a field that says so, for filters of mailboxes.
    Tag,
    /// It waits in the MTA's hold queue for a person.
    Hold,
    /// The client is asked to try again (4xx).
    Defer,
    /// It is refused (5xx).
    Reject,
}

impl Treatment {
    /// The word in a policy file.
    pub fn as_str(self) -> &'static str {
        match self {
            Treatment::Accept => "accept",
            Treatment::Tag => "tag",
            Treatment::Hold => "hold",
            Treatment::Defer => "defer",
            Treatment::Reject => "reject",
        }
    }
}

impl fmt::Display for Treatment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The words of a refusal, with places that are filled in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
}

/// What can be filled in.
const PLACES: [&str; 5] = ["reason", "domain", "account", "client", "queue_id"];
/// Octets of a text that an administrator may write.
const MOST_OCTETS: usize = 1_000;

/// What fills the places of a template.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filling<'a> {
    pub(crate) reason: &'a str,
    pub(crate) domain: &'a str,
    pub(crate) account: &'a str,
    pub(crate) client: &'a str,
    pub(crate) queue_id: &'a str,
}

impl Template {
    /// Reads a template.
    pub(super) fn parse(text: &str) -> Result<Template, String> {
        if text.trim().is_empty() {
            return Err("the text is empty".to_owned());
        }
        if text.len() > MOST_OCTETS {
            return Err(format!(
                "the text has {} octets; a reply takes {MOST_OCTETS} at most",
                text.len()
            ));
        }
        let mut rest = text;
        while let Some(begin) = rest.find('{') {
            rest = &rest[begin + 1..];
            let place = rest.split('}').next().unwrap_or_default();
            if !PLACES.contains(&place) || place.len() == rest.len() {
                let shown = crate::error::printable(place.as_bytes());
                return Err(format!("nothing is known to fill in for '{{{shown}}}'"));
            }
            rest = &rest[place.len()..];
        }
        let text = text.to_owned();
        Ok(Template { text })
    }

    /// One that is built in.
    pub(in crate::filter) fn built_in(text: &str) -> Template {
        let text = text.to_owned();
        Template { text }
    }

    pub(crate) fn fill(&self, filling: &Filling<'_>) -> String {
        let mut filled = String::with_capacity(self.text.len() + 64);
        let mut rest = self.text.as_str();
        // What is filled in is not looked at again, whatever stands in it.
        while let Some(begin) = rest.find('{') {
            filled.push_str(&rest[..begin]);
            let (place, after) = rest[begin + 1..].split_once('}').unwrap_or_default();
            filled.push_str(match place {
                "reason" => filling.reason,
                "domain" => filling.domain,
                "account" => filling.account,
                "client" => filling.client,
                _ => filling.queue_id,
            });
            rest = after;
        }
        filled.push_str(rest);
        filled
    }
}

/// The places, for a message about a template that is wrong.
pub(super) fn places() -> String {
    let places = PLACES.map(|place| format!("{{{place}}}"));
    format!("a text may have {}", places.join(", "))
}
