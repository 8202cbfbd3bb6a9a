//! What a person meant by a text that does not name a region: a value that was never filled in, an abbreviation, a label of the portal,
//! a region of another provider.

use super::regions::{self, REGIONS};
use crate::resolve::near::nearest;

/// Returns whether a text stands for a value that is missing: `undefined`, `None`, `YourServiceRegion`, `{region}`.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    let word: String = lower.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_framed = lower.starts_with(['{', '<', '$', '%', '[']) || lower.ends_with(['}', '>', '%', ']']);
    let is_region_of =
        |start: &str| word.strip_prefix(start).is_some_and(|rest| rest.contains("region") || rest.contains("location"));
    MISSING.contains(&&*word)
        || is_framed && word_of_region(&word).is_none()
        || ["your", "my", "insert", "enter", "replace", "the", "paste", "add", "put"].into_iter().any(is_region_of)
        || (word.ends_with("region") || word.ends_with("location")) && word_of_region(&word).is_none()
}

/// Returns whether a text without a dot stands for an endpoint that is missing: `your-endpoint`, `YOUR_SPEECH_ENDPOINT`.
pub(crate) fn is_placeholder_of_endpoint(text: &str) -> bool {
    let word: String = text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    let is_named = ["endpoint", "url", "resource", "service", "domain"].iter().any(|name| word.contains(name));
    is_placeholder(text) || word.ends_with("endpoint") || is_named && word.starts_with("your")
}

/// What programs and templates print in place of a value that is missing.
const MISSING: [&str; 22] = [
    "undefined",
    "null",
    "none",
    "nil",
    "nan",
    "nullptr",
    "region",
    "location",
    "todo",
    "tbd",
    "changeme",
    "changeit",
    "replaceme",
    "placeholder",
    "string",
    "example",
    "xxx",
    "xxxx",
    "unset",
    "empty",
    "missing",
    "notset",
];

fn word_of_region(word: &str) -> Option<&'static str> {
    regions::listed(word).map(|region| region.id)
}

/// Returns whether a text is a region of Amazon or Google, such as `eu-west-1` or `europe-west4`.
pub(crate) fn is_of_other_provider(text: &str) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    let Some((area, rest)) = lower.split_once('-') else { return false };
    let places = ["north", "south", "east", "west", "central", "northeast", "southeast", "northwest", "southwest"];
    let amazon = ["us", "eu", "ap", "sa", "ca", "me", "af", "il", "cn", "mx"];
    let google = ["us", "europe", "asia", "australia", "southamerica", "northamerica", "me", "africa"];
    let rest = rest.strip_prefix("gov-").unwrap_or(rest);
    let is_numbered = |text: &str, separator: &str| {
        places.iter().any(|place| {
            let number = text.strip_prefix(place).and_then(|rest| rest.strip_prefix(separator));
            number.is_some_and(|number| {
                (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit())
            })
        })
    };
    amazon.contains(&area) && is_numbered(rest, "-") || google.contains(&area) && is_numbered(rest, "")
}

/// Returns the listed region that a text names with something around it or in another spelling: `(US) East US 2`,
/// `{southeastasia}`, `SPEECH_REGION=westeurope`, `weu`.
pub(crate) fn region_meant(text: &str) -> Option<&'static str> {
    let lower = text.to_ascii_lowercase();
    let value = lower.rsplit(['=', ':']).next().unwrap_or_default();
    let without_brackets = outside_brackets(value);
    let candidates = [squeezed(value), squeezed(&without_brackets), squeezed(&inside_brackets(value))];
    let named = |candidate: &String| {
        let bare =
            ["azure", "region", "location"].iter().find_map(|lead| candidate.strip_prefix(lead)).unwrap_or(candidate);
        word_of_region(candidate).or_else(|| word_of_region(bare)).or_else(|| regions::reordered(bare))
    };
    let near = |candidate: &String| nearest(candidate, REGIONS.iter().map(|region| region.id));
    candidates
        .iter()
        .find_map(named)
        .or_else(|| candidates.iter().find_map(near))
        .or_else(|| abbreviated(&candidates[0]))
}

fn squeezed(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn outside_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    text.chars()
        .filter(|c| {
            depth = depth + usize::from(*c == '(') - usize::from(*c == ')' && depth > 0);
            depth == 0
        })
        .collect()
}

fn inside_brackets(text: &str) -> String {
    text.split_once('(')
        .and_then(|(_, rest)| rest.split_once(')'))
        .map_or_else(String::new, |(inside, _)| inside.to_owned())
}

/// Returns the one listed region that an abbreviation can stand for: `weu`, `westeu`, `eus2`, `scus`, `sea`.
///
/// Each word of the region's name is there in its order, by its first letter and perhaps more of its letters; digits are the
/// same. Where two regions fit, neither is named.
pub(crate) fn abbreviated(id: &str) -> Option<&'static str> {
    if !(2..=16).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    // The names that the documentation of Azure Backup gives for regions.
    // <https://learn.microsoft.com/azure/backup/scripts/geo-code-list>
    if let Some((_, region)) = CODES.iter().find(|(code, _)| *code == id) {
        return word_of_region(region);
    }
    let fits = |region: &&regions::Listed| is_abbreviation(id, &words_of(region.display_name));
    let mut fitting = REGIONS.iter().filter(fits);
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first.id)
}

/// Codes that the letters alone would leave open.
const CODES: [(&str, &str); 12] = [
    ("we", "westeurope"),
    ("ne", "northeurope"),
    ("ea", "eastasia"),
    ("inc", "centralindia"),
    ("ae", "australiaeast"),
    ("brs", "brazilsouth"),
    ("cnc", "canadacentral"),
    ("cne", "canadaeast"),
    ("krc", "koreacentral"),
    ("noe", "norwayeast"),
    ("san", "southafricanorth"),
    ("ugv", "usgovvirginia"),
];

/// Splits the name of a region into words; `Southeast` and `USGov` are two.
fn words_of(display_name: &str) -> Vec<String> {
    let mut words = Vec::new();
    for word in display_name.to_ascii_lowercase().split(' ') {
        let joined = ["south", "north"].iter().find_map(|lead| Some((*lead, word.strip_prefix(lead)?)));
        match joined {
            Some((lead, rest)) if !rest.is_empty() => words.extend([lead.to_owned(), rest.to_owned()]),
            _ => words.push(word.to_owned()),
        }
    }
    words
}

fn is_abbreviation(id: &str, words: &[String]) -> bool {
    let Some((word, rest)) = words.split_first() else { return id.is_empty() };
    // Digits, and `US`, are never shortened.
    if word.starts_with(|c: char| c.is_ascii_digit()) || word == "us" {
        return id.strip_prefix(word.as_str()).is_some_and(|id| is_abbreviation(id, rest));
    }
    if !id.starts_with(&word[..1]) {
        return false;
    }
    // Longer ones that the word does not begin with are other words: Austria is not Australia.
    let is_short_form = |piece: &str| word.starts_with(piece) || piece.len() <= 3 && is_subsequence(piece, word);
    (1..=id.len()).any(|length| is_short_form(&id[..length]) && is_abbreviation(&id[length..], rest))
}

/// Returns whether the letters of a short word stand in a long one, in their order.
fn is_subsequence(short: &str, long: &str) -> bool {
    let mut letters = long.bytes();
    short.bytes().all(|byte| letters.any(|other| other == byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_that_were_never_filled_in_are_known() {
        for text in [
            "undefined",
            "None",
            "null",
            "NaN",
            "YourServiceRegion",
            "YOUR_REGION",
            "your-region",
            "<region>",
            "{region}",
            "${REGION}",
            "%SPEECH_REGION%",
            "$(location)",
            "ServiceRegion",
            "azure_region",
            "[REGION]",
            "insert_region_here",
            "TODO",
            "<your-speech-region>",
        ] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["westeurope", "{southeastasia}", "newregion1", "austriaeast", "West Europe", "contoso", "<westus>"]
        {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn abbreviations_and_labels_name_the_region_that_is_meant() {
        for (text, region) in [
            ("weu", "westeurope"),
            ("westeu", "westeurope"),
            ("weurope", "westeurope"),
            ("neu", "northeurope"),
            ("eus2", "eastus2"),
            ("eastus-2", "eastus2"),
            ("scus", "southcentralus"),
            ("ncus", "northcentralus"),
            ("wcus", "westcentralus"),
            ("sea", "southeastasia"),
            ("uks", "uksouth"),
            ("jpe", "japaneast"),
            ("swec", "swedencentral"),
            ("wus3", "westus3"),
            ("(US) East US 2", "eastus2"),
            ("{southeastasia}", "southeastasia"),
            ("SPEECH_REGION=westeurope", "westeurope"),
            ("\"westeurope\"", "westeurope"),
            ("region: West Europe", "westeurope"),
            ("West Europe (westeurope)", "westeurope"),
            ("(Europe) West Europe", "westeurope"),
            ("azure-westus2", "westus2"),
            ("westeurope/", "westeurope"),
            ("EAST_US", "eastus"),
            ("West Europ", "westeurope"),
            ("export AZURE_REGION='uksouth'", "uksouth"),
        ] {
            assert_eq!(region_meant(text), Some(region), "{text}");
        }
        for text in ["eastus3", "contoso", "eu-west-1", "austriaeast", "", "a", "x", "speech", "production", "test"] {
            assert_eq!(region_meant(text), None, "{text}");
        }
    }

    #[test]
    fn regions_of_other_providers_are_known() {
        for text in [
            "eu-west-1",
            "us-east-2",
            "ap-southeast-1",
            "us-gov-west-1",
            "europe-west4",
            "us-central1",
            "asia-northeast1",
        ] {
            assert!(is_of_other_provider(text), "{text}");
        }
        for text in ["contoso-west-1", "us-speech", "eu-west", "my-east-us", "west-europe", "en-US", "us-east"] {
            assert!(!is_of_other_provider(text), "{text}");
        }
    }
}
