//! `mailrep keygen`: a key, and the record to publish for it.

use super::cli::{Global, KeyAlgorithm, Keygen};
use super::failure::{Failure, tell};
use super::page::{Page, Tone, print_json};
use super::policy::Local;
use super::{setup, sign};
use mailrep::dkim::{self, NewKey, Publication, SigningKey};
use mailrep::dns::Name;
use mailrep::json;
use std::io::Write as _;

pub(crate) fn run(command: Keygen, global: Global) -> Result<(), Failure> {
    let name =
        dkim::key_name(&command.domain, &command.selector).map_err(|why| Failure::Usage(why.to_string()))?;
    if command.verify {
        return verify(&command, &name, global);
    }
    // Looked at before the work, so that nobody waits for a key that has no place; writing it looks again.
    if command.out.symlink_metadata().is_ok() {
        return Err(Failure::Input(format!(
            "'{}' is there already, and a key is never written over another; --verify compares it with the DNS",
            command.out.display()
        )));
    }
    let new = match command.algorithm {
        Some(KeyAlgorithm::Ed25519) => NewKey::Ed25519,
        Some(KeyAlgorithm::Rsa) | None => command.bits.unwrap_or(NewKey::Rsa2048),
    };
    let key = SigningKey::generate(new)?;
    key.write_new(&command.out)?;
    if global.json {
        return print_json(&json::key(&name, &key, &command.out.to_string_lossy(), None));
    }
    tell(&format!(
        "wrote the private key ({}, {} bits) to '{}'; publish the record that follows, and see with --verify that it is there",
        key.key_type().as_str(),
        key.bits(),
        command.out.display()
    ));
    let mut out = anstream::stdout().lock();
    writeln!(out, "{}", dkim::zone_entry(&name, &key.record()))
        .and_then(|()| out.flush())
        .map_err(|why| Failure::output(&why))
}

fn verify(command: &Keygen, name: &Name, global: Global) -> Result<(), Failure> {
    let as_json = global.json;
    let key = sign::read_key(&command.out)?;
    let (checker, _) = setup::checker(global, None, false, Local::default())?;
    let (found, _) = checker.publication(name, &key)?;
    if as_json {
        let file = command.out.to_string_lossy();
        return print_json(&json::key(name, &key, &file, Some(&found)));
    }
    let mut page = Page::default();
    let (tone, what) = match found.is_published() {
        Some(true) => (Tone::Good, "Published"),
        Some(false) => (Tone::Bad, "Not published"),
        None => (Tone::Doubtful, "Not known"),
    };
    page.decision(tone, what, &format!("{found}."));
    page.fact(
        "key",
        &format!("{}, {} bits", key.key_type().as_str(), key.bits()),
    );
    if found.is_published() == Some(false) {
        page.heading("Record to publish");
        for line in dkim::zone_entry(name, &key.record()).lines() {
            page.line(1, line.trim());
        }
    } else if let Publication::Published { testing: true, .. } = found {
        page.sentence("t=y says that verifiers may treat the mail as unsigned; take it out once signing works (RFC 6376 section 3.6.1)");
    }
    page.print()
}
