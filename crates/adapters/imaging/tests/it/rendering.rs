//! What good sources become.

use crate::stand::{LIMITS, codec, spec};
use bytes::Bytes;
use image::{DynamicImage, ImageFormat};
use wareroom_domain::{Format, default_renditions};
use wareroom_ports::{ImageCodec, Rendered};
use wareroom_test_kit::samples::{
    Metadata, decoded, distance, file, half_transparent, jpeg_with, picture, png_with, turned, webp_with,
};

/// Must never come out of the codec.
const CANARY: &str = "canary-59.33N-18.06E";

/// Puts metadata into a file of one format.
type Maker = fn(&DynamicImage, &Metadata<'_>) -> Bytes;

async fn one(source: Bytes, max_side: u32, format: Format) -> Rendered {
    let rendering = codec().render(source, &[spec(max_side, format)], &LIMITS).await.unwrap();
    rendering.renditions.into_iter().next().unwrap()
}

#[tokio::test]
async fn colours_survive_every_source_format_and_both_rendition_formats() {
    let original = picture(96, 64);
    for source in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        // A GIF has fewer colours than the picture: what it shows of it is what must survive.
        let shown = decoded(&file(&original, source));
        for target in Format::ALL {
            let rendered = one(file(&original, source), 96, target).await;
            assert!(distance(&shown, &decoded(&rendered.bytes)) < 40, "{source:?} to {target:?}");
        }
    }
}

#[tokio::test]
async fn grey_and_sixteen_bits_become_eight_bit_colour() {
    let original = picture(96, 64);
    let sources = [
        DynamicImage::from(original.to_luma8()),
        original.to_luma16().into(),
        original.to_luma_alpha8().into(),
        original.to_rgb16().into(),
        original.to_rgba16().into(),
    ];
    for source in sources {
        let rendered = decoded(&one(file(&source, ImageFormat::Png), 96, Format::Jpeg).await.bytes);
        assert_eq!(rendered.color(), image::ColorType::Rgb8);
        assert!(distance(&DynamicImage::from(source.to_rgb8()), &rendered) < 20, "{:?}", source.color());
    }
}

#[tokio::test]
async fn transparency_becomes_white_in_jpeg_and_stays_in_webp() {
    for source in [ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif] {
        for side in [64, 32] {
            let source = file(&half_transparent(64, 64), source);
            let flat = decoded(&one(source.clone(), side, Format::Jpeg).await.bytes).to_rgb8();
            assert!(flat.get_pixel(side - 2, side / 2).0.iter().all(|level| *level > 250));
            assert!(flat.get_pixel(2, side / 2).0.iter().zip([200, 40, 40]).all(|(a, b)| a.abs_diff(b) < 8));
            let clear = decoded(&one(source, side, Format::WebP).await.bytes);
            assert!(clear.color().has_alpha());
            assert_eq!(clear.to_rgba8().get_pixel(side - 2, side / 2).0[3], 0);
            assert_eq!(clear.to_rgba8().get_pixel(2, side / 2).0[3], 255);
        }
    }
}

#[tokio::test]
async fn all_eight_orientations_give_the_same_picture() {
    let upright = picture(120, 80);
    let makers: [(&str, Maker); 3] = [("JPEG", jpeg_with), ("PNG", png_with), ("WebP", webp_with)];
    for (name, make) in makers {
        for number in 1..=8 {
            let source = make(&turned(&upright, number), &Metadata { orientation: number, text: b"" });
            let specs = [spec(120, Format::WebP), spec(60, Format::Jpeg)];
            let rendering = codec().render(source, &specs, &LIMITS).await.unwrap();
            assert_eq!((rendering.width, rendering.height), (120, 80), "{name} {number}");
            let [whole, half] = &rendering.renditions[..] else { panic!("{name} {number}: two renditions") };
            assert!(distance(&upright, &decoded(&whole.bytes)) < 20, "{name} {number}");
            let smaller = upright.resize_exact(60, 40, image::imageops::FilterType::Lanczos3);
            assert!(distance(&smaller, &decoded(&half.bytes)) < 24, "{name} {number}");
        }
    }
}

#[tokio::test]
async fn an_orientation_that_does_not_exist_is_none() {
    let upright = picture(120, 80);
    for number in [0, 9, 255] {
        let rendered = one(jpeg_with(&upright, &Metadata { orientation: number, text: b"" }), 120, Format::WebP).await;
        assert!(distance(&upright, &decoded(&rendered.bytes)) < 20);
    }
}

#[tokio::test]
async fn no_metadata_comes_out() {
    let image = picture(120, 80);
    let metadata = Metadata { orientation: 6, text: CANARY.as_bytes() };
    let sources =
        [jpeg_with(&image, &metadata), png_with(&image, &metadata), webp_with(&half_transparent(80, 80), &metadata)];
    let occurs = |bytes: &[u8], text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
    for source in sources {
        assert!(occurs(&source, CANARY.as_bytes()), "the source does not hold what is looked for");
        for format in Format::ALL {
            for side in [60, 400] {
                let bytes = one(source.clone(), side, format).await.bytes;
                for trace in [CANARY, "Exif", "EXIF", "xmpmeta", "XMP "] {
                    assert!(!occurs(&bytes, trace.as_bytes()), "{trace} in {format:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn nothing_is_enlarged_and_renditions_come_in_order() {
    let rendering =
        codec().render(file(&picture(900, 600), ImageFormat::Png), &default_renditions(), &LIMITS).await.unwrap();
    let sizes: Vec<_> = rendering.renditions.iter().map(|one| (one.width, one.height)).collect();
    assert_eq!(sizes, [(320, 213), (800, 533), (900, 600)]);
    for rendered in rendering.renditions {
        let image = decoded(&rendered.bytes);
        assert_eq!((image.width(), image.height()), (rendered.width, rendered.height));
    }
}

#[tokio::test]
async fn a_rendition_does_not_depend_on_the_others_asked_for() {
    let source = file(&picture(900, 600), ImageFormat::Jpeg);
    let all = codec().render(source.clone(), &default_renditions(), &LIMITS).await.unwrap();
    for (spec, together) in default_renditions().into_iter().zip(all.renditions) {
        let alone = codec().render(source.clone(), &[spec], &LIMITS).await.unwrap();
        assert_eq!(alone.renditions, [together]);
    }
}

#[tokio::test]
async fn an_odd_strip_keeps_a_pixel() {
    let rendered = one(file(&picture(3000, 2), ImageFormat::Png), 320, Format::WebP).await;
    assert_eq!((rendered.width, rendered.height), (320, 1));
}
