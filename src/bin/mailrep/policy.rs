//! Local SPF policy: what is decided here, whatever domains publish.

use super::values::{self, Given};
use clap::Args;
use mailrep::dns::Name;
use mailrep::spf::{Policy, PolicyError};

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Local SPF policy")]
pub(crate) struct LocalPolicy {
    /// Do not check clients in this network, which are relays of one's own; may be repeated.
    ///
    /// An address, or one with a prefix length: 192.0.2.25, 192.0.2.0/24, 2001:db8::/32. SPF's result is none for them, DMARC
    /// rests on DKIM, and its disposition is none whatever the policy.
    #[arg(long, value_name = "NETWORK", value_parser = values::network)]
    pub(crate) spf_trust: Vec<String>,

    /// Judge as if this domain published this SPF record and no other; may be repeated.
    ///
    /// Such as 'example.org=v=spf1 mx -all', to try a record before it is published, or in place of one that is known to be
    /// wrong. It stands wherever the domain's record is needed, for another's include too; the reason says where it did.
    #[arg(long, value_name = "DOMAIN=RECORD", value_parser = values::record)]
    pub(crate) spf_record: Vec<Given>,

    /// Explanation of a fail where the domain gives none.
    ///
    /// A macro-string (RFC 7208 section 7), such as '%{i} may not send for %{d}'.
    #[arg(long, value_name = "TEXT", value_parser = values::explanation)]
    pub(crate) spf_explanation: Option<String>,
}

impl LocalPolicy {
    /// The policy. Records that are to be linted may be anything: that is what the linter is asked about.
    pub(crate) fn policy(&self, linted: bool) -> Result<Policy, PolicyError> {
        let mut policy = Policy::default();
        for network in &self.spf_trust {
            policy = policy.trust(network)?;
        }
        for Given { domain, record } in &self.spf_record {
            policy = if linted {
                policy.replace_with_text(domain.as_str(), record)?
            } else {
                policy.replace(domain.as_str(), record)?
            };
        }
        match &self.spf_explanation {
            Some(text) => policy.explain(text),
            None => Ok(policy),
        }
    }

    /// The domains whose record is given.
    pub(crate) fn domains(&self) -> impl Iterator<Item = &Name> {
        self.spf_record.iter().map(|given| &given.domain)
    }
}
