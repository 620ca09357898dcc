//! Colour profiles made by hand, with colours that no device has: what comes out right was converted.

use moxcms::ColorProfile;

/// White, and what one step of full ink or light makes, as lightness (of 255) and two axes of colour (128 is none).
const WHITE: [u8; 3] = [255, 128, 128];
const BLACK: [u8; 3] = [0, 128, 128];
const RED: [u8; 3] = [136, 208, 195];
const BLUE: [u8; 3] = [75, 196, 16];

/// A profile of four inks whose cyan prints red. Other inks print blue, and two and more print black.
pub fn cyan_is_red() -> Vec<u8> {
    table(*b"CMYK", *b"prtr", 4, |inks| match inks {
        [false, false, false, false] => WHITE,
        [true, false, false, false] => RED,
        _ if inks.iter().filter(|ink| **ink).count() == 1 => BLUE,
        _ => BLACK,
    })
}

/// A profile of three lights whose green shines red, and all others but white blue.
pub fn green_is_red() -> Vec<u8> {
    table(*b"RGB ", *b"scnr", 3, |lights| match lights {
        [true, true, true] => WHITE,
        [false, true, false] => RED,
        [false, false, false] => BLACK,
        _ => BLUE,
    })
}

/// The wide colours of recent screens.
pub fn display_p3() -> Vec<u8> {
    ColorProfile::new_display_p3().encode().unwrap()
}

/// Grey whose numbers are amounts of light.
pub fn linear_grey() -> Vec<u8> {
    ColorProfile::new_gray_with_gamma(1.0).encode().unwrap()
}

/// A profile that is a table of colours, two steps for each channel.
fn table(colours: [u8; 4], class: [u8; 4], channels: u8, corner: impl Fn(&[bool]) -> [u8; 3]) -> Vec<u8> {
    let straight: Vec<u8> = (0..=255).collect();
    let mut table = [&b"mft1\0\0\0\0"[..], &[channels, 3, 2, 0]].concat();
    for (row, column) in (0..9).map(|at| (at / 3, at % 3)) {
        table.extend(u32::from(row == column).rotate_left(16).to_be_bytes());
    }
    table.extend(straight.repeat(channels.into()));
    // The last channel is the quickest to change.
    for point in 0..1u32 << channels {
        let on: Vec<bool> = (0..channels).rev().map(|channel| point >> channel & 1 == 1).collect();
        table.extend(corner(&on));
    }
    table.extend(straight.repeat(3));
    profile(colours, class, &table)
}

fn profile(colours: [u8; 4], class: [u8; 4], table: &[u8]) -> Vec<u8> {
    let length = |bytes: usize| u32::try_from(bytes).unwrap().to_be_bytes();
    let start = 128 + 4 + 12;
    let mut profile = [&length(start + table.len())[..], b"\0\0\0\0\x02\x40\0\0", &class, &colours, b"Lab "].concat();
    // The first of January 2020, by year, month, day and time of day.
    profile.extend([0x07, 0xe4, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
    profile.extend(b"acsp");
    profile.resize(68, 0);
    // The light that all profiles are measured under.
    profile.extend([0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    profile.resize(128, 0);
    profile.extend([&length(1)[..], b"A2B0", &length(start), &length(table.len()), table].concat());
    profile
}
