//! Pronunciation assessment: the words that were said against those that should have been said.
//! <https://learn.microsoft.com/azure/ai-services/speech-service/how-to-pronunciation-assessment>

use serde_json::{Value, json};

use super::words::{SpokenWord, lexical};

/// What to assess.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Assessment {
    /// The words that should be said; empty if anything may be said.
    reference: Vec<String>,
    /// The best score.
    best: f64,
    is_word_only: bool,
    has_miscues: bool,
    has_prosody: bool,
    /// The number of phonemes that may have been said.
    phonemes: usize,
}

impl Assessment {
    /// Reads the settings from the context or from a header of short audio.
    pub(super) fn read(value: &Value) -> Option<Self> {
        let settings = value.as_object()?;
        let get =
            |name: &str| settings.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
        let is_on = |name: &str| {
            get(name).is_some_and(|value| {
                value.as_bool().unwrap_or_else(|| value.as_str().is_some_and(|text| text.eq_ignore_ascii_case("true")))
            })
        };
        let text = |name: &str| get(name).and_then(Value::as_str).unwrap_or_default();
        Some(Self {
            reference: lexical(text("referenceText")).split_whitespace().map(str::to_owned).collect(),
            best: if text("gradingSystem").eq_ignore_ascii_case("FivePoint") { 5.0 } else { 100.0 },
            is_word_only: matches!(text("granularity").to_ascii_lowercase().as_str(), "word" | "fulltext"),
            has_miscues: is_on("enableMiscue"),
            has_prosody: is_on("enableProsodyAssessment"),
            phonemes: get("nBestPhonemeCount").map_or(0, |count| {
                let count = count.as_u64().or_else(|| count.as_str()?.parse().ok()).unwrap_or_default();
                usize::try_from(count.min(10)).unwrap_or_default()
            }),
        })
    }

    /// Adds the scores to the best result, whose words are given.
    pub(super) fn add(&self, best: &mut Value, words: &[SpokenWord]) {
        let said: Vec<&str> = words.iter().map(|word| word.lexical.as_str()).collect();
        let pairs = aligned(&self.reference, &said);
        let right = pairs.iter().filter(|pair| matches!(pair, Pair::Right(_))).count();
        let score = |part: usize, whole: usize| {
            let (part, whole) = (u32::try_from(part).unwrap_or(u32::MAX), u32::try_from(whole).unwrap_or(u32::MAX));
            if whole == 0 { self.best } else { (self.best * f64::from(part) / f64::from(whole)).round() }
        };
        let (accuracy, completeness) = if self.reference.is_empty() {
            (self.best, self.best)
        } else {
            (score(right, said.len()), score(right, self.reference.len()))
        };
        let whole = ((accuracy + self.best + completeness) / 3.0).round();
        best["PronunciationAssessment"] = json!({
            "AccuracyScore": accuracy, "FluencyScore": self.best, "CompletenessScore": completeness, "PronScore": whole,
        });
        if self.has_prosody {
            best["PronunciationAssessment"]["ProsodyScore"] = json!(self.best);
        }
        best["Words"] = pairs.iter().filter_map(|pair| self.word(*pair, words)).collect();
    }

    fn word(&self, pair: Pair, words: &[SpokenWord]) -> Option<Value> {
        let (position, error, score) = match pair {
            Pair::Right(position) => (position, "None", self.best),
            Pair::Extra(position) if self.reference.is_empty() => (position, "None", self.best),
            Pair::Extra(position) if self.has_miscues => (position, "Insertion", 0.0),
            Pair::Extra(position) => (position, "Mispronunciation", 0.0),
            Pair::Missing(position) => {
                let word = self.reference.get(position).filter(|_| self.has_miscues)?;
                return Some(
                    json!({ "Word": word, "PronunciationAssessment": { "AccuracyScore": 0.0, "ErrorType": "Omission" } }),
                );
            }
        };
        let word = words.get(position)?;
        let mut json = word.json();
        json["PronunciationAssessment"] = json!({ "AccuracyScore": score, "ErrorType": error });
        if !self.is_word_only {
            let assessed = json!({ "AccuracyScore": score });
            json["Syllables"] = json!([{
                "Syllable": word.lexical, "PronunciationAssessment": assessed, "Offset": word.offset, "Duration": word.duration,
            }]);
            let count = word.lexical.chars().count() as u64;
            let phoneme = |(i, letter): (u64, char)| {
                let at = |i: u64| word.duration * i / count.max(1);
                let mut json = json!({
                    "Phoneme": letter.to_string(), "PronunciationAssessment": assessed,
                    "Offset": word.offset + at(i), "Duration": at(i + 1) - at(i),
                });
                if self.phonemes > 0 {
                    json["PronunciationAssessment"]["NBestPhonemes"] = self.best_phonemes(letter, score);
                }
                json
            };
            json["Phonemes"] = (0..).zip(word.lexical.chars()).map(phoneme).collect();
        }
        Some(json)
    }
}

impl Assessment {
    /// Returns the phonemes that may have been said, the best first: the letter, and then letters that the lab did not hear.
    fn best_phonemes(&self, letter: char, score: f64) -> Value {
        let others = ('a'..='z').filter(|other| *other != letter).zip(1_u32..);
        let others = others.map(|(other, place)| (other, score / f64::from(1 + place)));
        let all = std::iter::once((letter, score)).chain(others).take(self.phonemes);
        all.map(|(letter, score)| json!({ "Phoneme": letter.to_string(), "Score": score.round() })).collect()
    }
}

/// A word of the reference and one that was said, each by its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pair {
    Right(usize),
    /// A word that was said but is not in the reference.
    Extra(usize),
    /// A word of the reference that was not said.
    Missing(usize),
}

/// Aligns what was said with the reference: the longest common sequence of words.
fn aligned(reference: &[String], said: &[&str]) -> Vec<Pair> {
    let reference = &reference[..reference.len().min(MOST_WORDS)];
    let said = &said[..said.len().min(MOST_WORDS)];
    let mut common = vec![vec![0_u16; said.len() + 1]; reference.len() + 1];
    for i in (0..reference.len()).rev() {
        for j in (0..said.len()).rev() {
            common[i][j] =
                if reference[i] == said[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < reference.len() || j < said.len() {
        if i < reference.len() && j < said.len() && reference[i] == said[j] {
            pairs.push(Pair::Right(j));
            (i, j) = (i + 1, j + 1);
        } else if j < said.len() && (i == reference.len() || common[i][j + 1] >= common[i + 1][j]) {
            pairs.push(Pair::Extra(j));
            j += 1;
        } else {
            pairs.push(Pair::Missing(i));
            i += 1;
        }
    }
    pairs
}

/// The maximum number of words that are compared.
const MOST_WORDS: usize = 500;

#[cfg(test)]
mod tests {
    use super::*;

    fn assessed(settings: &Value, said: &str) -> Value {
        let words: Vec<SpokenWord> = said
            .split_whitespace()
            .map(|word| SpokenWord { display: word.into(), lexical: lexical(word), offset: 0, duration: 100 })
            .collect();
        let mut best = json!({});
        Assessment::read(settings).unwrap().add(&mut best, &words);
        best
    }

    fn errors(best: &Value) -> Vec<String> {
        let words = best["Words"].as_array().unwrap().iter();
        words
            .map(|word| format!("{}:{}", word["Word"], word["PronunciationAssessment"]["ErrorType"]).replace('"', ""))
            .collect()
    }

    #[test]
    fn the_right_words_have_the_best_score() {
        let best =
            assessed(&json!({ "referenceText": "Hello, world.", "gradingSystem": "HundredMark" }), "Hello, world.");
        assert_eq!(
            best["PronunciationAssessment"],
            json!({ "AccuracyScore": 100.0, "FluencyScore": 100.0, "CompletenessScore": 100.0, "PronScore": 100.0 })
        );
        assert_eq!(errors(&best), ["hello:None", "world:None"]);
        assert_eq!(best["Words"][0]["Phonemes"].as_array().unwrap().len(), 5);
        let several = json!({ "referenceText": "a", "nBestPhonemeCount": 3 });
        let phonemes = &assessed(&several, "a")["Words"][0]["Phonemes"][0]["PronunciationAssessment"]["NBestPhonemes"];
        assert_eq!((phonemes.as_array().unwrap().len(), &phonemes[0]), (3, &json!({ "Phoneme": "a", "Score": 100.0 })));
        let five = assessed(&json!({ "referenceText": "a", "gradingSystem": "FivePoint", "granularity": "Word" }), "a");
        assert_eq!(
            (&five["PronunciationAssessment"]["PronScore"], &five["Words"][0]["Phonemes"]),
            (&json!(5.0), &Value::Null)
        );
    }

    #[test]
    fn missing_and_extra_words_cost_points_and_are_named_on_request() {
        let settings = json!({ "ReferenceText": "good morning my friend", "EnableMiscue": "True" });
        let best = assessed(&settings, "good evening friend");
        assert_eq!(errors(&best), ["good:None", "evening:Insertion", "morning:Omission", "my:Omission", "friend:None"]);
        assert_eq!(
            (&best["PronunciationAssessment"]["CompletenessScore"], &best["PronunciationAssessment"]["AccuracyScore"]),
            (&json!(50.0), &json!(67.0))
        );
        let plain = assessed(&json!({ "referenceText": "good morning" }), "good evening");
        assert_eq!(errors(&plain), ["good:None", "evening:Mispronunciation"]);
        let free = assessed(&json!({ "referenceText": "" }), "anything goes");
        assert_eq!(
            (errors(&free), &free["PronunciationAssessment"]["PronScore"]),
            (vec!["anything:None".to_owned(), "goes:None".into()], &json!(100.0))
        );
    }

    #[test]
    fn only_an_object_asks_for_an_assessment() {
        assert_eq!((Assessment::read(&Value::Null), Assessment::read(&json!("x"))), (None, None));
    }
}
