//! Private keys of DKIM, and the records that are published for them.

use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, give, place, take_back};
use super::status::{Code, Fault, IntoC as _, MAILREP_ABSENT};
use super::text::{Text, keep, lent, lent_string};
use crate::dkim::{NewKey, SigningKey};
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::sync::Arc;

/// RSA of 2048 bits, which everybody verifies and whose record fits anywhere.
pub const MAILREP_KEY_RSA_2048: c_int = 0;
/// RSA of 3072 bits.
pub const MAILREP_KEY_RSA_3072: c_int = 1;
/// RSA of 4096 bits, the most that every verifier accepts (RFC 8301 section 3.2).
pub const MAILREP_KEY_RSA_4096: c_int = 2;
/// Ed25519 (RFC 8463), which not everybody verifies yet: sign with RSA beside it.
pub const MAILREP_KEY_ED25519: c_int = 3;

/// A private key that signs. It never changes, and any number of threads may use it at a time.
pub struct Key {
    key: Arc<SigningKey>,
    open_to_others: bool,
    record: CString,
    algorithm: CString,
}

impl Key {
    fn new(key: SigningKey, open_to_others: bool) -> Key {
        Key {
            record: keep(key.record()),
            algorithm: keep(key.algorithm().as_str()),
            key: Arc::new(key),
            open_to_others,
        }
    }

    pub(super) fn key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.key)
    }
}

/// Leaves a new key.
///
/// # Safety
/// By the header's rules: `out` and `error` are NULL or places for pointers.
unsafe fn leave(
    out: *mut *mut Key,
    error: *mut *mut ErrorWords,
    make: impl FnOnce() -> Result<Key, Fault>,
) -> c_int {
    // SAFETY: by the caller.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            *out = give(make()?);
            Ok(())
        })
    })
    .into_c()
}

/// Reads a key file: PEM with a "PRIVATE KEY" (PKCS#8) or an "RSA PRIVATE KEY" (PKCS#1), or the bare base64 of an Ed25519 key that
/// dkimpy writes.
///
/// @param path   the file
/// @param out    where the key is left, to be freed with mailrep_key_free(); NULL is left on failure
/// @param error  where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may be
///               NULL if words are not wanted
/// @return       MAILREP_OK; MAILREP_NULL; MAILREP_IO; MAILREP_INVALID if the file holds no key to sign with, and the words say what it
///               holds instead
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_key_read(
    path: *const c_char,
    out: *mut *mut Key,
    error: *mut *mut ErrorWords,
) -> c_int {
    let make = || {
        // SAFETY: the header's rules.
        let path = unsafe { lent_string("path", path) }?.ok_or_else(|| Fault::null("path"))?;
        let file = SigningKey::read(Path::new(path))?;
        Ok(Key::new(file.key, file.open_to_others))
    };
    // SAFETY: the header's rules.
    unsafe { leave(out, error, make) }
}

/// Reads a key from the octets of such a file.
///
/// @param octets  what the file holds
/// @param length  how many octets
/// @param out     as for mailrep_key_read()
/// @param error   as for mailrep_key_read()
/// @return        MAILREP_OK; MAILREP_NULL; MAILREP_INVALID
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_key_parse(
    octets: *const c_void,
    length: usize,
    out: *mut *mut Key,
    error: *mut *mut ErrorWords,
) -> c_int {
    let make = || {
        // SAFETY: the header's rules.
        let octets = unsafe { lent("octets", octets, length) }?;
        let key = SigningKey::parse(octets)
            .map_err(|error| Fault::invalid(format!("the key cannot be used: {error}")))?;
        Ok(Key::new(key, false))
    };
    // SAFETY: the header's rules.
    unsafe { leave(out, error, make) }
}

/// Makes a key from the system's randomness. RSA takes from some 50 ms to seconds.
///
/// @param kind   MAILREP_KEY_RSA_2048 to MAILREP_KEY_ED25519
/// @param out    as for mailrep_key_read()
/// @param error  as for mailrep_key_read()
/// @return       MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for another kind; MAILREP_SYSTEM
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_key_generate(
    kind: c_int,
    out: *mut *mut Key,
    error: *mut *mut ErrorWords,
) -> c_int {
    let make = || {
        let new = match kind {
            MAILREP_KEY_RSA_2048 => NewKey::Rsa2048,
            MAILREP_KEY_RSA_3072 => NewKey::Rsa3072,
            MAILREP_KEY_RSA_4096 => NewKey::Rsa4096,
            MAILREP_KEY_ED25519 => NewKey::Ed25519,
            other => {
                return Err(Fault::invalid(format!(
                    "kind is {other}, which stands for no key"
                )));
            }
        };
        Ok(Key::new(SigningKey::generate(new)?, false))
    };
    // SAFETY: the header's rules.
    unsafe { leave(out, error, make) }
}

/// Writes a key into a new file that its owner alone can read (mode 0600), in PEM.
///
/// @param key    may be used by other threads at the same time
/// @param path   the file; one that is there already is not touched, and the call fails
/// @param error  as for mailrep_key_read()
/// @return       MAILREP_OK; MAILREP_NULL; MAILREP_INVALID if the file is there already; MAILREP_IO; MAILREP_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_key_write(
    key: *const Key,
    path: *const c_char,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let key = borrow(key)?;
            let path = lent_string("path", path)?.ok_or_else(|| Fault::null("path"))?;
            Ok(key.key.write_new(Path::new(path))?)
        })
    })
    .into_c()
}

/// The record to publish for a key (RFC 6376 section 3.6.1), such as "v=DKIM1; k=rsa; p=MIIB...". Where it is published, and its line
/// for a zone file, is told by mailrep_signer_key_name() and mailrep_signer_zone_entry().
///
/// @param key  may be NULL
/// @return     absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_key_record(key: *const Key) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(key, |key| &key.record) }
}

/// The algorithm of a key's signatures: "rsa-sha256" or "ed25519-sha256".
///
/// @param key  may be NULL
/// @return     absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_key_algorithm(key: *const Key) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(key, |key| &key.algorithm) }
}

/// # Safety
/// By the header's rules: `key` is NULL or living; the text lives as long.
unsafe fn text(key: *const Key, read: impl for<'a> FnOnce(&'a Key) -> &'a CStr) -> Text {
    // SAFETY: by the caller.
    guard(|| match unsafe { borrow(key) } {
        Ok(key) => Text::of(Some(read(key))),
        Err(_) => Text::ABSENT,
    })
}

/// Bits of the RSA modulus; 256 for Ed25519.
///
/// @param key  may be NULL
/// @return     MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_key_bits(key: *const Key) -> c_int {
    // SAFETY: the header's rules.
    let bits =
        guard(|| Code(unsafe { borrow(key) }.map_or(MAILREP_ABSENT, |key| key.key.bits().cast_signed())));
    bits.0
}

/// Whether every user of this host may read or write the file that the key was read from, so that each of them can sign as its domain:
/// tell the administrator.
///
/// @param key  may be NULL
/// @return     1 or 0; MAILREP_ABSENT for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_key_open_to_others(key: *const Key) -> c_int {
    // SAFETY: the header's rules.
    let open = guard(|| Code(unsafe { borrow(key) }.map_or(MAILREP_ABSENT, |key| key.open_to_others.into())));
    open.0
}

/// Frees a key; signers that were made with it keep it.
///
/// @param key  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_key_free(key: *mut Key) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(key) }
    });
}
