//! Files with keys and secrets: read within a bound, written for their owner alone.

use crate::error::{Error, plain};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use zeroize::Zeroizing;

/// What was read, and who else can read it.
pub(crate) struct PrivateFile {
    /// One octet more than the bound if the file is longer.
    pub(crate) octets: Zeroizing<Vec<u8>>,
    /// Every user of this host may read or write it.
    pub(crate) open_to_others: bool,
}

/// Reads at most `most` octets, and one more.
///
/// # Errors
/// [`Error::Io`].
pub(crate) fn read(path: &Path, most: u64) -> Result<PrivateFile, Error> {
    let io = |error: std::io::Error| Error::Io {
        path: path.display().to_string(),
        why: plain(&error),
    };
    let file = File::open(path).map_err(io)?;
    let metadata = file.metadata().map_err(io)?;
    let mut octets = Zeroizing::new(Vec::with_capacity(8 * 1024));
    file.take(most + 1).read_to_end(&mut octets).map_err(io)?;
    Ok(PrivateFile {
        octets,
        open_to_others: open_to_others(&metadata),
    })
}

/// Writes a new file that its owner alone can read (mode 0600); an existing one is never touched.
///
/// # Errors
/// [`Error::Invalid`], which calls the file `what`, if there is one of that name already; [`Error::Write`] if it cannot be written,
/// and then there is none afterwards.
pub(crate) fn write_new(what: &'static str, path: &Path, octets: &[u8]) -> Result<(), Error> {
    write(path, octets).map_err(|error| {
        let shown = path.display().to_string();
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            Error::Invalid {
                what,
                value: shown,
                why: "it is there already, and is never written over".to_owned(),
            }
        } else {
            Error::Write {
                path: shown,
                why: plain(&error),
            }
        }
    })
}

fn write(path: &Path, octets: &[u8]) -> std::io::Result<()> {
    use std::io::Write as _;
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(path)?;
    let written = file.write_all(octets).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key is none; that it could not be written is told.
        let _ = std::fs::remove_file(path);
    }
    written
}

#[cfg(unix)]
fn open_to_others(metadata: &std::fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.is_file() && metadata.permissions().mode() & 0o006 != 0
}

#[cfg(not(unix))]
fn open_to_others(_: &std::fs::Metadata) -> bool {
    false
}
