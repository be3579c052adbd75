//! From global options to a checker.

use super::cli::Global;
use super::failure::Failure;
use super::policy::Local;
use super::values::authserv_id_of_host;
use mailrep::clock::UnixTime;
use mailrep::dns::hickory::HickoryOptions;
use mailrep::dns::zone::Zone;
use mailrep::driver::{Checker, Setup, Source};
use mailrep::transaction::Options;
use std::time::Duration;

/// Tries that fit into the time for all DNS, at the least.
const TRIES: u32 = 3;

/// A checker, and the time at which everything takes place.
pub(crate) fn checker(
    global: Global,
    authserv_id: Option<String>,
    trace: bool,
    local: Local,
) -> Result<(Checker, UnixTime), Failure> {
    let now = global.now.unwrap_or_else(UnixTime::now);
    let mut options = Options {
        authserv_id: authserv_id.unwrap_or_else(host).into(),
        trace,
        spf: local.spf,
        dmarc: local.dmarc,
        organizational_domains: local.organizational_domains,
        ..Options::default()
    };
    if let Some(time) = global.dns_timeout {
        options.limits.dns_time = time;
    }
    let source = source(&global, options.limits.dns_time)?;
    Ok((
        Checker::new(Setup {
            source,
            options,
            ..Setup::default()
        })?,
        now,
    ))
}

/// Who answers questions: zone files, or nameservers.
pub(crate) fn source(global: &Global, time: Duration) -> Result<Source, Failure> {
    if global.zone.is_empty() {
        let standard = HickoryOptions::default();
        return Ok(Source::Network(HickoryOptions {
            nameservers: global.nameserver.clone(),
            try_time: standard.try_time.min(time / TRIES),
            ..standard
        }));
    }
    let mut zone = Zone::new();
    for path in &global.zone {
        zone = zone.and_read(path)?;
    }
    Ok(Source::Zone(zone))
}

/// The host's name, as it may stand in an Authentication-Results field.
fn host() -> String {
    authserv_id_of_host(&rustix::system::uname().nodename().to_string_lossy())
}
