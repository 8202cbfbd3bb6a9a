//! A request that the service refuses.

use std::time::SystemTime;

use speech_endpoint::connect::{Connector, TokenSource};
use speech_endpoint::net::{ProxySettings, Trust};
use speech_endpoint::{Query, Service};
use speech_endpoint_lab::{Lab, World};

#[tokio::test]
async fn a_mistake_in_a_request_is_told_in_the_words_of_the_service() {
    let lab = Lab::start(World::named("healthy-rest-services").unwrap(), SystemTime::now()).await.unwrap();
    let source = TokenSource::key(lab.key().expose()).unwrap();
    let connector = Connector::builder(lab.account().unwrap().clone(), source)
        .network(lab.network())
        .trust(Trust::of(lab.system_roots(), lab.builtin_roots(), "the lab"))
        .proxies(ProxySettings::default())
        .build()
        .unwrap();
    let query = Query::default().with_language("en-US").unwrap();
    let no_wav = |request: reqwest::RequestBuilder| request.body("MP3");
    let sent = connector.send(Service::ShortAudio, reqwest::Method::POST, &query, no_wav).await;
    assert_eq!(
        sent.map(drop).unwrap_err().to_string(),
        "short-audio at westeurope.stt.speech.microsoft.com failed at http: answered with 400 (HTTP02: the service \
         rejects the request as invalid: the audio is not a WAV file, the only format that the lab reads)"
    );
}
