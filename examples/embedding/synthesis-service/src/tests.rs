//! The web service against the lab. No test needs a network.

use std::error::Error;
use std::time::{Duration, SystemTime};

use reqwest::Response;
use speech_endpoint_lab::{Lab, World};
use tokio::net::TcpListener;

use super::routes;

/// Starts the web service in a world, and requests speech from it.
async fn requested(world: &str, path: &str) -> Result<(Lab, Response), Box<dyn Error>> {
    let lab = Lab::start(World::named(world).ok_or("no such world")?, SystemTime::now()).await?;
    let connector = lab.connector()?.time_limit(Duration::from_secs(2)).build()?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}{path}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, routes(connector)).await });
    let response = reqwest::Client::builder().no_proxy().build()?.get(url).send().await?;
    Ok((lab, response))
}

#[tokio::test]
async fn a_text_becomes_a_wav_file() -> Result<(), Box<dyn Error>> {
    let (lab, response) = requested("healthy-regional", "/speech?text=Tom%20%26%20Jerry.").await?;
    assert_eq!((response.status().as_u16(), &response.headers()["content-type"]), (200, &"audio/wav".parse()?));
    let audio = response.bytes().await?;
    assert!(audio.starts_with(b"RIFF") && audio.len() > 10_000, "{} bytes", audio.len());
    assert_eq!(lab.turns().last().and_then(|turn| turn.text.clone()).as_deref(), Some("Tom & Jerry."));
    Ok(())
}

#[tokio::test]
async fn a_busy_service_is_named_and_the_client_may_try_again() -> Result<(), Box<dyn Error>> {
    let (_lab, response) = requested("QUO01-too-many-requests", "/speech?text=Hello.").await?;
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"), "{:?}", response.headers());
    assert_eq!(response.text().await?, "QUO01");
    Ok(())
}

#[tokio::test]
async fn a_rejected_key_does_not_invite_the_client_to_try_again() -> Result<(), Box<dyn Error>> {
    let (_lab, response) = requested("AUTH01-foreign-key", "/speech?text=Hello.").await?;
    assert_eq!((response.status().as_u16(), response.text().await?), (502, "AUTH01".to_owned()));
    Ok(())
}
