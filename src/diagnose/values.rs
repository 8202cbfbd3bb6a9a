//! Values that are safe in a command. Saved evidence may come from anybody, and people copy the commands of a report.

use std::net::IpAddr;

use crate::resolve::account::SubnetId;
use crate::resolve::name::Region;
use crate::resolve::service::Service;

/// Returns whether a value has the form of its part: no shell reads anything else than a word in it, and no program an
/// option.
pub(super) fn is_valid(part: &str, value: &str) -> bool {
    match part {
        "ADDRESS" | "SERVER" | "RESOLVER" => value.parse::<IpAddr>().is_ok(),
        "NAME" => is_label(value),
        "SUBNET_ID" => is_valid_subnet(value),
        "REGION" => value.parse::<Region>().is_ok_and(|region| region.as_str() == value),
        "SERVICE" => value.parse::<Service>().is_ok_and(|service| service.id() == value),
        "VARIABLE" => value.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_'),
        "PROXY:PORT" => value.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok()),
        "https://cognitiveservices.azure.com/.default" => {
            let host = value.strip_prefix("https://").map(|rest| rest.strip_suffix("/.default").unwrap_or(rest));
            host.is_some_and(|host| is_host(host.strip_suffix('/').unwrap_or(host)))
        }
        _ => is_host(value),
    }
}

/// Returns whether an id of a subnet is a word. An id may hold parentheses, which no shell takes as they are.
pub(super) fn is_valid_subnet(id: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'.' | b'_');
    id.parse::<SubnetId>().is_ok() && id.starts_with('/') && id.bytes().all(is_word)
}

/// Returns whether a text is a host name or an address.
fn is_host(text: &str) -> bool {
    let address = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let name = text.strip_suffix('.').unwrap_or(text);
    address.parse::<IpAddr>().is_ok() || name.len() <= LONGEST_NAME && name.split('.').all(is_label)
}

fn is_label(label: &str) -> bool {
    let is_of_label = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=LONGEST_LABEL).contains(&label.len()) && !label.starts_with('-') && label.bytes().all(is_of_label)
}

/// RFC 1035.
const LONGEST_LABEL: usize = 63;

/// RFC 1035, without the length of the first label and the root.
const LONGEST_NAME: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_form_of_its_part() {
        for (part, value) in [
            ("HOST", "contoso.cognitiveservices.azure.com"),
            ("HOST", "speech_1"),
            ("HOST", "10.0.0.9"),
            ("NAME", "contoso"),
            ("REGION", "westeurope"),
            ("SERVICE", "speech-to-text"),
            ("ADDRESS", "fd00::17"),
            ("VARIABLE", "HTTPS_PROXY"),
            ("PROXY:PORT", "[fd00::9]:3128"),
            ("https://cognitiveservices.azure.com/.default", "https://ai.azure.com/.default"),
        ] {
            assert!(is_valid(part, value), "{part} {value}");
        }
        for (part, value) in [
            ("HOST", "x$(id)"),
            ("HOST", "-oProxyCommand"),
            ("HOST", "a b"),
            ("HOST", ""),
            ("HOST", "é.example"),
            ("NAME", "a.b"),
            ("REGION", "\\$\\(id\\)"),
            ("REGION", "en-US"),
            ("SERVICE", "x;id"),
            ("ADDRESS", "contoso"),
            ("VARIABLE", "X=1"),
            ("PROXY:PORT", "$(id):3128"),
            ("https://cognitiveservices.azure.com/.default", "https://x/?$(id)/.default"),
        ] {
            assert!(!is_valid(part, value), "{part} {value}");
        }
        let subnet = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/v/subnets/s";
        assert!(is_valid_subnet(subnet));
        assert!(!is_valid_subnet(&subnet.replace("/rg/", "/r(g)/")));
    }
}
