//! Ports that count what passes through them and tell how long it took. Whoever uses them notices nothing.

mod blobs;
mod call;
mod codec;
mod image_source;
mod products;
mod store;

use blobs::MeasuredBlobs;
use codec::MeasuredCodec;
use image_source::MeasuredSource;
use products::MeasuredProducts;
use std::sync::Arc;
use store::MeasuredStore;
use wareroom_application::{Application, Ports};

/// The same application over measured ports. `cached` is whether reads of products go through a shared cache. To be called
/// after [`Figures::install`](crate::figures::Figures::install), which what is made here records to.
pub fn application(application: &Application, cached: bool) -> Arc<Application> {
    let ports = application.ports().clone();
    let products = if cached { Arc::new(MeasuredProducts::new(ports.products)) } else { ports.products };
    let ports = Ports {
        store: Arc::new(MeasuredStore::new(ports.store)),
        products,
        blobs: Arc::new(MeasuredBlobs::new(ports.blobs)),
        image_source: Arc::new(MeasuredSource::new(ports.image_source)),
        codec: Arc::new(MeasuredCodec::new(ports.codec)),
        ..ports
    };
    Arc::new(Application::new(ports, application.settings().clone()))
}
