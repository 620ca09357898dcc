//! Ranges of addresses, as operators write them. Knows nothing of which are public.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Why a text is no range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CidrError {
    /// No address, or no length of a prefix.
    #[error("{0:?} is no range of addresses such as 10.0.0.0/8, fd00::/8 or 10.1.2.3")]
    Malformed(String),
    /// The address goes on beyond the prefix: a slip that would open more than was meant.
    #[error("{0:?} has bits beyond its prefix")]
    BeyondPrefix(String),
    /// An IPv4 address in the spelling of IPv6.
    #[error("{0:?} is a range of IPv4 addresses: write it as one")]
    Mapped(String),
}

/// A range of addresses: those that begin with the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cidr {
    first: IpAddr,
    prefix: u8,
}

/// An address as a number, its bits at the upper end, and how many there are.
fn bits(ip: IpAddr) -> (u128, u8) {
    match ip {
        IpAddr::V4(ip) => (u128::from(ip.to_bits()) << 96, 32),
        IpAddr::V6(ip) => (ip.to_bits(), 128),
    }
}

const fn mask(prefix: u8) -> u128 {
    if prefix == 0 { 0 } else { u128::MAX << (128 - prefix) }
}

impl Cidr {
    /// Whether an address is in the range. An IPv4 address is the same in either spelling.
    pub fn contains(&self, ip: IpAddr) -> bool {
        let ip = ip.to_canonical();
        let ((first, width), (bits, of)) = (bits(self.first), bits(ip));
        width == of && (first ^ bits) & mask(self.prefix) == 0
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    /// Reads `10.0.0.0/8`, or a single address.
    fn from_str(text: &str) -> Result<Self, CidrError> {
        let malformed = || CidrError::Malformed(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let first: IpAddr = address.parse().map_err(|_| malformed())?;
        let (bits, width) = bits(first);
        let prefix = match prefix {
            None => width,
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => {
                digits.parse().ok().filter(|prefix| *prefix <= width).ok_or_else(malformed)?
            }
            Some(_) => return Err(malformed()),
        };
        if first.to_canonical() != first {
            return Err(CidrError::Mapped(text.to_owned()));
        }
        if bits & !mask(prefix) != 0 {
            return Err(CidrError::BeyondPrefix(text.to_owned()));
        }
        Ok(Self { first, prefix })
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    #[test]
    fn a_range_ends_where_its_prefix_says() {
        let inside = |range: &str, ip: &str| cidr(range).contains(ip.parse().unwrap());
        assert!(inside("10.0.0.0/8", "10.255.255.255") && !inside("10.0.0.0/8", "11.0.0.0"));
        assert!(inside("172.16.0.0/12", "172.31.255.255") && !inside("172.16.0.0/12", "172.32.0.0"));
        assert!(inside("127.0.0.1/32", "127.0.0.1") && !inside("127.0.0.1/32", "127.0.0.2"));
        assert!(inside("127.0.0.1", "::ffff:127.0.0.1") && !inside("127.0.0.1", "::127.0.0.1"));
        assert!(inside("fd00::/8", "fdff::1") && !inside("fd00::/8", "fe00::"));
        assert!(inside("0.0.0.0/0", "8.8.8.8") && !inside("0.0.0.0/0", "2606:4700::1"));
        assert!(inside("::/0", "2606:4700::1") && !inside("::/0", "8.8.8.8"));
    }

    #[test]
    fn what_is_no_range_is_refused_with_what_was_written() {
        for text in
            ["", "/8", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0.0/+8", "10.0.0/8", "localhost", "10.0.0.0/8/8"]
        {
            assert_eq!(text.parse::<Cidr>(), Err(CidrError::Malformed(text.to_owned())), "{text}");
        }
        for text in ["10.0.0.1/8", "fd00::1/8", "1.0.0.0/0"] {
            assert_eq!(text.parse::<Cidr>(), Err(CidrError::BeyondPrefix(text.to_owned())), "{text}");
        }
        assert!(matches!("::ffff:10.0.0.0/104".parse::<Cidr>(), Err(CidrError::Mapped(_))));
    }

    proptest! {
        #[test]
        fn every_range_survives_its_text_and_contains_its_ends(v4: u32, v6: u128, prefix in 0u8..=128) {
            let short = prefix.min(32);
            let kept = if short == 0 { 0 } else { v4 & u32::MAX << (32 - short) };
            let range = cidr(&format!("{}/{short}", Ipv4Addr::from_bits(kept)));
            prop_assert_eq!(cidr(&range.to_string()), range);
            prop_assert!(range.contains(Ipv4Addr::from_bits(v4).into()));
            prop_assert_eq!(short == 0, range.contains(Ipv4Addr::from_bits(!v4).into()));
            // The upper bits are those of no mapped address.
            let (v6, kept) = (v6 | 1 << 127, (v6 | 1 << 127) & mask(prefix.max(1)));
            let range = cidr(&format!("{}/{}", Ipv6Addr::from_bits(kept), prefix.max(1)));
            prop_assert_eq!(cidr(&range.to_string()), range);
            prop_assert!(range.contains(Ipv6Addr::from_bits(v6).into()));
        }
    }
}
