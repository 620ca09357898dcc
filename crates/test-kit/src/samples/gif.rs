//! GIF files that the plain encoder does not write.

use bytes::Bytes;
use image::{Frame, Rgba, RgbaImage, codecs::gif::GifEncoder};

/// An animation of pictures of 40 x 30 pixels, each of one colour.
pub fn gif_animated(colours: &[[u8; 4]]) -> Bytes {
    let mut bytes = Vec::new();
    let mut encoder = GifEncoder::new(&mut bytes);
    for colour in colours {
        encoder.encode_frame(Frame::new(RgbaImage::from_pixel(40, 30, Rgba(*colour)))).unwrap();
    }
    drop(encoder);
    bytes.into()
}
