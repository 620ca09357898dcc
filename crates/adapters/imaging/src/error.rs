//! Turns what decoders, encoders and threads report into the port's errors. Nobody else reads a library's error.

use crate::header::Header;
use image::ImageError;
use std::{any::Any, error::Error, io};
use wareroom_ports::CodecError;

/// The longest text of a decoder that is kept, in characters: it may quote the input.
const LONGEST: usize = 200;

/// A fault of this machine or its settings, not of the image.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Fault(String);

pub(crate) fn fault(what: impl Into<String>) -> CodecError {
    CodecError::Backend(Fault(what.into()).into())
}

pub(crate) fn damaged(why: impl std::fmt::Display) -> CodecError {
    CodecError::Damaged(why.to_string().chars().filter(|c| !c.is_control()).take(LONGEST).collect())
}

/// What an error of the WebP or GIF decoder means for a file of that header.
pub(crate) fn from_image(error: &ImageError, header: Header) -> CodecError {
    match error {
        _ if !header.complete || ended_early(error) => CodecError::Truncated,
        ImageError::Unsupported(_) => CodecError::Unsupported(header.format.rare()),
        other => damaged(other),
    }
}

/// What an error of the JPEG decoder means for a file of that header.
pub(crate) fn from_jpeg(error: &zune_jpeg::errors::DecodeErrors, header: Header) -> CodecError {
    match error {
        _ if !header.complete => CodecError::Truncated,
        zune_jpeg::errors::DecodeErrors::Unsupported(_) => CodecError::Unsupported(header.format.rare()),
        other => damaged(other),
    }
}

/// What an error of the PNG decoder means for a file of that header.
pub(crate) fn from_png(error: &png::DecodingError, header: Header) -> CodecError {
    if !header.complete || ended_early(error) { CodecError::Truncated } else { damaged(error) }
}

fn ended_early(error: &(dyn Error + 'static)) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            if io.kind() == io::ErrorKind::UnexpectedEof {
                return true;
            }
            // An I/O error that wraps another does not name it as its source.
            next = io.get_ref().map(|inner| inner as &(dyn Error + 'static));
            continue;
        }
        // Errors that show an I/O error as their own do not name it as their source either.
        next = match (error.downcast_ref::<ImageError>(), error.downcast_ref::<png::DecodingError>()) {
            (Some(ImageError::IoError(io)), _) | (_, Some(png::DecodingError::IoError(io))) => Some(io),
            _ => error.source(),
        };
    }
    false
}

pub(crate) fn from_panic(panic: &(dyn Any + Send)) -> CodecError {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    CodecError::Crashed(text.unwrap_or("panic without a text").chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::SourceFormat;
    use image::error::{ImageFormatHint, UnsupportedError, UnsupportedErrorKind};
    use zune_jpeg::errors::{DecodeErrors, UnsupportedSchemes};

    fn header(format: SourceFormat, complete: bool) -> Header {
        Header { format, size: (1, 1), complete, decoding: 3 }
    }

    #[test]
    fn what_a_decoder_does_not_support_is_told_by_the_format_and_not_in_its_words() {
        let kind = UnsupportedErrorKind::GenericFeature("secret".to_owned());
        let webp = ImageError::Unsupported(UnsupportedError::from_format_and_kind(ImageFormatHint::Unknown, kind));
        let jpeg = DecodeErrors::Unsupported(UnsupportedSchemes::LosslessHuffman);
        let told =
            [from_image(&webp, header(SourceFormat::WebP, true)), from_jpeg(&jpeg, header(SourceFormat::Jpeg, true))];
        assert!(matches!(
            told,
            [CodecError::Unsupported("this kind of WebP"), CodecError::Unsupported("this kind of JPEG"),]
        ));
        // Of a part of a file nobody knows what the whole would be.
        assert!(matches!(from_image(&webp, header(SourceFormat::WebP, false)), CodecError::Truncated));
        assert!(matches!(from_jpeg(&jpeg, header(SourceFormat::Jpeg, false)), CodecError::Truncated));
    }

    #[test]
    fn an_end_that_came_early_is_found_however_deep_it_is_wrapped() {
        let early = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let whole = header(SourceFormat::Gif, true);
        for wrapped in [early(), io::Error::other(early()), io::Error::other(ImageError::IoError(early()))] {
            assert!(matches!(from_image(&ImageError::IoError(wrapped), whole), CodecError::Truncated));
        }
        let other = ImageError::IoError(io::Error::other("odd\u{7} input"));
        assert!(matches!(from_image(&other, whole), CodecError::Damaged(text) if text == "odd input"));
    }
}
