//! The options of SRS.

use super::guard;
use super::status::{Fault, IntoC as _, Status};
use super::text::{lent, lent_string};
use crate::srs::{Accept, LongLocalParts, Mac, Secrets, Separator, Settings};
use std::ffi::{c_char, c_int, c_void};
use std::mem::{offset_of, size_of};
use std::path::Path;
use std::ptr;

/// Domains that can be given; a list that is longer is taken for a mistake.
const MOST_DOMAINS: usize = 1 << 20;
/// Further alias domains that can be given.
const MOST_ALIASES: usize = 1_024;

/// The interoperable form of the hash: HMAC-SHA1 in base64.
pub const MAILREP_SRS_MAC_COMPAT: c_int = 0;
/// The strong form, which only mailrep verifies: 16 characters of base32 of HMAC-SHA256 over each part with its length.
pub const MAILREP_SRS_MAC_STRONG: c_int = 1;

/// Hashes of both forms are believed.
pub const MAILREP_SRS_ACCEPT_BOTH: c_int = 0;
/// Only hashes of the strong form are believed.
pub const MAILREP_SRS_ACCEPT_STRONG: c_int = 1;

/// A local part may have more than 64 octets.
pub const MAILREP_SRS_LONG_ALLOW: c_int = 0;
/// An address whose local part would have more than 64 octets is refused.
pub const MAILREP_SRS_LONG_REFUSE: c_int = 1;

/// A further alias domain: see further of mailrep_srs_options.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SrsAlias {
    /// The domain, such as "old.example.org".
    pub domain: *const c_char,
    /// Its secrets, one a line, the first one being that which minted last.
    pub secrets: *const c_void,
    /// How many octets they have.
    pub secrets_length: usize,
}

/// How a mailrep_srs rewrites.
///
/// Always begin with mailrep_srs_options_init(), which fills in the defaults; domain and one of secrets and secret_file have to
/// be set. The defaults are PostSRSd's, and so are the addresses that they make. Pointers are only read by mailrep_srs_new(),
/// which copies what it needs.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SrsOptions {
    /// sizeof(mailrep_srs_options) of the header that the program was compiled with; set by mailrep_srs_options_init().
    pub size: usize,
    /// The alias domain, in which rewritten addresses are. Its MX and SPF records must name this host.
    pub domain: *const c_char,
    /// The path of a file with the secrets, one a line: the first makes hashes, all are tried. Default NULL.
    pub secret_file: *const c_char,
    /// The secrets themselves, as such a file has them; not together with secret_file. Default NULL.
    pub secrets: *const c_void,
    /// How many octets secrets has. Default 0.
    pub secrets_length: usize,
    /// Further alias domains with secrets of their own, whose addresses are reversed too. Default NULL.
    pub further: *const SrsAlias,
    /// How many, at most 1,024. Default 0.
    pub further_count: usize,
    /// Domains of this host, whose addresses it may use as they are: "example.org" is that domain alone, ".example.org" all
    /// below it. Default NULL.
    pub local: *const *const c_char,
    /// How many, at most 1,048,576. Default 0.
    pub local_count: usize,
    /// Domains that are not rewritten for another reason, in the same form. Default NULL.
    pub excluded: *const *const c_char,
    /// How many, at most 1,048,576. Default 0.
    pub excluded_count: usize,
    /// Letters of the hash in new addresses, 4 to 27. Default 4.
    pub hash_length: usize,
    /// Letters that a hash must have to be believed, 4 to hash_length. Default 4.
    pub hash_minimum: usize,
    /// Days for which an SRS0 address can be reversed, 1 to 1022. Default 21.
    pub max_age: u32,
    /// What follows SRS0 and SRS1 in new addresses: '=', '+' or '-'; all are understood. Default '='.
    pub separator: c_int,
    /// Not 0: addresses of the alias domain are rewritten too. Default 0.
    pub always: c_int,
    /// MAILREP_SRS_LONG_...: whether a new local part may have more than 64 octets. Default MAILREP_SRS_LONG_ALLOW.
    pub long_local_parts: c_int,
    /// MAILREP_SRS_MAC_...: the form of hash in new addresses. Default MAILREP_SRS_MAC_COMPAT.
    pub mac: c_int,
    /// MAILREP_SRS_ACCEPT_...: the forms of hash that are believed; strong alone needs mac to be strong, too. Default
    /// MAILREP_SRS_ACCEPT_BOTH.
    pub accept: c_int,
}

// The layout is part of the ABI: growth is at the end alone.
const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(SrsOptions, further) == 5 * word);
    assert!(offset_of!(SrsOptions, max_age) == 13 * word);
    assert!(size_of::<SrsOptions>() == 13 * word + 24);
    assert!(size_of::<SrsAlias>() == 3 * word);
};

/// Fills in the defaults.
///
/// @param options  the structure to fill
/// @param size     sizeof(mailrep_srs_options)
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when no version of the structure has that size
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_srs_options_init(options: *mut SrsOptions, size: usize) -> c_int {
    guard(|| -> Status {
        if options.is_null() {
            return Err(Fault::null("options"));
        }
        if !is_size(size) {
            return Err(Fault::invalid("size is not that of the structure"));
        }
        let defaults = SrsOptions {
            size,
            ..SrsOptions::default()
        };
        // SAFETY: `options` has `size` octets by the header's rules, no fewer than ours; what a newer header has beyond is
        // emptied.
        unsafe {
            options.write(defaults);
            ptr::write_bytes(options.add(1).cast::<u8>(), 0, size - size_of::<SrsOptions>());
        }
        Ok(())
    })
    .into_c()
}

/// Whether a structure of this size can be one of ours: the present one, or a newer one.
fn is_size(size: usize) -> bool {
    size >= size_of::<SrsOptions>() && isize::try_from(size).is_ok()
}

impl Default for SrsOptions {
    fn default() -> Self {
        SrsOptions {
            size: size_of::<SrsOptions>(),
            domain: ptr::null(),
            secret_file: ptr::null(),
            secrets: ptr::null(),
            secrets_length: 0,
            further: ptr::null(),
            further_count: 0,
            local: ptr::null(),
            local_count: 0,
            excluded: ptr::null(),
            excluded_count: 0,
            hash_length: 4,
            hash_minimum: 4,
            max_age: 21,
            separator: c_int::from(b'='),
            always: 0,
            long_local_parts: MAILREP_SRS_LONG_ALLOW,
            mac: MAILREP_SRS_MAC_COMPAT,
            accept: MAILREP_SRS_ACCEPT_BOTH,
        }
    }
}

/// Reads the options that C gives.
///
/// # Safety
/// By the header's rules: `options` is NULL or a structure of `size` octets whose pointers are NULL or valid.
pub(super) unsafe fn read(options: *const SrsOptions) -> Result<Settings, Fault> {
    if options.is_null() {
        return Err(Fault::null("options"));
    }
    // SAFETY: the first field is there in every version.
    let size = unsafe { ptr::addr_of!((*options).size).read() };
    if !is_size(size) {
        return Err(Fault::invalid(
            "options.size is not that of the structure; call mailrep_srs_options_init() first",
        ));
    }
    // SAFETY: `size` octets are there by the header's rules, no fewer than ours. Every pattern of octets is a value of
    // every field.
    let (given, unknown) = unsafe {
        let rest = size - size_of::<SrsOptions>();
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
    unsafe { given.settings() }
}

impl SrsOptions {
    /// # Safety
    /// The pointers are NULL or valid.
    unsafe fn settings(&self) -> Result<Settings, Fault> {
        // SAFETY: the same promise, for all pointers read here.
        let (domain, secrets, further, local, excluded) = unsafe {
            (
                text("domain", self.domain)?,
                self.secrets()?,
                self.further()?,
                list("local", self.local, self.local_count)?,
                list("excluded", self.excluded, self.excluded_count)?,
            )
        };
        let mut settings = Settings::new(domain, secrets);
        settings.further = further;
        settings.local = local;
        settings.excluded = excluded;
        settings.hash_length = self.hash_length;
        settings.hash_minimum = self.hash_minimum;
        // What does not fit is refused for its size.
        settings.max_age = u16::try_from(self.max_age).unwrap_or(u16::MAX);
        let separator = Separator::ALL
            .iter()
            .find(|separator| separator.as_str().bytes().map(c_int::from).eq([self.separator]));
        settings.separator = *separator.ok_or_else(|| {
            Fault::invalid(format!(
                "separator {} is none of '=', '+' and '-'",
                self.separator
            ))
        })?;
        settings.always = self.always != 0;
        settings.long_local_parts = numbered("long_local_parts", LongLocalParts::ALL, self.long_local_parts)?;
        settings.mint = numbered("mac", Mac::ALL, self.mac)?;
        settings.accept = numbered("accept", Accept::ALL, self.accept)?;
        Ok(settings)
    }

    /// # Safety
    /// The pointers are NULL or valid.
    unsafe fn secrets(&self) -> Result<Secrets, Fault> {
        // SAFETY: the same promise.
        let (file, secrets) = unsafe {
            (
                lent_string("secret_file", self.secret_file)?,
                lent("secrets", self.secrets, self.secrets_length)?,
            )
        };
        match file {
            Some(_) if !self.secrets.is_null() => Err(Fault::invalid(
                "options has both secrets and secret_file; give one of them",
            )),
            Some(file) => Ok(Secrets::read(Path::new(file))?.secrets),
            None => Ok(Secrets::parse(secrets)?),
        }
    }

    /// # Safety
    /// The pointers are NULL or valid.
    unsafe fn further(&self) -> Result<Vec<(String, Secrets)>, Fault> {
        usable(
            "further",
            self.further.is_null(),
            self.further_count,
            MOST_ALIASES,
        )?;
        let mut further = Vec::new();
        for at in 0..self.further_count {
            // SAFETY: there are `further_count` structures by the same promise, whose pointers are NULL or valid.
            let (domain, secrets) = unsafe {
                let alias = self.further.add(at).read();
                (
                    text(&format!("further[{at}].domain"), alias.domain)?,
                    lent(
                        &format!("further[{at}].secrets"),
                        alias.secrets,
                        alias.secrets_length,
                    )?,
                )
            };
            further.push((domain, Secrets::parse(secrets)?));
        }
        Ok(further)
    }
}

/// # Safety
/// `pointer` is NULL or a C string.
unsafe fn text(what: &str, pointer: *const c_char) -> Result<String, Fault> {
    // SAFETY: by the caller.
    let text = unsafe { lent_string(what, pointer) }?;
    text.map(str::to_owned).ok_or_else(|| Fault::null(what))
}

/// # Safety
/// `pointer` is NULL or an array of `count` pointers, each NULL or a C string.
unsafe fn list(what: &str, pointer: *const *const c_char, count: usize) -> Result<Vec<String>, Fault> {
    usable(what, pointer.is_null(), count, MOST_DOMAINS)?;
    // SAFETY: by the caller.
    let entry = |at| unsafe { text(&format!("{what}[{at}]"), pointer.add(at).read()) };
    (0..count).map(entry).collect()
}

/// Refuses a list that is too long or not there.
fn usable(what: &str, absent: bool, count: usize, most: usize) -> Result<(), Fault> {
    if count > most {
        return Err(Fault::invalid(format!(
            "{what}_count is {count}; at most {most} can be used"
        )));
    }
    if count > 0 && absent {
        return Err(Fault::null(what));
    }
    Ok(())
}

/// The choice that a number stands for.
fn numbered<T: Copy>(what: &str, all: &[T], number: c_int) -> Result<T, Fault> {
    let choice = usize::try_from(number).ok().and_then(|number| all.get(number));
    choice
        .copied()
        .ok_or_else(|| Fault::invalid(format!("{what} is {number}, which stands for nothing")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are places in the lists of words.
    #[test]
    fn numbers_stand_for_the_words_that_they_are_named_for() {
        assert_eq!(Mac::ALL.get(MAILREP_SRS_MAC_COMPAT as usize), Some(&Mac::Compat));
        assert_eq!(Mac::ALL.get(MAILREP_SRS_MAC_STRONG as usize), Some(&Mac::Strong));
        assert_eq!(
            Accept::ALL.get(MAILREP_SRS_ACCEPT_BOTH as usize),
            Some(&Accept::Both)
        );
        assert_eq!(
            Accept::ALL.get(MAILREP_SRS_ACCEPT_STRONG as usize),
            Some(&Accept::Strong)
        );
        let long = [MAILREP_SRS_LONG_ALLOW, MAILREP_SRS_LONG_REFUSE]
            .map(|number| LongLocalParts::ALL[number as usize]);
        assert_eq!(long, [LongLocalParts::Allow, LongLocalParts::Refuse]);
    }
}
