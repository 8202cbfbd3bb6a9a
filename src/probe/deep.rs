//! Deep: a round trip at each service that works, as an application would make it. A sentence is spoken, and what was spoken
//! is recognised, translated and transcribed, so that faults that only the content shows are found.

use std::ops::{Deref, DerefMut};

use tokio::time::{Instant, timeout_at};
use url::Url;

use super::connection::FurtherConnection;
use super::notes::Notes;
use super::observer::Observer;
use super::target::TargetProbe;
use crate::diagnose::evidence::{Exchange, Failure, FailureKind, Phase, Round, RoundTrip, Untried, ms};
use crate::net::dial::{Destination, dial};
use crate::net::http::Connection;
use crate::net::websocket::{self, SpeechSocket, TurnEnd, UpgradeRequest, connection_id};
use crate::net::{Network, Stream};
use crate::resolve::service::Service;

mod recognise;
mod rest;
mod sound;
mod speak;

use sound::Sound;

/// Makes a round trip at each target, one after the other. Services that speak come first, because what they speak is what
/// the others recognise. The evidence shows which targets the end of the run leaves out.
pub(super) async fn measure<N: Network, O: Observer>(probes: &[TargetProbe<'_, N, O>], end: Instant) {
    let wanted: Vec<_> = probes.iter().filter(|probe| probe.plan.limits.round_trips).collect();
    for probe in &wanted {
        probe.notes.note(|trace| trace.round_trip = Some(RoundTrip::untried(Untried::Ended)));
    }
    let (speaking, others): (Vec<_>, Vec<_>) =
        wanted.into_iter().partition(|probe| probe.exchange() == Exchange::Speak);
    let mut sounds = Vec::new();
    for probe in speaking.into_iter().chain(others) {
        let now = Instant::now();
        if now >= end {
            return;
        }
        probe.observer.round_trip(probe.target.host());
        let last = now + probe.plan.limits.round_trip();
        if timeout_at(last.min(end), probe.round_trip(&mut sounds)).await.is_err() && last <= end {
            probe.note_time_up();
        }
    }
}

/// The facts of a round trip, which are noted when they are dropped, because the end of the run drops the future that
/// collects them.
pub(super) struct Trip<'a> {
    notes: Notes<'a>,
    facts: RoundTrip,
    /// When the request began on an open connection.
    begun: Instant,
}

impl<'a> Trip<'a> {
    fn begin(notes: Notes<'a>, exchange: Exchange) -> Self {
        Self { notes, facts: RoundTrip { exchange, ..RoundTrip::default() }, begun: Instant::now() }
    }

    /// Returns the time since the request began, as evidence holds it.
    fn now(&self) -> f64 {
        ms(self.begun.elapsed())
    }

    /// Begins a part of the exchange.
    fn enter(&mut self, phase: Phase) {
        if phase == Phase::Start {
            self.begun = Instant::now();
        }
        self.facts.phase = phase;
    }

    /// Notes the close frame at the end of a turn, and returns its failure.
    fn ended(&mut self, end: TurnEnd) -> Failure {
        if let Some((code, reason)) = end.close {
            (self.facts.close_code, self.facts.close_reason) = (Some(code), Some(reason));
        }
        end.failure
    }
}

impl Deref for Trip<'_> {
    type Target = RoundTrip;

    fn deref(&self) -> &RoundTrip {
        &self.facts
    }
}

impl DerefMut for Trip<'_> {
    fn deref_mut(&mut self) -> &mut RoundTrip {
        &mut self.facts
    }
}

impl Drop for Trip<'_> {
    fn drop(&mut self) {
        let facts = std::mem::take(&mut self.facts);
        self.notes.note(|trace| trace.round_trip = Some(facts));
    }
}

impl<N: Network, O: Observer> TargetProbe<'_, N, O> {
    /// Returns what is exchanged with this service.
    fn exchange(&self) -> Exchange {
        match self.target.service() {
            Some(
                Service::TextToSpeech
                | Service::TextToSpeechWebSocket
                | Service::TextToSpeechStream
                | Service::OpenAiSpeech,
            ) => Exchange::Speak,
            Some(Service::SpeechToText | Service::SpeechToTextV1 | Service::ShortAudio) => Exchange::Recognise,
            Some(Service::Translation | Service::TranslationV1) => Exchange::Translate,
            Some(Service::FastTranscription | Service::OpenAiTranscription) => Exchange::Transcribe,
            Some(Service::Voices) => Exchange::ListVoices,
            _ => Exchange::None,
        }
    }

    /// Returns why nothing can be exchanged.
    fn obstacle(&self) -> Option<Untried> {
        let is_openai = matches!(self.target.service(), Some(Service::OpenAiSpeech | Service::OpenAiTranscription));
        if self.exchange() == Exchange::None {
            Some(Untried::Unsupported)
        } else if self.header().is_none() && !self.is_container() {
            Some(Untried::NoCredential)
        } else if is_openai && self.deployment().is_none() {
            Some(Untried::NoDeployment)
        } else {
            None
        }
    }

    fn is_container(&self) -> bool {
        self.plan.resource_facts().host.is_some()
    }

    /// Returns whether a container refuses the voice. Each has voices of its own, so this says nothing about the service.
    fn lacks_voice(&self, trip: &RoundTrip) -> bool {
        let is_refused = trip.reply.as_ref().is_some_and(|reply| reply.status == 400) || trip.close_code == Some(1007);
        trip.exchange == Exchange::Speak && self.is_container() && is_refused
    }

    /// Returns the deployment that the URL names.
    fn deployment(&self) -> Option<&str> {
        let mut segments = self.target.url.path_segments()?;
        segments.find(|segment| *segment == "deployments")?;
        segments.next().filter(|name| !name.is_empty())
    }

    /// Makes the round trip. What is spoken is added to the sounds.
    async fn round_trip(&self, sounds: &mut Vec<Sound>) {
        if let Some(because) = self.obstacle() {
            let facts = RoundTrip { exchange: self.exchange(), ..RoundTrip::untried(because) };
            self.notes.note(|trace| trace.round_trip = Some(facts));
            return;
        }
        let mut trip = Trip::begin(self.notes, self.exchange());
        let outcome = match (self.exchange(), self.target.is_websocket()) {
            (Exchange::Speak, true) => self.speak(&mut trip).await.map(Some),
            (Exchange::Speak, false) => self.speak_over_rest(&mut trip).await.map(Some),
            (Exchange::Recognise | Exchange::Translate, true) => {
                self.recognise(&mut trip, &self.sound(sounds)).await.map(|()| None)
            }
            (Exchange::ListVoices, _) => self.list_voices(&mut trip).await.map(|()| None),
            _ => self.transcribe(&mut trip, &self.sound(sounds)).await.map(|()| None),
        };
        match outcome {
            Ok(sound) => {
                trip.enter(Phase::Done);
                sounds.extend(sound.filter(|sound| !sound.is_silent()));
            }
            Err(failure) => {
                if trip.phase > Phase::Connect && matches!(failure.kind, FailureKind::Closed | FailureKind::Reset) {
                    trip.times.end_ms = Some(trip.now());
                }
                if self.lacks_voice(&trip) {
                    trip.facts = RoundTrip { exchange: trip.exchange, ..RoundTrip::untried(Untried::OtherVoices) };
                    return;
                }
                trip.failure = Some(failure);
            }
        }
    }

    /// Returns the sound to recognise. Only services that take whole files accept every rate.
    fn sound(&self, sounds: &[Sound]) -> Sound {
        let takes_any = self.exchange() == Exchange::Transcribe;
        let fits = |sound: &&Sound| takes_any || sound.rate == sound::RATE;
        sounds.iter().find(fits).cloned().unwrap_or_else(Sound::silence)
    }

    /// Notes that the round trip took all of its own time.
    fn note_time_up(&self) {
        let limit = self.plan.limits.round_trip();
        self.notes.note(|trace| {
            if let Some(trip) = &mut trace.round_trip
                && trip.phase != Phase::Done
                && trip.failure.is_none()
            {
                let text = format!("not complete within {} ms", limit.as_millis());
                trip.failure = Some(Failure::new(FailureKind::TimedOut, text));
            }
        });
    }

    /// Opens a verified connection, as an application does.
    async fn connect_for(&self, url: &Url) -> Result<Stream, Failure> {
        // A measured stage has a whole step, even after the deadline of the stages.
        let times = Some(Round::default());
        let mut connection = FurtherConnection { times, ..FurtherConnection::new(self, self.tls.clone()) };
        dial(&mut connection, Destination::of(url)).await
    }

    /// Opens a socket with a new turn.
    async fn open(&self, trip: &mut Trip<'_>, url: &Url) -> Result<SpeechSocket, Failure> {
        let stream = self.connect_for(url).await?;
        let header = self.header().map(|(_, header)| header);
        let id = connection_id();
        let request = UpgradeRequest::new(url, &id).for_service(self.target.service(), header.as_ref());
        let request = UpgradeRequest { records_success: false, ..request };
        let upgrade = websocket::upgrade(Connection::new(stream), &request, self.plan.limits.patience()).await;
        if upgrade.outcome.is_err() {
            trip.reply = upgrade.facts.map(|facts| facts.reply);
        }
        let socket = upgrade.outcome?;
        trip.times.connect_ms = Some(trip.now());
        trip.enter(Phase::Start);
        Ok(SpeechSocket::new(socket, connection_id()))
    }
}

/// Returns a URL with parameters that an application has to add, unless it has them.
fn with_parameters(url: &Url, parameters: &[(&str, &str)]) -> Url {
    let mut url = url.clone();
    for (name, value) in parameters {
        if parameter(&url, name).is_none() {
            url.query_pairs_mut().append_pair(name, value);
        }
    }
    url
}

/// Returns the value of a parameter, if it is not empty.
fn parameter(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs.find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.into_owned())
}

/// Returns the details of the client, which begin each conversation.
fn client_details() -> String {
    let system = serde_json::json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    serde_json::json!({ "context": { "system": system, "os": { "platform": std::env::consts::OS } } }).to_string()
}

/// The language of the sentence.
const LANGUAGE: &str = "en-US";

/// The language to translate to.
const TARGET_LANGUAGE: &str = "de";

/// A voice in most regions and clouds.
const VOICE: &str = "en-US-JennyNeural";
