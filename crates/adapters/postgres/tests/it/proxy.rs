//! What stands between a store and its server: counts how often one waited for the other, and loses what it is told to lose.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
    task::AbortHandle,
};
use url::Url;

/// What becomes of what goes through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It arrives.
    Passes,
    /// What the client says arrives, and what the server answers does not: the connection is cut instead.
    LosesAnswers,
    /// What the client says does not arrive: the connection is cut instead.
    LosesQuestions,
    /// The same for the next that the client says, and what comes after it passes: as with a connection that died unseen.
    LosesOneQuestion,
    /// What the client says arrives, and the connection is cut instead of the next answer, of which the server is told nothing.
    /// What comes after it passes.
    CutsHalf,
    /// Nothing arrives any more, and nobody is told.
    Silent,
}

struct State {
    server: SocketAddr,
    fate: Mutex<Fate>,
    round_trips: AtomicU32,
    cut: Notify,
}

/// A proxy in front of a server; ends with the test.
pub(crate) struct Proxy {
    state: Arc<State>,
    pub(crate) url: Url,
    listening: AbortHandle,
}

impl Proxy {
    pub(crate) async fn to(url: &Url) -> Self {
        let (host, port) = (url.host_str().unwrap_or("127.0.0.1"), url.port().unwrap_or(5432));
        let server = tokio::net::lookup_host((host, port)).await.unwrap().next().unwrap();
        let state = Arc::new(State {
            server,
            fate: Mutex::new(Fate::Passes),
            round_trips: AtomicU32::new(0),
            cut: Notify::new(),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut url = url.clone();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        // What is encrypted cannot be counted.
        url.set_query(Some("sslmode=disable"));
        let listening = tokio::spawn({
            let state = Arc::clone(&state);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(carry(Arc::clone(&state), client));
                }
            }
        });
        Self { state, url, listening: listening.abort_handle() }
    }

    /// How often somebody waited for the server while this was done.
    pub(crate) async fn round_trips<T>(&self, work: impl Future<Output = T>) -> (T, u32) {
        let before = self.state.round_trips.load(SeqCst);
        let done = work.await;
        (done, self.state.round_trips.load(SeqCst) - before)
    }

    pub(crate) fn decide(&self, fate: Fate) {
        *self.state.fate.lock().unwrap() = fate;
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
        self.state.cut.notify_waiters();
    }
}

async fn carry(state: Arc<State>, client: TcpStream) {
    let Ok(server) = TcpStream::connect(state.server).await else { return };
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    // A question that follows an answer begins a round trip; one that follows a question is part of it.
    let answered = AtomicBool::new(true);
    let fate = || *state.fate.lock().unwrap();
    let half = AtomicBool::new(false);
    let questions = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from_client.read(&mut buffer).await {
            match fate() {
                Fate::LosesQuestions => return,
                Fate::LosesOneQuestion => {
                    *state.fate.lock().unwrap() = Fate::Passes;
                    return;
                }
                Fate::Silent => continue,
                Fate::Passes | Fate::LosesAnswers | Fate::CutsHalf => {}
            }
            if answered.swap(false, SeqCst) {
                state.round_trips.fetch_add(1, SeqCst);
            }
            if to_server.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    let answers = async {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(read @ 1..) = from_server.read(&mut buffer).await {
            match fate() {
                Fate::LosesAnswers => return,
                Fate::CutsHalf => {
                    *state.fate.lock().unwrap() = Fate::Passes;
                    half.store(true, SeqCst);
                    return;
                }
                Fate::Silent => continue,
                Fate::Passes | Fate::LosesQuestions | Fate::LosesOneQuestion => {}
            }
            answered.store(true, SeqCst);
            if to_client.write_all(&buffer[..read]).await.is_err() {
                return;
            }
        }
    };
    tokio::select! {
        () = questions => {}
        () = answers => {}
        () = state.cut.notified() => {}
    }
    if half.load(SeqCst) {
        drop((from_client, to_client));
        state.cut.notified().await;
    }
}
