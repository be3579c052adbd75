//! Running the futures of checks for programs that block: a runtime, a resolver, a cache, and plain calls.
//!
//! ```no_run
//! use mailrep::driver::{Checker, Setup};
//! let checker = Checker::new(Setup::default())?;
//! let mut transaction = checker.transaction();
//! transaction.connect("192.0.2.1".parse().unwrap())?;
//! transaction.helo(b"mail.example.org")?;
//! transaction.mail_from(b"alice@example.org")?;
//! transaction.data(b"From: alice@example.org\r\n\r\nHello\r\n")?;
//! println!("{}", transaction.finish()?.dmarc.reason());
//! # Ok::<(), mailrep::Error>(())
//! ```

mod runtime;
mod stepper;
#[cfg(test)]
mod tests;
mod timed;

pub use runtime::Driver;
pub use stepper::Stepper;
pub use timed::TimedResolver;

use crate::clock::UnixTime;
use crate::dns::Name;
use crate::dns::any::AnyResolver;
use crate::dns::cache::{CacheOptions, CachedResolver};
use crate::dns::callback::CallbackResolver;
use crate::dns::hickory::{HickoryOptions, HickoryResolver};
use crate::dns::zone::Zone;
use crate::error::Error;
use crate::message::HeaderFields;
use crate::trace::{Step, Tracer};
use crate::transaction::{Context, Options, Transaction, Verdict};
use crate::{dkim, dmarc, spf};
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// The resolver of a [`Checker`]: any of ours behind a cache.
pub type CheckerResolver = CachedResolver<TimedResolver>;

/// Who answers the questions.
#[derive(Debug)]
pub enum Source {
    /// Nameservers.
    Network(HickoryOptions),
    /// Master files, offline.
    Zone(Zone),
    /// Whoever drives the program. The checker keeps the time: nobody needs to call [`CallbackResolver::expire`].
    Callback(CallbackResolver),
}

impl Default for Source {
    fn default() -> Self {
        Source::Network(HickoryOptions::default())
    }
}

/// What a [`Checker`] is made of.
#[derive(Debug, Default)]
pub struct Setup {
    /// Who answers DNS questions; by default the system's nameservers.
    pub source: Source,
    /// The bounds of the cache.
    pub cache: CacheOptions,
    /// How messages are judged. Its clock is used throughout.
    pub options: Options,
    /// Threads that run checks; 0 counts as 1, which is enough unless many signatures are verified at once.
    pub threads: usize,
}

/// Checks messages for a program that blocks; shared by any number of threads.
///
/// Threads are made on first use. A checker that was made before a fork works in the child: it gets a runtime, an
/// empty cache and sockets of its own. As with any lock, no other thread may be inside a call to the checker at the
/// moment of the fork. Messages that were under way belong to the parent; the child can only drop them.
pub struct Checker {
    resolver: Arc<AnyResolver>,
    cache: CacheOptions,
    options: Options,
    driver: Arc<Driver>,
    present: Mutex<(u32, Arc<Context<CheckerResolver>>)>,
}

impl Checker {
    /// A checker.
    ///
    /// # Errors
    /// [`Error::NoNameserver`] when the network is to be asked and no server is known.
    pub fn new(setup: Setup) -> Result<Self, Error> {
        let Setup {
            source,
            cache,
            options,
            threads,
        } = setup;
        let resolver = match source {
            Source::Network(network) => {
                AnyResolver::Hickory(HickoryResolver::new(network, options.clock.clone())?)
            }
            Source::Zone(zone) => AnyResolver::Zone(zone),
            Source::Callback(callback) => AnyResolver::Callback(callback),
        };
        let resolver = Arc::new(resolver);
        let context = Arc::new(new_context(&resolver, &cache, &options));
        Ok(Checker {
            resolver,
            cache,
            options,
            driver: Arc::new(Driver::with_threads(threads)),
            present: Mutex::new((std::process::id(), context)),
        })
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The resolver behind the cache.
    pub fn resolver(&self) -> &Arc<AnyResolver> {
        &self.resolver
    }

    /// What this process's transactions share.
    pub fn context(&self) -> Arc<Context<CheckerResolver>> {
        let pid = std::process::id();
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        if present.0 != pid {
            // Another thread of the parent may have held the cache's lock while it forked: a cache anew.
            let context = Arc::new(new_context(&self.resolver, &self.cache, &self.options));
            std::mem::forget(std::mem::replace(&mut *present, (pid, context)));
        }
        Arc::clone(&present.1)
    }

    /// Begins a message; its protocol time is the present.
    pub fn transaction(&self) -> CheckerTransaction {
        self.transaction_at(UnixTime::now())
    }

    /// Begins a message that takes place at `now`, which governs `t=`, `x=` and `%{t}`.
    pub fn transaction_at(&self, now: UnixTime) -> CheckerTransaction {
        let driver = Arc::clone(&self.driver);
        CheckerTransaction {
            transaction: Transaction::at(&self.context(), Arc::clone(&driver) as _, now),
            driver,
            process: std::process::id(),
        }
    }

    /// Checks SPF alone, both identities. Steps are there when [`Options::trace`] is on.
    ///
    /// # Errors
    /// [`Error::System`] and [`Error::Sequence`] as [`Driver::block_on`].
    pub fn spf(&self, request: &spf::Request) -> Result<(spf::Verdict, Vec<Step>), Error> {
        let (context, trace) = (self.context(), self.tracer());
        let session = context.session();
        let verdict = self
            .driver
            .block_on(spf::verify(&session, request, context.spf(), &trace))?;
        Ok((verdict, trace.steps()))
    }

    /// Says what is wrong or unwise in the SPF record of a domain, or in what [`Options::spf`] gives in its place. Steps are there when [`Options::trace`] is on.
    ///
    /// # Errors
    /// [`Error::System`] and [`Error::Sequence`] as [`Driver::block_on`].
    pub fn lint_spf(&self, domain: &Name) -> Result<(spf::lint::Report, Vec<Step>), Error> {
        let (context, trace) = (self.context(), self.tracer());
        let session = context.session();
        let report = self
            .driver
            .block_on(spf::lint::lint(&session, domain, context.spf(), &trace))?;
        Ok((report, trace.steps()))
    }

    /// Asks whether the key of a signer is published. Steps are there when [`Options::trace`] is on.
    ///
    /// # Errors
    /// [`Error::System`] and [`Error::Sequence`] as [`Driver::block_on`].
    pub fn publication(
        &self,
        key_name: &Name,
        key: &dkim::SigningKey,
    ) -> Result<(dkim::Publication, Vec<Step>), Error> {
        let (context, trace) = (self.context(), self.tracer());
        let session = context.session();
        let found = self
            .driver
            .block_on(dkim::publication(&session, key_name, key, &trace))?;
        Ok((found, trace.steps()))
    }

    /// Evaluates DMARC alone, the results of SPF and DKIM being given. Of [`Options::dmarc`] the exceptions count, since neither the client
    /// nor the header is known. Steps are there when [`Options::trace`] is on.
    ///
    /// # Errors
    /// [`Error::System`] and [`Error::Sequence`] as [`Driver::block_on`].
    pub fn dmarc(
        &self,
        author: &dmarc::Author,
        spf: Option<&dmarc::Identifier>,
        dkim: &[dmarc::Identifier],
    ) -> Result<(dmarc::Verdict, Vec<Step>), Error> {
        let (context, trace) = (self.context(), self.tracer());
        let session = context.session();
        let candidates: Vec<_> = spf
            .into_iter()
            .chain(dkim)
            .map(|given| given.domain.clone())
            .collect();
        let discovery = self.driver.block_on(dmarc::discover_with(
            &session,
            author,
            &candidates,
            context.dmarc(),
            &trace,
        ))?;
        let mut verdict = dmarc::evaluate(&discovery, spf, dkim);
        let circumstances = dmarc::Circumstances {
            client: None,
            header: &HeaderFields::default(),
            passed: &[],
        };
        self.options.dmarc.apply(&mut verdict, &circumstances);
        Ok((verdict, trace.steps()))
    }

    /// Says what is wrong or unwise in what a domain publishes for DMARC. Steps are there when [`Options::trace`] is on.
    ///
    /// # Errors
    /// [`Error::System`] and [`Error::Sequence`] as [`Driver::block_on`].
    pub fn lint_dmarc(&self, domain: &Name) -> Result<(dmarc::lint::Report, Vec<Step>), Error> {
        let (context, trace) = (self.context(), self.tracer());
        let session = context.session();
        let report = self
            .driver
            .block_on(dmarc::lint::lint(&session, domain, &trace))?;
        Ok((report, trace.steps()))
    }

    fn tracer(&self) -> Tracer {
        if self.options.trace {
            Tracer::on(self.options.limits.trace_steps)
        } else {
            Tracer::off()
        }
    }
}

fn new_context(
    resolver: &Arc<AnyResolver>,
    cache: &CacheOptions,
    options: &Options,
) -> Context<CheckerResolver> {
    let timed = TimedResolver::new(Arc::clone(resolver), options.clock.clone());
    let cached = CachedResolver::new(timed, options.clock.clone(), cache.clone());
    let mut options = options.clone();
    // Who keeps few answers, or keeps them for a short time only, means the records and keys in them as well.
    let records = &mut options.spf_records;
    records.entries = records.entries.min(cache.entries);
    records.octets = records.octets.min(cache.octets);
    records.ttl_ceiling = records.ttl_ceiling.min(cache.ttl_ceiling);
    let keys = &mut options.dkim_keys;
    keys.entries = keys.entries.min(cache.entries);
    keys.octets = keys.octets.min(cache.octets);
    keys.ttl_ceiling = keys.ttl_ceiling.min(cache.ttl_ceiling);
    let records = &mut options.dmarc_records;
    records.entries = records.entries.min(cache.entries);
    records.octets = records.octets.min(cache.octets);
    records.ttl_ceiling = records.ttl_ceiling.min(cache.ttl_ceiling);
    records.negative_ceiling = records.negative_ceiling.min(cache.negative_ceiling);
    Context::new(cached, options)
}

/// A message on its way through a [`Checker`]; its calls are those of [`Transaction`].
pub struct CheckerTransaction {
    transaction: Transaction<CheckerResolver>,
    driver: Arc<Driver>,
    /// The process that began it.
    process: u32,
}

impl CheckerTransaction {
    /// Waits for what is still open and judges.
    ///
    /// # Errors
    /// As [`Driver::block_on`] and [`Transaction::finish`]; [`Error::Sequence`] in a child of the process that began the
    /// message.
    pub fn finish(self) -> Result<Verdict, Error> {
        if self.process != std::process::id() {
            // The threads that look things up are the parent's: waiting for them would never end.
            return Err(Error::Sequence {
                call: "finish",
                why: "the message was begun before the process forked, and only the parent can finish it",
            });
        }
        self.driver.block_on(self.transaction.finish())?
    }
}

impl Deref for CheckerTransaction {
    type Target = Transaction<CheckerResolver>;
    fn deref(&self) -> &Self::Target {
        &self.transaction
    }
}

impl DerefMut for CheckerTransaction {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.transaction
    }
}
