//! How far a command is, told on a terminal.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

/// A line of the standard error output that changes, if that is a terminal.
pub(crate) struct Progress {
    is_wanted: bool,
    is_shown: bool,
    last: Option<Instant>,
}

impl Progress {
    pub(crate) fn new() -> Progress {
        Progress {
            is_wanted: io::stderr().is_terminal(),
            is_shown: false,
            last: None,
        }
    }

    /// Says so, unless it said something a moment ago.
    pub(crate) fn tell(&mut self, what: impl FnOnce() -> String) {
        let is_due = || {
            self.last
                .is_none_or(|last| last.elapsed() > Duration::from_millis(100))
        };
        if self.is_wanted && is_due() {
            // Nothing can be done if it cannot be told.
            let _ = write!(io::stderr().lock(), "\r{:60}", what());
            self.is_shown = true;
            self.last = Some(Instant::now());
        }
    }

    /// Makes room for a line.
    pub(crate) fn clear(&mut self) {
        if self.is_shown {
            let _ = write!(io::stderr().lock(), "\r{:60}\r", "");
            self.is_shown = false;
        }
    }
}
