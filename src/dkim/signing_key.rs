//! The private key of a signer: its file, and the record that is published for it.

use super::crypto::{Hash, PrivateKey, Refused, SIGNING_BITS};
use super::key::KeyType;
use super::signature::Algorithm;
use crate::error::Error;
use crate::private_file;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::path::Path;
use zeroize::Zeroizing;

/// Octets of a key file. One of 4096 bits has some 3,300.
const MOST_OCTETS: u64 = 64 * 1024;

/// Why a key file holds no key to sign with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SigningKeyError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It is too long for a key.
    #[error("it is longer than {MOST_OCTETS} octets, which no key file is")]
    TooLong,
    /// No line `-----BEGIN ...-----`.
    #[error("it is no PEM file: there is no line '-----BEGIN PRIVATE KEY-----'")]
    NotPem,
    /// A PEM block is damaged.
    #[error("its PEM is damaged: {0}")]
    DamagedPem(String),
    /// A public key.
    #[error("it holds a public key; signing needs the private key that belongs to it")]
    PublicKey,
    /// A certificate.
    #[error("it holds a certificate; DKIM signs with a bare private key")]
    Certificate,
    /// A key that needs a passphrase.
    #[error(
        "the key is encrypted with a passphrase, which a mail server cannot type; \
        'openssl pkey -in FILE -out NEW' writes it without one"
    )]
    Encrypted,
    /// A key in OpenSSH's own form.
    #[error("the key is in OpenSSH's form; 'mailrep keygen' makes one for DKIM")]
    OpenSsh,
    /// A key for ECDSA.
    #[error("it is an elliptic-curve key for ECDSA; DKIM knows RSA and Ed25519 (RFC 8463)")]
    EllipticCurve,
    /// A block of another kind.
    #[error("it holds a '{0}'; needed is a 'PRIVATE KEY' or 'RSA PRIVATE KEY'")]
    OtherBlock(String),
    /// A key of another type.
    #[error("the key is of a type that DKIM does not know; it knows RSA and Ed25519")]
    OtherType,
    /// More than one private key.
    #[error("it holds {0} private keys; which one is meant?")]
    Several(usize),
    /// The block is no key.
    #[error("the key is damaged: its numbers cannot be read or contradict each other")]
    Damaged,
    /// An RSA key that is too short.
    #[error(
        "the RSA key has only {bits} bits; sign with {} or more (RFC 8301 section 3.2), as 'mailrep keygen' makes them",
        SIGNING_BITS.start()
    )]
    TooShort {
        /// Bits of the modulus.
        bits: u32,
    },
    /// An RSA key that verifiers need not accept.
    #[error(
        "the RSA key has {bits} bits; verifiers need not accept more than {} (RFC 8301 section 3.2)",
        SIGNING_BITS.end()
    )]
    TooBig {
        /// Bits of the modulus.
        bits: u32,
    },
}

impl From<Refused> for SigningKeyError {
    fn from(refused: Refused) -> SigningKeyError {
        match refused {
            Refused::Broken => SigningKeyError::Damaged,
            Refused::Size(bits) if bits < *SIGNING_BITS.start() => SigningKeyError::TooShort { bits },
            Refused::Size(bits) => SigningKeyError::TooBig { bits },
            Refused::EllipticCurve => SigningKeyError::EllipticCurve,
            Refused::OtherType => SigningKeyError::OtherType,
        }
    }
}

/// What key to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum NewKey {
    /// RSA of 2048 bits, which everybody verifies and whose record fits anywhere.
    Rsa2048,
    /// RSA of 3072 bits.
    Rsa3072,
    /// RSA of 4096 bits, the most that every verifier accepts (RFC 8301 section 3.2).
    Rsa4096,
    /// Ed25519 (RFC 8463), which not everybody verifies yet: sign with RSA beside it.
    Ed25519,
}

/// A private key, ready to sign. It can be shared by threads.
///
/// ```
/// use mailrep::dkim::{KeyRecord, NewKey, SigningKey};
/// let key = SigningKey::generate(NewKey::Ed25519)?;
/// let again = SigningKey::parse(key.to_pem()?.as_bytes())?;
/// assert_eq!(key.record(), again.record());
/// assert!(KeyRecord::parse(key.record().as_bytes()).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SigningKey {
    private: PrivateKey,
    bits: u32,
    public: Vec<u8>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({}, {} bits)", self.key_type().as_str(), self.bits)
    }
}

/// A key that was read from a file.
#[derive(Debug)]
pub struct KeyFile {
    /// The key.
    pub key: SigningKey,
    /// Every user of this host may read or write the file, so that each of them can sign as its domain.
    pub open_to_others: bool,
}

impl SigningKey {
    /// Reads a key file: PEM with a `PRIVATE KEY` (PKCS#8, RFC 5208) or an `RSA PRIVATE KEY` (PKCS#1, RFC 8017), or the bare
    /// base64 of an Ed25519 key that dkimpy writes. Text around the PEM block is passed over.
    ///
    /// # Errors
    /// [`SigningKeyError`] says what the octets are instead.
    pub fn parse(octets: &[u8]) -> Result<SigningKey, SigningKeyError> {
        if octets.trim_ascii().is_empty() {
            return Err(SigningKeyError::Empty);
        }
        if octets.len() as u64 > MOST_OCTETS {
            return Err(SigningKeyError::TooLong);
        }
        if memchr::memmem::find(octets, b"-----BEGIN ").is_none() {
            let seed = bare_seed(octets).ok_or(SigningKeyError::NotPem)?;
            return SigningKey::new(PrivateKey::from_seed(&seed)?);
        }
        let blocks =
            pem::parse_many(octets).map_err(|error| SigningKeyError::DamagedPem(error.to_string()))?;
        let mut keys = blocks.iter().filter(|block| is_private(block.tag()));
        let (block, more) = (keys.next(), keys.count());
        if more > 0 {
            return Err(SigningKeyError::Several(more + 1));
        }
        let Some(block) = block else {
            return Err(match blocks.first().map(pem::Pem::tag) {
                None => SigningKeyError::DamagedPem("a block does not end".to_owned()),
                Some("PUBLIC KEY" | "RSA PUBLIC KEY") => SigningKeyError::PublicKey,
                Some("CERTIFICATE" | "TRUSTED CERTIFICATE") => SigningKeyError::Certificate,
                Some(tag) => SigningKeyError::OtherBlock(crate::error::printable(tag.as_bytes())),
            });
        };
        // RFC 1421 section 4.6.1.3, as OpenSSL's traditional form has it.
        if block.headers().get("DEK-Info").is_some() || block.tag() == "ENCRYPTED PRIVATE KEY" {
            return Err(SigningKeyError::Encrypted);
        }
        let private = match block.tag() {
            "PRIVATE KEY" => PrivateKey::from_pkcs8(block.contents())?,
            "RSA PRIVATE KEY" => PrivateKey::from_pkcs1(block.contents())?,
            "EC PRIVATE KEY" => return Err(SigningKeyError::EllipticCurve),
            "OPENSSH PRIVATE KEY" => return Err(SigningKeyError::OpenSsh),
            _ => return Err(SigningKeyError::OtherType),
        };
        SigningKey::new(private)
    }

    /// Reads a key file and looks at who else can.
    ///
    /// # Errors
    /// [`Error::Io`], or [`Error::Invalid`] with the words of [`SigningKeyError`].
    pub fn read(path: &Path) -> Result<KeyFile, Error> {
        let file = private_file::read(path, MOST_OCTETS)?;
        let key = SigningKey::parse(&file.octets).map_err(|error| Error::Invalid {
            what: "key file",
            value: path.display().to_string(),
            why: error.to_string(),
        })?;
        Ok(KeyFile {
            key,
            open_to_others: file.open_to_others,
        })
    }

    /// Makes a key from the system's randomness. RSA takes from some 50 ms to seconds.
    ///
    /// # Errors
    /// [`Error::System`] if the system gives no randomness.
    pub fn generate(new: NewKey) -> Result<SigningKey, Error> {
        let made = match new {
            NewKey::Rsa2048 => PrivateKey::generate_rsa(2048),
            NewKey::Rsa3072 => PrivateKey::generate_rsa(3072),
            NewKey::Rsa4096 => PrivateKey::generate_rsa(4096),
            NewKey::Ed25519 => PrivateKey::generate_ed25519(),
        };
        made.and_then(|private| SigningKey::new(private).ok())
            .ok_or_else(failed)
    }

    fn new(private: PrivateKey) -> Result<SigningKey, SigningKeyError> {
        let public = private.public_octets().ok_or(SigningKeyError::Damaged)?;
        Ok(SigningKey {
            bits: private.bits(),
            public,
            private,
        })
    }

    /// The key in PEM (PKCS#8), as files hold it.
    ///
    /// # Errors
    /// [`Error::System`] for lack of memory.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, Error> {
        let der = self.private.to_pkcs8().ok_or_else(failed)?;
        let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
        let block = pem::Pem::new("PRIVATE KEY", der.as_slice());
        Ok(Zeroizing::new(pem::encode_config(&block, config)))
    }

    /// Writes the key into a new file that its owner alone can read (mode 0600); an existing one is never touched.
    ///
    /// # Errors
    /// [`Error::Invalid`] if there is a file of that name already; [`Error::Write`] if it cannot be written, and then there is none
    /// afterwards.
    pub fn write_new(&self, path: &Path) -> Result<(), Error> {
        let text = self.to_pem()?;
        private_file::write_new("key file", path, text.as_bytes())
    }

    /// The type of the key.
    pub fn key_type(&self) -> KeyType {
        self.algorithm().key_type()
    }

    /// The algorithm of its signatures.
    pub fn algorithm(&self) -> Algorithm {
        match self.private {
            PrivateKey::Rsa(_) => Algorithm::RsaSha256,
            PrivateKey::Ed25519(_) => Algorithm::Ed25519Sha256,
        }
    }

    /// Bits of the RSA modulus; 256 for Ed25519.
    pub fn bits(&self) -> u32 {
        self.bits
    }

    /// The key record to publish at `SELECTOR._domainkey.DOMAIN` (RFC 6376 section 3.6.1).
    pub fn record(&self) -> String {
        format!(
            "v=DKIM1; k={}; p={}",
            self.key_type().as_str(),
            STANDARD.encode(&self.public)
        )
    }

    /// None for lack of memory.
    pub(super) fn sign(&self, hash: &Hash) -> Option<Vec<u8>> {
        self.private.sign(hash)
    }
}

fn failed() -> Error {
    Error::System {
        what: "randomness or memory for a key",
        why: "the cryptographic library gave none".to_owned(),
    }
}

fn is_private(tag: &str) -> bool {
    tag.ends_with("PRIVATE KEY")
}

/// What `dknewkey` of dkimpy writes: the base64 of the 32 octets, and nothing else.
fn bare_seed(octets: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let seed = Zeroizing::new(STANDARD.decode(octets.trim_ascii()).ok()?);
    (seed.len() == 32).then_some(seed)
}
