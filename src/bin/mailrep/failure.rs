//! Why a command could not do its work, and the exit status that says so.

use super::printable::line;
use mailrep::Error;
use std::io;

/// The exit statuses are those of the manual page.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The input could not be used: 1.
    Input(String),
    /// An option has a value that cannot be meant, in a way that only the command can see: 2.
    Usage(String),
    /// No verdict could be made, or not be told: 75.
    NoVerdict(String),
    /// Nobody reads what is printed any more; nothing is left to be done or said: 0.
    NobodyReads,
}

impl Failure {
    /// Tells of it, in one line, and returns the exit status.
    pub(crate) fn tell(&self) -> u8 {
        if let Failure::Input(what) | Failure::Usage(what) | Failure::NoVerdict(what) = self {
            tell(what);
        }
        self.status()
    }

    fn status(&self) -> u8 {
        match self {
            Failure::Input(_) => 1,
            Failure::Usage(_) => 2,
            Failure::NoVerdict(_) => 75,
            Failure::NobodyReads => 0,
        }
    }

    /// Trouble with the standard output.
    pub(crate) fn output(why: &io::Error) -> Failure {
        match why.kind() {
            io::ErrorKind::BrokenPipe => Failure::NobodyReads,
            _ => Failure::NoVerdict(format!("cannot write the output: {}", system(why))),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Failure {
        match error {
            Error::Io { path, why } => {
                Failure::Input(format!("cannot read {path}: {}", without_number(&why)))
            }
            Error::Zone { .. } | Error::Invalid { .. } | Error::Write { .. } => {
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
    without_number(&why.to_string())
}

fn without_number(why: &str) -> String {
    let mut letters = why.split(" (os error").next().unwrap_or(why).chars();
    let first = letters.next();
    first
        .into_iter()
        .flat_map(char::to_lowercase)
        .chain(letters)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_library_have_the_promised_exit_status() {
        let zone = Error::Zone {
            file: "zone".into(),
            line: 1,
            column: 2,
            message: "odd".into(),
        };
        assert_eq!(Failure::from(zone).status(), 1);
        assert_eq!(
            Failure::from(Error::Io {
                path: "zone".into(),
                why: "gone".into()
            })
            .status(),
            1
        );
        assert_eq!(Failure::from(Error::NoNameserver).status(), 75);
        assert_eq!(
            Failure::from(Error::System {
                what: "a thread",
                why: "no".into()
            })
            .status(),
            75
        );
        assert_eq!(Failure::output(&io::ErrorKind::BrokenPipe.into()).status(), 0);
        assert_eq!(Failure::output(&io::ErrorKind::StorageFull.into()).status(), 75);
    }

    #[test]
    fn the_system_is_quoted_without_its_numbers() {
        assert_eq!(
            system(&io::Error::from_raw_os_error(2)),
            "no such file or directory"
        );
    }
}
