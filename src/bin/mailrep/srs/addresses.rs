//! `mailrep srs forward` and `reverse`: addresses from arguments or lines, and what becomes of them.

use super::super::cli::Global;
use super::super::failure::{Failure, system, tell};
use super::super::page::{Page, Tone};
use super::super::printable;
use super::arguments::SrsAddresses;
use super::{lines, rewriter};
use mailrep::clock::UnixTime;
use mailrep::json;
use mailrep::srs::{Outcome, Rewriter};
use std::io::{self, BufReader, BufWriter, IsTerminal as _, Write};

type Rewrite = fn(&Rewriter, &[u8], UnixTime) -> Outcome;

pub(super) fn run(command: &SrsAddresses, rewrite: Rewrite, global: &Global) -> Result<(), Failure> {
    let rewriter = rewriter(&command.settings)?;
    let mut answers = Answers {
        rewriter: &rewriter,
        rewrite,
        now: global.now.unwrap_or_else(UnixTime::now),
        json: global.json,
        out: BufWriter::new(anstream::stdout().lock()),
        first: true,
    };
    for address in &command.addresses {
        if **address == *b"-" {
            answers.lines()?;
        } else {
            answers.answer(address).map_err(|why| Failure::output(&why))?;
        }
    }
    answers.out.flush().map_err(|why| Failure::output(&why))
}

struct Answers<'a, W: Write> {
    rewriter: &'a Rewriter,
    rewrite: Rewrite,
    now: UnixTime,
    json: bool,
    out: W,
    first: bool,
}

impl<W: Write> Answers<'_, W> {
    /// Answers the lines of the standard input; what is ready is told before it waits for more.
    fn lines(&mut self) -> Result<(), Failure> {
        let input = io::stdin();
        if input.is_terminal() {
            tell("reading addresses from the terminal; end them with Ctrl-D");
        }
        let mut input = BufReader::new(input.lock());
        let mut line = Vec::new();
        let mut any = false;
        loop {
            if input.buffer().is_empty() {
                self.out.flush().map_err(|why| Failure::output(&why))?;
            }
            let more = lines::next(&mut input, &mut line);
            if !more
                .map_err(|why| Failure::Input(format!("cannot read the standard input: {}", system(&why))))?
            {
                break;
            }
            any = true;
            self.answer(&line).map_err(|why| Failure::output(&why))?;
        }
        if any {
            return Ok(());
        }
        Err(Failure::Input(
            "the standard input is empty: there is no address in it".to_owned(),
        ))
    }

    fn answer(&mut self, address: &[u8]) -> io::Result<()> {
        let outcome = (self.rewrite)(self.rewriter, address, self.now);
        if self.json {
            let text = json::srs(address, &outcome).to_string();
            return writeln!(self.out, "{}", printable::json(&text));
        }
        if !std::mem::take(&mut self.first) {
            writeln!(self.out)?;
        }
        let mut page = Page::default();
        let (tone, what) = match outcome {
            Outcome::Rewritten(_) => (Tone::Good, "Rewritten"),
            Outcome::Unchanged(_) => (Tone::Indifferent, "Unchanged"),
            Outcome::Refused(_) => (Tone::Bad, "Refused"),
        };
        page.decision(tone, what, &shown(outcome.output(address).unwrap_or(address)));
        page.sentence(&outcome.to_string());
        page.write_to(&mut self.out)
    }
}

/// An address for people; octets that are no UTF-8 are shown as `\xNN`.
fn shown(address: &[u8]) -> String {
    const MOST: usize = 2_000;
    let mut text = String::new();
    for chunk in address[..address.len().min(MOST)].utf8_chunks() {
        text.push_str(chunk.valid());
        for octet in chunk.invalid() {
            text.push_str(&format!("\\x{octet:02x}"));
        }
    }
    if address.len() > MOST {
        text.push_str("...");
    }
    text
}
