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
    /// What is decided here about DMARC's dispositions, whatever policies ask.
    pub dmarc: dmarc::Overrides,
    /// How organizational domains are found.
    pub organizational_domains: dmarc::OrganizationalDomains,
    /// How many SPF records that were read are kept.
    pub spf_records: spf::RecordsOptions,
    /// How many DKIM keys that were read are kept.
    pub dkim_keys: dkim::KeysOptions,
    /// How many DMARC records that were read are kept.
    pub dmarc_records: dmarc::RecordsOptions,
    /// Whether the client's name is looked up (iprev). Default yes.
    pub iprev: bool,
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
            dmarc: dmarc::Overrides::default(),
            organizational_domains: dmarc::OrganizationalDomains::default(),
            spf_records: spf::RecordsOptions::default(),
            dkim_keys: dkim::KeysOptions::default(),
            dmarc_records: dmarc::RecordsOptions::default(),
            iprev: true,
            trace: false,
        }
    }
}

/// A resolver, the options, and the records and keys known, shared by any number of transactions on any number of threads.
#[derive(Debug)]
pub struct Context<R> {
    resolver: Arc<R>,
    options: Options,
    spf_records: spf::Records,
    dkim_keys: Arc<dkim::Keys>,
    dmarc_records: dmarc::Records,
}

impl<R: Resolver> Context<R> {
    /// A context. `options.clock` must be the clock that the resolver uses, if it uses one.
    pub fn new(resolver: R, options: Options) -> Self {
        Context {
            resolver: Arc::new(resolver),
            spf_records: spf::Records::new(options.clock.clone(), options.spf_records.clone()),
            dkim_keys: Arc::new(dkim::Keys::new(options.clock.clone(), options.dkim_keys.clone())),
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

    /// The DKIM keys that checks share.
    pub fn dkim_keys(&self) -> &Arc<dkim::Keys> {
        &self.dkim_keys
    }

    /// What DMARC's discoveries share.
    pub fn dmarc(&self) -> dmarc::Environment<'_> {
        dmarc::Environment::from(self.options.organizational_domains).with_records(&self.dmarc_records)
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
