//! Reads the header chunk of a PNG file. Whether a file was cut off is left to its decoder, which says so.

use super::{Found, be32, pixels};

pub(super) fn read(bytes: &[u8]) -> Found {
    // Signature (8), length (4), then the chunk that must come first.
    let named = bytes.get(12..16);
    let size = (named == Some(b"IHDR")).then(|| be32(bytes, 16).zip(be32(bytes, 20))).flatten();
    // Cut off before its size is what ends here; anything else in the place of the header is damage.
    let complete = size.is_some() || named.is_some_and(|name| name != b"IHDR");
    // What is stored, as eight bits a sample, and four of them where grey or a palette become colour.
    let decoding = match bytes.get(25) {
        Some(0 | 4) => 6,
        _ => 4,
    };
    Found { size, most_pixels: size.map_or(0, pixels), complete, decoding }
}
