//! A large blob, sent in parts. Nobody sees anything of it until the service has put the parts together.

use bytes::Bytes;
use futures::{StreamExt, TryStreamExt, stream};
use object_store::{MultipartUpload, PutPayload, Result};
use tokio::runtime::Handle;

/// How many parts are under way at a time. They share the line, and each has to get through in time.
const AT_ONCE: usize = 2;

/// An upload that is aborted when it is dropped before its end, so that its parts do not stay behind, unseen and paid for.
/// Who dies before, or loses the connection over it, leaves them to a rule of the bucket's.
pub(super) struct Upload(Option<Box<dyn MultipartUpload>>);

impl Upload {
    pub(super) fn new(begun: Box<dyn MultipartUpload>) -> Self {
        Self(Some(begun))
    }

    /// Sends all of it.
    pub(super) async fn send(mut self, bytes: &Bytes, part: usize) -> Result<()> {
        let Some(upload) = &mut self.0 else { return Ok(()) };
        let parts: Vec<_> = (0..bytes.len())
            .step_by(part)
            .map(|start| bytes.slice(start..bytes.len().min(start + part)))
            .map(|part| upload.put_part(PutPayload::from_bytes(part)))
            .collect();
        stream::iter(parts).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        upload.complete().await?;
        self.0 = None;
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(mut upload) = self.0.take() else { return };
        // Without a runtime the process is about to end.
        let Ok(runtime) = Handle::try_current() else { return };
        runtime.spawn(async move {
            if let Err(error) = upload.abort().await {
                let error: &dyn std::error::Error = &error;
                tracing::debug!(error, "an upload could not be aborted; the bucket's rules have to remove its parts");
            }
        });
    }
}
