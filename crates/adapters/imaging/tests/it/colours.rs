//! Colours that are not sRGB's: profiles of every class, and inks.

use crate::stand::{LIMITS, codec, spec};
use bytes::Bytes;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage, Rgba, RgbaImage};
use wareroom_domain::Format;
use wareroom_ports::ImageCodec;
use wareroom_test_kit::samples::{
    Inks, StoredInks, cyan_is_red, decoded, display_p3, distance, file, green_is_red, half_transparent, jpeg_in,
    jpeg_in_inks, jpeg_of_inks, linear_grey, picture, png_in, webp_in,
};

/// Puts a profile into a file of one format.
type Maker = fn(&DynamicImage, &[u8]) -> Bytes;

fn plain(colour: [u8; 3]) -> DynamicImage {
    RgbImage::from_pixel(32, 32, Rgb(colour)).into()
}

/// The colour in the middle of the rendition of a source.
async fn shown(source: Bytes) -> [u8; 3] {
    let rendering = codec().render(source, &[spec(16, Format::Jpeg)], &LIMITS).await.unwrap();
    decoded(&rendering.renditions[0].bytes).to_rgb8().get_pixel(8, 8).0
}

fn near(seen: [u8; 3], expected: [u8; 3]) -> bool {
    seen.iter().zip(expected).all(|(a, b)| a.abs_diff(b) < 12)
}

#[tokio::test]
async fn inks_without_a_profile_show_the_picture() {
    let original = picture(96, 64);
    for stored in [StoredInks::Cmyk, StoredInks::Ycck] {
        for progressive in [false, true] {
            let source = jpeg_in_inks(&original, &Inks { stored, progressive, profile: b"" });
            let rendering = codec().render(source, &[spec(96, Format::WebP)], &LIMITS).await.unwrap();
            let seen = decoded(&rendering.renditions[0].bytes);
            assert!(distance(&original, &seen) < 24, "{progressive}: {}", distance(&original, &seen));
        }
    }
}

#[tokio::test]
async fn black_ink_darkens_the_others() {
    let how = Inks { stored: StoredInks::Cmyk, progressive: false, profile: b"" };
    let seen = shown(jpeg_of_inks((32, 32), &[255, 128, 0, 128].repeat(32 * 32), &how)).await;
    assert!(near(seen, [128, 64, 0]), "{seen:?}");
}

#[tokio::test]
async fn inks_are_what_their_profile_says() {
    for stored in [StoredInks::Cmyk, StoredInks::Ycck] {
        for (name, stored_as, expected) in [
            ("white", [255, 255, 255], [255, 255, 255]),
            ("cyan", [0, 255, 255], [255, 0, 0]),
            ("magenta", [255, 0, 255], [0, 0, 255]),
            ("all", [0, 0, 0], [0, 0, 0]),
        ] {
            let source = jpeg_in_inks(&plain(stored_as), &Inks { stored, progressive: false, profile: &cyan_is_red() });
            let seen = shown(source).await;
            assert!(near(seen, expected), "{name}: {seen:?}");
        }
    }
}

#[tokio::test]
async fn a_profile_counts_in_every_format_that_has_them() {
    let makers: [(&str, Maker); 3] = [("JPEG", jpeg_in), ("PNG", png_in), ("WebP", webp_in)];
    for (name, make) in makers {
        let seen = shown(make(&plain([0, 255, 0]), &green_is_red())).await;
        assert!(near(seen, [255, 0, 0]), "{name}, a table: {seen:?}");
        // What these screens call that is the green of sRGB.
        let seen = shown(make(&plain([117, 251, 76]), &display_p3())).await;
        assert!(near(seen, [0, 255, 0]), "{name}, a matrix: {seen:?}");
        let seen = shown(make(&plain([0, 255, 0]), b"no profile at all")).await;
        assert!(near(seen, [0, 255, 0]), "{name}, damage: {seen:?}");
        let seen = shown(make(&plain([0, 255, 0]), &cyan_is_red())).await;
        assert!(near(seen, [0, 255, 0]), "{name}, of inks: {seen:?}");
    }
}

#[tokio::test]
async fn grey_has_profiles_too() {
    let grey = DynamicImage::from(plain([128; 3]).to_luma8());
    for source in [jpeg_in(&grey, &linear_grey()), png_in(&grey, &linear_grey())] {
        // Half of the light looks like 188 of 255.
        let seen = shown(source).await;
        assert!(near(seen, [188; 3]), "{seen:?}");
    }
    let see_through = DynamicImage::from(half_transparent(32, 32).to_luma_alpha8());
    let rendering =
        codec().render(png_in(&see_through, &linear_grey()), &[spec(32, Format::WebP)], &LIMITS).await.unwrap();
    assert_eq!(decoded(&rendering.renditions[0].bytes).to_rgba8().get_pixel(30, 16).0[3], 0);
}

#[tokio::test]
async fn a_profile_keeps_what_is_transparent() {
    let half = |x: u32, _| if x < 16 { Rgba([0, 255, 0, 255]) } else { Rgba([0, 255, 0, 0]) };
    let image = DynamicImage::from(RgbaImage::from_fn(32, 32, half));
    for source in [png_in(&image, &green_is_red()), webp_in(&image, &green_is_red())] {
        let rendering = codec().render(source, &[spec(16, Format::WebP)], &LIMITS).await.unwrap();
        let seen = decoded(&rendering.renditions[0].bytes).to_rgba8();
        let Rgba([r, g, b, alpha]) = *seen.get_pixel(3, 8);
        assert!(near([r, g, b], [255, 0, 0]) && alpha == 255, "{r} {g} {b} {alpha}");
        assert_eq!(seen.get_pixel(13, 8).0[3], 0);
    }
}

#[tokio::test]
async fn a_soft_edge_has_no_dark_fringe() {
    // White that fades out, over a black that nobody is to see.
    let fade = |x: u32, _| if x < 40 { Rgba([255; 4]) } else { Rgba([0, 0, 0, 0]) };
    let image = DynamicImage::from(RgbaImage::from_fn(81, 81, fade));
    for format in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        let specs = [spec(23, Format::WebP), spec(23, Format::Jpeg), spec(81, Format::WebP)];
        let rendering = codec().render(file(&image, format), &specs, &LIMITS).await.unwrap();
        for rendered in &rendering.renditions {
            for pixel in decoded(&rendered.bytes).to_rgba8().pixels().filter(|pixel| pixel.0[3] > 8) {
                assert!(pixel.0[..3].iter().all(|level| *level > 240), "{format:?}: {pixel:?}");
            }
        }
    }
}
