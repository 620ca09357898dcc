//! TLS towards a broker: whose certificates are believed. Knows no URL.

use crate::error::OpenError;
use amqprs::tls::TlsAdaptor;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// For connections to that host; by the roots in that file, or by the machine's own.
pub(crate) fn adaptor(host: &str, roots: Option<&str>) -> Result<TlsAdaptor, OpenError> {
    let certificates = match roots {
        Some(path) => CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| OpenError::Roots(format!("{path}: {error}")))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(certificates);
    if store.is_empty() {
        return Err(OpenError::Roots(format!("there are none in {}", roots.unwrap_or("the system's store"))));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| OpenError::Roots(error.to_string()))?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(TlsAdaptor::new(TlsConnector::from(Arc::new(config)), host.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_that_cannot_be_read_are_refused_by_their_path() {
        let refused = adaptor("h", Some("/nowhere/roots.pem")).err().unwrap();
        assert!(refused.to_string().contains("/nowhere/roots.pem"), "{refused}");
    }
}
