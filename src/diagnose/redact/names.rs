//! Names: their characters, and the zones in which they are Microsoft's.

use crate::resolve::cloud::Suffixes;

pub(super) fn is_of_name(c: char) -> bool {
    c.is_alphanumeric() || c == '-' || c == '_'
}

/// Returns whether a name is in a zone of Microsoft's. In such a zone only the custom domain identifies the customer.
pub(super) fn is_microsofts(name: &str) -> bool {
    let is_in = |zone: &str| name == zone || name.strip_suffix(zone).is_some_and(|rest| rest.ends_with('.'));
    let of_clouds = Suffixes::documented()
        .into_iter()
        .any(|suffixes| is_in(suffixes.realtime()) || is_in(suffixes.rest()) || is_in(suffixes.custom_domain()));
    of_clouds || ZONES.iter().any(|zone| is_in(zone))
}

/// Zones that belong to Microsoft, in addition to those of the clouds.
const ZONES: &[&str] = &[
    "microsoft.com",
    "microsoftonline.com",
    "microsoftonline.us",
    "windows.net",
    "azure.com",
    "azure.net",
    "azure.us",
    "azure.cn",
    "trafficmanager.net",
    "trafficmanager.cn",
    "usgovtrafficmanager.net",
    "chinacloudapi.cn",
    "partner.microsoftonline.cn",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_microsofts_with_all_below_it_and_nothing_that_only_looks_like_it() {
        for name in [
            "microsoft.com",
            "westeurope.stt.speech.microsoft.com",
            "contoso.cognitiveservices.azure.com",
            "contoso.cognitiveservices.azure.us",
            "x.trafficmanager.net",
            "login.partner.microsoftonline.cn",
        ] {
            assert!(is_microsofts(name), "{name}");
        }
        for name in ["notmicrosoft.com", "microsoft.com.evil.example", "com", "", "azure.example", "microsoft.comx"] {
            assert!(!is_microsofts(name), "{name}");
        }
    }

    #[test]
    fn a_name_has_letters_digits_and_two_other_characters() {
        assert!("aZ09-_éж".chars().all(is_of_name));
        assert!(!". @\\/:".chars().any(is_of_name));
    }
}
