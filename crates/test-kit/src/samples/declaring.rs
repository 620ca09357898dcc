//! Tiny files that declare whatever size they are told to.

use super::pixels::{file, picture};
use super::png::{SIGNATURE, png_chunk};
use bytes::Bytes;
use image::ImageFormat;

/// A GIF file that declares a size and holds nothing.
pub fn gif_declaring(width: u16, height: u16) -> Bytes {
    [&b"GIF89a"[..], &width.to_le_bytes(), &height.to_le_bytes(), &[0, 0, 0]].concat().into()
}

/// A PNG file that declares a size and holds nothing.
pub fn png_declaring(width: u32, height: u32) -> Bytes {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    [SIGNATURE, &png_chunk(*b"IHDR", &header), &png_chunk(*b"IDAT", b""), &png_chunk(*b"IEND", b"")].concat().into()
}

/// A JPEG file of 8 x 8 pixels that declares another size, in some hundred bytes.
pub fn jpeg_declaring(width: u16, height: u16) -> Bytes {
    let mut bytes = file(&picture(8, 8), ImageFormat::Jpeg).to_vec();
    let frame = bytes.windows(2).position(|pair| pair == [0xff, 0xc0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes.into()
}

/// A WebP file that declares a size and holds nothing.
pub fn webp_declaring(width: u32, height: u32) -> Bytes {
    let (width, height) = ((width - 1).to_le_bytes(), (height - 1).to_le_bytes());
    [&b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0"[..], &width[..3], &height[..3]].concat().into()
}
