//! A monitor's state in a file, and two hosts' states as one.
//!
//! The file begins with [`MAGIC`] and the version of the format. Sections follow, each with its length before it and behind it the
//! SHA-256 hash of the hash before it, the length and the content; so no section can be missing, changed or of another file. The
//! first has the key, what the model counts and the host's state; each of the others has one part of the accounts, as it was at
//! one moment. Numbers have the little end first. The general tolerance is not in it: another one may be asked for when it is read.

use super::account::Account;
use super::channel::{self, CHANNELS};
use super::host::Host;
use super::key::Key;
use super::monitor::{Alarm, Monitor, MonitorError, MonitorOptions, PARTS, Part, lock};
use super::octets::Octets;
use aws_lc_rs::digest::{Context, Digest, SHA256, SHA256_OUTPUT_LEN};
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

const MAGIC: &[u8; 8] = b"MREPOUTB";
/// Of the format. Another model has another [`model`]. Version 1 had no tolerances of accounts, which are at the end of a part.
const VERSION: u32 = 2;

/// Why a snapshot cannot be written, read or merged. What was there before is still there.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// The system refused to read or write it.
    #[error("{}", crate::error::plain(.0))]
    Io(#[from] io::Error),
    /// It is something else.
    #[error("it is no snapshot of a monitor")]
    Foreign,
    /// Another version of this library wrote it, a later one as a rule.
    #[error("it has version {0} of the format, and this version of mailrep reads {VERSION}")]
    Version(u32),
    /// It was written by a version whose model counts other things.
    #[error("it was written by a version of mailrep that counts other things")]
    Model,
    /// It ends too early.
    #[error("it is damaged: it ends too early")]
    Truncated,
    /// Its content is not what was written.
    #[error("it is damaged: {0}")]
    Damaged(&'static str),
    /// No monitor can be made with these options.
    #[error(transparent)]
    Monitor(#[from] MonitorError),
    /// The two monitors have different keys, so that neither knows the other's accounts.
    #[error("the two have different keys: only hosts that began with the same snapshot can be merged")]
    Keys,
}

const ENTRIES: SnapshotError = SnapshotError::Damaged("an entry is none that was ever written");

impl Monitor {
    /// Writes all that is known into a file that its owner alone can read (mode 0600), since the key is in it.
    ///
    /// It is written beside and takes the file's place when all of it is on the disk: whatever happens, there is the old one or the new
    /// one. Messages can be observed in the meantime; each account is written as it is at one moment.
    ///
    /// # Errors
    /// [`SnapshotError::Io`]; the old file is untouched, unless it was the last step that failed, which writes the folder to the disk.
    pub fn save(&self, path: &Path) -> Result<(), SnapshotError> {
        // A link stays one.
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) if error.kind() == ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(error.into()),
        };
        let (file, beside) = create_beside(&path)?;
        let written = self.write_and_rename(file, &beside, &path);
        if written.is_err() {
            // That it could not be written is told; nothing can be done about what is left.
            let _ = fs::remove_file(&beside);
        }
        Ok(written?)
    }

    fn write_and_rename(&self, file: File, beside: &Path, path: &Path) -> io::Result<()> {
        let mut out = BufWriter::with_capacity(256 << 10, file);
        self.write_snapshot(&mut out)?;
        out.flush()?;
        out.get_ref().sync_all()?;
        fs::rename(beside, path)?;
        // The name is on the disk when the folder is.
        #[cfg(unix)]
        File::open(folder(path))?.sync_all()?;
        Ok(())
    }

    /// A monitor as [`Monitor::save`] wrote it. What was known is kept even if `options` have less room: then there is none for further
    /// accounts, and the memory for recipients grows no more.
    ///
    /// ```no_run
    /// use mailrep::outbound::{Monitor, MonitorOptions};
    /// # fn main() -> Result<(), mailrep::outbound::SnapshotError> {
    /// let monitor = Monitor::restore("/var/lib/mailrep/outbound".as_ref(), MonitorOptions::default())?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SnapshotError`]: the file is never changed.
    pub fn restore(path: &Path, options: MonitorOptions) -> Result<Monitor, SnapshotError> {
        // Of a pipe one would wait for the end; a folder cannot be read.
        if !fs::metadata(path)?.is_file() {
            return Err(SnapshotError::Foreign);
        }
        let file = File::open(path)?;
        Monitor::read_snapshot(BufReader::with_capacity(256 << 10, file), options)
    }

    /// Writes what [`Monitor::save`] would write into a file. The key is in it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write_snapshot(&self, mut out: impl Write) -> io::Result<()> {
        let beginning = [MAGIC.as_slice(), &VERSION.to_le_bytes()].concat();
        out.write_all(&beginning)?;
        let mut head = Vec::new();
        head.extend_from_slice(&model());
        head.extend_from_slice(self.key.octets());
        self.host
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .write(&mut head);
        let mut digest = write_section(&mut out, &beginning, &head)?;
        for part in &self.parts {
            let section = lock(part).to_octets();
            digest = write_section(&mut out, digest.as_ref(), &section)?;
        }
        Ok(())
    }

    /// Reads what [`Monitor::write_snapshot`] wrote, up to the end of `input`. Memory grows with what was read, not with what a length claims.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn read_snapshot(mut input: impl Read, options: MonitorOptions) -> Result<Monitor, SnapshotError> {
        let mut beginning = [0; 12];
        input
            .read_exact(&mut beginning)
            .map_err(|error| match error.kind() {
                ErrorKind::UnexpectedEof => SnapshotError::Foreign,
                _ => error.into(),
            })?;
        let (magic, version) = beginning.split_at(MAGIC.len());
        if magic != MAGIC {
            return Err(SnapshotError::Foreign);
        }
        let version = Octets(version).u32().unwrap_or_default();
        if version != VERSION {
            return Err(SnapshotError::Version(version));
        }
        let (head, mut digest) = read_section(&mut input, &beginning)?;
        let mut head = Octets(&head);
        if head.array() != Some(model()) {
            return Err(SnapshotError::Model);
        }
        let key = Key::from(head.array::<16>().ok_or(ENTRIES)?);
        let host = Host::read(&mut head).ok_or(ENTRIES)?;
        if !head.0.is_empty() {
            return Err(ENTRIES);
        }
        let mut monitor = Monitor::new(key, options)?;
        monitor.host = host.into();
        for (at, part) in monitor.parts.iter_mut().enumerate() {
            let (section, next) = read_section(&mut input, digest.as_ref())?;
            digest = next;
            let part = part.get_mut().unwrap_or_else(PoisonError::into_inner);
            part.fill(&section, at).ok_or(ENTRIES)?;
        }
        match input.read(&mut [0])? {
            0 => Ok(monitor),
            _ => Err(SnapshotError::Damaged("it goes on after its end")),
        }
    }

    /// Takes in what another host's monitor knows, as if one host had seen the messages of both. Whichever takes in the other, the
    /// same comes out, if both have the same options.
    ///
    /// Counters are brought to a common time and added. What is usual for an account is the mean of both, weighted by days; today's
    /// peaks are the higher ones, an alarm of one is an alarm of both, what was declared or acknowledged is the larger of the two, of
    /// an account's own tolerances the lower one stays, and whom an account has written to on either host is known. Accounts beyond [`MonitorOptions::accounts`] are kept too.
    ///
    /// # Errors
    /// [`SnapshotError::Keys`]: names mean nothing to a monitor of another key. Nothing was changed then.
    pub fn merge(&self, other: Monitor) -> Result<(), SnapshotError> {
        if self.key != other.key {
            return Err(SnapshotError::Keys);
        }
        let theirs = other.host.into_inner().unwrap_or_else(PoisonError::into_inner);
        self.host
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .merge(theirs);
        for (ours, theirs) in self.parts.iter().zip(other.parts) {
            let theirs = theirs.into_inner().unwrap_or_else(PoisonError::into_inner);
            self.merge_part(&mut lock(ours), theirs);
        }
        Ok(())
    }

    fn merge_part(&self, ours: &mut Part, theirs: Part) {
        let close = |account: &mut Account, day: i32| {
            if account.day() < day {
                account.close_day(day, |at| *self.prior.channel(at), &self.limits);
                account.begin_day(day);
            }
        };
        for other in theirs.accounts.iter() {
            match ours.accounts.get_mut(other.key) {
                Some(account) => {
                    let mut other = other.clone();
                    close(account, other.day());
                    close(&mut other, account.day());
                    account.merge(other);
                }
                None => {
                    ours.accounts.add(other.clone());
                }
            }
        }
        ours.accounts.searched = ours.accounts.searched.max(theirs.accounts.searched);
        ours.novelty.merge(theirs.novelty);
        for (key, alarm) in theirs.alarms {
            match ours.alarms.get_mut(&key) {
                Some(open) => open.merge(&alarm),
                None => {
                    ours.alarms.insert(key, alarm);
                }
            }
        }
        for (key, ceilings) in theirs.acknowledged {
            let ours = ours.acknowledged.entry(key).or_insert([0.0; CHANNELS]);
            for (ceiling, other) in ours.iter_mut().zip(ceilings) {
                *ceiling = ceiling.max(other);
            }
        }
        for (key, recipients) in theirs.declared {
            let ours = ours.declared.entry(key).or_insert(0);
            *ours = recipients.max(*ours);
        }
        for (key, tolerance) in theirs.tolerances {
            let ours = ours.tolerances.entry(key).or_insert(tolerance);
            *ours = tolerance.min(*ours);
        }
    }
}

impl Part {
    fn to_octets(&self) -> Vec<u8> {
        let few = self.alarms.len() * Alarm::OCTETS + self.acknowledged.len() * (8 + 4 * CHANNELS);
        let few = few + self.declared.len() * 12 + self.tolerances.len() * 16;
        let all = self.accounts.len() * Account::OCTETS + few;
        let mut out = Vec::with_capacity(all + self.novelty.octets() + 1_024);
        out.extend_from_slice(&self.accounts.searched.to_le_bytes());
        // In the order of keys, the same state is the same octets.
        let mut accounts: Vec<&Account> = self.accounts.iter().collect();
        accounts.sort_unstable_by_key(|account| account.key);
        write_all(&mut out, accounts, |out, account| account.write(out));
        write_all(&mut out, in_order(self.known_alarms()), |out, (key, alarm)| {
            out.extend_from_slice(&key.to_le_bytes());
            alarm.write(out);
        });
        write_all(&mut out, in_order(&self.acknowledged), |out, (key, ceilings)| {
            out.extend_from_slice(&key.to_le_bytes());
            out.extend(ceilings.iter().flat_map(|ceiling| ceiling.to_le_bytes()));
        });
        write_all(&mut out, in_order(&self.declared), |out, (key, recipients)| {
            out.extend_from_slice(&key.to_le_bytes());
            out.extend_from_slice(&recipients.to_le_bytes());
        });
        self.novelty.write(&mut out);
        write_all(&mut out, in_order(&self.tolerances), |out, (key, tolerance)| {
            out.extend_from_slice(&key.to_le_bytes());
            out.extend_from_slice(&tolerance.to_le_bytes());
        });
        out
    }

    /// Reads what [`Part::to_octets`] wrote, of the part with this number.
    fn fill(&mut self, octets: &[u8], number: usize) -> Option<()> {
        let mut octets = Octets(octets);
        let of_this_part = |key: &u64| Monitor::part_of(*key) == number;
        self.accounts.searched = octets.i64()?;
        read_all(&mut octets, |octets| {
            let account = Account::read(octets)?;
            let key = account.key;
            self.accounts.add(account)?;
            Some(key).filter(of_this_part)
        })?;
        read_all(&mut octets, |octets| {
            let key = octets.u64().filter(of_this_part)?;
            // An alarm is of an account that is known.
            self.accounts.get(key)?;
            self.alarms.insert(key, Alarm::read(octets)?);
            Some(key)
        })?;
        read_all(&mut octets, |octets| {
            let key = octets.u64().filter(of_this_part)?;
            self.acknowledged.insert(key, octets.each(Octets::limit)?);
            Some(key)
        })?;
        read_all(&mut octets, |octets| {
            let key = octets.u64().filter(of_this_part)?;
            self.declared.insert(key, octets.u32()?);
            Some(key)
        })?;
        self.novelty.fill(&mut octets)?;
        read_all(&mut octets, |octets| {
            let key = octets.u64().filter(of_this_part)?;
            let tolerance = f64::from_le_bytes(octets.array()?);
            self.tolerances
                .insert(key, super::monitor::usable(tolerance).ok()?);
            Some(key)
        })?;
        octets.0.is_empty().then_some(())
    }
}

impl Alarm {
    const OCTETS: usize = 8 + 8 + 1 + 4 + 4 + CHANNELS * 8;

    fn write(&self, out: &mut Vec<u8>) {
        let (channel, count, limit) = self.worst;
        out.extend_from_slice(&self.since.to_le_bytes());
        out.push(u8::try_from(channel).unwrap_or(u8::MAX));
        for number in [&[count, limit], self.peaks.as_slice(), &self.limits].concat() {
            out.extend_from_slice(&number.to_le_bytes());
        }
    }

    fn read(octets: &mut Octets<'_>) -> Option<Alarm> {
        Some(Alarm {
            since: octets.i64().filter(|&time| super::event::is_moment(time))?,
            worst: (
                usize::from(octets.u8()?),
                octets.count()?,
                octets.limit().filter(|limit| *limit > 0.0)?,
            ),
            peaks: octets.each(Octets::count)?,
            limits: octets.each(Octets::limit)?,
        })
        .filter(|alarm| alarm.worst.0 < CHANNELS)
    }

    /// Either order gives the same.
    fn merge(&mut self, other: &Alarm) {
        let rank = |&(channel, count, limit): &(usize, f32, f32)| (count / limit, count, limit, channel);
        self.since = self.since.min(other.since);
        if rank(&other.worst) > rank(&self.worst) {
            self.worst = other.worst;
        }
        for at in 0..CHANNELS {
            self.peaks[at] = self.peaks[at].max(other.peaks[at]);
            self.limits[at] = self.limits[at].max(other.limits[at]);
        }
    }
}

/// What the model counts, in a few octets.
fn model() -> [u8; SHA256_OUTPUT_LEN] {
    let mut hash = Context::new(&SHA256);
    hash.update(&[u8::try_from(PARTS).unwrap_or(0)]);
    for channel in &channel::ALL {
        let what = format!(
            "{:?} {:?} {} {:?};",
            channel.measure, channel.family, channel.seconds, channel.past
        );
        hash.update(what.as_bytes());
    }
    let mut octets = [0; SHA256_OUTPUT_LEN];
    octets.copy_from_slice(hash.finish().as_ref());
    octets
}

/// Entries in the order of their keys.
fn in_order<'a, V>(entries: impl IntoIterator<Item = (&'a u64, &'a V)>) -> Vec<(&'a u64, &'a V)> {
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_unstable_by_key(|(key, _)| **key);
    entries
}

fn write_all<T>(out: &mut Vec<u8>, entries: Vec<T>, write: impl Fn(&mut Vec<u8>, T)) {
    out.extend_from_slice(&(entries.len() as u64).to_le_bytes());
    for entry in entries {
        write(out, entry);
    }
}

/// Reads as many entries as are said to follow; each gives its key, which is higher than the one before.
fn read_all(octets: &mut Octets<'_>, mut read: impl FnMut(&mut Octets<'_>) -> Option<u64>) -> Option<()> {
    let mut last = None;
    for _ in 0..octets.u64()? {
        let key = read(octets)?;
        if last.is_some_and(|last| last >= key) {
            return None;
        }
        last = Some(key);
    }
    Some(())
}

fn hashed(before: &[u8], length: &[u8], content: &[u8]) -> Digest {
    let mut hash = Context::new(&SHA256);
    for part in [before, length, content] {
        hash.update(part);
    }
    hash.finish()
}

/// Writes a section; gives its hash, which goes into that of the next.
fn write_section(out: &mut impl Write, before: &[u8], content: &[u8]) -> io::Result<Digest> {
    let length = (content.len() as u64).to_le_bytes();
    let digest = hashed(before, &length, content);
    out.write_all(&length)?;
    out.write_all(content)?;
    out.write_all(digest.as_ref())?;
    Ok(digest)
}

fn read_section(input: &mut impl Read, before: &[u8]) -> Result<(Vec<u8>, Digest), SnapshotError> {
    let mut length = [0; 8];
    let mut found = [0; SHA256_OUTPUT_LEN];
    let short = |error: io::Error| match error.kind() {
        ErrorKind::UnexpectedEof => SnapshotError::Truncated,
        _ => error.into(),
    };
    input.read_exact(&mut length).map_err(short)?;
    let mut content = Vec::new();
    input.take(u64::from_le_bytes(length)).read_to_end(&mut content)?;
    if content.len() as u64 != u64::from_le_bytes(length) {
        return Err(SnapshotError::Truncated);
    }
    input.read_exact(&mut found).map_err(short)?;
    let digest = hashed(before, &length, &content);
    if digest.as_ref() != found {
        return Err(SnapshotError::Damaged("its checksum is wrong"));
    }
    Ok((content, digest))
}

/// Creates a file of a name of its own beside this one, for its owner alone.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    /// Names that others left behind.
    const TRIES: u32 = 1_000;
    let name = path.file_name().ok_or(ErrorKind::IsADirectory)?;
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut number = 0;
    loop {
        let mut beside = std::ffi::OsString::from(".");
        beside.push(name);
        beside.push(format!(".{}.{number}", std::process::id()));
        let beside = folder(path).join(beside);
        match options.open(&beside) {
            Ok(file) => return Ok((file, beside)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < TRIES => number += 1,
            Err(error) => return Err(error),
        }
    }
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests;
