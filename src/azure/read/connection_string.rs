//! A connection string, such as `Endpoint=https://…;Key=…`. Its key is never kept.

use super::found::Found;
use super::setting_name::Rank;

/// The parts of a connection string that say which resource it is of.
pub(super) struct ConnectionString<'t> {
    endpoint: Option<&'t str>,
    region: Option<&'t str>,
}

impl<'t> ConnectionString<'t> {
    /// Reads a text; `None` if it is not a connection string.
    pub(super) fn read(text: &'t str) -> Option<Self> {
        let mut read = Self { endpoint: None, region: None };
        let mut count = 0;
        for part in text.trim().split(';').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=')?;
            match name.trim().to_ascii_lowercase().as_str() {
                "endpoint" => read.endpoint = Some(value.trim()),
                "region" | "location" => read.region = Some(value.trim()),
                name if !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) => return None,
                _ => {}
            }
            count += 1;
        }
        (text.contains(';') && count > 0).then_some(read)
    }

    /// Adds the endpoint and the region. Returns whether there is the endpoint of an account.
    pub(super) fn add_to(&self, found: &mut Found, rank: Rank, path: impl Fn() -> String) -> bool {
        if let Some(region) = self.region {
            found.add("region", rank, region, &path);
        }
        self.endpoint.is_some_and(|endpoint| found.add("endpoint", rank, endpoint, &path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_parts_that_name_a_resource_are_read() {
        fn parts(text: &str) -> Option<(Option<&str>, Option<&str>)> {
            ConnectionString::read(text).map(|parts| (parts.endpoint, parts.region))
        }
        let endpoint = "https://contoso.cognitiveservices.azure.com/";
        for text in [
            format!("Endpoint={endpoint};Key=k"),
            format!("endpoint={endpoint};accesskey=k=="),
            format!(" AccessKey=k ; Endpoint = {endpoint} ; "),
            format!("endpoint={endpoint};"),
        ] {
            assert_eq!(parts(&text), Some((Some(endpoint), None)), "{text}");
        }
        assert_eq!(parts("Region=westeurope;Key=k"), Some((None, Some("westeurope"))));
        for text in ["", ";", "westeurope", endpoint, "Endpoint=x", "a;b", "https://x/?a=1;b=2"] {
            assert_eq!(parts(text), None, "{text}");
        }
    }
}
