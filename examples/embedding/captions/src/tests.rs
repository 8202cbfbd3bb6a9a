//! Captions in the lab, where connections break and regions fail. The scripts of the lab say what the audio contains.

use std::time::{Duration, SystemTime};

use speech_endpoint::Account;
use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint_lab::{Lab, World};

use super::{Failed, Talk};

async fn start(toml: &str) -> Result<Lab, Failed> {
    let world =
        World::parse(&format!("title = \"Captions\"\n{toml}\n[expect]\nfindings = []\nverdict = \"healthy\"\n"))?;
    Ok(Lab::start(world, SystemTime::now()).await?)
}

/// Returns the captions, each after the name of its account.
async fn captions(connector: &Connector) -> Result<Vec<String>, Failed> {
    let mut wav = vec![0; super::HEADER + 4 * 32_000];
    wav[..4].copy_from_slice(b"RIFF");
    wav[8..20].copy_from_slice(b"WAVEfmt \x10\0\0\0");
    wav[20..36].copy_from_slice(&[1, 0, 1, 0, 0x80, 0x3e, 0, 0, 0, 0x7d, 0, 0, 2, 0, 16, 0]);
    wav[36..40].copy_from_slice(b"data");
    let mut captions = Vec::new();
    let mut talk = Talk::new(wav);
    talk.silence = Duration::from_millis(500);
    talk.caption(connector, &mut |account, text| captions.push(format!("{account}: {text}"))).await?;
    Ok(captions)
}

#[tokio::test]
async fn the_next_connection_continues_after_the_last_caption() -> Result<(), Failed> {
    let lab = start(
        r#"
        [resource]
        region = "westeurope"
        [[script]]
        times = 1
        phrases = [{ text = "One." }, { text = "Two." }, { text = "Three." }]
        after-phrases = 2
        fault = "reset"
        "#,
    )
    .await?;
    let captions = captions(&lab.connector()?.build()?).await?;
    assert_eq!(captions, ["westeurope: One.", "westeurope: Two.", "westeurope: Three."]);
    assert_eq!(lab.turns().len(), 2);
    Ok(())
}

#[tokio::test]
async fn the_other_region_takes_over() -> Result<(), Failed> {
    // The resource is in `northeurope`; nothing listens in `westeurope`.
    let lab = start(
        r#"
        [resource]
        region = "westeurope"
        [gateway]
        region = "northeurope"
        [dns]
        "westeurope.stt.speech.microsoft.com" = ["A 20.61.200.1"]
        [addresses]
        "20.61.200.1" = "refuse"
        [[script]]
        phrases = [{ text = "One." }]
        "#,
    )
    .await?;
    let region = |name: &str| Ok::<_, Failed>(Account::regional(name.parse()?)?);
    let source = TokenSource::key(lab.key().expose())?;
    let builder = Connector::builder(region("westeurope")?, source.clone()).fallback(region("northeurope")?, source);
    let connector = lab.lead(builder).time_limit(Duration::from_secs(5)).build()?;
    assert_eq!(captions(&connector).await?, ["northeurope: One."]);
    Ok(())
}

#[tokio::test]
async fn a_service_that_always_fails_is_an_error() -> Result<(), Failed> {
    let lab =
        start("[resource]\nregion = \"westeurope\"\n[[script]]\nfault = { close = 1011, reason = \"broken\" }").await?;
    let error = captions(&lab.connector()?.build()?).await.expect_err("every turn fails");
    assert!(error.to_string().ends_with("1011 broken"), "{error}");
    Ok(())
}

#[tokio::test]
async fn a_silent_service_does_not_hold_the_program() -> Result<(), Failed> {
    let lab = start("[resource]\nregion = \"westeurope\"\n[[script]]\nfault = \"silence\"").await?;
    let connector = lab.connector()?.build()?;
    let error =
        tokio::time::timeout(Duration::from_secs(20), captions(&connector)).await?.expect_err("nothing arrives");
    assert!(error.to_string().ends_with("no message within 500ms"), "{error}");
    Ok(())
}
