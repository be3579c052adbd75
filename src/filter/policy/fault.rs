//! What is wrong with a policy file, where, and what mends it.

use std::fmt;

/// Where something stands in a file; both count from 1, the column in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What is wrong, in words.
    pub message: String,
    /// What to do, if that can be told.
    pub fix: Option<String>,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.fix {
            Some(fix) => write!(f, "; {fix}"),
            None => Ok(()),
        }
    }
}

/// A policy that cannot be used, with all that is wrong with it in the order of the file.
///
/// `Display` writes a line for each: `FILE:LINE:COLUMN: what is wrong; what mends it`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    /// The file's name, as it was given.
    pub file: String,
    /// At least one.
    pub faults: Vec<Fault>,
}

impl std::error::Error for PolicyError {}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, fault) in self.faults.iter().enumerate() {
            let Place { line, column } = fault.place;
            let end = if at > 0 { "\n" } else { "" };
            match line {
                // Of a file that cannot be read, no line is known.
                0 => write!(f, "{end}{fault}")?,
                _ => write!(f, "{end}{}:{line}:{column}: {fault}", self.file)?,
            }
        }
        Ok(())
    }
}

impl PolicyError {
    pub(crate) fn new(file: &str, mut faults: Vec<Fault>) -> PolicyError {
        faults.sort_by_key(|fault| fault.place);
        PolicyError {
            file: file.to_owned(),
            faults,
        }
    }
}
