//! What is counted of an account's sending. A channel is one decaying counter; all of them together are the model's senses.
//!
//! People's bursts fall into few slots of time, a machine fills every slot. So messages are not counted, but the slots in which
//! there was one; and where it is known which recipients an account never wrote to before, only messages to such recipients.

/// What a channel counts of each message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Measure {
    /// Slots of so many milliseconds that have a message.
    Slots(u32),
    /// Messages.
    Messages,
    /// Recipients.
    Recipients,
    /// Slots of so many milliseconds that have a message to a new recipient.
    NewSlots(u32),
    /// Messages to a new recipient.
    NewMessages,
    /// New recipients.
    NewRecipients,
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
    /// The place of its variance in an account, if limits are standardised by account; otherwise there is one for all.
    pub(super) own: Option<u8>,
}

/// How many channels there are.
pub(super) const CHANNELS: usize = 17;
/// Those that are standardised by account.
pub(super) const OWN: usize = 4;

/// A counter of slots forgets in so many of them, and so reaches 1 / (1 - e^(-1/16)) = 16.5; limits stay 8 % below.
const SLOTS_KEPT: f32 = 16.0;
const REACH: f32 = 15.2;
const DAY: f32 = 86_400.0;
/// A declaration allows so much more than was declared.
const DECLARED: f32 = 1.25;
/// A card to 60 people is nothing unusual, whoever they are.
const CARD: f32 = 64.0;
/// The same where it is known that they are not new: a storm of replies to a list.
const STORM: f32 = 200.0;
/// New recipients of one message that are nothing unusual.
const NEW_OF_CARD: f32 = 40.0;
/// A thief who sends a message a second has to be caught after four, so that the fast channels get more than their share; and
/// from an account that has no history yet, after nine.
const FAST: [f32; 2] = [1.65, 7.4];
/// So do the slower ones, a little; what they are given, messages within a week lose, which are the most uneven.
const SLOWER: [f32; 2] = [1.65, 1.65];
const WEEK: [f32; 2] = [0.5, 0.5];
const EVEN: [f32; 2] = [1.0, 1.0];
const SPRAY: [f32; 2] = [4.5, 4.5];

const fn slots(family: Family, milliseconds: u32, shares: [f32; 2]) -> Channel {
    let measure = match family {
        Family::Unknown => Measure::Slots(milliseconds),
        Family::Known => Measure::NewSlots(milliseconds),
    };
    let seconds = milliseconds as f32 / 1_000.0 * SLOTS_KEPT;
    Channel {
        measure,
        family,
        seconds,
        least: 1.0,
        most: REACH,
        shares,
        own: None,
    }
}

const fn counts(family: Family, measure: Measure, seconds: f32, least: f32, own: Option<u8>) -> Channel {
    Channel {
        measure,
        family,
        seconds,
        least,
        most: f32::INFINITY,
        shares: EVEN,
        own,
    }
}

use Family::{Known, Unknown};

/// All channels.
pub(super) const ALL: [Channel; CHANNELS] = [
    slots(Unknown, 1_000, EVEN),
    slots(Unknown, 4_000, EVEN),
    slots(Unknown, 15_000, EVEN),
    slots(Unknown, 60_000, EVEN),
    slots(Unknown, 300_000, EVEN),
    counts(Unknown, Measure::Messages, 7.0 * DAY, 1.0, Some(0)),
    counts(Unknown, Measure::Recipients, 60.0, CARD, None),
    counts(Unknown, Measure::Recipients, DAY, CARD, Some(1)),
    slots(Known, 1_000, FAST),
    slots(Known, 4_000, FAST),
    slots(Known, 15_000, SLOWER),
    slots(Known, 60_000, SLOWER),
    slots(Known, 300_000, SLOWER),
    Channel {
        shares: WEEK,
        ..counts(Known, Measure::NewMessages, 7.0 * DAY, 1.0, Some(2))
    },
    Channel {
        shares: SPRAY,
        ..counts(Known, Measure::NewRecipients, 3_600.0, NEW_OF_CARD, None)
    },
    counts(Known, Measure::Recipients, 60.0, STORM, None),
    counts(Known, Measure::Recipients, DAY, STORM, Some(3)),
];

impl Channel {
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
