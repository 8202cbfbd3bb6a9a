//! The exchanges of a realtime session: version 1, the preview, and Voice Live.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tungstenite::protocol::Message;

use crate::client::{Ask, Client, JSON, Socket, of_type};

const HOST: &str = "contoso.services.ai.azure.com";

pub(crate) async fn all() -> Vec<Client> {
    let mut client = Client::named("healthy-voice-live").await;
    let body = json!({ "model": "tts", "voice": "alloy", "input": "What time is it?", "response_format": "pcm" });
    let path = "/openai/v1/audio/speech";
    let body = body.to_string().into_bytes();
    let ask = Ask { channel: "REST", method: "POST", host: HOST, path, headers: &[JSON], body, ..Ask::default() };
    let speech = [client.ask(ask).await.bytes, vec![0; 48_000]].concat();
    for (channel, path) in [
        ("realtime", "/openai/v1/realtime?model=gpt-realtime"),
        ("realtime preview", "/openai/realtime?api-version=2025-04-01-preview&deployment=gpt-realtime"),
        ("Voice Live", "/voice-live/realtime?api-version=2025-10-01&model=gpt-realtime"),
    ] {
        let mut session = Session::open(&mut client, channel, path).await;
        session.turns(&speech).await;
        session.items().await;
        session.errors().await;
    }
    let path = "/openai/v1/realtime?intent=transcription";
    let mut session = Session::open(&mut client, "realtime", path).await;
    session.hear(&speech).await;
    session.until("conversation.item.input_audio_transcription.completed").await;
    vec![client]
}

struct Session<'a> {
    client: &'a mut Client,
    socket: Socket,
    is_first_version: bool,
}

impl<'a> Session<'a> {
    async fn open(client: &'a mut Client, channel: &str, path: &str) -> Self {
        let socket = client.open(channel, HOST, path, &[("sec-websocket-protocol", "realtime")]).await;
        let mut this = Self { client, socket, is_first_version: channel == "realtime" };
        this.until("session.created").await;
        this
    }

    async fn until(&mut self, name: &str) {
        self.client.until(&mut self.socket, name).await;
    }

    async fn hear(&mut self, speech: &[u8]) {
        for piece in speech.chunks(9600) {
            let append = json!({ "type": "input_audio_buffer.append", "audio": STANDARD.encode(piece) });
            self.socket.event(append).await;
        }
    }

    async fn update(&mut self, first: Value, preview: Value) {
        let session = if self.is_first_version { first } else { preview };
        self.socket.event(json!({ "type": "session.update", "session": session })).await;
        self.until("session.updated").await;
    }

    /// A turn that the server detects, and one that the client commits.
    async fn turns(&mut self, speech: &[u8]) {
        let model = json!({ "model": "whisper-1" });
        self.update(
            json!({ "audio": { "input": { "transcription": model } } }),
            json!({ "input_audio_transcription": model }),
        )
        .await;
        self.hear(speech).await;
        self.until("response.done").await;
        self.update(
            json!({ "audio": { "input": { "turn_detection": null } }, "output_modalities": ["text"] }),
            json!({ "turn_detection": null, "modalities": ["text"] }),
        )
        .await;
        self.hear(speech).await;
        self.socket.event(of_type("input_audio_buffer.commit")).await;
        self.until("conversation.item.input_audio_transcription.completed").await;
        self.socket.event(of_type("response.create")).await;
        self.until("response.done").await;
        self.socket.event(of_type("input_audio_buffer.clear")).await;
        self.until("input_audio_buffer.cleared").await;
    }

    /// Items that the client makes, shortens and deletes.
    async fn items(&mut self) {
        let content = json!([{ "type": "input_text", "text": "Hi" }]);
        let item = json!({ "type": "message", "role": "user", "content": content });
        self.socket.event(json!({ "type": "conversation.item.create", "item": item })).await;
        let name = if self.is_first_version { "conversation.item.done" } else { "conversation.item.created" };
        self.until(name).await;
        let truncate = json!({
            "type": "conversation.item.truncate", "item_id": "item_1", "content_index": 0, "audio_end_ms": 100,
        });
        self.socket.event(truncate).await;
        self.until("conversation.item.truncated").await;
        self.socket.event(json!({ "type": "conversation.item.delete", "item_id": "item_1" })).await;
        self.until("conversation.item.deleted").await;
    }

    /// Every event that is refused.
    async fn errors(&mut self) {
        self.socket.send(Message::text("{")).await;
        self.until("error").await;
        for event in [
            json!({}),
            json!({ "type": "session.update", "event_id": "event_1" }),
            json!({ "type": "input_audio_buffer.append", "audio": "%" }),
            json!({ "type": "input_audio_buffer.commit" }),
            json!({ "type": "conversation.item.create" }),
            json!({ "type": "conversation.item.delete" }),
            json!({ "type": "conversation.item.truncate" }),
            json!({ "type": "response.cancel" }),
            json!({ "type": "nothing" }),
        ] {
            self.socket.event(event).await;
            self.until("error").await;
        }
    }
}
