//! Walks the chunks of a WebP file.
//!
//! The decoder allocates by the lengths and sizes that chunks declare, so every chunk must lie within the file and every
//! picture in it within the limit before the decoder sees it.

use super::{Found, le16, le32, pixels};

/// What decoding takes for a pixel: planes and colours, and in an animation the canvas and a frame beside them.
const DECODING: u64 = 9;
const DECODING_FRAMES: u64 = 17;
/// The length of a chunk's tag and length.
const HEAD: usize = 8;
/// Where the walk is. Frames hold no frames: a walk that went deeper would go as deep as the file says.
#[derive(Clone, Copy, PartialEq)]
enum Level {
    File,
    Frame,
}

/// Where the chunks of an animation's frame begin within it.
const FRAME_HEAD: usize = 16;

pub(super) fn read(bytes: &[u8]) -> Found {
    let mut found = Found { size: None, most_pixels: 0, complete: true, decoding: DECODING };
    let declared = le32(bytes, 4).and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
    let end = declared.saturating_add(HEAD);
    walk(&bytes[..bytes.len().min(end)], 12, Level::File, &mut found);
    // Some writers leave out the last chunk's padding byte.
    found.complete &= end <= bytes.len() + 1;
    found
}

fn walk(bytes: &[u8], mut at: usize, level: Level, found: &mut Found) {
    while at < bytes.len() {
        let Some(length) = le32(bytes, at + 4).and_then(|length| usize::try_from(length).ok()) else {
            found.complete = false;
            return;
        };
        let body = at + HEAD;
        let whole = body.checked_add(length).filter(|end| *end <= bytes.len());
        found.complete &= whole.is_some();
        let size = match &bytes[at..at + 4] {
            b"VP8X" => three_bytes(bytes, body + 4).zip(three_bytes(bytes, body + 7)).map(|(w, h)| (w + 1, h + 1)),
            b"VP8 " => le16(bytes, body + 6).zip(le16(bytes, body + 8)).map(|(w, h)| (low(w), low(h))),
            b"VP8L" => le32(bytes, body + 1).map(|bits| ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)),
            b"ANMF" if level == Level::File => {
                found.decoding = DECODING_FRAMES;
                walk(&bytes[..whole.unwrap_or(bytes.len())], body + FRAME_HEAD, Level::Frame, found);
                None
            }
            _ => None,
        };
        if let Some(size) = size {
            // The first that names a size names the whole picture's.
            found.size.get_or_insert(size);
            found.most_pixels = found.most_pixels.max(pixels(size));
        }
        let Some(end) = whole else { return };
        at = end + length % 2;
    }
}

/// The upper two bits of a side tell how to scale it for showing.
fn low(side: u16) -> u32 {
    u32::from(side & 0x3fff)
}

fn three_bytes(bytes: &[u8], at: usize) -> Option<u32> {
    let [a, b, c] = *bytes.get(at..)?.first_chunk()?;
    Some(u32::from_le_bytes([a, b, c, 0]))
}
