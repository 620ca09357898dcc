//! What an image is made into.

use super::BlobKey;

/// The formats that renditions are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Format {
    /// JPEG: opaque, read by everything.
    Jpeg,
    /// WebP: small, with transparency.
    WebP,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Jpeg, Self::WebP];

    /// The name in answers and rows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::WebP => "webp",
        }
    }

    /// The extension of a blob's name.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::WebP => "webp",
        }
    }

    /// The media type to serve it with.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
        }
    }

    /// The format of that name; `None` when there is no such format.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// The format of that extension, without a dot and in lower case; `None` when there is no such format.
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extension() == extension)
    }
}

/// What is to be made of every image.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RenditionSpec {
    /// What it is called in answers: `thumb`, `medium`, `main`.
    pub name: String,
    /// The longest side in pixels. A smaller source keeps its size: nothing is enlarged.
    pub max_side: u32,
    /// The format to write.
    pub format: Format,
    /// The encoder's quality, 1 to 100: the higher, the better and the larger.
    pub quality: u8,
}

impl RenditionSpec {
    /// The size in pixels that a source of `width` x `height` pixels becomes: the same shape within the longest side, rounded
    /// to the nearest pixel, each side at least one pixel.
    ///
    /// ```
    /// let thumb = &wareroom_domain::default_renditions()[0];
    /// assert_eq!((thumb.name.as_str(), thumb.max_side), ("thumb", 320));
    /// assert_eq!(thumb.fit(4000, 3000), (320, 240));
    /// assert_eq!(thumb.fit(100, 50), (100, 50), "nothing is enlarged");
    /// assert_eq!(thumb.fit(10_000, 1), (320, 1));
    /// ```
    pub fn fit(&self, width: u32, height: u32) -> (u32, u32) {
        let longest = width.max(height);
        if longest <= self.max_side {
            return (width, height);
        }
        let scale = |side: u32| {
            let scaled = (u64::from(side) * u64::from(self.max_side) + u64::from(longest) / 2) / u64::from(longest);
            u32::try_from(scaled).unwrap_or(self.max_side).max(1)
        };
        (scale(width), scale(height))
    }
}

/// The renditions that are made unless told otherwise: `thumb` 320 px and `medium` 800 px as WebP of quality 78, `main`
/// 1600 px as JPEG of quality 80.
pub fn default_renditions() -> Vec<RenditionSpec> {
    let spec =
        |name: &str, max_side, format, quality| RenditionSpec { name: name.to_owned(), max_side, format, quality };
    vec![
        spec("thumb", 320, Format::WebP, 78),
        spec("medium", 800, Format::WebP, 78),
        spec("main", 1600, Format::Jpeg, 80),
    ]
}

/// The name of the rendition that a product's page shows large.
pub const MAIN: &str = "main";

/// A rendition that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendition {
    /// The name of its specification.
    pub name: String,
    /// How it is written.
    pub format: Format,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Size in bytes.
    pub bytes: u64,
    /// Where its bytes are.
    pub key: BlobKey,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spec(max_side: u32) -> RenditionSpec {
        RenditionSpec { name: "x".to_owned(), max_side, format: Format::Jpeg, quality: 80 }
    }

    proptest! {
        #[test]
        fn a_rendition_is_never_larger_than_its_source_nor_its_box(w in 1..70_000u32, h in 1..70_000u32, max in 1..5_000u32) {
            let (width, height) = spec(max).fit(w, h);
            prop_assert!(width >= 1 && height >= 1);
            prop_assert!(width <= w && height <= h);
            prop_assert!(width.max(height) <= max || (width, height) == (w, h));
            prop_assert!(w.max(h) <= max || width.max(height) == max);
        }

        #[test]
        fn a_rendition_keeps_its_shape_to_a_pixel(w in 1..70_000u32, h in 1..70_000u32, max in 1..5_000u32) {
            let (width, height) = spec(max).fit(w, h);
            let exact = |side: u32, longest: u32| f64::from(side) * f64::from(max.min(longest)) / f64::from(longest);
            let longest = w.max(h);
            prop_assert!((f64::from(width) - exact(w, longest)).abs() <= 1.0);
            prop_assert!((f64::from(height) - exact(h, longest)).abs() <= 1.0);
        }
    }

    #[test]
    fn a_strip_keeps_one_pixel() {
        assert_eq!(spec(320).fit(10_000, 2), (320, 1));
    }
}
