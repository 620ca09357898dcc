//! Decoding and encoding images, measured: rendering as a whole, which includes the wait for a thread, and its two halves.

use super::call::Call;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::Arc;
use wareroom_domain::RenditionSpec;
use wareroom_ports::{CodecError, CodecLimits, ImageCodec, Inspected, Rendering};

pub(super) struct MeasuredCodec {
    inner: Arc<dyn ImageCodec>,
    inspect: Call,
    render: Call,
    decode: Call,
    encode: Call,
}

impl MeasuredCodec {
    pub(super) fn new(inner: Arc<dyn ImageCodec>) -> Self {
        let call = |name| Call::new("codec", name);
        Self { inner, inspect: call("inspect"), render: call("render"), decode: call("decode"), encode: call("encode") }
    }
}

#[async_trait]
impl ImageCodec for MeasuredCodec {
    fn revision(&self) -> &str {
        self.inner.revision()
    }

    async fn inspect(&self, source: Bytes, limits: &CodecLimits) -> Result<Inspected, CodecError> {
        self.inspect.time(self.inner.inspect(source, limits)).await
    }

    async fn render(
        &self,
        source: Bytes,
        specs: &[RenditionSpec],
        limits: &CodecLimits,
    ) -> Result<Rendering, CodecError> {
        let rendering = self.render.time(self.inner.render(source, specs, limits)).await?;
        self.decode.took(rendering.spent.decoding);
        self.encode.took(rendering.spent.encoding);
        Ok(rendering)
    }
}
