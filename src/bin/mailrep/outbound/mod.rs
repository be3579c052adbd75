//! `mailrep outbound`: stolen accounts.

pub(crate) mod arguments;
mod fit;
pub(crate) mod help;
mod lines;
mod replay;

use crate::cli::Global;
use crate::failure::Failure;
use arguments::{Outbound, OutboundCommand};
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

pub(crate) fn run(command: Outbound, global: &Global) -> Result<(), Failure> {
    match command.what {
        OutboundCommand::Replay(replay) => replay::run(&replay, global),
        OutboundCommand::Fit(fit) => fit::run(&fit),
    }
}

/// Opens a file of lines, or the standard input for `-`.
fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    const BUFFER: usize = 256 << 10;
    if path == Path::new("-") {
        return Ok(Box::new(BufReader::with_capacity(BUFFER, io::stdin())));
    }
    let unreadable = |why: io::Error| unreadable(path, &why);
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        return Err(unreadable(io::Error::from(io::ErrorKind::IsADirectory)));
    }
    Ok(Box::new(BufReader::with_capacity(BUFFER, file)))
}

fn unreadable(path: &Path, why: &io::Error) -> Failure {
    Failure::from(mailrep::Error::Io {
        path: path.display().to_string(),
        why: why.to_string(),
    })
}
