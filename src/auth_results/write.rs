//! Writing an Authentication-Results field so that nothing within it can break out.

use super::{AuthenticationResults, FIELD_NAME, MethodResult};
use crate::message::fold::{Lines, MOST_WORD, is_dot_atom, quoted_string};

/// Octets of a keyword; no registered one comes near.
const MOST_KEYWORD: usize = 60;

impl AuthenticationResults {
    /// The field's value, folded with CRLF at 78 columns where there is a place to fold, each method on a line of its own. It
    /// has printable ASCII only: other characters become `?`, since international headers (RFC 6532) are not written.
    /// A value of more than 800 octets is cut and ends in `...`.
    pub fn value(&self) -> String {
        let mut lines = Lines::of(FIELD_NAME);
        self.write(&mut lines);
        lines.text()
    }

    /// The same value on one line.
    pub fn unfolded(&self) -> String {
        let mut lines = Lines::unfolded();
        self.write(&mut lines);
        lines.text()
    }

    fn write(&self, lines: &mut Lines) {
        // RFC 8601 section 2.2: authserv-id is a token or a quoted string.
        let mut id = value(&self.authserv_id);
        id.push(';');
        lines.word(&id);
        if self.results.is_empty() {
            // RFC 8601 section 2.2, no-result.
            lines.word("none");
        }
        for (at, result) in self.results.iter().enumerate() {
            lines.fold();
            result.write(lines);
            if at + 1 < self.results.len() {
                lines.append(";");
            }
        }
    }
}

impl MethodResult {
    fn write(&self, lines: &mut Lines) {
        lines.word(&format!("{}={}", keyword(&self.method), keyword(&self.result)));
        if let Some(text) = &self.comment {
            lines.comment(text);
        }
        if let Some(reason) = &self.reason {
            lines.word(&format!("reason={}", value(reason)));
        }
        for property in &self.properties {
            lines.word(&format!(
                "{}.{}={}",
                keyword(&property.ptype),
                keyword(&property.property),
                property_value(&property.value)
            ));
        }
    }
}

/// RFC 8601 section 2.2 takes Keyword from RFC 5321: letters, digits and hyphens, the last no hyphen. What else is there
/// is left out; nothing at all becomes `x`.
fn keyword(text: &str) -> String {
    let kept: String = text
        .chars()
        .filter(|character| character.is_ascii_alphanumeric() || *character == '-')
        .take(MOST_KEYWORD)
        .collect();
    let kept = kept.trim_matches('-');
    if kept.is_empty() { "x".into() } else { kept.into() }
}

/// RFC 8601 section 2.2, value: a token (RFC 2045) or a quoted string.
fn value(text: &str) -> String {
    if is_token(text) && text.len() <= MOST_WORD {
        return text.to_owned();
    }
    quoted_string(text)
}

/// RFC 8601 section 2.2, pvalue: a value, or `[ [ local-part ] "@" ] domain-name`.
fn property_value(text: &str) -> String {
    let is_address = text.len() <= MOST_WORD
        && text.rsplit_once('@').is_some_and(|(local, domain)| {
            (local.is_empty() || is_dot_atom(local)) && is_domain_name(domain)
        });
    if is_address { text.to_owned() } else { value(text) }
}

/// RFC 2045 section 5.1: one or more of printable ASCII except blanks and tspecials.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_octet)
}

pub(super) fn is_token_octet(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?=".contains(&octet)
}

/// RFC 6376 section 3.5: sub-domains of letters, digits and hyphens with dots between; RFC 8601 takes it from there.
fn is_domain_name(text: &str) -> bool {
    text.split('.').all(|label| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|octet| octet.is_ascii_alphanumeric() || octet == b'-')
    })
}
