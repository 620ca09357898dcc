//! Names to addresses, with the guard in between: what is answered is what is dialled, so there is no second look-up that
//! could say something else. Knows no URL.

use crate::{Cidr, allowed};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

/// Why a name gave no address to dial. The client hands it back among an error's causes.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("the name leads to an address that is not allowed")]
    Blocked,
    #[error("the name was not resolved")]
    Unknown(#[source] io::Error),
}

pub(crate) type Answer = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;

/// Asks for the addresses of a name.
pub(crate) type Lookup = dyn Fn(String) -> Answer + Send + Sync;

/// The system's resolver: files, DNS, whatever the machine is set to.
pub(crate) fn system(name: String) -> Answer {
    Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
}

/// A resolver that gives away no address that must not be dialled.
pub(crate) struct Guarded {
    lookup: Arc<Lookup>,
    opened: Arc<[Cidr]>,
}

impl Guarded {
    pub(crate) const fn new(lookup: Arc<Lookup>, opened: Arc<[Cidr]>) -> Self {
        Self { lookup, opened }
    }
}

impl Resolve for Guarded {
    fn resolve(&self, name: Name) -> Resolving {
        let (answer, opened) = ((self.lookup)(name.as_str().to_owned()), Arc::clone(&self.opened));
        Box::pin(async move {
            let addresses = checked(answer.await.map_err(Refusal::Unknown)?, &opened)?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// All the addresses, or none: a name with one foot in the house is not trusted with the other.
fn checked(addresses: Vec<SocketAddr>, opened: &[Cidr]) -> Result<Vec<SocketAddr>, Refusal> {
    if addresses.is_empty() {
        return Err(Refusal::Unknown(io::Error::new(io::ErrorKind::NotFound, "no address")));
    }
    if addresses.iter().any(|address| !allowed(address.ip(), opened)) {
        return Err(Refusal::Blocked);
    }
    Ok(addresses)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
    }

    #[test]
    fn one_address_inside_refuses_all_answers_of_a_name() {
        let public = addresses(&["93.184.216.34", "2606:4700::1"]);
        assert_eq!(checked(public.clone(), &[]).unwrap(), public);
        for mixed in [&["93.184.216.34", "127.0.0.1"], &["::1", "93.184.216.34"], &["8.8.8.8", "::ffff:10.0.0.1"]] {
            assert!(matches!(checked(addresses(mixed), &[]), Err(Refusal::Blocked)), "{mixed:?}");
        }
    }

    #[test]
    fn a_name_without_an_address_is_not_known() {
        assert!(matches!(checked(vec![], &[]), Err(Refusal::Unknown(_))));
    }
}
