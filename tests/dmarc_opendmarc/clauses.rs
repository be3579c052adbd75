//! Where libopendmarc 1.4.2 differs from RFC 9989, each difference with the clause that decides for us. Together they say all that
//! libopendmarc says: whatever else it said would be a disagreement.

use crate::case::{Case, View, organizational};
use mailrep::dmarc::{AlignmentMode, Outcome, Record};

pub(crate) struct Clause {
    pub(crate) rule: &'static str,
    pub(crate) sentence: &'static str,
    pub(crate) difference: Difference,
}

pub(crate) enum Difference {
    /// It takes the case for this one, of which we say what it says. Cases are changed by all clauses in their order.
    TakesFor(fn(&mut Case)),
    /// It says something that no case would make us say.
    Says(fn(&Case, &mut View)),
}

use Difference::{Says, TakesFor};

pub(crate) const CLAUSES: &[Clause] = &[
    Clause {
        rule: "RFC 9989 section 4.8",
        sentence: "blanks stand around tags and values; libopendmarc removes those within, too",
        difference: TakesFor(|case| {
            rewrite(case, |parts| {
                for (tag, value) in parts {
                    tag.retain(|letter| !letter.is_ascii_whitespace());
                    value.retain(|letter| !letter.is_ascii_whitespace());
                }
            });
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.7, v",
        sentence: "it is the first tag and exact, or the record is none; libopendmarc takes it anywhere, in any case, and does without",
        difference: TakesFor(|case| {
            rewrite(case, |parts| {
                let version = |(tag, value): &(String, String)| {
                    tag.trim().eq_ignore_ascii_case("v") && !value.is_empty()
                };
                let versions = || parts.iter().filter(|part| version(part));
                if versions().any(|(_, value)| !value.trim().eq_ignore_ascii_case("DMARC1")) {
                    return parts.clear();
                }
                parts.retain(|part| !version(part));
                parts.insert(0, ("v".into(), "DMARC1".into()));
            });
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.8",
        sentence: "values are whole words; libopendmarc takes their beginnings, and 'strict' and 'relaxed'",
        difference: TakesFor(|case| {
            rewrite(case, |parts| {
                for (tag, value) in parts {
                    let words: &[(&str, &str)] = match known(tag) {
                        "p" | "sp" => &[
                            ("none", "none"),
                            ("quarantine", "quarantine"),
                            ("reject", "reject"),
                        ],
                        "adkim" | "aspf" => &[("strict", "s"), ("relaxed", "r")],
                        _ => &[],
                    };
                    let begun = value.to_ascii_lowercase();
                    if let Some((_, word)) = words
                        .iter()
                        .find(|(word, _)| !begun.is_empty() && word.starts_with(&begun))
                    {
                        *value = (*word).to_owned();
                    }
                }
            });
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.8",
        sentence: "syntax errors are discarded in favor of defaults, and a bad p, sp or np with a good rua is p=none (section 4.10.1); \
            libopendmarc refuses the record for any value that it does not know",
        difference: TakesFor(|case| {
            rewrite(case, |parts| {
                if parts
                    .iter()
                    .any(|(tag, value)| !value.is_empty() && is_refused(known(tag), value))
                {
                    parts.clear();
                }
            });
        }),
    },
    Clause {
        rule: "RFC 9989 section 9.3",
        sentence: "pct, rf and ri are historic and have no effect, whatever they hold; libopendmarc refuses the record for bad ones",
        difference: TakesFor(|case| {
            rewrite(case, |parts| {
                let refused = |(tag, value): &(String, String)| match known(tag) {
                    "pct" => value.parse::<u32>().is_ok_and(|percent| percent > 100),
                    "ri" => value.bytes().any(|octet| !octet.is_ascii_digit()),
                    "rf" => value != "afrf",
                    _ => false,
                };
                if parts.iter().any(refused) {
                    parts.clear();
                }
            });
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.8",
        sentence: "a tag that stands again is a syntax error and is ignored; libopendmarc lets the last one stand, adds up fo, and \
            refuses the record for rua and ruf",
        difference: TakesFor(|case| {
            rewrite(case, |parts| {
                let of = |name| {
                    parts
                        .iter()
                        .filter(move |(tag, value)| known(tag) == name && !value.is_empty())
                };
                if of("rua").count() > 1 || of("ruf").count() > 1 {
                    return parts.clear();
                }
                let options: Vec<&str> = of("fo").map(|(_, value)| value.as_str()).collect();
                let options = options.join(":");
                let mut seen = Vec::new();
                let mut kept = Vec::new();
                for (tag, value) in parts.drain(..).rev() {
                    let name = known(&tag);
                    if ["p", "sp", "adkim", "aspf", "fo"].contains(&name) && !value.is_empty() {
                        if seen.contains(&name) {
                            continue;
                        }
                        seen.push(name);
                    }
                    let value = if name == "fo" && !value.is_empty() {
                        options.clone()
                    } else {
                        value
                    };
                    kept.push((tag, value));
                }
                parts.extend(kept.into_iter().rev());
            });
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.10.1",
        sentence: "without a p, a valid rua makes the record p=none; libopendmarc refuses it",
        difference: TakesFor(|case| {
            rewrite(case, |parts| {
                if !parts
                    .iter()
                    .any(|(tag, value)| known(tag) == "p" && !value.is_empty())
                {
                    parts.clear();
                }
            });
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.7, np",
        sentence: "a bad one counts as a bad sp does (section 4.10.1); RFC 7489, and libopendmarc, do not know it",
        difference: TakesFor(|case| rewrite(case, |parts| parts.retain(|(tag, _)| known(tag) != "np"))),
    },
    Clause {
        rule: "RFC 9989 section 4.7, t",
        sentence: "t=y lowers the policy by a step; RFC 7489, and libopendmarc, do not know it",
        difference: TakesFor(|case| rewrite(case, |parts| parts.retain(|(tag, _)| known(tag) != "t"))),
    },
    Clause {
        rule: "RFC 9989 section 5.3.6",
        sentence: "what may have passed but for a DNS error neither passes nor fails; libopendmarc fails it",
        difference: TakesFor(|case| {
            for (_, outcome) in case.spf.iter_mut().chain(&mut case.dkim) {
                if *outcome == Outcome::TempError {
                    *outcome = Outcome::NoPass;
                }
            }
        }),
    },
    Clause {
        rule: "RFC 9989 section 5.3.5",
        sentence: "one aligned pass is enough, whichever signature it is of; libopendmarc remembers one signature, the one that best fits \
            relaxed alignment, and forgets it for a later aligned one that failed",
        difference: TakesFor(|case| case.dkim = remembered(case)),
    },
    Clause {
        rule: "RFC 7489 section 3.1.1",
        sentence: "relaxed alignment is a common organizational domain; libopendmarc takes any domain above or below for aligned, a public \
            suffix too",
        difference: TakesFor(|case| {
            let author = case.author.clone();
            each(case, |mode, domain| {
                let domain = domain.to_ascii_lowercase();
                mode == AlignmentMode::Relaxed && (is_below(&domain, &author) || is_below(&author, &domain))
            });
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.4",
        sentence: "strict alignment is the same domain; libopendmarc takes it for enough if the author domain is the identifier's \
            organizational domain",
        difference: TakesFor(|case| {
            let author = case.author.clone();
            // It knows suffixes in lower case only: the clause below.
            let known = |domain: &str| !domain.contains(|letter: char| letter.is_ascii_uppercase());
            each(case, |mode, domain| {
                mode == AlignmentMode::Strict && known(domain) && organizational(domain) == author
            });
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.4",
        sentence: "strict alignment is the same domain; libopendmarc loses a first label of one letter",
        difference: TakesFor(|case| {
            let author = case.author.clone();
            let short = |domain: &str| match domain.split_once('.') {
                Some((label, rest)) if label.len() == 1 => rest.to_ascii_lowercase(),
                _ => domain.to_ascii_lowercase(),
            };
            each(case, |mode, domain| {
                mode == AlignmentMode::Strict && short(domain) == short(&author)
            });
        }),
    },
    Clause {
        rule: "RFC 1034 section 3.1",
        sentence: "upper and lower case of names are the same; libopendmarc finds the organizational domain of those in lower case only",
        difference: TakesFor(|case| {
            let author = case.author.clone();
            let spf = case.spf.iter_mut();
            for (domain, _) in spf.chain(&mut case.dkim) {
                if domain.contains(|letter: char| letter.is_ascii_uppercase())
                    && !domain.eq_ignore_ascii_case(&author)
                {
                    *domain = "unrelated.example".into();
                }
            }
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.8, dmarc-urilist",
        sentence: "what is no URI is ignored; libopendmarc keeps whatever stands between commas",
        difference: Says(|case, view| {
            let Some(tags) = &mut view.tags else { return };
            let all = |tag| {
                items(case, tag)
                    .map(|item| address(item).unwrap_or_else(|| item.to_owned()))
                    .collect()
            };
            (tags.rua, tags.ruf) = (all("rua"), all("ruf"));
            // It has somewhere to send failure reports to, then.
            if let (false, Ok(record)) = (tags.ruf.is_empty(), Record::parse(case.record.as_bytes())) {
                tags.fo = [
                    record.fo.all_failed,
                    record.fo.any_failed,
                    record.fo.dkim,
                    record.fo.spf,
                ];
            }
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.8, obs-dmarc-uri",
        sentence: "the size behind an address is ignored; libopendmarc makes it a part of the address",
        difference: Says(|case, view| {
            let Some(tags) = &mut view.tags else { return };
            for (tag, list) in [("rua", &mut tags.rua), ("ruf", &mut tags.ruf)] {
                let mut items = items(case, tag);
                for shown in list {
                    let mut same = items
                        .by_ref()
                        .filter(|item| address(item).as_ref() == Some(shown) || item == shown);
                    *shown = same.next().unwrap().to_owned();
                }
            }
        }),
    },
    Clause {
        rule: "RFC 9989 section 4.8, dmarc-fo",
        sentence: "0 and 1 exclude one another, d and s stand once each and by themselves; libopendmarc adds up what begins like these",
        difference: Says(|case, view| {
            if let (Some(tags), Some(value)) = (&mut view.tags, value(case, "fo")) {
                let has = |letter| {
                    let mut options = value.split(':');
                    options.any(|option| option.trim().to_ascii_lowercase().starts_with(letter))
                };
                if !tags.ruf.is_empty() {
                    tags.fo = [has('0'), has('1'), has('d'), has('s')];
                }
            }
        }),
    },
];

type Parts = Vec<(String, String)>;

/// Tags and values, without blanks around them; only before the first blanks mean something. A part without a tag or a value means
/// nothing, here and there.
fn parts(record: &str) -> Parts {
    let part = |(at, part): (usize, &str)| {
        let (tag, value) = part.split_once('=').unwrap_or((part, ""));
        let tag = if at == 0 { tag.trim_end() } else { tag.trim() };
        (tag.to_owned(), value.trim().to_owned())
    };
    record.split(';').enumerate().map(part).collect()
}

/// Changes the parts of the record; without any, it is none.
fn rewrite(case: &mut Case, change: impl FnOnce(&mut Parts)) {
    let mut parts = parts(&case.record);
    change(&mut parts);
    let parts: Vec<String> = parts
        .iter()
        .map(|(tag, value)| format!("{tag}={value}"))
        .collect();
    case.record = parts.join(";");
}

/// The name of a tag that both know.
fn known(tag: &str) -> &'static str {
    let names = [
        "v", "p", "sp", "np", "t", "adkim", "aspf", "rua", "ruf", "fo", "pct", "rf", "ri",
    ];
    let same = |name: &&str| name.eq_ignore_ascii_case(tag.trim());
    names.into_iter().find(same).unwrap_or("")
}

fn value(case: &Case, name: &str) -> Option<String> {
    let mut parts = parts(&case.record).into_iter();
    parts
        .find(|(tag, value)| known(tag) == name && !value.is_empty())
        .map(|(_, value)| value)
}

/// What stands between the commas of a list.
fn items<'a>(case: &'a Case, name: &str) -> impl Iterator<Item = &'a str> + use<'a> {
    let list = value(case, name).unwrap_or_default();
    let at = case.record.find(&list).unwrap();
    let list = &case.record[at..at + list.len()];
    list.split(',').map(str::trim).filter(|item| !item.is_empty())
}

/// The address as we show it, if it is a URI.
fn address(item: &str) -> Option<String> {
    let record = Record::parse(format!("v=DMARC1;p=none;rua={item}").as_bytes()).unwrap();
    record.rua.first().map(ToString::to_string)
}

/// Whether libopendmarc refuses a record for this value.
fn is_refused(name: &str, value: &str) -> bool {
    let one_of = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(value));
    // The last may be missing.
    let is_missing = |separator| {
        let (before, _) = value.rsplit_once(separator).unwrap_or(("x", ""));
        before.split(separator).any(|item| item.trim().is_empty())
    };
    match name {
        "p" | "sp" => !one_of(&["none", "quarantine", "reject"]),
        "adkim" | "aspf" => !one_of(&["r", "s"]),
        "rua" | "ruf" => is_missing(','),
        "fo" => {
            is_missing(':')
                || value.split(':').any(|option| {
                    !option.trim().is_empty() && !option.trim().starts_with(['0', '1', 'd', 'D', 's', 'S'])
                })
        }
        _ => false,
    }
}

/// Whether the one is the other or stands below it.
fn is_below(domain: &str, above: &str) -> bool {
    domain
        .strip_suffix(above)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Puts the author domain in place of the identifiers of which that is so.
fn each(case: &mut Case, is_taken_for_the_author: impl Fn(AlignmentMode, &str) -> bool) {
    let Ok(record) = Record::parse(case.record.as_bytes()) else {
        return;
    };
    let spf = case.spf.iter_mut().map(|(domain, _)| (record.aspf, domain));
    let dkim = case.dkim.iter_mut().map(|(domain, _)| (record.adkim, domain));
    for (mode, domain) in spf.chain(dkim) {
        if is_taken_for_the_author(mode, domain) {
            domain.clone_from(&case.author);
        }
    }
}

/// The signature that libopendmarc remembers, if it remembers one: they are told to it one by one, before the record.
fn remembered(case: &Case) -> Vec<(String, Outcome)> {
    let organization = organizational(&case.author);
    let mut kept: Option<(String, Outcome)> = None;
    let mut passed = false;
    for (domain, outcome) in &case.dkim {
        let lower = domain.to_ascii_lowercase();
        let is_author = lower == case.author;
        let aligned = is_below(&lower, organization) || is_below(organization, &lower);
        let passes = *outcome == Outcome::Pass;
        if aligned {
            kept = None;
        }
        if !(aligned && passes) && passed {
            continue;
        }
        kept = Some((domain.clone(), *outcome));
        passed = passes;
        if is_author && passes {
            break;
        }
    }
    kept.into_iter().collect()
}
