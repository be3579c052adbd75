//! The ranges of a record: too large, of no use on the Internet, or there already.

use super::finding::Problem;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

/// Prefix length of IPv4 networks that are larger than what one sender has.
const LARGE_4: u8 = 16;
/// Prefix length of IPv6 networks that are larger than what one provider is given.
const LARGE_6: u8 = 32;

/// An `ip4` or `ip6` of a record.
pub(super) struct Network {
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
    /// Whether a match passes.
    pub(super) passes: bool,
    /// Its qualifier, so that exceptions are told from repetitions.
    pub(super) qualifier: &'static str,
    pub(super) place: Range<usize>,
}

impl Network {
    fn bits(&self) -> u8 {
        match self.address {
            IpAddr::V4(_) => 32,
            IpAddr::V6(_) => 128,
        }
    }

    /// The first address, in the high bits, so that both families are compared alike.
    fn first(&self) -> u128 {
        match self.address {
            IpAddr::V4(address) => u128::from(address.to_bits()) << 96 & mask(self.prefix),
            IpAddr::V6(address) => address.to_bits() & mask(self.prefix),
        }
    }

    fn contains(&self, other: &Network) -> bool {
        self.bits() == other.bits()
            && self.prefix <= other.prefix
            && other.first() & mask(self.prefix) == self.first()
    }

    /// What is wrong with the range by itself.
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        problems.extend(self.passes.then(|| size(self.prefix, self.bits())).flatten());
        if let Some(what) = special(self.address).filter(|_| self.prefix > 0) {
            problems.push(Problem::SpecialRange { what });
        }
        let whole = match self.address {
            IpAddr::V4(address) => u128::from(address.to_bits()) << 96,
            IpAddr::V6(address) => address.to_bits(),
        };
        if whole != self.first() {
            let name = if self.bits() == 32 { "ip4" } else { "ip6" };
            let first = match self.address {
                IpAddr::V4(address) => {
                    let free = 32 - u32::from(self.prefix.min(32));
                    let kept = u32::MAX.checked_shl(free).unwrap_or(0);
                    IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & kept))
                }
                IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from_bits(self.first())),
            };
            let meant = format!("{}{name}:{first}/{}", self.qualifier, self.prefix);
            problems.push(Problem::HostBits { meant });
        }
        problems
    }
}

fn mask(prefix: u8) -> u128 {
    u128::MAX
        .checked_shl(128 - u32::from(prefix.min(128)))
        .unwrap_or(0)
}

/// Whether a range that passes is larger than anybody's own.
pub(super) fn size(prefix: u8, bits: u8) -> Option<Problem> {
    let large = if bits == 32 { LARGE_4 } else { LARGE_6 };
    match prefix {
        0 => Some(Problem::Everyone),
        prefix if prefix < large => Some(Problem::LargeRange { prefix, bits }),
        _ => None,
    }
}

/// What addresses are for that no client on the Internet has. Those of documentation are left alone, for they stand in
/// every example.
fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => match address.octets() {
            [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => Some("they are of private networks (RFC 1918)"),
            [127, ..] => Some("they are of a host itself (loopback)"),
            [169, 254, ..] => Some("they are of one link only"),
            [100, 64..=127, ..] => Some("they are shared behind a provider's translation (RFC 6598)"),
            [0, ..] | [240..=255, ..] => Some("they are reserved"),
            [224..=239, ..] => Some("they are of groups (multicast)"),
            _ => None,
        },
        // RFC 7208 section 5: receivers see these clients as IPv4.
        IpAddr::V6(address) if address.to_ipv4_mapped().is_some() => {
            Some("they are IPv4 addresses in the form of IPv6, and receivers take such clients for IPv4")
        }
        IpAddr::V6(address) if address.is_loopback() || address.is_unspecified() => {
            Some("they are of a host itself (loopback)")
        }
        IpAddr::V6(address) => match address.segments()[0] {
            0xfc00..=0xfdff => Some("they are of private networks (RFC 4193)"),
            0xfe80..=0xfebf => Some("they are of one link only"),
            0xff00..=0xffff => Some("they are of groups (multicast)"),
            _ => None,
        },
    }
}

/// Ranges that another of the record makes needless, with the place of the other and whether they are the same. Sorted
/// ranges nest, so one pass with a stack of those that are open does.
pub(super) fn covered(networks: &[Network]) -> Vec<(usize, usize, bool)> {
    // A range of everything is an error of its own, and goes anyway.
    let mut order: Vec<usize> = (0..networks.len())
        .filter(|at| networks[*at].prefix > 0)
        .collect();
    order.sort_by_key(|&at| (networks[at].bits(), networks[at].first(), networks[at].prefix, at));
    let mut open: Vec<usize> = Vec::new();
    let mut found = Vec::new();
    for at in order {
        while let Some(&outer) = open.last()
            && !networks[outer].contains(&networks[at])
        {
            open.pop();
        }
        if let Some(&outer) = open.last() {
            let (inner, outer_network) = (&networks[at], &networks[outer]);
            // "-ip4:192.0.2.1 ip4:192.0.2.0/24" is an exception and not a repetition.
            if inner.qualifier == outer_network.qualifier || at > outer {
                found.push((at, outer, inner.prefix == outer_network.prefix));
                continue;
            }
        }
        open.push(at);
    }
    found.sort_unstable();
    found
}
