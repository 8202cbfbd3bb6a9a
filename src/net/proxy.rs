//! Proxy: the proxy that applies to a host, the setting that decides so, and the tunnel. Programs disagree on the
//! variables and on `NO_PROXY`, so a diagnosis names the setting and the entry.

use std::fmt;

use url::Url;

use crate::diagnose::evidence::TcpFacts;
use crate::resolve::credential::Secret;
use crate::resolve::quoted::QuotedValue;

mod bypass;
#[cfg(feature = "probe")]
mod tunnel;

use bypass::matches;
#[cfg(feature = "probe")]
pub(crate) use tunnel::tunnel;

/// The proxy settings of a process: an explicit setting, else the environment.
#[derive(Clone, Debug, Default)]
pub struct ProxySettings {
    argument: Option<Argument>,
    /// The proxies of the environment, in order of precedence, and the variables that name none that can be used.
    variables: Vec<Variable>,
    /// The entries of `NO_PROXY`, with the name of the variable.
    exceptions: Option<(String, Vec<String>)>,
}

/// A variable that names a proxy.
#[derive(Clone, Debug)]
enum Variable {
    Usable(Proxy),
    Unusable(ProxyError),
}

impl Variable {
    fn usable(&self) -> Option<&Proxy> {
        match self {
            Self::Usable(proxy) => Some(proxy),
            Self::Unusable(_) => None,
        }
    }
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
    #[cfg_attr(not(feature = "probe"), allow(dead_code, reason = "only a tunnel needs it"))]
    login: Option<Secret>,
}

impl Proxy {
    /// Notes that attempts to connect went to this proxy, and not to the host.
    #[cfg_attr(not(feature = "probe"), allow(dead_code, reason = "only the doctor and the connector note attempts"))]
    pub(crate) fn reached(&self, facts: TcpFacts) -> TcpFacts {
        TcpFacts { proxy: Some(self.to_string()), proxy_source: Some(self.source.clone()), ..facts }
    }
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
    given: QuotedValue,
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
    /// 4. A variable whose value is not the URL of a proxy over plain HTTP is kept: see [`ProxySettings::unusable`].
    ///
    /// # Errors
    ///
    /// Returns a [`ProxyError`] if the explicit setting is not the URL of a proxy over plain HTTP. Proxies over TLS or SOCKS are
    /// not supported.
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
        let proxies = proxies.map(|(name, value)| Proxy::parse(name, value));
        let variables = proxies.map(|read| read.map_or_else(Variable::Unusable, Variable::Usable)).collect();
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

    /// Returns why the variable that applies to a host cannot be used, for example because it names a SOCKS proxy.
    ///
    /// [`ProxySettings::decide`] then says that the connection goes to the host itself. Where a connection that avoids the proxy
    /// is not wanted, as for a connector, this is an error.
    #[must_use]
    pub fn unusable(&self, host: &str, is_secure: bool) -> Option<&ProxyError> {
        let first = self.variables.first().filter(|_| self.argument.is_none());
        let Some(Variable::Unusable(error)) = first else { return None };
        let applies = is_for_plain(&error.source_name) != is_secure && self.exception(host).is_none();
        applies.then_some(error)
    }

    /// Returns the variable and its entry that exclude a host.
    fn exception(&self, host: &str) -> Option<(&str, &str)> {
        let (name, entries) = self.exceptions.as_ref()?;
        entries.iter().find(|entry| matches(entry, host)).map(|entry| (name.as_str(), entry.as_str()))
    }

    /// Returns the proxy that applies to a host.
    #[must_use]
    pub fn decide(&self, host: &str, is_secure: bool) -> Decision {
        let first = self.variables.first().and_then(Variable::usable).cloned();
        match &self.argument {
            Some(Argument::Proxy(proxy)) => return Decision::Via(proxy.clone()),
            Some(Argument::None { name }) => {
                let unused = first.map(|proxy| (proxy, format!("`{name} none` is given")));
                return Decision::Direct { unused, entry: None };
            }
            None => {}
        }
        // An entry of `NO_PROXY` is one that keeps a host from a proxy; one that cannot be used keeps nobody.
        let Some(proxy) = first else { return Decision::Direct { unused: None, entry: None } };
        if is_for_plain(&proxy.source) == is_secure {
            let because = format!("`{}` is for plain connections, TLS takes `HTTPS_PROXY`", proxy.source);
            return Decision::Direct { unused: Some((proxy, because)), entry: None };
        }
        if let Some((name, entry)) = self.exception(host) {
            let because = format!("`{name}` has the entry `{entry}`");
            let entry = Some(entry.to_owned());
            return Decision::Direct { unused: Some((proxy, because)), entry };
        }
        Decision::Via(proxy)
    }
}

#[cfg(feature = "probe")]
impl ProxySettings {
    /// Returns the logins of the proxies, as `user:password`.
    pub(crate) fn logins(&self) -> impl Iterator<Item = &Secret> {
        let argument = match &self.argument {
            Some(Argument::Proxy(proxy)) => Some(proxy),
            _ => None,
        };
        let variables = self.variables.iter().filter_map(Variable::usable);
        argument.into_iter().chain(variables).filter_map(|proxy| proxy.login.as_ref())
    }
}

impl Proxy {
    fn parse(source: &str, text: &str) -> Result<Self, ProxyError> {
        let problem = |problem| {
            // The part before the `@` is a login, which errors must not show.
            let given = text.rsplit('@').next().unwrap_or_default();
            ProxyError { source_name: source.to_owned(), given: QuotedValue::new(given), problem }
        };
        let whole = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let url = Url::parse(&whole).map_err(|_| problem("is not a URL"))?;
        if url.scheme() != "http" {
            return Err(problem("has a scheme that is not supported"));
        }
        // `http://user:12345/rest@proxy` is the proxy `user`: a password with a slash must be percent-encoded.
        // A scheme that is there twice makes the proxy `http`, as for other programs (PXY02).
        let is_twice = matches!(url.host_str(), Some("http" | "https")) && url.path().starts_with("//");
        if !is_twice && (!matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some()) {
            return Err(problem("has a path, a query or a fragment; percent-encode `/`, `?` and `#` in a password"));
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

/// Returns whether a variable is for connections without TLS.
fn is_for_plain(variable: &str) -> bool {
    variable.eq_ignore_ascii_case("HTTP_PROXY")
}

/// Reads the environment. No other part of the library does. A connector uses the proxies of its process.
#[allow(clippy::disallowed_methods, reason = "the library reads the environment only here")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn percent_decoded(text: &str) -> String {
    // This decoder is for forms, where `+` is a space. In the login of a URL it is a plus sign.
    let text = format!("v={}", text.replace('+', "%2B"));
    url::form_urlencoded::parse(text.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

/// The variables in order of precedence. The last two apply only to connections without TLS.
const NAMES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY", "http_proxy"];

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(argument: Option<&str>, variables: &[(&str, &str)]) -> ProxySettings {
        let variables: Vec<_> = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        ProxySettings::named("--proxy", argument, &variables).unwrap()
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
    fn a_variable_that_cannot_be_used_matters_only_to_the_hosts_that_it_applies_to() {
        let (host, socks) = ("a.azure.com", "socks5://user:geheim@p1:1080");
        for (variables, is_unusable) in [
            (&[("HTTPS_PROXY", socks)][..], true),
            (&[("ALL_PROXY", socks)], true),
            (&[("https_proxy", "https://p1:443")], true),
            (&[("HTTPS_PROXY", "http://p1/path")], true),
            (&[("HTTP_PROXY", socks)], false),
            (&[("HTTPS_PROXY", socks), ("NO_PROXY", "azure.com")], false),
            (&[("HTTPS_PROXY", "http://p2:3128"), ("ALL_PROXY", socks)], false),
        ] {
            let settings = settings(None, variables);
            let error = settings.unusable(host, true).map(ToString::to_string);
            assert_eq!(error.is_some(), is_unusable, "{variables:?}");
            assert!(!format!("{settings:?} {error:?}").contains("geheim"), "{variables:?}");
            let decision = settings.decide(host, true);
            assert!(!matches!(&decision, Decision::Direct { unused: None, entry: Some(_) }), "{decision:?}");
            let is_direct = matches!(decision, Decision::Direct { .. });
            assert_eq!(is_direct, variables[0].1 != "http://p2:3128", "{variables:?}");
        }
        assert!(settings(None, &[("HTTP_PROXY", socks)]).unusable(host, false).is_some());
        assert!(settings(Some("none"), &[("HTTPS_PROXY", socks)]).unusable(host, true).is_none());
        assert!(settings(Some("http://p2"), &[("HTTPS_PROXY", socks)]).unusable(host, true).is_none());
    }

    #[test]
    fn a_password_with_a_slash_is_not_taken_for_a_host() {
        for (text, secret) in [
            ("http://svc:12345/geheim@proxy:3128", "12345"),
            ("http://svc:12345?geheim@proxy:3128", "12345"),
            ("http://svc:12345#geheim@proxy:3128", "12345"),
            ("svc:12345/geheim@proxy:3128", "12345"),
            ("http://proxy:3128/geheim", "\0"),
        ] {
            let error = ProxySettings::new(Some(text), &[]).unwrap_err().to_string();
            assert!(!error.contains(secret) && error.contains("percent-encode"), "{error}");
        }
        assert!(ProxySettings::new(Some("http://svc:12345%2Fgeheim@proxy:3128/"), &[]).is_ok());
    }

    #[test]
    fn a_login_is_never_shown() {
        let settings = settings(Some("http://user:geheim@p1:3128"), &[("HTTPS_PROXY", "http://user:geheim@p1")]);
        assert!(!format!("{settings:?}").contains("geheim"));
        let error = ProxySettings::new(Some("socks5://user:geheim@p1:1080"), &[]).unwrap_err().to_string();
        assert!(!error.contains("geheim") && error.contains("not supported"), "{error}");
    }
}
