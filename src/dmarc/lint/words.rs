//! What is said of a finding: the sentence, and what to do.

use super::finding::{Finding, Problem, SIMPLE_DATAGRAM};
use crate::dns::Failure;
use std::fmt;

impl Finding {
    /// What to do about it, in a sentence.
    pub fn fix(&self) -> String {
        let domain = &self.domain;
        let text = match &self.problem {
            Problem::PrefixGiven { meant } => return format!("Give the domain itself, {meant}."),
            Problem::NoSuchDomain => {
                "Check how the name is written, and that the domain is registered and delegated."
            }
            Problem::NoRecord => {
                return format!(
                    "Publish one TXT record at _dmarc.{domain}: 'v=DMARC1; p=none; rua=mailto:' and an address of yours to begin with, \
                     or 'v=DMARC1; p=reject' if the domain sends no mail."
                );
            }
            Problem::Inherited { suffix: true, .. } => {
                return format!(
                    "Publish a record of your own at _dmarc.{domain}, or at that of your organization."
                );
            }
            Problem::Inherited { .. } => {
                return format!(
                    "Nothing, if that is meant; otherwise publish a record at _dmarc.{domain}, with all that is to apply."
                );
            }
            Problem::SeveralRecords { .. } => "Keep one of them, and remove the others.",
            Problem::NearMiss { beside: false, .. } => {
                "Let the record begin with exactly 'v=DMARC1;', without anything before."
            }
            Problem::NearMiss { beside: true, .. } | Problem::OtherText { .. } => "Remove this text record.",
            Problem::Misplaced { belongs, .. } => return format!("Move it to {belongs}."),
            Problem::Unusable => "Publish 'p=none', 'p=quarantine' or 'p=reject'.",
            Problem::NoPolicy => "Write what you want as second tag, 'p=none' if it is to stay as it is.",
            Problem::PolicyValue {
                meant: Some(meant), ..
            }
            | Problem::NoSeparator { meant }
            | Problem::Value {
                meant: Some(meant), ..
            }
            | Problem::NoTag { meant: Some(meant) }
            | Problem::UnknownTag {
                meant: Some(meant),
                already: false,
            }
            | Problem::Uri { meant: Some(meant) }
            | Problem::SizeLimit { meant } => return format!("Write '{meant}'."),
            Problem::PolicyValue { meant: None, .. } => "Write 'none', 'quarantine' or 'reject'.",
            Problem::Value { tag, meant: None } => {
                return match *tag {
                    "adkim" | "aspf" => format!("Write '{tag}=s' or '{tag}=r', or remove it."),
                    "fo" => "Write '0' or '1', and ':d' and ':s' behind it as you like.".to_owned(),
                    "psd" => "Remove it, unless you know that you need 'psd=n'.".to_owned(),
                    _ => format!("Write '{tag}=y' or '{tag}=n', or remove it."),
                };
            }
            Problem::StrayAddress => {
                "Join it to the addresses before it with a comma in place of the semicolon."
            }
            Problem::NoTag { meant: None } | Problem::EmptyPart => "Remove it.",
            Problem::UnknownTag {
                meant: Some(meant), ..
            } => {
                return format!("Remove it: what was probably meant, as in '{meant}', is there already.");
            }
            Problem::UnknownTag { meant: None, .. } => "Remove it, unless you know who reads it.",
            Problem::Repeated => "Keep one of the two.",
            Problem::Glued => "Leave out 'v=DMARC1' in the middle, and what stands twice.",
            Problem::Percent { value: Some(0) } => {
                "Write 't=y' in its place, if receivers are to treat what fails one step more mildly; otherwise remove it."
            }
            Problem::Percent { value: Some(1..100) } => {
                "Remove it. 't=y' asks that all that fails be treated one step more mildly, and nothing asks for a part of it."
            }
            Problem::Percent { .. } | Problem::Historic => "Remove it.",
            Problem::PolicyNotSecond => "Move 'p' directly behind 'v=DMARC1'.",
            Problem::Uri { meant: None } => "Write a URI such as 'mailto:dmarc@example.org'.",
            Problem::NotMailto => "Give an address with 'mailto:', which everybody supports.",
            Problem::NoneWithoutReports => {
                "Give an address for reports, 'rua=mailto:' and a mailbox of yours, and read what comes."
            }
            Problem::PolicyNone => {
                "Once the reports show that all your mail passes, go on to 'p=quarantine' and then to 'p=reject'."
            }
            Problem::NoRua => "Give one, 'rua=mailto:' and a mailbox of yours, if you want to know.",
            Problem::SpWeaker { p, np_too: true, .. } => {
                return format!(
                    "Remove 'sp', so that 'p={p}' covers all subdomains. If those that exist are not ready for it, add 'np={p}' for \
                     all others."
                );
            }
            Problem::SpWeaker { p, np_too: false, .. } => {
                return format!("Remove 'sp' once your subdomains are ready, so that 'p={p}' covers them.");
            }
            Problem::NpWeaker { .. } => {
                "Write 'np=reject': no mail of yours comes from names that do not exist."
            }
            Problem::SubdomainPolicyIgnored { organizational } => {
                return format!(
                    "Remove it, or write it into the record of {organizational}. If the subdomains of {domain} are an organization of \
                     their own, add 'psd=n'."
                );
            }
            Problem::Testing { reports: true, .. } => {
                "Remove 't=y' once the reports show that all your mail passes."
            }
            Problem::Testing { reports: false, .. } => {
                "Give an address for reports, 'rua=mailto:' and a mailbox of yours, or remove 't=y'."
            }
            Problem::TestingWithoutEffect => "Remove it.",
            Problem::PublicSuffix => {
                "Remove it, unless this is a registry, below which others have their domains."
            }
            Problem::PublicSuffixRuf => "Remove 'ruf'.",
            Problem::PublicSuffixMissing => "Add 'psd=y'.",
            Problem::FoWithoutRuf => "Remove 'fo', or add 'ruf'.",
            Problem::RecordLength { .. } => "Remove what is not needed, such as tags that say the default.",
            Problem::AnswerLength { .. } => "Remove the other text records at this name.",
            Problem::NotAuthorized {
                host,
                consent: Some(consent),
                ..
            } => {
                return format!(
                    "Ask who runs {host} to publish the TXT record 'v=DMARC1;' at {consent}, or write an address of your own."
                );
            }
            Problem::NotAuthorized { consent: None, .. } => "Write an address of your own domain.",
            Problem::OverrideElsewhere { consent, .. } => {
                return format!(
                    "Ask who published {consent} to name an address of the same host there, or write another address."
                );
            }
            Problem::DestinationMalformed { .. } => "Write an address such as 'dmarc@example.org' there.",
            Problem::DestinationMissing { .. } => "Write an address that takes mail.",
            Problem::NullMx { .. } => "Write an address of a domain that takes mail.",
            Problem::DestinationsLeftOut { .. } => {
                "Write fewer addresses; receivers have limits of their own."
            }
            Problem::NotLookedUp { .. } => {
                "Try again; if it stays so, see to the nameservers of that domain."
            }
            Problem::UsedUp {
                failure: Failure::Deadline,
            } => "Try again with more time.",
            Problem::UsedUp { .. } | Problem::Cut { .. } => {
                "Correct what is told here first, and then look again."
            }
        };
        text.to_owned()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tag = self.tag.as_deref().unwrap_or("the tag");
        let domain = &self.domain;
        match &self.problem {
            Problem::PrefixGiven { .. } => write!(f, "{domain} is where a record stands, and not a domain of mail"),
            Problem::NoSuchDomain => write!(f, "the domain {domain} does not exist in the DNS, and no policy covers it"),
            Problem::NoRecord => write!(
                f,
                "the domain {domain} publishes no DMARC record, and no domain above it does, so that nobody applies DMARC to its mail"
            ),
            Problem::Inherited {
                from,
                policy,
                by,
                exists,
                suffix,
            } => {
                match suffix {
                    true => write!(
                        f,
                        "neither {domain} nor its organization publishes a DMARC record, and that of the registry {from} applies"
                    ),
                    false => write!(f, "the domain {domain} publishes no DMARC record, and that of {from} applies"),
                }?;
                match policy {
                    Some(policy) => write!(f, ": its '{by}' asks for {policy}"),
                    None => f.write_str(", which is unusable"),
                }?;
                f.write_str(match exists {
                    Some(true) => ", since the domain exists",
                    Some(false) => ", since the domain does not exist",
                    None => "",
                })
            }
            Problem::SeveralRecords { count } => write!(
                f,
                "the domain {domain} publishes {count} DMARC records where one is allowed, and receivers use none"
            ),
            Problem::NearMiss { text, why, .. } => write!(
                f,
                "the text record '{text}' at _dmarc.{domain} is not read as a DMARC record: {why}"
            ),
            Problem::OtherText { text } => write!(
                f,
                "the text record '{text}' at _dmarc.{domain} has nothing to do with DMARC and is passed by"
            ),
            Problem::Misplaced { at, belongs } => {
                write!(f, "a DMARC record stands at {at}, and everybody looks for it at {belongs}")
            }
            Problem::Unusable => f.write_str(
                "the record has neither a valid policy nor a valid address for reports, and receivers do not apply DMARC",
            ),
            Problem::NoPolicy => f.write_str("the record has no 'p' and counts as 'p=none'"),
            Problem::PolicyValue { usable: true, .. } => {
                write!(f, "'{tag}' names no policy, so that the whole record counts as 'p=none'")
            }
            Problem::PolicyValue { usable: false, .. } => {
                write!(f, "'{tag}' names no policy, so that the whole record does not count")
            }
            Problem::Value { .. } => write!(f, "'{tag}' has a value that does not exist, and counts as if it were absent"),
            Problem::NoSeparator { .. } => write!(
                f,
                "in '{tag}' a semicolon is missing between two tags (the strings of a TXT record are joined without anything between)"
            ),
            Problem::StrayAddress => write!(
                f,
                "'{tag}' is no tag: addresses are parted by commas, and semicolons part tags"
            ),
            Problem::NoTag { .. } => write!(f, "'{tag}' is no tag with a value, and is passed by"),
            Problem::UnknownTag { .. } => write!(f, "'{tag}' is a tag that RFC 9989 does not know; it does nothing"),
            Problem::Repeated => write!(
                f,
                "'{tag}' has a tag that stands before already; some receivers take the first, and others discard the record"
            ),
            Problem::Glued => write!(
                f,
                "'{tag}' stands within the record, so that two records seem to be joined in one"
            ),
            Problem::EmptyPart => f.write_str("the record has two semicolons with nothing between them"),
            Problem::Percent { value: Some(..100) } => write!(
                f,
                "'{tag}' has no effect since RFC 9989: the policy applies to all mail that fails"
            ),
            Problem::Percent { .. } | Problem::Historic => write!(f, "'{tag}' has no effect since RFC 9989"),
            Problem::PolicyNotSecond => write!(
                f,
                "'{tag}' is not the second tag; receivers that still follow RFC 7489 may pass by the record"
            ),
            Problem::Uri { .. } if tag.is_empty() => f.write_str("an address is missing before or behind a comma"),
            Problem::Uri { .. } => write!(f, "'{tag}' is no URI of an address, and no reports are sent there"),
            Problem::NotMailto => write!(f, "'{tag}' is no address of mail; receivers need not support others"),
            Problem::SizeLimit { .. } => write!(f, "'{tag}' has a limit of size, which is obsolete and has no effect"),
            Problem::NoneWithoutReports => f.write_str(
                "the record asks for nothing to be done and for no reports: nobody is protected, and nobody learns anything",
            ),
            Problem::PolicyNone => write!(f, "'{tag}' asks for nothing to be done with forged mail of {domain}"),
            Problem::NoRua => f.write_str("the record has no address for aggregate reports, so that you do not learn whose mail fails"),
            Problem::SpWeaker { p, sp, np_too } => write!(
                f,
                "'{tag}' asks for {sp} where the domain itself has {p}: who cannot forge {domain} forges a subdomain{}",
                if *np_too { ", even one that does not exist" } else { "" }
            ),
            Problem::NpWeaker { sp, np } => write!(
                f,
                "'{tag}' asks for {np} where subdomains that exist have {sp}: forgers need only make up a name"
            ),
            Problem::SubdomainPolicyIgnored { organizational } => write!(
                f,
                "'{tag}' has no effect, because subdomains take their policy from {organizational}, the organizational domain"
            ),
            Problem::Testing { policy, .. } => write!(
                f,
                "'{tag}' says that this is a test: {policy} counts as {}",
                policy.lowered()
            ),
            Problem::TestingWithoutEffect => write!(f, "'{tag}' has no effect, because no policy asks for anything"),
            Problem::PublicSuffix => write!(
                f,
                "'{tag}' says that {domain} is a public suffix: each name below it is an organization of its own, and none aligns with it"
            ),
            Problem::PublicSuffixRuf => {
                write!(f, "'{tag}' stands beside 'psd=y', and receivers send no failure reports then")
            }
            Problem::PublicSuffixMissing => write!(
                f,
                "the record of the top-level domain {domain} lacks 'psd=y', so that all domains below it seem to be one organization"
            ),
            Problem::FoWithoutRuf => write!(f, "'{tag}' has no effect, because there is no address for failure reports"),
            Problem::RecordLength { octets } => write!(
                f,
                "the record has {octets} octets; answers with more than about 450 may not reach all receivers"
            ),
            Problem::AnswerLength { octets } => write!(
                f,
                "all TXT records of _dmarc.{domain} together make an answer of about {octets} octets; more than {SIMPLE_DATAGRAM} do not \
                 fit into a simple datagram"
            ),
            Problem::NotAuthorized {
                host,
                consent,
                other_text,
                ..
            } => {
                write!(f, "'{tag}' gets no reports: {host} belongs to another organization")?;
                match (consent, other_text) {
                    (None, _) => f.write_str(", and the name of its consent would be too long"),
                    (Some(consent), false) => write!(f, ", and there is no consent at {consent}"),
                    (Some(consent), true) => {
                        write!(f, ", and the text at {consent} is no consent, for it does not begin with 'v=DMARC1'")
                    }
                }
            }
            Problem::OverrideElsewhere { consent, to } => write!(
                f,
                "'{tag}' gets no reports: the record at {consent} sends them on to '{to}', which is at another host"
            ),
            Problem::DestinationMalformed { error } => write!(f, "'{tag}' gets no reports: {error}"),
            Problem::DestinationMissing {
                host,
                no_such_name: true,
            } => write!(f, "'{tag}' gets no reports: {host} does not exist"),
            Problem::DestinationMissing { host, .. } => {
                write!(f, "'{tag}' gets no reports: {host} has neither a mail exchange nor an address")
            }
            Problem::NullMx { host } => write!(f, "'{tag}' gets no reports: {host} takes no mail (null MX)"),
            Problem::DestinationsLeftOut { left_out } => {
                write!(f, "{left_out} more hosts that reports are to go to were not looked at")
            }
            Problem::NotLookedUp { question, failure, .. } => write!(
                f,
                "the {} records of {} could not be looked up: {failure}",
                question.kind, question.name
            ),
            Problem::UsedUp { failure } => write!(f, "not all could be looked up: {failure}"),
            Problem::Cut { left_out } => write!(f, "{left_out} more findings were left out"),
        }
    }
}
