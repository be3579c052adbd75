//! Local overrides of DMARC's dispositions among the options of a context.

use super::codes::{MAILREP_POLICY_NONE, MAILREP_POLICY_QUARANTINE, MAILREP_POLICY_REJECT};
use super::options::Options;
use super::spf_policy::{usable, wanted};
use super::status::Fault;
use crate::dmarc::{Overrides, Policy};
use std::ffi::{c_char, c_int};

/// What becomes of failing messages of an author domain: see dmarc_exceptions of mailrep_options.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct DmarcException {
    /// The author domain, such as "example.org", or "*.example.org" for all below it.
    pub domain: *const c_char,
    /// MAILREP_POLICY_NONE to MAILREP_POLICY_REJECT: the strictest disposition.
    pub disposition: c_int,
}

// Programs make arrays of it: it cannot grow.
const _: () = assert!(size_of::<DmarcException>() == 2 * size_of::<usize>());

/// # Safety
/// The pointers of `options` are NULL or valid.
pub(super) unsafe fn read(options: &Options) -> Result<Overrides, Fault> {
    let mut overrides = Overrides::default();
    let (count, absent) = (options.dmarc_trusted_count, options.dmarc_trusted.is_null());
    usable("dmarc_trusted", "dmarc_trusted_count", count, absent)?;
    for at in 0..count {
        let what = format!("dmarc_trusted[{at}]");
        // SAFETY: there are `count` pointers by the header's rules, each NULL or a C string.
        let network = unsafe { wanted(&what, options.dmarc_trusted.add(at).read()) }?;
        overrides = overrides
            .trust_forwarder(network)
            .map_err(|error| Fault::invalid(format!("{what}: {error}")))?;
    }
    let (count, absent) = (options.dmarc_list_count, options.dmarc_lists.is_null());
    usable("dmarc_lists", "dmarc_list_count", count, absent)?;
    for at in 0..count {
        let what = format!("dmarc_lists[{at}]");
        // SAFETY: there are `count` pointers by the header's rules, each NULL or a C string.
        let list = unsafe { wanted(&what, options.dmarc_lists.add(at).read()) }?;
        overrides = overrides
            .trust_list(list)
            .map_err(|error| Fault::invalid(format!("{what}: {error}")))?;
    }
    let (count, absent) = (options.dmarc_exception_count, options.dmarc_exceptions.is_null());
    usable("dmarc_exceptions", "dmarc_exception_count", count, absent)?;
    for at in 0..count {
        let what = format!("dmarc_exceptions[{at}]");
        // SAFETY: there are `count` structures by the header's rules, whose pointers are NULL or C strings.
        let (domain, disposition) = unsafe {
            let given = options.dmarc_exceptions.add(at).read();
            (
                wanted(&format!("{what}.domain"), given.domain)?,
                given.disposition,
            )
        };
        let disposition = match disposition {
            MAILREP_POLICY_NONE => Policy::None,
            MAILREP_POLICY_QUARANTINE => Policy::Quarantine,
            MAILREP_POLICY_REJECT => Policy::Reject,
            other => {
                return Err(Fault::invalid(format!(
                    "{what}.disposition is {other}, which is no policy"
                )));
            }
        };
        overrides = overrides
            .except(domain, disposition)
            .map_err(|error| Fault::invalid(format!("{what}: {error}")))?;
    }
    Ok(overrides)
}
