//! From the colours of a file to sRGB, the colours of every rendition. Knows no file format.

use crate::{
    decode::{Decoded, Samples},
    picture::{Channels, Picture},
};
use moxcms::{
    ColorProfile, DataColorSpace, Layout, ProfileClass, RenderingIntent, Transform8BitExecutor, TransformOptions,
};
use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

/// The largest profile that is applied, in bytes: those of printing presses reach some hundred thousand.
const LARGEST_PROFILE: usize = 1 << 20;
/// How many pixels are converted at a time.
const PIXELS: usize = 4096;
/// How far two colours may lie apart, of 255, and still be the same: what rounding alone makes.
const SAME: u8 = 1;

type Transform = Arc<Transform8BitExecutor>;

/// The picture in sRGB, without an alpha channel where that hides nothing: what follows then costs less.
///
/// A profile that cannot be read, or is of another kind of colours than the picture, counts as none. Without one colours
/// are taken as sRGB, grey as its grey, and inks as ideal ones.
pub(crate) fn to_srgb(decoded: Decoded) -> Picture {
    let Decoded { width, height, samples, bytes, profile, .. } = decoded;
    let transform = profile.as_deref().and_then(|profile| from_profile(profile, samples));
    let channels = match samples {
        Samples::GreyAlpha | Samples::Rgba if has_gaps(&bytes, samples.count()) => Channels::Rgba,
        _ => Channels::Rgb,
    };
    // Colours beside an alpha channel that is going to be left out are converted with it.
    let made = if matches!(samples, Samples::GreyAlpha | Samples::Rgba) { 4 } else { 3 };
    let pixels = match transform {
        Some(transform) => {
            let inverted = samples == Samples::InvertedCmyk;
            in_steps(bytes, samples.count(), made, |from, to| {
                if inverted {
                    for ink in from.iter_mut() {
                        *ink = 255 - *ink;
                    }
                }
                // Its only error is a length that is no multiple of a pixel's.
                let _ = transform.transform(from, to);
            })
        }
        None => plain(bytes, samples),
    };
    let pixels = if made == 4 && channels == Channels::Rgb {
        in_steps(pixels, 4, 3, |from, to| each(from, to, |from: [u8; 4]| [from[0], from[1], from[2]]))
    } else {
        pixels
    };
    Picture { width, height, channels, pixels }
}

fn has_gaps(bytes: &[u8], count: usize) -> bool {
    bytes.chunks_exact(count).any(|pixel| pixel[count - 1] != 255)
}

/// Colours without a profile.
fn plain(bytes: Vec<u8>, samples: Samples) -> Vec<u8> {
    let mixed = |ink: u8, black: u8| u8::try_from((u32::from(ink) * u32::from(black) + 127) / 255).unwrap_or(u8::MAX);
    let count = samples.count();
    match samples {
        Samples::Rgb | Samples::Rgba => bytes,
        Samples::Grey => in_steps(bytes, count, 3, |from, to| each(from, to, |[grey]: [u8; 1]| [grey; 3])),
        Samples::GreyAlpha => {
            in_steps(bytes, count, 4, |from, to| each(from, to, |[grey, alpha]: [u8; 2]| [grey, grey, grey, alpha]))
        }
        Samples::InvertedCmyk => in_steps(bytes, count, 3, |from, to| {
            each(from, to, |[c, m, y, k]: [u8; 4]| [mixed(c, k), mixed(m, k), mixed(y, k)]);
        }),
    }
}

fn each<const FROM: usize, const TO: usize>(from: &[u8], to: &mut [u8], convert: impl Fn([u8; FROM]) -> [u8; TO]) {
    let from = from.as_chunks::<FROM>().0;
    let to = to.as_chunks_mut::<TO>().0;
    for (from, to) in from.iter().zip(to) {
        *to = convert(*from);
    }
}

/// Converts pixels of `from` samples to pixels of `to`, some thousand at a time; within the same memory where they do not
/// become more.
fn in_steps(mut bytes: Vec<u8>, from: usize, to: usize, convert: impl Fn(&mut [u8], &mut [u8])) -> Vec<u8> {
    if to > from {
        let mut made = vec![0; bytes.len() / from * to];
        for (old, new) in bytes.chunks_mut(from * PIXELS).zip(made.chunks_mut(to * PIXELS)) {
            convert(old, new);
        }
        return made;
    }
    let mut made = vec![0; to * PIXELS];
    let (mut read, mut written) = (0, 0);
    while read < bytes.len() {
        let end = bytes.len().min(read + from * PIXELS);
        let length = (end - read) / from * to;
        convert(&mut bytes[read..end], &mut made[..length]);
        bytes[written..written + length].copy_from_slice(&made[..length]);
        (read, written) = (end, written + length);
    }
    bytes.truncate(written);
    bytes
}

/// How to convert samples that a profile describes; `None` where there is nothing to convert.
fn from_profile(bytes: &[u8], samples: Samples) -> Option<Transform> {
    if bytes.len() > LARGEST_PROFILE {
        tracing::debug!(bytes = bytes.len(), "a colour profile is too large and not applied");
        return None;
    }
    // A profile is metadata: whatever is wrong with it, its reader's panics included, costs the colours, not the picture.
    let built = catch_unwind(AssertUnwindSafe(|| {
        let transform = transform(bytes, samples)?;
        changes_anything(&transform, samples).then_some(transform)
    }));
    built.unwrap_or_else(|_| {
        tracing::warn!("a colour profile made its reader panic and is not applied");
        None
    })
}

fn transform(bytes: &[u8], samples: Samples) -> Option<Transform> {
    let profile = ColorProfile::new_from_slice(bytes).ok()?;
    let (colours, from, to) = match samples {
        Samples::Grey => (DataColorSpace::Gray, Layout::Gray, Layout::Rgb),
        Samples::GreyAlpha => (DataColorSpace::Gray, Layout::GrayAlpha, Layout::Rgba),
        Samples::Rgb => (DataColorSpace::Rgb, Layout::Rgb, Layout::Rgb),
        Samples::Rgba => (DataColorSpace::Rgb, Layout::Rgba, Layout::Rgba),
        Samples::InvertedCmyk => (DataColorSpace::Cmyk, Layout::Rgba, Layout::Rgb),
    };
    let describes_a_device = matches!(
        profile.profile_class,
        ProfileClass::InputDevice | ProfileClass::DisplayDevice | ProfileClass::OutputDevice | ProfileClass::ColorSpace
    );
    if profile.color_space != colours || !describes_a_device {
        return None;
    }
    let srgb = ColorProfile::new_srgb();
    // Photos are to look alike rather than to measure alike; not every profile knows both.
    [RenderingIntent::Perceptual, RenderingIntent::RelativeColorimetric].into_iter().find_map(|rendering_intent| {
        let options = TransformOptions { rendering_intent, ..TransformOptions::default() };
        profile.create_transform_8bit(from, &srgb, to, options).ok()
    })
}

/// Whether a transform is not just rounding, as that of most files is: their profile is sRGB's.
fn changes_anything(transform: &Transform, samples: Samples) -> bool {
    const LEVELS: [u8; 9] = [0, 32, 64, 96, 128, 160, 192, 224, 255];
    let colours = LEVELS.iter().flat_map(|r| LEVELS.iter().flat_map(move |g| LEVELS.map(|b| [*r, *g, b])));
    let (from, expected): (Vec<u8>, Vec<u8>) = match samples {
        Samples::InvertedCmyk => return true,
        Samples::Grey => (LEVELS.to_vec(), LEVELS.iter().flat_map(|grey| [*grey; 3]).collect()),
        Samples::GreyAlpha => (
            LEVELS.iter().flat_map(|grey| [*grey, 255]).collect(),
            LEVELS.iter().flat_map(|grey| [*grey, *grey, *grey, 255]).collect(),
        ),
        Samples::Rgb => (colours.clone().flatten().collect(), colours.flatten().collect()),
        Samples::Rgba => {
            let opaque = || colours.clone().flat_map(|[r, g, b]| [r, g, b, 255]);
            (opaque().collect(), opaque().collect())
        }
    };
    let mut seen = vec![0; expected.len()];
    let converted = transform.transform(&from, &mut seen).is_ok();
    converted && seen.iter().zip(&expected).any(|(a, b)| a.abs_diff(*b) > SAME)
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::metadata::Orientation;

    fn decoded(samples: Samples, bytes: &[u8], profile: Option<&ColorProfile>) -> Decoded {
        let width = u32::try_from(bytes.len() / samples.count()).unwrap();
        let profile = profile.map(|profile| profile.encode().unwrap());
        Decoded { width, height: 1, samples, bytes: bytes.to_vec(), profile, orientation: Orientation::NoTransforms }
    }

    fn converted(samples: Samples, bytes: &[u8], profile: &ColorProfile) -> Vec<u8> {
        to_srgb(decoded(samples, bytes, Some(profile))).pixels
    }

    #[test]
    fn inks_without_a_profile_are_ideal_ones() {
        let inks = [255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 0, 255, 128, 0, 255];
        let picture = to_srgb(decoded(Samples::InvertedCmyk, &inks, None));
        assert_eq!(picture.channels, Channels::Rgb);
        assert_eq!(picture.pixels, [255, 255, 255, 0, 255, 255, 0, 0, 0, 255, 128, 0]);
    }

    #[test]
    fn an_alpha_channel_that_hides_nothing_is_left_out() {
        for (samples, bytes) in
            [(Samples::Rgba, &[7, 7, 7, 255, 9, 9, 9, 255][..]), (Samples::GreyAlpha, &[7, 255, 9, 255])]
        {
            let picture = to_srgb(decoded(samples, bytes, None));
            assert_eq!((picture.channels, &picture.pixels[..]), (Channels::Rgb, &[7, 7, 7, 9, 9, 9][..]));
        }
        let picture = to_srgb(decoded(Samples::GreyAlpha, &[7, 255, 9, 3], None));
        assert_eq!((picture.channels, &picture.pixels[..]), (Channels::Rgba, &[7, 7, 7, 255, 9, 9, 9, 3][..]));
    }

    #[test]
    fn a_wide_gamut_is_drawn_in_and_keeps_its_alpha() {
        // What Display P3 calls that is the green of sRGB, and its grey is everybody's.
        let profile = ColorProfile::new_display_p3();
        let seen = converted(Samples::Rgb, &[117, 251, 76, 128, 128, 128], &profile);
        assert!(seen.iter().zip([0, 255, 0, 128, 128, 128]).all(|(a, b)| a.abs_diff(b) < 8), "{seen:?}");
        let seen = converted(Samples::Rgba, &[117, 251, 76, 9, 128, 128, 128, 255], &profile);
        assert!(seen.iter().zip([0, 255, 0, 9, 128, 128, 128, 255]).all(|(a, b)| a.abs_diff(b) < 8), "{seen:?}");
        // An alpha channel that is left out, over more pixels than are converted at a time.
        let many = [117, 251, 76, 255].repeat(3 * PIXELS + 5);
        let seen = converted(Samples::Rgba, &many, &profile);
        assert_eq!(seen.len(), 3 * (3 * PIXELS + 5));
        assert!(seen.chunks_exact(3).all(|pixel| pixel == &seen[..3] && pixel[0] < 8 && pixel[1] > 247));
    }

    #[test]
    fn grey_of_another_gamma_becomes_that_of_srgb() {
        let profile = ColorProfile::new_gray_with_gamma(1.0);
        // Half of the light looks like 188 of 255.
        let seen = converted(Samples::Grey, &[0, 128, 255], &profile);
        assert!(seen.iter().zip([0, 0, 0, 188, 188, 188, 255, 255, 255]).all(|(a, b)| a.abs_diff(b) < 3), "{seen:?}");
        let seen = converted(Samples::GreyAlpha, &[128, 7], &profile);
        assert!(seen.iter().zip([188, 188, 188, 7]).all(|(a, b)| a.abs_diff(b) < 3), "{seen:?}");
    }

    #[test]
    fn a_profile_of_other_colours_or_beyond_reading_counts_as_none() {
        let pixels: Vec<u8> = (0..=255).flat_map(|level| [level, 255 - level, 90]).collect();
        let grey = ColorProfile::new_gray_with_gamma(1.0);
        assert_eq!(converted(Samples::Rgb, &pixels, &grey), pixels);
        assert_eq!(converted(Samples::Rgb, &pixels, &ColorProfile::new_srgb()), pixels);
        let sound = ColorProfile::new_display_p3().encode().unwrap();
        let mut large = sound.clone();
        large.resize(LARGEST_PROFILE + 1, 0);
        for bad in [sound[..100].to_vec(), vec![0xff; 5000], Vec::new(), large] {
            let source = Decoded { profile: Some(bad), ..decoded(Samples::Rgb, &pixels, None) };
            assert_eq!(to_srgb(source).pixels, pixels);
        }
    }
}
