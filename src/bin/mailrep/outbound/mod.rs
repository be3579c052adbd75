//! `mailrep outbound`: stolen accounts.

pub(crate) mod arguments;
mod control;
mod envelope;
mod explain;
mod fit;
pub(crate) mod help;
mod html;
mod lines;
mod log;
mod merge;
mod replay;
mod session;
mod state;

use crate::cli::Global;
use crate::failure::Failure;
use arguments::{Outbound, OutboundCommand};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

pub(crate) fn run(command: Outbound, global: &Global) -> Result<(), Failure> {
    match command.what {
        OutboundCommand::Replay(replay) => replay::run(&replay, global),
        OutboundCommand::Explain(explain) => explain::run(&explain, global),
        OutboundCommand::Merge(merge) => merge::run(&merge),
        OutboundCommand::Fit(fit) => fit::run(&fit, global),
        OutboundCommand::Status(status) => control::status(&status, global),
        OutboundCommand::Release(release) => control::release(&release, global),
        OutboundCommand::Acknowledge(close) => control::acknowledge(&close, global),
        OutboundCommand::Allow(allow) => control::allow(&allow, global),
    }
}

/// Opens a file of lines, or the standard input for `-`. What gzip packed, its octets say and not its name.
fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    const BUFFER: usize = 256 << 10;
    const GZIP: [u8; 2] = [0x1f, 0x8b];
    let unreadable = |why: io::Error| unreadable(path, &why);
    let mut reader: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(BufReader::with_capacity(BUFFER, io::stdin()))
    } else {
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(unreadable(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        Box::new(BufReader::with_capacity(BUFFER, file))
    };
    if reader.fill_buf().map_err(unreadable)?.starts_with(&GZIP) {
        reader = Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(reader)));
    }
    Ok(reader)
}

fn unreadable(path: &Path, why: &io::Error) -> Failure {
    Failure::from(mailrep::Error::Io {
        path: path.display().to_string(),
        why: why.to_string(),
    })
}

/// Milliseconds since 1970 as RFC 3339.
fn moment(milliseconds: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(milliseconds);
    time.map_or_else(|_| milliseconds.to_string(), |time| format!("{time:.0}"))
}
