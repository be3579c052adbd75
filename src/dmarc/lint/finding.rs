//! What the linter finds.

use crate::dmarc::Policy;
use crate::dns::{Failure, Name, NameError, Question};
use crate::error::printable;
use crate::severity::Severity;
use std::ops::Range;

/// Something that is wrong or unwise in what is published. `Display` says it in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub problem: Problem,
    /// Whose record it is in: the domain, without `_dmarc`.
    pub domain: Name,
    /// The tag or the address as published, made printable and cut to 80 octets; none when the whole record is meant.
    pub tag: Option<String>,
    /// Where that stands in the record, in octets.
    pub place: Option<Range<usize>>,
}

/// What is wrong or unwise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The name begins with `_dmarc`: records stand there, and domains do not.
    PrefixGiven {
        /// The domain that was probably meant.
        meant: Name,
    },
    /// The domain does not exist, and no record above it applies.
    NoSuchDomain,
    /// The domain has no record, and none above it applies.
    NoRecord,
    /// The domain has no record of its own, and one above it applies.
    Inherited {
        /// Whose record that is.
        from: Name,
        /// What it asks for.
        policy: Option<Policy>,
        /// The tag that says so: `p`, `sp` or `np`.
        by: &'static str,
        /// Whether the domain exists; none if that makes no difference or is not known.
        exists: Option<bool>,
        /// It is that of a public suffix: the organization itself has published nothing.
        suffix: bool,
    },
    /// More than one record.
    SeveralRecords {
        /// How many.
        count: usize,
    },
    /// A text record that was probably meant as a DMARC record.
    NearMiss {
        /// Its beginning, printable.
        text: String,
        /// What keeps it from being one.
        why: &'static str,
        /// Whether there is a record beside it.
        beside: bool,
    },
    /// A text record at `_dmarc` that has nothing to do with DMARC.
    OtherText {
        /// Its beginning, printable.
        text: String,
    },
    /// A record at a name where nobody asks for it.
    Misplaced {
        /// Where it is.
        at: Name,
        /// Where it belongs.
        belongs: Name,
    },
    /// No valid `p` and no valid `rua`: DMARC is not applied.
    Unusable,
    /// There is no `p`, and the record counts as `p=none`.
    NoPolicy,
    /// `p`, `sp` or `np` holds no policy.
    PolicyValue {
        /// What was probably meant.
        meant: Option<String>,
        /// The record counts as `p=none` then; otherwise it does not count at all.
        usable: bool,
    },
    /// The value of another tag cannot be used, and the default applies.
    Value {
        /// The tag.
        tag: &'static str,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// Two tags without a semicolon between them.
    NoSeparator {
        /// With the semicolon.
        meant: String,
    },
    /// An address of a report behind a semicolon.
    StrayAddress,
    /// A part that is no tag with a value.
    NoTag {
        /// What was probably meant.
        meant: Option<String>,
    },
    /// A tag that nobody knows.
    UnknownTag {
        /// What was probably meant.
        meant: Option<String>,
        /// The tag that was meant is there already.
        already: bool,
    },
    /// A tag that stands twice.
    Repeated,
    /// `v=DMARC1` in the middle: two records in one.
    Glued,
    /// Two semicolons in a row.
    EmptyPart,
    /// `pct`, which has no effect any more.
    Percent {
        /// Its value, if it is a number.
        value: Option<u8>,
    },
    /// `rf` or `ri`, which have no effect any more.
    Historic,
    /// `p` is not the second tag, which RFC 7489 asked for.
    PolicyNotSecond,
    /// An address for reports that is no URI.
    Uri {
        /// What was probably meant.
        meant: Option<String>,
    },
    /// An address for reports that need not be supported.
    NotMailto,
    /// A limit of size, which is obsolete.
    SizeLimit {
        /// The address without it.
        meant: String,
    },
    /// `p=none`, and nobody gets reports.
    NoneWithoutReports,
    /// `p=none`
    PolicyNone,
    /// No address for aggregate reports.
    NoRua,
    /// `sp` is weaker than `p`.
    SpWeaker {
        /// The policy of the domain.
        p: Policy,
        /// That of subdomains that exist.
        sp: Policy,
        /// Subdomains that do not exist have the same.
        np_too: bool,
    },
    /// `np` is weaker than what applies to subdomains that exist.
    NpWeaker {
        /// The policy of subdomains that exist.
        sp: Policy,
        /// That of those that do not.
        np: Policy,
    },
    /// `sp` or `np` in a record that is not that of the organizational domain.
    SubdomainPolicyIgnored {
        /// The organizational domain.
        organizational: Name,
    },
    /// `t=y`
    Testing {
        /// The strictest policy of the record.
        policy: Policy,
        /// Whether anybody gets reports.
        reports: bool,
    },
    /// `t=y` where all policies are `none`.
    TestingWithoutEffect,
    /// `psd=y`
    PublicSuffix,
    /// `ruf` in a record with `psd=y`.
    PublicSuffixRuf,
    /// A top-level domain's record without `psd=y`.
    PublicSuffixMissing,
    /// `fo` without any `ruf`.
    FoWithoutRuf,
    /// A long record.
    RecordLength {
        /// Its octets.
        octets: usize,
    },
    /// An answer that is too long for a simple datagram.
    AnswerLength {
        /// Its octets.
        octets: usize,
    },
    /// Reports are to go to another organization, which has not agreed to take them.
    NotAuthorized {
        /// The destination host.
        host: Name,
        /// The name where its consent would have to be; none if it would be too long.
        consent: Option<Name>,
        /// There is a text record at that name, and it is none of DMARC.
        other_text: bool,
        /// The address is one of `ruf` only.
        failure_reports_only: bool,
    },
    /// The other organization directs the reports to a third place, which is not allowed.
    OverrideElsewhere {
        /// The name of the record that does so.
        consent: Name,
        /// Where to.
        to: String,
    },
    /// The domain of an address is no name that can be asked for.
    DestinationMalformed {
        /// Why.
        error: NameError,
    },
    /// The domain of an address does not exist, or has neither mail exchange nor address.
    DestinationMissing {
        /// That domain.
        host: Name,
        /// Whether it does not exist at all.
        no_such_name: bool,
    },
    /// The domain of an address takes no mail.
    NullMx {
        /// That domain.
        host: Name,
    },
    /// More destinations than are looked at.
    DestinationsLeftOut {
        /// How many were not.
        left_out: usize,
    },
    /// A question was not answered.
    NotLookedUp {
        /// The question.
        question: Question,
        /// Why.
        failure: Failure,
        /// Whether it was for the record itself.
        root: bool,
    },
    /// The time or the number of questions was used up.
    UsedUp {
        /// Which.
        failure: Failure,
    },
    /// There was more to be said.
    Cut {
        /// Findings that were left out.
        left_out: usize,
    },
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.problem.rule().0
    }

    /// A stable code, such as `no_record`.
    pub fn code(&self) -> &'static str {
        self.problem.rule().1
    }

    /// The rule that it rests on, such as `RFC 9989 section 4.7`.
    pub fn clause(&self) -> &'static str {
        self.problem.rule().2
    }
}

/// Octets of an answer over UDP without EDNS (RFC 1035 section 4.2.1).
pub(super) const SIMPLE_DATAGRAM: usize = 512;

impl Problem {
    fn rule(&self) -> (Severity, &'static str, &'static str) {
        use Severity::{Error, Notice, Warning};
        match self {
            Problem::PrefixGiven { .. } => (Error, "prefix_given", "RFC 9989 section 4.5"),
            Problem::NoSuchDomain => (Error, "no_such_domain", "RFC 9989 section 4.10.1"),
            Problem::NoRecord => (Error, "no_record", "RFC 9989 section 4.10.1"),
            Problem::Inherited { suffix: false, .. } => (Notice, "inherited", "RFC 9989 section 4.10.1"),
            Problem::Inherited { suffix: true, .. } => {
                (Warning, "inherited_from_suffix", "RFC 9989 section 4.10.1")
            }
            Problem::SeveralRecords { .. } => (Error, "several_records", "RFC 9989 section 4.10"),
            Problem::NearMiss { beside: false, .. } => (Error, "near_miss", "RFC 9989 section 4.7"),
            Problem::NearMiss { beside: true, .. } => (Warning, "near_miss", "RFC 9989 section 4.7"),
            Problem::OtherText { .. } => (Notice, "other_text", "RFC 9989 section 4.10"),
            Problem::Misplaced { .. } => (Error, "misplaced", "RFC 9989 section 4.5"),
            Problem::Unusable => (Error, "unusable", "RFC 9989 section 4.10.1"),
            Problem::NoPolicy => (Warning, "no_policy", "RFC 9989 section 4.7"),
            Problem::PolicyValue { .. } => (Error, "policy_value", "RFC 9989 section 4.10.1"),
            Problem::Value { .. } => (Warning, "value", "RFC 9989 section 4.8"),
            Problem::NoSeparator { .. } => (Error, "no_separator", "RFC 9989 section 4.8"),
            Problem::StrayAddress => (Error, "stray_address", "RFC 9989 section 4.6"),
            Problem::NoTag { .. } => (Warning, "no_tag", "RFC 9989 section 4.8"),
            Problem::UnknownTag { meant: Some(_), .. } => (Warning, "unknown_tag", "RFC 9989 section 4.7"),
            Problem::UnknownTag { meant: None, .. } => (Notice, "unknown_tag", "RFC 9989 section 4.7"),
            Problem::Repeated => (Error, "repeated_tag", "RFC 6376 section 3.2"),
            Problem::Glued => (Error, "glued_records", "RFC 6376 section 3.2"),
            Problem::EmptyPart => (Notice, "empty_part", "RFC 9989 section 4.8"),
            Problem::Percent { value: Some(..100) } => (Warning, "historic_pct", "RFC 9989 appendix A.6"),
            Problem::Percent { .. } => (Notice, "historic_pct", "RFC 9989 appendix A.6"),
            Problem::Historic => (Notice, "historic_tag", "RFC 9989 section 9.3"),
            Problem::PolicyNotSecond => (Notice, "policy_not_second", "RFC 7489 section 6.4"),
            Problem::Uri { .. } => (Error, "uri", "RFC 9989 section 4.8"),
            Problem::NotMailto => (Warning, "not_mailto", "RFC 9989 section 4.7"),
            Problem::SizeLimit { .. } => (Notice, "size_limit", "RFC 9989 section 4.8"),
            Problem::NoneWithoutReports => (Warning, "none_without_reports", "RFC 9989 section 5.1.5"),
            Problem::PolicyNone => (Notice, "policy_none", "RFC 9989 section 5.1.7"),
            Problem::NoRua => (Notice, "no_rua", "RFC 9989 section 4.7"),
            Problem::SpWeaker { .. } => (Warning, "sp_weaker", "RFC 9989 section 4.7"),
            Problem::NpWeaker { .. } => (Warning, "np_weaker", "RFC 9989 section 4.7"),
            Problem::SubdomainPolicyIgnored { .. } => {
                (Notice, "subdomain_policy_ignored", "RFC 9989 section 4.7")
            }
            Problem::Testing { reports: true, .. } => (Notice, "testing", "RFC 9989 section 4.7"),
            Problem::Testing { reports: false, .. } => (Warning, "testing", "RFC 9989 section 4.7"),
            Problem::TestingWithoutEffect => (Notice, "testing_without_effect", "RFC 9989 section 4.7"),
            Problem::PublicSuffix => (Warning, "public_suffix", "RFC 9989 section 4.7"),
            Problem::PublicSuffixRuf => (Warning, "public_suffix_ruf", "RFC 9991 section 2"),
            Problem::PublicSuffixMissing => (Warning, "public_suffix_missing", "RFC 9989 section 5.2"),
            Problem::FoWithoutRuf => (Notice, "fo_without_ruf", "RFC 9989 section 4.7"),
            Problem::RecordLength { .. } => (Notice, "record_length", "RFC 1035 section 4.2.1"),
            Problem::AnswerLength { .. } => (Notice, "answer_length", "RFC 1035 section 4.2.1"),
            Problem::NotAuthorized {
                failure_reports_only: false,
                ..
            } => (Error, "not_authorized", "RFC 9990 section 4"),
            Problem::NotAuthorized { .. } => (Error, "not_authorized", "RFC 9991 section 5"),
            Problem::OverrideElsewhere { .. } => (Error, "override_elsewhere", "RFC 9990 section 4"),
            Problem::DestinationMalformed { .. } => (Error, "destination_malformed", "RFC 6068 section 2"),
            Problem::DestinationMissing { .. } => (Error, "destination_missing", "RFC 5321 section 5.1"),
            Problem::NullMx { .. } => (Error, "null_mx", "RFC 7505 section 3"),
            Problem::DestinationsLeftOut { .. } => {
                (Warning, "destinations_left_out", "RFC 9989 section 11.6")
            }
            Problem::NotLookedUp { root: true, .. } => (Error, "not_looked_up", "RFC 9989 section 4.10.1"),
            Problem::NotLookedUp { .. } => (Warning, "not_looked_up", "RFC 9989 section 4.10.1"),
            Problem::UsedUp { .. } => (Warning, "used_up", "RFC 9989 section 4.10"),
            Problem::Cut { .. } => (Notice, "cut", "RFC 9989 section 4.8"),
        }
    }

    /// For the whole record of a domain.
    pub(super) fn of(self, domain: &Name) -> Finding {
        Finding {
            problem: self,
            domain: domain.clone(),
            tag: None,
            place: None,
        }
    }

    /// For a part of it.
    pub(super) fn at(self, domain: &Name, octets: &[u8], place: Range<usize>) -> Finding {
        Finding {
            problem: self,
            domain: domain.clone(),
            tag: Some(printable(octets.get(place.clone()).unwrap_or_default())),
            place: Some(place),
        }
    }

    /// A question that was not answered: what was used up is told once for all.
    pub(super) fn not_looked_up(question: Question, failure: &Failure, root: bool) -> Problem {
        let failure = failure.clone();
        match failure {
            Failure::Questions | Failure::Deadline if !root => Problem::UsedUp { failure },
            _ => Problem::NotLookedUp {
                question,
                failure,
                root,
            },
        }
    }
}
