//! How connections are encrypted, and whose certificate is believed: what the parameters `sslmode` and `sslrootcert` of the
//! database's URL mean. Knows no table and no pool.

use crate::OpenError;
use percent_encoding::percent_decode_str;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
};
use std::sync::Arc;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

/// What is asked of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protection {
    /// No encryption.
    None,
    /// Encryption where the server has it, by whatever certificate.
    Opportunistic,
    /// Encryption, by whatever certificate.
    Encrypted,
    /// Encryption by a certificate that leads to a root.
    Trusted,
    /// The same, and the certificate is of that host.
    Authentic,
}

impl Protection {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "disable" => Self::None,
            "allow" | "prefer" => Self::Opportunistic,
            "require" => Self::Encrypted,
            "verify-ca" => Self::Trusted,
            "verify-full" => Self::Authentic,
            _ => return None,
        })
    }

    pub(crate) const fn mode(self) -> SslMode {
        match self {
            Self::None => SslMode::Disable,
            Self::Opportunistic => SslMode::Prefer,
            Self::Encrypted | Self::Trusted | Self::Authentic => SslMode::Require,
        }
    }
}

/// A URL without what is said here and not by the driver.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Parted {
    pub(crate) url: String,
    pub(crate) protection: Protection,
    pub(crate) roots: Option<String>,
}

/// Takes the two parameters out of a URL. Its other parts are left as they are, and are nobody's business here.
pub(crate) fn part(url: &str) -> Result<Parted, OpenError> {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let mut parted = Parted { url: place.to_owned(), protection: Protection::Opportunistic, roots: None };
    let mut others = vec![];
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", name)) => {
                let unknown = || OpenError::Url(format!("sslmode {name:?} is not known"));
                parted.protection = Protection::named(name).ok_or_else(unknown)?;
            }
            Some(("sslrootcert", path)) => {
                parted.roots = Some(percent_decode_str(path).decode_utf8_lossy().into_owned());
            }
            _ => others.push(parameter),
        }
    }
    if !others.is_empty() {
        parted.url = format!("{place}?{}", others.join("&"));
    }
    Ok(parted)
}

/// What makes connections as they are asked for.
pub(crate) fn connector(protection: Protection, roots: Option<&str>) -> Result<MakeRustlsConnect, OpenError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
    let builder = builder.map_err(unusable)?.dangerous();
    let verifier: Arc<dyn ServerCertVerifier> = match protection {
        Protection::None | Protection::Opportunistic | Protection::Encrypted => Arc::new(Whoever(provider)),
        Protection::Trusted => Arc::new(WhateverName(by_roots(roots, provider)?)),
        Protection::Authentic => by_roots(roots, provider)?,
    };
    Ok(MakeRustlsConnect::new(builder.with_custom_certificate_verifier(verifier).with_no_client_auth()))
}

fn by_roots(path: Option<&str>, provider: Arc<CryptoProvider>) -> Result<Arc<WebPkiServerVerifier>, OpenError> {
    let certificates = match path.filter(|path| *path != "system") {
        Some(path) => CertificateDer::pem_file_iter(path)
            .and_then(Iterator::collect)
            .map_err(|error| OpenError::Roots(format!("{path}: {error}")))?,
        None => rustls_native_certs::load_native_certs().certs,
    };
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates);
    WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build().map_err(unusable)
}

fn unusable(error: impl std::fmt::Display) -> OpenError {
    OpenError::Roots(error.to_string())
}

/// Believes any certificate, as `require` has it: nobody listens in, but who answers is not known.
#[derive(Debug)]
struct Whoever(Arc<CryptoProvider>);

impl ServerCertVerifier for Whoever {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// Believes a certificate that leads to a root, whatever host it is of.
#[derive(Debug)]
struct WhateverName(Arc<WebPkiServerVerifier>);

impl ServerCertVerifier for WhateverName {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match self.0.verify_server_cert(certificate, between, name, ocsp, now) {
            Err(Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            )) => Ok(ServerCertVerified::assertion()),
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parameters_of_encryption_are_taken_out_and_the_others_left() {
        let parted =
            part("postgres://u:p%40@h:1/d?sslmode=verify-ca&connect_timeout=3&sslrootcert=%2Fa%20b.pem").unwrap();
        let url = "postgres://u:p%40@h:1/d?connect_timeout=3".to_owned();
        assert_eq!(parted, Parted { url, protection: Protection::Trusted, roots: Some("/a b.pem".to_owned()) });
        let plain = part("postgres://h/d").unwrap();
        assert_eq!((plain.url.as_str(), plain.protection), ("postgres://h/d", Protection::Opportunistic));
        assert_eq!(part("postgres://h/d?sslmode=require").unwrap().url, "postgres://h/d");
    }

    #[test]
    fn a_mode_that_is_not_known_is_refused_by_name() {
        let refused = part("postgres://h/d?sslmode=sometimes").unwrap_err();
        assert!(refused.to_string().contains("\"sometimes\""), "{refused}");
    }

    #[test]
    fn roots_that_cannot_be_read_are_refused_by_their_path() {
        let refused = connector(Protection::Authentic, Some("/nowhere/roots.pem")).err().unwrap();
        assert!(refused.to_string().contains("/nowhere/roots.pem"), "{refused}");
    }
}
