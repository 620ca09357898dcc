//! Names of stored bytes. Bytes are named by their own hash, so a name never means two things.

use super::Format;
use std::{fmt, str::FromStr};

/// The SHA-256 of some bytes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sha256(pub [u8; 32]);

impl fmt::Display for Sha256 {
    /// 64 lower-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl FromStr for Sha256 {
    type Err = BlobKeyError;

    /// Reads 64 lower-case hexadecimal digits and nothing else, so that a hash has one spelling.
    fn from_str(text: &str) -> Result<Self, BlobKeyError> {
        let digits = text.as_bytes();
        if digits.len() != 64 || !digits.iter().all(|d| matches!(d, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(BlobKeyError);
        }
        let nibble = |d: u8| if d.is_ascii_digit() { d - b'0' } else { d - b'a' + 10 };
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0]) << 4 | nibble(pair[1]);
        }
        Ok(Self(hash))
    }
}

/// Text that names no blob of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a blob")]
pub struct BlobKeyError;

/// The name of a blob. Sources and renditions have names of different shapes, so a request for a rendition can never
/// be answered with a source, whose metadata may tell where a picture was taken.
///
/// ```
/// use wareroom_domain::{BlobKey, BlobKeyError, Format, Sha256};
///
/// let (source, rendition) = (BlobKey::Source(Sha256([7; 32])), BlobKey::Rendition(Sha256([7; 32]), Format::WebP));
/// assert_eq!(source.to_string(), format!("sources/{}", "07".repeat(32)));
/// assert_eq!(source.media_name(), None);
/// let name = rendition.media_name().ok_or(BlobKeyError)?;
/// assert_eq!(BlobKey::from_media_name(&name), Ok(rendition));
/// # Ok::<(), BlobKeyError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum BlobKey {
    /// Bytes as they came: `sources/<sha256>`. Private.
    Source(Sha256),
    /// Bytes that we made: `media/<sha256>.<extension>`. Public, and the same for good.
    Rendition(Sha256, Format),
}

impl BlobKey {
    /// The last part of a rendition's name, which is also the last part of its URL: `<sha256>.<extension>`.
    /// `None` for a source.
    pub fn media_name(&self) -> Option<String> {
        match self {
            Self::Source(_) => None,
            Self::Rendition(hash, format) => Some(format!("{hash}.{}", format.extension())),
        }
    }

    /// The rendition of that [`media_name`](Self::media_name); [`BlobKeyError`] for any other text.
    pub fn from_media_name(name: &str) -> Result<Self, BlobKeyError> {
        let (hash, extension) = name.split_once('.').ok_or(BlobKeyError)?;
        Ok(Self::Rendition(hash.parse()?, Format::from_extension(extension).ok_or(BlobKeyError)?))
    }
}

impl fmt::Display for BlobKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(hash) => write!(f, "sources/{hash}"),
            Self::Rendition(hash, format) => write!(f, "media/{hash}.{}", format.extension()),
        }
    }
}

impl FromStr for BlobKey {
    type Err = BlobKeyError;

    fn from_str(text: &str) -> Result<Self, BlobKeyError> {
        match text.split_once('/') {
            Some(("sources", hash)) => Ok(Self::Source(hash.parse()?)),
            Some(("media", name)) => Self::from_media_name(name),
            _ => Err(BlobKeyError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_key_survives_its_text(hash: [u8; 32], source: bool, webp: bool) {
            let format = if webp { Format::WebP } else { Format::Jpeg };
            let key = if source { BlobKey::Source(Sha256(hash)) } else { BlobKey::Rendition(Sha256(hash), format) };
            prop_assert_eq!(key.to_string().parse(), Ok(key));
            prop_assert_eq!(key.media_name().map(|name| BlobKey::from_media_name(&name)), (!source).then_some(Ok(key)));
        }

        #[test]
        fn no_text_panics_and_only_our_own_spelling_is_read(text in "\\PC{0,80}|(sources|media)/[0-9a-fA-F./]{60,70}") {
            if let Ok(key) = text.parse::<BlobKey>() {
                prop_assert_eq!(key.to_string(), text);
            }
        }
    }

    #[test]
    fn a_source_has_no_media_name_and_no_path_is_one() {
        let hash = "a".repeat(64);
        assert_eq!(BlobKey::from_media_name(&hash), Err(BlobKeyError));
        assert_eq!(BlobKey::from_media_name(&format!("../sources/{hash}")), Err(BlobKeyError));
        assert_eq!(BlobKey::from_media_name(&format!("{hash}.png")), Err(BlobKeyError));
    }
}
