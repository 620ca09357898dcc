//! Walks the markers of a JPEG file.
//!
//! The decoder fills what is missing with grey and reports nothing, so whether a file was cut off must be seen here: a
//! file is complete when its end marker is reached by walking, which the end marker of an embedded thumbnail is not.

use super::{Found, be16, pixels};

const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

pub(super) fn read(bytes: &[u8]) -> Found {
    let mut found = Found { size: None, most_pixels: 0, complete: false, decoding: 0 };
    let (mut frame, mut scans) = (Frame::default(), 0);
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
                frame = Frame::read(bytes, at, marker);
            }
            // A scan without a frame before it: no size will follow that a decoder could use.
            SCAN if found.size.is_none() => {
                found.complete = true;
                break;
            }
            SCAN => scans += 1,
            _ => {}
        }
        let Some(length) = be16(bytes, at) else { break };
        // A length counts itself. One below two is damage, over which the search for the next marker goes on.
        at += usize::from(length);
    }
    found.decoding = frame.decoding(scans);
    found
}

/// What of a frame tells how much memory decoding takes.
#[derive(Default)]
struct Frame {
    progressive: bool,
    components: u64,
    /// The stored samples of all components for each pixel, rounded up.
    samples: u64,
}

impl Frame {
    /// `at`: where its segment begins.
    fn read(bytes: &[u8], at: usize, marker: u8) -> Self {
        let components = bytes.get(at + 7).copied().unwrap_or_default();
        // Each has three bytes; the second holds how often it is sampled, across and down.
        let factors = |index: usize| bytes.get(at + 9 + 3 * index).map_or((1, 1), |both| (both >> 4, both & 0xf));
        let all =
            || (0..usize::from(components)).map(factors).map(|(across, down)| (u64::from(across), u64::from(down)));
        let across = all().map(|(across, _)| across).max().unwrap_or(1);
        let down = all().map(|(_, down)| down).max().unwrap_or(1);
        let stored: u64 = all().map(|(across, down)| across * down).sum();
        let samples = stored.div_ceil((across * down).max(1));
        Self { progressive: marker != 0xc0 && marker != 0xc1, components: components.into(), samples }
    }

    /// Bytes a pixel. The coefficients of a picture in several scans are all kept, in two bytes each, until the last.
    fn decoding(&self, scans: u32) -> u64 {
        let coefficients = if self.progressive || scans > 1 { 2 * self.samples } else { 0 };
        let colours = if self.components == 1 { 4 } else { self.components };
        coefficients + colours
    }
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
