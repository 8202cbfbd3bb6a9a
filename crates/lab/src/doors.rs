//! What a running lab offers to clients that do not use its network: a forward proxy, and the control API. Both listen on
//! loopback only.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use super::Lab;
use super::acceptor;
use super::api::Api;
use super::forward::{Forward, Reach};

impl Lab {
    /// Opens a forward proxy on `127.0.0.1` and returns its address. Port 0 takes a free one.
    ///
    /// Any client reaches the hosts of the world through it, without its DNS and without privileges. It handles CONNECT, and
    /// requests for `http://` URLs. Names resolve in the world only, and nothing outside the world is reachable.
    ///
    /// # Errors
    ///
    /// Returns an error if the port is taken.
    pub async fn open_forward_proxy(&mut self, port: u16) -> io::Result<SocketAddr> {
        let listener = acceptor::bind((Ipv4Addr::LOCALHOST, port).into()).await?;
        let address = listener.local_addr()?;
        let reach = Reach {
            network: self.network(),
            proxies: self.proxies(),
            login: self.world.toml.proxy.as_ref().and_then(|proxy| proxy.credentials.clone()),
            control_api: Arc::clone(&self.control_api),
        };
        let forward = Arc::new(Forward { reach });
        self.tasks.spawn(acceptor::serve_each(listener, MOST_TUNNELS, move |stream| {
            let forward = Arc::clone(&forward);
            async move { drop(forward.serve(stream).await) }
        }));
        self.listeners.push(("forward proxy".to_owned(), address, address));
        Ok(address)
    }

    /// Opens the control API on `127.0.0.1` and returns its address. Port 0 takes a free one.
    ///
    /// It offers the methods of [`Lab`] to tests in other languages: `docs/lab.md` describes it, and `GET /openapi.json` returns
    /// its `OpenAPI` document. It names the listeners that the lab has by then, so open it last.
    ///
    /// # Errors
    ///
    /// Returns an error if the port is taken, or if the API is already open.
    pub async fn open_control_api(&mut self, port: u16) -> io::Result<SocketAddr> {
        let listener = acceptor::bind((Ipv4Addr::LOCALHOST, port).into()).await?;
        let address = listener.local_addr()?;
        self.control_api.set(address).map_err(|_| io::Error::other("the control API is already open"))?;
        self.listeners.push(("control API".to_owned(), address, address));
        let api = Arc::new(Api::new(Arc::clone(&self.site), &self.world, &self.listeners));
        self.tasks.spawn(acceptor::serve_each(listener, MOST_CALLS, move |stream| {
            let api = Arc::clone(&api);
            async move { api.serve(stream).await }
        }));
        Ok(address)
    }
}

/// Each call has a time limit, so that the others do not wait for long.
const MOST_CALLS: usize = 64;

/// The connections of a load test.
const MOST_TUNNELS: usize = 4096;
