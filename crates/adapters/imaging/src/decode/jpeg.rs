//! JPEG files, grey, in colour or in inks.

use super::{Decoded, Opened, Samples, room};
use crate::{
    error::{damaged, from_jpeg},
    header::Header,
};
use image::metadata::Orientation;
use wareroom_ports::CodecError;
use zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions};
use zune_jpeg::JpegDecoder;

type Decoder<'a> = JpegDecoder<ZCursor<&'a [u8]>>;

/// A JPEG file.
pub(super) struct Jpeg<'a> {
    bytes: &'a [u8],
    headers: Decoder<'a>,
    colours: ColorSpace,
    size: (u32, u32),
}

impl<'a> Jpeg<'a> {
    pub(super) fn open(bytes: &'a [u8], header: Header) -> Result<Self, CodecError> {
        let mut headers = JpegDecoder::new_with_options(ZCursor::new(bytes), options());
        headers.decode_headers().map_err(|error| from_jpeg(&error, header))?;
        let narrow = |length: usize| u32::try_from(length).ok();
        let size = headers.dimensions().and_then(|(width, height)| narrow(width).zip(narrow(height)));
        let (Some(colours), Some(size)) = (headers.input_colorspace(), size) else {
            return Err(damaged("no frame before the first scan"));
        };
        Ok(Self { bytes, headers, colours, size })
    }
}

impl Opened for Jpeg<'_> {
    fn size(&self) -> (u32, u32) {
        self.size
    }

    fn decode(self: Box<Self>, header: Header) -> Result<Decoded, CodecError> {
        // Inks are asked for as they are stored: what they look like, their profile says.
        let (asked, samples) = match self.colours {
            ColorSpace::Luma => (ColorSpace::Luma, Samples::Grey),
            ColorSpace::RGB | ColorSpace::YCbCr => (ColorSpace::RGB, Samples::Rgb),
            ColorSpace::CMYK => (ColorSpace::CMYK, Samples::InvertedCmyk),
            ColorSpace::YCCK => (ColorSpace::YCCK, Samples::InvertedCmyk),
            _ => return Err(CodecError::Unsupported(header.format.rare())),
        };
        // Metadata that cannot be read costs the orientation, not the picture.
        let orientation = self.headers.exif().and_then(|exif| Orientation::from_exif_chunk(exif));
        let profile = self.headers.icc_profile();
        // The colours asked for take effect only before the headers are read.
        let options = options().jpeg_set_out_colorspace(asked);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(self.bytes), options);
        drop(self.headers);
        let (width, height) = self.size;
        let mut bytes = room(self.size, samples)?;
        decoder.decode_into(&mut bytes).map_err(|error| from_jpeg(&error, header))?;
        if self.colours == ColorSpace::YCCK {
            inks(&mut bytes);
        }
        let orientation = orientation.unwrap_or(Orientation::NoTransforms);
        Ok(Decoded { width, height, samples, bytes, profile, orientation })
    }
}

fn options() -> DecoderOptions {
    // Sides are bounded by the limit of pixels.
    DecoderOptions::default().set_strict_mode(false).set_max_width(usize::MAX).set_max_height(usize::MAX)
}

/// Luminance and chrominance of three inks become the inks; the fourth, black, is stored as it is.
fn inks(bytes: &mut [u8]) {
    // In parts of 65,536, rounded.
    const HALF: i32 = 1 << 15;
    let level = |level: i32| u8::try_from((level >> 16).clamp(0, 255)).unwrap_or_default();
    for pixel in bytes.chunks_exact_mut(4) {
        let luminance = (i32::from(pixel[0]) << 16) + HALF;
        let (blue, red) = (i32::from(pixel[1]) - 128, i32::from(pixel[2]) - 128);
        let colour =
            [luminance + 91_881 * red, luminance - 22_554 * blue - 46_802 * red, luminance + 116_130 * blue].map(level);
        for (ink, colour) in pixel.iter_mut().zip(colour) {
            *ink = 255 - colour;
        }
    }
}
