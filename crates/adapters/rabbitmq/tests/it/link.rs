//! A link between a process and a broker that can be cut.

use std::net::SocketAddr;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::AbortHandle;
use url::Url;

pub(crate) struct Link {
    url: Url,
    cuts: watch::Sender<Cuts>,
    accepting: AbortHandle,
}

#[derive(Clone, Copy)]
struct Cuts {
    /// How often it was cut so far.
    count: usize,
    /// Whether new connections end at once, too.
    stays: bool,
}

impl Link {
    pub(crate) async fn to(url: &str) -> Self {
        let mut url = Url::parse(url).unwrap();
        let (host, port) = (url.host_str().unwrap(), url.port().unwrap_or(5672));
        let broker = tokio::net::lookup_host((host, port)).await.unwrap().next().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_host(Some("127.0.0.1")).unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (cuts, watched) = watch::channel(Cuts { count: 0, stays: false });
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if !watched.borrow().stays {
                    tokio::spawn(carry(near, broker, watched.clone()));
                }
            }
        });
        Self { url, cuts, accepting: accepting.abort_handle() }
    }

    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Ends the connections that are there. New ones come through.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| cuts.count += 1);
    }

    /// Ends those that are there, and new ones at once, until it is mended.
    pub(crate) fn tear(&self) {
        self.cuts.send_modify(|cuts| *cuts = Cuts { count: cuts.count + 1, stays: true });
    }

    pub(crate) fn mend(&self) {
        self.cuts.send_modify(|cuts| cuts.stays = false);
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

async fn carry(mut near: TcpStream, broker: SocketAddr, mut cuts: watch::Receiver<Cuts>) {
    let before = cuts.borrow().count;
    let Ok(mut far) = TcpStream::connect(broker).await else { return };
    let _ = near.set_nodelay(true);
    let _ = far.set_nodelay(true);
    tokio::select! {
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = cuts.wait_for(|cuts| cuts.count > before) => {}
    }
}
