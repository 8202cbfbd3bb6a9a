//! The surroundings of a run: this machine, or a world of the lab.

use speech_endpoint::azure::AzureView;
use speech_endpoint::{Credential, CredentialError, PlanSettings};

use super::args::DoctorArgs;
use crate::connectivity::Connectivity;
use crate::failure::Failure;
use crate::settings::{self, GivenCredential, Subject};

/// What a run takes from its surroundings, as far as no argument replaces it.
pub(super) struct Surroundings {
    pub(super) subject: Subject,
    pub(super) settings: PlanSettings,
    pub(super) credential: Option<GivenCredential>,
    /// The reason why there is no Entra token although one is wanted.
    pub(super) unobtained: Option<String>,
    pub(super) second_key: Option<Result<Credential, CredentialError>>,
    pub(super) way: Connectivity,
    /// Whether the instance metadata service is queried even without the flag.
    pub(super) asks_metadata: bool,
}

impl Surroundings {
    /// Reads the resource, the environment, the trusted roots and the proxies of this machine.
    pub(super) fn of_this_machine(args: &DoctorArgs, view: Option<&AzureView>) -> Result<Self, Failure> {
        let subject = match (&args.foundry, view) {
            (Some(name), _) => settings::foundry(name, &args.resource)?,
            (None, Some(view)) => settings::subject_in(view, &args.resource, args.credential.resource_id.as_deref())?,
            (None, None) => settings::subject(&args.resource)?,
        };
        Ok(Self {
            subject,
            settings: PlanSettings::default(),
            credential: settings::key_variable(),
            unobtained: None,
            second_key: settings::second_key_variable(),
            way: Connectivity::of_this_machine(args.net.way.road())?,
            asks_metadata: false,
        })
    }
}
