//! PNG files of every kind, as eight bits a sample.

use super::{Decoded, Opened, Samples, room};
use crate::{error::from_png, header::Header};
use image::metadata::Orientation;
use png::{ColorType, Decoder, Limits, Reader, Transformations};
use std::io::Cursor;
use wareroom_ports::CodecError;

/// The longest line, in pixels, of a picture whose profile is looked at. The decoder knows one limit for lines and for
/// the profile that it unpacks, so a picture that needs a high one for its lines gets no profile.
const LONGEST_LINE: u32 = 1 << 20;

/// What an unpacked profile may take, in bytes, beyond what lines and chunks do.
const PROFILE: usize = 4 << 20;

/// A PNG file.
pub(super) struct Png<'a>(Reader<Cursor<&'a [u8]>>);

impl<'a> Png<'a> {
    pub(super) fn open(bytes: &'a [u8], header: Header) -> Result<Self, CodecError> {
        let (width, _) = header.size;
        // Chunks are no longer than the file, and a pixel no longer than eight bytes: four channels of sixteen bits.
        let line = usize::try_from(width).unwrap_or(usize::MAX).saturating_mul(8);
        let limits = Limits { bytes: bytes.len().saturating_add(line).saturating_add(PROFILE) };
        let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), limits);
        // Texts are stepped over, packed or not: nothing here reads them.
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(width > LONGEST_LINE);
        decoder.set_transformations(Transformations::normalize_to_color8());
        decoder.read_info().map(Self).map_err(|error| from_png(&error, header))
    }
}

impl Opened for Png<'_> {
    fn size(&self) -> (u32, u32) {
        self.0.info().size()
    }

    fn decode(mut self: Box<Self>, header: Header) -> Result<Decoded, CodecError> {
        let (width, height) = self.size();
        let samples = match self.0.output_color_type().0 {
            ColorType::Grayscale => Samples::Grey,
            ColorType::GrayscaleAlpha => Samples::GreyAlpha,
            ColorType::Rgb => Samples::Rgb,
            ColorType::Rgba => Samples::Rgba,
            ColorType::Indexed => return Err(CodecError::Unsupported(header.format.rare())),
        };
        let mut bytes = room((width, height), samples)?;
        self.0.next_frame(&mut bytes).map_err(|error| from_png(&error, header))?;
        let info = self.0.info();
        let orientation = info.exif_metadata.as_deref().and_then(Orientation::from_exif_chunk);
        let profile = info.icc_profile.as_deref().map(<[u8]>::to_vec);
        let orientation = orientation.unwrap_or(Orientation::NoTransforms);
        Ok(Decoded { width, height, samples, bytes, profile, orientation })
    }
}
