//! Pictures that can be told apart after they were made small and lossy: a grid of colours that spells a seed.

use bytes::Bytes;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use std::io::Cursor;

/// How a picture is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// WebP.
    WebP,
}

impl Encoding {
    /// The extension of a file's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png => "png",
            Self::WebP => "webp",
        }
    }
}

/// The grid has this many cells in each direction; each has one of eight colours, so a seed has 48 bits of room.
const CELLS: u32 = 4;

/// How far a channel may be off after scaling and lossy encoding.
const TOLERANCE: u8 = 60;

/// A picture whose 4 x 4 cells spell a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Picture {
    /// What its colours spell.
    pub seed: u64,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
}

impl Picture {
    /// A picture of that size.
    pub const fn new(seed: u64, width: u32, height: u32) -> Self {
        Self { seed, width, height }
    }

    /// The colour of a cell: every channel either dark or bright, so that it survives any encoder.
    fn cell(&self, column: u32, row: u32) -> Rgb<u8> {
        let mixed = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(17) ^ self.seed;
        let bits = mixed >> ((row * CELLS + column) * 3);
        let channel = |bit: u32| if bits >> bit & 1 == 1 { 220 } else { 35 };
        Rgb([channel(0), channel(1), channel(2)])
    }

    /// The pixels.
    pub fn pixels(&self) -> RgbImage {
        RgbImage::from_fn(self.width, self.height, |x, y| self.cell(x * CELLS / self.width, y * CELLS / self.height))
    }

    /// The file.
    pub fn encode(&self, encoding: Encoding) -> Bytes {
        let pixels = self.pixels();
        let mut file = Cursor::new(vec![]);
        match encoding {
            Encoding::WebP => {
                let encoder = webp::Encoder::from_rgb(&pixels, self.width, self.height);
                return Bytes::copy_from_slice(&encoder.encode(90.0));
            }
            Encoding::Png => DynamicImage::from(pixels).write_to(&mut file, ImageFormat::Png).unwrap(),
            Encoding::Jpeg => {
                let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut file, 92);
                DynamicImage::from(pixels).write_with_encoder(encoder).unwrap();
            }
        }
        file.into_inner().into()
    }

    /// Why these encoded bytes do not show this picture; `None` when they do.
    pub fn differs_from(&self, file: &[u8]) -> Option<String> {
        let shown = match image::load_from_memory(file) {
            Ok(image) => image.to_rgb8(),
            Err(error) => return Some(format!("not an image: {error}")),
        };
        for (column, row) in (0..CELLS).flat_map(|row| (0..CELLS).map(move |column| (column, row))) {
            let centre = |index: u32, side: u32| (2 * index + 1) * side / (2 * CELLS);
            let (x, y) = (centre(column, shown.width()), centre(row, shown.height()));
            let (wanted, found) = (self.cell(column, row), shown.get_pixel(x, y));
            let far = wanted.0.iter().zip(found.0).any(|(wanted, found)| wanted.abs_diff(found) > TOLERANCE);
            if far {
                return Some(format!("cell {column},{row} should be {wanted:?} and is {found:?}"));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_told_from_another_in_every_encoding() {
        for encoding in [Encoding::Jpeg, Encoding::Png, Encoding::WebP] {
            let file = Picture::new(7, 200, 100).encode(encoding);
            assert_eq!(Picture::new(7, 200, 100).differs_from(&file), None, "{encoding:?}");
            assert!(Picture::new(8, 200, 100).differs_from(&file).is_some(), "{encoding:?}");
        }
    }
}
