//! Why an image failed: a closed list, each with what its owner can do.

/// Why an image failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The server has nothing at the URL.
    Http404,
    /// The server refuses the request: a sign-in is needed, for example.
    Http4xx,
    /// The server says "not now", several times: it was asked too often, is not ready, or waited too long.
    HttpBusy,
    /// The server failed, several times.
    Http5xx,
    /// The host's name is not known.
    Dns,
    /// The server cannot be reached, or breaks off before the end.
    Unreachable,
    /// Fetching took too long, several times.
    Timeout,
    /// The URL, or one that it was redirected to, leads to an address that is not allowed.
    BlockedAddress,
    /// The URL leads from one to the next.
    TooManyRedirects,
    /// More bytes than allowed.
    TooLarge,
    /// More pixels than allowed.
    TooManyPixels,
    /// The bytes are no image at all.
    NotAnImage,
    /// An image of a format that is not read.
    UnsupportedImage,
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
    pub const ALL: [Self; 19] = [
        Self::Http404,
        Self::Http4xx,
        Self::HttpBusy,
        Self::Http5xx,
        Self::Dns,
        Self::Unreachable,
        Self::Timeout,
        Self::BlockedAddress,
        Self::TooManyRedirects,
        Self::TooLarge,
        Self::TooManyPixels,
        Self::NotAnImage,
        Self::UnsupportedImage,
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
            Self::Http404 => "http_404",
            Self::Http4xx => "http_4xx",
            Self::HttpBusy => "http_busy",
            Self::Http5xx => "http_5xx",
            Self::Dns => "dns",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::BlockedAddress => "blocked_address",
            Self::TooManyRedirects => "too_many_redirects",
            Self::TooLarge => "too_large",
            Self::TooManyPixels => "too_many_pixels",
            Self::NotAnImage => "not_an_image",
            Self::UnsupportedImage => "unsupported_image",
            Self::Truncated => "truncated",
            Self::Damaged => "damaged",
            Self::SourceMissing => "source_missing",
            Self::CodecCrashed => "codec_crashed",
            Self::CodecTimeout => "codec_timeout",
            Self::Poison => "poison",
        }
    }

    /// The reason of that code; `None` when there is no such code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.code() == code)
    }

    /// Whether another attempt may end better: then it is made, after a back-off.
    pub const fn transient(self) -> bool {
        matches!(
            self,
            Self::HttpBusy
                | Self::Http5xx
                | Self::Dns
                | Self::Unreachable
                | Self::Timeout
                | Self::SourceMissing
                | Self::CodecTimeout
        )
    }

    /// Whether asking again makes sense to the owner, the URL or the file being the same.
    pub const fn retryable(self) -> bool {
        self.transient() || matches!(self, Self::CodecCrashed | Self::Poison)
    }

    /// What happened and what the owner can do, in words: the one, a semicolon, the other.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Http404 => "the server has nothing there (404); check the URL, or give another one",
            Self::Http4xx => "the server refuses the request; make the image public, or give another URL",
            Self::HttpBusy => "the server asked to come again later, every time; try again later, or upload the file",
            Self::Http5xx => "the server failed every time; try again later, or give another URL",
            Self::Dns => "the host of the URL is not known; check its name, or try again later",
            Self::Unreachable => "the server cannot be reached or breaks off; check the URL, or try again later",
            Self::Timeout => "fetching the image took too long; try again later, or upload the file",
            Self::BlockedAddress => {
                "the URL leads to an address that is not public; give a public one, or upload the file"
            }
            Self::TooManyRedirects => "the URL is redirected too often; give the one where the image is",
            Self::TooLarge => "the file has more bytes than allowed; give a smaller version",
            Self::TooManyPixels => "the image has more pixels than allowed; give a smaller version",
            Self::NotAnImage => "the file is not an image; give a JPEG, PNG, WebP or GIF",
            Self::UnsupportedImage => "images of this format are not read; give a JPEG, PNG, WebP or GIF",
            Self::Truncated => "the file ends before the image does; send it again in full",
            Self::Damaged => "the image cannot be decoded; open it in an editor, save it anew and give that",
            Self::SourceMissing => "the kept file cannot be found; try again later, or upload it again",
            Self::CodecCrashed => "the image could not be processed; save it anew in an editor and give that",
            Self::CodecTimeout => "processing took too long; try again later, or give a smaller version",
            Self::Poison => "processing was interrupted every time; try again later, or give another version",
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

    #[test]
    fn every_detail_says_what_to_do() {
        for reason in Reason::ALL {
            let (what, advice) = reason.detail().split_once("; ").unwrap();
            assert!(!what.is_empty() && !advice.is_empty(), "{reason:?}");
        }
    }
}
