//! The ranges of a record: too large, of no use on the Internet, or there already.

use super::finding::Problem;
use crate::spf::Qualifier;
use crate::spf::record::{in_network4, in_network6};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Prefix length of IPv4 networks that are larger than what one sender has.
const LARGE_4: u8 = 16;
/// Prefix length of IPv6 networks that are larger than what one provider is given.
const LARGE_6: u8 = 32;

/// Prefix lengths below which a range is larger than what any one provider has.
const HUGE_4: u8 = 8;
const HUGE_6: u8 = 16;

/// An `ip4` or `ip6` of a record.
pub(super) struct Network {
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
    pub(super) qualifier: Qualifier,
    /// Its place among the directives that are tested.
    pub(super) order: usize,
    /// The place of the next directive with another qualifier.
    pub(super) until: usize,
    /// It is to be removed for another reason.
    pub(super) goes: bool,
    /// Its place among all terms.
    pub(super) at: usize,
}

/// How large a range that passes is; the larger the worse.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Size {
    /// Larger than one sender's own.
    Large {
        prefix: u8,
        bits: u8,
        /// Larger than anybody's own.
        huge: bool,
    },
    /// All addresses.
    Everyone,
}

/// Why a range does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Why {
    /// Without it, the other would say the same.
    SaidAlready,
    /// The other stands before it, and says something else.
    DecidedBefore,
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
        if let Some(what) = special(self.address, self.prefix) {
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

/// Whether a range that passes is larger than one sender's own.
pub(super) fn size(prefix: u8, bits: u8) -> Option<Size> {
    let (large, huge) = if bits == 32 {
        (LARGE_4, HUGE_4)
    } else {
        (LARGE_6, HUGE_6)
    };
    match prefix {
        0 => Some(Size::Everyone),
        prefix if prefix < large => Some(Size::Large {
            prefix,
            bits,
            huge: prefix < huge,
        }),
        _ => None,
    }
}

/// What addresses are for that no client on the Internet has (RFC 6890 section 2.2). Those of documentation are left alone,
/// for they stand in every example.
const SPECIAL_4: [([u8; 4], u8, &str); 11] = [
    ([0, 0, 0, 0], 8, "they are reserved"),
    ([10, 0, 0, 0], 8, "they are of private networks (RFC 1918)"),
    (
        [100, 64, 0, 0],
        10,
        "they are shared behind a provider's translation (RFC 6598)",
    ),
    ([127, 0, 0, 0], 8, "they are of a host itself (loopback)"),
    ([169, 254, 0, 0], 16, "they are of one link only"),
    ([172, 16, 0, 0], 12, "they are of private networks (RFC 1918)"),
    ([192, 0, 0, 0], 24, "they are for protocols of the IETF"),
    ([192, 168, 0, 0], 16, "they are of private networks (RFC 1918)"),
    ([198, 18, 0, 0], 15, "they are for measuring devices (RFC 2544)"),
    ([224, 0, 0, 0], 4, "they are of groups (multicast)"),
    ([240, 0, 0, 0], 4, "they are reserved"),
];
const SPECIAL_6: [([u16; 8], u8, &str); 8] = [
    (
        [0, 0, 0, 0, 0, 0, 0, 0],
        128,
        "they are of a host itself (loopback)",
    ),
    (
        [0, 0, 0, 0, 0, 0, 0, 1],
        128,
        "they are of a host itself (loopback)",
    ),
    // RFC 7208 section 5: receivers see these clients as IPv4.
    (
        [0, 0, 0, 0, 0, 0xffff, 0, 0],
        96,
        "they are IPv4 addresses in the form of IPv6, and receivers take such clients for IPv4",
    ),
    (
        [0x100, 0, 0, 0, 0, 0, 0, 0],
        64,
        "what is sent to them is discarded (RFC 6666)",
    ),
    (
        [0x2001, 2, 0, 0, 0, 0, 0, 0],
        48,
        "they are for measuring devices (RFC 5180)",
    ),
    (
        [0xfc00, 0, 0, 0, 0, 0, 0, 0],
        7,
        "they are of private networks (RFC 4193)",
    ),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "they are of one link only"),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "they are of groups (multicast)"),
];

/// What the addresses of a range are for, if none of them is of a client on the Internet.
fn special(address: IpAddr, prefix: u8) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => SPECIAL_4
            .iter()
            .find(|(block, length, _)| {
                prefix >= *length && in_network4(Ipv4Addr::from(*block), *length, address)
            })
            .map(|(_, _, what)| *what),
        IpAddr::V6(address) => SPECIAL_6
            .iter()
            .find(|(block, length, _)| {
                prefix >= *length && in_network6(Ipv6Addr::from(*block), *length, address)
            })
            .map(|(_, _, what)| *what),
    }
}

/// Ranges that do nothing, with the one that makes them so, in the order of the record.
///
/// The first directive that matches decides (RFC 7208 section 4.6.2). So a range behind one that contains it is never
/// come to; and one before it is needless only if nothing in between may say something else of its addresses. Sorted
/// ranges nest, so one pass with a stack of those that are open does; it is as deep as there are prefix lengths.
pub(super) fn needless(networks: &[Network]) -> Vec<(&Network, &Network, Why)> {
    let mut sorted: Vec<&Network> = networks.iter().filter(|network| !network.goes).collect();
    sorted.sort_by_key(|network| (network.bits(), network.first(), network.prefix, network.order));
    let mut open: Vec<&Network> = Vec::new();
    let mut found = Vec::new();
    for inner in sorted {
        while open.last().is_some_and(|outer| !outer.contains(inner)) {
            open.pop();
        }
        // Of those before it, the first decides.
        let before = open.iter().filter(|outer| outer.order < inner.order);
        if let Some(outer) = before.min_by_key(|outer| outer.order) {
            let why = if outer.qualifier == inner.qualifier {
                Why::SaidAlready
            } else {
                Why::DecidedBefore
            };
            // Never come to, it makes nothing needless either.
            found.push((inner, *outer, why));
            continue;
        }
        // Without it, the first of those behind it would decide.
        let behind = open.iter().min_by_key(|outer| outer.order);
        if let Some(outer) = behind.filter(|outer| outer.order < inner.until) {
            found.push((inner, *outer, Why::SaidAlready));
        }
        open.push(inner);
    }
    found.sort_unstable_by_key(|(inner, ..)| inner.order);
    found
}
