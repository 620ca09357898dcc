//! Walks the markers of a JPEG file.
//!
//! The decoder fills what is missing with grey and reports nothing, so whether a file was cut off must be seen here: a
//! file is complete when its end marker is reached by walking, which the end marker of an embedded thumbnail is not.

use super::{Found, be16, pixels};

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

pub(super) fn read(bytes: &[u8]) -> Found {
    let mut found = Found { size: None, most_pixels: 0, complete: false };
    // Behind the start marker, which the signature has shown.
    let mut at = 2;
    while let Some((marker, behind)) = next_marker(bytes, at) {
        at = behind;
        match marker {
            END => {
                found.complete = true;
                break;
            }
            // Markers without a length: temporary, restarts, a start within the file.
            0x01 | 0xd0..=0xd8 => continue,
            // Frames; the three numbers left out are tables that share their range.
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf if found.size.is_none() => {
                if let (Some(height), Some(width)) = (be16(bytes, at + 3), be16(bytes, at + 5)) {
                    let size = (u32::from(width), u32::from(height));
                    found.size = Some(size);
                    found.most_pixels = pixels(size);
                }
            }
            // A scan without a frame before it: no size will follow that a decoder could use.
            SCAN if found.size.is_none() => {
                found.complete = true;
                break;
            }
            _ => {}
        }
        let Some(length) = be16(bytes, at) else { break };
        // A length counts itself. One below two is damage, over which the search for the next marker goes on.
        at += usize::from(length);
    }
    found
}

/// The next marker at or behind `at`, and where its segment begins. Compressed data in between is stepped over: in it
/// the byte 255 is followed by 0 where it is no marker.
fn next_marker(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += bytes.get(at..)?.iter().position(|&byte| byte == 0xff)?;
        at += bytes[at..].iter().position(|&byte| byte != 0xff)?;
        if bytes[at] != 0 {
            return Some((bytes[at], at + 1));
        }
    }
}
