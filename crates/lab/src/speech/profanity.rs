//! Profanity in results.
//! <https://learn.microsoft.com/azure/ai-services/speech-service/display-text-format#profanity-filter>

use serde_json::Value;

/// What happens to profanity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Profanity {
    /// Asterisks replace its letters, as the service does by default.
    #[default]
    Masked,
    Removed,
    Raw,
}

impl Profanity {
    /// Reads the option of a query, of the context or of a definition.
    pub(super) fn read(value: &Value) -> Option<Self> {
        Some(match value.as_str()?.to_ascii_lowercase().as_str() {
            "masked" => Self::Masked,
            "removed" => Self::Removed,
            "raw" | "none" => Self::Raw,
            _ => return None,
        })
    }

    /// Returns a text without its profanity.
    pub(super) fn clean(self, text: &str) -> String {
        if self == Self::Raw || !text.split_whitespace().any(is_profane) {
            return text.to_owned();
        }
        let word = |word: &str| match self {
            _ if !is_profane(word) => Some(word.to_owned()),
            Self::Removed => None,
            _ => Some(word.chars().map(|letter| if letter.is_alphanumeric() { '*' } else { letter }).collect()),
        };
        text.split_whitespace().filter_map(word).collect::<Vec<String>>().join(" ")
    }
}

fn is_profane(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    PROFANE.iter().any(|profane| profane.eq_ignore_ascii_case(word))
}

/// Words that tests of this option use. The list of the service is not public.
const PROFANE: [&str; 10] =
    ["ass", "asshole", "bastard", "bitch", "bullshit", "crap", "fuck", "fucking", "motherfucker", "shit"];

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn each_option_does_what_its_name_says() {
        let text = "What the Fuck, is this shit? Class.";
        for (option, expected) in [
            (json!("masked"), "What the ****, is this ****? Class."),
            (json!("Removed"), "What the is this Class."),
            (json!("raw"), text),
            (json!("None"), text),
        ] {
            assert_eq!(Profanity::read(&option).unwrap().clean(text), expected, "{option}");
        }
        assert_eq!((Profanity::read(&json!("x")), Profanity::read(&Value::Null)), (None, None));
    }
}
