//! What the linter finds, and what is to be done about it.

use super::terms::Hint;
use crate::dns::{Failure, Name, Question, RecordType};
use crate::error::printable;
use crate::severity::Severity;
use crate::spf::{MacroError, SyntaxErrorKind, TargetError};
use std::ops::Range;

/// Something that is wrong or unwise in a record. `Display` says it in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub problem: Problem,
    /// Whose record it is in.
    pub domain: Name,
    /// The term as published, made printable and cut to 80 octets; none when the whole record is meant.
    pub term: Option<String>,
    /// Where the term stands in the record, in octets.
    pub place: Option<Range<usize>>,
}

/// What is wrong or unwise.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// The domain has one label, and no receiver asks for its record.
    SingleLabel,
    /// The domain does not exist.
    NoSuchDomain,
    /// The domain has no SPF record.
    NoRecord,
    /// A text record that was probably meant as an SPF record.
    NearMiss {
        /// Its beginning, printable.
        text: String,
        /// What keeps it from being one.
        why: &'static str,
        /// Whether there is an SPF record beside it.
        beside: bool,
    },
    /// A record of Sender ID, which is history.
    SenderId,
    /// More than one SPF record.
    SeveralRecords {
        /// How many.
        count: usize,
    },
    /// A term that cannot be read.
    Syntax {
        /// What is wrong with it.
        kind: SyntaxErrorKind,
        /// What was probably meant.
        hint: Option<Hint>,
    },
    /// `v=spf1` in the middle: two records in one.
    Glued,
    /// Terms without a blank between them, as the strings of a TXT record are joined.
    RunTogether {
        /// The terms, with their blanks.
        meant: String,
    },
    /// `include=example.org`, which is an unknown modifier, in place of `include:`.
    MechanismAsModifier {
        /// What was probably meant.
        meant: String,
    },
    /// A modifier that nobody knows.
    UnknownModifier,
    /// `+all`
    PassAll,
    /// `?all`
    NeutralAll,
    /// Neither `all` nor `redirect`.
    NoAll,
    /// `v=spf1 ~all`
    SoftFailOnly,
    /// A term behind `all`.
    AfterAll,
    /// A `redirect` beside `all`.
    RedirectIgnored,
    /// `ptr`
    Ptr,
    /// `%{p}`
    MacroP,
    /// More terms that ask the DNS than allowed.
    LookupLimit {
        /// How many there are in the worst case.
        count: u32,
        /// How many are allowed.
        limit: u32,
        /// The dearest terms of the record, and what they cost.
        costs: Vec<(String, u32)>,
    },
    /// As many terms that ask the DNS as are allowed, or one less.
    NearLookupLimit {
        /// How many there are in the worst case.
        count: u32,
        /// How many are allowed.
        limit: u32,
    },
    /// More terms that ask for what does not exist than allowed.
    VoidLimit {
        /// How many.
        count: u32,
        /// How many are allowed.
        limit: u32,
        /// How many of them are `exists` with macros, which find nothing for the clients that they do not match.
        dependent: u32,
        /// Who meets it.
        met_by: MetBy,
    },
    /// A term that asks for what does not exist.
    VoidLookup {
        /// The name asked for.
        name: Name,
        /// What it lacks; none if there is no such name.
        lacks: Option<&'static str>,
    },
    /// An `include` or `redirect` to a domain without a record.
    TargetMissing {
        /// That domain.
        target: Name,
        /// Whether it does not exist at all.
        no_such_name: bool,
    },
    /// A domain-spec that makes no name.
    TargetMalformed {
        /// Why.
        error: TargetError,
    },
    /// A name that no host has, such as an address of a person.
    OddName,
    /// An `include` or `redirect` that comes back to where it was.
    Loop {
        /// The domain that it comes back to.
        target: Name,
    },
    /// An `include` or `redirect` too deep to be followed.
    TooDeep,
    /// A record that is evaluated several times.
    IncludedTwice {
        /// Its domain.
        target: Name,
        /// How many times.
        times: usize,
    },
    /// An `include` whose record never passes.
    NeverPasses {
        /// The domain included.
        target: Name,
    },
    /// An `include` or `redirect` whose target depends on the message.
    Unknowable,
    /// An `exists` that matches whatever the message, since its name has an address.
    ExistsAlways {
        /// That name.
        name: Name,
        /// Whether that lets everybody pass.
        opens: bool,
    },
    /// A term that asks for the same as another.
    Duplicate {
        /// The one before it, as published.
        of: String,
    },
    /// More mail exchanges than allowed.
    MxLimit {
        /// How many.
        count: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// `mx` for a domain that takes no mail.
    NullMx {
        /// That domain.
        name: Name,
    },
    /// A mail exchange without any address.
    ExchangeWithoutAddress {
        /// The exchange.
        host: Name,
    },
    /// A long record.
    RecordLength {
        /// The octets of the domain's name and of the record.
        octets: usize,
    },
    /// Text records that are too long together.
    AnswerLength {
        /// The octets of the domain's name and of all its text records.
        octets: usize,
    },
    /// A range of all addresses.
    Everyone,
    /// A very large range.
    LargeRange {
        /// Its prefix length.
        prefix: u8,
        /// Bits of an address of that family.
        bits: u8,
    },
    /// Addresses that no client on the Internet has.
    SpecialRange {
        /// What they are for.
        what: &'static str,
    },
    /// Bits behind the prefix length that mean nothing.
    HostBits {
        /// The term without them.
        meant: String,
    },
    /// A range that another covers.
    Covered {
        /// The other, as published.
        by: String,
        /// Whether they are the same.
        same: bool,
    },
    /// A range that another before it covers, which says something else.
    Unreached {
        /// The other, as published.
        by: String,
        /// Whether they are the same.
        same: bool,
    },
    /// `exp` points to nothing.
    ExplanationMissing {
        /// Where it points.
        target: Name,
    },
    /// `exp` points to several texts.
    ExplanationSeveral {
        /// Where it points.
        target: Name,
    },
    /// The explanation cannot be read.
    ExplanationSyntax {
        /// Why.
        error: MacroError,
    },
    /// `exp` in a record that never fails.
    ExplanationUnused,
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

/// Which clients make a record go beyond a limit when none of its terms matches them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MetBy {
    /// All of them.
    All,
    /// Those with IPv6 addresses.
    Ipv6,
    /// Those for whom terms find nothing that may find something, such as `ptr`.
    Some,
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rule().0
    }

    /// A stable code, such as `lookup_limit`.
    pub fn code(&self) -> &'static str {
        self.rule().1
    }

    /// The rule that it rests on, such as `RFC 7208 section 4.6.4`.
    pub fn clause(&self) -> &'static str {
        self.rule().2
    }

    fn rule(&self) -> (Severity, &'static str, &'static str) {
        use Severity::{Error, Notice, Warning};
        match &self.problem {
            Problem::SingleLabel => (Error, "single_label", "RFC 7208 section 4.3"),
            Problem::NoSuchDomain => (Error, "no_such_domain", "RFC 7208 section 4.3"),
            Problem::NoRecord => (Error, "no_record", "RFC 7208 section 4.5"),
            Problem::NearMiss { beside: false, .. } => (Error, "near_miss", "RFC 7208 section 4.5"),
            Problem::NearMiss { beside: true, .. } => (Warning, "near_miss", "RFC 7208 section 4.5"),
            Problem::SenderId => (Notice, "sender_id", "RFC 6686"),
            Problem::SeveralRecords { .. } => (Error, "several_records", "RFC 7208 section 3.2"),
            Problem::Syntax { kind, .. } => (Error, "syntax", syntax_clause(kind)),
            Problem::Glued => (Error, "glued_records", "RFC 7208 section 4.5"),
            Problem::RunTogether { .. } => (Error, "run_together", "RFC 7208 section 3.3"),
            Problem::MechanismAsModifier { .. } => (Error, "mechanism_as_modifier", "RFC 7208 section 4.6.1"),
            Problem::UnknownModifier => (Notice, "unknown_modifier", "RFC 7208 section 6"),
            Problem::PassAll => (Error, "pass_all", "RFC 7208 section 5.1"),
            Problem::NeutralAll => (Warning, "neutral_all", "RFC 7208 section 5.1"),
            Problem::NoAll => (Warning, "no_all", "RFC 7208 section 4.7"),
            Problem::SoftFailOnly => (Notice, "softfail_only", "RFC 7208 section 8.5"),
            Problem::AfterAll => (Warning, "after_all", "RFC 7208 section 5.1"),
            Problem::RedirectIgnored => (Warning, "redirect_ignored", "RFC 7208 section 6.1"),
            Problem::Ptr => (Warning, "ptr", "RFC 7208 section 5.5"),
            Problem::MacroP => (Warning, "macro_p", "RFC 7208 section 7.2"),
            Problem::LookupLimit { .. } => (Error, "lookup_limit", "RFC 7208 section 4.6.4"),
            Problem::NearLookupLimit { .. } => (Notice, "near_lookup_limit", "RFC 7208 section 4.6.4"),
            Problem::VoidLimit { met_by, .. } => match met_by {
                MetBy::All => (Error, "void_limit", "RFC 7208 section 4.6.4"),
                MetBy::Ipv6 => (Warning, "void_limit_ipv6", "RFC 7208 section 4.6.4"),
                MetBy::Some => (Warning, "void_limit_possible", "RFC 7208 section 4.6.4"),
            },
            Problem::VoidLookup { .. } => (Warning, "void_lookup", "RFC 7208 section 4.6.4"),
            Problem::TargetMissing { .. } if self.is_redirect() => {
                (Error, "redirect_none", "RFC 7208 section 6.1")
            }
            Problem::TargetMissing { .. } => (Error, "include_none", "RFC 7208 section 5.2"),
            Problem::TargetMalformed { .. } => (Error, "target_malformed", "RFC 7208 section 4.8"),
            Problem::OddName => (Warning, "odd_name", "RFC 7208 section 7.1"),
            Problem::Loop { .. } => (Error, "loop", "RFC 7208 section 4.6.4"),
            Problem::TooDeep => (Warning, "too_deep", "RFC 7208 section 4.6.4"),
            Problem::IncludedTwice { .. } => (Warning, "included_twice", "RFC 7208 section 4.6.4"),
            Problem::NeverPasses { .. } => (Warning, "never_passes", "RFC 7208 section 5.2"),
            Problem::Unknowable => (Notice, "unknowable", "RFC 7208 section 4.6.4"),
            Problem::ExistsAlways { opens: true, .. } => (Error, "exists_always", "RFC 7208 section 5.7"),
            Problem::ExistsAlways { opens: false, .. } => (Warning, "exists_always", "RFC 7208 section 5.7"),
            Problem::Duplicate { .. } => (Warning, "duplicate", "RFC 7208 section 4.6.2"),
            Problem::MxLimit { .. } => (Error, "mx_limit", "RFC 7208 section 4.6.4"),
            Problem::NullMx { .. } => (Warning, "null_mx", "RFC 7505 section 3"),
            Problem::ExchangeWithoutAddress { .. } => {
                (Warning, "exchange_without_address", "RFC 7208 section 5.4")
            }
            Problem::RecordLength { octets } if *octets > SIMPLE_DATAGRAM => {
                (Warning, "record_length", "RFC 7208 section 3.4")
            }
            Problem::RecordLength { .. } => (Notice, "record_length", "RFC 7208 section 3.4"),
            Problem::AnswerLength { .. } => (Notice, "answer_length", "RFC 7208 section 3.4"),
            Problem::Everyone => (Error, "everyone", "RFC 7208 section 5.6"),
            Problem::LargeRange { .. } => (Warning, "large_range", "RFC 7208 section 5.6"),
            Problem::SpecialRange { .. } => (Warning, "special_range", "RFC 6890 section 2.2"),
            Problem::HostBits { .. } => (Notice, "host_bits", "RFC 7208 section 5.6"),
            Problem::Covered { .. } => (Notice, "covered", "RFC 7208 section 4.6.2"),
            Problem::Unreached { .. } => (Warning, "unreached", "RFC 7208 section 4.6.2"),
            Problem::ExplanationMissing { .. } => (Warning, "explanation_missing", "RFC 7208 section 6.2"),
            Problem::ExplanationSeveral { .. } => (Warning, "explanation_several", "RFC 7208 section 6.2"),
            Problem::ExplanationSyntax { .. } => (Warning, "explanation_syntax", "RFC 7208 section 6.2"),
            Problem::ExplanationUnused => (Notice, "explanation_unused", "RFC 7208 section 6.2"),
            Problem::NotLookedUp { root: true, .. } => (Error, "not_looked_up", "RFC 7208 section 4.4"),
            Problem::NotLookedUp { .. } => (Warning, "not_looked_up", "RFC 7208 section 2.6.6"),
            Problem::UsedUp { .. } => (Warning, "used_up", "RFC 7208 section 11.1"),
            Problem::Cut { .. } => (Notice, "cut", "RFC 7208 section 11.1"),
        }
    }

    fn is_redirect(&self) -> bool {
        self.term
            .as_ref()
            .and_then(|term| term.get(.."redirect".len()))
            .is_some_and(|name| name.eq_ignore_ascii_case("redirect"))
    }
}

/// Octets of an answer over UDP without EDNS (RFC 1035 section 4.2.1).
pub(super) const SIMPLE_DATAGRAM: usize = 512;

fn syntax_clause(kind: &SyntaxErrorKind) -> &'static str {
    match kind {
        SyntaxErrorKind::Duplicate => "RFC 7208 section 6",
        SyntaxErrorKind::DomainEnd { .. } | SyntaxErrorKind::Macro(_) => "RFC 7208 section 7.1",
        SyntaxErrorKind::Ip4 | SyntaxErrorKind::Ip6 | SyntaxErrorKind::PrefixLength => "RFC 7208 section 5.6",
        _ => "RFC 7208 section 4.6.1",
    }
}

impl Problem {
    /// What lacks where there is no record of a type.
    pub(super) fn lack_of(kind: RecordType) -> &'static str {
        match kind {
            RecordType::Mx => "MX record",
            RecordType::A => "IPv4 address",
            RecordType::Aaaa => "IPv6 address",
            RecordType::Txt => "text record",
            RecordType::Ptr => "name",
        }
    }

    /// For the whole record of a domain.
    pub(super) fn of(self, domain: &Name) -> Finding {
        Finding {
            problem: self,
            domain: domain.clone(),
            term: None,
            place: None,
        }
    }

    /// For a term of it.
    pub(super) fn at(self, domain: &Name, octets: &[u8], place: Range<usize>) -> Finding {
        Finding {
            problem: self,
            domain: domain.clone(),
            term: Some(printable(octets.get(place.clone()).unwrap_or_default())),
            place: Some(place),
        }
    }
}
