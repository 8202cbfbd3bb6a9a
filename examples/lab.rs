//! Tests an application against the lab: its production code connects to an emulated network.
//!
//! ```text
//! cargo run --example lab
//! ```

#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "an example prints its results")]

use std::error::Error;
use std::time::{Duration, SystemTime};

use speech_endpoint::connect::{ConnectError, Connector, Opened, TokenSource};
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::{Query, Service};
use speech_endpoint_lab::{Lab, World};

/// The application: opens a socket for recognition on the connector's network.
async fn listen(connector: &Connector) -> Result<Opened, ConnectError> {
    connector.websocket(Service::SpeechToText, &Query::default()).await
}

/// The test: runs the application in one world and returns the root cause if it fails.
async fn listen_in(name: &str) -> Result<Result<(), Option<&'static str>>, Box<dyn Error>> {
    let world = World::named(name).ok_or("no such world")?;
    println!("{name}: {}", world.title());
    let lab = Lab::start(world, SystemTime::now()).await?;
    let trust = Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab");
    let account = lab.account().map_err(ToString::to_string)?.clone();
    let credential = lab.credential().ok_or("the world gives no credential")?.read()?;
    let connector = Connector::builder(account, TokenSource::ready(credential))
        .network(lab.network())
        .trust(trust)
        .proxies(ProxySettings::default())
        .time_limit(LIMIT)
        .build()?;
    let outcome = listen(&connector).await;
    Ok(outcome.map(drop).map_err(|error| {
        println!("  {error}");
        error.diagnosis().root_cause().map(|finding| finding.failure.id)
    }))
}

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let outcome = listen_in("healthy-private-endpoint").await?;
        assert_eq!(outcome, Ok(()));
        println!("  the socket is open");

        let outcome = listen_in("TLS01-inspected").await?;
        assert_eq!(outcome, Err(Some("TLS01")));
        println!("  the application sends nothing to the inspecting proxy");

        let outcome = listen_in("DNS03-zone-not-linked").await?;
        assert_eq!(outcome, Err(Some("DNS03")));
        println!("  the service responds with 403, and the error names DNS as the cause");
        Ok(())
    })
}

/// Loopback responds at once, so a short limit is enough.
const LIMIT: Duration = Duration::from_secs(2);
