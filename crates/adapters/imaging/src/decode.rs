//! From a file's bytes to pixels, its orientation known but not yet applied.

use crate::{
    error::from_decoder,
    header::{Header, SourceFormat},
    picture::Picture,
};
use image::{
    DynamicImage, ImageDecoder, ImageResult, Limits,
    codecs::{jpeg::JpegDecoder, png::PngDecoder, webp::WebPDecoder},
    metadata::Orientation,
};
use std::io::Cursor;
use wareroom_ports::CodecError;

/// What a decoder may need beside its pixels: rows, tables, compressed metadata.
const WORKING_MEMORY: u64 = 64 << 20;

/// A source whose header was accepted, by us and by its decoder.
pub(crate) struct Source<'a> {
    header: Header,
    decoder: Box<dyn ImageDecoder + 'a>,
}

impl<'a> Source<'a> {
    /// Reads the header only.
    pub(crate) fn open(bytes: &'a [u8], limit: u64) -> Result<Self, CodecError> {
        let header = Header::read(bytes, limit)?;
        let decoder = open_decoder(bytes, header.format, limit).map_err(|error| failed(header, &error))?;
        let (width, height) = decoder.dimensions();
        if u64::from(width) * u64::from(height) > limit {
            return Err(CodecError::TooManyPixels { limit });
        }
        Ok(Self { header, decoder })
    }

    pub(crate) fn media_type(&self) -> &'static str {
        self.header.format.media_type()
    }

    /// The size as stored.
    pub(crate) fn size(&self) -> (u32, u32) {
        self.decoder.dimensions()
    }

    /// Decodes the picture, the first one if there are several.
    pub(crate) fn decode(mut self) -> Result<(Picture, Orientation), CodecError> {
        if !self.header.complete {
            return Err(CodecError::Truncated);
        }
        // Metadata that cannot be read costs the orientation, not the picture.
        let orientation = self.decoder.orientation().unwrap_or(Orientation::NoTransforms);
        let image = DynamicImage::from_decoder(self.decoder).map_err(|error| failed(self.header, &error))?;
        Ok((Picture::from(image), orientation))
    }
}

fn open_decoder<'a>(bytes: &'a [u8], format: SourceFormat, limit: u64) -> ImageResult<Box<dyn ImageDecoder + 'a>> {
    let mut limits = Limits::no_limits();
    // Eight bytes: four channels of sixteen bits.
    limits.max_alloc = Some(limit.saturating_mul(8).saturating_add(WORKING_MEMORY));
    let reader = Cursor::new(bytes);
    let mut decoder: Box<dyn ImageDecoder + 'a> = match format {
        SourceFormat::Jpeg => Box::new(JpegDecoder::new(reader)?),
        SourceFormat::Png => Box::new(PngDecoder::with_limits(reader, limits.clone())?),
        SourceFormat::WebP => Box::new(WebPDecoder::new(reader)?),
    };
    decoder.set_limits(limits)?;
    Ok(decoder)
}

fn failed(header: Header, error: &image::ImageError) -> CodecError {
    from_decoder(error, header.complete, header.format.rare())
}
