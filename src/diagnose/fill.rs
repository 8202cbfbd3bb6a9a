//! Values for the parts in capitals of remedies and commands.

use url::Url;

use super::rules::RuleContext;
use super::values::is_valid_subnet;
use crate::diagnose::catalogue::READ_THE_SUBNET;
use crate::diagnose::evidence::{Evidence, ResourceFacts};
use crate::resolve::cloud::Cloud;

/// A part of a text and its value.
pub(super) type Value = (&'static str, String);

/// Replaces whole words with their values; unknown parts stay in capitals.
pub(super) fn fill(text: &str, values: &[Value]) -> String {
    // The name of the account often, but not always, equals its custom domain, so it is left to the reader.
    let is_account = text.contains("az cognitiveservices account");
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let starts_word = !filled.ends_with(is_word) || !is_word(first);
        let value = values
            .iter()
            .filter(|(part, _)| !(is_account && *part == "NAME"))
            .find(|(part, _)| starts_word && rest.strip_prefix(part).is_some_and(|after| !after.starts_with(is_word)));
        let length = value.map_or(first.len_utf8(), |(part, _)| part.len());
        filled.push_str(value.map_or(&rest[..length], |(_, value)| value));
        rest = &rest[length..];
    }
    filled
}

/// Returns a command with its values. One that reads a subnet is repeated for each of these subnets; it is the only one
/// that is right for every subnet of a resource.
pub(super) fn commands(command: &str, values: &[Value], subnets: &[String]) -> Vec<String> {
    let known: Vec<&String> = subnets.iter().filter(|subnet| is_valid_subnet(subnet)).collect();
    if command != READ_THE_SUBNET || known.is_empty() {
        return vec![fill(command, values)];
    }
    known.into_iter().take(MOST_SUBNETS).map(|subnet| fill(command, &[("SUBNET_ID", subnet.clone())])).collect()
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns the values that the resource gives.
pub(super) fn of_resource(evidence: &Evidence) -> Vec<Value> {
    let resource = &evidence.resource;
    let mut values = Vec::new();
    let mut add = |part, value: Option<&String>| values.extend(value.map(|value| (part, value.clone())));
    add("NAME", resource.custom_domain.as_ref());
    add("REGION", resource.region.as_ref());
    add("privatelink.cognitiveservices.azure.com", resource.private_zone.as_ref());
    add("cognitiveservices.azure.com", resource.custom_zone.as_ref());
    values.extend(suffixes(resource));
    values
}

/// Returns the values that a target gives, followed by those of the resource; the first value of a part counts.
pub(super) fn of_target(context: &RuleContext<'_>) -> Vec<Value> {
    let target = &context.trace.target;
    let mut values = vec![("HOST", target.host.clone())];
    values.extend(context.token_scope().map(|scope| ("https://cognitiveservices.azure.com/.default", scope)));
    values.extend(target.service.clone().map(|service| ("SERVICE", service)));
    if let (true, None, Some((name, zone))) =
        (target.is_own_host, &context.evidence.resource.host, target.host.split_once('.'))
    {
        values.push(("NAME", name.to_owned()));
        values.push(("privatelink.cognitiveservices.azure.com", format!("privatelink.{zone}")));
        values.push(("cognitiveservices.azure.com", zone.to_owned()));
    }
    if let (Some(zone), Some((name, public))) = (&target.private_zone, target.host.split_once('.')) {
        values.push(("NAME", name.to_owned()));
        values.push(("privatelink.cognitiveservices.azure.com", zone.clone()));
        values.push(("cognitiveservices.azure.com", public.to_owned()));
    }
    let proxy =
        context.proxy().and_then(|facts| facts.proxy.as_ref().or(facts.unused.as_ref().map(|unused| &unused.proxy)));
    values.extend(proxy.and_then(|proxy| authority(proxy)).map(|authority| ("PROXY:PORT", authority)));
    values.extend(of_resource(context.evidence));
    values.extend(context.chain.region.clone().map(|region| ("REGION", region)));
    values
}

/// `http://proxy:3128` → `proxy:3128`.
fn authority(proxy: &str) -> Option<String> {
    let url = Url::parse(proxy).ok()?;
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

/// The suffixes of the resource's cloud in place of those of the public cloud.
fn suffixes(resource: &ResourceFacts) -> Vec<Value> {
    let Some(Ok(cloud)) = resource.cloud.as_deref().map(str::parse::<Cloud>) else { return Vec::new() };
    let suffixes = cloud.suffixes();
    let mut values = vec![
        ("speech.microsoft.com", suffixes.realtime().to_owned()),
        ("api.cognitive.microsoft.com", suffixes.rest().to_owned()),
    ];
    values.extend(suffixes.authority().map(|host| ("login.microsoftonline.com", host.to_owned())));
    values
}

/// More commands fill a screen; the resource may allow a hundred subnets.
const MOST_SUBNETS: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_words_are_filled_and_nothing_else() {
        let values: Vec<Value> = vec![
            ("NAME", "contoso".into()),
            ("HOST", "NAME.example".into()),
            ("PROXY:PORT", "10.0.0.9:3128".into()),
            ("cognitiveservices.azure.com", "cognitiveservices.azure.us".into()),
        ];
        for (text, expected) in [
            ("dig HOST.", "dig NAME.example."),
            (
                "`NAME.cognitiveservices.azure.com` and CUSTOM_NAME",
                "`contoso.cognitiveservices.azure.us` and CUSTOM_NAME",
            ),
            ("HTTPS_PROXY=http://PROXY:PORT", "HTTPS_PROXY=http://10.0.0.9:3128"),
            ("give PROXY and PORT, GROUP stays", "give PROXY and PORT, GROUP stays"),
            ("HOSTS NAMED éNAME", "HOSTS NAMED éNAME"),
            (
                "az cognitiveservices account show -n NAME -g GROUP",
                "az cognitiveservices account show -n NAME -g GROUP",
            ),
            ("-x HOST:443", "-x NAME.example:443"),
            ("", ""),
        ] {
            assert_eq!(fill(text, &values), expected, "{text}");
        }
    }
}
