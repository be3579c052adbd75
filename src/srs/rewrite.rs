//! Forward and reverse.

use super::address::{Address, MOST_OCTETS, is_host, is_null};
use super::domains::{Domains, domain};
use super::mac::{COMPAT_LETTERS, Hashed, Keys, STRONG_LETTERS, base32, from_base32};
use super::outcome::{Outcome, Refusal, Rewriting, Rewritten, Unchanged};
use super::secrets::Secrets;
use super::settings::{Accept, LongLocalParts, Mac, Settings};
use crate::clock::UnixTime;
use crate::error::Error;

/// Octets of a local part that every host has to accept (RFC 5321 section 4.5.3.1.1).
const LONGEST_LOCAL_PART: usize = 64;
/// Fewer letters of a hash are guessed in an afternoon, and then mail to any address can be sent through this host.
const LEAST_LETTERS: usize = 4;
/// Days that a timestamp can tell apart.
const DAYS: u16 = 1024;
/// What stands between the parts, whatever the separator after the tag.
const BETWEEN: u8 = b'=';

/// Rewrites envelope senders of forwarded mail, and gives back the original ones. It never changes: share it among threads.
#[derive(Debug)]
pub struct Rewriter {
    /// The first one mints.
    aliases: Vec<Alias>,
    separator: u8,
    hash_length: usize,
    hash_minimum: usize,
    max_age: u16,
    always: bool,
    local: Domains,
    excluded: Domains,
    long_local_parts: LongLocalParts,
    mint: Mac,
    accept: Accept,
}

#[derive(Debug)]
struct Alias {
    domain: Vec<u8>,
    keys: Vec<Keys>,
}

impl Alias {
    fn new(name: &str, secrets: &Secrets) -> Result<Alias, Error> {
        domain("alias domain", name, name)?;
        Ok(Alias {
            domain: name.as_bytes().to_vec(),
            keys: secrets.iter().map(Keys::new).collect(),
        })
    }

    fn verifies(&self, mac: Mac, hashed: Hashed<'_>, hash: &[u8]) -> bool {
        self.keys.iter().any(|keys| keys.verify(mac, hashed, hash))
    }
}

/// The two kinds of SRS address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Srs0,
    Srs1,
}

impl Kind {
    fn tag(self) -> &'static [u8; 4] {
        match self {
            Kind::Srs0 => b"SRS0",
            Kind::Srs1 => b"SRS1",
        }
    }

    /// The kind of a local part, and what follows the tag and the separator.
    fn of(local: &[u8]) -> Option<(Kind, &[u8])> {
        let (tag, rest) = local.split_at_checked(4)?;
        let (separator, rest) = rest.split_first()?;
        let kind = if tag.eq_ignore_ascii_case(b"SRS0") {
            Kind::Srs0
        } else if tag.eq_ignore_ascii_case(b"SRS1") {
            Kind::Srs1
        } else {
            return None;
        };
        matches!(separator, b'=' | b'+' | b'-').then_some((kind, rest))
    }
}

/// The parts of an SRS address of ours.
struct Parts<'a> {
    kind: Kind,
    hash: &'a [u8],
    /// Timestamp, host and user, or host and rest.
    hashed: [&'a [u8]; 3],
}

impl<'a> Parts<'a> {
    fn split(kind: Kind, octets: &'a [u8]) -> Result<Parts<'a>, Refusal> {
        let mut rest = octets;
        let mut field = |missing| {
            let end = rest.iter().position(|&octet| octet == BETWEEN);
            let end = end.ok_or(Refusal::Incomplete { missing })?;
            let field = &rest[..end];
            rest = &rest[end + 1..];
            Ok(field)
        };
        // What is missing is what would follow.
        let (hash, hashed) = match kind {
            Kind::Srs0 => (field("timestamp")?, [field("host")?, field("user")?, rest]),
            Kind::Srs1 => {
                let hash = field("host")?;
                (hash, [field("rest of the first forwarder's address")?, rest, b""])
            }
        };
        Ok(Parts { kind, hash, hashed })
    }

    fn hashed(&self) -> &[&'a [u8]] {
        match self.kind {
            Kind::Srs0 => &self.hashed,
            Kind::Srs1 => &self.hashed[..2],
        }
    }
}

impl Rewriter {
    /// Makes a rewriter.
    ///
    /// # Errors
    ///
    /// [`Error::Invalid`] names the setting that cannot be used, and says what it takes.
    pub fn new(settings: Settings) -> Result<Rewriter, Error> {
        let within = |what, value: usize, least: usize, most: usize, takes: String| {
            if (least..=most).contains(&value) {
                return Ok(());
            }
            let (value, why) = (value.to_string(), format!("it takes {takes}"));
            Err(Error::Invalid { what, value, why })
        };
        let length = settings.hash_length;
        let takes = format!("{LEAST_LETTERS} to {COMPAT_LETTERS} letters");
        within("hash length", length, LEAST_LETTERS, COMPAT_LETTERS, takes)?;
        let takes = format!("{LEAST_LETTERS} letters or more, up to the hash length, which is {length}");
        within(
            "hash minimum",
            settings.hash_minimum,
            LEAST_LETTERS,
            length,
            takes,
        )?;
        // An address from tomorrow looks 1023 days old, and must not be taken for one that is valid so long.
        let most = usize::from(DAYS) - 2;
        within(
            "maximum age",
            settings.max_age.into(),
            1,
            most,
            format!("1 to {most} days"),
        )?;
        if settings.mint == Mac::Compat && settings.accept == Accept::Strong {
            return Err(Error::Invalid {
                what: "form of hash",
                value: settings.mint.to_string(),
                why:
                    "new addresses would not be believed where only the strong form is; make them strong too"
                        .to_owned(),
            });
        }
        let mut aliases = vec![Alias::new(&settings.domain, &settings.secrets)?];
        for (name, secrets) in &settings.further {
            let alias = Alias::new(name, secrets)?;
            if aliases
                .iter()
                .any(|other| other.domain.eq_ignore_ascii_case(&alias.domain))
            {
                return Err(Error::Invalid {
                    what: "alias domain",
                    value: name.clone(),
                    why: "it is there twice; give all its secrets at one place".to_owned(),
                });
            }
            aliases.push(alias);
        }
        Ok(Rewriter {
            aliases,
            separator: settings.separator.as_str().as_bytes()[0],
            hash_length: settings.hash_length,
            hash_minimum: settings.hash_minimum,
            max_age: settings.max_age,
            always: settings.always,
            local: Domains::new("local domain", &settings.local)?,
            excluded: Domains::new("excluded domain", &settings.excluded)?,
            long_local_parts: settings.long_local_parts,
            mint: settings.mint,
            accept: settings.accept,
        })
    }

    /// The envelope sender for mail that is forwarded.
    ///
    /// An address is left alone if it is the null sender, a valid address of ours (Postfix asks again with what it was told),
    /// or in the alias domain (unless the settings say `always`), a local or an excluded domain. An SRS address of another
    /// forwarder becomes an SRS1 address, any other an SRS0 address.
    pub fn forward(&self, address: &[u8], now: UnixTime) -> Outcome {
        if is_null(address) {
            return Outcome::Unchanged(Unchanged::NullSender);
        }
        self.minted(address, now).unwrap_or_else(Outcome::Refused)
    }

    fn minted(&self, octets: &[u8], now: UnixTime) -> Result<Outcome, Refusal> {
        let address = Address::parse(octets)?;
        let tagged = Kind::of(address.local);
        if let Some(alias) = self.alias(address.host) {
            if let Some((kind, rest)) = tagged
                && let Ok(parts) = Parts::split(kind, rest)
                && self.verify(alias, &parts, address.quoted).is_ok()
            {
                return Ok(Outcome::Unchanged(Unchanged::AlreadyRewritten));
            }
            if !self.always {
                return Ok(Outcome::Unchanged(Unchanged::AliasDomain));
            }
        }
        if !is_host(address.host) {
            return Err(Refusal::BadHost);
        }
        if self.excluded.contain(address.host) {
            return Ok(Outcome::Unchanged(Unchanged::Excluded));
        }
        if self.local.contain(address.host) {
            return Ok(Outcome::Unchanged(Unchanged::LocalDomain));
        }
        match tagged {
            // A chain of forwarders: the first one's host and what followed SRS0 there are kept, only the hash is ours. The SRS
            // family keeps an empty host too.
            Some((Kind::Srs1, rest))
                if let Ok(parts) = Parts::split(Kind::Srs1, rest)
                    && (parts.hashed[0].is_empty() || is_host(parts.hashed[0])) =>
            {
                self.assemble(Kind::Srs1, parts.hashed(), address.quoted)
            }
            Some((Kind::Srs0, _)) => {
                self.assemble(Kind::Srs1, &[address.host, &address.local[4..]], address.quoted)
            }
            // What only looks like an SRS1 address is somebody's local part.
            _ => {
                let day = day(now);
                let timestamp = [base32(day >> 5), base32(day)];
                self.assemble(
                    Kind::Srs0,
                    &[&timestamp, address.host, address.local],
                    address.quoted,
                )
            }
        }
    }

    /// Puts together a new address.
    fn assemble(&self, kind: Kind, parts: &[&[u8]], quoted: bool) -> Result<Outcome, Refusal> {
        let alias = &self.aliases[0];
        let letters = match self.mint {
            Mac::Compat => self.hash_length,
            Mac::Strong => STRONG_LETTERS,
        };
        let quotes = if quoted { 2 } else { 0 };
        let fields: usize = parts.iter().map(|part| part.len() + 1).sum();
        let local_octets = quotes + kind.tag().len() + 1 + letters + fields;
        let octets = local_octets + 1 + alias.domain.len();
        if octets > MOST_OCTETS {
            return Err(Refusal::TooLongRewritten { octets });
        }
        if self.long_local_parts == LongLocalParts::Refuse && local_octets > LONGEST_LOCAL_PART {
            return Err(Refusal::LongLocalPart { octets: local_octets });
        }
        let hash = alias.keys[0].hash(
            self.mint,
            Hashed {
                label: kind.tag(),
                parts,
                quoted,
            },
        );
        let mut address = Vec::with_capacity(octets);
        if quoted {
            address.push(b'"');
        }
        address.extend_from_slice(kind.tag());
        address.push(self.separator);
        address.extend(hash.letters(letters));
        for part in parts {
            address.push(BETWEEN);
            address.extend_from_slice(part);
        }
        if quoted {
            address.push(b'"');
        }
        address.push(b'@');
        address.extend_from_slice(&alias.domain);
        let how = match kind {
            Kind::Srs0 => Rewriting::Srs0,
            Kind::Srs1 => Rewriting::Srs1,
        };
        Ok(Outcome::Rewritten(Rewritten { address, how }))
    }

    /// The address that a rewritten one stands for.
    ///
    /// Refused is whatever is no address of ours: the domain must be an alias domain, the hash valid, an SRS0 address not too
    /// old. Letter case does not matter, for relays change it. The null sender is left alone.
    pub fn reverse(&self, address: &[u8], now: UnixTime) -> Outcome {
        if is_null(address) {
            return Outcome::Unchanged(Unchanged::NullSender);
        }
        match self.original(address, now) {
            Ok(rewritten) => Outcome::Rewritten(rewritten),
            Err(why) => Outcome::Refused(why),
        }
    }

    fn original(&self, octets: &[u8], now: UnixTime) -> Result<Rewritten, Refusal> {
        let address = Address::parse(octets)?;
        let (kind, rest) = Kind::of(address.local).ok_or(Refusal::NotSrs)?;
        let alias = self.alias(address.host).ok_or(Refusal::OtherDomain)?;
        let parts = Parts::split(kind, rest)?;
        let stamped = match kind {
            Kind::Srs0 => Some(day_of(parts.hashed[0]).ok_or(Refusal::BadTimestamp)?),
            Kind::Srs1 => None,
        };
        self.verify(alias, &parts, address.quoted)?;
        if let Some(stamped) = stamped {
            let days = (day(now) + DAYS - stamped) % DAYS;
            if days > self.max_age {
                let most = self.max_age;
                return Err(Refusal::Expired { days, most });
            }
        }
        let (how, tag, host, user): (_, &[u8], _, _) = match kind {
            Kind::Srs0 => (Rewriting::FromSrs0, b"", parts.hashed[1], parts.hashed[2]),
            Kind::Srs1 => (Rewriting::FromSrs1, b"SRS0", parts.hashed[0], parts.hashed[1]),
        };
        // The hash does not say where the host ends, so that a quoted user's octets could stand in it. An empty one is what
        // the SRS family makes of 'SRS1==@host', and what it reverses.
        let hostless = kind == Kind::Srs1 && host.is_empty();
        if !hostless && !is_host(host) {
            return Err(Refusal::BadHost);
        }
        if kind == Kind::Srs0 && user.is_empty() && !address.quoted {
            return Err(Refusal::Incomplete { missing: "user" });
        }
        let quotes = if address.quoted { 2 } else { 0 };
        let mut original = Vec::with_capacity(quotes + tag.len() + user.len() + 1 + host.len());
        if address.quoted {
            original.push(b'"');
        }
        original.extend_from_slice(tag);
        original.extend_from_slice(user);
        if address.quoted {
            original.push(b'"');
        }
        original.push(b'@');
        original.extend_from_slice(host);
        Ok(Rewritten {
            address: original,
            how,
        })
    }

    fn alias(&self, host: &[u8]) -> Option<&Alias> {
        let is = |alias: &&Alias| alias.domain == host || alias.domain.eq_ignore_ascii_case(host);
        self.aliases.iter().find(is)
    }

    /// Whether one of the alias domain's secrets made the hash.
    fn verify(&self, alias: &Alias, parts: &Parts<'_>, quoted: bool) -> Result<(), Refusal> {
        let hashed = Hashed {
            label: parts.kind.tag(),
            parts: parts.hashed(),
            quoted,
        };
        let found = parts.hash.len();
        if found == STRONG_LETTERS && alias.verifies(Mac::Strong, hashed, parts.hash) {
            return Ok(());
        }
        if found < self.hash_minimum {
            let least = match self.accept {
                Accept::Both => self.hash_minimum,
                Accept::Strong => STRONG_LETTERS,
            };
            return Err(Refusal::ShortHash { found, least });
        }
        match (alias.verifies(Mac::Compat, hashed, parts.hash), self.accept) {
            (true, Accept::Both) => Ok(()),
            (true, Accept::Strong) => Err(Refusal::WeakHash),
            (false, _) => Err(Refusal::WrongHash),
        }
    }
}

/// The day of a time, as a timestamp tells it.
fn day(time: UnixTime) -> u16 {
    let days = time.0.div_euclid(24 * 60 * 60).rem_euclid(DAYS.into());
    u16::try_from(days).unwrap_or_default()
}

/// The day of a timestamp, whatever its case.
fn day_of(timestamp: &[u8]) -> Option<u16> {
    match timestamp {
        [high, low] => Some(from_base32(*high)? << 5 | from_base32(*low)?),
        _ => None,
    }
}
