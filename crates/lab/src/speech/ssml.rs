//! SSML: extracts the text to synthesise.
//! <https://learn.microsoft.com/azure/ai-services/speech-service/speech-synthesis-markup-structure>

/// Extracts the text of an SSML document, decodes entities and collapses whitespace.
///
/// 1. Split the document at its tags, which must be nested correctly.
/// 2. Require the root `speak` and a `voice` element.
/// 3. Join the text between the tags.
///
/// # Errors
///
/// Returns a description of the fault.
pub(super) fn text(document: &str) -> Result<String, String> {
    let mut reader = Reader::default();
    let mut rest = document.trim_start_matches('\u{feff}').trim();
    while let Some(start) = rest.find('<') {
        reader.say(&rest[..start])?;
        rest = reader.tag(&rest[start..])?;
    }
    reader.say(rest)?;
    if let Some(open) = reader.open.last() {
        return Err(format!("`{open}` is not closed"));
    }
    let text = reader.text.split_whitespace().collect::<Vec<_>>().join(" ");
    match (reader.has_voice, text.is_empty()) {
        (false, _) => Err("there is no `voice` element".into()),
        (_, true) => Err("there is no text to speak".into()),
        _ => Ok(text),
    }
}

/// The state of reading a document.
#[derive(Debug, Default)]
struct Reader<'a> {
    open: Vec<&'a str>,
    is_begun: bool,
    has_voice: bool,
    text: String,
}

impl<'a> Reader<'a> {
    fn say(&mut self, part: &str) -> Result<(), String> {
        if self.open.is_empty() && !part.trim().is_empty() {
            return Err("there is text outside `speak`".into());
        }
        self.text.push_str(&decode(part)?);
        Ok(())
    }

    /// Reads markup that starts with `<`, and returns the rest.
    fn tag(&mut self, rest: &'a str) -> Result<&'a str, String> {
        if let Some(content) = rest.strip_prefix("<![CDATA[") {
            let (content, after) = content.split_once("]]>").ok_or("a CDATA section is not closed")?;
            self.text.push_str(content);
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
        match (self.open.is_empty(), name) {
            (_, "") => return Err("a tag has no name".into()),
            (true, "speak") if !self.is_begun => self.is_begun = true,
            (true, _) => return Err(format!("the root is `{name}`: expected one `speak`")),
            (false, "voice") => self.has_voice = true,
            _ => {}
        }
        // A tag separates words.
        self.text.push(' ');
        if !tag.ends_with('/') {
            self.open.push(name);
        }
        Ok(())
    }

    fn close(&mut self, name: &str) -> Result<(), String> {
        self.text.push(' ');
        match self.open.pop() {
            Some(open) if open == name => Ok(()),
            Some(open) => Err(format!("`{open}` is closed by `{name}`")),
            None => Err(format!("`{name}` is closed but was not opened")),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn voiced(content: &str) -> Result<String, String> {
        text(&format!("<speak version='1.0' xml:lang='en-US'><voice name='en-US-AvaNeural'>{content}</voice></speak>"))
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
        ] {
            assert_eq!(voiced(content).as_deref(), Ok(expected), "{content}");
        }
        let declared = "\u{feff}<?xml version=\"1.0\"?>\n<speak><voice name='a'>hi</voice></speak>\n";
        assert_eq!(text(declared).as_deref(), Ok("hi"));
    }

    #[test]
    fn invalid_documents_are_rejected() {
        for (document, part) in [
            ("", "no `voice`"),
            ("Hello", "outside `speak`"),
            ("<speak>Hello</speak>", "no `voice`"),
            ("<speak><voice name='a'>  </voice></speak>", "no text to speak"),
            ("<speech><voice>Hello</voice></speech>", "the root is `speech`"),
            ("<speak><voice>Hello</speak></voice>", "`voice` is closed by `speak`"),
            ("<speak><voice>Hello</voice>", "`speak` is not closed"),
            ("<speak><voice>Hello</voice></speak></speak>", "was not opened"),
            ("<speak><voice>Hello</voice></speak><speak/>", "the root is `speak`"),
            ("<speak><voice>Tom & Jerry</voice></speak>", "does not start an entity"),
            ("<speak><voice>&nbsp;</voice></speak>", "is not an entity"),
            ("<speak><voice", "a tag is not closed"),
            ("<speak><!-- ", "is not closed"),
            ("<speak>< ></speak>", "no name"),
        ] {
            let fault = text(document).unwrap_err();
            assert!(fault.contains(part), "{document}: {fault}");
        }
    }
}
