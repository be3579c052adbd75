//! `mailrep outbound merge`.

use super::arguments::Merge;
use super::state;
use crate::failure::Failure;
use mailrep::outbound::MonitorOptions;

pub(crate) fn run(command: &Merge) -> Result<(), Failure> {
    let mut files = command.files.iter();
    let first = files.next().ok_or(Failure::NobodyReads)?;
    let merged = state::existing(first, MonitorOptions::default())?;
    for path in files {
        let other = state::existing(path, MonitorOptions::default())?;
        merged.merge(other).map_err(|error| {
            let (one, two) = (first.display(), path.display());
            Failure::Input(format!("{one} and {two} cannot be merged: {error}"))
        })?;
    }
    state::save(&merged, &command.out)
}
