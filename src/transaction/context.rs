//! What the transactions of a program share.

use crate::clock::Clock;
use crate::dns::{Resolver, Session};
use crate::limits::Limits;
use crate::{dkim, dmarc, spf};
use std::sync::Arc;

/// How messages are judged.
#[derive(Debug, Clone)]
pub struct Options {
    /// The bounds on one message.
    pub limits: Limits,
    /// The clock of deadlines and of the resolver.
    pub clock: Clock,
    /// The name under which results are written (RFC 8601 section 2.5), also SPF's `%{r}`. Default `localhost`.
    pub authserv_id: Box<str>,
    /// What DKIM signatures have to fulfil beyond the RFC.
    pub dkim: dkim::Policy,
    /// What is decided here about SPF, whatever domains publish.
    pub spf: spf::Policy,
    /// How many SPF records that were read are kept.
    pub spf_records: spf::RecordsOptions,
    /// How many DMARC records that were read are kept.
    pub dmarc_records: dmarc::RecordsOptions,
    /// Whether verdicts carry a trace of every step. Default no.
    pub trace: bool,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            limits: Limits::default(),
            clock: Clock::system(),
            authserv_id: "localhost".into(),
            dkim: dkim::Policy::default(),
            spf: spf::Policy::default(),
            spf_records: spf::RecordsOptions::default(),
            dmarc_records: dmarc::RecordsOptions::default(),
            trace: false,
        }
    }
}

/// A resolver, the options and the records known, shared by any number of transactions on any number of threads.
#[derive(Debug)]
pub struct Context<R> {
    resolver: Arc<R>,
    options: Options,
    spf_records: spf::Records,
    dmarc_records: dmarc::Records,
}

impl<R: Resolver> Context<R> {
    /// A context. `options.clock` must be the clock that the resolver uses, if it uses one.
    pub fn new(resolver: R, options: Options) -> Self {
        Context {
            resolver: Arc::new(resolver),
            spf_records: spf::Records::new(options.clock.clone(), options.spf_records.clone()),
            dmarc_records: dmarc::Records::new(options.clock.clone(), options.dmarc_records.clone()),
            options,
        }
    }

    /// The options.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// The resolver.
    pub fn resolver(&self) -> &Arc<R> {
        &self.resolver
    }

    /// What SPF's checks share.
    pub fn spf(&self) -> spf::Environment<'_> {
        spf::Environment::from(&self.options.limits)
            .with_policy(&self.options.spf)
            .with_records(&self.spf_records)
    }

    /// What DMARC's discoveries share.
    pub fn dmarc(&self) -> dmarc::Environment<'_> {
        dmarc::Environment::default().with_records(&self.dmarc_records)
    }

    /// Begins a check: a deadline and a budget of questions of its own.
    pub fn session(&self) -> Session<R> {
        Session::new(
            Arc::clone(&self.resolver),
            self.options.clock.clone(),
            &self.options.limits,
        )
    }
}
