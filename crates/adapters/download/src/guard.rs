//! Which addresses may be dialled. A function of the address and of what the operator opened: no name, no clock, no network.

use crate::Cidr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Ranges of IPv4 that are not of the public internet: first address, bits of the prefix.
const NOT_PUBLIC_V4: &[([u8; 4], u8)] = &[
    ([0, 0, 0, 0], 8),        // this network; 0.0.0.0 reaches this host
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // shared behind carriers; some clouds' metadata
    ([127, 0, 0, 0], 8),      // this host
    ([168, 63, 129, 16], 32), // a cloud's own services, at an address that looks public
    ([169, 254, 0, 0], 16),   // link-local; most clouds' metadata
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // protocol assignments
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 88, 99, 0], 24),   // relays into IPv6
    ([192, 168, 0, 0], 16),   // private
    ([198, 18, 0, 0], 15),    // benchmarks
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved, broadcast
];

/// The public internet of IPv6; whatever is outside is this host, a link, a site, a group, or an IPv4 address in disguise.
const PUBLIC_V6: ([u16; 2], u8) = ([0x2000, 0], 3);

/// Ranges within [`PUBLIC_V6`] that are not public: first groups, bits of the prefix.
const NOT_PUBLIC_V6: &[([u16; 2], u8)] = &[
    ([0x2001, 0], 23),      // protocol assignments; Teredo, which carries IPv4
    ([0x2001, 0x0db8], 32), // documentation
    ([0x2002, 0], 16),      // 6to4, which carries IPv4
    ([0x3fff, 0], 20),      // documentation
];

/// Whether a connection to an address may be opened: it is of the public internet, or in a range that the operator opened.
///
/// An IPv4 address is judged alike in both spellings, `127.0.0.1` and `::ffff:127.0.0.1`, which are dialled alike. All
/// other forms of IPv6 that carry an IPv4 address are refused whatever they carry.
pub fn allowed(ip: IpAddr, opened: &[Cidr]) -> bool {
    opened.iter().any(|range| range.contains(ip))
        || match ip.to_canonical() {
            IpAddr::V4(ip) => public_v4(ip),
            IpAddr::V6(ip) => public_v6(ip),
        }
}

fn public_v4(ip: Ipv4Addr) -> bool {
    let begins = |(first, prefix): &([u8; 4], u8)| (u32::from_be_bytes(*first) ^ ip.to_bits()) >> (32 - prefix) == 0;
    !NOT_PUBLIC_V4.iter().any(begins)
}

fn public_v6(ip: Ipv6Addr) -> bool {
    let groups = ip.segments();
    let start = u32::from(groups[0]) << 16 | u32::from(groups[1]);
    let begins = |(first, prefix): &([u16; 2], u8)| {
        (u32::from(first[0]) << 16 | u32::from(first[1])) ^ start < 1 << (32 - prefix)
    };
    // ISATAP, which carries IPv4 behind any prefix at all: the interface is 5efe and the address.
    let isatap = groups[4] & !0x0300 == 0 && groups[5] == 0x5efe;
    begins(&PUBLIC_V6) && !isatap && !NOT_PUBLIC_V6.iter().any(begins)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wareroom_domain::ImageUrl;

    fn public(text: &str) -> bool {
        allowed(text.parse().unwrap(), &[])
    }

    #[test]
    fn every_range_is_refused_to_its_ends_and_no_further() {
        let ranges = [
            (None, "0.0.0.0", "0.255.255.255", Some("1.0.0.0")),
            (Some("9.255.255.255"), "10.0.0.0", "10.255.255.255", Some("11.0.0.0")),
            (Some("100.63.255.255"), "100.64.0.0", "100.127.255.255", Some("100.128.0.0")),
            (Some("126.255.255.255"), "127.0.0.0", "127.255.255.255", Some("128.0.0.0")),
            (Some("168.63.129.15"), "168.63.129.16", "168.63.129.16", Some("168.63.129.17")),
            (Some("169.253.255.255"), "169.254.0.0", "169.254.255.255", Some("169.255.0.0")),
            (Some("172.15.255.255"), "172.16.0.0", "172.31.255.255", Some("172.32.0.0")),
            (Some("191.255.255.255"), "192.0.0.0", "192.0.0.255", Some("192.0.1.0")),
            (Some("192.0.1.255"), "192.0.2.0", "192.0.2.255", Some("192.0.3.0")),
            (Some("192.88.98.255"), "192.88.99.0", "192.88.99.255", Some("192.88.100.0")),
            (Some("192.167.255.255"), "192.168.0.0", "192.168.255.255", Some("192.169.0.0")),
            (Some("198.17.255.255"), "198.18.0.0", "198.19.255.255", Some("198.20.0.0")),
            (Some("198.51.99.255"), "198.51.100.0", "198.51.100.255", Some("198.51.101.0")),
            (Some("203.0.112.255"), "203.0.113.0", "203.0.113.255", Some("203.0.114.0")),
            (Some("223.255.255.255"), "224.0.0.0", "255.255.255.255", None),
            (None, "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", Some("2000::")),
            (Some("2000:ffff:ffff::"), "2001::", "2001:1ff:ffff:ffff::", Some("2001:200::")),
            (Some("2001:db7:ffff::"), "2001:db8::", "2001:db8:ffff::", Some("2001:db9::")),
            (Some("2001:ffff:ffff::"), "2002::", "2002:ffff:ffff::", Some("2003::")),
            (Some("3ffe:ffff:ffff::"), "3fff::", "3fff:fff:ffff::", Some("3fff:1000::")),
            (Some("3fff:ffff:ffff::"), "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", None),
        ];
        for (before, first, last, after) in ranges {
            assert!(!public(first) && !public(last), "{first} to {last}");
            assert!(before.is_none_or(public) && after.is_none_or(public), "around {first} to {last}");
        }
    }

    #[test]
    fn the_forms_that_carry_an_ipv4_address_are_refused() {
        let forms = [
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b:1:7f00:0:100::",
            "2002:7f00:1::",
            "2001::80ff:fffe",
            "fe80::5efe:127.0.0.1",
            "2606:4700::5efe:127.0.0.1",
            "2606:4700::200:5efe:127.0.0.1",
            "2606:4700::100:5efe:8.8.8.8",
            "64:ff9b::8.8.8.8",
            "2002:808:808::",
            "::8.8.8.8",
            "::ffff:0:127.0.0.1",
            "::ffff:0.0.0.0",
            "::ffff:169.254.169.254",
            "::ffff:10.77.0.5",
        ];
        for form in forms {
            assert!(!public(form), "{form}");
        }
        assert!(public("::ffff:8.8.8.8"), "the same address as 8.8.8.8");
    }

    #[test]
    fn the_rest_of_the_house_is_refused_and_the_world_is_not() {
        for inside in [
            "::1",
            "::",
            "fd00:ec2::254",
            "fc00::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "5f00::1",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
            "10.77.0.5",
            "0.0.0.0",
            "255.255.255.255",
        ] {
            assert!(!public(inside), "{inside}");
        }
        for outside in
            ["93.184.216.34", "1.1.1.1", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001::200e", "2400:cb00::1"]
        {
            assert!(public(outside), "{outside}");
        }
    }

    /// Hosts as attackers write them, read by the parser that the adapter's URLs went through.
    #[test]
    fn every_spelling_of_an_address_inside_is_refused() {
        let spellings = [
            "127.0.0.1",
            "127.1",
            "0",
            "0.0.0.0",
            "2130706433",
            "0x7f000001",
            "017700000001",
            "127.0.0.1.",
            "①②⑦.⓪.⓪.①",
            "[::1]",
            "[::]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1:7f00:0:100::]",
            "[2002:7f00:1::]",
            "[2001:0:0:0:0:0:80ff:fffe]",
            "[fe80::5efe:127.0.0.1]",
            "169.254.169.254",
            "[fd00:ec2::254]",
            "100.100.100.200",
            "168.63.129.16",
            "10.77.0.5",
            "0x7f.1",
            "127.0.1",
        ];
        for spelling in spellings {
            let url = ImageUrl::new(&format!("http://{spelling}/")).unwrap();
            let address = crate::image_source::literal(&url);
            assert!(address.is_some_and(|address| !allowed(address, &[])), "{spelling} is read as {address:?}");
        }
    }

    #[test]
    fn what_is_opened_is_open_and_nothing_beside_it() {
        let opened = ["127.0.0.1/32", "fd00::/8", "64:ff9b::/96"].map(|range| range.parse().unwrap());
        let open = |text: &str| allowed(text.parse().unwrap(), &opened);
        for inside in ["127.0.0.1", "::ffff:127.0.0.1", "fd12::1", "64:ff9b::8.8.8.8", "8.8.8.8"] {
            assert!(open(inside), "{inside}");
        }
        for outside in ["127.0.0.2", "127.0.0.0", "::ffff:127.0.0.2", "::127.0.0.1", "::1", "fc00::1", "2002:7f00:1::"]
        {
            assert!(!open(outside), "{outside}");
        }
    }

    proptest! {
        #[test]
        fn what_the_standard_library_calls_special_is_not_public(bits: u32) {
            let ip = Ipv4Addr::from_bits(bits);
            let special = ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_broadcast()
                || ip.is_documentation() || ip.is_multicast() || ip.is_unspecified();
            prop_assert!(!(special && allowed(ip.into(), &[])));
        }

        #[test]
        fn an_ipv4_address_in_ipv6_is_itself_or_refused(bits: u32, prefix: u64) {
            let v4 = Ipv4Addr::from_bits(bits);
            let low = u128::from(bits);
            prop_assert_eq!(allowed(v4.to_ipv6_mapped().into(), &[]), allowed(v4.into(), &[]));
            let carriers = [
                low,
                0x0064_ff9b << 96 | low,
                0x2002 << 112 | low << 80,
                0x2001_0000 << 96 | u128::from(!bits),
                u128::from(prefix) << 64 | 0x0000_5efe << 32 | low,
                u128::from(prefix) << 64 | 0x0200_5efe << 32 | low,
            ];
            for carrier in carriers {
                prop_assert!(!allowed(Ipv6Addr::from_bits(carrier).into(), &[]));
            }
        }

        #[test]
        fn opening_a_range_takes_nothing_away(bits: u128) {
            let ip = IpAddr::V6(Ipv6Addr::from_bits(bits));
            let opened = ["10.0.0.0/8".parse().unwrap()];
            prop_assert!(!allowed(ip, &[]) || allowed(ip, &opened));
        }
    }
}
