//! WebP files that the plain encoder does not write: lossy ones, animations, profiles.

use super::pixels::file;
use bytes::Bytes;
use image::{DynamicImage, ImageFormat, Rgba, RgbaImage};

/// A file with loss, and with its alpha channel if the picture has one.
pub fn webp_lossy(image: &DynamicImage) -> Bytes {
    let (width, height) = (image.width(), image.height());
    let memory = if image.color().has_alpha() {
        webp::Encoder::from_rgba(&image.to_rgba8(), width, height).encode(90.0)
    } else {
        webp::Encoder::from_rgb(&image.to_rgb8(), width, height).encode(90.0)
    };
    Bytes::copy_from_slice(&memory)
}

/// A file with a profile.
pub fn webp_in(image: &DynamicImage, profile: &[u8]) -> Bytes {
    let plain = file(image, ImageFormat::WebP);
    extended(0x20, image, &[&chunk(*b"ICCP", profile), &plain[12..]])
}

/// An animation of pictures of 40 x 30 pixels, each of one colour.
pub fn webp_animated(colours: &[[u8; 4]]) -> Bytes {
    let screen = DynamicImage::new_rgba8(40, 30);
    let mut chunks = chunk(*b"ANIM", &[0; 6]);
    for colour in colours {
        let still = file(&RgbaImage::from_pixel(40, 30, Rgba(*colour)).into(), ImageFormat::WebP);
        // Place, size less one, a tenth of a second, and how it is laid over the one before.
        let head = [0, 0, 0, 0, 0, 0, 39, 0, 0, 29, 0, 0, 100, 0, 0, 0];
        chunks.extend(chunk(*b"ANMF", &[&head[..], &still[12..]].concat()));
    }
    extended(0x02, &screen, &[&chunks])
}

/// A chunk, with its padding.
pub(super) fn chunk(tag: [u8; 4], body: &[u8]) -> Vec<u8> {
    let padding = &[0][..body.len() % 2];
    [&tag[..], &u32::try_from(body.len()).unwrap().to_le_bytes(), body, padding].concat()
}

/// A file in the extended layout, which tells in its flags what follows; whether there is alpha is added to them.
pub(super) fn extended(flags: u8, image: &DynamicImage, chunks: &[&[u8]]) -> Bytes {
    let less_one = |side: u32| (side - 1).to_le_bytes();
    let (width, height) = (less_one(image.width()), less_one(image.height()));
    let alpha = if image.color().has_alpha() { 0x10 } else { 0 };
    let head = chunk(*b"VP8X", &[&[flags | alpha, 0, 0, 0][..], &width[..3], &height[..3]].concat());
    chunk(*b"RIFF", &[b"WEBP", &head[..], &chunks.concat()].concat()).into()
}
