//! The options of outbound detection.

use super::guard;
use super::status::{Fault, IntoC as _, Status};
use super::text::{lent, lent_string};
use crate::outbound::{Key, MonitorOptions, Prior};
use crate::private_file;
use std::ffi::{c_char, c_int, c_void};
use std::mem::{offset_of, size_of};
use std::path::Path;
use std::ptr;

/// Octets of a prior's file; a longer one is taken for a mistake.
const MOST_PRIOR: u64 = 1 << 20;

/// How a mailrep_monitor judges, and what it may keep.
///
/// Always begin with mailrep_monitor_options_init(), which fills in the defaults. Pointers are only read by mailrep_monitor_new()
/// and mailrep_monitor_restore(), which copy what they need.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct OutboundOptions {
    /// sizeof(mailrep_monitor_options) of the header that the program was compiled with; set by mailrep_monitor_options_init().
    pub size: usize,
    /// The key by which names are hashed: 16 octets, random and secret. With the same key, names are the same to two monitors.
    /// Default NULL.
    pub key: *const c_void,
    /// How many octets key has: 16, or 0 without one. Default 0.
    pub key_length: usize,
    /// The path of a file with the key in 32 hexadecimal digits; not together with key. Default NULL; without key and key_file a
    /// key is made at random, and mailrep_monitor_save() keeps it.
    pub key_file: *const c_char,
    /// The path of a file with what is known of accounts in general, as `mailrep outbound fit` writes it (JSON). Default NULL, which is
    /// what is built in.
    pub prior_file: *const c_char,
    /// Octets of memory that remembering recipients may take, for all accounts together. Default 16,777,216, which are some
    /// 9 million pairs of account and recipient.
    pub novelty_octets: usize,
    /// Accounts that are kept. Beyond, those go that sent nothing for forget_days; if there are none, further accounts are not
    /// watched, and said to be so. Default 4,000,000.
    pub accounts: usize,
    /// Days without a message after which an account may be forgotten, at most 65,535. Default 400.
    pub forget_days: u32,
    /// Not 0: mailrep_monitor_new() makes key_file if it is not there, for its owner alone (mode 0600). Default 1.
    pub create_key_file: c_int,
    /// The one dial: at most so many false alarms in a year of an account, above 0 and up to 10. Default 0.01, one in a hundred
    /// years.
    pub false_alarms_per_account_year: f64,
}

// The layout is part of the ABI: growth is at the end alone, and no octet is padding where pointers have 8 octets.
const _: () = {
    let word = size_of::<usize>();
    assert!(offset_of!(OutboundOptions, novelty_octets) == 5 * word);
    assert!(offset_of!(OutboundOptions, forget_days) == 7 * word);
    assert!(word != 8 || offset_of!(OutboundOptions, false_alarms_per_account_year) == 8 * word);
    assert!(word != 8 || size_of::<OutboundOptions>() == 9 * word);
};

impl Default for OutboundOptions {
    fn default() -> Self {
        let defaults = MonitorOptions::default();
        OutboundOptions {
            size: size_of::<OutboundOptions>(),
            key: ptr::null(),
            key_length: 0,
            key_file: ptr::null(),
            prior_file: ptr::null(),
            novelty_octets: defaults.novelty_octets,
            accounts: defaults.accounts,
            forget_days: defaults.forget_days.into(),
            create_key_file: 1,
            false_alarms_per_account_year: defaults.false_alarms_per_account_year,
        }
    }
}

/// Fills in the defaults.
///
/// @param options  the structure to fill
/// @param size     sizeof(mailrep_monitor_options)
/// @return         MAILREP_OK; MAILREP_NULL; MAILREP_INVALID when no version of the structure has that size
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_options_init(options: *mut OutboundOptions, size: usize) -> c_int {
    guard(|| -> Status {
        if options.is_null() {
            return Err(Fault::null("options"));
        }
        if !is_size(size) {
            return Err(Fault::invalid("size is not that of the structure"));
        }
        let defaults = OutboundOptions {
            size,
            ..OutboundOptions::default()
        };
        // SAFETY: `options` has `size` octets by the header's rules, no fewer than ours; what a newer header has beyond is
        // emptied.
        unsafe {
            options.write(defaults);
            ptr::write_bytes(
                options.add(1).cast::<u8>(),
                0,
                size - size_of::<OutboundOptions>(),
            );
        }
        Ok(())
    })
    .into_c()
}

/// Whether a structure of this size can be one of ours: the present one, or a newer one.
fn is_size(size: usize) -> bool {
    size >= size_of::<OutboundOptions>() && isize::try_from(size).is_ok()
}

/// Reads the options that C gives, but for the key.
///
/// # Safety
/// By the header's rules: `options` is NULL or a structure of `size` octets whose pointers are NULL or valid.
pub(super) unsafe fn read(
    options: *const OutboundOptions,
) -> Result<(OutboundOptions, MonitorOptions), Fault> {
    if options.is_null() {
        return Err(Fault::null("options"));
    }
    // SAFETY: the first field is there in every version.
    let size = unsafe { ptr::addr_of!((*options).size).read() };
    if !is_size(size) {
        return Err(Fault::invalid(
            "options.size is not that of the structure; call mailrep_monitor_options_init() first",
        ));
    }
    // SAFETY: `size` octets are there by the header's rules, no fewer than ours. Every pattern of octets is a value of every
    // field.
    let (given, unknown) = unsafe {
        let rest = size - size_of::<OutboundOptions>();
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
    let forget_days = u16::try_from(given.forget_days)
        .map_err(|_| Fault::invalid(format!("forget_days is {}; at most 65,535", given.forget_days)))?;
    // SAFETY: NULL or a string by the header's rules.
    let prior = match unsafe { lent_string("prior_file", given.prior_file) }? {
        Some(path) => Some(prior(Path::new(path))?),
        None => None,
    };
    let options = MonitorOptions {
        false_alarms_per_account_year: given.false_alarms_per_account_year,
        prior,
        novelty_octets: given.novelty_octets,
        accounts: given.accounts,
        forget_days,
    };
    Ok((given, options))
}

fn prior(path: &Path) -> Result<Prior, Fault> {
    let fault = |why: String| Fault::invalid(format!("prior_file '{}': {why}", path.display()));
    let octets = private_file::read(path, MOST_PRIOR)?.octets;
    if octets.len() as u64 > MOST_PRIOR {
        return Err(fault(format!("it is longer than {MOST_PRIOR} octets")));
    }
    let text = std::str::from_utf8(&octets).map_err(|_| fault("it is not UTF-8".to_owned()))?;
    Prior::from_json(text).map_err(|error| fault(error.to_string()))
}

impl OutboundOptions {
    /// The key for a monitor that knows nothing yet.
    ///
    /// # Safety
    /// The pointers are NULL or valid.
    pub(super) unsafe fn key(&self) -> Result<Key, Fault> {
        // SAFETY: by the caller.
        let (key, file) = unsafe {
            (
                lent("key", self.key, self.key_length)?,
                lent_string("key_file", self.key_file)?.map(Path::new),
            )
        };
        match (key, file) {
            ([], None) if !self.key.is_null() => Err(Fault::invalid("key has 0 octets, and needs 16")),
            ([], None) => Ok(Key::random()?),
            ([], Some(file)) if self.key.is_null() && self.create_key_file != 0 => {
                Ok(Key::read_or_create(file)?)
            }
            ([], Some(file)) if self.key.is_null() => Ok(Key::read(file)?),
            (_, Some(_)) => Err(Fault::invalid(
                "options has both key and key_file; give one of them",
            )),
            (octets, None) => {
                let key: [u8; 16] = octets
                    .try_into()
                    .map_err(|_| Fault::invalid(format!("key has {} octets, and needs 16", octets.len())))?;
                Ok(Key::from(key))
            }
        }
    }
}
