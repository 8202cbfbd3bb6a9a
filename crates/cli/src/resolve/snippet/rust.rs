//! Rust, with this library: it resolves the URL and the header, and any HTTP or WebSocket client can use them.

use std::collections::BTreeSet;

use minijinja::context;
use minijinja::value::{Serde, Value};
use speech_endpoint::{
    Access, Account, Cloud, ContainerHost, Endpoint, Query, RecognitionMode, Resource, Service, Suffixes,
};

use super::call::Credential;

/// Returns the values of the template: a program that resolves this endpoint again and prints the header for its credential.
pub(super) fn values(endpoint: &Endpoint, credential: Option<Credential>) -> Value {
    let mut names = Names::default();
    names.add("Service");
    if credential.is_some() {
        names.add("Credential");
    }
    let account = account(endpoint.account(), &mut names);
    let cloud = match endpoint.account().cloud() {
        Cloud::Custom(suffixes) => custom_cloud(suffixes, &mut names),
        _ => String::new(),
    };
    let query = query(endpoint, &mut names);
    context! {
        account,
        cloud,
        query,
        service => format!("{:?}", endpoint.service()),
        names => names.0.into_iter().collect::<Vec<_>>(),
        has_token => credential.is_some_and(Credential::is_token),
        credential => Serde(credential),
    }
}

/// The names that the program imports.
#[derive(Default)]
struct Names(BTreeSet<&'static str>);

impl Names {
    fn add(&mut self, name: &'static str) -> &'static str {
        self.0.insert(name);
        name
    }
}

/// Returns an expression with its method calls, one per line if there is more than one.
fn chain(start: String, methods: &[String]) -> String {
    let gap = if methods.len() > 1 { "\n    " } else { "" };
    methods.iter().fold(start, |chain, method| format!("{chain}{gap}.{method}"))
}

fn account(account: &Account, names: &mut Names) -> String {
    let class = names.add("Account");
    let mut methods = Vec::new();
    let has_domain = account.domain().is_some();
    let start = match account.resource() {
        Resource::Regional(region) if matches!(account.cloud(), Cloud::Custom(_)) => {
            format!("{class}::regional_in(\"{region}\".parse()?, cloud)?")
        }
        Resource::Regional(region) => format!("{class}::regional(\"{region}\".parse()?)?"),
        Resource::OpenAi(domain, _) => format!("{class}::openai(\"{domain}\".parse()?)"),
        Resource::Container(host) => format!("{class}::container({})", container(host, names)),
        _ => format!("{class}::custom_domain(\"{}\".parse()?)", account.domain().map_or("", |domain| domain.as_str())),
    };
    if has_domain {
        match account.cloud() {
            Cloud::Public => {}
            Cloud::Custom(_) => methods.push("with_cloud(cloud)?".to_owned()),
            cloud => methods.push(format!("with_cloud({}::{cloud:?})?", names.add("Cloud"))),
        }
        methods.extend(account.region().map(|region| format!("with_region(\"{region}\".parse()?)?")));
        methods.extend(account.access().map(|known| format!("with_access({})", access(*known, names))));
    }
    if account.is_key_auth_disabled() {
        methods.push("with_key_auth_disabled()".into());
    }
    if account.uses_discovery() {
        methods.push("with_discovery()".into());
    }
    chain(format!("let account = {start}"), &methods) + ";"
}

fn container(host: &ContainerHost, names: &mut Names) -> String {
    let url = format!("\"{}://{}\"", if host.is_secure() { "wss" } else { "ws" }, host.authority());
    if host.synthesis_path() == "/cognitiveservices/v1" {
        return format!("{url}.parse()?");
    }
    let class = names.add("ContainerHost");
    format!("{url}.parse::<{class}>()?.with_synthesis_path(\"{}\")?", host.synthesis_path())
}

fn access(access: Access, names: &mut Names) -> String {
    let class = names.add("Access");
    match Access::NAMED.iter().find(|(_, known)| *known == access) {
        Some((name, _)) => format!("{class}::{}()", name.replace('-', "_")),
        // Its `Debug` text is the expression itself.
        None => format!("{access:?}"),
    }
}

fn custom_cloud(suffixes: &Suffixes, names: &mut Names) -> String {
    let (cloud, class) = (names.add("Cloud"), names.add("Suffixes"));
    let (realtime, rest, domain) = (suffixes.realtime(), suffixes.rest(), suffixes.custom_domain());
    let start = format!("{class}::new(\"{realtime}\", \"{rest}\", \"{domain}\")?");
    let methods: Vec<String> = [("with_openai", suffixes.openai()), ("with_foundry", suffixes.foundry())]
        .into_iter()
        .filter_map(|(method, suffix)| suffix.map(|suffix| format!("{method}(\"{suffix}\")?")))
        .collect();
    format!("let cloud = {cloud}::from({});", chain(start, &methods))
}

/// Returns the query that yields this URL; empty if the default query does.
fn query(endpoint: &Endpoint, names: &mut Names) -> String {
    let (account, service) = (endpoint.account(), endpoint.service());
    let is_this =
        |query: &Query| account.endpoint_with(service, query).is_ok_and(|other| other.url() == endpoint.url());
    let (mut query, mut methods) = (Query::default(), Vec::new());
    let mut version = None;
    if is_this(&query) {
        return String::new();
    }
    if let Some(mode) =
        RecognitionMode::ALL.into_iter().find(|mode| between(endpoint.url(), "/recognition/", "/") == Some(mode.id()))
    {
        query = query.with_mode(mode);
        methods.push(format!("with_mode({}::{mode:?})", names.add("RecognitionMode")));
    }
    let deployment =
        between(endpoint.url(), "/deployments/", "/").map(|text| ("deploymentId".to_owned(), decoded(endpoint, text)));
    let items: Vec<_> =
        endpoint.to_url().query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
    for (name, value) in deployment.into_iter().chain(of_path(endpoint)).chain(items) {
        let method = match (name.as_str(), service) {
            ("language", _) => "with_language",
            ("cid", _) => "with_custom_model",
            ("deploymentId", _) | ("model", Service::OpenAiRealtime | Service::OpenAiRealtimeTranslation) => {
                "with_deployment"
            }
            ("api-version", _) => {
                version = Some(value);
                continue;
            }
            ("enableTalkingAvatar", Service::Avatar)
            | ("intent", Service::OpenAiRealtimeTranscription | Service::MaiTranscription) => continue,
            _ => {
                query = query.clone().with_parameter(&name, &value).unwrap_or(query);
                methods.push(format!("with_parameter({name:?}, {value:?})?"));
                continue;
            }
        };
        let name = if method == "with_deployment" { "deploymentId" } else { name.as_str() };
        query = query.clone().with_parameter(name, &value).unwrap_or(query);
        methods.push(format!("{method}({value:?})?"));
    }
    if !is_this(&query) {
        let numbered = between(endpoint.url(), "/speechtotext/", "/").map(ToOwned::to_owned);
        methods.extend(numbered.or(version).map(|version| format!("with_api_version({version:?})?")));
    }
    let start = format!("let query = {}::default()", names.add("Query"));
    chain(start, &methods) + ";"
}

/// Returns the parameters whose values are part of the path.
fn of_path(endpoint: &Endpoint) -> Vec<(String, String)> {
    let places: &[(&str, &str)] = match endpoint.service() {
        Service::VoiceAgent => &[("agent-project-name", "/projects/"), ("agent-name", "/agents/")],
        Service::OpenAiLiveAttach => &[("session_id", "/sessions/")],
        _ => &[],
    };
    let value = |before| between(endpoint.url(), before, "/").map(|text| decoded(endpoint, text));
    places.iter().filter_map(|(name, before)| Some(((*name).to_owned(), value(before)?))).collect()
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.split_once(before)?.1.split_once(after).map(|(found, _)| found)
}

/// Decodes the percent-encoding of a part of the path.
fn decoded(endpoint: &Endpoint, text: &str) -> String {
    let mut url = endpoint.to_url();
    url.set_query(Some(&format!("x={text}")));
    url.query_pairs().next().map_or_else(String::new, |(_, value)| value.into_owned())
}
