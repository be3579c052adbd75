//! What is counted of an account's sending. A channel is one decaying counter; all of them together are the model's senses.
//!
//! People's bursts fall into few slots of time, a machine fills every slot. So messages are not counted, but the slots in which
//! there was one; and where it is known which recipients an account never wrote to before, only messages to such recipients.

/// What a channel counts of each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Slots of so many milliseconds that have a message.
    Slots(u32),
    /// Messages within a day, against the account's own rate.
    Rate,
    /// Recipients.
    Recipients,
    /// Slots of so many milliseconds that have a message to a new recipient.
    NewSlots(u32),
    /// Messages to a new recipient within a day, against the account's own rate.
    NewRate,
    /// New recipients.
    NewRecipients,
}

impl Measure {
    /// Whether it counts only what goes to new recipients.
    pub(super) fn is_of_new(self) -> bool {
        matches!(
            self,
            Measure::NewSlots(_) | Measure::NewRate | Measure::NewRecipients
        )
    }

    /// Whether its value is no count, but how improbable the count is.
    pub(super) fn is_rate(self) -> bool {
        matches!(self, Measure::Rate | Measure::NewRate)
    }
}

/// What is known of a message decides which channels see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// It is not known which recipients are new.
    Unknown,
    /// It is.
    Known,
}

impl Family {
    pub(super) const ALL: [Family; 2] = [Family::Unknown, Family::Known];

    pub(super) fn index(self) -> usize {
        match self {
            Family::Unknown => 0,
            Family::Known => 1,
        }
    }
}

/// How an account's own past moves its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Past {
    /// By its record: the highest value of its days before the present fortnight.
    Record,
    /// By mean and variance of its days; the place of the variance in an account.
    Moments(usize),
    /// Not at all: the channel's value has the account's rate in it.
    None,
}

/// One decaying counter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Channel {
    pub(super) measure: Measure,
    pub(super) family: Family,
    /// Seconds in which the counter falls to 1/e.
    pub(super) seconds: f32,
    /// No limit is below this.
    pub(super) least: f32,
    /// Nor above this: what a counter of slots can reach, a message in every slot.
    pub(super) most: f32,
    /// What weight it has in the tolerance, for accounts that are known for some time and for young ones.
    pub(super) shares: [f32; 2],
    pub(super) past: Past,
}

/// How many channels there are.
pub(super) const CHANNELS: usize = 11;
/// Those whose limits move by [`Past::Moments`].
pub(super) const MOMENTS: usize = 2;

/// A counter of slots forgets in so many of them, and so reaches 1 / (1 - e^(-1/16)) = 16.5; limits stay 8 % below.
const SLOTS_KEPT: f32 = 16.0;
const REACH: f32 = 15.2;
const MINUTE: f32 = 60.0;
const HOUR: f32 = 3_600.0;
pub(super) const DAY: f32 = 86_400.0;
/// A declaration allows so much more than was declared.
const DECLARED: f32 = 1.25;
/// A card to 60 people is nothing unusual, whoever they are.
const CARD: f32 = 64.0;
/// The same where it is known that they are not new: a storm of replies to a list.
const STORM: f32 = 200.0;
/// New recipients of one message that are nothing unusual.
const NEW_OF_CARD: f32 = 40.0;

const fn channel(family: Family, measure: Measure, seconds: f32, shares: [f32; 2]) -> Channel {
    Channel {
        measure,
        family,
        seconds,
        least: 1.0,
        most: f32::INFINITY,
        shares,
        past: Past::Record,
    }
}

const fn slots(family: Family, milliseconds: u32, shares: [f32; 2]) -> Channel {
    let measure = match family {
        Family::Unknown => Measure::Slots(milliseconds),
        Family::Known => Measure::NewSlots(milliseconds),
    };
    Channel {
        most: REACH,
        ..channel(
            family,
            measure,
            milliseconds as f32 / 1_000.0 * SLOTS_KEPT,
            shares,
        )
    }
}

const fn rate(family: Family, shares: [f32; 2]) -> Channel {
    let measure = match family {
        Family::Unknown => Measure::Rate,
        Family::Known => Measure::NewRate,
    };
    Channel {
        past: Past::None,
        ..channel(family, measure, DAY, shares)
    }
}

use Family::{Known, Unknown};

/// All channels. Only the proportions of their shares matter: the fit brings all of them together to the tolerance that is asked for.
/// Seconds get the largest, because a thief who sends a message in each of them has to be caught after four, and one with an account that has
/// no history yet after nine.
pub(super) const ALL: [Channel; CHANNELS] = [
    slots(Unknown, 1_000, [40.0, 4.0]),
    slots(Unknown, 60_000, [10.0, 10.0]),
    slots(Unknown, 300_000, [10.0, 10.0]),
    rate(Unknown, [1.0, 4.0]),
    Channel {
        least: CARD,
        ..channel(Unknown, Measure::Recipients, MINUTE, [10.0, 15.0])
    },
    Channel {
        least: CARD,
        past: Past::Moments(0),
        ..channel(Unknown, Measure::Recipients, DAY, [10.0, 40.0])
    },
    slots(Known, 1_000, [12.0, 80.0]),
    slots(Known, 60_000, [6.0, 10.0]),
    rate(Known, [12.0, 6.0]),
    Channel {
        least: NEW_OF_CARD,
        ..channel(Known, Measure::NewRecipients, HOUR, [24.0, 16.0])
    },
    Channel {
        least: STORM,
        past: Past::Moments(1),
        ..channel(Known, Measure::Recipients, DAY, [1.0, 1.0])
    },
];

impl Channel {
    /// A stable code for what is counted.
    pub(super) fn code(&self) -> &'static str {
        match (self.measure, self.seconds) {
            (Measure::Slots(1_000), _) => "slots_1s",
            (Measure::Slots(60_000), _) => "slots_60s",
            (Measure::Slots(_), _) => "slots_300s",
            (Measure::NewSlots(1_000), _) => "new_slots_1s",
            (Measure::NewSlots(_), _) => "new_slots_60s",
            (Measure::Rate, _) => "messages_1d",
            (Measure::NewRate, _) => "new_messages_1d",
            (Measure::NewRecipients, _) => "new_recipients_1h",
            (Measure::Recipients, MINUTE) => "recipients_60s",
            (Measure::Recipients, _) => "recipients_1d",
        }
    }

    /// The limit of an account whose own is `own`, after what was acknowledged and declared. Of an account that declared how many
    /// recipients it has in a day, only these are watched.
    pub(super) fn allowed(&self, own: f32, acknowledged: f32, declared: Option<u32>) -> f32 {
        let limit = own.max(acknowledged);
        let Some(recipients) = declared else {
            return limit;
        };
        let allowed = recipients as f32 * DECLARED * (self.seconds / DAY).max(1.0);
        match self.measure {
            Measure::Recipients => limit.max(allowed),
            _ => f32::INFINITY,
        }
    }

    /// Whether a message counts that comes at `now`, the last of its kind having come at `last`, in milliseconds.
    pub(super) fn is_new_slot(milliseconds: u32, now: i64, last: Option<i64>) -> bool {
        let slot = i64::from(milliseconds.max(1));
        last.is_none_or(|last| now.div_euclid(slot) != last.div_euclid(slot))
    }
}
