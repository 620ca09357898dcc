//! The port itself: which steps are taken, in which order.

use crate::{
    ImagingConfig,
    budget::needed,
    colour::to_srgb,
    decode::Source,
    encode::encode,
    header::Header,
    picture::{Picture, swaps_sides},
    pool::{Caller, Pool, Urgency},
};
use async_trait::async_trait;
use bytes::Bytes;
use fast_image_resize::Resizer;
use tokio::time::Instant;
use wareroom_domain::RenditionSpec;
use wareroom_ports::{CodecError, CodecLimits, ImageCodec, Inspected, Rendered, Rendering, Spent};

/// To be changed with everything that changes the bytes of a rendition: a new version of a decoder, of the resizer or of
/// an encoder, other settings of theirs, another order of steps.
const REVISION: &str = "imaging-2";

/// The target of the events that name the stage a source is in, told on the thread that does the work.
const STAGE: &str = "wareroom::stage";

/// Inspects and renders images on a bounded number of blocking threads.
pub struct Imaging {
    renders: Pool,
    // Headers are read while a client waits, so they do not queue behind renders.
    inspections: Pool,
}

impl Imaging {
    /// A codec that renders on that many threads at most, within that much memory, and reads headers on as many threads
    /// again.
    pub fn new(config: ImagingConfig) -> Self {
        let ImagingConfig { threads, memory, .. } = config;
        Self { renders: Pool::new(threads, memory, Urgency::Behind), inspections: Pool::new(threads, 0, Urgency::Now) }
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
            let header = Header::read(&source, pixels)?;
            let source = Source::open(&source, header, pixels)?;
            let (width, height) = source.size();
            Ok(Inspected { media_type: source.media_type(), width, height })
        };
        self.inspections.run(limits.time, 0, read).await
    }

    async fn render(
        &self,
        source: Bytes,
        specs: &[RenditionSpec],
        limits: &CodecLimits,
    ) -> Result<Rendering, CodecError> {
        let (specs, pixels, bytes) = (specs.to_vec(), limits.pixels, source.clone());
        let header = self.inspections.run(limits.time, 0, move |_| Header::read(&bytes, pixels)).await?;
        let memory = needed(&header, source.len(), &specs);
        self.renders.run(limits.time, memory, move |caller| render(&source, header, &specs, pixels, caller)).await
    }
}

fn render(
    bytes: &[u8],
    header: Header,
    specs: &[RenditionSpec],
    pixels: u64,
    caller: &Caller,
) -> Result<Rendering, CodecError> {
    let begun = Instant::now();
    let source = Source::open(bytes, header, pixels)?;
    let media_type = source.media_type();
    tracing::debug!(target: STAGE, stage = "decode");
    let decoded = source.decode()?;
    let orientation = decoded.orientation;
    caller.still_waits()?;
    let picture = to_srgb(decoded).weighed()?;
    let decoding = begun.elapsed();
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
    let spent = Spent { decoding, encoding: begun.elapsed().saturating_sub(decoding) };
    Ok(Rendering { media_type, width, height, renditions, spent })
}
