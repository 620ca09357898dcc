//! Walks the blocks of a GIF file up to the end of its first picture, which is the one that is read.

use super::{Found, le16, pixels};

const EXTENSION: u8 = 0x21;
const PICTURE: u8 = 0x2c;
/// What decoding takes for a pixel: the screen, and a picture that does not fill it.
const DECODING: u64 = 8;

pub(super) fn read(bytes: &[u8]) -> Found {
    let size = le16(bytes, 6).zip(le16(bytes, 8)).map(|(width, height)| (width.into(), height.into()));
    let mut found = Found { size, most_pixels: size.map_or(0, pixels), complete: false, decoding: DECODING };
    // None: the file ends within what was looked at.
    found.complete = walk(bytes, &mut found).is_some();
    found
}

fn walk(bytes: &[u8], found: &mut Found) -> Option<()> {
    let mut at = 13 + colours(*bytes.get(10)?);
    loop {
        match *bytes.get(at)? {
            EXTENSION => at = behind_blocks(bytes, at + 2)?,
            PICTURE => {
                let size = le16(bytes, at + 5).zip(le16(bytes, at + 7))?;
                found.most_pixels = found.most_pixels.max(pixels((size.0.into(), size.1.into())));
                // Behind the descriptor and its colours: the width of the codes, then the codes.
                let codes = at + 10 + colours(*bytes.get(at + 9)?) + 1;
                return behind_blocks(bytes, codes).map(drop);
            }
            // Some writers pad.
            0 => at += 1,
            // The end without a picture, or damage: the decoder tells.
            _ => return Some(()),
        }
    }
}

/// The length of the table of colours that these flags announce.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Where what follows a chain of blocks begins: each tells its length, and an empty one ends the chain.
fn behind_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}
