//! Turns what decoders, encoders and threads report into the port's errors. Nobody else reads a library's error.

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

/// What a decoder's error means. `complete`: whether the file reaches its own end, as far as its structure tells.
pub(crate) fn from_decoder(error: &ImageError, complete: bool, unsupported: &'static str) -> CodecError {
    match error {
        _ if !complete || ended_early(error) => CodecError::Truncated,
        ImageError::Unsupported(_) => CodecError::Unsupported(unsupported),
        other => damaged(other),
    }
}

fn ended_early(error: &ImageError) -> bool {
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
        next = match error.downcast_ref::<ImageError>() {
            Some(ImageError::IoError(io)) => Some(io),
            _ => error.source(),
        };
    }
    false
}

pub(crate) fn from_panic(panic: &(dyn Any + Send)) -> CodecError {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    CodecError::Crashed(text.unwrap_or("panic without a text").chars().take(LONGEST).collect())
}
