//! What the lab says and when: bursts of speech, pauses, and the marks that a client can ask for.

use super::ssml::Piece;
use super::tones::{Burst, LONGEST_WORD, PREAMBLE, SYMBOL, Word};
use super::voices;

/// Speech that is ready to be rendered.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Script {
    pub(super) parts: Vec<Part>,
    /// In the order of their times.
    pub(super) marks: Vec<Mark>,
    /// The whole text.
    pub(super) text: String,
    /// The duration in milliseconds.
    pub(super) lasts: u64,
}

/// A part of a script.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Burst(Burst),
    /// In milliseconds.
    Silence(u32),
    /// Noise, in milliseconds.
    Noise(u32),
}

/// Something that happens at a time in the audio.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mark {
    /// In milliseconds.
    pub(super) at: u64,
    pub(super) kind: MarkKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum MarkKind {
    Word { text: String, lasts: u64 },
    Punctuation { text: String, lasts: u64 },
    Sentence { text: String, lasts: u64 },
    Viseme(u8),
    Bookmark(String),
}

/// The state of writing a script.
#[derive(Debug, Default)]
struct Writer {
    script: Script,
    burst: Burst,
    /// The start of the current burst.
    start: u64,
    /// The start of the current sentence, the position in the marks, and its text.
    sentence: Option<(u64, usize, String)>,
    /// Whether a pause between sentences is due before the next word.
    is_pause_due: bool,
    /// The pause between sentences, if the document sets it.
    between_sentences: Option<u32>,
}

impl Script {
    /// Writes the script of a document. `is_custom` accepts voices that are not prebuilt.
    ///
    /// # Errors
    ///
    /// Returns a description of a voice that does not exist.
    pub(super) fn write(pieces: &[Piece], is_custom: bool) -> Result<Self, String> {
        let mut writer = Writer::default();
        for piece in pieces {
            match piece {
                Piece::Text { text, voice, language, rate } => {
                    let number = match voices::find(voice) {
                        Some(number) => number,
                        None if is_custom => CUSTOM,
                        None => return Err(format!("Unsupported voice {voice}.")),
                    };
                    let own = voices::locale_of(number).unwrap_or(FIRST_LANGUAGE);
                    let language = voices::locale_number(language.as_deref().unwrap_or(own));
                    let language = language.or_else(|| voices::locale_number(own)).unwrap_or_default();
                    writer.speaker(number, language);
                    writer.text(text, *rate);
                }
                Piece::Break(ms) => writer.pause(*ms),
                Piece::Sentence => writer.end_sentence(),
                Piece::BetweenSentences(ms) => writer.between_sentences = Some(*ms),
                Piece::Bookmark(name) => {
                    let at = writer.now();
                    writer.mark(at, MarkKind::Bookmark(name.clone()));
                }
            }
        }
        writer.end_sentence();
        writer.end_burst();
        Ok(writer.script)
    }

    /// Writes the script of a plain text by a voice.
    pub(super) fn of_text(text: &str, voice: u16) -> Self {
        let mut writer = Writer::default();
        let own = voices::locale_of(voice).unwrap_or(FIRST_LANGUAGE);
        writer.speaker(voice, voices::locale_number(own).unwrap_or_default());
        writer.text(text, 1.0);
        writer.end_sentence();
        writer.end_burst();
        writer.script
    }
}

impl Writer {
    /// Returns the time reached.
    fn now(&self) -> u64 {
        let symbols: usize = self.burst.words.iter().map(|word| word.symbols).sum();
        self.start + (symbols * SYMBOL) as u64
    }

    fn speaker(&mut self, voice: u16, language: u8) {
        if (self.burst.voice, self.burst.language) != (voice, language) {
            self.end_burst();
            (self.burst.voice, self.burst.language) = (voice, language);
        }
    }

    fn text(&mut self, text: &str, rate: f64) {
        for token in text.split_whitespace() {
            if self.now() >= LONGEST {
                return;
            }
            if std::mem::take(&mut self.is_pause_due) {
                self.pause(self.between_sentences.unwrap_or(BETWEEN_SENTENCES));
            }
            // A tag separates words, but not a word from its punctuation.
            let is_glued = !token.chars().any(char::is_alphanumeric)
                && self.script.text.ends_with(char::is_alphanumeric)
                && token.starts_with([',', '.', '!', '?', ';', ':']);
            for (i, part) in parts(token).into_iter().enumerate() {
                self.word(part, is_glued || i > 0, rate);
            }
            if ends_sentence(token) {
                self.end_sentence();
                self.is_pause_due = true;
            }
        }
    }

    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a word is short"
    )]
    fn word(&mut self, text: &str, is_glued: bool, rate: f64) {
        if !is_glued {
            // The time of the space belongs to the word before it.
            if let Some(last) = self.burst.words.last_mut() {
                last.symbols += (PER_CHARACTER as f64 / rate) as usize / SYMBOL;
            }
            if !self.script.text.is_empty() {
                self.script.text.push(' ');
            }
        }
        let at = self.now();
        let natural: u64 = text.chars().map(duration).sum();
        let least = Word::least(text) + if self.burst.words.is_empty() { PREAMBLE } else { 0 };
        let symbols = ((natural as f64 / rate) as usize / SYMBOL).max(least);
        self.script.text.push_str(text);
        self.marks_of(text, at, (symbols * SYMBOL) as u64, is_glued);
        self.burst.words.push(Word { text: text.to_owned(), is_glued, symbols });
    }

    /// Adds the marks of a word and of its punctuation.
    fn marks_of(&mut self, text: &str, at: u64, lasts: u64, is_glued: bool) {
        let position = self.script.marks.len();
        let (_, _, sentence) = self.sentence.get_or_insert_with(|| (at, position, String::new()));
        if !sentence.is_empty() && !is_glued {
            sentence.push(' ');
        }
        sentence.push_str(text);
        let letters = text.chars().count().max(1) as u64;
        let mut passed = 0;
        for (part, is_word) in split(text) {
            let count = part.chars().count() as u64;
            let time = |letters_before: u64| at + lasts * letters_before / letters;
            let (from, lasts) = (time(passed), time(passed + count) - time(passed));
            let text = part.to_owned();
            self.mark(
                from,
                if is_word { MarkKind::Word { text, lasts } } else { MarkKind::Punctuation { text, lasts } },
            );
            if is_word {
                for (i, letter) in (0..).zip(part.chars()) {
                    self.mark(time(passed + i), MarkKind::Viseme(viseme(letter)));
                }
            }
            passed += count;
        }
    }

    fn mark(&mut self, at: u64, kind: MarkKind) {
        self.script.marks.push(Mark { at, kind });
    }

    fn end_sentence(&mut self) {
        let Some((at, position, text)) = self.sentence.take() else { return };
        let lasts = self.now() - at;
        self.script.marks.insert(position, Mark { at, kind: MarkKind::Sentence { text, lasts } });
        let now = self.now();
        self.mark(now, MarkKind::Viseme(0));
        self.end_burst();
    }

    fn end_burst(&mut self) {
        let now = self.now();
        let words = std::mem::take(&mut self.burst.words);
        if !words.is_empty() {
            self.script.parts.push(Part::Burst(Burst { words, ..self.burst }));
        }
        (self.start, self.script.lasts) = (now, now);
    }

    fn pause(&mut self, ms: u32) {
        self.end_burst();
        let left = LONGEST.saturating_sub(self.start);
        let ms = ms.min(u32::try_from(left).unwrap_or(u32::MAX));
        if ms > 0 {
            self.script.parts.push(Part::Silence(ms));
            self.start += u64::from(ms);
            self.script.lasts = self.start;
        }
        self.is_pause_due = false;
    }
}

/// Divides a token into words: a script without spaces into pairs, and what is too long into pieces.
fn parts(token: &str) -> Vec<&str> {
    let most = if token.chars().any(is_without_spaces) { 2 } else { LONGEST_WORD / 4 };
    if token.len() <= LONGEST_WORD && most > 2 {
        return vec![token];
    }
    let mut parts = Vec::new();
    let mut rest = token;
    while !rest.is_empty() {
        let mut end = rest.char_indices().nth(most).map_or(rest.len(), |(end, _)| end);
        // Punctuation stays with the letters before it.
        while let Some(next) = rest[end..].chars().next().filter(|c| !c.is_alphanumeric()) {
            if end + next.len_utf8() > LONGEST_WORD {
                break;
            }
            end += next.len_utf8();
        }
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

/// Returns whether a letter belongs to a script without spaces between words.
fn is_without_spaces(letter: char) -> bool {
    matches!(letter, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{20000}'..='\u{3ffff}')
}

/// Returns the usual duration of a letter in milliseconds.
fn duration(letter: char) -> u64 {
    if is_without_spaces(letter) { PER_IDEOGRAPH } else { PER_CHARACTER }
}

/// Returns whether a token ends a sentence.
fn ends_sentence(token: &str) -> bool {
    let closing = ['"', '\'', ')', ']', '»', '“', '”', '’', '」', '』'];
    token.trim_end_matches(closing).ends_with(['.', '!', '?', '…', '。', '！', '？', '؟', '।', '۔'])
}

/// Divides a word into letters and punctuation; a mark inside, as in `don't`, stays with the letters.
fn split(word: &str) -> Vec<(&str, bool)> {
    let is_letter = |c: char| c.is_alphanumeric();
    let Some(start) = word.find(is_letter) else { return vec![(word, false)] };
    let end = word.char_indices().rev().find(|(_, c)| is_letter(*c)).map_or(word.len(), |(i, c)| i + c.len_utf8());
    let all = [(&word[..start], false), (&word[start..end], true), (&word[end..], false)];
    all.into_iter().filter(|(part, _)| !part.is_empty()).collect()
}

/// Returns the viseme of a letter, by its usual sound in English.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/how-to-speech-synthesis-viseme#map-phonemes-to-visemes>
fn viseme(letter: char) -> u8 {
    match letter.to_ascii_lowercase() {
        'e' => 4,
        'i' | 'y' => 6,
        'u' | 'w' => 7,
        'o' => 8,
        'h' => 12,
        'r' => 13,
        'l' => 14,
        's' | 'z' | 'c' | 'x' => 15,
        'j' => 16,
        'f' | 'v' => 18,
        'd' | 't' | 'n' => 19,
        'k' | 'g' | 'q' => 20,
        'p' | 'b' | 'm' => 21,
        _ => 1,
    }
}

/// The number of a custom voice, whose name only its owner knows.
pub(super) const CUSTOM: u16 = 0xfffe;

const FIRST_LANGUAGE: &str = "en-US";

/// Milliseconds per character; a fast speaker says about sixteen characters per second.
const PER_CHARACTER: u64 = 60;

/// Milliseconds per character of a script without spaces, about five in a second.
const PER_IDEOGRAPH: u64 = 200;

/// The pause between two sentences in milliseconds.
const BETWEEN_SENTENCES: u32 = 200;

/// The longest speech in milliseconds: ten minutes, as the service limits it.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/speech-services-quotas-and-limits#text-to-speech-quotas-and-limits-per-resource>
const LONGEST: u64 = 600_000;

#[cfg(test)]
mod tests {
    use super::super::ssml;
    use super::*;

    fn script(content: &str) -> Script {
        let document = format!("<speak version='1.0'><voice name='en-US-AvaNeural'>{content}</voice></speak>");
        Script::write(&ssml::read(&document).unwrap(), false).unwrap()
    }

    fn words(script: &Script) -> Vec<(&str, u64, u64)> {
        let word = |mark: &'_ Mark| match &mark.kind {
            MarkKind::Word { lasts, .. } | MarkKind::Punctuation { lasts, .. } => Some((mark.at, *lasts)),
            _ => None,
        };
        let texts = script.marks.iter().filter_map(|mark| match &mark.kind {
            MarkKind::Word { text, .. } | MarkKind::Punctuation { text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.zip(script.marks.iter().filter_map(word)).map(|(text, (at, lasts))| (text, at, lasts)).collect()
    }

    #[test]
    fn words_and_punctuation_have_their_times() {
        let script = script("Hello, world.");
        assert_eq!((script.lasts, script.text.as_str()), (780, "Hello, world."));
        assert_eq!(words(&script), [("Hello", 0, 300), (",", 300, 60), ("world", 420, 300), (".", 720, 60)]);
        let sentence = MarkKind::Sentence { text: "Hello, world.".into(), lasts: 780 };
        assert_eq!(script.marks[0], Mark { at: 0, kind: sentence });
    }

    #[test]
    fn breaks_sentences_and_rates_change_the_duration() {
        let lasts = |content: &str| script(content).lasts;
        assert_eq!(lasts("One <break time='2s'/>two."), lasts("One") + 2_000 + lasts("two."));
        assert_eq!(lasts("One two. Three."), lasts("One two.") + 200 + lasts("Three."));
        assert_eq!(lasts("<s>One two</s><s>Three</s>"), lasts("One two") + lasts("Three"));
        let silence = "<mstts:silence xmlns:mstts='http://www.w3.org/2001/mstts' type='Sentenceboundary-exact' value='900ms'/>One two. Three.";
        assert_eq!(lasts(silence), lasts("One two.") + 900 + lasts("Three."));
        let slow = lasts("<prosody rate='-50%'>Another sentence here.</prosody>");
        assert_eq!(slow, 2 * lasts("Another sentence here."));
    }

    #[test]
    fn a_bookmark_stands_where_the_speech_is() {
        let script = script("One two<bookmark mark='m'/> three");
        let mark = script.marks.iter().find(|mark| mark.kind == MarkKind::Bookmark("m".into())).unwrap();
        assert_eq!(mark.at, words(&script)[1].1 + words(&script)[1].2);
    }

    #[test]
    fn a_script_without_spaces_is_divided_and_its_text_stays_whole() {
        for text in
            ["你好，世界。再见", "こんにちは世界", "สวัสดีชาวโลก", &"longword".repeat(40), "שלום עולם!", "😀 ok 👍🏽"]
        {
            let script = Script::of_text(text, 0);
            assert_eq!(script.text, text);
            let bursts =
                script.parts.iter().filter_map(|part| if let Part::Burst(burst) = part { Some(burst) } else { None });
            let words: Vec<&Word> = bursts.flat_map(|burst| &burst.words).collect();
            assert!(words.iter().all(|word| word.text.len() <= LONGEST_WORD), "{text}");
            let joined: String = words
                .iter()
                .map(|word| if word.is_glued { word.text.clone() } else { format!(" {}", word.text) })
                .collect();
            assert_eq!(joined.trim(), text);
        }
    }

    #[test]
    fn speech_lasts_at_most_ten_minutes() {
        let script = Script::of_text(&"A sentence. ".repeat(5_000), 0);
        assert!((LONGEST..LONGEST + 1_000).contains(&script.lasts), "{}", script.lasts);
        let silence = self::script(&format!("a{}b", "<break time='20s'/>".repeat(100)));
        assert!(silence.lasts < LONGEST + 1_000, "{}", silence.lasts);
    }

    #[test]
    fn an_unknown_voice_is_refused_unless_it_may_be_custom() {
        let pieces = ssml::read("<speak><voice name='MyVoice'>a</voice></speak>").unwrap();
        assert_eq!(Script::write(&pieces, false), Err("Unsupported voice MyVoice.".into()));
        assert!(Script::write(&pieces, true).is_ok());
    }

    #[test]
    fn another_voice_starts_another_burst() {
        let document = "<speak><voice name='en-US-AvaNeural'>a <lang xml:lang='de-DE'>b</lang></voice><voice name='en-US-GuyNeural'>c</voice></speak>";
        let script = Script::write(&ssml::read(document).unwrap(), false).unwrap();
        let speakers: Vec<_> = script
            .parts
            .iter()
            .filter_map(|part| {
                if let Part::Burst(burst) = part {
                    Some((burst.voice, voices::locale(burst.language).unwrap()))
                } else {
                    None
                }
            })
            .collect();
        let (ava, guy) = (voices::find("en-US-AvaNeural").unwrap(), voices::find("en-US-GuyNeural").unwrap());
        assert_eq!(speakers, [(ava, "en-US"), (ava, "de-DE"), (guy, "en-US")]);
    }
}
