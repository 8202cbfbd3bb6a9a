//! A client of the service: recognition, synthesis and translation over WebSockets, and requests.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;

use crate::lab::Lab;

type Failure = Box<dyn std::error::Error>;

/// The times of one recognition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times {
    /// From the start to the open WebSocket.
    pub(crate) open: Duration,
    /// From the last audio to the final result.
    pub(crate) result: Duration,
}

/// How the audio is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    AtOnce,
    /// In pieces of 100 ms, as a microphone does.
    Microphone,
}

/// Recognises audio, and checks the text.
pub(crate) async fn recognise(lab: &Lab, audio: &[u8], text: &str, pace: Pace) -> Result<Times, Failure> {
    let (mut socket, open) = open(lab, STT, "/stt/speech/universal/v2?language=en-US").await?;
    tell(&mut socket, "speech.config", "{}").await?;
    tell(&mut socket, "speech.context", "{}").await?;
    let begun = Instant::now();
    let mut last = begun;
    for (nth, piece) in (0_u32..).zip(pieces(audio)) {
        if pace == Pace::Microphone {
            sleep_until(begun + Duration::from_millis(100) * nth).await;
        }
        last = Instant::now();
        hear(&mut socket, &piece).await?;
    }
    hear(&mut socket, &[]).await?;
    let result = last_phrase(&mut socket, text).await?.duration_since(last);
    socket.close(None).await.ok();
    Ok(Times { open, result })
}

/// Translates audio, and checks the text.
pub(crate) async fn translate(lab: &Lab, audio: &[u8], text: &str) -> Result<(), Failure> {
    let (mut socket, _) = open(lab, STT, "/stt/speech/universal/v2?language=en-US").await?;
    tell(&mut socket, "speech.context", r#"{"translation":{"targetLanguages":["de"]}}"#).await?;
    for piece in pieces(audio) {
        hear(&mut socket, &piece).await?;
    }
    hear(&mut socket, &[]).await?;
    last_phrase(&mut socket, &format!("[de] {text}")).await?;
    socket.close(None).await.ok();
    Ok(())
}

/// Speaks a text over a WebSocket, and returns the number of bytes of audio.
pub(crate) async fn synthesise(lab: &Lab, text: &str) -> Result<usize, Failure> {
    let (mut socket, _) = open(lab, TTS, "/tts/cognitiveservices/websocket/v1").await?;
    tell(&mut socket, "synthesis.context", r#"{"synthesis":{"audio":{"outputFormat":"raw-16khz-16bit-mono-pcm"}}}"#)
        .await?;
    tell(&mut socket, "ssml", &ssml(text)).await?;
    let mut bytes = 0;
    loop {
        match next(&mut socket).await? {
            Message::Binary(message) => bytes += message.len(),
            Message::Text(message) if message.contains("Path:turn.end") => break,
            _ => {}
        }
    }
    socket.close(None).await.ok();
    if bytes < 1000 { Err("no audio".into()) } else { Ok(bytes) }
}

/// Speaks a text over REST, and returns the audio without a header.
pub(crate) async fn speak(lab: &Lab, text: &str) -> Result<Vec<u8>, Failure> {
    let content = ssml(text);
    let head = format!(
        "POST /cognitiveservices/v1 HTTP/1.1\r\nHost: {TTS}\r\nOcp-Apim-Subscription-Key: {}\r\nContent-Type: application/ssml+xml\r\n\
        X-Microsoft-OutputFormat: raw-16khz-16bit-mono-pcm\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
        lab.key,
        content.len()
    );
    let answer = request(lab, TTS, &(head + &content)).await?;
    Ok(unchunked(&answer))
}

/// Lists the voices.
pub(crate) async fn voices(lab: &Lab) -> Result<(), Failure> {
    let head = format!(
        "GET /cognitiveservices/voices/list HTTP/1.1\r\nHost: {TTS}\r\nOcp-Apim-Subscription-Key: {}\r\nConnection: close\r\n\r\n",
        lab.key
    );
    let list = request(lab, TTS, &head).await?;
    if list.len() > 100_000 { Ok(()) } else { Err("the list of voices is short".into()) }
}

/// Sends a request, and returns the body of a 200.
async fn request(lab: &Lab, host: &'static str, text: &str) -> Result<Vec<u8>, Failure> {
    let mut stream = lab.connect(host).await?;
    stream.write_all(text.as_bytes()).await?;
    let mut answer = Vec::new();
    // The lab may end the connection without the close of TLS.
    let read = timeout(LONGEST, stream.read_to_end(&mut answer)).await?;
    let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").ok_or("no answer")?;
    if !answer.starts_with(b"HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(&answer[..end]).into_owned().into());
    }
    read.or_else(|error| if error.kind() == std::io::ErrorKind::UnexpectedEof { Ok(0) } else { Err(error) })?;
    Ok(answer.split_off(end + 4))
}

/// Joins the chunks of a body; any other body is returned as it is.
fn unchunked(body: &[u8]) -> Vec<u8> {
    let (mut rest, mut whole) = (body, Vec::new());
    while let Some(end) = rest.windows(2).position(|bytes| bytes == b"\r\n").filter(|end| *end <= 8) {
        let size = std::str::from_utf8(&rest[..end]).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
        let Some(piece) = size.and_then(|size| rest.get(end + 2..end + 2 + size)) else { return body.to_vec() };
        if piece.is_empty() {
            return whole;
        }
        whole.extend_from_slice(piece);
        rest = rest.get(end + 2 + piece.len() + 2..).unwrap_or_default();
    }
    body.to_vec()
}

type Socket = WebSocketStream<TlsStream<TcpStream>>;

async fn open(lab: &Lab, host: &'static str, path: &str) -> Result<(Socket, Duration), Failure> {
    let begun = Instant::now();
    let mut request = format!("wss://{host}{path}").into_client_request()?;
    request.headers_mut().insert("Ocp-Apim-Subscription-Key", HeaderValue::from_str(&lab.key)?);
    let stream = timeout(LONGEST, lab.connect(host)).await??;
    let (socket, _) = timeout(LONGEST, tokio_tungstenite::client_async(request, stream)).await??;
    Ok((socket, begun.elapsed()))
}

/// Waits for the phrase with a text and the end of the turn; returns the time of the phrase.
async fn last_phrase(socket: &mut Socket, text: &str) -> Result<Instant, Failure> {
    let mut found = None;
    loop {
        let Message::Text(message) = next(socket).await? else { continue };
        if message.contains("Path:speech.phrase") || message.contains("Path:translation.response") {
            if message.contains(&format!("\"{text}\"")) {
                found = Some(Instant::now());
            }
        } else if message.contains("Path:turn.end") {
            return found.ok_or_else(|| "the text was not recognised".into());
        }
    }
}

async fn next(socket: &mut Socket) -> Result<Message, Failure> {
    Ok(timeout(LONGEST, socket.next()).await?.ok_or("the connection ended")??)
}

async fn tell(socket: &mut Socket, path: &str, content: &str) -> Result<(), Failure> {
    let text = format!("Path:{path}\r\nX-RequestId:{REQUEST}\r\nContent-Type:application/json\r\n\r\n{content}");
    Ok(socket.send(Message::text(text)).await?)
}

async fn hear(socket: &mut Socket, piece: &[u8]) -> Result<(), Failure> {
    let head = format!("Path:audio\r\nX-RequestId:{REQUEST}\r\nX-StreamId:1\r\nContent-Type:audio/x-wav\r\n");
    let length = u16::try_from(head.len())?.to_be_bytes();
    Ok(socket.send(Message::binary([&length, head.as_bytes(), piece].concat())).await?)
}

/// Returns the pieces that the SDKs send: a header of 44 bytes first, and then 100 ms each.
fn pieces(audio: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    std::iter::once(HEADER.to_vec()).chain(audio.chunks(3200).map(<[u8]>::to_vec))
}

fn ssml(text: &str) -> String {
    format!("<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaNeural'>{text}</voice></speak>")
}

/// The header of a WAV file without a length: 16 kHz, 16 bits, mono.
const HEADER: &[u8; 44] = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data\0\0\0\0";

const STT: &str = "westeurope.stt.speech.microsoft.com";
const TTS: &str = "westeurope.tts.speech.microsoft.com";
const REQUEST: &str = "0a1b2c3d4e5f40008000000000000001";

/// No wait is longer.
const LONGEST: Duration = Duration::from_secs(60);
