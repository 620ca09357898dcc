//! From pixels to a file. Nothing but pixels goes in, so nothing of the source's metadata can come out.

use crate::{
    error::fault,
    picture::{Channels, Picture},
};
use bytes::Bytes;
use wareroom_domain::Format;
use wareroom_ports::CodecError;

/// The longest side that each format can hold.
const JPEG_SIDE: u32 = 65_500;
const WEBP_SIDE: u32 = 16_383;
/// From 0 to 6: the higher, the slower and the smaller.
const WEBP_METHOD: i32 = 4;

pub(crate) fn encode(picture: &Picture, format: Format, quality: u8) -> Result<Bytes, CodecError> {
    let longest = picture.width.max(picture.height);
    let quality = f32::from(quality.clamp(1, 100));
    match format {
        Format::Jpeg if longest > JPEG_SIDE => Err(CodecError::Unsupported("a JPEG with a side beyond 65500 pixels")),
        Format::WebP if longest > WEBP_SIDE => Err(CodecError::Unsupported("a WebP with a side beyond 16383 pixels")),
        Format::Jpeg if picture.channels == Channels::Rgba => jpeg(&picture.on_white(), quality),
        Format::Jpeg => jpeg(picture, quality),
        Format::WebP => webp(picture, quality),
    }
}

/// Progressive, with optimised tables and scans: mozjpeg's own defaults. Its errors unwind, which the pool catches.
fn jpeg(picture: &Picture, quality: f32) -> Result<Bytes, CodecError> {
    let failed = |error: std::io::Error| CodecError::Backend(error.into());
    let side = |side: u32| usize::try_from(side).map_err(|error| CodecError::Backend(error.into()));
    let mut encoder = mozjpeg::Compress::new(mozjpeg::ColorSpace::JCS_RGB);
    encoder.set_size(side(picture.width)?, side(picture.height)?);
    encoder.set_quality(quality);
    encoder.set_progressive_mode();
    encoder.set_optimize_scans(true);
    let mut started = encoder.start_compress(Vec::new()).map_err(failed)?;
    started.write_scanlines(&picture.pixels).map_err(failed)?;
    started.finish().map(Bytes::from).map_err(failed)
}

fn webp(picture: &Picture, quality: f32) -> Result<Bytes, CodecError> {
    let mut config = webp::WebPConfig::new().map_err(|()| fault("libwebp has another version than its bindings"))?;
    config.quality = quality;
    config.method = WEBP_METHOD;
    let layout = match picture.channels {
        Channels::Rgb => webp::PixelLayout::Rgb,
        Channels::Rgba => webp::PixelLayout::Rgba,
    };
    let encoder = webp::Encoder::new(&picture.pixels, layout, picture.width, picture.height);
    let memory = encoder.encode_advanced(&config).map_err(|error| fault(format!("libwebp: {error:?}")))?;
    Ok(Bytes::copy_from_slice(&memory))
}
