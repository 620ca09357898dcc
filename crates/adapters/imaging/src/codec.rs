//! The port itself: which steps are taken, in which order.

use crate::{
    ImagingConfig,
    decode::Source,
    encode::encode,
    picture::{Picture, swaps_sides},
    pool::{Caller, Pool},
};
use async_trait::async_trait;
use bytes::Bytes;
use fast_image_resize::Resizer;
use wareroom_domain::RenditionSpec;
use wareroom_ports::{CodecError, CodecLimits, ImageCodec, Inspected, Rendered, Rendering};

/// To be changed with everything that changes the bytes of a rendition: a new version of a decoder, of the resizer or of
/// an encoder, other settings of theirs, another order of steps.
const REVISION: &str = "imaging-1";

/// The target of the events that name the stage a source is in, told on the thread that does the work.
const STAGE: &str = "wareroom::stage";

/// Inspects and renders images on a bounded number of blocking threads.
pub struct Imaging {
    renders: Pool,
    // Headers are read while a client waits, so they do not queue behind renders.
    inspections: Pool,
}

impl Imaging {
    /// A codec that renders on that many threads at most, and reads headers on as many again.
    pub fn new(config: ImagingConfig) -> Self {
        Self { renders: Pool::new(config.threads), inspections: Pool::new(config.threads) }
    }
}

#[async_trait]
impl ImageCodec for Imaging {
    fn revision(&self) -> &str {
        REVISION
    }

    async fn inspect(&self, source: Bytes, limits: &CodecLimits) -> Result<Inspected, CodecError> {
        let pixels = limits.pixels;
        let read = move |_: &Caller| {
            let source = Source::open(&source, pixels)?;
            let (width, height) = source.size();
            Ok(Inspected { media_type: source.media_type(), width, height })
        };
        self.inspections.run(limits.time, read).await
    }

    async fn render(
        &self,
        source: Bytes,
        specs: &[RenditionSpec],
        limits: &CodecLimits,
    ) -> Result<Rendering, CodecError> {
        let (specs, pixels) = (specs.to_vec(), limits.pixels);
        self.renders.run(limits.time, move |caller| render(&source, &specs, pixels, caller)).await
    }
}

fn render(bytes: &[u8], specs: &[RenditionSpec], pixels: u64, caller: &Caller) -> Result<Rendering, CodecError> {
    let source = Source::open(bytes, pixels)?;
    tracing::debug!(target: STAGE, stage = "decode");
    let (picture, orientation) = source.decode()?;
    let turn = |(a, b): (u32, u32)| if swaps_sides(orientation) { (b, a) } else { (a, b) };
    let (width, height) = turn((picture.width, picture.height));

    // Pictures of one size are made once, whatever formats they are written in. Each is made from the source and turned
    // afterwards, when there is less to turn.
    let mut resizer = Resizer::new();
    let mut made: Vec<Picture> = Vec::new();
    let mut renditions = Vec::with_capacity(specs.len());
    for spec in specs {
        let size = spec.fit(width, height);
        let known = made.iter().position(|picture| (picture.width, picture.height) == size);
        if known.is_none() {
            caller.still_waits()?;
            made.push(picture.resized(turn(size), &mut resizer)?.oriented(orientation)?);
        }
        let picture = &made[known.unwrap_or(made.len() - 1)];
        caller.still_waits()?;
        if renditions.is_empty() {
            tracing::debug!(target: STAGE, stage = "encode");
        }
        let bytes = encode(picture, spec.format, spec.quality)?;
        renditions.push(Rendered { width: size.0, height: size.1, bytes });
    }
    Ok(Rendering { width, height, renditions })
}
