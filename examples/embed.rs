//! Wareroom inside another program: in memory, without HTTP and without any driver. A product gets an uploaded picture, a
//! worker makes its renditions, and what became of it is printed.
//!
//! Run it: `cargo run -p wareroom-examples --no-default-features --example embed`

use std::{error::Error, sync::Arc, time::Duration};
use tokio_util::sync::CancellationToken;
use wareroom_app_worker::{Worker, WorkerSettings};
use wareroom_application::{AddImages, Context, CreateProduct, RegisterUser, Settings, UploadedFile};
use wareroom_bootstrap::in_memory;
use wareroom_domain::{Description, PersonName, ProductName};
use wareroom_memory::MemoryImage;
use wareroom_system::{SystemClock, SystemIds};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let (clock, ids) = (Arc::new(SystemClock::default()), Arc::new(SystemIds));
    let app = in_memory(clock, ids, None, Settings::default()).application;
    let stop = CancellationToken::new();
    let worker = Worker::new(app.clone(), WorkerSettings::default());
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });

    let me = Context::operator();
    let name = RegisterUser { first_name: PersonName::new("Ada")?, last_name: PersonName::new("Lovelace")? };
    let owner = app.register_user(&me, name).await?.id;
    let (name, description) = (ProductName::new("Kettle")?, Description::new("Boils water")?);
    let price = "18.99".parse()?;
    let command = CreateProduct { owner, name, description, price, images: vec![] };
    let product = app.create_product(&me, command).await?.product.id;
    let picture = MemoryImage::filled(640, 480, [200, 80, 40]);
    let files = vec![UploadedFile { filename: None, bytes: picture.encode() }];
    app.add_images(&me, AddImages::new(product, files)).await?;

    while !app.get_product(&me, product).await?.view.images.iter().all(|image| image.state.settled()) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    println!("{:#?}", app.get_product(&me, product).await?.view.images);
    stop.cancel();
    working.await?;
    Ok(())
}
