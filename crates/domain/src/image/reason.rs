//! Why an image failed: a closed list, each with what its owner can do.

/// Why an image failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The bytes are no image at all.
    NotAnImage,
    /// An image of a format that is not read.
    UnsupportedImage,
    /// More pixels than allowed.
    TooManyPixels,
    /// The bytes end before the image does.
    Truncated,
    /// The bytes begin like an image and do not decode.
    Damaged,
    /// The kept file cannot be found: an operator's trouble, not the image's.
    SourceMissing,
    /// The decoder or encoder gave up in a way that it must not.
    CodecCrashed,
    /// Decoding or encoding took too long, several times.
    CodecTimeout,
    /// Every attempt ended without an outcome: whoever held the image died.
    Poison,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::NotAnImage,
        Self::UnsupportedImage,
        Self::TooManyPixels,
        Self::Truncated,
        Self::Damaged,
        Self::SourceMissing,
        Self::CodecCrashed,
        Self::CodecTimeout,
        Self::Poison,
    ];

    /// The code in answers, rows and logs.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotAnImage => "not_an_image",
            Self::UnsupportedImage => "unsupported_image",
            Self::TooManyPixels => "too_many_pixels",
            Self::Truncated => "truncated",
            Self::Damaged => "damaged",
            Self::SourceMissing => "source_missing",
            Self::CodecCrashed => "codec_crashed",
            Self::CodecTimeout => "codec_timeout",
            Self::Poison => "poison",
        }
    }

    /// The reason of that code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Whether another attempt may end better: then it is made, after a back-off.
    pub const fn transient(self) -> bool {
        matches!(self, Self::SourceMissing | Self::CodecTimeout)
    }

    /// Whether asking again makes sense to the owner, the source being the same.
    pub const fn retryable(self) -> bool {
        matches!(self, Self::SourceMissing | Self::CodecCrashed | Self::CodecTimeout | Self::Poison)
    }

    /// What happened and what the owner can do, in words.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::NotAnImage => "the file is not an image; upload a JPEG, PNG, WebP or GIF",
            Self::UnsupportedImage => "images of this format are not read; upload a JPEG, PNG, WebP or GIF",
            Self::TooManyPixels => "the image has more pixels than allowed; upload a smaller version",
            Self::Truncated => "the file ends before the image does; upload it again",
            Self::Damaged => "the image cannot be decoded; open it in an editor, save it anew and upload that",
            Self::SourceMissing => "the kept file cannot be found; try again later or upload it again",
            Self::CodecCrashed => "the image could not be processed; save it anew in an editor and upload that",
            Self::CodecTimeout => "processing took too long; try again later or upload a smaller version",
            Self::Poison => "processing was interrupted every time; try again later or upload another version",
        }
    }
}

/// A failure as an image carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why, from the closed list.
    pub reason: Reason,
    /// Why, in words that its owner can act on.
    pub detail: String,
}

impl From<Reason> for Failure {
    fn from(reason: Reason) -> Self {
        Self { reason, detail: reason.detail().to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_lead_back() {
        for reason in Reason::ALL {
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
        }
    }

    #[test]
    fn what_is_worth_an_attempt_is_worth_asking_for() {
        assert!(Reason::ALL.into_iter().all(|reason| !reason.transient() || reason.retryable()));
    }
}
