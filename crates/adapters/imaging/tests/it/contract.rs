//! The promises of the port, over sources of each format.

use bytes::Bytes;
use image::{DynamicImage, ImageFormat, RgbImage};
use std::sync::Arc;
use wareroom_imaging::{Imaging, ImagingConfig};
use wareroom_port_contracts::{
    async_trait,
    codec::{CodecFixture, Features, Picture},
};
use wareroom_ports::ImageCodec;
use wareroom_test_kit::samples::{
    HTML, Metadata, decoded, file, gif_declaring, gif_with, jpeg_declaring, jpeg_with, picture, png_declaring,
    png_with, webp_declaring, webp_with,
};

fn pixels(picture: &Picture) -> DynamicImage {
    RgbImage::from_raw(picture.width, picture.height, picture.rgb.clone()).unwrap().into()
}

macro_rules! fixture {
    ($name:ident, $format:expr, $with:path, $huge:expr, $media_type:literal) => {
        fixture!($name, $format, $with, $huge, $media_type, orientations: true);
    };
    ($name:ident, $format:expr, $with:path, $huge:expr, $media_type:literal, orientations: $orientations:literal) => {
        struct $name(Arc<dyn ImageCodec>);

        #[async_trait]
        impl CodecFixture for $name {
            async fn fresh() -> Self {
                Self(Arc::new(Imaging::new(ImagingConfig { threads: 2, memory: 64 << 20 })))
            }

            fn codec(&self) -> Arc<dyn ImageCodec> {
                Arc::clone(&self.0)
            }

            fn features(&self) -> Features {
                Features { enforces_time: true }
            }

            fn image(&self, picture: &Picture, orientation: u8, text: &[u8]) -> Bytes {
                $with(&pixels(picture), &Metadata { orientation, text })
            }

            fn has_orientations(&self) -> bool {
                $orientations
            }

            fn decode(&self, rendition: &Bytes) -> Picture {
                let image = decoded(rendition).to_rgb8();
                Picture { width: image.width(), height: image.height(), rgb: image.into_raw() }
            }

            fn huge(&self) -> Bytes {
                $huge
            }

            fn no_image(&self) -> Bytes {
                Bytes::from_static(HTML)
            }

            fn unsupported(&self) -> Bytes {
                Bytes::from_static(b"II*\0\x08\0\0\0\0\0\0\0\0\0")
            }

            fn truncated(&self) -> Bytes {
                let whole = file(&picture(64, 48), $format);
                whole.slice(..whole.len() / 2)
            }

            fn media_type(&self) -> &'static str {
                $media_type
            }
        }
    };
}

mod jpeg {
    use super::*;
    fixture!(Jpeg, ImageFormat::Jpeg, jpeg_with, jpeg_declaring(60_000, 60_000), "image/jpeg");
    wareroom_port_contracts::codec_suite!(Jpeg);
}

mod png {
    use super::*;
    fixture!(Png, ImageFormat::Png, png_with, png_declaring(60_000, 60_000), "image/png");
    wareroom_port_contracts::codec_suite!(Png);
}

mod webp {
    use super::*;
    fixture!(WebP, ImageFormat::WebP, webp_with, webp_declaring(16_383, 16_383), "image/webp");
    wareroom_port_contracts::codec_suite!(WebP);
}

mod gif {
    use super::*;
    fixture!(Gif, ImageFormat::Gif, gif_with, gif_declaring(60_000, 60_000), "image/gif", orientations: false);
    wareroom_port_contracts::codec_suite!(Gif);
}
