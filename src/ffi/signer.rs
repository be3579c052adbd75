//! Who signs, and the table of who signs for whom.

use super::error::{self, ErrorWords};
use super::guard;
use super::handle::{borrow, borrow_mut, give, place, take_back};
use super::signing_key::Key;
use super::status::{Fault, IntoC as _, Status};
use super::text::{Text, keep, lent, lent_string, lent_strings};
use crate::dkim::{self, Canonicalization, Senders, SigningTable};
use std::ffi::{CStr, CString, c_char, c_int};
use std::mem::offset_of;
use std::ptr;
use std::sync::Arc;
use std::time::Duration;

/// Blanks, letter case of names and folds may change on the way (RFC 6376 section 3.4).
pub const MAILREP_RELAXED: c_int = 0;
/// Nothing may change on the way.
pub const MAILREP_SIMPLE: c_int = 1;

/// Whoever may submit mail at all may send as the author domain.
pub const MAILREP_SENDERS_ANYONE: c_int = 0;
/// Accounts whose name is an address at the author domain, or at a domain above it.
pub const MAILREP_SENDERS_OWN_DOMAIN: c_int = 1;
/// The accounts that are listed.
pub const MAILREP_SENDERS_ACCOUNTS: c_int = 2;

/// Names of header fields that can be given.
const MOST_NAMES: usize = 1_024;
/// Signers of one message.
pub(super) const MOST_SIGNERS: usize = 64;
/// Accounts of one rule.
const MOST_ACCOUNTS: usize = 1 << 20;

/// Who signs, and what the signatures cover.
///
/// Always begin with mailrep_signer_options_init(), which fills in the defaults; domain, selector and key have to be set. Pointers
/// are only read by mailrep_signer_new(), which copies what it needs.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SignerOptions {
    /// sizeof(mailrep_signer_options) of the header that the program was compiled with; set by mailrep_signer_options_init().
    pub size: usize,
    /// The signing domain (d=), such as "example.org".
    pub domain: *const c_char,
    /// The selector (s=), such as "s2026".
    pub selector: *const c_char,
    /// The key, which may be freed once the signer was made.
    pub key: *const Key,
    /// On whose behalf is signed (i=): an address, or "@" and a domain, at the signing domain or below it. Default NULL: not said.
    pub identity: *const c_char,
    /// Names of header fields that are signed where they are present. Default NULL: those of RFC 6376 section 5.4.1, and Sender,
    /// Message-ID, MIME-Version, Content-Type, Content-Transfer-Encoding and List-Unsubscribe-Post.
    pub signed_names: *const *const c_char,
    /// How many, at most 1,024. Default 0.
    pub signed_count: usize,
    /// Names of header fields that are signed, and of which no more can be added without breaking the signature (RFC 6376 section 8.15).
    /// Default NULL: From, To, Cc, Subject, Date, Reply-To, Message-ID, MIME-Version, Content-Type.
    pub oversigned_names: *const *const c_char,
    /// How many, at most 1,024. Default 0.
    pub oversigned_count: usize,
    /// Seconds for which a signature is valid (x=), from the time of signing. Default 0: for ever.
    pub expires_after_s: u64,
    /// MAILREP_RELAXED or MAILREP_SIMPLE: how much the header may change on its way (c=). Default MAILREP_RELAXED.
    pub header: c_int,
    /// The same for the body. Default MAILREP_RELAXED.
    pub body: c_int,
}

// The layout is part of the ABI: growth is at the end alone.
const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(SignerOptions, key) == 3 * word);
    assert!(offset_of!(SignerOptions, expires_after_s) == 9 * word);
    assert!(size_of::<SignerOptions>() == 9 * word + 16);
};

impl Default for SignerOptions {
    fn default() -> Self {
        SignerOptions {
            size: size_of::<SignerOptions>(),
            domain: ptr::null(),
            selector: ptr::null(),
            key: ptr::null(),
            identity: ptr::null(),
            signed_names: ptr::null(),
            signed_count: 0,
            oversigned_names: ptr::null(),
            oversigned_count: 0,
            expires_after_s: 0,
            header: MAILREP_RELAXED,
            body: MAILREP_RELAXED,
        }
    }
}

/// Whether a structure of this size can be one of ours: the present one, or a newer one.
fn is_size(size: usize) -> bool {
    size >= size_of::<SignerOptions>() && isize::try_from(size).is_ok()
}

/// Fills in the defaults.
///
/// @param options  the structure to fill
/// @param size     sizeof(mailrep_signer_options)
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when no version of the structure has that size
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signer_options_init(options: *mut SignerOptions, size: usize) -> c_int {
    guard(|| -> Status {
        if options.is_null() {
            return Err(Fault::null("options"));
        }
        if !is_size(size) {
            return Err(Fault::invalid("size is not that of the structure"));
        }
        let defaults = SignerOptions {
            size,
            ..SignerOptions::default()
        };
        // SAFETY: `options` has `size` octets by the header's rules, no fewer than ours; what a newer header has beyond is
        // emptied.
        unsafe {
            options.write(defaults);
            let rest = size - size_of::<SignerOptions>();
            ptr::write_bytes(options.add(1).cast::<u8>(), 0, rest);
        }
        Ok(())
    })
    .into_c()
}

/// # Safety
/// By the header's rules: `options` is NULL or a structure of `size` octets whose pointers are NULL or valid.
unsafe fn read(options: *const SignerOptions) -> Result<dkim::Signer, Fault> {
    if options.is_null() {
        return Err(Fault::null("options"));
    }
    // SAFETY: the first field is there in every version.
    let size = unsafe { ptr::addr_of!((*options).size).read() };
    if !is_size(size) {
        return Err(Fault::invalid(
            "options.size is not that of the structure; call mailrep_signer_options_init() first",
        ));
    }
    // SAFETY: `size` octets are there by the header's rules, no fewer than ours. Every pattern of octets is a value of every field.
    let (given, unknown) = unsafe {
        let rest = size - size_of::<SignerOptions>();
        (
            options.read(),
            lent("options", options.add(1).cast::<u8>(), rest)?,
        )
    };
    if unknown.iter().any(|&octet| octet != 0) {
        return Err(Fault::invalid(
            "options sets a field that this version of the library does not know",
        ));
    }
    // SAFETY: the pointers are NULL or valid by the header's rules.
    let (domain, selector, key, identity, signed, oversigned) = unsafe {
        (
            lent_string("domain", given.domain)?.ok_or_else(|| Fault::null("domain"))?,
            lent_string("selector", given.selector)?.ok_or_else(|| Fault::null("selector"))?,
            borrow(given.key)?.key(),
            lent_string("identity", given.identity)?,
            names("signed_names", given.signed_names, given.signed_count)?,
            names("oversigned_names", given.oversigned_names, given.oversigned_count)?,
        )
    };
    let standard = dkim::SignerOptions::default();
    let options = dkim::SignerOptions {
        header: canonicalization("header", given.header)?,
        body: canonicalization("body", given.body)?,
        identity: identity.map(str::to_owned),
        expires_after: match given.expires_after_s {
            0 => None,
            seconds => Some(Duration::from_secs(seconds)),
        },
        signed: signed.unwrap_or(standard.signed),
        oversigned: oversigned.unwrap_or(standard.oversigned),
    };
    dkim::Signer::new(domain, selector, key, options).map_err(|error| Fault::invalid(error.to_string()))
}

/// The names given, if any are.
///
/// # Safety
/// `names` is NULL or an array of `count` pointers, each NULL or a C string.
unsafe fn names(what: &str, names: *const *const c_char, count: usize) -> Result<Option<Vec<String>>, Fault> {
    if names.is_null() && count == 0 {
        return Ok(None);
    }
    // SAFETY: by the caller.
    unsafe { lent_strings(what, names, count, MOST_NAMES) }.map(Some)
}

fn canonicalization(what: &str, number: c_int) -> Result<Canonicalization, Fault> {
    match number {
        MAILREP_RELAXED => Ok(Canonicalization::Relaxed),
        MAILREP_SIMPLE => Ok(Canonicalization::Simple),
        other => Err(Fault::invalid(format!(
            "{what} is {other}, which stands for nothing"
        ))),
    }
}

/// Signs for one domain with one key (DKIM, RFC 6376). It never changes, and any number of threads may use it at a time.
pub struct Signer {
    signer: Arc<dkim::Signer>,
    key_name: CString,
    zone_entry: CString,
}

/// Makes a signer.
///
/// @param options  from mailrep_signer_options_init(), with domain, selector and key set; not needed any more after the call
/// @param out      where the signer is left, to be freed with mailrep_signer_free(); NULL is left on failure
/// @param error    where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may be
///                 NULL if words are not wanted
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for an option that cannot be used; MAILREP_HANDLE
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signer_new(
    options: *const SignerOptions,
    out: *mut *mut Signer,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let out = place(out)?;
            let signer = read(options)?;
            *out = give(Signer {
                key_name: keep(signer.key_name().as_str()),
                zone_entry: keep(dkim::zone_entry(signer.key_name(), &signer.key().record())),
                signer: Arc::new(signer),
            });
            Ok(())
        })
    })
    .into_c()
}

/// The name at which the key has to be published, such as "s2026._domainkey.example.org".
///
/// @param signer  may be NULL
/// @return        absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signer_key_name(signer: *const Signer) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(signer, |signer| &signer.key_name) }
}

/// The record to publish, as a line for a zone file (RFC 1035 section 5.1), in as many strings as it needs.
///
/// @param signer  may be NULL
/// @return        absent for NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signer_zone_entry(signer: *const Signer) -> Text {
    // SAFETY: the header's rules.
    unsafe { text(signer, |signer| &signer.zone_entry) }
}

/// # Safety
/// By the header's rules: `signer` is NULL or living; the text lives as long.
unsafe fn text(signer: *const Signer, read: impl for<'a> FnOnce(&'a Signer) -> &'a CStr) -> Text {
    // SAFETY: by the caller.
    guard(|| match unsafe { borrow(signer) } {
        Ok(signer) => Text::of(Some(read(signer))),
        Err(_) => Text::ABSENT,
    })
}

/// Frees a signer; tables and messages that are being signed keep it.
///
/// @param signer  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signer_free(signer: *mut Signer) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(signer) }
    });
}

/// # Safety
/// By the header's rules: `signers` is NULL or an array of `count` pointers, each NULL or living.
pub(super) unsafe fn several(
    signers: *const *const Signer,
    count: usize,
) -> Result<Vec<Arc<dkim::Signer>>, Fault> {
    if count > MOST_SIGNERS {
        return Err(Fault::invalid(format!(
            "count is {count}; at most {MOST_SIGNERS} signers can be used"
        )));
    }
    if count > 0 && signers.is_null() {
        return Err(Fault::null("signers"));
    }
    // SAFETY: by the caller.
    let one = |at| unsafe { Ok(Arc::clone(&borrow(signers.add(at).read())?.signer)) };
    (0..count).map(one).collect()
}

/// Who signs for which author domain, and on whose behalf. It is filled first and used then: rules are added while no other thread
/// uses it; otherwise any number of threads may use it at a time.
#[derive(Default)]
pub struct Table {
    pub(super) table: Arc<SigningTable>,
}

/// Makes an empty table.
///
/// @param out  where the table is left, to be freed with mailrep_signing_table_free(); NULL is left on failure
/// @return     MAILREP_OK; MAILREP_NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_table_new(out: *mut *mut Table) -> c_int {
    guard(|| -> Status {
        // SAFETY: the header's rules.
        let out = unsafe { place(out) }?;
        *out = give(Table::default());
        Ok(())
    })
    .into_c()
}

/// Adds a rule. Of several that a domain is within the most specific one counts, and only that one.
///
/// @param table          used by this thread alone
/// @param pattern        an author domain, such as "example.org"; "*.example.org" for all below it; "*" for all that no other rule is for
/// @param signers        those who sign its mail, each adding a signature; the table keeps them
/// @param signer_count   how many, at most 64
/// @param senders        MAILREP_SENDERS_...: who may send as these domains
/// @param accounts       for MAILREP_SENDERS_ACCOUNTS: "ada@example.org", or "@example.org" for all accounts of a domain
/// @param account_count  how many, at most 1,048,576
/// @param error          where the error is left, to be freed with mailrep_error_free(); NULL is left on success. The argument may
///                       be NULL if words are not wanted
/// @return               MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for what is no pattern, or has a rule already; MAILREP_HANDLE; MAILREP_BUSY
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_table_add(
    table: *mut Table,
    pattern: *const c_char,
    signers: *const *const Signer,
    signer_count: usize,
    senders: c_int,
    accounts: *const *const c_char,
    account_count: usize,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let mut table = borrow_mut(table)?;
            let pattern = lent_string("pattern", pattern)?.ok_or_else(|| Fault::null("pattern"))?;
            let signers = several(signers, signer_count)?;
            let senders = match senders {
                MAILREP_SENDERS_ANYONE => Senders::Anyone,
                MAILREP_SENDERS_OWN_DOMAIN => Senders::OwnDomain,
                MAILREP_SENDERS_ACCOUNTS => {
                    Senders::Accounts(lent_strings("accounts", accounts, account_count, MOST_ACCOUNTS)?)
                }
                other => {
                    return Err(Fault::invalid(format!(
                        "senders is {other}, which stands for nothing"
                    )));
                }
            };
            // A message that is being signed keeps the table as it was.
            Arc::make_mut(&mut table.table)
                .add(pattern, signers, senders)
                .map_err(|error| Fault::invalid(error.to_string()))
        })
    })
    .into_c()
}

/// Frees a table; messages that are being signed keep what they need.
///
/// @param table  may be NULL
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_signing_table_free(table: *mut Table) {
    guard(|| {
        // SAFETY: the header's rules: it came from this library and is not used again.
        unsafe { take_back(table) }
    });
}
