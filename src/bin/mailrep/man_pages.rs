//! The manual pages in `man/`, made of the same definitions as `--help`. `MAILREP_BLESS=1` writes them anew.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::cli::Cli;
use super::filter;
use super::help::{self, Section};
use super::outbound;
use super::srs;
use clap::CommandFactory as _;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};
use std::path::Path;

struct Page {
    name: &'static str,
    synopsis: &'static [&'static str],
    sections: &'static [Section],
    see_also: &'static str,
}

const PAGES: [Page; 23] = [
    Page {
        name: "mailrep",
        synopsis: &[
            "mailrep [--nameserver IP:PORT]... [--dns-timeout S] [--now TIME] [--json] COMMAND ...",
            "mailrep --zone FILE [--now TIME] [--json] COMMAND ...",
        ],
        sections: help::MAILREP,
        see_also: "mailrep-check(1), mailrep-spf(1), mailrep-dmarc(1), mailrep-dmarc-report(1), mailrep-sign(1), mailrep-keygen(1), \
             mailrep-srs(1), mailrep-outbound(1), mailrep-filter(1)",
    },
    Page {
        name: "mailrep-check",
        synopsis: &[
            "mailrep check [--ip IP] [--helo NAME] [--mail-from ADDR] [--login ACCOUNT] [--authserv-id ID] [--spf-trust NETWORK]... \
             [--spf-record DOMAIN=RECORD]... [--spf-explanation TEXT] [--dmarc-trust NETWORK]... [--dmarc-list LIST]... \
             [--dmarc-except DOMAIN=DISPOSITION]... [--dmarc-psl] [--trace] FILE|-",
        ],
        sections: help::CHECK,
        see_also: "mailrep(1), mailrep-spf(1), mailrep-dmarc(1)",
    },
    Page {
        name: "mailrep-spf",
        synopsis: &[
            "mailrep spf --ip IP --helo NAME --mail-from ADDR [--spf-trust NETWORK]... \
             [--spf-record DOMAIN=RECORD]... [--spf-explanation TEXT] [--trace]",
            "mailrep spf --lint DOMAIN [--spf-record DOMAIN=RECORD]... [--trace]",
        ],
        sections: help::SPF,
        see_also: "mailrep(1), mailrep-check(1)",
    },
    Page {
        name: "mailrep-dmarc",
        synopsis: &[
            "mailrep dmarc --from DOMAIN [--spf DOMAIN=RESULT] [--dkim DOMAIN=RESULT]... [--dmarc-except DOMAIN=DISPOSITION]... \
             [--dmarc-psl] [--trace]",
            "mailrep dmarc --lint DOMAIN [--trace]",
            "mailrep dmarc report [--all] FILE...",
        ],
        sections: help::DMARC,
        see_also: "mailrep(1), mailrep-dmarc-report(1), mailrep-check(1)",
    },
    Page {
        name: "mailrep-dmarc-report",
        synopsis: &["mailrep dmarc report [--all] FILE..."],
        sections: help::DMARC_REPORT,
        see_also: "mailrep(1), mailrep-dmarc(1)",
    },
    Page {
        name: "mailrep-sign",
        synopsis: &[
            "mailrep sign --domain D --selector S --key FILE [--also S2:FILE2]... [--canonicalization HEADER/BODY] [--identity ADDR] \
[--expires-after TIME] [--field NAME]... FILE|-",
        ],
        sections: help::SIGN,
        see_also: "mailrep(1), mailrep-keygen(1), mailrep-check(1)",
    },
    Page {
        name: "mailrep-keygen",
        synopsis: &[
            "mailrep keygen --domain D --selector S [--algorithm rsa|ed25519] [--bits BITS] --out FILE",
            "mailrep keygen --verify --domain D --selector S --out FILE",
        ],
        sections: help::KEYGEN,
        see_also: "mailrep(1), mailrep-sign(1)",
    },
    Page {
        name: "mailrep-srs",
        synopsis: &[
            "mailrep srs forward|reverse --domain D --secret-file FILE [OPTION]... ADDRESS...|-",
            "mailrep srs serve --domain D --secret-file FILE [OPTION]...",
        ],
        sections: srs::SRS,
        see_also: "mailrep(1), mailrep-srs-forward(1), mailrep-srs-reverse(1), mailrep-srs-serve(1)",
    },
    Page {
        name: "mailrep-srs-forward",
        synopsis: &["mailrep srs forward --domain D --secret-file FILE [OPTION]... ADDRESS...|-"],
        sections: srs::FORWARD,
        see_also: "mailrep(1), mailrep-srs(1), mailrep-srs-reverse(1)",
    },
    Page {
        name: "mailrep-srs-reverse",
        synopsis: &["mailrep srs reverse --domain D --secret-file FILE [OPTION]... ADDRESS...|-"],
        sections: srs::REVERSE,
        see_also: "mailrep(1), mailrep-srs(1), mailrep-srs-forward(1)",
    },
    Page {
        name: "mailrep-srs-serve",
        synopsis: &[
            "mailrep srs serve --domain D --secret-file FILE [--tcp-forward ADDR]... [--tcp-reverse ADDR]... \
             [--socketmap unix:PATH|ADDR]... [OPTION]...",
        ],
        sections: srs::SERVE,
        see_also: "mailrep(1), mailrep-srs(1), postconf(5), master(5), tcp_table(5), socketmap_table(5), canonical(5)",
    },
    Page {
        name: "mailrep-outbound",
        synopsis: &["mailrep outbound replay|explain|merge|fit ..."],
        sections: &[],
        see_also: "mailrep(1), mailrep-outbound-replay(1), mailrep-outbound-explain(1), mailrep-outbound-merge(1), mailrep-outbound-fit(1)",
    },
    Page {
        name: "mailrep-outbound-replay",
        synopsis: &[
            "mailrep outbound replay [--format jsonl|postfix] [--state FILE] [--html FILE] [--false-alarms N] [--prior FILE] FILE|-...",
        ],
        sections: outbound::help::REPLAY,
        see_also: "mailrep-outbound(1), mailrep-outbound-explain(1), mailrep-outbound-fit(1)",
    },
    Page {
        name: "mailrep-outbound-explain",
        synopsis: &["mailrep outbound explain --state FILE [--false-alarms N] [--prior FILE] ACCOUNT"],
        sections: outbound::help::EXPLAIN,
        see_also: "mailrep-outbound(1), mailrep-outbound-replay(1)",
    },
    Page {
        name: "mailrep-outbound-merge",
        synopsis: &["mailrep outbound merge --out FILE FILE..."],
        sections: outbound::help::MERGE,
        see_also: "mailrep-outbound(1), mailrep-outbound-replay(1)",
    },
    Page {
        name: "mailrep-outbound-fit",
        synopsis: &["mailrep outbound fit [--format jsonl|postfix] FILE|-..."],
        sections: outbound::help::FIT,
        see_also: "mailrep-outbound(1), mailrep-outbound-replay(1)",
    },
    Page {
        name: "mailrep-outbound-status",
        synopsis: &["mailrep outbound status [--socket PATH]"],
        sections: outbound::help::CONTROL,
        see_also: "mailrep-outbound(1), mailrep-milter(8)",
    },
    Page {
        name: "mailrep-outbound-release",
        synopsis: &["mailrep outbound release [--requeue] [--socket PATH] ACCOUNT"],
        sections: outbound::help::CONTROL,
        see_also: "mailrep-outbound(1), mailrep-milter(8)",
    },
    Page {
        name: "mailrep-outbound-acknowledge",
        synopsis: &["mailrep outbound acknowledge [--socket PATH] ACCOUNT"],
        sections: outbound::help::CONTROL,
        see_also: "mailrep-outbound(1), mailrep-milter(8)",
    },
    Page {
        name: "mailrep-outbound-allow",
        synopsis: &["mailrep outbound allow [--socket PATH] ACCOUNT RECIPIENTS"],
        sections: outbound::help::CONTROL,
        see_also: "mailrep-outbound(1), mailrep-milter(8)",
    },
    Page {
        name: "mailrep-filter",
        synopsis: &["mailrep filter check|run ..."],
        sections: &[],
        see_also: "mailrep(1), mailrep-filter-check(1), mailrep-filter-run(1)",
    },
    Page {
        name: "mailrep-filter-check",
        synopsis: &["mailrep filter check FILE"],
        sections: filter::help::CHECK,
        see_also: "mailrep(1), mailrep-filter(1), mailrep-filter-run(1), mailrep-keygen(1)",
    },
    Page {
        name: "mailrep-filter-run",
        synopsis: &[
            "mailrep filter run --config FILE [--ip IP | --local USER] [--helo NAME] [--mail-from ADDR] [--rcpt ADDR]... [--login ACCOUNT] \
             [--daemon NAME] [--queue-id ID] MESSAGE|-",
        ],
        sections: filter::help::RUN,
        see_also: "mailrep(1), mailrep-filter(1), mailrep-filter-check(1), mailrep-check(1)",
    },
];

#[test]
fn man_pages_are_those_of_this_command_line() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("man");
    let bless = std::env::var_os("MAILREP_BLESS").is_some();
    let mut differ = Vec::new();
    for page in &PAGES {
        let path = directory.join(format!("{}.1", page.name));
        let text = render(page);
        if bless {
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(&path, text).unwrap();
        } else if std::fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            differ.push(page.name);
        }
    }
    assert!(
        differ.is_empty(),
        "run `make man`: these pages are not up to date: {differ:?}"
    );
}

#[test]
fn man_pages_exist_for_every_command() {
    let mut names = vec!["mailrep".to_owned()];
    for command in Cli::command().get_subcommands() {
        let name = format!("mailrep-{}", command.get_name());
        names.push(name.clone());
        names.extend(
            command
                .get_subcommands()
                .map(|within| format!("{name}-{}", within.get_name())),
        );
    }
    assert_eq!(names, PAGES.map(|page| page.name.to_owned()));
}

fn render(page: &Page) -> String {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    for sub in page.name.split('-').skip(1) {
        command = command.find_subcommand(sub).unwrap().clone();
    }
    let man = Man::new(command.display_name(page.name))
        .title(page.name.to_uppercase())
        .source(concat!("mailrep ", env!("CARGO_PKG_VERSION")))
        .manual("mailrep manual");
    let mut text = Vec::new();
    man.render_title(&mut text).unwrap();
    man.render_name_section(&mut text).unwrap();
    synopsis(page).to_writer(&mut text).unwrap();
    man.render_description_section(&mut text).unwrap();
    man.render_options_section(&mut text).unwrap();
    if ["mailrep", "mailrep-filter", "mailrep-outbound"].contains(&page.name) {
        man.render_subcommands_section(&mut text).unwrap();
    }
    for section in page.sections {
        write_section(section).to_writer(&mut text).unwrap();
    }
    let mut see_also = Roff::new();
    see_also.control("SH", ["SEE ALSO"]);
    see_also.text([roman(page.see_also)]);
    see_also.to_writer(&mut text).unwrap();
    without_preamble(&String::from_utf8(text).unwrap())
}

fn synopsis(page: &Page) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", ["SYNOPSIS"]);
    for (at, line) in page.synopsis.iter().enumerate() {
        if at > 0 {
            roff.control("br", []);
        }
        let (name, rest) = line.split_at(page.name.len());
        roff.text([bold(name), roman(rest)]);
    }
    roff
}

fn write_section(section: &Section) -> Roff {
    let mut roff = Roff::new();
    roff.control("SH", [section.title.to_uppercase().as_str()]);
    let mut literal = false;
    for line in section.text.lines() {
        if line.is_empty() {
            roff.control("PP", []);
            continue;
        }
        let stands = line.starts_with(' ');
        if stands != literal {
            roff.control(if stands { "nf" } else { "fi" }, []);
            literal = stands;
        }
        roff.text([roman(line.strip_prefix("  ").unwrap_or(line))]);
    }
    if literal {
        roff.control("fi", []);
    }
    roff
}

/// Each part begins with the same definitions; once is enough.
fn without_preamble(text: &str) -> String {
    let preamble = [".ie \\n(.g .ds Aq \\(aq", ".el .ds Aq '"];
    let mut page = preamble.join("\n");
    page.push('\n');
    for line in text.lines().filter(|line| !preamble.contains(line)) {
        page.push_str(line.trim_end());
        page.push('\n');
    }
    page
}
