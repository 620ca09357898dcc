//! Opens what fetches images and what renders them.

use crate::{Config, StartError};
use std::sync::Arc;
use wareroom_ports::{ImageCodec, ImageSource};

#[cfg(feature = "download")]
pub(super) fn open_source(config: &Config) -> Result<Arc<dyn ImageSource>, StartError> {
    use wareroom_download::{DownloadConfig, DownloadSource};
    let failed = |source| StartError::Adapter { what: "download client", source };
    let allow = config.image_source_allow.iter().map(|range| range.parse()).collect::<Result<_, _>>();
    let allow = allow.map_err(|error: wareroom_download::CidrError| failed(error.into()))?;
    let user_agent = config.download_user_agent.clone().unwrap_or_else(|| DownloadConfig::default().user_agent);
    let settings = DownloadConfig { allow, memory: config.download_memory, user_agent };
    let source = DownloadSource::open(settings).map_err(|error| failed(error.into()))?;
    Ok(Arc::new(source))
}

#[cfg(not(feature = "download"))]
pub(super) fn open_source(_config: &Config) -> Result<Arc<dyn ImageSource>, StartError> {
    Err(StartError::NotBuilt("downloads"))
}

#[cfg(feature = "imaging")]
#[expect(clippy::unnecessary_wraps, reason = "a build without this feature fails here")]
pub(super) fn open_codec(config: &Config) -> Result<Arc<dyn ImageCodec>, StartError> {
    let settings = wareroom_imaging::ImagingConfig {
        threads: usize::from(config.worker_concurrency),
        memory: config.codec_memory,
    };
    Ok(Arc::new(wareroom_imaging::Imaging::new(settings)))
}

#[cfg(not(feature = "imaging"))]
pub(super) fn open_codec(_config: &Config) -> Result<Arc<dyn ImageCodec>, StartError> {
    Err(StartError::NotBuilt("the imaging codecs"))
}
