//! Sets up the client of a bucket.

use super::{
    config::{S3Config, VARIABLES},
    refusal::Listening,
};
use crate::OpenError;
use object_store::{
    BackoffConfig, Certificate, ClientOptions, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
};
use std::time::Duration;

/// The longest wait between two attempts.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The client; nothing is asked yet.
pub(super) fn client(config: &S3Config, bucket: &str) -> Result<AmazonS3, OpenError> {
    let unusable = |error: object_store::Error| OpenError::Store(error.into());
    let mut options = ClientOptions::new()
        // For a whole answer: a client of ours that reads a rendition slowly would be cut off.
        .with_timeout_disabled()
        .with_read_timeout(config.answer_time)
        .with_connect_timeout(config.connect_time)
        .with_allow_http(config.may_be_plain());
    // For machines that have none of their own.
    for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
        options = options.with_root_certificate(Certificate::from_der(root).map_err(unusable)?);
    }
    let retries = RetryConfig {
        backoff: BackoffConfig { max_backoff: LONGEST_WAIT, ..BackoffConfig::default() },
        max_retries: config.retries,
        retry_timeout: config.retry_time,
    };
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_http_connector(Listening)
        .with_client_options(options)
        .with_retry(retries)
        // One key at a time is what we delete, and what every service knows.
        .with_disable_bulk_delete(true);
    // From the last to the first, so that the first of two that mean the same is what counts.
    for name in VARIABLES.iter().rev() {
        let Some(value) = config.variable(name) else { continue };
        if *name != "AWS_ALLOW_HTTP" {
            let key: AmazonS3ConfigKey = name.to_ascii_lowercase().parse().map_err(unusable)?;
            builder = builder.with_config(key, value);
        }
    }
    if let Some(region) = config.variable("AWS_REGION").or_else(|| config.variable("AWS_DEFAULT_REGION")) {
        builder = builder.with_region(region);
    }
    builder.build().map_err(unusable)
}
