//! Keyed hashes: what is kept cannot be read back, and nobody can choose names that fall together.

use crate::error::Error;
use crate::private_file;
use aws_lc_rs::rand;
use siphasher::sip::SipHasher13;
use std::hash::Hasher as _;
use std::path::Path;
use zeroize::Zeroizing;

/// The key of a monitor: 16 octets that are random and secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 16]);

impl From<[u8; 16]> for Key {
    fn from(octets: [u8; 16]) -> Key {
        Key(octets)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

impl Key {
    /// A new one.
    ///
    /// # Errors
    /// [`Error::System`] without randomness.
    pub fn random() -> Result<Key, Error> {
        let mut octets = [0; 16];
        rand::fill(&mut octets).map_err(|_| Error::System {
            what: "randomness for a key",
            why: "the cryptographic library gave none".to_owned(),
        })?;
        Ok(Key(octets))
    }

    /// Reads a key from a file: 32 hexadecimal digits, and perhaps a line end.
    ///
    /// # Errors
    /// [`Error::Io`], [`Error::Invalid`].
    pub fn read(path: &Path) -> Result<Key, Error> {
        let file = private_file::read(path, 64)?;
        let digits = file.octets.trim_ascii_end();
        let mut octets = [0; 16];
        let whole = digits.len() == 2 * octets.len()
            && octets.iter_mut().zip(digits.chunks(2)).all(|(octet, pair)| {
                let digit = |at: usize| char::from(pair[at]).to_digit(16);
                let number = digit(0).zip(digit(1)).map(|(high, low)| high * 16 + low);
                number
                    .and_then(|number| u8::try_from(number).ok())
                    .map(|number| *octet = number)
                    .is_some()
            });
        if !whole {
            return Err(Error::Invalid {
                what: "key file",
                value: path.display().to_string(),
                why: "a key is 32 hexadecimal digits on one line".to_owned(),
            });
        }
        Ok(Key(octets))
    }

    /// Reads a key from a file; if there is none, makes one of a new key, for its owner alone (mode 0600).
    ///
    /// # Errors
    /// Those of [`Key::read`] and [`Key::random`]; [`Error::Write`]. A file that is there is never changed.
    pub fn read_or_create(path: &Path) -> Result<Key, Error> {
        match std::fs::symlink_metadata(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            _ => return Key::read(path),
        }
        let key = Key::random()?;
        let mut line = Zeroizing::new(String::with_capacity(33));
        for octet in key.0 {
            for digit in [octet >> 4, octet & 15] {
                line.extend(char::from_digit(digit.into(), 16));
            }
        }
        line.push('\n');
        match private_file::write_new("key file", path, line.as_bytes()) {
            Ok(()) => Ok(key),
            // Somebody else was quicker.
            Err(Error::Invalid { .. }) => Key::read(path),
            Err(error) => Err(error),
        }
    }

    pub(super) fn octets(&self) -> &[u8; 16] {
        &self.0
    }

    /// The hash of an account's name.
    pub(super) fn of(&self, name: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write(name);
        hasher.finish()
    }

    /// The hash of a number and octets, letter case aside.
    pub(super) fn of_lowercase(&self, number: u64, octets: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.0);
        hasher.write_u64(number);
        for chunk in octets.chunks(64) {
            let mut lower = [0; 64];
            let lower = &mut lower[..chunk.len()];
            lower.copy_from_slice(chunk);
            lower.make_ascii_lowercase();
            hasher.write(lower);
        }
        hasher.finish()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_read_ever_after() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        assert!(matches!(Key::read(&path), Err(Error::Io { .. })));
        let key = Key::read_or_create(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!((text.len(), text.ends_with('\n')), (33, true));
        assert!(Key::read_or_create(&path).unwrap() == key && Key::read(&path).unwrap() == key);
        assert!(Key::random().unwrap() != key);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(
                std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
        }
        let missing = folder.path().join("none").join("key");
        assert!(matches!(Key::read_or_create(&missing), Err(Error::Write { .. })));
    }

    #[test]
    fn digits_stand_for_the_octets_of_a_key_and_other_text_for_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Key::read_or_create(&path)
        };
        let octets = [
            0x00, 0x01, 0x0f, 0x10, 0xff, 0xab, 0xcd, 0xef, 1, 2, 3, 4, 5, 6, 7, 8,
        ];
        let digits = "00010f10ffABcdef0102030405060708";
        assert!(read(digits).unwrap() == Key(octets));
        assert!(read(&format!("{digits}\r\n")).unwrap() == Key(octets));
        for text in [
            "",
            "\n",
            &digits[1..],
            &format!("{digits}0"),
            &digits.replace('f', "g"),
            &"0".repeat(1_000),
        ] {
            assert!(matches!(read(text), Err(Error::Invalid { .. })), "{text}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "it is not touched");
        }
    }
}
