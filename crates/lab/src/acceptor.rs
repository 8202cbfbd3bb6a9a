//! Accepts the connections of a listener, up to a number at the same time.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Listens on an address. The error names the address.
pub(super) async fn bind(place: SocketAddr) -> io::Result<TcpListener> {
    TcpListener::bind(place).await.map_err(|error| at(place, &error))
}

/// Adds the address to an error of listening.
pub(super) fn at(place: SocketAddr, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{place}: {error}"))
}

/// Serves each connection in a task of its own. All of them end with this future. While `most` are open, further ones wait.
pub(super) async fn serve_each<F, W>(listener: TcpListener, most: usize, serve: F)
where
    F: Fn(TcpStream) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(most));
    let mut connections = JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let accepted = loop {
            tokio::select! {
                accepted = listener.accept() => break accepted,
                Some(_) = connections.join_next() => {}
            }
        };
        let Ok((stream, _)) = accepted else {
            // Without descriptors, the next attempt fails as fast as this one.
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Without this option the socket is only slower.
        let _ = stream.set_nodelay(true);
        let served = serve(stream);
        connections.spawn(async move {
            served.await;
            drop(place);
        });
    }
}

const PAUSE: Duration = Duration::from_millis(20);
