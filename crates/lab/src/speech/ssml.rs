//! SSML: what to say, by which voice, with which pauses and marks.
//! <https://learn.microsoft.com/azure/ai-services/speech-service/speech-synthesis-markup-structure>

/// A piece of a document.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    Text {
        text: String,
        voice: String,
        /// The language of `lang`, if it is not that of the voice.
        language: Option<String>,
        /// The speed: 1 is the usual one.
        rate: f64,
    },
    /// A pause in milliseconds.
    Break(u32),
    /// The end of a sentence or paragraph.
    Sentence,
    /// The pause between two sentences from here on, in milliseconds.
    BetweenSentences(u32),
    Bookmark(String),
}

/// Reads an SSML document.
///
/// 1. Split the document at its tags, which must be nested correctly.
/// 2. Require the root `speak` and a `voice` element with a name.
/// 3. Require well-formed attributes, and prefixes that are declared.
/// 4. Keep the text between the tags, with the settings of the tags around it.
///
/// # Errors
///
/// Returns a description of the fault.
pub(super) fn read(document: &str) -> Result<Vec<Piece>, String> {
    let mut reader = Reader { settings: Settings { rate: 1.0, ..Settings::default() }, ..Reader::default() };
    let mut rest = document.trim_start_matches('\u{feff}').trim();
    while let Some(start) = rest.find('<') {
        reader.say(&rest[..start])?;
        rest = reader.tag(&rest[start..])?;
    }
    reader.say(rest)?;
    if let Some((open, _)) = reader.open.last() {
        return Err(format!("`{open}` is not closed"));
    }
    let has_text = |piece: &Piece| matches!(piece, Piece::Text { text, .. } if !text.trim().is_empty());
    match (reader.has_voice, reader.pieces.iter().any(has_text)) {
        (false, _) => Err("there is no `voice` element".into()),
        (_, false) => Err("there is no text to speak".into()),
        _ => Ok(reader.pieces),
    }
}

/// The state of reading a document.
#[derive(Debug, Default)]
struct Reader<'a> {
    /// The open tags, each with the settings around it.
    open: Vec<(&'a str, Settings)>,
    is_begun: bool,
    has_voice: bool,
    settings: Settings,
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, Default)]
struct Settings {
    voice: String,
    language: Option<String>,
    rate: f64,
    /// Whether something else is said in place of the text.
    is_replaced: bool,
    /// The prefixes of namespaces that are declared.
    prefixes: Vec<String>,
}

impl<'a> Reader<'a> {
    fn say(&mut self, part: &str) -> Result<(), String> {
        if self.open.is_empty() && !part.trim().is_empty() {
            return Err("there is text outside `speak`".into());
        }
        if part.contains("]]>") {
            return Err("`]]>` is only allowed at the end of a CDATA section".into());
        }
        let text = decode(part)?;
        self.add(text);
        Ok(())
    }

    fn add(&mut self, text: String) {
        if !text.trim().is_empty() && !self.settings.is_replaced {
            let Settings { voice, language, rate, .. } = self.settings.clone();
            self.pieces.push(Piece::Text { text, voice, language, rate });
        }
    }

    /// Checks the name and the attributes of a tag, and notes the prefixes that it declares.
    fn check(&mut self, name: &'a str, attributes: &'a str) -> Result<(), String> {
        let names = attribute_names(attributes)?;
        self.settings.prefixes.extend(names.iter().filter_map(|name| Some(name.strip_prefix("xmlns:")?.to_owned())));
        let prefixes = names.into_iter().chain([name]).filter_map(|name| Some(name.split_once(':')?.0));
        for prefix in prefixes.filter(|prefix| !matches!(*prefix, "xml" | "xmlns")) {
            if !self.settings.prefixes.iter().any(|known| known == prefix) {
                return Err(format!("the prefix `{prefix}` is not declared: expected `xmlns:{prefix}` on `speak`"));
            }
        }
        Ok(())
    }

    /// Reads markup that starts with `<`, and returns the rest.
    fn tag(&mut self, rest: &'a str) -> Result<&'a str, String> {
        if let Some(content) = rest.strip_prefix("<![CDATA[") {
            let (content, after) = content.split_once("]]>").ok_or("a CDATA section is not closed")?;
            if self.open.is_empty() {
                return Err("there is text outside `speak`".into());
            }
            self.add(content.to_owned());
            return Ok(after);
        }
        for (start, end) in [("<!--", "-->"), ("<?", "?>")] {
            if let Some(content) = rest.strip_prefix(start) {
                return Ok(content.split_once(end).ok_or("a comment or instruction is not closed")?.1);
            }
        }
        let end = end_of_tag(rest).ok_or("a tag is not closed")?;
        let (tag, after) = (&rest[1..end], &rest[end + 1..]);
        match tag.strip_prefix('/') {
            Some(name) => self.close(name.trim())?,
            None => self.begin(tag)?,
        }
        Ok(after)
    }

    fn begin(&mut self, tag: &'a str) -> Result<(), String> {
        let name = tag.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default();
        let around = self.settings.clone();
        if !name.is_empty() {
            self.check(name, tag[name.len()..].strip_suffix('/').unwrap_or(&tag[name.len()..]))?;
        }
        match (self.open.is_empty(), name) {
            (_, "") => return Err("a tag has no name".into()),
            (true, "speak") if !self.is_begun => self.is_begun = true,
            (true, _) => return Err(format!("the root is `{name}`: expected one `speak`")),
            (false, "voice") => {
                self.has_voice = true;
                self.settings.voice = attribute(tag, "name")?.ok_or("`voice` has no `name`")?;
            }
            (false, "lang") => self.settings.language = attribute(tag, "xml:lang")?,
            (false, "prosody") => {
                let rate = attribute(tag, "rate")?;
                self.settings.rate *= rate.as_deref().and_then(speed).unwrap_or(1.0);
            }
            (false, "sub") => {
                let alias = attribute(tag, "alias")?.ok_or("`sub` has no `alias`")?;
                self.add(alias);
                self.settings.is_replaced = true;
            }
            (false, "break") => self.pieces.push(Piece::Break(pause(tag)?)),
            (false, "bookmark") => {
                let mark = attribute(tag, "mark")?.ok_or("`bookmark` has no `mark`")?;
                self.pieces.push(Piece::Bookmark(mark));
            }
            (false, "mstts:silence") => self.silence(tag)?,
            (false, "p" | "s") => self.pieces.push(Piece::Sentence),
            _ => {}
        }
        if tag.ends_with('/') {
            self.settings = around;
        } else {
            self.open.push((name, around));
        }
        Ok(())
    }

    /// Adds the silence at the start or the end, or sets that between sentences.
    fn silence(&mut self, tag: &str) -> Result<(), String> {
        let kind = attribute(tag, "type")?.unwrap_or_default();
        let value = attribute(tag, "value")?.as_deref().and_then(time).ok_or("`mstts:silence` has no valid `value`")?;
        if kind.starts_with("Leading") || kind.starts_with("Tailing") {
            self.pieces.push(Piece::Break(value.min(LONGEST_PAUSE)));
        } else if kind.starts_with("Sentenceboundary") {
            self.pieces.push(Piece::BetweenSentences(value.min(LONGEST_PAUSE)));
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), String> {
        if matches!(name, "p" | "s") {
            self.pieces.push(Piece::Sentence);
        }
        match self.open.pop() {
            Some((open, around)) if open == name => {
                self.settings = around;
                Ok(())
            }
            Some((open, _)) => Err(format!("`{open}` is closed by `{name}`")),
            None => Err(format!("`{name}` is closed but was not opened")),
        }
    }
}

/// Returns the duration of a `break`: by its time, or by its strength.
/// <https://learn.microsoft.com/azure/ai-services/speech-service/speech-synthesis-markup-structure#add-a-break>
fn pause(tag: &str) -> Result<u32, String> {
    if let Some(text) = attribute(tag, "time")? {
        let ms = time(&text).ok_or_else(|| format!("`{text}` is not a time: expected one like `500ms` or `2s`"))?;
        return Ok(ms.min(LONGEST_PAUSE));
    }
    Ok(match attribute(tag, "strength")?.as_deref() {
        Some("none") => 0,
        Some("x-weak") => 250,
        Some("weak") => 500,
        Some("strong") => 1000,
        Some("x-strong") => 1250,
        _ => 750,
    })
}

/// Reads a time such as `500ms` or `1.5s`.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range is checked")]
fn time(text: &str) -> Option<u32> {
    let text = text.trim();
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => (text.strip_suffix('s')?, 1000.0),
    };
    let ms = number.trim().trim_start_matches('+').parse::<f64>().ok()? * unit;
    (0.0..=3_600_000.0).contains(&ms).then_some(ms as u32)
}

/// Reads the rate of `prosody`: a word, a factor or a change in percent.
fn speed(text: &str) -> Option<f64> {
    let factor = match text.trim() {
        "x-slow" => 0.5,
        "slow" => 0.64,
        "medium" | "default" => 1.0,
        "fast" => 1.55,
        "x-fast" => 2.0,
        text => match text.strip_suffix('%') {
            Some(percent) => 1.0 + percent.trim_start_matches('+').parse::<f64>().ok()? / 100.0,
            None => text.parse().ok()?,
        },
    };
    factor.is_finite().then(|| factor.clamp(0.5, 3.0))
}

/// Returns the decoded value of an attribute.
fn attribute(tag: &str, name: &str) -> Result<Option<String>, String> {
    let mut rest = tag.find(char::is_whitespace).map_or("", |end| &tag[end..]);
    while let Some((found, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|quote| matches!(quote, '"' | '\'')) else {
            return Err("the value of an attribute is not quoted".into());
        };
        let (value, after) = after[1..].split_once(quote).ok_or("the value of an attribute is not closed")?;
        if found.trim() == name {
            return decode(value).map(Some);
        }
        rest = after;
    }
    Ok(None)
}

/// Returns the names of the attributes of a tag, which must be well formed and different.
fn attribute_names(text: &str) -> Result<Vec<&str>, String> {
    let mut names = Vec::new();
    let mut rest = text;
    while !rest.trim_start().is_empty() {
        if !rest.starts_with(char::is_whitespace) {
            return Err("two attributes are not separated by a blank".into());
        }
        let (name, after) = rest.split_once('=').ok_or("an attribute has no value")?;
        let (name, after) = (name.trim(), after.trim_start());
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')) {
            return Err("the name of an attribute is invalid".into());
        }
        let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let quote = quote.ok_or("the value of an attribute is not quoted")?;
        let (value, after) = after[1..].split_once(quote).ok_or("the value of an attribute is not closed")?;
        if value.contains('<') {
            return Err("the value of an attribute contains `<`: expected `&lt;`".into());
        }
        decode(value)?;
        if names.contains(&name) {
            return Err(format!("the attribute `{name}` is there twice"));
        }
        names.push(name);
        rest = after;
    }
    Ok(names)
}

/// Returns the position of the `>` that ends a tag, ignoring quoted text.
fn end_of_tag(rest: &str) -> Option<usize> {
    let mut quote = None;
    rest.char_indices().find_map(|(i, c)| {
        match (quote, c) {
            (None, '>') => return Some(i),
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
        None
    })
}

fn decode(part: &str) -> Result<String, String> {
    let mut decoded = String::with_capacity(part.len());
    let mut rest = part;
    while let Some((before, after)) = rest.split_once('&') {
        decoded.push_str(before);
        let (name, after) = after.split_once(';').ok_or("`&` does not start an entity: expected `&amp;`")?;
        decoded.push(entity(name).ok_or_else(|| format!("`&{name};` is not an entity"))?);
        rest = after;
    }
    decoded.push_str(rest);
    Ok(decoded)
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)
        }
    }
}

/// The longest pause that the service makes, in milliseconds.
const LONGEST_PAUSE: u32 = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn voiced(content: &str) -> Vec<Piece> {
        let document = format!(
            "<speak version='1.0' xml:lang='en-US' xmlns:mstts='http://www.w3.org/2001/mstts'><voice name='en-US-AvaNeural'>{content}</voice></speak>"
        );
        read(&document).unwrap()
    }

    fn text(pieces: &[Piece]) -> String {
        let texts =
            pieces.iter().filter_map(|piece| if let Piece::Text { text, .. } = piece { Some(text) } else { None });
        texts.flat_map(|text| text.split_whitespace()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn tags_are_stripped_and_entities_decoded() {
        for (content, expected) in [
            ("Hello, world.", "Hello, world."),
            ("  a\n  b ", "a b"),
            ("Bed &amp; breakfast &lt;3 &#65;&#x42;", "Bed & breakfast <3 AB"),
            ("one<break time=\"200ms\"/>two", "one two"),
            ("<prosody rate='fast'>quick</prosody> brown", "quick brown"),
            ("a <!-- not > this --> b <![CDATA[<c> & d]]>", "a b <c> & d"),
            ("<say-as interpret-as='a>b'>x</say-as>", "x"),
            ("<mstts:express-as style = \"sad\" styledegree='2' >x > y</mstts:express-as>", "x > y"),
            ("<x:a xmlns:x='urn:x'>x</x:a>", "x"),
            ("the <sub alias='World Wide Web'>WWW</sub> works", "the World Wide Web works"),
        ] {
            assert_eq!(text(&voiced(content)), expected, "{content}");
        }
        let declared = "\u{feff}<?xml version=\"1.0\"?>\n<speak><voice name='a'>hi</voice></speak>\n";
        assert_eq!(text(&read(declared).unwrap()), "hi");
    }

    #[test]
    fn voices_languages_rates_pauses_and_marks_are_kept() {
        let piece = |text: &str, language: Option<&str>, rate| Piece::Text {
            text: text.into(),
            voice: "en-US-AvaNeural".into(),
            language: language.map(str::to_owned),
            rate,
        };
        let content = "a<lang xml:lang='de-DE'>b</lang><prosody rate='+50%'>c</prosody><bookmark mark='m &amp; n'/>d";
        let expected = [
            piece("a", None, 1.0),
            piece("b", Some("de-DE"), 1.0),
            piece("c", None, 1.5),
            Piece::Bookmark("m & n".into()),
            piece("d", None, 1.0),
        ];
        assert_eq!(voiced(content), expected);
        for (tag, ms) in [
            ("<break/>", 750),
            ("<break time='1.5s' />", 1500),
            ("<break strength=\"x-weak\"/>", 250),
            ("<break time='90s'/>", 20_000),
            ("<mstts:silence type='Leading' value='300ms'/>", 300),
        ] {
            assert_eq!(voiced(&format!("{tag}a"))[0], Piece::Break(ms), "{tag}");
        }
        let two = read("<speak><voice name='x'>a</voice><voice name='y'>b</voice></speak>").unwrap();
        let voices = two.iter().map(|piece| if let Piece::Text { voice, .. } = piece { voice.as_str() } else { "" });
        assert_eq!(voices.collect::<Vec<_>>(), ["x", "y"]);
    }

    #[test]
    fn invalid_documents_are_rejected() {
        for (document, part) in [
            ("", "no `voice`"),
            ("Hello", "outside `speak`"),
            ("<speak>Hello</speak>", "no `voice`"),
            ("<speak><voice name='a'>  </voice></speak>", "no text to speak"),
            ("<speech><voice name='a'>Hello</voice></speech>", "the root is `speech`"),
            ("<speak><voice name='a'>Hello</speak></voice>", "`voice` is closed by `speak`"),
            ("<speak><voice name='a'>Hello</voice>", "`speak` is not closed"),
            ("<speak><voice name='a'>Hello</voice></speak></speak>", "was not opened"),
            ("<speak><voice name='a'>Hello</voice></speak><speak/>", "the root is `speak`"),
            ("<speak><voice name='a'>Tom & Jerry</voice></speak>", "does not start an entity"),
            ("<speak><voice name='a'>&nbsp;</voice></speak>", "is not an entity"),
            ("<speak><voice", "a tag is not closed"),
            ("<speak><!-- ", "is not closed"),
            ("<speak>< ></speak>", "no name"),
            ("<speak><voice name='a'><break time='soon'/>a</voice></speak>", "is not a time"),
            ("<speak><voice name='a'><bookmark/>a</voice></speak>", "has no `mark`"),
            ("<speak><voice name=a>a</voice></speak>", "is not quoted"),
            ("<speak><voice name='a'><emphasis level=strong>a</emphasis></voice></speak>", "is not quoted"),
            ("<speak><voice name='a' name='b'>a</voice></speak>", "`name` is there twice"),
            ("<speak><voice name='a'style='b'>a</voice></speak>", "not separated"),
            ("<speak><voice name='a' loud>a</voice></speak>", "has no value"),
            ("<speak><voice name='a' <b='c'>a</voice></speak>", "is invalid"),
            ("<speak><voice name='a<b'>a</voice></speak>", "contains `<`"),
            (
                "<speak><voice name='a'><mstts:express-as style='sad'>a</mstts:express-as></voice></speak>",
                "`mstts` is not",
            ),
            ("<speak><voice name='a' mstts:x='b'>a</voice></speak>", "`mstts` is not declared"),
            ("<speak><voice>Hello</voice></speak>", "`voice` has no `name`"),
            ("<speak><voice name='a'>a ]]> b</voice></speak>", "CDATA"),
        ] {
            let fault = read(document).unwrap_err();
            assert!(fault.contains(part), "{document}: {fault}");
        }
    }
}
