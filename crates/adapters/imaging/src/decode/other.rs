//! WebP and GIF files.

use super::{Decoded, Opened, Samples, room};
use crate::{
    error::from_image,
    header::{Header, SourceFormat},
};
use image::{
    ColorType, ImageDecoder, Limits,
    codecs::{gif::GifDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use std::io::Cursor;
use wareroom_ports::CodecError;

/// What a decoder may need beside its pixels, in bytes: rows, tables, metadata.
const WORKING_MEMORY: u64 = 64 << 20;

/// A file of either format.
pub(super) struct Other<'a>(Box<dyn ImageDecoder + 'a>);

impl<'a> Other<'a> {
    pub(super) fn open(bytes: &'a [u8], header: Header, limit: u64) -> Result<Self, CodecError> {
        let mut limits = Limits::no_limits();
        // Eight bytes: the picture, and its first part where that is decoded apart.
        limits.max_alloc = Some(limit.saturating_mul(8).saturating_add(WORKING_MEMORY));
        let reader = Cursor::new(bytes);
        let decoder: Result<Box<dyn ImageDecoder + 'a>, _> = match header.format {
            SourceFormat::Gif => GifDecoder::new(reader).map(|decoder| Box::new(decoder) as Box<_>),
            _ => WebPDecoder::new(reader).map(|decoder| Box::new(decoder) as Box<_>),
        };
        let mut decoder = decoder.map_err(|error| from_image(&error, header))?;
        decoder.set_limits(limits).map_err(|error| from_image(&error, header))?;
        Ok(Self(decoder))
    }
}

impl Opened for Other<'_> {
    fn size(&self) -> (u32, u32) {
        self.0.dimensions()
    }

    fn decode(mut self: Box<Self>, header: Header) -> Result<Decoded, CodecError> {
        let (width, height) = self.size();
        let samples = match self.0.color_type() {
            ColorType::Rgb8 => Samples::Rgb,
            ColorType::Rgba8 => Samples::Rgba,
            _ => return Err(CodecError::Unsupported(header.format.rare())),
        };
        // Metadata that cannot be read costs what it would have said, not the picture.
        let orientation = self.0.orientation().unwrap_or(Orientation::NoTransforms);
        let profile = self.0.icc_profile().ok().flatten();
        let mut bytes = room((width, height), samples)?;
        self.0.read_image_boxed(&mut bytes).map_err(|error| from_image(&error, header))?;
        Ok(Decoded { width, height, samples, bytes, profile, orientation })
    }
}
