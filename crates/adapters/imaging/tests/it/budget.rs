//! Many sources at once, and memory for few.

use crate::stand::{LIMITS, spec};
use image::ImageFormat;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinSet;
use wareroom_domain::Format;
use wareroom_imaging::{Imaging, ImagingConfig};
use wareroom_ports::{CodecError, CodecLimits, ImageCodec};
use wareroom_test_kit::samples::{file, picture};

#[tokio::test]
async fn sources_that_need_more_than_there_is_are_rendered_one_after_the_other() {
    let codec = Arc::new(Imaging::new(ImagingConfig { threads: 4, memory: 0 }));
    let source = file(&picture(1200, 900), ImageFormat::Jpeg);
    let mut jobs = JoinSet::new();
    for _ in 0..6 {
        let (codec, source) = (Arc::clone(&codec), source.clone());
        jobs.spawn(async move { codec.render(source, &[spec(320, Format::WebP)], &LIMITS).await });
    }
    let made: Vec<_> = jobs.join_all().await.into_iter().map(|rendering| rendering.unwrap().renditions).collect();
    assert_eq!(made.len(), 6);
    assert!(made.iter().all(|renditions| *renditions == made[0]));
}

#[tokio::test]
async fn waiting_for_memory_is_no_fault_of_the_image() {
    let codec = Arc::new(Imaging::new(ImagingConfig { threads: 4, memory: 1 << 20 }));
    let large = file(&picture(4000, 3000), ImageFormat::Png);
    let first = tokio::spawn({
        let (codec, large) = (Arc::clone(&codec), large.clone());
        async move { codec.render(large, &[spec(4000, Format::WebP)], &LIMITS).await }
    });
    // The first has begun, and takes seconds; the others give up before it is done.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let hurry = CodecLimits { time: Duration::from_millis(50), ..LIMITS };
    let waited = codec.render(large, &[spec(320, Format::WebP)], &hurry).await;
    assert!(matches!(waited, Err(CodecError::Backend(_))), "{waited:?}");
    assert!(first.await.unwrap().is_ok());
}
