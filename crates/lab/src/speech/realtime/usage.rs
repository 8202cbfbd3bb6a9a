//! The tokens of a response. The lab counts a word as a token.

use serde_json::{Value, json};

use super::Version;

/// Returns the tokens of what the user said and of the response.
pub(super) fn usage(version: Version, said: &str, text: &str, has_audio: bool) -> Value {
    let words = |text: &str| text.split_whitespace().count();
    let (input, output) = (words(said), words(text));
    let mut input_details = json!({ "cached_tokens": 0, "text_tokens": input, "audio_tokens": 0 });
    if version != Version::Preview {
        input_details["image_tokens"] = json!(0);
        input_details["cached_tokens_details"] = json!({ "text_tokens": 0, "audio_tokens": 0, "image_tokens": 0 });
    }
    let (text, audio) = if has_audio { (0, output) } else { (output, 0) };
    json!({
        "total_tokens": input + output, "input_tokens": input, "output_tokens": output,
        "input_token_details": input_details, "output_token_details": { "text_tokens": text, "audio_tokens": audio },
    })
}
