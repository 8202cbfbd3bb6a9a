//! The director: counts the turns and finds the entry that answers each.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::{Answers, SeenTurn};
use crate::lock::locked;
use crate::vocabulary::{EntryToml, PhraseToml, ServiceToml};

/// The scripted answers of a running lab, and the turns that it has seen.
#[derive(Debug, Default)]
pub(crate) struct Director {
    running: Mutex<Arc<Running>>,
    seen: Mutex<VecDeque<(u64, SeenTurn)>>,
    next: AtomicU64,
}

/// A script and how far it has come. A turn keeps the script with which it began.
#[derive(Debug, Default)]
struct Running {
    entries: Vec<Arc<EntryToml>>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How often each entry has applied.
    used: Vec<u32>,
    turns: u32,
    turns_of: BTreeMap<ServiceToml, u32>,
    /// The phrases that a fault held back, by service.
    left: VecDeque<(ServiceToml, Vec<PhraseToml>)>,
}

/// A turn that has begun.
#[derive(Clone, Debug)]
pub(crate) struct Turn {
    running: Arc<Running>,
    director: Arc<Director>,
    service: ServiceToml,
    number: u32,
    number_of_service: u32,
    record: u64,
}

/// What is known of a turn.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known<'a> {
    /// The SHA-256 of the samples, and their duration in milliseconds.
    pub(crate) audio: Option<(&'a str, u64)>,
    /// The text that is to be spoken.
    pub(crate) text: Option<&'a str>,
    /// Whether a status can still be returned.
    pub(crate) is_request: bool,
}

/// The part of a script that answers a turn.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) entry: Arc<EntryToml>,
    /// The number of the entry; `None` for the rest of an entry that a fault ended.
    index: Option<usize>,
}

/// Whether an entry answers a turn.
#[derive(Clone, Debug)]
pub(crate) enum Decision {
    Now(Option<Part>),
    /// More of the turn must be known.
    Later,
}

impl Director {
    pub(crate) fn of(entries: Vec<EntryToml>) -> Arc<Self> {
        let director = Self::default();
        director.set(Answers(entries));
        Arc::new(director)
    }

    pub(crate) fn set(&self, Answers(entries): Answers) {
        let used = vec![0; entries.len()];
        let state = Mutex::new(State { used, ..State::default() });
        *locked(&self.running) = Arc::new(Running { entries: entries.into_iter().map(Arc::new).collect(), state });
    }

    pub(crate) fn seen(&self) -> Vec<SeenTurn> {
        locked(&self.seen).iter().map(|(_, seen)| seen.clone()).collect()
    }

    /// Begins a turn.
    pub(crate) fn begin(self: &Arc<Self>, service: ServiceToml) -> Turn {
        let running = Arc::clone(&locked(&self.running));
        let (number, number_of_service) = locked(&running.state).count(service);
        self.turn(running, service, number, number_of_service)
    }

    /// Returns the entry that refuses an upgrade, which then counts as a turn. A condition on content never refuses one.
    pub(crate) fn refuse(self: &Arc<Self>, service: ServiceToml) -> Option<Arc<EntryToml>> {
        let running = Arc::clone(&locked(&self.running));
        let part = {
            let mut state = locked(&running.state);
            if state.left.iter().any(|(of, _)| *of == service) {
                return None;
            }
            let numbers = (state.turns + 1, state.turns_of.get(&service).copied().unwrap_or_default() + 1);
            let known = Known { is_request: true, ..Known::default() };
            let (index, entry) = match running.find(&state, service, numbers, known) {
                Found::Entry(index, entry) if entry.status.is_some() => (index, entry),
                _ => return None,
            };
            state.used[index] += 1;
            state.count(service);
            (numbers, index, entry)
        };
        let ((number, number_of_service), index, entry) = part;
        let turn = self.turn(running, service, number, number_of_service);
        turn.record(|seen| seen.entry = Some(index));
        Some(entry)
    }

    fn turn(self: &Arc<Self>, running: Arc<Running>, service: ServiceToml, number: u32, of_service: u32) -> Turn {
        let mut seen = locked(&self.seen);
        let record = self.next.fetch_add(1, Ordering::Relaxed);
        if seen.len() >= MOST_SEEN {
            seen.pop_front();
        }
        let turn = SeenTurn { number, service: service.name(), sha256: None, duration: None, text: None, entry: None };
        seen.push_back((record, turn));
        Turn { running, director: Arc::clone(self), service, number, number_of_service: of_service, record }
    }
}

impl Turn {
    /// Finds the entry that answers this turn, and uses it up.
    pub(crate) fn decide(&self, known: Known<'_>) -> Decision {
        self.note(known);
        let part = {
            let mut state = locked(&self.running.state);
            let numbers = (self.number, self.number_of_service);
            if let Some(part) = state.rest(self.service) {
                Some(part)
            } else {
                match self.running.find(&state, self.service, numbers, known) {
                    Found::Entry(index, entry) => {
                        state.used[index] += 1;
                        Some(Part { entry, index: Some(index) })
                    }
                    Found::Unknown => return Decision::Later,
                    Found::Nothing => None,
                }
            }
        };
        if let Some(index) = part.as_ref().and_then(|part| part.index) {
            self.record(|seen| seen.entry = Some(index));
        }
        Decision::Now(part)
    }

    /// Records what is known of the turn.
    pub(crate) fn note(&self, known: Known<'_>) {
        if known.audio.is_none() && known.text.is_none() {
            return;
        }
        self.record(|seen| {
            if let Some((sha256, ms)) = known.audio {
                (seen.sha256, seen.duration) = (Some(sha256.to_owned()), Some(Duration::from_millis(ms)));
            }
            if let Some(text) = known.text {
                seen.text = Some(text.chars().take(LONGEST_TEXT).collect());
            }
        });
    }

    /// Keeps the phrases that a fault held back for the next turn of the service, unless the entry applies again. Its audio
    /// begins where the last phrase of this turn ended.
    pub(crate) fn leave(&self, part: &Part, told: usize, end_ms: u64) {
        let mut state = locked(&self.running.state);
        let applies_again = part.index.is_some_and(|index| {
            part.entry.times.is_none_or(|times| state.used.get(index).is_some_and(|used| *used < times))
        });
        let rest = part.entry.phrases.iter().flatten().skip(told);
        let rest: Vec<PhraseToml> = rest
            .map(|phrase| PhraseToml {
                offset_ms: phrase.offset_ms.map(|offset| offset.saturating_sub(end_ms)),
                ..phrase.clone()
            })
            .collect();
        if !applies_again && !rest.is_empty() && state.left.len() < MOST_LEFT {
            state.left.push_back((self.service, rest));
        }
    }

    fn record(&self, change: impl FnOnce(&mut SeenTurn)) {
        let mut seen = locked(&self.director.seen);
        if let Ok(at) = seen.binary_search_by_key(&self.record, |(record, _)| *record) {
            change(&mut seen[at].1);
        }
    }
}

/// The entry that applies.
enum Found {
    Entry(usize, Arc<EntryToml>),
    Nothing,
    /// An entry may apply, once more is known.
    Unknown,
}

impl Running {
    fn find(&self, state: &State, service: ServiceToml, (all, own): (u32, u32), known: Known<'_>) -> Found {
        for (index, entry) in self.entries.iter().enumerate() {
            let number = if entry.service.is_some() { own } else { all };
            let may_apply = entry.concerns(service)
                && (entry.status.is_none() || known.is_request)
                && entry.turn.is_none_or(|turns| turns.contains(number))
                && entry.times.is_none_or(|times| state.used[index] < times);
            if !may_apply {
                continue;
            }
            match meets(entry, known) {
                Some(true) => return Found::Entry(index, Arc::clone(entry)),
                Some(false) => {}
                None => return Found::Unknown,
            }
        }
        Found::Nothing
    }
}

/// Returns whether the content of a turn meets the conditions of an entry; `None` if not enough is known.
fn meets(entry: &EntryToml, known: Known<'_>) -> Option<bool> {
    let has_audio = match &entry.audio {
        Some(audio) => known.audio?.0.eq_ignore_ascii_case(&audio.sha256),
        None => true,
    };
    let has_duration = match entry.duration {
        Some(duration) => duration.contains(known.audio?.1),
        None => true,
    };
    let has_text = match &entry.text_contains {
        Some(part) => known.text?.contains(part.as_str()),
        None => true,
    };
    Some(has_audio && has_duration && has_text)
}

impl State {
    /// Counts a turn, and returns its number of all and of its service.
    fn count(&mut self, service: ServiceToml) -> (u32, u32) {
        self.turns = self.turns.saturating_add(1);
        let of_service = self.turns_of.entry(service).or_default();
        *of_service = of_service.saturating_add(1);
        (self.turns, *of_service)
    }

    /// Takes the phrases that a fault held back.
    fn rest(&mut self, service: ServiceToml) -> Option<Part> {
        let at = self.left.iter().position(|(of, _)| *of == service)?;
        let (_, phrases) = self.left.remove(at)?;
        Some(Part { entry: Arc::new(EntryToml { phrases: Some(phrases), ..EntryToml::default() }), index: None })
    }
}

const MOST_SEEN: usize = 10_000;

/// The maximum number of turns whose rest is kept.
const MOST_LEFT: usize = 1_000;

/// The number of characters that are kept of a text.
const LONGEST_TEXT: usize = 1_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Answers;

    fn director(toml: &str) -> Arc<Director> {
        Director::of(Answers::parse_toml(toml).unwrap().0)
    }

    fn text(turn: &Turn, known: Known<'_>) -> Option<String> {
        let Decision::Now(part) = turn.decide(known) else { panic!("decided") };
        Some(part?.entry.phrases.as_ref()?.first()?.text.clone())
    }

    #[test]
    fn turns_count_by_service_if_the_entry_states_one() {
        let director = director(
            "[[script]]\nservice = \"short-audio\"\nturn = 2\nphrases = [{ text = \"short\" }]\n\
            [[script]]\nturn = 4\nphrases = [{ text = \"fourth\" }]\n",
        );
        let mut said = Vec::new();
        for service in
            [ServiceToml::Recognition, ServiceToml::ShortAudio, ServiceToml::ShortAudio, ServiceToml::Recognition]
        {
            said.push(text(&director.begin(service), Known::default()));
        }
        assert_eq!(said, [None, None, Some("short".into()), Some("fourth".into())]);
        assert_eq!(director.seen().iter().map(|seen| seen.entry).collect::<Vec<_>>(), [None, None, Some(0), Some(1)]);
    }

    #[test]
    fn an_entry_applies_as_often_as_it_says() {
        let director =
            director("[[script]]\ntimes = 2\nphrases = [{ text = \"a\" }]\n[[script]]\nphrases = [{ text = \"b\" }]\n");
        let said = || text(&director.begin(ServiceToml::Recognition), Known::default()).unwrap();
        assert_eq!([said(), said(), said(), said()], ["a", "a", "b", "b"]);
    }

    #[test]
    fn content_decides_only_once_it_is_known() {
        let hash = "ab".repeat(32);
        let director = director(&format!(
            "[[script]]\naudio = {{ sha256 = \"{hash}\" }}\nphrases = [{{ text = \"hash\" }}]\n\
            [[script]]\nduration = {{ from-ms = 1000, to-ms = 2000 }}\nphrases = [{{ text = \"duration\" }}]\n\
            [[script]]\nphrases = [{{ text = \"other\" }}]\n"
        ));
        let with = |hash: &str, ms| {
            let turn = director.begin(ServiceToml::FastTranscription);
            assert!(matches!(turn.decide(Known::default()), Decision::Later));
            text(&turn, Known { audio: Some((hash, ms)), ..Known::default() }).unwrap()
        };
        assert_eq!([with(&hash.to_uppercase(), 5), with("", 1000), with("", 2001)], ["hash", "duration", "other"]);
        let seen = &director.seen()[1];
        assert_eq!((seen.sha256.as_deref(), seen.duration), (Some(""), Some(Duration::from_secs(1))));
    }

    #[test]
    fn a_refused_upgrade_counts_as_a_turn() {
        let director = director("[[script]]\nturn = { from = 2, to = 3 }\nstatus = 429\n");
        let mut refused = Vec::new();
        for _ in 0..5 {
            let is_refused = director.refuse(ServiceToml::Recognition).is_some();
            if !is_refused {
                assert!(text(&director.begin(ServiceToml::Recognition), Known::default()).is_none());
            }
            refused.push(is_refused);
        }
        assert_eq!(refused, [false, true, true, false, false]);
    }

    #[test]
    fn phrases_that_a_fault_held_back_follow_if_the_entry_is_used_up() {
        for (times, rest) in [("times = 1", Some("b")), ("", Some("a"))] {
            let director = director(&format!(
                "[[script]]\n{times}\nphrases = [{{ text = \"a\" }}, {{ text = \"b\", offset-ms = 1500 }}]\n\
                fault = \"reset\"\nafter-phrases = 1\n"
            ));
            let turn = director.begin(ServiceToml::Recognition);
            let Decision::Now(Some(part)) = turn.decide(Known::default()) else { panic!("an entry") };
            turn.leave(&part, 1, 1000);
            assert!(text(&director.begin(ServiceToml::Synthesis), Known::default()).is_none());
            let next = director.begin(ServiceToml::Recognition);
            let Decision::Now(Some(part)) = next.decide(Known::default()) else { panic!("an entry") };
            let first = &part.entry.phrases.as_ref().unwrap()[0];
            assert_eq!(Some(first.text.as_str()), rest);
            assert!(times.is_empty() || (first.offset_ms == Some(500) && part.entry.fault.is_none()));
        }
    }

    #[test]
    fn a_new_script_applies_to_turns_that_begin_afterwards() {
        let director = director("[[script]]\nphrases = [{ text = \"old\" }]\n");
        let before = director.begin(ServiceToml::Recognition);
        director.set(Answers::parse_toml("[[script]]\nturn = 1\nphrases = [{ text = \"new\" }]\n").unwrap());
        assert_eq!(text(&before, Known::default()).as_deref(), Some("old"));
        assert_eq!(text(&director.begin(ServiceToml::Recognition), Known::default()).as_deref(), Some("new"));
        director.set(Answers::default());
        assert_eq!(text(&director.begin(ServiceToml::Recognition), Known::default()), None);
    }
}
