//! The state of a monitor in a file, and how it judges.

use super::arguments::Judging;
use crate::failure::Failure;
use mailrep::outbound::{Key, Monitor, MonitorOptions, Prior, SnapshotError};
use std::path::Path;

/// The options that the command line asks for.
pub(super) fn options(judging: &Judging) -> Result<MonitorOptions, Failure> {
    let mut options = MonitorOptions::default();
    if let Some(path) = &judging.prior {
        let text = std::fs::read_to_string(path).map_err(|why| super::unreadable(path, &why))?;
        let prior = Prior::from_json(&text)
            .map_err(|error| Failure::Input(format!("{}: {error}", path.display())))?;
        options.prior = Some(prior);
    }
    if let Some(tolerance) = judging.false_alarms {
        options.false_alarms_per_account_year = tolerance;
    }
    Ok(options)
}

/// A monitor as the file has it, or one that knows nothing if there is no file.
pub(super) fn monitor(state: Option<&Path>, options: MonitorOptions) -> Result<Monitor, Failure> {
    let Some(path) = state else {
        // Nothing is kept beyond the replay.
        return Monitor::new(Key::from([0; 16]), options).map_err(|error| Failure::Usage(error.to_string()));
    };
    match Monitor::restore(path, options.clone()) {
        Ok(monitor) => Ok(monitor),
        Err(SnapshotError::Io(why)) if why.kind() == std::io::ErrorKind::NotFound => {
            Monitor::new(Key::random()?, options).map_err(|error| Failure::Usage(error.to_string()))
        }
        Err(error) => Err(unusable(path, &error)),
    }
}

/// A monitor as the file has it, which must be there.
pub(super) fn existing(path: &Path, options: MonitorOptions) -> Result<Monitor, Failure> {
    Monitor::restore(path, options).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &SnapshotError) -> Failure {
    match error {
        SnapshotError::Monitor(error) => Failure::Usage(error.to_string()),
        error => Failure::Input(format!(
            "the state in {} cannot be used, and is kept: {error}",
            path.display()
        )),
    }
}

pub(super) fn save(monitor: &Monitor, path: &Path) -> Result<(), Failure> {
    monitor.save(path).map_err(|error| {
        Failure::Input(format!(
            "the state cannot be written to {}: {error}",
            path.display()
        ))
    })
}
