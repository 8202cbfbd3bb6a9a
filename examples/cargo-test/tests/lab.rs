//! Tests of the application against the lab, which runs inside the test. They need no network and no privileges.

use std::time::{Duration, SystemTime};

use lab_example::{Error, hear, say};
use speech_endpoint::connect::{ConnectError, Connector, TokenSource};
use speech_endpoint::{Credential, Query, Service};
use speech_endpoint_lab::{Lab, World};

const TEXT: &str = "Hello, world.";

async fn start(world: &str) -> Result<Lab, Error> {
    let world = World::named(world).ok_or("no such world")?;
    Ok(Lab::start(world, SystemTime::now()).await?)
}

/// Connects the production code to a world, with a key.
fn connector(lab: &Lab, key: &str) -> Result<Connector, Error> {
    let account = lab.account().map_err(ToString::to_string)?.clone();
    let source = TokenSource::ready(Credential::key(key.to_owned())?);
    let builder = lab.lead(Connector::builder(account, source));
    Ok(builder.time_limit(Duration::from_secs(5)).build()?)
}

/// Returns the failure that an error of the application stands for.
fn cause(error: &Error) -> Option<&'static str> {
    let error: &ConnectError = error.downcast_ref()?;
    error.diagnosis().root_cause().map(|finding| finding.failure.id)
}

#[tokio::test]
async fn the_application_hears_what_it_says() -> Result<(), Error> {
    let lab = start("healthy-regional").await?;
    let connector = connector(&lab, lab.key().expose())?;
    let wav = say(&connector, TEXT).await?;
    assert_eq!(hear(&connector, &wav).await?, TEXT);
    Ok(())
}

#[tokio::test]
async fn the_service_sees_the_requests_of_the_application() -> Result<(), Error> {
    let lab = start("healthy-regional").await?;
    say(&connector(&lab, lab.key().expose())?, TEXT).await?;
    let requests = lab.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].method.as_str(), requests[0].status), ("POST", 200));
    assert_eq!(requests[0].host, "westeurope.tts.speech.microsoft.com");
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_rejected() -> Result<(), Error> {
    let lab = start("healthy-regional").await?;
    let error = say(&connector(&lab, &"1a2b3c4d5e6f".repeat(7))?, TEXT).await.expect_err("the key is wrong");
    assert_eq!(cause(&error), Some("AUTH01"));
    Ok(())
}

#[tokio::test]
async fn the_application_survives_the_rotation_of_its_key() -> Result<(), Error> {
    let lab = start("healthy-regional").await?;
    let old = connector(&lab, lab.key().expose())?;
    say(&old, TEXT).await?;
    let new = lab.regenerate_key();
    assert!(say(&old, TEXT).await.is_err());
    say(&connector(&lab, new.expose())?, TEXT).await?;
    Ok(())
}

#[tokio::test]
async fn a_busy_service_is_named() -> Result<(), Error> {
    let lab = start("QUO01-too-many-requests").await?;
    let error = say(&connector(&lab, lab.key().expose())?, TEXT).await.expect_err("the service is busy");
    assert_eq!(cause(&error), Some("QUO01"));
    Ok(())
}

#[tokio::test]
async fn the_error_names_dns_if_a_private_zone_is_not_linked() -> Result<(), Error> {
    let lab = start("DNS03-zone-not-linked").await?;
    let connector = connector(&lab, lab.key().expose())?;
    let error = connector.websocket(Service::SpeechToText, &Query::default()).await.expect_err("the name is public");
    assert_eq!(error.diagnosis().root_cause().map(|finding| finding.failure.id), Some("DNS03"));
    Ok(())
}
