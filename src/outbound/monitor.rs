//! All accounts of a host.

use super::account::{Counted, DAY, day_of};
use super::assessment::{Assessment, Evidence, HostEvidence};
use super::channel::{self, CHANNELS, Family};
use super::event::{Event, EventError, Recipients};
use super::host::Host;
use super::key::Key;
use super::novelty::Novelty;
use super::prior::{Limit, Prior, PriorError};
use super::table::Table;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Accounts are divided among so many parts with a lock each.
pub(super) const PARTS: usize = 64;
/// An acknowledgement allows so much more than there was.
const ACKNOWLEDGED: f32 = 2.5;
/// Below this share of its limit a counter is no warning.
const WARNING_SHARE: f32 = 0.3;

/// How a monitor judges, and what it may keep.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct MonitorOptions {
    /// The one dial: at most so many false alarms in a year of an account. Default 0.01, one in a hundred years.
    pub false_alarms_per_account_year: f64,
    /// What is known of accounts in general. Default: the one that is built in.
    pub prior: Option<Prior>,
    /// Octets of memory that remembering recipients may take, for all accounts together. Default 16 MiB, which are some 9 million
    /// pairs of account and recipient.
    pub novelty_octets: usize,
    /// Accounts that are kept. Beyond, those go that sent nothing for [`MonitorOptions::forget_days`]; if there are none, further
    /// accounts are not watched, and said to be so. Default 4 million.
    pub accounts: usize,
    /// Days without a message after which an account may be forgotten. Default 400.
    pub forget_days: u16,
}

impl Default for MonitorOptions {
    fn default() -> Self {
        MonitorOptions {
            false_alarms_per_account_year: 0.01,
            prior: None,
            novelty_octets: 16 << 20,
            accounts: 4_000_000,
            forget_days: 400,
        }
    }
}

/// Why there is no monitor.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// The tolerance is no number of alarms.
    #[error("{0} false alarms per account-year cannot be asked for: it is a number above 0, up to 10")]
    Tolerance(f64),
    /// The prior is unusable.
    #[error(transparent)]
    Prior(#[from] PriorError),
    /// So many accounts have a tolerance of their own already, of those that share a part's memory.
    #[error("{0} accounts have a tolerance of their own already; there is no room for more")]
    TooMany(usize),
}

/// Watches how accounts send. It can be shared by threads; two accounts seldom wait for one another.
///
/// ```
/// use mailrep::outbound::{Event, Key, Monitor, MonitorOptions, Recipients};
/// let monitor = Monitor::new(Key::from([7; 16]), MonitorOptions::default())?;
/// let mut alarm = None;
/// for second in 0..60 {
///     let victim = format!("stranger{second}@example.net");
///     let event = Event {
///         time: 1_795_347_080.0 + f64::from(second),
///         account: b"ada@example.org",
///         recipients: Recipients::Addresses(&[victim.as_bytes()]),
///     };
///     let assessment = monitor.observe(&event)?;
///     alarm = alarm.or(assessment.evidence);
/// }
/// assert!(alarm.is_some(), "one message a second to strangers is no person");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Monitor {
    pub(super) key: Key,
    pub(super) prior: Prior,
    pub(super) limits: [Limit; CHANNELS],
    pub(super) parts: Vec<Mutex<Part>>,
    pub(super) host: Mutex<Host>,
    forget: i64,
}

/// Some of the accounts, and what is known of few of them.
#[derive(Debug)]
pub(super) struct Part {
    pub(super) accounts: Table,
    pub(super) novelty: Novelty,
    pub(super) alarms: HashMap<u64, Alarm>,
    /// What was acknowledged: no limit is below it.
    pub(super) acknowledged: HashMap<u64, [f32; CHANNELS]>,
    /// Recipients in a day that were declared.
    pub(super) declared: HashMap<u64, u32>,
    /// Accounts with a tolerance of their own.
    pub(super) tolerances: HashMap<u64, f64>,
}

impl Part {
    /// Alarms of accounts that are not forgotten.
    pub(super) fn known_alarms(&self) -> impl Iterator<Item = (&u64, &Alarm)> {
        let is_known = |(key, _): &(&u64, &Alarm)| self.accounts.get(**key).is_some();
        self.alarms.iter().filter(is_known)
    }
}

/// An open alarm.
#[derive(Debug, Clone)]
pub(super) struct Alarm {
    pub(super) since: i64,
    /// The channel that was highest above its limit, its counter, and the limit.
    pub(super) worst: (usize, f32, f32),
    /// The highest values of the counters that were above their limits, and the limits.
    pub(super) peaks: [f32; CHANNELS],
    pub(super) limits: [f32; CHANNELS],
}

impl Monitor {
    /// A monitor that knows no account yet. `key` is random and secret; with the same key, names are the same to two monitors.
    ///
    /// # Errors
    /// [`MonitorError`].
    pub fn new(key: Key, options: MonitorOptions) -> Result<Monitor, MonitorError> {
        let tolerance = usable(options.false_alarms_per_account_year)?;
        let prior = match options.prior {
            Some(prior) => prior,
            None => Prior::built_in()?,
        };
        let part = || {
            Mutex::new(Part {
                accounts: Table::new(options.accounts.div_ceil(PARTS)),
                novelty: Novelty::new(options.novelty_octets.div_ceil(PARTS), key.clone()),
                alarms: HashMap::new(),
                acknowledged: HashMap::new(),
                declared: HashMap::new(),
                tolerances: HashMap::new(),
            })
        };
        Ok(Monitor {
            limits: std::array::from_fn(limits(&prior, tolerance)),
            parts: (0..PARTS).map(|_| part()).collect(),
            host: Mutex::new(Host::default()),
            forget: i64::from(options.forget_days) * DAY,
            key,
            prior,
        })
    }

    /// Takes notice of a message, and judges the account that sent it.
    ///
    /// # Errors
    /// [`EventError`]: nothing was counted.
    pub fn observe(&self, event: &Event<'_>) -> Result<Assessment, EventError> {
        let time = event.checked()?;
        let key = self.key.of(event.account);
        let mut part = self.part(key);
        let message = Counted {
            time,
            recipients: event.recipients.count(),
            new: match event.recipients {
                Recipients::Count(_) => None,
                Recipients::Counted { all, new } => Some(new.min(all)),
                Recipients::Addresses(addresses) => {
                    let new = addresses
                        .iter()
                        .filter(|address| part.novelty.is_new(key, address))
                        .count();
                    Some(u32::try_from(new).unwrap_or(u32::MAX))
                }
            },
        };
        let (mut assessment, warned) = self.judge(&mut part, key, message);
        drop(part);
        if warned {
            let mut host = self.host.lock().unwrap_or_else(PoisonError::into_inner);
            assessment.host_evidence = host
                .warn(event.time)
                .map(|(accounts, seconds)| HostEvidence { accounts, seconds });
        }
        Ok(assessment)
    }

    /// Counts a message and compares with the limits. The second says whether the account has become unusual today.
    fn judge(&self, part: &mut Part, key: u64, message: Counted) -> (Assessment, bool) {
        let Part {
            accounts,
            alarms,
            acknowledged,
            declared,
            tolerances,
            ..
        } = part;
        let Some(account) = accounts.get_or_add(key, message.time, self.forget) else {
            return (Assessment::unwatched(), false);
        };
        let begins_day = account.begins_day(message.time);
        if begins_day {
            account.close_day(day_of(message.time), |at| *self.prior.channel(at), &self.limits);
        }
        // An alarm ends after a day, even if its account was forgotten meanwhile.
        let ends = alarms
            .get(&key)
            .is_some_and(|alarm| message.time - alarm.since > DAY);
        if ends && let Some(alarm) = alarms.remove(&key) {
            // What raised it is not to raise it again by what is left of it.
            for at in (0..CHANNELS).filter(|&at| alarm.peaks[at] > 0.0) {
                account.lower(at, 0.5 * alarm.limits[at]);
            }
        }
        if begins_day {
            account.alarmed = alarms.contains_key(&key);
        }
        account.add(message);
        let family = if message.new.is_some() {
            Family::Known
        } else {
            Family::Unknown
        };
        let acknowledged = acknowledged.get(&key);
        let declared = declared.get(&key).copied();
        let own_limits = self.own_limits(tolerances.get(&key).copied());
        let suspicion = account.suspicion();
        let mut worst = (0, 0.0, 1.0);
        let mut score = 0.0;
        let (mut above, mut warning) = ([None; CHANNELS], false);
        for (at, channel) in channel::ALL
            .iter()
            .enumerate()
            .filter(|(_, channel)| channel.family == family)
        {
            let count = account.count(at);
            // Nothing below 1 is above any limit.
            if count < 1.0 {
                continue;
            }
            let (own, warning_limit) = account.limits(at, self.prior.channel(at), &own_limits(at));
            let ceiling = acknowledged.map_or(0.0, |ceilings| ceilings[at]);
            let limit = channel.allowed(own / suspicion, ceiling, declared);
            let ratio = count / limit;
            if ratio > score {
                (score, worst) = (ratio, (at, count, limit));
            }
            if ratio > 1.0 {
                above[at] = Some((count, limit));
            }
            warning |= count > warning_limit && ratio > WARNING_SHARE;
        }
        if score > 1.0 {
            account.alarmed = true;
            let alarm = alarms.entry(key).or_insert_with(|| Alarm {
                since: message.time,
                worst,
                peaks: [0.0; CHANNELS],
                limits: [0.0; CHANNELS],
            });
            if score > alarm.worst.1 / alarm.worst.2 {
                alarm.worst = worst;
            }
            for (at, above) in above.iter().enumerate() {
                if let Some((count, limit)) = *above {
                    alarm.limits[at] = limit;
                    alarm.peaks[at] = alarm.peaks[at].max(count);
                }
            }
        }
        let evidence = alarms
            .get(&key)
            .map(|alarm| Evidence::new(account, alarm.worst, alarm.since));
        let warned = warning && account.warn(message.time);
        (
            Assessment {
                score,
                evidence,
                host_evidence: None,
                watched: true,
            },
            warned,
        )
    }

    /// So many recipients of an account's messages could not be delivered to: they bounced, or were refused. A thief's list has many of them.
    ///
    /// They raise no alarm, but suspicion: with ten of them within a day all limits of the account are half of what they are
    /// without any, with five two thirds; what was acknowledged or declared stays allowed. The next message is judged so. Says whether the account is known;
    /// of one that is not, nothing is kept.
    pub fn failed(&self, account: &[u8], recipients: u32) -> bool {
        let key = self.key.of(account);
        let mut part = self.part(key);
        let Some(account) = part.accounts.get_mut(key) else {
            return false;
        };
        account.fail(recipients);
        true
    }

    /// The administrator says: what raised this account's alarm was legitimate. The alarm ends, and as much and some more will
    /// not raise it again. For an account without an open alarm it changes nothing; says whether there was one.
    pub fn acknowledge(&self, account: &[u8]) -> bool {
        let key = self.key.of(account);
        let mut part = self.part(key);
        let Some(alarm) = part.alarms.remove(&key) else {
            return false;
        };
        // Who sends so much within a minute does so within an hour: what was allowed of one channel is of its likes.
        let kind = |at: usize| usize::from(channel::ALL[at].measure.is_of_new());
        let mut excess = [0.0_f32; 2];
        for at in (0..CHANNELS).filter(|&at| alarm.peaks[at] > 0.0) {
            excess[kind(at)] = excess[kind(at)].max(alarm.peaks[at] / alarm.limits[at]);
        }
        let mut raised = [0.0_f32; CHANNELS];
        let own_limits = self.own_limits(part.tolerances.get(&key).copied());
        if let Some(account) = part.accounts.get_mut(key) {
            account.alarmed = false;
            for (at, raised) in raised
                .iter_mut()
                .enumerate()
                .filter(|(at, _)| excess[kind(*at)] > 0.0)
            {
                let (limit, _) = account.limits(at, self.prior.channel(at), &own_limits(at));
                *raised = limit * excess[kind(at)];
            }
        }
        let ceilings = part.acknowledged.entry(key).or_insert([0.0; CHANNELS]);
        for (at, ceiling) in ceilings.iter_mut().enumerate() {
            *ceiling = ceiling.max(ACKNOWLEDGED * alarm.peaks[at].max(raised[at]));
        }
        true
    }

    /// The administrator says: what raised this account's alarm was a theft, and it is over; the password has been changed. The alarm
    /// ends, no limit rises, and nothing of this day is learned. Counters fall to half of their limits at most, so that what is left of the theft raises no
    /// alarm again. For an account without an open alarm it changes nothing; says whether there was one.
    pub fn release(&self, account: &[u8]) -> bool {
        let key = self.key.of(account);
        let mut part = self.part(key);
        let Some(alarm) = part.alarms.remove(&key) else {
            return false;
        };
        let own_limits = self.own_limits(part.tolerances.get(&key).copied());
        if let Some(account) = part.accounts.get_mut(key) {
            for at in 0..CHANNELS {
                let (limit, _) = account.limits(at, self.prior.channel(at), &own_limits(at));
                let limit = if alarm.peaks[at] > 0.0 {
                    alarm.limits[at].min(limit)
                } else {
                    limit
                };
                account.lower(at, limit);
            }
        }
        true
    }

    /// Gives an account a tolerance of its own, as [`MonitorOptions::false_alarms_per_account_year`]; none takes it back. It stays when the
    /// account is reset. At most as many accounts can have one as are watched ([`MonitorOptions::accounts`]).
    ///
    /// # Errors
    /// [`MonitorError::Tolerance`], [`MonitorError::TooMany`]: nothing was changed.
    pub fn set_tolerance(&self, account: &[u8], tolerance: Option<f64>) -> Result<(), MonitorError> {
        let tolerance = tolerance.map(usable).transpose()?;
        let key = self.key.of(account);
        let mut part = self.part(key);
        match tolerance {
            None => {
                part.tolerances.remove(&key);
            }
            Some(tolerance) => {
                let few = part.tolerances.len();
                if few >= part.accounts.most() && !part.tolerances.contains_key(&key) {
                    return Err(MonitorError::TooMany(few));
                }
                part.tolerances.insert(key, tolerance);
            }
        }
        Ok(())
    }

    /// From now on, this is the tolerance of accounts that have none of their own.
    ///
    /// # Errors
    /// [`MonitorError::Tolerance`]: nothing was changed.
    pub fn set_general_tolerance(&mut self, tolerance: f64) -> Result<(), MonitorError> {
        self.limits = std::array::from_fn(limits(&self.prior, usable(tolerance)?));
        Ok(())
    }

    /// The limits of an account: everybody's, unless it has a tolerance of its own.
    pub(super) fn own_limits(&self, tolerance: Option<f64>) -> impl Fn(usize) -> Limit {
        // They are found anew for each message, which takes time instead of memory: few accounts have their own.
        let own = tolerance.map(|tolerance| limits(&self.prior, tolerance));
        move |at| own.as_ref().map_or(self.limits[at], |own| own(at))
    }

    /// What the account's open alarm rests on; none without one. An alarm ends with the first message that is more than a day after its
    /// beginning, or when it is acknowledged or released.
    pub fn alarm(&self, account: &[u8]) -> Option<Evidence> {
        let key = self.key.of(account);
        let part = self.part(key);
        let (account, alarm) = (part.accounts.get(key)?, part.alarms.get(&key)?);
        Some(Evidence::new(account, alarm.worst, alarm.since))
    }

    /// How many accounts have an open alarm; one that has sent nothing since its alarm's day was over has it still.
    pub fn alarmed(&self) -> usize {
        self.each_part(|part| part.known_alarms().count())
    }

    /// Declares that an account sends to so many recipients, on a day or at once: a newsletter, a list. Of it nothing else is watched;
    /// 0 takes the declaration back.
    pub fn allow(&self, account: &[u8], recipients: u32) {
        let key = self.key.of(account);
        let mut part = self.part(key);
        match recipients {
            0 => part.declared.remove(&key),
            recipients => part.declared.insert(key, recipients),
        };
    }

    /// Declares all anew, as [`Monitor::allow`] does one: what was declared of other accounts is taken back. A message that is observed
    /// meanwhile is judged by the declarations before or by these.
    pub fn declare_only<'a>(&self, declarations: impl IntoIterator<Item = (&'a [u8], u32)>) {
        let mut parts: [HashMap<u64, u32>; PARTS] = std::array::from_fn(|_| HashMap::new());
        for (account, recipients) in declarations {
            let key = self.key.of(account);
            match recipients {
                0 => parts[Monitor::part_of(key)].remove(&key),
                recipients => parts[Monitor::part_of(key)].insert(key, recipients),
            };
        }
        for (part, declared) in self.parts.iter().zip(parts) {
            lock(part).declared = declared;
        }
    }

    /// Forgets all of an account: as if it had never sent. Says whether it was known.
    pub fn reset(&self, account: &[u8]) -> bool {
        let key = self.key.of(account);
        let mut part = self.part(key);
        part.alarms.remove(&key);
        part.acknowledged.remove(&key);
        part.accounts.remove(key)
    }

    /// How many accounts are watched.
    pub fn accounts(&self) -> usize {
        self.each_part(|part| part.accounts.len())
    }

    /// Octets of memory of all that is kept.
    pub fn octets(&self) -> usize {
        const FEW: usize = 16 + 4 * CHANNELS;
        self.each_part(|part| {
            let few =
                part.alarms.len() * 2 + part.acknowledged.len() + part.declared.len() + part.tolerances.len();
            part.accounts.octets() + part.novelty.octets() + few * FEW
        })
    }

    /// Octets of memory that one account takes, on average: what is kept of it, its place in the table, and its share of the memory of
    /// recipients as far as that is used. Room that is free is not counted; 0 without accounts.
    pub fn octets_per_account(&self) -> usize {
        let used = self.each_part(|part| part.accounts.used() + part.novelty.used());
        used.checked_div(self.accounts()).unwrap_or(0)
    }

    fn each_part(&self, number: impl Fn(&Part) -> usize) -> usize {
        self.parts.iter().map(|part| number(&lock(part))).sum()
    }

    pub(super) fn part(&self, key: u64) -> MutexGuard<'_, Part> {
        lock(&self.parts[Monitor::part_of(key)])
    }

    /// The number of the part that an account is in.
    pub(super) fn part_of(key: u64) -> usize {
        // Bits that a part's table does not use: it takes the lowest for places, and the highest to tell keys apart.
        (key >> 40) as usize % PARTS
    }
}

/// The tolerance, if it is a number of alarms.
pub(super) fn usable(tolerance: f64) -> Result<f64, MonitorError> {
    if tolerance > 0.0 && tolerance <= 10.0 {
        Ok(tolerance)
    } else {
        Err(MonitorError::Tolerance(tolerance))
    }
}

/// The limits of each channel at a tolerance.
fn limits(prior: &Prior, tolerance: f64) -> impl Fn(usize) -> Limit {
    let surprises = Family::ALL.map(|family| prior.surprise(family, tolerance));
    move |at| Limit::new(prior, at, surprises)
}

/// A thread that panicked within a part left counters behind, which are as good as before.
pub(super) fn lock(part: &Mutex<Part>) -> MutexGuard<'_, Part> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}
