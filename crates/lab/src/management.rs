//! The management API (Azure Resource Manager): serves the documents of a world at their REST paths, and rejects requests as
//! public reports show it.
//!
//! The identity sees what the documents show. A list of which no document says anything is forbidden, as a client without that
//! document would find it, and a resource without a document does not exist.

use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use url::form_urlencoded;

use super::exchange::{Answer, Asked};
use super::token::{self, Maker};
use super::vocabulary::ManagementToml;
use speech_endpoint::Cloud;

/// The management API of a cloud.
pub(super) struct Management {
    pub(super) host: String,
    pub(super) toml: ManagementToml,
    audiences: [String; 2],
    maker: Maker,
    /// Every object with an ID, in lower case.
    objects: Vec<(String, Value)>,
    /// The kind and the resource of every list that a document states, in lower case.
    lists: Vec<(String, String)>,
    /// The number of requests with a valid token.
    requests: AtomicU64,
}

/// The list that a path names.
struct Listing {
    kind: &'static str,
    /// The path before the type, in lower case.
    of: String,
}

impl Management {
    /// Returns the management API of a cloud that serves these documents; `None` without any, or if its host is unknown.
    pub(super) fn new<'a>(
        cloud: &Cloud,
        toml: ManagementToml,
        documents: impl Iterator<Item = &'a str>,
        maker: Maker,
    ) -> Option<Self> {
        let (host, older) = match cloud {
            Cloud::Public => ("management.azure.com", "management.core.windows.net"),
            Cloud::UsGovernment => ("management.usgovcloudapi.net", "management.core.usgovcloudapi.net"),
            Cloud::China => ("management.chinacloudapi.cn", "management.core.chinacloudapi.cn"),
            _ => return None,
        };
        let mut this = Self {
            host: host.to_owned(),
            toml,
            audiences: [host, older].map(|host| format!("https://{host}")),
            maker,
            objects: Vec::new(),
            lists: Vec::new(),
            requests: AtomicU64::new(0),
        };
        let mut count = 0;
        for document in documents {
            count += 1;
            this.take(&serde_json::from_str(document).unwrap_or_default());
        }
        (count > 0).then_some(this)
    }

    /// Returns a token as the authority issues it for this API.
    pub(super) fn token(&self) -> String {
        let audience = self.toml.token_audience.as_deref().unwrap_or(&self.audiences[0]);
        self.maker.entra(Some(audience), self.toml.token_expires_in.unwrap_or(LIFETIME), None)
    }

    /// Returns whether a request for a token names this API as its scope.
    pub(super) fn is_wanted(&self, asked: &Asked) -> bool {
        let scope = format!("https://{}/.default", self.host);
        form_urlencoded::parse(&asked.body).any(|(name, value)| name == "scope" && value == scope)
    }

    /// Takes the objects of a document: alone, in a list, a page or an envelope, and the parts of a virtual network.
    fn take(&mut self, document: &Value) {
        if let (Some(kind), Some(of), Some(inner)) =
            (document["kind"].as_str(), document["of"].as_str(), document.get("document"))
        {
            if !inner.is_null() {
                self.lists.push((kind.to_owned(), of.to_ascii_lowercase()));
            }
            return self.take(inner);
        }
        if let Some(list) = document.as_array().or_else(|| document["value"].as_array()) {
            for item in list {
                self.take(item);
            }
            return;
        }
        for part in ["subnets", "virtualNetworkPeerings"] {
            let inner = document["properties"][part].as_array().or_else(|| document[part].as_array());
            for item in inner.into_iter().flatten() {
                self.take(item);
            }
        }
        if let Some(id) = document["id"].as_str() {
            self.objects.push((id.to_ascii_lowercase(), document.clone()));
        }
    }

    /// Answers a request; `None` if no answer ever comes.
    ///
    /// 1. Check the method and the token.
    /// 2. Ask to wait, where the world says so.
    /// 3. Check the version and the subscription.
    /// 4. Serve the resource or the list, or the fault that the world has for its kind.
    pub(super) fn answer(&self, asked: &Asked) -> Option<Answer> {
        Some(match self.admitted(asked) {
            Err(refusal) => refusal,
            Ok(()) if self.requests.fetch_add(1, Ordering::Relaxed) < self.toml.busy_times => {
                error(429, "TooManyRequests", "The request is being throttled.")
                    .with("retry-after", self.toml.busy_seconds.to_string())
            }
            Ok(()) => return self.served(asked),
        })
    }

    fn admitted(&self, asked: &Asked) -> Result<(), Answer> {
        if asked.method != "GET" {
            return Err(error(405, "MethodNotAllowed", "The lab answers GET requests alone.").with("allow", "GET"));
        }
        let Some(bearer) = &asked.bearer else {
            return Err(error(
                401,
                "AuthenticationFailed",
                "Authentication failed. The 'Authorization' header is missing.",
            ));
        };
        let Some(claims) = token::claims(bearer) else {
            return Err(error(401, "InvalidAuthenticationToken", "The access token is invalid."));
        };
        if self.maker.is_expired(&claims) {
            return Err(error(
                401,
                "ExpiredAuthenticationToken",
                "The access token expiry UTC time is earlier than current UTC time.",
            ));
        }
        let audience = claims["aud"].as_str().unwrap_or_default();
        if !self.audiences.iter().any(|known| audience.trim_end_matches('/') == known) {
            let text = format!(
                "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match with one of the allowed audiences '{}'.",
                self.audiences.join("','")
            );
            return Err(error(401, "InvalidAuthenticationTokenAudience", &text));
        }
        Ok(())
    }

    fn served(&self, asked: &Asked) -> Option<Answer> {
        let path = decoded(&asked.path);
        let path = path.trim_end_matches('/').to_ascii_lowercase();
        let (kind, listing) = match listing(&path) {
            Some(listing) => (listing.kind, Some(listing)),
            None => (kind_of(&path), None),
        };
        let given = form_urlencoded::parse(asked.query.as_bytes()).find(|(name, _)| name == "api-version");
        let Some((_, given)) = given else {
            return Some(error(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            ));
        };
        if VERSIONS.iter().all(|(known, version)| *known != kind || *version != given) {
            return Some(error(
                400,
                "InvalidResourceType",
                "The resource type could not be found in the namespace for this api-version.",
            ));
        }
        let subscription = path.split('/').nth(2).unwrap_or_default();
        let is_known = |id: &String| id.split('/').nth(2) == Some(subscription);
        if !self.objects.iter().any(|(id, _)| is_known(id)) {
            let text = format!("The subscription '{subscription}' could not be found.");
            return Some(error(404, "SubscriptionNotFound", &text));
        }
        let has = |kinds: &[String]| kinds.iter().any(|known| known == kind);
        if has(&self.toml.silent) {
            return None;
        }
        Some(if has(&self.toml.forbidden) {
            forbidden(&path)
        } else if has(&self.toml.gone) {
            not_found(&path)
        } else if has(&self.toml.redirected) {
            Answer::new(307, "text/plain", "").with("location", format!("https://{FOREIGN}{}", asked.path))
        } else if has(&self.toml.huge) {
            let mut body = vec![b' '; HUGE];
            body.extend_from_slice(b"{\"value\": []}");
            Answer::new(200, "application/json", body)
        } else {
            match listing {
                Some(listing) => self.list(asked, &path, &listing),
                None => self.show(&path),
            }
        })
    }

    fn show(&self, path: &str) -> Answer {
        let found = self.objects.iter().find(|(id, _)| id == path);
        found.map_or_else(|| not_found(path), |(_, object)| Answer::json(200, object))
    }

    /// Serves a page of a list. The next one begins at `$skiptoken`.
    fn list(&self, asked: &Asked, path: &str, listing: &Listing) -> Answer {
        let is_in = |id: &str| match listing.kind {
            // Those of the group, the subscription and above apply to the account too.
            "role_assignment" => id
                .rsplit_once(ROLE_ASSIGNMENTS)
                .is_some_and(|(scope, _)| listing.of.starts_with(scope) || scope.starts_with(&listing.of)),
            "account" => id.starts_with(&format!("{}/", listing.of)) && kind_of(id) == "account",
            _ => id.strip_prefix(path).and_then(|rest| rest.strip_prefix('/')).is_some_and(|name| !name.contains('/')),
        };
        let all: Vec<&Value> = self.objects.iter().filter(|(id, _)| is_in(id)).map(|(_, object)| object).collect();
        // The lists of a group are collected about the account.
        let is_stated = |(kind, of): &(String, String)| {
            kind == listing.kind && (*of == listing.of || of.starts_with(&format!("{}/", listing.of)))
        };
        if all.is_empty() && !self.lists.iter().any(is_stated) {
            return forbidden(path);
        }
        let token = form_urlencoded::parse(asked.query.as_bytes()).find(|(name, _)| name == "$skiptoken");
        let begin: usize = token.and_then(|(_, at)| at.parse().ok()).unwrap_or_default();
        let size = self.toml.page_size.unwrap_or(usize::MAX);
        let page: Vec<&&Value> = all.iter().skip(begin).take(size).collect();
        let has = |kinds: &[String]| kinds.iter().any(|known| known == listing.kind);
        let version = VERSIONS.iter().find(|(kind, _)| *kind == listing.kind).map_or("", |(_, version)| version);
        let link =
            |host: &str, at: usize| format!("https://{host}{}?api-version={version}&$skiptoken={at}", asked.path);
        let next = if has(&self.toml.circular) {
            Some(link(&self.host, 0))
        } else if has(&self.toml.endless) {
            Some(link(&self.host, begin + 1))
        } else if has(&self.toml.foreign_page) {
            Some(link(FOREIGN, 1))
        } else {
            begin.checked_add(size).filter(|end| *end < all.len()).map(|end| link(&self.host, end))
        };
        match next {
            Some(next) => Answer::json(200, &json!({ "value": page, "nextLink": next })),
            None => Answer::json(200, &json!({ "value": page })),
        }
    }
}

/// Returns the list that a path names.
fn listing(path: &str) -> Option<Listing> {
    LISTS.iter().find_map(|(suffix, kind)| {
        let of = path.strip_suffix(suffix)?;
        // A name can be equal to the word of a type.
        (of.split('/').count() % 2 == 1).then(|| Listing { kind, of: of.to_owned() })
    })
}

/// Returns the kind of a resource, by the type in its ID.
fn kind_of(path: &str) -> &'static str {
    let Some((_, own)) = path.rsplit_once("/providers/") else { return "" };
    let types: Vec<&str> = own.split('/').skip(1).step_by(2).collect();
    match types[..] {
        ["accounts"] => "account",
        ["privateendpoints"] => "private_endpoint",
        ["networkinterfaces"] => "network_interface",
        ["privatednszones"] => "private_dns_zone",
        ["virtualnetworks"] => "virtual_network",
        ["virtualnetworks", "subnets"] => "subnet",
        _ => "",
    }
}

fn decoded(path: &str) -> String {
    let pair = format!("x={}", path.replace('+', "%2B"));
    form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn error(status: u16, code: &str, message: &str) -> Answer {
    Answer::error(status, code, message)
}

fn not_found(path: &str) -> Answer {
    let text = format!(
        "The Resource '{path}' was not found. For more details please go to https://aka.ms/ARMResourceNotFoundFix"
    );
    error(404, "ResourceNotFound", &text)
}

fn forbidden(path: &str) -> Answer {
    let text = format!(
        "The client '{}' with object id '{0}' does not have authorization to perform this action over scope '{path}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        token::PRINCIPAL
    );
    error(403, "AuthorizationFailed", &text)
}

const ROLE_ASSIGNMENTS: &str = "/providers/microsoft.authorization/roleassignments/";

/// The end of the path of each list.
const LISTS: &[(&str, &str)] = &[
    ("/deployments", "deployment"),
    ("/providers/microsoft.authorization/roleassignments", "role_assignment"),
    ("/providers/microsoft.insights/diagnosticsettings", "diagnostic_setting"),
    ("/providers/microsoft.insights/metricalerts", "metric_alert"),
    ("/providers/microsoft.insights/activitylogalerts", "activity_log_alert"),
    ("/providers/microsoft.cognitiveservices/accounts", "account"),
    ("/privatednszonegroups", "dns_zone_group"),
    ("/a", "record_set"),
    ("/virtualnetworklinks", "virtual_network_link"),
    ("/virtualnetworkpeerings", "peering"),
];

/// The versions that the API offers in the lab: <https://github.com/Azure/azure-rest-api-specs>
const VERSIONS: &[(&str, &str)] = &[
    ("account", "2025-06-01"),
    ("deployment", "2025-06-01"),
    ("role_assignment", "2022-04-01"),
    ("diagnostic_setting", "2021-05-01-preview"),
    ("metric_alert", "2018-03-01"),
    ("activity_log_alert", "2020-10-01"),
    ("private_endpoint", "2024-05-01"),
    ("dns_zone_group", "2024-05-01"),
    ("network_interface", "2024-05-01"),
    ("private_dns_zone", "2020-06-01"),
    ("record_set", "2020-06-01"),
    ("virtual_network_link", "2020-06-01"),
    ("subnet", "2024-05-01"),
    ("virtual_network", "2024-05-01"),
    ("peering", "2024-05-01"),
];

/// A host that must never get a token.
const FOREIGN: &str = "collector.lab.example";

const LIFETIME: i64 = 3599;

const HUGE: usize = 50 << 20;
