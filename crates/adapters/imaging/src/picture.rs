//! Pixels: eight bits a channel, three channels when opaque and four otherwise. Knows no file format.

use crate::error::fault;
use fast_image_resize::{
    FilterType, MulDiv, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use image::{DynamicImage, RgbImage, RgbaImage, metadata::Orientation};
use wareroom_ports::CodecError;

/// A picture in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Picture {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) channels: Channels,
    pub(crate) pixels: Vec<u8>,
}

/// What a pixel consists of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Channels {
    Rgb,
    Rgba,
}

/// Whether an orientation swaps width and height.
pub(crate) fn swaps_sides(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH
    )
}

impl Picture {
    /// The picture with its colours weighed by their alpha, as [`resized`](Self::resized) wants it: what a transparent
    /// pixel hides must not bleed into its neighbours. Takes no further memory.
    pub(crate) fn weighed(self) -> Result<Self, CodecError> {
        if self.channels == Channels::Rgb {
            return Ok(self);
        }
        let Self { width, height, channels, pixels } = self;
        let mut image = Image::from_vec_u8(width, height, pixels, PixelType::U8x4).map_err(|e| fault(e.to_string()))?;
        MulDiv::new().multiply_alpha_inplace(&mut image).map_err(|error| fault(error.to_string()))?;
        Ok(Self { width, height, channels, pixels: image.into_vec() })
    }

    /// A [weighed](Self::weighed) picture in another size, no longer weighed.
    pub(crate) fn resized(&self, (width, height): (u32, u32), resizer: &mut Resizer) -> Result<Self, CodecError> {
        let kind = match self.channels {
            Channels::Rgb => PixelType::U8x3,
            Channels::Rgba => PixelType::U8x4,
        };
        let source = ImageRef::new(self.width, self.height, &self.pixels, kind).map_err(|e| fault(e.to_string()))?;
        let mut target = Image::new(width, height, kind);
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3)).use_alpha(false);
        resizer.resize(&source, &mut target, &options).map_err(|error| fault(error.to_string()))?;
        if self.channels == Channels::Rgba {
            MulDiv::new().divide_alpha_inplace(&mut target).map_err(|error| fault(error.to_string()))?;
        }
        Ok(Self { width, height, channels: self.channels, pixels: target.into_vec() })
    }

    /// The picture as it is meant to be looked at.
    pub(crate) fn oriented(self, orientation: Orientation) -> Result<Self, CodecError> {
        if orientation == Orientation::NoTransforms {
            return Ok(self);
        }
        let Self { width, height, channels, pixels } = self;
        let image = match channels {
            Channels::Rgb => RgbImage::from_raw(width, height, pixels).map(DynamicImage::from),
            Channels::Rgba => RgbaImage::from_raw(width, height, pixels).map(DynamicImage::from),
        };
        let mut image = image.ok_or_else(|| fault("a picture has fewer pixels than its size says"))?;
        image.apply_orientation(orientation);
        let (width, height) = (image.width(), image.height());
        Ok(Self { width, height, channels, pixels: image.into_bytes() })
    }

    /// The picture on a white ground.
    pub(crate) fn on_white(&self) -> Self {
        let over = |colour: u8, alpha: u8| {
            let mixed = u32::from(colour) * u32::from(alpha) + 255 * (255 - u32::from(alpha));
            u8::try_from((mixed + 127) / 255).unwrap_or(u8::MAX)
        };
        let pixels = match self.channels {
            Channels::Rgb => self.pixels.clone(),
            Channels::Rgba => self
                .pixels
                .chunks_exact(4)
                .flat_map(|p| [over(p[0], p[3]), over(p[1], p[3]), over(p[2], p[3])])
                .collect(),
        };
        Self { width: self.width, height: self.height, channels: Channels::Rgb, pixels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(channels: Channels, width: u32, pixels: &[u8]) -> Picture {
        Picture { width, height: 1, channels, pixels: pixels.to_vec() }
    }

    #[test]
    fn white_shows_through_as_far_as_a_pixel_lets_it() {
        let half = picture(Channels::Rgba, 3, &[10, 20, 30, 0, 10, 20, 30, 255, 0, 0, 0, 128]);
        assert_eq!(half.on_white().pixels, [255, 255, 255, 10, 20, 30, 127, 127, 127]);
    }

    #[test]
    fn what_a_transparent_pixel_hides_does_not_bleed() {
        let green_beside_hidden_red: Vec<u8> =
            (0..64).flat_map(|x| if x < 32 { [0, 255, 0, 255] } else { [255, 0, 0, 0] }).collect();
        let weighed = picture(Channels::Rgba, 64, &green_beside_hidden_red).weighed().unwrap();
        let small = weighed.resized((7, 1), &mut Resizer::new()).unwrap();
        for pixel in small.pixels.chunks_exact(4).filter(|pixel| pixel[3] > 0) {
            assert!(pixel[0] < 8, "{pixel:?}");
        }
    }

    #[test]
    fn a_size_that_stays_keeps_what_can_be_seen() {
        let soft: Vec<u8> = (0..=255).flat_map(|alpha| [250, 128, 0, alpha]).collect();
        let same =
            picture(Channels::Rgba, 256, &soft).weighed().unwrap().resized((256, 1), &mut Resizer::new()).unwrap();
        let (seen, expected) = (same.on_white().pixels, picture(Channels::Rgba, 256, &soft).on_white().pixels);
        assert!(seen.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 3));
        assert!(same.pixels.chunks_exact(4).zip(0..=255).all(|(pixel, alpha)| pixel[3] == alpha));
    }
}
