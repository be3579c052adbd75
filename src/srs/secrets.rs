//! The secrets of an alias domain, and their file.

use crate::error::Error;
use crate::private_file;
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;
use zeroize::Zeroizing;

/// Octets of a secret file.
const MOST_OCTETS: u64 = 64 * 1024;
/// Octets below which a secret can be guessed.
const SHORTEST: usize = 16;
/// Secrets that are tried for each address.
const MOST: usize = 16;

/// The secrets of an alias domain: the first mints, all verify. At least one, each of 16 octets or more.
///
/// To change the secret, put the new one first, and take the old one out when all addresses made with it have expired.
#[derive(Clone)]
pub struct Secrets {
    /// Never empty.
    list: Vec<Zeroizing<Vec<u8>>>,
}

/// Secrets are not shown.
impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({})", self.list.len())
    }
}

/// Secrets that were read from a file.
#[derive(Debug, Clone)]
pub struct SecretFile {
    /// The secrets.
    pub secrets: Secrets,
    /// Every user of this host may read or write the file, so that each of them can make addresses that are accepted here.
    pub open_to_others: bool,
}

impl Secrets {
    /// Takes secrets as they are, the one that mints first.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if there is none, more than 16, or one that is shorter than 16 octets.
    pub fn new<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Result<Secrets, Error> {
        Secrets::collect(secrets).map_err(SecretsError::named)
    }

    fn collect<S: AsRef<[u8]>>(secrets: impl IntoIterator<Item = S>) -> Result<Secrets, SecretsError> {
        let mut list = Vec::new();
        for (index, secret) in secrets.into_iter().enumerate() {
            let (secret, number) = (secret.as_ref(), index + 1);
            if secret.len() < SHORTEST {
                let octets = secret.len();
                return Err(SecretsError::Short { number, octets });
            }
            if number > MOST {
                return Err(SecretsError::TooMany);
            }
            list.push(Zeroizing::new(secret.to_vec()));
        }
        if list.is_empty() {
            return Err(SecretsError::None);
        }
        Ok(Secrets { list })
    }

    /// Reads the content of a secret file: one secret a line, as PostSRSd has them. Empty lines do not count; blanks are part of
    /// a secret.
    ///
    /// # Errors
    ///
    /// As [`Secrets::new`].
    pub fn parse(octets: &[u8]) -> Result<Secrets, Error> {
        Secrets::new(lines(octets))
    }

    /// Reads a secret file.
    ///
    /// # Errors
    ///
    /// [`Error::Io`] if it cannot be read; [`Error::Invalid`] if what is in it cannot be used.
    pub fn read(path: &Path) -> Result<SecretFile, Error> {
        let fault = |why: String| Error::Invalid {
            what: "secret file",
            value: path.display().to_string(),
            why,
        };
        let file = private_file::read(path, MOST_OCTETS)?;
        if file.octets.len() as u64 > MOST_OCTETS {
            return Err(fault(format!(
                "it is longer than {MOST_OCTETS} octets, which no secret file is"
            )));
        }
        Ok(SecretFile {
            secrets: Secrets::collect(lines(&file.octets)).map_err(|error| fault(error.to_string()))?,
            open_to_others: file.open_to_others,
        })
    }

    /// Makes a secret, 32 random octets in base64, and writes it to a new file that its owner alone can read.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] if there is a file of that name already, which is never touched; [`Error::Write`] if it cannot be
    /// written; [`Error::System`] without randomness.
    pub fn create(path: &Path) -> Result<Secrets, Error> {
        let mut random = Zeroizing::new([0; 32]);
        rand::fill(random.as_mut_slice()).map_err(|_| Error::System {
            what: "randomness for a secret",
            why: "the cryptographic library gave none".to_owned(),
        })?;
        let mut line = Zeroizing::new(STANDARD.encode(random.as_slice()));
        line.push('\n');
        private_file::write_new("secret file", path, line.as_bytes())?;
        Secrets::parse(line.as_bytes())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.list.iter().map(|secret| secret.as_slice())
    }
}

fn lines(octets: &[u8]) -> impl Iterator<Item = &[u8]> {
    let lines = octets.split(|&octet| octet == b'\n' || octet == b'\r');
    lines.filter(|line| !line.is_empty())
}

/// Why secrets cannot be used. It never tells a secret.
#[derive(Debug, thiserror::Error)]
enum SecretsError {
    #[error("there is no secret; 'openssl rand -base64 32' prints a good one")]
    None,
    #[error(
        "secret {number} has {octets} octets, and one of fewer than {SHORTEST} can be guessed; 'openssl rand -base64 32' prints a \
         good one"
    )]
    Short { number: usize, octets: usize },
    #[error(
        "there are more than {MOST} secrets, all of which would be tried; take out those whose addresses have expired"
    )]
    TooMany,
}

impl SecretsError {
    fn named(self) -> Error {
        Error::Invalid {
            what: "setting",
            value: "secrets".to_owned(),
            why: self.to_string(),
        }
    }
}
