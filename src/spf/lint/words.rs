//! What is said of a finding: the sentence, and what to do.

use super::finding::{Finding, MetBy, Problem, SIMPLE_DATAGRAM};
use crate::dns::Failure;
use crate::spf::SyntaxErrorKind;
use std::fmt;

impl Finding {
    /// What to do about it, in a sentence.
    pub fn fix(&self) -> String {
        let text = match &self.problem {
            Problem::SingleLabel => "Give the full domain name, such as example.org.",
            Problem::NoSuchDomain => {
                "Check how the name is written, and that the domain is registered and delegated."
            }
            Problem::NoRecord => {
                "Publish one TXT record at the domain itself: 'v=spf1 mx -all' if its mail exchanges send its mail, \
                 'v=spf1 -all' if it sends none."
            }
            Problem::NearMiss { beside: false, .. } => {
                "Let the record begin with 'v=spf1' and a blank, without anything before."
            }
            Problem::NearMiss { beside: true, .. } => {
                "Remove this text record, and put what it lists into the other."
            }
            Problem::SenderId => "Remove the 'spf2.0' record; it has no use beside 'v=spf1'.",
            Problem::SeveralRecords { .. } => {
                "Put the terms of all of them into one record, with one 'all' at its end, and remove the others."
            }
            Problem::Syntax { hint: Some(hint), .. } => return hint.fix(),
            Problem::Syntax {
                kind: SyntaxErrorKind::DomainMissing,
                ..
            } => return self.domain_missing_fix(),
            Problem::Syntax { kind, .. } => syntax_fix(kind),
            Problem::Glued => {
                "Leave out 'v=spf1' in the middle and the 'all' before it, so that one 'all' stands at the end."
            }
            Problem::MechanismAsModifier { meant } => return format!("Write '{meant}'."),
            Problem::RunTogether { meant } => {
                return format!("Write '{meant}'; let a blank begin each further string of the TXT record.");
            }
            Problem::UnknownModifier => "Remove it, unless you know who reads it.",
            Problem::PassAll => "End the record with '-all' or '~all', and list the senders before it.",
            Problem::NeutralAll => "End the record with '~all', and later with '-all'.",
            Problem::NoAll => {
                "End the record with '-all', or with '~all' while you are not sure of all senders."
            }
            Problem::SoftFailOnly => "If the domain sends no mail, publish 'v=spf1 -all'.",
            Problem::AfterAll => "Move it before 'all', or remove it.",
            Problem::RedirectIgnored => {
                "Remove 'redirect=', or remove 'all' if the other record is to decide."
            }
            Problem::Ptr => "List the addresses with 'ip4:' and 'ip6:', or use 'a' or 'mx'.",
            Problem::MacroP => "Use another macro, such as '%{i}'.",
            Problem::LookupLimit { .. } => {
                "Remove includes of services that no longer send for you, replace 'a' and 'mx' by 'ip4:' and 'ip6:', \
                 and give bulk mail a subdomain with a record of its own."
            }
            Problem::NearLookupLimit { .. } => {
                "Remove what is not needed before one more is added, here or by a service that you include."
            }
            Problem::VoidLimit {
                met_by: MetBy::Ipv6, ..
            } => "Write 'ip4:' in place of 'a' and 'mx' for hosts that have no IPv6 address.",
            Problem::VoidLimit { dependent: 0, .. } => "Remove the terms that find nothing.",
            Problem::VoidLimit { .. } => {
                "Remove the terms that find nothing, and let one 'exists' with macros do the work of several."
            }
            Problem::ExistsAlways { opens: true, .. } => {
                "Remove it, or write a macro such as '%{i}' into the name, so that it depends on the client."
            }
            Problem::ExistsAlways { opens: false, .. } => {
                "Write 'all' in its place if it is to end the record, else a name with a macro such as '%{i}'."
            }
            Problem::VoidLookup { .. } => "Remove the term, or publish what it asks for.",
            Problem::TargetMissing { target, .. } => {
                return format!(
                    "Remove the term, or ask the owner of {target} which name is to stand there."
                );
            }
            Problem::TargetMalformed { .. } | Problem::OddName => {
                "Write a domain name such as example.org there."
            }
            Problem::Loop { .. } => "Remove this term, or the one by which the other record leads here.",
            Problem::TooDeep => "Include the records that count directly.",
            Problem::IncludedTwice { .. } => "Keep one of the terms that lead there.",
            Problem::NeverPasses { .. } => "Remove the include.",
            Problem::Unknowable => "Count by hand what the targets may need, or name a fixed domain.",
            Problem::Duplicate { of } => return format!("Remove it; '{of}' is enough."),
            Problem::MxLimit { .. } => "List the addresses with 'ip4:' and 'ip6:' in place of this 'mx'.",
            Problem::NullMx { .. } => "Remove the 'mx'.",
            Problem::ExchangeWithoutAddress { .. } => {
                "Publish an address of the host, or remove the MX record."
            }
            Problem::RecordLength { .. } => {
                "Join neighboring ranges, remove what is not needed, or move parts to a record that you include."
            }
            Problem::AnswerLength { .. } => {
                "Remove TXT records that are no longer needed, such as old proofs of ownership."
            }
            Problem::Everyone => "Write the range that is yours.",
            Problem::LargeRange { .. } => "Write the ranges from which your mail is really sent.",
            Problem::SpecialRange { .. } => "Write the address that the Internet sees, or remove the term.",
            Problem::HostBits { meant } => return format!("Write '{meant}', or the address without '/'."),
            Problem::Covered { by, .. } => return format!("Remove it, since '{by}' is enough."),
            Problem::Unreached { by, same: false } => return format!("Move it before '{by}', or remove it."),
            Problem::Unreached { same: true, .. } => "Keep one of the two; now the first counts.",
            Problem::ExplanationMissing { .. } => "Publish one TXT record there, or remove 'exp='.",
            Problem::ExplanationSeveral { .. } => "Keep one TXT record at that name.",
            Problem::ExplanationSyntax { .. } => "Write plain ASCII, and '%%' for a percent sign.",
            Problem::ExplanationUnused => "Remove 'exp=', or end the record with '-all'.",
            Problem::NotLookedUp { .. } => {
                "Try again; if it stays so, see to the nameservers of that domain."
            }
            Problem::UsedUp {
                failure: Failure::Deadline,
                ..
            } => "Try again with more time.",
            Problem::UsedUp { .. } => "Correct what is told here first, and then look again.",
            Problem::Cut { .. } => "Correct what is told here first, and then look again.",
        };
        text.to_owned()
    }

    fn domain_missing_fix(&self) -> String {
        let term = self.term.as_deref().unwrap_or_default();
        let bare = term.trim_start_matches(['+', '-', '~', '?']);
        let qualifier = term.strip_suffix(bare).unwrap_or_default();
        let name = bare
            .split([':', '=', '/'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        let example = match name.as_str() {
            "redirect" | "exp" => format!("{name}=_spf.example.org"),
            "exists" => "exists:%{i}._spf.example.org".to_owned(),
            "a" | "mx" | "ptr" => {
                let prefix = bare.find('/').and_then(|at| bare.get(at..)).unwrap_or_default();
                return format!(
                    "Write '{qualifier}{name}{prefix}', or a domain behind the colon without a blank."
                );
            }
            _ => "include:example.org".to_owned(),
        };
        format!("Write a domain behind it without a blank, such as '{example}'.")
    }
}

fn syntax_fix(kind: &SyntaxErrorKind) -> &'static str {
    match kind {
        SyntaxErrorKind::UnknownMechanism { .. } => {
            "Use one of all, include:, a, mx, ptr, ip4:, ip6: and exists:, or remove the term."
        }
        SyntaxErrorKind::ModifierName => "Use 'redirect=' or 'exp=', or remove the term.",
        SyntaxErrorKind::Surplus => "Remove what follows the name.",
        SyntaxErrorKind::DomainEnd { .. } => "Write a full domain name, such as example.org.",
        SyntaxErrorKind::Macro(_) => "Write plain ASCII, and macros such as '%{i}'.",
        SyntaxErrorKind::Ip4 => "Write 'ip4:' and an address with four numbers, such as 'ip4:192.0.2.1'.",
        SyntaxErrorKind::Ip6 => "Write 'ip6:' and an address such as 'ip6:2001:db8::1'.",
        SyntaxErrorKind::PrefixLength => {
            "Write a number up to 32 for IPv4 or 128 for IPv6, without leading zeros."
        }
        SyntaxErrorKind::Duplicate => "Keep one of the two.",
        _ => "Remove the term.",
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let term = self.term.as_deref().unwrap_or("the term");
        let domain = &self.domain;
        match &self.problem {
            Problem::SingleLabel => write!(
                f,
                "the domain {domain} is no full domain name, and no receiver asks for its record"
            ),
            Problem::NoSuchDomain => write!(f, "the domain {domain} does not exist in the DNS"),
            Problem::NoRecord => write!(f, "the domain {domain} publishes no SPF record"),
            Problem::NearMiss { text, why, .. } => {
                write!(
                    f,
                    "the text record '{text}' of {domain} is not read as an SPF record: {why}"
                )
            }
            Problem::SenderId => write!(
                f,
                "the domain {domain} publishes a record of Sender ID, which nobody reads any more"
            ),
            Problem::SeveralRecords { count } => {
                write!(
                    f,
                    "the domain {domain} publishes {count} SPF records where one is allowed, and receivers use none"
                )
            }
            Problem::Syntax { kind, hint } => {
                write!(f, "'{term}' {}", Bare(kind))?;
                match hint {
                    Some(hint) => write!(f, ": {}", hint.why),
                    None => Ok(()),
                }
            }
            Problem::Glued => {
                write!(
                    f,
                    "'{term}' stands within the record, so that two records seem to be joined in one"
                )
            }
            Problem::RunTogether { .. } => write!(
                f,
                "'{term}' is one term, since there is no blank within it; strings of one TXT record are joined without one"
            ),
            Problem::MechanismAsModifier { .. } => {
                write!(
                    f,
                    "'{term}' is read as a modifier that nobody knows, and does nothing"
                )
            }
            Problem::UnknownModifier => write!(
                f,
                "'{term}' is a modifier that RFC 7208 does not know; it does nothing"
            ),
            Problem::PassAll => write!(f, "'{term}' lets everybody in the world send for the domain"),
            Problem::NeutralAll => write!(
                f,
                "'{term}' says nothing of other senders, so that forged mail is not told apart"
            ),
            Problem::NoAll => {
                f.write_str("the record ends without 'all', so that it says nothing of other senders")
            }
            Problem::SoftFailOnly => write!(
                f,
                "'{term}' is all that the record says: nobody may send, but it does not say so firmly"
            ),
            Problem::AfterAll => write!(f, "'{term}' stands after 'all' and is never looked at"),
            Problem::RedirectIgnored => write!(f, "'{term}' is never followed, because the record has 'all'"),
            Problem::Ptr => write!(
                f,
                "'{term}' is slow and unreliable; it should not be published, and some receivers skip it"
            ),
            Problem::MacroP => write!(
                f,
                "'{term}' has the macro %{{p}}, which is slow and unreliable and should not be published"
            ),
            Problem::LookupLimit { count, limit, costs } => {
                write!(f, "the record needs {count} DNS look-ups and {limit} are allowed")?;
                for (at, (term, cost)) in costs.iter().enumerate() {
                    write!(f, "{}'{term}' {cost}", if at == 0 { ": " } else { ", " })?;
                }
                Ok(())
            }
            Problem::NearLookupLimit { count, limit } => {
                write!(
                    f,
                    "the record needs {count} of the {limit} DNS look-ups that are allowed"
                )
            }
            Problem::VoidLimit {
                count,
                limit,
                dependent,
                met_by,
            } => {
                if *met_by == MetBy::Some {
                    f.write_str("up to ")?;
                }
                write!(f, "{count} terms ask for what does not exist in the DNS ")?;
                f.write_str(match met_by {
                    MetBy::All => "when none matches",
                    MetBy::Ipv6 => "when none matches and the client has an IPv6 address",
                    MetBy::Some => "when none matches, depending on the client",
                })?;
                write!(f, ", and {limit} are allowed")?;
                match dependent {
                    0 => Ok(()),
                    number => write!(f, "; {number} of them are 'exists' with macros"),
                }
            }
            Problem::VoidLookup { name, lacks: None } => {
                write!(f, "'{term}' asks for {name}, which does not exist")
            }
            Problem::VoidLookup {
                name,
                lacks: Some(what),
            } => write!(f, "'{term}' asks for {name}, which has no {what}"),
            Problem::TargetMissing { target, no_such_name } => write!(
                f,
                "'{term}' points to {target}, which {}",
                if *no_such_name {
                    "does not exist"
                } else {
                    "has no SPF record"
                }
            ),
            Problem::TargetMalformed { error } => write!(f, "'{term}' makes no domain name: {error}"),
            Problem::OddName => write!(f, "'{term}' has a name that no host has"),
            Problem::Loop { target } => write!(f, "'{term}' leads back to {target}, without an end"),
            Problem::TooDeep => write!(f, "'{term}' is nested too deeply and was not followed"),
            Problem::IncludedTwice { target, times } => {
                write!(
                    f,
                    "the record of {target} is evaluated {times} times, and each counts"
                )
            }
            Problem::NeverPasses { target } => write!(
                f,
                "'{term}' is of no use: the record of {target} lets nobody pass"
            ),
            Problem::Unknowable => write!(
                f,
                "'{term}' depends on the message, so that what it costs cannot be known"
            ),
            Problem::ExistsAlways { name, opens } => {
                write!(f, "'{term}' matches every client, since {name} has an address; ")?;
                f.write_str(if *opens {
                    "it lets everybody in the world send for the domain"
                } else {
                    "no term behind it is ever looked at"
                })
            }
            Problem::Duplicate { of } => write!(f, "'{term}' asks for the same as '{of}' before it"),
            Problem::MxLimit { count, limit } => {
                write!(f, "'{term}' has {count} mail exchanges and {limit} are allowed")
            }
            Problem::NullMx { name } => write!(f, "'{term}' is of no use: {name} takes no mail (null MX)"),
            Problem::ExchangeWithoutAddress { host } => {
                write!(f, "'{term}' has the mail exchange {host}, which has no address")
            }
            Problem::RecordLength { octets } => write!(
                f,
                "the record and the name of its domain have {octets} octets; answers with more than about 450 may not reach \
                 all receivers"
            ),
            Problem::AnswerLength { octets } => write!(
                f,
                "all text records of {domain} and its name have {octets} octets together; an answer with more than about 450 \
                 may not fit into a simple datagram of {SIMPLE_DATAGRAM}"
            ),
            Problem::Everyone => write!(f, "'{term}' covers all addresses there are"),
            Problem::LargeRange { prefix, bits } => match bits.saturating_sub(*prefix) {
                free @ ..=32 => write!(f, "'{term}' lets {} addresses send for the domain", 1u64 << free),
                free => write!(f, "'{term}' lets 2^{free} addresses send for the domain"),
            },
            Problem::SpecialRange { what } => write!(
                f,
                "'{term}' has addresses that no client on the Internet has: {what}"
            ),
            Problem::HostBits { .. } => write!(
                f,
                "'{term}' has an address with bits behind its prefix length, which mean nothing"
            ),
            Problem::Covered { same: true, .. } => write!(f, "'{term}' stands in the record twice"),
            Problem::Covered { by, same: false } => write!(f, "'{term}' is covered by '{by}' already"),
            Problem::Unreached { by, same: false } => write!(
                f,
                "'{term}' never decides, because '{by}' stands before it, covers it and says something else"
            ),
            Problem::Unreached { by, same: true } => write!(
                f,
                "'{term}' never decides, because '{by}' stands before it with the same addresses"
            ),
            Problem::ExplanationMissing { target } => {
                write!(f, "'{term}' points to {target}, which has no text record")
            }
            Problem::ExplanationSeveral { target } => write!(
                f,
                "'{term}' points to {target}, which has several text records, and none is used"
            ),
            Problem::ExplanationSyntax { error } => {
                write!(f, "'{term}' points to a text that cannot be read: {error}")
            }
            Problem::ExplanationUnused => {
                write!(f, "'{term}' is never used, because nothing in the record fails")
            }
            Problem::NotLookedUp {
                question, failure, ..
            } => write!(
                f,
                "the {} records of {} could not be looked up: {failure}",
                question.kind, question.name
            ),
            Problem::UsedUp { failure } => write!(f, "not all could be looked up: {failure}"),
            Problem::Cut { left_out } => write!(f, "{left_out} more findings were left out"),
        }
    }
}

/// A syntax error without its own guess of what was meant, which a hint may contradict.
struct Bare<'a>(&'a SyntaxErrorKind);

impl fmt::Display for Bare<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            SyntaxErrorKind::UnknownMechanism { .. } => {
                SyntaxErrorKind::UnknownMechanism { meant: None }.fmt(f)
            }
            SyntaxErrorKind::DomainEnd { .. } => SyntaxErrorKind::DomainEnd { meant: None }.fmt(f),
            kind => kind.fmt(f),
        }
    }
}
