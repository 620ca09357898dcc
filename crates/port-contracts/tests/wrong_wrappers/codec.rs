//! A codec that is wrong.

use crate::proof::{fault, prove, runnable};
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use wareroom_domain::RenditionSpec;
use wareroom_memory::{MemoryCodec, MemoryImage};
use wareroom_port_contracts::codec::{CASES, CodecFixture, Features, Picture};
use wareroom_port_contracts::codec_cases;
use wareroom_ports::{CodecError, CodecLimits, ImageCodec, Inspected, Rendering};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    ChangesItsRevision,
    InspectsAsShown,
    InspectsWithoutLimit,
    TakesAnythingForAnImage,
    TakesOtherFormatsForNoImage,
    PadsWhatIsTruncated,
    RendersBackwards,
    Enlarges,
    GuessesTheMediaType,
    RendersBlack,
    IgnoresTheOrientation,
    CarriesMetadata,
    SaltsItsBytes,
    DecodesBeforeItChecks,
    PanicsOnDamage,
    TakesItsTime,
}

struct Wrong {
    calls: AtomicU8,
    fault: Option<Fault>,
}

/// The picture twice as wide and twice as high.
fn enlarged(image: &MemoryImage) -> MemoryImage {
    let (width, height) = (image.width as usize, image.height as usize);
    let pixel = |x: usize, y: usize| image.pixels.slice(3 * (y / 2 * width + x / 2)..3 * (y / 2 * width + x / 2) + 3);
    let pixels = (0..2 * height).flat_map(|y| (0..2 * width).flat_map(move |x| pixel(x, y))).collect();
    MemoryImage { width: 2 * image.width, height: 2 * image.height, pixels, ..image.clone() }
}

impl Wrong {
    /// What is rendered instead of the source.
    fn instead(&self, source: Bytes) -> Bytes {
        let Ok(image) = MemoryImage::decode(&source) else { return source };
        match self.fault {
            Some(Fault::Enlarges) => enlarged(&image).encode(),
            Some(Fault::RendersBlack) => MemoryImage { pixels: vec![0; image.pixels.len()].into(), ..image }.encode(),
            Some(Fault::IgnoresTheOrientation) => MemoryImage { orientation: 1, ..image }.encode(),
            _ => source,
        }
    }
}

#[async_trait]
impl ImageCodec for Wrong {
    fn revision(&self) -> &str {
        match self.fault {
            Some(Fault::ChangesItsRevision) if self.calls.load(Ordering::SeqCst) > 0 => "another",
            _ => MemoryCodec.revision(),
        }
    }

    async fn inspect(&self, source: Bytes, limits: &CodecLimits) -> Result<Inspected, CodecError> {
        let unlimited = CodecLimits { pixels: u64::MAX, ..*limits };
        let limits = if self.fault == Some(Fault::InspectsWithoutLimit) { &unlimited } else { limits };
        let turned = MemoryImage::decode(&source).is_ok_and(|image| image.orientation > 4);
        match (self.fault, MemoryCodec.inspect(source, limits).await) {
            (Some(Fault::InspectsAsShown), Ok(Inspected { media_type, width, height })) if turned => {
                Ok(Inspected { media_type, width: height, height: width })
            }
            (Some(Fault::TakesAnythingForAnImage), Err(CodecError::NotAnImage)) => {
                Err(CodecError::Damaged("no header".to_owned()))
            }
            (Some(Fault::TakesOtherFormatsForNoImage), Err(CodecError::Unsupported(_))) => Err(CodecError::NotAnImage),
            (_, outcome) => outcome,
        }
    }

    async fn render(
        &self,
        source: Bytes,
        specs: &[RenditionSpec],
        limits: &CodecLimits,
    ) -> Result<Rendering, CodecError> {
        let calls = self.calls.fetch_add(1, Ordering::SeqCst);
        let patient = CodecLimits { time: Duration::from_hours(1), ..*limits };
        let limits = if self.fault == Some(Fault::TakesItsTime) { &patient } else { limits };
        if self.fault == Some(Fault::DecodesBeforeItChecks) {
            MemoryImage::decode(&source)?;
        }
        let metadata = MemoryImage::decode(&source).map(|image| image.metadata).unwrap_or_default();
        let mut outcome = MemoryCodec.render(self.instead(source.clone()), specs, limits).await;
        match (self.fault, &mut outcome) {
            (Some(Fault::PadsWhatIsTruncated), Err(CodecError::Truncated)) => {
                let mut padded = source.to_vec();
                while matches!(MemoryImage::decode(&padded), Err(CodecError::Truncated)) {
                    padded.push(0);
                }
                return MemoryCodec.render(padded.into(), specs, limits).await;
            }
            (Some(Fault::PanicsOnDamage), Err(CodecError::Damaged(what))) => panic!("{what}"),
            (Some(Fault::RendersBackwards), Ok(rendering)) => rendering.renditions.reverse(),
            (Some(Fault::GuessesTheMediaType), Ok(rendering)) => rendering.media_type = "image/jpeg",
            (Some(Fault::CarriesMetadata), Ok(rendering)) => {
                for rendered in &mut rendering.renditions {
                    let image = MemoryImage::decode(&rendered.bytes)?;
                    rendered.bytes = MemoryImage { metadata: metadata.clone(), ..image }.encode();
                }
            }
            (Some(Fault::SaltsItsBytes), Ok(rendering)) => {
                for rendered in &mut rendering.renditions {
                    let mut salted = rendered.bytes.to_vec();
                    salted.iter_mut().last().map(|byte| *byte ^= calls).unwrap_or_default();
                    rendered.bytes = salted.into();
                }
            }
            _ => {}
        }
        outcome
    }
}

struct Fixture(Arc<Wrong>);

#[async_trait]
impl CodecFixture for Fixture {
    async fn fresh() -> Self {
        Self(Arc::new(Wrong { calls: AtomicU8::new(0), fault: fault() }))
    }

    fn codec(&self) -> Arc<dyn ImageCodec> {
        Arc::clone(&self.0) as _
    }

    fn features(&self) -> Features {
        Features { enforces_time: true }
    }

    fn image(&self, picture: &Picture, orientation: u8, metadata: &[u8]) -> Bytes {
        let Picture { width, height, rgb } = picture.clone();
        let metadata = Bytes::copy_from_slice(metadata);
        MemoryImage { width, height, orientation, metadata, pixels: rgb.into() }.encode()
    }

    fn decode(&self, rendition: &Bytes) -> Picture {
        let MemoryImage { width, height, pixels, .. } = MemoryImage::decode(rendition).expect("a rendition");
        Picture { width, height, rgb: pixels.into() }
    }

    fn huge(&self) -> Bytes {
        MemoryImage { width: 60_000, height: 60_000, ..MemoryImage::filled(1, 1, [0; 3]) }.encode()
    }

    fn no_image(&self) -> Bytes {
        Bytes::from_static(b"<html>")
    }

    fn unsupported(&self) -> Bytes {
        Bytes::from_static(b"%PDF-1.7")
    }

    fn truncated(&self) -> Bytes {
        MemoryImage::filled(20, 20, [9; 3]).encode().slice(..600)
    }

    fn media_type(&self) -> &'static str {
        "image/x-wareroom-memory"
    }
}

codec_cases!(runnable, (Fixture));

#[test]
fn every_case_of_the_codec_notices_its_fault() {
    let faults = [
        ("the_revision_stays", Fault::ChangesItsRevision),
        ("inspect_tells_type_and_size_as_stored", Fault::InspectsAsShown),
        ("a_tiny_file_that_declares_a_huge_picture_is_too_many_pixels_at_once", Fault::InspectsWithoutLimit),
        ("what_is_no_image_is_told_by_content", Fault::TakesAnythingForAnImage),
        ("what_is_an_image_of_a_format_not_read_is_told_by_content", Fault::TakesOtherFormatsForNoImage),
        ("an_image_that_ends_too_early_is_truncated", Fault::PadsWhatIsTruncated),
        ("renditions_come_in_order_in_the_size_that_fits", Fault::RendersBackwards),
        ("nothing_is_enlarged", Fault::Enlarges),
        ("a_rendering_tells_the_media_type", Fault::GuessesTheMediaType),
        ("a_rendition_shows_the_picture", Fault::RendersBlack),
        ("the_orientation_is_applied", Fault::IgnoresTheOrientation),
        ("no_metadata_is_carried_over", Fault::CarriesMetadata),
        ("the_same_input_gives_the_same_bytes", Fault::SaltsItsBytes),
        ("too_many_pixels_are_refused_before_decoding", Fault::DecodesBeforeItChecks),
        ("any_input_is_survived", Fault::PanicsOnDamage),
        ("a_render_ends_within_its_time", Fault::TakesItsTime),
    ];
    prove("codec", CASES, &codec(), &faults);
}
