//! Local SPF policy among the options of a context.

use super::options::Options;
use super::status::Fault;
use super::text::lent_string;
use crate::spf::Policy;
use std::ffi::c_char;

/// Networks, and records, that can be given; a list that is longer is taken for a mistake.
const MOST: usize = 1_024;

/// An SPF record that stands for whatever its domain publishes: see spf_records of mailrep_options.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct SpfRecord {
    /// The domain, such as "example.org".
    pub domain: *const c_char,
    /// The record, such as "v=spf1 mx -all".
    pub record: *const c_char,
}

// Programs make arrays of it: it cannot grow.
const _: () = {
    assert!(size_of::<SpfRecord>() == 2 * size_of::<usize>());
    assert!(std::mem::offset_of!(SpfRecord, record) == size_of::<usize>());
};

/// # Safety
/// The pointers of `options` are NULL or valid.
pub(super) unsafe fn read(options: &Options) -> Result<Policy, Fault> {
    let mut policy = Policy::default();
    let (count, absent) = (options.spf_trusted_count, options.spf_trusted.is_null());
    usable("spf_trusted", "spf_trusted_count", count, absent)?;
    for at in 0..options.spf_trusted_count {
        let what = format!("spf_trusted[{at}]");
        // SAFETY: there are `spf_trusted_count` pointers by the header's rules, each NULL or a C string.
        let network = unsafe { wanted(&what, options.spf_trusted.add(at).read()) }?;
        policy = policy
            .trust(network)
            .map_err(|error| Fault::invalid(format!("{what}: {error}")))?;
    }
    let (count, absent) = (options.spf_record_count, options.spf_records.is_null());
    usable("spf_records", "spf_record_count", count, absent)?;
    for at in 0..options.spf_record_count {
        let what = format!("spf_records[{at}]");
        // SAFETY: there are `spf_record_count` structures by the header's rules, whose pointers are NULL or C strings.
        let (domain, record) = unsafe {
            let given = options.spf_records.add(at).read();
            (
                wanted(&format!("{what}.domain"), given.domain)?,
                wanted(&format!("{what}.record"), given.record)?,
            )
        };
        policy = policy
            .replace(domain, record)
            .map_err(|error| Fault::invalid(format!("{what}: {error}")))?;
    }
    // SAFETY: NULL or a C string by the header's rules.
    if let Some(text) = unsafe { lent_string("spf_explanation", options.spf_explanation) }? {
        policy = policy
            .explain(text)
            .map_err(|error| Fault::invalid(format!("spf_explanation: {error}")))?;
    }
    Ok(policy)
}

/// Refuses a list that is too long or not there. `counter` is the field that has its `count`.
pub(super) fn usable(list: &str, counter: &str, count: usize, absent: bool) -> Result<(), Fault> {
    if count > MOST {
        return Err(Fault::invalid(format!(
            "{counter} is {count}; at most {MOST} can be used"
        )));
    }
    if count > 0 && absent {
        return Err(Fault::null(list));
    }
    Ok(())
}

/// # Safety
/// `text` is NULL or a string closed by 0 that nobody changes during `'a`.
pub(super) unsafe fn wanted<'a>(what: &str, text: *const c_char) -> Result<&'a str, Fault> {
    // SAFETY: the same promise.
    unsafe { lent_string(what, text) }?.ok_or_else(|| Fault::null(what))
}
