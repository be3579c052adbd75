//! The Received-SPF header field (RFC 7208 section 9.1).

use super::{Cause, Evaluation, Identity, Request, SpfResult, with_a_labels};
use crate::message::fold::{Lines, is_dot_atom, quoted_string};
use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// The name of the field.
const FIELD_NAME: &str = "Received-SPF";
/// Octets of a dot-atom; a domain name has 253. What is longer is quoted, and cut there.
const MOST_DOT_ATOM: usize = 400;

impl Evaluation {
    /// The value of the Received-SPF field that says what came of this check of `request`, folded with CRLF and
    /// blanks at 78 columns where there is a place to fold; RFC 7208 section 9.1 wants it above all other trace fields.
    ///
    /// It has printable ASCII only, other characters becoming `?`, and nothing that the client sent can end it or add to it.
    /// A value of more than 800 octets is cut and ends in `...`. The comment is [`Evaluation::reason`]; `mechanism` is
    /// there for a decision, and is `default` where no mechanism matched; `problem` is the [`Cause::code`] of an error.
    pub fn received_spf(&self, request: &Request) -> String {
        let mut lines = Lines::of(FIELD_NAME);
        lines.word(self.result.as_str());
        lines.comment(&match &*request.receiver {
            "" => self.reason(),
            receiver => format!("{receiver}: {}", self.reason()),
        });
        let mut pairs = Vec::with_capacity(7);
        pairs.push(("identity", self.identity.as_str().into()));
        pairs.push(("client-ip", request.client.to_canonical().to_string().into()));
        // RFC 7208 section 9.1: "at least "client-ip", "helo", and, if the "MAIL FROM" identity was checked,
        // "envelope-from"."
        if self.identity == Identity::MailFrom {
            pairs.push(("envelope-from", in_ascii(&request.mail_from)));
        }
        pairs.push(("helo", in_ascii(&request.helo)));
        if !request.receiver.is_empty() {
            pairs.push(("receiver", (&*request.receiver).into()));
        }
        if let Some(mechanism) = self.mechanism_that_matched() {
            pairs.push(("mechanism", mechanism.into()));
        }
        if matches!(self.result, SpfResult::TempError | SpfResult::PermError) {
            pairs.push(("problem", self.cause.code().into()));
        }
        lines.fold();
        for (at, (key, value)) in pairs.iter().enumerate() {
            if at > 0 {
                lines.append(";");
            }
            lines.word(&format!("{key}={}", written(value)));
        }
        lines.text()
    }

    /// Without its qualifier, which the result tells.
    fn mechanism_that_matched(&self) -> Option<&str> {
        match (&self.mechanism, &self.cause) {
            (Some(directive), _) => Some(directive.strip_prefix(['+', '-', '~', '?']).unwrap_or(directive)),
            // RFC 7208 section 9.1: "if no mechanisms matched, substitute the word "default"".
            (None, Cause::NoMatch { .. }) => Some("default"),
            (None, _) => None,
        }
    }
}

/// With A-labels, as Authentication-Results has them.
fn in_ascii(address: &[u8]) -> Cow<'_, str> {
    match with_a_labels(address) {
        Cow::Borrowed(octets) => String::from_utf8_lossy(octets),
        Cow::Owned(octets) => String::from_utf8_lossy(&octets).into_owned().into(),
    }
}

/// RFC 7208 section 9.1: the value of a pair is a dot-atom or a quoted string.
fn written(value: &str) -> String {
    if value.len() <= MOST_DOT_ATOM && is_dot_atom(value) {
        return value.to_owned();
    }
    quoted_string(value)
}
