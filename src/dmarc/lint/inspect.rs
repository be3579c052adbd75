//! What a record says by itself, without asking the DNS further.

use super::finding::{Finding, Problem, SIMPLE_DATAGRAM};
use super::hints;
use super::pieces::{self, Piece, Shape, Tag};
use crate::dmarc::record::report_uri;
use crate::dmarc::{Policy, PublicSuffix, Record, ReportUri};
use crate::dns::{Name, Txt};
use crate::error::printable;
use std::ops::Range;

/// Findings kept of one record. A record of 64 KB may hold 30,000 parts, each of them wrong.
const MOST_OF_RECORD: usize = 100;
/// Addresses kept of one record.
const MOST_ADDRESSES: usize = 100;
/// Octets of a record beyond which answers may become too long: RFC 7208 section 3.4 has the figure for SPF.
const LONG_RECORD: usize = 450;

/// An address for reports in a record.
pub(super) struct Address {
    /// `rua` or `ruf`.
    pub(super) tag: &'static str,
    pub(super) place: Range<usize>,
    pub(super) uri: ReportUri,
}

/// What is wrong with a record, and the addresses in it.
pub(super) struct Inspected {
    pub(super) findings: Vec<Finding>,
    pub(super) addresses: Vec<Address>,
}

/// What is wrong among the text records at `_dmarc`, beside the record itself.
pub(super) fn texts(domain: &Name, texts: &[Txt]) -> Vec<Finding> {
    let beside = texts.iter().any(|text| Record::parse(text).is_ok());
    let others = texts
        .iter()
        .filter(|text| Record::parse(text).is_err())
        .take(MOST_OF_RECORD);
    let mut findings: Vec<Finding> = others
        .map(|octets| {
            let text = printable(octets);
            match hints::near_miss(octets) {
                Some(why) => Problem::NearMiss { text, why, beside },
                None => Problem::OtherText { text },
            }
            .of(domain)
        })
        .collect();
    // All TXT records of the name count. 12 octets of header, the question's 4 and the name's 2 more than its text; each record
    // has 12 more, and each of its strings of 255 octets one.
    let records: usize = texts
        .iter()
        .map(|text| 12 + text.len() + text.len().div_ceil(255).max(1))
        .sum();
    let octets = 12 + "_dmarc.".len() + domain.as_str().len() + 2 + 4 + records;
    if texts.len() > 1 && beside && octets > SIMPLE_DATAGRAM {
        findings.push(Problem::AnswerLength { octets }.of(domain));
    }
    findings
}

/// What is wrong with a record. `organizational` is the organizational domain of its domain, as far as that is known.
pub(super) fn record(
    domain: &Name,
    octets: &[u8],
    record: &Record,
    organizational: Option<&Name>,
) -> Inspected {
    let mut inspection = Inspection {
        domain,
        octets,
        record,
        findings: Vec::new(),
        left_out: 0,
        addresses: Vec::new(),
        tags: Vec::new(),
        reports_meant: false,
        policies_fit: true,
    };
    inspection.parts();
    inspection.policies();
    inspection.subdomains(organizational);
    inspection.testing();
    inspection.reports();
    inspection.public_suffix();
    if octets.len() > LONG_RECORD {
        let octets = octets.len();
        inspection.whole(Problem::RecordLength { octets });
    }
    let Inspection {
        mut findings,
        left_out,
        addresses,
        ..
    } = inspection;
    if left_out > 0 {
        findings.push(Problem::Cut { left_out }.of(domain));
    }
    Inspected { findings, addresses }
}

struct Inspection<'a> {
    domain: &'a Name,
    octets: &'a [u8],
    record: &'a Record,
    findings: Vec<Finding>,
    left_out: usize,
    addresses: Vec<Address>,
    /// The tags that count, each with the place of the whole part.
    tags: Vec<(&'static str, Range<usize>)>,
    /// Something that cannot be read was probably an address for aggregate reports.
    reports_meant: bool,
    /// `p`, `sp` and `np` hold policies.
    policies_fit: bool,
}

impl Inspection<'_> {
    fn add(&mut self, place: Range<usize>, problem: Problem) {
        self.keep(problem.at(self.domain, self.octets, place));
    }

    fn whole(&mut self, problem: Problem) {
        self.keep(problem.of(self.domain));
    }

    fn keep(&mut self, finding: Finding) {
        if self.findings.len() >= MOST_OF_RECORD {
            self.left_out += 1;
            // The worst are kept, so that nothing hides behind what is harmless.
            let mildest = (0..self.findings.len()).max_by_key(|at| self.findings[*at].severity());
            match mildest {
                Some(at) if self.findings[at].severity() > finding.severity() => self.findings.remove(at),
                _ => return,
            };
        }
        self.findings.push(finding);
    }

    /// Where a tag stands that counts.
    fn place(&self, tag: &str) -> Option<Range<usize>> {
        let found = self.tags.iter().find(|(name, _)| *name == tag);
        found.map(|(_, place)| place.clone())
    }

    /// For a tag if it is there, else for the whole record.
    fn about(&mut self, tag: &str, problem: Problem) {
        match self.place(tag) {
            Some(place) => self.add(place, problem),
            None => self.whole(problem),
        }
    }

    fn parts(&mut self) {
        let mut pieces = pieces::read(self.octets).skip(1).peekable();
        let mut empty = false;
        let mut number = 0;
        while let Some(piece) = pieces.next() {
            match &piece.shape {
                // Section 4.8: one semicolon may end the record.
                Shape::Empty => empty |= pieces.peek().is_some(),
                Shape::NoTag => self.no_tag(&piece),
                Shape::Unknown { name } => self.unknown(&piece, name),
                Shape::Known(tag) if tag.repeated && tag.name == "v" => self.add(piece.place, Problem::Glued),
                // RFC 6376 section 3.2: the entire tag-list is invalid then.
                Shape::Known(tag) if tag.repeated => self.add(piece.place, Problem::Repeated),
                Shape::Known(tag) => {
                    number += 1;
                    // RFC 7489 section 6.4: "v" and "p" come first, the others in any order.
                    if tag.name == "p" && number > 1 {
                        self.add(piece.place.clone(), Problem::PolicyNotSecond);
                    }
                    self.tags.push((tag.name, piece.place.clone()));
                    self.tag(&piece, *tag);
                }
            }
            number += usize::from(matches!(piece.shape, Shape::Unknown { .. } | Shape::NoTag));
        }
        if empty {
            self.whole(Problem::EmptyPart);
        }
    }

    fn no_tag(&mut self, piece: &Piece<'_>) {
        let is_address = piece.text.contains(&b'@');
        self.reports_meant |= is_address;
        let problem = match hints::part(piece.text) {
            None if is_address && self.tags.iter().any(|(name, _)| matches!(*name, "rua" | "ruf")) => {
                Problem::StrayAddress
            }
            meant => Problem::NoTag { meant },
        };
        self.add(piece.place.clone(), problem);
    }

    fn unknown(&mut self, piece: &Piece<'_>, name: &[u8]) {
        let equals = memchr::memchr(b'=', piece.text).map_or(piece.text.len(), |at| at + 1);
        let value = piece.text[equals..].trim_ascii();
        let tag = hints::tag(name);
        self.reports_meant |= tag == Some("rua");
        if self.findings.len() >= MOST_OF_RECORD {
            // Nobody reads the hint, and looking through the record for each of them would take long.
            self.left_out += 1;
            return;
        }
        let meant = tag.map(|tag| {
            let plain = || format!("{tag}={}", printable(value));
            let fits = hints::fits(tag, value);
            let meant = if fits { None } else { hints::value(tag, value) };
            meant.unwrap_or_else(plain)
        });
        let already = tag.is_some_and(|tag| {
            pieces::read(self.octets)
                .any(|piece| matches!(piece.shape, Shape::Known(known) if known.name == tag))
        });
        self.add(piece.place.clone(), Problem::UnknownTag { meant, already });
    }

    fn tag(&mut self, piece: &Piece<'_>, tag: Tag<'_>) {
        let is_list = matches!(tag.name, "rua" | "ruf");
        if (is_list || !hints::fits(tag.name, tag.value))
            && let Some(meant) = hints::separated(tag.name, tag.value)
        {
            self.reports_meant = true;
            self.policies_fit &= !matches!(tag.name, "p" | "sp" | "np");
            self.add(piece.place.clone(), Problem::NoSeparator { meant });
            return;
        }
        match tag.name {
            "rua" | "ruf" => self.addresses(tag),
            "pct" => {
                let value = std::str::from_utf8(tag.value)
                    .ok()
                    .and_then(|text| text.parse().ok());
                self.add(piece.place.clone(), Problem::Percent { value });
            }
            "rf" | "ri" => self.add(piece.place.clone(), Problem::Historic),
            name if hints::fits(name, tag.value) => {}
            name => {
                let meant = hints::value(name, tag.value);
                let problem = if matches!(name, "p" | "sp" | "np") {
                    self.policies_fit = false;
                    // Section 4.10.1: with a valid rua the record counts as p=none.
                    let usable = self.record.policies().is_ok();
                    Problem::PolicyValue { meant, usable }
                } else {
                    Problem::Value { tag: name, meant }
                };
                self.add(piece.place.clone(), problem);
            }
        }
    }

    fn addresses(&mut self, tag: Tag<'_>) {
        for (place, item) in pieces::items(tag) {
            let Some(uri) = report_uri(item) else {
                self.reports_meant |= tag.name == "rua";
                let meant = hints::uri(item);
                self.add(place, Problem::Uri { meant });
                continue;
            };
            // Section 4.8: an exclamation point within a URI is encoded, so that this one begins a limit.
            if item.contains(&b'!') {
                let meant = uri.as_str().to_owned();
                self.add(place.clone(), Problem::SizeLimit { meant });
            }
            match uri.mailto() {
                None if !hints::is_mail_scheme(uri.as_str()) => self.add(place.clone(), Problem::NotMailto),
                // URIs of web pages have slashes, and RFC 6068 has nothing before the address.
                Some(address) if !address.starts_with('/') => {}
                _ => {
                    self.reports_meant |= tag.name == "rua";
                    let meant = hints::uri(item);
                    self.add(place, Problem::Uri { meant });
                    continue;
                }
            }
            if self.addresses.len() < MOST_ADDRESSES {
                let tag = tag.name;
                self.addresses.push(Address { tag, place, uri });
            } else {
                self.left_out += 1;
            }
        }
    }

    /// The policy of the domain itself, and whether the record counts at all.
    fn policies(&mut self) {
        let reports = !self.record.rua.is_empty();
        let missing = self.place("p").is_none();
        if self.record.policies().is_err() {
            // A bad policy has been told, and that nothing applies with it.
            if missing || self.policies_fit {
                self.whole(Problem::Unusable);
            }
            return;
        }
        if missing {
            self.whole(Problem::NoPolicy);
        }
        if !self.policies_fit {
            return;
        }
        match self.record.p {
            // What cannot be read may have been the address.
            Some(Policy::None) if !reports && !self.reports_meant => {
                self.about("p", Problem::NoneWithoutReports)
            }
            Some(Policy::None) => self.about("p", Problem::PolicyNone),
            Some(_) if !reports && !self.reports_meant => self.whole(Problem::NoRua),
            _ => {}
        }
    }

    /// The policies of subdomains.
    fn subdomains(&mut self, organizational: Option<&Name>) {
        if let Some(organizational) = organizational
            && organizational != self.domain
            && self.record.psd != PublicSuffix::Yes
        {
            // Section 4.7, "sp": ignored for records published on subdomains of organizational domains.
            for tag in ["sp", "np"] {
                if let Some(place) = self.place(tag) {
                    let organizational = organizational.clone();
                    self.add(place, Problem::SubdomainPolicyIgnored { organizational });
                }
            }
            return;
        }
        let (Ok(policies), true, Some(p)) = (self.record.policies(), self.policies_fit, self.record.p) else {
            return;
        };
        let (sp, np) = (policies.sp, policies.np);
        if sp < p {
            let np_too = np < p;
            self.about("sp", Problem::SpWeaker { p, sp, np_too });
        }
        if np < sp {
            self.about("np", Problem::NpWeaker { sp, np });
        }
    }

    fn testing(&mut self) {
        let (true, Ok(policies)) = (self.record.t, self.record.policies()) else {
            return;
        };
        let policy = policies.p.max(policies.sp).max(policies.np);
        let reports = !self.record.rua.is_empty() || self.reports_meant;
        // Section 4.7, "t": it has no effect on any policy that is "none".
        if policy == Policy::None {
            self.about("t", Problem::TestingWithoutEffect);
        } else {
            self.about("t", Problem::Testing { policy, reports });
        }
    }

    fn reports(&mut self) {
        // Section 4.7, "fo": it must be ignored if there is no "ruf".
        if self.place("ruf").is_none()
            && let Some(place) = self.place("fo")
        {
            self.add(place, Problem::FoWithoutRuf);
        }
    }

    fn public_suffix(&mut self) {
        let top = self.domain.label_count() == 1;
        match self.record.psd {
            PublicSuffix::Yes => {
                if !top {
                    self.about("psd", Problem::PublicSuffix);
                }
                if let Some(place) = self.place("ruf") {
                    self.add(place, Problem::PublicSuffixRuf);
                }
            }
            // Section 5.2: the record of a public suffix has "psd=y", and each top-level domain is one.
            PublicSuffix::Unknown if top => self.whole(Problem::PublicSuffixMissing),
            PublicSuffix::Unknown | PublicSuffix::No => {}
        }
    }
}
