//! What the name of a setting says about its value: `AZURE_SPEECH_REGION`, `Speech:Endpoint`, `cognitiveServicesEndpoint`.

/// How surely a setting is one of Speech. Settings of the first rank that names a resource decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Rank {
    /// Its name says Speech.
    Speech,
    /// Its name is that of an account for several services, or one that only samples of Speech use.
    Cognitive,
    /// Its name says nothing.
    Any,
    /// Its name is that of another product, which may have the same hosts.
    OtherProduct,
}

/// What the value of a setting is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Endpoint,
    Region,
    /// A key, a token or a password, which is not read.
    Secret,
    Unknown,
}

impl Rank {
    /// Returns the rank of a setting by its name and the rank of the section that it is in.
    pub(super) fn of(name: &str, section: Self) -> Self {
        let word = word(name);
        if word.contains("speech") {
            Self::Speech
        } else if is_of_other_product(name, &word) {
            Self::OtherProduct
        } else if section != Self::Any {
            section
        } else if word.contains("cognitive") || ["serviceregion", "serviceendpoint"].contains(&&*word) {
            Self::Cognitive
        } else {
            Self::Any
        }
    }

    /// Returns whether a region alone names a resource.
    pub(super) fn is_certain(self) -> bool {
        self <= Self::Cognitive
    }
}

impl Role {
    pub(super) fn of(name: &str) -> Self {
        let word = word(name);
        let ends_with = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
        if ends_with(&["key", "key1", "key2", "secret", "token", "password", "pwd", "credential", "sas"]) {
            Self::Secret
        } else if word.contains("region") || word.contains("location") {
            Self::Region
        } else if ends_with(&["endpoint", "url", "uri"]) {
            Self::Endpoint
        } else {
            Self::Unknown
        }
    }
}

/// Returns the letters and digits of a name, in lower case. A longer name than any in use says nothing.
fn word(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase());
    if name.len() > LONGEST { String::new() } else { letters.collect() }
}

const LONGEST: usize = 256;

/// Returns whether a name is that of a product whose accounts have the same hosts, and no Speech.
fn is_of_other_product(name: &str, word: &str) -> bool {
    let is_short = name.len() <= LONGEST;
    PRODUCTS.iter().any(|product| word.contains(product))
        || is_short && words(name).any(|word| PRODUCTS_OF_ONE_WORD.contains(&&*word))
}

/// Returns the words of a name, in lower case: `AZURE_VISION_KEY` and `azureVisionKey` have the same.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::with_capacity(2 * name.len());
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_ascii_alphanumeric() || c.is_ascii_uppercase() && before.is_ascii_lowercase() {
            spaced.push(' ');
        }
        if c.is_ascii_alphanumeric() {
            spaced.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    let words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
    words.into_iter()
}

const PRODUCTS: [&str; 6] =
    ["formrecognizer", "documentintelligence", "contentsafety", "contentunderstanding", "textanalytics", "qnamaker"];

/// Other words contain these: `provision`, `interface`, `research`.
const PRODUCTS_OF_ONE_WORD: [&str; 7] = ["language", "translator", "vision", "face", "search", "luis", "storage"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_use_are_told_apart() {
        for (name, rank, role) in [
            ("SPEECH_ENDPOINT", Rank::Speech, Role::Endpoint),
            ("AZURE_SPEECH_SERVICE_REGION", Rank::Speech, Role::Region),
            ("NEXT_PUBLIC_AZURE_SPEECH_REGION", Rank::Speech, Role::Region),
            ("Speech:Endpoint", Rank::Speech, Role::Endpoint),
            ("SPEECH__ENDPOINT", Rank::Speech, Role::Endpoint),
            ("speechEndpointUrl", Rank::Speech, Role::Endpoint),
            ("SPEECH_KEY", Rank::Speech, Role::Secret),
            ("AZURE_SPEECH_KEY_1", Rank::Speech, Role::Secret),
            ("SpeechSettings:EndpointId", Rank::Speech, Role::Unknown),
            ("COGNITIVE_SERVICE_REGION", Rank::Cognitive, Role::Region),
            ("AZURE_COGNITIVE_SERVICES_ENDPOINT", Rank::Cognitive, Role::Endpoint),
            ("serviceRegion", Rank::Cognitive, Role::Region),
            ("AZURE_AI_ENDPOINT", Rank::Any, Role::Endpoint),
            ("AZURE_LOCATION", Rank::Any, Role::Region),
            ("TRANSLATOR_REGION", Rank::OtherProduct, Role::Region),
            ("LANGUAGE_ENDPOINT", Rank::OtherProduct, Role::Endpoint),
            ("azureVisionEndpoint", Rank::OtherProduct, Role::Endpoint),
            ("Azure:ContentSafety:Endpoint", Rank::OtherProduct, Role::Endpoint),
            ("provisionedEndpoint", Rank::Any, Role::Endpoint),
            ("INTERFACE_URL", Rank::Any, Role::Endpoint),
            ("research-endpoint", Rank::Any, Role::Endpoint),
        ] {
            assert_eq!((Rank::of(name, Rank::Any), Role::of(name)), (rank, role), "{name}");
        }
        assert_eq!(Rank::of("Endpoint", Rank::Speech), Rank::Speech);
        assert_eq!(Rank::of("SpeechRegion", Rank::OtherProduct), Rank::Speech);
        assert_eq!(Rank::of("Endpoint", Rank::OtherProduct), Rank::OtherProduct);
        assert_eq!(Rank::of(&"speech".repeat(1000), Rank::Any), Rank::Any);
    }
}
