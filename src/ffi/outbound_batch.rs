//! Many messages in one call.

use super::error::{self, ErrorWords};
use super::guard;
use super::handle::borrow;
use super::outbound::{OutboundMonitor, views};
use super::status::{Fault, IntoC as _, MAILREP_OK, Status};
use super::text::{Octets, lent};
use crate::outbound::{Event, Monitor, Recipients};
use std::ffi::c_int;

/// What a message of many says of the account that sent it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Judged {
    /// MAILREP_OK; MAILREP_NULL or MAILREP_INVALID for a message that cannot be: it was not counted, and the other fields are 0.
    pub status: c_int,
    /// 1 if an alarm is open for the account, otherwise 0; mailrep_monitor_alarm() says why.
    pub alarm: c_int,
    /// 1 if this message raised an alarm for the host.
    pub host_alarm: c_int,
    /// 1 if the account is watched.
    pub watched: c_int,
    /// How near the account is to an alarm; above 1 it is one.
    pub score: f32,
}

// Programs make arrays of it: it cannot grow.
const _: () = {
    assert!(size_of::<Judged>() == 20);
    assert!(std::mem::offset_of!(Judged, score) == 16);
};

/// As mailrep_monitor_observe() or mailrep_monitor_observe_counted(), for many messages one after the other. A message that cannot be is told of in its
/// result and stops no other.
///
/// @param monitor         may be used by other threads at the same time
/// @param accounts        who sent each
/// @param times           when each was sent: seconds since 1970-01-01T00:00:00Z
/// @param recipients      how many recipients each has
/// @param new_recipients  how many of them are new to the account; NULL if that is not known
/// @param count           how many messages there are, and so places in each array
/// @param results         where the results are left, with the same indices
/// @param error           where the error is left, as for mailrep_monitor_new()
/// @return                MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a count beyond memory: nothing was counted
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_observe_all(
    monitor: *const OutboundMonitor,
    accounts: *const Octets,
    times: *const f64,
    recipients: *const u32,
    new_recipients: *const u32,
    count: usize,
    results: *mut Judged,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let batch = Batch::new(monitor, accounts, times, recipients, count, results)?;
            let new = match new_recipients.is_null() {
                true => None,
                false => Some(views("new_recipients", new_recipients, count)?),
            };
            batch.each(|batch, at| {
                let all = batch.recipients[at];
                batch.judge(
                    at,
                    match new {
                        None => Recipients::Count(all),
                        Some(new) => Recipients::Counted { all, new: new[at] },
                    },
                )
            })
        })
    })
    .into_c()
}

/// As mailrep_monitor_observe_addresses() for many messages one after the other.
///
/// @param monitor        may be used by other threads at the same time
/// @param accounts       who sent each
/// @param times          when each was sent: seconds since 1970-01-01T00:00:00Z
/// @param recipients     how many recipients each has
/// @param count          how many messages there are
/// @param addresses      the recipients of the first message, then those of the second one, and so on
/// @param address_count  how many there are: the sum of recipients
/// @param results        where the results are left, with the messages' indices
/// @param error          where the error is left, as for mailrep_monitor_new()
/// @return               MAILREP_OK; MAILREP_NULL; MAILREP_INVALID for a count beyond memory, or if address_count is not the sum of
///                       recipients: nothing was counted
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mailrep_monitor_observe_all_addresses(
    monitor: *const OutboundMonitor,
    accounts: *const Octets,
    times: *const f64,
    recipients: *const u32,
    count: usize,
    addresses: *const Octets,
    address_count: usize,
    results: *mut Judged,
    error: *mut *mut ErrorWords,
) -> c_int {
    // SAFETY: the header's rules, for all arguments.
    guard(|| unsafe {
        error::leave(error, || {
            let batch = Batch::new(monitor, accounts, times, recipients, count, results)?;
            let mut rest = views("addresses", addresses, address_count)?;
            let sum: u128 = batch.recipients.iter().map(|&all| u128::from(all)).sum();
            if sum != rest.len() as u128 {
                return Err(Fault::invalid(format!(
                    "address_count is {address_count}, and the messages have {sum} recipients"
                )));
            }
            batch.each(|batch, at| {
                let (own, others) = rest.split_at(batch.recipients[at] as usize);
                rest = others;
                let lent = |view: &Octets| lent("address", view.data, view.length);
                let own: Vec<&[u8]> = own.iter().map(lent).collect::<Result<_, Fault>>()?;
                batch.judge(at, Recipients::Addresses(&own))
            })
        })
    })
    .into_c()
}

/// What both ways of telling of many messages have.
struct Batch<'a> {
    monitor: &'a Monitor,
    accounts: &'a [Octets],
    times: &'a [f64],
    recipients: &'a [u32],
    /// As many places as there are messages.
    results: *mut Judged,
}

impl<'a> Batch<'a> {
    /// # Safety
    /// By the header's rules: every pointer is NULL or valid, arrays with `count` places.
    unsafe fn new(
        monitor: *const OutboundMonitor,
        accounts: *const Octets,
        times: *const f64,
        recipients: *const u32,
        count: usize,
        results: *mut Judged,
    ) -> Result<Batch<'a>, Fault> {
        // SAFETY: by the caller. Results are looked at only as a place; their octets may be uninitialized.
        unsafe {
            views("results", results.cast::<std::mem::MaybeUninit<Judged>>(), count)?;
            Ok(Batch {
                monitor: &borrow(monitor)?.monitor,
                accounts: views("accounts", accounts, count)?,
                times: views("times", times, count)?,
                recipients: views("recipients", recipients, count)?,
                results,
            })
        }
    }

    fn each(&self, mut judge: impl FnMut(&Self, usize) -> Result<Judged, Fault>) -> Status {
        for at in 0..self.recipients.len() {
            let judged = judge(self, at).unwrap_or_else(|fault| Judged {
                status: fault.status,
                alarm: 0,
                host_alarm: 0,
                watched: 0,
                score: 0.0,
            });
            // SAFETY: there are as many places as messages by the promise of `new`.
            unsafe { self.results.add(at).write(judged) };
        }
        Ok(())
    }

    fn judge(&self, at: usize, recipients: Recipients<'_>) -> Result<Judged, Fault> {
        let account = self.accounts[at];
        let event = Event {
            time: self.times[at],
            // SAFETY: NULL or octets by the promise of `new`.
            account: unsafe { lent("account", account.data, account.length) }?,
            recipients,
        };
        let assessment = self.monitor.observe(&event)?;
        Ok(Judged {
            status: MAILREP_OK,
            alarm: assessment.alarm().into(),
            host_alarm: assessment.host_alarm().into(),
            watched: assessment.watched.into(),
            score: assessment.score,
        })
    }
}
