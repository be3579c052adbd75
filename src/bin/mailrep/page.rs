//! What is printed: text for people, or JSON for programs.

use super::failure::Failure;
use super::printable;
use anstyle::{AnsiColor, Style};
use std::fmt::Write as _;
use std::io::Write as _;

/// Columns of the names on the left.
const LEFT: usize = 8;
/// Columns of the names of facts.
const FACT: usize = 15;

/// How good something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Doubtful,
    Bad,
    Indifferent,
}

impl Tone {
    /// The tone of a result of any check.
    pub(crate) fn of(result: &str) -> Tone {
        match result {
            "pass" => Tone::Good,
            "fail" | "permerror" => Tone::Bad,
            "softfail" | "temperror" | "policy" => Tone::Doubtful,
            _ => Tone::Indifferent,
        }
    }

    fn style(self) -> Style {
        let color = match self {
            Tone::Good => AnsiColor::Green,
            Tone::Doubtful => AnsiColor::Yellow,
            Tone::Bad => AnsiColor::Red,
            Tone::Indifferent => return Style::new().bold(),
        };
        color.on_default().bold()
    }
}

/// Text with colours, which are left out where they are not wanted. Whatever is put into it is made fit for a
/// terminal first.
#[derive(Debug, Default)]
pub(crate) struct Page {
    text: String,
}

impl Page {
    /// What to do, and why.
    pub(crate) fn decision(&mut self, tone: Tone, what: &str, why: &str) {
        let style = tone.style();
        self.write(format_args!("{style}{what}:{style:#} {}\n", printable::line(why)));
    }

    /// A check, its result and the sentence that explains it.
    pub(crate) fn check(&mut self, name: &str, result: &str, reason: &str) {
        self.result(name, result);
        self.sentence(reason);
    }

    /// A check and its result, when the sentence stands elsewhere.
    pub(crate) fn result(&mut self, name: &str, result: &str) {
        let style = Tone::of(result).style();
        self.write(format_args!("\n{name:<LEFT$}{style}{result}{style:#}\n"));
    }

    /// A part of a story, sentence by sentence.
    pub(crate) fn told(&mut self, name: &str, sentences: &[String]) {
        let style = Style::new().bold();
        self.write(format_args!("\n{style}{name}{style:#}\n"));
        for sentence in sentences {
            self.sentence(sentence);
        }
    }

    /// A sentence below a check.
    pub(crate) fn sentence(&mut self, sentence: &str) {
        // A sentence may begin with a domain or an address, which stay as they are.
        let word = sentence.split(' ').next().unwrap_or_default();
        let is_name = word.contains(['.', ':', '_', '-']);
        let mut letters = sentence.chars();
        let first: String = match letters.next() {
            Some(letter) if is_name => letter.into(),
            Some(letter) => letter.to_uppercase().collect(),
            None => String::new(),
        };
        let end = if sentence.ends_with(['.', '!', '?', '"']) {
            ""
        } else {
            "."
        };
        self.write(format_args!(
            "  {}{}{end}\n",
            printable::line(&first),
            printable::line(letters.as_str())
        ));
    }

    /// Something that was found, how bad it is, and the sentence that says it.
    pub(crate) fn finding(&mut self, tone: Tone, severity: &str, sentence: &str) {
        let style = tone.style();
        self.write(format_args!("\n{style}{severity}{style:#}\n"));
        self.sentence(sentence);
    }

    /// A fact below a check.
    pub(crate) fn fact(&mut self, name: &str, value: &str) {
        let dim = Style::new().dimmed();
        self.write(format_args!(
            "  {dim}{name:<FACT$}{dim:#} {}\n",
            printable::line(value)
        ));
    }

    /// A heading, on which lines follow.
    pub(crate) fn heading(&mut self, heading: &str) {
        let style = Style::new().bold();
        self.write(format_args!("\n{style}{}{style:#}\n", printable::line(heading)));
    }

    /// A line as it is, indented.
    pub(crate) fn line(&mut self, depth: usize, line: &str) {
        let indent = 2 * depth;
        self.write(format_args!("{:indent$}{}\n", "", printable::line(line)));
    }

    fn write(&mut self, text: std::fmt::Arguments) {
        // Writing to a String cannot fail.
        let _ = self.text.write_fmt(text);
    }

    /// Prints it.
    pub(crate) fn print(&self) -> Result<(), Failure> {
        let mut out = anstream::stdout().lock();
        out.write_all(self.text.trim_start().as_bytes())
            .and_then(|()| out.flush())
            .map_err(|why| Failure::output(&why))
    }
}

/// Prints an object on one line.
pub(crate) fn print_json(object: &serde_json::Value) -> Result<(), Failure> {
    let text = object.to_string();
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", printable::json(&text))
        .and_then(|()| out.flush())
        .map_err(|why| Failure::output(&why))
}

/// "yes" or "no".
pub(crate) fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}
