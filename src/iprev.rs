//! Does the client's address have a name that leads back to it? (RFC 8601 section 3, "iprev")

use crate::dns::{Answer, Failure, Name, NameError, Resolver, Session};
use crate::limits::Limits;
use crate::trace::{StepKind, Tracer};
use futures_util::stream::{FuturesOrdered, StreamExt};
use serde::Serialize;
use std::fmt;
use std::net::IpAddr;

/// What the test says (RFC 8601 section 2.7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum IprevResult {
    /// A name of the address has that address.
    Pass,
    /// The address has names, and none of them has that address.
    Fail,
    /// It could not be found out now; a later attempt might.
    TempError,
    /// The address has no name.
    PermError,
}

impl IprevResult {
    /// The word of the standard, such as `permerror`.
    pub fn as_str(self) -> &'static str {
        match self {
            IprevResult::Pass => "pass",
            IprevResult::Fail => "fail",
            IprevResult::TempError => "temperror",
            IprevResult::PermError => "permerror",
        }
    }
}

impl fmt::Display for IprevResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why the test came out as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// This name has the address.
    Confirmed {
        /// The address.
        client: IpAddr,
        /// The name.
        name: Name,
    },
    /// No name that was tried has the address.
    NotConfirmed {
        /// The address.
        client: IpAddr,
        /// The first name.
        name: Name,
        /// How many names were tried.
        tried: usize,
        /// How many names there are.
        names: usize,
    },
    /// The address has no name.
    NoName {
        /// The address.
        client: IpAddr,
    },
    /// The names of the address could not be looked up.
    ReverseFailure {
        /// The address.
        client: IpAddr,
        /// Why.
        failure: Failure,
    },
    /// The names of the address cannot be asked for.
    Malformed {
        /// The address.
        client: IpAddr,
        /// Why.
        error: NameError,
    },
    /// A name could not be looked up, and no other has the address.
    ForwardFailure {
        /// The address.
        client: IpAddr,
        /// The name.
        name: Name,
        /// Why.
        failure: Failure,
    },
}

impl Cause {
    /// What follows from this cause: the one place where causes become results (RFC 8601 section 2.7.3).
    pub fn result(&self) -> IprevResult {
        match self {
            Cause::Confirmed { .. } => IprevResult::Pass,
            // "were not in agreement, or the forward query completed but produced no result".
            Cause::NotConfirmed { .. } => IprevResult::Fail,
            // "no PTR data are published for the connecting IP address".
            Cause::NoName { .. } | Cause::Malformed { .. } => IprevResult::PermError,
            Cause::ReverseFailure { .. } | Cause::ForwardFailure { .. } => IprevResult::TempError,
        }
    }

    /// A stable code, such as `not_confirmed`.
    pub fn code(&self) -> &'static str {
        match self {
            Cause::Confirmed { .. } => "confirmed",
            Cause::NotConfirmed { .. } => "not_confirmed",
            Cause::NoName { .. } => "no_name",
            Cause::ReverseFailure { .. } => "reverse_failure",
            Cause::Malformed { .. } => "malformed",
            Cause::ForwardFailure { .. } => "forward_failure",
        }
    }
}

/// A full sentence for the administrator.
impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::Confirmed { client, name } => {
                write!(f, "{client} is called {name}, and {name} has that address")
            }
            Cause::NotConfirmed {
                client,
                name,
                tried: 1,
                names: 1,
            } => write!(
                f,
                "{client} is called {name}, but {name} does not have that address"
            ),
            Cause::NotConfirmed {
                client,
                name,
                tried,
                names,
            } if tried == names => write!(
                f,
                "{client} has {names} names, {name} among them, but none of them has that address"
            ),
            Cause::NotConfirmed {
                client,
                name,
                tried,
                names,
            } => write!(
                f,
                "{client} has {names} names, {name} among them; the first {tried} were tried, and none of them has that \
                 address"
            ),
            Cause::NoName { client } => write!(f, "{client} has no name in the DNS (no PTR record)"),
            Cause::ReverseFailure { client, failure } => {
                write!(f, "the name of {client} could not be looked up: {failure}")
            }
            Cause::Malformed { client, error } => {
                write!(f, "the name of {client} cannot be asked for: {error}")
            }
            Cause::ForwardFailure {
                client,
                name,
                failure,
            } => write!(
                f,
                "{client} is called {name}, but the addresses of {name} could not be looked up: {failure}"
            ),
        }
    }
}

/// What the test says, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iprev {
    /// The result.
    pub result: IprevResult,
    /// The name that was confirmed; none unless it passed.
    pub name: Option<String>,
    /// What decided.
    pub cause: Cause,
}

impl Iprev {
    /// The cause as a sentence.
    pub fn reason(&self) -> String {
        self.cause.to_string()
    }
}

impl From<Cause> for Iprev {
    fn from(cause: Cause) -> Self {
        let name = match &cause {
            Cause::Confirmed { name, .. } => Some(name.to_string()),
            _ => None,
        };
        Iprev {
            result: cause.result(),
            name,
            cause,
        }
    }
}

/// Asks for the names of `client`, and then for the addresses of at most `limits.spf_names` of them, all at once. They are
/// judged in the order in which they came, and the first that has the address decides. An IPv4 address in IPv6 form
/// (`::ffff:192.0.2.1`) is taken as IPv4.
pub async fn verify<R: Resolver>(
    session: &Session<R>,
    client: IpAddr,
    limits: &Limits,
    trace: &Tracer,
) -> Iprev {
    let step = trace.step(StepKind::Check, || format!("iprev for {client}"));
    let iprev = Iprev::from(look_up(session, client.to_canonical(), limits, &step).await);
    step.outcome(|| format!("{}: {}", iprev.result, iprev.cause));
    iprev
}

async fn look_up<R: Resolver>(
    session: &Session<R>,
    client: IpAddr,
    limits: &Limits,
    trace: &Tracer,
) -> Cause {
    let names = match session.ptr(client, trace).await {
        Answer::Records { records, .. } => records,
        Answer::NoData { .. } | Answer::NoSuchName { .. } => return Cause::NoName { client },
        Answer::Failure(failure) => return Cause::ReverseFailure { client, failure },
        Answer::MalformedName(error) => return Cause::Malformed { client, error },
    };
    let Some(first) = names.first() else {
        return Cause::NoName { client };
    };
    let tried = names.len().min(limits.spf_names);
    let mut answers: FuturesOrdered<_> = names
        .iter()
        .take(tried)
        .map(|name| async move { (name, session.addresses(name, client, trace).await) })
        .collect();
    let mut failed = None;
    while let Some((name, answer)) = answers.next().await {
        match answer {
            Answer::Records { records, .. } if records.contains(&client) => {
                let name = name.clone();
                return Cause::Confirmed { client, name };
            }
            Answer::Failure(failure) => {
                failed.get_or_insert((name.clone(), failure));
            }
            _ => {}
        }
    }
    match failed {
        Some((name, failure)) => Cause::ForwardFailure {
            client,
            name,
            failure,
        },
        None => Cause::NotConfirmed {
            client,
            name: first.clone(),
            tried,
            names: names.len(),
        },
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

    use super::*;
    use crate::dmarc::tests::Memory;
    use crate::dns::{Question, RecordType};
    use futures_util::FutureExt;

    fn test(memory: Memory, client: &str) -> (Iprev, Vec<String>) {
        let limits = Limits::default();
        let (memory, session) = memory.session(&limits);
        let trace = Tracer::off();
        let iprev = verify(&session, client.parse().unwrap(), &limits, &trace);
        (iprev.now_or_never().unwrap(), memory.asked())
    }

    #[test]
    fn rfc8601_section_2_7_3_pass_when_both_directions_agree() {
        let memory = Memory::default()
            .ptr("192.0.2.1", &["Mail.example.org"])
            .address("mail.example.org", "192.0.2.1");
        let (iprev, asked) = test(memory, "::ffff:192.0.2.1");
        assert_eq!(
            (iprev.result, iprev.name.as_deref()),
            (IprevResult::Pass, Some("mail.example.org"))
        );
        assert_eq!(asked, ["1.2.0.192.in-addr.arpa PTR", "mail.example.org A"]);
        assert_eq!(
            iprev.reason(),
            "192.0.2.1 is called mail.example.org, and mail.example.org has that address"
        );
        let memory = Memory::default()
            .ptr("2001:db8::1", &["m.example"])
            .address("m.example", "2001:db8::1");
        assert_eq!(test(memory, "2001:db8::1").0.result, IprevResult::Pass);
    }

    #[test]
    fn rfc8601_section_2_7_3_fail_when_they_disagree_or_the_forward_query_has_no_result() {
        let memory = Memory::default()
            .ptr("192.0.2.1", &["m.example"])
            .address("m.example", "192.0.2.2");
        let (iprev, _) = test(memory, "192.0.2.1");
        assert_eq!((iprev.result, iprev.name), (IprevResult::Fail, None));
        let memory = Memory::default().ptr("192.0.2.1", &["m.example", "n.example"]);
        let (iprev, _) = test(memory, "192.0.2.1");
        assert_eq!(
            iprev.reason(),
            "192.0.2.1 has 2 names, m.example among them, but none of them has that address"
        );
    }

    #[test]
    fn rfc8601_section_2_7_3_permerror_without_ptr_data() {
        let (iprev, _) = test(Memory::default(), "192.0.2.1");
        assert_eq!(
            (iprev.result, iprev.cause.code()),
            (IprevResult::PermError, "no_name")
        );
    }

    #[test]
    fn rfc8601_section_2_7_3_temperror_when_a_lookup_fails_and_nothing_else_passes() {
        let memory = Memory::default().answering(
            Question::reverse("192.0.2.1".parse().unwrap()),
            Answer::Failure(Failure::Timeout),
        );
        assert_eq!(test(memory, "192.0.2.1").0.cause.code(), "reverse_failure");
        let memory = || {
            Memory::default()
                .ptr("192.0.2.1", &["a.example", "b.example"])
                .failing("a.example", RecordType::A)
        };
        assert_eq!(test(memory(), "192.0.2.1").0.cause.code(), "forward_failure");
        let (iprev, _) = test(memory().address("b.example", "192.0.2.1"), "192.0.2.1");
        assert_eq!(
            (iprev.result, iprev.name.as_deref()),
            (IprevResult::Pass, Some("b.example"))
        );
    }

    #[test]
    fn rfc8601_section_3_the_number_of_names_is_bounded() {
        let names: Vec<String> = (0..30).map(|at| format!("n{at}.example")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let memory = Memory::default()
            .ptr("192.0.2.1", &names)
            .address("n20.example", "192.0.2.1");
        let (iprev, asked) = test(memory, "192.0.2.1");
        assert_eq!(
            (iprev.result, asked.len()),
            (IprevResult::Fail, 1 + Limits::default().spf_names)
        );
        assert!(iprev.reason().contains("the first 10 were tried"));
    }
}
