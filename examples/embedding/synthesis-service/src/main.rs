//! A web service that speaks: `GET /speech?text=Hello` streams a WAV file while the service synthesises it.
//!
//! ```text
//! SPEECH_REGION=westeurope SPEECH_KEY=… cargo run -p synthesis-service
//! ```

use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query as Parameters, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use reqwest::Method;
use serde::Deserialize;
use speech_endpoint::connect::{ConnectError, Connector, TokenSource};
use speech_endpoint::{Account, Query, Service};

#[cfg(test)]
mod tests;

/// What the client asks for.
#[derive(Deserialize)]
struct Asked {
    text: String,
}

/// Returns the routes of the service. A connector is cheap to clone, and clones share their connections.
fn routes(connector: Connector) -> Router {
    Router::new().route("/speech", get(speech)).with_state(connector)
}

async fn speech(
    State(connector): State<Connector>,
    Parameters(asked): Parameters<Asked>,
) -> Result<Response, SpeechError> {
    let ssml = ssml(&asked.text);
    // The closure runs once for each attempt. Its timeout applies to the whole audio.
    let spoken = connector
        .send(Service::TextToSpeech, Method::POST, &Query::default(), |request| {
            request
                .header("content-type", "application/ssml+xml")
                .header("x-microsoft-outputformat", "riff-24khz-16bit-mono-pcm")
                .timeout(LONGEST_AUDIO)
                .body(ssml.clone())
        })
        .await?;
    Ok(([(header::CONTENT_TYPE, "audio/wav")], Body::from_stream(spoken.bytes_stream())).into_response())
}

/// Returns a text as SSML.
fn ssml(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!(
        "<speak version='1.0' xmlns='http://www.w3.org/2001/10/synthesis' xml:lang='en-US'>\
         <voice name='en-US-AvaMultilingualNeural'>{text}</voice></speak>"
    )
}

/// An error of the connector, as a response: the status says whether another try can help, the body is the id of the cause.
struct SpeechError(ConnectError);

impl From<ConnectError> for SpeechError {
    fn from(error: ConnectError) -> Self {
        Self(error)
    }
}

impl IntoResponse for SpeechError {
    fn into_response(self) -> Response {
        let Self(error) = self;
        eprintln!("{}: {error}", error.account_name().unwrap_or("no account"));
        let status = match error.status() {
            Some(400) => StatusCode::BAD_REQUEST,
            _ if error.is_transient() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_GATEWAY,
        };
        let mut response = (status, error.id().unwrap_or("unknown")).into_response();
        if let Some(wait) = error.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs()));
        }
        response
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let account = Account::regional(std::env::var("SPEECH_REGION")?.parse()?)?;
    let connector = Connector::new(account, TokenSource::key(std::env::var("SPEECH_KEY")?)?)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8080").await?;
    Ok(axum::serve(listener, routes(connector)).await?)
}

/// The service synthesises at most ten minutes of audio for a request.
const LONGEST_AUDIO: Duration = Duration::from_secs(600);
