//! Wareroom's API in a poem application of one's own: mounted below `/shop`, beside a route of its own, with the worker in
//! the same process and an end that lets everything finish.
//!
//! Run it: `cargo run -p wareroom-examples --example own_server`, then look at `http://127.0.0.1:8080/hello` and at
//! `http://127.0.0.1:8080/shop/docs`; Ctrl-C ends it. Its catalogue is in memory: `wareroom_bootstrap::wire` gives an
//! application over files and databases in its place.

use poem::{Route, get, handler};
use std::{error::Error, sync::Arc};
use tokio_util::sync::CancellationToken;
use wareroom_app_api::server::{ServeReport, Server, ServerSettings};
use wareroom_app_api::{Api, ApiSettings};
use wareroom_app_worker::{Worker, WorkerReport, WorkerSettings};
use wareroom_application::Settings;
use wareroom_bootstrap::in_memory;
use wareroom_system::{SystemClock, SystemIds};

#[handler]
fn hello() -> &'static str {
    "this is the shop's own page"
}

/// Answers until `asked_to_stop` resolves. Then requests and jobs under way come to their end.
async fn run(
    server: Server,
    asked_to_stop: impl Future<Output = ()>,
) -> Result<(ServeReport, WorkerReport), Box<dyn Error>> {
    let app = in_memory(Arc::new(SystemClock::default()), Arc::new(SystemIds), None, Settings::default()).application;
    // Links that the API gives out have to lead back to where it is mounted.
    let api = Api::new(Arc::clone(&app), ApiSettings::at(format!("http://{}/shop", server.local_address())));
    let worker = Worker::new(app, WorkerSettings::default());
    // What `/shop/healthz/ready` tells of the worker and of the end.
    let (readiness, breaker) = (api.readiness(), worker.breaker());
    readiness.watch_worker(move || breaker.is_open());

    let stop = CancellationToken::new();
    let working = tokio::spawn({
        let stop = stop.clone();
        async move { worker.run(stop).await }
    });
    // Any poem endpoint can be served so; poem's own server takes it, too.
    let routes = Route::new().at("/hello", get(hello)).nest("/shop", api.endpoint());
    let serving = tokio::spawn(server.run(routes, stop.clone()));

    asked_to_stop.await;
    readiness.stop();
    stop.cancel();
    Ok((serving.await?, working.await?))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Server::bind(ServerSettings::default())?;
    println!("serving at http://{}/hello and /shop/docs until Ctrl-C", server.local_address());
    let (report, _) = run(server, async { _ = tokio::signal::ctrl_c().await }).await?;
    println!("stopped after {} connections, of which {} were cut", report.connections, report.cut);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{net::SocketAddr, time::Duration};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    /// Sends one request over a connection of its own; the answer's status, head and body.
    async fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, String, String) {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let (kind, length) = ("application/json", body.len());
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), head.to_lowercase(), body.to_owned())
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn own_routes_and_the_api_are_answered_until_the_end() {
        let listen = SocketAddr::from(([127, 0, 0, 1], 0));
        let server = Server::bind(ServerSettings { listen, ..ServerSettings::default() }).unwrap();
        let (address, stop) = (server.local_address(), CancellationToken::new());
        let running = tokio::spawn({
            let asked = stop.clone().cancelled_owned();
            async move { run(server, asked).await.unwrap() }
        });

        let (status, _, body) = ask(address, "GET", "/hello", "").await;
        assert_eq!((status, body.as_str()), (200, "this is the shop's own page"));

        let (status, _, body) =
            ask(address, "POST", "/shop/users", r#"{"first_name":"Ada","last_name":"Lovelace"}"#).await;
        assert_eq!(status, 201, "{body}");
        let owner: serde_json::Value = serde_json::from_str(&body).unwrap();
        let product = serde_json::json!({
            "user_id": owner["data"]["id"],
            "product_name": "Kettle",
            "product_description": "Boils water",
            "product_images": [],
            "product_price": 18.99,
        });
        let (status, head, body) = ask(address, "POST", "/shop/products", &product.to_string()).await;
        assert_eq!(status, 201, "{body}");
        let location = head.lines().find_map(|line| line.strip_prefix("location: ")).unwrap();
        let path = location.strip_prefix(&format!("http://{address}")).unwrap_or(location);
        assert!(path.starts_with("/shop/products/"), "{location}");
        let (status, _, body) = ask(address, "GET", path, "").await;
        assert_eq!(status, 200, "{body}");
        assert!(body.contains("Kettle"), "{body}");
        assert_eq!(ask(address, "GET", "/shop/healthz/ready", "").await.0, 200);
        assert_eq!(ask(address, "GET", "/products", "").await.0, 404, "the API is below /shop alone");

        stop.cancel();
        let (report, _) = tokio::time::timeout(Duration::from_secs(20), running).await.unwrap().unwrap();
        assert_eq!((report.connections, report.cut), (6, 0));
        assert!(TcpStream::connect(address).await.is_err(), "it still listens");
    }
}
