//! Who signs a submission, and why nobody does.

use super::Filter;
use super::header::Deletions;
use super::who::Origin;
use crate::clock::UnixTime;
use crate::dkim::{SignatureField, Signing};
use crate::dmarc;
use crate::dns::Name;
use crate::message::{Anomaly, HeaderFields};

/// What is signed while the body comes.
#[derive(Debug)]
pub(super) struct Submission {
    state: State,
}

#[derive(Debug)]
enum State {
    Signing(Box<Signing>, Vec<(Name, Name)>),
    Unsigned(Unsigned),
}

/// Why a submission is not signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unsigned {
    /// A stable code, such as `no_rule`.
    pub(super) code: &'static str,
    pub(super) reason: String,
    /// The fault is ours, and may pass.
    pub(super) ours: bool,
}

impl Unsigned {
    fn by_sender(code: &'static str, reason: impl Into<String>) -> Unsigned {
        Unsigned {
            code,
            reason: reason.into(),
            ours: false,
        }
    }
}

impl Submission {
    /// The header is complete: signers choose their fields of what will be left of it.
    pub(super) fn begin(
        filter: &Filter,
        origin: Origin,
        account: Option<&str>,
        header: &HeaderFields,
        anomaly: Option<Anomaly>,
        deletions: &Deletions,
    ) -> Submission {
        let author = dmarc::author(header);
        let state = begin(filter, origin, account, header, anomaly, deletions, &author);
        Submission {
            state: state.unwrap_or_else(State::Unsigned),
        }
    }

    pub(super) fn body(&mut self, octets: &[u8]) {
        if let State::Signing(signing, _) = &mut self.state {
            signing.body(octets);
        }
    }

    /// The fields to put above the message, each with its domain and selector.
    pub(super) fn finish(self, now: UnixTime) -> Result<Vec<(Name, Name, SignatureField)>, Unsigned> {
        match self.state {
            State::Unsigned(why) => Err(why),
            State::Signing(signing, names) => {
                let fields = signing.finish(now).map_err(|error| Unsigned {
                    code: "refused",
                    reason: error.to_string(),
                    ours: true,
                })?;
                let named = names.into_iter().zip(fields);
                Ok(named
                    .map(|((domain, selector), field)| (domain, selector, field))
                    .collect())
            }
        }
    }
}

fn begin(
    filter: &Filter,
    origin: Origin,
    account: Option<&str>,
    header: &HeaderFields,
    anomaly: Option<Anomaly>,
    deletions: &Deletions,
    author: &dmarc::Author,
) -> Result<State, Unsigned> {
    let table = match origin {
        Origin::Login => &filter.logins,
        _ => &filter.trusted,
    };
    if table.is_empty() {
        return Err(Unsigned::by_sender("no_keys", "nobody signs here"));
    }
    // A message without a body is complete. Servers mend the others in ways of their own, which would break the signature.
    if let Some(anomaly) = anomaly.filter(|anomaly| *anomaly != Anomaly::NoBody) {
        return Err(Unsigned::by_sender(anomaly.code(), anomaly.to_string()));
    }
    if let Some(problem) = author.problem() {
        return Err(Unsigned::by_sender(problem.code(), problem.to_string()));
    }
    let domain = match author.domains() {
        [] => return Err(Unsigned::by_sender("no_author", "there is no author domain")),
        [one] => one,
        several => {
            let count = several.len();
            return Err(Unsigned::by_sender(
                "several_authors",
                format!(
                    "From has addresses in {count} domains, and nobody knows whose signature it is to have"
                ),
            ));
        }
    };
    let signers = table
        .signers(domain, account)
        .map_err(|error| Unsigned::by_sender(error.code(), error.to_string()))?;
    let mut left = HeaderFields::default();
    for (place, field) in header.iter().enumerate() {
        if !deletions.goes(place, origin) {
            left.push(field.raw());
        }
    }
    let names = signers
        .iter()
        .map(|signer| (signer.domain().clone(), signer.selector().clone()))
        .collect();
    let signing = Signing::new(left, signers.to_vec())
        .map_err(|error| Unsigned::by_sender("cannot_be_signed", error.to_string()))?;
    Ok(State::Signing(Box::new(signing), names))
}
