//! Why a command could not do its work, and the exit status that says so.

use super::printable::line;
use mailrep::Error;
use std::io;

/// The exit statuses are those of the manual page.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input could not be used: 1.
    Input(String),
    /// No verdict could be made, or not be told: 75.
    NoVerdict(String),
    /// Nobody reads what is printed any more; nothing is left to be done or said: 0.
    NobodyReads,
}

impl Failure {
    /// Tells of it, in one line, and returns the exit status.
    pub(crate) fn tell(self) -> u8 {
        let (status, what) = match self {
            Failure::Input(what) => (1, what),
            Failure::NoVerdict(what) => (75, what),
            Failure::NobodyReads => return 0,
        };
        tell(&what);
        status
    }

    /// Trouble with the standard output.
    pub(crate) fn output(why: &io::Error) -> Failure {
        match why.kind() {
            io::ErrorKind::BrokenPipe => Failure::NobodyReads,
            _ => Failure::NoVerdict(format!("cannot write the verdict: {}", system(why))),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::Zone { .. } | Error::Io { .. } | Error::Invalid { .. } => {
                Failure::Input(error.to_string())
            }
            _ => Failure::NoVerdict(error.to_string()),
        }
    }
}

/// One line for the person at the terminal. Nothing can be done if even that fails.
pub(crate) fn tell(what: &str) {
    use std::io::Write as _;
    let _ = writeln!(anstream::stderr().lock(), "mailrep: {}", line(what));
}

/// The system's reason in lower case, without its number.
pub(crate) fn system(why: &io::Error) -> String {
    let text = why.to_string();
    let text = text.split(" (os error").next().unwrap_or(&text);
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}
