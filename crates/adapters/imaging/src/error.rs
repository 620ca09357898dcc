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
