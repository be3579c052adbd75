//! Local policy for SPF and DMARC: what is decided here, whatever domains publish.

use super::values::{self, Given};
use clap::Args;
use mailrep::dmarc::{self, OrganizationalDomains, OverrideError, Overrides};
use mailrep::dns::Name;
use mailrep::spf::{Policy, PolicyError};

/// All that is decided here.
#[derive(Debug, Default)]
pub(crate) struct Local {
    pub(crate) spf: Policy,
    pub(crate) dmarc: Overrides,
    pub(crate) organizational_domains: OrganizationalDomains,
}

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

/// What is decided here whatever DMARC policies ask, for one author domain.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Local DMARC policy")]
pub(crate) struct Exceptions {
    /// Treat failing messages of this author domain so at most: none, quarantine or reject; may be repeated.
    ///
    /// Such as 'example.org=none'; '*.example.org' is all below it. The result stays, and the reason says that an exception is made.
    #[arg(long, value_name = "DOMAIN=DISPOSITION", value_parser = values::exception)]
    pub(crate) dmarc_except: Vec<(String, dmarc::Policy)>,

    /// Find organizational domains by the public suffix list (RFC 7489), and not by the tree walk (RFC 9989).
    #[arg(long)]
    pub(crate) dmarc_psl: bool,
}

/// The same for whatever is known of a message.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Local DMARC policy")]
pub(crate) struct LocalDmarcPolicy {
    /// Do nothing to failing messages of clients in this network, which forward mail and check it before; may be repeated.
    ///
    /// An address, or one with a prefix length, as for --spf-trust; but SPF is checked.
    #[arg(long, value_name = "NETWORK", value_parser = values::network)]
    pub(crate) dmarc_trust: Vec<String>,

    /// Do nothing to failing messages of this mailing list; may be repeated.
    ///
    /// The identifier in the List-Id field: 'dev.lists.example.net', '*.lists.example.net' for all below, or '*' for all lists. It is
    /// believed if SPF or a signature passed for a domain that the identifier is within.
    #[arg(long, value_name = "LIST", value_parser = values::list)]
    pub(crate) dmarc_list: Vec<String>,

    #[command(flatten)]
    pub(crate) exceptions: Exceptions,
}

impl Exceptions {
    pub(crate) fn are_given(&self) -> bool {
        self.dmarc_psl || !self.dmarc_except.is_empty()
    }

    pub(crate) fn overrides(&self) -> Result<Overrides, OverrideError> {
        self.dmarc_except
            .iter()
            .try_fold(Overrides::default(), |all, (domain, disposition)| {
                all.except(domain, *disposition)
            })
    }

    pub(crate) fn organizational_domains(&self) -> OrganizationalDomains {
        match self.dmarc_psl {
            true => OrganizationalDomains::PublicSuffixList,
            false => OrganizationalDomains::TreeWalk,
        }
    }
}

impl LocalDmarcPolicy {
    pub(crate) fn overrides(&self) -> Result<Overrides, OverrideError> {
        let all = self.exceptions.overrides()?;
        let all = self
            .dmarc_trust
            .iter()
            .try_fold(all, |all, network| all.trust_forwarder(network))?;
        self.dmarc_list
            .iter()
            .try_fold(all, |all, list| all.trust_list(list))
    }
}
