//! The facts of each stage. Plain data: times are durations, texts are as the peer sent them, shortened and without
//! control characters.
//!
//! What an older version did not write yet is read as what says nothing, and what a newer one adds is passed over: a field
//! that is added has to say nothing by default.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, SystemTime};

#[cfg(feature = "serde")]
use serde::{Deserialize, Serialize};

#[cfg(feature = "serde")]
use super::saved;
use super::{Address, AddressClass, Failure, HoldEnd, Transport};

/// Declares a structure of facts: public, extensible, comparable, and serialisable where asked for.
macro_rules! facts {
    ($($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* })*) => {
        $(#[derive(Clone, Debug, PartialEq)]
        #[cfg_attr(feature = "serde", derive(Serialize, Deserialize))]
        #[non_exhaustive]
        $(#[$meta])*
        pub struct $name { $($(#[$field_meta])* pub $field: $type,)* })*
    };
}

facts! {
    /// The resource that the run was about.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct ResourceFacts {
        /// `public`, `usgov`, `china` or `custom`; none for a container.
        pub cloud: Option<String>,
        /// The region, where it was given or read off an address.
        pub region: Option<String>,
        /// The custom domain.
        pub custom_domain: Option<String>,
        /// Host and port of a container.
        pub host: Option<String>,
        /// The id of the scenario.
        pub scenario: String,
        /// The scenario in words.
        pub title: String,
        /// The zone that a private endpoint has its record in, such as `privatelink.cognitiveservices.azure.com`.
        pub private_zone: Option<String>,
        /// The public zone above it, which a name server forwards.
        pub custom_zone: Option<String>,
        /// The scope of an Entra token.
        pub token_scope: Option<String>,
    }

    /// A credential, as far as it may be known.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct CredentialFacts {
        /// In words: `key`, `issued token`, `Entra token`, `aad# token`.
        pub kind: String,
        /// In characters.
        pub length: usize,
        /// Eight hexadecimal digits, salted anew for each run.
        pub fingerprint: String,
        /// What is wrong with its shape, so that it was not sent; one sentence, with the id of the catalogue.
        pub fault: Option<(String, String)>,
        /// What the token says of itself, unverified.
        pub claims: Option<Claims>,
    }

    /// What a token says of itself. Ids are shortened.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct Claims {
        /// Whom it is meant for.
        pub aud: Option<String>,
        /// When it expires, in seconds since 1970.
        pub exp: Option<i64>,
        /// From when on it is valid, in seconds since 1970.
        pub nbf: Option<i64>,
        /// The tenant, shortened.
        pub tid: Option<String>,
        /// The principal or application, shortened.
        pub principal: Option<String>,
        /// The region of an issued token.
        pub region: Option<String>,
    }

    /// The machine.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct MachineFacts {
        /// The configured name servers.
        pub name_servers: Vec<SocketAddr>,
        /// The search list.
        pub search: Vec<String>,
        /// How many dots a name needs to be tried as it is first.
        pub ndots: Option<usize>,
        /// How many roots the trust store of this machine holds.
        pub roots: Option<usize>,
        /// Where they were read from.
        pub roots_from: Option<String>,
    }

    /// A host to reach, and what is expected of it.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct TargetFacts {
        /// The id of the service; none for a companion such as the token authority.
        pub service: Option<String>,
        /// What a companion is there for, in words.
        pub purpose: Option<String>,
        /// The host.
        pub host: String,
        /// The port.
        pub port: u16,
        /// The URL, without any value that may carry a credential.
        pub url: String,
        /// `public`, `private` or `any`.
        pub expect: String,
        /// Whether it is a WebSocket service.
        pub is_websocket: bool,
        /// Whether the host belongs to this resource alone.
        pub is_own_host: bool,
        /// The service that named this host, when it was found on the way.
        pub discovered_from: Option<String>,
    }

    /// What names led to.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct DnsFacts {
        /// Addresses that the hosts file gives.
        pub hosts_file: Vec<IpAddr>,
        /// The way that applications take, through the operating system.
        pub system: Option<SystemAnswer>,
        /// Each configured server, asked directly, in their order.
        pub servers: Vec<ServerAnswer>,
        /// The addresses that an application would connect to.
        pub addresses: Vec<Address>,
        /// Lookups of other names that tell causes apart, such as the same name as a custom domain.
        pub also: Vec<NameAnswer>,
    }

    /// The answer of the operating system.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct SystemAnswer {
        /// The addresses.
        pub addresses: Vec<IpAddr>,
        /// Why there is none.
        pub failure: Option<Failure>,
        /// How long it took.
        #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
        pub took: Duration,
    }

    /// What one server answered for A and AAAA together.
    pub struct ServerAnswer {
        /// The server.
        pub server: SocketAddr,
        /// How it answered last.
        pub transport: Transport,
        /// `NOERROR`, `NXDOMAIN`, `SERVFAIL`, `REFUSED`, …; none when it did not answer.
        pub rcode: Option<String>,
        /// Why it did not answer.
        pub failure: Option<Failure>,
        /// The aliases, in the order of the chain.
        #[cfg_attr(feature = "serde", serde(default))]
        pub chain: Vec<Alias>,
        /// The addresses.
        #[cfg_attr(feature = "serde", serde(default))]
        pub addresses: Vec<IpAddr>,
        /// The owner of the SOA record that came with a negative answer.
        pub soa: Option<String>,
        /// How long the slower of the two answers took.
        #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
        pub took: Duration,
    }

    /// One alias (CNAME).
    #[derive(Eq)]
    pub struct Alias {
        /// The name that has it.
        pub name: String,
        /// The name it leads to.
        pub target: String,
        /// For how many seconds it may be kept.
        pub ttl: u32,
    }

    /// A lookup of another name.
    pub struct NameAnswer {
        /// The name.
        pub name: String,
        /// The answer of the first server that gave one.
        pub answer: ServerAnswer,
    }

    /// What one lookup of a name yields: all of [`DnsFacts`] and how it ended.
    pub struct Lookup {
        /// The facts.
        pub facts: DnsFacts,
        /// Why there is no address, if there is none.
        pub failure: Option<Failure>,
    }

    /// The connections that were tried.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct TcpFacts {
        /// One for each address, in the order of the addresses.
        pub attempts: Vec<Attempt>,
        /// The address that is used from here on.
        pub connected: Option<SocketAddr>,
        /// The own address of that connection.
        pub local: Option<IpAddr>,
        /// A well-known host on port 443, tried when no address answered: by name, and how that went.
        pub reference: Option<(String, Attempt)>,
    }

    /// One attempt to connect.
    pub struct Attempt {
        /// To where.
        pub peer: SocketAddr,
        /// Why it failed; none when it is connected.
        pub failure: Option<Failure>,
        /// How long it took.
        #[cfg_attr(feature = "serde", serde(rename = "took_ms", with = "saved::millis"))]
        pub took: Duration,
    }

    /// The proxy that applies, or the one that does not.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct ProxyFacts {
        /// The proxy in use, as `http://host:port`, without its credentials.
        pub proxy: Option<String>,
        /// Where that was read: `--proxy`, or the name of a variable.
        pub source: Option<String>,
        /// The entry of `NO_PROXY` that lets this host go direct.
        pub no_proxy_entry: Option<String>,
        /// What it answered.
        pub tunnel: Option<ProxyTry>,
        /// A proxy that is configured and was not used for this host; tried when the direct way failed.
        pub unused: Option<UnusedProxy>,
        /// The direct way, tried when what came through the proxy was refused.
        pub direct: Option<Attempt>,
    }

    /// An answer to CONNECT.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct ProxyTry {
        /// The status; none when there was no answer.
        pub status: Option<u16>,
        /// The schemes of `Proxy-Authenticate`.
        pub schemes: Vec<String>,
        /// Headers by which a proxy names itself: `via`, `server`, `x-squid-error`.
        pub headers: Vec<(String, String)>,
        /// The beginning of the body.
        pub body: String,
        /// Why there was no tunnel.
        pub failure: Option<Failure>,
    }

    /// A proxy that is configured and was not used.
    pub struct UnusedProxy {
        /// As `http://host:port`.
        pub proxy: String,
        /// Where it was read.
        pub source: String,
        /// Why it was not used.
        pub because: String,
        /// How a tunnel through it went.
        pub tunnel: ProxyTry,
    }

    /// The handshake.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct TlsFacts {
        /// `1.2` or `1.3`.
        pub version: Option<String>,
        /// The cipher suite.
        pub cipher: Option<String>,
        /// The protocol agreed by ALPN.
        pub alpn: Option<String>,
        /// The certificates as they were sent, the leaf first.
        pub chain: Vec<Certificate>,
        /// Whether the chain verifies.
        pub trust: Option<Trust>,
        /// The same host by each version alone, tried when the handshake was refused.
        pub versions: Vec<VersionTry>,
        /// Another name at the same address, tried when the handshake was cut off.
        pub other_name: Option<SniTry>,
    }

    /// A certificate.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct Certificate {
        /// The common name of the subject.
        pub subject: String,
        /// The common name of the issuer.
        pub issuer: String,
        /// The organisation of the issuer.
        pub organization: Option<String>,
        /// The names it is for.
        pub names: Vec<String>,
        /// From when on it is valid, in seconds since 1970.
        pub not_before: i64,
        /// Until when it is valid, in seconds since 1970.
        pub not_after: i64,
        /// SHA-256 of the whole, in hexadecimal.
        pub sha256: String,
    }

    /// Whether a chain verifies, and against what.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct Trust {
        /// Whether it verifies against the roots of this machine, for this name, now.
        pub verified: bool,
        /// The first thing that is wrong.
        pub fault: Option<super::CertificateFault>,
        /// That, in words.
        pub text: Option<String>,
        /// Whether the same chain verifies against the built-in roots; tried when the issuer is unknown.
        pub by_builtin_roots: Option<bool>,
    }

    /// A handshake with one version of TLS alone.
    pub struct VersionTry {
        /// `1.2` or `1.3`.
        pub version: String,
        /// Why it failed; none when it passed.
        pub failure: Option<Failure>,
    }

    /// A handshake with another name.
    pub struct SniTry {
        /// The name.
        pub name: String,
        /// Why it failed; none when it passed or a certificate came.
        pub failure: Option<Failure>,
    }

    /// An answer over HTTP.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct Reply {
        /// Method and path, without any value that may carry a credential.
        pub request: String,
        /// The status.
        pub status: u16,
        /// The headers that say something: of proxies, of the service, of time, in the order they came.
        pub headers: Vec<(String, String)>,
        /// The code in the body: `error.code`, `statusCode` or `code`.
        pub code: Option<String>,
        /// The message in the body, or its beginning when it is not JSON.
        pub message: Option<String>,
        /// How long the body is, in bytes, as far as it was read.
        pub body_bytes: usize,
        /// The `Date` of the answer, in seconds since 1970.
        pub date: Option<i64>,
    }

    /// What answers without a credential.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct HttpFacts {
        /// The answer.
        pub reply: Reply,
        /// Where the service directs a client that asks; tried where a service may direct.
        pub redirect: Option<Redirect>,
        /// The local clock minus the `Date` of the answer, in seconds.
        pub skew_seconds: Option<i64>,
    }

    /// A host that the service names in place of its own.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct Redirect {
        /// The answer that named it.
        pub status: u16,
        /// The host; none when the answer names none.
        pub host: Option<String>,
        /// The URL, without its query.
        pub url: Option<String>,
        /// The kind of its first address.
        pub class: Option<AddressClass>,
        /// Whether the resource's own cloud has such hosts.
        pub is_own_cloud: bool,
    }

    /// The upgrade.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct UpgradeFacts {
        /// The answer.
        pub reply: Reply,
        /// Whether it carried the credential.
        pub with_credential: bool,
        /// Whether `Sec-WebSocket-Accept` is right; none when the status is not 101.
        pub accept_is_right: Option<bool>,
        /// Whether a ping was answered; none when the status is not 101.
        pub is_alive: Option<bool>,
        /// The close code, when the peer closed at once; none when it just hung up.
        pub close_code: Option<u16>,
        /// The reason that came with the code.
        pub close_reason: Option<String>,
        /// How long after the upgrade it was closed, in milliseconds.
        pub closed_after_ms: Option<f64>,
        /// What became of it in silence; none when it was not held.
        pub hold: Option<HoldFacts>,
    }

    /// A socket that was kept open without sending anything.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct HoldFacts {
        /// How long it was to be held.
        #[cfg_attr(feature = "serde", serde(rename = "wanted_ms", with = "saved::millis"))]
        pub wanted: Duration,
        /// How long it was held.
        #[cfg_attr(feature = "serde", serde(rename = "held_ms", with = "saved::millis"))]
        pub held: Duration,
        /// How long of that it was silent at its end: the peer may have spoken before.
        #[cfg_attr(feature = "serde", serde(rename = "silent_ms", with = "saved::millis"))]
        pub silent: Duration,
        /// How that ended.
        pub end: HoldEnd,
        /// The code that it was closed with.
        pub close_code: Option<u16>,
        /// The reason that came with the code.
        pub close_reason: Option<String>,
        /// How long a ping after the silence took to be answered, in milliseconds; none when there was no time for one.
        pub pong_ms: Option<f64>,
    }

    /// What the service said to the credential.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct AuthFacts {
        /// The form that was sent, by its id.
        pub form: String,
        /// The answer.
        pub reply: Reply,
        /// Other ways of giving the same credential, tried when this one was refused.
        pub tries: Vec<AuthTry>,
        /// What a token issued from the key says; tried when the key was refused.
        pub issued: Option<Claims>,
    }

    /// Another way of giving the same credential, or the second key in place of the first.
    #[derive(Default)]
    #[cfg_attr(feature = "serde", serde(default))]
    pub struct AuthTry {
        /// What was done, in words: `as aad# token`, `at contoso.cognitiveservices.azure.com`, `issue-token`,
        /// [`AuthTry::SECOND_KEY`].
        pub way: String,
        /// The host.
        pub host: String,
        /// The form, by its id.
        pub form: String,
        /// The status; none when there was no answer.
        pub status: Option<u16>,
    }
}

impl MachineFacts {
    /// The domains in which a host is looked up before it is looked up as it is, since it has fewer dots than `ndots`
    /// (resolv.conf(5)).
    pub(crate) fn searched_before(&self, host: &str) -> &[String] {
        let is_tried_last = self.ndots.is_some_and(|ndots| host.matches('.').count() < ndots);
        if is_tried_last { &self.search } else { &[] }
    }
}

impl AuthTry {
    /// What was done, where it was the second key.
    pub const SECOND_KEY: &'static str = "with the second key";
}

impl Reply {
    /// A header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Code and message together in lower case, to look for a text in.
    #[must_use]
    pub fn text(&self) -> String {
        let parts = [self.code.as_deref(), self.message.as_deref()];
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ").to_ascii_lowercase()
    }
}

impl DnsFacts {
    /// The answer to read the chain of: the first that has one, else the first that came.
    #[must_use]
    pub fn leading(&self) -> Option<&ServerAnswer> {
        let answered = || self.servers.iter().filter(|answer| answer.rcode.is_some());
        answered().find(|answer| !answer.chain.is_empty() || !answer.addresses.is_empty()).or_else(|| answered().next())
    }
}

impl Claims {
    /// Seconds until the token expires, at a time; negative when it has.
    #[must_use]
    pub fn expires_in(&self, now: SystemTime) -> Option<i64> {
        Some(self.exp? - super::unix_seconds(now))
    }
}
