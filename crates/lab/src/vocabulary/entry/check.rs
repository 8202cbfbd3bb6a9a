//! The constraints of an entry that its types cannot express.

use super::{EntryToml, FaultToml, PhraseToml, ServiceToml};

/// The key and the description of a fault.
type Refused = (&'static str, String);

impl EntryToml {
    /// Checks the entry. `is_voice` says whether a voice exists.
    ///
    /// # Errors
    ///
    /// Returns the key and what is wrong with its value.
    pub(crate) fn check(&self, is_voice: impl Fn(&str) -> bool) -> Result<(), Refused> {
        self.check_conditions()?;
        for phrase in self.phrases.iter().flatten() {
            check_phrase(phrase)?;
        }
        if let Some(voice) = self.voice.as_deref().filter(|voice| !is_voice(voice)) {
            return Err(("voice", format!("`{voice}` is not a voice: expected one like `de-DE-KatjaNeural`")));
        }
        self.check_fault()?;
        self.check_status()?;
        self.check_service()
    }

    fn check_conditions(&self) -> Result<(), Refused> {
        if let Some(audio) = &self.audio {
            let is_digest = audio.sha256.len() == 64 && audio.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_digest {
                return Err((
                    "audio.sha256",
                    format!("`{}` is not a SHA-256: expected 64 hexadecimal digits", audio.sha256),
                ));
            }
        }
        if let Some(turns) = self.turn.filter(|turns| turns.from == 0 || turns.to < turns.from) {
            return Err(("turn", format!("no turn is from {} to {}: turns count from 1", turns.from, turns.to)));
        }
        if let Some(duration) = self.duration.filter(|duration| duration.to_ms < duration.from_ms) {
            return Err(("duration", format!("no duration is from {} to {} ms", duration.from_ms, duration.to_ms)));
        }
        if self.times == Some(0) {
            return Err(("times", "an entry that applies 0 times has no effect: expected at least 1".into()));
        }
        Ok(())
    }

    /// Returns the keys that only one kind of service has, if they are given.
    fn keys(&self, of_audio: bool) -> impl Iterator<Item = &'static str> {
        let keys = if of_audio {
            [
                ("audio", self.audio.is_some()),
                ("duration", self.duration.is_some()),
                ("phrases", self.phrases.is_some()),
                ("targets", self.targets.is_some()),
                ("after-phrases", self.after_phrases.is_some()),
            ]
        } else {
            [
                ("text-contains", self.text_contains.is_some()),
                ("voice", self.voice.is_some()),
                ("spoken", self.spoken.is_some()),
                ("after-pieces", self.after_pieces.is_some()),
                ("after-bytes", self.after_bytes.is_some()),
            ]
        };
        keys.into_iter().filter(|(_, is_given)| *is_given).map(|(key, _)| key)
    }

    /// Returns whether the entry can apply to a service: to the one that it states, or to each that has its keys.
    pub(crate) fn concerns(&self, service: ServiceToml) -> bool {
        if self.service.is_some_and(|stated| stated != service) {
            return false;
        }
        let has_keys_of_audio = self.keys(true).next().is_some();
        let has_keys_of_text = self.keys(false).next().is_some();
        (!has_keys_of_audio || service.takes_audio()) && (!has_keys_of_text || service.speaks())
    }

    fn check_service(&self) -> Result<(), Refused> {
        if let (Some(of_audio), Some(of_text)) = (self.keys(true).next(), self.keys(false).next()) {
            return Err((
                of_text,
                format!("it applies to synthesis, but `{of_audio}` applies to audio that a client sends"),
            ));
        }
        let Some(service) = self.service else { return Ok(()) };
        let foreign = [(true, service.takes_audio()), (false, service.speaks())];
        let foreign = foreign.into_iter().filter(|(_, has)| !has).find_map(|(of_audio, _)| self.keys(of_audio).next());
        if let Some(key) = foreign {
            return Err((key, format!("it does not apply to the service `{}`", service.name())));
        }
        if service == ServiceToml::Realtime && self.status.is_none() {
            return Err(("service", "`realtime` takes only `status`, which refuses the upgrade".into()));
        }
        Ok(())
    }

    fn check_fault(&self) -> Result<(), Refused> {
        let places = [
            ("after-phrases", self.after_phrases),
            ("after-pieces", self.after_pieces),
            ("after-bytes", self.after_bytes),
        ];
        let mut given = places.into_iter().filter(|(_, place)| place.is_some()).map(|(key, _)| key);
        let (first, second) = (given.next(), given.next());
        if let (Some(first), Some(second)) = (first, second) {
            return Err((second, format!("the fault already has a place: `{first}`")));
        }
        if let (Some(first), None) = (first, &self.fault) {
            return Err((first, "it is the place of a fault: expected `fault` as well".into()));
        }
        if let Some(FaultToml::Close { code, reason }) = &self.fault {
            if !(1000..=4999).contains(code) || [1004, 1005, 1006, 1015].contains(code) {
                return Err((
                    "fault.close",
                    format!("{code} is not a code that a close frame can have: expected one like 1011 or 4429"),
                ));
            }
            if reason.len() > 123 {
                let length = reason.len();
                return Err(("fault.reason", format!("it has {length} bytes: a close frame has room for 123")));
            }
        }
        Ok(())
    }

    fn check_status(&self) -> Result<(), Refused> {
        let Some(status) = self.status else {
            let of_status = [("retry-after", self.retry_after.is_some()), ("body", self.body.is_some())];
            let given = of_status.into_iter().find(|(_, is_given)| *is_given);
            return given
                .map_or(Ok(()), |(key, _)| Err((key, "it is a part of a refusal: expected `status` as well".into())));
        };
        if !(400..=599).contains(&status) {
            return Err(("status", format!("{status} does not refuse a request: expected 400 to 599")));
        }
        let useless = [
            ("phrases", self.phrases.is_some()),
            ("targets", self.targets.is_some()),
            ("voice", self.voice.is_some()),
            ("spoken", self.spoken.is_some()),
            ("omit", !self.omit.is_empty()),
            ("pause-ms", self.pause_ms > 0),
            ("fault", self.fault.is_some()),
        ];
        let given = useless.into_iter().find(|(_, is_given)| *is_given);
        given.map_or(Ok(()), |(key, _)| Err((key, "`status` refuses the request, so this has no effect".into())))
    }
}

fn check_phrase(phrase: &PhraseToml) -> Result<(), Refused> {
    let is_empty = phrase.text.trim().is_empty();
    if is_empty && phrase.is_success() {
        return Err(("phrases.text", "it is missing: expected the text, or a `status` such as `NoMatch`".into()));
    }
    if let Some(confidence) = phrase.confidence.filter(|confidence| !(0.0..=1.0).contains(confidence)) {
        return Err(("phrases.confidence", format!("{confidence} is not a confidence: expected 0 to 1")));
    }
    if phrase.speaker == Some(0) {
        return Err(("phrases.speaker", "0 is not a speaker: speakers count from 1".into()));
    }
    let longest = [phrase.offset_ms, phrase.duration_ms].into_iter().flatten().max();
    if let Some(ms) = longest.filter(|ms| *ms > LONGEST_AUDIO) {
        return Err(("phrases", format!("{ms} ms is more than a day: expected a time in the audio")));
    }
    Ok(())
}

/// A day, in milliseconds.
const LONGEST_AUDIO: u64 = 86_400_000;
