//! World: a simulated network with a resource. The default is healthy; a world defines only the differences.

use std::collections::BTreeMap;
use std::time::Duration;

use super::access;
use super::error::{self, WorldError};
use super::record::NameAnswer;
use super::scripted::Answers;
use super::vocabulary::{
    ClockToml, CredentialToml, Expected, GatewayToml, ManagementToml, ResolverToml, ServerToml, TlsToml, TrustToml,
    WorldResource, WorldToml,
};
use super::worlds::WORLDS;
use speech_endpoint::FoundryResource;
use speech_endpoint::Query;
use speech_endpoint::Service;
use speech_endpoint::azure::AzureView;

/// A simulated network with a resource, and the expected result of the doctor.
///
/// # The format
///
/// A world is a TOML document. It starts healthy and states only the differences. An unknown key is an error with its line.
///
/// | Key | Meaning |
/// | --- | --- |
/// | `title` | one sentence; required |
/// | `[resource]` | the resource as the client names it: `region`, `custom-domain`, `endpoint`, `host`, `foundry`, `network` (a scenario, such as `private-endpoint`), `cloud`, `discovery`, `services` |
/// | `[resource.custom-cloud]` | the suffixes of a custom cloud: `realtime`, `rest`, `custom-domain`, `authority`, `token-scope` |
/// | `[credential]` | `kind` (`key`, `foreign-key`, `issued-token`, `entra`, `composed`, `token` or `none`), `value`, `second-key`, `audience`, `expires-in` and `begins-in` (seconds), `unobtained` |
/// | `[query]` | parameters of the client, such as `language` |
/// | `[gateway]` | the real resource, where it differs: `region`, `custom-domain`, `network`, `client-allowed`, `local-auth`, `role`, `composed-at-own-host`; and WebSockets that end: `close-after-upgrade` (`{ ms, code, reason }`), `stalls-after-upgrade`, `damaged-upgrade`, `flood` |
/// | `[dns]` | the answer to a name: records (`["CNAME x", "A 192.0.2.1"]`) or `"NXDOMAIN"`, `"SERVFAIL"`, `"REFUSED"`, `"silent"` |
/// | `[resolver]` | `hosts`, `system`, `search`, `ndots`, and `[[resolver.server]]` with `address`, `private-zone` (`linked`, `without-record`, `absent`), `answers`, `truncates`, `dns` |
/// | `[addresses]` | the outcome of connecting to an address: `"serve"`, `"refuse"`, `"drop"`, `"unreachable"`, `"denied"`, `"reset"`, `"lose-large"`, or `{ end, delay-ms, drop-after, drop-count }` |
/// | `ipv6` | whether public names also have IPv6 addresses |
/// | `[route]` | the sources of packets: `public-source`, `private-source` |
/// | `[proxy]` | `address`, `mode` (`allow`, `authenticate`, `forbid`, `intercept`, `no-upgrade`), `given` (`environment`, `argument`), `variable`, `value`, `no-proxy`, `credentials`, `accepts`, `schemes`, `status`, `headers`, `body` |
/// | `[tls]` | `certificate` (`valid`, `expired`, `not-yet-valid`, `wrong-name`, `self-signed`, `company`, `incomplete`, `constrained`, `sha1`), `handshake` (`serve`, `alert`, `close`, `reset`, `stall`, `client-certificate`, `http2`), `handshake-delay-ms`, `versions`, `names`, `revocation` |
/// | `[trust]` | `system`: the roots of the client (`public`, `empty`, `stale`, `company`) |
/// | `[[answer]]` | a response in place of the service's: `host`, `path-prefix`, `query`, `upgrade-only`, `credential-only`, `status`, `headers`, `body` |
/// | `[[script]]` | what the service answers to a turn, and where it fails: see [`Answers`] |
/// | `[idle]` | a middlebox that ends idle connections: `ms`, `end` (`close`, `reset`, `forget`), `names` |
/// | `[drip]` | a server that sends single bytes: `ms`, `stage` (`handshake`, `response`), `after` |
/// | `[metadata]` | the instance metadata service: `answers`, `private-address`, `subnet` |
/// | `[azure]`, `[management]`, `[[accounts]]` | documents of Azure, the management API that serves them, and more accounts for an inventory |
/// | `[machine]`, `[clock]`, `[limits]` | the client: `libc`, `wsl`; `offset-days`, `offset-seconds`; `total-ms`, `hold-ms`, `rounds`, `check-revocation` |
/// | `[expect]` | the expected result of the doctor: `findings` and `verdict` (required), `root-cause`, `exit-code`, `not`, `says`, `deep` |
///
/// ```
/// let world = speech_endpoint_lab::World::named("healthy-regional").expect("it is embedded");
/// assert_eq!(world.expect().verdict, "healthy");
/// ```
#[derive(Clone, Debug)]
pub struct World {
    pub(super) toml: Box<WorldToml>,
    pub(super) services: Vec<Service>,
    pub(super) query: Query,
}

impl World {
    /// Reads a world.
    ///
    /// # Errors
    ///
    /// Returns a [`WorldError`] with the invalid key and its line.
    pub fn parse(toml: &str) -> Result<Self, WorldError> {
        Self::read(toml).map_err(|error| error.in_text(toml))
    }

    fn read(text: &str) -> Result<Self, WorldError> {
        let toml: WorldToml = error::read_toml(text)?;
        let services = toml.resource.services.iter().map(|id| id.parse());
        let services =
            services.collect::<Result<_, _>>().map_err(|error| WorldError::new("resource.services", error))?;
        let mut query = Query::default();
        for (name, value) in &toml.query {
            let with = if name == "language" { query.with_language(value) } else { query.with_parameter(name, value) };
            query = with.map_err(|error| WorldError::new(&format!("query.{name}"), error))?;
        }
        check(&toml)?;
        let mut world = Self { toml: Box::new(toml), services, query };
        world.describe_accounts();
        Ok(world)
    }

    /// Returns the embedded world with this name, or the first whose name starts with this id, ignoring case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let exact = Self::all().find(|(known, _)| known.to_ascii_lowercase() == name);
        let by_id = || {
            Self::all().find(|(known, _)| {
                known.to_ascii_lowercase().strip_prefix(&name).is_some_and(|rest| rest.starts_with('-'))
            })
        };
        // A test ensures that every embedded world can be read.
        exact.or_else(by_id).and_then(|(_, toml)| Self::parse(toml).ok())
    }

    /// Returns the name and text of every embedded world.
    pub fn all() -> impl Iterator<Item = (&'static str, &'static str)> {
        WORLDS.iter().copied()
    }

    /// Returns a one-sentence description.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.toml.title
    }

    /// Returns the resource as given on a command line.
    #[must_use]
    pub fn resource(&self) -> &WorldResource {
        &self.toml.resource
    }

    /// Returns the expected result of the doctor.
    #[must_use]
    pub fn expect(&self) -> &Expected {
        &self.toml.expect
    }

    /// Returns the expected result of `doctor --deep`, if the world states one.
    #[must_use]
    pub fn expected_deep(&self) -> Option<&Expected> {
        self.toml.expect.deep.as_deref()
    }

    /// Returns the documents of Azure that the client has, each with its file name.
    pub fn document_files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.toml.azure.iter().map(|(name, document)| (name.as_str(), document.as_str()))
    }

    /// Returns what the documents of Azure say that the client has; `None` without any.
    #[must_use]
    pub fn documents(&self) -> Option<AzureView> {
        let mut view = AzureView::default();
        for (name, document) in self.document_files() {
            // Reading the world has already validated them.
            view.read(name, document.as_bytes()).ok()?;
        }
        (!self.toml.azure.is_empty()).then_some(view)
    }

    /// Returns the same resource and client in a healthy network, with the same documents of Azure.
    #[must_use]
    pub fn with_healthy_network(&self) -> Self {
        let toml = &*self.toml;
        let servers =
            toml.resolver.servers.iter().map(|server| ServerToml { address: server.address, ..ServerToml::usual() });
        let healthy = WorldToml {
            title: toml.title.clone(),
            resource: toml.resource.clone(),
            ipv6: toml.ipv6,
            query: toml.query.clone(),
            credential: CredentialToml::default(),
            gateway: GatewayToml::default(),
            resolver: ResolverToml { servers: servers.collect(), ..ResolverToml::default() },
            dns: BTreeMap::new(),
            addresses: BTreeMap::new(),
            tls: TlsToml::default(),
            trust: TrustToml::default(),
            answers: Vec::new(),
            idle: None,
            drip: None,
            proxy: None,
            route: toml.route,
            metadata: toml.metadata.clone(),
            azure: toml.azure.clone(),
            management: ManagementToml::default(),
            accounts: Vec::new(),
            script: Vec::new(),
            machine: toml.machine.clone(),
            clock: ClockToml::default(),
            limits: toml.limits,
            expect: Expected {
                findings: Vec::new(),
                root_cause: None,
                verdict: "healthy".to_owned(),
                exit_code: 0,
                not: Vec::new(),
                says: Vec::new(),
                deep: None,
            },
        };
        Self { toml: Box::new(healthy), services: self.services.clone(), query: self.query.clone() }
    }

    /// Returns the time limit of a run, which is short because some worlds never respond.
    #[must_use]
    pub fn total(&self) -> Duration {
        Duration::from_millis(self.toml.limits.total_ms)
    }

    /// Returns the number of additional connections to measure.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.toml.limits.rounds
    }

    /// Returns the duration for which open WebSockets are kept idle.
    #[must_use]
    pub fn hold(&self) -> Duration {
        Duration::from_millis(self.toml.limits.hold_ms)
    }
}

/// Checks constraints that the types cannot express.
fn check(toml: &WorldToml) -> Result<(), WorldError> {
    let of_servers = toml.resolver.servers.iter().flat_map(|server| &server.dns);
    for (name, answer) in toml.dns.iter().chain(of_servers) {
        NameAnswer::read(answer).map_err(|error| WorldError::new(&format!("dns.{name}"), error))?;
    }
    for (name, document) in &toml.azure {
        let read = AzureView::default().read(name, document.as_bytes());
        read.map_err(|error| WorldError::new(&format!("azure.{name}"), error))?;
    }
    for text in &toml.resource.foundry_with {
        text.parse::<FoundryResource>().map_err(|error| WorldError::new("resource.foundry-with", error))?;
    }
    let of_accounts = toml.accounts.iter().map(|group| ("accounts.network", &group.network));
    let of_resource = [("resource.network", &toml.resource.network), ("gateway.network", &toml.gateway.network)];
    for (key, network) in of_resource.into_iter().chain(of_accounts) {
        if let Some(network) = network {
            access::named(network).map_err(|error| WorldError::new(key, error))?;
        }
    }
    if toml.expect.deep.as_ref().is_some_and(|deep| deep.deep.is_some()) {
        return Err(WorldError::new("expect.deep.deep", "a deep run has no deeper one"));
    }
    Answers::checked(toml.script.clone()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_or_wrong_key_is_named() {
        let base =
            "title = \"x\"\n[resource]\nregion = \"westeurope\"\n[expect]\nfindings = []\nverdict = \"healthy\"\n";
        assert!(World::parse(base).is_ok());
        for (more, named) in [
            ("[dns]\n\"a.example\" = [\"MX b\"]\n", "a.example"),
            ("[dns]\n\"a.example\" = \"GONE\"\n", "a.example"),
            ("[addresses]\n\"10.0.0.1\" = \"explode\"\n", "10.0.0.1"),
            ("[gateway]\nclinet-allowed = true\n", "clinet-allowed"),
            ("[gateway]\nnetwork = \"closed\"\n", "gateway.network"),
            ("[resolver]\nservers = []\n", "servers"),
            ("[nonsense]\n", "nonsense"),
        ] {
            let error = World::parse(&format!("{base}{more}")).expect_err(more).to_string();
            assert!(error.contains(named), "{error}");
        }
        assert!(World::parse(&base.replace("westeurope\"", "westeurope\"\nservices = [\"spech\"]")).is_err());
    }

    #[test]
    fn an_error_names_its_line() {
        let base =
            "title = \"x\"\n[resource]\nregion = \"westeurope\"\n[expect]\nfindings = []\nverdict = \"healthy\"\n";
        for (more, line) in [
            ("= 1\n", 7),
            ("[dns]\n\"a.example\" = [\"MX b\"]\n", 8),
            ("\n[dns]\n\"a.example\" = \"GONE\"\n", 9),
            ("[addresses]\n\"10.0.0.1\" = \"explode\"\n", 8),
            ("[gateway]\nclinet-allowed = true\n", 8),
            ("[gateway]\nnetwork = \"closed\"\n", 8),
            ("[azure]\n\"a.json\" = \"{\"\n", 8),
            ("[query]\nlanguage = \"\u{e9}\"\n", 8),
            ("[[script]]\nturn = 1\n[[script]]\nturn = 2\nafter-phrases = 1\n", 11),
        ] {
            let error = World::parse(&format!("{base}{more}")).expect_err(more);
            assert_eq!(error.line, Some(line), "{more}: {error}");
            assert!(error.to_string().starts_with(&format!("line {line}: ")), "{error}");
        }
        let error =
            World::parse(&base.replace("westeurope\"", "westeurope\"\nservices = [\"spech\"]")).expect_err("a typo");
        assert_eq!(error.line, Some(4), "{error}");
        assert_eq!(World::parse("").expect_err("no title").line, Some(1));
    }

    #[test]
    fn a_world_can_be_named_by_file_or_id_in_any_case() {
        assert!(World::named("HEALTHY-regional").is_some());
        assert_eq!(World::named("dns03").expect("by id").expect().root_cause.as_deref(), Some("DNS03"));
        assert!(World::named("DNS0").is_none());
    }
}
