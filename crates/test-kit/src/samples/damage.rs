//! What happens to files on their way: bits turn over, pieces get lost, come twice, or come from another file.

use super::png::{SIGNATURE, checksum};
use fastrand::Rng;
use std::ops::Range;

/// One thing that happened to a file. Places that it does not reach to leave it as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// A byte, and which of its bits turned over.
    Flip(usize, u8),
    /// A byte that is another.
    Set(usize, u8),
    /// A number of two or four bytes at the extremes of what fits: where lengths and sizes stand, limits are met.
    Number(usize, Vec<u8>),
    /// The end is missing from here on.
    Cut(usize),
    /// A piece is missing.
    Remove(Range<usize>),
    /// A piece comes again behind itself.
    Repeat(Range<usize>),
    /// In this place stands a piece of another file.
    Splice(usize, Vec<u8>),
}

/// The longest piece that is removed, repeated or taken from another file, in bytes.
const LONGEST: usize = 300;

impl Damage {
    /// Anything that may happen to a file of that length, when `other` is the file beside it.
    pub fn any(random: &mut Rng, length: usize, other: &[u8]) -> Self {
        let at = random.usize(..length.max(1));
        match random.u8(..12) {
            0..=3 => Self::Flip(at, random.u8(..8)),
            4 | 5 => Self::Set(at, random.u8(..)),
            6 | 7 => {
                let extremes: [&[u8]; 6] =
                    [b"\0\0", b"\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f"];
                Self::Number(at, extremes[random.usize(..extremes.len())].to_vec())
            }
            8 => Self::Cut(at),
            9 => Self::Remove(piece(random, length)),
            10 => Self::Repeat(piece(random, length)),
            _ => Self::Splice(at, other[piece(random, other.len())].to_vec()),
        }
    }

    /// Lets it happen.
    pub fn apply(&self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let within = |piece: &Range<usize>| piece.start.min(length)..piece.end.min(length);
        match self {
            Self::Flip(at, bit) => bytes.iter_mut().skip(*at).take(1).for_each(|byte| *byte ^= 1 << bit),
            Self::Set(at, value) => bytes.iter_mut().skip(*at).take(1).for_each(|byte| *byte = *value),
            Self::Number(at, number) => bytes.iter_mut().skip(*at).zip(number).for_each(|(byte, new)| *byte = *new),
            Self::Cut(at) => bytes.truncate(*at),
            Self::Remove(piece) => drop(bytes.drain(within(piece))),
            Self::Repeat(piece) => {
                let again = bytes[within(piece)].to_vec();
                let behind = within(piece).end;
                bytes.splice(behind..behind, again);
            }
            Self::Splice(at, piece) => {
                let over = within(&(*at..at + piece.len()));
                bytes.splice(over, piece.iter().copied());
            }
        }
    }
}

fn piece(random: &mut Rng, length: usize) -> Range<usize> {
    let start = random.usize(..length.max(1));
    start..length.min(start + random.usize(1..=LONGEST)).max(start)
}

/// A PNG file whose chunks have the checksums of what they now hold, so that damage within is not refused at the door. What
/// is no PNG file stays as it is, and so does what is behind the last whole chunk.
pub fn png_resealed(bytes: &mut [u8]) {
    let mut at = SIGNATURE.len();
    if !bytes.starts_with(SIGNATURE) {
        return;
    }
    while let Some(length) = bytes.get(at..).and_then(|rest| rest.first_chunk()) {
        let body = at + 8;
        let Some(end) = usize::try_from(u32::from_be_bytes(*length)).ok().and_then(|length| body.checked_add(length))
        else {
            return;
        };
        if end + 4 > bytes.len() {
            return;
        }
        let sum = checksum(&bytes[at + 4..end]);
        bytes[end..end + 4].copy_from_slice(&sum.to_be_bytes());
        at = end + 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::{file, picture};
    use image::ImageFormat;

    fn after(damage: &Damage) -> Vec<u8> {
        let mut bytes = b"abcdef".to_vec();
        damage.apply(&mut bytes);
        bytes
    }

    #[test]
    fn each_damage_does_what_it_is_called() {
        assert_eq!(after(&Damage::Flip(1, 0)), b"accdef");
        assert_eq!(after(&Damage::Set(0, b'x')), b"xbcdef");
        assert_eq!(after(&Damage::Number(4, b"1234".to_vec())), b"abcd12");
        assert_eq!(after(&Damage::Cut(2)), b"ab");
        assert_eq!(after(&Damage::Remove(1..3)), b"adef");
        assert_eq!(after(&Damage::Repeat(1..3)), b"abcbcdef");
        assert_eq!(after(&Damage::Splice(5, b"xyz".to_vec())), b"abcdexyz");
    }

    #[test]
    fn no_damage_reaches_beyond_the_end() {
        let mut random = Rng::with_seed(1);
        for _ in 0..20_000 {
            let mut bytes = vec![7; random.usize(..20)];
            Damage::any(&mut random, 40, b"other").apply(&mut bytes);
        }
        for length in 0..3 {
            Damage::any(&mut random, length, b"");
        }
    }

    #[test]
    fn a_resealed_file_decodes_although_it_was_changed() {
        let whole = file(&picture(40, 24), ImageFormat::Png);
        let mut changed = whole.to_vec();
        // How many pixels stand in a metre: nobody looks at it, but for its checksum.
        let chunk = crate::samples::png_chunk(*b"pHYs", &[0; 9]);
        changed.splice(33..33, chunk);
        changed[42] ^= 1;
        let mut sealed = changed.clone();
        png_resealed(&mut sealed);
        assert_ne!(sealed, changed);
        assert!(image::load_from_memory(&sealed).is_ok());
        // Cut off anywhere, it stays cut off.
        for end in 0..sealed.len() {
            let mut cut = sealed[..end].to_vec();
            png_resealed(&mut cut);
            assert_eq!(cut, sealed[..end]);
        }
    }
}
