//! Where pyspf 2.0.14 differs from RFC 7208, each difference with the clause that decides for us.

use crate::generate::Case;
use crate::spf_table::block_on;
use mailrep::Limits;
use mailrep::clock::{Clock, Moment};
use mailrep::dns::{Answer, Name, Question, RecordSet, RecordType, Resolver, Session};
use mailrep::spf::{Cause, Evaluation, Identity, MacroError, SyntaxErrorKind, check_host};
use mailrep::trace::Tracer;
use serde_json::Value;
use std::fmt;
use std::sync::Arc;

/// What pyspf says.
pub(crate) struct Theirs {
    result: String,
    explanation: Option<String>,
    problem: String,
}

impl Theirs {
    pub(crate) fn read(line: &str) -> Theirs {
        let answer: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| answer[key].as_str().unwrap().to_owned();
        // Its own words stand for: no text of the domain's.
        let default = |text: &String| text.starts_with("SPF fail - not authorized");
        let result = text("result");
        let explanation = Some(text("explanation")).filter(|text| result == "fail" && !default(text));
        Theirs {
            result,
            explanation,
            problem: text("problem"),
        }
    }
}

pub(crate) struct Disagreement<'a> {
    case: &'a Case,
    ours: Evaluation,
    theirs: Theirs,
    /// What we asked for.
    asked: Vec<Question>,
    /// The SPF records among the answers.
    records: Vec<String>,
    /// What their explanations point to, without macros in its name.
    explanations: Vec<String>,
}

pub(crate) struct Clause {
    pub(crate) section: &'static str,
    pub(crate) sentence: &'static str,
    pub(crate) explains: fn(&Disagreement<'_>) -> bool,
}

/// The first that explains a disagreement is taken. Each looks at the pair of results, and at what makes pyspf stumble.
pub(crate) const CLAUSES: &[Clause] = &[
    Clause {
        section: "4.6.4",
        sentence: "void look-ups are limited by term; pyspf counts each query, and those of terms that are not reached",
        explains: |of| {
            of.theirs.is("permerror", "Void lookup limit")
                && !matches!(of.ours.cause, Cause::VoidLimit(_))
                && of.ours.void_lookups <= 2
                && of.void_queries() > 2
        },
    },
    Clause {
        section: "4.6.4",
        sentence: "an include of the domain itself is no syntax error but a look-up like others; pyspf refuses it unevaluated",
        explains: |of| {
            of.theirs.is("permerror", "include has trivial recursion")
                && !matches!(of.ours.cause, Cause::Syntax { .. })
                && of.has_term(|term| term.contains("include:"))
        },
    },
    Clause {
        section: "6.1",
        sentence: "a redirect is a look-up only where no mechanism matches; pyspf counts it before",
        explains: |of| {
            of.theirs.is("permerror", "Too many DNS lookups")
                && !matches!(of.ours.cause, Cause::LookupLimit(_))
                && of.has_term(|term| term.starts_with("redirect="))
        },
    },
    Clause {
        section: "5.5",
        sentence: "a DNS error about the client's names means no name; pyspf ends with temperror",
        explains: |of| {
            let unknown = of
                .ours
                .explanation
                .as_ref()
                .is_some_and(|text| text.contains("unknown"));
            let texts = || of.records.iter().chain(&of.explanations);
            (of.theirs.is("temperror", "DNS failure") && !matches!(of.ours.cause, Cause::Dns { .. })
                || of.theirs.is("fail", "") && of.theirs.explanation.is_none() && unknown)
                && texts().any(|text| text.split(' ').any(takes_client_names))
                && of.client_names_fail()
        },
    },
    Clause {
        section: "5.4",
        sentence: "the hosts of mx are judged in their order until one matches; pyspf asks for all of them first",
        explains: |of| {
            // A host that may match comes before one that fails; the mx may be an include's.
            let fails_later = |hosts: Vec<Name>| {
                let first = hosts.iter().position(|host| fails(&of.address_of(host)));
                let before = &hosts[..first.unwrap_or_default()];
                before
                    .iter()
                    .any(|host| matches!(of.address_of(host), Answer::Records { .. }))
            };
            of.theirs.is("temperror", "DNS failure")
                && !matches!(of.ours.cause, Cause::Dns { .. })
                && of.asked_for_mx().any(fails_later)
        },
    },
    Clause {
        section: "6",
        sentence: "an unknown modifier may stand twice; pyspf refuses it",
        explains: |of| {
            of.theirs.is("permerror", "")
                && of.theirs.problem.ends_with("= MUST appear at most once")
                && !of.theirs.problem.starts_with("exp=")
                && !of.theirs.problem.starts_with("redirect=")
                && !matches!(of.ours.cause, Cause::Syntax { .. })
        },
    },
    Clause {
        section: "6",
        sentence: "redirect and exp are known, and may stand once only, in upper case too; pyspf knows them in lower case",
        explains: |of| {
            let upper_case = |term: &str| {
                let lower_case = term.to_ascii_lowercase();
                let known = |name| lower_case.starts_with(name) && !term.starts_with(name);
                known("redirect=") || known("exp=")
            };
            of.theirs.result != "permerror" && of.has_term(upper_case)
        },
    },
    Clause {
        section: "7.1",
        sentence: "the number of parts in a macro is not zero; pyspf takes it",
        explains: |of| of.macro_error(|error| *error == MacroError::ZeroParts) || of.unusable_text("0}"),
    },
    Clause {
        section: "7.1",
        sentence: "a macro ends with delimiters, which are neither letters nor digits; pyspf overlooks them",
        explains: |of| {
            of.macro_error(|error| matches!(error, MacroError::Transformer(_))) || of.unusable_text("x}")
        },
    },
    Clause {
        section: "7.1",
        sentence: "a macro is closed by a brace; pyspf takes one that is not for plain text",
        explains: |of| of.macro_error(|error| *error == MacroError::Unclosed) || of.unusable_text("%{d"),
    },
    Clause {
        section: "7.1",
        sentence: "'%%' stands for '%' at the end of a text too; pyspf finds a lone '%' there",
        explains: |of| {
            of.ours.explanation.is_some()
                && of.theirs.explanation.is_none()
                && of.theirs.result == "fail"
                && of.texts().any(|text| text.ends_with("%%"))
        },
    },
    Clause {
        section: "7.1",
        sentence: "the 'r' that reverses may be upper-case; pyspf does not reverse then",
        explains: |of| {
            // It decides for us, or the evaluation ends elsewhere for pyspf.
            let decides = match &of.ours.cause {
                Cause::Matched(matched) => matched.directive.contains("%{dR}"),
                _ => false,
            };
            (decides || !["permerror", "none"].contains(&of.theirs.result.as_str()))
                && of.has_term(|term| term.contains("%{dR}"))
        },
    },
    Clause {
        section: "4.5",
        sentence: "the version ends at a blank or the record's end, and is no record otherwise; pyspf takes a line feed for its end",
        explains: |of| {
            of.theirs.result == "none"
                && matches!(of.ours.cause, Cause::RedirectNone(_))
                && of.texts().any(|text| text == "v=spf1\n")
        },
    },
    Clause {
        section: "12",
        sentence: "a record and an explanation hold no control characters; pyspf takes tabs and line feeds",
        explains: |of| {
            of.macro_error(|error| matches!(error, MacroError::Character(octet) if *octet < b' '))
                || of.unusable_text("\t")
        },
    },
    Clause {
        section: "4.3",
        sentence: "an empty local-part is postmaster, in %{s} too; pyspf leaves it empty there",
        explains: |of| {
            let takes_sender = |text: &str| text.to_ascii_lowercase().contains("%{s");
            of.case.request.mail_from.starts_with(b"@")
                && (of.has_term(takes_sender) || of.texts().any(|text| takes_sender(&text)))
        },
    },
];

/// For a mechanism or a macro; pyspf expands all macros of a record, and of the explanation, before it looks at the mechanisms.
fn takes_client_names(term: &str) -> bool {
    let term = term.trim_start_matches(['+', '-', '~', '?']);
    term == "ptr" || term.starts_with("ptr:") || term.contains("%{p")
}

fn fails(answer: &Answer) -> bool {
    matches!(answer, Answer::Failure(_))
}

fn reverse(of: &Disagreement<'_>) -> Name {
    Name::reverse(of.case.request.client.to_canonical())
}

impl Theirs {
    fn is(&self, result: &str, problem: &str) -> bool {
        self.result == result && self.problem.starts_with(problem)
    }
}

impl<'a> Disagreement<'a> {
    pub(crate) fn new(case: &'a Case, ours: Evaluation, theirs: Theirs) -> Self {
        case.table.asked.lock().unwrap().clear();
        let limits = Limits::default();
        let session = Session::new(Arc::clone(&case.table), Clock::system(), &limits);
        let tracer = Tracer::off();
        block_on(check_host(
            &session,
            &case.request,
            Identity::MailFrom,
            &limits,
            &tracer,
        ));
        let asked = std::mem::take(&mut *case.table.asked.lock().unwrap());
        let mut of = Disagreement {
            case,
            ours,
            theirs,
            asked,
            records: Vec::new(),
            explanations: Vec::new(),
        };
        let is_record = |text: &String| text.to_ascii_lowercase().starts_with("v=spf1");
        of.records = of.texts().filter(is_record).collect();
        let targets = of.records.iter().flat_map(|record| record.split(' '));
        let targets = targets.filter_map(|term| Name::parse(term.strip_prefix("exp=")?.as_bytes()).ok());
        of.explanations = targets.flat_map(|name| of.texts_of(&name)).collect();
        of
    }

    pub(crate) fn is_none(&self) -> bool {
        self.ours.result.as_str() == self.theirs.result && self.ours.explanation == self.theirs.explanation
    }

    fn table(&self, name: &Name, kind: RecordType) -> Answer {
        block_on(
            self.case
                .table
                .lookup(&Question::new(name.clone(), kind), Moment::default()),
        )
    }

    fn address_of(&self, name: &Name) -> Answer {
        let kind = match self.case.request.client.to_canonical() {
            std::net::IpAddr::V4(_) => RecordType::A,
            std::net::IpAddr::V6(_) => RecordType::Aaaa,
        };
        self.table(name, kind)
    }

    /// The texts that we were given, records or not.
    fn texts(&self) -> impl Iterator<Item = String> {
        let of_text = self
            .asked
            .iter()
            .filter(|question| question.kind == RecordType::Txt);
        of_text.flat_map(|question| self.texts_of(&question.name))
    }

    fn texts_of(&self, name: &Name) -> Vec<String> {
        match self.table(name, RecordType::Txt) {
            Answer::Records {
                records: RecordSet::Txt(texts),
                ..
            } => texts
                .iter()
                .map(|text| text.iter().map(|&octet| char::from(octet)).collect())
                .collect(),
            _ => Vec::new(),
        }
    }

    fn has_term(&self, is_it: impl Fn(&str) -> bool) -> bool {
        self.records.iter().any(|record| record.split(' ').any(&is_it))
    }

    fn asked_for_mx(&self) -> impl Iterator<Item = Vec<Name>> {
        let of_mx = self
            .asked
            .iter()
            .filter(|question| question.kind == RecordType::Mx);
        of_mx.filter_map(|question| match self.table(&question.name, question.kind) {
            Answer::Records {
                records: RecordSet::Mx(hosts),
                ..
            } => Some(hosts.iter().map(|mx| mx.exchange.clone()).collect()),
            _ => None,
        })
    }

    fn client_names(&self) -> Vec<Name> {
        match self.table(&reverse(self), RecordType::Ptr) {
            Answer::Records {
                records: RecordSet::Ptr(names),
                ..
            } => names.to_vec(),
            _ => Vec::new(),
        }
    }

    fn client_names_fail(&self) -> bool {
        fails(&self.table(&reverse(self), RecordType::Ptr))
            || self
                .client_names()
                .iter()
                .any(|name| fails(&self.address_of(name)))
    }

    /// Queries that came to nothing, at most as many as pyspf sends: for all hosts of an mx, and for the client's names at each
    /// place that takes them.
    fn void_queries(&self) -> usize {
        let asked = self
            .asked
            .iter()
            .filter(|question| self.table(&question.name, question.kind).is_void());
        let hosts = self
            .asked_for_mx()
            .flatten()
            .filter(|host| self.address_of(host).is_void());
        let names = usize::from(self.table(&reverse(self), RecordType::Ptr).is_void())
            + self
                .client_names()
                .iter()
                .filter(|name| self.address_of(name).is_void())
                .count();
        let texts = self.records.iter().chain(self.explanations.iter());
        let places = texts
            .flat_map(|text| text.split(' '))
            .filter(|term| takes_client_names(term));
        asked.count() + hosts.count() + names * places.count()
    }

    /// Our permerror comes of a macro that pyspf accepts.
    fn macro_error(&self, is_it: impl Fn(&MacroError) -> bool) -> bool {
        let ours = match &self.ours.cause {
            Cause::Syntax { error, .. } => {
                matches!(&error.kind, SyntaxErrorKind::Macro(error) if is_it(error))
            }
            _ => false,
        };
        ours && self.theirs.result != "permerror"
    }

    /// We do not use the explanation with `part` in it, and pyspf does.
    fn unusable_text(&self, part: &str) -> bool {
        self.ours.explanation.is_none()
            && self.theirs.explanation.is_some()
            && self.ours.result.as_str() == "fail"
            && self
                .texts()
                .any(|text| !self.records.contains(&text) && text.contains(part))
    }
}

impl fmt::Display for Disagreement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let request = &self.case.request;
        writeln!(
            f,
            "--- {} from {} at {}",
            String::from_utf8_lossy(&request.mail_from),
            request.client,
            String::from_utf8_lossy(&request.helo)
        )?;
        let mut names: Vec<_> = self.case.table.entries.iter().collect();
        names.sort_by_key(|(name, _)| name.to_string());
        for (name, entry) in names {
            for text in &entry.txt {
                writeln!(f, "  {name} TXT {:?}", String::from_utf8_lossy(text))?;
            }
            writeln!(
                f,
                "  {name} {:?} {:?} {:?} {:?} {:?}",
                entry.a, entry.aaaa, entry.mx, entry.ptr, entry.failure
            )?;
        }
        writeln!(
            f,
            "  we: {} {:?}: {}",
            self.ours.result,
            self.ours.explanation,
            self.ours.reason()
        )?;
        write!(
            f,
            "  pyspf: {} {:?}: {}",
            self.theirs.result, self.theirs.explanation, self.theirs.problem
        )
    }
}
