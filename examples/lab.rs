//! An application's own test against the lab: the same code that connects in production, led into an emulated network.
//!
//! ```text
//! cargo run --example lab
//! ```

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "an example talks to a person")]

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use speech_endpoint::lab::{Lab, World};
use speech_endpoint::net::http::Connection;
use speech_endpoint::net::tls::{Terms, Trust};
use speech_endpoint::net::websocket::{Socket, upgrade};
use speech_endpoint::net::{Network, tcp, tls};
use speech_endpoint::{Account, Credential, Service};

/// The application: it opens a socket for recognition, in whatever network it is given.
async fn listen(
    network: &impl Network,
    trust: &Trust,
    account: &Account,
    credential: &Credential,
) -> Result<Socket, Box<dyn Error>> {
    let endpoint = account.endpoint(Service::SpeechToText)?;
    let header = credential.header(&endpoint)?;
    let found = network.lookup(endpoint.host(), LIMIT).await.facts;
    let peers: Vec<SocketAddr> = found.addresses.iter().map(|address| (address.ip, 443).into()).collect();
    let stream = tcp::race(network, &peers, LIMIT).await.outcome.map_err(|failure| failure.text)?;
    let terms = Terms::new(trust, SystemTime::now());
    let stream = tls::handshake(stream, endpoint.host(), terms, LIMIT).await.outcome.map_err(|failure| failure.text)?;
    let connection = Connection::open(stream).await.map_err(|failure| failure.text)?;
    let id = "00000000000000000000000000000001";
    let upgrade = upgrade(connection, &endpoint.to_url(), Some(&header), id, LIMIT).await;
    Ok(upgrade.outcome.map_err(|failure| failure.text)?)
}

/// The test: what the application does in one world.
async fn listen_in(name: &str) -> Result<Result<(), String>, Box<dyn Error>> {
    let world = World::named(name).ok_or("no such world")?;
    println!("{name}: {}", world.title());
    let lab = Lab::start(world, SystemTime::now()).await?;
    let trust = Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab");
    let account = lab.account().map_err(ToString::to_string)?;
    let credential = lab.credential().ok_or("the world gives no credential")?.read()?;
    let outcome = listen(&lab.network(), &trust, account, &credential).await;
    Ok(outcome.map(drop).map_err(|error| error.to_string()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let outcome = listen_in("healthy-private-endpoint").await?;
        assert_eq!(outcome, Ok(()));
        println!("  the socket is open");

        let outcome = listen_in("TLS01-inspected").await?;
        assert_eq!(outcome, Err("nobody that this machine trusts issued the certificate".to_owned()));
        println!("  the application does not talk to whoever inspects it");

        let outcome = listen_in("DNS03-zone-not-linked").await?;
        assert_eq!(outcome, Err("the upgrade was answered with 403".to_owned()));
        println!("  the application fails, and its error says 403 only: see the example embed_doctor");
        Ok(())
    })
}

/// Loopback answers at once.
const LIMIT: Duration = Duration::from_secs(2);
