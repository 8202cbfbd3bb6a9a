//! Proxy: the proxy that applies to a host, the setting that decides so, and the tunnel. Programs disagree on the
//! variables and on `NO_PROXY`, so a diagnosis names the setting and the entry.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::Empty;
use hyper::client::conn::http1;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderValue, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION};
use hyper::upgrade::Upgraded;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use url::Url;

use super::http::{failure_of_hyper, line};
use super::silence;
use super::task::Task;
use crate::diagnose::evidence::{Failure, FailureKind, ProxyTry};
use crate::resolve::credential::Secret;
use crate::resolve::shown::Shown;

/// The proxy settings of a process: an explicit setting, else the environment.
#[derive(Clone, Debug, Default)]
pub struct ProxySettings {
    argument: Option<Argument>,
    /// The proxies of the environment, in order of precedence.
    variables: Vec<Proxy>,
    /// The entries of `NO_PROXY`, with the name of the variable.
    exceptions: Option<(String, Vec<String>)>,
}

#[derive(Clone, Debug)]
enum Argument {
    None { name: String },
    Proxy(Proxy),
}

/// A proxy, with its source.
#[derive(Clone)]
#[non_exhaustive]
pub struct Proxy {
    /// The name or the address of the host.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The name of the setting or variable that names the proxy.
    pub source: String,
    login: Option<Secret>,
}

/// The decision of the settings for a host.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Decision {
    /// The connection goes to the host itself.
    Direct {
        /// A proxy that is configured but does not apply, with the reason.
        unused: Option<(Proxy, String)>,
        /// The entry of `NO_PROXY` that matches.
        entry: Option<String>,
    },
    /// The connection goes to a proxy.
    Via(Proxy),
}

/// An invalid proxy setting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{source_name}` is not a proxy URL: {given} {problem}; expected something like `http://proxy.example:3128`")]
pub struct ProxyError {
    source_name: String,
    given: Shown,
    problem: &'static str,
}

impl ProxySettings {
    /// The environment variables, in the order in which most programs read them.
    pub const VARIABLES: [&str; 8] =
        ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"];

    /// Reads the settings.
    ///
    /// 1. The explicit setting applies to every host; the value `none` disables proxies.
    /// 2. Without it, the variables for TLS apply: `HTTPS_PROXY` before `https_proxy`, then `ALL_PROXY`.
    /// 3. `HTTP_PROXY` applies to connections without TLS only. For others it is reported as unused.
    ///
    /// # Errors
    ///
    /// Returns a [`ProxyError`] if a value is not the URL of a proxy over plain HTTP. Proxies over TLS or SOCKS are not
    /// supported.
    pub fn new(setting: Option<&str>, variables: &[(String, String)]) -> Result<Self, ProxyError> {
        Self::named("proxy", setting, variables)
    }

    /// Reads the settings like [`ProxySettings::new`], with the name that messages use for the explicit setting.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`ProxySettings::new`].
    pub fn named(name: &str, setting: Option<&str>, variables: &[(String, String)]) -> Result<Self, ProxyError> {
        let argument = match setting {
            None => None,
            Some(text) if text.eq_ignore_ascii_case("none") => Some(Argument::None { name: name.to_owned() }),
            Some(text) => Some(Argument::Proxy(Proxy::parse(name, text)?)),
        };
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, value)| known == name && !value.trim().is_empty());
            found.map(|(name, value)| (name.as_str(), value.trim()))
        };
        let proxies = NAMES.iter().filter_map(|name| variable(name));
        let variables = proxies.map(|(name, value)| Proxy::parse(name, value)).collect::<Result<_, _>>()?;
        let exceptions = variable("NO_PROXY").or_else(|| variable("no_proxy"));
        let exceptions = exceptions.map(|(name, value)| {
            (
                name.to_owned(),
                value
                    .split(',')
                    .map(|entry| entry.trim().to_ascii_lowercase())
                    .filter(|entry| !entry.is_empty())
                    .collect(),
            )
        });
        Ok(Self { argument, variables, exceptions })
    }

    /// Reads the settings of this process from its environment, by the rules of [`ProxySettings::new`].
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`ProxySettings::new`].
    pub fn of_this_process() -> Result<Self, ProxyError> {
        let variables: Vec<_> =
            Self::VARIABLES.iter().filter_map(|name| Some(((*name).to_owned(), variable(name)?))).collect();
        Self::new(None, &variables)
    }

    /// Returns the proxy that applies to a host.
    #[must_use]
    pub fn decide(&self, host: &str, is_secure: bool) -> Decision {
        let first = self.variables.first().cloned();
        match &self.argument {
            Some(Argument::Proxy(proxy)) => return Decision::Via(proxy.clone()),
            Some(Argument::None { name }) => {
                let unused = first.map(|proxy| (proxy, format!("`{name} none` is given")));
                return Decision::Direct { unused, entry: None };
            }
            None => {}
        }
        let Some(proxy) = first else { return Decision::Direct { unused: None, entry: None } };
        let is_plain = proxy.source.eq_ignore_ascii_case("HTTP_PROXY");
        if is_plain == is_secure {
            let because = format!("`{}` is for plain connections, TLS takes `HTTPS_PROXY`", proxy.source);
            return Decision::Direct { unused: Some((proxy, because)), entry: None };
        }
        if let Some((name, entries)) = &self.exceptions
            && let Some(entry) = entries.iter().find(|entry| matches(entry, host))
        {
            let because = format!("`{name}` has the entry `{entry}`");
            return Decision::Direct { unused: Some((proxy, because)), entry: Some(entry.clone()) };
        }
        Decision::Via(proxy)
    }
}

impl ProxySettings {
    /// Returns the logins of the proxies, as `user:password`.
    pub(crate) fn logins(&self) -> impl Iterator<Item = &Secret> {
        let argument = match &self.argument {
            Some(Argument::Proxy(proxy)) => Some(proxy),
            _ => None,
        };
        argument.into_iter().chain(&self.variables).filter_map(|proxy| proxy.login.as_ref())
    }
}

impl Proxy {
    fn parse(source: &str, text: &str) -> Result<Self, ProxyError> {
        let problem = |problem| {
            // The part before the `@` is a login, which errors must not show.
            let given = text.rsplit('@').next().unwrap_or_default();
            ProxyError { source_name: source.to_owned(), given: Shown::new(given), problem }
        };
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&whole).map_err(|_| problem("is not a URL"))?;
        if url.scheme() != "http" {
            return Err(problem("has a scheme that is not supported"));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| problem("has no host"))?;
        let login = (!url.username().is_empty()).then(|| {
            let decode = |text: &str| percent_decoded(text);
            Secret::from(format!("{}:{}", decode(url.username()), decode(url.password().unwrap_or_default())))
        });
        let port = url.port_or_known_default().unwrap_or(80);
        Ok(Self { host: host.to_owned(), port, source: source.to_owned(), login })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} from {}", self.source)
    }
}

/// The outcome of a request for a tunnel.
#[derive(Debug)]
#[non_exhaustive]
pub(crate) struct Tunnel {
    /// The proxy's response.
    pub(crate) facts: ProxyTry,
    /// The tunnel, or the failure.
    pub(crate) outcome: Result<TokioIo<Upgraded>, Failure>,
}

/// Opens a tunnel through a proxy. Only the proxy receives its login.
pub(crate) async fn tunnel<S>(stream: S, proxy: &Proxy, host: &str, port: u16, limit: Duration) -> Tunnel
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let mut facts = ProxyTry::default();
    let outcome = match timeout(limit, connect(stream, proxy, host, port, limit, &mut facts)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(silence(limit)),
    };
    facts.failure = outcome.as_ref().err().cloned();
    Tunnel { facts, outcome }
}

async fn connect<S>(
    stream: S,
    proxy: &Proxy,
    host: &str,
    port: u16,
    limit: Duration,
    facts: &mut ProxyTry,
) -> Result<TokioIo<Upgraded>, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let authority = format!("{host}:{port}");
    let mut request = Request::connect(&authority).header("host", &authority);
    if let Some(login) = &proxy.login {
        let mut value = HeaderValue::try_from(format!("Basic {}", STANDARD.encode(login.expose())))
            .map_err(|_| Failure::new(FailureKind::Other, "the login of the proxy cannot be sent"))?;
        value.set_sensitive(true);
        request = request.header(PROXY_AUTHORIZATION, value);
    }
    debug_assert!(
        request.headers_ref().is_none_or(|headers| !headers.contains_key(AUTHORIZATION)),
        "nothing for the host"
    );
    let request =
        request.body(Empty::<Bytes>::new()).map_err(|error| Failure::new(FailureKind::Other, error.to_string()))?;
    let (mut sender, connection) =
        http1::handshake(TokioIo::new(stream)).await.map_err(|error| failure_of_hyper(&error))?;
    let driver = Task::spawn(async move {
        // An error also reaches the future that waits for the response.
        let _ = connection.with_upgrades().await;
    });
    let response = sender.send_request(request).await.map_err(|error| failure_of_hyper(&error))?;
    let status = response.status().as_u16();
    facts.status = Some(status);
    facts.schemes = schemes(response.headers());
    facts.headers = named_headers(response.headers());
    if response.status().is_success() {
        let upgraded = hyper::upgrade::on(response).await.map_err(|error| failure_of_hyper(&error))?;
        // The connection ends by itself with the upgrade.
        driver.detach();
        return Ok(TokioIo::new(upgraded));
    }
    // The body only explains the refusal, so a slow one must not use up the time.
    facts.body = body(response, limit / 2).await;
    let kind = if status == 407 { FailureKind::ProxyAuth } else { FailureKind::ProxyRefused };
    Err(Failure::new(kind, format!("the proxy answered {status} to CONNECT {authority}")))
}

/// Reads the environment. No other part of the library does. A connector uses the proxies of its process.
#[allow(clippy::disallowed_methods, reason = "the library reads the environment only here")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

async fn body(response: Response<hyper::body::Incoming>, limit: Duration) -> String {
    let bytes = super::http::beginning(response.into_body(), LARGEST_BODY, limit).await;
    line(&String::from_utf8_lossy(&bytes), 200)
}

/// Returns the offered authentication schemes, without their parameters.
fn schemes(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(PROXY_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    values
        .filter_map(|value| value.split([' ', ',']).next())
        .filter(|scheme| !scheme.is_empty())
        .map(|scheme| line(scheme, 30))
        .collect()
}

fn named_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let named = |name: &str| {
        let value = headers.get(name)?.to_str().ok()?;
        Some((name.to_owned(), line(value, 120)))
    };
    ["via", "server", "x-squid-error", "x-cache", "proxy-agent"].into_iter().filter_map(named).collect()
}

/// Returns whether an entry of `NO_PROXY` matches a host: `*`, the host, a parent domain with or without a leading dot
/// or `*.`, an address, or a network.
fn matches(entry: &str, host: &str) -> bool {
    if entry == "*" {
        return true;
    }
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    if let Ok(address) = host.parse::<IpAddr>() {
        return entry.parse() == Ok(address) || is_in(entry, address);
    }
    let domain = entry.trim_start_matches("*.").trim_start_matches('.');
    let domain = domain.split(':').next().unwrap_or_default();
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.') && !domain.is_empty())
}

/// Returns whether an address is in a network such as `10.0.0.0/8`.
fn is_in(network: &str, address: IpAddr) -> bool {
    let Some((base, bits)) = network.split_once('/') else { return false };
    let (Ok(base), Ok(bits)) = (base.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    match (base, address) {
        (IpAddr::V4(base), IpAddr::V4(address)) if bits <= 32 => {
            let shift = |address: std::net::Ipv4Addr| u32::from(address).checked_shr(32 - bits).unwrap_or_default();
            shift(base) == shift(address)
        }
        (IpAddr::V6(base), IpAddr::V6(address)) if bits <= 128 => {
            let shift = |address: std::net::Ipv6Addr| u128::from(address).checked_shr(128 - bits).unwrap_or_default();
            shift(base) == shift(address)
        }
        _ => false,
    }
}

fn percent_decoded(text: &str) -> String {
    // This decoder is for forms, where `+` is a space. In the login of a URL it is a plus sign.
    let text = format!("v={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(text.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The variables in order of precedence. The last two apply only to connections without TLS.
const NAMES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];

/// The longest body of a refusal that is read. Error pages of proxies are larger, but give their reason at the
/// beginning.
const LARGEST_BODY: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(argument: Option<&str>, variables: &[(&str, &str)]) -> ProxySettings {
        let variables: Vec<_> = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        ProxySettings::named("--proxy", argument, &variables).unwrap()
    }

    #[test]
    fn entries_of_no_proxy_match_as_in_curl() {
        let host = "contoso.cognitiveservices.azure.com";
        for (entry, expected) in [
            ("*", true),
            (host, true),
            ("azure.com", true),
            (".azure.com", true),
            ("*.azure.com", true),
            ("zure.com", false),
            ("contoso", false),
            ("", false),
            ("10.0.0.0/8", false),
        ] {
            assert_eq!(matches(entry, host), expected, "{entry}");
        }
        for (entry, expected) in [
            ("10.0.0.0/8", true),
            ("10.1.0.4", true),
            ("11.0.0.0/8", false),
            ("0.0.0.0/0", true),
            ("10.1.0.4/33", false),
        ] {
            assert_eq!(matches(entry, "10.1.0.4"), expected, "{entry}");
        }
    }

    #[test]
    fn the_decision_names_the_source_of_the_proxy() {
        let via = |settings: &ProxySettings| match settings.decide("a.azure.com", true) {
            Decision::Via(proxy) => format!("{proxy:?}"),
            Decision::Direct { unused, .. } => {
                format!("direct {}", unused.map(|(_, because)| because).unwrap_or_default())
            }
        };
        let both =
            [("HTTPS_PROXY", "http://user:pass@p1:3128"), ("https_proxy", "p2:8080"), ("NO_PROXY", "other.example")];
        assert_eq!(via(&settings(None, &both)), "http://p1:3128 from HTTPS_PROXY");
        assert_eq!(via(&settings(Some("http://p3:1"), &both)), "http://p3:1 from --proxy");
        assert_eq!(via(&settings(Some("none"), &both)), "direct `--proxy none` is given");
        assert_eq!(via(&settings(None, &[("all_proxy", "p2:8080")])), "http://p2:8080 from all_proxy");
        assert!(via(&settings(None, &[("HTTP_PROXY", "p2:8080")])).contains("is for plain connections"));
        assert!(via(&settings(None, &[("https_proxy", "p2"), ("no_proxy", "b.c, Azure.com")])).contains("`azure.com`"));
        assert_eq!(via(&settings(None, &[("https_proxy", " ")])), "direct ");
    }

    #[test]
    fn a_login_is_never_shown() {
        let settings = settings(Some("http://user:geheim@p1:3128"), &[("HTTPS_PROXY", "http://user:geheim@p1")]);
        assert!(!format!("{settings:?}").contains("geheim"));
        let error = ProxySettings::new(Some("socks5://user:geheim@p1:1080"), &[]).unwrap_err().to_string();
        assert!(!error.contains("geheim") && error.contains("not supported"), "{error}");
    }
}
