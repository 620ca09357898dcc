//! The server.

use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{CONTENT_TYPE, IF_NONE_MATCH},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use s3s::{
    Body, HttpError,
    auth::SimpleAuth,
    service::{S3Service, S3ServiceBuilder},
};
use s3s_fs::FileSystem;
use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio::{
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};

/// What a server is like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerConfig {
    /// Where it listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where its buckets are, each a folder. Made when it is not there.
    pub folder: PathBuf,
    /// Buckets to make at the start, if they are not there.
    pub buckets: Vec<String>,
    /// The key that it knows.
    pub access_key: String,
    /// What requests are signed with.
    pub secret_key: String,
    /// Whether it knows puts that are to overwrite nothing; some services do not.
    pub conditions: bool,
}

impl ServerConfig {
    /// A server on a free port of 127.0.0.1 with the bucket `wareroom` and the keys `key` and `secret`.
    pub fn at(folder: &Path) -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            folder: folder.to_owned(),
            buckets: vec!["wareroom".to_owned()],
            access_key: "key".to_owned(),
            secret_key: "secret".to_owned(),
            conditions: true,
        }
    }
}

/// A server that runs until this is dropped.
pub struct S3Server {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

impl S3Server {
    /// Starts it.
    pub async fn start(config: ServerConfig) -> io::Result<Self> {
        for bucket in &config.buckets {
            fs::create_dir_all(config.folder.join(bucket))?;
        }
        let files = FileSystem::new(&config.folder).map_err(|error| io::Error::other(format!("{error:?}")))?;
        let mut builder = S3ServiceBuilder::new(files);
        builder.set_auth(SimpleAuth::from_single(config.access_key, config.secret_key));
        let listener = TcpListener::bind(config.listen).await?;
        let address = listener.local_addr()?;
        let front = Front { s3: builder.build(), folder: config.folder, conditions: config.conditions };
        Ok(Self { address, serving: tokio::spawn(serve(listener, Arc::new(front))) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Runs until the process ends.
    pub async fn run(mut self) -> io::Result<()> {
        (&mut self.serving).await.map_err(io::Error::other)
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, front: Arc<Front>) {
    // Ends every connection with the server.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((socket, _)) = listener.accept() => {
                connections.spawn(connection(socket, Arc::clone(&front)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(socket: TcpStream, front: Arc<Front>) {
    let service = service_fn(move |request| {
        let front = Arc::clone(&front);
        async move { front.answer(request).await }
    });
    // Whoever goes away in the middle has their reasons.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
}

/// Stands before the files and does what they do not: they would make a bucket for whoever writes to it.
struct Front {
    s3: S3Service,
    folder: PathBuf,
    conditions: bool,
}

impl Front {
    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Body>, HttpError> {
        let bucket = request.uri().path().split('/').nth(1).unwrap_or_default();
        if !self.folder.join(bucket).is_dir() {
            return Ok(refusal(StatusCode::NOT_FOUND, "NoSuchBucket"));
        }
        if !self.conditions && request.headers().contains_key(IF_NONE_MATCH) {
            return Ok(refusal(StatusCode::NOT_IMPLEMENTED, "NotImplemented"));
        }
        self.s3.call(request.map(Body::from)).await
    }
}

fn refusal(status: StatusCode, code: &str) -> Response<Body> {
    let body = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code></Error>");
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static("application/xml"));
    response
}
