//! Networks: an address and how many of its bits count.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

/// A network of IPv4 or IPv6, such as `192.0.2.0/24`; a single address is one, too. Bits beyond the prefix do not count.
///
/// An IPv4-mapped IPv6 network of 96 bits or more is the IPv4 network, as clients with such addresses are IPv4 clients.
///
/// ```
/// use mailrep::network::Network;
/// let network: Network = "192.0.2.0/24".parse()?;
/// assert!(network.contains("192.0.2.7".parse()?));
/// assert!(network.contains("::ffff:192.0.2.7".parse()?));
/// assert!("192.0.2.0/33".parse::<Network>().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Network {
    address: IpAddr,
    length: u8,
}

/// What is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no network: it takes an address, or one with a prefix length such as 192.0.2.0/24")]
pub struct NetworkError(String);

impl FromStr for Network {
    type Err = NetworkError;

    fn from_str(text: &str) -> Result<Network, NetworkError> {
        let fault = || NetworkError(crate::error::printable(text.as_bytes()));
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let most: u8 = if address.is_ipv4() { 32 } else { 128 };
        let length = match length {
            None => most,
            Some(digits) if !digits.is_empty() && digits.bytes().all(|octet| octet.is_ascii_digit()) => {
                digits.parse().map_err(|_| fault())?
            }
            Some(_) => return Err(fault()),
        };
        if length > most {
            return Err(fault());
        }
        match address.to_canonical() {
            mapped @ IpAddr::V4(_) if address.is_ipv6() => {
                // Fewer bits would take in addresses that are no IPv4 addresses.
                let length = length.checked_sub(96).ok_or_else(fault)?;
                Ok(Network {
                    address: mapped,
                    length,
                })
            }
            _ => Ok(Network { address, length }),
        }
    }
}

impl Network {
    /// Whether an address is within the network. An IPv4-mapped IPv6 address is the IPv4 address.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let [network, address] = [network, address].map(|address| u128::from(address.to_bits()));
                same(network, address, 32, self.length)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let [network, address] = [network, address].map(Ipv6Addr::to_bits);
                same(network, address, 128, self.length)
            }
            _ => false,
        }
    }
}

/// Whether the first `length` of `bits` bits are the same.
fn same(a: u128, b: u128, bits: u8, length: u8) -> bool {
    let rest = u32::from(bits.saturating_sub(length));
    (a ^ b).checked_shr(rest).unwrap_or(0) == 0
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.length)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        network
            .parse::<Network>()
            .unwrap()
            .contains(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_the_addresses_with_its_first_bits() {
        assert!(holds("192.0.2.7", "192.0.2.7"));
        assert!(!holds("192.0.2.7", "192.0.2.6"));
        assert!(holds("192.0.2.7/24", "192.0.2.255"));
        assert!(!holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("0.0.0.0/0", "255.255.255.255"));
        assert!(!holds("0.0.0.0/0", "::1"));
        assert!(holds("2001:db8::/33", "2001:db8:7fff::1"));
        assert!(!holds("2001:db8::/33", "2001:db8:8000::1"));
        assert!(holds("::/0", "2001:db8::1"));
        assert!(holds("2001:db8::1/128", "2001:db8::1"));
    }

    #[test]
    fn ipv4_mapped_addresses_are_ipv4_addresses() {
        assert!(holds("192.0.2.0/24", "::ffff:192.0.2.9"));
        assert!(holds("::ffff:192.0.2.0/120", "192.0.2.9"));
        assert!(!holds("::ffff:192.0.2.0/120", "192.0.3.9"));
        assert!("::ffff:192.0.2.0/95".parse::<Network>().is_err());
        assert_eq!(
            "::ffff:192.0.2.0/120".parse::<Network>().unwrap().to_string(),
            "192.0.2.0/24"
        );
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "x",
            "/",
            "192.0.2.0/",
            "192.0.2.0/+1",
            "192.0.2.0/33",
            "192.0.2/24",
            "::/129",
            "::/256",
            "1.2.3.4/8/8",
            " 1.2.3.4",
        ] {
            assert!(text.parse::<Network>().is_err(), "{text}");
        }
    }
}
