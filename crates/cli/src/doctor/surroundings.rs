//! The surroundings of a run: this machine, or a world of the lab.

use std::time::SystemTime;

use speech_endpoint::azure::AzureView;
use speech_endpoint::net::{ProxySettings, SharedNetwork, SystemNetwork, Trust};
use speech_endpoint::{Credential, CredentialError, PlanSettings};

use super::args::DoctorArgs;
use crate::failure::Failure;
use crate::road;
use crate::settings::{self, GivenCredential, Subject};

/// What a run takes from its surroundings, as far as no argument replaces it.
pub(super) struct Surroundings {
    pub(super) subject: Subject,
    pub(super) settings: PlanSettings,
    pub(super) credential: Option<GivenCredential>,
    /// The reason why there is no Entra token although one is wanted.
    pub(super) unobtained: Option<String>,
    pub(super) second_key: Option<Result<Credential, CredentialError>>,
    pub(super) network: SharedNetwork,
    pub(super) trust: Trust,
    pub(super) proxies: ProxySettings,
    /// The time of a clock that stands still; otherwise that of this machine.
    pub(super) clock: Option<SystemTime>,
    /// Whether developer programs (`az`, `azd`) are tried even if not selected by name.
    pub(super) asks_programs: bool,
    /// Whether the instance metadata service is queried even without the flag.
    pub(super) asks_metadata: bool,
    /// Whether a world of the lab replaces this machine.
    pub(super) is_lab: bool,
}

impl Surroundings {
    /// Reads the resource, the environment, the trusted roots and the proxies of this machine.
    pub(super) fn of_this_machine(args: &DoctorArgs, view: Option<&AzureView>) -> Result<Self, Failure> {
        let subject = match (&args.foundry, view) {
            (Some(name), _) => settings::foundry(name, &args.resource)?,
            (None, Some(view)) => settings::subject_in(view, &args.resource, args.credential.resource_id.as_deref())?,
            (None, None) => settings::subject(&args.resource)?,
        };
        let dns_servers: Vec<_> = args.net.dns_servers.iter().map(|server| server.0).collect();
        let trust = road::trust(args.net.ca_file.as_deref())?;
        let proxies = road::proxies(args.net.proxy.as_deref())?;
        Ok(Self {
            subject,
            settings: PlanSettings::default(),
            credential: settings::key_variable(),
            unobtained: None,
            second_key: settings::second_key_variable(),
            network: SharedNetwork::new(SystemNetwork::new(&dns_servers)),
            trust,
            proxies,
            clock: None,
            asks_programs: true,
            asks_metadata: false,
            is_lab: false,
        })
    }
}
