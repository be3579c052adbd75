//! A message that an account sends.

/// A message, as the monitor sees it.
///
/// ```
/// use mailrep::outbound::{Event, Recipients};
/// let event = Event { time: 1_795_347_080.25, account: b"ada@example.org", recipients: Recipients::Count(3) };
/// assert_eq!(event.recipients.count(), 3);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event<'a> {
    /// When it was sent: seconds since 1970, with fractions.
    pub time: f64,
    /// Who sent it, as the server authenticated him. Octets; compared as they are.
    pub account: &'a [u8],
    /// To whom.
    pub recipients: Recipients<'a>,
}

/// The recipients of a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Recipients<'a> {
    /// So many, of whom nothing is known.
    Count(u32),
    /// So many in all, to `new` of whom the account never wrote before.
    Counted {
        /// All recipients.
        all: u32,
        /// Those that are new to the account; more than `all` counts as `all`.
        new: u32,
    },
    /// Their addresses. Which are new is found out by the monitor.
    Addresses(&'a [&'a [u8]]),
}

impl Recipients<'_> {
    /// How many there are.
    pub fn count(&self) -> u32 {
        match *self {
            Recipients::Count(all) | Recipients::Counted { all, .. } => all,
            Recipients::Addresses(addresses) => u32::try_from(addresses.len()).unwrap_or(u32::MAX),
        }
    }
}

/// Why a message cannot be observed. Nothing was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// The time is no number, or outside the years 1970 to 9999.
    #[error("the time is no moment between the years 1970 and 9999")]
    Time,
    /// A message to nobody is none.
    #[error("the message has no recipients")]
    NoRecipients,
    /// The account has no name.
    #[error("the account's name is empty")]
    NoAccount,
    /// The account's name is longer than any address.
    #[error("the account's name has {0} octets; at most 1,024 are taken")]
    AccountTooLong(usize),
}

impl EventError {
    /// A stable code, such as `time`.
    pub fn code(self) -> &'static str {
        match self {
            EventError::Time => "time",
            EventError::NoRecipients => "no_recipients",
            EventError::NoAccount => "no_account",
            EventError::AccountTooLong(_) => "account_too_long",
        }
    }
}

/// Octets of an account's name.
const MOST_NAME: usize = 1_024;
/// The first second of the year 10000.
const END_OF_TIME: f64 = 253_402_300_800.0;

impl Event<'_> {
    /// The time in milliseconds, if all of the event can be used.
    pub(super) fn checked(&self) -> Result<i64, EventError> {
        if !(0.0..END_OF_TIME).contains(&self.time) {
            return Err(EventError::Time);
        }
        if self.recipients.count() == 0 {
            return Err(EventError::NoRecipients);
        }
        match self.account.len() {
            0 => return Err(EventError::NoAccount),
            1..=MOST_NAME => {}
            more => return Err(EventError::AccountTooLong(more)),
        }
        milliseconds(self.time).ok_or(EventError::Time)
    }
}

/// Whether a time in milliseconds is within the years that are taken.
pub(super) fn is_moment(milliseconds: i64) -> bool {
    const END: i64 = 253_402_300_800_000;
    (0..END).contains(&milliseconds)
}

/// A time in seconds as milliseconds, if it is within the years that are taken.
pub(super) fn milliseconds(seconds: f64) -> Option<i64> {
    (0.0..END_OF_TIME)
        .contains(&seconds)
        .then_some((seconds * 1_000.0) as i64)
}
