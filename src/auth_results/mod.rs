//! The Authentication-Results header field (RFC 8601): writing it, reading it, and finding those that claim to be ours.
//!
//! The types are plain text, so that whoever has results can tell them. Whatever they hold, what is written is one
//! well-formed field: hostile octets of the envelope, the header or the DNS end up quoted, escaped or replaced.

mod parse;
#[cfg(test)]
mod tests;
mod write;

pub use parse::{ParseError, claims, fields_to_remove, parse, parse_lenient};

/// The name of the header field.
pub const FIELD_NAME: &str = "Authentication-Results";

/// What one host says about a message.
///
/// ```
/// use mailrep::auth_results::{AuthenticationResults, MethodResult};
/// let results = AuthenticationResults {
///     authserv_id: "mx.example.org".into(),
///     results: vec![
///         MethodResult::new("spf", "pass").property("smtp", "mailfrom", "ann@example.net"),
///         MethodResult::new("dmarc", "fail").comment("p=reject").property("header", "from", "bank.example"),
///     ],
/// };
/// let value = results.value();
/// assert_eq!(
///     value,
///     "mx.example.org;\r\n    spf=pass smtp.mailfrom=ann@example.net;\r\n    dmarc=fail (p=reject) header.from=bank.example"
/// );
/// assert_eq!(mailrep::auth_results::parse(value.as_bytes()).unwrap(), results);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AuthenticationResults {
    /// Who says it, usually the host's name.
    pub authserv_id: String,
    /// The results; none is written as `none`.
    pub results: Vec<MethodResult>,
}

/// The result of one method, such as SPF or one DKIM signature.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MethodResult {
    /// The method, such as `dkim`: letters, digits and hyphens.
    pub method: String,
    /// The result, such as `pass`: letters, digits and hyphens.
    pub result: String,
    /// Why, for programs.
    pub reason: Option<String>,
    /// A remark for people.
    pub comment: Option<String>,
    /// What the result is about.
    pub properties: Vec<Property>,
}

/// One `ptype.property=value`, such as `header.d=example.org`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Property {
    /// `smtp`, `header`, `body` or `policy`.
    pub ptype: String,
    /// The property, such as `mailfrom`.
    pub property: String,
    /// Its value.
    pub value: String,
}

impl MethodResult {
    /// A result without anything else.
    pub fn new(method: impl Into<String>, result: impl Into<String>) -> Self {
        MethodResult {
            method: method.into(),
            result: result.into(),
            ..MethodResult::default()
        }
    }

    /// The same with a property. Octets that are not UTF-8 become `?` when written.
    #[must_use]
    pub fn property(mut self, ptype: &str, property: &str, value: impl AsRef<[u8]>) -> Self {
        self.properties.push(Property {
            ptype: ptype.into(),
            property: property.into(),
            value: String::from_utf8_lossy(value.as_ref()).into_owned(),
        });
        self
    }

    /// The same with a reason.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }

    /// The same with a comment.
    #[must_use]
    pub fn comment(mut self, comment: impl Into<String>) -> Self {
        self.comment = Some(comment.into());
        self
    }
}
