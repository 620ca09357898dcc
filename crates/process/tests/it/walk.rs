//! A process in memory, with all of its parts, and requests to it.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what a test needs and cannot have fails it")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use wareroom_app_api::server::{Server, ServerSettings};
use wareroom_app_api::{Api, ApiSettings};
use wareroom_app_worker::{Worker, WorkerSettings};
use wareroom_application::{AddImages, Application, Context, CreateProduct, RegisterUser, Settings, UploadedFile};
use wareroom_bootstrap::in_memory;
use wareroom_domain::{Description, PersonName, ProductId, ProductName};
use wareroom_memory::{CountingIds, FixedClock, MemoryImage};
use wareroom_process::admin::{Admin, Watched};
use wareroom_process::figures::Samples;
use wareroom_process::health::{Health, Parts};
use wareroom_process::measured;

/// How long something may take that is sure to come.
const LIMIT: Duration = Duration::from_mins(1);

pub(crate) const ANYWHERE: &str = "127.0.0.1:0";

/// A process.
pub(crate) struct Process {
    pub(crate) application: Arc<Application>,
    pub(crate) api: SocketAddr,
    pub(crate) admin: SocketAddr,
    _admin: AbortOnDropHandle<()>,
    stop: CancellationToken,
}

impl Process {
    pub(crate) async fn start() -> Self {
        let admin = Admin::at(ANYWHERE.parse().unwrap()).await.unwrap();
        let (clock, ids) = (FixedClock::new(jiff::Timestamp::UNIX_EPOCH), CountingIds::default());
        // What fails has failed for good.
        let settings = Settings { back_off: vec![], ..Settings::default() };
        let memory = in_memory(Arc::new(clock), Arc::new(ids), None, settings);
        memory.space.set(Some(7_000_000_000));
        let application = measured::application(&memory.application, true);
        let listen = ServerSettings { listen: ANYWHERE.parse().unwrap(), ..ServerSettings::default() };
        let server = Server::bind(listen).unwrap();
        let api_address = server.local_address();
        let api = Api::new(Arc::clone(&application), ApiSettings::at(format!("http://{api_address}")));
        let worker = Worker::new(Arc::clone(&application), WorkerSettings::default());
        let health = Health::new(Parts::of(&application));
        let breaker = worker.breaker();
        let samples =
            Samples::new(Arc::clone(&application), health.clone()).with_breaker("worker", move || breaker.is_open());
        let admin_address = admin.address();
        let serving = admin.serve(Watched { health, samples });
        let stop = CancellationToken::new();
        tokio::spawn(server.run(api.endpoint(), stop.clone()));
        tokio::spawn({
            let stop = stop.clone();
            async move { worker.run(stop).await }
        });
        Self { application, api: api_address, admin: admin_address, _admin: serving, stop }
    }

    /// Accepts a product with a picture and one that is none, and waits until both are done with.
    pub(crate) async fn one_good_and_one_bad_image(&self) -> ProductId {
        let (app, me) = (&self.application, Context::operator());
        let (first_name, last_name) = (PersonName::new("Ada").unwrap(), PersonName::new("Lovelace").unwrap());
        let owner = app.register_user(&me, RegisterUser { first_name, last_name }).await.unwrap().id;
        let (name, description) = (ProductName::new("Kettle").unwrap(), Description::new("Boils water").unwrap());
        let gone = "http://images.example/gone.png".parse().unwrap();
        let command = CreateProduct { owner, name, description, price: "18.99".parse().unwrap(), images: vec![gone] };
        let product = app.create_product(&me, command).await.unwrap().product.id;
        let bytes = MemoryImage::filled(4, 3, [200, 80, 40]).encode();
        let files = vec![UploadedFile { filename: None, bytes }];
        app.add_images(&me, AddImages::new(product, files)).await.unwrap();
        let settled = async {
            loop {
                let found = app.get_product(&me, product).await.unwrap();
                let states: Vec<&str> = found.view.images.iter().map(|image| image.state.as_str()).collect();
                if states.contains(&"ready") && states.contains(&"failed") {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(LIMIT, settled).await.expect("both images are done with in time");
        product
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// What was answered, head and body.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Asks for a path, and waits for the whole answer.
pub(crate) async fn ask(address: SocketAddr, method: &str, path: &str) -> Answer {
    let asked = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let answer = tokio::time::timeout(LIMIT, asked).await.expect("an answer in time");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no head: {answer:?}"));
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}
