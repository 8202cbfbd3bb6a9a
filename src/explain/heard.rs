//! What people say to the service, and what it says to them. A transcript holds every word, and none of them is an error.

use zeroize::Zeroizing;

/// Returns a lower-case text with blanks in place of recognized and synthesized speech.
pub(super) fn without_speech(text: &str) -> Zeroizing<String> {
    let mut out = Zeroizing::new(String::with_capacity(text.len()));
    for line in text.split_inclusive('\n') {
        let mut at = 0;
        while let Some((start, end)) = speech(line, at) {
            out.push_str(&line[at..start]);
            out.extend(line[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
            at = end;
        }
        out.push_str(&line[at..]);
    }
    out
}

/// Returns where the next speech in a line begins and ends.
fn speech(line: &str, from: usize) -> Option<(usize, usize)> {
    let rest = &line[from..];
    let to_end = TO_END.iter().filter_map(|lead| Some((from + behind(rest, lead)?, line.len())));
    let is_result = ["recogniz", "\"nbest\"", "\"recognitionstatus\""].iter().any(|word| line.contains(word));
    let fields = FIELDS.iter().filter(|_| is_result);
    let quoted = fields.filter_map(|lead| {
        let start = from + behind(rest, lead)?;
        Some((start, start + line[start..].find('"').unwrap_or(line.len() - start)))
    });
    let bracketed = BRACKETED.iter().filter_map(|lead| {
        let start = from + behind(rest, lead)?;
        Some((start, start + line[start..].find(']').unwrap_or(line.len() - start)))
    });
    to_end.chain(quoted).chain(bracketed).filter(|(start, end)| start < end).min()
}

/// Returns the offset behind a lead that begins a word.
fn behind(text: &str, lead: &str) -> Option<usize> {
    let is_start = |at: usize| !text[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    text.match_indices(lead).find(|(at, _)| is_start(*at)).map(|(at, _)| at + lead.len())
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
