//! What people say to the service, and what it says to them. A transcript holds every word, and none of them is an error.

use zeroize::Zeroizing;

/// Returns a lower-case text with blanks in place of recognized and synthesized speech.
pub(super) fn without_speech(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    for line in text.split_inclusive('\n') {
        let mut at = 0;
        for (start, closing) in leads(line) {
            // A lead inside of what was said belongs to it.
            if start < at {
                continue;
            }
            let end = closing.and_then(|sign| line[start..].find(sign)).map_or(line.len(), |length| start + length);
            out.push_str(&line[at..start]);
            out.extend(line[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
        out.push_str(&line[at..]);
    }
    out
}

/// Returns where speech begins in a line, in order, and the sign that ends it; without one it goes to the end of the line.
fn leads(line: &str) -> Vec<(usize, Option<char>)> {
    let is_result = ["recogniz", "\"nbest\"", "\"recognitionstatus\""].iter().any(|word| line.contains(word));
    let fields = FIELDS.iter().filter(|_| is_result).map(|lead| (lead, Some('"')));
    let all =
        TO_END.iter().map(|lead| (lead, None)).chain(fields).chain(BRACKETED.iter().map(|lead| (lead, Some(']'))));
    let begins_word = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    let mut found: Vec<(usize, Option<char>)> = all
        .flat_map(|(lead, closing)| line.match_indices(lead).map(move |(at, lead)| (at, at + lead.len(), closing)))
        .filter(|(at, ..)| begins_word(*at))
        .map(|(_, start, closing)| (start, closing))
        .collect();
    found.sort_unstable();
    found
}

/// What the samples of the SDKs print before a recognized text, which goes to the end of the line.
const TO_END: [&str; 5] = [
    "recognized:",
    "recognizing:",
    "reason: recognizedspeech text:",
    "reason: recognizingspeech text:",
    "transcribed:",
];

/// The fields of a result that hold a recognized text.
const FIELDS: [&str; 6] =
    ["\"display\":\"", "\"displaytext\":\"", "\"lexical\":\"", "\"itn\":\"", "\"maskeditn\":\"", "\"text\":\""];

/// What the samples of the SDKs and voice bots print before a synthesized text in brackets.
const BRACKETED: [&str; 4] = [
    "speech synthesized for text [",
    "speech synthesized to speaker for text [",
    "generating tts: [",
    "generating tts [",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speech_is_left_out_and_the_rest_is_kept() {
        for (text, expected) in [
            ("recognized: it timed out\nerror 401", "recognized:\nerror 401"),
            ("info recognizing: forbidden", "info recognizing:"),
            (
                "{\"recognitionstatus\":\"success\",\"display\":\"error 403.\",\"x\":1}",
                "{\"recognitionstatus\":\"success\",\"display\":\"\",\"x\":1}",
            ),
            ("{\"text\":\"error 403\"}", "{\"text\":\"error 403\"}"),
            ("generating tts: [it was refused] took 3 ms", "generating tts: [] took 3 ms"),
            ("nothing was unrecognized: error 401", "nothing was unrecognized: error 401"),
        ] {
            let words = |text: &str| text.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
            let shown = words(&without_speech(text)).replace("\" \"", "\"\"").replace("[ ]", "[]").replace(" \n", "\n");
            assert_eq!(shown, expected);
        }
    }
}
